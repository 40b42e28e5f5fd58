"""Checks of the exercises of *notation*."""

import numpy as np

from softmax_lib.exercises import judges
from softmax_lib.loss import one_hot as one_hot_of
from softmax_lib.notation import Symbol


def shapes(X=..., W=..., S=..., Y=..., gradient=..., XW=..., XWt=..., YW=..., YtX=...):
    M, m, C = 150, 4, 3
    no_bias = "the design matrix has a leading column of ones"
    given = "a product sums over the columns of the left and the rows of the right factor"
    less, like_W = "W has a column for the bias", "the gradient has the shape of its variable, W"
    return judges.values(
        X=(X, (M, m + 1), {no_bias: (M, m)}),
        W=(W, (C, m + 1), {no_bias: (C, m), "W has a row for each class": (m + 1, C)}),
        S=(S, (M, C), {"a row of S belongs to an example": (C, M)}),
        Y=(Y, (M, C), {"one-hot: a row with C entries, not one label": (M,)}),
        gradient=(gradient, (C, m + 1), {like_W: (M, C), less: (C, m),
                                         "W has a row for each class": (m + 1, C)}),
        XW=(XW, None, {given: (M, m + 1), "has W as many rows as X has columns?": (M, C)}),
        XWt=(XWt, (M, C), {given: None}),
        YW=(YW, (M, m + 1), {given: None, less: (M, m)}),
        YtX=(YtX, (C, m + 1), {given: None, "Y is transposed, X is not": (m + 1, C), less: (C, m)}),
    )  # fmt: skip


def one_hot(compared=...):
    tests = {"labels 2, 0 of 3 classes": (np.array([2, 0]), 3), "1, 1": (np.array([1, 1]), 2)}
    slips = {
        "in code labels count from 0": lambda y, C: y[:, None] == np.arange(1, C + 1),
        "a row for each example: which of the two is the column?": lambda *a: one_hot_of(*a).T,
    }
    return judges.program(compared, tests, one_hot_of, slips)


def elementwise(jacobian=...):
    a = np.array([1.0, 2.0, 3.0])
    slips = {
        "a Jacobian has a row for each b_j and a column for each a_k": 2 * a,
        "on the diagonal stand the derivatives, not the values": np.diag(a**2),
        "b_1 does not change if a_2 does": np.outer(2 * a, np.ones(3)),
    }
    return judges.values(jacobian=(jacobian, np.diag(2 * a), slips))


def broadcast(row=..., column=...):
    y = np.arange(6)
    slips = {
        "the comparison does not have M entries: print its shape": 1.0,
        "there are as many classes as examples here, six": 0.1,
        "some entries of the table are true": 0.0,
    }
    return judges.values(row=(row, 1.0), column=(column, (y == y[:, None]).mean(), slips))


def quadratic_form(chain=...):
    symbols = (
        Symbol("A", "any square matrix", "C × C"),
        Symbol(r"\mathbf{a}", "any column", "C × 1"),
        Symbol(r"f(\mathbf{a})", "the quadratic form", "1", r"\mathbf{a}^\top A \mathbf{a}"),
    )
    return judges.derivation(
        chain, symbols, starts=r"\frac{\partial f}{\partial a_k}",
        ends=r"\left( (A + A^\top) \mathbf{a} \right)_k")  # fmt: skip
