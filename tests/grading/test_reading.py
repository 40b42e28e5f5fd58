"""Whatever students hand in is read apart from the grader; the notebook with most work counts."""

import copy
import io
import json
import os
import tarfile
import time
import zipfile
from dataclasses import asdict

import nbformat
import pytest
from classroom import released, solved, source, train_it

from grading import apart as apart_module
from grading.apart import apart
from grading.collect import collect
from grading.course import _begun
from grading.magics import without_magics
from grading.reading import read
from grading.repair import ELSEWHERE, NOTHING, inactive, repair
from grading.source import kind_of

REPORT = (
    "I chose the step from the bound on the curvature, and ten times more made the loss oscillate."
)


def notebook(report="", name="train-it"):
    """A right solution."""
    right = solved(name, released(name))
    if report:
        cell_of(right, "report").source = report
    return right


def cell_of(book, name):
    return next(cell for cell in book.cells if cell.get("id") == name)


def data(book):
    return json.dumps(book).encode()


def handed(tmp_path, **files):
    """The only submission in a folder with these files, read: file, notebook, notes."""
    folder = tmp_path / "handed" / "ann"
    folder.mkdir(parents=True)
    for name, content in files.items():
        (folder / name.replace("__", ".")).write_bytes(content)
    [one] = collect(tmp_path / "handed")
    return read(one, train_it(), {})


def zipped(**members):
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in members.items():
                archive.writestr(name.replace("__", "."), content)
        return file.getvalue()


def tarred(encoding="utf-8", **members):
    with io.BytesIO() as file:
        options = {"format": tarfile.GNU_FORMAT, "encoding": encoding}
        with tarfile.open(fileobj=file, mode="w:gz", **options) as archive:
            for name, content in members.items():
                info = tarfile.TarInfo(name.replace("__", "."))
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        return file.getvalue()


def complete(book):
    """Whether the answers of the right solution are in the notebook."""
    return all(
        cell_of(book, cell.id).source.strip() == cell.source.strip()
        for cell in notebook().cells if kind_of(cell) == "answer"
    )  # fmt: skip


RIGHT = data(notebook())
STUB = data(train_it())
MAC = {"work__ipynb": RIGHT, "__MACOSX/._work__ipynb".replace("__M", "__M"): b"\0\5\x16\7"}
SENT = {
    "a zip": {"hw__zip": zipped(work__ipynb=RIGHT)},
    "a zip made on a Mac": {
        "hw__zip": zipped(**{"work__ipynb": RIGHT, "__MACOSX/._work.ipynb": b"\0\5\x16\7" * 30})
    },
    "a checkpoint behind it": {
        "hw__zip": zipped(
            **{"a__ipynb": RIGHT, ".ipynb_checkpoints/a-checkpoint.ipynb": STUB, "z__ipynb": STUB}
        )
    },
    "a zip in a zip": {"hw__zip": zipped(inner__zip=zipped(work__ipynb=RIGHT), z__ipynb=STUB)},
    "a tar": {"hw__tar__gz": tarred(work__ipynb=RIGHT, z__ipynb=STUB)},
    "a scratch file": {"a__ipynb": RIGHT, "train-it__ipynb": STUB, "z__ipynb": b'{"cells": []}'},
    "a picture beside it": {"hw__zip": zipped(a__png=b"\x89PNG\0", work__ipynb=RIGHT)},
    "forty notebooks before it": {
        "hw__zip": zipped(**{f"a{n}__ipynb": b'{"cells": []}' for n in range(40)}, b__ipynb=RIGHT)
    },
    "a folder of data before it": {
        "hw__zip": zipped(**{f"a{n}__txt": b"1" for n in range(2100)}, b__ipynb=RIGHT)
    },
    "a checkpoint and nothing else": {"train-it-checkpoint__ipynb": RIGHT},
    "a folder of checkpoints": {"hw__zip": zipped(**{"a-checkpoint__ipynb": RIGHT})},
    "UTF-16": {"a__ipynb": json.dumps(notebook()).encode("utf-16")},
    "UTF-16 without a mark": {"a__ipynb": json.dumps(notebook()).encode("utf-16-le")},
    "a mark": {"a__ipynb": b"\xef\xbb\xbf" + RIGHT},
}


@pytest.mark.parametrize("sent", SENT)
def test_the_notebook_with_most_work_counts(tmp_path, sent):
    _, book, _ = handed(tmp_path, **SENT[sent])
    assert complete(book)


def test_what_was_not_taken_is_named(tmp_path):
    file, _, notes = handed(tmp_path, **SENT["a checkpoint behind it"])
    assert file == "ann/hw.zip/a.ipynb"
    assert notes == ["ann/hw.zip/a.ipynb was taken, not ann/hw.zip/z.ipynb"]


def flipped(data, at):
    return data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :]


def method(data, number):
    """The same archive, said to be packed by another method."""
    for mark, at in ((b"PK\3\4", 8), (b"PK\1\2", 10)):
        start = data.index(mark) + at
        data = data[:start] + bytes([number, 0]) + data[start + 2 :]
    return data


def encrypted(data):
    for mark, at in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        start = data.index(mark) + at
        data = data[:start] + bytes([data[start] | 1]) + data[start + 1 :]
    return data


ARCHIVE = zipped(work__ipynb=RIGHT)
DAMAGED = {
    "encrypted": encrypted(ARCHIVE),
    "another method": method(ARCHIVE, 9),
    "a flipped byte": flipped(ARCHIVE, 500),
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


def added(source, kind="code", count=1):
    """A right solution behind cells that carry no names."""
    book = notebook()
    new = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    book.cells[:0] = [new(source) for _ in range(count)]
    return book


@pytest.mark.parametrize("count", [10, 700])
def test_scratch_cells_before_the_answers_cost_nothing(count):
    fixed, notes = repair(data(added("y = 1  # " + "abc " * 2000, count=count)), train_it())
    assert complete(fixed)
    assert bool(notes) == (count > 500)


def test_a_scratch_copy_of_a_test_is_not_the_test():
    book = notebook()
    copied = copy.deepcopy(cell_of(book, "objective-loss"))
    copied.source += "\nprint(L)"
    book.cells.insert(1, copied)
    fixed, _ = repair(data(book), train_it())
    names = [cell.id for cell in fixed.cells]
    assert names.index("objective") < names.index("objective-loss")


BOMBS = {
    "lines of a shell": data(added("!x\n" * 20_000)),
    "twenty cells of 100 kB": data(added("y = 1  # " + "abc " * 25_000, count=20)),
    "nested objects": b'{"cells": [' + b'{"a": 1, ' * 500_000,
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


def spin():
    while True:
        pass


def sleep():
    time.sleep(60)


def swell():
    return [bytes(10**8) for _ in range(100)]


def leave():
    os._exit(3)


@pytest.mark.parametrize(
    ("work", "words"),
    [(spin, "longer than 1 s"), (sleep, "longer than 1 s"), (swell, "more than 1536 MB"),
     (leave, "ended the process"), (lambda: 1 / 0, "ZeroDivisionError")],
)  # fmt: skip
def test_what_happens_apart_is_a_reason(work, words):
    with pytest.raises(RuntimeError, match=words):
        apart(work, seconds=1 if work in (spin, sleep) else 60)


def test_what_cannot_be_read_in_time_is_a_reason(tmp_path, monkeypatch):
    monkeypatch.setattr(apart_module, "_all", lambda *_: None)
    with pytest.raises(RuntimeError, match="took longer"):
        handed(tmp_path, a__ipynb=RIGHT)


def test_line_ends_and_blanks_at_ends_are_no_edit():
    book = notebook()
    for cell in book.cells:
        cell.source = cell.source.replace("\n", " \r\n")
    assert repair(data(book), train_it())[1] == []


def test_half_of_a_surrogate_pair_can_be_written():
    book = added("# \ud83d", "markdown")
    fixed, _ = repair(json.dumps(book).encode(), train_it())
    assert json.dumps(fixed, ensure_ascii=False).encode()


# In the order of the notebook


def test_scripts_and_what_lost_its_names_run_before_the_tests():
    book = notebook()
    script = "\n\n".join(c.source for c in book.cells if c.cell_type == "code").encode()
    fixed, _ = repair(script, train_it())
    kinds = [kind_of(cell) for cell in fixed.cells if cell.cell_type == "code"]
    last = max(n for n, kind in enumerate(kinds) if kind is None)
    assert last < kinds.index("tests")


@pytest.mark.parametrize("more", ["x = 1", "!pip install tqdm", "x = (1,"])
def test_what_is_no_python_in_a_script_costs_itself_alone(more):
    text = "\n\n".join(c.source for c in notebook().cells if c.cell_type == "code")
    fixed, notes = repair(f"import os\n\n{more}\n\n{text}".encode(), train_it())
    run = "\n".join(cell.source for cell in fixed.cells if cell.cell_type == "code")
    answers = [c.source for c in notebook().cells if kind_of(c) == "answer"]
    assert all(line in run for answer in answers for line in answer.split("\n"))
    assert "not a notebook; taken as a script" in notes
    fixed, notes = repair(f"{more}\n\nWhy I chose it.".encode(), train_it())
    assert "not a notebook; its text was taken as one cell" in notes


def test_an_export_is_taken_cell_by_cell():
    parts = (f"# In[{n}]:\n\n\n{c.source}" for n, c in enumerate(notebook().cells, 1)
             if c.cell_type == "code")  # fmt: skip
    fixed, notes = repair("\n\n\n".join(["#!/usr/bin/env python", *parts]).encode(), train_it())
    assert complete(fixed)
    assert "not a notebook; taken as a script" in notes


# What only Jupyter understands


@pytest.mark.parametrize(
    ("cell", "plain"),
    [
        ("!pip install a \\\n  b\nx = 1", "pass  # !pip install a \\\n#   b\nx = 1"),
        ("%time x = f(1)", "x = f(1)"),
        ("%%time\nx = 1", "# %%time\nx = 1"),
        ("%%bash\nls", "# %%bash\n# ls"),
        ("a = !ls\nf?", "a = []  # a = !ls\npass  # f?"),
        ("s = '''\n%x\n'''", "s = '''\n%x\n'''"),
        ("if x:\n    !ls", "if x:\n    pass  # !ls"),
        ("%%writefile -a a.py\nx = 1", "with open('a.py', 'a') as file:\n    file.write('x = 1')"),
    ],
)
def test_magics_become_plain_python(cell, plain):
    notes = []
    assert without_magics(cell, 0, notes) == plain
    assert bool(notes) == (cell != plain)


# Answers in words


AS_CODE = {
    "as code": "{}",
    "in a string with formulas": 'text = r"""{} $\\mathbf{{p}} - \\mathbf{{y}}$"""',
    "below a shell line": "!ls\n# {}",
    "in a cell of LaTeX": "%%latex\n{}",
}


def elsewhere(where, report=REPORT):
    """Train it with its report at another place than its cell."""
    book = copy.deepcopy(train_it())
    at = next(n for n, cell in enumerate(book.cells) if cell.id == "report")
    if where == "in the question":
        book.cells[at - 1].source += f"\n\n{report}"
    elif where == "in a string":
        book.cells.append(nbformat.v4.new_code_cell(f"report = '''{report}'''"))
    elif where == "in a comment":
        book.cells.append(nbformat.v4.new_code_cell(f"# {report}"))
    elif where in AS_CODE:
        book.cells.append(nbformat.v4.new_code_cell(AS_CODE[where].format(report)))
    elif where == "in a test":
        book.cells[at - 3].source += f"\n# {report}"
    else:
        place = {"above": at, "below": at + 1, "at the top": 0}[where]
        book.cells.insert(place, nbformat.v4.new_markdown_cell(report))
    return book


@pytest.mark.parametrize(
    "where",
    ["in the question", "above", "below", "at the top", "in a string", "in a comment", *AS_CODE,
     "in a test"],
)  # fmt: skip
def test_a_report_is_read_wherever_it_stands(where):
    fixed, notes = repair(data(elsewhere(where)), train_it())
    assert REPORT in cell_of(fixed, "report").source
    assert any("report" in note for note in notes)


def test_a_report_in_another_script_is_read_too():
    report = "证明:每个分数都增加相同的数,因此概率不变,损失也不变。"
    fixed, _ = repair(data(elsewhere("in a comment", report)), train_it())
    assert report in cell_of(fixed, "report").source


def test_a_report_in_another_file_is_named_to_the_reader(tmp_path):
    _, book, notes = handed(tmp_path, a__ipynb=STUB, report__pdf=b"%PDF-1.7")
    assert notes[0] == "ann/a.ipynb was taken, not ann/report.pdf"
    assert "ann/report.pdf" in cell_of(book, "report").source
    _, book, _ = handed(tmp_path / "b", a__ipynb=data(notebook(REPORT)), plot__png=b"\x89PNG")
    assert cell_of(book, "report").source == REPORT


def test_a_picture_elsewhere_is_shown_to_the_reader():
    book = elsewhere("at the top", "![a](attachment:a.png)")
    book.cells[0].attachments = {"a.png": {"image/png": "iVBORw0KGgo="}}
    fixed, _ = repair(data(book), train_it())
    assert list(cell_of(fixed, "report").attachments) == list(fixed.cells[0].attachments)


def test_derivations_are_no_answer_in_words():
    fixed, _ = repair(data(notebook(name="derive-it")), released("derive-it"))
    assert ELSEWHERE not in cell_of(fixed, "proof").source


def test_a_long_text_is_cut_and_not_dropped():
    fixed, _ = repair(data(notebook(report="a word " * 200_000)), train_it())
    assert cell_of(fixed, "report").source.startswith("a word")


@pytest.mark.parametrize("name", ["set-up", "data", "objective-loss"])
def test_what_was_added_to_a_cell_that_is_not_theirs_runs_behind_it(name):
    book = notebook()
    cell_of(
        book, name
    ).source += "\n\nfrom numpy import exp\ndef shifted(S):\n    return S - S.max()"
    fixed, notes = repair(data(book), train_it())
    at = next(n for n, cell in enumerate(fixed.cells) if cell.id == name)
    assert fixed.cells[at].source == cell_of(train_it(), name).source
    added = "from numpy import exp\ndef shifted(S):\n    return S - S.max()"
    assert fixed.cells[at + 1].source == added
    assert notes == [f"edited, so that the originals count: {name}"]


def test_an_answer_in_its_place_is_left_alone():
    fixed, notes = repair(data(notebook(report=REPORT)), train_it())
    assert cell_of(fixed, "report").source == REPORT
    assert notes == []


def test_without_any_text_there_is_nothing_to_read():
    fixed, _ = repair(STUB, train_it())
    assert ELSEWHERE not in cell_of(fixed, "report").source


@pytest.mark.parametrize(
    "text",
    ["![a](http://h/p.png)", "![a [b]](//h/p.png)", "![a][b]\n\n[b]: http://h/p.png",
     "![b]\n\n> [b]:\n  //h/p", "$\\style{background:url(//h)}{x}$"],
)  # fmt: skip
def test_nothing_is_loaded_from_another_host(text):
    made = inactive(text)
    assert "![" not in made
    assert "\\style" not in made


def test_a_submission_of_another_assignment_says_so(tmp_path):
    other = data(source("scores-to-loss").notebook)
    assert NOTHING in handed(tmp_path, a__ipynb=other)[2]
