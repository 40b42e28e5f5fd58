r"""How many small slips in the book's own equations does the checker find?

usage: python tests/derivation/mutants.py [PAGE ...]     of all pages, writes mutants.json

Every member of every checked displayed equation is altered in one place at a time, as a tree: a
sign flipped, a factor or a denominator dropped, an index replaced, a transpose dropped, a bound
changed, a pair of brackets dropped, and in an inequality a constant changed by a tenth. The mutant
stands between the neighbours of the member, under the conditions of the equation. It counts if it
can be read and its normal form is another; one of an inequality only if it is not weaker, which is
so where the mutant lies on the safe side of the member. It is rejected if it is not accepted.
"""

import json
import os
import re
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

HOME = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path.insert(0, str(HOME))

from derivation import DerivationError, check_derivation  # noqa: E402
from derivation.bind import Binder  # noqa: E402
from derivation.fingerprint import Fingerprints  # noqa: E402
from derivation.printer import latex_of  # noqa: E402
from derivation.syntax import Node, Statement, walk  # noqa: E402
from website import equations  # noqa: E402

__all__ = [
    "KINDS", "REST", "RESULTS", "Mutant", "checked", "fate", "measure", "mutants_of", "same",
    "share", "verdict_of",
]  # fmt: skip

RESULTS = Path(__file__).with_name("mutants.json")
KINDS = ("sign", "factor", "index", "transpose", "bound", "bracket", "constant")
LESS, GREATER = ("<", "<="), (">", ">=")
PRODUCTS = ("mul", "dot", "times", "odot")
SEEDS = (1, 2, 3)  # beside 0
FLIPPED = {"!=": "=", "<": "<=", "<=": "<", ">": ">=", ">=": ">"}

# Mutants that are accepted: how many of a page, a pattern of their LaTeX, verdict, reason. They say
# the same ("equivalent"), less or something else that is right ("still true"), something of which
# neither a proof nor a violation is known ("undecided"), or they are wrong ("missed").
ONLY_JK = "the terms with j ≠ k are zero, so j may be k in the other factors"
SYMMETRIC = "the Jacobian of softmax is symmetric"
LABELS = "the numbers sum to one, so their sum may be left out"
SHIFT = "softmax does not feel what is added to all scores, and J is 0 along it"
ITSELF = "a row minus itself is 0 in every case: right, but it says nothing"
ZERO = "the other side is 0, and so it is whatever the factor"
ASSOCIATIVE = "products are associative, and a number may stand inside or outside of a sum"
ENTRYWISE = "diag(p) multiplies entry by entry, before or after a division"
CONSTANT = "its derivative is 0"
PARITY = "for even powers the numerator is 0, for odd ones the sign may stand inside or outside"
TEN = "false from ten classes on, with a step of about 3; the sizes end at 7"
STEPS = "false after many steps only; the indices t and T end at 3"
LARGE = "false for 10²⁴ classes, where an entropy minus its loss comes near log C"
LONG = "false with long steps that make most examples wrong; no case has so many examples"
FIRM = "false where the bias puts long examples firmly into the wrong class, and the step is long"
LOOSE = "the proof has room: no violation is known, and none was found by searching"
REST = (
    (2, "notation", r"x_\{d\}", "equivalent", ONLY_JK),
    (1, "softmax", r"^0 < p_\{j\} < 1", "equivalent", "a free index may have any name"),
    (1, "softmax", r"^0 < \\frac\{9\}", "still true", "a factor before a positive number"),
    (1, "softmax", r"\+ \\log\\left\(Z", "equivalent", LABELS),
    (1, "softmax", r"^\\frac\{9\}", "equivalent", ZERO),
    (2, "softmax", r"right\) = 0$", "equivalent", ZERO),
    (4, "softmax", r"\\mathbf\{s\} (- c|\+) \\mathbf\{1\}", "equivalent", SHIFT),
    (4, "softmax", r"_\{([jk])\} - .*_\{\1\}.* = 0$", "still true", ITSELF),
    (1, "softmax", r"v\}_\{k\}\\right\)\^\\top = 0", "still true",
     "the scores differ by a number, so the weights of all classes differ by one vector"),
    (1, "likelihood", r"\\prod", "equivalent", "a product of powers is the power of the product"),
    (2, "likelihood", r"= 0$", "equivalent", ZERO),
    (2, "quotient-rule", r"1\}\\\{j = k", "equivalent", ONLY_JK),
    (1, "quotient-rule", r"= \\frac\{0 ", "equivalent", "for k ≠ y the derivative before it is 0"),
    (1, "quotient-rule", r"b_\{k\}", "equivalent", "the factor is 1"),
    (2, "jacobian", r"1\}\\\{j = k\\\} p_\{k\} -", "equivalent", ONLY_JK),
    (2, "jacobian", r"\+ c (\\left\()?\\mathbf\{1\}\^", "equivalent", CONSTANT),
    (3, "jacobian", r"^\\begin\{bmatrix", "equivalent", LABELS),
    (1, "jacobian", r"^J \\mathbf\{1\}", "equivalent", LABELS),
    (1, "jacobian", r"^-\\left\(I", "equivalent", LABELS),
    (1, "jacobian", r"= \\sum_\{k = 1\}\^\{C\} p_\{k\} =", "equivalent", LABELS),
    (1, "jacobian", r"^J \\mathbf\{v\}", "equivalent", ASSOCIATIVE),
    (2, "jacobian", r"right\) \\mathbf\{y\} \\oslash", "equivalent", ENTRYWISE),
    (8, "jacobian", r"J|\\mathbf\{s\}\} \\frac", "equivalent", SYMMETRIC),
    (5, "log-sum-exp", r"\\mathbf\{w\}_\{k\}", "equivalent", ONLY_JK),
    (3, "log-sum-exp", r"e\^\{t a", "equivalent", LABELS),
    (1, "log-sum-exp", r"lse", "equivalent", LABELS),
    (2, "curvature", r"p_\{j\} [-+] y_", "equivalent", CONSTANT),
    (1, "curvature", r"V_\{k,r\}", "equivalent", ASSOCIATIVE),
    (4, "curvature", r"\\bar\{a\}", "equivalent", SHIFT),
    (6, "implementation", r"h\^\{2 n", "equivalent", PARITY),
    (1, "implementation", r"\\varphi", "missed",
     "false along the direction in which the curvature is largest, for a short step"),
    (3, "gradient-descent", r"ge .frac\{9\}\{10\} .rho$|langle .frac.*rho q", "still true",
     "weaker, since the margin ρ is positive"),
    (2, "gradient-descent", r"G_\{t\} \\rVert\^\{2\}\\right\) \\le", "undecided", LOOSE),
    (3, "gradient-descent", r"(^\\frac\{1\}\{T\}\^|\\le( 2 \\left\()? ?R\^\{2\})", "still true",
     "q is at most 1, the bias makes R at least 1, and ρ is at most 2R"),
    (2, "gradient-descent", r"(9|11)\}\{10\}.*rho", "undecided", LOOSE),
    (1, "gradient-descent", r"T\} R\^\{2\} \+", "undecided", LOOSE),
    (3, "gradient-descent", r"q_\{t\}.*\{\\(rho\^\{2\} T|gamma)\}", "missed", STEPS),
    (2, "gradient-descent", r"^\\sum.*(v_\{y|v\}_\{y|= \\sum)", "equivalent", ASSOCIATIVE),
    (1, "gradient-descent", r"^\\sum.*\\ge \\frac\{9", "missed", LARGE),
    (4, "gradient-descent", r"^.delta_\{t\} (|.* )\\le .delta_|.mu .delta_\{t\}$", "still true",
     "weaker, since the excess δ is not negative and does not grow"),
    (5, "gradient-descent", r"^.lVert (W'|V)", "missed", FIRM),
    (1, "gradient-descent", r"\+ \\frac\{9\}\{10\} 2 \\gamma \\log", "missed", LARGE),
    (2, "gradient-descent", r"\+ (\\frac\{9\}.*|\\)gamma\^\{2\} R.*q_\{t\}$", "missed", LONG),
    (4, "gradient-descent", r"q_\{t\}$", "missed", TEN),
    (3, "gradient-descent", r"\\le (\\log|.*\\gamma\}\{c|.*\+ R\^\{2\}\}\{c)", "missed", STEPS),
    (6, "gradient-descent", r"W_\{t\} \\rVert \\le", "undecided", LOOSE),
    (5, "digits", r"1 - 1", "equivalent", "the errors of an example sum to 0"),
)  # fmt: skip


def same(a, b, vocabulary):
    """Whether two trees say the same, up to what is no step."""
    binder = Binder(vocabulary)
    try:
        a, b = map(binder.bind, (a, b))
    except DerivationError:
        return False
    fits = binder.sizes.fits(a.shape, b.shape)
    forms = {*map(Fingerprints(vocabulary, binder).form, (a, b))}
    return fits and len(forms) == 1 and None not in forms


class Mutant:
    """A member of a chain, altered, with its neighbours.

    Attributes
    ----------
    page, kind : str
    latex : str
        The altered member between its neighbours.
    """

    def __init__(self, equation, chain, number, kind, member):
        self.page, self.kind, self.vocabulary = equation.page, kind, equation.vocabulary
        self.chain, self.number, self.member = chain.chain, number, member
        self.before = self.chain.members[number]
        premise = [chain.claim.premise] if chain.claim.premise is not None else []
        self.when = [latex_of(s) for s in (*chain.claim.conditions, *premise)]
        self.latex = latex_of(self.around(member))

    def around(self, member):
        """The chain of a member and its neighbours."""
        low = max(self.number - 1, 0)
        members = list(self.chain.members[low : self.number + 2])
        members[self.number - low] = member
        return Statement(tuple(members), self.chain.relations[low : self.number + 1])

    def accepted(self, seed=0):
        return _accepted(self.latex, self.vocabulary, self.when, seed)

    @property
    def counts(self):
        """Whether it reads as something that is neither the same nor weaker."""
        try:
            found = self.vocabulary.read(self.latex)
        except DerivationError:
            return False
        if len(found) != 1 or found[0].members != self.around(self.member).members:
            return False
        return not same(self.before, self.member, self.vocabulary) and not self.is_weaker

    @property
    def is_weaker(self):
        """Whether every relation beside it follows from the one that was there."""
        before, after = (self.chain.relations[n : n + 1] for n in (self.number - 1, self.number))
        before = before if self.number else ()
        relations = {*(_turned(r) for r in before), *after}
        if relations <= {*LESS}:
            sign = r"\le"
        elif relations <= {*GREATER}:
            sign = r"\ge"
        else:
            return False
        latex = f"{latex_of(self.member)} {sign} {latex_of(self.before)}"
        return _accepted(latex, self.vocabulary, self.when, 0)


def _turned(relation):
    """The relation as it is read from the right: that of the altered member to the one before."""
    return {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(relation, relation)


def _accepted(latex, vocabulary, when, seed):
    try:
        return bool(check_derivation(latex, vocabulary, when=when, seed=seed))
    except DerivationError:
        return False


# the alterations


def mutants_of(equation):
    """Every mutant of an equation that counts is among these."""
    chains = {id(step.chain): step.chain for step in equation.report.steps}
    for chain in chains.values():
        steps = [step for step in equation.report.steps if step.chain is chain]
        seen = set()
        for number, member in enumerate(chain.chain.members):
            around = [step for step in steps if step.number in (number - 1, number)]
            if all(step.definition for step in around) or member.op in ("set", "domain"):
                continue
            sharp = any(step.relation in (*LESS, *GREATER) for step in around)
            for kind, altered in _altered(member, equation.vocabulary, sharp):
                key = number, altered
                if altered != member and key not in seen:
                    seen.add(key)
                    yield Mutant(equation, chain, number, kind, altered)


def _altered(member, vocabulary, sharp):
    """(kind, tree) of every alteration of a member in one place."""
    letters = _letters(member, vocabulary)
    for path, node in _places(member):
        for kind, new in _changes(node, letters):
            yield kind, _replaced(member, path, new)
    yield from (("bracket", tree) for tree in _without_brackets(member, vocabulary))
    if sharp:
        yield from (("constant", tree) for tree in _tenths(member))


def _changes(node, letters):
    match node.op, node.args:
        case ("add" | "sub") as op, (a, b):
            yield "sign", Node("sub" if op == "add" else "add", (a, b), node.at)
        case "neg", (a,):
            yield "sign", a
        case op, (a, b) if op in PRODUCTS:
            yield "factor", a
            yield "factor", b
        case "div", (a, _):
            yield "factor", a
        case "transpose", (a,):
            yield "transpose", a
        case "name", (head, subscripts, example):
            for changed in _one_changed(subscripts, lambda index: letters.get(index.text, ())[:1]):
                yield "index", Node("name", (head, changed, example), node.at)
            for new in letters.get(example.text, ())[:1] if example is not None else ():
                yield "index", Node("name", (head, subscripts, new), node.at)
        case ("sum" | "prod" | "max" | "min") as op, (bounds, high, body):
            for changed in _one_changed(bounds, lambda bound: _bounds(*bound)):
                yield "bound", Node(op, (changed, high, body))
            if high is not None:
                less = Node("sub", (high, Node("num", ("1",))))
                yield "bound", Node(op, (bounds, less, body), node.at)


def _one_changed(parts, others):
    """The parts with each of them in turn replaced by each of its others."""
    for n, part in enumerate(parts):
        for new in others(part):
            yield (*parts[:n], new, *parts[n + 1 :])


def _bounds(index, relation, limit):
    """A bound with another limit, or another relation."""
    if relation == "=" and limit.op == "num":
        yield index, relation, Node("num", (str(int(limit.args[0]) + 1),))
    if relation in FLIPPED:
        yield index, FLIPPED[relation], limit
    if limit is not None and limit.op == "indicator":
        a, sign, b = limit.args
        if sign in FLIPPED:
            yield index, relation, Node("indicator", (a, FLIPPED[sign], b))


def _letters(member, vocabulary):
    """For each index letter those that could stand for it, first what the member has."""
    names = {n.args[0] for n in walk(member) if n.op == "name"}
    limits = vocabulary.indices
    found = {}
    for letter in limits:
        alike = [a for a in limits if limits[a] == limits[letter] and a != letter]
        ordered = sorted(alike, key=lambda a: a not in names)
        found[letter] = [Node("name", (a, (), None)) for a in ordered]
    return found


def _places(tree, path=()):
    """Every node of a tree with the way to it, but for names that are indices."""
    if isinstance(tree, Node):
        yield path, tree
        if tree.op == "name":
            return
        tree = tree.args
    if isinstance(tree, tuple):
        for n, part in enumerate(tree):
            yield from _places(part, (*path, n))


def _replaced(tree, path, new):
    if not path:
        return new
    if isinstance(tree, Node):
        return Node(tree.op, _replaced(tree.args, path, new), tree.at)
    n, *rest = path
    return (*tree[:n], _replaced(tree[n], tuple(rest), new), *tree[n + 1 :])


def _without_brackets(member, vocabulary):
    """What the printed member reads as without one pair of its brackets."""
    latex, open_ = latex_of(member), []
    for bracket in re.finditer(r"\\left\(|\\right\)", latex):
        if bracket[0] == r"\left(":
            open_.append(bracket)
            continue
        start = open_.pop()
        inside = latex[start.end() : bracket.start()]
        text = f"{latex[: start.start()]} {inside} {latex[bracket.end() :]}"
        try:
            (found,) = vocabulary.read(text)
        except (DerivationError, ValueError):
            continue
        if not found.relations:
            yield found.members[0]


def _tenths(member):
    """A member with one of its constants, or all of it, changed by a tenth to either side."""
    inner = [(path, n) for path, n in _places(member) if n.op == "num" and float(n.args[0])]
    inner = [(path, n) for path, n in inner if _is_value(member, path)]
    for path, node in inner or [((), member)]:
        for tenths in ("9", "11"):
            factor = Node("div", (Node("num", (tenths,)), Node("num", ("10",))))
            yield _replaced(member, path, Node("mul", (factor, node)))


def _is_value(tree, path):
    """Whether a number is no exponent, bound or argument of a test."""
    for n in path:
        if isinstance(tree, Node):
            if tree.op in ("indicator", "at", "norm") or (tree.op in ("pow", "root") and n == 1):
                return False
            if tree.op in ("sum", "prod", "max", "min") and n < 2:
                return False
            tree = tree.args
        tree = tree[n]
    return True


# what comes of them


def verdict_of(page, latex):
    """What `REST` says of an accepted mutant: verdict and reason."""
    for _, own, pattern, verdict, reason in REST:
        if own == page and re.search(pattern, latex):
            return verdict, reason
    return "missed", ""


def fate(mutant):
    """ "rejected"; or page, LaTeX, verdict and reason, perhaps that another seed finds it."""
    if not mutant.accepted():
        return "rejected"
    if seeds := [seed for seed in SEEDS if not mutant.accepted(seed)]:
        return mutant.page, mutant.latex, "missed", f"seed {seeds[0]} finds it"
    return mutant.page, mutant.latex, *verdict_of(mutant.page, mutant.latex)


def of_equation(page, number):
    """What was made and rejected, by kind, and the rest."""
    made, rejected, rest = Counter(), Counter(), []
    for mutant in mutants_of(equations.book()[page][number]):
        if not mutant.counts:
            continue
        made[mutant.kind] += 1
        found = fate(mutant)
        if found == "rejected":
            rejected[mutant.kind] += 1
        else:
            rest.append(found)
    return made, rejected, rest


def checked(pages=()):
    """Page and number of every displayed equation that is checked."""
    return [
        (page, n)
        for page, found in equations.book().items()
        for n, equation in enumerate(found)
        if (not pages or page in pages) and equation.display and equation.state == "checked"
    ]


def measure(pages=()):
    """The same for all pages, as it is stored."""
    places = checked(pages)
    with ProcessPoolExecutor(os.cpu_count(), initializer=equations.book) as pool:
        parts = list(pool.map(of_equation, *zip(*places, strict=True)))
    made, rejected, rest = zip(*parts, strict=True)
    made, rejected = ({kind: sum(one[kind] for one in counts) for kind in KINDS}
                      for counts in (made, rejected))  # fmt: skip
    return {"made": made, "rejected": rejected, "rest": [row for rows in rest for row in rows]}


def share(results):
    """The part that is rejected of those that change the meaning."""
    harmless = sum(verdict != "missed" for _, _, verdict, _ in results["rest"])
    return sum(results["rejected"].values()) / (sum(results["made"].values()) - harmless)


def write(results):
    """One line for each of the rest."""
    lines = [f' "{name}": {json.dumps(results[name])},' for name in ("made", "rejected")]
    rest = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in results["rest"])
    RESULTS.write_text("\n".join(["{", *lines, ' "rest": [', rest, " ]", "}"]) + "\n")


if __name__ == "__main__":
    results = measure(sys.argv[1:])
    if not sys.argv[1:]:
        write(results)
    for row in results["rest"]:
        print(*row, sep="\n  ")
    print(results["made"], results["rejected"], f"{share(results):.2%}", sep="\n")
    if unknown := [latex for _, latex, _, reason in results["rest"] if not reason]:
        sys.exit(f"{len(unknown)} accepted without a reason")
