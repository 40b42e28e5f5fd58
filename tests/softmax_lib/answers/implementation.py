"""Answers to the exercises of *implementation*, right and wrong."""

from softmax_lib import loss_and_gradient, one_hot, softmax


def wrong_temperature(W, X, y):
    return (softmax(2 * X @ W.T) - one_hot(y, len(W))).T @ X / len(X)


ANSWERS = {
    "count": ({"multiplications": 942_000_000, "in_S_P_Y": 1_800_000, "in_X": 47_100_000},
              [({"in_X": 47_040_000}, "bias"), ({"multiplications": 470_400_000}, "in both")]),
    "right_predictions": (
        {"share": lambda W, X, y: ((X @ W.T).argmax(axis=1) == y).sum() / len(y)}, []
    ),
    "layout": (
        {"mistake": "sign", "found_at_minimum": False}, [({"mistake": "transpose"}, "turns")]
    ),
    "one_sided": ({"least": 0, "most": 0.015}, [({"most": 0.03}, "half")]),
    "sixth_order": ({"a": 45 / 60, "b": -9 / 60, "c": 1 / 60},
                    [({"a": 8 / 12}, "fourth order"), ({"c": 1}, "60 times")]),
    "patched": ({"found": True, "gradient": [-0.3983, 0.3983]},
                [({"gradient": [-0.9933, 0.9933]}, "without")]),
    "own_mistake": (
        {"wrong": wrong_temperature},
        [({"wrong": lambda W, X, y: loss_and_gradient(W, X, y)[1]}, "right everywhere"),
         ({"wrong": lambda W, X, y: -loss_and_gradient(W, X, y)[1]}, "already"),
         ({"wrong": lambda W, X, y: loss_and_gradient(W, X, y)[1] + W}, "of a penalty"),
         ({"wrong": lambda W, X, y: 1 / 0}, "cannot be tried: division by zero")],
    ),
}  # fmt: skip
