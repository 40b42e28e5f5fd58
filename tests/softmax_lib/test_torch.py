"""The program of the chapter on the bridge, where PyTorch is installed."""

import re

import numpy as np
import pytest

from softmax_lib import add_bias, gradient, load_digits
from website import contents

pytest.importorskip("torch")


def test_the_program_of_the_bridge_prints_what_stands_below_it(capsys):
    page = (contents.HOME / "book" / "bridge.md").read_text()
    blocks = r"^```python\n(import torch\n.*?)^```\n\n```text\n(.*?)^```"
    program, printed = re.search(blocks, page, re.MULTILINE | re.DOTALL).groups()
    X, y = (array[:50] for array in load_digits())
    exec(program, {"np": np, "X": X, "y": y, "add_bias": add_bias, "gradient": gradient})
    assert capsys.readouterr().out == printed
