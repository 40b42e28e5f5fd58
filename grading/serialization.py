"""Plain data as JSON: all that crosses between the student's process and the tests.

Numbers, strings, None, lists, tuples, dicts and NumPy arrays of numbers. Nothing here can name a
class or a function, so whatever comes from the student's side is only ever data.
"""

from base64 import b64decode, b64encode
from decimal import Decimal
from fractions import Fraction

import numpy as np

__all__ = ["DTYPES", "PlainError", "given", "pack", "unpack"]

DTYPES = {np.dtype(c).str for c in "?bBhHiIlLqQefdFD"}
DEPTH, DIGITS = 8, 4000


class PlainError(TypeError):
    """A value that is not plain data."""


def pack(value, depth=DEPTH):
    """A plain value as lists and strings that JSON can write."""
    if depth == 0:
        raise PlainError(f"nested more than {DEPTH} deep")
    kind = type(value)
    if value is None or kind in (bool, float):
        return value
    if isinstance(value, str):  # NumPy's too
        return str.__str__(value)
    if isinstance(value, Fraction | Decimal) or (kind is complex and value.imag == 0):
        return float(value.real)
    if kind is int:
        if value.bit_length() > 3 * DIGITS:
            raise PlainError("an integer with thousands of digits")
        return value
    if isinstance(value, np.ndarray | np.generic):
        array = np.ascontiguousarray(value)
        # as doubles of this machine: students may have computed in long doubles, or read a file
        char = {"g": "d", "G": "D"}.get(array.dtype.char, array.dtype.newbyteorder("="))
        array = array.astype(char, copy=False)
        if array.dtype.str not in DTYPES:
            raise PlainError(f"an array of {array.dtype}")
        kind = "array" if isinstance(value, np.ndarray) else "scalar"
        return [kind, array.dtype.str, list(np.shape(value)), b64encode(array.tobytes()).decode()]
    if isinstance(value, list | tuple):  # a named tuple too
        kind = "list" if isinstance(value, list) else "tuple"
        return [kind, [pack(item, depth - 1) for item in value]]
    if isinstance(value, dict):
        items = [[pack(key, depth - 1), pack(item, depth - 1)] for key, item in value.items()]
        return ["dict", items]
    raise PlainError(f"a value of type {kind.__name__}")


def unpack(data, depth=DEPTH):
    """The value that `pack` wrote; anything else is refused."""
    if data is None or type(data) in (bool, int, float, str):
        return data
    match data:
        case ["array" | "scalar" as kind, str(dtype), list(shape), str(text)]:
            return _array(kind, dtype, shape, text)
        case ["list" | "tuple" as kind, list(items)] if depth:
            values = [unpack(item, depth - 1) for item in items]
            return values if kind == "list" else tuple(values)
        case ["dict", list(items)] if depth:
            keys = [unpack(key, depth - 1) for key, _ in items]
            if not all(isinstance(key, str | int | float | None) for key in keys):
                raise PlainError("a dict whose keys are neither strings nor numbers")
            return dict(zip(keys, [unpack(item, depth - 1) for _, item in items], strict=True))
    raise PlainError("something that is not plain data")


def given(value):
    """A value from the student's side; nothing without entries, which every comparison passes."""
    if isinstance(value, list | tuple | dict):
        for item in value.values() if isinstance(value, dict) else value:
            given(item)
    countable = isinstance(value, list | tuple | np.ndarray)
    if countable and not (value.size if isinstance(value, np.ndarray) else value):
        raise PlainError("an array without entries")
    return value


def _array(kind, dtype, shape, text):
    sizes_fit = all(type(n) is int and n >= 0 for n in shape) and len(shape) <= 32
    if dtype not in DTYPES or not sizes_fit or (kind == "scalar" and shape):
        raise PlainError(f"an array of type {dtype[:20]!r} and shape {shape[:8]}")
    try:
        array = np.frombuffer(b64decode(text, validate=True), dtype=dtype).reshape(shape).copy()
    except ValueError as error:
        raise PlainError("an array whose bytes do not fit its shape") from error
    return array if kind == "array" else array[()]
