"""The chapters keep the house rules, and notebooks/ is what they generate."""

import json
import re
import subprocess
import sys
from itertools import pairwise

import nbformat
import pytest
from sphinx.util.matching import get_matching_files

from website import contents, myst, notebooks
from website.install import install_cell

CHAPTERS = [path for path in notebooks.chapters() if notebooks.is_notebook(path)]
# the page on checking needs all equations checked: tests/derivation/test_book.py
TEXTS = [path for path in CHAPTERS if path.stem != "how-checked"]
LESSONS = [path for path in CHAPTERS if notebooks.chapters()[path] or path.stem == "five-sources"]
by_lesson = pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
by_chapter = pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)


def committed(path):
    return json.loads((notebooks.NOTEBOOKS / f"{path.stem}.ipynb").read_text())


def directives(path):
    return [part for part in myst.walk(path.read_text()) if part.kind == "directive"]


def code(cell):
    return cell.body.splitlines()


def test_every_numbered_chapter_is_a_notebook():
    numbered = [path for path, number in notebooks.chapters().items() if number]
    assert len(numbered) >= 10
    assert set(numbered) <= set(CHAPTERS)
    assert {path.stem for path in CHAPTERS} == {p.stem for p in notebooks.NOTEBOOKS.glob("*.ipynb")}


def test_the_build_reads_the_pages_of_the_book_and_nothing_else():
    settings = contents.CONFIG["sphinx"]["config"]
    read = get_matching_files(notebooks.HOME, settings["include_patterns"])
    pages = {notebooks.HOME / name for name in read if name.endswith((".md", ".ipynb"))}
    assert pages == {notebooks.BOOK / "index.md", *notebooks.chapters()}


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_notebook_has_the_cells_that_the_chapter_generates(path):
    assert notebooks.is_current(path), "run: make notebooks"


@by_chapter
def test_the_first_cell_of_code_installs_the_library(path):
    first = next(cell for cell in committed(path)["cells"] if cell["cell_type"] == "code")
    assert first["source"] == install_cell(notebooks.address()).rstrip()


def test_the_first_cell_is_quiet_where_the_library_is_and_else_installs_it():
    told = "import subprocess\nsubprocess.run = lambda command, check: print(*command)\n"
    program = told + install_cell("softmax_lib @ git+https://example.org/course")
    here = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    bare = [sys.executable, "-I", "-S", "-c", program]  # as if nothing were installed
    there = subprocess.run(bare, capture_output=True, text=True)
    assert (here.stdout, here.stderr, here.returncode) == ("", "", 0)
    assert there.stdout.endswith(
        "pip install --quiet softmax_lib @ git+https://example.org/course\n"
    )


@by_chapter
def test_notebook_was_executed_without_warnings_errors_or_images(path):
    cells = [c for c in committed(path)["cells"] if c["cell_type"] == "code"]
    assert [c["execution_count"] for c in cells] == list(range(1, len(cells) + 1))
    outputs = [output for cell in cells for output in cell["outputs"]]
    assert outputs
    assert all(o["output_type"] != "error" and o.get("name") != "stderr" for o in outputs)
    assert not any(kind.startswith("image/") for o in outputs for kind in o.get("data", {}))


@by_chapter
def test_no_cell_is_skipped(path):
    """Nothing is exempt from execution and comparison: tags fold LaTeX and results, no more."""
    tags = {tag for c in committed(path)["cells"] for tag in c["metadata"].get("tags", [])}
    assert tags <= {"hide-input" if path.stem.startswith("note-") else "hide-output"}


def test_a_result_is_folded_where_the_reader_is_to_predict_it():
    predicted = set()
    for path in TEXTS:
        text = path.read_text()
        assert "NBVAL_" not in text
        found = [part for part in myst.parts(text) if part.kind == "directive"]
        for before, cell in pairwise(found):
            folded = "hide-output" in cell.options.get("tags", [])
            assert folded == (before.argument == "Predict, then run"), cell.body
            predicted |= {path.stem} if folded else set()
    course = {e.name for e in contents.entries() if e.number and e.part != "Appendix"}
    assert predicted == course


def test_what_cells_print_are_numbers():
    """True stands for what has no number: a race that depends on the machine, shared memory."""
    lines = notebooks.printed()
    booleans = [line for line in lines if re.search(r"\b(True|False)\b", line)]
    assert lines
    assert len(booleans) <= 3, booleans


@by_lesson
def test_chapter_opens_and_ends_as_every_chapter_does(path):
    text = path.read_text()
    box = directives(path)[0]
    assert (box.name, box.argument) == ("admonition", "In this chapter")
    assert re.findall(r"\*\*(You \w+(?: learn)?)\*\*", box.body) == [
        "You will",
        "You will learn",
        "You need",
    ]
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    ending = [heading for heading in headings if heading != "Quiz"]  # numbered chapters have one
    assert ending[-3:] == ["Summary", "Exercises", "Further reading"]
    assert re.search(r"\{cite:t\}`", text.split("## Further reading")[1])


@by_lesson
def test_four_to_nine_exercises_each_with_its_folded_solution(path):
    found = directives(path)
    exercises = [d.options["label"] for d in found if d.name == "exercise"]
    solutions = [d for d in found if d.name == "solution"]
    assert 4 <= len(exercises) <= 9
    assert [d.argument for d in solutions] == exercises
    assert all(d.options["class"] == "dropdown" for d in solutions)


@by_lesson
def test_solutions_are_folded_in_the_notebook(path):
    """JupyterLab hides the cells below a heading, so the heading stands alone in its cell."""
    folded = [
        cell["source"]
        for cell in committed(path)["cells"]
        if cell["metadata"].get("jp-MarkdownHeadingCollapsed")
    ]
    solutions = [d for d in directives(path) if d.name == "solution"]
    assert len(folded) == len(solutions)
    assert all(re.fullmatch(r"#### Solution to Exercise ([\d.]+|\(.+\))", text) for text in folded)
    assert committed(path)["cells"][-1]["source"].startswith("## Further reading")


@by_chapter
def test_cells_are_short_and_figures_described(path):
    cells = [d for d in directives(path) if d.name == "code-cell"]
    seen = [d for d in cells if "hide-input" not in d.options.get("tags", [])]
    assert max(len([line for line in code(d) if line]) for d in seen) <= 15
    for cell in cells:
        if any(re.search(r"\bplot\.(?!use_style)", line) for line in code(cell)):
            shown = cell.options["mystnb"]
            assert {"name", "caption"} <= set(shown["figure"]), code(cell)
            assert "alt" in shown["image"], code(cell)


def in_the_text(text):
    """The parts of a page that no fold and no exercise holds."""
    for part in myst.parts(text):
        yield part
        folded = part.name in ("exercise", "solution") or "dropdown" in str(part.options)
        if part.kind == "directive" and not folded:
            yield from in_the_text(part.body)


@by_chapter
def test_equations_of_the_text_are_labelled(path):
    """Those in exercises and solutions need no number; nothing refers to them."""
    text = path.read_text()
    unlabelled = [p for p in in_the_text(text) if p.kind == "equation" and not p.name]
    assert unlabelled == []


def test_a_changed_number_turns_the_comparison_red_and_no_other_cell(tmp_path):
    shown = nbformat.v4.new_output("stream", text="M = 6\n")
    run = {"outputs": [shown], "execution_count": 1}
    cells = [nbformat.v4.new_code_cell(f"print('M = {n}')", **run) for n in (6, 7)]
    target = tmp_path / "changed.ipynb"
    nbformat.write(nbformat.v4.new_notebook(cells=cells), target)
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-p", "no:cacheprovider", target]
    run = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert run.stdout.splitlines()[-1].startswith("1 failed, 1 passed"), run.stdout
