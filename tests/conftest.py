"""Every run of the tests is the same run: fixed examples, no database, figures in memory."""

import os
import sys

# before NumPy is loaded: the arrays are small, and threads that wait for each other make some
# cells a hundred times slower
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import matplotlib
import pytest
from hypothesis import settings

matplotlib.use("Agg")
settings.register_profile("same every time", derandomize=True, deadline=None, database=None)
settings.load_profile("same every time")


def pytest_configure(config):
    # in SciPy's own tests, which test_scipy.py runs; about arrays of other libraries
    for marker in ("skip_xp_backends", "xfail_xp_backends"):
        config.addinivalue_line("markers", f"{marker}(backend, reason): of SciPy")


@pytest.fixture
def calls():
    """Counts the functions that a call runs: alike on every machine, which times are not."""

    def counted(call, *args, **options):
        count = 0

        def seen(_frame, event, _arg):
            nonlocal count
            count += event in ("call", "c_call")

        sys.setprofile(seen)
        try:
            call(*args, **options)
        finally:
            sys.setprofile(None)
        return count

    return counted
