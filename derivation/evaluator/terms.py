"""Sums over indices, indicators, cases, and matrices made of parts: the evaluator's part."""

from functools import reduce

import numpy as np

from . import dual, numbers
from .dual import Dual, real

__all__ = ["ABOUT", "MAX_TERMS", "Terms", "compare", "torn"]

MAX_TERMS, MAX_BESIDE = 1000, 400
ABOUT = 0.01  # ≈: one part in a hundred, for each entry
COMPARE = {
    "=": np.equal, "!=": np.not_equal, "<": np.less, "<=": np.less_equal, ">": np.greater,
    ">=": np.greater_equal,
}  # fmt: skip


def torn(values):
    """Whether decimals are not defined as lines of cases disagree, or none of them holds."""
    return any(v.is_nan() and v.as_tuple().digits for v in values.flat)


def compare(relation, a, b):
    return COMPARE[relation](a, b).astype(bool)


class Terms:
    """The part of a scope that runs over indices and tells cases apart."""

    def terms(self, bound):
        """For each value of an index: which cases have it, where its test is not defined, it."""
        letter, low, high, test, body = bound.args
        low, high = self.integer(low), self.integer(high)
        first, last = int(low.min()), int(high.max())
        if last - first >= MAX_TERMS:
            self.fail(f"a sum has at most {MAX_TERMS} terms", bound)
        wide = self.width(letter, test, body)
        count = max(last - first + 1, 0)
        together = count * wide <= MAX_BESIDE and not self.laned
        inner = self.beside(letter, first, count, wide) if together and count else None
        self.spend(40 * count, bound)
        for n in range(first, last + 1):
            scope = inner or self.at(letter, self.whole(n))
            here, undefined = (low <= n) & (n <= high), np.False_
            if test is not None:
                value = real(self.part(scope.value(test), n - first, count, wide, together))
                here, undefined = here & (value == 1), ~numbers.finite(value)
            if np.any(here) or np.any(undefined):
                yield (
                    here,
                    undefined,
                    self.part(scope.value(body), n - first, count, wide, together),
                )

    def width(self, letter, *trees):
        """How many values of other indices the terms of a sum, or the cells of dots, depend on."""
        letters = frozenset().union(*(tree.letters for tree in trees if tree)) - {letter}
        return max((self.indices[a].shape[1] for a in letters if a in self.indices), default=1)

    def beside(self, letter, first, count, wide):
        """The same with all values of one more index beside those of the others."""
        values = self.constant(
            ("beside", first, count, wide), (),
            lambda: np.tile(np.arange(first, first + count), wide).reshape(1, -1, 1, 1),
        )  # fmt: skip
        indices = {a: self.repeated(v, count) for a, v in self.indices.items()}
        return self.but(indices={**indices, letter: values})

    def repeated(self, values, count):
        """Each value of an index so many times, the same array whenever it is asked for."""
        if values.shape[1] == 1:
            return values
        key = "repeated", id(values), count
        if key not in self.constants:
            self.constants[key] = np.repeat(values, count, 1), values
        return self.constants[key][0]

    def part(self, value, k, count, wide, together):
        """The k-th of the values that stand beside each other."""
        if not together:
            return value

        def take(b):
            if b.shape[-3] == 1:
                return b
            return b.reshape(*b.shape[:-3], wide, count, *b.shape[-2:])[..., k, :, :]

        return dual.linear(take, value)

    def _sum(self, bound):
        zero = self.array(np.zeros((1, 1, *self.case.shape(bound))))
        letter, low, high, *trees = bound.args
        low, high = map(self.integer, (low, high))
        if low.size == high.size == 1 and not self.laned:
            first, count = low.item(), high.item() - low.item() + 1
            wide = self.width(letter, *trees)
            if count > 0 and count * wide <= MAX_BESIDE:
                return self.at_once(bound, first, count, wide, zero)
        total = zero
        for here, undefined, value in self.terms(bound):
            value = value if here.all() else dual.where(here, value, zero)
            total = dual.add(total, self.spotted(value, undefined))
        return total

    def at_once(self, bound, first, count, wide, zero):
        """A sum whose terms stand beside each other."""
        letter, _, _, test, body = bound.args
        self.spend(40 * count, bound)
        scope = self.beside(letter, first, count, wide)
        if test is None:
            value = scope.value(body)
        else:
            told = real(scope.value(test))
            value = dual.where(told == 1, scope.value(body), zero) if (told == 1).any() else zero
            value = self.spotted(value, ~numbers.finite(told))

        def added(b):
            if b.shape[-3] == 1:
                return b * count
            beside = b.reshape(*b.shape[:-3], wide, count, *b.shape[-2:])
            return numbers.total(beside, -3, keepdims=False)

        return dual.linear(added, value)

    def _prod(self, bound):
        one = self.array(np.ones((1, 1, 1, 1)))
        total, zero = one, np.False_
        for here, undefined, value in self.terms(bound):
            value = value if here.all() else dual.where(here, value, one)
            zero = zero | (real(value) == 0).astype(bool)
            total = dual.multiply(total, self.spotted(value, undefined))
        numbers.note(np.where(zero, one, real(total)))  # 0 is exact where a factor is
        return total

    def _largest(self, bound, sign=1):
        """Not defined where a term is not, or whether it is one."""
        some = [*self.terms(bound)]
        if not some:
            return numbers.nan_where(True, self.array(np.zeros((1, 1, 1, 1))))
        heres, unknown, values = zip(*some, strict=True)
        every = dual.joined(values, -1)
        here = np.concatenate(np.broadcast_arrays(*heres), -1)
        good = numbers.finite(real(every))
        bad = (here & ~good).any(-1, keepdims=True) | ~here.any(-1, keepdims=True)
        best = dual.best(every, here & good, sign)
        return self.spotted(best, reduce(np.logical_or, unknown, bad))

    def _smallest(self, bound):
        return self._largest(bound, -1)

    def _test(self, bound):
        relation, values = bound.args[1], [*map(self.value, bound.args[::2])]
        a, b = map(real, values)
        found = self.truth(self.holds(relation, *values), a, b)
        nearly = self.close(a, b)
        if not self.exact and nearly.any() and self.definitions.rounded(bound.args[::2]):
            found = numbers.nan_where(nearly, found)
        return found

    def holds(self, relation, a, b):
        """Whether a number has a relation to another: a rounding tells no cases apart."""
        x, y = real(a), real(b)
        nearly = self.close(x, y) & numbers.finite(y)
        if isinstance(a, Dual) or isinstance(b, Dual):
            numbers.tied(nearly)
        return compare(relation, x, np.where(nearly, x, y))

    def truth(self, true, *values):
        """1 or 0; not defined where what is compared is not."""
        good = reduce(np.logical_and, map(numbers.finite, values))
        return numbers.nan_where(~good, self.array(true))

    def _among(self, bound):
        (a, *items), true = map(self.value, bound.args), np.False_
        for item in items:
            for n in range(np.prod(real(item).shape[-2:])):
                entry = dual.pick(item, np.full((1, 1, 1, 1), n))
                true = true | self.holds("=", a, entry)
        return self.truth(true, real(a))

    def close(self, a, b):
        """Whether two numbers are equal up to rounding, or to the digits that were solved for."""
        tiny, least = numbers.rounding(self.exact), 0
        if self.solved:
            least = numbers.number("1e-45", True)
            tiny = max(tiny, least)
        return (np.abs(a - b) <= tiny * np.maximum(np.abs(a), np.abs(b)) + least).astype(bool)

    def _between(self, bound):
        *args, opening, closing = bound.args
        a, low, high = map(self.value, args)
        ends = (self.holds(sign, a, end) for sign, end in ((opening, low), (closing, high)))
        return self.truth(np.logical_and(*ends), real(a))

    def _whole(self, bound):
        a, letter = real(self.value(bound.args[0])), bound.args[1]
        if letter == "R":
            return self.truth(np.ones(a.shape, bool), a)
        good = np.where(numbers.finite(a), a, 0)
        true = self.close(good, numbers.rounded(good))
        true = true & ((letter == "Z") | (numbers.rounded(good) >= 0).astype(bool))
        return self.truth(true, a)

    def _cases(self, bound):
        """The value whose condition holds; not defined where none does, torn where two disagree."""
        found, taken, bad, torn = None, *[np.False_] * 3
        for value, condition in bound.args:
            if condition is None:
                here = ~taken
            else:
                test = real(self.value(condition))
                bad = bad | ~numbers.finite(test)
                here = test == 1
            if not np.any(here):
                continue
            value = self.value(value)
            if found is None:
                found = value
            else:
                twice = taken & here
                if np.any(twice):
                    apart = dual.differ(real(value), real(found))
                    torn = torn | twice & apart.any((-1, -2), keepdims=True)
                found = dual.where(here & ~taken, value, found)
            taken = taken | here
        if found is None:
            found = self.array(np.zeros((1, 1, *self.case.shape(bound))))
        torn = (torn | ~taken) & ~bad
        found = self.spotted(found, bad | torn)
        if self.exact and torn.any():
            return dual.linear(lambda b: np.where(torn, numbers.TORN, b), found)
        return found

    # matrices

    def _matrix(self, bound):
        axis, *blocks = bound.args
        return dual.joined([self.value(b) for b in blocks], axis)

    def _stack(self, bound):
        axis, letter, low, high, body = bound.args
        low, high = int(self.integer(low).max()), int(self.integer(high).max())
        if high - low >= MAX_TERMS:
            self.fail(f"dots stand for at most {MAX_TERMS} terms", bound)
        if high < low:
            self.fail("these dots stand for nothing", bound)
        wide, cells = self.width(letter, body), []
        most = max(1, MAX_BESIDE // wide) if body.fixed and not self.laned else 1
        for n in range(low, high + 1, most):  # plain numbers: many beside each other
            count = min(most, high + 1 - n)
            if count == 1:
                cells.append(self.at(letter, self.whole(n)).value(body))
                continue
            value = self.beside(letter, n, count, wide).value(body)
            cells += [self.part(value, k, count, wide, together=True) for k in range(count)]
        return dual.joined(cells, axis)

    def _replace(self, bound):
        """A cell, or that which stands at its index; the last one counts."""
        index, body, *replaced = bound.args
        here = self.integer(index)
        found = None
        for at, cell in reversed(replaced):
            same = self.integer(at) == here
            if not np.any(same):
                continue
            if found is None:
                if same.all():
                    return self.value(cell)
                found, taken = self.value(cell), same
            else:
                found = dual.where(same & ~taken, self.value(cell), found)
                taken = taken | same
        if found is None:
            return self.value(body)
        return found if np.all(taken) else dual.where(taken, found, self.value(body))
