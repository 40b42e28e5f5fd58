"""Minimising the loss: gradient descent, and methods for when descent is too slow."""

from collections import deque
from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike

from softmax_lib.blocked import Objective
from softmax_lib.checks import check_positive, check_rng, checked_not_negative
from softmax_lib.run import Array, Result, Run, quietly

__all__ = ["gradient_descent", "lbfgs", "nesterov", "newton_cg", "sgd"]

LARGEST = 2000  # columns with which the matrix that L-BFGS starts from still pays
MEMORY = 10  # steps that L-BFGS remembers


@quietly
def gradient_descent(
    W: ArrayLike,
    objective: Objective,
    *,
    step: float | None = None,
    backtracking: bool = False,
    tolerance: float = 1e-6,
    max_passes: int = 1000,
) -> Result:
    """Gradient descent, W ← W − γ ∇L(W).

    Parameters
    ----------
    W : array_like, shape (C, m + 1)
        Where to start; not modified.
    objective : softmax_lib.Objective
        What to minimise: the loss of the data with its penalty, `Objective(X, y, C, lam)`. The
        data may also stand in a file or lie on other machines.
    step : float, optional
        γ > 0. By default 1/`curvature_bound`, with which every step lowers the loss.
    backtracking : bool
        Whether to search for the step: try twice the last one, then halve it until the loss
        falls by at least γ/2 ‖∇L‖². `step` is then the first that succeeds or is halved.
    tolerance : float
        Stop when the length of the gradient is at most this.
    max_passes : int
        No step begins after so many passes over the data.

    Returns
    -------
    Result

    Raises
    ------
    ValueError
        If W does not fit to the data, or step, tolerance or number of passes is not positive.
    TypeError
        If `objective` is no Objective.

    Examples
    --------
    A step that is far too large does not diverge without a penalty: it jumps about, then wins,
    since the gradient is bounded. With a penalty it does diverge.

    >>> from softmax_lib import Objective, add_bias
    >>> W, X, y = np.zeros((2, 2)), add_bias([[0.0], [1.0], [2.0]]), [0, 1, 1]
    >>> gradient_descent(W, Objective(X, y, C=2), step=1000.0).converged
    True
    >>> gradient_descent(W, Objective(X, y, C=2, lam=1.0), step=1000.0).reason
    'diverged: the loss is not finite after pass 52; any step below 0.91 lowers it, this was 1e+03'
    """
    run = Run(W, objective, tolerance, max_passes)
    step = run.step(step)
    while run.goes_on():
        if backtracking:
            step = run.search(-run.G, 2 * step, share=0.5)
        else:
            W = run.W - step * run.G
            run.move(W, *run.evaluate(W))
    return run.result(step)


@quietly
def nesterov(
    W: ArrayLike,
    objective: Objective,
    *,
    step: float | None = None,
    tolerance: float = 1e-6,
    max_passes: int = 1000,
) -> Result:
    """Accelerated descent: a step, then on in the direction of the last two steps.

    The momentum grows with every step and is dropped when it leads uphill.

    Parameters and errors as for `gradient_descent`.

    Returns
    -------
    Result
        Its history is that of the points at which the gradient is taken, after the momentum.

    References
    ----------
    Nesterov, A method of solving a convex programming problem with convergence rate O(1/k²),
    Soviet Mathematics Doklady 27 (1983). O'Donoghue and Candès, Adaptive restart for accelerated
    gradient schemes, Foundations of Computational Mathematics 15 (2015).

    Examples
    --------
    >>> from softmax_lib import Objective, add_bias, load_iris, standardize
    >>> features, y = load_iris()
    >>> W, X = np.zeros((3, 5)), add_bias(standardize(features)[0])
    >>> objective = Objective(X, y, C=3, lam=0.01)
    >>> plain = gradient_descent(W, objective, max_passes=5000)
    >>> bool(5 * nesterov(W, objective).passes[-1] < plain.passes[-1])
    True
    """
    run = Run(W, objective, tolerance, max_passes)
    step = run.step(step)
    last, age = run.W, 0
    while run.goes_on():
        W = run.W - step * run.G
        age = 0 if np.vdot(run.G, W - last) > 0 else age + 1
        Z = W + max(0, age - 1) / (age + 2) * (W - last)
        last = W
        run.move(Z, *run.evaluate(Z))
    return run.result(step)


@quietly
def sgd(
    W: ArrayLike,
    objective: Objective,
    *,
    batch_size: int,
    rng: np.random.Generator,
    step: float | None = None,
    decay: float = 0.0,
    tolerance: float = 1e-6,
    max_passes: int = 1000,
) -> Result:
    """Stochastic gradient descent: a step for each mini-batch of a few examples.

    Each pass takes the examples once, in an order drawn anew. In pass t = 0, 1, … the step is
    γ/(1 + decay · t).

    Parameters
    ----------
    W, objective, step, tolerance, max_passes
        As for `gradient_descent`; the objective must have the rows of X here.
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
    ValueError, TypeError
        As for `gradient_descent`; if the batch size is not positive or the decay is negative.

    Examples
    --------
    Two passes in batches of ten bring more than two steps of descent.

    >>> from softmax_lib import Objective, add_bias, load_iris
    >>> features, y = load_iris()
    >>> W, objective = np.zeros((3, 5)), Objective(add_bias(features), y, C=3)
    >>> batches = sgd(W, objective, batch_size=10, rng=np.random.default_rng(0), max_passes=2)
    >>> bool(batches.loss[-1] < gradient_descent(W, objective, max_passes=2).loss[-1])
    True
    """
    check_positive(Integral, batch_size=batch_size)
    decay = checked_not_negative("decay", decay)
    check_rng(rng)
    run = Run(W, objective, tolerance, max_passes)
    if not hasattr(objective, "y"):
        kind = type(objective).__name__
        raise ValueError(f"objective must have its rows here for mini-batches, got a {kind}")
    step = run.step(step)
    while run.goes_on():
        V, order = run.W, rng.permutation(len(objective.y))
        for start in range(0, len(order), batch_size):
            G = objective.batch_gradient(V, order[start : start + batch_size])
            V = V - step / (1 + decay * run.passes) * G
        run.passes += 1
        run.move(V, *objective(V))
    return run.result(step)


@quietly
def lbfgs(
    W: ArrayLike, objective: Objective, *, tolerance: float = 1e-6, max_passes: int = 1000
) -> Result:
    """L-BFGS: a Newton step with a Hessian guessed from the last gradients.

    The guess begins with a matrix that is the same for every class, c XᵀX/M plus λ outside the
    bias, and the last changes of the gradient correct it. With c = 1/2 it would be the bound on
    the curvature; c = 1/C makes it exact at W = 0. After ten steps, if more than a third of the
    way to the tolerance is left (or more, for many columns and few classes), it is computed anew,
    with the curvature that each example has. For more than 2000 columns it is left out.

    Parameters and errors as for `gradient_descent`.

    Returns
    -------
    Result

    References
    ----------
    Nocedal and Wright, Numerical Optimization, second edition (2006), chapter 7. Böhning,
    Multinomial logistic regression algorithm, Annals of the Institute of Statistical
    Mathematics 44 (1992).

    Examples
    --------
    The units of the features hardly matter to it.

    >>> from softmax_lib import Objective, add_bias, load_iris
    >>> features, y = load_iris()
    >>> for units in ([1, 1, 1, 1], [1e-3, 1e3, 1, 1]):
    ...     objective = Objective(add_bias(features * units), y, C=3)
    ...     result = lbfgs(np.zeros((3, 5)), objective, tolerance=1e-3)
    ...     print(result.converged, bool(result.passes[-1] < 100))
    True True
    True True
    """
    return lbfgs_of(Run(W, objective, tolerance, max_passes))


def lbfgs_of(run: Run) -> Result:
    """The same for a run that has begun, whose first gradient may have set its tolerance."""
    objective, (C, columns) = run.objective, run.objective.shape
    first = objective.gram() / C if columns <= LARGEST else None
    inverse = _scalar_inverse(run) if first is None else _inverse(first, objective.lam)
    pairs: deque[tuple[Array, Array]] = deque(maxlen=MEMORY)
    while run.goes_on():
        if len(run.history) == 11 and first is not None and _pays(run):
            inverse = _inverse(run.gram() + first / 100, objective.lam)
        W, G = run.W, run.G
        if run.search(-_lbfgs_direction(G, pairs, inverse)):
            s, g = run.W - W, run.G - G
            if (curvature := np.vdot(s, g)) > 0:
                pairs.append((s / np.sqrt(curvature), g / np.sqrt(curvature)))
    return run.result()


@quietly
def newton_cg(
    W: ArrayLike, objective: Objective, *, tolerance: float = 1e-8, max_passes: int = 1000
) -> Result:
    """Newton's method: each step solves H D = −∇L(W) by conjugate gradients.

    The Hessian enters only through products, so nothing of size C(m + 1) squared is built, and
    a singular Hessian is no obstacle: the iteration never leaves the directions in which the
    loss is curved. A step is halved until it lowers the loss enough.

    Parameters and errors as for `gradient_descent`.

    Returns
    -------
    Result
        One entry of history per Newton step, which takes several passes.

    References
    ----------
    Nocedal and Wright, Numerical Optimization, second edition (2006), chapter 7.

    Examples
    --------
    >>> from softmax_lib import Objective, add_bias, load_iris
    >>> features, y = load_iris()
    >>> W, objective = np.zeros((3, 5)), Objective(add_bias(features), y, C=3, lam=1e-3)
    >>> newton_cg(W, objective).converged
    True
    >>> gradient_descent(W, objective).converged
    False
    """
    run = Run(W, objective, tolerance, max_passes)
    while run.goes_on():
        run.search(_newton_direction(run))
    return run.result()


def _inverse(A, lam):
    """G ↦ G times the inverse of A + λ diag(0, 1, …, 1), or 0 where that is singular."""
    A = A + lam * np.diag(np.r_[0.0, np.ones(len(A) - 1)])
    scale = 1 / np.sqrt(np.where(A.diagonal() > 0, A.diagonal(), 1))  # for columns of any size
    values, U = np.linalg.eigh(scale[:, None] * A * scale)
    regular = values > len(A) * np.finfo(float).eps * values[-1]
    R = scale[:, None] * U[:, regular] / np.sqrt(values[regular])
    return lambda G: G @ R @ R.T


def _pays(run):
    """Whether the matrix at W takes less time than the third of the steps left that it saves."""
    done, left = np.log([run.history[0][1] / run.norm, run.norm / run.tolerance])
    return left > max(1 / 2, run.G.shape[1] / (20 * len(run.G))) * done


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
