"""Checks of the exercises of *softmax*."""

from math import erf, exp, sqrt

import numpy as np

from softmax_lib.exact import softmax
from softmax_lib.exercises import judges
from softmax_lib.notation import Symbol


def by_hand(p=..., odds=..., p_doubled=..., odds_doubled=...):
    s = np.log([3.0, 1.0, 4.0, 2.0])
    once, twice = softmax(s), softmax(2 * s)
    return judges.values(
        p=(p, once, {"take exponentials before you divide by the sum": s / s.sum(),
                     "divide by the sum": np.exp(s)}),
        odds=(odds, once[2] / once[3], {"class 3 against class 4, not the reverse": 1 / 2,
                                        "odds are a quotient, not a difference": 0.2}),
        p_doubled=(p_doubled, twice, {"the scores are doubled, not the probabilities": 2 * once,
                                      "adding would change nothing; this is a factor": once}),
        odds_doubled=(odds_doubled, twice[2] / twice[3], {
            "the odds change: what is the exponential of a doubled score?": once[2] / once[3],
            "class 3 against class 4, not the reverse": 1 / 4}))  # fmt: skip


def which(candidate=..., log_odds=...):
    return judges.values(
        candidate=(candidate, 1, {
            "its two log-odds of neighbours differ, those of the scores do not": 2,
            "here the scores themselves were divided by their sum": 3}),
        log_odds=(log_odds, 1.0, {"take the logarithm": np.e,
                                  "later against earlier class": -1.0}))  # fmt: skip


def monotone(p_k=..., factor=...):
    old, new = softmax(np.zeros(3)), softmax(np.log([2.0, 1.0, 1.0]))
    return judges.values(
        p_k=(p_k, new[0], {"the denominator grows too": 2 * old[0], "that is before": old[0]}),
        factor=(factor, new[1] / old[1], {
            "the others do change, although their scores do not": 1.0,
            "the denominator grows from 3 to 4, not to 6": 1 / 2,
            "old denominator over new one": 4 / 3}))  # fmt: skip


def reference(reference_form=...):
    W = np.array([[1.0, 2.0], [0.0, -1.0], [3.0, 1.0]])
    tests = {"three classes": (W,), "two classes": (W[:2],)}

    def without_last(W):
        W[-1] = 0
        return W

    slips = {
        "the last class is the reference, not the first": lambda W: W - W[0],
        "the same row is added to all rows, else probabilities change": without_last,
        "then the rows sum to zero, and the last one need not be zero": lambda W: W - W.mean(0),
    }
    return judges.program(reference_form, tests, lambda W: W - W[-1], slips)


def mean_score(chain=...):
    symbols = (
        Symbol(r"\beta", "any number"),
        Symbol("Z", "the normaliser", "1", r"\sum_{j=1}^C e^{\beta s_j}"),
        Symbol(r"\mathbf{p}", "softmax at the temperature 1/β", "C × 1",
               r"\frac{e^{\beta s_k}}{Z}", "k"))  # fmt: skip
    return judges.derivation(
        chain, symbols, starts=r"\frac{\partial}{\partial \beta} \sum_{k=1}^C p_k s_k",
        ends=r"\sum_{k=1}^C p_k s_k^2 - \left( \sum_{k=1}^C p_k s_k \right)^2")  # fmt: skip


@judges.example
def one_maximum(S=...):
    yield S.ndim == 2 and len(S) == 2, "two rows of scores are wanted"
    yield np.isfinite(S).all(), "finite scores are enough"
    low = S.max(axis=1).min() - S.max()
    yield low < 0, "both rows have the same maximum, so each has a 1 in its sum"
    exp_S = np.exp(S - S.max())
    sums = exp_S.sum(axis=1, keepdims=True)
    told = f"the lower row still has the sum {sums.min():.0e}; for which t is exp(-t) zero?"
    yield not np.allclose(exp_S / sums, softmax(S), atol=1e-3), told


def under_noise(density=..., of_the_winner=...):
    alone, others = exp(-1), exp(-2)
    return judges.values(
        density=(density, alone, {
            "differentiate exp(-exp(-t)): there is an inner derivative": 1.0}),
        of_the_winner=(of_the_winner, alone * others, {
            "that is without the others": alone, "there are two others": alone**2,
            "that is its integral over all t": 1 / 3,
            "the density of the winner times a probability, not a sum": alone + others}),
    )  # fmt: skip


def probit(product=..., direct=..., three_classes=...):
    def g(t):
        return (1 + erf(t / sqrt(2))) / (1 - erf(t / sqrt(2)))

    return judges.values(
        product=(product, g(1) ** 2, {"g is the odds, Φ(t) over Φ(-t)": g(1) ** 2 / (1 + g(1)) ** 2,
                                      "that is g(1); class 1 to 2 to 3 takes it twice": g(1)}),
        direct=(direct, g(2), {"g is the odds, Φ(t) over Φ(-t)": g(2) / (1 + g(2)),
                               "that is what softmax has": exp(2)}),
        three_classes=(three_classes, False, {
            "the odds of class 1 against class 3 would be both numbers": True}))  # fmt: skip
