"""Answers to the exercises of *quotient rule*, right and wrong."""

import numpy as np

from answers.solutions import solution

OTHER_CLASS = solution("ex-quotient-rule-check-other")

THREE_LINKS = solution("ex-quotient-rule-check-weights")

ANSWERS = {
    "by_hand": (
        {"p": [1 / 2, 1 / 4, 1 / 4], "loss": np.log(4),
         "gradient": np.outer([0.5, 0.25, -0.75], [1, -2])},
        [({"gradient": np.outer([1, -2], [0.5, 0.25, -0.75])}, "rows and columns"),
         ({"gradient": np.outer([0, 0, -0.75], [1, -2])}, "not the true one alone"),
         ({"loss": 2}, "natural")],
    ),
    "other_class": (
        {"chain": OTHER_CLASS},
        [({"chain": OTHER_CLASS.replace("0 \\cdot Z", "e^{s_y} Z")}, "left"),
         ({"chain": r"\frac{\partial}{\partial s_k} \left( \frac{e^{s_y}}{Z} \right) = -p_y p_k"},
          "go through")],
    ),
    "three_links": (
        {"chain": THREE_LINKS}, [({"chain": THREE_LINKS.replace(r"-\frac", r"\frac")}, "sign")]
    ),
    "two_classes": (
        {"gradient": [[-0.75, -1.5], [0.75, 1.5]], "by_own_score": 3 / 16,
         "by_other_score": -3 / 16},
        [({"gradient": [[-0.75, -1.5], [0, 0]]}, "opposite")],
    ),
    "soft_labels": ({"shares": [-0.3667, 0.0333, 0.3333], "unnormalised": [-1, 0, 1]},
                    [({"unnormalised": [-5 / 3, -2 / 3, 1 / 3]}, "sum to one")]),
    "right_by_accident": (
        {"claimed": [0.6285, -0.7688, 0.1402], "slopes": [1.1545, -1.1977, 0.0432]},
        [({"slopes": [0.6285, -0.7688, 0.1402]}, "steps along")],
    ),
    "wrong_class_gains": (
        {"p": [0.3534, 0.5165, 0.13], "rises": 3}, [({"rises": 2}, "falls most")]
    ),
    "hurts_the_neighbour": (
        {"first": 1, "second": 1.1, "step": 1},
        [({"first": 1, "second": -2, "step": 1}, "inner product"),
         ({"first": 1, "second": 1.1, "step": -1}, "positive"),
         ({"first": 3, "second": 0, "step": 0.01}, "closer")],
    ),
    "moments": ({"without": 0, "with_penalty": -0.2}, [({"with_penalty": 0.2}, "which sign")]),
}  # fmt: skip
