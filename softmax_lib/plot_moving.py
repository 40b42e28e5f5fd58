"""The figures that compute on the website, as they stand in print, in notebooks, without a script.

There each begins in the state that is drawn here, with the same colours.
"""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from numpy.typing import ArrayLike, NDArray

from softmax_lib.blocked import Objective
from softmax_lib.plot import COLOURS, digits, weight_images

Array = NDArray[np.floating]


def descent_lemma(ax: Axes, W: Array, objective: Objective, bound: float) -> None:
    """The loss along −G from W, its tangent, and the parabola that the descent lemma puts above it.

    No curvature of the objective is larger than the bound.
    """
    L, G = objective(W)
    steps, square = np.linspace(0, 1.5, 76), np.sum(G**2)
    losses = np.array([objective(W - step * G)[0] for step in steps])
    parabola = L - steps * (1 - steps * bound / 2) * square
    ax.plot(steps, losses, label="loss")
    ax.plot(steps, parabola, ":", label="parabola")
    ax.plot(steps, L - steps * square, "--", label="tangent")
    ax.axhline(L, color="gray", linewidth=0.8)
    lowest, highest = min(losses.min(), parabola.min()), max(L, losses.max())
    room = 0.25 * (highest - lowest)
    ax.set(xlabel="step γ", ylabel="loss", xlim=(0, 1.5), ylim=(lowest - room, highest + room))
    for step, name in ((1 / bound, "1/B"), (2 / bound, "2/B")):
        ax.axvline(step, color="black", linewidth=0.8, linestyle="--")
        ax.annotate(name, (step, lowest - room), (4, 6), textcoords="offset points")
    ax.legend(loc="upper right")


def descent_path(axes: Sequence[Axes], objective: Objective, step: float, passes: int) -> None:
    """Descent from W = 0 in so many passes of a step: the path over contours, and the loss.

    The objective has two classes and one feature: the weights of the first class are those of the
    second with the other sign, at every step.
    """
    (contours, curve), W, path, losses = axes, np.zeros((2, 2)), [], []
    for _ in range(passes + 1):
        L, G = objective(W)
        path.append(W[1])
        losses.append(L)
        W = W - step * G
    grid = np.linspace(-2.5, 2.5, 41)
    values = [[objective(np.array([[-b, -w], [b, w]]))[0] for b in grid] for w in grid]
    levels = np.quantile(values, [0.01, 0.05, 0.12, 0.22, 0.36, 0.54, 0.76])
    contours.contour(grid, grid, values, levels, colors="gray", linewidths=0.8)
    contours.plot(*np.transpose(path), "o-", markersize=3, color=COLOURS[1])
    contours.plot(*path[-1], "o", color=COLOURS[0])
    contours.set(xlabel="bias b of class 2", ylabel="weight w of class 2")
    contours.grid(visible=False)
    curve.semilogy(losses)
    curve.plot(passes, losses[-1], "o", color=COLOURS[0])
    curve.set(xlabel="steps t", ylabel="loss")


def divergences(axes: Sequence[Axes], q: ArrayLike, p: ArrayLike) -> None:
    """Two distributions q and p, and the cross-entropy of each with the other, split in two."""
    (bars, split), q, p = axes, np.asarray(q), np.asarray(p)
    for shares, name, shift, colour in zip((q, p), "qp", (-0.2, 0.2), COLOURS, strict=False):
        bars.bar(np.arange(1, len(q) + 1) + shift, shares, 0.38, label=name, color=colour)
    bars.set(xticks=range(1, len(q) + 1), xlabel="class", ylabel="share")
    bars.legend()
    pairs = {"CE(q, p)": (q, p), "CE(p, q)": (p, q)}
    entropies = [-a @ np.log(a) for a, _ in pairs.values()]
    rest = [a @ np.log(a / b) for a, b in pairs.values()]
    split.barh(list(pairs), entropies, 0.5, label="entropy", color=COLOURS[5])
    split.barh(list(pairs), rest, 0.5, left=entropies, label="divergence", color=COLOURS[4])
    split.invert_yaxis()
    split.set(xlabel="mean loss")
    split.grid(visible=False)
    split.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)


def pixel_shares(axes: Sequence[Axes], image: Array, W: Array, j: int, k: int) -> None:
    """An image, and what each pixel adds by W to the log-odds of class j against class k.

    The share of the bias stands in the title.
    """
    digits(axes[:1], [image], ["image"])
    shares = (W[j] - W[k]) * np.r_[1, image]
    weight_images(axes[1:], shares[None])
    bias = f"{shares[0]:+.1f}".replace("-", "\N{MINUS SIGN}")
    axes[1].set_title(f"{j} against {k}: bias {bias}", fontsize="medium")
