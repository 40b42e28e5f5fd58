"""Test cells, run in this process on proxies of what the student's cells define.

In the student's own notebook a test calls a plain function. Here the same name is bound to a proxy
that calls the function in the sandbox, so that the tests are the same text in both places, and no
line of a student's runs beside them. Functions of given cells get students' data in their hands,
so they run in a sandbox too, another one that holds nothing but the given cells.

A test sees the cells that stand before it, as in *Restart and Run All*, and a cell sees the names
that the visible tests before it have set. All that a student can see of the tests runs first;
hidden tests run in a new sandbox, of which nothing but points comes back.
"""

import ast
import copy
import math
import re
import traceback
from contextlib import nullcontext
from dataclasses import dataclass, replace

import numpy as np

from .jail import IsolationError, Limits
from .sandbox import Raised, Sandbox, StudentError
from .source import FIRST, FIRST_CELL, HIDDEN, LAST, kind_of

__all__ = ["Score", "score", "verify"]


@dataclass(frozen=True)
class Score:
    """Points of one test cell, and what the student reads if some are missing."""

    points: float
    words: str = ""


def score(assignment, code, limits=None):
    """Run a notebook's cells in sandboxes and all tests of the assignment against them.

    Parameters
    ----------
    assignment : Assignment
        With its hidden tests.
    code : list of NotebookNode
        The code cells of the submission in their order; of its tests only the place counts, and
        those that are not there come last.
    limits : Limits, optional

    Returns
    -------
    scores : dict of str to Score
    results : list of dict
        What each cell that is no test printed and how it failed, as in `Sandbox`.
    notes : list of str
    """
    given = [
        cell.source for name, cell in assignment.cells("given").items()
        if cell.cell_type == "code" and name not in (FIRST, LAST)
    ]  # fmt: skip
    limits = replace(limits or Limits(), checker=_uses_checker(given))
    tests = assignment.cells("tests")
    sources, places = _in_order(code, tests)
    order = sorted(tests, key=lambda name: places.get(name, len(sources)))
    functions, values = _names(c.source for c in assignment.cells("answer").values())
    helpers, _ = _names(given)
    with Sandbox(given, limits) if helpers else nullcontext() as ours:
        common = {"changes": _changes, "told": _told}
        for source in given:
            exec(source, common)
        common |= {name: _Proxy(ours, name) for name in helpers}

        def run(box, hidden, wanted):
            own = common | {name: _Proxy(box, name) for name in functions}
            scores = {}
            for name in filter(wanted, order):
                at = places.get(name, len(sources))
                box.advance(at)
                scores[name] = _scored(tests[name], own, values, box, hidden)
                if not scores[name].points:  # so it leaves no names, and costs no time
                    box.refused.add(at)
            return scores

        with Sandbox(sources, limits, at=0) as box:
            scores = run(box, False, lambda name: True)
            box.advance(len(sources))
        left = {n for n, cell in tests.items() if HIDDEN.search(cell.source) and scores[n].points}
        if left:
            with Sandbox(sources, limits, at=0, refused=box.refused) as unseen:
                scores |= run(unseen, True, left.__contains__)
    results = [r for n, r in enumerate(box.results) if n not in places.values()]
    return {name: scores[name] for name in tests}, results, box.notes


def _in_order(code, tests):
    """What each cell runs, of a test what can be seen; and the number of each test's cell."""
    sources, places = [], {}
    for cell in code:
        source = cell.source
        if kind_of(cell) == "tests":
            name = cell.metadata.nbgrader.grade_id
            places[name] = len(sources)
            source = HIDDEN.sub("", tests[name].source)
        elif cell.id == FIRST:
            source = FIRST_CELL
        elif cell.id == LAST or cell.metadata.get("put_back"):
            source = ""
        sources.append(source)
    return sources, places


def _uses_checker(given):
    """Whether an assignment imports the checker itself: only then students may."""
    return any(re.search(r"^\s*(from|import) .*(derivation|notation)", s, re.M) for s in given)


def _changes(function, *arguments):
    """In the place of the function of the first cell: whether a call changes its arguments."""
    return function.sandbox.changes(function.name, *arguments)


def _told(name, of, points=None, **_):
    """In the place of the function of the first cell, which tells the points that it is given."""
    return points


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
        scores, _, _ = score(assignment, code)
        for name, got in scores.items():
            if solved and got.points != points[name]:
                words = f"the solution earns {got.points:g} of {points[name]:g} points: {got.words}"
            elif not solved and got.points > 0:
                words = f"the notebook as released earns {got.points:g} points; what does it test?"
            else:
                continue
            raise ValueError(f"{assignment.name}.md, {name}: {words}")


@dataclass
class _Proxy:
    """A function in a sandbox."""

    sandbox: object
    name: str

    def __call__(self, *args, **kwargs):
        return self.sandbox.call(self.name, *args, **kwargs)


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


def _scored(cell, common, values, box, hidden):
    """The score of one test cell: all its points, the number it ends with, or none.

    A cell that ends with a truth value earns its points if that is true. Without its hidden part it
    is what the student can see.
    """
    points = cell.metadata.nbgrader.points
    source = cell.source if hidden else HIDDEN.sub("", cell.source)
    tree = ast.parse(source)
    names = [n for n in ast.walk(tree) if isinstance(n, ast.Name)]
    used = {n.id for n in names} - {n.id for n in names if isinstance(n.ctx, ast.Store)}
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    name, printed = f"<tests {cell.metadata.nbgrader.grade_id}>", []
    try:
        namespace = copy.deepcopy({k: v for k, v in common.items() if isinstance(v, np.ndarray)})
        namespace |= {"print": lambda *texts, **_: printed.append(" ".join(map(str, texts)))}
        namespace = common | namespace | {v: box.value(v) for v in values if v in used}
        exec(compile(tree, name, "exec"), namespace)
        got = eval(compile(ast.Expression(last.value), name, "eval"), namespace) if last else None
        got = points if got is None else _number(got)
        if got is False:  # fails as an assert in its place does
            failed = ast.copy_location(ast.Assert(ast.Constant(False)), last)
            tree = ast.fix_missing_locations(ast.Module([failed], []))
            exec(compile(tree, name, "exec"))
    except IsolationError:
        raise
    except Exception as error:
        return Score(0, _hidden_words(error) if hidden else _explained(error, source, name))
    got = points if got is True else max(float(got), 0.0)
    said = [] if got == points else [f"{got:g} of {points:g} points", *printed]
    return Score(got, "\n".join(said))


def _number(value):
    """What a test ends with: a truth value or a finite number, also as an array of one entry."""
    value = value.item() if isinstance(value, np.ndarray | np.generic) else value
    if not isinstance(value, bool | int | float) or not math.isfinite(value):
        raise ValueError("the test came to no finite number")
    return value


def _hidden_words(error):
    """What a student may read of a hidden test: an own error could carry its data out."""
    kind = type(error).__name__
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


def _explained(error, source, name):
    """What a student reads of a test that they can see: its line, and what was wrong."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.filename == name]
    shown = source.splitlines()[frames[-1].lineno - 1].strip() if frames else ""
    shown = re.sub(r'^told\("[^"]*", [\d.e]+, (.*?)(, what=.*)?(, hidden=True)?\)$', r"\1", shown)
    ours = isinstance(error, AssertionError | StudentError)  # whose words say all
    text = str(error) if ours else f"{type(error).__name__}: {error}"
    return "\n".join(filter(None, [shown, text]))
