"""Pages: what their source says beside an equation, and what is read of them without Sphinx."""

import re

import pytest
from tables import TABLES, read_cases

from derivation.pages.page import NoteError, read_page, read_pages
from derivation.sphinx import coverage, excuses, mark, summary

SYMBOLS = TABLES["a small book"]
PAGES = read_cases("pages")


def read(text):
    return read_page(text, SYMBOLS).equations


@pytest.mark.parametrize(("text", "state"), PAGES["states"]["each"])
def test_a_source_says_what_the_checker_has_to_know(text, state):
    (found,) = read(text)
    assert found.state == state, found.reason


@pytest.mark.parametrize("text", PAGES["silent"]["each"])
def test_code_and_terms_state_no_relation(text):
    assert read(text) == []


@pytest.mark.parametrize(("text", "message"), PAGES["notes"]["each"])
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
