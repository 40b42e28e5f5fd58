"""Sums, indicators, cases and sets: the binder's part."""

import functools

from ..operations import OPERATIONS, is_number
from ..reader.grammar import is_test
from ..sizes import NUMBER, ONE, Size, shape_text
from ..syntax import Bound, Node, ShapeError, walk, whole

__all__ = ["Sums"]

TESTS = ("=", "!=", "<", "<=", ">", ">=")


class Sums:
    """The part of the binder that runs over indices and tells cases apart."""

    def _sum(self, node):
        """One sum for each index below; tests that name several stand in the innermost."""
        bounds, high, body = node.args
        if not bounds:
            return self.unnamed(node)
        letters = [b for b in bounds if b[0] is not None]
        if not letters:
            self.fail("this sum names no index", node)
        extra = [b[2] for b in bounds if b[0] is None]
        return self.nested(node, letters, high, extra, body)

    _prod = _max = _min = _sum

    def nested(self, node, bounds, high, extra, body):
        (index, relation, limit), *rest = bounds
        if index.op != "name" or not index.plain:
            self.fail("the index of a sum is a letter", index)
        if "{" in index.args[0]:
            self.fail("an index is a plain letter: nothing runs over all vectors", index)
        letter, limited = index.args[0], relation == "=" and (high is not None or limit.op == "num")
        if self.vocabulary.lookup(index)[0] is not None:
            self.fail(f"{letter} is a symbol, and no index of a sum", index)
        test = limit if relation == "where" else None
        if relation in (*TESTS, "in") and not limited:
            test = Node("indicator", (index, relation, limit), limit.at)
        tests = [test] if test is not None else []
        low = self.bind_index(limit) if limited else None
        top = self.bind_index(high) if high is not None else None

        def inner():
            made = self.nested(node, rest, high, extra, body) if rest else self.bind(body)
            conditions = tests if rest else [*tests, *extra]
            return made, [self.number(t, "a condition") for t in conditions]

        made, conditions = self.within([letter], inner)
        if low is None or top is None:
            first, last = self.over(letter, (made, *conditions), index)
            low, top = low or Bound("size", (first,)), top or Bound("size", (last,))
        test = conditions and functools.reduce(lambda a, b: Bound("scale", (a, b)), conditions)
        test = test or None
        return self.reduced(node, letter, low, top, test, made)

    def _column(self, node):
        """A vector by its entries."""
        body, index = node.args
        made = self.within([index.text], lambda: self.number(body, "an entry"))
        return self.stacked(index.text, self.over(index.text, (made,), index), made)

    def stacked(self, letter, run, body):
        """What depends on an index, for all its values below each other."""
        (low, high), (rows, columns) = run, body.shape
        ends = (Bound("size", (n,)) for n in run)
        return Bound("stack", (-2, letter, *ends, body), ((high - low + ONE) * rows, columns))

    def reduced(self, node, letter, low, top, test, body):
        op = node.op
        if op in ("max", "min") and not is_number(self.sizes, body.shape):
            text = f"the {op} is one of numbers, got {self.text(body.shape)}"
            hint = f": put brackets around \\{op} and its numbers" * (body.op == "scale")
            self.fail(text + hint, node, ShapeError)
        if op == "prod" and not is_number(self.sizes, body.shape):
            self.fail("a product is one of numbers", node, ShapeError)
        op = {"max": "largest", "min": "smallest"}.get(op, op)
        return Bound(op, (letter, low, top, test, body), body.shape, node.at)

    def unnamed(self, node):
        """A sum that names no index: over the only one that fits, or over all entries."""
        _, high, body = node.args
        letters = sorted(
            {n.args[0] for n in walk(body) if n.plain and n.args[0] in self.vocabulary.indices
             and self.vocabulary.lookup(n)[0] is None}
        )  # fmt: skip
        if not letters and node.op != "prod" and high is None:
            a = self.bind(body)
            if not is_number(self.sizes, a.shape):
                if node.op != "sum":
                    return self.function(node.op, a, node)
                return self.made(OPERATIONS["total"], "total", (a,), node)
        if len(letters) != 1:
            self.fail(f"the {node.op} names no index, and {len(letters)} would fit", node)
        index = Node("name", (letters[0], (), None), node.at)
        return self.nested(node, [(index, None, None)], high, [], body)

    def _indicator(self, node):
        left, relation, right = node.args
        if relation == "in":
            return self.inside(self.bind(left), right, node)
        if relation not in TESTS:
            self.fail("this relation does not tell cases apart", node)
        a, b = map(self.bind, (left, right))
        if relation[0] in "<>" and right.op == "num" and ONE in map(self.sizes.resolved, a.shape):
            return Bound("test", (a, relation, b), a.shape, node.at)  # entry by entry
        a, b = (self.number(n, "what an indicator compares") for n in (left, right))
        return Bound("test", (a, relation, b), NUMBER, node.at)

    def inside(self, a, domain, node):
        """Whether a number belongs to a set, an interval, or the whole numbers."""
        if domain.op == "cube":
            one, rows, columns = domain.args
            self.shaped(a, rows, columns, node)
            return self.inside(a, Node("entries", (one,), domain.at), node)
        if domain.op == "entries":
            domain = domain.args[0]
        elif domain.op != "domain":
            one = Node("num", ("1",))
            self.shaped(a, one, one, node)
        if domain.op == "set":
            items = self.set_items(domain)
            return Bound("among", (a, *items), a.shape, node.at)
        if domain.op == "without":
            yes, no = (self.inside(a, Node("entries", (d,)), node) for d in domain.args)
            one = self.filled(Bound("num", ("1",)), a.shape, node)
            return Bound("odot", (yes, Bound("sub", (one, no), a.shape)), a.shape, node.at)
        if domain.op == "interval":
            low, high, (opening, closing) = domain.args
            below, above = (self.bind_end(n) for n in (low, high))
            signs = ">=" if opening == "[" else ">", "<=" if closing == "]" else "<"
            return Bound("between", (a, below, above, *signs), a.shape, node.at)
        letter, rows, columns = domain.args
        self.shaped(a, rows, columns, node)
        return Bound("whole", (a, letter), a.shape, node.at)

    def shaped(self, a, rows, columns, node):
        """Refuse what has not the shape of the elements of a set."""
        wanted = tuple(self.as_size(n) for n in (rows, columns))
        if not self.sizes.fits(a.shape, wanted):
            text = f"the left side is {self.text(a.shape)}, the set {shape_text(wanted)}"
            known = whole(a)  # what a text wants to be anything
            if known and known.meaning:
                text += f"; {known.latex} is {known.meaning} here: for all else take another letter"
            self.fail(text, node, ShapeError)

    def bind_end(self, node):
        """An end of an interval: a number, or infinite."""
        bare = node.args[0] if node.op == "neg" else node
        if bare.text == r"\infty":
            return Bound("infinite", ("-" if node.op == "neg" else "+",), NUMBER, node.at)
        return self.number(node, "an end of an interval")

    def as_size(self, node):
        """A size such as m + 1 of a set \\mathbb{R}^{…}."""
        match node:
            case Node("num", (text,)) if text.isdecimal() and text != "0":
                return Size.of(int(text))
            case Node("name") if node.plain and node.args[0] in self.vocabulary.sizes:
                return Size.read(node.args[0])
            case Node("add" | "sub" | "mul" | "dot" as op, (a, b)):
                a, b = map(self.as_size, (a, b))
                return a + b if op == "add" else a - b if op == "sub" else a * b
        instead = self.vocabulary.elsewhere.get(node.text) or ", ".join(self.vocabulary.sizes)
        return self.fail(f"a size is a sum or product of letters and numbers: {instead}", node)

    def set_items(self, domain):
        items = [n for n in domain.args if n.op != "dots"]
        if len(items) == len(domain.args):
            return [self.number(n, "an element") for n in items]
        column = self.bind(Node("matrix", tuple((n,) for n in domain.args), domain.at))
        return [column]

    def _set(self, node):
        return self.fail("a set stands behind \\in", node)

    _interval = _domain = _without = _set

    def _cases(self, node):
        rows, shape = [], None
        for n, (value, *condition) in enumerate(node.args):
            if (not condition or condition[0].op == "otherwise") and n + 1 < len(node.args):
                self.fail("only the last line of cases has no condition", value)
            a = self.bind(value)
            if shape is not None and not self.sizes.fits(shape, a.shape):
                text = f"the lines of cases are {self.text(shape)} and {self.text(a.shape)}"
                self.fail(text, value, ShapeError)
            shape = a.shape if shape is None else shape
            otherwise = not condition or condition[0].op == "otherwise"
            if not otherwise and not is_test(condition[0]):
                self.fail("the second column of cases holds conditions", condition[0])
            rows.append((a, None if otherwise else self.number(condition[0], "a condition")))
        return Bound("cases", tuple(rows), shape, node.at)
