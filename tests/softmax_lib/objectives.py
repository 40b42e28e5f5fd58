"""Random objectives, and their Hessian entry by entry."""

import numpy as np
from hypothesis import strategies as st

from softmax_lib import add_bias, softmax_jacobian

EPS = np.finfo(float).eps
lams = st.sampled_from([0.0, 1e-3, 0.5, 10.0])


def problem(M=7, C=3, m=4, seed=0):
    """Random weights, design matrix and labels."""
    rng = np.random.default_rng(seed)
    W = rng.standard_normal((C, m + 1))
    return W, add_bias(rng.standard_normal((M, m))), rng.integers(C, size=M)


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
