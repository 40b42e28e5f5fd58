"""How exact are softmax, its logarithm, the negative log-likelihood and log-sum-exp?

usage: python benchmarks/accuracy.py        writes book/accuracy.json

The worst relative error over all results, in units of eps of the type, against the plain formulas
with 50 digits; for this library, SciPy and, where they are installed, PyTorch and JAX. (Log-sum-exp
can be zero: its error is relative to the larger of result and largest score.) The scores are random
and adversarial, from 2 to 1000 classes. PyTorch and JAX are not among the project's requirements.
"""

from functools import cache

import mpmath
import numpy as np
import record
import scipy.special
from record import installed

import softmax_lib

TYPES = {"float64": np.float64, "float32": np.float32}
ROWS = [
    ("softmax", "standard normal"),
    ("softmax", "±30"),
    ("softmax", "spread 60"),
    ("log_softmax", "±30"),
    ("log_softmax", "p → 1"),
    ("negative log-likelihood", "±30"),
    ("negative log-likelihood", "p → 1"),
    ("logsumexp", "standard normal"),
    ("logsumexp", "±30"),
    ("logsumexp", "[0, −40]"),
]
CLASSES = [2, 3, 10, 33, 100, 1000]
BATCH = 20_000  # numbers; few are computed in another way than many


def scores(kind, dtype, numbers):
    """Matrices with a vector of scores in each row, one matrix for each number of classes."""
    if kind == "[0, −40]":
        return [np.array([[0, -40]], dtype)]
    rng = np.random.default_rng(0)
    rows = {C: range(max(12, numbers // C)) for C in CLASSES}
    return [np.array([_vector(kind, n, C, rng) for n in rows[C]], dtype) for C in CLASSES]


def _vector(kind, n, C, rng):
    if kind == "standard normal":
        return rng.standard_normal(C)
    if kind == "spread 60":
        return 10 * rng.standard_normal(C)
    # cubes have all their digits, where uniform numbers end at 1e-15 and differences are exact
    s, leader = 30 * rng.uniform(-1, 1, C) ** 3, rng.integers(C)
    if kind == "p → 1":
        s = (-30, 3)[n % 2] * np.abs(s / 30) - 3
        s[leader] = 5 + 25 * rng.random() ** 3
    # ±30: every other vector is plain, the others are hard to add or to subtract
    elif n % 12 == 1:  # one score above equal others, by little or by much
        s[:] = -30
        s[leader] = rng.uniform(-30, 30)
    elif n % 12 == 3:  # two equal scores above equal others
        s[:] = rng.uniform(-20, 0)
        s[[leader, leader - 1]] = rng.uniform(0, 15)
    elif n % 12 == 5:  # all equal
        s[:] = s[0]
    elif n % 12 == 7:  # tiny differences
        s = s[0] + 10.0 ** rng.uniform(-16, 0) * rng.standard_normal(C)
    elif n % 12 == 9:  # gaps of every size
        s = 30 - 10.0 ** rng.uniform(-8, np.log10(60), C)
    elif n % 12 == 11:  # almost equal scores, the first of them ahead
        s = 1e-3 * s - 15
        s[0] += 10.0 ** rng.uniform(-3, 1.6)
    return s.clip(-30, 30)


def exact(function, s, digits=50):
    """The plain formula with many digits, as a list of numbers."""
    s = tuple(map(float, s))
    e, total, log_total = _exponentials(s, digits)
    with mpmath.workdps(digits):
        if function == "softmax":
            return [e_k / total for e_k in e]
        return [log_total] if function == "logsumexp" else [s_k - log_total for s_k in s]


@cache  # the functions are tried on the same scores
def _exponentials(s, digits):
    with mpmath.workdps(digits):
        e = [mpmath.exp(score) for score in s]
        total = mpmath.fsum(e)
        return e, total, mpmath.log(total)


def error(got, expected, eps, smallest):
    """The worst relative error in units of eps; of numbers below `smallest`, relative to that."""
    with mpmath.workdps(50):
        return max(
            float(abs(mpmath.mpf(float(a)) - b) / max(abs(b), smallest) / eps)
            for a, b in zip(np.ravel(got), expected, strict=True)
        )


def _softmax_lib():
    def nll(s, y):  # the scores as weights of the bias alone: S = X Wᵀ is exact
        return softmax_lib.loss(s[:, None], np.ones((1, 1), s.dtype), [y])

    return _functions(softmax_lib) | {"negative log-likelihood": nll}


def _scipy():
    return _functions(scipy.special)


def _torch():
    import torch

    return _functions(torch, torch.from_numpy)


def _jax():
    import jax

    jax.config.update("jax_enable_x64", True)
    return _functions(jax.nn)


def _functions(library, converted=np.asarray):
    """What a library offers: all of them use the same names and arguments."""
    names = ("softmax", "log_softmax", "logsumexp")
    of = {name: _on_numpy(getattr(library, name), converted) for name in names}
    return of | {"negative log-likelihood": lambda s, y: -of["log_softmax"](s[None])[0, y]}


def _on_numpy(function, converted):
    return lambda S: np.asarray(function(converted(S), 1))


LIBRARIES = {"softmax_lib": _softmax_lib, "SciPy": _scipy, "PyTorch": _torch, "JAX": _jax}


def worst(functions, function, kind, dtype, numbers=4000):
    """The worst error of each library in one row of the table, in units of eps."""
    eps, tiny = float(np.finfo(dtype).eps), float(np.finfo(dtype).tiny)
    nll = function == "negative log-likelihood"
    result = {name: 0.0 for name, has in functions.items() if function in has}
    for S in scores(kind, dtype, numbers):
        expected = [exact("log_softmax" if nll else function, s) for s in S]
        many = np.tile(S, (-(-BATCH // S.size), 1))
        for name in result:
            call = functions[name][function]
            if nll:  # of the most and of the least probable class
                got = [[call(s, y) for y in (s.argmax(), s.argmin())] for s in S]
            else:  # few numbers and many may be computed in different ways
                got = [*zip(call(S), call(many)[: len(S)], strict=True)]
            for s, values, right in zip(S, got, expected, strict=True):
                right = [-right[s.argmax()], -right[s.argmin()]] if nll else right * 2
                smallest = max(tiny, abs(float(s.max()))) if function == "logsumexp" else tiny
                result[name] = max(result[name], error(values, right, eps, smallest))
    return result


def measure():
    functions = {name: load() for name, load in LIBRARIES.items() if installed(name)}
    return record.header() | {
        "worst": [
            [function, kind, name, {k: float(f"{v:.3g}") for k, v in row.items()}]
            for function, kind in ROWS
            for name, dtype in TYPES.items()
            for row in [worst(functions, function, kind, dtype)]
        ],
    }


if __name__ == "__main__":
    record.save("accuracy", measure())
