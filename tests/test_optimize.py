"""Gradient descent and Newton's method."""

import re
import sys

import numpy as np
import pytest
import scipy.optimize

import softmax_lib.optimize
from softmax_lib import (
    Result,
    add_bias,
    curvature_bound,
    gradient,
    gradient_descent,
    load_iris,
    loss,
    loss_and_gradient,
    newton_cg,
    softmax,
    standardize,
)

both = pytest.mark.parametrize("minimise", [gradient_descent, newton_cg], ids=lambda f: f.__name__)


def problem(M=30, C=3, m=4, seed=0):
    """Zero weights and a data set whose classes overlap."""
    rng = np.random.default_rng(seed)
    X = add_bias(rng.standard_normal((M, m)))
    y = np.argmax(X @ rng.standard_normal((m + 1, C)) + 2 * rng.standard_normal((M, C)), axis=1)
    return np.zeros((C, m + 1)), X, y


def separable():
    return np.zeros((2, 2)), add_bias([[-1.0], [1.0], [2.0]]), [0, 1, 1]


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


@both
@pytest.mark.parametrize("lam", [0.0, 0.1])
@pytest.mark.parametrize("C", [2, 3, 5])
def test_histories_belong_together_and_end_at_W_within_1e_9(minimise, lam, C):
    W, X, y = problem(C=C)
    result = minimise(W, X, y, lam=lam, tolerance=1e-3)
    check_result(result, X, y, lam, 1e-3)
    assert result.loss[0] == loss(W, X, y, lam)
    assert result.gradient_norm[0] == np.linalg.norm(gradient(W, X, y, lam))
    assert result.converged


@both
def test_a_start_that_is_good_enough_is_returned_as_it_is(minimise):
    W, X, y = problem()
    result = minimise(W + 1.0, X, y, tolerance=1e3)
    np.testing.assert_array_equal(result.W, W + 1.0)
    assert len(result.loss) == 1
    assert result.converged


@both
def test_a_gradient_exactly_as_long_as_the_tolerance_is_small_enough(minimise):
    W, X, y = problem()
    norm = float(np.linalg.norm(gradient(W, X, y)))
    assert len(minimise(W, X, y, tolerance=norm).loss) == 1


@both
def test_the_start_is_not_modified_and_the_data_may_be_read_only(minimise):
    W, X, y = problem()
    W += 0.5
    copies = [A.copy() for A in (W, X, y)]
    for A in (W, X, y):
        A.flags.writeable = False
    assert minimise(W, X, y, lam=0.1, tolerance=1e-3).converged
    for A, copy in zip((W, X, y), copies, strict=True):
        np.testing.assert_array_equal(A, copy)


@both
def test_lists_are_taken_and_integer_weights_are_no_trap(minimise):
    _, X, y = problem(C=2)
    as_lists = minimise([[0] * 5, [0] * 5], X.tolist(), y.tolist(), lam=0.1)
    as_arrays = minimise(np.zeros((2, 5)), X, y, lam=0.1)
    np.testing.assert_allclose(as_lists.W, as_arrays.W, rtol=1e-12, atol=1e-12)


def test_a_result_in_words_is_its_reason_its_loss_and_its_passes():
    result = Result(
        np.zeros((2, 2)), np.array([1.5, 0.25]), np.ones(2), np.array([0, 7]), True, "ok"
    )
    assert str(result) == "ok\nloss 0.25, 7 passes over the data"


def test_a_result_cannot_be_changed():
    with pytest.raises(AttributeError):
        gradient_descent(*problem()).converged = True


# Gradient descent


def test_one_step_is_W_minus_step_times_gradient_within_1e_14():
    W, X, y = problem()
    W += 0.3
    result = gradient_descent(W, X, y, lam=0.2, step=0.7, max_passes=1)
    expected = W - 0.7 * gradient(W, X, y, 0.2)
    np.testing.assert_allclose(result.W, expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize("lam", [0.0, 0.5])
def test_the_default_step_is_one_over_the_curvature_bound(lam):
    W, X, y = problem()
    by_default = gradient_descent(W, X, y, lam=lam, max_passes=5)
    by_hand = gradient_descent(W, X, y, lam=lam, step=1 / curvature_bound(X, lam), max_passes=5)
    np.testing.assert_allclose(by_default.W, by_hand.W, rtol=1e-12)


@pytest.mark.parametrize("lam", [0.0, 1e-3, 1.0])
@pytest.mark.parametrize("scale", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("C", [2, 4])
def test_with_the_default_step_the_loss_falls_at_every_pass(lam, scale, C):
    W, X, y = problem(C=C)
    X = np.column_stack([X[:, 0], scale * X[:, 1:]])
    result = gradient_descent(W, X, y, lam=lam, max_passes=200)
    assert (np.diff(result.loss) < 0).all()


def test_just_below_the_stated_bound_the_loss_falls_and_just_above_it_can_rise():
    W, X, y = np.array([[0.1], [-0.1]]), np.ones((2, 1)), [0, 1]
    bound = 2 / curvature_bound(X)  # attained here: two classes, x = 1, the minimum at W = 0
    falling = gradient_descent(W, X, y, step=0.99 * bound, max_passes=20)
    rising = gradient_descent(W, X, y, step=1.05 * bound, max_passes=20)
    assert (np.diff(falling.loss) < 0).all()
    assert (np.diff(rising.loss) > 0).all()


def test_passes_count_from_zero_one_by_one():
    result = gradient_descent(*problem(), max_passes=7)
    np.testing.assert_array_equal(result.passes, np.arange(8))


def test_it_says_that_it_converged_and_after_how_many_passes():
    result = gradient_descent(*problem(), lam=0.1, tolerance=1e-3)
    n, norm = len(result.loss) - 1, result.gradient_norm[-1]
    assert result.reason == f"converged: gradient norm {norm:.3g} <= 0.001 after {n} passes"
    assert (result.gradient_norm[:-1] > 1e-3).all()


def test_convergence_in_the_last_pass_allowed_is_convergence():
    n = gradient_descent(*problem(), lam=0.1, tolerance=1e-3).passes[-1]
    result = gradient_descent(*problem(), lam=0.1, tolerance=1e-3, max_passes=int(n))
    assert result.converged
    assert result.reason.endswith(f"<= 0.001 after {n} passes")


def test_it_says_that_it_stopped_at_max_passes():
    result = gradient_descent(*problem(), max_passes=3)
    norm = result.gradient_norm[-1]
    assert result.reason == f"stopped at max_passes = 3 with gradient norm {norm:.3g} > 1e-06"
    assert not result.converged


def test_by_default_it_takes_at_most_1000_passes_to_1e_minus_6():
    result = gradient_descent(*separable(), step=1e-3)
    assert result.reason.startswith("stopped at max_passes = 1000 ")
    assert result.reason.endswith(" > 1e-06")
    assert result.passes[-1] == 1000


@pytest.mark.parametrize("lam", [1.0, 0.01])
@pytest.mark.filterwarnings("error")
def test_with_a_penalty_a_step_beyond_2_over_lam_diverges_and_the_last_finite_W_is_returned(lam):
    W, X, y = problem()
    step = 3 / lam
    result = gradient_descent(W, X, y, lam=lam, step=step, max_passes=5000)
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
    result = gradient_descent(np.zeros((3, 3)), X, y, step=1e5)
    assert result.loss.max() > 100 * result.loss[0]
    assert result.converged
    assert result.loss[-1] < 1e-9


def test_without_a_penalty_a_huge_step_on_overlapping_data_stays_bounded():
    W, X, y = problem()
    result = gradient_descent(W, X, y, step=1e5, max_passes=200)
    longest = np.sqrt(2) * np.linalg.norm(X, axis=1).max()  # no gradient is longer than that
    assert result.gradient_norm.max() <= longest
    assert result.loss.max() <= 1e5 * 200 * longest**2
    assert "diverged" not in result.reason


# Mini-batches


def test_one_batch_of_all_examples_is_full_descent_up_to_rounding_1e_10():
    W, X, y = problem()
    full = gradient_descent(W, X, y, lam=0.1, max_passes=20)
    for size in (len(X), 10 * len(X)):
        rng = np.random.default_rng(0)
        batch = gradient_descent(W, X, y, lam=0.1, batch_size=size, rng=rng, max_passes=20)
        np.testing.assert_allclose(batch.W, full.W, rtol=0, atol=1e-10)
        np.testing.assert_array_equal(batch.passes, full.passes)


@pytest.mark.parametrize("batch_size", [1, 7, 15])
def test_one_pass_takes_each_example_once_in_the_order_drawn_within_1e_13(batch_size):
    W, X, y = problem()
    rng = np.random.default_rng(5)
    result = gradient_descent(
        W, X, y, lam=0.1, step=0.2, batch_size=batch_size, rng=rng, max_passes=2
    )
    rng = np.random.default_rng(5)
    for _ in range(2):
        order = rng.permutation(len(X))
        for first in range(0, len(X), batch_size):
            batch = order[first : first + batch_size]
            W = W - 0.2 * gradient(W, X[batch], y[batch], 0.1)
    np.testing.assert_allclose(result.W, W, rtol=0, atol=1e-13)
    check_result(result, X, y, 0.1, 1e-6)


def test_the_same_seed_gives_the_same_run_and_another_seed_another():
    runs = [
        gradient_descent(*problem(), batch_size=4, rng=np.random.default_rng(seed), max_passes=3)
        for seed in (1, 1, 2)
    ]
    np.testing.assert_array_equal(runs[0].W, runs[1].W)
    np.testing.assert_array_equal(runs[0].loss, runs[1].loss)
    assert (runs[0].W != runs[2].W).any()


def test_mini_batches_diverge_with_the_same_words():
    rng = np.random.default_rng(0)
    result = gradient_descent(*problem(), lam=1.0, step=3.0, batch_size=10, rng=rng)
    assert result.reason.startswith("diverged: the loss is not finite after pass ")
    assert np.isfinite(result.W).all()


# The progress bar


@pytest.mark.parametrize("lam", [0.0, 0.1])
def test_the_progress_bar_is_on_stderr_and_changes_no_number(lam, capfd):
    plain = gradient_descent(*problem(), lam=lam, max_passes=50)
    assert capfd.readouterr() == ("", "")
    shown = gradient_descent(*problem(), lam=lam, max_passes=50, progress=True)
    out, err = capfd.readouterr()
    assert out == ""
    assert "/50 [" in err
    assert "pass" in err
    np.testing.assert_array_equal(shown.W, plain.W)
    assert shown.reason == plain.reason


def test_without_a_progress_bar_tqdm_is_not_needed(monkeypatch):
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)
    gradient_descent(*problem(), max_passes=2)
    with pytest.raises(ImportError):
        gradient_descent(*problem(), max_passes=2, progress=True)


# Newton's method


@pytest.mark.parametrize("lam", [0.01, 0.1, 1.0])
@pytest.mark.parametrize("C", [2, 4])
def test_newton_and_a_long_descent_reach_the_same_weights_within_1e_5(lam, C):
    W, X, y = problem(C=C)
    descent = gradient_descent(W, X, y, lam=lam, tolerance=1e-8, max_passes=20_000)
    newton = newton_cg(W, X, y, lam=lam, tolerance=1e-8)
    assert descent.converged
    assert newton.converged
    np.testing.assert_allclose(newton.W, descent.W, rtol=0, atol=1e-5)
    assert newton.loss[-1] == pytest.approx(descent.loss[-1], rel=1e-12)


@pytest.mark.parametrize("lam", [0.0, 1e-3, 0.1])
@pytest.mark.parametrize("seed", [0, 1])
def test_newton_reaches_the_loss_of_scipy_within_1e_12(lam, seed):
    W, X, y = problem(M=80, C=3, seed=seed)
    flat = lambda w: loss_and_gradient(w.reshape(W.shape), X, y, lam)  # noqa: E731
    theirs = scipy.optimize.minimize(
        lambda w: (flat(w)[0], flat(w)[1].ravel()),
        W.ravel(),
        jac=True,
        method="L-BFGS-B",
        options={"gtol": 1e-9, "ftol": 1e-16, "maxiter": 10_000},
    )
    ours = newton_cg(W, X, y, lam=lam)
    assert ours.converged
    assert ours.loss[-1] <= theirs.fun * (1 + 1e-12)
    assert ours.loss[-1] == pytest.approx(theirs.fun, rel=1e-9)


def test_newton_needs_fewer_than_150_passes_on_iris():
    features, y = load_iris()
    result = newton_cg(np.zeros((3, 5)), add_bias(features), y, lam=1e-3)
    assert result.converged
    assert result.passes[-1] < 150


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("scale", [1, 10, 1000])
def test_newton_converges_from_a_bad_start_and_the_loss_never_rises(seed, scale):
    W, X, y = problem(seed=seed)
    W = scale * np.random.default_rng(seed).standard_normal(W.shape)
    result = newton_cg(W, X, y, lam=1e-3)
    assert result.converged, result.reason
    assert (np.diff(result.loss) <= 1e-14 * result.loss[:-1]).all()


@pytest.mark.parametrize("lam", [0.0, 0.1])
@pytest.mark.parametrize("scale", [1, 100])
def test_newton_counts_each_hessian_product_and_each_evaluation_as_one_pass(
    lam, scale, monkeypatch
):
    calls = []
    for name in ("_loss_and_gradient", "_hessian_vector_product"):
        original = getattr(softmax_lib.optimize, name)
        counted = lambda *args, original=original: calls.append(1) or original(*args)  # noqa: E731
        monkeypatch.setattr(softmax_lib.optimize, name, counted)
    W, X, y = problem()
    W = scale * np.random.default_rng(0).standard_normal(W.shape)
    result = newton_cg(W, X, y, lam=lam)
    assert result.passes[0] == 1
    assert result.passes[-1] == len(calls)
    assert result.reason.endswith(f"after {len(calls)} passes")


def test_newton_says_that_it_converged_and_that_it_stopped_at_max_iter():
    result = newton_cg(*problem(), lam=0.1, tolerance=1e-4)
    n, norm = result.passes[-1], result.gradient_norm[-1]
    assert result.reason == f"converged: gradient norm {norm:.3g} <= 0.0001 after {n} passes"
    steps = len(result.loss) - 1
    last_allowed = newton_cg(*problem(), lam=0.1, tolerance=1e-4, max_iter=steps)
    assert last_allowed.reason == result.reason
    short = newton_cg(*problem(), lam=0.1, tolerance=1e-4, max_iter=steps - 1)
    norm = short.gradient_norm[-1]
    expected = f"stopped at max_iter = {steps - 1} with gradient norm {norm:.3g} > 0.0001"
    assert short.reason == expected
    assert not short.converged


def test_newton_says_that_no_step_lowers_the_loss_and_stays_where_it_was(monkeypatch):
    W, X, y = problem()
    start, calls = loss_and_gradient(W, X, y), []

    def never_lower(*args):
        calls.append(args)
        return start[0] + 1e-3 * (len(calls) - 1), start[1]

    monkeypatch.setattr(softmax_lib.optimize, "_loss_and_gradient", never_lower)
    result = newton_cg(W, X, y)
    norm = np.linalg.norm(start[1])
    assert result.reason == (
        f"stopped after 0 steps: rounding hides any further decrease, gradient norm {norm:.3g}"
    )
    assert not result.converged
    np.testing.assert_array_equal(result.W, W)


def test_newton_asked_for_the_impossible_gets_as_far_as_rounding_allows():
    W, X, y = problem()
    result = newton_cg(W, X, y, lam=0.1, tolerance=1e-300, max_iter=30)
    assert not result.converged
    assert result.gradient_norm[-1] < 1e-13
    check_result(result, X, y, 0.1, 1e-300)


@pytest.mark.parametrize("seed", range(3))
def test_newton_gets_away_from_saturated_scores_where_the_loss_is_almost_flat(seed):
    W, X, y = problem(seed=seed)
    start = 100 * np.random.default_rng(seed).standard_normal(W.shape)
    result = newton_cg(start, X, y)
    assert result.converged, result.reason
    assert result.loss[-1] == pytest.approx(newton_cg(W, X, y).loss[-1], rel=1e-7)


@pytest.mark.parametrize("seed", range(3))
def test_newton_follows_the_gradient_downhill_where_no_curvature_is_left(seed):
    W, X, y = problem(seed=seed)
    start = 1000 * np.random.default_rng(seed).standard_normal(W.shape)
    assert (np.diff(newton_cg(start, X, y, max_iter=20).loss) < 0).all()


def test_newton_halves_a_step_that_keeps_less_than_a_ten_thousandth_of_its_promise(monkeypatch):
    W, X, y = problem()
    L, G = loss_and_gradient(W, X, y)
    losses, tried = iter([L, L * (1 - 1e-7), 0.5 * L]), []

    def scripted(W, *_):
        tried.append(W)
        return next(losses), G

    monkeypatch.setattr(softmax_lib.optimize, "_loss_and_gradient", scripted)
    result = newton_cg(W, X, y, max_iter=1)
    np.testing.assert_array_equal(tried[2], tried[1] / 2)  # the start is W = 0
    np.testing.assert_array_equal(result.W, tried[2])


def test_newton_ends_quadratically():
    norms = newton_cg(*problem(M=200), lam=0.1, tolerance=1e-10).gradient_norm
    assert len(norms) <= 8
    assert norms[-1] < norms[-2] ** 1.4


def test_under_a_strong_penalty_only_the_biases_are_left_within_1e_3():
    W, X, y = problem()
    result = newton_cg(W, X, y, lam=1e4)
    assert result.converged
    assert np.abs(result.W[:, 1:]).max() < 1e-3
    shares = np.bincount(y, minlength=3) / len(y)
    np.testing.assert_allclose(softmax(result.W[:, 0]), shares, rtol=0, atol=1e-3)


@pytest.mark.parametrize("lam", [0.0, 0.01])
def test_duplicated_columns_share_their_weight_and_the_duplicate_changes_no_probability(lam):
    W, X, y = problem(M=60, m=2)
    doubled = np.column_stack([X, X[:, 1]])
    result = newton_cg(np.zeros((3, 4)), doubled, y, lam=lam)
    assert result.converged
    np.testing.assert_allclose(result.W[:, 1], result.W[:, 3], rtol=0, atol=1e-6)
    if lam == 0:
        alone = newton_cg(W, X, y)
        np.testing.assert_allclose(doubled @ result.W.T, X @ alone.W.T, rtol=0, atol=1e-5)


@both
@pytest.mark.parametrize("lam", [0.0, 0.1])
def test_constant_columns_and_more_features_than_examples_are_no_obstacle(minimise, lam):
    features = np.random.default_rng(0).standard_normal((6, 12))
    X = add_bias(np.column_stack([features, np.zeros(6), np.full(6, 5.0)]))
    result = minimise(np.zeros((3, 15)), X, [0, 1, 2, 0, 1, 2], lam=lam, tolerance=0.05)
    assert result.converged
    assert (result.W[:, 13] == 0).all()


def test_newton_on_separable_data_without_a_penalty_ends_with_a_loss_of_almost_zero():
    _, X, y = separable()
    result = newton_cg(*separable())
    assert result.converged
    assert result.loss[-1] < 1e-7
    np.testing.assert_array_equal(np.argmax(X @ result.W.T, axis=1), y)


def test_newton_works_with_features_of_very_different_sizes():
    features, y = load_iris()
    reference = newton_cg(np.zeros((3, 5)), add_bias(features), y)
    (standard,) = standardize(features)
    rescaled = newton_cg(np.zeros((3, 5)), add_bias(standard * [1e-2, 1, 1e2, 1e3]), y)
    assert rescaled.converged
    assert rescaled.loss[-1] == pytest.approx(reference.loss[-1], rel=1e-4)


@both
def test_a_class_that_does_not_occur_gets_little_probability(minimise):
    _, X, y = problem(C=2)
    result = minimise(np.zeros((3, 5)), X, y, lam=0.1, tolerance=0.01)
    assert softmax(X @ result.W.T)[:, 2].max() < 0.1


# Errors


@both
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"W": np.zeros((1, 5))}, "W must have a row for each of at least 2 classes, got 1"),
        ({"X": np.ones((30, 4))}, "X must have as many columns as W, 5, got 4"),
        ({"y": np.full(30, 3)}, "labels must lie in 0..2 (C = 3 classes), got 3 at index 0"),
        ({"lam": -1.0}, "lam must be finite and not negative, got -1.0"),
        ({"tolerance": 0.0}, "tolerance must be positive and finite, got 0.0"),
        ({"tolerance": -1.0}, "tolerance must be positive and finite, got -1.0"),
        ({"tolerance": np.nan}, "tolerance must be positive and finite, got nan"),
    ],
)
def test_bad_input_is_named_by_both(minimise, change, message):
    arguments = dict(zip("WXy", problem(), strict=True)) | change
    with pytest.raises(ValueError, match=f"^{re.escape(message)}"):
        minimise(**arguments)


@pytest.mark.parametrize("name", ["step", "max_passes"])
@pytest.mark.parametrize("value", [0, -1, np.inf, np.nan])
def test_step_and_number_of_passes_must_be_positive_and_finite(name, value):
    with pytest.raises(ValueError, match=f"^{name} must be positive and finite, got {value}$"):
        gradient_descent(*problem(), **{name: value})


@pytest.mark.parametrize("value", [0, -3])
def test_batch_size_and_number_of_steps_must_be_positive(value):
    rng = np.random.default_rng(0)
    message = f"must be positive and finite, got {value}$"
    with pytest.raises(ValueError, match=f"^batch_size {message}"):
        gradient_descent(*problem(), batch_size=value, rng=rng)
    with pytest.raises(ValueError, match=f"^max_iter {message}"):
        newton_cg(*problem(), max_iter=value)


@pytest.mark.parametrize("one", [{"batch_size": 5}, {"rng": np.random.default_rng(0)}])
def test_batch_size_and_rng_must_come_together(one):
    message = "batch_size and rng must be given together, got only one of them"
    with pytest.raises(ValueError, match=f"^{message}$"):
        gradient_descent(*problem(), **one)
