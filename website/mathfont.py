"""Make static/latinmodern-math.woff2: what formulas need of Latin Modern Math, a tenth of its size.

usage: python -m website.mathfont latinmodern-math.otf     from CTAN, or Debian's fonts-lmodern

After a change of a chapter a test may say that a character is missing: add it below.
"""

import sys
from pathlib import Path

from fontTools import subset
from fontTools.feaLib.builder import addOpenTypeFeaturesFromString
from fontTools.pens.cu2quPen import Cu2QuPen
from fontTools.pens.transformPen import TransformPen
from fontTools.pens.ttGlyphPen import TTGlyphPen
from fontTools.ttLib import TTFont, newTable

FONT = Path(__file__).parent / "static" / "latinmodern-math.woff2"
CHARACTERS = """
    20-7E A0 AC AF B1 B4 B7 D7 F7 2C6 2C7 2DC 302-305 307 20D7
    393 394 398 39B 39E 3A0 3A3 3A6 3A8 3A9 3B1-3F5
    2013 2014 2016 2026 2032-2034 2102 210B 210E 2110 2112 2113 2115 2119-211D 2124 212C
    2130 2131 2133 2190-2194 21A6 21D0-21D4 2200 2202 2203 2205 2207-2209 220F-2213 2217-221A
    221D 221E 2223 2225 2227-222B 2234 223C 2245 2248 2260 2261 2264 2265 226A 226B 227A 227B
    2282-2287 2295-2299 22A4 22A5 22C5 22C6 22EE-22F1 2308-230B 23DE 23DF 27E8 27E9 27F6 2A7D 2A7E
    1D400-1D467 1D49C-1D4B5 1D538-1D551 1D6A4 1D6A5 1D6E2-1D71B 1D736-1D755 1D7CE-1D7E1
"""  # the alphabets: bold and italic, script capitals, double-struck; Greek italic and bold italic
BRACKETS = "()[]{}⟨⟩⌈⌉⌊⌋|‖∣∥/"
SIZES = (1200, 1800, 2400, 3000, 3600)  # TeX's \big, \Big, \bigg and \Bigg in units, and one more


def small(source):
    """The font with the wanted characters alone."""
    font, wanted = TTFont(source), set()
    for span in CHARACTERS.split():
        first, _, last = span.partition("-")
        wanted |= set(range(int(first, 16), int(last or first, 16) + 1))
    options = subset.Options(hinting=False, desubroutinize=True, layout_features=[])
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=wanted)
    subsetter.subset(font)
    return font


def constructions(font, characters):
    """The larger sizes of characters that grow: pairs of a glyph's name and their description."""
    variants, wanted = (
        font["MATH"].table.MathVariants,
        {font.getBestCmap()[ord(c)] for c in characters},
    )
    made = zip(variants.VertGlyphCoverage.glyphs, variants.VertGlyphConstruction, strict=True)
    return [(name, sizes) for name, sizes in made if name in wanted]


def name_sizes(font):
    """Give the sizes of a bracket the features ss01 to ss05, which a class asks for.

    A bracket that is left to the browser is taller than all of them: it grows from its pieces. The
    sizes between would only make it wide, since Chromium gives each the width of the widest.
    """
    features = {f"ss0{n}": "" for n, _ in enumerate(SIZES, 1)}
    for name, made in constructions(font, BRACKETS):
        for feature, size in zip(features, SIZES, strict=True):
            near = min(made.MathGlyphVariantRecord, key=lambda v: abs(v.AdvanceMeasurement - size))
            features[feature] += f"sub {name} by {near.VariantGlyph}; "
        if made.GlyphAssembly:
            del made.MathGlyphVariantRecord[1:]
            made.VariantCount = 1
    rules = (f"feature {name} {{ {rule}}} {name};" for name, rule in features.items())
    addOpenTypeFeaturesFromString(font, "\n".join(rules))


def align_roots(font):
    """Where roots of all sizes must stand, that all have the width of the smallest: {glyph: shift}.

    Chromium gives each the width of the widest. What the others draw more lies left of them.
    """
    ((name, made),) = constructions(font, "√")
    glyphs = {v.VariantGlyph for v in made.MathGlyphVariantRecord}
    glyphs |= {part.glyph for part in made.GlyphAssembly.PartRecords}
    widths, width = font["hmtx"].metrics, font["hmtx"][name][0]
    shifts = {glyph: width - widths[glyph][0] for glyph in glyphs}
    for glyph, shift in shifts.items():
        widths[glyph] = (width, widths[glyph][1] + shift)
    return shifts


def to_truetype(font, shifts):
    """Draw the outlines as TrueType's, moved by shifts: Chromium prints others as Type 3 fonts."""
    drawn, glyphs = font.getGlyphSet(), {}
    for name in font.getGlyphOrder():
        pen = TTGlyphPen(None)
        quadratic = Cu2QuPen(pen, 0.5, reverse_direction=True)
        drawn[name].draw(TransformPen(quadratic, (1, 0, 0, 1, shifts.get(name, 0), 0)))
        glyphs[name] = pen.glyph()
    font["glyf"], font["loca"] = newTable("glyf"), newTable("loca")
    font["glyf"].glyphOrder, font["glyf"].glyphs = font.getGlyphOrder(), glyphs
    font["maxp"].tableVersion = 0x00010000
    for field in (
        "maxZones", "maxTwilightPoints", "maxStorage", "maxFunctionDefs", "maxInstructionDefs",
        "maxStackElements", "maxSizeOfInstructions", "maxComponentElements",
    ):  # fmt: skip
        setattr(font["maxp"], field, 0)
    font["post"].formatType, font.sfntVersion = 3.0, "\0\1\0\0"
    for table in {"CFF ", "VORG"} & set(font.keys()):
        del font[table]


def main(source):
    font = small(source)
    constants = font["MATH"].table.MathConstants
    # TeX's own values: browsers measure from the base's edges also where the base is one letter,
    # and the font's values would set the index of p lower than that of s
    constants.SubscriptBaselineDropMin.Value = 50
    constants.SuperscriptBaselineDropMax.Value = 386
    name_sizes(font)
    to_truetype(font, align_roots(font))
    for record in font["name"].names:  # its licence asks that a changed font have another name
        if record.nameID in (1, 3, 4, 6, 16):
            record.string = record.toUnicode() + (" Subset" if record.nameID != 6 else "-Subset")
    font.flavor = "woff2"
    font.save(FONT)


if __name__ == "__main__":
    main(*sys.argv[1:])
