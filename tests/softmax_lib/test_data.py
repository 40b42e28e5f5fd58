"""The design matrix and the data sets."""

import numpy as np
import pytest

from softmax_lib import add_bias, standardize

EPS = np.finfo(float).eps


@pytest.mark.parametrize("dtype", [bool, np.int8, np.int64, np.float32, np.float64])
def test_add_bias_gives_a_copy_in_float64_with_ones_before_features_of_any_real_type(dtype):
    features = np.arange(6).reshape(2, 3).astype(dtype)
    X = add_bias(features)
    assert X.dtype == np.float64
    np.testing.assert_array_equal(X, [[1, *row] for row in features])
    assert not np.shares_memory(X, features)


def test_other_arrays_are_moved_by_the_mean_and_deviation_of_the_training_rows():
    rng = np.random.default_rng(0)
    train, test, more = rng.normal(5, 3, (9, 2)), rng.normal(0, 1, (4, 2)), rng.normal(0, 1, (1, 2))
    results = standardize(train, test, more)
    assert isinstance(results, list)
    for got, original in zip(results, (train, test, more), strict=True):
        expected = (original - train.mean(axis=0)) / train.std(axis=0)
        np.testing.assert_allclose(got, expected, rtol=4 * EPS)


@pytest.mark.parametrize(
    "value", [0.0, 7.0, 0.1, -1e300, 1e-300]
)  # three times 0.1 has a mean that is not 0.1
def test_a_constant_column_becomes_exactly_zero_and_is_only_shifted_elsewhere(value):
    train, test = standardize([[value]] * 3, [[value], [value + 2]])
    np.testing.assert_array_equal(train, 0)
    np.testing.assert_array_equal(test, [[0], [value + 2 - value]])


def test_standardize_needs_no_row_beside_those_for_training():
    assert standardize(np.ones((1, 3)), np.empty((0, 3)))[1].shape == (0, 3)
