r"""A member without what does nothing.

Each part of it, from the inside out, that equals 0, 1, another number or one of its own parts is
replaced by that, and so are several terms of a sum or several factors of a product. Whether things
are equal is seen in values. Where several terms together are one of them, as in c X + (1 − c) X, it
must be so whatever the symbols stand for: that y_k p_k + \sum_{j ≠ k} y_j p_k is p_k is a step.
"""

import itertools
import operator
from fractions import Fraction

import numpy as np

from ..cases.samples import NAMES, SUMS, summed, terms_of
from ..sizes import NUMBER
from ..syntax import Bound, below, innermost, rewritten, walk, whole

__all__ = ["Reduced"]

MOST, LARGEST = 6, 1000  # terms or factors that are looked at together, a denominator
ARRAYS = "zeros", "ones", "eye"
PAIRS = "add", "sub", "odot", "oslash"  # how two parts can be one
PRODUCTS = "scale", "matmul", "odot", "inner", "frobenius"


class Reduced:
    """The bound trees of one vocabulary, reduced; each answer is kept.

    What is equal is told by `samples`: by `free` ones what is so by algebra alone.
    """

    def __init__(self, samples, free):
        self.samples, self.free = samples, free
        self.known, self.profiles = {}, {}

    def every(self, tree):
        """A member reduced, and the same without terms anywhere in it that leave its value."""
        found = [self.of(tree)]
        for tree in found:  # which grows
            less = (t for t in _thinner(tree) if self.same(t, tree))
            found += itertools.islice(map(self.of, less), MOST - len(found))
        return found

    def too_long(self, tree):
        """Whether a sum or a product in it has more parts than are looked at together."""
        parts = [p for p in walk(tree) if p.op in (*SUMS, *PRODUCTS, "div", "oslash")]
        return any(max(len(terms_of(p)), len(self.data(self.split(p)[0]))) > MOST for p in parts)

    def data(self, factors):
        """Those that are more than numbers and sizes."""
        return [f for f in factors if self.samples.has_data(f[0])]

    def of(self, tree):
        if id(tree) not in self.known:
            self.known[id(tree)] = self.reduced(tree), tree
        return self.known[id(tree)][0]

    def reduced(self, tree):
        if tree.op == "sum":
            self.samples.know(*tree.args[:3])
            self.free.know(*tree.args[:3])
        if tree.op not in ("symbol", "view"):
            kept = tree.args[1:] if tree.op == "derivative" else ()
            args = self.all_of(tree.args[:1]) + kept if kept else self.all_of(tree.args)
            if not all(map(operator.is_, args, tree.args)):
                tree = Bound(tree.op, args, tree.shape, tree.at)
            if not self.counts(tree):
                return tree
            if tree.op == "derivative" and (value := self.linear(*tree.args[:2], tree)):
                return value
        if self.profile(tree) is None or tree.op == "transpose":  # that J is Jᵀ is a step
            return tree
        return self.number(tree) or self.sum(tree) or self.product(tree) or self.part(tree) or tree

    def all_of(self, args):
        """What an operation is applied to, reduced; the same tuple if nothing changes."""
        found = tuple(
            self.of(a) if isinstance(a, Bound) else self.all_of(a) if isinstance(a, tuple) else a
            for a in args
        )
        return args if all(map(operator.is_, found, args)) else found

    def counts(self, tree):
        """Whether a tree says more than numbers, sizes and where an index stands."""
        return self.samples.has_data(tree) or any(part.op == "test" for part in walk(tree))

    # values

    def profile(self, tree, free=False):
        """A number for each case and value of the indices that stands for the value of a tree, and
        is linear in it; None if it has none."""
        key = id(tree), free
        if key not in self.profiles:
            values = (self.free if free else self.samples).values(tree)
            with np.errstate(all="ignore"):
                found = values and np.concatenate([_projected(v) for v in values])
            known = values and np.isfinite(found).any()
            self.profiles[key] = found if known else None, tree
        return self.profiles[key][0]

    def same(self, a, b, free=False):
        """Whether two trees of one shape are equal, in our world or in any."""
        return a.shape == b.shape and _near(self.profile(a, free), self.profile(b, free))

    def alike(self, a, b):
        """Whether two trees that are equal in our world are so in any, but for a sign, which √(a²)
        and a may have."""
        sizes = [np.abs(p) for p in (self.profile(a, True), self.profile(b, True)) if p is not None]
        return a.shape == b.shape and len(sizes) == 2 and _near(*sizes)

    # what a part is replaced by

    def number(self, tree):
        """The same number in all cases, or an array of zeros or ones, or the identity."""
        if tree.shape == NUMBER:
            return _number(self.profile(tree))
        for op in ARRAYS:
            if op != "eye" or tree.shape[0] == tree.shape[1]:
                array = Bound(op, (), tree.shape, tree.at)
                if self.same(tree, array):
                    return array
        return None

    def sum(self, tree):
        """Without terms that are 0 together; some that together are one of them without a factor
        as that."""
        if tree.op == "sum" and tree.args[-1].op in SUMS:
            return self.apart(tree)
        if tree.op not in SUMS:
            return None
        terms = terms_of(tree)[: MOST + 1]
        found = len(terms) <= MOST and (self.vanishing(terms) or self.mixed(terms))
        return self.of(summed(found)) if found else self.part(tree)

    def apart(self, tree):
        """A sum of several terms as several sums, if one of them is no sum then."""
        sums = [Bound("sum", (*tree.args[:-1], t), t.shape) for t in terms_of(tree.args[-1])]
        less = [self.of(t) for t in sums]
        return self.of(summed(less)) if any(t.op != "sum" for t in less) else None

    def vanishing(self, terms):
        profiles = [self.profile(t) for t in terms]
        if any(p is None for p in profiles):
            return None
        for some in _subsets(range(len(terms))):
            together = sum(profiles[n] for n in some)
            if _near(together, 0 * together, sum(np.abs(profiles[n]) for n in some)):
                return [t for n, t in enumerate(terms) if n not in some]
        return None

    def mixed(self, terms):
        profiles = [self.profile(t, free=True) for t in terms]
        if any(p is None for p in profiles):
            return None
        factors = [self.split(t) for t in terms]
        for some in _subsets(range(len(terms)), 2):
            together = sum(profiles[n] for n in some)
            for n in some:
                own, core = factors[n]
                own = self.data(own)[:MOST]
                for less in _subsets(own):
                    left = [f for f in factors[n][0] if f not in less]
                    size = self.times(less, True, sum(np.abs(profiles[m]) for m in some))
                    if _near(self.times(less, True, together), profiles[n], np.abs(size)):
                        rest = [t for k, t in enumerate(terms) if k not in some]
                        return [*rest, _product(left, core)]
        return None

    def product(self, tree):
        """Without numbers that are a number together, and what is left as a part of itself."""
        factors, core = self.split(tree)
        own = [(f if f is tree else self.of(f), n) for f, n in factors]
        changed = any(a is not b for (a, _), (b, _) in zip(own, factors, strict=True))
        data = self.data(own)[:MOST]
        for some in _subsets(data, 2):
            number = _number(self.times(some))
            if number is not None:
                own, changed = [*(f for f in own if f not in some), (number, 1)], True
                break
        less = core and self.part(core)
        if not changed and (not less or len(factors) == 0):
            return less
        return self.of(_product(own, less or core))

    def regrouped(self, tree, meant):
        """A product with two or more of its factors as what they mean, if they mean something."""
        factors, core = self.split(tree)
        for some in _subsets(self.data(factors)[:MOST], 2):
            if one := meant(_product(some, None)):
                return _product([*(f for f in factors if f not in some), (one, 1)], core)
        return None

    def times(self, factors, free=False, by=1.0):
        found = [self.profile(f, free) for f, _ in factors]
        if any(f is None for f in found):
            return np.array(np.nan)
        with np.errstate(all="ignore"):
            return by * np.prod([f**n for f, (_, n) in zip(found, factors, strict=True)], axis=0)

    def split(self, tree):
        """The numbers by which a product is multiplied, each with its power, and what is left."""
        match tree.op, tree.args:
            case "num", ("1",):
                return [], None
            case "neg", (a,):
                own, core = self.split(a)
                return [*own, (MINUS, 1)], core
            case op, (a, b) if op in PRODUCTS:
                (own, left), (more, right) = self.split(a), self.split(b)
                return self.both(op, own + more, left, right, tree)
            case "div" | "oslash" as op, (a, b):
                (own, left), (more, right) = self.split(a), self.split(b)
                return self.both(op, own + [(f, -n) for f, n in more], left, right, tree)
            case "derivative", (body, by, _) if whole(by):
                own, body = self.outer(body, whole(by).latex)
                left = tree if not own else Bound("derivative", (body, by, False), tree.shape)
                return ([*own, (left, 1)], None) if tree.shape == NUMBER else (own, left)
            case "transpose", (a,):
                own, core = self.split(a)
                return own, core and self.again("transpose", (core,), tree)
            case "sum", (letter, low, high, test, body):
                own, core = self.split(body)
                out = [f for f in own if letter not in f[0].letters]
                alone = core and letter not in core.letters and len(out) < len(own)
                if out or alone:
                    body = _product([f for f in own if f not in out], None if alone else core)
                    tree = Bound("sum", (letter, low, high, test, body), body.shape)
                if alone:
                    return [*out, (tree, 1)], core
                return ([*out, (tree, 1)], None) if tree.shape == NUMBER else (out, tree)
        return ([(tree, 1)], None) if tree.shape == NUMBER else ([], tree)

    def outer(self, body, name):
        """By what the derivative of a body is multiplied, of which derivative: (a u)' is a u', and
        (u²)' is 2 u u', the same for other powers and for exp. That of log is a step."""
        own, core = self.split(body)
        still = [f for f in own if name not in self.samples.definitions.closure(f[0])]
        moving = [f for f in own if f not in still]
        u, n = moving[0] if core is None and len(moving) == 1 else (body, 0)
        match u.op, u.args:
            case _ if n < 0:
                more, inner = [(MINUS, 1), (u, -1), (u, -1)], u
            case "exp", (inner,) if n:
                more = [(u, 1)]
            case "sqrt", (inner,) if n:
                more = [(TWO, -1), (u, -1)]
            case "pow", (inner, Bound("num", (k,))) if n and k.isdecimal():
                less = Bound("pow", (inner, Bound("num", (str(int(k) - 1),))))
                more = [(Bound("num", (k,)), 1), (less, 1)]
            case _:
                return still, _product(moving, core)
        deeper, inner = self.outer(inner, name)
        return [*still, *more, *deeper], inner

    def linear(self, body, by, tree):
        """The derivative of c X by a number c: X."""
        slopes = (b for b in walk(body) if b.op == "derivative")
        nested = any(innermost(b.args[1]).args[0] is by.args[0] for b in slopes)
        if by.op != "symbol" or by.shape != NUMBER or nested:
            return None
        one = rewritten(body, lambda b: ONE if b.op == "symbol" and b.args[0] is by.args[0] else b)
        return self.of(one) if self.same(one, tree) else None

    def both(self, op, factors, left, right, tree):
        """The factors of both sides of a product, and what is left of both."""
        if left is None or right is None:
            return factors, left or right
        core = self.again(op, (left, right), tree)
        return ([*factors, (core, 1)], None) if tree.shape == NUMBER else (factors, core)

    def again(self, op, args, tree):
        """A product of what is left of its sides, the same if that is all of them."""
        return tree if args == tree.args else Bound(op, args, tree.shape)

    def singled(self, tree):
        """With each sum over one term that an indicator singles out as that term."""
        return rewritten(tree, self.single)

    def single(self, tree):
        if tree.op != "sum":
            return tree
        letter, body = tree.args[0], tree.args[-1]
        factors, core = self.split(body)
        for test, _ in factors:
            for at in (test.args[0], test.args[-1]) if test.op == "test" else ():
                if letter not in at.letters:
                    rest = _product([f for f in factors if f[0] is not test], core)
                    one = Bound("lets", ((("index_let", letter, at),), rest), rest.shape)
                    if self.same(one, tree):
                        return one
        return tree

    def part(self, tree):
        """A part of it with the same value, or two as one."""
        alike = [p for p in _parts(tree) if p.shape == tree.shape and self.counts(p)]
        for part in alike:
            if self.same(part, tree, free=part.op in NAMES and tree.op in SUMS):
                return part
        if tree.op in ("exp", "log"):
            for (a, b), op in itertools.product(itertools.permutations(alike[:MOST], 2), PAIRS):
                pair = Bound(op, (a, b), tree.shape)
                if self.same(pair, tree):
                    return self.of(pair)
        return None


ONE, TWO = (Bound("num", (n,)) for n in "12")
MINUS = Bound("neg", (ONE,))


def _parts(tree, alone=True):
    """The parts of a tree; names of numbers and of what gives entries only where no sum over an
    index is around them, since elsewhere they may stand by chance."""
    alone = alone and tree.op != "sum"
    for part in below(tree.args):
        whole_one = part.shape != NUMBER and tree.op not in ("entry", "row")
        if alone or whole_one or part.op not in NAMES:
            yield part
        yield from _parts(part, alone)


def _thinner(tree):
    """The tree with one term less, of any sum in it."""
    if tree.op in SUMS:
        terms = terms_of(tree)
        for n in range(len(terms)):
            yield summed([*terms[:n], *terms[n + 1 :]])
    for n, arg in enumerate(tree.args):
        if isinstance(arg, Bound):
            for less in _thinner(arg):
                yield Bound(tree.op, (*tree.args[:n], less, *tree.args[n + 1 :]), tree.shape)


def _subsets(some, least=1):
    some = list(some)
    for count in range(least, len(some) + 1):
        yield from itertools.combinations(some, count)


def _projected(values):
    rows, columns = values.shape[-2:]
    weights = np.random.default_rng((rows, columns)).standard_normal((rows, columns))
    return ((values * weights).sum((-1, -2)) if rows * columns > 1 else values).ravel()


def _near(a, b, size=None):
    """Whether two profiles agree, up to rounding of `size`, or are undefined in the same cases;
    what is large in a few cases hides nothing in the others."""
    if a is None or b is None:
        return False
    size = np.maximum(np.abs(a), np.abs(b)) if size is None else size
    good = np.isfinite(a)
    if not good.any() or (good != np.isfinite(b)).any():
        return False
    return bool((np.abs(a - b)[good] <= 1e-9 * size[good] + 1e-13 * np.median(size[good])).all())


def _number(profile):
    """A number as a tree, if it is one, and rational, in all cases in which it is defined."""
    good = profile[np.isfinite(profile)] if np.ndim(profile) else ()
    if len(good) == 0 or np.ptp(good) > 1e-9 * np.abs(good).max():
        return None
    near = Fraction(float(good[0])).limit_denominator(LARGEST)
    if abs(float(near) - good[0]) > 1e-10 * abs(good[0]):
        return None
    found = Bound("num", (str(abs(near.numerator)),))
    if near.denominator > 1:
        found = Bound("div", (found, Bound("num", (str(near.denominator),))))
    return Bound("neg", (found,)) if near < 0 else found


def _product(factors, core):
    """A product of numbers to powers and what is left."""
    found = core
    for factor, n in factors:
        if found is None:
            found = factor if n > 0 else Bound("div", (ONE, factor))
        elif n > 0:
            found = Bound("scale", (factor, found), found.shape)
        else:
            found = Bound("div", (found, factor), found.shape)
    return ONE if found is None else found
