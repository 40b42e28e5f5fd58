"""softmax, log_softmax, logsumexp and the Jacobian of softmax."""

import re

import mpmath
import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from softmax_lib import log_softmax, logsumexp, softmax, softmax_jacobian

EPS = np.finfo(float).eps
FUNCTIONS = [softmax, log_softmax, logsumexp]
each_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)

# eighths up to 1e5: sums and differences of two of them are exact, so only the library rounds
eighths = st.integers(-800_000, 800_000).map(lambda n: n / 8)
rows = arrays(float, array_shapes(min_dims=1, max_dims=3, max_side=6), elements=eighths)
vectors = arrays(float, st.integers(1, 6), elements=st.floats(-30, 30))


def random_scores(*shape, scale=3.0):
    return scale * np.random.default_rng(0).standard_normal(shape)


# What holds for all scores


@given(rows)
def test_probabilities_lie_in_0_to_1_and_rows_sum_to_one_within_4_eps(s):
    p = softmax(s)
    assert ((p >= 0) & (p <= 1)).all()
    np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=4 * EPS)


@given(rows, eighths)
def test_softmax_and_its_logarithm_do_not_change_at_all_when_scores_are_shifted(s, c):
    np.testing.assert_array_equal(softmax(s + c), softmax(s))
    np.testing.assert_array_equal(log_softmax(s + c), log_softmax(s))


@given(rows, eighths)
def test_logsumexp_moves_with_a_shift_of_the_scores_within_4_eps(s, c):
    size = np.abs(s).max() + abs(c) + 1
    np.testing.assert_allclose(logsumexp(s + c), logsumexp(s) + c, rtol=0, atol=4 * EPS * size)


@given(rows)
def test_a_higher_score_never_has_a_lower_probability(s):
    order = np.argsort(s, axis=-1)
    for function in (softmax, log_softmax):
        assert (np.diff(np.take_along_axis(function(s), order, axis=-1)) >= 0).all()


@given(rows)
def test_logsumexp_lies_between_the_maximum_and_the_maximum_plus_log_C(s):
    largest, C = s.max(axis=-1), s.shape[-1]
    rounding = 4 * EPS * (np.abs(largest) + 1)
    assert (logsumexp(s) >= largest).all()
    assert (logsumexp(s) <= largest + np.log(C) + rounding).all()


@given(rows)
def test_log_softmax_is_the_score_minus_logsumexp_within_4_eps(s):
    size = np.abs(s).max() + 1
    expected = s - logsumexp(s, keepdims=True)
    np.testing.assert_allclose(log_softmax(s), expected, rtol=0, atol=4 * EPS * size)


# The Jacobian


@given(vectors)
def test_jacobian_is_symmetric_and_has_the_null_vector_1_within_4_eps(s):
    J = softmax_jacobian(s)
    np.testing.assert_array_equal(J, J.T)
    np.testing.assert_allclose(J @ np.ones(len(s)), 0, atol=4 * EPS)


@given(vectors)
def test_jacobian_has_no_negative_eigenvalue_below_minus_4_eps(s):
    assert np.linalg.eigvalsh(softmax_jacobian(s)).min() >= -4 * EPS


@given(vectors, st.integers(0, 10))
def test_jacobian_times_a_random_direction_is_the_slope_of_softmax_within_1e_9(s, seed):
    v = np.random.default_rng(seed).standard_normal(len(s))
    h = 1e-5
    slope = (softmax(s + h * v) - softmax(s - h * v)) / (2 * h)
    np.testing.assert_allclose(softmax_jacobian(s) @ v, slope, rtol=0, atol=1e-9)


def test_jacobian_has_p_j_times_delta_minus_p_k_in_row_j_and_column_k():
    s = random_scores(4)
    p, J = softmax(s), softmax_jacobian(s)
    for j in range(4):
        for k in range(4):
            assert J[j, k] == pytest.approx(p[j] * ((j == k) - p[k]), rel=4 * EPS)


def test_jacobians_of_many_examples_are_the_jacobians_of_each():
    S = random_scores(2, 3, 4)
    stack = softmax_jacobian(S)
    assert stack.shape == (2, 3, 4, 4)
    for index in np.ndindex(2, 3):
        np.testing.assert_array_equal(stack[index], softmax_jacobian(S[index]))


def test_jacobian_of_no_examples_is_empty_and_of_a_number_is_an_error():
    assert softmax_jacobian(np.empty((0, 3))).shape == (0, 3, 3)
    message = re.escape("scores must have shape (..., C), got a single number")
    with pytest.raises(ValueError, match=f"^{message}$"):
        softmax_jacobian(2.0)


# Reference values: the plain formulas with 50 digits. The worst error in units of eps was
# measured over three seeds; each bound is about twice it. Softmax loses about |s_k − max s|/2
# eps, since an exponential magnifies the rounding of its argument by that; its logarithm and
# logsumexp lose about one, relative to max(1, |value|).

RNG = np.random.default_rng(0)
FAMILIES = {  # name: (score vectors, bounds for softmax, log_softmax, logsumexp)
    "standard normal": (RNG.standard_normal((20, 10)), 5, 2, 2),
    "a thousand classes": (RNG.standard_normal((3, 1000)), 7, 2, 2),
    "spread over 60": (10 * RNG.standard_normal((20, 10)), 36, 3, 2),
    "spread over 700": (RNG.uniform(-350, 350, (20, 10)), 520, 2, 2),
    "spread over 2e5": (RNG.uniform(-1e5, 1e5, (20, 10)), 520, 2, 2),
    "close together near 1e5": (1e5 + RNG.standard_normal((20, 10)), 4, 3, 2),
    "close together near -1e5": (-1e5 + RNG.standard_normal((20, 10)), 4, 3, 2),
    "all equal": (np.full((3, 7), 0.1) + np.array([[0], [1e5], [-700]]), 2, 2, 2),
    "one far above the others": (np.diag([1, 36, 37, 700, 1e5]), 4, 2, 2),
    "almost zero": (1e-300 * RNG.standard_normal((5, 10)), 2, 2, 2),
    "logarithms that sum to zero": (np.log([[0.5, 0.5], [0.25, 0.75], [1e-20, 1]]), 2, 2, 2),
}


@pytest.mark.parametrize("family", FAMILIES)
def test_values_agree_with_50_digits_within_the_stated_number_of_eps(family):
    vectors, *bounds = FAMILIES[family]
    worst = np.zeros(3)
    for s in vectors:
        got = [softmax(s), log_softmax(s), [logsumexp(s)]]
        with mpmath.workdps(50):
            exact = [mpmath.mpf(float(score)) for score in s]
            total = mpmath.fsum(mpmath.exp(score) for score in exact)
            p = [mpmath.exp(score) / total for score in exact]
            log_p = [score - mpmath.log(total) for score in exact]
            floors = [mpmath.mpf(np.finfo(float).tiny), 1, 1]
            for n, expected in enumerate([p, log_p, [mpmath.log(total)]]):
                for a, b in zip(got[n], expected, strict=True):
                    error = abs(mpmath.mpf(float(a)) - b) / max(abs(b), floors[n]) / EPS
                    worst[n] = max(worst[n], float(error))
    assert (worst <= bounds).all(), f"worst errors in eps: {worst}"


@pytest.mark.parametrize("axis", [-1, 0, 1, (0, 1), None])
def test_values_agree_with_scipy_within_1e_13(axis):
    s = random_scores(4, 5)
    for function in FUNCTIONS:
        expected = getattr(scipy.special, function.__name__)(s, axis=axis)
        np.testing.assert_allclose(function(s, axis=axis), expected, rtol=0, atol=1e-13)


# Axes and shapes


@pytest.mark.parametrize("axis", [-1, 0, 1, 2, -3, (0, 2), (1, -1), (0, 1, 2), None])
def test_classes_may_lie_along_any_axes_as_in_the_plain_formula_within_1e_13(axis):
    s = random_scores(2, 3, 4)
    total = np.exp(s).sum(axis=axis, keepdims=True)
    np.testing.assert_allclose(softmax(s, axis=axis), np.exp(s) / total, rtol=1e-13)
    np.testing.assert_allclose(log_softmax(s, axis=axis), s - np.log(total), rtol=0, atol=1e-13)
    for keepdims in (False, True):
        result = logsumexp(s, axis=axis, keepdims=keepdims)
        expected = np.log(np.exp(s).sum(axis=axis, keepdims=keepdims))
        assert np.shape(result) == np.shape(expected)
        np.testing.assert_allclose(result, expected, rtol=0, atol=1e-13)


def test_the_last_axis_is_the_default_and_the_sum_loses_it():
    s = random_scores(2, 3)
    for function in FUNCTIONS:
        np.testing.assert_array_equal(function(s), function(s, axis=1))
    assert logsumexp(s).shape == (2,)


def test_logsumexp_of_one_vector_is_a_number_and_no_array():
    assert type(logsumexp([1.0, 2.0])) is np.float64
    assert type(logsumexp(np.ones((2, 3), np.float32), axis=None)) is np.float32


def test_a_single_score_has_probability_one():
    for s in (7.0, [7.0], [[7.0]]):
        assert np.array_equal(softmax(s), np.ones_like(s))
        assert np.array_equal(log_softmax(s), np.zeros_like(s))
        assert float(np.squeeze(logsumexp(s))) == 7


def test_no_rows_give_no_rows():
    s = np.empty((0, 3))
    assert [np.shape(f(s)) for f in FUNCTIONS] == [(0, 3), (0, 3), (0,)]


# Types


@each_function
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_floating_types_stay(function, dtype):
    assert function(np.array([1, 2, 3], dtype)).dtype == dtype
    assert softmax_jacobian(np.array([1, 2, 3], dtype)).dtype == dtype


@each_function
def test_float32_scores_are_worth_8_eps_of_float32(function):
    s = random_scores(5, 10)
    expected = function(s.astype(np.float32).astype(float))
    got = function(s.astype(np.float32))
    np.testing.assert_allclose(got, expected, rtol=8 * np.finfo(np.float32).eps)


@each_function
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64, np.uint64, bool])
def test_integers_and_booleans_become_float64_before_anything_can_wrap_around(function, dtype):
    limits = [0, 1] if dtype is bool else [np.iinfo(dtype).min, 5, np.iinfo(dtype).max]
    s = np.array(limits, dtype)
    assert function(s).dtype == np.float64
    np.testing.assert_array_equal(function(s), function(s.astype(float)))


def test_int8_scores_at_their_limits_differ_by_255():
    assert log_softmax(np.array([-128, 127], np.int8)).tolist() == [-255.0, 0.0]


@each_function
def test_lists_are_scores_too(function):
    np.testing.assert_array_equal(function([1, 2.5]), function(np.array([1, 2.5])))


@each_function
@pytest.mark.parametrize("layout", ["C", "Fortran", "every second", "reversed"])
def test_scores_are_not_modified_and_may_be_read_only_in_any_layout(function, layout):
    plain = random_scores(4, 6)
    s = {
        "C": plain.copy(),
        "Fortran": np.asfortranarray(plain),
        "every second": np.repeat(plain, 2, axis=1)[:, ::2],
        "reversed": plain[::-1, ::-1].copy()[::-1, ::-1],
    }[layout]
    s.flags.writeable = False
    np.testing.assert_allclose(function(s), function(plain), rtol=4 * EPS)
    np.testing.assert_array_equal(s, plain)


# Extreme scores. A warning fails a test: see filterwarnings in pyproject.toml.


@pytest.mark.parametrize("size", [1e3, 1e5, 1e10, 1e100, 1e300])
def test_scores_of_any_size_give_exact_values_without_a_warning(size):
    s = np.array([-size, 0.0, size])
    assert softmax(s).tolist() == [0, 0, 1]
    assert log_softmax(s).tolist() == [-2 * size, -size, 0]
    assert logsumexp(s) == size
    assert logsumexp(-s[:2]) == size
    assert not softmax_jacobian(s).any()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_largest_finite_scores_give_no_warning(dtype):
    largest = np.finfo(dtype).max
    s = np.array([-largest, largest], dtype)
    assert softmax(s).tolist() == [0, 1]
    assert logsumexp(s) == largest


def test_a_score_of_minus_infinity_is_a_class_of_probability_zero():
    s = np.array([-np.inf, 1.0, 2.0])
    np.testing.assert_array_equal(softmax(s), [0, *softmax(s[1:])])
    np.testing.assert_array_equal(log_softmax(s), [-np.inf, *log_softmax(s[1:])])
    assert logsumexp(s) == logsumexp(s[1:])


def test_logsumexp_of_nothing_but_minus_infinity_is_minus_infinity():
    assert logsumexp([-np.inf, -np.inf]) == -np.inf
    assert logsumexp([[-np.inf, -np.inf], [0, -np.inf]]).tolist() == [-np.inf, 0]


@pytest.mark.parametrize("other", [-np.inf, 0.0, 1e5])
def test_logsumexp_with_a_score_of_infinity_is_infinity(other):
    assert logsumexp([np.inf, other]) == np.inf


@each_function
@pytest.mark.parametrize("other", [-np.inf, -1e5, 0.0, 1e5])
def test_nan_passes_through_its_row_without_a_warning_and_into_no_other(function, other):
    s = np.array([[np.nan, other], [1.0, 2.0]])
    assert np.isnan(function(s)[0]).all()
    np.testing.assert_array_equal(function(s)[1], function(s[1]))


@each_function
def test_memory_that_others_left_behind_is_not_read(function):
    s = np.zeros(4)
    for left_behind in (1e308, np.inf, -np.inf):
        np.array([left_behind, -left_behind, left_behind, left_behind])  # freed at once
        assert np.isfinite(function(s)).all()


# Errors


@each_function
@pytest.mark.parametrize(("shape", "axis"), [((0,), -1), ((3, 0), 1), ((3, 0), None), ((0, 3), 0)])
def test_no_class_along_the_axis_is_an_error(function, shape, axis):
    message = f"scores need at least one class along axis {axis}, got shape {shape}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        function(np.empty(shape), axis=axis)


@pytest.mark.parametrize("function", [*FUNCTIONS, softmax_jacobian], ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    ("s", "dtype"),
    [([1j, 2], "complex128"), (["a", "b"], "<U1"), ([None, 1], "object")],
)
def test_scores_that_are_not_real_numbers_are_an_error(function, s, dtype):
    message = f"scores must be real numbers, got an array of {dtype}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        function(s)


@each_function
@pytest.mark.parametrize("axis", [2, -3, (0, 2)])
def test_an_axis_that_does_not_exist_is_an_error(function, axis):
    with pytest.raises(np.exceptions.AxisError):
        function(np.zeros((2, 3)), axis=axis)
