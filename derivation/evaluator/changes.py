"""Functions of other values, derivatives and differentials: the evaluator's part."""

import numpy as np

from ..syntax import walk
from . import dual, numbers
from .dual import real
from .terms import MAX_TERMS

__all__ = ["Changes"]


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
            if id(ahead) in self.kinked:
                back = self.directions(base, positions, level, -1)
                back = self.where(name, back).but(level=level).value(body)
                found = dual.two_sided(found, back, self.value(body), level)
            self.keep(key, dual.slopes(found, level, shape, count))
        return self.memo[key][0]

    def directions(self, base, positions, level, sign=1):
        """A value perturbed in each direction, the same one whenever it is asked for."""
        key = "directions", id(base), positions.shape, positions.tobytes(), level, sign
        if key not in self.memo:
            self.memo[key] = dual.directions(base, positions, level, sign), base
        return self.memo[key][0]

    def aside(self):
        """The same with what changes a step on, in decimals."""
        moved = {name: dual.moved(value) for name, value in self.replaced.items()}
        return self.but(replaced=moved, memo={}, kinked=set(), exact=True, away=True)

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
        ties = numbers.ties()
        found = inner.value(body)
        if numbers.ties() > ties:
            back = inner.but(side=-1, memo={}).value(body)
            found = dual.two_sided(found, back, self.value(body), level)
        _value, eps = dual.parts(found, level)
        if eps is None:
            return self.array(np.zeros((1, 1, *self.case.shape(bound))))
        return dual.linear(lambda b: b.reshape(b.shape[1:]) if b.ndim > 4 else b, eps)
