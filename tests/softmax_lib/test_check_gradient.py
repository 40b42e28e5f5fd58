"""The check for gradients."""

import re

import numpy as np
import pytest
from hypothesis import given
from objectives import direction, lams, problem, problems

from softmax_lib import check_gradient, gradient, loss, loss_and_gradient, one_hot, softmax

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


def test_check_prints_rounding_as_below_1e_9(capsys):
    check_gradient(SQUARE, np.ones(2), np.random.default_rng(0), 1)
    assert capsys.readouterr().out.endswith("     < 1e-09\n")


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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rng": 0}, "rng must be a Generator, as numpy.random.default_rng(0), got int"),
        (
            {"fun": lambda W: (0.0, W.T)},
            "the gradient must have the shape of W, (2, 3), got (3, 2)",
        ),
        ({"directions": 0}, "directions must be positive and finite, got 0"),
        ({"directions": -1}, "directions must be positive and finite, got -1"),
    ],
)
def test_check_names_what_is_wrong_with_its_arguments(arguments, message):
    good = {"fun": SQUARE, "W": np.ones((2, 3)), "rng": np.random.default_rng(0)}
    with pytest.raises((TypeError, ValueError), match=f"^{re.escape(message)}$"):
        check_gradient(**(good | arguments))
