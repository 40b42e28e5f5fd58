"""Every figure of the book: one function each, drawn on the Axes that it is given.

The functions return None, so that a cell that ends with one shows the figure and nothing else.
Colours are those of Okabe and Ito, which readers without colour vision tell apart too; where
two curves meet, line style or marker differs as well.
"""

from cycler import cycler
from matplotlib import pyplot as plt

# Okabe and Ito, Color universal design (2008): blue, vermilion, green, purple, orange, sky
COLOURS = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]


def use_style():
    """Set the look of the book's figures for this session."""
    plt.rcParams.update(
        {
            "figure.figsize": (7, 3.6),
            "figure.dpi": 110,
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


def digits(axes, images, titles):
    """Images of digits in a row, each with its title.

    Parameters
    ----------
    axes : sequence of Axes
    images : ndarray, shape (n, 64)
        Grey values, 0 (white) to 1 (black).
    titles : sequence of str
    """
    for ax, image, title in zip(axes, images, titles, strict=True):
        ax.imshow(image.reshape(8, 8), vmin=0, vmax=1)
        ax.set_title(title, fontsize="medium")
        ax.set_axis_off()
