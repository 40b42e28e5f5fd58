"""Every equation of the book goes through the checker, straight from its source."""

import re

import equations
import pytest

PAGES = [path.stem for path in equations.pages()]


def read(tmp_path, text):
    path = tmp_path / "page.md"
    path.write_text(text)
    return equations.Page(path).read()


@pytest.mark.parametrize("name", PAGES)
def test_every_equation_is_checked_or_says_why_not(name):
    wrong = [e for e in equations.book()[name] if e.state == "wrong"]
    assert not wrong, "\n\n".join(f"{e.page}.md:{e.line}: {e.latex}\n{e.reason}" for e in wrong)


@pytest.mark.parametrize("name", PAGES)
def test_no_displayed_equation_is_passed_over(name):
    text = (equations.HOME / "book" / f"{name}.md").read_text()
    found = [e for e in equations.book()[name] if e.display]
    assert text.count("$$") == 2 * len(found)


def test_at_most_one_displayed_equation_in_twenty_is_excused():
    shown = [e for found in equations.book().values() for e in found if e.display]
    excused = [e for e in shown if e.state == "excused"]
    print(f"excused: {len(excused)} of {len(shown)}")
    assert len(excused) <= len(shown) / 20
    assert all(len(e.reason) > 10 for e in excused)


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("$$\np_k = 1 - p_k\n$$", "wrong"),
        ("$$\np_k + 1\n$$", "wrong"),
        ("So $p_k = 2 p_k$ holds.", "wrong"),
        ("% excused:\n$$\np_k + 1\n$$", "wrong"),
        ("% false\n$$\np_k = p_k\n$$", "wrong"),
        ("```{prf:proof}\nText.\n```\n\n```{prf:proof}\n$$\np_k = 1\n$$\n```", "wrong"),
        ("```{code-cell}\n---\nmystnb:\n  caption: $p_k = 1$\n---\n1\n```", "wrong"),
        ("$$\n\\sum_k p_k = 1\n$$ (eq-sum)", "checked"),
        ("Here $\\sum_k p_k = 1$.", "checked"),
        ("% let q = 2 c\n\n$$\nq + q = 4 c\n$$", "checked"),
        ("% where q = 2 c\n$$\nq + q = 4 c\n$$", "checked"),
        ("% defines\n$$\nq = 2 c + 0 \\cdot c = 3 c - c\n$$", "checked"),
        ("% defines\n$$\nq = 2 c\n$$", "definition"),
        ("$$\n\\mathbf{s} = W\\mathbf{x}\n$$", "definition"),
        ("% sizes C = 2\n$$\np_2 = 1 - p_1\n$$", "checked"),
        ("% when k \\neq y\n$$\ny_k = 0\n$$", "checked"),
        ("% index t : 0..2\n\n$$\n0 \\le t \\le 2\n$$", "checked"),
        ("% false\n$$\np_k = 1 - p_k\n$$", "false"),
        ("% excused: not a relation\n$$\np_k + 1\n$$", "excused"),
        ("% excused $p_k = 1$: a limit\nThen $p_k = 1$.", "excused"),
        ("% supposes $p_y = 0$\nLet $p_y = 0$.", "condition"),
        ("Let $W = 0$.", "condition"),
        ("For $i = 1, \\dots, M$.", "condition"),
    ],
)
def test_a_source_says_what_the_checker_has_to_know(tmp_path, text, state):
    (found,) = read(tmp_path, text)
    assert found.state == state, found.reason


@pytest.mark.parametrize(
    "text",
    [
        "```{code-cell}\nx = '$p_k = 1$'\n```",
        "A name `$p_k = 1$` and a vector $\\mathbf{p}$.",
        "The indicator $\\mathbb{1}\\{j = k\\}$.",
    ],
)
def test_code_and_terms_state_no_relation(tmp_path, text):
    assert read(tmp_path, text) == []


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("% todo\n", "page.md:1: unknown note"),
        ("% index t\n", "page.md:1: cannot read 't'"),
        ("% excused $a = b$: reason\nNo formula.", "page.md:2: a note finds no formula"),
        ("% false\n% excused: reason\nNo formula.", "page.md:3: a note finds no formula"),
    ],
)
def test_a_note_that_says_nothing_is_refused(tmp_path, text, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        read(tmp_path, text)


def test_what_holds_for_one_paragraph_ends_with_it(tmp_path):
    first, second = read(tmp_path, "% where q = c\n$$\nq = 1 c\n$$\n\n$$\nq = 1 c\n$$")
    assert (first.state, second.state) == ("definition", "wrong")
