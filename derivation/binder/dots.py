r"""Matrices and series, and what dots in them stand for.

The cells around dots give a pattern: two cells before the dots, or the one before and the last. A
cell that mentions a label, or stands between dots, replaces the one that has its index. Cells
without any index are as many as the size that fits.
"""

from ..operations import is_number
from ..sizes import NUMBER, ONE, Size
from ..syntax import Bound, Node, ShapeError, renamed, walk

__all__ = ["Dots"]


class Dots:
    """The part of the binder that reads matrices and series."""

    def _dots(self, node):
        return self.fail("here these dots stand for nothing", node)

    def _series(self, node, op="sum"):
        """a + b + … + z as a sum, or as a sum of equal terms."""
        *first, last = node.args
        letter, low, high, body = self.run([*first, Node("dots", (), node.at), last], node)
        return Bound(op, (letter, low, high, None, body), body.shape, node.at)

    def _factors(self, node):
        """a · b ⋯ z as a product of numbers."""
        product = self._series(node, "prod")
        if not is_number(self.sizes, product.shape):
            self.fail("dots between factors stand for numbers", node, ShapeError)
        return product

    def _matrix(self, node):
        """A row from its cells, or rows below each other; a row 0 is as wide as the others."""
        if len(node.args) == 1:
            return self.lined(node.args[0], -1, node)
        rows = [Node("matrix", (row,), row[0].at) for row in self.grid(node.args) or node.args]
        rows = [
            Node("dots", (), r.at) if all(c.op == "dots" for c in r.args[0]) else r for r in rows
        ]
        return self.lined(rows, -2, node)

    def lined(self, cells, axis, node):
        """Cells or rows beside (-1) or below (-2) each other."""
        if any(cell.op == "dots" for cell in cells):
            letter, low, high, body = self.run(cells, node)
            count = self.count_of(low, high, node) * self.sizes.resolved(body.shape[axis + 2])
            shape = (count, body.shape[1]) if axis == -2 else (body.shape[0], count)
            return Bound("stack", (axis, letter, low, high, body), shape, node.at)
        bounds = self.widened([self.bind(cell) for cell in cells], cells)
        across = -1 - axis  # the place in a shape of what must be the same
        same = bounds[0].shape[across]
        if not all(self.sizes.equal(same, b.shape[across]) for b in bounds):
            self.misfit(node)
        for b in bounds:  # zeros of any height are one row
            if axis == -2 and any(
                a.startswith("?") for a in self.sizes.resolved(b.shape[axis + 2]).letters
            ):
                self.sizes.equal(b.shape[axis + 2], ONE)
        total = Size({})
        for b in bounds:
            total = total + self.sizes.resolved(b.shape[axis + 2])
        shape = (total, same) if axis == -2 else (same, total)
        return Bound("matrix", (axis, *bounds), shape, node.at)

    def misfit(self, node):
        self.fail("the rows of this matrix do not fit together", node, ShapeError)

    def widened(self, bounds, cells):
        """Rows 0 as wide as the first row that is more than a number."""
        width = next((b.shape[1] for b in bounds if not is_number(self.sizes, b.shape)), ONE)
        return [
            Bound("zeros", (), (ONE, width), cell.at)
            if _zero(cell) and is_number(self.sizes, b.shape) and width != ONE else b
            for b, cell in zip(bounds, cells, strict=True)
        ]  # fmt: skip

    def count_of(self, low, high, node):
        """How many there are, as a size."""
        first, last = (self.size_of(b) for b in (low, high))
        if first is None or last is None:
            self.fail("how long this is depends on an index", node, ShapeError)
        return last - first + ONE

    def size_of(self, bound):
        match bound.op, bound.args:
            case "num", (text,):
                return Size.of(int(text)) if text.isdecimal() else None
            case "size", (size,):
                return self.sizes.resolved(size)
            case "symbol", (symbol, (), _) if symbol.definition and not symbol.view:
                return self.size_of(self.definition(symbol)[0])  # n, another name of M
            case "add" | "sub", (a, b):
                a, b = self.size_of(a), self.size_of(b)
                if a is None or b is None:
                    return None
                return a + b if bound.op == "add" else a - b
        return None

    def run(self, cells, node):
        """An index with its limits, and the cell that has it, from cells with dots among them."""
        dots = [n for n, cell in enumerate(cells) if cell.op == "dots"]
        lead, between, tail = cells[: dots[0]], cells[dots[0] : dots[-1]], cells[dots[-1] + 1 :]
        if not lead:
            self.fail("dots need something before them", cells[0])
        replacing = [cell for cell in between if cell.op != "dots"]
        last = lead[-1]
        pairs = [p for p in (lead[-2:], [last, *tail[-1:]]) if len(p) == 2 and _runs(*p)]
        plain = [cell for cell in tail if not self.labels(cell)]
        alike = _next(last) == last
        self.count += 1
        letter = f"#{self.count}"
        name = Node("name", (letter, (), None), last.at)
        if alike and (not pairs or (plain and indices_between(last, plain[0]) == [])):
            replacing += [cell for cell in tail if cell not in plain]
            size = self.sizes.unknown()
            low, high = self.whole("1", node), Bound("size", (size,), NUMBER, node.at)
            pair, body, tail = None, last, plain
        else:
            pair = pairs[0] if pairs else [last, _next(last)]
            low, high, body = self.pattern(pair, lead, tail, name, node)
        places = [(self.moved(high, n + 1 - len(tail)), cell) for n, cell in enumerate(tail)]
        places += [(self.moved(low, n), cell) for n, cell in enumerate(lead)]
        ordered = sorted(replacing, key=lambda cell: len(self.labels(cell)))
        places += [(self.position(pair, cell), cell) for cell in ordered]
        limits = self.limits(low, high)
        bodies = self.within(
            {letter: limits}, lambda: [self.bind(body), *(self.bind(c) for _, c in places)]
        )
        bodies = self.widened(bodies, [body, *(c for _, c in places)])
        if high is None:
            runs = self.runs(bodies[0], letter)
            if len(runs) != 1:
                self.fail("nothing says where these dots end", body)
            high = Bound("size", (runs.pop()[1],), NUMBER, body.at)
        shape = bodies[0].shape
        if not all(self.sizes.fits(shape, b.shape) for b in bodies):
            self.misfit(node)
        replaced = tuple((at, b) for (at, _), b in zip(places, bodies[1:], strict=True))
        index = Bound("index", (letter,), NUMBER, node.at)
        made = Bound("replace", (index, bodies[0], *replaced), shape, node.at)
        return letter, low, high, made

    def limits(self, low, high):
        first = self.size_of(low)
        last = self.size_of(high) if high is not None else None
        return (first or ONE, last or ONE)

    def pattern(self, pair, lead, tail, name, node):
        """First and last index of a run, and its cell; the last is None where nothing says it."""
        ends = {(a.text, b.text): (a, b) for a, b in indices_between(*pair) or ()}
        if len(ends) != 1:
            self.astray(*pair)
            self.fail("what stands around the dots follows no pattern", node)
        ((first, second),) = ends.values()
        if first.op != "num" and second.op == "num":
            self.fail("the indices around dots go up by one", node)
        if pair[1] is lead[-1] and first.op == second.op == "num":
            step = int(second.args[0]) - int(first.args[0])
            if step != 1:
                self.fail("the indices around dots go up by one", node)
        back = 2 - len(lead) if pair[1] is lead[-1] else 1 - len(lead)
        low = self.moved(self.bind_index(first), back)
        high = self.position(pair, tail[-1]) if tail else None
        return low, high, substituted(*pair, lambda *_: name)

    def moved(self, bound, by):
        if by == 0 or bound is None:
            return bound
        if bound.op == "num" and bound.args[0].isdecimal() and int(bound.args[0]) + by >= 0:
            return self.whole(str(int(bound.args[0]) + by), bound)
        op, by = ("add", by) if by > 0 else ("sub", -by)
        return Bound(op, (bound, self.whole(str(by), bound)), NUMBER, bound.at)

    def whole(self, text, node):
        return Bound("num", (text,), NUMBER, node.at)

    def position(self, pair, cell):
        """The index of a cell: where it differs from the pattern, or its label."""
        found = indices_between(pair[0], cell) if pair else None
        nodes = self.labels(cell) if found is None else [b for _, b in found]
        names = {node.text: node for node in nodes}
        if len(names) != 1:
            if pair:
                self.astray(pair[0], cell)
            self.fail("from what stands before the dots this does not follow", cell)
        return self.bind_index(next(iter(names.values())))

    def astray(self, row, other):
        """Refuse an entry of a row that does not have the row's index in the place of another's."""
        if row.op != "matrix" or other.op != "matrix" or len(row.args[0]) != len(other.args[0]):
            return
        first = None
        for a, b in zip(row.args[0], other.args[0], strict=True):
            found = indices_between(a, b)
            ends = found and {(x.text, y.text) for x, y in found}
            first = first or ends
            if found is None or (ends and ends != first):
                self.fail("from the entry in the first row of its column this does not follow", b)

    def labels(self, cell):
        """The labels that a cell mentions."""
        names = {n.text: n for n in walk(cell) if n.op == "name"}
        found = ((n, self.vocabulary.lookup(n)[0]) for n in names.values())
        return [n for n, symbol in found if symbol is not None and symbol.is_label]

    def grid(self, rows):
        r"""Two rows and columns, dots both ways, perhaps a last row and column; or four corners
        around dots: entries on and off the diagonal. What more is shown must follow from these."""
        shown = [[cell.op != "dots" for cell in row] for row in rows]
        line, last = [True, True, False], len(rows) == 4
        line = [*line, True] if last else line
        if corners := _corners(rows, shown):
            (a, b), (c, d) = corners
        elif shown == [line, line, [False] * len(line), *([line] if last else [])]:
            (a, b), (c, d) = rows[0][:2], rows[1][:2]
        else:
            return None
        if indices_between(a, d) is None or indices_between(b, c) is None:
            self.opposite(a, b, c, d)
            return None
        pairs = ((a, d), (b, c)) if corners else ((b, rows[0][-1]), (d, rows[-1][-1]))
        end = self.last_of(pairs) if last or corners else a
        if end is None:  # rows and columns end with another index each
            return None
        first, second = (Node("name", (x, (), None), a.at) for x in ("#row", "#column"))
        on = substituted(a, d, lambda x, y: second)
        off = substituted(b, c, lambda x, y: first if x.text == "1" else second)
        same = Node("indicator", (first, "=", second), a.at)
        cell = Node("cases", ((on, same), (off, Node("otherwise", (), a.at))), a.at)
        ends = [Node("num", (t,), a.at) for t in "12"]
        ends += [end] if last or corners else []
        if last:
            self.follow(rows, on, off, ends)
        dots = Node("dots", (), a.at)

        def at(j, k):
            return renamed(cell, {"#row": j, "#column": k})

        cells = [[at(j, k) for k in ends] for j in ends]
        lines = [(*row[:2], dots, *row[2:]) for row in cells]
        return [*lines[:2], (dots,) * len(lines[0]), *lines[2:]]

    def opposite(self, a, b, c, d):
        """Refuse four entries of which only two opposite ones follow a pattern."""
        pairs = (a, b), (c, d), (a, c), (b, d), (a, d), (b, c)
        *sides, on, off = (bool(indices_between(*pair)) for pair in pairs)
        if on != off and not any(sides):
            self.fail("this entry does not follow from the opposite one", d if off else c)

    def last_of(self, pairs):
        """The one index that the second of each pair has in the place of the first's, or None."""
        between = (indices_between(*pair) or () for pair in pairs)
        found = {n.text: n for pair in between for _, n in pair if n.text != "1"}
        return next(iter(found.values())) if len(found) == 1 else None

    def follow(self, rows, on, off, ends):
        """The last row and column must be as the pattern says."""
        ends = dict(zip((0, 1, 3), ends, strict=True))
        for n, row in ((0, rows[0]), (1, rows[1]), (3, rows[3])):
            for k in (0, 1, 3):
                if 3 not in (n, k):
                    continue
                j, l = ends[n], ends[k]
                wanted = renamed(on if n == k else off, {"#row": j, "#column": l})
                if row[k] != wanted and row[k] != renamed(off, {"#row": l, "#column": j}):
                    self.fail("this entry does not follow from the first four", row[k])


def _corners(rows, shown):
    """The corners of three rows and columns, between which are dots, or zeros as in two corners."""
    if len(rows) != 3 or {len(row) for row in rows} != {3} or shown[1][1]:
        return None
    (a, top, b), (left, _, right), (c, bottom, d) = rows
    edges = top, left, right, bottom
    dots = all(cell.op == "dots" for cell in edges)
    return ((a, b), (c, d)) if dots or all(map(_zero, (*edges, b, c))) else None


def _zero(cell):
    return (cell.op == "num" and cell.args[0] == "0") or (
        cell.op == "matrix" and len(cell.args) == 1 == len(cell.args[0]) and _zero(cell.args[0][0])
    )  # fmt: skip


def substituted(a, b, index):
    """The tree of which two are cases, with index(x, y) where they have different indices x, y."""
    if isinstance(a, Node) and isinstance(b, Node):
        if _differ(a, b):
            return index(a, b)
        if a.op == b.op:
            return Node(a.op, substituted(a.args, b.args, index), b.at)
    elif isinstance(a, tuple) and isinstance(b, tuple) and len(a) == len(b):
        return tuple(substituted(x, y, index) for x, y in zip(a, b, strict=True))
    elif a == b:
        return a
    raise LookupError("they differ in more than indices")


def _differ(a, b):
    """Whether two trees are different indices, so that one may stand for the other."""
    ops = {a.op, b.op}
    plain = all(n.plain or n.op in ("num", "add", "sub") for n in (a, b))
    return plain and ("num" in ops or ops == {"name"}) and a.args != b.args


def indices_between(a, b):
    """The indices in which two trees differ; None if they differ in more."""
    pairs = []
    try:
        substituted(a, b, lambda *pair: pairs.append(pair) or pair[0])
    except LookupError:
        return None
    return pairs


def _runs(a, b):
    """Whether indices go on from one cell to another: from 1 to 0 none does."""
    down = a.op == b.op == "num" and float(a.text) >= float(b.text)
    return not down and indices_between(a, b)


def _next(node, index=False):
    """A tree with 2 for each index 1."""
    if isinstance(node, tuple):
        return tuple(_next(part, index) for part in node)
    if not isinstance(node, Node):
        return node
    if index and node.text == "1":
        return Node("num", ("2",), node.at)
    return Node(node.op, _next(node.args, node.op == "name"), node.at)
