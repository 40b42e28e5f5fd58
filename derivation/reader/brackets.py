"""Brackets, bars, indicators, notes under braces, matrices and cases."""

import re

from ..printer import PRODUCT, binding, latex_of
from ..syntax import Node, Role, walk
from . import grammar
from .grammar import BRACKETS, CONDITION, MATRICES, OPEN_TABLES, SEPARATORS, is_test
from .tokens import BREAK, NEGATIVE, RELATIONS

__all__ = ["Brackets"]

NOTHING = Node("dots")
ROW_ENDS = ("&", r"\\", r"\end")


class Brackets:
    """The part of the reader that reads what stands between two signs."""

    def bracket(self, at, opening):
        bars, self.open_bars = self.open_bars, ()
        barred, self.barred = self.barred, False
        node = self.sum() if opening != "{" else self.primary()
        if opening == "(" and self.peek() in RELATIONS:
            self.fail("a relation in round brackets has no value: for an indicator write"
                      r" \mathbb{1}\{…\} or […]", at)  # fmt: skip
        if opening != "{" and self.peek() in RELATIONS:
            node = self.test(node, at)
        cells = [node]
        while opening in ("(", "[") and self.skip(","):
            cells.append(self.item())
        self.open_bars, self.barred = bars, barred
        self.expect(BRACKETS[opening])
        if len(cells) > 1:
            return self.column(cells, at)
        if node.op == "derivative":
            return self.there(node.args[0], node.args[1:], at)
        return node

    def column(self, cells, at):
        """(a, b, c) is a column, and so is (a, b, c)^\\top."""
        after = [self.peek(n) for n in range(3)]
        sign = after[1] if after[1] != "{" else after[2]
        if after[0] == "^" and sign in self.dialect.transposes:
            return Node("matrix", (tuple(cells),), at)
        return Node("matrix", tuple((cell,) for cell in cells), at)

    # relations that have a value

    def indicator(self, at, _):
        below = self.skip("_")
        if not below and self.peek() not in ("(", "[", r"\{", "{"):
            return Node("name", (r"\mathbf{1}", (), None), at)
        if below and self.peek() != "{":
            self.fail("expected {")
        closing = [BRACKETS[self.take()]]
        if closing == ["}"] and self.peek() in (r"\{", "(", "["):
            closing.append(BRACKETS[self.take()])
        node = self.test(self.sum(), at)
        while self.skip(","):
            node = Node("mul", (node, self.test(self.sum(), at)), at)
        for sign in reversed(closing):
            self.expect(sign)
        return node

    def test(self, left, at):
        """A relation, or a chain of them, as a number: 1 if it holds, else 0."""
        if self.peek() not in RELATIONS:
            self.fail("expected a relation such as =")
        found = None
        while self.peek() in RELATIONS:
            relation = RELATIONS[self.take()]
            right = self.domain() if relation == "in" else self.sum()
            one = Node("indicator", (left, relation, right), at)
            found = one if found is None else Node("mul", (found, one), at)
            left = right
        return found

    # bars

    def bars(self, at, opening):
        before, self.open_bars = self.open_bars, (*self.open_bars, opening)
        node = self.sum()
        self.open_bars = before
        self.expect(BRACKETS[opening])
        if opening == "|":
            return Node("abs", (node,), at)
        power = None
        if self.peek() == "^" and self.peek(2) == "_":  # ‖·‖^2_F
            self.take()
            power = self.argument()
        norm = Node("norm", (node, self.words() if self.skip("_") else ""), at)  # ‖·‖_2, ‖·‖_F
        return Node("pow", (norm, power), at) if power else norm

    def words(self):
        """One token, or what stands in braces, as it is written."""
        text, depth = "", 0
        while not text or depth:
            token = self.take()
            depth += (token == "{") - (token == "}")
            text += token
        return text.removeprefix("{").removesuffix("}")

    def inner(self, at, _):
        left = self.sum()
        self.expect(",")
        node = Node("inner", (left, self.sum()), at)
        self.expect(r"\rangle")
        self.skip("_", "F")  # of matrices, which is the only one
        return node

    # notes under braces

    def underbrace(self, at, command):
        """What stands above a brace or in a frame, which do not hold it together."""
        before = self.tokens[self.n - 2].text if self.n > 1 else ""
        bracket = self.inside() in (["(", ")"], ["[", "]"])
        node = self.braced(self.sum) if self.peek() == "{" else self.atom()
        closed = node.op in ("call", "derivative") and self.tokens[self.n - 2].text in (")", "]")
        if command == r"\underbrace" and self.peek() in ("_", "^"):
            self.take()
            self.labelled(node, before)
        if self.peek() in ("_", "^"):
            self.fail("put into brackets what is raised to a power here")
        begins = before in ("", "&", "+", *BRACKETS, *RELATIONS, *SEPARATORS)
        signs = *grammar.PRODUCTS, *grammar.ENTRYWISE
        ends = self.peek() not in signs and not self.starts_factor()
        free = ends if begins or node.op in ("sum", "prod") else False
        free = free or (begins and node.op == "neg")
        if binding(node) < PRODUCT and not (bracket or closed or free):
            self.fail("a brace or a frame is no bracket: write round brackets inside it", at)
        return node

    def labelled(self, node, before):
        """A note under a brace: words; or mathematics, which claims something, too."""
        start, braced = self.at(), self.skip("{")
        if self.peek() == r"\text":
            if re.search(r"[=<>≠≤≥≈\\]|\bno[tn]?\b", self.tokens[self.n].inside):
                self.fail("words under a brace hold no relation")
            self.take()
        elif braced and self.peek() == "(" and self.peek(1).isdecimal() and self.peek(2) == ")":
            self.n += 3  # a mark such as (1)
        elif self.peek() in RELATIONS:
            relation = RELATIONS[self.take()]
            self.note(node, relation, self.domain() if relation == "in" else self.sum(), start)
        else:
            right, relation = self.sum() if braced else self.argument(), "="
            if right.op == "times":  # a shape
                right, relation = Node("domain", ("R", *right.args), right.at), "in"
            if self.peek() in RELATIONS:
                part = Node("neg", (node,), node.at) if before == "-" else node
                self.parts.append((part, self.test(right, start)))
            else:
                self.note(node, relation, right, start)
        if braced:
            self.expect("}")

    def note(self, node, relation, right, start):
        source = self.latex[start : self.at()].strip("{} ") if start else latex_of(right)
        source = r"\ldots", source
        made = self.statement((node, right), (relation,), source, (True, False), Role.NOTE)
        self.extra.append(made)

    def part_notes(self, member):
        """j = k under a brace, behind a sum over j: what is left of the sum where this is so."""
        for node, test in self.parts:
            bounds, high, body = member.args if member.op == "sum" else ((), None, None)
            if not {b[0] for b in bounds} & {*walk(test)}:
                text = "a case under a brace is read behind a sum over its index: say it in words"
                self.fail(text, test.at)
            rest = Node("sum", ((*bounds, (None, "where", test)), high, body), test.at)
            self.note(node, "=", rest, 0)
        self.parts = []

    # matrices and cases

    def environment(self, at, text):
        name = text[len(r"\begin{") : -1].rstrip("*")
        if name not in ("cases", *MATRICES):
            self.fail(f"the environment {name} is not read", at)
        if name == "array" and self.peek() == "{":
            self.words()
        read = self.case if name in OPEN_TABLES else self.item
        rows = self.rows(lambda: self.cell(read))
        if not any(rows):
            self.fail("nothing stands here", at)
        paired = all(len(row) == 2 and is_test(row[1]) for row in rows)
        if name != "cases" and not (name in OPEN_TABLES and paired):
            return Node("matrix", rows, at)
        if any(len(row) > 2 for row in rows):
            self.fail("each line of cases is a value and a condition", at)
        return Node("cases", rows, at)

    def cell(self, read):
        """An entry, perhaps between arrows that show a row."""
        arrow = self.skip(r"\leftarrow")
        node = read()
        if self.skip(r"\rightarrow") != arrow:
            self.fail("an arrow in a matrix stands on both sides of a row")
        return node

    def case(self):
        """What stands in cases: a value, or a condition, in words or in brackets too."""
        if self.peek() == r"\text" and (node := self.case_text()):
            return node
        if self.peek() == "(" and self.states():
            self.take()
            node = self.conditions()
            self.expect(")")
            return node
        return self.condition() if self.skip(r"\forall") else self.conditions()

    def condition(self):
        """A value, or a test such as j = k."""
        at, left = self.at(), self.item()
        return self.test(left, at) if self.peek() in RELATIONS else left

    def conditions(self):
        """k = y, j = y or `k = y and j = y`: all must hold; a value's comma ends it."""
        node = self.condition()
        while is_test(node) and (self.peek() == "," or self.worded_as("and")):
            self.take()
            if self.peek() in ROW_ENDS:
                break
            node = Node("mul", (node, self.condition()), node.at)
        return node

    def worded_as(self, *words):
        return self.peek() == r"\text" and self.tokens[self.n].inside.strip(" .,;") in words

    def case_text(self):
        """Words in cases: a condition that is read, or nothing but `if` before one."""
        token = self.tokens[self.n]
        inside = token.inside.strip(" .,;")
        if grammar.OTHERWISE.fullmatch(inside) or inside == "sonst":
            self.take()
            return Node("otherwise", (), token.at)
        condition = CONDITION.match(inside)
        if inside and not condition:
            if self.worded():
                return None
            self.fail(f"a condition that is not understood: {inside}")
        rest = inside[condition.end() :].strip(" ()") if condition else ""
        self.take()
        if grammar.PLAIN.fullmatch(rest):
            self.skip("&")
            return self.conditions()
        found = self.stated(rest, token, Role.CONDITION)
        if len(found) != 1 or len(found[0].relations) != 1:
            self.fail(f"a condition that is not understood: {inside}", token.at)
        (left, right), (relation,) = found[0].members, found[0].relations
        return Node("indicator", (left, relation, right), token.at)

    def passes(self, here):
        """Whether what comes says nothing: a wide space, an aside, a point behind a cell."""
        ends = self.peek(1) in (*ROW_ENDS, BREAK) and here is not None
        return self.peek() == BREAK or self.aside() or (self.peek() in SEPARATORS and ends)

    def aside(self):
        """Whether words in brackets come that claim nothing, such as (the bias)."""
        words = self.tokens[self.n].inside.strip() if self.peek() == r"\text" else ""
        claims = NEGATIVE.search(words) or re.search(r"[=<>$\\]", words)
        return words[:1] == "(" and words[-1:] == ")" and not claims

    def rows(self, cell):
        """The cells of an environment, row by row."""
        rows, here = [[]], None
        while True:
            text = self.peek()
            if text in ROW_ENDS:
                self.take()
                rows[-1].append(here)
                here = None
                if text == r"\end":
                    break
                if text == r"\\":
                    rows.append([])
            elif self.passes(here):
                self.take()
            elif here is None:
                here = cell()
            elif self.before() == BREAK and not rows[-1]:  # a wide space before a condition
                rows[-1].append(here)
                here = cell()
            else:
                self.fail("the cells of a row are separated by &")
        if rows[-1] == [None]:  # a new line before the end begins none
            rows.pop()
        if not all(map(any, rows)):
            self.fail("a row is empty")
        if [len(row) for row in rows] == [3, 3, 3] and rows[1][1] and rows[1][1].op == "dots":
            rows = [[cell or Node("num", ("0",), self.at()) for cell in row] for row in rows]
        filled = (row for row in rows if row[0] is None or not is_test(row[-1] or NOTHING))
        filled = (row for row in filled if any(c is not None and c.op != "dots" for c in row))
        if any(None in row for row in filled):
            self.fail("a cell is empty: write what stands there, 0 for example")
        return tuple(tuple(c for c in row if c is not None) for row in rows)
