"""From trees to LaTeX, with as few brackets as read back to the same tree."""

import functools
import re

from .syntax import REDUCTIONS, Node, loose, renamed, rewritten

__all__ = ["PRODUCT", "apart", "binding", "cleared", "latex_of"]

SIGNS = {"=": "=", "!=": r"\neq", "<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "~": r"\approx",
         "in": r"\in", "propto": r"\propto"}  # fmt: skip
# How tightly a term binds, a factor, an evaluation bar or a call in braces, a power, an atom.
TERM, PRODUCT, CALL, FACTOR, ATOM = 2.5, 4, 5, 6, 7
# How an operation on trees is written, how tightly it binds, and how tightly its parts have to.
FORMS = {
    "add": ("{} + {}", 1, 1, TERM),
    "sub": ("{} - {}", 1, 1, TERM),
    "neg": ("-{}", 2, TERM),
    "frobenius": ("{} : {}", 2, 2, 3),
    "odot": (r"{} \odot {}", 3, 3, 4),
    "oslash": (r"{} \oslash {}", 3, 3, 4),
    "kron": (r"{} \otimes {}", 3, 3, 4),
    "mul": ("{} {}", PRODUCT, PRODUCT, FACTOR),
    "dot": (r"{} \cdot {}", PRODUCT, PRODUCT, FACTOR),
    "times": (r"{} \times {}", PRODUCT, PRODUCT, FACTOR),
    "div": (r"\frac{{{}}}{{{}}}", ATOM, 0, 0),
    "root": (r"\sqrt[{1}]{{{0}}}", ATOM, 0, 0),
    "differential": (r"\mathrm{{d}} {}", FACTOR, ATOM),
    "abs": (r"\lvert {} \rvert", ATOM, 0),
    "inner": (r"\langle {}, {} \rangle", ATOM, 0, 0),
    "without": (r"{} \setminus {}", ATOM, 0, 0),
    "column": (r"\left({}\right)_{{{}}}", ATOM, 0, 0),
    "otherwise": (r"\text{{otherwise}}", ATOM),
    "dots": (r"\dots", ATOM),
}
BINDS = {"series": 1, "factors": PRODUCT, "sum": TERM, "prod": TERM, "max": TERM, "min": TERM,
         "pow": FACTOR, "transpose": FACTOR, "pinv": FACTOR, "entry": FACTOR, "at": CALL,
         "gradient": CALL, "prime": FACTOR}  # fmt: skip


def latex_of(node):
    """A tree, or a statement, as LaTeX."""
    if isinstance(node, Node):
        return _written(node, 0)
    links = zip(node.relations, node.members[1:], strict=True)
    parts = (f" {SIGNS[relation]} {latex_of(member)}" for relation, member in links)
    return latex_of(node.members[0]) + "".join(parts)


def apart(tree):
    """A tree in which a sum runs over k' where it runs over a letter k that stands free, too."""
    free = {*loose(tree)}

    def rule(node):
        bounds = node.args[0] if node.op in REDUCTIONS else ()
        both = {b[0].args[0] for b in bounds if b[0] and b[0].plain} & free
        primed = {a: Node("name", (f"{a}'", (), None), node.at) for a in both}
        return Node(node.op, renamed(node.args, primed), node.at) if both else node

    return rewritten(tree, rule)


def binding(node):
    """How tightly a tree holds together: from 0, which wants brackets nearly everywhere, to 7."""
    return _plain(node)[1]


def _written(node, level):
    """A tree where what binds less tightly than `level` needs brackets."""
    text, binds = _plain(node)
    return text if binds >= level else rf"\left({text}\right)"


def _plain(node):
    """The LaTeX of a tree, and how tightly its operation binds."""
    op, args = node.op, node.args
    if op not in FORMS:
        text = globals()[f"_{op}"](*args)
        if op == "derivative" and text.startswith(r"\frac{\partial}{"):
            return text, TERM  # what follows would belong to it
        return text, BINDS.get(op, ATOM)
    template, binds, *levels = FORMS[op]
    parts = [_written(arg, level) for arg, level in zip(args, levels, strict=True)]
    if op == "mul" and parts[0][-1].isdecimal() and parts[1][0].isdecimal():
        parts[1] = rf"\left({parts[1]}\right)"
    return template.format(*parts), binds


def _list(nodes, separator=", "):
    return separator.join(map(latex_of, nodes))


def _num(text):
    return text


def _drawn(symbol):
    return symbol.latex


def _name(head, subscripts, example):
    return Node("name", (head, subscripts, example)).text


def _series(*terms):
    *first, last = (_written(term, TERM) for term in terms)
    return " + ".join(first) + r" + \dots + " + last


def _factors(*factors):
    *first, last = (_written(factor, FACTOR) for factor in factors)
    return r" \cdot ".join(first) + r" \cdots " + last


def _pow(a, n):
    base = rf"\left({latex_of(a)}\right)" if a.op == "call" else _raised(a)
    return f"{base}^{{{latex_of(n)}}}"


def _transpose(a):
    return rf"{_raised(a)}^\top"


def _pinv(a):
    return f"{_raised(a)}^+"


def _raised(a):
    """What has an exponent; TeX sets no second one beside that of an example."""
    text = _written(a, ATOM)
    return f"{{{text}}}" if a.op == "name" and "^" in text else text


def _entry(a, indices):
    return rf"\left({latex_of(a)}\right)_{{{_list(indices, ',')}}}"


def _at(a, values):
    inside = ", ".join(f"{latex_of(v)} = {latex_of(b)}" for v, b in values)
    return rf"{_written(a, ATOM)}|_{{{inside}}}"


def _norm(a, kind):
    return rf"\lVert {latex_of(a)} \rVert" + (f"_{{{kind}}}" if kind else "")


def _call(function, *arguments):
    if function.args[0] == r"\sqrt":
        return rf"\sqrt{{{latex_of(arguments[0])}}}"
    if arguments[0].op == "event" and len(arguments) > 1:
        given = _list(arguments[1:])
        return rf"{function.text}\left({latex_of(arguments[0])} \mid {given}\right)"
    return rf"{function.text}\left({_list(arguments)}\right)"


def _event(a, relation, b):
    return f"{latex_of(a)} {SIGNS[relation]} {latex_of(b)}"


def _slope(function, by, *places):
    if len(places) == 1:
        return rf"{function.text}{''.join(by)}\left({latex_of(*places)}\right)"
    below = " ".join(rf"\partial {latex_of(variable)}" for variable in by)
    order = f"^{len(by)}" * (len(by) > 1)
    return rf"\frac{{\partial{order} {function.text}}}{{{below}}}\left({_list(places)}\right)"


def _indicator(a, relation, b):
    return rf"\mathbb{{1}}\{{{_event(a, relation, b)}\}}"


def _sum(bounds, high, body, sign=r"\sum"):
    below = f"_{{{', '.join(map(_bound, bounds))}}}" if bounds else ""
    above = f"^{{{latex_of(high)}}}" if high is not None else ""
    held = sign == r"\prod" and body.op in ("mul", "dot")  # its last factors would stand behind it
    return f"{sign}{below}{above} {_written(body, FACTOR if held else TERM)}"


_prod, _max, _min = (functools.partial(_sum, sign=sign) for sign in (r"\prod", r"\max", r"\min"))


def _bound(bound):
    index, relation, limit = bound
    if index is None:
        return _tests(limit)
    if relation is None:
        return latex_of(index)
    if relation == "where":
        return f"{latex_of(index)}: {_tests(limit)}"
    return _event(index, relation, limit)


def _tests(node):
    """One condition or more, without the indicator around them."""
    if node.op == "mul":
        return ", ".join(map(_tests, node.args))
    return _event(*node.args) if node.op == "indicator" else latex_of(node)


def _cases(*rows):
    return _table("cases", ([latex_of(row[0]), *map(_tests, row[1:])] for row in rows))


def _matrix(*rows):
    return _table("bmatrix", (map(latex_of, row) for row in rows))


def _table(environment, rows):
    inside = r" \\ ".join(map(" & ".join, rows))
    return rf"\begin{{{environment}}} {inside} \end{{{environment}}}"


def _derivative(target, variable):
    below = rf"\partial {_written(variable, FACTOR)}"
    if target.op not in ("derivative", "differential") and _plain(target)[1] >= 3:
        return rf"\frac{{\partial {latex_of(target)}}}{{{below}}}"
    return rf"\frac{{\partial}}{{{below}}} \left({latex_of(target)}\right)"


def _prime(target, *variable):
    return _derivative(target, *variable) if variable else rf"\left({latex_of(target)}\right)'"


def _gradient(function, argument, variable):
    return rf"\nabla_{{{latex_of(variable)}}} {_call(function, argument)}"


def _set(*items):
    return rf"\{{{_list(items)}\}}"


def _interval(low, high, brackets):
    return f"{brackets[0]}{latex_of(low)}, {latex_of(high)}{brackets[1]}"


def _cube(domain, rows, columns):
    return latex_of(domain) + _shape(rows, columns)


def _domain(letter, rows, columns):
    return rf"\mathbb{{{letter}}}" + _shape(rows, columns)


def _shape(rows, columns):
    if columns.args != ("1",):
        return f"^{{{_written(rows, 3)} \\times {latex_of(columns)}}}"
    return "" if rows.args == ("1",) else f"^{{{latex_of(rows)}}}"


def cleared(latex):
    """A member's LaTeX without what only aligns, for a report."""
    latex = re.sub(
        r"\\(?:begin|end)\s*\{(?:aligned|align|split|gathered|gather|equation)\*?\}", "", latex
    )
    if r"\begin" in latex:
        return latex
    return re.sub(r"(?<!\\)&|\\\\(?:\[[^\]]*\])?|\\quad|\\qquad|%[^\n]*", " ", latex)
