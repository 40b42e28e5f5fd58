"""Where an inequality is nearest to failing: uphill from drawn cases."""

import contextlib
import itertools

import numpy as np

from ..cases.plans import plans_of
from ..cases.pool import POOL, children, formed, fresh, paired, scattered, started
from ..cases.premises import all_but_one, edges, inequalities, within
from ..cases.samples import without_common
from ..cases.solve import DIGITS, ENDLESS, REACH, Search, equations_of, movable, moved
from ..cases.trials import MAX_TOGETHER, Condition, Trial, lanes_of
from ..evaluator import numbers
from ..evaluator.evaluate import MAX_WORK
from ..sizes import ONE
from ..syntax import DerivationError
from .judge import Exact

__all__ = ["uphill"]

KEPT, ROUNDS, CLIMBS = 3, 8, 1  # the best cases, generations, climbs beside those at the ends
PATIENCE = 2  # generations that gain nothing, beside one
CHEAP, MOST_AT_ONCE = 100_000, 150  # the work of a generation that may be larger, and how large
BEYOND = 5  # times the largest size that the vocabulary names
LARGE, MOST_BEYOND = 140, 500_000  # a size, and the work at those beyond up to which it is tried
APART_AT_LARGE = 1.0, 1e-16, -1e-16, 40.0, -40.0  # numbers beside special forms of all else
MOST, FOLLOWED = 2000, 2  # digits to which a failure is followed, and how often
FEWEST, MUCH = 4, 1_000_000  # generations at least, and the work after which a climb ends
MAX_UNKNOWNS, STEPS, LENGTHS, STEP = 60, 15, 18, 1e-7  # straight uphill
PACE = 0.02  # what a step gains at least of the margin that is left
FEW_STEPS = 4  # from where the generation before has come to
MOST_PLANS = 5  # sizes beside the least and the largest
APART = (-np.inf, 1e-7, 1e-3, 0.03)  # margins from which on the best are looked at on their own
PASSED = 4  # cases that only rounding makes fail
FORMED = 2  # sizes in which all pairs of special forms are tried
CORNERS = 12  # where conditions are met with both sides equal
HAIRS = "1e-6", "1e-10"  # how far inside of what a condition allows
AT_EDGE, NEAR = 1e-5, 0.5  # from where it is followed, and where no step stays inside
OPEN, DISTANT, TOGETHER = 1e-12, 120, 24  # margins that floats leave open, and cases
FAR_DIGITS = 200, 500, 1500  # with each but the last they fail; those that they may need
TRIED, SHARP = 8, 330  # draws that are moved to where both sides are equal, with so many digits


def uphill(chain, n, relation):
    """A case in which a step fails, as (trial, lane), or None if none was found.

    Cases of all sizes are tried, ties and extremes among them; from the sizes in which they are
    nearest to failing a climb begins. That a number belongs to an interval is two inequalities.
    """
    climbs = (_Climb(chain, n, relation, *claim) for claim in inequalities(chain, n, relation))
    return next(filter(None, (case for climb in climbs for case in climb.attempts())), None)


def _clear(condition, trial):
    """Where a condition holds by a hair, seen without differences, which may be rounding alone."""
    if not condition.drawn or condition.b is None:
        return np.True_
    trees = without_common(condition.trees, balanced=True)
    a, b = (trial.values(tree, condition.latex) for tree in trees)
    return (np.abs(a - b) > 1e-6 * (np.abs(a) + np.abs(b))).any((-1, -2))


def _best(margin, count):
    """The best cases, and as many that are farther from where both sides touch, where all may be
    trivial."""
    order = np.argsort(margin, axis=None, kind="stable")
    found = [order[margin.flat[order] > limit][:count] for limit in APART]
    return list(dict.fromkeys(np.concatenate(found)))


class _Climb:
    """Generations of cases, each from the best of the one before."""

    def __init__(self, chain, n, relation, sign, trees):
        self.chain, self.n, self.relation, self.sign = chain, n, relation, sign
        self.trees = without_common(trees)
        self.rng, self.followed = np.random.default_rng([chain.seed, 11, n]), 0
        self.equations = equations_of(chain)
        drawn = [c for c in chain.conditions if c.drawn]
        self.edges, self.close = ([e for c in drawn for e in edges(c, hair)] for hair in HAIRS)
        self.others = [c for c in chain.conditions if c not in self.equations]

    def attempts(self):
        """What each attempt comes to: a case that fails, or None."""
        starts, plans = [], self.plans()
        for plan in plans[:FORMED]:  # what a bound touches, or fails at, may be one case alone
            trial = self.settled(paired(self.chain, plan, self.rng))
            yield self.refuted(trial, self.margins(trial))
        for trial, margin in filter(None, map(self.start, plans)):
            yield self.refuted(trial, margin)
            starts.append((trial, margin))
        yield from itertools.starmap(self.refuted, self.large(starts))
        ends, others = starts[:3], sorted(starts[3:], key=lambda start: start[1].min())
        for start in (*ends, *others[:CLIMBS]):
            yield self.climbed(start[0])
        least = starts[0][0]  # sizes, where most bounds are met
        if self.sign in ("!=", "<", ">"):
            for far, trees in enumerate((self.trees, without_common(self.trees, True))):
                yield self.met(least, [Condition("=", *trees, self.chain.latex)], far=far)
        yield self.distant(least)
        for corner in self.corners():
            conditions, equations = zip(*corner, strict=True)
            yield self.met(least, equations, conditions)

    def corners(self):
        """One, two or all of the conditions at their edges, each with the equation that holds."""
        every = [(c, edge) for c in self.chain.conditions if c.drawn for edge in edges(c)]
        weak = [(c, edge) for c, edge in every if c.relation not in ("<", ">")]
        strict = [corner for corner in every if corner not in weak and not self.equations]
        some = [*itertools.combinations(strict, 1), *itertools.combinations(strict, 2)][:CORNERS]
        yield from [*some, strict] if len(strict) > 2 else some
        most = [(c, all_but_one(edge)) for c, edge in weak if edge.a.op == "stack" == edge.b.op]
        some = [*itertools.combinations(weak, 2), *itertools.combinations(weak + most, 1)]
        yield from some[:CORNERS]
        yield from [weak] * (len(weak) > 2)

    def plans(self):
        """Several sizes: the least, the next larger, the largest, each far beyond, drawn ones."""
        sizes = {a: sorted({*v}) for a, v in self.chain.vocabulary.sizes.items()}
        plans = plans_of(self.chain)
        ends = [{a: v[:k][-1] if a in self.chain.sizes else plans[0][a] for a, v in sizes.items()}
                for k in (1, 2, None)]  # fmt: skip
        far = [ends[0] | {a: BEYOND * v[-1]} for a, v in sizes.items()
               if a in self.chain.sizes and len(v) > 1]  # fmt: skip
        every = [*ends, *far, *plans[:MOST_PLANS]]
        return [plan for n, plan in enumerate(every) if plan not in every[:n]]

    def start(self, plan):
        """Drawn cases of some sizes; nothing where sizes that nobody names are too large."""
        try:
            trial = self.settled(started(self.chain, plan, self.rng))
            return trial, self.margins(trial)
        except DerivationError:
            if all(n in self.chain.vocabulary.sizes[a] for a, n in plan.items()):
                raise
            return None

    def large(self, starts):
        """Special forms at one size that is far beyond, where less took little work."""
        rng = np.random.default_rng([self.chain.seed, 47, self.n])
        for trial, _ in starts:
            if not trial.beyond or MAX_WORK - trial.scope.budget[0] >= MOST_BEYOND:
                continue
            far = {a: LARGE for a, n in trial.case.sizes.items() if n in trial.beyond}
            with contextlib.suppress(DerivationError):
                new = formed(self.chain, trial.case.sizes | far, rng, APART_AT_LARGE)
                new = self.at_the_edge(new)
                yield new, self.margins(new)

    def climbed(self, trial):
        """Generations of changed cases; from the best of the last one straight uphill."""
        trial, work, gained = self.at_the_edge(trial), 0, 0
        margin = self.margins(trial)
        least = margin.min()
        for turn in range(ROUNDS):
            if turn > gained + PATIENCE:
                break
            best = _best(margin.min(1), KEPT)
            if not np.isfinite(margin[best[0]].min()) or (work > MUCH and turn > FEWEST):
                return None
            many = CHEAP * trial.case.count // (MAX_WORK - trial.scope.budget[0] + 1)
            many = min(max(many, POOL), MOST_AT_ONCE)
            new = children(trial.case, best, self.chain, self.rng, many)
            trial = fresh(self.chain, trial, new)
            trial = self.settled(trial, FEW_STEPS)
            trial = self.at_the_edge(trial, FEW_STEPS) if turn % 2 == 0 else trial
            margin = self.margins(trial)
            work += MAX_WORK - trial.scope.budget[0]
            found = self.refuted(trial, margin)
            if found is not None:
                return found
            if margin.min() < least - PACE * abs(least):
                least, gained = margin.min(), turn
        return None if work > MUCH else self.straightened(trial, margin)

    def distant(self, trial):
        """A case far away that fails visibly in decimals, of the sizes of another: of those that
        floats leave open, since there what parts both sides may die away."""
        if self.sign == "!=" or MAX_WORK - trial.scope.budget[0] > CHEAP:
            return None
        trial = self.settled(scattered(self.chain, trial.case.sizes, self.rng))
        for condition in self.others:
            trial.mask = trial.mask & _clear(condition, trial)
        margin = self.margins(trial)
        lanes = lanes_of(trial.mask & ((margin < OPEN) | ~np.isfinite(margin)))
        lanes = [lanes[n] for n in self.rng.permutation(len(lanes))]
        lanes.sort(key=lambda lane: not np.isfinite(margin[lane]))
        before, most = self.chain.spent, TOGETHER if self.equations else DISTANT
        for n in range(0, min(most, len(lanes)), TOGETHER):
            found = self.failing(trial, lanes[n : n + TOGETHER], *FAR_DIGITS)
            if found is not None or self.chain.spent - before > MUCH:
                return found
        self.chain.spent = before  # what comes later is as thorough
        return None

    def settled(self, trial, steps=STEPS):
        """The same, moved until premises that are equations hold."""
        every = np.arange(trial.case.count)
        return self.moved_to(trial, self.equations, every, steps) if self.equations else trial

    def at_the_edge(self, trial, steps=STEPS):
        """The same, half of the cases moved until what bounds them is all but reached."""
        parts = np.array_split(np.arange(trial.case.count), 8)[4:]
        for n, (bounds, some) in enumerate(zip((self.edges, self.close) * 2, parts, strict=True)):
            for edge in self.rng.permutation(bounds) if n > 1 else bounds:  # of two of one number
                trial = self.moved_to(trial, [edge, *self.equations], some, steps)  # the last stays
        return trial

    def moved_to(self, trial, equations, draws, steps):
        """The same, some draws moved until equations hold: numbers alone, if they can be."""
        if self.chain.definitions.left < MAX_TOGETHER * 0.9:  # the rest is for all else
            return trial
        symbols = movable(self.chain, equations)
        numbers_ = [s for s in symbols if s.sizes() == (ONE, ONE)]
        alone = len(equations) == 1 and equations[0] not in self.equations
        for some in (numbers_, symbols) if alone else (symbols,):
            search = Search(trial, self.chain, equations, np.arange(trial.case.count), symbols=some)
            if search.able:
                search.newton(steps, draws)
                return self.trial_at(search, search.rows, np.arange(len(search.rows)))
        return trial

    def straightened(self, trial, margin):
        """Straight uphill from the best case, and from the best that are farther from touching: all
        together along the gradients of their margins, a step of the best length at a time."""
        starts = [np.unravel_index(at, margin.shape) for at in _best(margin, 1)]
        starts = [at for at in starts if np.isfinite(margin[at])]
        every = np.repeat([draw for draw, _ in starts], LENGTHS)
        drawn = [s for s in self.chain.symbols if not s.definition]
        search = Search(trial, self.chain, [*self.equations], every, symbols=drawn)
        search.targets[:], search.views[:] = np.repeat([lane for _, lane in starts], LENGTHS), 0
        if not 0 < search.unknowns.size <= MAX_UNKNOWNS:
            return None
        paths = [_Path(n * LENGTHS, lane, search.rows[n * LENGTHS], margin[draw, lane])
                 for n, (draw, lane) in enumerate(starts)]  # fmt: skip
        for path in paths:
            self.bounded(search, path, AT_EDGE)
        for _ in range(STEPS):
            self.turned(search, paths)
            margins, found = self.stepped(search, paths)
            if found is not None:
                return found
            paths = [path for path, own in zip(paths, margins, strict=True)
                     if path.gained(search, own) or self.bounded(search, path, NEAR)]  # fmt: skip
            if not paths:
                break
        return None

    def bounded(self, search, path, near):
        """Go along what bounds a case and is so nearly reached; whether there is more of it now."""
        here = self.trial_at(search, path.row[None], [path.at], [])
        active = [edge for edge in self.edges if edge.holds(here, near=near)[0, path.lane]]
        before, path.edges = path.edges, max(path.edges, active, key=len)
        return len(before) < len(path.edges)

    def turned(self, search, paths):
        """Give each path the direction of its next step, by the gradient of its margin: differences
        of it; 0 where it is not defined."""
        size = search.unknowns.size
        steps = [STEP * np.maximum(1.0, np.abs(path.row)) for path in paths]
        rows = np.concatenate([path.row + np.diag(s) for path, s in zip(paths, steps, strict=True)])
        tried = self.trial_at(
            search, rows, np.repeat([path.at for path in paths], size), self.others
        )
        margins = np.split(self.margins(tried), len(paths))
        for path, step, margin in zip(paths, steps, margins, strict=True):
            slope = (margin[:, path.lane] - path.least) / step
            path.turn(self.tangent(search, path) @ np.where(np.isfinite(slope), slope, 0.0))

    def tangent(self, search, path):
        """The projection on the changes of a row that premises leave open, to first order."""
        search.equations = [*self.equations, *path.edges]
        if not search.equations:
            return np.eye(len(path.row))
        _, (jacobian,) = search.sloped(path.row[None], np.array([path.at]))
        return np.eye(len(path.row)) - np.linalg.pinv(jacobian, rcond=1e-9) @ jacobian

    def stepped(self, search, paths):
        """The margins of steps of several lengths on each path, and a case that fails."""
        every = [np.arange(path.at, path.at + LENGTHS) for path in paths]
        for path, some in zip(paths, every, strict=True):
            lengths = np.geomspace(1e-4, 10.0, LENGTHS)[:, None]
            length = (np.linalg.norm(path.row) or 1.0) / (np.linalg.norm(path.along) or 1.0)
            search.rows[some] = path.row + lengths * length * path.along
            search.equations = [*self.equations, *path.edges]
            if search.equations:
                search.newton(FEW_STEPS, some)
        some = np.concatenate(every)
        tried = self.trial_at(search, search.rows[some], some)
        margin = self.margins(tried)
        return np.split(margin, len(paths)), self.refuted(tried, margin)

    def trial_at(self, search, rows, draws, conditions=None):
        """A trial with one case for each row, each a change of a draw."""
        case = search.unknowns.at(rows, np.asarray(draws))
        new = Trial(case, search.trial.indices, self.chain.definitions)
        new.restrict(self.chain.conditions if conditions is None else conditions)
        return new

    def margins(self, trial):
        """How far each case is from failing, relative to its sides; endless where none is."""
        a, b = np.broadcast_arrays(*(trial.values(t, self.chain.latex) for t in self.trees))
        size = np.abs(a) + np.abs(b)
        gap = {"<": b - a, "<=": b - a, ">": a - b, ">=": a - b, "!=": np.abs(a - b)}[self.sign]
        neither = np.inf if "=" in self.sign and self.sign != "!=" else 0.0  # where both are 0
        margin = np.where(size > 0, gap / np.where(size > 0, size, 1.0), neither)
        margin = margin + np.where(gap >= size, np.log1p(np.maximum(gap, 0.0)), 0.0)
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
            found = self.failing(trial, [lane], 0, digits)
            if found is not None or margin[lane] > -1e-13:
                return found
            sides = (np.abs(trial.values(t, self.chain.latex)).max((-1, -2)) for t in self.trees)
            size = np.maximum(*sides)
            margin[(margin < -1e-13) & (size <= 10 * size[lane])] = np.inf
        return None

    def failing(self, trial, lanes, *digits):
        """The first of some cases that fails in decimals, too; premises that are equations are met
        to as many digits first."""
        if self.equations and not trial.solved:
            draws, columns = map(np.array, zip(*lanes, strict=True))
            search = Search(trial, self.chain, self.equations, draws)
            search.targets[:], search.alike = columns, self.sign in ("<", ">")
            trial = search.polished(np.arange(len(draws)), DIGITS)
            lanes = lanes_of(trial.mask)
        for least in digits[:-1]:
            exact = Exact(self.chain, trial, least)
            exact.prepare(self.n, lanes, digits[-1])
            verdicts = (exact.verdict(self.n, self.relation, at, digits[-1]) for at in lanes)
            lanes = [at for at, holds in zip(lanes, verdicts, strict=True) if holds is False]
        return (trial, lanes[0]) if lanes else None

    def met(self, trial, equations, touched=(), far=False):
        """A case in which equations hold, as that both sides are equal, and the step fails; it
        meets conditions that are not touched by more than a hair."""
        strict = all(c.relation in ("<", ">") for c in touched) and touched
        inside = np.argsort(~trial.mask.any(1), kind="stable")  # what meets the premises first
        every = [*equations, *self.equations]
        reach, bare = ENDLESS if far else REACH, [c for c in touched if c.relation != "in"]
        new = moved(trial, self.chain, every, inside[:TRIED], SHARP, reach, bare)
        if new is None:
            return None
        new.solved = not strict  # as near to its bound as it is, but a draw like others
        for c in self.others:
            if c in bare:
                new.mask &= within(c, new)
            elif c not in touched:
                new.mask &= _clear(c, new)
        for lane in lanes_of(new.mask):
            exact = Exact(self.chain, new)
            sides = [exact.value(n, lane, 400)[0] for n in (self.n, self.n + 1)]
            if not all(numbers.finite(side).all() for side in sides):
                continue  # at ties a side may mean nothing
            if exact.verdict(self.n, self.relation, lane, MOST) is False:
                return new, lane
        return None


class _Path:
    """Where one of several climbs is: the first of its draws, its index value, its numbers, their
    margin, what bounds them, and the gradient and direction of its last step."""

    def __init__(self, at, lane, row, least):
        self.at, self.lane, self.row, self.least, self.edges = at, lane, row.copy(), least, []
        self.before = self.along = np.zeros(len(row))

    def turn(self, slope):
        """Down a gradient, conjugate to the step before."""
        before, along = self.before, self.along
        turned = max(0.0, slope @ (slope - before) / (before @ before)) if before.any() else 0
        along = turned * along - slope
        self.before, self.along = slope, along if along @ slope < 0 else -slope

    def gained(self, search, margins):
        """Whether the best of several steps gains enough to be taken."""
        best = np.argmin(margins[:, self.lane])
        least, row = margins[best, self.lane], search.rows[self.at + best]
        if not least < self.least - PACE * abs(self.least):
            return False
        self.least, self.row = least, row.copy()
        return True
