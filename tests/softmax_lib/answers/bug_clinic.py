"""Answers to the exercises of *bug clinic*, right and wrong."""

import numpy as np

from softmax_lib import loss_and_gradient, one_hot, softmax
from softmax_lib.exercises import bug_clinic


def clinic(slope, scale=1.0):
    """A gradient by the weights, on the images of the bug clinic, from slopes by the scores."""
    X, y, *_ = bug_clinic._data()
    return lambda W: scale * slope(softmax(X @ W.T), one_hot(y, 10)).T @ X / len(y)


RESIDUAL = clinic(lambda P, Y: P - Y)

LABELS = bug_clinic._data()[1]


def weak(size):
    """The gradient of -log(p + size) of the true class."""
    return clinic(lambda P, Y: (P * Y).sum(axis=1, keepdims=True)
                  / ((P * Y).sum(axis=1, keepdims=True) + size) * (P - Y))  # fmt: skip


def accuracy_of(residual):
    """A pass over the data that measures the accuracy with P, or after the subtraction."""
    X, y, *_ = bug_clinic._data()

    def pass_over_data(W):
        P = softmax(X @ W.T)
        seen = P - one_hot(y, 10) if residual else P
        return RESIDUAL(W), np.mean(seen.argmax(axis=1) == y)

    return pass_over_data


def penalised_loss(half):
    X, y, *_ = bug_clinic._data()
    return lambda W: loss_and_gradient(W, X, y)[0] + half * 0.1 * np.sum(W[:, 1:] ** 2)


def penalised_gradient(W):
    X, y, *_ = bug_clinic._data()
    return loss_and_gradient(W, X, y, 0.1)[1]


def backward(p, upstream):
    return p * (upstream - p @ upstream)


ANSWERS = {
    "all_at_once": (
        {"gradient": RESIDUAL},
        [({"gradient": lambda W: (softmax(bug_clinic._data()[0] @ W.T, axis=0)
                                       - one_hot(LABELS, 10)).T @ bug_clinic._data()[0] / 900},
          "rows of P")],
    ),
    "right_shape": (
        {"gradient": RESIDUAL},
        [({"gradient": lambda W: RESIDUAL(W).T.reshape(W.shape)}, "single entries")],
    ),
    "modest_success": (
        {"gradient": RESIDUAL},
        [({"gradient": clinic(lambda P, Y: -Y * (1 - P))}, "sum to")],
    ),
    "softer_than_soft": (
        {"gradient": RESIDUAL},
        [({"gradient": clinic(lambda P, Y: softmax(P) - Y)}, "too many")],
    ),
    "never_right": (
        {"pass_over_data": accuracy_of(residual=False)},
        [({"pass_over_data": accuracy_of(residual=True)}, "after the subtraction")],
    ),
    "worse_than_a_die": (
        {"Y_read": one_hot(LABELS, 10)},
        [({"Y_read": one_hot((LABELS - 1) % 10, 10)}, "index -1"),
         ({"Y_read": one_hot((LABELS + 1) % 10, 10)}, "count from 0")],
    ),
    "no_minimum": (
        {"objective": penalised_loss(0.5), "gradient": penalised_gradient},
        [({"objective": penalised_loss(1), "gradient": penalised_gradient},
          "differences differ"),
         ({"objective": penalised_loss(0), "gradient": RESIDUAL}, "neither")],
    ),
    "search": (
        {"gradient": RESIDUAL},
        [({"gradient": clinic(lambda P, Y: P - Y, 900)}, "900 times")],
    ),
    "fine_curve": (
        {"order": lambda rng: rng.permutation(900)},
        [({"order": lambda rng: np.argsort(LABELS)}, "how many classes"),
         ({"order": lambda rng: np.random.default_rng(0).permutation(900)}, "second pass"),
         ({"order": lambda rng: rng.integers(900, size=900)}, "come once")],
    ),
    "everybody": (
        {"error": 0.5 - LABELS[LABELS < 2]},
        [({"error": np.zeros((177, 177))}, "every label"), ({"error": 0.0}, "for each image"),
         ({"error": LABELS[LABELS < 2] - 0.5}, "negative for the ones")],
    ),
    "passing_test": (
        {"backward": backward},
        [({"backward": lambda p, upstream: p * (upstream - upstream.mean())}, "which mean"),
         ({"backward": lambda p, upstream: 0 * p}, "of zeros"),
         ({"backward": lambda p, upstream: p * (1 - p) * upstream}, "diagonal")],
    ),
    "alarms": ({"penalised": [0, 1]}, [({"penalised": [1, 0]}, "which column")]),
    "small_number": (
        {"gradient": RESIDUAL},
        [({"gradient": weak(1e-3)}, "far below"),
         ({"gradient": weak(1e-8)}, "smaller ε")],
    ),
    "stopped": (
        {"stop": 999}, [({"stop": 212}, "falling still"), ({"stop": -1}, "wanted")]
    ),
    "accuracies": (
        {"below_half": (2, 6, 9, 13), "as_repaired": [12, 7, 5, 4]},
        [({"below_half": (2, 6, 13)}, "show its weights"),
         ({"below_half": (1, 2, 6, 9, 13)}, "0.71"),
         ({"as_repaired": (5, 7, 12)}, "1000 passes"), ({"as_repaired": (4, 5, 12)}, "gradient")],
    ),
    "one_case": (
        {"sign": 2}, [({"sign": 3}, "multiplies out"), ({"sign": 1}, "is right")]
    ),
    "unchanged": ({"claim": 1}, [({"claim": 2}, "cancels"), ({"claim": 3}, "two c")]),
    "two_claims": (
        {"shape_of_first": "(m + 1) × C", "wrong_column": 0},
        [({"shape_of_first": "C × (m + 1)"}, "that is the shape of W"),
         ({"wrong_column": 1}, "first column")],
    ),
}  # fmt: skip
