"""Every figure of the book can be drawn. A new function needs a line in CALLS."""

import inspect

import numpy as np
import pytest
from matplotlib import pyplot as plt

from softmax_lib import Objective, Result, plot, plot_cost, plot_moving

FUNCTIONS = {
    name
    for module in (plot, plot_cost, plot_moving)
    for name, function in inspect.getmembers(module, inspect.isfunction)
    if function.__module__ == module.__name__ and not name.startswith("_")
}
RNG = np.random.default_rng(0)
IMAGES = RNG.random((4, 64))
FLOWERS, KINDS = RNG.random((12, 2)), np.arange(12) % 3
STEPS = np.geomspace(1e-8, 1e-1, 8)
LINE = Objective([[1, -1], [1, 0], [1, 2]], [0, 0, 1], C=2)
RESULT = Result(np.zeros((2, 2)), STEPS, STEPS, 10 * np.arange(8), True, "converged")

CALLS = {  # name: a small call, given four Axes
    "digits": lambda axes: plot.digits(axes, IMAGES, ["a", "b", "c", "d"]),
    "scores_and_probabilities": lambda axes: plot.scores_and_probabilities(
        axes[:3], IMAGES[0], np.array([-1.0, 2.0, 0.5]), np.array([0.1, 0.7, 0.2])
    ),
    "decision_regions": lambda axes: plot.decision_regions(
        axes[0], RNG.standard_normal((3, 3)), FLOWERS, KINDS, ["x", "y", "z"]
    ),
    "temperature_curves": lambda axes: plot.temperature_curves(
        axes[0], np.array([0.0, 1.0, 3.0]), np.geomspace(0.1, 10, 9)
    ),
    "negative_log": lambda axes: plot.negative_log(axes[0], 10),
    "cross_entropy_curve": lambda axes: plot.cross_entropy_curve(axes[0], 0.3),
    "log_sum_exp": lambda axes: plot.log_sum_exp(
        axes[0], np.array([0.0, 1.0, -1.0]), np.array([1.0, -1.0, 0.0])
    ),
    "largest_eigenvalues": lambda axes: plot.largest_eigenvalues(
        axes[0], [0, 1, 10, 100], [0.5, 0.4, 0.2, 0.1], 0.6
    ),
    "difference_errors": lambda axes: plot.difference_errors(
        axes[0], STEPS, {"one": STEPS, "two": STEPS**2, "three": 0 * STEPS}
    ),
    "descent_curves": lambda axes: plot_cost.descent_curves(
        axes[0],
        {"a": (np.arange(8), STEPS), "b": (np.arange(3), np.array([1.0, 0.1, 0.0]))},
        "gradient norm",
    ),
    "methods": lambda axes: plot_cost.methods(axes[0], {"one": RESULT, "other": RESULT}),
    "penalty_curves": lambda axes: plot.penalty_curves(axes[0], STEPS, STEPS, 1 - STEPS),
    "jacobian": lambda axes: plot.jacobian(axes[0], np.array([[0.25, -0.25], [-0.25, 0.25]])),
    "reliability": lambda axes: plot.reliability(
        axes[0],
        ["low", "middle", "high"],
        *np.array([[0.5, 0.7, 0.9], [0.4, 0.8, 0.9], [0.3, 0.7, 0.8], [0.5, 0.9, 1.0]]),
    ),
    "confusion": lambda axes: plot.confusion(axes[0], np.array([[5, 0, 1], [2, 7, 0], [0, 0, 4]])),
    "relative_times": lambda axes: plot_cost.relative_times(
        axes[0],
        {"M": {"1": [1, 1, 1], "2": [1.8, 2, 2.2]}, "C": {"1": [1, 1, 1], "2": [1.5, 1.6, 1.7]}},
        "times as many",
        proportional=True,
    ),
    "ladder": lambda axes: plot_cost.ladder(
        axes[:2],
        {shape: {"by_example": [8, 9, 10], "library": [1, 1.1, 1.2]} for shape in ("a", "b")},
        ["by_example", "library"],
    ),
    "time_ratios": lambda axes: plot_cost.time_ratios(
        axes[0],
        {"a": {"x": [0.4, 0.5, 0.6], "y": [0.9, 1, 1.1]}, "b": {"x": [1, 2, 3], "y": [1, 1, 1]}},
    ),
    "evaluation_times": lambda axes: plot_cost.evaluation_times(
        axes[0], {"here": {"10": [1, 2, 3], "100": [11, 12, 13]}, "there": {"100": [6, 7, 8]}}
    ),
    "weight_images": lambda axes: plot.weight_images(axes, RNG.standard_normal((4, 65))),
    "gradient_of_one_example": lambda axes: plot.gradient_of_one_example(
        axes, IMAGES[0], np.array([0.4]), 0
    ),
    "descent_lemma": lambda axes: plot_moving.descent_lemma(axes[0], np.eye(2), LINE, 3.0),
    "descent_path": lambda axes: plot_moving.descent_path(axes[:2], LINE, 1.0, 3),
    "divergences": lambda axes: plot_moving.divergences(axes[:2], [0.2, 0.8], [0.5, 0.5]),
    "pixel_shares": lambda axes: plot_moving.pixel_shares(
        axes[:2], IMAGES[0], RNG.standard_normal((3, 65)), 0, 2
    ),
}


@pytest.fixture
def figures():
    """A figure with four Axes to draw on, and a later one, current, that nobody may touch."""
    (figure, axes), (other, untouched) = plt.subplots(1, 4), plt.subplots()
    yield figure, axes, other, untouched
    plt.close("all")


def artists(ax):
    return len(ax.lines + ax.patches + ax.images + ax.collections + ax.texts)


def test_every_public_function_is_drawn_here():
    assert set(CALLS) | {"use_style"} == FUNCTIONS


@pytest.mark.parametrize("name", CALLS)
def test_it_draws_on_the_axes_given_and_nowhere_else_and_returns_nothing(name, figures):
    figure, axes, other, untouched = figures
    assert CALLS[name](axes) is None
    figure.canvas.draw()  # what is wrong with a label shows only now
    assert any(artists(ax) for ax in axes)
    assert artists(untouched) == 0
    assert plt.get_fignums() == [figure.number, other.number]


@pytest.mark.parametrize("name", CALLS)
def test_it_leaves_the_style_of_other_figures_alone(name, figures):
    before = dict(plt.rcParams)
    CALLS[name](figures[1])
    assert dict(plt.rcParams) == before


def test_use_style_sets_the_colours_and_draws_nothing():
    with plt.rc_context():
        assert plot.use_style() is None
        assert plt.rcParams["axes.prop_cycle"].by_key()["color"] == plot.COLOURS
    assert plt.get_fignums() == []


def test_the_colours_differ():
    assert len(set(plot.COLOURS)) == len(plot.COLOURS) >= 6
