"""Trees to numbers: every symbol by its definition, every derivative by dual numbers."""

import difflib
import functools
import itertools

import numpy as np

from .dual import (
    Dual,
    absolute,
    add,
    bilinear,
    exp,
    inverse,
    linear,
    log,
    multiply,
    parts,
    power,
    real,
    stack,
)
from .parser import EIGENVALUES, DerivationError, Node, canonical, parse
from .vocabulary import Symbol

__all__ = [
    "FILLERS",
    "Instance",
    "Scope",
    "ShapeError",
    "compare",
    "defines",
    "evaluate",
    "free_indices",
    "heads",
    "is_label",
]

MAX_WORK, MAX_TERMS, MAX_ENTRIES = 200_000, 1000, 10_000  # of one instance, sum, matrix
FILLERS = (r"\mathbf{1}", r"\mathbf{0}", "I")  # they take the size that fits
CONSTANTS = {r"\pi": np.pi, "e": np.e, r"\infty": np.inf}
COMPARE = {
    "=": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater,
    ">=": np.greater_equal,
}  # fmt: skip


class ShapeError(DerivationError):
    """Things of different shape were added, multiplied or compared."""


class RangeError(DerivationError):
    """An index beyond what it counts."""


class Instance:
    """Sizes and drawn values: one case on which an equation is tried."""

    def __init__(self, vocabulary, sizes, number, scale=1.0):
        self.vocabulary, self.sizes, self.number, self.scale = vocabulary, sizes, number, scale
        self.drawn = {}
        self.symbols, self.literal = _tables(vocabulary)
        self.functions = _functions(vocabulary.symbols)
        self.sizing, self.work = {}, 0

    def size(self, text):
        """The value of a size such as C or m + 1."""
        if text not in self.sizing:
            self.sizing[text] = round(real(evaluate(_tree(text, frozenset()), Scope(self)))[0, 0])
        return self.sizing[text]

    def case(self, indices):
        """What names the case in a report: sizes, indices, and labels that were needed."""
        labels = {
            s.latex: int(self.drawn[s.latex].flat[0])
            for s in self.vocabulary.symbols
            if s.draw.startswith("label")
            and s.latex in self.drawn
            and self.drawn[s.latex].size == 1
        }
        return {**self.sizes, **indices, **labels}

    def first(self, size):
        """The first index of what is so long: 0 if an index runs from 0 to one less."""
        zero = (last for first, last in self.vocabulary.indices.values() if first == 0)
        return 0 if size in (f"{last} + 1" for last in zero) else 1

    def range(self, letter):
        first, last = self.vocabulary.indices[letter]
        return range(first, self.size(last) + 1)

    def draw(self, symbol, letters):
        """A symbol's value, the same whenever it is asked for; one entry per index it has."""
        if symbol.latex not in self.drawn:
            rng = np.random.default_rng([*self.number, *symbol.latex.encode()])
            shape = [self.size(d) for d in symbol.dimensions]
            if letters:
                shape = [len(self.range(letter)) for letter in letters] + shape
            if symbol.draw.startswith("label"):
                values = self.range(symbol.draw.partition(" ")[2] or "k")
                value = rng.integers(values[0], values[-1], shape, endpoint=True).astype(float)
                if not letters:  # every label in turn
                    value[:] = values[sum(self.number[1:]) % len(values)]
            elif symbol.draw == "positive":
                value = rng.uniform(0.3, 2.0, shape)
            else:
                value = self.scale * rng.standard_normal(shape)
            if symbol.draw == "probability":
                value = np.exp(value) / np.exp(value).sum()
            if symbol.draw == "design":
                value[(0,) if shape[-1] == 1 else (slice(None), 0)] = 1.0
            self.drawn[symbol.latex] = value
        return self.drawn[symbol.latex]


@functools.cache
def _table(symbols, letters):
    """Symbols with indices by the form of their name, and symbols that are written just so."""
    families, literal = {}, {}
    for symbol in symbols:
        name = _tree(symbol.latex, heads(symbols))
        if name.op == "call":
            name = Node("name", (name.args[0], (), None))
        if name.op != "name":
            raise DerivationError(f"a symbol has a name, got {symbol.latex}")
        indices = _indices(name)
        if indices and all(n.text in letters for n in indices):
            families[_key(name)] = symbol, [n.text for n in indices]
        else:
            literal[name.text] = symbol
    return families, literal


def _tables(vocabulary):
    return _table(vocabulary.symbols, frozenset(vocabulary.indices))


@functools.cache
def _dependents(symbols, latex):
    """The symbols whose value changes with that of one."""
    uses = _uses(symbols)
    changed, more = {latex}, True
    while more:
        heads_ = {name.split("_")[0].split("^")[0].split("(")[0] for name in changed}
        heads_ |= {head.removeprefix(r"\mathbf{").rstrip("}") for head in heads_}
        more = {name for name, used in uses.items() if used & heads_} - changed
        changed |= more
    return changed


@functools.cache
def _uses(symbols):
    """The first letters of the names in each symbol's definition."""
    functions, found = heads(symbols), {}
    for symbol in symbols:
        text = symbol.definition.rpartition(" of ")[2]
        nodes = _tree(text, functions).walk() if text else ()
        names = {n.args[0] for n in nodes if n.op in ("name", "call", "slope", "gradient")}
        found[symbol.latex] = {name.split("_")[0] for name in names}
    return found


@functools.cache
def _functions(symbols):
    """The symbols that brackets apply, each with the LaTeX of its arguments."""
    pairs = (s.latex[:-1].split("(", 1) for s in symbols if s.latex.endswith(")"))
    return {head: tuple(a.strip() for a in arguments.split(",")) for head, arguments in pairs}


def heads(symbols):
    """The symbols that brackets apply."""
    return frozenset(_functions(symbols))


@functools.cache
def _tree(latex, functions):
    return parse(latex, functions)[0].members[0]


def _key(name):
    head, subscripts, example = name.args
    return head, len(subscripts), example is not None


def is_label(name, vocabulary):
    """Whether a name is a label, such as y or y^{(i)}."""
    families, literal = _tables(vocabulary)
    symbol = literal.get(name.text) or families.get(_key(name), [None])[0]
    return symbol is not None and symbol.draw.startswith("label")


@functools.cache
def _positions(rows, columns):
    """Where the entries of a matrix lie, flattened."""
    return np.arange(rows * columns).reshape(rows, columns)


def _indices(name):
    """Of an example first, then the subscripts."""
    return [n for n in (name.args[2], *name.args[1]) if n is not None]


class Scope:
    """What evaluation depends on: instance, indices, replaced values, level of derivative."""

    def __init__(self, instance, indices=(), replaced=(), level=0, fill=(), cache=None):
        self.instance, self.indices, self.replaced = instance, dict(indices), dict(replaced)
        self.level, self.fill, self.cache = level, fill, {} if cache is None else cache

    def fitting(self, node):
        """The size of ones, zeros and dots that name none."""
        fill = dict(self.fill)
        return self.instance.size(fill.get(node.at, fill.get(None, "C")))

    def at(self, **indices):
        return Scope(
            self.instance, self.indices | indices, self.replaced, self.level, self.fill, self.cache
        )

    def where(self, latex, value, level=0):
        """The same with a symbol replaced: all that depends on it is computed anew."""
        level, replaced = max(level, self.level), self.replaced | {latex: value}
        changed = _dependents(self.instance.vocabulary.symbols, latex)
        kept = {key: a for key, a in self.cache.items() if key[0] not in changed}
        return Scope(self.instance, self.indices, replaced, level, self.fill, kept)


def compare(a, relation, b):
    return COMPARE[relation](a, b)


def shape_text(a):
    return "×".join(map(str, real(a).shape))


def scalar(x):
    return np.array([[float(x)]])


def total(a):
    return linear(lambda b: b.sum(keepdims=True).reshape(1, 1), a)


def evaluate(node, scope, latex=""):
    """The value of a tree: a matrix of shape (rows, columns), a number being 1 × 1.

    Raises
    ------
    DerivationError
        With a caret in `latex`, if given.
    """
    return _Evaluator(latex).value(node, scope)


class _Evaluator:
    def __init__(self, latex):
        self.latex = latex

    def fail(self, message, node, kind=DerivationError):
        raise kind(message, self.latex, node.at if self.latex else None)

    def value(self, node, scope):
        scope.instance.work += 1
        if scope.instance.work > MAX_WORK:
            self.fail("this is too large to evaluate", node)
        return getattr(self, f"_{node.op}")(node, scope)

    def values(self, node, scope):
        return [self.value(arg, scope) for arg in node.args]

    def number(self, node, scope):
        a = real(self.value(node, scope))
        if a.shape != (1, 1):
            self.fail(f"expected a number, got a matrix {shape_text(a)}", node)
        return float(a[0, 0])

    def integer(self, node, scope):
        if node.op == "name" and node.text in scope.indices:
            return scope.indices[node.text]
        n = self.number(node, scope)
        if not n.is_integer():
            self.fail(f"expected an integer, got {n:g}", node)
        return round(n)

    def alike(self, node, scope, verb):
        a, b = self.values(node, scope)
        if real(a).shape != real(b).shape:
            self.fail(f"cannot {verb} {shape_text(a)} and {shape_text(b)}", node, ShapeError)
        return a, b

    def single(self, a, node, what):
        if real(a).shape != (1, 1):
            self.fail(f"{what} wants a number, got a matrix {shape_text(a)}", node, ShapeError)
        return a

    # arithmetic

    def _num(self, node, scope):
        return scalar(node.args[0])

    def _group(self, node, scope):
        return self.value(node.args[0], scope)

    def _add(self, node, scope):
        return add(*self.alike(node, scope, "add"))

    def _sub(self, node, scope):
        a, b = self.alike(node, scope, "subtract")
        return add(a, linear(np.negative, b))

    def _neg(self, node, scope):
        return linear(np.negative, self.value(node.args[0], scope))

    def _mul(self, node, scope):
        return self.times(*self.values(node, scope), node)

    def times(self, a, b, node):
        if (1, 1) in (real(a).shape, real(b).shape):
            return multiply(a, b)
        if real(a).shape[1] != real(b).shape[0]:
            self.fail(f"cannot multiply {shape_text(a)} by {shape_text(b)}", node, ShapeError)
        return bilinear(np.matmul, a, b)

    def check_size(self, rows, columns, node):
        if rows * columns > MAX_ENTRIES:
            self.fail(f"a matrix has at most {MAX_ENTRIES} entries", node)

    def _odot(self, node, scope):
        return multiply(*self.alike(node, scope, "multiply entry by entry"))

    def _oslash(self, node, scope):
        a, b = self.alike(node, scope, "divide entry by entry")
        return multiply(a, power(b, -1.0))

    def _kron(self, node, scope):
        a, b = self.values(node, scope)
        (m, n), (p, q) = real(a).shape, real(b).shape
        self.check_size(m * p, n * q, node)
        return bilinear(np.kron, a, b)

    def _inner(self, node, scope):
        return total(multiply(*self.alike(node, scope, "take the inner product of")))

    def _div(self, node, scope):
        a, b = self.values(node, scope)
        return multiply(a, power(self.single(b, node.args[1], "a denominator"), -1.0))

    def _pow(self, node, scope):
        base, exponent = node.args
        n = self.single(self.value(exponent, scope), exponent, "an exponent")
        if base.op == "name" and base.args == ("e", (), None):
            return exp(n)
        a = self.value(base, scope)
        if abs(real(n)[0, 0]) > 1000:
            self.fail("an exponent is at most 1000 in size", exponent)
        if real(a).shape != (1, 1):
            return self.matrix_power(a, real(n)[0, 0], node)
        if isinstance(n, Dual):
            return exp(multiply(n, log(a)))
        return power(a, n[0, 0])

    def matrix_power(self, a, n, node):
        rows, columns = real(a).shape
        if rows == columns and n == -1:
            return inverse(a)
        if rows != columns or n not in range(1, 10):
            self.fail(f"no power {n:g} of a matrix {shape_text(a)}", node, ShapeError)
        return functools.reduce(functools.partial(bilinear, np.matmul), [a] * int(n))

    def _transpose(self, node, scope):
        return linear(np.transpose, self.value(node.args[0], scope))

    def _abs(self, node, scope):
        return absolute(self.value(node.args[0], scope))

    def _norm(self, node, scope):
        a, kind = self.value(node.args[0], scope), node.args[1]
        if kind == "1":
            return total(absolute(a))
        if kind == r"\infty":
            return self.largest(absolute(a))
        if kind == "2" and 1 not in real(a).shape:  # the largest singular value
            return scalar(np.linalg.norm(self.constant(a, node, "a spectral norm"), 2))
        if kind not in ("", "2", "F"):
            self.fail(f"the norm with index {kind} is not known", node)
        return power(total(multiply(a, a)), 0.5)

    def largest(self, a, sign=1):
        at = np.argmax(sign * real(a))
        return linear(lambda b: b.reshape(-1)[at].reshape(1, 1), a)

    # functions

    def _call(self, node, scope):
        head, *arguments = node.args
        if head in scope.instance.functions:
            return self.apply(head, arguments, node, scope)
        name = "eigenvalue" if head in EIGENVALUES else head.removeprefix(r"\operatorname{")
        function = getattr(self, "f_" + name.rstrip("}"), None)
        if function is None:
            self.fail(f"the function {head} is not known", node)
        if len(arguments) > 1:  # diag(a, b, …) is that of the column
            arguments = [Node("matrix", tuple((a,) for a in arguments), node.at)]
        return function(self.value(arguments[0], scope), node)

    def apply(self, head, arguments, node, scope):
        """A symbol such as L(W), with its arguments in place of those in the vocabulary."""
        formal = scope.instance.functions[head]
        if len(formal) != len(arguments):
            self.fail(f"{head} has {len(formal)} arguments, got {len(arguments)}", node)
        inner = scope
        for name, argument in zip(formal, arguments, strict=True):
            if name in scope.instance.vocabulary.indices:
                inner = inner.at(**{name: self.integer(argument, scope)})
            else:
                inner = inner.where(name, self.value(argument, scope))
        return self.value(Node("name", (head, (), None), node.at), inner)

    def _slope(self, node, scope):
        """f'(a), f''(a) of a function of one number."""
        head, order, argument = node.args
        a = self.single(self.value(argument, scope), argument, "a function with a prime")
        target = dot = Node("name", ("·", (), None), node.at)
        target = Node("call", (head, dot), node.at)
        for _ in range(order):
            target = Node("derivative", (target, dot), node.at)
        return self.value(target, scope.where("·", a))

    def _prime(self, node, scope):
        """(…)', by what the vocabulary says."""
        by = scope.instance.vocabulary.prime
        if not by:
            self.fail("nothing says by what a prime differentiates", node)
        variable = _tree(by, frozenset())
        return self.value(Node("derivative", (node.args[0], variable), node.at), scope)

    def f_exp(self, a, node):
        return exp(self.single(a, node, "exp"))

    def f_log(self, a, node):
        return log(self.single(a, node, "log"))

    def f_sqrt(self, a, node):
        return power(self.single(a, node, "a root"), 0.5)

    def f_softmax(self, a, node):
        """A column is one example; of a matrix each row is."""
        axis = 0 if real(a).shape[1] == 1 else 1
        e = exp(add(a, -real(a).max(axis, keepdims=True)))
        sums = linear(lambda b: np.broadcast_to(b.sum(axis, keepdims=True), b.shape), e)
        return multiply(e, power(sums, -1.0))

    def f_lse(self, a, node):
        top = real(a).max(keepdims=True)
        return add(log(total(exp(add(a, -top)))), top)

    def f_diag(self, a, node):
        if real(a).shape[1] != 1:
            self.fail(f"diag wants a column, got {shape_text(a)}", node, ShapeError)
        return linear(lambda b: np.diag(b[:, 0]), a)

    def f_vec(self, a, node):
        """The columns of a matrix below each other."""
        return linear(lambda b: b.reshape(-1, 1, order="F"), a)

    def f_tr(self, a, node):
        return linear(lambda b: np.trace(b).reshape(1, 1), a)

    def f_max(self, a, node):
        return self.largest(a)

    def f_min(self, a, node):
        return self.largest(a, -1)

    def constant(self, a, node, what):
        """A square matrix of which no derivative is taken."""
        if isinstance(a, Dual):
            self.fail(f"no derivative of {what}", node)
        return a

    def f_rank(self, a, node):
        return scalar(np.linalg.matrix_rank(self.constant(a, node, "a rank"), tol=1e-9))

    def f_det(self, a, node):
        return scalar(np.linalg.det(self.constant(a, node, "a determinant")))

    def f_eigenvalue(self, a, node):
        a = self.constant(a, node, "an eigenvalue")
        if a.shape[0] != a.shape[1] or not np.allclose(a, a.T):
            self.fail("eigenvalues are those of a symmetric matrix", node, ShapeError)
        return scalar(np.linalg.eigvalsh(a)[-1 if r"\max" in node.args[0] else 0])

    def _pinv(self, node, scope):
        return np.linalg.pinv(
            self.constant(self.value(node.args[0], scope), node, "a pseudo-inverse")
        )

    # sums, indicators, cases

    def terms(self, node, scope):
        """The summands, one for each value of the index below."""
        index, relation, start, high, body = node.args
        instance = scope.instance
        letter = index.args[0] if index else self.only_index(body, scope, node)
        if letter not in instance.vocabulary.indices and (high is None or relation != "="):
            self.fail(f"nothing says over what the index {letter} runs", node)
        values = instance.range(letter) if letter in instance.vocabulary.indices else range(0)
        first = values.start
        if relation == "=":
            first = self.integer(start, scope)
            values = range(first, values.stop)
        if high is not None:
            values = range(first, self.integer(high, scope) + 1)
        if relation == "where":
            values = [v for v in values if self.number(start, scope.at(**{letter: v}))]
        elif relation not in (None, "="):
            bound = self.number(start, scope)
            values = [v for v in values if compare(v, relation, bound)]
        if len(values) > MAX_TERMS:
            self.fail(f"a sum has at most {MAX_TERMS} terms", node)
        return [self.value(body, scope.at(**{letter: v})) for v in values]

    def only_index(self, body, scope, node):
        """The index of a sum that names none."""
        letters = free_indices([body], scope.instance.vocabulary)
        if len(letters) != 1:
            self.fail(f"the sum names no index, and {len(letters)} would fit", node)
        return letters[0]

    def _sum(self, node, scope):
        return functools.reduce(add, self.terms(node, scope) or [scalar(0)])

    def _series(self, node, scope):
        """a + b + … + z: the terms in between by the pattern of the last two that are written."""
        *first, before, after = node.args
        terms = self.filled([*first, before, Node("dots", (), node.at), after], scope)
        return self.value(functools.reduce(lambda a, b: Node("add", (a, b), node.at), terms), scope)

    def _prod(self, node, scope):
        return functools.reduce(
            lambda a, b: self.times(a, b, node), self.terms(node, scope), scalar(1)
        )

    def _max(self, node, scope):
        return self.largest(stack([[t] for t in self.terms(node, scope)]))

    def _min(self, node, scope):
        return self.largest(stack([[t] for t in self.terms(node, scope)]), -1)

    def _indicator(self, node, scope):
        left, relation, right = node.args
        return scalar(compare(self.number(left, scope), relation, self.number(right, scope)))

    def _cases(self, node, scope):
        for row in node.args:
            if len(row) == 1 or self.number(row[1], scope):
                return self.value(row[0], scope)
        return self.fail("no case applies", node)

    # symbols

    def place(self, node, scope):
        """The symbol that a name is part of, the indices that it is defined for, and where in
        it the name lies: positions in the flattened array, in the shape of the name's value."""
        head, subscripts, example = node.args
        instance = scope.instance
        if symbol := self.literal(node, scope):
            return self.part(symbol, {}, scope)
        if _key(node) in instance.symbols:
            symbol, letters = instance.symbols[_key(node)]
            indices = _indices(node)
            bound = {a: self.integer(n, scope) for a, n in zip(letters, indices, strict=True)}
            for letter, n, index in zip(letters, bound.values(), indices, strict=True):
                self.check_range(n, instance.range(letter), index)
            return self.part(symbol, bound, scope)
        # an entry: x_k of \mathbf{x}, A_{jk} of A
        wholes = [(rf"\mathbf{{{head}}}", 1), (head, len(subscripts))] if subscripts else []
        for whole, count in wholes:
            outer = Node("name", (whole, subscripts[: len(subscripts) - count], example), node.at)
            if self.literal(outer, scope) or _key(outer) in instance.symbols:
                symbol, bound, positions = self.place(outer, scope)
                shown = self.literal(outer, scope) or instance.symbols[_key(outer)][0]
                at = self.entry_of(positions, subscripts[-count:], shown, scope)
                return symbol, bound, at
        known = {*instance.literal, *(symbol.latex for symbol, _ in instance.symbols.values())}
        near = difflib.get_close_matches(node.text, sorted(known), n=1, cutoff=0.3)
        if rf"\mathbf{{{node.text}}}" in known:
            near = [rf"\mathbf{{{node.text}}}"]
        hint = f"; the nearest known one is {near[0]}" if near else ""
        return self.fail(f"unknown symbol {node.text}{hint}", node)

    def literal(self, node, scope):
        """The symbol that is written just so, an argument of a function included."""
        text = node.text
        if text in scope.instance.literal:
            return scope.instance.literal[text]
        if text in scope.replaced:
            return Symbol(text, shape=" × ".join(map(str, real(scope.replaced[text]).shape)))
        return None

    def part(self, symbol, bound, scope):
        """Follow `row i of X` and `transpose of W` to the symbol that holds the numbers."""
        words = symbol.definition.split(" of ")
        if len(words) == 2 and symbol.latex not in scope.replaced:
            whole = Node("name", (words[1], (), None))
            base, outer, positions = self.place(whole, scope)
            if words[0] == "transpose":
                return base, outer, positions.T
            letter = words[0].split()[1]
            n = bound[letter] if letter in bound else self.number(_tree(letter, frozenset()), scope)
            first = scope.instance.vocabulary.indices.get(letter, (1,))[0]
            return base, outer, positions[int(n) - first].reshape(-1, 1)
        return symbol, bound, _positions(*map(scope.instance.size, symbol.dimensions))

    def entry_of(self, positions, subscripts, symbol, scope):
        spots = []
        dimensions = symbol.dimensions if len(subscripts) > 1 else symbol.dimensions[:1]
        if len(dimensions) != len(subscripts):
            self.fail(f"{symbol.latex} has not {len(subscripts)} indices", subscripts[0])
        for n, size in zip(subscripts, dimensions, strict=True):
            first = scope.instance.first(size)
            values = range(first, first + scope.instance.size(size))
            spots.append(self.check_range(self.integer(n, scope), values, n) - first)
        return positions[tuple([*spots, 0][:2])].reshape(1, 1)

    def check_range(self, n, values, node):
        if n not in values:
            text = f"the index {n} is out of range {values.start}..{values.stop - 1}"
            self.fail(text, node, RangeError)
        return n

    def _name(self, node, scope):
        head, subscripts, example = node.args
        if not subscripts and not example and head in scope.indices:
            return scalar(scope.indices[head])
        if not subscripts and not example and not self.literal(node, scope):
            for known in (scope.instance.sizes, CONSTANTS):
                if head in known:
                    return scalar(known[head])
            if head in FILLERS:
                return self.filler(head, scope.fitting(node))
        if head == r"\delta" and len(subscripts) == 2:
            return scalar(self.number(subscripts[0], scope) == self.number(subscripts[1], scope))
        if head in FILLERS and len(subscripts) == 1 and not example:
            size = self.integer(subscripts[0], scope)
            self.check_size(size, size if head == "I" else 1, node)
            return self.filler(head, size)
        symbol, bound, positions = self.place(node, scope)
        value = self.array(symbol, scope, bound)
        if positions is _positions(*positions.shape):  # all of it
            return value
        return linear(lambda a: a.reshape(-1)[positions], value)

    def filler(self, head, size):
        return np.eye(size) if head == "I" else np.full((size, 1), float(head == r"\mathbf{1}"))

    def array(self, symbol, scope, bound):
        """The whole value of a symbol: replaced, drawn, or by its definition."""
        if symbol.latex in scope.replaced:
            return scope.replaced[symbol.latex]
        if not symbol.definition:
            value = scope.instance.draw(symbol, list(bound))
            firsts = (scope.instance.range(letter).start for letter in bound)
            return (
                value[tuple(n - first for n, first in zip(bound.values(), firsts, strict=True))]
                if bound
                else value
            )
        if symbol.latex.endswith(")"):
            return self.defined(symbol, scope.indices | bound, scope)
        key = symbol.latex, tuple(bound.items())
        if key not in scope.cache:
            scope.cache[key] = self.defined(symbol, bound, scope)
        return scope.cache[key]

    def defined(self, symbol, indices, scope):
        """A symbol by its definition; ones, zeros and dots in it take a size that fits."""
        wanted = tuple(map(scope.instance.size, symbol.dimensions))
        for size in dict.fromkeys(("C", *symbol.dimensions)):
            inner = Scope(
                scope.instance, indices, scope.replaced, scope.level, ((None, size),), scope.cache
            )
            try:
                value = _Evaluator(symbol.definition).define(symbol, inner)
            except ShapeError:
                if size == symbol.dimensions[-1]:
                    raise
                continue
            if real(value).shape == wanted:
                return value
        text = f"the definition of {symbol.latex} is {shape_text(value)}, not {symbol.shape}"
        raise DerivationError(text, symbol.definition, 0)

    def define(self, symbol, scope):
        tree = _tree(symbol.definition, frozenset(scope.instance.functions))
        if not symbol.entries:
            return self.value(tree, scope)
        first, *second = (scope.instance.range(letter) for letter in symbol.entries.split())
        letters = symbol.entries.split()
        return stack(
            [
                [self.value(tree, scope.at(**dict(zip(letters, n, strict=True)))) for n in row]
                for row in ([(a, *b) for b in itertools.product(*second)] for a in first)
            ]
        )

    def _entry(self, node, scope):
        """An index behind brackets: (A B)_{jk}; a single one gives a row."""
        a, spots = self.value(node.args[0], scope), []
        for index, length in zip(node.args[1], real(a).shape, strict=False):
            letter = index.args[0] if index.op == "name" else None
            first = scope.instance.vocabulary.indices.get(letter, (1,))[0]
            n = self.check_range(self.integer(index, scope), range(first, first + length), index)
            spots.append(n - first)
        if len(spots) == 1 and real(a).shape[1] != 1:
            return linear(lambda b: b[spots], a)
        return linear(lambda b: b[tuple([*spots, 0][:2])].reshape(1, 1), a)

    # derivatives

    def _derivative(self, node, scope):
        target, variable = node.args
        while variable.op == "group":
            variable = variable.args[0]
        if variable.op != "name":
            self.fail("a derivative is taken by a symbol", node)
        symbol, bound, positions = self.place(variable, scope)
        if bound or "label" in symbol.draw:
            self.fail(f"no derivative by {variable.text}", variable)
        return self.slopes(
            target, symbol.latex, self.array(symbol, scope, {}), positions, scope, node
        )

    def _gradient(self, node, scope):
        """∇_W L(A): by W at A, if W is what L is a function of."""
        head, argument, variable = node.args
        formal = scope.instance.functions.get(head, ())
        if formal == (variable.text,):
            scope = scope.where(formal[0], self.value(argument, scope))
            target = Node("name", (head, (), None), node.at)
        else:
            target = Node("call", (head, argument), node.at)
        return self.value(Node("derivative", (target, variable), node.at), scope)

    def slopes(self, target, latex, whole, positions, scope, node):
        """Perturb each position in turn; laid out as a gradient or a Jacobian."""
        found, n = [], scope.level + 1
        for position in positions.flat:
            direction = np.zeros(real(whole).shape)
            direction.flat[position] = 1.0
            value = self.value(target, scope.where(latex, Dual(n, whole, direction), n))
            value, slope = parts(value, n)
            found.append(np.zeros(real(value).shape) if slope is None else slope)
        of, by = real(found[0]).shape, positions.shape
        if by == (1, 1):
            return found[0]
        if of == (1, 1):  # the shape of the variable
            return stack([found[r * by[1] : (r + 1) * by[1]] for r in range(by[0])])
        if of[1] == by[1] == 1:  # a row per output
            return stack([found])
        text = "×".join(map(str, by))
        return self.fail(f"a derivative of {shape_text(found[0])} by {text} has no layout", node)

    # matrices, with dots

    def _matrix(self, node, scope):
        rows = self.grid(node.args, scope) or [
            self.filled(list(row), scope) for row in self.filled_rows(node, scope)
        ]
        blocks = [[self.value(cell, scope) for cell in row] for row in rows]
        widths = [sum(real(b).shape[1] for b in row) for row in blocks]
        for n, row in enumerate(rows):  # a row 0 is as wide as the others
            if len(row) == 1 and row[0].op == "num" and row[0].args == (0.0,):
                blocks[n], widths[n] = [np.zeros((1, max(widths)))], max(widths)
        if len(set(widths)) != 1 or any(
            len({real(b).shape[0] for b in row}) != 1 for row in blocks
        ):
            self.fail("the rows of this matrix do not fit together", node, ShapeError)
        return stack([[stack([row])] for row in blocks])

    def _row(self, node, scope):
        return [self.value(cell, scope) for cell in node.args if cell.op != "dots"]

    def filled_rows(self, node, scope):
        rows = [list(row) for row in node.args]
        dotted = [Node("dots", (), row[0].at) if {c.op for c in row} == {"dots"} else
                  Node("row", tuple(row), row[0].at) for row in rows]  # fmt: skip
        return [row.args for row in self.filled(dotted, scope)]

    def filled(self, cells, scope):
        r"""Dots replaced by what the pattern says.

        Two cells before the dots give the pattern, or the one before and the last; without a last
        one it goes on while the indices exist. A cell that mentions a label, or stands between
        dots, replaces the one that has its index. Cells without an index are as many as classes.
        """
        dots = [n for n, cell in enumerate(cells) if cell.op == "dots"]
        if not dots:
            return cells
        lead, tail = cells[: dots[0]], cells[dots[-1] + 1 :]
        between = [cell for cell in cells[dots[0] : dots[-1]] if cell.op != "dots"]
        if not lead:
            self.fail("dots need something before them", cells[0])
        pair = next(
            (p for p in (lead[-2:], [lead[-1], *tail[-1:]]) if len(p) == 2 and _pairs(*p)), None
        )
        special = [cell for cell in tail if self.labels(cell, scope)]
        plain = [cell for cell in tail if cell not in special]
        constant = _places(_next(lead[-1])) == _places(lead[-1])
        if constant and (not pair or _places(plain[-1:]) == _places(lead[-1:])):
            size, first, between = scope.fitting(cells[dots[0]]), 1, between + special
            rows = [*lead, *[lead[-1]] * (size - len(lead) - len(plain)), *plain][:size]
        else:
            pair = pair or [lead[-1], _next(lead[-1])]
            first, rows = self.run(pair, lead, tail, scope, cells[dots[0]])
        for cell in sorted(between, key=lambda cell: len(self.labels(cell, scope))):
            n = self.position(pair, cell, scope)
            if not first <= n < first + len(rows):
                text = f"row {n} does not stand among the rows {first} to {first + len(rows) - 1}"
                self.fail(text, cell, ShapeError)
            rows[n - first] = cell
        return rows

    def run(self, pair, lead, tail, scope, node):
        """The index of the first cell, and the cells."""
        low, _ = self.ends(pair, scope, node)
        start = low - len(lead) + (2 if pair[1] is lead[-1] else 1)
        if tail:
            high = self.position(pair, tail[-1], scope)
            if high - start >= MAX_TERMS:
                self.fail(f"dots stand for at most {MAX_TERMS} terms", node)
            known = dict(enumerate(lead, start)) | dict(enumerate(tail, high - len(tail) + 1))
            return start, [known.get(n) or _substituted(pair, n) for n in range(start, high + 1)]
        made = []
        for n in range(start, start + MAX_TERMS):
            cell = lead[n - start] if n - start < len(lead) else _substituted(pair, n)
            try:
                self.value(cell, scope)
            except RangeError:
                break
            made.append(cell)
        return start, made

    def ends(self, pair, scope, node):
        """The two values of the index in which a pair of trees differs."""
        ends = {(self.integer(a, scope), self.integer(b, scope)) for a, b in _pairs(*pair) or ()}
        if len(ends) != 1:
            self.fail("what stands before and after the dots follows no pattern", node)
        return ends.pop()

    def position(self, pair, cell, scope):
        """The index of a cell: where it differs from the pattern, or its label."""
        found = _pairs(pair[0], cell) if pair else None
        if found is not None:
            values = {self.integer(b, scope) for _, b in found}
        else:
            values = {self.integer(label, scope) for label in self.labels(cell, scope)}
        if len(values) != 1:
            self.fail("what stands between the dots does not say where", cell)
        return values.pop()

    def labels(self, cell, scope):
        """The labels that a cell mentions."""
        names = (n for n in cell.walk() if n.op == "name")
        return {_places(n) for n in names if is_label(n, scope.instance.vocabulary)}

    def grid(self, rows, scope):
        r"""Two rows and columns, then dots both ways: entries on and off the diagonal."""
        cells = [[cell for cell in row if cell.op != "dots"] for row in rows]
        if [len(row) for row in cells] != [2, 2, 0] or {len(row) for row in rows} != {3}:
            return None
        (a, b), (c, d) = cells[:2]
        if _pairs(a, d) is None or _pairs(b, c) is None:
            return None
        size = 1 + len(self.filled([a, d, Node("dots", (), a.at)], scope)[1:])
        return [
            [_substituted((a, d), j) if j == k else _off(b, c, j, k) for k in range(1, size + 1)]
            for j in range(1, size + 1)
        ]


def _pairs(a, b):
    """The indices in which two trees differ; None if they differ in more."""
    pairs = set()
    return pairs if _differences(a, b, pairs) else None


def _leaves(a, b):
    """Whether two trees are indices, so that one may stand for the other."""
    plain = ("num", "add", "sub")
    ops = all(n.op in plain or (n.op == "name" and n.args[1:] == ((), None)) for n in (a, b))
    ops = (ops and "num" in (a.op, b.op)) or (a.op == b.op == "name" and ops)
    return ops and a.args != b.args


def _differences(a, b, pairs):
    """Collect the indices in which two trees differ; False if they differ in more."""
    if isinstance(a, Node) and isinstance(b, Node):
        if _leaves(a, b):
            pairs.add((a, b))
            return True
        return a.op == b.op and _differences(a.args, b.args, pairs)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(
            _differences(x, y, pairs) for x, y in zip(a, b, strict=True)
        )
    return a == b


def _places(node):
    """A tree without the places of its parts, to compare."""
    if isinstance(node, (tuple, list)):
        return type(node)(map(_places, node))
    return Node(node.op, _places(node.args)) if isinstance(node, Node) else node


def _next(node, index=False):
    """A tree with 2 for each index 1."""
    if isinstance(node, tuple):
        return tuple(_next(part, index) for part in node)
    if not isinstance(node, Node):
        return node
    if index and node.op == "num" and node.args == (1.0,):
        return Node("num", (2.0,), node.at)
    if node.op == "name":
        head, subscripts, example = node.args
        return Node("name", (head, _next(subscripts, True), _next(example, True)), node.at)
    return Node(node.op, _next(node.args), node.at)


def _off(b, c, j, k):
    """The entry (j, k) off the diagonal, from those at (1, 2) and (2, 1)."""
    if isinstance(b, tuple):
        return tuple(_off(x, y, j, k) for x, y in zip(b, c, strict=True))
    if not isinstance(b, Node):
        return b
    if _leaves(b, c):
        return Node("num", (float(j if b.args == (1.0,) else k),), b.at)
    return Node(b.op, _off(b.args, c.args, j, k), b.at)


def _substituted(pair, n):
    """The tree of which `pair` are two cases, for the index n."""
    a, b = pair
    if isinstance(a, tuple):
        return tuple(_substituted(two, n) for two in zip(a, b, strict=True))
    if not isinstance(a, Node):
        return a
    if _leaves(a, b):
        return Node("num", (float(n),), b.at)
    return Node(b.op, _substituted((a.args, b.args), n), b.at)


def defines(left, right, vocabulary):
    """Whether `right` is what the vocabulary gives as the definition of `left`."""
    families, literal = _tables(vocabulary)
    if left.op == "call":
        left = Node("name", (left.args[0], (), None))
    if left.op != "name":
        return False
    head, subscripts, _ = left.args
    symbol = literal.get(left.text) or families.get(_key(left), [None])[0]
    letters = [n.text for n in subscripts]
    for whole in (rf"\mathbf{{{head}}}", head):
        entries = literal.get(whole)
        if subscripts and entries and entries.entries == " ".join(letters):
            symbol = entries
    if symbol is None or not symbol.definition or " of " in symbol.definition:
        return False
    tree = _tree(symbol.definition, frozenset(_functions(vocabulary.symbols)))
    return canonical(tree) == canonical(right)


def free_indices(nodes, vocabulary):
    """Index letters that no sum binds, in alphabetical order."""
    found = set()
    letters = {*vocabulary.indices} - {*_tables(vocabulary)[1]}

    def walk(node, bound):
        if isinstance(node, tuple):
            for part in node:
                walk(part, bound)
        elif isinstance(node, Node):
            if node.op in ("sum", "prod", "max", "min"):
                index, relation, start, high, body = node.args
                if index is None:
                    return
                inner = bound | {index.args[0]}
                walk((start, high), inner if relation == "where" else bound)
                walk(body, inner)
                return
            if node.op == "name" and node.args[0] in letters and _key(node)[1:] == (0, False):
                found.update({node.args[0]} - bound)
            walk(node.args, bound)

    walk(tuple(nodes), frozenset())
    return sorted(found)
