"""The objective L(W), its gradient, its curvature, and a check for gradients.

Throughout: X has shape (M, m + 1) with a leading column of ones, W has shape (C, m + 1), y holds
integer labels 0..C − 1, and

    L(W) = (1/M) Σ_i −log p_y⁽ⁱ⁾ + (λ/2) ‖W without its bias column‖²:

a mean over the examples, with a penalty that leaves the bias alone.
"""

from collections.abc import Callable
from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softmax_lib.checks import (
    TOO_LARGE,
    check_positive,
    check_rng,
    checked,
    checked_array,
    checked_labels,
    checked_matrix,
    checked_not_negative,
    wide,
)
from softmax_lib.exact import log_softmax, softmax

__all__ = [
    "check_gradient",
    "curvature_bound",
    "gradient",
    "hessian_vector_product",
    "loss",
    "loss_and_gradient",
    "one_hot",
]

Array = NDArray[np.float64]


def one_hot(y: ArrayLike, C: int) -> Array:
    """Labels as rows of zeros with a single one: Y_ik = 1{y⁽ⁱ⁾ = k}.

    Parameters
    ----------
    y : array_like of int, shape (M,)
        Labels, 0..C − 1.
    C : int
        Number of classes.

    Returns
    -------
    ndarray, shape (M, C)

    Raises
    ------
    ValueError
        If a label is not an integer or not in 0..C − 1, or C is no positive whole number.

    Examples
    --------
    >>> one_hot([2, 0], C=3)
    array([[0., 0., 1.],
           [1., 0., 0.]])

    A label −1 would silently mark the last class; it is refused instead.

    >>> one_hot([2, -1], C=3)
    Traceback (most recent call last):
    ...
    ValueError: labels must lie in 0..2 (C = 3 classes), got -1 at index 1
    """
    check_positive(Integral, C=C)
    y = checked_labels(y, C)
    Y = np.zeros((len(y), int(C)))
    Y[np.arange(len(y)), y] = 1
    return Y


def loss(W: ArrayLike, X: ArrayLike, y: ArrayLike, lam: float = 0.0) -> float:
    """Mean negative log-likelihood with penalty, L(W).

    Parameters
    ----------
    W : array_like, shape (C, m + 1)
        Weights, one row per class, bias first.
    X : array_like, shape (M, m + 1)
        Design matrix with its leading column of ones (see `add_bias`).
    y : array_like of int, shape (M,)
        Labels, 0..C − 1.
    lam : float
        λ ≥ 0, the weight of the penalty. The bias column is not penalised.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If shapes do not match, a value is not finite, a label is out of range or not an integer,
        λ is negative, there is no example, or there are fewer than two classes.

    Examples
    --------
    Knowing nothing, W = 0, costs log C, the surprise of a fair die with C faces.

    >>> from softmax_lib import add_bias
    >>> X, y = add_bias([[0.5], [1.5], [2.5]]), [0, 1, 2]
    >>> round(loss(np.zeros((3, 2)), X, y), 6), round(float(np.log(3)), 6)
    (1.098612, 1.098612)
    """
    return loss_and_gradient(W, X, y, lam)[0]


def gradient(W: ArrayLike, X: ArrayLike, y: ArrayLike, lam: float = 0.0) -> Array:
    """Gradient of the loss, (P − Y)ᵀ X / M, plus λW outside the bias column.

    Parameters and errors as for `loss`.

    Returns
    -------
    ndarray, shape (C, m + 1)
        The shape of W.

    Examples
    --------
    Over the classes the gradient sums to zero, because P and Y have rows that sum to one.

    >>> from softmax_lib import add_bias
    >>> X, y = add_bias([[0.5], [1.5], [2.5]]), [0, 1, 2]
    >>> G = gradient(np.zeros((3, 2)), X, y)
    >>> bool(np.allclose(G.sum(axis=0), 0))
    True
    """
    return loss_and_gradient(W, X, y, lam)[1]


def loss_and_gradient(
    W: ArrayLike, X: ArrayLike, y: ArrayLike, lam: float = 0.0
) -> tuple[float, Array]:
    """Loss and gradient together, for the price of one pass over the data.

    Parameters and errors as for `loss`.

    Returns
    -------
    L : float
    G : ndarray, shape (C, m + 1)

    Examples
    --------
    >>> from softmax_lib import add_bias
    >>> X, y = add_bias([[0.5], [1.5], [2.5]]), [0, 1, 2]
    >>> L, G = loss_and_gradient(np.zeros((3, 2)), X, y)
    >>> L == loss(np.zeros((3, 2)), X, y), G.shape
    (True, (3, 2))
    """
    W, X, lam = checked(W, X, lam)
    M, C = len(X), len(W)
    y = checked_labels(y, C, M)
    log_P = log_softmax(X @ W.T)
    L = -log_P[np.arange(M), y].mean() + lam / 2 * np.sum(W[:, 1:] ** 2)
    G = (np.exp(log_P) - one_hot(y, C)).T @ X / M
    G[:, 1:] += lam * W[:, 1:]
    return float(L), G


def hessian_vector_product(W: ArrayLike, X: ArrayLike, V: ArrayLike, lam: float = 0.0) -> Array:
    """The Hessian of the loss applied to a direction V, without building the Hessian.

    For one example J (V x) xᵀ with the Jacobian J = diag(p) − p pᵀ; the mean over the examples;
    plus λV outside the bias column. The labels do not enter.

    Parameters
    ----------
    W, X, lam
        As for `loss`.
    V : array_like, shape (C, m + 1)
        Direction.

    Returns
    -------
    ndarray, shape (C, m + 1)

    Raises
    ------
    ValueError
        As for `loss`, and if V has not the shape of W.

    Examples
    --------
    Adding the same row to all classes changes no probability: the Hessian does not see it.

    >>> from softmax_lib import add_bias
    >>> X, W = add_bias([[0.5], [1.5]]), np.array([[0.0, 1.0], [1.0, 0.0]])
    >>> bool(np.allclose(hessian_vector_product(W, X, V=np.ones((2, 2))), 0))
    True
    """
    W, X, lam = checked(W, X, lam)
    V = wide(checked_matrix("V", V, "(C, m + 1)"))
    if V.shape != W.shape:
        raise ValueError(f"V must have the shape of W, {W.shape}, got {V.shape}")
    P, S_V = softmax(X @ W.T), X @ V.T
    R = P * (S_V - np.sum(P * S_V, axis=1, keepdims=True))
    HV = R.T @ X / len(X)
    HV[:, 1:] += lam * V[:, 1:]
    return HV


def curvature_bound(X: ArrayLike, lam: float = 0.0) -> float:
    """An upper bound of the loss's curvature in every direction and at every W.

    ½ λ_max(XᵀX)/M + λ bounds the largest eigenvalue of the Hessian, so that gradient descent
    with any step below twice its inverse lowers the loss.

    Parameters
    ----------
    X : array_like, shape (M, m + 1)
    lam : float

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If X is not a finite matrix with at least one row, or λ is negative.

    References
    ----------
    Böhning, Multinomial logistic regression algorithm, Annals of the Institute of Statistical
    Mathematics 44 (1992).

    Examples
    --------
    >>> curvature_bound([[1.0], [1.0]])
    0.5
    """
    X = checked_matrix("X", X, "(M, m + 1)").astype(float)
    lam = checked_not_negative("lam", lam)
    with np.errstate(over="ignore", invalid="ignore"):
        A = X.T @ X
    if not np.isfinite(A).all():
        raise ValueError(f"{TOO_LARGE}, got up to {abs(X).max():g}")
    return float(np.linalg.eigvalsh(A)[-1] / (2 * len(X)) + lam)


def check_gradient(
    fun: Callable[[Array], tuple[float, ArrayLike]],
    W: ArrayLike,
    rng: np.random.Generator,
    directions: int = 5,
) -> float:
    """Compare a gradient with differences of its function along random directions.

    Along a direction V the slope of f at W is ⟨∇f(W), V⟩; it is compared with a central
    difference of fourth order of f itself. Prints both, a line per direction. A random direction
    meets every entry of the gradient at once, also where a sum over outputs would hide an error.

    Parameters
    ----------
    fun : callable
        W ↦ (value, gradient); the value a float, the gradient an array of W's shape.
    W : array_like, any shape
        Where to check.
    rng : numpy.random.Generator
        Draws the directions, each of length 1.
    directions : int
        How many.

    Returns
    -------
    float
        The largest difference, relative to the largest slope: below 1e-9 for a right gradient
        away from a minimum, near 1 for most wrong ones.

    Raises
    ------
    ValueError
        If the gradient has not the shape of W, or `directions` is not positive.

    References
    ----------
    Fornberg, Generation of finite difference formulas on arbitrarily spaced grids, Mathematics of
    Computation 51 (1988).

    Examples
    --------
    >>> wrong = lambda W: (np.sum(W**2), W)  # the factor 2 is missing
    >>> error = check_gradient(wrong, np.array([1.0, 2.0]), np.random.default_rng(0), directions=2)
    direction      analytic       numeric   difference
            1  -0.759321673  -1.518643345        3e-01
            2  +1.310137446  +2.620274892        5e-01
    >>> error > 0.1
    True
    """
    W = checked_array("W", W).astype(float)
    pair = fun(W.copy())  # which it may overwrite, as it may its gradient at the next call
    if not isinstance(pair, tuple) or len(pair) != 2:
        raise TypeError(f"fun must give a value and a gradient, got {type(pair).__name__}")
    value, G = map(checked_array, ("the value", "the gradient"), pair)
    if value.ndim:
        raise ValueError(f"the value must be a number, got an array of shape {value.shape}")
    if G.shape != W.shape:
        raise ValueError(f"the gradient must have the shape of W, {W.shape}, got {G.shape}")
    check_positive(Integral, directions=directions)
    check_rng(rng)
    G = G.copy()
    h = 3e-4 * max(1.0, float(np.linalg.norm(W)))  # truncation h⁴ and rounding eps/h are both tiny
    slopes = []
    for _ in range(directions):
        V = rng.standard_normal(W.shape)
        V /= np.linalg.norm(V)
        f = {a: fun(W + a * h * V)[0] for a in (-2, -1, 1, 2)}
        slopes.append((np.sum(G * V), (f[-2] - 8 * f[-1] + 8 * f[1] - f[2]) / (12 * h)))
    scale = np.max(np.abs(slopes)) or 1.0  # all slopes zero: the difference is zero too
    print("direction      analytic       numeric   difference")
    for n, (analytic, numeric) in enumerate(slopes, 1):
        error = abs(analytic - numeric) / scale
        # below 1e-9 it is rounding, which differs from machine to machine
        shown = "< 1e-09" if error < 1e-9 else f"{error:.0e}"
        print(f"{n:9d} {analytic:+13.9f} {numeric:+13.9f} {shown:>12}")
    analytic, numeric = np.transpose(slopes)
    return float(np.max(np.abs(analytic - numeric)) / scale)
