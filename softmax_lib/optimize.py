"""Minimising the loss: gradient descent, and methods for when descent is too slow."""

from collections import deque
from dataclasses import dataclass
from numbers import Integral, Real

import numpy as np

from softmax_lib.blocked import Objective
from softmax_lib.loss import checked_matrix, is_number

__all__ = ["Result", "gradient_descent", "lbfgs", "nesterov", "newton_cg", "sgd"]

LARGEST = 2000  # columns with which the matrix that L-BFGS starts from still pays


@dataclass(frozen=True)
class Result:
    """What a minimisation did.

    Every method counts its passes over the data in the same way. An evaluation of the loss and
    its gradient is one pass, also where a line search rejects it, and so is a product with the
    Hessian. The preparation is not counted: the evaluation at the start, and the matrix XᵀX
    where a method needs it.

    Attributes
    ----------
    W : ndarray, shape (C, m + 1)
        The last weights at which the loss was finite.
    loss, gradient_norm : ndarray, shape (n,)
        The full objective and the length of its full gradient, at the start and after each
        step (of `sgd`: after each pass); the last entries belong to `W`.
    passes : ndarray of int, shape (n,)
        How many passes over the data the steps had cost by then; 0 at the start.
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


def gradient_descent(
    W,
    X,
    y=None,
    *,
    lam=0.0,
    sample_weight=None,
    step=None,
    backtracking=False,
    tolerance=1e-6,
    max_passes=1000,
    progress=False,
):
    """Gradient descent, W ← W − γ ∇L(W).

    Parameters
    ----------
    W : array_like, shape (C, m + 1)
        Where to start; not modified.
    X, y, lam, sample_weight
        As for `softmax_lib.Objective`. Or an Objective in the place of X, and no y, lam and
        sample_weight: then data that are prepared already, stand in a file or lie on other
        machines are fitted by the same code. Anything will do that has its `shape`, `lam`,
        `gram` and `hessian_product` and gives loss and gradient when it is called.
    step : float, optional
        γ > 0. By default 1/`curvature_bound`, with which every step lowers the loss.
    backtracking : bool
        Whether to search for the step: try twice the last one, then halve it until the loss
        falls by at least γ/2 ‖∇L‖². `step` is then the first that succeeds or is halved.
    tolerance : float
        Stop when the length of the gradient is at most this.
    max_passes : int
        No step begins after so many passes over the data.
    progress : bool
        Show a progress bar (needs tqdm).

    Returns
    -------
    Result

    Raises
    ------
    ValueError
        As for `softmax_lib.Objective`; if W does not fit to the data, or step, tolerance or
        number of passes is not positive.

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
    run = _Run(W, X, y, lam, sample_weight, tolerance, max_passes, progress)
    step = _step(run, step)
    while run.goes_on():
        if backtracking:
            step = _line_search(run, -run.G, 2 * step, share=0.5)
        else:
            W = run.W - step * run.G
            run.move(W, *run.evaluate(W))
    return run.result(step)


def nesterov(
    W,
    X,
    y=None,
    *,
    lam=0.0,
    sample_weight=None,
    step=None,
    tolerance=1e-6,
    max_passes=1000,
    progress=False,
):
    """Accelerated descent: a step, then on in the direction of the last two steps.

    The momentum grows with every step and is dropped when it leads uphill.

    Parameters
    ----------
    W, X, y, lam, sample_weight, step, tolerance, max_passes, progress
        As for `gradient_descent`.

    Returns
    -------
    Result
        Its history is that of the points at which the gradient is taken, after the momentum.

    Raises
    ------
    ValueError
        As for `gradient_descent`.

    References
    ----------
    Nesterov, A method of solving a convex programming problem with convergence rate O(1/k²),
    Soviet Mathematics Doklady 27 (1983). O'Donoghue and Candès, Adaptive restart for accelerated
    gradient schemes, Foundations of Computational Mathematics 15 (2015).

    Examples
    --------
    >>> from softmax_lib import add_bias, load_iris, standardize
    >>> features, y = load_iris()
    >>> X, W = add_bias(standardize(features)[0]), np.zeros((3, 5))
    >>> plain = gradient_descent(W, X, y, lam=0.01, max_passes=5000)
    >>> bool(5 * nesterov(W, X, y, lam=0.01).passes[-1] < plain.passes[-1])
    True
    """
    run = _Run(W, X, y, lam, sample_weight, tolerance, max_passes, progress)
    step = _step(run, step)
    last, age = run.W, 0
    while run.goes_on():
        W = run.W - step * run.G
        age = 0 if np.vdot(run.G, W - last) > 0 else age + 1
        Z = W + max(0, age - 1) / (age + 2) * (W - last)
        last = W
        run.move(Z, *run.evaluate(Z))
    return run.result(step)


def sgd(
    W,
    X,
    y=None,
    *,
    batch_size,
    rng,
    lam=0.0,
    sample_weight=None,
    step=None,
    decay=0.0,
    tolerance=1e-6,
    max_passes=1000,
    progress=False,
):
    """Stochastic gradient descent: a step for each mini-batch of a few examples.

    Each pass takes the examples once, in an order drawn anew. In pass t = 0, 1, … the step is
    γ/(1 + decay · t).

    Parameters
    ----------
    W, X, y, lam, sample_weight, step, tolerance, max_passes, progress
        As for `gradient_descent`; an Objective in the place of X must have the rows here.
    batch_size : int
        Examples per step.
    rng : numpy.random.Generator
        Draws the order.
    decay : float
        ≥ 0. With 0 the step stays as it is, and the loss ends on a level above its minimum.

    Returns
    -------
    Result
        One entry of history per pass. For it the full objective is evaluated after each pass;
        these evaluations are not counted.

    Raises
    ------
    ValueError
        As for `gradient_descent`; if the batch size is not positive or the decay is negative.

    Examples
    --------
    Two passes in batches of ten bring more than two steps of descent.

    >>> from softmax_lib import add_bias, load_iris
    >>> features, y = load_iris()
    >>> X, W, rng = add_bias(features), np.zeros((3, 5)), np.random.default_rng(0)
    >>> batches = sgd(W, X, y, batch_size=10, rng=rng, max_passes=2)
    >>> bool(batches.loss[-1] < gradient_descent(W, X, y, max_passes=2).loss[-1])
    True
    """
    check_positive(Integral, batch_size=batch_size)
    if not 0 <= decay < np.inf:
        raise ValueError(f"decay must be finite and not negative, got {decay}")
    run = _Run(W, X, y, lam, sample_weight, tolerance, max_passes, progress)
    if not hasattr(run.objective, "y"):
        kind = type(run.objective).__name__
        raise ValueError(f"X must have its rows here for mini-batches, got a {kind}")
    step = _step(run, step)
    while run.goes_on():
        W, order = run.W, rng.permutation(len(run.objective.y))
        with np.errstate(over="ignore", invalid="ignore"):  # the full loss tells a divergence
            for start in range(0, len(order), batch_size):
                G = run.objective.batch_gradient(W, order[start : start + batch_size])
                W = W - step / (1 + decay * run.passes) * G
        run.passes += 1
        run.move(W, *run.objective(W))
    return run.result(step)


def lbfgs(
    W,
    X,
    y=None,
    *,
    lam=0.0,
    sample_weight=None,
    memory=10,
    tolerance=1e-6,
    max_passes=1000,
    progress=False,
):
    """L-BFGS: a Newton step with a Hessian guessed from the last gradients.

    The guess begins with a matrix that is the same for every class, c XᵀX/M plus λ outside the
    bias, and the last changes of the gradient correct it. With c = 1/2 it would be the bound on
    the curvature; c = 1/C makes it exact at W = 0. After ten steps it is computed anew, with the
    curvature that each example has by then. For more than 2000 columns it is left out.

    Parameters
    ----------
    W, X, y, lam, sample_weight, tolerance, max_passes, progress
        As for `gradient_descent`.
    memory : int
        How many of the last steps are remembered.

    Returns
    -------
    Result

    Raises
    ------
    ValueError
        As for `gradient_descent`; if `memory` is not positive.

    References
    ----------
    Nocedal and Wright, Numerical Optimization, second edition (2006), chapter 7. Böhning,
    Multinomial logistic regression algorithm, Annals of the Institute of Statistical
    Mathematics 44 (1992).

    Examples
    --------
    The units of the features hardly matter to it.

    >>> from softmax_lib import add_bias, load_iris
    >>> features, y = load_iris()
    >>> for units in ([1, 1, 1, 1], [1e-3, 1e3, 1, 1]):
    ...     result = lbfgs(np.zeros((3, 5)), add_bias(features * units), y, tolerance=1e-3)
    ...     print(result.converged, bool(result.passes[-1] < 100))
    True True
    True True
    """
    check_positive(Integral, memory=memory)
    run = _Run(W, X, y, lam, sample_weight, tolerance, max_passes, progress)
    C, columns = run.objective.shape
    first = run.objective.gram() / C if columns <= LARGEST else None
    inverse = _scalar_inverse(run) if first is None else _inverse(first, run.objective.lam)
    pairs = deque(maxlen=memory)
    while run.goes_on():
        if len(run.history) == 11 and first is not None:
            inverse = _inverse(run.gram() + first / 100, run.objective.lam)
        W, G = run.W, run.G
        if _line_search(run, -_lbfgs_direction(G, pairs, inverse)):
            s, g = run.W - W, run.G - G
            if (curvature := np.vdot(s, g)) > 0:
                pairs.append((s / np.sqrt(curvature), g / np.sqrt(curvature)))
    return run.result()


def newton_cg(
    W,
    X,
    y=None,
    *,
    lam=0.0,
    sample_weight=None,
    tolerance=1e-8,
    max_passes=1000,
    progress=False,
):
    """Newton's method: each step solves H D = −∇L(W) by conjugate gradients.

    The Hessian enters only through products, so nothing of size C(m + 1) squared is built, and
    a singular Hessian is no obstacle: the iteration never leaves the directions in which the
    loss is curved. A step is halved until it lowers the loss enough.

    Parameters
    ----------
    W, X, y, lam, sample_weight, tolerance, max_passes, progress
        As for `gradient_descent`.

    Returns
    -------
    Result
        One entry of history per Newton step, which takes several passes.

    Raises
    ------
    ValueError
        As for `gradient_descent`.

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
    >>> gradient_descent(W, X, y, lam=1e-3).converged
    False
    """
    run = _Run(W, X, y, lam, sample_weight, tolerance, max_passes, progress)
    while run.goes_on():
        _line_search(run, _newton_direction(run))
    return run.result()


class _Run:
    """What the methods share: where they stand, what it has cost, and whether to go on."""

    def __init__(self, W, X, y, lam, sample_weight, tolerance, max_passes, progress):
        check_positive(tolerance=tolerance)
        check_positive(Integral, max_passes=max_passes)
        self.W = checked_matrix("W", W, "(C, m + 1)").astype(float, copy=False)
        self.objective = _objective(self.W, X, y, lam, sample_weight)
        self.tolerance, self.max_passes = tolerance, max_passes
        self.passes, self.history, self.reason = 0, [], None
        self.bar = _progress_bar(max_passes) if progress else None
        self.move(self.W, *self.objective(self.W))
        if not self.history:
            raise ValueError("W must have a finite loss, got one at which it overflows")

    def evaluate(self, W):
        self.passes += 1
        return self.objective(W)

    def hessian_product(self, V):
        self.passes += 1
        return self.objective.hessian_product(self.W, V)

    def gram(self):
        self.passes += 1
        return self.objective.gram(self.W)

    def move(self, W, L, G):
        """Go to W, where the loss is L and the gradient G, unless they are not finite."""
        if not (np.isfinite(L) and np.isfinite(G).all()):
            self.reason = f"diverged: the loss is not finite after pass {self.passes}"
            return
        self.W, self.L, self.G, self.norm = W, L, G, float(np.linalg.norm(G))
        self.history.append((L, self.norm, self.passes))

    def goes_on(self):
        if self.bar is not None:
            self.bar.update(self.passes - self.bar.n)
        if self.reason is None and self.norm <= self.tolerance:
            self.reason = f"converged: gradient norm {self.norm:.3g} <= {self.tolerance:g}"
            self.reason += f" after {self.passes} passes"
        if self.reason is None and self.passes >= self.max_passes:
            self.reason = f"stopped at max_passes = {self.max_passes}"
            self.reason += f" with gradient norm {self.norm:.3g} > {self.tolerance:g}"
        if self.reason is not None and self.bar is not None:
            self.bar.close()
        return self.reason is None

    def result(self, step=None):
        reason = self.reason
        if reason.startswith("diverged") and step is not None:
            bound = 2 / _bound(self.objective)
            reason += f"; any step below {bound:.2g} lowers it, this was {step:.2g}"
        loss, norm, passes = map(np.array, zip(*self.history, strict=True))
        return Result(self.W, loss, norm, passes, self.norm <= self.tolerance, reason)


def _objective(W, X, y, lam, sample_weight):
    """X if it is an objective itself, else that of the data; W must fit to it."""
    if len(W) < 2:
        raise ValueError(f"W must have a row for each of at least 2 classes, got {len(W)}")
    if y is not None:
        X = Objective(X, y, len(W), lam, sample_weight)
    elif not callable(X):
        raise ValueError(f"y must be given unless X is an Objective, got {type(X).__name__}")
    elif lam or sample_weight is not None:
        raise ValueError("lam and sample_weight must be given to the Objective, got them here")
    if W.shape != X.shape:
        raise ValueError(
            f"W must have the shape that the data ask for, {X.shape}, got {W.shape}"
            " (add_bias adds the column of ones to X)"
        )
    return X


def _step(run, step):
    """The step given or the one that the bound on the curvature allows."""
    step = 1 / _bound(run.objective) if step is None else step
    check_positive(step=step)
    return step


def _bound(objective):
    return np.linalg.eigvalsh(objective.gram())[-1] / 2 + objective.lam


def _line_search(run, D, step=1.0, share=1e-4):
    """Go along D: halve the step until the loss falls by a share of what its slope promises.

    Returns the step, or 0 if there is none.
    """
    slope = np.vdot(run.G, D)
    for _ in range(60):  # where the loss is almost flat, D is up to 1/eps = 2^52 long
        W = run.W + step * D
        L, G = run.evaluate(W)
        change = L - run.L
        if abs(change) <= 1e-14 * abs(L):  # hidden by rounding: take the mean of the slopes
            change = step * (slope + np.vdot(G, D)) / 2
        if change <= share * step * slope:
            run.move(W, L, G)
            return step
        step /= 2
    run.reason = f"stopped after {run.passes} passes: rounding hides any further decrease,"
    run.reason += f" gradient norm {run.norm:.3g}"
    return 0


def _inverse(A, lam):
    """G ↦ G times the inverse of A + λ diag(0, 1, …, 1), or 0 where that is singular."""
    A = A + lam * np.diag(np.r_[0.0, np.ones(len(A) - 1)])
    scale = 1 / np.sqrt(np.where(A.diagonal() > 0, A.diagonal(), 1))  # for columns of any size
    values, U = np.linalg.eigh(scale[:, None] * A * scale)
    regular = values > len(A) * np.finfo(float).eps * values[-1]
    R = scale[:, None] * U[:, regular] / np.sqrt(values[regular])
    return lambda G: G @ R @ R.T


def _scalar_inverse(run):
    """The same for a wide X: a number in place of the matrix, from the curvature along G."""
    curvature = np.vdot(run.G, run.hessian_product(run.G))
    step = run.norm**2 / curvature if curvature > 0 else 1.0
    return lambda G: step * G


def _lbfgs_direction(G, pairs, inverse):
    """The guessed inverse of the Hessian times G: `inverse`, corrected by the pairs.

    A pair is a move s and the change g of the gradient that it made, scaled to ⟨s, g⟩ = 1. The
    corrected guess takes the last g to the last s, and the scale of `inverse` is such that it
    does so on average.
    """
    D, shares = G.copy(), []
    for s, g in reversed(pairs):
        shares.append(np.vdot(s, D))
        D -= shares[-1] * g
    D = inverse(D)
    if pairs:
        D /= np.vdot(g_last := pairs[-1][1], inverse(g_last))
    for s, g in pairs:
        D += (shares.pop() - np.vdot(g, D)) * s
    return D


def _newton_direction(run):
    """Solve H D = −G by conjugate gradients, more exactly the nearer the minimum is."""
    D, residual = np.zeros_like(run.G), -run.G
    direction, rho = residual, np.vdot(residual, residual)
    target = rho * min(0.25, np.sqrt(rho))
    for _ in range(run.G.size):
        H_direction = run.hessian_product(direction)
        curvature = np.vdot(direction, H_direction)
        if curvature <= np.finfo(float).eps * np.vdot(direction, direction):  # a flat direction
            break
        alpha = rho / curvature
        D = D + alpha * direction
        residual = residual - alpha * H_direction
        rho, rho_old = np.vdot(residual, residual), rho
        if rho <= target:
            break
        direction = residual + rho / rho_old * direction
    return D if D.any() else -run.G


def _progress_bar(max_passes):
    from tqdm.auto import tqdm  # only a run that shows its progress needs it

    return tqdm(total=max_passes, unit="pass")


def check_positive(kind=Real, **values):
    for name, value in values.items():
        if not is_number(value, Real) or not 0 < value < np.inf:
            raise ValueError(f"{name} must be positive and finite, got {value!r}")
        if not is_number(value, kind):
            raise ValueError(f"{name} must be a whole number, got {value!r}")
