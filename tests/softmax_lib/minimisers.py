"""The minimisers, and problems for them."""

import numpy as np
import pytest

from softmax_lib import (
    Objective,
    Result,
    add_bias,
    gradient_descent,
    lbfgs,
    loss_and_gradient,
    nesterov,
    newton_cg,
    sgd,
)


def backtracking(*args, **options):
    return gradient_descent(*args, backtracking=True, **options)


def one_batch(W, objective, **options):
    """Mini-batches of all examples."""
    return sgd(W, objective, batch_size=10_000, rng=np.random.default_rng(0), **options)


METHODS = [gradient_descent, backtracking, nesterov, lbfgs, newton_cg, one_batch]
every = pytest.mark.parametrize("minimise", METHODS, ids=lambda f: f.__name__)
# those that look for a step and tell when rounding leaves none
searching = pytest.mark.parametrize(
    "minimise", [backtracking, lbfgs, newton_cg], ids=lambda f: f.__name__
)


class Counted(Objective):
    """An objective that counts what a pass costs."""

    calls = 0

    def __call__(self, W):
        self.calls += 1
        return super().__call__(W)

    def hessian_product(self, W, V):
        self.calls += 1
        return super().hessian_product(W, V)

    def gram(self, W=None):
        self.calls += W is not None
        return super().gram(W)


def problem(M=30, C=3, m=4, seed=0):
    """Zero weights and a data set whose classes overlap."""
    rng = np.random.default_rng(seed)
    X = add_bias(rng.standard_normal((M, m)))
    y = np.argmax(X @ rng.standard_normal((m + 1, C)) + 2 * rng.standard_normal((M, C)), axis=1)
    return np.zeros((C, m + 1)), X, y


def task(M=30, lam=0.0):
    """Zero weights and the objective of `problem`."""
    W, X, y = problem(M)
    return W, Objective(X, y, 3, lam)


def check_result(result, X, y, lam, tolerance):
    """Histories are equally long, start at the start, and end at W; the flag is the tolerance."""
    n = len(result.loss)
    assert len(result.gradient_norm) == len(result.passes) == n
    assert result.passes.dtype.kind == "i"
    assert (np.diff(result.passes) > 0).all()
    L, G = loss_and_gradient(result.W, X, y, lam)
    assert result.loss[-1] == pytest.approx(L, rel=1e-12)
    assert result.gradient_norm[-1] == pytest.approx(np.linalg.norm(G), rel=1e-9, abs=1e-14)
    assert result.converged == (result.gradient_norm[-1] <= tolerance)
    assert type(result) is Result
