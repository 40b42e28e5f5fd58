"""Every equation of the book goes through the checker, straight from its source."""

import re

import pytest

from website import equations

PAGES = [path.stem for path in equations.pages()]


@pytest.mark.parametrize("name", PAGES)
def test_every_equation_is_checked_or_says_why_not(name):
    wrong = [e for e in equations.book()[name] if e.state == "wrong"]
    assert not wrong, "\n\n".join(f"{e.page}.md:{e.line}: {e.latex}\n{e.reason}" for e in wrong)


@pytest.mark.parametrize("name", PAGES)
def test_no_displayed_equation_is_passed_over(name):
    text = re.sub(r"`[^`\n]*`", "", (equations.HOME / "book" / f"{name}.md").read_text())
    found = [e for e in equations.book()[name] if e.display]
    assert text.count("$$") == 2 * len(found)


def test_at_most_one_displayed_equation_in_twenty_is_excused():
    shown = [e for found in equations.book().values() for e in found if e.display]
    excused = [e for e in shown if e.state == "excused"]
    print(f"excused: {len(excused)} of {len(shown)}")
    assert len(excused) <= len(shown) / 20
    assert all(len(e.reason) > 10 for e in excused)
