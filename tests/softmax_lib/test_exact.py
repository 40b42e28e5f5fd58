"""softmax, log_softmax and logsumexp keep their promises."""

import re

import accuracy
import numpy as np
import pytest
import record
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from softmax_lib import log_softmax, logsumexp, softmax, softmax_jacobian

EPS = np.finfo(float).eps
TINY = np.finfo(float).tiny  # results below the smallest normal number have fewer digits
FUNCTIONS = [softmax, log_softmax, logsumexp]
each_function = pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)

# eighths up to 1e5: sums and differences of two of them are exact, so only the library rounds
eighths = st.integers(-800_000, 800_000).map(lambda n: n / 8)
rows = arrays(float, array_shapes(min_dims=1, max_dims=3, max_side=6), elements=eighths)


def random_scores(*shape, scale=3.0):
    return scale * np.random.default_rng(0).standard_normal(shape)


# What holds for all scores


@given(rows, eighths)
def test_probabilities_sum_to_one_within_4_eps_and_a_shift_moves_logsumexp_alone(s, c):
    p = softmax(s)
    assert ((p >= 0) & (p <= 1)).all()
    np.testing.assert_allclose(p.sum(axis=-1), 1, rtol=4 * EPS)
    # each side is within 2.5 eps, or 4, of the same number
    np.testing.assert_allclose(softmax(s + c), p, rtol=5 * EPS, atol=TINY)
    np.testing.assert_allclose(log_softmax(s + c), log_softmax(s), rtol=8 * EPS, atol=TINY)
    size = np.abs(s).max() + abs(c) + 1
    np.testing.assert_allclose(logsumexp(s + c), logsumexp(s) + c, rtol=0, atol=4 * EPS * size)


# Reference values: the plain formulas with 50 digits. The bounds in eps are promises of the
# docstrings; that of logsumexp is relative to the larger of |result| and |max s|. Results below
# the smallest normal number are compared relative to that.

BOUNDS = {"softmax": 2.5, "log_softmax": 4, "negative log-likelihood": 4, "logsumexp": 4}


@pytest.mark.parametrize("dtype", accuracy.TYPES)
@pytest.mark.parametrize(("function", "kind"), accuracy.ROWS)
def test_the_error_against_50_digits_is_at_most_the_stated_number_of_eps(function, kind, dtype):
    ours = {"softmax_lib": accuracy.LIBRARIES["softmax_lib"]()}
    worst = accuracy.worst(ours, function, kind, accuracy.TYPES[dtype], numbers=500)
    assert worst["softmax_lib"] <= BOUNDS[function]


def test_the_committed_errors_are_within_the_bounds_and_those_of_all_rows_in_both_types():
    rows = record.read("accuracy")["worst"]
    assert [tuple(row) for *row, _ in rows] == [
        (*r, t) for r in accuracy.ROWS for t in accuracy.TYPES
    ]
    for function, _, _, worst in rows:
        assert worst["softmax_lib"] <= BOUNDS[function]


RNG = np.random.default_rng(0)
FAMILIES = {  # beyond ±30, most of them beyond the range where no shift is needed
    "spread over 700": 120 * RNG.standard_normal((20, 10)),
    "spread over 700 around 600": 600 + 120 * RNG.standard_normal((20, 10)),
    "spread over 1000 around -700": -700 + 200 * RNG.standard_normal((20, 40)),
    "spread over 2e5": 4e4 * RNG.standard_normal((20, 10)),
    "close together near 1e5": 1e5 + RNG.standard_normal((20, 10)),
    "close together near -1e5": -1e5 + RNG.standard_normal((20, 10)),
    "near the limit of exp": 690 + RNG.uniform(-1, 1, (20, 10)),
    "near the lower limit": -690 + RNG.uniform(-1, 1, (20, 10)),
    "far from each other": np.array([[1e5], [0], [-700]]) + RNG.uniform(-9, 9, (3, 10)),
    "all equal": np.full((3, 7), 0.1) + np.array([[0], [1e5], [-700]]),
    "one far above the others": np.diag([1, 36, 37, 700, 1e5]),
    "almost zero": 1e-300 * RNG.standard_normal((5, 10)),
    "logarithms that sum to zero": np.log([[0.5, 0.5], [0.25, 0.75], [1e-20, 1]]),
    "minus infinity": np.array([[-np.inf, 3, 1], [-np.inf, -np.inf, 800]]),
    "forty classes near 1000": 1000 + 10 * RNG.standard_normal((5, 40)),
}


@each_function
@pytest.mark.parametrize("family", FAMILIES)
def test_scores_of_any_size_keep_the_bound(function, family):
    S = FAMILIES[family]
    for s, got in zip(S, function(S), strict=True):
        expected = accuracy.exact(function.__name__, s, digits=400)  # 1 − p may be 1e-304
        smallest = max(TINY, abs(s.max())) if function is logsumexp else TINY
        finite = np.isfinite(np.atleast_1d(got))
        got, expected = np.atleast_1d(got)[finite], np.array(expected)[finite]
        assert accuracy.error(got, expected, EPS, smallest) <= BOUNDS[function.__name__]


@each_function
def test_float32_scores_of_up_to_32_classes_give_what_float64_gives_rounded_once(function):
    s = random_scores(2000, 32).astype(np.float32)
    got, expected = function(s), function(s.astype(float))
    np.testing.assert_array_equal(got, expected.astype(np.float32))


@each_function
@pytest.mark.parametrize("center", [0, 79, 95, -79, -95, 1e4])
def test_float32_scores_of_more_classes_are_right_within_3_eps_also_where_exp_overflows(
    function, center
):
    s = (center + random_scores(200, 40)).astype(np.float32)
    info = np.finfo(np.float32)
    np.testing.assert_allclose(function(s), function(s.astype(float)), 3 * info.eps, info.tiny)


@each_function
@pytest.mark.parametrize("C", [10, 40, 300])
def test_many_vectors_give_what_each_gives_alone_within_2_eps(function, C):
    s = random_scores(50_000 // C, C)
    s[7], s[8, 0], s[9, 0], s[10] = 1e4 * s[7], np.nan, -np.inf, -np.inf
    expected = np.array([function(row) for row in s])
    for layout in (s, np.asfortranarray(s), s[::-1].copy()[::-1]):
        np.testing.assert_allclose(function(layout), expected, rtol=2 * EPS)
        np.testing.assert_allclose(function(layout.T, axis=0), expected.T, rtol=2 * EPS)


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


def test_logsumexp_of_one_vector_is_a_number_and_no_array():
    assert type(logsumexp([1.0, 2.0])) is np.float64
    assert type(logsumexp(np.ones((2, 3), np.float32), axis=None)) is np.float32


def test_a_number_gives_a_number():
    for s in (7.0, np.array(7, np.float32)):
        for axis in (-1, 0, None):
            assert [f(s, axis=axis) for f in FUNCTIONS] == [1, 0, 7]
            assert {np.shape(f(s, axis=axis)) for f in FUNCTIONS} == {()}
    assert [f([[7.0]]).tolist() for f in FUNCTIONS] == [[[1]], [[0]], [7]]


def test_no_rows_give_no_rows():
    s = np.empty((0, 3), np.float32)
    assert [f(s).shape for f in FUNCTIONS] == [(0, 3), (0, 3), (0,)]
    assert [f(s.T, axis=0).shape for f in FUNCTIONS] == [(3, 0), (3, 0), (0,)]
    assert {f(s).dtype for f in FUNCTIONS} == {s.dtype}


# Types


@each_function
@pytest.mark.parametrize("kind", ["f2", "f4", "f8", "g", "i4"])
def test_the_order_of_bytes_does_not_matter(function, kind):
    s = np.array([[1, 2, 3]], kind)
    swapped = function(s.astype(s.dtype.newbyteorder()))
    np.testing.assert_array_equal(swapped, function(s), strict=True)
    assert swapped.dtype.isnative


@each_function
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.longdouble])
def test_floating_types_stay(function, dtype):
    assert function(np.array([1, 2, 3], dtype)).dtype == dtype
    assert softmax_jacobian(np.array([1, 2, 3], dtype)).dtype == dtype


@pytest.mark.parametrize("C", [3, 5000])
def test_float16_is_computed_in_more_and_rounded_at_the_end(C):
    s = np.array([0, -5, *[1] * (C - 2)], np.float16)  # a sum in float16 would end at 2048
    for function in FUNCTIONS:
        expected = function(s.astype(float))
        half = np.finfo(np.float16)
        np.testing.assert_allclose(function(s), expected, half.eps, half.smallest_subnormal)


@pytest.mark.parametrize("C", [3, 3000])
def test_longdouble_is_not_computed_in_less(C):
    s = np.linspace(-1, 1, C, dtype=np.longdouble) / 3
    total = np.exp(s).sum()
    eps = np.finfo(np.longdouble).eps
    np.testing.assert_allclose(softmax(s), np.exp(s) / total, rtol=4 * eps)
    np.testing.assert_allclose(log_softmax(s), s - np.log(total), rtol=4 * eps)
    np.testing.assert_allclose(logsumexp(s), np.log(total), rtol=4 * eps)


@each_function
@pytest.mark.parametrize("dtype", [np.int8, np.uint8, np.int32, np.int64, np.uint64, bool])
def test_integers_and_booleans_become_float64_before_anything_can_wrap_around(function, dtype):
    limits = [0, 1] if dtype is bool else [np.iinfo(dtype).min, 5, np.iinfo(dtype).max]
    s = np.array(limits, dtype)
    assert function(s).dtype == np.float64
    np.testing.assert_array_equal(function(s), function(s.astype(float)))


@each_function
@pytest.mark.parametrize(
    "layout", [np.copy, np.asfortranarray, lambda s: np.repeat(s, 2, 1)[:, ::2]]
)
@pytest.mark.parametrize("shape", [(4, 6), (5, 40), (300, 6), (300, 40)])
def test_scores_are_not_modified_and_may_be_read_only_in_any_layout(function, layout, shape):
    plain = random_scores(*shape)
    s = layout(plain)
    s.flags.writeable = False
    got = function(s)
    np.testing.assert_allclose(got, function(plain), rtol=4 * EPS)
    assert got.flags.writeable
    assert not np.shares_memory(got, s)


# Extreme scores. A warning fails a test: see filterwarnings in pyproject.toml.

INF, NAN, LOG_2 = np.inf, np.nan, np.log(2)
EXTREME = [  # scores, their probabilities, the logarithms of these, and log-sum-exp
    *(([-n, 0, n], [0, 0, 1], [-2 * n, -n, 0], n) for n in (1e3, 1e5, 1e10, 1e30)),
    ([-INF, 1, 1], [0, 0.5, 0.5], [-INF, -LOG_2, -LOG_2], 1 + LOG_2),
    *(([-INF] * C, [NAN] * C, [NAN] * C, -INF) for C in (1, 2, 40)),
    *(([INF, n], [NAN] * 2, [NAN] * 2, INF) for n in (INF, 0, 1e30, -INF)),
    ([INF] + [-1e30] * 50, [NAN] * 51, [NAN] * 51, INF),
    *(([NAN, n], [NAN] * 2, [NAN] * 2, NAN) for n in (INF, 0, 1e5, -1e5, -INF)),
]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("s", "p", "log_p", "log_sum"), EXTREME)
def test_extreme_scores_give_their_values_within_4_eps_and_touch_no_other_row(
    s, p, log_p, log_sum, dtype
):
    S = np.array([s, np.zeros(len(s))], dtype)
    for function, expected in zip(FUNCTIONS, (p, log_p, log_sum), strict=True):
        values, others = function(S)
        np.testing.assert_allclose(values, expected, rtol=4 * np.finfo(dtype).eps)
        np.testing.assert_array_equal(others, function(S[1]))


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_largest_finite_scores_give_no_warning(dtype):
    largest = np.finfo(dtype).max
    s = np.array([-largest, largest], dtype)
    assert softmax(s).tolist() == [0, 1]
    assert logsumexp(s) == largest
    assert not softmax_jacobian(s).any()


@pytest.mark.parametrize("shape", [(0,), (3, 0)])
def test_logsumexp_of_no_scores_is_minus_infinity(shape):
    np.testing.assert_array_equal(logsumexp(np.empty(shape)), np.full(shape[:-1], -np.inf))
    assert logsumexp(np.empty(shape), keepdims=True).shape == (*shape[:-1], 1)
    assert logsumexp(np.empty(shape), axis=None) == -np.inf


# Errors


@pytest.mark.parametrize("function", [softmax, log_softmax])
@pytest.mark.parametrize(("shape", "axis"), [((0,), -1), ((3, 0), 1), ((3, 0), None), ((0, 3), 0)])
def test_no_class_along_the_axis_is_an_error(function, shape, axis):
    message = f"scores need at least one class along axis {axis}, got shape {shape}"
    with pytest.raises(ValueError, match=f"^{re.escape(message)}$"):
        function(np.empty(shape), axis=axis)
