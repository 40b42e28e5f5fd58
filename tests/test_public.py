"""What the package promises as a whole: its names, its documentation, its imports, its version."""

import ast
import importlib
import importlib.metadata
import inspect
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

import derivation
import softmax_lib
from softmax_lib.model import SoftmaxRegression

# modules that may import NumPy and nothing else
CORE = ["blocked", "checks", "exact", "functions", "loss", "optimize", "run"]
LISTED = {name: getattr(softmax_lib, name) for name in softmax_lib.__all__}
DOCUMENTED = LISTED | {"SoftmaxRegression": SoftmaxRegression}


def module(name):
    """The module itself: `softmax_lib.loss` as an attribute is the function."""
    return importlib.import_module(f"softmax_lib.{name}")


def sections(thing):
    """The sections of a numpydoc docstring, name: text; the text before the first is ''."""
    parts = re.split(r"^(\w[\w ]*)\n-{3,}$", inspect.getdoc(thing), flags=re.MULTILINE)
    return {"": parts[0]} | dict(zip(parts[1::2], parts[2::2], strict=True))


def parameters(thing):
    return [name for name in inspect.signature(thing).parameters if name != "self"]


# Names


def test_all_lists_the_public_names_sorted_and_nothing_else():
    submodules = {name for name, thing in vars(softmax_lib).items() if inspect.ismodule(thing)}
    public = {name for name in vars(softmax_lib) if not name.startswith("_")} - submodules
    assert softmax_lib.__all__ == sorted(public)


@pytest.mark.parametrize("name", [*CORE, "data", "model"])
def test_all_of_a_module_lists_what_the_package_or_its_user_takes_from_it(name):
    names = getattr(module(name), "__all__", [])
    assert names == sorted(names)
    for listed in names:
        assert getattr(module(name), listed).__module__ == f"softmax_lib.{name}"
        assert listed in DOCUMENTED
    for listed, thing in DOCUMENTED.items():
        assert (listed in names) == (thing.__module__ == f"softmax_lib.{name}")


# Documentation


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_docstring_says_what_comes_back_and_has_an_example_that_runs_as_a_doctest(name):
    doc = sections(DOCUMENTED[name])
    assert ">>> " in doc["Examples"]
    assert {"Returns", "Attributes"} & set(doc) or "the result has" in doc[""]


@pytest.mark.parametrize("name", DOCUMENTED)
def test_each_parameter_is_described_here_or_where_the_docstring_points(name):
    thing = DOCUMENTED[name]
    doc = sections(thing)
    described = doc.get("Parameters", "") + doc.get("Attributes", "")
    pointers = re.findall(r"(?i)(?:parameters and errors )?as for `([\w.]+)`", described + doc[""])
    for pointer in pointers:
        described += sections(DOCUMENTED[pointer.split(".")[-1]])["Parameters"]
    lines = re.findall(r"^(\S.*?)(?: :.*)?$", described, flags=re.MULTILINE)
    names = {part.lstrip("*") for line in lines for part in line.split(", ")}
    assert set(parameters(thing)) <= names


# Annotations


def signatures():
    """Every public function and method, and how every public class is made, by name."""
    for name, thing in DOCUMENTED.items():
        if inspect.isfunction(thing):
            yield name, thing
            continue
        for part, method in inspect.getmembers(thing, inspect.isfunction):
            own = method.__module__.startswith("softmax_lib")
            if part == "__init__" or (own and not part.startswith("_")):
                yield f"{name}.{part}", method
    for name in derivation.__all__:
        thing = getattr(derivation, name)
        yield name, thing if inspect.isfunction(thing) else thing.__init__
    yield "Vocabulary.extend", derivation.Vocabulary.extend


@pytest.mark.parametrize(("name", "function"), list(signatures()))
def test_each_parameter_and_each_result_carries_its_type(name, function):
    wanted = {*inspect.signature(function).parameters, "return"} - {"self"}
    assert wanted <= set(function.__annotations__), name


# Imports


def imported_by(statements):
    """The top-level modules that a fresh Python has loaded after the statements."""
    code = f"{statements}\nimport sys\nprint(*{{name.split('.')[0] for name in sys.modules}})"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stderr == ""
    return set(run.stdout.split())


def test_the_package_and_a_descent_load_numpy_and_nothing_heavier():
    loaded = imported_by(
        "from softmax_lib import *\n"
        "gradient_descent([[0, 0], [0, 0]], Objective([[1.0, 1.0], [1.0, 2.0]], [0, 1], 2))"
    )
    assert "numpy" in loaded
    assert not loaded & {"sklearn", "matplotlib", "scipy", "tqdm", "pandas", "dask", "IPython"}


# Package

ROOT = Path(__file__).parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
EXTRAS = PROJECT["optional-dependencies"]
REQUIRED = [*PROJECT["dependencies"], *EXTRAS["distributed"], *EXTRAS["sphinx"]]
IMPORTED_AS = {"scikit-learn": "sklearn", "dask[distributed]": "dask", "myst-parser": "myst_parser"}


def packages():
    return [path for name in ("softmax_lib", "derivation") for path in (ROOT / name).rglob("*.py")]


def name_of(requirement):
    return re.match(r"[\w\[\]-]+", requirement)[0]


def test_the_wheel_holds_both_packages_and_nothing_else(tmp_path):
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    names = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    assert names == {path.relative_to(ROOT).as_posix() for path in packages()}


def test_what_is_imported_is_required_and_what_is_required_is_imported():
    statements = [n for path in packages() for n in ast.walk(ast.parse(path.read_text()))]
    names = [alias.name for n in statements if isinstance(n, ast.Import) for alias in n.names]
    names += [n.module for n in statements if isinstance(n, ast.ImportFrom) and not n.level]
    imported = {name.split(".")[0] for name in names} - sys.stdlib_module_names
    required = {IMPORTED_AS.get(name_of(r), name_of(r)) for r in REQUIRED}
    brought = {"scipy", "cycler", "docutils"}  # by scikit-learn, matplotlib and Sphinx
    assert imported - {"softmax_lib", "derivation"} - brought == required


def test_requirements_name_what_the_package_needs_with_the_same_lower_bounds():
    lines = set((ROOT / "requirements.txt").read_text().splitlines())
    assert {*PROJECT["dependencies"], *EXTRAS["distributed"]} <= lines


def test_the_house_that_contributing_draws_stands():
    drawing = (ROOT / "CONTRIBUTING.md").read_text().split("```")[1]
    room, drawn = None, []
    for line in drawing.splitlines():
        room = re.match(r"\w+/|", line)[0] or room
        drawn += [ROOT / room / name for name in re.findall(r"[\w/]+\.(?:py|css)\b", line)]
    assert len(drawn) > 20
    assert [path for path in drawn if not path.is_file()] == []


def test_make_alone_lists_every_verb_with_what_it_does():
    described = re.findall(r"^([a-z-]+):.*## (.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    make = ["make", "--no-print-directory", "help"]
    run = subprocess.run(make, cwd=ROOT, capture_output=True, text=True, check=True)
    lines = [line.split(maxsplit=2)[1:] for line in run.stdout.splitlines()[1:]]
    assert sorted(lines) == sorted(map(list, described))


# Version


def test_the_version_is_the_same_wherever_it_is_written():
    version = PROJECT["version"]
    assert importlib.metadata.version("softmax_lib") == version
    cited = re.search(r"^version: (.*)$", (ROOT / "CITATION.cff").read_text(), re.MULTILINE)
    assert cited[1].strip("\"'") == version
