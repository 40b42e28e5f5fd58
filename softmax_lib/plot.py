"""The figures of the book, a function each, which draws on the Axes that it gets first.

Those of times and passes stand in `softmax_lib.plot_cost`, those of geometry in
`softmax_lib.plot_geometry`, and those that the website replaces by moving ones in
`softmax_lib.plot_moving`. The functions return None, so that a cell that ends with one shows the
figure and nothing else.
Colours are those of Okabe and Ito, which readers without colour vision tell apart too; where
two curves meet, line style or marker differs as well.

An image is a row of 64 grey values, 0 (white) to 1 (black). A matrix of weights W has a row for
each class, the bias first. Classes are counted from zero.
"""

from collections.abc import Sequence
from itertools import cycle

import numpy as np
from cycler import cycler
from matplotlib import pyplot as plt
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from softmax_lib.exact import logsumexp, softmax

Array = NDArray[np.floating]
Labels = NDArray[np.integer]

# Okabe and Ito, Color universal design (2008): blue, vermilion, green, purple, orange, sky
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
STYLES = ["-", "--", "-.", ":"]


def use_style() -> None:
    """Set the look of the book's figures for this session."""
    plt.rcParams.update(
        {
            "figure.figsize": (5.4, 3.6),  # and the letters: 9 pixels on a phone of 390
            "font.size": 10.5,
            "figure.dpi": 165,
            "figure.constrained_layout.use": True,
            "axes.prop_cycle": cycler(color=COLOURS),
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.grid.axis": "y",
            "grid.alpha": 0.3,
            "image.cmap": "gray_r",
            "legend.frameon": False,
        }
    )


def digits(axes: Sequence[Axes], images: Array | Sequence[Array], titles: Sequence[str]) -> None:
    """Images of digits in a row, below their titles."""
    for ax, image, title in zip(axes, images, titles, strict=True):
        _square(ax, image, title, vmin=0, vmax=1)


def scores_and_probabilities(axes: Sequence[Axes], image: Array, s: Array, p: Array) -> None:
    """An image, the scores s of the classes, and their probabilities p; the largest is hatched."""
    digits(axes[:1], [image], ["image"])
    for ax, values, title in zip(axes[1:], (s, p), ("score", "probability"), strict=True):
        bars = _bars(ax, values, title, COLOURS[0])
        bars[values.argmax()].set(facecolor=COLOURS[4], hatch="///", edgecolor="black")
        ax.set_ylabel("class")
        ax.grid(axis="x")
        ax.grid(visible=False, axis="y")


def decision_regions(
    ax: Axes, W: Array, features: Array, labels: Labels, class_names: Sequence[str]
) -> None:
    """Examples with two features and their labels, and where W makes each class most probable.

    Solid: the boundary between the two most probable classes. Dashed: the rest of each line on
    which two classes have the same score, where a third class has a larger one. The legend has
    the class_names.
    """
    low, high = features.min(axis=0) - 0.5, features.max(axis=0) + 0.5
    u, v = np.meshgrid(*(np.linspace(a, b, 400) for a, b in zip(low, high, strict=True)))
    S = W[:, 0] + u[..., None] * W[:, 1] + v[..., None] * W[:, 2]
    best, C = S.argmax(axis=-1), len(W)
    ax.contourf(u, v, best, np.arange(C + 1) - 0.5, colors=COLOURS[:C], alpha=0.15)
    for j in range(C):
        for k in range(j):
            difference = S[..., j] - S[..., k]
            decided = np.where((best == j) | (best == k), difference, np.nan)
            if difference.min() < 0 < difference.max():  # else the line is outside the picture
                ax.contour(u, v, difference, [0], colors="gray", linestyles="dashed", linewidths=1)
            if (best == j).any() and (best == k).any():
                ax.contour(u, v, decided, [0], colors="black", linewidths=1.5)
    for k, colour, marker in zip(range(C), cycle(COLOURS), cycle("o^sDvP"), strict=False):
        a, b = features[labels == k].T
        ax.scatter(a, b, s=14, c=colour, marker=marker, label=class_names[k], alpha=0.8)
    ax.grid(visible=False)
    ax.legend(loc="upper left")


def temperature_curves(ax: Axes, s: Array, temperatures: Array) -> None:
    """The probabilities softmax(s/T) of scores s against increasing temperatures T."""
    P = softmax(s / temperatures[:, None])
    for k, style in zip(range(len(s)), cycle(STYLES), strict=False):
        ax.semilogx(temperatures, P[:, k], style, label=f"score {s[k]:g}")
    ax.axhline(1 / len(s), color="gray", linewidth=0.8)
    _note(ax, "1/C", (temperatures[0], 1 / len(s)), (0, 3))
    ax.axvline(1, color="gray", linewidth=0.8)
    ax.set(xlabel="temperature T", ylabel="probability", ylim=(-0.03, 1.03))
    ax.legend()


def negative_log(ax: Axes, C: int) -> None:
    """The loss −log p of one example against the probability of its true class, 1/C marked."""
    p = np.geomspace(1e-3, 1, 300)
    ax.plot(p, -np.log(p))
    points = [(1 / C, f"p = 1/{C}: loss log {C}"), (0.5, "p = 1/2: loss log 2"), (1, "p = 1: 0")]
    for x, text in points:
        ax.plot(x, -np.log(x), "o", color=COLOURS[1])
        offset, side = ((-8, 12), "right") if x == 1 else ((8, 6), "left")
        _note(ax, text, (x, -np.log(x)), offset, ha=side)
    ax.set(xlabel="probability p of the true class", ylabel=r"loss $-\log p$", ylim=(-0.2, 7))


def cross_entropy_curve(ax: Axes, q: float) -> None:
    """Cross-entropy of the predictions (p, 1 − p) when class 1 has the share q."""
    p = np.linspace(0.01, 0.99, 300)
    cross = -q * np.log(p) - (1 - q) * np.log(1 - p)
    entropy = -q * np.log(q) - (1 - q) * np.log(1 - q)
    ax.plot(p, cross, label="cross-entropy")
    ax.axhline(entropy, linestyle="--", color=COLOURS[1], label="entropy of the shares")
    ax.plot(q, entropy, "o", color="black")
    _note(ax, f"p = q = {q:g}", (q, entropy), (0, -14), ha="center")
    ax.fill_between(p, entropy, cross, color="gray", alpha=0.15, label="KL divergence")
    ax.set(xlabel="predicted probability p of class 1", ylabel="mean loss", ylim=(0, 3))
    ax.legend(loc="upper center")


def log_sum_exp(ax: Axes, start: Array, direction: Array) -> None:
    """Log-sum-exp of scores start + t · direction, beside their maximum and its upper bound."""
    t = np.linspace(-4, 4, 401)
    scores = start + t[:, None] * direction
    largest, bound = scores.max(axis=1), np.log(scores.shape[1])
    ax.fill_between(t, largest, largest + bound, color="gray", alpha=0.15)
    ax.plot(t, largest + bound, ":", color="black", label=f"maximum + log {scores.shape[1]}")
    ax.plot(t, logsumexp(scores), color=COLOURS[0], label="log-sum-exp")
    ax.plot(t, largest, "--", color=COLOURS[1], label="maximum")
    ax.set(xlabel="position t on the line", ylabel="value")
    ax.legend(loc="upper center")


def largest_eigenvalues(
    ax: Axes, passes: Sequence[float], eigenvalues: Sequence[float], bound: float
) -> None:
    """The largest eigenvalues of the Hessian after 0 and more passes, and the bound above them."""
    ax.axhline(bound, linestyle="--", color=COLOURS[1])
    _note(ax, "bound", (passes[-1], bound), (0, 5), ha="right")
    ax.plot(passes, eigenvalues, "o-", color=COLOURS[0])
    middle = passes[len(passes) // 2], eigenvalues[len(passes) // 2]
    _note(ax, "largest eigenvalue of the Hessian", middle, (0, 10), ha="center")
    ax.set_xscale("symlog", linthresh=1)
    ax.set(xlabel="passes over the data", ylabel="curvature", yscale="log", ylim=(None, 2 * bound))


def difference_errors(ax: Axes, h: Array, errors: dict[str, Array]) -> None:
    """Absolute errors of three difference quotients, by name, against their step h; no zeros."""
    for style, (name, error) in zip(["-o", "--s", ":^"], errors.items(), strict=True):
        ax.loglog(h, np.where(error > 0, error, np.nan), style, markersize=3, label=name)
    ax.set(xlabel="step h", ylabel="error of the slope")
    ax.legend()


def penalty_curves(ax: Axes, lams: Array, train: Array, held_out: Array) -> None:
    """Mean loss on train and held_out data against positive lams; the least held-out is marked."""
    ax.semilogx(lams, train, "-o", label="training")
    ax.semilogx(lams, held_out, "--s", label="held out")
    least = lams[held_out.argmin()], held_out.min()
    _note(ax, "least", least, (0, 28), ha="center", arrowprops={"arrowstyle": "->"})
    ax.set(xlabel="λ", ylabel="mean loss")
    ax.legend()


def jacobian(ax: Axes, J: Array) -> None:
    """A Jacobian J of softmax as a table of coloured hundredths, the negative ones hatched."""
    C, largest = len(J), np.abs(J).max()
    ax.imshow(J, cmap="PuOr", vmin=-largest, vmax=largest, alpha=0.8)
    for j, k in np.ndindex(C, C):
        hundredths = round(100 * float(J[j, k]))
        if hundredths < 0:
            box = Rectangle((k - 0.5, j - 0.5), 1, 1, fill=False, hatch="///", linewidth=0)
            ax.add_patch(box)
            box.set_edgecolor("#bbbbbb")
        text = ax.text(k, j, _signed(f"{hundredths}"), ha="center", va="center")
        text.set_bbox({"facecolor": "white", "alpha": 0.7, "linewidth": 0, "pad": 0.8})
    ax.set(xticks=range(C), yticks=range(C))
    ax.set(xlabel="score of class k", ylabel="probability of class j")
    ax.grid(visible=False)


def reliability(
    ax: Axes, names: Sequence[str], confidence: Array, share: Array, low: Array, high: Array
) -> None:
    """Mean confidence and share of right predictions in bins with these names.

    The share has a bar from low to high.
    """
    x = np.arange(len(names))
    bars = [share - low, high - share]
    ax.errorbar(x + 0.1, share, bars, fmt="o", capsize=4, label="share right")
    ax.plot(x - 0.1, confidence, "s", ms=7, mfc="none", color=COLOURS[1], label="confidence")
    ax.set_xticks(x, names, fontsize=9.25)
    ax.set_xlabel("confidence of the predictions (number of images)")
    ax.legend(loc="lower right")


def confusion(ax: Axes, counts: Labels) -> None:
    """The counts of predictions, a column each, for each true class, a row; zeros stay empty."""
    C = len(counts)
    wrong = np.where(np.eye(C, dtype=bool), 0, counts)
    ax.imshow(wrong, cmap="Oranges", vmin=0, vmax=max(1, 2 * wrong.max()))
    for row, column in np.argwhere(counts > 0):
        weight = "normal" if row == column else "bold"
        value = counts[row, column]
        ax.text(column, row, value, ha="center", va="center", weight=weight, color="black")
    ax.set_xticks(np.arange(C + 1) - 0.5, minor=True)
    ax.set_yticks(np.arange(C + 1) - 0.5, minor=True)
    ax.grid(visible=False)
    ax.grid(which="minor", axis="both", alpha=0.4)
    ax.tick_params(which="minor", length=0)
    ax.set(xlabel="predicted", ylabel="true", xticks=range(C), yticks=range(C))


def weight_images(axes: Sequence[Axes], W: Array) -> None:
    """The weights W of each class as an image; those above 0.4 of the largest carry their sign."""
    largest = np.abs(W[:, 1:]).max()
    for k, (ax, w) in enumerate(zip(axes, W, strict=True)):
        title = _signed(f"{k}: bias {w[0]:+.1f}")
        _square(ax, w[1:], title, cmap="PuOr", vmin=-largest, vmax=largest)
        image = w[1:].reshape(8, 8)
        for row, column in np.argwhere(np.abs(image) > 0.4 * largest):
            sign = "+" if image[row, column] > 0 else "\N{MINUS SIGN}"
            colour = "white" if np.abs(image[row, column]) > 0.7 * largest else "black"
            ax.text(column, row, sign, ha="center", va="center", weight="bold", color=colour)


def gradient_of_one_example(axes: Sequence[Axes], image: Array, p: Array, label: int) -> None:
    """An image with its label, its probabilities p, the error p − y, and the gradient (p − y) xᵀ.

    Each row of the gradient is the image times one number, its class's error; orange, under a
    minus, is negative, purple is positive.
    """
    error = p - np.eye(len(p))[label]
    digits(axes[:1], [image], [r"$\mathbf{x}$"])
    colours = plt.get_cmap("PuOr")(np.where(error < 0, 0.2, 0.8))
    _bars(axes[1], p, r"$\mathbf{p}$", "gray")
    _bars(axes[2], error, r"$\mathbf{p} - \mathbf{y}$", colours)
    for ax, values in zip(axes[1:3], (p, error), strict=True):
        ax.set_xlim(min(0, values.min() * 1.1), 1)
        ax.tick_params(axis="y", labelsize="x-small")
        ax.grid(visible=False)
    largest = np.abs(error).max()
    for k, (ax, row) in enumerate(zip(axes[3:], np.outer(error, image), strict=True)):
        title = _signed(f"{k}: {error[k]:+.2f}")
        _square(ax, row, title, "small", cmap="PuOr", vmin=-largest, vmax=largest)


def _note(ax, text, place, offset, **look):
    """A text at an offset, in points, from a place."""
    ax.annotate(text, place, offset, textcoords="offset points", **look)


def _signed(text):
    """The text with the sign of subtraction in place of hyphens."""
    return text.replace("-", "\N{MINUS SIGN}")


def _square(ax, image, title, size="medium", **colours):
    """An image of 8 × 8 pixels."""
    ax.imshow(image.reshape(8, 8), **colours)
    ax.set_title(title, fontsize=size)
    ax.set_axis_off()


def _bars(ax, values, title, colour):
    """A bar to the right or left for each class, from the top."""
    bars = ax.barh(range(len(values)), values, color=colour)
    ax.axvline(0, color="gray", linewidth=0.8)
    ax.set_yticks(range(len(values)))
    ax.set_title(title, fontsize="medium")
    ax.invert_yaxis()
    return bars
