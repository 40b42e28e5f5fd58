"""The loss and its gradient, fast: in blocks of rows that stay in a core's cache.

`softmax_lib.loss` shows the formulas. This module evaluates the same ones for the optimizers,
which ask for them many times; the appendix *Making it fast* takes each step from there to here.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softmax_lib.checks import (
    TOO_LARGE,
    check_classes,
    checked_array,
    checked_labels,
    checked_matrix,
    checked_not_negative,
    checked_weights,
)
from softmax_lib.data import Sparse, add_bias
from softmax_lib.exact import log_softmax, softmax

__all__ = ["Objective"]

Array = NDArray[np.float64]

# Numbers in a block, its rows of X and their scores together: 640 KB of float64, which a core's
# second-level cache holds.
BLOCK = 80_000


class Rows:
    """The design matrix of features that stay where they are: blocks of it, made when asked for.

    A block is (x − origin)/unit behind its ones, in float64. So features may lie in a file larger
    than the memory, be of any type and order, and far from zero.
    """

    dtype = np.dtype(float)

    def __init__(self, features, origin=0.0, unit=1.0):
        self.features, self.origin, self.unit = features, origin, unit
        self.shape = len(features), features.shape[1] + 1

    def __len__(self):
        return len(self.features)

    def __getitem__(self, rows):
        x = self.features[rows]
        return self.into(np.ones((len(x), self.shape[1])), x)

    def into(self, design, x):
        """The rows with features x, written behind the ones of an array that has room for them."""
        design = design[: len(x)]
        np.subtract(x, self.origin, out=design[:, 1:], dtype=float, casting="same_kind")
        if self.unit != 1:
            design[:, 1:] *= 1 / self.unit
        return design


class Objective:
    """L(W) and its derivatives on fixed examples: prepared once, evaluated many times.

    L(W) = Σ_i ω_i ℓ⁽ⁱ⁾ / Σ_i ω_i + (λ/2) ‖W without its bias column‖², where the weights ω_i of
    the examples are one unless given. Calling it with W, shape (C, m + 1), gives L(W), a float,
    and the gradient, in float64 and of W's shape.

    Parameters
    ----------
    X : array_like or SciPy sparse array, shape (M, m + 1) or, with `bias`, (M, m)
        The design matrix. Contiguous rows of float32 or float64 are used in place and in their
        precision, anything else is copied once; with `bias`, no array is.
    y : array_like of int, shape (M,)
        Labels, 0..C − 1.
    C : int
        Number of classes.
    lam : float
        λ ≥ 0. The bias column is not penalised.
    sample_weight : array_like, shape (M,), optional
        The weights ω ≥ 0, not all zero.
    bias : bool
        Whether X lacks its column of ones. It is then put before each block of rows when the
        block is used, in float64, so that X may be a memory-mapped file larger than the memory.

    Attributes
    ----------
    shape : tuple of int
        The shape of W, (C, m + 1).
    eps : float
        The relative rounding of the type in which the scores are computed.

    Raises
    ------
    ValueError
        As for `softmax_lib.loss`; if a weight is negative or not finite, or all are zero.

    Examples
    --------
    >>> from softmax_lib import add_bias, loss_and_gradient
    >>> X, y = add_bias([[0.5], [1.5], [2.5]]), [0, 1, 2]
    >>> W = np.array([[0.0, 1.0], [1.0, 0.0], [0.5, 0.5]])
    >>> L, G = Objective(X, y, C=3, lam=0.1)(W)
    >>> L_formula, G_formula = loss_and_gradient(W, X, y, lam=0.1)
    >>> bool(np.isclose(L, L_formula, rtol=1e-12)), bool(np.allclose(G, G_formula, rtol=1e-12))
    (True, True)
    """

    eps = float(np.finfo(float).eps)

    def __init__(
        self,
        X: ArrayLike | Sparse,
        y: ArrayLike,
        C: int,
        lam: float = 0.0,
        sample_weight: ArrayLike | None = None,
        *,
        bias: bool = False,
    ) -> None:
        self.lam = checked_not_negative("lam", lam)
        check_classes(C)
        self.X = X if isinstance(X, Rows) else _checked_rows(X, bias)
        M = self.X.shape[0]
        self.y = checked_labels(y, C, M)
        self.sample_weight, self.total_weight = None, float(M)
        if sample_weight is not None:
            self.sample_weight = checked_weights(sample_weight, M)
            self.total_weight = float(self.sample_weight.sum())
        self.shape = int(C), self.X.shape[1]
        self.eps = float(np.finfo(self.X.dtype).eps)

    def __call__(self, W: ArrayLike) -> tuple[float, Array]:
        """L(W) and the gradient there."""
        W = self._checked("W", W)
        with np.errstate(over="ignore", invalid="ignore"):  # a loss that is not finite says it
            L, G = (total / self.total_weight for total in self._total(sums, W))
            if self.lam:  # 0 times a square that overflows is no number
                G[:, 1:] += self.lam * W[:, 1:]
                L += self.lam / 2 * float(np.vdot(W[:, 1:], W[:, 1:]))
            return L, G

    @np.errstate(over="ignore", invalid="ignore")  # as above
    def hessian_product(self, W: ArrayLike, V: ArrayLike) -> Array:
        """The Hessian at W times a direction V, both of shape (C, m + 1)."""
        W, V = self._checked("W", W), self._checked("V", V)
        (HV,) = self._total(hessian_sums, W, V)
        HV /= self.total_weight
        HV[:, 1:] += self.lam * V[:, 1:]
        return HV

    def gram(self, W: ArrayLike | None = None) -> Array:
        """Σ_i ω_i x⁽ⁱ⁾ x⁽ⁱ⁾ᵀ / Σ_i ω_i, shape (m + 1, m + 1): XᵀX/M when all weights are one.

        With W each term has the factor (1 − ‖p⁽ⁱ⁾‖²)/(C − 1), 1/C at W = 0: the mean curvature
        of the example's loss over the directions of its scores that change p.
        """
        W = None if W is None else self._checked("W", W)
        return self._total(gram_sums, W, self.shape[1])[0] / self.total_weight

    def batch_gradient(self, W: Array, rows: NDArray[np.integer]) -> Array:
        """The gradient from some rows alone; its mean over all choices of rows is the gradient."""
        weights = None if self.sample_weight is None else self.sample_weight[rows]
        G = sums(W, self.X[rows], self.y[rows], weights)[1]
        G *= len(self.y) / (len(rows) * self.total_weight)
        G[:, 1:] += self.lam * W[:, 1:]
        return G

    def _checked(self, name, W):
        """W in float64: a penalty in fewer bits would overflow."""
        W = checked_array(name, W)
        if W.shape != self.shape:
            raise ValueError(f"{name} must have shape {self.shape}, got {W.shape}")
        return W.astype(float, copy=False)

    def _total(self, kernel, W, *others):
        """What a kernel gives, one of the functions below: sums over all examples."""
        return kernel(W, self.X, self.y, self.sample_weight, *others)


def sums(W, X, y, weights=None):
    """Σ_i ω_i ℓ⁽ⁱ⁾ and Σ_i ω_i (p⁽ⁱ⁾ − y⁽ⁱ⁾) x⁽ⁱ⁾ᵀ over the rows of X, the latter of W's shape.

    Both are accumulated in float64; nothing is checked.
    """
    W = W.astype(X.dtype, copy=False)
    G, L = np.zeros(W.shape), 0.0
    room = np.empty(len(W) * rows_per_block(W.shape), W.dtype)
    with np.errstate(over="ignore", invalid="ignore"):  # large scores are looked after below
        for x, labels, omega in blocks(W.shape, X, y, weights):
            S = room[: len(W) * x.shape[0]].reshape(len(W), -1)
            np.copyto(S, (x @ W.T).T)  # classes first: what follows runs along contiguous rows
            losses = _losses_and_residuals(S, labels)
            if not np.isfinite(losses.sum()):  # a score more than 700 above the label's
                losses, S = _shifted_losses_and_residuals(x @ W.T, labels)
            if omega is not None:
                losses, S = losses * omega, S * omega.astype(S.dtype)
            L += losses.sum(dtype=np.float64)
            G += S @ x
    return float(L), G


def _losses_and_residuals(S, y):
    """The losses −log p_y of scores S, shape (C, n); S becomes the residuals P − Y.

    Relative to the label's own score, p_y = 1/(1 + rest) with rest = Σ_{j≠y} exp(s_j − s_y). So
    the loss is log1p(rest), exact also where p_y is almost one, and no maximum is needed.
    """
    flat, n = S.reshape(-1), S.shape[1]
    # where flat holds the labels' own scores: faster than S[y, …]; labels may be of a narrow type
    own = np.multiply(y, n, dtype=np.intp) + np.arange(n)
    S -= flat.take(own)
    np.exp(S, out=S)
    flat[own] = 0
    rest = S.sum(axis=0)
    p_y = 1 / (1 + rest)
    S *= p_y
    flat[own] = -rest * p_y  # p_y − 1 without cancellation
    return np.log1p(rest)


def _shifted_losses_and_residuals(S, y):
    """The same for scores of any size, in the plain way; S has shape (n, C)."""
    log_P, rows = log_softmax(S), np.arange(len(S))
    residuals = np.exp(log_P)
    residuals[rows, y] -= 1
    return -log_P[rows, y], residuals.T


def hessian_sums(W, X, y, weights, V):
    """Σ_i ω_i J⁽ⁱ⁾ V x⁽ⁱ⁾ x⁽ⁱ⁾ᵀ over the rows of X, with the Jacobian J = diag(p) − p pᵀ."""
    W, V = (A.astype(X.dtype, copy=False) for A in (W, V))
    HV = np.zeros(W.shape)
    for x, omega in blocks(W.shape, X, weights):
        P, S_V = softmax(x @ W.T), x @ V.T
        R = P * (S_V - np.sum(P * S_V, axis=1, keepdims=True))
        HV += (R if omega is None else R * omega[:, None]).T @ x
    return (HV,)


def gram_sums(W, X, y, weights, columns):
    """Σ_i ω_i x⁽ⁱ⁾ x⁽ⁱ⁾ᵀ over the rows of X, shape (columns, columns); see `Objective.gram`."""
    A = np.zeros((columns, columns))
    for x, omega in blocks((columns, columns), X, weights):
        if W is not None:
            c = (1 - np.sum(softmax(x @ W.T) ** 2, axis=1)) / (len(W) - 1)
            omega = c if omega is None else c * omega
        with np.errstate(over="ignore", invalid="ignore"):
            product = x.T @ (x if omega is None else times(x, omega[:, None]))
            A += product.toarray() if hasattr(product, "toarray") else product
    if not np.isfinite(A).all():
        largest = max(abs(x).max() for (x,) in blocks(A.shape, X))
        raise ValueError(f"{TOO_LARGE}, got up to {largest:g}")
    return (A,)


def times(x, factors):
    return x.multiply(factors) if hasattr(x, "multiply") else x * factors  # * may be a product


def blocks(shape, X, *vectors):
    """Blocks of consecutive rows of X, each with its part of each vector."""
    rows, M = rows_per_block(shape), X.shape[0]
    # one array for all blocks: memory that is new costs a page fault every 4 KB
    room = np.ones((min(rows, M), X.shape[1])) if isinstance(X, Rows) else None
    for start in range(0, M, rows):
        block = slice(start, start + rows)
        x = X[block] if room is None else X.into(room, X.features[block])
        yield x, *(None if v is None else v[block] for v in vectors)


def rows_per_block(shape):
    return max(100, BLOCK // sum(shape))


def _checked_rows(X, bias):
    sparse = hasattr(X, "tocsr")
    shape = "(M, m)" if bias else "(M, m + 1)"
    X = checked_matrix("X", X.tocsr() if sparse else X, shape, sparse=True)
    if bias:
        return add_bias(X) if sparse else Rows(X)
    dtype = X.dtype if X.dtype in (np.float32, np.float64) else np.dtype(float)
    return X.astype(dtype, copy=False) if sparse else np.ascontiguousarray(X, dtype)
