"""The book as an EPUB."""

from datetime import UTC, datetime
from html import escape
from io import BytesIO
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from matplotlib.figure import Figure

from .articles import LICENCE, MATH, STYLE, articles, list_of_pages, target, title
from .contents import CONFIG


def epub(result):
    """Pack the pages, their figures, a cover and a table of contents."""
    texts = articles()
    nav = f'<nav epub:type="toc"><h1>Contents</h1>{list_of_pages(texts, "{}.xhtml")}</nav>'
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
    ".xhtml": "application/xhtml+xml", ".css": "text/css", ".png": "image/png",
    ".woff2": "font/woff2", ".txt": "text/plain",
}  # fmt: skip
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
