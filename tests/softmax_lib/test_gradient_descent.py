"""Gradient descent, accelerated and with mini-batches."""

import numpy as np
import pytest
from minimisers import backtracking, check_result, one_batch, problem

from softmax_lib import (
    Objective,
    add_bias,
    curvature_bound,
    gradient,
    gradient_descent,
    load_iris,
    nesterov,
    sgd,
    standardize,
)

# Gradient descent


def test_one_step_is_W_minus_step_times_gradient_within_1e_14():
    W, X, y = problem()
    W += 0.3
    result = gradient_descent(W, Objective(X, y, len(W), 0.2), step=0.7, max_passes=1)
    expected = W - 0.7 * gradient(W, X, y, 0.2)
    np.testing.assert_allclose(result.W, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("minimise", [gradient_descent, nesterov, one_batch])
@pytest.mark.parametrize("lam", [0.0, 0.5])
@pytest.mark.parametrize("weights", [np.ones(30, int), np.arange(30)], ids=["alike", "weighted"])
def test_the_default_step_is_one_over_the_curvature_bound(minimise, lam, weights):
    W, X, y = problem()
    step = 1 / curvature_bound(np.repeat(X, weights, axis=0), lam)
    objective = Objective(X, y, 3, lam, weights)
    by_default = minimise(W, objective, max_passes=5)
    by_hand = minimise(W, objective, step=step, max_passes=5)
    np.testing.assert_allclose(by_default.W, by_hand.W, rtol=1e-12)


@pytest.mark.parametrize("lam", [1.0, 0.01])
def test_with_a_penalty_a_step_beyond_2_over_lam_diverges_and_the_last_finite_W_is_returned(lam):
    W, X, y = problem()
    step = 3 / lam
    result = gradient_descent(W, Objective(X, y, len(W), lam), step=step, max_passes=5000)
    n, bound = len(result.loss), 2 / curvature_bound(X, lam)
    assert result.reason == (
        f"diverged: the loss is not finite after pass {n}; "
        f"any step below {bound:.2g} lowers it, this was {step:.2g}"
    )
    assert not result.converged
    assert np.isfinite(result.W).all()
    assert np.isfinite(result.loss).all()
    check_result(result, X, y, lam, 1e-6)
    assert result.loss[-1] > 1e100


def test_backtracking_tries_twice_the_last_step_and_halves_it_until_half_of_the_slope_is_kept():
    W, X, y = problem()
    objective, step, tried = Objective(X, y, 3, 0.1), 8.0, []
    L, G = objective(W)
    result = backtracking(W, objective, step=step, max_passes=20)
    for n in range(1, len(result.loss)):
        step *= 2
        while objective(W - step * G)[0] > L - step / 2 * np.sum(G * G):
            step /= 2
            tried.append(step)
        W = W - step * G
        L, G = objective(W)
        assert result.loss[n] == L
    assert tried
    assert result.passes[-1] == len(result.loss) - 1 + len(tried)


# Accelerated descent


def test_accelerated_descent_is_a_step_and_then_the_momentum_within_1e_13():
    W, X, y = problem()
    result = nesterov(W, Objective(X, y, 3, 0.1), max_passes=6)
    step = 1 / curvature_bound(X, 0.1)
    Z, last = W, W
    for n in range(6):
        W = Z - step * gradient(Z, X, y, 0.1)
        Z = W + n / (n + 3) * (W - last)
        last = W
    np.testing.assert_allclose(result.W, Z, rtol=0, atol=1e-13)


def test_momentum_that_leads_uphill_is_dropped():
    features, y = load_iris()
    X, W = add_bias(standardize(features)[0]), np.zeros((3, 5))
    result = nesterov(W, Objective(X, y, 3, 1e-3))  # 538 passes; without the restarts over 1000
    assert result.converged
    assert result.passes[-1] < 700


# Mini-batches


@pytest.mark.parametrize("decay", [0.0, 0.5])
@pytest.mark.parametrize("batch_size", [1, 7, 15, 30, 300])
def test_one_pass_takes_each_example_once_in_the_order_drawn_within_1e_13(batch_size, decay):
    W, X, y = problem()
    options = {"batch_size": batch_size, "decay": decay, "max_passes": 2}
    rng = np.random.default_rng(5)
    result = sgd(W, Objective(X, y, 3, 0.1), step=0.2, rng=rng, **options)
    rng = np.random.default_rng(5)
    for t in range(2):
        order = rng.permutation(len(X))
        for first in range(0, len(X), batch_size):
            batch = order[first : first + batch_size]
            W = W - 0.2 / (1 + decay * t) * gradient(W, X[batch], y[batch], 0.1)
    np.testing.assert_allclose(result.W, W, rtol=0, atol=1e-13)
    check_result(result, X, y, 0.1, 1e-6)
    np.testing.assert_array_equal(result.passes, [0, 1, 2])


def test_weighted_batches_are_right_on_average_within_1e_13():
    W, X, y = problem(M=6)
    W, omega = W + np.arange(5), np.arange(6.0)
    objective = Objective(X, y, 3, 0.1, omega)
    batches = [objective.batch_gradient(W, rows) for rows in np.arange(6).reshape(3, 2)]
    np.testing.assert_allclose(np.mean(batches, axis=0), objective(W)[1], rtol=0, atol=1e-13)
