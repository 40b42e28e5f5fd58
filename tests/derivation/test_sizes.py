"""Sizes are polynomials, shapes are said in them, and a misfit never depends on what was drawn."""

import pytest
from tables import TABLES

from derivation import DerivationError, Symbol, Vocabulary, check_derivation
from derivation.sizes import ONE, Size, Unifier, shape_text

BOOK = TABLES["book"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("m + 1", "m + 1"),
        ("1 + m", "m + 1"),
        ("C (m + 1)", "C (m + 1)"),
        ("(m + 1) C", "C (m + 1)"),
        ("C m + C", "C (m + 1)"),
        ("2 n - n", "n"),
        ("n n", "n n"),
        ("3 · 4", "12"),
        ("2 * n", "2 n"),
        (r"\nu + 1", r"\nu + 1"),
    ],
)
def test_sizes_are_worked_out(text, shown):
    assert str(Size.read(text)) == shown
    assert Size.read(text) == Size.read(shown)


@pytest.mark.parametrize("text", ["", "n +", "(n", "n / 2", "n^2", "n )", "×"])
def test_what_is_no_size_is_refused(text):
    with pytest.raises(ValueError, match=r".+"):
        Size.read(text)


def test_values_and_letters():
    size = Size.read("C (m + 1) - 2")
    assert size.letters == {"C", "m"}
    assert size.value({"C": 3, "m": 4}) == 13
    assert (size.number, Size.read("2 + 2").number) == (None, 4)
    assert shape_text((Size.read("C"), Size.read("m + 1"))) == "C × (m + 1)"
    assert shape_text((ONE, ONE)) == "a number"


def test_what_is_not_known_is_found_from_what_must_be_equal():
    sizes = Unifier()
    n, two = Size.of("n"), Size.of(2)
    a, b = sizes.unknown(), sizes.unknown()
    assert sizes.equal(a + ONE, n)
    assert sizes.resolved(a) == n - ONE
    assert sizes.equal(b * n, n * n * two)
    assert sizes.resolved(b) == n * two
    assert not sizes.equal(a, b)
    assert not sizes.equal(sizes.unknown() * two, n)  # an unknown is a whole polynomial


def test_nothing_is_assumed_if_a_shape_does_not_fit():
    sizes = Unifier()
    unknown = sizes.unknown()
    assert not sizes.fits((unknown, ONE), (Size.of("n"), Size.of("n")))
    assert sizes.resolved(unknown) == unknown


def test_letters_with_one_value_are_equal_to_it_and_still_two_letters():
    sizes = Unifier({"C": 2})
    assert sizes.equal(Size.of("C"), Size.of(2))
    assert not sizes.equal(Size.of("C"), Size.read("m + 1"))


@pytest.mark.parametrize(
    ("latex", "reason"),
    [
        (r"\nabla_W L = \frac{1}{M} X^\top (P - Y)",
         "the left side is C × (m + 1), the right side (m + 1) × C"),
        (r"W \mathbf{s} = \mathbf{x}", "cannot multiply C × (m + 1) by C × 1"),
        (r"\mathbf{s} + \mathbf{x} = \mathbf{s}", "cannot add C × 1 and (m + 1) × 1"),
        (r"\mathbf{p} = p_y", "the left side is C × 1, the right side a number"),
        (r"J \odot \mathbf{p} = J", "cannot multiply entry by entry C × C and C × 1"),
        (r"W^{-1} = W", "an inverse wants a square matrix, got C × (m + 1)"),
        (r"\operatorname{tr}(X) = 1", "a trace wants a square matrix, got M × (m + 1)"),
        (r"\log W = J", "the left side is C × (m + 1), the right side C × C"),
        (r"\operatorname{vec}(W) = W", "the left side is C (m + 1) × 1, the right side C × (m"),
        (r"J \in \mathbb{R}^{C \times M}", "C × M"),
        (r"L(\mathbf{x}) = 1", "cannot stand for W, which is C × (m + 1)"),
        (r"\frac{\partial \mathbf{p}}{\partial \mathbf{x}} = J", "C × (m + 1)"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("seed", [0, 1])
def test_a_misfit_is_said_in_sizes_whatever_is_drawn(latex, reason, seed):
    try:
        found = check_derivation(latex, BOOK, seed=seed).steps[-1].reason
    except DerivationError as error:
        found = str(error)
    assert reason in found


def test_what_fits_at_some_sizes_only_does_not_fit():
    columns = Symbol("a", "", "n × 1"), Symbol("b", "", "k × 1")
    for sizes in ((2, 3), (2,)):
        for seed in range(3):
            table = Vocabulary({"n": sizes, "k": sizes}, {}, columns)
            (step,) = check_derivation("a + b = b + a", table, seed=seed).steps
            fits = len(sizes) == 1
            assert fits is (not step.reason)
            assert fits or "cannot add n × 1 and k × 1" in step.reason


@pytest.mark.parametrize(
    "latex",
    [
        r"J\mathbf{1} = \mathbf{0}",
        r"\mathbf{1}^\top J = \mathbf{0}^\top",
        r"(J + I)(J - I) = J^2 - I",
        r"P \mathbf{1} = \mathbf{1}",
        r"\mathbf{1}^\top P \mathbf{1} = M",
        r"\operatorname{diag}(1, \dots, 1) \mathbf{p} = \mathbf{p}",
        r"\mathbf{s} = \begin{bmatrix} s_1 \\ \vdots \\ s_C \end{bmatrix}",
        r"I_C \mathbf{p} = \mathbf{p}",
    ],
)
def test_ones_zeros_and_the_identity_take_the_size_that_fits(latex):
    report = check_derivation(latex, BOOK)
    assert report, str(report)


@pytest.mark.parametrize("latex", [r"\mathbf{1}^\top \mathbf{1} = 1", r"\operatorname{tr}(I) = 2"])
def test_a_size_that_nothing_tells_is_refused(latex):
    with pytest.raises(DerivationError, match="nothing tells the size"):
        check_derivation(latex, BOOK)


def test_a_definition_of_another_shape_is_refused():
    with pytest.raises(DerivationError, match="the definition of A is C × 1, not C × C"):
        check_derivation("A = A", BOOK.extend(Symbol("A", "", "C × C", r"\mathbf{p}")))


def test_sizes_that_a_claim_writes_and_that_are_too_large_are_passed_over():
    letters = dict.fromkeys("hijkl", (1, "n"))
    vocabulary = Vocabulary({"n": (2, 3)}, letters, (Symbol("A", shape="n × n"),))
    same = r"12 \sum_i \sum_j \sum_k \sum_l \sum_h A_{ij} A_{kl} A_{hi}"
    other = r"12 \sum_h \sum_l \sum_k \sum_j \sum_i A_{hi} A_{ij} A_{kl}"
    assert check_derivation(f"{same} = {other}", vocabulary)
