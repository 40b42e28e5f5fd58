"""What the tests of the grader share: sources, solutions and wrong answers to them."""

import copy
import re
from functools import cache, partial
from pathlib import Path

import nbformat
import yaml

from grading.source import HIDDEN, kind_of, read

FULL = "scores-to-loss"  # what attacks the grader, and no assignment, is handed in to this one
SOLUTION = re.compile(r"^([ ]*)### BEGIN SOLUTION\n.*?### END SOLUTION", re.S | re.M)

HOME = Path(__file__).resolve().parents[2] / "assignments"
NAMES = sorted(path.stem for path in HOME.glob("*.md"))


@cache
def source(name, seed=0):
    return read(HOME / f"{name}.md", seed)


@cache
def wrong(name):
    """The wrong answers to an assignment: their names, changes, and what they lose."""
    stems = (name, "any") if name == FULL else (name,)
    texts = [(HOME / "wrong" / f"{stem}.yaml").read_text() for stem in stems]
    return {entry["name"]: entry for text in texts for entry in yaml.safe_load(text)}


def solved(name, release, *entries):
    """The release with the solutions filled in, some of them spoilt."""
    notebook = copy.deepcopy(release)
    solutions = source(name).cells("answer")
    for cell in notebook.cells:
        if kind_of(cell) == "answer":
            cell.source = solutions[cell.id].source
            for entry in entries:
                cell.source = spoilt(name, cell.source, cell.id, entry)
            cell.source = re.sub(r"^\s*### (BEGIN|END) SOLUTION\n?", "", cell.source, flags=re.M)
    for entry in entries:
        if "cell" in entry:
            notebook.cells.insert(0, nbformat.v4.new_code_cell(entry["cell"]))
    return notebook


def spoilt(name, text, cell, entry):
    if entry.get("in") != cell:
        return text
    draw = source(name).draw
    if "only" in entry:
        return draw(entry["only"])
    if "before" in entry:
        return f"{draw(entry['before'])}\n{text}"
    texts = list(map(draw, entry["replace"]))
    for old, new in zip(texts[::2], texts[1::2], strict=True):
        assert old in text, f"{entry['name']}: the solution of {cell} has no {old!r}"
        text = text.replace(old, new)
    return text


@cache
def released(name):
    """An assignment as a student gets it."""
    notebook = copy.deepcopy(source(name).notebook)
    for cell in notebook.cells:
        cell.source = HIDDEN.sub("", cell.source)
        mine = "*Your answer.*" if kind_of(cell) == "written" else r"\1# your work"
        cell.source = SOLUTION.sub(mine, cell.source)
    return notebook


def nameless(notebook):
    """The same cells without what names them."""
    return dict(notebook, cells=[dict(cell, metadata={}, id=None) for cell in notebook.cells])


def edited(notebook):
    """With a line more in what is not the student's."""
    notebook = copy.deepcopy(notebook)
    for cell in notebook.cells:
        if cell.cell_type == "code" and kind_of(cell) in ("tests", "given"):
            cell.source += "\nassert True"
    return notebook


train_it = partial(released, "train-it")
