"""The one table of symbols: what each means, its shape, and its definition in terms of others."""

import functools
from dataclasses import dataclass, field, replace
from html import escape

__all__ = ["BOOK", "Symbol", "Vocabulary"]

_BOLD = r"\mathbf{"


@dataclass(frozen=True)
class Symbol:
    r"""One row of the table.

    Attributes
    ----------
    latex : str
        The symbol as it is written, with its indices (``\mathbf{w}_k``, ``y^{(i)}``) or its
        argument (``L(W)``).
    meaning : str
        In words.
    shape : str
        Rows × columns in terms of the sizes, such as ``"C × (m + 1)"``; "1" for a number.
    definition : str
        LaTeX in terms of other symbols; without one the symbol is drawn at random. With
        `entries`, that of one entry; ``row i of X`` and ``transpose of W`` make it a part or a
        view of another symbol, which a derivative by it reaches.
    entries : str
        The indices of an entry, such as "i k".
    draw : str
        How it is drawn: "real", "positive", "probability", "design" (leading ones), or "label k", a
        value of the index k.
    """

    latex: str
    meaning: str = ""
    shape: str = "1"
    definition: str = ""
    entries: str = ""
    draw: str = "real"

    @property
    def name(self):
        """Without its argument: L of L(W)."""
        return self.latex.split("(")[0] if self.latex.endswith(")") else self.latex

    @property
    def entry(self):
        """What its definition defines: the symbol, or one entry of it."""
        if not self.entries:
            return self.latex
        return f"{self.latex.removeprefix(_BOLD).rstrip('}')}_{{{self.entries.replace(' ', '')}}}"

    @functools.cached_property
    def dimensions(self):
        rows, _, columns = self.shape.partition(" × ")
        return tuple(d.strip("()") if d[0] == "(" else d for d in (rows, columns or "1"))


@dataclass(frozen=True, repr=False)
class Vocabulary:
    """Symbols, and the letters of sizes and indices.

    Attributes
    ----------
    sizes : dict
        Size letter to its values in the instances, smallest instance first.
    indices : dict
        Index letter to its first value and the size that is its last.
    symbols : tuple of Symbol
    conditions : tuple of str
        Relations, in LaTeX; only cases in which all hold are tried.
    prime : str
        By what a prime differentiates an expression.
    letters : dict
        What the letters of sizes and indices mean; letters with one meaning go together.
    """

    sizes: dict
    indices: dict
    symbols: tuple
    conditions: tuple = ()
    prime: str = ""
    letters: dict = field(default_factory=dict, hash=False)

    def extend(self, *symbols, indices=(), sizes=(), conditions=()):
        """This vocabulary with more symbols, indices, sizes and conditions.

        One that is written like an old one replaces it; ``sizes={"C": 3}`` fixes a size.
        """
        new = {s.name for s in symbols}
        return replace(
            self,
            symbols=(*(s for s in self.symbols if s.name not in new), *symbols),
            indices={**self.indices, **dict(indices)},
            sizes={**self.sizes, **{a: (n,) * 3 for a, n in dict(sizes).items()}},
            conditions=(*self.conditions, *conditions),
        )

    def _rows(self):
        """Letters and symbols: what is written, its meaning, shape and definition."""
        named = dict.fromkeys(self.sizes, "size") | dict.fromkeys(self.indices, "index")
        for letters, meaning in (self.letters or named).items():
            first, last = self.indices.get(letters[0], ("", ""))
            yield ", ".join(letters), meaning, "", last and rf"{first}, \dots, {last}"
        for s in self.symbols:
            shape = s.shape.replace("×", r"\times")
            definition = s.definition if " of " not in s.definition else ""
            yield s.latex, s.meaning, shape, definition and rf"{s.entry} = {definition}"

    def __repr__(self):
        return "\n".join("  ".join(filter(None, row)) for row in self._rows())

    def _repr_html_(self):
        head = "<th>symbol</th><th>meaning</th><th>shape</th><th>definition</th>"
        rows = (
            f"<tr>{_cell(_math(latex))}{_cell(escape(meaning), 'min-width: 11em')}"
            f"{_cell(_math(shape))}{_cell(_math(definition), 'width: 100%')}</tr>"
            for latex, meaning, shape, definition in self._rows()
        )
        table = f"<thead><tr>{head}</tr></thead><tbody>{''.join(rows)}</tbody>"
        return f'<table class="table">{table}</table>'


def _cell(content, style=""):
    return f'<td style="text-align: left; padding-right: 1em; {style}">{content}</td>'


def _math(latex):
    return rf'<span class="math">\({escape(latex)}\)</span>' if latex else ""


BOOK = Vocabulary(
    sizes={"M": (5, 4, 2), "m": (3, 1, 4), "C": (2, 3, 4)},  # examples, features, classes
    indices={"i": (1, "M"), "j": (1, "C"), "k": (1, "C"), "l": (1, "C"), "d": (0, "m")},
    letters={
        "M": "number of examples", "m": "number of features", "C": "number of classes",
        "i": "an example", "jkl": "classes", "d": "a column of X, 0 for the bias",
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
        Symbol(r"\Pr(k, \mathbf{x})", "probability of class k, given an example", "1", "p_k"),
    ),
)  # fmt: skip
