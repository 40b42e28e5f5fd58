"""Answers to the exercises of *Jacobian*, right and wrong."""

import numpy as np

from answers.solutions import solution

JACOBIAN = np.array([[4, -2, -2], [-2, 3, -1], [-2, -1, 3]]) / 16

PRODUCT = solution("ex-jacobian-check-product")

VARIANCE = solution("ex-jacobian-check-variance")

ANSWERS = {
    "product": ({"chain": PRODUCT}, [({"chain": PRODUCT.replace(
        r"-\mathbf{y} + \mathbf{p} \sum_{k=1}^C y_k", r"-\mathbf{y} + C \mathbf{p}")}, "left")]),
    "by_hand": (
        {"jacobian": JACOBIAN, "eigenvalues": [3 / 8, 0, 1 / 4], "direction": [-2, 1, 1]},
        [({"direction": [0, 1, -1]}, "of 1/4"), ({"direction": [2, 1, 1]}, "and a shift")],
    ),
    "variance": (
        {"chain": VARIANCE}, [({"chain": VARIANCE.replace("- (\\m", "+ (\\m")}, "sign")]
    ),
    "batch": ({"backward": lambda P, V: P * V - P * (P * V).sum(axis=1)[:, None]}, []),
    "circles": ({"centre": 0.16, "radius": 0.16, "upper": 0.32}, [({"radius": 0.2}, "sum to")]),
    "log_softmax": ({"jacobian": np.eye(3) - [1 / 2, 1 / 4, 1 / 4],
                     "without_transpose": [-0.5, 0.5, 0.5]},
                    [({"without_transpose": [-0.5, 0.25, 0.25]}, "with the transpose")]),
    "another_normaliser": ({"s": [0, 3, -3]}, [({"s": [1, 3, -3]}, "where is g'"),
                                               ({"s": [1e10, 1e11, 0]}, "where is g'"),
                                               ({"s": [0, 0, 0]}, "not wrong")]),
    "determinant": ({"value": 1 / 32, "scores": [np.log(2), 0, 0]},
                    [({"scores": np.log([1 / 2, 1 / 4, 1 / 4])}, "last score at 0")]),
}  # fmt: skip
