"""What a part of a member is in all of a few cases: a number, positive, or equal to the whole."""

import functools
import itertools
from dataclasses import replace
from fractions import Fraction

import numpy as np

from ..evaluator import numbers
from ..evaluator.dual import real
from ..evaluator.evaluate import Scope
from ..sizes import NUMBER, ONE
from ..syntax import Bound, DerivationError, below
from ..vocabulary import Symbol
from .draws import Case
from .trials import Definitions, Trial

__all__ = ["Samples", "entry_inside", "equal", "signed", "summed", "terms_of", "unit_row",
           "without_common"]  # fmt: skip

SIMPLE = ("num", "size", "const", "index", "infinite", "symbol", "local")
SUMS = ("add", "sub")
NAMES = ("symbol", "view", "entry", "index")
CASES, DRAWS, LANES = 3, 4, 60
DIGITS, SPARE, LARGEST = (60, 160), 15, 10**6


class Samples:
    """A few cases, in which index letters have all kinds of values; each answer is kept.

    In `free` ones symbols are not what their definitions say, but in derivatives: each has values
    of its own.
    """

    def __init__(self, vocabulary, free=False):
        self.vocabulary, self.definitions = vocabulary, Definitions(vocabulary)
        if free:
            vocabulary = vocabulary.extend(*map(_freed, vocabulary.symbols))
        self.free, self.freed = free, {}
        self.data, self.seen, self.constants, self.trials = {}, {}, {}, []
        for turn in range(CASES):
            rng = np.random.default_rng(turn)
            sizes = {a: v[turn % len(v)] for a, v in vocabulary.sizes.items()}
            case = Case(vocabulary, sizes, DRAWS, rng, np.ones(DRAWS))
            indices = {a: rng.choice(case.range(a), (1, LANES, 1, 1))
                       for a in vocabulary.indices if len(case.range(a))}  # fmt: skip
            self.trials.append(Trial(case, indices, self.definitions))

    def know(self, letter, low, high):
        """Give values to a letter that the vocabulary has not, between the limits of its sum."""
        for trial in self.trials:
            if letter not in trial.scope.indices and not low.letters | high.letters:
                first, last = (int(trial.scope.integer(limit).max()) for limit in (low, high))
                values = np.arange(first, min(max(first, last), first + LANES) + 1)
                trial.scope.indices[letter] = np.resize(values, (1, LANES, 1, 1))

    def values(self, bound):
        """The values of a tree in all cases; None if it has none by itself."""
        if id(bound) not in self.seen:
            tree = self.without_definitions(bound) if self.free else bound
            try:
                with np.errstate(all="ignore"):
                    found = [t.values(tree).astype(float) for t in self.trials]
            except (DerivationError, LookupError):
                found = None
            self.seen[id(bound)] = found, bound
        return self.seen[id(bound)][0]

    def without_definitions(self, tree):
        if isinstance(tree, tuple):
            return tuple(map(self.without_definitions, tree))
        if not isinstance(tree, Bound) or tree.op == "derivative":
            return _freed(tree) if isinstance(tree, Symbol) else tree
        if id(tree) not in self.freed:
            args = self.without_definitions(tree.args)
            self.freed[id(tree)] = Bound(tree.op, args, tree.shape, tree.at), tree
        return self.freed[id(tree)][0]

    def positive(self, bound):
        """Whether no entry is negative in any case in which it is defined."""
        values = self.values(bound)
        return values is not None and all((v >= 0).any() > (v < 0).any() for v in values)

    def constant(self, bound):
        """The rational number that a tree without data is in all cases, None if it is none."""
        if bound.op in SIMPLE or self.has_data(bound):
            return None
        if not bound.letters <= {*self.trials[0].scope.indices}:
            return None
        if id(bound) not in self.constants:
            self.constants[id(bound)] = self.number(bound), bound
        return self.constants[id(bound)][0]

    def has_data(self, bound):
        if id(bound) not in self.data:
            self.data[id(bound)] = True, bound  # a recursion meets this
            if bound.op == "symbol":
                symbol = bound.args[0]
                found = not symbol.definition or self.has_data(self.definitions(symbol)[0])
            else:
                found = any(map(self.has_data, below(bound.args)))
            self.data[id(bound)] = found, bound
        return self.data[id(bound)][0]

    def number(self, bound):
        found = set()
        for trial, digits in itertools.product(self.trials, DIGITS):
            found |= self.exact(bound, trial, digits)
            if len(found) > 1 or None in found:
                return None
        return found.pop()

    def exact(self, bound, trial, digits):
        """The values in some cases as rational numbers, None for one that is none."""
        try:
            with numbers.digits(digits), numbers.extremes() as seen, np.errstate(all="ignore"):
                scope = Scope(trial.case, trial.indices, True, self.definitions)
                values = {*np.ravel(real(scope.value(bound)))}
        except (DerivationError, LookupError):
            return {None}
        wide = seen.most > digits - SPARE  # too wide apart for these digits
        return {None} if wide else {_rational(value, digits - SPARE) for value in values}


def _freed(symbol):
    """A symbol that means nothing, if it is a name and no part of another."""
    if symbol.is_label or symbol.is_function or symbol.view:
        return symbol
    draw = "positive" if symbol.definition else symbol.draw.replace("design", "real")
    return replace(symbol, definition="", entries="", draw=draw)


def _rational(value, digits):
    """The rational number that a decimal is to so many digits; None if it is none."""
    if not value.is_finite():
        return None
    exact = Fraction(value)
    near = exact.limit_denominator(LARGEST)
    return near if abs(exact - near) * 10**digits <= abs(near) else None


def equal(a, b):
    """Whether the values of two trees agree in all cases, or are undefined in the same."""
    return a is not None and all(
        x.shape == y.shape and np.allclose(x, y, 1e-9, 1e-300, equal_nan=True)
        for x, y in zip(a, b, strict=True)
    )


def terms_of(tree):
    if tree.op not in SUMS:
        return [tree]
    (a, b), sign = tree.args, tree.op == "sub"
    others = [Bound("neg", (t,), t.shape) if sign else t for t in terms_of(b)]
    return [*terms_of(a), *others]


def summed(terms):
    return functools.reduce(lambda a, b: Bound("add", (a, b), a.shape), terms)


def signed(tree, sign=1):
    """The terms of a sum, each with its sign."""
    if tree.op in ("add", "sub"):
        yield from signed(tree.args[0], sign)
        yield from signed(tree.args[1], sign if tree.op == "add" else -sign)
    elif tree.op == "neg":
        yield from signed(tree.args[0], -sign)
    else:
        yield sign, tree


def without_common(trees, balanced=False):
    """Both sides without the terms that they share: beside large ones every margin is small; and
    balanced, without a difference, of which floats may see one term alone."""
    if any(tree.shape != NUMBER for tree in trees):
        return trees
    left, right = ([*signed(tree)] for tree in trees)
    for term in [*left]:
        if term in right:
            left.remove(term)
            right.remove(term)
    if balanced:
        every = [*left, *((-sign, term) for sign, term in right)]
        left, right = ([(1, term) for sign, term in every if sign == side] for side in (1, -1))
    return _sum(left), _sum(right)


def _sum(terms):
    every = [term if sign > 0 else Bound("neg", (term,), NUMBER) for sign, term in terms]
    return summed(every or [Bound("num", ("0",), NUMBER)])


def entry_inside(bound):
    """(a + b)_k as a_k + b_k, and the entry of a gradient as a derivative by an entry; or None."""
    base, *at = bound.args

    def entry(whole, at=at):
        return Bound("entry", (whole, *at), NUMBER)

    match base.op, base.args:
        case "add" | "sub" | "neg", parts:
            return Bound(base.op, tuple(map(entry, parts)), NUMBER)
        case "scale", parts if NUMBER in (p.shape for p in parts):
            parts = tuple(p if p.shape == NUMBER else entry(p) for p in parts)
            return Bound("scale", parts, NUMBER)
        case "diag", (column,):
            test = Bound("test", (at[0], "=", at[2]), NUMBER)
            return Bound("scale", (test, entry(column, (*at[:2], None, 0))), NUMBER)
        case "view", (_, part):
            return entry(part)
        case "transpose", (part,):
            return entry(part, (*at[2:], *at[:2]))
        case "row", (whole, *row):
            return Bound("entry", (whole, *row, *at[2:]), NUMBER)
        case "derivative", (body, by, _) if body.shape == NUMBER:
            return Bound("derivative", (body, entry(by), False), NUMBER)
        case "derivative", (body, by, _) if (body.shape[1], by.shape[1]) == (ONE, ONE):
            body, by = entry(body, (*at[:2], None, 0)), entry(by, (*at[2:], None, 0))
            return Bound("derivative", (body, by, False), NUMBER)
    return None


def unit_row(bound):
    """The index of a row of the identity, and the number of its first one; or None."""
    while bound.op == "transpose":
        bound = bound.args[0]
    is_unit = bound.op == "row" and bound.args[0].op == "eye"
    return bound.args[1:] if is_unit else None
