"""Loss and gradient by other programs, each prepared for its data and called without arguments."""

import numpy as np
from sklearn._loss import HalfMultinomialLoss
from sklearn.linear_model._linear_loss import LinearModelLoss


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
