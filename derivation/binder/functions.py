"""Functions, values at a place, and what takes the place of what: the binder's part."""

from ..operations import FUNCTIONS, is_number
from ..reader.grammar import EIGENVALUES, UNREAD
from ..sizes import NUMBER, ONE
from ..syntax import Bound, Node, ShapeError, walk

__all__ = ["Functions"]

BY_WORD = {rf"\operatorname{{{word}}}": word for word in FUNCTIONS} | {
    "\\" + word: word for word in ("exp", "log", "tanh", "sqrt", "max", "min")
} | {word: word for word in EIGENVALUES} | {
    rf"\operatorname{{{word}}}": "lse" for word in ("LSE", "logsumexp")
}  # fmt: skip


# Of a number in s − max s these take as many as there are entries.
SHIFTED = ("softmax", "lse", "exp", "log", "tanh", "sqrt")


class Functions:
    """The part of the binder that applies."""

    def _call(self, node):
        head, *arguments = node.args
        if head.op != "name":
            self.fail("what stands before these brackets is no function", node)
        symbol, indices = self.vocabulary.lookup(head)
        if symbol is not None and symbol.is_function:
            return self.applied(symbol, indices, head, arguments, node)
        if head.args[1] and head.text not in BY_WORD:  # f_k(u): an entry of f(u)
            bare = Node("name", (head.args[0], (), head.args[2]), head.at)
            if not (self.vocabulary.lookup(bare)[0] or bare.text in BY_WORD):
                return self.dependent(head, arguments, node)
            whole = self._call(Node("call", (bare, *arguments), node.at))
            return self.entry_of(whole, head.args[1], node)
        word = BY_WORD.get(head.text)
        if symbol is not None and word is None:
            return self.dependent(head, arguments, node)
        if word is None:
            own = f'or add Symbol(r"{head.text}(…)", definition=…) to the vocabulary'
            instead = self.vocabulary.elsewhere.get(head.text, "out what it says")
            unknown = f"the function {head.text} is not known: write {instead}, {own}"
            self.fail(UNREAD.get(head.args[0]) or unknown, node)
        if symbol is not None:
            self.fail(f"{head.text} is a symbol of the vocabulary, and no function", node)
        if len(arguments) > 1:  # diag(a, b, …) is that of the column
            if word not in ("diag", "max", "min", "softmax", "lse"):
                self.fail(f"{head.text} has one argument, got {len(arguments)}", node)
            for argument in (a for a in arguments if a.op != "dots"):
                self.number(argument, "what stands beside others in a list")
            arguments = [Node("matrix", tuple((a,) for a in arguments), node.at)]
        if word in ("max", "min") and arguments[0].op == "matrix":
            self._listed(head, arguments[0], node)
        shifts = word in SHIFTED
        return self.function(word, (self.shifted if shifts else self.bind)(arguments[0]), node)

    def _listed(self, head, matrix, node):
        r"""Refuse what is no list of numbers, or one number: \max\{p_k\}."""
        cells = [c for row in matrix.args for c in row]
        for cell in (c for c in cells if c.op != "dots"):
            self.number(cell, f"what {head.text} takes in a list")
        if len(cells) == 1:
            self.fail(f"{head.text} of one number: write {head.text}_k a_k", node)

    def dependent(self, head, arguments, node):
        r"""\ell(W): a symbol, with some of what its definition depends on; p_k(x^{(i)}) is p_k at
        another x."""
        a, symbol = self._name(head), self.vocabulary.lookup(head)[0]
        others = [(Node("name", (*n.args[:2], None), n.at), n) for n in arguments
                  if n.op == "name" and n.args[2] and not head.args[2]]  # fmt: skip
        if others and all(self.vocabulary.lookup(whole)[0] for whole, _ in others):
            return self._at(Node("at", (head, tuple(others)), node.at))
        for argument in arguments:
            if not self.depends(a, argument):
                product = f"a product is written {head.text} \\cdot {argument.text}"
                meaning = f" ({symbol.meaning})" if symbol and symbol.meaning else ""
                instead = self.vocabulary.elsewhere.get(head.text)
                product += f"; with another meaning write {instead}" if instead else ""
                text = f"{head.text}{meaning} is no function of {argument.text}; {product}"
                self.fail(text, node)
            if self.sizes.resolved(a.shape[1]) != ONE:  # a column could be no factor
                self.fail(f"{head.text} could be a function of {argument.text} or a factor", node)
        return a

    def depends(self, a, argument):
        """Whether an argument is a symbol on which a value depends."""
        symbol = self.vocabulary.lookup(argument)[0] if argument.op == "name" else None
        return symbol is not None and all(self.mentions(a, s) for s in self.needed(symbol))

    def needed(self, symbol):
        """Itself; of what is made of labels the labels."""
        if not symbol.definition or not self.of_labels(symbol):
            return [symbol.latex]
        tree = self.definition(symbol)[0]
        return [n.args[0].latex for n in walk(tree) if n.op == "symbol"]

    def function(self, word, a, node):
        if word == "softmax" and self.sizes.resolved(a.shape[1]) != ONE:
            word = "softmax of rows"
        return self.made(FUNCTIONS[word], word, (a,), node)

    def shifted(self, node):
        """The argument of a function: in s − max s the number is taken from every entry."""
        if node.op in ("add", "sub"):
            return self.summed(node, self.shifted, lambda *_: True)
        return self.bind(node)

    def applied(self, symbol, indices, head, arguments, node):
        """A symbol such as L(W), with its arguments in place of those in the vocabulary."""
        formals = self.vocabulary.formals(symbol)
        body = self.symbol(symbol, self.index_values(indices, head), node)
        more, count = arguments[len(formals) :], len(arguments)  # W of Pr(Y = k | x, W)
        arguments = arguments[: len(formals)]
        fixed = head.text in self.vocabulary.dialect.conditional and len(arguments) == len(formals)
        fixed = fixed and all(self.depends(body, a) for a in more)
        if len(arguments) < len(formals) or (more and not fixed):
            self.fail(f"{head.text} has {len(formals)} arguments, got {count}", node)
        lets = [self.argument(f, a, node) for f, a in zip(formals, arguments, strict=True)]
        for _, name, _ in filter(None, lets):
            self.no_chain_through(name, body, node)
        return self.placed(lets, body, node)

    def placed(self, lets, body, node):
        """A value in which symbols and indices take others, all at once; a function of one number
        is applied to every entry."""
        lets = tuple(filter(None, lets))
        wide = [(name, value) for op, name, value in lets if op == "map"]
        if wide and (len(lets) > 1 or not is_number(self.sizes, body.shape)):
            self.fail(f"this is a function of a number, and not of {wide[0][0]}", node, ShapeError)
        if wide:
            return Bound("map", (*wide[0], body), wide[0][1].shape, node.at)
        return Bound("lets", (lets, body), body.shape, node.at) if lets else body

    def no_chain_through(self, name, body, node):
        """Refuse another value of p, or ∂/∂p, where something inside is differentiated by s."""
        symbol = next((s for s in self.vocabulary.symbols if s.latex == name), None)
        if symbol is None or not symbol.definition or symbol.view:
            return
        tree = self.definition(symbol)[0]
        for variable in self.variables(body):
            if variable != name and tree is not None and self.mentions(tree, variable):
                self.fail(
                    f"{name} is no variable here: a derivative by {variable} goes through it", node
                )

    def variables(self, tree):
        """The symbols by which a tree differentiates, in definitions too."""
        for b in self.reached(tree):
            if b.op == "differential":
                yield from (s.latex for s in self.vocabulary.symbols if not s.definition)
            elif b.op == "derivative":
                yield from (n.args[0].latex for n in walk(b.args[1]) if n.op == "symbol")

    def argument(self, formal, actual, node):
        """(operation, name, value) of one argument; None where it is the formal one itself."""
        if formal.op == "event" or actual.op == "event":
            return self.event(formal, actual, node)
        free = formal.plain and formal.args[0] not in (*self.scope, *self.vocabulary.indices)
        if formal == actual and free and self.vocabulary.lookup(formal)[0] is not None:
            return None
        if formal.plain and formal.args[0] in self.vocabulary.indices:
            return "index_let", formal.args[0], self.bind(actual)
        symbol, _ = self.vocabulary.lookup(formal)
        name = symbol.latex if symbol else formal.text
        value = self.bind(actual)
        wanted = self.vocabulary.shape(symbol) if symbol else NUMBER
        value, _ = self.zeros(value, Bound("zeros", (), wanted))
        if self.sizes.fits(value.shape, wanted):
            return "let", name, value
        if wanted == NUMBER:
            return "map", name, value
        what = f"{self.text(value.shape)} cannot stand for {name}, which is {symbol.shape}"
        return self.fail(what, node, ShapeError)

    def event(self, formal, actual, node):
        """Y = k in a probability; other events have none."""
        if formal.op != "event":
            left, relation, value = actual.args  # X = \mathbf{x}
            letter = formal.text.removeprefix(r"\mathbf{").removesuffix("}")
            if relation == "=" and left.text.lower() == letter.lower():
                return self.argument(formal, value, node)
            self.fail("a relation in brackets, where the vocabulary has none", actual)
        left, relation, variable = formal.args
        if actual.op == "event":
            own, sign, value = actual.args
            if sign != relation or own.text.lower() != left.text.lower():
                text = f"the probability of {left.text} {relation} {variable.text} is known,"
                self.fail(f"{text} and of no other event", actual)
            actual = value
        return self.argument(variable, actual, node)

    def _slope(self, node):
        """f'(a), f''(a) of a function of one number."""
        head, by, *arguments = node.args
        symbol, indices = self.vocabulary.lookup(head)
        formals = self.vocabulary.formals(symbol) if symbol and symbol.is_function else ()
        one = len(formals) == len(arguments) == 1 and formals[0].op == "name"
        formal = self.vocabulary.lookup(formals[0])[0] if one else None
        if not one or (formal and self.vocabulary.shape(formal) != NUMBER):
            self.fail(f"{head.text} is no function of one number", node)
        name = formal.latex if formal else formals[0].text
        body = self.symbol(symbol, self.index_values(indices, head), node)
        variable = Bound("local", (name,), NUMBER, node.at)
        for _ in by:
            body = Bound("derivative", (body, variable, False), body.shape, node.at)
        a = self.bind(*arguments)
        op = "let" if is_number(self.sizes, a.shape) else "map"
        return self.placed([(op, name, a)], body, node)

    def _at(self, node):
        """…|_{k = y}, …|_{s = 0}: an index or a symbol takes a value."""
        target, values = node.args
        lets = [self.taken(variable, value) for variable, value in values]
        letters = [let[1] for let in lets if let[0] == "index_let"]
        body = self.within(letters, lambda: self.bind(target))
        for _, name, _ in (let for let in lets if let[0] == "let"):
            if not self.mentions(body, name):
                self.fail(f"{name} does not stand in what takes its value", node)
            self.no_chain_through(name, body, node)
        return self.placed(lets, body, node)

    def taken(self, variable, value):
        """What takes which value at an evaluation bar: an index, or a whole symbol."""
        if variable.plain and variable.args[0] in self.vocabulary.indices:
            return "index_let", variable.args[0], self.number(value, "the value of an index")
        drawn = variable.op == "drawn"
        symbol, indices = (variable.args[0], ()) if drawn else self.vocabulary.lookup(variable)
        if symbol is None or indices or symbol.view or symbol.is_function:
            self.fail("an index or a whole symbol takes a value here", variable)
        bound, shape = self.bind(value), self.vocabulary.shape(symbol)
        if value.text == "0" and shape != NUMBER:
            bound = Bound("zeros", (), shape, value.at)
        if not self.sizes.fits(bound.shape, shape):
            self.fail(f"{symbol.latex} is {symbol.shape}", value, ShapeError)
        return "let", symbol.latex, bound
