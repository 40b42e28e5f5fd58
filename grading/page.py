"""A student's feedback page: what was asked, what was tested, the points and why, and the notebook.

It needs no network: formulas are MathML, pictures lie in it. What students write is shown as text,
never as HTML.
"""

import html
import re

from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath

from website.mathml import mathml, stylesheet

from .source import FIRST, LAST, kind_of

__all__ = ["feedback_page", "rendered"]

# characters of a formula, of a cell and of a page that are typeset: what is longer could take hours
FORMULA, CELL, PAGE_TEXT = 2000, 20_000, 100_000
STYLE = """
body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem }
table { border-collapse: collapse } td, th { padding: .2rem .8rem .2rem 0; text-align: left;
vertical-align: top; border-top: 1px solid #ccc } td:nth-child(2) { white-space: nowrap }
pre { background: #f5f5f5; padding: .5rem .8rem; overflow-x: auto } pre.out { background: none;
border-left: 3px solid #ccc } .answer { border-left: 3px solid #36c; padding-left: .8rem }
img { max-width: 100% } .lost { color: #a00 }
"""
PAGE = """\
<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>{title}</title><style>{style}</style>
<body><header><h1>{title}</h1><h3>{name}</h3><p>{total}</p>{notes}</header>
<table><tr><th>question<th>points<th>what was looked at<th>remarks{lines}</table>
<h2>The notebook</h2>{cells}</body></html>
"""


class Renderer(IPythonRenderer):
    """Markdown to HTML: formulas as MathML, tags and addresses that are code as text."""

    def __init__(self, attachments):
        super().__init__(
            escape=True, allow_harmful_protocols=False, exclude_anchor_links=True,
            attachments=attachments,
        )  # fmt: skip

    def inline_math(self, body):
        return _formula(body, False)

    def block_math(self, body):
        return _formula(body, True)

    def latex_environment(self, name, body):
        return _formula(f"\\begin{{{name}}}{body}\\end{{{name}}}", True)

    def block_mermaidjs(self, code):
        return f"<pre>{html.escape(code)}</pre>"

    def image(self, text, url, title=None):
        if not url.startswith("attachment:"):
            return html.escape(f"[picture: {url}]")
        return super().image(text, url, title)


def _formula(tex, display):
    try:
        if len(tex) <= FORMULA:
            return mathml(tex.strip(), display)
    except ValueError:
        pass  # as it was written, where TeX cannot read it
    return f"<code>{html.escape(tex)}</code>"


def rendered(source, attachments=None):
    """Markdown as HTML; as it was written where that fails, because a page costs no marks."""
    try:
        return MarkdownWithMath(renderer=Renderer(attachments or {})).render(source)
    except Exception:
        return f"<pre>{html.escape(source)}</pre>"


def feedback_page(assignment, notebook, record):
    """The page of one student as HTML.

    Parameters
    ----------
    assignment : Assignment
        As it was drawn for the student, with its tests.
    notebook : NotebookNode
        The graded one, with the outputs of its cells.
    record : Record
        With the points of each graded cell, None for what waits for a mark, and with what the
        marker wrote.
    """
    points, title = assignment.points, html.escape(assignment.title)
    left = [PAGE_TEXT]
    total = f"{sum(filter(None, record.scores.values())):g} of {sum(points.values()):g} points"
    notes = "".join(f"<li>{html.escape(note)}</li>" for note in record.notes)
    lines = [
        _line(cell, heading, record, points, notebook) for cell, heading in _graded(assignment)
    ]
    return PAGE.format(
        title=title, style=STYLE + stylesheet(), name=html.escape(record.name), total=total,
        notes=f"<ul>{notes}</ul>" if notes else "", lines="".join(lines),
        cells="".join(_cell(cell, left) for cell in notebook.cells),
    )  # fmt: skip


def _graded(assignment):
    """Each graded cell with the heading above it."""
    heading = ""
    for cell in assignment.notebook.cells:
        if cell.cell_type == "markdown" and (found := re.findall(r"^## (.+)$", cell.source, re.M)):
            heading = re.sub(r" *\(\d+ points?\)$", "", found[-1])
        if kind_of(cell) in ("tests", "written"):
            yield cell, heading


def _line(cell, heading, record, points, notebook):
    """A row of the table."""
    got, of = record.scores.get(cell.id, 0), points[cell.id]
    what = re.findall(r"what=(['\"])(.*?)\1(?:, hidden=True)?\)$", cell.source)
    looked = what[0][1] if what else cell.id
    if kind_of(cell) == "written":
        looked = "read and marked by hand"
    elif "HIDDEN TESTS" in cell.source:
        looked += "; and hidden tests"
    said = [record.comments.get(cell.id) or "", _said(notebook, cell.id)]
    remark = "<br>".join(html.escape(text).replace("\n", "<br>") for text in said if text)
    lost = ' class="lost"' if got != of else ""
    return (
        f"<tr><td>{html.escape(heading)}<td{lost}>{'not yet' if got is None else f'{got:g}'}"
        f" of {of:g}<td>{html.escape(looked)}<td>{remark}"
    )


def _said(notebook, name):
    """What a test said when points were lost."""
    cell = next((cell for cell in notebook.cells if cell.get("id") == name), None)
    outputs = cell.get("outputs", []) if cell else []
    return "\n".join(out.get("text") or out.get("evalue") or "" for out in outputs).strip()


def _cell(cell, left):
    """A cell of the notebook as the student should see it again; `left` may still be typeset."""
    kind = kind_of(cell)
    if cell.id in (FIRST, LAST) or cell.metadata.get("marker") or cell.id.startswith("beside-"):
        return ""
    if cell.cell_type == "markdown":
        text, length = f"<pre>{html.escape(cell.source)}</pre>", len(cell.source)
        if length <= min(CELL, left[0]):
            text = rendered(cell.source, cell.get("attachments"))
            left[0] -= length
        return f'<div class="answer">{text}</div>' if kind == "written" else text
    source = f"<pre>{html.escape(cell.source)}</pre>"
    if kind in ("tests", "given"):
        return f"<details><summary>{cell.id}</summary>{source}</details>"
    return source + "".join(map(_output, cell.get("outputs", [])))


def _output(out):
    """What a cell printed, drew or raised."""
    if png := out.get("data", {}).get("image/png"):
        return f'<p><img alt="a figure" src="data:image/png;base64,{html.escape(png)}">'
    text = out.get("text") or "\n".join(out.get("traceback", []))
    return f'<pre class="out">{html.escape(text)}</pre>'
