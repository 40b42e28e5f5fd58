"""Answers to the exercises of *bug clinic*, right and wrong."""

import numpy as np

from softmax_lib import loss_and_gradient
from softmax_lib.exercises import bug_clinic

X, LABELS, *_ = bug_clinic._data()


def right(W):
    return loss_and_gradient(W, X, LABELS)[1]


def penalised_loss(half):
    return lambda W: loss_and_gradient(W, X, LABELS)[0] + half * 0.1 * np.sum(W[:, 1:] ** 2)


def penalised_gradient(W):
    return loss_and_gradient(W, X, LABELS, 0.1)[1]


TWO, TWO_LABELS, w = X[LABELS < 2], LABELS[LABELS < 2], np.zeros(65)
for _ in range(200):
    TWO_ERROR = 1 / (1 + np.exp(-TWO @ w)) - TWO_LABELS
    w = w - 0.5 * TWO.T @ TWO_ERROR / len(TWO)

ANSWERS = {
    **dict.fromkeys(("all_at_once", "right_shape", "modest_success", "softer_than_soft", "search",
                     "small_number"), ({"gradient": right}, [])),
    "never_right": (
        {"pass_over_data": lambda W: (right(W), np.mean((X @ W.T).argmax(axis=1) == LABELS))}, []
    ),
    "worse_than_a_die": ({"Y_read": np.eye(10)[LABELS]},
                         [({"Y_read": np.eye(10)[LABELS - 1]}, "index -1")]),
    "no_minimum": (
        {"objective": penalised_loss(0.5), "gradient": penalised_gradient},
        [({"objective": penalised_loss(1), "gradient": penalised_gradient},
          "differences differ"),
         ({"objective": penalised_loss(0), "gradient": right}, "neither")],
    ),
    "fine_curve": (
        {"order": lambda rng: rng.permutation(900)},
        [({"order": lambda rng: np.argsort(LABELS)}, "how many classes"),
         ({"order": lambda rng: np.random.default_rng(0).permutation(900)}, "second pass"),
         ({"order": lambda rng: rng.integers(900, size=900)}, "come once")],
    ),
    "everybody": ({"error": TWO_ERROR}, [({"error": TWO_ERROR / 2}, "a factor")]),
    "passing_test": ({"backward": lambda p, upstream: p * (upstream - p @ upstream)}, []),
    "alarms": ({"penalised": [[0, 1], [0, 1]]}, [({"penalised": [1, 0]}, "which column")]),
    "stopped": (
        {"stop": 999}, [({"stop": 212}, "falling still"), ({"stop": -1}, "one pass"),
                         ({"stop": [1, 2]}, "one pass")]
    ),
    "accuracies": ({"below_half": (2, 6, 9, 13), "as_repaired": [12, 7, 5, 4]},
                   [({"below_half": (1, 2, 6, 9, 13)}, "0.71")]),
    "one_case": ({"sign": 2}, [({"sign": 3}, "multiplies out")]),
    "unchanged": ({"claim": 1}, [({"claim": 2}, "cancels")]),
    "two_claims": ({"shape_of_first": (4, 2), "wrong_column": 0},
                   [({"shape_of_first": [2, 4]}, "that is the shape of W"),
                    ({"shape_of_first": "4 × 2"}, "numbers are wanted")]),
}  # fmt: skip
