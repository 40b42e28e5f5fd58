"""Softmax regression, derived and checked: the library of the course.

The names below need only NumPy. What needs more stands in its own module:
`softmax_lib.model` (scikit-learn's interface), `softmax_lib.plot` (the figures).
"""

from softmax_lib.blocked import Objective
from softmax_lib.data import add_bias, load_digits, load_iris, load_measurements, standardize
from softmax_lib.exact import log_softmax, logsumexp, softmax
from softmax_lib.functions import softmax_jacobian
from softmax_lib.loss import (
    check_gradient,
    curvature_bound,
    gradient,
    hessian_vector_product,
    loss,
    loss_and_gradient,
    one_hot,
)
from softmax_lib.optimize import gradient_descent, lbfgs, nesterov, newton_cg, sgd
from softmax_lib.run import Result

__all__ = [
    "Objective",
    "Result",
    "add_bias",
    "check_gradient",
    "curvature_bound",
    "gradient",
    "gradient_descent",
    "hessian_vector_product",
    "lbfgs",
    "load_digits",
    "load_iris",
    "load_measurements",
    "log_softmax",
    "logsumexp",
    "loss",
    "loss_and_gradient",
    "nesterov",
    "newton_cg",
    "one_hot",
    "sgd",
    "softmax",
    "softmax_jacobian",
    "standardize",
]
