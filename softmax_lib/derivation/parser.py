"""From LaTeX to trees: the grammar of displayed equations.

An equation is a list of statements, a statement a chain of members with relations between them.
A member is a tree of `Node`s. Nothing here knows what a symbol means.
"""

import functools
import re
from dataclasses import dataclass

__all__ = ["DerivationError", "Node", "Statement", "canonical", "parse"]

MAX_LENGTH, MAX_DEPTH = 20_000, 60

# Spacing, sizes of brackets, and comments mean nothing here.
SPACE = (
    r"\s+|%[^\n]*|\\[,;:!> ]|~|\\(?:left|right)\s*\."
    r"|\\(?:left|right|[bB]igg?[lrm]?|limits|nolimits|displaystyle|textstyle|nonumber|notag"
    r"|leftarrow|rightarrow|therefore|because|mathopen|mathclose)(?![A-Za-z])"
)
TOKEN = re.compile(
    rf"(?P<space>{SPACE})|(?P<number>\d+(?:\\,\d{{3}})*(?:\.\d+)?)|(?P<command>\\(?:[A-Za-z]+\*?|.))"
    r"|(?P<letter>[A-Za-z])|(?P<other>\.\.\.|.)",
    re.DOTALL,
)
ALIGNING = "(?:aligned|align|split|gathered|gather|equation)"
OPERATOR = re.compile(r"\\text\s*\{(softmax|diag|vec|tr|rank|det|lse)\}(?=\s*(?:\\left\s*)?[(])")
CONNECTIVE = re.compile(r"\\text\s*\{\s*(?:if|for|when|where|with|and|since|because|so)\b")
BOXED = re.compile(r"\\boxed\s*\{")
REMARK = re.compile(r"\\(?:text|textrm|textit|mbox|tag\*?|label|intertext)\s*\{")
RELATIONS = {
    "=": "=", ":=": "=", r"\equiv": "=", r"\coloneqq": "=", r"\le": "<=", r"\leq": "<=",
    r"\leqslant": "<=", r"\ge": ">=", r"\geq": ">=", r"\geqslant": ">=", "<": "<", ">": ">",
    r"\lt": "<", r"\gt": ">", r"\neq": "!=", r"\ne": "!=", r"\approx": "~", r"\in": "in",
    r"\propto": "propto",
}  # fmt: skip
LINKS = (r"\implies", r"\Longrightarrow", r"\Rightarrow", r"\iff", r"\Longleftrightarrow",
         r"\Leftrightarrow")  # fmt: skip
SEPARATORS = {",", ";", r"\mid", r"\quad", r"\qquad", r"\\", "."}
BRACKETS = {"(": ")", "[": "]", r"\{": r"\}", "{": "}", r"\lvert": r"\rvert", r"\lVert": r"\rVert",
            "|": "|", r"\|": r"\|", r"\lbrace": r"\rbrace", r"\langle": r"\rangle"}  # fmt: skip
STYLES = {r"\mathbf", r"\boldsymbol", r"\vec", r"\overrightarrow", r"\bm"}
ACCENTS = {r"\tilde", r"\widetilde", r"\hat", r"\widehat", r"\bar", r"\overline", r"\mathcal"}
FUNCTIONS = {r"\exp": "exp", r"\log": "log", r"\ln": "log", r"\sqrt": "sqrt", r"\tanh": "tanh"}
REDUCTIONS = {r"\sum": "sum", r"\prod": "prod", r"\max": "max", r"\min": "min"}
PRODUCTS = {r"\cdot": "mul", r"\times": "mul", "/": "div", "*": "mul"}
ENTRYWISE = {r"\odot": "odot", r"\circ": "odot", r"\oslash": "oslash", r"\otimes": "kron"}
DOTS = {"...", r"\dots", r"\ldots", r"\cdots", r"\vdots", r"\ddots"}
OVERSETS = (r"\overset", r"\stackrel")  # they carry a relation
UNITS = (("num", 1.0), ("name", "I", (), None))
EIGENVALUES = (r"\lambda_{\max}", r"\lambda_{\min}")
TRANSPOSES = {r"\top", "T", r"\intercal", r"\mathsf"}


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
            end = latex.find("\n", at)
            line = latex[start : end if end >= 0 else len(latex)]
            left = max(0, at - start - 50)
            shown = line[left : left + 100]
            message = f"{message}\n  {shown}\n  {' ' * (at - start - left)}^"
        super().__init__(message)


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

    def walk(self):
        yield self
        for arg in self.args:
            for part in arg if isinstance(arg, tuple) else (arg,):
                if isinstance(part, Node):
                    yield from part.walk()


@dataclass(frozen=True)
class Statement:
    """A chain: members and the relations between them; `source` holds each member's LaTeX."""

    members: tuple
    relations: tuple
    source: tuple


def _unwrapped(statement):
    """A condition that stands in brackets of its own: (k ≠ y)."""
    first = statement.members[0]
    if first.op == "group" and first.args[0].op == "indicator" and not statement.relations:
        left, relation, right = first.args[0].args
        return Statement((left, right), (relation,), statement.source * 2)
    return statement


@dataclass(frozen=True)
class Token:
    text: str
    kind: str
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
    return _Parser(latex, functions).statements()


def canonical(node, names=()):
    r"""A form that trivial rewriting leaves alone.

    That is brackets, the order of terms and factors, ·1, + 0, −(−a), a/1, + a − a, ·a/a, where a
    sign or a product stands in a fraction, the letter and full range of a sum, \\exp, \\delta_{jk}.
    """
    if isinstance(node, tuple):
        return tuple(canonical(part, names) for part in node)
    if not isinstance(node, Node):
        return node
    op, args = node.op, node.args
    if op in ("add", "sub", "neg", "group"):
        terms = []
        for sign, form in _terms(node, 1, names):
            if (-sign, form) in terms:
                terms.remove((-sign, form))
            elif form != ("num", 0.0):
                terms.append((sign, form))
        if len(terms) == 1 and terms[0][0] > 0:
            return terms[0][1]
        return "sum of", tuple(sorted(terms, key=repr))
    if op in ("mul", "div"):
        sign, form = _product(node, names)
        return form if sign > 0 else ("sum of", ((-1, form),))
    if op in ("odot", "oslash") and args[1].args == (r"\mathbf{1}", (), None):
        return canonical(args[0], names)
    if op == "odot" and args[0].args == (r"\mathbf{1}", (), None):
        return canonical(args[1], names)
    if op == "transpose" and args[0].op == "transpose":
        return canonical(args[0].args[0], names)
    if op == "pow" and args[1].args == (1.0,):
        return canonical(args[0], names)
    if op == "call" and args[0] == "exp":
        return "pow", ("name", "e", (), None), canonical(args[1], names)
    if op == "name" and not args[1] and args[0] in dict(names):
        return "name", dict(names)[args[0]], (), None
    if op == "name" and args[0] == r"\delta" and len(args[1]) == 2:
        return canonical(Node("indicator", (args[1][0], "=", args[1][1])), names)
    if op == "indicator" and args[1] == "=":
        return "indicator", tuple(sorted(canonical((args[0], args[2]), names), key=repr))
    if op in REDUCTIONS.values() and args[0]:
        index, relation, start, high, body = args
        inner = {**dict(names), index.args[0]: f"#{len(names)}"}
        full = relation == "=" and start.args == (1.0,) and high and str(high.args[0]).isupper()
        bounds = None if full else canonical((relation, start, high), tuple(inner.items()))
        if bounds == (None, None, None):
            bounds = None
        return op, bounds, canonical(body, tuple(inner.items()))
    return op, *canonical(args, names)


def _terms(node, sign, names):
    """The terms of a sum, each with its sign."""
    if node.op == "group":
        return _terms(node.args[0], sign, names)
    if node.op == "neg":
        return _terms(node.args[0], -sign, names)
    if node.op in ("add", "sub"):
        left, right = node.args
        right_sign = -sign if node.op == "sub" else sign
        return _terms(left, sign, names) + _terms(right, right_sign, names)
    own, form = _product(node, names)
    return [(sign * own, form)]


def _product(node, names):
    """The sign of a product or quotient, and its factors and divisors in order."""
    sign, above, below = _factors(node, names)
    if ("num", 0.0) in above:
        return 1, ("num", 0.0)
    for form in [f for f in below if f in above]:
        above.remove(form)
        below.remove(form)
    above, below = ([f for f in part if f not in UNITS] for part in (above, below))
    if not below and len(above) == 1:
        return sign, above[0]
    if not below and not above:
        return sign, ("num", 1.0)
    return sign, ("product of", tuple(sorted(above, key=repr)), tuple(sorted(below, key=repr)))


def _factors(node, names):
    if node.op == "group" and node.args[0].op in ("group", "mul", "div", "neg"):
        return _factors(node.args[0], names)
    if node.op == "neg":
        sign, above, below = _factors(node.args[0], names)
        return -sign, above, below
    if node.op in ("mul", "div"):
        (a, up, down), (b, right, divisors) = (_factors(arg, names) for arg in node.args)
        if node.op == "div":
            right, divisors = divisors, right
        return a * b, up + right, down + divisors
    return 1, [canonical(node, names)], []


def _tokens(latex):
    found, at, boxes = [], 0, set()
    while at < len(latex):
        if box := BOXED.match(latex, at):
            boxes.add(_closing(latex, box.end()) - 1)
            at = box.end()
            continue
        if at in boxes:
            at += 1
            continue
        if operator := OPERATOR.match(latex, at):
            texts = [r"\operatorname", "{", operator[1], "}"]
            found += [Token(t, "command", at, operator.end()) for t in texts]
            at = operator.end()
            continue
        if CONNECTIVE.match(latex, at) and found and found[-1].text not in BRACKETS:
            found.append(Token(",", "other", at, at))
        if remark := REMARK.match(latex, at):
            at = _closing(latex, remark.end())
            continue
        match = TOKEN.match(latex, at)
        text, at = match.group(), match.end()
        if text == ":" and latex[at : at + 1] == "=":
            text, at = ":=", at + 1
        if match.lastgroup != "space" and text not in (r"\\*",):
            found.append(Token(text, match.lastgroup, match.start(), at))
    before = [None, *found]
    empty = {
        id(token)
        for last, first, second in zip(before, found, found[1:], strict=False)
        if (first.text, second.text) == ("{", "}") and (last is None or last.text not in "_^")
        for token in (first, second)
    }
    return _without_environments([token for token in found if id(token) not in empty])


def _closing(latex, at):
    depth, start = 1, at
    while at < len(latex):
        depth += {"{": 1, "}": -1}.get(latex[at], 0)
        at += 1
        if depth == 0:
            return at
    raise DerivationError("this brace is never closed", latex, start - 1)


def _one_line(latex):
    """A member by itself, as it can be typeset: without what aligns, numbers and ends it."""
    latex = re.sub(
        r"\\(?:tag\*?|label)\{[^}]*\}|\\(?:begin|end)\{" + ALIGNING + r"\*?\}", " ", latex
    )
    parts = re.split(r"(\\(?:begin|end)\{[^}]*\})", re.sub(r"(?<!\\)%[^\n]*\n?", " ", latex))
    depth = 0
    for n, part in enumerate(parts):
        depth += part.startswith(r"\begin") - part.startswith(r"\end")
        parts[n] = re.sub(r"\\\\|(?<!\\)&", " ", part) if depth == 0 else part
    return re.sub(
        r"(?:\s|[,;]|(?<!\\right)\.|\\q?quad|\\nonumber)+$", "", " ".join("".join(parts).split())
    )


def _without_environments(tokens):
    """Drop \\begin and \\end of environments that only align; keep the others."""
    out, n, kept = [], 0, 0
    while n < len(tokens):
        if tokens[n].text == "&" and not kept:
            pass
        elif tokens[n].text in (r"\begin", r"\end"):
            name, n_end = "", n + 1
            while n_end < len(tokens) and tokens[n_end].text != "}":
                name += tokens[n_end].text if tokens[n_end].text != "{" else ""
                n_end += 1
            if not re.fullmatch(ALIGNING, name.rstrip("*")):
                kind = "begin" if tokens[n].text == r"\begin" else "end"
                kept += 1 if kind == "begin" else -1
                last = tokens[min(n_end, len(tokens) - 1)]
                out.append(Token(name, kind, tokens[n].at, last.end))
            n = n_end
        else:
            out.append(tokens[n])
        n += 1
    return out


class _Parser:
    def __init__(self, latex, functions):
        self.latex, self.tokens, self.functions = latex, _tokens(latex), functions
        self.n, self.depth, self.open_bars, self.in_rows = 0, 0, (), False

    # reading tokens

    def peek(self, ahead=0):
        n = self.n + ahead
        return self.tokens[n].text if n < len(self.tokens) else ""

    def kind(self):
        return self.tokens[self.n].kind if self.n < len(self.tokens) else ""

    def at(self):
        return self.tokens[self.n].at if self.n < len(self.tokens) else max(len(self.latex) - 1, 0)

    def take(self):
        if self.n >= len(self.tokens):
            self.fail("the equation ends too early")
        self.n += 1
        return self.tokens[self.n - 1].text

    def skip(self, text):
        if self.peek() == text:
            self.n += 1
            return True
        return False

    def expect(self, text):
        if not self.skip(text):
            self.fail(f"expected {text}, got {self.peek() or 'the end'}")

    def newlines(self):
        """A line may break where the expression goes on; in a matrix it ends a row."""
        while not self.in_rows and self.peek() in (r"\\", r"\quad", r"\qquad"):
            self.n += 1

    def fail(self, message, at=None):
        raise DerivationError(message, self.latex, self.at() if at is None else at)

    # statements and relations

    def statements(self):
        found, linked = [], False  # what follows ⟹ or ⟺ is a statement of its own
        while self.n < len(self.tokens):
            if self.peek() in SEPARATORS:
                self.n += 1
            elif self.peek() in LINKS:
                self.take()
                linked = True
            elif self.relation_ahead() and found and not linked:
                found[-1] = self.chain(found[-1])
            else:
                found.append(_unwrapped(self.chain(Statement((), (), ()))))
                linked = False
        if not found:
            self.fail("there is no equation here", 0)
        return found

    def chain(self, before):
        members, relations, source = map(list, (before.members, before.relations, before.source))
        while True:
            if members:
                relations.append(self.relation())
                self.newlines()
            start = self.tokens[self.n - 1].end if self.n else 0
            members.append(self.domain() if relations and relations[-1] == "in" else self.sum())
            source.append(
                _one_line(self.latex[start : self.at()] if self.peek() else self.latex[start:])
            )
            n = self.n
            while self.peek() in (r"\\",):
                self.n += 1
            if not self.relation_ahead():
                self.n = n
                return Statement(tuple(members), tuple(relations), tuple(source))

    def relation_ahead(self):
        return self.peek() in RELATIONS or self.peek() in OVERSETS

    def relation(self):
        if self.peek() in OVERSETS:
            self.take()
            self.skip_group()
            self.expect("{")
            found = self.relation()
            self.expect("}")
            return found
        if self.peek() not in RELATIONS:
            self.fail("expected a relation such as =")
        return RELATIONS[self.take()]

    def skip_group(self):
        self.expect("{")
        depth = 1
        while depth:
            depth += {"{": 1, "}": -1}.get(self.take(), 0)

    def domain(self):
        """What stands after \\in: \\mathbb{R}^{a \\times b}, \\{1, \\dots, C\\}, or [0, 1)."""
        at, opening = self.at(), self.peek()
        if opening in (r"\{", "[", "("):
            self.take()
            items = self.items()
            closing = self.take()
            if opening == r"\{":
                return Node("set", items, at)
            if len(items) != 2 or closing not in ("]", ")"):
                self.fail("an interval has two ends, such as [0, 1)", at)
            return Node("interval", (*items, opening + closing), at)
        self.expect(r"\mathbb")
        self.group_text()
        if not self.skip("^"):
            return Node("shape", (Node("num", (1.0,)), Node("num", (1.0,))), at)
        braced = self.skip("{")
        rows = self.factors(stop=(r"\times",)) if braced else self.primary()
        columns = self.sum() if braced and self.skip(r"\times") else Node("num", (1.0,))
        if braced:
            self.expect("}")
        return Node("shape", (rows, columns), at)

    # expressions

    def deeper(self):
        self.depth += 1
        if self.depth > MAX_DEPTH:
            self.fail(f"nested more than {MAX_DEPTH} deep")

    def sum(self):
        self.deeper()
        at = self.at()
        node = self.signed()
        while True:
            n = self.n
            self.newlines()
            if self.peek() == r"\pm":  # a sign that is a symbol
                self.take()
                sign = Node("name", (r"\pm", (), None), at)
                node = Node("add", (node, Node("mul", (sign, self.product()), at)), at)
            elif self.peek() in ("+", "-"):
                op = "add" if self.take() == "+" else "sub"
                self.newlines()
                if op == "add" and self.peek() in DOTS:  # a + b + … + z
                    self.take()
                    self.expect("+")
                    node = self.series(node, self.product(), at)
                else:
                    node = Node(op, (node, self.product()), at)
            else:
                self.n = n
                self.depth -= 1
                return node

    def signed(self):
        at = self.at()
        if self.peek() in ("-", "+"):
            return Node("neg", (self.product(),), at) if self.take() == "-" else self.product()
        return self.product()

    def series(self, node, last, at):
        terms = [last]
        while node.op == "add":
            terms.insert(0, node.args[1])
            node = node.args[0]
        return Node("series", (node, *terms), at)

    def product(self):
        r"""Factors side by side, which bind tighter than ⊙, ⊘ and ⊗ between them."""
        at, node = self.at(), self.factors()
        while True:
            n = self.n
            self.newlines()
            if self.peek() not in ENTRYWISE:
                self.n = n
                return node
            op = ENTRYWISE[self.take()]
            self.newlines()
            node = Node(op, (node, self.factors()), at)

    def factors(self, stop=()):
        at = self.at()
        node = self.signed() if self.peek() in ("-", "+") else self.primary()
        while True:
            n = self.n
            self.newlines()
            if self.peek() in PRODUCTS and self.peek() not in stop:
                op = PRODUCTS[self.take()]
                self.newlines()
                right = self.signed() if self.peek() == "-" else self.primary()
                node = Node(op, (node, right), at)
            elif self.starts_primary() and n == self.n:
                node = Node("mul", (node, self.primary()), at)
            else:
                self.n = n
                return node

    def starts_primary(self):
        text, kind = self.peek(), self.kind()
        if kind in ("number", "letter", "begin"):
            return True
        if text in ("(", "[", "{", r"\{", r"\lvert", r"\lVert", r"\langle", r"\lbrace"):
            return True
        if text in ("|", r"\|"):
            return text not in self.open_bars
        ends = (
            (r"\pm",),
            RELATIONS,
            LINKS,
            SEPARATORS,
            PRODUCTS,
            ENTRYWISE,
            DOTS,
            BRACKETS.values(),
            OVERSETS,
        )
        return kind == "command" and not any(text in group for group in ends)

    def primary(self):
        self.deeper()
        at = self.at()
        node = self.postfix(self.atom(), at)
        self.depth -= 1
        return node

    def atom(self):
        at, text, kind = self.at(), self.peek(), self.kind()
        if kind == "number":
            return Node("num", (float(self.take().replace("\\,", "")),), at)
        if kind == "begin":
            return self.environment()
        if text in ("[", "{", r"\{", "(", r"\lbrace"):
            return self.bracket()
        if text in ("|", r"\lvert", r"\|", r"\lVert"):
            return self.bars()
        if text == r"\langle":
            self.take()
            left = self.sum()
            self.expect(",")
            node = Node("inner", (left, self.sum()), at)
            self.expect(r"\rangle")
            return node
        if text in (r"\frac", r"\dfrac", r"\tfrac", r"\cfrac"):
            return self.fraction()
        if text in REDUCTIONS or text == r"\operatorname*":
            return self.reduction()
        if text in FUNCTIONS:
            return self.function()
        if text == r"\nabla":
            return self.nabla()
        if text == r"\partial":
            return self.slashed()
        if text in (r"\underbrace", r"\overbrace"):
            self.take()
            node = self.bracket()
            while self.peek() in ("_", "^"):
                self.take()
                self.skip_group() if self.peek() == "{" else self.take()
            return node
        if text in (r"\mathbb", r"\mathbf", r"\boldsymbol", r"\mathbf1") and self.is_indicator():
            return self.indicator()
        if kind in ("letter", "command"):
            return self.name()
        return self.fail(f"cannot read {text or 'the end'} here")

    def bracket(self):
        at, opening = self.at(), self.take()
        if opening not in BRACKETS:
            self.fail(f"expected a bracket, got {opening}", at)
        outside, self.in_rows = self.in_rows, False
        node = self.sum()
        if opening in ("[", r"\{", "(") and self.relation_ahead():  # Iverson's bracket
            node = Node("indicator", (node, self.relation(), self.sum()), at)
        if opening == "(" and self.skip(","):  # (a, b, c) is a column
            cells = (node, *self.items())
            node = Node("matrix", tuple((cell,) for cell in cells), at)
        self.newlines()
        self.in_rows = outside
        self.expect(BRACKETS[opening])
        iverson = opening != "(" and node.op == "indicator"
        return node if opening == "{" or iverson else Node("group", (node,), at)

    def items(self, most=1000):
        """Expressions between commas, or dots."""
        found = []
        while not found or (len(found) < most and self.skip(",")):
            at = self.at()
            if self.peek() in DOTS:
                self.take()
                found.append(Node("dots", (), at))
            else:
                found.append(self.sum())
        return tuple(found)

    def bars(self):
        at, opening = self.at(), self.take()
        before, self.open_bars = self.open_bars, (*self.open_bars, opening)
        node = self.sum()
        self.open_bars = before
        self.expect(BRACKETS[opening])
        if opening in (r"\|", r"\lVert"):
            if self.peek() == "_":  # ‖·‖_2, ‖·‖_F, ‖·‖_\infty
                self.take()
                kind = self.group_text() if self.peek() == "{" else self.take()
                return Node("norm", (node, kind), at)
            return Node("norm", (node, ""), at)
        return Node("abs", (node,), at)

    def fraction(self):
        at = self.at()
        self.take()
        if self.peek() == "{" and self.peek(1) in (r"\partial", "d"):
            n = self.n
            self.take()
            self.take()
            order = self.order()
            braced = None if self.peek() == "}" else self.product()
            self.expect("}")
            if self.peek(1) in (r"\partial", "d"):
                return self.partial(braced, order, at)
            self.n = n
        top = self.argument()
        return Node("div", (top, self.argument()), at)

    def order(self):
        """^2 behind ∂ or ∇; 1 if nothing stands there."""
        if not self.skip("^"):
            return 1
        order = self.argument()
        if order.args not in ((1.0,), (2.0,), (3.0,)):
            self.fail("a derivative is at most of third order", order.at)
        return int(order.args[0])

    def argument(self):
        if self.peek() == "{":
            self.take()
            node = self.sum()
            self.expect("}")
            return node
        self.split_digits()
        return self.atom()

    def split_digits(self):
        r"""Read x^12 as x^1 2, \frac12 as 1/2, W_{12} as W_{1,2}."""
        token = self.tokens[self.n] if self.kind() == "number" else None
        if token and len(token.text) > 1 and token.text.isdigit():
            first = Token(token.text[0], "number", token.at, token.at + 1)
            rest = Token(token.text[1:], "number", token.at + 1, token.end)
            self.tokens[self.n : self.n + 1] = [first, rest]

    def slashed(self):
        """∂a/∂b on one line."""
        at = self.at()
        self.take()
        order, target = self.order(), self.primary()
        self.expect("/")
        return self.derivative(target, order, at)

    def partial(self, target, order, at):
        """What follows the numerator of a fraction with ∂."""
        self.expect("{")
        if target is not None:
            node = self.derivative(target, order, at)
            self.expect("}")
            return node
        n = self.n
        self.derivative(Node("num", (0.0,), at), order, at)  # reads over the denominator
        self.expect("}")
        bracket = self.peek() in ("(", "[", r"\{")  # it ends with the bracket
        target, after, self.n = self.primary() if bracket else self.product(), self.n, n
        node = self.derivative(target, order, at)
        self.n = after
        return node

    def derivative(self, target, order, at):
        variables = []
        while self.peek() in (r"\partial", "d"):
            self.take()
            variable, times = self.variable()
            variables += [variable] * times
        if len(variables) != order:
            self.fail(f"∂ of order {order} by {len(variables)} variables", at)
        for variable in reversed(variables):
            target = Node("derivative", (target, variable), at)
        return target

    def variable(self):
        """What a derivative is taken by: a name, perhaps transposed, perhaps squared."""
        node = self.primary()
        if node.op == "pow":
            if node.args[1].args not in ((1.0,), (2.0,), (3.0,)):
                self.fail("a derivative is at most of third order", node.at)
            return node.args[0], int(node.args[1].args[0])
        if node.op == "transpose":
            node = node.args[0]
        return node, 1

    def nabla(self):
        at = self.at()
        self.take()
        order = self.order()
        if not self.skip("_"):
            self.fail(r"\nabla needs a subscript that says by what", at)
        variable = self.argument()
        order = max(order, self.order())
        target = self.primary()
        if target.op == "call" and len(target.args) == 2 and order == 1:
            return Node("gradient", (*target.args, variable), at)
        for _ in range(order):
            target = Node("derivative", (target, variable), at)
        return target

    def reduction(self):
        at, command = self.at(), self.take()
        if command == r"\operatorname*":
            command = "\\" + self.group_text()
        op, low, high = REDUCTIONS[command], None, None
        while self.peek() in ("_", "^"):
            if self.take() == "_":
                low = self.bound()
            elif self.kind() == "letter":
                high = Node("name", (self.take(), (), None), at)
            else:
                high = self.argument()
        if low is None and op in ("max", "min"):
            return Node("call", (op, self.bracket()), at)
        index, relation, start = low or (None, None, None)
        return Node(op, (index, relation, start, high, self.product()), at)

    def bound(self):
        """The index below a sum: j, j=1, j \\neq y, or j: p_j > 0."""
        braced = self.skip("{")
        index = self.name()
        relation, start = None, None
        if braced and self.skip(":"):
            left = self.sum()
            relation, start = "where", Node("indicator", (left, self.relation(), self.sum()))
        elif braced and self.relation_ahead():
            relation, start = self.relation(), self.sum()
        if braced:
            self.expect("}")
        return index, relation, start

    def function(self):
        at, command = self.at(), self.take()
        name = FUNCTIONS[command]
        power = self.argument() if self.skip("^") else None
        if self.peek() in ("(", "[", "{", r"\{"):
            argument = self.bracket()
        else:
            argument = self.primary()
            while self.starts_primary() and self.peek() not in FUNCTIONS:
                argument = Node("mul", (argument, self.primary()), at)
        node = Node("call", (name, argument), at)
        return Node("pow", (node, power), at) if power else node

    def is_indicator(self):
        inner = self.peek(1), self.peek(2), self.peek(3)
        if inner[0] == "{" and inner[1] in ("1", "I") and inner[2] == "}":
            return self.peek() == r"\mathbb" or self.peek(4) == r"\{"
        return self.peek() == r"\mathbb" and inner[0] in ("1", "I")

    def indicator(self):
        at = self.at()
        self.take()
        if self.take() == "{":
            self.take()
            self.expect("}")
        opening = self.take()
        if opening not in BRACKETS:
            self.fail("expected what the indicator tests in brackets, such as \\{j = k\\}")
        left, relation, right = self.sum(), self.relation(), self.sum()
        self.expect(BRACKETS[opening])
        return Node("indicator", (left, relation, right), at)

    def group_text(self):
        self.expect("{")
        text = ""
        while self.peek() != "}":
            text += self.take()
        self.take()
        return text

    # names, with their indices

    def name(self):
        at, text = self.at(), self.take()
        if text in (r"\operatorname", r"\mathrm", r"\mathtt", r"\mathit"):
            head = "\\operatorname{" + self.group_text() + "}"
        elif text in STYLES or text in ACCENTS:
            style = (
                r"\mathbf"
                if text in STYLES
                else text.replace("wide", "").replace("overline", "bar")
            )
            if self.peek() == "{":
                self.take()
                inner = self.name()
                self.expect("}")
            else:
                inner = Node("name", (self.take(), (), None), at)
            if inner.op != "name":
                self.fail("expected a symbol", at)
            head = self.marked(f"{style}{{{inner.args[0]}}}")
            return self.indexed(head, at, inner.args[1])
        else:
            head = r"\operatorname{det}" if text == r"\det" else text
        return self.indexed(self.marked(head), at)

    def marked(self, head):
        """A name with what makes it another name: W', W^\\star."""
        while True:
            if self.peek() == "'" and head not in self.functions:
                head += self.take()
            elif self.peek() == "^" and self.peek(1) in (r"\star", "*", r"\ast"):
                self.n += 2
                head += r"^\star"
            elif (self.peek(), self.peek(1), self.peek(3)) == ("^", "{", "}") and self.peek(2) in (
                r"\star", "*", r"\ast"):  # fmt: skip
                self.n += 4
                head += r"^\star"
            else:
                return head

    def indexed(self, head, at, subscripts=()):
        """Subscripts and the example's superscript (i), in any order; other superscripts stay."""
        example = None
        while True:
            if self.peek() == "_":
                self.take()
                subscripts = (*subscripts, *self.indices())
            elif self.peek() == "'" and subscripts and head not in self.functions:
                head += self.take()  # w_k' is w'_k
            elif self.peek() == "^" and (found := self.example()):
                example = found
            else:
                return Node("name", (head, subscripts, example), at)

    def indices(self):
        if not self.skip("{"):
            at = self.at()
            if self.kind() == "number":
                return (self.single_index(),)
            return (Node("name", (self.take(), (), None), at),)
        found = []
        while self.peek() != "}":
            if self.skip(","):
                continue
            if self.peek(1) != ",":
                self.split_digits()
            found.append(self.single_index())
            while self.peek() in ("+", "-"):
                op = "add" if self.take() == "+" else "sub"
                found[-1] = Node(op, (found[-1], self.single_index()), found[-1].at)
        self.take()
        return tuple(found)

    def single_index(self):
        if self.kind() == "number":
            return Node("num", (float(self.take().replace("\\,", "")),), self.at())
        if self.peek() in (r"\max", r"\min", r"\pm"):
            return Node("name", (self.take(), (), None), self.at())
        return self.name()

    def example(self):
        """^{(i)}, also as the first part of ^{(i)\\top}."""
        n = self.n
        self.take()
        braced = self.skip("{")
        if self.skip("("):
            if self.kind() == "number":
                index = Node("num", (float(self.take().replace("\\,", "")),), self.at())
            elif self.kind() in ("letter", "command"):
                index = self.name()
            else:
                index = None
            if index and self.skip(")"):
                if not braced or self.skip("}"):
                    return index
                if self.peek() in TRANSPOSES:
                    # leave ^{\top}: step back over a brace and a caret by editing the stream
                    here = self.tokens[self.n]
                    caret = [
                        Token("^", "other", here.at, here.at),
                        Token("{", "other", here.at, here.at),
                    ]
                    self.tokens[self.n : self.n] = caret
                    return index
        self.n = n
        return None

    def postfix(self, node, at):
        while True:
            if self.peek() == "^":
                self.take()
                if self.peek() in TRANSPOSES:
                    self.take()
                    node = Node("transpose", (node,), at)
                elif self.peek() == "{" and self.peek(1) in TRANSPOSES and self.peek(2) == "}":
                    self.n += 3
                    node = Node("transpose", (node,), at)
                elif self.peek() == "+":
                    self.take()
                    node = Node("pinv", (node,), at)
                else:
                    node = Node("pow", (node, self.argument()), at)
            elif self.peek() == "_" and node.op == "transpose" and node.args[0].op == "name":
                head, subscripts, example = node.args[0].args  # w^T_k is w_k^T
                self.take()
                inner = Node("name", (head, (*subscripts, *self.indices()), example), at)
                node = Node("transpose", (inner,), at)
            elif self.peek() == "_" and node.op in ("group", "call", "matrix", "transpose"):
                self.take()
                node = Node("entry", (node, self.indices()), at)
            elif self.peek() == "(" and node.op == "name" and self.names_a_function(node):
                node = self.call(node, at)
            elif self.peek() == "'":
                node = self.primes(node, at)
            elif node.op == "name" and node.args[0].startswith(r"\operatorname"):
                inner = self.primary()  # \operatorname{diag} \mathbf{p}
                node = Node("call", (node.args[0], inner), at)
            else:
                return node

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
        head = node.args[0]
        return (
            head.startswith(r"\operatorname")
            or {head, node.text} & self.functions
            or node.text in EIGENVALUES
        )

    def call(self, node, at):
        """A function and its arguments; of `Y = k` and the like, k is the argument."""
        self.take()
        before, self.open_bars = self.open_bars, ("|", r"\|")
        arguments = []
        while not arguments or self.peek() in (",", ";", "|", r"\|", r"\mid"):
            if arguments:
                self.take()
            arguments += self.items(1)
            if self.relation_ahead() and self.relation():
                arguments[-1] = self.sum()
        self.open_bars = before
        self.expect(")")
        head, subscripts, _ = node.args
        if node.text in self.functions or node.text in EIGENVALUES:
            head, subscripts = node.text, ()
        made = Node("call", (head, *arguments), at)
        return Node("entry", (made, subscripts), at) if subscripts else made

    # environments

    def environment(self):
        at, name = self.at(), self.take()
        self.deeper()
        outside, self.in_rows = self.in_rows, True
        if name.startswith("array") or name.rstrip("*") in ("bmatrix", "pmatrix", "matrix"):
            if name.startswith("array") and self.peek() == "{":
                self.skip_group()
            node = Node("matrix", self.rows(lambda: self.sum()), at)
        elif name == "cases":
            rows = self.rows(self.case)
            if any(len(row) > 2 or any(part.op == "dots" for part in row) for row in rows):
                self.fail("each line of cases is a value and a condition", at)
            node = Node("cases", rows, at)
        else:
            self.fail(f"the environment {name} is not read", at)
        self.in_rows = outside
        self.depth -= 1
        return node

    def rows(self, cell):
        """The cells of an environment, row by row; dots may stand for a cell."""
        rows, row = [], []
        while True:
            if self.kind() == "end":
                self.take()
                return tuple(map(tuple, [*rows, row] if row else rows))
            if self.peek() == r"\\":
                self.take()
                rows += [row] if row else []
                row = []
            elif self.peek() in ("&", ",", ".", r"\quad", r"\qquad"):
                self.take()
            elif self.peek() in DOTS:
                row.append(Node("dots", (), self.at()))
                self.take()
            else:
                row.append(cell())

    def case(self):
        """A value, or a condition such as j = k."""
        at, left = self.at(), self.sum()
        if not self.relation_ahead():
            return left
        return Node("indicator", (left, self.relation(), self.sum()), at)
