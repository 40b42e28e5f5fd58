"""Which claims a text makes, under which conditions, and their members bound."""

import itertools
from collections import Counter
from dataclasses import dataclass, field, replace

from .bind import Binder, fitted
from .cases import Condition, Definitions
from .operations import is_number
from .printer import latex_of
from .report import Step
from .syntax import DerivationError, Node, ShapeError, renamed, walk

__all__ = ["Chain", "Claim", "conditions_of", "grouped", "is_condition"]

RANKS, COMPARE = ("rank", "pinv"), ("test", "among", "between")  # operations that jump


@dataclass
class Claim:
    """A chain, the conditions under which it stands, and what it follows from."""

    chain: object
    conditions: list = field(default_factory=list)
    premise: tuple | None = None
    supposed: bool = False  # a premise: it need not hold
    listed: bool = False  # behind another claim, of a drawn symbol: a condition may be meant


def conditions_of(text, vocabulary):
    """The statements of a condition such as k \\neq y."""
    found = vocabulary.read(text)
    for statement in found:
        if not statement.relations and statement.members[0].op != "indicator":
            raise DerivationError(f"a condition has a relation, got {text}", text, 0)
    return found


def _names_index(statement, vocabulary):
    """Whether a statement only names an index, as `for all k` does: it restricts nothing."""
    (*_, last) = statement.members
    return not statement.relations and last.plain and last.args[0] in vocabulary.indices


def is_condition(statement, vocabulary):
    """A relation between indices, labels, sizes and numbers: it says for which cases."""

    def chooses(member):
        return member.plain and vocabulary.lookup(member)[0] is None and (
            member.args[0] in vocabulary.indices or member.args[0] in vocabulary.sizes)  # fmt: skip

    def fixed(member):
        symbol = vocabulary.lookup(member)[0] if member.op == "name" else None
        return member.op in ("num", "set", "without") or (symbol is not None and symbol.is_label)

    if statement.role not in ("chain", "and"):
        return statement.role == "condition"
    members = statement.members
    if not statement.relations:
        return members[0].op == "indicator"
    return all(chooses(m) or fixed(m) for m in members) and any(map(chooses, members))


def grouped(statements, vocabulary, latex=""):
    """The claims of a text, each with its own conditions.

    A condition belongs to the chain on its line, else to the one before. What stands before the
    chains of its line belongs to these, and to what follows from them; what stands on a line of its
    own, or is a heading, to all that follow.
    """
    for s in statements:
        bare = s.role == "condition" and not s.relations and s.members[0].op != "indicator"
        if bare and not _names_index(s, vocabulary):
            raise DerivationError("a condition has a relation")
    chains = _chains(statements, vocabulary)
    if not any(s.relations for s in chains):
        chains = statements = [s for s in statements if s.relations and s.role != "condition"]
        if not chains:
            at = statements[0].members[0].at if statements else 0
            raise DerivationError("an expression without a relation", latex, at)
    groups = _Groups(statements, chains, vocabulary)
    for n, s in enumerate(statements):
        if s.role == "condition" and _names_index(s, vocabulary):
            groups.index(s)
        elif groups.is_chain(s):
            groups.claim(n, s)
        else:
            groups.condition(n, s)
    return groups.claims


def _chains(statements, vocabulary):
    """The statements that claim something; what `and` joins to one of them is one."""
    chains = []
    for n, s in enumerate(statements):
        joined = s.role == "and" and n and any(statements[n - 1] is c for c in chains)
        if joined or not is_condition(s, vocabulary):
            chains.append(s)
    return chains


class _Groups:
    """Claims in the making: `leading` are the conditions of what comes next."""

    def __init__(self, statements, chains, vocabulary):
        self.statements, self.chains, self.vocabulary = statements, chains, vocabulary
        self.claims, self.leading, self.last = [], [], None

    def is_chain(self, statement):
        return any(statement is c for c in self.chains)

    def index(self, statement):
        """What only names an index restricts nothing; on a new line it ends what led before."""
        if self.last is not None and statement.line > self.last.chain.until:
            self.leading = []

    def condition(self, n, statement):
        """Give a condition to the chain before it, or keep it for what follows."""
        last, later = self.last, next(filter(self.is_chain, self.statements[n + 1 :]), None)
        own_line = last is not None and last.chain.until == statement.line
        heads = later is not None and later.line == statement.until
        ahead = statement.heads and later is not None
        if last is not None and not ahead and (own_line or not heads):
            last.conditions.append(statement)
        else:
            self.leading = [*self.leading, statement] if last is None else [statement]

    def claim(self, n, statement):
        """A claim with what leads it, and what it follows from."""
        self.leading = [c for c in self.leading if self.reaches(c, statement)]
        claim = Claim(statement, list(self.leading))
        last, self.last = self.last, claim
        behind = last is not None and statement.line == last.chain.until
        claim.listed = behind and statement.role == "chain" and self.chooses(statement)
        if statement.role in ("and", "also") and last is not None:  # A ⟹ B and C
            claim.premise = last.premise
        if statement.role == "note":  # under the conditions of the line on which it stands
            around = [c for c in self.claims if c.chain.line <= statement.line <= c.chain.until]
            claim.conditions = list((around or self.claims)[-1].conditions)
        self.claims.append(claim)
        if statement.role in ("implies", "iff"):
            self.implied(n, claim)

    def chooses(self, statement):
        """Whether a statement is c > 0, W = 0 or the like of what is drawn."""
        symbols = [self.vocabulary.lookup(m)[0] for m in statement.members[:1] if m.op == "name"]
        return len(statement.relations) == 1 and any(
            s is not None and not s.definition and not s.is_label for s in symbols
        )

    def implied(self, n, claim):
        """What a claim follows from is supposed; and what follows from it, if both are the same."""
        claim.premise = _premise(self.statements, n)
        apart = [c for c in claim.conditions if not any(c is p for p in claim.premise)]
        claim.conditions = apart
        for other in self.claims:
            if other.premise is None and any(other.chain is p for p in claim.premise):
                other.supposed = True
        if claim.chain.role == "iff":
            self.claims += [Claim(p, apart, (claim.chain,)) for p in claim.premise]

    def reaches(self, condition, statement):
        """Whether a condition before it is one of a statement."""
        on_its_line = [c for c in self.chains if c.line == condition.until]
        joined = statement.role in ("claim", "and", "also") or statement.line == condition.until
        return condition.heads or not on_its_line or joined


def _premise(statements, n):
    """What stands before ⟹, with all that `and` joins to it."""
    first = n - 1
    while first > 0 and statements[first].role in ("and", "also"):
        first -= 1
    return tuple(statements[first:n])


class Chain:
    """One chain on its way through the passes."""

    def __init__(self, claim, outer, latex, vocabulary, seed):
        self.claim, self.chain, self.latex, self.seed = claim, claim.chain, latex, seed
        self.supposed = [*((s, latex) for s in claim.conditions), *outer]
        stated = [*(s for s, _ in self.supposed), *(claim.premise or ())]
        self.vocabulary = _sized(vocabulary, stated)
        self.vocabulary, self.other = fitted(self.vocabulary, self.chain.members)
        if self.other:
            self.rename(self.other)
        if not self.chain.relations:
            at = self.chain.members[0].at
            raise DerivationError("an expression without a relation", latex, at)
        self.definitions = Definitions(self.vocabulary)
        chain = self.chain
        links = zip(chain.source, chain.relations, chain.source[1:], strict=False)
        self.steps = [Step(*link) for link in links]
        members = list(zip(chain.members, chain.assumed, strict=True))
        for step, (a, b) in zip(self.steps, itertools.pairwise(members), strict=True):
            step.read_as = tuple(latex_of(m) if assumed else "" for m, assumed in (a, b))
            given = [*claim.conditions, *(claim.premise or ())]
            step.given = r" \text{ and } ".join(map(latex_of, given))
        self.bind()

    def rename(self, letters):
        """The same with other index letters."""
        other = {
            id(s): replace(s, members=renamed(s.members, letters))
            for s in (self.chain, *(self.claim.premise or ()), *(s for s, _ in self.supposed))
        }
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
        self.given = [c for s, text in self.supposed for c in self.bound_condition(binder, s, text)]
        self.premises = [c for s in self.claim.premise or ()
                         for c in self.bound_condition(binder, s, self.latex)]  # fmt: skip
        for n, tree in enumerate(self.bound):
            if tree is not None:
                self.bound[n] = self.settled(n, binder, tree)
        for condition in (*self.given, *self.premises):
            condition.settle(binder)
        self.letters = binder.free
        self.about()

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
        return f"the left side is {binder.text(a.shape)}, the right side {binder.text(b.shape)}"

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
        self.seen, self.sampled, self.settled = {}, Counter(), Counter()
        self.vanishing = []  # see `check`
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
        """Whether rounding decides what a step compares, as it does where a rank changes, or where
        an indicator compares what is drawn."""
        if n not in self.jumping:
            parts = self.needed(self.bound[n : n + 2])
            self.jumping[n] = any(
                b.op in RANKS or (b.op in COMPARE and self.is_drawn(b)) for b in parts
            )
        return self.jumping[n]

    def is_drawn(self, *trees):
        """Whether trees depend on what is drawn, other than labels."""
        needed = self.definitions.symbols(*trees)
        return any(not s.definition and not s.is_label for s in needed)

    def bound_condition(self, binder, statement, latex):
        """The conditions of a statement, one for each of its relations."""
        before, binder.latex = binder.latex, latex
        try:
            members = statement.members
            if not statement.relations:
                return [Condition("=", binder.bind(members[0]), None, latex)]
            found = []
            for a, relation, b in zip(members, statement.relations, members[1:], strict=False):
                left = binder.bind(a)
                if relation == "in":
                    found.append(Condition("in", binder.inside(left, b, b), None, latex))
                    continue
                if relation in ("~", "propto"):
                    raise DerivationError("this relation is no condition", latex, b.at)
                left, right = binder.zeros(left, binder.bind(b))
                if not binder.sizes.fits(left.shape, right.shape):
                    text = f"{binder.text(left.shape)} and {binder.text(right.shape)}"
                    raise DerivationError(f"a condition compares {text}", latex, b.at)
                found.append(Condition(relation, left, right, latex))
            return found
        finally:
            binder.latex = before


def _sized(vocabulary, conditions):
    """A vocabulary in which C has the value that a condition C = 3 gives it."""
    fixed = {}
    for statement in conditions:
        match statement.members, statement.relations:
            case (Node("name") as a, Node("num", (text,))), ("=",) if (
                a.plain and a.args[0] in vocabulary.sizes and text.isdecimal() and int(text) > 0
            ):
                fixed[a.args[0]] = int(text)
    return vocabulary.extend(sizes=fixed) if fixed else vocabulary
