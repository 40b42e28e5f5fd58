"""LaTeX is read as people write it, evaluated as it is printed, and refused with a caret."""

import contextlib
import random
import time

import numpy as np
import pytest

from softmax_lib import derivation
from softmax_lib.derivation import BOOK, DerivationError, Symbol, check_derivation
from softmax_lib.derivation.dual import Dual, exp, log, multiply, parts, power

ROUTES = [
    r"\mathbf{s} = W\mathbf{x}, \qquad S = XW^\top",
    r"\frac{\partial s_j}{\partial W_{kd}} = \mathbb{1}\{j = k\}\, x_d",
    r"\frac{\partial p_j}{\partial s_k} = p_j (\delta_{jk} - p_k)",
    r"\frac{\partial \mathbf{p}}{\partial \mathbf{s}} = J \in \mathbb{R}^{C \times C}",
    r"\frac{\partial \ell}{\partial \mathbf{p}} = -\mathbf{y} \oslash \mathbf{p}",
    r"\left(\frac{\partial \mathbf{p}}{\partial \mathbf{s}}\right)^\top"
    r"\frac{\partial \ell}{\partial \mathbf{p}} = \mathbf{p} - \mathbf{y}",
    r"\frac{\partial \ell}{\partial \mathbf{w}_k} = (p_k - [y = k]) \mathbf{x}",
    r"\nabla_W \ell = (\mathbf{p} - \mathbf{y}) \mathbf{x}^T",
    r"\nabla_W L = \frac{1}{M} (P - Y)^{\top} X",
    r"\frac{\partial^2 \ell}{\partial s_j \partial s_k} = J_{jk}",
    r"\frac{\partial \mathbf{s}}{\partial \mathbf{x}} = W",
    r"J\mathbf{1} = \mathbf{0}, \quad \mathbf{1}^\top J = \mathbf{0}^\top",
]
WRITTEN = [
    r"\begin{aligned} \ell &= -\ln p_y \\ &= -\sum_{k=1}^{C} y_k \log p_k \end{aligned}",
    r"\begin{align*} p_k &= \dfrac{\exp(s_k)}{\sum_j e^{s_j}} && \text{by definition} \end{align*}",
    r"p_y^{(i)} = p^{(i)}_y = P_{i,y} \tag{3}",
    r"P_{i,y^{(i)}} = p_{y^{(i)}}^{(i)} % a comment",
    r"\sum_{j \neq k} p_j \overset{!}{=} 1 - p_k",
    r"\left. \bigl( p_k + \right. \\ \left. p_k \bigr) \right. = \underbrace{2 p_k}_{\text{twice}}",
    r"\frac{\partial p_y}{\partial s_k} = \begin{cases} p_y (1 - p_y) & \text{if } k = y \\"
    r"-p_y p_k & \text{if } k \neq y \end{cases}",
    r"\frac{\partial p_y}{\partial s_k} = -p_y p_k \quad (k \neq y)".replace("(k", "k").rstrip(")"),
    r"X = \begin{bmatrix} \mathbf{x}^{(1)\top} \\ \vdots \\ \mathbf{x}^{(M)\top} \end{bmatrix}",
    r"\nabla_W \ell = \begin{bmatrix} p_1 \mathbf{x}^\top \\ \vdots \\ (p_y - 1) \mathbf{x}^\top"
    r"\\ \vdots \\ p_C \mathbf{x}^\top \end{bmatrix}",
    r"\lVert \mathbf{p} - \mathbf{y} \rVert^2 \le 2 (1 - p_y)^2",
    r"\max_j s_j \le \operatorname{lse}(\mathbf{s}) \le \max_j s_j + \log C",
    r"\operatorname{softmax}(\mathbf{s} + c\mathbf{1})_k = p_k",
    r"L(W + c W) - L(W) \equiv L((1 + c) W) - L(W)",
    r"\mathbf{p} \propto \gamma \mathbf{p}",
    r"|-\gamma| = \gamma",
    r"p_1 + \dots + p_C = 1",
    r"e^{s_1} + e^{s_2} + \cdots + e^{s_C} = \sum_{j=1}^C e^{s_j}",
    r"\mathbf{x} + c\mathbf{1} - \mathbf{x} = c\mathbf{1}",
    r"e^{-\ell} = \prod_{k=1}^C p_k^{y_k}",
    r"p_k = 1 \implies p_k - 1 = 0".replace("= 1", "= p_k").replace("- 1", "- p_k"),
    r"\boldsymbol{s}^{\top} \vec{p} = \langle \mathbf s, \mathbf p \rangle",
    r"\mathbf{s} = (s_1, \dots, s_C)",
    r"p_k \in (0, 1), \quad y \in \{1, \dots, C\}, \quad J \in \mathbb{R}^{C \times C}",
    r"\mathbf{x} = \begin{bmatrix} 1 \\ x_1 \\ x_2 \\ \vdots \end{bmatrix}",
    r"J = \begin{bmatrix} p_1 - p_1 p_1 & -p_1 p_2 & \dots \\ -p_2 p_1 & p_2 - p_2 p_2 & \dots \\"
    r"\vdots & \vdots & \ddots \end{bmatrix}",
    r"\nabla_W s_y = \begin{bmatrix} 0 \\ 0 \\ \vdots \\ \leftarrow \frac{s_y}{s_y} \mathbf{x}^T"
    r"\rightarrow \\ 0 \\ 0 \end{bmatrix}",
    r"\nabla_W \ell = \begin{bmatrix} p_1 \mathbf{x}^T \\ \vdots \\ p_k \mathbf{x}^T \\ \vdots \\"
    r"(p_y - 1) \mathbf{x}^T \\ \vdots \end{bmatrix} \quad (\text{where } k \neq y)",
    r"\begin{bmatrix} p_1 \\ ... \\ p_C \end{bmatrix} = \text{softmax}(\mathbf{s})",
    r"J = \begin{bmatrix} p_1 (1 - p_1) & -p_1 p_2 \\ -p_1 p_2 & p_2 (1 - p_2) \end{bmatrix},"
    r"\quad C = 2",
    r"\sum p_j = 1 = \sum_{k:\, k \neq y} p_k + p_y",
    r"\sum\limits_{j=1}^{C} y_j = \prod_j e^{0} = \mathbb{I}(y = y) = [1 = 1]",
    r"\operatorname{rank}(J) = C - 1, \quad 0 < \lambda_{\max}(J) \le \tfrac12, \quad |\det(J)| < 1"
    r"".replace(r"\det(J)", r"\operatorname{det}(J)"),
    r"(J + I)^{-1} (J + I) = I, \quad (J^\top J)^+ (J^\top J) J = J",
    r"\Pr(y = k \mid \mathbf{x}^{(i)}) = P_{ik}",
    r"\operatorname{sigmoid}'(c) = \operatorname{sigmoid}(c)\, (1 - \operatorname{sigmoid}(c))",
    r"\nabla_W L_\lambda - \nabla_W L = \lambda \begin{bmatrix} 0 & W_{11} & \dots & W_{1m} \\"
    r"\vdots & \vdots & & \vdots \\ 0 & W_{C1} & \dots & W_{Cm} \end{bmatrix}",
    r"H = \frac{1}{M} \sum_i J^{(i)} \otimes \mathbf{x}^{(i)} \mathbf{x}^{(i)\top}",
    r"\mathbf{w}^T_k \mathbf{x} = s_k, \quad (XW^T)_i = \mathbf{s}^{(i)T}",
    r"\partial \ell / \partial s_k = p_k - y_k \iff s_k = s_k",
    r"e^{1/1000} \approx 1 + \frac{1}{1000}",
    r"\boxed{p_k = (\tfrac12, \tfrac12)^\top (2 p_k, 0)}, \quad 1\,000 = 10^3",
    r"\operatorname{lse}(0, c) = \log(1 + e^c)",
    r"\operatorname{diag}(s_1, \dots, s_C) \mathbf{1} = \mathbf{s}",
    r"\sum^C_{j=1} p_j = 1 \text{ for } k \neq y",
    r"$$\nabla_W L(2W) = \frac{1}{2} \frac{\partial}{\partial W} L(2W)$$",
]
WRONG = [
    (r"\frac{\partial p_j}{\partial s_k} = p_j (1 - p_k)", "left"),
    (r"\nabla_W L = (P - Y)^\top X", "left"),
    (r"\nabla_W L = \frac{1}{M} X^\top (P - Y)", "shapes differ"),
    (r"\operatorname{lse}(\mathbf{s} + c\mathbf{1}) = \operatorname{lse}(\mathbf{s})", "left"),
    (r"\mathbf{s} + 1 = \mathbf{s} + 1", "cannot add"),
    (r"L(c) = 1", "1×1 cannot stand for W"),
    (r"\nabla_W L(\mathbf{x}) = \mathbf{x}", "cannot stand for W, which is C × (m + 1)"),
    (r"p_k \in [0, 0.5]", "does not belong"),
    (r"y \in \{2, \dots, C\}", "does not belong"),
    (r"J \in \mathbb{R}^{C \times M}", "shapes differ"),
    (r"e^{1/10} \approx 1", "left"),
    (r"\mathbf{p} - \mathbf{y} \propto \mathbf{p}", "left"),
    (r"\lVert \mathbf{s} \rVert \le 3", "left"),
    (r"y_2 = 0, \quad C = 3", "left"),
    (r"W \in \mathbb{R}^{M \times (m+1)}", "shapes differ"),
    (r"\operatorname{lse}(\mathbf{s}) \le \max_j s_j", "left"),
    (r"\mathbf{p} \propto \mathbf{s}", "left"),
    (r"p_k < p_k", "left"),
]
REFUSED = [
    ("", "no equation"),
    ("p_k", "without a relation"),
    (r"p_k = \fooo", "unknown symbol"),
    (r"\frac{1}{ = 2", "cannot read"),
    (r"\nabla_W \frac{1}{M} \sum_{i=1}^M \ell^{(i)} = 0", "put into brackets what"),
    (r"\nabla_W 2 L(W) = 0", "put into brackets what"),
    (r"\text{never closed = 1", "never closed"),
    ("p_9 = 1", "out of range"),
    ("9^{9^{9^{9}}} = 1", "exponent"),
    ("(" * 10_000 + "1 = 1", "nested"),
    ("1 + " * 10_000 + "1 = 1", "characters"),
    (r"\sum_{j=1}^{99999} 1 = 1", "at most 1000 terms"),
    (r"\frac{\partial \ell}{\partial y} = 1", "no derivative"),
    (r"\sum_{j=1}^{999} \sum_{k=1}^{999} \sum_{l=1}^{999} 1 = 1", "too large"),
    (r"1 + \dots + 999999999 = 1", "at most 1000 terms"),
    (r"H \otimes H \otimes H = 1", "at most 10000 entries"),
    (r"\sum p_j y_k = 1", "no index, and 2 would fit"),
    (r"(p_k)' = 1", "nothing says by what"),
    (r"L(W, X) = 1", "has 1 arguments, got 2"),
    (r"\operatorname{foo}(p_k) = 1", "is not known"),
    (r"p_k \in [0, 1, 2]", "an interval has two ends"),
    (
        r"\mathbf{s} = \begin{bmatrix} s_1 \\ \vdots \\ s_k + 1 \\ \vdots \\ s_C \end{bmatrix}",
        "does not say where",
    ),
]


@pytest.mark.parametrize("latex", ROUTES + WRITTEN)
def test_what_is_true_holds(latex):
    report = check_derivation(latex)
    assert report, str(report)
    assert all(step.tried for step in report.steps)


@pytest.mark.parametrize(("latex", "reason"), WRONG)
def test_what_is_false_fails_with_its_reason(latex, reason):
    report = check_derivation(latex)
    assert not report
    assert reason in report.steps[-1].reason


@pytest.mark.parametrize(("latex", "message"), REFUSED)
def test_what_cannot_be_read_is_refused_within_a_second(latex, message):
    start = time.process_time()
    with pytest.raises(DerivationError, match=message):
        check_derivation(latex)
    assert time.process_time() - start < 1


def test_a_refusal_shows_the_place():
    with pytest.raises(DerivationError) as error:
        check_derivation(r"p_k = \mathbf{q}_k")
    message, line, caret = str(error.value).splitlines()
    assert "nearest known one" in message
    assert line.index(r"\mathbf{q}") == caret.index("^")


def test_two_slips_that_cancel_fail_at_the_first():
    report = check_derivation(r"p_k - y_k = y_k - p_k = p_k - y_k")
    assert [step.holds for step in report.steps] == [False, False]
    assert "k = 1" in report.steps[0].reason


def test_the_same_seed_gives_the_same_report():
    latex = r"\ell = -\log p_y = \log p_y"
    assert str(check_derivation(latex)) == str(check_derivation(latex))
    assert str(check_derivation(latex)) != str(check_derivation(latex, seed=1))


def test_a_vocabulary_grows_in_one_line():
    Z = BOOK.extend(Symbol("Z", "denominator", definition=r"\sum_{j=1}^C e^{s_j}"))
    assert check_derivation(r"\frac{\partial Z}{\partial s_k} = e^{s_k} = p_k Z", Z)
    g = BOOK.extend(Symbol("g(t)", "sigmoid", definition=r"\frac{1}{1 + e^{-t}}"))
    assert check_derivation("g(c) = 1 - g(-c)", g)


STARTS, ENDS = r"\frac{\partial \ell}{\partial s_k}", "p_k - y_k"
THROUGH = [r"-\frac{1}{p_y} \frac{\partial p_y}{\partial s_k}"]
OWN = r"-\frac{1}{p_y} p_y ([y = k] - p_k)"


@pytest.mark.parametrize(
    ("latex", "accepted"),
    [
        (f"{STARTS} = {THROUGH[0]} = {OWN} = {ENDS}", True),
        (f"{STARTS} = {THROUGH[0]} = {OWN} = -(y_k - p_k) + 0", True),
        (f"{STARTS} = 1 \\cdot ({THROUGH[0]}) = {OWN} = {ENDS}", True),
        (f"{STARTS} = {THROUGH[0]} = {ENDS}", False),
        (f"{STARTS} = {THROUGH[0]} + 0 = 1 \\cdot ({THROUGH[0]}) = {ENDS}", False),
        (f"{STARTS} = {THROUGH[0]} = {ENDS} + ({OWN}) - ({OWN}) = {ENDS}", False),
        (
            f"{STARTS} = {THROUGH[0]} = \\frac{{({ENDS}) Z}}{{Z}} = {ENDS} + 0 \\cdot Z = {ENDS}",
            False,
        ),
        (f"{STARTS} = {OWN} = {ENDS}", False),
        (f"{STARTS} = {OWN} = {THROUGH[0]} = p_k + y_k", False),
        (f"{STARTS} = {ENDS}", False),
        (f"{STARTS} = ({ENDS}) \\cdot 1 = {ENDS}", False),
        (f"{STARTS} = {ENDS} + ({THROUGH[0]}) - ({THROUGH[0]}) = {ENDS}", False),
        (f"{STARTS} = {ENDS} = {THROUGH[0]}", False),
        (f"{THROUGH[0]} = {STARTS} = {ENDS}", False),
        (f"{STARTS} = {THROUGH[0]} = p_k + y_k", False),
    ],
)
def test_a_students_chain_must_go_the_whole_way(latex, accepted):
    report = check_derivation(latex, starts=STARTS, ends=ENDS, through=THROUGH)
    assert bool(report) is accepted, str(report)


def test_a_students_chain_needs_a_step_of_its_own():
    padded = f"{STARTS} = ({ENDS}) + 0 = {ENDS}"
    assert not check_derivation(padded, starts=STARTS, ends=ENDS)
    assert check_derivation(f"{STARTS} = p_k - [k = y] = {ENDS}", starts=STARTS, ends=ENDS)


def test_a_student_may_not_restrict_the_claim():
    case = r"\frac{\partial p_y}{\partial s_k} = p_y ([k = y] - p_k) = -p_y p_k, \quad k \neq y"
    asked = {"starts": r"\frac{\partial p_y}{\partial s_k}", "ends": "-p_y p_k"}
    assert check_derivation(case, **asked, when=[r"y \neq k"])
    assert check_derivation(case.partition(",")[0], **asked, when=[r"k \neq y"])
    assert check_derivation(case, **asked).missing == [r"only the case $k \neq y$ is shown"]


def test_a_missing_waypoint_does_not_hide_those_that_are_there():
    waypoints = ["p_k - 1 + 1 - y_k", OWN]
    report = check_derivation(f"{STARTS} = {OWN} = {ENDS}", starts=STARTS, through=waypoints)
    assert len(report.missing) == 2
    assert waypoints[0] in report.missing[0]
    assert "own" in report.missing[1]
    backwards = f"{STARTS} = {OWN} = {waypoints[0]} + 0 = 2 p_k - p_k - y_k = {ENDS}"
    report = check_derivation(backwards, ends=ENDS, through=[waypoints[0], OWN])
    assert report.missing == [
        f"the derivation must go through ${OWN}$ after the members asked for earlier"
    ]


ASKED = {"starts": "a", "through": ["p_k - p_k^2"], "ends": "p_k (1 - p_k)"}


@pytest.mark.parametrize(
    ("between", "legs"),
    [
        ("= p_k - p_k^2 = p_k - p_k p_k = p_k (1 - p_k)", [0, 1]),
        ("= p_k \\cdot 1 = p_k - p_k^2 = p_k (1 - p_k)", [None, 0]),
        ("= p_k (1 - p_k)", [None, None]),
        ("= p_k - p_k^2 = p_k - p_k p_k", [0, None]),
        ("+ p_k - \\frac{e^{s_k}}{Z} = p_k - p_k^2 = p_k - p_k p_k = p_k (1 - p_k)", [None, 1]),
        ("= p_k - p_k^2 = p_k (1 - p_k) \\quad k = y", [None, None]),
        ("\\le p_k - p_k^2 = p_k (1 - p_k)", [None, None]),
    ],
)
def test_the_legs_of_a_students_chain_say_which_part_holds(between, legs):
    start = r"\frac{\partial p_k}{\partial s_k}"
    report = check_derivation(f"{start} {between}", **(ASKED | {"starts": start}))
    assert report.legs == legs


def test_a_counterexample_names_sizes_indices_and_the_label():
    (step,) = check_derivation(r"\frac{\partial \ell}{\partial s_k} = p_k").steps
    assert step.reason.startswith("M = 5, m = 3, C = 2, k = 1, y = 1: left -")


def test_a_definition_is_no_step_that_could_fail():
    steps = check_derivation(r"S = X W^\top = X W^\top + 0 S").steps
    assert [step.definition for step in steps] == [True, False]
    steps = check_derivation(
        r"Y_{ik} = \mathbb{1}\{k = y^{(i)}\}, \quad "
        r"J = \frac{\partial \mathbf{p}}{\partial \mathbf{s}}"
    )
    assert [step.definition for step in steps.steps] == [True, True]


def test_dots_between_equal_cells_take_the_size_that_fits():
    unit = Symbol(
        r"\mathbf{e}", "", "(m + 1) × 1", r"\begin{bmatrix} 1 \\ 0 \\ \vdots \\ 0 \end{bmatrix}"
    )
    penalty = Symbol("D", "", "(m + 1) × (m + 1)", r"\operatorname{diag}(0, 1, \dots, 1)")
    latex = r"D = I - \mathbf{e} \mathbf{e}^\top, \quad \mathbf{e}^\top \mathbf{x} = 1"
    assert check_derivation(latex, BOOK.extend(unit, penalty))


def test_nabla_reaches_as_far_as_its_brackets():
    assert check_derivation(
        r"\nabla_W \left( \frac{1}{M} \sum_{i=1}^M \ell^{(i)} \right)"
        r" = \frac{1}{M} \sum_{i=1}^M \nabla_W \ell^{(i)}"
    )


def test_in_a_notebook_an_error_is_shown_without_the_way_through_the_parser():
    with pytest.raises(DerivationError) as caught:
        check_derivation("p_k = …")
    assert caught.value._render_traceback_() == [f"DerivationError: {caught.value}"]


def test_a_definition_of_another_shape_is_refused():
    with pytest.raises(DerivationError, match="the definition of A is 2×1, not C × C"):
        check_derivation("A = A", BOOK.extend(Symbol("A", "", "C × C", r"\mathbf{p}")))


def test_a_symbol_that_can_be_two_things_is_refused():
    both = BOOK.extend(Symbol("p_k", "the k-th price"))
    with pytest.raises(DerivationError, match=r"p_\{k\} is ambiguous: p_k, or an entry of"):
        check_derivation("p_k = 1", both)


def test_conditions_sizes_and_indices_of_a_vocabulary():
    small = BOOK.extend(sizes={"C": 2}, conditions=[r"\gamma < 1"], indices={"t": (0, "2")})
    assert check_derivation(r"p_2 = 1 - p_1, \quad \gamma^2 < \gamma, \quad t \le 2 C", small)
    assert not check_derivation(r"\gamma^2 < \gamma")


@pytest.mark.parametrize(("terms", "lines"), [(2, 1), (20, 2)])
def test_a_long_step_is_shown_in_two_lines(terms, lines):
    left = " + ".join(["p_k"] * terms)
    html = check_derivation(f"{left} = {terms} p_k")._repr_html_()
    assert html.count(r"\\ &amp; \quad =") == lines - 1


def test_report_shows_itself_as_a_table_and_escapes():
    html = check_derivation(r"p_k < 1 \implies p_k < 0")._repr_html_()
    assert html.count("<tr>") == 2
    assert "✓" in html
    assert "✗" in html
    assert "p_k &lt;" in html


def test_dual_numbers_nest_where_a_complex_step_does_not():
    x = np.array([[0.7]])
    one = np.ones((1, 1))
    inner = Dual(2, Dual(1, x, one), one)
    # f = |x|·log(x)·e^x + x³; d²f/dx² by hand
    f = multiply(multiply(power(multiply(inner, inner), 0.5), log(inner)), exp(inner))
    second = parts(parts(f, 2)[1], 1)[1]
    t = 0.7
    by_hand = np.exp(t) * (t * np.log(t) + 2 * (np.log(t) + 1) + 1 / t)
    assert second[0, 0] == pytest.approx(by_hand, rel=1e-13)


def test_derivatives_of_norms_and_second_derivatives_are_exact():
    assert check_derivation(
        r"\frac{\partial}{\partial \mathbf{s}} \lVert \mathbf{s} \rVert"
        r" = \frac{\mathbf{s}}{\lVert \mathbf{s} \rVert}"
    )
    assert check_derivation(r"\frac{\partial}{\partial s_k} |s_k| = \frac{s_k}{|s_k|}")
    assert check_derivation(r"\frac{\partial^2}{\partial c^2} |c|^3 = 6 |c|")


def test_random_tokens_raise_nothing_but_the_one_error():
    tokens = (  # noqa: SIM905
        r"\frac { } ( ) [ ] _ ^ + - = \le \in \sum \log e p_k W \mathbf{x} \mathbf{1} ^{(i)} ^\top "
        r"j k y 1 0 \partial \nabla_W \ell L \operatorname{diag} \odot \lVert \rVert | & \\ \dots ,"
        r" \begin{bmatrix} \end{bmatrix} \begin{cases} \end{cases} \underbrace \mathbb{1} \foo \max"
        r" +\dots+ \vdots"
    ).split()
    rng = random.Random(0)
    outcomes = set()
    for _ in range(3000):
        try:
            bool(check_derivation(" ".join(rng.choices(tokens, k=rng.randint(1, 12)))))
            outcomes.add("read")
        except DerivationError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


def test_mutated_equations_raise_nothing_but_the_one_error():
    rng = random.Random(1)
    for _ in range(1500):
        latex = rng.choice(ROUTES + WRITTEN)
        at, end = sorted(rng.choices(range(len(latex)), k=2))
        with contextlib.suppress(DerivationError):
            bool(check_derivation(latex[:at] + latex[min(end, at + 4) :]))


def test_public_names():
    assert all(getattr(derivation, name).__doc__ for name in derivation.__all__ if name != "NOTES")
