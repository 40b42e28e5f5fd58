"""Where website/mathml.py mends what MathJax writes, because browsers do not lay out as TeX."""

import multiprocessing
import re
import subprocess
import sys
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from xml.etree import ElementTree

import pytest
from fontTools.ttLib import TTFont

from website.mathfont import FONT, SIZES
from website.mathml import HOME, mathml, stylesheet


def drawn(tex, display=False):
    """What a formula draws: without its LaTeX."""
    return re.sub(
        "<annotation.*?</annotation>|</?math[^>]*>|</?semantics>", "", mathml(tex, display)
    )


def brackets(tex):
    """The brackets of a displayed formula, each with its class: none, if it grows."""
    found = ElementTree.fromstring(drawn(tex, True)).iter("mo")
    return [mo.text + mo.get("class", "") for mo in found if mo.text in "()[]{}⟨⟩|‖"]


def accent(tex):
    """The classes of the accent in a formula."""
    return ElementTree.fromstring(drawn(tex)).find(".//mover")[1].get("class")


ROOM = '<mspace width="0.214em" class="lean" />'  # which Firefox makes by itself
SPACE = '<mspace width="0.167em" />'
HALF = "<mfrac><mn>1</mn><mn>2</mn></mfrac>"
PRIME = '<mo lspace="0" rspace="0">′</mo>'
MINUS = '<mo lspace="{}" rspace="0">−</mo>'.format
ROWS = r"\left(\begin{matrix} a \\ b \\ c \\ d \end{matrix}\right)"


@pytest.mark.parametrize(
    ("tex", "part"),
    [
        # a prime stands beside its letter and not in the superscript, an index below it
        ("g'", f"<mi>g</mi>{PRIME}"),
        ("g'^2", f"<msup><mrow><mi>g</mi>{PRIME}</mrow><mn>2</mn></msup>"),
        ("x^2", "<msup><mi>x</mi><mn>2</mn></msup>"),
        ("s'_k", f'<msub><mrow><mi>s</mi><mpadded width="0">{PRIME}</mpadded></mrow><mi>k</mi>'),
        # a bracket above all sizes grows and has no space inside
        (ROWS, '<mo lspace="0" rspace="0">(</mo>'),
        (ROWS, '<mo lspace="0" rspace="0">)</mo>'),
        # a letter that leans leaves room for its neighbour
        ("V x", f"<mi>V</mi>{ROOM}"),
        ("V^2", f"<mrow><mi>V</mi>{ROOM}</mrow><mn>2</mn>"),
        # a minus is spaced as the operator or the sign that it is
        (r"\begin{aligned} a &= b \\ &\quad - c \end{aligned}", MINUS("0.222em")),
        (r"\begin{aligned} &-c \\ &= b \end{aligned}", MINUS("0")),
        (r"\frac{a}{b} - c", MINUS("0.222em")),
        # a logarithm has its space after a fraction, and one before a letter
        (r"\frac{1}{M} \log p", f"</mpadded>{SPACE}<mi>log</mi>"),
        (r"\log C", f"<mi>log</mi>{SPACE}<mi>C</mi>"),
        # a fraction in a row is kept from spaces of Firefox
        (r"a \frac{1}{2}", f"<mi>a</mi><mpadded>{HALF}</mpadded>"),
        (r"x^{\frac{1}{2}}", f"<msup><mi>x</mi>{HALF}</msup>"),
        # a sign of a product between two factors is not as large as a sum
        (r"a \otimes b", 'largeop="false">⊗</mo>'),
    ],
)
def test_a_formula_is_drawn_as_tex_draws_it(tex, part):
    assert part in drawn(tex, True)


@pytest.mark.parametrize(
    ("tex", "part"),
    [("x V_k", "mspace"), (r"\log C", "\u2061"), (r"\bigotimes_i a_i", "largeop")],
)
def test_a_formula_is_drawn_without(tex, part):
    assert part not in drawn(tex, True)


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        (r"\left(a\right)", ["(", ")"]),
        (r"\left(\frac{a}{b}\right)", ["(size2", ")size2"]),
        (r"\left\{\frac{\frac{a}{b}}{c}\right\}", ["{size3", "}size3"]),
        (r"\left(\sum_{i=1}^M a\right)", ["(size4", ")size4"]),
        (r"\left|\frac{a}{b}\right|", ["|size2", "|size2"]),
        (r"\bigl(a\Bigr]", ["(size1", "]size2"]),
        (r"\Bigl(a\Bigr)^2", ["(size2", ")size2"]),
    ],
)
def test_a_bracket_has_the_size_that_tex_gives_it(tex, expected):
    assert brackets(tex) == expected
    signs = re.findall(r'<mo [^>]*?stretchy="false"[^>]*>', drawn(tex, True))
    assert len(signs) == len(expected)


@pytest.mark.parametrize("place", range(len(SIZES)))
@pytest.mark.parametrize("bracket", "()[]{}⟨⟩|‖⌈⌉⌊⌋")
def test_the_font_draws_the_size_that_a_class_names(bracket, place):
    font, em = table(), 1000
    feature = font["GSUB"].table.FeatureList.FeatureRecord[place]
    assert feature.FeatureTag == f"ss0{place + 1}"
    (lookup,) = feature.Feature.LookupListIndex
    drawn_as = font["GSUB"].table.LookupList.Lookup[lookup].SubTable[0].mapping
    glyph = font["glyf"][drawn_as[font.getBestCmap()[ord(bracket)]]]
    most = max(SIZES) if bracket in "|‖" else 3000  # no others are so tall
    assert glyph.yMax - glyph.yMin == pytest.approx(min(SIZES[place], most), abs=0.11 * em)
    assert glyph.yMax + glyph.yMin == pytest.approx(500, abs=6)  # about the axis of formulas


def test_all_sizes_of_a_root_are_as_wide_as_the_smallest():
    font = table()
    variants = font["MATH"].table.MathVariants
    root = font.getBestCmap()[ord("√")]
    made = variants.VertGlyphConstruction[variants.VertGlyphCoverage.glyphs.index(root)]
    sizes = [size.VariantGlyph for size in made.MathGlyphVariantRecord]
    parts = [part.glyph for part in made.GlyphAssembly.PartRecords]
    assert {font["hmtx"][name][0] for name in sizes + parts} == {833}
    assert {font["glyf"][name].xMax for name in sizes} == {853}  # there the line goes on


@cache
def table():
    return TTFont(FONT)


def test_every_class_of_a_formula_has_its_rule():
    sheet = (HOME / "static" / "mathematics.css").read_text()
    letters = [chr(code) for code in (*range(65, 91), *range(97, 123))]
    bases = letters + [rf"{{\mathbf {c}}}" for c in letters] + [r"\alpha", r"\ell", r"\theta"]
    formulas = [rf"\{sign} {base}" for sign in ("hat", "tilde", "bar") for base in bases]
    formulas += [r"\bigl( \Bigl( \biggl( \Biggl(", r"V\left|\frac{\frac{a}{b}}{\frac{a}{b}}\right|"]
    names = {n for tex in formulas for n in re.findall(r'class="([^"]+)"', mathml(tex, True))}
    names = {name for several in names for name in several.split()}
    assert {"lean", "lean4", "skew2", "size4"} <= names
    assert not [name for name in names if f".{name} {{" not in sheet]


def test_an_accent_stands_where_the_font_has_the_top_of_the_letter():
    assert accent(r"\hat a") is None  # 0.014 em from its middle
    assert accent(r"\hat f") == "skew4 lean2"  # 0.219 em; it leans by 0.09
    assert accent(r"\tilde X") == "skew2 lean1"
    assert accent(r"\hat{\mathbf{p}}") == "back2"
    assert accent(r"\widehat{X}") is None  # as wide as what it covers


def test_the_latex_of_a_formula_lies_in_it_as_it_was_written():
    tex = r"\begin{aligned} a &< b \\ &\quad - c' \end{aligned}"
    (meaning,) = ElementTree.fromstring(mathml(tex, True))
    kinds = [(part.tag, part.get("encoding")) for part in meaning]
    assert kinds == [("mrow", None), ("annotation", "application/x-tex")]
    assert meaning[1].text == tex


def test_the_stylesheet_of_a_page_that_stands_alone_needs_no_other_file():
    assert re.findall(r'url\("([^,]*)', stylesheet()) == ["data:font/woff2;base64"]


def test_a_formula_that_tex_cannot_read_is_refused_with_its_words():
    with pytest.raises(ValueError, match=r"^Missing close brace$"):
        mathml(r"\frac{a}{b", False)


def test_a_process_that_made_many_formulas_ends():
    program = "from website.mathml import mathml\nfor n in range(300): mathml(f'x^{{{n}}}', True)"
    subprocess.run([sys.executable, "-c", program], check=True, timeout=100)


def test_a_process_forked_from_one_that_typesets_says_so_and_does_not_wait():
    mathml("p_k", False)
    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
        answer = pool.submit(mathml, "p_k + 1234", False)
        with pytest.raises(ValueError, match="forked"):
            answer.result(timeout=20)
