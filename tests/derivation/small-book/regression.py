"""The symbols of the book."""

from derivation import Symbol, Vocabulary

REGRESSION = Vocabulary(
    sizes={"n": (4, 5, 3, 6), "d": (2, 1, 3)},  # examples, columns
    indices={"i": (1, "n"), "j": (1, "d")},
    symbols=(
        Symbol("X", "inputs, a row per example", "n × d"),
        Symbol(r"\mathbf{x}^{(i)}", "row i of X as a column", "d × 1", "row i of X"),
        Symbol(r"\mathbf{y}", "targets", "n × 1"),
        Symbol(r"\mathbf{w}", "weights", "d × 1"),
        Symbol(r"\mathbf{z}", "scores", "n × 1", r"X\mathbf{w}"),
        Symbol(r"\alpha", "weight of the penalty", draw="positive"),
        Symbol("E", "squared error", "1", r"\lVert X\mathbf{w} - \mathbf{y} \rVert^2"),
        Symbol(r"\sigma(t)", "logistic function", "1", r"\frac{1}{1 + e^{-t}}"),
    ),
)
