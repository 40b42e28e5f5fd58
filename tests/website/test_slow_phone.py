"""What a reader meets on a slow phone: pages opened one by one, while nothing else is tried."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from pages import NAMES
from visits import LIMITS, measure_all


@pytest.fixture(scope="module")
def measured(server):
    """What was seen on every page: {page: Visit}."""
    with ThreadPoolExecutor(1) as thread:  # pytest may have an event loop of its own
        return thread.submit(asyncio.run, measure_all(server.url, NAMES)).result()


def test_nothing_comes_from_elsewhere_or_fails(measured, figures):
    found = {name: visit.foreign + visit.errors for name, visit in measured.items()}
    figures("faults with all figures loaded", found, most=0)


def test_no_page_shifts_while_it_slowly_loads(measured, figures):
    found = {name: visit.shift for name, visit in measured.items()}
    figures("layout shift on a slow phone", found, most=LIMITS["shift"])


def test_no_page_is_heavy(measured, figures):
    kib = {name: visit.bytes / 1024 for name, visit in measured.items()}
    figures("weight, compressed, with figures", kib, most=LIMITS["bytes"] / 1024, unit=" KiB")


def test_mathematics_is_soon_visible(measured, figures):
    times = {name: visit.mathematics for name, visit in measured.items()}
    times = {name: time for name, time in times.items() if time is not None}
    figures(
        "mathematics visible, 1.6 Mbit/s, CPU ÷ 4", times, most=LIMITS["mathematics"], unit=" s"
    )
