"""Answers to the exercises of *making it fast*, right and wrong."""

import numpy as np

from softmax_lib import loss_and_gradient

OWN_SCORE = r"""\ell = -\log \frac{e^{s_y}}{\sum_{j=1}^C e^{s_j}}
= \log \left( 1 + \sum_{j \neq y} e^{s_j - s_y} \right)"""


def weighted(W, X, y, omega):
    """An example with weight 2 occurs twice."""
    rows = np.repeat(np.arange(len(X)), omega.astype(int))
    return loss_and_gradient(W, X[rows], y[rows])


ANSWERS = {
    "own_score": (
        {"chain": OWN_SCORE}, [({"chain": OWN_SCORE.replace("-\\log", "\\log", 1)}, "sign")]
    ),
    "break_it": (
        {"own_fails": 720, "both_fail": 800},
        [({"own_fails": 700, "both_fail": 800}, "does not overflow"),
         ({"own_fails": 740, "both_fail": 800}, "lost digits"),
         ({"own_fails": 720, "both_fail": 730}, "whole arrays still")],
    ),
    "traffic": (
        {"whole_reads": 7, "whole_writes": 5, "in_place_reads": 5, "in_place_writes": 3},
        [({"whole_writes": 4}, "one-hot")],
    ),
    "half_the_digits": ({"whole_arrays": "grows", "own_score": "stays", "growth": 148.4},
                        [({"own_score": "grows"}, "small relative error")]),
    "weights": ({"weighted": weighted}, []),
}  # fmt: skip
