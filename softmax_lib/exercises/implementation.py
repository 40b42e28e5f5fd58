"""Checks of the exercises of *implementation*."""

import numpy as np

from softmax_lib.exact import softmax
from softmax_lib.exercises import judges
from softmax_lib.loss import gradient


def count(multiplications=..., in_S_P_Y=..., in_X=...):
    M, m, C = 60000, 784, 10
    work = 2 * M * C * (m + 1)
    return judges.values(
        multiplications=(multiplications, work, {
            "the bias is a column, too": 2 * M * C * m, "there are two products": work // 2,
            "two products, and in both the bias is a column": M * C * m}),
        in_S_P_Y=(in_S_P_Y, 3 * M * C, {
            "there are three of them": M * C, "numbers, not bytes": 24 * M * C}),
        in_X=(in_X, M * (m + 1), {"the bias is a column, too": M * m,
                                  "numbers, not bytes": 8 * M * (m + 1)}))  # fmt: skip


def right_predictions(share=...):
    X = np.array([[1.0, 0.0], [1.0, 1.0], [1.0, 2.0], [1.0, 3.0]])
    W, y = np.array([[1.0, 0.0], [0.0, 1.0], [-2.0, 1.5]]), np.array([0, 0, 1, 1])
    tests = {"four examples": (W, X, y), "one, wrong": (W, X[:1], np.array([2]))}

    def right(W, X, y, axis=1):
        return np.mean((X @ W.T).argmax(axis) == y)

    slips = {
        "a share, not a number": lambda W, X, y: right(W, X, y) * len(X),
        "the share of right ones, not of wrong ones": lambda *a: 1 - right(*a),
        "the largest score of each example, not of each class": lambda W, X, y: right(W, X, y, 0),
    }
    return judges.program(share, tests, right, slips)


def layout(mistake=..., found_at_minimum=...):
    return judges.values(
        mistake=(mistake, "sign", {
            "a transpose of a product turns the factors around, and so they are": "transpose",
            "the division by M is there": "mean"}),
        found_at_minimum=(found_at_minimum, False, {"what is minus zero?": True}))  # fmt: skip


def one_sided(least=..., most=...):
    h, B = 0.01, 3.0
    return judges.values(
        least=(least, 0.0, {"the loss is convex: its chord lies above its tangent": -h * B / 2}),
        most=(most, h * B / 2, {"Taylor's term of second order has a half": h * B,
                                "divided by h, one h is left": h**2 * B / 2}))  # fmt: skip


def sixth_order(a=..., b=..., c=...):
    wanted = np.linalg.solve(np.array([1.0, 2.0, 3.0]) ** [[1], [3], [5]], [0.5, 0.0, 0.0])
    fourth = (8 / 12, -1 / 12, 0.0)
    told = "that is the fourth order: the power 5 is left"
    times = "that is 60 times the coefficient"
    return judges.values(**{
        name: (given, wanted[i], {told: fourth[i], times: 60 * wanted[i]})
        for i, (name, given) in enumerate({"a": a, "b": b, "c": c}.items())
    })  # fmt: skip


def patched(found=..., gradient=...):
    p, y, eps = softmax([0.0, 5.0]), np.array([1.0, 0.0]), 1e-2
    factor = p[0] / (p[0] + eps)
    return judges.values(
        found=(found, True, {"a check compares the gradient with the loss as it is": False}),
        gradient=(gradient, factor * (p - y), {
            "that is the gradient without ε": p - y,
            "the derivative of p_y is missing": (p - y) / (p[0] + eps)}))  # fmt: skip


@judges.example
def own_mistake(wrong=...):
    X, y = np.array([[1.0, 0.0], [1.0, 2.0], [1.0, 1.0]]), np.array([0, 1, 2])
    zero, W = np.zeros((3, 2)), np.array([[1.0, 0.0], [0.0, -1.0], [0.5, 2.0]])
    yield wrong(zero, X, y) is not ..., judges.EMPTY
    at_zero, away = (np.asarray(wrong(A, X, y), dtype=float) for A in (zero, W))
    yield at_zero.shape == (3, 2), "a gradient has the shape of W"
    yield np.isfinite([at_zero, away]).all(), "the entries of a gradient are finite"
    told = "it is wrong at W = 0 already: the probabilities there must come out as 1/C"
    yield np.allclose(at_zero, gradient(zero, X, y)), told
    added = (away - gradient(W, X, y)).ravel()
    yield not np.allclose(added, 0), "it is right everywhere"
    ranks = [np.linalg.matrix_rank([added, A.ravel()]) for A in (W, W * [0, 1])]
    yield min(ranks) == 2, "a multiple of W is the gradient of a penalty"
