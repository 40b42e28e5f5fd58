"""From LaTeX to trees: the grammar of displayed equations.

An equation is a list of statements, a statement a chain of members with relations between them.
A member is a tree of `Node`s. Nothing here knows what a symbol means.

What only aligns is blanked out first, so that all else keeps its place; then come tokens, in which
a thing has one spelling; then trees, by recursive descent: sums of products of factors.
"""

import functools
import re
from dataclasses import dataclass

__all__ = ["DerivationError", "Node", "Statement", "canonical", "parse"]

MAX_LENGTH, MAX_DEPTH = 20_000, 100
TOO_DEEP = f"nested more than {MAX_DEPTH} deep"

SAME = {other: first for first, *others in map(str.split, (
    r"= := \equiv \coloneqq", r"\le \leq \leqslant", r"\ge \geq \geqslant", r"< \lt", r"> \gt",
    r"\neq \ne", r"\implies \Longrightarrow \Rightarrow \iff \Longleftrightarrow \Leftrightarrow",
    r"\frac \dfrac \tfrac \cfrac", r"\log \ln", r"\odot \circ", r"\underbrace \overbrace",
    r"\dots ... \ldots \cdots \vdots \ddots", r"\{ \lbrace", r"\} \rbrace", r"\star \ast",
    r"\mathbf \boldsymbol \vec \overrightarrow \bm", r"\tilde \widetilde", r"\hat \widehat",
    r"\bar \overline", r"\top \intercal \operatorname{T}", r"\operatorname{det} \det",
    r"\max \operatorname{max}", r"\min \operatorname{min}",
)) for other in others}  # fmt: skip
RELATIONS = {"=": "=", r"\le": "<=", r"\ge": ">=", "<": "<", ">": ">", r"\neq": "!=",
             r"\approx": "~", r"\in": "in", r"\propto": "propto"}  # fmt: skip
SUMS = {"+": "add", "-": "sub", r"\pm": "add"}
ENTRYWISE = {r"\odot": "odot", r"\oslash": "oslash", r"\otimes": "kron"}
PRODUCTS = {r"\cdot": "mul", "*": "mul", "/": "div", r"\times": "mul"}
OPERATORS = {*RELATIONS, *SUMS, *ENTRYWISE, *PRODUCTS}
BREAK = "\n"  # a new line or a wide space, outside of matrices
SEPARATORS = (",", ";", ".", BREAK, r"\mid", r"\implies")
IN_ROWS = ("&", ",", ".", r"\quad", r"\qquad")
BETWEEN_ARGUMENTS = (",", ";", "|", r"\|", r"\mid")
BRACKETS = {"(": ")", "[": "]", r"\{": r"\}", "{": "}", r"\langle": r"\rangle", "|": "|",
            r"\|": r"\|", r"\lvert": r"\rvert", r"\lVert": r"\rVert"}  # fmt: skip
STOPS = {*OPERATORS, *SEPARATORS, *IN_ROWS, *BRACKETS.values(), r"\dots", r"\\", r"\end"}
TRANSPOSES, STARS, DIFFERENTIALS = ("T", r"\top"), ("*", r"\star"), {r"\partial", "d"}
STYLES = {r"\mathbf", r"\tilde", r"\hat", r"\bar", r"\mathcal"}
MATRICES = ("bmatrix", "pmatrix", "matrix", "array")
EIGENVALUES = (r"\lambda_{\max}", r"\lambda_{\min}")
READERS = {word: reader for reader, words in {
    "bracket": r"( [ { \{", "bars": r"| \| \lvert \lVert", "inner": r"\langle",
    "fraction": r"\frac", "slashed": r"\partial", "nabla": r"\nabla", "indicator": r"\mathbb1",
    "reduction": r"\sum \prod \max \min", "function": r"\exp \log \sqrt \tanh",
    "underbrace": r"\underbrace",
}.items() for word in words.split()}  # fmt: skip
# Comments, numbering, environments that align, and all of \overset but the relation.
BLANK = re.compile(
    r"(?P<kept>\\[\\%&])|%[^\n]*|\\(?:nonumber|notag)(?![A-Za-z])|\\(?:tag\*?|label)\s*\{[^{}]*\}"
    r"|\\(?:begin|end)\s*\{(?:aligned|align|split|gathered|gather|equation)\*?\}"
    r"|\\(?:overset|stackrel)\s*\{(?:[^{}]|\{[^{}]*\})*\}\s*\{(?P<relation>[^{}]*)\}"
    r"|(?<![_^])\{\s*\}"
)
BOXED = re.compile(r"\\boxed\s*\{")
SIZE = r"\\(?:left|right|[bB]igg?[lrm]?)"
TOKEN = re.compile(
    rf"""
    (?P<silent> ~ | \\[,;:!>\ ] | \\(?:left|right)\ *\. | (?:{SIZE}|\\(?:limits|nolimits
        |displaystyle|textstyle|leftarrow|rightarrow|therefore|because|mathopen|mathclose)
        )(?![A-Za-z]) )
    | \\(?:operatorname\*?|math(?:rm|tt|it|sf)
        |text(?=\ *\{{(?:softmax|diag|vec|tr|rank|det|lse)\}}\ *(?:{SIZE})?\ *\()
        )\ *\{{(?P<operator>[^{{}}]*)\}}
    | (?P<remark>\\(?:text|textrm|textit|mbox|intertext)\ *\{{)
        (?P<connective>\ *(?:if|for|when|where|with|and|since|because|so)\b)?
    | (?P<indicator>\\mathbb\ *(?:\{{\ *[1I]\ *\}}|[1I])
        |\\(?:mathbf|boldsymbol)\ *\{{\ *[1I]\ *\}}(?=\ *(?:{SIZE})?\ *\\\{{))
    | (?P<end>\\end\ *\{{[^{{}}]*\}}) | \\begin\ *\{{[^{{}}]*\}}
    | (?<=[_^])\d | (?<=frac)\d | (?<=frac\d)\d  # x^12 is x^1 2, \frac12 is 1/2
    | \d+(?:\\,\d{{3}})*(?:\.\d+)? | \\[A-Za-z]+ | \\. | := | \.\.\. | [^\ ]
    """,
    re.VERBOSE,
)
SPELLINGS = {"silent": "", "operator": r"\operatorname{{{}}}", "indicator": r"\mathbb1",
             "end": r"\end"}  # fmt: skip


class DerivationError(ValueError):
    """LaTeX that cannot be read or evaluated; shows the place with a caret.

    Attributes
    ----------
    at : int or None
        Where in the source.
    """

    def __init__(self, message, latex="", at=None):
        self.at = at
        if at is not None:
            start = latex.rfind("\n", 0, at) + 1
            left = max(start, at - 50)
            line = latex[left : left + 100].partition("\n")[0]
            message = f"{message}\n  {line}\n  {' ' * (at - left)}^"
        super().__init__(message)

    def _render_traceback_(self):
        """What Jupyter shows: the place in the LaTeX, not the way through the parser."""
        return [f"{type(self).__name__}: {self}"]


@dataclass(frozen=True)
class Node:
    """One operation: its name, its arguments (nodes, strings, tuples), its place in the source."""

    op: str
    args: tuple = ()
    at: int = 0

    @functools.cached_property
    def text(self):
        """A name or a number as LaTeX; … for anything else."""
        if self.op == "num":
            return f"{self.args[0]:g}"
        if self.op != "name":
            return "…"
        head, subscripts, example = self.args
        inside = ",".join(n.text for n in subscripts)
        return head + ("^{(i)}" if example else "") + (f"_{{{inside}}}" if inside else "")

    def children(self):
        for arg in self.args:
            for part in arg if isinstance(arg, tuple) else (arg,):
                if isinstance(part, Node):
                    yield part

    def walk(self):
        yield self
        for child in self.children():
            yield from child.walk()

    def depth(self):
        return 1 + max((child.depth() for child in self.children()), default=0)


@dataclass(frozen=True)
class Statement:
    """A chain: members and the relations between them; `source` holds each member's LaTeX."""

    members: tuple = ()
    relations: tuple = ()
    source: tuple = ()


@dataclass(frozen=True)
class Token:
    text: str
    at: int
    end: int


def parse(latex, functions=frozenset()):
    """Read an equation or an aligned block.

    Parameters
    ----------
    latex : str
        Without the dollar signs around it.
    functions : set of str
        Symbols that brackets apply, so that L(W) is not L times W, as `Node.text` spells them.

    Returns
    -------
    list of Statement

    Raises
    ------
    DerivationError
        With a caret at the place.
    """
    if len(latex) > MAX_LENGTH:
        raise DerivationError(f"at most {MAX_LENGTH} characters are read, got {len(latex)}")
    parser = _Parser(latex, functions)
    try:
        return parser.statements()
    except RecursionError:
        return parser.fail(TOO_DEEP)


# trivial rewriting


def canonical(node, names=()):
    r"""A form that trivial rewriting leaves alone.

    That is brackets, the order of terms and factors, ·1, + 0, −(−a), a/1, + a − a, ·a/a, where a
    sign or a product stands in a fraction, the letter and full range of a sum, \\exp, \\delta_{jk}.
    """
    match node:
        case tuple():
            return tuple(canonical(part, names) for part in node)
        case Node("add" | "sub" | "neg" | "group" | "mul" | "div"):
            return _sum(node, names)
        case (
            Node("odot" | "oslash", (inner, Node("name", (r"\mathbf{1}", (), None))))
            | Node("odot", (Node("name", (r"\mathbf{1}", (), None)), inner))
            | Node("transpose", (Node("transpose", (inner,)),))
            | Node("pow", (inner, Node("num", (1.0,))))
        ):
            return canonical(inner, names)
        case Node("call", ("exp", exponent)):
            return "pow", ("name", "e", (), None), canonical(exponent, names)
        case Node("name", (letter, (), _)) if letter in dict(names):
            return "name", dict(names)[letter], (), None
        case Node("name", (r"\delta", (j, k), _)):
            return canonical(Node("indicator", (j, "=", k)), names)
        case Node("indicator", (left, "=", right)):
            return "indicator", tuple(sorted(canonical((left, right), names), key=repr))
        case Node("sum" | "prod" | "max" | "min" as op, (Node() as index, *bounds, body)):
            inner = {**dict(names), index.args[0]: f"#{len(names)}"}
            bounds = () if _is_full(*bounds) else tuple(bounds)
            return op, canonical(bounds, inner), canonical(body, inner)
        case Node(op, args):
            return op, *canonical(args, names)
    return node


def _is_full(relation, start, high):
    """Whether an index runs over all its values: none are named, or 1 to a capital letter."""
    if relation == "=" and high:
        return start.args == (1.0,) and str(high.args[0]).isupper()
    return relation is high is None


def _parts(node, ops):
    """What stands under brackets, signs and two inverse operations, with its sign."""
    if node.op == "group":
        return _parts(node.args[0], ops)
    if node.op == "neg":
        parts = _parts(node.args[0], ops)
        return [(1, MINUS), *parts] if ops == FACTORS else _inverted(parts)
    if node.op not in ops:
        return [(1, node)]
    left, right = (_parts(arg, ops) for arg in node.args)
    return left + (_inverted(right) if node.op == ops[1] else right)


def _inverted(parts):
    return [(-sign, node) for sign, node in parts]


def _collected(parts, neutral, kind):
    """Signs and forms in order, without those that undo each other or do nothing."""
    left = []
    for sign, form in parts:
        if (-sign, form) in left:
            left.remove((-sign, form))
        elif form not in neutral:
            left.append((sign, form))
    if [sign for sign, _ in left] == [1]:
        return left[0][1]
    return (kind, *sorted(left, key=repr)) if left else neutral[0]


def _sum(node, names):
    terms = [(sign, *_product(term, names)) for sign, term in _parts(node, TERMS)]
    return _collected([(sign * own, form) for sign, own, form in terms], ZEROS, "sum of")


def _product(node, names):
    """The sign of a product or quotient, and its factors and divisors in order."""
    parts = _parts(node, FACTORS)
    factors = [(power, canonical(part, names)) for power, part in parts if part is not MINUS]
    sign = (-1) ** (len(parts) - len(factors))
    if (1, ZEROS[0]) in factors:
        return 1, ZEROS[0]
    return sign, _collected(factors, UNITS, "product of")


TERMS, FACTORS = ("add", "sub"), ("mul", "div")  # the second is the inverse of the first
ZEROS, UNITS = [("num", 0.0)], [("num", 1.0), ("name", "I", (), None)]
MINUS = Node("num", (-1.0,))


# tokens


def _tokens(latex):
    """Words and signs in their one spelling, with their places in the source."""
    plain, found, at = _blanked(latex), [], 0
    while match := TOKEN.search(plain, at):
        kind, text, start, at = match.lastgroup, match[0].replace(" ", ""), *match.span()
        last = found[-1].text if found else BREAK
        if kind in ("remark", "connective"):
            at = _closing(latex, match.end("remark"))
            text = "," if kind == "connective" and last not in BRACKETS else ""
        elif kind:
            text = SPELLINGS[kind].format(match[kind].replace(" ", ""))
        text = SAME.get(text, text)
        if last == BREAK and text in OPERATORS:  # the expression goes on in the next line
            del found[-1:]
        if text and not (text == BREAK and last in {BREAK, *OPERATORS}):
            found.append(Token(text, start, at))
    return found


def _blanked(latex):
    """The same with blanks for what aligns, numbers, frames and comments; all else in place."""
    latex = BLANK.sub(lambda m: (m["kept"] or m["relation"] or "").rjust(len(m[0])), latex)
    for box in BOXED.finditer(latex):
        start, inside, end = *box.span(), _closing(latex, box.end())
        latex = latex[:start].ljust(inside) + latex[inside : end - 1] + " " + latex[end:]
    parts, depth = re.split(r"(\\begin|\\end)", re.sub(r"\s", " ", latex)), 0
    for n, part in enumerate(parts):
        depth += (part == r"\begin") - (part == r"\end")
        if depth == 0:  # in a matrix, these part the cells
            part = re.sub(r"\\\\|\\q?quad(?![A-Za-z])", lambda m: BREAK.ljust(len(m[0])), part)
            parts[n] = re.sub(r"(?<!\\)&", " ", part)
    return "".join(parts)


def _closing(latex, at):
    """Where the brace that opens before `at` is closed."""
    depth, start = 1, at
    while at < len(latex):
        depth += {"{": 1, "}": -1}.get(latex[at], 0)
        at += 1
        if depth == 0:
            return at
    raise DerivationError("this brace is never closed", latex, start - 1)


# trees


def _name(head, at, subscripts=(), example=None):
    return Node("name", (head, subscripts, example), at)


class _Parser:
    def __init__(self, latex, functions):
        self.latex, self.functions, self.plain = latex, functions, _blanked(latex)
        end = len(self.plain.rstrip())
        self.tokens = [*_tokens(latex), Token("", end, end)]
        self.n, self.open_bars = 0, ()

    # reading tokens

    def peek(self, ahead=0):
        return self.tokens[min(self.n + ahead, len(self.tokens) - 1)].text

    def at(self):
        return self.tokens[self.n].at

    def take(self):
        if not self.peek():
            self.fail("the equation ends too early")
        self.n += 1
        return self.tokens[self.n - 1].text

    def skip(self, *texts):
        """Whether these come next; if so, they are taken."""
        found = all(self.peek(n) == text for n, text in enumerate(texts))
        self.n += len(texts) * found
        return found

    def expect(self, text):
        if not self.skip(text):
            self.fail(f"expected {text}, got {self.peek().strip() or 'the end'}")

    def braced(self, read):
        self.expect("{")
        found = read()
        self.expect("}")
        return found

    def words(self):
        """One token, or what stands in braces, as it is written."""
        text, depth = "", 0
        while not text or depth:
            token = self.take()
            depth += (token == "{") - (token == "}")
            text += token
        return text.removeprefix("{").removesuffix("}")

    def fail(self, message, at=None):
        raise DerivationError(message, self.latex, self.at() if at is None else at)

    # statements and relations

    def statements(self):
        found = []
        while self.peek():
            if self.peek() in SEPARATORS:
                self.take()
            elif self.peek() in RELATIONS and found:
                found[-1] = self.chain(found[-1])
            else:
                found.append(_unwrapped(self.chain(Statement())))
        if not found:
            self.fail("there is no equation here", 0)
        return found

    def chain(self, before):
        """Go on with a chain, or begin one."""
        members, relations, source = map(list, (before.members, before.relations, before.source))
        while not members or self.peek() in RELATIONS:
            if members:
                relations.append(self.relation())
            start = self.tokens[self.n - 1].end if self.n else 0
            members.append(self.domain() if relations[-1:] == ["in"] else self.sum())
            if members[-1].depth() > MAX_DEPTH:
                self.fail(TOO_DEEP, members[-1].at)
            source.append(" ".join(self.plain[start : self.at()].split()))
        return Statement(tuple(members), tuple(relations), tuple(source))

    def relation(self):
        if self.peek() not in RELATIONS:
            self.fail("expected a relation such as =")
        return RELATIONS[self.take()]

    def test(self, left, at):
        """A relation as a number, 1 or 0."""
        return Node("indicator", (left, self.relation(), self.sum()), at)

    def condition(self, at=None):
        """A value, or a test such as j = k."""
        at, left = self.at() if at is None else at, self.sum()
        return self.test(left, at) if self.peek() in RELATIONS else left

    def domain(self):
        """What stands after \\in: \\mathbb{R}^{a \\times b}, \\{1, \\dots, C\\}, or [0, 1)."""
        at, opening, one = self.at(), self.take(), Node("num", (1.0,))
        if opening in (r"\{", "[", "("):
            items, closing = self.items(), self.take()
            if opening == r"\{":
                return Node("set", items, at)
            if len(items) != 2 or closing not in ("]", ")"):
                self.fail("an interval has two ends, such as [0, 1)", at)
            return Node("interval", (*items, opening + closing), at)
        if opening != r"\mathbb":
            self.fail(f"expected \\mathbb, got {opening}", at)
        self.words()
        if not self.skip("^"):
            return Node("shape", (one, one), at)
        if not self.skip("{"):
            return Node("shape", (self.primary(), one), at)
        rows = self.factors(stop=r"\times")
        columns = self.sum() if self.skip(r"\times") else one
        self.expect("}")
        return Node("shape", (rows, columns), at)

    # expressions

    def sum(self):
        at, node = self.at(), self.product()
        while self.peek() in SUMS:
            if self.skip("+", r"\dots"):  # a + b + … + z
                self.expect("+")
                node = Node("series", (*_terms(node), self.product()), at)
            else:  # ± is a symbol, a factor of what follows
                op = SUMS[self.peek() if self.peek() == r"\pm" else self.take()]
                node = Node(op, (node, self.product()), at)
        return node

    def product(self):
        r"""Factors side by side, which bind tighter than ⊙, ⊘ and ⊗ between them."""
        at, node = self.at(), self.factors()
        while self.peek() in ENTRYWISE:
            node = Node(ENTRYWISE[self.take()], (node, self.factors()), at)
        return node

    def factors(self, stop=None):
        at, node = self.at(), self.signed()
        while True:
            if self.peek() in PRODUCTS and self.peek() != stop:
                node = Node(PRODUCTS[self.take()], (node, self.signed()), at)
            elif self.starts_factor():
                node = Node("mul", (node, self.primary()), at)
            else:
                return node

    def signed(self):
        at = self.at()
        if self.skip("-"):
            return Node("neg", (self.product(),), at)
        return self.product() if self.skip("+") else self.primary()

    def starts_factor(self):
        text = self.peek()
        if text in ("|", r"\|"):
            return text not in self.open_bars
        return text in READERS or text[:1].isalnum() or (text[:1] == "\\" and text not in STOPS)

    def primary(self):
        at = self.at()
        return self.postfix(self.atom(), at)

    def atom(self):
        at, text = self.at(), self.peek()
        if text in READERS:
            return getattr(self, READERS[text])(at, self.take())
        if text.startswith(r"\begin"):
            return self.environment(at, self.take())
        if text[:1].isdecimal():
            return self.number()
        if text.isalpha() or (text[:1] == "\\" and text != r"\end"):
            return self.name()
        return self.fail(f"cannot read {text.strip() or 'the end'} here")

    def number(self):
        at, text = self.at(), self.take()
        return Node("num", (float(text.replace("\\,", "")),), at)

    def symbol(self):
        at = self.at()
        return _name(self.take(), at)

    def argument(self):
        """What an exponent or a fraction takes: braces, or one symbol."""
        if self.peek() == "{":
            return self.braced(self.sum)
        if self.peek() in TRANSPOSES or self.peek().isalpha():
            return self.symbol()
        return self.atom()

    def items(self):
        found = [self.item()]
        while self.skip(","):
            found.append(self.item())
        return tuple(found)

    def item(self):
        """An expression, or dots."""
        at = self.at()
        return Node("dots", (), at) if self.skip(r"\dots") else self.sum()

    # brackets

    def bracket(self, at, opening):
        node = self.sum() if opening == "{" else self.condition(at)
        if opening == "(" and self.skip(","):  # (a, b, c) is a column
            node = Node("matrix", tuple((cell,) for cell in (node, *self.items())), at)
        self.expect(BRACKETS[opening])
        iverson = opening != "(" and node.op == "indicator"
        return node if opening == "{" or iverson else Node("group", (node,), at)

    def indicator(self, at, _):
        opening = self.take()
        if opening not in BRACKETS:
            self.fail("expected what the indicator tests in brackets, such as \\{j = k\\}", at)
        node = self.test(self.sum(), at)
        self.expect(BRACKETS[opening])
        return node

    def bars(self, at, opening):
        before, self.open_bars = self.open_bars, (*self.open_bars, opening)
        node = self.sum()
        self.open_bars = before
        self.expect(BRACKETS[opening])
        if opening in ("|", r"\lvert"):
            return Node("abs", (node,), at)
        return Node("norm", (node, self.words() if self.skip("_") else ""), at)  # ‖·‖_2, ‖·‖_F

    def inner(self, at, _):
        left = self.sum()
        self.expect(",")
        node = Node("inner", (left, self.sum()), at)
        self.expect(r"\rangle")
        return node

    def underbrace(self, *_):
        node = self.atom()
        while self.skip("_") or self.skip("^"):
            self.words()
        return node

    def environment(self, at, text):
        name = text[len(r"\begin{") : -1].rstrip("*")
        if name not in ("cases", *MATRICES):
            self.fail(f"the environment {name} is not read", at)
        if name == "array" and self.peek() == "{":
            self.words()
        if name != "cases":
            return Node("matrix", self.rows(self.item), at)
        rows = self.rows(self.condition)
        if any(len(row) > 2 for row in rows):
            self.fail("each line of cases is a value and a condition", at)
        return Node("cases", rows, at)

    def rows(self, cell):
        """The cells of an environment, row by row."""
        rows = [[]]
        while not self.skip(r"\end"):
            if self.skip(r"\\"):
                rows.append([])
            elif self.peek() in IN_ROWS:
                self.take()
            else:
                rows[-1].append(cell())
        return tuple(tuple(row) for row in rows if row)

    # functions, sums, derivatives

    def function(self, at, command):
        power = self.argument() if self.skip("^") else None
        if READERS.get(self.peek()) == "bracket":
            argument = self.atom()
        else:
            argument = self.primary()
            while self.starts_factor() and READERS.get(self.peek()) != "function":
                argument = Node("mul", (argument, self.primary()), at)
        node = Node("call", (command[1:], argument), at)
        return Node("pow", (node, power), at) if power else node

    def reduction(self, at, command):
        low, high = None, None
        while self.peek() in ("_", "^"):
            if self.take() == "_":
                low = self.braced(self.bound) if self.peek() == "{" else (self.name(), None, None)
            else:
                high = self.argument()
        if low is None and command in (r"\max", r"\min"):
            return Node("call", (command[1:], self.atom()), at)
        return Node(command[1:], (*(low or (None,) * 3), high, self.product()), at)

    def bound(self):
        r"""The index below a sum: j, j=1, j \neq y, or j: p_j > 0."""
        index = self.name()
        if self.skip(":"):
            return index, "where", self.test(self.sum(), index.at)
        if self.peek() in RELATIONS:
            return index, self.relation(), self.sum()
        return index, None, None

    def fraction(self, at, _):
        if not self.is_derivative():
            return Node("div", (self.argument(), self.argument()), at)
        self.n += 2
        order, target = self.order(), None
        if self.peek() != "}":
            target = self.product()
        self.expect("}")
        variables = self.braced(lambda: self.variables(order, at))
        if target is None:  # it ends with the bracket
            bracket = self.peek() in ("(", "[", r"\{")
            target = self.primary() if bracket else self.product()
        return _derivative(target, variables, at)

    def is_derivative(self):
        """Whether ∂ or d stands first in both parts of the fraction."""
        n, above, braces = self.n, self.peek(1), self.peek() == "{"
        self.words()
        below, self.n = self.peek(1), n
        return braces and {above, below} <= DIFFERENTIALS

    def slashed(self, at, _):
        """∂a/∂b on one line."""
        order, target = self.order(), self.primary()
        self.expect("/")
        return _derivative(target, self.variables(order, at), at)

    def nabla(self, at, _):
        order = self.order()
        if not self.skip("_"):
            self.fail(r"\nabla needs a subscript that says by what", at)
        variable = self.argument()
        order = max(order, self.order())
        target = self.primary()
        if target.op in ("num", "div") and self.starts_factor():
            self.fail(
                r"put into brackets what \nabla applies to: it is not clear where it ends", at
            )
        if target.op == "call" and len(target.args) == 2 and order == 1:
            return Node("gradient", (*target.args, variable), at)
        return _derivative(target, [variable] * order, at)

    def variables(self, order, at):
        """By what ∂ of this order differentiates: names, perhaps squared or transposed."""
        found = []
        while self.peek() in DIFFERENTIALS:
            self.take()
            match self.primary():
                case Node("pow", (variable, exponent)):
                    found += [variable] * self.times(exponent)
                case Node("transpose", (variable,)) | variable:
                    found.append(variable)
        if len(found) != order:
            self.fail(f"∂ of order {order} by {len(found)} variables", at)
        return found

    def order(self):
        """^2 behind ∂ or ∇; 1 if nothing stands there."""
        return self.times(self.argument()) if self.skip("^") else 1

    def times(self, exponent):
        if exponent.args not in ((1.0,), (2.0,), (3.0,)):
            self.fail("a derivative is at most of third order", exponent.at)
        return int(exponent.args[0])

    # names, and what stands behind them

    def name(self):
        """A name with its subscripts, (i), and what makes it another name: W', W^\\star."""
        at, head, subscripts, example = self.at(), self.take(), (), None
        if head in STYLES:
            inner = self.braced(self.name) if self.peek() == "{" else self.symbol()
            if inner.op != "name":
                self.fail("expected a symbol", at)
            head, subscripts, example = f"{head}{{{inner.args[0]}}}", *inner.args[1:]
        while True:
            if self.peek() == "'" and head not in self.functions:
                head += self.take()
            elif any(self.skip("^", s) or self.skip("^", "{", s, "}") for s in STARS):
                head += r"^\star"
            elif self.skip("_"):
                subscripts += self.indices()
            elif self.is_example():
                self.n += 3
                example = self.index()
                self.expect(")")
                if not self.skip("}"):
                    self.take()
                    self.expect("}")
                    return Node("transpose", (_name(head, at, subscripts, example),), at)
            else:
                return _name(head, at, subscripts, example)

    def is_example(self):
        r"""^{(i)} or ^{(i)\top}."""
        around = [self.peek(n) for n in (0, 1, 2, 4)]
        return around == ["^", "{", "(", ")"] and self.peek(5) in ("}", *TRANSPOSES)

    def indices(self):
        """Subscripts: one symbol, or several in braces; W_{12} is W_{1,2}, W_{12,3} is not."""
        if not self.skip("{"):
            return (self.number() if self.peek().isdecimal() else self.symbol(),)
        found = []
        while not self.skip("}"):
            if self.skip(","):
                continue
            if self.peek().isdecimal() and self.peek(1) != ",":
                at = self.at()
                found += [Node("num", (float(a),), at + n) for n, a in enumerate(self.take())]
            else:
                found.append(self.index())
            while self.peek() in ("+", "-"):
                found[-1] = Node(SUMS[self.take()], (found[-1], self.index()), found[-1].at)
        return tuple(found)

    def index(self):
        return self.number() if self.peek()[:1].isdecimal() else self.name()

    def postfix(self, node, at):
        while True:
            name = node.op == "name"
            if self.skip("^"):
                node = self.power(node, at)
            elif node.op in ("group", "call", "matrix", "transpose") and self.skip("_"):
                node = _entry(node, self.indices(), at)
            elif name and self.peek() == "(" and self.names_a_function(node):
                node = self.call(node, at)
            elif self.peek() == "'":
                node = self.primes(node, at)
            elif name and node.args[0].startswith(r"\operatorname"):
                node = Node("call", (node.args[0], self.primary()), at)
            else:
                return node

    def power(self, node, at):
        if self.skip("+"):
            return Node("pinv", (node,), at)
        exponent = self.argument()
        if exponent.op == "name" and exponent.args[0] in TRANSPOSES:
            return Node("transpose", (node,), at)
        return Node("pow", (node, exponent), at)

    def primes(self, node, at):
        order = 0
        while self.skip("'"):
            order += 1
        if node.op != "name":
            return functools.reduce(lambda a, _: Node("prime", (a,), at), range(order), node)
        self.expect("(")
        argument = self.sum()
        self.expect(")")
        return Node("slope", (node.args[0], order, argument), at)

    def names_a_function(self, node):
        """L(W), softmax(s): what stands in the brackets is an argument, not a factor."""
        known = {*EIGENVALUES, *self.functions}
        return node.args[0].startswith(r"\operatorname") or {node.args[0], node.text} & known

    def call(self, node, at):
        """A function and its arguments; of `Y = k` and the like, k is the argument."""
        before, self.open_bars = self.open_bars, ("|", r"\|")
        arguments = []
        while not arguments or self.peek() in BETWEEN_ARGUMENTS:
            self.take()  # the bracket, or what stands between
            arguments.append(self.item())
            if self.peek() in RELATIONS:
                self.take()
                arguments[-1] = self.sum()
        self.open_bars = before
        self.expect(")")
        head, subscripts, _ = node.args
        if node.text in self.functions or node.text in EIGENVALUES:
            head, subscripts = node.text, ()
        made = Node("call", (head, *arguments), at)
        return Node("entry", (made, subscripts), at) if subscripts else made


def _unwrapped(statement):
    """A condition that stands in brackets of its own: (k ≠ y)."""
    match statement:
        case Statement((Node("group", (Node("indicator", (left, relation, right)),)),), ()):
            return Statement((left, right), (relation,), statement.source * 2)
    return statement


def _terms(node):
    return (*_terms(node.args[0]), node.args[1]) if node.op == "add" else (node,)


def _derivative(target, variables, at):
    for variable in reversed(variables):
        target = Node("derivative", (target, variable), at)
    return target


def _entry(node, indices, at):
    """An entry of a matrix; w^T_k is w_k^T."""
    match node:
        case Node("transpose", (Node("name", (head, subscripts, example)),)):
            return Node("transpose", (_name(head, at, subscripts + indices, example),), at)
    return Node("entry", (node, indices), at)
