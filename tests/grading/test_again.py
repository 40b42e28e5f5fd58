"""Grading again: marks by hand, runs that were interrupted, and what the summary says."""

import copy
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time

import nbformat
import pytest
from bs4 import BeautifulSoup
from classroom import HOME, solved
from nbgrader.api import Gradebook
from test_markdown import ATTACKS, runs
from test_platforms import read_csv

from grading import course as course_module
from grading import run as run_module
from grading import tables
from grading.__main__ import print_grades
from grading.collect import collect
from grading.course import Course

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own


@pytest.fixture(scope="module")
def scored():
    """The same code is run once: what is tried here are its texts and its marks."""
    known, run = {}, run_module.score

    def score(assignment, code, limits):
        key = tuple(cell.source for cell in [*assignment.notebook.cells, *code])
        known[key] = known.get(key) or run(assignment, code, limits)
        return copy.deepcopy(known[key])

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(run_module, "score", score)
        yield


@pytest.fixture(scope="module")
def once(tmp_path_factory, scored):
    """The folder of a course with one assignment and two submissions, graded."""
    place = tmp_path_factory.mktemp("small")
    for name in ("sources", "handed"):
        (place / name).mkdir()
    shutil.copy(HOME / "train-it.md", place / "sources")
    course = Course(place / "course")
    release(course, place / "sources")
    right = solved("train-it", course.released("train-it"))
    figure = nbformat.v4.new_code_cell("from matplotlib import pyplot as plt\nplt.plot([1, 2]);")
    right.cells.append(figure)
    report = next(cell for cell in right.cells if cell.id == "report")
    report.source = "I tried three step sizes."
    for who in ("ann", "bob"):
        (place / "handed" / f"{who}.ipynb").write_text(json.dumps(right))
    grade_folder(course, place / "handed")
    return place


@pytest.fixture
def small(once, tmp_path):
    """A copy of this course, and of what was handed in."""
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    return Course(tmp_path / "course"), tmp_path / "handed"


def release(course, sources, seed=0):
    course.release(sources, seed, check=lambda *_: None)  # test_sources.py tries them out


def grade_folder(course, folder):
    return {one.student: course.grade("train-it", one) for one in collect(folder)}


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
    mark(course, "report", 3.0)
    [source_file] = sources.glob("train-it.md")
    for points, waiting in (3, []), (2, ["report"]):
        text = re.sub(
            '"report", "points": .', f'"report", "points": {points}', source_file.read_text()
        )
        source_file.write_text(text)
        release(course, sources)
        record = grade_folder(course, folder)["ann"]
        assert tables.rows(course, "train-it")[0].waiting == waiting
    assert record.notes == [f"{course_module.VOID}report (3)"]


def test_a_mark_that_no_longer_counts_is_not_lost_with_a_run_that_fails(small, monkeypatch):
    course, folder = small
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
    release(course, sources)
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
    release(course, folder.parent / "sources")
    with pytest.raises(ValueError, match=r"drawn from the secret in .*another.*COURSE="):
        release(course, folder.parent / "sources", 2)
    assert course.seed() == 0


def test_marks_by_hand_count_and_survive_a_regrade(small):
    course, folder = small
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
    for number in range(10):  # of whom some leave all out
        report = ("*Your answer.*", "I tried three step sizes.")[number % 2]
        text = json.dumps(course.released("train-it")).replace("*Your answer.*", report)
        (folder / f"more-{number}.ipynb").write_text(text)
    command = [sys.executable, "-m", "grading", "grade", str(folder), "--course", course.folder]
    running = subprocess.Popen(
        command, cwd=HOME.parent, stderr=subprocess.PIPE, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # ignored by a job with &
    )  # fmt: skip
    records = course.folder / "records" / "train-it"
    while len(list(records.glob("*.json"))) < 3:
        time.sleep(0.05)
        assert running.poll() is None
    begun = len(list(records.glob("*.json")))
    os.killpg(running.pid, signal.SIGINT)  # as Ctrl+C does
    assert b"the same command goes on" in running.communicate(timeout=600)[1]
    done = {path: path.stat().st_mtime_ns for path in records.glob("*.json")}
    assert len(done) <= begun + 6  # two were under way, and a few had been handed to the workers
    subprocess.run(command, cwd=HOME.parent, check=True, capture_output=True)
    assert len(list(records.glob("*.json"))) == 12
    assert all(path.stat().st_mtime_ns == when for path, when in done.items())
    lines = read_csv(course.folder / "grades/train-it/grades.csv")
    assert [line["total"] for line in lines] == ["20"] * 2 + ["0"] * 10


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
    assert not (course.folder / "grades/train-it/canvas.csv").exists()  # of the time before
    print_grades(course, folder, "train-it", None)
    told = capsys.readouterr().out
    assert told.count("2 hold nothing of it") == 2
    assert told.count("most hold nothing of train-it: is it the right one?") == 2
    assert told.count("in the roster, nothing handed in: Eve Roe") == 2


def test_what_was_written_for_a_platform_goes_with_what_cannot_be_written_now(small):
    course, folder = small
    worksheet, export = folder.parent / "worksheet.csv", folder.parent / "export.csv"
    head = "Identifier,Full name,Grade,Maximum Grade,Last modified (grade)\n"
    worksheet.write_text(f"{head}Participant 1,ann,,24,-\nParticipant 2,Eve Roe,,24,-\n")
    print_grades(course, folder, "train-it", worksheet)
    written = course.folder / "grades" / "train-it"
    assert {path.name for path in written.glob("moodle*")} == {"moodle.csv", "moodle-feedback.zip"}
    export.write_text("Student,ID,Section,Train it (7),Train it (8)\nann,1,A,,\n")
    with pytest.raises(ValueError, match="two columns"):
        print_grades(course, folder, "train-it", export)
    assert not list(written.glob("moodle*"))
