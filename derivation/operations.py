"""The one table of operations: what each takes, its shape, its value, and its derivative.

The binder looks up the shape rules, the evaluator the values. A value is written with the functions
of `dual`, so that it carries its derivative with it; where none is named the derivative is refused.
"""

from dataclasses import dataclass

from .evaluator import dual, matrices, numbers
from .sizes import NUMBER, ONE, shape_text

__all__ = ["FUNCTIONS", "NORMS", "OPERATIONS", "Misfit", "Operation", "is_number"]


class Misfit(Exception):
    """Shapes that do not fit; the binder says where."""


@dataclass(frozen=True)
class Operation:
    """One row of the table.

    Attributes
    ----------
    arguments : str
        What it takes, in words.
    shape : callable
        From the sizes that are known (a `Unifier`) and the shapes of the arguments to that of the
        value; raises `Misfit`.
    value : callable
        Of arrays or dual numbers.
    derivative : str
        "linear", "product", "chain", or "" if none is taken.
    """

    arguments: str
    shape: object
    value: object
    derivative: str = "linear"


def is_number(sizes, shape):
    return tuple(map(sizes.resolved, shape)) == NUMBER


def _alike(verb):
    def rule(sizes, a, b):
        if not sizes.fits(a, b):
            number = is_number(sizes, a) or is_number(sizes, b)
            square = any(_square(sizes, c) and not is_number(sizes, c) for c in (a, b))
            hint = ": to every entry alike, add it times a vector of ones" if number else ""
            hint = (
                ": add it as a multiple of I; a a^\\top is square, a^\\top a a number"
                if number and square
                else hint
            )
            raise Misfit(f"cannot {verb} {_text(sizes, a)} and {_text(sizes, b)}{hint}")
        return a

    return rule


def _text(sizes, shape):
    return shape_text(tuple(map(sizes.resolved, shape)))


def _same(sizes, a):
    return a


def _number(sizes, *_):
    return NUMBER


def _needs(what, test, result=_number):
    def rule(sizes, a):
        if not test(sizes, a):
            raise Misfit(f"{what}, got {_text(sizes, a)}")
        return result(sizes, a)

    return rule


def _matrix(what, result):
    """A shape rule for what says nothing of a number."""
    return _needs(f"{what} is that of a vector or a matrix",
                  lambda sizes, a: not is_number(sizes, a), result)  # fmt: skip


def _square(sizes, a):
    return sizes.equal(*a)


def _vector(sizes, a):
    return sizes.resolved(a[1]) == ONE


def _matmul(sizes, a, b):
    if not sizes.equal(a[1], b[0]):
        raise Misfit(f"cannot multiply {_text(sizes, a)} by {_text(sizes, b)}")
    return a[0], b[1]


def _kron(sizes, a, b):
    return a[0] * b[0], a[1] * b[1]


def _scalars(name):
    """A function of a number, entry by entry on other matrices, unless it has another meaning."""

    def rule(sizes, a):
        rows, columns = map(sizes.resolved, a)
        if rows == columns and rows != ONE:
            raise Misfit(f"{name} of a square matrix could be that of the matrix or of its entries")
        return a

    return rule


def _symmetric(sizes, a):
    return _square(sizes, a) and not is_number(sizes, a)


def _spectral(a):
    """The largest singular value."""
    return numbers.sqrt(matrices.eigenvalues(-1)(numbers.matmul(a.swapaxes(-1, -2), a)))


OPERATIONS = {
    "add": Operation("two matrices of one shape", _alike("add"), dual.add),
    "sub": Operation("two matrices of one shape", _alike("subtract"),
                     lambda a, b: dual.add(a, dual.negative(b))),
    "neg": Operation("a matrix", _same, dual.negative),
    "scale": Operation("a number and a matrix, in any order",
                       lambda sizes, a, b: b if is_number(sizes, a) else a,
                       dual.multiply, "product"),
    "matmul": Operation("an a × b and a b × c matrix", _matmul,
                        lambda a, b: dual.bilinear(numbers.matmul, a, b), "product"),
    "odot": Operation("two matrices of one shape", _alike("multiply entry by entry"),
                      dual.multiply, "product"),
    "oslash": Operation("two matrices of one shape", _alike("divide entry by entry"),
                        dual.divide, "product"),
    "inner": Operation("two matrices of one shape", lambda sizes, a, b: _number(
        sizes, _alike("take the inner product of")(sizes, a, b)),
        lambda a, b: dual.total(dual.multiply(a, b)), "product"),
    "kron": Operation("two matrices", _kron,
                      lambda a, b: dual.bilinear(dual.kron, a, b), "product"),
    "div": Operation("a matrix and a number", lambda sizes, a, b: a, dual.divide, "product"),
    "transpose": Operation("a matrix", lambda sizes, a: a[::-1], dual.transpose),
    "inverse": Operation("a square matrix", _needs(
        "an inverse wants a square matrix", _square, _same),
                         dual.inverse, "chain"),
    "pinv": Operation("a matrix", _matrix(
        "a pseudo-inverse", lambda sizes, a: a[::-1]), matrices.pseudo_inverse, ""),
    "total": Operation("a matrix", _number, dual.total),
    "abs": Operation("a number", _same, dual.absolute, "chain"),
    "pow": Operation("two numbers", _number, lambda a, n: dual.power(a, n), "chain"),
    "root": Operation("two numbers", _number, dual.root, "chain"),
}  # fmt: skip
OPERATIONS["frobenius"] = OPERATIONS["inner"]

# What is written as a function, by its word.
FUNCTIONS = {
    "exp": Operation("a matrix, entry by entry", _scalars("exp"), dual.exp, "chain"),
    "log": Operation("a matrix, entry by entry", _scalars("log"), dual.log, "chain"),
    "tanh": Operation("a matrix, entry by entry", _scalars("tanh"), dual.tanh, "chain"),
    "sqrt": Operation("a matrix, entry by entry", _scalars("sqrt"), dual.sqrt, "chain"),
    "softmax": Operation("a column", _matrix("softmax", _same), dual.softmax, "chain"),
    "softmax of rows": Operation("a matrix", _same, lambda a: dual.softmax(a, -1), "chain"),
    "lse": Operation("a matrix", _matrix("lse", _number), dual.lse, "chain"),
    "diag": Operation("a column", _needs(
        "diag wants a column", lambda sizes, a: _vector(sizes, a) and not is_number(sizes, a),
                                         lambda sizes, a: (a[0], a[0])), dual.diagonal),
    "vec": Operation("a matrix", _matrix("vec", lambda sizes, a: (a[0] * a[1], ONE)), dual.vec),
    "tr": Operation("a square matrix", _needs("a trace wants a square matrix", _square),
                    dual.trace),
    "det": Operation("a square matrix", _needs("a determinant wants a square matrix", _square),
                     dual.determinant, "product"),
    "max": Operation("a matrix", _number, dual.largest),
    "min": Operation("a matrix", _number, lambda a: dual.negative(dual.largest(dual.negative(a)))),
    "rank": Operation("a matrix", _matrix("a rank", _number), matrices.rank, ""),
    r"\lambda_{\max}": Operation("a symmetric matrix", _needs(
        "eigenvalues want a symmetric matrix", _symmetric), matrices.eigenvalues(-1), ""),
    r"\lambda_{\min}": Operation("a symmetric matrix", _needs(
        "eigenvalues want a symmetric matrix", _symmetric), matrices.eigenvalues(0), ""),
}  # fmt: skip

NORMS = {
    "F": Operation("a matrix", _number,
                   lambda a: dual.sqrt(dual.total(dual.multiply(a, a))), "chain"),
    "F squared": Operation("a matrix", _number,
                           lambda a: dual.total(dual.multiply(a, a)), "product"),
    "1": Operation("a column", _needs("this norm wants a column", _vector),
                   lambda a: dual.total(dual.absolute(a)), "chain"),
    r"\infty": Operation("a column", _needs("this norm wants a column", _vector),
                         lambda a: dual.largest(dual.absolute(a)), "chain"),
    "2": Operation("a matrix", _number, _spectral, ""),
}  # fmt: skip
