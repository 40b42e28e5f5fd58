"""Every run of the tests is the same run: fixed examples, no database, figures in memory."""

import matplotlib
from hypothesis import settings

matplotlib.use("Agg")
settings.register_profile("same every time", derandomize=True, deadline=None, database=None)
settings.load_profile("same every time")
