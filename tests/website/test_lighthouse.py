"""Lighthouse on two pages: the front page, and the one with most figures."""

import pytest
from pages import NAMES, page

from website.audit import QUALITIES, lighthouse

RICHEST = max(NAMES, key=lambda name: page(name).text.count("<img"))
PAGES = ["book/index.html", RICHEST]


@pytest.fixture(scope="module")
def scores(server):
    return {name: lighthouse(server.url + name, "mobile", QUALITIES) for name in PAGES}


@pytest.mark.parametrize("quality", QUALITIES)
def test_pages_have_the_full_score(quality, scores, figures):
    place = QUALITIES.index(quality)
    found = {name: score[place] for name, score in scores.items()}
    figures(f"Lighthouse, {quality}", found, least=100)


def test_a_doctored_page_loses_points(server):
    name = "book/no-language.html"
    server.doctored[name] = page("book/index.html").text.replace('lang="en"', "", 1)
    (score,) = lighthouse(server.url + name, "desktop", ["accessibility"])
    assert score < 100
