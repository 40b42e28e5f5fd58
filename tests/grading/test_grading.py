"""Grading, end to end: `make grading-test` runs this; it needs nbgrader and bubblewrap.

Each assignment is released, a class hands in right, wrong, hostile and damaged notebooks, all are
graded as an instructor would, and each must have lost exactly what stands beside its mistake.
"""

import ast
import contextlib
import copy
import csv
import ctypes
import html
import io
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from base64 import b64decode, b64encode
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import nbformat
import numpy as np
import pytest
from bs4 import BeautifulSoup
from classroom import FULL, HOME, NAMES, released, solved, source, spoilt, train_it, wrong
from nbconvert import HTMLExporter
from nbconvert.filters import markdown2html_mistune as markdown2html
from nbgrader.api import Gradebook

from grading import __main__ as main_module
from grading import course as course_module
from grading import run as run_module
from grading import tables
from grading.__main__ import grade_all, print_grades
from grading.collect import collect
from grading.course import Course
from grading.jail import IsolationError, Limits, require_isolation
from grading.repair import repair
from grading.sandbox import Sandbox
from grading.score import score
from grading.source import HIDDEN, Assignment, kind_of, read
from grading.wire import PlainError, pack, unpack

SECRET = "SECRET-MARKER"
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own


def automatic(name):
    cells = source(name).cells("tests")
    return {cell: float(source(name).points[cell]) for cell in cells}


def stripped(notebook):
    for cell in notebook["cells"]:
        cell["metadata"] = {}
        cell.pop("id", None)
    return notebook


def without(kind, notebook, first=False):
    marked = [c for c in notebook["cells"] if kind_of(nbformat.from_dict(c)) == kind]
    gone = marked[:1] if first else marked
    notebook["cells"] = [c for c in notebook["cells"] if c not in gone]
    return notebook


def edited(notebook):
    for cell in notebook["cells"]:
        if kind_of(nbformat.from_dict(cell)) in ("tests", "given") and cell["cell_type"] == "code":
            cell["source"] += "\nassert True"
    return notebook


def doubled(notebook):
    answers = [
        n for n, c in enumerate(notebook["cells"]) if kind_of(nbformat.from_dict(c)) == "answer"
    ]
    for n in reversed(answers):
        notebook["cells"].insert(n, copy.deepcopy(notebook["cells"][n]))
    return notebook


def with_magics(notebook):
    for cell in notebook["cells"]:
        if kind_of(nbformat.from_dict(cell)) == "answer":
            cell["source"] = (
                f"%%time\n%matplotlib inline\n{cell['source']}\n!ls -l\nfiles = !ls\nprint?"
            )
    return notebook


def old_format(notebook):
    return nbformat.convert(nbformat.from_dict(notebook), 3)


def as_script(notebook):
    return "\n\n".join(c["source"] for c in notebook["cells"] if c["cell_type"] == "code").encode()


def archived(notebook):
    with io.BytesIO() as data:
        with zipfile.ZipFile(data, "w") as archive:
            archive.writestr("work/solution.ipynb", json.dumps(notebook))
        return data.getvalue()


def cut(notebook):
    """Cut off in the last test cell, as a full disk would."""
    last = [c for c in notebook["cells"] if kind_of(nbformat.from_dict(c)) == "tests"][-1]
    text = json.dumps(notebook, indent=1)
    return text[: text.index(f'"id": "{last["id"]}"') + 200].encode()


# damage to a right solution, by which nothing is lost
DAMAGED = {
    "names stripped": stripped,
    "tests deleted": lambda notebook: without("tests", notebook),
    "given cells deleted": lambda notebook: without("given", notebook),
    "tests edited": edited,
    "answers doubled": doubled,
    "magics": with_magics,
    "old format": old_format,
    "a script": as_script,
    "an archive": archived,
    "cut off": cut,
    "a bracket too few": lambda notebook: json.dumps(notebook).rstrip("}").encode(),
    "a byte order mark": lambda notebook: b"\xef\xbb\xbf" + json.dumps(notebook).encode(),
}
# what is graded in full, with all that nbgrader does, and not only scored
HOSTILE = ("reading other submissions", "network", "writing outside", "script in the output",
           "control characters", "orphan process", "endless cell")  # fmt: skip
# what earns nothing
NOTHING = {
    "an empty file": b"",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 10,
    "another kind of JSON": b'{"cells": {"a": 1}}',
    "deep JSON": b"[" * 100_000,
    "no file": None,
}


def hand_in(folder, name, release):
    """A class: for each submission a folder, or a file as Canvas or Moodle would name it."""
    handed = {"reference": solved(name, release), "stub": release}
    damaged = DAMAGED if name == FULL else ("names stripped", "a script")
    handed |= {key: DAMAGED[key](copy.deepcopy(dict(solved(name, release)))) for key in damaged}
    if name == FULL:
        handed["stub with edited tests"] = edited(copy.deepcopy(release))
        handed |= {key: solved(name, release, wrong(name)[key]) for key in HOSTILE} | NOTHING
    for number, (key, content) in enumerate(handed.items()):
        data = content if isinstance(content, bytes | None) else json.dumps(content).encode()
        student = re.sub(r"[\W_]+", "-", key).strip("-")
        if data is None:
            (folder / student).mkdir()
        elif number % 3 == 0:
            (folder / student).mkdir()
            (folder / student / "final (2).ipynb").write_bytes(data)
        elif number % 3 == 1:
            (folder / f"{student}_{number}_99{number}_{name}-1.ipynb").write_bytes(data)
        else:
            (folder / f"{student}_{number}_assignsubmission_file_{name}.ipynb").write_bytes(data)
    (folder / "secret.ipynb").write_text(json.dumps({"cells": [], "secret": SECRET}))
    return list(handed)


@pytest.fixture(scope="session", autouse=True)
def adopted():
    """What a sandbox leaves behind becomes a child of this process, and not of the machine's."""
    adopt_orphans = 36  # PR_SET_CHILD_SUBREAPER in linux/prctl.h
    assert ctypes.CDLL(None).prctl(adopt_orphans, 1, 0, 0, 0) == 0


@pytest.fixture(scope="session")
def classes(tmp_path_factory):
    """Every assignment released, handed in and graded: course, records by name, the submissions."""
    place = tmp_path_factory.mktemp("grading")
    made = Course(place / "course")
    made.release(HOME, 0)
    run_module.Run.limits = staticmethod(lambda: Limits(call=2, cell=4))
    graded = {}
    for name in NAMES:
        folder = place / name
        folder.mkdir()
        keys = hand_in(folder, name, made.released(name))
        records = grade_all(made, name, collect(folder))
        found = {record.name: record for record in records}
        graded[name] = {key: found[re.sub(r"[\W_]+", "-", key).strip("-")] for key in keys}
    return made, graded, place


CASES = [(name, key) for name in NAMES for key in wrong(name)]


def together(name):
    """Wrong answers that are handed in as one: no test of Derive it looks at two answers."""
    if name != "derive-it":
        return [[key] for key in wrong(name)]
    by_cell = {}
    for key, entry in wrong(name).items():
        by_cell.setdefault(entry["in"], []).append(key)
    return [list(filter(None, keys)) for keys in itertools.zip_longest(*by_cell.values())]


@pytest.fixture(scope="session")
def losses():
    """What each wrong answer loses, by assignment and name."""
    batches = [(name, keys) for name in NAMES for keys in together(name)]
    with ProcessPoolExecutor(2) as pool:
        found = pool.map(losses_of, *zip(*batches, strict=True))
        return {case: loss for some in found for case, loss in some.items()}


def losses_of(name, keys):
    """What wrong answers lose, by cell; a loss where none of them stands is held against all."""
    entries = [wrong(name)[key] for key in keys]
    code = [c for c in solved(name, released(name), *entries).cells if c.cell_type == "code"]
    scores, _, _ = score(source(name), code, Limits(call=2, cell=4))
    points, answer, asked = automatic(name), "", {}
    for cell in source(name).notebook.cells:
        answer = cell.id if kind_of(cell) == "answer" else answer
        asked[cell.id] = answer
    found = {
        cell: points[cell] - s.points for cell, s in scores.items() if s.points != points[cell]
    }
    cells = [entry.get("in") for entry in entries]
    return {
        (name, key): {
            test: points for test, points in found.items()
            if len(keys) == 1 or asked[test] == cell or asked[test] not in cells
        }
        for key, cell in zip(keys, cells, strict=True)
    }  # fmt: skip


def read_csv(path):
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def lost(name, record):
    points = automatic(name)
    assert not record.failed, record.failed
    return {cell: points[cell] - record.scores[cell] for cell in points
            if record.scores[cell] != points[cell]}  # fmt: skip


@pytest.mark.parametrize(("name", "key"), CASES)
def test_a_wrong_answer_loses_exactly_what_stands_beside_it(losses, name, key):
    expected = wrong(name)[key].get("loses", {})
    expected = automatic(name) if expected == "all" else expected
    assert losses[name, key] == expected


@pytest.mark.parametrize("key", HOSTILE)
def test_a_hostile_cell_costs_nothing_and_nobody_else(classes, key):
    assert lost(FULL, classes[1][FULL][key]) == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_right_solution_loses_nothing_however_damaged_its_file(classes, name):
    records = classes[1][name]
    right = [key for key in ("reference", *DAMAGED) if key in records]
    assert {key: lost(name, records[key]) for key in right} == {key: {} for key in right}


@pytest.mark.parametrize("name", NAMES)
def test_the_stub_and_what_is_no_notebook_earn_nothing(classes, name):
    records = classes[1][name]
    empty = [key for key in ("stub", "stub with edited tests", *NOTHING) if key in records]
    assert {key: lost(name, records[key]) for key in empty} == dict.fromkeys(empty, automatic(name))


@pytest.mark.parametrize("name", NAMES)
def test_no_submission_is_missing_from_the_tables(classes, name):
    course, graded, place = classes
    table = tables.rows(course, name)
    tables.write_grades(place / "grades.csv", table)
    tables.write_canvas(place / "canvas.csv", table, source(name).title)
    lines = {line["name"]: line for line in read_csv(place / "grades.csv")}
    assert {record.name for record in graded[name].values()} <= set(lines)
    points = sum(automatic(name).values())
    assert float(lines["reference"]["total"]) == points
    assert float(lines["stub"]["total"]) == 0
    marked = read_csv(place / "canvas.csv")[1:]
    assert len(marked) == len(lines)
    if points == sum(source(name).points.values()):
        assert {row["Student"]: row[source(name).title] for row in marked}[
            "reference"
        ] == f"{points:g}"


@pytest.mark.parametrize("key", [*DAMAGED, *NOTHING])
def test_every_repair_is_noted_to_the_instructor(classes, key):
    harmless = ("a byte order mark", "answers doubled", "an archive")
    assert classes[1][FULL][key].notes or key in harmless


# What only a solution or a hidden test has


def leaks(name, text):
    plain = html.unescape(re.sub(r"<[^>]+>", "", text))
    return {line for line in source(name).secrets() if line in plain or line in text}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_is_released_holds_a_line_of_a_solution_or_a_hidden_test(classes, name):
    course, _, _ = classes
    assert len(source(name).secrets()) >= 10
    for path in (course.folder / "release").rglob("*"):
        if path.is_file():
            text = path.read_text()
            cells = json.loads(text)["cells"] if path.suffix == ".ipynb" else []
            assert not leaks(name, text + "\n".join("".join(cell["source"]) for cell in cells))


@pytest.mark.parametrize("name", NAMES)
def test_a_leaked_line_is_found(classes, name):
    release = copy.deepcopy(classes[0].released(name))
    line = min(source(name).secrets())
    release.cells[3].source += f"\n    {line}  # leaked"
    assert leaks(name, "\n".join(cell.source for cell in release.cells)) == {line}


@pytest.mark.parametrize("name", NAMES)
def test_feedback_shows_points_and_no_hidden_test(classes, name):
    course, graded, _ = classes
    hidden = {
        line.strip()
        for cell in source(name).cells("tests").values()
        for region in HIDDEN.findall(cell.source)
        for line in region.splitlines()[1:-1]
        if len(line.strip()) > 25
    } - {
        line.strip()
        for cell in solved(name, released(name)).cells
        for line in cell.source.splitlines()
    }
    for record in graded[name].values():
        page = course.folder / "feedback" / record.student / name / f"{name}.html"
        plain = html.unescape(re.sub(r"<[^>]+>", "", page.read_text()))
        assert "BEGIN HIDDEN" not in plain
        assert not {line for line in hidden if line in plain}
        assert "<script>alert" not in page.read_text()


@pytest.mark.parametrize("name", NAMES)
def test_each_test_is_failed_by_some_wrong_answer(name):
    assert unguarded(name, [wrong(name)[key].get("loses", {}) for key in wrong(name)]) == set()


def unguarded(name, losses):
    return set(automatic(name)) - {cell for loses in losses for cell in loses}


def test_a_neutered_test_is_found():
    ours = source("scores-to-loss")
    neutered = Assignment(ours.name, ours.title, copy.deepcopy(ours.notebook))
    neutered.cells("tests")["softmax-large"].source = "assert True"
    entry = wrong("scores-to-loss")["no shift"]
    cells = copy.deepcopy(source("scores-to-loss").cells("given", "answer", "tests"))
    for key, cell in cells.items():
        cell.source = spoilt("scores-to-loss", cell.source, key, entry)
    scores, _, _ = score(neutered, list(cells.values()))
    got = {key: points - scores[key].points for key, points in automatic("scores-to-loss").items()}
    assert {key: points for key, points in got.items() if points} != entry["loses"]


# What an attack could have done


def descendants(process):
    """The numbers of all running processes below one, whatever else this machine runs."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            state, parent = path.read_text().rpartition(")")[2].split()[:2]
            if state != "Z":
                parents[int(path.parent.name)] = int(parent)
    below = {process}
    while more := {child for child, parent in parents.items() if parent in below} - below:
        below |= more
    return below - {process}


def test_hostile_submissions_harm_nothing(classes):
    course, graded, place = classes
    for key in ("reading other submissions", "network", "writing outside"):
        student = graded[FULL][key].student
        page = (course.folder / "autograded" / student / FULL / f"{FULL}.ipynb").read_text()
        printed = [out for cell in json.loads(page)["cells"] for out in cell.get("outputs", [])]
        assert not re.search("found|connected|wrote", json.dumps(printed))
    assert not list(Path("/").glob("written-outside")) + list(Path.home().glob("written-outside"))
    assert not descendants(os.getpid())
    assert SECRET in (place / FULL / "secret.ipynb").read_text()


def test_without_bubblewrap_nothing_is_graded(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(IsolationError, match=r"(?s)apt-get install bubblewrap.*macOS.*docker run"):
        require_isolation()


def test_isolation_can_be_given_up_by_its_name_only(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("ISOLATION", "no")
    with pytest.raises(IsolationError):
        require_isolation()
    monkeypatch.setenv("ISOLATION", "none")
    require_isolation()
    with Sandbox(["def f(x): return 2 * x"]) as sandbox:
        assert sandbox.call("f", 21) == 42


@pytest.mark.parametrize(
    "value",
    [None, True, 3, -1.5, float("inf"), "é\n", [1, [2.0]], (1, "a"), {"a": (1,), 2: None},
     np.arange(6.0).reshape(2, 3).T, np.float32(1.5), np.array(3), np.zeros((0, 4), dtype=bool)],
)  # fmt: skip
def test_plain_data_cross_unchanged(value):
    back = unpack(json.loads(json.dumps(pack(value))))
    assert type(back) is type(value)
    np.testing.assert_equal(back, value)


@pytest.mark.parametrize("value", [object(), print, {1, 2}, np.array([None]), b"x"])
def test_what_is_not_plain_does_not_cross(value):
    with pytest.raises(PlainError):
        pack(value)


def test_a_large_value_costs_its_test_and_not_the_memory():
    with ProcessPoolExecutor(1, initializer=main_module._confine) as pool:
        large = np.zeros((2**20, 1, 1), dtype=bool)
        assert not pool.submit(np.allclose, large[:2], np.ones((6, 4))).result()
        with pytest.raises(MemoryError):
            pool.submit(np.allclose, large, np.zeros((200, 4))).result()


def test_a_number_of_endless_digits_does_not_cross():
    with pytest.raises(PlainError, match="digits"):
        pack(10**9999)


@pytest.mark.parametrize(
    "data",
    [["array", "|O8", [1], "AAAAAAAAAAA="], ["array", "<f8", [2**40], ""],
     ["array", "<f8", [-1], ""], ["scalar", "<f8", [1], "AAAAAAAAAAA="],
     ["array", "<f8", [1], "!"], {"a": 1}, ["eval", "1"], ["dict", [[["list", []], 1]]], ["list"]],
)  # fmt: skip
def test_forged_data_are_refused(data):
    with pytest.raises((PlainError, ValueError)):
        unpack(data)


def test_a_figure_crosses_as_a_picture_and_nothing_else_does():
    drawn = "from matplotlib import pyplot as plt\nplt.plot([1, 2])"
    forged = "plt.Figure.savefig = lambda self, file, **_: file.write(b'<svg onload=alert(1)>')"
    with Sandbox([drawn, f"{forged}\nplt.plot([1, 2])", "plt.savefig = plt.figure = 1"]) as sandbox:
        figures = [result["figures"] for result in sandbox.results]
    assert [len(found) for found in figures] == [1, 0, 0]
    assert b64decode(figures[0][0]).startswith(b"\x89PNG")


def test_a_nested_bomb_is_refused():
    data = 1
    for _ in range(100):
        data = ["list", [data]]
    with pytest.raises(PlainError):
        unpack(data)


# Grading again


@pytest.fixture
def small(tmp_path):
    """A course with one assignment and two submissions."""
    course = Course(tmp_path / "course")
    (tmp_path / "sources").mkdir()
    shutil.copy(HOME / "train-it.md", tmp_path / "sources")
    course.release(tmp_path / "sources", 0)
    (tmp_path / "handed").mkdir()
    right = solved("train-it", course.released("train-it"))
    figure = nbformat.v4.new_code_cell("from matplotlib import pyplot as plt\nplt.plot([1, 2]);")
    right.cells.append(figure)
    report = next(cell for cell in right.cells if cell.id == "report")
    report.source = "I tried three step sizes."
    for who in ("ann", "bob"):
        (tmp_path / "handed" / f"{who}.ipynb").write_text(json.dumps(right))
    return course, tmp_path / "handed"


def grade_folder(course, folder):
    records = grade_all(course, "train-it", collect(folder))
    return {record.student: record for record in records}


def test_a_failed_regrade_shows_no_stale_score(small, monkeypatch):
    course, folder = small
    first = grade_folder(course, folder)["ann"]
    assert not first.failed
    assert first.scores["objective-loss"] == 2
    path = folder / "ann.ipynb"
    path.write_text(path.read_text().replace("three step sizes", "four step sizes"))
    with monkeypatch.context() as patched:
        patched.setattr(run_module.Run, "preprocess", lambda *_: 1 / 0)
        assert "ZeroDivisionError" in grade_folder(course, folder)["ann"].failed
    rows = {row.record.student: row for row in tables.rows(course, "train-it")}
    assert (rows["ann"].total, rows["bob"].total) == (0, 20)
    assert grade_folder(course, folder)["ann"].scores["objective-loss"] == 2


def mark(course, cell, points):
    """What the formgrader does when somebody types a mark."""
    with Gradebook(course.database) as book:
        grade = book.find_grade(cell, "train-it", "train-it", "ann")
        grade.manual_score, grade.needs_manual_grade = points, False
        book.db.commit()


def hand_in_again(folder, old, new):
    path = folder / "ann.ipynb"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))


def test_a_mark_by_hand_does_not_pass_to_another_answer(small):
    course, folder = small
    grade_folder(course, folder)
    mark(course, "report", 3.0)
    mark(course, "slope-order", 1.0)
    hand_in_again(folder, "three step sizes", "four step sizes")
    for _ in range(2):
        record = grade_folder(course, folder)["ann"]
        assert record.notes[-1] == f"{course_module.VOID}slope-order (1), report (3)"
        page = (course.folder / "feedback/ann/train-it/train-it.html").read_text()
        assert f"{course_module.WAITS}slope-order, report" in page
        assert "18 of 24 points" in page
        assert tables.rows(course, "train-it")[0].waiting == ["slope-order", "report"]
        source_file = course.folder / "source/train-it/train-it.ipynb"
        source_file.write_text(source_file.read_text() + "\n")  # the assignment has changed
    mark(course, "report", 2.0)
    mark(course, "slope-order", 1.0)
    assert not any("marked" in note for note in grade_folder(course, folder)["ann"].notes)
    assert tables.rows(course, "train-it")[0].final() == "21"


def test_a_mark_by_hand_stays_where_the_answer_does(small, monkeypatch):
    course, folder = small
    grade_folder(course, folder)
    mark(course, "report", 3.0)
    hand_in_again(folder, "plt.plot([1, 2])", "plt.plot([2, 1])")
    with monkeypatch.context() as patched:  # a run that fails forgets nothing
        patched.setattr(run_module.Run, "preprocess", lambda *_: 1 / 0)
        grade_folder(course, folder)
    assert tables.rows(course, "train-it")[0].total == 0
    assert grade_folder(course, folder)["ann"].notes == []
    assert tables.rows(course, "train-it")[0].final() == "23"


def test_a_mark_above_points_that_were_lowered_waits(small):
    course, folder = small
    sources = folder.parent / "sources"
    course.release(sources, 1)
    grade_folder(course, folder)
    mark(course, "report", 3.0)
    [source_file] = sources.glob("train-it.md")
    for points, waiting in (3, []), (2, ["report"]):
        text = re.sub(
            '"report", "points": .', f'"report", "points": {points}', source_file.read_text()
        )
        source_file.write_text(text)
        course.release(sources, 1)
        record = grade_folder(course, folder)["ann"]
        assert tables.rows(course, "train-it")[0].waiting == waiting
    assert record.notes == [f"{course_module.VOID}report (3)"]


def test_a_mark_that_no_longer_counts_is_not_lost_with_a_run_that_fails(small, monkeypatch):
    course, folder = small
    grade_folder(course, folder)
    mark(course, "report", 3.0)
    hand_in_again(folder, "three step sizes", "four step sizes")
    with monkeypatch.context() as patched:
        patched.setattr(course_module.Course, "_write_page", lambda *_: 1 / 0)
        assert grade_folder(course, folder)["ann"].failed
    assert grade_folder(course, folder)["ann"].notes == [f"{course_module.VOID}report (3)"]


def test_who_has_the_tests_of_an_earlier_release_has_edited_nothing(small):
    course, folder = small
    sources = folder.parent / "sources"
    [source_file] = sources.glob("*.md")
    hand_in_again(folder, "wrong at W = 0", "it is")
    source_file.write_text(source_file.read_text().replace("wrong at W = 0", "W = 0 is wrong"))
    course.release(sources, 0)
    records = grade_folder(course, folder)
    assert records["bob"].notes == []
    assert records["ann"].notes == ["edited, so that the originals count: objective-loss"]


def test_the_feedback_page_names_the_student_and_what_was_odd(small):
    course, folder = small
    attack = json.dumps("I tried. " + " ".join(ATTACKS))[1:-1]
    hand_in_again(folder, "I tried three step sizes.", attack)
    who = "<b onclick=x>Ann"
    [ann, _] = collect(folder)
    ann.name, ann.notes = who, ["<img src=x onerror=alert(1)>"]
    assert not course.grade("train-it", ann).failed
    page = (course.folder / "feedback/ann/train-it/train-it.html").read_text()
    top = BeautifulSoup(page, "html.parser").find("header")
    assert (top.h3.text, top.li.text) == (who, ann.notes[0])
    assert "alert(1)" in page  # as text
    assert not any("alert" in str(tag) for tag in runs(page))


def test_another_seed_is_refused_once_submissions_are_graded(small):
    course, folder = small
    sources = folder.parent / "sources"
    course.release(sources, 1)
    grade_folder(course, folder)
    course.release(sources, 1)
    with pytest.raises(ValueError, match=r"drawn from the secret in .*another.*COURSE="):
        course.release(sources, 2)
    assert course.seed() == 1


def test_marks_by_hand_count_and_survive_a_regrade(small):
    course, folder = small
    grade_folder(course, folder)
    [ann, _] = tables.rows(course, "train-it")
    assert (ann.waiting, ann.final()) == (["report"], "")
    mark(course, "report", 3.0)
    grade_folder(course, folder)
    page = (course.folder / "feedback/ann/train-it/train-it.html").read_text()
    assert "23 of 24 points" in page
    assert page.count("data:image/png;base64,") == 1
    source_file = course.folder / "source/train-it/train-it.ipynb"
    source_file.write_text(source_file.read_text() + "\n")  # the assignment has changed
    grade_folder(course, folder)
    assert tables.rows(course, "train-it")[0].final() == "23"


def test_a_run_that_was_interrupted_goes_on_where_it_stopped(small):
    course, folder = small
    text = (folder / "ann.ipynb").read_text()
    for number in range(10):  # of whom some leave the report out
        report = ("*Your answer.*", "I tried three step sizes.")[number % 2]
        (folder / f"more-{number}.ipynb").write_text(
            text.replace("I tried three step sizes.", report)
        )
    command = [
        sys.executable,
        "-m",
        "grading",
        "grade",
        str(folder),
        "--course",
        course.folder,
    ]
    running = subprocess.Popen(
        command,
        cwd=HOME.parent,
        stderr=subprocess.PIPE,
        start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored by a job with &
    )
    records = course.folder / "records" / "train-it"
    while len(list(records.glob("*.json"))) < 2:
        time.sleep(0.05)
        assert running.poll() is None
    begun = len(list(records.glob("*.json")))
    os.killpg(running.pid, signal.SIGINT)  # as Ctrl+C does
    assert b"the same command goes on" in running.communicate(timeout=60)[1]
    done = {path: path.stat().st_mtime_ns for path in records.glob("*.json")}
    assert len(done) <= begun + 6  # two were under way, and a few had been handed to the workers
    subprocess.run(command, cwd=HOME.parent, check=True, capture_output=True)
    assert len(list(records.glob("*.json"))) == 12
    assert all(path.stat().st_mtime_ns == when for path, when in done.items())
    lines = read_csv(course.folder / "grades/train-it/grades.csv")
    assert [line["total"] for line in lines] == ["20"] * 12


# What students write in Markdown cells

PIXEL = b64encode(b"\x89PNG\r\n\x1a\n and so on").decode()


def repaired(text, attachments=None, below=False):
    """Train it with this text as its report, or in a new cell below that; the cell, the notes."""
    release = train_it()
    notebook = copy.deepcopy(release)
    at = next(n for n, cell in enumerate(notebook.cells) if cell.id == "report")
    if below:
        notebook.cells.insert(at + 1, nbformat.v4.new_markdown_cell(text))
    else:
        notebook.cells[at].source = text
    notebook.cells[at + below].attachments = attachments or {}
    fixed, notes = repair(json.dumps(notebook).encode(), release)
    nbformat.validate(fixed)
    return next(cell for cell in fixed.cells if cell.id == "report"), notes


def displayed(cell):
    return HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))[0]


@pytest.mark.parametrize("kind", ["image/png", "image/jpeg"])
def test_a_picture_pasted_into_an_answer_reaches_the_reader(kind):
    text = "my ![plot](attachment:my%20plot%20(1).png)"
    cell, notes = repaired(text, {"my plot (1).png": {kind: PIXEL}})
    assert f'src="data:{kind};base64,{PIXEL}"' in displayed(cell)
    assert notes == []


def test_a_picture_in_the_text_itself_reaches_the_reader():
    large = "iVBORw0KGgo" + "A" * 2_000_000 + "="
    cell, notes = repaired(f"As Colab writes it: ![plot.png](data:image/png;base64,{large})")
    assert f'src="data:image/png;base64,{large}"' in displayed(cell)
    assert notes == []
    cell, notes = repaired(
        '<img src="attachment:a.png" width="400">', {"a.png": {"image/png": PIXEL}}
    )
    assert f'src="data:image/png;base64,{PIXEL}"' in displayed(cell)
    assert notes == []


@pytest.mark.parametrize(
    ("text", "kept"),
    [("![a](attachment:b.png)", PIXEL), ("![a](attachment\\:b.png)", PIXEL),
     ("![a](attachment:a.png(b(c)))", PIXEL), ("![a][b]\n\n[b]: attachment:b.png", PIXEL),
     ("![a](attachment:)", PIXEL), ("![a](attachment:a.png)", "!"),
     ("![a](attachment:a.png)", None)],
)  # fmt: skip
def test_a_reference_without_its_picture_is_shown_as_text(text, kept):
    cell, notes = repaired(text, {"a.png": {"image/png" if kept else "image/svg+xml": kept or "x"}})
    assert "<img" not in displayed(cell)
    assert "pictures are missing" in "".join(notes)


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "a <svg onload=alert(1)> b",
    "<!-- --><iframe srcdoc='x'>",
    "<?x><a href=javascript:alert(1)>y</a>",
    "[x](javascript:alert(1))",
    "[x](JavaScript\\:alert(1))",
    "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))",
    "[x](vbscript:alert(1))",
    "[x][y]\n\n[y]: javascript:alert(1)",
    "<javascript:alert(1)>",
    "```mermaid\n</pre><img src=x onerror=alert(1)>\n```",
    "$\\href{java\nscript:alert(1)}{x}$",
    "$\\def\\x#1{\\href{#1:alert(1)}{y}} \\x{javascript}$",
    "$\\mmlToken{mi}[href='javascript:alert(1)']{x}$",
]


def runs(page):
    """Whatever of the attacks would run in a browser that shows this page."""
    found = BeautifulSoup(page, "html.parser")
    tags = found.find_all(["script", "iframe", "svg", "img"])
    handlers = [tag for tag in found.find_all(True) if any(a.startswith("on") for a in tag.attrs)]
    links = [tag.get("href", "") for tag in found.find_all("a")]
    codes = [link for link in links if re.match(r"(java|vb)script:", re.sub(r"\s", "", link), re.I)]
    return tags + handlers + codes + re.findall(r"\\(?:href|mmlToken)", page)


@pytest.mark.parametrize("text", ATTACKS)
def test_nothing_that_a_student_writes_runs_in_the_browser_of_the_marker(text):
    assert runs(markdown2html(text)), "no attack"
    cell, _ = repaired(text)
    assert runs(markdown2html(cell.source)) == []


def test_formulas_are_displayed_as_they_were_written():
    text = "$a<b$ and $$\\begin{matrix} a&b \\\\ c&<d \\end{matrix}$$ and 1 < 2 & 3"
    page = markdown2html(repaired(text)[0].source)
    assert re.sub(r"\s", "", BeautifulSoup(page, "html.parser").text) == re.sub(r"\s", "", text)


def test_an_answer_in_a_new_cell_below_its_place_is_taken_into_it():
    cell, notes = repaired("I tried ![a](attachment:a)", {"a": {"image/png": PIXEL}}, below=True)
    assert cell.source.startswith("I tried")
    assert PIXEL in displayed(cell)
    assert notes == ["report stood in a new cell below its place"]


# The sources


def written(tmp_path, cell):
    """An assignment with one question and this test cell."""
    path = tmp_path / "own.md"
    path.write_text(
        '# Own\n\n```{code-cell}\n:answer: f\ndef f(x):\n    "Twice x."\n    ### BEGIN SOLUTION\n'
        "    return 2 * x\n    ### END SOLUTION\n```\n\n"
        f"```{{code-cell}}\n{cell}\n```\n"
    )
    return path


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (":tests: a b\n:points: 1\nassert f(1)", r"cell 3: a name has letters.* got 'a b'"),
        (":test: a\n:points: 1\nassert f(1)", r"cell 3: unknown: test$"),
        (":answer: g\ng = 1", r"cell 3: g needs one solution, got 0"),
        (":answer: g\n### BEGIN SOLUTION\ng = 1", r"cell 3: each ### BEGIN SOLUTION needs"),
        (":tests: a\n:points: 1\n### BEGIN HIDDEN TESTS\nassert f(1)", r"cell 3: each ### BEGIN"),
        (":tests: a\n:points: 1\n# BEGIN HIDDEN TESTS\nassert f(1)\n# END HIDDEN TESTS", "each"),
        (":answer: g\n### BEGIN SOLUTION\ng = (\n### END SOLUTION", r"cell 3: .*\(g, line 2\)"),
        (
            '1\n```\n\n+++ {"written": "w", "points": 3}\n\nWhy?\n\n```{code-cell}\n1',
            "cell 4: w needs one solution, got 0",
        ),
        ('1\n```\n\n+++ {"written": "w", "points": 3}\n\n```{code-cell}\n1', "no text below"),
        ('1\n```\n\n+++ {"written": w}\n\nWhy?\n\n```{code-cell}\n1', ""),
    ],
)
def test_a_slip_in_a_source_is_named_with_its_cell(tmp_path, cell, words):
    with pytest.raises(ValueError, match=rf"^own\.md[,:] .*{words}"):
        read(written(tmp_path, cell))


@pytest.mark.parametrize(
    ("test", "words"),
    [
        ("assert f(1) == 3, 'not 3'", r"^own\.md, a: the solution earns 0 of 2 points: .*not 3"),
        ("f(1) == 3", r"the solution earns 0 of 2 points: f\(1\) == 3"),
        ("1 * (f(1) == 2) + 2 * (f(2) == 4)", r"the solution earns 3 of 2 points"),
        ("f(1)", r"the notebook as released earns 2 points"),
    ],
)
def test_a_test_that_judges_wrongly_is_not_released(tmp_path, test, words):
    course = Course(tmp_path / "course")
    written(tmp_path, f":tests: a\n:points: 2\n{test}")
    with pytest.raises(ValueError, match=f"(?s){words}"):
        course.release(tmp_path, 0)
    assert course.names() == []


def test_a_missing_module_is_noted(small):
    course, folder = small
    hand_in_again(folder, "plt.plot([1, 2])", "import pandas; pandas.DataFrame()")
    assert "imports what is not there: pandas" in grade_folder(course, folder)["ann"].notes


def test_the_summary_asks_about_a_wrong_assignment_and_names_who_is_absent(small, capsys):
    course, folder = small
    for path in folder.iterdir():
        path.write_text('{"cells": []}')
    export = folder.parent / "export.csv"
    export.write_text("Student,ID,Section,Third (7)\nann,1,A,\n")
    print_grades(course, folder, "train-it", export)
    assert 'no column of the Canvas export is "Train it"' in capsys.readouterr().out
    roster = folder.parent / "worksheet.csv"
    head = "Identifier,Full name,Grade,Maximum Grade,Last modified (grade)\n"
    roster.write_text(head + "Participant 1,ann,,24,-\nParticipant 2,Eve Roe,,24,-\n")
    print_grades(course, folder, "train-it", roster)
    print_grades(course, folder, "train-it", None)
    told = capsys.readouterr().out
    assert told.count("2 hold nothing of it") == 2
    assert told.count("most hold nothing of train-it: is it the right one?") == 2
    assert told.count("in the roster, nothing handed in: Eve Roe") == 2


def test_the_assignment_is_told_by_what_was_handed_in(classes, tmp_path):
    course, (one, other) = classes[0], ("train-it", FULL)
    cases = [([one], one), ([one, one, other], one), ([one, other], None), ([], None)]
    for number, (handed, meant) in enumerate(cases):
        folder = tmp_path / str(number)
        (folder / "empty").mkdir(parents=True)
        for n, name in enumerate(handed):
            (folder / f"student {n}.ipynb").write_text(json.dumps(solved(name, released(name))))
        if meant:
            assert main_module._meant(course, folder) == meant
        else:
            with pytest.raises(ValueError, match="ASSIGNMENT="):
                main_module._meant(course, folder)


@pytest.mark.parametrize("seed", [1, 2, 24])
@pytest.mark.parametrize("name", NAMES)
def test_the_solution_earns_everything_from_any_seed(name, seed):
    drawn = source(name, seed)
    scores, _, _ = score(drawn, [c for c in drawn.notebook.cells if c.cell_type == "code"])
    assert {key: s.points for key, s in scores.items()} == automatic(name)


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_asks_something_else(name):
    first, second = ("\n".join(c.source for c in source(name, s).notebook.cells) for s in (1, 2))
    assert first != second


@pytest.mark.parametrize("name", NAMES)
def test_the_points_in_the_headings_are_those_of_the_cells(name):
    said, given = [], []
    for cell in source(name).notebook.cells:
        for points in re.findall(r"^## .*\((\d+) points\)", cell.source, flags=re.M):
            said.append(int(points))
            given.append(0)
        if points := cell.metadata.get("nbgrader", {}).get("points"):
            given[-1] += points
    assert given == said
    total = re.search(r"\*\*(\d+) points\*\*", source(name).notebook.cells[0].source)[1]
    assert sum(said) == int(total)


@pytest.mark.parametrize("name", NAMES)
def test_messages_of_hidden_tests_say_nothing_about_their_data(name):
    for cell in source(name).cells("tests").values():
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Assert) and node.msg:
                assert isinstance(node.msg, ast.Constant)
