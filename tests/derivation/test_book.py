"""Every equation of the book goes through the checker, straight from its source."""

import json
import random
import re
from collections import Counter

import mutants
import pytest

from derivation import DerivationError
from derivation.printer import latex_of
from website import contents, equations, notebooks

PAGES = [path.stem for path in equations.pages()]
SAMPLE = 60


@pytest.mark.parametrize("name", PAGES)
def test_every_equation_is_checked_or_says_why_not(name):
    wrong = [e for e in equations.book()[name] if e.state == "wrong"]
    assert not wrong, "\n\n".join(f"{e.page}.md:{e.line}: {e.latex}\n{e.reason}" for e in wrong)


@pytest.mark.parametrize("name", PAGES)
def test_no_displayed_equation_is_passed_over(name):
    text = re.sub(r"`[^`\n]*`", "", (contents.HOME / "book" / f"{name}.md").read_text())
    found = [e for e in equations.book()[name] if e.display]
    assert text.count("$$") == 2 * len(found)


def test_no_displayed_equation_is_excused():
    shown = [e for found in equations.book().values() for e in found if e.display]
    assert len(shown) > 300
    assert [e.latex for e in shown if e.state == "excused"] == []


def test_the_notebook_on_checking_has_the_counts_of_this_check():
    assert notebooks.is_current(notebooks.BOOK / "how-checked.md"), "run: make notebooks"


def test_the_books_equations_are_printed_as_they_are_read():
    count = 0
    for found in equations.book().values():
        for equation in found:
            try:
                statements = equation.vocabulary.read(equation.latex)
            except DerivationError:
                assert equation.state == "excused"
                continue
            for statement in statements:
                (again,) = equation.vocabulary.read(latex_of(statement))
                assert (again.members, again.relations) == (statement.members, statement.relations)
                count += 1
    assert count > 1000


def sample():
    """Some mutants that count, of every page and kind, the same in every run."""
    rng = random.Random(0)
    places = mutants.checked()
    rng.shuffle(places)
    found, kinds = [], Counter()
    for page, n in places:
        of_equation = list(mutants.mutants_of(equations.book()[page][n]))
        rng.shuffle(of_equation)
        of_equation.sort(key=lambda mutant: kinds[mutant.kind])
        mutant = next((m for m in of_equation if m.counts), None)
        if mutant is not None:
            kinds[mutant.kind] += 1
            found.append(mutant)
        if len(found) == SAMPLE:
            break
    return found


def test_a_sample_of_slips_is_rejected_but_for_those_that_are_listed():
    stored = json.loads(mutants.RESULTS.read_text())
    found = sample()
    assert {m.kind for m in found} == set(mutants.KINDS)
    listed = {(page, latex) for page, latex, _, _ in stored["rest"]}
    accepted = {(m.page, m.latex) for m in found if m.accepted()}
    assert accepted <= listed
