"""Sums of products of factors, and what stands behind a factor."""

import functools
import re

from ..syntax import Node, flat, walk
from . import grammar
from .grammar import PRODUCTS, READERS, is_factor, is_name, is_number, named, shown
from .tokens import RELATIONS, SAME, SIZES, WORDS, Token

__all__ = ["Expressions"]

ONE, ZERO = Node("num", ("1",)), Node("num", ("0",))
CLOSING = (")", "]", "}")


class Expressions:
    """The part of the reader that reads expressions."""

    def sum(self):
        with self.deeper():
            at, node = self.at(), self.product()
            while self.peek() in grammar.SUMS:
                if self.skip("+", r"\dots"):  # a + b + … + z
                    self.expect("+")
                    node = Node("series", (*flat(node, ("add",)), self.product()), at)
                else:  # ± is a symbol, a factor of what follows
                    sign = self.peek() if self.peek() == r"\pm" else self.take()
                    node = Node(grammar.SUMS[sign], (node, self.product()), at)
            return node

    def product(self):
        at, node = self.at(), self.entries()
        if node.op == "num" or (node.plain and node.args[0].isalpha() and node.args[0].islower()):
            return node  # behind a condition such as k = y
        ends = (*RELATIONS, *grammar.SEPARATORS, "", ")", r"\text")
        while self.colons and self.peek() == ":" and self.peek(1) not in ends:
            self.take()
            node = Node("frobenius", (node, self.entries()), at)
        return node

    def entries(self):
        """Factors side by side bind tighter than ⊙, ⊘ and ⊗ between them."""
        at, node = self.at(), self.factors()
        while self.peek() in grammar.ENTRYWISE:
            composes = self.latex.startswith(r"\circ", self.at())
            node = Node(grammar.ENTRYWISE[self.take()], (node, self.factors()), at)
            if composes and any(n.plain and n.text in self.dialect.functions for n in node.args):
                self.fail(r"\circ multiplies entry by entry: f of g is written f(g(t))", at)
        return node

    def factors(self, stop=None):
        at, node = self.at(), self.signed()
        while True:
            self.unbraced()
            text = self.peek()
            if text == r"\dots" or (text in PRODUCTS and self.peek(1) == r"\dots"):  # a b ⋯ z
                sign = "" if text == r"\dots" else self.take()
                self.take()
                if sign:
                    self.expect(sign)
                before = flat(node, ("mul", "dot", "times"))
                node = Node("factors", (*before, self.primary()), at)
            elif text in PRODUCTS and text != stop and (text != "." or self.joins()):
                op = PRODUCTS[self.take()]
                node = Node(op, (node, self.factor()), at)
                if op == "div" and self.starts_factor():
                    self.assume()
            elif self.starts_factor():
                if is_number(text) and is_number(self.before()):
                    self.fail("two numbers stand beside each other: write \\cdot between them")
                node = self.beside(node, at)
            else:
                return node

    def beside(self, node, at):
        r"""Two factors; or \ell(\mathbf{s} + c), a value, if \ell(\mathbf{s}) stands elsewhere."""
        last = node.args[1] if node.op == "mul" else node
        bracket = self.peek() == "(" and self.adjacent()
        number = last.op == "num" and is_number(self.before())
        right = self.primary()
        if number and right.op == "div" and all(a.op == "num" for a in right.args):
            self.fail("a number directly before a fraction could be a mixed number:"
                      " write \\cdot between them for a product", right.at)  # fmt: skip
        known = self.arguments.get(last.text, ()) if bracket and self.before() == ")" else ()
        known = {*known} & {*walk(right)}
        if not known:
            return Node("mul", (node, right), at)
        if len(known) > 1:
            self.fail(f"what changes in the argument of {last.text} is not clear", right.at)
        self.assume()
        (variable,) = known
        value = Node("at", (last, ((variable, right),)), at)
        return value if last is node else Node("mul", (node.args[0], value), at)

    def adjacent(self):
        """Whether nothing but \\left and braces stands before the token that comes."""
        between = self.latex[self.tokens[self.n - 1].end : self.at()]
        return not re.sub(rf"{SIZES}|[{{}}]", "", between).strip()

    def factor(self):
        """A factor, perhaps with a sign of its own, which goes no further: a / -b c."""
        at = self.at()
        if self.skip("-"):
            return Node("neg", (self.factor(),), at)
        return self.factor() if self.skip("+") else self.primary()

    def joins(self):
        """Whether a point without spaces around it is a product: y_k.p_i"""
        if not 0 < self.n < len(self.tokens) - 1:
            return False
        before, here, after = self.tokens[self.n - 1 : self.n + 2]
        factor = is_name(after.text) or after.text in READERS or is_number(after.text)
        return before.end == here.at and here.end == after.at and factor

    def signed(self):
        self.unbraced()
        at = self.at()
        with self.deeper():
            if self.skip("-"):
                return Node("neg", (self.product(),), at)
            return self.product() if self.skip("+") else self.primary()

    def starts_factor(self):
        self.unbraced()
        text = self.peek()
        if text in ("|", r"\|"):
            return text not in self.open_bars and self.peek(1) != "_"
        if text == r"\text":
            return self.worded() is not None
        if text == self.closing or (text == "(" and self.states()):
            return False
        return text in READERS or is_name(text) or is_number(text) or text.startswith(r"\begin")

    def primary(self):
        """An atom with what stands behind it."""
        self.unbraced()
        at = self.at()
        return self.postfix(self.atom(), at)

    def unbraced(self):
        """Braces that come are left out, as they do not show; but not those around an exponent or
        an index alone, or around a name with one that has another."""
        while self.peek() == "{":
            end = self.ending()
            after = self.tokens[end + 1].text if end + 1 < len(self.tokens) else ""
            alone = {self.peek(1), self.tokens[end - 1].text} & {"^", "_", "'"}
            if alone or (after in ("^", "_") and after in self.inside()):
                return
            del self.tokens[end], self.tokens[self.n]

    def atom(self):
        self.unbraced()
        at, text = self.at(), self.peek()
        if text in READERS:
            return getattr(self, READERS[text])(at, self.take())
        ahead = 1 + (self.peek(1) == "{")
        opening = self.peek(ahead) if text in ("I", "1") else ""
        if opening in ("(", "[", r"\{") and text not in self.dialect.symbols and (
            self.states(ahead) or (text == "I" and opening != "(")
        ):  # fmt: skip
            return self.indicator(at, self.take())
        if text.startswith(r"\begin"):
            return self.environment(at, self.take())
        if is_number(text):
            return self.number()
        if text == r"\text" and self.tokens[self.n].inside.strip(" .") in grammar.CONSTANT:
            self.fail(grammar.UNREAD[r"\operatorname{const}"])
        if text == r"\text" and (word := self.worded()):
            self.take()
            return self.word(word, at)
        if text == "d" and self.dialect.differential and (
            is_name(self.peek(1)) or self.peek(1) in ("(", "[", "{") or self.divides()
        ):  # fmt: skip
            if self.peek(1) in (r"\frac", r"\sum"):
                self.fail(r"the differential, or a product? Write d(…), or d \cdot …")
            return self.slashed(at, self.take())
        if text == r"\pm" or is_name(text):
            return self.name()
        return self.fail(grammar.UNREAD.get(text) or f"cannot read {shown(text)} here")

    def worded(self):
        r"""The name that a \text is, if it is one: \text{softmax}(…), or a vocabulary's word."""
        inside = self.tokens[self.n].inside.strip()
        if not inside.replace(" ", "").isalpha():
            return None
        symbol = rf"\operatorname{{{inside}}}" in self.dialect.symbols
        if symbol or inside in (*WORDS, "tr", "Tr", *self.dialect.words):
            return inside
        words = grammar.CONDITION.match(inside) or grammar.CONNECTIVE.match(inside)
        if not words and self.peek(1) in ("(", "[", "{", "^", "_"):
            self.fail(f"{inside} is no function or symbol that is known")
        return None

    def word(self, word, at):
        if word in ("log", "exp", "sqrt", "tanh", "ln"):
            return self.function(at, "\\" + word.replace("ln", "log"))
        return named(SAME.get(rf"\operatorname{{{word}}}", rf"\operatorname{{{word}}}"), at)

    def number(self):
        at, text = self.at(), self.take()
        if "{,}" in text:  # groups of thousands, unless it is a decimal comma
            if text[0] == "0":
                self.fail("a decimal comma is not read: write a point", at)
            self.assume()
        text = text.replace("\\,", "").replace("{,}", "")
        return Node("num", ("0" + text if text[0] == "." else text,), at)

    def argument(self):
        """What an exponent or a fraction takes: braces, or one symbol."""
        if self.peek() == "{":
            at, node = self.at(), self.braced(self.sum)
            return Node(node.op, node.args, at) if node.op == "num" else node
        text, at = self.peek(), self.at()
        if text[:1].isdecimal() and len(text) > 1:  # TeX takes one digit
            digits = Token(text[0], at, at + 1), Token(text[1:], at + 1, self.tokens[self.n].end)
            self.tokens[self.n : self.n + 1] = digits
        if text in self.dialect.transposes or text.isalpha():
            return self.symbol()
        return self.atom()

    def items(self):
        found = [self.item()]
        while self.skip(","):
            found.append(self.item())
        return tuple(found)

    def item(self):
        """An expression, or dots."""
        at = self.at()
        return Node("dots", (), at) if self.skip(r"\dots") else self.sum()

    # what stands behind an atom

    def postfix(self, node, at):
        while True:
            self.unbraced()
            name, closed = node.op == "name", self.before() in CLOSING
            bare = name and self.before() not in (")", "]")  # the name, and no bracket around it
            if self.skip("^"):
                node = self.power(node, at, bare)
            elif self.peek() == "_" and (
                closed or node.op in ("call", "matrix", "transpose", "entry")
            ):
                self.take()
                node = Node("entry", (node, self.indices()), at)
            elif bare and self.peek() in ("(", "[") and self.applies(node):
                node = self.call(node, at)
            elif self.peek() == "'":
                node = self.primes(node, at)
            elif name and node.args[0].startswith(r"\operatorname") and self.takes_argument(node):
                node = Node("call", (node, self.primary()), at)
            elif self.peek() == "|" and self.peek(1) == "_" and not (
                self.barred or "|" in self.open_bars or self.restricting()
            ):  # fmt: skip
                node = self.evaluated(node, at)
            else:
                return node

    def takes_argument(self, node):
        """softmax s without brackets; a word that the vocabulary has as a symbol takes none."""
        head = node.args[0]
        taken = head in self.dialect.symbols and head not in self.dialect.functions
        return not taken and self.starts_factor() and self.peek() not in ("(", "[")

    def evaluated(self, node, at):
        """…|_{k = y}: the values that indices or symbols take."""
        self.n += 2
        braces = self.skip("{")
        found = []
        while not found or self.skip(","):
            variable = self.primary()
            self.expect("=")
            found.append((variable, self.sum()))
        if braces:
            self.expect("}")
        self.assume()
        return Node("at", (node, tuple(found)), at)

    def power(self, node, at, bare):
        """A power; behind a name's exponent may stand its index: p^2_k is p_k^2."""
        how, indices = self.exponent(node), ()
        if bare and node.text in self.dialect.functions and self.peek() == "(":  # f^2(x)
            if not isinstance(how, Node) or how.op == "neg":
                self.fail(f"{node.text}: the inverse function, or a power? Write it otherwise")
            node = self.call(node, at)
        if bare and not node.args[1] and self.peek() == "_":
            if node.text == "e" and "e" not in self.dialect.symbols:
                self.fail("an exponent of more than one sign is put into braces, as e^{s_k}")
            self.take()
            indices = self.indices()
        if self.peek() == "^":
            self.fail("two exponents follow each other: put the base into braces")
        if len(indices) > 1 or (indices and how == ("pinv",)):
            self.assume()  # an entry of A^{-1}, but a power of A_{jk}
            if isinstance(how, tuple) or how.op == "neg":
                return Node("entry", (_raised(node, how, at), indices), at)
        node = named(node.args[0], at, indices, node.args[2]) if indices else node
        return _raised(node, how, at)

    def exponent(self, base):
        """What stands above: an expression, or the operations that signs such as ⊤ and + mean."""
        at = self.at()
        ahead = self.peek(self.peek() == "{")
        alone = ahead[:14] == r"\operatorname{" and self.peek(2) == "}"
        if ahead == r"\text" or (alone and ahead not in self.dialect.symbols):
            self.fail(r"words above a name are not read: \text{let } V = … names a new value")
        if self.peek() == "(" and {*self.inside()} & self.dialect.indices:
            self.fail("what stands above is put into braces, as ^{(i)}")
        if self.skip("+") or self.skip("{", "+", "}"):
            return ("pinv",)
        for sign in self.dialect.transposes:
            if self.skip("{", "-", sign, "}") or self.skip("{", "-", "1", sign, "}"):
                return ("inverse", "transpose")
        exponent = self.argument()
        if exponent.text == "T" and "T" in self.dialect.transposes and self.is_scalar(base):
            self.fail("T transposes, and this is a number: write a power otherwise", at)
        transposes = exponent.plain and exponent.args[0] in self.dialect.transposes
        return ("transpose",) if transposes else exponent

    def primes(self, node, at):
        order = 0
        while self.skip("'"):
            order += 1
        if node.op == "name" and self.peek() == "(" and self.applies(node):
            return self.slope(node, "'" * order, at)
        if self.peek() == "(" and self.adjacent() and self.is_scalar(node):
            self.fail("the derivative there, or a product? Write \\cdot, or \\frac{∂ …}{∂ …}", at)
        return functools.reduce(lambda a, _: Node("prime", (a,), at), range(order), node)

    def applies(self, node):
        r"""L(W) and \ell(W) are no products, as a function or a name stands alone; p(1 - p) is."""
        head = node.args[0]
        if head.startswith(r"\operatorname"):
            return True
        called = *grammar.EIGENVALUES, *grammar.DIVERGENCES, *self.dialect.functions
        if {head, node.text} & {*called}:
            if self.peek() == "[" and self.adjacent() and not self.states():
                self.fail(f"round brackets are put around what {node.text} is of")
            return self.peek() == "("
        if self.peek() == "[" or not self.adjacent():
            return False
        inside = self.inside()
        if names := self.names_only():
            layers = node.args[2] and names[0].args[2]  # \delta^{(2)} (a^{(1)})^\top
            return node not in names and not (layers and self.raised())
        literal = len(inside) == 1 and inside[0].isalnum()
        if inside.count(r"\|") == 1:
            self.fail(grammar.BARS)
        if literal or {",", ";", r"\mid", *RELATIONS} & {*inside}:
            known = [f"a probability is written {n}(…)" for n in self.dialect.conditional]
            own = f'one of your own is added by Symbol(r"{node.text}(t)", definition=…)'
            hint = "; ".join(known * (head.strip("\\").lower() in ("p", "pr", "prob"))) or own
            self.fail(f"{node.text} is no function that is known; {hint}")
        return False

    def call(self, node, at):
        """A function and its arguments; P(Y = k | X = x) has events among them."""
        before, self.open_bars = self.open_bars, ("|", r"\|")
        closing, bars = grammar.BRACKETS[self.take()], 0
        arguments = [self.event()]
        if node.text in grammar.DIVERGENCES and self.skip(r"\|"):
            arguments.append(self.sum())
        while self.peek() in (",", ";", "|", r"\mid"):
            bars += self.peek() in ("|", r"\mid")
            if self.take() in (",", ";") and node.text in self.dialect.conditional and not bars:
                self.fail(f"{node.text} takes what is given behind \\mid")
            arguments.append(self.event())
        self.open_bars = before
        if self.peek() == r"\|":
            self.fail(grammar.BARS)
        self.expect(closing)
        if node.plain and len(arguments) == 1 and is_factor(node, arguments[0]):  # σ(1 - σ)
            self.assume()
            return Node("dot", (node, *arguments), at)
        if node.text not in self.dialect.functions and (
            written := self.written_out(node, arguments)
        ):
            return written
        known = node.args[0].startswith(r"\operatorname") or node.text in self.dialect.functions
        if not known and len(arguments) == 1 and arguments[0].op == "name":
            self.applied.setdefault(node.text, set()).add(arguments[0])
        return Node("call", (node, *arguments), at)

    def event(self):
        at, node = self.at(), self.item()
        if self.peek() in RELATIONS:
            relation = RELATIONS[self.take()]
            return Node("event", (node, relation, self.sum()), at)
        return node


def _raised(node, how, at):
    """A power, a transpose, an inverse."""
    if isinstance(how, Node):
        return Node("pow", (node, how), at)
    for op in how:
        minus = Node("neg", (ONE,), at)
        node = Node("pow", (node, minus), at) if op == "inverse" else Node(op, (node,), at)
    return node
