r"""The formulas of a page in MyST, each checked, and what the page's comments say of them.

A page is read by the tokens of the parser that Sphinx uses for it: equations between dollars, in
amsmath's environments and in ``{math}`` directives, and every relation in the text, also in
directives, lists, tables and captions. Comments say what the checker has to know. `let` and
`index` hold to the end of the page, the others for what follows: a paragraph, an equation, a list,
a table, a directive.

    % let \mathbf{q} : C × 1 ~ probability     a symbol, drawn at random
    % let Z = \sum_{j=1}^C e^{s_j}             a symbol, by its definition
    % let \mathbf{v}_k : (m + 1) × 1 = row k of V
    % let instance g(t) = e^{2t} + t           one instance of what may be any; what depends on it
                                               is marked as checked for this one
    % index t : 0..3                           an index and its range
    % where \gamma = 1                         as let, for what follows only
    % instance g(t) = e^{at}                   as let instance, for what follows only
    % sizes C = 3                              in cases of this size only
    % when \gamma < 1                          in cases in which this holds only

These speak of the equation that follows, or of a formula in the text that they name, as in
``% excused $a = b$: reason``:

    % defines : C × 1                          it says what its left side means
    % demands                                  it says what is wanted; it is no claim
    % supposes $p_y = 0$                       it names a case that the text looks at; no claim
    % false                                    the text shows that it is wrong: it must fail
    % excused: no relation is stated           not checked, with the reason

Other comments are left alone, but for those that begin with a note's name misspelt.
"""

import difflib
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from docutils.parsers import rst
from myst_parser.config.main import MdParserConfig
from myst_parser.mdit_to_docutils.base import DocutilsRenderer
from myst_parser.parsers.directives import parse_directive_text
from myst_parser.parsers.mdit import create_md_parser

from ..syntax import DerivationError
from ..vocabulary import Symbol
from .equations import RELATION, Equation, check_equation, definitions, states_relation

__all__ = ["Directive", "NoteError", "Page", "read_page", "read_pages"]

EXTENSIONS = {"amsmath", "colon_fence", "deflist", "dollarmath"}
WHOLE_PAGE = ("let", "index")
RESTRICT = ("where", "instance", "sizes", "when")
JUDGE = ("defines", "demands", "supposes", "false", "excused")
NOTES = (*WHOLE_PAGE, *RESTRICT, *JUDGE)
NOTE = re.compile(rf"({'|'.join(NOTES)})(?![\w-]):? *(.*)$")
NAMED = re.compile(r"\$(?P<latex>[^$]+)\$(?:: *(?P<reason>.*))?$")
INDEXED = re.compile(r"([A-Za-z])_(?:\{(\w+)\}|(\w))")
BETWEEN = {"front_matter", "myst_target", "myst_block_break", "hr", "html_block", "code_block"}
DISPLAYED = {"math_block", "math_block_label", "amsmath"}
FENCES = {"fence", "colon_fence"}
DIRECTIVE = re.compile(r"\{([^}\s]+)\}\s*(.*)$")
CODE = {  # directives whose content is no MyST
    *("code", "code-block", "code-cell", "sourcecode", "highlight", "literalinclude", "raw"),
    *("eval-rst", "parsed-literal", "doctest", "testcode", "testoutput", "mermaid", "graphviz"),
    *("toctree", "tableofcontents", "bibliography", "include", "csv-table", "productionlist"),
    *("image", "plot", "ipython", "jupyter-execute", "digraph", "graph", "index", "only"),
}  # fmt: skip


class NoteError(ValueError):
    """A note that cannot be read, or that speaks of nothing; it names page and line."""

    def __init__(self, page, line, message):
        super().__init__(f"{page}:{line}: {message}")
        self.page, self.line, self.message = page, line, message


@dataclass
class Page:
    """A page's name, its title and its equations, in their order."""

    name: str
    title: str
    equations: list


def read_page(text, vocabulary, name="page", settings=None, check=check_equation):
    """A page with all its equations, checked.

    Parameters
    ----------
    text : str
        The source, in MyST.
    vocabulary : Vocabulary
    name : str
        Of the page, for messages.
    settings : MdParserConfig, optional
        The parser's, as in Sphinx; without them equations may stand between dollars and in
        amsmath's environments.
    check : callable, optional
        `check_equation`, or what does the same from memory.

    Returns
    -------
    Page

    Raises
    ------
    NoteError
        For a note that cannot be read, or finds nothing that it could speak of.
    """
    settings = settings or MdParserConfig(enable_extensions=EXTENSIONS)
    reader = _Reader(name, vocabulary, settings, check)
    tokens = reader.parser.parse(text)
    reader.blocks(tokens, 1, _Block())
    return Page(name, _title(tokens) or name, reader.equations)


def read_pages(paths, vocabulary, settings=None):
    """The pages of a book by their names, in their order; `paths` maps these to their files."""
    texts = {name: Path(path).read_text(encoding="utf-8") for name, path in paths.items()}
    return {name: read_page(text, vocabulary, name, settings) for name, text in texts.items()}


def _title(tokens):
    for heading, inside in pairwise(tokens):
        if heading.type == "heading_open":
            return inside.content
    return ""


# the notes


@dataclass
class _Note:
    """A comment that says something: of what kind, about which formula, and whether it found it."""

    kind: str
    text: str
    line: int
    formula: str = ""
    used: bool = False


class _Block:
    """The notes before a paragraph, an equation, a list …; blocks stand in blocks."""

    def __init__(self, notes=(), outer=None):
        self.notes, self.outer, self.known = notes, outer, (None, None)

    def vocabulary(self, base):
        """A vocabulary with what holds here only."""
        if self.outer:
            base = self.outer.vocabulary(base)
        if self.known[0] is not base:
            found = base
            for note in self.notes:
                found = restricted(found, note)
            self.known = base, found
        return self.known[1]

    def about(self, latex, display):
        """The note that speaks of a formula; None if there is none."""
        for formula in (latex, "") if display else (latex,):
            for note in self.notes:
                if note.kind in JUDGE and note.formula == formula:
                    note.used = True
                    return note
        return self.outer.about(latex, display) if self.outer else None


def restricted(vocabulary, note):
    """A vocabulary with what one note adds for what follows it."""
    if note.kind in ("where", "instance"):
        return vocabulary.extend(symbol(note.text))
    if note.kind == "sizes":
        pairs = (pair.split("=") for pair in note.text.split(","))
        return vocabulary.extend(sizes={a.strip(): int(n) for a, n in pairs})
    if note.kind == "when":
        if not RELATION.search(note.text) and "mathbb{1}" not in note.text:
            raise ValueError("no relation")
        return vocabulary.extend(conditions=[note.text])
    return vocabulary


def symbol(text):
    r"""The symbol of a line such as ``Z : 1 = \sum_j e^{s_j}``."""
    left, _, definition = text.partition(" = ")
    left, _, draw = left.partition(" ~ ")
    name, _, shape = (part.strip() for part in left.partition(" : "))
    entries = ""
    indexed = INDEXED.fullmatch(name)
    if indexed and shape not in ("", "1"):
        letters = indexed[2] or indexed[3]
        if shape.endswith(" × 1") == (len(letters) == 1):  # of a vector or a matrix
            name = indexed[1] if len(letters) == 2 else rf"\mathbf{{{indexed[1]}}}"
            entries = " ".join(letters) if definition else ""
    return Symbol(name, "", shape or "1", definition.strip(), entries, draw.strip() or "real")


def _index(text):
    letter, first, last = re.fullmatch(r"(\S+) : (\d+)\.\.(.+)", text).groups()
    return {letter: (int(first), last)}


# the page


class _Reader:
    """Goes through a page from top to bottom."""

    def __init__(self, name, vocabulary, settings, check):
        self.name, self.vocabulary, self.equations, self.check = name, vocabulary, [], check
        self.parser = create_md_parser(settings, DocutilsRenderer)
        self.instances = {}  # symbols that stand for any, and what their notes say

    def blocks(self, tokens, line, outer):
        """What follows each other, the first line of which is `line`: notes speak of the next."""
        notes = []
        for group in _groups(tokens):
            first = group[0]
            if first.type == "myst_line_comment":
                for n, text in enumerate(first.content.splitlines()):
                    notes += self.note(text.strip(), line + first.map[0] + n)
            elif first.type not in BETWEEN and self.says(group):
                block = _Block(notes, outer)
                self.group(group, line, block)
                self.refuse_unused(notes)
                notes = []
        if notes:
            raise NoteError(self.name, notes[0].line, "nothing follows this note")

    def says(self, group):
        """Whether notes can speak of this; they pass over code."""
        directive = group[0].type in FENCES and Directive(group[0])
        return not directive or directive.says

    def refuse_unused(self, notes):
        for note in notes:
            if note.kind in JUDGE and not note.used:
                what = f"the note {note.kind} finds no formula {note.formula}".rstrip()
                raise NoteError(self.name, note.line, what)

    def note(self, text, line):
        """The note of a comment, if it is one; what holds for the page is done at once."""
        found = NOTE.match(text)
        if not found:
            word = re.match(r"[\w-]*", text)[0]
            if near := difflib.get_close_matches(word, NOTES, n=1, cutoff=0.8):
                raise NoteError(self.name, line, f"unknown note {word}; did you mean {near[0]}?")
            return []
        note = _Note(*found.groups(), line)
        try:
            return self.understood(note)
        except (ValueError, AttributeError) as error:
            why = f": {error}" if isinstance(error, DerivationError) else ""
            raise NoteError(self.name, line, f"cannot read the note {text!r}{why}") from error

    def understood(self, note):
        """The note, for what follows it; nothing if it holds for the page."""
        if note.kind == "index":
            self.vocabulary = self.vocabulary.extend(indices=_index(note.text))
        elif note.kind == "let":
            text = note.text.removeprefix("instance ")
            self.vocabulary = self.vocabulary.extend(self.instance(text, text != note.text))
        else:
            if note.kind == "instance":
                self.instance(note.text, True)
            restricted(self.vocabulary, note)  # may fail, and names its own line then
            if note.kind in JUDGE and (named := NAMED.match(note.text)):
                note.formula, note.text = named["latex"].strip(), named["reason"] or ""
            return [note]
        return []

    def instance(self, text, stands_for_any):
        new = symbol(text)
        if stands_for_any:
            self.instances[new] = text
        return new

    def group(self, group, line, block):
        """A token, or one that opens with all up to the one that closes it."""
        first = group[0]
        if len(group) > 1:
            self.blocks(group[1:-1], line, block)
        elif first.type == "inline":
            self.text(first.children, line + (first.map or [0])[0], block)
        elif first.type in DISPLAYED:
            label = first.info if first.type == "math_block_label" else ""
            self.formula(first.content, line + first.map[0], True, block, label)
        elif first.type in FENCES:
            self.directive(Directive(first), line + first.map[0], block)

    def text(self, tokens, line, block):
        """The formulas in a text."""
        for token in tokens:
            if token.type == "math_inline" or token.meta.get("name") == "math":
                self.formula(token.content, line, False, block)
            elif token.type == "math_inline_double":
                self.formula(token.content, line, True, block)
            line += token.content.count("\n") + (token.type in ("softbreak", "hardbreak"))

    def directive(self, directive, line, block):
        """An equation; else a title, captions, and a content that is read like a page."""
        if directive.name == "math":
            latex = f"{directive.argument}\n{directive.body}"
            self.formula(latex, line, True, block, directive.label)
            return
        for text, at in directive.texts():
            self.text(self.parser.parseInline(text)[0].children, line + at, block)
        if directive.name not in CODE:
            inside = self.parser.parse(directive.body)
            self.blocks(inside, line + directive.at, block)

    # formulas

    def formula(self, latex, line, display, block, label=""):
        latex = latex.strip()
        vocabulary = block.vocabulary(self.vocabulary)
        if not display and not states_relation(latex, vocabulary):
            return
        note = block.about(latex, display) or _Note("", "", line)
        equation = Equation(self.name, line, latex, display, label, vocabulary=vocabulary)
        self.equations.append(equation)
        if note.kind == "defines":
            self.define(equation, note)
            equation.vocabulary = block.vocabulary(self.vocabulary)
        self.check(equation, note.kind, note.text, self.instances)

    def define(self, equation, note):
        """Add what the equation defines to the page's symbols."""
        shape = note.text.lstrip(": ") or "1"
        try:
            for name, definition in definitions(equation.latex, self.vocabulary):
                new = symbol(f"{name} : {shape} = {definition}")
                self.vocabulary = self.vocabulary.extend(new)
        except ValueError as error:
            raise NoteError(self.name, equation.line, str(error)) from error


def _groups(tokens):
    """The tokens in groups: one alone, or one that opens with all up to the one that closes it."""
    group, depth = [], 0
    for token in tokens:
        group.append(token)
        depth += token.nesting
        if depth == 0:
            yield group
            group = []


class _AnyDirective(rst.Directive):
    """With a title, any options and a content; which directives there are is Sphinx's affair."""

    has_content, optional_arguments, final_argument_whitespace = True, 1, True
    option_spec = {"any": str}  # noqa: RUF012


class Directive:
    """A fence: the directive's name, its argument, options and body, and where this begins."""

    def __init__(self, token):
        found = DIRECTIVE.match(token.info.strip())
        self.name, self.argument = found.groups() if found else ("", "")
        self.lines = token.content.splitlines()
        parsed = parse_directive_text(
            _AnyDirective, self.argument, token.content, validate_options=False
        )
        self.options, self.body = parsed.options, "\n".join(parsed.body)
        self.at = 1 + parsed.body_offset
        self.label = str(self.options.get("label", self.options.get("name", "")))

    @property
    def says(self):
        """Whether there is text in it."""
        return bool(self.name) and (self.name not in CODE or bool(self.texts()))

    def texts(self):
        """What stands beside its content, and in which line: a title, captions."""
        found = [(self.argument, 0)] if self.name not in CODE else []
        return found + [(text, self.line(text)) for text in _captions(self.options)]

    def line(self, text):
        """The line of an option, by how it begins."""
        begin = text.split("\n")[0][:20]
        return next((n for n, line in enumerate(self.lines, 1) if begin in line), 1)


def _captions(options):
    """The captions among options, also below others, as myst-nb has them."""
    for name, value in options.items():
        if isinstance(value, dict):
            yield from _captions(value)
        elif name in ("caption", "title") and isinstance(value, str):
            yield value
