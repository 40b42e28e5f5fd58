"""What the values of both sides of a failing step show: one fact that is true in all cases."""

import itertools
from dataclasses import dataclass

import numpy as np

from ..cases.trials import lanes_of
from ..printer import latex_of
from ..syntax import DerivationError, walk

__all__ = ["Fact", "equal", "seen", "vanishes"]

CLOSE, TINY = 1e-9, 1e-6
ENOUGH, MOST = 5, 8  # draws in which a step holds, and fails; parts whose order may decide on it
MANY = 1  # the turn of draws that are many


@dataclass(frozen=True)
class Fact:
    """What is true in all cases, and the kind of slip that it speaks for."""

    text: str
    kind: str = ""
    cost: float = 9.0


def seen(bench, n):
    """What the values of both sides of a step show, the most telling first."""
    left, right = bench.values(n), bench.values(n + 1)
    usable = [_usable(*three) for three in zip(bench.trials, left, right, strict=True)]
    lanes = [(t, lane) for t, good in enumerate(usable) for lane in lanes_of(good)]
    a, b = ([side[t][lane] for t, lane in lanes] for side in (left, right))

    def fits(f):
        images = map(f, a)
        return all(x.shape == y.shape and equal(x, y) for x, y in zip(images, b, strict=True))

    if fits(lambda x: -x):
        text = "the two sides differ in their sign and in nothing else, in every case"
        yield Fact(text, "sign", 0.5)
        return
    if a[0].shape != (1, 1) and fits(np.transpose):
        yield Fact("the right side is the transpose of the left one", "transpose", 0.6)
    if not any(map(np.any, b)):  # says nothing of what is wrong
        return
    if vanishes(a):
        yield Fact("the left side is 0 in every case")
        return
    told = [*_condition(bench, lanes, a, b)]
    yield from told or (_order(bench, n) if any(map(equal, a, b)) else ())
    first = bench.claim.vocabulary.first_along
    yield from _entries(a, b, [*map(first, bench.claim.bound[n].shape)])
    yield from _ratio(lanes, a, b)
    varied = np.ptp([x.flat[0] for x in a]) > TINY
    if varied and (fits(np.exp) or fits(lambda x: np.log(np.where(x > 0, x, np.nan)))):
        yield Fact("one side is the logarithm of the other in every case", "function", 1.2)
    yield from _dependence(bench, left, right)


def _usable(trial, a, b):
    """The cases of a trial in which both sides have a value."""
    return trial.mask & np.isfinite(a).all((-1, -2)) & np.isfinite(b).all((-1, -2))


def vanishes(values):
    """Whether values are 0 up to rounding: whatever has a factor 0 would be."""
    return all(equal(0 * value, value).all() for value in values)


def equal(a, b):
    """Whether all entries agree, relative to the largest; what is not defined never does."""
    size = np.maximum(np.abs(a).max((-1, -2), keepdims=True), 1e-3)
    return np.isfinite(size[..., 0, 0]) & (np.abs(a - b) <= CLOSE * size).all((-1, -2))


def _condition(bench, lanes, a, b):
    """For which indices, labels or sizes it holds, or would with another sign, if that tells all
    cases apart."""
    cases = [bench.trials[t].named(lane, bench.claim.symbols) for t, lane in lanes]
    others = {*bench.claim.vocabulary.sizes} - bench.claim.sizes
    cases = [{name: v for name, v in case.items() if name not in others} for case in cases]
    for factor, told in ((1, "it holds if ${}$, and in no other case"),
                         (-1, "if ${}$, the two sides differ in their sign alone")):  # fmt: skip
        same = [equal(x, factor * y) for x, y in zip(a, b, strict=True)]
        held = [x.flat[0] for x, good in zip(a, same, strict=True) if good]
        every = _conditions(cases, bench.claim.sizes) if 1 < sum(same) < len(same) else ()
        for text, where, kinds in every:
            if where == same:
                # what is 1 or 0 where indices are equal is so for other reasons than a missing case
                yield Fact(told.format(text), *(kinds if np.ptp(held) > TINY else ()))
                return


def _conditions(cases, sizes):
    """(text, in which cases it holds, kind of slip): two names are equal, or one has a value."""
    names, case = sorted(cases[0], key=lambda name: name in sizes), ("case", 2.6)
    indices = [name for name in names if name not in sizes]
    for x, y in itertools.combinations(indices, 2):
        yield from _both(x, y, [c[x] == c[y] for c in cases], case)
    for x in names:
        for value in sorted({c[x] for c in cases}):
            alike = [c[x] == value for c in cases]
            seen_with = {tuple(map(c.get, sizes)) for c in cases if c[x] == value}
            if x in indices:
                yield from _both(x, value, alike, case)
            elif len(sizes) == 1 or len(seen_with) > 1:
                yield f"{x} = {value}", alike, ()
    for x, y in itertools.combinations(names[len(indices) :], 2):
        yield from _both(x, y, [c[x] == c[y] for c in cases], ())


def _both(x, y, alike, kind):
    yield f"{x} = {y}", alike, kind
    yield rf"{x} \neq {y}", [not e for e in alike], kind


def _order(bench, n):
    """For which sign of a number in the step, or order of two, it holds, if that is seen soon."""
    try:
        many = _told_apart(bench, n, [*bench.drawn(MANY)])
    except DerivationError:  # so many cases are too large, and the rest is said without them
        return
    again = _told_apart(bench, n, bench.trials, 1) if many else ()
    yield from [Fact(text, "condition", -0.2) for text in many if text in again][:1]


def _told_apart(bench, n, trials, enough=ENOUGH):
    """What a step holds for, and fails for, if draws enough show both: sentences."""
    a, b = ([bench.value(t, bench.claim.bound[side]) for t in trials] for side in (n, n + 1))
    good = np.concatenate([_usable(*three).ravel() for three in zip(trials, a, b, strict=True)])
    same = np.concatenate([equal(*pair).ravel() for pair in zip(a, b, strict=True)])
    starts = np.cumsum([0, *(t.shape[0] for t in trials)])
    draw = np.concatenate([np.repeat(np.arange(t.shape[0]) + first, t.shape[1])
                           for t, first in zip(trials, starts, strict=False)])  # fmt: skip
    found = []
    for x, y, gap in _gaps(bench, n, trials) if same[good].any() else ():
        above, below = (good & (sign * gap > 0) for sign in (1, -1))  # of a tie nothing is said
        if min(len({*draw[side]}) for side in (above, below)) < enough:
            continue
        for sign, other, held, failed in ((">", "<", above, below), ("<", ">", below, above)):
            if same[held].all() and not same[failed].any():
                found.append(f"it holds if ${x} {sign} {y}$, and fails if ${x} {other} {y}$")
    return found


def _gaps(bench, n, trials):
    """(x, y, x − y in all cases) of the numbers in a step: of each and 0, of two that are named."""
    parts = {*walk(bench.claim.chain.members[n : n + 2])}
    parts = [p for p in parts if p.op in ("name", "num", "add", "sub", "mul", "dot", "div")]
    found = []
    for part in sorted(parts, key=lambda p: (len([*walk(p)]), p.at)):
        if len(found) < MOST and (bound := bench.number(part)):
            values = np.concatenate([bench.value(t, bound).ravel() for t in trials])
            number = not any(p.op == "name" for p in walk(part))
            found.append((number, part.op == "name", latex_of(part), values))
    found.sort(key=lambda one: one[:1])  # numbers stand on the right
    yield from ((x, "0", v) for num, name, x, v in found if name)
    for (_, name, x, v), (num, other, y, w) in itertools.combinations(found, 2):
        if name and (num or other):
            yield x, y, v - w
    yield from ((x, "0", v) for num, name, x, v in found if not num and not name)


def _entries(a, b, first):
    """Whether matrices differ, or agree, in one row or column or on the diagonal only."""
    apart = [~np.isclose(x, y, 0, CLOSE * max(np.abs(x).max(), 1e-3))
             for x, y in zip(a, b, strict=True)]  # fmt: skip
    cases = [(x, y, d) for x, y, d in zip(a, b, apart, strict=True) if d.any()]
    flipped = all(equal(np.where(d, x, 0), np.where(d, -y, 0)) for x, y, d in cases)
    kind = ("sign", 0.7) if flipped else ("case", 2.6)
    more = "; where they differ, they do in their sign alone" * flipped
    for where, inside in _regions([x.shape for x, _, _ in cases], first):
        parts = [(d, inside(*np.indices(d.shape))) for _, _, d in cases]
        if not any((d & ~part).any() for d, part in parts):
            text = f"the two sides differ {where} and nowhere else, in every case"
            yield Fact(text + more, *kind)
        elif all((d != part).all() for d, part in parts):
            yield Fact(f"the two sides agree {where} and nowhere else{more}", *kind)


def _regions(shapes, first):
    """Parts that all matrices of these shapes have: in words, and which entries they are."""
    for axis, name in ((0, "row"), (1, "column")):
        count = min(shape[axis] for shape in shapes)
        for n in range(count if count > 1 else 0):
            yield f"in {name} {first[axis] + n}", lambda *at, axis=axis, n=n: at[axis] == n
    if all(rows == columns > 1 for rows, columns in shapes):
        yield "on the diagonal", np.equal


def _ratio(lanes, a, b):
    """Whether one side is a multiple of the other: by one number, or by one for each draw."""
    draws = {}
    for (t, (draw, _)), x, y in zip(lanes, a, b, strict=True):
        big = np.abs(x) > CLOSE * max(np.abs(x).max(), np.abs(y).max(), TINY)
        if np.any(np.abs(y[~big]) > CLOSE):
            return
        ratios, values = draws.setdefault((t, draw), ([], []))
        ratios += [*(y[big] / x[big])]
        values += [*x.flat]
    found = [np.array(ratios) for ratios, _ in draws.values() if ratios]
    if not found or not all(map(_constant, found)):
        return
    if _constant(np.array([r[0] for r in found])):
        text = "the right side is the left one times the same number in every case"
        yield Fact(text, "factor", 0.9)
    elif any(np.ptp(values) > TINY for _, values in draws.values()):
        text = "the right side is the left one times a quantity that is the same for all"
        yield Fact(f"{text} entries and indices", "factor", 1.7)


def _constant(values):
    return np.ptp(values) <= 10 * CLOSE * np.abs(values).max()


def _dependence(bench, left, right):
    """Whether one side alone depends on a free index."""
    for letter in bench.claim.letters:
        varies = [any(_varies(t, letter, v) for t, v in zip(bench.trials, side, strict=True))
                  for side in (left, right)]  # fmt: skip
        if varies[0] != varies[1]:
            one, other = ("left", "right") if varies[1] else ("right", "left")
            yield Fact(f"the {one} side is the same for every ${letter}$, the {other} side is not")


def _varies(trial, letter, values):
    """Whether a value changes where this index alone does."""
    others = [v.ravel() for a, v in trial.indices.items() if a != letter]
    groups = {}
    for k in range(trial.shape[1]):
        groups.setdefault(tuple(o[k] for o in others), []).append(k)
    return any(not equal(values[:, g[:1]], values[:, g])[trial.mask[:, g]].all()
               for g in groups.values() if trial.mask[:, g].all())  # fmt: skip
