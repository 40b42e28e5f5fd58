"""What people write, right and wrong, and what should not pass: see the files in cases/.

A kind of case is a table of its file: `right` ones hold, `wrong` ones fail or are refused, and if
they fail, then at their first step or at the one that is named; `refused` ones cannot be read.

Left out are these, which the checker reads otherwise than their authors (the page *How the
equations are checked* lists its limits): `softmax(b)` for the b-th entry of softmax; an index that
the text around an equation fixes; ∇ before a product without brackets; a sum over j < k where k
is an index elsewhere; a condition above a sign of equality; vec of an outer product in the other
order.
"""

import tomllib
from pathlib import Path

import pytest
from tables import TABLES

from derivation import DerivationError, check_derivation


def cases(group):
    """Each case of a group: LaTeX, table of symbols, conditions, the step that fails."""
    found = []
    for path in sorted(Path(__file__).with_name("cases").glob("*.toml")):
        for kind, groups in tomllib.loads(path.read_text(encoding="utf-8")).items():
            for n, case in enumerate(groups.get(group, ())):
                case = {"latex": case} if isinstance(case, str) else case
                table = TABLES[kind if path.stem == "fields" else "book"]
                values = case["latex"], table, case.get("when", ()), case.get("step", 1)
                found.append(pytest.param(*values, id=f"{kind}-{n}"))
    return found


@pytest.mark.parametrize(("latex", "table", "when", "step"), cases("right"))
def test_what_is_right_holds(latex, table, when, step):
    report = check_derivation(latex, table, when=when)
    assert report, str(report)


@pytest.mark.parametrize(("latex", "table", "when", "step"), cases("wrong"))
def test_what_is_wrong_does_not_pass_and_is_found_where_it_is(latex, table, when, step):
    try:
        report = check_derivation(latex, table, when=when)
    except DerivationError:
        return
    holds = [s.holds for s in report.steps]
    assert holds[:step] == [True] * (step - 1) + [False], str(report)


@pytest.mark.parametrize(("latex", "table", "when", "step"), cases("refused"))
def test_what_cannot_be_read_is_refused(latex, table, when, step):
    with pytest.raises(DerivationError):
        check_derivation(latex, table, when=when)
