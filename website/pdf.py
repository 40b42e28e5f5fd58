"""The book as a tagged PDF, printed by Chromium."""

import json
import subprocess
from html import escape
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory

import pikepdf
from matplotlib.font_manager import FontProperties, findfont

from . import contents
from .articles import BUILD, MATH, STYLE, articles, fragment, list_of_pages, target, title
from .chromium import FLAGS, chromium
from .contents import CONFIG

# Matplotlib's own: the same on every machine, with all the signs of the text and of the programs
FACES = [
    *(("STIXGeneral", style, weight) for style in ("normal", "italic") for weight in (400, 700)),
    *(("DejaVu Sans Mono", "normal", weight) for weight in (400, 700)),
    ("DejaVu Sans", "normal", 400),  # ✓ and ✗
]
SHEET = """
@page {
  size: A4;
  margin: 25mm 22mm;
  font: 9pt STIXGeneral;
  @bottom-center { content: counter(page) }
}
@page :first { @bottom-center { content: none } }
"""
# what is wider than the paper's column shrinks until it fits
FIT = """
document.fonts.ready.then(() => {
  for (const wide of document.querySelectorAll("table, div.math > math")) {
    const share = wide.parentElement.clientWidth / wide.getBoundingClientRect().width;
    if (share < 1) wide.style.zoom = 0.99 * share;
  }
});
"""


def pdf(result):
    """Print the pages as one, twice, since the contents need the numbers of the sheets."""
    texts = articles()
    (BUILD / "pdf").mkdir(exist_ok=True)
    page, printed = BUILD / "pdf" / "book.html", BUILD / "pdf" / "printed.pdf"
    text = one_page(texts)
    print(f"pdf: Chromium prints {len(texts)} pages of the site (a minute)", flush=True)
    page.write_text(text)
    print_page(page, printed)
    for name, sheet in sheets(printed, texts).items():
        text = text.replace(f'<a href="#{name}">', f'<a data-sheet="{sheet}" href="#{name}">')
    page.write_text(text)
    print_page(page, printed)
    with pikepdf.open(printed) as book:
        with book.open_metadata() as about:
            about["dc:title"], about["dc:creator"] = CONFIG["title"], [CONFIG["author"]]
            about["dc:language"] = ["en"]
        # Chromium writes the title of a heading twice if it is the first on its sheet
        headings = fragment(text)(["h1", "h2", "h3", "h4", "h5", "h6"])
        with book.open_outline() as outline:
            for entry, heading in zip(entries(outline.root), headings, strict=True):
                entry.title = " ".join(heading.get_text().split())
        book.save(result, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def sheets(printed, names):
    """The number of the sheet on which each page begins."""
    with pikepdf.open(printed) as book:
        numbers = {sheet.objgen: n for n, sheet in enumerate(book.pages, 1)}
        return {name: numbers[book.Root.Dests[f"/{name}"][0].objgen] for name in names}


def entries(outline):
    """All entries of an outline in their order."""
    for entry in outline:
        yield entry
        yield from entries(entry.children)


def print_page(page, printed):
    """Let Chromium print a page of HTML, with tags and an outline."""
    printed.unlink(missing_ok=True)
    with TemporaryDirectory() as profile:
        command = [
            chromium(), *FLAGS, f"--user-data-dir={profile}", "--no-pdf-header-footer",
            "--generate-pdf-document-outline", "--virtual-time-budget=60000",  # until all is drawn
            f"--print-to-pdf={printed}", page.as_uri(),
        ]  # fmt: skip
        run = subprocess.run(command, capture_output=True, text=True)
    if not printed.exists():
        raise RuntimeError(f"Chromium printed nothing and said\n{run.stderr}")


def one_page(texts):
    """The book as one page of HTML."""
    links = list_of_pages(texts, "#{}")
    headers = [header(name, title(text)) for name, text in list(texts.items())[1:]]
    for name, text in texts.items():
        join(name, text)
    front, *chapters = texts.values()
    front.h1.insert_after(fragment(f"<p>{CONFIG['author']}, {CONFIG['copyright']}</p>"))
    front.section.section.insert_before(fragment(f"<nav><h1>Contents</h1>{links}</nav>"))
    for text in chapters:
        for level in "321":
            for heading in text(f"h{level}"):
                heading.name = f"h{int(level) + 1}"
    for before, entry in pairwise(contents.entries()):
        if entry.part != before.part:
            texts[entry.name].insert(0, fragment(f"<h1>{entry.part}</h1>"))
    style = "\n".join([*map(face, FACES), SHEET, *headers, STYLE])
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{escape(CONFIG["title"])}</title>
<link rel="stylesheet" href="{MATH[0].as_uri()}">
<style>{style}</style>
</head>
<body class="paper">{"".join(map(str, texts.values()))}
<script>{FIT}</script>
</body>
</html>
"""


def join(name, text):
    """Make a page part of a larger one: its ids begin with its name, its links stay inside."""
    for element in text.select("[id]"):
        element["id"] = f"{name}--{element['id']}"
    for link in text("a"):
        page, place = target(link, name)
        if page:
            link["href"] = f"#{page}--{place}" if place else f"#{page}"
    for image in text("img"):
        image["src"] = Path(image["src"]).as_uri()
    text["id"], text["style"] = name, f"page: {name}"


def header(name, words):
    """The rule that prints the title of a page above each sheet of it."""
    return f"@page {name} {{ @top-right {{ content: {json.dumps(words, ensure_ascii=False)} }} }}"


def face(font):
    family, style, weight = font
    properties = FontProperties(family=family, style=style, weight=weight)
    path = findfont(properties, fallback_to_default=False)
    return (
        f'@font-face {{ font-family: "{family}"; src: url("{Path(path).as_uri()}"); '
        f"font-style: {style}; font-weight: {weight} }}"
    )
