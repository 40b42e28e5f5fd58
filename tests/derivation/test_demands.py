"""What an exercise demands is said apart from what is wrong, and no disguise counts as a member."""

import time
import tomllib
from pathlib import Path

import pytest
from mutants import same
from tables import TABLES

from derivation import DerivationError, Symbol, Vocabulary, check_derivation
from derivation.demands.demand import defines
from softmax_lib.notation import BOOK

CASES = tomllib.loads(Path(__file__).with_name("demands.toml").read_text(encoding="utf-8"))
TABLE = TABLES["exercises"]
P = r"\frac{\partial p_j}{\partial s_k}"
FIRST = r"p_j \frac{\partial \log p_j}{\partial s_k}"
PY = r"\frac{\partial p_y}{\partial s_k}"
LOSS = r"\frac{\partial \ell}{\partial s_k}"
QUOTIENT = (
    r"\frac{1}{Z^2} \left( \frac{\partial e^{s_j}}{\partial s_k} Z"
    r" - e^{s_j} \frac{\partial Z}{\partial s_k} \right)"
)


def lines(text):
    return text.strip().splitlines()


def disguises():
    """Each kind of disguise of each kind of member, of the general ones some members each; and
    what stands between two members and is one of them, or goes back."""
    every = []
    for kind in ("numbers", "vectors", "matrices"):
        members, own = CASES[kind]["members"], lines(CASES[kind]["disguises"])
        yield from ((x, text.replace("@", x), x) for x in members for text in own)
        every += members
    for n, text in enumerate(lines(CASES["of_all"])):
        chosen = [every[(n + 5 * k) % len(every)] for k in range(3)]
        yield from ((x, text.replace("@", x), x) for x in chosen)
    for x, texts in CASES["inside"].items():
        yield from ((x, text, x) for text in lines(texts))
    for leg in CASES["honest"]:
        yield from ((leg["start"], text, leg["end"]) for text in lines(leg.get("dresses", "")))


def told_apart(kind):
    return [(x, said == "true") for said, texts in CASES[kind].items() for x in lines(texts)]


@pytest.mark.parametrize(("start", "disguise", "end"), list(disguises()))
def test_a_disguise_of_a_named_member_is_right_and_does_not_count(start, disguise, end):
    report = check_derivation(f"{start} = {disguise} = {end}", TABLE, starts=start, ends=end)
    assert report.legs == [0], str(report)


@pytest.mark.parametrize(
    ("start", "own", "end"),
    [(h["start"], own, h["end"]) for h in CASES["honest"] for own in lines(h["between"])],
)
def test_an_honest_member_counts(start, own, end):
    report = check_derivation(f"{start} = {own} = {end}", TABLE, starts=start, ends=end)
    assert report, str(report)
    assert report.legs == [1]


@pytest.mark.parametrize(
    ("case", "own", "more"),
    [(case, own, kind == "more")
     for case in CASES["graded"] for kind in ("put_in", "more") for own in lines(case[kind])],
)  # fmt: skip
def test_a_definition_put_in_counts_only_where_an_exercise_lets_it(case, own, more):
    ends = {"starts": case["start"], "ends": case["end"]}
    latex = " = ".join([case["start"], own, case["end"]])
    assert check_derivation(latex, TABLE, **ends).legs == [1]
    assert check_derivation(latex, TABLE, **ends, definitions=False).legs == [int(more)]


STARTS, ENDS = LOSS, "p_k - y_k"
THROUGH = [r"-\frac{1}{p_y} \frac{\partial p_y}{\partial s_k}"]
OWN = r"-\frac{1}{p_y} p_y ([y = k] - p_k)"
PUT_IN = r"-\frac{1}{p_y} p_y (y_k - p_k)"  # all cancels, and what is left is the end


@pytest.mark.parametrize(
    ("latex", "accepted"),
    [
        (f"{STARTS} = {THROUGH[0]} = {OWN} = {ENDS}", True),
        (f"{STARTS} = {THROUGH[0]} = {OWN} = -(y_k - p_k) + 0", True),
        (f"{STARTS} = 1 \\cdot ({THROUGH[0]}) = {OWN} = {ENDS}", True),
        (f"{STARTS} = {THROUGH[0]} = {PUT_IN} = {ENDS}", True),
        (f"{STARTS} = {PUT_IN} = {THROUGH[0]} = {ENDS}", False),
        (f"{STARTS} = {THROUGH[0]} = {ENDS}", False),
        (f"{STARTS} = {THROUGH[0]} + 0 = 1 \\cdot ({THROUGH[0]}) = {ENDS}", False),
        (f"{STARTS} = {OWN} = {ENDS}", False),
        (f"{STARTS} = {OWN} = {THROUGH[0]} = p_k + y_k", False),
        (f"{STARTS} = {ENDS} = {THROUGH[0]}", False),
        (f"{THROUGH[0]} = {STARTS} = {OWN} = {ENDS}", False),
        (f"{STARTS} = {THROUGH[0]} = {OWN} = p_k + y_k", False),
    ],
)
def test_a_students_chain_must_go_the_whole_way(latex, accepted):
    report = check_derivation(latex, TABLE, starts=STARTS, ends=ENDS, through=THROUGH)
    assert bool(report) is accepted, str(report)


def test_what_is_demanded_is_said_apart_from_what_is_wrong():
    other = f"{STARTS} = {OWN} = {ENDS}"
    report = check_derivation(other, TABLE, starts=STARTS, ends=ENDS, through=THROUGH)
    assert report.missing == [
        f"every step is right; this exercise wants it to go through ${THROUGH[0]}$"
    ]
    report = check_derivation(other + " + 1", TABLE, starts=STARTS, through=THROUGH)
    assert [step.holds for step in report.steps] == [True, False]
    assert report.missing == [f"this exercise wants it to go through ${THROUGH[0]}$"]


@pytest.mark.parametrize(
    ("own", "missing"),
    [(r"= \frac{[j = k] e^{s_j} Z - e^{s_j} e^{s_k}}{Z^2}", None),
     ("", "stands for; to write a member that is asked for in another way is not"),
     (r"= \frac{\partial}{\partial s_k} \frac{e^{s_j}}{Z}", "$ is none: it has more below its"),
     (f"= {QUOTIENT} + 0", f"$ is none: it is ${QUOTIENT}$ in another dress"),
     ("= p_j", None),  # it is wrong, and said to be
     (r"= \mathbf{s} + 1", None)],
)  # fmt: skip
def test_the_leg_that_wants_a_member_of_ones_own_is_named_and_why_one_is_none(own, missing):
    end = r"p_j (\mathbb{1}\{j = k\} - p_k)"
    asked = {"starts": P, "through": [QUOTIENT, "…"], "ends": end}
    report = check_derivation(f"{P} = {FIRST} = {QUOTIENT} {own} = {end}", TABLE, **asked)
    assert [missing in text for text in report.missing] == [True] * bool(missing)
    assert all(f"between ${QUOTIENT}$ and ${end}$" in text for text in report.missing)


def test_a_dress_of_the_named_member_behind_it_is_told():
    end, dress = r"p_j (\mathbb{1}\{j = k\} - p_k)", f"{QUOTIENT} + 0"
    asked = {"starts": P, "through": ["…", QUOTIENT], "ends": end}
    report = check_derivation(f"{P} = {dress} = {QUOTIENT} = {end}", TABLE, **asked)
    assert f"0$ is none: it is ${QUOTIENT}$ in another dress" in report.missing[0]


def test_a_student_may_not_restrict_the_claim():
    case = f"{PY} = p_y ([k = y] - p_k) = -p_y p_k, \\quad k \\neq y"
    asked = {"starts": PY, "ends": "-p_y p_k"}
    assert check_derivation(case, TABLE, **asked, when=[r"y \neq k"])
    assert check_derivation(case.partition(",")[0], TABLE, **asked, when=[r"k \neq y"])
    report = check_derivation(case, TABLE, **asked)
    assert report.missing == [
        r"every step is right; this exercise wants all cases, and only the case $k \neq y$ is shown"
    ]
    assert report.legs == [None]
    every = case.replace(r"k \neq y", r"k = 1, \dots, C")
    assert check_derivation(every, TABLE, **asked, when=[r"k \neq y"]).legs == [1]


@pytest.mark.parametrize(
    ("latex", "starts", "ends", "case"),
    [
        (r"\text{Let } C = 2. \text{ Then } \sum_k p_k^2 = 1 - 2 p_1 p_2 = \sum_k p_k - 2 p_1 p_2",
         r"\sum_k p_k^2", r"\sum_k p_k - 2 p_1 p_2", "C = 2"),
        (r"L = \ell^{(1)} = \frac1M \sum_i \ell^{(i)} \quad \text{for } M = 1",
         "L", r"\frac1M \sum_i \ell^{(i)}", "M = 1"),
        (rf"\text{{Let }} W_{{kd}} = 0. \text{{ Then }} {LOSS} = \frac1C - y_k = p_k - y_k",
         LOSS, "p_k - y_k", "W_{k,d} = 0"),
        (rf"\text{{Suppose }} W = 0. \text{{ Then }} {LOSS} = \frac1C - y_k = p_k - y_k",
         LOSS, "p_k - y_k", "W = 0"),
    ],
)  # fmt: skip
def test_nor_by_a_size_or_by_what_a_drawn_symbol_is_said_to_be(latex, starts, ends, case):
    report = check_derivation(latex, BOOK, starts=starts, ends=ends)
    assert report.legs == [None]
    assert report.missing[0].endswith(f"only the case ${case}$ is shown")


def test_but_what_the_exercise_does_not_speak_of_can_be_named():
    latex = (
        r"\text{Let } c = \max_j s_j. \text{ Then } \log Z = \log \sum_j e^{s_j - c} + c = \log Z"
    )
    assert check_derivation(latex, BOOK, starts=r"\log Z", ends=r"\log Z").legs == [1]


WHOLE = {"starts": STARTS, "through": THROUGH, "ends": ENDS}


@pytest.mark.parametrize(
    ("before", "after", "accepted"),
    [
        ("", r", \quad \text{since } \sum_j p_j = 1", True),
        ("", r", \quad \text{where } Z = \sum_j e^{s_j}", True),
        (r"\ell = -\log p_y \\ ", "", True),
        ("", r"\quad \text{with } p_y > 0", True),
        ("", r"\quad \text{with } \mathbf{p} = \operatorname{softmax}(\mathbf{s})", True),
        ("", r", \quad \text{since } p_k = 1", False),
        ("", r"\quad \text{for } W = 0", False),
        ("", r"\quad \text{for } \mathbf{s} = \mathbf{0}", False),
        ("", r"\quad \text{for } s_k > 0", False),
    ],
)
def test_a_reason_beside_the_chain_costs_nothing_and_a_case_does(before, after, accepted):
    value = r"p_y (\mathbb{1}\{y = k\} - p_k)"
    chain = f"{STARTS} = {THROUGH[0]} = -\\frac{{1}}{{p_y}} {value} = {ENDS}"
    report = check_derivation(before + chain + after, TABLE, **WHOLE)
    assert bool(report) == accepted, str(report)
    assert report.legs == ([0, 1] if accepted else [None, None])


@pytest.mark.parametrize("said", ["c = 1", "c = Z"])
def test_a_named_member_does_not_count_under_another_name(said):
    member = "c p_k - y_k" if "1" in said else "\\frac{e^{s_k}}{c} - y_k"
    end = "p_k - y_k"
    asked = {"starts": STARTS, "through": [r"\frac{e^{s_k}}{Z} - y_k"], "ends": end}
    chain = f"{STARTS} = {asked['through'][0]} = {member} = {end}"
    report = check_derivation(f"\\text{{Let }} {said}. \\text{{ Then }} {chain}", TABLE, **asked)
    assert report.legs == [0, 0]


def test_a_term_that_vanishes_only_in_this_case_is_no_filler():
    latex = f"{PY} = p_y [k = y] - p_y p_k = -p_y p_k, \\quad k \\neq y"
    asked = {"starts": PY, "ends": "-p_y p_k", "when": [r"k \neq y"]}
    assert check_derivation(latex, TABLE, **asked).legs == [1]
    latex = f"{PY} = -p_y p_k + \\sum_l J_{{kl}} = -p_y p_k, \\quad k \\neq y"
    assert check_derivation(latex, TABLE, **asked).legs == [0]


def test_a_missing_waypoint_does_not_hide_those_that_are_there():
    waypoints = [r"\frac{e^{s_k}}{Z} - y_k", OWN]
    report = check_derivation(f"{STARTS} = {OWN} = {ENDS}", TABLE, starts=STARTS, through=waypoints)
    assert len(report.missing) == 2
    assert waypoints[0] in report.missing[0]
    assert "own" in report.missing[1]
    own = r"(p_k - 1) y_k + p_k \sum_{j \neq k} y_j"
    late = f"{STARTS} = {OWN} = {waypoints[0]} + 0 = {own} = {ENDS}"
    report = check_derivation(late, TABLE, ends=ENDS, through=[waypoints[0], OWN])
    assert report.missing == [
        f"every step is right; this exercise wants it to go through ${OWN}$"
        " after the members asked for earlier"
    ]


ASKED = {"through": ["p_k - p_k^2"], "ends": "p_k (1 - p_k)"}
FACTORED = r"\frac{e^{s_k}}{Z} (1 - p_k)"


@pytest.mark.parametrize(
    ("between", "legs"),
    [
        (f"= p_k - p_k^2 = {FACTORED} = p_k (1 - p_k)", [0, 1]),
        ("= p_k - p_k^2 = p_k - p_k p_k = p_k (1 - p_k)", [0, 0]),
        (f"= {FACTORED} = 2 {FACTORED} - {FACTORED} = p_k - p_k^2 = p_k (1 - p_k)", [1, 0]),
        (f"= {FACTORED} \\sum_l p_l = p_k - p_k^2 = {FACTORED} = p_k (1 - p_k)", [1, 0]),
        (f"= {FACTORED} = p_k - p_k^2 = {FACTORED} = p_k (1 - p_k)", [1, 0]),
        ("= p_k \\cdot 1 = p_k - p_k^2 = p_k (1 - p_k)", [None, 0]),
        ("= p_k (1 - p_k)", [None, None]),
        (f"= p_k - p_k^2 = {FACTORED}", [0, None]),
        (f"+ p_k - \\frac{{e^{{s_k}}}}{{Z}} = p_k - p_k^2 = {FACTORED} = p_k (1 - p_k)", [None, 1]),
        ("= p_k - p_k^2 = p_k (1 - p_k) \\quad k = y", [None, None]),
        ("\\le p_k - p_k^2 = p_k (1 - p_k)", [None, None]),
    ],
)
def test_the_legs_of_a_students_chain_say_which_part_holds(between, legs):
    start = r"\frac{\partial p_k}{\partial s_k}"
    report = check_derivation(f"{start} {between}", TABLE, starts=start, **ASKED)
    assert report.legs == legs


def test_a_chain_that_begins_later_earns_the_legs_that_it_has():
    latex = f"p_k - p_k^2 = {FACTORED} = p_k (1 - p_k)"
    report = check_derivation(latex, TABLE, starts=r"\frac{\partial p_k}{\partial s_k}", **ASKED)
    assert report.legs == [None, 1]
    assert len(report.missing) == 1


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        ({"starts": r"\frac{1}{"}, "starts: "),
        ({"starts": "p_k", "ends": r"\foo"}, r"ends: unknown symbol \\foo"),
        ({"through": ["p_k", "p_k = 1"]}, r"through\[1\] is one member, without a relation"),
        ({"through": ["p_k +"]}, r"through\[0\]: "),
        ({"ends": r"\mathbf{s} + \mathbf{x}"}, "ends: cannot add"),
        ({"starts": "p_k", "through": ["…"]}, "… in through stands between members"),
    ],
)
def test_a_demand_that_cannot_be_read_is_named(asked, message):
    with pytest.raises(DerivationError, match=message):
        check_derivation("p_k = p_k", TABLE, **asked)


def test_an_index_may_have_no_value_for_some_sizes():
    vocabulary = Vocabulary(
        {"n": (2, 3, 4, 5)}, {"i": (1, "n"), "j": (3, "n")}, symbols=(Symbol("c"),)
    )
    report = check_derivation("c + c = 3c - c = 2c", vocabulary, starts="c + c", ends="2 c")
    assert report.legs == [0]


def test_sums_in_sums_take_no_time_and_do_not_count():
    letters = "abfghnoqrtuvw"
    sums = "".join(rf"\sum_{{{a}=1}}^2 " for a in letters)
    nested = TABLE.read(sums + rf"({' '.join(letters)} + 0 \sum_{{z=1}}^2 z) c")[0].members[0]
    start = time.process_time()
    assert not same(nested, nested, TABLE)
    assert time.process_time() - start < 2


@pytest.mark.parametrize(("latex", "expected"), told_apart("definitions"))
def test_a_definition_is_what_the_vocabulary_says(latex, expected):
    left, right = TABLE.read(latex)[0].members
    assert defines(left, right, TABLE) is expected


@pytest.mark.parametrize(("latex", "expected"), told_apart("alike"))
def test_two_members_are_the_same_only_if_no_step_lies_between(latex, expected):
    left, right = TABLE.read(latex)[0].members
    assert same(left, right, TABLE) is expected
