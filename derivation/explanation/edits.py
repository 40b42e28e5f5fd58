r"""Single edits of a member: what a student's slip may have been, each with a cost.

The cheaper, the likelier. What may have changed at a place of a tree, the rules of a `Place` yield.
"""

import itertools
from dataclasses import dataclass

from ..syntax import Node, walk
from .context import put
from .places import RULES, SUMS, Place

__all__ = ["COST", "Edit", "edits", "places"]

COST = {"product": 0.8, "inner": 0.8, "slope": 1.0, "sign": 1.0, "chain": 1.05, "index": 1.2,
        "transpose": 1.3, "order": 1.4, "bound": 1.4, "bracket": 1.5, "case": 1.6, "sum": 1.7,
        "number": 1.8, "operation": 1.9, "factor": 2.0, "symbol": 2.2, "function": 2.2,
        "term": 2.3}  # fmt: skip
# The arguments of an operation that are expressions of their own, where not all of them are.
EXPRESSIONS = {"name": (), "num": (), "derivative": (0,), "gradient": (), "entry": (0,), "at": (0,),
               "slope": (2,), "norm": (0,), "domain": (), "interval": (), "set": (), "sum": (2,),
               "prod": (2,), "max": (2,), "min": (2,)}  # fmt: skip


@dataclass(frozen=True)
class Edit:
    """A member with one thing changed: the kind of slip, its cost, the member, where in it which
    part was replaced, and by what."""

    kind: str
    cost: float
    member: Node
    path: tuple
    part: Node
    new: Node

    @property
    def tree(self):
        return put(self.member, self.path, self.new)


def edits(tree, context):
    """All edits of a tree, the cheapest first, none twice."""
    found = {}
    for place in places(tree, context):
        large = len(list(walk(place.node))) / 2000
        for kind, extra, new in itertools.chain.from_iterable(rule(place) for rule in RULES):
            edit = Edit(kind, COST[kind] + extra + large, tree, place.path, place.node, new)
            old = found.setdefault((place.path, new), edit)
            if edit.cost < old.cost:
                found[place.path, new] = edit
    return sorted(found.values(), key=lambda edit: edit.cost)


# places


def places(node, context, path=(), parent=None, bound=()):
    """Every place of a tree at which an expression stands."""
    yield Place(node, context, path, parent, bound)
    if node.op in SUMS:
        bound = (*bound, *(b[0].args[0] for b in node.args[0] if b[0] is not None))
    for n in EXPRESSIONS.get(node.op, range(node.op == "call", len(node.args))):
        for step, child in _leaves(node.args[n], (n,)):
            if child.op not in ("dots", "otherwise", "event"):
                yield from places(child, context, (*path, step), node, bound)


def _leaves(part, step):
    if isinstance(part, Node):
        yield step, part
    elif isinstance(part, tuple):
        for n, one in enumerate(part):
            yield from _leaves(one, (*step, n))
