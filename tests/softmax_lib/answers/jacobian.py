"""Answers to the exercises of *Jacobian*, right and wrong."""

import numpy as np

from answers.solutions import solution

P = np.array([1 / 2, 1 / 4, 1 / 4])

JACOBIAN = np.array([[4, -2, -2], [-2, 3, -1], [-2, -1, 3]]) / 16

PRODUCT = solution("ex-jacobian-check-product")

VARIANCE = solution("ex-jacobian-check-variance")

ANSWERS = {
    "product": ({"chain": PRODUCT}, [({"chain": PRODUCT.replace(
        r"-\mathbf{y} + \mathbf{p} \sum_{k=1}^C y_k", r"-\mathbf{y} + C \mathbf{p}")}, "left")]),
    "by_hand": (
        {"jacobian": JACOBIAN, "eigenvalues": [3 / 8, 0, 1 / 4], "direction": [-2, 1, 1]},
        [({"jacobian": np.diag(np.diag(JACOBIAN))}, "-p_j p_k"),
         ({"eigenvalues": np.diag(JACOBIAN)}, "the diagonal"),
         ({"direction": [0, 1, -1]}, "of 1/4"), ({"direction": [1, 1, 1]}, "common shift"),
         ({"direction": [2, 1, 1]}, "and a shift")],
    ),
    "variance": (
        {"chain": VARIANCE}, [({"chain": VARIANCE.replace("- (\\m", "+ (\\m")}, "sign")]
    ),
    "batch": (
        {"backward": lambda P, V: P * V - P * (P * V).sum(axis=1)[:, None]},
        [({"backward": lambda P, V: P * (V - np.sum(P * V, axis=1))}, "stay a column"),
         ({"backward": lambda P, V: P * (1 - P) * V}, "only the diagonal")],
    ),
    "circles": (
        {"centre": 0.16, "radius": 0.16, "upper": 0.32},
        [({"radius": 0.2}, "sum to"), ({"upper": 0.16}, "plus radius")],
    ),
    "log_softmax": (
        {"jacobian": np.eye(3) - P, "without_transpose": [-0.5, 0.5, 0.5]},
        [({"jacobian": np.eye(3) - P[:, None]}, "which index"),
         ({"without_transpose": [-0.5, 0.25, 0.25]}, "with the transpose")],
    ),
    "another_normaliser": (
        {"s": [0, 3, -3]}, [({"s": [1, 3, -3]}, "where is g'"), ({"s": [0, 0, 0]}, "not wrong")]
    ),
    "determinant": (
        {"value": 1 / 32, "scores": [np.log(2), 0, 0]},
        [({"value": 0}, "whole J"), ({"scores": np.log(P)}, "last score at 0")],
    ),
}  # fmt: skip
