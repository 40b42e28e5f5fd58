"""Names, entries and indices: the binder's part."""

import difflib
import re
import threading

from ..operations import OPERATIONS, is_number
from ..reader.grammar import UNREAD
from ..sizes import NUMBER, ONE, Size
from ..syntax import Bound, DerivationError, Node, ShapeError, walk, whole
from ..vocabulary import indices_of

__all__ = ["Names"]

ONE_BY_ONE = threading.RLock()  # a vocabulary keeps its bound definitions for all threads
CONSTANTS, DELTAS = ("e", r"\Euler", r"\pi"), (r"\delta", "I", r"\mathbf{I}")
FILLERS, UNITS = ("I", r"\mathbf{I}", r"\mathbf{1}", r"\mathbf{0}"), (r"\mathbf{e}", r"\mathbf{1}")
DECORATED = re.compile(r"(\\(?:hat|tilde|bar))\{(.+)\}")


class Names:
    """The part of the binder that knows what a name stands for."""

    def is_unknown(self, name):
        """Whether nothing says what a letter means, so that e has its usual meaning."""
        return name.plain and name.args[0] not in self.scope and (
            self.vocabulary.lookup(name)[0] is None and name.args[0] not in self.vocabulary.indices
            and name.args[0] not in self.vocabulary.sizes
        )  # fmt: skip

    def _name(self, node):
        if node.plain and node.args[0] in self.scope:
            return Bound("index", node.args[:1], NUMBER, node.at)
        if node.plain and node.args[0] in self.locals:
            return Bound("local", node.args[:1], NUMBER, node.at)
        symbol, letters = self.vocabulary.lookup(node)
        if symbol is None:
            found = self.letter(node) if node.plain else self.indexed(node)
            return found or self.entry(node)
        if letters and node.args[1]:
            vector = Node("name", (rf"\mathbf{{{node.args[0]}}}", node.args[1][:-1], node.args[2]))
            if self.vocabulary.lookup(vector)[0]:
                text = f"ambiguous: {symbol.latex}, or an entry of {vector.text}"
                self.fail(f"{node.text} is {text}", node)
        if symbol.is_function and not self.has_arguments(symbol):
            self.fail(f"{node.text} is a function: {symbol.latex} has an argument", node)
        for letter in self.given_indices(symbol):  # Q for Q(T), if T is an index
            self.free += [letter] if letter not in (*self.scope, *self.free) else []
        return self.symbol(symbol, self.index_values(letters, node), node)

    def letter(self, node):
        """What a letter or a command means that is no symbol; None for one that means nothing."""
        head = node.args[0]
        if head in self.vocabulary.indices:
            if head not in self.free:
                self.free.append(head)
            return Bound("index", (head,), NUMBER, node.at)
        if head in self.vocabulary.sizes:
            return Bound("size", (Size.read(head),), NUMBER, node.at)
        if head in CONSTANTS:
            return Bound("const", (head,), NUMBER, node.at)
        return self.filler(head, node) if head in FILLERS else None

    def indexed(self, node):
        r"""\delta_{jk}, \mathbf{e}_k, I_C: what an index makes of letters that are no symbols."""
        head, subscripts, _ = node.args
        if head in DELTAS and len(subscripts) == 2:
            return self._indicator(Node("indicator", (subscripts[0], "=", subscripts[1]), node.at))
        if head in UNITS and self.is_unit(node):
            return self.unit(node)
        if head in FILLERS and len(subscripts) == 1:
            return self.filler(head, node, self.as_size(subscripts[0]))
        return None

    def has_arguments(self, symbol):
        """Whether the arguments of a function have values of their own, as W in L(W) has."""
        for formal in self.vocabulary.formals(symbol):
            known = formal.args[0] in (*self.vocabulary.indices, *self.locals)
            if formal.op == "event" or (not known and self.vocabulary.lookup(formal)[0] is None):
                return False
        return True

    def filler(self, head, node, size=None):
        """Ones, zeros or the identity, of a size that is given or found."""
        size = self.sizes.unknown() if size is None else size
        if head in ("I", r"\mathbf{I}"):
            return Bound("eye", (), (size, size), node.at)
        if head == r"\mathbf{1}":
            return Bound("ones", (), (size, ONE), node.at)
        columns = ONE if node.args[1] else self.sizes.unknown()
        return Bound("zeros", (), (size, columns), node.at)

    def is_unit(self, node):
        r"""Whether a name is \mathbf{e}_k or \mathbf{1}_k: k an index or a label, and no size."""
        head, subscripts, _ = node.args
        if len(subscripts) != 1 or self.vocabulary.lookup(Node("name", (head, (), None)))[0]:
            return False
        symbol = self.vocabulary.lookup(subscripts[0])[0] if subscripts[0].op == "name" else None
        index = subscripts[0].text in {*self.scope} or subscripts[0].text in self.vocabulary.indices
        return head == r"\mathbf{e}" or index or (symbol is not None and symbol.is_label)

    def unit(self, node):
        """The column of the identity that an index or a label names; what else does, counts from
        where the side is counted to which its size is found to belong."""
        (index,) = node.args[1]
        symbol = self.vocabulary.lookup(index)[0] if index.op == "name" else None
        letter = symbol.draw.partition(" ")[2] if symbol and symbol.is_label else index.text
        size, first = self.sizes.unknown(), 1 if letter.startswith("#") else None
        if letter in self.vocabulary.indices:
            (low, high), first = self.vocabulary.range(letter), self.vocabulary.indices[letter][0]
            size = high - low + ONE
        eye = Bound("eye", (), (size, size), node.at)
        row = Bound("row", (eye, self.bind_index(index), first), (ONE, size), node.at)
        return self.made(OPERATIONS["transpose"], "transpose", (row,), node)

    def index_values(self, letters, name):
        pairs = zip(letters, indices_of(name), strict=False)
        return tuple((letter, self.bind_index(n)) for letter, n in pairs)

    def symbol(self, symbol, indices, node):
        """A symbol with the values of its indices; a view goes on to what it is part of."""
        shape = self.vocabulary.shape(symbol)
        if symbol.view:
            part = self.viewed(symbol, indices, node)
            if not self.sizes.fits(part.shape, shape):
                self.fail(f"{symbol.latex} is {self.text(part.shape)}, not {symbol.shape}", node)
            return Bound("view", (symbol.latex, part), shape, node.at)
        letters = self.definition(symbol)[1] if symbol.definition else ()
        given = self.given_indices(symbol)
        for letter in letters:
            if letter not in (*self.scope, *self.free, *given):
                self.free.append(letter)
        return Bound("symbol", (symbol, indices, letters), shape, node.at)

    def viewed(self, symbol, indices, node):
        kind, letter, whole = symbol.view
        name = self.vocabulary.read(whole)[0].members[0]
        base, own = self.vocabulary.lookup(name)
        if base is None:
            self.fail(f"{symbol.latex} is part of {whole}, which is not known", node)
        values = dict(indices)
        base = self.symbol(base, tuple((a, values[a]) for a in own if a in values), node)
        if kind == "transpose":
            return self.made(OPERATIONS["transpose"], "transpose", (base,), node)
        at = values[letter] if letter in values else self.bind_index(
            self.vocabulary.read(letter)[0].members[0])  # fmt: skip
        first = self.vocabulary.indices.get(letter, (1,))[0]
        row = Bound("row", (base, at, first), (ONE, base.shape[1]), node.at)
        return self.made(OPERATIONS["transpose"], "transpose", (row,), node)

    def definition(self, symbol):
        """The bound definition, the indices that it leaves open, bound once for a vocabulary."""
        known = self.vocabulary.bound
        with ONE_BY_ONE:
            if symbol.latex not in known:
                known[symbol.latex] = None, ()  # a recursion meets this
                try:
                    known[symbol.latex] = self.defined(symbol)
                except ShapeError as error:
                    raise DerivationError(f"the definition of {symbol.latex}: {error}") from None
                finally:
                    if known[symbol.latex][0] is None:  # it could not be read
                        del known[symbol.latex]
            return known[symbol.latex]

    def defined(self, symbol):
        name = self.vocabulary.read(symbol.latex)[0].members[0]
        formals = name.args[1:] if name.op == "call" else ()
        name = name.args[0] if name.op == "call" else name
        _, own = self.vocabulary.lookup(name)
        letters = [*own, *symbol.entries.split()]
        for letter in letters:
            if letter not in self.vocabulary.indices:
                raise DerivationError(f"{symbol.latex} has the index {letter}, which is not known")
        binder = self.Binder(self.vocabulary, symbol.definition, letters)
        counted = map(self.vocabulary.count, symbol.entries.split())
        if not all(map(binder.sizes.equal, counted, symbol.sides())):
            raise DerivationError(symbol.uneven())
        for formal in formals:
            formal = formal.args[2] if formal.op == "event" else formal
            if formal.plain and formal.args[0] in self.vocabulary.indices:
                binder.scope |= {formal.args[0]}
            elif formal.op == "name" and self.vocabulary.lookup(formal)[0] is None:
                binder.locals[formal.text] = NUMBER
        tree = binder.bind(self.vocabulary.definition(symbol))
        shape = self.vocabulary.shape(symbol)
        wanted = NUMBER if symbol.entries else shape
        if not binder.sizes.fits(tree.shape, wanted):
            text = f"the definition of {symbol.latex} is {binder.text(tree.shape)}, not"
            entry = is_number(binder.sizes, tree.shape) and not symbol.entries
            hint = ": for that of an entry give its indices as `entries`" * entry
            raise DerivationError(f"{text} {symbol.shape}{hint}", symbol.definition, 0)
        if binder.free and not symbol.is_function:
            text = f"the definition of {symbol.latex} leaves the index {binder.free[0]} open"
            raise DerivationError(text, symbol.definition, 0)
        given = self.given_indices(symbol)
        tree = binder.settled(tree)
        return tree, (*binder.free, *(a for a in given if a in tree.letters))

    def reached(self, tree, seen=None):
        """Every node of a bound tree, and of the definitions of what stands in it."""
        seen = set() if seen is None else seen
        for node in walk(tree):
            yield node
            if node.op == "symbol" and node.args[0].definition and node.args[0].latex not in seen:
                seen.add(node.args[0].latex)
                yield from self.reached(self.definition(node.args[0])[0] or (), seen)

    def mentions(self, tree, latex):
        """Whether a bound tree depends on a symbol, through definitions too."""
        return any(
            (node.op == "symbol" and node.args[0].latex == latex)
            or (node.op == "view" and node.args[0] == latex)
            for node in self.reached(tree)
        )

    def given_indices(self, symbol):
        """The arguments of a function that are indices."""
        formals = self.vocabulary.formals(symbol) if symbol.is_function else ()
        formals = [f.args[2] if f.op == "event" else f for f in formals]
        return [f.args[0] for f in formals if f.plain and f.args[0] in self.vocabulary.indices]

    def entry(self, node):
        """x_k of \\mathbf{x}, A_{jk} of A; a single index of a matrix gives a row."""
        head, subscripts, example = node.args
        wholes = [(rf"\mathbf{{{head}}}", 1), (head, len(subscripts))] if subscripts else []
        if any(n.text.startswith(r"\text") for n in subscripts):
            return self.unknown(node)
        if subscripts and (decorated := DECORATED.fullmatch(head)):  # \hat{x}_i of \hat{\mathbf{x}}
            wholes.append((rf"{decorated[1]}{{\mathbf{{{decorated[2]}}}}}", 1))
        if len(subscripts) > 1:
            wholes += [(rf"\mathbf{{{head}}}", len(subscripts)), (head, 1)]
        for name, count in wholes:
            outer = Node("name", (name, subscripts[:-count], example), node.at)
            if self.vocabulary.lookup(outer)[0]:
                whole = self._name(outer)
                self.no_example(whole, node)
                return self.entry_of(whole, subscripts[-count:], node)
        return self.unknown(node)

    def no_example(self, whole, node):
        r"""Refuse \mathbf{x}_i for \mathbf{x}^{(i)}, where i counts examples and no entries."""
        head, (*_, index), _ = node.args
        example = Node("name", (head, (), index))
        run, *own = map(self.vocabulary.count, (index.text, *self.vocabulary.lookup(example)[1]))
        if head[:7] == r"\mathbf" and own == [run] != [whole.shape[0]]:
            self.fail(f"{node.text} is an entry: example {index.text} is {example.text}", node)

    def unknown(self, node):
        """Say what could stand there instead, and how a symbol of one's own is added."""
        head, subscripts, _ = node.args
        if head in UNREAD:
            self.fail(UNREAD[head], node)
        heads = {_bare(s.head): s.head for s in reversed(self.vocabulary.symbols)}
        near = [_bare(head), *(f"{_bare(head)}_{n.text}" for n in subscripts)]
        near += difflib.get_close_matches(_bare(head), heads, n=1, cutoff=0.7)
        near = next((heads[n] for n in near if n in heads and heads[n] != head), "")
        hint = f"the nearest known one is {near}; " if near else ""
        other, bare = self.vocabulary.elsewhere, _bare(head)
        names = (head, bare) if bare not in heads else (head,) * (head != bare)
        instead = next((other[name] for name in names if name in other), "")
        hint = f"write {instead}; " if instead else hint
        sizes = [self.size_along(n.text) for n in subscripts]
        sizes = sizes if all(sizes) and len(sizes) < 3 else []
        if len(sizes) == 1:  # of a vector, whose name is bold here
            bold = DECORATED.sub(r"\1{\\mathbf{\2}}", head)
            head = bold if head[0] == "\\" else rf"\mathbf{{{head}}}"
        head = node.text if any(n.text.startswith(r"\text") for n in subscripts) else head
        shape = f', shape="{sizes[0]} × {(*sizes, 1)[1]}"' if sizes else ""
        symbol = f'vocabulary.extend(Symbol(r"{head}"{shape}))'
        sizes = ", ".join(self.vocabulary.sizes)
        size = f"; the sizes here are {sizes}" * (node.plain and head.isupper() and len(head) == 1)
        text = r"for one of your own say first what it is, \text{Let } … = …, or in Python"
        self.fail(f"unknown symbol {node.text}: {hint}{text} {symbol}{size}", node)

    def size_along(self, letter):
        """How many values an index letter has, as the text of a size; nothing for another name."""
        return str(self.vocabulary.count(letter) or "")

    def _of_matrix(self, node, subscripts):
        """What to say of two indices at a name whose capital is a matrix."""
        matrix = Node("name", (str(node.args[0]).upper(), (), None))
        known = node.op == "name" and len(subscripts) == 2 and self.vocabulary.lookup(matrix)[0]
        entry = Node("name", (matrix.args[0], subscripts, None)).text
        return f": the entries of {matrix.text} have two, {entry}" if known else ""

    def entry_of(self, a, subscripts, node):
        if len(subscripts) > 2:
            self.fail("a matrix has two indices", node)
        if is_number(self.sizes, a.shape):
            head, (index,) = node.args[0], subscripts[:1]
            known = node.op == "name" and self.vocabulary.lookup(Node("name", (head, (), index)))[0]
            own = len(subscripts) > 1 or not (index.op == "num" or self.size_along(index.text))
            instead = head if own else f"{head}^{{({index.text})}}"
            hint = f": write {instead}" if known else ""
            self.fail(f"a number has no index{self._of_matrix(node, subscripts) or hint}", node)
        rows, columns = map(self.sizes.resolved, a.shape)
        if len(subscripts) == 2 and ONE in (rows, columns):
            hint = self._of_matrix(node, subscripts)
            self.fail(f"a row or a column has one index{hint}", node)
        one = len(subscripts) == 1
        sides = ((columns,) if rows == ONE else (rows,)) if one else (rows, columns)
        at = []
        for index, size in zip(subscripts, sides, strict=True):
            at += [self.bind_index(index), self.vocabulary.first_along(size)]
        if one and ONE not in (rows, columns):
            return Bound("row", (a, *at), (ONE, columns), node.at)
        at = [None, 0, *at] if rows == ONE else [*at, None, 0] if one else at
        return Bound("entry", (a, *at), NUMBER, node.at)

    def _entry(self, node):
        """An index behind brackets, as in (A B)_{jk}."""
        return self.entry_of(self.bind(node.args[0]), node.args[1], node)

    def is_whole(self, bound):
        """Whether a bound tree is a whole number whatever is drawn."""
        if bound.op == "num":
            return bound.args[0].isdecimal()
        if bound.op in ("add", "sub", "scale", "neg"):
            return all(map(self.is_whole, bound.args))
        if bound.op == "symbol" and bound.args[0].definition and not bound.args[0].is_label:
            return self.is_whole(self.definition(bound.args[0])[0])
        symbol = whole(bound)
        return bound.op in ("size", "index", "local") or (symbol is not None and symbol.is_label)

    def bind_index(self, node):
        """What an index can be: a letter, a number, a label, a size, sums of them."""
        bound = self.number(node, "an index")
        if not self.is_whole(bound):
            head = node.args[0] if node.op == "name" else ""
            labels = [s.latex for s in self.vocabulary.symbols if s.is_label and s.head[0] == head]
            hint = f": a label is {' or '.join(labels)}" if labels else ", but a number"
            self.fail(f"{node.text} is no index{hint}", node)
        return bound

    # over what a letter runs

    def runs(self, trees, letter):
        """First and last value along all that a letter alone is an index of."""
        found = set()
        for b in walk(trees, letter):
            match b.op, b.args:
                case "entry", (base, at, first, across, other):
                    pairs = (at, first, base.shape[0]), (across, other, base.shape[1])
                case "row", (base, at, first):
                    pairs = ((at, first, base.shape[0]),)
                case "symbol", (_, indices, left_open):
                    found |= {self.vocabulary.range(a) for a, at in indices if _is(at, letter)}
                    found |= {self.vocabulary.range(a) for a in left_open if a == letter}
                    continue
                case _:
                    continue
            pairs = [(n, size) for at, n, size in pairs if at and _is(at, letter) and n is not None]
            found |= {(Size.of(n), self.sizes.resolved(size) + Size.of(n - 1)) for n, size in pairs}
        return {run for run in found if not any(a.startswith("?") for a in run[1].letters)}

    def over(self, letter, trees, node, several="write its limits", none="write its limits"):
        """Over what a letter without limits runs: its own range, or else what it is an index of."""
        own = self.vocabulary.range(letter) if letter in self.vocabulary.indices else None
        runs = self.runs(trees, letter)
        fits = own and any(all(map(self.sizes.equal, own, run)) for run in runs)
        if own and (fits or not runs):
            return own
        if len(runs) != 1:
            many = " and ".join(sorted(f"{a}, …, {b}" for a, b in runs))
            text = f"{letter} stands where {many} are counted: {several}"
            text = text if runs else f"nothing says over what the index {letter} runs: {none}"
            self.fail(text, node)
        return runs.pop()


def _is(bound, letter):
    return bound.op == "index" and bound.args == (letter,)


def _bare(head):
    r"""A name without its style: w of \mathbf{w}."""
    return re.sub(r"\\[a-z]+\{([^{}]+)\}", r"\1", head)
