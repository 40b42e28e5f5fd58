"""Checks of the exercises of *five sources*."""

import numpy as np

from softmax_lib.exact import softmax
from softmax_lib.exercises import judges
from softmax_lib.loss import one_hot


def note_001(fail=...):
    again = "compare it with the first member: a slip is taken back there"
    return _lines(fail, {2, 6, 8, 13, 14}, {7: again, 9: again})


def note_002(fail=...):
    follows = "it follows from the line before it: where did that one go wrong?"
    return _lines(fail, {1, 2, 7, 10}, {
        8: follows, 9: follows,
        16: "the subscript is that of a column, as the note has said"})  # fmt: skip


def note_003(fail=...):
    return _lines(fail, {8, 32, 35, 36, 37, 38}, {
        9: "it is true of the gradient: which line is not of this shape?"})  # fmt: skip


def note_004(fail=...):
    return _lines(fail, {6, 12, 13, 14}, {
        21: "for columns this is the right order", 22: "the Jacobian is symmetric"})  # fmt: skip


def _lines(given, wanted, hints):
    """Judge the numbers of the lines that are said to fail."""
    verdict, found = judges.values(fail=(given, wanted)), judges.numbers(given)
    if verdict or found is None:
        return verdict
    named = set(found.flat)
    for line in sorted(named & set(hints)):
        return judges.Verdict({"fail": f"{judges.WRONG}: line {line:g} holds: {hints[line]}"})
    right = len(named & wanted)
    found = f"{right} of the {len(named)} named do fail, and {len(wanted) - right} more"
    return judges.Verdict({"fail": f"{judges.WRONG}: {found}"})


def in_a_result(note_000=..., note_001=..., note_003=...):
    return judges.values(
        note_000=(note_000, 40, {
            "lines after it are right again: which slip stands in a gradient?": 25}),
        note_001=(note_001, 14, {
            "the line after it is what a program would be written from": 13}),
        note_003=(note_003, 32, {"it announces the shape; where is the result?": 8,
                                 "a sentence, and no program is written from it": 38}))  # fmt: skip


def sixth_note(slips=...):
    exchanged = "j and k are exchanged there, and the Jacobian is symmetric"
    return judges.values(
        slips=(slips, {3, 4}, {exchanged: {2, 3}, exchanged + "; and there is one more": {2},
                               "count signs of equality, not lines": {4, 5},
                               "two slips that cancel: where does the sign return?": {3},
                               "the last sign is right: where did it go wrong?": {4}})
    )  # fmt: skip


def claims(true_class=..., others=...):
    return judges.values(
        true_class=(true_class, True, {
            "its score rises and all others fall": False}),
        others=(others, False, {
            "try three classes, one of the wrong ones very probable": True}))  # fmt: skip


def another_layout(gradients=...):
    O, y = np.array([[0.0, 1.0], [2.0, 1.0], [1.0, 3.0]]), np.array([0, 1, 1])
    V, b = np.array([[1.0, -1.0], [0.0, 0.5]]), np.array([0.5, -0.5])

    def right(O, y, V, b, lam):
        error = softmax(O @ V + b) - one_hot(y, 2)
        return O.T @ error + 2 * lam * V, error.sum(axis=0)

    def mean(O, y, V, b, lam):
        return tuple(G / len(y) for G in right(O, y, V, b, lam * len(y)))

    def bias_too(O, y, V, b, lam):
        dV, db = right(O, y, V, b, lam)
        return dV, db + 2 * lam * b

    def half(O, y, V, b, lam):
        return right(O, y, V, b, lam / 2)

    slips = {
        "there is no half in front of this penalty": half,
        "the losses are summed, not averaged": mean,
        "the bias is not penalised": bias_too,
    }
    tests = {"three examples": (O, y, V, b, 0.5), "no penalty": (O, y, V, b, 0.0)}
    return judges.program(gradients, tests, right, slips)
