r"""What may have changed at one place of a tree: signs, indices, sums, cases, brackets, names.

A rule yields a kind of slip, what it costs more than others of its kind, and what could stand there
instead. Names come from the vocabulary and the other members; letters are those that are free, or
bound by a sum around the place.
"""

import itertools
from collections import Counter

from ..sizes import NUMBER
from ..syntax import Node, flat, renamed, rewritten, walk
from ..vocabulary import indices_of
from .context import UNIT, call, function_of, holes, letters_in, name, number, over, product, put

__all__ = ["RULES", "SUMS", "Place"]

FLIP, SUMS = {"add": "sub", "sub": "add"}, ("sum", "prod", "max", "min")
WHOLE_TERM = ("", *FLIP, *SUMS, "neg")
PRODUCTS, OPPOSITE = ("mul", "dot", "times"), {"=": "!=", "!=": "="}
MATRIX_PRODUCTS = (*PRODUCTS, "odot", "oslash", "kron")
BINARY = ("add", "sub", "mul", "dot", "div", "odot", "pow")
# Of an operation: kind, extra, and which of its arguments could stand there alone.
ALONE = {
    "neg": ("sign", 0, (0,)), "transpose": ("transpose", 0, (0,)), "div": ("factor", 0.1, (0,)),
    **dict.fromkeys(MATRIX_PRODUCTS, ("factor", 0.1, (0, 1))), "add": ("term", 0, (0, 1)),
    "sub": ("term", 0, (0,)), "pow": ("factor", -0.2, (0,)),
    "call": ("function", 0, (1,)),
}  # fmt: skip
# What could stand there with the same arguments: kind, extra, and which operations.
INSTEAD = {
    "add": (("sign", 0, "sub"), ("operation", 0, "mul")), "odot": (("order", 0.2, "mul"),),
    "sub": (("sign", 0, "add"), ("operation", 0, "div")), "div": (("operation", 0, "sub"),),
    "sum": (("sum", 0.3, "prod"),), "prod": (("sum", 0.3, "sum"),),
    "max": (("function", 0.3, "min"),), "min": (("function", 0.3, "max"),),
    "mul": (("operation", 0, "add"), ("order", 0.2, "odot")),
}  # fmt: skip
POWER_OR_TIMES = {"mul": "pow", "pow": "mul"}  # with two arguments exchanged
# What could stand there with two arguments exchanged.
EXCHANGED = {"sub": ("sign", 0.05), "div": ("order", 0.3),
             **dict.fromkeys(MATRIX_PRODUCTS, ("order", 0))}  # fmt: skip
POWERED = ("name", "abs", "norm", "call", "add", "sub", "div", "mul", "sum")
APPLIED, FUNCTIONS = ("name", "sum", "div", "add", "sub", "mul"), ("log", "exp", "sqrt")
# Where brackets may end or begin: the arguments that stand last, and those that stand first.
LAST = {"mul": (1,), "dot": (1,), "add": (1,), "sub": (1,), "neg": (0,), "div": (0, 1), "pow": (1,),
        "call": (1,), "sum": (2,), "prod": (2,), "derivative": (0,), "odot": (1,)}  # fmt: skip
WRAPPED = {"call": (1,), "pow": (0, 1), "div": (0, 1), "norm": (0,), "abs": (0,)}
FIRST = {"mul": (0,), "dot": (0,), "add": (0,), "sub": (0,), "div": (0,), "pow": (0,),
         "transpose": (0,), "odot": (0,), "call": (1,)}  # fmt: skip


class Place:
    """A part of a tree: where it stands, and the index letters that are known there."""

    def __init__(self, node, context, path=(), parent=None, bound=()):
        self.node, self.context, self.path = node, context, path
        self.parent, self.bound = parent, bound
        self.scope, self.inside = (*context.free, *bound), parent.op if parent else ""

    def made(self, *args, op=""):
        return Node(op or self.node.op, args, self.node.at)

    @property
    def ends_term(self):
        """Whether a whole term stands here, and no factor of one."""
        part = self.inside in (*PRODUCTS, "neg", "transpose", "entry", "odot", "kron")
        return not part and not (self.inside in ("div", "pow") and self.path[-1] == (0,))

    def touches(self, node):
        """Whether a factor below a sum has the index of the sum: else it may stand before it."""
        return self.inside not in SUMS or {*self.bound[-1:]} <= letters_in(node)

    # the operation itself

    def operations(self):
        """Without the operation, with another, or with its arguments exchanged: the tables."""
        node, args = self.node, self.node.args
        if node.op == "pow" and args[0].text == "e":
            yield "function", 0, args[1]
        elif node.op != "call" or function_of(node) in FUNCTIONS:
            kind, extra, chosen = ALONE.get(node.op, ("", 0, ()))
            if (node.op, self.inside) == ("neg", "pow") and args[0].op == "num":
                kind, extra = "factor", -0.2  # an inverse
            for n in chosen:  # a number is added or left out more easily than a term
                short = 0.6 * (node.op in FLIP and args[1 - n].op == "num")
                yield kind, extra - short, args[n]
        for kind, extra, other in INSTEAD.get(node.op, ()):
            if UNIT not in args or other in FLIP:  # times 1 is without a term
                yield kind, extra, self.made(*args, op=other)
        if node.op in EXCHANGED:
            yield *EXCHANGED[node.op], self.made(*args[::-1])
        if node.op in PRODUCTS and args[0].op in PRODUCTS:  # two factors at once
            yield "factor", -0.2, args[0].args[0]
        if node.op in POWER_OR_TIMES and any(a.op == "num" for a in args):  # 2 a for a^2
            yield "factor", -0.2, self.made(*args[::-1], op=POWER_OR_TIMES[node.op])

    def more(self):
        """An operation more: a minus, a transpose, a power, a logarithm, a sum."""
        node, inside = self.node, self.inside
        if node.op == "num":
            return
        if node.op != "neg" and self.ends_term and not (inside in FLIP and self.path[-1] == (1,)):
            yield "sign", 0.1 * bool(self.parent), self.made(node, op="neg")
        if "transpose" not in (inside, node.op):
            yield "transpose", 0, self.made(node, op="transpose")
        if node.op in POWERED and inside not in ("pow", "derivative", "indicator", "transpose"):
            yield from (("factor", -0.1, Node("pow", (node, number(n)))) for n in (2, -1))
            yield "factor", -0.1, Node("odot", (node, node))
        if inside in (*WHOLE_TERM, "div", *PRODUCTS) and node.op in APPLIED:
            yield from (("function", 0.1, call(word, node)) for word in ("log", "exp"))
        if node.op == "mul" and node.args[0] == number(2):  # as if it were symmetric
            yield "transpose", 0, Node("add", (node.args[1], Node("transpose", node.args[1:])))
        for letter in sorted(letters_in(node) & {*self.context.vocabulary.indices} - {*self.bound}):
            yield "sum", 0.2 * (inside not in ("", *FLIP, "neg")), over(name(letter), node)

    def functions(self):
        """A function or a sign that is missing wherever a term has some symbol."""
        if self.node.op == "name" or self.inside not in WHOLE_TERM:
            return
        heads = Counter(n.args[0] for n in walk(self.node) if self.context.form(n))
        for head, word in itertools.product(heads, ("exp", "log", "")):

            def applied(n, head=head, word=word):
                new = call(word, n) if word else Node("neg", (n,))
                return new if n.op == "name" and n.args[0] == head else n

            if heads[head] > 1:
                yield "function" if word else "sign", 0.1, rewritten(self.node, applied)

    def numbers(self):
        """Another number, as a power too."""
        if self.node.op == "num" and self.node.args[0].isdecimal():
            n = int(self.node.args[0])
            kind = ("factor", -0.2) if self.inside == "pow" else ("number", 0)
            other = {0, 1, 2, 3, n + 1, n - 1} - {n, 0 if self.inside in FLIP else n}
            yield from ((*kind, number(k)) for k in sorted(other))

    # indices

    def indices(self):
        node = self.node
        if node.op == "name":
            for kind, extra, new in self.of_name(node):
                free = self.bound and self.bound[-1] in letters_in(node) - letters_in(new)
                yield kind, extra + bool(free), new  # a sum over what no longer has its letter
        if node.op == "derivative" and node.args[1].op == "name":
            for kind, extra, new in self.of_name(node.args[1]):
                yield kind, extra, self.made(node.args[0], new)

    def letters(self):
        """One letter made another in a whole term, or all names in it those of an example."""
        node = self.node
        if node.op == "name" or self.inside not in WHOLE_TERM:
            return
        for letter in sorted(letters_in(node) & {*self.scope, *self.context.labels}):
            for other in self.context.others(name(letter), self.scope):
                yield "index", 0.1, renamed(node, {letter: other})
                if other.text in self.scope:
                    yield "index", 0.1, renamed(node, {letter: other, other.text: name(letter)})
        for letter in self.scope:
            yield "index", 0.1, self.context.of_example(node, name(letter))

    def of_name(self, node):
        """Other indices, fewer or more of them, two of them exchanged."""
        head, subscripts, example = node.args
        form, indices = self.context.form(node), tuple(indices_of(node))
        if form is None:
            others = self.context.others(node, self.scope) if node.plain else ()
            yield from (("index", 0, new) for new in others)
            return
        if len(subscripts) == 2:
            swapped = name(head, subscripts[::-1], example)
            yield "index", 0, swapped
            for old in sorted(letters_in(node) & {*self.scope}):  # rows instead of columns
                others = (renamed(swapped, {old: name(new)}) for new in self.scope)
                yield from (("index", 0.3, other) for other in others)
        for n, run in enumerate(form.runs if len(form.runs) == len(indices) else ()):
            for other in self.context.others(indices[n], self.scope, run):
                yield "index", 0, form.written((*indices[:n], other, *indices[n + 1 :]))
        kind = ("symbol", -0.4) if form.label else ("index", 0.4)
        for other in self.context.forms.values():
            if other.bare == form.bare and other != form:
                yield from ((*kind, new) for new in self.context.instances(other, self.scope))
        for other in self.context.values(form.label, self.scope) if form.label else ():
            yield "symbol", -0.4, Node("indicator", (other, "=", node))

    # sums and the chain rule

    def sums(self):
        """The range of a sum, its letter, a sum too many; a chain rule without its sum."""
        node = self.node
        if node.op in PRODUCTS and self.inside not in PRODUCTS:
            yield from self.chain_rule()
        if node.op not in SUMS:
            return
        every, high, body = node.args
        for n in range(len(every)):
            yield from self.bounds(n)
        if high is None:
            return
        tops = [name(a) for a in self.context.vocabulary.sizes]
        tops += [high.args[0]] if high.op in FLIP else [Node(op, (high, UNIT)) for op in FLIP]
        yield from (("bound", 0, self.made(every, top, body)) for top in tops)

    def bounds(self, n):
        """Edits of one of the indices below a sum."""
        every, high, body = self.node.args
        index, relation, limit = every[n]
        rest = (*every[:n], *every[n + 1 :])
        yield "sum", 0, self.made(rest, high, body) if rest else body
        if index is None:
            return

        def changed(*bound, high=high):
            return self.made((*every[:n], bound, *every[n + 1 :]), high, body)

        for other in self.context.others(index, tuple(self.context.vocabulary.indices)):
            if other.plain:
                yield "index", 0, changed(other, relation, limit)
        for letter in sorted({*self.scope} - {index.text}):
            if letter in letters_in(body):
                yield "index", 0.1, changed(name(letter), None, None, high=None)
            if not rest:  # a product of sums instead of a sum of products
                yield "sum", 0, renamed(body, {index.text: name(letter)})
        if limit is not None and limit.op == "num":
            for first in {float(limit.args[0]) + 1, abs(float(limit.args[0]) - 1)}:
                yield "bound", 0, changed(index, relation, number(first))
        yield "bound", 0, changed(index, None, None, high=None)
        for other in self.context.others(index, self.scope):
            yield "bound", 0.3 * (relation != "!="), changed(index, "!=", other, high=None)

    def chain_rule(self):
        """∂a/∂b_j · ∂b_j/∂c without the sum over all b."""
        parts = flat(self.node, PRODUCTS)
        for outer, inner in itertools.permutations([p for p in parts if p.op == "derivative"], 2):
            by, of = outer.args[1], inner.args[0]
            if by.op != "name" or of.op != "name" or by.args[0] != of.args[0] or not by.args[1]:
                continue
            own, letters = by.args[1][-1], self.context.vocabulary.indices
            others = self.context.others(own, tuple(letters))
            unused = [n for n in (*others, own) if n.text in letters and n.text not in self.scope]
            for new in unused[:1]:
                between = name(by.args[0], (*by.args[1][:-1], new), by.args[2])
                made = {id(outer): Node("derivative", (outer.args[0], between)),
                        id(inner): Node("derivative", (between, inner.args[1]))}  # fmt: skip
                yield "chain", 0, over(new, product(*(made.get(id(f), f) for f in parts)))

    # cases and brackets

    def cases(self):
        node, tests = self.node, self.context.indicators(self.scope)
        if node.op == "indicator" and node.args[1] in OPPOSITE:
            yield "case", 0, self.made(node.args[0], OPPOSITE[node.args[1]], node.args[2])
        for n, k in itertools.combinations(range(len(node.args)), 2) if node.op == "cases" else ():
            rows = list(node.args)
            rows[n], rows[k] = (rows[k][0], *rows[n][1:]), (rows[n][0], *rows[k][1:])
            yield "case", 0, self.made(*rows)
        if node == UNIT and self.inside in ("", *FLIP, *PRODUCTS, "div"):
            yield from (("case", 0, test) for test in tests)
        if self.ends_term and node.op != "num":
            yield from (("case", 0.45, product(t, node)) for t in tests if self.touches(t))

    def brackets(self):
        """What belongs into a bracket, an exponent, a sum stands beside it, or the reverse."""
        node = self.node
        for side, table in ((0, LAST), (1, FIRST)):
            if node.op in BINARY:
                wrapper, other = node.args[side], node.args[1 - side]
                for hole, part in holes(wrapper, table):
                    pair = (part, other)[:: 1 - 2 * side]
                    yield "bracket", 0, put(wrapper, hole, self.made(*pair))
            for hole, part in holes(node, table):
                if part.op in BINARY:
                    pair = (put(node, hole, part.args[side]), part.args[1 - side])
                    yield "bracket", 0.05, Node(part.op, pair[:: 1 - 2 * side], part.at)

    def functions_of_parts(self):
        """What a function does not do: log a − log b for log(a − b), Σ log a for log Σ a."""
        node, inner = self.node, self.node.args[-1] if self.node.args else None
        if node.op in FLIP or (node.op in BINARY and node.args[0].op == "call"):
            a, b = node.args
            for (hole, part), (_, other) in zip(holes(a, WRAPPED), holes(b, WRAPPED), strict=False):
                if put(a, hole, other) == b:
                    yield "bracket", 0, put(a, hole, self.made(part, other))
        if node.op == "sum":
            yield "bracket", 0.3, call("log", put(node, ((2,),), call("exp", inner)))
        if {node.op, getattr(inner, "op", "")} == {"sum", "call"}:
            new = put(node, ((len(node.args) - 1,),), inner.args[-1])
            yield "bracket", 0, put(inner, ((len(inner.args) - 1,),), new)

    # other names

    def symbols(self):
        """Another symbol of the same kind: a number, or none."""
        node, context, form = self.node, self.context, self.context.form(self.node)
        if node.op != "name" or (form and form.label):
            return
        for other, far in context.named(self.scope, False) if node.text == "I" else ():
            yield "symbol", far, call("operatorname{diag}", other)
        numbers = form.shape == NUMBER if form else node.args[0] in context.vocabulary.sizes
        yield from (("symbol", far, other) for other, far in context.named(self.scope, numbers))

    def factors(self):
        """A factor or a divisor more."""
        node, matrices = self.node, self.context.named(self.scope, False)
        if self.inside == "indicator":
            return
        for other, far in self.context.factors(self.scope) if self.ends_term else ():
            if self.touches(other):
                yield "factor", far, product(other, node)
                yield "factor", far, Node("div", (node, other))
        for other, far in matrices if self.inside in WHOLE_TERM else ():
            inverse = Node("pow", (other, number(-1)))
            for one in (other, Node("transpose", (other,)), inverse):
                yield from (("factor", far + 0.1, product(*pair))
                            for pair in ((node, one), (one, node)))  # fmt: skip

    def chain_factors(self):
        """A derivative more, of a symbol by one that its definition names, or for the symbol."""
        node = self.node
        if self.inside in (*FLIP, *PRODUCTS, "div") and self.context.defined(node):
            yield from (("slope", 0, self.made(node, by, op="derivative"))
                        for by in self.context.variables if by != node)  # fmt: skip
        if self.inside not in WHOLE_TERM:
            return
        for outer, by in self.context.passed():
            for of in self.context.instances(outer, self.scope):
                slope = Node("derivative", (of, by.written(indices_of(of))))
                slope = slope if outer.shape == NUMBER else Node("transpose", (slope,))
                yield "inner", 1.3, product(slope, self.node)

    def terms(self):
        """A term more."""
        if self.inside not in ("", "sum", "call", "neg", "mul", "div", "pow", "transpose"):
            return
        context, factors = self.context, self.context.factors(self.scope)
        found = [(test, 0) for test in (UNIT, *context.indicators(self.scope))] + factors
        found += [(call("log", n), far + 0.2) for n, far in factors if n.plain]
        found = [(other, far) for other, far in found if self.touches(other)]
        if self.inside == "pow":  # of an inverse
            found += [(product(a, name("I")), far) for a, far in context.named(self.scope, True)]
        if self.inside in ("", "sum", "mul", "transpose"):
            found += [*context.named(self.scope, False), *context.products(self.scope)]
        if not self.inside:
            found += context.multiples(self.scope)
        for other, far in found:
            yield from (("term", far, Node(op, (self.node, other))) for op in FLIP)


RULES = (Place.operations, Place.more, Place.functions, Place.numbers, Place.indices, Place.letters,
         Place.sums, Place.cases, Place.brackets, Place.functions_of_parts, Place.symbols,
         Place.factors, Place.chain_factors, Place.terms)  # fmt: skip
