"""Checks of the exercises of *five sources*."""

import numpy as np

from softmax_lib.exact import softmax
from softmax_lib.exercises import judges
from softmax_lib.loss import one_hot


def sixth_note(slips=...):
    slips = judges.in_form(slips, lambda array: tuple(np.sort(array, axis=None)))
    exchanged = "j and k are exchanged there, and the Jacobian is symmetric"
    return judges.values(
        slips=(slips, (3, 4), {exchanged: (2, 3), exchanged + "; and there is one more": (2,),
                               "two slips that cancel: where does the sign return?": (3,),
                               "the last sign is right: where did it go wrong?": (4,)})
    )  # fmt: skip


def claims(true_class=..., others=...):
    return judges.values(
        true_class=(true_class, True, {
            "its score rises and all others fall": False}),
        others=(others, False, {
            "try three classes, one of the wrong ones very probable": True}),
    )  # fmt: skip


def another_layout(gradients=...):
    O, y = np.array([[0.0, 1.0], [2.0, 1.0], [1.0, 3.0]]), np.array([0, 1, 1])
    V, b = np.array([[1.0, -1.0], [0.0, 0.5]]), np.array([0.5, -0.5])

    def right(O, y, V, b, lam):
        error = softmax(O @ V + b) - one_hot(y, 2)
        return O.T @ error + 2 * lam * V, error.sum(axis=0)

    def halved(O, y, V, b, lam):
        return right(O, y, V, b, lam / 2)

    def mean(O, y, V, b, lam):
        return tuple(G / len(y) for G in right(O, y, V, b, lam * len(y)))

    def bias_too(O, y, V, b, lam):
        dV, db = right(O, y, V, b, lam)
        return dV, db + 2 * lam * b

    slips = {
        "there is no half in front of this penalty": halved,
        "the losses are summed, not averaged": mean,
        "the bias is not penalised": bias_too,
    }
    tests = {"three examples": (O, y, V, b, 0.5), "no penalty": (O, y, V, b, 0.0)}
    return judges.program(gradients, tests, right, slips)
