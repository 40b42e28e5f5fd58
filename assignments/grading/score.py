"""Test cells, run in this process on proxies of what the student's cells define.

In the student's own notebook a test calls a plain function. Here the same name is bound to a proxy
that calls the function in the sandbox, so that the tests are the same text in both places, and no
line of a student's runs beside them. Functions of given cells get students' data in their hands,
so they run in a sandbox too, a second one that holds nothing but the given cells.
"""

import ast
import functools
import numbers
import traceback
from dataclasses import dataclass

import numpy as np

from .sandbox import Raised, Sandbox, StudentError
from .source import HIDDEN, kind_of

__all__ = ["Score", "score", "verify"]


@dataclass(frozen=True)
class Score:
    """Points of one test cell, and what the student reads if some are missing."""

    points: float
    words: str = ""


def score(assignment, cells, limits=None):
    """Run a notebook's cells in a sandbox and all tests of the assignment against them.

    Parameters
    ----------
    assignment : Assignment
        With its hidden tests.
    cells : list of str
        The code cells of the submission without the tests, in their order.
    limits : Limits, optional

    Returns
    -------
    scores : dict of str to Score
    results : list of dict
        What each cell printed and how it failed, as in `Sandbox`.
    notes : list of str
    """
    given = [cell.source for cell in assignment.cells("given").values() if cell.cell_type == "code"]
    functions, values = _names(c.source for c in assignment.cells("answer").values())
    with Sandbox(cells, limits) as theirs, _Later(given, limits) as ours:
        namespace = {}
        for source in given:
            exec(source, namespace)
        namespace |= {name: _proxy(ours, name) for name in _names(given)[0]}
        namespace |= {name: _proxy(theirs, name) for name in functions}
        scores = {}
        for name, cell in assignment.cells("tests").items():
            own = {k: v.copy() if isinstance(v, np.ndarray) else v for k, v in namespace.items()}
            scores[name] = _scored(cell, own, values, theirs)
        return scores, theirs.results, theirs.notes


def verify(assignment, released):
    """Refuse tests that the model solution fails, or the untouched release does not.

    Raises
    ------
    ValueError
        With the names of the assignment and of the test cell.
    """
    points = assignment.points
    for notebook, solved in ((assignment.notebook, True), (released, False)):
        code = [cell for cell in notebook.cells if cell.cell_type == "code"]
        scores, _, _ = score(assignment, [c.source for c in code if kind_of(c) != "tests"])
        for name, got in scores.items():
            if solved and got.points != points[name]:
                words = f"the solution earns {got.points:g} of {points[name]:g} points: {got.words}"
            elif not solved and got.points > 0:
                words = f"the notebook as released earns {got.points:g} points; what does it test?"
            else:
                continue
            raise ValueError(f"{assignment.name}.md, {name}: {words}")


class _Later:
    """A sandbox that is made when it is first called."""

    def __init__(self, *arguments):
        self.arguments, self.box = arguments, None

    def call(self, *args, **kwargs):
        self.box = self.box or Sandbox(*self.arguments)
        return self.box.call(*args, **kwargs)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.box:
            self.box.close()


def _proxy(sandbox, name):
    return functools.partial(sandbox.call, name)


def _names(sources):
    """The functions and the other names that cells define at their outer level."""
    functions, values = {}, {}
    for node in (node for source in sources for node in ast.parse(source).body):
        match node:
            case ast.FunctionDef(name=name):
                functions[name] = True
            case ast.Assign(targets=targets):
                stored = (n for t in targets for n in ast.walk(t) if isinstance(n, ast.Name))
                values |= {n.id: True for n in stored}
    return list(functions), [name for name in values if name not in functions]


def _scored(cell, namespace, values, theirs):
    """The score of one test cell: all its points, the number it ends with, or none.

    A cell that ends with a truth value earns its points if that is true.
    """
    points, source = cell.metadata.nbgrader.points, cell.source
    tree = ast.parse(source)
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    name = f"<tests {cell.metadata.nbgrader.grade_id}>"
    try:
        namespace |= {value: theirs.value(value) for value in values if value in used}
        exec(compile(tree, name, "exec"), namespace)
        got = eval(compile(ast.Expression(last.value), name, "eval"), namespace) if last else None
        if isinstance(got, bool | np.bool_) and not got:  # fails as an assert in its place does
            failed = ast.copy_location(ast.Assert(ast.Constant(False)), last)
            tree = ast.fix_missing_locations(ast.Module([failed], []))
            exec(compile(tree, name, "exec"))
    except Exception as error:
        return Score(0, _explained(error, source, name))
    if isinstance(got, numbers.Real) and not isinstance(got, bool):
        got = max(float(got), 0.0)
        return Score(got, "" if got == points else f"{got:g} of {points:g} points")
    return Score(points)


def _explained(error, source, name):
    """What a student may read of a failed test."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == name]
    line = frames[-1].lineno if frames else 0
    start = len("\n".join(source.splitlines()[: line - 1])) + 1 if line > 1 else 0
    hidden = any(match.start() <= start < match.end() for match in HIDDEN.finditer(source))
    kind = type(error).__name__
    if hidden:  # the text of a student's own error could carry the test's data out
        match error:
            case Raised():
                words = f"Your code raised {kind}."
            case StudentError():
                words = error.words
            case AssertionError():
                words = str(error)
            case _:
                words = f"What came back does not fit ({kind})."
        return f"A hidden test failed. {words}".strip()
    shown = source.splitlines()[line - 1].strip() if line else ""
    text = str(error) if isinstance(error, AssertionError) else f"{kind}: {error}"
    return "\n".join(filter(None, [shown, text]))
