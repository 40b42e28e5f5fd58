"""SoftmaxRegression: the model of this course behind scikit-learn's interface."""

import warnings

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from softmax_lib.data import add_bias
from softmax_lib.functions import softmax
from softmax_lib.optimize import newton_cg

__all__ = ["SoftmaxRegression"]


class SoftmaxRegression(ClassifierMixin, BaseEstimator):
    """Softmax regression, also called multinomial logistic regression.

    Minimises the mean negative log-likelihood plus (λ/2) ‖W without its bias column‖² with
    `softmax_lib.newton_cg`. The model adds the column of ones itself.

    Parameters
    ----------
    lam : float
        λ ≥ 0, the weight of the penalty. scikit-learn's `LogisticRegression(C=c)` has the same
        objective, divided by M c, for λ = 1/(M c), when there are three classes or more.
    tol : float
        Stop when the length of the gradient is at most this.
    max_iter : int
        Most Newton steps; a fit that needs more gives a ConvergenceWarning.

    Attributes
    ----------
    classes_ : ndarray, shape (C,)
        The labels that occurred, sorted.
    coef_ : ndarray, shape (C, m)
        Weights, one row per class.
    intercept_ : ndarray, shape (C,)
        Biases.
    n_iter_ : int
        Newton steps taken.
    result_ : softmax_lib.Result
        How the fit went.
    n_features_in_ : int
        m.

    Raises
    ------
    ValueError
        If there are fewer than two classes, X or y is not a finite matrix or vector that fit
        together, or λ is negative.

    Notes
    -----
    One row of weights per class also for two classes, where scikit-learn keeps a single row w.
    Only the difference of our rows matters for the probabilities, and the penalty is least when
    they are w/2 and −w/2. Then our penalty is (λ/2)(‖w/2‖² + ‖w/2‖²) = (λ/4)‖w‖²: half of the
    (λ/2)‖w‖² that a single row pays. So our λ corresponds to λ/2 there: with two classes,
    `LogisticRegression(C=c)` agrees with λ = 2/(M c).

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

    def __init__(self, lam=1e-3, *, tol=1e-6, max_iter=100):
        self.lam = lam
        self.tol = tol
        self.max_iter = max_iter

    def fit(self, X, y):
        """Fit to features X, shape (M, m), without the column of ones, and labels y, shape (M,)."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, y = np.unique(y, return_inverse=True)
        C = len(self.classes_)
        if C < 2:
            raise ValueError(
                f"y must hold at least 2 classes, got one class only: {self.classes_[0]}"
            )
        start = np.zeros((C, X.shape[1] + 1))
        self.result_ = newton_cg(
            start, add_bias(X), y, lam=self.lam, tolerance=self.tol, max_iter=self.max_iter
        )
        if not self.result_.converged:
            warnings.warn(self.result_.reason, ConvergenceWarning, stacklevel=2)
        self.n_iter_ = len(self.result_.loss) - 1
        self.intercept_, self.coef_ = self.result_.W[:, 0], self.result_.W[:, 1:]
        return self

    def decision_function(self, X):
        """Scores, shape (M, C); for two classes, as scikit-learn wants, s₂ − s₁, shape (M,)."""
        S = self._scores(X)
        return S[:, 1] - S[:, 0] if len(self.classes_) == 2 else S

    def predict_proba(self, X):
        """Probabilities, shape (M, C), in the order of `classes_`."""
        return softmax(self._scores(X))

    def predict(self, X):
        """The most probable class of each row, shape (M,)."""
        S = self._scores(X)  # first: it says so when the model is not fitted
        return self.classes_[S.argmax(axis=1)]

    def _scores(self, X):
        check_is_fitted(self)
        X = validate_data(self, X, dtype=np.float64, reset=False)
        return X @ self.coef_.T + self.intercept_
