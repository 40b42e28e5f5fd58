"""The whole book in one file, a tagged PDF or an EPUB, made of the pages of the built site.

usage: python -m website.editions pdf | epub      after make book; the result lies in _build/

Sphinx has builders for both, but its single page gives one id to places of several chapters, and
its EPUB is malformed wherever a cell shows HTML. The pages of the site are right already: what
serves only a browser is taken out of them, and they are put together.
"""

import json
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from html import escape
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import unquote, urldefrag
from uuid import NAMESPACE_URL, uuid5
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

import pikepdf
import yaml
from bs4 import BeautifulSoup
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties, findfont
from pygments.formatters import HtmlFormatter

from .chromium import FLAGS, chromium

HOME = Path(__file__).resolve().parent.parent
BUILD = HOME / "_build"
SITE = BUILD / "html" / "book"
CONFIG = yaml.safe_load((HOME / "_config.yml").read_text())
STATIC = HOME / "website" / "static"
MATH = [STATIC / name for name in ("mathematics.css", "latinmodern-math.woff2")]
LICENCE = STATIC / "GUST-FONT-LICENSE.txt"
CODE_STYLE = HtmlFormatter(style="a11y-high-contrast-light").get_style_defs(".highlight")
STYLE = f"{CODE_STYLE}\n{(HOME / 'website' / 'editions.css').read_text()}"
FOR_BROWSERS = (
    ".headerlink, script, button, .toctree-wrapper, .sd-container-fluid, .words, .editions"
)
# Matplotlib's own: the same on every machine, with all the signs of the text and of the programs
FACES = [
    *(("STIXGeneral", style, weight) for style in ("normal", "italic") for weight in (400, 700)),
    *(("DejaVu Sans Mono", "normal", weight) for weight in (400, 700)),
    ("DejaVu Sans", "normal", 400),  # ✓ and ✗
]


# Both editions


def parts():
    """The caption of each part of the book and the names of its pages; first the front page."""
    toc = yaml.safe_load((HOME / "_toc.yml").read_text())
    yield "", [Path(toc["root"]).name]
    for part in toc["parts"]:
        pages = [page for top in part["chapters"] for page in (top, *top.get("sections", []))]
        yield part["caption"], [Path(page["file"]).name for page in pages]


def articles():
    """The pages, {name: text}; an id stays where a link leads to it, and only once."""
    texts = {name: article(name) for _, names in parts() for name in names}
    linked = {target(link, name) for name, text in texts.items() for link in text("a")}
    for name, text in texts.items():
        for element in text.select("[id]"):
            if (place := (name, element["id"])) in linked:
                linked.remove(place)
            else:
                del element["id"]
    return texts


def article(name):
    """The text of a page, without what serves only a browser, its solutions unfolded."""
    html = (SITE / f"{name}.html").read_text()
    text = fragment(html).article
    for element in text.select(FOR_BROWSERS):
        element.decompose()
    for mark in text.select("a.derivation-mark > span"):
        mark.unwrap()  # the sign ✓, hidden from screen readers while it had words beside it
    for latex in text("annotation"):  # what cannot show MathML shows the alternative text
        latex.find_parent("math")["alttext"] = latex.get_text()
        latex.decompose()
    for number in text.select("a.eqno"):
        number.name = "span"
        del number["href"]
    for old, new in {"details": "div", "summary": "p"}.items():
        for element in text(old):
            element.name = new
    for image in text("img"):
        path = (SITE / image["src"]).resolve(strict=True)
        if path.suffix == ".webp":  # not every e-reader shows it; the original lies beside it
            path = path.with_suffix(".png")
        image.attrs = {"src": str(path), "alt": image["alt"], "width": image["width"]}
    return text


def target(link, name):
    """The page and the id that a link on a page leads to; no page, where it leaves the book."""
    url, place = urldefrag(link["href"])
    return (None if ":" in url else Path(url).stem or name), unquote(place)


def fragment(html):
    return BeautifulSoup(html, "html.parser")


def title(text):
    return " ".join(text.h1.get_text().split())


def contents(texts, address):
    """The pages as a list of links, part by part."""
    rows = []
    for caption, names in parts():
        links = "".join(
            f'<li><a href="{address.format(name)}">{escape(title(texts[name]))}</a></li>'
            for name in names
        )
        rows.append(f"<li><span>{caption}</span><ol>{links}</ol></li>" if caption else links)
    return f"<ol>{''.join(rows)}</ol>"


# The PDF


SHEET = """
@page {
  size: A4;
  margin: 25mm 20mm;
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
    links = contents(texts, "#{}")
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
    for caption, names in parts():
        if caption:
            texts[names[0]].insert(0, fragment(f"<h1>{caption}</h1>"))
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


# The EPUB


def epub(result):
    """Pack the pages, their figures, a cover and a table of contents."""
    texts = articles()
    nav = f'<nav epub:type="toc"><h1>Contents</h1>{contents(texts, "{}.xhtml")}</nav>'
    files = {"nav.xhtml": xhtml("Contents", nav)}
    for name, text in texts.items():
        images = [Path(image["src"]) for image in text("img")]
        stand_alone(name, text)
        files[f"{name}.xhtml"] = xhtml(title(text), text)
        files |= {path.name: path.read_bytes() for path in images}
    files |= {path.name: path.read_bytes() for path in (*MATH, LICENCE)}
    files |= {"style.css": STYLE, "cover.png": cover()}
    with ZipFile(result, "w", ZIP_DEFLATED) as archive:
        archive.writestr("mimetype", "application/epub+zip", ZIP_STORED)
        archive.writestr("META-INF/container.xml", CONTAINER)
        archive.writestr("book/package.opf", package(files))
        for name, content in files.items():
            archive.writestr(f"book/{name}", content)


def stand_alone(name, text):
    """Make a page one file of several in a folder, in XML."""
    for math in text("math"):
        math["xmlns"] = "http://www.w3.org/1998/Math/MathML"
    for link in text("a"):
        page, place = target(link, name)
        if page:
            link["href"] = f"{page}.xhtml#{place}" if place else f"{page}.xhtml"
    for image in text("img"):
        image["src"] = Path(image["src"]).name


def xhtml(words, body):
    return f"""<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="en">
<head>
<title>{escape(words)}</title>
<link rel="stylesheet" href="mathematics.css"/>
<link rel="stylesheet" href="style.css"/>
</head>
<body>{body}</body>
</html>
"""


def package(files):
    """What the EPUB holds, and in which order its pages are read."""
    items = []
    for name, content in files.items():
        kind = TYPES[Path(name).suffix]
        special = "mathml" if kind == TYPES[".xhtml"] and "<math" in content else ""
        special = PROPERTIES.get(name, special)
        properties = f' properties="{special}"' if special else ""
        items.append(f'<item id="_{name}" href="{name}" media-type="{kind}"{properties}/>')
    spine = [f'<itemref idref="_{name}"/>' for name in files if name.endswith(".xhtml")]
    return PACKAGE.format(
        id=uuid5(NAMESPACE_URL, CONFIG["title"]),
        title=escape(CONFIG["title"]),
        author=escape(CONFIG["author"]),
        modified=f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}",
        items="\n".join(items),
        spine="\n".join(spine),
    )


def cover():
    """The title below the sign of the site, as a PNG."""
    figure = Figure(figsize=(6, 8), dpi=200, facecolor="#0072B2")
    axes = figure.add_axes((0.25, 0.4, 0.5, 0.5), xlim=(0, 64), ylim=(64, 0), aspect="equal")
    axes.axis("off")
    nabla, check = ([10, 54, 32, 10], [15, 15, 54, 15]), ([24, 30.5, 40.5], [25, 32, 21.5])
    for (x, y), color, width in ((nabla, "white", 18), (check, "#FFC83D", 16)):
        axes.plot(x, y, color, linewidth=width, solid_capstyle="round", solid_joinstyle="round")
    first, _, second = CONFIG["title"].partition(", ")
    for y, words, size in ((0.32, first, 28), (0.24, second, 20), (0.08, CONFIG["author"], 13)):
        figure.text(0.5, y, words, color="white", size=size, ha="center", family="STIXGeneral")
    file = BytesIO()
    figure.savefig(file, format="png")
    return file.getvalue()


PROPERTIES = {"nav.xhtml": "nav", "cover.png": "cover-image"}
TYPES = {
    ".xhtml": "application/xhtml+xml",
    ".css": "text/css",
    ".png": "image/png",
    ".woff2": "font/woff2",
    ".txt": "text/plain",
}
CONTAINER = """<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles>
<rootfile full-path="book/package.opf" media-type="application/oebps-package+xml"/>
</rootfiles>
</container>
"""
PACKAGE = """<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" xml:lang="en" unique-identifier="id">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="id">urn:uuid:{id}</dc:identifier>
<dc:title>{title}</dc:title>
<dc:creator>{author}</dc:creator>
<dc:language>en</dc:language>
<dc:rights>CC BY 4.0</dc:rights>
<meta property="dcterms:modified">{modified}</meta>
<meta property="schema:accessMode">textual</meta>
<meta property="schema:accessMode">visual</meta>
<meta property="schema:accessModeSufficient">textual</meta>
<meta property="schema:accessibilityFeature">MathML</meta>
<meta property="schema:accessibilityFeature">alternativeText</meta>
<meta property="schema:accessibilityFeature">tableOfContents</meta>
<meta property="schema:accessibilityHazard">none</meta>
</metadata>
<manifest>
{items}
</manifest>
<spine>{spine}</spine>
</package>
"""


# The site


def offer():
    """Put the editions beside the pages of the site, and links to them below its first cards."""
    links = []
    for path in sorted(BUILD.glob("softmax-regression.*"), reverse=True):
        shutil.copy(path, BUILD / "html")
        words = f"{path.suffix[1:].upper()}, {megabytes(path)}"
        links.append(f'<a href="../{path.name}">{words}</a>')
    front = fragment((SITE / "index.html").read_text())
    for old in front.select(".editions"):
        old.decompose()
    words = f'<p class="editions">The whole book in one file: {" or ".join(links)}.</p>'
    front.select_one(".sd-container-fluid").insert_after(fragment(words))
    (SITE / "index.html").write_text(str(front))


def megabytes(path):
    return f"{path.stat().st_size / 1e6:.1f} MB"


def main(kind):
    result = BUILD / f"softmax-regression.{kind}"
    try:
        {"pdf": pdf, "epub": epub}[kind](result)
    except FileNotFoundError as missing:  # no Chromium, or no site yet
        sys.exit(f"{kind}: {missing}")
    offer()
    print(f"{kind}: wrote {result.relative_to(HOME)}, {megabytes(result)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
