"""Grades and feedback go back as the platforms take them; one hand-in counts for a group.

The readers here follow Moodle's importziplib.php and Canvas's infer_comment_context_from_filename.
"""

import csv
import zipfile

import nbformat
import pytest
from classroom import solved, train_it
from test_platforms import CANVAS, MOODLE, kept, read_csv, row_of

from grading import roster as rosters
from grading import tables
from grading.__main__ import _gathered
from grading.feedback import pack
from grading.similarity import write_alike

# Groups


def test_one_hand_in_counts_for_all_members_of_a_group(tmp_path):
    (tmp_path / "groups").write_text("12, 13\nBob Roe; Eve Ray\n")
    groups = rosters.groups(tmp_path / "groups")
    rows = tables.with_groups([row_of("leeann", "12", 20), row_of("Eve Ray", "", 7)], groups)
    got = {row.record.name: (row.total, row.record.notes) for row in rows}
    assert got["13"] == (20, ["handed in by leeann-12"])
    assert got["Bob Roe"] == (7, ["handed in by Eve-Ray"])
    roster = kept(tmp_path, CANVAS)
    tables.write_canvas(tmp_path / "c.csv", rows, "Train it", roster)
    assert [line["Train it (99)"] for line in read_csv(tmp_path / "c.csv")] == ["24", "20", "20"]


def test_a_group_that_is_called_otherwise_is_named():
    groups = [["Ann Lee", "Eve Ray"], ["An Lee", "Evi Ray"], ["12", "13"]]
    rows = [row_of("Eve Ray", "", 7), row_of("leeann", "12", 2)]
    assert tables.idle(rows, groups) == [["An Lee", "Evi Ray"]]


@pytest.mark.parametrize("title", ["Group", "Skupina"])
def test_moodles_own_groups_need_no_file(tmp_path, title):
    text = MOODLE.replace("Status", f"Status,{title}").replace("late,", "late,Group A,")
    text = text.replace("grading,,24", "grading,Group A,,24")
    rows = [row_of("Group A", "7", 20)]
    tables.write_moodle(tmp_path / "moodle.csv", rows, kept(tmp_path, text))
    assert [line["Grade"] for line in read_csv(tmp_path / "moodle.csv")] == ["20", "20"]


def test_a_name_in_quotes_may_have_a_comma_and_a_group_of_one_is_an_error(tmp_path):
    (tmp_path / "groups").write_text('"Lee, Ann"; Bob Ray\n"Roe, Jo", 12\n')
    assert rosters.groups(tmp_path / "groups") == [["Lee, Ann", "Bob Ray"], ["Roe, Jo", "12"]]
    (tmp_path / "groups").write_text("a, b\nc\n")
    with pytest.raises(ValueError, match="line 2: a group has two members at least, got c"):
        rosters.groups(tmp_path / "groups")


# Feedback goes back


def packed(folder, rows, platform="", people=()):
    page = folder / "train-it.html"
    page.write_text("a page")
    pages = {row.record.student: page for row in rows}
    left = pack(folder, pages, tables.pairs(rows, people), platform)
    found = {}
    for name in ("moodle", "canvas"):
        path = folder / f"{name}-feedback.zip"
        found[name] = zipfile.ZipFile(path).namelist() if path.exists() else None
    return found, left


def moodle_reads(path):
    """What Moodle's importer makes of a path: participant, plugin and file."""
    info = path.split("/")[0].split("_", 4)
    assert len(info) == 5  # before 4.1; since then the last may be missing
    return info[1], "_".join(info[2:4]), path.split("/", 1)[1]


def canvas_reads(name):
    """What Canvas makes of a name: the numbers of student and attachment."""
    return [part for part in name.split("_") if part.isdecimal()][:2]


def test_moodle_finds_whose_feedback_it_is(tmp_path):
    rows = [
        row_of("Ann Lee", "41", 1, entry="Ann Lee_41_assignsubmission_file"),
        row_of("Bob_Ray Roe", "42", 1, entry="Bob_Ray Roe_42_assignsubmission_file"),
    ]
    found, left = packed(tmp_path, rows)
    assert [moodle_reads(path) for path in found["moodle"]] == [
        ("41", "assignsubmission_file", "train-it.html"),
        ("42", "assignsubmission_file", "train-it.html"),
    ]
    assert (found["canvas"], left) == (None, [])


def test_moodles_worksheet_tells_whose_feedback_it_is(tmp_path):
    rows = [row_of("Ann Lee", "", 1, entry="Ann Lee.ipynb")]
    found, _ = packed(tmp_path, rows, "moodle", kept(tmp_path, MOODLE).people)
    assert moodle_reads(found["moodle"][0])[0] == "41"


def test_all_members_of_a_group_get_its_feedback(tmp_path):
    handed = row_of("Ann Lee", "41", 1, entry="Ann Lee_41_assignsubmission_file")
    rows = tables.with_groups([handed], [["41", "Bob Ray"]])
    (tmp_path / "train-it.html").write_text("a page")
    pages, people = {"Ann-Lee-41": tmp_path / "train-it.html"}, kept(tmp_path, MOODLE).people
    pack(tmp_path, pages, tables.pairs(rows, people), "moodle")
    found = zipfile.ZipFile(tmp_path / "moodle-feedback.zip").namelist()
    assert [moodle_reads(path)[0] for path in found] == ["41", "42"]


def test_canvas_finds_whose_feedback_it_is(tmp_path):
    rows = [
        row_of("leeann", "20", 1, entry="leeann_LATE_20_5_train-it.ipynb"),
        row_of("doejohn", "101", 1, entry="doejohn_101_text.html"),
    ]
    found, left = packed(tmp_path, rows)
    assert found["canvas"] == ["leeann_LATE_20_5_train-it.html"]
    assert canvas_reads(found["canvas"][0]) == ["20", "5"]
    assert left == ["doejohn-101"]


def test_a_title_that_looks_like_moodles_goes_back_to_canvas(tmp_path):
    entry = "leeann_2043_99123_Bob Ray_42_assignsubmission_file_a.ipynb"
    found, _ = packed(tmp_path, [row_of("leeann", "2043", 1, entry=entry)])
    assert found == {"moodle": None, "canvas": [entry.replace(".ipynb", ".html")]}


# The report of what is alike, and the summary


def test_answers_that_are_much_alike_are_reported(tmp_path):
    release = train_it()
    one, two, other = (solved("train-it", release) for _ in "123")
    for cell in two.cells:
        if cell.id == "objective":
            cell.source = cell.source.replace("log_P", "log_P  ") + "\n    # my own"
    for cell in other.cells:
        if cell.id != "slope":
            cell.source = next(c.source for c in release.cells if c.id == cell.id)
    count = write_alike(tmp_path / "a.csv", {"ann": one, "bob": two, "eve": other}, release)
    lines = list(csv.reader((tmp_path / "a.csv").read_text().splitlines()))[1:]
    assert count == len(lines)
    assert ["objective", "ann", "bob"] in [line[1:] for line in lines]
    assert not [line for line in lines if line[1] == "objective" and "eve" in line]
    assert nbformat.validate(one) is None


def test_equal_notes_are_one():
    rows = [row_of(f"s{n}", "", 1, notes=["handed in late"]) for n in range(15)]
    rows.append(row_of("ann", "", 1, notes=["no file"]))
    assert _gathered(rows) == [
        "ann: no file", "15 students: handed in late (s0, s1, s2, s3, s4 and 10 more)",
    ]  # fmt: skip
