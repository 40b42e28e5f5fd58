"""What a member could have been written with: index letters, symbols, and small parts of others."""

import itertools
from dataclasses import dataclass
from functools import cache, reduce

from ..operations import NUMBER
from ..sizes import ONE, Size
from ..syntax import Node, renamed, rewritten, walk
from ..vocabulary import indices_of, read_name

__all__ = ["UNIT", "Context", "call", "function_of", "holes",
           "letters_in", "name", "number", "over", "product", "put"]  # fmt: skip

FAR = 0.25  # what a name costs more that no member mentions
SMALL = ("name", "pow", "call", "indicator", "abs", "norm", "div", "derivative", "transpose")


def name(head, subscripts=(), example=None):
    return Node("name", (head, tuple(subscripts), example))


def number(value):
    """That of a number, with a minus if it is negative."""
    node = Node("num", (f"{abs(value):g}",))
    return Node("neg", (node,)) if value < 0 else node


UNIT = number(1)


def put(tree, path, new):
    """The tree with another part at a place; all other parts stay the same objects."""
    if not path:
        return new

    def into(args, step):
        n, *deeper = step
        part = into(args[n], deeper) if deeper else put(args[n], path[1:], new)
        return (*args[:n], part, *args[n + 1 :])

    return Node(tree.op, into(tree.args, path[0]), tree.at)


def letters_in(tree):
    return {n.args[0] for n in walk(tree) if n.plain}


def product(*factors):
    return reduce(lambda a, b: Node("mul", (a, b)), factors)


def call(word, argument):
    return Node("call", (name(rf"\{word}"), argument))


def over(letter, body):
    """The sum over all values of a letter."""
    return Node("sum", (((letter, None, None),), None, body))


def holes(node, table, depth=3):
    """The parts at one end of a text, as (path, part): where a bracket could begin or end."""
    for n in table.get(node.op, ()) if depth else ():
        if n < len(node.args):
            yield ((n,),), node.args[n]
            deeper = holes(node.args[n], table, depth - 1)
            yield from ((((n,), *path), part) for path, part in deeper)


def function_of(node):
    """The word of a function that is applied."""
    return node.args[0].args[0].strip("\\") if node.op == "call" else ""


@dataclass(frozen=True)
class Form:
    """How a symbol, or an entry of one, is written: its head, over what each of its indices runs
    (the example first), its shape, that of the whole, over what the values of a label run."""

    head: str
    fixed: tuple
    example: bool
    runs: tuple
    shape: tuple
    whole: tuple
    label: object = None

    def written(self, indices):
        example, subscripts = (indices[0], indices[1:]) if self.example else (None, indices)
        return name(self.head, (*self.fixed, *subscripts), example)

    @property
    def bare(self):
        return self.head[8:-1] if self.head.startswith(r"\mathbf{") else self.head


class Context:
    """What a chain could have been written with: its letters, the symbols, its own small parts."""

    def __init__(self, vocabulary, members, free):
        self.vocabulary, self.free, self.forms = vocabulary, tuple(free), {}
        names = [n for n in walk(members) if n.op == "name"]
        self.heads = {n.args[0] for n in names}
        self.digits = {index for n in names for index in n.args[1] if index.op == "num"}
        defined = []
        for symbol, letters in vocabulary.table.values():
            if not symbol.is_function:
                self.add(symbol, letters)
            mentioned = {symbol.head, symbol.head[8:-1]} & self.heads
            if mentioned and symbol.definition and not symbol.view:
                defined.append(vocabulary.definition(symbol))
        self.parts = [n for n in walk((members, tuple(defined))) if isinstance(n, Node)
                      and n.op in SMALL and 1 < len(list(walk(n))) < 9
                      and n not in members]  # fmt: skip
        self.labels = {f.head for f in self.forms.values() if f.label and not f.runs}
        self.variables = {n.args[1] for n in walk(members) if n.op == "derivative"}
        for memo in ("values", "named", "factors", "products", "multiples", "indicators"):
            setattr(self, memo, cache(getattr(self, memo)))

    def add(self, symbol, letters):
        """The forms of a symbol and of its entries."""
        head, subscripts, example = read_name(symbol.latex, self.vocabulary.dialect).args
        shape, own = self.vocabulary.shape(symbol), tuple(map(self.run, letters))
        letter = symbol.draw.partition(" ")[2] or next(iter(self.vocabulary.indices), "")
        rest = () if letters else subscripts, bool(letters) and example is not None
        whole = Form(head, *rest, own, shape, shape, self.run(letter) if symbol.is_label else None)
        self.forms.setdefault((head, len(subscripts), example is not None), whole)
        if shape != NUMBER:
            along = tuple(map(self.along, shape[:1] if shape[1] == ONE else shape))
            entry = Form(whole.bare, *rest, (*own, *along), NUMBER, shape)
            key = entry.head, len(subscripts) + len(along), example is not None
            self.forms.setdefault(key, entry)

    def run(self, letter):
        return self.vocabulary.range(letter) if letter in self.vocabulary.indices else None

    def along(self, size):
        first = self.vocabulary.first_along(size)
        return Size.of(first), size + Size.of(first - 1)

    def form(self, node):
        head, subscripts, example = node.args if node.op == "name" else ("", (), None)
        return self.forms.get((head, len(subscripts), example is not None))

    def beside(self, node):
        """Entries of other symbols with the same indices."""
        own = self.form(node)
        if own is None or not own.runs:
            return []
        wanted = own.runs, own.shape, own.example, None
        alike = (f for f in self.forms.values() if (f.runs, f.shape, f.example, f.label) == wanted)
        return [f.written(indices_of(node)) for f in alike if f.bare != own.bare]

    def defined(self, node):
        """Whether a name is that of a number with a definition."""
        symbol = self.vocabulary.lookup(node)[0]
        return bool(symbol and symbol.definition) and self.vocabulary.shape(symbol) == NUMBER

    def passed(self):
        """Pairs of forms with the same indices, the second in the definition of the first."""
        forms = self.forms.values()
        for symbol, _ in self.vocabulary.table.values():
            if symbol.is_function or symbol.view or not symbol.definition:
                continue
            parts = walk(self.vocabulary.definition(symbol))
            names = {self.form(n).bare for n in parts if self.form(n)}
            own = [f for f in forms if f.head in (symbol.head, symbol.head[8:-1])]
            for outer, by in itertools.product(own, forms):
                alike = (outer.runs, outer.shape, outer.example) == (by.runs, by.shape, by.example)
                if alike and by.bare in {*names} - {outer.bare} and not by.label:
                    yield outer, by

    def values(self, run, scope):
        """What an index that runs over this could be: letters and labels."""
        letters = [name(a) for a in dict.fromkeys(scope) if run and self.run(a) == run]
        labels = [f for f in self.forms.values() if f.label and f.label == run]
        return letters + [label for f in labels for label in self.instances(f, scope)]

    def others(self, node, scope, run=None):
        """What could stand instead of an index."""
        if node.op == "num":
            return [n for n in (*self.values(run, scope), *self.digits) if n != node]
        form = self.form(node)
        run = run or (form.label if form else self.run(node.args[0]) if node.plain else None)
        return [other for other in self.values(run, scope) if other != node]

    def instances(self, form, scope):
        """A form with every choice of different indices."""
        every = itertools.product(*(self.values(run, scope) for run in form.runs))
        return [form.written(choice) for choice in every if len(set(choice)) == len(choice)]

    def named(self, scope, numbers):
        """(node, what it costs more) of the symbols that are numbers, or of those that are none."""
        found = [(name(a), 0) for a in self.vocabulary.sizes if numbers]
        for form in self.forms.values():
            if (form.shape == NUMBER) == numbers and form.label is None:
                far = FAR * (form.head not in self.heads)
                found += [(node, far) for node in self.instances(form, scope)]
        return found

    def of_example(self, tree, letter):
        """A tree in which every name that can have the index of an example has this one."""

        def rule(node):
            new = name(*node.args[:2], letter) if node.op == "name" else node
            form = self.form(new)
            return new if form and form.example and form.runs[0] == self.run(letter.text) else node

        return rewritten(tree, rule)

    def factors(self, scope):
        """(node, extra): what stands in the members, its letters made such as are known here."""
        found, known = {number(2): 0}, {*scope, *self.vocabulary.sizes}
        for part in self.parts:
            loose = [a for a in letters_in(part) if self.run(a) and a not in known]
            if len(loose) < 2:
                choices = self.values(self.run(loose[0]), scope) if loose else [None]
                found |= {renamed(part, {loose[0]: c} if loose else {}): 0 for c in choices}
        named = self.named(scope, True)
        calls = [(node, 0) for node in found if node.op == "call"]
        for node, far in (*named, *calls):  # what the derivatives of logistic functions leave
            square = Node("pow", (node, number(2)))
            found |= {Node("sub", (UNIT, part)): far + 0.5 for part in (node, square)}
        return list((dict(named) | found).items())

    def products(self, scope):
        """(node, extra): products of two matrices that are mentioned."""
        near = [n for n, far in self.named(scope, False) if not far and self.form(n)]
        near = [(n, self.form(n).shape) for n in near]
        near += [(Node("transpose", (n,)), shape[::-1]) for n, shape in near]
        fit = [(a, b) for (a, s), (b, t) in itertools.product(near, repeat=2) if s[1] == t[0]]
        return [(Node("mul", pair), 0.4) for pair in fit]

    def multiples(self, scope):
        """(node, extra): what is mentioned times a parameter, as a penalty leaves it."""
        every = [*self.named(scope, True), *self.named(scope, False)]
        near = [n for n, far in every if not far and self.form(n)]
        drawn = {s.head for s in self.vocabulary.symbols if s.is_drawn and s.shape == "1"}
        found = [(product(a, n), far) for a, far in every if a.text in drawn for n in near]
        return [(Node("mul", (number(2), n)) if two else n, 0.2 + far)
                for n, far in found for two in (False, True)]  # fmt: skip

    def indicators(self, scope):
        """1{j = k} for every two indices that run over the same."""
        runs = dict.fromkeys(map(self.run, scope))
        pairs = (itertools.combinations(self.values(run, scope), 2) for run in runs)
        return [Node("indicator", (a, "=", b)) for some in pairs for a, b in some]
