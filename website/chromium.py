"""The Chromium of this machine, which prints the book and opens the pages that are checked."""

import os
import shutil
from functools import cache

FLAGS = [
    "--headless",
    "--no-sandbox",  # Chromium runs as root only so, and it opens these pages alone
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no other host answers
]


@cache
def chromium():
    """The path of a Chromium: the variable CHROMIUM, or the first one on the PATH."""
    names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"]
    names = [os.environ["CHROMIUM"]] if os.environ.get("CHROMIUM") else names
    for name in names:
        if path := shutil.which(name):
            return path
    raise FileNotFoundError(
        f"The PDF and the checks of the website need Chromium or Chrome; looked for "
        f"{', '.join(names)}.\n"
        "Debian, Ubuntu: apt-get install chromium. macOS: brew install --cask google-chrome.\n"
        "Elsewhere installed: CHROMIUM=/path/to/it make …"
    )
