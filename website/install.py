"""The first cell of a notebook that may be opened alone, in Colab or as a download."""

CELL = """\
# Run this cell first. It installs what is missing, once; after that no network is needed.
import importlib.util
import subprocess
import sys

if not all(map(importlib.util.find_spec, ("numpy", "softmax_lib", "derivation"))):
    subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "«package»"], check=True)
    importlib.invalidate_caches()
"""


def install_cell(package):
    """The source of a cell that installs a package, which pip finds, where the library is not."""
    return CELL.replace("«package»", package)
