"""Pages: what their source says beside an equation, and what is read of them without Sphinx."""

import re

import pytest
from tables import TABLES

from derivation.pages import NoteError, read_page, read_pages
from derivation.sphinx import coverage, excuses, mark, summary

SYMBOLS = TABLES["a small book"]


def read(text):
    return read_page(text, SYMBOLS).equations


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
