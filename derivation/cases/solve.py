"""Draws that are moved until equations hold: Newton's method from many starts, then in decimals."""

import contextlib
from decimal import Decimal

import numpy as np

from ..evaluator import numbers
from ..evaluator.dual import real
from ..evaluator.evaluate import MAX_WORK, Scope
from ..sizes import NUMBER, ONE
from ..syntax import Bound, DerivationError, whole
from .draws import leading
from .premises import edges as edges_of
from .samples import signed
from .trials import Condition, Trial, drawn_in

__all__ = ["ENDLESS", "REACH", "Search", "Unknowns", "equations_of", "movable", "moved",
           "slope", "smooth", "solved", "vanishing"]  # fmt: skip

STEPS, EARLY, MAX_UNKNOWNS, NEAR, STEP, SETTLED = 40, 10, 40, 1e-6, 1e-7, 1e-3  # of Newton's method
REACH, ENDLESS = 2.0, 1e300  # of a step at least: all the way to what is far
LEAST, PULL = 740.0, 0.8  # towards 0 where nothing is defined
DIGITS, SPARE, GAINED, HOPE = 90, 20, 5, "1e-25"  # that it ends with, of rounding, of a step
FEW = 4  # solutions of many digits
NEARER, HOPELESS = 0.99, 8  # what a residual shrinks by, in how many steps at the latest
SINGULAR, LEVEL = 1e-9, 1e-6  # what a slope is at least; more where what differences leave is one
STILL = 1e-50  # what is left of a step
EDGES, INSIDE = 2, "1e-9"  # trials with draws at the edge of an inequality, how far inside
POSITIVE, LIMIT = ("positive", "probability"), 1e-30
MODERATE = 3.0  # the scale of draws that are moved
FAR, FAR_SCALES = 12, (6.0, 20.0, 60.0, 200.0)  # starts for other solutions
GROWING = ("exp", "log", "softmax", "softmax of rows", "lse", "tanh")


def _logarithm(x):
    """Of floats, with the sign; what is all but 0 is 0."""
    return np.sign(x) * np.maximum(np.log(np.abs(x)) + LEAST, 0.0)


VIEWS = (lambda x: x), np.arcsinh, _logarithm  # in which both sides are compared


class Unknowns:
    """Drawn symbols as one row of real numbers for each draw.

    What must be positive is the size of its unknown; the ones of a design are none.
    """

    def __init__(self, case, symbols):
        self.case = case
        self.symbols = [s for s in symbols if s.latex in case.drawn and not s.is_label]
        self.free = {s.latex: _free(s, case.drawn[s.latex]) for s in self.symbols}
        self.size = sum(int(free.sum()) for free in self.free.values())
        self.positive = np.repeat(
            [s.draw in POSITIVE for s in self.symbols],
            [int(self.free[s.latex].sum()) for s in self.symbols],
        )

    def at_limit(self, rows):
        """In which rows what must be positive has all but gone to 0: a limit, and no case."""
        return (np.abs(rows[:, self.positive].astype(float)) < LIMIT).any(1)

    def rows(self):
        """The unknowns of all draws."""
        parts = [self.case.drawn[s.latex].astype(float).reshape(self.case.count, -1)
                 for s in self.symbols]  # fmt: skip
        free = [part[:, self.free[s.latex]] for s, part in zip(self.symbols, parts, strict=True)]
        return np.concatenate(free, 1) if free else np.zeros((self.case.count, 0))

    def at(self, rows, draws):
        """The case with these values of the unknowns, each row those of a draw."""
        case, start = self.case.chosen(draws), 0
        for s in self.symbols:
            values, free = case.drawn[s.latex], self.free[s.latex]
            part = rows[:, start : start + int(free.sum())]
            start += int(free.sum())
            if s.draw in POSITIVE:
                part = np.abs(part) + (part == 0).astype(int)
            flat = numbers.array(values, rows.dtype == object).reshape(len(values), -1).copy()
            flat[:, free] = part
            flat = flat.reshape(values.shape)
            if s.draw == "probability":
                flat = flat / flat.sum((-1, -2), keepdims=True)
            case.drawn[s.latex] = flat
        return case


def _free(symbol, values):
    """Which entries may change, in a row."""
    free = np.ones(values.shape[1:], bool)
    if symbol.draw == "design":
        free[leading(free)] = False
    return free.reshape(-1)


def equations_of(chain):
    """The conditions that hold only where drawn numbers are moved."""
    return [c for c in chain.conditions
            if c.relation == "=" and movable(chain, [c])]  # fmt: skip


def movable(chain, equations):
    """The symbols that are drawn from the line and stand in equations."""
    symbols = chain.definitions.symbols(*(t for c in equations for t in c.trees))
    return [s for s in symbols if s.is_drawn]


def smooth(chain, equations):
    """Those of them by which something may be differentiated as a whole."""
    return [s for s in movable(chain, equations) if s.draw in ("real", "positive")
            and not chain.vocabulary.letters_of(s)]  # fmt: skip


def slope(condition, symbols):
    """The derivatives of the difference of two sides by all entries of symbols, in a column."""
    gap, slopes = Bound("sub", condition.trees), []
    for s in symbols:
        by = Bound("symbol", (s, (), ()), s.sizes())
        slopes.append(Bound("vec", (Bound("derivative", (gap, by, False), s.sizes()),)))
    return Bound("matrix", (-2, *slopes))


def vanishing(chain):
    """Vectors and matrices that would meet premises as zeros, without a premise that says so."""
    equations = equations_of(chain)
    sides = [_every(t) for c in equations for t in c.trees]
    named = {whole(t).latex for t in sides if whole(t)}
    return [s for s in movable(chain, equations)
            if s.draw == "real" and s.sizes() != (ONE, ONE) and s.latex not in named]  # fmt: skip


def _every(tree):
    """A whole symbol, or a part of one that is given for all values of its index."""
    while tree.op == "stack":
        tree = tree.args[-1]
        if tree.op != "stack":
            return tree
    return tree if tree.op == "symbol" else Bound("num", ("0",))


def solved(trial, chain):
    """A trial whose draws are moved until conditions that are equations hold, or None; without
    any, to just inside of a condition that is an inequality, which no draw may meet by itself.

    Each draw is moved for one value of the indices. In the first trials some draws start far away,
    where there may be other solutions.
    """
    equations = equations_of(chain)
    if not equations and trial.plan < EDGES:
        edges = [edge for c in chain.conditions if c.drawn for edge in edges_of(c, INSIDE)]
        equations = [edges[trial.plan % len(edges)]] if edges else []
    if not equations or trial.turn > 1:
        return None
    scales = trial.case.scales
    growing = chain.has((*chain.trees, *chain.stated), GROWING)
    draws = np.flatnonzero(scales <= MODERATE if growing else scales > 0)
    found = moved(trial, chain, equations, draws)
    if (found is not None and found.mask.any()) or not equations_of(chain):
        return found
    return _touching(trial, chain, equations, draws) or found


def _touching(trial, chain, equations, draws):
    """The same where two sides only touch, so that their difference has no slope there."""
    free = smooth(chain, equations)
    if len(equations) != 1 or equations[0].a.shape != NUMBER or not free:
        return None
    zero = Bound("num", ("0",))
    with contextlib.suppress(DerivationError):  # of some functions there is no derivative
        level = Condition("=", slope(equations[0], free), zero, chain.latex)
        return moved(trial, chain, [level, *equations], draws, least=LEVEL)
    return None


def moved(trial, chain, equations, draws, digits=DIGITS, reach=REACH, touched=(), least=SINGULAR):
    """Copies of some draws, moved until equations hold; for the first sizes some start far away.
    Conditions that are touched are left to the caller."""
    far = FAR if trial.plan < 2 else 0
    search = Search(trial, chain, equations, draws, far)
    search.reach, search.touched, search.least = reach, touched, least
    return search.found(digits, STEPS if far else EARLY) if search.able else None


def _apart(condition):
    """An equation as several, if it says that a sum of what is never negative is 0."""
    a, b = condition.trees
    terms = [*signed(a), *signed(b, -1)]
    some = [(sign, t) for sign, t in terms if t.op not in ("num", "zeros")]
    plain = sum(sign * float(t.args[0]) for sign, t in terms if t.op == "num")
    roots = [_roots(t) for _, t in some]
    if plain or not all(roots) or len({sign for sign, _ in some}) != 1:
        return [(a, b)]
    return [(root, Bound("zeros", (), root.shape)) for found in roots for root in found]


def _roots(tree):
    """What is 0, all together, where a tree is that is never negative; nothing of another tree."""
    match tree.op, tree.args:
        case ("add", parts) | ("matrix", (_, *parts)):
            found = [_roots(part) for part in parts]
            return [root for roots in found for root in roots] if all(found) else []
        case "max", (part,):
            return _roots(part)
        case ("abs" | "sqrt" | "norm F" | "norm F squared" | "norm 1" | r"norm \infty", (part,)):
            return _roots(part) or [part]
        case "pow", (part, Bound("num", (n,))) if n.isdecimal() and int(n) % 2 == 0 < int(n):
            return _roots(part) or [part]
        case ("scale" | "inner", (a, b)) if a is b:
            return _roots(a) or [a]
        case "matmul", (Bound("transpose", (a,)), b) if a is b and b.shape[1] == ONE:
            return [a]
        case "scale" | "div", (a, b):
            sure = [_is_positive(part) for part in (a, b)]
            return _roots(a) if sure[1] else _roots(b) if sure[0] and tree.op == "scale" else []
        case "sum" | "largest", (letter, low, high, None, body):  # alone, it may have any shape
            return [Bound("stack", (-2, letter, low, high, root)) for root in _roots(body)]
    return []


def _is_positive(tree):
    symbol = whole(tree)
    number = tree.op == "num" and float(tree.args[0]) > 0
    return number or tree.op in ("exp", "size", "const") or (symbol and symbol.draw == "positive")


class Search:
    """Newton's method on many draws at once, each for one value of the indices.

    It moves all that is drawn from the line and stands in the equations, or some of it. Further
    copies of the draws start far away. Some see both sides bent, so that exponentials are straight
    lines; some through logarithms all but for the sign, so that tiny numbers are told apart.
    """

    def __init__(self, trial, chain, equations, draws, far=0, symbols=None):
        self.trial, self.chain, self.equations, self.alike = trial, chain, equations, False
        self.split, self.reach, self.touched, self.least = {}, REACH, (), SINGULAR
        symbols = movable(chain, equations) if symbols is None else symbols
        drawn_in(trial.case, chain)  # before anything is changed, labels too
        every = np.concatenate([draws, np.resize(draws, far)])
        self.unknowns = Unknowns(trial.case.chosen(every), symbols)
        rng = np.random.default_rng([chain.seed, 13, trial.plan])
        self.targets = rng.integers(0, trial.shape[1], len(every))
        self.rows = self.unknowns.rows()
        start = self.rows[len(draws) :]
        start[:] = np.resize(FAR_SCALES, far)[:, None] * rng.standard_normal(start.shape)
        self.views = np.resize((0, 1, 0, 1, 2), len(every))

    @property
    def able(self):
        return 0 < self.unknowns.size <= MAX_UNKNOWNS

    def sides(self, rows, draws, exact=False):
        """Both sides of all equations, a row of entries for each draw."""
        case = self.unknowns.at(rows, draws)
        indices = {a: v[:, self.targets[draws] % v.shape[1]].reshape(-1, 1, 1, 1)
                   for a, v in self.trial.indices.items()}  # fmt: skip
        scope = Scope(case, indices, exact=exact, definitions=self.chain.definitions)
        scope.budget = [10 * MAX_WORK]  # many draws at once
        left, right = [], []
        for c in self.equations:
            self.split[c] = self.split.get(c) or _apart(c)
        for pair in (pair for c in self.equations for pair in self.split[c]):
            with numbers.switched(cancelling=False):
                a, b = np.broadcast_arrays(*(real(scope.value(t)) for t in pair))
            for side, found in ((a, left), (b, right)):
                shape = (case.count, 1, *side.shape[-2:])
                found.append(np.broadcast_to(side, shape).reshape(case.count, -1))
        return np.concatenate(left, 1), np.concatenate(right, 1)

    def residual(self, rows, draws):
        a, b = self.sides(rows, draws)
        views = self.views[draws][:, None]
        return sum(np.where(views == k, view(a) - view(b), 0.0) for k, view in enumerate(VIEWS))

    def sloped(self, rows, draws):
        """The residual and its Jacobian, by differences; the latter 0 where it is not defined."""
        count, size = rows.shape
        steps = STEP * np.maximum(1.0, np.abs(rows))
        ahead = rows[:, None, :] + steps[:, :, None] * np.eye(size)
        every = np.concatenate([rows[:, None], ahead], 1).reshape(-1, size)
        found = self.residual(every, np.repeat(draws, 1 + size)).reshape(count, 1 + size, -1)
        jacobian = (found[:, 1:] - found[:, :1]) / steps[:, :, None]
        return found[:, 0], np.where(np.isfinite(jacobian), jacobian, 0.0).swapaxes(1, 2)

    def newton(self, patience, some=None):
        """Steps until most draws, or all, meet the equations or get no nearer; how far each went
        at last, relative to where it is."""
        every = open_ = np.arange(len(self.rows)) if some is None else some
        last, least = np.full((2, len(self.rows)), np.inf)
        nearer = np.zeros(len(self.rows), int)  # the step in which it last was
        for n in range(STEPS):
            r, slope = self.sloped(self.rows[open_], open_)
            defined = np.isfinite(r).all(1)
            self.rows[open_[~defined]] *= PULL
            r = np.where(defined[:, None], r, 0.0)
            size = np.where(defined, np.linalg.norm(r, axis=1), np.inf)
            nearer[open_[~defined | (size < NEARER * least[open_])]] = n
            least[open_] = np.minimum(least[open_], size)
            going = (size > 1e-14) & (n - nearer[open_] < HOPELESS)
            open_, r, slope = open_[going], r[going], slope[going]
            if not open_.size or (n > patience and len(open_) < len(every) / 2):
                break
            rows = self.rows[open_]
            step = -(np.linalg.pinv(slope, rcond=self.least) @ r[..., None])[..., 0]
            length = np.linalg.norm(step, axis=1, keepdims=True)
            far = np.maximum(self.reach, 0.3 * np.linalg.norm(rows, axis=1, keepdims=True))
            self.rows[open_] = rows + step * np.minimum(1.0, far / np.maximum(length, 1e-9))
            last[open_] = length[:, 0] / np.maximum(1.0, np.linalg.norm(rows, axis=1))
        return last

    def found(self, digits, patience):
        """A trial of the draws that came to a solution, or None.

        At an asymptote a draw goes on and on; one that never moved may stand where floats see no
        gap. With more digits neither is followed.
        """
        last = self.newton(patience)
        if digits == DIGITS:
            last[np.isinf(last)] = 0
        a, b = self.sides(self.rows, np.arange(len(self.rows)))
        near = (np.abs(a - b) < NEAR * (1 + np.abs(a) + np.abs(b))).all(1) & (last < SETTLED)
        if digits != DIGITS:  # where large numbers cancel, floats see no solution
            near |= (last < NEAR) & ~near.any()
        near = np.flatnonzero(near)[: None if digits == DIGITS else FEW]
        return self.polished(near, digits) if near.size else None

    def polished(self, draws, digits):
        """The same in decimals; what is no simple solution is met if it has short numbers."""
        self.views[:] = 0
        rows = self.rows[draws]
        with numbers.digits(digits):
            short = np.vectorize(lambda x: Decimal(f"{x:.3f}"), otypes=[object])(rows)
            met = _met(*self.sides(short, draws, exact=True), "0")
            rows, reached = self.simple(rows, draws, digits)
        rows = np.where(met[:, None], short, rows)
        reached = (reached | met) & ~self.unknowns.at_limit(rows)
        reached[self.wide(rows, draws, digits, np.flatnonzero(reached))] = False
        with numbers.digits(digits):
            case = self.unknowns.at(rows, draws)
        new = Trial(case, self.trial.indices, self.chain.definitions, self.trial.turn,
                    self.trial.plan)  # fmt: skip
        new.solved = True
        met = {c.trees for c in (*self.equations, *self.touched)}  # a ≤ b where a = b, too
        new.restrict([c for c in self.chain.conditions if c.trees not in met])
        lanes = np.zeros(new.shape, bool)
        lanes[np.arange(len(draws)), self.targets[draws]] = reached
        new.mask &= lanes
        return new

    def wide(self, rows, draws, digits, some):
        """Those among some rows whose numbers are too wide apart for so many digits: an equation
        may lack the smallest of them."""
        if not some.size:
            return some
        with numbers.digits(digits), numbers.extremes(len(some)) as seen:
            self.sides(rows[some], draws[some], exact=True)
        return some[seen.most >= digits - SPARE]

    def simple(self, rows, draws, digits):
        """Steps with the last Jacobian: at a simple solution each gains some digits.

        With `alike`, what floats tell apart by rounding alone stays so: a bound may be met there.
        """
        as_decimals = _shortened if self.alike else lambda a: numbers.array(a, True)
        rows = as_decimals(rows)
        _, slope = self.sloped(rows.astype(float), draws)
        inverse = as_decimals(np.linalg.pinv(slope, rcond=self.least))
        lengths = np.linalg.norm(rows.astype(float), axis=1)
        for n in range(digits // GAINED):
            a, b = self.sides(rows, draws, exact=True)
            r = np.where(numbers.finite(a - b), a - b, Decimal(0))
            step = -np.matmul(inverse, r[..., None])[..., 0]
            rows = rows + step
            # a tiny residual alone may come of numbers that are all tiny, or of a slope that is
            flat = (np.abs(slope).max(2) == 0) & (r != 0).astype(bool)
            still = np.linalg.norm(step.astype(float), axis=1) <= STILL * (1e-10 + lengths)
            reached = _met(a, b, Decimal(10) ** (SPARE - digits)) & still & ~flat.any(1)
            if reached.all() or (n > EARLY and not _met(a, b, HOPE).any()):
                break
        return rows, reached


@lambda f: np.vectorize(f, otypes=[object])
def _shortened(x):
    """A float as a decimal of as many digits as differences of floats give."""
    return Decimal(f"{x:.6e}")


def _met(a, b, limit):
    """In which rows two sides agree so closely."""
    size = 1 + np.maximum(np.abs(a), np.abs(b))
    near = np.abs(a - b) <= Decimal(limit) * size
    return (numbers.finite(a - b) & near.astype(bool)).all(1)
