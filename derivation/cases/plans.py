"""The sizes on which a claim is tried: C = 3, m = 2, M = 3, and others."""

import functools
import itertools
import math

import numpy as np

from ..evaluator import dual
from ..evaluator.evaluate import VALUES
from ..evaluator.matrices import ELIMINATION
from ..evaluator.terms import COMPARE, compare
from ..sizes import NUMBER, ONE, Size
from ..syntax import Bound, walk

__all__ = ["SIZE_PLANS", "VAST", "pairs_of", "plans_of", "size_plan"]

WRITTEN, MOST_PLANS = range(6, 22), 6  # sizes that a claim may write; smaller ones are factors
FAR, EVERY = (11, 60), range(1, 131)  # sizes for what is not drawn, and where one alone varies
VAST = (999, 10**6, 10**18, 10**100)  # beyond the first for what only calculates with them
CALCULATES = {"num", "size", "const", "abs", "exp", "log", "add", "sub", "neg", "scale", "div",
              "pow", "root", "sqrt", "tanh"}  # fmt: skip
TELLS = CALCULATES | {"index", "matrix", "max", "min", "test"}
MOST_TOLD, MAX_TOLD, MOST_INDEX = 20, 8000, 8  # sizes that may tell, all together, and indices
CHOOSES = {"among", "between", "index", "matrix", "replace", "stack", "test", "whole"}
MAX_GRID, FEW_FAILING = 1_000_000, 3  # sizes that floats try at once, those that are looked at
SIZE_PLANS, MAX_PLANS = 7, 150
FITTED = 4  # plans that are changed to fit a number


def size_plan(chain, rng):
    """Values of the sizes, each varied on its own; all of them together, if nothing is drawn."""
    sizes = chain.vocabulary.sizes
    varied = {a: list(dict.fromkeys(v)) for a, v in sizes.items() if a in chain.sizes}
    several = [a for a, values in varied.items() if len(values) > 1]
    if not chain.drawn:  # larger ones cost nothing
        more = FAR if len(several) > 1 else EVERY
        varied |= {a: list(dict.fromkeys([*varied[a], *more])) for a in several}
    if not chain.drawn and math.prod(map(len, varied.values())) <= MAX_PLANS:
        rows = itertools.product(*varied.values())
    else:
        rows = zip(*(_turns(values, rng) for values in varied.values()), strict=True)
        rows = rows if varied else [()]
    first = {a: v[0] for a, v in sizes.items()}
    rows = tuple(dict.fromkeys(rows))
    if chain.drawn and len(several) > 1 and chain.has(chain.trees, ELIMINATION):
        rows = _ordered(rows)
    plans = [{**first, **dict(zip(varied, row, strict=True))} for row in rows]
    plans += list(_telling_sizes(chain, {a: varied[a] for a in several}, plans))
    plans += list(_written_sizes(chain, {a: varied[a] for a in several}, plans[0]))
    if not chain.drawn:
        plans += list(_fitting_sizes(chain, several, plans[:FITTED]))
        whole = [b for tree in (*chain.trees, *chain.stated) for b in walk(tree)]
        vast = (1, *VAST[: all(b.shape == NUMBER for b in whole)])  # every size may be 1
        if not chain.letters and all(b.op in CALCULATES | CHOOSES for b in whole):
            vast = (1, *_whole_numbers(chain, range(1, VAST[1])), *VAST)
        if all(b.op in CALCULATES for b in whole):
            plans += list(_failing_sizes(chain, several, plans[0]))
        plans += [plans[0] | dict.fromkeys(some, n) for n in vast for some in (*several, several)]
    return [plan for n, plan in enumerate(plans) if plan not in plans[:n]]


def plans_of(chain, turn=0):
    """The sizes on which a claim is tried in a turn."""
    if turn not in chain.plans:
        chain.plans[turn] = size_plan(chain, np.random.default_rng([chain.seed, 7, turn]))
    return chain.plans[turn]


def _turns(values, rng):
    """The first value, then all in turn, each time in another order."""
    order = values[:1]
    while len(order) < SIZE_PLANS:
        order += [values[n] for n in rng.permutation(len(values))]
    return order[:SIZE_PLANS]


@functools.lru_cache(1000)
def _ordered(rows):
    """Rows of sizes of which some have exchanged one until every two sizes stand in every order, as
    M < m, that is reached so: ranks depend on it."""

    def orders(rows):
        found = [[(a > b) - (a < b) for a, b in itertools.combinations(row, 2)] for row in rows]
        pairs = {pair for signs in found for pair in enumerate(signs)}
        return len(pairs), len({*rows}), len({*map(tuple, found)})

    def exchanged(n, k, at):
        new = [*map(list, rows)]
        new[n][at], new[k][at] = new[k][at], new[n][at]
        return tuple(map(tuple, new))

    pairs = [*itertools.combinations(reversed(range(1, len(rows))), 2)]
    for (n, k), at in itertools.product(pairs, range(len(rows[0]))):
        rows = max(rows, exchanged(n, k, at), key=orders)
    return rows


def _telling_sizes(chain, several, plans):
    """Sizes at which what compares sizes alone, and indices, turns out in another way than in all
    plans; such as the vocabulary names if there are any, and smaller ones first."""
    pairs = [(c.a, c.relation, c.b) for c in chain.conditions]
    pairs += [pair for b in chain.needed((*chain.trees, *chain.stated)) for pair in pairs_of(b)]
    pairs += zip(chain.bound, chain.chain.relations, chain.bound[1:], strict=False)
    pairs = [pair for pair in pairs if pair[1] in COMPARE and None not in pair
             and _tells(pair[0], pair[2])]  # fmt: skip
    if not pairs or not several:
        return
    most = range(1, min(MOST_TOLD, round(MAX_TOLD ** (1 / len(several)))) + 1)
    rows = itertools.product(*([*dict.fromkeys([*v, *most])] for v in several.values()))
    every = [plans[0] | dict(zip(several, row, strict=True)) for row in rows]
    every.sort(key=lambda plan: (sum(plan[a] not in v for a, v in several.items()),
                                 sum(plan.values())))  # fmt: skip
    every = [*plans, *every]
    sizes = {a: np.array([plan[a] for plan in every]) for a in plans[0]}
    told = [way for pair in dict.fromkeys(pairs) for way in _ways(chain, pair, sizes)]
    _, first = np.unique(np.transpose(told), axis=0, return_index=True)
    yield from (every[n] for n in sorted(first[first >= len(plans)])[:SIZE_PLANS])


def _tells(*sides):
    """Whether sizes alone, and at most two indices, are compared."""
    ops, letters = {part.op for part in walk(sides)}, sides[0].letters | sides[1].letters
    return "size" in ops and ops <= TELLS and len(letters) < 3


def _ways(chain, pair, sizes):
    """For all sizes whether a relation holds for some values of its indices, and whether for all
    of them: arrays."""
    a, relation, b = pair
    letters, some, every = sorted(a.letters | b.letters), False, True
    for row in itertools.product(range(MOST_INDEX + 1), repeat=len(letters)):
        values = sizes | {letter: np.array([n]) for letter, n in zip(letters, row, strict=True)}
        true = compare(relation, *(_calculated(t, values) for t in (a, b))).any((1, 2, 3))
        inside = np.True_
        for letter in letters:
            known = letter in chain.vocabulary.indices
            low, high = chain.vocabulary.range(letter) if known else (ONE, Size.of(MOST_INDEX))
            low, high, n = low.value(sizes), high.value(sizes), values[letter]
            inside = inside & (low <= n) & (n <= high)
        some, every = some | inside & true, every & (true | ~inside)
    return [np.broadcast_to(way, len(next(iter(sizes.values())))) for way in (some, every)]


def pairs_of(tree):
    """What an operation itself compares."""
    zero = Bound("num", ("0",))
    match tree.op, tree.args:
        case "test", (a, relation, b):
            return [(a, relation, b)]
        case "among" | "between", (a, *others):
            ends = (b for b in others if isinstance(b, Bound) and b.op != "infinite")
            return [(a, "<", b) for b in ends]
        case "rank", (a,):
            return [(a, "=", Bound("zeros", (), a.shape))]
        case ("abs", (a,)) | ("sqrt", (Bound("pow", (a, _)),)) | ("pow", (Bound("pow", (a, _)), _)):
            return [(a, "<", zero)]
        case "max" | "min", (Bound("matrix", (_, *rows)),):
            cells = [row.args[-1] if row.op == "matrix" else row for row in rows]
            return [(a, "<", b) for a, b in itertools.pairwise(cells)]
    return []


def _written_sizes(chain, several, first):
    """Sizes at which a claim may be special: whole numbers that it writes, and one more.

    Sizes that are no smaller in the first plan rise, too: rows may have to be as many as columns.
    """
    for n in _whole_numbers(chain, WRITTEN):
        for letter, values in several.items():
            if n > min(values) and n not in values:
                more, least = max(n - first[letter], 0), first[letter]
                yield {a: v + more if v >= least and len(chain.vocabulary.sizes[a]) > 1 else v
                       for a, v in first.items()} | {letter: n}  # fmt: skip


def _fitting_sizes(chain, several, plans):
    """Sizes of which one makes a sum, a difference or a product with others a number that the
    claim writes."""
    numbers_ = _whole_numbers(chain, range(VAST[1]))
    for n, plan, letter in itertools.product(numbers_, plans, several):
        others = [v for a, v in plan.items() if a in chain.sizes and a != letter]
        for k in {math.prod(s) for r in (1, 2, 3) for s in itertools.combinations(others, r)}:
            fits = n - k, n + k, n // k if n % k == 0 else 0
            yield from ({**plan, letter: fit} for fit in fits if fit > 0)
    for n, (a, b) in itertools.product(numbers_, itertools.permutations(several, 2)):
        divisors = (k for k in range(2, min(n + 1, FAR[-1])) if n % k == 0)
        yield from ({**plans[0], a: k, b: n // k} for k in divisors)


def _failing_sizes(chain, letters, plan):
    """The smallest sizes at which floats see a relation between sizes alone fail, among all up to
    a thousand of two letters, to a hundred of three."""
    most = round(MAX_GRID ** (1 / max(len(letters), 1)))
    starts = [min(chain.vocabulary.sizes[a]) for a in letters]
    grid = np.meshgrid(*[np.arange(n, n + most, dtype=float) for n in starts])
    order = np.argsort(sum(grid, np.zeros(1)), axis=None, kind="stable")
    rows = {a: g.ravel()[order].reshape(-1, 1, 1, 1) for a, g in zip(letters, grid, strict=True)}
    claims = zip(chain.chain.relations, chain.bound, chain.bound[1:], strict=False)
    for relation, *pair in claims:
        if relation not in COMPARE or None in pair:
            continue
        with np.errstate(all="ignore"):
            a, b = np.broadcast_arrays(*(_calculated(tree, plan | rows) for tree in pair))
        near = np.abs(a - b) <= 1e-9 * np.maximum(np.abs(a), np.abs(b))
        holds = near if relation in ("=", "<=", ">=") else np.zeros(near.shape, bool)
        bad = ~(holds | ~near & compare(relation, a, b)) & np.isfinite(a) & np.isfinite(b)
        for n in np.flatnonzero(bad)[:FEW_FAILING]:
            yield plan | {a: int(values.flat[n]) for a, values in rows.items()}


def _calculated(tree, sizes):
    """The value of what only calculates with sizes, for arrays of these."""
    match tree.op:
        case "num":
            return np.full((1, 1, 1, 1), float(tree.args[0]))
        case "size":
            return np.asarray(tree.args[0].value(sizes), float).reshape(-1, 1, 1, 1)
        case "const":
            return np.full((1, 1, 1, 1), np.pi if tree.args[0] == r"\pi" else np.e)
        case "index":
            return sizes[tree.args[0]].astype(float).reshape(-1, 1, 1, 1)
        case "test":
            a, b = (_calculated(tree.args[n], sizes) for n in (0, 2))
            return compare(tree.args[1], a, b).astype(float)
        case "matrix":
            return dual.joined([_calculated(part, sizes) for part in tree.args[1:]], tree.args[0])
    return VALUES[tree.op].value(*(_calculated(part, sizes) for part in tree.args))


def _whole_numbers(chain, some):
    """The largest of those that a claim writes, and one more than each, that are among some."""
    texts = {b.args[0] for t in (*chain.trees, *chain.stated) for b in walk(t) if b.op == "num"}
    found = {int(t) + more for t in texts if t.isdecimal() and len(t) < 7 for more in (0, 1)}
    return sorted(n for n in found if n in some)[-MOST_PLANS:]
