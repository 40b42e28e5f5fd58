"""The tables of symbols that the cases use, by name; `book` is that of the book."""

import tomllib
from pathlib import Path

from derivation import Symbol, Vocabulary
from softmax_lib.notation import BOOK

__all__ = ["TABLES", "read_cases", "rights"]

TABLES = {
    "book": BOOK.extend(
        Symbol("A", "any matrix", "C × C"),
        Symbol(r"\mathbf{q}", "any probabilities", "C × 1", draw="probability"),
    ),
    "a vector beside the book's": BOOK.extend(Symbol(r"\mathbf{v}", "any vector", "C × 1")),
    "any": Vocabulary(
        {"n": (3, 2, 4, 5)},
        {"j": (1, "n"), "k": (1, "n")},
        (
            Symbol("a"), Symbol("b"), Symbol("u", draw="positive"), Symbol("v", draw="positive"),
            Symbol("x", "", "n × 1"), Symbol("z", "", "n × 1"), Symbol("A", "", "n × n"),
            Symbol("q", "", "n × 1", draw="probability"), Symbol("c", draw="label k"),
            Symbol("B", "", "n × n", "A A^T + I"), Symbol("Q", "", "1", r"x^\top B x"),
        ),
    ),
    "linear regression": Vocabulary(
        sizes={"n": (4, 5, 6), "p": (2, 3, 1)},
        indices={"i": (1, "n"), "j": (1, "p")},
        symbols=(
            Symbol("X", "", "n × p"), Symbol("y", "", "n × 1"), Symbol("w", "", "p × 1"),
            Symbol("R(w)", "", "1", r"\frac{1}{2} \|Xw - y\|^2"),
            Symbol(r"\hat{w}", "", "p × 1", r"(X^\top X)^{-1} X^\top y"),
            Symbol(r"\hat{y}", "", "n × 1", r"X \hat{w}"),
        ),
    ),
    "ridge regression": Vocabulary(
        sizes={"n": (3, 4, 5), "p": (3, 2, 4)},
        indices={"i": (1, "n"), "j": (1, "p"), "k": (1, "p")},
        symbols=(
            Symbol("X", "", "n × p"), Symbol("y", "", "n × 1"), Symbol("w", "", "p × 1"),
            Symbol(r"\alpha", draw="positive"),
            Symbol("D", "", "p × p", r"\mathbb{1}\{j = k\} \mathbb{1}\{j > 1\}", "j k"),
            Symbol("F(w)", "", "1",
                   r"\frac{1}{2} \|Xw - y\|^2 + \frac{\alpha}{2} \sum_{j=2}^p w_j^2"),
            Symbol("G(w)", "", "1", r"\|Xw - y\|^2 + \alpha \|w\|^2"),
            Symbol(r"w^\star", "", "p × 1", r"(X^\top X + \alpha I)^{-1} X^\top y"),
        ),
    ),
    "logistic regression": Vocabulary(
        sizes={"n": (3, 4, 2), "d": (2, 1, 3)},
        indices={"i": (1, "n"), "j": (1, "d"), "k": (1, "d")}, prime="t",
        symbols=(
            Symbol("X", "", "n × d"), Symbol("x^{(i)}", "", "d × 1", "row i of X"),
            Symbol("x", "", "d × 1"), Symbol("y^{(i)}"), Symbol(r"\theta", "", "d × 1"),
            Symbol("t"), Symbol(r"\sigma(t)", "", "1", r"\frac{1}{1 + e^{-t}}"),
            Symbol(r"h_\theta(x)", "", "1", r"\sigma(\theta^\top x)"),
            Symbol(r"\mathrm{NLL}", "", "1",
                   r"-\sum_{i=1}^n [y^{(i)} \log h_\theta(x^{(i)}) + (1 - y^{(i)}) \log(1 - "
                   r"h_\theta(x^{(i)}))]"),
        ),
    ),
    "two layers": Vocabulary(
        sizes={"d": (2, 3, 1), "q": (2, 3, 2), "K": (3, 4, 2)},
        indices={"j": (1, "q"), "k": (1, "K"), "l": (1, "K"), "r": (1, "d")},
        symbols=(
            Symbol("x", "", "d × 1"), Symbol("W^{(1)}", "", "q × d"),
            Symbol("W^{(2)}", "", "K × q"), Symbol("b", "", "q × 1"), Symbol("t", draw="label k"),
            Symbol("a", "", "q × 1", "W^{(1)} x + b"),
            Symbol("z", "", "q × 1", r"\tanh(a_j)", "j"), Symbol("s", "", "K × 1", "W^{(2)} z"),
            Symbol("p", "", "K × 1", r"\frac{e^{s_k}}{\sum_l e^{s_l}}", "k"),
            Symbol("y", "", "K × 1", r"\mathbb{1}\{k = t\}", "k"),
            Symbol(r"\ell", "", "1", r"-\sum_k y_k \log p_k"),
        ),
    ),
    "rectified": Vocabulary(
        sizes={"d": (2, 3, 1), "q": (3, 2, 4)},
        indices={"j": (1, "q"), "r": (1, "d")},
        symbols=(
            Symbol("x", "", "d × 1"), Symbol("V", "", "q × d"), Symbol("u", "", "q × 1"),
            Symbol("y"), Symbol("t"),
            Symbol(r"\operatorname{ReLU}(t)", "", "1",
                   r"\begin{cases} t & t > 0 \\ 0 & t \leq 0 \end{cases}"),
            Symbol("a", "", "q × 1", "V x"),
            Symbol("h", "", "q × 1", r"\operatorname{ReLU}(a_j)", "j"),
            Symbol("f", "", "1", r"u^\top h"), Symbol("E", "", "1", r"\frac{1}{2} (f - y)^2"),
        ),
    ),
    "hidden layer": Vocabulary(
        sizes={"d": (2, 3, 1), "q": (3, 2, 4)},
        indices={"j": (1, "q"), "r": (1, "d")},
        symbols=(
            Symbol("x", "", "d × 1"), Symbol("A", "", "q × d"), Symbol("v", "", "q × 1"),
            Symbol("y"), Symbol("t"), Symbol(r"\sigma(t)", "", "1", r"\frac{1}{1 + e^{-t}}"),
            Symbol("a", "", "q × 1", "A x"), Symbol("h", "", "q × 1", r"\sigma(a_j)", "j"),
            Symbol("o", "", "1", r"\sigma(v^\top h)"),
            Symbol("E", "", "1", r"-y \log o - (1 - y) \log(1 - o)"),
        ),
    ),
    "attention": Vocabulary(
        sizes={"T": (3, 2, 4), "d": (2, 3, 2)},
        indices={"a": (1, "T"), "b": (1, "T"), "c": (1, "T"), "r": (1, "d")},
        symbols=(
            Symbol("Q", "", "T × d"), Symbol("K", "", "T × d"), Symbol("V", "", "T × d"),
            Symbol("R", "", "T × d"), Symbol("S", "", "T × T", r"\frac{1}{\sqrt{d}} Q K^\top"),
            Symbol("A", "", "T × T", r"\frac{e^{S_{ab}}}{\sum_c e^{S_{ac}}}", "a b"),
            Symbol("O", "", "T × d", "A V"),
            Symbol("F", "", "1", r"\sum_{a=1}^T \sum_{r=1}^d e^{O_{ar} R_{ar}}"),
            Symbol("G", "", "T × d", r"\frac{\partial F}{\partial O}"),
            Symbol("D", "", "T × T", r"G V^\top"),
        ),
    ),
    "batch normalisation": Vocabulary(
        sizes={"n": (3, 4, 5)},
        indices={"i": (1, "n"), "j": (1, "n")},
        symbols=(
            Symbol("x", "", "n × 1"), Symbol("r", "", "n × 1"), Symbol(r"\gamma"),
            Symbol(r"\beta"), Symbol(r"\epsilon", draw="positive"),
            Symbol(r"\mu", "", "1", r"\frac{1}{n} \sum_{i=1}^n x_i"),
            Symbol("v", "", "1", r"\frac{1}{n} \sum_{i=1}^n (x_i - \mu)^2"),
            Symbol(r"\hat{x}", "", "n × 1", r"\frac{x_i - \mu}{\sqrt{v + \epsilon}}", "i"),
            Symbol("y", "", "n × 1", r"\gamma \hat{x}_i + \beta", "i"),
            Symbol("E", "", "1", r"\sum_{i=1}^n r_i y_i^2"),
            Symbol("g", "", "n × 1", "2 r_i y_i", "i"),
        ),
    ),
    "covariance": Vocabulary(
        sizes={"n": (3, 4, 5), "d": (2, 3, 1)},
        indices={"i": (1, "n"), "j": (1, "d")},
        symbols=(
            Symbol("X", "", "n × d"), Symbol("x_i", "", "d × 1", "row i of X"),
            Symbol(r"\mu", "", "d × 1"), Symbol("A", "", "d × d"),
            Symbol(r"\Sigma", "", "d × d", r"A A^\top + I"),
            Symbol("Q", "", "d × d", r"\sum_{i=1}^n (x_i - \mu) (x_i - \mu)^\top"),
            Symbol(r"\mathcal{L}", "", "1",
                   r"-\frac{n}{2} \log \det(2 \pi \Sigma) - \frac{1}{2} \sum_{i=1}^n (x_i - "
                   r"\mu)^\top \Sigma^{-1} (x_i - \mu)"),
        ),
    ),
    "precision": Vocabulary(
        sizes={"n": (3, 4, 5), "d": (2, 3, 1)},
        indices={"i": (1, "n")},
        symbols=(
            Symbol("X", "", "n × d"), Symbol("x_i", "", "d × 1", "row i of X"),
            Symbol(r"\mu", "", "d × 1"), Symbol("A", "", "d × d"),
            Symbol(r"\Lambda", "", "d × d", r"A A^\top + I"),
            Symbol(r"\mathcal{L}", "", "1",
                   r"\frac{n}{2} \log \det \Lambda - \frac{1}{2} \sum_{i=1}^n (x_i - \mu)^\top "
                   r"\Lambda (x_i - \mu)"),
        ),
    ),
    "sample": Vocabulary(
        sizes={"n": (3, 4, 5)},
        indices={"i": (1, "n")},
        symbols=(
            Symbol("x", "", "n × 1"), Symbol(r"\mu"), Symbol(r"\sigma", draw="positive"),
            Symbol("v", draw="positive"),
            Symbol(r"\bar{x}", "", "1", r"\frac{1}{n} \sum_{i=1}^n x_i"),
            Symbol("F", "", "1",
                   r"\sum_{i=1}^n \log\left(\frac{1}{\sqrt{2 \pi} \sigma} e^{-\frac{(x_i - "
                   r"\mu)^2}{2 \sigma^2}}\right)"),
            Symbol("G", "", "1",
                   r"-\frac{n}{2} \log(2 \pi v) - \frac{1}{2 v} \sum_{i=1}^n (x_i - \mu)^2"),
        ),
    ),
    "square matrices": Vocabulary(
        sizes={"n": (2, 3, 4)},
        indices={"i": (1, "n"), "j": (1, "n")},
        symbols=(
            Symbol("A", "", "n × n"), Symbol("B", "", "n × n"), Symbol("T", "", "n × n"),
            Symbol("u", "", "n × 1"), Symbol("v", "", "n × 1"),
        ),
    ),
    "logits": Vocabulary(
        sizes={"K": (4, 5, 6)},
        indices={"i": (1, "K"), "j": (1, "K")},
        symbols=(
            Symbol("z", "", "K × 1"),
            Symbol("a", "", "K × 1", r"\frac{e^{z_i}}{\sum_j e^{z_j}}", "i"),
            Symbol("t", draw="label i"), Symbol(r"\mathrm{CE}", "", "1", r"-\log a_t"),
            Symbol(r"\tau", draw="positive"),
            Symbol("q", "", "K × 1", r"\operatorname{softmax}(z / \tau)"),
        ),
    ),
    "softmax of o": Vocabulary(
        sizes={"n": (2, 3, 4)},
        indices={"i": (1, "n"), "j": (1, "n"), "k": (1, "n")},
        symbols=(
            Symbol("o", "", "n × 1"),
            Symbol("p", "", "n × 1", r"\frac{e^{o_i}}{\sum_j e^{o_j}}", "i"),
            Symbol("c", draw="label k"), Symbol("y", "", "n × 1", r"\mathbb{1}\{k = c\}", "k"),
            Symbol("L", "", "1", r"-\sum_i y_{i} \log p_{i}"),
        ),
    ),
    "skip-gram": Vocabulary(
        sizes={"V": (2, 3, 4), "d": (3, 1, 2)},
        indices={"w": (1, "V"), "i": (1, "V")},
        symbols=(
            Symbol("U", "", "d × V"), Symbol("v_c", "", "d × 1"), Symbol("o", draw="label w"),
            Symbol(r"\theta", "", "V × 1", "U^T v_c"),
            Symbol(r"\hat{y}", "", "V × 1", r"\operatorname{softmax}(\theta)"),
            Symbol("y", "", "V × 1", r"\mathbb{1}\{w = o\}", "w"),
            Symbol("J", "", "1", r"-\log \hat{y}_o"),
        ),
    ),
    "slope of x": Vocabulary(
        sizes={"n": (2, 1, 3)},
        indices={}, prime="x",
        symbols=(
            Symbol("x"), Symbol(r"\sigma(x)", "", "1", r"\frac{1}{1+e^{-x}}"),
        ),
    ),
    "entries of a row": Vocabulary(
        sizes={"n": (2, 3, 4)},
        indices={"i": (1, "n"), "j": (1, "n")},
        symbols=(
            Symbol(r"\mathbf{x}", "", "1 × n"), Symbol("c"),
            Symbol(r"s(\mathbf{x})", "", "1 × n", r"\operatorname{softmax}(\mathbf{x})"),
            Symbol(r"\mathbf{s}", "", "1 × n", r"s(\mathbf{x})"), Symbol("k", draw="label i"),
            Symbol(r"\mathbf{y}", "", "1 × n",
                   r"\begin{bmatrix} \mathbb{1}\{k=1\} & \dots & \mathbb{1}\{k=n\} \end{bmatrix}"),
            Symbol("H", "", "1", r"-\sum_i y_i \log s_i"),
        ),
    ),
    "three classes": Vocabulary(
        sizes={"n": (3, 3, 3)},
        indices={"i": (1, "n"), "j": (1, "n")},
        symbols=(
            Symbol("f", "", "n × 1"),
            Symbol("p", "", "n × 1", r"\frac{e^{f_i}}{\sum_j e^{f_j}}", "i"),
            Symbol("L", "", "1", r"-\log p_3"),
        ),
    ),
    "trace form": Vocabulary(
        sizes={"n": (2, 3, 4)},
        indices={"i": (1, "n"), "j": (1, "n"), "k": (1, "n")},
        symbols=(
            Symbol("z", "", "n × 1"),
            Symbol("s", "", "n × 1", r"\frac{e^{z_i}}{\sum_j e^{z_j}}", "i"),
            Symbol("c", draw="label k"), Symbol("y", "", "n × 1", r"\mathbb{1}\{k = c\}", "k"),
            Symbol("L", "", "1", r"-\sum_i y_{i} \log s_{i}"),
            Symbol("S", "", "n × n", r"\operatorname{diag}(s)"),
        ),
    ),
    "margin": Vocabulary(
        sizes={"n": (3, 4, 2), "p": (2, 1, 3)},
        indices={"i": (1, "n")},
        symbols=(
            Symbol("X", "", "n × p"), Symbol("x_i", "", "p × 1", "row i of X"), Symbol("y_i"),
            Symbol(r"\beta", "", "p × 1"), Symbol("t"),
            Symbol(r"\sigma(t)", "", "1", r"\frac{1}{1 + e^{-t}}"),
            Symbol("z_i", "", "1", r"\beta^{T}x_i"),
            Symbol(r"l_{i}(\beta)", "", "1", r"-\log \sigma(y_iz_i)"),
        ),
    ),
    "two distributions": Vocabulary(
        sizes={"n": (2, 3, 4)},
        indices={"j": (1, "n"), "k": (1, "n")},
        symbols=(
            Symbol(r"\mathbf{q}", "", "n × 1", draw="probability"),
            Symbol(r"\mathbf{r}", "", "n × 1", draw="probability"), Symbol("a", draw="positive"),
            Symbol("b"),
        ),
    ),
    "exercises": Vocabulary(
        sizes={"M": (3, 5, 2, 4), "m": (2, 1, 4, 3), "C": (3, 2, 4, 5, 7)},
        indices={"i": (1, "M"), "j": (1, "C"), "k": (1, "C"), "l": (1, "C"), "d": (0, "m")},
        prime="s_k",
        symbols=(
            Symbol("X", "", "M × (m + 1)", draw="design"),
            Symbol(r"\mathbf{x}^{(i)}", "", "(m + 1) × 1", "row i of X"),
            Symbol("y^{(i)}", draw="label k"),
            Symbol("y", draw="label k"),
            Symbol("Y", "", "M × C", r"\mathbb{1}\{y^{(i)} = k\}", "i k"),
            Symbol(r"\mathbf{y}^{(i)}", "", "C × 1", "row i of Y"),
            Symbol(r"\mathbf{y}", "", "C × 1", r"\mathbb{1}\{y = k\}", "k"),
            Symbol("W", "", "C × (m + 1)"),
            Symbol("S", "", "M × C", r"XW^\top"),
            Symbol(r"\mathbf{s}^{(i)}", "", "C × 1", "row i of S"),
            Symbol(r"\mathbf{x}", "", "(m + 1) × 1", draw="design"),
            Symbol(r"\mathbf{s}", "", "C × 1", r"W\mathbf{x}"),
            Symbol("P", "", "M × C", r"\operatorname{softmax}(S)"),
            Symbol(r"\mathbf{p}^{(i)}", "", "C × 1", "row i of P"),
            Symbol(r"\mathbf{p}", "", "C × 1", r"\operatorname{softmax}(\mathbf{s})"),
            Symbol(r"\ell^{(i)}", "", "1", r"-\log p_{y^{(i)}}^{(i)}"),
            Symbol(r"\ell", "", "1", r"-\log p_y"),
            Symbol("L(W)", "", "1", r"\frac{1}{M}\sum_{i=1}^M \ell^{(i)}"),
            Symbol("J", "", "C × C", r"\frac{\partial \mathbf{p}}{\partial \mathbf{s}}"),
            Symbol(r"\gamma", draw="positive"),
            Symbol("c"),
            Symbol("Z", "", "1", r"\sum_{j=1}^C e^{s_j}"),
            Symbol(r"\operatorname{sigmoid}(t)", "", "1", r"\frac{1}{1 + e^{-t}}"),
        ),
    ),
    "a small book": Vocabulary(
        sizes={"n": (3, 2, 4), "m": (2, 3)},
        indices={"i": (1, "n"), "j": (1, "n"), "k": (1, "m")},
        symbols=(
            Symbol(r"\mathbf{a}", "any vector", "n × 1"),
            Symbol("A", "any matrix", "n × m"),
            Symbol("s", "its sum", "1", r"\sum_{i=1}^n a_i"),
            Symbol("c", "any number"),
            Symbol("t", "any number"),
            Symbol("u", "any positive number", draw="positive"),
        ),
    ),
}  # fmt: skip


def read_cases(name):
    """The cases of a file."""
    file = Path(__file__).with_name("cases") / f"{name}.toml"
    return tomllib.loads(file.read_text(encoding="utf-8"))


def rights(name):
    """The right cases of a file."""
    cases = [case for groups in read_cases(name).values() for case in groups.get("right", ())]
    return [case if isinstance(case, str) else case["latex"] for case in cases]
