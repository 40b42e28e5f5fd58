"""Every run of the tests is the same run: fixed examples, no database, figures in memory."""

import os

# before NumPy is loaded: the arrays are small, and threads that wait for each other make some
# cells a hundred times slower
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import matplotlib
from hypothesis import settings

matplotlib.use("Agg")
settings.register_profile("same every time", derandomize=True, deadline=None, database=None)
settings.load_profile("same every time")


def pytest_configure(config):
    # in SciPy's own tests, which test_scipy.py runs; about arrays of other libraries
    for marker in ("skip_xp_backends", "xfail_xp_backends"):
        config.addinivalue_line("markers", f"{marker}(backend, reason): of SciPy")
