"""Softmax, its logarithm, log-sum-exp and the Jacobian of softmax: the formulas, line by line.

For an array of finite scores, with the classes along one axis, and right to 40 units of rounding.
The functions that `softmax_lib` exports under the same names take scores of any kind and are right
to 4: see `softmax_lib.exact`.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softmax_lib import exact

__all__ = ["softmax_jacobian"]

Array = NDArray[np.floating]


def softmax(s: Array, axis: int = -1) -> Array:
    """Turn scores into probabilities, p_k = exp(s_k) / Σ_j exp(s_j)."""
    e = np.exp(s - s.max(axis, keepdims=True))  # a shift changes no p, and none overflows
    return e / e.sum(axis, keepdims=True)


def log_softmax(s: Array, axis: int = -1) -> Array:
    """Logarithm of softmax, log p_k = s_k − log Σ_j exp(s_j)."""
    m, r = _max_and_rest(s, axis)
    return (s - m) - np.log1p(r)


def logsumexp(s: Array, axis: int = -1) -> Array:
    """Log-sum-exp, log Σ_j exp(s_j) = max s + log(1 + r)."""
    m, r = _max_and_rest(s, axis)
    return np.squeeze(m + np.log1p(r), axis)


def _max_and_rest(s, axis):
    """max s, and r = Σ_j exp(s_j − max s) without one largest term, which is 1."""
    m, largest = s.max(axis, keepdims=True), s.argmax(axis, keepdims=True)
    e = np.exp(s - m)
    np.put_along_axis(e, largest, 0, axis)
    return m, e.sum(axis, keepdims=True)


def softmax_jacobian(s: ArrayLike) -> Array:
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
    p = exact.softmax(s)
    if p.ndim == 0:
        raise ValueError("scores must have shape (..., C), got a single number")
    return p[..., :, None] * np.eye(p.shape[-1], dtype=p.dtype) - p[..., :, None] * p[..., None, :]
