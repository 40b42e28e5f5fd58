"""A table of symbols, and the letters of sizes and indices."""

import functools
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import escape
from typing import Self

from .reader.read import Dialect, read, read_member, read_name
from .sizes import ONE, Size
from .symbol import Symbol, marked, require, words_of
from .syntax import DerivationError

__all__ = ["Symbol", "Vocabulary"]


def _mapping(value, what):
    good = isinstance(value, Mapping) or value == ()
    require(good, f"{what} are a mapping, got {type(value).__name__}")
    return dict(value)


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
        require(isinstance(self.sizes, dict) and isinstance(self.indices, dict),
                "sizes and indices are dictionaries")  # fmt: skip
        for letter, values in self.sizes.items():
            good = isinstance(letter, str) and isinstance(values, (tuple, list)) and values
            good = good and all(isinstance(n, int) and not isinstance(n, bool) and 0 < n <= 10**6
                                for n in values)  # fmt: skip
            require(good, f"the size {letter} takes whole numbers from 1, such as (2, 3, 4),"
                          f" got {values!r}")  # fmt: skip
        for letter, limits in self.indices.items():
            good = isinstance(letter, str) and isinstance(limits, (tuple, list))
            good = good and [*map(type, limits)] == [int, str]
            require(good, f"the index {letter} has a first value and the size that is its last,"
                          f' such as (1, "n"), got {limits!r}')  # fmt: skip
            try:
                last = Size.read(limits[1])
            except ValueError as error:
                raise DerivationError(f"the index {letter}: {error}") from None
            missing = last.letters - {*self.sizes}
            require(not missing, f"the last value of {letter} has unknown sizes:"
                                 f" {', '.join(sorted(missing))}")  # fmt: skip
        listed = isinstance(self.symbols, Iterable) and not isinstance(self.symbols, str)
        require(listed, "symbols are a tuple of Symbol")
        object.__setattr__(self, "indices", Indices(self.indices))
        object.__setattr__(self, "symbols", tuple(self.symbols))
        for symbol in self.symbols:
            require(isinstance(symbol, Symbol),
                    f"symbols are a tuple of Symbol, got {type(symbol).__name__}")  # fmt: skip
            missing = {a for s in symbol.sizes() for a in s.letters} - {*self.sizes}
            require(not missing, f"the shape of {symbol.latex} has sizes that are not known:"
                                 f" {', '.join(sorted(missing))}")  # fmt: skip
            letter = symbol.draw.partition(" ")[2]
            require(not symbol.is_label or letter in self.indices,
                    f"{symbol.latex} is a value of an unknown index: label {letter}")  # fmt: skip
        heads = [s.name for s in self.symbols]
        twice = {h for h in heads if heads.count(h) > 1 or h in self.indices}
        require(not twice, f"two things are written {', '.join(sorted(twice))}")
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
        words = words_of(heads)
        plain = Dialect(words=words)
        called = {read_name(s.head, plain).text: s.latex for s in self.symbols if s.is_function}
        names = {read_name(h, marked(h, plain)).args[0] for h in heads}
        numbers = [s.head for s in self.symbols if s.shape == "1"]
        powers = {*numbers, *self.sizes}  # no matrix is an exponent: there T can only transpose
        transposes = {*plain.transposes, *self.transpose.split()} - powers
        return Dialect(
            frozenset(called), words, frozenset(transposes), frozenset(names),
            differential="d" not in {*names, *self.sizes}, indices=frozenset(self.indices),
            conditional=frozenset(n for n, text in called.items() if re.search(r"\\mid|\|", text)),
            scalars=frozenset(read_name(h, marked(h, plain)).text for h in numbers),
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
    require(good and all(isinstance(v, str) for v in found),
            f"{what} is a list of strings, got {value!r}")  # fmt: skip
    return found


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
