"""The minimisers: what all of them promise, then each by itself."""

import re

import numpy as np
import pytest
import scipy.optimize
import scipy.sparse

import softmax_lib.optimize
from softmax_lib import (
    Objective,
    Result,
    add_bias,
    curvature_bound,
    gradient,
    gradient_descent,
    hessian_vector_product,
    lbfgs,
    load_digits,
    load_iris,
    loss,
    loss_and_gradient,
    nesterov,
    newton_cg,
    sgd,
    softmax,
    standardize,
)


def backtracking(*args, **options):
    return gradient_descent(*args, backtracking=True, **options)


def one_batch(W, objective, **options):
    """Mini-batches of all examples."""
    return sgd(W, objective, batch_size=10_000, rng=np.random.default_rng(0), **options)


METHODS = [gradient_descent, backtracking, nesterov, lbfgs, newton_cg, one_batch]
every = pytest.mark.parametrize("minimise", METHODS, ids=lambda f: f.__name__)
# those that look for a step and tell when rounding leaves none
searching = pytest.mark.parametrize(
    "minimise", [backtracking, lbfgs, newton_cg], ids=lambda f: f.__name__
)


class Counted(Objective):
    """An objective that counts what a pass costs."""

    calls = 0

    def __call__(self, W):
        self.calls += 1
        return super().__call__(W)

    def hessian_product(self, W, V):
        self.calls += 1
        return super().hessian_product(W, V)

    def gram(self, W=None):
        self.calls += W is not None
        return super().gram(W)


class Scripted(Objective):
    """An objective of which a test says what each evaluation gives."""

    def __init__(self, *values):
        self.values, self.asked, self.products = values, [], 0
        self.lam, self.shape = 0.0, values[0][1].shape

    def __call__(self, W):
        self.asked.append(W)
        return self.values[len(self.asked) - 1]

    def hessian_product(self, W, V):
        self.products += 1
        return V

    def gram(self, W=None):
        return np.eye(self.shape[1])


def problem(M=30, C=3, m=4, seed=0):
    """Zero weights and a data set whose classes overlap."""
    rng = np.random.default_rng(seed)
    X = add_bias(rng.standard_normal((M, m)))
    y = np.argmax(X @ rng.standard_normal((m + 1, C)) + 2 * rng.standard_normal((M, C)), axis=1)
    return np.zeros((C, m + 1)), X, y


def task(M=30, lam=0.0):
    """Zero weights and the objective of `problem`."""
    W, X, y = problem(M)
    return W, Objective(X, y, 3, lam)


def digits(M=400):
    features, labels = load_digits()
    return np.zeros((10, 65)), add_bias(features[:M]), labels[:M]


def separable():
    return Objective(add_bias([[-1.0], [1.0], [2.0]]), [0, 1, 1], 2)


# What every result promises


def check_result(result, X, y, lam, tolerance):
    """Histories are equally long, start at the start, and end at W; the flag is the tolerance."""
    n = len(result.loss)
    assert len(result.gradient_norm) == len(result.passes) == n
    assert result.passes.dtype.kind == "i"
    assert (np.diff(result.passes) > 0).all()
    L, G = loss_and_gradient(result.W, X, y, lam)
    assert result.loss[-1] == pytest.approx(L, rel=1e-12)
    assert result.gradient_norm[-1] == pytest.approx(np.linalg.norm(G), rel=1e-9, abs=1e-14)
    assert result.converged == (result.gradient_norm[-1] <= tolerance)
    assert type(result) is Result


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


# Gradient descent


def test_one_step_is_W_minus_step_times_gradient_within_1e_14():
    W, X, y = problem()
    W += 0.3
    result = gradient_descent(W, Objective(X, y, len(W), 0.2), step=0.7, max_passes=1)
    expected = W - 0.7 * gradient(W, X, y, 0.2)
    np.testing.assert_allclose(result.W, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("minimise", [gradient_descent, nesterov, one_batch])
@pytest.mark.parametrize("lam", [0.0, 0.5])
@pytest.mark.parametrize("weights", [None, np.arange(30.0)], ids=["alike", "weighted"])
def test_the_default_step_is_one_over_the_curvature_bound(minimise, lam, weights):
    W, X, y = problem()
    objective, step = Objective(X, y, 3, lam, weights), 1 / curvature_bound(X, lam, weights)
    by_default = minimise(W, objective, max_passes=5)
    by_hand = minimise(W, objective, step=step, max_passes=5)
    np.testing.assert_allclose(by_default.W, by_hand.W, rtol=1e-12)


def test_the_bound_with_weights_is_that_of_examples_repeated_within_1e_13():
    _, X, _ = problem()
    times = np.arange(30) % 4
    expected = curvature_bound(np.repeat(X, times, axis=0), 0.5)
    assert curvature_bound(X, 0.5, times) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("lam", [0.0, 1e-3, 1.0])
@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("C", [2, 4])
def test_with_the_default_step_the_loss_falls_at_every_pass(lam, scale, C):
    W, X, y = problem(C=C)
    X = np.column_stack([X[:, 0], scale * X[:, 1:]])
    result = gradient_descent(W, Objective(X, y, len(W), lam), max_passes=200)
    assert (np.diff(result.loss) < 0).all()


def test_just_below_the_stated_bound_the_loss_falls_and_just_above_it_can_rise():
    W, X, y = np.array([[0.1], [-0.1]]), np.ones((2, 1)), [0, 1]
    bound = 2 / curvature_bound(X)  # attained here: two classes, x = 1, the minimum at W = 0
    falling = gradient_descent(W, Objective(X, y, len(W)), step=0.99 * bound, max_passes=20)
    rising = gradient_descent(W, Objective(X, y, len(W)), step=1.05 * bound, max_passes=20)
    assert (np.diff(falling.loss) < 0).all()
    assert (np.diff(rising.loss) > 0).all()


def test_passes_count_from_zero_one_by_one():
    result = gradient_descent(*task(), max_passes=7)
    np.testing.assert_array_equal(result.passes, np.arange(8))


def test_it_says_that_it_converged_and_after_how_many_passes():
    result = gradient_descent(*task(lam=0.1), tolerance=1e-3)
    n, norm = len(result.loss) - 1, result.gradient_norm[-1]
    assert result.reason == f"converged: gradient norm {norm:.3g} <= 0.001 after {n} passes"
    assert (result.gradient_norm[:-1] > 1e-3).all()


def test_convergence_in_the_last_pass_allowed_is_convergence():
    n = gradient_descent(*task(lam=0.1), tolerance=1e-3).passes[-1]
    result = gradient_descent(*task(lam=0.1), tolerance=1e-3, max_passes=int(n))
    assert result.converged
    assert result.reason.endswith(f"<= 0.001 after {n} passes")


def test_it_says_that_it_stopped_at_max_passes():
    result = gradient_descent(*task(), max_passes=3)
    norm = result.gradient_norm[-1]
    assert result.reason == f"stopped at max_passes = 3 with gradient norm {norm:.3g} > 1e-06"
    assert not result.converged


def test_by_default_it_takes_at_most_1000_passes_to_1e_minus_6():
    result = gradient_descent(np.zeros((2, 2)), separable(), step=1e-3)
    assert result.reason.startswith("stopped at max_passes = 1000 ")
    assert result.reason.endswith(" > 1e-06")
    assert result.passes[-1] == 1000


@pytest.mark.parametrize("lam", [1.0, 0.01])
@pytest.mark.filterwarnings("error")
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


def test_without_a_penalty_a_huge_step_rises_first_and_then_wins_on_separable_data():
    rng = np.random.default_rng(0)
    X = add_bias(rng.standard_normal((20, 2)))
    y = np.argmax(X @ rng.standard_normal((3, 3)), axis=1)
    result = gradient_descent(np.zeros((3, 3)), Objective(X, y, 3), step=1e5)
    assert result.loss.max() > 100 * result.loss[0]
    assert result.converged
    assert result.loss[-1] < 1e-9


def test_without_a_penalty_a_huge_step_on_overlapping_data_stays_bounded():
    W, X, y = problem()
    result = gradient_descent(W, Objective(X, y, len(W)), step=1e5, max_passes=200)
    longest = np.sqrt(2) * np.linalg.norm(X, axis=1).max()  # no gradient is longer than that
    assert result.gradient_norm.max() <= longest
    assert result.loss.max() <= 1e5 * 200 * longest**2
    assert "diverged" not in result.reason


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


def test_backtracking_finds_longer_steps_than_the_bound_allows():
    W, X, y = digits()
    objective = Objective(X, y, 10)
    fixed = gradient_descent(W, objective, max_passes=60)
    searched = backtracking(W, objective, max_passes=60)
    assert searched.loss[-1] < fixed.loss[-1] / 2


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
    result = nesterov(
        W, Objective(X, y, len(W), 1e-3)
    )  # 538 passes; without the restarts over 1000
    assert result.converged
    assert result.passes[-1] < 700


# Mini-batches


def test_one_batch_of_all_examples_is_full_descent_up_to_rounding_1e_10():
    W, X, y = problem()
    full = gradient_descent(W, Objective(X, y, len(W), 0.1), max_passes=20)
    for size in (len(X), 10 * len(X)):
        rng = np.random.default_rng(0)
        batch = sgd(W, Objective(X, y, len(W), 0.1), batch_size=size, rng=rng, max_passes=20)
        np.testing.assert_allclose(batch.W, full.W, rtol=0, atol=1e-10)
        np.testing.assert_array_equal(batch.passes, full.passes)


@pytest.mark.parametrize("decay", [0.0, 0.5])
@pytest.mark.parametrize("batch_size", [1, 7, 15])
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


def test_a_step_that_decays_ends_nearer_to_the_minimum():
    W, X, y = digits()
    objective = Objective(X, y, 10, 0.1)
    least = lbfgs(W, objective).loss[-1]
    options = {"step": 0.5, "batch_size": 20, "max_passes": 30}
    constant, decaying = (
        sgd(W, objective, rng=np.random.default_rng(0), decay=decay, **options)
        for decay in (0.0, 0.25)
    )
    assert decaying.loss[-1] - least < (constant.loss[-1] - least) / 3


def test_the_same_seed_gives_the_same_run_and_another_seed_another():
    runs = [
        sgd(*task(), batch_size=4, rng=np.random.default_rng(seed), max_passes=3)
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(runs[0].W, runs[1].W)
    np.testing.assert_array_equal(runs[0].loss, runs[1].loss)
    assert (runs[0].W != runs[2].W).any()


def test_mini_batches_diverge_with_the_same_words():
    rng = np.random.default_rng(0)
    result = sgd(*task(lam=1.0), step=3.0, batch_size=10, rng=rng)
    assert result.reason.startswith("diverged: the loss is not finite after pass ")
    assert result.reason.endswith(" lowers it, this was 3")
    assert np.isfinite(result.W).all()


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


@pytest.mark.parametrize("lam", [0.0, 0.1])
def test_the_first_step_of_lbfgs_from_zero_is_newtons_within_1e_9(lam):
    W, X, y = problem(M=100)
    first = lbfgs(W, Objective(X, y, len(W), lam), max_passes=1).W
    for_H = -gradient(W, X, y, lam)
    np.testing.assert_allclose(hessian_vector_product(W, X, first, lam), for_H, rtol=0, atol=1e-9)


def test_the_columns_may_have_any_scale():
    W, X, y = problem(M=100)
    scales = np.array([1.0, 1e-9, 1e9, 1e-5, 1e5])
    plain, scaled = (lbfgs(W, Objective(A, y, 3), max_passes=8) for A in (X, X * scales))
    assert plain.loss[-1] < plain.loss[0]
    np.testing.assert_allclose(scaled.loss, plain.loss, rtol=1e-6)


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


@pytest.mark.parametrize("minimise", [lbfgs, newton_cg])
@pytest.mark.parametrize("lam", [0.0, 1e-3, 0.1])
@pytest.mark.parametrize("seed", [0, 1])
def test_they_reach_the_loss_of_scipy_within_1e_12(minimise, lam, seed):
    W, X, y = problem(M=80, C=3, seed=seed)
    flat = lambda w: loss_and_gradient(w.reshape(W.shape), X, y, lam)  # noqa: E731
    theirs = scipy.optimize.minimize(
        lambda w: (flat(w)[0], flat(w)[1].ravel()),
        W.ravel(),
        jac=True,
        method="L-BFGS-B",
        options={"gtol": 1e-9, "ftol": 1e-16, "maxiter": 10_000},
    )
    ours = minimise(W, Objective(X, y, len(W), lam), tolerance=1e-8)
    assert ours.converged
    assert ours.loss[-1] <= theirs.fun * (1 + 1e-12)
    assert ours.loss[-1] == pytest.approx(theirs.fun, rel=1e-9)


def test_newton_needs_fewer_than_150_passes_on_iris():
    features, y = load_iris()
    result = newton_cg(np.zeros((3, 5)), Objective(add_bias(features), y, 3, 1e-3))
    assert result.converged
    assert result.passes[-1] < 150


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


@searching
def test_it_says_that_no_step_lowers_the_loss_and_stays_where_it_was(minimise):
    W, G = np.zeros((3, 5)), np.ones((3, 5))
    objective = Scripted(*((1 + 1e-3 * n, G) for n in range(100)))
    result = minimise(W, objective)
    n = len(objective.asked) - 1 + objective.products
    assert result.reason == (
        f"stopped after {n} passes: rounding hides any further decrease, gradient norm 3.87"
    )
    assert not result.converged
    np.testing.assert_array_equal(result.W, W)


@searching
def test_asked_for_the_impossible_it_gets_as_far_as_rounding_allows(minimise):
    W, X, y = problem()
    result = minimise(W, Objective(X, y, len(W), 0.1), tolerance=1e-300, max_passes=1000)
    assert not result.converged
    assert result.gradient_norm[-1] < 1e-12
    check_result(result, X, y, 0.1, 1e-300)


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


def test_newton_halves_a_step_that_keeps_less_than_a_ten_thousandth_of_its_promise():
    G = np.zeros((3, 5))
    G[0, 0] = 1.0
    objective = Scripted((1.0, G), (1.0 - 1e-7, G), (0.5, G))
    result = newton_cg(np.zeros((3, 5)), objective, max_passes=1)
    _, long, half = objective.asked
    np.testing.assert_array_equal(half, long / 2)  # the start is W = 0
    np.testing.assert_array_equal(result.W, half)


def test_newton_ends_quadratically():
    norms = newton_cg(*task(M=200, lam=0.1), tolerance=1e-10).gradient_norm
    assert len(norms) <= 8
    assert norms[-1] < norms[-2] ** 1.4


@pytest.mark.parametrize("minimise", [lbfgs, newton_cg])
def test_under_a_strong_penalty_only_the_biases_are_left_within_1e_3(minimise):
    W, X, y = problem()
    result = minimise(W, Objective(X, y, len(W), 1e4))
    assert result.converged
    assert np.abs(result.W[:, 1:]).max() < 1e-3
    shares = np.bincount(y, minlength=3) / len(y)
    np.testing.assert_allclose(softmax(result.W[:, 0]), shares, rtol=0, atol=1e-3)


@pytest.mark.parametrize("minimise", [lbfgs, newton_cg])
@pytest.mark.parametrize("lam", [0.0, 0.01])
def test_duplicated_columns_share_their_weight_and_change_no_probability(minimise, lam):
    W, X, y = problem(M=60, m=2)
    doubled = np.column_stack([X, X[:, 1]])
    result = minimise(np.zeros((3, 4)), Objective(doubled, y, 3, lam), tolerance=1e-8)
    assert result.converged
    np.testing.assert_allclose(result.W[:, 1], result.W[:, 3], rtol=0, atol=1e-6)
    if lam == 0:
        alone = newton_cg(W, Objective(X, y, len(W)))
        np.testing.assert_allclose(doubled @ result.W.T, X @ alone.W.T, rtol=0, atol=1e-5)


@every
@pytest.mark.parametrize("lam", [0.0, 0.1])
def test_constant_columns_and_more_features_than_examples_are_no_obstacle(minimise, lam):
    features = np.random.default_rng(0).standard_normal((6, 12))
    X = add_bias(np.column_stack([features, np.zeros(6), np.full(6, 5.0)]))
    objective = Objective(X, [0, 1, 2, 0, 1, 2], 3, lam)
    result = minimise(np.zeros((3, 15)), objective, tolerance=0.05)
    assert result.converged
    assert (result.W[:, 13] == 0).all()


@pytest.mark.parametrize("minimise", [lbfgs, newton_cg])
def test_separable_data_without_a_penalty_end_with_a_loss_of_almost_zero(minimise):
    objective = separable()
    result = minimise(np.zeros((2, 2)), objective, tolerance=1e-8)
    assert result.converged
    assert result.loss[-1] < 1e-7
    predicted = np.argmax(objective.X @ result.W.T, axis=1)
    np.testing.assert_array_equal(predicted, objective.y)


@pytest.mark.parametrize("minimise", [lbfgs, newton_cg])
def test_features_may_have_very_different_sizes(minimise):
    features, y = load_iris()
    reference = newton_cg(np.zeros((3, 5)), Objective(add_bias(features), y, 3))
    (standard,) = standardize(features)
    objective = Objective(add_bias(standard * [1e-2, 1, 1e2, 1e3]), y, 3)
    rescaled = minimise(np.zeros((3, 5)), objective)
    assert rescaled.converged
    assert rescaled.loss[-1] == pytest.approx(reference.loss[-1], rel=1e-4)


@every
def test_a_class_that_does_not_occur_gets_little_probability(minimise):
    _, X, y = problem(C=2)
    result = minimise(np.zeros((3, 5)), Objective(X, y, 3, 0.1), tolerance=0.01)
    assert softmax(X @ result.W.T)[:, 2].max() < 0.1


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
