"""What kind of slip a failing step is: edits of the wrong member are tried until it holds.

The cheapest edit that makes the step hold in all cases names the kind, never the repair; if one of
another kind costs nearly as little, both are named. Values alone give a fact beside it, and a case
with short numbers can be recomputed by hand.
"""

import contextlib
from dataclasses import dataclass

import numpy as np

from ..binder.bind import Binder
from ..cases.draws import Case
from ..cases.plans import size_plan
from ..cases.solve import solved
from ..cases.trials import trial_of
from ..reader.tokens import tokens
from ..sizes import NUMBER, Size, Unifier
from ..syntax import Bound, DerivationError, walk
from .context import Context
from .edits import COST, Edit, edits
from .facts import equal, seen, vanishes
from .misread import misread
from .recompute import example, failing
from .undefined import undefined

__all__ = ["Explanation", "explain"]

MAX_WORK, EDIT, BUDGET = 250_000, 60, 1_000_000  # in the units of the evaluator; what an edit costs
RIVAL = 0.6  # what costs so little more is named, too
TRIALS, DRAWS, PLANS, SOLVED, NEAR = 3, 3, 7, 4, 2  # edits: on the first trials, facts: on all
FAILURES = DerivationError, ArithmeticError, np.linalg.LinAlgError
SLOPES = ("derivative", "differential")
RULES = ("product", "inner", "slope", "chain")  # slips of who differentiates
# What is said, and what more if no second kind comes into question.
KINDS = {
    "product": ("the product or the quotient rule lacks a part",
                "Differentiate one factor at a time, the others held."),
    "inner": ("the chain rule lacks the derivative of what stands inside",
              "What stands inside, and what is its own derivative?"),
    "slope": ("something stands where its derivative belongs", "What moves with the variable?"),
    "sign": ("a sign is wrong", ""),
    "chain": ("the chain rule lacks its sum",
              "Through which quantities does the one depend on the other?"),
    "index": ("an index letter is not the one that belongs there",
              "Of each letter: does it stand free on both sides, or does a sum bind it?"),
    "transpose": ("a transpose is {}", "Write the shape below every factor."),
    "order": ("two parts of a product or a fraction stand in the wrong order, or the wrong one is"
              " transposed", "Write the shape below every factor."),
    "bound": ("a sum or a norm runs over the wrong values",
              "Write out its first and its last term."),
    "bracket": ("something stands outside a bracket, an exponent, a sum or a function that belongs"
                " inside, or the reverse", ""),
    "case": ("a case is missing or wrong", "Work out equal and different indices one by one."),
    "condition": ("a condition is missing", "For which values of its numbers does it hold?"),
    "sum": ("a sum is {}", "Write it out for two values of its index."),
    "number": ("a number is wrong", ""),
    "operation": ("plus, minus, times or divided by stands where another of them belongs", ""),
    "factor": ("a factor, a divisor or a power is {}", ""),
    "symbol": ("one symbol stands where another belongs", ""),
    "function": ("a function such as log or exp is {}", ""),
    "term": ("a term is {}", ""),
}  # fmt: skip


@dataclass
class Explanation:
    """What is said of a failing step, apart from its counterexample.

    Attributes
    ----------
    kind : str
        A sentence about the kind of slip; empty if nothing makes the step hold.
    fact : str
        What is true in all cases.
    case : str
        A case to recompute by hand.
    right_again : str
        Where the chain is right again, if it is.
    place : tuple of int or None
        Begin and end, in the source, of what the cheapest edit changes.
    kinds : tuple of str
        The keys of what `kind` names, the likeliest first.
    """

    kind: str = ""
    fact: str = ""
    case: str = ""
    right_again: str = ""
    place: tuple | None = None
    kinds: tuple = ()


def explain(claim, n):
    """What kind of slip a step of a chain is, and how to see it.

    Parameters
    ----------
    claim : Chain
        A chain of which every step has been tried.
    n : int
        Which of its steps; one that fails.

    Returns
    -------
    Explanation
        All empty for an inequality, for a side that is not defined, and for what has not been
        tried. Of a misfit of shapes it only says whether a transpose would help.
    """
    with np.errstate(all="ignore"):
        try:
            return _explained(claim, n)
        except FAILURES:  # nobody is served by an error about an error
            return Explanation()


def _explained(claim, n):
    found, step = Explanation(), claim.steps[n]
    if step.relation != "=" or not step.lane:
        _unequal(found, claim, n)
    elif misplaced := [text for tree in claim.bound[n : n + 2] for text in displaced(claim, tree)]:
        found.kinds, found.fact = ("index",), misplaced[0]
        found.kind = _sentence({"index": ""})
        found.case = shown(claim, n)
    elif (left := claim.chain.members[n]).plain and left.text in claim.vocabulary.sizes:
        found.fact = f"${left.text}$ is a size here, which no equation defines anew"
        found.case = shown(claim, n)
    else:
        _compared(found, claim, n)
        if why := undefined(claim, n):
            found.fact, found.case = why, failing(claim, n)
        found.case = found.case or shown(claim, n)
    return found


def _unequal(found, claim, n):
    """Of what is no equality, or has sides of different shapes."""
    step, shapes = claim.steps[n], [b.shape if b else None for b in claim.bound[n : n + 2]]
    if step.lane and step.relation != "in":
        found.case = failing(claim, n)
    elif not step.lane and None not in shapes and shapes[0] == shapes[1][::-1] != shapes[1]:
        found.fact = "with a transpose on one side the shapes would fit"


def _compared(found, claim, n):
    """Of two sides with different values."""
    bench = Bench(claim)
    pair = bench.values(n), bench.values(n + 1)
    if not bench.differ(*(side[:TRIALS] for side in pair)):  # not defined, or only rarely apart
        return
    suspects, found.right_again = suspected(bench, n)
    facts = list(seen(bench, n))
    found.fact = facts[0].text if facts else ""
    holding = repairs(bench, suspects) + [(f.cost, f.kind, None) for f in facts if f.kind]
    if not differentiates(claim) or vanishes(pair[1]):  # a rule that lacks a part often gives 0
        holding = [h for h in holding if h[1] not in RULES]
    if vanishes(pair[0]):  # a 0 is easily met
        holding = [h for h in holding if h[1] == "sign"]
    holding.sort(key=lambda h: h[0])
    likely = [h for h in holding if h[0] <= holding[0][0] + RIVAL]
    found.kinds = tuple(dict.fromkeys(kind for _, kind, _ in likely))[:2]
    found.kind = _sentence({k: _which(e for _, kind, e in likely if kind == k)
                            for k in found.kinds})  # fmt: skip
    parts = (edit.part for _, _, edit in holding if edit is not None)
    found.place = next((extent(claim, part) for part in parts), None)


def differentiates(claim):
    """Whether a derivative stands in a chain, or is what one of its members is the name of."""
    named = [tree for tree in claim.bound if tree and tree.op in ("symbol", "view", "entry")]
    return claim.has(named, SLOPES) or any(b.op in SLOPES for b in walk((*claim.bound,)))


def _which(edits):
    """Whether something is missing or too many, if all edits that make a step hold agree."""
    signs = {np.sign(len(list(walk(e.new))) - len(list(walk(e.part)))) for e in edits if e}
    return {(1,): "missing", (-1,): "one too many"}.get((*signs,), "")


def shown(claim, n):
    """A case with short numbers, or that in which the check saw the step fail."""
    for case in (example, failing):
        with contextlib.suppress(*FAILURES):  # the rest is said without it
            if text := case(claim, n):
                return text
    return ""


def displaced(claim, tree):
    """Of each index that stands where something else is counted than what it counts: a sentence."""
    binder, vocabulary = Binder(claim.vocabulary), claim.vocabulary
    letters = {b.args[0] for b in walk(tree) if b.op == "index"}
    for letter in sorted(letters & {*vocabulary.indices}):
        own = vocabulary.range(letter)
        for run in binder.runs(tree, letter):
            if not all(map(binder.sizes.equal, own, run)):
                counts = (rf"${first}, \dots, {last}$" for first, last in (own, run))
                yield "${}$ counts {}, and stands where {} are counted".format(letter, *counts)


def _sentence(kinds):
    """What is said of one kind or of two: a dictionary of kinds to "missing" or "one too many"."""
    said = [KINDS[kind][0].format(which or "missing, one too many or the wrong one")
            for kind, which in kinds.items()]  # fmt: skip
    if len(said) == 2:
        return f"Either {said[0]}, or {said[1]}."
    more = KINDS[next(iter(kinds))][1] if kinds else ""
    return f"{said[0][:1].upper()}{said[0][1:]}. {more}".strip() if said else ""


# trying


class _Binder(Binder):
    """Binds a part that many trees share only once."""

    def __init__(self, *args):
        super().__init__(*args)
        self.shared, self.loose = {}, {}

    def bind(self, node):
        key = id(node), self.scope
        if key not in self.shared:
            bound = super().bind(node)
            if self.is_loose(bound):
                return bound  # its size is another one in every tree
            self.shared[key] = bound, node
        return self.shared[key][0]

    def is_loose(self, bound):
        """Whether a size in a bound tree is not known yet."""
        if isinstance(bound, tuple):
            return any(map(self.is_loose, bound))
        if isinstance(bound, Size):
            return any(a.startswith("?") for a in bound.letters)
        if not isinstance(bound, Bound):
            return False
        if id(bound) not in self.loose:
            self.loose[id(bound)] = self.is_loose((bound.shape, bound.args)), bound
        return self.loose[id(bound)][0]

    def settled(self, bound):
        known = isinstance(bound, Bound) and not self.is_loose(bound)
        return bound if known else super().settled(bound)


class Bench:
    """A few cases of a claim, and the values of its members and of other trees in them."""

    def __init__(self, claim):
        self.claim, self.known, self.trials = claim, {}, []
        self.binder = _Binder(claim.vocabulary, "", (), list(claim.letters))
        for turn in range(4):
            met = []
            for n, one in enumerate(self.drawn(turn)):  # to solve a premise takes long
                moved = solved(one, self.claim) if not turn and n < SOLVED else None
                met += [t for t in (one, moved) if t is not None and t.mask.any()]
            self.trials = max(self.trials, met, key=len)
            if len(met) >= TRIALS:
                break

    def drawn(self, turn):
        """Trials of moderate numbers, in which floats are exact enough; no far solutions."""
        rng, scales = np.random.default_rng([self.claim.seed, 11, turn]), (1.0, 0.4, 0.8)
        plans = size_plan(self.claim, rng)[:PLANS]
        count = DRAWS * -(-PLANS // len(plans)) * 4**turn
        for plan in plans:
            case = Case(self.claim.vocabulary, plan, 1, None, np.ones(1))
            if all(len(case.range(a)) for a in self.claim.letters):
                yield trial_of(self.claim, plan, count, rng, scales, number=NEAR)

    def values(self, member):
        """Of a member, for each trial; None if it has none."""
        if member not in self.known:
            tree = self.claim.bound[member]
            self.known[member] = tree and [self.value(t, tree) for t in self.trials]
        return self.known[member]

    def value(self, trial, tree):
        trial.scope.budget[0] = BUDGET  # which all scopes of the trial share
        return trial.values(tree).astype(float)

    def number(self, node):
        """A part of a step, bound, if it is a number that is drawn or written, or calculated from
        such; else None."""
        self.binder.sizes = Unifier()
        try:
            tree = self.binder.settled(self.binder.bind(node))
        except FAILURES:
            return None
        counts = tree.op in ("index", "size") or (tree.op == "symbol" and tree.args[0].is_label)
        known = tree.letters <= {*self.claim.letters} and not counts
        return tree if known and tree.shape == NUMBER else None

    def agree(self, trial, a, b):
        """In which cases two values are equal, or the first is not defined."""
        if a.shape != b.shape:
            return np.zeros(trial.shape, bool)
        return equal(a, b) | ~trial.mask | ~np.isfinite(a).all((-1, -2))

    def same(self, a, b):
        """Whether two members agree in all cases."""
        a, b = self.values(a), self.values(b)
        triples = zip(self.trials, a or (), b or (), strict=False)
        return bool(a and b) and all(self.agree(*t).all() for t in triples)

    def differ(self, left, right):
        """Whether there is a case in which both sides are defined, and not equal."""
        triples = zip(self.trials, left, right, strict=False)
        return any((t.mask & np.isfinite(a).all((-1, -2)) & np.isfinite(b).all((-1, -2))
                    & ~equal(a, b)).any() for t, a, b in triples)  # fmt: skip

    def chained(self, a, b):
        """Whether only equalities stand between two members."""
        return {*self.claim.chain.relations[min(a, b) : max(a, b)]} <= {"="}

    def holds(self, node, member):
        """Whether a tree has the values of a member in the first cases, and what it cost to see."""
        self.binder.sizes, spent = Unifier(), 0
        try:
            tree = self.binder.bind(node)
            fits = self.binder.sizes.fits(tree.shape, self.claim.bound[member].shape)
            if not fits or not tree.letters <= {*self.claim.letters}:
                return False, spent
            tree = self.binder.settled(tree)
            for trial, wanted in zip(self.trials[:TRIALS], self.values(member), strict=False):
                found = self.value(trial, tree)
                spent += BUDGET - trial.scope.budget[0]
                if not self.agree(trial, wanted, found).all():
                    return False, spent
        except FAILURES:
            return False, spent
        return True, spent


def suspected(bench, n):
    """(member, what it should equal, additional cost) of what may be wrong; what is right again."""
    chain = bench.claim.chain
    same = [k for k in range(len(chain.members)) if bench.chained(k, n)]
    if any(k < n and bench.same(k, n + 1) for k in same):
        return [(n, n + 1, 0)], "the left side of this step is wrong; its right side is right again"
    for k in same:
        if k > n + 1 and bench.same(n, k):
            short = len(chain.source[k]) < 60
            what = f"${chain.source[k].strip()}$" if short else f"member {k + 1} of the chain"
            return [(n + 1, n, 0)], f"{what} is right again"
    if n or chain.members[0].op in ("name", "derivative", "gradient"):  # what was to be worked out
        return [(n + 1, n, 0)], ""
    return [(n + 1, n, 0), (n, n + 1, 1.0)], ""


def repairs(bench, suspects):
    """(cost, kind, edit) of the cheapest edits that make the step hold."""
    members, work, found, tried = bench.claim.chain.members, 0, [], []
    context = Context(bench.claim.vocabulary, members, bench.claim.letters)
    for member, other, extra in suspects:
        tried += [(edit.cost + extra, edit, other) for edit in edits(members[member], context)]
        tried += [(COST[kind] + extra, Edit(kind, 0, tree, (), members[member], tree), member)
                  for kind, tree in misread(members[other], context)]  # fmt: skip
    for cost, edit, other in sorted(tried, key=lambda t: t[0]):
        if work > MAX_WORK or (found and cost > found[0][0] + RIVAL):
            break
        holds, spent = bench.holds(edit.tree, other)
        work += EDIT + spent
        if holds:
            found.append((cost, edit.kind, edit))
    return found


# the place


def extent(claim, part):
    """Begin and end of a part of a tree in the source."""
    last = max(node.at for node in walk(part))
    found = tokens(claim.latex, claim.vocabulary.dialect.words)
    until = [t.end for t in found if t.end > last]  # in \frac12 a part of a token
    for end in until:
        text = claim.latex[part.at : end]
        if all(text.count(a) <= text.count(b) for a, b in ("{}", "()", "[]")):
            return part.at, end
    return part.at, until[0]
