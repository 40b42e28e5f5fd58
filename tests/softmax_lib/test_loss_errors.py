"""What the objective and its derivatives refuse."""

import re

import numpy as np
import pytest

from softmax_lib import (
    curvature_bound,
    gradient,
    hessian_vector_product,
    loss,
    loss_and_gradient,
    one_hot,
)

# Errors

W0, X0, Y0 = np.zeros((3, 2)), np.ones((4, 2)), np.array([0, 1, 2, 0])


def spoiled(A, index, value):
    A = A.astype(float)
    A[index] = value
    return A


BAD = {
    "W is a vector": (
        {"W": np.zeros(3)},
        "W must have shape (C, m + 1), each at least 1, got (3,)",
    ),
    "W has no column": (
        {"W": np.zeros((3, 0))},
        "W must have shape (C, m + 1), each at least 1, got (3, 0)",
    ),
    "W has one class": (
        {"W": np.zeros((1, 2))},
        "W must have a row for each of at least 2 classes, got 1",
    ),
    "W has a nan": (
        {"W": spoiled(W0, (2, 1), np.nan)},
        "W must be finite, got nan at [2, 1]",
    ),
    "W is complex": (
        {"W": W0 * 1j},
        "W must hold real numbers, got an array of complex128",
    ),
    "X is three-dimensional": (
        {"X": np.ones((4, 2, 1))},
        "X must have shape (M, m + 1), each at least 1, got (4, 2, 1)",
    ),
    "X has no example": (
        {"X": np.ones((0, 2)), "y": np.empty(0, int)},
        "X must have shape (M, m + 1), each at least 1, got (0, 2)",
    ),
    "X is a number": (
        {"X": 1.0},
        "X must have shape (M, m + 1), each at least 1, got ()",
    ),
    "X has infinities": (
        {"X": spoiled(X0, ([3, 1], [0, 1]), -np.inf)},
        "X must be finite, got -inf at [1, 1]",
    ),
    "X is text": (
        {"X": np.array([["a", "b"]] * 4)},
        "X must hold real numbers, got an array of <U1",
    ),
    "X lacks the ones": (
        {"X": np.ones((4, 1))},
        "X must have as many columns as W, 2, got 1 (add_bias adds the column of ones)",
    ),
    "y is two-dimensional": (
        {"y": one_hot(Y0, 3).astype(int)},
        "labels must have shape (M,), got (4, 3)",
    ),
    "y is too short": (
        {"y": Y0[:3]},
        "y must have one label for each row of X, 4, got 3",
    ),
    "y is too long": (
        {"y": np.append(Y0, 0)},
        "y must have one label for each row of X, 4, got 5",
    ),
    "y counts from 1": (
        {"y": Y0 + 1},
        "labels must lie in 0..2 (C = 3 classes), got 3 at index 2",
    ),
    "y has a -1": (
        {"y": [0, -1, -2, 0]},
        "labels must lie in 0..2 (C = 3 classes), got -1 at index 1",
    ),
    "y is float": (
        {"y": Y0.astype(float)},
        "labels must be integers, got an array of float64",
    ),
    "y is bool": (
        {"y": Y0 == 1},
        "labels must be integers, got an array of bool",
    ),
    "y is text": (
        {"y": ["a", "b", "c", "a"]},
        "labels must be integers, got an array of <U1",
    ),
    "lam is negative": (
        {"lam": -0.1},
        "lam must be finite and not negative, got -0.1",
    ),
    "lam is nan": (
        {"lam": np.nan},
        "lam must be finite and not negative, got nan",
    ),
    "lam is infinite": (
        {"lam": np.inf},
        "lam must be finite and not negative, got inf",
    ),
}
by_name = pytest.mark.parametrize("name", BAD)


@by_name
@pytest.mark.parametrize("function", [loss, gradient, loss_and_gradient], ids=lambda f: f.__name__)
def test_bad_input_is_named_with_what_was_expected_and_what_came(name, function):
    change, message = BAD[name]
    arguments = {"W": W0, "X": X0, "y": Y0, "lam": 0.0} | change
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        function(**arguments)


@pytest.mark.parametrize("name", [name for name in BAD if "y" not in BAD[name][0]])
def test_the_hessian_product_names_bad_input_in_the_same_words(name):
    change, message = BAD[name]
    arguments = {"W": W0, "X": X0, "V": W0, "lam": 0.0} | change
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        hessian_vector_product(**arguments)


@pytest.mark.parametrize(
    "name",
    [name for name in BAD if name.startswith(("X", "lam")) and name != "X lacks the ones"],
)
def test_the_curvature_bound_names_bad_input_in_the_same_words(name):
    change, message = BAD[name]
    arguments = {"X": X0, "lam": 0.0} | {k: v for k, v in change.items() if k != "y"}
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        curvature_bound(**arguments)


@pytest.mark.parametrize("name", ["y is two-dimensional", "y has a -1", "y is float", "y is bool"])
def test_one_hot_names_bad_labels_in_the_same_words(name):
    change, message = BAD[name]
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        one_hot(change["y"], 3)


def test_the_bound_of_features_whose_squares_overflow_is_an_error():
    message = "X must hold numbers whose squares are finite, got up to 1e+160"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        curvature_bound([[1.0, 1e160]])


def test_a_direction_must_have_the_shape_of_the_weights():
    message = re.escape("V must have the shape of W, (3, 2), got (2, 3)")
    with pytest.raises(ValueError, match=f"^{message}$"):
        hessian_vector_product(W0, X0, W0.T)
