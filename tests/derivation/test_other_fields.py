"""Formulas of other fields, from vocabularies of at most ten lines: right and wrong ones."""

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
    sizes={"n": (3, 4, 2, 5), "d": (2, 1, 3)},
    indices={"i": (1, "n")},
    symbols=(
        Symbol("X", "data", "n × d"),
        Symbol(r"\mathbf{x}^{(i)}", "", "d × 1", "row i of X"),
        Symbol(r"\boldsymbol{\mu}", "mean", "d × 1"),
        Symbol(r"\Lambda", "precision", "d × d"),
        Symbol(
            "F",
            "log-likelihood, without its constant",
            "1",
            r"\frac{n}{2} \log \det \Lambda - "
            r"\frac{1}{2} \sum_{i=1}^n (\mathbf{x}^{(i)} - \boldsymbol{\mu})^\top \Lambda "
            r"(\mathbf{x}^{(i)} - \boldsymbol{\mu})",
        ),
    ),
    conditions=(r"\det \Lambda > 0",),
)  # else there is no logarithm to differentiate
CASES = [  # a vocabulary, right formulas, wrong ones
    (SQUARES, r"""
\nabla_{\mathbf{w}} E = 2 A^\top A \mathbf{w} - 2 A^\top \mathbf{b} = 2 A^\top (A\mathbf{w}
    - \mathbf{b})

A^\top A \hat{\mathbf{w}} = A^\top \mathbf{b}

A^\top (\mathbf{b} - A \hat{\mathbf{w}}) = \mathbf{0}

E = \lVert A\hat{\mathbf{w}} - \mathbf{b} \rVert^2 + \lVert A(\mathbf{w}
    - \hat{\mathbf{w}}) \rVert^2

\frac{\partial^2 E}{\partial \mathbf{w} \partial \mathbf{w}} = 2 A^\top A

\nabla_{\mathbf{w}} R = 2 A^\top (A\mathbf{w} - \mathbf{b}) + 2 \alpha \mathbf{w}
    = 2 (A^\top A + \alpha I) \mathbf{w} - 2 A^\top \mathbf{b}

(A^\top A + \alpha I)^{-1} A^\top \mathbf{b} = A^\top (A A^\top + \alpha I)^{-1} \mathbf{b}
""", r"""
\nabla_{\mathbf{w}} E = A^\top (A\mathbf{w} - \mathbf{b})  % 2

\nabla_{\mathbf{w}} E = 2 A (A\mathbf{w} - \mathbf{b})  % no transpose

A \hat{\mathbf{w}} = \mathbf{b}  % more examples than columns

\nabla_{\mathbf{w}} R = 2 (A^\top A + 2\alpha I) \mathbf{w} - 2 A^\top \mathbf{b}  % 2

(A^\top A + \alpha I)^{-1} A^\top \mathbf{b} = A^\top (A A^\top)^{-1} \mathbf{b}  % α
"""),
    (NETWORK, r"""
\nabla_{W^{(2)}} E = (\mathbf{o} - \mathbf{t}) \mathbf{z}^\top

\nabla_{\mathbf{b}^{(1)}} E = (W^{(2)\top} (\mathbf{o} - \mathbf{t})) \odot (\mathbf{1}
    - \mathbf{z} \odot \mathbf{z})

\nabla_{W^{(1)}} E = \left( (W^{(2)\top} (\mathbf{o} - \mathbf{t})) \odot (\mathbf{1}
    - \mathbf{z} \odot \mathbf{z}) \right) \mathbf{x}^\top

\frac{\partial E}{\partial W^{(1)}_{ji}} = \sum_{k=1}^c (o_k - t_k)\, W^{(2)}_{kj} (1
    - z_j^2)\, x_i
""", r"""
\nabla_{W^{(1)}} E = \left( (W^{(2)\top} (\mathbf{o} - \mathbf{t})) \odot (\mathbf{1}
    - \mathbf{z}) \right) \mathbf{x}^\top  % a square

\nabla_{W^{(1)}} E = (W^{(2)\top} (\mathbf{o} - \mathbf{t})) \mathbf{x}^\top  % tanh'
"""),
    (ATTENTION, r"""
\nabla_V F = A^\top G

\nabla_S F = A \odot \left(G V^\top - (A \odot (G V^\top)) \mathbf{1} \mathbf{1}^\top\right)

\nabla_Q F = \frac{1}{\sqrt{d}} (\nabla_S F) K

\nabla_K F = \frac{1}{\sqrt{d}} (\nabla_S F)^\top Q
""", r"""
\nabla_S F = A \odot \left(G V^\top - \mathbf{1} \mathbf{1}^\top (A \odot (G V^\top))\right)
  % columns

\nabla_K F = \frac{1}{\sqrt{d}} (\nabla_S F) Q  % no transpose

\nabla_Q F = (\nabla_S F) K  % the root of d
"""),
    (NORMALISATION, r"""
\frac{\partial F}{\partial \gamma} = \mathbf{g}^\top \mathbf{u} , \quad
    \frac{\partial F}{\partial \beta} = \sum_{i=1}^n g_i

\frac{\partial v}{\partial x_i} = \frac{2}{n} (x_i - \mu)

\nabla_{\mathbf{x}} F = \frac{\gamma}{n \sqrt{v + \varepsilon}} \left( n \mathbf{g}
    - (\mathbf{1}^\top \mathbf{g}) \mathbf{1}
    - (\mathbf{g}^\top \mathbf{u}) \mathbf{u} \right)

\frac{\partial F}{\partial x_i} = \frac{\gamma}{\sqrt{v + \varepsilon}} \left( g_i -
    \frac{1}{n} \sum_{j=1}^n g_j - u_i \frac{1}{n} \sum_{j=1}^n g_j u_j \right)
""", r"""
\nabla_{\mathbf{x}} F = \frac{\gamma}{\sqrt{v + \varepsilon}} \mathbf{g}
  % mean and variance as constants

\frac{\partial F}{\partial x_i} = \frac{\gamma}{\sqrt{v + \varepsilon}} \left( g_i -
    \frac{1}{n} \sum_{j=1}^n g_j \right)  % variance as constant
"""),
    (GAUSSIAN, r"""
\nabla_{\boldsymbol{\mu}} F = \Sigma^{-1} \sum_{i=1}^n (\mathbf{x}^{(i)} - \boldsymbol{\mu})

\nabla_{\Sigma} F = -\frac{n}{2} \Sigma^{-1} + \frac{1}{2} \Sigma^{-1} C \Sigma^{-1}
""", r"""
\nabla_{\boldsymbol{\mu}} F = \Sigma \sum_{i=1}^n (\mathbf{x}^{(i)} - \boldsymbol{\mu})
  % no inverse

\nabla_{\Sigma} F = -\frac{n}{2} \Sigma^{-1} + \frac{1}{2} C \Sigma^{-2}  % the order
"""),
    (PRECISION, r"""
\nabla_{\boldsymbol{\mu}} F = \frac{1}{2} (\Lambda
    + \Lambda^\top) \sum_{i=1}^n (\mathbf{x}^{(i)} - \boldsymbol{\mu})

\nabla_{\Lambda} F = \frac{n}{2} (\Lambda^{-1})^\top -
    \frac{1}{2} \sum_{i=1}^n (\mathbf{x}^{(i)} - \boldsymbol{\mu})(\mathbf{x}^{(i)}
    - \boldsymbol{\mu})^\top
""", r"""
\nabla_{\Lambda} F = \frac{n}{2} \Lambda^{-1} - \frac{1}{2} \sum_{i=1}^n (\mathbf{x}^{(i)}
    - \boldsymbol{\mu})(\mathbf{x}^{(i)} - \boldsymbol{\mu})^\top  % Λ is not symmetric here
"""),
]  # fmt: skip


def formulas(text):
    """The formulas of a text, each without the remark behind it."""
    return [formula.partition("  % ")[0].strip() for formula in text.split("\n\n")]


RIGHT = [(v, latex) for v, right, _ in CASES for latex in formulas(right)]
WRONG = [(v, latex) for v, _, wrong in CASES for latex in formulas(wrong)]


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
    assert len(CASES) == 6
    assert max(len(vocabulary.symbols) for vocabulary, _, _ in CASES) <= 10
