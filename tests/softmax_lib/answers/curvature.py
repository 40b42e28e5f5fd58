"""Answers to the exercises of *curvature*, right and wrong."""

import numpy as np


def power(multiply, v, n):
    for _ in range(n):
        v = v / np.linalg.norm(v)
        v = multiply(v)
    v = v / np.linalg.norm(v)
    return v @ multiply(v)


B = (3 + 5**0.5) / 4

ANSWERS = {
    "two_classes": (
        {"jacobian": [[3 / 16, -3 / 16], [-3 / 16, 3 / 16]], "eigenvalues": [0, 3 / 8],
         "largest": 0.5},
        [({"jacobian": [[3 / 16, 0], [0, 3 / 16]]}, "off the diagonal"),
         ({"eigenvalues": [0, 3 / 16]}, "twice"), ({"largest": 0.25}, "p_1 p_2")],
    ),
    "trace_bound": (
        {"by_trace": 1.5, "by_eigenvalue": B}, [({"by_trace": 3}, "half"),
                                              ({"by_eigenvalue": 2 * B}, "half")]
    ),
    "power_method": (
        {"quotient": power}, [({"quotient": lambda f, v, n: v @ f(v)}, "not yet")]
    ),
    "attained": (
        {"biases": [9, 9, 0, 0, 0, 0, 0, 0, 0, 0]},
        [({"biases": [0] * 10}, "eigenvalue 1/2"),
         ({"biases": [3, 3, 0, 0, 0, 0, 0, 0, 0, 0]}, "given less")],
    ),
    "other_stacking": (
        {"H": np.kron([[1, 2], [2, 4]], [[0.25, -0.25], [-0.25, 0.25]])},
        [({"H": np.kron([[0.25, -0.25], [-0.25, 0.25]], [[1, 2], [2, 4]])}, "fastest")],
    ),
    "missing_class": (
        {"direction": [[0, 0], [0, 0], [-1, 0]]},
        [({"direction": [[0, 0], [0, 0], [1, 0]]}, "whose bias"),
         ({"direction": [[0, 0], [0, 0], [-1, 1]]}, "penalised")],
    ),
    "newton": ({"rank": 10, "slope": 0}, [({"rank": 14}, "each column")]),
    "bohning": (
        {"move": lambda G, X: -2 * len(X) * G @ np.linalg.pinv(X.T @ X)},
        [({"move": lambda G, X: -G @ np.linalg.pinv(X.T @ X / len(X))}, "half"),
         ({"move": lambda G, X: 2 * G @ np.linalg.pinv(X.T @ X / len(X))}, "down")],
    ),
}  # fmt: skip
