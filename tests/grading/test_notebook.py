"""The notebook as a student has it: what its cells say, and that a draw is a task of its own."""

import contextlib
import html
import io
import json
import re
import shutil
import subprocess
import sys
import time
import zipfile
from concurrent.futures import ProcessPoolExecutor

import nbformat
import pytest
from classroom import HOME, NAMES, released, solved, source, wrong
from nbgrader.api import Gradebook

from grading import __main__ as main_module
from grading import roster as rosters
from grading.__main__ import print_release
from grading.collect import collect
from grading.course import Course
from grading.jail import Limits
from grading.page import feedback_page, rendered
from grading.run import as_released
from grading.score import score
from grading.source import FIRST, LAST, kind_of, read
from grading.students import build

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own
WORKSHEET = "Identifier,Full name,Grade,Maximum Grade,Last modified (grade)\n"


def run_as_a_student(notebook):
    """What each code cell prints in one process, as in Jupyter; an error where there was one."""
    namespace, said = {"display": print}, {}
    for cell in notebook.cells:
        if cell.cell_type == "code":
            with contextlib.redirect_stdout(io.StringIO()) as text:
                try:
                    exec(cell.source, namespace)
                except Exception as error:
                    print(f"{type(error).__name__}: {error}")
            said[cell.id] = text.getvalue()
    return said


@pytest.mark.parametrize("name", NAMES)
def test_visible_tests_say_what_they_tested_and_the_last_cell_sums_up(name):
    said = run_as_a_student(solved(name, released(name)))
    points = {cell: source(name).points[cell] for cell in source(name).cells("tests")}
    for cell, of in points.items():
        assert said[cell].splitlines()[-1].startswith(f"✓ {of:g} of {of:g} points: ")
        assert cell not in said[cell]  # in words
    total = sum(points.values())
    assert f"{total:4g} of {total:g}" in said[LAST]
    assert said[LAST].count("given by a reader") == len(source(name).cells("written"))
    hidden = [cell for cell, test in source(name).cells("tests").items() if "HIDDEN" in test.source]
    assert [line.split()[0] for line in said[LAST].splitlines() if "more is" in line] == hidden
    empty = run_as_a_student(released(name))[LAST].splitlines()
    assert "   0 of " in empty[len(points)]


def test_the_first_cell_says_how_to_hand_in_and_installs_what_is_named():
    address = "https://uni.example/softmax.whl"
    cells = read(HOME / "train-it.md", 0, package=address).cells("given")
    assert address in cells[FIRST].source
    assert "(train-it.ipynb)" in cells[FIRST].source
    assert next(iter(cells)) == FIRST


def test_a_forgotten_r_is_named():
    notebook = released("derive-it")
    for cell in notebook.cells:
        if cell.id == "quotient":
            cell.source = cell.source.replace('r"""', '"""').replace("partial", "frac")
    assert 'write r"""' in run_as_a_student(notebook)["quotient-steps"]


# Draws


def earned(name, seed, other):
    """What the solution of a seed earns in the questions of another, of 1."""
    answers = {c.id: c.source for c in read(HOME / f"{name}.md", seed).cells("answer").values()}
    asked = read(HOME / f"{name}.md", other)
    code = [c.copy() for c in asked.cells("given", "answer", "tests").values()]
    for cell in code:
        cell["source"] = answers.get(cell["id"], cell["source"])
    scores, _, _ = score(asked, code, Limits(call=3, cell=6))
    points = {test: asked.points[test] for test in scores}
    return sum(s.points for s in scores.values()) / sum(points.values())


@pytest.mark.parametrize("name", NAMES)
def test_an_answer_from_another_draw_earns_a_third_at_most(name):
    with ProcessPoolExecutor(2) as pool:
        shares = list(pool.map(earned, [name] * 10, range(10), range(10, 20)))
    print(name, [round(share, 2) for share in shares])
    assert sum(shares) / 10 <= 1 / 3


@pytest.fixture
def sources(tmp_path):
    """A folder with one assignment, which is quick to grade."""
    (tmp_path / "sources").mkdir()
    shutil.copy(HOME / "scores-to-loss.md", tmp_path / "sources")
    return tmp_path / "sources"


def test_a_release_draws_a_long_secret_and_keeps_it(sources, tmp_path):
    course = Course(tmp_path / "course")
    course.release(sources, check=lambda *_: None)
    secret = course.seed()
    assert len(secret) == 64
    course.release(sources, check=lambda *_: None)
    assert course.seed() == secret
    assert (course.folder / "seed").stat().st_mode & 0o77 == 0
    texts = [path.read_text() for path in (course.folder / "release").rglob("*.ipynb")]
    assert texts
    assert not any(secret in text for text in texts)


def test_each_student_of_a_roster_gets_their_own_and_is_graded_by_it(
    sources, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(main_module, "verify", main_module._unchecked)  # in test_sources.py
    course, roster = Course(tmp_path / "course"), tmp_path / "worksheet.csv"
    people = ["Participant 41,Ann Lee,,20,-", "Participant 42,Bob_B Ray,,20,-"]
    roster.write_text(WORKSHEET + "\n".join(people) + "\n")
    print_release(course, sources, "a secret that gives these two different tasks", roster)
    assert "one for each" in capsys.readouterr().out
    path = course.folder / "drawn" / "scores-to-loss-for-each.zip"
    given = {}
    with zipfile.ZipFile(path) as archive:
        for name in archive.namelist():
            given[name.split("_")[1]] = archive.read(name)
    assert given.keys() == {"41", "42"}
    assert given["41"] != given["42"]
    handed = tmp_path / "handed"
    handed.mkdir()
    for who, number, drawn in (("Ann Lee", "41", "41"), ("Bob_B Ray", "42", "41")):
        right = course.drawn("scores-to-loss", drawn).notebook
        place = handed / f"{who}_{number}_assignsubmission_file_a.ipynb"
        place.write_text(json.dumps(right))
    one, two = (course.grade("scores-to-loss", each) for each in collect(handed))
    assert (one.failed, sum(one.scores.values())) == ("", 20)
    assert sum(two.scores.values()) < 10
    assert any("edited" in note for note in two.notes)
    assert course.forget(two.student) == ["scores-to-loss"]
    assert [record.student for record in course.records("scores-to-loss")] == [one.student]
    assert course.scores("scores-to-loss", two.student) == {}
    assert course.forget(two.student) == []


def test_a_repaired_test_reaches_everybody_who_has_a_draw(sources, tmp_path, monkeypatch):
    monkeypatch.setattr(main_module, "require_isolation", lambda: 1 / 0)
    monkeypatch.setattr(main_module, "IsolationError", ZeroDivisionError)  # so nothing is tried out
    course, roster = Course(tmp_path / "course"), tmp_path / "worksheet.csv"
    roster.write_text(f"{WORKSHEET}Participant 41,Ann Lee,,20,-\n")
    main_module.print_release(course, sources, roster=roster)
    path = sources / "scores-to-loss.md"
    path.write_text(path.read_text().replace('"wrong sums"', '"these sums are wrong"'))
    main_module.print_release(course, sources)
    name = "scores-to-loss"
    [test] = [c for c in course.released(name, "41").cells if c.id == "lse-values"]
    assert "these sums are wrong" in test.source
    assert any('"wrong sums"' in text for text in course._former(name, "41")["lse-values"])


def test_moodles_number_of_another_assignment_is_nobody():
    people = [rosters.Person({}, "Ann Lee", "41"), rosters.Person({}, "Bob Ray", "42")]
    assert rosters.whose("Bob Ray", "41", people) == "42"
    assert rosters.whose("Eve Roe", "41", people) == ""
    assert rosters.whose("Participant", "41", [rosters.Person({}, "Participant 41", "41")]) == "41"


def test_what_a_student_gets_is_what_nbgrader_gives_to_everybody(sources, tmp_path):
    course = Course(tmp_path / "course")
    course.release(sources, 0, check=lambda *_: None)
    made = as_released(course.source("scores-to-loss").notebook)
    theirs = course.released("scores-to-loss")
    for ours, cell in zip(made.cells, theirs.cells, strict=True):
        assert ours.source == cell.source
        assert kind_of(ours) == kind_of(cell)
        assert ours.metadata.get("nbgrader", {}).get("checksum") == cell.metadata.get(
            "nbgrader", {}
        ).get("checksum")


def test_the_students_package_holds_no_assignment_and_no_grader(tmp_path):
    chapters, wheel = build(tmp_path / "package", "https://uni.example/softmax.whl")
    with zipfile.ZipFile(chapters) as archive:
        cells = json.loads(archive.read("chapters/jacobian.ipynb"))["cells"]
        first = next(cell for cell in cells if cell["cell_type"] == "code")
        names = archive.namelist()
    assert "https://uni.example/softmax.whl" in "".join(first["source"])
    with zipfile.ZipFile(wheel) as archive:
        names += archive.namelist()
    assert {"softmax_lib/loss.py", "derivation/check/derivation.py"} <= set(names)
    assert not [name for name in names if "assignment" in name or "grading" in name]
    assert wheel.name in source("train-it").cells("given")[FIRST].source
    target = tmp_path / "installed"
    install = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", target]
    subprocess.run([*install, wheel], check=True)
    code = "import softmax_lib.notation as n; assert n.check_derivation('2 = 2')"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=target)


# The feedback page


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course with one submission to Derive it that has lost a leg; its record."""
    place = tmp_path_factory.mktemp("one")
    course = Course(place / "course")
    course.release(HOME, 0, check=lambda *_: None)
    book = solved("derive-it", course.released("derive-it"), wrong("derive-it")["wrong sign"])
    for cell in book.cells:
        if cell.id == "proof":
            cell.source = r"Since $\mathbf{s}$ grows by $\mathbf{v}^\top\mathbf{x}$, <b>it is so."
    book.cells.append(nbformat.v4.new_code_cell("import numpy\nnumpy.zeros(-1)"))
    book.cells.append(nbformat.v4.new_code_cell("from os import no_such_name"))
    (place / "handed").mkdir()
    (place / "handed" / "ann.ipynb").write_text(json.dumps(book))
    [one] = collect(place / "handed")
    return course, course.grade("derive-it", one)


@pytest.fixture
def page(graded):
    return graded[0].page("derive-it", "ann").read_text()


def test_a_feedback_page_names_questions_and_says_why_points_are_lost(graded, page):
    _, record = graded
    text = html.unescape(re.sub("<[^>]*>", " ", page))
    assert list(record.scores.values()) == [5, 2, 5, None]
    for words in ("Question 2: Jacobian", "2 of 5", "not yet of 5", "read and marked by hand",
                  "every step, the named members, and your own",
                  "leg 3: a step fails, or one of its ends is missing",
                  "leg 2: every step holds, members of your own: 0"):  # fmt: skip
        assert words in text


def test_a_feedback_page_needs_no_network_and_shows_formulas_and_text(page):
    assert not re.search(r"<(script|link|iframe)|src=\"http|@import|url\((?!\"data:)", page)
    answer = page[page.index('<div class="answer">') :]
    assert "<math" in answer
    assert "&lt; b&gt;it is so" in answer
    assert len(page) < 200_000


def test_a_feedback_page_shows_no_path_and_nothing_of_the_grader(page):
    assert "negative dimensions" in page
    assert "cannot import name" in page
    assert not re.search(r"/room|/packages|site-packages|agent\.py|Traceback|/tmp", page)
    assert "Model answer" not in page
    assert "each grows by the same number" not in page  # of the model answer


@pytest.mark.parametrize("text", ["$" + "x+" * 20_000 + "$", "$a$ " * 6000, "[" * 50_000])
def test_a_text_that_would_take_hours_to_typeset_is_shown_as_it_is(graded, text):
    course, record = graded
    cells = [nbformat.v4.new_markdown_cell(text + str(n)) for n in range(20)]
    start = time.process_time()
    page = feedback_page(course.source("derive-it"), nbformat.v4.new_notebook(cells=cells), record)
    assert time.process_time() - start < 10
    assert html.escape(text) in page


def test_a_text_that_cannot_be_rendered_is_shown_as_it_is():
    assert rendered("a <b ![a](attachment:b)") == "<pre>a &lt;b ![a](attachment:b)</pre>"


def test_a_comment_of_the_marker_reaches_the_page(graded):
    course, record = graded
    with Gradebook(course.database) as book:
        book.find_comment("proof", "derive-it", "derive-it", "ann").manual_comment = "Say <why>."
        book.db.commit()
    [one] = collect(course.folder.parent / "handed")
    again = course.grade("derive-it", one)
    assert again.digest == record.digest
    assert "Say &lt;why&gt;." in course.page("derive-it", "ann").read_text()


def test_who_marks_sees_question_rubric_and_model_answer_beside_the_text(graded):
    course, _ = graded
    path = course.folder / "autograded" / "ann" / "derive-it" / "derive-it.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    at = next(n for n, cell in enumerate(cells) if cell.id == "proof")
    shown = cells[at - 2].source + cells[at - 1].source
    assert shown.count("A reader gives 1 point for") == 1
    assert "The scores of an example at" in shown
    assert "BEGIN SOLUTION" not in shown
