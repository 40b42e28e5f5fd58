"""Make site/latinmodern-math.woff2: what formulas need of Latin Modern Math, a tenth of its size.

usage: python -m website.mathfont latinmodern-math.otf     from CTAN, or Debian's fonts-lmodern

After a change of a chapter a test may say that a character is missing: add it below.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.pens.boundsPen import BoundsPen
from fontTools.pens.t2CharStringPen import T2CharStringPen
from fontTools.pens.transformPen import TransformPen
from fontTools.ttLib import TTFont

CHARACTERS = """
    20-7E A0 AC AF B1 B4 B7 D7 F7 2C6 2C7 2DC 302-305 307 20D7
    393 394 398 39B 39E 3A0 3A3 3A6 3A8 3A9 3B1-3F5
    2013 2014 2016 2026 2032-2034 2061 2102 210B 210E 2110 2112 2113 2115 2119-211D 2124 212C
    2130 2131 2133 2190-2194 21A6 21D0-21D4 2200 2202 2203 2205 2207-2209 220F-2213 2217-221A
    221D 221E 2223 2225 2227-222B 2234 223C 2245 2248 2260 2261 2264 2265 226A 226B 227A 227B
    2282-2287 2295-2299 22A4 22A5 22C5 22C6 22EE-22F1 2308-230B 23DE 23DF 27E8 27E9 27F6 2A7D 2A7E
    1D400-1D467 1D49C-1D4B5 1D538-1D551 1D6A4 1D6A5 1D6E2-1D71B 1D736-1D755 1D7CE-1D7E1
"""  # the alphabets: bold and italic, script capitals, double-struck; Greek italic and bold italic


FENCES = "()[]{}⌈⌉⌊⌋⟨⟩"


def narrow_fences(font):
    """Give all sizes of a bracket one width: Chromium gives each the width of the largest."""
    variants = font["MATH"].table.MathVariants
    bases = [font.getBestCmap()[ord(fence)] for fence in FENCES]
    done = set(bases)
    for base in bases:
        made = variants.VertGlyphConstruction[variants.VertGlyphCoverage.glyphs.index(base)]
        sizes = [[v.VariantGlyph] for v in made.MathGlyphVariantRecord if v.VariantGlyph != base]
        if made.GlyphAssembly:
            sizes.append([part.glyph for part in made.GlyphAssembly.PartRecords])
        for glyphs in sizes:
            centre(font, set(glyphs) - done, max(530, font["hmtx"][base][0] + 150))
            done |= set(glyphs)


def centre(font, names, width):
    """Set the width of the glyphs, and move them together so that their ink is in its middle."""
    if not names:
        return
    glyphs, bounds = font.getGlyphSet(), BoundsPen(None)
    for name in names:
        glyphs[name].draw(bounds)
    left, _, right, _ = bounds.bounds
    charstrings = font["CFF "].cff[0].CharStrings
    for name in names:
        pen = T2CharStringPen(width, glyphs)
        glyphs[name].draw(TransformPen(pen, (1, 0, 0, 1, (width - left - right) / 2, 0)))
        old = charstrings[name]
        charstrings[name] = pen.getCharString(old.private, old.globalSubrs)
        font["hmtx"][name] = (width, round((width - right + left) / 2))


def main(source):
    font = TTFont(source)
    wanted = set()
    for span in CHARACTERS.split():
        first, _, last = span.partition("-")
        wanted |= set(range(int(first, 16), int(last or first, 16) + 1))
    options = subset.Options(hinting=False, desubroutinize=True, layout_features=[])
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    constants = font["MATH"].table.MathConstants
    # TeX's own values: browsers measure from the base's edges also where the base is one letter,
    # and the font's values would set the index of p lower than that of s
    constants.SubscriptBaselineDropMin.Value = 50
    constants.SuperscriptBaselineDropMax.Value = 386
    narrow_fences(font)
    for record in font["name"].names:  # its licence asks that a changed font have another name
        if record.nameID in (1, 3, 4, 6, 16):
            record.string = record.toUnicode() + (" Subset" if record.nameID != 6 else "-Subset")
    font.flavor = "woff2"
    font.save(Path(__file__).parent / "static" / "latinmodern-math.woff2")


if __name__ == "__main__":
    main(*sys.argv[1:])
