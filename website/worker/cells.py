"""What Python does in a page: run a cell, check a derivation, fetch what is imported."""

import ast
import builtins
import json
import logging
import os
import re
import sys
import traceback
import warnings
from importlib.machinery import PathFinder
from io import BytesIO
from pathlib import Path

import numpy as np
import page  # of worker.mjs
from pyodide.code import CodeRunner

import softmax_lib
from softmax_lib import data, notation

SITE = str(Path(softmax_lib.__file__).parent.parent)
WHERE = {name: archive for archive, names in json.loads(page.where).items() for name in names}
USER = {"__name__": "__main__"}
HINTS = {  # what a reader cannot know from Python's own words
    ModuleNotFoundError: "A page has the course's code, NumPy, SciPy, matplotlib and scikit-learn: "
    "for all else run the notebook on your own machine.",
    NameError: "Python knows what the cells of this page define, of no other page.",
}
# A page has no vocabulary to add to.
OWN = re.compile(r", or in Python vocabulary\.extend\(Symbol\(.*?\)\)")


class Later:
    """Finds the modules that lie in an archive which no cell has needed so far."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        archive = WHERE.get(name)
        if archive:
            page.more(archive)  # or what went wrong: the next import tries again
            for other in [key for key, value in WHERE.items() if value == archive]:
                del WHERE[other]
        if archive or path:  # the rest of a package whose first part lies elsewhere
            folder = name.rpartition(".")[0].replace(".", "/")
            return PathFinder.find_spec(name, [f"{SITE}/{folder}"], target)
        return None


def _table(name):
    """What load_digits and load_iris return, without the rest of scikit-learn."""
    with np.load(f"{SITE}/softmax_lib/{name}.npz") as file:
        return file["features"], file["labels"]


def _no_input(*prompt):
    raise RuntimeError("a page cannot ask while it computes: write the value into the cell")


def run(source, name):
    """Run a cell after those that ran before; its outputs, (form, content) each."""
    outputs, pyplot = _outputs(source, USER, name), sys.modules.get("matplotlib.pyplot")
    for number in pyplot.get_fignums() if pyplot else []:
        outputs += _guarded(name, _drawn, pyplot.figure(number))
    return outputs


def check(source, latex):
    """Check a derivation, as the cell of an exercise does if there is one.

    The cell's first text is replaced by what was written.
    """
    tree = ast.parse(source or "check_derivation(derivation)")
    names = {**vars(notation), "derivation": latex, "__name__": "__main__"}
    if "exercises." in source:
        exec("from softmax_lib import exercises", names)
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
            node.value.value = latex
            break
    outputs = _outputs(ast.unparse(tree), names, "<derivation>")
    return [(form, OWN.sub("", said)) for form, said in outputs]


def _outputs(source, names, file):
    return _guarded(file, lambda: _shown(CodeRunner(source, filename=file).compile().run(names)))


def _guarded(file, work, *given):
    """The outputs of something that a cell does, or the error that comes of it."""
    try:
        return work(*given)
    except notation.DerivationError as error:
        return [("error", str(error))]
    except BaseException as error:
        return [("error", _told(error, file))]
    finally:
        sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__  # a cell may have changed them
        sys.stdout.flush()
        sys.stderr.flush()


def _shown(value):
    """What a cell ends with, as Jupyter shows it."""
    method = None if isinstance(value, type) else getattr(value, "_repr_html_", None)
    html = method() if callable(method) else None
    if not isinstance(html, str | None):
        raise TypeError(f"_repr_html_ must return a text, got {type(html).__name__}")
    if not html and value is not None:
        sys.__stdout__.write(f"{value!r}\n")
    return [("html", re.sub(' style="[^"]*"', "", html))] if html else []  # a page may forbid it


def _told(error, file):
    """A traceback that begins at the reader's own line."""
    place = error.__traceback__
    while place and place.tb_frame.f_code.co_filename != file:
        place = place.tb_next
    lines = traceback.format_exception(type(error), error, place)
    return "".join([*lines, HINTS.get(type(error), "")])


def _drawn(figure):
    sys.modules["matplotlib.pyplot"].close(figure)  # one that cannot be drawn, too
    figure.savefig(file := BytesIO(), format="svg", bbox_inches="tight")
    return [("image", file.getvalue().decode())]


os.chdir(f"{SITE}/book")  # where a notebook finds what was measured
sys.meta_path.append(Later)
builtins.input = _no_input
warnings.filterwarnings("ignore", ".*non-interactive")  # what plt.show has to say here
_fonts = logging.getLogger("matplotlib.font_manager")  # of those that stand in for others
_fonts.addFilter(lambda said: not re.search(r"\['(STIX|cm|DejaVu)|font cache", said.getMessage()))
for _module in (data, softmax_lib):
    _module.load_digits = lambda: (_table("digits")[0] / 16, _table("digits")[1])
    _module.load_iris = lambda: _table("iris")
