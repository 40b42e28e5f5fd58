"""Exact random numbers: arrays over a finite field, in which what is positive has roots.

Every number is the square of another or minus one. All primes up to 23 are squares, and so are
fractions made of them. An array has the axes lanes, rows, columns; a constant is the same in all
lanes, a random number differs.
"""

import random
from fractions import Fraction

import numpy as np

__all__ = ["EYE", "blurred", "collected", "constant", "direction", "drawn", "entrywise", "inner",
           "inverse", "key", "magnitude", "negative", "ones", "power", "rational",
           "scaled", "times", "total"]  # fmt: skip

P = 2**96 - 2812217  # a prime, and so is Q
Q = (P - 1) // 2
LANES, LARGEST = 16, 10**12  # of a numerator or denominator


def drawn(name, shape=(1, 1), kind="any"):
    """The random numbers that belong to a name: "any", "squares", "bits", or one for all lanes,
    "constant"."""
    rng = random.Random(repr(name))
    count = shape[0] * shape[1] * (LANES if kind != "constant" else 1)
    values = [rng.randrange(1, P) for _ in range(count)]
    if kind == "squares":
        values = [v * v % P for v in values]
    if kind == "bits":
        values = [v % 2 for v in values]
    return np.resize(np.array(values, object), (LANES, *shape))


def constant(n):
    """A rational number in all lanes."""
    n = Fraction(n)
    return np.full((LANES, 1, 1), n.numerator * pow(n.denominator, -1, P) % P, object)


def rational(value):
    """The rational number that an array is in all lanes; None if it is none."""
    a, b = (P, 0), (int(value.flat[0]), 1)
    if value.size != LANES or any(value.flat != b[0]):
        return None
    while b[0] > LARGEST:  # Euclid's algorithm, halfway
        n = a[0] // b[0]
        a, b = b, (a[0] - n * b[0], a[1] - n * b[1])
    return Fraction(*b) if abs(b[1]) <= LARGEST else None


def each(f, value):
    return np.vectorize(f, otypes=[object])(value)


def magnitude(value):
    """Of every number, the one of it and its opposite that is a square."""
    return each(lambda v: v if pow(v, Q, P) <= 1 else P - v, value)


def power(value, n):
    """Numbers to a rational power; 0 stays 0."""
    n = Fraction(n)
    if n.denominator == 1:
        return each(lambda v: pow(v, n.numerator % (P - 1), P), value)
    exponent = n.numerator * pow(n.denominator, -1, Q) % Q
    root = each(lambda v: pow(v, exponent, P), magnitude(value))
    if n.denominator % 2 == 0 or n.numerator % 2 == 0:
        return root
    return np.where(magnitude(value) == value, root, -root % P)


def ones(shape):
    return np.full((LANES, *shape), 1, object)


def entrywise(a, b):
    return a * b % P


def inner(a, b):
    return (a * b).sum((1, 2), keepdims=True) % P


def times(a, b):
    """The product of numbers, of a number and a matrix, or of matrices."""
    number = (1, 1) in (a.shape[1:], b.shape[1:])
    return entrywise(a, b) if number else np.matmul(a, b) % P


def inverse(value):
    """That of 2 × 2 matrices."""
    (a, b), (c, d) = np.moveaxis(value, 0, -1)
    turned = np.moveaxis(np.array([[d, -b], [-c, a]], object), -1, 0)
    return turned * power((a * d - b * c) % P, -1)[:, None, None] % P


def key(value):
    return value.shape, *value.flat


def scaled(value, n, by):
    """n times a value, over another number."""
    return value * (n * pow(by, P - 2, P)) % P


EYE = np.resize(np.array([[1, 0], [0, 1]], object), (LANES, 2, 2))
WEIGHTS = drawn("weights", (2, 2))
WEIGHTS = WEIGHTS + WEIGHTS.swapaxes(1, 2)


def direction(value):
    """What an array has in common with its multiples, and which multiple it is."""
    rows, columns = value.shape[1:]
    size = int((WEIGHTS[:, :rows, :columns] * value).sum() % P)
    return key(scaled(value, 1, size)), size


def blurred(value, *names):
    """A random multiple of an array, the same for its multiples and its transpose."""
    both = direction(value)[0], direction(value.swapaxes(1, 2))[0]
    return value * drawn((*names, *sorted(both))) % P


# sums of terms


def total(terms):
    return sum(terms) % P


def collected(terms):
    """Terms, like ones added up, without those that are 0; one that is 0 if nothing is left."""
    found = {}
    for term in terms:
        kind, _ = direction(term)
        found[kind] = (found[kind] + term) % P if kind in found else term
    return tuple(t for t in found.values() if np.any(t != 0)) or (terms[0] * 0,)


def negative(terms):
    return tuple(-term % P for term in terms)
