"""Dual numbers over stacks of matrices: exact derivatives of any order.

a + a'ε with ε² = 0, where a and a' are arrays, or themselves dual numbers of a lower level. The
last axes of an array are those of draws, of index values, of rows and of columns; each may be 1.
Each derivative that is being taken has a level of its own, so that they nest. All directions are
taken at once: a' has an axis for them before these four, that of level n standing before those of
lower levels; of axes of length 1 the leading ones may be missing.

At a kink, where a value alone does not tell which line of it counts, that is noted, and the slope
is found in another way: see `changes`.
"""

import numpy as np

from . import matrices, numbers

__all__ = [
    "AXES", "Dual", "absolute", "add", "best", "bilinear", "count", "determinant", "diagonal",
    "differ", "directions", "divide", "exp", "inverse", "joined", "kron", "largest", "level",
    "linear", "log", "lse", "multiply", "negative", "parts", "pick", "power", "real", "root",
    "slopes", "softmax", "sqrt", "tanh", "total", "trace", "transpose", "vec", "where",
]  # fmt: skip

AXES = 4  # draws, index values, rows, columns


class Dual:
    """Value and derivative at one level."""

    __slots__ = ("eps", "level", "re")

    def __init__(self, level, re, eps):
        self.level, self.re, self.eps = level, re, eps


def level(a):
    return a.level if isinstance(a, Dual) else 0


def _parts(a, n):
    """Value and derivative of `a` at level n; a derivative None is zero."""
    return (a.re, a.eps) if level(a) == n else (a, None)


def parts(a, n):
    """The same of what is differentiated: where it has no value, it has no derivative."""
    value, eps = _parts(a, n)
    undefined = ~numbers.finite(real(value))
    if not undefined.any():
        return value, eps
    eps = 0 * real(value) if eps is None else eps
    return value, linear(lambda b: numbers.nan_where(undefined, b), eps)


def real(a):
    """The array, without any derivative."""
    while isinstance(a, Dual):
        a = a.re
    return a


def count(a):
    """How many numbers there are, derivatives too."""
    return count(a.re) + count(a.eps) if isinstance(a, Dual) else a.size


def directions(a, positions, n):
    """`a` perturbed at level n, at each of some positions of its entries in turn.

    `positions` has the four axes, its last two the shape of what is differentiated by.
    """
    rows, columns = real(a).shape[-2:]
    flat = positions.reshape(*positions.shape[:2], -1)
    eps = flat[..., None] == np.arange(rows * columns)
    eps = np.moveaxis(eps, 2, 0).reshape(
        flat.shape[2], *[1] * (n - 1), *flat.shape[:2], rows, columns
    )
    return Dual(n, a, numbers.array(eps, real(a).dtype == object))


def slopes(a, n, shape, count):
    """The derivative at level n, its directions laid out with its entries in one matrix."""
    value, eps = parts(a, n)

    def laid_out(b):
        b = b.reshape(*[1] * (AXES + n - b.ndim), *b.shape)
        b = np.moveaxis(np.broadcast_to(b, (count, *b.shape[1:])), 0, -1)
        lead = b.shape[:-3]
        while len(lead) > 2 and lead[0] == 1:  # nothing depends on lower levels
            lead = lead[1:]
        return b.reshape(*lead, *shape)

    if eps is None:
        zero = real(value)
        return numbers.array(np.zeros((1, 1, *shape)), zero.dtype == object)
    return linear(laid_out, eps)


def linear(f, a):
    """f(a) for a linear f of matrices."""
    return Dual(a.level, linear(f, a.re), linear(f, a.eps)) if isinstance(a, Dual) else f(a)


def add(a, b):
    n = max(level(a), level(b))
    if n == 0:
        return numbers.plus(a, b)
    (a, da), (b, db) = _parts(a, n), _parts(b, n)
    return Dual(n, add(a, b), _sum(da, db))


def _sum(a, b):
    """a + b, None being zero."""
    return b if a is None else a if b is None else add(a, b)


def bilinear(f, a, b):
    """f(a, b) for a bilinear f of matrices: the product rule."""
    n = max(level(a), level(b))
    if n == 0:
        return f(a, b)
    (a, da), (b, db) = _parts(a, n), _parts(b, n)
    left = None if da is None else bilinear(f, da, b)
    right = None if db is None else bilinear(f, a, db)
    return Dual(n, bilinear(f, a, b), _sum(left, right))


def _share(a, b):
    """a / b, and 0 of 0: the slope of a logarithm of what stays 0."""
    nothing = (a == 0) & (b == 0)
    return np.where(nothing, 0 * b, numbers.quotient(a, np.where(nothing, _ones(b), b)))


def multiply(a, b):
    """Entry by entry."""
    return bilinear(numbers.product, a, b)


def divide(a, b, quotient=numbers.quotient):
    """Entry by entry: a / b, with its derivative by the quotient rule."""
    n = max(level(a), level(b))
    if n == 0:
        return quotient(a, b)
    (a, da), (b, db) = _parts(a, n), _parts(b, n)
    ratio = divide(a, b, quotient)
    left = None if da is None else divide(da, b, quotient)
    right = None if db is None else negative(divide(multiply(ratio, db), b, quotient))
    return Dual(n, ratio, _sum(left, right))


def negative(a):
    return linear(np.negative, a)


def transpose(a):
    return linear(lambda b: np.swapaxes(b, -1, -2), a)


def total(a):
    return linear(numbers.total, a)


def kron(a, b):
    """The Kronecker product."""
    (m, n), (p, q) = a.shape[-2:], b.shape[-2:]
    blocks = a[..., :, None, :, None] * b[..., None, :, None, :]
    return blocks.reshape(*blocks.shape[:-4], m * p, n * q)


def smooth(f, slope):
    """A function of entries by the chain rule; its slope depends on the argument and the value."""

    def applied(a):
        if not isinstance(a, Dual):
            return f(a)
        value = applied(a.re)
        return Dual(a.level, value, multiply(slope(a.re, value), a.eps))

    return applied


def _ones(a):
    a = real(a)
    return numbers.array(np.ones((1,) * a.ndim), a.dtype == object)


def log(a):
    """The logarithm; what stays 0 stays log 0, so that 0 · log 0 has the derivative 0, too."""
    if not isinstance(a, Dual):
        return numbers.log(a)
    return Dual(a.level, log(a.re), divide(a.eps, a.re, _share))


exp = smooth(numbers.exp, lambda _, e: e)
tanh = smooth(numbers.tanh, lambda _, t: add(_ones(t), negative(multiply(t, t))))
sqrt = smooth(numbers.sqrt, lambda _, r: divide(_ones(r), add(r, r)))


def power(a, n):
    """aⁿ of numbers; by the chain rule in a where n has no derivative, else by e^(n log a)."""
    if isinstance(n, Dual):
        return exp(multiply(n, log(a)))
    if np.all(n == 0):
        return _ones(a)
    slope = smooth(lambda b: numbers.power(b, n), lambda b, _: multiply(n, power(b, n - _ones(n))))
    return slope(a)


def root(a, n):
    """The n-th root of numbers, n whole; that of a negative number is real if n is odd."""
    whole = real(n)
    odd = (whole % 2) == 1
    sign = np.where(odd & (real(a) < 0), -1, 1)
    sign = numbers.array(sign, whole.dtype == object)
    return multiply(sign, power(multiply(sign, a), numbers.quotient(_ones(whole), whole)))


def _moving(a):
    """Where a value changes in any direction, or may."""
    return _any(a.eps) | _moving(a.re) if isinstance(a, Dual) else np.False_


def _any(a):
    if isinstance(a, Dual):
        return _any(a.re) | _any(a.eps)
    return (a != 0).astype(bool).reshape(-1, *a.shape[-AXES:]).any(0)


def absolute(a):
    value = real(a)
    if isinstance(a, Dual):
        numbers.tied((value == 0) & _moving(a))
    return multiply(numbers.array(np.where(value < 0, -1, 1), value.dtype == object), a)


def differ(a, b):
    """Where two arrays are apart by more than rounding, or one alone is defined."""
    a, b = a.astype(float), b.astype(float)
    apart = np.abs(a - b) > 1e-9 * np.maximum(np.abs(a), np.abs(b))
    return apart | (np.isfinite(a) != np.isfinite(b))


def inverse(a):
    """The inverse of a square matrix; nan without one."""
    if not isinstance(a, Dual):
        return matrices.inverse(a)
    b = inverse(a.re)
    change = bilinear(np.matmul, bilinear(np.matmul, b, a.eps), b)
    return Dual(a.level, b, negative(change))


def determinant(a):
    """det A, with its derivative det A · tr(A⁻¹ A')."""
    if not isinstance(a, Dual):
        return matrices.determinant(a)
    value = determinant(a.re)
    inner = trace(bilinear(np.matmul, inverse(a.re), a.eps))
    return Dual(a.level, value, multiply(value, inner))


def softmax(a, axis=-2):
    """Of a column; of each row with the axis -1."""
    e = exp(add(a, -real(a).max(axis, keepdims=True)))
    return divide(e, linear(lambda b: b.sum(axis, keepdims=True), e))


def lse(a):
    """The logarithm of the sum of exponentials."""
    top = real(a).max((-1, -2), keepdims=True)
    return add(log(total(exp(add(a, -top)))), top)


def largest(a):
    """The largest entry; nan if one is not defined."""
    flat = linear(lambda b: b.reshape(*b.shape[:-2], 1, -1), a)
    good = numbers.finite(real(flat))
    undefined = ~good.all(-1, keepdims=True)
    return linear(lambda b: numbers.nan_where(undefined, b), best(flat, good))


def best(a, some, sign=1):
    """The largest of some entries of a row, or the smallest."""
    least = numbers.array(-np.inf, real(a).dtype == object)
    own = np.where(some, sign * real(a), least)
    found = pick(a, np.argmax(own, -1)[..., None])
    if isinstance(a, Dual):
        apart = add(a, negative(found))
        numbers.tied((own == own.max(-1, keepdims=True)) & _moving(apart))
    return found


def pick(a, positions):
    """The entries at positions in the flattened matrix; `positions` has the four axes."""
    rows, columns = positions.shape[-2:]

    def take(b):
        flat = b.reshape(*b.shape[:-2], -1)
        if positions.shape[:2] == (1, 1):
            return flat[..., positions[0, 0]]
        if positions.shape[0] == 1 and flat.shape[-2] == 1:  # alike in all draws
            found = flat[..., 0, positions[0].reshape(positions.shape[1], -1)]
            return found.reshape(*found.shape[:-1], rows, columns)
        index = positions.reshape(*[1] * (flat.ndim - 3), *positions.shape[:2], -1)
        found = np.take_along_axis(flat, index, -1)
        return found.reshape(*found.shape[:-1], rows, columns)

    return linear(take, a)


def where(condition, a, b):
    """a where a condition of each draw and index value holds, else b."""
    n = max(level(a), level(b))
    if n == 0:
        return np.where(condition, a, b)
    (a, da), (b, db) = _parts(a, n), _parts(b, n)
    zero = numbers.array(np.zeros((1,) * AXES), real(a).dtype == object)
    da, db = (zero if d is None else d for d in (da, db))
    return Dual(n, where(condition, a, b), where(condition, da, db))


def diagonal(a):
    """The matrix that has a column on its diagonal."""
    return linear(lambda b: np.where(np.eye(b.shape[-2], dtype=bool), b, 0 * _ones(b)), a)


def trace(a):
    return linear(lambda b: np.trace(b, axis1=-2, axis2=-1)[..., None, None], a)


def vec(a):
    """The columns below each other."""
    return linear(lambda b: np.swapaxes(b, -1, -2).reshape(*b.shape[:-2], -1, 1), a)


def joined(blocks, axis):
    """One matrix of blocks below each other (-2) or beside each other (-1)."""
    n = max(map(level, blocks))
    if n == 0:
        lead = np.broadcast_shapes(*(a.shape[:-2] for a in blocks))
        return np.concatenate([np.broadcast_to(a, lead + a.shape[-2:]) for a in blocks], axis)
    values, changes = zip(*(_parts(a, n) for a in blocks), strict=True)
    changes = [
        numbers.array(np.zeros(real(a).shape), real(a).dtype == object) if da is None else da
        for a, da in zip(values, changes, strict=True)
    ]
    return Dual(n, joined(values, axis), joined(changes, axis))
