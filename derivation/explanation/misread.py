"""Derivatives as those take them who forget a part of the product, quotient or chain rule; and
definitions with their sums over other values."""

from ..syntax import Node, renamed
from ..vocabulary import indices_of
from .context import UNIT, function_of, number, product, put
from .edits import places

__all__ = ["misread"]


def misread(tree, context):
    """(kind, tree): what is read instead of a tree by those who forget a part of a rule."""
    name = tree.args[0] if tree.op == "call" else tree
    if context.defined(name):
        definition = context.vocabulary.definition(context.vocabulary.lookup(name)[0])
        for place in places(definition, context):
            yield from ((kind, put(definition, place.path, new)) for kind, _, new in place.sums())
    for place in places(tree, context):
        found = ()
        if place.node.op == "differential":  # as if nothing else moved
            (body,) = place.node.args
            found = (("chain", product(Node("derivative", (body, by)), Node("differential", (by,))))
                     for by in context.beside(body))  # fmt: skip
        elif place.node.op == "derivative":
            found = slips(*place.node.args, context)
        yield from ((kind, put(tree, place.path, new)) for kind, new in found)


def slips(body, by, context):
    """(kind, tree): what a derivative is taken for."""
    if body.op == "neg":
        yield from ((kind, Node("neg", (new,))) for kind, new in slips(body.args[0], by, context))
    if context.defined(body):
        symbol, letters = context.vocabulary.lookup(body)
        definition = context.vocabulary.definition(symbol)
        indices = dict(zip(letters, indices_of(body), strict=False))
        yield from slips(renamed(definition, indices), by, context)
    for between in context.beside(by):  # p_k, where all of p depends on s_k
        steps = (Node("derivative", pair) for pair in ((body, between), (between, by)))
        yield "chain", product(*steps)
    form = context.form(by)
    for outer in (outer for outer, inner in context.passed() if inner == form):
        yield "inner", Node("derivative", (body, outer.written(indices_of(by))))
    u, v = body.args[-2:] if len(body.args) > 1 else (UNIT, UNIT)
    du, dv = (Node("derivative", (part, by)) for part in (u, v))
    wrong, kind = [], "product"
    if body.op in ("mul", "dot", "times"):
        wrong = [product(du, v), product(u, dv), product(du, dv)]
    elif body.op == "div":
        late = Node("div", (product(u, dv), Node("pow", (v, number(2)))))
        wrong = [Node("div", (du, v)), late, Node("neg", (late,)), Node("div", (du, dv))]
    elif body.op in ("call", "pow"):  # by what stands inside, which is all that moves
        kind, wrong = "inner", outer_derivative(body, context)
    yield from ((kind, new) for new in wrong)


def outer_derivative(node, context):
    """That of a function or a power, not multiplied by that of what stands in it; or nothing."""
    word, (u, v) = function_of(node), node.args[-2:]
    if word == "log":
        return [Node("div", (UNIT, v))]
    if word == "exp" or u.text == "e":
        return [node]
    if word == "tanh":
        return [Node("sub", (UNIT, Node("pow", (node, number(2)))))]
    if node.op == "call":
        own = context.vocabulary.lookup(u)[0]
        return [Node("slope", (u, ("'",), v))] if own and own.is_function else []
    return [product(v, Node("pow", (u, Node("sub", (v, UNIT)))))]
