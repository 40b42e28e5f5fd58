"""What all minimisers promise."""

import numpy as np
import pytest
from minimisers import (
    METHODS,
    Counted,
    check_result,
    every,
    one_batch,
    problem,
    searching,
    task,
)

import softmax_lib.optimize
from softmax_lib import (
    Objective,
    add_bias,
    gradient,
    gradient_descent,
    hessian_vector_product,
    lbfgs,
    load_iris,
    loss,
    newton_cg,
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


# L-BFGS


def ill_conditioned(M=2000, m=30, C=5, scale=1e3, seed=0):
    """Features with singular values from `scale` down to a millionth of it, mixed."""
    rng = np.random.default_rng(seed)
    Q = np.linalg.qr(rng.standard_normal((M, m)))[0] * np.sqrt(M)
    V = np.linalg.qr(rng.standard_normal((m, m)))[0]
    y = np.argmax(Q @ rng.standard_normal((m, C)) / 2 + rng.gumbel(size=(M, C)), axis=1)
    return np.zeros((C, m + 1)), add_bias(scale * Q * np.logspace(0, -6, m) @ V), y


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("seed", range(3))
def test_lbfgs_needs_at_most_30_passes_at_a_condition_of_1e6(scale, seed):
    W, X, y = ill_conditioned(scale=scale, seed=seed)
    objective = Objective(X, y, 5, 1 / len(X))
    tolerance = 1e-6 * np.linalg.norm(objective(W)[1])
    result = lbfgs(W, objective, tolerance=tolerance)
    assert result.converged
    assert result.passes[-1] <= 30


@pytest.mark.parametrize(("goal", "m", "expected"), [(1e-5, 30, 0), (1e-9, 30, 1), (1e-9, 200, 0)])
def test_lbfgs_computes_its_matrix_anew_only_if_that_saves_more_than_it_costs(
    goal, m, expected, monkeypatch
):
    W, X, y = ill_conditioned(m=m)
    objective, anew = Objective(X, y, 5, 1 / len(X)), []
    gram = objective.gram
    monkeypatch.setattr(objective, "gram", lambda *W: anew.extend(W) or gram(*W))
    result = lbfgs(W, objective, tolerance=goal * np.linalg.norm(objective(W)[1]))
    assert result.converged
    assert len(result.loss) > 11
    assert len(anew) == expected


@pytest.mark.parametrize("lam", [0.0, 0.1])
def test_the_first_step_of_lbfgs_from_zero_is_newtons_within_1e_9(lam):
    W, X, y = problem(M=100)
    first = lbfgs(W, Objective(X, y, len(W), lam), max_passes=1).W
    for_H = -gradient(W, X, y, lam)
    np.testing.assert_allclose(hessian_vector_product(W, X, first, lam), for_H, rtol=0, atol=1e-9)


@pytest.mark.parametrize("lam", [0.0, 0.1])
def test_with_too_many_columns_for_a_matrix_lbfgs_starts_from_a_number(lam, monkeypatch):
    W, X, y = problem()
    expected = lbfgs(W, Objective(X, y, len(W), lam), tolerance=1e-8)
    monkeypatch.setattr(softmax_lib.optimize, "LARGEST", 4)
    objective = Counted(X, y, 3, lam)
    monkeypatch.setattr(objective, "gram", None)
    result = lbfgs(W, objective, tolerance=1e-8)
    assert result.converged
    assert result.passes[-1] == objective.calls - 1
    np.testing.assert_allclose(result.W, expected.W, rtol=0, atol=1e-5)


# Newton's method


@pytest.mark.parametrize("lam", [0.01, 0.1, 1.0])
@pytest.mark.parametrize("C", [2, 4])
def test_all_methods_and_a_long_descent_reach_the_same_weights_within_1e_5(lam, C):
    W, X, y = problem(C=C)
    objective, options = Objective(X, y, C, lam), {"tolerance": 1e-8, "max_passes": 20_000}
    descent = gradient_descent(W, objective, **options)
    assert descent.converged
    for minimise in METHODS:
        other = minimise(W, objective, **options)
        assert other.converged, other.reason
        np.testing.assert_allclose(other.W, descent.W, rtol=0, atol=1e-5)
        assert other.loss[-1] == pytest.approx(descent.loss[-1], rel=1e-12)


@searching
@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("scale", [1, 10, 1000])
def test_they_converge_from_a_bad_start_and_the_loss_never_rises(minimise, seed, scale):
    W, X, y = problem(seed=seed)
    W = scale * np.random.default_rng(seed).standard_normal(W.shape)
    result = minimise(W, Objective(X, y, len(W), 1e-3), max_passes=20_000)
    assert result.converged, result.reason
    assert (np.diff(result.loss) <= 1e-14 * result.loss[:-1]).all()


@every
@pytest.mark.parametrize("scale", [1, 100])
def test_each_evaluation_each_hessian_product_and_each_new_matrix_is_one_pass(minimise, scale):
    W, X, y = problem()
    objective = Counted(X, y, 3, 0.01)
    if minimise is one_batch:  # the full loss after each pass is not counted
        result = minimise(W, objective, max_passes=5)
        assert result.passes.tolist() == [0, 1, 2, 3, 4, 5]
        return
    W = scale * np.random.default_rng(0).standard_normal(W.shape)
    result = minimise(W, objective, max_passes=200)
    assert result.passes[0] == 0
    assert result.passes[-1] == objective.calls - 1  # all but the evaluation at the start


@every
def test_it_says_that_it_converged_and_that_it_stopped(minimise):
    result = minimise(*task(lam=0.1), tolerance=1e-4)
    n, norm = result.passes[-1], result.gradient_norm[-1]
    assert result.reason == f"converged: gradient norm {norm:.3g} <= 0.0001 after {n} passes"
    before = int(result.passes[-2])
    last_allowed = minimise(*task(lam=0.1), tolerance=1e-4, max_passes=before + 1)
    assert last_allowed.reason == result.reason
    short = minimise(*task(lam=0.1), tolerance=1e-4, max_passes=before)
    norm = short.gradient_norm[-1]
    expected = f"stopped at max_passes = {before} with gradient norm {norm:.3g} > 0.0001"
    assert short.reason == expected
    assert not short.converged


class Rising(Counted):
    """An objective that gives more at each evaluation, wherever that is."""

    def __call__(self, W):
        L, G = super().__call__(W)
        return L + 2 * self.calls, G


@searching
def test_it_says_that_no_step_lowers_the_loss_and_stays_where_it_was(minimise):
    W, X, y = problem()
    objective = Rising(X, y, 3)
    result = minimise(W, objective)
    n, norm = objective.calls - 1, result.gradient_norm[-1]
    reason = f"stopped after {n} passes: rounding hides any further decrease, gradient norm"
    assert result.reason == f"{reason} {norm:.3g}"
    assert not result.converged
    np.testing.assert_array_equal(result.W, W)


@searching
def test_asked_for_the_impossible_it_gets_as_far_as_rounding_allows(minimise):
    W, X, y = problem()
    result = minimise(W, Objective(X, y, len(W), 0.1), tolerance=1e-300, max_passes=1000)
    assert not result.converged
    assert result.gradient_norm[-1] < 1e-12
    check_result(result, X, y, 0.1, 1e-300)


def test_where_rounding_hides_the_loss_no_passes_are_spent_on_ever_shorter_steps():
    features, y = load_iris()
    here, far = (Objective(add_bias(features + c), y, 3, 1e-3) for c in (0, 1000))
    expected, result = (lbfgs(np.zeros((3, 5)), objective) for objective in (here, far))
    assert result.reason.startswith("stopped after")
    assert result.passes[-1] < 3 * expected.passes[-1]
    assert result.loss[-1] == pytest.approx(expected.loss[-1], rel=1e-9)


@pytest.mark.parametrize("minimise", [lbfgs, newton_cg])
@pytest.mark.parametrize("seed", range(3))
def test_they_get_away_from_saturated_scores_where_the_loss_is_almost_flat(minimise, seed):
    W, X, y = problem(seed=seed)
    start = 100 * np.random.default_rng(seed).standard_normal(W.shape)
    result = minimise(start, Objective(X, y, 3))
    assert result.converged, result.reason
    assert result.loss[-1] == pytest.approx(newton_cg(W, Objective(X, y, 3)).loss[-1], rel=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_newton_follows_the_gradient_downhill_where_no_curvature_is_left(seed):
    W, X, y = problem(seed=seed)
    start = 1000 * np.random.default_rng(seed).standard_normal(W.shape)
    assert (np.diff(newton_cg(start, Objective(X, y, 3), max_passes=100).loss) < 0).all()


def test_newton_ends_quadratically():
    norms = newton_cg(*task(M=200, lam=0.1), tolerance=1e-10).gradient_norm
    assert len(norms) <= 8
    assert norms[-1] < norms[-2] ** 1.4


@every
@pytest.mark.parametrize("lam", [0.0, 0.1])
def test_constant_columns_and_more_features_than_examples_are_no_obstacle(minimise, lam):
    features = np.random.default_rng(0).standard_normal((6, 12))
    X = add_bias(np.column_stack([features, np.zeros(6), np.full(6, 5.0)]))
    objective = Objective(X, [0, 1, 2, 0, 1, 2], 3, lam)
    result = minimise(np.zeros((3, 15)), objective, tolerance=0.05)
    assert result.converged
    assert (result.W[:, 13] == 0).all()


@every
def test_data_without_information_need_no_step(minimise):
    result = minimise(np.zeros((3, 2)), Objective(np.zeros((3, 2)), [0, 1, 2], 3))
    assert result.converged
    assert result.passes.tolist() == [0]
