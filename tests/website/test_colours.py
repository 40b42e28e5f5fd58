"""A page on paper, and in the few colours that a reader has chosen for all."""

from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from visits import opened

LONG = "book/jacobian.html"
DRAWN = {
    "letters": "article p math mi",
    "the number of an equation": ".eqno",
    "the mark of an equation": "a.derivation-mark",
    "code": ".cell_input pre",
    "a box": "article .admonition",
    "a button": ".live-tools button",
    "how far through the book": ".chapter-number progress",
    "a picture": 'article img[src*="_images/"]',
    "a figure that computes": ".moving",
}
# of such a figure each curve, bar and dot against what is behind all of it
SHAPES = """() => {
  const light = colour => {
    const parts = colour.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255);
    const [r, g, b] = parts.map(c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.05 + 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const ground = light(getComputedStyle(document.body).backgroundColor);
  const shapes = document.querySelectorAll(".moving svg :is(path, circle, rect)[class]");
  return [...shapes].filter(shape => !shape.matches(".grid, .paper, .ink, .favour, .against"))
    .filter(shape => {
      const { fill, stroke } = getComputedStyle(shape);
      return ![fill, stroke].filter(colour => colour !== "none").map(light)
        .some(drawn => Math.max(drawn, ground) / Math.min(drawn, ground) >= 3);
    }).map(shape => shape.outerHTML);
}"""


def contrast(png):
    """Between the lightest and the darkest dot of a picture."""
    with Image.open(BytesIO(png)) as image:
        parts = np.asarray(image.convert("RGB")) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    light = 0.05 + linear @ [0.2126, 0.7152, 0.0722]
    return light.max() / light.min()


def unseen(tab):
    tab.evaluate("look.figures()")
    found = {what: contrast(tab.locator(where).first.screenshot()) for what, where in DRAWN.items()}
    faint = [f"{what}: {ratio:.1f}" for what, ratio in found.items() if ratio < 4.5]
    stop = tab.locator(".moving input").first
    before = stop.locator("xpath=..").screenshot()
    stop.focus()
    tab.keyboard.press("Tab")
    tab.keyboard.press("Shift+Tab")
    ring = stop.evaluate("stop => getComputedStyle(stop).outlineStyle")
    return (
        faint
        + tab.evaluate(SHAPES)
        + ["no ring"] * (ring != "solid" or before == stop.locator("xpath=..").screenshot())
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_in_forced_colours_all_that_is_drawn_is_seen(scheme, browser, server):
    forced = {"color_scheme": scheme, "forced_colors": "active"}
    with opened(browser, server.url + LONG, **forced) as tab:
        assert unseen(tab) == []
        tab.add_style_tag(content="math * { color: Canvas !important }")
        assert [fault for fault in unseen(tab) if "letters" in fault]


INK = """() => {
  const light = color => Math.max(...color.match(/[\\d.]+/g).slice(0, 3));
  return [...document.querySelectorAll("article :is(h1, h2, h3, p, li, td)")]
    .filter(e => e.getClientRects().length && light(getComputedStyle(e).color) > 120)
    .map(e => e.textContent.slice(0, 60));
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_page_is_printed_dark_on_white_with_its_title(scheme, browser, server):
    with opened(browser, server.url + LONG, color_scheme=scheme) as tab:
        assert tab.evaluate("document.documentElement.dataset.theme") == scheme
        tab.emulate_media(media="print")
        assert tab.locator("h1").is_visible()
        assert tab.evaluate(INK) == []
        ground = "getComputedStyle(document.body).backgroundColor"
        assert tab.evaluate(ground) in ("rgb(255, 255, 255)", "rgba(0, 0, 0, 0)")
        assert not tab.locator(".bd-sidebar-primary, .bd-header-article").first.is_visible()
        assert not tab.locator("details.hide > summary").first.is_visible()
        whole = "cells => cells.every(cell => getComputedStyle(cell).breakInside === 'avoid')"
        assert tab.locator(".cell_input").evaluate_all(whole)


@pytest.mark.parametrize("name", ["index", "jacobian", "digits"])
def test_in_the_dark_no_figure_glares(name, browser, server):
    options = {"color_scheme": "dark", "viewport": {"width": 390, "height": 844}}
    with opened(browser, f"{server.url}book/{name}.html", **options) as tab:
        picture = BytesIO(tab.locator(".moving").first.screenshot())
        assert np.mean(np.asarray(Image.open(picture).convert("L")) > 128) < 0.12
