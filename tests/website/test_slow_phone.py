"""What a reader meets on a slow phone: pages opened while nothing else is tried."""

import pytest
from pages import NAMES
from visits import LIMITS, awaited, measure_all


@pytest.fixture(scope="module")
def measured(server):
    """What was seen on every page: {page: Visit}."""
    return awaited(measure_all(server.url, NAMES))


def test_no_page_shifts_while_it_slowly_loads(measured, figures):
    found = {name: visit.shift for name, visit in measured.items()}
    figures("layout shift on a slow phone", found, most=LIMITS["shift"])


def test_mathematics_is_soon_visible(measured, figures):
    times = {name: visit.mathematics for name, visit in measured.items() if visit.mathematics}
    figures("mathematics visible, 1.6 Mbit/s, CPU ÷ 4", times, LIMITS["mathematics"], unit=" s")
