"""From syntax trees to bound trees: every name a symbol, every index its range, every shape known.

A bound tree says all that its value depends on besides the drawn numbers: nothing is looked up in
it again. Its operations are those of the table in `operations`, and these:

    num text, size s, const name         numbers
    index letter                         the value of an index
    symbol s, indices                    drawn, or by its definition
    view s, tree                         the part of another symbol that s is
    ones, zeros, eye                     as large as their shape
    row a, i; block a, n; entry a, i, j  by indices, with the number that the first one has
    sum, prod, largest, smallest         letter, first, last, test, body
    test left, relation, right; among; domain; cases
    matrix rows; stack axis, letter, first, last, body, replaced
    derivative, differential; map name, value, body
    lets (let or index_let, name, value) …, body
"""

import contextlib
import functools
import itertools

from ..operations import NORMS, OPERATIONS, Misfit, is_number
from ..printer import latex_of
from ..sizes import NUMBER, ONE, Size, Unifier, shape_text
from ..syntax import Bound, DerivationError, Node, ShapeError, innermost, walk, whole
from ..vocabulary import Symbol
from .derivatives import Derivatives
from .dots import Dots
from .functions import Functions
from .names import Names
from .sums import Sums

__all__ = ["Binder", "fitted"]

COMPOUND = ("add", "sub", "neg", "mul", "dot")  # in a bracket behind a name


class Binder(Functions, Sums, Names, Derivatives, Dots):
    """Binds the trees of one text; sizes that are not known are found over all of them.

    Attributes
    ----------
    free : list of str
        The index letters that no sum binds, in the order in which they were met.
    """

    def __init__(self, vocabulary, latex="", scope=(), free=None):
        self.vocabulary, self.latex = vocabulary, latex
        self.scope, self.free = frozenset(scope), [] if free is None else free
        self.sizes, self.locals, self.count = Unifier(vocabulary.fixed), {}, 0
        self.same, self.moving = {}, set()

    # what every rule uses

    def fail(self, message, node, kind=DerivationError):
        raise kind(message, self.latex, node.at if self.latex else None)

    def text(self, shape):
        return shape_text(tuple(map(self.sizes.resolved, shape)))

    def number(self, node, what, hint=""):
        bound = self.bind(node)
        if not is_number(self.sizes, bound.shape):
            self.fail(f"{what} is a number, got {self.text(bound.shape)}{hint}", node, ShapeError)
        return bound

    def made(self, operation, op, args, node):
        """A row of the table applied to bound arguments."""
        args = tuple(args)
        try:
            shape = operation.shape(self.sizes, *(a.shape for a in args))
        except Misfit as error:
            self.fail(str(error), node, ShapeError)
        return Bound(op, args, shape, node.at)

    def bind(self, node):
        """The bound tree of a syntax tree."""
        rule = getattr(self, f"_{node.op}", None)
        if rule:
            return rule(node)
        if node.op not in OPERATIONS:
            self.fail("this cannot stand here", node)
        return self.made(OPERATIONS[node.op], node.op, map(self.bind, node.args), node)

    def tried(self, *nodes):
        """The bound trees, or None if one of them has none: it is reported when its turn comes."""
        try:
            return [*map(self.bind, nodes)]
        except DerivationError:
            return None

    def within(self, letters, read):
        """What `read` makes where these letters are indices."""
        before = self.scope
        self.scope = before.union(letters)
        try:
            return read()
        finally:
            self.scope = before

    def settled(self, bound):
        """The same with every size that was found; one that was not is refused. Parts that are
        alike become one object, which is evaluated once."""
        if isinstance(bound, tuple):
            return tuple(map(self.settled, bound))
        if isinstance(bound, Size):
            size = self.sizes.resolved(bound)
            if any(a.startswith("?") for a in size.letters):
                raise ShapeError("nothing tells how many terms the dots stand for", self.latex, 0)
            return size
        if not isinstance(bound, Bound):
            return bound
        shape = tuple(map(self.sizes.resolved, bound.shape))
        if shape == NUMBER != bound.shape and bound.op in ("ones", "eye", "zeros"):
            raise ShapeError(
                "a number is meant where a vector or a matrix stands", self.latex, bound.at
            )
        unknown = any(a.startswith("?") for s in shape for a in s.letters)
        if unknown and bound.op in ("ones", "zeros", "eye", "stack"):
            letter = {"ones": r"\mathbf{1}", "zeros": r"\mathbf{0}", "eye": "I"}.get(bound.op, "…")
            hint = f": write {letter}_C, say" if letter != "…" else ""
            raise ShapeError(f"nothing tells the size of {letter} here{hint}", self.latex, bound.at)
        args = self.settled(bound.args)
        if bound.op == "differential":
            args = (args[0], *self.still(args[0]))
        if bound.op == "row" and args[2] is None:  # of an identity
            args = (*args[:2], self.vocabulary.first_along(args[0].shape[0]))
        key = bound.op, args, shape
        if key not in self.same:
            self.same[key] = Bound(bound.op, args, shape, bound.at)
        return self.same[key]

    def zeros(self, a, b):
        """Two sides of a relation; a bare 0 beside a vector or a matrix is one of zeros."""
        shapes = a.shape, b.shape
        return tuple(
            Bound("zeros", (), other, side.at)
            if side.op == "num" and side.args == ("0",) and not is_number(self.sizes, other)
            else side
            for side, other in zip((a, b), shapes[::-1], strict=True)
        )

    # arithmetic

    def _num(self, node):
        return Bound("num", node.args, NUMBER, node.at)

    def _drawn(self, node):
        """A symbol that the text introduces for anything of its shape."""
        return self.symbol(node.args[0], (), node)

    def _add(self, node):
        """A sum; in 1 − h with a vector h the number stands for a vector that is full of it."""
        return self.summed(node, self.bind, lambda number, shape: (
            number.op == "num" and ONE in map(self.sizes.resolved, shape)))  # fmt: skip

    _sub = _add

    def summed(self, node, bind, fills):
        """A sum, in which a number fills the shape of what is none, where `fills` says so."""
        args = [bind(n) for n in node.args]
        plain = [is_number(self.sizes, a.shape) for a in args]
        if len({*plain}) == 2:
            n = plain.index(True)
            if fills(node.args[n], args[1 - n].shape):
                args[n] = self.filled(args[n], args[1 - n].shape, node)
        return self.made(OPERATIONS[node.op], node.op, args, node)

    def filled(self, number, shape, node):
        """A matrix with the same number everywhere."""
        ones = Bound("ones", (), shape, node.at)
        return Bound("scale", (number, ones), shape, node.at)

    def _mul(self, node):
        left, right = node.args
        unknown = left.plain and left.args[0] not in self.locals and self.is_unknown(left)
        if unknown and right.op in ("add", "sub") and self.letter(left) is None:
            known = ", ".join(s.latex for s in self.vocabulary.symbols if s.is_function) or "none"
            own = f'a function is added by Symbol(r"{left.text}(t)", definition=…)'
            self.fail(f"unknown symbol {left.text}: {own}; known are {known}", left)
        a, b = map(self.bind, node.args)
        self.no_other_value(node, a, b)
        return self.times(node, a, b)

    def no_other_value(self, node, a, b):
        r"""Refuse \ell(W + V) as a product: it is meant as the loss at other weights; not J(…)."""
        (left, right), own = node.args, whole(a)
        known = a.op == "derivative" or (own is not None and own.definition)
        if not known or right.op not in COMPOUND or self.sizes.resolved(a.shape[1]) != ONE:
            return
        for symbol in [part.args[0] for part in walk(b) if part.op == "symbol"]:
            alike = b.shape != NUMBER and self.vocabulary.shape(symbol) == b.shape
            if alike and symbol != own and not symbol.is_label and self.mentions(a, symbol.latex):
                name = latex_of(left)
                of = f"is read if {name}({symbol.latex}) stands in the text, too"
                sign = r"\cdot" if is_number(self.sizes, a.shape) else r"\odot"
                other = f"the value at another {symbol.latex} {of}"
                self.fail(f"a product is written {name} {sign} (…); {other}", right)

    def times(self, node, a, b):
        if is_number(self.sizes, a.shape) or is_number(self.sizes, b.shape):
            return self.made(OPERATIONS["scale"], "scale", (a, b), node)
        if all(self.sizes.resolved(c.shape[1]) == ONE for c in (a, b)):
            if self.is_row(node.args[0]):
                return self.times(node, a.args[0], b)
            shapes = f"{self.text(a.shape)} by {self.text(b.shape)}"
            hint = r"entry by entry it is a \odot b, and a number a^\top b"
            self.fail(f"cannot multiply {shapes}: {hint}", node, ShapeError)
        return self.made(OPERATIONS["matmul"], "matmul", (a, b), node)

    def is_row(self, node):
        r"""Whether this is a list with a transpose, which makes a row of it before a column:
        (1, \dots, 1)^\top \mathbf{s}; by itself it is a column."""
        listed = node.op == "transpose" and node.args[0].op == "matrix"
        return listed and self.latex[node.args[0].at :][:1] in ("(", "[")

    def _dot(self, node):
        """The inner product of two columns or rows; else like any product."""
        a, b = map(self.bind, node.args)
        columns = [tuple(self.sizes.resolved(s) == ONE for s in c.shape) for c in (a, b)]
        if columns in ([(False, True)] * 2, [(True, False)] * 2):
            return self.made(OPERATIONS["inner"], "inner", (a, b), node)
        return self.times(node, a, b)

    def _times(self, node):
        a, b = map(self.bind, node.args)
        if not (is_number(self.sizes, a.shape) or is_number(self.sizes, b.shape)):
            self.fail(r"\times stands between a number and something else", node)
        return self.times(node, a, b)

    def _div(self, node):
        a = self.bind(node.args[0])
        hint = "" if is_number(self.sizes, a.shape) else r"; entry by entry it is a \oslash b"
        b = self.number(node.args[1], "a denominator", hint)
        return self.made(OPERATIONS["div"], "div", (a, b), node)

    def _pow(self, node):
        base, exponent = node.args
        if base.text in ("e", r"\Euler") and self.is_unknown(base):
            return self.function("exp", self.shifted(exponent), node)
        hint = r"; a transpose is written ^\top" * (exponent.text in ("T", "t"))
        n, a = self.number(exponent, "an exponent", hint), self.bind(base)
        if is_number(self.sizes, a.shape):
            if exponent.text == "2" and a.op == "norm F":  # differentiable at 0, too
                return self.made(NORMS["F squared"], "norm F squared", a.args, node)
            a = a.args[0] if exponent.text == "2" and a.op == "abs" else a
            return self.made(OPERATIONS["pow"], "pow", (a, n), node)
        if exponent.op == "neg":
            a, exponent = self.made(OPERATIONS["inverse"], "inverse", (a,), node), exponent.args[0]
        whole = exponent.args[0] if exponent.op == "num" else ""
        if whole not in tuple("123456789"):
            self.fail(f"a matrix has no power {exponent.text}{hint}", node, ShapeError)
        op = "odot" if ONE in map(self.sizes.resolved, a.shape) else "matmul"
        if op == "matmul" and not self.sizes.equal(*a.shape):
            self.fail(f"a power wants a square matrix, got {self.text(a.shape)}", node, ShapeError)
        powers = itertools.repeat(a, int(whole))
        return functools.reduce(lambda b, c: self.made(OPERATIONS[op], op, (b, c), node), powers)

    def _frobenius(self, node):
        args = [self.bind(n) for n in node.args]
        if any(is_number(self.sizes, a.shape) for a in args):
            self.fail("a colon between numbers: a quotient is written with / or \\frac", node)
        return self.made(OPERATIONS["frobenius"], "frobenius", args, node)

    def _transpose(self, node):
        a = self.bind(node.args[0])
        if node.args[0].op == "num":
            self.fail("a number is not transposed", node)
        return self.made(OPERATIONS["transpose"], "transpose", [a], node)

    def _root(self, node):
        a, degree = node.args
        if degree.op != "num" or not degree.args[0].isdecimal() or degree.args[0] == "0":
            power = f"write (…)^{{1/{degree.text}}}"
            self.fail(f"the degree of a root is a whole number in digits: {power}", degree)
        args = self.number(a, "what stands below a root"), self.bind(degree)
        return self.made(OPERATIONS["root"], "root", args, node)

    def _abs(self, node):
        """Of a number; of a square matrix the bars mean the determinant."""
        a = self.bind(node.args[0])
        if is_number(self.sizes, a.shape):
            return self.made(OPERATIONS["abs"], "abs", (a,), node)
        if self.sizes.resolved(a.shape[0]) != self.sizes.resolved(a.shape[1]):
            self.fail(f"bars want a number, got {self.text(a.shape)}", node, ShapeError)
        return self.function("det", a, node)

    def _norm(self, node):
        a, kind = self.bind(node.args[0]), node.args[1] or "F"
        if kind == "2" and ONE in map(self.sizes.resolved, a.shape):
            kind = "F"  # that of a vector
        if kind not in NORMS:
            self.fail(f"the norm {kind} is not known", node)
        return self.made(NORMS[kind], f"norm {kind}", (a,), node)

    def _prime(self, node):
        """The derivative of a number by what the vocabulary says; of a matrix its transpose."""
        a = self.bind(node.args[0])
        if not is_number(self.sizes, a.shape) and "'" in self.vocabulary.transpose.split():
            return self.made(OPERATIONS["transpose"], "transpose", (a,), node)
        if not self.vocabulary.prime:
            self.fail("nothing says by what a prime differentiates", node)
        variable = self.vocabulary.read(self.vocabulary.prime)[0].members[0]
        slope = self.bind(Node("derivative", (node.args[0], variable), node.at))
        by = innermost(slope.args[1]).args[0].latex
        drawn = (s.latex for s in self.vocabulary.symbols if s.is_drawn)
        if not self.mentions(a, by) and any(self.mentions(a, s) for s in drawn):
            text = f"a prime differentiates by {self.vocabulary.prime}, on which"
            text = f"{text} {latex_of(node.args[0])}"
            self.fail(f"{text} does not depend: write \\frac{{\\partial …}}{{\\partial …}}", node)
        return slope

    def _event(self, node):
        return self.fail("a relation stands only in the brackets of a probability", node)


Names.Binder = Binder  # a definition is bound by itself


class _Guessing(Binder):
    """Takes a small letter that nothing says anything of for an index, where one can stand, and
    the argument of a function of the vocabulary, as t of f(t), for any number elsewhere."""

    def __init__(self, vocabulary):
        super().__init__(vocabulary)
        functions = (s for s in vocabulary.symbols if s.is_function)
        self.formals = {f.text for s in functions for f in vocabulary.formals(s) if f.plain}
        self.arguments = set()

    def letter(self, node):
        found = super().letter(node)
        if found is None and node.text in self.formals:
            self.arguments.add(node.text)
            return Bound("local", (node.text,), NUMBER, node.at)
        return found

    def bind_index(self, node):
        text = node.text
        if not (self.is_unknown(node) and len(text) == 1 and text.islower()):
            return super().bind_index(node)
        self.free += [text] if text not in self.free else []
        return Bound("index", (text,), NUMBER, node.at)


def fitted(vocabulary, members):
    """What makes every free letter of a chain run over what it is an index of: the vocabulary with
    other letters, and which letters they stand for. So i, an example, is a class in p_i. And t of
    f(t) is any number.

    A sign without width makes such a letter another one that looks the same.
    """
    binder, trees, other, letters = _Guessing(vocabulary), [], {}, {}
    known = f"known are {', '.join(vocabulary.indices) or 'none'}"
    for member in members:
        with contextlib.suppress(DerivationError):  # it is reported when its turn comes
            trees.append(binder.bind(member))
    for letter in binder.free:
        run = binder.over(letter, tuple(trees), members[0], "take two letters", known)
        if letter in vocabulary.indices and vocabulary.range(letter) == run:
            continue
        new = letter + "\N{WORD JOINER}" * (letter in vocabulary.indices)
        other[new], letters[letter] = (run[0].number, str(run[1])), Node("name", (new, (), None))
    drawn = dict.fromkeys(n.args[0] for n in walk(members) if n.op == "drawn")
    drawn |= dict.fromkeys(map(Symbol, sorted(binder.arguments)))
    if other or drawn:
        vocabulary = vocabulary.extend(*drawn, indices=other)
    return vocabulary, letters
