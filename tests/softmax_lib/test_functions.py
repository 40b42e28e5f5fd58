"""The formulas, line by line, give what the exact functions give."""

import accuracy
import numpy as np
import pytest

from softmax_lib import exact, functions

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
