"""What a reader meets in a browser: on a phone and a desk, in the light and in the dark."""

import pytest
from pages import NAMES, page
from visits import CONTROLS, DESK, FIREFOX, LIMITS, LOADED, NARROW, PHONE, VIEWS

from website import audit

WHOLE = [view for view in VIEWS if NARROW not in view]  # at 320 px a formula in a line may end it
UNREADABLE = """() => {
  const hidden = element => !element.getClientRects().length;
  const folded = element => element.closest("details:not([open])");
  const shown = [...document.querySelectorAll("article :is(p, math, .solution, summary)")];
  return shown.filter(e => hidden(e) && (e.matches("summary") || !folded(e)))
    .map(e => e.textContent.trim()).filter(text => text); // an empty one hides nothing
}"""


def on_each_page(visited, attribute, views=VIEWS):
    return {
        f"{name} ({view})": getattr(visited[name, view], attribute)
        for name in NAMES
        for view in views
    }


def test_no_page_asks_another_host_for_anything(visited, figures):
    figures("requests to other hosts", on_each_page(visited, "foreign", LOADED), most=0)


def test_no_page_writes_an_error_to_the_console(visited, figures):
    figures("console errors", on_each_page(visited, "errors"), most=0)


def test_no_page_violates_a_rule_of_accessibility(visited, figures):
    figures("axe violations", on_each_page(visited, "axe", [PHONE, DESK]), most=0)


def test_no_page_is_wider_than_its_window(visited, figures):
    figures("page overflow", on_each_page(visited, "overflow"), most=0, unit=" px")


def test_no_formula_is_wider_than_its_column(visited, figures):
    figures("formulas wider than their column", on_each_page(visited, "wide", WHOLE), most=0)


def test_no_page_shifts_while_it_loads(visited, figures):
    figures("layout shift", on_each_page(visited, "shift", LOADED), most=LIMITS["shift"])


@pytest.mark.parametrize("kind", CONTROLS)
def test_a_doctored_page_turns_its_check_red(visited, kind):
    _, attribute = CONTROLS[kind]
    turns_red(visited, kind, attribute, PHONE)


@pytest.mark.parametrize("kind", ["console error", "wide element", "wide formula"])
def test_a_doctored_page_turns_its_check_red_in_firefox(visited, kind):
    _, attribute = CONTROLS[kind]
    turns_red(visited, kind, attribute, f"{FIREFOX}, {DESK}")


def turns_red(visited, kind, attribute, view):
    sound = getattr(visited["book/index.html", view], attribute)
    found = getattr(visited[f"book/{kind}.html", view], attribute)
    if attribute in LIMITS:
        assert found > LIMITS[attribute]
    else:
        assert set(found) - set(sound)


def unreadable(bare, url):
    bare.goto(url)
    return bare.evaluate(UNREADABLE)


def test_without_javascript_text_formulas_and_solutions_are_readable(bare, server, figures):
    found = {name: unreadable(bare, server.url + name) for name in NAMES if "book/" in name}
    figures("hidden without JavaScript", found, most=0)


def test_a_hidden_solution_turns_its_check_red(bare, server):
    server.doctored["book/hidden.html"] = page("book/index.html").text.replace(
        "</article>", '<div class="solution" hidden>42</div></article>'
    )
    assert "42" in unreadable(bare, f"{server.url}book/hidden.html")


def faults_from_file(browser, name):
    """Scripts that fail, files and fonts that are not found, when a page is opened from the disk.

    Chromium refuses there to load a font ahead of its use and says so; that alone is no fault.
    """
    tab, faults = browser.new_page(), []
    absent = "net::ERR_FILE_NOT_FOUND"
    tab.on("requestfailed", lambda asked: asked.failure == absent and faults.append(asked.url))
    tab.on("pageerror", lambda error: faults.append(str(error)))
    tab.goto((audit.SITE / name).as_uri())
    tab.evaluate("() => document.fonts.ready")
    faults += tab.evaluate(
        "[...document.fonts].filter(f => f.status == 'error').map(f => f.family)"
    )
    tab.close()
    return faults


def test_pages_work_from_a_file(browser, figures):
    found = {name: faults_from_file(browser, name) for name in NAMES}
    figures("faults when opened from a file", found, most=0)
