"""What a reader meets in a browser: on a phone and a desk, in the light and in the dark."""

import pytest
from pages import NAMES
from visits import BARE, CONTROLS, DESK, FIREFOX, IN_FIREFOX, LIMITS, LOADED, NARROW, PHONE, VIEWS

from website import audit

WHOLE = [view for view in VIEWS if NARROW not in view]  # at 320 px a formula in a line may end it
EACH = {  # of a visit: what the table of figures calls it, the views that show it, its unit
    "foreign": ("requests to other hosts", LOADED, ""),
    "errors": ("console errors", VIEWS, ""),
    "axe": ("axe violations", LOADED, ""),
    "hidden": ("hidden without JavaScript", [BARE], ""),
    "faults": ("what is cut, astray or small", LOADED, ""),
    "overflow": ("page overflow", VIEWS, " px"),
    "wide": ("formulas wider than their column", WHOLE, ""),
    "shift": ("layout shift", LOADED, ""),
    "kib": ("weight, compressed, with figures", [PHONE], " KiB"),
}


@pytest.mark.parametrize("attribute", EACH)
def test_no_page_has_more_than_it_may(attribute, visited, figures):
    figure, views, unit = EACH[attribute]
    seen = {
        (name, view): getattr(visited[name, view], attribute) for name in NAMES for view in views
    }
    found = {f"{name} ({view})": value for (name, view), value in seen.items()}
    figures(figure, found, LIMITS.get(attribute, 0), unit=unit)


@pytest.mark.parametrize(
    ("kind", "view"),
    [*((kind, "") for kind in CONTROLS), *((kind, f"{FIREFOX}, {DESK}") for kind in IN_FIREFOX)],
)
def test_a_doctored_page_turns_its_check_red(kind, view, visited):
    _, attribute = CONTROLS[kind]
    view = view or (BARE if attribute == "hidden" else PHONE)
    sound = getattr(visited["book/index.html", view], attribute)
    found = getattr(visited[f"book/{kind}.html", view], attribute)
    if attribute in LIMITS:
        assert found > LIMITS[attribute]
    else:
        assert set(found) - set(sound)


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
