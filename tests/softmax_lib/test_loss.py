"""The objective, its gradient and its curvature and the check for gradients."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from objectives import EPS, direction, hessian, lams, penalty, problem, problems

from softmax_lib import (
    check_gradient,
    curvature_bound,
    gradient,
    hessian_vector_product,
    loss,
    loss_and_gradient,
    one_hot,
    softmax,
)

# One-hot labels


def test_one_hot_has_a_one_at_the_label_and_zeros_elsewhere():
    y = np.array([2, 0, 1, 1])
    Y = one_hot(y, C=4)
    assert Y.dtype == np.float64
    np.testing.assert_array_equal(Y, y[:, None] == range(4))
    assert one_hot(np.empty(0, int), C=3).shape == (0, 3)


def test_one_hot_of_few_labels_among_a_million_needs_a_row_for_each_label_alone():
    assert one_hot([7, 999_999], C=1_000_000).sum(axis=1).tolist() == [1, 1]


# The loss and its gradient


@given(problems, lams)
def test_the_loss_is_the_formula_within_8_eps_and_its_gradient_within_1e_13(problem, lam):
    W, X, y = problem
    L, G = loss_and_gradient(*problem, lam)
    assert loss(*problem, lam) == L >= 0
    np.testing.assert_array_equal(gradient(*problem, Fraction(lam)), G)
    assert (type(L), G.dtype) == (float, np.float64)
    expected = -np.sum(one_hot(y, len(W)) * np.log(softmax(X @ W.T))) / len(X) + penalty(W, lam)
    np.testing.assert_allclose(L, expected, rtol=8 * EPS, atol=8 * EPS)
    expected = np.zeros_like(W)
    for x, label in zip(X, y, strict=True):
        p = softmax(W @ x)
        for k in range(len(W)):
            expected[k] += (p[k] - (k == label)) * x / len(X)
    expected[:, 1:] += lam * W[:, 1:]
    np.testing.assert_allclose(G, expected, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("kind", [np.array, lambda A: np.array(A, np.int8), np.float16])
def test_lists_and_narrow_numbers_are_computed_in_float64(kind):
    W, X, V, y = [[0, 100], [0, -100]], [[1, 100], [1, 3]], [[1, 100], [2, 100]], [0, 1]
    L, G = loss_and_gradient(*(np.array(A, float) for A in (W, X)), np.array(y), 1.0)
    assert loss(kind(W), kind(X), y, 1.0) == loss(W, X, y, 1.0) == L
    np.testing.assert_array_equal(gradient(kind(W), kind(X), y, 1.0), G)
    HV = hessian_vector_product(W, X, np.array(V, float), 1.0)
    np.testing.assert_array_equal(hessian_vector_product(kind(W), kind(X), kind(V), 1.0), HV)


@pytest.mark.parametrize("size", [1e3, 1e5, 1e10, 1e100])
def test_loss_and_gradient_of_large_scores_are_finite_and_exact(size):
    W, X = [[0, size], [0, -size]], [[1.0, 1.0]]
    assert [loss(W, X, [y]) for y in (0, 1)] == [0, 2 * size]
    assert gradient(W, X, [0]).tolist() == [[0, 0], [0, 0]]
    assert gradient(W, X, [1]).tolist() == [[1, 1], [-1, -1]]


def test_inputs_are_not_modified_and_may_be_read_only():
    W, X, y = problem()
    V = direction(W)
    for A in (W, X, y, V):
        A.flags.writeable = False
    loss_and_gradient(W, X, y, 0.5)
    hessian_vector_product(W, X, V, 0.5)
    curvature_bound(X, 0.5)
    one_hot(y, 3)


# The curvature


@given(problems, lams)
def test_hessian_product_is_the_kronecker_hessian_times_the_vector_within_1e_13(problem, lam):
    W, X, _ = problem
    V = direction(W)
    expected = (hessian(W, X, lam) @ V.ravel()).reshape(W.shape)
    got = hessian_vector_product(W, X, V, lam)
    np.testing.assert_allclose(got, expected, rtol=1e-13, atol=1e-13)


@given(problems, lams, st.floats(0, 5))
def test_no_eigenvalue_of_the_hessian_exceeds_the_bound_by_more_than_1e_13(problem, lam, scale):
    W, X, _ = problem
    bound = curvature_bound(X, lam)
    assert np.linalg.eigvalsh(hessian(scale * W, X, lam))[-1] <= bound * (1 + 1e-13)


def test_bound_is_half_the_largest_squared_singular_value_over_M_plus_lam_within_1e_13():
    _, X, _ = problem(M=9)
    expected = np.linalg.svd(X, compute_uv=False)[0] ** 2 / 9 / 2 + 0.25
    assert curvature_bound(X, 0.25) == pytest.approx(expected, rel=1e-13)
    assert type(curvature_bound(X, 0.25)) is float


@pytest.mark.parametrize("dtype", [int, bool, np.float16, np.float32, np.longdouble])
def test_bound_is_computed_in_float64_from_any_real_type(dtype):
    assert curvature_bound(np.ones((4, 1), dtype)) == 0.5


# The check for gradients

SQUARE = lambda W: (np.sum(W**2), 2 * W)  # noqa: E731


def p_times_1_minus_p(W, X, y, lam):
    """The diagonal of the Jacobian taken for the whole of it: −(1 − p_y) for y, 0 elsewhere."""
    P, Y = softmax(X @ W.T), one_hot(y, len(W))
    return (-Y * (1 - P)).T @ X / len(X) + gradient(W, X, y, lam) - gradient(W, X, y)


def one_entry_off_by_a_tenth(W, X, y, lam):
    G = gradient(W, X, y, lam)
    G[1, 2] *= 1.1
    return G


WRONG = {
    "sign": lambda *data: -gradient(*data),
    "sum": lambda W, X, y, lam: (len(X) - 1) * gradient(W, X, y) + gradient(W, X, y, lam),
    "transposed": lambda *data: gradient(*data).T,
    "penalised bias": lambda W, X, y, lam: gradient(W, X, y) + lam * W,
    "forgotten penalty": lambda W, X, y, lam: gradient(W, X, y),
    "p times 1 - p": p_times_1_minus_p,
    "zero": lambda W, *data: np.zeros_like(W),
    "one entry": one_entry_off_by_a_tenth,
}


@given(problems, lams)
def test_check_passes_the_gradient_with_at_most_1e_8(problem, lam):
    W, X, y = problem
    fun = lambda W: loss_and_gradient(W, X, y, lam)  # noqa: E731
    assert check_gradient(fun, W, np.random.default_rng(0), directions=2) <= 1e-8


@pytest.mark.parametrize("wrong", WRONG)
def test_check_catches_a_wrong_gradient_with_more_than_1e_3(wrong):
    W, X, y = problem(C=5, m=4)  # square, so that the transposed gradient has the right shape
    fun = lambda W: (loss(W, X, y, 0.1), WRONG[wrong](W, X, y, 0.1))  # noqa: E731
    assert check_gradient(fun, W, np.random.default_rng(0)) > 1e-3


def test_check_of_a_zero_gradient_is_right_only_for_a_constant():
    rng = np.random.default_rng
    assert check_gradient(lambda W: (3.0, 0 * W), np.ones(2), rng(0)) == 0
    assert check_gradient(lambda W: (100 * W.sum(), 0 * W), np.ones(2), rng(0)) == 1


@pytest.mark.parametrize(
    ("fun", "size", "error"),
    [(lambda W: (np.sum(W**4), 4 * W**3), 30, 1e-10), (SQUARE, 1e6, 1e-11)],
)
def test_check_is_exact_for_polynomials_and_takes_a_larger_step_for_large_weights(fun, size, error):
    assert check_gradient(fun, size * direction(np.ones((3, 2))), np.random.default_rng(0)) <= error


@pytest.mark.parametrize("bad", [1, 2, 3, 4, 5, 6, 7, 8])
def test_check_does_not_hide_a_nan_in_any_direction(bad):
    values = iter(range(9))
    fun = lambda W: (np.nan if next(values) == bad else 0.0, 0 * W)  # noqa: E731
    assert np.isnan(check_gradient(fun, np.ones(2), np.random.default_rng(0), directions=2))


def test_check_lets_a_function_overwrite_its_weights_and_the_gradient_that_it_gave():
    room = np.empty(3)
    in_place = lambda W: (np.sum(W**2), np.multiply(W, 2, out=W))  # noqa: E731
    reused = lambda W: (np.sum(W**2), np.multiply(W, 2, out=room))  # noqa: E731
    for fun in (in_place, reused):
        assert check_gradient(fun, np.ones(3), np.random.default_rng(0)) < 1e-9
