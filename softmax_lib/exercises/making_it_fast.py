"""Checks of the exercises of *making it fast*."""

import numpy as np

from softmax_lib.exact import log_softmax, softmax
from softmax_lib.exercises import judges
from softmax_lib.loss import one_hot


def own_score(chain=...):
    return judges.derivation(
        chain, starts=r"\ell", ends=r"\log \left( 1 + \sum_{j \neq y} e^{s_j - s_y} \right)"
    )


@judges.example
def break_it(own_fails=..., both_fail=...):
    here, there = f"exp({-own_fails:g})", f"exp({-both_fail:g})"
    up = f"exp({own_fails:g}) does not overflow: the own score still works"
    yield np.isinf(np.exp(own_fails)), up
    yield np.exp(-own_fails) > 0, f"{here} is zero: here both fail"
    right = abs(-np.log(np.exp(-own_fails)) - own_fails) < 5e-5
    yield right, f"{here} has lost digits: the loss of whole arrays is no longer right"
    yield np.exp(-both_fail) == 0, f"{there} is not zero: whole arrays still work"


def traffic(whole_reads=..., whole_writes=..., in_place_reads=..., in_place_writes=...):
    return judges.values(
        whole_reads=(whole_reads, 7, {"P - Y reads two arrays": 6,
                                      "the maximum and the sum read, too": 5}),
        whole_writes=(whole_writes, 5, {"the one-hot matrix is written, too": 4}),
        in_place_reads=(in_place_reads, 5, {"the maximum and the sum read, too": 3}),
        in_place_writes=(in_place_writes, 3, {
            "maximum and sum write only M numbers, which are left out": 5}))  # fmt: skip


def half_the_digits(whole_arrays=..., own_score=..., growth=...):
    return judges.values(
        whole_arrays=(whole_arrays, "grows", {
            "1 - p_y is small beside the rounding of p_y": "stays"}),
        own_score=(own_score, "stays", {"r itself has a small relative error": "grows"}),
        growth=(growth, np.exp(5.0), {"the loss falls by this factor": np.exp(-5.0),
                                      "exponentially, not in proportion": 5.0}))  # fmt: skip


def weights(weighted=...):
    X = np.array([[1.0, 0.0], [1.0, 2.0], [1.0, 1.0]])
    W, y, omega = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([0, 1, 1]), np.array([2.0, 1, 1])

    def right(W, X, y, omega):
        share = omega / omega.sum()
        loss = -share @ log_softmax(X @ W.T)[np.arange(len(X)), y]
        return loss, ((softmax(X @ W.T) - one_hot(y, len(W))) * share[:, None]).T @ X

    def by_M(W, X, y, omega):
        return tuple(part * omega.sum() / len(X) for part in right(W, X, y, omega))

    def loss_only(W, X, y, omega):
        return right(W, X, y, omega)[0], right(W, X, y, np.ones(len(X)))[1]

    tests = {"weights 2, 1, 1": (W, X, y, omega), "all 3": (W, X, y, np.full(3, 3.0))}
    slips = {
        "divide by the sum of the weights, not by M": by_M,
        "the gradient of an example has its weight, too": loss_only,
    }
    return judges.program(weighted, tests, right, slips)
