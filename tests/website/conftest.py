"""What the checks of the website share: the site served, its pages visited, the table of figures.

`make site-test` runs this folder after `make book`; `make test` leaves it out.
"""

from numbers import Number
from urllib.parse import urljoin

import pytest
from pages import NAMES, doctored
from playwright.sync_api import sync_playwright
from visits import CONTROLS, awaited, opened, visit_all

from website import audit
from website.chromium import firefox

FIGURES = pytest.StashKey()


def pytest_configure(config):
    config.stash[FIGURES] = Figures()
    try:
        audit.chromium()
        firefox()
    except FileNotFoundError as missing:
        raise pytest.UsageError(str(missing)) from None


def pytest_sessionfinish(session):
    if hasattr(session.config, "workeroutput"):  # of one of several processes
        session.config.workeroutput["figures"] = session.config.stash[FIGURES].rows


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node):
    node.config.stash[FIGURES].rows += getattr(node, "workeroutput", {}).get("figures", [])


def pytest_terminal_summary(terminalreporter, config):
    if hasattr(config, "workeroutput"):
        return
    terminalreporter.section("figures of the website")
    for row in config.stash[FIGURES].table():
        terminalreporter.write_line(row)


class Figures:
    """The table of figures; a test adds a row by calling it."""

    def __init__(self):
        self.rows = []

    def __call__(self, figure, found, most=None, least=None, unit=""):
        """Note what was found, {place: number or list of faults}; fail when it is beyond the limit.

        Of numbers the table shows the worst, of faults how many there are.
        """
        values = {place: v if isinstance(v, Number) else len(v) for place, v in found.items()}
        worst = max(values, key=values.get) if least is None else min(values, key=values.get)
        shown = values[worst] if isinstance(found[worst], Number) else sum(values.values())
        goal = f"at most {most}" if least is None else f"at least {least}"
        self.rows.append((figure, goal, f"{round(shown, 3)}{unit}", worst if shown else ""))
        beyond = [
            place for place, v in values.items() if (v > most if least is None else v < least)
        ]
        if beyond:
            faults = "\n".join(f"  {place}: {_few(found[place])}" for place in beyond)
            pytest.fail(f"{figure}: {goal}{unit}, but\n{faults}", pytrace=False)

    def table(self):
        rows = [("figure", "must be", "is", "worst page"), *self.rows]
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        return ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]


def _few(found, most=8):
    """The first of many faults, each cut to a line's length."""
    if isinstance(found, Number):
        return f"{found:.4g}"
    lines = [" ".join(str(fault).split())[:160] for fault in found[:most]]
    more = [f"and {len(found) - most} more"] if len(found) > most else []
    return "".join(f"\n    {line}" for line in lines + more)


@pytest.fixture(scope="session")
def figures(pytestconfig):
    return pytestconfig.stash[FIGURES]


@pytest.fixture(scope="session")
def server():
    server = audit.Server()
    for kind, (addition, _) in CONTROLS.items():
        server.doctored[f"book/{kind}.html"] = doctored(addition).text
    return server


@pytest.fixture(scope="session")
def visited(server):
    """What was seen on every page, and on the doctored ones: {(page, view): Visit}."""
    return awaited(visit_all(server.url, NAMES))


@pytest.fixture(scope="session")
def browser():
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=audit.chromium(), args=audit.FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def opens(browser, server):
    """A function that opens a page of this name, in a context of its own with these options."""

    def page(name, width=1280, height=844, **options):
        viewport = {"width": width, "height": height}
        return opened(browser, urljoin(server.url, name), viewport=viewport, **options)

    return page
