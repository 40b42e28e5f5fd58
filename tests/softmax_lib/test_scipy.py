"""SciPy's own tests of softmax, log_softmax and logsumexp, which its wheel ships, on our functions.

Those that ask for what this library does not offer stand in NOT_OURS with the reason and are not
collected; all others have to pass.
"""

import inspect
import re

import numpy as np
import pytest
from scipy.special.tests import test_logsumexp as scipys

import softmax_lib

NOT_OURS = {  # what their source asks for, and what is not offered: names of tests
    (r"\bb=", "no weights: the logarithm of a weight can be added to its score"): """
        test_device test_dtypes_ab test_gh22903 test_logsumexp_b test_logsumexp_b_shape
        test_logsumexp_b_zero test_logsumexp_shape test_no_writeback""",
    ("return_sign=True", "no sign: without weights the sum is positive"): """
        test_gh23548 test_logsumexp_complex_sign test_logsumexp_sign test_logsumexp_sign_shape
        test_logsumexp_sign_zero""",
    (r"complex|\dj\b", "no complex scores"): """
        test_gh21610 test_gh21709_small_imaginary""",
}  # fmt: skip


def real(case):
    """Whether a case is one of real scores; cases are numbers, and names of types."""
    return not np.iscomplexobj(case) and "complex" not in str(case)


class TestLogSumExp(scipys.TestLogSumExp):
    pass


class TestSoftmax(scipys.TestSoftmax):
    pass


class TestLogSoftmax(scipys.TestLogSoftmax):
    pass


for name in " ".join(NOT_OURS.values()).split():
    setattr(TestLogSumExp, name, None)

for function in (TestLogSumExp.test_dtypes_a, TestLogSumExp.test_gh22601_infinite_elements):
    for mark in function.pytestmark:
        names, values = mark.args
        object.__setattr__(mark, "args", (names, list(filter(real, values))))


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
    monkeypatch.setattr(scipys, "softmax", lambda s, axis=None: softmax_lib.softmax(s, axis))
    monkeypatch.setattr(
        scipys, "log_softmax", lambda s, axis=None: softmax_lib.log_softmax(s, axis)
    )
    monkeypatch.setattr(
        scipys,
        "logsumexp",
        lambda s, axis=None, keepdims=False: softmax_lib.logsumexp(s, axis, keepdims),
    )


def test_every_class_of_scipys_tests_is_run_and_every_function_is_known():
    shipped = {name for name in vars(scipys) if name.lower().startswith("test")}
    # the last is of a private function, for complex scores
    assert shipped == {"TestLogSumExp", "TestSoftmax", "TestLogSoftmax", "test_wrap_radians"}


def test_what_is_left_out_asks_for_what_is_not_offered():
    for (asks, _), names in NOT_OURS.items():
        sources = {n: inspect.getsource(getattr(scipys.TestLogSumExp, n)) for n in names.split()}
        assert [name for name, source in sources.items() if not re.search(asks, source)] == []
    assert not {"b", "return_sign"} & set(inspect.signature(softmax_lib.logsumexp).parameters)
    with pytest.raises(ValueError, match="real numbers"):
        softmax_lib.logsumexp([1j])
