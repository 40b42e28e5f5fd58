"""The book's table of symbols, and the checker that reads LaTeX by it."""

from typing import Any

import derivation
from derivation import DerivationError, Report, Symbol, Vocabulary
from softmax_lib.notes import NOTES

__all__ = ["BOOK", "NOTES", "DerivationError", "Symbol", "check_derivation"]

BOOK = Vocabulary(
    sizes={"M": (3, 5, 2, 4), "m": (2, 1, 4, 3), "C": (3, 2, 4, 5, 7)},
    indices={"i": (1, "M"), "j": (1, "C"), "k": (1, "C"), "l": (1, "C"), "d": (0, "m")},
    letters={
        "M": "number of examples", "m": "number of features", "C": "number of classes",
        "i": "an example", "jkl": "classes", "d": "a column of X, 0 for the bias",
    },
    prime="s_k", transpose="'",
    elsewhere={
        "z": r"s for scores", "o": "s for scores", "a": "s for scores",
        r"\hat{y}": r"p for probabilities", "q": "p for probabilities",
        "t": r"y_k for one-hot labels", r"\theta": "W for weights", r"\beta": "W for weights",
        "b": r"W_{k0} for a bias: the first entry of \mathbf{x} is 1",
        r"\eta": r"\gamma for a step size", r"\alpha": r"\gamma for a step size",
        r"\sigma": r"\operatorname{sigmoid}(t) or \operatorname{softmax}(\mathbf{s})",
        r"\mathcal{L}": r"\ell for the loss of one example, L(W) for their mean",
        "E": r"\ell for the loss of one example, L(W) for their mean",
        "H": r"-\sum_k y_k \log p_k for the cross-entropy",
        "K": "C for the number of classes", "N": "M for the number of examples",
        "D": r"\frac{\partial \ell}{\partial s_k} for a derivative, m for the number of features",
    },
    symbols=(
        Symbol("X", "design matrix, a row per example", "M × (m + 1)", draw="design"),
        Symbol(r"\mathbf{x}^{(i)}", "row i of X as a column", "(m + 1) × 1", "row i of X"),
        Symbol(r"\mathbf{x}", "one example", "(m + 1) × 1", draw="design"),
        Symbol("y^{(i)}", "label of example i", draw="label k"),
        Symbol("y", "label of one example", draw="label k"),
        Symbol("Y", "one-hot labels, a row per example", "M × C",
               r"\mathbb{1}\{y^{(i)} = k\}", "i k"),
        Symbol(r"\mathbf{y}^{(i)}", "row i of Y as a column", "C × 1", "row i of Y"),
        Symbol(r"\mathbf{y}", "one-hot label of one example", "C × 1", r"\mathbb{1}\{y = k\}", "k"),
        Symbol("W", "weights, a row per class", "C × (m + 1)"),
        Symbol(r"\mathbf{w}_k", "row k of W as a column", "(m + 1) × 1", "row k of W"),
        Symbol("S", "scores, a row per example", "M × C", r"XW^\top"),
        Symbol(r"\mathbf{s}^{(i)}", "row i of S as a column", "C × 1", "row i of S"),
        Symbol(r"\mathbf{s}", "scores of one example", "C × 1", r"W\mathbf{x}"),
        Symbol("P", "probabilities, a row per example", "M × C", r"\operatorname{softmax}(S)"),
        Symbol(r"\mathbf{p}^{(i)}", "row i of P as a column", "C × 1", "row i of P"),
        Symbol(r"\mathbf{p}", "probabilities of one example", "C × 1",
               r"\operatorname{softmax}(\mathbf{s})"),
        Symbol(r"\ell^{(i)}", "loss of example i", "1", r"-\log p_{y^{(i)}}^{(i)}"),
        Symbol(r"\ell", "loss of one example", "1", r"-\log p_y"),
        Symbol("L(W)", "mean loss", "1", r"\frac{1}{M}\sum_{i=1}^M \ell^{(i)}"),
        Symbol("J", "Jacobian of softmax", "C × C",
               r"\frac{\partial \mathbf{p}}{\partial \mathbf{s}}"),
        Symbol(r"J^{(i)}", "Jacobian at example i", "C × C",
               r"\frac{\partial \mathbf{p}^{(i)}}{\partial \mathbf{s}^{(i)}}"),
        Symbol(r"\lambda", "weight of the penalty", draw="positive"),
        Symbol(r"\gamma", "step size", draw="positive"),
        Symbol("c", "any scalar"),
        Symbol("Z", "normaliser of softmax", "1", r"\sum_{j=1}^C e^{s_j}"),
        Symbol(r"L_{\lambda}(W)", "mean loss with its penalty", "1",
               r"L(W) + \frac{\lambda}{2} \sum_{k=1}^C \sum_{d=1}^m W_{kd}^2"),
        Symbol("H", "Hessian of the mean loss, rows of W one after another",
               "C (m + 1) × C (m + 1)",
               r"\frac{1}{M} \sum_{i=1}^M J^{(i)} \otimes \mathbf{x}^{(i)} \mathbf{x}^{(i)\top}"),
        Symbol("B", "bound on the curvature", "1", r"\frac{1}{2} \lambda_{\max}(X^\top X) / M"),
        Symbol(r"\operatorname{sigmoid}(t)", "logistic function", "1", r"\frac{1}{1 + e^{-t}}"),
        Symbol(r"\Pr(y = k \mid \mathbf{x})", "probability of class k, given an example", "1",
               "p_k"),
    ),
)  # fmt: skip


def check_derivation(latex: str, vocabulary: Vocabulary = BOOK, **options: Any) -> Report:
    r"""Evaluate every step of a derivation that is written in the book's notation.

    The same as `derivation.check_derivation`, whose parameters it takes, with the book's table of
    symbols unless another is given.

    Examples
    --------
    >>> print(check_derivation(r"\frac{\partial p_k}{\partial s_k} = p_k - p_k^2"))
    ✓  \frac{\partial p_k}{\partial s_k}  =  p_k - p_k^2
    """
    return derivation.check_derivation(latex, vocabulary, **options)
