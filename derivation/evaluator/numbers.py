"""Arrays of floats, and of decimals with as many digits as a decision needs.

Every function here takes both. What is not defined comes out as nan, and so does what a float
cannot hold; log 0 is minus infinity, for the one convention 0 · log 0 = 0.
"""

import contextlib
import decimal
import functools
import math
import threading
from decimal import Decimal

import numpy as np

__all__ = ["array", "cancelled", "digits", "exp", "extremes", "finite", "log", "matmul",
           "nan_where", "note", "number", "pi", "plus", "power", "precision", "product",
           "quotient", "rounded", "rounding", "sqrt", "switched", "tanh", "tied", "ties", "total",
           "undecided"]  # fmt: skip

NAN = Decimal("NaN")
TORN = Decimal("NaN1")  # not defined as lines of cases disagree, or none of them holds
BEYOND = 4 * 10**8  # the power of ten at which decimals end, near that of 32 bits
DIRECT, LARGE, SPARE = 60, 8, 10  # digits at which `Decimal` is fast, a power of ten, more digits
LOST = 20  # digits that rounding may cost
FEW_DIGITS = 5  # that tell a power of ten
FEW_FACTORS = 4  # a power of so many is no more than a product: what it makes tiny has cancelled


def digits(precision):
    """A context in which decimals have so many digits, and nothing raises."""
    context = decimal.Context(
        prec=precision, Emin=-BEYOND, Emax=BEYOND, traps=[], rounding=decimal.ROUND_HALF_EVEN
    )
    return decimal.localcontext(context)


class _Notes(threading.local):
    """What is noted while something is evaluated, in each thread for itself."""

    def __init__(self):
        self.endless = False  # whether the logarithm of a decimal 0 was taken
        self.products = False  # whether what comes of two factors is noted, too
        self.cancelling = True  # whether what cancels is 0: not where a residual shall be small
        self.seen = [np.zeros((2, 1), int)]  # powers of ten below and above 0, of some cases each
        self.ties = np.False_  # in which draws a value did not tell which line of a kink counts


_notes = _Notes()


def tied(where):
    """Note in which draws a value alone does not tell which line of a kink counts."""
    _notes.ties = _notes.ties | where.any((-1, -2, -3), keepdims=True)


def ties(new):
    """In which draws that was noted since the last call; what it goes on from."""
    found, _notes.ties = _notes.ties, new
    return found


def _minus_infinity():
    _notes.endless = True
    return Decimal("-Infinity")


@functools.lru_cache(100_000)
def _exp(x, precision):
    """e^x by halving x and its series: of many digits several times as fast as that of `Decimal`.

    Kept: many members have the same exponentials of the same cases.
    """
    if not x or x.adjusted() > LARGE or precision <= DIRECT:
        return x.exp()
    halvings = math.isqrt(2 * precision) + max(0, 10 * x.adjusted() // 3 + 4)
    enough = precision + halvings // 3 + SPARE  # each doubling costs a third of a digit
    with digits(enough):
        part, term, total, n = x / 2**halvings, Decimal(1), 0, 0
        while term.adjusted() > -enough:
            total, n = total + term, n + 1
            term *= part / n
        for _ in range(halvings):
            total *= total
    return +total


@functools.lru_cache(100_000)
def _log(x, precision):
    """The logarithm of what is not 0: a third of its digits first, then a step of Halley's."""
    if x.is_signed() or not x.is_finite() or precision <= DIRECT:
        return x.ln()
    with digits(precision // 3 + SPARE) as fewer:
        near = _log(x, fewer.prec)
    with digits(precision + SPARE + max(0, -near.adjusted())) as more:
        power = _exp(near, more.prec)
        near += 2 * (x - power) / (x + power)
    return +near


def _tanh(x):
    """With the digits that 1 − e^{−2x} loses where x is small."""
    if not x.is_finite() or not x:
        return x if x.is_finite() else x + NAN
    with digits(precision() + max(0, -x.adjusted())):
        once = _exact["exp"](-2 * abs(x))
        return ((1 - once) / (1 + once)).copy_sign(x)


_exact = {
    name: np.frompyfunc(function, 1, 1)
    for name, function in {
        "decimal": lambda x: x if isinstance(x, Decimal) else Decimal(x),
        "exp": lambda x: _exp(x, precision()) if x.is_finite() else x + NAN,
        "log": lambda x: _log(x, precision()) if x else _minus_infinity(),
        "sqrt": lambda x: x.sqrt(),
        "tanh": _tanh,
        "finite": lambda x: x.is_finite(),
        "infinite": lambda x: x.is_infinite(),
        "rounded": lambda x: x.to_integral_value() if x.is_finite() else x,
        # what does not fit is endless
        "adjusted": lambda x: x.adjusted() if x and x.is_finite() else -BEYOND * (not x.is_nan()),
    }.items()
}


def precision():
    return decimal.getcontext().prec


def pi():
    """π by the means of Gauss and Legendre, each step of which doubles the digits."""
    a, b, area = Decimal(1), Decimal("0.5").sqrt(), Decimal("0.25")
    for n in range(precision().bit_length()):
        mean = (a + b) / 2
        a, b, area = mean, (a * b).sqrt(), area - 2**n * (a - mean) ** 2
    return a * a / area


def rounding(exact):
    """A relative difference that rounding may leave."""
    return np.array(Decimal(10) ** (LOST - precision()), object) if exact else np.array(1e-12)


def number(text, exact):
    """A literal, exactly as it is written."""
    if not exact:
        return np.array(float(text))
    found = np.array(Decimal(text), object)
    return note(found) if found else found


def array(values, exact):
    """An array of floats or integers as floats or decimals."""
    if not exact:
        return np.asarray(values, float)
    values = np.asarray(values)
    if values.dtype == bool:
        return np.where(values, Decimal(1), Decimal(0))
    return values if values.dtype == object else _exact["decimal"](values.astype(object))


def _both(name, of_floats, kind=object):
    """A function of floats and of decimals, entry by entry."""

    def value(a):
        if a.dtype != object:
            return of_floats(a)
        return np.asarray(_exact[name](a)).astype(kind, copy=False)

    return value


finite = _both("finite", np.isfinite, bool)
_infinite = _both("infinite", np.isinf, bool)
log = _both("log", np.log)
sqrt = _both("sqrt", np.sqrt)
rounded = _both("rounded", lambda a: np.floor(a + 0.5))  # to whole numbers


def nan_where(condition, a):
    """`a`, undefined where a condition holds."""
    if not np.asarray(condition).any():
        return a
    return np.where(condition, NAN if a.dtype == object else np.nan, a)


def exp(a):
    if a.dtype == object:
        return note(np.asarray(_exact["exp"](a)))
    return nan_where(np.isinf(a), np.exp(a))


def tanh(a):
    if a.dtype == object:
        with digits(FEW_DIGITS):
            exp(-2 * np.abs(a))  # is noted
        return np.asarray(_exact["tanh"](a))
    return nan_where(np.isinf(a), np.tanh(a))


def product(a, b):
    """a · b entry by entry; 0 · log 0 is 0."""
    c = a * b
    _noted_product(c)
    if _without_infinity(c):
        return c
    zero = Decimal(0) if c.dtype == object else 0.0
    infinite = (a == 0) & _infinite(b) | (b == 0) & _infinite(a)
    return np.where(infinite, zero, c)


def _without_infinity(a):
    """Whether no log 0 can be in what was computed; of large floats it may be False, too."""
    if a.dtype == object:
        return not _notes.endless
    return math.isfinite(a.sum())  # a product of BLAS would start threads


def matmul(a, b):
    """The matrix product; 0 · log 0 is 0."""
    c = np.matmul(a, b)
    if _without_infinity(c):
        return _cancelling(c, lambda: np.matmul(np.abs(a), np.abs(b)))
    return total(product(a[..., :, :, None], b[..., None, :, :]), -2, False)


def plus(a, b):
    """a + b entry by entry."""
    return _cancelling(a + b, lambda: np.maximum(np.abs(a), np.abs(b)))


def _cancelling(found, size):
    """A sum in which five sixths of the digits cancelled is 0, not what rounding leaves; of what
    may be as tiny, as digits are as many as sizes need, more stay."""
    if found.dtype != object or not _notes.cancelling:
        return found
    one = Decimal(1)
    small = (np.abs(found) < one.scaleb(-(precision() // 3))).astype(bool) & (found != 0)
    if small.any():
        residue = (np.abs(found) <= one.scaleb(-(5 * precision() // 6)) * size()).astype(bool)
        return np.where(small & residue, Decimal(0), found)
    return found


def quotient(a, b):
    """a / b entry by entry; not defined where b is 0."""
    if b.dtype != object and _without_infinity(c := a / b) and _without_infinity(b):
        return c
    zero = (b == 0) | _infinite(b)
    if zero.any():
        one = Decimal(1) if b.dtype == object else 1.0
        return nan_where(zero, quotient(a, np.where(zero, one, b)))
    if b.dtype == object:  # what is divided by little has large errors
        note(1 / b, (ABOVE,))
    return _noted_product(a / b)


def power(a, n):
    """aⁿ for real numbers; a⁰ is 1, and 0 has no negative power."""
    bad = _infinite(a) | _infinite(n)
    if np.any(bad):
        return nan_where(bad, power(np.where(bad, a * 0 + 1, a), np.where(bad, n * 0 + 1, n)))
    if a.dtype != object and n.dtype != object:
        return nan_where((a == 0) & (n < 0), np.power(a, n))
    found = np.asarray(_power(*np.broadcast_arrays(a, n)))
    as_product = (np.abs(n) <= FEW_FACTORS) & (n == rounded(n)) & (not _notes.products)
    note(np.where(n < 0, found, Decimal(1)), (ABOVE,))
    note(np.where(as_product | (a == 0), Decimal(1), found))  # a power of 0 is exact
    return found


@lambda f: np.frompyfunc(f, 2, 1)
def _power(a, n):
    if n == 0:
        return Decimal(1)
    if a == 0:
        return Decimal(0) if n > 0 else NAN
    with contextlib.suppress(decimal.InvalidOperation, OverflowError):
        return a**n
    return NAN


def total(a, axis=(-1, -2), keepdims=True):
    """The sum of all entries of each matrix, or along an axis."""
    return _cancelling(
        a.sum(axis, keepdims=keepdims), lambda: np.abs(a).sum(axis, keepdims=keepdims)
    )


BELOW, ABOVE = 0, 1


def _noted_product(a):
    return note(np.where(a == 0, Decimal(1), a)) if _notes.products and a.dtype == object else a


@contextlib.contextmanager
def switched(**switches):
    """With other switches of `_Notes`."""
    before = {name: getattr(_notes, name) for name in switches}
    vars(_notes).update(switches)
    try:
        yield
    finally:
        vars(_notes).update(before)


class extremes:
    """Notes the powers of ten of what comes up: how far apart they and 0 are, and the largest; for
    each of `count` cases, the first of the last four axes, or for all together."""

    def __init__(self, count=None):
        self.count = count

    def __enter__(self):
        _notes.seen.append(np.zeros((2, self.count or 1), int))
        _notes.endless = False
        return self

    def __exit__(self, *_):
        found = _notes.seen.pop()
        np.maximum(_notes.seen[-1], found.max(1, keepdims=True), out=_notes.seen[-1])
        most = found.sum(0), found[ABOVE]
        self.most, self.largest = most if self.count else map(int, map(np.max, most))


def cancelled(largest, digits):
    """What may be left where so many digits below a largest power of ten have cancelled."""
    return number(f"1e{max(largest, 0) - digits // 2}", True)


def note(a, sides=(BELOW, ABOVE)):
    """Note the powers of ten of decimals that come of many factors."""
    if a.dtype == object:
        powers, seen = np.asarray(_exact["adjusted"](a)).astype(int), _notes.seen[-1]
        cases = powers.ndim > 3 and powers.shape[-4] == seen.shape[1]
        powers = np.moveaxis(powers, -4, 0).reshape(seen.shape[1], -1) if cases else powers.ravel()
        for side in sides:
            most = (powers if side == ABOVE else -powers).max(-1, initial=0)
            seen[side] = np.maximum(seen[side], most)
    return a


def undecided():
    """What comes up now cannot be computed with any number of digits."""
    _notes.seen[-1][BELOW] = BEYOND
