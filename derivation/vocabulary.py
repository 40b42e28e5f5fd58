"""Symbols: what each means, its shape in terms of the sizes, its definition in terms of others."""

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Self

from .reader.read import Dialect, read, read_member, read_name
from .sizes import ONE, Size
from .syntax import DerivationError

__all__ = ["Symbol", "Vocabulary"]

DRAWS = ("real", "positive", "probability", "design")
_BOLD = r"\mathbf{"


def _require(condition, message):
    if not condition:
        raise DerivationError(message)


def _mapping(value, what):
    good = isinstance(value, Mapping) or value == ()
    _require(good, f"{what} are a mapping, got {type(value).__name__}")
    return dict(value)


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
            _require(isinstance(value, str),
                     f"{name} of a symbol is a string, got {type(value).__name__}")  # fmt: skip
        _require(self.latex.strip(), "a symbol has a name, got an empty one")
        plain = Dialect(words=_words([self.latex]))
        head = read_name(self.head, _marked(self.head, plain))
        called = replace(_marked(self.head, plain), functions=frozenset({head.text}))
        formals = read_name(self.latex, called).args[1:] if self.is_function else ()
        _require(all(f.op in ("name", "event") for f in formals),
                 f"the arguments of {self.latex} are names")  # fmt: skip
        kind, _, letter = self.draw.partition(" ")
        known = self.draw in DRAWS or (kind == "label" and (not letter or letter.isalpha()))
        _require(known, f"{self.latex} is drawn as one of {', '.join(DRAWS)} or label k,"
                        f" got {self.draw!r}")  # fmt: skip
        _require(not self.entries or len(self.entries.split()) == len(self.sides()), self.uneven())
        for size in self.sizes():
            _require(size.terms, f"the shape of {self.latex} has a size 0: {self.shape}")
        _require(not self.entries or self.definition,
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


def _words(texts):
    """The names of several plain letters among these."""
    heads = (re.match(r"(?:\\operatorname\{)?([A-Za-z]{2,})\}?(?![A-Za-z{])", t) for t in texts)
    return frozenset(found[1] for found in heads if found)


class Indices(dict):
    """The letters of indices and their limits; k' is another index with the limits of k."""

    def __contains__(self, letter):
        return super().__contains__(letter.rstrip("'"))

    def __missing__(self, letter):
        return super().__getitem__(letter.rstrip("'"))


@dataclass(frozen=True, repr=False)
class Vocabulary:
    """Symbols, and the letters of sizes and indices.

    Attributes
    ----------
    sizes : dict
        Size letter to the values that it takes, the smallest instance first.
    indices : dict
        Index letter to its first value and the size that is its last.
    symbols : tuple of Symbol
    conditions : tuple of str
        Relations, in LaTeX; only cases in which all hold are tried.
    prime : str
        By what a prime differentiates a number.
    transpose : str
        A further sign that transposes a matrix beside T and ⊤, such as a prime.
    letters : dict
        What the letters of sizes and indices mean; letters with one meaning go together.
    elsewhere : dict
        What other texts write, and what is written here instead: an unknown symbol is told so.

    Raises
    ------
    DerivationError
        For a letter, a size or a symbol that makes no sense.
    """

    sizes: dict[str, tuple[int, ...]]
    indices: dict[str, tuple[int, str]]
    symbols: tuple[Symbol, ...]
    conditions: tuple[str, ...] = ()
    prime: str = ""
    transpose: str = ""
    letters: dict[str, str] = field(default_factory=dict, hash=False)
    elsewhere: dict[str, str] = field(default_factory=dict, hash=False)

    def __post_init__(self):
        _require(isinstance(self.sizes, dict) and isinstance(self.indices, dict),
                 "sizes and indices are dictionaries")  # fmt: skip
        for letter, values in self.sizes.items():
            good = isinstance(letter, str) and isinstance(values, (tuple, list)) and values
            good = good and all(isinstance(n, int) and not isinstance(n, bool) and 0 < n <= 10**6
                                for n in values)  # fmt: skip
            _require(good, f"the size {letter} takes whole numbers from 1, such as (2, 3, 4),"
                           f" got {values!r}")  # fmt: skip
        for letter, limits in self.indices.items():
            good = isinstance(letter, str) and isinstance(limits, (tuple, list))
            good = good and [*map(type, limits)] == [int, str]
            _require(good, f"the index {letter} has a first value and the size that is its last,"
                           f' such as (1, "n"), got {limits!r}')  # fmt: skip
            try:
                last = Size.read(limits[1])
            except ValueError as error:
                raise DerivationError(f"the index {letter}: {error}") from None
            missing = last.letters - {*self.sizes}
            _require(not missing, f"the last value of {letter} has unknown sizes:"
                                  f" {', '.join(sorted(missing))}")  # fmt: skip
        listed = isinstance(self.symbols, Iterable) and not isinstance(self.symbols, str)
        _require(listed, "symbols are a tuple of Symbol")
        object.__setattr__(self, "indices", Indices(self.indices))
        object.__setattr__(self, "symbols", tuple(self.symbols))
        for symbol in self.symbols:
            _require(isinstance(symbol, Symbol),
                     f"symbols are a tuple of Symbol, got {type(symbol).__name__}")  # fmt: skip
            missing = {a for s in symbol.sizes() for a in s.letters} - {*self.sizes}
            _require(not missing, f"the shape of {symbol.latex} has sizes that are not known:"
                                  f" {', '.join(sorted(missing))}")  # fmt: skip
            letter = symbol.draw.partition(" ")[2]
            _require(not symbol.is_label or letter in self.indices,
                     f"{symbol.latex} is a value of an unknown index: label {letter}")  # fmt: skip
        heads = [s.name for s in self.symbols]
        twice = {h for h in heads if heads.count(h) > 1 or h in self.indices}
        _require(not twice, f"two things are written {', '.join(sorted(twice))}")
        object.__setattr__(self, "conditions", texts(self.conditions, "conditions"))
        texts((self.prime, self.transpose), "prime and transpose")
        for what in ("letters", "elsewhere"):
            texts(_mapping(getattr(self, what), what).values(), what)

    def extend(
        self,
        *symbols: Symbol,
        indices: Mapping[str, tuple[int, str]] | tuple[()] = (),
        sizes: Mapping[str, int] | tuple[()] = (),
        conditions: Sequence[str] = (),
    ) -> Self:
        """This vocabulary with more symbols, indices, sizes and conditions.

        One that is written like an old one replaces it; ``sizes={"C": 3}`` fixes a size.
        """
        new = {s.name for s in symbols if isinstance(s, Symbol)}
        return replace(
            self,
            symbols=(*(s for s in self.symbols if s.name not in new), *symbols),
            indices={**self.indices, **_mapping(indices, "indices")},
            sizes={**self.sizes, **{a: (n,) for a, n in _mapping(sizes, "sizes").items()}},
            conditions=(*self.conditions, *texts(conditions, "conditions")),
        )

    # what the other passes ask for

    @functools.cached_property
    def fixed(self):
        """The sizes that take one value."""
        return {a: values[0] for a, values in self.sizes.items() if len(set(values)) == 1}

    def shape(self, symbol):
        return symbol.sizes()

    def range(self, letter):
        """First and last value of an index, as sizes."""
        first, last = self.indices[letter]
        return Size.of(first), Size.read(last)

    def count(self, letter):
        """How many values an index has, as a size; None for another letter."""
        if letter not in self.indices:
            return None
        first, last = self.range(letter)
        return last - first + ONE

    def first_along(self, size):
        """From where a dimension is counted: 0 if an index runs from 0 to one less, else 1."""
        zero = (Size.read(last) + ONE for first, last in self.indices.values() if first == 0)
        return 0 if size in zero else 1

    @functools.cached_property
    def dialect(self):
        heads = [s.head for s in self.symbols]
        words = _words(heads)
        plain = Dialect(words=words)
        called = {read_name(s.head, plain).text: s.latex for s in self.symbols if s.is_function}
        names = {read_name(h, _marked(h, plain)).args[0] for h in heads}
        numbers = [s.head for s in self.symbols if s.shape == "1"]
        powers = {*numbers, *self.sizes}  # no matrix is an exponent: there T can only transpose
        transposes = {*plain.transposes, *self.transpose.split()} - powers
        return Dialect(
            frozenset(called), words, frozenset(transposes), frozenset(names),
            differential="d" not in {*names, *self.sizes}, indices=frozenset(self.indices),
            conditional=frozenset(n for n, text in called.items() if re.search(r"\\mid|\|", text)),
            scalars=frozenset(read_name(h, _marked(h, plain)).text for h in numbers),
            constants=frozenset({s.head for s in self.symbols if s.shape == "1" and s.is_drawn}
                                | {*self.sizes} | ({"e", r"\pi"} - names)),
        )  # fmt: skip

    def read(self, latex):
        return read(latex, self.dialect)

    @functools.cached_property
    def table(self):
        """Each symbol with its indices, by the form of its name; without any, by the name."""
        table = {}
        for symbol in self.symbols:
            name = read_name(symbol.latex, self.dialect)
            name = name.args[0] if name.op == "call" else name
            if name.op != "name":
                raise DerivationError(f"a symbol is a name, got {symbol.latex}")
            indices = [n.text for n in indices_of(name)]
            indexed = indices and {*self.indices}.issuperset(indices)
            table[form(name) if indexed else name.text] = symbol, indices if indexed else []
        return table

    def lookup(self, name):
        """The symbol of a name and the indices that it has; (None, []) if there is none."""
        if name.op != "name":
            return None, []
        if name.text in self.table:
            return self.table[name.text]
        words = any(n.text in (r"\max", r"\min") for n in name.args[1])
        return (None, []) if words else self.table.get(form(name), (None, []))

    def letters_of(self, symbol):
        """The indices that a symbol has."""
        name = read_name(symbol.latex, self.dialect)
        return self.lookup(name.args[0] if name.op == "call" else name)[1]

    def formals(self, symbol):
        """The arguments of a function as they stand in the vocabulary."""
        return read_name(symbol.latex, self.dialect).args[1:]

    def definition(self, symbol):
        return read_member(symbol.definition, self.dialect)

    @functools.cached_property
    def bound(self):
        """Definitions that the binder has bound, by the symbol's LaTeX."""
        return {}

    # how it shows itself

    def _rows(self):
        """Letters and symbols: what is written, its meaning, shape and definition."""
        named = dict.fromkeys(self.sizes, "size") | dict.fromkeys(self.indices, "index")
        for letters, meaning in (self.letters or named).items():
            first, last = self.indices.get(letters[0], ("", ""))
            yield ", ".join(letters), meaning, "", last and rf"{first}, \dots, {last}"
        for s in self.symbols:
            definition = "" if s.view or not s.definition else rf"{s.entry} = {s.definition}"
            yield s.latex, s.meaning, s.shape.replace("×", r"\times"), definition

    def __repr__(self):
        return "\n".join("  ".join(filter(None, row)) for row in self._rows())

    def _repr_html_(self):
        head = "<th>symbol</th><th>meaning</th><th>shape</th><th>definition</th>"
        rows = (
            f"<tr>{_cell(_math(latex))}{_cell(escape(meaning), 'min-width: 11em')}"
            f"{_cell(_math(shape))}{_cell(_math(definition), 'width: 100%')}</tr>"
            for latex, meaning, shape, definition in self._rows()
        )
        head = f"<thead><tr>{head}</tr></thead>"
        return f'<table class="table">{head}<tbody>{"".join(rows)}</tbody></table>'


def texts(value, what):
    """A tuple of strings; a string alone is refused, since it would be read letter by letter."""
    good = not isinstance(value, str) and hasattr(value, "__iter__")
    found = tuple(value) if good else ()
    _require(good and all(isinstance(v, str) for v in found),
             f"{what} is a list of strings, got {value!r}")  # fmt: skip
    return found


def _marked(head, plain):
    """A dialect in which a prime or a star belongs to the name."""
    bare = re.sub(r"'|\^\\star", "", head)
    node = read_name(bare, plain)
    _require(node.op == "name", f"a symbol is a name, got {head}")
    name = node.args[0]
    marks = "".join(re.findall(r"'|\^\\star", head))
    every = {name + marks[:n] for n in range(1, len(marks) + 1)} | {name + marks}
    return replace(plain, symbols=frozenset(every))


def form(name):
    """What the names of a symbol with indices have in common."""
    head, subscripts, example = name.args
    return head, len(subscripts), example is not None


def indices_of(name):
    """Of an example first, then the subscripts."""
    return [n for n in (name.args[2], *name.args[1]) if n is not None]


def _cell(content, style=""):
    return f'<td style="text-align: left; padding-right: 1em; {style}">{content}</td>'


def _math(latex):
    return rf'<span class="math">\({escape(latex)}\)</span>' if latex else ""
