"""The objective, its gradient and its curvature."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from objectives import EPS, direction, hessian, lams, penalty, problem, problems

from softmax_lib import (
    curvature_bound,
    gradient,
    hessian_vector_product,
    log_softmax,
    loss,
    loss_and_gradient,
    one_hot,
    softmax,
)

# One-hot labels


def test_one_hot_has_a_one_at_the_label_and_zeros_elsewhere():
    y = np.array([2, 0, 1, 1])
    Y = one_hot(y, C=4)
    assert Y.shape == (4, 4)
    assert Y.dtype == np.float64
    for i in range(4):
        for k in range(4):
            assert Y[i, k] == (y[i] == k)


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int64, np.uint64])
def test_labels_may_be_integers_of_any_width(dtype):
    W, X, y = problem()
    assert loss(W, X, y.astype(dtype)) == loss(W, X, y)
    np.testing.assert_array_equal(one_hot(y.astype(dtype), 3), one_hot(y, 3))


@pytest.mark.parametrize("C", [0, -1, "3"])
def test_the_number_of_classes_must_be_positive(C):
    with pytest.raises(ValueError, match=f"^C must be positive and finite, got {C!r}$"):
        one_hot([0], C)


def test_no_labels_have_no_rows():
    assert one_hot(np.empty(0, int), C=3).shape == (0, 3)


# The loss


@given(problems, lams)
def test_loss_is_the_mean_over_one_hot_labels_plus_the_penalty_within_8_eps(problem, lam):
    W, X, y = problem
    Y = one_hot(y, len(W))
    expected = -np.sum(Y * np.log(softmax(X @ W.T))) / len(X) + penalty(W, lam)
    assert loss(W, X, y, lam) == pytest.approx(expected, rel=8 * EPS, abs=8 * EPS)


@given(problems, lams)
def test_integer_labels_pick_what_one_hot_labels_sum_within_8_eps(problem, lam):
    W, X, y = problem
    log_P = log_softmax(X @ W.T)
    picked = -np.mean([log_P[i, y[i]] for i in range(len(y))]) + penalty(W, lam)
    assert loss(W, X, y, lam) == pytest.approx(picked, rel=8 * EPS, abs=8 * EPS)


@pytest.mark.parametrize("C", [2, 3, 10, 1000])
@pytest.mark.parametrize("lam", [0.0, 5.0])
def test_loss_at_zero_weights_is_log_C_within_4_eps(C, lam):
    _, X, y = problem(C=C)
    assert loss(np.zeros((C, X.shape[1])), X, y, lam) == pytest.approx(np.log(C), rel=4 * EPS)


@given(problems, lams)
def test_loss_is_a_float_and_never_negative(problem, lam):
    L = loss(*problem, lam)
    assert type(L) is float
    assert L >= 0


def test_loss_of_the_examples_twice_is_the_loss_within_4_eps():
    W, X, y = problem()
    twice = loss(W, np.vstack([X, X]), np.append(y, y), 0.3)
    assert twice == pytest.approx(loss(W, X, y, 0.3), rel=4 * EPS)


# The gradient


@given(problems, lams, st.integers(0, 10))
def test_gradient_along_a_random_direction_is_the_slope_of_loss_within_1e_8(problem, lam, seed):
    W, X, y = problem
    V, h = direction(W, seed), 1e-5
    slope = (loss(W + h * V, X, y, lam) - loss(W - h * V, X, y, lam)) / (2 * h)
    assert np.sum(gradient(W, X, y, lam) * V) == pytest.approx(slope, rel=1e-8, abs=1e-8)


@given(problems, lams)
def test_gradient_is_the_sum_of_p_minus_y_times_x_over_M_within_1e_13(problem, lam):
    W, X, y = problem
    expected = np.zeros_like(W)
    for x, label in zip(X, y, strict=True):
        p = softmax(W @ x)
        for k in range(len(W)):
            expected[k] += (p[k] - (k == label)) * x / len(X)
    expected[:, 1:] += lam * W[:, 1:]
    np.testing.assert_allclose(gradient(W, X, y, lam), expected, rtol=1e-13, atol=1e-13)


@given(problems)
def test_gradient_sums_to_zero_over_the_classes_without_a_penalty_within_1e_14(problem):
    np.testing.assert_allclose(gradient(*problem).sum(axis=0), 0, atol=1e-14)


@given(problems, st.floats(-10, 10))
def test_without_a_penalty_a_row_added_to_every_class_changes_nothing_within_1e_13(problem, c):
    W, X, y = problem
    shifted = W + c * direction(W[0])
    assert loss(shifted, X, y) == pytest.approx(loss(W, X, y), abs=1e-13)
    np.testing.assert_allclose(gradient(shifted, X, y), gradient(W, X, y), atol=1e-13)


@given(problems, st.floats(-10, 10))
def test_with_a_penalty_a_shift_of_all_biases_still_changes_nothing_within_1e_13(problem, c):
    W, X, y = problem
    shifted = W.copy()
    shifted[:, 0] += c
    expected, G = loss_and_gradient(W, X, y, 0.7)
    assert loss(shifted, X, y, 0.7) == pytest.approx(expected, abs=1e-13)
    np.testing.assert_allclose(gradient(shifted, X, y, 0.7), G, atol=1e-13)


@given(problems)
def test_the_penalty_adds_lam_W_to_the_gradient_outside_the_bias_column_within_1e_14(problem):
    W, X, y = problem
    added = gradient(W, X, y, 0.5) - gradient(W, X, y)
    np.testing.assert_array_equal(added[:, 0], 0)
    np.testing.assert_allclose(added[:, 1:], 0.5 * W[:, 1:], atol=1e-14)


@given(problems, lams)
def test_loss_and_gradient_are_the_two_of_loss_and_gradient(problem, lam):
    L, G = loss_and_gradient(*problem, lam)
    assert loss(*problem, lam) == L
    np.testing.assert_array_equal(gradient(*problem, lam), G)
    assert G.shape == problem[0].shape
    assert G.dtype == np.float64


def test_lists_and_integers_are_taken_as_float64_arrays():
    W, X, y = [[0, 1], [2, 3]], [[1, 4], [1, 5]], [0, 1]
    L, G = loss_and_gradient(np.array(W, float), np.array(X, float), np.array(y))
    assert loss(W, X, y) == L
    np.testing.assert_array_equal(gradient(W, X, y), G)


def test_int8_weights_do_not_wrap_around():
    W, X, y = [[0, 100], [0, -100]], [[1, 100], [1, 3]], [0, 0]
    narrow = loss_and_gradient(np.array(W, np.int8), np.array(X, np.int8), y, lam=1.0)
    assert narrow[0] == loss(W, X, y, lam=1.0)


@pytest.mark.parametrize("size", [1e3, 1e5, 1e10, 1e100])
def test_loss_and_gradient_of_large_scores_are_finite_and_exact(size):
    W, X = [[0, size], [0, -size]], [[1.0, 1.0]]
    assert loss(W, X, [0]) == 0
    assert loss(W, X, [1]) == 2 * size
    assert gradient(W, X, [0]).tolist() == [[0, 0], [0, 0]]
    assert gradient(W, X, [1]).tolist() == [[1, 1], [-1, -1]]


def test_inputs_are_not_modified_and_may_be_read_only():
    W, X, y = problem()
    V = direction(W)
    copies = [A.copy() for A in (W, X, y, V)]
    for A in (W, X, y, V):
        A.flags.writeable = False
    loss_and_gradient(W, X, y, 0.5)
    hessian_vector_product(W, X, V, 0.5)
    curvature_bound(X, 0.5)
    one_hot(y, 3)
    for A, copy in zip((W, X, y, V), copies, strict=True):
        np.testing.assert_array_equal(A, copy)


# The Hessian


@given(problems, lams, st.integers(0, 10))
def test_hessian_product_is_the_slope_of_the_gradient_within_1e_8(problem, lam, seed):
    W, X, y = problem
    V, h = direction(W, seed), 1e-5
    slope = (gradient(W + h * V, X, y, lam) - gradient(W - h * V, X, y, lam)) / (2 * h)
    got = hessian_vector_product(W, X, V, lam)
    np.testing.assert_allclose(got, slope, rtol=1e-8, atol=1e-8)


@given(problems, lams)
def test_hessian_is_symmetric_and_never_negative_within_1e_14(problem, lam):
    W, X, _ = problem
    U, V = direction(W, 1), direction(W, 2)
    HU, HV = hessian_vector_product(W, X, U, lam), hessian_vector_product(W, X, V, lam)
    assert np.sum(U * HV) == pytest.approx(np.sum(V * HU), rel=1e-13, abs=1e-13)
    assert np.sum(V * HV) >= -1e-14


@given(problems, lams)
def test_hessian_product_is_the_explicit_kronecker_hessian_times_the_vector_within_1e_13(
    problem, lam
):
    W, X, _ = problem
    V = direction(W)
    expected = (hessian(W, X, lam) @ V.ravel()).reshape(W.shape)
    got = hessian_vector_product(W, X, V, lam)
    np.testing.assert_allclose(got, expected, rtol=1e-13, atol=1e-13)


@given(problems)
def test_hessian_does_not_see_a_row_added_to_every_class_within_1e_13(problem):
    W, X, _ = problem
    V = np.broadcast_to(direction(W[0]), W.shape)
    np.testing.assert_allclose(hessian_vector_product(W, X, V), 0, atol=1e-13)


def test_hessian_product_takes_lists():
    expected = hessian_vector_product(np.zeros((2, 1)), np.ones((3, 1)), np.array([[1.0], [0.0]]))
    got = hessian_vector_product([[0], [0]], [[1], [1], [1]], [[1], [0]])
    np.testing.assert_array_equal(got, expected)


# The bound of the curvature


@given(problems, lams, st.floats(0, 5))
def test_no_eigenvalue_of_the_hessian_exceeds_the_bound_by_more_than_1e_13(problem, lam, scale):
    W, X, _ = problem
    bound = curvature_bound(X, lam)
    assert np.linalg.eigvalsh(hessian(scale * W, X, lam))[-1] <= bound * (1 + 1e-13)


def test_two_classes_with_x_equal_to_one_attain_the_bound_of_one_half_at_zero():
    W, X = np.zeros((2, 1)), np.ones((1, 1))
    assert curvature_bound(X) == 0.5
    assert np.linalg.eigvalsh(hessian(W, X, 0.0))[-1] == pytest.approx(0.5, rel=4 * EPS)


def test_two_classes_attain_the_bound_for_any_X_at_zero_within_1e_13():
    _, X, _ = problem(M=9, C=2)
    largest = np.linalg.eigvalsh(hessian(np.zeros((2, X.shape[1])), X, 0.0))[-1]
    assert curvature_bound(X) == pytest.approx(largest, rel=1e-13)


def test_bound_is_half_the_largest_squared_singular_value_over_M_plus_lam_within_1e_13():
    _, X, _ = problem(M=9)
    expected = np.linalg.svd(X, compute_uv=False)[0] ** 2 / 9 / 2 + 0.25
    assert curvature_bound(X, 0.25) == pytest.approx(expected, rel=1e-13)
    assert type(curvature_bound(X, 0.25)) is float


@pytest.mark.parametrize("dtype", [int, bool, np.float16, np.float32, np.longdouble])
def test_bound_is_computed_in_float64_from_any_real_type(dtype):
    assert curvature_bound(np.ones((4, 1), dtype)) == 0.5
