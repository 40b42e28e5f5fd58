"""The vocabularies of the five notes that the chapter "Five sources, one gradient" reads."""

from .vocabulary import Symbol, Vocabulary

__all__ = ["NOTES"]

_000 = Vocabulary(
    sizes={"M": (3, 4, 2), "m": (3, 1, 4), "C": (2, 3, 4)},  # examples, features, classes
    indices={"i": (1, "M"), "j": (1, "C"), "k": (1, "C"), "a": (1, "C"), "b": (0, "m")},
    symbols=(
        Symbol("X", "design matrix, a row per example", "M × (m + 1)", draw="design"),
        Symbol("X^{(i)}", "row i of X as a column", "(m + 1) × 1", "row i of X"),
        Symbol("x^{(i)}", "the same, from the second page on", "(m + 1) × 1", "row i of X"),
        Symbol("x", "an input", "(m + 1) × 1", draw="design"),
        Symbol("y", "label vector", "M × 1", "y^{(i)}", "i"),
        Symbol("y^{(i)}", "label of example i", draw="label"),
        Symbol(r"\omega", "weights, a row per class", "C × (m + 1)"),
        Symbol(r"\mathbf{w}_j", "row j as a column (not in the note)", "(m + 1) × 1",
               r"row j of \omega"),
        Symbol(r"\omega_j", "row j of the weights", "1 × (m + 1)", r"\mathbf{w}_j^T"),
        Symbol("W", "the same weights, on the first page", "C × (m + 1)", r"\omega"),
        Symbol("W_j", "row j of W", "1 × (m + 1)", r"\mathbf{w}_j^T"),
        Symbol("S^{(i)}", "scores of example i", "C × 1", "W X^{(i)}"),
        Symbol("S", "scores of the input x, on the second page", "C × 1", "W x"),
        Symbol("P(k, x)", "probability of class k for the input x", "1",
               r"\frac{e^{S_k}}{\sum_j e^{S_j}}"),
        Symbol("L_{i}(W)", "loss of example i", "1", "-\\log P(y^{(i)}, x^{(i)})"),
        Symbol("L(W)", "mean loss", "1", r"\frac{1}{M} \sum_{i=1}^M L_i(W)"),
    ),
)  # fmt: skip

_001 = Vocabulary(
    sizes={"m": (3, 4, 2), "d": (2, 1, 3), "C": (2, 3, 4)},  # examples, features, classes
    indices={"i": (1, "m"), "j": (1, "C"), "k": (1, "C"), "c": (1, "C")},
    symbols=(
        Symbol("X", "features, a row per example (not in the note)", "m × d"),
        Symbol(r"\mathbf{x}_i", "features of example i", "d × 1", "row i of X"),
        Symbol(r"\mathbf{x}", "features of one example", "d × 1"),
        Symbol("y_i", "label of example i", draw="label"),
        Symbol(r"\mathbf{W}", "weights, a row per class", "C × d"),
        Symbol(r"\mathbf{w}_j", "weights of class j", "d × 1", r"row j of \mathbf{W}"),
        Symbol(r"\mathbf{b}", "biases", "C × 1"),
        Symbol(r"\mathbf{z}", "scores of one example, the first", "C × 1",
               r"\mathbf{w}_j^\top \mathbf{x}_1 + b_j", "j"),
        Symbol(r"\mathbf{f}", "probabilities of this example", "C × 1",
               r"\frac{\exp(z_j)}{\sum_{c=1}^C \exp(z_c)}", "j"),
        Symbol(r"f_{\mathbf{w}_{j},b_{j}}(\mathbf{x}_i)", "probability of class j", "1",
               r"\frac{\exp(\mathbf{w}_j^\top \mathbf{x}_i + b_j)}"
               r"{\sum_{c=1}^C \exp(\mathbf{w}_c^\top \mathbf{x}_i + b_c)}"),
        Symbol("J_i", "loss of one example", "1",
               r"-\sum_{j=1}^C \mathbb{I}(y_i = j) \log f_j"),
        Symbol(r"J(\mathbf{W})", "mean loss", "1",
               r"-\frac{1}{m} \sum_{i=1}^m \sum_{j=1}^C \mathbb{I}(y_i = j)"
               r" \log f_{\mathbf{w}_j, b_j}(\mathbf{x}_i)"),
    ),
)  # fmt: skip

NOTES = {"000": _000, "001": _001}
