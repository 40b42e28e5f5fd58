"""Formulas of other fields, from vocabularies of at most ten lines: right and wrong ones."""

import tomllib
from pathlib import Path

import pytest

from derivation import Symbol, Vocabulary, check_derivation

SQUARES = Vocabulary(
    sizes={"n": (4, 5, 3, 6), "d": (2, 1, 3)}, indices={"i": (1, "n"), "j": (1, "d")}, symbols=(
        Symbol("A", "inputs, a row per example", "n × d"),
        Symbol(r"\mathbf{b}", "targets", "n × 1"),
        Symbol(r"\mathbf{w}", "weights", "d × 1"),
        Symbol("E", "squared error", "1", r"\lVert A\mathbf{w} - \mathbf{b} \rVert^2"),
        Symbol(r"\hat{\mathbf{w}}", "its minimum", "d × 1", r"(A^\top A)^{-1} A^\top \mathbf{b}"),
        Symbol(r"\alpha", "weight of the penalty", draw="positive"),
        Symbol("R", "ridge objective", "1", r"E + \alpha \lVert \mathbf{w} \rVert^2"),
    ))  # fmt: skip
NETWORK = Vocabulary(
    sizes={"n": (3, 2, 4), "h": (2, 3, 4), "c": (2, 3, 1)},
    indices={"i": (1, "n"), "j": (1, "h"), "k": (1, "c")}, symbols=(
        Symbol(r"\mathbf{x}", "input", "n × 1"), Symbol(r"\mathbf{t}", "target", "c × 1"),
        Symbol("W^{(1)}", "", "h × n"), Symbol(r"\mathbf{b}^{(1)}", "", "h × 1"),
        Symbol("W^{(2)}", "", "c × h"), Symbol(r"\mathbf{b}^{(2)}", "", "c × 1"),
        Symbol(r"\mathbf{z}", "hidden", "h × 1", r"\tanh(W^{(1)}\mathbf{x} + \mathbf{b}^{(1)})"),
        Symbol(r"\mathbf{o}", "output", "c × 1", r"W^{(2)}\mathbf{z} + \mathbf{b}^{(2)}"),
        Symbol("E", "loss", "1", r"\frac{1}{2} \lVert \mathbf{o} - \mathbf{t} \rVert^2"),
    ))  # fmt: skip
ATTENTION = Vocabulary(
    sizes={"T": (3, 2, 4), "d": (2, 3, 1), "v": (2, 3, 1)},
    indices={"i": (1, "T"), "j": (1, "T"), "k": (1, "T")}, symbols=(
        Symbol("Q", "queries", "T × d"), Symbol("K", "keys", "T × d"),
        Symbol("V", "values", "T × v"), Symbol("G", "gradient by O", "T × v"),
        Symbol("S", "scores", "T × T", r"Q K^\top / \sqrt{d}"),
        Symbol("A", "attention", "T × T", r"\operatorname{softmax}(S)"),
        Symbol("O", "output", "T × v", "A V"),
        Symbol("F", "loss", "1", r"\operatorname{tr}(G^\top O)"),
    ))  # fmt: skip
NORMALISATION = Vocabulary(
    sizes={"n": (4, 3, 5, 6)}, indices={"i": (1, "n"), "j": (1, "n")}, symbols=(
        Symbol(r"\mathbf{x}", "a batch", "n × 1"), Symbol(r"\mathbf{g}", "gradient", "n × 1"),
        Symbol(r"\gamma"), Symbol(r"\beta"), Symbol(r"\varepsilon", draw="positive"),
        Symbol(r"\mu", "mean", "1", r"\frac{1}{n} \sum_{i=1}^n x_i"),
        Symbol("v", "variance", "1", r"\frac{1}{n} \sum_{i=1}^n (x_i - \mu)^2"),
        Symbol(r"\mathbf{u}", "normalised", "n × 1",
               r"(\mathbf{x} - \mu \mathbf{1}) / \sqrt{v + \varepsilon}"),
        Symbol("F", "loss", "1", r"\mathbf{g}^\top (\gamma \mathbf{u} + \beta \mathbf{1})"),
    ))  # fmt: skip
GAUSSIAN = Vocabulary(
    sizes={"n": (3, 4, 2, 5), "d": (2, 1, 3)}, indices={"i": (1, "n")}, symbols=(
        Symbol("X", "data", "n × d"), Symbol(r"\mathbf{x}^{(i)}", "", "d × 1", "row i of X"),
        Symbol(r"\boldsymbol{\mu}", "mean", "d × 1"), Symbol("B", "", "d × d"),
        Symbol(r"\Sigma", "covariance", "d × d", r"B B^\top + I"),
        Symbol("C", "scatter", "d × d", r"\sum_{i=1}^n (\mathbf{x}^{(i)} - \boldsymbol{\mu})"
               r"(\mathbf{x}^{(i)} - \boldsymbol{\mu})^\top"),
        Symbol("F", "log-likelihood", "1", r"-\frac{n}{2} \log \det(2\pi\Sigma)"
               r" - \frac{1}{2} \operatorname{tr}(\Sigma^{-1} C)"),
    ))  # fmt: skip
PRECISION = Vocabulary(
    sizes={"n": (3, 4, 2, 5), "d": (2, 1, 3)}, indices={"i": (1, "n")}, symbols=(
        Symbol("X", "data", "n × d"), Symbol(r"\mathbf{x}^{(i)}", "", "d × 1", "row i of X"),
        Symbol(r"\boldsymbol{\mu}", "mean", "d × 1"), Symbol(r"\Lambda", "precision", "d × d"),
        Symbol("F", "log-likelihood, without its constant", "1", r"\frac{n}{2} \log \det \Lambda - "
               r"\frac{1}{2} \sum_{i=1}^n (\mathbf{x}^{(i)} - \boldsymbol{\mu})^\top \Lambda "
               r"(\mathbf{x}^{(i)} - \boldsymbol{\mu})"),
    ), conditions=(r"\det \Lambda > 0",))  # fmt: skip  # else there is no logarithm of it
TABLE = tomllib.loads(Path(__file__).with_name("other_fields.toml").read_text(encoding="utf-8"))
RIGHT, WRONG = (
    [(globals()[name], latex) for name, group in TABLE.items() for latex in group[kind]]
    for kind in ("right", "wrong")
)


@pytest.mark.parametrize(("vocabulary", "latex"), RIGHT)
def test_a_right_formula_is_accepted(vocabulary, latex):
    report = check_derivation(latex, vocabulary)
    assert report, str(report)


@pytest.mark.parametrize(("vocabulary", "latex"), WRONG)
def test_a_wrong_formula_is_caught(vocabulary, latex):
    report = check_derivation(latex, vocabulary)  # it can be read
    assert not report
    assert not report.steps[0].holds


def test_no_vocabulary_has_more_than_ten_symbols():
    assert len(TABLE) == 6
    assert max(len(vocabulary.symbols) for vocabulary, _ in RIGHT) <= 10
