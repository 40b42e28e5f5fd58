"""Trees to numbers: every symbol by its definition, every derivative by dual numbers."""

import contextlib
import difflib
import functools
import itertools
import math

import numpy as np

from . import dual
from .dual import Dual, add, bilinear, multiply, negative, pick, power, real, total
from .parser import EIGENVALUES, DerivationError, Node, canonical, parse
from .vocabulary import Symbol

__all__ = [
    "COMPARE", "FILLERS", "Instance", "Scope", "ShapeError", "defines", "free_indices", "heads",
    "is_label", "shape_text",
]  # fmt: skip

MAX_WORK, MAX_TERMS, MAX_ENTRIES = 200_000, 1000, 10_000  # of one instance, sum, matrix
CONSTANTS = {r"\pi": np.pi, "e": np.e, r"\infty": np.inf}
FILLERS = {  # they take the size that fits
    r"\mathbf{1}": lambda n: np.ones((n, 1)),
    r"\mathbf{0}": lambda n: np.zeros((n, 1)),
    "I": np.eye,
}
COMPARE = {
    "=": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater,
    ">=": np.greater_equal,
}  # fmt: skip
SIMPLE = {
    "group": lambda a: a, "neg": negative, "transpose": dual.transpose, "abs": dual.absolute,
}  # fmt: skip
ALIKE = {  # operations on two matrices of one shape
    "add": ("add", add),
    "sub": ("subtract", lambda a, b: add(a, negative(b))),
    "odot": ("multiply entry by entry", multiply),
    "oslash": ("divide entry by entry", dual.divide),
    "inner": ("take the inner product of", lambda a, b: total(multiply(a, b))),
}
FITS = {  # what an argument must be
    "a number": lambda a: a.shape == (1, 1),
    "a column": lambda a: a.shape[1] == 1,
    "a square matrix": lambda a: a.shape[0] == a.shape[1],
    "a symmetric matrix": lambda a: a.shape[0] == a.shape[1] and np.allclose(a, a.T),
    "a matrix": lambda a: True,
}
FUNCTIONS = {  # what the argument must be, and the value
    "exp": ("a number", dual.exp),
    "log": ("a number", dual.log),
    "sqrt": ("a number", lambda a: power(a, 0.5)),
    "softmax": ("a matrix", dual.softmax),
    "lse": ("a matrix", dual.lse),
    "diag": ("a column", dual.diagonal),
    "vec": ("a matrix", dual.vec),
    "tr": ("a square matrix", dual.trace),
    "max": ("a matrix", dual.largest),
    "min": ("a matrix", lambda a: negative(dual.largest(negative(a)))),
    "rank": ("a matrix", lambda a: scalar(np.linalg.matrix_rank(a, tol=1e-9))),
    "det": ("a square matrix", lambda a: scalar(np.linalg.det(a))),
    EIGENVALUES[0]: ("a symmetric matrix", lambda a: scalar(np.linalg.eigvalsh(a)[-1])),
    EIGENVALUES[1]: ("a symmetric matrix", lambda a: scalar(np.linalg.eigvalsh(a)[0])),
    "pseudo-inverse": ("a matrix", np.linalg.pinv),
    "norm 2": ("a matrix", lambda a: scalar(np.linalg.norm(a, 2))),
    "norm 1": ("a matrix", lambda a: total(dual.absolute(a))),
    "norm F": ("a matrix", lambda a: power(total(multiply(a, a)), 0.5)),
    r"norm \infty": ("a matrix", lambda a: dual.largest(dual.absolute(a))),
}
CONSTANT = {"rank", "det", *EIGENVALUES, "pseudo-inverse", "norm 2"}  # not differentiated


class ShapeError(DerivationError):
    """Things of different shape were added, multiplied or compared."""


class RangeError(DerivationError):
    """An index beyond what it counts."""


def shape_text(shape):
    return "×".join(map(str, shape))


def scalar(x):
    return np.array([[float(x)]])


@functools.cache
def _positions(rows, columns):
    """Where the entries of a matrix lie, flattened."""
    return np.arange(rows * columns).reshape(rows, columns)


# the vocabulary's symbols


@functools.cache
def _functions(symbols):
    """The symbols that brackets apply, each with the LaTeX of its arguments."""
    pairs = (s.latex[:-1].split("(", 1) for s in symbols if s.latex.endswith(")"))
    return {head: tuple(a.strip() for a in arguments.split(",")) for head, arguments in pairs}


def heads(symbols):
    """The symbols that brackets apply."""
    return frozenset(_functions(symbols))


@functools.cache
def _tree(latex, functions=frozenset()):
    """Of one expression."""
    return parse(latex, functions)[0].members[0]


@functools.cache
def _table(symbols, letters):
    """Each symbol with its indices, by the form of its name; without any, by the name itself."""
    table = {}
    for symbol in symbols:
        name = _called(_tree(symbol.latex, heads(symbols)))
        if name.op != "name":
            raise DerivationError(f"a symbol has a name, got {symbol.latex}")
        indices = [n.text for n in _indices(name)]
        indexed = indices and letters.issuperset(indices)
        table[_form(name) if indexed else name.text] = symbol, indices if indexed else []
    return table


def _symbols(vocabulary):
    return _table(vocabulary.symbols, frozenset(vocabulary.indices))


def _name(head, at=0):
    return Node("name", (head, (), None), at)


def _called(node):
    """The name of the function, if it is applied to something."""
    return _name(node.args[0]) if node.op == "call" else node


def _is_plain(node):
    """Whether it is a name without any index."""
    return node.op == "name" and node.args[1:] == ((), None)


def _form(name):
    """What the names of a symbol with indices have in common."""
    head, subscripts, example = name.args
    return head, len(subscripts), example is not None


def _indices(name):
    """Of an example first, then the subscripts."""
    return [n for n in (name.args[2], *name.args[1]) if n is not None]


def _lookup(name, table):
    """The symbol of a name and its indices, if it has any."""
    return table.get(name.text) or table.get(_form(name)) or (None, [])


def is_label(name, vocabulary):
    """Whether a name is a label, such as y or y^{(i)}."""
    symbol, _ = _lookup(name, _symbols(vocabulary))
    return symbol is not None and symbol.draw.startswith("label")


def defines(left, right, vocabulary):
    """Whether `right` is what the vocabulary gives as the definition of `left`."""
    table, left = _symbols(vocabulary), _called(left)
    if left.op != "name":
        return False
    head, subscripts, _ = left.args
    letters = " ".join(n.text for n in subscripts)
    wholes = [table.get(whole, [None])[0] for whole in (rf"\mathbf{{{head}}}", head) if letters]
    found = [symbol for symbol in wholes if symbol and symbol.entries == letters]
    found += filter(None, _lookup(left, table)[:1])
    formulas = [s.definition for s in found if s.definition and " of " not in s.definition]
    trees = [_tree(formula, heads(vocabulary.symbols)) for formula in formulas]
    return canonical(right) in map(canonical, trees)


def free_indices(nodes, vocabulary):
    """Index letters that no sum binds, in alphabetical order."""
    return sorted(_free(tuple(nodes), {*vocabulary.indices} - {*_symbols(vocabulary)}))


def _free(node, letters):
    """Those of some letters that stand free in a tree."""
    if isinstance(node, tuple):
        return set().union(*(_free(part, letters) for part in node))
    if not isinstance(node, Node):
        return set()
    if node.op in ("sum", "prod", "max", "min"):
        index, relation, start, high, body = node.args
        inner = letters - {index.args[0]} if index else set()
        outer = inner if relation == "where" or not index else letters
        return _free((start, high), outer) | _free(body, inner)
    return _free(node.args, letters) | ({node.args[0]} & letters if _is_plain(node) else set())


# instances


class Instance:
    """Sizes and drawn values: one case on which an equation is tried."""

    def __init__(self, vocabulary, sizes, number, scale=1.0):
        self.vocabulary, self.sizes, self.number, self.scale = vocabulary, sizes, number, scale
        self.symbols, self.functions = _symbols(vocabulary), _functions(vocabulary.symbols)
        self.drawn, self.known, self.ranges, self.work = {}, {}, {}, 0

    def size(self, text):
        """The value of a size such as C or m + 1."""
        if text not in self.known:
            self.known[text] = round(real(Scope(self).value(_tree(text)))[0, 0])
        return self.known[text]

    def shape(self, symbol):
        return tuple(map(self.size, symbol.dimensions))

    def first(self, letter):
        """The first value of an index; of any other it is 1."""
        return self.vocabulary.indices.get(letter, (1,))[0]

    def range(self, letter):
        first, last = self.vocabulary.indices[letter]
        return range(first, self.size(last) + 1)

    def along(self, size):
        """The indices of what is so long: from 0 if an index runs from 0 to one less."""
        if size not in self.ranges:
            lasts = [last for first, last in self.vocabulary.indices.values() if first == 0]
            first = 0 if size in [f"{last} + 1" for last in lasts] else 1
            self.ranges[size] = range(first, first + self.size(size))
        return self.ranges[size]

    def draw(self, symbol, bound):
        """A symbol's value, the same whenever it is asked for, for some values of its indices."""
        ranges = [self.range(letter) for letter in bound]
        if symbol.latex not in self.drawn:
            self.drawn[symbol.latex] = self.drawing(symbol, ranges)
        at = tuple(n - r.start for n, r in zip(bound.values(), ranges, strict=True))
        return self.drawn[symbol.latex][at]

    def drawing(self, symbol, ranges):
        """Its values for all values of its indices."""
        rng = np.random.default_rng([*self.number, *symbol.latex.encode()])
        shape = (*map(len, ranges), *self.shape(symbol))
        kind, _, letter = symbol.draw.partition(" ")
        if kind == "label":
            labels = self.range(letter or "k")
            if not ranges:  # every label in turn
                return np.full(shape, float(labels[sum(self.number[1:]) % len(labels)]))
            return rng.integers(labels[0], labels[-1], shape, endpoint=True).astype(float)
        if kind == "positive":
            return rng.uniform(0.3, 2.0, shape)
        value = self.scale * rng.standard_normal(shape)
        if kind == "probability":
            return np.exp(value) / np.exp(value).sum()
        if kind == "design":
            value[(0,) if shape[-1] == 1 else (slice(None), 0)] = 1.0
        return value


class Scope:
    """What evaluation depends on, and evaluation: a matrix, a number being 1 × 1, of each tree.

    That is the instance, the values of indices, values that replace those of symbols, the sizes
    that ones, zeros and dots take, by their places, and the source, for carets. `cache` holds the
    values of symbols, each with the symbols that were `used` for it; `counts` how many derivatives
    are being taken at once, level by level.
    """

    def __init__(self, instance):
        self.instance, self.indices, self.replaced, self.fill = instance, {}, {}, {}
        self.cache, self.used, self.counts, self.latex = {}, set(), (), ""

    def but(self, **changes):
        """The same with some changes."""
        new = object.__new__(Scope)
        new.__dict__.update(self.__dict__, **changes)
        return new

    def at(self, **indices):
        return self.but(indices=self.indices | indices)

    def where(self, latex, value):
        """The same with a symbol replaced: all that depends on it is computed anew."""
        cache = {key: found for key, found in self.cache.items() if latex not in found[1]}
        return self.but(replaced=self.replaced | {latex: value}, cache=cache)

    def case(self):
        """What names the case in a report: sizes, indices, and a label that was needed."""
        drawn = self.instance.drawn
        labels = [s.latex for s in self.instance.vocabulary.symbols if s.draw[:5] == "label"]
        needed = {name: round(drawn[name].item()) for name in labels
                  if name in drawn and drawn[name].size == 1}  # fmt: skip
        return self.instance.sizes | self.indices | needed

    def fitting(self, node):
        """The size of ones, zeros and dots that name none."""
        return self.instance.size(self.fill.get(node.at, self.fill.get(None, "C")))

    def fail(self, message, node, kind=DerivationError):
        raise kind(message, self.latex, node.at if self.latex else None)

    def require(self, condition, message, node, kind=DerivationError):
        if not condition:
            self.fail(message, node, kind)

    def value(self, node):
        """The value of a tree; `DerivationError` if it has none."""
        self.instance.work += 1
        if self.instance.work > MAX_WORK:
            self.fail("this is too large to evaluate", node)
        if node.op in SIMPLE:
            return SIMPLE[node.op](self.value(node.args[0]))
        if node.op in ALIKE:
            return self.alike(node)
        return getattr(self, "_" + node.op)(node)

    def number(self, node):
        a = real(self.value(node))
        if a.shape != (1, 1):
            self.fail(f"expected a number, got a matrix {shape_text(a.shape)}", node)
        return float(a[0, 0])

    def integer(self, node):
        if node.op == "name" and node.text in self.indices:
            return self.indices[node.text]
        n = self.number(node)
        self.require(n.is_integer(), f"expected an integer, got {n:g}", node)
        return round(n)

    def index(self, node, values):
        """An integer that is one of a range."""
        n = self.integer(node)
        if n not in values:
            text = f"the index {n} is out of range {values.start}..{values.stop - 1}"
            self.fail(text, node, RangeError)
        return n

    def want(self, kind, a, node, what):
        """`a`, if it is of a kind that `what` can be applied to."""
        if not FITS[kind](real(a)):
            text = f"{what} wants {kind}, got a matrix {shape_text(real(a).shape)}"
            self.fail(text, node, ShapeError)
        return a

    # arithmetic

    def _num(self, node):
        return scalar(node.args[0])

    def alike(self, node):
        verb, function = ALIKE[node.op]
        a, b = map(self.value, node.args)
        if real(a).shape != real(b).shape:
            self.misfit(verb, a, "and", b, node)
        return function(a, b)

    def misfit(self, verb, a, joined, b, node):
        a, b = (shape_text(real(c).shape) for c in (a, b))
        self.fail(f"cannot {verb} {a} {joined} {b}", node, ShapeError)

    def _mul(self, node):
        return self.times(node, *map(self.value, node.args))

    def times(self, node, a, b):
        """The matrix product, or that with a number."""
        left, right = real(a).shape, real(b).shape
        if (1, 1) in (left, right):
            return multiply(a, b)
        if left[1] != right[0]:
            self.misfit("multiply", a, "by", b, node)
        return bilinear(np.matmul, a, b)

    def _kron(self, node):
        a, b = map(self.value, node.args)
        self.bound(real(a).size * real(b).size, node)
        return bilinear(dual.kron, a, b)

    def bound(self, entries, node):
        self.require(entries <= MAX_ENTRIES, f"a matrix has at most {MAX_ENTRIES} entries", node)

    def _div(self, node):
        a, b = map(self.value, node.args)
        return dual.divide(a, self.want("a number", b, node.args[1], "a denominator"))

    def _pow(self, node):
        base, exponent = node.args
        n = self.want("a number", self.value(exponent), exponent, "an exponent")
        if base.op == "name" and base.text == "e":
            return dual.exp(n)
        a, number = self.value(base), real(n)[0, 0]
        self.require(abs(number) <= 1000, "an exponent is at most 1000 in size", exponent)
        if real(a).shape == (1, 1):
            return dual.exp(multiply(n, dual.log(a))) if isinstance(n, Dual) else power(a, number)
        self.want("a square matrix", a, node, f"the power {number:g}")
        if number == -1:
            return dual.inverse(a)
        known = number in range(1, 10)
        self.require(known, f"a matrix has no power {number:g}", node, ShapeError)
        return functools.reduce(functools.partial(bilinear, np.matmul), [a] * int(number))

    def _norm(self, node):
        a, kind = self.value(node.args[0]), node.args[1]
        if kind == "2" and 1 in real(a).shape:
            kind = "F"  # that of a vector
        return self.function(f"norm {kind or 'F'}", a, node)

    # functions

    def _call(self, node):
        head, *arguments = node.args
        if head in self.instance.functions:
            return self.applied(head, arguments, node)
        if len(arguments) > 1:  # diag(a, b, …) is that of the column
            arguments = [Node("matrix", tuple((a,) for a in arguments), node.at)]
        is_operator = head.startswith(r"\operatorname{")
        name = head[len(r"\operatorname{") : -1] if is_operator else head
        return self.function(name, self.value(arguments[0]), node)

    def function(self, name, a, node):
        """A function by its name; nan of what is not finite, where NumPy would fail."""
        self.require(name in FUNCTIONS, f"the function {name} is not known", node)
        kind, function = FUNCTIONS[name]
        if name not in CONSTANT:
            return function(self.want(kind, a, node, name))
        self.require(not isinstance(a, Dual), f"no derivative of {name}", node)
        finite = np.isfinite(a)
        value = function(self.want(kind, np.where(finite, a, 0.0), node, name))
        return value if finite.all() else value * np.nan

    def _pinv(self, node):
        return self.function("pseudo-inverse", self.value(node.args[0]), node)

    def applied(self, head, arguments, node):
        """A symbol such as L(W), with its arguments in place of those in the vocabulary."""
        formal = self.instance.functions[head]
        count, given = len(formal), len(arguments)
        self.require(count == given, f"{head} has {count} arguments, got {given}", node)
        inner = self
        for name, argument in zip(formal, arguments, strict=True):
            if name in self.instance.vocabulary.indices:
                inner = inner.at(**{name: self.integer(argument)})
            else:
                inner = inner.where(name, self.argument(name, argument))
        return inner.value(_name(head, node.at))

    def argument(self, name, node):
        """A value that can stand for a symbol: one of its shape."""
        a, (symbol, _) = self.value(node), self.instance.symbols.get(name, (None, ()))
        if symbol and real(a).shape != self.instance.shape(symbol):
            text = f"{shape_text(real(a).shape)} cannot stand for {name}, which is {symbol.shape}"
            self.fail(text, node, ShapeError)
        return a

    def terms(self, node):
        """The summands, one for each value of the index below."""
        index, relation, start, high, body = node.args
        letters = [index.args[0]] if index else free_indices([body], self.instance.vocabulary)
        text = f"the sum names no index, and {len(letters)} would fit"
        self.require(len(letters) == 1, text, node)
        letter = letters[0]
        known = letter in self.instance.vocabulary.indices
        if not known and (high is None or relation != "="):
            self.fail(f"nothing says over what the index {letter} runs", node)
        values = self.instance.range(letter) if known else range(0)
        if relation == "=":
            values = range(self.integer(start), values.stop)
        if high is not None:
            values = range(values.start, self.integer(high) + 1)
        if relation not in (None, "=", "where"):
            limit = Node("num", (self.number(start),), start.at)
            relation, start = "where", Node("indicator", (index, relation, limit), start.at)
        if relation == "where":
            values = [v for v in values if self.at(**{letter: v}).number(start)]
        self.require(len(values) <= MAX_TERMS, f"a sum has at most {MAX_TERMS} terms", node)
        return [self.at(**{letter: v}).value(body) for v in values]

    def _sum(self, node):
        return functools.reduce(add, self.terms(node) or [scalar(0)])

    def _prod(self, node):
        return functools.reduce(functools.partial(self.times, node), self.terms(node), scalar(1))

    def _max(self, node):
        return self.function(node.op, dual.joined(self.terms(node) or [scalar(np.nan)], 0), node)

    _min = _max

    def _series(self, node):
        """a + b + … + z: the terms in between by the pattern of the last two that are written."""
        *first, last = node.args
        terms = self.filled([*first, Node("dots", (), node.at), last])
        return self.value(functools.reduce(lambda a, b: Node("add", (a, b), node.at), terms))

    def _indicator(self, node):
        left, relation, right = node.args
        self.require(relation in COMPARE, "this relation does not tell cases apart", node)
        return scalar(COMPARE[relation](self.number(left), self.number(right)))

    def _cases(self, node):
        for value, *condition in node.args:
            if all(map(self.number, condition)):
                return self.value(value)
        return self.fail("no case applies", node)

    # symbols

    def lookup(self, name):
        """The symbol of a name and its indices; the argument of a function is one."""
        table = self.instance.symbols
        if name.text not in table and name.text in self.replaced:
            shape = real(self.replaced[name.text]).shape
            return Symbol(name.text, shape=" × ".join(map(str, shape))), []
        return _lookup(name, table)

    def place(self, name):
        """The symbol that a name is part of, the values of the indices that it is defined for, and
        where in it the name lies: positions in the flattened matrix, in the shape of the value."""
        head, subscripts, example = name.args
        symbol, letters = self.lookup(name)
        if symbol:
            vector = Node("name", (rf"\mathbf{{{head}}}", subscripts[:-1], example))
            if letters and subscripts and self.lookup(vector)[0]:
                text = f"ambiguous: {symbol.latex}, or an entry of {vector.text}"
                self.fail(f"{name.text} is {text}", name)
            pairs = zip(letters, _indices(name), strict=False)
            bound = {a: self.index(n, self.instance.range(a)) for a, n in pairs}
            return self.part(symbol, bound)
        # an entry: x_k of \mathbf{x}, A_{jk} of A
        wholes = [(rf"\mathbf{{{head}}}", 1), (head, len(subscripts))] if subscripts else []
        for whole, count in wholes:
            outer = Node("name", (whole, subscripts[:-count], example), name.at)
            shown, _ = self.lookup(outer)
            if shown:
                symbol, bound, positions = self.place(outer)
                ranges = list(map(self.instance.along, shown.dimensions))
                return symbol, bound, self.entry(positions, subscripts[-count:], ranges)
        table = self.instance.symbols.items()
        known = sorted(key if isinstance(key, str) else symbol.latex for key, (symbol, _) in table)
        bold = rf"\mathbf{{{name.text}}}"
        near = difflib.get_close_matches(name.text, known, n=1, cutoff=0.3)
        near = [bold] if bold in known else near
        hint = f"; the nearest known one is {near[0]}" if near else ""
        return self.fail(f"unknown symbol {name.text}{hint}", name)

    def part(self, symbol, bound):
        """Follow `row i of X` and `transpose of W` to the symbol that holds the numbers."""
        self.used.add(symbol.latex)
        view, _, whole = symbol.definition.partition(" of ")
        if not whole or symbol.latex in self.replaced:
            return symbol, bound, _positions(*self.instance.shape(symbol))
        base, outer, positions = self.place(_name(whole))
        if view == "transpose":
            return base, outer, positions.T
        letter = view.removeprefix("row ")
        n = bound[letter] if letter in bound else self.integer(_tree(letter))
        return base, outer, positions[n - self.instance.first(letter)].reshape(-1, 1)

    def entry(self, positions, subscripts, ranges):
        """One entry, by one index for each dimension; a single index gives a row."""
        self.require(len(subscripts) <= 2, "a matrix has two indices", subscripts[0])
        pairs = zip(subscripts, ranges, strict=False)
        spots = [self.index(n, values) - values.start for n, values in pairs]
        return positions[tuple(slice(n, n + 1) for n in spots)]

    def _entry(self, node):
        """An index behind brackets, as in (A B)_{jk}."""
        a, subscripts = self.value(node.args[0]), node.args[1]
        firsts = [self.instance.first(n.text) for n in subscripts]
        ranges = [range(m, m + n) for m, n in zip(firsts, real(a).shape, strict=False)]
        return pick(a, self.entry(_positions(*real(a).shape), subscripts, ranges))

    def _name(self, node):
        head, subscripts, example = node.args
        if _is_plain(node) and head in self.indices:
            return scalar(self.indices[head])
        if _is_plain(node) and not self.lookup(node)[0]:
            for known in (self.instance.sizes, CONSTANTS):
                if head in known:
                    return scalar(known[head])
            if head in FILLERS:
                return FILLERS[head](self.fitting(node))
        if head == r"\delta" and len(subscripts) == 2:
            return self._indicator(Node("indicator", (subscripts[0], "=", subscripts[1])))
        if head in FILLERS and len(subscripts) == 1 and not example:
            size = self.integer(subscripts[0])
            self.bound(size**2, node)
            return FILLERS[head](size)
        symbol, bound, positions = self.place(node)
        a = self.array(symbol, bound)
        return a if positions is _positions(*positions.shape) else pick(a, positions)

    def array(self, symbol, bound):
        """The whole value of a symbol: replaced, drawn, or by its definition."""
        if symbol.latex in self.replaced:
            return self.replaced[symbol.latex]
        if not symbol.definition:
            return self.instance.draw(symbol, bound)
        if symbol.latex.endswith(")"):
            return self.defined(symbol, self.indices | bound)
        key = symbol.latex, *bound.items()
        if key not in self.cache:
            inner = self.but(used={symbol.latex})
            self.cache[key] = inner.defined(symbol, bound), inner.used
        value, used = self.cache[key]
        self.used |= used
        return value

    def defined(self, symbol, indices):
        """A symbol by its definition; ones, zeros and dots in it take a size that fits."""
        for size in dict.fromkeys(("C", *symbol.dimensions)):
            inner = self.but(indices=indices, fill={None: size}, latex=symbol.definition)
            try:
                value = inner.by_definition(symbol)
            except ShapeError as error:
                wrong = error
                continue
            shape = real(value).shape
            if shape == self.instance.shape(symbol):
                return value
            text = f"the definition of {symbol.latex} is {shape_text(shape)}, not {symbol.shape}"
            wrong = DerivationError(text, symbol.definition, 0)
        raise wrong

    def by_definition(self, symbol):
        """Its definition as it stands, or that of its entries for all their indices."""
        tree = _tree(symbol.definition, frozenset(self.instance.functions))
        if not symbol.entries:
            return self.value(tree)
        ranges = [[(a, n) for n in self.instance.range(a)] for a in symbol.entries.split()]
        entries = [self.at(**dict(at)).value(tree) for at in itertools.product(*ranges)]
        return dual.shaped(dual.joined(entries, 0), [*map(len, ranges), 1][:2])

    # derivatives

    def _derivative(self, node):
        target, variable = node.args
        while variable.op == "group":
            variable = variable.args[0]
        self.require(variable.op == "name", "a derivative is taken by a symbol", node)
        symbol, bound, positions = self.place(variable)
        if bound or "label" in symbol.draw:
            self.fail(f"no derivative by {variable.text}", variable)
        counts, before = (*self.counts, positions.size), self.instance.work
        text = f"at most {MAX_TERMS} derivatives are taken at once"
        self.require(math.prod(counts) <= MAX_TERMS, text, node)
        perturbed = dual.directions(self.array(symbol, {}), positions, len(counts))
        value = self.but(counts=counts).where(symbol.latex, perturbed).value(target)
        self.instance.work += (self.instance.work - before) * (positions.size - 1)
        shape = self.layout(real(value).shape, positions.shape, node)
        return dual.slopes(value, len(counts), shape, positions.size)

    def layout(self, of, by, node):
        """The shape of a derivative: a gradient has that of the variable, a Jacobian a row per
        output and a column per input."""
        if by == (1, 1):
            return of
        if of == (1, 1):
            return by
        if of[1] != 1 or by[1] != 1:
            text = f"{shape_text(of)} by {shape_text(by)}"
            self.fail(f"a derivative of {text} has no layout", node)
        return of[0], by[0]

    def _gradient(self, node):
        """∇_W L(A): by W at A, if W is what L is a function of."""
        head, argument, variable = node.args
        inner, target = self, Node("call", (head, argument), node.at)
        if self.instance.functions.get(head) == (variable.text,):
            inner, target = (
                self.where(variable.text, self.argument(variable.text, argument)),
                _name(head, node.at),
            )
        return inner.value(Node("derivative", (target, variable), node.at))

    def _slope(self, node):
        """f'(a), f''(a) of a function of one number."""
        head, order, argument = node.args
        a = self.want("a number", self.value(argument), argument, "a function with a prime")
        dot = _name("·", node.at)
        target = Node("call", (head, dot), node.at)
        for _ in range(order):
            target = Node("derivative", (target, dot), node.at)
        return self.where("·", a).value(target)

    def _prime(self, node):
        """(…)', by what the vocabulary says."""
        by = self.instance.vocabulary.prime
        self.require(by, "nothing says by what a prime differentiates", node)
        return self.value(Node("derivative", (node.args[0], _tree(by)), node.at))

    # matrices, with dots

    def _matrix(self, node):
        """A row from its cells, or rows below each other; a row 0 is as wide as the others."""
        if len(node.args) == 1:
            return self.joined([self.value(cell) for cell in self.filled(node.args[0])], 1, node)
        rows = [Node("matrix", (row,), row[0].at) for row in self.grid(node.args) or node.args]
        rows = self.filled([Node("dots", (), row.at) if _is_dots(row) else row for row in rows])
        values = list(map(self.value, rows))
        width = max((real(a).shape[1] for a in values), default=0)
        zeros = [[cell.text for cell in row.args[0]] == ["0"] for row in rows]
        pairs = zip(zeros, values, strict=True)
        return self.joined([np.zeros((1, width)) if zero else a for zero, a in pairs], 0, node)

    def joined(self, blocks, axis, node):
        """Blocks below or beside each other."""
        fit = len({real(a).shape[1 - axis] for a in blocks}) == 1
        self.require(fit, "the rows of this matrix do not fit together", node, ShapeError)
        return dual.joined(blocks, axis)

    def _dots(self, node):
        return self.fail("here these dots stand for nothing", node)

    def filled(self, cells):
        r"""Dots replaced by what the pattern says.

        Two cells before the dots give the pattern, or the one before and the last; without a last
        one it goes on while the indices exist. A cell that mentions a label, or stands between
        dots, replaces the one that has its index. Cells without an index are as many as classes.
        """
        dots = [n for n, cell in enumerate(cells) if cell.op == "dots"]
        if not dots:
            return cells
        lead, between, tail = cells[: dots[0]], cells[dots[0] : dots[-1]], cells[dots[-1] + 1 :]
        self.require(lead, "dots need something before them", cells[0])
        replacing = [cell for cell in between if cell.op != "dots"]
        last = lead[-1]
        pairs = [p for p in (lead[-2:], [last, *tail[-1:]]) if len(p) == 2 and _indices_of(*p)]
        plain = [cell for cell in tail if not self.labels(cell)]
        alike = _next(last) == last
        if alike and (not pairs or (plain and _indices_of(last, plain[-1]) == [])):
            size, first, pair = self.fitting(cells[dots[0]]), 1, None
            replacing += [cell for cell in tail if cell not in plain]
            rows = [*lead, *[last] * (size - len(lead) - len(plain)), *plain][:size]
        else:
            pair = pairs[0] if pairs else [last, _next(last)]
            first, rows = self.run(pair, lead, tail, cells[dots[0]])
        for cell in sorted(replacing, key=lambda cell: len(self.labels(cell))):
            n = self.position(pair, cell)
            if not first <= n < first + len(rows):
                text = f"row {n} does not stand among the rows {first} to {first + len(rows) - 1}"
                self.fail(text, cell, ShapeError)
            rows[n - first] = cell
        return rows

    def run(self, pair, lead, tail, node):
        """The index of the first cell, and the cells."""
        ends = {(self.integer(a), self.integer(b)) for a, b in _indices_of(*pair) or ()}
        self.require(len(ends) == 1, "what stands around the dots follows no pattern", node)
        start = ends.pop()[0] - len(lead) + (2 if pair[1] is lead[-1] else 1)
        end = start + MAX_TERMS
        known = dict(enumerate(lead, start))
        if tail:
            end = self.position(pair, tail[-1]) + 1
            known |= dict(enumerate(tail, end - len(tail)))
        self.require(end - start <= MAX_TERMS, f"dots stand for at most {MAX_TERMS} terms", node)
        made = []
        with contextlib.suppress(RangeError):
            for n in range(start, end):
                cell = known.get(n) or _substituted(*pair, lambda x, y, n=n: n)
                if not tail:
                    self.value(cell)
                made.append(cell)
        return start, made

    def position(self, pair, cell):
        """The index of a cell: where it differs from the pattern, or its label."""
        found = _indices_of(pair[0], cell) if pair else None
        nodes = self.labels(cell) if found is None else [b for _, b in found]
        values = {self.integer(node) for node in nodes}
        self.require(len(values) == 1, "what stands between the dots does not say where", cell)
        return values.pop()

    def labels(self, cell):
        """The labels that a cell mentions."""
        names = {n.text: n for n in cell.walk() if n.op == "name"}
        return [n for n in names.values() if is_label(n, self.instance.vocabulary)]

    def grid(self, rows):
        r"""Two rows and columns, then dots both ways: entries on and off the diagonal."""
        shown = [[cell.op != "dots" for cell in row] for row in rows]
        if shown != [[True, True, False], [True, True, False], [False, False, False]]:
            return None
        (a, b), (c, d) = rows[0][:2], rows[1][:2]
        if _indices_of(a, d) is None or _indices_of(b, c) is None:
            return None

        def cell(j, k):
            if j == k:
                return _substituted(a, d, lambda x, y: j)
            return _substituted(b, c, lambda x, y: j if x.text == "1" else k)

        numbers = range(1, len(self.filled([a, d, Node("dots", (), a.at)])) + 1)
        return [tuple(cell(j, k) for k in numbers) for j in numbers]


def _is_dots(row):
    return all(cell.op == "dots" for cell in row.args[0])


def _substituted(a, b, index):
    """The tree of which two are cases, with index(x, y) where they have different indices x, y."""
    if isinstance(a, Node) and isinstance(b, Node):
        if _differ(a, b):
            return Node("num", (float(index(a, b)),), b.at)
        if a.op == b.op:
            return Node(a.op, _substituted(a.args, b.args, index), b.at)
    elif isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        return tuple(_substituted(x, y, index) for x, y in zip(a, b, strict=True))
    elif a == b:
        return a
    raise LookupError("they differ in more than indices")


def _differ(a, b):
    """Whether two trees are different indices, so that one may stand for the other."""
    ops = {a.op, b.op}
    plain = all(_is_plain(n) or n.op in ("num", "add", "sub") for n in (a, b))
    return plain and ("num" in ops or ops == {"name"}) and a.args != b.args


def _indices_of(a, b):
    """The indices in which two trees differ; None if they differ in more."""
    pairs = []
    try:
        _substituted(a, b, lambda *pair: pairs.append(pair) or 0)
    except LookupError:
        return None
    return pairs


def _next(node, index=False):
    """A tree with 2 for each index 1."""
    if isinstance(node, tuple):
        return tuple(_next(part, index) for part in node)
    if not isinstance(node, Node):
        return node
    if index and node.text == "1":
        return Node("num", (2.0,), node.at)
    return Node(node.op, _next(node.args, node.op == "name"), node.at)
