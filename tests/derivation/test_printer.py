"""The printer is the inverse of the reader, and nothing is dropped on the way."""

import itertools
import random
import re

import pytest
from tables import TABLES, rights

from derivation import DerivationError, check_derivation
from derivation.printer import latex_of
from derivation.reader.read import read, read_member
from derivation.reader.tokens import nesting, tokens
from derivation.syntax import Node, walk

BOOK = TABLES["book"]


@pytest.mark.parametrize("name", ["attacks", "forms"])
def test_statements_are_printed_as_they_are_read(name):
    for latex in rights(name):
        for statement in BOOK.read(latex):
            (again,) = BOOK.read(latex_of(statement))
            assert (again.members, again.relations) == (statement.members, statement.relations)


def test_no_name_has_two_exponents():  # which TeX refuses
    for latex in (r"\mathbf{x}^{(i)\top}", "{p_k^{(i)}}^2", r"(\mathbf{x}^{(i)})^\top"):
        assert latex_of(read_member(latex, BOOK.dialect)).startswith("{")


LEAVES = [r"c", "p_k", "W_{kd}", r"\mathbf{s}", r"p_k^{(i)}", r"\lambda", "2", "0.5", "C", r"\ell"]
FUNCTIONS = [r"\log", r"\exp", r"\sqrt", r"\operatorname{lse}", r"\operatorname{diag}", r"\tanh"]


def fuzzed(rng, depth):
    """A tree of random operations that can stand in each other."""
    if depth == 0 or rng.random() < 0.15:
        return read_member(rng.choice(LEAVES), BOOK.dialect)

    def inner():
        return fuzzed(rng, depth - 1)

    kind = rng.randrange(12)
    if kind < 4:
        op = rng.choice(["add", "sub", "mul", "dot", "times", "div", "odot", "oslash", "kron"])
        return Node(op, (inner(), inner()))
    if kind == 4:
        return Node("neg", (inner(),))
    if kind == 5:
        return Node(rng.choice(["transpose", "abs", "pinv"]), (inner(),))
    if kind == 6:
        return Node("pow", (inner(), inner()))
    if kind == 7:
        name = Node("name", (rng.choice(FUNCTIONS), (), None))
        return Node("call", (name, inner()))
    if kind == 8:
        k, j = (Node("name", (letter, (), None)) for letter in "kj")
        test = Node("indicator", (k, rng.choice(["=", "!=", "<", "<="]), j))
        rows = ((inner(), test), (inner(), Node("otherwise")))
        return test if rng.random() < 0.5 else Node("cases", rows)
    if kind == 9:
        index = Node("name", ("j", (), None))
        limits = [(index, None, None), (index, "=", Node("num", ("1",))), (index, "!=", inner())]
        high = rng.choice([None, Node("name", ("C", (), None))])
        return Node(rng.choice(["sum", "max", "min"]), ((rng.choice(limits),), high, inner()))
    if kind == 10:
        return Node("derivative", (inner(), read_member(rng.choice(["s_k", "W"]), BOOK.dialect)))
    return Node("matrix", ((inner(), inner()), (inner(), inner())))


@pytest.mark.parametrize("seed", range(8))
def test_random_trees_are_printed_as_they_are_read(seed):
    rng = random.Random(seed)
    for _ in range(250):
        tree = fuzzed(rng, rng.randint(1, 4))
        latex = latex_of(tree)
        assert read_member(latex, BOOK.dialect) == tree, latex


def braced(latex, rng):
    """The same text with braces round a part of it, whose brackets are all closed.

    An index behind a brace is printed elsewhere, and d is a differential only before a name.
    """
    found = tokens(latex, BOOK.dialect.words)
    first, last = sorted(rng.sample(range(len(found)), 2))
    depths = list(itertools.accumulate(map(nesting, found[first : last + 1])))
    before = found[first - 1].text if first else ""
    after = found[last + 1].text if last + 1 < len(found) else ""
    if (
        min(depths) < 0
        or depths[-1]
        or after == "_"
        or found[last].text == "d"
        or before in ("^", "_", "'", "}")
        or before[:1] == "\\"
    ):
        return None
    start, end = found[first].at, found[last].end
    return f"{latex[:start]}{{{latex[start:end]}}}{latex[end:]}"


def flat(tree):
    """A tree whose products are lists of factors: how those are grouped changes no value."""
    if isinstance(tree, tuple):
        return tuple(map(flat, tree))
    if not isinstance(tree, Node):
        return tree
    parts = flat(tree.args)
    if tree.op in ("add", "mul", "dot", "times", "factors"):
        inner = ([*p[1:]] if isinstance(p, tuple) and p[:1] == (tree.op,) else [p] for p in parts)
        parts = tuple(itertools.chain.from_iterable(inner))
    return (tree.op, *parts)


@pytest.mark.parametrize("seed", range(3))
def test_braces_which_do_not_show_change_nothing(seed):
    rng, same = random.Random(seed), 0
    whole = r"text|begin|frac|\\over|\$"  # braces may not stand across what these begin
    plain = [latex for latex in rights("forms") if not re.search(whole, latex)]
    for latex in plain * 20:
        text = braced(latex, rng)
        try:
            again = text and [flat(s.members) for s in BOOK.read(text)]
        except DerivationError:
            continue
        if text:
            assert again == [flat(s.members) for s in BOOK.read(latex)], text
            same += 1
    assert same > 20


# nothing is dropped


@pytest.mark.parametrize("latex", [r"\boxed{p_k = p_k}", r"\cancel{p_k} = \boxed{p_k}"])
def test_a_report_shows_whole_members_of_what_stands_in_a_frame(latex):
    (step,) = check_derivation(latex, BOOK).steps
    assert all(side.count("{") == side.count("}") for side in (step.left, step.right))


def test_a_token_that_nobody_knows_is_refused_or_stands_in_the_tree():
    rng = random.Random(0)
    for latex in rights("forms"):
        if any(sign in latex for sign in (r"\text", r"\tag", "%", "overset")):
            continue  # remarks
        for _ in range(6):
            at = rng.randrange(len(latex) + 1)
            text = f"{latex[:at]} Q {latex[at:]}"
            try:
                found = BOOK.read(text)
            except DerivationError:
                continue
            members = [q.members for s in found for q in (s, *s.every)]
            nodes = list(walk(tuple(members)))
            named = {s for n in nodes for s in (n.text, *n.args) if isinstance(s, str)}
            whole = {
                part for name in named for part in name.replace("{", " ").replace("}", " ").split()
            }
            assert any("Q" in part for part in whole), text


TOKENS = (  # noqa: SIM905
    r"\frac { } ( ) [ ] _ ^ + - = \le \in \sum \log e p_k W \mathbf{x} \mathbf{1} ^{(i)} ^\top "
    r"j k y 1 0 \partial \nabla_W \ell L \operatorname{diag} \odot \lVert \rVert | & \\ \dots , "
    r"\begin{bmatrix} \end{bmatrix} \begin{cases} \end{cases} \underbrace \mathbb{1} \foo \max "
    r"+\dots+ \vdots \text{if} \text{so} \quad \implies \iff \propto \forall \{ \} : ; . / d "
    r"\mathrm{d} \prod ' \neq \approx \substack \over \det \operatorname{sigmoid} L_\lambda"
).split()


@pytest.mark.parametrize("seed", range(4))
def test_random_tokens_raise_nothing_but_the_one_error(seed):
    rng = random.Random(seed)
    refused = 0
    for _ in range(700):
        latex = " ".join(rng.choices(TOKENS, k=rng.randint(1, 14)))
        try:
            bool(check_derivation(latex, BOOK))
        except DerivationError:
            refused += 1
    assert refused > 500


@pytest.mark.parametrize("seed", range(4))
def test_equations_with_a_piece_cut_out_raise_nothing_but_the_one_error(seed):
    rng = random.Random(seed)
    texts, outcomes = [*rights("forms"), *rights("attacks")], set()
    for _ in range(120):
        latex = rng.choice(texts)
        at = rng.randrange(len(latex))
        try:
            bool(check_derivation(latex[:at] + latex[at + rng.randint(1, 6) :], BOOK))
            outcomes.add("read")
        except DerivationError:
            outcomes.add("refused")
    assert outcomes == {"read", "refused"}


def test_an_index_of_two_digits_is_two_indices():
    (found,) = read("W_{12} = W_{1,2}")
    assert found.members[0] == found.members[1]
