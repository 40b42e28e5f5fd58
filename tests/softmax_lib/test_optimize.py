"""What all minimisers promise, and what they refuse."""

import re

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse
from minimisers import check_result, every, problem, task

from softmax_lib import (
    Objective,
    Result,
    gradient,
    gradient_descent,
    loss,
    sgd,
)

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
def test_a_start_that_is_good_enough_is_returned_as_it_is(minimise):
    W, X, y = problem()
    result = minimise(W + 1.0, Objective(X, y, 3), tolerance=1e3)
    np.testing.assert_array_equal(result.W, W + 1.0)
    assert len(result.loss) == 1
    assert result.converged


@every
def test_a_gradient_exactly_as_long_as_the_tolerance_is_small_enough(minimise):
    W, X, y = problem()
    norm = float(np.linalg.norm(Objective(X, y, 3)(W)[1]))
    assert len(minimise(W, Objective(X, y, len(W)), tolerance=norm).loss) == 1


@every
def test_the_start_is_not_modified_and_the_data_may_be_read_only(minimise):
    W, X, y = problem()
    W += 0.5
    copies = [A.copy() for A in (W, X, y)]
    for A in (W, X, y):
        A.flags.writeable = False
    assert minimise(W, Objective(X, y, len(W), 0.1), tolerance=1e-3).converged
    for A, copy in zip((W, X, y), copies, strict=True):
        np.testing.assert_array_equal(A, copy)


@every
def test_lists_are_taken_and_integer_weights_are_no_trap(minimise):
    _, X, y = problem(C=2)
    as_lists = minimise([[0] * 5, [0] * 5], Objective(X.tolist(), y.tolist(), 2, 0.1))
    as_arrays = minimise(np.zeros((2, 5)), Objective(X, y, 2, 0.1))
    np.testing.assert_allclose(as_lists.W, as_arrays.W, rtol=1e-12, atol=1e-12)


@every
def test_features_may_stand_in_a_file_or_be_sparse_within_1e_9(minimise, tmp_path):
    W, X, y = problem()
    np.save(tmp_path / "X.npy", X[:, 1:])
    mapped = np.load(tmp_path / "X.npy", mmap_mode="r")
    expected = minimise(W, Objective(X, y, len(W), 0.1), tolerance=1e-6)
    for objective in (
        Objective(mapped, y, 3, 0.1, bias=True),
        Objective(scipy.sparse.csr_array(X), y, 3, 0.1),
    ):
        result = minimise(W, objective, tolerance=1e-6)
        np.testing.assert_allclose(result.W, expected.W, rtol=0, atol=1e-9)
        np.testing.assert_array_equal(result.passes, expected.passes)


@every
def test_weights_of_examples_count_them_as_often_within_1e_5(minimise):
    W, X, y = problem()
    times = np.random.default_rng(1).integers(0, 4, len(X))
    weighted = minimise(W, Objective(X, y, 3, 0.1, times), tolerance=1e-7)
    repeated = Objective(np.repeat(X, times, axis=0), np.repeat(y, times), 3, 0.1)
    repeated = minimise(W, repeated, tolerance=1e-7)
    assert weighted.converged
    np.testing.assert_allclose(weighted.W, repeated.W, rtol=0, atol=1e-5)


def test_a_result_in_words_is_its_reason_its_loss_and_its_passes():
    result = Result(
        np.zeros((2, 2)), np.array([1.5, 0.25]), np.ones(2), np.array([0, 7]), True, "ok"
    )
    assert str(result) == "ok\nloss 0.25, 7 passes over the data"


def test_a_result_cannot_be_changed():
    with pytest.raises(AttributeError):
        gradient_descent(*task()).converged = True


# Errors


@every
@pytest.mark.parametrize(
    ("W", "tolerance", "message"),
    [
        (
            np.zeros((3, 4)),
            1e-6,
            "W must have the shape that the data ask for, (3, 5), got (3, 4)"
            " (add_bias adds the column of ones to X)",
        ),
        (np.full((3, 5), np.nan), 1e-6, "W must be finite, got nan at [0, 0]"),
        (np.zeros((3, 5)), 0.0, "tolerance must be positive and finite, got 0.0"),
        (np.zeros((3, 5)), -1.0, "tolerance must be positive and finite, got -1.0"),
        (np.zeros((3, 5)), np.nan, "tolerance must be positive and finite, got nan"),
        (np.zeros((3, 5)), "1", "tolerance must be positive and finite, got '1'"),
    ],
)
def test_bad_input_is_named_by_every_method(minimise, W, tolerance, message):
    _, objective = task()
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        minimise(W, objective, tolerance=tolerance)


@every
@pytest.mark.parametrize("data", [np.ones((30, 5)), Objective, lambda W: (0.0, W)])
def test_what_is_no_objective_is_refused(minimise, data):
    message = "objective must be an Objective, as Objective(X, y, C), got "
    with pytest.raises(TypeError, match=f"^{re.escape(message)}{type(data).__name__}$"):
        minimise(np.zeros((3, 5)), data)


@pytest.mark.parametrize("name", ["step", "max_passes"])
@pytest.mark.parametrize("value", [0, -1, np.inf, np.nan])
def test_step_and_number_of_passes_must_be_positive_and_finite(name, value):
    with pytest.raises(ValueError, match=f"^{name} must be positive and finite, got {value}$"):
        gradient_descent(*task(), **{name: value})


@pytest.mark.parametrize("value", [0, -3, np.inf])
def test_the_size_of_a_batch_must_be_positive(value):
    message = f"batch_size must be positive and finite, got {value}"
    with pytest.raises(ValueError, match=f"^{message}$"):
        sgd(*task(), batch_size=value, rng=np.random.default_rng(0))


@pytest.mark.parametrize("value", [-1.0, np.inf, np.nan, "1"])
def test_the_decay_must_not_be_negative(value):
    message = f"decay must be finite and not negative, got {value!r}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        sgd(*task(), batch_size=5, rng=np.random.default_rng(0), decay=value)


@every
@pytest.mark.parametrize(("scale", "size"), [(1, 1e300), (1e160, 0)], ids=["W", "X"])
def test_a_start_at_which_the_loss_or_the_gradient_overflows_is_refused(minimise, scale, size):
    W, X, y = problem()
    message = "X, W and lam must give a finite loss and gradient, these overflow"
    with pytest.raises(ValueError, match=f"^{message}$"):
        minimise(W + size * np.eye(3, 5), Objective(scale * X, y, 3, 1.0))


@every
def test_data_without_information_need_no_step(minimise):
    result = minimise(np.zeros((3, 2)), Objective(np.zeros((3, 2)), [0, 1, 2], 3))
    assert result.converged
    assert result.passes.tolist() == [0]


def test_mini_batches_want_a_generator_and_no_seed():
    message = "rng must be a Generator, as numpy.random.default_rng(0), got int"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        sgd(*task(), batch_size=5, rng=0)
