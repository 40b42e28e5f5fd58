"""Lighthouse on three pages: the front page, the longest, and the one with most figures.

It varies from run to run, so that the aims are three points lower here than in `make site-audit`,
which measures all pages.
"""

import pytest
import site_audit
from pages import NAMES, page

MARGIN = 3
LONGEST = max(NAMES, key=lambda name: len(page(name).text))
RICHEST = max(NAMES, key=lambda name: page(name).text.count("<img"))
PAGES = dict.fromkeys(["book/index.html", LONGEST, RICHEST])


@pytest.mark.parametrize(("device", "aim"), [("mobile", 95), ("desktop", 98)])
def test_performance(device, aim, server, figures):
    found = {
        name: site_audit.performance(server.url + name, device, aim - MARGIN) for name in PAGES
    }
    figures(f"Lighthouse, {device} performance", found, least=aim - MARGIN)


def test_accessibility_best_practices_and_search_engines(server, figures):
    found = {
        name: site_audit.lighthouse(server.url + name, "mobile", site_audit.QUALITIES)
        for name in PAGES
    }
    for quality, scores in zip(
        site_audit.QUALITIES, zip(*found.values(), strict=True), strict=True
    ):
        figures(f"Lighthouse, {quality}", dict(zip(PAGES, scores, strict=True)), least=100)
