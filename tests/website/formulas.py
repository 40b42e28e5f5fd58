"""The forty hardest formulas of the book on one page, and what a picture of them shows.

Boxes that a browser tells of a character are those of its font: only the ink says how high a
bracket is, and where an accent stands.
"""

import re
from dataclasses import dataclass
from io import BytesIO

import numpy as np
from bs4 import BeautifulSoup
from pages import NAMES, page
from PIL import Image

SCALE = 2  # dots of the picture to a pixel of the page
FORMULA = re.compile(r'(?s)<div class="math[^>]*>\s*(<math.*?</math>)')
HARD = re.compile('class="size|<(mover|mfrac|msqrt|mtr|munder)|mpadded width')

# Where things are: of each bracket with its partner, of each letter with its accent, and the em.
BOXES = """async () => {
  await document.fonts.ready;
  const box = element => {
    const at = element.getBoundingClientRect();
    return [at.left + scrollX, at.top + scrollY, at.right + scrollX, at.bottom + scrollY];
  };
  return [...document.querySelectorAll("article math")].map(math => ({
    latex: math.querySelector("annotation").textContent,
    em: parseFloat(getComputedStyle(math).fontSize),
    pairs: [...math.querySelectorAll("mrow")]
      .map(row => [row, row.firstElementChild, row.lastElementChild])
      .filter(([row, first, last]) => row.childElementCount > 2
        && /^[([{⟨|‖⌈⌊]$/.test(first.textContent) && /^[)\\]}⟩|‖⌉⌋]$/.test(last.textContent))
      .map(elements => elements.map(box)),
    accents: [...math.querySelectorAll("mover[accent] > mo[stretchy=false]")]
      .map(sign => [box(sign.parentElement), box(sign.previousElementSibling)]),
  }));
}"""


# leaves accents and their letters alone in the picture: other ink stands close to them
ACCENTS_ALONE = "math * { color: transparent } mover[accent] > * { color: black }"


def hardest(number=40):
    """A page of the site that shows them in the place of its text."""
    formulas = {}
    for name in NAMES:
        for math in FORMULA.findall(page(name).text):
            formulas[math] = len(HARD.findall(math))
    chosen = sorted(formulas, key=formulas.get, reverse=True)[:number]
    shown = BeautifulSoup(page("book/index.html").text, "html.parser")
    text = "".join(f'<div class="math">{math}</div>' for math in chosen)
    shown.article.replace_with(BeautifulSoup(f"<article>{text}</article>", "html.parser"))
    return str(shown)


@dataclass
class Ink:
    """The dark dots within a box, in pixels of the page; empty, if there are none."""

    left: float = 0
    top: float = 0
    right: float = 0
    bottom: float = 0

    @property
    def height(self):
        return self.bottom - self.top

    @property
    def middle(self):
        return (self.left + self.right) / 2


class Picture:
    """A picture of a whole page, as PNG, and what is dark in it."""

    def __init__(self, png):
        with Image.open(BytesIO(png)) as image:
            self.dark = np.asarray(image.convert("L")) < 140

    def rows(self, left, top, right, bottom):
        """Runs of rows with ink, from top to bottom."""
        left, top, right, bottom = (round(SCALE * side) for side in (left, top, right, bottom))
        part = self.dark[max(top, 0) : bottom, max(left, 0) : right]
        edges = np.flatnonzero(np.diff(np.r_[0, part.any(axis=1).astype(int), 0]))
        for first, last in edges.reshape(-1, 2):
            columns = np.flatnonzero(part[first:last].any(axis=0))
            yield Ink(
                (left + columns[0]) / SCALE, (max(top, 0) + first) / SCALE,
                (left + columns[-1] + 1) / SCALE, (max(top, 0) + last) / SCALE,
            )  # fmt: skip

    def ink(self, *box):
        runs = list(self.rows(*box))
        if not runs:
            return Ink()
        lefts, rights = [run.left for run in runs], [run.right for run in runs]
        return Ink(min(lefts), runs[0].top, max(rights), runs[-1].bottom)


def faults(picture, accents, formulas):
    """What is wrong with the formulas of a picture, with their LaTeX and the numbers in em.

    `picture` shows them as they are, `accents` as ACCENTS_ALONE leaves them.
    """
    for formula in formulas:
        em, said = formula["em"], []
        for boxes in formula["pairs"]:
            said += _brackets(picture, em, *boxes)
        for boxes in formula["accents"]:
            said += _accent(accents, em, *boxes)
        yield from (f"{fault}: {formula['latex']}" for fault in said)


def _brackets(picture, em, row, first, last):
    """TeX lets a bracket cover nine tenths of what it holds, or all but half an em."""
    held = picture.ink(first[2], row[1], last[0], row[3])
    wanted = min(0.9 * held.height, held.height - 0.5 * em)
    for left, _, right, _ in (first, last):
        runs = picture.rows(left, row[1] - em, right, row[3] + em)
        tall = max((run.height for run in runs), default=0)
        if tall < wanted - 2 / SCALE:
            yield f"a bracket of {tall / em:.2f} round {held.height / em:.2f}"
    for gap in (held.left - first[2], last[0] - held.right):
        if not -0.2 * em < gap < 0.35 * em:
            yield f"a gap of {gap / em:.2f} inside brackets"


def _accent(picture, em, over, letter):
    """The accent is the first run of rows, the letter the second, its top under the accent."""
    sides = letter[0] - 0.05 * em, letter[2] + 0.25 * em
    runs = list(picture.rows(sides[0], over[1] - 0.5 * em, sides[1], over[3] + 0.5 * em))
    if len(runs) < 2:
        yield "an accent touches its letter"
        return
    sign, below = runs[:2]
    if not 0.02 * em < below.top - sign.bottom < 0.3 * em:
        yield f"an accent {(below.top - sign.bottom) / em:.2f} above its letter"
    top = picture.ink(below.left, below.top, below.right, below.top + 0.15 * em)
    if abs(sign.middle - top.middle) > 0.15 * em:
        yield f"an accent {(sign.middle - top.middle) / em:.2f} beside the top of its letter"
