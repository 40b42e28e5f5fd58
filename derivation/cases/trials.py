"""The cases on which a claim is tried: sizes, draws, values of the indices, conditions."""

import math

import numpy as np

from ..binder.bind import Binder
from ..evaluator import numbers
from ..evaluator.dual import real
from ..evaluator.evaluate import Scope
from ..evaluator.terms import compare
from ..syntax import below, walk
from .draws import Case
from .plans import SIZE_PLANS, VAST, plans_of

__all__ = ["SCALES", "Condition", "Definitions", "Trial", "drawn_in", "first_plan",
           "index_grid", "indexed", "lanes_of", "trial_of", "trials"]  # fmt: skip

VAST_WORK = 400_000  # a sum of a thousand terms, and none of a million
CHOSEN = {"entry", "index", "largest", "matrix", "max", "min", "num", "row", "size", "smallest",
          "stack", "symbol", "transpose", "view"}  # fmt: skip
TELLING = ("test", "among", "between", "whole", "rank")
ROUNDING = 1e-12  # of floats, in a condition
FEW_DRAWS, DRAWS, MAX_INDICES = 2, 8, 80
MAX_GRIDS = 2**62  # values of all indices together that are numbered
MAX_TOGETHER = 400_000_000  # work for all cases of a claim
SCALES = (1.0, 0.3, 3.0, 1.0, 0.1, 200.0, 2.0, 20.0)


class Definitions:
    """What a vocabulary's definitions are and what they need, each bound once."""

    def __init__(self, vocabulary):
        self.vocabulary, self.binder, self.known = vocabulary, Binder(vocabulary), {}
        self.closures, self.standing, self.varying = {}, {}, {}
        self.left = MAX_TOGETHER

    def __call__(self, symbol):
        """The bound tree, and the indices that it leaves open."""
        if symbol.latex not in self.known:
            self.known[symbol.latex] = self.binder.definition(symbol)
        return self.known[symbol.latex]

    def closure(self, *trees):
        """The names of all symbols that trees need, through all definitions."""
        if trees not in self.closures:
            names, todo = set(), list(trees)
            while todo:
                found = self.named(todo.pop())
                todo += [self.binder.definition(s)[0] for name, s in found.items()
                         if s is not None and s.definition and name not in names]  # fmt: skip
                names.update(found)
            self.closures[trees] = names
        return self.closures[trees]

    def named(self, tree):
        """The names that stand in a tree itself, each with its symbol."""
        if tree not in self.standing:
            found = {}
            if tree.op == "symbol":
                found[tree.args[0].latex] = tree.args[0]
            elif tree.op in ("view", "local"):
                found[tree.args[0]] = None
            for part in below(tree.args):
                found |= {n: s for n, s in self.named(part).items() if s or n not in found}
            self.standing[tree] = found
        return self.standing[tree]

    def symbols(self, *trees):
        """The symbols themselves, drawn and defined."""
        names = self.closure(*trees)
        return [s for s in self.vocabulary.symbols if s.latex in names]

    def rounded(self, sides):
        """Whether floats may come to a number only by rounding: one that is calculated."""
        drawn = not any(s.definition for s in self.symbols(*sides))
        drawn = drawn and all(part.op in CHOSEN for part in walk(sides))
        return not drawn and sum(map(self.varies, sides)) == 1

    def varies(self, tree):
        """Whether a value is any real number; what counts and tells apart is a whole one."""
        if tree not in self.varying:
            self.varying[tree] = False  # a recursion meets this
            if tree.op == "symbol":
                (symbol, *_), definition = tree.args, tree.args[0].definition
                found = self.varies(self(symbol)[0]) if definition else symbol.is_drawn
            else:
                found = tree.op not in TELLING and any(map(self.varies, below(tree.args)))
            self.varying[tree] = found
        return self.varying[tree]

    def letters(self, *trees):
        """The size letters on which trees depend."""
        definitions = [self(s)[0] for s in self.symbols(*trees) if s.definition and not s.view]
        found = set()
        for tree in (*trees, *definitions):
            for node in walk(tree):
                sizes = [*node.shape, *(a for a in node.args if hasattr(a, "terms"))]
                if node.op == "symbol":
                    sizes += [*self.vocabulary.shape(node.args[0])]
                    letters = [a for a, _ in node.args[1]]
                    letters += [node.args[0].draw.partition(" ")[2]]
                    letters += node.args[0].entries.split()
                    sizes += [s for a in letters if a for s in self.vocabulary.range(a)]
                found.update(a for s in sizes for a in s.letters)
        return found


def first_plan(chain):
    """The first sizes at which the conditions hold that sizes and indices alone decide."""
    plans, given = plans_of(chain), [c for c in chain.conditions if not c.drawn]
    for plan in plans[:SIZE_PLANS] if given else ():
        rng = np.random.default_rng(chain.seed)
        if indexed(chain, plan) and trial_of(chain, plan, 2, rng, (1.0,), given=given).mask.any():
            return plan
    return plans[0]


def indexed(chain, plan):
    """Whether every free index has a value."""
    case = Case(chain.vocabulary, plan, 1, None, np.ones(1))
    return all(len(case.range(letter)) for letter in chain.letters)


def drawn_in(case, chain):
    """The symbols of a claim that have no definition, each with its values in a case."""
    return [(s, case.draw(s, chain.vocabulary.letters_of(s)))
            for s in chain.symbols if not s.definition]  # fmt: skip


class Trial:
    """A case, the values of the free indices, and which of both the claim is about."""

    def __init__(self, case, indices, definitions, turn=0, plan=0):
        self.case, self.indices, self.definitions = case, indices, definitions
        self.turn, self.plan, self.solved = turn, plan, False
        self.scope = Scope(case, indices, definitions=definitions)
        if self.vast:
            self.scope.budget[0] = VAST_WORK
        self.shape = case.count, max((v.shape[1] for v in indices.values()), default=1)
        self.mask = np.ones(self.shape, bool)

    @property
    def beyond(self):
        """The sizes that the vocabulary does not name."""
        named = self.case.vocabulary.sizes
        return [n for a, n in self.case.sizes.items() if n not in named[a]]

    @property
    def vast(self):
        """Whether sizes that nobody names are such that only calculations can be tried."""
        return max(self.beyond, default=0) >= VAST[0]

    @property
    def exact_draws(self):
        """Where numbers were not left to chance: what is undefined only there tells nothing."""
        return (self.case.scales == 0)[:, None]

    def values(self, tree, latex=""):
        """The value of a tree for each draw and value of the indices."""
        self.scope.latex = latex
        return self.spread(self.scope.value(tree))

    def spread(self, value):
        value = real(value)
        return np.broadcast_to(value, (*self.shape, *value.shape[-2:]))

    def restrict(self, conditions, exact=False):
        """Only cases in which all conditions hold."""
        scope = self.scope
        if exact:
            self.scope = scope.but(exact=True, memo={})
        for condition in conditions:
            self.mask = self.mask & condition.holds(self, exact)
        self.scope = scope

    def exact(self, lanes, latex=""):
        """A scope in which some cases are evaluated in decimals."""
        draws, columns = map(np.array, zip(*lanes, strict=True))
        indices = {a: v[:, columns % v.shape[1]].reshape(-1, 1, 1, 1)
                   for a, v in self.indices.items()}  # fmt: skip
        scope = Scope(self.case.chosen(draws), indices, exact=True, definitions=self.definitions)
        scope.latex, scope.solved = latex, self.solved
        return scope

    def named(self, lane, symbols):
        """What names a case in a report: sizes, indices, and the labels that are needed."""
        labels = {
            s.latex: int(self.case.drawn[s.latex][lane[0]].item())
            for s in symbols
            if s.is_label and s.latex in self.case.drawn and self.case.drawn[s.latex][0].size == 1
        }
        at = {a: int(v[0, lane[1] if v.shape[1] > 1 else 0, 0, 0]) for a, v in self.indices.items()}
        return {**self.case.sizes, **at, **labels}


class Condition:
    """A relation to which a claim is restricted, bound; without a relation an indicator."""

    def __init__(self, relation, a, b, latex):
        self.relation, self.a, self.b, self.latex = relation, a, b, latex
        self.drawn = False  # whether it depends on what is drawn

    @property
    def trees(self):
        return (self.a,) if self.b is None else (self.a, self.b)

    def settle(self, binder):
        """Fix every size that the binder has found."""
        self.a = binder.settled(self.a)
        self.b = None if self.b is None else binder.settled(self.b)

    def holds(self, trial, exact=False, near=1e-9):
        """In which cases it does; `exact` where the numbers are decimals, `near` how closely two
        floats agree."""
        a = trial.values(self.a, self.latex)
        if self.b is None:
            return (a == 1).all((-1, -2))
        b = trial.values(self.b, self.latex)
        a, b = np.broadcast_arrays(a, b)
        if self.relation in ("=", "!="):
            near = numbers.number("1e-25", True) if exact else near
            close = (np.abs(a - b) <= near * np.maximum(np.abs(a), np.abs(b))).astype(bool)
            same = close.all((-1, -2))
            good = numbers.finite(a).all((-1, -2)) & numbers.finite(b).all((-1, -2))
            if self.drawn and self.relation == "=" and not exact:
                # two zeros may be what is left of tiny numbers, but not of short ones
                good = good & (((a != 0) | (b != 0)).any((-1, -2)) | trial.exact_draws)
            return good & (same == (self.relation == "="))
        held = compare(self.relation, a, b) & numbers.finite(a) & numbers.finite(b)
        if self.drawn and not exact:
            if "=" in self.relation:
                held = held & ((a != 0) | (b != 0))
            else:  # by more than rounding
                held = held & (np.abs(a - b) > ROUNDING * np.maximum(np.abs(a), np.abs(b)))
        return held.all((-1, -2))


def index_grid(case, letters, rng):
    """All values of the free indices, or some of them if they are very many."""
    ranges = {letter: np.asarray(case.range(letter)) for letter in letters}
    count, grid = min(math.prod(map(len, ranges.values())), MAX_GRIDS), {}
    ranks = np.arange(count) if count <= MAX_INDICES else rng.choice(count, MAX_INDICES, False)
    ranks = np.sort(ranks)
    for letter in reversed(letters):
        ranks, at = np.divmod(ranks, len(ranges[letter]))
        grid[letter] = ranges[letter][at].reshape(1, -1, 1, 1)
    return {letter: grid[letter] for letter in letters}


def trial_of(chain, plan, count, draws, scales, turn=0, number=0, given=None):
    """A trial with sizes, and draws of some scales, in which the conditions hold."""
    case = Case(chain.vocabulary, plan, count, draws, np.resize(np.array(scales), count))
    grid = index_grid(case, chain.letters, draws)
    trial = Trial(case, grid, chain.definitions, turn, number)
    trial.restrict(chain.conditions if given is None else given)
    return trial


def trials(chain, turn=0):
    """One trial after another: for each plan of sizes, some draws."""
    plans = plans_of(chain, turn)
    few = -(-SIZE_PLANS // max(len(plans), 1))  # where nothing depends on sizes: more draws
    count = DRAWS * few * 2**turn if chain.drawn else 1
    for n, plan in enumerate(plans):
        if indexed(chain, plan):
            draws = np.random.default_rng([chain.seed, turn, n])
            many = count if n < SIZE_PLANS else FEW_DRAWS
            yield trial_of(chain, plan, many, draws, SCALES, turn, n)


def lanes_of(mask):
    """Pairs of draw and index value."""
    return [tuple(map(int, pair)) for pair in np.argwhere(mask)]
