"""The vocabularies of the five notes that the chapter "Five sources, one gradient" reads."""

from derivation import Symbol, Vocabulary

__all__ = ["NOTES"]

_000 = Vocabulary(
    sizes={"M": (3, 4, 2), "m": (3, 1, 4), "C": (3, 2, 4, 5)},
    indices={"i": (1, "M"), "j": (1, "C"), "k": (1, "C"), "a": (1, "C"), "b": (0, "m")},
    letters={"M": "number of examples", "m": "dimension of an example", "C": "number of classes",
             "i": "an example", "jka": "classes", "b": "a column of the design matrix"},
    symbols=(
        Symbol("X", "design matrix, a row per example", "M × (m + 1)", draw="design"),
        Symbol("X^{(i)}", "row i of X as a column", "(m + 1) × 1", "row i of X"),
        Symbol("x^{(i)}", "the same, from the second page on", "(m + 1) × 1", "row i of X"),
        Symbol("x", "an input", "(m + 1) × 1", draw="design"),
        Symbol("y", "label vector", "M × 1", "y^{(i)}", "i"),
        Symbol("y^{(i)}", "label of example i", draw="label k"),
        Symbol(r"\omega", "weights, a row per class", "C × (m + 1)"),
        Symbol(r"\mathbf{w}_j", "row j as a column (not in the note)", "(m + 1) × 1",
               r"row j of \omega"),
        Symbol(r"\omega_j", "row j of the weights", "1 × (m + 1)", r"\mathbf{w}_j^T"),
        Symbol("W", "the same weights, on the first page", "C × (m + 1)", r"\omega"),
        Symbol("W_j", "row j of W", "1 × (m + 1)", r"\mathbf{w}_j^T"),
        Symbol("S^{(i)}", "scores of example i", "C × 1", "W X^{(i)}"),
        Symbol("S", "scores of the input x, on the second page", "C × 1", "W x"),
        Symbol(r"P(Y = k \mid X = x)", "probability of class k for the input x", "1",
               r"\frac{e^{S_k}}{\sum_j e^{S_j}}"),
        Symbol("L_{i}(W)", "loss of example i", "1", r"-\log P(Y = y^{(i)} \mid X = x^{(i)})"),
        Symbol("L(W)", "mean loss", "1", r"\frac{1}{M} \sum_{i=1}^M L_i(W)"),
    ),
)  # fmt: skip

_001 = Vocabulary(
    sizes={"m": (3, 4, 2), "d": (2, 1, 3), "C": (3, 2, 4, 5)},
    indices={"i": (1, "m"), "j": (1, "C"), "k": (1, "C"), "c": (1, "C")},
    letters={"m": "number of examples", "d": "number of features (not in the note)",
             "C": "number of classes", "i": "an example", "jkc": "classes"},
    symbols=(
        Symbol("X", "features, a row per example (not in the note)", "m × d"),
        Symbol(r"\mathbf{x}_i", "features of example i", "d × 1", "row i of X"),
        Symbol(r"\mathbf{x}", "features of one example", "d × 1"),
        Symbol("y_i", "label of example i", draw="label k"),
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


def _002(last_class, last_sample, classes, samples):
    """Note 002, which counts from 0, with the last indices and the sizes that belong to them."""
    return Vocabulary(
        sizes={"M": (2, 1, 3), "N": (3, 2, 4), "K": (3, 2, 4)},
        letters={"M": "number of attributes", "N": "number of samples, or one less",
                 "K": "number of classes, or one less", "n": "a sample", "kji": "classes"},
        indices={"n": (0, last_sample), "k": (0, last_class), "j": (0, last_class),
                 "i": (0, last_class)},
        symbols=(
            Symbol("X", "attributes, a column per sample", f"M × {samples}"),
            Symbol("V", "X transposed (not in the note)", f"{samples} × M", "transpose of X"),
            Symbol(r"\overrightarrow{x}_n", "sample n", "M × 1", "row n of V"),
            Symbol(r"\overrightarrow{x}", "one sample", "M × 1"),
            Symbol("y_n", "label of sample n", draw="label k"),
            Symbol("Y", "one-hot labels, a column per sample", f"{classes} × {samples}",
                   r"1\{y_n=k\}", "k n"),
            Symbol("y_{i,n}", "entry of Y", "1", r"1\{y_n=i\}"),
            Symbol("W", "weights, a column per class", f"M × {classes}"),
            Symbol("U", "W transposed (not in the note)", f"{classes} × M", "transpose of W"),
            Symbol(r"\overrightarrow{w}_k", "column k of W", "M × 1", "row k of U"),
            Symbol("w_i", "the same, without its arrow", "M × 1", "row i of U"),
            Symbol("S(X)", "softmax of each column of scores", f"{classes} × {samples}",
                   r"\operatorname{softmax}(X^T W)^T"),
            Symbol("E_{i,n}(W)", "summed loss; in the note the subscript is the word in", "1",
                   r"-\sum_n \sum_k 1\{y_n=k\} \log S(X)_{k,n}"),
        ),
    )  # fmt: skip


_003 = Vocabulary(
    sizes={"d": (2, 1, 3), "C": (3, 2, 4, 5)},
    letters={"d": "number of features (not in the note)",
             "C": "number of classes (not in the note)", "mjk": "classes"},
    indices={"m": (1, "C"), "j": (1, "C"), "k": (1, "C")},
    symbols=(
        Symbol("w", "all weights, a row per class", "C × d"),
        Symbol("W", "the same, in the first picture", "C × d", "w"),
        Symbol("w_m", "row m of W as a column", "d × 1", "row m of w"),
        Symbol("x_i", "the features of sample i", "d × 1"),
        Symbol("y_i", "the label of sample i", draw="label k"),
        Symbol(r"\mathbf{f}", "scores", "C × 1", "w_m^T x_i", "m"),
        Symbol(r"\mathbf{p}", "probabilities", "C × 1", r"\frac{e^{f_m}}{\sum_j e^{f_j}}", "m"),
        Symbol("L_i", "loss of sample i", "1", r"-\log(p_{y_i})"),
        Symbol(r"\gamma", "step size", draw="positive"),
        Symbol("x", "any variable, in the quotient rule"),
        Symbol("g(x)", "any function", "1", "e^{2x} + x"),
        Symbol("h(x)", "any function without a zero", "1", "e^{-x} + x^2"),
    ),
    prime="f_m",
)  # fmt: skip

_004 = Vocabulary(
    sizes={"K": (3, 2, 4, 5)},
    letters={"K": "number of classes", "ijk": "classes"},
    indices={"i": (1, "K"), "j": (1, "K"), "k": (1, "K")},
    symbols=(
        Symbol("s", "scores", "K × 1"),
        Symbol("C", "correct class", draw="label k"),
        Symbol("y", "one-hot label", "K × 1", r"\mathbb{1}\{k = C\}", "k"),
        Symbol("p", "probabilities", "K × 1", r"\frac{e^{s_i}}{\sum_k e^{s_k}}", "i"),
        Symbol("L(y, p)", "loss", "1", r"-\sum_{k=1}^K y_k \log p_k"),
        Symbol("L_i", "its component i", "1", r"-y_i \log p_i"),
        Symbol("J", "Jacobian", "K × K", r"\frac{\partial p_i}{\partial s_j}", "i j"),
    ),
)  # fmt: skip

_001_indexed = _001.extend(
    Symbol("z", "scores", "m × C", r"\mathbf{w}_j^\top \mathbf{x}_i + b_j", "i j"),
    Symbol("f", "probabilities", "m × C", r"\frac{\exp(z_{ij})}{\sum_{c=1}^C \exp(z_{ic})}", "i j"),
    Symbol("J_i", "loss of example i", "1", r"-\sum_{j=1}^C \mathbb{I}(y_i = j) \log f_{ij}"),
)

_003_step = _003.extend(
    Symbol("w'", "weights after the step", "C × d", r"w - \gamma \nabla_w L_i"),
    Symbol("w'_m", "their row m as a column", "d × 1", "row m of w'"),
)

NOTES = {
    "000": _000,
    "001": _001,
    "001, indexed": _001_indexed,
    "002": _002("K", "N", "(K + 1)", "(N + 1)"),
    "002, counted": _002("K - 1", "N - 1", "K", "N"),
    "003": _003,
    "003, step": _003_step,
    "004": _004,
}
