"""What data cost that lie in a file, or that several processes share.

`make bench` runs it; the result, book/scale.json, is what the chapter on scale quotes. It takes
about three minutes and, while it runs, 2.1 GB of the folder for temporary files. Linux only.
"""

import json
import os
import subprocess
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
import record
from dask.distributed import Client, LocalCluster
from speed import race
from tqdm import tqdm

from softmax_lib import distributed
from softmax_lib.blocked import Objective, Rows, sums
from softmax_lib.distributed import DistributedObjective

HERE = Path(__file__).parent
CLASSES = 10
WORKERS = 2
MIB = 2**20


# Measuring


def quartiles(runs):
    """Quartiles of the seconds of each run, by its name, the runs taking turns."""
    times = race(runs, np.random.default_rng(0))
    return {name: _rounded(np.quantile(t, [0.25, 0.5, 0.75])) for name, t in times.items()}


def _rounded(numbers):
    return [float(f"{number:.3g}") for number in numbers]


def write_classes(folder, M, m):
    """Normal features around a centre for each class, in float32, with labels of one byte."""
    rng = np.random.default_rng(0)
    y = rng.integers(0, CLASSES, M).astype(np.uint8)
    X = np.lib.format.open_memmap(folder / "X.npy", "w+", np.float32, (M, m))
    centres = 2 / np.sqrt(m) * rng.standard_normal((CLASSES, m), np.float32)
    for start in range(0, M, 50_000):
        block = slice(start, start + 50_000)
        X[block] = rng.standard_normal((len(y[block]), m), np.float32) + centres[y[block]]
    np.save(folder / "y.npy", y)
    return folder / "X.npy", folder / "y.npy"


# Out of core


def limited_memory(folder):
    """A fit to 2 GB by a process that may allocate 64 MiB when everything is imported."""
    paths = write_classes(folder, 2_000_000, 256)
    command = [sys.executable, str(HERE / "limited_fit.py"), *map(str, paths), str(64 * MIB)]
    seen = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return seen | {"seconds": round(seen["seconds"], 1)}


def rows(folder, m=128):
    """Seconds of one evaluation of loss and gradient on the first rows of a file of 2 GB."""
    X, y = map(_mapped, write_classes(folder, 4_000_000, m))
    W = np.zeros((CLASSES, m + 1))
    sizes = [4_000_000 // 2**n for n in range(6, -1, -1)]
    objectives = {M: Objective(X[:M], y[:M], CLASSES, bias=True) for M in sizes}
    runs = {M: lambda objective=objective: objective(W) for M, objective in objectives.items()}
    return {"m": m, "C": CLASSES, "seconds": quartiles(runs)}


def _mapped(path):
    return np.load(path, mmap_mode="r")


# Several processes


def processes(folder, m=128):
    """Seconds of one evaluation by one process, by a pool of processes, and by Dask."""
    W, seconds = np.zeros((CLASSES, m + 1)), {}
    with (
        LocalCluster(n_workers=WORKERS, threads_per_worker=1, dashboard_address=":0") as cluster,
        Client(cluster) as client,
        ProcessPoolExecutor(WORKERS) as pool,
    ):
        for M in (1000, 10_000, 30_000, 100_000, 300_000, 1_000_000):
            paths = write_classes(folder, M, m)
            here = Objective(*map(_mapped, paths), CLASSES, bias=True)
            there = DistributedObjective(*paths, CLASSES, client=client, parts=WORKERS)
            runs = {
                "one process": lambda here=here: here(W),
                "process pool": lambda paths=paths, M=M: _pool_sums(pool, paths, M, W),
                "Dask": lambda there=there: there(W),
            }
            seconds[M] = quartiles(runs)
        paths, many = write_classes(folder, 1000, m), WORKERS + 64
        few_and_many = {
            parts: DistributedObjective(*paths, CLASSES, client=client, parts=parts)
            for parts in (WORKERS, many)
        }
        runs = {parts: lambda there=there: there(W) for parts, there in few_and_many.items()}
        tasks = quartiles(runs)
    each_task = (tasks[many][1] - tasks[WORKERS][1]) / (many - WORKERS)
    return {
        "m": m,
        "C": CLASSES,
        "workers": WORKERS,
        "seconds": seconds,
        "break-even": {name: break_even(seconds, name) for name in ("process pool", "Dask")},
        "seconds per further task": _rounded([each_task])[0],
    }


def _pool_sums(pool, paths, M, W):
    """The tasks of `DistributedObjective`, in a pool of processes."""
    ranges = [range(M * n // WORKERS, M * (n + 1) // WORKERS, M) for n in range(WORKERS)]
    tasks = [pool.submit(distributed._on_rows, each, sums, paths, [W]) for each in ranges]
    return distributed._added([task.result() for task in tasks])


def break_even(seconds, name):
    """From how many rows on it is faster than one process: between the sizes, by a power law."""
    sizes = list(seconds)
    logs = [np.log(seconds[M][name][1] / seconds[M]["one process"][1]) for M in sizes]
    slower = [n for n, log in enumerate(logs) if log > 0]
    if not slower or slower[-1] == len(sizes) - 1:
        return None
    n = slower[-1]
    between = np.interp(0, [logs[n + 1], logs[n]], np.log([sizes[n + 1], sizes[n]]))
    return _rounded([np.exp(between)])[0]


# What an estimate needs


def constants(folder, M=4000, m=1000, C=1000):
    """Seconds for one row, one column of X and one class, at a thousand columns and classes."""
    rng = np.random.default_rng(0)
    X = rng.standard_normal((M, m + 1), np.float32)
    X[:, 0] = 1
    np.save(folder / "X.npy", X[:, 1:])
    file, y, W = Rows(_mapped(folder / "X.npy")), rng.integers(0, C, M), np.zeros((C, m + 1))
    runs = {"float32": lambda: sums(W, X, y), "float64": lambda: sums(W, file, y)}
    seconds = quartiles(runs)
    unit = M * (m + 1) * C
    return {"m": m, "C": C} | {kind: _rounded(np.array(q) / unit) for kind, q in seconds.items()}


PARTS = {
    "limited memory": limited_memory,
    "rows": rows,
    "processes": processes,
    "constants": constants,
}


def main():
    if os.environ.get("OPENBLAS_NUM_THREADS") != "1":
        raise SystemExit("one thread per process: set OPENBLAS_NUM_THREADS=1")
    result = record.header()
    for name, measure in tqdm(PARTS.items(), unit="part"):
        with tempfile.TemporaryDirectory() as folder:
            result[name] = measure(Path(folder))
    record.save("scale", result)


if __name__ == "__main__":
    main()
