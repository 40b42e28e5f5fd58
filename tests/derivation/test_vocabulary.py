"""A table of symbols that makes sense, and bad input of every kind: one error, and soon."""

import re
import time

import pytest
from tables import TABLES, read_cases

import derivation
from derivation import DerivationError, Symbol, Vocabulary, check_derivation

BOOK, NAMED = TABLES["book"], read_cases("vocabulary")


def table(*symbols, sizes={"n": (2, 3)}, indices={"k": (1, "n")}, **more):  # noqa: B006
    return Vocabulary(sizes=sizes, indices=indices, symbols=symbols, **more)


def refused(call, *args, **options):
    """What is said; within two seconds of computing."""
    start = time.process_time()
    with pytest.raises(DerivationError) as error:
        call(*args, **options)
    assert time.process_time() - start < 2
    assert str(error.value)
    return str(error.value)


# bad input

LATEX = [
    None, 5, b"p_k = p_k", ["p_k = p_k"], "", " \n\t ", "$$ $$", "\\", "p_k = \\",
    "p_k = p_k \\text{", "p_k = p_k \\begin{", "p_k = \x00", "p_k = \ud800", "p_k = ²", "p_k",
    "p_k = " + "(" * 5000 + "p_k" + ")" * 5000, "p_k = " + "{" * 3000, "p_k = " + "\\frac{" * 2000,
    "p_k = " + "-" * 5000, "p_k = p_k" + " + 1 - 1" * 200_000,
    "p_k = " + "\\text{" * 3000 + "}" * 2999, "p_k = " + "\\sqrt" * 3000 + "2",
    "p_k = " + "|" * 999, "p_k = p" + "_{k" * 500 + "}" * 500, "p_k = p" + "'" * 5000,
]  # fmt: skip
TOO_LARGE = [
    "9^{9^{9^{9}}} = 1",
    r"\sum_{j=1}^{99999} 1 = 1",
    r"\sum_{j=1}^{999} \sum_{k=1}^{999} \sum_{l=1}^{999} 1 = 1",
    r"1 + \dots + 999999999 = 1",
    r"\operatorname{tr}(H \otimes H \otimes H) = 1",
    r"\prod_{j=1}^{900} \prod_{k=1}^{900} 2 = 1",
    "p_k = p_k" + r" + \sum_{j=1}^C e^{s_j}" * 600,
]
OPTIONS = [
    {"when": r"k \neq y"}, {"when": 5}, {"when": [5]}, {"when": [None]}, {"when": [r"k \neq"]},
    {"when": ["k"]}, {"when": ["q = 1"]}, {"seed": -1}, {"seed": "one"}, {"seed": 1.5},
    {"seed": True}, {"starts": 5}, {"ends": "p_k ="}, {"ends": "q"}, {"through": [5]},
    {"through": 5}, {"through": "p_k"},
]  # fmt: skip


@pytest.mark.parametrize("latex", LATEX, ids=range(len(LATEX)))
def test_what_is_no_equation_is_refused(latex):
    refused(check_derivation, latex, BOOK)


@pytest.mark.parametrize("latex", TOO_LARGE, ids=range(len(TOO_LARGE)))
def test_what_is_too_large_does_not_pass_and_does_not_take_long(latex):
    start = time.process_time()
    try:
        accepted = bool(check_derivation(latex, BOOK))
    except DerivationError:
        accepted = False
    assert not accepted
    assert time.process_time() - start < 2


@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_an_argument_of_the_wrong_kind_is_refused(options):
    refused(check_derivation, "p_k = p_k", BOOK, **options)


@pytest.mark.parametrize("vocabulary", [None, "BOOK", {}, (), Vocabulary])
def test_what_is_no_vocabulary_is_refused(vocabulary):
    refused(check_derivation, "p_k = p_k", vocabulary)


@pytest.mark.parametrize(
    "make",
    [
        lambda: table(Symbol("a"), sizes=5),
        lambda: Vocabulary({"n": (2, 3)}, {"k": (1, "n")}, None),
        lambda: Vocabulary({"n": (2, 3)}, {"k": (1, "n")}, (), letters={"k": 1}),
        lambda: Vocabulary({"n": (2, 3)}, {"k": (1, "n")}, (), elsewhere=None),
        lambda: BOOK.extend(sizes=3),
        lambda: table(sizes={"n": ()}),
        lambda: table(sizes={"n": ("two",)}),
        lambda: table(sizes={"n": (-1,)}),
        lambda: table(sizes={"n": (0, 1)}),
        lambda: table(sizes={"n": 3}),
        lambda: table(sizes={1: (2, 3)}),
        lambda: table(sizes={"n": (10**9,)}),
        lambda: table(indices={"k": (1, "q")}),
        lambda: table(indices={"k": 3}),
        lambda: table(indices={"k": (1, "n +")}),
        lambda: table(indices={"k": ("1", "n")}),
        lambda: table("a"),
        lambda: table(5),
        lambda: Vocabulary({"n": (2,)}, {}, Symbol("a")),
        lambda: table(Symbol("a"), conditions="a = 1"),
        lambda: table(Symbol("a"), conditions=5),
        lambda: table(Symbol("a"), prime=5),
        lambda: table(Symbol("a", shape="q × 1")),
        lambda: table(Symbol("a", shape="n ×")),
        lambda: table(Symbol("a", draw="label q")),
        lambda: table(Symbol("a", draw="label"), indices={}),
        lambda: table(Symbol("a", draw="label"), indices={"k": (1, "n")}),
        lambda: table(Symbol("H(p)", definition="p"), Symbol("H(p, q)", definition="p q")),
        lambda: BOOK.extend(Symbol("k", definition="p_k")),
        lambda: Symbol("G", shape="n × n", definition="k", entries="k"),
        lambda: Symbol("G", definition="1", entries="j k"),
        lambda: Symbol(r"\log Z"),
        lambda: BOOK.extend(5),
        lambda: BOOK.extend(sizes={"C": 0}),
    ],
)
def test_a_vocabulary_that_makes_no_sense_is_refused_when_it_is_made(make):
    refused(make)


@pytest.mark.parametrize(
    "fields",
    [
        {"latex": ""}, {"latex": 5}, {"latex": "="}, {"latex": r"\frac"}, {"latex": "a + b"},
        {"latex": "("}, {"latex": "a", "draw": "postive"}, {"latex": "a", "draw": 5},
        {"latex": "a", "draw": "label 1 2"}, {"latex": "a", "shape": "n × (n"},
        {"latex": "a", "shape": "(n × 1"}, {"latex": "a", "shape": 3}, {"latex": "a", "shape": "0"},
        {"latex": "a", "shape": "n × n × n"}, {"latex": "a", "shape": "n / 2"},
        {"latex": "a", "definition": 3},
        {"latex": "a", "shape": "n × 1", "entries": "k"},
        {"latex": "f(1)"}, {"latex": "f(f(a))"},
    ],
    ids=str,
)  # fmt: skip
def test_a_symbol_that_makes_no_sense_is_refused_when_it_is_made(fields):
    refused(lambda: Symbol(**fields))


@pytest.mark.parametrize(
    "symbols",
    [
        [Symbol("a", definition="a + 1")],
        [Symbol("a", definition="b"), Symbol("b", definition="a")],
        [Symbol("a", definition="1 +")],
        [Symbol("a", definition="q")],
        [Symbol("a", definition="1 = 1")],
        [Symbol("a", "", "n × 1", "1", "q")],
        [Symbol("a", "", "n × n", "(1, 2, 3, 4, 5)")],
        [Symbol("a", "", "n × 1", "row k of Q")],
        [Symbol("a", "", "n × 1", "transpose of Q")],
    ],
)
def test_a_definition_that_makes_no_sense_is_refused_when_it_is_used(symbols):
    refused(check_derivation, "a = a", table(*symbols))


@pytest.mark.parametrize("use", ["g = 1", "g c = c", r"\nabla_c g = 1", r"\sum_k g = 1"])
def test_a_function_without_its_argument_is_refused(use):
    refused(check_derivation, use, table(Symbol("c"), Symbol("g(t)", "", "1", "t^2")))


# what is said


@pytest.mark.parametrize(("latex", "message"), NAMED["messages"]["each"])
def test_the_message_names_what_is_wrong(latex, message):
    try:
        found = str(check_derivation(latex, BOOK))
    except DerivationError as error:
        found = str(error)
    assert message in found


def test_a_spelling_is_proposed_only_where_one_is_near():
    near = refused(check_derivation, r"p_k = \lamda", BOOK)
    far = refused(check_derivation, r"p_k = \mathfrak{Q}", BOOK)
    assert r"\lambda" in near
    assert "mean" not in far


def test_a_name_that_can_be_two_things_is_refused():
    both = BOOK.extend(Symbol("p_k", "the k-th price"))
    assert "ambiguous" in refused(check_derivation, "p_k = 1", both)


def test_the_symbols_go_before_what_the_reader_knows():
    own = table(Symbol("e"), Symbol("d"), Symbol("T", draw="positive"), Symbol(r"\pi"))
    assert not check_derivation("e = 2.718281828459045", own)
    assert not check_derivation(r"\pi \approx 3.14", own)
    assert check_derivation("d e = e d", own)
    assert not check_derivation("e^T = e", own)  # a power, no transpose


def test_a_vocabulary_grows_in_one_line():
    Z = BOOK.extend(Symbol("Q", "denominator", definition=r"\sum_{j=1}^C e^{s_j}"))
    assert check_derivation(r"\frac{\partial Q}{\partial s_k} = e^{s_k} = p_k Q", Z)
    g = BOOK.extend(Symbol("g(t)", "sigmoid", definition=r"\frac{1}{1 + e^{-t}}"))
    assert check_derivation("g(c) = 1 - g(-c)", g)
    small = BOOK.extend(sizes={"C": 2}, conditions=[r"\gamma < 1"], indices={"t": (0, "2")})
    assert check_derivation(r"p_2 = 1 - p_1, \quad \gamma^2 < \gamma, \quad t \le 2 C", small)
    assert not check_derivation(r"\gamma^2 < \gamma", BOOK)


def test_a_symbol_replaces_one_that_is_written_like_it():
    assert check_derivation("c = 3", BOOK.extend(Symbol("c", "", "1", "3")))
    assert not check_derivation("c = 3", BOOK)


@pytest.mark.parametrize(
    ("draw", "claim"),
    [
        ("positive", "a > 0"),
        ("probability", r"\mathbf{1}^\top a = 1, \quad a_k > 0"),
        ("design", "a_1 = 1"),
    ],
)
def test_a_symbol_is_drawn_as_it_says(draw, claim):
    shape = "1" if draw == "positive" else "n × 1"
    assert check_derivation(claim, table(Symbol("a", "", shape, draw=draw)))
    assert not check_derivation(claim, table(Symbol("a", "", shape)))


def test_parts_of_a_matrix_move_with_it():
    whole = table(
        Symbol("X", "", "n × n"),
        Symbol("x_k", "", "n × 1", "row k of X"),
        Symbol("V", "", "n × n", "transpose of X"),
    )
    assert check_derivation(
        r"X^\top = V, \quad (X)_k = x_k, \quad x_k^\top x_k = X_{k1}^2",
        whole.extend(sizes={"n": 1}),
    )
    assert check_derivation(r"\frac{\partial}{\partial V} \operatorname{tr}(X^\top X) = 2 V", whole)


def test_it_shows_itself_as_a_table():
    html = BOOK._repr_html_()
    assert html.count("<tr>") == 1 + len(BOOK.letters) + len(BOOK.symbols)
    assert "weight of the penalty" in html
    assert "design matrix, a row per example" in repr(BOOK)


def test_public_names_are_documented():
    assert derivation.__all__ == sorted(derivation.__all__)
    assert all(getattr(derivation, name).__doc__ for name in derivation.__all__)


OWN = TABLES["book"].extend(
    Symbol("A", "", "3 × 3"), Symbol(r"\mathbf{v}", "", "3 × 1"),
    Symbol(r"\mathbf{q}", "", "C × 1", draw="probability"),
)  # fmt: skip


@pytest.mark.parametrize("latex", NAMED["indices"]["each"])
def test_an_index_runs_over_what_it_is_an_index_of(latex):
    assert check_derivation(latex, OWN), str(check_derivation(latex, OWN))


@pytest.mark.parametrize(("latex", "case"), NAMED["explained"]["each"])
def test_what_is_wrong_of_such_an_index_is_explained(latex, case):
    text = str(check_derivation(latex, OWN)).replace("\N{WORD JOINER}", "")
    assert case in text


def test_two_ranges_that_do_not_fit_are_told():
    with pytest.raises(DerivationError, match="i stands where 1, …, 3 and 1, …, C are counted"):
        check_derivation(r"\sum_i v_i p_i = 1", OWN)
    with pytest.raises(DerivationError, match="counted: take two letters"):
        check_derivation("v_n p_n = 1", OWN)
    with pytest.raises(DerivationError, match="nothing says over what the index n runs: write its"):
        check_derivation(r"\sum_n c = 1", OWN)


@pytest.mark.parametrize(
    ("latex", "sign"),
    [(r"\frac{\mathbf{y}}{\mathbf{p}} = 1", r"\oslash"), (r"\mathbf{p} \mathbf{y} = 1", r"\odot")],
)
def test_the_sign_for_what_is_done_entry_by_entry_is_named(latex, sign):
    (step,) = check_derivation(latex, BOOK).steps
    assert sign in step.reason


@pytest.mark.parametrize(
    ("sign", "meaning"), [("W'", "the transpose"), ("W^{+}", "the pseudoinverse")]
)
def test_a_sign_for_a_new_value_is_said_to_be_read_otherwise(sign, meaning):
    (step,) = check_derivation(rf"{sign} = W - \gamma \nabla_W L", BOOK).steps
    assert step.reason.endswith(f"${sign}$ is read as {meaning}")


@pytest.mark.parametrize(
    ("symbols", "latex", "message"),
    [
        ([Symbol("z", shape="n × 1", definition="e^k")], "z_k = 1", "as `entries`"),
        ([Symbol("u"), Symbol("a_k", definition="k u")], r"\frac{\partial a_k}{\partial a_l} = 0",
         "give the definition to the whole, with its indices as entries"),
    ],
)  # fmt: skip
def test_what_a_table_lacks_is_named(symbols, latex, message):
    indices = {"k": (1, "n"), "l": (1, "n")}
    with pytest.raises(DerivationError, match=re.escape(message)):
        check_derivation(latex, Vocabulary({"n": (2, 3, 4)}, indices, tuple(symbols)))


def test_a_layer_can_have_its_number_in_square_brackets():
    layers = BOOK.extend(Symbol("W^{[1]}", "", "C×C"), Symbol("W^{[2]}", "", "C × C"))
    assert check_derivation(
        r"\operatorname{tr}(W^{[1]} W^{[2]}) = \operatorname{tr}(W^{[2]} W^{[1]})", layers
    )
    assert not check_derivation("W^{[1]} = W^{[2]}", layers)


def test_labels_can_be_a_column():
    labels = BOOK.extend(Symbol(r"\mathbf{t}", "labels", "M × 1", draw="label k"))
    assert check_derivation(r"p_{t_i} = p_1 \quad \text{if } t_i = 1", labels)
    assert check_derivation(r"1 \le t_i \le C", labels)
    assert not check_derivation(r"t_i = t_1", labels)


@pytest.mark.parametrize(
    ("symbol", "message"),
    [
        (Symbol("u", "", "1", "row i of X"), "u is (m + 1) × 1, not 1"),
        (Symbol("u", "", "C - 9 × 1"), "u has no entries, where "),
        (Symbol("u", "", "1", "transpose of transpose of X"), "which is not known"),
    ],
)
def test_a_part_that_does_not_fit_is_refused(symbol, message):
    with pytest.raises(DerivationError, match=re.escape(message)):
        check_derivation("u = c", BOOK.extend(symbol))
