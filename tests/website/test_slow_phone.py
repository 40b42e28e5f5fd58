"""What a reader waits for: pages on a slow phone, Python in a page, while nothing else is tried."""

import os
import re
import subprocess
import sys
import timeit
from contextlib import contextmanager
from typing import ClassVar

import pytest
from pages import NAMES, page
from playwright.sync_api import sync_playwright
from visits import LIMITS, awaited, measure_all

from softmax_lib.notation import check_derivation
from website import audit

CHECKED = "book/how-checked.html"
HEAVY = sorted(NAMES, key=lambda name: (audit.SITE / name).stat().st_size)[-12:]
FOLDER = "".join(re.findall(r'data-live="([^"]*)"', page(CHECKED).text))
FIVE_STEPS = r"""\frac{\partial \ell}{\partial s_k}
= -\sum_{j=1}^C \frac{y_j}{p_j} \frac{\partial p_j}{\partial s_k}
= -\sum_{j=1}^C \frac{y_j}{p_j} p_j (\mathbb{1}\{j = k\} - p_k)
= -\sum_{j=1}^C y_j (\mathbb{1}\{j = k\} - p_k)
= -y_k + p_k \sum_{j=1}^C y_j = p_k - y_k"""
VERDICT = """async latex => {
  const field = document.querySelector(".live-field"), said = field.querySelector("[role=status]");
  field.text.value = latex;
  said.textContent = "";
  const start = performance.now();
  field.querySelector("[data-verb=check]").click();
  while (!/nothing fails/.test(said.textContent)) await new Promise(later => setTimeout(later, 1));
  return (performance.now() - start) / 1000;
}"""
SPIN = [sys.executable, "-c", "while True: pass"]


class Noting(audit.Handler):
    """Notes what it sends of Python, but for what is given up where it comes as it is."""

    sent: ClassVar = {}

    def send_header(self, name, value):
        if name == "Content-Length" and f"/{FOLDER}/" in self.path and ".wasm" not in self.path:
            self.sent[self.path] = int(value) / 1e6
        super().send_header(name, value)


@contextmanager
def one_core(shared_by):
    """All that is started runs on one core, of which others take their share.

    The browser's own throttle does not reach workers.
    """
    cores = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(cores)})
    others = [subprocess.Popen(SPIN) for _ in range(shared_by - 1)]
    try:
        yield
    finally:
        for other in others:
            other.kill()
            other.wait()
        os.sched_setaffinity(0, cores)


def verdicts():
    """Seconds to the first verdict, to that of the page opened again, and to the next one."""
    server = audit.Server()
    server.RequestHandlerClass = Noting
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=audit.chromium(), args=audit.FLAGS)
        tab = browser.new_page()
        tab.goto(server.url + CHECKED)
        cold = tab.evaluate(VERDICT, FIVE_STEPS)
        tab.reload()
        warm = tab.evaluate(VERDICT, FIVE_STEPS)
        again = min(tab.evaluate(VERDICT, FIVE_STEPS) for _ in range(5))
        browser.close()
    return cold, warm, again


def state(figures, rows):
    """The seconds are those of this machine: stated, and compared with nothing."""
    for what, wanted, seconds in rows:
        figures.rows.append((what, f"about {wanted} s", f"{seconds:.3f} s", ""))


needs_python = pytest.mark.skipif(not FOLDER, reason="no cell runs here: make live, make book")


@needs_python
def test_python_in_a_page_answers_soon(figures):
    """What is fetched is the same for all machines."""
    cold, warm, again = verdicts()
    python = min(timeit.repeat(lambda: check_derivation(FIVE_STEPS)._repr_html_(), number=1))
    rows = [
        ("first verdict in a page", 1.1, cold),
        ("first verdict on a second visit", 0.8, warm),
        ("check of five steps in a page", 0.022, again),
        ("check of five steps in Python", 0.009, python),
    ]
    state(figures, rows)
    figures(
        "fetched for the first verdict", {CHECKED: sum(Noting.sent.values())}, most=7.2, unit=" MB"
    )


@needs_python
def test_python_answers_on_a_quarter_of_a_core(figures):
    with one_core(shared_by=4):
        cold, warm, _ = verdicts()
    rows = [("first verdict, a quarter of one core", 4.5, cold)]
    state(figures, [*rows, ("the same on a second visit", 4.5, warm)])


@pytest.fixture(scope="module", params=[HEAVY, [*{*NAMES} - {*HEAVY}]], ids=["heavy", "light"])
def measured(server, request):
    """What was seen on the heaviest pages, and, in the audit, on the others: {page: Visit}."""
    return awaited(measure_all(server.url, request.param))


def test_no_page_shifts_while_it_slowly_loads(measured, figures):
    found = {name: visit.shift for name, visit in measured.items()}
    figures("layout shift on a slow phone", found, most=LIMITS["shift"])


def test_mathematics_is_soon_visible(measured, figures):
    times = {name: visit.mathematics for name, visit in measured.items() if visit.mathematics}
    figures("mathematics visible, 1.6 Mbit/s, CPU ÷ 4", times, LIMITS["mathematics"], unit=" s")
