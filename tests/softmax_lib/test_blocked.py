"""The blocked evaluation of loss and gradient is the readable one, only faster."""

import tracemalloc

import numpy as np
import pytest
import scipy.sparse
from objectives import assert_same, problem

from softmax_lib import Objective, add_bias, hessian_vector_product, loss_and_gradient, softmax

SHAPES = [(1, 1, 2), (5, 3, 4), (3001, 12, 5), (400, 700, 3), (300, 2, 900)]


def evaluated(objective, W):
    """The loss and all derivatives that an objective gives, one of them along rows of W."""
    V, rows = W[::-1], np.arange(0, len(objective.y), 3)
    yield from objective(W)
    yield from (objective.gram(), objective.gram(W), objective.hessian_product(W, V.tolist()))
    yield objective.batch_gradient(W, rows)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("lam", [0.0, 0.3])
def test_it_equals_the_readable_form_within_1e_12(shape, lam):
    W, X, y = problem(*shape)
    objective, V = Objective(X, y, len(W), lam), W[::-1]
    assert_same(objective(W), loss_and_gradient(W, X, y, lam))
    expected = [hessian_vector_product(W, X, V, lam), X.T @ X / len(X)]
    assert_same([objective.hessian_product(W, V.tolist()), objective.gram()], expected)


@pytest.mark.parametrize("shape", SHAPES)
def test_in_float32_it_equals_the_readable_form_of_float64_within_1e_5(shape):
    W, X, y = problem(*shape, scale=0.3, dtype=np.float32)
    expected = loss_and_gradient(W.astype(float), X.astype(float), y)
    assert_same(Objective(X, y, len(W))(W), expected, 1e-5)


@pytest.mark.parametrize("scale", [300.0, 1e5, 1e18])
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_scores_of_any_size_do_not_overflow_within_1e_12(scale, dtype):
    W, X, y = problem(500, 4, 3, scale, dtype)
    expected = loss_and_gradient(W.astype(float), X.astype(float), y)
    assert_same(Objective(X, y, 3)(W), expected, 1e-12 if dtype == np.float64 else 1e-5)


def test_a_loss_near_zero_is_exact_within_4_eps():
    W, X, y = np.array([[0.0, 0.0], [0.0, 40.0]]), np.ones((1, 2)), [1]
    L, G = Objective(X, y, 2)(W)
    np.testing.assert_allclose(L, np.log1p(np.exp(-40.0)), rtol=4 * np.finfo(float).eps)
    np.testing.assert_allclose(G[1, 0], -np.exp(-40.0), rtol=4 * np.finfo(float).eps)


@pytest.mark.parametrize(("scale", "finite"), [(1e200, True), (1e308, False)])
def test_only_weights_that_overflow_the_scores_give_no_number_and_none_a_warning(scale, finite):
    W, X, y = problem(10, 2, 3, scale=scale)
    objective = Objective(10 * X, y, 3)
    assert np.isfinite(objective(W)[0]) == finite
    assert np.isfinite(objective.hessian_product(W, W / scale)).all() == finite


@pytest.mark.parametrize("lam", [0.0, 0.3])
def test_weights_of_examples_count_them_as_often_within_1e_12(lam):
    W, X, y = problem(2000, 6, 4)
    times = np.random.default_rng(1).integers(0, 4, len(X))
    weighted, V = Objective(X, y, 4, lam, times), W[::-1]
    X, y = np.repeat(X, times, axis=0), np.repeat(y, times)
    assert_same(weighted(W), loss_and_gradient(W, X, y, lam))
    expected = [hessian_vector_product(W, X, V, lam), X.T @ X / len(X)]
    assert_same([weighted.hessian_product(W, V), weighted.gram()], expected)


@pytest.mark.parametrize("kind", [np.int8, np.float16, np.float32, np.int64, np.longdouble])
def test_the_penalty_is_computed_in_float64_for_weights_and_lam_of_any_type(kind):
    W, X, y = problem(20, 6, 4)
    W = np.round(100 * W).astype(kind)
    L, G = Objective(X, y, 4, kind(2))(W)
    assert type(L) is float
    assert_same((L, G), Objective(X, y, 4, 2.0)(W.astype(float)), 1e-15)


@pytest.mark.parametrize("weights", [None, np.arange(3001.0)], ids=["alike", "weighted"])
def test_the_gram_matrix_at_W_is_the_mean_of_the_hessians_diagonal_blocks_within_1e_12(weights):
    W, X, y = problem(3001, 12, 5)
    P, omega = softmax(X @ W.T), np.ones(3001) if weights is None else weights
    blocks = [(X.T * (omega * p * (1 - p))) @ X / omega.sum() for p in P.T]
    actual = Objective(X, y, 5, 0.3, weights).gram(W)
    assert_same([actual], [np.sum(blocks, axis=0) / 4], 1e-12)  # over the C − 1 directions


STORED = {
    "Fortran order": np.asfortranarray,
    "every second column": lambda X: np.repeat(X, 2, axis=1)[:, ::2],
    "other bytes": lambda X: X.astype(">f8"),
    "sparse rows": scipy.sparse.csr_array,
    "sparse entries": scipy.sparse.coo_array,
    "sparse matrix": scipy.sparse.csr_matrix,
    "lists": np.ndarray.tolist,
}


@pytest.mark.parametrize("stored", STORED)
def test_X_may_be_stored_in_any_way_within_1e_12(stored):
    W, X, y = problem(700, 5, 3)
    X[X < 0.5] = 0
    plain, objective = (
        Objective(A, y, 3, 0.1, np.arange(1.0, 701)) for A in (X, STORED[stored](X))
    )
    assert_same(evaluated(objective, W), evaluated(plain, W))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int8])
def test_features_in_a_file_get_their_ones_block_by_block_in_float64_within_1e_12(tmp_path, dtype):
    W, X, y = problem(3001, 12, 5)
    features = (10 * X[:, 1:]).astype(dtype)
    np.save(tmp_path / "X.npy", features)
    on_disk = np.load(tmp_path / "X.npy", mmap_mode="r")
    there, here = Objective(on_disk, y, 5, 0.1, bias=True), Objective(add_bias(features), y, 5, 0.1)
    assert_same(evaluated(there, W), evaluated(here, W))


def test_sparse_features_get_their_ones_and_stay_sparse():
    W, X, y = problem(300, 5, 3)
    features = np.where(X < 0.5, 0, X)[:, 1:]
    objective = Objective(scipy.sparse.coo_array(features), y, 3, 0.1, bias=True)
    assert objective.X.nnz < X.size
    assert_same(evaluated(objective, W), evaluated(Objective(add_bias(features), y, 3, 0.1), W))


@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int16, np.uint64])
def test_labels_may_be_of_any_integer_type(dtype):
    W, X, y = problem(3001, 2, 100)
    L, G = Objective(X, y, 100)(W)
    L_narrow, G_narrow = Objective(X, y.astype(dtype), 100)(W)
    assert L_narrow == L
    np.testing.assert_array_equal(G_narrow, G)


def test_beside_X_it_needs_less_than_a_tenth_of_the_score_matrix():
    W, X, y = problem(100_000, 20, 20)
    objective = Objective(X, y, 20)
    tracemalloc.start()
    objective(W)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.1 * W.itemsize * 100_000 * 20


def test_nothing_is_modified_and_the_data_may_be_read_only():
    W, X, y = problem(500, 4, 3)
    for array in (W, X, y):
        array.flags.writeable = False
    Objective(X, y, 3, 0.1)(W)
