r"""The sets behind \\in."""

from ..syntax import Node
from . import grammar
from .expressions import ONE

__all__ = ["Sets", "endless"]


class Sets:
    """The part of the reader that reads sets."""

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
        if (opening, closing, len(items)) == ("[", "]", 1):  # [C] is 1, …, C
            return Node("set", (ONE, Node("dots", (), at), *items), at)
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


def endless(relation, member):
    """The whole line, if a side is less than infinity, or more than minus infinity."""
    below = member.op == "neg"
    bare = member.args[0] if below else member
    if bare.text != r"\infty" or relation != ("<", ">")[below]:
        return None
    return Node("interval", (Node("neg", (bare,)), bare, "()"), member.at)
