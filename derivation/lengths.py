"""How long a member is, and how long each of its terms when it is multiplied out."""

import itertools

from .reduced import PRODUCTS
from .samples import SUMS, unit_row
from .syntax import Bound, below, walk

__all__ = ["length", "names", "terms"]

LINEAR = ("neg", "transpose", "entry", "row", "sum", "tr", "total", "vec", "diag")
SILENT = (*SUMS, *PRODUCTS, "div", "oslash", "lets", *LINEAR[:4])  # they add nothing to a length


def names(tree):
    """The symbols that stand in a tree, and whether a column of the identity does."""
    parts = list(walk(tree))
    symbols = {part.args[0].latex for part in parts if part.op == "symbol"}
    return symbols | {"unit" for part in parts if unit_row(part)}


def length(tree):
    """How many names, functions and sums a member is made of; numbers and indices do not count."""
    match tree.op, tree.args:
        case (("num" | "size" | "const" | "index"), _):
            return 0
        case (("symbol" | "view" | "test"), _):
            return 1
        case "pow", (base, Bound("num", (n,))) if n.isdecimal():
            return int(n) * length(base)
        case "cases", lines:
            return max(length(value) for value, _ in lines)
    return (tree.op not in SILENT) + sum(map(length, below(tree.args)))


def terms(tree):
    """The length of each term of a member that is multiplied out."""
    match tree.op, tree.args:
        case op, (a, b) if op in SUMS:
            return terms(a) + terms(b)
        case op, (a, b) if op in PRODUCTS:
            return [m + n + (op == "matmul") for m in terms(a) for n in terms(b)]
        case (("div" | "oslash"), (a, b)):
            return [n + length(b) for n in terms(a)]
        case "pow", (base, Bound("num", (n,))) if n in ("2", "3"):
            found = [terms(base)] * int(n)
            return list(map(sum, itertools.product(*found)))
        case "exp", (a,):
            return [sum(1 + n for n in terms(a))]
        case "log", (a,) if len(factors := terms(a)) == 1:
            return [2] * factors[0]
        case op, args if op in LINEAR:
            return [n + (op not in SILENT) for n in terms(args[-1] if op == "sum" else args[0])]
    return [length(tree)]
