"""The reader: one tree for every spelling, nothing dropped, and the printer as its inverse."""

import re

import pytest
from tables import TABLES, read_cases

from derivation import DerivationError, Symbol, check_derivation
from derivation.binder.claims import grouped
from derivation.printer import latex_of
from derivation.reader.read import Dialect, read_member

BOOK, SPELLED = TABLES["book"], read_cases("spellings")


def members(latex):
    return [s.members for s in BOOK.read(latex)]


def claims(latex):
    """Each chain, its conditions, and its premise."""
    return [
        (
            latex_of(c.chain),
            [latex_of(s) for s in c.conditions],
            c.premise and ", ".join(map(latex_of, c.premise)),
        )
        for c in grouped(BOOK.read(latex), BOOK)
    ]


# spellings


@pytest.mark.parametrize(("written", "plain"), list(SPELLED["spellings"].items()))
def test_a_thing_has_one_tree_however_it_is_spelled(written, plain):
    assert members(written) == members(plain)


@pytest.mark.parametrize(("pasted", "plain"), SPELLED["pasted"]["each"])
def test_signs_that_are_typed_or_pasted_are_those_of_latex(pasted, plain):
    try:
        wanted = members(plain)
    except DerivationError:
        with pytest.raises(DerivationError):
            members(pasted)
    else:
        assert members(pasted) == wanted


@pytest.mark.parametrize(
    ("sign", "relation"),
    [(r"\leqslant", "<="), (r"\leq", "<="), ("≤", "<="), (r"\lt", "<"), (r"\gt", ">"),
     (r"\geqslant", ">="), ("≥", ">="), (r"\equiv", "="), (":=", "="), (r"\coloneqq", "="),
     (r"\overset{(1)}{=}", "="), (r"\stackrel{\text{chain}}{=}", "="), (r"\ne", "!="),
     (r"\not=", "!="), ("≠", "!="), ("≈", "~"), ("∝", "propto")],
)  # fmt: skip
def test_relations_have_one_sign_each(sign, relation):
    (found,) = BOOK.read(f"c {sign} 1")
    assert found.relations == (relation,)


@pytest.mark.parametrize(("latex", "tree"), SPELLED["binding"]["each"])
def test_what_binds_how_tightly(latex, tree):
    def plain(node):
        if node.op in ("name", "num"):
            return node.text
        return [node.op, *map(plain, node.args)]

    assert plain(read_member(latex, Dialect())) == tree


@pytest.mark.parametrize(("latex", "read_as"), SPELLED["read as"]["each"])
def test_how_something_was_read_is_shown_where_it_is_left_open(latex, read_as):
    (step,) = check_derivation(f"c = {latex}", BOOK).steps
    assert step.read_as == ("", read_as)


def test_a_reading_is_told_once_and_with_another_letter_where_one_is_two_things():
    member = r"\frac{\partial}{\partial s_k} \log Z - s_y"
    assert str(check_derivation(f"{member} = p_k - s_y = {member}", BOOK)).count("read as") == 1
    report = check_derivation(r"p_k = \frac{e^{s_k}}{\sum_k e^{s_k}}", BOOK)
    assert r"read as \frac{e^{s_{k}}}{\sum_{k'} e^{s_{k'}}}" in str(report)


# statements, words, conditions


@pytest.mark.parametrize(("latex", "found"), SPELLED["claims"]["each"])
def test_each_claim_has_its_own_conditions(latex, found):
    assert claims(latex) == [(text, given, *(premise or [None])) for text, given, *premise in found]


@pytest.mark.parametrize("words", SPELLED["remarks"]["each"])
def test_a_remark_that_is_set_apart_says_nothing(words):
    assert claims(f"p_k = c {words}") == [("p_{k} = c", [], None)]


@pytest.mark.parametrize(
    ("latex", "part", "message"),
    [
        *SPELLED["carets"]["each"],
        ("\x0crac{c}{c} = 1", "", "put r before the quotation marks"),
        ("c := c + 1", None, "an assignment claims nothing"),
        ("p_k = c \\\\ \\text{Suppose } k = y.", None, "nothing follows this condition"),
        ("(" * 100 + "1" + ")" * 100 + " = 1", "", "nested"),
        ("1 + " * 10_000 + "1 = 1", None, "characters"),
    ],
)
def test_what_is_not_understood_is_refused_with_a_caret_at_the_place(latex, part, message):
    with pytest.raises(DerivationError, match=message) as error:
        check_derivation(latex, BOOK)
    if part:
        _, line, caret = str(error.value).splitlines()
        assert line.index(part) == caret.index("^"), str(error.value)


@pytest.mark.parametrize(("latex", "message"), SPELLED["refusals"]["each"])
def test_a_refusal_says_what_to_write(latex, message):
    with pytest.raises(DerivationError, match=re.escape(message)):
        check_derivation(latex, BOOK)


def test_the_caret_stands_in_the_line_of_the_place():
    with pytest.raises(DerivationError) as error:
        check_derivation("p_k = c \\\\\n= \\foo \\\\\n= c", BOOK)
    assert str(error.value).splitlines()[1:] == [r"  = \foo \\", "    ^"]
    assert error.value.at == 13


# what is read as what


@pytest.mark.parametrize(("written", "plain"), SPELLED["rules"]["each"])
def test_where_a_reader_could_doubt_there_is_one_rule(written, plain):
    assert members(f"{written} = 1") == members(f"{plain} = 1")
    (found,) = BOOK.read(f"{written} = 1")
    if found.assumed[0]:
        assert latex_of(found.members[0]) != written


def test_a_condition_on_an_index_keeps_it_free():
    (sum_of_two, *_) = BOOK.read(r"\sum_{j \neq k} p_j p_k \le 1 \quad \forall k")
    assert len(sum_of_two.members[0].args[0]) == 1


def test_a_power_of_a_function_stands_before_or_behind_its_argument():
    table = BOOK.extend(Symbol(r"\sigma(c)", definition=r"\frac{1}{1 + e^{-c}}"))
    assert check_derivation(r"\sigma^2(c) = \sigma(c)^2 = \sigma \cdot \sigma", table)
    assert not check_derivation(r"\sigma^2(c) = c \sigma(c)^2", table)
    with pytest.raises(DerivationError, match="the inverse function, or a power"):
        check_derivation(r"\sigma^{-1}(c) = \frac{c}{\sigma(c)}", table)
