"""Dual numbers over matrices: exact derivatives of any order.

a + a'ε with ε² = 0, where a and a' are matrices, or themselves dual numbers of a lower level.
Each derivative that is being taken has a level of its own, so that they nest.
"""

import contextlib

import numpy as np

__all__ = [
    "Dual",
    "bilinear",
    "exp",
    "inverse",
    "level",
    "linear",
    "log",
    "multiply",
    "power",
    "real",
    "stack",
]


class Dual:
    """Value and derivative at one level; a derivative None is zero."""

    __slots__ = ("eps", "level", "re")

    def __init__(self, level, re, eps):
        self.level, self.re, self.eps = level, re, eps


def level(a):
    return a.level if isinstance(a, Dual) else 0


def parts(a, n):
    """Value and derivative of `a` at level n."""
    return (a.re, a.eps) if level(a) == n else (a, None)


def real(a):
    """The matrix, without any derivative."""
    while isinstance(a, Dual):
        a = a.re
    return a


def linear(f, a):
    """f(a) for a linear f of matrices."""
    if not isinstance(a, Dual):
        return f(a)
    return Dual(a.level, linear(f, a.re), None if a.eps is None else linear(f, a.eps))


def add(a, b):
    n = max(level(a), level(b))
    if n == 0:
        return a + b
    (a, da), (b, db) = parts(a, n), parts(b, n)
    return Dual(n, add(a, b), db if da is None else da if db is None else add(da, db))


def bilinear(f, a, b):
    """f(a, b) for a bilinear f of matrices: the product rule."""
    n = max(level(a), level(b))
    if n == 0:
        return f(a, b)
    (a, da), (b, db) = parts(a, n), parts(b, n)
    eps = None
    for left, right in ((da, b), (a, db)):
        if left is not None and right is not None:
            term = bilinear(f, left, right)
            eps = term if eps is None else add(eps, term)
    return Dual(n, bilinear(f, a, b), eps)


def multiply(a, b):
    """Entry by entry."""
    return bilinear(np.multiply, a, b)


def smooth(f, derivative, a):
    """f(a) entry by entry: the chain rule."""
    if not isinstance(a, Dual):
        return f(a)
    eps = None if a.eps is None else multiply(derivative(a.re), a.eps)
    return Dual(a.level, smooth(f, derivative, a.re), eps)


def exp(a):
    return smooth(np.exp, exp, a)


def log(a):
    return smooth(np.log, lambda b: power(b, -1.0), a)


def power(a, n):
    """aⁿ entry by entry, n a number."""
    if n == 0:
        return linear(np.ones_like, real(a))
    return smooth(
        lambda b: np.power(b, n), lambda b: multiply(np.array([[n]]), power(b, n - 1.0)), a
    )


def inverse(a):
    """The inverse of a square matrix; nan without one."""
    if not isinstance(a, Dual):
        with contextlib.suppress(np.linalg.LinAlgError):
            return np.linalg.inv(a)
        return np.full(a.shape, np.nan)
    b = inverse(a.re)
    if a.eps is None:
        return Dual(a.level, b, None)
    change = bilinear(np.matmul, bilinear(np.matmul, b, a.eps), b)
    return Dual(a.level, b, linear(np.negative, change))


def absolute(a):
    return multiply(np.sign(real(a)), a)


def stack(rows):
    """One matrix from rows of 1 × 1 blocks or of any blocks that fit."""
    n = max(level(a) for row in rows for a in row)
    if n == 0:
        return np.block([list(row) for row in rows])
    split = [[parts(a, n) for a in row] for row in rows]
    eps = [[linear(np.zeros_like, real(a)) if da is None else da for a, da in row] for row in split]
    return Dual(n, stack([[a for a, _ in row] for row in split]), stack(eps))
