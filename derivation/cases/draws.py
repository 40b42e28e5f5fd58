"""Sizes, and random draws of all symbols that have no definition."""

import numpy as np

from ..evaluator import numbers
from ..syntax import DerivationError

__all__ = ["FORMS", "LINE", "NEAR", "Case", "leading", "restore", "specialise"]

NEAR = 0.0, 0.3, 3.0  # how far from each centre
LINE = ("real", "design", "positive")  # what is drawn from the line
FORMS = 9
MAX_DRAWN = 1_000_000


def leading(values):
    """Where the ones of a design stand: the first entry of a column, else the first column."""
    return (..., 0, slice(None)) if values.shape[-1] == 1 else (..., 0)


def restore(values, draw):
    """Put the ones of a design back where they stand."""
    if draw == "design":
        values[leading(values)] = numbers.array(1, values.dtype == object)


def _forms(values):
    """Values of one shape that are special: zeros, ones, all entries equal, two values in turn,
    the identity, all rows the same, 1 and -1 in turn, a single 1, ones above the diagonal."""
    own = values.reshape(len(values), -1)
    ones, (rows, columns) = np.ones_like(values), values.shape[-2:]
    turns = np.resize((1.0, -1.0), rows * columns).reshape(rows, columns)
    first = np.zeros((rows, columns))
    first[0, -1] = 1.0
    return [
        0 * ones,
        ones,
        np.broadcast_to(own[:, :1], own.shape).reshape(values.shape),
        own[:, np.arange(own.shape[1]) % min(2, own.shape[1])].reshape(values.shape),
        ones * np.eye(rows, columns),
        np.broadcast_to(values[..., :1, :], values.shape).copy(),
        ones * turns,
        ones * first,
        ones * np.eye(rows, columns, 1) if columns > 1 else -ones,
    ]


def specialise(values, draw, kinds):
    """Put special forms into the draws to which `kinds` gives the number of one."""
    fit = [f for f in _forms(values) if draw != "positive" or (f > 0).all()]
    for k, form in enumerate(fit):
        values[kinds == k] = form[kinds == k]
    restore(values, draw)


class Case:
    """Sizes, and draws of all symbols that have no definition.

    Attributes
    ----------
    sizes : dict
    drawn : dict
        A symbol's LaTeX to an array: draws, values of its indices, rows, columns.
    centres : tuple of Decimal
        Numbers near which, or at which where the scale is 0, all is drawn; empty for draws around
        0 that are never exact.
    """

    def __init__(self, vocabulary, sizes, count, rng, scales, centres=()):
        self.vocabulary, self.sizes, self.count = vocabulary, sizes, count
        self.rng, self.scales, self.drawn, self.ranges = rng, scales, {}, {}
        self.centres, self.shapes, self.constants = centres, {}, {}

    @property
    def text(self):
        return ", ".join(f"{a} = {n}" for a, n in self.sizes.items())

    def size(self, size):
        return size.value(self.sizes)

    def shape(self, bound):
        """Rows and columns of a bound tree."""
        if id(bound) not in self.shapes:
            shape = tuple(map(self.size, bound.shape))
            if min(shape) < 1:
                raise DerivationError(f"a vector or a matrix without entries, where {self.text}")
            self.shapes[id(bound)] = shape, bound
        return self.shapes[id(bound)][0]

    def range(self, letter):
        if letter not in self.ranges:
            first, last = self.vocabulary.range(letter)
            self.ranges[letter] = range(self.size(first), self.size(last) + 1)
        return self.ranges[letter]

    def draw(self, symbol, letters):
        """All drawn values of a symbol, the same whenever they are asked for."""
        if symbol.latex not in self.drawn:
            self.drawn[symbol.latex] = self.drawing(symbol, letters)
        return self.drawn[symbol.latex]

    def drawing(self, symbol, letters):
        rng = self.rng
        shape = (self.count, *(len(self.range(a)) for a in letters),
                 *map(self.size, self.vocabulary.shape(symbol)))  # fmt: skip
        if min(shape) < 1:
            raise DerivationError(f"{symbol.latex} has no entries, where {self.text}")
        if np.prod(shape) > MAX_DRAWN:
            raise DerivationError(f"{symbol.latex} has too many entries to be drawn")
        scale = self.scales.reshape(-1, *[1] * (len(shape) - 1))
        kind, _, letter = symbol.draw.partition(" ")
        if kind == "label":
            labels = self.range(letter)
            if letters or shape[1:] != (1, 1):
                return rng.integers(labels[0], labels[-1], shape, endpoint=True)
            labels = labels if self.count >= len(labels) else labels[::-1]  # the last, of few
            return rng.permutation(np.resize(labels, self.count)).reshape(shape)  # each in turn
        if self.centres and kind != "probability":
            return self.central(kind, shape, scale)
        if self.centres:
            return self.shares(shape)
        if kind == "positive":
            return np.exp(np.abs(scale) ** 0.5 * rng.standard_normal(shape) * 1.2)
        value = scale * rng.standard_normal(shape)
        if kind == "probability":
            value = np.exp(np.minimum(np.abs(scale), 3.0) * rng.standard_normal(shape))
            return value / value.sum((-1, -2), keepdims=True)
        restore(value, kind)
        return value

    def central(self, kind, shape, scale):
        """Decimals near the centres: in the first half of the draws one for all entries."""
        every = np.repeat(self.rng.permutation(self.centres), len(NEAR))
        own = np.resize(every, shape[0]).reshape(-1, *[1] * (len(shape) - 1))
        half = (np.arange(shape[0]) < shape[0] // 2).reshape(own.shape)
        centre = np.where(half, own, self.rng.choice(self.centres, shape))
        noise = scale * self.rng.standard_normal(shape)
        off = 0.1 * (scale > 0) * self.rng.standard_normal(shape)  # near a large one is farther off
        value = centre + centre * numbers.array(off, True) + numbers.array(noise, True)
        if kind == "positive":
            value = np.where(value > 0, value, np.where(value < 0, -value, 1 + value))
        restore(value, kind)
        return value

    def shares(self, shape):
        """Probabilities, one of which is a centre where one can be."""
        centres = [c for c in self.centres if 0 < c < 1] or [numbers.number("0.5", True)[()]]
        value = self.rng.random((*shape[:-2], shape[-2] * shape[-1]))
        flat = numbers.array(value, True).reshape(-1, value.shape[-1])
        for n, row in enumerate(flat):
            at = n % len(row)
            if len(row) > 1:
                row[at] = 0
                row *= (1 - centres[n % len(centres)]) / row.sum()
                row[at] = centres[n % len(centres)]
            else:
                row[at] = numbers.number("1", True)[()]
        return flat.reshape(shape)

    def chosen(self, draws):
        """The same case with some of its draws only."""
        new = object.__new__(Case)
        new.__dict__.update(self.__dict__, count=len(draws), scales=self.scales[draws])
        new.drawn = {name: values[draws] for name, values in self.drawn.items()}
        return new
