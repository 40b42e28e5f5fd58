"""Answers to the exercises of *log-sum-exp*, right and wrong."""

import numpy as np

from answers.solutions import solution
from softmax_lib import logsumexp


def running_lse(scores):
    largest, total = -np.inf, 0.0
    for s in scores:
        if s > -np.inf:
            new = max(largest, s)
            total, largest = total * np.exp(largest - new) + np.exp(s - new), new
    return largest + np.log(total)


VARIATIONAL = r"""\sum_{k=1}^C q_k \log \frac{q_k}{p_k}
= \sum_{k=1}^C q_k \log q_k - \sum_{k=1}^C q_k (s_k - \operatorname{lse}(\mathbf{s}))
= \sum_{k=1}^C q_k \log q_k - \mathbf{q}^\top \mathbf{s} + \operatorname{lse}(\mathbf{s})"""

SHORTEST = solution("ex-log-sum-exp-check-score")

MATRIX = solution("ex-log-sum-exp-check-matrix")

ANSWERS = {
    "by_hand": (
        {"zeros": np.log(2), "logs": np.log(8), "sevens": 7 + np.log(4), "loss": np.log(4)},
        [({"zeros": 0}, "exponential of 0"), ({"sevens": np.log(28)}, "7 is a score"),
         ({"loss": np.log(8)}, "score of the true class")],
    ),
    "shortest_route": ({"chain": SHORTEST}, [({"chain": SHORTEST.replace(
        r"= p_k - \mathbb{1}\{k = y\}", r"= p_k + \mathbb{1}\{k = y\}")}, "sign")]),
    "bounds": (
        {"near_maximum": [9, 0, 0], "near_upper": [0, 0, 0.01]},
        [({"near_maximum": [1, 0, 0], "near_upper": [0, 0, 0.01]}, "above the maximum"),
         ({"near_maximum": [9, 0, 0], "near_upper": [1, 1, 1]}, "attained")],
    ),
    "rounded_away": (
        {"by_lse": 0, "by_log": 0, "true": 4.248e-18},
        [({"by_lse": 4.248e-18}, "rounded to 1"), ({"true": 0}, "two computations")],
    ),
    "sharper": (
        {"value": 1.01269, "gradient": [0.8808, 0.1192, 0]},
        [({"value": 10.1269}, "divide by c"), ({"gradient": [8.808, 1.192, 0]}, "cancel")],
    ),
    "to_the_matrix": (
        {"chain": MATRIX}, [({"chain": MATRIX.replace("- Y_{ik}", "- 1")}, "left")]
    ),
    "third_layout": (
        {"gradient": lambda X, P, Y: (X @ (P - Y).T).T},
        [({"gradient": lambda X, P, Y: X @ (P - Y).T}, "classes as rows"),
         ({"gradient": lambda X, P, Y: (P - Y).T @ X}, "which factor")],
    ),
    "streaming": (
        {"running_lse": running_lse},
        [({"running_lse": lambda s: np.log(sum(np.exp(t) for t in s))}, "infinite"),
         ({"running_lse": lambda s: logsumexp(s) if s[0] > -np.inf else np.nan}, "nan")],
    ),
    "over_distributions": (
        {"chain": VARIATIONAL}, [({"chain": VARIATIONAL.replace("s_k -", "s_k +")}, "sign")]
    ),
}  # fmt: skip
