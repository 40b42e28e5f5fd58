"""Arrays of floats, and of decimals with as many digits as a decision needs.

Every function here takes both. What is not defined comes out as nan, and so does what a float
cannot hold; log 0 is minus infinity, for the one convention 0 · log 0 = 0.
"""

import contextlib
import decimal
import functools
import math
from decimal import Decimal

import numpy as np

__all__ = ["absolute", "array", "cancelled", "digits", "exp", "extremes", "finite", "log", "matmul",
           "nan_where", "note", "number", "pi", "power", "precision", "product", "quotient",
           "rounded", "rounding", "sqrt", "tanh", "total", "undecided"]  # fmt: skip

NAN = Decimal("NaN")
BEYOND = 4 * 10**8  # the power of ten at which decimals end, near that of 32 bits
SPARE = 30  # digits below the largest number in which nothing is told
FEW_FACTORS = 4  # a power of so many is no more than a product: what it makes tiny has cancelled


def digits(precision):
    """A context in which decimals have so many digits, and nothing raises."""
    context = decimal.Context(
        prec=precision, Emin=-BEYOND, Emax=BEYOND, traps=[], rounding=decimal.ROUND_HALF_EVEN
    )
    return decimal.localcontext(context)


_endless = []  # not empty once the logarithm of a decimal 0 was taken


def _minus_infinity():
    if not _endless:
        _endless.append(True)
    return Decimal("-Infinity")


@functools.lru_cache(100_000)
def _transcendental(function, x, precision):
    """Kept: many members have the same exponentials of the same cases."""
    return function(x)


def _tanh(x):
    """With the digits that 1 − e^{−2x} loses where x is small."""
    if not x.is_finite() or not x:
        return NAN if not x.is_finite() else x
    with digits(precision() + max(0, -x.adjusted())):
        once = _exact["exp"](-2 * abs(x))
        return ((1 - once) / (1 + once)).copy_sign(x)


_exact = {
    name: np.frompyfunc(function, 1, 1)
    for name, function in {
        "decimal": lambda x: x if isinstance(x, Decimal) else Decimal(x),
        "exp": lambda x: (
            _noted(_transcendental(Decimal.exp, x, precision())) if x.is_finite() else NAN
        ),
        "log": lambda x: _transcendental(Decimal.ln, x, precision()) if x else _minus_infinity(),
        "sqrt": lambda x: x.sqrt(),
        "tanh": _tanh,
        "finite": lambda x: x.is_finite(),
        "infinite": lambda x: x.is_infinite(),
        "rounded": lambda x: x.to_integral_value() if x.is_finite() else x,
    }.items()
}


def precision():
    return decimal.getcontext().prec


def pi():
    """π by Machin's formula, with as many digits as decimals have."""

    def arctan_inverse(n):
        total = term = Decimal(1) / n
        k = 1
        while abs(term) > Decimal(10) ** -(precision() + 3):
            term = -term / (n * n)
            k += 2
            total += term / k
        return total

    return 4 * (4 * arctan_inverse(5) - arctan_inverse(239))


def rounding(exact):
    """A relative difference that rounding may leave."""
    return np.array(Decimal(10) ** (20 - precision()), object) if exact else np.array(1e-12)


def number(text, exact):
    """A literal, exactly as it is written."""
    return (
        np.array(_noted(Decimal(text)) if Decimal(text) else Decimal(0), object)
        if exact
        else np.array(float(text))
    )


def array(values, exact):
    """An array of floats or integers as floats or decimals."""
    if not exact:
        return np.asarray(values, float)
    values = np.asarray(values)
    return values if values.dtype == object else _exact["decimal"](values.astype(object))


def finite(a):
    if a.dtype != object:
        return np.isfinite(a)
    return np.asarray(_exact["finite"](a)).astype(bool)


def nan_where(condition, a):
    """`a`, undefined where a condition holds."""
    if not np.asarray(condition).any():
        return a
    return np.where(condition, NAN if a.dtype == object else np.nan, a)


def exp(a):
    if a.dtype == object:
        return np.asarray(_exact["exp"](a))
    return nan_where(np.isinf(a), np.exp(a))


def log(a):
    return np.asarray(_exact["log"](a)) if a.dtype == object else np.log(a)


def sqrt(a):
    return np.asarray(_exact["sqrt"](a)) if a.dtype == object else np.sqrt(a)


def tanh(a):
    if a.dtype == object:
        return np.asarray(_exact["tanh"](a))
    return nan_where(np.isinf(a), np.tanh(a))


def absolute(a):
    return np.abs(a)


def product(a, b):
    """a · b entry by entry; 0 · log 0 is 0."""
    c = a * b
    if _without_infinity(c):
        return c
    zero = Decimal(0) if c.dtype == object else 0.0
    infinite = (a == 0) & _infinite(b) | (b == 0) & _infinite(a)
    return np.where(infinite, zero, c)


def _without_infinity(a):
    """Whether no log 0 can be in what was computed; of large floats it may be False, too."""
    if a.dtype == object:
        return not _endless
    return math.isfinite(np.add.reduce(a, None))


def _infinite(a):
    if a.dtype != object:
        return np.isinf(a)
    return np.asarray(_exact["infinite"](a)).astype(bool)


def matmul(a, b):
    """The matrix product; 0 · log 0 is 0."""
    c = np.matmul(a, b)
    if _without_infinity(c):
        return c
    return product(a[..., :, :, None], b[..., None, :, :]).sum(-2)


def quotient(a, b):
    """a / b entry by entry; not defined where b is 0."""
    if b.dtype != object and _without_infinity(c := a / b) and _without_infinity(b):
        return c
    zero = (b == 0) | _infinite(b)
    if zero.any():
        one = Decimal(1) if b.dtype == object else 1.0
        return nan_where(zero, quotient(a, np.where(zero, one, b)))
    if b.dtype == object:  # what is divided by little has large errors
        _seen[1] = max([_seen[1], *(-x.adjusted() for x in b.flat if x.is_finite())])
    return a / b


def rounded(a):
    """The nearest whole numbers."""
    if a.dtype != object:
        return np.floor(a + 0.5)
    return np.asarray(_exact["rounded"](a))


def power(a, n):
    """aⁿ for real numbers; a⁰ is 1, and 0 has no negative power."""
    bad = _infinite(a) | _infinite(n)
    if np.any(bad):
        return nan_where(bad, power(np.where(bad, a * 0 + 1, a), np.where(bad, n * 0 + 1, n)))
    if a.dtype != object and n.dtype != object:
        return nan_where((a == 0) & (n < 0), np.power(a, n))
    found = np.asarray(_power(*np.broadcast_arrays(a, n)))
    return found


@lambda f: np.frompyfunc(f, 2, 1)
def _power(a, n):
    if n == 0:
        return Decimal(1)
    if a == 0:
        return Decimal(0) if n > 0 else NAN
    with contextlib.suppress(decimal.InvalidOperation, OverflowError):
        found = a**n
        as_product = abs(n) <= FEW_FACTORS and n == n.to_integral_value()
        if n < 0:
            _seen[1] = max(_seen[1], found.adjusted())
        return found if found.is_nan() or as_product else _noted(found)
    return NAN


def total(a):
    """The sum of all entries of each matrix."""
    return a.sum((-1, -2), keepdims=True)


class extremes:
    """Notes the powers of ten of what comes up: how far apart they and 0 are, and the largest."""

    def __enter__(self):
        self.before, _seen[:] = tuple(_seen), [0, 0]
        _endless.clear()
        return self

    def __exit__(self, *_):
        self.most, self.largest = sum(_seen), _seen[1]
        _seen[:] = map(max, self.before, _seen)


_seen = [0, 0]  # how far below and above 0


def cancelled(largest):
    """What may be left where decimals with the largest power of ten in a value have cancelled."""
    return number(f"1e{max(largest, 0) - SPARE}", True)


def note(a):
    """Note the powers of ten of decimals that come of many factors."""
    if a.dtype == object:
        for x in a.flat:
            _noted(x)


def undecided():
    """What comes up now cannot be computed with any number of digits."""
    _seen[0] = BEYOND


def _noted(x):
    """A finite value, with its power of ten noted; one that does not fit counts as endless."""
    if not x.is_finite() or not x:
        _seen[0] = BEYOND
    else:
        _seen[:] = max(_seen[0], -x.adjusted()), max(_seen[1], x.adjusted())
    return x
