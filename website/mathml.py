"""Mathematics, typeset when the book is built.

MathJax's own TeX reader turns each formula into MathML, which every browser draws and every screen
reader reads without a script. The formula's LaTeX lies in it as an annotation, which nobody sees or
hears and copy.js copies. What browsers do not agree on is settled here, in mathematics.css or in
the font (mathfont.py). A formula that TeX cannot read is a warning with page and line, and warnings
fail the build.
"""

import atexit
import os
import re
import unicodedata
from base64 import b64encode
from functools import cache
from html import unescape
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from fontTools.ttLib import TTFont
from py_mini_racer import JSEvalException, MiniRacer
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

from .mathfont import FONT

HOME = Path(__file__).resolve().parent
MATHJAX = HOME / "mathjax"  # six files of release 3.2.2, as they are
# the elements that browsers draw: https://www.w3.org/TR/mathml-core/
CORE = re.compile(
    "annotation|math|mfrac|mi|mn|mo|mover|mpadded|mphantom|mroot|mrow|mspace|msqrt|mstyle|msub|"
    "msubsup|msup|mtable|mtd|mtext|mtr|munder|munderover|semantics"
)
UNREAD = {"columnalign", "columnspacing", "rowspacing", "fence"}
# the character of each letter in each style, such as ("bold", "p"): Unicode's own names say it
NAME = re.compile(
    "(?:MATHEMATICAL )?(BOLD|BOLD ITALIC|ITALIC|DOUBLE-STRUCK|SCRIPT) "
    "(?:CAPITAL|SMALL|DIGIT|PARTIAL)"
)
LETTERS = {("italic", "h"): "ℎ"} | {
    (name[1].lower().replace(" ", "-"), unicodedata.normalize("NFKC", letter)): letter
    for letter in map(chr, (*range(0x2100, 0x2150), *range(0x1D400, 0x1D800)))
    if (name := NAME.match(unicodedata.name(letter, "")))
}
# a sign that goes on with a sum in a new line, and one that begins a line
BINARY = re.compile(r"(&\s*\\q?quad)\s*([+-]|\\cdot)")
UNARY = re.compile(r"(\\begin\{aligned\}\s*&?|\\\\)\s*-")
APPLICATION = "\u2061"  # Firefox draws a space for it
ROWS = ("math", "mrow", "mtd", "msqrt", "mstyle")
IN_OUTPUT = re.compile(r'<span class="math">\\\((.*?)\\\)</span>', re.DOTALL)
logger = logging.getLogger(__name__)


def scripts():
    """What makes a JavaScript engine know the function `mathml`, in this order."""
    yield "var MathJax = { startup: { typeset: false, ready() {} } }"
    for name in (
        "startup", "core", "adaptors/liteDOM", "input/tex-full", "output/chtml",
        "output/chtml/fonts/tex",
    ):  # fmt: skip
        yield (MATHJAX / f"{name}.js").read_text()
    yield (HOME / "mathml.js").read_text()


@cache
def engine():
    """A JavaScript engine that knows `mathml` of mathml.js, and the process that it lives in."""
    js = MiniRacer()
    atexit.register(js.close)  # later, without its threads, it would sometimes wait for ever
    for script in scripts():
        js.eval(script)
    return js, os.getpid()


@cache
def mathml(tex, display):
    """The MathML of a formula, as text.

    Raises
    ------
    ValueError
        With MathJax's own words, where TeX cannot read the formula.
    """
    try:
        signs = BINARY.sub(r"\1 {} \2", UNARY.sub(r"\1 {-}", tex))
        js, process = engine()
        if process != os.getpid():  # its threads are not here: it would wait for ever
            raise ValueError("a process forked from one that typesets cannot typeset")
        source = js.call("mathml", signs, display)
    except JSEvalException as error:
        raise ValueError(re.sub("<.*?>:[0-9]+: ", "", str(error).splitlines()[0])) from None
    math = ElementTree.fromstring(re.sub(r' xmlns="[^"]*"|\n *', "", source))
    changes = _simplify, _browser_form, _enclose_fraction, _place_accent, _straighten
    for change in changes:
        for element in list(math.iter()):
            change(element)
    annotation = _element("annotation", encoding="application/x-tex")
    annotation.text = tex
    math[:] = [_element("semantics", _element("mrow", *math), annotation)]
    return ElementTree.tostring(math, encoding="unicode")


def stylesheet():
    """The rules that formulas need, for a page that stands alone: the font lies in them."""
    data = b64encode(FONT.read_bytes()).decode()
    rules = (HOME / "static" / "mathematics.css").read_text()
    return rules.replace(FONT.name, f"data:font/woff2;base64,{data}")


def _simplify(parent):
    """Take out what draws nothing: empty elements, boxes around one element, a space's style."""
    if parent.tag in ("math", "mrow", "mstyle", "mtd"):
        for child in [c for c in parent if c.tag in ("mi", "mo", "mrow")]:
            if child.text in (None, APPLICATION) and not len(child):
                parent.remove(child)
    for n, child in enumerate(parent):
        while len(child) == 1 and (
            child.tag == "mrow" or (child.tag == "mstyle" and child[0].tag == "mspace")
        ):
            parent[n] = child = child[0]


def _element(tag, *children, **attributes):
    element = ElementTree.Element(tag, attributes)
    element.extend(children)
    return element


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


def _enclose_fraction(row):
    """Firefox adds spaces of its own between a fraction and what is no operator, but not here."""
    for n, child in enumerate(row):
        if child.tag == "mfrac" and row.tag in ROWS and len(row) > 1:
            row[n] = _element("mpadded", child)


@cache
def font():
    """What the font says of characters, in em: {character: (off_centre, lean)}.

    The first is how far right of its middle its top is, above which an accent stands; the second,
    how far it leans over what follows, where that is seen.
    """
    font = TTFont(FONT)
    info, em, said = font["MATH"].table.MathGlyphInfo, font["head"].unitsPerEm, {}
    leans, tops = info.MathItalicsCorrectionInfo, info.MathTopAccentAttachment
    leans = dict(zip(leans.Coverage.glyphs, leans.ItalicsCorrection, strict=True))
    tops = dict(zip(tops.TopAccentCoverage.glyphs, tops.TopAccentAttachment, strict=True))
    for code, glyph in font.getBestCmap().items():
        middle = font["hmtx"][glyph][0] / 2
        top = tops[glyph].Value if glyph in tops else middle
        lean = leans[glyph].Value if glyph in leans else 0
        said[chr(code)] = (top - middle) / em, lean / em if lean > em / 20 else 0
    return said


def _font_of(letter):
    """What the font says of a letter as browsers draw it: by itself, without a word, italic."""
    text = letter.text if letter.attrib else LETTERS.get(("italic", letter.text), letter.text)
    return font().get(text, (0, 0))


def _place_accent(over):
    """Say how far from the middle of its letter an accent stands, in twentieths of an em.

    Firefox puts it further to the right by as much as the letter leans: that has a class, too.
    """
    if over.tag == "mover" and over.get("accent") and over[1].get("stretchy") == "false":
        (top, lean), (own, _) = map(_font_of, over)
        skew, lean = round(20 * (top - own)), round(20 * lean)
        names = [f"skew{skew}" if skew > 0 else f"back{-skew}"] * bool(skew)
        if names := names + [f"lean{lean}"] * bool(lean):
            over[1].set("class", " ".join(names))


def _straighten(parent):
    """Leave room where a letter leans over its neighbour, as TeX does."""
    for child in reversed(parent):
        letter = child[0] if child.tag == "mover" else child
        lean = letter.tag == "mi" and _font_of(letter)[1]
        if lean:
            space = _element("mspace", width=f"{lean}em", **{"class": "lean"})
            if parent.tag in ROWS:
                parent.insert(list(parent).index(child) + 1, space)
            elif parent.tag == "msup" and child is parent[0]:
                parent[0] = _element("mrow", child, space)


def _visit_math(self, node):
    self.body.append(_rendered(node, node.astext()))
    raise nodes.SkipNode


def _visit_math_block(self, node):
    self.body.append(self.starttag(node, "div", CLASS="math"))
    self.body.append(_rendered(node, node.astext(), display=True))
    beside = node.get("mark", "")
    if node["number"]:
        number = get_node_equation_number(self, node)
        beside = f'<a class="eqno" href="#{node["ids"][0]}">({number})</a>' + beside
    if beside:
        self.body.append(f'<span class="beside">{beside}</span>')
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


def setup(app):
    app.add_css_file("mathematics.css", priority=700)
    app.add_js_file("copy.js")
    app.add_html_math_renderer("mathml", (_visit_math, None), (_visit_math_block, None))
    app.connect("doctree-resolved", _typeset_outputs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
