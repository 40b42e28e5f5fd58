"""Every figure of the book can be drawn, and the text speaks of it where it stands.

A new function needs a line in CALLS.
"""

import inspect
import re

import numpy as np
import pytest
from matplotlib import pyplot as plt

from softmax_lib import Objective, Result, plot, plot_cost, plot_geometry, plot_moving
from website import contents

FUNCTIONS = {
    function
    for module in (plot, plot_cost, plot_geometry, plot_moving)
    for name, function in inspect.getmembers(module, inspect.isfunction)
    if function.__module__ == module.__name__ and not name.startswith("_")
}
RNG = np.random.default_rng(0)
IMAGES = RNG.random((4, 64))
FLOWERS, KINDS = RNG.random((12, 2)), np.arange(12) % 3
SCORES = np.array([-1.0, 2.0, 0.5])
STEPS = np.geomspace(1e-8, 1e-1, 8)
LINE = Objective([[1, -1], [1, 0], [1, 2]], [0, 0, 1], C=2)
RESULT = Result(np.zeros((2, 2)), STEPS, STEPS, 10 * np.arange(8), True, "converged")

TIMES = {"a": {"1": [1, 1, 1], "2": [1.8, 2, 2.2]}, "b": {"1": [1, 1, 1], "2": [1.5, 1.6, 1.7]}}

CALLS = {  # function: on how many axes it draws, as one or as a list; and what else it takes
    plot.digits: ([4], IMAGES, ["a", "b", "c", "d"]),
    plot.scores_and_probabilities: ([3], IMAGES[0], SCORES, np.array([0.1, 0.7, 0.2])),
    plot.decision_regions: (1, RNG.standard_normal((3, 3)), FLOWERS, KINDS, ["x", "y", "z"]),
    plot.temperature_curves: (1, SCORES, np.geomspace(0.1, 10, 9)),
    plot.negative_log: (1, 10),
    plot.cross_entropy_curve: (1, 0.3),
    plot.log_sum_exp: (1, SCORES, np.array([1.0, -1.0, 0.0])),
    plot.largest_eigenvalues: (1, [0, 1, 10, 100], [0.5, 0.4, 0.2, 0.1], 0.6),
    plot.difference_errors: (1, STEPS, {"one": STEPS, "two": STEPS**2, "three": 0 * STEPS}),
    plot.penalty_curves: (1, STEPS, STEPS, 1 - STEPS),
    plot.jacobian: (1, np.array([[0.25, -0.25], [-0.25, 0.25]])),
    plot.reliability: (
        1,
        ["low", "high"],
        *np.array([[0.5, 0.9], [0.4, 0.9], [0.3, 0.8], [0.6, 1]]),
    ),
    plot.confusion: (1, np.array([[5, 0, 1], [2, 7, 0], [0, 0, 4]])),
    plot.weight_images: ([4], RNG.standard_normal((4, 65))),
    plot.gradient_of_one_example: ([4], IMAGES[0], np.array([0.4]), 0),
    plot_cost.descent_curves: (1, {"a": (np.arange(8), STEPS), "b": (KINDS, 0.0 * KINDS)}, "loss"),
    plot_cost.methods: (1, {"one": RESULT, "other": RESULT}),
    plot_cost.times: (1, TIMES, "times as many", "relative time"),
    plot_cost.ladder: ([2], TIMES, ["1", "2"]),
    plot_cost.time_ratios: (1, TIMES),
    plot_geometry.dependencies: (1, 3, 2, 2),
    plot_geometry.simplex: (1, SCORES, np.geomspace(0.1, 10, 9)),
    plot_geometry.pull: (1, [1e-12, 1e-3]),
    plot_geometry.flat_valley: (1, 0.3),
    plot_geometry.one_score: (1, SCORES, 2),
    plot_geometry.blocks: (1, np.kron([[1.0, -1.0], [-1.0, 1.0]], np.eye(3)), 2),
    plot_geometry.valleys: ([2], [FLOWERS[:, 0], FLOWERS[:, 1]], KINDS % 2, 1.9, 5),
    plot_moving.descent_lemma: (1, np.eye(2), LINE, 3.0),
    plot_moving.descent_path: ([2], LINE, 1.0, 3),
    plot_moving.divergences: ([2], [0.2, 0.8], [0.5, 0.5]),
    plot_moving.pixel_shares: ([2], IMAGES[0], RNG.standard_normal((3, 65)), 0, 2),
}


def artists(ax):
    return len(ax.lines + ax.patches + ax.images + ax.collections + ax.texts)


def test_every_public_function_is_drawn_here():
    assert set(CALLS) | {plot.use_style} == FUNCTIONS


@pytest.mark.parametrize("function", CALLS, ids=lambda f: f.__name__)
def test_its_docstring_is_a_line_and_perhaps_more_and_speaks_of_each_parameter(function):
    first, *rest = inspect.getdoc(function).splitlines()
    assert first.endswith(".")
    assert not rest or rest[0] == ""
    parameters = set(inspect.signature(function).parameters)
    assert parameters | {"return"} == set(function.__annotations__)
    doc = inspect.getdoc(function)
    for name in parameters - {"ax", "axes"}:
        word = name.split("_")[-1].removesuffix("s")  # a letter as it stands, a word in any case
        assert re.search(rf"\b{word}" if len(word) == 1 else rf"(?i){word}", doc), name


@pytest.mark.parametrize("function", CALLS, ids=lambda f: f.__name__)
def test_it_draws_on_the_axes_given_and_changes_nothing_else_and_returns_nothing(function):
    number, *arguments = CALLS[function]
    (figure, axes), (other, untouched) = plt.subplots(1, 4), plt.subplots()  # the latter is current
    before = dict(plt.rcParams)
    assert function(axes[0] if number == 1 else axes[: number[0]], *arguments) is None
    figure.canvas.draw()  # what is wrong with a label shows only now
    assert any(artists(ax) for ax in axes)
    assert artists(untouched) == 0
    assert plt.get_fignums() == [figure.number, other.number]
    assert dict(plt.rcParams) == before


@pytest.mark.parametrize("function", [f for f in CALLS if CALLS[f][0] != 1])
def test_one_of_the_axes_too_many_is_refused(function):
    (number,), *arguments = CALLS[function]
    with pytest.raises(ValueError, match=r"too many values|is (longer|shorter) than"):
        function(plt.subplots(1, number + 1)[1], *arguments)


SEVEN = np.arange(7)
MANY = {  # calls with seven curves, more than there are styles
    plot.temperature_curves: (SEVEN, STEPS),
    plot.decision_regions: (np.eye(7, 3), FLOWERS, np.arange(12) % 7, "abcdefg"),
    plot_cost.descent_curves: ({str(n): (SEVEN, SEVEN) for n in SEVEN}, "loss"),
    plot_cost.times: ({str(n): TIMES["a"] for n in SEVEN}, "times", "relative time", False),
    plot_cost.time_ratios: ({"a": {str(n): [1, 1, 1] for n in SEVEN}},),
    plot_geometry.pull: (0.1 ** np.arange(1, 7),),  # and that without one
    plot_geometry.one_score: (SEVEN, 2),
}


@pytest.mark.parametrize("function", MANY)
def test_no_curve_is_left_out_for_want_of_a_style(function):
    ax = plt.subplots()[1]
    function(ax, *MANY[function])
    assert len(ax.get_legend_handles_labels()[0]) == 7


@pytest.fixture(autouse=True)
def no_figures():
    yield
    plt.close("all")


@pytest.mark.parametrize("page", contents.entries()[1:], ids=lambda entry: entry.name)
def test_the_text_speaks_of_a_figure_in_its_section(page):
    for section in re.split(r"^##+ ", page.path.read_text(), flags=re.MULTILINE):
        for name in re.findall(r"^ +name: (fig-\S+)$", section, re.MULTILINE):
            assert f"{{numref}}`{name}`" in section, name


def test_use_style_sets_the_colours_and_draws_nothing():
    with plt.rc_context():
        assert plot.use_style() is None
        assert plt.rcParams["axes.prop_cycle"].by_key()["color"] == plot.COLOURS
    assert plt.get_fignums() == []
    assert len(set(plot.COLOURS)) == len(plot.COLOURS) >= 6
