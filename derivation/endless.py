"""Sides of an inequality that go past every bound where numbers become large or small."""

from decimal import Decimal
from itertools import pairwise

import numpy as np

from . import numbers
from .attack import LIGHT, inequalities
from .cases import Condition, Trial, size_plan, trial_of
from .draws import LINE, leading
from .evaluate import MAX_WORK
from .sizes import ONE
from .solve import DIGITS, equations_of, movable

__all__ = ["endless"]

RAYS, ALMOST = 3, Decimal("0.95")  # cases that are moved far, how nearly a side keeps pace
POWERS = (-16, -64, -256, 1, 2, 4, 8, 16, 32, 64, 128, 256)  # of ten, by which all is multiplied


def endless(chain, n, relation):
    """What to say where one side goes past every bound and the other depends on nothing drawn.

    The numbers of some cases are multiplied by powers of ten, the power doubled each time: then a
    logarithm nearly doubles, all that grows faster does more, and what has a bound does not.
    """
    if relation == "!=" or equations_of(chain):
        return ""
    said = (_endless(chain, n, *pair) for pair in inequalities(chain, n, relation))
    return next(filter(None, said), "")


def _endless(chain, n, relation, trees):
    drawn = [bool(movable(chain, [Condition("=", t, t, "")])) for t in trees]
    if sum(drawn) != 1 or any(t.shape != (ONE, ONE) for t in trees):
        return ""
    side = drawn.index(True)
    sign = 1 if (relation in ("<", "<=")) == (side == 0) else -1  # in which it would fail
    plan = size_plan(chain, np.random.default_rng([chain.seed, 7, 0]))[0]
    trial = trial_of(chain, plan, RAYS, np.random.default_rng([chain.seed, 23, n]), (1.0,))
    trial.values(trees[side])
    if MAX_WORK - trial.scope.budget[0] > LIGHT:
        return ""
    far = [_far(trial, chain, trees, power) for power in POWERS]
    with numbers.digits(DIGITS):
        for draw, lane in np.ndindex(trial.shape):
            values = [(sign * sides[side][draw, lane], sign * sides[1 - side][draw, lane], power)
                      for sides, power in zip(far, POWERS, strict=True)]  # fmt: skip
            found = _passed([v for v in values if v[0].is_finite() and v[1].is_finite()])
            if found:
                value = f"{sign * found[0]:.3g}"
                return f"the {('left', 'right')[side]} side {found[1].format(value)}"
    return ""


def _passed(values):
    """A value past its bound, or on its way, and what to say of it: of (value, bound, power)."""
    for value, bound, power in values:
        if value > bound:
            return value, f"is {{}} where numbers are about 10^{power}"
    for way in (1, -1):
        last = [(value, power) for value, _, power in values if power * way > 0][-3:]
        grows = [b >= ALMOST * a * q / p for (a, p), (b, q) in pairwise(last)]
        if len(last) == 3 and last[0][0] > 0 and all(grows):
            return last[-1][0], "has no bound: it grows on and on, here to {}"
    return None


def _far(trial, chain, trees, power):
    """Two sides where all numbers are multiplied by a power of ten: what is steady in decimals."""
    found = []
    for digits in (DIGITS, DIGITS + 4 * abs(power)):
        with numbers.digits(digits), numbers.extremes() as seen:
            case = trial.case.chosen(np.arange(RAYS))
            for s in chain.symbols:
                if s.draw in LINE and s.latex in case.drawn:
                    values = numbers.array(case.drawn[s.latex], True) * Decimal(10) ** power
                    case.drawn[s.latex] = values
                    if s.draw == "design":
                        values[leading(values)] = Decimal(1)
            new = Trial(case, trial.indices, chain.definitions)
            new.restrict(chain.conditions, exact=True)
            scope = new.scope.but(exact=True, memo={}, cache={}, constants={})
            sides = [new.spread(scope.value(t))[..., 0, 0] for t in trees]
        found.append([np.where(new.mask, side, Decimal("NaN")) for side in sides])
    lost = seen.most > digits  # beside numbers so far apart what is tiny may be what cancelled
    with numbers.digits(DIGITS):
        least = numbers.cancelled(seen.largest) if lost else 0
        return [np.where(_steady(a, b) & ~_tiny(b, least), b, Decimal("NaN"))
                for a, b in zip(*found, strict=True)]  # fmt: skip


def _tiny(a, least):
    """Which decimals are smaller than that, but not 0."""
    return ((a != 0) & (np.abs(a) < least)).astype(bool)


def _steady(a, b):
    """Which decimals change little with more digits."""
    both = numbers.finite(a) & numbers.finite(b)
    return both & (np.abs(a - b) <= np.abs(b) / 1000).astype(bool)
