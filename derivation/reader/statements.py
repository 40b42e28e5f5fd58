"""Statements: chains, conditions, remarks."""

import re
from dataclasses import replace

from ..printer import apart, cleared, latex_of
from ..syntax import SUPPOSED, DerivationError, Node, Role, Statement, walk
from . import grammar
from .grammar import ARROWS, CONDITION, ORDERS, SEPARATORS, named
from .sets import endless
from .tokens import BREAK, LINE, NEGATIVE, RELATIONS

__all__ = ["Statements"]

ZERO = Node("num", ("0",))
ROLES = {r"\implies": Role.IMPLIES, r"\iff": Role.IFF}
AND = re.compile(r"(?:\s*and\s+(?=if\b))?")  # `and if` is one more condition
DELTA = re.compile(r"§ (?:is|denotes) (?:the )?Kronecker(?:'s)? delta")
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
        for n, member, words in self.remarks:
            source = [*found[n].source]
            source[member] += rf" \quad \text{{[a remark, not checked: {words}]}}"
            found[n] = replace(found[n], source=tuple(source))
        return found + self.extra

    def until(self, closing, found, role=Role.CHAIN):
        """All statements before a sign that closes, or the end; `role` is that of the first."""
        while self.peek() != closing:
            role = self.read_on(found, role)
        if role in (Role.IMPLIES, Role.IFF):
            self.fail("nothing follows from what stands before this")

    def read_on(self, found, role):
        """One statement, or what stands between two; what it says of the next."""
        text = self.peek()
        if text in ARROWS:
            if role in (Role.IMPLIES, Role.IFF) or (not found and text == r"\iff"):
                self.fail("nothing stands before this")
            follows = ROLES[self.take()]
            self.solves(found)
            return follows if found else Role.CLAIM
        if text in (*SEPARATORS, ":"):
            self.separated(found)
            return role
        if text == r"\text" and self.worded() is None:
            return self.remark(found) or role
        if text == r"\forall":
            before = len(found)
            self.take()
            found += self.quantified()
            self.quantify(found, before)
        elif text == r"\therefore":
            self.take()
            return Role.CLAIM
        elif text in grammar.ENDS and self.peek(1) in ("", *SEPARATORS):
            self.take()
        elif found and self.numbers_line():
            self.n += 3
        elif text in (*RELATIONS, *ORDERS):
            self.go_on(found, role)
        elif text == "(" and self.states():
            return self.parenthesised(found, role)
        else:
            self.state(found, role)
            return Role.CHAIN
        return role

    def state(self, found, role):
        """Read a statement, and what it is to those before it."""
        if self.signature(found):
            return
        before = len(found)
        role = Role.IMPLIES if role == Role.CHAIN and self.solves(found) else role
        if role == Role.EVERY:
            found += self.quantified(strict=False)
        elif not self.listed(found, role):
            found += self.orders(self.chain(role=role))
        found[before:] = map(self.told_apart, found[before:])
        if self.numbered and self.peek() != ":" and not self.restricts(found[-1]):
            self.fail(grammar.ENDED, found[-1].members[0].at)
        self.numbered = False
        self.head(found, before)
        if before and self.ranges(found[-1]):
            found[-1] = replace(found[-1], role=Role.EVERY)
        if found[-1].role == Role.EVERY:
            self.quantify(found, before)

    def solves(self, found):
        r"""Whether a line follows from one that sets a derivative to zero: \nabla f = 0 \\ x = …"""
        last = found[-1] if found and self.before() in (LINE, *ARROWS) else Statement()
        if last.role != Role.IMPLIES or not self.solving:
            slope = last.members[:1] and last.members[0].op in ("derivative", "gradient", "slope")
            ends = {*last.relations} == {"="} and _is_zero(last.members[-1])
            self.solving = bool(slope and ends) and last.role == Role.CHAIN
            found[-1:] = _parts(last) if self.solving else found[-1:]
        self.line -= self.solving and self.before() == LINE  # for one line all that follows
        return self.solving

    def separated(self, found):
        """A comma, a new line; a colon makes a condition before it that of what follows."""
        sign = self.take()
        self.line += sign in (LINE, ".")
        self.sentence += sign == "."
        if sign == ":" and found:
            last = found[-1]
            supposed = last.role not in (Role.CLAIM, Role.EVERY) and self.restricts(last)
            found[-1] = replace(last, heads=True, role=Role.CONDITION if supposed else last.role)

    def parenthesised(self, found, role):
        """(k ≠ y), (if k ≠ y): statements in brackets; the role of what comes behind them."""
        self.take()
        at, before, chains = self.at(), len(found), [s.relations for s in found]
        self.until(")", found, role)
        self.take()
        roles = [s.role for s in found[before:]]
        follows = self.peek() not in ("", *SEPARATORS) and {*roles} & {*ROLES.values()}
        if follows or (chains != [s.relations for s in found[:before]] and len(found) > before):
            self.fail("of what is what these brackets hold? Write it without them", at)
        if roles[:1] == [role] != [Role.CHAIN]:
            return Role.CHAIN
        for n, s in enumerate(found):
            plain = all(m.plain or m.op == "num" for m in s.members) and s.role == Role.CHAIN
            if n >= max(before, 1) and plain and s.said not in grammar.REASONS:
                found[n] = replace(s, role=Role.CONDITION)
        return role

    def go_on(self, found, role):
        """A relation at the start goes on with the last chain, and never with a reason beside it;
        on a new line not with what stood behind another chain, as in a column of its own."""
        chains = [n for n, s in enumerate(found) if s.said not in grammar.REASONS
                  and s.role not in SUPPOSED and not self.restricts(s)]  # fmt: skip
        if self.before() == LINE:
            chains = [n for n in chains if found[n].role != Role.CHAIN
                      or all(found[m].until != found[n].line for m in chains if m < n)]  # fmt: skip
        if not found or role in (Role.IMPLIES, Role.IFF):
            self.fail("nothing stands before this relation")
        last = chains[-1] if chains else len(found) - 1
        ends = found[last].members[-1] is ZERO or found[last].relations[-1:] == ("in",)
        here = found[last].until == self.line and {*found[last].relations} != {"="}
        if ends or here:
            self.fail("what stands on the left of this? Write it once more")
        found[last : last + 1] = self.orders(self.chain(found[last]))

    # words

    def remark(self, found):
        """Words between statements: the role of what follows, if they say so."""
        before, token = self.before() or LINE, self.tokens[self.n]
        self.take()
        words, after = token.inside, self.peek()
        if self.being(found, words):
            return None
        if stated := self.stating(words):
            return stated(found, token)
        if NEGATIVE.search(re.sub(r"\$[^$]*\$", "", words)):
            self.fail("words that are not understood: write a formula, or leave them out", token.at)
        if words.strip() == ":" and found:
            found[-1] = replace(found[-1], heads=True)
            return None
        ends = after in ("", ")", "&", *SEPARATORS, *RELATIONS, *ARROWS, r"\text")
        if condition := CONDITION.match(words, AND.match(words).end()):
            self.begins(condition[0])
            role, closed = self.headed(condition, token, found)
            ends = ends or closed
        elif grammar.MARK.fullmatch(words):
            if before in (LINE, ".", ";"):  # what (a) supposes does not go on in (b) without a word
                first = re.sub(r"\W|step", "", words.lower()) in ("a", "1", "i")
                since = len(found) if first and self.marked is None else self.marked or 0
                self.numbered, self.marked = self.in_force(found[since:]), len(found)
            return None
        elif grammar.CONNECTIVE.match(words) or not words.strip(" .,;:()"):
            if not self.begins(words) and words.strip() == "and" and found:
                return self.joined(found)
            if grammar.RESULT.search(words):
                return Role.CLAIM
            return Role.RECALLED if grammar.FOLLOWS.search(words) else None
        else:
            ends = ends or words.rstrip().endswith(":")
            role = self.commented(words, before, token, found, ends)
        if not ends and role is None:
            text = f"before a formula these words are not understood: {words.strip()}"
            text += "; words that say nothing of it are set apart by \\quad or a colon"
            self.fail(text, token.at)
        return None if ends else role

    def begins(self, words):
        """Whether the words that were taken begin a sentence, which is a line of its own."""
        before = [token.text for token in self.tokens[max(self.n - 3, 0) : self.n - 1]]
        ended = before[-1:] == [";"] or before == [";", BREAK]
        begins = ended or words.lstrip(" ,(")[:1] in grammar.BEGINS
        self.line += begins
        self.sentence += begins
        return begins

    def headed(self, condition, token, found):
        """What a word such as `if` makes of what follows, and whether its words say all of it."""
        words, start = token.inside, len(found)
        self.said = said = condition[1].lower().replace("setting", "if")
        rest = words[condition.end() :]
        plain = grammar.PLAIN.fullmatch(rest.strip(" (:."))
        role = Role.CLAIM if said in grammar.USING else Role.CHAIN
        role = Role.CONDITION if said in grammar.SUPPOSES else role
        every = said == "for" and grammar.EVERY.match(rest.strip(" ($"))
        role = Role.EVERY if every else role
        if every and every[0] == "any" and start and found[-1].role in SUPPOSED:
            self.fail("behind a condition `any` may mean all or some: write `all`", token.at)
        if grammar.EXAMPLE.search(words) and self.peek(1) in RELATIONS:
            self.fail("an example is no condition", token.at)
        self.heading = said in grammar.HEADINGS or words.rstrip().endswith(":")
        alone = not rest.strip() and (said == "case" or self.peek() == LINE)
        self.numbered |= alone and said in grammar.SUPPOSES and self.in_force(found)
        found += self.stated(rest, token, role)
        closed = (self.heading or grammar.THEN.search(rest)) and len(found) > start
        if len(found) > start:
            self.head(found, start)
            if every:
                self.quantify(found, start, closed)
        elif rest.strip() and not every and plain and self.peek() in ("", *SEPARATORS):
            self.fail("which case is this? Write it out, such as k = y", token.at)
        elif every and self.peek() in ("", *SEPARATORS) and self.in_force(found):
            self.fail("name the index that ends the case before it: for all k", token.at)
        return (role if plain else None), closed

    def commented(self, words, before, token, found, ends):
        """Words that say nothing of a formula: they stand apart from it, and hold no relation. If
        they are not known to claim nothing, they are shown with it."""
        apart = before in (*SEPARATORS, "&") or words.strip()[:1] in "([" or self.n == 1
        says = found and found[-1].said in grammar.NAMING and words.strip()[:3] == "be "
        if says and found[-1].relations[:1] == ("in",) and not grammar.TAKEN.fullmatch(words):
            self.fail("a condition in words: write it as a formula, such as A = A^\\top", token.at)
        if not (apart or says):
            self.fail("words after a formula are set apart, by \\quad or in brackets", token.at)
        if re.search(r"\$[^$]*(\\[ln]eq?|\\[ng]eq?|\\in\b)[^$]*\$|\\\(|[=<>≠≤≥]", words):
            self.fail("a relation in words that are not understood", token.at)
        if not grammar.NEUTRAL.fullmatch(words):
            place = (len(found) - 1, len(found[-1].source) - 1) if found else (0, 0)
            self.remarks.append((*place, " ".join(words.split())))
        apart = before == LINE or self.peek() not in ("", LINE) or words.rstrip()[-1:] in (":", ",")
        if ends and apart and not says and self.in_force(found):
            text = "these words could end the case before them: write what is meant, such as"
            self.fail(f"{text} for all k", token.at)

    def stated(self, words, token, role):
        """What the words behind `if` state: `$k = y$`, `k = y`; `for all k` states nothing."""
        formulas = [a or b for a, b in FORMULA.findall(words)]
        words = words.strip(" ().,:;")
        plain = grammar.PLAIN.sub("", words, count=1)
        if DELTA.fullmatch(FORMULA.sub("§", words)):
            understood, formulas = True, []
        elif formulas:
            understood = grammar.ONLY.fullmatch(FORMULA.sub("§", words))
            formulas = [f for f in formulas if len(f.strip()) > 1 or f in self.dialect.indices]
        elif grammar.TEST.fullmatch(plain) or (role in SUPPOSED and plain in self.dialect.indices):
            understood, formulas = True, [plain]
        else:
            every = grammar.EVERY.match(words) or role != Role.CONDITION
            understood = len(plain) < 2 or (every and not re.search(r"[=<>≠≤≥\\\d]", plain))
        if not understood:
            some = "`for some` is not read: say for which, as in: with c = …"
            text = f"a condition in words that is not understood: {words}"
            self.fail(some if "some" in words.split() else text, token.at)
        return [s for formula in formulas for s in self.sub(formula, token, role)]

    def sub(self, latex, token, role):
        """The statements of a formula in words."""
        try:
            made = type(self)(latex, self.dialect).statements()
        except DerivationError as error:
            raise DerivationError(str(error).splitlines()[0], self.latex, token.at) from None
        return [replace(s, role=role, line=self.line, until=self.line, sentence=self.sentence)
                for s in made
                if s.relations or s.members[0].text in self.dialect.indices]  # fmt: skip

    # chains

    def chain(self, before=None, role=Role.CHAIN):
        """Go on with a chain, or begin one."""
        before = before or Statement(role=role, line=self.line)
        self.colons = before.role not in SUPPOSED and not self.said  # a colon ends those
        members, relations, assigns = list(before.members), list(before.relations), False
        source, assumed, every = list(before.source), list(before.assumed), before.every
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
                self.assumptions += [self.at()] * (apart(members[-1]) != members[-1])
                every += self.bar_behind(members[-1])
                self.part_notes(([ZERO, *members])[-2])
            whole = relations and endless(relations[-1], members[-1])
            if whole:  # a < ∞
                relations[-1], members[-1] = "in", whole
            if assigns and relations and members[-2] in walk(members[-1]):
                self.fail(grammar.UNREAD[r"\gets"])
            end = self.tokens[self.n - 1].end if self.n else start
            text = " ".join(cleared(self.latex[start:end]).split())
            unclear = whole or text.count("{") != text.count("}") or grammar.UNCLEAR.search(text)
            source.append(latex_of(members[-1]) if unclear else text)
            assumed.append(bool(self.assumptions))
        if {"<", ">"} <= {relation[0] for relation in relations}:
            self.fail("a chain that goes up and down says nothing of its ends: write two")
        made = self.statement(members, relations, source, assumed, before.role, before.line)
        said = "defines" if assigns and relations == ["="] else made.said
        return replace(made, every=every, said=said)

    def statement(self, members, relations=(), source=(), assumed=(), role=Role.CHAIN, line=None):
        """A statement on the line that is read, if no other is given."""
        source, assumed = source or ("",) * len(members), assumed or (False,) * len(members)
        line = self.line if line is None else line
        parts = map(tuple, (members, relations, source, assumed))
        return Statement(*parts, role, line, self.line, self.sentence)

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


def _parts(chain):
    """All but the last link of a chain, which is claimed, and that one, on a line behind it."""
    if len(chain.relations) == 1:
        return [chain]
    names, line = ("members", "relations", "source", "assumed"), chain.line - 1
    before = {name: getattr(chain, name)[:-1] for name in names}
    last = {name: getattr(chain, name)[-2 + (name == "relations") :] for name in names}
    return [replace(chain, **before, line=line, until=line), replace(chain, **last)]


def _is_zero(node):
    return node.args[0] in ("0", r"\mathbf{0}") and node.op in ("num", "name")
