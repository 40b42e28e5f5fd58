"""Cases that no draw comes to: at the numbers that a claim writes, where its indicators jump, of
short numbers and special forms, and such as meet its premises while it does not hold."""

import contextlib
from copy import copy
from decimal import Decimal

import numpy as np

from ..cases.draws import FORMS, LINE, NEAR, Case, specialise
from ..cases.pool import formed
from ..cases.solve import (
    DIGITS,
    EARLY,
    Search,
    Unknowns,
    equations_of,
    movable,
    moved,
    slope,
    smooth,
    solved,
)
from ..cases.trials import (
    SCALES,
    Condition,
    Trial,
    drawn_in,
    first_plan,
    index_grid,
    indexed,
    trial_of,
)
from ..evaluator import numbers
from ..evaluator.dual import real
from ..evaluator.evaluate import Scope
from ..evaluator.matrices import ELIMINATION
from ..evaluator.terms import compare
from ..reader.words import OPPOSITE
from ..sizes import NUMBER, ONE
from ..syntax import Bound, DerivationError, walk
from .attack import uphill
from .chain import COMPARE, MOST_JUMPS, compared
from .endless import endless
from .judge import MORE_DIGITS, STRICT, WEAK, written

__all__ = ["far_apart", "special_trials", "touching_trials", "unseen"]

MAX_CENTRES, CENTRE_DIGITS, FARTHEST = 24, 40, 250
CONSTANT = ("num", "const", "add", "sub", "neg", "scale", "div", "pow", "root", "exp", "log",
            "sqrt")  # fmt: skip
FEW = 3  # cases that are told apart in decimals
SHORT, MOVED = 24, 10  # draws of short numbers, and how many of them are moved
JUMPS, BESIDE = 6, (1e-15, 1e-6)  # draws at a jump, how near to one
STARTS, FEW_UNKNOWNS = 16, (12, 4)  # for places without a slope, and what may move there
FAR_AWAY = "what an indicator, bars or a maximum tell apart was not seen: it is far away"
WIDE = 15, 20, 62, 100  # powers of ten too far apart: at a jump, by a premise, else, of sizes
LOST = 40  # and those of products that nothing notes
TOO_FINE = "it compares numbers 10^{} times apart, and no case shows so fine a difference"
APART = "0.01"  # the square of how far apart the sides of a conclusion shall be


def special_trials(chain):
    """One trial after another, of the kinds for which a claim has what they need."""
    first = first_plan(chain)
    if not chain.drawn or not indexed(chain, first):
        return
    yield _near_centres(chain, first)
    chain.at_jumps = [*_at_jumps(chain, first)]
    yield from chain.at_jumps
    yield from _at_zeros(chain, first)
    if chain.has(chain.trees, ELIMINATION):
        yield _of_forms(chain, first)
    jumping = any(b.op == "test" for b in walk(tuple(chain.stated)))  # rounding decides at ties
    if equations_of(chain) and not jumping:
        least = {a: min(v) if a in chain.sizes else first[a]
                 for a, v in chain.vocabulary.sizes.items()}  # fmt: skip
        for plan in [first, *[least] * (least != first)]:
            if indexed(chain, plan):
                yield from _of_short_numbers(chain, plan)


# at the numbers that are written


def _near_centres(chain, plan):
    """Draws at and near the numbers that the claim writes, where it may be special."""
    rng = np.random.default_rng([chain.seed, 5])
    centres = _centres(chain)
    scales = np.tile(NEAR, 2 * len(centres))
    case = Case(chain.vocabulary, plan, len(scales), rng, scales, centres)
    trial = Trial(case, index_grid(case, chain.letters, rng), chain.definitions, plan=1)
    with numbers.digits(CENTRE_DIGITS):
        trial.restrict([c for c in chain.conditions if c.drawn], exact=True)
    trial.restrict([c for c in chain.conditions if not c.drawn])
    return trial


def _centres(chain):
    """The numbers that a claim and its conditions write, also as sums, powers and the like of
    others, with their opposites and reciprocals; the largest and smallest ones last."""
    case = Case(chain.vocabulary, {}, 1, None, np.ones(1))
    found, todo = {Decimal(0), Decimal(1)}, [*chain.trees, *chain.stated]
    with numbers.digits(CENTRE_DIGITS), contextlib.suppress(DerivationError):
        while todo:
            tree = todo.pop()
            if all(b.op in CONSTANT for b in walk(tree)) and tree.shape == (ONE, ONE):
                value = real(Scope(case, {}, exact=True).value(tree)).flat[0]
                if value.is_finite() and value and abs(value.adjusted()) < FARTHEST:
                    found |= {value, 1 / value}
            todo += [b for b in tree.args if isinstance(b, Bound)]
    every = {sign * value for value in found for sign in (1, -1)}
    return tuple(sorted(every, key=lambda v: abs(v.adjusted()) if v else 0)[:MAX_CENTRES])


# where an indicator jumps


def _at_jumps(chain, plan):
    """Draws at which what an indicator compares is equal, of two comparisons also both at once,
    and some just beside them."""
    trees = (*chain.trees, *chain.stated)
    some = [b.args[0] for b in walk(trees) if b.op == "whole"]
    pairs = [*_distinct(compared(trees)), *((a, Bound("num", (n,))) for a in some for n in "12")]
    found = [Condition("=", *pair, chain.latex) for pair in pairs]
    found = [c for c in found if movable(chain, [c])][:MOST_JUMPS]
    for n, jumps in enumerate([*([jump] for jump in found), *[found] * (len(found) == 2)]):
        rng = np.random.default_rng([chain.seed, 19, n])
        trial = trial_of(chain, plan, JUMPS, rng, SCALES, number=2)
        with contextlib.suppress(DerivationError, LookupError):
            new = moved(trial, chain, [*jumps, *equations_of(chain)], np.arange(JUMPS))
            if new is not None and new.mask.any():
                yield new
                yield _beside(new, chain, movable(chain, jumps), rng)


def _distinct(comparisons):
    """What is compared, each pair once, whatever the relation."""
    return {(a, b.args if b.op == "num" else b): (a, b) for a, _, b in comparisons}.values()


def _of_forms(chain, plan):
    """Special forms of all that is drawn, where a matrix may lose its rank."""
    trial = formed(chain, plan, np.random.default_rng([chain.seed, 43]))
    trial.case.scales = np.zeros_like(trial.case.scales)  # nothing is left to chance
    return trial


def _at_zeros(chain, plan):
    """Draws at which a side is 0 that shall be proportional to another."""
    for n, step in enumerate(chain.steps):
        for tree in chain.bound[n : n + 2] if step.relation == "propto" and not step.reason else ():
            zero = Condition("=", tree, Bound("zeros", (), tree.shape), chain.latex)
            rng = np.random.default_rng([chain.seed, 41, n])
            trial = trial_of(chain, plan, JUMPS, rng, SCALES, number=2)
            with contextlib.suppress(DerivationError):
                found = moved(trial, chain, [zero, *equations_of(chain)], np.arange(JUMPS))
                yield from [found] * (found is not None)


def unseen(chain, n):
    """What to say where an indicator, or a kink, of a step tells no two of the cases apart that are
    drawn, but would tell others."""
    plan = first_plan(chain)
    told = [
        (a, relation, b)
        for a, relation, b in compared(tuple(chain.bound[n : n + 2]))
        if relation in OPPOSITE and movable(chain, [Condition(relation, a, b, "")])
    ]
    pairs = _distinct(told)
    equal = len(pairs) == 2 and {relation for _, relation, _ in told} <= {"=", "!="}
    if (equal or len(pairs) == 1) and _met(chain, pairs):
        return ""
    for a, relation, b in told[:MOST_JUMPS]:
        trial = trial_of(chain, plan, SHORT, np.random.default_rng([chain.seed, 37, n]), SCALES)
        trial = solved(trial, chain) or trial  # where premises hold
        sides = [trial.values(t, chain.latex) for t in (a, b)]
        good = trial.mask & np.isfinite(sides).all((0, -1, -2))
        true = compare(relation, *sides).all((-1, -2)) & good
        most = 2 * true.sum() >= good.sum()
        rare = np.argwhere(good & (true != most))[:FEW]
        if good.any() and not any(_told(trial, lane, a, relation, b) != most for lane in rare):
            one = copy(chain)
            one.bound, one.jumping = [a, b], {}
            sign = relation if most else OPPOSITE[relation]
            if sign != "=" and (endless(one, 0, sign) or uphill(one, 0, sign)):
                return FAR_AWAY
    return ""


def far_apart(chain, n, relation):
    """What to say where a step compares what is drawn, and writes numbers so far from each other
    that cases of moderate ones cannot show what lies between; or where products of constants are
    so tiny that they are lost."""
    trees = (*chain.bound[n : n + 2], *chain.stated)
    kinks = any(movable(chain, [Condition("=", a, b, "")]) for a, _, b in compared(trees))
    jumps = kinks and (relation == "=" or any(b.op in COMPARE for b in walk(trees)))
    if relation in (*STRICT, *WEAK, "in") or jumps:
        at_edge = kinks or any(c.drawn for c in chain.conditions)
        most = WIDE[0 if jumps else 1 if at_edge else 2 if chain.drawn else 3]
        wide = max(_spread(chain, trees), written(chain.latex))
        return TOO_FINE.format(wide) if wide >= most else ""
    if chain.drawn:
        return ""
    wide = _spread(chain, trees)
    return TOO_FINE.format(wide) if wide - _spread(chain, trees, products=False) > LOST else ""


def _spread(chain, trees, products=True):
    """How many powers of ten the sizes in some trees are apart in a case of moderate numbers, those
    of products, too."""
    trial = trial_of(chain, first_plan(chain), FEW, np.random.default_rng(chain.seed), (1.0,))
    scope, switch = trial.exact([(n, 0) for n in range(FEW)], chain.latex), numbers.switched
    with numbers.digits(DIGITS), numbers.extremes(FEW) as seen, switch(products=products):
        for tree in trees:
            scope.value(tree)
    return min(seen.most) % numbers.BEYOND


def _met(chain, pairs):
    """Whether a draw of `_at_jumps` has both sides of each pair equal: with what is beside it all
    was seen."""
    return any(
        (trial.mask & np.all([_equal(trial, *pair) for pair in pairs], axis=0)).any()
        for trial in chain.at_jumps
    )


def _equal(trial, a, b):
    return compare("=", trial.values(a), trial.values(b)).all((-1, -2))


def _told(trial, lane, a, relation, b):
    """Whether a relation holds in a case, by decimals."""
    scope = trial.exact([tuple(lane)])
    with numbers.digits(MORE_DIGITS):
        return compare(relation, *(real(scope.value(t)) for t in (a, b))).all()


def _beside(trial, chain, symbols, rng):
    """Draws just beside those of a trial."""
    draws = np.tile(np.flatnonzero(trial.mask.any(1)), 2 * len(BESIDE))
    unknowns = Unknowns(trial.case.chosen(draws), symbols)
    rows = unknowns.rows()
    far = np.repeat(BESIDE, len(draws) // len(BESIDE))[:, None]
    rows = rows + far * np.maximum(1.0, np.abs(rows)) * rng.standard_normal(rows.shape)
    case = unknowns.at(rows, np.arange(len(draws)))
    case.scales = np.zeros(len(draws))  # nothing is left to chance
    new = Trial(case, trial.indices, chain.definitions, plan=2)
    new.restrict(chain.conditions)
    return new


# where the sides of a strict inequality may touch


def touching_trials(chain):
    """Draws at which the difference of two sides that shall not meet has no slope; and for each
    inequality such where it has one along that of the only premise, be it at its edge."""
    plan = first_plan(chain)
    if not chain.drawn or not indexed(chain, plan):
        return
    premises = [[*equations_of(chain)]]
    premises += [[*premises[0], Condition("=", *c.trees, c.latex)] for c in chain.conditions
                 if c.drawn and c.relation in WEAK]  # fmt: skip
    for n, step in enumerate(chain.steps):
        pair = chain.bound[n : n + 2]
        if step.reason or step.relation not in (*STRICT, *WEAK) or pair[0].shape != NUMBER:
            continue
        for some in premises:
            if len(some) < 2 and all(c.a.shape == NUMBER for c in some):
                conditions = [Condition("=", *pair, chain.latex), *some]
                found = _touched(chain, plan, conditions, step.relation)
                yield from [found] * (found is not None)


def _touched(chain, plan, conditions, relation):
    """Draws at which the slope of the first of one or two conditions is 0, or along the other's;
    of a strict relation both sides meet at first, of a weak one floats must see it fail."""
    weak = relation in WEAK
    free = smooth(chain, conditions)
    slopes = [slope(c, free) for c in conditions]
    pair = (*slopes, Bound("num", ("0",)))
    if len(slopes) > 1:  # each is a multiple of the other
        turned = [Bound("transpose", (t,)) for t in slopes[::-1]]
        pair = [Bound("matmul", sides) for sides in zip(slopes, turned, strict=True)]
    system = [Condition("=", *pair, chain.latex), *conditions[1:]]
    rng = np.random.default_rng([chain.seed, 31])
    trial = trial_of(chain, plan, STARTS, rng, NEAR[1:], given=())
    near, search = (Search(trial, chain, equations, np.arange(STARTS), symbols=free)
                    for equations in (conditions[weak:], system))  # fmt: skip
    with contextlib.suppress(DerivationError):  # of some functions there is no derivative
        if 0 < search.unknowns.size <= FEW_UNKNOWNS[weak and len(conditions) > 1]:
            if near.equations:
                near.newton(EARLY)
            search.rows = near.rows
            if not weak:
                return search.found(DIGITS, EARLY)
            search.newton(EARLY)
            near.equations = conditions[:1]
            left, right = near.sides(search.rows, np.arange(STARTS))
            wrong = np.flatnonzero(compare(OPPOSITE[relation], left, right).any(1))
            return search.polished(wrong, DIGITS) if wrong.size else None
    return None


# where premises hold that are equations


def _of_short_numbers(chain, plan):
    """Short numbers and special forms, some of them moved until the premises hold; where all these
    are trivial, such that meet the premises while the sides of a conclusion are apart."""
    rng = np.random.default_rng([chain.seed, 17])
    case = Case(chain.vocabulary, plan, SHORT, rng, np.ones(SHORT))
    for symbol, values in drawn_in(case, chain):
        if symbol.draw in LINE:
            values[:] = np.round(values, 1)
            if symbol.draw == "positive":
                values[:] = np.maximum(values, 0.1)
            specialise(values, symbol.draw, rng.integers(0, FORMS + 2, SHORT))
    case.scales = np.zeros(SHORT)  # nothing is left to chance
    trial = Trial(case, index_grid(case, chain.letters, rng), chain.definitions, plan=2)
    found = moved(trial, chain, equations_of(chain), np.arange(MOVED))
    if found is not None:
        yield found
    trial.restrict(chain.conditions)
    yield trial
    for n, step in enumerate(chain.steps):
        if chain.vanishing and step.relation == "=" and not step.reason:
            yield from _apart(trial, chain, n)


def _apart(trial, chain, n):
    """Draws moved until the premises hold and both sides of a step differ: all that is drawn from
    the line, or one symbol alone while the others keep their forms."""
    a, b = chain.bound[n : n + 2]
    gap = Bound("sub", (a, b), a.shape)
    square = Bound("total", (Bound("odot", (gap, gap), a.shape),))
    system = [*equations_of(chain), Condition("=", square, Bound("num", (APART,)), chain.latex)]
    symbols = movable(chain, system)
    for some in (symbols, *([s] for s in symbols[1:] and symbols)):
        search = Search(trial, chain, system, np.arange(MOVED), symbols=some)
        found = search.found(DIGITS, EARLY) if search.able else None
        if found is not None:
            yield found
