"""Lighthouse on three pages: the front page, the longest, and the one with most figures.

It varies from run to run, so that the aims are three points lower here than in `make site-audit`,
which measures all pages.
"""

import pytest
from pages import NAMES, page

from website import audit
from website.audit import lighthouse, performance

MARGIN = 3
LONGEST = max(NAMES, key=lambda name: len(page(name).text))
RICHEST = max(NAMES, key=lambda name: page(name).text.count("<img"))
PAGES = dict.fromkeys(["book/index.html", LONGEST, RICHEST])


@pytest.fixture(scope="module")
def first(server):
    """All scores of one run of each page on the phone."""
    categories = ("performance", *audit.QUALITIES)
    return {name: lighthouse(server.url + name, "mobile", categories) for name in PAGES}


@pytest.mark.parametrize(("device", "aim"), [("mobile", 95), ("desktop", 98)])
def test_pages_are_fast(device, aim, first, server, figures):
    enough = aim - MARGIN
    found = {}
    for name, scores in first.items():
        known = scores[:1] if device == "mobile" else []
        found[name] = performance(server.url + name, device, enough, known)
    figures(f"Lighthouse, {device} performance", found, least=enough)


@pytest.mark.parametrize("quality", audit.QUALITIES)
def test_pages_have_the_full_score(quality, first, figures):
    place = 1 + audit.QUALITIES.index(quality)
    found = {name: scores[place] for name, scores in first.items()}
    figures(f"Lighthouse, {quality}", found, least=100)


def test_a_doctored_page_loses_points(server):
    name = "book/no-language.html"
    server.doctored[name] = page("book/index.html").text.replace('lang="en"', "", 1)
    (score,) = lighthouse(server.url + name, "desktop", ["accessibility"])
    assert score < 100
