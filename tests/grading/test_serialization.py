"""Plain data cross between a student's process and the tests, and nothing else does."""

import json
from concurrent.futures import ProcessPoolExecutor
from decimal import Decimal
from fractions import Fraction
from functools import reduce

import numpy as np
import pytest

from grading import __main__ as main_module
from grading.serialization import PlainError, pack, unpack


@pytest.mark.parametrize(
    "value",
    [None, True, 3, -1.5, float("inf"), "é\n", [1, [2.0]], (1, "a"), {"a": (1,), 2: None},
     np.arange(6.0).reshape(2, 3).T, np.float32(1.5), np.array(3), np.zeros((0, 4), dtype=bool)],
)  # fmt: skip
def test_plain_data_cross_unchanged(value):
    back = unpack(json.loads(json.dumps(pack(value))))
    assert type(back) is type(value)
    np.testing.assert_equal(back, value)


@pytest.mark.parametrize(
    ("value", "plain"),
    [(np.str_("a"), "a"), (type("Name", (str,), {})("a"), "a"), (Fraction(1, 2), 0.5),
     (Decimal("0.5"), 0.5), (complex(0.5, 0), 0.5)],
)  # fmt: skip
def test_what_is_a_text_or_a_number_crosses_as_one(value, plain):
    back = unpack(json.loads(json.dumps(pack(value))))
    assert (type(back), back) == (type(plain), plain)


@pytest.mark.parametrize(
    "value",
    [1j, object(), print, {1, 2}, np.array([None]), b"x", pytest.param(10**9999, id="digits")],
)
def test_what_is_not_plain_does_not_cross(value):
    with pytest.raises(PlainError):
        pack(value)


def test_a_large_value_costs_its_test_and_not_the_memory():
    with ProcessPoolExecutor(1, initializer=main_module._confine) as pool:
        large = np.zeros((2**20, 1, 1), dtype=bool)
        assert not pool.submit(np.allclose, large[:2], np.ones((6, 4))).result()
        with pytest.raises(MemoryError):
            pool.submit(np.allclose, large, np.zeros((200, 4))).result()


@pytest.mark.parametrize(
    "data",
    [["array", "|O8", [1], "AAAAAAAAAAA="], ["array", "<f8", [2**40], ""],
     ["array", "<f8", [-1], ""], ["scalar", "<f8", [1], "AAAAAAAAAAA="],
     ["array", "<f8", [1], "!"], {"a": 1}, ["eval", "1"], ["dict", [[["list", []], 1]]], ["list"],
     reduce(lambda inner, _: ["list", [inner]], range(100), 1)],
)  # fmt: skip
def test_forged_data_are_refused(data):
    with pytest.raises((PlainError, ValueError)):
        unpack(data)
