"""How fast the library is beside its peers, as ratios of times taken in turn in one process.

`make bench` runs it; the result, speed.json, is what README and book quote. One core, one thread.
Peers that are not installed (`pip install torch jax`) are left out.
"""

import ast
import datetime
import importlib.metadata
import importlib.util
import json
import os
import subprocess
import sys
import tracemalloc
import warnings
from functools import partial
from pathlib import Path
from time import perf_counter

import jupytext
import matplotlib.pyplot as plt
import numpy as np
import scipy.special
import threadpoolctl
from accuracy import machine
from numpy._core._multiarray_umath import __cpu_features__
from sklearn._loss import HalfMultinomialLoss
from sklearn.linear_model import LogisticRegression
from sklearn.linear_model._linear_loss import LinearModelLoss
from tqdm import tqdm

import softmax_lib
from softmax_lib import blocked, plot, plot_cost
from softmax_lib.model import SoftmaxRegression

HERE = Path(__file__).parent
RESULT = HERE / "speed.json"
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
SCORES = {  # shapes (M, C) for the functions of scores
    "32 × 10": (32, 10),
    "60000 × 10": (60_000, 10),
    "1000000 × 3": (1_000_000, 3),
    "20000 × 100": (20_000, 100),
    "20000 × 1000": (20_000, 1000),
}
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


def examples(shape, dtype, rng):
    """Weights, design matrix and labels: random, with scores of about standard normal size."""
    M, m, C = shape
    X = np.ones((M, m + 1), dtype)
    X[:, 1:] = rng.standard_normal((M, m), dtype=dtype)
    W = (rng.standard_normal((C, m + 1)) / np.sqrt(m)).astype(dtype)
    return W, X, rng.integers(0, C, M)


def floor(W, X, rows):
    """The two matrix products and the exponentials between them, nothing else, in blocks."""
    room = np.empty((min(rows, len(X)), len(W)), X.dtype)

    def run():
        G = np.zeros_like(W)
        for start in range(0, len(X), rows):
            x = X[start : start + rows]
            S = room[: len(x)]
            np.matmul(x, W.T, out=S)
            np.exp(S, out=S)
            G += S.T @ x
        return G

    return run


def textbook(W, X, y):
    """The formulas with whole arrays and a one-hot Y, as most people write them first."""
    Y, rows = np.eye(len(W), dtype=X.dtype)[y], np.arange(len(X))

    def run():
        S = X @ W.T
        exp_S = np.exp(S - S.max(axis=1, keepdims=True))
        P = exp_S / exp_S.sum(axis=1, keepdims=True)
        return -np.log(P[rows, y]).mean(), (P - Y).T @ X / len(X)

    return run


def scikit_learn(W, X, y):
    objective = LinearModelLoss(HalfMultinomialLoss(n_classes=len(W)), fit_intercept=True)
    features = np.ascontiguousarray(X[:, 1:])
    coefficients = np.asfortranarray(np.roll(W, -1, axis=1))  # its intercept comes last
    labels = y.astype(X.dtype)
    return lambda: objective.loss_gradient(coefficients, features, labels)


def pytorch(W, X, y):
    import torch

    X, y = torch.from_numpy(X), torch.from_numpy(y)
    W = torch.from_numpy(W.copy()).requires_grad_()

    def run():
        W.grad = None
        loss = torch.nn.functional.cross_entropy(X @ W.T, y)
        loss.backward()
        return float(loss.detach()), W.grad.numpy()

    return run


def jax(W, X, y):
    import jax

    jax.config.update("jax_enable_x64", True)

    @jax.jit
    @jax.value_and_grad
    def run(W, X, y):  # the data as arguments: constants would be folded when compiling
        log_P = jax.nn.log_softmax(X @ W.T)
        return -jax.numpy.take_along_axis(log_P, y[:, None], axis=1).mean()

    arguments = [jax.numpy.asarray(a) for a in (W, X, y)]
    return lambda: jax.block_until_ready(run(*arguments))


PEERS = {"scikit-learn": scikit_learn, "PyTorch": pytorch, "JAX": jax}


def installed(peer):
    """Whether a peer, by the name of its distribution, can be imported."""
    return (
        importlib.util.find_spec(
            {"scikit-learn": "sklearn", "PyTorch": "torch"}.get(peer, peer.lower())
        )
        is not None
    )


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


def functions(name, shape, dtype, rng):
    """softmax, log_softmax or logsumexp over the last axis beside SciPy's, PyTorch's and JAX's."""
    s = rng.standard_normal(shape, dtype=dtype)
    ours, scipys = getattr(softmax_lib, name), getattr(scipy.special, name)
    contestants = {"ours": lambda: ours(s), "SciPy": lambda: scipys(s, axis=-1)}
    if installed("PyTorch"):
        import torch

        theirs, t = getattr(torch, name), torch.from_numpy(s)
        contestants["PyTorch"] = lambda: theirs(t, dim=-1)
    return ratios(race(contestants, rng))


# The chapter's ladder


def chapter_steps():
    """The functions that the chapter *Making it fast* defines in its cells, by name."""
    cells = [cell.source for cell in jupytext.read(CHAPTER).cells if cell.cell_type == "code"]
    module = ast.parse("\n".join(cells))
    module.body = [
        line
        for line in module.body
        if isinstance(line, ast.Import | ast.ImportFrom | ast.FunctionDef)
    ]
    namespace = {}
    exec(compile(module, CHAPTER.name, "exec"), namespace)
    return {name: namespace[name] for name in STEPS}


def ladder(shape, dtype, rng):
    """Each step of the chapter over the floor."""
    W, X, y = examples(shape, dtype, rng)
    objective = blocked.Objective(X, y, len(W))
    contestants = {name: lambda f=f: f(W, X, y) for name, f in chapter_steps().items()}
    contestants |= {"library": lambda: objective(W), "textbook": textbook(W, X, y)}
    agree(contestants, dtype)
    del contestants["textbook"]
    contestants["floor"] = floor(W, X, blocked.rows_per_block(W.shape))
    times = race(contestants, rng)
    return {name: ratios(times, name)["floor"] for name in times if name != "floor"}


def block_sizes(shape, dtype, rng):
    """Our evaluation with other numbers in a block, over the number that the library takes."""
    W, X, y = examples(shape, dtype, rng)
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
    found = {
        name: loosest_tolerance(make, features, labels, lam) for name, make in candidates.items()
    }
    best = min(seconds for name, (_, seconds) in found.items() if name != "ours")
    contestants = {
        name: lambda make=candidates[name], tol=tol: make(tol).fit(features, labels)
        for name, (tol, seconds) in found.items()
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


def passes(features, labels, lam):
    """Passes over the data that each method takes to the same relative gradient."""
    X = softmax_lib.add_bias(features)
    W = np.zeros((labels.max() + 1, X.shape[1]))
    objective = blocked.Objective(X, labels, len(W), lam)
    options = {"lam": lam, "tolerance": GRADIENT * np.linalg.norm(objective(W)[1])}
    result = {}
    for name in ("gradient_descent", "nesterov", "newton_cg", "lbfgs"):
        found = getattr(softmax_lib, name)(W, X, labels, max_passes=30_000, **options)
        result[name] = {"passes": int(found.passes[-1]), "converged": bool(found.converged)}
    return result


# All of it


def kernels():
    """Which kernels NumPy's OpenBLAS has chosen."""
    found = threadpoolctl.threadpool_info()
    return next(p["architecture"] for p in found if p["internal_api"] == "openblas")


def wide_kernels():
    """The races of loss and gradient once more with OpenBLAS's AVX-512 kernels.

    None where it has chosen them by itself or the processor lacks the instructions. OpenBLAS
    reads the variable when it is loaded, hence the other process.
    """
    if kernels() == "SkylakeX" or not __cpu_features__["AVX512_SKX"]:
        return None
    environment = os.environ | {"OPENBLAS_CORETYPE": "SkylakeX"}
    command = [sys.executable, __file__, "loss and gradient", "ladder"]
    output = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True).stdout
    return json.loads(output)


def for_each_shape(measure, shapes, rng, dtypes=("float64", "float32")):
    return {
        name: {dtype: measure(shape, np.dtype(dtype).type, rng) for dtype in dtypes}
        for name, shape in shapes.items()
    }


def in_float64(measure, shapes, rng):
    results = for_each_shape(measure, shapes, rng, ["float64"])
    return {name: result["float64"] for name, result in results.items()}


def measure(part, rng):
    three = {name: SHAPES[name] for name in ("MNIST", "many classes", "tall")}
    match part:
        case "loss and gradient":
            return for_each_shape(loss_and_gradient, SHAPES, rng)
        case "ladder":
            return in_float64(ladder, three, rng)
        case "block sizes":
            return in_float64(block_sizes, three, rng)
        case "memory":
            return {name: memory(shape, rng) for name, shape in three.items()}
        case "growth":
            return growth(rng)
        case "softmax" | "log_softmax" | "logsumexp":
            return for_each_shape(partial(functions, part), SCORES, rng)
        case "fits":
            return {name: fits(*data, rng) for name, *data in data_sets(rng)}
        case "passes":
            chosen = ("digits, standardised", "ill-conditioned")
            return {name: passes(*data) for name, *data in data_sets(rng) if name in chosen}
        case "wide kernels":
            return wide_kernels()


PARTS = ["loss and gradient", "ladder", "block sizes", "memory", "growth", "softmax"]
PARTS += ["log_softmax", "logsumexp", "fits", "passes", "wide kernels"]


# What README quotes


def readme(result):
    """The tables of README: our time over theirs, median and quartiles, in float64."""
    fits = {name: {"its best solver": _best(times)} for name, times in result["fits"].items()}
    scores = {
        name: {shape: times["float64"] for shape, times in result[name].items()}
        for name in ("softmax", "log_softmax", "logsumexp")
    }
    evaluations = {name: times["float64"] for name, times in result["loss and gradient"].items()}
    parts = [
        f"Our time over theirs: median and quartiles, float64, one core; {result['date']},"
        f" {result['machine']}, OpenBLAS with its {result['kernels']} kernels. `make bench`"
        " measures it on yours.",
        _table("loss and gradient, over", evaluations),
        _table("a fit to the same gradient, over scikit-learn with", fits),
    ]
    for name, times in scores.items():
        parts.append(_table(f"`{name}`, over", times))
    return "\n\n".join(parts)


def _table(title, results):
    """Markdown: a row for each peer, a column for each kind of data."""
    peers = list(dict.fromkeys(peer for times in results.values() for peer in times))
    rows = [[title, *results], ["---"] * (len(results) + 1)]
    for peer in peers:
        rows.append([peer, *(_cell(times.get(peer)) for times in results.values())])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _cell(quartiles):
    if quartiles is None:
        return "–"
    low, middle, high = (f"{q:.2f}" for q in quartiles)
    return f"**{middle}** ({low}–{high})"


def _best(times):
    """Against the solver that beats us by most: the largest ratio."""
    return max(times.values(), key=lambda quartiles: quartiles[1])


def quote(result):
    """Put the tables between their marks in README, and draw its figure."""
    before, _, rest = README.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    README.write_text(f"{before}{BEGIN}\n{readme(result)}\n{END}{after}")
    plot.use_style()
    figure, ax = plt.subplots(figsize=(8, 3.4))
    plot_cost.time_ratios(ax, {k: v["float64"] for k, v in result["loss and gradient"].items()})
    figure.savefig(README.parent / ".github" / "speed.png", dpi=110)


def main(parts):
    """Measure the parts and write them to speed.json; a few are for another process, printed."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    warnings.simplefilter("ignore")  # solvers that do not converge are left out
    result = {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "kernels": kernels(),
        "versions": {
            name: importlib.metadata.version(name)
            for name in ("numpy", "scipy", "scikit-learn", "torch", "jax")
            if installed(name)
        },
        "shapes": SHAPES,
    }
    for part in tqdm(parts or PARTS, unit="part"):
        result[part] = measure(part, np.random.default_rng(0))
    text = json.dumps(result, indent=1)
    if parts:
        print(text)
    else:
        RESULT.write_text(text + "\n")
        quote(result)


if __name__ == "__main__":
    main(sys.argv[1:])
