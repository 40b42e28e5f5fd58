"""What a measurement says of itself, and how it is kept: beside the chapters, a row in a line."""

import datetime
import importlib.metadata
import importlib.util
import json
import os
import platform
import re
from pathlib import Path

import threadpoolctl

BOOK = Path(__file__).resolve().parent.parent / "book"
MODULES = {"PyTorch": "torch", "JAX": "jax", "SciPy": "scipy", "scikit-learn": "sklearn"}


def header():
    """When, on what machine, with which kernels and versions."""
    packages = ("numpy", "scipy", "scikit-learn", "torch", "jax", "dask", "softmax_lib")
    return {
        "date": datetime.date.today().isoformat(),
        "machine": machine(),
        "kernels": kernels(),
        "versions": {
            "python": platform.python_version(),
            **{p: importlib.metadata.version(p) for p in packages if installed(p)},
        },
    }


def installed(name):
    """Whether a library, by its name or that of its package, can be imported."""
    return importlib.util.find_spec(MODULES.get(name, name)) is not None


def machine():
    """The class of the processor, and how many cores."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    models = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores"


def kernels():
    """The kernels of NumPy's OpenBLAS: those that it chose, unless OPENBLAS_CORETYPE named some."""
    libraries = threadpoolctl.threadpool_info()
    return next(p["architecture"] for p in libraries if p["internal_api"] == "openblas")


def path(name):
    return BOOK / f"{name}.json"


def read(name):
    return json.loads(path(name).read_text())


def save(name, result):
    text = json.dumps(result, ensure_ascii=False, indent=1)
    rows = re.sub(r"\n {3,}|\n  (?=[]}])", " ", text)  # what lies deeper than a row is in its line
    path(name).write_text(rows + "\n")
