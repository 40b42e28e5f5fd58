"""Why a mutant that the checker accepts is no error: shown in NumPy, without the checker.

usage: python benchmarks/survivors.py      compares with the survivors in benchmarks/mutants.json

An entry says of some mutants why they survive, and gives the part that was changed before and
after, or the two sides of an inequality, computed anew.
"""

import json
import sys
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace

import numpy as np

HERE = Path(__file__).resolve().parent
SCALES = (0.1, 1.0, 3.0)
ENTRIES = []


@dataclass
class Entry:
    """Mutants of a page that survive for one reason; `missed` says why a false one was accepted."""

    page: str
    reason: str
    mutants: tuple
    claim: str
    missed: str
    sides: object = field(repr=False)

    def holds(self, draws=60):
        """Whether NumPy agrees: the mutant is true, or false if it was missed."""
        pairs = (self.sides(draw(np.random.default_rng(n), SCALES[n % 3])) for n in range(draws))
        true = all(_agree(*map(np.asarray, pair), self.claim) for pair in pairs)
        return true != bool(self.missed)


def survivor(page, reason, *mutants, claim="=", missed=""):
    """Register the function below as what shows the reason."""

    def register(sides):
        ENTRIES.append(Entry(page, reason, mutants, claim, missed, sides))
        return sides

    return register


def verdict(entry):
    """What an entry shows of its mutants: equivalent, still true (an inequality), or missed."""
    return "missed" if entry.missed else "equivalent" if entry.claim == "=" else "still true"


def _agree(left, right, claim):
    if claim == "=":
        return left.shape == right.shape and np.allclose(left, right, rtol=1e-6, atol=1e-8)
    return bool(np.all(left <= right + 1e-9 * (1 + np.abs(right))))


def draw(rng, scale=1.0):
    """Random data, weights, and what follows from them, with labels from 1 to C."""
    M, m, C = rng.integers(2, 6, 3)
    X = np.column_stack([np.ones(M), scale * rng.standard_normal((M, m))])
    y, W = rng.integers(1, C + 1, M), scale * rng.standard_normal((C, m + 1))
    Y, S = np.eye(C)[y - 1], X @ W.T
    P = np.exp(S - S.max(1, keepdims=True))
    P /= P.sum(1, keepdims=True)
    jacobians = [np.diag(q) - np.outer(q, q) for q in P]
    blocks = [np.kron(J, np.outer(x, x)) for J, x in zip(jacobians, X, strict=True)]
    return SimpleNamespace(
        M=M, m=m, C=C, X=X, y=y, W=W, Y=Y, S=S, P=P, p=P[0], s=S[0], x=X[0], yy=Y[0], scale=scale,
        rng=rng, J=jacobians[0], G=(P - Y).T @ X / M, H=sum(blocks) / M,
        B=np.linalg.eigvalsh(X.T @ X)[-1] / (2 * M), loss=lambda V: loss(V, X, y),
        L=loss(W, X, y), c=rng.standard_normal(), lam=rng.uniform(0.3, 2), gam=rng.uniform(0.3, 2),
    )  # fmt: skip


def loss(W, X, y):
    """Mean negative log-likelihood."""
    S = X @ W.T
    top = S.max(1, keepdims=True)
    return np.mean(np.log(np.exp(S - top).sum(1)) + top[:, 0] - S[np.arange(len(y)), y - 1])


def load():
    """All entries."""
    if not ENTRIES:
        import survivors_bounds  # noqa: F401
        import survivors_derivations  # noqa: F401
    return ENTRIES


def reasons():
    """What mutants.json and the book tell of each entry."""
    return [[e.page, verdict(e), e.reason, e.missed, len(e.mutants)] for e in load()]


def compare():
    """What is uncovered, covered twice, stale, or not as its entry says."""
    found = [tuple(s) for s in json.loads((HERE / "mutants.json").read_text())["survivors"]]
    known = Counter((e.page, mutant) for e in load() for mutant in e.mutants)
    survivors = {(page, mutant) for page, _, _, mutant in found}
    yield from (f"unexplained: {page}: {mutant}" for page, mutant in sorted(survivors - set(known)))
    yield from (f"no survivor: {page}: {m}" for page, m in sorted(set(known) - survivors))
    yield from (f"explained {n} times: {key}" for key, n in known.items() if n > 1)
    yield from (f"not so: {e.page}: {e.reason}" for e in load() if not e.holds())


if __name__ == "__main__":
    sys.modules["survivors"] = sys.modules["__main__"]
    problems = list(compare())
    print("\n".join(problems) or "every survivor is explained")
    sys.exit(bool(problems))
