"""Students' cells run as in Jupyter, in the notebook's order, and learn nothing from the tests."""

import os
import platform
from base64 import b64decode

import nbformat
import numpy as np
import pytest

from grading import sandbox
from grading.jail import IsolationError, Limits, require_isolation
from grading.sandbox import Sandbox, StudentError
from grading.score import score
from grading.source import FIRST, read


def asked(answer, value, test, seen, hidden):
    """A question about a function, and a test with what can be seen of it and what is hidden."""
    hidden = f"### BEGIN HIDDEN TESTS\n{hidden}\n### END HIDDEN TESTS\n" * bool(hidden)
    return (
        f"```{{code-cell}}\n:answer: {answer}\ndef {answer}(x):\n    ### BEGIN SOLUTION\n"
        f"    return {value}\n    ### END SOLUTION\n```\n\n"
        f"```{{code-cell}}\n:tests: {test}\n:points: 1\nimport numpy as np\n{seen}\n{hidden}```\n\n"
    )


ONCE = asked(
    "f", "2 * x", "a", 'assert np.allclose(f(np.arange(3.0)), [0, 2, 4]), "twice"',
    'x = np.array([1234.5])\nassert np.allclose(f(x), 2469), "wrong for other numbers"',
)  # fmt: skip
TWICE = asked(
    "g", "f(x) + 1", "b", 'x = np.arange(3.0)\nassert np.allclose(g(x), 2 * x + 1), "one more"',
    'assert np.allclose(g(np.array([77.25])), 155.5), "wrong for other numbers"',
)  # fmt: skip
KEPT = "assert not changes(g, np.arange(3.0)), 'g changes its argument'"
SOURCE = f"# Own\n\n{ONCE}{TWICE}" + asked("h", "x", "c", KEPT, "")


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    path = tmp_path_factory.mktemp("own") / "own.md"
    path.write_text(SOURCE)
    return read(path)


F, G = "def f(x): return 2 * x", "def g(x): return f(x) + 1"


def points(own, *cells, limits=None):
    """The points of a notebook's cells, of which `a`, `b`, `c` are the tests; what was said."""
    tests = own.cells("tests", "given")
    code = [tests.get(cell) or nbformat.v4.new_code_cell(cell) for cell in cells]
    scores, results, notes = score(own, code, limits)
    said = [s.words for s in scores.values()] + [r["text"] for r in results] + notes
    return [s.points for s in scores.values()], " ".join(said)


ENDS = SOURCE[: SOURCE.index("import numpy")]


@pytest.mark.parametrize(
    ("test", "value", "earned"),
    [("f(2) == 4", "np.array([0.0])", 0), ("f(2) == 4", "np.array([4.0])", 1),
     ("f(2) == 4", "np.array([4.0, 0.0])", 0), ("f(2) / 4", "np.nan", 0),
     ("f(2) / 4", "np.inf", 0), ("f(2) / 4", "np.array(2.0)", 0.5),
     ("2 * f(2)", "[0]", 0), ("f(2)", "'a'", 0)],
)  # fmt: skip
def test_only_a_truth_or_a_finite_number_earns_what_a_test_ends_with(tmp_path, test, value, earned):
    (tmp_path / "ends.md").write_text(f"{ENDS}{test}\n```\n")
    ends = read(tmp_path / "ends.md")
    assert points(ends, f"import numpy as np\ndef f(x): return {value}", "a")[0] == [earned]


NP = "import numpy as np\ndef f(x): return "
COLAB = "from google.colab import drive\ndrive.mount('/content')\n"
SPIES = "def g(x): return f(x) + 1 if 'x' not in globals() else 0"
RAISES = "resource.setrlimit(resource.RLIMIT_CPU, (10**6, resource.RLIM_INFINITY))"
DENIES = """import sys
def g(x):
    agent = sys._getframe(1).f_globals
    pack, before = agent['pack'], agent['pack'](x)
    agent['pack'] = lambda value: before if value is x else pack(value)
    x *= 2
    return x + 1"""
ODD = "help(f)\ninput()\nIn[0]\nimport sys\nsys.stdout.reconfigure(encoding='utf-8')\n"
POOL = """from concurrent.futures import ThreadPoolExecutor
pool = ThreadPoolExecutor(4)
pool.submit(int).result()
def f(x): return sum(pool.map(abs, [x, x]))"""
NOTEBOOKS = {  # the cells, and what the tests a, b and c earn
    "each test sees the cells before it": ([F, "a", G, "b", "c", "f = f(3)\ng = g(4)"], [1, 1, 1]),
    "and not what they were before": ([F, "f = f(3)", "a", F, G, "b", "c"], [1, 1, 1]),
    "or will be": ([F, "a", "f = None", G, "b", "c"], [1, 0, 0]),
    "what is written into an argument reaches nobody": (
        [F, "a", "def g(x):\n    x[:] = 0\n    return x + 1", "b", "c"], [1, 0, 0]),
    "and costs what is asked": (
        [F, "a", "def g(x):\n    x *= 2\n    return x + 1", "b", "c"], [1, 1, 0]),
    "which no call can deny": ([F, "a", DENIES, "b", "c"], [1, 1, 0]),
    "no call can raise its limit": (
        [f"import resource\ndef f(x):\n    {RAISES}\n    return 2 * x", "a"], [0, 0, 0]),
    "no name of a hidden test is there": ([F, "a", SPIES, "b", "c"], [1, 1, 1]),
    **{f"no entry: {none}": ([f"{NP}2 * x if len(x) > 1 else {none}", "a", G, "b", "c"], [0, 0, 1])
       for none in ("np.empty((0, 1))", "[]", "()", "[[], ()]")},
    **{f"an array of {kind}": ([f"{NP}(2 * x).astype(np.{kind})", "a", G, "b", "c"], [1, 1, 1])
       for kind in ("longdouble", "dtype('>f8')")},
    "behind what Colab alone has": ([COLAB + F, "a", G, "b", "c"], [1, 1, 1]),
    "with threads of a cell": ([POOL, "a", G, "b", "c"], [1, 1, 1]),
    "behind statements that fail": ([ODD + F, "a", G, "b", "c"], [1, 1, 1]),
}  # fmt: skip


@pytest.mark.parametrize("kind", NOTEBOOKS)
def test_a_notebook_earns(own, kind):
    cells, earned = NOTEBOOKS[kind]
    assert points(own, *cells)[0] == earned


def test_changes_are_looked_for_in_arrays_also_in_a_new_process():
    with Sandbox([F, "import os\ndef stop(): os._exit(os.kill(os.getppid(), 9) or 0)"]) as box:
        with pytest.raises(StudentError):
            box.call("stop")
        assert not box.changes("f", np.ones(2))
        with pytest.raises(ValueError, match=r"an array .* for f, got \(2,\)"):
            box.changes("f", 2)


def test_no_cell_computes_for_ever():
    ignores = "import signal\nsignal.signal(signal.SIGXCPU, signal.SIG_IGN)\nwhile True: pass"
    with Sandbox([ignores], Limits(cell=0.25, total=0.25, patience=400)) as box:
        assert box.notes == ["a cell was left out: it ended its process"]


def test_no_input_of_a_hidden_test_comes_back(own):
    spy = (
        "import os\n"
        "def f(x):\n"
        "    open('/tmp/seen', 'a').write(str(x))\n"
        "    return 2 * x\n"
        "def g(x):\n"
        "    raise ValueError(open('/tmp/seen').read())"
    )
    tell = "import os\nprint(os.path.exists('/tmp/seen') and open('/tmp/seen').read())"
    earned, said = points(own, spy, "a", "b", "c", tell)
    assert earned == [1, 0, 0]
    assert "[0. 1. 2.]" in said
    assert "1234" not in said


def test_no_input_of_a_hidden_test_comes_back_as_what_is_no_data(own):
    raised = "class PlainError(Exception): pass\ndef f(x):\n    {}\n    return 2 * x"
    shaped = "if x[0] == 1234.5: return __import__('numpy').zeros([int(x[0])] + [0] * 40)"
    for line in ("if x[0] == 1234.5: raise PlainError(repr(x))", shaped):
        earned, said = points(own, raised.format(line), "a", G, "b", "c")
        assert earned[0] == 0
        assert "1234" not in said


def test_a_cell_sees_the_names_that_the_tests_before_it_have_set(own):
    leans = [F, "a", "def g(x): return np.add(f(x), 1)", "b", "print(changes(g, x), TALLY)", "c"]
    earned, said = points(own, FIRST, *leans)
    assert (earned, "False {'a': 1, 'b': 1}" in said) == ([1, 1, 1], True)


def test_a_test_that_earns_nothing_takes_its_time_once(own):
    endless = "def f(x):\n    while True: pass"
    earned, said = points(own, endless, "a", G, "c", limits=Limits(call=0.25, cell=0.5))
    assert (earned, "left out" in said, "Error" in said) == ([0, 0, 0], False, False)


RUNS = {
    "from IPython.display import display, Markdown\ndisplay(Markdown('a'))": "a",
    "import IPython\nIPython.get_ipython().run_line_magic('matplotlib', 'inline')": "",
    "get_ipython().system('ls')\n1 + 1": "2",
    "import asyncio\nawait asyncio.sleep(0)\n3": "3",
    "import matplotlib\nmatplotlib.use('TkAgg')\nfrom matplotlib import pyplot": "",
    "from concurrent.futures import ThreadPoolExecutor as T\nsum(T(16).map(abs, [-81]))": "81",
    "import pandas as pd\nfrom torch import nn\n4": "4",
    "try:\n    import scipy\nexcept ImportError:\n    print('without')": "without",
    "from tqdm import tqdm\nsum(tqdm(range(4), disable=True))": "6",
    "open('own.py', 'w').write('a = 5')\nfrom own import a\na": "5",
    "from __future__ import annotations\ndef f(x: Nobody): return x\nf(7)": "7",
}


def test_what_runs_in_jupyter_runs_here():
    with Sandbox(RUNS) as box:
        results = box.results
    assert [result["error"] for result in results] == [None] * len(RUNS)
    assert [result["text"].strip() for result in results] == list(RUNS.values())


def test_a_package_that_is_not_there_fails_where_it_is_used():
    with Sandbox(
        ["import pandas as pd\nfrom scipy.special import expit", "pd.read_csv()", "expit(0)"]
    ) as box:
        errors = [result["error"] for result in box.results]
    assert errors[0] is None
    names = [error[1] for error in errors[1:]]
    assert names == ["No module named 'pandas'", "No module named 'scipy.special'"]


def test_bars_of_progress_are_written_as_text():
    with Sandbox(["from tqdm.notebook import tqdm\nassert sum(tqdm(range(4))) == 6"]) as box:
        [result] = box.results
    assert (result["error"], "4/4" in result["text"]) == (None, True)


def test_the_checker_is_there_only_where_the_assignment_uses_it():
    cell = "from softmax_lib.notation import check_derivation\nbool(check_derivation('2 = 2'))"
    for checker, outcome in ((True, None), (False, "ModuleNotFoundError")):
        with Sandbox([cell], Limits(checker=checker)) as box:
            [result] = box.results
        assert (result["error"] or [None])[0] == outcome


KEY, WATCH = {"x86_64": (248, 250), "aarch64": (217, 219)}[platform.machine()]
LIBC = "import ctypes, fcntl, glob, sys\nlibc = ctypes.CDLL(None, use_errno=True)\n"
SEALED = {  # what leads out of the sandbox, and what it prints
    "print(libc.unshare(0x10000000), ctypes.get_errno())": "-1 1",
    "print(libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0), ctypes.get_errno())": "-1 1",
    f"print(libc.syscall({KEY}, b'user', b'a', b'b', 1, -3), ctypes.get_errno())": "-1 1",
    f"print(libc.syscall({WATCH}, 0, -3, 1), ctypes.get_errno())": "-1 1",
    "print(libc.inotify_add_watch(libc.inotify_init(), b'/usr', 32), ctypes.get_errno())": "-1 1",
    "try: print(fcntl.flock(open('/usr/bin/env'), fcntl.LOCK_EX))\n"
    "except OSError as error: print(-1, error.errno)": "-1 1",
    "for root in ('/usr/', '/usr/local/', sys.base_prefix + '/'):\n"
    "    print(*glob.glob(root + 'lib*/python3*/*-packages/*'))": "",
}


def test_nothing_leads_out_of_a_sandbox_or_is_seen_in_another():
    with Sandbox([LIBC, *SEALED]) as box:
        assert [r["text"].strip() for r in box.results] == ["", *SEALED.values()]


def test_on_a_busy_machine_the_clock_gives_more_time(own, monkeypatch):
    cell, asked = "import time\ntime.sleep(1.5)", []
    for load, late in ((0, True), (8, False)):
        monkeypatch.setattr("os.getloadavg", lambda load=load: (load * os.cpu_count(), 0, 0))
        with Sandbox([cell], Limits(cell=0.25)) as box:
            assert bool(box.notes) == late
    monkeypatch.setattr("os.getloadavg", lambda: asked.append(0) or (0, 0, 0))
    assert points(own, F, "a", G, "b", "c")[0] == [1, 1, 1]
    assert len(asked) == 1  # before the submission began, which may raise it


def test_where_no_sandbox_can_be_made_nobody_loses_points(own, monkeypatch):
    real, commands = sandbox.command, []

    def failing(limits):
        commands.append(limits)
        return real(limits) if len(commands) == 1 else ["false"]

    monkeypatch.setattr(sandbox, "command", failing)
    with pytest.raises(IsolationError, match="no sandbox could be made"):
        points(own, "import os\nos._exit(0)", F, "a", G, "b", "c")
    assert len(commands) == 2


def test_when_the_time_is_used_up_what_was_graded_stays(own):
    short = Limits(cell=0.5, total=0.5, call=0.5)
    endless = ["while True: pass"] * 6
    assert points(own, F, "a", *endless, G, "b", "c", limits=short)[0][0] == 1


@pytest.mark.parametrize("isolation", ["", "no"])
def test_without_bubblewrap_nothing_is_graded(monkeypatch, tmp_path, isolation):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("ISOLATION", isolation)
    with pytest.raises(IsolationError, match=r"(?s)apt-get install bubblewrap.*macOS.*docker run"):
        require_isolation()


def test_isolation_can_be_given_up_by_its_name_only(monkeypatch):
    monkeypatch.setenv("ISOLATION", "none")
    require_isolation()
    with Sandbox(["def f(x): return 2 * x"]) as sandbox:
        assert sandbox.call("f", 21) == 42


def test_a_figure_crosses_as_a_picture_and_nothing_else_does():
    drawn = "from matplotlib import pyplot as plt\nplt.plot([1, 2])"
    forged = "plt.Figure.savefig = lambda self, file, **_: file.write(b'<svg onload=alert(1)>')"
    with Sandbox([drawn, f"{forged}\nplt.plot([1, 2])", "plt.savefig = plt.figure = 1"]) as sandbox:
        figures = [result["figures"] for result in sandbox.results]
    assert [len(found) for found in figures] == [1, 0, 0]
    assert b64decode(figures[0][0]).startswith(b"\x89PNG")
