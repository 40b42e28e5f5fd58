"""Softmax regression, derived and checked: the library of the course.

The names below need only NumPy. What needs more stands in its own module:
`softmax_lib.model` (scikit-learn's interface), `softmax_lib.plot` (the figures).
"""

from softmax_lib.data import add_bias, load_digits, load_iris, standardize
from softmax_lib.functions import log_softmax, logsumexp, softmax, softmax_jacobian
from softmax_lib.loss import (
    check_gradient,
    curvature_bound,
    gradient,
    hessian_vector_product,
    loss,
    loss_and_gradient,
    one_hot,
)
from softmax_lib.optimize import Result, gradient_descent, newton_cg

__all__ = [
    "Result",
    "add_bias",
    "check_gradient",
    "curvature_bound",
    "gradient",
    "gradient_descent",
    "hessian_vector_product",
    "load_digits",
    "load_iris",
    "log_softmax",
    "logsumexp",
    "loss",
    "loss_and_gradient",
    "newton_cg",
    "one_hot",
    "softmax",
    "softmax_jacobian",
    "standardize",
]
