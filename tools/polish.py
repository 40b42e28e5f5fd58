"""The site's polish: what jupyter-book 1 and its theme leave to be done for a light, correct page.

Mathematics is typeset when the book is built: MathJax's own TeX reader, from the wheel
sphinx-mathjax-offline, turns each formula into MathML, which every browser draws and every screen
reader reads without a script. A formula that TeX cannot read fails the build.
"""

import os
import re
import unicodedata
from functools import cache
from hashlib import sha256
from html import escape, unescape
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from textwrap import shorten
from xml.etree import ElementTree

import tinycss2
from bs4 import BeautifulSoup
from docutils import nodes
from fontTools import subset
from PIL import Image
from py_mini_racer import JSEvalException, MiniRacer
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

HOME = Path(__file__).resolve().parent
SITE = HOME / "site"  # the font and its style; not below _static/, whose files go to every page
MATHJAX = Path(find_spec("sphinx-mathjax-offline").origin).parent / "static" / "mathjax"
# the elements that browsers draw: https://www.w3.org/TR/mathml-core/
CORE = re.compile(
    "math|mfrac|mi|mn|mo|mover|mpadded|mphantom|mroot|mrow|mspace|msqrt|mstyle|msub|msubsup|msup|"
    "mtable|mtd|mtext|mtr|munder|munderover"
)
UNREAD = {"columnalign", "columnspacing", "rowspacing", "fence"}
# the character of each letter in each style, such as ("bold", "p"): Unicode's own names say it
NAME = re.compile(
    "(?:MATHEMATICAL )?(BOLD|BOLD ITALIC|DOUBLE-STRUCK|SCRIPT) (?:CAPITAL|SMALL|DIGIT)"
)
LETTERS = {
    (name[1].lower().replace(" ", "-"), unicodedata.normalize("NFKC", letter)): letter
    for letter in map(chr, (*range(0x2100, 0x2150), *range(0x1D400, 0x1D800)))
    if (name := NAME.match(unicodedata.name(letter, "")))
}
# linked on every page and of no use in this book: live code, tabs, folding by a script, and icons
# by a script beside the same icons by a font
UNUSED = re.compile("thebe|design-tabs|togglebutton|fontawesome.*[.]js")
INLINE = re.compile("THEBE_JS_URL|^let toggle|togglebuttonSelector|DOCUMENTATION_OPTIONS")
SEARCH = re.compile("searchtools|language_data")  # on one page only
ICONS = "fa-solid-900.woff2"
# the theme's script measures all these at every change of a page, to learn which of them scroll,
# and so lays out what is far from the screen; _mend says it once
MEASURED = "pre, .nboutput > .output_area, .cell_output > .output, .jp-RenderedHTMLCommon"
IN_OUTPUT = re.compile(r'<span class="math">\\\((.*?)\\\)</span>', re.DOTALL)
logger = logging.getLogger(__name__)


# Mathematics


@cache
def engine():
    """A JavaScript engine that knows the function `mathml` of mathml.js."""
    js = MiniRacer()
    js.eval("var MathJax = { startup: { typeset: false, ready() {} } }")
    for name in ("startup.js", "core.js", "adaptors/liteDOM.js", "input/tex-full.js"):
        js.eval((MATHJAX / name).read_text())
    js.eval((HOME / "mathml.js").read_text())
    return js


@cache
def mathml(tex, display):
    """The MathML of a formula, as text.

    Raises
    ------
    ValueError
        With MathJax's own words, where TeX cannot read the formula.
    """
    try:
        source = engine().call("mathml", tex, display)
    except JSEvalException as error:
        raise ValueError(str(error).splitlines()[0].removeprefix("<anonymous>:1: ")) from None
    math = ElementTree.fromstring(re.sub(r' xmlns="[^"]*"|\n *', "", source))
    for parent in list(math.iter()):
        _simplify(parent)
    for element in math.iter():
        _browser_form(element)
    return ElementTree.tostring(math, encoding="unicode")


def _simplify(parent):
    """Take out what draws nothing: empty elements, boxes around one element, a space's style."""
    if parent.tag in ("math", "mrow", "mtd"):
        for child in [c for c in parent if c.tag in ("mi", "mo") and not c.text]:
            parent.remove(child)
    for n, child in enumerate(parent):
        while len(child) == 1 and (
            child.tag == "mrow" or (child.tag == "mstyle" and child[0].tag == "mspace")
        ):
            parent[n] = child = child[0]


def _browser_form(element):
    """Say in characters and classes what browsers do not read in attributes."""
    if not CORE.fullmatch(element.tag):
        raise ValueError(f"browsers do not know {element.tag}, which MathJax makes of this")
    if element.get("mathvariant", "normal") != "normal":
        variant = element.attrib.pop("mathvariant")
        element.text = "".join(LETTERS[variant, letter] for letter in element.text)
    if columns := element.get("columnalign"):
        element.set("class", "-".join(columns.split()[:2]))
    for name in [n for n in element.attrib if n in UNREAD or n.startswith("data-")]:
        del element.attrib[name]


def _visit_math(self, node):
    self.body.append(_rendered(node, node.astext()))
    raise nodes.SkipNode


def _visit_math_block(self, node):
    self.body.append(self.starttag(node, "div", CLASS="math"))
    self.body.append(_rendered(node, node.astext(), display=True))
    if node["number"]:
        number = get_node_equation_number(self, node)
        self.body.append(f'<a class="eqno" href="#{node["ids"][0]}">({number})</a>')
    self.body.append("</div>\n")
    raise nodes.SkipNode


def _typeset_outputs(app, doctree, docname):
    """Outputs of cells are HTML with TeX in it, which Jupyter typesets by a script."""
    for node in doctree.findall(nodes.raw):
        tex = lambda found, node=node: _rendered(node, unescape(found[1]))  # noqa: E731
        node[:] = [nodes.Text(IN_OUTPUT.sub(tex, node.astext()))]


def _rendered(node, tex, display=False):
    try:
        return mathml(tex.strip(), display)
    except ValueError as error:
        while node.line is None and node.parent:
            node = node.parent
        logger.warning("%s, in the formula %s", error, tex.strip(), location=node)
        return ""


# What a page says about itself


def _describe(app, pagename, template, context, doctree):
    """Give search engines the page's first paragraph without a formula, unless its head has one."""
    head = context.get("metatags", "")
    if 'name="description"' not in head:
        paragraphs = doctree.findall(nodes.paragraph) if doctree else ()
        texts = (p.astext() for p in paragraphs if not list(p.findall(nodes.math)))
        title = f"{context.get('title', pagename)}: {app.config.project}"
        words = next((text for text in texts if len(text) > 60), title)
        words = escape(shorten(words, 157, placeholder=" …"))
        context["metatags"] = f'{head}<meta name="description" content="{words}"/>'


# Every page, once the site is built


def _polish(app, error):
    if error or app.builder.format != "html":
        return
    static = Path(app.outdir) / "_static"
    sources = {path: path.read_text() for path in sorted(Path(app.outdir).rglob("*.html"))}
    pages = {
        path: BeautifulSoup(text, "html.parser")
        for path, text in sources.items()
        if "data-content_root" in text  # else it is no page, or leads to one
    }
    script = _script(static, pages.values())
    style = _style(static, pages.values(), (static / "site.js").read_text())
    for path, page in pages.items():
        root = page.html["data-content_root"] + "_static/"
        _link(page, root, script, style)
        _mend(page)
        _colours(page)
        _fold(page)
        _size_images(page, path.parent)
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
            word for tag in page("script", src=False) for word in re.findall(r"[\w-]+", tag.text)
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
        if ("_static/" in source and not SEARCH.search(source)) or INLINE.search(tag.text):
            tag.decompose()
        elif source:
            tag["defer"] = ""
    fonts = [ICONS] + ["latinmodern-math.woff2"] * bool(page.math)
    preload = "".join(
        f'<link rel="preload" as="font" type="font/woff2" crossorigin href="{root}{font}"/>'
        for font in fonts
    )
    style = f'<link rel="stylesheet" href="{root}{style}"/>'
    script = f'<script defer src="{root}{script}"></script>'
    page.title.insert_after(BeautifulSoup(preload + style + script, "html.parser"))


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
        if tag.name != "pre" or max(map(len, tag.text.splitlines()), default=0) > 36:
            tag["tabindex"] = "0"
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
    """Say how large figures are, so that nothing moves, and write them as WebP, a third of PNG."""
    for n, tag in enumerate(page.select('img[src*="_images/"]')):
        path = folder / tag["src"]
        with Image.open(path) as image:
            tag["width"], tag["height"] = image.size
            if path.suffix == ".png":
                image.save(path.with_suffix(".webp"), lossless=True, method=6)
                tag["src"] = tag["src"].replace(".png", ".webp")
        tag["decoding"] = "async"
        if n:
            tag["loading"] = "lazy"


def setup(app):
    app.add_html_math_renderer("mathml", (_visit_math, None), (_visit_math_block, None))
    app.connect("builder-inited", _add_style)
    app.connect("doctree-resolved", _typeset_outputs)
    app.connect("html-page-context", _describe)
    app.connect("build-finished", _polish, priority=900)  # the theme writes pygments.css there
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def _add_style(app):
    app.config.html_static_path.append(str(SITE))
    app.add_css_file("polish.css", priority=800)
