"""Answers to the exercises of *softmax*, right and wrong."""

MEAN_SCORE = r"""\frac{\partial}{\partial \beta} \sum_{k=1}^C p_k s_k
= \sum_{k=1}^C p_k \left( s_k - \sum_{j=1}^C p_j s_j \right) s_k
= \sum_{k=1}^C p_k s_k^2 - \left( \sum_{k=1}^C p_k s_k \right)^2"""

ANSWERS = {
    "by_hand": ({"p": [0.3, 0.1, 0.4, 0.2], "odds": 2, "p_doubled": [0.3, 1 / 30, 16 / 30, 4 / 30],
                 "odds_doubled": 4},
                [({"p_doubled": [0.6, 0.2, 0.8, 0.4]}, "not the probabilities"),
                 ({"p": [3, 1, 4, 2]}, "divide by the sum")]),
    "which": ({"candidate": 1, "log_odds": 1}, [({"candidate": 3}, "themselves")]),
    "monotone": ({"p_k": 0.5, "factor": 0.75}, [({"p_k": 2 / 3}, "grows too")]),
    "reference": ({"reference_form": lambda W: W - W[-1:]}, []),
    "mean_score": (
        {"chain": MEAN_SCORE}, [({"chain": MEAN_SCORE.replace(")^2", ")")}, "left")]
    ),
    "one_maximum": ({"S": [[1000, 1001], [0, 1]]}, [({"S": [[100, 101], [0, 1]]}, "for which t"),
                                                    ({"S": [[0, 800], [800, 0]]}, "a 1")]),
    "under_noise": (
        {"density": 0.3679, "of_the_winner": 0.0498}, [({"of_the_winner": 0.1353}, "two others")]
    ),
    "probit": ({"product": 28.12, "direct": 42.96, "three_classes": False},
               [({"direct": 7.389}, "softmax has"), ({"three_classes": True}, "both numbers")]),
}  # fmt: skip
