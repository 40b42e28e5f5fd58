"""SoftmaxRegression: the model of this course behind scikit-learn's interface."""

import math
import warnings
from dataclasses import replace
from numbers import Integral, Number
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import compute_class_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from softmax_lib.blocked import Objective, Rows, blocks, times
from softmax_lib.checks import (
    TOO_LARGE,
    check_positive,
    check_unmasked,
    checked_array,
    checked_not_negative,
    checked_weights,
)
from softmax_lib.data import Sparse, add_bias
from softmax_lib.exact import log_softmax, softmax
from softmax_lib.optimize import lbfgs_of
from softmax_lib.run import Run, quietly

__all__ = ["SoftmaxRegression"]


class SoftmaxRegression(ClassifierMixin, BaseEstimator):
    """Softmax regression, also called multinomial logistic regression.

    Minimises the mean negative log-likelihood plus (λ/2) ‖W without its bias column‖² with
    `softmax_lib.lbfgs`. The model adds the column of ones itself.

    Parameters
    ----------
    lam : float
        λ ≥ 0, the weight of the penalty. scikit-learn's `LogisticRegression(C=c)` has the same
        objective, divided by M c, for λ = 1/(M c), when there are three classes or more.
    tol : float
        Stop when the length of the gradient is at most this share of its length at W = 0, both
        for features that are centred and about as large as one.
    max_iter : int
        Most passes over the data; a fit that needs more gives a ConvergenceWarning.
    class_weight : dict or "balanced", optional
        A factor for the weights of the examples of each class, 1 for a class that is not named.
        "balanced" takes factors that give each class the same total weight.

    Attributes
    ----------
    classes_ : ndarray, shape (C,)
        The labels that occurred, sorted.
    coef_ : ndarray, shape (C, m)
        Weights, one row per class.
    intercept_ : ndarray, shape (C,)
        Biases.
    n_iter_ : int
        Passes over the data that the last fit took.
    result_ : softmax_lib.Result
        How the last fit went; its gradients are those of which `tol` speaks.
    n_features_in_ : int
        m.

    Raises
    ------
    ValueError
        If there are fewer than two classes, X or y is not a finite matrix or vector that fit
        together, λ is negative, or a weight is negative or all are zero.

    Notes
    -----
    One row of weights per class also for two classes, where scikit-learn keeps a single row w.
    Only the difference of our rows matters for the probabilities, and the penalty is least when
    they are w/2 and −w/2. Then our penalty is (λ/2)(‖w/2‖² + ‖w/2‖²) = (λ/4)‖w‖²: half of the
    (λ/2)‖w‖² that a single row pays. So our λ corresponds to λ/2 there: with two classes,
    `LogisticRegression(C=c)` agrees with λ = 2/(M c).

    All is computed in float64, and the units and the zero of the features do not matter to the
    fit: it takes each column relative to its mean, and all of them in units of a power of two.
    A file, `np.load(path, mmap_mode="r")`, is read block by block at each pass, and never copied
    as a whole. Sparse features stay sparse: they keep their units and their zero.

    A constant or dependent column of X is no obstacle: the penalty, or without a penalty the
    start at zero, decides among weights that give the same probabilities.

    Examples
    --------
    Labels may be anything that sorts.

    >>> X = [[0.0], [1.0], [2.0], [3.0]]
    >>> model = SoftmaxRegression(lam=0.1).fit(X, ["cold", "cold", "warm", "warm"])
    >>> model.predict([[0.5], [2.5]]).tolist()
    ['cold', 'warm']
    >>> model.predict_proba([[1.5]]).round(3)
    array([[0.5, 0.5]])
    """

    def __init__(
        self,
        lam: float = 1e-3,
        *,
        tol: float = 1e-6,
        max_iter: int = 1000,
        class_weight: dict[Any, float] | Literal["balanced"] | None = None,
    ) -> None:
        self.lam = lam
        self.tol = tol
        self.max_iter = max_iter
        self.class_weight = class_weight

    def fit(
        self, X: ArrayLike | Sparse, y: ArrayLike, sample_weight: ArrayLike | None = None
    ) -> Self:
        """Fit to features X, shape (M, m), without the column of ones, and labels y, shape (M,).

        The weights of the examples, shape (M,), are one unless given; an integer counts an
        example as often.
        """
        in_file = isinstance(X, np.memmap)
        X, y = self._checked(X, y, in_file)
        classes = _classes(y)
        labels = np.searchsorted(classes, y)
        weights = self._weights(y, classes, labels, sample_weight)
        if hasattr(X, "tocsr"):
            design, mean, unit = add_bias(X), 0.0, 1.0
        else:
            rows = _centred(X, weights, (len(classes), X.shape[1] + 1))
            mean, unit = rows.origin, rows.unit
            design = rows if in_file else rows[:]
        # the same penalty, on weights that are larger by the unit
        lam = min(checked_not_negative("lam", self.lam) / unit / unit, 1e300)
        result = self._minimise(Objective(design, labels, len(classes), lam, weights))
        if not result.converged:
            warnings.warn(result.reason, ConvergenceWarning, stacklevel=2)
        self.classes_, self.n_iter_ = classes, int(result.passes[-1])
        self.coef_ = result.W[:, 1:] / unit
        self.intercept_ = result.W[:, 0] - (self.coef_ * mean).sum(axis=1)
        self.result_ = replace(result, W=np.column_stack([self.intercept_, self.coef_]))
        return self

    def decision_function(self, X: ArrayLike | Sparse) -> NDArray[np.float64]:
        """Scores, shape (M, C); for two classes, as scikit-learn wants, s₂ − s₁, shape (M,)."""
        S = self._scores(X)
        return S[:, 1] - S[:, 0] if len(self.classes_) == 2 else S

    def predict_proba(self, X: ArrayLike | Sparse) -> NDArray[np.floating]:
        """Probabilities, shape (M, C), in the order of `classes_`."""
        return softmax(self._scores(X))

    def predict_log_proba(self, X: ArrayLike | Sparse) -> NDArray[np.floating]:
        """Their logarithms, exact also where a probability is too small for a float."""
        return log_softmax(self._scores(X))

    def predict(self, X: ArrayLike | Sparse) -> NDArray[Any]:
        """The most probable class of each row, shape (M,)."""
        S = self._scores(X)  # first: it says so when the model is not fitted
        return self.classes_[S.argmax(axis=1)]

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        return tags

    def _checked(self, X, y, in_file):
        for name, array in (("X", X), ("y", y)):
            check_unmasked(name, array)
        if in_file:
            checked_array("X", X)
        dtype = "numeric" if in_file else np.float64  # another type would be a copy
        X, y = validate_data(self, X, _labels(y), accept_sparse="csr", dtype=dtype)
        if y.dtype.kind not in "biu":  # integers are classes, and this takes as long as ten passes
            check_classification_targets(y)
        return X, y

    def _weights(self, y, classes, labels, sample_weight):
        """The weights of the examples times the factors of their classes, or None for all one."""
        weights = None if sample_weight is None else checked_weights(sample_weight, len(labels))
        if self.class_weight is None:
            return weights
        if isinstance(self.class_weight, dict):
            factors = checked_array("class_weight", list(self.class_weight.values()))
            if factors.ndim != 1:
                raise ValueError(
                    f"class_weight must have a number for each class, got {self.class_weight}"
                )
        with np.errstate(divide="ignore"):  # of a class without weight, which is named below
            factors = compute_class_weight(
                self.class_weight, classes=classes, y=y, sample_weight=weights
            )
        if not (np.isfinite(factors).all() and (factors >= 0).all() and factors.any()):
            got = dict(zip(classes.tolist(), factors.tolist(), strict=True))
            raise ValueError(
                f"class_weight must be finite, not negative and not all zero, got {got}"
                + ("; balanced needs weight in each class" if np.inf in factors else "")
            )
        return checked_weights(factors[labels] * (1 if weights is None else weights), len(labels))

    @quietly
    def _minimise(self, objective):
        check_positive(tol=self.tol)
        check_positive(Integral, max_iter=self.max_iter)
        run = Run(np.zeros(objective.shape), objective, self.tol, self.max_iter)
        run.tolerance = run.norm * (1 if _is_rounding(run.G, objective) else self.tol)
        return lbfgs_of(run)

    def _scores(self, X):
        check_is_fitted(self, "coef_")
        check_unmasked("X", X)
        if not isinstance(X, np.memmap) or X.ndim != 2:
            return self._scores_of_block(X)
        rows = max(1, 1_000_000 // (X.shape[1] or 1))  # a file is never in memory as a whole
        blocks = (X[n : n + rows] for n in range(0, max(1, len(X)), rows))
        return np.concatenate([self._scores_of_block(block) for block in blocks])

    def _scores_of_block(self, X):
        X = validate_data(self, X, accept_sparse="csr", dtype=np.float64, reset=False)
        with np.errstate(over="ignore", invalid="ignore"):
            S = X @ self.coef_.T + self.intercept_
        if not np.isfinite(S).all():
            raise ValueError(f"X must give finite scores, got numbers up to {abs(X).max():g}")
        return S


def _centred(X, weights, shape):
    """The rows of X relative to their mean, in a unit next to the mean distance from it."""
    omega = np.ones(len(X)) if weights is None else weights

    def mean_over(rows, of=np.asarray):
        return sum(w @ of(x[:, 1:]) for x, w in blocks(shape, rows, omega)) / omega.sum()

    with np.errstate(over="ignore", invalid="ignore"):
        one = X[omega.argmax()].astype(float)  # what is the same in all rows is exactly the mean
        mean = one + mean_over(Rows(X, one))
        distance = mean_over(Rows(X, mean), np.abs).mean()
    if not np.isfinite(distance):
        raise ValueError(f"{TOO_LARGE}, got up to {max(X.max(), -X.min()):g}")
    unit = math.ldexp(0.5, max(int(np.frexp(distance)[1]), -1000))  # one over it is a number
    return Rows(X, mean, unit)


def _labels(y):
    """Labels as an array of their kind: sorting fails for text among numbers, or makes it all text.

    Labels of several kinds come in lists and in arrays of objects. The integers of pandas that may
    be missing are none of NumPy's, and scikit-learn would make floats of them.
    """
    y = np.asarray(y) if hasattr(y, "__array__") else y
    if y is None or getattr(getattr(y, "dtype", None), "kind", "O") not in "OT":
        return y
    labels = np.asarray(y, object)
    kinds = {next((k for k in (str, Number) if isinstance(v, k)), type(v)) for v in labels.flat}
    if len(kinds) > 1:
        names = " and ".join(sorted(kind.__name__ for kind in kinds))
        raise ValueError(f"y must hold labels of one kind, got {names}")
    array, distinct = np.array(labels.tolist()), kinds <= {str, Number} and set(labels.flat)
    # integers beyond 2^53 become floats, and text loses a zero at its end
    if distinct and len(np.unique(array)) < len([v for v in distinct if v == v]):
        raise ValueError(f"y must hold labels that an array of {array.dtype} tells apart")
    return array


def _classes(y):
    """The labels that occur, sorted."""
    classes = np.unique(y)  # its inverse would take three times the memory of the labels
    if len(classes) < 2:
        raise ValueError(f"y must hold at least 2 classes, got one class only: {classes[0]}")
    return classes


@quietly
def _is_rounding(G, objective):
    """Whether W = 0 is the minimum up to rounding: no step from there changes a score."""
    noise = np.finfo(float).eps * np.sqrt(len(objective.y))  # of a mean of numbers around one
    if (np.abs(G[:, 0]) > noise).any():  # the classes do not balance
        return False
    squares = sum(times(x, x).sum(0) for (x,) in blocks(objective.shape, objective.X))
    squares, G = squares / len(objective.y), np.abs(G)
    # a step changes the scores by about G times the size of the column over the curvature
    return bool(((G == 0) | (G * np.sqrt(squares) < noise * (squares + objective.lam))).all())
