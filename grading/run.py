"""nbgrader's steps for one submission, with ours in the place of the one that runs a notebook.

They are the same here and (through nbgrader_config.py in a course's folder) in nbgrader's own
commands and in its formgrader.
"""

import copy
import itertools
import re
from pathlib import Path

from nbformat.v4 import new_markdown_cell, new_output
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearOutput,
    ClearSolutions,
    ComputeChecksums,
    LimitOutput,
    LockCells,
    NbGraderPreprocessor,
    OverwriteKernelspec,
    SaveAutoGrades,
)
from traitlets.config import Config

from .score import score
from .source import MARKER, kind_of

__all__ = ["CONFIG", "Run", "as_released", "configure"]

HOME = Path(__file__).resolve().parents[1]
CONFIG = f"""\
# nbgrader's own commands and its formgrader run students' code as `make grade` does.
import sys

sys.path.insert(0, {str(HOME)!r})
from grading.run import configure

configure(get_config())
"""


def configure(c):
    """nbgrader's settings for a course: what is shown, what is hidden, and who runs the code."""
    c.ClearSolutions.code_stub = {"python": "# your work"}
    c.ClearSolutions.text_stub = "*Your answer.*"
    c.Autograde.sanitize_preprocessors = [
        ClearOutput, OverwriteKernelspec, CheckCellMetadata  # `repair` has put the cells back
    ]  # fmt: skip
    c.Autograde.autograde_preprocessors = [Run, LimitOutput, SaveAutoGrades, CheckCellMetadata]
    return c


def as_released(notebook):
    """A source as its student gets it: what nbgrader does for everybody, done for one."""
    made, settings = copy.deepcopy(notebook), {"config": configure(Config())}
    for step in (LockCells, ClearSolutions, ClearHiddenTests, ClearOutput, ComputeChecksums):
        made, _ = step(**settings).preprocess(made, {})
    return made


class Run(NbGraderPreprocessor):
    """Runs a submission in the sandbox, and writes what nbgrader reads scores from."""

    def preprocess(self, nb, resources):
        name = resources["nbgrader"]["assignment"]
        assignment = _assignment(name, nb.metadata.get("drawn"))
        code = [cell for cell in nb.cells if cell.cell_type == "code"]
        theirs = [cell for cell in code if kind_of(cell) != "tests"]
        scores, results, notes = score(assignment, code, self.limits())
        for cell, result in zip(theirs, results, strict=True):
            figures = ({"image/png": figure} for figure in result["figures"])
            cell.outputs = [_text(result["text"])] * bool(result["text"])
            cell.outputs += [new_output("display_data", data) for data in figures]
            if result["error"]:
                kind, text, lines = result["error"]
                cell.outputs.append(_error(kind, text, lines or f"{kind}: {text}"))
        for cell in code:
            if kind_of(cell) == "tests":
                cell.outputs = _shown(scores[cell.metadata.nbgrader.grade_id], cell)
        nb.metadata["notes"] = notes + _not_there(results)
        shown = (_for_the_marker(nb.cells, n, assignment) for n in range(len(nb.cells)))
        nb.cells = list(itertools.chain.from_iterable(shown))
        return nb, resources

    @staticmethod
    def limits():
        return None  # the usual ones


def _for_the_marker(theirs, n, assignment):
    """A cell, and in front of an answer in words its model answer; its question and rubric too,
    unless they stand above it."""
    cell = theirs[n]
    if kind_of(cell) != "written":
        return [cell]
    cells = assignment.notebook.cells
    at = next(n for n, ours in enumerate(cells) if ours.id == cell.id)
    question = next((c.source for c in reversed(cells[:at]) if not kind_of(c)), "")
    model = MARKER.sub("", cells[at].source).strip()
    asked = n and theirs[n - 1].source == question
    text = "" if asked else "**Question.** " + re.sub(r"^#.*\n+", "", question)
    text += f"\n\n**Model answer** (students do not see it).\n\n{model}"
    shown = new_markdown_cell(text, id=f"marker-{cell.id}", metadata={"marker": True})
    return [shown, cell]


def _assignment(name, number):
    """The assignment in the course's folder, in which nbgrader works, as it was drawn."""
    from .course import Course  # which needs the settings above

    course = Course(".")
    return course.drawn(name, number) if number else course.source(name)


def _not_there(results):
    """A note on the modules that the cells could not import."""
    errors = [result["error"][:2] for result in results if result["error"]]
    words = [text for kind, text in errors if kind == "ModuleNotFoundError"]
    names = dict.fromkeys(name[:40] for text in words for name in re.findall(r"'(.+?)'", text))
    return [f"imports what is not there: {', '.join(names)}"] if names else []


def _text(text):
    return new_output("stream", name="stdout", text=text)


def _error(kind, text, lines):
    return new_output("error", ename=kind, evalue=text, traceback=lines.splitlines())


def _shown(score, cell):
    """Outputs that nbgrader counts as this score."""
    if score.points >= cell.metadata.nbgrader.points:
        return []
    if score.points == 0:
        return [_error("failed", score.words, score.words)]
    data = {"text/plain": f"{score.points:g}"}
    return [_text(score.words), new_output("execute_result", data, execution_count=1)]
