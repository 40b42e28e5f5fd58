"""No file, archive or name stops a class: each is a note of its student, within limits."""

import itertools
import json
import os
import time
from dataclasses import asdict

import nbformat
import pytest
from classroom import train_it
from test_reading import RIGHT, added, cell_of, complete, data, handed, notebook, tarred, zipped

from grading import child
from grading.child import apart
from grading.collect import collect
from grading.course import _begun
from grading.reading import read


def marked(data, at, change):
    """The same archive of which a byte is changed, where both of its tables have it."""
    data = bytearray(data)
    for mark, more in ((b"PK\3\4", 0), (b"PK\1\2", 2)):
        place = data.index(mark) + at + more
        data[place] = change(data[place])
    return bytes(data)


ARCHIVE = zipped(work__ipynb=RIGHT)
DAMAGED = {
    "encrypted": marked(ARCHIVE, 6, lambda flags: flags | 1),
    "another method": marked(ARCHIVE, 8, lambda method: 9),
    "a flipped byte": ARCHIVE[:500] + bytes([ARCHIVE[500] ^ 255]) + ARCHIVE[501:],
    "a cut directory": ARCHIVE[:-30],
    "7-Zip": b"7z\xbc\xaf\x27\x1c\0\4" + bytes(100),
    "RAR": b"Rar!\x1a\x07\x01\0" + bytes(100),
}


@pytest.mark.parametrize("kind", DAMAGED)
def test_a_damaged_archive_is_a_note_of_its_student(tmp_path, kind):
    _, _, notes = handed(tmp_path, hw__zip=DAMAGED[kind])
    assert "hw.zip" in notes[0]
    assert "cannot be" in notes[0]


def test_a_pipe_a_link_and_a_long_name_are_passed_by(tmp_path):
    for name in ("n" * 252, "ann"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.ipynb").write_bytes(RIGHT)
    os.mkfifo(tmp_path / "ann" / "pipe.ipynb")
    (tmp_path / "ann" / "link.ipynb").symlink_to("/etc/passwd")
    ann, long = collect(tmp_path)
    assert ann.notes == [
        "the link link.ipynb was not read",
        "the pipe or device pipe.ipynb was not read",
    ]
    assert len(long.student) < 80
    assert complete(read(ann, train_it(), {})[1])


def test_names_that_are_no_unicode_are_told_apart_and_can_be_written(tmp_path):
    for name in (b"Ren\xe9", b"Ren\xe8"):  # as unzip leaves the names of an old archive
        place = os.fsencode(tmp_path) + b"/" + name + b"_1_2_a.ipynb"
        with open(place, "wb") as file:
            file.write(RIGHT)
    one, other = collect(tmp_path)
    assert {one.student, other.student} == {"René-1", "Renè-1"}
    json.dumps(asdict(_begun(one)), ensure_ascii=False).encode()
    assert complete(read(one, train_it(), {})[1])


def test_a_name_in_an_archive_that_is_no_unicode_can_be_written(tmp_path):
    file, book, _ = handed(tmp_path, hw__tar=tarred("latin-1", Lösung__ipynb=RIGHT))
    assert (file, complete(book)) == ("ann/hw.tar/Lösung.ipynb", True)


def test_a_path_that_is_too_long_is_passed_by(tmp_path):
    here = os.open(tmp_path, os.O_RDONLY)
    for _ in range(80):
        os.mkdir("d" * 60, dir_fd=here)
        below = os.open("d" * 60, os.O_RDONLY, dir_fd=here)
        os.close(here)
        here = below
    os.close(os.open("a.ipynb", os.O_CREAT, dir_fd=here))
    os.close(here)
    [one] = collect(tmp_path)
    assert one.files == []


BOMBS = {
    "lines of a shell": data(added("!x\n" * 20_000)),
    "twenty cells of 100 kB": data(added("y = 1  # " + "abc " * 25_000, count=20)),
    "nested objects": b'{"cells": [' + b'{"a": 1, ' * 500_000,
    "nested cells": b'{"cells": [' + b'{"cell_type": ' * 300_000,
    "deep lists": b"[" * 1_000_000,
}


@pytest.mark.parametrize("kind", BOMBS)
def test_nothing_that_is_read_takes_long(tmp_path, kind):
    start = time.process_time()
    children = os.times().children_user
    handed(tmp_path, a__ipynb=BOMBS[kind])
    assert time.process_time() - start + os.times().children_user - children < 20


def test_60_mb_of_output_are_dropped(tmp_path):
    book = notebook()
    cell_of(book, "objective").outputs = [nbformat.v4.new_output("stream", text="x" * 60_000_000)]
    _, kept, notes = handed(tmp_path, a__ipynb=data(book))
    assert complete(kept)
    assert notes == []
    assert len(data(kept)) < 10**6


@pytest.mark.parametrize(
    ("work", "seconds", "words"),
    [(lambda: any(itertools.repeat(0)), 1, "longer than 1 s"),
     (lambda: time.sleep(60), 1, "longer than 1 s"),
     (lambda: [bytes(10**8) for _ in range(100)], 60, "more than 1536 MB"),
     (lambda: os._exit(3), 60, "ended the process"), (lambda: 1 / 0, 60, "ZeroDivisionError")],
)  # fmt: skip
def test_what_happens_apart_is_a_reason(work, seconds, words):
    with pytest.raises(RuntimeError, match=words):
        apart(work, seconds=seconds)


def test_what_cannot_be_read_in_time_is_a_reason(tmp_path, monkeypatch):
    monkeypatch.setattr(child, "_all", lambda *_: None)
    with pytest.raises(RuntimeError, match="took longer"):
        handed(tmp_path, a__ipynb=RIGHT)
