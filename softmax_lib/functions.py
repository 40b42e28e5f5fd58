"""Softmax, its logarithm, log-sum-exp, and the Jacobian of softmax."""

import numpy as np

__all__ = ["log_softmax", "logsumexp", "softmax", "softmax_jacobian"]


def softmax(s, axis=-1):
    """Turn scores into probabilities.

    p_k = exp(s_k) / Σ_j exp(s_j), computed after subtracting the largest score, which changes
    nothing in the quotient and keeps every exponential at most 1.

    Parameters
    ----------
    s : array_like of real numbers, any shape
        Scores. Integers and booleans are converted to float64.
    axis : int, tuple of int or None
        The classes lie along this axis; None takes all entries as one vector.

    Returns
    -------
    ndarray, the shape of `s`
        Each entry in [0, 1]; sums to one along `axis`. NaN passes through.

    Raises
    ------
    ValueError
        If `s` is empty along `axis` or not real.

    Examples
    --------
    The formula as it is written overflows; the shifted one does not.

    >>> s = np.array([1000.0, 1001.0])
    >>> with np.errstate(over="ignore", invalid="ignore"):
    ...     np.exp(s) / np.exp(s).sum()
    array([nan, nan])
    >>> softmax(s).round(4)
    array([0.2689, 0.7311])
    """
    exp_s, _ = _shifted_exp(s, axis)
    return exp_s / exp_s.sum(axis, keepdims=True)


def log_softmax(s, axis=-1):
    """Logarithm of softmax, log p_k = s_k − log Σ_j exp(s_j).

    Parameters and errors as for `softmax`; the result has the shape of `s`.

    Examples
    --------
    The logarithm of a probability that underflows to zero is lost; this one is not.

    >>> s = np.array([0.0, 1000.0])
    >>> with np.errstate(divide="ignore"):
    ...     np.log(softmax(s))
    array([-inf,   0.])
    >>> log_softmax(s)
    array([-1000.,     0.])
    """
    s = _as_scores(s, axis)
    exp_s, shift = _shifted_exp(s, axis)
    # shift first, then the logarithm: s − (shift + log …) would round twice at the size of s
    return (s - shift) - np.log(exp_s.sum(axis, keepdims=True))


def logsumexp(s, axis=-1, keepdims=False):
    """Log-sum-exp, log Σ_j exp(s_j): a smooth upper bound of the maximum.

    Adding c to every score adds c to the result (softmax does not change at all).

    Parameters
    ----------
    s, axis
        As for `softmax`.
    keepdims : bool
        Whether the summed axes stay, with length one.

    Returns
    -------
    ndarray or scalar
        `s` without the axes that were summed. All scores −inf give −inf.

    Raises
    ------
    ValueError
        As for `softmax`.

    Examples
    --------
    >>> s = np.array([1000.0, 1000.0])
    >>> with np.errstate(over="ignore"):
    ...     float(np.log(np.exp(s).sum()))
    inf
    >>> logsumexp(s).round(6), np.round(1000 + np.log(2), 6)
    (np.float64(1000.693147), np.float64(1000.693147))
    """
    exp_s, shift = _shifted_exp(s, axis)
    with np.errstate(divide="ignore"):  # all scores −inf: log 0 is the answer
        result = np.log(exp_s.sum(axis, keepdims=True)) + shift
    return result if keepdims else np.squeeze(result, axis=axis)[()]


def softmax_jacobian(s):
    """Jacobian of softmax, J_jk = ∂p_j/∂s_k, which is diag(p) − p pᵀ.

    Parameters
    ----------
    s : array_like, shape (..., C)
        Scores, one example per leading index.

    Returns
    -------
    ndarray, shape (..., C, C)
        One row per output, one column per input. Symmetric; rows sum to zero.

    Raises
    ------
    ValueError
        As for `softmax`, and if `s` is a single number.

    Examples
    --------
    The whole derivative, not only its diagonal p(1 − p):

    >>> softmax_jacobian(np.log([1.0, 1.0, 2.0]))
    array([[ 0.1875, -0.0625, -0.125 ],
           [-0.0625,  0.1875, -0.125 ],
           [-0.125 , -0.125 ,  0.25  ]])
    """
    p = softmax(s)
    if p.ndim == 0:
        raise ValueError("scores must have shape (..., C), got a single number")
    return p[..., :, None] * np.eye(p.shape[-1], dtype=p.dtype) - p[..., :, None] * p[..., None, :]


def _as_scores(s, axis):
    s = np.asarray(s)
    if s.dtype.kind not in "biuf":
        raise ValueError(f"scores must be real numbers, got an array of {s.dtype}")
    if s.dtype.kind != "f":
        s = s.astype(np.float64)  # int8 scores would wrap around when shifted
    if not s.size and np.size(np.sum(s, axis, keepdims=True)):
        raise ValueError(f"scores need at least one class along axis {axis}, got shape {s.shape}")
    return s


def _shifted_exp(s, axis):
    """exp(s − shift) and the shift, the largest score along `axis`, kept as an axis."""
    s = _as_scores(s, axis)
    shift = s.max(axis, keepdims=True)
    shift = np.where(np.isfinite(shift), shift, 0)  # −inf − (−inf) would be nan
    # a score too far below the largest, or beside nan or inf, overflows; what follows is right
    with np.errstate(over="ignore"):
        return np.exp(s - shift), shift
