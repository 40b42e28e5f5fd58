r"""The value of a member in a world in which its symbols mean nothing.

There every symbol, function and derivative is a random number of its own, and so is a sum that is a
factor or an argument, up to a number in front of it; all else is computed. Two members have one
value there just if they differ in nothing but worked out numbers, brackets, signs, like terms,
transposes, and what cancels, is 0 or is 1. What holds only by what the symbols mean, such as
p_1 + … + p_C = 1, does not hold there. Every size that is not 1 is 2.
"""

import functools
from fractions import Fraction

from ..cases.samples import Samples, entry_inside
from ..sizes import NUMBER, Size
from ..syntax import Bound
from . import field
from .dresses import picked

__all__ = ["ONE", "Fingerprints"]

BUDGET = 1500  # nodes of one member
LINEAR = ("tr", "total", "vec", "diag", "kron", "differential", "derivative", "row", "entry")
SIGNED = ("symbol", "view", "entry", "row")  # squares if they are positive
OPPOSITE = {"!=": "=", ">=": "<", "<=": ">"}
UNIT = (field.constant(1),)
ONE = field.key(field.constant(1))


class Fingerprints:
    """The values of the bound trees of one binder: each a tuple of terms, in which a product is one
    term, and a sum stands nowhere else."""

    def __init__(self, vocabulary, binder):
        self.sizes, self.samples = binder.sizes, Samples(vocabulary)
        self.definitions, self.left = self.samples.definitions, BUDGET
        self.known, self.sums, self.first, self.logs, self.powers = {}, {}, {}, {}, {}

    def form(self, bound, letters=None):
        """What two trees have in common just if no step lies between them; None for one that is
        too large. `letters` says what some index letters stand for."""
        self.left = BUDGET
        try:
            return field.key(field.total(self.of(bound, letters or {})))
        except RecursionError:
            return None

    def of(self, bound, env):
        name = id(bound), *((a, field.key(env[a])) for a in sorted(bound.letters & {*env}))
        if name not in self.known:
            self.left -= 1
            if self.left < 0:
                raise RecursionError("more than is computed for one member")
            number = self.samples.constant(bound) if self.is_number(bound) else None
            rule = getattr(self, f"_{bound.op.replace(' ', '_')}", self.other)
            found = rule(bound, env) if number is None else (field.constant(number),)
            self.known[name] = found, bound  # the tree lives as long as its id is used
        return self.known[name][0]

    def factors_in(self, bound, env):
        """What it is applied to, as factors."""
        return [self.factor_of(a, env) for a in bound.args]

    def shape(self, bound):
        sizes = (self.sizes.counted(self.sizes.resolved(s)) for s in bound.shape)
        return tuple(1 if size.number == 1 else 2 for size in sizes)

    def is_number(self, bound):
        return self.shape(bound) == (1, 1)

    # terms and factors

    def factor(self, terms):
        """A value as a factor: a sum is a random multiple of itself, each time the same."""
        if len(terms) == 1:
            return terms[0]
        value = field.blurred(field.total(terms))
        kind, size = field.direction(value)
        self.sums[kind] = terms, size
        return value

    def factor_of(self, bound, env):
        return self.factor(self.of(bound, env))

    def single(self, value):
        """The terms of a product, which may be a multiple of a sum."""
        kind, size = field.direction(value)
        terms, own = self.sums.get(kind, ((value,), size))
        return tuple(field.scaled(term, size, own) for term in terms)

    def product(self, *parts):
        return self.single(functools.reduce(field.times, map(self.factor, parts)))

    def content(self, value):
        """What an array has in common with its multiples, and which one of the first it is."""
        kind, size = field.direction(value)
        return kind, field.scaled(field.constant(1), size, self.first.setdefault(kind, size))

    def other(self, bound, env):
        """Random, for what has no rule, but for the numbers in front of a linear operation."""
        front, names = field.constant(1), [bound.op]
        for arg in bound.args:
            linear = isinstance(arg, Bound) and bound.op in LINEAR
            content = self.content(self.factor_of(arg, env)) if linear else None
            name, n = content or (self.named(arg, env), UNIT[0])
            front = field.times(front, n)
            names.append(name)
        return self.atom(bound, names, front)

    def atom(self, bound, names, front=UNIT[0]):
        kind = "squares" if bound.op in SIGNED and self.samples.positive(bound) else "any"
        return self.single(field.times(front, field.drawn(names, self.shape(bound), kind)))

    def named(self, part, env):
        """A part of an operation as a part of a name."""
        if isinstance(part, tuple):
            return tuple(self.named(p, env) for p in part)
        if isinstance(part, Bound):
            return field.key(self.factor_of(part, env))
        return str(part) if isinstance(part, Size) else getattr(part, "latex", part)

    # numbers, names, arithmetic

    def _num(self, bound, _):
        return (field.constant(bound.args[0]),)

    def _size(self, bound, _):
        return self.counted(bound.args[0])

    def counted(self, size):
        """A size as a number."""
        terms = [field.constant(0)]
        for letters, n in self.sizes.resolved(size).terms.items():
            own = [(field.drawn(("size", a), kind="constant"),) for a in letters]
            terms += self.product((field.constant(n),), *own)
        return field.collected(terms)

    def _const(self, bound, _):
        pi = (field.drawn("pi", kind="constant"),)
        return pi if bound.args[0] == r"\pi" else self.raised("e", UNIT)

    def _index(self, bound, env):
        (letter,) = bound.args
        return (env[letter] if letter in env else field.drawn(("index", letter)),)

    def _symbol(self, bound, env):
        """With the values of its indices, and of those that its definition leaves open."""
        symbol, indices, letters = bound.args
        left_open = tuple(Bound("index", (a,)) for a in letters)
        return self.atom(bound, (symbol.latex, *self.named((indices, left_open), env)))

    def _view(self, bound, env):
        """What it is part of, of which it is no other name."""
        return self.of(bound.args[1], env)

    def _ones(self, bound, _):
        return (field.ones(self.shape(bound)),)

    def _zeros(self, bound, env):
        return (self._ones(bound, env)[0] * 0,)

    def _eye(self, bound, _):
        return UNIT if self.is_number(bound) else (field.EYE,)

    def _entry(self, bound, env):
        """An entry of a matrix; that of a transpose has its indices exchanged."""
        base, at, _, across, _ = bound.args
        if (found := entry_inside(bound)) is not None:
            return self.of(found, env)
        value = self.factor_of(base, env)
        at, across = (UNIT if a is None else self.of(a, env) for a in (at, across))
        if field.direction(value)[0] == field.direction(field.EYE)[0]:
            return self.product((value[:, :1, :1],), self.compared("=", at, across))
        if len({*value.flat}) == 1:  # of zeros or ones
            return (value[:, :1, :1],)
        (one, n), (other, _) = self.content(value), self.content(value.swapaxes(1, 2))
        at, across = field.key(field.total(at)), field.key(field.total(across))
        return self.atom(bound, ("entry", *sorted([(one, at, across), (other, across, at)])), n)

    def _add(self, bound, env):
        a, b = bound.args
        return field.collected(self.of(a, env) + self.of(b, env))

    def _sub(self, bound, env):
        a, b = bound.args
        return field.collected(self.of(a, env) + field.negative(self.of(b, env)))

    def _neg(self, bound, env):
        return field.negative(self.of(bound.args[0], env))

    def _scale(self, bound, env):
        return self.single(field.times(*self.factors_in(bound, env)))

    def _matmul(self, bound, env):
        found = picked(bound)
        return self._scale(bound, env) if found is bound else self.of(found, env)

    def _div(self, bound, env):
        a, b = self.factors_in(bound, env)
        return self.single(field.entrywise(a, field.power(b, -1)))

    def _odot(self, bound, env):
        return self.single(field.entrywise(*self.factors_in(bound, env)))

    def _inner(self, bound, env):
        return self.single(field.inner(*self.factors_in(bound, env)))

    _oslash, _frobenius = _div, _inner

    def _transpose(self, bound, env):
        return tuple(term.swapaxes(1, 2) for term in self.of(bound.args[0], env))

    def _tr(self, bound, env):
        value = self.factor_of(bound.args[0], env)
        if field.direction(value)[0] == field.direction(field.EYE)[0]:
            return self.product((value[:, :1, :1],), self.counted(bound.args[0].shape[0]))
        return self.other(bound, env)

    def _diag(self, bound, env):
        value = self.factor_of(bound.args[0], env)
        if not self.is_number(bound) and (value[:, :1] == value).all():
            return self.single(field.times(value[:, :1], field.EYE))
        return tuple(field.total((t, t.swapaxes(1, 2))) for t in self.other(bound, env))

    def _inverse(self, bound, env):
        value = self.factor_of(bound.args[0], env)
        if self.is_number(bound):
            return self.single(field.power(value, -1))
        found = field.inverse(value)
        if bound.args[0].op == "matmul":  # that this is a product of inverses is a step
            found = field.blurred(found, "inverse")
        return self.single(found)

    # powers and functions

    def raised(self, base, exponent):
        """A number, or "e", to a power; one to a multiple of something is a power of that."""
        value = self.factor(exponent)
        n = field.rational(value)
        if base == "e" and not value.any():
            return (value * 0 + 1,)
        if base != "e" and n is not None:
            return self.single(field.power(self.factor(base), n))
        kind, times_first = self.content(value)
        n = field.rational(times_first)
        if n is None:
            kind, n = field.key(value), 1
        name = base if base == "e" else field.key(self.factor(base))
        power = field.drawn(("power", name, kind), value.shape[1:], "squares")
        root = self.logs.get((name, kind), (power,))
        found = self.single(field.power(self.factor(root), n))
        if base == "e":
            self.powers[field.key(field.total(found))] = exponent
        return found

    def _pow(self, bound, env):
        return self.raised(*(self.of(a, env) for a in bound.args))

    def _root(self, bound, env):
        """A square root, or one of another degree."""
        if not self.is_number(bound):
            return self.other(bound, env)
        base, *degree = self.factors_in(bound, env)
        n = field.rational(*degree) if degree else 2
        return self.single(field.power(base, Fraction(1) / n))

    _sqrt = _root

    def _abs(self, bound, env):
        (arg,) = bound.args
        if not self.is_number(arg):  # a norm
            return self.other(bound, env)
        if self.samples.positive(arg):
            return self.of(arg, env)
        return self.single(field.magnitude(self.factor_of(arg, env)))

    _norm_F = _abs

    def _norm_F_squared(self, bound, env):
        norm = Bound("norm F", bound.args, NUMBER)
        return self.of(Bound("pow", (norm, Bound("num", ("2",), NUMBER)), NUMBER), env)

    def _exp(self, bound, env):
        return self.raised("e", self.of(bound.args[0], env))

    def _log(self, bound, env):
        terms = self.of(bound.args[0], env)
        if (power_of_e := field.key(field.total(terms))) in self.powers:
            return self.powers[power_of_e]
        found = self.other(bound, env)
        self.logs["e", self.content(self.factor(found))[0]] = terms
        return found

    # indicators, cases, sums

    def _test(self, bound, env):
        return self.compared(bound.args[1], *(self.of(a, env) for a in bound.args[::2]))

    def compared(self, relation, a, b):
        """a = b as an indicator; ≠ is 1 less that, and so on."""
        if relation in OPPOSITE:
            return self.without(self.compared(OPPOSITE[relation], a, b))
        gap = self.factor(field.collected(a + field.negative(b)))
        n = field.rational(gap)
        if n is not None:
            return (field.constant({"=": n == 0, "<": n < 0, ">": n > 0}[relation]),)
        kind, n = self.content(gap)
        if relation != "=" and (field.rational(n) or 1) < 0:
            relation = "<" if relation == ">" else ">"
        return (field.drawn(("test", relation, kind), kind="bits"),)

    def without(self, indicator):
        return field.collected(UNIT + field.negative(indicator))

    def _cases(self, bound, env):
        """Each line times the indicator that it is the first that holds."""
        terms, rest = (), UNIT
        for a, condition in bound.args:
            here = UNIT if condition is None else self.of(condition, env)
            terms += self.product(rest, here, self.of(a, env))
            rest = self.product(rest, self.without(here))
        return self.single(field.total(terms))

    def _sum(self, bound, env):
        """Over two random values of its letter, counted from the first; what does not have the
        letter is counted."""
        letter, *limits, test, body = bound.args
        self.samples.know(letter, *limits)
        low, high = (self.of(a, env) for a in limits)
        if field.key(field.total(low)) == field.key(field.total(high)) and test is None:
            return self.of(body, env | {letter: self.factor(low)})
        found = []
        for point in "ab":
            inner = env | {letter: field.total((*low, field.drawn(("point", point))))}
            here = UNIT if test is None else self.of(test, inner)
            found.append(self.product(here, self.of(body, inner)))
        one, other = (self.factor(terms) for terms in found)
        count = field.collected(high + field.negative(low) + UNIT)
        name = bound.op, field.key(field.total(count))
        if (one == other).all() and bound.op != "prod":
            return self.product(count, found[0]) if bound.op == "sum" else found[0]
        if bound.op == "sum":
            both = field.total((one, field.times(other, field.drawn("weight"))))
            return self.single(field.blurred(both, *name))
        return self.atom(bound, (*name, field.key(one), field.key(other)))

    _prod = _largest = _smallest = _sum

    def _lets(self, bound, env):
        """With other values of indices; symbols keep theirs."""
        lets, body = bound.args
        if not all(op == "index_let" or self.keeps(n, v, body) for op, n, v in lets):
            return self.other(bound, env)
        values = {n: self.factor_of(v, env) for op, n, v in lets if op == "index_let"}
        return self.of(body, env | values)

    def keeps(self, name, value, body):
        """Whether a symbol that takes a value keeps its own, or stands nowhere."""
        own = value.args[0].latex if value.op == "symbol" else value.args[0] if value.args else ""
        same = value.op in ("symbol", "view", "local") and own == name
        return same or name not in self.definitions.closure(body)
