"""Answers to the exercises of *notation*, right and wrong."""

import numpy as np

QUADRATIC = r"""\frac{\partial f}{\partial a_k} = \sum_l A_{kl} a_l + \sum_j a_j A_{jk}
= \left( (A + A^\top) \mathbf{a} \right)_k"""

ANSWERS = {
    "shapes": ({"X": (150, 5), "W": (3, 5), "S": (150, 3), "Y": (150, 3), "gradient": (3, 5),
                "XW": None, "XWt": (150, 3), "YW": (150, 5), "YtX": (3, 5)},
               [({"W": (5, 3)}, "row for each class"), ({"XWt": None}, "sums over"),
                ({"gradient": (3, 4)}, "for the bias")]),
    "one_hot": ({"compared": lambda y, C: y[:, None] == np.arange(C)},
                [({"compared": lambda y, C: y == np.arange(C)[:, None] + 0 * y}, "the column")]),
    "elementwise": ({"jacobian": np.diag([2, 4, 6])}, [({"jacobian": [2, 4, 6]}, "for each")]),
    "broadcast": ({"row": 1, "column": 1 / 6}, [({"column": 0.1}, "six")]),
    "quadratic_form": ({"chain": QUADRATIC},
                       [({"chain": QUADRATIC.replace("A_{jk}", "A_{kj}")}, "index")]),
}  # fmt: skip
