"""Whether a member of a derivation is another one in a dress, and what it has left to do."""

import itertools

from ..cases.samples import SUMS, Samples, unit_row
from ..sizes import NUMBER, ONE, Size
from ..syntax import Bound, below, rewritten, walk, whole
from .reduced import PRODUCTS, Reduced

__all__ = ["Dresses", "derived", "goes_back", "picked"]

LINEAR = ("neg", "transpose", "entry", "row", "sum", "tr", "total", "vec", "diag")
SILENT = (*SUMS, *PRODUCTS, "div", "oslash", "lets", *LINEAR[:4])  # they add nothing to a length
NAMED = ("symbol", "view")
SOFTMAX = ("softmax", "softmax of rows")
STILL = ({*SILENT, *LINEAR} - {"matmul", "sum"}) | {"view"}  # nor these to what is left to do
MEANT = ("derivative", "softmax", "softmax of rows", "lse")  # equal to others by what they mean


class Dresses:
    """What members are without a dress, told by fingerprints and by values of their parts."""

    def __init__(self, prints, vocabulary):
        self.prints, self.vocabulary = prints, vocabulary
        free = Samples(vocabulary, free=True)
        self.reduced, self.algebra = Reduced(prints.samples, free), Reduced(free, free)

    def swapped(self, tree):
        """The forms of a member in which, or in a part of which, two indices change places."""
        return {self.prints.form(other) for other in exchanged(tree)}

    def plain(self, tree, start, given):
        """With each number that is a size, each of indices alone that is an indicator of a named
        member, and each column of the identity that is a name in the member that its leg begins
        with, as that."""
        sizes = [Bound("size", (Size.of(a),), NUMBER) for a in self.vocabulary.sizes]
        tests = [part for t in given for part in walk(t) if part.op == "test"]

        def name(part):
            among = sizes if part.shape == NUMBER and part.op not in ("size", "test") else ()
            among = [*among, *tests] if among and not self.reduced.samples.has_data(part) else among
            among = walk(start) if start and unit_row(part) else among
            return next((b for b in among if self.reduced.same(part, b)), part)

        return rewritten(tree, name)

    def folded(self, tree, given):
        """With each part, or some factors of it, that is what a symbol of the named members means,
        or an entry of one, as that: it equals it and is made of other symbols."""
        known = [b for b in dict.fromkeys(p for t in given for p in walk(t)) if b.op in NAMED]

        def meant(part):
            own = names(part)
            letters = sorted(part.letters) if part.shape == NUMBER else ()
            among = (e for b in known if own for e in (b, *_entries(b, letters)))
            among = (b for b in among if own.isdisjoint(names(b)))
            return next((b for b in among if self.reduced.same(part, b)), None)

        def name(part):
            if part.op in (*NAMED, "entry") or unit_row(part):
                return part
            return meant(part) or self.reduced.regrouped(part, meant) or part

        return rewritten(tree, name)

    def alike(self, tree, given):
        """Those of which a member follows by algebra alone."""
        return [t for t in given if self.reduced.alike(tree, t)]

    def inflated(self, tree, given):
        """Those others from which a member, as it stands or without what does nothing, follows by
        algebra alone if it has a name that none of them has, or is more than twice as long."""
        given = [t for t in given if not any(part.op in MEANT for part in walk(t))]
        less = map(self.reduced.singled, self.reduced.every(tree))
        for one in () if derived(tree) else (tree, *less):
            if alike := self.alike(one, given):
                longer = length(one) > 2 * max(map(length, alike))
                more = longer or not names(one) <= set().union(*map(names, alike))
                return alike if more else []
        return []

    def bare(self, tree):
        """The forms of a member without what does nothing."""
        return {self.prints.form(t) for t in self.reduced.every(tree)}

    def worked_out(self, tree, other):
        """Whether a member is more than a disguise of one from which it follows by algebra alone;
        of derivatives algebra knows nothing."""
        pair = tree, self.reduced.singled(tree), other
        own, one, less = ({*map(self.prints.form, self.algebra.every(t))} for t in pair)
        simpler = self.prints.form(tree) in own and self.prints.form(other) not in less
        return not derived(other) and (simpler or not less & (own | one))


def derived(tree):
    """Whether a derivative stands in a tree."""
    return any(part.op == "derivative" for part in walk(tree))


def exchanged(tree):
    """The trees in which two indices change places, in all of it or in a part."""
    for a, b in itertools.combinations(sorted(tree.letters), 2):
        lets = tuple(("index_let", c, Bound("index", (d,))) for c, d in ((a, b), (b, a)))
        yield Bound("lets", (lets, tree), tree.shape)
    for n, part in enumerate(tree.args):
        for other in exchanged(part) if isinstance(part, Bound) else ():
            yield Bound(tree.op, (*tree.args[:n], other, *tree.args[n + 1 :]), tree.shape)


def names(tree):
    """The symbols that stand in a tree, and whether a column of the identity does."""
    parts = list(walk(tree))
    symbols = {part.args[0].latex for part in parts if part.op == "symbol"}
    return symbols | {"unit" for part in parts if unit_row(part)}


def length(tree):
    """How many names, sums and functions a member is made of, functions twice; numbers and indices
    do not count."""
    match tree.op, tree.args:
        case (("num" | "size" | "const" | "index"), _):
            return 0
        case (("symbol" | "view" | "test"), _):
            return 1
        case "pow", (base, Bound("num", (n,))) if n.isdecimal():
            return int(n) * length(base)
        case "cases", lines:
            return max(length(value) for value, _ in lines)
    own = (tree.op not in SILENT) + (tree.op not in (*SILENT, *LINEAR))
    return own + sum(map(length, below(tree.args)))


def goes_back(tree, start, definitions):
    """Whether a member has more to differentiate than another, or a derivative where none was."""
    own, left = (undone(t, definitions) for t in (tree, start))
    return own > left or (derived(tree) and not (left or derived(start)))


def undone(tree, definitions):
    """How much a member has still to differentiate: what moves below its derivatives, written out
    down to the variable of each, which counts once less."""
    if tree.op == "derivative":
        body, by = tree.args[0], whole(tree.args[1])
        of = whole(body.args[0]) if body.op == "log" else None
        simple = of and of.definition and definitions(of)[0].op in SOFTMAX  # log p_k = s_k − log Z
        return max(moving(body, by.latex, definitions) - 1 - bool(simple), 0) if by else 0
    if tree.op == "symbol" and tree.args[0].definition:
        meant = definitions(tree.args[0])[0]
        return undone(meant, definitions) if meant.op == "derivative" else 0
    return sum(undone(part, definitions) for part in below(tree.args))


def moving(tree, name, definitions):
    """How many names, functions, sums and matrix products move with a symbol, all written out."""
    if name not in definitions.closure(tree):
        return 0
    if tree.op == "symbol":
        symbol = tree.args[0]
        return 1 if symbol.latex == name else moving(definitions(symbol)[0], name, definitions)
    inside = sum(moving(part, name, definitions) for part in below(tree.args))
    if tree.op in SOFTMAX:  # one exponential over the sum of others
        return 1 + 2 * (1 + inside)
    return (tree.op not in STILL) + inside


def picked(bound):
    """A product with a column or a row of the identity is the part of the other that it picks."""
    if bound.op != "matmul":
        return bound
    a, b = bound.args
    if a.shape[0] == ONE and (at := unit_row(a)):
        return _row(b, at)
    if b.shape[1] == ONE and (at := unit_row(b)):
        return _turned(_row(_turned(a), at))
    if a.op == "matmul" and a.args[1].shape[0] == ONE and (at := unit_row(a.args[1])):
        return Bound("matmul", (a.args[0], _row(b, at)), bound.shape)
    return bound


def _row(bound, at):
    """A row of a matrix, of a sum the sum of rows; an entry of a column."""
    match bound.op, bound.args:
        case "add" | "sub" | "neg" as op, parts:
            rows = tuple(_row(part, at) for part in parts)
            return Bound(op, rows, rows[0].shape)
        case "view", (_, part):
            return _row(part, at)
    if bound.shape[1] == ONE:
        return Bound("entry", (bound, *at, None, 0), NUMBER)
    return Bound("row", (bound, *at), (ONE, bound.shape[1]))


def _entries(column, letters):
    """The entries of a column, if it is one, at these letters."""
    for a in letters if column.shape[1] == ONE != column.shape[0] else ():
        yield Bound("entry", (column, Bound("index", (a,), NUMBER), 1, None, 0), NUMBER)


def _turned(bound):
    """The transpose."""
    if bound.op == "eye" or bound.shape == NUMBER:
        return bound
    turned = Bound("transpose", (bound,), bound.shape[::-1])
    return bound.args[0] if bound.op == "transpose" else turned
