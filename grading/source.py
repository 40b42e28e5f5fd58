"""One assignment: MyST text that holds prompt, solution, tests and points.

A cell says in brief what it is; here that becomes nbgrader's metadata:

    :answer: NAME               the student's cell; the solution stands between its markers
    :tests: NAME, :points: 2    a test cell; hidden tests stand between their markers;
                                :what: says in words what it looks at
    :given: NAME                a cell that the student may not change
    :draw: true                 draws numbers and words from `rng`; not released
    +++ {"written": "NAME", "points": 4}     an answer in words, marked by hand; a model answer
                                stands between its markers

What a draw cell has defined stands in the other cells as «expression».
"""

import ast
import hashlib
import re
import zlib
from dataclasses import dataclass, field
from pathlib import Path

import jupytext
import nbformat
import numpy as np

from website.install import install_cell

__all__ = ["FIRST", "FIRST_CELL", "HIDDEN", "LAST", "MARKS", "PACKAGE", "Assignment", "kind_of",
           "read"]  # fmt: skip

# the cells that prepare the student's own notebook and sum it up; nothing is installed or summed up
# where it is graded
FIRST, LAST = "set-up", "tally"
FIRST_CELL = (Path(__file__).parent / "first_cell.py").read_text(encoding="utf-8")
PACKAGE = "softmax_lib-0.1.0-py3-none-any.whl"
KINDS = ("answer", "tests", "given", "written")
MARKS = {
    "answer": {"grade": False, "solution": True, "locked": False},
    "tests": {"grade": True, "solution": False, "locked": True},
    "given": {"grade": False, "solution": False, "locked": True},
    "written": {"grade": True, "solution": True, "locked": False},
}
HIDDEN = re.compile(
    r"^[^\S\n]*### BEGIN HIDDEN TESTS\n.*?^[^\S\n]*### END HIDDEN TESTS\n?", re.S | re.M
)
MARKER = re.compile(r"### (BEGIN|END) (?:SOLUTION|HIDDEN TESTS)")
NAME = re.compile(r"[A-Za-z0-9_-]+")
EMPTY = re.compile(r'^\+\+\+ *\{.*"written".*\}\s*(?=\+\+\+|```|\Z)', re.M)
LETTERS = "letters, digits, - and _ only"
DRAWN = re.compile("«([^»]+)»")


@dataclass
class Assignment:
    """A source as an nbgrader notebook, with its solutions and tests."""

    name: str
    title: str
    notebook: nbformat.NotebookNode
    drawn: dict = field(default_factory=dict)

    def draw(self, text):
        """A text with what was drawn in the places of its «expressions»."""
        return DRAWN.sub(lambda match: str(eval(match[1], self.drawn)), text)

    def cells(self, *kinds):
        """The cells of these kinds, by name, in order."""
        return {
            cell.metadata.nbgrader.grade_id: cell
            for cell in self.notebook.cells
            if kind_of(cell) in kinds
        }

    def secrets(self):
        """The lines that only its solutions and hidden tests have."""
        secret, shown = set(), []
        for cell in self.notebook.cells:
            inside = False
            for line in map(str.strip, cell.source.splitlines()):
                if marker := MARKER.match(line):
                    inside = marker[1] == "BEGIN"
                else:
                    secret.add(line) if inside else shown.append(line)
        text = "\n".join(shown)
        return {line for line in secret if len(line) > 12 and line not in text}

    @property
    def points(self):
        """What each graded cell is worth."""
        return {n: c.metadata.nbgrader.points for n, c in self.cells("tests", "written").items()}


def kind_of(cell):
    """What a cell is to the grader: one of `KINDS`, or None."""
    marks = cell.metadata.get("nbgrader", {})
    wanted = tuple(bool(marks.get(key)) for key in ("grade", "solution", "locked"))
    return next((k for k, m in MARKS.items() if tuple(m.values()) == wanted), None)


def read(path, seed=0, student="", package=PACKAGE):
    """The assignment in a MyST file, drawn from a seed.

    Parameters
    ----------
    path : str or Path
    seed : int or str
        A number for a sample; for a course a secret that nobody can guess.
    student : str
        Whom it is drawn for; everybody without one.
    package : str
        From where the student's notebook installs `softmax_lib`: a file beside it, or an address.

    Raises
    ------
    ValueError
        With the file's name, for a cell that is not as the head of this module says.
    """
    path = Path(path)
    text = path.read_text(encoding="utf-8")
    try:
        notebook = jupytext.reads(text, fmt="md:myst")
    except Exception as error:
        raise ValueError(f"{path.name}: {error}") from error
    rng = np.random.default_rng(_entropy(seed, path.stem, student))
    cells, names = [], set()
    assignment = Assignment(path.stem, "", notebook, {"rng": rng, "np": np})
    where = ""
    try:
        if not NAME.fullmatch(path.stem):
            raise ValueError(f"its name must be {LETTERS}")
        for number, cell in enumerate(notebook.cells, 1):
            where = f", cell {number}"
            if cell.metadata.get("draw"):
                exec(compile(cell.source, f"{path.name}, draw", "exec"), assignment.drawn)
                continue
            cell.source = assignment.draw(cell.source)
            cell = _expanded(cell, len(cells), path.stem)
            if (name := cell.metadata.get("nbgrader", {}).get("grade_id")) in names:
                raise ValueError(f"two cells have the name {name}")
            names |= {name} - {None}
            cells.append(cell)
        where = ""
        if EMPTY.search(text):
            raise ValueError('a line +++ {"written": …} has no text below it')
        head = next(cell.source for cell in cells if cell.source.startswith("# "))
        assignment.title = head.splitlines()[0][2:]
    except Exception as error:
        raise ValueError(f"{path.name}{where}: {error}") from error
    notebook.cells = _framed(cells, assignment, package)
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return assignment


def _entropy(seed, stem, student):
    """What the draws of one student in one assignment begin with."""
    if isinstance(seed, int):
        return [seed, zlib.crc32(f"{stem}{student}".encode())]
    return list(hashlib.sha256(f"{seed}\0{stem}\0{student}".encode()).digest())


def _framed(cells, assignment, package):
    """The cells between one that prepares the student's notebook and one that sums it up."""
    text = install_cell(package) + "\n" + FIRST_CELL.replace("«name»", assignment.name)
    marked = {
        cell.id: (cell.metadata.nbgrader.points, bool(HIDDEN.search(cell.source)))
        for cell in cells if kind_of(cell) == "tests"
    }  # fmt: skip
    written = {c.id: c.metadata.nbgrader.points for c in cells if kind_of(c) == "written"}
    tests = "".join(f"    {name!r}: {mark},\n" for name, mark in marked.items())
    last = f"tally({{\n{tests}}}, written={written})"
    at = next((n for n, cell in enumerate(cells) if cell.cell_type == "code"), len(cells))
    return [*cells[:at], _given(FIRST, text), *cells[at:], _given(LAST, last)]


def _given(name, source):
    marks = dict(MARKS["given"], grade_id=name, schema_version=3, task=False)
    return nbformat.v4.new_code_cell(source.rstrip(), id=name, metadata={"nbgrader": marks})


def _expanded(cell, number, stem):
    """The cell with nbgrader's metadata in the place of ours."""
    kinds = [kind for kind in KINDS if kind in cell.metadata]
    unknown = set(cell.metadata) - {*KINDS, "points", "tags", "what"}
    if unknown:
        raise ValueError(f"unknown: {', '.join(sorted(unknown))}")
    if len(kinds) > 1:
        raise ValueError(f"a cell is one of {', '.join(KINDS)}, got {' and '.join(kinds)}")
    if not kinds:
        cell.metadata, cell.id = {}, f"{stem}-{number:02d}"
        return cell
    [kind], points = kinds, cell.metadata.get("points")
    marks = dict(MARKS[kind], grade_id=str(cell.metadata[kind]), schema_version=3, task=False)
    if not NAME.fullmatch(marks["grade_id"]):
        raise ValueError(f"a name has {LETTERS}, got {marks['grade_id']!r}")
    solutions, hidden = (_regions(cell.source, kind) for kind in ("SOLUTION", "HIDDEN TESTS"))
    if kind in ("answer", "written") and solutions != 1:
        raise ValueError(f"{marks['grade_id']} needs one solution, got {solutions}")
    if cell.cell_type == "code":
        ast.parse(cell.source, marks["grade_id"])
    if kind != "tests" and hidden:
        raise ValueError(f"{marks['grade_id']} has hidden tests, but is no test cell")
    if marks["grade"]:
        if not isinstance(points, int | float) or points <= 0:
            raise ValueError(f"{marks['grade_id']} needs positive points, got {points}")
        marks["points"] = points
    if kind == "tests" and not _judges(cell.source):
        raise ValueError(f"{marks['grade_id']} asserts nothing and gives no number of points")
    if kind == "tests":
        cell.source = _telling(cell.source, marks, str(cell.metadata.get("what", "")))
    cell.metadata, cell.id = {"nbgrader": marks}, marks["grade_id"]
    return cell


def _telling(source, marks, what):
    """A test cell that says what it has looked at, and ends with its points as before."""
    last, lines = ast.parse(source).body[-1], source.rstrip("\n").split("\n")
    call = f'told("{marks["grade_id"]}", {marks["points"]}'
    if isinstance(last, ast.Expr):
        points = "\n".join(lines[last.lineno - 1 : last.end_lineno])
        lines[last.lineno - 1 : last.end_lineno] = [f"{call}, {points}"]
    else:
        lines.append(call)
    rest = f", what={what!r}" * bool(what) + ", hidden=True" * bool(HIDDEN.search(source)) + ")"
    return "\n".join(lines) + rest


def _regions(source, kind):
    """How many regions of this kind a cell has."""
    marker = re.compile(rf"(BEGIN|END) {kind}")  # as nbgrader looks for it
    lines = [line.strip() for line in source.splitlines() if marker.search(line)]
    count = len(lines) // 2
    if lines != [f"### BEGIN {kind}", f"### END {kind}"] * count:
        raise ValueError(f"each ### BEGIN {kind} needs its ### END {kind}, got {lines}")
    return count


def _judges(source):
    """Whether a test cell asserts something, or ends with a number of points."""
    body = ast.parse(source).body
    asserts = (node for statement in body for node in ast.walk(statement))
    return isinstance(body[-1], ast.Expr) or any(isinstance(n, ast.Assert) for n in asserts)
