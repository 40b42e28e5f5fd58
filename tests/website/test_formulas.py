"""The hardest formulas as a browser draws them, and what is copied of a formula."""

from contextlib import contextmanager
from functools import partial

import pytest
from firefox import Firefox
from formulas import ACCENTS_ALONE, BOXES, SCALE, Picture, faults, hardest
from visits import opened

ON_A_PAGE = "book/formulas.html"
BROKEN = {  # what a browser would do that knows nothing of a rule, and the fault that it makes
    "a bracket of": "[class^=size] { font-feature-settings: normal !important }",
    "beside the top": "mover > mo { translate: none !important; transform: none !important }",
    "inside brackets": "mo[class^=size] { margin-inline: 0.5em }",
}
STYLED = """() => {{
  const style = document.createElement("style");
  style.textContent = "{}";
  document.head.append(style);
}}"""


@pytest.fixture(scope="module")
def address(server):
    """Of a page with the hardest formulas."""
    server.doctored[ON_A_PAGE] = hardest()
    return server.url + ON_A_PAGE


@pytest.fixture(scope="module")
def chromium(browser, address):
    """That page, large enough to be measured."""
    view = {"width": 1280, "height": 900}
    tab = browser.new_page(viewport=view, device_scale_factor=SCALE, reduced_motion="reduce")
    tab.goto(address)
    tab.picture = partial(tab.screenshot, full_page=True)
    yield tab
    tab.close()


@pytest.fixture(scope="module")
def firefox(address):
    with Firefox() as firefox:
        firefox.open(address, 1280, dots=SCALE)
        yield firefox


@pytest.fixture(params=["chromium", "firefox"])
def tab(request):
    return request.getfixturevalue(request.param)


@contextmanager
def styled(tab, rules):
    tab.evaluate(STYLED.format(rules))
    yield
    tab.evaluate("() => document.head.lastElementChild.remove()")


def seen(tab):
    """The boxes of the formulas in a page, and what is wrong with them."""
    boxes, whole = tab.evaluate(BOXES), Picture(tab.picture())
    with styled(tab, ACCENTS_ALONE):
        accents = Picture(tab.picture())
    return boxes, list(faults(whole, accents, boxes))


def test_the_hardest_formulas_are_drawn_as_tex_draws_them(tab, figures, request):
    boxes, found = seen(tab)
    assert len(boxes) == 40
    assert sum(len(formula["pairs"]) for formula in boxes) > 20
    assert sum(len(formula["accents"]) for formula in boxes) > 10
    name = request.node.callspec.params["tab"]
    figures(f"faults of formulas in {name.title()}", {ON_A_PAGE: found}, most=0)


def test_rules_that_are_missing_turn_the_measure_red(tab):
    rules = " ".join(BROKEN.values())
    if isinstance(tab, Firefox):  # both at once nearly cancel there
        rules = rules.replace("translate: none !important; ", "")
    with styled(tab, rules):
        _, found = seen(tab)
    assert not [fault for fault in BROKEN if not any(fault in said for said in found)]


def copied(tab):
    """What a copy puts on the clipboard: as text, and as HTML."""
    return tab.evaluate("""() => {
      const event = new ClipboardEvent("copy", {clipboardData: new DataTransfer(), bubbles: true});
      document.dispatchEvent(event);
      return ["text/plain", "text/html"].map(kind => event.clipboardData.getData(kind));
    }""")


@pytest.fixture
def page(browser, server):
    with opened(browser, f"{server.url}book/jacobian.html") as page:
        yield page


def test_a_text_is_copied_with_its_formulas_as_latex(page):
    page.evaluate("""() => {
      const math = document.querySelector("article p > math, article p .word > math");
      const paragraph = math.closest("p");
      paragraph.replaceChildren("before ", math, " after");
      const next = document.createElement("p");
      next.append("below");
      paragraph.after(next);
      getSelection().setBaseAndExtent(math.querySelector("mi").firstChild, 0, next, 1);
    }""")
    latex = page.evaluate("document.querySelector('article p annotation').textContent")
    text, html = copied(page)
    assert text.split("\n\n") == [f"${latex}$ after", "below"]
    assert "<math" in html


def test_the_latex_of_an_equation_is_copied_from_its_mark_without_a_mouse(page):
    page.locator("a.derivation-mark").first.focus()
    latex = page.evaluate(
        "document.activeElement.closest('div.math').querySelector('annotation').textContent"
    )
    assert copied(page)[0] == latex


def test_formulas_add_no_stop_to_the_tab_key(page):
    assert page.locator("math[tabindex], math [tabindex], math a").count() == 0
