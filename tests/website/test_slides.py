"""The slides hold formulas and figures of the chapters, and nothing that was written for them."""

import pytest

from website import articles, slides


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    return slides.write(tmp_path_factory.mktemp("slides") / "slides")


def test_a_lecture_has_the_sections_that_the_instructors_page_names():
    plans = slides.lectures()
    assert list(plans) == ["One lecture", "Two lectures"]
    assert "sec-two-cases" in plans["One lecture"]
    assert "sec-check-misses" in plans["Two lectures"]


def test_each_slide_shows_formulas_or_a_figure_of_the_book(written):
    pages = [articles.SITE / f"{name}.html" for name in articles.NAMES]
    book = {
        formula["id"] for path in pages for formula in
        articles.fragment(path.read_text()).select("div.math[id]")
    }  # fmt: skip
    for path in written:
        title, *shown = articles.fragment(path.read_text())("section")
        assert title.h1
        assert len(shown) > 10
        assert all(slide.select("div.math, figure img") for slide in shown)
        things = [thing["id"] for slide in shown for thing in slide.select("div.math, figure")]
        assert len(things) == len(set(things))
        assert {f["id"] for slide in shown for f in slide.select("div.math")} <= book


def test_a_page_of_slides_needs_nothing_but_its_folder(written):
    for path in written:
        text = articles.fragment(path.read_text())
        files = [image["src"] for image in text("img")] + [link["href"] for link in text("link")]
        assert all((path.parent / name).is_file() for name in files)
        assert not [link for link in text("a", href=True) if ":" in link["href"]]
