"""Minimising the loss: gradient descent, and Newton's method for when descent is too slow."""

from dataclasses import dataclass

import numpy as np

from softmax_lib.functions import softmax
from softmax_lib.loss import (
    _hessian_vector_product,
    _loss_and_gradient,
    checked,
    curvature_bound,
)

__all__ = ["Result", "gradient_descent", "newton_cg"]


@dataclass(frozen=True)
class Result:
    """What a minimisation did.

    Attributes
    ----------
    W : ndarray, shape (C, m + 1)
        The last weights at which the loss was finite.
    loss, gradient_norm : ndarray, shape (n,)
        The full objective and the length of its full gradient, at the start and after each
        iteration; the last entries belong to `W`.
    passes : ndarray of int, shape (n,)
        How many passes over the data the steps had cost by then.
    converged : bool
        Whether the gradient's length fell to the tolerance.
    reason : str
        Why it stopped, in words.

    Examples
    --------
    The history tells a descent that is slow from one that jumps about.

    >>> from softmax_lib import add_bias
    >>> W, X, y = np.zeros((2, 2)), add_bias([[0.0], [1.0], [2.0]]), [0, 1, 1]
    >>> result = gradient_descent(W, X, y, max_passes=3)
    >>> print(result)
    stopped at max_passes = 3 with gradient norm 0.193 > 1e-06
    loss 0.334576, 3 passes over the data
    >>> bool((np.diff(result.loss) < 0).all())
    True
    """

    W: np.ndarray
    loss: np.ndarray
    gradient_norm: np.ndarray
    passes: np.ndarray
    converged: bool
    reason: str

    def __str__(self):
        return f"{self.reason}\nloss {self.loss[-1]:.6g}, {self.passes[-1]} passes over the data"


class _History:
    """Collects what `Result` reports."""

    def __init__(self):
        self.loss, self.gradient_norm, self.passes = [], [], []

    def append(self, loss, gradient, passes):
        self.loss.append(loss)
        self.gradient_norm.append(float(np.linalg.norm(gradient)))
        self.passes.append(passes)
        return self.gradient_norm[-1]

    def result(self, W, converged, reason):
        columns = map(np.array, (self.loss, self.gradient_norm, self.passes))
        return Result(W, *columns, converged, reason)


def gradient_descent(
    W,
    X,
    y,
    *,
    lam=0.0,
    step=None,
    batch_size=None,
    rng=None,
    tolerance=1e-6,
    max_passes=1000,
    progress=False,
):
    """Gradient descent, W ← W − γ ∇L(W), on all examples or on mini-batches.

    Parameters
    ----------
    W : array_like, shape (C, m + 1)
        Where to start; not modified.
    X, y, lam
        As for `softmax_lib.loss`.
    step : float, optional
        γ > 0. By default 1/`curvature_bound`, with which every full step lowers the loss.
    batch_size : int, optional
        Examples per step; by default all. Each pass goes through the examples once, in an
        order drawn anew.
    rng : numpy.random.Generator
        Draws the order; needed with `batch_size` and only then.
    tolerance : float
        Stop when the length of the full gradient is at most this.
    max_passes : int
        Stop after so many passes over the data.
    progress : bool
        Show a progress bar (needs tqdm).

    Returns
    -------
    Result
        One entry of history per pass. With mini-batches the full objective is evaluated
        after each pass; these evaluations are not counted in `passes`.

    Raises
    ------
    ValueError
        As for `softmax_lib.loss`; if step, batch size, tolerance or number of passes is not
        positive, or `rng` and `batch_size` do not come together.

    Examples
    --------
    A step that is far too large does not diverge without a penalty: it jumps about, then wins,
    since the gradient is bounded. With a penalty it does diverge.

    >>> from softmax_lib import add_bias
    >>> W, X, y = np.zeros((2, 2)), add_bias([[0.0], [1.0], [2.0]]), [0, 1, 1]
    >>> gradient_descent(W, X, y, step=1000.0).converged
    True
    >>> gradient_descent(W, X, y, step=1000.0, lam=1.0).reason
    'diverged: the loss is not finite after pass 52; any step below 0.91 lowers it, this was 1e+03'
    """
    W, X, y = checked(W, X, y, lam)
    bound = 2 / curvature_bound(X, lam)
    step = bound / 2 if step is None else step
    _check_positive(step=step, tolerance=tolerance, max_passes=max_passes)
    if (batch_size is None) != (rng is None):
        raise ValueError("batch_size and rng must be given together, got only one of them")
    if batch_size is not None:
        _check_positive(batch_size=batch_size)

    history = _History()
    L, G = _loss_and_gradient(W, X, y, lam)
    norm = history.append(L, G, 0)
    for n in _passes(max_passes, progress):
        if norm <= tolerance:
            return history.result(W, True, _converged(norm, tolerance, n))
        with np.errstate(over="ignore", invalid="ignore"):  # divergence is reported below
            W_new = W - step * G if rng is None else _epoch(W, X, y, lam, step, batch_size, rng)
            L, G = _loss_and_gradient(W_new, X, y, lam)
        if not (np.isfinite(L) and np.isfinite(G).all()):
            reason = f"diverged: the loss is not finite after pass {n + 1}; any step below"
            return history.result(W, False, f"{reason} {bound:.2g} lowers it, this was {step:.2g}")
        W = W_new
        norm = history.append(L, G, n + 1)
    if norm <= tolerance:
        return history.result(W, True, _converged(norm, tolerance, max_passes))
    reason = f"stopped at max_passes = {max_passes} with gradient norm {norm:.3g} > {tolerance:g}"
    return history.result(W, False, reason)


def newton_cg(W, X, y, *, lam=0.0, tolerance=1e-8, max_iter=100):
    """Newton's method: each step solves H D = −∇L(W) by conjugate gradients.

    The Hessian enters only through products, so nothing of size C(m + 1) squared is built, and
    a singular Hessian is no obstacle: the iteration never leaves the directions in which the
    loss is curved. A step is halved until it lowers the loss enough.

    Parameters
    ----------
    W, X, y, lam
        As for `gradient_descent`.
    tolerance : float
        Stop when the length of the gradient is at most this.
    max_iter : int
        Stop after so many Newton steps.

    Returns
    -------
    Result
        One entry of history per Newton step. Each Hessian product and each evaluation of the
        loss counts as one pass.

    Raises
    ------
    ValueError
        As for `softmax_lib.loss`; if tolerance or number of steps is not positive.

    References
    ----------
    Nocedal and Wright, Numerical Optimization, second edition (2006), chapter 7.

    Examples
    --------
    >>> from softmax_lib import add_bias, load_iris
    >>> features, y = load_iris()
    >>> X, W = add_bias(features), np.zeros((3, 5))
    >>> newton_cg(W, X, y, lam=1e-3).converged
    True
    >>> gradient_descent(W, X, y, lam=1e-3, tolerance=1e-8, max_passes=1000).converged
    False
    """
    W, X, y = checked(W, X, y, lam)
    _check_positive(tolerance=tolerance, max_iter=max_iter)
    history, passes = _History(), 1
    L, G = _loss_and_gradient(W, X, y, lam)
    norm = history.append(L, G, passes)
    for n in range(max_iter):
        if norm <= tolerance:
            return history.result(W, True, _converged(norm, tolerance, passes))
        D, products = _newton_direction(W, X, G, lam)
        W_new, L_new, G_new, evaluations = _line_search(W, D, L, G, X, y, lam)
        passes += products + evaluations
        if W_new is None:
            reason = f"stopped after {n} steps: rounding hides any further decrease"
            return history.result(W, False, f"{reason}, gradient norm {norm:.3g}")
        W, L, G = W_new, L_new, G_new
        norm = history.append(L, G, passes)
    if norm <= tolerance:
        return history.result(W, True, _converged(norm, tolerance, passes))
    reason = f"stopped at max_iter = {max_iter} with gradient norm {norm:.3g} > {tolerance:g}"
    return history.result(W, False, reason)


def _epoch(W, X, y, lam, step, batch_size, rng):
    """One pass over the examples in a random order, a step per mini-batch."""
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        batch = order[start : start + batch_size]
        W = W - step * _loss_and_gradient(W, X[batch], y[batch], lam)[1]
    return W


def _newton_direction(W, X, G, lam):
    """Solve H D = −G by conjugate gradients, more exactly the nearer the minimum is."""
    P = softmax(X @ W.T)
    D, residual = np.zeros_like(G), -G
    direction, rho = residual, np.sum(G * G)
    target = rho * min(0.25, np.sqrt(rho))
    products = 0
    while products < G.size:
        products += 1
        H_direction = _hessian_vector_product(P, X, direction, lam)
        curvature = np.sum(direction * H_direction)
        if curvature <= np.finfo(float).eps * np.sum(direction**2):  # a flat direction
            break
        alpha = rho / curvature
        D = D + alpha * direction
        residual = residual - alpha * H_direction
        rho, rho_old = np.sum(residual * residual), rho
        if rho <= target:
            break
        direction = residual + rho / rho_old * direction
    return (D if D.any() else -G), products


def _line_search(W, D, L, G, X, y, lam):
    """Halve the step from 1 until it lowers the loss by a ten-thousandth of what G promises."""
    slope = np.sum(G * D)
    for halvings in range(60):  # where the loss is almost flat, D is up to 1/eps = 2^52 long
        t = 0.5**halvings
        L_new, G_new = _loss_and_gradient(W + t * D, X, y, lam)
        # close to the minimum the loss is constant up to rounding; a smaller gradient decides
        flat = abs(L_new - L) <= 1e-14 * abs(L) and np.linalg.norm(G_new) < np.linalg.norm(G)
        if L_new <= L + 1e-4 * t * slope or flat:
            return W + t * D, L_new, G_new, halvings + 1
    return None, None, None, halvings + 1


def _passes(max_passes, progress):
    if not progress:
        return range(max_passes)
    from tqdm.auto import tqdm  # only a run that shows its progress needs it

    return tqdm(range(max_passes), unit="pass")


def _converged(norm, tolerance, passes):
    return f"converged: gradient norm {norm:.3g} <= {tolerance:g} after {passes} passes"


def _check_positive(**values):
    for name, value in values.items():
        if not 0 < value < np.inf:
            raise ValueError(f"{name} must be positive and finite, got {value}")
