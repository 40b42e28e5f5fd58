"""Dual numbers over matrices: exact derivatives of any order.

a + a'ε with ε² = 0, where a and a' are matrices, or themselves dual numbers of a lower level.
Each derivative that is being taken has a level of its own, so that they nest. All directions are
taken at once: a' has an axis for them before its rows and columns, that of level n standing
before those of lower levels; of axes of length 1 the leading ones may be missing.
"""

import contextlib

import numpy as np

__all__ = [
    "Dual", "absolute", "add", "bilinear", "diagonal", "directions", "divide", "exp", "inverse",
    "joined", "kron", "largest", "level", "linear", "log", "lse", "multiply", "negative", "parts",
    "pick", "power", "real", "shaped", "slopes", "softmax", "total", "trace", "transpose", "vec",
]  # fmt: skip


class Dual:
    """Value and derivative at one level."""

    __slots__ = ("eps", "level", "re")

    def __init__(self, level, re, eps):
        self.level, self.re, self.eps = level, re, eps


def level(a):
    return a.level if isinstance(a, Dual) else 0


def parts(a, n):
    """Value and derivative of `a` at level n; a derivative None is zero."""
    return (a.re, a.eps) if level(a) == n else (a, None)


def real(a):
    """The matrix, without any derivative."""
    while isinstance(a, Dual):
        a = a.re
    return a


def directions(a, positions, n):
    """`a` perturbed at level n, at each of some positions in turn."""
    eps = np.zeros((positions.size, real(a).size))
    eps[range(positions.size), positions.flat] = 1.0
    return Dual(n, a, eps.reshape(-1, *[1] * (n - 1), *real(a).shape))


def slopes(a, n, shape, count):
    """The derivative at level n, its directions laid out with its entries in one matrix."""
    _, eps = parts(a, n)

    def laid_out(b):
        b = np.moveaxis(b, 0, -1) if count > 1 else b[..., None]
        b = b.reshape(*b.shape[:-3], *shape)
        while b.ndim > 2 and len(b) == 1:
            b = b[0]
        return b

    return np.zeros(shape) if eps is None else linear(laid_out, eps)


def linear(f, a):
    """f(a) for a linear f of matrices."""
    return Dual(a.level, linear(f, a.re), linear(f, a.eps)) if isinstance(a, Dual) else f(a)


def add(a, b):
    n = max(level(a), level(b))
    if n == 0:
        return a + b
    (a, da), (b, db) = parts(a, n), parts(b, n)
    return Dual(n, add(a, b), _sum(da, db))


def _sum(a, b):
    """a + b, None being zero."""
    return b if a is None else a if b is None else add(a, b)


def bilinear(f, a, b):
    """f(a, b) for a bilinear f of matrices: the product rule."""
    n = max(level(a), level(b))
    if n == 0:
        return f(a, b)
    (a, da), (b, db) = parts(a, n), parts(b, n)
    left = None if da is None else bilinear(f, da, b)
    right = None if db is None else bilinear(f, a, db)
    return Dual(n, bilinear(f, a, b), _sum(left, right))


def multiply(a, b):
    """Entry by entry."""
    return bilinear(np.multiply, a, b)


def divide(a, b):
    """Entry by entry."""
    return multiply(a, power(b, -1.0))


def negative(a):
    return linear(np.negative, a)


def transpose(a):
    return linear(lambda b: np.swapaxes(b, -1, -2), a)


def total(a):
    return linear(lambda b: b.sum((-1, -2), keepdims=True), a)


def pick(a, positions):
    """The entries of `a` at positions in the flattened matrix, in their shape."""
    return linear(lambda b: b.reshape(*b.shape[:-2], -1)[..., positions], a)


def kron(a, b):
    """The Kronecker product."""
    (m, n), (p, q) = a.shape[-2:], b.shape[-2:]
    blocks = a[..., :, None, :, None] * b[..., None, :, None, :]
    return blocks.reshape(*blocks.shape[:-4], m * p, n * q)


def smooth(f, derivative, a):
    """f(a) entry by entry: the chain rule."""
    if not isinstance(a, Dual):
        return f(a)
    return Dual(a.level, smooth(f, derivative, a.re), multiply(derivative(a.re), a.eps))


def exp(a):
    return smooth(np.exp, exp, a)


def log(a):
    return smooth(np.log, lambda b: power(b, -1.0), a)


def power(a, n):
    """aⁿ entry by entry, n a number."""
    if n == 0:
        return np.ones_like(real(a))
    return smooth(lambda b: np.power(b, n), lambda b: multiply(n, power(b, n - 1.0)), a)


def absolute(a):
    return multiply(np.sign(real(a)), a)


def inverse(a):
    """The inverse of a square matrix; nan without one."""
    if not isinstance(a, Dual):
        with contextlib.suppress(np.linalg.LinAlgError):
            return np.linalg.inv(a)
        return np.full(a.shape, np.nan)
    b = inverse(a.re)
    change = bilinear(np.matmul, bilinear(np.matmul, b, a.eps), b)
    return Dual(a.level, b, negative(change))


def softmax(a):
    """A column is one example; of a matrix each row is."""
    axis = -2 if real(a).shape[1] == 1 else -1
    e = exp(add(a, -real(a).max(axis, keepdims=True)))
    return divide(e, linear(lambda b: b.sum(axis, keepdims=True), e))


def lse(a):
    """The logarithm of the sum of exponentials."""
    top = real(a).max(keepdims=True)
    return add(log(total(exp(add(a, -top)))), top)


def largest(a):
    return pick(a, np.argmax(real(a)).reshape(1, 1))


def shaped(a, shape):
    """The same entries, row by row, in another shape."""
    return linear(lambda b: b.reshape(*b.shape[:-2], *shape), a)


def diagonal(a):
    """The matrix that has a column on its diagonal."""
    return linear(lambda b: np.eye(b.shape[-2]) * b, a)


def trace(a):
    return linear(lambda b: np.trace(b, axis1=-2, axis2=-1)[..., None, None], a)


def vec(a):
    """The columns below each other."""
    return shaped(transpose(a), (-1, 1))


def joined(blocks, axis):
    """One matrix of blocks below or beside each other."""
    n = max(map(level, blocks))
    if n == 0:
        lead = max((a.shape[:-2] for a in blocks), key=len)
        if lead:
            blocks = [np.broadcast_to(a, lead + a.shape[-2:]) for a in blocks]
        return np.concatenate(blocks, axis - 2)
    values, slopes = zip(*(parts(a, n) for a in blocks), strict=True)
    pairs = zip(values, slopes, strict=True)
    slopes = [np.zeros(real(a).shape) if da is None else da for a, da in pairs]
    return Dual(n, joined(values, axis), joined(slopes, axis))
