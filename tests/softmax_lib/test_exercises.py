"""The exercises: what they say of themselves, and that each check tells right from wrong.

ANSWERS holds for each check a right answer, and wrong ones with a word of the hint that each meets.
"""

import importlib
import inspect
import pkgutil
import re

import numpy as np
import pytest
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from softmax_lib import exercises as package
from softmax_lib import log_softmax, logsumexp, loss_and_gradient, one_hot, softmax
from softmax_lib.exercises import bug_clinic, judges
from website import contents, exercises, notebooks

TEXTS = {entry.name: entry.path.read_text() for entry in contents.entries()}
FOUND = {name: exercises.exercises(text) for name, text in TEXTS.items()}
EACH = {exercise.label: exercise for found in FOUND.values() for exercise in found}
CHECKS = {
    f"{module.name}.{name}": check
    for module in pkgutil.iter_modules(package.__path__)
    if module.name != "judges"
    for name, check in inspect.getmembers(
        importlib.import_module(f"softmax_lib.exercises.{module.name}"), inspect.isfunction
    )
    if check.__module__.endswith(f".exercises.{module.name}") and not name.startswith("_")
}
ROOT2, B = 2**0.5, (3 + 5**0.5) / 4
P = np.array([1 / 2, 1 / 4, 1 / 4])
JACOBIAN = np.array([[4, -2, -2], [-2, 3, -1], [-2, -1, 3]]) / 16


def running_lse(scores):
    largest, total = -np.inf, 0.0
    for s in scores:
        if s > -np.inf:
            new = max(largest, s)
            total, largest = total * np.exp(largest - new) + np.exp(s - new), new
    return largest + np.log(total)


def power(multiply, v, n):
    for _ in range(n):
        v = v / np.linalg.norm(v)
        v = multiply(v)
    v = v / np.linalg.norm(v)
    return v @ multiply(v)


def search(loss_and_gradient, W, step, rate=0.5):
    L, G = loss_and_gradient(W)
    step = 2 * step
    while loss_and_gradient(W - step * G)[0] > L - rate * step * np.sum(G * G):
        step = step / 2
    return W - step * G, step


def heavy_ball(gradient, W, step, beta, n):
    V = np.zeros_like(W)
    for _ in range(n):
        V = beta * V - step * gradient(W)
        W = W + V
    return W


def weighted(W, X, y, omega):
    scale = omega / omega.sum()
    loss = -scale @ log_softmax(X @ W.T)[np.arange(len(y)), y]
    return loss, (scale[:, None] * (softmax(X @ W.T) - one_hot(y, len(W)))).T @ X


def in_blocks(W, X, y, rows):
    right = 0
    for start in range(0, len(X), rows):
        S = X[start : start + rows] @ W.T
        right += np.sum(S.argmax(axis=1) == y[start : start + rows])
    return right / len(X)


def mean_of_shares(W, X, y, rows):
    starts = range(0, len(X), rows)
    return np.mean([in_blocks(W, X[n : n + rows], y[n : n + rows], rows) for n in starts])


def layout(O, y, V, b, lam):
    error = softmax(O @ V + b) - one_hot(y, len(b))
    return O.T @ error + 2 * lam * V, error.sum(axis=0)


def wrong_temperature(W, X, y):
    return (softmax(2 * X @ W.T) - one_hot(y, len(W))).T @ X / len(X)


QUADRATIC = r"""\frac{\partial f}{\partial a_k} = \sum_l A_{kl} a_l + \sum_j a_j A_{jk}
= \left( (A + A^\top) \mathbf{a} \right)_k"""
MEAN_SCORE = r"""\frac{\partial}{\partial \beta} \sum_{k=1}^C p_k s_k
= \sum_{k=1}^C p_k \left( s_k - \sum_{j=1}^C p_j s_j \right) s_k
= \sum_{k=1}^C p_k s_k^2 - \left( \sum_{k=1}^C p_k s_k \right)^2"""
SMOOTHING = r"""-\sum_{k=1}^C q_k \log p_k
= -(1 - \delta) \sum_{k=1}^C y_k \log p_k - \frac{\delta}{C} \sum_{k=1}^C \log p_k
= (1 - \delta) \ell - \frac{\delta}{C} \sum_{k=1}^C \log p_k"""
VARIATIONAL = r"""\sum_{k=1}^C q_k \log \frac{q_k}{p_k}
= \sum_{k=1}^C q_k \log q_k - \sum_{k=1}^C q_k (s_k - \operatorname{lse}(\mathbf{s}))
= \sum_{k=1}^C q_k \log q_k - \mathbf{q}^\top \mathbf{s} + \operatorname{lse}(\mathbf{s})"""
OWN_SCORE = r"""\ell = -\log \frac{e^{s_y}}{\sum_{j=1}^C e^{s_j}}
= \log \left( 1 + \sum_{j \neq y} e^{s_j - s_y} \right)"""


def solution(label):
    """The chain of equalities in a chapter's solution."""
    text = "\n".join(TEXTS.values()).partition(f"{{solution-start}} {label}\n")[2]
    return re.search('solution = r"""(.*?)"""', text, re.DOTALL)[1]


def clinic(slope, scale=1.0):
    """A gradient by the weights, on the images of the bug clinic, from slopes by the scores."""
    X, y, *_ = bug_clinic._data()
    return lambda W: scale * slope(softmax(X @ W.T), one_hot(y, 10)).T @ X / len(y)


RESIDUAL = clinic(lambda P, Y: P - Y)
LABELS = bug_clinic._data()[1]


def weak(size):
    """The gradient of -log(p + size) of the true class."""
    return clinic(lambda P, Y: (P * Y).sum(axis=1, keepdims=True)
                  / ((P * Y).sum(axis=1, keepdims=True) + size) * (P - Y))  # fmt: skip


def accuracy_of(residual):
    """A pass over the data that measures the accuracy with P, or after the subtraction."""
    X, y, *_ = bug_clinic._data()

    def pass_over_data(W):
        P = softmax(X @ W.T)
        seen = P - one_hot(y, 10) if residual else P
        return RESIDUAL(W), np.mean(seen.argmax(axis=1) == y)

    return pass_over_data


def penalised_loss(half):
    X, y, *_ = bug_clinic._data()
    return lambda W: loss_and_gradient(W, X, y)[0] + half * 0.1 * np.sum(W[:, 1:] ** 2)


def penalised_gradient(W):
    X, y, *_ = bug_clinic._data()
    return loss_and_gradient(W, X, y, 0.1)[1]


def backward(p, upstream):
    return p * (upstream - p @ upstream)


OTHER_CLASS = solution("ex-quotient-rule-check-other")
THREE_LINKS = solution("ex-quotient-rule-check-weights")
PRODUCT = solution("ex-jacobian-check-product")
VARIANCE = solution("ex-jacobian-check-variance")
SHORTEST = solution("ex-log-sum-exp-check-score")
MATRIX = solution("ex-log-sum-exp-check-matrix")
MONOTONE_LOSSES = 3 * 0.99 ** np.arange(400)
TURNING_LOSSES = 1 + abs(np.arange(400) - 5) / 100

ANSWERS = {
    "notation.shapes": (
        {"X": (150, 5), "W": (3, 5), "S": (150, 3), "Y": (150, 3), "gradient": (3, 5),
             "XW": None, "XWt": (150, 3), "YW": (150, 5), "YtX": (3, 5)},
        [({"X": (150, 4)}, "column of ones"), ({"W": (5, 3)}, "row for each class"),
         ({"XW": (150, 5)}, "sums over"), ({"XWt": None}, "sums over")],
    ),
    "notation.one_hot": (
        {"compared": lambda y, C: y[:, None] == np.arange(C)},
        [({"compared": lambda y, C: y[:, None] == np.arange(C) + 1}, "count from 0"),
         ({"compared": lambda y, C: y[None] == np.arange(C)[:, None]}, "the column"),
         ({"compared": lambda y, C: y == np.arange(C)[:, None] + 0 * y}, "the column")],
    ),
    "notation.elementwise": (
        {"jacobian": np.diag([2, 4, 6])},
        [({"jacobian": [2, 4, 6]}, "column for each"),
         ({"jacobian": np.diag([1, 4, 9])}, "not the values")],
    ),
    "notation.broadcast": ({"row": 1, "column": 1 / 6}, [({"column": 1}, "print its shape"),
                                                       ({"column": 0.1}, "six")]),
    "notation.quadratic_form": (
        {"chain": QUADRATIC}, [({"chain": QUADRATIC.replace("A_{jk}", "A_{kj}")}, "index")]
    ),
    "softmax.by_hand": (
        {"p": [0.3, 0.1, 0.4, 0.2], "odds": 2, "p_doubled": [0.3, 1 / 30, 16 / 30, 4 / 30],
             "odds_doubled": 4},
        [({"p_doubled": [0.6, 0.2, 0.8, 0.4]}, "not the probabilities"),
         ({"odds": 0.5}, "reverse"), ({"p": [3, 1, 4, 2]}, "divide by the sum")],
    ),
    "softmax.which": ({"candidate": 1, "log_odds": 1}, [({"candidate": 2}, "differ"),
                                                      ({"candidate": 3}, "themselves")]),
    "softmax.monotone": ({"p_k": 0.5, "factor": 0.75}, [({"p_k": 2 / 3}, "grows too"),
                                                      ({"factor": 1}, "do change")]),
    "softmax.reference": (
        {"reference_form": lambda W: W - W[-1:]},
        [({"reference_form": lambda W: W - W[:1]}, "not the first"),
         ({"reference_form": lambda W: np.vstack([W[:-1], 0 * W[-1]])}, "added to all rows")],
    ),
    "softmax.mean_score": (
        {"chain": MEAN_SCORE}, [({"chain": MEAN_SCORE.replace(")^2", ")")}, "left")]
    ),
    "softmax.one_maximum": (
        {"S": [[1000, 1001], [0, 1]]},
        [({"S": [[100, 101], [0, 1]]}, "for which t"), ({"S": [[0, 800], [800, 0]]}, "a 1")],
    ),
    "softmax.under_noise": (
        {"density": 0.3679, "of_the_winner": 0.0498},
        [({"density": 1}, "inner derivative"), ({"of_the_winner": 0.1353}, "two others")],
    ),
    "softmax.probit": (
        {"product": 28.12, "direct": 42.96, "three_classes": False},
        [({"product": 5.303}, "takes it twice"), ({"direct": 7.389}, "softmax has"),
         ({"three_classes": True}, "both numbers")],
    ),
    "likelihood.three_labels": (
        {"likelihood": 1 / 64, "mean_loss": 2, "geometric_mean": 1 / 4},
        [({"likelihood": 7 / 8}, "multiply"), ({"mean_loss": 6}, "number of examples"),
         ({"geometric_mean": 7 / 24}, "arithmetic")],
    ),
    "likelihood.better_and_worse": (
        {"A": [0.6, 0.6, 0.001], "B": [0.9, 0.45, 0.45]},
        [({"A": [0.6, 0.6, 0.4], "B": [0.9, 0.1, 0.45]}, "very sure"),
         ({"A": [0.4, 0.6, 0.1], "B": [0.9, 0.45, 0.7]}, "A has 1 right"),
         ({"A": [1, 0.5, 0.5], "B": [0.9, 0.45, 0.7]}, "between 0 and 1")],
    ),
    "likelihood.asymmetry": (
        {"q_p": 2.762, "p_q": 0.685},
        [({"q_p": 0.685}, "takes the average"), ({"p_q": 0.6931}, "cross-entropy")],
    ),
    "likelihood.mean_to_sum": (
        {"mu": 1, "lam_base_2": 0.007213},
        [({"mu": 0.01}, "penalty must too"), ({"lam_base_2": 0.005}, "1/log 2")],
    ),
    "likelihood.smoothing": (
        {"chain": SMOOTHING}, [({"chain": SMOOTHING.replace("-(1", "(1", 1)}, "sign")]
    ),
    "likelihood.another_prior": (
        {"weight": 0.1, "slope": 0.1, "slope_of_square": 1e-4},
        [({"weight": 10}, "divide by M"), ({"slope": 1e-4}, "derivative of |w|"),
         ({"slope_of_square": 5e-8}, "the penalty")],
    ),
    "likelihood.copies": (
        {"likelihood": "changes", "mean_loss": "stays", "fixed_lambda": "stays",
         "fixed_prior": "changes"},
        [({"fixed_prior": "stays"}, "depend on M"), ({"mean_loss": "changes"}, "a mean"),
         ({"mean_loss": "grows"}, "one of changes, stays")],
    ),
    "likelihood.brier": ({"least": 0.42, "largest": 2}, [({"least": 0}, "even the truth"),
                                                       ({"largest": 1}, "both entries")]),
    "quotient_rule.by_hand": (
        {"p": P, "loss": np.log(4), "gradient": np.outer([0.5, 0.25, -0.75], [1, -2])},
        [({"gradient": np.outer([-0.5, -0.25, 0.75], [1, -2])}, "sign"),
         ({"gradient": np.outer([1, -2], [0.5, 0.25, -0.75])}, "row for each class"),
         ({"loss": -np.log(4)}, "not negative")],
    ),
    "quotient_rule.other_class": (
        {"chain": OTHER_CLASS},
        [({"chain": OTHER_CLASS.replace("0 \\cdot Z", "e^{s_y} Z")}, "left"),
         ({"chain": r"\frac{\partial}{\partial s_k} \left( \frac{e^{s_y}}{Z} \right) = -p_y p_k"},
          "go through")],
    ),
    "quotient_rule.three_links": (
        {"chain": THREE_LINKS}, [({"chain": THREE_LINKS.replace(r"-\frac", r"\frac")}, "sign")]
    ),
    "quotient_rule.two_classes": (
        {"gradient": [[-0.75, -1.5], [0.75, 1.5]], "by_own_score": 3 / 16,
         "by_other_score": -3 / 16},
        [({"gradient": [[-0.75, -1.5], [0, 0]]}, "opposite"),
         ({"by_other_score": 0}, "learned, too")],
    ),
    "quotient_rule.soft_labels": (
        {"shares": [-0.3667, 0.0333, 0.3333], "unnormalised": [-1, 0, 1]},
        [({"unnormalised": [-5 / 3, -2 / 3, 1 / 3]}, "sum to one"),
         ({"shares": [-2 / 3, 1 / 3, 1 / 3]}, "not a label")],
    ),
    "quotient_rule.right_by_accident": (
        {"claimed": [0.6285, -0.7688, 0.1402], "slopes": [1.1545, -1.1977, 0.0432]},
        [({"slopes": [0.6285, -0.7688, 0.1402]}, "steps along")],
    ),
    "quotient_rule.wrong_class_gains": (
        {"p": [0.3534, 0.5165, 0.13], "rises": 3}, [({"rises": 2}, "falls most")]
    ),
    "quotient_rule.hurts_the_neighbour": (
        {"first": 1, "second": 1.1, "step": 1},
        [({"first": 1, "second": -2, "step": 1}, "inner product"),
         ({"first": 1, "second": 1.1, "step": -1}, "positive"),
         ({"first": 3, "second": 0, "step": 0.01}, "closer")],
    ),
    "quotient_rule.moments": ({"without": 0, "with_penalty": -0.2},
                              [({"with_penalty": 0.2}, "which sign"),
                               ({"with_penalty": -0.1}, "half")]),
    "jacobian.product": ({"chain": PRODUCT}, [({"chain": PRODUCT.replace(
        r"-\mathbf{y} + \mathbf{p} \sum_{k=1}^C y_k", r"-\mathbf{y} + C \mathbf{p}")}, "left")]),
    "jacobian.epsilon": (
        {"factors": [0.9999997, 0.9978, 0.0202, 4.2484e-11]},
        [({"factors": [1, 1, 1, 1]}, "no longer 1/p_y")],
    ),
    "jacobian.by_hand": (
        {"jacobian": JACOBIAN, "eigenvalues": [3 / 8, 0, 1 / 4], "direction": [-2, 1, 1]},
        [({"jacobian": np.diag(np.diag(JACOBIAN))}, "-p_j p_k"),
         ({"eigenvalues": np.diag(JACOBIAN)}, "the diagonal"),
         ({"direction": [0, 1, -1]}, "of 1/4"), ({"direction": [1, 1, 1]}, "common shift")],
    ),
    "jacobian.variance": (
        {"chain": VARIANCE}, [({"chain": VARIANCE.replace("- (\\m", "+ (\\m")}, "sign")]
    ),
    "jacobian.batch": (
        {"backward": lambda P, V: P * V - P * (P * V).sum(axis=1)[:, None]},
        [({"backward": lambda P, V: P * (V - np.sum(P * V, axis=1))}, "stay a column"),
         ({"backward": lambda P, V: P * (1 - P) * V}, "only the diagonal")],
    ),
    "jacobian.circles": (
        {"centre": 0.16, "radius": 0.16, "upper": 0.32},
        [({"radius": 0.2}, "sum to"), ({"upper": 0.16}, "plus radius")],
    ),
    "jacobian.log_softmax": (
        {"jacobian": np.eye(3) - P, "without_transpose": [-0.5, 0.5, 0.5]},
        [({"jacobian": np.eye(3) - P[:, None]}, "which index"),
         ({"without_transpose": [-0.5, 0.25, 0.25]}, "with the transpose")],
    ),
    "jacobian.another_normaliser": (
        {"s": [0, 3, -3]}, [({"s": [1, 3, -3]}, "where is g'"), ({"s": [0, 0, 0]}, "not wrong")]
    ),
    "jacobian.determinant": (
        {"value": 1 / 32, "scores": [np.log(2), 0, 0]},
        [({"value": 0}, "whole J"), ({"scores": np.log(P)}, "last score at 0")],
    ),
    "log_sum_exp.by_hand": (
        {"zeros": np.log(2), "logs": np.log(8), "sevens": 7 + np.log(4), "loss": np.log(4)},
        [({"zeros": 0}, "exponential of 0"), ({"sevens": np.log(28)}, "7 is a score"),
         ({"loss": np.log(8)}, "score of the true class")],
    ),
    "log_sum_exp.shortest_route": ({"chain": SHORTEST}, [({"chain": SHORTEST.replace(
        r"= p_k - \mathbb{1}\{k = y\}", r"= p_k + \mathbb{1}\{k = y\}")}, "sign")]),
    "log_sum_exp.bounds": (
        {"near_maximum": [9, 0, 0], "near_upper": [0, 0, 0.01]},
        [({"near_maximum": [1, 0, 0], "near_upper": [0, 0, 0.01]}, "above the maximum"),
         ({"near_maximum": [9, 0, 0], "near_upper": [1, 1, 1]}, "attained")],
    ),
    "log_sum_exp.rounded_away": (
        {"by_lse": 0, "by_log": 0, "true": 4.248e-18},
        [({"by_lse": 4.248e-18}, "rounded to 1"), ({"true": 0}, "two computations")],
    ),
    "log_sum_exp.sharper": (
        {"value": 1.01269, "gradient": [0.8808, 0.1192, 0]},
        [({"value": 10.1269}, "divide by c"), ({"gradient": [8.808, 1.192, 0]}, "cancel")],
    ),
    "log_sum_exp.to_the_matrix": (
        {"chain": MATRIX}, [({"chain": MATRIX.replace("- Y_{ik}", "- 1")}, "left")]
    ),
    "log_sum_exp.third_layout": (
        {"gradient": lambda X, P, Y: (X @ (P - Y).T).T},
        [({"gradient": lambda X, P, Y: X @ (P - Y).T}, "classes as rows"),
         ({"gradient": lambda X, P, Y: (P - Y).T @ X}, "which factor")],
    ),
    "log_sum_exp.streaming": (
        {"running_lse": running_lse},
        [({"running_lse": lambda s: np.log(sum(np.exp(t) for t in s))}, "infinite"),
         ({"running_lse": lambda s: logsumexp(s) if s[0] > -np.inf else np.nan}, "nan")],
    ),
    "log_sum_exp.over_distributions": (
        {"chain": VARIATIONAL}, [({"chain": VARIATIONAL.replace("s_k -", "s_k +")}, "sign")]
    ),
    "curvature.two_classes": (
        {"jacobian": [[3 / 16, -3 / 16], [-3 / 16, 3 / 16]], "eigenvalues": [0, 3 / 8],
         "largest": 0.5},
        [({"jacobian": [[3 / 16, 0], [0, 3 / 16]]}, "off the diagonal"),
         ({"eigenvalues": [0, 3 / 16]}, "twice"), ({"largest": 0.25}, "p_1 p_2")],
    ),
    "curvature.trace_bound": (
        {"by_trace": 1.5, "by_eigenvalue": B}, [({"by_trace": 3}, "half"),
                                              ({"by_eigenvalue": 2 * B}, "half")]
    ),
    "curvature.power_method": (
        {"quotient": power}, [({"quotient": lambda f, v, n: v @ f(v)}, "not yet")]
    ),
    "curvature.attained": (
        {"biases": [9, 9, 0, 0, 0, 0, 0, 0, 0, 0]},
        [({"biases": [0] * 10}, "eigenvalue 1/2"),
         ({"biases": [3, 3, 0, 0, 0, 0, 0, 0, 0, 0]}, "given less")],
    ),
    "curvature.other_stacking": (
        {"H": np.kron([[1, 2], [2, 4]], [[0.25, -0.25], [-0.25, 0.25]])},
        [({"H": np.kron([[0.25, -0.25], [-0.25, 0.25]], [[1, 2], [2, 4]])}, "fastest")],
    ),
    "curvature.missing_class": (
        {"direction": [[0, 0], [0, 0], [-1, 0]]},
        [({"direction": [[0, 0], [0, 0], [1, 0]]}, "whose bias"),
         ({"direction": [[0, 0], [0, 0], [-1, 1]]}, "penalised")],
    ),
    "curvature.newton": ({"rank": 10, "slope": 0}, [({"rank": 14}, "each column")]),
    "curvature.bohning": (
        {"move": lambda G, X: -2 * len(X) * G @ np.linalg.pinv(X.T @ X)},
        [({"move": lambda G, X: -G @ np.linalg.pinv(X.T @ X / len(X))}, "half"),
         ({"move": lambda G, X: 2 * G @ np.linalg.pinv(X.T @ X / len(X))}, "down")],
    ),
    "implementation.count": (
        {"multiplications": 942_000_000, "in_S_P_Y": 1_800_000, "in_X": 47_100_000},
        [({"multiplications": 471_000_000}, "two products"), ({"in_X": 47_040_000}, "bias")],
    ),
    "implementation.right_predictions": (
        {"share": lambda W, X, y: ((X @ W.T).argmax(axis=1) == y).sum() / len(y)},
        [({"share": lambda W, X, y: ((X @ W.T).argmax(axis=1) == y).sum()}, "not a number"),
         ({"share": lambda W, X, y: ((X @ W.T).argmax(axis=1) != y).mean()}, "wrong ones")],
    ),
    "implementation.layout": (
        {"mistake": "sign", "found_at_minimum": False},
        [({"mistake": "transpose"}, "turns"), ({"found_at_minimum": True}, "minus zero")],
    ),
    "implementation.one_sided": (
        {"least": 0, "most": 0.015}, [({"least": -0.015}, "convex"), ({"most": 0.03}, "half")]
    ),
    "implementation.sixth_order": (
        {"a": 45 / 60, "b": -9 / 60, "c": 1 / 60},
        [({"a": 8 / 12}, "fourth order"), ({"c": 1 / 30}, "must be 1")],
    ),
    "implementation.patched": (
        {"found": True, "gradient": [-0.3983, 0.3983]},
        [({"found": False}, "as it is"), ({"gradient": [-0.9933, 0.9933]}, "without")],
    ),
    "implementation.own_mistake": (
        {"wrong": wrong_temperature},
        [({"wrong": lambda W, X, y: loss_and_gradient(W, X, y)[1]}, "right everywhere"),
         ({"wrong": lambda W, X, y: -loss_and_gradient(W, X, y)[1]}, "already")],
    ),
    "gradient_descent.one_example": (
        {"changes": [0.8, 0.7]}, [({"changes": [0.5, 0.5]}, "falls, too")]
    ),
    "gradient_descent.bound": (
        {"B": B, "step": 2 / B}, [({"B": 4 * B}, "divided by M"), ({"step": 1 / B}, "most")]
    ),
    "gradient_descent.rescale": (
        {"factor": 100, "standardised": 1 / 16},
        [({"factor": 10}, "gains one"), ({"standardised": 16}, "multiplying by 1/4")],
    ),
    "gradient_descent.line_search": (
        {"search": search},
        [({"search": lambda f, W, step: search(f, W, step, rate=0.0)}, "not only fall"),
         ({"search": lambda f, W, step: search(f, W, step / 2)}, "twice the last")],
    ),
    "gradient_descent.no_floor": (
        {"bound": 0.1414, "noise": "vanishes"},
        [({"bound": 0.1}, "length of p - y"), ({"noise": "stays"}, "each single")],
    ),
    "gradient_descent.momentum": (
        {"heavy_ball": heavy_ball},
        [({"heavy_ball": lambda f, W, step, beta, n: heavy_ball(f, W, step, 0, n)}, "forgotten"),
         ({"heavy_ball": lambda f, W, step, beta, n:
               heavy_ball(f, W, (1 - beta) * step, beta, n)}, "1 - β")],
    ),
    "gradient_descent.early_stopping": (
        {"held_out": TURNING_LOSSES},
        [({"held_out": MONOTONE_LOSSES}, "training digits"),
         ({"held_out": TURNING_LOSSES[:50]}, "400")],
    ),
    "gradient_descent.edge": (
        {"factor": -1, "bound": 4000 * ROOT2},
        [({"factor": 1}, "sign"), ({"bound": 40 * ROOT2}, "one step")],
    ),
    "digits.all_right": ({"M": 381}, [({"M": 380}, "round up"), ({"M": 100}, "without z")]),
    "digits.copies": (
        {"higher": "with copies", "chance": 1 / 16},
        [({"higher": "honest"}, "has seen"), ({"chance": 1 / 4}, "both"),
         ({"chance": 1 / 64}, "itself")],
    ),
    "digits.temperature": ({"second": 8 / 3}, [({"second": 8}, "not their sum")]),
    "digits.paired": (
        {"together": 0.0784, "apart": 0.112},
        [({"together": 0.112}, "independent"), ({"together": 0.08}, "square of the mean")],
    ),
    "digits.luckiest": (
        {"average": 0.95, "chosen": 0.972, "fresh": 0.958},
        [({"average": 0.95, "chosen": 0.972, "fresh": 0.972}, "other half"),
         ({"average": 0.95, "chosen": 0.94, "fresh": 0.93}, "maximum")],
    ),
    "digits.moved_images": (
        {"before": [0.96, 0.4, 0.3, 0.3, 0.4], "after": [0.91, 0.8, 0.8, 0.7, 0.8]},
        [({"before": [0.96, 0.4, 0.3, 0.3, 0.4], "after": [0.95, 0.4, 0.3, 0.3, 0.4]}, "gain"),
         ({"before": [0.96, 0.4, 0.3, 0.3, 0.4], "after": [0.97, 0.8, 0.8, 0.7, 0.8]}, "price")],
    ),
    "digits.two_pixels": (
        {"probability": 0.5, "feature": lambda a, b: a * b},
        [({"feature": lambda a, b: a + b}, "any linear"), ({"probability": 1}, "all four"),
         ({"feature": lambda a, b: None}, "a number")],
    ),
    "digits.timid": ({"slope": -0.5}, [({"slope": 0.5}, "minus that of the penalty"),
                                        ({"slope": -0.25}, "half")]),
    "making_it_fast.own_score": (
        {"chain": OWN_SCORE}, [({"chain": OWN_SCORE.replace("-\\log", "\\log", 1)}, "sign")]
    ),
    "making_it_fast.break_it": (
        {"own_fails": 720, "both_fail": 800},
        [({"own_fails": 700, "both_fail": 800}, "does not overflow"),
         ({"own_fails": 740, "both_fail": 800}, "lost digits"),
         ({"own_fails": 720, "both_fail": 730}, "whole arrays still")],
    ),
    "making_it_fast.traffic": (
        {"whole_reads": 7, "whole_writes": 5, "in_place_reads": 5, "in_place_writes": 3},
        [({"whole_writes": 4}, "one-hot"), ({"in_place_reads": 3}, "read, too")],
    ),
    "making_it_fast.half_the_digits": (
        {"whole_arrays": "grows", "own_score": "stays", "growth": 148.4},
        [({"own_score": "grows"}, "small relative error"), ({"growth": 2}, "proportion")],
    ),
    "making_it_fast.weights": (
        {"weighted": weighted},
        [({"weighted": lambda W, X, y, omega: (
            weighted(W, X, y, omega)[0], weighted(W, X, y, np.ones(len(y)))[1])}, "its weight"),
         ({"weighted": lambda W, X, y, omega: tuple(
             part * omega.mean() for part in weighted(W, X, y, omega))}, "not by M")],
    ),
    "at_scale.mean_of_means": (
        {"repaired": lambda means, rows: np.dot(means, rows) / sum(rows)},
        [({"repaired": lambda means, rows: sum(means) / len(means)}, "counts for more")],
    ),
    "at_scale.eight_workers": (
        {"break_even": 8000, "gain_of_six": 168_000},
        [({"break_even": 7000}, "remains"), ({"gain_of_six": 42_000}, "solve for M")],
    ),
    "at_scale.in_blocks": (
        {"share": in_blocks}, [({"share": mean_of_shares}, "numbers, not shares")]
    ),
    "at_scale.two_machines": (
        {"lse": np.log(8), "p_k": 1 / 8},
        [({"lse": np.log(15)}, "not their logarithms"), ({"p_k": 1 / 3}, "other machine")],
    ),
    "at_scale.sending_rows": ({"seconds": 3200}, [({"seconds": 400}, "bits"),
                                                   ({"seconds": 800}, "four bytes")]),
    "bug_clinic.all_at_once": (
        {"gradient": RESIDUAL},
        [({"gradient": lambda W: (softmax(bug_clinic._data()[0] @ W.T, axis=0)
                                       - one_hot(LABELS, 10)).T @ bug_clinic._data()[0] / 900},
          "rows of P")],
    ),
    "bug_clinic.right_shape": (
        {"gradient": RESIDUAL},
        [({"gradient": lambda W: RESIDUAL(W).T.reshape(W.shape)}, "single entries")],
    ),
    "bug_clinic.modest_success": (
        {"gradient": RESIDUAL},
        [({"gradient": clinic(lambda P, Y: -Y * (1 - P))}, "sum to")],
    ),
    "bug_clinic.softer_than_soft": (
        {"gradient": RESIDUAL},
        [({"gradient": clinic(lambda P, Y: softmax(P) - Y)}, "too many")],
    ),
    "bug_clinic.never_right": (
        {"pass_over_data": accuracy_of(residual=False)},
        [({"pass_over_data": accuracy_of(residual=True)}, "after the subtraction")],
    ),
    "bug_clinic.worse_than_a_die": (
        {"Y_read": one_hot(LABELS, 10)},
        [({"Y_read": one_hot((LABELS - 1) % 10, 10)}, "index -1"),
         ({"Y_read": one_hot((LABELS + 1) % 10, 10)}, "count from 0")],
    ),
    "bug_clinic.no_minimum": (
        {"objective": penalised_loss(0.5), "gradient": penalised_gradient},
        [({"objective": penalised_loss(1), "gradient": penalised_gradient},
          "differences differ"),
         ({"objective": penalised_loss(1), "gradient": lambda W: penalised_gradient(W)
          + 0.1 * W * (np.arange(65) > 0)}, "λ/2")],
    ),
    "bug_clinic.search": (
        {"gradient": RESIDUAL},
        [({"gradient": clinic(lambda P, Y: P - Y, 900)}, "900 times")],
    ),
    "bug_clinic.fine_curve": (
        {"order": lambda rng: rng.permutation(900)},
        [({"order": lambda rng: np.argsort(LABELS)}, "how many classes"),
         ({"order": lambda rng: np.random.default_rng(0).permutation(900)}, "second pass"),
         ({"order": lambda rng: rng.integers(900, size=900)}, "come once")],
    ),
    "bug_clinic.everybody": (
        {"error": np.zeros(177)},
        [({"error": np.zeros((177, 177))}, "every label"), ({"error": 0.0}, "for each image")],
    ),
    "bug_clinic.passing_test": (
        {"backward": backward},
        [({"backward": lambda p, upstream: p * (upstream - upstream.mean())}, "which mean"),
         ({"backward": lambda p, upstream: 0 * p}, "of zeros"),
         ({"backward": lambda p, upstream: p * (1 - p) * upstream}, "diagonal")],
    ),
    "bug_clinic.alarms": ({"penalised": [0, 1]}, [({"penalised": [1, 0]}, "which column")]),
    "bug_clinic.small_number": (
        {"gradient": RESIDUAL},
        [({"gradient": weak(1e-3)}, "far below"),
         ({"gradient": weak(1e-8)}, "smaller ε")],
    ),
    "bug_clinic.stopped": (
        {"stop": 999}, [({"stop": 212}, "falling still"), ({"stop": -1}, "wanted")]
    ),
    "bug_clinic.accuracies": (
        {"below_half": (2, 6, 9, 13), "as_repaired": [12, 7, 5, 4]},
        [({"below_half": (2, 6, 13)}, "show its weights"),
         ({"below_half": (1, 2, 6, 9, 13)}, "0.71"),
         ({"as_repaired": (5, 7, 12)}, "1000 passes"), ({"as_repaired": (4, 5, 12)}, "gradient")],
    ),
    "bug_clinic.one_case": (
        {"sign": 2}, [({"sign": 3}, "multiplies out"), ({"sign": 1}, "is right")]
    ),
    "bug_clinic.unchanged": ({"claim": 1}, [({"claim": 2}, "cancels"), ({"claim": 3}, "two c")]),
    "bug_clinic.two_claims": (
        {"shape_of_first": "(m + 1) × C", "wrong_column": 0},
        [({"shape_of_first": "C × (m + 1)"}, "shape of W"), ({"wrong_column": 1}, "first column")],
    ),
    "five_sources.note_001": (
        {"fail": (2, 6, 8, 13, 14)},
        [({"fail": (6, 7)}, "taken back"),
         ({"fail": (2, 5)}, "1 of the 2 named do fail, and 4 more")],
    ),
    "five_sources.note_002": ({"fail": (1, 2, 7, 10)}, [({"fail": (7, 8)}, "the line before it")]),
    "five_sources.note_003": (
        {"fail": (8, 32, 35, 36, 37, 38)}, [({"fail": (9, 32)}, "true of the gradient")]
    ),
    "five_sources.note_004": ({"fail": (6, 12, 13, 14)}, [({"fail": 22}, "symmetric")]),
    "five_sources.in_a_result": (
        {"note_000": 40, "note_001": 14, "note_003": 32},
        [({"note_000": 25}, "right again"), ({"note_001": 13}, "would be written"),
         ({"note_003": 8}, "announces"), ({"note_003": 38}, "a sentence")],
    ),
    "five_sources.sixth_note": (
        {"slips": (3, 4)}, [({"slips": (2, 3)}, "symmetric"), ({"slips": 3}, "cancel")]
    ),
    "five_sources.claims": (
        {"true_class": True, "others": False}, [({"others": True}, "three classes")]
    ),
    "five_sources.another_layout": (
        {"gradients": layout},
        [({"gradients": lambda O, y, V, b, lam: layout(O, y, V, b, lam / 2)}, "no half"),
         ({"gradients": lambda O, y, V, b, lam: (
             layout(O, y, V, b, lam)[0], layout(O, y, V, b, lam)[1] + 2 * lam * b)}, "bias")],
    ),
}  # fmt: skip


def said(check, answer):
    verdict = CHECKS[check](**answer)
    return bool(verdict), str(verdict)


# The checks


def test_each_check_has_its_answers():
    assert set(ANSWERS) == set(CHECKS)


@pytest.mark.parametrize("check", CHECKS)
def test_a_stub_is_told_that_nothing_is_there(check):
    right, text = said(check, {})
    assert not right
    assert re.findall(r": (.*)$", text, re.MULTILINE) == [judges.EMPTY] * len(text.splitlines())


@pytest.mark.parametrize("check", ANSWERS)
def test_a_right_answer_passes(check):
    right, text = said(check, ANSWERS[check][0])
    assert right, text


@pytest.mark.parametrize("check", ANSWERS)
def test_a_typical_wrong_answer_meets_its_hint(check):
    for wrong, hint in ANSWERS[check][1]:
        right, text = said(check, wrong)
        assert not right
        assert hint in text


def test_a_program_that_fails_or_returns_nothing_is_told_so():
    right, text = said("at_scale.mean_of_means", {"repaired": lambda means, rows: means / 0})
    assert not right
    assert "TypeError: unsupported operand" in text
    assert "returns nothing" in said("at_scale.in_blocks", {"share": lambda *a: None})[1]


def test_an_answer_of_another_shape_or_kind_is_told_so():
    assert "(2,), and (3,) is wanted" in said("quotient_rule.by_hand", {"p": [0.5, 0.5]})[1]
    assert "it cannot be tried" in said("softmax.one_maximum", {"S": "two rows"})[1]
    assert (
        said("softmax.by_hand", {"odds": "two"})[1].splitlines()[1]
        == "odds: not yet: numbers are wanted"
    )


def test_a_right_answer_that_was_rounded_too_far_is_told_so():
    near = "not yet: near; three digits are wanted"
    assert near in said("log_sum_exp.rounded_away", {"true": 4.2e-18})[1]
    assert near in said("softmax.under_noise", {"density": 0.37})[1]
    assert near in said("log_sum_exp.sharper", {"gradient": [0.88, 0.12, 0]})[1]
    assert near not in said("softmax.under_noise", {"density": 0.4})[1]


@pytest.mark.parametrize(
    ("check", "members"),
    [("quotient_rule.three_links",
      [r"\frac{\partial \ell}{\partial \mathbf{w}_k}",
       r"\frac{\partial \ell}{\partial p_y} \frac{\partial p_y}{\partial s_k}"
       r" \frac{\partial s_k}{\partial \mathbf{w}_k}",
       r"-\frac{1}{p_y} p_y (\mathbb{1}\{k = y\} - p_k) \mathbf{x}",
       r"-(\mathbb{1}\{k = y\} - p_k) \mathbf{x}", r"(p_k - y_k) \mathbf{x}"]),
     ("jacobian.product",
      [r"J^\top (-\mathbf{y} \oslash \mathbf{p})",
       r"-\operatorname{diag}(\mathbf{p}) (\mathbf{y} \oslash \mathbf{p})"
       r" + \mathbf{p} \mathbf{p}^\top (\mathbf{y} \oslash \mathbf{p})",
       r"-\mathbf{y} + \mathbf{p} (\mathbf{1}^\top \mathbf{y})", r"\mathbf{p} - \mathbf{y}"]),
     ("jacobian.variance",
      [r"\mathbf{v}^\top J \mathbf{v}", r"\sum_k p_k v_k^2 - (\mathbf{p}^\top \mathbf{v})^2",
       r"\sum_k p_k v_k (v_k - \mathbf{p}^\top \mathbf{v})",
       r"\sum_k p_k (v_k - \mathbf{p}^\top \mathbf{v})^2"])],
)  # fmt: skip
def test_what_most_would_write_is_accepted(check, members):
    right, text = said(check, {"chain": " = ".join(members)})
    assert right, text


JUNK = (None, "x", [], [1, "a"], [[1], [2, 3]], 10**400, np.inf, lambda *a: "x", np.ones((3, 2)))


@pytest.mark.parametrize("check", [name for name in ANSWERS if "chain" not in ANSWERS[name][0]])
def test_what_is_no_answer_raises_no_error(check):
    right = ANSWERS[check][0]
    for name in right:
        passes = [bool(CHECKS[check](**right | {name: junk})) for junk in JUNK]
        assert sum(passes) <= (right[name] is None) + (name == "both_fail"), name  # inf: it is one


def test_a_program_gets_copies_of_the_arguments():
    def in_place(W):
        W -= W[-1].copy()
        return W

    assert said("softmax.reference", {"reference_form": in_place})[0]


# The exercises of the chapters


@pytest.mark.parametrize("name", [name for name, found in FOUND.items() if found])
def test_levels_never_fall_within_a_section(name):
    for section in re.split(r"^## ", TEXTS[name], flags=re.MULTILINE):
        levels = [exercise.level for exercise in exercises.exercises(section)]
        assert levels == sorted(levels)


def test_every_exercise_says_its_kind_level_and_minutes():
    opened = sum(len(re.findall(r"^`+\{exercise(?:-start)?\}", t, re.M)) for t in TEXTS.values())
    assert opened == len(EACH) == sum(map(len, FOUND.values()))


@pytest.mark.parametrize(
    "classes",
    ["prove level-1", "prove level-4 minutes-5", "guess level-1 minutes-5", "level-1 minutes-5",
     "prove level-1 minutes-5 long"],
)  # fmt: skip
def test_other_classes_are_refused(classes):
    with pytest.raises(ValueError, match="got '"):
        exercises.described(classes)


def test_the_line_under_a_title():
    words = "find the mistake · level 2 of 3 · about 20 minutes"
    assert exercises.described("mistake level-2 minutes-20") == words


def test_each_check_is_called_by_one_exercise_of_its_chapter():
    called = [(name, call) for name, found in FOUND.items() for e in found for call in e.checks]
    own = [(n, c.removeprefix("exercises.")) for n, c in called if c != "check_derivation"]
    assert sorted(call for _, call in own) == sorted(CHECKS)
    rooms = {name: "five_sources" if name.startswith("note-") else name for name, _ in own}
    assert all(rooms[name].replace("-", "_") == call.split(".")[0] for name, call in own)


def test_a_check_is_called_with_all_that_it_asks_for():
    for name, check in CHECKS.items():
        call = re.search(rf"^exercises\.{name}\((.*?)\)", "\n".join(TEXTS.values()), re.M | re.S)
        asked = list(inspect.signature(check).parameters)
        assert re.findall(r"(\w+)=", call[1]) in (asked, []), name


def test_most_exercises_are_checked_before_their_solution():
    checked = [exercise for exercise in EACH.values() if exercise.checks]
    print("\n".join(exercises.counts()))
    assert len(EACH) >= 110
    assert len(checked) >= 93
    assert f"{len(checked)} of them are checked" in exercises.counts()[1]


# The quizzes

ASKED = {e.name: exercises.quizzes(TEXTS[e.name]) for e in contents.entries() if e.number}


def test_every_numbered_chapter_asks_five_questions_before_its_exercises():
    for name in (name for name in ASKED if FOUND[name]):
        headings = re.findall(r"^## (.+)$", TEXTS[name], re.MULTILINE)
        assert headings[headings.index("Exercises") - 1] == "Quiz", name
        assert len(ASKED[name]) == 5, name
        assert len(ASKED[name]) == len(re.findall(r"^\S+\{quiz\}", TEXTS[name], re.MULTILINE))
    assert sum(map(len, ASKED.values())) >= 60


@pytest.mark.parametrize("name", [name for name, asked in ASKED.items() if asked])
def test_a_question_has_one_right_choice_and_a_sentence_for_each(name):
    for question, choices in ASKED[name]:
        assert question.endswith("?")
        assert len(choices) >= 3
        assert [right for _, right, _ in choices].count(True) == 1, question
        assert all(why.endswith(".") and len(why.split()) >= 3 for _, _, why in choices), question


def test_the_right_choice_has_no_usual_place():
    places = [
        [right for _, right, _ in choices].index(True)
        for asked in ASKED.values()
        for _, choices in asked
    ]
    assert max(places.count(place) for place in range(3)) < 0.7 * len(places)


def test_a_choice_without_its_sentence_is_refused():
    with pytest.raises(ValueError, match="a choice is a line and below it"):
        exercises.choices("They stay.\n: Yes. So it is.\n\nThey grow.")


# In a page and in a notebook

PAGE = """# A page

```{exercise-start} One
:label: ex-one
:class: predict level-1 minutes-5
```

What happens?

```python
exercises.softmax.by_hand(odds=...)
```

```{exercise-end}
```

```{admonition} A hint
:class: dropdown

Look twice.
```

:::{quiz} Does `exp` grow?
It does.
: Yes. Always.

It falls.
: No. Look again.
:::
"""


def test_a_page_says_what_an_exercise_is_and_folds_the_choices(tmp_path):
    extensions = ["myst_parser", "sphinx_exercise", "website.exercises"]
    (tmp_path / "conf.py").write_text(
        f"extensions = {extensions}\nmyst_enable_extensions = ['colon_fence', 'deflist']\n"
        "numfig = True\n"
    )
    (tmp_path / "page.md").write_text(PAGE)
    (tmp_path / "index.md").write_text("# Book\n\n```{toctree}\n:numbered:\npage\n```\n")
    with docutils_namespace():  # what is registered here is not left to other tests
        out = tmp_path / "out"
        Sphinx(tmp_path, tmp_path, out, out, "html", status=None).build()
    page = BeautifulSoup((tmp_path / "out" / "page.html").read_text(), "html.parser")
    content = page.select_one("div.exercise section")
    assert content.p.get_text() == "predict · level 1 of 3 · about 5 minutes"
    assert "by_hand" in content.get_text()
    choices = [box.get_text().split() for box in page.select(".quiz .dropdown.choice")]
    assert choices == [
        ["It", "does.", "Yes.", "Always."],
        ["It", "falls.", "No.", "Look", "again."],
    ]
    assert page.select_one(".quiz > p").get_text() == "Does exp grow?"


def test_a_notebook_says_what_an_exercise_is_and_folds_hints_and_choices():
    cells = [cell.source for cell in notebooks.convert(notebooks.BOOK / "softmax.md").cells]
    text = "\n".join(cells)
    assert "\n\n*compute · level 1 of 3 · about 5 minutes*\n\n" in text
    assert text.count("<details><summary>A hint</summary>\n\n") >= 3
    for question, choices in ASKED["softmax"]:
        assert f"**{question}**" in text
        for choice, right, why in choices:
            folded = f"<summary>{choice}</summary>\n\n{'Yes' if right else 'No'}. {why}\n"
            assert folded in text
    assert cells.count("# your work") == sum(not e.checks for e in FOUND["softmax"])
