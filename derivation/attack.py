"""Where an inequality is nearest to failing: uphill from drawn cases."""

import numpy as np

from . import numbers
from .cases import MAX_TOGETHER, Condition, Trial, lanes_of, size_plan, trial_of
from .draws import leading
from .evaluate import MAX_WORK
from .judge import Exact
from .sizes import ONE
from .solve import FAR, Search, Unknowns, equations_of, moved
from .syntax import Bound

__all__ = ["uphill"]

POOL, KEPT, ROUNDS, CLIMBS = 36, 9, 5, 2  # cases at once, the best, generations, climbs
MOST, FOLLOWED = 2000, 2  # digits to which a failure is followed, and how often
LIGHT = 60_000  # the work of the cases of one trial, at most, for searches far away
FEWEST, MUCH = 4, 1_000_000  # generations at least, and the work after which a climb ends
SPREADS = (1.0, 0.3, 0.1, 0.03, 3.0)  # how far a change goes
SCALES, SCALES_APART = (1.0, 0.1, 3.0, 0.5, 8.0), (0.01, 0.1, 1.0, 10.0, 100.0)
MAX_UNKNOWNS, STEPS, LENGTHS, STEP, ENOUGH = 40, 15, 18, 1e-7, 1e-4  # straight uphill
ORDERS = ("<", "<=", ">", ">=")
FEW_STEPS = 4  # from where the generation before has come to
FEW_UNKNOWNS, TENTH, EDGE = 9, 0.06, "0.99"  # of what a condition allows
TRIED, SHARP = 8, 330  # draws that are moved to where both sides are equal, with so many digits


def uphill(chain, n, relation):
    """A case in which a step fails, as (trial, lane), or None if none was found.

    Cases of all sizes are tried, ties and extremes among them; from the sizes in which they are
    nearest to failing a climb begins. That a number belongs to an interval is two inequalities.
    """
    pair = chain.bound[n : n + 2]
    pairs = [(relation, pair)]
    if relation == "in":
        if pair[1].op != "between":
            return None
        a, low, high, opening, closing = pair[1].args
        pairs = [(opening, (a, low)), (closing, (a, high))]
    for sign, trees in pairs:
        if all(t.op != "infinite" for t in trees):
            found = _Climb(chain, n, relation, sign, trees).found()
            if found is not None:
                return found
    return None


class _Climb:
    """Generations of cases, each from the best of the one before."""

    def __init__(self, chain, n, relation, sign, trees):
        self.chain, self.n, self.relation, self.sign, self.trees = chain, n, relation, sign, trees
        self.rng, self.followed = np.random.default_rng([chain.seed, 11, n]), 0

    def found(self):
        starts, sizes = [], self.chain.vocabulary.sizes
        plans = size_plan(self.chain, np.random.default_rng([self.chain.seed, 7, 0]))
        least = {a: min(v) if a in self.chain.sizes else plans[0][a] for a, v in sizes.items()}
        for plan in [least, *(p for p in plans if p != least)]:
            trial = _started(self.chain, plan, self.rng)
            margin = self.margins(trial)
            found = self.refuted(trial, margin)
            if found is not None:
                return found
            starts.append((float(margin.min()), trial, margin))
        first, *others = starts  # of the least sizes, where most bounds are met
        for _, trial, margin in [first, *sorted(others, key=lambda start: start[0])[:CLIMBS]]:
            found = self.climbed(trial, margin)
            if found is not None:
                return found
        touched = self.equal(first[1]) if self.sign in ("!=", "<", ">") else None
        return touched if touched or self.sign == "!=" else self.beyond(first[1])

    def beyond(self, trial):
        """A case in which one side is a tenth past the other, be it far away."""
        a, b = self.trees
        if a.shape != (ONE, ONE) or MAX_WORK - trial.scope.budget[0] > LIGHT:
            return None
        tenth = Bound("scale", (Bound("num", ("0.1",)), Bound("abs", (b,))))
        past = Bound("add" if self.sign in ("<", "<=") else "sub", (b, tenth))
        search = Search(trial, self.chain, [Condition("=", a, past, self.chain.latex)],
                        np.arange(5), FAR)  # fmt: skip
        if not 0 < search.unknowns.size <= FEW_UNKNOWNS:
            return None
        search.newton(STEPS)
        tried = self.trial_at(trial, search.unknowns, search.rows, np.arange(len(search.rows)))
        margin, self.followed = self.margins(tried), 0
        return self.refuted(tried, np.where(margin < -TENTH, np.inf, margin))

    def climbed(self, trial, margin):
        """Generations of changed cases; from the best of the last one straight uphill."""
        trial, work = self.at_the_edge(trial), 0
        margin = self.margins(trial)
        for turn in range(ROUNDS):
            best = np.argsort(margin.min(1), kind="stable")[:KEPT]
            if not np.isfinite(margin[best[0]].min()) or (work > MUCH and turn > FEWEST):
                return None
            trial = _fresh(self.chain, trial, _children(trial.case, best, self.chain, self.rng))
            trial = self.at_the_edge(trial, FEW_STEPS) if turn % 2 == 0 else trial
            margin = self.margins(trial)
            work += MAX_WORK - trial.scope.budget[0]
            found = self.refuted(trial, margin)
            if found is not None:
                return found
        return None if work > MUCH else self.straight(trial, margin)

    def at_the_edge(self, trial, steps=STEPS):
        """The same, half of the cases moved until what bounds them is all but reached."""
        half = np.arange(POOL // 2, POOL)
        bounds = [edge for c in self.chain.conditions if c.drawn for edge in _edges(c)]
        if self.chain.definitions.left < MAX_TOGETHER * 0.9:  # the rest is for all else
            return trial
        for c in bounds:
            search = Search(trial, self.chain, [c], half, numbers_only=True)
            if not search.able:
                search = Search(trial, self.chain, [c], half)
            if search.able:
                search.newton(steps)
                moved_ = search.unknowns.at(search.rows, np.arange(len(half)))
                for s in search.unknowns.symbols:
                    trial.case.drawn[s.latex][half] = moved_.drawn[s.latex]
        return _fresh(self.chain, trial) if bounds else trial

    def straight(self, trial, margin):
        """Along the gradient of the margin of one case, a step of the best length at a time."""
        draw, lane = np.unravel_index(np.argmin(margin), margin.shape)
        drawn = [s for s in self.chain.symbols if not s.definition]
        unknowns = Unknowns(trial.case.chosen([draw]), drawn)
        row, least = unknowns.rows(), margin[draw, lane]
        if not 0 < unknowns.size <= MAX_UNKNOWNS:
            return None
        before = along = np.zeros(unknowns.size)
        for _ in range(STEPS):
            steps = STEP * np.maximum(1.0, np.abs(row)) * np.eye(unknowns.size)
            tried = self.trial_at(trial, unknowns, row + steps)
            slope = (self.margins(tried)[:, lane] - least) / steps.diagonal()
            slope = np.where(np.isfinite(slope), slope, 0.0)
            if not slope.any():
                return None
            turned = max(0.0, slope @ (slope - before) / (before @ before)) if before.any() else 0
            before, along = slope, turned * along - slope  # conjugate to the step before
            along = along if along @ slope < 0 else -slope
            lengths = np.geomspace(1e-4, 10.0, LENGTHS)[:, None] / np.linalg.norm(along)
            tried = self.trial_at(trial, unknowns, row + lengths * np.linalg.norm(row) * along)
            margin = self.margins(tried)
            found = self.refuted(tried, margin)
            if found is not None:
                return found
            best = np.argmin(margin[:, lane])
            if not margin[best, lane] < least - ENOUGH * abs(least):
                return None
            least, row = margin[best, lane], row + lengths[best] * np.linalg.norm(row) * along
        return None

    def trial_at(self, trial, unknowns, rows, draws=0):
        """A trial with one case for each row of unknowns, each a change of a draw."""
        case = unknowns.at(rows, np.broadcast_to(draws, len(rows)))
        new = Trial(case, trial.indices, self.chain.definitions)
        new.restrict(self.chain.conditions)
        return new

    def margins(self, trial):
        """How far each case is from failing, relative to its sides; endless where none is."""
        a, b = np.broadcast_arrays(*(trial.values(t, self.chain.latex) for t in self.trees))
        size = np.abs(a) + np.abs(b)
        gap = {"<": b - a, "<=": b - a, ">": a - b, ">=": a - b, "!=": np.abs(a - b)}[self.sign]
        neither = np.inf if "=" in self.sign and self.sign != "!=" else 0.0  # where both are 0
        margin = np.where(size > 0, gap / np.where(size > 0, size, 1.0), neither)
        margin = margin.max((-1, -2)) if self.sign == "!=" else margin.min((-1, -2))
        good = np.isfinite(a).all((-1, -2)) & np.isfinite(b).all((-1, -2)) & trial.mask
        return np.where(good, margin, np.inf)

    def refuted(self, trial, margin):
        """The worst case, if decimals agree that it fails."""
        limit = 1e-13 if self.sign in ("<", ">", "!=") else -1e-13
        lane = np.unravel_index(np.argmin(margin), margin.shape)
        if margin[lane] > limit:
            return None
        lane = tuple(map(int, lane))
        digits = 400
        if margin[lane] < -1e-6 and self.followed < FOLLOWED:  # floats see the failure
            digits, self.followed = MOST, self.followed + 1
        verdict = Exact(self.chain, trial).verdict(self.n, self.relation, lane, digits)
        return (trial, lane) if verdict is False else None

    def equal(self, trial):
        """A case in which both sides are equal, if one can be reached."""
        equations = [Condition("=", *self.trees, self.chain.latex), *equations_of(self.chain)]
        new = moved(trial, self.chain, equations, np.arange(TRIED), SHARP)
        if new is None:
            return None
        for c in self.chain.conditions:
            if c not in equations:
                new.mask &= c.clear(new)
        for lane in lanes_of(new.mask):
            exact = Exact(self.chain, new)
            sides = [exact.value(n, lane, 400)[0] for n in (self.n, self.n + 1)]
            if not all(numbers.finite(side).all() for side in sides):
                continue  # at ties a side may mean nothing
            if exact.verdict(self.n, self.relation, lane, 400) is False:
                return new, lane
        return None


def _edges(condition):
    """Equations that hold where a condition all but reaches what bounds it."""
    pairs = [(condition.a, condition.b)] if condition.relation in ORDERS else []
    if condition.relation == "in" and condition.a.op == "between":
        inner, low, high = condition.a.args[:3]
        pairs = [(inner, end) for end in (low, high) if end.op != "infinite"]
    for a, b in pairs:
        edge = Bound("scale", (Bound("num", (EDGE,)), b), b.shape)
        yield Condition("=", a, edge, condition.latex)


def _started(chain, plan, rng):
    """Drawn cases, some of them with ties and extremes."""
    trial = trial_of(chain, plan, POOL, rng, SCALES)
    for symbol in chain.symbols:  # what the members draw is drawn before it is changed
        if not symbol.definition:
            trial.case.draw(symbol, chain.vocabulary.letters_of(symbol))
    _extremes(trial.case, chain, rng)
    _apart(trial.case, chain, rng)
    return _fresh(chain, trial)


def _apart(case, chain, rng):
    """In a third of the cases every symbol has a scale of its own."""
    for symbol in chain.symbols:
        values = case.drawn.get(symbol.latex)
        if values is not None and symbol.draw in ("real", "design", "positive"):
            some = values[-(POOL // 3) :]
            some *= rng.choice(SCALES_APART, (len(some), *[1] * (values.ndim - 1)))
            if symbol.draw == "design":
                values[leading(values)] = 1.0


def _fresh(chain, trial, drawn=None, draws=None):
    """The same trial evaluated anew, for draws that were changed or chosen."""
    case = trial.case.chosen(np.arange(trial.case.count) if draws is None else draws)
    case.drawn = case.drawn if drawn is None else drawn
    new = Trial(case, trial.indices, chain.definitions)
    new.restrict(chain.conditions)
    return new


def _extremes(case, chain, rng):
    """Zeros, ones, equal entries, two values, diagonals: in the first cases of every symbol, in
    others of each symbol by chance."""
    for symbol in chain.symbols:
        if symbol.latex not in case.drawn or symbol.draw not in ("real", "design", "positive"):
            continue
        values = case.drawn[symbol.latex]
        own = values.reshape(len(values), -1)
        forms = [
            np.zeros_like(values) if symbol.draw != "positive" else values.copy(),
            np.ones_like(values),
            np.broadcast_to(own[:, :1], own.shape).reshape(values.shape),
            np.array([np.resize(row[:2], values.shape[1:]) for row in own]),
            np.broadcast_to(np.eye(*values.shape[-2:]), values.shape),
            np.broadcast_to(values[..., :1, :], values.shape).copy(),  # all rows the same
        ]
        kinds = np.array([*range(len(forms)), *rng.integers(0, 2 * len(forms), POOL // 2)])
        for k, form in enumerate(forms):
            at = np.flatnonzero(kinds == k)
            values[at] = form[at]
        if symbol.draw == "design":
            values[leading(values)] = 1.0


def _children(case, best, chain, rng):
    """The best cases, and changed copies of them."""
    drawn = {}
    kinds = {s.latex: s.draw for s in chain.symbols}
    changed = [name for name in case.drawn if name in kinds]
    for name, values in case.drawn.items():
        parents = np.concatenate([best, rng.choice(best, POOL - len(best))])  # each has several
        new = values[parents].copy()
        shape = (POOL, *[1] * (new.ndim - 1))
        spread = rng.choice(SPREADS, shape)
        moved = (np.arange(POOL) >= len(best)).reshape(shape)
        moved = moved & (rng.random(shape) < max(0.4, 1 / max(len(changed), 1)))
        drawn[name] = np.where(moved, _changed(new, kinds.get(name, "real"), spread, rng), new)
    return drawn


def _changed(values, draw, spread, rng):
    """Other values near these, drawn in their way."""
    noise = rng.standard_normal(values.shape)
    if draw.startswith("label"):
        return rng.permutation(values, axis=0)
    if draw == "positive":
        return np.clip(values * np.exp(2 * spread * noise), 1e-30, 1e30)
    if draw == "probability":
        new = np.maximum(values * np.exp(2 * spread * noise), 1e-9)
        return new / new.sum((-1, -2), keepdims=True)
    kind = rng.integers(0, 4)
    if kind == 0:
        new = values * np.exp(spread * rng.standard_normal(spread.shape))
    elif kind == 1:  # some entries become those of others
        new = np.where(
            rng.random(values.shape) < 0.4,
            np.roll(values, 1, -1 if values.shape[-1] > 1 else -2),
            values,
        )
    else:
        new = values + spread * noise * np.maximum(1.0, np.abs(values))
    if draw == "design":
        new[leading(new)] = 1.0
    return new
