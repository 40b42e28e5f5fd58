"""Derivations checked and cells run in the page, under a policy that allows its own files alone.

One Python is loaded for most of it. Without the files of `make live` all of it is skipped.
"""

import gzip
import json
import re
import subprocess
import sysconfig
import zipfile

import numpy as np
import pytest
from firefox import Firefox
from pages import HERE, page
from playwright.sync_api import expect
from sphinx.errors import ExtensionError
from visits import AXE, VIOLATIONS, opened

from softmax_lib import softmax
from website import audit, live

CHECKED, EXERCISES = "book/how-checked.html", "book/jacobian.html"
FOLDER = "".join(re.findall(r'data-live="([^"]*)"', page(CHECKED).text))
POLICY = (
    "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; worker-src 'self'; font-src 'self'; "
    "style-src 'self'; connect-src 'self'; img-src 'self' blob: data:; form-action 'self'"
)
RIGHT = r"\frac{\partial p_j}{\partial s_k} = -p_j p_k \quad j \neq k"
WRONG = r"\frac{\partial p_j}{\partial s_k} = -p_j p_k"


class Strict(audit.Handler):
    """Sends the policy with each file, and notes what it was asked for."""

    asked = []  # noqa: RUF012 one list for all requests

    def end_headers(self):
        self.asked.append(self.path.rpartition("/")[2])
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()


@pytest.fixture(scope="module", autouse=True)
def built(figures):
    """Without the files of `make live` the table of figures says that this was not tested."""
    said = "tested" if FOLDER else "NOT TESTED: make live, make book"
    figures.rows.append(("cells that run in pages", "tested", said, ""))
    if not FOLDER:
        pytest.skip(said)


@pytest.fixture(scope="module")
def strict():
    server = audit.Server()
    server.RequestHandlerClass = Strict
    return server


@pytest.fixture(scope="module")
def tab(browser, strict):
    """The page on the checker, whose console is listened to."""
    with opened(browser, strict.url + CHECKED) as tab:
        yield tab


@pytest.fixture
def another(tab, strict):
    """A function that opens a page of this name in a second tab."""
    second = tab.context.new_page()
    yield lambda name: second.goto(strict.url + name) and second
    second.close()


def press(place, verb):
    status = place.locator(".live-tools [role=status]").first
    status.evaluate("said => { said.textContent = '' }")  # what was said before is no answer
    place.locator(f".live-tools [data-verb={verb}]").first.click()


def says(place, words):
    status = place.locator(".live-tools [role=status]").first
    expect(status).to_have_text(re.compile(words), timeout=60000)  # on a busy machine


def check(tab, latex):
    """What the page says of a derivation."""
    field = tab.locator(".live-field").first
    field.locator("textarea").fill(latex)
    press(field, "check")
    says(field, "Checked|cannot be read|did not start")
    return field.locator(".live-output").inner_text()


def run(tab, number, code=None):
    """What a cell shows after it was edited and run."""
    cell = tab.locator("article .cell").nth(number)
    if code is not None:
        if not cell.locator("textarea").count():
            press(cell, "edit")
        cell.locator("textarea").fill(code)
    press(cell, "run")
    says(cell, "Done|fails|did not|broke")
    return cell.locator(".live-output")


def test_before_it_is_asked_for_nothing_is_loaded(tab):
    assert tab.locator(".live-tools").count() > 5
    assert not {"panel.mjs", "worker.mjs", "wasm.bin"} & set(Strict.asked)


def test_what_is_typed_is_typeset(tab):
    field = tab.locator(".live-field").first
    field.locator("textarea").fill(r"\frac{\mathbf{p}}{2} \neq \alpha")
    expect(field.locator(".live-shown mfrac")).to_have_text(re.compile(r"𝐩\s*2"))
    assert field.locator("annotation").text_content() == r"\frac{\mathbf{p}}{2} \neq \alpha"
    field.locator("textarea").fill(r"\nabla \mathrm{d} f' \Gamma d")
    upright = field.locator(".live-shown mi[mathvariant=normal]")
    expect(upright).to_have_text(["∇", "d", "Γ"])
    assert field.locator(".live-shown msup").count() == 0, "a prime stands high by itself"
    row, shown = field.locator(".live-shown semantics > mrow"), re.compile(r"^\s*p\s*=\s*p\s*$")
    for typed in (r"\(p = p\)", "$p = p$", r"p = p \tag{1}", r"p = p \label{a}", r"p \label{a}= p"):
        field.locator("textarea").fill(typed)
        expect(row).to_have_text(shown)
    linked = r"\mmlToken{mi}[href='javascript:alert(1)']{x}"
    for typed, fault in (
        (r"\frac{1", "brace"), ("p\0", r"U\+0000"), ("p" * 100_000, "too long"),
        ("{" * 2000 + "}" * 2000, "nested too deeply"), (linked, "Undefined control sequence"),
    ):  # fmt: skip
        field.locator("textarea").fill(typed)
        expect(field.locator(".live-shown")).to_have_text(re.compile(fault))
    field.locator("textarea").fill(r"\rule{9em}{9999em}")
    assert field.bounding_box()["height"] < 2000  # pixels: the page stays one


def test_a_right_and_a_wrong_derivation_are_told_apart(tab):
    assert set("✓✗") & set(check(tab, RIGHT)) == {"✓"}
    assert "✗" in (wrong := check(tab, WRONG))
    assert "the left side is" in wrong, "a counterexample with numbers"
    assert "not decided" in check(tab, r"\ell = 0 \implies p_y = 1")
    says(tab.locator(".live-field").first, r"\? in one place")
    assert "vocabulary" not in (unknown := check(tab, "p_k = q_k"))
    assert r"\text{Let }" in unknown
    assert tab.locator(".live-field .live-output math").count() == 0, "no report of what is unread"
    check(tab, WRONG)
    assert tab.locator(".live-field .live-output math").count() > 1, "reports are typeset"


def test_what_a_lost_connection_kept_back_comes_when_it_is_there_again(tab):
    run(tab, 0, "0")
    tab.context.set_offline(True)
    assert "no connection" in run(tab, 0, "import matplotlib").inner_text()
    tab.context.set_offline(False)
    assert run(tab, 0, "import matplotlib\nmatplotlib.__name__").inner_text() == "'matplotlib'\n"
    tab.faults.clear()  # of the browser, about the connection


def test_a_cell_is_edited_and_run_and_shows_a_value_and_a_figure(tab):
    code = "from softmax_lib import softmax\nfrom matplotlib import pyplot as plt\n"
    code += "p = softmax([1.0, 2.0, 3.5])\nplt.semilogy(p)\nplt.show()\nprint(p.round(6))\np.shape"
    output = run(tab, 0, code)
    assert str(softmax([1.0, 2.0, 3.5]).round(6)) in output.inner_text()
    assert "(3,)" in output.inner_text()
    assert "font" not in output.inner_text(), "no word of the cache, and of those left at home"
    assert output.locator("img").evaluate("image => image.decode().then(() => image.naturalWidth)")


MODEL = """from softmax_lib import load_digits
from softmax_lib.model import SoftmaxRegression
features, labels = load_digits()
model = SoftmaxRegression(lam=1e-3).fit(features[:300], labels[:300])
print(features.shape, features.max(), model.score(features[:300], labels[:300]) > 0.9)"""
# What is written into the second cell, and what it then shows
SHOWN = {
    "print(p.sum().round(9))": "1.0\n",
    "def half(x):\n    return x / 0\n\nhalf(1)": "line 4, in <module>\n    half(1)\n",
    "from sklearn.datasets import load_iris\nload_iris().data.shape": "(150, 4)",
    "from softmax_lib import load_measurements as at\nat('speed')['shapes']['digits']": "64, 10]",
    "input('?')": "cannot ask",
    "class Page:\n  _repr_html_ = lambda _: 'no<a href=x>thing</a>w'\nPage()": "now",
    "import dask": "for all else run the notebook",
    "of_another_page": "of no other page",
    "import js\njs.fetch": "AttributeError: fetch",
    MODEL: "(1797, 64) 1.0 True\n",
    "'long' * 10**7": "\n… and more\n… of 40,000,003 characters in all\n",
    "raise ValueError('long' * 10**7)": "\n… of 40,000,122 characters",
    "class Page:\n  _repr_html_ = lambda _: '<i>long</i>' * 30000\nPage()": "html has 330,000 char",
    "_ = plt.plot(range(50000), 'o')": "Not shown: this image has",
    "class Odd:\n  def __repr__(self):\n    raise OSError\nOdd()": "raise OSError\nOSError\n",
    "class Odd:\n  _repr_html_ = lambda _: 5\nOdd()": "_repr_html_ must return a text, got int\n",
    "print('one\\n0%\\rred \\x1b[31m1%\\x1b[0m')": "one\nred 1%\n",
    "_ = plt.title('$\\\\frac$'), plt.figure()\nprint('so')": "so\n\nValueError: \n\\frac\n",
    "plt.get_fignums()": "[]\n",
    "type(model)": "<class 'softmax_lib.model.SoftmaxRegression'>\n",
    "import sys\nsys.stdout = None": "",
    "print('heard')": "heard\n",
}


@pytest.mark.parametrize("code", SHOWN)
def test_cells_share_what_they_define_and_show_what_it_comes_to(tab, code):
    assert SHOWN[code] in run(tab, 1, code).inner_text()


def test_what_a_cell_shows_as_html_runs_loads_and_names_nothing(tab):
    html = (
        "<svg><a href=javascript:x>y</a></svg><b id=search onclick=x class=c>bo</b><i hidden>th</i>"
    )
    code = f"class Page:\n  _repr_html_ = lambda _: '{html}<script>x</script>'\nPage()"
    run(tab, 1, code)
    shown = tab.locator("article .cell").nth(1).locator(".live-output .text_html")
    assert shown.inner_html() == '<b class="c">bo</b><i>th</i>'
    tab.faults.clear()  # of the policy, which has met onclick


@pytest.mark.parametrize(
    "code",
    ["print('long' * 10**7)", "print('\\r' * 10**6)", "for n in range(10**6):\n    print(n)"],
)
def test_the_page_answers_while_a_cell_prints_without_end(tab, code):
    tab.evaluate(
        "() => { globalThis.longest = 0; new PerformanceObserver(list => list.getEntries()"
        ".forEach(task => { longest = Math.max(longest, task.duration) }))"
        ".observe({ type: 'longtask' }) }"
    )
    assert "characters in all" in run(tab, 1, code).inner_text()
    assert tab.evaluate("longest") < 2000  # milliseconds


def test_a_new_line_stands_below_the_one_above_it(tab):
    text = tab.locator("article .cell textarea").nth(1)
    text.fill("")
    text.press_sequentially("for k in p:\nif k:\npass\npass")
    assert text.input_value() == "for k in p:\n    if k:\n        pass\n        pass"


def test_an_endless_cell_is_stopped_and_a_new_python_runs_the_cells_above_again(tab):
    cell = tab.locator("article .cell").nth(1)
    cell.locator("textarea").fill("while True:\n    print('again')")
    press(cell, "run")
    expect(cell.locator(".live-output")).to_contain_text("again\nagain")  # while it runs
    press(cell, "reset")
    says(cell, "Something else is running")
    press(cell, "stop")
    says(cell, "Stopped. What was defined is forgotten")
    assert "again" in cell.locator(".live-output").inner_text()
    output = run(tab, 1, "print('half' in globals(), 'p' in globals())")
    says(cell, "the cell above was run first")
    assert output.inner_text().strip() == "False True"


def test_where_a_cell_breaks_python_a_new_one_comes(tab):
    run(tab, 1, "'of before'")
    assert not run(tab, 1, "import sys\nsys.stdout.close()").inner_text()
    says(tab.locator("article .cell").nth(1), "Python broke down: .* closed file")
    assert run(tab, 1, "2").inner_text() == "2\n"


def test_what_is_too_long_is_refused_and_python_lives_on(tab):
    assert "nested more than" in check(tab, "p_k = p_k" + r" + \sum_{j=1}^C e^{s_j}" * 600)
    assert "✓" in check(tab, RIGHT)


def test_on_a_phone_a_reason_stands_below_its_formula_also_above_a_wider_one(tab):
    wide = r"p_k = s_k \\ 1 = \frac{\ell" + r" + \sum_{l=1}^C p_l" * 9 + r"}{\ell + 9}"
    size = tab.viewport_size
    tab.set_viewport_size({"width": 390, "height": 844})
    check(tab, wide)
    report = tab.locator(".live-field ol.derivation")
    report.locator("li math").nth(1).wait_for()
    boxes = [part.bounding_box() for part in report.locator("> li > math, > li > .reason").all()]
    formula, *reasons, wider = boxes
    assert wider["width"] > 390 > max(reason["width"] for reason in reasons)
    below = [formula["y"] + formula["height"], *(box["y"] + box["height"] for box in reasons)]
    assert all(box["y"] >= end for box, end in zip(reasons, below, strict=False))
    tab.set_viewport_size(size)


def test_reset_restores_what_is_printed(tab):
    cell = tab.locator("article .cell").nth(1)
    press(cell, "reset")
    expect(cell.locator("textarea, .live-output")).to_have_count(0)
    expect(cell.locator("pre").first).to_be_visible()


def test_with_all_panels_open_no_rule_is_violated(tab):
    for edit in tab.locator("[data-verb=edit]").all():
        if edit.is_visible():
            edit.click()
            expect(edit).to_be_hidden()
    tab.locator(".live-field textarea").first.focus()
    tab.evaluate(AXE.read_text())
    assert tab.evaluate(VIOLATIONS) == []
    assert tab.faults == []


def test_a_second_page_takes_python_from_the_cache_and_runs_the_cells_above_first(another):
    tab, before = another(CHECKED), Strict.asked.count("wasm.bin")
    above, cell = (tab.locator("article .cell").nth(n) for n in (0, 1))
    cell.locator("[role=status]").evaluate(
        "status => new MutationObserver(() => (globalThis.told ??= []).push(status.textContent))"
        ".observe(status, { childList: true })"
    )
    for each, code in ((above, "1 / 0"), (cell, "2 + 2")):
        each.locator("[data-verb=edit]").dblclick()
        each.locator("textarea").fill(code)
    press(cell, "run")
    says(cell, "Done; the cell above was run first; cell 1, above, fails")
    assert "ZeroDivisionError" in above.locator(".live-output").inner_text()
    assert 0 < len(tab.evaluate("told.filter(words => words.includes('Loading Python'))")) < 10
    assert before == Strict.asked.count("wasm.bin") == 1


class Compressing(audit.Server):
    """Sends WebAssembly compressed, as many hosts do."""

    def find(self, url):
        kind, body, encoding = super().find(url)
        return (kind, gzip.compress(body, 1), "gzip") if "wasm" in kind else (kind, body, encoding)


def test_where_the_host_compresses_webassembly_browsers_keep_it_compiled(browser):
    server, tab = Compressing(), browser.new_page()
    server.RequestHandlerClass = Strict
    tab.goto(server.url + CHECKED)
    del Strict.asked[:]
    assert "✓" in check(tab, RIGHT)
    assert "pyodide.asm.wasm" in Strict.asked
    assert not [name for name in Strict.asked if re.match("wasm.*bin", name)]
    tab.close()


def test_an_exercise_is_checked_by_its_own_demands(another):
    tab = another(EXERCISES)
    exercise = page(EXERCISES).soup.select_one(".exercise:has(.cell)")
    solution = exercise.find_next(class_="solution").select_one(".cell pre").get_text()
    bare = r"J^\top (-\mathbf{y} \oslash \mathbf{p}) = \mathbf{p} - \mathbf{y}"
    assert "missing" in check(tab, bare)
    assert set("✓✗") & set(check(tab, solution.split('"""')[1])) == {"✓"}


def test_a_derivation_is_kept_and_equations_are_copied_into_it(another):
    tab = another(EXERCISES)
    field = tab.locator(".exercise .live-field textarea").first
    assert r"\oslash" in field.input_value(), "what the exercise gives"
    field.fill("")
    press(tab.locator(".exercise .live-field").first, "copy")
    says(tab.locator(".exercise .live-field").first, "Copied|Ctrl")
    tab.locator(".live-take").first.click()
    assert "=" in field.input_value()
    other = tab.context.new_page()
    other.goto(tab.url)
    other.locator(".exercise .live-field textarea").first.fill(latex := "p = y")
    expect(field).to_have_value(latex)  # else the two tabs would overwrite each other
    other.close()
    tab.reload()
    assert field.input_value() == latex
    press(tab.locator("article .cell").first, "edit")
    tab.locator("article .cell textarea").first.fill("of a cell")
    another(CHECKED).go_back()
    assert field.input_value() == latex


def test_from_a_file_the_page_says_what_to_do(browser):
    with browser.new_page() as tab:
        tab.goto((audit.SITE / CHECKED).as_uri())
        press(tab.locator("article .cell").first, "run")
        says(tab.locator("article .cell").first, "serve the site")


def test_in_a_sandboxed_frame_the_page_says_what_to_do(browser, server):
    frame = f'<iframe sandbox="allow-scripts" src="{server.url}{CHECKED}" height=700></iframe>'
    server.doctored["frame of cells.html"] = frame
    with browser.new_page() as tab:
        tab.goto(f"{server.url}frame%20of%20cells.html")
        cell = tab.frame_locator("iframe").locator("article .cell").first
        press(cell, "run")
        says(cell, "in a window of its own")


def test_without_storage_and_numpy_what_is_typed_is_typeset_and_the_page_says_why(browser, strict):
    context = browser.new_context()
    refused = "{ get() { throw new Error('refused') } }"
    context.add_init_script(f"Object.defineProperty(window, 'localStorage', {refused})")
    context.route("**/numpy.bin", lambda route: route.fulfill(status=404))
    tab = context.new_page()
    tab.goto(strict.url + EXERCISES)
    field = tab.locator(".exercise .live-field").first
    field.locator("textarea").fill(RIGHT)
    field.locator(".live-shown math").wait_for()
    press(field, "check")
    says(field, "Python did not start: numpy.bin is missing")
    context.close()


@pytest.mark.parametrize(
    ("lacking", "words"),
    [("", r"[2-9]\d\d passed"), ("derivation/evaluator/dual.pyc", "cannot import name 'dual'")],
)
def test_the_checkers_own_tests_pass_in_what_was_repacked_if_it_is_whole(lacking, words, tmp_path):
    archives = audit.SITE / "_static" / FOLDER
    command = [live.NODE, HERE / "inside.mjs", live.PYODIDE, archives, tmp_path, lacking, live.HOME]
    command += [sysconfig.get_path("purelib"), "-k", "not piece_cut_out"]
    command += ["/repository/tests/derivation/test_reader.py"]  # which takes seconds
    run = subprocess.run(command, capture_output=True, text=True)
    assert (run.returncode == 0) == (not lacking), run.stdout + run.stderr[-3000:]
    assert re.search(words, run.stdout + run.stderr)


def test_a_wheel_with_another_hash_stops_the_packing(tmp_path):
    wheel = tmp_path / "numpy.whl"
    wheel.write_bytes(b"not NumPy")
    with pytest.raises(ValueError, match="must be 00ff, but is"):
        live.checked(wheel, "00ff")


def test_what_other_code_has_packed_is_not_put_beside_the_pages(tmp_path, monkeypatch):
    (tmp_path / "index.json").write_text('{"packer": "an older one"}')
    monkeypatch.setattr(live, "PACKED", tmp_path)
    with pytest.raises(ExtensionError, match="make live anew"):
        live.place(tmp_path / "static")


def test_only_what_is_read_of_a_remote_file_is_fetched(tmp_path):
    with zipfile.ZipFile(tmp_path / "far.zip", "w") as far:
        far.writestr("large", np.random.default_rng(0).bytes(100_000))
        far.writestr("small", b"found")
    data, fetched, near = (tmp_path / "far.zip").read_bytes(), [], live.Remote.__new__(live.Remote)
    near.at, near.size = 0, len(data)
    near._part = lambda first, last: fetched.append(last + 1 - first) or data[first : last + 1]
    with zipfile.ZipFile(near) as opened:
        assert opened.read("small") == b"found"
    assert sum(fetched) < 5000


def test_firefox_checks_a_derivation_and_runs_a_cell(strict):
    with Firefox() as browser:
        browser.open(strict.url + CHECKED, 1280)
        pressed = lambda *what: browser.evaluate(PRESSED.format(*map(json.dumps, what)))  # noqa: E731
        assert pressed(".live-field", "check", RIGHT).startswith("✓")
        assert "the left side is" in pressed(".live-field", "check", WRONG)
        assert pressed("article .cell", "run", "").count("✓") == 3
        assert browser.evaluate("() => refused") == []


# in Firefox, what a button shows of what is written; and what the policy has refused so far
PRESSED = """async () => {{
  globalThis.refused ??= [];
  addEventListener("securitypolicyviolation", event => refused.push(event.violatedDirective));
  const place = document.querySelector({0}), status = place.querySelector("[role=status]");
  status.textContent = "";
  if (place.text) place.text.value = {2};
  place.querySelector(`[data-verb=${{{1}}}]`).click();
  while (!/Checked|Done|cannot|fails|did not/.test(status.textContent))
    await new Promise(done => setTimeout(done, 50));
  return place.querySelector(".live-output").textContent;
}}"""


def test_a_heading_after_a_cell_keeps_its_distance_from_the_buttons(another):
    tab = another("book/tools.html")
    tab.evaluate("() => { dispatchEvent(new Event('scroll')) }")  # as in visits.opened
    buttons = tab.locator("article .live-tools").first.bounding_box()
    heading = tab.locator("article h2").first.bounding_box()
    assert heading["y"] - buttons["y"] - buttons["height"] > 16
