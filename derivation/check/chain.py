"""A claim on its way through the passes: its members and its conditions, bound."""

import copy
import functools
import itertools
from collections import Counter
from dataclasses import replace

import numpy as np

from ..binder.bind import Binder, fitted
from ..cases.plans import pairs_of
from ..cases.premises import SIGNED, conditions_of, named, sized, unfollowed
from ..cases.trials import Definitions
from ..evaluator.terms import compare
from ..operations import is_number
from ..printer import apart, latex_of
from ..reader.grammar import worded
from ..report import Step
from ..syntax import Bound, DerivationError, ShapeError, renamed, walk

__all__ = ["COMPARE", "MOST_JUMPS", "Chain", "compared"]

RANKS, COMPARE = ("rank", "pinv"), ("test", "among", "between")  # operations that jump

ROUNDED = ("div", "exp", "log", "pow", "root", "sqrt", "tanh")  # of which decimals are rounded
MOST_JUMPS = 6  # comparisons of a step that are told apart


class Chain:
    """One chain on its way through the passes."""

    def __init__(self, claim, outer, latex, vocabulary, seed):
        self.claim, self.chain, self.latex, self.seed = claim, claim.chain, latex, seed
        vocabulary, conditions = named(vocabulary, claim.conditions)
        self.supposed = [*((s, latex) for s in conditions), *outer]
        stated = [*(s for s, _ in self.supposed), *(claim.premise or ())]
        self.vocabulary = sized(vocabulary, stated)
        self.vocabulary, self.other = fitted(self.vocabulary, self.chain.members)
        if self.other:
            self.rename(self.other)
        if not self.chain.relations:
            at = self.chain.members[0].at
            raise DerivationError(f"an expression without a relation{worded(latex, at)}", latex, at)
        self.definitions = Definitions(self.vocabulary)
        chain = self.chain
        links = zip(chain.source, chain.relations, chain.source[1:], strict=False)
        self.steps = [Step(*link) for link in links]
        members = list(zip(chain.members, chain.assumed, strict=True))
        for step, (a, b) in zip(self.steps, itertools.pairwise(members), strict=True):
            step.read_as = tuple(latex_of(apart(m)) if assumed else "" for m, assumed in (a, b))
            given = [*claim.conditions, *(claim.premise or ())]
            step.given = r" \text{ and } ".join(map(_with_indices, given))
        self.bind()

    def rename(self, letters):
        """The same with other index letters."""
        every = (self.chain, *(self.claim.premise or ()), *(s for s, _ in self.supposed))
        other = {id(s): _renamed(s, letters) for s in every}
        premise = self.claim.premise and tuple(other[id(s)] for s in self.claim.premise)
        self.claim, self.chain = replace(self.claim, premise=premise), other[id(self.chain)]
        self.supposed = [(other[id(s)], text) for s, text in self.supposed]

    # binding

    def bind(self):
        binder = Binder(self.vocabulary, self.latex)
        self.bound, errors = [], []
        for relation, member in zip(("", *self.chain.relations), self.chain.members, strict=True):
            try:
                self.bound.append(self.bound_member(binder, relation, member))
                errors.append("")
            except ShapeError as error:
                self.bound.append(None)
                errors.append(str(error).splitlines()[0])
        for n, step in enumerate(self.steps):
            self.bound[n : n + 2] = self.zeros(n, binder)
            step.reason = errors[n] or errors[n + 1] or self.misfit(n, binder)
        self.given = [c for s, text in self.supposed for c in conditions_of(binder, s, text)]
        self.premises = [c for s in self.claim.premise or ()
                         for c in conditions_of(binder, s, self.latex)]  # fmt: skip
        stated = [tree for c in (*self.given, *self.premises) for tree in c.trees]
        binder.varies([*(tree for tree in self.bound if tree is not None), *stated])
        for n, tree in enumerate(self.bound):
            if tree is not None:
                self.bound[n] = self.settled(n, binder, tree)
        for condition in (*self.given, *self.premises):
            condition.settle(binder)
        self.letters = binder.free
        self.still()
        self.about()
        self.unfollowed = [*unfollowed(self, binder)]

    def alone(self, condition):
        """What a condition says as a claim of its own, for all that is drawn."""
        other, chain = copy.copy(self), self.chain
        other.chain = replace(chain, members=chain.members[:1] * 2, relations=(condition.relation,))
        other.steps, other.bound = [Step("", condition.relation, "")], [*condition.trees]
        other.given, other.premises = [c for c in self.conditions if not c.drawn], []
        other.about()
        return other

    def without(self, condition):
        """Leave out a condition that restricts nothing."""
        self.given, self.premises = (
            [c for c in some if c is not condition] for some in (self.given, self.premises)
        )
        self.about()

    def still(self):
        """Say at each step which symbols do not move in its differentials."""
        for step, pair in zip(self.steps, itertools.pairwise(self.bound), strict=True):
            names = dict.fromkeys(name for tree in pair if tree is not None for b in walk(tree)
                                  if b.op == "differential" for name in b.args[1:])  # fmt: skip
            stays = (rf"\mathrm{{d}} {name} = 0" for name in names)
            step.given = r" \text{ and } ".join(filter(None, (step.given, *stays)))

    def bound_member(self, binder, relation, member):
        """A member; what stands behind ∈ as a test of the one before, if that one has a shape."""
        if relation != "in":
            return binder.bind(member)
        return binder.inside(self.bound[-1], member, member) if self.bound[-1] else None

    def misfit(self, n, binder):
        """That both sides of a step differ in shape, or nothing."""
        a, b = self.bound[n : n + 2]
        if self.steps[n].relation == "in" or binder.sizes.fits(a.shape, b.shape):
            return ""
        text = f"the left side is {binder.text(a.shape)}, the right side {binder.text(b.shape)}"
        for k in (n, n + 1):
            if sign := SIGNED.get(self.chain.members[k].op):
                text += f"; ${self.chain.source[k]}$ is read as the {sign}"
        return text

    def settled(self, n, binder, tree):
        """A member with every size that was found; None if one was not, and a step fails anyway."""
        try:
            return binder.settled(tree)
        except ShapeError as error:
            around = self.steps[max(n - 1, 0) : n + 1]
            if not any(step.reason for step in around):
                raise
            for step in around:
                step.reason = step.reason or str(error).splitlines()[0]
            return None

    def zeros(self, n, binder):
        """A bare 0 beside a vector or a matrix is one of zeros, and the report says so."""
        pair, read = self.bound[n : n + 2], [*self.steps[n].read_as]
        settled = n > 0 and self.bound[n - 1] is not None  # what was compared keeps its shape
        if None not in pair and settled and is_number(binder.sizes, self.bound[n - 1].shape):
            return pair
        if None not in pair:
            found = binder.zeros(*pair)
            for k in (0, 1):
                read[k] = read[k] if found[k] is pair[k] else r"\mathbf{0}"
            self.steps[n].read_as, pair = tuple(read), found
        return pair

    def about(self):
        """What the members depend on: symbols, sizes, whether anything is drawn."""
        self.trees = trees = [t for t in self.bound if t is not None]
        self.conditions = [*self.given, *self.premises]
        self.stated = [t for c in self.conditions for t in c.trees]
        every = [*trees, *self.stated]
        self.sizes = self.definitions.letters(*every)
        for letter in self.letters:
            self.sizes |= {a for s in self.vocabulary.range(letter) for a in s.letters}
        self.symbols = self.definitions.symbols(*every)
        for c in self.conditions:
            c.drawn = self.is_drawn(*c.trees)
        self.spent, self.jumping = 0, {}  # work in decimals, and what it was done for: see `judge`
        self.seen, self.tried, self.sampled, self.decided = {}, Counter(), Counter(), Counter()
        self.vanishing, self.plans = [], {}  # see `derivation`, and `plans`
        self.at_jumps = []  # trials: see `special`
        self.drawn = any(not s.definition for s in self.symbols)

    def needed(self, trees):
        """All parts of trees, and of the definitions that they need."""
        definitions = [self.definitions(s)[0] for s in self.definitions.symbols(*trees)
                       if s.definition and not s.view]  # fmt: skip
        return [b for tree in (*trees, *definitions) for b in walk(tree)]

    def has(self, trees, operations):
        """Whether one of these operations stands in trees, or in what they need."""
        return any(b.op in operations for b in self.needed(trees))

    def jumps(self, n):
        """Whether rounding decides what a step compares, as it does where a rank changes, where an
        indicator compares what is drawn, or where the smallest of numbers is tiny."""
        if n not in self.jumping:
            parts = self.needed(self.bound[n : n + 2])
            self.jumping[n] = any(
                b.op in RANKS or (b.op in (*COMPARE, "min") and self.is_drawn(b))
                or (b.op in COMPARE and any(part.op in ROUNDED for part in walk(b))) for b in parts
            )  # fmt: skip
        return self.jumping[n]

    def ways(self, n, trial):
        """For each case the number of the way in which what a step compares turns out; -1 where
        nothing is compared, or where the case was solved, which tells fewer digits."""
        pairs = compared(tuple(self.bound[n : n + 2]), self.definitions)
        pairs = [*dict.fromkeys(pairs)][:MOST_JUMPS]
        found = np.where(trial.mask & bool(pairs and not trial.solved), 0, -1)
        for bit, (a, relation, b) in enumerate(pairs):
            sides = (trial.values(t, self.latex) for t in (a, b))
            found[(found >= 0) & compare(relation, *sides).all((-1, -2))] += 1 << bit
        return found

    def is_drawn(self, *trees):
        """Whether trees depend on what is drawn, other than labels."""
        needed = self.definitions.symbols(*trees)
        return any(s.is_drawn for s in needed)


def _with_indices(statement):
    """A condition, with the indices for all values of which it holds."""
    every = (rf" \text{{ for all }} {latex_of(index)}" for index in statement.every)
    return latex_of(statement) + "".join(every)


def _renamed(statement, letters):
    """A statement with other index letters, in what stands behind `for all`, too."""
    every = tuple(_renamed(s, letters) for s in statement.every)
    return replace(statement, members=renamed(statement.members, letters), every=every)


def compared(tree, definitions=None, around=()):
    """What decides which case is which in a tree, as (left, relation, right): what an indicator
    compares, and what a kink lies between; an index of a sum is its first one. Of what is defined
    by its entries, those of an entry, too, if definitions are given."""
    if isinstance(tree, tuple):
        for part in tree:
            yield from compared(part, definitions, around)
    if not isinstance(tree, Bound):
        return
    for a, relation, b in pairs_of(tree):
        if a.shape == b.shape:
            left, right = (functools.reduce(_within, around, t) for t in (a, b))
            yield left, relation, right
    match tree.op, tree.args:
        case ("sum" | "prod" | "largest" | "smallest", (letter, low, *_)) | (
            "stack", (_, letter, low, *_)
        ):  # fmt: skip
            around = ((("index_let", letter, low),), *around)
        case "lets", (lets, _):
            around = (lets, *around)
        case "entry", (Bound("symbol", (symbol, *_)), *at) if definitions and symbol.entries:
            pairs = zip(symbol.entries.split(), at[::2], strict=False)
            lets = tuple(("index_let", *pair) for pair in pairs)
            yield from compared(definitions(symbol)[0], None, (lets, *around))
    yield from compared(tree.args, definitions, around)


def _within(tree, lets):
    return Bound("lets", (lets, tree), tree.shape)
