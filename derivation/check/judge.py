"""Whether two members agree: in floats where that is sure, in decimals where it is not."""

import re
from decimal import Decimal
from functools import cache, lru_cache

import numpy as np

from ..evaluator import numbers
from ..evaluator.dual import real
from ..evaluator.evaluate import MAX_WORK
from ..evaluator.matrices import ELIMINATION
from ..evaluator.terms import ABOUT, compare, torn
from ..syntax import walk

__all__ = ["ABOUT", "DIGITS", "JUDGES", "MAX_EXACT", "MORE_DIGITS", "STRICT", "WEAK", "Exact",
           "gap", "written"]  # fmt: skip

WEAK, STRICT = ("<=", ">="), ("<", ">", "!=")
CLOSE = 5e-13  # what floats decide; everything less sure is decided in decimals
ROUGH = 1e-11  # ∝, where two quotients are compared
DIGITS, MORE_DIGITS, MOST_DIGITS, CONSTANT_DIGITS = 60, 200, 600, 3000  # if nothing is drawn
MAX_EXACT, SAMPLE, HARD, MANY = 5, 3, 1, 16  # cases of a trial that are decided in decimals
MODERATE, VISIBLE = 6.0, 1e-6  # of larger scale only what is far apart
SOLVED = 50  # digits to which a premise is met
MORE_THAN_WRITTEN = 40  # digits beside those of a number that a text has
WIDE, SMALL = 10, 5  # powers of ten that the fewest do not hold: in products, in elimination
TRIES = 12  # cases of each way in which comparisons turn out, until one is decided
FEW, MUCH = 2, 60_000  # so few once a chain has taken so much work


def gap(relation, a, b):
    size = np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-300)
    signed = {"<=": a - b, "<": a - b, ">=": b - a, ">": b - a}
    return signed.get(relation, np.abs(a - b)) / size


def _near(a, b, limit):
    return np.abs(a - b) <= limit * np.maximum(np.abs(a), np.abs(b))


def _far(a, b):
    """Whether an entry is surely another, and then of all."""
    far = np.abs(a - b) > CLOSE * np.maximum(np.abs(a), np.abs(b))  # nor is nan
    return np.broadcast_to(far.any((-1, -2), keepdims=True), a.shape)


def _less(a, b):
    return b - a > CLOSE * np.maximum(np.abs(a), np.abs(b))


# Of which entries floats are sure that a relation holds.
JUDGES = {"=": lambda a, b: _near(a, b, CLOSE), "~": lambda a, b: _near(a, b, ABOUT),
          "propto": lambda a, b: _near(a, b, ROUGH), "!=": _far, "<": _less, "<=": _less,
          ">": lambda a, b: _less(b, a), ">=": lambda a, b: _less(b, a)}  # fmt: skip


def _within(entry, values):
    """The place of an entry in what may be one number."""
    return tuple(n if size > 1 else 0 for n, size in zip(entry, values.shape, strict=True))


@lru_cache(1000)
def eliminates(*trees):
    """Whether something is found by elimination, which tells zeros from what is small."""
    return any(b.op in ELIMINATION for b in walk(trees))


@lru_cache(1000)
def written(latex):
    """The digits of the longest number that is written in a text."""
    return max(map(len, re.findall(r"[\d.]+", latex)), default=0)


class Exact:
    """Decimals for the cases of a trial that floats do not decide, and for some that they do."""

    def __init__(self, chain, trial, least=0):
        self.chain, self.trial, self.known, self.scopes, self.met = chain, trial, {}, {}, {}
        self.ways = cache(lambda n: chain.ways(n, trial))
        self.digits = max(DIGITS, MORE_THAN_WRITTEN + written(chain.latex), least)
        self.places = {}  # of what stands for all others where ∝ claims one factor
        self.order = np.argsort(np.abs(trial.case.scales), kind="stable")

    def verdicts(self, n, relation, sure, apart, enough):
        """Which cases are decided, which hold, which fail.

        `apart` says how far apart the sides are in floats, `enough` whether the step was tried
        often enough already.
        """
        mask = self.trial.mask
        decided, ok, bad = (np.zeros(mask.shape, bool) for _ in range(3))
        decided |= mask & ~sure  # what nobody decides does not count
        seen = self.chain.seen.setdefault(n, set())  # indices for which something was decided
        seen.update(self.at(k) for k in np.flatnonzero((mask & sure).any(0)))
        rest, told, hard = self.unsure(mask & ~sure, apart, seen), self.told(n), []
        lanes = list(dict.fromkeys([*rest, *self.sample(n, sure), *told]))
        much = self.chain.drawn and self.chain.spent > MUCH  # before what is prepared
        some = [lane for lane in lanes[FEW:] if not much or self.at(lane[1]) not in seen]
        self.prepare(n, lanes[:FEW] + some, MORE_DIGITS)
        for k, lane in enumerate(lanes):
            settled = enough and not apart[lane] > VISIBLE  # no float sees a failure
            tired = much and (settled or k >= FEW)
            if tired and self.at(lane[1]) in seen:
                continue
            verdict = self.verdict(n, relation, lane, MORE_DIGITS)
            if verdict is None:
                hard.append(lane)
                continue
            decided[lane], ok[lane], bad[lane] = True, verdict, not verdict
            seen.add(self.at(lane[1]))
            self.chain.tried[n, self.ways(n)[lane]] = TRIES
        none = not ((mask & sure).any() or (ok | bad).any())  # all depends on this
        never = not (self.chain.decided[n] or (ok | bad).any())  # yet by decimals
        seen_apart = any(apart[lane] > VISIBLE for lane in hard)
        few = 4 * HARD if none else HARD if never or seen_apart or self.trial.plan == 0 else 0
        few = 0 if self.chain.spent > MUCH and enough and not never else few
        hard.sort(key=lambda lane: max(self.value(k, lane, self.digits)[1] for k in (n, n + 1)))
        hard.sort(key=lambda lane: not (seen_apart and apart[lane] > VISIBLE))
        new = {self.at(lane[1]): lane for lane in reversed(hard)}
        scarce = 4 * (mask & sure).sum() < mask.sum()  # floats decide few
        new = [lane for at, lane in new.items() if at not in seen] if scarce else []
        new += [lane for lane in hard if lane in told]  # the only ones of their way, perhaps
        hard = list(dict.fromkeys([*new, *hard]))[: max(few, len(new))]
        jumps = seen_apart and self.chain.jumps(n)  # where few digits show no failure
        plainly = jumps and not eliminates(*self.chain.bound[n : n + 2])
        all_digits = none or new or never or plainly or not self.chain.drawn
        most = CONSTANT_DIGITS if all_digits else MOST_DIGITS
        self.prepare(n, hard, most)
        for lane in hard:
            verdict = self.verdict(n, relation, lane, most)
            decided[lane], ok[lane], bad[lane] = True, verdict is True, verdict is False
            if verdict is not None:
                seen.add(self.at(lane[1]))
            if verdict is None and sure[lane]:  # where decimals cannot tell, floats cannot
                decided |= mask
        self.chain.decided[n] += (ok | bad).any()
        return decided, ok, bad

    def at(self, column):
        """The values of the indices in a column."""
        indices = self.trial.indices.values()
        return tuple(int(v[0, column if v.shape[1] > 1 else 0, 0, 0]) for v in indices)

    def unsure(self, mask, apart, seen):
        """Some of the cases that floats leave open: one for each value of the indices that is new,
        that of the smallest scale, the farthest apart, others of small scale."""
        scales = self.trial.case.scales
        turned = np.random.default_rng(self.trial.plan).permutation(mask.shape[1])
        lanes = [(int(d), int(k)) for d in self.order for k in turned if mask[d, k]]
        lanes = [lane for lane in lanes if scales[lane[0]] <= MODERATE or VISIBLE < apart[lane] < 3]
        most = MAX_EXACT if self.trial.plan == 0 else FEW
        if len(scales) > 2 * MAX_EXACT:  # all draws are of one trial
            most = 2 * MAX_EXACT
        if 4 * mask.sum() > 3 * self.trial.mask.sum():  # floats decide few
            most = max(most, MANY)
        new = {self.at(lane[1]): lane for lane in reversed(lanes)}
        new = [lane for at, lane in new.items() if at not in seen][:MANY]
        far = [lane for lane in lanes if np.isfinite(apart[lane])]
        far = sorted(far, key=lambda lane: -apart[lane])[: most // 2]
        return list(dict.fromkeys([*new, *lanes[:1], *far, *lanes]))[: max(most, len(new))]

    def sample(self, n, sure):
        """A few cases that are always decided in decimals, in the first trials that have any: all
        values of the indices once, in draws of small scale."""
        if self.chain.decided[n] > (1 if self.chain.spent < MUCH else 0):
            return []
        lanes = []
        for k in range(self.trial.shape[1]):
            held = [int(d) for d in self.order if self.trial.mask[d, k]]
            held = ([d for d in held if sure[d, k]] or held)[:4]
            lanes += [(held[k % len(held)], k)] if held else []
        self.chain.sampled[n] += bool(lanes)
        return lanes[:: max(1, -(-len(lanes) // SAMPLE))]

    def told(self, n):
        """A case for each way in which what a step compares turns out, until one is decided."""
        tried, ways = self.chain.tried, self.ways(n)
        new = [(n, way) for way in np.unique(ways) if way >= 0 and tried[n, way] < TRIES]
        tried.update(new)
        places = (np.argwhere(ways[self.order] == way)[0] for _, way in new)
        return [(int(self.order[d]), int(k)) for d, k in places] if self.chain.spent < MUCH else []

    def prepare(self, n, lanes, limit):
        """Evaluate what the verdicts of several cases need, as many of them at once as can be."""
        self.together(n, lanes, self.digits)
        wide = {}
        for lane in lanes:
            digits = self.needed(n, self.pair(n, lane, self.digits)[2])
            if digits <= limit and (digits <= MORE_DIGITS or self.meets(lane, self.digits)):
                wide.setdefault(digits, []).append(lane)
        for digits, some in wide.items():
            self.together(n, some, digits)

    def together(self, n, lanes, digits):
        """Both sides in several cases at once."""
        for k in (n, n + 1):
            todo = tuple(lane for lane in lanes if (k, lane, digits) not in self.known)
            if todo:
                self.evaluate(k, todo, digits)

    def needed(self, n, spread):
        """Digits that tell apart sizes in a case that are so far from each other, rounded up."""
        eliminating = eliminates(*self.chain.bound[n : n + 2])
        if spread < (SMALL if eliminating else WIDE):
            return self.digits
        return self.digits + (3 * spread if eliminating else -(-3 * spread // DIGITS) * DIGITS)

    def evaluate(self, n, lanes, digits):
        """A member in some cases; how far apart the powers of ten in it are, and the largest."""
        if (lanes, digits) not in self.scopes:
            far = [2 * max((x.adjusted() for x in self.moved(lane)), default=0) for lane in lanes]
            most = np.array([far, np.zeros_like(far)])
            self.scopes[lanes, digits] = self.trial.exact(lanes, self.chain.latex), most
        scope, most = self.scopes[lanes, digits]
        with numbers.digits(digits), numbers.extremes(len(lanes)) as seen:
            found = real(scope.value(self.chain.bound[n]))[:, 0]
        np.maximum(most, (seen.most, seen.largest), out=most)  # of what is shared, too
        self.chain.spent += MAX_WORK - scope.budget[0]
        scope.budget[0] = MAX_WORK
        found = np.broadcast_to(found, (len(lanes), *found.shape[1:]))
        for lane, value, sizes in zip(lanes, found, most.T.tolist(), strict=True):
            self.known[n, lane, digits] = value, *sizes

    def moved(self, lane):
        """The numbers of a case that were moved, which may be of any size; not what is 0 up to the
        digits to which they were."""
        drawn = (v for v in self.trial.case.drawn.values() if v.dtype == object)
        numbers_ = (x for values in drawn for x in values[lane[0]].flat if x.is_finite())
        return [x for x in numbers_ if x and x.adjusted() > -SOLVED]

    def value(self, n, lane, digits):
        """A member in one case, with so many digits, and how far apart the sizes in it are."""
        if (n, lane, digits) not in self.known:
            self.evaluate(n, (lane,), digits)
        return self.known[n, lane, digits]

    def pair(self, n, lane, digits):
        """Both sides in one case, ∝ with the factor put in; the powers of ten that come up."""
        (a, *most), (b, *other) = (self.value(k, lane, digits) for k in (n, n + 1))
        place = self.places[n][lane[0]] if n in self.places else None
        if place is None:
            return a, b, *map(max, most, other)
        draw, column, *entry = place
        lane = draw, column if self.trial.shape[1] > 1 else 0
        (top, *more), (bottom, *also) = (self.value(k, lane, digits) for k in (n, n + 1))
        with numbers.digits(digits):
            top, bottom = (v[_within(entry, v)] for v in (top, bottom))
            a, b = numbers.nan_where((top == 0) | (bottom == 0), a * bottom), b * top
        return a, b, *map(max, most, other, more, also)

    def verdict(self, n, relation, lane, limit):
        """True, False, or None if so many digits cannot tell."""
        if relation == "propto" and self.places[n][lane[0]] is None:
            return None  # one number has any factor
        a, b, spread, most = self.pair(n, lane, self.digits)
        digits = self.needed(n, spread)
        if digits > self.digits:
            if digits > MORE_DIGITS and not self.meets(lane, self.digits):
                return None  # seen before many digits are paid for
            if digits > limit:
                seen = self.visible(n, relation, lane, a, b) and self.meets(lane, limit)
                return False if seen and not self.outside(lane, limit) else None
            a, b, *_ = self.pair(n, lane, digits)
        if relation == "in":
            if numbers.finite(b).all() and (b == 1).all():
                return True
            more = self.value(n, lane, digits + digits // 2)[0]  # what is rounding alone shrinks
            with numbers.digits(digits):
                steady = _near(a, more, Decimal(VISIBLE)).astype(bool) | ~numbers.finite(a)
            met = self.meets(lane, digits) and not self.outside(lane, digits)
            return False if met and steady.all() else None
        a, b = np.broadcast_arrays(a, b)
        good = [numbers.finite(x) for x in (a, b)]
        if (good[0] != good[1]).any():
            special = self.trial.solved or self.trial.exact_draws[lane[0], 0]
            special = special and not any(map(torn, (a, b)))
            met = self.meets(lane, digits) and not self.outside(lane, digits)
            return False if met and not special else None
        if not good[0].all():
            return None  # neither is defined
        same = self.same(n, lane, a, b, digits, most)
        if relation in STRICT and same.any() and digits < MORE_DIGITS and not self.trial.solved:
            a, b = np.broadcast_arrays(*self.pair(n, lane, MORE_DIGITS)[:2])
            same = self.same(n, lane, a, b, MORE_DIGITS, most)
        if not self.meets(lane, digits):
            return None
        if self.judged(relation, a, b, same):
            return True
        doubt = relation in STRICT and self.trial.solved and self.seems(n, lane, digits, spread)
        return None if doubt or self.outside(lane, digits) else False

    def same(self, n, lane, a, b, digits, most):
        """Which entries are equal up to rounding."""
        with numbers.digits(digits):
            apart = np.abs(a - b)
            size = np.maximum(np.abs(a), np.abs(b))
            same = (apart <= numbers.number(f"1e-{digits - 20}", True) * size).astype(bool)
            if self.trial.solved:  # no sharper than the premise is met, and what was added up
                most = max(most, 0, *(x.adjusted() for x in self.moved(lane)))
                same |= (apart <= numbers.number(f"1e{most - SOLVED}", True)).astype(bool)
            large = (apart > numbers.number(f"1e-{digits // 2}", True) * (size + 1)).astype(bool)
        if (same | large).all():
            return same
        more = digits + digits // 2  # what comes of rounding shrinks with more digits
        c, d = np.broadcast_arrays(*self.pair(n, lane, more)[:2])
        with numbers.digits(more):
            closer = np.abs(c - d) * numbers.number("1e12", True)
            return same | (closer <= apart).astype(bool) & ~large

    def seems(self, n, lane, digits, spread):
        """Whether two sides may only seem to meet: they are no nearer to each other than by what is
        tiny in them or in a premise."""
        most = max((abs(x.adjusted()) for x in self.moved(lane)), default=0)
        tiny = max(2 * most, spread, self.nearly(lane, digits)[1])
        if not SOLVED // 2 < tiny < MOST_DIGITS:
            return tiny > SOLVED
        with numbers.digits(tiny + SOLVED):
            a, b = (self.value(k, lane, tiny + SOLVED)[0] for k in (n, n + 1))
            return np.max(np.abs(a - b)) > Decimal(10) ** -(tiny + SOLVED // 2)

    def meets(self, lane, digits):
        """Whether a case meets conditions that are equations, not only up to rounding."""
        if self.trial.solved:
            return True
        if (lane, digits) not in self.met:
            near, most = self.nearly(lane, digits)
            if near and most >= WIDE:  # what is left may be one of the tiny numbers
                more = self.digits + 3 * most
                near = more <= MORE_DIGITS and self.nearly(lane, more)[0]
            self.met[lane, digits] = near
        return self.met[lane, digits]

    def sides(self, relations, lane, digits):
        """Conditions on what is drawn that have these relations, with their sides, and the powers
        of ten that come up."""
        some = [c for c in self.chain.conditions if c.drawn and c.relation in relations]
        scope = self.trial.exact((lane,), self.chain.latex) if some else None
        with numbers.digits(digits), numbers.extremes() as seen:
            return [(c, *(t and real(scope.value(t)) for t in (c.a, c.b))) for c in some], seen

    def nearly(self, lane, digits):
        """Whether all equations hold up to the rounding of decimals, and their powers of ten."""
        sides, seen = self.sides(("=",), lane, digits)
        with numbers.digits(digits):
            least = Decimal(10) ** (20 - digits)
            return all(_near(a, b, least).astype(bool).all() for _, a, b in sides), seen.most

    def outside(self, lane, digits):
        """Whether a case meets conditions that are no equations only by the rounding of floats, or
        strict ones only as far as an equation beside them was solved."""
        kinds = "in", "", *STRICT, *(() if self.trial.solved else WEAK)
        sides, seen = self.sides(kinds, lane, digits)
        with numbers.digits(digits):
            tiny = numbers.cancelled(seen.largest, DIGITS)  # where an eigenvalue may be 0
            hair = Decimal(10) ** (-SOLVED // 2) * self.trial.solved
            least = Decimal(10) ** (20 - digits)
            for c, a, b in sides:
                if b is None:
                    held = (a == 1).all()
                elif c.relation == "!=":
                    held = (np.abs(a - b) > hair).any()
                elif eliminates(*c.trees) and (np.abs(a - b) <= tiny).any():
                    held = False
                else:
                    near = (_near(a, b, least) | (np.abs(a - b) <= hair)).astype(bool)
                    held = np.where(near, c.relation in WEAK, compare(c.relation, a, b))
                    held = held.all() and numbers.finite(a - b).all()
                if not held:
                    return True
        return False

    def visible(self, n, relation, lane, a, b):
        """Whether a failure shows with few digits, and stays the same with more."""
        if relation == "in" or self.trial.solved or self.trial.vast or self.chain.jumps(n):
            return False
        largest = max(self.value(k, lane, self.digits)[2] for k in (n, n + 1))
        a, b = np.broadcast_arrays(a, b)
        with numbers.digits(self.digits):
            tiny = numbers.cancelled(largest, self.digits)
            same = (np.abs(a - b) <= tiny).astype(bool)
            unsure = (relation in STRICT and same.any()) or self.judged(relation, a, b, same)
        if unsure or not all(numbers.finite(x).all() for x in (a, b)):
            return False
        more = (self.value(k, lane, self.digits + self.digits // 2)[0] for k in (n, n + 1))
        with numbers.digits(self.digits):
            gaps = (np.abs(x - y) for x, y in zip((a, b), more, strict=True))
            return all((gap <= tiny).astype(bool).all() for gap in gaps)

    def judged(self, relation, a, b, same):
        if relation in ("=", "propto"):
            return same.all()
        if relation == "~":
            return (same | _near(a, b, Decimal(str(ABOUT))).astype(bool)).all()
        if relation == "!=":
            return not same.all()
        less = compare(relation.rstrip("="), a, b)
        return (less & ~same if relation in "<>" else less | same).all()
