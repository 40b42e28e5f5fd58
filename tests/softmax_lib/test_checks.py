"""What is refused: every function names the argument, what was expected and what came."""

import inspect
import re

import numpy as np
import pytest
import scipy.sparse

from softmax_lib import (
    Objective,
    add_bias,
    check_gradient,
    curvature_bound,
    gradient,
    gradient_descent,
    hessian_vector_product,
    lbfgs,
    load_iris,
    log_softmax,
    logsumexp,
    loss,
    loss_and_gradient,
    nesterov,
    newton_cg,
    one_hot,
    sgd,
    softmax,
    softmax_jacobian,
    standardize,
)
from softmax_lib.model import SoftmaxRegression

W0, X0, Y0 = np.zeros((3, 2)), np.ones((4, 2)), np.array([0, 1, 2, 0])
OBJECTIVE = Objective(X0, Y0, 3, 1.0)
GOOD = {
    "W": W0, "X": X0, "y": Y0, "V": W0, "C": 3, "objective": OBJECTIVE, "batch_size": 2,
    "rng": np.random.default_rng(0), "fun": lambda W: (np.sum(W**2), 2 * W),
}  # fmt: skip


def fit(**parameters):
    return SoftmaxRegression(**parameters).fit(*load_iris())


def standardize_both(train):
    return standardize(train, [[1.0, 1e200]])


def hessian_at(W):
    return OBJECTIVE.hessian_product(W, W0)


def hessian_along(V):
    return OBJECTIVE.hessian_product(W0, V)


LOSS = (loss, gradient, loss_and_gradient)
OF_W, OF_X = (*LOSS, hessian_vector_product), (*LOSS, hessian_vector_product, curvature_bound)
EVALUATED = (OBJECTIVE, OBJECTIVE.gram, hessian_at)
OF_LABELS, OF_SCORES = (*LOSS, one_hot, Objective), (softmax, log_softmax, logsumexp)
STEPPED = (gradient_descent, nesterov, sgd)
MINIMISERS = (*STEPPED, lbfgs, newton_cg)


def spoiled(A, index, value):
    A = A.astype(float)
    A[index] = value
    return A


def masked(A):
    return np.ma.masked_array(A, mask=A.flat[1] == A)


def sparse(A):
    return scipy.sparse.csr_array(np.atleast_2d(A))


W_SHAPE, X_SHAPE = (f"must have shape ({A} + 1), each at least 1, got" for A in ("C, m", "M, m"))
REAL = "must hold real numbers, got"
MASKED = "must have no masked entries: leave out what is missing"
LABELS, OVERFLOW = "must lie in 0..2 (C = 3 classes), got", "must give a finite loss and gradient"
WEIGHTS = "must be finite, not negative and not all zero, got"
BAD = [  # functions, one of their arguments, a value that is bad, and what is said of it
    (OF_W, "W", np.zeros(3), f"W {W_SHAPE} (3,)"),
    (OF_W, "W", np.zeros((3, 0)), f"W {W_SHAPE} (3, 0)"),
    (OF_W, "W", W0[:1], "W must have a row for each of at least 2 classes, got 1"),
    ((*OF_W, *MINIMISERS), "W", spoiled(W0, (2, 1), np.nan), "W must be finite, got nan at [2, 1]"),
    ((*OF_W, *MINIMISERS, *EVALUATED), "W", W0 * 1j, f"W {REAL} an array of complex128"),
    (EVALUATED, "W", W0[:1], "W must have shape (3, 2), got (1, 2)"),
    (MINIMISERS, "W", W0[:, :1],
        "W must have the shape that the data ask for, (3, 2), got (3, 1)"
        " (add_bias adds the column of ones to X)"),
    (MINIMISERS, "W", W0 + 1e300, f"X, W and lam {OVERFLOW}, got numbers too large"),
    (MINIMISERS, "objective", Objective(X0 * 1e160, Y0 // 2, 3),
        f"X {OVERFLOW}, got numbers too large"),
    *((MINIMISERS, "objective", value,
            f"objective must be an Objective, as Objective(X, y, C), got {type(value).__name__}")
        for value in (X0, Objective)),
    ((*OF_X, Objective), "X", np.ones((0, 2)), f"X {X_SHAPE} (0, 2)"),
    ((Objective,), "X", sparse(np.ones((0, 2))), f"X {X_SHAPE} (0, 2)"),
    (OF_X, "X", 1.0, f"X {X_SHAPE} ()"),
    (OF_X, "X", spoiled(X0, ([3, 1], [0, 1]), -np.inf), "X must be finite, got -inf at [1, 1]"),
    ((Objective,), "X", sparse(spoiled(X0, (1, 1), np.nan)), "X must be finite, got nan at [1, 1]"),
    ((Objective,), "X", sparse(X0 * 1j), f"X {REAL} an array of complex128"),
    (OF_X, "X", X0.astype(str), f"X {REAL} an array of <U32"),
    (OF_X, "X", [[1.0], []], f"X {REAL} rows of several lengths"),
    (OF_X, "X", masked(spoiled(X0, (2, 1), 7)), f"X {MASKED}"),
    (OF_X, "X", sparse(X0), f"X {REAL} a sparse array"),
    (OF_W, "X", X0[:, :1],
        "X must have as many columns as W, 2, got 1 (add_bias adds the column of ones)"),
    ((curvature_bound,), "X", [[1, 1e160]],
        "X must hold numbers whose squares are finite, got up to 1e+160"),
    (OF_LABELS, "y", Y0[:, None], "labels must have shape (M,), got (4, 1)"),
    (OF_LABELS, "y", masked(Y0), f"labels {MASKED}"),
    (OF_LABELS[:3], "y", Y0[:3], "y must have one label for each row of X, 4, got 3"),
    ((Objective,), "y", np.append(Y0, 0), "y must have one label for each row of X, 4, got 5"),
    (OF_LABELS, "y", Y0 + 1, f"labels {LABELS} 3 at index 2"),
    (OF_LABELS, "y", [0, -1, -2, 0], f"labels {LABELS} -1 at index 1"),
    (OF_LABELS, "y", Y0.astype(float), "labels must be integers, got an array of float64"),
    (OF_LABELS, "y", Y0 == 1, "labels must be integers, got an array of bool"),
    (OF_LABELS, "y", ["a"], "labels must be integers, got an array of <U1"),
    ((hessian_vector_product,), "V", W0.T, "V must have the shape of W, (3, 2), got (2, 3)"),
    ((hessian_along,), "V", W0.T, "V must have shape (3, 2), got (2, 3)"),
    ((hessian_vector_product, hessian_along), "V", W0 * 1j, f"V {REAL} an array of complex128"),
    ((hessian_vector_product,), "V", spoiled(W0, (0, 1), np.inf),
        "V must be finite, got inf at [0, 1]"),
    *(((*OF_X, Objective, fit), "lam", lam, f"lam must be finite and not negative, got {lam!r}")
        for lam in (-0.1, np.nan, np.inf, 2**1024, np.ones(2))),
    ((Objective, fit), "lam", "1", "lam must be finite and not negative, got '1'"),
    ((sgd,), "decay", -1.0, "decay must be finite and not negative, got -1.0"),
    *((functions, name, value, f"{name} must be positive and finite, got {value!r}")
        for functions, name in [
            (MINIMISERS, "tolerance"), (MINIMISERS, "max_passes"), (STEPPED, "step"),
            ((sgd,), "batch_size"), ((one_hot,), "C"), ((check_gradient,), "directions"),
            ((fit,), "tol"), ((fit,), "max_iter"),
        ]
        for value in (0, -1, np.nan, np.inf, "1", True)),
    *((functions, name, 2.5, f"{name} must be a whole number, got 2.5")
        for functions, name in [
            (MINIMISERS, "max_passes"), ((sgd,), "batch_size"), ((one_hot,), "C"),
            ((check_gradient,), "directions"), ((fit,), "max_iter"),
        ]),
    *(((Objective,), "C", C, f"C must be a whole number of at least 2 classes, got {C!r}")
        for C in (1, 2.5, "3")),
    ((Objective,), "sample_weight", [1.0], "sample_weight must have shape (4,), got (1,)"),
    ((Objective,), "sample_weight", X0 * 1j, f"sample_weight {REAL} an array of complex128"),
    *(((Objective,), "sample_weight", omega, f"sample_weight {WEIGHTS} values from {came}")
        for omega, came in [
            ([np.longdouble("1e4000")] * 4, "inf to inf"),
            ([1.0, 1.0, 1.0, -1.0], "-1.0 to 1.0"), ([0.0] * 4, "0.0 to 0.0"),
        ]),
    ((fit,), "class_weight", {0: -1}, f"class_weight {WEIGHTS} {{0: -1.0, 1: 1.0, 2: 1.0}}"),
    ((fit,), "class_weight", {1: np.nan}, f"class_weight {WEIGHTS} {{0: 1.0, 1: nan, 2: 1.0}}"),
    ((fit,), "class_weight", dict.fromkeys(range(3), 0),
        f"class_weight {WEIGHTS} {{0: 0.0, 1: 0.0, 2: 0.0}}"),
    ((fit,), "class_weight", {0: [2]},
        "class_weight must have a number for each class, got {0: [2]}"),
    ((fit,), "class_weight", {0: "2"}, f"class_weight {REAL} an array of <U1"),
    ((sgd, check_gradient), "rng", 0,
        "rng must be a Generator, as numpy.random.default_rng(0), got int"),
    ((check_gradient,), "fun", lambda W: (0.0, W.T),
        "the gradient must have the shape of W, (3, 2), got (2, 3)"),
    ((check_gradient,), "fun", lambda W: (0.0, 1j * W),
        f"the gradient {REAL} an array of complex128"),
    ((check_gradient,), "fun", lambda W: (W, W),
        "the value must be a number, got an array of shape (3, 2)"),
    ((check_gradient,), "fun", np.sum, "fun must give a value and a gradient, got float64"),
    *((OF_SCORES, "axis", axis,
            f"axis must be an integer, a tuple of integers or None, got {axis!r}")
        for axis in (1.5, "0", [0, 1], (0, 1.0), True)),
    *((OF_SCORES, "axis", axis, f"axis {axis} is out of bounds for array of dimension 2")
        for axis in (2, -3, 2**70)),
    (OF_SCORES, "axis", (0, -2), "axis must name each axis once, got (0, -2)"),
    *((functions, argument, value, f"{name} {REAL} an array of {dtype}")
        for functions, argument, name in [
            ((*OF_SCORES, softmax_jacobian), "s", "scores"), ((add_bias,), "features", "features"),
            ((standardize_both,), "train", "train and others"),
        ]
        for value, dtype in [
            ([[1j, 2]], "complex128"), ([["a", "b"]], "<U1"),
            ([[None]], "object (numpy.asarray(…, float) makes numbers of it)"),
        ]),
    ((add_bias,), "features", sparse([[1j]]), f"features {REAL} an array of complex128"),
    *(((add_bias,), "features", value, f"features must have shape (M, m), got shape {shape}")
        for value, shape in [(3.0, ()), ([1.0, 2.0], (2,)), (np.zeros((2, 3, 4)), (2, 3, 4))]),
    *(((standardize_both,), "train", value,
         f"arrays must have shapes (M, m) with one m, got {[np.shape(value), (1, 2)]}")
        for value in ([1.0, 2.0], [[1.0]], [[[1.0, 2.0]]])),
    *(((standardize_both,), "train", np.column_stack([[0.0, 1.0], column]),
         "train must hold finite numbers whose squares are in the range of floats,"
         f" got {came} in column 1")
        for column, came in [
            ([1e300, -1e300], "-1e+300 to 1e+300"), ([np.nan, 1.0], "nan to nan"),
            ([1e-320, 2e-320], "9.99989e-321 to 1.99998e-320"), ([np.inf, 1.0], "1 to inf"),
            ([np.longdouble("1e4000"), 1.0], "1 to inf"),
        ]),
    ((standardize_both,), "train", [[0.0, 0.0], [1.0, 4e-155]],
        "others must stay finite in units of the deviation of train, 2e-155,"
        " got 1e+200 in column 1"),
    ((standardize_both,), "train", np.empty((0, 2)),
        "train must have at least one row, got shape (0, 2)"),
    ((softmax_jacobian,), "s", 2.0, "scores must have shape (..., C), got a single number"),
]  # fmt: skip


@pytest.mark.parametrize(("functions", "argument", "value", "message"), BAD)
def test_bad_input_is_named_with_what_was_expected_and_what_came(
    functions, argument, value, message
):
    for function in functions:
        needed = inspect.signature(function).parameters.values()
        good = {p.name: GOOD.get(p.name, X0) for p in needed if p.default is p.empty}
        good.pop("parameters", None)
        with pytest.raises((TypeError, ValueError), match=f"^{re.escape(message)}$"):
            function(**(good | {argument: value}))
