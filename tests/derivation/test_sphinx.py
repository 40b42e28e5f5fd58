"""The extension for Sphinx, on a small book."""

import io
import os
import re
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sphinx.cmd.build import build_main
from tables import TABLES

from derivation import sphinx
from derivation.pages import verdicts
from derivation.pages.page import read_page
from derivation.pages.verdicts import Verdicts
from derivation.sphinx import MARKS

HOME = Path(__file__).resolve().parent
BOOK = HOME / "small-book"
SYMBOLS = TABLES["a small book"]


def read(text):
    return read_page(text, SYMBOLS).equations


def build(source, out, *options):
    """Sphinx's return code and what it wrote to the screen; in this process, which has it loaded"""
    said = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(said), redirect_stderr(said):
        patch.setattr(sys, "path", [*sys.path])
        patch.setattr(sys, "dont_write_bytecode", True)
        patch.delitem(sys.modules, "regression", raising=False)  # a book's own, beside conf.py
        code = build_main(["-q", "-W", "--keep-going", *options, str(source), str(out)])
        sys.modules.pop("regression", None)
    return code, said.getvalue()


@pytest.fixture(scope="module", autouse=True)
def kept(tmp_path_factory):
    """The file of verdicts that all builds share, wherever they keep the rest."""
    path = tmp_path_factory.mktemp("kept") / "verdicts.json"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sphinx, "Verdicts", lambda _: Verdicts(path))
        yield path


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The small book as a site."""
    out = tmp_path_factory.mktemp("site")
    code, said = build(BOOK, out)
    assert code == 0, said
    return out


@pytest.fixture
def copy(tmp_path):
    """A copy of the small book that a test may spoil."""
    return Path(shutil.copytree(BOOK, tmp_path / "book"))


def spoil(path, old, new):
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def marked(path):
    """The state of each equation of a page, by how its LaTeX begins, and its mark."""
    page = BeautifulSoup(path.read_text(), "html.parser")
    boxes = page.select(".derivation-equation")
    found = {re.sub(r"\s|\\\[", "", b.select_one(".math").text): b for b in boxes}
    return {latex.split("¶")[-1]: b.select_one(".derivation-mark") for latex, b in found.items()}


def state(tag):
    (name,) = (c for c in tag["class"] if c != "derivation-mark")
    return name.removeprefix("derivation-")


def first_state(path):
    return next(map(state, marked(path).values()))


def table(path):
    page = BeautifulSoup(path.read_text(), "html.parser")
    return [[cell.text for cell in row(["th", "td"])] for row in page.table("tr")]


# the small book


def test_every_displayed_equation_bears_the_mark_of_what_came_of_it(site):
    linear = [state(m) for m in marked(site / "linear.html").values()]
    assert linear == [
        "definition", "checked", "demand", "definition", "checked", "definition", "checked", "false"
    ]  # fmt: skip
    logistic = [state(m) for m in marked(site / "logistic.html").values()]
    assert logistic == [
        "demand", "checked", "instance", "definition", "checked", "definition", "excused", "false"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("page", "begin", "sign", "words"),
    [
        ("linear", r"E=\lVert", "≔", "a definition: it says what its left side means."),
        ("linear", r"\nabla_{\mathbf{w}}E=", "✓", "checked: 2 steps evaluated."),
        ("linear", r"X^\topX", "!", "a demand: it says what is wanted, not what holds."),
        ("linear", r"X^\top(\mathbf{y}-X", "✓", "checked: 1 step evaluated."),
        ("linear", r"\nabla_{\mathbf{w}}R=2X", "✗", "wrong on purpose: its evaluation fails."),
        ("logistic", "g(-t)=", "!", "not what holds. The instance meets it."),
        ("logistic", r"\nabla_{\mathbf{w}}\sum", "✓₁", "one instance (f(t) = e^{t} + t^3): 1 step"),
        ("logistic", r"\text{steps}", "○", "not checked: the number of steps is a matter of"),
    ],
)  # fmt: skip
def test_a_mark_has_a_sign_words_and_a_link(site, page, begin, sign, words):
    (tag,) = (m for latex, m in marked(site / f"{page}.html").items() if latex.startswith(begin))
    assert tag["href"] == "index.html#marks"
    seen, heard = tag.find_all("span")
    assert (seen.text, seen["aria-hidden"]) == (sign, "true")
    assert words in heard.text
    assert heard["class"] == ["derivation-words"]
    assert tag["title"] == heard.text


def test_every_state_has_a_sign_and_words_of_its_own():
    signs, words, _ = zip(*MARKS.values(), strict=True)
    assert len({*signs}) == len({*words}) == len(MARKS)


def test_the_words_are_hidden_from_sight_only(site):
    style = (site / "_static" / "derivation.css").read_text()
    hidden = re.search(r"\.derivation-words \{([^}]*)\}", style)[1]
    assert "clip-path" in hidden
    assert "display" not in hidden
    assert 'href="_static/derivation.css' in (site / "linear.html").read_text()


def test_the_page_about_the_marks_counts_them_page_by_page(site):
    page = BeautifulSoup((site / "index.html").read_text(), "html.parser")
    rows = table(site / "index.html")
    assert rows[0] == ["page", "displayed", "checked", "for one instance", "definition", "demand",
                       "shown false", "excused", "steps"]  # fmt: skip
    assert rows[1] == ["Linear regression", "8", "3", "0", "3", "1", "1", "0", "5"]
    assert rows[3] == ["all pages", "16", "5", "1", "5", "2", "2", "1", "9"]
    assert "Excused: 1 of 16 displayed equations, 6.2%." in page.text
    assert "Logistic regression: " in page.text


def test_jupyter_book_builds_it_as_well(copy):
    (copy / "conf.py").unlink()
    program = Path(sys.executable).with_name("jupyter-book")
    command = [program, "build", "-q", "-W", "--keep-going", copy]
    env = os.environ | {"PYTHONPATH": str(HOME.parent.parent)}
    done = subprocess.run(command, capture_output=True, text=True, env=env)
    assert done.returncode == 0, done.stdout + done.stderr
    marks = marked(copy / "_build" / "html" / "linear.html").values()
    assert len(marks) == 8
    assert next(iter(marks))["href"] == "index.html#marks"


@pytest.mark.parametrize("format", ["latex", "text"])
def test_other_formats_have_the_equations_without_marks(tmp_path, format):
    code, said = build(BOOK, tmp_path, "-b", format)
    assert code == 0, said
    texts = [p.read_text() for p in tmp_path.rglob("*") if p.suffix in (".tex", ".txt")]
    assert any(r"\hat{\mathbf{w}} = (X^\top X)^{-1}" in text for text in texts)
    assert not any("derivation-mark" in text for text in texts)


# what fails a build


@pytest.mark.parametrize(
    ("page", "old", "new", "line", "message"),
    [
        ("linear", r"= 2 X^\top (X\mathbf{w} - \mathbf{y}) .",
         r"= X^\top (X\mathbf{w} - \mathbf{y}) .",
         11, r"✗  2 X^\top X \mathbf{w} - 2 X^\top \mathbf{y}  =  X^\top"),
        ("linear", r"R = \mathbf{0}$", r"R = \mathbf{y}$",
         53, "the left side is d × 1, the right side n × 1"),
        ("linear", "% demands", "% demand", 17, "unknown note demand; did you mean demands?"),
    ],
)  # fmt: skip
def test_a_wrong_equation_or_note_fails_the_build(copy, tmp_path, page, old, new, line, message):
    spoil(copy / f"{page}.md", old, new)
    code, said = build(copy, tmp_path / "site")
    assert code != 0
    assert f"{page}.md:{line}: WARNING: " in said
    assert message in said


def test_a_book_that_is_not_strict_is_built_and_marked_as_wrong(copy, tmp_path):
    spoil(copy / "linear.md", r"= 2 X^\top (X\mathbf{w} - \mathbf{y}) .", "= X .")
    code, said = build(copy, tmp_path / "site", "-D", "derivation_strict=0")
    assert code == 0, said
    marks = marked(tmp_path / "site" / "linear.html").values()
    assert [state(m) for m in marks][:3] == ["definition", "wrong", "demand"]


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("vocabulary=", 'derivation_vocabulary is "package.module:NAME" or a Vocabulary'),
        ("vocabulary=regression", 'derivation_vocabulary is "package.module:NAME" or a Vocabulary'),
        ("vocabulary=regressions:NAME", "derivation_vocabulary regressions:NAME: No module named"),
        ("vocabulary=regression:SYMBOLS", "regression:SYMBOLS: module 'regression' has"),
        ("vocabulary=regression:Symbol", "derivation_vocabulary regression:Symbol is a type"),
        ("page=none", "derivation_page: there is no page none"),
    ],
)
def test_a_setting_that_names_nothing_is_refused(tmp_path, setting, message):
    code, said = build(BOOK, tmp_path, "-D", f"derivation_{setting}")
    assert code != 0
    assert message in said


def test_without_such_a_page_the_marks_are_no_links(tmp_path):
    code, said = build(BOOK, tmp_path, "-D", "derivation_page=")
    assert code == 0, said
    tags = marked(tmp_path / "linear.html").values()
    assert {tag.name for tag in tags} == {"span"}
    assert not any(tag.has_attr("href") for tag in tags)


def test_a_vocabulary_can_be_given_itself(copy, tmp_path):
    spoil(copy / "conf.py", '"regression:REGRESSION"', "REGRESSION")
    path = f"import sys\nsys.path.append({str(copy)!r})\nfrom regression import REGRESSION\n"
    (copy / "conf.py").write_text(path + (copy / "conf.py").read_text())
    code, said = build(copy, tmp_path / "site")
    assert code == 0, said
    assert len(marked(tmp_path / "site" / "linear.html")) == 8


def test_a_renderer_can_place_the_marks_itself(copy, tmp_path):
    (copy / "conf.py").write_text((copy / "conf.py").read_text() + RENDERER)
    code, said = build(copy, tmp_path / "site")
    assert code == 0, said
    page = (tmp_path / "site" / "linear.html").read_text()
    assert page.count('<p class="own"><a class="derivation-mark') == 8
    assert "derivation-equation" not in page


RENDERER = """
derivation_insert_marks = False

def visit(self, node):
    from docutils.nodes import SkipNode
    self.body.append('<p class="own">' + node["mark"] + "</p>")
    raise SkipNode

def setup(app):
    app.add_html_math_renderer("own", (lambda self, node: None, lambda self, node: None),
                               (visit, None))

html_math_renderer = "own"
"""


def test_a_page_whose_marks_change_is_written_anew(copy, tmp_path):
    assert build(copy, tmp_path / "site")[0] == 0
    assert first_state(tmp_path / "site" / "linear.html") == "definition"
    definition = r"\lVert X\mathbf{w} - \mathbf{y} \rVert^2"
    other = r"(X\mathbf{w} - \mathbf{y})^\top (X\mathbf{w} - \mathbf{y})"
    spoil(copy / "regression.py", definition, other)  # no page changes
    code, said = build(copy, tmp_path / "site")
    assert code == 0, said
    assert first_state(tmp_path / "site" / "linear.html") == "checked"
    assert table(tmp_path / "site" / "index.html")[1][1:5] == ["8", "4", "0", "2"]


CLAIM, WRONG = "% when c > 0\n% false\n$$\nc = -c\n$$\n", "$$\nc = 2c\n$$\n"


@pytest.mark.parametrize(
    ("claim", "symbols", "checker", "evaluated"),
    [
        (CLAIM, SYMBOLS, verdicts.CHECKER, 1),
        (CLAIM.replace("-c", "2c"), SYMBOLS, verdicts.CHECKER, 2),
        (CLAIM.replace("> 0", "> 1"), SYMBOLS, verdicts.CHECKER, 2),
        (CLAIM.replace("false", "demands"), SYMBOLS, verdicts.CHECKER, 2),
        (CLAIM, SYMBOLS.extend(sizes={"m": 3}), verdicts.CHECKER, 2),
        (CLAIM, SYMBOLS, "another code, Python or NumPy", 2),
    ],
)
def test_what_has_changed_or_is_wrong_is_evaluated_again(
    claim, symbols, checker, evaluated, tmp_path, monkeypatch
):
    kept, asked = Verdicts(tmp_path / "kept"), []
    assert read_page(CLAIM + WRONG, SYMBOLS, check=kept.check).equations[0].state == "false"
    kept.write()
    monkeypatch.setattr(verdicts, "CHECKER", checker)
    monkeypatch.setattr(verdicts, "check_equation", lambda *said: asked.append(said))
    again = read_page(claim + WRONG, symbols, check=Verdicts(kept.path).check).equations
    assert len(asked) == evaluated
    assert again[0].state == ("false" if evaluated == 1 else "")


def test_an_equation_that_stands_twice_has_the_mark_of_each_place(copy, tmp_path):
    twice = "% false\n$$\n\\alpha = 2\n$$\n\nNow:\n\n% where \\alpha = 2\n$$\n\\alpha = 2\n$$\n"
    (copy / "linear.md").write_text((copy / "linear.md").read_text() + "\n" + twice)
    code, said = build(copy, tmp_path / "site")
    assert code == 0, said
    page = BeautifulSoup((tmp_path / "site" / "linear.html").read_text(), "html.parser")
    assert [state(m) for m in page.select(".derivation-mark")][-2:] == ["false", "definition"]


def test_verdicts_may_be_written_by_several_at_once(tmp_path):
    path = tmp_path / "verdicts.json"
    writers = [Verdicts(path) for _ in range(8)]
    with ThreadPoolExecutor(len(writers)) as pool:
        assert [*pool.map(Verdicts.write, writers * 50)] == [None] * 400
    assert Verdicts(path).known == {}
    assert [*tmp_path.iterdir()] == [path]
