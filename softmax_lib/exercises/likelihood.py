"""Checks of the exercises of *likelihood*."""

import numpy as np

from softmax_lib.exercises import judges
from softmax_lib.notation import Symbol


def three_labels(likelihood=..., mean_loss=..., geometric_mean=...):
    p = np.array([1 / 2, 1 / 4, 1 / 8])
    loss = -np.log2(p).mean()
    return judges.values(
        likelihood=(likelihood, p.prod(), {"independent examples multiply": p.sum(),
                                           "that is its logarithm": np.log(p).sum()}),
        mean_loss=(mean_loss, loss, {"divide by the number of examples": 3 * loss,
                                     "as a multiple of log 2": loss * np.log(2),
                                     "a multiple of the natural log 2": loss * np.log10(2)}),
        geometric_mean=(geometric_mean, 2.0**-loss, {
            "that is the arithmetic mean": p.mean(), "the third root is missing": p.prod()}),
    )  # fmt: skip


@judges.example
def better_and_worse(A=..., B=...):
    yield A.shape == B.shape == (3,), "each is a list of the three p_y"
    both = np.array([A, B])
    yield (both > 0).all() and (both <= 1).all(), "probabilities, and none of them 0"
    yield (both != 0.5).all(), "at 0.5 two classes tie: take another number"
    right = (both > 0.5).sum(axis=1)
    yield right[0] > right[1], f"A has {right[0]} right and B has {right[1]}"
    losses = -np.log(both).mean(axis=1)
    told = f"A has the loss {losses[0]:.2f}, B {losses[1]:.2f}"
    yield losses[0] > losses[1] + 1e-9, f"{told}: let one of A's be very sure and wrong"


def asymmetry(q_p=..., p_q=...):
    q, p = np.array([0.5, 0.5]), np.array([0.999, 0.001])
    there, back = np.sum(q * np.log(q / p)), np.sum(p * np.log(p / q))
    other = "the first argument takes the average"
    too_much = "that is the cross-entropy; take the entropy away"
    return judges.values(
        q_p=(q_p, there, {other: back, too_much: -q @ np.log(p)}),
        p_q=(p_q, back, {other: there, too_much: -p @ np.log(q)}),
    )


def mean_to_sum(mu=..., lam_base_2=...):
    M, lam = 100, 0.01
    return judges.values(
        mu=(mu, M * lam, {"multiply the whole objective by M": lam / M,
                          "the sum has grown by M; its penalty must too": lam}),
        lam_base_2=(lam_base_2, lam / (2 * np.log(2)), {
            "the loss in base 2 is larger by 1/log 2; the penalty must be too": lam / 2,
            "the half is missing here and stands in the book": lam / np.log(2),
            "a logarithm to base 2 is the natural one divided by log 2": lam * np.log(2) / 2,
            "this book has a half, and another logarithm": lam}),
    )  # fmt: skip


def smoothing(chain=...):
    symbols = (
        Symbol(r"\delta", "any number between 0 and 1", definition=r"\frac{1}{1 + e^c}"),
        Symbol(r"\mathbf{q}", "the smoothed label", "C × 1",
               r"(1 - \delta)\mathbf{y} + \frac{\delta}{C}\mathbf{1}"))  # fmt: skip
    return judges.derivation(
        chain, symbols, starts=r"-\sum_{k=1}^C q_k \log p_k",
        ends=r"(1 - \delta) \ell - \frac{\delta}{C} \sum_{k=1}^C \log p_k")  # fmt: skip


def another_prior(weight=..., slope=..., slope_of_square=...):
    M, b, lam, w = 100, 0.1, 0.1, 0.001
    return judges.values(
        weight=(weight, 1 / (M * b), {"the objective is the mean: divide by M": 1 / b,
                                      "the exponent is divided by b": b / M}),
        slope=(slope, 1 / (M * b), {"the derivative of |w| is 1 for w > 0": w / (M * b),
                                    "w is positive": -1 / (M * b)}),
        slope_of_square=(slope_of_square, lam * w, {
            "the half cancels the 2": 2 * lam * w, "that is the penalty": lam / 2 * w**2}),
    )  # fmt: skip


def copies(likelihood=..., mean_loss=..., fixed_lambda=..., fixed_prior=...):
    return judges.values(
        likelihood=(likelihood, "changes", {"every copy is another factor": "stays"}),
        mean_loss=(mean_loss, "stays", {"it is a mean, not a sum": "changes"}),
        fixed_lambda=(fixed_lambda, "stays", {"neither term of the objective changes": "changes"}),
        fixed_prior=(fixed_prior, "changes", {"how does lambda depend on M?": "stays"}),
    )


def brier(least=..., largest=...):
    q = np.array([0.3, 0.7])
    return judges.values(
        least=(least, np.sum(q - q**2), {
            "the label is drawn: even the truth pays on the average": 0.0,
            "that is one of the two classes": 0.21}),
        largest=(largest, 2.0, {"both entries are wrong then, not one": 1.0,
                                "it is bounded, unlike the loss": np.inf}))  # fmt: skip
