"""Answers to the exercises of *log-sum-exp*, right and wrong."""

import numpy as np

from answers.solutions import solution

VARIATIONAL = r"""\sum_{k=1}^C q_k \log \frac{q_k}{p_k}
= \sum_{k=1}^C q_k \log q_k - \sum_{k=1}^C q_k (s_k - \operatorname{lse}(\mathbf{s}))
= \sum_{k=1}^C q_k \log q_k - \mathbf{q}^\top \mathbf{s} + \operatorname{lse}(\mathbf{s})"""

SHORTEST = solution("ex-log-sum-exp-check-score")

MATRIX = solution("ex-log-sum-exp-check-matrix")

ANSWERS = {
    "by_hand": (
        {"zeros": np.log(2), "logs": np.log(8), "sevens": 7 + np.log(4), "loss": np.log(4)},
        [({"sevens": np.log(28)}, "7 is a score")],
    ),
    "shortest_route": ({"chain": SHORTEST}, [({"chain": SHORTEST.replace(
        r"= p_k - \mathbb{1}\{k = y\}", r"= p_k + \mathbb{1}\{k = y\}")}, "sign")]),
    "bounds": (
        {"near_maximum": [9, 0, 0], "near_upper": [0, 0, 0.01]},
        [({"near_maximum": [1, 0, 0], "near_upper": [0, 0, 0.01]}, "above the maximum"),
         ({"near_maximum": [9, 0, 0], "near_upper": [1, 1, 1]}, "attained")],
    ),
    "rounded_away": (
        {"by_lse": 0, "by_log": 0, "true": 4.248e-18}, [({"by_lse": 4.248e-18}, "rounded to 1")]
    ),
    "sharper": ({"value": 1.01269, "gradient": [0.8808, 0.1192, 0]},
                [({"gradient": [8.808, 1.192, 0]}, "cancel")]),
    "to_the_matrix": (
        {"chain": MATRIX}, [({"chain": MATRIX.replace("- Y_{ik}", "- 1")}, "left")]
    ),
    "third_layout": ({"gradient": lambda X, P, Y: (X @ (P - Y).T).T}, []),
    "streaming": ({"running_lse": lambda scores: np.logaddexp.reduce(scores)}, []),
    "over_distributions": (
        {"chain": VARIATIONAL}, [({"chain": VARIATIONAL.replace("s_k -", "s_k +")}, "sign")]
    ),
}  # fmt: skip
