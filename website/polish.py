"""The site's polish: what jupyter-book 1 and its theme leave undone for a light, correct page."""

import logging
import os
import re
import shutil
from hashlib import sha256
from html import escape
from itertools import pairwise
from pathlib import Path
from textwrap import shorten

import matplotlib
import tinycss2
from bs4 import BeautifulSoup
from docutils import nodes
from fontTools import subset
from PIL import Image, ImageDraw, ImageFont

HOME = Path(__file__).resolve().parent
NOTEBOOKS = HOME.parent / "notebooks"
STATIC = HOME / "static"
# linked on every page and of no use in this book: live code, tabs, folding by a script, and icons
# by a script beside the same icons by a font
UNUSED = re.compile("thebe|design-tabs|togglebutton|fontawesome.*[.]js")
INLINE = re.compile("THEBE_JS_URL|^let toggle|togglebuttonSelector|DOCUMENTATION_OPTIONS")
SEARCH = re.compile("searchtools|language_data")  # on one page only
UNTITLED = {
    "genindex": "Index of terms",
    "search": "Search the chapters",
}
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
SCREEN = 110  # of its dots to the inch of a figure fill the column of the text
# a formula in the text and what touches it: a line must not begin with the full stop after it
WORD = re.compile(
    "[^\\s<>]+{0}[^\\s<]*|{0}[^\\s<]+".format("<math>(?:(?!</math>).)*</math>"), re.DOTALL
)
ICONS = "fa-solid-900.woff2"
WAIT = STATIC / "font.js"  # stands in the page: before the first paint
# the theme's script measures all these at every change of a page, to learn which of them scroll,
# and so lays out what is far from the screen; _mend says it once
MEASURED = "pre, .nboutput > .output_area, .cell_output > .output, .jp-RenderedHTMLCommon"


# What a page says about itself


def _describe(app, pagename, template, context, doctree):
    """Give search engines the page's first paragraph without a formula, unless its head has one."""
    SHOWN.add(pagename)
    head = context.get("metatags", "")
    if 'name="description"' not in head:
        paragraphs = doctree.findall(nodes.paragraph) if doctree else ()
        texts = (p.astext() for p in paragraphs if not list(p.findall(nodes.math)))
        title = f"{context.get('title') or UNTITLED[pagename]}: {app.config.html_title}"
        words = next((text for text in texts if len(text) > 60), title)
        words = escape(shorten(words, 157, placeholder=" …"))
        context["metatags"] = head = f'{head}<meta name="description" content="{words}"/>'
    if home := app.config.html_baseurl:  # what a link to the page shows elsewhere
        words = BeautifulSoup(head, "html.parser").find("meta", {"name": "description"})["content"]
        card = {"title": context.get("title", ""), "description": words, "type": "article"}
        card |= {"url": f"{home}{pagename}.html", "image": f"{home}_static/card.png"}
        for name, text in card.items():
            text = escape(BeautifulSoup(text, "html.parser").text)
            context["metatags"] += f'<meta property="og:{name}" content="{text}"/>'


# What a page offers beside its text


def _name_repository(app, config):
    """The one setting is repository: url in _config.yml; on GitHub a build knows its own."""
    options = config.html_theme_options
    on_github = [os.environ.get(f"GITHUB_{part}", "") for part in ("SERVER_URL", "REPOSITORY")]
    url = options.get("repository_url") or "/".join(on_github).strip("/")
    if url:
        options |= {"repository_url": url, "use_repository_button": True, "use_issues_button": True}
    if not config.html_baseurl and (found := re.fullmatch(r"https://github.com/(.+)/(.+)", url)):
        config.html_baseurl = "https://{}.github.io/{}/".format(*found.groups())


def _offer(app, pagename, template, context, doctree):
    """The chapter as a notebook, here and where it runs without being installed; the notation."""
    notebook = NOTEBOOKS / f"{Path(pagename).name}.ipynb"
    if notebook.exists():
        copies = Path(app.outdir) / "_sources"
        copies.mkdir(exist_ok=True)
        context["ipynb_source"] = shutil.copy(notebook, copies) and notebook.name
        if launch := _launch_buttons(app.config.html_theme_options, notebook.name):
            context["header_buttons"].append(
                {
                    "type": "group",
                    "tooltip": "Run this chapter",
                    "icon": "fas fa-rocket",
                    "buttons": launch,
                    "label": "launch-buttons",
                }
            )
    context["header_buttons"].append(
        {
            "type": "link",
            "url": context["pathto"]("book/glossary").rstrip("#") + "#notation-in-short",
            "tooltip": "Notation",
            "icon": "fas fa-key",
            "label": "notation-button",
        }
    )


def _launch_buttons(options, name):
    """Binder and Colab open the stored notebooks: neither reads the chapters' own format."""
    url, branch = options.get("repository_url", ""), options["repository_branch"]
    if not url.startswith("https://github.com/"):
        return []
    path = url.removeprefix("https://github.com/")
    return [
        {
            "type": "link",
            "url": f"https://mybinder.org/v2/gh/{path}/{branch}?urlpath=lab/tree/notebooks/{name}",
            "text": "Binder",
            "tooltip": "Everything is installed there; starting takes some minutes",
            "icon": "fas fa-play",
            "label": "launch-binder-button",
        },
        {
            "type": "link",
            "url": f"https://colab.research.google.com/github/{path}/blob/{branch}/notebooks/{name}",
            "text": "Colab",
            "tooltip": f"Needs a first cell: %pip install git+{url}",
            "icon": "fas fa-play",
            "label": "launch-colab-button",
        },
    ]


# Every page, once the site is built


def _polish(app, error):
    if error or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    for path in Path(app.outdir).rglob("*.html"):
        name = path.relative_to(app.outdir).with_suffix("").as_posix()
        if not name.startswith("_") and name not in SHOWN:
            path.unlink()  # of an earlier build
    pages = {}
    for path in sorted(Path(app.outdir, f"{name}.html") for name in SHOWN):
        text = WORD.sub(r'<span class="word">\g<0></span>', path.read_text())
        pages[path] = BeautifulSoup(text, "html.parser")
    sections = app.env.toc_secnumbers.items()
    numbers = {Path(name).name: of[""][0] for name, of in sections if of}
    for path, page in pages.items():
        _mend(page)
        _colours(page)
        _fold(page)
        _size_images(page, path.parent)
        _count_chapter(page, numbers.get(path.stem), max(numbers.values(), default=0))
    front = Path(app.outdir) / f"{app.config.root_doc}.html"
    (Path(app.outdir) / "index.html").write_text(TO_FRONT.format(app.config))
    if app.config.html_baseurl:
        figure = pages[front].find("img", src=re.compile("_images/"))
        picture = figure and front.parent / figure["src"]
        _draw_card(static / "card.png", picture, app.config.html_title)
    search = static / "searchtools.js"  # shows of a page how its text begins, not its buttons
    search.write_text(search.read_text().replace('[role="main"]', "article.bd-article"))
    script = _script(static, pages.values())
    style = _style(static, pages.values(), (static / "site.js").read_text())
    for path, page in pages.items():
        _link(page, page.html["data-content_root"] + "_static/", script, style)
        path.write_text(str(page))


def _names(tags, attribute):
    """The files of _static/ that the tags load, without their version."""
    links = (tag.get(attribute, "").partition("?")[0].rpartition("_static/") for tag in tags)
    return [name for _, static, name in links if static and not UNUSED.search(name)]


def _script(static, pages):
    """Join the scripts that all pages load; the name of the file."""
    lists = [_names(page("script", src=True), "src") for page in pages]
    names = [name for name in lists[0] if all(name in others for others in lists)]
    text = ";\n".join((static / name).read_text() for name in names)
    return _write(static / "site.js", text.replace(MEASURED, ".none"))


def _write(path, text):
    """Write a file; its name with a version, so that no browser takes an old one from its cache."""
    path.write_text(text)
    return f"{path.name}?v={sha256(text.encode()).hexdigest()[:8]}"


def _style(static, pages, script):
    """Join the stylesheets, without the rules whose classes no page and no script knows."""
    names = dict.fromkeys(
        n for page in pages for n in _names(page("link", rel="stylesheet"), "href")
    )
    known = set(re.findall(r"[\w-]+", script))
    for page in pages:
        known.update(name for tag in page(class_=True) for name in tag["class"])
        known.update(tag["id"] for tag in page(id=True))
        known.update(
            word for tag in page("script", src=False) for word in re.findall(r"[\w-]+", str(tag))
        )
    css = ""
    for name in names:
        folder = (Path("/") / name).parent
        sheet = (static / name).read_text()
        for imported in re.findall(r'@import "([^"]*)";', sheet):
            sheet = (static / name).parent.joinpath(imported).read_text() + sheet
        sheet = re.sub(
            r"""url\(["']?(?!data:|#)([^)"']+)["']?\)""",
            lambda link, folder=folder: f"url({os.path.normpath(folder / link[1])[1:]})",
            sheet,
        )
        css += _pruned(
            tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True), known
        )
    return _write(static / "site.css", _few_icons(static, css))


def _pruned(rules, known):
    text = ""
    for rule in rules:
        if rule.type == "qualified-rule":
            kept = [s for s in _selectors(rule.prelude) if _names_in(s) <= known]
            if kept:
                body = re.sub(
                    r"/\*.*?\*/|\s*\n\s*", "", tinycss2.serialize(rule.content), flags=re.DOTALL
                )
                text += ",".join(tinycss2.serialize(s).strip() for s in kept) + "{" + body + "}\n"
        elif rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports"):
            inner = _pruned(tinycss2.parse_rule_list(rule.content, True, True), known)
            if inner:
                text += f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}\n"
        elif rule.type == "at-rule" and rule.lower_at_keyword not in ("charset", "import"):
            text += rule.serialize() + "\n"
    return text


def _selectors(tokens):
    """The selectors of a rule, cut at the commas between them."""
    found = [[]]
    for token in tokens:
        if token == ",":
            found.append([])
        else:
            found[-1].append(token)
    return found


def _names_in(selector):
    """The classes and ids that a selector asks for; what is inside :not() or :is() is no demand."""
    classes = {b.value for a, b in pairwise(selector) if a == "." and b.type == "ident"}
    return classes | {token.value for token in selector if token.type == "hash"}


def _few_icons(static, css):
    """The stylesheet with fonts of its own icons only, which have codes for private use."""
    shown = [ord(character) for character in set(css) if "\ue000" <= character <= "\uf8ff"]

    def smaller(match):
        font = subset.load_font(static / match[1], subset.Options())
        subsetter = subset.Subsetter()
        subsetter.populate(unicodes=shown)
        subsetter.subset(font)
        name = Path(match[1]).name
        subset.save_font(font, static / name, subset.Options(flavor="woff2"))
        return name

    return re.sub(r"(?<=url\()([^)]*/fa-[^)]*woff2)(?=\))", smaller, css)


def _link(page, root, script, style):
    """Load one stylesheet and, after the page, one script; the fonts from the start."""
    for tag in page("link", rel=["stylesheet", "preload"]):
        tag.decompose()
    for tag in page("script"):
        source = tag.get("src", "")
        if ("_static/" in source and not SEARCH.search(source)) or INLINE.search(str(tag.string)):
            tag.decompose()
        elif source:
            tag["defer"] = ""
    fonts, wait = [ICONS], ""
    if page.math:
        fonts.append("latinmodern-math.woff2")
        wait = f"<script>{WAIT.read_text()}</script>"
    preload = "".join(
        f'<link rel="preload" as="font" type="font/woff2" crossorigin href="{root}{font}"/>'
        for font in fonts
    )
    style = f'<link rel="stylesheet" href="{root}{style}"/>'
    script = f'<script defer src="{root}{script}"></script>'
    page.title.insert_after(BeautifulSoup(preload + style + wait + script, "html.parser"))


def _mend(page):
    """What validators and screen readers stumble over; a rule of html-validate or axe each."""
    for tag in page.select("#jb-print-docs-body"):  # heading-level: title and contents once more
        tag.decompose()
    for tag in page.select("section[id$=-content]"):  # no-dup-id: the same in every exercise
        tag.name = "div"
        del tag["id"]
    for tag in page.select("[id=proof]"):
        del tag["id"]
    for tag in page.select(".citation[role], .citation-list[role]"):  # aria-deprecated-role
        del tag["role"]
    for tag in page("script", string=re.compile("search-button-field")):
        # label-content-name-mismatch: the button shows more words than its label
        tag.string = tag.string.replace('aria-label="Search"', "")
    for tag in page.select("input.sidebar-toggle"):  # input-missing-label
        tag["aria-label"] = "Show the sidebar"
    for tag in page.select(
        "div.sidebar-primary-items__start"
    ):  # region: its title is in no landmark
        tag.name = "aside"
        tag["aria-label"] = "Book"
    # scrollable-region-focusable: what may be wider than a phone, so that the arrow keys scroll it
    for tag in page.select(".pst-scrollable-table-container, .cell_output > .text_html, pre"):
        if tag.name != "pre" or max(map(len, tag.text.splitlines()), default=0) > 28:
            tag["tabindex"] = "0"
    for tag in page.select("nav summary"):  # summary-name: an arrow beside a link
        tag["aria-label"] = f"Pages of {tag.find_previous('a').get_text(strip=True)}"
    for tag in page("th"):  # empty-table-header
        if not tag.get_text(strip=True):
            tag.name = "td"
    for tag in page.select("main #search-input"):  # no-dup-id, on the page of the search
        tag["id"] = "search-field"


def _colours(page):
    """Light without a script; else what reader or system chose, before anything is drawn."""
    page.html["data-theme"] = "light"
    for tag in page("script", string=re.compile("dataset[.]theme")):
        auto = 'matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light"'
        tag.string = re.sub(
            r'localStorage.getItem\("theme"\) \|\| "auto"',
            f'{{light: "light", dark: "dark"}}[localStorage.getItem("theme")] || ({auto})',
            tag.string,
        )


def _fold(page):
    """Fold solutions by the browser's own means, which need no script."""
    for box in page.select("div.admonition.dropdown"):
        box.name = "details"
        box.find(class_="admonition-title").name = "summary"
        for link in box.summary("a"):  # to the exercise above it
            link.unwrap()


def _size_images(page, folder):
    """Say how large figures are, so that nothing moves, and write them as WebP, a third of PNG.

    They have more dots than a plain screen, for those that have more, and 256 colours, which show
    no difference.
    """
    for n, tag in enumerate(page.select('img[src*="_images/"]')):
        path = folder / tag["src"]
        with Image.open(path) as image:
            shrink = SCREEN / image.info.get("dpi", (SCREEN,))[0]
            tag["width"], tag["height"] = (round(side * shrink) for side in image.size)
            if path.suffix == ".png":
                image = image.convert("RGB").quantize(256, dither=Image.Dither.NONE)
                image.save(path.with_suffix(".webp"), lossless=True, method=6)
                tag["src"] = tag["src"].replace(".png", ".webp")
        tag["decoding"] = "async"
        if n:
            tag["loading"] = "lazy"


def _count_chapter(page, number, last):
    """Say above the title how far through the book a chapter is."""
    if number:
        where = f"Chapter {number} of {last}"
        page.h1.insert_before(
            BeautifulSoup(
                f'<p class="chapter-number"><label>{where} '
                f'<progress max="{last}" value="{number}"></progress></label></p>',
                "html.parser",
            )
        )


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
    logging.getLogger("fontTools").setLevel(logging.WARNING)  # a line for each table that it drops
    app.connect("builder-inited", _add_style)
    app.connect("config-inited", _name_repository)
    app.connect("html-page-context", _describe)
    app.connect("html-page-context", _offer)
    app.connect("build-finished", _polish, priority=900)  # the theme writes pygments.css there
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _add_style(app):
    app.config.html_static_path.append(str(STATIC))
    app.add_css_file("polish.css", priority=800)
    app.add_js_file("preview.js")
    app.add_js_file("reveal.js")
