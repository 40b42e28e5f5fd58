"""Every page of the site opened in headless Chromium and in Firefox, and what was seen there."""

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from firefox import Firefox
from playwright.async_api import async_playwright
from tqdm.asyncio import tqdm

from website import audit

AXE = audit.MODULES / "axe-core" / "axe.min.js"
LOOK = Path(__file__).with_name("look.js")
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 2e5, "uploadThroughput": 1e5}
PHONE, NARROW, DESK, SLOW_PHONE, FIREFOX = "phone", "320 px", "desk", "slow phone", "Firefox"
BARE = "without JavaScript"
WIDTHS = {PHONE: 390, NARROW: 320, DESK: 1280, SLOW_PHONE: 390, BARE: 1280}
SCHEMES = {PHONE: ("light", "dark"), DESK: ("dark", "light")}
LOADED = [PHONE, DESK]  # opened; the narrow view is that of the phone, made narrower
VIEWS = [PHONE, NARROW, DESK, *(f"{FIREFOX}, {view}" for view in (DESK, PHONE, NARROW))]

VIOLATIONS = """async rules => (await axe.run({resultTypes: ["violations"], ...rules})).violations
  .map(found => `${found.id}: ${found.nodes.map(node => node.target).join(", ")}`)"""
CONTRAST = {"runOnly": ["color-contrast"]}  # all that the scheme of colours can change

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
    "faint formula": ('<math style="color: #bbb"><mi>x</mi><mo>+</mo><mi>y</mi></math>', "axe"),
    "faint word": ('<pre>for <b style="color: #bbb">x</b> in X</pre>', "axe"),
    "faint letter": ('<math><mi>x</mi><mi style="color: #bbb">y</mi></math>', "axe"),
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
    "hidden solution": ('<div class="solution" hidden>42</div>', "hidden"),
    "small number": ('<a class="eqno" style="all: unset" href="#main-article">1</a>', "faults"),
    "cut table": (
        """<div class="text_html" style="width: 9em; overflow: auto"><table class="table">
        <tr style="background: #eee"><td>symbol_that_is_long_and_out_of_sight</td><td>1</td></tr>
        </table></div>""",
        "faults",
    ),
    "heavy page": (f"<!--{' ' * 300 * 1024}-->", "kib"),
}
IN_FIREFOX = ["console error", "wide element", "wide formula"]
LIMITS = {"overflow": 0, "shift": 0.05, "kib": 300, "mathematics": 2.0}  # of all else nothing


@dataclass
class Visit:
    """What one page did in one view."""

    foreign: list = field(default_factory=list)  # requests to other hosts
    errors: list = field(default_factory=list)  # of the console
    kib: float = 0  # sent for the page with its figures, compressed
    shift: float = 0  # of the layout, cumulative
    mathematics: float | None = None  # seconds until the first formula is drawn
    overflow: int = 0  # pixels by which the page is wider than the window
    wide: list = field(default_factory=list)  # formulas wider than their column
    hidden: list = field(default_factory=list)  # texts that no one sees
    faults: list = field(default_factory=list)  # of look.js
    axe: list = field(default_factory=list)  # violations of accessibility rules


def awaited(work):
    """What a coroutine comes to, in a thread: the fixture `browser` has a loop in this one."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()


@asynccontextmanager
async def in_chromium(function, wanted, title):
    """Call a function of a browser for all that is wanted, as often at once as there are cores."""
    free = asyncio.Semaphore(os.cpu_count())

    async def one(*arguments):
        async with free:
            await function(browser, *arguments)

    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=audit.chromium(), args=audit.FLAGS)
        await tqdm.gather(*(one(*each) for each in wanted), desc=title, unit="page")
        yield browser
        await browser.close()


async def visit_all(home, pages):
    """Look at all pages, and at the doctored ones where they show it: {(page, view): Visit}."""
    seen, judged, bare = {}, {view: set() for view in LOADED}, [*pages]
    wanted = [(page, view, True) for page in pages for view in LOADED]
    for kind, (_, attribute) in CONTROLS.items():
        if attribute == "hidden":
            bare.append(f"book/{kind}.html")
        else:
            wanted.append((f"book/{kind}.html", PHONE, attribute == "axe"))
    in_firefox = asyncio.create_task(asyncio.to_thread(look_in_firefox, home, pages, seen))
    wanted = [(home, *each, seen, judged) for each in wanted]
    async with in_chromium(look, wanted, "visiting") as browser:
        await look_without_javascript(browser, home, bare, seen)
        await in_firefox
    return seen


async def measure_all(home, pages):
    """Open every page on a slow phone: {page: Visit}.

    What else the machine does only adds to a time: one above the limit is taken twice more, alone.
    """
    seen = {}
    async with in_chromium(
        measure, [(home, page, seen) for page in pages], "slow phone"
    ) as browser:
        for name, visit in seen.items():
            for _ in range(2):
                if (visit.mathematics or 0) > LIMITS["mathematics"]:
                    await measure(browser, home, name, again := {})
                    visit.mathematics = min(visit.mathematics, again[name].mathematics)
    return seen


async def measure(browser, home, name, seen):
    """Open a page on a slow phone."""
    context, page, devtools, seen[name] = await _open(browser, home, SLOW_PHONE)
    await devtools.send("Network.emulateNetworkConditions", SLOW)
    await devtools.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    await _load(page, home + name, seen[name])
    await context.close()


async def look_without_javascript(browser, home, names, seen):
    """Open each page without scripts, one after the other."""
    context, page, _, _ = await _open(browser, home, BARE)
    for name in names:
        await page.goto(home + name)
        hidden = await page.evaluate(f"() => {{ {LOOK.read_text()} return look.hidden() }}")
        seen[name, BARE] = Visit(hidden=hidden)
    await context.close()


async def look(browser, home, name, view, with_axe, seen, judged):
    """Open a page with all its figures and look at all of it; a phone's in narrow, too.

    Axe asks all its rules in one scheme on the phone and in the other on the desk, where the text
    has the same colours; about the contrast of what stands around it in the other two, too, where
    that has a class that is in none of the pages `judged` before in this view.
    """
    context, page, _, visit = await _open(browser, home, view)
    seen[name, view] = visit
    await _load(page, home + name, visit)
    await page.evaluate("look.open()")
    if view == PHONE:
        seen[name, NARROW] = await _fit(page, NARROW, Visit())
    await _fit(page, view, visit)
    visit.faults = await page.evaluate("look.faults()")
    if with_axe:
        await page.evaluate("look.simplify()")
        await page.evaluate(AXE.read_text())
        visit.axe = await page.evaluate(VIOLATIONS)
        around = {*await page.evaluate("look.around()")}
        if around - judged[view]:
            judged[view] |= around
            await page.emulate_media(color_scheme=SCHEMES[view][1])
            visit.axe += await page.evaluate(VIOLATIONS, CONTRAST)
    await context.close()


async def _fit(page, view, visit):
    """Note what does not fit the width of a view."""
    await page.set_viewport_size({"width": WIDTHS[view], "height": 844})
    visit.overflow, visit.wide = await page.evaluate("[look.overflow(), look.wide()]")
    return visit


def look_in_firefox(home, names, seen):
    """Lay out each page in Firefox, at every width."""
    names = [*names, *(f"book/{kind}.html" for kind in IN_FIREFOX)]
    with Firefox() as browser:
        for name in names:
            browser.open(home + name, WIDTHS[DESK])
            browser.evaluate(f"() => {{ {LOOK.read_text()} look.open() }}")
            for view in (DESK, PHONE, NARROW):
                browser.resize(WIDTHS[view])
                overflow, wide = browser.evaluate("() => [look.overflow(), look.wide()]")
                seen[name, f"{FIREFOX}, {view}"] = Visit(overflow=overflow, wide=wide)
            seen[name, f"{FIREFOX}, {DESK}"].errors = browser.errors()


async def _open(browser, home, view):
    """A context of its own, so that nothing is cached, and a page that is listened to."""
    viewport = {"width": WIDTHS[view], "height": 844}
    context = await browser.new_context(
        viewport=viewport,
        color_scheme=SCHEMES.get(view, ["light"])[0],
        reduced_motion="reduce",
        java_script_enabled=view != BARE,
    )
    page = await context.new_page()
    devtools = await context.new_cdp_session(page)
    await devtools.send("Network.enable")
    visit = Visit()
    _listen(page, devtools, home, visit)
    await page.add_init_script(path=LOOK)
    return context, page, devtools, visit


async def _load(page, url, visit):
    await page.goto(url)
    await page.wait_for_function("look.drawn()")
    await page.evaluate("look.figures()")
    await page.wait_for_timeout(200)  # for what scripts do after the page has loaded
    visit.shift, visit.mathematics = await page.evaluate("look.seen()")


def _listen(page, devtools, home, seen):
    """Note what the page asks for, what that weighs, and what it writes to the console."""

    def request(asked):
        if not asked.url.startswith((home, "data:", "blob:")):
            seen.foreign.append(asked.url)

    def console(said):
        if said.type == "error":
            seen.errors.append(f"{said.text} {said.location['url'].removeprefix(home)}")

    def finished(sent):
        seen.kib += sent["encodedDataLength"] / 1024

    page.on("request", request)
    page.on("console", console)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    devtools.on("Network.loadingFinished", finished)


@contextmanager
def opened(browser, url, before=lambda tab: None, **options):
    """A page in a context of its own, laid out whole; nothing takes longer than twenty seconds.

    Its `faults` are what it throws and writes to the console as an error.
    """
    context = browser.new_context(**options)
    tab = context.new_page()
    tab.faults = []
    tab.on("pageerror", lambda error: tab.faults.append(str(error)))
    tab.on("console", lambda said: said.type == "error" and tab.faults.append(said.text))
    tab.set_default_timeout(20000)
    tab.add_init_script(path=LOOK)
    before(tab)
    tab.goto(url)
    tab.evaluate("() => { dispatchEvent(new Event('scroll')) }")  # first.js waits for no more
    yield tab
    context.close()
