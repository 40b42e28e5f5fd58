"""What the minimisers share: where a run stands, what it has cost, when it ends, a line search."""

from dataclasses import dataclass
from numbers import Integral

import numpy as np
from numpy.typing import ArrayLike, NDArray

from softmax_lib.blocked import Objective
from softmax_lib.checks import check_positive, checked_matrix

__all__ = ["Result"]

quietly = np.errstate(over="ignore", invalid="ignore")  # a run says in words what is not finite

Array = NDArray[np.float64]


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

    >>> from softmax_lib import Objective, add_bias, gradient_descent
    >>> objective = Objective(add_bias([[0.0], [1.0], [2.0]]), [0, 1, 1], C=2)
    >>> result = gradient_descent(np.zeros((2, 2)), objective, max_passes=3)
    >>> print(result)
    stopped at max_passes = 3 with gradient norm 0.193 > 1e-06
    loss 0.334576, 3 passes over the data
    >>> bool((np.diff(result.loss) < 0).all())
    True
    """

    W: Array
    loss: Array
    gradient_norm: Array
    passes: NDArray[np.integer]
    converged: bool
    reason: str

    def __str__(self) -> str:
        return f"{self.reason}\nloss {self.loss[-1]:.6g}, {self.passes[-1]} passes over the data"


class Run:
    """One minimisation under way: its weights W, the loss L and gradient G there, its history."""

    def __init__(
        self, W: ArrayLike, objective: Objective, tolerance: float, max_passes: int
    ) -> None:
        check_positive(tolerance=tolerance)
        check_positive(Integral, max_passes=max_passes)
        if not isinstance(objective, Objective):
            kind = type(objective).__name__
            raise TypeError(f"objective must be an Objective, as Objective(X, y, C), got {kind}")
        self.W = checked_matrix("W", W, "(C, m + 1)").astype(float)  # a copy
        if self.W.shape != objective.shape:
            raise ValueError(
                f"W must have the shape that the data ask for, {objective.shape},"
                f" got {self.W.shape} (add_bias adds the column of ones to X)"
            )
        self.objective, self.max_passes = objective, max_passes
        self.tolerance = float(tolerance)
        self.history: list[tuple[float, float, int]] = []
        self.passes, self.reason = 0, ""
        self.move(self.W, *objective(self.W))
        if not self.history:
            names = "X, W and lam" if self.W.any() else "X"
            raise ValueError(f"{names} must give a finite loss and gradient, got numbers too large")

    def evaluate(self, W: Array) -> tuple[float, Array]:
        self.passes += 1
        return self.objective(W)

    def hessian_product(self, V: Array) -> Array:
        self.passes += 1
        return self.objective.hessian_product(self.W, V)

    def gram(self) -> Array:
        self.passes += 1
        return self.objective.gram(self.W)

    def bound(self) -> float:
        """The bound on the curvature: a step of at most its inverse lowers the loss."""
        return float(np.linalg.eigvalsh(self.objective.gram())[-1]) / 2 + self.objective.lam

    def step(self, step: float | None) -> float:
        """The step γ that the caller wants, or the one that the bound allows: any, if it is 0."""
        step = 1 / (self.bound() or 1.0) if step is None else step
        check_positive(step=step)
        return float(step)

    def move(self, W: Array, L: float, G: Array) -> None:
        """Go to W, where the loss is L and the gradient G, unless they are not finite."""
        norm = float(np.linalg.norm(G))
        if not (np.isfinite(L) and np.isfinite(norm)):
            self.reason = f"diverged: the loss is not finite after pass {self.passes}"
            return
        self.W, self.L, self.G, self.norm = W, L, G, norm
        self.history.append((L, self.norm, self.passes))

    def search(self, D: Array, step: float = 1.0, share: float = 1e-4) -> float:
        """Go along D: halve the step until the loss falls by a share of what its slope promises.

        Returns the step, or 0 if there is none.
        """
        slope = np.vdot(self.G, D)
        for halved in range(60):  # where the loss is almost flat, D is up to 1/eps = 2^52 long
            W = self.W + step * D
            L, G = self.evaluate(W)
            change = L - self.L
            if abs(change) <= 45 * self.objective.eps * abs(L):
                # hidden by rounding: take the mean of the slopes, by which a short step seems good
                if halved >= 20:
                    break
                change = step * (slope + np.vdot(G, D)) / 2
            if change <= share * step * slope:
                self.move(W, L, G)
                return step
            step /= 2
        self.reason = f"stopped after {self.passes} passes: rounding hides any further decrease,"
        self.reason += f" gradient norm {self.norm:.3g}"
        return 0

    def goes_on(self) -> bool:
        """Whether another step is due; if not, `reason` says why."""
        if not self.reason and self.norm <= self.tolerance:
            self.reason = f"converged: gradient norm {self.norm:.3g} <= {self.tolerance:g}"
            self.reason += f" after {self.passes} passes"
        if not self.reason and self.passes >= self.max_passes:
            self.reason = f"stopped at max_passes = {self.max_passes}"
            self.reason += f" with gradient norm {self.norm:.3g} > {self.tolerance:g}"
        return not self.reason

    def result(self, step: float | None = None) -> Result:
        """The history so far; a fixed step is named where it was too large."""
        reason = self.reason
        if reason.startswith("diverged") and step is not None:
            bound = 2 / self.bound()
            reason += f"; any step below {bound:.2g} lowers it, this was {step:.2g}"
        loss, norm, passes = map(np.array, zip(*self.history, strict=True))
        return Result(self.W, loss, norm, passes, self.norm <= self.tolerance, reason)
