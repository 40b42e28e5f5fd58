"""Grading, end to end: `make grading-test` runs this; it needs nbgrader and bubblewrap.

Each assignment is released, a class hands in right, wrong, hostile and damaged notebooks, all are
graded as an instructor would, and each must have lost exactly what stands beside its mistake.
"""

import contextlib
import copy
import ctypes
import html
import json
import os
import re
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from pathlib import Path

import nbformat
import pytest
import yaml
from classroom import FULL, HOME, NAMES, edited, nameless, released, solved, source, wrong
from test_platforms import read_csv

from grading import __main__ as main_module
from grading import run as run_module
from grading import tables
from grading.__main__ import grade_all
from grading.cells import UNREAD
from grading.collect import collect
from grading.course import Course
from grading.jail import Limits, room
from grading.score import score
from grading.source import Assignment, kind_of

SECRET = "SECRET-MARKER"
pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own


@cache
def automatic(name):
    points = source(name).points
    return {cell: float(points[cell]) for cell in source(name).cells("tests")}


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
    right = solved(name, release)
    handed = {"reference": right, "stub": release, "names stripped": nameless(right)}
    handed["a script"] = "\n\n".join(c.source for c in right.cells if c.cell_type == "code")
    if name == FULL:
        handed["stub with edited tests"] = edited(release)
        handed |= {key: solved(name, release, wrong(name)[key]) for key in HOSTILE} | NOTHING
    for number, (key, content) in enumerate(handed.items()):
        student = re.sub(r"[\W_]+", "-", key).strip("-")
        data = json.dumps(content).encode() if isinstance(content, dict) else content
        data = data.encode() if isinstance(data, str) else data
        place = (
            f"{student}/final (2).ipynb", f"{student}_1{number}_99{number}_{name}-1.ipynb",
            f"{student}_{number}_assignsubmission_file_{name}.ipynb",
        )[number % 3 if data is not None else 0]  # fmt: skip
        (folder / place).parent.mkdir(exist_ok=True)
        if data is not None:
            (folder / place).write_bytes(data)
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
    made.release(HOME, 0, check=lambda *_: None)  # the reference and the stub try it out
    run_module.Run.limits = staticmethod(lambda: Limits(call=2, cell=3))
    graded = {}
    for name in NAMES:
        folder = place / name
        folder.mkdir()
        keys = hand_in(folder, name, made.released(name))
        records = grade_all(made, name, collect(folder))
        found = {record.name: record for record in records}
        graded[name] = {key: found[re.sub(r"[\W_]+", "-", key).strip("-")] for key in keys}
    return made, graded, place


CASES = [(name, key) for name in NAMES for key in wrong(name) if key not in HOSTILE]


# what changes or ends its process, and has a sandbox of its own; others share one, one by one
ALONE = re.compile(r"while True|import os|^cell:", re.M)
TOGETHER = 30
CLEARED = "for name in [name for name in globals() if name[0] != '_']: del globals()[name]"


@pytest.fixture(scope="session")
def losses():
    """What each wrong answer loses, by assignment and name."""
    groups = {}
    for number, (name, key) in enumerate(CASES):
        alone = ALONE.search(yaml.safe_dump(wrong(name)[key]))
        groups.setdefault((name, -1 - number if alone else number // TOGETHER), []).append(key)
    names = [name for name, _ in groups]
    room(), room(True)  # once, for both workers
    with ProcessPoolExecutor(2) as pool:
        found = list(pool.map(losses_of, names, groups.values()))
    found = zip(names, found, strict=True)
    return {(name, key): lost for name, several in found for key, lost in several.items()}


def losses_of(name, keys):
    """What each of some wrong answers loses, by cell: they follow each other in one notebook."""
    ours, code = Assignment(name, source(name).title, nbformat.v4.new_notebook()), []
    ours.notebook.cells += source(name).cells("given", "answer").values()
    for key in keys:
        code.append(nbformat.v4.new_code_cell(CLEARED))
        code += parts_of(name, wrong(name)[key])
        for test in (cell for cell in code if cell.get("id") in automatic(name)):
            asked = copy.deepcopy(source(name).cells("tests")[test.id])
            for cell in (test, asked):
                cell.id = cell.metadata.nbgrader.grade_id = f"{key}/{cell.id}"
            ours.notebook.cells.append(asked)
    # what attacks may take all of its time
    time = {"call": 0.5, "cell": 0.5 if name == FULL else 1} if len(keys) == 1 else {}
    scores, _, _ = score(ours, code, Limits(**{"call": 2, "cell": 3, "reply": 2**22} | time))
    lost, points = {key: {} for key in keys}, automatic(name)
    for place, got in scores.items():
        key, test = place.rsplit("/", 1)
        lost[key] |= {test: points[test] - got.points} if got.points != points[test] else {}
    return lost


def parts_of(name, entry):
    """The cells of a wrong answer; of Derive it those that count for the question it answers."""
    cells, answer = solved(name, released(name), entry).cells, ""
    for cell in (cell for cell in cells if cell.cell_type == "code"):
        answer = cell.id if kind_of(cell) == "answer" else answer
        kind = kind_of(cell)  # none of what is neither an answer nor a test
        if name != "derive-it" or kind == "given" or (kind and answer == entry["in"]):
            yield cell


def lost(name, record):
    points = automatic(name)
    assert not record.failed, record.failed
    got = {cell: record.scores[cell] or 0 for cell in points}  # what waits for a reader too
    return {cell: points[cell] - got[cell] for cell in points if got[cell] != points[cell]}


@pytest.mark.parametrize(("name", "key"), CASES)
def test_a_wrong_answer_loses_exactly_what_stands_beside_it(losses, name, key):
    expected = wrong(name)[key].get("loses", {})
    expected = automatic(name) if expected == "all" else expected
    assert losses[name, key] == expected


@pytest.mark.parametrize("key", HOSTILE)
def test_a_hostile_cell_costs_nothing_and_nobody_else(classes, key):
    assert lost(FULL, classes[1][FULL][key]) == {}


@pytest.mark.parametrize("name", NAMES)
def test_a_right_solution_loses_nothing(classes, name):
    records = classes[1][name]
    right = ("reference", "names stripped", "a script")
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
        given = {row["Student"]: row[source(name).title] for row in marked}
        assert given["reference"] == f"{points:g}"


@pytest.mark.parametrize("key", NOTHING)
def test_what_is_no_notebook_is_noted_and_waits_for_a_reader(classes, key):
    record = classes[1][FULL][key]
    assert record.notes
    read_by_hand = key in ("a picture", "deep JSON")  # which may hold work, and more than nothing
    assert record.waiting == list(automatic(FULL)) * read_by_hand
    assert any(UNREAD in note for note in record.notes) == read_by_hand


# What only a solution or a hidden test has


def leaks(name, text):
    plain = html.unescape(re.sub(r"<[^>]+>", "", text))
    return {line for line in source(name).secrets() if line in plain or line in text}


@pytest.mark.parametrize("name", NAMES)
def test_nothing_that_is_released_holds_a_line_of_a_solution_or_a_hidden_test(classes, name):
    course, _, _ = classes
    secrets = source(name).secrets()
    assert len(secrets) >= 10
    assert leaks(name, "".join(f"    {line}  # leaked\n" for line in secrets)) == secrets
    for path in (course.folder / "release").rglob("*"):
        if path.is_file():
            text = path.read_text()
            cells = json.loads(text)["cells"] if path.suffix == ".ipynb" else []
            assert not leaks(name, text + "\n".join("".join(cell["source"]) for cell in cells))


@pytest.mark.parametrize("name", NAMES)
def test_feedback_shows_points_and_no_hidden_test(classes, name):
    course, graded, _ = classes
    given = solved(name, released(name)).cells
    hidden = source(name).secrets() - {x.strip() for c in given for x in c.source.splitlines()}
    for record in graded[name].values():
        page = course.folder / "feedback" / record.student / name / f"{name}.html"
        plain = html.unescape(re.sub(r"<[^>]+>", "", page.read_text()))
        assert "BEGIN HIDDEN" not in plain
        assert not {line for line in hidden if line in plain}
        assert "<script>alert" not in page.read_text()


@pytest.mark.parametrize("name", NAMES)
def test_each_test_is_failed_by_some_wrong_answer(name):
    found = {cell for entry in wrong(name).values() for cell in entry.get("loses", {})}
    assert set(automatic(name)) <= found


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
