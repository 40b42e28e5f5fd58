"""In the sandbox: what Jupyter offers to a cell, and packages that are not there.

An import of a package which cannot be had here passes; the statement that uses the package fails.
"""

import ast
import builtins
import importlib.machinery
import importlib.util
import logging
import sys
import types

__all__ = ["GUARDED", "Unavailable", "guarded", "pretend"]

GUARDED = {}  # for each cell the lines of imports that stand in a try, and may fail


def guarded(tree):
    """The lines of the imports whose failure a cell provides for."""
    return {
        node.lineno
        for block in ast.walk(tree) if isinstance(block, ast.Try)
        for statement in block.body
        for node in ast.walk(statement) if isinstance(node, ast.Import | ast.ImportFrom)
    }  # fmt: skip


class Unavailable(ModuleNotFoundError):
    """Raised where something is used that only a student's own machine has."""


class Missing:
    """Something of a package that is not there."""

    def __init__(self, package, *_):
        self.__dict__["package"] = package

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        self()

    def __call__(self, *_, **__):
        package = self.__dict__["package"]
        raise Unavailable(f"No module named {package!r}", name=package)

    __getitem__ = __iter__ = __add__ = __mul__ = __matmul__ = __sub__ = __truediv__ = __call__
    __len__ = __bool__ = __enter__ = __mro_entries__ = __call__


class Absent(types.ModuleType):
    """A module that is not there."""

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return Missing(self.__name__)


class Finder:
    """The last to be asked for a module: of imports in cells, what nobody else has found."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        frame = sys._getframe(1)
        while frame and frame.f_code.co_filename.startswith("<frozen"):
            frame = frame.f_back
        cell = frame.f_code.co_filename if frame else ""
        if not cell.startswith("<cell") or frame.f_lineno in GUARDED.get(cell, ()):
            return None
        return importlib.machinery.ModuleSpec(name, Finder, is_package=True)

    @staticmethod
    def create_module(spec):
        return Absent(spec.name)

    @staticmethod
    def exec_module(module):
        """There is nothing to execute."""


class Windowless:
    """The first to be asked: figures are drawn into files, and bars of progress as text."""

    @staticmethod
    def find_spec(name, path=None, target=None):
        if name == "tqdm.notebook":
            text = importlib.util.find_spec("tqdm.std")
            return importlib.util.spec_from_file_location(name, text.origin)
        if name != "matplotlib":
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path)
        if spec:
            load = spec.loader.exec_module

            def exec_module(module):
                load(module)
                module.use = lambda *_, **__: None
                # which says on a busy machine that it makes anew what every sandbox has to
                logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)

            spec.loader.exec_module = exec_module
        return spec


class Shell:
    """What `get_ipython()` returns, and everything that it has: it does nothing."""

    def __getattr__(self, name):
        return self if name != "getoutput" else lambda *_, **__: []

    def __call__(self, *_, **__):
        return None


class Rich:
    """What a cell wants displayed."""

    def __init__(self, data="", *_, **__):
        self.data = data

    def __repr__(self):
        return str(self.data)

    def __getattr__(self, name):
        return lambda *_, **__: None


def _display(*values, **_):
    for value in values:
        print(value)


def pretend():
    """Make the names of Jupyter and the finders known."""
    shell = Shell()
    package, display = types.ModuleType("IPython"), types.ModuleType("IPython.display")
    package.__path__, package.display, package.version_info = [], display, (9, 0)
    display.display, display.clear_output = _display, lambda *_, **__: None
    display.__getattr__ = lambda name: Rich
    builtins.display = _display
    builtins.get_ipython = package.get_ipython = lambda: shell
    sys.modules |= {"IPython": package, "IPython.display": display}
    sys.meta_path = [Windowless, *sys.meta_path, Finder]
