"""What a step that holds means: tried often enough, a bound attacked, a failure told.

What else holds and fails with these symbols: the table *any* of cases/fields.toml.
"""

import pytest
from tables import TABLES

from derivation import (
    DerivationError,
    Symbol,
    Vocabulary,
    check_derivation,
)
from derivation.check import derivation

BOOK = TABLES["book"]
ANY = TABLES["any"]


def holds(latex, vocabulary=ANY, **options):
    return bool(check_derivation(latex, vocabulary, **options))


def test_where_one_side_alone_is_defined_the_case_is_told():
    (step,) = check_derivation(r"\frac{[j = k]}{[j = k]} = 1", ANY).steps
    assert "not defined" in step.reason


# enough cases


def test_a_step_that_is_tried_too_seldom_does_not_count():
    for condition in ("a > 1000", "n = 2, a > 1000", "u < 0", r"n \neq n"):
        report = check_derivation("a = b", ANY, when=[condition])
        assert not report
    (step,) = check_derivation("1 = 2", ANY, when=["u < 0"]).steps
    assert step.reason == "no case was found that meets its condition"


def test_a_step_with_fewer_cases_than_enough_is_not_decided(monkeypatch):
    claim = r"J_{jk} = J_{kj}"
    (step,) = check_derivation(claim, BOOK).steps
    assert step.tried >= derivation.ENOUGH
    assert len(step.sizes) >= derivation.ENOUGH_SIZES
    monkeypatch.setattr(derivation, "ENOUGH", step.tried + 1)
    (step,) = check_derivation(claim, BOOK).steps
    assert step.undecided
    assert "too few" in step.reason


def test_sizes_and_labels_vary_independently():
    labels = Symbol("c", draw="label k"), Symbol("y^{(i)}", draw="label k")
    sizes = {"n": (2, 3, 4), "m": (2, 3, 4)}
    table = Vocabulary(sizes, {"k": (1, "n"), "i": (1, "m")}, labels)
    for claim in ("n = m", r"n \neq m", r"n \le m", r"n + m \neq 5", r"c \neq 4", "c < n",
                  r"c \neq y^{(i)}", r"y^{(1)} \le y^{(2)}"):  # fmt: skip
        assert not holds(claim, table), claim


@pytest.mark.parametrize("claim", [r"u \le 9", r"u \ge 0.1", r"|a| \le 9", r"|a| \ge 0.01"])
def test_numbers_come_at_several_scales(claim):
    assert not holds(claim)


# relations


@pytest.mark.parametrize(
    ("right", "sharp"),
    [
        (r"2 a b \le a^2 + b^2", r"2 a b \le \frac{9}{10} (a^2 + b^2)"),
        (r"(x^\top z)^2 \le \|x\|^2 \|z\|^2", r"(x^\top z)^2 \le 0.9 \|x\|^2 \|z\|^2"),
        (r"\operatorname{lse}(x) \le \max_k x_k + \log n",
         r"\operatorname{lse}(x) \le \max_k x_k + 0.99 \log n"),
        (r"\max_k x_k \le \operatorname{lse}(x)", r"\max_k x_k + 0.01 \le \operatorname{lse}(x)"),
        (r"-\sum_k q_k \log q_k \le \log n", r"-\sum_k q_k \log q_k \le 0.95 \log n"),
        (r"e^a \ge 1 + a", "e^a > 1 + a"),
        (r"\log u \le u - 1", r"\log u \le u - 1.01"),
        (r"q_k (1 - q_k) \le \frac{1}{4}", r"q_k (1 - q_k) \le 0.24"),
        (r"\|x + z\| \le \|x\| + \|z\|", r"\|x + z\| \le 0.95 (\|x\| + \|z\|)"),
        (r"q_k \le 1", r"q_k \le 0.95"),
        (r"a^2 \ge 0", "a^2 > 0"),
        (r"x^\top B x \ge x^\top x", r"x^\top B x \ge 1.1 x^\top x"),
        (r"\max_k x_k \ge \min_k x_k", r"\max_k x_k > \min_k x_k"),
        (r"u + v \ge 2 \sqrt{u v}", r"u + v \ge 2.1 \sqrt{u v}"),
        (r"\tanh(u) < 1", r"\tanh(u) < 0.99"),
        (r"c \le n", "c < n"),
    ],
)  # fmt: skip
def test_a_bound_holds_and_one_a_little_too_sharp_does_not(right, sharp):
    assert holds(right)
    assert not holds(sharp)


def test_a_step_that_follows_from_a_premise_says_so():
    first, second = check_derivation(r"a > 1 \implies a > 0 \implies a > -1", ANY).steps
    assert (first.given, second.given) == ("a > 1", "a > 0")


def test_a_premise_that_only_zeros_were_found_to_meet_is_said_and_does_not_count():
    (step,) = check_derivation(r"x^\top x = 0 \implies x = A x", ANY).steps
    assert step.reason == "its premise was met only where x is 0"
    assert holds(r"x^\top x = 0 \implies x = \mathbf{0}")  # that is what it claims
    assert holds(r"A x = \mathbf{0} \implies z^\top A x = 0")  # here A is moved, too


def test_a_side_that_grows_beyond_all_that_can_be_computed_is_said_to_have_no_bound():
    (step,) = check_derivation(r"\log(1 + a^2) \le 10^6", ANY).steps
    assert step.reason.startswith("the left side has no bound")


def test_an_equation_in_floats_that_lacks_a_tiny_term_meets_no_premise():
    assert holds(r"C = 2 \iff p_1 + p_2 = 1", BOOK)


def test_a_premise_is_named_once_and_does_not_restrict_the_other_direction():
    first, second = check_derivation(r"c = k \iff [c = k] = 1", ANY).steps
    assert (first.given, second.given) == ("c = k", r"\mathbb{1}\{c = k\} = 1")


def test_a_condition_on_what_is_drawn_that_has_no_word_before_it_is_asked_for_one():
    assert holds(r"\log a^2 = 2 \log a \text{ for } a > 0")
    with pytest.raises(DerivationError, match=r"for.* or .*if.* before it"):
        check_derivation(r"\log a^2 = 2 \log a, \quad a > 0", ANY)


# reports


def test_two_slips_that_cancel_fail_where_they_are():
    report = check_derivation("a - b = b - a = a - b", ANY)
    assert [step.holds for step in report.steps] == [False, False]


def test_the_same_seed_gives_the_same_report_and_another_another_case():
    latex = r"\sum_k x_k = x^\top x"
    first, again, other = (check_derivation(latex, ANY, seed=s).steps[0].reason for s in (0, 0, 1))
    assert first == again != other


def test_a_counterexample_names_sizes_indices_and_labels():
    (step,) = check_derivation(r"x_k = x_c", ANY).steps
    assert step.reason.startswith("n = 3, k = ")
    assert "c = " in step.reason
    assert ": left " in step.reason


def test_a_definition_is_no_step_that_could_fail():
    steps = check_derivation("Q = x^T B x = x^T B x + 0 Q", ANY).steps
    assert [step.definition for step in steps] == [True, False]


def test_a_report_shows_itself_as_a_list_and_escapes():
    report = check_derivation(r"q_k < 2 \\ q_k < 0", ANY)
    html = report._repr_html_()
    assert html.count("<li>") == 2
    assert "✓ holds" in html
    assert "✗ fails" in html
    assert "q_k &lt;" in html
    assert str(report).splitlines()[0] == "✓  q_k  <  2"


def test_what_no_case_decides_is_told_from_what_is_false():
    report = check_derivation(r"q_k < 0 \implies q_k \le 7", ANY)
    assert not report
    assert str(report).startswith("?  q_k  ≤  7")
    assert "? not decided" in report._repr_html_()


@pytest.mark.parametrize(("terms", "lines"), [(2, 1), (40, 2)])
def test_a_long_step_is_shown_in_two_lines(terms, lines):
    left = " + ".join(["q_k"] * terms)
    html = check_derivation(f"{left} = {terms} q_k", ANY)._repr_html_()
    assert html.count(r"\\ &amp; \quad =") == lines - 1


def test_in_a_notebook_an_error_is_shown_without_the_way_through_the_program():
    with pytest.raises(DerivationError) as caught:
        check_derivation("q_k = …", ANY)
    assert caught.value._render_traceback_() == [f"DerivationError: {caught.value}"]


def test_a_students_chain_takes_few_calls(calls):  # 0.05 s; 0.3 s are allowed
    latex = (
        r"\frac{\partial \ell}{\partial s_k} = -\frac{1}{p_y} \frac{\partial p_y}{\partial s_k}"
        r" = -\frac{1}{p_y} p_y ([y = k] - p_k) = p_k - y_k"
    )
    for seed in range(3):
        assert calls(check_derivation, latex, BOOK, seed=seed) < 200_000


def test_the_hint_says_how_a_number_is_added_to_every_entry():
    (step,) = check_derivation(r"\mathbf{s} + c = \mathbf{s}", BOOK).steps
    assert step.reason.endswith("to every entry alike, add it times a vector of ones")


def test_no_rule_of_derivatives_is_named_where_none_stands():
    softmax = r"\operatorname{softmax}(\mathbf{s}"
    said = str(check_derivation(rf"{softmax} + \mathbf{{1}}) = {softmax}) + \mathbf{{1}}", BOOK))
    assert "outside a bracket" in said
    assert "chain rule" not in said
