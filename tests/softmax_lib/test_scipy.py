"""SciPy's own tests of softmax, log_softmax and logsumexp, which its wheel ships, on our functions.

Those that ask for what this library does not offer are not collected; all others have to pass.
"""

import numpy as np
import pytest
from scipy.special.tests import test_logsumexp as scipys

import softmax_lib

NOT_OURS = {  # what is not offered: the tests that ask for it
    "weights: their logarithm can be added to the scores": """
        test_device test_dtypes_ab test_gh22903 test_logsumexp_b test_logsumexp_b_shape
        test_logsumexp_b_zero test_logsumexp_shape test_no_writeback""",
    "a sign: without weights the sum is positive": """
        test_gh23548 test_logsumexp_complex_sign test_logsumexp_sign test_logsumexp_sign_shape
        test_logsumexp_sign_zero""",
    "complex scores": "test_gh21610 test_gh21709_small_imaginary",
}


class TestLogSumExp(scipys.TestLogSumExp):
    pass


class TestSoftmax(scipys.TestSoftmax):
    pass


class TestLogSoftmax(scipys.TestLogSoftmax):
    pass


for name in " ".join(NOT_OURS.values()).split():
    setattr(TestLogSumExp, name, None)

for function in (TestLogSumExp.test_dtypes_a, TestLogSumExp.test_gh22601_infinite_elements):
    for mark in function.pytestmark:  # cases are numbers, and names of types
        names, cases = mark.args
        real = [c for c in cases if not np.iscomplexobj(c) and "complex" not in str(c)]
        object.__setattr__(mark, "args", (names, real))


@pytest.fixture
def xp():
    """The arrays of the tests: NumPy's."""
    return np


@pytest.fixture
def devices():
    return ["cpu"]


@pytest.fixture(autouse=True)
def our_functions(monkeypatch):
    """In place of SciPy's, whose axis is None by default."""

    def with_their_axis(function):
        return lambda s, axis=None, **options: function(s, axis, **options)

    for name in ("softmax", "log_softmax", "logsumexp"):
        monkeypatch.setattr(scipys, name, with_their_axis(getattr(softmax_lib, name)))
