"""The objective, its gradient, its curvature, and the check for gradients."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from softmax_lib import (
    add_bias,
    check_gradient,
    curvature_bound,
    gradient,
    hessian_vector_product,
    log_softmax,
    loss,
    loss_and_gradient,
    one_hot,
    softmax,
    softmax_jacobian,
)

EPS = np.finfo(float).eps
lams = st.sampled_from([0.0, 1e-3, 0.5, 10.0])


def problem(M=7, C=3, m=4, seed=0):
    """Random weights, design matrix and labels."""
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((C, m + 1))
    return W, add_bias(rng.standard_normal((M, m))), rng.integers(C, size=M)


problems = st.builds(
    problem,
    M=st.integers(1, 8),
    C=st.integers(2, 5),
    m=st.integers(0, 4),
    seed=st.integers(0, 1000),
)


def penalty(W, lam):
    return lam / 2 * sum(W[k, j] ** 2 for k in range(len(W)) for j in range(1, W.shape[1]))


def direction(W, seed=0):
    V = np.random.default_rng(seed).standard_normal(W.shape)
    return V / np.linalg.norm(V)


def hessian(W, X, lam):
    """The whole Hessian of the rows of W laid end to end: mean of J ⊗ x xᵀ, plus the penalty."""
    blocks = [np.kron(softmax_jacobian(W @ x), np.outer(x, x)) for x in X]
    penalised = np.tile([0] + [1] * (X.shape[1] - 1), len(W))
    return np.mean(blocks, axis=0) + lam * np.diag(penalised)


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


# The check for gradients


def wrong_sign(W, X, y, lam):
    return -gradient(W, X, y, lam)


def sum_instead_of_mean(W, X, y, lam):
    return len(X) * gradient(W, X, y, 0.0) + gradient(W, X, y, lam) - gradient(W, X, y, 0.0)


def transposed(W, X, y, lam):
    return gradient(W, X, y, lam).T


def penalised_bias(W, X, y, lam):
    return gradient(W, X, y, 0.0) + lam * W


def forgotten_penalty(W, X, y, lam):
    return gradient(W, X, y, 0.0)


def p_times_1_minus_p(W, X, y, lam):
    """The diagonal of the Jacobian taken for the whole of it: −(1 − p_y) for y, 0 elsewhere."""
    P, Y = softmax(X @ W.T), one_hot(y, len(W))
    diagonal_only = -Y / P * P * (1 - P)
    return diagonal_only.T @ X / len(X) + gradient(W, X, y, lam) - gradient(W, X, y, 0.0)


def zero(W, X, y, lam):
    return np.zeros_like(W)


def one_entry_off_by_a_tenth(W, X, y, lam):
    G = gradient(W, X, y, lam)
    G[1, 2] *= 1.1
    return G


@given(problems, lams)
def test_check_passes_the_gradient_with_at_most_1e_8(problem, lam):
    W, X, y = problem
    fun = lambda W: loss_and_gradient(W, X, y, lam)  # noqa: E731
    assert check_gradient(fun, W, np.random.default_rng(0), directions=2) <= 1e-8


@pytest.mark.parametrize(
    "wrong",
    [
        wrong_sign,
        sum_instead_of_mean,
        transposed,
        penalised_bias,
        forgotten_penalty,
        p_times_1_minus_p,
        zero,
        one_entry_off_by_a_tenth,
    ],
    ids=lambda f: f.__name__,
)
def test_check_catches_a_wrong_gradient_with_more_than_1e_3(wrong):
    W, X, y = problem(C=5, m=4)  # square, so that the transposed gradient has the right shape
    fun = lambda W: (loss(W, X, y, 0.1), wrong(W, X, y, 0.1))  # noqa: E731
    assert check_gradient(fun, W, np.random.default_rng(0)) > 1e-3


def test_check_of_a_zero_gradient_is_right_only_for_a_constant():
    rng = np.random.default_rng
    assert check_gradient(lambda W: (3.0, 0 * W), np.ones(2), rng(0)) == 0
    assert check_gradient(lambda W: (100 * W.sum(), 0 * W), np.ones(2), rng(0)) == 1


def test_check_prints_rounding_as_below_1e_9(capsys):
    check_gradient(lambda W: (np.sum(W**2), 2 * W), np.ones(2), np.random.default_rng(0), 1)
    assert capsys.readouterr().out.endswith("     < 1e-09\n")


def test_check_prints_analytic_beside_numeric_a_line_per_direction(capsys):
    W = np.array([1.0, 2.0])
    check_gradient(lambda W: (np.sum(W**2), W), W, np.random.default_rng(0), directions=3)
    head, *lines = capsys.readouterr().out.splitlines()
    assert head.split() == ["direction", "analytic", "numeric", "difference"]
    rng = np.random.default_rng(0)
    directions = [V / np.linalg.norm(V) for V in (rng.standard_normal(2) for _ in range(3))]
    largest = max(abs(2 * W @ V) for V in directions)
    for n, (line, V) in enumerate(zip(lines, directions, strict=True), start=1):
        number, analytic, numeric, difference = map(float, line.split())
        assert number == n
        assert analytic == pytest.approx(W @ V, abs=1e-8)
        assert numeric == pytest.approx(2 * W @ V, abs=1e-8)
        assert difference == pytest.approx(abs(W @ V) / largest, rel=0.1)
    assert len(lines) == 3


def test_check_takes_five_directions_unless_told_and_reports_the_worst(capsys):
    wrong = lambda W: (np.sum(W**2), W)  # noqa: E731
    worst = check_gradient(wrong, np.array([1.0, 2.0]), np.random.default_rng(0))
    differences = [float(line.split()[-1]) for line in capsys.readouterr().out.splitlines()[1:]]
    assert len(differences) == 5
    assert type(worst) is float
    assert worst == pytest.approx(max(differences), rel=0.1)


def test_check_is_exact_to_1e_10_for_polynomials_of_fourth_degree():
    quartic = lambda W: (np.sum(W**4), 4 * W**3)  # noqa: E731
    W = 30 * direction(np.ones((3, 2)))
    assert check_gradient(quartic, W, np.random.default_rng(0)) <= 1e-10


def test_check_of_large_weights_takes_a_larger_step_and_is_exact_to_1e_11():
    W = 1e6 * direction(np.ones((3, 2)))
    square = lambda W: (np.sum(W**2), 2 * W)  # noqa: E731
    assert check_gradient(square, W, np.random.default_rng(0)) <= 1e-11


@pytest.mark.parametrize("bad", [1, 2, 3, 4, 5, 6, 7, 8])
def test_check_does_not_hide_a_nan_in_any_direction(bad):
    values = iter(range(9))
    fun = lambda W: (np.nan if next(values) == bad else 0.0, 0 * W)  # noqa: E731
    assert np.isnan(check_gradient(fun, np.ones(2), np.random.default_rng(0), directions=2))


def test_check_takes_weights_and_gradient_as_lists_of_any_shape():
    fun = lambda W: (float(np.sum(W**2)), (2 * W).tolist())  # noqa: E731
    for W in ([1, 2], [[1, 2], [3, 4]], [[[1.0]]]):
        assert check_gradient(fun, W, np.random.default_rng(0)) <= 1e-8


def test_check_wants_a_generator_and_no_seed():
    message = "rng must be a Generator, as numpy.random.default_rng(0), got int"
    with pytest.raises(TypeError, match=f"^{re.escape(message)}$"):
        check_gradient(lambda W: (0.0, 0 * W), np.ones(2), 0)


def test_check_refuses_a_gradient_of_the_wrong_shape_and_no_directions():
    rng = np.random.default_rng(0)
    message = re.escape("the gradient must have the shape of W, (2, 3), got (3, 2)")
    with pytest.raises(ValueError, match=f"^{message}$"):
        check_gradient(lambda W: (0.0, W.T), np.ones((2, 3)), rng)
    for directions in (0, -1):
        with pytest.raises(ValueError, match=r"^directions must be positive and finite, got"):
            check_gradient(lambda W: (0.0, W), np.ones(2), rng, directions)


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
