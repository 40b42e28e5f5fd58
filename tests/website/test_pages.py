"""What the built pages say: links, texts, formulas, numbers."""

import html
import json
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup
from matplotlib import pyplot as plt
from pages import NAMES, Page, doctored, html_errors, misspelt, page
from PIL import Image
from sphinx.errors import ExtensionError

from grading import source
from softmax_lib import plot
from website import audit, contents, notebooks, pages

CHAPTERS = [path for path in notebooks.chapters() if notebooks.is_notebook(path)]
BOOK = [name for name in NAMES if name.startswith("book/")]
NOTEBOOK = "notebooks/softmax.ipynb"


CHECKS = {  # of a page, and additions that turn each red
    Page.broken_links: [
        '<a href="softmax.html#no-such-place">there</a>',
        '<a href="no-such-page.html">there</a>',
        '<script src="../_static/none.js"></script>',
    ],
    Page.images_without_text: [
        '<img src="../_static/minus.png">',
        '<img src="../_static/minus.png" alt="the-picture-of-a-minus.png">',
    ],
    Page.description_faults: ['<meta name="description" content="">' * 2],
    Page.formulas_without_mathml: ["<p>\\(p_k\\)</p>", '<span class="math">p</span>'],
    Page.formulas_malformed: ["<math><mfrac><mi>p</mi></mfrac></math>"],
    Page.inline_programs: ["<script></script>", "<style></style>", '<p onclick="">', "<p style>"],
    Page.doubled: ["<h1>Another title</h1>"],
    Page.exercises_named_twice: [
        '<div class="solution"><summary>Solution to Exercise 1 (Its title)</summary></div>',
        2 * '<div class="solution"><summary>Solution to Exercise</summary></div>',
    ],
    Page.torn: ["<p>35 min</p>", "<h3>The product is p − y</h3>"],
    Page.characters_without_font: ["<math><mi>ж</mi></math>"],
}
PROGRAMS = {  # likewise, and what is said of the additions
    misspelt: {"sofmax": "<p>A sofmax of scors.</p>"},
    html_errors: {"div": "<div>", "twice": '<p id="twice"></p><p id="twice"></p>'},
}


def test_the_site_has_every_page_of_the_table_of_contents():
    pages = {path.stem for path in notebooks.chapters()} | {"index"}
    assert {f"book/{name}.html" for name in pages} == set(BOOK)


def name(check):
    return check.__name__.replace("_", " ")


@pytest.mark.parametrize("check", CHECKS, ids=name)
def test_no_page_has_a_fault(check, figures):
    figures(name(check), {name: list(check(page(name))) for name in NAMES}, most=0)


@pytest.mark.parametrize(
    ("check", "addition"), [(check, each) for check in CHECKS for each in CHECKS[check]]
)
def test_a_doctored_page_turns_its_check_red(check, addition):
    before = set(check(page("book/index.html")))
    assert set(check(doctored(addition))) - before


@pytest.mark.parametrize("check", PROGRAMS, ids=name)
def test_a_program_finds_fault_with_what_is_added_alone(check, figures, tmp_path):
    added = [Page(said, doctored(addition).text) for said, addition in PROGRAMS[check].items()]
    found = check([page(name) for name in [*NAMES, "index.html"]] + added, tmp_path)
    for said in PROGRAMS[check]:
        assert any(said in fault for fault in found.pop(said))
    figures(name(check), found, most=0)


def build(folder, pages):
    """Build a book of these pages, {name: text}, with this one's settings."""
    shutil.copytree(audit.HOME / "website", folder / "website")
    config = yaml.safe_load((audit.HOME / "_config.yml").read_text())
    config["sphinx"]["config"]["derivation_page"] = ""  # which these books do not have
    del config["sphinx"]["local_extensions"]["website.live"]  # no cell runs in them
    (folder / "_config.yml").write_text(yaml.safe_dump(config))
    front, *chapters = (f"file: book/{name}" for name in pages)
    chapters = "".join(f"- {{{chapter}}}\n" for chapter in chapters)
    toc = f"format: jb-book\nroot: {front[6:]}\noptions: {{numbered: true}}\nchapters:\n{chapters}"
    (folder / "_toc.yml").write_text(toc)
    (folder / "book").mkdir()
    (folder / "book" / "references.bib").touch()
    for name, text in pages.items():
        (folder / "book" / f"{name}.md").write_text(text)
    return jupyter_book(folder)


def jupyter_book(folder, **environment):
    program = Path(sys.executable).with_name("jupyter-book")
    command = [program, "build", ".", "-W", "--keep-going", "--all"]
    environment = os.environ | environment
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """A book with an undefined macro and nothing else wrong: its folder, and how it was built."""
    folder = tmp_path_factory.mktemp("broken")
    Image.new("RGB", (60, 20)).save(folder / "dark.png")
    front = "# Front\n\n![A dark rectangle, for the card](../dark.png)\n\nThe loss is $\\ell$.\n"
    old = "# Softmax\n\nA chapter that is a notebook too.\n"
    return folder, build(
        folder, {"index": front, "old": old, "broken": "# Broken\n\nIt is $\\nosuchmacro$.\n"}
    )


def test_an_undefined_macro_fails_the_build_and_is_named(broken):
    _, run = broken
    faults = [line for line in run.stderr.splitlines() if "WARNING" in line or "ERROR" in line]
    assert run.returncode != 0
    assert len(faults) == 1
    assert "broken.md" in faults[0]
    assert r"\nosuchmacro" in faults[0]


@pytest.fixture(scope="module")
def rebuilt(broken):
    """The site of that book, mended and built on GitHub, with a page of another name."""
    folder, _ = broken
    assert (folder / "_build" / "html" / "book" / "old.html").exists()
    (folder / "notebooks").mkdir()
    (folder / NOTEBOOK).touch()
    (folder / "book" / "broken.md").unlink()
    (folder / "book" / "old.md").rename(folder / "book" / "softmax.md")
    toc = folder / "_toc.yml"
    text = toc.read_text().replace("book/old", "book/softmax")
    toc.write_text(text.replace("- {file: book/broken}\n", ""))
    run = jupyter_book(
        folder, GITHUB_SERVER_URL="https://github.com", GITHUB_REPOSITORY="ann/course"
    )
    assert run.returncode == 0, run.stderr
    return folder / "_build" / "html"


def test_a_page_of_an_earlier_build_goes(rebuilt):
    assert {path.stem for path in (rebuilt / "book").glob("*.html")} == {"index", "softmax"}


def test_a_build_on_github_links_to_its_own_repository(rebuilt):
    made = Page("book/softmax.html", (rebuilt / "book" / "softmax.html").read_text())
    links = made.select("a[href]", "href")
    assert f"https://mybinder.org/v2/gh/ann/course/main?urlpath=lab/tree/{NOTEBOOK}" in links
    assert f"https://colab.research.google.com/github/ann/course/blob/main/{NOTEBOOK}" in links
    assert "https://github.com/ann/course" in links
    assert any(link.startswith("https://github.com/ann/course/issues/new") for link in links)
    assert "https://github.com/ann/course/edit/main/book/softmax.md" in links
    home = "https://ann.github.io/course/"
    assert made.select("link[rel=canonical]", "href") == [f"{home}book/softmax.html"]
    lost = Page("404.html", (rebuilt / "404.html").read_text())  # shown in place of any address
    addresses = lost.select("a[href], link[href]", "href") + lost.select("[src]", "src")
    assert all(re.match("https://|#", address) for address in addresses)
    [card] = made.select('meta[property="og:image"]', "content")
    with Image.open(rebuilt / card.removeprefix("https://ann.github.io/course/")) as picture:
        assert picture.size == (1200, 630)


WRITTEN = """<main><article><div class="exercise"></div><div class="proof"></div>
<div class="citation"></div><div class="output"><pre>short</pre></div>
<table class="table"><thead><tr><th>verdict</th></tr></thead><tr><td>so</td></tr></table>
<div class="cell_output"><table></table></div><span class="beside"></span>
<a class="derivation-mark derivation-checked"><span>✓</span><b class="derivation-words"></b></a>
<div class="solution"></div><details class="hide"></details><p><code>a b</code></p></article></main>
<nav><li class="has-children"></li></nav>"""


@pytest.mark.parametrize("row", pages.MENDS, ids=lambda row: row[1])
def test_a_mend_that_finds_nothing_to_mend_fails_the_build(row, monkeypatch):
    sheet = BeautifulSoup(WRITTEN, "html.parser")
    if row[1] == "a.derivation-mark":
        sheet.select_one(row[1]).decompose()
    monkeypatch.setattr(pages, "MENDS", [row])
    with pytest.raises(ExtensionError, match=f"mends {re.escape(row[1])}"):
        pages._mend([sheet])


def test_the_letters_of_a_figure_are_large_enough_on_a_phone():
    """Those of a picture that a moving figure replaces are no one's concern."""
    plot.use_style()
    size, small = plt.rcParams["font.size"], []
    for name in BOOK:
        for image in page(name).soup.select('article img[src*="_images/"]:not(.computes)'):
            inches = int(image["width"]) / pages.SCREEN
            if 342 / (72 * inches) * size < 9:
                small.append((name, image["alt"][:40], inches))
    assert small == []


def test_each_letter_of_the_glossary_leads_to_its_first_term():
    soup = page("book/glossary.html").soup
    terms = [term.get_text() for term in soup.select("dl.glossary > dt")]
    for link in soup.select(".letters a"):
        first = next(term for term in terms if term[0].upper() == link.get_text())
        assert soup.find(id=link["href"][1:]).get_text() == first
    assert len(soup.select(".letters a")) == len({term[0].upper() for term in terms}) > 15


def test_only_a_build_that_knows_its_repository_offers_one():
    known = contents.CONFIG["repository"]["url"] or os.environ.get("GITHUB_REPOSITORY")
    for name in BOOK:
        links = page(name).select("a[href]", "href")
        offered = [link for link in links if re.search("mybinder|colab|issues/new", link)]
        assert bool(offered) == bool(known)


@pytest.mark.skipif(not (audit.HOME / ".git").exists(), reason="no history")
def test_each_page_says_when_it_was_changed():
    for name in BOOK:
        (day,) = page(name).select("footer time", "datetime")
        assert re.fullmatch(r"\d{4}-\d\d-\d\d", day)


def test_each_chapter_says_how_far_through_the_book_it_is():
    numbers = {path.stem: n for path, n in notebooks.chapters().items() if n}
    last = max(numbers.values())
    for name, number in numbers.items():
        [shown] = page(f"book/{name}.html").soup.select("article .chapter-number")
        assert shown.get_text().strip() == f"Chapter {number} of {last}"
        assert (shown.progress["value"], shown.progress["max"]) == (str(number), str(last))


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_numbers_in_the_notebook_are_those_of_the_site(path):
    """website/notebooks.py counts by itself; here Sphinx's own count is read from the page."""
    text = page(f"book/{path.stem}.html").text
    cells = json.loads((notebooks.NOTEBOOKS / f"{path.stem}.ipynb").read_text())["cells"]
    notebook = "\n".join(cell["source"] for cell in cells if cell["cell_type"] == "markdown")
    equations = re.findall(r'class="eqno"[^>]*>\(([\d.]+)\)', text)
    assert re.findall(r"\\tag\{([\d.]+)\}", notebook) == equations
    exercises = re.findall(r'class="caption-number">(Exercise [\d.]+)', text)
    assert re.findall(r"#### (Exercise [\d.]+)", notebook) == exercises
    statements = re.findall(
        r'caption-number">((?:Theorem|Lemma|Corollary|Definition) [\d.]+)', text
    )
    assert (
        re.findall(r"\*\*((?:Theorem|Lemma|Corollary|Definition) [\d.]+)\*\*", notebook)
        == statements
    )


def marks(name):
    """Of each displayed equation of a page, where its mark leads, its state and its words."""
    mark = r'<a [^>]*class="derivation-mark derivation-(\w+)" href="([^"]*)" title="([^"]*)">'
    return re.findall(mark, page(name).text)


@pytest.mark.parametrize("name", BOOK)
def test_each_displayed_equation_carries_a_mark_that_says_what_it_is(name):
    source = (notebooks.HOME / name).with_suffix(".md").read_text()
    assert 2 * len(marks(name)) == re.sub(r"`[^`\n]*`", "", source).count("$$")
    assert all(words.startswith("This equation is") for *_, words in marks(name))
    assert {link for _, link, _ in marks(name)} <= {"how-checked.html", "#"}


TEXTS = {".html", ".js", ".md", ".txt", ".ipynb", ".json"}
ASSIGNMENTS = sorted((notebooks.HOME / "assignments").glob("*.md"))


@cache
def shipped():
    """All texts of the site and of the notebooks, and what they say without their markup."""
    site = [file for file in audit.SITE.rglob("*") if file.suffix in TEXTS and file.is_file()]
    files = [*site, *notebooks.NOTEBOOKS.glob("*.ipynb")]
    text = "\n".join(file.read_text(errors="ignore") for file in files)
    return text + html.unescape(re.sub(r"<[^>]+>", "", text))


@pytest.mark.parametrize("path", ASSIGNMENTS, ids=lambda path: path.stem)
def test_no_page_download_or_index_holds_a_line_of_a_graded_solution(path):
    folders = (("book", "*.md"), ("softmax_lib", "*.py"), ("softmax_lib", "*/*.py"))
    files = [file for folder, kind in folders for file in (notebooks.HOME / folder).glob(kind)]
    public = "\n".join(file.read_text() for file in files)
    secrets = {line for line in source.read(path).secrets() if line not in public}
    assert len(secrets) > 5
    written = ((line, line, json.dumps(line)[1:-1]) for line in secrets)  # as in a notebook's JSON
    assert not {line for line, *ways in written if any(way in shipped() for way in ways)}
