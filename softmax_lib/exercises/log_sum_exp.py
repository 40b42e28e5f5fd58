"""Checks of the exercises of *log-sum-exp*."""

import numpy as np

from softmax_lib.exact import logsumexp, softmax
from softmax_lib.exercises import judges
from softmax_lib.notation import Symbol


def by_hand(zeros=..., logs=..., sevens=..., loss=...):
    return judges.values(
        zeros=(zeros, np.log(2), {"the exponential of 0 is 1": 0.0, "take the logarithm": 2.0}),
        logs=(logs, np.log(8), {
            "the sum of logarithms is another thing": np.log(12), "take the logarithm": 8.0}),
        sevens=(sevens, logsumexp(np.full(4, 7.0)), {
            "7 is a score, not its exponential": np.log(28), "that is the maximum": 7.0,
            "natural logarithms are meant": 7 + np.log10(4), "exponentials are added": 28.0}),
        loss=(loss, np.log(4), {"take the score of the true class away": np.log(8),
                                "the true class is the first": np.log(8 / 6),
                                "that is its probability": 1 / 4}))  # fmt: skip


def shortest_route(chain=...):
    return judges.derivation(
        chain,
        starts=r"\frac{\partial \ell}{\partial s_k}",
        through=[r"\frac{\partial}{\partial s_k} \operatorname{lse}(\mathbf{s})"
                 r" - \frac{\partial s_y}{\partial s_k}"],
        ends=r"p_k - \mathbb{1}\{k = y\}")  # fmt: skip


@judges.example
def bounds(near_maximum=..., near_upper=...):
    yield near_maximum.shape == near_upper.shape == (3,), "three scores each"
    above = logsumexp(near_maximum) - near_maximum.max()
    yield above < 0.01, f"log-sum-exp of the first lies {above:.3f} above the maximum"
    below = near_upper.max() + np.log(3) - logsumexp(near_upper)
    yield below < 0.01, f"log-sum-exp of the second lies {below:.3f} below the upper bound"
    yield np.ptp(near_upper) > 0, "all scores equal: there the bound is attained, not only near"


def rounded_away(by_lse=..., by_log=..., true=...):
    loss = np.log1p(np.exp(-40.0))
    slips = {"1 + exp(-40) is rounded to 1": loss}
    return judges.values(
        by_lse=(by_lse, 0, slips), by_log=(by_log, 0, slips),  # whole numbers, so exactly
        true=(true, loss, {"that is what the two computations give": 0,
                           "the true class leads": np.log1p(np.exp(40.0))}))  # fmt: skip


def sharper(value=..., gradient=...):
    c, s = 10.0, np.array([1.0, 0.8, -2.0])
    return judges.values(
        value=(value, logsumexp(c * s) / c, {"divide by c": logsumexp(c * s),
                                             "that is c = 1": logsumexp(s),
                                             "that is the maximum": 1.0}),
        gradient=(gradient, softmax(c * s), {
            "the inner derivative c and the 1/c in front cancel": c * softmax(c * s),
            "the scores are multiplied by c": softmax(s),
            "that is the gradient of the maximum": np.array([1.0, 0.0, 0.0]),
            "multiplied, not divided: which temperature is that?": softmax(s / c)}))  # fmt: skip


def to_the_matrix(chain=...):
    return judges.derivation(
        chain,
        starts=r"\frac{\partial L}{\partial W_{kd}}",
        through=[r"\frac{1}{M} \sum_{i=1}^M \frac{\partial \ell^{(i)}}{\partial s_k^{(i)}}"
                 r" \frac{\partial s_k^{(i)}}{\partial W_{kd}}"],
        ends=r"\frac{1}{M} \left( (P - Y)^\top X \right)_{kd}")  # fmt: skip


def third_layout(gradient=...):
    X = np.array([[1.0, 1.0, 1.0, 1.0], [0.0, 2.0, 1.0, 3.0]])
    P, Y = softmax(np.array([[0.0, 1, 2, 0], [1, 0, 1, 1], [2, 1, 0, 2]]), axis=0), np.zeros((3, 4))
    Y[[0, 2, 1, 0], range(4)] = 1
    slips = {
        "the variable is W, with its classes as rows": lambda X, P, Y: X @ (P - Y).T,
        "E is the sum, not the mean": lambda X, P, Y: (P - Y) @ X.T / X.shape[1],
        "the sign: P - Y": lambda X, P, Y: (Y - P) @ X.T,
        "a product must sum over the examples: which factor is transposed?": lambda X, P, Y: (
            (P - Y).T @ X
        ),
    }
    return judges.program(
        gradient, {"four examples": (X, P, Y)}, lambda X, P, Y: (P - Y) @ X.T, slips
    )


def streaming(running_lse=...):
    tests = {
        "0, 1, 2": ([0.0, 1.0, 2.0],),
        "1000, 999": ([1000.0, 999.0],),
        "999, 1000": ([999.0, 1000.0],),
        "-inf, 0, 1": ([-np.inf, 0.0, 1.0],),
    }

    def corner(scores, rescaled=1):
        largest, total = -np.inf, 0.0
        for s in scores:
            new = max(largest, s)
            total, largest = total * np.exp(largest - new) ** rescaled + np.exp(s - new), new
        return largest + np.log(total)

    slips = {
        "the exponential of 1000 is infinite": lambda s: np.log(np.sum(np.exp(s))),
        "when the largest changes, the old sum has the wrong reference": lambda s: corner(s, 0),
        "minus infinity minus minus infinity is nan: what does such a score add?": corner,
        "the largest is to be added at the end": lambda s: logsumexp(s) - max(s),
    }
    return judges.program(running_lse, tests, logsumexp, slips)


def over_distributions(chain=...):
    symbols = (Symbol(r"\mathbf{q}", "any probabilities", "C × 1", draw="probability"),)
    return judges.derivation(
        chain, symbols, starts=r"\sum_{k=1}^C q_k \log \frac{q_k}{p_k}",
        ends=r"\sum_{k=1}^C q_k \log q_k - \mathbf{q}^\top \mathbf{s}"
             r" + \operatorname{lse}(\mathbf{s})")  # fmt: skip
