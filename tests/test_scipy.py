"""SciPy's own tests of softmax, log_softmax and logsumexp, which its wheel ships, on our functions.

What asks for something that this library does not offer stands in NOT_OURS with the reason and has
to fail; all else has to pass. A test of SciPy in no list fails here, and so does a reason that is
not needed any more.
"""

import inspect

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
NOT_OURS = {  # reason: names of tests
    "no weights: the logarithm of a weight can be added to its score": """
        test_device test_dtypes_ab test_gh22903 test_logsumexp_b test_logsumexp_b_shape
        test_logsumexp_b_zero test_logsumexp_shape test_no_writeback""",
    "no sign: without weights the sum is positive": """
        test_gh23548 test_logsumexp_complex_sign test_logsumexp_sign test_logsumexp_sign_shape
        test_logsumexp_sign_zero""",
    "no complex scores": """
        test_gh21610 test_gh21709_small_imaginary""",
}
# Cases of tests in OURS that are not: what their names contain, and the reason.
NOT_OURS_EITHER = {
    "test_dtypes_a": ("complex", "no complex scores"),
    "test_gh22601_infinite_elements": ("j", "no complex scores"),
}

# pytest will refuse an iterator as a list of cases, and already warns
for mark in scipys.TestLogSumExp.test_gh22601_infinite_elements.pytestmark:
    object.__setattr__(mark, "args", (mark.args[0], list(mark.args[1])))


class TestLogSumExp(scipys.TestLogSumExp):
    pass


class TestSoftmax(scipys.TestSoftmax):
    pass


class TestLogSoftmax(scipys.TestLogSoftmax):
    pass


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


@pytest.fixture(autouse=True)
def must_fail_if_not_ours(request):
    name, case = request.node.originalname, request.node.name.removeprefix("test")
    reasons = [reason for reason, names in NOT_OURS.items() if name in names.split()]
    part, reason = NOT_OURS_EITHER.get(name, ("not in any name", None))
    if part in case.partition("[")[2]:
        reasons.append(reason)
    for reason in reasons:
        errors = (TypeError, ValueError)  # of an unknown argument, and of complex scores
        request.applymarker(pytest.mark.xfail(reason=reason, raises=errors, strict=True))


def test_every_test_of_scipy_is_run_or_listed_with_a_reason():
    classes = {n: c for n, c in vars(scipys).items() if inspect.isclass(c) and n.startswith("Test")}
    assert set(classes) == set(OURS)
    functions = {n for n in vars(scipys) if n.startswith("test")}
    assert functions == {"test_wrap_radians"}  # a private function, for complex scores
    not_ours = {name for names in NOT_OURS.values() for name in names.split()}
    for name, tests in classes.items():
        shipped = {test for test in dir(tests) if test.startswith("test")}
        assert shipped - not_ours == set(OURS[name].split())
