"""A symbol: what it means, its shape in terms of the sizes, its definition in terms of others."""

import functools
import re
from dataclasses import dataclass, replace

from .reader.read import Dialect, read_name
from .sizes import ONE, Size
from .syntax import DerivationError

__all__ = ["Symbol", "marked", "require", "words_of"]

DRAWS = ("real", "positive", "probability", "design")
_BOLD = r"\mathbf{"


def require(condition, message):
    if not condition:
        raise DerivationError(message)


@dataclass(frozen=True)
class Symbol:
    r"""One row of the table.

    Attributes
    ----------
    latex : str
        The symbol as it is written, with its indices (``\mathbf{w}_k``, ``y^{(i)}``) or its
        arguments (``L(W)``, ``\Pr(Y = k \mid \mathbf{x})``).
    meaning : str
        In words.
    shape : str
        Rows × columns in terms of the sizes, such as ``"C × (m + 1)"``; "1" for a number.
    definition : str
        LaTeX in terms of other symbols; without one the symbol is drawn at random. With
        `entries`, that of one entry; ``row i of X`` and ``transpose of W`` make it a part or a
        view of another symbol, which a derivative by it reaches.
    entries : str
        The indices of an entry, such as "i k".
    draw : str
        How it is drawn: "real", "positive", "probability", "design" (leading ones), or "label k", a
        value of the index k.

    Raises
    ------
    DerivationError
        For a name that cannot be read, a shape that is none, or an unknown way to draw.
    """

    latex: str
    meaning: str = ""
    shape: str = "1"
    definition: str = ""
    entries: str = ""
    draw: str = "real"

    def __post_init__(self):
        for name in ("latex", "meaning", "shape", "definition", "entries", "draw"):
            value = getattr(self, name)
            require(isinstance(value, str),
                    f"{name} of a symbol is a string, got {type(value).__name__}")  # fmt: skip
        require(self.latex.strip(), "a symbol has a name, got an empty one")
        plain = Dialect(words=words_of([self.latex]))
        head = read_name(self.head, marked(self.head, plain))
        called = replace(marked(self.head, plain), functions=frozenset({head.text}))
        formals = read_name(self.latex, called).args[1:] if self.is_function else ()
        require(all(f.op in ("name", "event") for f in formals),
                f"the arguments of {self.latex} are names")  # fmt: skip
        kind, _, letter = self.draw.partition(" ")
        known = self.draw in DRAWS or (kind == "label" and (not letter or letter.isalpha()))
        require(known, f"{self.latex} is drawn as one of {', '.join(DRAWS)} or label k,"
                       f" got {self.draw!r}")  # fmt: skip
        require(not self.entries or len(self.entries.split()) == len(self.sides()), self.uneven())
        for size in self.sizes():
            require(size.terms, f"the shape of {self.latex} has a size 0: {self.shape}")
        require(not self.entries or self.definition,
                f"{self.latex} has entries {self.entries} and no definition")  # fmt: skip

    @property
    def head(self):
        """The name without its arguments: L of L(W)."""
        return self.latex.split("(")[0] if self.latex.endswith(")") else self.latex

    name = head

    @property
    def is_function(self):
        return self.latex.endswith(")") and not self.latex.endswith("^{(i)")

    @property
    def is_drawn(self):
        """Whether its values are drawn at random and are no labels."""
        return not self.definition and not self.is_label

    @property
    def is_label(self):
        return self.draw.startswith("label")

    @property
    def view(self):
        """("row", i, X) of `row i of X`, ("transpose", "", W) of `transpose of W`, else None."""
        found = re.fullmatch(r"(?:(row) (\S+)|(transpose)) of (.+)", self.definition)
        return found and (found[1] or found[3], found[2] or "", found[4])

    @property
    def entry(self):
        """What its definition defines: the symbol, or one entry of it."""
        if not self.entries:
            return self.latex
        return f"{self.latex.removeprefix(_BOLD).rstrip('}')}_{{{self.entries.replace(' ', '')}}}"

    def sides(self):
        """The sizes along which entries are counted."""
        return [size for size in self.sizes() if size != ONE]

    def uneven(self):
        """What to say of entries that do not go through all sides."""
        each = f"the entries of {self.latex} have an index for each side of {self.shape}"
        return f"{each}, got {self.entries!r}"

    def sizes(self):
        """Rows and columns."""
        try:
            return _shape(self.shape)
        except (ValueError, RecursionError) as error:
            raise DerivationError(f"the shape of {self.latex}: {error}") from None


@functools.lru_cache(4096)
def _shape(text):
    """Rows and columns of a shape such as C × (m + 1)."""
    rows, columns, *more = *re.split(r"×| x ", text), "1"
    if more[1:]:
        raise ValueError(f"rows × columns, got {text}")
    return Size.read(rows), Size.read(columns)


def words_of(texts):
    """The names of several plain letters among these."""
    heads = (re.match(r"(?:\\operatorname\{)?([A-Za-z]{2,})\}?(?![A-Za-z{])", t) for t in texts)
    return frozenset(found[1] for found in heads if found)


def marked(head, plain):
    """A dialect in which a prime or a star belongs to the name."""
    bare = re.sub(r"'|\^\\star", "", head)
    node = read_name(bare, plain)
    require(node.op == "name", f"a symbol is a name, got {head}")
    name = node.args[0]
    marks = "".join(re.findall(r"'|\^\\star", head))
    every = {name + marks[:n] for n in range(1, len(marks) + 1)} | {name + marks}
    return replace(plain, symbols=frozenset(every))
