"""Why a side of a step has no value in the case in which the step fails."""

import numpy as np

from ..evaluator import numbers
from ..evaluator.dual import real
from ..printer import SIGNS
from ..reader.words import OPPOSITE
from ..syntax import Bound, below

__all__ = ["undefined"]

DIGITS = 60
RUNS = ("sum", "prod", "largest", "smallest", "stack")


def undefined(claim, n):
    """Why one of both sides has no value, in words; empty if both have one, or it is not known."""
    trial, lane = claim.steps[n].lane
    with numbers.digits(DIGITS):
        scope = trial.exact([lane])
        found = (cause(scope, tree) for tree in claim.bound[n : n + 2])
        return next((said(*where) for where in found if where), "")


def finite(scope, bound):
    return bool(np.isfinite(real(scope.value(bound)).astype(float)).all())


def cause(scope, bound):
    """A part without a value of which all parts have one, and the indices there; or None."""
    if finite(scope, bound):
        return None
    inner = (cause(*pair) for pair in parts(scope, bound))
    return next(filter(None, inner), (scope, bound))


def parts(scope, bound):
    """What is evaluated for a part, each with the values that indices have there."""
    if bound.op in RUNS:
        letter, low, high, *test, body = bound.args[bound.op == "stack" :]
        for n in range(int(scope.integer(low).item()), int(scope.integer(high).item()) + 1):
            inner = scope.at(letter, scope.whole(n))
            if all(t is None or (real(inner.value(t)) == 1).all() for t in test):
                yield inner, body
    elif bound.op == "cases":
        for value, test in bound.args:
            if test is None or (real(scope.value(test)) == 1).all():
                yield scope, value
                return
    elif bound.op not in ("map", "lets"):
        yield from ((scope, part) for part in below(bound.args) if isinstance(part, Bound))


def said(scope, bound):
    """A sentence about a part that is the first to have no value."""
    if bound.op in ("entry", "row"):
        return missing(scope, *bound.args)
    if bound.op == "symbol":
        for letter, at in bound.args[1]:
            if (value := scope.integer(at).item()) not in scope.case.range(letter):
                return f"there is no ${bound.args[0].latex}$ for ${letter} = {value}$"
    if bound.op == "cases" and bound.args[-1][1] is not None:  # that is `otherwise`
        return uncovered([test for _, test in bound.args])
    return {"div": "a divisor is 0", "log": "there is no logarithm of what is not positive",
            "sqrt": "there is no root of what is negative",
            "derivative": "there is no slope there"}.get(bound.op, "")  # fmt: skip


def missing(scope, base, *indices):
    """Which row, column or entry a matrix has not."""
    name = f"${base.args[0].latex}$" if base.op == "symbol" else "a matrix here"
    names = ("entry",) if len(indices) < 3 or indices[2] is None else ("row", "column")
    for what, at, first, side in zip(names, indices[::2], indices[1::2], base.shape, strict=False):
        value, last = scope.integer(at).item(), first + scope.case.size(side) - 1
        if not first <= value <= last:
            return f"{name} has no {what} {value}: here they are counted from {first} to {last}"
    return ""


def uncovered(tests):
    """Which values none of the lines of cases is for."""
    words = [opposite(test) for test in tests]
    return f"no line of the cases is for ${', '.join(words)}$" if all(words) else (
        "no line of the cases has a condition that is met")  # fmt: skip


def opposite(test):
    """What holds where a test does not, if it compares an index, a label or a number."""
    if test.op != "test":
        return ""
    left, relation, right = test.args
    sides = [getattr(side.args[0], "latex", side.args[0]) if side.op in ("index", "symbol", "num")
             else "" for side in (left, right)]  # fmt: skip
    return f"{sides[0]} {SIGNS[OPPOSITE[relation]]} {sides[1]}" if all(sides) else ""
