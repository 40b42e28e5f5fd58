"""The student edition: the book without its solutions, which are left out before it is built.

usage: python -m website.student       the result lies in _build/student/html

What is built is a copy of the pages in which no solution stands, so that none can reach a page, a
download, or the search. Its notebooks are those of the full edition without the same cells.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
import yaml

from . import contents, equations, myst, notebooks

FULL = Path(__file__).resolve().parent.parent
STUDENT = FULL / "_build" / "student"
SHORT = 20  # characters of a line that may stand anywhere


def without_solutions(text):
    """The text of a page without its solutions."""
    lines = text.splitlines(keepends=True)
    for part in reversed([part for part in myst.parts(text) if part.name == "solution"]):
        del lines[part.first : part.end]
    text = "".join(lines)
    if any(part.name == "solution" for part in myst.walk(text)):
        raise ValueError("a solution stands inside another directive")
    return text


def secrets():
    """The lines of some length that only solutions have."""
    solutions, public = set(), set()
    for entry in contents.entries():
        text = entry.path.read_text()
        public |= _lines(without_solutions(text))
        for part in myst.parts(text):
            solutions |= _lines(part.body) if part.name == "solution" else set()
    return {line for line in solutions - public if len(line) > SHORT}


def _lines(text):
    return {line.strip() for line in text.splitlines()}


def prepare(source, execute="cache"):
    """Write what the student edition is built from into a folder; execute is "cache" or "off"."""
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(FULL / "book", source / "book")
    for page in (source / "book").glob("*.md"):
        page.write_text(without_solutions(page.read_text()))
    settings = yaml.safe_load((FULL / "_config.yml").read_text())
    settings["title"] += ", student edition"
    settings["repository"]["url"] = ""  # which has the solutions
    settings["execute"]["execute_notebooks"] = execute
    (source / "_config.yml").write_text(yaml.safe_dump(settings))
    shutil.copy(FULL / "_toc.yml", source)
    for name in ("website", "tests"):  # the package there is one with another book
        (source / name).symlink_to(FULL / name)


def write_notebooks():
    """The notebooks of these pages, with the outputs that the full edition has."""
    notebooks.NOTEBOOKS.mkdir()
    for path in filter(notebooks.is_notebook, notebooks.chapters()):
        full = nbformat.read(FULL / "notebooks" / f"{path.stem}.ipynb", as_version=4)
        outputs = {cell.source: cell.outputs for cell in full.cells if cell.cell_type == "code"}
        notebook = notebooks.convert(path)
        for cell in notebook.cells:
            if cell.cell_type == "code":
                cell.outputs = outputs.get(cell.source, [])
        nbformat.write(notebook, notebooks.NOTEBOOKS / f"{path.stem}.ipynb")


def build(folder, execute="cache"):
    """Build the student edition in a folder; the folder of its site."""
    prepare(folder / "source", execute)
    kept = folder / equations.KEPT
    kept.parent.mkdir(parents=True, exist_ok=True)
    (folder / "source" / "_build").symlink_to(folder / "_build")
    if (FULL / equations.KEPT).exists():
        shutil.copy(FULL / equations.KEPT, kept)
    _run(folder / "source", "from website import student; student.write_notebooks()")
    arguments = ["build", ".", "--path-output", str(folder), "--quiet", "--all"]
    if execute != "off":  # without outputs there are no figures to refer to
        arguments += ["-W", "-n", "--keep-going"]
    _run(folder / "source", "from jupyter_book.cli.main import main; main()", *arguments)
    shutil.rmtree(folder / "html", ignore_errors=True)
    return shutil.move(folder / "_build" / "html", folder / "html")


def _run(source, program, *arguments):
    """Run a program of Python where the pages without solutions are those of `website`."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GITHUB_")}
    command = [sys.executable, "-c", program, *arguments]
    subprocess.run(command, cwd=source, env=environment, check=True)


if __name__ == "__main__":
    try:
        build(STUDENT)
    except subprocess.CalledProcessError as error:
        sys.exit(f"student-edition: {error}")
