"""The walls around a student's code: a bubblewrap child without network, files or a way out.

It sees the system's libraries, Python, NumPy, matplotlib and the part of softmax_lib that
`OFFERED` names, with the checker where the assignment uses it; nothing of the course, of other
submissions or of the tests.
"""

import atexit
import contextlib
import functools
import json
import math
import os
import secrets
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import matplotlib
import numpy as np

import derivation
import softmax_lib
from softmax_lib.data import load_digits, load_iris

__all__ = ["IsolationError", "Limits", "command", "environment", "patience", "require_isolation",
           "room"]  # fmt: skip

HERE = Path(__file__).parent
SITE = Path(np.__file__).parent.parent
# Whatever is not here cannot be imported: the answers are in SciPy and scikit-learn too.
PACKAGES = (
    "numpy", "numpy.libs", "matplotlib", "mpl_toolkits", "contourpy", "cycler", "dateutil",
    "six.py", "fontTools", "kiwisolver", "packaging", "PIL", "pillow.libs", "pyparsing", "tqdm",
)  # fmt: skip
OFFERED = ("checks.py", "data.py")
CHECKER = ("notation.py", "notes.py")  # with derivation, where an assignment imports it itself
DATA_SETS = """\
import numpy as np


def _read(name):
    with np.load(__file__.rsplit("/", 3)[0] + f"/{name}.npz") as file:
        X, y = file["X"], file["y"]
    return lambda return_X_y=True: (X.copy(), y.copy())


load_digits, load_iris = _read("digits"), _read("iris")
"""
FONTS = "fontlist-*.json"  # matplotlib's cache
MEGA = 2**20
WAIT = 4  # seconds by the clock for one of computing, on a quiet machine
WALLS = (
    "--unshare-pid --unshare-net --unshare-ipc --unshare-uts --die-with-parent --new-session"
    " --ro-bind /usr /usr --proc /proc --dev /dev --remount-ro /dev"
    f" --size {64 * MEGA} --perms 1777 --tmpfs /tmp --chdir /tmp"
).split()

HELP = """\
Student code runs only in a sandbox, and none can be made here:

    {reason}

Debian, Ubuntu      sudo apt-get install bubblewrap       (0.7 or later)
Fedora              sudo dnf install bubblewrap
Ubuntu 24.04        also: sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0
in a container      start it with: docker run --security-opt seccomp=unconfined \\
                    --security-opt apparmor=unconfined --cap-add SYS_ADMIN …
macOS, Windows      use a Linux container or machine, for example from this folder:
                    docker run --rm -it -v "$PWD:/course" -w /course \\
                    --security-opt seccomp=unconfined --cap-add SYS_ADMIN python:3.12 \\
                    sh -c "apt-get update && apt-get install -y bubblewrap && make grade …"

ISOLATION=none grades without any protection: a submission can then read and change whatever
you can. Only for code that you have read, or on a machine that holds nothing else."""


class IsolationError(RuntimeError):
    """This machine cannot isolate a process: no fault of a submission."""


def patience():
    """Seconds by the clock for one of computing: more where others keep the machine busy."""
    return WAIT * min(max(1, os.getloadavg()[0] / os.cpu_count()), 10)


@dataclass(frozen=True)
class Limits:
    """What a submission may use, and whether derivation is there.

    A cell and a call may compute for these seconds; by the clock they, and all of a sandbox
    together (`total`), may take `patience` times as long: as the machine was before the submission
    began, which could raise the load. The rest are bytes and processes.
    """

    cell: float = 20
    call: float = 5
    total: float = 60
    start: float = 15
    memory: int = 1024 * MEGA
    file: int = 32 * MEGA
    reply: int = 64 * MEGA
    processes: int = 40
    checker: bool = True
    patience: float = field(default_factory=patience)


@functools.cache
def room(checker=False):
    """A folder with what the student's Python can import beside `PACKAGES`."""
    folder = Path(tempfile.mkdtemp(prefix="room-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    library = folder / "softmax_lib"
    library.mkdir()
    (folder / "nothing").mkdir()
    for name in OFFERED + CHECKER * checker:
        source = Path(softmax_lib.__file__).parent / name
        shutil.copy(source, library / name)
    if checker:
        shutil.copytree(Path(derivation.__file__).parent, folder / "derivation")
    names = ", ".join(softmax_lib.data.__all__)
    (library / "__init__.py").write_text(f"from softmax_lib.data import {names}\n")
    # load_digits and load_iris ask scikit-learn, which is not there, for these arrays
    digits, iris = load_digits(), load_iris()
    np.savez(folder / "digits.npz", X=digits[0] * 16, y=digits[1])
    np.savez(folder / "iris.npz", X=iris[0], y=iris[1])
    data = folder / "sklearn" / "datasets"
    data.mkdir(parents=True)
    (folder / "sklearn" / "__init__.py").touch()
    (data / "__init__.py").write_text(DATA_SETS)
    for name in ("agent.py", "jupyter.py", "serialization.py"):
        shutil.copy(HERE / name, folder)
    for fonts in Path(matplotlib.get_cachedir()).glob(FONTS):
        shutil.copy(fonts, folder)
    for path in (folder, *folder.rglob("*")):  # to be read by a user without rights
        path.chmod(0o755 if path.is_dir() else 0o644)
    return folder


def isolated():
    """Whether to isolate: always, unless the environment says ISOLATION=none."""
    return os.environ.get("ISOLATION") != "none"


def command(limits):
    """The command line of the agent in its sandbox, or without one if that was asked for."""
    own = {
        "AS": limits.memory,
        "NPROC": limits.processes + (0 if os.getuid() == 0 else _tasks()),
        "FSIZE": limits.file,
        "call": limits.call,
        "cell": limits.cell,
        "total": math.ceil(WAIT * limits.total),
        "patience": limits.patience,
        "jailed": isolated(),
        # a user of its own for every sandbox, so that each has its own number of processes
        "uid": 20_000 + (2 * os.getpid() + secrets.randbelow(2)) % 40_000,
    }
    if not isolated():
        own |= {"NPROC": 0, "AS": limits.memory if sys.platform == "linux" else 0}
        return [sys.executable, "-S", str(room(limits.checker) / "agent.py"), json.dumps(own)]
    jail = [shutil.which("bwrap"), *WALLS]
    if os.getuid() == 0:
        jail += ["--cap-drop", "ALL", "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        jail += ["--unshare-user"]
    for name in ("/bin", "/lib", "/lib32", "/lib64"):
        if os.path.islink(name):
            jail += ["--symlink", os.readlink(name), name]
        elif os.path.isdir(name):
            jail += ["--ro-bind", name, name]
    base = Path(sys.base_prefix)
    if Path("/usr") not in (base, *base.parents):
        for parent in reversed(base.parents[:-1]):
            jail += ["--perms", "0755", "--dir", str(parent)]
        jail += ["--ro-bind", str(base), str(base)]
    for folder in sorted(_installed(base)):
        jail += ["--ro-bind", str(room(limits.checker) / "nothing"), str(folder)]
    jail += ["--perms", "0755", "--dir", "/packages"]
    jail += ["--ro-bind", str(room(limits.checker)), "/room"]
    for fonts in room(limits.checker).glob(FONTS):  # which take longer to find than to draw
        jail += ["--ro-bind", str(fonts), f"/tmp/{fonts.name}"]
    for name in PACKAGES:
        jail += ["--ro-bind-try", str(SITE / name), f"/packages/{name}"]
    return [*jail, os.path.realpath(sys.executable), "-S", "/room/agent.py", json.dumps(own)]


def _installed(base):
    """Where the system and Python keep other packages, such as a SciPy for everybody."""
    places = (f"{local}lib*/python3*/*-packages" for local in ("", "local/"))
    roots = {Path("/usr"), base}
    return {path.resolve() for place in places for root in roots for path in root.glob(place)}


def _tasks():
    """How many threads this user runs: some kernels count them all."""
    count = 0
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if process.stat().st_uid == os.getuid():
                count += len(os.listdir(process / "task"))
    return count


def environment(limits):
    jailed = isolated()
    return {
        "PYTHONPATH": "/room:/packages:/tmp" if jailed else f"{room(limits.checker)}:{SITE}",
        "LD_LIBRARY_PATH": str(Path(sys.base_prefix) / "lib"),
        "OPENBLAS_NUM_THREADS": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        "MPLBACKEND": "Agg",
        "MPLCONFIGDIR": "/tmp",
        "HOME": "/tmp",
        "PATH": "/usr/bin:/bin" if jailed else os.environ["PATH"],
        "LANG": "C.UTF-8",
    }


def require_isolation():
    """Raise an IsolationError that says what to do, if no sandbox can be made here."""
    if not isolated():
        return
    if not shutil.which("bwrap"):
        raise IsolationError(HELP.format(reason="bubblewrap (bwrap) is not installed"))
    try:
        done = subprocess.run(
            command(Limits()), stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60, env=environment(Limits()), check=False,
        )  # fmt: skip
        reason = done.stderr.strip()[-500:] if done.returncode else ""
    except (OSError, subprocess.TimeoutExpired) as error:
        reason = str(error)
    if reason:
        raise IsolationError(HELP.format(reason=reason))
