"""The program of the chapter on the bridge, where PyTorch is installed."""

import re

import numpy as np
import pytest

from softmax_lib import add_bias, gradient, load_digits
from website import contents

pytest.importorskip("torch")


def test_the_layer_of_the_bridge_has_the_gradient_of_the_book():
    page = (contents.HOME / "book" / "bridge.md").read_text()
    program = re.search(r"^```python\n(import torch\n.*?)^```", page, re.MULTILINE | re.DOTALL)[1]
    assert program.count("assert ") == 2
    X, y = (array[:50] for array in load_digits())
    exec(program, {"np": np, "X": X, "y": y, "add_bias": add_bias, "gradient": gradient})
