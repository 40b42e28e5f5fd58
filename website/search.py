"""What the site's search looks through: sections, statements, exercises, terms, with their text."""

import json
from copy import copy
from unicodedata import normalize

PLACES = "section[id], div.exercise[id], div.proof[id]:has(> .admonition-title), dt[id]"
HEADING = "h1, h2, h3, h4, p.admonition-title"
UNREAD = (
    ".headerlink, .derivation-mark, .cell_input, .cell_output, .quiz, annotation, button, script,"
    " progress"
)


def places(name, page):
    """The places of a page as rows: address, title, title of the page, its equations, text.

    A text holds no other place's: what is inside a section counts for the smallest one alone.
    """
    article = copy(page.article)
    for tag in article.select(UNREAD):
        tag.decompose()
    rows = []
    for place in reversed(article.select(PLACES)):
        heading = place if place.name == "dt" else place.select_one(HEADING)
        title = _words(heading)
        numbers = " ".join(number.get_text().strip("()") for number in place.select(".eqno"))
        text = place.find_next_sibling("dd") if place.name == "dt" else place
        heading.extract()
        rows.append([f"{name}.html#{place['id']}", title, numbers, _words(text)])
        text.extract()
    whole = rows[-1][1] if rows else ""  # the title of the outermost section
    return [[address, title, whole, *rest] for address, title, *rest in reversed(rows)]


def _words(tag):
    return normalize("NFKC", " ".join(tag.get_text().replace("\n", " ").split())) if tag else ""


def write(path, pages):
    """Write the places of all pages, {name: page}, as a script, which loads from a disk, too."""
    rows = [row for name, page in pages.items() for row in places(name, page)]
    path.write_text(f"const SECTIONS = {json.dumps(rows, ensure_ascii=False)};\n")
