"""The built site: `make site-test` runs this after `make book`; `make test` builds no site."""

import html
import json
import re
from functools import cache
from html.parser import HTMLParser
from urllib.parse import unquote, urldefrag

import equations
import pytest

import notebooks
from assignments.grading import source

SITE = notebooks.HOME / "_build" / "html"
PAGES = sorted(SITE.glob("book/*.html"))
CHAPTERS = [path for path in notebooks.chapters() if notebooks.is_notebook(path)]


@cache
class Page(HTMLParser):
    """The ids, links and images of a page."""

    def __init__(self, path):
        super().__init__()
        self.ids, self.links, self.images = set(), [], []
        self.feed(path.read_text())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.ids.add(attrs.get("id"))
        if tag == "a" and "href" in attrs:
            self.links.append(attrs["href"])
        if tag == "img":
            self.images.append(attrs)


def test_the_site_has_every_page_of_the_table_of_contents():
    assert {path.stem for path in PAGES} == {path.stem for path in notebooks.chapters()} | {"index"}


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_internal_links_and_anchors_lead_somewhere(path):
    for link in Page(path).links:
        if re.match(r"[a-z]+:", link):
            continue
        url, anchor = urldefrag(link)
        target = (path.parent / unquote(url)).resolve() if url else path
        assert target.exists(), link
        if anchor and target.suffix == ".html":
            assert unquote(anchor) in Page(target).ids, link


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_figures_have_alternative_texts(path):
    figures = [image for image in Page(path).images if "_images/" in image["src"]]
    assert all(len(image.get("alt", "")) > 20 for image in figures)


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_numbers_in_the_notebook_are_those_of_the_site(path):
    """tools/notebooks.py counts by itself; here Sphinx's own count is read from the page."""
    page = (SITE / "book" / f"{path.stem}.html").read_text()
    cells = json.loads((notebooks.NOTEBOOKS / f"{path.stem}.ipynb").read_text())["cells"]
    notebook = "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "markdown")
    equations = re.findall(r'class="eqno">\(([\d.]+)\)', page)
    assert re.findall(r"\\tag\{([\d.]+)\}", notebook) == equations
    exercises = re.findall(r'class="caption-number">(Exercise [\d.]+)', page)
    assert re.findall(r"#### (Exercise [\d.]+)", notebook) == exercises
    statements = re.findall(
        r'caption-number">((?:Theorem|Lemma|Corollary|Definition) [\d.]+)', page
    )
    assert (
        re.findall(r"\*\*((?:Theorem|Lemma|Corollary|Definition) [\d.]+)\*\*", notebook)
        == statements
    )


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.stem)
def test_each_checked_equation_carries_a_mark_that_says_so(path):
    shown = [e for e in equations.book()[path.stem] if e.display and e.state in equations.MARKS]
    marks = re.findall(r'<a class="checked" href="([^"]*)" title="([^"]*)">', path.read_text())
    assert len(marks) == len(shown)
    assert all(words.startswith("This equation is") for _, words in marks)
    assert {link for link, _ in marks} <= {"how-checked.html", "#"}


def test_the_page_on_checking_shows_the_counts_of_this_build():
    page = (SITE / "book" / "how-checked.html").read_text()
    cells = [re.findall(r"<td[^>]*><p>(.*?)</p>", row) for row in page.split("<tr")]
    for line in equations.coverage():
        if line.startswith("| ") and "---" not in line and "steps" not in line:
            assert [cell.strip() for cell in line.strip("| ").split("|")] in cells


TEXTS = {".html", ".js", ".md", ".txt", ".ipynb", ".json"}
ASSIGNMENTS = sorted((notebooks.HOME / "assignments").glob("*.md"))


@pytest.mark.parametrize("path", ASSIGNMENTS, ids=lambda path: path.stem)
def test_no_page_download_or_index_holds_a_line_of_a_graded_solution(path):
    folders = (("book", "*.md"), ("softmax_lib", "*.py"), ("softmax_lib", "*/*.py"))
    files = [file for folder, kind in folders for file in (notebooks.HOME / folder).glob(kind)]
    public = "\n".join(file.read_text() for file in files)
    secrets = {line for line in source.read(path).secrets() if line not in public}
    assert len(secrets) > 5
    site = [file for file in SITE.rglob("*") if file.suffix in TEXTS and file.is_file()]
    shipped = [*site, *notebooks.NOTEBOOKS.glob("*.ipynb")]
    text = "\n".join(file.read_text(errors="ignore") for file in shipped)
    text += html.unescape(re.sub(r"<[^>]+>", "", text))
    written = ((line, line, json.dumps(line)[1:-1]) for line in secrets)  # as in a notebook's JSON
    assert not {line for line, *ways in written if any(way in text for way in ways)}
