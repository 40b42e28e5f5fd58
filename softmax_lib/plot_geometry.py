"""The figures of what is geometry: who depends on whom, moves in the simplex, valleys, blocks.

Colours and styles are those of `softmax_lib.plot`.
"""

from collections.abc import Sequence
from itertools import cycle

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from softmax_lib.blocked import Objective
from softmax_lib.exact import log_softmax, softmax
from softmax_lib.functions import softmax_jacobian
from softmax_lib.loss import curvature_bound
from softmax_lib.optimize import gradient_descent
from softmax_lib.plot import COLOURS, STYLES

Array = NDArray[np.floating]
CORNERS = np.array([[0.0, 0.0], [1.0, 0.0], [0.5, 3**0.5 / 2]])  # of the simplex of three classes


def dependencies(ax: Axes, inputs: int, outputs: int, moved: int) -> None:
    """Who depends on whom in the chain rule: inputs a, outputs b, and the scalar f.

    The ways to f are drawn strong from the entry of a that is moved, counted from one.
    """
    left = [(0, -k) for k in range(1, inputs + 1)]
    middle = [(1, -j * (inputs + 1) / (outputs + 1)) for j in range(1, outputs + 1)]
    right = (2, -(inputs + 1) / 2)
    for k, a in enumerate(left, 1):
        for b in middle:
            strong = {"color": COLOURS[1], "linewidth": 2} if k == moved else {"color": "#999999"}
            ax.plot(*zip(a, b, strict=True), "-" if k == moved else ":", **strong)
    for b in middle:
        ax.plot(*zip(b, right, strict=True), "-", color=COLOURS[1], linewidth=2)
    names = [*((a, f"$a_{k}$") for k, a in enumerate(left, 1)),
             *((b, f"$b_{j}$") for j, b in enumerate(middle, 1)), (right, "$f$")]  # fmt: skip
    for place, name in names:
        box = {"boxstyle": "circle", "facecolor": "white", "edgecolor": "black"}
        ax.text(*place, name, ha="center", va="center", bbox=box)
    ax.set(xlim=(-0.25, 2.25), ylim=(-inputs - 0.6, -0.4))
    ax.set_axis_off()


def simplex(ax: Axes, s: ArrayLike, temperatures: Array) -> None:
    """The probabilities of three scores s as a point of a triangle, and how they move.

    The curve is softmax(s/T) for the temperatures; the arrows are the columns of the Jacobian at
    T = 1, the moves of the point when one score grows.
    """
    s = np.asarray(s, dtype=float)
    ax.plot(*CORNERS[[0, 1, 2, 0]].T, color="black", linewidth=1)
    ax.plot(*(softmax(s / temperatures[:, None]) @ CORNERS).T, "--", color="gray", label="other T")
    point = softmax(s) @ CORNERS
    for k, (column, style) in enumerate(zip(softmax_jacobian(s).T, COLOURS, strict=False)):
        ax.annotate("", point + column @ CORNERS, point, arrowprops={"color": style, "width": 1.5,
                    "headwidth": 7, "headlength": 7, "shrink": 0})  # fmt: skip
        ax.plot([], [], color=style, linewidth=2, label=f"score {k + 1} grows")
    ax.plot(*point, "o", color="black", label="T = 1")
    for k, (place, side) in enumerate(zip(CORNERS, ("right", "left", "center"), strict=True), 1):
        up = 6 if k == 3 else -4
        ax.annotate(f"$p_{k} = 1$", place, (0, up), textcoords="offset points", ha=side,
                    va="bottom" if k == 3 else "top")  # fmt: skip
    ax.set(aspect="equal", xlim=(-0.2, 1.2), ylim=(-0.12, 1.0))
    ax.set_axis_off()
    ax.legend(loc="upper left", bbox_to_anchor=(-0.12, 1.02))


def pull(ax: Axes, epsilons: Sequence[float]) -> None:
    """How strongly one example asks for a larger score, with and without epsilons under the log.

    Two classes; the true one is behind by the lead of the other.
    """
    lead = np.linspace(-5, 40, 451)
    log_p = log_softmax(np.column_stack([0 * lead, lead]))
    exact = np.exp(log_p[:, 1])  # 1 - p of the true class
    ax.plot(lead, exact, color=COLOURS[0], label="loss $-\\log p$")
    for epsilon, style in zip(epsilons, cycle(("--", "-.", ":")), strict=False):
        p = np.exp(log_p[:, 0])
        power = round(np.log10(epsilon))
        label = f"$-\\log(p + 10^{{{power}}})$"
        ax.plot(lead, exact * p / (p + epsilon), style, color=COLOURS[1], label=label)
    ax.set(xlabel="lead of the wrong class", ylabel="pull on the true score", ylim=(-0.05, 1.6))
    ax.legend(loc="upper center", ncols=2)


def blocks(ax: Axes, H: Array, C: int) -> None:
    """A Hessian H of C classes as a table of colours, with lines between its blocks."""
    size, largest = len(H) // C, np.abs(H).max()
    ax.imshow(H, cmap="PuOr", vmin=-largest, vmax=largest)
    for edge in size * np.arange(1, C) - 0.5:
        ax.axhline(edge, color="black", linewidth=1)
        ax.axvline(edge, color="black", linewidth=1)
    middles = size * (np.arange(C) + 0.5) - 0.5
    ax.set_xticks(middles, [f"class {k}" for k in range(1, C + 1)])
    ax.set_yticks(middles, [f"class {k}" for k in range(1, C + 1)], rotation=90, va="center")
    for j, k in np.ndindex(C, C):
        sign = "+" if j == k else "\N{MINUS SIGN}"
        box = {"facecolor": "white", "alpha": 0.7, "linewidth": 0, "pad": 1}
        place = float(middles[k]), float(middles[j])
        ax.text(*place, sign, ha="center", va="center", weight="bold", bbox=box)
    ax.grid(visible=False)


def flat_valley(ax: Axes, q: float) -> None:
    """The loss against two biases, when class 1 has the share q of the labels."""
    b = np.linspace(-3, 3, 121)
    losses = -log_softmax(np.stack(np.meshgrid(b, b), axis=-1)) @ [q, 1 - q]
    ax.contour(b, b, losses, 12, colors="gray", linewidths=0.8)
    ax.axline((0, np.log((1 - q) / q)), slope=1, ls="--", color=COLOURS[0], label="least loss")
    arrow = {"color": COLOURS[1], "width": 1.5, "headwidth": 7, "headlength": 7}
    ax.annotate("", (1.5, 0.5), (-0.5, -1.5), arrowprops=arrow)
    ax.plot([], [], color=COLOURS[1], label="the same on both")
    ax.set(xlabel="bias of class 1", ylabel="bias of class 2", aspect="equal")
    ax.grid(visible=False)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)


def one_score(ax: Axes, s: ArrayLike, moved: int) -> None:
    """All probabilities while one of the scores is moved, with their slopes at s.

    The class whose score is moved is counted from one.
    """
    s = np.asarray(s, dtype=float)
    score, p, slopes = s[moved - 1], softmax(s), softmax_jacobian(s)[:, moved - 1]
    moves, near = np.linspace(-4, 4, 161), np.array([-1, 1])
    curves = softmax(s + moves[:, None] * (np.arange(len(s)) == moved - 1))
    for k, style in zip(range(len(s)), cycle(STYLES), strict=False):
        slope = f"{slopes[k]:+.2f}".replace("-", "\N{MINUS SIGN}")
        ax.plot(score + moves, curves[:, k], style, label=f"$p_{k + 1}$, slope {slope}")
        ax.plot(score + near, p[k] + near * slopes[k], color="black", linewidth=1)
        ax.plot(score, p[k], "o", color="black", markersize=4)
    ax.set(xlabel=f"score of class {moved}", ylabel="probability", ylim=(-0.03, 1.03))
    ax.legend(loc="upper left")


def valleys(axes: Sequence[Axes], features: Sequence[Array], labels: ArrayLike, step: float,
            passes: int, momentum: Sequence[float] = (0, 0)) -> None:  # fmt: skip
    """Descent for two classes, with labels 0 and 1, and one feature: contours and paths.

    The paths have so many passes, and a step that is a multiple of 1/B. Each of the axes has its
    column of features, such as the same in two units, and its momentum, the part of the last move
    that is left in the next.
    """
    for ax, column, beta in zip(axes, features, momentum, strict=True):
        X = np.column_stack([np.ones(len(column)), column])
        objective = Objective(X, labels, C=2, lam=0.1)
        W, V, path = np.zeros((2, 2)), np.zeros((2, 2)), [np.zeros(2)]
        for _ in range(passes):
            V = beta * V - step / curvature_bound(X, 0.1) * objective(W)[1]
            W = W + V
            path.append(W[1])
        best = gradient_descent(W, objective, backtracking=True, max_passes=5000).W[1]
        far = 1.3 * max(np.abs(path - best).max(), 0.2)
        u, v = (np.linspace(middle - far, middle + far, 61) for middle in best)
        values = [[objective(np.array([[-b, -w], [b, w]]))[0] for b in u] for w in v]
        ax.contour(u, v, values, np.quantile(values, [0.01, 0.04, 0.1, 0.2, 0.35, 0.55, 0.8]),
                   colors="gray", linewidths=0.8)  # fmt: skip
        ax.plot(*np.transpose(path), "o-", markersize=3, color=COLOURS[1])
        ax.plot(*best, "*", markersize=9, color=COLOURS[0])
        ax.set(xlabel="bias b of class 2", ylabel="weight w of class 2", aspect="equal")
        ax.grid(visible=False)
