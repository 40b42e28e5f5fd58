"""The same objective on data in a file, evaluated by several processes or machines with Dask.

The sums over the examples that `softmax_lib.blocked` computes may be computed in parts, anywhere.
Each task is given a path and a range of rows, reads those rows itself and runs the NumPy kernel on
them. Only weights and partial sums travel.
"""

from itertools import pairwise
from numbers import Integral
from os import PathLike
from pathlib import Path
from typing import Self

import numpy as np

try:
    import dask
    from dask.distributed import Client, LocalCluster
    from dask.sizeof import sizeof
    from dask.system import CPU_COUNT
except ModuleNotFoundError as error:
    message = f"softmax_lib.distributed needs Dask: pip install 'dask[distributed]' ({error})"
    raise ModuleNotFoundError(message, name=error.name) from error

from softmax_lib.blocked import Objective, Rows
from softmax_lib.checks import (
    check_classes,
    check_positive,
    checked_array,
    checked_labels,
    checked_matrix,
    checked_not_negative,
)

__all__ = ["DistributedObjective"]

# Bytes of X that a task maps into its memory at a time. Dask counts them as the worker's own, and
# restarts a worker that grows beyond its limit.
MAPPED = 2**27

# Bytes of matrices that go out within each task, which saves the wait for a task of their own.
EMBEDDED = 50_000

# How many partial sums are added at a time.
FAN_IN = 8


class DistributedObjective(Objective):
    """L(W) and its derivatives on examples in a file: an `Objective` whose sums Dask computes.

    Partial sums are added in an order that depends on their number alone, so with the same `parts`
    a fit gives the same weights to the last bit however the tasks were scheduled, if all
    processors have the same kernels of the matrix product. Tasks of a worker that is lost run again
    elsewhere.

    Parameters
    ----------
    X : path
        An .npy file of features, shape (M, m), without the column of ones. Every worker must find
        it under this path.
    y : path
        An .npy file of labels, 0..C − 1, shape (M,), likewise; any integer type.
    C, lam
        As for `Objective`.
    client : dask.distributed.Client, optional
        Whose workers compute, and which stays open. By default a cluster on this machine, a
        process per core, which `close` or the end of a `with` block stops.
    parts : int, optional
        Into how many ranges of rows, a task each, an evaluation is cut. By default one per thread
        of the workers. More of them even out workers of different speed.

    Raises
    ------
    FileNotFoundError
        If there is no file at one of the paths.
    TypeError
        If `client` is no client, as the address of one.
    ValueError
        As for `Objective`; if a file is no .npy file, or the client has no worker.

    Notes
    -----
    Processes start as copies of the main program: in a script, the line that makes an objective
    without a client stands below ``if __name__ == "__main__":``.

    Examples
    --------
    >>> import tempfile
    >>> from softmax_lib import load_iris
    >>> folder = Path(tempfile.mkdtemp())
    >>> features, labels = load_iris()
    >>> np.save(folder / "X.npy", features)
    >>> np.save(folder / "y.npy", labels)
    >>> with Client(processes=False, dashboard_address=":0") as client:
    ...     objective = DistributedObjective(folder / "X.npy", folder / "y.npy", 3, client=client)
    ...     L, G = objective(np.zeros(objective.shape))
    >>> round(L, 6) == round(float(np.log(3)), 6), G.shape
    (True, (3, 5))
    """

    def __init__(
        self,
        X: PathLike[str] | str,
        y: PathLike[str] | str,
        C: int,
        lam: float = 0.0,
        *,
        client: Client | None = None,
        parts: int | None = None,
    ) -> None:
        self.lam = checked_not_negative("lam", lam)
        check_classes(C)
        check_positive(Integral, parts=1 if parts is None else parts)
        self.paths = [Path(path).resolve() for path in (X, y)]
        rows, labels = map(_mapped, self.paths)
        if checked_array(self.paths[0], rows).ndim != 2 or not rows.size:
            came = f"each at least 1, got {rows.shape}"
            raise ValueError(f"{self.paths[0]} must have shape (M, m), {came}")
        M, m = rows.shape
        checked_labels(labels, C, M)
        self.shape, self.total_weight = (int(C), m + 1), float(M)
        self._cluster = None
        if client is None:
            self._cluster = LocalCluster(
                n_workers=CPU_COUNT, threads_per_worker=1, dashboard_address=":0"
            )
            client = Client(self._cluster)
        if not isinstance(client, Client):
            kind = type(client).__name__
            raise TypeError(f"client must be a Client, as Client('tcp://head:8786'), got {kind}")
        self.client = client
        try:
            self._plan(rows, parts)
            self._total(_check, None)
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the processes that were started for this objective; a client given stays open."""
        if self._cluster is not None:
            self.client.close()
            self._cluster.close()

    def _plan(self, X, parts):
        """Cut the rows into parts, and send each part to the same worker at every pass.

        The worker then finds its rows in its machine's memory, if that is large enough.
        """
        threads = self.client.nthreads()
        homes = [worker for worker, n in sorted(threads.items()) for _ in range(n)]
        if not homes:
            raise ValueError("client must have at least one worker, got none")
        parts = min(len(X), parts or len(homes))
        step = max(1, MAPPED * len(X) // X.nbytes)
        bounds = [len(X) * n // parts for n in range(parts + 1)]
        self._parts: dict[str, list[range]] = {}
        for n, (start, stop) in enumerate(pairwise(bounds)):
            home = homes[n * len(homes) // parts]
            self._parts.setdefault(home, []).append(range(start, stop, step))

    def _total(self, kernel, *matrices):
        sent = matrices
        if sizeof(matrices) > EMBEDDED:  # out once, then from worker to worker
            # Dask warns of data in a task, for they could be loaded there; these could not
            with dask.config.set({"distributed.admin.large-graph-warning-threshold": "1TiB"}):
                sent = self.client.submit(tuple, matrices, pure=False)
        partial_sums = []
        for home, ranges in self._parts.items():
            partial_sums += self.client.map(
                _on_rows,
                ranges,
                kernel=kernel,
                paths=self.paths,
                matrices=sent,
                # a tie to the only worker would outlive it: Dask waits for its address to return
                workers=[home] if len(self._parts) > 1 else None,
                allow_other_workers=len(self._parts) > 1,
                pure=False,
            )
        while len(partial_sums) > FAN_IN:  # added on the workers, so that few come back
            groups = [partial_sums[n : n + FAN_IN] for n in range(0, len(partial_sums), FAN_IN)]
            partial_sums = self.client.map(_added, groups, pure=False)
        return _added(self.client.gather(partial_sums))


def _on_rows(starts, kernel, paths, matrices):
    """What the kernel gives for the rows of a range, mapped in the steps of the range."""
    total = None
    for start in starts:
        stop = min(start + starts.step, starts.stop)
        try:
            X, y = (_mapped(path)[start:stop] for path in paths)
            if not len(X) == len(y) == stop - start:
                raise ValueError("a file has fewer rows than when the objective was made")
            sums_of_block = kernel(matrices[0], Rows(X), y, None, *matrices[1:])
        except Exception as error:
            error.add_note(f"in rows {start} to {stop - 1} of {paths[0]}, counted from there")
            raise
        total = sums_of_block if total is None else _added([total, sums_of_block])
    return total


def _check(W, X, y, weights):
    checked_matrix("X", X.features, "(M, m)")
    return ()


def _added(partial_sums):
    return [sum(column) for column in zip(*partial_sums, strict=True)]


def _mapped(path):
    try:
        return np.lib.format.open_memmap(path, mode="r")
    except ValueError as error:
        raise ValueError(f"{path} must be a whole .npy file: {error}") from error
