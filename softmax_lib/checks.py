"""What the library refuses: each error names the argument, what was expected and what came."""

from numbers import Integral, Real

import numpy as np

TOO_LARGE = "X must hold numbers whose squares are finite"


def checked(W, X, y, lam):
    """W, X and y as arrays that fit together, or an error that says what does not."""
    W = checked_matrix("W", W, "(C, m + 1)")
    X = checked_matrix("X", X, "(M, m + 1)")
    if len(W) < 2:
        raise ValueError(f"W must have a row for each of at least 2 classes, got {len(W)}")
    if X.shape[1] != W.shape[1]:
        raise ValueError(
            f"X must have as many columns as W, {W.shape[1]}, got {X.shape[1]}"
            " (add_bias adds the column of ones)"
        )
    check_not_negative(lam=lam)
    return W, X, checked_labels(y, len(W), len(X))


def checked_matrix(name, A, shape):
    """The matrix as an array of float32 or more."""
    A = np.asarray(A)
    check_matrix(name, A, shape)
    return A if A.dtype.kind == "f" and A.dtype.itemsize > 2 else A.astype(float)


def check_matrix(name, A, shape):
    """Refuse an array, which may be sparse, if it is no matrix of finite real numbers."""
    if A.dtype.kind not in "biuf":
        raise ValueError(f"{name} must hold real numbers, got an array of {A.dtype}")
    if A.ndim != 2 or 0 in A.shape:
        raise ValueError(f"{name} must have shape {shape}, each at least 1, got {A.shape}")
    entries = A.data if hasattr(A, "tocsr") else A
    with np.errstate(over="ignore", invalid="ignore"):
        if np.isfinite(entries.sum()) or np.isfinite(entries).all():  # the sum needs no memory
            return
        row, column = (n[0] for n in (A - A).nonzero())  # nan is not zero, nor is ∞ − ∞
    raise ValueError(f"{name} must be finite, got {A[row, column]} at [{row}, {column}]")


def checked_labels(y, C, M=None):
    """The labels as an array, one for each of M rows of X if there is an X."""
    y = np.asarray(y)
    if y.ndim != 1:
        raise ValueError(f"labels must have shape (M,), got {y.shape}")
    if y.dtype.kind not in "iu":
        raise ValueError(f"labels must be integers, got an array of {y.dtype}")
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
    weights = np.asarray(sample_weight, dtype=np.float64)
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
    if not is_number(C, Integral) or C < 2:
        raise ValueError(f"C must be a whole number of at least 2 classes, got {C!r}")


def check_not_negative(**values):
    for name, value in values.items():
        if not is_number(value) or not 0 <= value < np.inf:
            raise ValueError(f"{name} must be finite and not negative, got {value!r}")


def check_positive(kind=Real, **values):
    for name, value in values.items():
        if not is_number(value) or not 0 < value < np.inf:
            raise ValueError(f"{name} must be positive and finite, got {value!r}")
        if not is_number(value, kind):
            raise ValueError(f"{name} must be a whole number, got {value!r}")


def is_number(value, kind=Real):
    """Whether it is a number of this kind; True and False count as none."""
    return isinstance(value, kind) and not isinstance(value, bool)
