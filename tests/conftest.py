"""Every run of the tests is the same run: fixed examples, no database, figures in memory."""

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
    config.addinivalue_line("markers", "thread_unsafe: of scikit-learn, see test_sklearn.py")


@pytest.hookimpl(tryfirst=True)  # pytest-xdist reads the groups in the same hook
def pytest_collection_modifyitems(items):
    """The cells of a notebook stay together, in their order, where tests run side by side."""
    for item in items:
        if item.path.suffix == ".ipynb":
            item.add_marker(pytest.mark.xdist_group(item.path.stem))
