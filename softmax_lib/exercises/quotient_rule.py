"""Checks of the exercises of *quotient rule*."""

import numpy as np

from softmax_lib.exact import softmax
from softmax_lib.exercises import judges
from softmax_lib.loss import gradient as gradient_of
from softmax_lib.loss import loss as loss_of


def by_hand(p=..., loss=..., gradient=...):
    s, x, y = np.log([2.0, 1.0, 1.0]), np.array([1.0, -2.0]), np.array([0.0, 0.0, 1.0])
    q = softmax(s)
    slips = {
        "for the true class, too, the label is taken away": np.outer(q, x),
        "1 - p_k belongs to the true class only": np.outer(q * (1 - q), x),
        "every class has a row that changes, not the true one alone": np.outer(y * (q - y), x),
    }
    return judges.values(
        p=(p, q, {"divide by Z": np.exp(s), "exponentials first": s / s.sum()}),
        loss=(loss, -np.log(q[2]), {"take its logarithm": q[2],
                                    "the true class is the third": -np.log(q[0])}),
        gradient=(gradient, np.outer(q - y, x), slips))  # fmt: skip


def other_class(chain=...):
    return judges.derivation(
        chain,
        starts=r"\frac{\partial}{\partial s_k} \left( \frac{e^{s_y}}{Z} \right)",
        through=[r"\frac{1}{Z^2} \left( \frac{\partial e^{s_y}}{\partial s_k} Z"
                 r" - e^{s_y} \frac{\partial Z}{\partial s_k} \right)"],
        ends=r"-p_y p_k",
        when=[r"k \neq y"])  # fmt: skip


def three_links(chain=...):
    return judges.derivation(
        chain,
        starts=r"\frac{\partial \ell}{\partial \mathbf{w}_k}",
        through=[r"\frac{\partial \ell}{\partial p_y} \frac{\partial p_y}{\partial s_k}"
                 r" \frac{\partial s_k}{\partial \mathbf{w}_k}"],
        ends=r"(p_k - y_k) \mathbf{x}")  # fmt: skip


def two_classes(gradient=..., by_own_score=..., by_other_score=...):
    p, y, x = np.array([0.25, 0.75]), np.array([1.0, 0.0]), np.array([1.0, 2.0])
    return judges.values(
        gradient=(gradient, np.outer(p - y, x), {
            "the other row is the opposite one, not zero": np.outer((p - y) * y, x),
            "the true class is the first": np.outer(p - y[::-1], x)}),
        by_own_score=(by_own_score, p[0] * p[1], {"it is p(1 - p)": p[0]}),
        by_other_score=(by_other_score, -p[0] * p[1], {
            "the other score is learned, too: it stands in the denominator": 0.0,
            "if the other score grows, p_1 falls": p[0] * p[1]}))  # fmt: skip


def soft_labels(shares=..., unnormalised=...):
    p, y, z = np.full(3, 1 / 3), np.array([0.7, 0.3, 0.0]), np.array([2.0, 1.0, 0.0])
    return judges.values(
        shares=(shares, p - y, {"shares, not a label of 0 and 1": p - [1, 0, 0]}),
        unnormalised=(unnormalised, p * z.sum() - z, {
            "that is p - y: where was it used that the labels sum to one?": p - z}))  # fmt: skip


def right_by_accident(claimed=..., slopes=...):
    p, y = softmax([1.0, 0.0, -0.5]), np.array([0.0, 1.0, 0.0])
    outer = -y / p + (1 - y) / (1 - p)
    true = (np.diag(p) - np.outer(p, p)) @ outer
    return judges.values(
        claimed=(claimed, p - y, {"that is the right gradient of the program's loss": true,
                                  "the derivative by p; that of softmax is missing": outer}),
        slopes=(slopes, true, {
            "that is what the program steps along; take differences of its loss": p - y,
            "that is the derivative by p": outer,
            "differences of the other loss, minus log p_y, would give p - y": y - p}))  # fmt: skip


def wrong_class_gains(p=..., rises=...):
    old, y = np.array([0.1, 0.8, 0.1]), np.array([1.0, 0.0, 0.0])
    new = softmax(np.log(old) - (old - y))
    return judges.values(
        p=(p, new, {"a step subtracts the gradient": softmax(np.log(old) + old - y),
                    "the step changes scores, not probabilities": old - (old - y),
                    "the score of the true class grows by 1 - p_y": softmax(np.log(old) - old)}),
        rises=(rises, 3, {"its probability falls most": 2, "that is the true class": 1}),
    )  # fmt: skip


@judges.example
def hurts_the_neighbour(first=..., second=..., step=...):
    X, y = np.array([[1.0, first], [1.0, second]]), np.array([0, 1])
    yield step > 0, "the step is positive"
    yield first != second, "the two examples must differ"
    W = np.zeros((2, 2))
    after = W - step * gradient_of(W, X[:1], y[:1])
    product, rise = X[0] @ X[1], loss_of(after, X, y) - loss_of(W, X, y)
    yield product > 0, f"the inner product is {product:.2f}: example 2 is pushed the right way"
    yield rise > 0, f"the mean loss changes by {rise:.2g}: bring the examples closer together"


def moments(without=..., with_penalty=...):
    lam, weight = 0.1, 2.0
    return judges.values(
        without=(without, 0.0),
        with_penalty=(with_penalty, -lam * weight, {
            "which sign has the slope of the loss where the whole gradient is zero?": lam * weight,
            "the half of the penalty cancels when it is differentiated": -lam * weight / 2,
            "the penalty pulls at the minimum, too": 0.0}))  # fmt: skip
