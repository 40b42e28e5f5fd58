"""The whole book in one file, a tagged PDF or an EPUB, and links to both on its front page.

usage: python -m website.editions pdf | epub      after make book; the result lies in _build/
"""

import shutil
import sys

from .articles import BUILD, HOME, SITE, fragment
from .epub import epub
from .pdf import pdf


def offer():
    """Put the editions beside the pages of the site, and links to them below its first cards."""
    links = []
    for path in sorted(BUILD.glob("softmax-regression.*"), reverse=True):
        shutil.copy(path, BUILD / "html")
        words = f"{path.suffix[1:].upper()}, {megabytes(path)}"
        links.append(f'<a href="../{path.name}">{words}</a>')
    front = fragment((SITE / "index.html").read_text())
    for old in front.select(".editions"):
        old.decompose()
    words = f'<p class="editions">The whole book in one file: {" or ".join(links)}.</p>'
    front.select_one(".sd-container-fluid").insert_after(fragment(words))
    (SITE / "index.html").write_text(str(front))


def megabytes(path):
    return f"{path.stat().st_size / 1e6:.1f} MB"


def main(kind):
    result = BUILD / f"softmax-regression.{kind}"
    try:
        {"pdf": pdf, "epub": epub}[kind](result)
    except FileNotFoundError as missing:  # no Chromium, or no site yet
        sys.exit(f"{kind}: {missing}")
    offer()
    print(f"{kind}: wrote {result.relative_to(HOME)}, {megabytes(result)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
