"""What SoftmaxRegression warns of and refuses."""

import re

import numpy as np
import pytest
from sklearn.exceptions import ConvergenceWarning

from softmax_lib import load_iris
from softmax_lib.model import SoftmaxRegression


def test_a_fit_that_needs_more_steps_gives_a_convergence_warning_with_the_reason():
    with pytest.warns(ConvergenceWarning, match="^stopped at max_passes = 2 with") as w:
        model = SoftmaxRegression(max_iter=2).fit(*load_iris())
    assert w[0].filename == __file__
    assert model.n_iter_ == 2
    assert not model.result_.converged


@pytest.mark.parametrize("label", [3, "ant"])
def test_one_class_is_an_error_that_names_it(label):
    message = f"y must hold at least 2 classes, got one class only: {label}"
    with pytest.raises(ValueError, match=f"^{message}$"):
        SoftmaxRegression().fit([[1.0], [2.0]], [label, label])


METHODS = ["predict", "predict_proba", "predict_log_proba", "decision_function"]
X0 = load_iris()[0]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(
    ("features", "message"),
    [
        (np.where(X0 > 7, np.nan, X0), "Input X contains NaN"),
        (np.ones((3, 4)) * 1j, "Complex data not supported"),
        (np.empty((0, 4)), "Found array with 0 sample(s) (shape=(0, 4)) while a minimum of 1"),
        (np.ones((2, 3)), "X has 3 features, but SoftmaxRegression is expecting 4 features as"),
        (np.full((1, 4), 1e308), "X must give finite scores, got numbers up to 1e+308"),
    ],
)
def test_bad_features_in_a_file_are_the_errors_that_they_are_in_memory(
    method, features, message, tmp_path
):
    model = SoftmaxRegression().fit(*load_iris())
    np.save(tmp_path / "X.npy", features)
    for X in (features, np.load(tmp_path / "X.npy", mmap_mode="r")):
        with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
            getattr(model, method)(X)


@pytest.mark.parametrize("labels", [np.where(X0[:, 0] > 7, np.nan, 1.0), np.ones((150, 2)), None])
def test_bad_labels_of_a_file_are_refused_without_a_warning(labels, tmp_path):
    np.save(tmp_path / "X.npy", X0)
    with pytest.raises(ValueError, match=r"Input y contains NaN|y should be a 1d array"):
        SoftmaxRegression().fit(np.load(tmp_path / "X.npy", mmap_mode="r"), labels)


def test_large_numbers_of_float32_in_a_file_are_fitted_like_others(tmp_path):
    X, y = load_iris()
    np.save(tmp_path / "X.npy", (1e30 * X).astype(np.float32))
    model = SoftmaxRegression().fit(np.load(tmp_path / "X.npy", mmap_mode="r"), y)
    assert model.score(1e30 * X, y) > 0.95


@pytest.mark.parametrize("class_weight", [None, "balanced"])
def test_weights_may_be_of_any_size(class_weight):
    X, y = load_iris()
    omega = np.random.default_rng(0).random(150)
    plain = SoftmaxRegression(class_weight=class_weight).fit(X, y, omega)
    for size in (2.0**1023, 2.0**-900):
        scaled = SoftmaxRegression(class_weight=class_weight).fit(X, y, size * omega)
        np.testing.assert_array_equal(scaled.coef_, plain.coef_)


WEIGHTS = "class_weight must be finite, not negative and not all zero, got"


def test_a_class_without_weight_cannot_be_balanced():
    X, y = load_iris()
    message = r" got \{0: 0\.66\d*, 1: inf, 2: 0\.66\d*\}; balanced needs weight in each class$"
    with pytest.raises(ValueError, match=message):
        SoftmaxRegression(class_weight="balanced").fit(X, y, sample_weight=y != 1)


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"lam": -1.0}, "lam must be finite and not negative, got -1.0"),
        ({"tol": 0.0}, "tol must be positive and finite, got 0.0"),
        ({"lam": "1"}, "lam must be finite and not negative, got '1'"),
        ({"tol": "1"}, "tol must be positive and finite, got '1'"),
        ({"max_iter": 0}, "max_iter must be positive and finite, got 0"),
        ({"max_iter": 10.5}, "max_iter must be a whole number, got 10.5"),
        ({"max_iter": True}, "max_iter must be positive and finite, got True"),
        ({"class_weight": {0: -1}}, f"{WEIGHTS} {{0: -1.0, 1: 1.0, 2: 1.0}}"),
        ({"class_weight": {1: np.nan}}, f"{WEIGHTS} {{0: 1.0, 1: nan, 2: 1.0}}"),
        ({"class_weight": {0: 0, 1: 0, 2: 0}}, f"{WEIGHTS} {{0: 0.0, 1: 0.0, 2: 0.0}}"),
    ],
)
def test_bad_parameters_are_named_when_fitting(parameters, message):
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        SoftmaxRegression(**parameters).fit(*load_iris())


@pytest.mark.parametrize("X", [[[1e160], [2e160], [-1e160]], [[1e160], [2e160], [3e160]]])
def test_features_whose_squares_overflow_are_named(X):
    with pytest.raises(ValueError, match=r"^X must hold numbers whose squares are finite"):
        SoftmaxRegression().fit(X, [0, 1, 1])
