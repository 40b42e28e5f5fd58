"""The book's equations under the checker, and what of that its pages, notebooks and tests show.

usage: python -m website.equations [PAGE ...]     default: all pages of _toc.yml

How pages are read, and what their comments can say: `derivation.pages.page`.
"""

import json
import re
import sys
from functools import cache
from pathlib import Path

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.util.docutils import SphinxDirective

from derivation import sphinx
from derivation.pages.equations import check_equation
from derivation.pages.page import NOTE, read_page
from derivation.pages.verdicts import Verdicts
from softmax_lib.notation import BOOK

from . import contents

__all__ = ["NOTE", "book", "coverage", "excuses", "mutants", "pages", "title"]

KEPT = Path("_build", ".doctrees", "verdicts.json")  # which a build of the website keeps, too
KINDS = {
    "sign": "a sign flipped", "factor": "a factor or a denominator dropped",
    "index": "an index replaced", "transpose": "a transpose dropped",
    "bound": "a bound of a sum changed", "bracket": "a pair of brackets dropped",
    "constant": "a constant made a tenth sharper",
}  # fmt: skip


def pages():
    """The paths of the book's pages, in order."""
    return [entry.path for entry in contents.entries()]


def read(path, check=check_equation):
    """A page with its equations, checked."""
    return read_page(path.read_text(), BOOK, path.stem, check=check)


@cache
def _book():
    verdicts = Verdicts(contents.HOME / KEPT)
    found = {path.stem: read(path, verdicts.check) for path in pages()}
    verdicts.write()
    return found


def book():
    """Every page's equations: a list for each page's name, in the order of the book."""
    return {name: page.equations for name, page in _book().items()}


def title(name):
    """A page's title, which needs no check."""
    text = (contents.HOME / "book" / f"{name}.md").read_text()
    return re.search(r"^# (.+)$", text, re.MULTILINE)[1]


def coverage():
    """What came of the displayed equations and of the relations in the text, page by page."""
    return sphinx.coverage(_book())


def excuses():
    """A line for each equation that is not checked, with its reason."""
    return sphinx.excuses(_book())


def mutants():
    """How many small slips in the equations were found, and why the others were not."""
    results = json.loads((contents.HOME / "tests" / "derivation" / "mutants.json").read_text())
    made, rejected = results["made"], results["rejected"]
    rows = [f"| {KINDS[kind]} | {made[kind]} | {rejected[kind]} |" for kind in KINDS]
    total = sum(made.values()), sum(rejected.values())
    return ["| slip | made | rejected |", "| --- | --: | --: |", *rows,
            f"| all | {total[0]} | {total[1]} |"]  # fmt: skip


def main(names):
    found = {path.stem: read(path) for path in pages() if not names or path.stem in names}
    print(*sphinx.summary(found), sep="\n")
    wrong = [e for page in found.values() for e in page.equations if e.state == "wrong"]
    sys.exit("\n\n".join(f"{e.page}.md:{e.line}: {e.latex}\n{e.reason}" for e in wrong) or 0)


# the extension of Sphinx: the table of mutants; all else is `derivation.sphinx`


def setup(app):
    app.add_directive("derivation-mutants", Mutants)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class Mutants(SphinxDirective):
    """The table of `mutants`."""

    def run(self):
        node = nodes.container()
        self.state.nested_parse(StringList(mutants()), self.content_offset, node)
        return node.children


if __name__ == "__main__":
    main(sys.argv[1:])
