"""Functions of other values, derivatives and differentials: the evaluator's part."""

import numpy as np

from ..syntax import walk
from . import dual, numbers
from .dual import real
from .terms import MAX_TERMS

__all__ = ["Changes"]

SOLVED = 40  # digits of a step that is taken at a kink, at most where numbers were solved for


class Changes:
    """The part of a scope in which symbols take other values, or change."""

    def _lets(self, bound):
        """Symbols and indices take other values, all of them before any is in force."""
        lets, body = bound.args
        found = [(op, name, self.integer(v) if op == "index_let" else self.value(v))
                 for op, name, v in lets]  # fmt: skip
        inner = self
        for op, name, value in found:
            inner = inner.at(name, value) if op == "index_let" else inner.where(name, value)
        return inner.value(body)

    def _map(self, bound):
        """A function of a number, applied to every entry."""
        name, value, body = bound.args
        value = self.value(value)
        rows, columns = real(value).shape[-2:]
        cells = [
            self.where(name, dual.pick(value, np.full((1, 1, 1, 1), n))).value(body)
            for n in range(rows * columns)
        ]
        column = dual.joined(cells, -2)
        return dual.linear(lambda b: b.reshape(*b.shape[:-2], rows, columns), column)

    def _derivative(self, bound):
        """By a part of a symbol; those by single entries are taken once for all of them, unless
        they stand in each other: then all pairs of entries would be."""
        body, by, _ = bound.args
        base, positions, name, bad = self.place(by)
        nested = self.level or any(part.op == "derivative" for part in walk(body))
        if positions.shape[-2:] == (1, 1) and not nested:
            every = self.slopes(body, base, name, self.grid(base))
            rows, columns = real(every).shape[-2:]
            found = dual.pick(every, np.arange(rows)[:, None] * columns + positions)
        else:
            found = self.slopes(body, base, name, positions)
        shape = self.case.shape(bound)
        found = dual.linear(lambda b: b.reshape(*b.shape[:-2], *shape), found)
        return self.spotted(found, bad)

    def slopes(self, body, base, name, positions):
        """The derivatives of all entries (rows) by some entries of a symbol (columns)."""
        key = "slopes", name, positions.shape, positions.tobytes(), self.key(body)
        if key not in self.memo:
            level, count = self.level + 1, int(np.prod(positions.shape[-2:]))
            if count > MAX_TERMS:
                self.fail(f"at most {MAX_TERMS} derivatives are taken at once", body)
            shape = int(np.prod(self.case.shape(body))), count
            ahead = self.directions(base, positions, level)
            found = self.where(name, ahead).but(level=level).value(body)
            found = dual.slopes(found, level, shape, count)
            if id(ahead) in self.kinked:
                eps = ahead.eps.reshape(count, *ahead.eps.shape[-dual.AXES :])
                moves = [_moving(name, base, change) for change in eps]
                found = self.at_kink(found, self.kinked[id(ahead)], body, moves)
            self.keep(key, found)
        return self.memo[key][0]

    def directions(self, base, positions, level):
        """A value perturbed in each direction, the same one whenever it is asked for."""
        key = "directions", id(base), positions.shape, positions.tobytes(), level
        if key not in self.memo:
            self.memo[key] = dual.directions(base, positions, level), base
        return self.memo[key][0]

    def at_kink(self, slope, tied, body, moves):
        """A slope by each of some moves, of which nobody knows what it is in draws that met a tie:
        there it is the quotient of differences; floats leave it open, and so does what is to be
        differentiated once more, which will be evaluated beside the tie."""
        if self.level or not self.exact:
            return dual.linear(lambda b: numbers.nan_where(tied, b), slope)
        columns = [self.quotient(body, move) for move in moves]
        columns = [b.reshape(*b.shape[:-2], *slope.shape[-2:-1], -1) for b in columns]
        return np.where(tied, dual.joined(columns, -1), slope)

    def quotient(self, body, move):
        """The slope of a value at a kink, where that of both sides agrees: what quotients of
        differences go to, along what a move makes of a scope and a distance.

        Of a slope that is one at a kink itself the steps are far smaller.
        """
        digits = numbers.precision() * 2 // 3
        digits = min(digits, SOLVED) if self.solved else digits
        calm = numbers.switched(seen=[np.zeros((2, 1), int)], endless=False, cancelling=True)
        with numbers.digits(6 * digits), calm:
            step, limit = (numbers.number(f"1e-{n}", True) for n in (digits, digits // 2 - 2))
            inner = self.but(memo={}, kinked={}, solved=False)
            value = {n: move(inner, n * step).value(body) for n in (0, 1, 2, -1, -2)}
            slope = {n: (value[n] - value[0]) / (n * step) for n in (1, 2, -1, -2)}
            ahead, back = (2 * slope[n] - slope[2 * n] for n in (1, -1))
            pairs = (slope[1], slope[2]), (slope[-1], slope[-2]), (ahead, back)
            apart = [np.abs(a - b) for a, b in pairs]
            good = [a <= limit * (1 + np.abs(ahead)) for a in apart]
            good = np.logical_and.reduce(good).astype(bool)
            zero = (10 * apart[0] > np.abs(ahead)).astype(bool)  # it shrinks with the steps
            return numbers.nan_where(~good, np.where(zero, 0 * ahead, ahead))

    def place(self, by):
        """The symbol that is perturbed: its value, where in it, its name, where there is none."""
        if by.op == "local":
            return self.value(by), np.zeros((1, 1, 1, 1), int), by.args[0], np.False_
        if by.op == "view" and by.args[0] not in self.replaced:
            return self.place(by.args[1])
        if by.op in ("symbol", "view"):
            return self.base(by)
        base, positions, name, bad = self.place(by.args[0])
        if by.op == "transpose":
            return base, np.swapaxes(positions, -1, -2), name, bad
        own, wrong = self.positions(by, positions.shape[-2:])
        return base, dual.pick(positions, own), name, bad | wrong

    def base(self, by):
        """A whole symbol, the values of its indices stacked."""
        if by.op == "view":
            value = self.replaced[by.args[0]]
            return value, self.grid(value), by.args[0], np.False_
        symbol, indices, _ = by.args
        if not indices:
            value = self.value(by)
            return value, self.grid(value), symbol.latex, np.False_
        if symbol.definition:
            text = f"no derivative by {symbol.latex}, which has indices and a definition"
            self.fail(f"{text}: give the definition to the whole, with its indices as entries", by)
        letters = [letter for letter, _ in indices]
        value = self.replaced.get(symbol.latex)
        value = self.perturbed(symbol, letters) if value is None else value
        positions = self.block(self.grid(value), symbol, indices)
        bad = positions < 0
        return value, positions, symbol.latex, bad.any((-1, -2), keepdims=True)

    def grid(self, value):
        rows, columns = real(value).shape[-2:]
        return np.arange(rows * columns).reshape(1, 1, rows, columns)

    def _differential(self, bound):
        """How a value changes when what is drawn, and does not stay, changes in one direction."""
        level = self.level + 1
        if self.tangents:
            self.fail("differentials are of first order", bound)
        body, *still = bound.args
        inner = self.but(level=level, tangents=level, still=still, memo={})
        before = numbers.ties(np.False_)
        _value, eps = dual.parts(inner.value(body), level)
        tied = numbers.ties(before)
        if eps is None:
            eps = self.array(np.zeros((1, 1, *self.case.shape(bound))))
        eps = dual.linear(lambda b: b.reshape(b.shape[1:]) if b.ndim > 4 else b, eps)
        if not tied.any():
            return eps
        numbers.tied(tied)

        def move(scope, distance):
            return scope.but(tangents=1, still=still, shift=distance, memo={})

        return self.at_kink(eps, tied, body, [move])


def _moving(name, base, change):
    """How a scope comes to another one, in which a symbol is a distance away in one direction."""
    return lambda scope, distance: scope.where(name, base + distance * change)
