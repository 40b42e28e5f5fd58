"""What a reader meets in a browser: on a phone and a desk, in the light and in the dark."""

import pytest
from pages import NAMES, page
from visits import CONTROLS, LIMITS, LOADED, PHONE, SLOW_PHONE, VIEWS

from website import audit

UNREADABLE = """() => {
  const hidden = element => !element.getClientRects().length;
  const folded = element => element.closest("details:not([open])");
  const shown = [...document.querySelectorAll("article :is(p, math, .solution, summary)")];
  return shown.filter(e => hidden(e) && (e.matches("summary") || !folded(e)))
    .map(e => e.textContent.trim());
}"""
TERMS = [
    term.get_text().removesuffix("#").split(" (")[0]
    for term in page("book/glossary.html").soup.select("dl.glossary dt")
]


def on_each_page(visited, attribute, views=VIEWS):
    return {
        f"{name} ({width}, {scheme})": getattr(visited[name, width, scheme], attribute)
        for name in NAMES
        for width, scheme in views
    }


def test_no_page_asks_another_host_for_anything(visited, figures):
    figures("requests to other hosts", on_each_page(visited, "foreign", LOADED), most=0)


def test_no_page_writes_an_error_to_the_console(visited, figures):
    figures("console errors", on_each_page(visited, "errors", LOADED), most=0)


def test_no_page_violates_a_rule_of_accessibility(visited, figures):
    figures("axe violations", on_each_page(visited, "axe"), most=0)


def test_no_page_is_wider_than_its_window(visited, figures):
    figures("page overflow", on_each_page(visited, "overflow"), most=0, unit=" px")


def test_no_formula_is_wider_than_its_column(visited, figures):
    figures("formulas wider than their column", on_each_page(visited, "wide"), most=0)


def test_no_page_shifts_while_it_loads(visited, figures):
    figures("layout shift", on_each_page(visited, "shift", LOADED), most=LIMITS["shift"])


def test_no_page_is_heavy(visited, figures):
    weights = on_each_page(visited, "bytes", [SLOW_PHONE])
    kib = {name: weight / 1024 for name, weight in weights.items()}
    figures("weight, compressed, with figures", kib, most=LIMITS["bytes"] / 1024, unit=" KiB")


def test_mathematics_is_soon_visible_on_a_slow_phone(visited, figures):
    times = on_each_page(visited, "mathematics", [SLOW_PHONE])
    times = {name: time for name, time in times.items() if time is not None}
    figures(
        "mathematics visible, 1.6 Mbit/s, CPU ÷ 4", times, most=LIMITS["mathematics"], unit=" s"
    )


@pytest.mark.parametrize("kind", CONTROLS)
def test_a_doctored_page_turns_its_check_red(visited, kind):
    _, attribute = CONTROLS[kind]
    sound = getattr(visited["book/index.html", *PHONE], attribute)
    found = getattr(visited[f"book/{kind}.html", *PHONE], attribute)
    if attribute in LIMITS:
        assert found > LIMITS[attribute]
    else:
        assert set(found) - set(sound)


@pytest.fixture(scope="module")
def bare(browser):
    """A page in a context without JavaScript."""
    context = browser.new_context(java_script_enabled=False)
    yield context.new_page()
    context.close()


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


def missing(tab, terms):
    """The terms that the search of the page in a tab does not find."""
    return [
        term
        for term in terms
        if not tab.evaluate("q => Search._performSearch(...Search._parseQuery(q)).length", term)
    ]


def test_search_finds_every_term_of_the_glossary(browser, server, figures):
    tab = browser.new_page()
    tab.goto(f"{server.url}search.html")
    tab.wait_for_function("Search.hasIndex()")
    found = {"search.html": missing(tab, TERMS)}
    assert len(TERMS) > 50
    assert missing(tab, ["zyzzyva"])
    tab.close()
    figures("terms of the glossary that search misses", found, most=0)


@pytest.mark.parametrize("origin", ["http", "file"])
def test_control_k_opens_the_search_and_it_finds(origin, browser, server):
    home = server.url if origin == "http" else f"{audit.SITE.as_uri()}/"
    tab = browser.new_page()
    tab.set_default_timeout(5000)
    tab.goto(f"{home}book/index.html")
    tab.keyboard.press("Control+K")
    tab.locator("input[name=q]:focus").wait_for(state="visible")
    tab.keyboard.type("softmax")
    tab.keyboard.press("Enter")
    tab.locator("#search-results li a[href*='softmax.html']").first.wait_for(state="visible")
    if origin == "http":  # a page opened from the disk may not read the others
        excerpt = tab.locator("#search-results li p.context").first
        excerpt.wait_for(state="visible")
        assert ".ipynb" not in excerpt.inner_text()
    tab.close()


def test_a_reference_shows_what_it_leads_to_while_the_pointer_rests_on_it(browser, server):
    tab = browser.new_page()
    tab.goto(f"{server.url}book/jacobian.html")
    link = tab.locator("article a.internal[href*='softmax.html#']").first
    link.hover()
    preview = tab.locator("#preview")
    preview.wait_for(state="visible")
    assert link.inner_text() in preview.inner_text()  # an equation's number
    tab.keyboard.press("Escape")
    preview.wait_for(state="hidden")
    tab.close()


@pytest.mark.parametrize("name", ["index", "curvature"])
def test_the_key_in_the_header_leads_to_the_notation(name, browser, server):
    tab = browser.new_page()
    tab.goto(f"{server.url}book/{name}.html")
    with tab.expect_popup() as opened:
        tab.locator(".btn-notation-button").click()
    assert opened.value.url.endswith("book/glossary.html#notation-in-short")
    opened.value.close()
    tab.close()


def test_a_page_is_laid_out_in_full_before_the_reader_moves(browser, server):
    tab = browser.new_page()
    tab.goto(f"{server.url}book/likelihood.html")
    tab.wait_for_function("'laidOut' in document.documentElement.dataset")
    waiting = """() => [...document.querySelectorAll("main *")].filter(
      element => getComputedStyle(element).contentVisibility !== "visible").length"""
    assert tab.evaluate(waiting) == 0
    tab.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["five-sources", "gradient-descent", "likelihood"])
def test_a_link_into_a_long_page_lands_on_its_target(width, name, browser, server):
    tab = browser.new_page(viewport={"width": width, "height": 844})
    tab.goto(f"{server.url}book/{name}.html#summary")
    tab.wait_for_function("'laidOut' in document.documentElement.dataset")
    for anchor in ("summary", "exercises"):
        tab.evaluate("anchor => { location.hash = anchor }", anchor)
        tab.wait_for_timeout(200)
        top = tab.evaluate("document.querySelector(':target').getBoundingClientRect().top")
        assert 0 <= top < 300, anchor
    tab.close()
