"""The syntax tree, what is wrong with a text, and the words that the reader knows."""

import enum
import functools
from dataclasses import dataclass, replace

from .sizes import NUMBER

__all__ = ["SUPPOSED", "Bound", "DerivationError", "Node", "Role", "ShapeError", "Statement",
           "below", "flat", "innermost", "loose", "renamed", "rewritten", "walk",
           "whole"]  # fmt: skip

REDUCTIONS = ("sum", "prod", "max", "min")
CHANGING = {"symbol", "view", "local", "derivative", "differential", "lets", "map"}


class DerivationError(ValueError):
    """LaTeX that cannot be read or evaluated, or a vocabulary that makes no sense.

    The message shows the place with a caret.

    Attributes
    ----------
    at : int or None
        Where in the source.
    """

    def __init__(self, message: str, latex: str = "", at: int | None = None) -> None:
        self.at = at
        if at is not None and latex:
            at = min(at, len(latex))
            start = latex.rfind("\n", 0, at) + 1
            left = max(start, at - 50)
            line = latex[left : left + 100].partition("\n")[0]
            message = f"{message}\n  {line}\n  {' ' * (at - left)}^"
        super().__init__(message)

    def _render_traceback_(self):
        """What Jupyter shows: the place in the LaTeX, not the way through the program."""
        return [f"{type(self).__name__}: {self}"]


class ShapeError(DerivationError):
    """Things of different shape were added, multiplied or compared."""


@dataclass(frozen=True)
class Node:
    """One operation: its name, its arguments (nodes, texts, tuples of them), its place."""

    op: str
    args: tuple = ()
    at: int = 0

    def __eq__(self, other):
        return isinstance(other, Node) and self.op == other.op and self.args == other.args

    def __hash__(self):
        return self.hash

    @functools.cached_property
    def hash(self):
        return hash((self.op, self.args))

    @functools.cached_property
    def text(self):
        """A name or a number as LaTeX; … for anything else."""
        if self.op == "num":
            return self.args[0]
        if self.op in ("add", "sub"):
            return f"{self.args[0].text}{'+' if self.op == 'add' else '-'}{self.args[1].text}"
        if self.op != "name":
            return "…"
        head, subscripts, example = self.args
        inside = ",".join(n.text for n in subscripts)
        above = f"^{{({example.text})}}" if example else ""
        return head + above + (f"_{{{inside}}}" if inside else "")

    @property
    def plain(self):
        """Whether it is a name without any index."""
        return self.op == "name" and self.args[1:] == ((), None)


@dataclass(frozen=True, eq=False)
class Bound:
    """One operation of a bound tree: what it is applied to, the shape of its value, its place."""

    op: str
    args: tuple
    shape: tuple = NUMBER
    at: int = 0

    @functools.cached_property
    def letters(self):
        """The indices on which the value depends: those that nothing in the tree binds."""
        match self.op, self.args:
            case "index", (letter,):
                return frozenset({letter})
            case "sum" | "prod" | "largest" | "smallest", (letter, low, high, test, body):
                inner = body.letters | (test.letters if test is not None else frozenset())
                return low.letters | high.letters | inner - {letter}
            case "stack", (_, letter, low, high, body):
                return low.letters | high.letters | body.letters - {letter}
            case "lets", (lets, body):
                values = _letters(tuple(value for _, _, value in lets))
                return values | body.letters - {n for op, n, _ in lets if op == "index_let"}
            case "symbol", (_, _, open_letters):
                return frozenset(open_letters) | _letters(self.args)
        return _letters(self.args)

    @functools.cached_property
    def fixed(self):
        """Whether the value depends on sizes and indices alone."""
        return self.op not in CHANGING and all(part.fixed for part in below(self.args))


def below(args):
    """The bound trees right below one, by its arguments."""
    for part in args:
        if isinstance(part, Bound):
            yield part
        elif isinstance(part, tuple):
            yield from below(part)


def _letters(args):
    return frozenset().union(*(part.letters for part in below(args)))


def walk(tree, letter=None):
    """Every node of a tree, syntactic or bound, or of tuples of trees; with a letter those nodes of
    a bound one whose value depends on it."""
    trees = [tree]  # and no recursion: generators within generators soon exhaust a browser's stack
    while trees:
        tree = trees.pop()
        if isinstance(tree, (Node, Bound)):
            if letter is not None and letter not in tree.letters:
                continue
            yield tree
            tree = tree.args
        if isinstance(tree, tuple):
            trees.extend(reversed(tree))


def innermost(bound):
    """What a bound tree is an entry, a part or a transpose of."""
    while bound.op in ("view", "row", "entry", "transpose"):
        bound = bound.args[1] if bound.op == "view" else bound.args[0]
    return bound


def whole(bound):
    """The symbol that a bound tree is, or of which it is an entry or a part."""
    bound = innermost(bound)
    return bound.args[0] if bound.op == "symbol" else None


def flat(node, ops):
    """The terms or factors of a syntax tree that is read from the left."""
    return (*flat(node.args[0], ops), node.args[1]) if node.op in ops else (node,)


def rewritten(tree, rule):
    """The tree with what a rule makes of each node, whose parts are rewritten before it."""
    if isinstance(tree, tuple):
        return tuple(rewritten(part, rule) for part in tree)
    if not isinstance(tree, (Node, Bound)):
        return tree
    return rule(replace(tree, args=rewritten(tree.args, rule)))


def renamed(tree, letters):
    """With other letters, as an index and by themselves: a dictionary of letters to nodes."""
    return rewritten(tree, lambda n: letters.get(n.args[0], n) if n.plain else n)


def loose(tree, bound=()):
    """The letters that stand free in a tree, each as often as it does; a sum binds its own."""
    trees = [(tree, bound)]
    while trees:
        tree, bound = trees.pop()
        if isinstance(tree, Node) and tree.plain:
            yield from () if tree.args[0] in bound else tree.args[:1]
        elif isinstance(tree, Node):
            own = [b[0].args[0] for b in tree.args[0] if b[0]] if tree.op in REDUCTIONS else ()
            trees.append((tree.args, (*bound, *own)))
        elif isinstance(tree, tuple):
            trees.extend((part, bound) for part in reversed(tree))


class Role(enum.StrEnum):
    """What a statement is in its text, as the words and signs before it say."""

    CHAIN = "chain"  # nothing is said: a claim, or a condition where it only chooses cases
    CLAIM = "claim"  # it follows, as `so` and ∴ say: never a condition
    RECALLED = "recalled"  # `note that` stands before it: never a condition, and a claim of its own
    CONDITION = "condition"  # it is supposed, as `if` and `for` say
    AND = "and"  # joined to a statement like it, with which it is a premise or a consequence
    ALSO = "also"  # joined to the claim before it, which is more than a choice of cases
    EITHER = "either"  # joined to a condition: one more, or a claim, as its form says
    IMPLIES = "implies"  # ⟹ stands before it
    IFF = "iff"  # ⟺ stands before it
    EVERY = "every"  # it names the index of `for all k`, or restricts it
    NOTE = "note"  # it stands under a brace of the chain before it


SUPPOSED = (Role.CONDITION, Role.EVERY)


@dataclass(frozen=True)
class Statement:
    r"""A chain: members and the relations between them.

    Attributes
    ----------
    members : tuple of Node
    relations : tuple of str
        One less: "=", "!=", "<", "<=", ">", ">=", "~", "in", "propto".
    source : tuple of str
        Each member's LaTeX.
    assumed : tuple of bool
        Of each member, whether reading it took a decision that its LaTeX leaves open.
    role : Role
    line, until, sentence : int
        The lines on which it begins and ends, and its sentence.
    heads : bool
        Whether a colon follows it: it is a condition of what comes next.
    said : str
        The word before it that may give a symbol its meaning, such as `let` or `with`.
    every : tuple of Statement
        Of `for all k` behind it, the indices and what restricts them.
    """

    members: tuple = ()
    relations: tuple = ()
    source: tuple = ()
    assumed: tuple = ()
    role: Role = Role.CHAIN
    line: int = 0
    until: int = 0
    sentence: int = 0
    heads: bool = False
    said: str = ""
    every: tuple = ()

    def with_members(self, members):
        """The same with other members, which are shown as they were read where they differ."""
        changed = (a != b for a, b in zip(members, self.members, strict=True))
        assumed = tuple(map(max, self.assumed, changed))
        return replace(self, members=members, assumed=assumed)

    def excludes(self, other):
        """Whether one says a = b and the other a ≠ b."""
        opposite = {self.relations, other.relations} == {("=",), ("!=",)}
        return opposite and {m.text for m in self.members} == {m.text for m in other.members}
