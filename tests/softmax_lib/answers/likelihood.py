"""Answers to the exercises of *likelihood*, right and wrong."""

SMOOTHING = r"""-\sum_{k=1}^C q_k \log p_k
= -(1 - \delta) \sum_{k=1}^C y_k \log p_k - \frac{\delta}{C} \sum_{k=1}^C \log p_k
= (1 - \delta) \ell - \frac{\delta}{C} \sum_{k=1}^C \log p_k"""

ANSWERS = {
    "three_labels": ({"likelihood": 1 / 64, "mean_loss": 2, "geometric_mean": 1 / 4},
                     [({"geometric_mean": 7 / 24}, "arithmetic")]),
    "better_and_worse": (
        {"A": [0.6, 0.6, 0.001], "B": [0.9, 0.45, 0.45]},
        [({"A": [0.6, 0.6, 0.4], "B": [0.9, 0.4, 0.4]}, "very sure"),  # but for rounding, equal
         ({"A": [0.4, 0.6, 0.1], "B": [0.9, 0.45, 0.7]}, "A has 1 right"),
         ({"A": [0.6, 0.6, 0.01], "B": [0.9, 0.5, 0.5]}, "tie"),
         ({"A": [0, 0.6, 0.6], "B": [0.9, 0.45, 0.7]}, "none of them 0")],
    ),
    "asymmetry": ({"q_p": 2.762, "p_q": 0.685}, [({"p_q": 0.6931}, "cross-entropy")]),
    "mean_to_sum": ({"mu": 1, "lam_base_2": 0.007213}, [({"lam_base_2": 0.005}, "1/log 2")]),
    "smoothing": (
        {"chain": SMOOTHING}, [({"chain": SMOOTHING.replace("-(1", "(1", 1)}, "sign")]
    ),
    "another_prior": ({"weight": 0.1, "slope": 0.1, "slope_of_square": 1e-4},
                      [({"slope_of_square": 5e-8}, "the penalty")]),
    "copies": ({"likelihood": "changes", "mean_loss": "stays", "fixed_lambda": "stays",
                "fixed_prior": "changes"},
               [({"fixed_prior": "stays"}, "depend on M"),
                ({"mean_loss": "grows"}, "one of changes, stays")]),
    "brier": ({"least": 0.42, "largest": 2}, [({"least": 0.21}, "one of the two")]),
}  # fmt: skip
