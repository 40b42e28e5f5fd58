"""The package that students install: library, checker and chapters; no assignment and no grader."""

import copy
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
            archive.writestr(
                f"chapters/{path.name}", nbformat.writes(_installing(notebook, package))
            )
    return sorted(folder.iterdir())


def _installing(notebook, package):
    """A chapter's notebook that installs another package than the public one."""
    made = copy.deepcopy(notebook)
    (cell,) = (cell for cell in made.cells if cell.id.endswith("-install"))
    cell.source = install_cell(package).rstrip()
    return made
