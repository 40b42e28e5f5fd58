"""What all minimisers promise, and what they refuse."""

import re

import numpy as np
import pytest
from minimisers import check_result, every, problem, searching, task

from softmax_lib import Objective, gradient, gradient_descent, loss, sgd

# What every result promises


@every
@pytest.mark.parametrize("lam", [0.0, 0.1])
@pytest.mark.parametrize("C", [2, 3, 5])
def test_histories_belong_together_and_end_at_W_within_1e_9(minimise, lam, C):
    W, X, y = problem(C=C)
    result = minimise(W, Objective(X, y, len(W), lam), tolerance=1e-3)
    check_result(result, X, y, lam, 1e-3)
    assert result.loss[0] == pytest.approx(loss(W, X, y, lam), rel=1e-12)
    norm = np.linalg.norm(gradient(W, X, y, lam))
    assert result.gradient_norm[0] == pytest.approx(norm, rel=1e-9)
    assert result.passes[0] == 0
    assert result.converged


@every
def test_a_start_whose_gradient_is_as_long_as_the_tolerance_is_returned_in_a_copy(minimise):
    W, objective = task()
    result = minimise(W, objective, tolerance=float(np.linalg.norm(objective(W)[1])))
    assert result.converged
    assert len(result.loss) == 1
    np.testing.assert_array_equal(result.W, W)
    assert not np.shares_memory(result.W, W)


@searching
@pytest.mark.parametrize("lam", [0.0, 0.01])
def test_features_of_float32_need_about_as_many_passes_as_those_of_float64(minimise, lam):
    W, X, y = problem()
    single, double = (Objective(A, y, 3, lam) for A in (X.astype(np.float32), X))
    result, expected = (minimise(W, o, tolerance=3e-6) for o in (single, double))
    assert result.converged
    assert result.passes[-1] <= 1.5 * expected.passes[-1]


# Errors

POSITIVE = "must be positive and finite, got"
OVERFLOW = "X, W and lam must give a finite loss and gradient, these overflow"
ASKED = (
    "W must have the shape that the data ask for, (3, 5), got (3, 4)"
    " (add_bias adds the column of ones to X)"
)


@every
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"W": np.zeros((3, 4))}, ASKED),
        ({"W": np.full((3, 5), np.nan)}, "W must be finite, got nan at [0, 0]"),
        ({"W": np.full((3, 5), 1e300)}, OVERFLOW),
        ({"tolerance": 0.0}, f"tolerance {POSITIVE} 0.0"),
        ({"tolerance": np.nan}, f"tolerance {POSITIVE} nan"),
        ({"tolerance": "1"}, f"tolerance {POSITIVE} '1'"),
        ({"max_passes": -1}, f"max_passes {POSITIVE} -1"),
        ({"max_passes": np.inf}, f"max_passes {POSITIVE} inf"),
        ({"max_passes": 1.5}, "max_passes must be a whole number, got 1.5"),
    ],
)
def test_bad_input_is_named_by_every_method(minimise, change, message):
    W, objective = task(lam=1.0)
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        minimise(**({"W": W, "objective": objective} | change))


@pytest.mark.parametrize(
    ("minimise", "change", "message"),
    [
        (gradient_descent, {"step": 0}, f"step {POSITIVE} 0"),
        (gradient_descent, {"step": np.inf}, f"step {POSITIVE} inf"),
        (sgd, {"batch_size": 0}, f"batch_size {POSITIVE} 0"),
        (sgd, {"batch_size": np.inf}, f"batch_size {POSITIVE} inf"),
        (sgd, {"decay": -1.0}, "decay must be finite and not negative, got -1.0"),
        (sgd, {"decay": "1"}, "decay must be finite and not negative, got '1'"),
        (sgd, {"rng": 0}, "rng must be a Generator, as numpy.random.default_rng(0), got int"),
    ],
)
def test_bad_options_are_named_by_the_method_that_has_them(minimise, change, message):
    good = {"batch_size": 5, "rng": np.random.default_rng(0)} if minimise is sgd else {}
    with pytest.raises((TypeError, ValueError), match=f"^{re.escape(message)}$"):
        minimise(*task(), **(good | change))


@every
@pytest.mark.parametrize("data", [np.ones((30, 5)), Objective, lambda W: (0.0, W)])
def test_what_is_no_objective_is_refused(minimise, data):
    message = "objective must be an Objective, as Objective(X, y, C), got "
    with pytest.raises(TypeError, match=f"^{re.escape(message)}{type(data).__name__}$"):
        minimise(np.zeros((3, 5)), data)


@every
def test_features_whose_gradient_overflows_are_refused(minimise):
    W, X, y = problem()
    with pytest.raises(ValueError, match=f"^{OVERFLOW}$"):
        minimise(W, Objective(1e160 * X, y, 3, 1.0))


@every
def test_data_without_information_need_no_step(minimise):
    result = minimise(np.zeros((3, 2)), Objective(np.zeros((3, 2)), [0, 1, 2], 3))
    assert result.converged
    assert result.passes.tolist() == [0]
