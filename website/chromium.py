"""The browsers of this machine: Chromium prints the book, and both open the checked pages."""

import os
import shutil
from functools import cache

FLAGS = [
    "--no-sandbox",  # Chromium runs as root only so, and it opens these pages alone
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",  # no other host answers
    "--headless", "--disable-gpu", "--disable-quic", "--disable-sync", "--no-first-run",
    "--disable-background-networking", "--disable-component-update",
    # two pages in each window for what the address bar would suggest; the last such list counts,
    # so Playwright's own is not heard: nothing in it matters to pages of this machine
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
]  # fmt: skip


@cache
def browser(variable, *names):
    """The path of a browser: the variable's, or the first of these names on the PATH."""
    names = [os.environ[variable]] if os.environ.get(variable) else names
    for name in names:
        if path := shutil.which(name):
            return path
    raise FileNotFoundError(
        f"The PDF needs Chromium or Chrome, the checks of the website Firefox, too; looked for "
        f"{', '.join(names)}.\n"
        "Debian: apt-get install chromium firefox-esr. macOS: brew install --cask google-chrome "
        f"firefox.\nElsewhere installed: {variable}=/path/to/it make …"
    )


def chromium():
    return browser(
        "CHROMIUM", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"
    )


def firefox():
    return browser("FIREFOX", "firefox-esr", "firefox")
