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
    linear,
    log,
    multiply,
    parts,
    power,
    real,
    stack,
)
from .parser import DerivationError, Node, parse

__all__ = [
    "FILLERS",
    "Instance",
    "Scope",
    "ShapeError",
    "compare",
    "evaluate",
    "free_indices",
    "heads",
]

FILLERS = (r"\mathbf{1}", r"\mathbf{0}", "I")  # they take the size that fits
COMPARE = {
    "=": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater,
    ">=": np.greater_equal,
}  # fmt: skip


class ShapeError(DerivationError):
    """Things of different shape were added, multiplied or compared."""


class Instance:
    """Sizes and drawn values: one case on which an equation is tried."""

    def __init__(self, vocabulary, sizes, seed):
        self.vocabulary, self.sizes, self.seed, self.drawn = vocabulary, sizes, seed, {}
        self.symbols = dict(_table(vocabulary.symbols))
        self.functions = _functions(vocabulary.symbols)

    def size(self, text):
        """The value of a size such as C or m + 1."""
        return sum(self.sizes[t] if t in self.sizes else int(t) for t in str(text).split(" + "))

    def range(self, letter):
        first, last = self.vocabulary.indices[letter]
        return range(first, self.size(last) + 1)

    def draw(self, symbol, letters):
        """A symbol's value, the same whenever it is asked for; one entry per index it has."""
        if symbol.latex not in self.drawn:
            rng = np.random.default_rng([self.seed, *symbol.latex.encode()])
            shape = [self.size(d) for d in symbol.dimensions]
            if letters:
                shape = [len(self.range(letter)) for letter in letters] + shape
            if symbol.draw == "label":
                value = rng.integers(1, self.sizes["C"], shape, endpoint=True).astype(float)
            elif symbol.draw == "positive":
                value = rng.uniform(0.3, 2.0, shape)
            else:
                value = rng.standard_normal(shape)
            if symbol.draw == "probability":
                value = np.exp(value) / np.exp(value).sum()
            if symbol.draw == "design":
                value[(0,) if shape[-1] == 1 else (slice(None), 0)] = 1.0
            self.drawn[symbol.latex] = value
        return self.drawn[symbol.latex]


@functools.cache
def _table(symbols):
    """(key, (symbol, its parsed name)) of every symbol."""
    rows = []
    for symbol in symbols:
        name = parse(symbol.latex, heads(symbols))[0].members[0]
        if name.op == "call":
            name = Node("name", (name.args[0], (), None))
        rows.append((_key(name), (symbol, name)))
    return tuple(rows)


@functools.cache
def _functions(symbols):
    """The symbols that brackets apply, with the LaTeX of their argument."""
    pairs = (s.latex[:-1].split("(", 1) for s in symbols if s.latex.endswith(")"))
    return dict(pairs)


def heads(symbols):
    """The symbols that brackets apply."""
    return frozenset(_functions(symbols))


@functools.cache
def _tree(latex, functions):
    return parse(latex, functions)[0].members[0]


def _key(name):
    head, subscripts, example = name.args
    return head, len(subscripts), example is not None


class Scope:
    """What evaluation depends on: instance, indices, replaced values, level of derivative."""

    def __init__(self, instance, indices=(), replaced=(), level=0, fill=(), cache=None):
        self.instance, self.indices, self.replaced = instance, dict(indices), dict(replaced)
        self.level, self.fill, self.cache = level, fill, {} if cache is None else cache

    def at(self, **indices):
        return Scope(
            self.instance, self.indices | indices, self.replaced, self.level, self.fill, self.cache
        )

    def where(self, latex, value, level=0):
        """The same with a symbol replaced: all that depends on it is computed anew."""
        level = max(level, self.level)
        return Scope(self.instance, self.indices, self.replaced | {latex: value}, level, self.fill)


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
        return getattr(self, f"_{node.op}")(node, scope)

    def values(self, node, scope):
        return [self.value(arg, scope) for arg in node.args]

    def number(self, node, scope):
        a = real(self.value(node, scope))
        if a.shape != (1, 1):
            self.fail(f"expected a number, got a matrix {shape_text(a)}", node)
        return float(a[0, 0])

    def integer(self, node, scope):
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

    def _odot(self, node, scope):
        return multiply(*self.alike(node, scope, "multiply entry by entry"))

    def _oslash(self, node, scope):
        a, b = self.alike(node, scope, "divide entry by entry")
        return multiply(a, power(b, -1.0))

    def _kron(self, node, scope):
        return bilinear(np.kron, *self.values(node, scope))

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
        if kind not in ("2", "F"):
            self.fail(f"the norm with index {kind} is not known", node)
        return power(total(multiply(a, a)), 0.5)

    def largest(self, a, sign=1):
        at = np.argmax(sign * real(a))
        return linear(lambda b: b.reshape(-1)[at].reshape(1, 1), a)

    # functions

    def _call(self, node, scope):
        head, argument = node.args[0], self.value(node.args[1], scope)
        if head in scope.instance.functions:
            inner = scope.where(scope.instance.functions[head], argument)
            return self.value(Node("name", (head, (), None), node.at), inner)
        function = getattr(self, "f_" + head.removeprefix(r"\operatorname{").rstrip("}"), None)
        if function is None:
            self.fail(f"the function {head} is not known", node)
        return function(argument, node)

    def f_exp(self, a, node):
        return exp(self.single(a, node, "exp"))

    def f_log(self, a, node):
        return log(self.single(a, node, "log"))

    def f_sqrt(self, a, node):
        return power(self.single(a, node, "a root"), 0.5)

    def f_softmax(self, a, node):
        """A column is one example; of a matrix each row is."""
        axis = 0 if real(a).shape[1] == 1 else 1
        e = exp(a)
        sums = linear(lambda b: np.broadcast_to(b.sum(axis, keepdims=True), b.shape), e)
        return multiply(e, power(sums, -1.0))

    def f_lse(self, a, node):
        return log(total(exp(a)))

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

    # sums, indicators, cases

    def terms(self, node, scope):
        """The summands, one for each value of the index below."""
        index, relation, start, high, body = node.args
        letter, instance = index.args[0], scope.instance
        if letter not in instance.vocabulary.indices and (high is None or relation != "="):
            self.fail(f"nothing says over what the index {letter} runs", node)
        values = instance.range(letter) if letter in instance.vocabulary.indices else range(0)
        first = values.start
        if relation == "=":
            first = self.integer(start, scope)
            values = range(first, values.stop)
        if high is not None:
            values = range(first, self.integer(high, scope) + 1)
        if relation not in (None, "="):
            bound = self.number(start, scope)
            values = [v for v in values if compare(v, relation, bound)]
        if len(values) > 1000:
            self.fail("a sum has at most 1000 terms", node)
        return [self.value(body, scope.at(**{letter: v})) for v in values]

    def _sum(self, node, scope):
        return functools.reduce(add, self.terms(node, scope) or [scalar(0)])

    def _series(self, node, scope):
        """a + b + … + z: the terms in between by the pattern of the last two that are written."""
        *first, before, after = node.args
        low, high, pair = self.pattern(before, after, scope, node)
        terms = [*first, *(_substituted(pair, n) for n in range(low, high + 1))]
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
        found = scope.instance.symbols.get(_key(node))
        indices = [n for n in (example, *subscripts) if n is not None]
        if found:
            symbol, name = found
            letters = [n.args[0] for n in (name.args[2], *name.args[1]) if n is not None]
            bound = {a: self.integer(n, scope) for a, n in zip(letters, indices, strict=True)}
            for letter, n, index in zip(letters, bound.values(), indices, strict=True):
                self.check_range(n, scope.instance.range(letter), index)
            return self.part(symbol, bound, scope)
        if subscripts:
            # an entry: x_k of \mathbf{x}, A_{jk} of A
            for whole, count in ((rf"\mathbf{{{head}}}", 1), (head, len(subscripts))):
                outer = Node(
                    "name", (whole, subscripts[: len(subscripts) - count], example), node.at
                )
                if _key(outer) in scope.instance.symbols:
                    symbol, bound, positions = self.place(outer, scope)
                    shown = scope.instance.symbols[_key(outer)][0]
                    return (
                        symbol,
                        bound,
                        self.entry_of(positions, subscripts[-count:], shown, scope),
                    )
        known = {name.args[0] for _, name in scope.instance.symbols.values()}
        near = difflib.get_close_matches(head, sorted(known), n=1, cutoff=0.3)
        hint = f"; the nearest known one is {near[0]}" if near else ""
        return self.fail(f"unknown symbol {written(node)}{hint}", node)

    def part(self, symbol, bound, scope):
        """Follow `row i of X` and `transpose of W` to the symbol that holds the numbers."""
        words = symbol.definition.split(" of ")
        if len(words) == 2 and symbol.latex not in scope.replaced:
            whole = Node("name", (words[1], (), None))
            base, outer, positions = self.place(whole, scope)
            if words[0] == "transpose":
                return base, outer, positions.T
            (n,) = bound.values()
            first = scope.instance.vocabulary.indices[words[0].split()[1]][0]
            return base, outer, positions[n - first].reshape(-1, 1)
        shape = real(self.array(symbol, scope, bound)).shape
        return symbol, bound, np.arange(np.prod(shape)).reshape(shape)

    def entry_of(self, positions, subscripts, symbol, scope):
        spots = []
        dimensions = symbol.dimensions if len(subscripts) > 1 else symbol.dimensions[:1]
        if len(dimensions) != len(subscripts):
            self.fail(f"{symbol.latex} has not {len(subscripts)} indices", subscripts[0])
        for n, size in zip(subscripts, dimensions, strict=True):
            first = 0 if size == "m + 1" else 1
            values = range(first, first + scope.instance.size(size))
            spots.append(self.check_range(self.integer(n, scope), values, n) - first)
        return positions[tuple([*spots, 0][:2])].reshape(1, 1)

    def check_range(self, n, values, node):
        if n not in values:
            self.fail(f"the index {n} is out of range {values.start}..{values.stop - 1}", node)
        return n

    def _name(self, node, scope):
        head, subscripts, example = node.args
        if not subscripts and not example:
            if head in scope.replaced and (head, 0, False) not in scope.instance.symbols:
                return scope.replaced[head]
            for known in (scope.indices, scope.instance.sizes):
                if head in known:
                    return scalar(known[head])
            if head == r"\pi":
                return scalar(np.pi)
            if head == "e" and _key(node) not in scope.instance.symbols:
                return scalar(np.e)
            if head in FILLERS and _key(node) not in scope.instance.symbols:
                return self.filler(head, scope.instance.size(dict(scope.fill).get(node.at, "C")))
        if head == r"\delta" and len(subscripts) == 2:
            return scalar(self.number(subscripts[0], scope) == self.number(subscripts[1], scope))
        if head in FILLERS and len(subscripts) == 1 and not example:
            return self.filler(head, self.integer(subscripts[0], scope))
        symbol, bound, positions = self.place(node, scope)
        return linear(lambda a: a.reshape(-1)[positions], self.array(symbol, scope, bound))

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
        key = symbol.latex, tuple(bound.items())
        if key not in scope.cache:
            inner = Scope(scope.instance, bound, scope.replaced, scope.level, (), scope.cache)
            scope.cache[key] = _Evaluator(symbol.definition).define(symbol, inner)
        return scope.cache[key]

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
        """An index behind brackets: (A B)_{jk}."""
        a, spots = self.value(node.args[0], scope), []
        for index, length in zip(node.args[1], real(a).shape, strict=False):
            letter = index.args[0] if index.op == "name" else None
            first = scope.instance.vocabulary.indices.get(letter, (1,))[0]
            n = self.check_range(self.integer(index, scope), range(first, first + length), index)
            spots.append(n - first)
        if len(spots) == 1 and real(a).shape[1] != 1:
            self.fail(f"one index for a matrix {shape_text(a)}", node, ShapeError)
        return linear(lambda b: b[tuple([*spots, 0][:2])].reshape(1, 1), a)

    # derivatives

    def _derivative(self, node, scope):
        target, variable = node.args
        while variable.op == "group":
            variable = variable.args[0]
        if variable.op != "name":
            self.fail("a derivative is taken by a symbol", node)
        head = variable.args[0]
        if head in scope.replaced and (head, 0, False) not in scope.instance.symbols:
            return self.slopes(
                target, head, scope.replaced[head], np.zeros((1, 1), int), scope, node
            )
        symbol, bound, positions = self.place(variable, scope)
        if bound or symbol.draw == "label":
            self.fail(f"no derivative by {written(variable)}", variable)
        return self.slopes(
            target, symbol.latex, self.array(symbol, scope, {}), positions, scope, node
        )

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
        rows = [self.filled(list(row), scope) for row in self.filled_rows(node, scope)]
        blocks = [[self.value(cell, scope) for cell in row] for row in rows]
        widths = {sum(real(b).shape[1] for b in row) for row in blocks}
        if len(widths) != 1 or any(len({real(b).shape[0] for b in row}) != 1 for row in blocks):
            self.fail("the rows of this matrix do not fit together", node, ShapeError)
        return stack([[stack([row])] for row in blocks])

    def filled_rows(self, node, scope):
        rows = [list(row) for row in node.args]
        dotted = [Node("dots", (), row[0].at) if {c.op for c in row} == {"dots"} else
                  Node("row", tuple(row), row[0].at) for row in rows]  # fmt: skip
        return [row.args for row in self.filled(dotted, scope)]

    def filled(self, cells, scope):
        """Dots between two cells replaced by what the pattern says; one cell may stand between
        two dots and is then that of the label it mentions."""
        out = []
        while cells:
            cell = cells.pop(0)
            if cell.op != "dots":
                out.append(cell)
                continue
            special = cells.pop(0) if len(cells) > 1 and cells[1].op == "dots" else None
            if special:
                cells.pop(0)
            if not out or not cells:
                self.fail("dots need something before and after them", cell)
            before, after = out.pop(), cells.pop(0)
            low, high, tree = self.pattern(before, after, scope, cell)
            at = self.label_of(special, scope) if special else None
            out += [special if n == at else _substituted(tree, n) for n in range(low, high + 1)]
        return out

    def pattern(self, before, after, scope, node):
        """First and last value of the index in which two trees differ, and a tree for the rest."""
        pairs = set()
        if not _differences(before, after, pairs) or not pairs:
            self.fail("what stands before and after the dots follows no pattern", node)
        ends = {(self.integer(a, scope), self.integer(b, scope)) for a, b in pairs}
        if len(ends) != 1:
            self.fail("what stands before and after the dots follows no pattern", node)
        return *ends.pop(), (before, after)

    def label_of(self, cell, scope):
        found = {
            self.integer(index, scope)
            for name in cell.walk()
            if name.op == "name"
            for index in name.args[1]
            if index.op == "name" and index.args[0] == "y"
        }
        if len(found) != 1:
            self.fail("what stands between the dots does not say where", cell)
        return found.pop()


def _differences(a, b, pairs):
    """Collect the indices in which two trees differ; False if they differ in more."""
    if isinstance(a, Node) and isinstance(b, Node):
        leaves = {a.op, b.op} <= {"num", "name"}
        if leaves and a.args != b.args and not (a.op == b.op == "name" and a.args[0] == b.args[0]):
            pairs.add((a, b))
            return True
        return a.op == b.op and _differences(a.args, b.args, pairs)
    if isinstance(a, tuple) and isinstance(b, tuple):
        return len(a) == len(b) and all(
            _differences(x, y, pairs) for x, y in zip(a, b, strict=True)
        )
    return a == b


def _substituted(pair, n):
    """The tree of which `pair` are two cases, for the index n."""
    a, b = pair
    if isinstance(a, tuple):
        return tuple(_substituted(two, n) for two in zip(a, b, strict=True))
    if not isinstance(a, Node):
        return a
    leaves = {a.op, b.op} <= {"num", "name"}
    if leaves and a.args != b.args and not (a.op == b.op == "name" and a.args[0] == b.args[0]):
        return Node("num", (float(n),), b.at)
    return Node(b.op, _substituted((a.args, b.args), n), b.at)


def written(node):
    """A name as LaTeX."""
    head, subscripts, example = node.args
    inside = ",".join(
        written(s) if s.op == "name" else f"{s.args[0]:g}" if s.op == "num" else "…"
        for s in subscripts
    )
    return head + ("^{(i)}" if example else "") + (f"_{{{inside}}}" if inside else "")


def free_indices(nodes, vocabulary):
    """Index letters that no sum binds, in alphabetical order."""
    found = set()

    def walk(node, bound):
        if isinstance(node, tuple):
            for part in node:
                walk(part, bound)
        elif isinstance(node, Node):
            if node.op in ("sum", "prod", "max", "min"):
                index, _, start, high, body = node.args
                walk((start, high), bound)
                walk(body, bound | {index.args[0]})
                return
            if (
                node.op == "name"
                and node.args[0] in vocabulary.indices
                and _key(node)[1:] == (0, False)
            ):
                found.update({node.args[0]} - bound)
            walk(node.args, bound)

    walk(tuple(nodes), frozenset())
    return sorted(found)
