"""LaTeX before it is cut into tokens: what only lays out gives way to what it means.

All that is put in has the length of what it stands for, so that every place stays what it is.
"""

import re

from ..syntax import DerivationError

__all__ = ["HELD", "closing_brace", "evened"]


def evened(latex):
    """The same without what only lays out; every environment has an end."""
    latex = _barred(_unboxed(_unaligned(latex)))
    _balanced(latex)
    return latex


ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{([^{}]*)\}")
ARRAY = re.compile(r"\\begin\s*\{array\}\s*\{[rcl]+\}")
ARG = r"\\arg\s*\\(?:max|min)|\\operatorname\*?\s*\{\s*arg(?:\\,)?\s*(?:max|min)\s*\}"
BELOW = re.compile(rf"\\underset\s*\{{([^{{}}]*)\}}\s*\{{\s*(\\(?:max|min|sum|prod)|{ARG})\s*\}}")
CHOSEN = re.compile(
    r"(?<==)(\s*)\\left\s*\\\{\s*\\begin\s*\{aligned\}(.*?)\\end\s*\{aligned\}", re.DOTALL
)


def _unaligned(latex):
    r"""The same with blanks for an array that only aligns relations, & = &, and for \left\{ before
    an array of cases; with what stands below a sign as its index; and with = \left\{ and lines of
    two columns as cases."""
    for opening in ARRAY.finditer(latex):
        end = latex.find(r"\end{array}", opening.end())
        if re.search(r"&\s*(=|\\[lg]eq?|<|>)\s*&", latex[opening.end() : end]) and end > 0:
            close = end + len(r"\end{array}")
            latex = (latex[: opening.start()] + " " * len(opening[0]) + latex[opening.end() : end]
                     + " " * (close - end) + latex[close:])  # fmt: skip
    latex = CHOSEN.sub(_as_cases, latex)
    latex = BELOW.sub(lambda m: f"{m[2]}_{{{m[1]}}}".ljust(len(m[0])), latex)
    return re.sub(r"\\left\s*\\\{(?=\s*\\begin\s*\{(?:array|aligned|matrix)\})",
                  lambda m: " " * len(m[0]), latex)  # fmt: skip


def _as_cases(chosen):
    r"""The environment cases, as long as what it stands for."""
    lines = re.sub(r"(^|\\\\)(\s*)&", r"\1\2 ", chosen[2])
    if re.search(r"&\s*(?:=|\\[lg]eq?|<|>)", lines):  # a system of equations
        return chosen[0]
    opening = r"\begin{cases}".rjust(chosen.start(2) - chosen.start())
    return opening + lines + r"\end{cases}".ljust(len(chosen[0]) - len(opening) - len(lines))


def _barred(latex):
    r"""\\left. … \\right|_{…} with round brackets, as it covers all that stands between."""
    open_ = []
    for match in re.finditer(r"\\(left|right)\s*(\\[{}|]|[^\\\s])", latex):
        if match[1] == "left":
            open_.append(match)
        elif open_:
            begin = open_.pop()
            if begin[2] == "." and match[2] == "|":
                inside = latex[begin.end() : match.start()]
                before = latex[: begin.start()] + "(".ljust(len(begin[0]))
                latex = before + inside + ")|".rjust(len(match[0])) + latex[match.end() :]
    return latex


def _balanced(latex):
    """Every environment ends under its own name."""
    open_ = []
    for match in ENVIRONMENT.finditer(latex):
        if match[1] == "begin":
            open_.append(match)
        elif not open_ or open_.pop()[2] != match[2]:
            text = f"the environment {match[2]} does not begin"
            raise DerivationError(text, latex, match.start())
    if open_:
        text = f"the environment {open_[-1][2]} does not end"
        raise DerivationError(text, latex, open_[-1].start())


HELD = re.compile(r"[=<>≠≤≥≈∝∈&]|\\\\|\\(?:n?eq?|[lg](?:eq?|t)|approx|propto|in|equiv)(?![A-Za-z])")


def _unboxed(latex):
    """The same with blanks for the frames around equations."""
    for box in re.finditer(r"\\boxed\s*\{", latex):
        start, inside, end = *box.span(), closing_brace(latex, box.end())
        if HELD.search(latex[inside:end]):
            latex = latex[:start].ljust(inside) + latex[inside : end - 1] + " " + latex[end:]
    return latex


def closing_brace(latex, at):
    """Where the brace that opens before `at` is closed."""
    depth, start = 1, at
    while at < len(latex):
        if latex[at] == "\\":
            at += 1
        else:
            depth += {"{": 1, "}": -1}.get(latex[at], 0)
        at += 1
        if depth == 0:
            return at
    raise DerivationError("this brace is never closed", latex, start - 1)
