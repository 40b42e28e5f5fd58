"""The extension for Sphinx, on a small book and on single pages."""

import io
import os
import re
import shutil
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sphinx.cmd.build import build_main

from derivation import Symbol, Vocabulary, sphinx
from derivation.pages import NoteError, read_page, read_pages
from derivation.sphinx import MARKS, coverage, excuses, mark, summary

HOME = Path(__file__).resolve().parent
BOOK = HOME / "small-book"
SYMBOLS = Vocabulary(
    sizes={"n": (3, 2, 4), "m": (2, 3)},
    indices={"i": (1, "n"), "j": (1, "n"), "k": (1, "m")},
    symbols=(
        Symbol(r"\mathbf{a}", "any vector", "n × 1"),
        Symbol("A", "any matrix", "n × m"),
        Symbol("s", "its sum", "1", r"\sum_{i=1}^n a_i"),
        Symbol("c", "any number"),
        Symbol("t", "any number"),
        Symbol("u", "any positive number", draw="positive"),
    ),
)


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
def checked():
    """The pages of the small book that were checked; the same again needs no check again."""
    pages = []

    def read_once(*asked):
        if asked not in [before for before, _ in pages]:
            pages.append((asked, read_page(*asked)))
        return next(page for before, page in pages if before == asked)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sphinx, "read_page", read_once)
        yield pages


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
        ("linear", r"(\mathbf{y} - X \hat{", r"(\mathbf{y} + X \hat{", 32, "✗  X^"),
        ("linear", r"(\mathbf{y} - X \hat{", r"(\mathbf{q} - X \hat{",
         32, r"unknown symbol \mathbf{q}"),
        ("linear", r"+ \alpha \mathbf{w}" + "\n$$", r"+ 2 \alpha \mathbf{w}" + "\n$$",
         59, "it is said to be false and holds"),
        ("logistic", r"g(-t) = 1 - g(t)", r"g(-t) = g(t)", 10, "the instance does not meet it"),
        ("logistic", "% excused: the number of steps is a matter of experience", "% excused",
         50, "no reason"),
        ("linear", "% demands", "% demand", 17, "unknown note demand; did you mean demands?"),
        ("linear", "% defines : d × 1", "% where u : d × q", 24, "cannot read the note"),
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
    ("value", "message"),
    [
        ("", 'derivation_vocabulary is "package.module:NAME" or a Vocabulary'),
        ("regression", 'derivation_vocabulary is "package.module:NAME" or a Vocabulary'),
        ("regressions:NAME", "derivation_vocabulary regressions:NAME: No module named"),
        ("regression:SYMBOLS", "derivation_vocabulary regression:SYMBOLS: module 'regression' has"),
        ("regression:Symbol", "derivation_vocabulary regression:Symbol is a type"),
    ],
)
def test_a_vocabulary_that_is_none_is_refused(tmp_path, value, message):
    code, said = build(BOOK, tmp_path, "-D", f"derivation_vocabulary={value}")
    assert code != 0
    assert message in said


def test_the_page_about_the_marks_must_exist(tmp_path):
    code, said = build(BOOK, tmp_path, "-D", "derivation_page=none")
    assert code != 0
    assert "derivation_page: there is no page none" in said


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
    assert table(tmp_path / "site" / "index.html")[1][:5] == [
        "Linear regression",
        "8",
        "4",
        "0",
        "2",
    ]


def test_an_equation_that_stands_twice_has_the_mark_of_each_place(copy, tmp_path):
    twice = "% false\n$$\n\\alpha = 2\n$$\n\nNow:\n\n% where \\alpha = 2\n$$\n\\alpha = 2\n$$\n"
    (copy / "linear.md").write_text((copy / "linear.md").read_text() + "\n" + twice)
    code, said = build(copy, tmp_path / "site")
    assert code == 0, said
    page = BeautifulSoup((tmp_path / "site" / "linear.html").read_text(), "html.parser")
    assert [state(m) for m in page.select(".derivation-mark")][-2:] == ["false", "definition"]


# single pages


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("$$\nc = 1 - c\n$$", "wrong"),
        ("$$\nc + 1\n$$", "wrong"),
        ("So $c = 2 c$ holds.", "wrong"),
        ("% excused:\n$$\nc + 1\n$$", "wrong"),
        ("% false\n$$\nc = c\n$$", "wrong"),
        ("$$\n\\sum_i a_i = s\n$$ (eq-sum)", "checked"),
        ("Here $\\sum_i a_i = s$.", "checked"),
        ("Here {math}`\\sum_i a_i = s`.", "checked"),
        ("- A list:\n\n  1. $\\sum_i a_i = s$", "checked"),
        ("> $\\sum_i a_i = s$", "checked"),
        ("| a | b |\n|---|---|\n| $\\sum_i a_i = s$ | b |", "checked"),
        ("term\n: $\\sum_i a_i = s$", "checked"),
        ("# On $\\sum_i a_i = s$", "checked"),
        ("\\begin{align}\n\\sum_i a_i &= s \\\\ &= s + 0\n\\end{align}", "checked"),
        ("```{math}\n:label: eq-sum\n\\sum_i a_i = s\n```", "checked"),
        ("```{math} \\sum_i a_i = s\n```", "checked"),
        ("```{prf:proof}\nText.\n```\n\n```{prf:proof}\n$$\nc = 1\n$$\n```", "wrong"),
        (":::{note}\n\n````{tip} $c = 2 c$\n````\n:::", "wrong"),
        ("```{figure} a.png\n---\nname: b\n---\nThe line $c = 2 c$.\n```", "wrong"),
        ("```{code-cell}\n---\nmystnb:\n  figure:\n    caption: $c = 2 c$\n---\n1\n```", "wrong"),
        ("```{code-cell}\n:caption: $c = 2 c$\n\n1\n```", "wrong"),
        ("% let q = 2 c\n\nNothing.\n\n$$\nq + q = 4 c\n$$", "checked"),
        ("% let b_i : n × 1 = 2 a_i\n\n$$\n\\mathbf{b} = 2\\mathbf{a}\n$$", "checked"),
        ("% let b_i : n × 1\n\n$$\n\\sum_i b_i = \\mathbf{1}^\\top\\mathbf{b}\n$$", "checked"),
        ("% where q = 2 c\n$$\nq + q = 4 c\n$$", "checked"),
        ("% where q = 2 c\n\n(target)=\n\n$$\nq + q = 4 c\n$$", "checked"),
        ("% defines\n$$\nq = 2 c + 0 \\cdot c = 3 c - c\n$$", "checked"),
        ("% defines\n$$\nq = 2 c\n$$", "definition"),
        ("% defines\n$$\nq(x) = 2 x + c\n$$\n", "definition"),  # x is any number
        ("% let x\n% defines\n$$\nq(x) = 2 x + c\n$$\n", "definition"),
        ("$$\ns = \\sum_{i=1}^n a_i\n$$", "definition"),
        ("% demands\n$$\nc = 2 t\n$$", "demand"),
        ("% demands\n$$\nc = 2 x\n$$", "wrong"),  # x is no symbol
        ("% demands $c = 2 t$\nWe want $c = 2 t$.", "demand"),
        ("% demands\n% instance g(t) = 2 t\n$$\ng(2 t) = 2 g(t)\n$$", "demand"),
        ("% demands\n% instance g(t) = t^2\n$$\ng(2 t) = 2 g(t)\n$$", "wrong"),
        ("% instance g(t) = 2 t\n$$\ng(2 t) = 2 g(t)\n$$", "instance"),
        ("% let instance g(t) = 2 t\n\nText.\n\n$$\ng(2 t) = 2 g(t)\n$$", "instance"),
        ("% let instance g(t) = 2 t\n% let h(t) = g(t) + 1\n$$\nh(c) = 2 c + 1\n$$", "instance"),
        ("% let instance g(t) = 2 t\n$$\nc + c = 2 c\n$$", "checked"),
        ("% instance g(t) = t^2\n$$\ng(2 t) = 2 g(t)\n$$", "wrong"),
        ("% let instance g(t) = 2 t\n$$\ng(t) = 2 t\n$$", "condition"),
        ("% let instance g(t) = 2 t\n% defines\n$$\nh(t) = g(t)\n$$", "definition"),
        ("% sizes n = 2\n$$\na_2 = s - a_1\n$$", "checked"),
        ("% when i \\neq j\n$$\n\\mathbb{1}\\{i = j\\} = 0\n$$", "checked"),
        ("% index q : 0..2\n\n$$\n0 \\le q \\le 2\n$$", "checked"),
        ("% false\n$$\nc = 1 - c\n$$", "false"),
        ("% excused: not a relation\n$$\nc + 1\n$$", "excused"),
        ("% excused $c = 1$: a limit\nThen $c = 1$.", "excused"),
        ("% supposes $c = 2 t$\nLet $c = 2 t$.", "condition"),
        ("Let $c = 0$.", "condition"),
        ("For $i = 1, \\dots, n$.", "condition"),
        ("% when i \\neq j\nFor $i \\neq j$.", "condition"),
    ],
)
def test_a_source_says_what_the_checker_has_to_know(text, state):
    (found,) = read(text)
    assert found.state == state, found.reason


@pytest.mark.parametrize(
    "text",
    [
        "```{code-cell}\nx = '$c = 1$'\n```",
        "```{code-cell}\n:caption: A figure\n\nx = '$c = 1$'\n```",
        "```\n$c = 1$\n```",
        "    $c = 1$",
        "A name `$c = 1$` and a vector $\\mathbf{a}$.",
        "The indicator $\\mathbb{1}\\{j = k\\}$.",
        "% TODO: a comment with $c = 1$\nText.",
        "It costs \\$c = 1\\$.",
        "Every number in $[0, 1)$.",
    ],
)
def test_code_and_terms_state_no_relation(text):
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("\n% exused: reason\n", "page:2: unknown note exused; did you mean excused?"),
        ("% index t\n", "page:1: cannot read the note 'index t'"),
        ("% let q : n × z\n", "page:1: cannot read the note"),
        ("% where q ~ unifrom\n$c = c$", "page:1: cannot read the note 'where q ~ unifrom': q is"),
        ("Text.\n\n% sizes n\n$$c = c$$", "page:3: cannot read the note 'sizes n'"),
        ("% when 3\n$$c = c$$", "page:1: cannot read the note 'when 3'"),
        ("% instance 3 = 4\n$$c = c$$", "page:1: cannot read the note 'instance 3 = 4'"),
        ("% defines\n$$\nc < 1\n$$", "page:2: no definition: c < 1"),
        ("% excused $a = b$: reason\nText.", "page:1: the note excused finds no formula a = b"),
        ("% false\n% excused: reason\nText.", "page:1: the note false finds no formula"),
        ("% false\n% excused: reason\n$$\nc = 1\n$$", "page:2: the note excused finds no formula"),
        ("Text.\n\n% false", "page:3: nothing follows this note"),
        ("% where q = c", "page:1: nothing follows this note"),
        (":::{note}\nText\n\n% false\n:::\n\n$$\nc = 1\n$$", "page:4: nothing follows this note"),
    ],
)
def test_a_note_that_says_nothing_is_refused(text, message):
    with pytest.raises(NoteError, match=re.escape(message)):
        read(text)


def test_what_holds_for_one_paragraph_ends_with_it():
    first, second = read("% where q = c\n$$\nq + q = 2 c\n$$\n\n$$\nq + q = 2 c\n$$")
    assert (first.state, second.state) == ("checked", "wrong")


@pytest.mark.parametrize(
    "inside",
    [
        "- $q + q = 2 c$\n- $q - c = 0$",
        ":::{note}\n$q + q = 2 c$\n\n$q - c = 0$\n:::",
        "> $q + q = 2 c$\n>\n> $q - c = 0$",
        "| a | b |\n|---|---|\n| $q + q = 2 c$ | $q - c = 0$ |",
    ],
)
def test_what_holds_for_a_list_or_a_directive_holds_for_all_of_it(inside):
    *found, after = read(f"% where q = c\n{inside}\n\n$q + q = 2 c$")
    assert [e.state for e in found] == ["checked", "checked"]
    assert after.state == "wrong"


def test_every_formula_has_its_line_and_its_label():
    found = read(
        "# Title\n\nText $c = c + 0$ and\nmore, $c\n= c$, and $c = 2 c$.\n\n"
        "$$\nc = c\n$$ (eq-one)\n\n"
        ":::{note}\n:class: tip\n\nText.\n\n```{math}\n:label: eq-two\n\nc = c\n```\n:::\n\n"
        "```{code-cell}\n---\nmystnb:\n  figure:\n    caption: A $c = c$\n---\n1\n```\n\n"
        "- a\n- b\n\n  $$ c = c $$ (eq-three)\n"
    )
    assert [e.line for e in found] == [3, 4, 5, 7, 16, 27, 35]
    assert [e.label for e in found] == ["", "", "", "eq-one", "eq-two", "", "eq-three"]
    assert [e.display for e in found] == [False, False, False, True, True, False, True]


def test_an_equation_keeps_what_mutants_and_tables_need():
    (found,) = read("% let instance g(t) = 2 t\n\n$$\ng(c) = c + c = 2 c\n$$ (eq-a)")
    assert (found.page, found.label, found.display) == ("page", "eq-a", True)
    assert found.instances == ("g(t) = 2 t",)
    assert len(found.steps) == len(found.report.steps) == 2
    assert found.vocabulary.symbols[-1].latex == "g(t)"
    assert "for one instance (g(t) = 2 t): 2 steps evaluated" in mark(found)


def test_an_instance_in_heavy_latex_is_not_read_aloud():
    (found,) = read("% instance g(t) = \\frac{t}{2}\n$$\ng(2 t) = t\n$$")
    assert "for one instance: 1 step evaluated" in mark(found)


def test_a_mark_shows_a_reason_as_text():
    (found,) = read("% excused: $c < 1$ & more.\n$$\nc = 1\n$$")
    assert "not checked: c &lt; 1 &amp; more.</span>" in mark(found)


def test_a_book_of_pages_can_be_read_without_sphinx(tmp_path):
    (tmp_path / "a.md").write_text("# First\n\n$$\nc = c\n$$\n\n% excused: so\n$$\nc\n$$\n")
    (tmp_path / "b.md").write_text("Without a title $c < c + 1$\n")
    pages = read_pages({n: tmp_path / f"{n}.md" for n in "ab"}, SYMBOLS)
    assert [page.title for page in pages.values()] == ["First", "b"]
    assert excuses(pages) == ["- First: $c$: so"]
    assert "| b | 1 | 1 | 1 |" in coverage(pages)
    assert list(summary(pages)) == [
        "2 displayed: 1 checked, 1 excused", "1 in the text: 1 checked"
    ]  # fmt: skip
