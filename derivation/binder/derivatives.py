"""Derivatives, and their layout: the binder's part."""

from dataclasses import replace

from ..operations import OPERATIONS, is_number
from ..printer import latex_of
from ..sizes import ONE
from ..syntax import Bound, Node, innermost, rewritten, walk, whole

__all__ = ["Derivatives"]


class Derivatives:
    """The part of the binder that differentiates."""

    def _derivative(self, node):
        target, variable = node.args
        body, by = self.bind(target), self.bind(variable)
        flip = False
        if by.op == "transpose" and variable.op == "transpose":
            by, flip = by.args[0], True
        base = innermost(by)
        if base.op not in ("symbol", "local"):
            text = r"a derivative is taken by a symbol of the table or an entry, \partial_{x_k}:"
            self.fail(f"{text} for one of your own, vocabulary.extend(Symbol(…))", variable)
        if body.op == "index":
            self.fail(f"{target.text} is an index here, and an index has no derivative", target)
        if base.op == "symbol" and base.args[0].is_label:
            self.fail(f"no derivative by {variable.text}, which is a label", variable)
        if base.op == "symbol" and self.placed_before(body, base.args[0].latex):
            text = f"{base.args[0].latex} has a value before what it stands in is differentiated:"
            self.fail(f"{text} the derivative at a place is \\frac{{∂f}}{{∂t}}(2), say", node)
        if base.op == "symbol" and self.of_labels(base.args[0]):
            self.fail(f"no derivative by {variable.text}, which is made of labels", variable)
        rows = [tuple(self.sizes.resolved(s) == ONE for s in a.shape) for a in (body, by)]
        if rows == [(True, False), (False, True)]:  # ∂²f/∂a∂a^⊤: the gradient is a row
            body = self.made(OPERATIONS["transpose"], "transpose", (body,), node)
            shape = self.layout(body.shape, by.shape, node)
            jacobian = Bound("derivative", (body, by, False), shape, node.at)
            return self.made(OPERATIONS["transpose"], "transpose", (jacobian,), node)
        defined = base.op == "symbol" and base.args[0].definition
        if defined and self.moves(base.args[0], body) > self.mentions(body, base.args[0].latex):
            text = f"nothing in {latex_of(target)} is given in terms of {variable.text}"
            self.fail(text, variable)
        if base.op == "symbol":
            self.no_chain_through(base.args[0].latex, body, node)
        if defined:
            self.no_sibling(base.args[0], body, variable)
        shape = self.layout(body.shape, by.shape, node)
        bound = Bound("derivative", (body, by, False), shape, node.at)
        if flip and is_number(self.sizes, body.shape):
            return self.made(OPERATIONS["transpose"], "transpose", (bound,), node)
        return bound

    def placed_before(self, body, name):
        """Whether a symbol stands only where it has a value: \\partial_t f(2) is 0, or that."""

        def opened(b):
            lets = b.args[0] if b.op == "lets" else [("map", *b.args[:2])] if b.op == "map" else ()
            given = {n: value for _, n, value in lets}
            return replace(b, args=(*given.values(),)) if name in given else b

        return self.mentions(body, name) and not self.mentions(rewritten(body, opened), name)

    def moves(self, symbol, body):
        """Whether a value depends on something drawn of which a symbol with a definition is made:
        else its derivative by the symbol is 0."""
        own = Bound("symbol", (symbol, (), ()))
        drawn = [s for s in self.vocabulary.symbols if s.is_drawn]
        return any(self.mentions(own, s.latex) and self.mentions(body, s.latex) for s in drawn)

    def no_sibling(self, variable, tree, node, seen=()):
        """Refuse p Z by Z where both are made of s: p would have to stay while Z moves.

        What Z is made of counts as a variable beside it, and what is made of Z moves with it.
        """
        own = self.definition(variable)[0]
        for symbol in {b.args[0] for b in walk(tree) if b.op == "symbol" and b.args[0].definition}:
            inner = None if symbol in (variable, *seen) else self.definition(symbol)[0]
            if inner is None or own is None or self.mentions(own, symbol.latex):
                continue
            if self.mentions(inner, variable.latex):
                self.no_sibling(variable, inner, node, (*seen, symbol))
            elif any(self.mentions(own, s.latex) and self.mentions(inner, s.latex)
                     for s in self.vocabulary.symbols
                     if s.is_drawn and s.draw != "design"):  # fmt: skip
                text = f"{symbol.latex} cannot stay while {variable.latex} moves: both are made of"
                self.fail(f"{text} the same symbols", node)

    def of_labels(self, symbol):
        """Whether a symbol depends on labels and on nothing that is drawn from the line."""
        tree = self.definition(symbol)[0] if symbol.definition and not symbol.view else None
        drawn = [n.args[0] for n in self.reached(tree) if n.op == "symbol"] if tree else [symbol]
        drawn = [s for s in drawn if not s.definition]
        return bool(drawn) and all(s.is_label for s in drawn)

    def layout(self, of, by, node):
        """The shape of a derivative: a gradient has that of the variable, a Jacobian a row per
        output and a column per input."""
        if is_number(self.sizes, by):
            return of
        if is_number(self.sizes, of):
            return by
        columns = self.sizes.resolved(of[1]) == ONE == self.sizes.resolved(by[1])
        rows = self.sizes.resolved(of[0]) == ONE == self.sizes.resolved(by[0])
        if not columns and not rows:
            text = f"a derivative of {self.text(of)} by {self.text(by)} has no layout here"
            self.fail(f"{text}: write it for entries, such as A_{{jk}}", node)
        return (of[0], by[0]) if columns else (of[1], by[1])

    def _gradient(self, node):
        """∇_W L(A): by W at A, if W is what L is a function of."""
        function, argument, variable = node.args
        symbol, _indices = self.vocabulary.lookup(function)
        formals = self.vocabulary.formals(symbol) if symbol and symbol.is_function else ()
        call = Node("call", (function, argument), node.at)
        other = symbol and not symbol.is_function and argument != variable
        if other and self.sizes.fits(*(self.bind(n).shape for n in (argument, variable))):
            text = f"this could be the gradient at {argument.text}, or of a function of it"
            self.fail(f"{text}: write it without {argument.text}, or with a bar behind", node)
        if formals != (variable,) or argument == variable:
            return self._derivative(Node("derivative", (call, variable), node.at))
        let = self.argument(variable, argument, node)
        body = self._derivative(Node("derivative", (function, variable), node.at))
        return self.placed([let], body, node)

    def _differential(self, node):
        body = self.bind(node.args[0])
        drawn = [s for s in self.vocabulary.symbols if s.is_drawn
                 and self.mentions(body, s.latex)]  # fmt: skip
        if drawn and all(s.draw == "design" for s in drawn):
            self.fail("data are constants here: their differential is 0 and is left out", node)
        return Bound("differential", (body,), body.shape, node.at)

    def varies(self, trees):
        """What moves where differentials stand: drawn symbols that have their own; and where one
        does not depend on these, all that it is made of."""
        targets = [b.args[0] for tree in trees for b in walk(tree) if b.op == "differential"]
        drawn = [s for s in self.vocabulary.symbols if s.is_drawn]
        self.moving = {s for s in map(whole, targets) if s in drawn}
        made_of = [{s for s in drawn if self.mentions(tree, s.latex)} for tree in targets]
        for symbols in sorted(made_of, key=len):
            self.moving |= set() if symbols & self.moving else symbols

    def still(self, body):
        """The drawn symbols in a differential that do not move."""
        stay = (s for s in self.vocabulary.symbols if s.is_drawn and s not in self.moving)
        return tuple(s.latex for s in stay if s.draw != "design" and self.mentions(body, s.latex))
