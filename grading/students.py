"""The package that students install: library, checker and chapters; no assignment and no grader."""

import subprocess
import sys
import zipfile
from pathlib import Path

import nbformat

from website.install import install_cell

__all__ = ["build"]

HOME = Path(__file__).resolve().parents[1]


def build(folder, package):
    """Build the wheel, and the chapters' notebooks that install it; the two files.

    Parameters
    ----------
    folder : Path
        Where they are put.
    package : str
        What the notebooks install: a file beside them, or an address.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*"):
        old.unlink()
    wheel = [sys.executable, "-m", "pip", "wheel", "--quiet", "--disable-pip-version-check"]
    wheel += ["--no-build-isolation", "--no-deps", "--wheel-dir", str(folder), str(HOME)]
    subprocess.run(wheel, check=True)
    with zipfile.ZipFile(folder / "chapters.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for path in sorted((HOME / "notebooks").glob("*.ipynb")):
            notebook = nbformat.read(path, as_version=4)
            text = nbformat.writes(_installing(notebook, package))
            archive.writestr(f"chapters/{path.name}", text)
    return sorted(folder.iterdir())


def _installing(notebook, package):
    """A chapter's notebook, changed so that it installs another package than the public one."""
    (cell,) = (cell for cell in notebook.cells if cell.id.endswith("-install"))
    cell.source = install_cell(package).rstrip()
    return notebook
