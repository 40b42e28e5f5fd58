"""Checks of the book's exercises, a module for each chapter: right or not, and where to look.

A check takes answers by name and returns what it says of them, see `judges`. What is wanted is
computed, and never shown.
"""

from softmax_lib.exercises import (
    at_scale,
    bug_clinic,
    curvature,
    digits,
    five_sources,
    gradient_descent,
    implementation,
    jacobian,
    likelihood,
    log_sum_exp,
    making_it_fast,
    notation,
    quotient_rule,
    softmax,
)

__all__ = [
    "at_scale",
    "bug_clinic",
    "curvature",
    "digits",
    "five_sources",
    "gradient_descent",
    "implementation",
    "jacobian",
    "likelihood",
    "log_sum_exp",
    "making_it_fast",
    "notation",
    "quotient_rule",
    "softmax",
]
