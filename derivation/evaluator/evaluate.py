"""Bound trees to numbers: many drawn cases and all values of the free indices at once.

An array has the axes draws, index values, rows, columns; the first two may be 1. What is not
defined is nan.
"""

import itertools

import numpy as np

from ..operations import FUNCTIONS, NORMS, OPERATIONS
from ..syntax import DerivationError, below
from . import dual, numbers
from .changes import Changes
from .dual import Dual, real
from .terms import Terms

__all__ = ["MAX_WORK", "VALUES", "Scope"]

MAX_WORK, MAX_ENTRIES, MAX_DEPTH, MAX_DIGITS = 8_000_000, 20_000, 200, 12
VALUES = OPERATIONS | FUNCTIONS | {f"norm {name}": row for name, row in NORMS.items()}


class Scope(Terms, Changes):
    """What a value depends on: a case, the values of indices, what replaces symbols.

    Attributes
    ----------
    indices : dict
        Letter to an array of integers with the four axes.
    replaced : dict
        A symbol's LaTeX, or that of an argument of a function, to a value.
    """

    def __init__(self, case, indices, exact=False, definitions=None):
        self.case, self.indices, self.exact = case, indices, exact
        self.definitions = definitions
        self.replaced, self.memo, self.laned = {}, {}, False
        self.constants = case.constants
        self.level, self.tangents, self.still, self.depth = 0, 0, (), 0
        self.kinked, self.shift = {}, None  # draws in which a value met a kink; how far all moved
        self.solved = False  # whether numbers were solved for, which is to so many digits only
        self.budget = [MAX_WORK]
        self.latex = ""

    def but(self, **changes):
        new = object.__new__(Scope)
        new.__dict__.update(self.__dict__, **changes)
        return new

    def at(self, letter, values):
        """The same for values of an index; parts without it keep what they are."""
        return self.but(indices={**self.indices, letter: values})

    def constant(self, key, letters, make):
        """What depends on sizes and the values of some indices alone: made once for all draws.

        Indices are told apart by identity; what is kept keeps them alive.
        """
        key = key, *[id(self.indices.get(a)) for a in letters]
        if key not in self.constants:
            self.constants[key] = make(), self.indices
        return self.constants[key][0]

    def whole(self, n):
        """A whole number as the value of an index, the same array whenever it is asked for."""
        return self.constant(n, (), lambda: np.full((1, 1, 1, 1), n))

    def key(self, bound):
        """What the value of a tree depends on in this scope; `memo` keeps it alive."""
        if not (bound.letters or self.replaced):
            return bound
        get = self.indices.get
        return bound, *[id(get(a)) for a in bound.letters], *self.instead(bound)

    def instead(self, bound):
        """Those of the values that replace symbols on which a tree depends, by identity."""
        if not self.replaced:
            return ()
        needs = self.definitions.closure(bound)
        return [(name, id(v)) for name, v in self.replaced.items() if name in needs]

    def keep(self, key, value):
        """Keep a value, and all that its key names by identity."""
        self.memo[key] = value, self.indices, self.replaced
        return value

    def where(self, name, value):
        """The same with a symbol replaced: all that depends on it is computed anew."""
        laned = self.laned or _laned(value)
        return self.but(replaced={**self.replaced, name: value}, laned=laned)

    def fail(self, message, bound):
        raise DerivationError(message, self.latex, bound.at if self.latex else None)

    def spend(self, work, bound):
        self.budget[0] -= work
        if self.definitions is not None:  # what all cases of a claim have together
            self.definitions.left -= work
        if self.budget[0] < 0 or (self.definitions is not None and self.definitions.left < 0):
            self.fail("this is too large to evaluate", bound)

    # values

    def value(self, bound):
        """The value of a bound tree; each of a tree's parts is computed once."""
        if bound.fixed and not self.exact:
            return self.constant(bound, bound.letters, lambda: self.computed(bound))
        key = self.key(bound)
        if key in self.memo:
            return self.memo[key][0]
        return self.keep(key, self.computed(bound))

    def computed(self, bound):
        """The value, computed by the operation's row of the table or by its method."""
        row, before = VALUES.get(bound.op), numbers.ties(np.False_)
        if row is not None:
            args = [self.value(a) for a in bound.args]
            if not row.derivative and any(isinstance(a, Dual) for a in args):
                self.fail(f"no derivative of {bound.op} is taken", bound)
            rows, columns = self.case.shape(bound)
            if rows * columns > MAX_ENTRIES:
                self.fail(f"a matrix has at most {MAX_ENTRIES} entries", bound)
            found = row.value(*args)
        else:
            found = getattr(self, f"_{bound.op}")(bound)
        tied = numbers.ties(before)
        if tied.any() and self.level:  # else nothing is differentiated
            numbers.tied(tied)
            for value in self.replaced.values():
                self.kinked[id(value)] = self.kinked.get(id(value), np.False_) | tied
        self.spend(40 + dual.count(found), bound)
        return found

    def array(self, values):
        return numbers.array(values, self.exact)

    def integer(self, bound):
        """The values of an index, as integers; what is none is out of every range."""
        if bound.op == "index":
            return self.indices[bound.args[0]]
        if bound.fixed:
            return self.constant(("integer", bound), bound.letters, lambda: self.integers(bound))
        return self.integers(bound)

    def integers(self, bound):
        if bound.op == "num":
            text = bound.args[0]
            if len(text) > MAX_DIGITS:
                self.fail("this index is too large", bound)
            return self.whole(int(text) if text.isdecimal() else -(10**9))
        if bound.op == "size":
            return self.whole(self.case.size(bound.args[0]))
        if bound.op in ("add", "sub"):
            a, b = map(self.integer, bound.args)
            return a + b if bound.op == "add" else a - b
        value = real(self.value(bound))
        if value.ndim > dual.AXES:
            self.fail("an index that jumps where it is differentiated", bound)
        good = numbers.finite(value)
        value = np.where(good, value, 0)
        whole = np.asarray(np.floor(value.astype(float) + 0.5), int)
        return np.where(good & (value == whole), whole, -(10**9))

    def _num(self, bound):
        return numbers.number(bound.args[0], self.exact).reshape(1, 1, 1, 1)

    def _const(self, bound):
        if bound.args[0] == r"\pi":
            return np.full((1, 1, 1, 1), numbers.pi() if self.exact else np.pi)
        return numbers.exp(self.array(np.ones((1, 1, 1, 1))))

    def _size(self, bound):
        size = str(self.case.size(bound.args[0]))
        return numbers.number(size, self.exact).reshape(1, 1, 1, 1)

    def _index(self, bound):
        return self.array(self.indices[bound.args[0]])

    def _ones(self, bound):
        return self.array(np.ones((1, 1, *self.case.shape(bound))))

    def _zeros(self, bound):
        return self.array(np.zeros((1, 1, *self.case.shape(bound))))

    def _eye(self, bound):
        return self.array(np.eye(self.case.shape(bound)[0])[None, None])

    def _infinite(self, bound):
        return self.array(np.full((1, 1, 1, 1), float(bound.args[0] + "inf")))

    def _local(self, bound):
        return self.replaced[bound.args[0]]

    # symbols

    def _symbol(self, bound):
        symbol, indices, _ = bound.args
        letters = [letter for letter, _ in indices]
        if symbol.latex in self.replaced:
            value = self.replaced[symbol.latex]
            return (
                self.block(value, symbol, indices) if indices and not symbol.definition else value
            )
        if not symbol.definition:
            value = self.perturbed(symbol, letters)
            return self.block(value, symbol, indices) if indices else value
        values = {letter: self.integer(at) for letter, at in indices}
        tree, open_letters = self.definitions(symbol)
        key = self.key_of(tree, values, open_letters)
        if key not in self.memo:
            self.keep(key, self.defined(symbol, values, open_letters))
        return self.memo[key][0]

    def key_of(self, tree, values, open_letters=()):
        """What the value of a definition depends on, for values of its symbol's indices."""
        values = ((a, v.shape, v.tobytes()) for a, v in values.items())
        opened = ((a, id(self.indices[a])) for a in open_letters)
        return "defined", tree, *values, *opened, *self.instead(tree)

    def perturbed(self, symbol, letters):
        """A drawn symbol, its index values stacked; with a tangent for differentials."""
        value = self.array(self.case.draw(symbol, letters))
        if symbol.draw == "probability":  # as exactly as the digits allow
            value = value / value.sum((-1, -2), keepdims=True)
        drawn, value = value.shape, value.reshape(value.shape[0], 1, -1, value.shape[-1])
        if not self.tangents or symbol.is_label or symbol.latex in self.still:
            return value
        tangent = self.array(self.tangent(symbol, value.shape)).reshape(drawn)
        if symbol.draw == "probability":  # whose sum stays one
            tangent = tangent - tangent.sum((-1, -2), keepdims=True) / (drawn[-1] * drawn[-2])
        tangent = tangent.reshape(value.shape)
        if self.shift is not None:
            return value + self.shift * tangent
        lead = [1] * self.tangents
        return Dual(self.tangents, value, tangent.reshape(*lead, *tangent.shape))

    def tangent(self, symbol, shape):
        """In which direction a symbol changes, in each draw another."""
        name = f"d {symbol.latex}"
        if name not in self.case.drawn:
            tangent = np.round(self.case.rng.standard_normal(shape), 3)
            tangent[self.case.scales == 0] = 0  # a change may be none
            if symbol.draw == "design":  # data are given
                tangent[...] = 0
            self.case.drawn[name] = tangent
        return self.case.drawn[name]

    def block(self, value, symbol, indices):
        """The part of stacked values that has these indices."""
        positions, bad = self.placed(indices, symbol.latex, lambda: self.stacked(symbol, indices))
        return self.spotted(dual.pick(value, positions), bad)

    def placed(self, indices, what, make):
        """Where a part lies: made once for all draws where its indices are alike in these."""
        fixed, letters = self.constant(("alone", indices), (), lambda: _alone(indices))
        return self.constant(("placed", indices, what), letters, make) if fixed else make()

    def stacked(self, symbol, indices):
        """Where that part lies in the stack, and where an index is out of its range."""
        rows, columns = map(self.case.size, self.case.vocabulary.shape(symbol))
        number, bad = np.zeros((1, 1, 1, 1), int), np.False_
        for letter, at in indices:
            values, found = self.case.range(letter), self.integer(at)
            bad = bad | (found < values.start) | (found >= values.stop)
            found = np.minimum(np.maximum(found - values.start, 0), len(values) - 1)
            number = number * len(values) + found
        return number * rows * columns + np.arange(rows * columns).reshape(rows, columns), bad

    def spotted(self, value, bad):
        """Not defined where an index is out of its range."""
        if not bad.any():
            return value
        return dual.linear(lambda b: numbers.nan_where(bad, b), value)

    def defined(self, symbol, values, open_letters):
        """A symbol by its definition, for values of its own indices."""
        if self.depth > MAX_DEPTH:
            raise DerivationError(f"the definition of {symbol.latex} never ends")
        tree, _ = self.definitions(symbol)
        indices = {**values, **{a: self.indices[a] for a in open_letters}}
        inner = self.but(indices=indices, depth=self.depth + 1,
                         latex=symbol.definition)  # fmt: skip
        if values and symbol.latex in self.definitions.closure(tree):
            return self.one_by_one(symbol, values, inner)
        if not symbol.entries:
            return inner.value(tree)
        letters = symbol.entries.split()
        ranges = [self.case.range(a) for a in letters]
        every = list(itertools.product(*ranges))
        rows, count = len(ranges[0]), len(every)
        if inner.laned:
            cells = []
            for at in every:
                here = dict(zip(letters, map(self.whole, at), strict=True))
                cells.append(inner.but(indices={**inner.indices, **here}).value(tree))
            return dual.linear(lambda b: b.reshape(*b.shape[:-2], rows, -1), dual.joined(cells, -2))
        wide = max((v.shape[1] for v in values.values()), default=1)
        columns = zip(letters, zip(*every, strict=True), strict=True)
        grid = {a: np.tile(np.array(column), wide).reshape(1, -1, 1, 1) for a, column in columns}
        spread = {a: self.repeated(v, count) for a, v in inner.indices.items()}
        found = inner.but(indices={**spread, **grid}).value(tree)

        def arranged(b):
            if b.shape[-3] == 1:
                b = np.broadcast_to(b, (*b.shape[:-3], wide * count, 1, 1))
            return b.reshape(*b.shape[:-3], wide, rows, -1)

        return dual.linear(arranged, found)

    def one_by_one(self, symbol, values, inner):
        """A recursion: for each value of its index on its own."""
        letters = list(values)
        arrays = np.broadcast_arrays(*values.values())
        every = {tuple(int(a.flat[n]) for a in arrays) for n in range(arrays[0].size)}
        found = None
        for numbers_ in sorted(every):
            here = np.logical_and.reduce([a == n for a, n in zip(arrays, numbers_, strict=True)])
            bad = any(n not in self.case.range(a) for a, n in zip(letters, numbers_, strict=True))
            at = {a: self.whole(n) for a, n in zip(letters, numbers_, strict=True)}
            tree = self.definitions(symbol)[0]
            if bad:
                shape = tuple(map(self.case.size, self.case.vocabulary.shape(symbol)))
                value = numbers.nan_where(True, self.array(np.zeros((1, 1, *shape))))
            else:
                value = inner.but(indices={**inner.indices, **at}).value(tree)
            found = value if found is None else dual.where(here, value, found)
        return found

    def _view(self, bound):
        name, tree = bound.args
        return self.replaced[name] if name in self.replaced else self.value(tree)

    # entries

    def positions(self, bound, shape):
        """Where the entries of a part lie in the flattened base, and where an index is none."""
        what = bound.op, shape
        return self.placed(bound.args[1:], what, lambda: self.located(bound, shape))

    def located(self, bound, shape):
        rows, columns = shape
        if bound.op == "entry":
            _, at, first, across, first_across = bound.args
            pairs = [(at, first, rows), (across, first_across, columns)]
        else:
            _, at, first = bound.args
            pairs = [(at, first, rows)]
        spots, bad = [], np.False_
        for index, start, count in pairs:
            found = np.zeros((1, 1, 1, 1), int) if index is None else self.integer(index) - start
            bad = bad | (found < 0) | (found >= count)
            spots.append(np.minimum(np.maximum(found, 0), count - 1))
        if bound.op == "row":
            return spots[0] * columns + np.arange(columns), bad
        return spots[0] * columns + spots[1], bad

    def _entry(self, bound):
        base = self.value(bound.args[0])
        positions, bad = self.positions(bound, real(base).shape[-2:])
        return self.spotted(dual.pick(base, positions), bad)

    _row = _entry


def _alone(args):
    """Whether the bound trees in arguments depend on sizes and indices alone; on which indices."""
    trees = list(below(args))
    return all(t.fixed for t in trees), [a for t in trees for a in t.letters]


def _laned(value):
    """Whether a value differs from one value of the indices to another."""
    while isinstance(value, Dual):
        if _laned(value.eps):
            return True
        value = value.re
    return value.shape[-3] > 1
