"""Students' cells run as in Jupyter, in the notebook's order, and learn nothing from the tests."""

import os
import platform
from base64 import b64decode

import nbformat
import pytest

from grading import sandbox
from grading.jail import IsolationError, Limits, require_isolation
from grading.sandbox import Sandbox
from grading.score import score
from grading.source import FIRST, read

SOURCE = """# Own

```{code-cell}
:answer: f
def f(x):
    ### BEGIN SOLUTION
    return 2 * x
    ### END SOLUTION
```

```{code-cell}
:tests: a
:points: 1
import numpy as np
assert np.allclose(f(np.arange(3.0)), [0, 2, 4]), "twice"
### BEGIN HIDDEN TESTS
x = np.array([1234.5])
assert np.allclose(f(x), 2469), "wrong for other numbers"
### END HIDDEN TESTS
```

```{code-cell}
:answer: g
def g(x):
    ### BEGIN SOLUTION
    return f(x) + 1
    ### END SOLUTION
```

```{code-cell}
:tests: b
:points: 1
import numpy as np
x = np.arange(3.0)
assert np.allclose(g(x), 2 * x + 1), "one more"
### BEGIN HIDDEN TESTS
assert np.allclose(g(np.array([77.25])), 155.5), "wrong for other numbers"
### END HIDDEN TESTS
```

```{code-cell}
:tests: c
:points: 1
import numpy as np
assert not changes(g, np.arange(3.0)), "g changes its argument"
```
"""


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


def test_each_test_sees_the_cells_before_it(own):
    assert points(own, F, "a", G, "b", "c", "f = f(3)\ng = g(4)")[0] == [1, 1, 1]
    assert points(own, F, "f = f(3)", "a", F, G, "b", "c")[0] == [1, 1, 1]
    assert points(own, F, "a", "f = None", G, "b", "c")[0] == [1, 0, 0]


def test_what_a_function_writes_into_its_arguments_reaches_nobody(own):
    zero = "def g(x):\n    x[:] = 0\n    return x + 1"
    assert points(own, F, "a", zero, "b", "c")[0] == [1, 0, 0]
    honest = "def g(x):\n    x *= 2\n    return x + 1"
    assert points(own, F, "a", honest, "b", "c")[0] == [1, 1, 0]


def test_a_call_cannot_raise_the_limit_of_what_it_computes(own):
    raises = (
        "import resource\ndef f(x):\n"
        "    resource.setrlimit(resource.RLIMIT_CPU, (10**6, resource.RLIM_INFINITY))\n"
        "    return 2 * x"
    )
    assert points(own, raises, "a")[0][0] == 0


def test_no_call_can_deny_what_it_has_written(own):
    denies = (
        "import sys\ndef g(x):\n    agent = sys._getframe(1).f_globals\n"
        "    pack, before = agent['pack'], agent['pack'](x)\n"
        "    agent['pack'] = lambda value: before if value is x else pack(value)\n"
        "    x *= 2\n    return x + 1"
    )
    assert points(own, F, "a", denies, "b", "c")[0] == [1, 1, 0]
    with Sandbox([F]) as box, pytest.raises(ValueError, match=r"an array .* for f, got \(2,\)"):
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


@pytest.mark.parametrize("value", ["np.empty((0, 1))", "[]", "()", "[[], ()]"])
def test_what_has_no_entries_is_no_answer(own, value):
    empty = f"import numpy as np\ndef f(x): return 2 * x if len(x) == 3 else {value}"
    assert points(own, empty, "a", G, "b", "c")[0][:2] == [0, 0]


@pytest.mark.parametrize("kind", ["longdouble", "dtype('>f8')"])
def test_an_array_of_another_precision_or_order_is_an_answer(own, kind):
    other = f"import numpy as np\ndef f(x): return (2 * x).astype(np.{kind})"
    assert points(own, other, "a", G, "b", "c")[0] == [1, 1, 1]


def test_a_cell_sees_the_names_that_the_tests_before_it_have_set(own):
    leans = [F, "a", "def g(x): return np.add(f(x), 1)", "b", "print(changes(g, x), TALLY)", "c"]
    earned, said = points(own, FIRST, *leans)
    assert (earned, "False {'a': 1, 'b': 1}" in said) == ([1, 1, 1], True)


def test_no_name_of_a_hidden_test_is_there(own):
    spy = "def g(x): return f(x) + 1 if 'x' not in globals() else 0"
    assert points(own, F, "a", spy, "b", "c")[0] == [1, 1, 1]


def test_a_test_that_earns_nothing_takes_its_time_once(own):
    endless = "def f(x):\n    while True: pass"
    earned, said = points(own, endless, "a", G, "c", limits=Limits(call=1, cell=1))
    assert (earned, "left out" in said) == ([0, 0, 0], False)


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


def test_what_uses_it_costs_itself_alone(own):
    drive = "from google.colab import drive\ndrive.mount('/content')\n" + F
    assert points(own, drive, "a", G, "b", "c")[0] == [1, 1, 1]


def test_a_statement_that_fails_costs_itself_alone(own):
    odd = "help(f)\ninput()\nIn[0]\nimport sys\nsys.stdout.reconfigure(encoding='utf-8')\n"
    assert points(own, odd + F, "a", G, "b", "c")[0] == [1, 1, 1]


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


def test_no_further_namespace_can_be_made():
    cell = (
        "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        "print(libc.unshare(0x10000000), ctypes.get_errno())\n"
        "print(libc.syscall(56, 0x10000000 | 17, 0, 0, 0, 0), ctypes.get_errno())"
    )
    with Sandbox([cell]) as box:
        assert box.results[0]["text"].split() == ["-1", "1", "-1", "1"]


def test_a_sandbox_leaves_no_key_and_shows_no_lock_to_another():
    calls = {"x86_64": (248, 250), "aarch64": (217, 219)}[platform.machine()]
    cell = (
        "import ctypes, fcntl\nlibc = ctypes.CDLL(None, use_errno=True)\n"
        f"print(libc.syscall({calls[0]}, b'user', b'a', b'b', 1, -3), ctypes.get_errno())\n"
        f"print(libc.syscall({calls[1]}, 0, -3, 1), ctypes.get_errno())\n"
        "print(libc.inotify_add_watch(libc.inotify_init(), b'/usr', 32), ctypes.get_errno())\n"
        "try: print(fcntl.flock(open('/usr/bin/env'), fcntl.LOCK_EX))\n"
        "except OSError as error: print(-1, error.errno)"
    )
    with Sandbox([cell]) as box:
        assert box.results[0]["text"].split() == ["-1", "1"] * 4


def test_no_package_of_the_system_is_there():
    cell = (
        "import glob, sys\nfor root in ('/usr/', '/usr/local/', sys.base_prefix + '/'):\n"
        "    print(*glob.glob(root + 'lib*/python3*/*-packages/*'))"
    )
    with Sandbox([cell]) as box:
        assert box.results[0]["text"].split() == []


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
    short = Limits(cell=1, total=1, call=1)
    endless = ["while True: pass"] * 6
    assert points(own, F, "a", *endless, G, "b", "c", limits=short)[0][0] == 1


def test_without_bubblewrap_nothing_is_graded(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(IsolationError, match=r"(?s)apt-get install bubblewrap.*macOS.*docker run"):
        require_isolation()


def test_isolation_can_be_given_up_by_its_name_only(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("ISOLATION", "no")
    with pytest.raises(IsolationError):
        require_isolation()
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
