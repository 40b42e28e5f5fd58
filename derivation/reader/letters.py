"""Names, with what makes another name of them and with their indices."""

from ..syntax import Node
from .grammar import BRACKETS, READERS, STARS, STYLES, SUMS, UNREAD, is_name, named, shown
from .pasted import GREEK

__all__ = ["Letters"]


class Letters:
    """The part of the reader that reads names and indices."""

    def name(self):
        """A name with its subscripts, (i), and what makes it another name: W', W^\\star."""
        at, head, subscripts, example = self.at(), self.take(), (), None
        if head in STYLES:
            inner = self.braced(self.name) if self.peek() == "{" else self.symbol()
            if inner.op != "name":
                self.fail("expected a symbol", at)
            head, subscripts, example = f"{head}{{{inner.args[0]}}}", *inner.args[1:]
        elif self.is_command(head):
            self.fail(UNREAD.get(head) or f"the command {head} is not read", at)
        return self.suffixed(named(head, at, subscripts, example))

    def is_command(self, head):
        """Whether a word that nobody knows takes something in braces."""
        known = head[1:] in GREEK or head in self.dialect.symbols
        return head[0] == "\\" and self.peek() == "{" and not known

    def suffixed(self, node):
        """A name with what stands behind it and is part of it."""
        (head, subscripts, example), at = node.args, node.at
        while True:
            text = self.peek()
            if text == "^" and self.peek(1) == "{":
                self.n += 2
                self.unbraced()
                self.n -= 2
            if text == "'" and self.primed(head):
                head += self.take()
            elif any(self.skip("^", s) or self.skip("^", "{", s, "}") for s in STARS):
                head += r"^\star"
            elif text == "_":
                if subscripts:
                    self.fail("two subscripts follow each other: put both into one pair of braces")
                self.take()
                subscripts = self.indices()
            elif self.is_example():
                self.n += 3
                example = self.index()
                self.take()
                if not self.skip("}"):
                    self.take()
                    self.expect("}")
                    return Node("transpose", (named(head, at, subscripts, example),), at)
            else:
                return named(head, at, subscripts, example)

    def primed(self, head):
        """Whether a prime belongs to the name: of another symbol, or of another index k'."""
        return head + "'" in self.dialect.symbols or head.rstrip("'") in self.dialect.indices

    def symbol(self):
        at = self.at()
        return named(self.take(), at)

    def is_example(self):
        r"""^{(i)}, ^{(i)\top} or ^{[1]}, of a layer."""
        after, transposes = self.peek(5), self.dialect.transposes
        around = [self.peek(n) for n in (0, 1, 2, 4)]
        layer = around == ["^", "{", "[", "]"] and self.peek(3).isdecimal()
        if not layer and around != ["^", "{", "(", ")"]:
            return False
        if after[:1].isalnum() and after not in transposes:
            self.fail("an example and a power in one exponent: put the base into brackets")
        return after in ("}", *transposes)

    def indices(self):
        """Subscripts: one symbol, or several in braces; W_{12} is W_{1,2}, W_{12,3} is not."""
        if not self.skip("{"):
            found = [self.number() if self.peek().isdecimal() else self.symbol()]
            while self.pasted and self.peek() in self.dialect.indices and self.touches():
                if self.peek(1) in ("_", "^"):  # W_kd x_d
                    break
                self.assume()
                found.append(self.symbol())
            return tuple(found)
        self.unbraced()
        found = []
        while not self.skip("}"):
            at = self.at()
            if self.skip(","):
                continue
            if self.peek() == r"\text":
                found.append(named(rf"\text{{{self.tokens[self.n].inside.strip()}}}", at))
                self.take()
                continue
            if self.peek().isdecimal() and self.peek(1) != ",":
                found += [Node("num", (a,), at + n) for n, a in enumerate(self.take())]
            else:
                found.append(self.index())
            while self.peek() in ("+", "-"):
                found[-1] = Node(SUMS[self.take()], (found[-1], self.index()), found[-1].at)
        return tuple(found)

    def index(self):
        text = self.peek()
        if text[:1].isdecimal():
            return self.number()
        if not is_name(text) and text != r"\pm":
            prime = ": a prime makes another index of a letter that is one, as k'"
            whole = ": a whole row is W_k, of a matrix W" if text in (":", r"\cdot") else ""
            hint = prime if text == "'" else whole
            self.fail(f"{shown(text)} is no index{hint}")
        return self.name()

    def names_only(self, beside=()):
        """The names in the next bracket, if names without an index, or entries of the same as those
        beside it, and commas, are all in it."""
        start, closing = self.n, BRACKETS[self.take()]
        heads = {name.args[0] for name in beside}
        found = [self.bare_name(heads)]
        while found[-1] and self.skip(","):
            found.append(self.bare_name(heads))
        found = found if found[-1] and self.peek() == closing else []
        self.n = start
        return found

    def bare_name(self, heads=()):
        """The name without an index, or of some, that comes and is taken; or None."""
        self.unbraced()
        if not is_name(self.peek()) or self.peek() in READERS:
            return None
        name = self.name()
        bare = name.op == "name" and (not name.args[1] or name.args[0] in heads)
        return name if bare else None

    def is_scalar(self, node):
        """Whether what has an exponent T is a number for sure: made of scalars and literals."""
        if node.op in ("name", "call"):
            name = node.args[0] if node.op == "call" else node
            return name.text in self.dialect.scalars
        sums = ("add", "sub", "mul", "dot", "neg", "div", "pow")
        parts = [part for part in node.args if isinstance(part, Node)]
        return node.op == "num" or (node.op in sums and all(map(self.is_scalar, parts)))
