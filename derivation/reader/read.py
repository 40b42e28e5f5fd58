r"""From tokens to trees, by this grammar.

    text        statement  { separator statement }
    statement   [ words such as if, for, suppose ]  member  { (relation | "⪯" | "⪰") member }
                | index { "," index } "=" first "," "…" "," last  |  name { "," name } "∈" set
                | "∀" index  |  "(" text ")"                    conditions in brackets
    member      product  { ("+" | "-") product  |  "+" "…" "+" product }
    product     entries  { ":" entries }                        inner product of matrices
    entries     factors  { ("⊙" | "⊘" | "⊗") factors }
    factors     signed  { ("·" | "×" | "*" | "." | "/") [sign] primary  |  primary
                          |  ["·" | "×"] "…" ["·" | "×"] primary }
    signed      "-" product  |  "+" product  |  primary
    primary     atom  { "^" exponent | "_" indices | "'" | "(" arguments ")" | "|" "_" values }
    atom        number | name | bracket | group | bars | fraction | binomial | root | function | sum
                | derivative | matrix | cases | indicator | underbrace | "d" primary
    group       "{" primary "}"                     that has an exponent or an index, before another
    name        letter  { "'" | "^\star" | "^{(" index ")}" | "_" indices }

    sum         (\sum | \prod | \max | \min) bounds product | (\arg\max | \arg\min)_index product
    function    (\log | \exp | …) [ "_" number ] [ "^" exponent ]  ( bracket | primary { primary } )
                                                    the last not followed by a function or a sum
    derivative  \frac{∂^n product}{∂ variable …}  |  \frac{∂}{∂ variable …} ( bracket | factors )
                | ∂ primary / ∂ variable  |  \nabla_variable primary  |  \partial_variable primary
                | \nabla_variable primary "^⊤" factors        of a row times something
                | \nabla function "(" name ")"                  by that name
    separator   "," ";" "." a wide space, a new line, ⟹, ⟺, or words such as and, so; where formulas
                stand in dollars, words need no \text

Other braces than those of arguments do not show, and are passed over: {a + b} c is a + b c. An
exponent and an index may change places: p^2_k is p_k^2. In a text without a backslash and braces,
as it is pasted, an index goes on: W_kd is W_{kd}. A name behind `let` that has arguments, as in
f(u) = …, is that of a function from there on. What words make of a statement is its `Role`.
Brackets leave no trace in the tree. Where the grammar takes a decision that a reader might take
otherwise, as in log a/b, the member says so (`Statement.assumed`). Nothing here knows what a symbol
means; a `Dialect` says which names are functions, and the like.
"""

import contextlib
import functools
from collections import Counter

from ..syntax import SUPPOSED, DerivationError, Node, Role, loose, rewritten, walk
from .bars import brackets, paired
from .brackets import Brackets
from .expressions import Expressions
from .grammar import EIGENVALUES, MAX_DEPTH, Dialect, bounds_of, over, shown
from .letters import Letters
from .naming import Naming
from .operators import Operators
from .quantifiers import Quantifiers
from .sets import Sets
from .statements import Statements
from .tokens import LINE, RELATIONS, nesting, tokens
from .words import Words

__all__ = ["EIGENVALUES", "Dialect", "read", "read_member", "read_name"]


PLAIN_DIALECT = Dialect()
COMPARED = ("<", "<=", ">", ">=", "!=")


def read(latex, dialect=PLAIN_DIALECT):
    """The statements of an equation, a chain or an aligned block.

    Raises
    ------
    DerivationError
        With a caret at what cannot be read.
    """
    reader = _Reader(latex, dialect)
    try:
        found = reader.statements()
        if reader.applied:  # what has an argument somewhere may have another one elsewhere
            found = _Reader(latex, dialect, reader.applied).statements()
        return _all_paired(found, dialect.indices) if any(s.relations for s in found) else found
    except RecursionError:
        raise DerivationError(f"nested more than {MAX_DEPTH} deep", latex, 0) from None


def _paired(statement, others, indices):
    r"""The same, in which \sum_{j < k} p_j p_k runs over k, too, if k stands free nowhere else in
    it or in what it depends on."""
    members, inside = statement.members, Counter()
    free = Counter(loose(tuple(q.members for s in others for q in (s, *s.every))))
    for node in walk(members):
        body = {*loose(node.args[2:])}
        constant = not body & over(node)
        for letter in {a for a in _compared(node, indices) if constant or a in body}:
            inside[letter] += [*loose(node)].count(letter)
    both = {letter for letter, n in inside.items() if free[letter] == n}

    def rule(node):
        if not both & {*_compared(node, indices)}:
            return node
        bounds = []
        for index, relation, limit in node.args[0]:
            if relation in COMPARED and limit.text in both:
                test = Node("indicator", (index, relation, limit), index.at)
                bounds += [(index, None, None), (limit, None, None), (None, "where", test)]
            else:
                bounds.append((index, relation, limit))
        return Node(node.op, (tuple(bounds), *node.args[1:]), node.at)

    return statement.with_members(rewritten(members, rule)) if both else statement


def _all_paired(found, indices):
    """All statements; each depends on the conditions, and in an implication on all others."""
    follows = any(s.role in (Role.IMPLIES, Role.IFF) for s in found)
    given = [s for s in found if follows or s.role in SUPPOSED
             or all(m.plain or m.op in ("num", "set") for m in s.members)]  # fmt: skip
    return [_paired(s, [s, *(g for g in given if g is not s)], indices) for s in found]


def _compared(node, indices):
    """The index letters to which the indices of a sum are compared, and which it does not bind."""
    own = over(node)
    return [limit.args[0] for _, relation, limit in bounds_of(node) if relation in COMPARED
            and limit.plain and limit.args[0] in indices and limit.args[0] not in own]  # fmt: skip


@functools.lru_cache(4096)
def read_member(latex, dialect=PLAIN_DIALECT):
    """The tree of an expression without a relation."""
    found = read(latex, dialect)
    if len(found) != 1 or found[0].relations:
        raise DerivationError("an expression without a relation is expected here", latex, 0)
    return found[0].members[0]


@functools.lru_cache(4096)
def read_name(latex, dialect=PLAIN_DIALECT):
    """The tree of a symbol as it is written, with its indices or its arguments."""
    node = read_member(latex, dialect)
    if node.op not in ("name", "call"):
        raise DerivationError(f"a symbol is a name or a name with arguments, got {latex}")
    return node


class _Reader(Statements, Words, Naming, Quantifiers, Sets, Expressions, Letters, Brackets,
              Operators):  # fmt: skip
    """Goes through the tokens from left to right."""

    def __init__(self, latex, dialect, arguments=None):
        self.latex, self.dialect = latex, dialect
        self.arguments, self.applied = arguments or {}, {}
        self.tokens = paired(tokens(latex, dialect.words))
        self.n, self.open_bars, self.depth, self.assumptions = 0, (), 0, []
        self.line, self.sentence, self.barred, self.closing, self.extra = 0, 0, False, "", []
        self.colons, self.heading, self.said = True, False, ""
        self.parts = []  # what has a case under a brace
        self.remarks = []  # a statement, a member of it, and words behind it that are not checked
        self.pasted = not {*latex} & {*"\\{"}  # no LaTeX
        self.marked, self.numbered, self.solving = None, False, False
        self.signatures = {}  # of functions, to be defined: of what they are
        self.brackets, alone = brackets(self.tokens)
        if alone is not None:
            self.fail("this bracket has no other half", alone)
        self.named_behind()

    # reading tokens

    def peek(self, ahead=0):
        n = self.n + ahead
        return self.tokens[n].text if n < len(self.tokens) else ""

    def before(self):
        return self.tokens[self.n - 1].text if self.n else ""

    def at(self):
        return self.tokens[self.n].at if self.n < len(self.tokens) else len(self.latex.rstrip())

    def take(self):
        if not self.peek():
            self.fail("the equation ends too early")
        self.n += 1
        return self.tokens[self.n - 1].text

    def skip(self, *texts):
        """Whether these come next; if so, they are taken."""
        found = all(self.peek(n) == text for n, text in enumerate(texts))
        self.n += len(texts) * found
        return found

    def expect(self, text):
        if not self.skip(text):
            self.fail(f"expected {text}, got {shown(self.peek())}")

    def braced(self, read):
        self.expect("{")
        self.unbraced()
        found = read()
        self.expect("}")
        return found

    def inside(self, ahead=0):
        """The tokens that stand directly in the bracket that comes."""
        n = self.n + ahead
        return self.brackets.get(self.tokens[n].at, ()) if n < len(self.tokens) else ()

    def ending(self):
        """Where the bracket that comes is closed."""
        end, depth = self.n, 1
        while depth:
            end += 1
            depth += nesting(self.tokens[end])
        return end

    def touches(self):
        """Whether nothing at all stands before the token that comes."""
        return self.tokens[self.n - 1].end == self.at()

    def raised(self):
        """Whether an exponent stands behind the bracket that comes."""
        return [token.text for token in self.tokens[self.ending() + 1 :][:1]] == ["^"]

    def states(self, ahead=0):
        """Whether the bracket that comes holds a condition or words, and no value."""
        return any(text in RELATIONS or text == r"\text" for text in self.inside(ahead))

    def numbers_line(self):
        """Whether the number of an equation comes: (3) at the end of a line."""
        around = [self.peek(n) for n in (0, 2, 3)]
        return around in (["(", ")", ""], ["(", ")", LINE]) and self.peek(1).isdecimal()

    @contextlib.contextmanager
    def deeper(self):
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"nested more than {MAX_DEPTH} deep")
        yield
        self.depth -= 1

    @contextlib.contextmanager
    def barring(self):
        """An evaluation bar that follows belongs to the whole derivative."""
        before, self.barred = self.barred, True
        yield
        self.barred = before

    def fail(self, message, at=None):
        raise DerivationError(message, self.latex, self.at() if at is None else at)

    def assume(self):
        """The LaTeX leaves open what is done here."""
        self.assumptions.append(self.at())
