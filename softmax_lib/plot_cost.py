"""The book's figures of what training costs, in passes over the data and in measured time."""

from collections.abc import Mapping, Sequence
from itertools import cycle
from typing import Any

import numpy as np
from matplotlib import ticker
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from numpy.typing import NDArray

from softmax_lib.plot import COLOURS
from softmax_lib.run import Result

Array = NDArray[np.floating]

# lower quartile, median and upper quartile, of each curve and at each place
Quartiles = dict[str, dict[str, tuple[float, float, float]]]


def descent_curves(
    ax: Axes, curves: Mapping[str, tuple[NDArray[Any], NDArray[np.floating]]], ylabel: str
) -> None:
    """Curves of values against passes over the data, by name, on a logarithmic axis.

    The ylabel says what the values are; those that are not positive are not drawn.
    """
    styles = ["-", "--", ":", "-.", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 3))]
    for style, (name, (passes, values)) in zip(cycle(styles), curves.items(), strict=False):
        shown = np.where(values > 0, values, np.nan)
        ax.semilogy(passes, shown, linestyle=style, linewidth=2, label=name)
    ax.set(xlabel="passes over the data", ylabel=ylabel)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2)  # above: curves go everywhere


def methods(ax: Axes, results: dict[str, Result]) -> None:
    """How far minimisers came against what they cost: their results by name.

    Both axes are logarithmic; that of the passes begins with the start, 0.
    """
    curves = {name: (run.passes, run.gradient_norm) for name, run in results.items()}
    descent_curves(ax, curves, "gradient norm")
    ax.set_xscale("symlog", linthresh=1)
    ax.set_xlim(left=0)


def times(ax: Axes, curves: Quartiles, xlabel: str, ylabel: str, proportional: bool = True) -> None:
    """Curves of measured times, or ratios of them, with their quartiles, on logarithmic axes.

    The places along the xlabel are the names of each curve's quartiles. With proportional there is
    a line through the last point of the first curve, on which time is proportional to them.
    The ylabel says what is measured.
    """
    line = None
    for marker, (name, points) in zip(cycle("osD^v"), curves.items(), strict=False):
        x = np.array([float(place) for place in points])
        middle = _with_quartiles(ax, x, list(points.values()), marker=marker, ms=4, label=name)
        line = line or (x, middle[-1] * x / x[-1])
    if proportional and line:
        ax.plot(*line, ":", color="black", linewidth=1, zorder=3, label="in proportion")
    ax.set(xscale="log", yscale="log", xlabel=xlabel, ylabel=ylabel)
    _plain_log_ticks(ax.yaxis)
    ax.legend()


def ladder(axes: Sequence[Axes], results: Quartiles, steps: Sequence[str]) -> None:
    """Times of programs, the steps, over that of a floor, as bars on a logarithmic axis from one.

    The results have a shape of data, with axes of its own, and for it quartiles by step.
    """
    for ax, (shape, times) in zip(axes, results.items(), strict=True):
        medians = [times[step][1] for step in steps]
        ax.barh([step.replace("_", " ") for step in steps], medians, color=COLOURS[0])
        ax.axvline(1, color="black", linewidth=1)
        ax.set(xscale="log", title=shape, xlim=(0.8, 1.3 * max(medians)))
        _plain_log_ticks(ax.xaxis, [1, 3] if max(medians) < 30 else [1])
        ax.title.set_fontsize("medium")
        ax.grid(visible=True, axis="x")
        ax.grid(visible=False, axis="y")
    axes[0].invert_yaxis()


def time_ratios(ax: Axes, results: Quartiles) -> None:
    """Our time over that of each peer, with quartiles, on a logarithmic axis; below 1 is faster.

    The results have a kind of data, and for it quartiles by peer.
    """
    kinds, peers = list(results), list(next(iter(results.values())))
    for n, (marker, peer) in enumerate(zip(cycle("osD^v*"), peers, strict=False)):
        x = np.arange(len(kinds)) + 0.12 * (n - (len(peers) - 1) / 2)
        quartiles = [results[kind][peer] for kind in kinds]
        _with_quartiles(ax, x, quartiles, marker=marker, linestyle="", label=peer)
    ax.axhline(1, color="black", linewidth=1)
    ax.set_yscale("log")
    _plain_log_ticks(ax.yaxis)
    ax.set_xticks(range(len(kinds)), [kind.replace(" ", "\n") for kind in kinds])
    ax.set_ylabel("our time over theirs")
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 1), ncols=3)


def _plain_log_ticks(axis: Axis, digits: Sequence[float] = (1, 2, 5)) -> None:
    """Numbers such as 0.5 and 20 on a logarithmic axis, at these multiples of powers of ten."""
    axis.set_major_locator(ticker.LogLocator(subs=digits))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(ticker.NullFormatter())


def _with_quartiles(ax: Axes, x: Array, quartiles: Sequence[Any], **look: Any) -> Array:
    """Medians with bars from the lower quartile to the upper one; returns the medians."""
    low, middle, high = np.transpose(quartiles)
    ax.errorbar(x, middle, np.maximum([middle - low, high - middle], 0), capsize=2, **look)
    return middle
