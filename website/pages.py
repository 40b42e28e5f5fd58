"""The pages of the site: what jupyter-book 1 and its theme leave undone, and page.css with it."""

import gc
import logging
import os
import re
import shutil
import subprocess
from html import escape, unescape
from pathlib import Path
from textwrap import shorten
from urllib.parse import urljoin

import matplotlib
from bs4 import BeautifulSoup, Tag
from docutils import nodes
from fontTools.ttLib import TTFont
from PIL import Image, ImageDraw, ImageFont
from sphinx.errors import ExtensionError

from . import search, styles
from .mathfont import FONT

HOME = Path(__file__).resolve().parent
STATIC = HOME / "static"
# the theme's own scripts are left out: what they do, page.js does in a hundredth of the size
SCRIPTS = [  # figures.js on the pages that figures.py says
    "first.js", "documentation_options.js", "clipboard.min.js", "copybutton.js", "page.js",
    "preview.js", "copy.js", "figures.js", "live.js",
]  # fmt: skip
UNTITLED = {
    "404": "A page that does not exist", "genindex": "Index of terms",
    "search": "Search the chapters",
}  # fmt: skip
VIEWPORT = re.compile('<meta name="viewport"[^>]*>\n?')
SHOWN = set()  # the pages of this build
TO_FRONT = """\
<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{0.html_title}</title>
<meta name="description" content="{0.html_title}">
<meta http-equiv="refresh" content="0; url={0.root_doc}.html">
</head>
<body><p><a href="{0.root_doc}.html">{0.html_title}</a></p></body>
</html>
"""
FONTS = """
@font-face {{
  font-family: "Latin Modern Math Page";
  src: url("{}") format("woff2");
  font-display: block;
}}
@font-face {{
  font-family: "Latin Modern Math Rest";
  src: url("{}") format("woff2");
  unicode-range: {};
}}
"""
SCREEN = 110  # of its dots to the inch of a figure fill the column of the text
# a formula in the text and what touches it: a line must not begin with the full stop after it
WORD = re.compile(
    "[^\\s<>]+{0}[^\\s<]*|{0}[^\\s<]+".format("<math>(?:(?!</math>).)*</math>"), re.DOTALL
)
# a space after which no line begins: before a unit, and beside a sign of a formula in plain letters
TIED = re.compile(
    r"(?s)<(head|script|pre|code|math)\b.*?</\1>"
    r"| (?:(?<=\d )(?=(?:min|h|MB|GB)\b|%)|(?<=[\w)] )(?=[−+×=] )|(?<=[\w)] [−+×=] )(?=[\w(−]))"
)
# three elements of four stand in formulas and programs, and nothing here changes them
INSIDE = re.compile(r"(?s)(<(?:math|pre)\b[^>]*)>(.*?)(?=</(?:math|pre)>)")
MARKUP = re.compile("(?s)<annotation.*?</annotation>|<[^>]*>")
ASIDE = re.compile(r'(<(?:math|pre)\b[^>]*) n="(\d+)"([^>]*>)[^<]*')
ICONS = "fa-solid-900.woff2"
PAGE_FONT = "latinmodern-page.woff2"  # half the size, and no formula is drawn before it is there
DRAWN = {0x221A, 0x210E, *range(0x1D434, 0x1D468), *range(0x1D6E2, 0x1D71C)}  # roots and italics


# What a page says about itself


def _describe(app, pagename, template, context, doctree):
    """Give search engines the page's first paragraph without a formula, unless its head has one."""
    SHOWN.add(pagename)
    head = VIEWPORT.sub("", context.get("metatags", ""))  # the frame has one already
    if 'name="description"' not in head:
        paragraphs = doctree.findall(nodes.paragraph) if doctree else ()
        texts = (p.astext() for p in paragraphs if not list(p.findall(nodes.math)))
        title = f"{context.get('title') or UNTITLED[pagename]}: {app.config.html_title}"
        words = next((text for text in texts if len(text) > 60), title)
        words = escape(shorten(words, 157, placeholder=" …"))
        head += f'<meta name="description" content="{words}"/>'
    context["metatags"] = head
    if home := app.config.html_baseurl:  # what a link to the page shows elsewhere
        words = BeautifulSoup(head, "html.parser").find("meta", {"name": "description"})["content"]
        title = BeautifulSoup(context.get("title", ""), "html.parser").text
        card = {"title": title, "description": words, "type": "article"}
        card |= {"url": f"{home}{pagename}.html", "image": f"{home}_static/card.png"}
        for name, text in card.items():
            context["metatags"] += f'<meta property="og:{name}" content="{escape(text)}"/>'


# What a page offers beside its text


def _name_repository(app, config):
    """The one setting is repository: url in _config.yml; on GitHub a build knows its own."""
    options = config.html_theme_options
    on_github = [os.environ.get(f"GITHUB_{part}", "") for part in ("SERVER_URL", "REPOSITORY")]
    url = options.get("repository_url") or "/".join(on_github).strip("/")
    if url:
        options |= {"repository_url": url, "use_repository_button": True}
        options |= {"use_issues_button": True, "use_edit_page_button": True}
    if not config.html_baseurl and (found := re.fullmatch(r"https://github.com/(.+)/(.+)", url)):
        config.html_baseurl = "https://{}.github.io/{}/".format(*found.groups())


def _offer(app, pagename, template, context, doctree):
    """How far it is through the book, the chapter as a notebook, and when it was last changed."""
    numbers = {name: of[""][0] for name, of in app.env.toc_secnumbers.items() if of}
    context |= {"number": numbers.get(pagename), "last": max(numbers.values(), default=0)}
    notebook = Path(app.srcdir) / "notebooks" / f"{Path(pagename).name}.ipynb"
    if notebook.exists():
        copies = Path(app.outdir) / "_sources"
        copies.mkdir(exist_ok=True)
        context["ipynb_source"] = shutil.copy(notebook, copies) and notebook.name
    if doctree and shutil.which("git"):
        log = ["git", "log", "-1", "--format=%cs", "--", app.env.doc2path(pagename)]
        context["changed"] = subprocess.run(
            log, cwd=app.srcdir, capture_output=True, text=True
        ).stdout.strip()


# Every page, once the site is built


def _finish(app, error):
    if error or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    for path in Path(app.outdir).rglob("*.html"):
        name = path.relative_to(app.outdir).with_suffix("").as_posix()
        if not name.startswith("_") and name not in SHOWN:
            path.unlink()  # of an earlier build
    pages, insides = {}, []
    for name in sorted(SHOWN):
        text = Path(app.outdir, f"{name}.html").read_text()
        text = TIED.sub(lambda found: found[0] if found[1] else "\u00a0", text)
        text = WORD.sub(r'<span class="word">\g<0></span>', text)
        text = INSIDE.sub(lambda found: _put_aside(*found.groups(), insides), text)
        pages[name] = BeautifulSoup(text, "html.parser")
    _mend(pages.values())
    search.write(
        static / "sections.js", {n: page for n, page in pages.items() if n in app.env.found_docs}
    )
    for name, page in pages.items():
        _size_images(page, Path(app.outdir, f"{name}.html").parent)
        _letter(page)
    scripts = [*SCRIPTS, HOME / "worker" / "panel.mjs"]
    _split_font(static, DRAWN.union(map(ord, unescape("".join(insides)))))
    sheets = styles.join(static, pages.values(), scripts, insides)
    for (name, page), linked in zip(pages.items(), sheets, strict=True):
        path = Path(app.outdir, f"{name}.html")
        _link(page, page.html["data-content_root"] + "_static/", linked)
        if name == "404":
            _root(page, app.config.html_baseurl)
        path.write_text(ASIDE.sub(lambda at: at[1] + at[3] + insides[int(at[2])], str(page)))
    front = Path(app.outdir) / f"{app.config.root_doc}.html"
    (Path(app.outdir) / "index.html").write_text(TO_FRONT.format(app.config))
    if app.config.html_baseurl:
        figure = pages[app.config.root_doc].find("img", src=re.compile("_images/"))
        picture = figure and front.parent / figure["src"]
        _draw_card(static / "card.png", picture, app.config.html_title)


def _put_aside(start, inside, insides):
    """What stands for a formula or program until its page is written: its words and its number."""
    insides.append(inside)
    return f'{start} n="{len(insides) - 1}">{MARKUP.sub("", inside)}'


def _split_font(static, characters):
    """The font of formulas with some characters, and a sheet that asks the whole one for others."""
    styles.subset_font(FONT, static / PAGE_FONT, characters)
    others = (f"U+{character:X}" for character in TTFont(FONT).getBestCmap().keys() - characters)
    (static / "fonts.css").write_text(FONTS.format(PAGE_FONT, FONT.name, ",".join(sorted(others))))


def _link(page, root, sheets):
    """Load the joined stylesheets, the fonts from the start, and the scripts after the page."""
    for tag in page("link", rel=["stylesheet", "preload"]):
        tag.decompose()
    for tag in page("script"):
        if "first.js" not in tag["src"]:
            tag["defer"] = ""
    fonts = [ICONS, PAGE_FONT] if page.math else [ICONS]
    links = [
        f'<link rel="preload" as="font" type="font/woff2" crossorigin href="{root}{font}"/>'
        for font in fonts
    ]
    links += [f'<link rel="stylesheet" href="{root}{sheet}"/>' for sheet in sheets]
    page.title.insert_after(BeautifulSoup("".join(links), "html.parser"))


def _root(page, home):
    """Full addresses, where the site's is known, for a page that is shown in place of any other."""
    for attribute in ("href", "src", "action", "data-content_root"):
        for tag in page.find_all(attrs={attribute: True}):
            if home and not tag[attribute].startswith("#"):
                tag[attribute] = urljoin(home, tag[attribute])


def _mend(pages):
    """Mend what validators, screen readers and hands stumble over."""
    for where, what, change in MENDS:
        mended = [change(tag) is not False for page in pages for tag in page.select(what)]
        if not any(mended) and any(page.select_one(where) for page in pages):
            raise ExtensionError(f"pages.py mends {what} of {where}, where there is none to mend")


def _without(name):
    return lambda tag: tag.attrs.pop(name)


def _as_division(tag):
    tag.name = "div"
    del tag["id"]


def _scrolls(tag):
    """Whoever has no mouse scrolls by the arrow keys what may be wider than a phone."""
    if tag.name == "pre" and max(map(len, tag.text.splitlines()), default=0) <= 28:
        return False
    tag["tabindex"] = "0"


def _name_pages(tag):
    tag["aria-label"] = f"Pages of {tag.find_previous('a').get_text(strip=True)}"


def _as_cell(tag):
    if tag.get_text(strip=True):
        return False
    tag.name = "td"


def _keep_whole(code):
    """A short program in a line of text goes to the next line as a whole."""
    if len(code.text) > 20 or " " not in code.text:
        return False
    code["class"] = [*code["class"], "word"]


def _leave_out_of_tabs(tag):
    tag["tabindex"] = "-1"  # the mark beside it is stop enough


def _name_mark(tag):
    seen = "".join(c for c in tag.span.get_text() if c.isalnum())  # a name holds what is seen
    name = tag["class"][-1].removeprefix("derivation-")  # the rest is its title
    tag["aria-label"] = f"{name} {seen}".strip()
    tag.select_one(".derivation-words")["hidden"] = ""


def _fold(box):
    """Fold a solution or a proof by the browser's own means, which need no script."""
    box.name = "details"
    if "proof" in box["class"]:  # which comes without a title
        box.insert(0, BeautifulSoup('<p class="admonition-title">Proof</p>', "html.parser"))
        word = box.find(string=re.compile(r"^Proof\. "))
        word.replace_with(word.removeprefix("Proof. "))
    box.find(class_="admonition-title").name = "summary"
    for link in box.summary("a"):  # to the exercise above it, whose title stands there
        number, _, title = link.get_text().partition(" (")
        link.replace_with(number if number[-1].isdigit() else f" {title.removesuffix(')')}")


def _name_by_its_words(summary):
    """What folds a cell is named by what it says, in elements that a summary may have."""
    del summary["aria-label"]
    for words in summary("p"):
        words.name = "span"


# Where, what is written there, what becomes of it (False: it may stay as it is); the build fails
# when there is nothing left to mend
MENDS = [
    ("article", "article script", Tag.decompose),  # of live code, which is not offered
    ("div.solution", "div.admonition.dropdown", _fold),
    ("div.exercise", "section[id$=-content]", _as_division),  # no-dup-id: one for all exercises
    ("div.proof", "[id=proof]", _without("id")),  # no-dup-id
    ("div.citation", "[role=doc-biblioentry]", _without("role")),  # aria-deprecated-role
    ("div.citation", ".citation-list[role]", _without("role")),
    ("details.hide", "details.hide > summary", _name_by_its_words),  # label-content-name-mismatch
    ("article p > code", "article :is(p, li) > code.literal:not(td code)", _keep_whole),
    ("main .output", ".output pre", _scrolls),  # scrollable-region-focusable, as the next two
    ("main table.table", ".pst-scrollable-table-container", _scrolls),
    ("main .cell_output table", ".cell_output > .text_html", _scrolls),
    ("nav li.has-children", "nav summary", _name_pages),  # summary-name: an arrow beside a link
    ("main table.table", "th", _as_cell),  # empty-table-header
    ("a.derivation-mark", "a.eqno", _leave_out_of_tabs),
    ("main .beside", "a.derivation-mark", _name_mark),
    ("table", "[style]", _without("style")),  # page.css says it: some policies forbid these
]


def _size_images(page, folder):
    """Say how large figures are, so that nothing moves, and write them as WebP, a third of PNG.

    They have more dots than a plain screen, for those that have more, and 64 colours, each moved to
    the middle of what it stands for: no difference can be seen.
    """
    for n, tag in enumerate(page.select('img[src*="_images/"]')):
        path = folder / tag["src"]
        with Image.open(path) as image:
            shrink = SCREEN / image.info.get("dpi", (SCREEN,))[0]
            tag["width"], tag["height"] = (round(side * shrink) for side in image.size)
            smaller = path.with_suffix(".webp")
            if path.suffix == ".png" and not smaller.exists():  # the name is a hash of the picture
                image = image.convert("RGB").quantize(64, kmeans=1, dither=Image.Dither.NONE)
                image.save(smaller, lossless=True, method=6)
            tag["src"] = tag["src"].replace(".png", ".webp")
        tag["decoding"] = "async"
        if n:
            tag["loading"] = "lazy"


def _letter(page):
    """Lead from each letter to its first term, above the terms of a glossary."""
    firsts = {}
    for term in page.select("dl.glossary > dt[id]"):
        firsts.setdefault(term.get_text()[0].upper(), term["id"])
    if firsts:
        links = (f'<a href="#{anchor}">{letter}</a>' for letter, anchor in firsts.items())
        links = f'<p class="letters">{" ".join(links)}</p>'
        page.select_one("dl.glossary").insert_before(BeautifulSoup(links, "html.parser"))


def _draw_card(path, figure, title):
    """The picture that a link to the book shows elsewhere: its title, over its figure if any."""
    card = Image.new("RGB", (1200, 630), "white")
    font = ImageFont.truetype(matplotlib.get_data_path() + "/fonts/ttf/DejaVuSans-Bold.ttf", 64)
    ImageDraw.Draw(card).multiline_text((60, 60), title.replace(", ", ",\n"), "#0072B2", font)
    if figure:
        with Image.open(figure) as image:
            height = 1080 * image.height // image.width
            card.paste(image.convert("RGB").resize((1080, height)), (60, 590 - height))
    card.save(path)


def setup(app):
    gc.disable()  # a build keeps its trees to the end: to look for cycles is a quarter of its time
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # a line for each table that it drops
    app.connect("builder-inited", _add_files)
    app.connect("config-inited", _name_repository)
    app.connect("html-page-context", _describe)
    app.connect("html-page-context", _offer)
    app.connect("html-page-context", _choose_scripts, priority=999)
    app.connect("build-finished", _finish, priority=900)  # the theme writes pygments.css there
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _add_files(app):
    app.builder.search = False  # search.py does it by sections
    app.config.html_static_path.append(str(STATIC))
    app.add_css_file("page.css", priority=800)
    for name in ("first.js", "page.js", "preview.js", "live.js"):
        app.add_js_file(name)


def _choose_scripts(app, pagename, template, context, doctree):
    named = {Path(str(js.filename)).name: js for js in context["script_files"]}
    own = {name for name in named if (STATIC / name).is_file()}
    if astray := (set(SCRIPTS) - set(named)) | (own - set(SCRIPTS)):
        raise ExtensionError(f"scripts of pages.py's list or of the pages alone: {astray}")
    context["script_files"] = [named[name] for name in SCRIPTS]
