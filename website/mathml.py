"""Mathematics, typeset when the book is built.

MathJax's own TeX reader, from the wheel sphinx-mathjax-offline, turns each formula into MathML,
which every browser draws and every screen reader reads without a script. A formula that TeX cannot
read is a warning with page and line, and warnings fail the build.
"""

import re
import unicodedata
from functools import cache
from html import unescape
from importlib.util import find_spec
from pathlib import Path
from xml.etree import ElementTree

from docutils import nodes
from fontTools.ttLib import TTFont
from py_mini_racer import JSEvalException, MiniRacer
from sphinx.util import logging
from sphinx.util.math import get_node_equation_number

HOME = Path(__file__).resolve().parent
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
# a sign that goes on with a sum in a new line, and one that begins a line
BINARY = re.compile(r"(&\s*\\q?quad)\s*([+-]|\\cdot)")
UNARY = re.compile(r"(\\begin\{aligned\}\s*&?|\\\\)\s*-")
PRIMES = ("′", "″")
ROWS = ("math", "mrow", "mtd", "msqrt", "mstyle")
IN_OUTPUT = re.compile(r'<span class="math">\\\((.*?)\\\)</span>', re.DOTALL)
logger = logging.getLogger(__name__)


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
    tex = BINARY.sub(r"\1 {} \2", UNARY.sub(r"\1 {-}", tex))
    try:
        source = engine().call("mathml", tex, display)
    except JSEvalException as error:
        raise ValueError(str(error).splitlines()[0].removeprefix("<anonymous>:1: ")) from None
    math = ElementTree.fromstring(re.sub(r' xmlns="[^"]*"|\n *', "", source))
    for parent in list(math.iter()):
        _simplify(parent)
    for change in (_attach_prime, _grow_bracket, _straighten):
        for parent in list(math.iter()):
            change(parent)
    for element in math.iter():
        _browser_form(element)
    return ElementTree.tostring(math, encoding="unicode")


def _simplify(parent):
    """Take out what draws nothing: empty elements, boxes around one element, a space's style."""
    if parent.tag in ("math", "mrow", "mtd"):
        for child in [c for c in parent if c.tag in ("mi", "mo", "mrow")]:
            if not child.text and not len(child):
                parent.remove(child)
    for n, child in enumerate(parent):
        while len(child) == 1 and (
            child.tag == "mrow" or (child.tag == "mstyle" and child[0].tag == "mspace")
        ):
            parent[n] = child = child[0]


def _row(*elements):
    row = ElementTree.Element("mrow")
    row.extend(elements)
    return row


def _attach_prime(scripts):
    """Take a prime, a sign that stands high by itself, out of the superscript of a letter."""
    if scripts.tag not in ("msup", "msubsup"):
        return
    base, *lower, upper = scripts
    sign, *others = upper if upper.tag == "mrow" else [upper]
    if sign.text in PRIMES:
        above = [_row(*others)] if others else []
        scripts.tag = "m" + "sub" * len(lower) + "sup" * len(above) if lower or above else "mrow"
        scripts[:] = [_row(base, sign), *lower, *above] if lower or above else [base, sign]


def _grow_bracket(scripts):
    """Chromium lets no bracket grow that has a script, unless something stands beside it."""
    if scripts.tag in ("msub", "msup", "msubsup") and scripts[0].get("minsize"):
        scripts[0] = _row(ElementTree.Element("mi"), scripts[0])


@cache
def overhangs():
    """By how much italic letters lean over what follows, in em: the font's italic corrections."""
    font = TTFont(HOME / "static" / "latinmodern-math.woff2")
    signs = {
        name: unicodedata.normalize("NFKC", chr(code))
        for code, name in font.getBestCmap().items()
        if unicodedata.name(chr(code), "").startswith("MATHEMATICAL ITALIC")
    }
    table = font["MATH"].table.MathGlyphInfo.MathItalicsCorrectionInfo
    leans = zip(table.Coverage.glyphs, table.ItalicsCorrection, strict=True)
    em = font["head"].unitsPerEm
    return {signs[n]: lean.Value / em for n, lean in leans if n in signs and lean.Value > em / 20}


def _straighten(parent):
    """Leave room where an italic letter leans over its neighbour, as TeX does."""
    for child in reversed(parent):
        letter = child[0] if child.tag == "mover" else child
        lean = overhangs().get(letter.text) if letter.tag == "mi" and not letter.attrib else None
        if lean:
            space = ElementTree.Element("mspace", width=f"{lean}em")
            if parent.tag in ROWS:
                parent.insert(list(parent).index(child) + 1, space)
            elif parent.tag == "msup" and child is parent[0]:
                parent[0] = _row(child, space)


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
    app.add_html_math_renderer("mathml", (_visit_math, None), (_visit_math_block, None))
    app.connect("doctree-resolved", _typeset_outputs)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
