"""What students write in Markdown cells reaches the reader, and runs in no browser."""

import copy
import json
import re
from base64 import b64encode

import nbformat
import pytest
from bs4 import BeautifulSoup
from classroom import train_it
from nbconvert import HTMLExporter
from nbconvert.filters import markdown2html_mistune as markdown2html

from grading.repair import repair

PIXEL = b64encode(b"\x89PNG\r\n\x1a\n and so on").decode()


def repaired(text, attachments=None, below=False):
    """Train it with this text as its report, or in a new cell below that; the cell, the notes."""
    release = train_it()
    notebook = copy.deepcopy(release)
    at = next(n for n, cell in enumerate(notebook.cells) if cell.id == "report")
    if below:
        notebook.cells.insert(at + 1, nbformat.v4.new_markdown_cell(text))
    else:
        notebook.cells[at].source = text
    notebook.cells[at + below].attachments = attachments or {}
    fixed, notes = repair(json.dumps(notebook).encode(), release)
    nbformat.validate(fixed)
    return next(cell for cell in fixed.cells if cell.id == "report"), notes


def displayed(cell):
    return HTMLExporter().from_notebook_node(nbformat.v4.new_notebook(cells=[cell]))[0]


@pytest.mark.parametrize("kind", ["image/png", "image/jpeg"])
def test_a_picture_pasted_into_an_answer_reaches_the_reader(kind):
    text = "my ![plot](attachment:my%20plot%20(1).png)"
    cell, notes = repaired(text, {"my plot (1).png": {kind: PIXEL}})
    assert f'src="data:{kind};base64,{PIXEL}"' in displayed(cell)
    assert notes == []


def test_a_picture_in_the_text_itself_reaches_the_reader():
    large = "iVBORw0KGgo" + "A" * 2_000_000 + "="
    cell, notes = repaired(f"As Colab writes it: ![plot.png](data:image/png;base64,{large})")
    assert f'src="data:image/png;base64,{large}"' in displayed(cell)
    assert notes == []
    cell, notes = repaired(
        '<img src="attachment:a.png" width="400">', {"a.png": {"image/png": PIXEL}}
    )
    assert f'src="data:image/png;base64,{PIXEL}"' in displayed(cell)
    assert notes == []


@pytest.mark.parametrize(
    ("text", "kept"),
    [("![a](attachment:b.png)", PIXEL), ("![a](attachment\\:b.png)", PIXEL),
     ("![a](attachment:a.png(b(c)))", PIXEL), ("![a][b]\n\n[b]: attachment:b.png", PIXEL),
     ("![a](attachment:)", PIXEL), ("![a](attachment:a.png)", "!"),
     ("![a](attachment:a.png)", None)],
)  # fmt: skip
def test_a_reference_without_its_picture_is_shown_as_text(text, kept):
    cell, notes = repaired(text, {"a.png": {"image/png" if kept else "image/svg+xml": kept or "x"}})
    assert "<img" not in displayed(cell)
    assert "pictures are missing" in "".join(notes)


ATTACKS = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "a <svg onload=alert(1)> b",
    "<!-- --><iframe srcdoc='x'>", "<?x><a href=javascript:alert(1)>y</a>",
    "[x](javascript:alert(1))", "[x](JavaScript\\:alert(1))", "[x](&#106;avascript:alert(1))",
    "[x](javascript&colon;alert(1))", "[x](vbscript:alert(1))",
    "[x][y]\n\n[y]: javascript:alert(1)", "<javascript:alert(1)>",
    "```mermaid\n</pre><img src=x onerror=alert(1)>\n```",
    "$\\href{java\nscript:alert(1)}{x}$", "$\\mmlToken{mi}[href='javascript:alert(1)']{x}$",
    "$\\def\\x#1{\\href{#1:alert(1)}{y}} \\x{javascript}$",
]  # fmt: skip


def runs(page):
    """Whatever of the attacks would run in a browser that shows this page."""
    found = BeautifulSoup(page, "html.parser")
    tags = found.find_all(["script", "iframe", "svg", "img"])
    handlers = [tag for tag in found.find_all(True) if any(a.startswith("on") for a in tag.attrs)]
    links = [tag.get("href", "") for tag in found.find_all("a")]
    codes = [link for link in links if re.match(r"(java|vb)script:", re.sub(r"\s", "", link), re.I)]
    return tags + handlers + codes + re.findall(r"\\(?:href|mmlToken)", page)


@pytest.mark.parametrize("text", ATTACKS)
def test_nothing_that_a_student_writes_runs_in_the_browser_of_the_marker(text):
    assert runs(markdown2html(text)), "no attack"
    cell, _ = repaired(text)
    assert runs(markdown2html(cell.source)) == []


def test_formulas_are_displayed_as_they_were_written():
    text = "$a<b$ and $$\\begin{matrix} a&b \\\\ c&<d \\end{matrix}$$ and 1 < 2 & 3"
    page = markdown2html(repaired(text)[0].source)
    assert re.sub(r"\s", "", BeautifulSoup(page, "html.parser").text) == re.sub(r"\s", "", text)


def test_an_answer_in_a_new_cell_below_its_place_is_taken_into_it():
    cell, notes = repaired("I tried ![a](attachment:a)", {"a": {"image/png": PIXEL}}, below=True)
    assert cell.source.startswith("I tried")
    assert PIXEL in displayed(cell)
    assert notes == ["report stood in a new cell below its place"]
