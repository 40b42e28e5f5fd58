"""The checker rejects small slips in the book's own equations."""

import json

import mutants
import survivors


def test_the_checker_finds_98_percent_of_the_slips_that_are_errors():
    """benchmarks/mutants.json, which the book quotes, is what is found now."""
    made, rejected, accepted = mutants.measure()
    stored = json.loads(mutants.RESULTS.read_text())
    assert stored["made"] == made, "run: benchmarks/mutants.py"
    assert stored["rejected"] == rejected
    assert stored["reasons"] == survivors.reasons()
    assert sorted(map(tuple, stored["survivors"])) == sorted(accepted)
    harmless = sum(n for _, verdict, _, _, n in stored["reasons"] if verdict != "missed")
    share = rejected.total() / (made.total() - harmless)
    print(f"{rejected.total()} of {made.total()} rejected, {harmless} harmless: {share:.1%}")
    assert share >= 0.98


def test_numpy_agrees_with_what_is_said_of_every_survivor():
    assert list(survivors.compare()) == []
