"""Fit a model to a file in a process that may not allocate as much memory as the file is large.

usage: python benchmarks/limited_fit.py FEATURES.npy LABELS.npy BYTES

BYTES is what the process may allocate when everything is imported. The limit is the system's on
private writable memory (RLIMIT_DATA); pages of a file that is mapped for reading are not of that
kind. Prints what was seen, as JSON. Linux only.
"""

import json
import resource
import sys
import threading
import time
from pathlib import Path

import numpy as np

from softmax_lib.model import SoftmaxRegression


def status(field):
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(1024 * int(line.split()[1]) for line in lines if line.startswith(f"{field}:"))


def main(X, y, spare):
    limit = status("VmData") + int(spare)
    resource.setrlimit(resource.RLIMIT_DATA, (limit, limit))
    try:
        np.load(X)
    except MemoryError:
        pass
    else:
        raise SystemExit(f"{X} must be larger than the limit, but could be loaded")
    X, y = np.load(X, mmap_mode="r"), np.load(y)

    before, seen, done = status("RssAnon"), [], threading.Event()

    def watch():
        while not done.wait(0.01):
            seen.append(status("RssAnon"))

    threading.Thread(target=watch, daemon=True).start()
    start = time.perf_counter()
    model = SoftmaxRegression(lam=1e-3, tol=1e-5).fit(X, y)
    seconds = time.perf_counter() - start
    done.set()
    result = {
        "rows": X.shape[0],
        "features": X.shape[1],
        "bytes": X.nbytes,
        "limit": int(spare),
        "anonymous before": before,
        "anonymous at most": max(seen),
        "seconds": seconds,
        "passes": int(model.result_.passes[-1]),
        "converged": bool(model.result_.converged),
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main(*sys.argv[1:])
