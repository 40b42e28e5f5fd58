"""What a reader does on a page: search, follow references, print, come back, use the keyboard."""

import json
from time import sleep

import pytest
from firefox import Firefox
from pages import page
from visits import PHONE, WIDTHS

from website import audit

LONG = "book/jacobian.html"


# Searching


@pytest.fixture(scope="module")
def search(opens, server):
    """The page of the search: a function from a query to the results, (address, text) each."""

    def find(query):
        tab.locator("article input[name=q]").fill(query)
        found = tab.locator("article .search-form li")
        addresses = found.locator("a").evaluate_all("links => links.map(link => link.href)")
        places = [address.removeprefix(server.url) for address in addresses]
        return list(zip(places, found.all_inner_texts(), strict=True))

    with opens("search.html?q=softmax") as tab:
        tab.locator("article .search-form li").first.wait_for(state="visible")
        yield find


@pytest.mark.parametrize(
    ("query", "place"),
    [
        ("Bohning", "book/curvature.html"),
        ("2.5", "book/softmax.html"),
        ("4.14", "book/quotient-rule.html"),
        ("∇", "book/"),
        ("onehot", "book/glossary.html#term-one-hot"),
        ("regularization", "book/glossary.html#term-penalty"),
        ("weight decay", "book/glossary.html#term-penalty"),
        ("learning rate", "book/glossary.html#term-step-size"),
        ("jacobain", "book/glossary.html#term-Jacobian"),
        ("exercise 5.3", "book/jacobian.html#"),
    ],
)
def test_search_finds_first(query, place, search):
    (address, _), *_ = search(query)
    assert address.startswith(place)


def test_results_are_places_with_the_words_searched_for(search):
    found = search("overflow")
    addresses = [address for address, _ in found]
    assert len(found) > 3
    assert len(set(addresses)) == len(found)
    assert all("#" in address for address in addresses)
    assert all("overflow" in text.lower() for _, text in found)


def test_search_finds_every_term_of_the_glossary(search, figures):
    entries = page("book/glossary.html").soup.select("dl.glossary dt")
    terms = [entry.get_text().removesuffix("#").split(" (")[0] for entry in entries]
    assert len(terms) > 50
    assert not search("zyzzyva")
    missing = [t for t in terms if not any("glossary" in address for address, _ in search(t))]
    figures("terms of the glossary that search misses", {"search.html": missing}, most=0)


@pytest.mark.parametrize(("origin", "width"), [("http", 390), ("file", 1280)])
def test_control_k_opens_the_search_and_it_finds(origin, width, opens):
    home = "" if origin == "http" else f"{audit.SITE.as_uri()}/"
    with opens(f"{home}book/index.html", width=width) as tab:
        tab.keyboard.press("Control+K")
        tab.locator("dialog input[name=q]:focus").wait_for(state="visible")
        sign = tab.locator("dialog .fa-magnifying-glass").bounding_box()
        assert sign["x"] + sign["width"] <= tab.locator("dialog input").bounding_box()["x"]
        tab.keyboard.type("softmax")
        tab.locator("dialog li a[href*='softmax.html']").first.wait_for(state="visible")
        tab.keyboard.press("Enter")
        tab.locator("article li a[href*='softmax.html']").first.wait_for(state="visible")


def test_the_search_keeps_the_focus_and_gives_it_back(opens):
    with opens(LONG) as tab:
        opener = tab.locator("aside [data-opens=search]")
        opener.focus()
        tab.keyboard.press("Enter")
        tab.locator("dialog input[name=q]:focus").wait_for(state="visible")
        tab.keyboard.type("softmax")
        tab.locator("dialog li").first.wait_for(state="visible")
        for _ in range(40):
            tab.keyboard.press("Tab")
            assert tab.evaluate("document.activeElement.matches('body, dialog, dialog *')")
        tab.keyboard.press("Escape")
        assert tab.evaluate("document.activeElement.dataset.opens") == "search"


# What a reference leads to


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("curvature", "references.html#"),
        ("jacobian", "softmax.html#equation-"),
        ("digits", "#ex-"),
        ("glossary", "#term-"),
    ],
    ids=["citation", "equation", "exercise", "term"],
)
def test_a_reference_shows_what_it_leads_to_while_the_pointer_rests_on_it(name, start, opens):
    with opens(f"book/{name}.html") as tab:
        link = tab.locator(f"article a.internal[href^='{start}'] >> visible=true").first
        words = link.inner_text().split()[-1:]
        if start == "references.html#":  # of which the link says no more than author and year
            anchor = link.get_attribute("href").removeprefix(start)
            words = page("book/references.html").soup.find(id=anchor).get_text().split()[-3:]
        link.hover()
        card = tab.locator("#preview")
        card.wait_for(state="visible")
        text = card.inner_text()
        assert words
        assert all(word in text for word in words)
        tab.keyboard.press("Escape")
        card.wait_for(state="hidden")


def test_the_card_stays_while_the_pointer_is_in_it_and_scrolls_when_it_is_long(opens):
    with opens(LONG, height=600) as tab:
        tab.locator(".btn-notation-button").hover()
        card = tab.locator("#preview")
        card.wait_for(state="visible")
        box = card.bounding_box()
        assert box["y"] + box["height"] <= 600
        tab.mouse.move(box["x"] + 40, box["y"] + 40, steps=5)
        tab.wait_for_timeout(600)
        tab.mouse.wheel(0, 4000)
        tab.wait_for_timeout(200)
        end = "e => e.scrollTop > 0 && e.scrollTop + e.clientHeight >= e.scrollHeight - 1"
        assert card.evaluate(end)
        tab.mouse.move(5, 595, steps=5)
        card.wait_for(state="hidden")


def test_on_touch_the_first_tap_shows_and_the_second_follows(opens):
    with opens(LONG, width=WIDTHS[PHONE], has_touch=True) as tab:
        link = tab.locator("article a.internal[href*='softmax.html#']").first
        link.tap()
        tab.locator("#preview").wait_for(state="visible")
        assert tab.url.endswith(LONG)
        link.tap()
        tab.wait_for_url("**/softmax.html#*")


@pytest.mark.parametrize("name", ["index", "curvature", "glossary"])
def test_the_key_in_the_header_leads_to_the_notation(name, opens):
    with opens(f"book/{name}.html") as tab:
        tab.locator(".btn-notation-button").click()
        tab.wait_for_url("**/book/glossary.html#notation-in-short")
        assert len(tab.context.pages) == 1


# The keyboard

OUTLINES = """() => {
  const ring = getComputedStyle(document.activeElement), box = document.activeElement;
  const cuts = parent => parent && getComputedStyle(parent).overflow !== "visible"
    && parent.offsetWidth < box.offsetWidth + 4 && parseFloat(ring.outlineOffset) >= 0;
  return [box === document.body, box.outerHTML.slice(0, 100),
    ring.outlineStyle !== "none" && parseFloat(ring.outlineWidth) >= 2
      && !cuts(box.parentElement) && !cuts(box.parentElement?.parentElement),
    !!box.closest(".math"), box.matches(".skip-link a")];
}"""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_each_stop_of_the_keyboard_shows_where_it_is(scheme, opens):
    with opens("book/quotient-rule.html", color_scheme=scheme) as tab:
        stops = []
        for _ in range(400):
            tab.keyboard.press("Tab")
            at_end, *stop = tab.evaluate(OUTLINES)
            if at_end:
                break
            stops.append(stop)
        assert not [html for html, ring, *_ in stops if not ring]
        assert stops[0][3]  # the skip link is the first
        assert sum(in_formula for *_, in_formula, _ in stops) <= len(
            page("book/quotient-rule.html").soup.select("div.math")
        )


def test_a_figure_leads_to_itself_alone(opens):
    with opens(LONG) as tab:
        figure = tab.locator("article figure img").first
        source = figure.evaluate("image => image.src")
        figure.click()
        tab.wait_for_url(source)


# Coming to a place, and back to it


THERE = "[...document.querySelectorAll('article h2')].at(-3)"
PLACE = f"""async () => {{
  const top = () => {THERE}.getBoundingClientRect().top;
  for (let n = 0; n < 100 && Math.abs(top()) > 100; n++)
    await new Promise(later => setTimeout(later, 50));
  return top();
}}"""


@pytest.mark.parametrize("firefox", [False, True])
@pytest.mark.parametrize("width", [390, 1280])
def test_a_reader_who_comes_back_is_where_they_were(width, firefox, opens, server):
    with Firefox() if firefox else opens(LONG, width=width) as tab:
        if firefox:
            tab.open(server.url + LONG, width)
        tab.evaluate(f"() => {THERE}.scrollIntoView()")
        before = tab.evaluate(PLACE)
        tab.reload()
        assert abs(tab.evaluate(PLACE) - before) < 50
        tab.goto(f"{server.url}book/softmax.html")
        tab.go_back()
        assert abs(tab.evaluate(PLACE) - before) < 50


@pytest.mark.parametrize("name", ["softmax", "quotient-rule"])  # with two stylesheets, one
def test_a_page_waits_for_the_font_of_its_formulas_but_not_for_ever(name, browser, server):
    tab = browser.new_page()
    tab.route("**/latinmodern-page*", lambda kept: None)
    tab.route("**/site.css*", lambda late: (sleep(0.3), late.continue_()))
    tab.goto(f"{server.url}book/{name}.html", wait_until="commit")
    painted = "performance.getEntriesByName('first-contentful-paint')[0]?.startTime"
    assert tab.wait_for_function(painted).json_value() > 1000
    tab.close()


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["five-sources", "gradient-descent", "likelihood"])
def test_a_link_into_a_long_page_lands_on_its_target(width, name, opens):
    with opens(f"book/{name}.html#summary", width=width) as tab:
        for anchor in ("summary", "exercises"):
            tab.evaluate("anchor => { location.hash = anchor }", anchor)
            top = "document.querySelector(':target').getBoundingClientRect().top"
            tab.wait_for_function(f"0 <= {top} && {top} < 300")


# Where less is allowed

WORKS = """async () => {
  document.querySelector("[data-opens=search]").click();
  for (let n = 0; n < 100 && !document.querySelector("dialog input:focus"); n++)
    await new Promise(later => setTimeout(later, 20));
  return [document.getElementById("search").open, document.querySelectorAll(".copybtn").length > 3,
    ["light", "dark"].includes(document.documentElement.dataset.theme),
    !!document.getElementById("preview")];
}"""
REFUSED = """Object.defineProperty(window, "localStorage", {
  get() { throw new DOMException("refused", "SecurityError"); },
});"""


def test_a_page_works_where_storage_is_refused(opens):
    with opens(LONG, before=lambda tab: tab.add_init_script(REFUSED)) as tab:
        assert all(tab.evaluate(WORKS))
        tab.keyboard.press("Escape")
        tab.locator(".theme-button").click()
        assert tab.evaluate("document.documentElement.dataset.mode") == "light"
        assert tab.faults == []


def test_a_page_works_in_the_sandboxed_frame_of_a_course(opens, server):
    server.doctored["frame.html"] = (
        f'<iframe sandbox="allow-scripts" src="{server.url}{LONG}" width=900 height=700></iframe>'
    )
    with opens("frame.html") as tab:
        frame = tab.frame_locator("iframe").locator("html")
        frame.locator(".copybtn").first.wait_for(state="attached")
        assert all(frame.evaluate(f"({WORKS})"))


def test_a_page_works_under_a_strict_policy(opens, server):
    policy = "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'"
    server.doctored["book/strict.html"] = page(LONG).text.replace(
        "<head>", f'<head><meta http-equiv="Content-Security-Policy" content="{policy}">', 1
    )
    with opens("book/strict.html") as tab:
        assert all(tab.evaluate(WORKS))
        assert tab.faults == []


def test_a_script_that_fails_leaves_the_others_working(opens):
    def fail(tab):
        tab.route("**/preview.js*", lambda asked: asked.fulfill(body="throw new Error('failed')"))

    with opens(LONG, before=fail) as tab:
        assert tab.evaluate(WORKS)[:3] == [True, True, True]


# Without JavaScript


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_without_javascript_a_phone_leads_to_every_page_in_the_colours_preferred(scheme, opens):
    options = {"java_script_enabled": False, "color_scheme": scheme}
    with opens(LONG, width=WIDTHS[PHONE], **options) as tab:
        ground = tab.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (max(json.loads(f"[{ground[4:-1]}]")) < 60) == (scheme == "dark")
        assert not tab.locator(".search-button-field, .theme-button").first.is_visible()
        tab.locator(".opens-navigation").click()
        tab.locator("#site-navigation a[href*='softmax.html']").first.click()
        tab.wait_for_url("**/softmax.html")


# Tables


def test_a_phone_shows_a_comparison_beside_its_names_and_a_group_below_its_own(opens, server):
    with opens("book/five-sources.html", width=WIDTHS[PHONE]) as tab:
        box = tab.locator(".pst-scrollable-table-container").nth(2)
        widths = "box => [...box.querySelectorAll('td')].map(cell => cell.offsetWidth)"
        assert min(box.evaluate(widths)) > 60
        left = box.locator("tbody td").first.evaluate(
            "cell => { cell.closest('[tabindex]').scrollLeft = 200;"
            " return cell.getBoundingClientRect().left - cell.closest('[tabindex]').offsetLeft; }"
        )
        assert abs(left) < 2
        tab.goto(f"{server.url}book/index.html")
        shown = tab.locator("table tr:nth-child(2) td").evaluate_all(
            "cells => cells.map(cell => cell.offsetWidth)"
        )
        assert shown[0] == 0
        assert shown[3] > 300
