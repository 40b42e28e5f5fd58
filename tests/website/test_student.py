"""The student edition as it is built: what only a solution says is nowhere in it."""

import json
import re

import pytest
from bs4 import BeautifulSoup

from website import articles, student

MARKUP = re.compile(r"""[$`{}*_\\\[\]<>|'"]+|\.\.\.|--""")


def plain(text):
    return " ".join(text.split())


def piece(line):
    """The longest part of a line of MyST or of a program that a page shows as it stands."""
    return max(map(plain, MARKUP.split(line)), key=len)


def texts(site):
    """What the files of a site say, as plain text: pages, notebooks, sources, the search."""
    for path in sorted(site.rglob("*")):
        if path.suffix == ".html":
            yield path, plain(BeautifulSoup(path.read_text(), "html.parser").get_text())
        elif path.suffix == ".ipynb":
            cells = json.loads(path.read_text())["cells"]
            yield path, plain("\n".join("".join(cell["source"]) for cell in cells))
        elif path.suffix in (".md", ".txt") or path.name == "sections.js":
            yield path, plain(path.read_text())


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    return student.build(tmp_path_factory.mktemp("student"), execute="off")


@pytest.fixture(scope="session")
def secrets(site):
    """A piece of each line that only a solution has, if no page has it elsewhere."""
    public = plain("\n".join(path.read_text() for path in site.rglob("_sources/**/*.md")))
    pieces = {piece(line) for line in student.secrets()}
    return {p for p in pieces if len(p) > student.SHORT and p not in public}


def test_what_is_looked_for_would_be_found(secrets):
    full = "\n".join(text for path, text in texts(articles.SITE) if path.suffix == ".html")
    assert len(secrets) > 300
    assert sum(p in full for p in secrets) > 0.95 * len(secrets)


def test_what_only_a_solution_says_is_nowhere(site, secrets, figures):
    seen, found = set(), {}
    for path, text in texts(site):
        seen.add(path.suffix)
        found[str(path.relative_to(site))] = [p for p in secrets if p in text]
    assert {".html", ".ipynb", ".md", ".js"} <= seen
    figures("lines of solutions in the student edition", found, most=0)


def test_the_student_edition_has_its_exercises_and_no_solution(site):
    pages = [BeautifulSoup(path.read_text(), "html.parser") for path in (site / "book").iterdir()]
    assert sum(len(page.select("div.exercise")) for page in pages) > 100
    assert not [page for page in pages if page.select(".solution")]
