"""Answers to the exercises of *at scale*, right and wrong."""

import numpy as np


def in_blocks(W, X, y, rows):
    right = 0
    for start in range(0, len(X), rows):
        S = X[start : start + rows] @ W.T
        right += np.sum(S.argmax(axis=1) == y[start : start + rows])
    return right / len(X)


ANSWERS = {
    "mean_of_means": ({"repaired": lambda means, rows: np.dot(means, rows) / sum(rows)}, []),
    "eight_workers": ({"break_even": 8000, "gain_of_six": 168_000}, []),
    "in_blocks": ({"share": in_blocks}, []),
    "two_machines": ({"lse": np.log(8), "p_k": 1 / 8}, []),
    "sending_rows": ({"seconds": 3200}, []),
}  # fmt: skip
