"""How fast the library is beside its peers, as ratios of times taken in turn in one process.

`make bench` runs it; the result, book/speed.json, is what README and book quote. One core, one
thread. Peers that are not installed (`pip install torch jax`) are left out.
"""

import ast
import json
import os
import subprocess
import sys
import tracemalloc
import warnings
from functools import partial
from pathlib import Path
from time import perf_counter

import matplotlib.pyplot as plt
import numpy as np
import record
import scipy.special
from numpy._core._multiarray_umath import __cpu_features__
from peers import PEERS, examples, floor, scikit_learn, textbook
from record import installed
from sklearn.linear_model import LogisticRegression
from tqdm import tqdm

import softmax_lib
from softmax_lib import blocked, plot, plot_cost
from softmax_lib.model import SoftmaxRegression
from website import myst

HERE = Path(__file__).parent
README = HERE.parent / "README.md"
BEGIN, END = "<!-- make bench writes from here -->", "<!-- to here -->"
CHAPTER = HERE.parent / "book" / "making-it-fast.md"
SHAPES = {
    "digits": (1797, 64, 10),
    "MNIST": (60_000, 784, 10),
    "many classes": (20_000, 256, 1000),
    "wide": (2000, 20_000, 20),
    "tall": (1_000_000, 16, 3),
}
# (M, C) for the functions of scores
SCORES = [(32, 10), (60_000, 10), (1_000_000, 3), (20_000, 100), (20_000, 1000)]
GRADIENT = 1e-6  # relative to its length at zero: where a fit may stop
STEPS = [
    "by_example",
    "whole_arrays",
    "in_place",
    "in_blocks",
    "classes_first",
    "own_score",
    "with_exp2",
    "transposed_product",
]
ROUNDS, SECONDS = 11, 4.0  # a race ends after so many rounds, or after so long and five rounds


# Racing


def race(contestants, rng):
    """Times in seconds, a list for each contestant, all run in turn in an order drawn anew.

    Each sample follows an unmeasured run, which brings caches and free memory into the state that
    the contestant, not its predecessor, leaves them in.
    """
    repeats = {name: _repeats(run) for name, run in contestants.items()}
    times, start = {name: [] for name in contestants}, perf_counter()
    for n in range(ROUNDS):
        for name in rng.permutation(list(contestants)):
            contestants[name]()
            times[name].append(_time(contestants[name], repeats[name]))
        if n >= 4 and perf_counter() - start > SECONDS:
            break
    return times


def ratios(times, ours="ours"):
    """Our time over each peer's, round by round: lower quartile, median, upper quartile."""
    return {
        name: np.quantile(np.divide(times[ours], peer), [0.25, 0.5, 0.75]).round(3).tolist()
        for name, peer in times.items()
        if name != ours
    }


def _time(run, repeats):
    start = perf_counter()
    for _ in range(repeats):
        run()
    return (perf_counter() - start) / repeats


def _repeats(run):
    run()  # compiles, fills caches
    return max(1, round(2e-3 / _time(run, 1)))  # a sample of at least 2 ms


# Loss and gradient


def loss_and_gradient(shape, dtype, rng):
    """Our prepared objective beside the peers and the floor."""
    W, X, y = examples(shape, dtype, rng)
    objective = blocked.Objective(X, y, len(W))
    contestants = {
        "ours": lambda: objective(W),
        "floor, whole": floor(W, X, len(X)),
        "floor, blocks": floor(W, X, blocked.rows_per_block(W.shape)),
        "textbook": textbook(W, X, y),
    }
    contestants |= {name: make(W, X, y) for name, make in PEERS.items() if installed(name)}
    agree(contestants, dtype)
    times = race(contestants, rng)
    times["floor"] = np.minimum(times.pop("floor, whole"), times.pop("floor, blocks")).tolist()
    return ratios(times)


def agree(contestants, dtype):
    """All of them must give the loss of the textbook: a fast wrong answer wins no race."""
    expected = contestants["textbook"]()[0]
    for name, run in contestants.items():
        if not name.startswith("floor"):
            tolerance = 1e-10 if dtype == np.float64 else 1e-4
            np.testing.assert_allclose(float(run()[0]), expected, rtol=tolerance, err_msg=name)


def memory(shape, rng):
    """Extra memory of one evaluation as a multiple of the score matrix."""
    W, X, y = examples(shape, np.float64, rng)
    objective = blocked.Objective(X, y, len(W))
    contestants = {"ours": lambda: objective(W), "textbook": textbook(W, X, y)}
    contestants["scikit-learn"] = scikit_learn(W, X, y)
    return {name: round(_peak(run) / (8 * len(X) * len(W)), 3) for name, run in contestants.items()}


def _peak(run):
    run()
    tracemalloc.start()
    run()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


# Functions of scores


def functions(name, rng):
    """softmax, log_softmax or logsumexp over the last axis beside SciPy's and PyTorch's."""
    ours, scipys, result = getattr(softmax_lib, name), getattr(scipy.special, name), {}
    for M, C in SCORES:
        s = rng.standard_normal((M, C))
        contestants = {"ours": partial(ours, s), "SciPy": partial(scipys, s, axis=-1)}
        if installed("PyTorch"):
            import torch

            contestants["PyTorch"] = partial(getattr(torch, name), torch.from_numpy(s), dim=-1)
        result[f"{M} × {C}"] = ratios(race(contestants, rng))
    return result


# The chapter's ladder


def chapter_steps():
    """The functions that the chapter *Making it fast* defines in its cells, by name."""
    cells = [part.body for part in myst.walk(CHAPTER.read_text()) if part.name == "code-cell"]
    module, kept = ast.parse("\n".join(cells)), ast.Import | ast.ImportFrom | ast.FunctionDef
    module.body = [statement for statement in module.body if isinstance(statement, kept)]
    namespace = {}
    exec(compile(module, CHAPTER.name, "exec"), namespace)
    return {name: namespace[name] for name in STEPS}


def ladder(shape, rng):
    """Each step of the chapter over the floor."""
    W, X, y = examples(shape, np.float64, rng)
    objective = blocked.Objective(X, y, len(W))
    contestants = {name: lambda f=f: f(W, X, y) for name, f in chapter_steps().items()}
    contestants |= {"library": lambda: objective(W), "textbook": textbook(W, X, y)}
    agree(contestants, np.float64)
    del contestants["textbook"]
    contestants["floor"] = floor(W, X, blocked.rows_per_block(W.shape))
    times = race(contestants, rng)
    return {name: ratios(times, name)["floor"] for name in times if name != "floor"}


def block_sizes(shape, rng):
    """Our evaluation with other numbers in a block, over the number that the library takes."""
    W, X, y = examples(shape, np.float64, rng)
    rows_per_block = blocked.rows_per_block

    def with_blocks_of(size):
        def run():
            blocked.rows_per_block = lambda shape: max(1, size // sum(shape))
            blocked.sums(W, X, y)
            blocked.rows_per_block = rows_per_block

        return run

    sizes = [blocked.BLOCK * 4**n // 4**3 for n in range(8)]
    contestants = {str(size): with_blocks_of(size) for size in sizes}
    contestants["library"] = lambda: blocked.sums(W, X, y)
    times = race(contestants, rng)
    return {size: ratios(times, size)["library"] for size in times if size != "library"}


# Growth


def growth(rng):
    """Time of an evaluation against each of M, m and C, over that of the smallest."""
    base = {"M": 20_000, "m": 64, "C": 16}
    result = {}
    for name, start in base.items():
        values = [start * 2**n for n in range(6)]
        contestants = {}
        for value in values:
            W, X, y = examples(tuple((base | {name: value}).values()), np.float64, rng)
            objective = blocked.Objective(X, y, len(W))
            contestants[str(value)] = lambda objective=objective, W=W: objective(W)
        times = race(contestants, rng)
        result[name] = {
            str(int(value) // start): ratios(times, value).get(str(start), [1, 1, 1])
            for value in times
        }
    return result


# Fits


def data_sets(rng):
    """Features, labels and λ of each fit; λ = 1/M is scikit-learn's default, C = 1."""
    digits, kinds = softmax_lib.load_digits()
    flowers, species = softmax_lib.load_iris()
    yield "digits", digits, kinds, 1 / len(kinds)
    yield "digits, standardised", softmax_lib.standardize(digits)[0], kinds, 1 / len(kinds)
    yield "iris", flowers, species, 1 / len(species)
    # features in units from a thousandth to a thousand, mixed by a rotation
    rotation = np.linalg.qr(rng.standard_normal((50, 50)))[0]
    scaled = rng.standard_normal((5000, 50)) * np.geomspace(1e-3, 1e3, 50)
    yield "ill-conditioned", scaled @ rotation, _drawn_labels(scaled, 5, rng), 1 / 5000
    features = rng.standard_normal((10_000, 200))
    yield "10000 × 200", features, _drawn_labels(features, 10, rng), 1e-4


def _drawn_labels(features, C, rng):
    """Labels drawn from a softmax model with random weights, each feature of equal influence."""
    s = softmax_lib.standardize(features)[0] @ rng.standard_normal((features.shape[1], C))
    s *= 2 / s.std()
    return (s + rng.gumbel(size=s.shape)).argmax(axis=1)


def fits(features, labels, lam, rng):
    """Our fit beside the solvers of scikit-learn, all to the same relative gradient.

    A solver that takes more than three times as long as the best one is not raced.
    """
    candidates = {"ours": lambda tol: SoftmaxRegression(lam, tol=tol)}
    for solver in ("lbfgs", "newton-cg", "newton-cholesky", "sag", "saga"):
        candidates[solver] = lambda tol, solver=solver: LogisticRegression(
            C=1 / (lam * len(labels)), solver=solver, tol=tol, max_iter=3000
        )
    reached = {
        name: loosest_tolerance(make, features, labels, lam) for name, make in candidates.items()
    }
    best = min(seconds for name, (_, seconds) in reached.items() if name != "ours")
    contestants = {
        name: lambda make=candidates[name], tol=tol: make(tol).fit(features, labels)
        for name, (tol, seconds) in reached.items()
        if name == "ours" or seconds <= 3 * best
    }
    return ratios(race(contestants, rng))


def loosest_tolerance(make, features, labels, lam):
    """The loosest of 1e-4, 1e-5, … with which the gradient is small enough, and the seconds.

    Infinitely many if none does it or the search takes more than ten seconds.
    """
    begin = perf_counter()
    for tol in 10.0 ** -np.arange(4, 12):
        start = perf_counter()
        model = make(tol).fit(features, labels)
        seconds = perf_counter() - start
        if relative_gradient(model, features, labels, lam) <= GRADIENT:
            return tol, seconds
        if perf_counter() - begin > 10:
            break
    return None, np.inf


def relative_gradient(model, features, labels, lam):
    """The gradient's length at the model's weights over its length at zero."""
    W = np.column_stack([model.intercept_, model.coef_])
    objective = blocked.Objective(softmax_lib.add_bias(features), labels, len(W), lam)
    return np.linalg.norm(objective(W)[1]) / np.linalg.norm(objective(np.zeros_like(W))[1])


# All of it


def other_kernels(rng):
    """The races of loss and gradient once more with the kernels of wider or narrower processors.

    None where the processor has one kind alone. OpenBLAS reads the variable when it is loaded,
    hence the other process.
    """
    if not __cpu_features__["AVX512_SKX"]:
        return None
    other = "Haswell" if record.kernels() == "SkylakeX" else "SkylakeX"
    environment = os.environ | {"OPENBLAS_CORETYPE": other}
    command = [sys.executable, __file__, "loss and gradient"]
    output = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout
    return json.loads(output)


THREE = ("MNIST", "many classes", "tall")
PARTS = {
    "loss and gradient": lambda rng: {
        name: {dtype: loss_and_gradient(shape, dtype, rng) for dtype in ("float64", "float32")}
        for name, shape in SHAPES.items()
    },
    "ladder": lambda rng: {name: ladder(SHAPES[name], rng) for name in THREE},
    "block sizes": lambda rng: {name: block_sizes(SHAPES[name], rng) for name in THREE},
    "memory": lambda rng: {name: memory(SHAPES[name], rng) for name in THREE},
    "growth": growth,
    "softmax": partial(functions, "softmax"),
    "log_softmax": partial(functions, "log_softmax"),
    "logsumexp": partial(functions, "logsumexp"),
    "fits": lambda rng: {name: fits(*data, rng) for name, *data in data_sets(rng)},
    "other kernels": other_kernels,
}


# What README quotes


def sentence(result):
    """Our time over scikit-learn's, from the least median to the largest."""
    evaluations = result["loss and gradient"].values()
    ratios = [times["float64"]["scikit-learn"][1] for times in evaluations]
    fits = [max(middle for _, middle, _ in times.values()) for times in result["fits"].values()]
    return (
        f"An evaluation of loss and gradient takes {min(ratios):.2f} to {max(ratios):.2f} of"
        f" scikit-learn's time, a fit to the same gradient {min(fits):.2f} to {max(fits):.2f} of"
        f" its best solver's: medians on one core, {result['date']}, {result['machine']}, OpenBLAS"
        f" with its {result['kernels']} kernels. `make bench` measures it on yours."
    )


def quote(result):
    """Put the sentence between its marks in README, and draw its figure."""
    before, _, rest = README.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{sentence(result)}\n{END}{after}")
    plot.use_style()
    figure, ax = plt.subplots(figsize=(8, 3.4))
    evaluations = {name: times["float64"] for name, times in result["loss and gradient"].items()}
    plot_cost.time_ratios(ax, evaluations)
    figure.savefig(README.parent / ".github" / "speed.png", dpi=110)


def main(parts):
    """Measure the parts and write them to speed.json; a few are for another process, printed."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    warnings.simplefilter("ignore")  # solvers that do not converge are left out
    result = record.header() | {"shapes": SHAPES}
    for part in tqdm(parts or PARTS, unit="part"):
        result[part] = PARTS[part](np.random.default_rng(0))
    if parts:
        print(json.dumps(result))
    else:
        record.save("speed", result)
        quote(result)


if __name__ == "__main__":
    main(sys.argv[1:])
