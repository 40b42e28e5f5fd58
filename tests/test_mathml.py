"""Where website/mathml.py mends what MathJax writes, because browsers do not lay out as TeX."""

import re

import pytest

from website.mathml import mathml


def elements(tex):
    """The formula's elements, without attributes and spaces."""
    return re.sub(r' \w+="[^"]*"|<mspace[^>]*>|</?math[^>]*>', "", mathml(tex, False))


@pytest.mark.parametrize(
    ("tex", "expected"),
    [
        ("g'", "<mrow><mi>g</mi><mo>′</mo></mrow>"),
        ("s'_k", "<msub><mrow><mi>s</mi><mo>′</mo></mrow><mi>k</mi></msub>"),
        ("g'^2", "<msup><mrow><mi>g</mi><mo>′</mo></mrow><mrow><mn>2</mn></mrow></msup>"),
        ("x^2", "<msup><mi>x</mi><mn>2</mn></msup>"),
    ],
)
def test_a_prime_stands_beside_its_letter_and_not_in_the_superscript(tex, expected):
    assert elements(tex) == expected


def test_a_large_bracket_with_an_exponent_can_grow():
    assert "<msup><mrow><mi /><mo>)</mo></mrow><mn>2</mn></msup>" in elements(r"\Bigl(a\Bigr)^2")


def test_a_letter_that_leans_leaves_room_for_its_neighbour():
    assert '<mi>V</mi><mspace width="0.214em" />' in mathml("V x", False)
    assert '<mrow><mi>V</mi><mspace width="0.214em" /></mrow><mn>2</mn>' in mathml("V^2", False)
    assert "mspace" not in mathml("x V_k", False)


@pytest.mark.parametrize(
    ("tex", "before"),
    [
        (r"\begin{aligned} a &= b \\ &\quad - c \end{aligned}", "0.222em"),
        (r"\begin{aligned} &-c \\ &= b \end{aligned}", "0"),
        (r"\frac{a}{b} - c", "0.222em"),
    ],
)
def test_a_minus_is_spaced_as_the_operator_or_the_sign_that_it_is(tex, before):
    assert f'<mo lspace="{before}" rspace="0">−</mo>' in mathml(tex, True)


def test_a_logarithm_after_a_fraction_has_its_space():
    assert '</mfrac><mspace width="0.167em" /><mi>log</mi>' in mathml(r"\frac{1}{M} \log p", True)
