"""Checks of the *bug clinic*: is what was broken right now?"""

from functools import cache

import numpy as np

from softmax_lib.data import add_bias, load_digits
from softmax_lib.exact import softmax
from softmax_lib.exercises import judges
from softmax_lib.loss import gradient as gradient_of
from softmax_lib.loss import loss, one_hot


@cache
def _data():
    """The images of the chapter: those to train with and those to judge by."""
    features, labels = load_digits()
    order = np.random.default_rng(0).permutation(len(labels))
    X, y = add_bias(features)[order], labels[order]
    return X[:900], y[:900], X[900:], y[900:]


def _right(W):
    X, y, *_ = _data()
    return gradient_of(W, X, y)


def _gradient(function, slips):
    """Compare a gradient of the mean loss with the book's, at weights of two sizes."""
    weights = np.random.default_rng(3).standard_normal((10, 65))
    tests = {"small weights": (0.1 * weights,), "large weights": (2 * weights,)}
    return judges.program(function, tests, _right, slips)


def _of_scores(slope):
    """The gradient by the weights that goes with slopes by the scores."""

    def wrong(W):
        X, y, *_ = _data()
        return slope(X @ W.T, one_hot(y, 10)).T @ X / len(y)

    return wrong


def _back(P, slopes):
    return P * (slopes - (P * slopes).sum(axis=1, keepdims=True))


def all_at_once(gradient=...):
    wrong = _of_scores(lambda S, Y: softmax(S, axis=0) - Y)
    return _gradient(gradient, {"what do the rows of P sum to?": wrong})


def right_shape(gradient=...):
    return _gradient(gradient, {"compare single entries": lambda W: _right(W).T.reshape(W.shape)})


def modest_success(gradient=...):
    wrong = _of_scores(lambda S, Y: -Y * (1 - softmax(S)))
    return _gradient(gradient, {"what do the slopes by the scores sum to?": wrong})


def softer_than_soft(gradient=...):
    once = _of_scores(lambda S, Y: softmax(softmax(S)) - Y)
    both = _of_scores(lambda S, Y: _back(softmax(S), softmax(softmax(S)) - Y))
    hint = "what is the loss of a perfect prediction?"
    return _gradient(gradient, {hint: both, "there is one softmax too many still": once})


def never_right(pass_over_data=...):
    X, y, *_ = _data()

    def right(W):
        return _right(W), np.mean((X @ W.T).argmax(axis=1) == y)

    def wrong(W):
        return _right(W), np.mean((softmax(X @ W.T) - one_hot(y, 10)).argmax(axis=1) == y)

    weights = np.random.default_rng(3).standard_normal((10, 65))
    slips = {"the accuracy is still that of P after the subtraction": wrong}
    return judges.program(pass_over_data, {"random weights": (weights,)}, right, slips)


def worse_than_a_die(Y_read=...):
    _, y, *_ = _data()
    return judges.values(
        Y_read=(Y_read, one_hot(y, 10), {
            "which class does the index -1 mean?": one_hot((y - 1) % 10, 10),
            "the labels count from 0": one_hot((y + 1) % 10, 10)}))  # fmt: skip


@judges.example
def no_minimum(objective=..., gradient=...):
    rng = np.random.default_rng(3)
    W, V = rng.standard_normal((2, 10, 65))
    numeric = (objective(W + 1e-5 * V) - objective(W - 1e-5 * V)) / 2e-5
    yield judges.same(np.sum(gradient(W) * V), numeric), "the slopes by differences differ"
    X, y, *_ = _data()
    share = (objective(W) - loss(W, X, y)) / np.sum(W[:, 1:] ** 2)
    known = judges.same(share, 0.05) or judges.same(share, 0.1)
    yield known, "the penalty is neither λ nor λ/2 times the squares"


def search(gradient=...):
    hint = "900 times the slope by differences"
    return _gradient(gradient, {hint: lambda W: 900 * _right(W)})


@judges.example
def fine_curve(order=...):
    _, y, *_ = _data()
    rng = np.random.default_rng(3)
    first, second = (np.asarray(order(rng)) for _ in range(2))
    each = np.array_equal(np.sort(first), np.arange(len(y)))
    yield each, "each image must come once"
    fewest = min(len(set(y[batch])) for batch in np.split(first, 30))
    yield fewest > 5, "how many classes does a batch have?"
    yield not np.array_equal(first, second), "the second pass has the order of the first"


def everybody(error=...):
    X, y, *_ = _data()
    X, y, w = X[y < 2], y[y < 2], np.zeros(65)
    for _ in range(200):
        right = 1 / (1 + np.exp(-X @ w)) - y
        w = w - 0.5 * X.T @ right / len(y)
    return judges.values(
        error=(error, right, {
            "p - y is negative for the ones and positive for the zeros": -right,
            "that is before the training": 0.5 - y,
            "the labels are still to be taken away": right + y}))  # fmt: skip


def passing_test(backward=...):
    def right(p, upstream):
        return p * (upstream - np.sum(p * upstream))

    p = np.array([0.2, 0.7, 0.1])
    tests = {"equal weights": (p, np.ones(3)), "unequal": (p, np.array([1.0, -2.0, 0.5]))}
    told = "it passes where all weights are equal: which mean is meant?"
    slips = {
        told: lambda p, v: p * (v - v.mean()),
        "a backward pass of zeros passes the first test, too": lambda p, v: 0 * p,
        "this is the diagonal alone": lambda p, v: p * (1 - p) * v,
    }
    return judges.program(backward, tests, right, slips)


def alarms(penalised=...):
    def of_each_weight(factors):
        fits = factors.ndim < 3 and set(factors.shape) <= {1, 2}
        return factors * np.ones((2, 2)) if fits else factors

    column = np.array([[0.0, 1.0], [0.0, 1.0]])  # a row of weights for each class, the bias first
    return judges.values(
        penalised=(judges.in_form(penalised, of_each_weight), column, {
            "which column of W is the bias?": 1 - column,
            "the bias is penalised still": np.ones((2, 2)),
            "the other column is to be penalised as it was": np.zeros((2, 2))}))  # fmt: skip


def small_number(gradient=...):
    def small(size):
        def slope(S, Y):
            p = (softmax(S) * Y).sum(axis=1, keepdims=True)
            return p / (p + size) * (softmax(S) - Y)

        return _of_scores(slope)

    pull = "what is the pull of an example whose p is far below ε?"
    slips = {pull: small(1e-3), "a smaller ε hides it only": small(1e-8)}
    return _gradient(gradient, slips)


@judges.example
def stopped(stop=...):
    whole = np.ndim(stop) == 0 and stop in range(1000)
    yield whole, "the number of one pass is wanted, from 0 to 999"
    X, y, X_new, y_new = _data()
    W, held_out = np.zeros((10, 65)), []
    for _ in range(1000):
        held_out.append(loss(W, X_new, y_new))
        W = W - 0.5 * gradient_of(W, X[:300], y[:300], 0.01)
    least = held_out[int(stop)] < 1.001 * min(held_out)
    yield least, "the loss of the held-out images is falling still: what do you watch?"


def accuracies(below_half=..., as_repaired=...):
    return judges.values(
        below_half=(below_half, {2, 6, 9, 13}, {
            "the ninth prints losses only: show its weights": {2, 6, 13},
            "0.71 is above one half": {1, 2, 6, 9, 13}}),
        as_repaired=(as_repaired, {4, 5, 7, 12}, {
            "the fourth is slow: train it for 1000 passes": {5, 7, 12},
            "the seventh has the same gradient after the repair": {4, 5, 12}}))  # fmt: skip


def one_case(sign=...):
    return judges.values(sign=(sign, 2, {
        "it multiplies out what stands before it": 3, "it is right: the loss through all p": 1,
        "it follows from what stands before it": 4}))  # fmt: skip


def unchanged(claim=...):
    return judges.values(claim=(claim, 1, {
        "e^c cancels in a quotient": 2, "the two c cancel": 3}))  # fmt: skip


def two_claims(shape_of_first=..., wrong_column=...):
    m, C = 3, 2
    return judges.values(
        shape_of_first=(shape_of_first, (m + 1, C), {
            "that is the shape of W: which has X^T (P - Y)?": (C, m + 1),
            "X has a column of ones": (m, C)}),
        wrong_column=(wrong_column, 0, {"which weights does the penalty leave alone?": m,
                                        "d is counted from 0": 1}))  # fmt: skip
