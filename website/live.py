"""Python for the pages: Pyodide and the packages that cells import, checked and packed.

usage: python -m website.live     (make live; make book then puts it beside the pages)

npm has brought Pyodide itself, which knows the sha256 of every wheel that belongs to it. The wheels
lie in _build/live/wheels, or are read out of a package on PyPI that carries them. Each archive that
a page loads is a zip file of compiled modules that is compressed as a whole, by a third more than
file by file. Those that come first hold what the check of a derivation loads and nothing else. What
the browser itself unpacks is there twice, a fifth smaller for those that know brotli; the rest is
unpacked by Python, which knows zstd. QUICK=1 packs what only checks open: larger, and sooner. A
build without all this makes pages whose cells do not run.
"""

import gzip
import io
import json
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.request import Request, urlopen
from zipfile import ZipFile, ZipInfo

import brotli
import numpy as np
from sklearn import datasets
from sphinx.errors import ExtensionError
from tqdm import tqdm

from .mathml import LETTERS, scripts

HOME = Path(__file__).resolve().parent.parent
NODE, PYODIDE = Path(sys.prefix) / "bin" / "node", Path(sys.prefix) / "node_modules" / "pyodide"
CACHE, PARTS = HOME / "_build" / "live", HOME / "website" / "worker"
WHEELS, PACKED = CACHE / "wheels", CACHE / "packed"
CARRIER = "open-webui==0.12.4", "open_webui/frontend/pyodide/"
# The archives, and of which packages of Pyodide they are made
ARCHIVES = {
    "numpy": ["numpy"],
    "matplotlib": [
        "matplotlib", "contourpy", "cycler", "kiwisolver", "packaging", "pillow", "pyparsing",
        "python-dateutil", "six",
    ],
    "scipy": ["scipy"],
    "scikit-learn": ["scikit-learn", "joblib", "threadpoolctl"],
}  # fmt: skip
# What no cell can use: tests, headers, stubs; fonts and back ends of other formats than SVG
UNUSED = re.compile(
    r"(^|/)(tests?|testdata|include|_pyinstaller|sphinxext|images)/"
    r"|\.(a|build|c|cpp|f90|h|hpp|in|lib|pxd|pyi|pyx|tmpl|typed)$|^[\w.-]+\.dist-info/"
    r"|^numpy/f2py/src/|_tests\.cpython"
    r"|^matplotlib/(testing/|mpl-data/(sample_data|plot_directive|fonts/(afm|pdfcorefonts)))"
    r"|^matplotlib/backends/(qt|web_backend|_?backend_(cairo|gtk|macosx|nbagg|pdf|pgf|ps|qt|tk|web|wx))"
    r"|/(STIX|DejaVu(Serif|SansMono)|cm(b|ex|mi|r|ss|sy|tt)10)[\w-]*\.ttf$"
    r"|^PIL/_(avif|webp|imagingtk|imagingcms|imagingft)"
)
# Of the standard library: what needs more than a page has
NEEDS_A_SYSTEM = re.compile(
    "(curses|dbm|ensurepip|idlelib|pydoc_data|sqlite3|tkinter|turtledemo|venv|wsgiref|xmlrpc)/"
    "|(antigravity|ftplib|imaplib|poplib|smtplib|turtle)[.]py"
)

LICENCES = """\
What these pages run beside the course's own code:
Pyodide (https://pyodide.org), Mozilla Public License 2.0, https://mozilla.org/MPL/2.0/
Python (https://python.org), PSF License Version 2, https://docs.python.org/3/license.html
and these packages.
"""


# Fetching


class Remote(io.RawIOBase):
    """A file of another host, of which only the parts that are read are fetched."""

    def __init__(self, url):
        self.url, self.at = url, 0
        with urlopen(Request(url, method="HEAD")) as answer:
            self.size = int(answer.headers["Content-Length"])

    def _part(self, first, last):
        with urlopen(Request(self.url, headers={"Range": f"bytes={first}-{last}"})) as answer:
            return answer.read(last + 1 - first)

    def readable(self):
        return True

    seekable = readable

    def seek(self, offset, whence=io.SEEK_SET):
        self.at = (0, self.at, self.size)[whence] + offset
        return self.at

    def readinto(self, buffer):
        last = min(self.at + len(buffer), self.size) - 1
        if last < self.at:
            return 0
        data = self._part(self.at, last)
        buffer[: len(data)] = data
        self.at += len(data)
        return len(data)


def _address(requirement):
    """Where pip, with its own settings, would take a wheel from."""
    command = [sys.executable, "-m", "pip", "install", "--dry-run", "--no-deps", "--quiet"]
    command += ["--ignore-installed", "--report=-", "--target", CACHE, "--only-binary=:all:"]
    command += ["--python-version=3.12", "--use-feature=fast-deps", requirement]
    run = subprocess.run(command, capture_output=True, text=True)
    if run.returncode:
        raise OSError(f"{requirement} is not to be had: {run.stderr.strip()[-500:]}")
    return json.loads(run.stdout)["install"][0]["download_info"]["url"]


def fetch(names):
    """Put the wheels that are lacking into their folder."""
    WHEELS.mkdir(parents=True, exist_ok=True)
    if lacking := [name for name in names if not (WHEELS / name).exists()]:
        requirement, folder = CARRIER
        with ZipFile(io.BufferedReader(Remote(_address(requirement)), 1 << 20)) as carrier:
            for name in tqdm(lacking, desc="live", unit="wheel"):
                (WHEELS / name).write_bytes(carrier.read(folder + name))


def checked(wheel, wanted):
    """The bytes of a wheel, which are those that Pyodide was released with."""
    data = wheel.read_bytes()
    if (found := sha256(data).hexdigest()) != wanted:
        raise ValueError(f"the sha256 of {wheel} must be {wanted}, but is {found}: delete it")
    return data


# Packing


def archive(wheels, unused=UNUSED):
    """The files of wheels that are used, {name: bytes}."""
    files = {}
    for wheel in wheels:
        with ZipFile(io.BytesIO(wheel)) as opened:
            names = [n for n in opened.namelist() if n[-1] != "/" and not unused.search(n)]
            files |= {name: opened.read(name) for name in names}
    return files


def _zips(archives, folder):
    """Archives {name: {file: bytes}} as zip files in a folder, {name: path}."""
    paths = {name: Path(folder, f"{name}.zip") for name in archives}
    for name, files in archives.items():
        with ZipFile(paths[name], "w") as opened:
            for file, data in files.items():
                opened.writestr(ZipInfo(file), data)
    return paths


def _node(program, *arguments):
    """What a program for Pyodide under Node prints."""
    command = [NODE, PARTS / program, PYODIDE, *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def compiled(archives, level=0):
    """Archives {name: {file: bytes}} as zip files with compiled modules in them, {name: bytes}.

    At level 2 docstrings are left out.
    """
    with TemporaryDirectory() as folder:
        paths = _zips(archives, folder)
        _node("compile.mjs", level, *paths.values())
        return {name: path.read_bytes() for name, path in paths.items()}


# Levels of compression: a tenth smaller for ten times the work is worth it for readers alone
BROTLI, ZSTD = (5, 9) if os.environ.get("QUICK") else (11, 19)
# Node does it, since Python knows zstd from 3.14 on
SQUEEZE = """const [{ zstdCompressSync }, fs] = ["zlib", "fs"].map(process.getBuiltinModule);
const level = { 100: +process.argv[1] }; // ZSTD_c_compressionLevel
process.stdout.write(zstdCompressSync(fs.readFileSync(0), { params: level }));"""


def _write(room, name, data):
    """An archive, compressed for Python to unpack."""
    command = [NODE, "-e", SQUEEZE, str(ZSTD)]
    run = subprocess.run(command, check=True, input=data, stdout=subprocess.PIPE)
    (room / f"{name}.bin").write_bytes(run.stdout)


def _write_twice(name, data):
    """What the browser itself unpacks, and the same smaller, for those that know brotli."""
    (PACKED / f"{name}.bin").write_bytes(gzip.compress(data, mtime=0))
    (PACKED / f"{name}.brotli.bin").write_bytes(brotli.compress(data, quality=BROTLI))


def _module(file):
    """The name by which a module that lies in an archive is imported."""
    bare = re.sub(r"(\.cpython[^/]*\.so|\.py)$", "", file)
    return bare.removesuffix("/__init__").replace("/", ".")


def pack():
    """Check and pack all that does not come from this repository into one folder."""
    lock = json.loads((PYODIDE / "pyodide-lock.json").read_text())
    of = {name: lock["packages"][name] for names in ARCHIVES.values() for name in names}
    fetch([package["file_name"] for package in of.values()])
    wheels = {n: checked(WHEELS / p["file_name"], p["sha256"]) for n, p in of.items()}
    library = archive([(PYODIDE / "python_stdlib.zip").read_bytes()], NEEDS_A_SYSTEM)
    files = {n: archive(wheels[name] for name in names) for n, names in ARCHIVES.items()}
    modules = {  # the names by which a cell imports what lies in an archive
        name: sorted({re.split("[/.]", file)[0] for file in held})
        for name, held in files.items()
        if name != "numpy"
    }
    with TemporaryDirectory() as folder:
        zips = _zips({"numpy": files["numpy"], "course": _course()}, folder)
        needed = set(json.loads(_node("needed.mjs", *zips.values())))
    first, more = {}, {}
    for name, held in (("Python", library), ("NumPy", files.pop("numpy"))):
        rest = f"more of {name}"
        first[name.lower()] = {file: held[file] for file in held if _module(file) in needed}
        more[rest] = {file: held[file] for file in held if _module(file) not in needed}
        modules[rest] = sorted(map(_module, more[rest]))
    shutil.rmtree(PACKED, ignore_errors=True)
    PACKED.mkdir()
    archives = compiled(first | more, 2) | compiled(files)
    wasm = (PYODIDE / "pyodide.asm.wasm").read_bytes()
    unpacked = {"wasm": wasm, "python": archives.pop("python")}  # by the browser itself
    with ThreadPoolExecutor() as pool:  # most of the time goes into compressing
        written = [pool.submit(_write_twice, *each) for each in unpacked.items()]
        written += [pool.submit(_write, PACKED, *each) for each in archives.items()]
    for each in written:
        each.result()  # or what went wrong
    for name in ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm"):
        shutil.copy(PYODIDE / name, PACKED)
    licences = [LICENCES, *(_licences(*wheel) for wheel in wheels.items())]
    (PACKED / "LICENCES.txt").write_text("\n\n".join(licences))
    index = {"info": lock["info"], "modules": modules, "packer": _packer()}
    (PACKED / "index.json").write_text(json.dumps(index))


def _licences(name, wheel):
    found = archive([wheel], re.compile(r"^(?!.*\.dist-info/.*(LICEN[CS]E|COPYING))"))
    return "\n\n".join([f"==== {name} ====", *(t.decode(errors="replace") for t in found.values())])


# The part of each build


def _packer():
    """What changes with the code that packs, and with the Pyodide that is packed."""
    code = Path(__file__), PARTS / "compile.mjs", PARTS / "needed.mjs"
    read = [path.read_bytes() for path in (*code, PYODIDE / "pyodide-lock.json")]
    return sha256(b"".join(read)).hexdigest()


def _course():
    """The course's own code and the data of its chapters, as files of one archive."""
    kinds = "softmax_lib/**/*.py", "derivation/**/*.py", "book/*.json"
    paths = [path for kind in kinds for path in sorted(HOME.glob(kind))]
    files = {path.relative_to(HOME).as_posix(): path.read_bytes() for path in paths}
    files["cells.py"] = (PARTS / "cells.py").read_bytes()
    for name in ("digits", "iris"):  # which scikit-learn has, with much else
        features, labels = getattr(datasets, f"load_{name}")(return_X_y=True)
        np.savez(data := io.BytesIO(), features=features, labels=labels)
        files[f"softmax_lib/{name}.npz"] = data.getvalue()
    return files


def place(static):
    """Put Python beside the pages; the name of its folder, which changes with what lies in it."""
    index = json.loads((PACKED / "index.json").read_text())
    if index.get("packer") != _packer():
        raise ExtensionError(f"{PACKED} was packed by an earlier state of the code: make live anew")
    room = static / "live"
    shutil.copytree(PACKED, room)
    course = _course()
    made_of = repr((course, index["packer"], ZSTD)).encode()
    kept = CACHE / f"course-{sha256(made_of).hexdigest()[:16]}.bin"
    if not kept.exists():
        _write(CACHE, kept.stem, compiled({"course": course})["course"])
    shutil.copy(kept, room / "course.bin")
    files = [*sorted(room.glob("*.bin")), room / "pyodide.asm.wasm"]
    index["bytes"] = {file.name.removesuffix(".bin"): file.stat().st_size for file in files}
    (room / "index.json").write_text(json.dumps(index))
    letters = json.dumps({f"{style} {sign}": letter for (style, sign), letter in LETTERS.items()})
    *mathjax, reader = scripts()  # a page has names of its own
    reader = f"const TEX = (() => {{ {reader}\nreturn [mathml, {letters}]; }})();"
    (room / "tex.js").write_text("\n".join([*mathjax, reader]))
    for name in ("panel.mjs", "worker.mjs"):
        shutil.copy(PARTS / name, room)
    version = sha256(b"".join(path.read_bytes() for path in sorted(room.iterdir()))).hexdigest()[:8]
    return room.rename(static / f"live-{version}").name


def _place(app):
    ready = (PACKED / "index.json").exists() and NODE.exists()  # the former is written last
    if app.builder.format == "html" and ready:
        static = Path(app.outdir) / "_static"
        for old in static.glob("live*/"):
            shutil.rmtree(old)
        static.mkdir(parents=True, exist_ok=True)
        app.config.html_context["live"] = place(static)


def setup(app):
    app.connect("builder-inited", _place)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    try:
        pack()
    except (OSError, ValueError) as error:
        sys.exit(f"live: {error}")
