"""The hardest formulas as a browser draws them, and what is copied of a formula."""

import pytest
from firefox import Firefox
from formulas import ACCENTS_ALONE, BOXES, SCALE, Picture, faults, hardest

ON_A_PAGE = "book/formulas.html"
BROKEN = {  # what a browser would do that knows nothing of a rule, and the fault that it makes
    "a bracket of": "[class^=size] { font-feature-settings: normal !important }",
    "beside the top": "mover > mo { translate: none !important; transform: none !important }",
    "inside brackets": "mo[class^=size] { margin-inline: 0.5em }",
}


@pytest.fixture(scope="module")
def address(server):
    """Of a page with the hardest formulas."""
    server.doctored[ON_A_PAGE] = hardest()
    return server.url + ON_A_PAGE


@pytest.fixture(scope="module")
def formulas(browser, address):
    """That page, large enough to be measured."""
    view = {"width": 1280, "height": 900}
    tab = browser.new_page(viewport=view, device_scale_factor=SCALE, reduced_motion="reduce")
    tab.goto(address)
    yield tab
    tab.close()


def seen(tab):
    """The boxes of the formulas in a page, and what is wrong with them."""
    boxes, whole = tab.evaluate(BOXES), Picture(tab.screenshot(full_page=True))
    sheet = tab.add_style_tag(content=ACCENTS_ALONE)
    accents = Picture(tab.screenshot(full_page=True))
    sheet.evaluate("style => style.remove()")
    return boxes, list(faults(whole, accents, boxes))


def test_the_hardest_formulas_are_drawn_as_tex_draws_them(formulas, figures):
    boxes, found = seen(formulas)
    assert len(boxes) == 40
    assert sum(len(formula["pairs"]) for formula in boxes) > 20
    assert sum(len(formula["accents"]) for formula in boxes) > 10
    figures("faults of formulas in Chromium", {ON_A_PAGE: found}, most=0)


STYLED = """() => {{
  const style = document.createElement("style");
  style.textContent = "{}";
  document.head.append(style);
}}"""


@pytest.fixture(scope="module")
def firefox(address):
    with Firefox() as firefox:
        firefox.open(address, 1280, dots=SCALE)
        yield firefox


def seen_in_firefox(firefox):
    boxes, whole = firefox.evaluate(BOXES), Picture(firefox.picture())
    firefox.evaluate(STYLED.format(ACCENTS_ALONE))
    accents = Picture(firefox.picture())
    firefox.evaluate("() => document.head.lastElementChild.remove()")
    return list(faults(whole, accents, boxes))


def test_they_are_in_firefox_too(firefox, figures):
    figures("faults of formulas in Firefox", {ON_A_PAGE: seen_in_firefox(firefox)}, most=0)


@pytest.mark.parametrize("fault", BROKEN)
def test_a_rule_that_is_missing_turns_the_measure_of_firefox_red(fault, firefox):
    leans = "mover > mo { transform: none !important }"  # alone: both at once nearly cancel there
    firefox.evaluate(STYLED.format(leans if fault == "beside the top" else BROKEN[fault]))
    found = seen_in_firefox(firefox)
    firefox.evaluate("() => document.head.lastElementChild.remove()")
    assert [said for said in found if fault in said]


@pytest.mark.parametrize("fault", BROKEN)
def test_a_rule_that_is_missing_turns_the_measure_red(fault, formulas):
    sheet = formulas.add_style_tag(content=BROKEN[fault])
    _, found = seen(formulas)
    sheet.evaluate("style => style.remove()")
    assert [said for said in found if fault in said]


def copied(tab):
    """What a copy puts on the clipboard: as text, and as HTML."""
    return tab.evaluate("""() => {
      const event = new ClipboardEvent("copy", {clipboardData: new DataTransfer(), bubbles: true});
      document.dispatchEvent(event);
      return ["text/plain", "text/html"].map(kind => event.clipboardData.getData(kind));
    }""")


def test_a_text_is_copied_with_its_formulas_as_latex(browser, server):
    tab = browser.new_page()
    tab.goto(f"{server.url}book/jacobian.html")
    tab.evaluate("""() => {
      const math = document.querySelector("article p > math, article p .word > math");
      const paragraph = math.closest("p");
      paragraph.replaceChildren("before ", math, " after");
      const next = document.createElement("p");
      next.append("below");
      paragraph.after(next);
      getSelection().setBaseAndExtent(math.querySelector("mi").firstChild, 0, next, 1);
    }""")
    latex = tab.evaluate("document.querySelector('article p annotation').textContent")
    text, html = copied(tab)
    assert text.split("\n\n") == [f"${latex}$ after", "below"]
    assert "<math" in html
    tab.close()


def test_the_latex_of_an_equation_is_copied_from_its_mark_without_a_mouse(browser, server):
    tab = browser.new_page()
    tab.goto(f"{server.url}book/jacobian.html")
    tab.locator("a.derivation-mark").first.focus()
    latex = tab.evaluate(
        "document.activeElement.closest('div.math').querySelector('annotation').textContent"
    )
    assert copied(tab)[0] == latex
    tab.close()


def test_formulas_add_no_stop_to_the_tab_key(browser, server):
    tab = browser.new_page()
    tab.goto(f"{server.url}book/jacobian.html")
    assert (
        tab.evaluate("document.querySelectorAll('math[tabindex], math [tabindex], math a').length")
        == 0
    )
    tab.close()
