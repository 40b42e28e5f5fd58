"""Checks of the exercises of *curvature*."""

import numpy as np

from softmax_lib.exercises import judges
from softmax_lib.functions import softmax_jacobian
from softmax_lib.loss import curvature_bound


def two_classes(jacobian=..., eigenvalues=..., largest=...):
    J = 3 / 16 * np.array([[1.0, -1.0], [-1.0, 1.0]])
    found = judges.in_form(eigenvalues, lambda array: np.sort(array, axis=None))
    return judges.values(
        jacobian=(jacobian, J, {"off the diagonal stands -p_1 p_2": np.diag(np.diag(J)),
                                "the signs off the diagonal": abs(J)}),
        eigenvalues=(found, np.linalg.eigvalsh(J), {
            "(1, -1) is multiplied by p_1 p_2 twice": np.array([0, 3 / 16]),
            "that is the diagonal": np.array([3 / 16, 3 / 16])}),
        largest=(largest, 1 / 2, {"that is the largest p_1 p_2": 1 / 4}))  # fmt: skip


def trace_bound(by_trace=..., by_eigenvalue=...):
    X = np.array([[1.0, 0.0], [1.0, 2.0]])
    trace, exact = np.mean(np.sum(X**2, axis=1)) / 2, curvature_bound(X)
    return judges.values(by_trace=(by_trace, trace), by_eigenvalue=(by_eigenvalue, exact))


def power_method(quotient=...):
    A, v = np.diag([3.0, 1.0]), np.array([1.0, 1.0])
    B = np.array([[2.0, 1.0], [1.0, 2.0]])
    tests = {
        "diag(3, 1), no product": (lambda v: A @ v, v, 0),
        "diag(3, 1), one product": (lambda v: A @ v, v, 1),
        "[[2, 1], [1, 2]], 200 products": (lambda v: B @ v, np.array([1.0, 0.0]), 200),
    }

    def right(multiply, v, n, rescale=True):
        for _ in range(n):
            v = multiply(v)
            v = v / np.linalg.norm(v) if rescale else v
        return v @ multiply(v) / (v @ v if rescale else 1)

    slips = {
        "rescale v to length 1, or the numbers explode": lambda f, v, n: right(f, v, n, False),
        "n products before the quotient, which takes one more": lambda multiply, v, n: right(
            multiply, v, max(n - 1, 0)
        ),
    }
    return judges.program(quotient, tests, right, slips)


@judges.example
def attained(biases=...):
    yield biases.shape == (10,), "ten biases"
    share = 2 * np.linalg.eigvalsh(softmax_jacobian(biases))[-1]
    told = f"the largest eigenvalue is {share:.3f} of the bound"
    yield share > 0.3, f"{told}: for which probabilities has J the eigenvalue 1/2?"
    yield share > 0.99, f"{told}: how can the other classes be given less?"


def other_stacking(H=...):
    J, A = np.array([[1.0, -1.0], [-1.0, 1.0]]) / 4, np.array([[1.0, 2.0], [2.0, 4.0]])
    return judges.values(
        H=(H, np.kron(A, J), {
            "that stacks the rows of W: which index runs fastest now?": np.kron(J, A),
            "all products of entries, not a product of matrices": A @ J}))  # fmt: skip


@judges.example
def missing_class(direction=...):
    yield direction.shape == (3, 2), "a direction has the shape of W, 3 × 2, biases first"
    yield not direction[:, 1:].any(), "these weights are penalised: the penalty grows"
    first, second, third = direction[:, 0]
    yield first == second, "of two classes that occur, the one that falls behind pays for ever"
    yield third < first, "the loss does not fall all along it: whose bias may go down?"


def newton(rank=..., slope=...):
    C, columns = 3, 5
    return judges.values(
        rank=(rank, (C - 1) * columns, {
            "some directions are always flat": C * columns,
            "a flat direction for each column of X, not one in all": C * columns - 1}),
        slope=(slope, 0.0))  # fmt: skip


def bohning(move=...):
    X = np.array([[1.0, 0.0], [1.0, 2.0], [1.0, 1.0]])
    G = np.array([[0.5, 1.0], [-0.5, -1.0]])

    def right(G, X):
        return -2 * G @ np.linalg.pinv(X.T @ X / len(X))

    slips = {
        "the half of the bound is inverted, too": lambda G, X: right(G, X) / 2,
        "down, not up": lambda G, X: -right(G, X),
        "the mean over the examples: where is M?": lambda G, X: right(G, X) / len(X),
    }
    return judges.program(move, {"three examples": (G, X), "one": (G, X[1:2])}, right, slips)
