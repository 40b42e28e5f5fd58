"""Where an inequality is nearest to failing: uphill from drawn cases."""

import numpy as np

from . import numbers
from .cases import MAX_TOGETHER, Condition, Trial, lanes_of, size_plan
from .evaluate import MAX_WORK
from .judge import Exact
from .pool import POOL, children, fresh, paired, started
from .sizes import ONE
from .solve import DIGITS, FAR, Search, equations_of, movable, moved
from .syntax import Bound

__all__ = ["inequalities", "uphill"]

KEPT, ROUNDS, CLIMBS = 9, 5, 1  # the best cases, generations, climbs beside those at the ends
MOST, FOLLOWED = 2000, 2  # digits to which a failure is followed, and how often
LIGHT = 60_000  # the work of the cases of one trial, at most, for searches far away
FEWEST, MUCH = 4, 1_000_000  # generations at least, and the work after which a climb ends
MAX_UNKNOWNS, STEPS, LENGTHS, STEP = 60, 15, 18, 1e-7  # straight uphill
PACE = 0.02  # what a step gains at least of the margin that is left
INSIDE = {"<": "sub", "<=": "sub", ">": "add", ">=": "add"}  # what an order allows
FEW_STEPS = 4  # from where the generation before has come to
FEW_WAYS, BEND = 16, 1e-3  # in which a margin may bend, and how far is gone to see it
MOST_PLANS = 5  # sizes beside the least and the largest
TOUCHES = 1e-7  # the margin of a case in which both sides are all but equal
PASSED = 4  # cases that only rounding makes fail
FEW_UNKNOWNS, TENTH = 9, 0.06
EDGE = Bound("num", ("1e-6",))  # a hair inside what a condition allows
AT_EDGE, NEAR_EDGE = 1e-5, 0.5  # from where it is followed, and where no step stays inside
TRIED, SHARP = 8, 330  # draws that are moved to where both sides are equal, with so many digits


def uphill(chain, n, relation):
    """A case in which a step fails, as (trial, lane), or None if none was found.

    Cases of all sizes are tried, ties and extremes among them; from the sizes in which they are
    nearest to failing a climb begins. That a number belongs to an interval is two inequalities.
    """
    for sign, trees in inequalities(chain, n, relation):
        found = _Climb(chain, n, relation, sign, trees).found()
        if found is not None:
            return found
    return None


def inequalities(chain, n, relation):
    """What a step claims, as (relation, trees): of a number in an interval two inequalities."""
    left, right = pair = chain.bound[n : n + 2]
    pairs = [(relation, pair)]
    if relation == "in":
        pairs = []
        if right.op == "between":
            left, low, high, opening, closing = right.args
            pairs = [(opening, (left, low)), (closing, (left, high))]
    return [(sign, trees) for sign, trees in pairs if all(t.op != "infinite" for t in trees)]


def _best(margin):
    """The best cases, some of them not where both sides touch: all may be trivial there."""
    order = np.argsort(margin, kind="stable")
    touching = margin[order] < TOUCHES
    return np.concatenate([order[touching][: KEPT // 2], order[~touching]])[:KEPT]


class _Climb:
    """Generations of cases, each from the best of the one before."""

    def __init__(self, chain, n, relation, sign, trees):
        self.chain, self.n, self.relation, self.sign, self.trees = chain, n, relation, sign, trees
        self.rng, self.followed = np.random.default_rng([chain.seed, 11, n]), 0
        self.equations = equations_of(chain)
        self.edges = [edge for c in chain.conditions if c.drawn for edge in _edges(c)]
        self.others = [c for c in chain.conditions if c not in self.equations]

    @property
    def tired(self):
        """Whether the work that is left is for all else."""
        return self.chain.definitions.left < MAX_TOGETHER * 0.9

    def found(self):
        starts, plans = [], self.plans()
        if self.sign in ("<", ">"):  # what a bound touches may be one case alone
            trial = self.settled(paired(self.chain, plans[0], self.rng))
            found = self.refuted(trial, self.margins(trial))
            if found is not None:
                return found
        for plan in plans:
            trial = self.settled(started(self.chain, plan, self.rng))
            margin = self.margins(trial)
            found = self.refuted(trial, margin)
            if found is not None:
                return found
            starts.append((float(margin.min()), trial, margin))
        ends, others = starts[:2], sorted(starts[2:], key=lambda start: start[0])
        for _, trial, margin in [*ends, *others[:CLIMBS]]:
            found = self.climbed(trial, margin)
            if found is not None:
                return found
        least = starts[0][1]  # where most bounds are met
        touched = self.equal(least) if self.sign in ("!=", "<", ">") else None
        return touched if touched or self.sign == "!=" else self.beyond(least)

    def plans(self):
        """Several sizes: first the least, then the largest."""
        sizes = self.chain.vocabulary.sizes
        plans = size_plan(self.chain, np.random.default_rng([self.chain.seed, 7, 0]))
        ends = [{a: end(v) if a in self.chain.sizes else plans[0][a] for a, v in sizes.items()}
                for end in (min, max)]  # fmt: skip
        every = [*ends, *plans[:MOST_PLANS]]
        return [plan for n, plan in enumerate(every) if plan not in every[:n]]

    def beyond(self, trial):
        """A case in which one side is a tenth past the other, be it far away."""
        a, b = self.trees
        if a.shape != (ONE, ONE) or MAX_WORK - trial.scope.budget[0] > LIGHT:
            return None
        tenth = Bound("scale", (Bound("num", ("0.1",)), Bound("abs", (b,))))
        past = Bound("add" if self.sign in ("<", "<=") else "sub", (b, tenth))
        past = [Condition("=", a, past, self.chain.latex), *self.equations]
        for system in [past, [*past, *self.edges]][: 1 + bool(self.edges)]:
            search = Search(trial, self.chain, system, np.arange(5), FAR)
            if not 0 < search.unknowns.size <= FEW_UNKNOWNS:
                return None
            search.newton(STEPS)
            tried = self.trial_at(search, search.rows)
            margin, self.followed = self.margins(tried), 0
            found = self.refuted(tried, np.where(margin < -TENTH, np.inf, margin))
            if found is not None:
                return found
        return None

    def climbed(self, trial, margin):
        """Generations of changed cases; from the best of the last one straight uphill."""
        trial, work = self.at_the_edge(trial), 0
        margin = self.margins(trial)
        for turn in range(ROUNDS):
            best = _best(margin.min(1))
            if not np.isfinite(margin[best[0]].min()) or (work > MUCH and turn > FEWEST):
                return None
            trial = fresh(self.chain, trial, children(trial.case, best, self.chain, self.rng))
            trial = self.settled(trial, FEW_STEPS)
            trial = self.at_the_edge(trial, FEW_STEPS) if turn % 2 == 0 else trial
            margin = self.margins(trial)
            work += MAX_WORK - trial.scope.budget[0]
            found = self.refuted(trial, margin)
            if found is not None:
                return found
        return None if work > MUCH else self.straightened(trial, margin)

    def settled(self, trial, steps=STEPS):
        """The same, moved until premises that are equations hold."""
        every = np.arange(trial.case.count)
        return self.moved_to(trial, self.equations, every, steps) if self.equations else trial

    def at_the_edge(self, trial, steps=STEPS):
        """The same, half of the cases moved until what bounds them is all but reached."""
        for edge in self.edges:
            trial = self.moved_to(trial, [edge, *self.equations], np.arange(POOL // 2, POOL), steps)
        return trial

    def moved_to(self, trial, equations, draws, steps):
        """The same, some draws moved until equations hold: numbers alone, if they can be."""
        if self.tired:
            return trial
        symbols = movable(self.chain, equations)
        numbers_ = [s for s in symbols if s.sizes() == (ONE, ONE)]
        alone = len(equations) == 1 and equations[0] not in self.equations
        for some in (numbers_, symbols) if alone else (symbols,):
            search = Search(trial, self.chain, equations, np.arange(trial.case.count), symbols=some)
            if search.able:
                search.newton(steps, draws)
                return self.trial_at(search, search.rows)
        return trial

    def straightened(self, trial, margin):
        """Straight uphill from the best case, and if it touches, from the best that does not."""
        found = self.straight(trial, margin)
        if found is None and margin.min() < TOUCHES:
            apart = np.where(margin < TOUCHES, np.inf, margin)
            found = self.straight(trial, apart) if np.isfinite(apart).any() else None
        return found

    def straight(self, trial, margin):
        """Along the gradient of the margin of one case, a step of the best length at a time; where
        it is all but flat, to both sides of where it bends down most."""
        draw, lane = np.unravel_index(np.argmin(margin), margin.shape)
        drawn = [s for s in self.chain.symbols if not s.definition]
        every = np.full(FEW_WAYS * (FEW_WAYS + 1), draw)
        search = Search(trial, self.chain, [*self.equations], every, symbols=drawn)
        search.targets[:], search.views[:] = lane, 0
        row, least = search.rows[0], margin[draw, lane]
        if not 0 < len(row) <= MAX_UNKNOWNS:
            return None
        self.bounded(search, row, lane, AT_EDGE)
        before = along = np.zeros(len(row))
        for _ in range(STEPS):
            slope = self.gradient(search, row, lane, least)
            turned = max(0.0, slope @ (slope - before) / (before @ before)) if before.any() else 0
            before, along = slope, turned * along - slope  # conjugate to the step before
            along = along if along @ slope < 0 else -slope
            for bent in (False, True):
                ways = self.bends(search, row, lane, least) if bent else [along]
                margin, found = self.stepped(search, row, ways)
                if found is not None:
                    return found
                best = np.argmin(margin[:, lane])
                if margin[best, lane] < least - PACE * abs(least):
                    least, row = margin[best, lane], search.rows[best].copy()
                    break
            else:
                if not self.bounded(search, row, lane, NEAR_EDGE):
                    return None
        return None

    def bounded(self, search, row, lane, near):
        """Go along what bounds a case and is so nearly reached; whether there is more of it now."""
        here = self.trial_at(search, row[None], [])
        active = [edge for edge in self.edges if edge.holds(here, near=near)[0, lane]]
        if len(self.equations) + len(active) <= len(search.equations):
            return False
        search.equations = [*self.equations, *active]
        return True

    def gradient(self, search, row, lane, least):
        """That of the margin, by differences; 0 where it is not defined."""
        steps = STEP * np.maximum(1.0, np.abs(row)) * np.eye(len(row))
        tried = self.trial_at(search, row + steps, self.others)
        slope = (self.margins(tried)[:, lane] - least) / steps.diagonal()
        slope = np.where(np.isfinite(slope), slope, 0.0)
        return self.tangent(search, row) @ slope

    def tangent(self, search, row):
        """The projection on the changes of a row that premises leave open, to first order."""
        if not search.equations:
            return np.eye(len(row))
        _, (jacobian,) = search.sloped(row[None], np.zeros(1, int))
        return np.eye(len(row)) - np.linalg.pinv(jacobian, rcond=1e-9) @ jacobian

    def bends(self, search, row, lane, least):
        """Both ways in which the margin bends down most, of those that premises leave open."""
        values, ways = np.linalg.eigh(self.tangent(search, row))
        ways = ways[:, values > 0.5].T * BEND * max(1.0, np.abs(row).max())
        if not 0 < len(ways) <= FEW_WAYS or self.tired:
            return []
        both = (ways[:, None] + ways).reshape(-1, len(row))
        search.rows = row + np.concatenate([ways, both])
        if search.equations:
            search.newton(FEW_STEPS)
        found = self.margins(self.trial_at(search, search.rows, self.others))[:, lane]
        one, two = found[: len(ways)], found[len(ways) :].reshape(len(ways), -1)
        bend = two - one[:, None] - one + least
        if not np.isfinite(bend).all():
            return []
        least, own = np.linalg.eigh(bend)
        way = own[:, 0] @ ways
        return [way, -way] if least[0] < 0 else []

    def stepped(self, search, row, ways):
        """The margins of steps of several lengths, and a case among them that fails."""
        lengths = np.geomspace(1e-4, 10.0, LENGTHS)[:, None] * (np.linalg.norm(row) or 1.0)
        ways = [way / np.linalg.norm(way) for way in ways if way.any()] or [np.zeros(len(row))]
        search.rows = row + lengths * np.resize(ways, (LENGTHS, len(row)))
        if search.equations:
            search.newton(FEW_STEPS)
        tried = self.trial_at(search, search.rows)
        margin = self.margins(tried)
        return margin, self.refuted(tried, margin)

    def trial_at(self, search, rows, conditions=None):
        """A trial with one case for each row: a change of its draw, or of the one draw of all."""
        count = search.unknowns.case.count
        draws = np.arange(count) if len(rows) == count else np.zeros(len(rows), int)
        new = Trial(search.unknowns.at(rows, draws), search.trial.indices, self.chain.definitions)
        new.restrict(self.chain.conditions if conditions is None else conditions)
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
        """The worst case, if decimals agree that it fails. One that rounding made is passed over:
        from there nothing is climbed, nor from what is as tiny."""
        limit = 1e-13 if self.sign in ("<", ">", "!=") else -1e-13
        for _ in range(PASSED):
            lane = tuple(map(int, np.unravel_index(np.argmin(margin), margin.shape)))
            if margin[lane] > limit:
                return None
            digits = 400
            if margin[lane] < -1e-6 and self.followed < FOLLOWED:  # floats see the failure
                digits, self.followed = MOST, self.followed + 1
            found = self.failing(trial, lane, digits)
            if found is not None or margin[lane] > -1e-13:
                return found
            sides = (np.abs(trial.values(t, self.chain.latex)).max((-1, -2)) for t in self.trees)
            size = np.maximum(*sides)
            margin[(margin < -1e-13) & (size <= 10 * size[lane])] = np.inf
        return None

    def failing(self, trial, lane, digits):
        """A case and its lane, if it fails in decimals, too; premises that are equations are met
        to as many digits first."""
        if self.equations and not trial.solved:
            search = Search(trial, self.chain, self.equations, np.array(lane[:1]))
            search.targets[:] = lane[1]
            search.alike = self.sign in ("<", ">")
            trial, lane = search.polished(np.zeros(1, int), DIGITS), (0, lane[1])
            if not trial.mask[lane]:
                return None
        verdict = Exact(self.chain, trial).verdict(self.n, self.relation, lane, digits)
        return (trial, lane) if verdict is False else None

    def equal(self, trial):
        """A case in which both sides are equal, if one can be reached."""
        equations = [Condition("=", *self.trees, self.chain.latex), *self.equations]
        new = moved(trial, self.chain, equations, np.arange(TRIED), SHARP)
        if new is None:
            return None
        for c in self.others:
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
    pairs = []
    if condition.relation in INSIDE:
        pairs = [(condition.a, condition.b, INSIDE[condition.relation])]
    elif condition.relation == "in" and condition.a.op == "between":
        inner, low, high = condition.a.args[:3]
        pairs = [(inner, low, "add"), (inner, high, "sub")]
    pairs = [p for p in pairs if p[1].op != "infinite" and p[0].shape == (ONE, ONE)]
    for a, b, sign in pairs:
        hair = Bound("scale", (EDGE, Bound("abs", (b,))))
        yield Condition("=", a, Bound(sign, (b, hair)), condition.latex)
