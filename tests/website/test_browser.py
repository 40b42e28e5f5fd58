"""What a reader meets in a browser: on a phone and a desk, in the light and in the dark."""

import pytest
import site_audit
from pages import NAMES, page
from visits import CONTROLS, LIMITS, PHONE, VIEWS

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
    figures("requests to other hosts", on_each_page(visited, "foreign"), most=0)


def test_no_page_writes_an_error_to_the_console(visited, figures):
    figures("console errors", on_each_page(visited, "errors"), most=0)


def test_no_page_violates_a_rule_of_accessibility(visited, figures):
    figures("axe violations", on_each_page(visited, "axe"), most=0)


def test_no_page_is_wider_than_its_window(visited, figures):
    figures("page overflow", on_each_page(visited, "overflow"), most=0, unit=" px")


def test_no_formula_is_wider_than_its_column(visited, figures):
    figures("formulas wider than their column", on_each_page(visited, "wide"), most=0)


def test_no_page_shifts_while_it_loads(visited, figures):
    figures("layout shift", on_each_page(visited, "shift"), most=LIMITS["shift"])


def test_no_page_is_heavy(visited, figures):
    weights = on_each_page(visited, "bytes", [PHONE])
    kib = {name: weight / 1024 for name, weight in weights.items()}
    figures("weight, compressed, with figures", kib, most=LIMITS["bytes"] / 1024, unit=" KiB")


def test_mathematics_is_soon_visible_on_a_slow_phone(visited, figures):
    times = on_each_page(visited, "mathematics", [PHONE])
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


def test_pages_work_from_a_file(browser, figures):
    found = {}
    context = browser.new_context()
    for name in NAMES:
        tab, found[name] = context.new_page(), []
        tab.on("requestfailed", lambda failed, to=found[name]: to.append(failed.url))
        tab.on(
            "console", lambda said, to=found[name]: said.type == "error" and to.append(said.text)
        )
        tab.on("pageerror", lambda error, to=found[name]: to.append(str(error)))
        tab.goto((site_audit.SITE / name).as_uri())
        tab.close()
    context.close()
    figures("errors from file://", found, most=0)


def results(tab, url, term):
    """The links that the search page gives for a term."""
    tab.goto(f"{url}?q={term}")
    tab.wait_for_function("/found|did not match/.test(document.body.innerText)")
    return tab.locator("#search-results li a").count()


def test_search_finds_every_term_of_the_glossary(browser, server, figures):
    tab = browser.new_page()
    missing = [term for term in TERMS if not results(tab, f"{server.url}search.html", term)]
    assert len(TERMS) > 50
    assert not results(tab, f"{server.url}search.html", "zyzzyva")
    assert results(tab, (site_audit.SITE / "search.html").as_uri(), "softmax")
    tab.close()
    figures("terms of the glossary that search misses", {"search.html": missing}, most=0)


def test_control_k_opens_the_search(browser, server):
    tab = browser.new_page()
    tab.goto(f"{server.url}book/index.html")
    tab.keyboard.press("Control+K")
    field = tab.locator("input[name=q]:focus")
    field.wait_for(state="visible")
    tab.keyboard.type("softmax")
    tab.keyboard.press("Enter")
    tab.wait_for_url("**/search.html?q=softmax*")
    tab.close()
