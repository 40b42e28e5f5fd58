r"""Statements: chains, conditions, remarks, and the sets behind \\in."""

import re
from dataclasses import replace

from . import grammar
from .grammar import CONDITION, ORDERS, READERS, SEPARATORS, is_name, named
from .printer import latex_of
from .syntax import DerivationError, Node, Role, Statement, walk
from .tokens import LINE, RELATIONS

__all__ = ["Statements"]

ONE, ZERO = (Node("num", (text,)) for text in "10")
ARROWS = {r"\implies": Role.IMPLIES, r"\iff": Role.IFF}
FORMULA = re.compile(r"\$([^$]+)\$|\\\((.+?)\\\)")


class Statements:
    """The part of the reader that reads a text as statements."""

    def statements(self):
        found = []
        self.until("", found)
        if not found:
            self.fail("there is no equation here", 0)
        if found[-1].heads and found[-1].role == Role.CONDITION and len(found) > 1:
            self.fail("nothing follows this condition: behind what it restricts write `for`")
        return found + self.extra

    def until(self, closing, found):
        """All statements before a sign that closes, or the end."""
        role = Role.CHAIN
        while self.peek() != closing:
            role = self.read_on(found, role)

    def read_on(self, found, role):
        """One statement, or what stands between two; what it says of the next."""
        text = self.peek()
        if text in ARROWS:
            if not found or role in (Role.IMPLIES, Role.IFF):
                self.fail("nothing stands before this")
            return ARROWS[self.take()]
        if text in (*SEPARATORS, ":"):
            self.separated(found)
            return role
        if text == r"\text" and self.worded() is None:
            return self.remark(found) or role
        if text == r"\forall":
            self.take()
            found += self.quantified()
        elif text == r"\therefore":
            self.take()
            return Role.CLAIM
        elif text in grammar.ENDS and self.peek(1) in ("", *SEPARATORS):
            self.take()
        elif text in (*RELATIONS, *ORDERS):
            self.go_on(found, role)
        elif text == "(" and self.states():
            self.parenthesised(found)
            return role
        else:
            before = len(found)
            if not self.listed(found, role):
                found += self.orders(self.chain(role=role))
            found[before:] = map(self.told_apart, found[before:])
            self.head(found, before)
            return Role.CHAIN
        return role

    def separated(self, found):
        """A comma, a new line; a colon makes a condition before it that of what follows."""
        sign = self.take()
        self.line += sign == LINE
        if sign == ":" and found:
            last = found[-1]
            supposed = last.role != Role.CLAIM and self.restricts(last)
            found[-1] = replace(last, heads=True, role=Role.CONDITION if supposed else last.role)

    def head(self, found, before):
        """What `suppose`, `let` or `case` stands before is a condition of all that follows; but
        what `let` says of a name that has a definition is a claim."""
        if self.heading:
            found[before:] = [replace(s, heads=True) for s in found[before:]]
        if self.said in grammar.NAMING:
            found[before:] = [replace(s, role=Role.CHAIN) if self.defined(s) else s
                              for s in found[before:]]  # fmt: skip
        self.heading, self.said = False, ""

    def defined(self, statement):
        """Whether it begins with a name that has a definition, or an entry of one."""
        name = statement.members[0]
        head = (name.args[0] if name.op == "call" else name).args[0]
        return name.op in ("name", "call") and (
            {head, rf"\mathbf{{{head}}}"} & self.dialect.defined)  # fmt: skip

    def parenthesised(self, found):
        """(k ≠ y), (if k ≠ y): statements in brackets."""
        self.take()
        before = len(found)
        self.until(")", found)
        self.take()
        for n, statement in enumerate(found):
            plain = all(m.plain or m.op == "num" for m in statement.members)
            if n >= max(before, 1) and statement.role == Role.CHAIN and plain:
                found[n] = replace(statement, role=Role.CONDITION)

    def go_on(self, found, role):
        """A relation at the start goes on with the last chain."""
        chains = [n for n, s in enumerate(found)
                  if s.role != Role.CONDITION and not self.restricts(s)]  # fmt: skip
        if not found or role in (Role.IMPLIES, Role.IFF):
            self.fail("nothing stands before this relation")
        last = chains[-1] if chains else len(found) - 1
        if found[last].members[-1] is ZERO:
            self.fail("behind an order of matrices a statement ends: put a comma")
        found[last : last + 1] = self.orders(self.chain(found[last]))

    def restricts(self, statement):
        """Whether a statement is a condition in its form: k = y, and the like."""
        return bool(statement.relations) and all(
            m.plain or m.op == "num" or m.op in ("set", "domain") for m in statement.members
        )

    def listed(self, found, role):
        r"""j, k = 1, \dots, C or \mathbf{s}, \mathbf{p} \in \mathbb{R}^C: a statement for each."""
        start, names = self.n, []
        while is_name(self.peek()) and self.peek() not in READERS:
            names.append(self.name())
            if not self.skip(","):
                break
        at, relation, ahead = self.at(), self.peek(), [self.peek(n) for n in range(2, 6)]
        letters = all(n.plain and n.text.rstrip("'").isalpha() for n in names)
        run = relation == "=" and letters and [",", r"\dots"] in (ahead[:2], ahead[2:])
        if not names or not (run or (relation == r"\in" and len(names) > 1)):
            self.n = start
            return False
        self.take()
        values = self.run_of_values(at) if run else self.domain()
        role = Role.CONDITION if run else role
        for member in names:
            source = latex_of(member), latex_of(values)
            found.append(self.statement((member, values), ("in",), source, role=role))
        return True

    def run_of_values(self, at):
        r"""1, \dots, M: what stands behind the dots ends it."""
        self.colons = False
        items, dots = [self.item()], False
        while not dots and self.skip(","):
            items.append(self.item())
            if items[-1].op == "dots":
                dots = True
                if self.skip(","):
                    items.append(self.item())
        return Node("set", tuple(items), at)

    # words

    def remark(self, found):
        """Words between statements: the role of what follows, if they say so."""
        before, token = self.before() or LINE, self.tokens[self.n]
        self.take()
        words, after = token.inside, self.peek()
        if grammar.NEGATIVE.search(re.sub(r"\$[^$]*\$", "", words)):
            self.fail("these words beside a formula are not understood", token.at)
        if words.strip() == ":" and found:
            found[-1] = replace(found[-1], heads=True)
            return None
        ends = after in ("", ")", "&", *SEPARATORS, *RELATIONS, *ARROWS, r"\text")
        if condition := CONDITION.match(words):
            role, closed = self.headed(condition, token, found)
            ends = ends or closed
        elif grammar.MARK.fullmatch(words):
            return None
        elif grammar.CONNECTIVE.match(words) or not words.strip(" .,;:"):
            if words.strip().lower() == "and" and found:
                return self.joined(found)
            return Role.CLAIM if grammar.FOLLOWS.search(words) else None
        else:
            role = self.commented(words, before, token)
        if not ends and role is None:
            self.fail("these words before a formula are not understood", token.at)
        return None if ends else role

    def headed(self, condition, token, found):
        """What a word such as `if` makes of what follows, and whether its words say all of it."""
        words, start = token.inside, len(found)
        self.said = said = condition[1].lower()
        rest = words[condition.end() :]
        role = Role.CLAIM if said in grammar.USING else Role.CHAIN
        role = Role.CONDITION if said in grammar.SUPPOSES else role
        self.heading = said in grammar.HEADINGS or words.rstrip().endswith(":")
        found += self.stated(rest, token, role)
        closed = self.heading and len(found) > start
        if len(found) > start:
            self.head(found, start)
        return (role if grammar.PLAIN.fullmatch(rest.strip(" (:.")) else None), closed

    def commented(self, words, before, token):
        """Words that say nothing of a formula: they stand apart from it, and hold no relation."""
        if not (before in (*SEPARATORS, "&") or words.strip()[:1] in "([" or self.n == 1):
            self.fail("words after a formula are set apart, by \\quad or in brackets", token.at)
        if re.search(r"\$[^$]*([=<>]|\\[ln]eq?|\\[ng]eq?|\\in\b)[^$]*\$|\\\(", words):
            self.fail("a relation in words that are not understood", token.at)

    def joined(self, found):
        """The role of what `and` joins to a statement."""
        last = found[-1]
        if last.role == Role.CONDITION:
            ahead = last.heads or all(s.role == Role.CONDITION for s in found)
            return Role.EITHER if self.restricts(last) and not ahead else Role.CONDITION
        alike = last.role in (Role.CHAIN, Role.AND) and self.restricts(last)
        return Role.AND if alike else Role.ALSO

    def told_apart(self, statement):
        """What `and` joins to a condition behind a claim: one more condition, or a claim."""
        if statement.role != Role.EITHER:
            return statement
        role = Role.CONDITION if self.restricts(statement) else Role.ALSO
        return replace(statement, role=role)

    def stated(self, words, token, role):
        """What the words behind `if` state: `$k = y$`, `k = y`; `for all k` states nothing."""
        formulas = [a or b for a, b in FORMULA.findall(words)]
        words = words.strip(" ().,:;")
        plain = grammar.PLAIN.sub("", words, count=1)
        if formulas:
            understood = grammar.ONLY.fullmatch(FORMULA.sub("§", words))
            formulas = [f for f in formulas if len(f.strip()) > 1]
        elif grammar.TEST.fullmatch(plain):
            understood, formulas = True, [plain]
        else:
            every = re.match(r"(all|every|each|any)\b", words) or role != Role.CONDITION
            understood = len(plain) < 2 or (every and not re.search(r"[=<>≠≤≥\\\d]", plain))
        if not understood:
            self.fail(f"a condition in words that is not understood: {words}", token.at)
        return [s for formula in formulas for s in self.sub(formula, token, role)]

    def sub(self, latex, token, role):
        """The statements of a formula in words."""
        try:
            made = type(self)(latex, self.dialect).statements()
        except DerivationError as error:
            raise DerivationError(str(error).splitlines()[0], self.latex, token.at) from None
        return [replace(s, role=role, line=self.line, until=self.line) for s in made if s.relations]

    def aside(self):
        """Whether words in brackets come that claim nothing, such as (the bias)."""
        words = self.tokens[self.n].inside.strip() if self.peek() == r"\text" else ""
        claims = grammar.NEGATIVE.search(words) or re.search(r"[=<>$\\]", words)
        return words[:1] == "(" and words[-1:] == ")" and not claims

    # quantifiers

    def quantified(self):
        r"""What follows \forall: an index, or a condition."""
        found = []
        if self.listed(found, Role.CONDITION):
            return found
        while True:
            if not is_name(self.peek()):
                self.fail("an index is expected behind \\forall")
            start, index = self.n, self.name()
            if self.peek() not in RELATIONS:
                found.append(self.statement((index,), role=Role.CONDITION))
            else:  # behind the first index this may be the claim itself
                self.n = start
                found.append(self.chain(role=Role.CONDITION))
                if not self.restricts(found[-1]):
                    self.fail("an index or a condition on one is expected behind \\forall")
            if not (self.peek() == "," and self.peek(1).isalpha() and self.restricted(2)):
                return found
            self.take()

    def restricted(self, ahead):
        """Whether an index ends here, or a relation to a letter, a number or a set follows."""
        text, after = self.peek(ahead), self.peek(ahead + 2)
        ends = ("", ")", ":", *SEPARATORS, r"\text")
        return text in ends or (text in RELATIONS and (after in ends or text == r"\in"))

    # chains

    def chain(self, before=None, role=Role.CHAIN):
        """Go on with a chain, or begin one."""
        before = before or Statement(role=role, line=self.line)
        self.colons = before.role != Role.CONDITION and not self.said  # a colon ends those
        members, relations = list(before.members), list(before.relations)
        source, assumed = list(before.source), list(before.assumed)
        while not members or self.peek() in RELATIONS:
            assigns = self.latex.startswith((":=", r"\coloneqq"), self.at())
            if members:
                relations.append(RELATIONS[self.take()])
            start, self.assumptions = (self.tokens[self.n - 1].end if self.n else 0), []
            if relations[-1:] == ["in"]:
                members.append(self.domain())
                if self.peek() in RELATIONS:
                    self.fail("behind a set a statement ends: put a comma")
            else:
                members.append(self.sum())
            if assigns and relations and members[-2] in walk(members[-1]):
                self.fail(grammar.UNREAD[r"\gets"])
            end = self.tokens[self.n - 1].end if self.n else start
            text = " ".join(_cleared(self.latex[start:end]).split())
            source.append(latex_of(members[-1]) if grammar.UNCLEAR.search(text) else text)
            assumed.append(bool(self.assumptions))
        return self.statement(members, relations, source, assumed, before.role, before.line)

    def statement(self, members, relations=(), source=(), assumed=(), role=Role.CHAIN, line=None):
        """A statement, in whose members no braces are left that hide how they were read."""
        for node in walk(tuple(members)):
            if node.op == "group":
                self.fail("braces do not show: write round brackets", node.at)
        source, assumed = source or ("",) * len(members), assumed or (False,) * len(members)
        line = self.line if line is None else line
        parts = map(tuple, (members, relations, source, assumed))
        return Statement(*parts, role, line, self.line)

    def orders(self, chain):
        r"""A chain, and what \preceq and \succeq behind it say: no eigenvalue is below zero."""
        found = [chain] if chain.relations or self.peek() not in ORDERS else []
        left = chain.members[-1]
        while self.peek() in ORDERS:
            at, below = self.at(), self.take() == r"\preceq"
            right = self.sum()
            low, high = (left, right) if below else (right, left)
            more = high if _is_zero(low) else Node("sub", (high, low), at)
            more = Node("neg", (low,), at) if _is_zero(high) else more
            least = Node("call", (named(r"\lambda", at, (named(r"\min", at),)), more), at)
            role = Role.ALSO if found and chain.role != Role.CONDITION else chain.role
            source = latex_of(least), "0"
            found.append(self.statement((least, ZERO), (">=",), source, role=role))
            left = right
        return found

    # sets

    def domain(self):
        r"""What stands after \in: \mathbb{R}^{a \times b}, \{1, \dots, C\}, or [0, 1)."""
        at, opening = self.at(), self.take()
        if opening in (r"\{", "[", "(", "]"):
            return self.collection(at, opening)
        if opening != r"\mathbb":
            self.fail(f"expected \\mathbb, a set or an interval, got {opening}", at)
        letter = self.braced(self.take) if self.peek() == "{" else self.take()
        if letter not in ("R", "N", "Z"):
            self.fail(f"the set {letter} is not known", at)
        if self.peek() == "_":
            self.fail(f"the set {letter} with a subscript is not known", at)
        return Node("domain", (letter, *(self.exponents() if self.skip("^") else (ONE, ONE))), at)

    def collection(self, at, opening):
        r"""\{1, \dots, C\}, perhaps without some, or an interval; or vectors of such entries."""
        before, self.closing = self.closing, "[" if opening == "]" else self.closing
        items, closing = self.items(), self.take()
        self.closing = before
        if opening == r"\{" and closing == r"\}":
            whole = self.cubed(Node("set", items, at))
            return Node("without", (whole, self.domain()), at) if self.skip(r"\setminus") else whole
        if len(items) != 2 or closing not in ("]", ")", "["):
            self.fail("an interval has two ends, such as [0, 1)", at)
        ends = {"]": "("}.get(opening, opening) + {"[": ")"}.get(closing, closing)
        return self.cubed(Node("interval", (*items, ends), at))

    def exponents(self):
        r"""^C, ^{a \times b}: the shape of the elements."""
        at = self.at()
        if self.peek() != "{":
            return self.primary(), ONE
        self.expect("{")
        rows = self.factors(stop=r"\times")
        while self.peek() in ("+", "-"):
            rows = Node(grammar.SUMS[self.take()], (rows, self.factors(stop=r"\times")), at)
        columns = self.sum() if self.skip(r"\times") else ONE
        self.expect("}")
        return rows, columns

    def cubed(self, domain):
        """[0, 1]^C: vectors or matrices with entries in a set."""
        return Node("cube", (domain, *self.exponents()), domain.at) if self.skip("^") else domain


def _is_zero(node):
    return node.args[0] in ("0", r"\mathbf{0}") and node.op in ("num", "name")


def _cleared(latex):
    """A member's LaTeX without what only aligns, for a report."""
    latex = re.sub(
        r"\\(?:begin|end)\s*\{(?:aligned|align|split|gathered|gather|equation)\*?\}", "", latex
    )
    if r"\begin" in latex:
        return latex
    return re.sub(r"(?<!\\)&|\\\\(?:\[[^\]]*\])?|\\quad|\\qquad|%[^\n]*", " ", latex)
