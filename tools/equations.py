r"""The book's equations under the checker, straight from the MyST sources.

usage: python tools/equations.py [PAGE ...]     default: all pages of _toc.yml

Every displayed equation and every relation in the text is evaluated. A comment before a paragraph
or equation says what the checker has to know; `let` and `index` hold to the end of the page, the
others for the paragraph or equation that follows:

    % let \mathbf{q} : C × 1 ~ probability     a symbol, drawn at random
    % let Z = \sum_{j=1}^C e^{s_j}             a symbol, by its definition
    % let \mathbf{v}_k : (m + 1) × 1 = row k of V
    % index t : 0..3                           an index and its range
    % where \gamma = 1                         as let, for what follows only
    % sizes C = 3                              in instances of this size only
    % when \gamma < 1                          in cases in which this holds only
    % defines : C × 1                          the equation says what its left side means
    % false                                    the text shows that it is wrong: it must fail
    % excused: no relation is stated           not checked, with the reason

    % supposes $p_y = 0$                     no claim: a case that the text looks at

`false` and `excused`, too, may name a formula in the text: `% excused $a = b$: reason`.
"""

import json
import re
import sys
from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective
from sphinx_external_toc.parsing import parse_toc_yaml

from softmax_lib.derivation import BOOK, DerivationError, Report, Symbol, check_derivation
from softmax_lib.derivation.evaluator import heads
from softmax_lib.derivation.parser import parse
from softmax_lib.derivation.report import is_condition

HOME = Path(__file__).resolve().parent.parent

COMMENT = re.compile(r"^\s*% ?(.*)$")
LAYOUT = re.compile(r"\\(begin|end)\{aligned\}|&(\\quad)*|\\\\")  # of the lines of a formula
NOTE = re.compile(r"(let|where|index|sizes|when|defines|supposes|false|excused)\b:? *(.*)$")
NAMED = re.compile(r"\$(?P<latex>[^$]+)\$(?:: *(?P<reason>.*))?$")
CODE = re.compile(r"`[^`\n]*`")
END = re.compile(r"\s*[.,]$")  # of a displayed sentence
MATH = re.compile(
    r"\$\$(?P<display>.+?)\$\$(?: *\((?P<label>[\w-]+)\))?|(?<![\\$])\$(?P<inline>[^$]+?)\$",
    re.DOTALL,
)
RELATION = re.compile(
    r"=|<|>|\\(?:leq?|geq?|neq?|lt|gt|approx|in|equiv|propto|implies|iff|sim)(?![A-Za-z])"
)
MARKS = {
    "checked": ("✓", "This equation is checked: {n} step{s} evaluated."),
    "false": ("✗", "This equation is wrong on purpose: its evaluation fails."),
}
KINDS = {
    "sign": "a sign flipped", "factor": "a factor or a denominator dropped",
    "index": "an index replaced", "transpose": "a transpose dropped",
    "bound": "a bound of a sum changed", "bracket": "a pair of brackets dropped",
}  # fmt: skip
HEADINGS = {"condition": "case", "false": "shown false"}
logger = logging.getLogger(__name__)
VALUES = re.compile(r"[A-Za-z] = [^=,(]+((?<!\\), *[^=,(]+)+")  # i = 1, \\dots, M


@dataclass
class Equation:
    """A displayed equation, or a relation in the text, and what came of it.

    `state` is one of checked, definition (nothing but the meaning of a symbol), condition (a value
    or a case that the text supposes), false (meant to fail, and does), excused, and wrong.
    """

    page: str
    line: int
    latex: str
    display: bool
    label: str = ""
    state: str = ""
    reason: str = ""
    report: Report = field(default_factory=lambda: Report([]))
    vocabulary: object = field(default=BOOK, repr=False)

    @property
    def steps(self):
        return [s for s in self.report.steps if not s.definition]


def symbol(text):
    """The symbol of a line such as `Z : 1 = \\sum_j e^{s_j}`."""
    left, _, definition = text.partition(" = ")
    left, _, draw = left.partition(" ~ ")
    name, _, shape = (part.strip() for part in left.partition(" : "))
    entries = ""
    if shape not in ("", "1") and (indexed := re.fullmatch(r"([A-Za-z])_\{?(\w+)\}?", name)):
        columns = shape.endswith(" × 1") == (len(indexed[2]) == 1)
        if columns:  # the entries of a vector or a matrix; else a matrix for each index
            name, entries = indexed[1], " ".join(indexed[2])
            name = name if len(indexed[2]) == 2 else rf"\mathbf{{{name}}}"
    return Symbol(name, "", shape or "1", definition.strip(), entries, draw.strip() or "real")


def _index(text):
    letter, first, last = re.fullmatch(r"(\S+) : (\d+)\.\.(.+)", text).groups()
    return {letter: (int(first), last)}


def _sizes(text):
    return {a.strip(): int(n) for a, n in (pair.split("=") for pair in text.split(","))}


class Page:
    """Reads a page from top to bottom; the symbols that it has defined so far."""

    def __init__(self, path):
        self.name, self.path, self.vocabulary, self.equations = path.stem, path, BOOK, []

    def read(self):
        """Every equation of the page, checked."""
        block, start, notes = [], 1, []
        for number, line in enumerate([*_prose(self.path.read_text()), ""], 1):
            if comment := COMMENT.match(line):
                note = NOTE.match(comment[1])
                if not note:
                    raise ValueError(f"{self.path.name}:{number}: unknown note {line.strip()!r}")
                self.note(*note.groups(), notes, number)
            elif line.strip():
                if not block:
                    start = number
                block.append(line)
            elif block:
                self.block("\n".join(block), start, notes)
                block, notes = [], []
        return self.equations

    def note(self, kind, text, notes, number):
        try:
            if kind == "let":
                self.vocabulary = self.vocabulary.extend(symbol(text))
            elif kind == "index":
                self.vocabulary = self.vocabulary.extend(indices=_index(text))
            else:
                notes.append((kind, text))
        except (ValueError, AttributeError) as error:
            raise ValueError(f"{self.path.name}:{number}: cannot read {text!r}") from error

    def block(self, text, start, notes):
        vocabulary = self.vocabulary
        for kind, note in notes:
            if kind == "where":
                vocabulary = vocabulary.extend(symbol(note))
            elif kind == "sizes":
                vocabulary = vocabulary.extend(sizes=_sizes(note))
            elif kind == "when":
                vocabulary = vocabulary.extend(conditions=[note])
        named = {}
        for kind, note in notes:
            if kind in ("supposes", "false", "excused") and (found := NAMED.match(note)):
                named[found["latex"]] = kind, found["reason"] or ""
            elif kind in ("supposes", "false", "excused", "defines"):
                named[None] = kind, note
        used = set()
        for match in MATH.finditer(CODE.sub(lambda m: " " * len(m[0]), text)):
            display = match["display"] is not None
            latex = (match["display"] or match["inline"]).strip()
            if not display and not claims(latex, vocabulary):
                continue
            key = None if display and latex not in named else latex
            line = start + text[: match.start()].count("\n")
            found = Equation(self.name, line, latex, display, match["label"] or "")
            kind, note = named.get(key, ("", ""))
            used.add(key)
            self.equations.append(found)
            if kind == "defines":
                vocabulary = self.define(latex, note, vocabulary)
            _check(found, kind, note, vocabulary)
        if unused := set(named) - used:
            raise ValueError(f"{self.path.name}:{start}: a note finds no formula {unused}")

    def define(self, latex, note, vocabulary):
        """Add what the equation defines to the page's symbols."""
        shape = note.lstrip(": ") or "1"
        for name, definition in definitions(latex, self.vocabulary):
            new = symbol(f"{name} : {shape} = {definition}")
            self.vocabulary, vocabulary = self.vocabulary.extend(new), vocabulary.extend(new)
        return vocabulary


def _check(equation, kind, note, vocabulary):
    equation.vocabulary = vocabulary
    if kind == "excused":
        equation.state, equation.reason = ("excused", note) if note else ("wrong", "no reason")
        return
    if kind == "supposes":
        equation.state = "condition"
        return
    if not equation.display and (
        VALUES.fullmatch(equation.latex) or equation.latex in vocabulary.conditions
    ):
        equation.state = "condition"
        return
    try:
        equation.report = report = check_derivation(equation.latex, vocabulary)
    except DerivationError as error:
        equation.state, equation.reason = "wrong", str(error)
        return
    if kind == "false":
        equation.state = "wrong" if report else "false"
        equation.reason = "it is said to be false and holds" if report else ""
    elif report:
        only = not equation.steps
        equation.state = "definition" if only else "checked"
    else:
        equation.state, equation.reason = "wrong", str(report)
    if (
        not equation.display
        and equation.state != "false"
        and (
            chooses(equation.latex, vocabulary)
            or (not report and supposes(equation.latex, vocabulary))
        )
    ):
        equation.state, equation.reason = "condition", ""


def read(latex, vocabulary):
    """The statements of an equation, as the checker reads it."""
    return parse(latex, heads(vocabulary.symbols))


def claims(latex, vocabulary):
    """Whether a formula in the text states a relation; an indicator in it does not count."""
    if not RELATION.search(latex):
        return False
    try:
        return any(s.relations for s in read(latex, vocabulary))
    except DerivationError:
        return True  # to be reported


def definitions(latex, vocabulary):
    """The name and what follows the first sign of equality, of each statement."""
    for statement in read(latex, vocabulary):
        if statement.relations[:1] != ("=",):
            raise ValueError(f"no definition: {latex}")
        yield statement.source[:2]


def chooses(latex, vocabulary):
    """Whether a formula in the text only names a case, such as k = y, C = 3 or γ > 0."""
    drawn = {s.latex for s in vocabulary.symbols if not s.definition}
    return all(
        is_condition(s, vocabulary) or all(m.op == "num" or m.text in drawn for m in s.members)
        for s in read(latex, vocabulary)
    )


def supposes(latex, vocabulary):
    """Whether a formula in the text gives a number to a symbol that is drawn, as W = 0 does."""
    drawn = {s.latex for s in vocabulary.symbols if not s.definition}
    known = {*vocabulary.indices, *vocabulary.sizes}
    for statement in read(latex, vocabulary):
        values = [m for m in statement.members if m.text not in drawn]
        names = {n.text for m in values for n in m.walk() if n.op == "name"}
        if len(values) == len(statement.members) or names - known:
            return False
    return True


def _prose(text):
    """The lines of a page, empty where there is code; a cell's caption stays."""
    out, directives, code, header = [], [], None, False
    for line in text.splitlines():
        fence = re.match(r"^(`{3,})(.*)$", line)
        if code is not None:
            if line.strip() == code:
                code = None
            if line == "---":
                header = not header
            line = line if header and line != "---" else ""
        elif fence and directives and line.strip() == directives[-1]:
            directives.pop()
            line = ""
        elif fence and fence[2].startswith("{") and not fence[2].startswith("{code-cell}"):
            directives.append(fence[1])
        elif fence:
            code, header, line = fence[1], False, ""
        out.append(line)
    return out


def pages():
    """The paths of the book's pages, in order."""
    return [HOME / f"{file}.md" for file in parse_toc_yaml(HOME / "_toc.yml")]


@cache
def book():
    """Every page's equations: a list for each page's name, in the order of the book."""
    return {path.stem: Page(path).read() for path in pages()}


def coverage():
    """What came of the displayed equations and of the relations in the text, page by page."""
    shown = [e for found in book().values() for e in found if e.display]
    excused = sum(e.state == "excused" for e in shown)
    return [
        *_table("displayed", ["checked", "definition", "false", "excused"], True), "",
        f"Excused: {excused} of {len(shown)} displayed equations, {excused / len(shown):.1%}.", "",
        *_table("in the text", ["checked", "definition", "condition", "false", "excused"], False),
    ]  # fmt: skip


def _table(what, states, display):
    """A row for each page: how many equations, in which state, and how many steps they have."""
    rows = []
    seen = {e.state for equations in book().values() for e in equations if e.display == display}
    states = [state for state in states if state in seen]
    for name, equations in book().items():
        found = [e for e in equations if e.display == display]
        count = Counter(e.state for e in found)
        steps = sum(len(e.steps) for e in found if e.state == "checked")
        if found:
            rows.append([title(name), len(found), *(count[s] for s in states), steps])
    rows.append(["all pages", *(sum(column) for column in list(zip(*rows, strict=True))[1:])])
    return _rows(["page", what, *(HEADINGS.get(s, s) for s in states), "steps"], rows)


def _rows(head, rows):
    """A table in Markdown; what is a number stands to the right."""
    rule = ["--:" if isinstance(cell, int) else "---" for cell in rows[0]]
    return ["| " + " | ".join(map(str, line)) + " |" for line in (head, rule, *rows)]


def excuses():
    """A line for each equation that is not checked, with its reason."""
    found = [e for equations in book().values() for e in equations if e.state == "excused"]
    formulas = [END.sub("", " ".join(LAYOUT.sub("", e.latex).split())) for e in found]
    return [f"- {title(e.page)}: ${f}$: {e.reason}" for e, f in zip(found, formulas, strict=True)]


def mutants():
    """How many small slips in the equations were found, from benchmarks/mutants.json."""
    results = json.loads((HOME / "benchmarks" / "mutants.json").read_text())
    made, rejected = results["made"], results["rejected"]
    rows = [[KINDS[kind], made[kind], rejected[kind]] for kind in KINDS]
    rows.append(["all", sum(made.values()), sum(rejected.values())])
    count = Counter()
    for _, verdict, _, _, n in results["reasons"]:
        count[verdict] += n
    wrong = sum(made.values()) - count["equivalent"] - count["still true"]
    return [
        *_rows(["slip", "made", "rejected"], rows), "",
        f"Of those that were not rejected, {count['equivalent']} say the same as the original, "
        f"{count['still true']} are inequalities that still hold, mostly because they claim less, "
        f"and {count['missed']} are false and were missed. So of the {wrong} mutants that are "
        f"wrong, {sum(rejected.values()) / wrong:.1%} were rejected.",
    ]  # fmt: skip


def survivors():
    """Why each mutant that was not rejected survived."""
    results = json.loads((HOME / "benchmarks" / "mutants.json").read_text())
    lines = []
    for page, verdict, reason, missed, n in results["reasons"]:
        if f"**{title(page)}**" not in lines:
            lines += ["", f"**{title(page)}**", ""]
        lines.append(f"- {n} {verdict}. {reason} {missed}".rstrip())
    return lines


def title(name):
    return re.search(r"^# (.+)$", (HOME / "book" / f"{name}.md").read_text(), re.MULTILINE)[1]


def main(names):
    wrong = 0
    for path in pages():
        if names and path.stem not in names:
            continue
        found = Page(path).read()
        for equation in found:
            if equation.state == "wrong":
                wrong += 1
                print(f"{path.name}:{equation.line}: {equation.latex}\n{equation.reason}\n")
        count = Counter(("displayed " if e.display else "inline ") + e.state for e in found)
        print(f"{path.name}: ", ", ".join(f"{n} {kind}" for kind, n in sorted(count.items())))
    sys.exit(f"{wrong} wrong" if wrong else 0)


# the extension of Sphinx: a mark beside each checked equation, and two lists for the page on it


def setup(app):
    app.add_directive("equation-coverage", _lines(coverage))
    app.add_directive("equation-excuses", _lines(excuses))
    app.add_directive("equation-mutants", _lines(mutants))
    app.add_directive("equation-survivors", _lines(survivors))
    app.connect("builder-inited", _report)
    app.connect("doctree-resolved", _mark)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _lines(make):
    """A directive that stands for some lines of Markdown."""

    class Lines(SphinxDirective):
        def run(self):
            node = nodes.container()
            self.state.nested_parse(StringList(make()), self.content_offset, node)
            return node.children

    return Lines


def _report(app):
    book.cache_clear()
    logger.info("equations: %s", "; ".join(_summary()))
    for name, found in book().items():
        for e in found:
            if e.state == "wrong":
                logger.warning("%s\n%s", e.latex, e.reason, location=(f"book/{name}", e.line))


def _summary():
    """What came of the displayed equations, and of the relations in the text."""
    for what, display in (("displayed", True), ("in the text", False)):
        states = Counter(e.state for es in book().values() for e in es if e.display == display)
        counts = ", ".join(f"{n} {state}" for state, n in states.most_common())
        yield f"{states.total()} {what}: {counts}"


def _mark(app, doctree, docname):
    found = {_squeezed(e.latex): e for e in book().get(Path(docname).name, ()) if e.display}
    page = app.builder.get_relative_uri(docname, "book/how-checked")
    for node in doctree.findall(nodes.math_block):
        equation = found.get(_squeezed(node.astext()))
        if equation and equation.state in MARKS:
            sign, words = MARKS[equation.state]
            words = words.format(n=len(equation.steps), s="s" * (len(equation.steps) != 1))
            node["mark"] = (
                f'<a class="checked" href="{page}" title="{words}">'
                f'<span aria-hidden="true">{sign}</span><span class="words">{words}</span></a>'
            )


def _squeezed(latex):
    return "".join(latex.split())


if __name__ == "__main__":
    main(sys.argv[1:])
