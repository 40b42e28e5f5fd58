"""What the library refuses: each error names the argument, what was expected and what came."""

from contextlib import suppress
from numbers import Integral, Real

import numpy as np

TOO_LARGE = "X must hold numbers whose squares are finite"


def checked(W, X, lam):
    """W and X as arrays that fit together, λ as a float, or an error that says what does not."""
    W = wide(checked_matrix("W", W, "(C, m + 1)"))
    X = wide(checked_matrix("X", X, "(M, m + 1)"))
    if len(W) < 2:
        raise ValueError(f"W must have a row for each of at least 2 classes, got {len(W)}")
    if X.shape[1] != W.shape[1]:
        raise ValueError(
            f"X must have as many columns as W, {W.shape[1]}, got {X.shape[1]}"
            " (add_bias adds the column of ones)"
        )
    return W, X, checked_not_negative("lam", lam)


def checked_array(name, A, kinds="biuf", must="hold real numbers", sparse=False):
    """An array of these kinds of numbers, of which none is missing; perhaps a sparse one."""
    check_unmasked(name, A)
    is_sparse = hasattr(A, "tocsr")
    try:
        A = A if is_sparse and sparse else np.asarray(A)
    except ValueError as error:
        raise ValueError(f"{name} must {must}, got rows of several lengths") from error
    if A.dtype.kind not in kinds:
        came = "a sparse array" if is_sparse and not sparse else f"an array of {A.dtype}"
        if A.dtype == object and not is_sparse:  # such as a table with missing entries
            came += f" (numpy.asarray(…, {'float' if 'f' in kinds else 'int'}) makes numbers of it)"
        raise ValueError(f"{name} must {must}, got {came}")
    return A


def check_unmasked(name, A):
    if np.ma.is_masked(A):
        raise ValueError(f"{name} must have no masked entries: leave out what is missing")


def checked_matrix(name, A, shape, sparse=False):
    """The matrix of finite real numbers as an array, perhaps a sparse one."""
    A = checked_array(name, A, sparse=sparse)
    if A.ndim != 2 or 0 in A.shape:
        raise ValueError(f"{name} must have shape {shape}, each at least 1, got {A.shape}")
    entries = A.data if hasattr(A, "tocsr") else A
    with np.errstate(over="ignore", invalid="ignore"):
        if not (np.isfinite(entries.sum()) or np.isfinite(entries).all()):  # a sum needs no memory
            row, column = (n[0] for n in (A - A).nonzero())  # nan is not zero, nor is ∞ − ∞
            raise ValueError(f"{name} must be finite, got {A[row, column]} at [{row}, {column}]")
    return A


def wide(A):
    """The array in float32 or more."""
    return A if A.dtype.kind == "f" and A.dtype.itemsize > 2 else A.astype(float)


def checked_labels(y, C, M=None):
    """The labels as an array, one for each of M rows of X if there is an X."""
    y = checked_array("labels", y, "iu", "be integers")
    if y.ndim != 1:
        raise ValueError(f"labels must have shape (M,), got {y.shape}")
    outside = np.flatnonzero((y < 0) | (y >= C))
    if len(outside):
        n = outside[0]
        raise ValueError(
            f"labels must lie in 0..{C - 1} (C = {C} classes), got {y[n]} at index {n}"
        )
    if M not in (None, len(y)):
        raise ValueError(f"y must have one label for each row of X, {M}, got {len(y)}")
    return y


def checked_weights(sample_weight, M):
    """The weights, scaled by a power of two, which is exact, so that the largest is about one."""
    with np.errstate(over="ignore"):  # of a longer type: refused below
        weights = checked_array("sample_weight", sample_weight).astype(float)
    if weights.shape != (M,):
        raise ValueError(f"sample_weight must have shape ({M},), got {weights.shape}")
    if not (np.isfinite(weights).all() and (weights >= 0).all() and weights.any()):
        raise ValueError(
            "sample_weight must be finite, not negative and not all zero,"
            f" got values from {weights.min()} to {weights.max()}"
        )
    return np.ldexp(weights, -np.frexp(weights.max())[1])


def check_rng(rng):
    if not isinstance(rng, np.random.Generator):
        kind = type(rng).__name__
        raise TypeError(f"rng must be a Generator, as numpy.random.default_rng(0), got {kind}")


def check_classes(C):
    if not as_float(C, Integral) >= 2:
        raise ValueError(f"C must be a whole number of at least 2 classes, got {C!r}")


def checked_not_negative(name, value):
    if not 0 <= as_float(value) < np.inf:
        raise ValueError(f"{name} must be finite and not negative, got {value!r}")
    return as_float(value)


def check_positive(kind=Real, **values):
    for name, value in values.items():
        if not 0 < as_float(value) < np.inf:
            raise ValueError(f"{name} must be positive and finite, got {value!r}")
        if np.isnan(as_float(value, kind)):
            raise ValueError(f"{name} must be a whole number, got {value!r}")


def as_float(value, kind=Real):
    """A number of this kind, perhaps in an array without axes; nan is none, nor are True, False."""
    value = value[()] if isinstance(value, np.ndarray) else value
    with suppress(OverflowError):  # of an integer that no float holds
        if isinstance(value, kind) and not isinstance(value, bool):
            return float(value)
    return np.nan
