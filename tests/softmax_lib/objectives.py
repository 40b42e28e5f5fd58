"""Random objectives, and their Hessian entry by entry."""

import numpy as np
from hypothesis import strategies as st

from softmax_lib import add_bias, softmax_jacobian

EPS = np.finfo(float).eps
lams = st.sampled_from([0.0, 1e-3, 0.5, 10.0])


def problem(M=7, m=4, C=3, scale=1.0, dtype=float, seed=0):
    """Random weights of this scale, design matrix and labels."""
    rng = np.random.default_rng(seed)
    W, X = scale * rng.standard_normal((C, m + 1)), add_bias(rng.standard_normal((M, m)))
    return W.astype(dtype), X.astype(dtype), rng.integers(C, size=M)


def assert_same(actual, expected, tolerance=1e-12):
    """Numbers and arrays agree, each relative to its largest entry."""
    for a, e in zip(actual, expected, strict=True):
        np.testing.assert_allclose(a, e, rtol=0, atol=tolerance * np.abs(e).max())


problems = st.builds(
    problem,
    M=st.integers(1, 8),
    C=st.integers(2, 5),
    m=st.integers(0, 4),
    seed=st.integers(0, 1000),
)


def penalty(W, lam):
    return lam / 2 * sum(W[k, j] ** 2 for k in range(len(W)) for j in range(1, W.shape[1]))


def direction(W, seed=0):
    V = np.random.default_rng(seed).standard_normal(W.shape)
    return V / np.linalg.norm(V)


def hessian(W, X, lam):
    """The whole Hessian of the rows of W laid end to end: mean of J ⊗ x xᵀ, plus the penalty."""
    blocks = [np.kron(softmax_jacobian(W @ x), np.outer(x, x)) for x in X]
    penalised = np.tile([0] + [1] * (X.shape[1] - 1), len(W))
    return np.mean(blocks, axis=0) + lam * np.diag(penalised)
