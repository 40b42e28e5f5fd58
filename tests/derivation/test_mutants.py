"""Small slips in the book's own equations are found: a sample of them now, all in mutants.json."""

import json
import random
from collections import Counter

import mutants
import pytest

SAMPLE = 60


@pytest.fixture(scope="module")
def stored():
    return json.loads(mutants.RESULTS.read_text())


def sample():
    """Some mutants that count, of every page and kind, the same in every run."""
    rng = random.Random(0)
    places = mutants.checked()
    rng.shuffle(places)
    found, kinds = [], Counter()
    for page, n in places:
        of_equation = list(mutants.mutants_of(mutants.equations.book()[page][n]))
        rng.shuffle(of_equation)
        of_equation.sort(key=lambda mutant: kinds[mutant.kind])
        mutant = next((m for m in of_equation if m.counts), None)
        if mutant is not None:
            kinds[mutant.kind] += 1
            found.append(mutant)
        if len(found) == SAMPLE:
            break
    return found


def test_a_sample_of_slips_is_rejected_but_for_those_that_are_listed(stored):
    found = sample()
    assert {m.kind for m in found} == set(mutants.KINDS)
    listed = {(page, latex) for page, latex, _, _ in stored["rest"]}
    accepted = {(m.page, m.latex) for m in found if m.accepted()}
    assert accepted <= listed


def test_99_of_100_slips_that_change_the_meaning_are_rejected(stored):
    assert mutants.share(stored) >= 0.99


def test_what_is_stored_adds_up_and_says_why(stored):
    made, rejected, rest = stored["made"], stored["rejected"], stored["rest"]
    assert list(made) == list(rejected) == list(mutants.KINDS)
    assert all(0 < rejected[kind] <= made[kind] for kind in made)
    assert sum(made.values()) - sum(rejected.values()) == len(rest)
    for page, latex, verdict, reason in rest:
        if not reason.startswith("seed"):
            assert (verdict, reason) == mutants.verdict_of(page, latex)
        assert verdict in ("equivalent", "still true", "undecided", "missed")
        assert reason, latex


def test_a_reason_is_given_for_as_many_as_it_was_given_for(stored):
    """A mutant that is accepted anew must not hide behind the reason of others."""
    looked_at = [row for row in stored["rest"] if not row[3].startswith("seed")]
    found = Counter((page, *mutants.verdict_of(page, latex)) for page, latex, _, _ in looked_at)
    wanted = Counter()
    for count, page, _, verdict, reason in mutants.REST:
        wanted[page, verdict, reason] += count
    assert found == wanted


def test_every_kind_of_alteration_is_made():
    latex = r"\sum_{k=1}^C (p_j - y_k) \mathbf{x}^\top \mathbf{x} = \frac{1}{2} (c + 1) c \le 2 c"
    vocabulary = mutants.equations.BOOK
    (statement,) = vocabulary.read(latex)
    found = Counter(
        kind for n, member in enumerate(statement.members)
        for kind, _ in mutants._altered(member, vocabulary, n == 2)
    )  # fmt: skip
    assert set(found) == set(mutants.KINDS)
    assert found["bound"] == 2
    assert found["constant"] == 2
