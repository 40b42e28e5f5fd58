"""The pages of the built site as articles, which the PDF and the EPUB put together.

Sphinx has builders for both, but its single page gives one id to places of several chapters, and
its EPUB is malformed wherever a cell shows HTML. The pages of the site are right already: what
serves only a browser is taken out of them.
"""

import logging
import re
from copy import copy
from html import escape
from itertools import groupby
from pathlib import Path
from urllib.parse import unquote, urldefrag

from bs4 import BeautifulSoup
from pygments.formatters import HtmlFormatter

from . import contents

HOME = Path(__file__).resolve().parent.parent
BUILD = HOME / "_build"
SITE = BUILD / "html" / "book"
STATIC = HOME / "website" / "static"
MATH = [STATIC / name for name in ("mathematics.css", "latinmodern-math.woff2")]
LICENCE = STATIC / "GUST-FONT-LICENSE.txt"
logging.basicConfig()  # else the style of programs does it, and every library says what it does
CODE_STYLE = HtmlFormatter(style="a11y-high-contrast-light").get_style_defs(".highlight")
STYLE = f"{CODE_STYLE}\n{(HOME / 'website' / 'editions.css').read_text()}"
FOR_BROWSERS = (
    ".headerlink, script, button, .toctree-wrapper, .sd-container-fluid, .editions,"
    " details.above-input, details.below-input > summary"  # folded LaTeX; results stand open
)
WORD = re.compile(r"\S{2,80}")
NAMES = [entry.name for entry in contents.entries()]


def articles():
    """The pages, {name: text}; an id stays where a link leads to it, and only once."""
    texts = {name: article(name) for name in NAMES}
    linked = {target(link, name) for name, text in texts.items() for link in text("a")}
    for name, text in texts.items():
        for element in text.select("[id]"):
            if (place := (name, element["id"])) in linked:
                linked.remove(place)
            else:
                del element["id"]
    return texts


def article(name):
    """The text of a page, without what serves only a browser."""
    text = fragment((SITE / f"{name}.html").read_text()).article
    for element in text.select(FOR_BROWSERS):
        element.decompose()
    for change in (
        _describe, _keep_words_whole, _put_answers_last, _put_solutions_last, _take_originals,
    ):  # fmt: skip
        change(text)
    for element in text.select("a.eqno, details, summary"):  # no links to themselves, no folds
        element.name = {"a": "span", "details": "div", "summary": "p"}[element.name]
        element.attrs.pop("href", None)
    return text


def _describe(text):
    """Give marks their words, and formulas their LaTeX for readers that do not show MathML."""
    for mark in text.select("a.derivation-mark"):
        mark["aria-label"], mark.string = mark["title"], mark.span.get_text()
    for latex in text("annotation"):
        latex.find_parent("math")["alttext"] = latex.get_text()
        latex.decompose()


def _keep_words_whole(text):
    """Lines of LaTeX in programs may end between words, but not after a brace."""
    for string in text.find_all(string=re.compile("[{}]")):
        if string.find_parent("pre"):
            words = WORD.sub(r'<span class="word">\g<0></span>', escape(string))
            string.replace_with(fragment(words))
    for table in text("table"):
        if len(table("tr")) <= 8:
            table["class"] = [*table.get("class", []), "short"]  # nor these between two sheets


def _put_solutions_last(text):
    if solutions := text.select("details.solution"):
        end = fragment("<section><h2>Solutions</h2></section>").section
        text.section.append(end)
        end.extend([solution.extract() for solution in solutions])


def _put_answers_last(text):
    if quizzes := text.select(".quiz"):
        end = fragment("<section><h2>Answers to the quiz</h2></section>").section
        end.extend([copy(quiz) for quiz in quizzes])
        for said in text.select(".quiz details > :not(summary)"):
            said.decompose()
        text.section.append(end)


def _take_originals(text):
    """Not every e-reader shows the site's WebP figures; what they were made of lies beside them."""
    for image in text("img"):
        path = (SITE / image["src"]).resolve(strict=True)
        if path.suffix == ".webp":
            path = path.with_suffix(".png")
        image.attrs = {"src": str(path), "alt": image["alt"], "width": image["width"]}


def target(link, name):
    """The page and the id that a link on a page leads to; no page, where it leaves the book."""
    url, place = urldefrag(link["href"])
    return (None if ":" in url else Path(url).stem or name), unquote(place)


def fragment(html):
    return BeautifulSoup(html, "html.parser")


def title(text):
    return " ".join(text.h1.get_text().split())


def list_of_pages(texts, address):
    """The pages as a list of links, part by part."""
    rows = []
    for caption, entries in groupby(contents.entries(), lambda entry: entry.part):
        links = "".join(
            f'<li><a href="{address.format(name)}">{escape(title(texts[name]))}</a></li>'
            for name in (entry.name for entry in entries)
        )
        rows.append(f"<li><span>{caption}</span><ol>{links}</ol></li>" if caption else links)
    return f"<ol>{''.join(rows)}</ol>"
