"""The formulas, line by line, give what the exact functions give; and the Jacobian."""

import accuracy
import numpy as np
import pytest

from softmax_lib import exact, functions, softmax, softmax_jacobian

# units of rounding by which the plain formulas may differ: those of s − max s, magnified by exp
BOUNDS = {"softmax": 40, "log_softmax": 20, "logsumexp": 4}
SCORES = [row for row in accuracy.ROWS if row[0] in BOUNDS]


@pytest.mark.parametrize(("name", "kind"), SCORES)
def test_the_plain_formula_equals_the_exact_one_within_its_number_of_eps(name, kind):
    plain, careful = getattr(functions, name), getattr(exact, name)
    rtol = BOUNDS[name] * np.finfo(float).eps
    for S in accuracy.scores(kind, float, 4000):
        size = np.abs(S).max() if name == "logsumexp" else np.finfo(float).tiny
        np.testing.assert_allclose(plain(S), careful(S), rtol, atol=rtol * size)
        np.testing.assert_array_equal(plain(S.T, axis=0), plain(S).T)


# The Jacobian of softmax

EPS = np.finfo(float).eps


def test_jacobian_has_p_j_times_delta_minus_p_k_in_row_j_and_column_k():
    s = 3 * np.random.default_rng(0).standard_normal(4)
    p, J = softmax(s), softmax_jacobian(s)
    for j in range(4):
        for k in range(4):
            assert J[j, k] == pytest.approx(p[j] * ((j == k) - p[k]), rel=4 * EPS)
    np.testing.assert_array_equal(J, J.T)
    np.testing.assert_allclose(J @ np.ones(4), 0, atol=4 * EPS)


def test_jacobians_of_many_examples_are_the_jacobians_of_each():
    S = 3 * np.random.default_rng(0).standard_normal((2, 3, 4))
    stack = softmax_jacobian(S)
    assert stack.shape == (2, 3, 4, 4)
    for index in np.ndindex(2, 3):
        np.testing.assert_array_equal(stack[index], softmax_jacobian(S[index]))


def test_jacobian_of_no_examples_is_empty():
    assert softmax_jacobian(np.empty((0, 3))).shape == (0, 3, 3)
