"""Derivatives as those take them who forget a part of the product, quotient or chain rule; and
definitions with their sums over other values."""

from .context import UNIT, function_of, number, product, put
from .edits import places
from .syntax import Node

__all__ = ["misread"]


def misread(tree, context):
    """(kind, tree): what is read instead of a tree by those who forget a part of a rule."""
    name = tree.args[0] if tree.op == "call" else tree
    if context.defined(name):
        definition = context.vocabulary.definition(context.vocabulary.lookup(name)[0])
        for place in places(definition, context):
            yield from ((kind, put(definition, place.path, new)) for kind, _, new in place.sums())
    for place in places(tree, context):
        if place.node.op == "differential":  # as if nothing else moved
            body = place.node.args[0]
            yield from (("chain", put(tree, place.path, product(
                Node("derivative", (body, by)), Node("differential", (by,)))))
                for by in context.beside(body))  # fmt: skip
        if place.node.op != "derivative":
            continue
        path, (body, by) = place.path, place.node.args
        for between in context.beside(by):  # p_k, where all of p depends on s_k
            steps = (Node("derivative", pair) for pair in ((body, between), (between, by)))
            yield "chain", put(tree, path, product(*steps))
        u, v = body.args[-2:] if len(body.args) > 1 else (UNIT, UNIT)
        du, dv = (Node("derivative", (part, by)) for part in (u, v))
        wrong, kind = [], "product"
        if body.op in ("mul", "dot", "times"):
            wrong = [product(du, v), product(u, dv), product(du, dv)]
        elif body.op == "div":
            late = Node("div", (product(u, dv), Node("pow", (v, number(2)))))
            wrong = [Node("div", (du, v)), late, Node("neg", (late,)), Node("div", (du, dv))]
        elif body.op in ("call", "pow"):  # by what stands inside, which is all that moves
            kind, wrong = "inner", outer_derivative(body)
        yield from ((kind, put(tree, path, new)) for new in wrong)


def outer_derivative(node):
    """That of a function or a power, not multiplied by that of what stands in it; or nothing."""
    word, (u, v) = function_of(node), node.args[-2:]
    if word == "log":
        return [Node("div", (UNIT, v))]
    if word == "exp" or u.text == "e":
        return [node]
    if word == "tanh":
        return [Node("sub", (UNIT, Node("pow", (node, number(2)))))]
    return [product(v, Node("pow", (u, Node("sub", (v, UNIT)))))] if node.op == "pow" else []
