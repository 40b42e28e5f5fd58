"""Slides for the lectures of the instructors' page: the formulas and figures of their sections.

usage: python -m website.slides       after make book; the result lies in _build/slides/

A lecture is the sections that the instructors' page names for it. A slide fills the screen, and is
a page when it is printed.
"""

import re
import shutil
from html import escape
from itertools import groupby
from pathlib import Path

from . import contents, reading
from .articles import BUILD, MATH, article
from .pdf import FIT

SLIDES = BUILD / "slides"
LECTURE = re.compile(r"^\*\*(One lecture|Two lectures|A week)", re.MULTILINE)
SHOWN, ASIDE = "div.math, figure", re.compile("solution|exercise|dropdown|proof|quiz")
FORMULAS = 3  # on a slide
STYLE = """
@page { size: 254mm 143mm; margin: 8mm 12mm; }
html { scroll-snap-type: y proximity; }
body { margin: 0; font: 26px/1.4 STIXGeneral, "DejaVu Serif", serif; }
section { box-sizing: border-box; min-height: 100vh; padding: 1em 2em; scroll-snap-align: start;
  break-after: page; break-inside: avoid; }
h1, h2 { font-size: 1.3em; color: #00598c; }
h2 > span { float: right; color: #666; font-size: 0.6em; }
div.math { margin: 1em 0; } math { font-size: 1.4em; }
figure { margin: 0; text-align: center; } figcaption { font-size: 0.8em; }
img { width: auto; max-width: 100%; height: 58vh; object-fit: contain; }
.derivation-mark { display: none; }
@media print { section { min-height: 0; padding: 0; } img { height: 90mm; } }
"""


def lectures():
    """The labels of the sections that the instructors' page names, {lecture: labels}."""
    text = (contents.HOME / "book" / "instructors.md").read_text()
    parts = LECTURE.split(text)[1:5]
    return {
        title: list(dict.fromkeys(re.findall(r"\{ref\}`(sec-[\w-]+)`", part)))
        for title, part in zip(parts[::2], parts[1::2], strict=True)
    }


def slides(label):
    """The slides of a section and those below it."""
    page = article(reading.places()[label][0])
    section = page.find(id=label).find_parent("section")
    for part in (section, *section("section")):
        shown = [
            thing
            for thing in part.select(SHOWN)
            if thing.find_parent("section") is part and not thing.find_parent(class_=ASIDE)
        ]
        title = " ".join(part.find(re.compile("h[1-6]")).get_text().split())
        for things in _shared(shown):
            yield title, things


def _shared(shown):
    """What is shown, figures alone and a few formulas at a time."""
    for name, group in groupby(shown, lambda thing: thing.name):
        things, most = list(group), 1 if name == "figure" else FORMULAS
        yield from (things[n : n + most] for n in range(0, len(things), most))


def write(folder):
    """Write a page of slides for each lecture; their paths."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    for path in MATH:
        shutil.copy(path, folder)
    written = []
    for lecture, labels in lectures().items():
        found = [slide for label in labels for slide in slides(label)]
        body = [f"<section><h1>Softmax regression: {lecture.lower()}</h1></section>"]
        for n, (title, things) in enumerate(found, 1):
            for image in (image for thing in things for image in thing("img")):
                image["src"] = Path(shutil.copy(image["src"], folder)).name
            heading = f"<h2>{escape(title)}<span>{n} of {len(found)}</span></h2>"
            body.append(f"<section>{heading}{''.join(map(str, things))}</section>")
        path = folder / f"{lecture.lower().replace(' ', '-')}.html"
        path.write_text(PAGE.format(lecture, MATH[0].name, STYLE, "".join(body), FIT))
        written.append(path)
    return written


PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>{}: softmax regression</title>
<link rel="stylesheet" href="{}">
<style>{}</style>
</head>
<body>{}<script>{}</script></body>
</html>
"""


if __name__ == "__main__":
    for written in write(SLIDES):
        print(f"slides: wrote {written.relative_to(contents.HOME)}")
