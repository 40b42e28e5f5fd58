"""Every page of the site opened in headless Chromium and in Firefox, and what was seen there."""

import asyncio
import os
from contextlib import contextmanager
from dataclasses import dataclass, field

from firefox import Firefox
from playwright.async_api import async_playwright
from tqdm import tqdm

from website import audit

AXE = audit.MODULES / "axe-core" / "axe.min.js"
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 2e5, "uploadThroughput": 1e5}
PHONE, NARROW, DESK, SLOW_PHONE, FIREFOX = "phone", "320 px", "desk", "slow phone", "Firefox"
WIDTHS = {PHONE: 390, NARROW: 320, DESK: 1280, SLOW_PHONE: 390}
LOADED = [PHONE, DESK]  # opened; the narrow view is that of the phone, made narrower
VIEWS = [PHONE, NARROW, DESK, *(f"{FIREFOX}, {view}" for view in (DESK, PHONE, NARROW))]

WATCH = """
  window.seen = {shift: 0, mathematics: null};
  new PerformanceObserver(list => {
    for (const entry of list.getEntries()) if (!entry.hadRecentInput) seen.shift += entry.value;
  }).observe({type: "layout-shift", buffered: true});
  const look = () => {
    const formula = document.querySelector("main math");
    const style = formula && getComputedStyle(formula);
    const drawn = formula && formula.getBoundingClientRect().height > 0
      && document.fonts.check(`${style.fontSize} ${style.fontFamily}`, formula.textContent)
      && performance.getEntriesByName("first-contentful-paint").length;
    if (drawn) seen.mathematics = performance.now() / 1000; else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
"""

# its formulas are there, and it is laid out as a whole
DRAWN = """() => performance.now() > 20000 || !document.querySelector(".arriving")
  && (seen.mathematics || !document.querySelector("main math"))"""
SEEN = """[seen.shift,
  seen.mathematics ?? (document.querySelector("main math") ? Infinity : null)]"""

# Load the figures, also those that wait for the reader to come near.
FIGURES = """() => Promise.all([...document.images].map(image => {
  image.loading = "eager";
  return image.complete || new Promise(done => { image.onload = image.onerror = done; });
}))"""

# Show everything: open what is folded, lay out what is far from the window; take away gradients, on
# which axe judges no contrast.
OPEN = """() => {
  const style = document.createElement("style");
  style.textContent = "* { content-visibility: visible !important; background-image: none "
    + "!important }";
  document.head.append(style);
  for (const details of document.querySelectorAll("details")) details.open = true;
  for (const button of document.querySelectorAll(".toggle-button-hidden")) button.click();
}"""

# A formula is too wide when a symbol of it stands beside the text's column, or on its number.
WIDE = """() => {
  const box = element => element.getBoundingClientRect();
  const touch = (a, b) =>
    a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 1 && b.top < a.bottom - 1;
  const tooWide = formula => {
    let column = formula.parentElement;
    while (getComputedStyle(column).display === "inline") column = column.parentElement;
    const room = box(column), number = formula.closest(".math")?.querySelector(".eqno");
    return [...formula.querySelectorAll("mi, mn, mo, mtext")].map(box).some(
      symbol => symbol.width && (symbol.right > room.right + 1 || symbol.left < room.left - 1
        || number && touch(symbol, box(number))));
  };
  return [...document.querySelectorAll("main math")].filter(tooWide).map(f => f.textContent.trim());
}"""

VIOLATIONS = """async rules => (await axe.run(document, {resultTypes: ["violations"], ...rules}))
  .violations.map(found => `${found.id}: ${found.nodes.map(node => node.target).join(", ")}`)"""
CONTRAST = {"runOnly": ["color-contrast"]}  # all that the scheme of colours can change
TOO_WIDE = """() => {
  const root = document.documentElement;
  return root.scrollWidth - root.clientWidth;
}"""

# What turns a check red when it is added to a page, and the attribute of Visit that must say so.
CONTROLS = {
    "another host": ('<script src="https://example.org/script.js"></script>', "foreign"),
    "console error": ("<script>console.error('seen')</script>", "errors"),
    "missing file": ('<img src="none.png" alt="A picture that is not there" width="1">', "errors"),
    "wide element": ('<div style="width: 1900px">too wide</div>', "overflow"),
    "wide formula": (
        f"<p style='white-space: nowrap'><math>{'<mi>x</mi><mo>+</mo>' * 99}<mi>x</mi></math></p>",
        "wide",
    ),
    "nameless button": ("<button></button>", "axe"),
    "faint text": ('<p style="color: #999; background: #aaa">hardly to be read</p>', "axe"),
    "late banner": (
        """<script>addEventListener("load", () => setTimeout(() => document.body
        .insertAdjacentHTML("afterbegin", "<p style='height: 300px'>late</p>"), 100))</script>""",
        "shift",
    ),
    "late formula": (
        """<style id="late">main math { display: none }</style>
        <script>setTimeout(() => document.getElementById("late").remove(), 2100)</script>""",
        "mathematics",
    ),
    "heavy page": (f"<!--{' ' * 300 * 1024}-->", "bytes"),
}
LIMITS = {"overflow": 0, "shift": 0.05, "bytes": 300 * 1024, "mathematics": 2.0}


@dataclass
class Visit:
    """What one page did in one view."""

    foreign: list = field(default_factory=list)  # requests to other hosts
    errors: list = field(default_factory=list)  # of the console
    bytes: int = 0  # sent for the page, compressed
    shift: float = 0  # of the layout, cumulative
    mathematics: float | None = None  # seconds until the first formula is drawn
    overflow: int = 0  # pixels by which the page is wider than the window
    wide: list = field(default_factory=list)  # formulas wider than their column
    axe: list = field(default_factory=list)  # violations of accessibility rules


async def visit_all(home, pages, doctored):
    """Look at every page on a phone, on a desk and in Firefox, on all cores."""
    wanted = [(page, view) for page in pages for view in LOADED]
    wanted += [(page, PHONE) for page in doctored]
    bar = tqdm(total=len(pages) + len(doctored) + len(wanted), desc="visiting", unit="page")
    free, seen = asyncio.Semaphore(os.cpu_count()), {}

    async def one(page, view):
        async with free:
            await look(browser, home, page, view, seen)
        bar.update()

    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=audit.chromium(), args=audit.FLAGS)
        elsewhere = asyncio.to_thread(look_in_firefox, home, [*pages, *doctored], seen, bar.update)
        await asyncio.gather(elsewhere, *(one(*visit) for visit in wanted))
        await browser.close()
    bar.close()
    return seen


async def measure_all(home, pages):
    """Open every page on a slow phone, and time one after the other.

    What else the machine does only adds to a time: one above the limit is taken twice more.
    """
    alone, seen = asyncio.Lock(), {}
    bar = tqdm(total=len(pages), desc="slow phone", unit="page")

    async def one(name):
        seen[name] = await measure(browser, home, name, alone)
        bar.update()

    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=audit.chromium(), args=audit.FLAGS)
        await asyncio.gather(*map(one, pages))
        for name, visit in seen.items():
            for _ in range(2):
                if (visit.mathematics or 0) > LIMITS["mathematics"]:
                    again = await measure(browser, home, name, alone)
                    visit.mathematics = min(visit.mathematics, again.mathematics)
        await browser.close()
    bar.close()
    return seen


async def measure(browser, home, name, alone):
    """Open a page on a slow phone, and wait for its figures while the next one is opened."""
    async with alone:
        context, page, devtools, visit = await _open(browser, home, SLOW_PHONE)
        await devtools.send("Network.emulateNetworkConditions", SLOW)
        await devtools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
        await _load(page, home + name)
        await devtools.send("Emulation.setCPUThrottlingRate", {"rate": 1})
    await page.evaluate(FIGURES)
    await _settle(page, visit)
    await context.close()
    return visit


async def look(browser, home, name, view, seen):
    """Open a page and look at all of it, in the light and in the dark; a phone's in narrow, too."""
    context, page, _, visit = await _open(browser, home, view)
    seen[name, view] = visit
    await _load(page, home + name)
    await _settle(page, visit)
    await page.evaluate(OPEN)
    await page.evaluate(AXE.read_text())
    visit.axe = await page.evaluate(VIOLATIONS)
    await page.emulate_media(color_scheme="dark")
    visit.axe += [f"{found} (dark)" for found in await page.evaluate(VIOLATIONS, CONTRAST)]
    for shown in (view, NARROW) if view == PHONE else (view,):
        await page.set_viewport_size({"width": WIDTHS[shown], "height": 844})
        found = seen.setdefault((name, shown), Visit())
        found.overflow = await page.evaluate(TOO_WIDE)
        found.wide = await page.evaluate(WIDE)
    await context.close()


def look_in_firefox(home, names, seen, done):
    """Lay out each page in Firefox, at every width."""
    with Firefox() as browser:
        for name in names:
            browser.open(home + name, WIDTHS[DESK])
            browser.evaluate(OPEN)
            for view in (DESK, PHONE, NARROW):
                browser.resize(WIDTHS[view])
                overflow, wide = browser.evaluate(TOO_WIDE), browser.evaluate(WIDE)
                seen[name, f"{FIREFOX}, {view}"] = Visit(overflow=overflow, wide=wide)
            seen[name, f"{FIREFOX}, {DESK}"].errors = browser.errors()
            done()


async def _open(browser, home, view):
    """A context of its own, so that nothing is cached, and a page that is listened to."""
    viewport = {"width": WIDTHS[view], "height": 844}
    context = await browser.new_context(
        viewport=viewport, color_scheme="light", reduced_motion="reduce"
    )
    page = await context.new_page()
    devtools = await context.new_cdp_session(page)
    await devtools.send("Network.enable")
    visit = Visit()
    _listen(page, devtools, home, visit)
    await page.add_init_script(WATCH)
    return context, page, devtools, visit


async def _load(page, url):
    await page.goto(url)
    await page.wait_for_function(DRAWN)


async def _settle(page, visit):
    await page.wait_for_timeout(200)  # for what scripts do after the page has loaded
    visit.shift, visit.mathematics = await page.evaluate(SEEN)


def _listen(page, devtools, home, seen):
    """Note what the page asks for, what that weighs, and what it writes to the console."""

    def request(asked):
        if not asked.url.startswith((home, "data:", "blob:")):
            seen.foreign.append(asked.url)

    def console(said):
        if said.type == "error":
            seen.errors.append(f"{said.text} {said.location['url'].removeprefix(home)}")

    def finished(sent):
        seen.bytes += sent["encodedDataLength"]

    page.on("request", request)
    page.on("console", console)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    devtools.on("Network.loadingFinished", finished)


@contextmanager
def opened(browser, url, **options):
    """A page in a context of its own, laid out whole; nothing takes longer than twenty seconds."""
    context = browser.new_context(**options)
    tab = context.new_page()
    tab.set_default_timeout(20000)
    tab.goto(url)
    tab.evaluate("() => { dispatchEvent(new Event('scroll')) }")  # first.js waits for no more
    yield tab
    context.close()
