"""Sides of an inequality that go past every bound where numbers or sizes become large."""

import contextlib
from decimal import Decimal
from itertools import pairwise

import numpy as np

from ..cases.draws import LINE, restore
from ..cases.pool import formed
from ..cases.premises import inequalities
from ..cases.solve import DIGITS, equations_of, movable
from ..cases.trials import Condition, Trial, first_plan, trial_of
from ..evaluator import numbers
from ..evaluator.evaluate import MAX_WORK
from ..sizes import ONE
from ..syntax import DerivationError, walk

__all__ = ["endless"]

LIGHT = 60_000  # the work of the cases of one trial, at most, for searches far away
SIDES, SIZES = ("left", "right"), (8, 32, 128, 512)
RAYS, ALMOST = 3, Decimal("0.95")  # cases that are moved far, how nearly a side keeps pace
MORE_DIGITS = 200  # below the largest number, in the last half of which nothing is told
FEW, LAST = 3, 4  # values that tell whether it does, and those that do where it is slow
VISIBLE, CLEARLY = Decimal("1e-6"), Decimal("0.01")  # a step that is one, and a side past another
WAYS = -4, -16, -64, -256, 1, 2, 4, 8, 16, 32, 64, 128, 256  # powers of ten that scale all
SLOW, MODEST = (r"\lambda_{\max}", r"\lambda_{\min}", "pinv", "rank"), 16  # in many digits


def endless(chain, n, relation):
    """What to say where one side goes past every bound and the other stays or does not follow.

    The numbers of some cases are multiplied by powers of ten, the power doubled each time: then
    a logarithm nearly doubles, all that grows faster does more; that of a logarithm takes equal
    steps; and the steps of what has a bound become shorter.
    """
    if relation == "!=" or equations_of(chain):
        return ""
    pairs = inequalities(chain, n, relation)
    said = (f(chain, n, *pair) for f in (_endless, _sized) for pair in pairs)
    return next(filter(None, said), "")


def _endless(chain, n, relation, trees):
    drawn = [bool(movable(chain, [Condition("=", t, t, "")])) for t in trees]
    tied = all(drawn) and any(c.drawn for c in chain.conditions)  # which far away rounding meets
    if tied or not any(drawn) or any(t.shape != (ONE, ONE) for t in trees):
        return ""
    plan = first_plan(chain)
    trial = trial_of(chain, plan, RAYS, np.random.default_rng([chain.seed, 23, n]), (1.0,))
    for tree in trees:
        trial.values(tree)
    if MAX_WORK - trial.scope.budget[0] > LIGHT:
        return ""
    most = MODEST if all(drawn) or chain.has(trees, SLOW) else max(WAYS)
    far = [(*_far(trial, chain, trees, power), power) for power in WAYS if abs(power) <= most]
    with numbers.digits(DIGITS):
        for side, draw, lane in np.ndindex(2, *trial.shape):
            if not drawn[side]:
                continue
            sign = 1 if (relation in ("<", "<=")) == (side == 0) else -1  # in which it would fail
            values = [(sign * sides[side][draw, lane], sign * sides[1 - side][draw, lane], power)
                      for *sides, power in far]  # fmt: skip
            values = [v for v in values if v[0].is_finite() and v[1].is_finite()]
            found = _passed(values, CLEARLY if all(drawn) else 0)
            if found:
                value = f"{sign * found[0]:.3g}"
                return f"the {SIDES[side]} side {found[1].format(value)}"
    return ""


def _sized(chain, n, relation, trees):
    """The same where a size grows while all that is drawn keeps a special form."""
    letters = [chain.definitions.letters(t) for t in trees]
    drawn = [bool(movable(chain, [Condition("=", t, t, "")])) for t in trees]
    written = [float(b.args[0]) for t in trees for b in walk(t) if b.op == "num"]
    if sum(drawn) != 1 or letters[drawn.index(False)] or max(written, default=0) > SIZES[0]:
        return ""
    for letter in sorted(letters[drawn.index(True)] & chain.sizes):
        if len(chain.vocabulary.sizes[letter]) > 1:
            with contextlib.suppress(DerivationError):
                if _closing(chain, n, relation, trees, letter):
                    return (
                        f"the {SIDES[drawn.index(True)]} side has no bound: it grows with {letter}"
                    )
    return ""


def _closing(chain, n, relation, trees, letter):
    """Whether the gap between two sides closes by steps that never become shorter, or is closed."""
    plan, gaps = first_plan(chain), []
    for size in SIZES:
        rng = np.random.default_rng([chain.seed, 29, n])
        trial = formed(chain, plan | {letter: size}, rng)
        a, b = (trial.values(t, chain.latex)[..., 0, 0] for t in trees)
        gap = np.where(trial.mask, b - a if relation in ("<", "<=") else a - b, np.inf).min(1)
        gaps.append(np.where(np.isfinite(gap), gap, np.nan))
        steps = -np.diff(gaps, axis=0)
        good = (steps > float(VISIBLE)).all(0)
        good &= (steps[1:] >= float(ALMOST) * steps[:-1]).all(0)
        if len(gaps) > 1 and not good.any():
            return False
    return True


def _passed(values, least):
    """A value past its bound by a least part of both, or on its way while that does not rise, and
    what to say of it: of (value, bound, power)."""
    for value, bound, power in values:
        if value - bound > least * (abs(value) + abs(bound)):
            return value, f"is {{}} where numbers are about 10^{power}"
    for way in (1, -1):
        last = [(value, power) for value, _, power in values if power * way > 0][-LAST:]
        bounds = [bound for _, bound, power in values if power * way > 0][-LAST:]
        if any(b - a > VISIBLE * abs(b) for a, b in pairwise(bounds)):
            continue
        steps = [b - a for (a, _), (b, _) in pairwise(last)]
        slowly = len(last) == LAST and steps[0] > VISIBLE * abs(last[-1][0])
        slowly = slowly and all(b >= ALMOST * a for a, b in pairwise(steps))
        pace = [b >= ALMOST * a * q / p for (a, p), (b, q) in pairwise(last[-FEW:])]
        if slowly or (len(pace) == FEW - 1 and last[-FEW][0] > 0 and all(pace)):
            return last[-1][0], "has no bound: it grows on and on, here to {}"
    return None


def _far(trial, chain, trees, power):
    """Two sides where all numbers are multiplied by a power of ten: what is steady in decimals."""
    found = []
    for digits in (DIGITS, MORE_DIGITS + 4 * abs(power)):
        with numbers.digits(digits), numbers.extremes() as seen:
            case = trial.case.chosen(np.arange(RAYS))
            for s in chain.symbols:
                if s.draw in LINE and s.latex in case.drawn:
                    values = numbers.array(case.drawn[s.latex], True) * Decimal(10) ** power
                    case.drawn[s.latex] = values
                    restore(values, s.draw)
            new = Trial(case, trial.indices, chain.definitions)
            new.restrict(chain.conditions, exact=True)
            scope = new.scope.but(exact=True, memo={})
            sides = [new.spread(scope.value(t))[..., 0, 0] for t in trees]
        held = new.mask & (seen.most < numbers.BEYOND)  # else a condition may be met by two zeros
        found.append([np.where(held, side, Decimal("NaN")) for side in sides])
    # beside numbers so far apart what is tiny may be what is left where another side cancelled
    lost = seen.most > digits // 2
    with numbers.digits(DIGITS):
        least = numbers.cancelled(seen.largest, MORE_DIGITS) if lost else 0
        return [np.where(_steady(a, b) & ~_tiny(b, least), b, Decimal("NaN"))
                for a, b in zip(*found, strict=True)]  # fmt: skip


def _tiny(a, least):
    """Which decimals are smaller than that, but not 0."""
    return ((a != 0) & (np.abs(a) < least)).astype(bool)


def _steady(a, b):
    """Which decimals change little with more digits."""
    both = numbers.finite(a) & numbers.finite(b)
    return both & (np.abs(a - b) <= np.abs(b) / 1000).astype(bool)
