"""Answers to the exercises of *curvature*, right and wrong."""

import numpy as np

B = (3 + 5**0.5) / 4


def power(multiply, v, n):
    for _ in range(n):
        v = multiply(v / np.linalg.norm(v))
    v = v / np.linalg.norm(v)
    return v @ multiply(v)


ANSWERS = {
    "two_classes": (
        {"jacobian": [[3 / 16, -3 / 16], [-3 / 16, 3 / 16]], "eigenvalues": [3 / 8, 0],
         "largest": 0.5},
        [({"eigenvalues": [0, 3 / 16]}, "twice")],
    ),
    "trace_bound": ({"by_trace": 1.5, "by_eigenvalue": B}, [
        ({"by_eigenvalue": 4 * B}, "a factor"), ({"by_trace": B}, "the answer to by_eigenvalue")]),
    "power_method": ({"quotient": power}, []),
    "attained": ({"biases": [9, 9] + 8 * [0]}, [({"biases": 10 * [0]}, "eigenvalue 1/2"),
                                                ({"biases": [3, 3] + 8 * [0]}, "given less")]),
    "other_stacking": (
        {"H": np.kron([[1, 2], [2, 4]], [[0.25, -0.25], [-0.25, 0.25]])},
        [({"H": np.kron([[0.25, -0.25], [-0.25, 0.25]], [[1, 2], [2, 4]])}, "fastest")],
    ),
    "missing_class": (
        {"direction": [[0, 0], [0, 0], [-1, 0]]},
        [({"direction": [[0, 0], [0, 0], [1, 0]]}, "whose bias"),
         ({"direction": [[0.01, 0], [0, 0], [-1, 0]]}, "for ever"),
         ({"direction": [[0, 0], [0, 0], [-1, 1]]}, "penalised")],
    ),
    "newton": ({"rank": 10, "slope": 0}, [({"rank": 14}, "each column")]),
    "bohning": ({"move": lambda G, X: -2 * len(X) * G @ np.linalg.pinv(X.T @ X)}, []),
}  # fmt: skip
