r"""How many small slips in the book's own equations does the checker find?

usage: python benchmarks/mutants.py        writes benchmarks/mutants.json

Every checked displayed equation is altered in one place at a time: a sign flipped, a factor or a
denominator dropped, an index swapped, a transpose dropped, a bound changed, a pair of brackets
dropped. A mutant counts if it can be read and is another expression than the original; it is
rejected if one of its steps fails or cannot be evaluated.
"""

import json
import re
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from softmax_lib.derivation import DerivationError, check_derivation
from softmax_lib.derivation.parser import Node, _closing, _tokens
from softmax_lib.derivation.report import is_condition

HOME = Path(__file__).resolve().parent
sys.path.insert(0, str(HOME.parent / "tools"))
import equations  # noqa: E402

RESULTS = HOME / "mutants.json"
TRANSPOSE = re.compile(r"\^\\top|\^\{\\top\}|(?<=\))\\top(?=\})")
LOWER = re.compile(r"(?<=[a-z]=)[01](?=\})|(?<=[a-z] = )[01](?=\})")
UPPER = re.compile(r"(?<=\}\^)[A-Zm](?![A-Za-z])")


def mutants(equation):
    """(kind, LaTeX) of every alteration that reads as something else."""
    latex, vocabulary = equation.latex, equation.vocabulary
    original = _bare(equations.read(latex, vocabulary))
    spans = list(_checked_spans(equation))
    seen = set()
    for kind, start, end, text in _edits(equation):
        if not any(low <= start < high for low, high in spans):
            continue
        mutant = latex[:start] + text + latex[end:]
        try:
            changed = _bare(equations.read(mutant, vocabulary)) != original
        except DerivationError:
            continue
        if changed and mutant not in seen:
            seen.add(mutant)
            yield kind, mutant


def rejected(latex, vocabulary):
    try:
        return not check_derivation(latex, vocabulary)
    except DerivationError:
        return True


def _checked_spans(equation):
    """Where the members of steps stand that are more than a definition."""
    steps = iter(equation.report.steps)
    statements = equations.read(equation.latex, equation.vocabulary)
    ends = [s.members[0].at for s in statements[1:]] + [len(equation.latex)]
    for statement, end in zip(statements, ends, strict=True):
        begins = [m.at for m in statement.members] + [end]
        if len(statement.members) == 1 or is_condition(statement, equation.vocabulary):
            continue
        for n, _ in enumerate(statement.relations):
            if not next(steps).definition:
                yield begins[n], begins[n + 2]


def _edits(equation):
    """(kind, start, end, replacement) of every alteration."""
    latex = equation.latex
    tokens = _tokens(latex)
    for token in tokens:
        if token.text in "+-":
            yield "sign", token.at, token.end, "-" if token.text == "+" else "+"
    for match in TRANSPOSE.finditer(latex):
        yield "transpose", *match.span(), ""
    for match in LOWER.finditer(latex):
        yield "bound", *match.span(), str(int(match[0]) + 1)
    for match in UPPER.finditer(latex):
        yield "bound", *match.span(), f"{{{match[0]}-1}}"
    for match in re.finditer(r"(?<=_\{[a-z] )\\neq?(?![a-z])", latex):
        yield "bound", *match.span(), "="
    yield from _brackets(latex, tokens)
    statements = equations.read(latex, equation.vocabulary)
    nodes = [n for s in statements for m in s.members for n in m.walk()]
    yield from _factors(latex, nodes)
    yield from _indices(nodes, equation.vocabulary)


def _brackets(latex, tokens):
    open_ = []
    for token in tokens:
        if token.text == "(":
            open_.append(token)
        elif token.text == ")" and open_:
            start = open_.pop()
            if latex[: start.at].endswith("^{"):  # the example's superscript
                continue
            yield "bracket", start.at, token.end, latex[start.end : token.at]


def _factors(latex, nodes):
    for node in nodes:
        if node.op == "mul":
            left, right = node.args
            first = left.args[1] if left.op == "mul" else left
            yield "factor", first.at, right.at, ""
        if node.op == "div" and (fraction := re.match(r"\\[dt]?frac\{", latex[node.at :])):
            end = _closing(latex, node.at + fraction.end())
            if latex[end] == "{":
                top = latex[node.at + fraction.end() : end - 1]
                yield "factor", node.at, _closing(latex, end + 1), f"\\left({top}\\right)"


def _indices(nodes, vocabulary):
    letters = vocabulary.indices
    names = [n for n in nodes if n.op == "name"]
    used = {s.args[0] for n in names for s in (*n.args[1], n.args[2]) if s and s.op == "name"}
    for name in names:
        for index in filter(None, (*name.args[1], name.args[2])):
            letter = index.args[0] if index.op == "name" else None
            if letter in letters:
                alike = [a for a in letters if letters[a] == letters[letter] and a != letter]
                others = [a for a in alike if a in used] or alike
                if others:
                    yield "index", index.at, index.at + 1, others[0]


def _bare(tree):
    """A tree without places and brackets."""
    if isinstance(tree, (tuple, list)):
        return tuple(map(_bare, tree))
    if isinstance(tree, Node):
        return _bare(tree.args[0]) if tree.op == "group" else (tree.op, _bare(tree.args))
    if hasattr(tree, "members"):
        return _bare(tree.members), tree.relations
    return tree


def survivors_of(page):
    """Counts by kind of what was made and rejected, and the mutants that were not."""
    made, found, survivors = Counter(), Counter(), []
    for equation in equations.book()[page]:
        if equation.display and equation.state == "checked":
            for kind, mutant in mutants(equation):
                made[kind] += 1
                if rejected(mutant, equation.vocabulary):
                    found[kind] += 1
                else:
                    survivors.append((page, kind, _squeezed(equation.latex), _squeezed(mutant)))
    return made, found, survivors


def _squeezed(latex):
    return " ".join(latex.split())


def measure():
    """The same for all pages."""
    with ProcessPoolExecutor(2, initializer=equations.book) as pool:
        parts = list(pool.map(survivors_of, equations.book()))
    made, found = (sum((part[n] for part in parts), Counter()) for n in (0, 1))
    return made, found, [survivor for part in parts for survivor in part[2]]


def write(made, found, survivors):
    """The results, with what survivors.py says of the survivors."""
    from survivors import reasons

    results = {"made": made, "rejected": found, "reasons": reasons(), "survivors": survivors}
    RESULTS.write_text(json.dumps(results, indent=1, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    made, found, survivors = measure()
    write(made, found, survivors)
    print(f"{found.total()} of {made.total()} rejected; {len(survivors)} survive")
