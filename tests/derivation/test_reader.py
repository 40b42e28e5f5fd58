"""The reader: one tree for every spelling, nothing dropped, and the printer as its inverse."""

import pytest
from tables import TABLES

from derivation import DerivationError, Symbol, check_derivation
from derivation.claims import grouped
from derivation.printer import latex_of
from derivation.reader import Dialect, read_member

BOOK = TABLES["book"]


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


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        (r"\dfrac{1}{C} p_k", r"\frac{1}{C} p_k"),
        (r"\tfrac1C p_k", r"\frac{1}{C} p_k"),
        (r"{1 \over C} p_k", r"\frac{1}{C} p_k"),
        (r"\frac12", r"\frac{1}{2}"),
        ("1 / 2", r"\frac{1}{2}"),
        (r"\ln p_k", r"\log p_k"),
        (r"\operatorname{log} p_k", r"\log p_k"),
        (r"\text{log}(p_k)", r"\log p_k"),
        (r"\mathrm{exp}(c)", r"\exp(c)"),
        (r"\text{softmax}(\mathbf{s})", r"\operatorname{softmax}(\mathbf{s})"),
        (r"softmax(\mathbf{s})", r"\operatorname{softmax}(\mathbf{s})"),
        (r"\mathrm{softmax}\left(\mathbf s\right)", r"\operatorname{softmax}(\mathbf{s})"),
        (r"\boldsymbol{s}", r"\mathbf{s}"),
        (r"\vec{s}", r"\mathbf{s}"),
        (r"{\bf s}", r"\mathbf{s}"),
        (r"\bigl( c + 1 \bigr) c", "(c + 1) c"),
        (r"\left[ c + 1 \right] c", "(c + 1) c"),
        (r"\{ c + 1 \} c", "(c + 1) c"),
        (r"|c|", r"\lvert c \rvert"),
        (r"||\mathbf{s}||_2", r"\lVert \mathbf{s} \rVert_2"),
        (r"\|\mathbf{s}\|", r"\lVert \mathbf{s} \rVert"),
        ("W^T", r"W^\top"),
        (r"W^{\intercal}", r"W^\top"),
        (r"W^{\mathsf{T}}", r"W^\top"),
        (r"W^{\prime}", "W'"),
        (r"\mathbf{x}^{(i)\top}", r"(\mathbf{x}^{(i)})^\top"),
        ("p_{k}^{(i)}", "p^{(i)}_k"),
        ("W_{12}", "W_{1,2}"),
        (r"\frac{\mathrm{d} p_k}{\mathrm{d} s_k}", r"\frac{\partial p_k}{\partial s_k}"),
        (r"\frac{d p_k}{d s_k}", r"\frac{\partial p_k}{\partial s_k}"),
        (r"\partial_{s_k} p_k", r"\frac{\partial p_k}{\partial s_k}"),
        (r"\partial p_k / \partial s_k", r"\frac{\partial p_k}{\partial s_k}"),
        (r"\frac{\partial}{\partial s_k} p_k", r"\frac{\partial p_k}{\partial s_k}"),
        (r"\mathrm e^{c}", r"\mathrm{e}^{c}"),
        (r"\sum\limits_{j}^{C} p_j", "\\sum^C_{j} p_j"),
        (r"\sum_{\substack{j \\ j \neq k}} p_j", r"\sum_{j, j \neq k} p_j"),
        (r"\mathbb{1}\{j = k\}", "[j = k]"),
        (r"\mathbb{I}[j = k]", "[j = k]"),
        (r"\mathbf 1_{j = k}", "[j = k]"),
        (r"\mathbb{1}_{\{j = k\}}", "[j = k]"),
        ("1_{j = k}", "[j = k]"),
        ("I(j = k)", "[j = k]"),
        (r"1\,000 + 1{,}000", "1000 + 1000"),
        (".5 c", "0.5 c"),
        (r"{\color{red} c} + \textcolor{blue}{c}", "c + c"),
        (r"\cancel{c} + \boxed{c}", "c + c"),
        (r"c \phantom{+ 1} \hspace{1em} % + 1", "c"),
        (r"\begin{pmatrix} c \\ 1 \end{pmatrix}", "(c, 1)"),
        (r"\displaystyle c \nonumber \label{eq:c}", "c"),
        ("c {c + 1}", "c c + 1"),
        ("c {-c}", "c - c"),
        (r"{c \ell}(W)", r"c \ell(W)"),
        (r"{c \gamma}^2 + {p_k}^2", r"c \gamma^2 + p_k^2"),
        (r"{p_k^2}^3 + {W^\top}^\top", r"(p_k^2)^3 + (W^\top)^\top"),
    ],
)  # fmt: skip
def test_a_thing_has_one_tree_however_it_is_spelled(written, plain):
    assert members(written) == members(plain)


@pytest.mark.parametrize(
    ("pasted", "plain"),
    [
        ("c − 1 – 1", "c - 1 - 1"),
        ("c · c ⋅ c", r"c \cdot c \cdot c"),
        ("c × c", r"c \times c"),
        ("𝐩 ⊙ 𝐬", r"\mathbf{p} \odot \mathbf{s}"),
        ("𝑐 + ｃ", "c + c"),
        ("c² + W⁺ + Wᵀ + (J + I)⁻¹", r"c^2 + W^+ + W^\top + (J + I)^{-1}"),
        ("λ γ ℓ π", r"\lambda \gamma \ell \pi"),
        ("∑_j p_j", r"\sum_j p_j"),
        ("∂_{s_k} ℓ", r"\partial_{s_k} \ell"),
        ("∇_W L", r"\nabla_W L"),
        ("‖𝐬‖", r"\|\mathbf{s}\|"),
        ("⟨𝐬, 𝐩⟩", r"\langle \mathbf{s}, \mathbf{p} \rangle"),
        ("𝟙{j = k}".replace("{", r"\{").replace("}", r"\}"), r"\mathbb{1}\{j = k\}"),
        ("W⊤", r"W\top"),
        ("p_1 + … + p_C", r"p_1 + \dots + p_C"),
    ],
)
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


@pytest.mark.parametrize(
    ("latex", "tree"),
    [
        ("a b + c", ("add", ("mul", "a", "b"), "c")),
        ("a - b - c", ("sub", ("sub", "a", "b"), "c")),
        ("-a b", ("neg", ("mul", "a", "b"))),
        ("-a^2", ("neg", ("pow", "a", "2"))),
        ("a / b c", ("mul", ("div", "a", "b"), "c")),
        (r"\frac{a}{b} c", ("mul", ("div", "a", "b"), "c")),
        (r"a \odot b c", ("odot", "a", ("mul", "b", "c"))),
        (r"\log a b", ("call", r"\log", ("mul", "a", "b"))),
        (r"\log a + b", ("add", ("call", r"\log", "a"), "b")),
        (r"\log(a) b", ("mul", ("call", r"\log", "a"), "b")),
        ("a_b^2", ("pow", "a_{b}", "2")),
        (r"a^\top b", ("mul", ("transpose", "a"), "b")),
    ],
)
def test_what_binds_how_tightly(latex, tree):
    def plain(node):
        if node.op in ("name", "num"):
            return node.text
        return (node.op, *map(plain, node.args))

    assert plain(read_member(latex, Dialect())) == tree


@pytest.mark.parametrize(
    ("latex", "read_as"),
    [
        (r"\log p_j / p_k", r"\frac{\log\left(p_{j}\right)}{p_{k}}"),
        ("1 / 2 c", r"\frac{1}{2} c"),
        (r"\log p_j p_k", r"\log\left(p_{j} p_{k}\right)"),
        (r"\frac{\partial}{\partial s_k} s_k p_k", r"\frac{\partial s_{k} p_{k}}{\partial s_{k}}"),
        (r"\ell |_{W = 0}", r"\ell|_{W = 0}"),
        (r"\sum p_j", r"\sum p_{j}"),
        (r"\log (c)^2", r"\left(\log\left(c\right)\right)^{2}"),
        ("p_j p_k", ""),
        (r"\log(p_j) p_k", ""),
        (r"\frac{1}{2} c", ""),
    ],
)
def test_how_something_was_read_is_shown_where_it_is_left_open(latex, read_as):
    (step,) = check_derivation(f"c = {latex}", BOOK).steps
    assert step.read_as == ("", read_as)


# statements, words, conditions


@pytest.mark.parametrize(
    ("latex", "found"),
    [
        ("c = 1, \\quad p_k = 1", [("c = 1", [], None), ("p_{k} = 1", [], None)]),
        ("c = 1 \\\\ p_k = 1", [("c = 1", [], None), ("p_{k} = 1", [], None)]),
        ("c = 1 \\\\ = 2", [("c = 1 = 2", [], None)]),
        ("c = 1 \\\\ - 2 \\\\ = 3", [("c = 1 - 2 = 3", [], None)]),
        ("c = 1 \\\\ - c = -1", [("c = 1", [], None), ("-c = -1", [], None)]),
        ("c &= 1 \\\\ &\\quad + 2", [("c = 1 + 2", [], None)]),
        ("$$c = 1$$ $$= 2$$", [("c = 1 = 2", [], None)]),
        (r"p_k = 1, \quad k \neq y", [("p_{k} = 1", [r"k \neq y"], None)]),
        (r"p_k = 1 \quad (k \neq y)", [("p_{k} = 1", [r"k \neq y"], None)]),
        (r"p_k = 1 \text{ for } k \neq y", [("p_{k} = 1", [r"k \neq y"], None)]),
        (r"p_k = 1 \quad \text{if $k \neq y$}", [("p_{k} = 1", [r"k \neq y"], None)]),
        (r"p_k = 1 \quad \text{for k = y}", [("p_{k} = 1", ["k = y"], None)]),
        (r"p_k = 1 \quad \forall k \neq y", [("p_{k} = 1", [r"k \neq y"], None)]),
        (r"\text{for } k \neq y: \quad p_k = 1", [("p_{k} = 1", [r"k \neq y"], None)]),
        (r"p_k = 1 & \text{if } k = y \\ p_k = 0 & \text{if } k \neq y",
         [("p_{k} = 1", ["k = y"], None), ("p_{k} = 0", [r"k \neq y"], None)]),
        (r"p_k = 1 \quad k = y \\ p_k = 0 \quad k \neq y",
         [("p_{k} = 1", ["k = y"], None), ("p_{k} = 0", [r"k \neq y"], None)]),
        (r"p_k = 1 \quad k = y, \qquad p_k = 0 \quad k \neq y",
         [("p_{k} = 1", ["k = y"], None), ("p_{k} = 0", [r"k \neq y"], None)]),
        (r"p_k = s_k && \text{since } k \neq y \\ &= 1",
         [("p_{k} = s_{k} = 1", [r"k \neq y"], None)]),
        (r"p_k = 1, \quad i = 1, \dots, M", [("p_{k} = 1", [r"i \in \{1, \dots, M\}"], None)]),
        (r"p_k = 1, \quad C = 3", [("p_{k} = 1", ["C = 3"], None)]),
        (r"p_k = \frac{c}{Z}, \quad \text{where } Z = c",
         [(r"p_{k} = \frac{c}{Z}", [], None), ("Z = c", [], None)]),
        (r"\text{Set } c = 1. \text{ Then } c^2 = c", [("c^{2} = c", ["c = 1"], None)]),
        (r"\text{Let $k = y$.} \\ p_k = p_y", [("p_{k} = p_{y}", ["k = y"], None)]),
        (r"\text{Let } Z = c. \text{ Then } Z = 1",
         [("Z = c", [], None), ("Z = 1", [], None)]),
        (r"\text{We define } p_k = c: \quad p_k = 1",
         [("p_{k} = c", [], None), ("p_{k} = 1", [], None)]),
        (r"\text{Using } Z = c: \quad Z = 1", [("Z = c", [], None), ("Z = 1", [], None)]),
        (r"\text{Using $Z = c$,} \\ Z = 1", [("Z = c", [], None), ("Z = 1", [], None)]),
        (r"c > 1 \implies c > 0", [("c > 1", [], None), ("c > 0", [], "c > 1")]),
        (r"c > 1 \iff c > 0",
         [("c > 1", [], None), ("c > 0", [], "c > 1"), ("c > 1", [], "c > 0")]),
        (r"\underbrace{c}_{= 1} = 2", [("c = 2", [], None), ("c = 1", [], None)]),
    ],
)  # fmt: skip
def test_each_claim_has_its_own_conditions(latex, found):
    assert claims(latex) == found


@pytest.mark.parametrize(
    "words",
    [
        r"\quad \text{(chain rule)}",
        r"&& \text{by definition}",
        r"\quad \text{by the definition of $p_k$}",
        r"\text{ (see above)}",
        r"\\ \text{so the claim follows.}",
        r"\intertext{and therefore}",
    ],
)
def test_a_remark_that_is_set_apart_says_nothing(words):
    assert claims(f"p_k = c {words}") == [("p_{k} = c", [], None)]


@pytest.mark.parametrize(
    ("latex", "part", "message"),
    [
        ("", "", "there is no equation here"),
        (r"p_k = \fooo", r"\fooo", "unknown symbol"),
        (r"p_k = \mathbf{t}_k", r"\mathbf{t}", "unknown symbol"),
        (r"\frac{1}{ = 2", "{ = 2", "no other half"),
        (r"p_k = \text{never closed = 1", "{never", "never closed"),
        (r"p_k = \text{foo}(c)", r"\text{foo}", "foo is no function or symbol"),
        (r"p_k = \operatorname{foo}(c)", r"\operatorname", "is not known"),
        (r"\text{twice } p_k = c", r"\text", "not understood"),
        (r"p_k = p_k \text{ plus one}", r"\text", "set apart|not understood"),
        (r"p_k = c \quad \text{unless } k \neq y", r"\text", "not understood"),
        (r"p_k = c \quad \text{if } k = y \text{ or } c = 1", r"\text{ or", "understood|set apart"),
        (r"p_k = \begin{cases} 1 & \text{true class} \\ 0 & \text{else} \end{cases}",
         r"\text{true", "a condition that is not understood"),
        (r"\nabla_W \frac{c}{M} \sum_{i=1}^M \ell^{(i)} = 0", r"\nabla", "put into brackets"),
        (r"\nabla L = 0", r"\nabla", "needs a subscript, or an argument"),
        (r"p_k = c && \text{cancel } p_y", r"\text", "not understood: cancel"),
        ("p_{c'} = 1", "'", "a prime makes another index"),
        ("\frac{c}{c} = 1", "", "put r before the quotation marks"),
        (r"\log 2 \approx 0{,}693", "0{", "write a point"),
        (r"c \underbrace{c + 1}_{\text{sum}} = 1", r"\underbrace", "or a frame is no bracket"),
        (r"c - \boxed{c + 1} = 1", r"\boxed", "or a frame is no bracket"),
        (r"c \gets c + 1", r"\gets", "an assignment claims nothing"),
        ("c := c + 1", None, "an assignment claims nothing"),
        (r"c + \succeq 1", r"\succeq", "an order of matrices"),
        (r"p_k = c \\ \text{Suppose } k = y.", None, "nothing follows this condition"),
        (r"\frac{\partial^2 \ell}{\partial s_k} = 1", r"\frac", "order 2 by 1 variables"),
        (r"p_k \in [0, 1, 2]", "[0", "two ends"),
        (r"p_k \in \mathbb{Q}", r"\mathbb", "the set Q is not known"),
        (r"p_k^2^3 = 1", "^3", "two exponents"),
        ("p_k^12 = 1", "12 =", "without braces, this is one digit above or below"),
        ("p_k = (c", "(c", "no other half"),
        ("p_k (1 - p_k = p_k - p_k^2", "(1", "no other half"),
        ("p_k) = 1", ")", "no other half"),
        (r"p_k = \begin{vmatrix} 1 \end{vmatrix}", r"\begin", "vmatrix is not read"),
        (r"\begin{aligned} p_k = 1", r"\begin", "does not end"),
        (r"p_k \overset{\neq}{=} 1", r"\overset", "may change it"),
        (r"\ell(0) = 0", "(0)", "is no function"),
        (r"\int_0^1 c = 1", r"\int", "integrals are not read: write"),
        (r"\lim_{c \to 0} c = 0", r"\lim", "limits are not read: write"),
        (r"1 = \mathbb{E}[c]", r"\mathbb", "expectations are not read: write the sum"),
        (r"\arg\max_k p_k = 1", r"\arg", "argmax is not read: write"),
        (r"\mathrm{KL}(\mathbf{p} \| \mathbf{y}) = 1", r"\| \m", "write the divergence out"),
        ("D(p || y) = 1", "(p", "write the divergence out"),
        (r"1 = \operatorname{CE}(c)", r"\op", r"write out .*, or add Symbol\(r.*CE\}\(…\)"),
        ("1 = H(c)", "H", r"H \(Hessian.*\) is no function of c; a product is written H \\cdot c"),
        (r"2 \mathbf{W} = c", r"\mathbf{W}", "the nearest known one is W; one of your own"),
        ("1 = z_k", "z", r'of your own is added by vocabulary.extend\(Symbol\(r"\\mathbf{z}",'
                         r' shape="C × 1"\)\)'),
        (r"1 = \hat{y}_k", r"\hat", r'Symbol\(r"\\hat{\\mathbf{y}}", shape="C × 1"\)'),
        ("1 = Q_{jd}", "Q", r'Symbol\(r"Q", shape="C × m \+ 1"\)'),
        (r"2 \frac12 = 1", r"\frac12", "a mixed number: write \\\\cdot between them"),
        (r"2 + 3\tfrac{1}{2} c = 1", r"\tfrac", "a mixed number"),
        (r"\log \frac{1}{C} \sum_j p_j = 1", r"\sum", "whether the sum belongs to .log is not"),
        (r"\text{Denote by } c = 1", r"\text", "words"),
        (r"\text{We claim that } c = 1", r"\text", "set apart by .quad or a colon"),
        ("$$c = 1$$ so $$c = 2$$", "so", r"words go into .text"),
        (r"c = \begin{bmatrix} p_1 x_0 & \cdots & p_1 x_m \\ \vdots & \ddots & \vdots \\"
         r"p_C x_0 & \cdots & y_C x_m \end{bmatrix}", "y_C", "in the first row of its column"),
        (r"c = \begin{bmatrix} 1 - p_1 & \cdots & p_1 p_C \\ \vdots & \ddots & \vdots \\"
         r"p_C p_1 & \cdots & 1 + p_C \end{bmatrix}", "1 +", "from the opposite one"),
        (r"\log_2 p_k = 1", r"\log", "with a subscript"),
        ("(" * 100 + "1" + ")" * 100 + " = 1", "", "nested"),
        ("1 + " * 10_000 + "1 = 1", None, "characters"),
    ],
)  # fmt: skip
def test_what_is_not_understood_is_refused_with_a_caret_at_the_place(latex, part, message):
    with pytest.raises(DerivationError, match=message) as error:
        check_derivation(latex, BOOK)
    if part:
        _, line, caret = str(error.value).splitlines()
        assert line.index(part) == caret.index("^"), str(error.value)


def test_the_caret_stands_in_the_line_of_the_place():
    with pytest.raises(DerivationError) as error:
        check_derivation("p_k = c \\\\\n= \\foo \\\\\n= c", BOOK)
    assert str(error.value).splitlines()[1:] == [r"  = \foo \\", "    ^"]
    assert error.value.at == 13


# what is read as what


@pytest.mark.parametrize(
    ("written", "plain"),
    [
        (r"\log Z \sum_j p_j", r"\log(Z) \sum_j p_j"),
        (r"y_k \log p_k \max_j p_j", r"y_k \log(p_k) \max_j p_j"),
        (r"\log \sum_j p_j", r"\log(\sum_j p_j)"),
        (r"\sum_{jk} W_{jk}", r"\sum_{j, k} W_{jk}"),
        (r"\sum_{j < k} p_j p_k", r"\sum_{j, k, j < k} p_j p_k"),
        (r"\sum_{j \neq k} p_j p_k", r"\sum_{j, k, j \neq k} p_j p_k"),
        (r"p_k \sum_{j \neq k} p_j p_k", r"p_k \left(\sum_{j \neq k} p_j p_k\right)"),
        (r"\sum_{k} \sum_{j \neq k} p_j p_k", r"\sum_{k} \left(\sum_{j \neq k} p_j p_k\right)"),
        (r"\sum_{j \neq k} p_j", r"\left(\sum_{j \neq k} p_j\right)"),
    ],
)
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
