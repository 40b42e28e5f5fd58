"""Sphinx extension: the equations of a book checked, and marked with what came of it.

It reads the MyST pages of any Sphinx project or Jupyter Book; see `derivation.pages.page` for what
comments in a page can say. In conf.py, or in _config.yml below sphinx, config:

    extensions = ["myst_parser", "derivation.sphinx"]
    derivation_vocabulary = "package.module:NAME"   # or a Vocabulary
    derivation_page = "marks"          # the page that explains the marks; page#place, too
    derivation_strict = True           # what is wrong is a warning, so that -W fails the build
    derivation_insert_marks = True     # False: only node["mark"], for a renderer that places it

The vocabulary's module is looked for beside conf.py, too. Two directives make a table of what was
checked, page by page, and a list of what was not, with the reasons: ``{derivation-coverage}`` and
``{derivation-excuses}``. `checked_pages` is for other extensions. Verdicts are kept beside Sphinx's
doctrees: a build evaluates what has changed since the last one.
"""

import importlib
import re
import sys
from collections import Counter, defaultdict
from html import escape
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.errors import ExtensionError
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from .pages.equations import STATES
from .pages.page import NoteError, Page, read_page
from .pages.verdicts import Verdicts
from .syntax import DerivationError
from .vocabulary import Vocabulary

__all__ = ["checked_pages", "coverage", "excuses", "mark", "summary"]

# Of each state the sign, what is said of it, and the heading of its column.
MARKS = {
    "checked": ("✓", "This equation is checked: {n} step{s} evaluated.", "checked"),
    "instance": ("✓₁", "This equation is checked for one instance{of}: {n} step{s} evaluated.",
                 "for one instance"),
    "definition": ("≔", "This equation is a definition: it says what its left side means.",
                   "definition"),
    "demand": ("!", "This equation is a demand: it says what is wanted, not what holds.{met}",
               "demand"),
    "condition": ("?", "This equation names a case: it claims nothing.", "case"),
    "false": ("✗", "This equation is wrong on purpose: its evaluation fails.", "shown false"),
    "excused": ("○", "This equation is not checked: {reason}.", "excused"),
    "wrong": ("⚠", "The check of this equation fails.", "wrong"),
}  # fmt: skip
PLAIN = re.compile(r"[^\\$]{1,40}")  # LaTeX that can be read aloud
LAYOUT = re.compile(r"\\(begin|end)\{(aligned|align\*?)\}|&(\\quad)*|\\\\")
END = re.compile(r"\s*[.,]$")  # of a displayed sentence
STYLE = """\
.derivation-equation { position: relative; }
.derivation-equation > .derivation-mark { position: absolute; inset: auto 0 0 auto; }
.derivation-mark { font-size: 0.75rem; line-height: 1; color: inherit; text-decoration: none; }
.derivation-mark > .derivation-words {
  position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%);
  white-space: nowrap;
}
"""
logger = logging.getLogger(__name__)


def setup(app):
    app.add_config_value("derivation_vocabulary", None, "", (str, Vocabulary))
    app.add_config_value("derivation_page", "", "html", (str,))
    app.add_config_value("derivation_strict", True, "", (bool,))
    app.add_config_value("derivation_insert_marks", True, "html", (bool,))
    app.add_directive("derivation-coverage", _lines(coverage))
    app.add_directive("derivation-excuses", _lines(excuses))
    app.add_node(MarkedEquation, html=(_open_box, _close_box))
    app.add_css_file("derivation.css")
    app.connect("env-get-outdated", _check)
    app.connect("doctree-resolved", _mark)
    app.connect("build-finished", _write_style)
    return {"parallel_read_safe": True, "parallel_write_safe": True, "version": "1"}


# the pages, checked before Sphinx reads them


def checked_pages(app):
    """The pages of a build by their names, with all equations; checked at the first call."""
    if not hasattr(app, "derivation_pages"):
        app.derivation_pages = _read(app)
    return app.derivation_pages


def _read(app):
    if not hasattr(app.env, "myst_config"):
        raise ExtensionError("derivation.sphinx reads MyST: myst_parser or myst_nb is missing")
    vocabulary, found = _vocabulary(app), {}
    verdicts = Verdicts(Path(app.doctreedir) / "verdicts.json")
    site = getattr(app.config, "external_site_map", ())  # of a _toc.yml, if there is one
    order = {name: n for n, name in enumerate(site)}
    for name in sorted(app.env.found_docs, key=lambda name: (order.get(name, len(order)), name)):
        path = Path(app.env.doc2path(name))
        if app.config.source_suffix.get(path.suffix) in ("markdown", "myst-nb"):
            text = path.read_text(encoding="utf-8")
            try:
                settings = app.env.myst_config
                found[name] = read_page(text, vocabulary, name, settings, verdicts.check)
            except NoteError as error:
                logger.warning("%s", error.message, location=(name, error.line))
                found[name] = Page(name, name, [])
    verdicts.write()
    return found


def _vocabulary(app):
    """What `derivation_vocabulary` says, or names."""
    given = app.config.derivation_vocabulary
    if isinstance(given, Vocabulary):
        return given
    module, _, name = (given or "").partition(":")
    if not module or not name:
        text = f'derivation_vocabulary is "package.module:NAME" or a Vocabulary, got {given!r}'
        raise ExtensionError(text)
    beside = [str(app.confdir), str(app.srcdir)]
    sys.path[:0] = beside
    try:
        found = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, DerivationError) as error:
        raise ExtensionError(f"derivation_vocabulary {given}: {error}") from error
    finally:
        for folder in beside:
            sys.path.remove(folder)
    if not isinstance(found, Vocabulary):
        raise ExtensionError(f"derivation_vocabulary {given} is a {type(found).__name__}")
    return found


def _check(app, env, added, changed, removed):
    """Report what is wrong; the pages whose marks are others than in the last build."""
    if hasattr(app, "derivation_pages"):
        del app.derivation_pages
    pages = checked_pages(app)
    logger.info("equations: %s", "; ".join(summary(pages)))
    report = logger.warning if app.config.derivation_strict else logger.info
    for name, page in pages.items():
        for e in page.equations:
            if e.state == "wrong":
                report("%s\n%s", e.latex, e.reason, location=(name, e.line), type="derivation")
    explained = app.config.derivation_page.partition("#")[0]
    if explained and explained not in env.found_docs:
        logger.warning("derivation_page: there is no page %s", explained)
    before = getattr(env, "derivation_marks", {})
    env.derivation_marks = {name: _marks(page) for name, page in pages.items()}
    return [name for name, marks in env.derivation_marks.items() if before.get(name) != marks]


def _marks(page):
    return [(e.squeezed, *_sign_and_words(e)) for e in page.equations if e.display]


# the marks


def _sign_and_words(equation):
    sign, words, _ = MARKS[equation.state]
    n = len(equation.steps)
    named = ", ".join(i for i in equation.instances if PLAIN.fullmatch(i))
    met = " The instance{of} meets it." if equation.instances else ""
    fill = {"n": n, "s": "s" * (n != 1), "of": named and f" ({named})"}
    fill |= {"met": met.format_map(fill), "reason": equation.reason.replace("$", "").rstrip(".")}
    return sign, words.format_map(fill)


def mark(equation, href=""):
    """The mark of an equation, in HTML; a link if there is a page that explains it."""
    sign, words = (escape(text) for text in _sign_and_words(equation))
    tag, link = ("a", f' href="{escape(href)}"') if href else ("span", "")
    return (
        f'<{tag} class="derivation-mark derivation-{equation.state}"{link} title="{words}">'
        f'<span aria-hidden="true">{sign}</span>'
        f'<span class="derivation-words">{words}</span></{tag}>'
    )


class MarkedEquation(nodes.General, nodes.Element):
    """An equation and its mark, in one box."""


def _open_box(translator, node):
    translator.body.append('<div class="derivation-equation">')


def _close_box(translator, node):
    translator.body.append(node["mark"] + "</div>\n")


def _mark(app, doctree, docname):
    """Give each displayed equation its mark, and place it unless the renderer does."""
    page = checked_pages(app).get(docname)
    if app.builder.format != "html" or page is None:
        return
    explained, _, place = app.config.derivation_page.partition("#")
    href = app.builder.get_relative_uri(docname, explained) if explained else ""
    href += f"#{place}" if place else ""
    waiting = defaultdict(list)
    for equation in page.equations:
        if equation.display:
            waiting[equation.squeezed].append(equation)
    for node in list(doctree.findall(nodes.math_block)):
        if same := waiting["".join(node.astext().split())]:
            equation = same.pop(0)
            node["mark"], node["state"] = mark(equation, href), equation.state
            if app.config.derivation_insert_marks:
                box = MarkedEquation(mark=node["mark"])
                node.replace_self(box)
                box += node


def _write_style(app, error):
    static = Path(app.outdir) / "_static"
    if not error and app.builder.format == "html" and static.is_dir():
        (static / "derivation.css").write_text(STYLE, encoding="utf-8")


# tables


def _lines(make):
    """A directive that stands for some lines of Markdown; its page is read at every build."""

    class Lines(SphinxDirective):
        def run(self):
            self.env.note_reread()
            node = nodes.container()
            lines = make(checked_pages(self.env.app))
            self.state.nested_parse(StringList(lines), self.content_offset, node)
            return node.children

    return Lines


def summary(pages):
    """What came of the displayed equations, and of the relations in the text: two texts."""
    for what, display in (("displayed", True), ("in the text", False)):
        states = Counter(e.state for e in _equations(pages) if e.display == display)
        counts = ", ".join(f"{n} {state}" for state, n in states.most_common())
        yield f"{states.total()} {what}" + (f": {counts}" if counts else "")


def coverage(pages):
    """What came of the equations, page by page, and how many are excused: lines of Markdown."""
    shown = [e for e in _equations(pages) if e.display]
    excused = sum(e.state == "excused" for e in shown)
    share = f"{excused / max(len(shown), 1):.1%}"
    return [
        *_table(pages, "displayed", True), "",
        f"Excused: {excused} of {len(shown)} displayed equations, {share}.", "",
        *_table(pages, "in the text", False),
    ]  # fmt: skip


def excuses(pages):
    """A line of Markdown for each equation that is not checked, with its reason."""
    found = [e for e in _equations(pages) if e.state == "excused"]
    formulas = [END.sub("", " ".join(LAYOUT.sub("", e.latex).split())) for e in found]
    titles = [pages[e.page].title for e in found]
    return [
        f"- {title}: ${formula}$: {e.reason}"
        for title, formula, e in zip(titles, formulas, found, strict=True)
    ]


def _equations(pages):
    return [e for page in pages.values() for e in page.equations]


def _table(pages, what, display):
    """A row for each page: how many equations, in which state, and how many steps they have."""
    seen = {e.state for e in _equations(pages) if e.display == display}
    states = [state for state in STATES if state in seen]
    rows = []
    for page in pages.values():
        found = [e for e in page.equations if e.display == display]
        count = Counter(e.state for e in found)
        steps = sum(len(e.steps) for e in found if e.state in ("checked", "instance"))
        if found:
            rows.append([page.title, len(found), *(count[s] for s in states), steps])
    if not rows:
        return []
    rows.append(["all pages", *(sum(column) for column in list(zip(*rows, strict=True))[1:])])
    head = ["page", what, *(MARKS[s][2] for s in states), "steps"]
    rule = ["--:" if isinstance(cell, int) else "---" for cell in rows[0]]
    return ["| " + " | ".join(map(str, line)) + " |" for line in (head, rule, *rows)]
