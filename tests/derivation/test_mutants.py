"""Small slips in the book's own equations: all of them, in mutants.json; a sample: test_book.py."""

import json
from collections import Counter

import mutants
import pytest

SAMPLE = 60


@pytest.fixture(scope="module")
def stored():
    return json.loads(mutants.RESULTS.read_text())


def test_995_of_1000_slips_that_are_false_are_rejected(stored):
    assert mutants.share(stored) >= 0.995


def test_of_few_slips_it_is_not_known_whether_they_are_false(stored):
    assert sum(verdict == "undecided" for _, _, verdict, _ in stored["rest"]) <= 10


def test_what_is_stored_adds_up_and_says_why(stored):
    made, rejected, rest = stored["made"], stored["rejected"], stored["rest"]
    assert list(made) == list(rejected) == list(mutants.KINDS)
    assert all(0 < rejected[kind] <= made[kind] for kind in made)
    assert sum(made.values()) - sum(rejected.values()) == len(rest)
    for _, latex, verdict, reason in (*rest, *stored.get("judged", ())):
        assert verdict in (*mutants.HARMLESS, "undecided", "missed")
        assert reason, latex


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
