"""Which claims a text makes, and under which conditions."""

import itertools
from dataclasses import dataclass, field, replace

from ..operations import is_number
from ..printer import latex_of
from ..reader.grammar import ENDED, GIVING, NAMING, bounds_of, worded
from ..sizes import ONE
from ..syntax import SUPPOSED, DerivationError, Node, Role, loose, rewritten, walk, whole
from .bind import Binder
from .introduced import introduced

__all__ = ["Claim", "conditions_of", "grouped", "is_condition"]


LISTED = r"a condition has \text{for} or \text{if} before it, or \text{and} behind another one"
LISTED += ", and this is no claim that holds"
SHARED = "does the condition behind this line hold here, too? Then put `and` between the two"
LAST = "does this follow in the last case, or in all? Write it again, or `for all`"
PREMISE = "what stands on a line before an arrow is claimed, and does not hold: write `if` before"
PREMISE += " it to suppose it"
PREMISES = r"what stands before a comma is claimed, and no premise: put \text{and} between the two"
NO_INDEX = "is this another value, or an index by itself? Then write a set, or `and for all`"
QUANTIFIED = "does `for all` belong to the premise alone? Then write: if … for all k, then …"


@dataclass
class Claim:
    """A chain, the conditions under which it stands, and what it follows from."""

    chain: object
    conditions: list = field(default_factory=list)
    premise: tuple | None = None
    supposed: bool = False  # a premise: it need not hold
    doubt: str = ""  # what else may be meant: if it does not hold, it is refused with these words


def conditions_of(text, vocabulary):
    """The statements of a condition such as k \\neq y."""
    found = vocabulary.read(text)
    for statement in found:
        if not statement.relations and statement.members[0].op != "indicator":
            raise DerivationError(f"a condition has a relation, got {text}", text, 0)
    return found


def _names(statement, vocabulary):
    """Whether a statement only names an index, or what is drawn, as `for all k` does."""
    (*_, last) = statement.members
    known = last.plain and last.args[0] in (*vocabulary.indices, *vocabulary.sizes)
    known = known or (statement.role == Role.EVERY and vocabulary.lookup(last)[0] is not None)
    return known and not statement.relations


def is_condition(statement, vocabulary):
    """A relation between indices, labels, sizes and numbers: it says for which cases."""

    def chooses(member):
        return member.plain and vocabulary.lookup(member)[0] is None and (
            member.args[0] in vocabulary.indices or member.args[0] in vocabulary.sizes)  # fmt: skip

    def fixed(member):
        symbol = vocabulary.lookup(member)[0] if member.op == "name" else None
        return member.op in ("num", "set", "without") or (symbol is not None and symbol.is_label)

    def told(member):
        label = member.op == "name" and fixed(member) and "in" not in statement.relations
        return chooses(member) or label

    if statement.role not in ("chain", "and"):
        return statement.role in SUPPOSED
    members = statement.members
    if not statement.relations:
        return members[0].op == "indicator"
    parts = [part for m in members for part in terms(m)]
    return all(chooses(m) or fixed(m) for m in parts) and any(map(told, parts))


def terms(member):
    """Those of a sum or a difference."""
    if member.op not in ("add", "sub"):
        return [member]
    return [t for part in member.args for t in terms(part)]


def grouped(statements, vocabulary, latex=""):
    """The claims of a text, each with its own conditions.

    A condition belongs to the chain on its line, else to the one before. What stands before the
    chains of its line belongs to these, and to what follows from them; what stands on a line of its
    own to all of its sentence; a heading to all that follow.
    """
    for s in itertools.chain.from_iterable((s, *s.every) for s in statements):
        bare = s.role in SUPPOSED and not s.relations and s.members[0].op != "indicator"
        if bare and not _names(s, vocabulary):
            text = "a condition has a relation"
            text = f"{s.members[0].text} is not known" if s.role == Role.EVERY else text
            raise DerivationError(text, latex, s.members[0].at)
    for before, s in itertools.chain.from_iterable(itertools.pairwise(s.every) for s in statements):
        if before.relations[-1:] in (("=",), ("!=",)) and not s.relations:
            raise DerivationError(NO_INDEX, latex, s.members[0].at)
    _one_meaning(statements, latex)
    statements = [given(_primed(_outer(s, vocabulary), vocabulary, latex), vocabulary)
                  for s in introduced(statements, vocabulary, latex)]  # fmt: skip
    doubts = [redefined(s, vocabulary) for s in statements]
    statements = [replace(s, role=Role.CHAIN) if doubt else s
                  for s, doubt in zip(statements, doubts, strict=True)]  # fmt: skip
    anew = {id(s): doubt for s, doubt in zip(statements, doubts, strict=True)}
    chains = _chains(statements, vocabulary)
    if not any(s.relations for s in chains):
        chains = statements = [s for s in statements if s.relations and s.role not in SUPPOSED]
        if not chains:
            at = statements[0].members[0].at if statements else 0
            raise DerivationError(f"an expression without a relation{worded(latex, at)}", latex, at)
    groups = _Groups(statements, chains, vocabulary, latex)
    for n, s in enumerate(statements):
        if s.role in SUPPOSED and _names(s, vocabulary):
            groups.index(n, s)
        elif groups.is_chain(s):
            groups.claim(n, s, anew[id(s)])
        else:
            groups.condition(n, s)
    return groups.claims


def _outer(statement, vocabulary):
    r"""The same, in which \otimes between columns is their outer product, if only so shapes fit."""
    members, binder = statement.members, Binder(vocabulary)

    def rule(node):
        columns = node.op == "kron" and binder.tried(*node.args)
        if not columns or any(c.shape[1] != ONE or c.shape[0] == ONE for c in columns):
            return node
        return Node("mul", (node.args[0], Node("transpose", node.args[1:], node.at)), node.at)

    if not any(n.op == "kron" for n in walk(members)) or _fit(members, vocabulary):
        return statement
    made = tuple(rewritten(m, rule) for m in members)
    return statement.with_members(made) if _fit(made, vocabulary) else statement


def _fit(members, vocabulary):
    """Whether the shapes of members fit into each other, and into themselves."""
    binder = Binder(vocabulary)
    bound = binder.tried(*members)
    return bool(bound) and all(binder.sizes.fits(a.shape, b.shape)
                               for a, b in itertools.pairwise(bound))  # fmt: skip


def _primed(statement, vocabulary, latex):
    """The same, in which a prime behind a number has by what it differentiates, to be shown."""
    variables = [n.args[1] for n in walk(statement.members) if n.op == "derivative"]
    numbers = [
        v for v in variables if v.plain and (s := vocabulary.lookup(v)[0]) and s.shape == "1"
    ]

    def rule(node):
        if node.op != "prime" or not vocabulary.prime:
            return node
        binder = Binder(vocabulary)
        bound = binder.tried(node.args[0])
        if bound is None:
            return node
        number = is_number(binder.sizes, bound[0].shape)
        by = vocabulary.read(vocabulary.prime)[0].members
        if number and numbers:
            text = f"a prime differentiates by {vocabulary.prime} here, and this chain does by"
            text = f"{text} {latex_of(numbers[0])}: write \\frac{{\\partial …}}{{\\partial …}}"
            raise DerivationError(text, latex, node.at)
        return Node("prime", (*node.args[:1], *by), node.at) if number else node

    return statement.with_members(rewritten(statement.members, rule))


def _one_meaning(statements, latex):
    """Refuse a sum over j ≠ k that runs over both letters here, and over j alone there."""
    seen = {}
    for node in walk(tuple(s.members for s in statements)):
        tests = {b[2].args if b[1] == "where" else b for b in bounds_of(node) if b[1]}
        letters = {b[0] for b in bounds_of(node) if b[0]}
        for test in tests:
            if seen.setdefault((node.op, test, node.args[2]), letters) != letters:
                text = "this sum runs over one letter here and over two elsewhere: write two sums"
                raise DerivationError(text, latex, node.at)


def given(statement, vocabulary):
    """Where c = … or c > … of a symbol that is drawn says for which case, as `with` does."""
    symbol = vocabulary.lookup(statement.members[0])[0]
    one = len(statement.relations) == 1 and statement.relations[0] != "in"
    if statement.said == "where" and one and symbol and symbol.is_drawn:
        return replace(statement, said="with", role=Role.CONDITION)
    return statement


def _chains(statements, vocabulary):
    """The statements that claim something; what `and` joins to one of them is one."""
    chains = []
    for n, s in enumerate(statements):
        joined = s.role == "and" and n and any(statements[n - 1] is c for c in chains)
        if joined or not is_condition(s, vocabulary):
            chains.append(s)
    return chains


def letters_of(statement):
    """The index of `for all k`, or of what restricts it."""
    return {*loose(statement.members[:1])}


def redefined(statement, vocabulary):
    """What `let` or `with` gives a definition that has one: it is checked, and if it is another, it
    is refused with the text that is returned.

    What such a word says of a symbol in terms of other things restricts the cases: p_k = 1/C.
    """
    if statement.said not in (*NAMING, *GIVING) or statement.relations[:1] != ("=",):
        return ""
    binder = Binder(vocabulary)
    bound = binder.tried(*statement.members[:2])
    if bound is None:
        return ""
    a, b = bound
    for name, value in ((a, b), (b, a)):
        symbol = whole(name)
        if symbol is None or not symbol.definition:
            continue
        drawn = [s.latex for s in vocabulary.symbols if s.is_drawn]
        alike = any(binder.mentions(name, s) and binder.mentions(value, s) for s in drawn)
        own = statement.said in NAMING and name is a
        if own or (alike and not binder.mentions(value, symbol.latex)):
            hint = "give what you mean a name of its own; for a condition write `if`"
            return f"another definition: {symbol.entry} = {symbol.definition} here; {hint}"
    return ""


class _Groups:
    """Claims in the making: `leading` are the conditions of what comes next."""

    def __init__(self, statements, chains, vocabulary, latex):
        self.statements, self.chains, self.vocabulary = statements, chains, vocabulary
        follow = [n for n, s in enumerate(statements) if s.role in (Role.IMPLIES, Role.IFF)]
        self.premises, self.latex = [s for n in follow for s in _premise(statements, n)], latex
        self.claims, self.leading, self.last = [], [], None
        self.another, self.made = [], False  # lines of other cases of what leads; a claim under it
        self.led = False  # whether the last claim has its condition before it on its line
        self.indices = set()  # those of `for all k` before a claim, on its line

    def is_chain(self, statement):
        return any(statement is c for c in self.chains)

    def later(self, n):
        """The next claim."""
        return next(filter(self.is_chain, self.statements[n + 1 :]), None)

    def index(self, n, statement):
        """What only names an index restricts nothing; on a new line it ends what led before."""
        if self.last is not None and statement.line > self.last.chain.until:
            self.leading = []
        self.end([statement], () if self.later(n) else self.claims[-1:])
        self.indices |= letters_of(statement)

    def end(self, every, claims=()):
        """`for all k` ends the conditions on k that stand before it."""
        letters = set().union(*map(letters_of, every))
        self.leading = [c for c in self.leading if not letters & {*loose(c.members)}]
        for claim in claims:
            claim.conditions = [c for c in claim.conditions if not letters & {*loose(c.members)}]

    def condition(self, n, statement):
        """Give a condition to the chain before it, or keep it for what follows."""
        premise = any(s is statement for s in self.premises)
        here = [c for c in self.claims if c.chain.until == statement.line]
        last, later, own_line = (here or [self.last])[-1], self.later(n), bool(here)
        if statement.role == Role.EVERY:
            self.end([statement], () if later else self.claims[-1:])
        heads = later is not None and later.line == statement.until
        premise = premise and not (own_line and statement.said)
        ahead = (statement.heads or premise or (self.led and heads)) and later is not None
        if last is not None and not ahead and (own_line or not heads):
            self.restrict(last, statement)
            for before, claim in zip(here[-2::-1], here[:0:-1], strict=True):  # A and B for k = y
                own = any(not any(c is s for s in self.leading) for c in before.conditions)
                if own or claim.chain.role not in ("and", "also"):
                    listed = claim.chain.role == "chain" and not own
                    before.doubt = before.doubt or SHARED * listed
                    break
                self.restrict(before, statement)
        else:
            letters = {*loose(statement.members)}
            self.another = [c.until for c in self.leading if letters & {*loose(c.members)}]
            self.made = False
            self.leading = [*self.leading, statement] if last is None else [statement]

    def restrict(self, claim, condition):
        """Give a condition to a claim that does not hold for all values of its index, or in the
        opposite case."""
        every = {a for s in claim.chain.every if not s.relations for a in letters_of(s)}
        text = ""
        if both := every & {*loose(condition.members)}:
            text = f"does this hold for all {min(both)}, or in this case? Write two statements"
        elif any(map(condition.excludes, claim.conditions)):
            text = "two cases of one chain: write each as a statement, or the environment cases"
        if text:
            raise DerivationError(text, self.latex, condition.members[0].at)
        claim.conditions.append(condition)

    def claim(self, n, statement, doubt=""):
        """A claim with what leads it, and what it follows from."""
        if not all(self.reaches(c, statement) for c in self.leading):
            doubt = doubt or ENDED
        self.leading = [c for c in self.leading if self.reaches(c, statement)]
        after = self.made and statement.role == Role.CLAIM and bool(self.another and self.leading)
        if after and (statement.line > self.last.chain.until or statement.line in self.another):
            doubt, self.leading = doubt or LAST, []
        self.end(statement.every)
        claim = Claim(statement, [*self.leading, *(s for s in statement.every if s.relations)])
        last, self.last, self.made = self.last, claim, True
        self.led = any(c.until == statement.line for c in self.leading)
        behind = last is not None and statement.line == last.chain.until
        listed = behind and statement.role == "chain" and self.chooses(statement)
        claim.doubt = doubt or (LISTED if listed else "")
        if statement.role in ("and", "also") and last is not None:  # A ⟹ B and C
            claim.premise = last.premise
        if statement.role == "note":  # under the conditions of the line on which it stands
            around = [c for c in self.claims if c.chain.line <= statement.line <= c.chain.until]
            claim.conditions = [c for n in (around or self.claims)[-1:] for c in n.conditions]
        self.claims.append(claim)
        if statement.role in ("implies", "iff"):
            self.implied(n, claim)

    def chooses(self, statement):
        """Whether a statement is c > 0, W = 0 or the like of what is drawn."""
        symbols = [self.vocabulary.lookup(m)[0] for m in statement.members[:1] if m.op == "name"]
        return len(statement.relations) == 1 and any(s is not None and s.is_drawn for s in symbols)

    def implied(self, n, claim):
        """What a claim follows from is supposed; and what follows from it, if both are the same."""
        claim.premise = _premise(self.statements, n)
        if self.indices & {*loose(tuple(s.members for s in claim.premise))}:
            claim.doubt = QUANTIFIED
        apart = [c for c in claim.conditions if not any(c is p for p in claim.premise)]
        claim.conditions = apart
        self.leading = [c for c in self.leading if not any(c is p for p in claim.premise)]
        for other in self.claims:
            if other.premise is None and any(other.chain is p for p in claim.premise):
                above = other.chain.until < claim.chain.line
                other.supposed, other.doubt = not above, PREMISE if above else other.doubt
            elif other.premise is None and other.chain.until == claim.premise[0].line:
                other.doubt = other.doubt or PREMISES * (not other.supposed)
        if claim.chain.role == "iff":
            self.claims += [Claim(p, apart, (claim.chain,)) for p in claim.premise]

    def reaches(self, condition, statement):
        """Whether a condition before it is one of a statement."""
        on_its_line = [c for c in self.chains if c.line == condition.until]
        joined = statement.role in ("claim", "and", "also") or statement.line == condition.until
        goes_on = statement.sentence == condition.sentence and not on_its_line
        return condition.heads or goes_on or joined


def _premise(statements, n):
    """What stands before ⟹, with all that `and` joins to it."""
    first = n - 1
    while first > 0 and statements[first].role in ("and", "also"):
        first -= 1
    return tuple(statements[first:n])
