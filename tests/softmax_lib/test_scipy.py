"""SciPy's own tests of softmax, log_softmax and logsumexp, which its wheel ships, on our functions.

Those that ask for what this library does not offer stand in NOT_OURS with the reason and are not
collected; all others have to pass. A test of SciPy that is in no list fails here.
"""

import inspect
import re

import numpy as np
import pytest
from scipy.special.tests import test_logsumexp as scipys

import softmax_lib

OURS = {
    "TestLogSumExp": """
        test_array_like test_dtypes_a test_gh18295 test_gh22601_infinite_elements test_logsumexp
        test_xp_invalid_input""",
    "TestSoftmax": """
        test_softmax_array_like test_softmax_fixtures test_softmax_int_array
        test_softmax_multi_axes test_softmax_scalar""",
    "TestLogSoftmax": """
        test_axes test_log_softmax_2d_axis0 test_log_softmax_2d_axis1 test_log_softmax_3d
        test_log_softmax_array_like test_log_softmax_basic test_log_softmax_int_array
        test_log_softmax_noneaxis test_log_softmax_scalar test_log_softmax_translation""",
}
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


def test_every_test_of_scipy_is_run_or_listed_with_a_reason():
    classes = {n: c for n, c in vars(scipys).items() if inspect.isclass(c) and n.startswith("Test")}
    assert set(classes) == set(OURS)
    functions = {n for n in vars(scipys) if n.startswith("test")}
    assert functions == {"test_wrap_radians"}  # a private function, for complex scores
    not_ours = {name for names in NOT_OURS.values() for name in names.split()}
    for name, tests in classes.items():
        shipped = {test for test in dir(tests) if test.startswith("test")}
        assert shipped - not_ours == set(OURS[name].split())


def test_what_is_left_out_asks_for_what_is_not_offered():
    for (asks, _), names in NOT_OURS.items():
        sources = {n: inspect.getsource(getattr(scipys.TestLogSumExp, n)) for n in names.split()}
        assert [name for name, source in sources.items() if not re.search(asks, source)] == []
    assert not {"b", "return_sign"} & set(inspect.signature(softmax_lib.logsumexp).parameters)
    with pytest.raises(ValueError, match="real numbers"):
        softmax_lib.logsumexp([1j])
