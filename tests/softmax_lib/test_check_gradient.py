"""The check for gradients."""

import re

import numpy as np
import pytest
from hypothesis import given
from objectives import direction, lams, problem, problems

from softmax_lib import (
    check_gradient,
    gradient,
    loss,
    loss_and_gradient,
    one_hot,
    softmax,
)

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
