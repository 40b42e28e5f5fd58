"""Softmax, its logarithm and log-sum-exp: the formulas of `softmax_lib.functions`, exact and fast.

What makes them exact: scores are not shifted while their exponentials stay in range, because
s − max s is rounded and the exponential magnifies that; where a shift is needed its rounding is
put back; sums are compensated; and near p = 1 it is 1 − p that is computed. What makes them fast:
blocks that stay in the cache of one core, in which few classes get a row each, so that a sum over
classes adds long rows.
"""

import math
from itertools import pairwise
from numbers import Integral

import numpy as np
from numpy.exceptions import AxisError
from numpy.typing import ArrayLike, NDArray

from softmax_lib.checks import checked_array

__all__ = ["log_softmax", "logsumexp", "softmax"]

Axis = int | tuple[int, ...] | None

BLOCK = 320_000  # bytes of exponentials in a block
FEW = 32  # classes that get a row each
LONG = np.finfo(np.longdouble).nmant > np.finfo(float).nmant  # not on every machine
# Exponentials of scores in ± this, and sums of them, neither overflow nor become subnormal.
LIMIT = {np.dtype(np.float32): 80, np.dtype(np.float64): 690, np.dtype(np.longdouble): 690}


def softmax(s: ArrayLike, axis: Axis = -1) -> NDArray[np.floating]:
    """Turn scores into probabilities, p_k = exp(s_k) / Σ_j exp(s_j).

    Parameters
    ----------
    s : array_like of real numbers, any shape
        Scores. Integers and booleans are converted to float64 first.
    axis : int, tuple of int or None
        The classes lie along this axis; None takes all entries as one vector.

    Returns
    -------
    ndarray, the shape of `s`
        Each entry in [0, 1]; sums to one along `axis`. Of the floating type of `s`, but computed
        in more: float16 in float32 at least, float32 in float64 (its exponentials only for up to
        32 classes). The error is at most 2.5 eps (3 for float32 and more than 32 classes).

    Raises
    ------
    ValueError
        If there is no class along `axis` (an array of no vectors is fine), or if `s` is not real.

    Notes
    -----
    What is not finite, and never gives a warning: a score −inf has probability 0. A vector with
    nan, with +inf, or of −inf alone has no probabilities, they are nan; other vectors are not
    touched. `log_softmax` does the same. The input is never modified.

    Examples
    --------
    The formula as it is written overflows; this does not.

    >>> s = np.array([1000.0, 1001.0])
    >>> with np.errstate(over="ignore", invalid="ignore"):
    ...     np.exp(s) / np.exp(s).sum()
    array([nan, nan])
    >>> softmax(s).round(4)
    array([0.2689, 0.7311])
    """
    return _along(axis, s, _probabilities)


def log_softmax(s: ArrayLike, axis: Axis = -1) -> NDArray[np.floating]:
    """Logarithm of softmax, log p_k = s_k − log Σ_j exp(s_j).

    Written as (s_k − max s) − log(1 + r), where r is the sum of all exponentials but the largest,
    divided by the largest. Both terms are negative, so nothing cancels: the error is at most
    4 eps, also where p_k is so near to one that its logarithm is −1e-26.

    Parameters, errors and what is not finite: as for `softmax`; the result has the shape of `s`.

    Examples
    --------
    The logarithm of a probability that underflows to zero is lost, and so is the small loss of a
    class that is almost certain. Here neither is.

    >>> s = np.array([0.0, 1000.0])
    >>> with np.errstate(divide="ignore"):
    ...     np.log(softmax(s))
    array([-inf,   0.])
    >>> log_softmax(s)
    array([-1000.,     0.])
    >>> s = np.array([-60.0, 0.0])
    >>> np.log(softmax(s)), log_softmax(s)
    (array([-60.,   0.]), array([-6.00000000e+01, -8.75651076e-27]))
    """
    return _along(axis, s, _log_probabilities)


def logsumexp(
    s: ArrayLike, axis: Axis = -1, keepdims: bool = False
) -> NDArray[np.floating] | np.floating:
    """Log-sum-exp, log Σ_j exp(s_j): a smooth upper bound of the maximum.

    Adding c to every score adds c to the result (softmax does not change). Computed as
    max s + log(1 + r), with r as in `log_softmax`; the error is at most 4 eps, relative to the
    larger of |result| and |max s|, since the two terms cancel where the result is near zero.

    Parameters
    ----------
    s, axis
        As for `softmax`.
    keepdims : bool
        Whether the summed axes stay, with length one.

    Returns
    -------
    ndarray or scalar
        `s` without the axes that were summed. No scores, or all of them −inf, give −inf;
        +inf gives +inf; nan passes through.

    Raises
    ------
    ValueError
        If `s` is not real.

    Examples
    --------
    >>> s = np.array([1000.0, 1000.0])
    >>> with np.errstate(over="ignore"):
    ...     float(np.log(np.exp(s).sum()))
    inf
    >>> logsumexp(s).round(6), np.round(1000 + np.log(2), 6)
    (np.float64(1000.693147), np.float64(1000.693147))
    """
    result = _along(axis, s, _log_sum, no_class=-np.inf)
    return result if keepdims else np.squeeze(result, axis=axis)[()]


def _probabilities(s, e, total):
    e /= total(e)
    return e


def _log_probabilities(s, e, total):
    m, log1p_r = _max_and_log1p_r(s, e, total)
    log_p = np.subtract(s, m, out=e)
    log_p -= log1p_r
    return log_p


def _log_sum(s, e, total):
    m, log1p_r = _max_and_log1p_r(s, e, total)
    return np.where(np.isinf(m), m, m + log1p_r)


def _max_and_log1p_r(s, e, total):
    """max s, and log(1 + r) with r = (Σ e − max e) / max e, for which one maximum is left out."""
    if e.flags.c_contiguous and e.shape[1] > len(e):  # long rows: carry the largest along
        m, largest = s.max(0), e[0].copy()
        for other, row in pairwise(e):
            np.minimum(largest, row, out=other)
            np.maximum(largest, row, out=largest)
        others = e[:-1]
    else:
        where = s.argmax(0), np.arange(s.shape[1])
        m, largest = s[where], e[where]
        e[where] = 0
        others = e
    return m, np.log1p(total(others) / largest)


def _compensated_sum(e):
    """Σ e over the first axis, for e ≥ 0, as if rounded once.

    Each entry is split into a multiple of ulp(unit) and the remainder. The multiples add up
    without rounding, and the remainders are so small that theirs does not count.
    """
    if LONG and e.size < 2000:  # a few bits more do as well, in one call, which counts here
        return np.add.reduce(e, 0, np.longdouble).astype(e.dtype)
    ones = np.ones(len(e), e.dtype)
    total = ones @ e
    unit = 2 * total.max()
    if not total.min() > 2**-20 * unit:  # one unit does not fit all
        unit = 2 * total
    multiples = e + unit
    multiples -= unit
    total = ones @ multiples
    return total + ones @ np.subtract(e, multiples, out=multiples)


def _double_sum(e):
    """Σ e over the first axis in float64, where e has the accuracy of float32."""
    return (np.ones(len(e)) @ e.astype(float, copy=False)).astype(e.dtype, copy=False)


def _shifted_exp(s):
    """exp(s − max s) for vectors that leave the limits, exp(s) for the others."""
    shift = np.where(np.abs(s).max(0) <= LIMIT[s.dtype], 0, s.max(0))
    d = s - shift
    back = d - s
    error = (s - (d - back)) - (shift + back)  # of the subtraction, exactly (Knuth's TwoSum)
    e = np.exp(d)
    return np.where(e > 0, e + e * error, e)


def _along(axis, s, formula, no_class=None):
    """Apply a formula to the vectors of scores along an axis, or several.

    The formula gets a matrix of scores with a row for each class, their exponentials (or those of
    shifted scores), which it may overwrite, and the way to add them. It returns as much, or one
    row; `no_class` is the entry of that row where there is nothing to add.
    """
    s = checked_array("scores", s)
    listed = axis if type(axis) is tuple else (axis,)
    if any(type(a) is bool or not isinstance(a, Integral | None) for a in listed):
        raise TypeError(f"axis must be an integer, a tuple of integers or None, got {axis!r}")
    moved, axes = np.atleast_1d(s.astype(s.dtype.newbyteorder("="), copy=False)), (-1,)
    if axis != -1:  # the classes to the end
        axes = range(s.ndim) if axis is None else _axes(listed, moved.ndim)
        moved = np.moveaxis(moved, axes, range(-len(axes), 0))
    vectors, classes = moved.shape[: moved.ndim - len(axes)], moved.shape[moved.ndim - len(axes) :]
    M, C = math.prod(vectors), math.prod(classes)
    if M and not C and no_class is None:
        raise ValueError(f"scores need at least one class along axis {axis}, got shape {s.shape}")
    result = _by_blocks(moved.reshape(M, C).T, formula, no_class).T
    result = result.reshape(vectors + (classes if no_class is None else (1,) * len(axes)))
    if axis != -1:
        result = np.moveaxis(result, range(-len(axes), 0), axes)
    return result if s.ndim else result.reshape(())[()]


def _axes(listed, ndim):
    """The axes counted from the first."""
    for axis in listed:
        if not -ndim <= axis < ndim:
            raise AxisError(axis, ndim)
    axes = tuple(axis % ndim for axis in listed)
    if len(set(axes)) < len(axes):
        raise ValueError(f"axis must name each axis once, got {listed!r}")
    return axes


def _by_blocks(S, formula, no_class):
    """Apply a formula to a matrix of scores, in blocks of columns and in a type that is exact."""
    (C, M), dtype = S.shape, S.dtype if S.dtype.kind == "f" else np.dtype(float)
    result = np.empty_like(S, dtype) if no_class is None else np.full((1, M), no_class, dtype)
    long_rows = C <= FEW and M > 20 * C  # then it pays to give each class a row in memory
    double = dtype if dtype.itemsize > 8 else np.dtype(float)
    total = _compensated_sum if dtype == double else _double_sum
    single = double if C <= FEW or dtype == double else np.dtype(np.float32)
    step = max(1, BLOCK // (single.itemsize * max(1, C)))
    for n in range(0, M if C else 0, step):
        out = result[:, n : n + step]
        block = S[:, n : n + step].astype(single, "C" if long_rows else "K", copy=False)
        if _in_range(block):
            out[...] = formula(block, np.exp(block), total)
        else:
            with np.errstate(over="ignore", invalid="ignore"):
                block = block.astype(double, copy=False)
                out[...] = formula(block, _shifted_exp(block), total)
    return result


def _in_range(S):
    """Whether no score needs a shift: by the sum of their squares, which is cheap, or each."""
    flat, limit = S.ravel("K"), LIMIT[S.dtype]
    return np.vdot(flat, flat) <= limit**2 or -limit <= flat.min() <= flat.max() <= limit
