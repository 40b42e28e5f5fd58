r"""How many small slips in the book's own equations does the checker find?

usage: python -m tests.derivation.mutants [PAGE ...]     of all pages, writes mutants.json

Every member of every checked displayed equation is altered in one place at a time, as a tree: a
sign flipped, a factor or a denominator dropped, an index replaced, a transpose dropped, a bound
changed, a pair of brackets dropped, and in an inequality a constant changed by a tenth. The mutant
stands between the neighbours of the member, under the conditions of the equation. It counts if it
can be read and its normal form is another; one of an inequality only if it is not weaker, which is
so where the mutant lies on the safe side of the member. It is rejected if it is not accepted.

Each that is accepted stands in mutants.json with a verdict and a reason, which are written there by
hand and kept: it says the same ("equivalent"), less or something else that is right ("still true"),
something of which neither a proof nor a violation is known ("undecided"), or it is wrong
("missed"). One without a reason is an error. Verdicts that no run has asked for stand in "judged".
"""

import json
import os
import re
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from derivation import DerivationError, check_derivation
from derivation.binder.bind import Binder
from derivation.demands.fingerprint import Fingerprints
from derivation.printer import latex_of
from derivation.syntax import Node, Statement, walk
from website import equations

__all__ = ["KINDS", "RESULTS", "Mutant", "checked", "mutants_of", "same", "share"]

RESULTS = Path(__file__).with_name("mutants.json")
KINDS = ("sign", "factor", "index", "transpose", "bound", "bracket", "constant")
LESS, GREATER = ("<", "<="), (">", ">=")
PRODUCTS = ("mul", "dot", "times", "odot")
SEEDS = (1, 2, 3)  # beside 0
FLIPPED = {"!=": "=", "<": "<=", "<=": "<", ">": ">=", ">=": ">"}
TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}  # as they are read from the right
HARMLESS = ("equivalent", "still true")
NO_VALUES = {  # arguments that no constant is looked for in
    "indicator": slice(None), "at": slice(None), "norm": slice(None), "pow": slice(1, None),
    "root": slice(1, None), **dict.fromkeys(("sum", "prod", "max", "min"), slice(2)),
}  # fmt: skip


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
        before = self.chain.relations[max(self.number - 1, 0) : self.number]
        after = self.chain.relations[self.number : self.number + 1]
        relations = {*(TURNED.get(r, r) for r in before), *after}
        if relations <= {*LESS}:
            sign = r"\le"
        elif relations <= {*GREATER}:
            sign = r"\ge"
        else:
            return False
        latex = f"{latex_of(self.member)} {sign} {latex_of(self.before)}"
        return _accepted(latex, self.vocabulary, self.when, 0)


def _accepted(latex, vocabulary, when, seed):
    try:
        return bool(check_derivation(latex, vocabulary, when=when, seed=seed))
    except DerivationError:
        return False


# the alterations


def mutants_of(equation):
    """Every mutant of an equation that counts is among these."""
    every = _evaluated(equation)
    for chain in {id(step.chain): step.chain for step in every}.values():
        steps = [step for step in every if step.chain is chain]
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


def _evaluated(equation):
    """Its steps with their chains, which a verdict that was kept has no more."""
    every = equation.report.steps
    if all(step.chain for step in every):
        return every
    fresh = check_derivation(equation.latex, equation.vocabulary).steps
    for step, kept in zip(fresh, every, strict=True):
        step.definition = kept.definition
    return fresh


def _altered(member, vocabulary, sharp):
    """(kind, tree) of every alteration of a member in one place."""
    letters = _letters(member, vocabulary)
    yield from _everywhere(member, lambda node: _changes(node, letters))
    yield from (("bracket", tree) for tree in _without_brackets(member, vocabulary))
    if sharp:
        yield from list(_everywhere(member, _inner_tenths(member))) or _tenths(member)


def _everywhere(tree, changes):
    """(kind, tree) of every change in one place of a tree, but in names that are indices."""
    if isinstance(tree, Node):
        yield from changes(tree)
        args = () if tree.op == "name" else tree.args
        yield from ((kind, Node(tree.op, new, tree.at)) for kind, new in _everywhere(args, changes))
    elif isinstance(tree, tuple):
        for n, part in enumerate(tree):
            for kind, new in _everywhere(part, changes):
                yield kind, (*tree[:n], new, *tree[n + 1 :])


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


def _tenths(node):
    """A part, or all of a member, a tenth smaller and a tenth larger."""
    for tenths in ("9", "11"):
        factor = Node("div", (Node("num", (tenths,)), Node("num", ("10",))))
        yield "constant", Node("mul", (factor, node))


def _inner_tenths(member):
    """A tenth of each number that is no exponent, no bound and no argument of a test."""
    apart = {id(part) for node in walk(member) if node.op in NO_VALUES
             for part in walk(node.args[NO_VALUES[node.op]])}  # fmt: skip

    def changes(node):
        value = node.op == "num" and float(node.args[0]) and id(node) not in apart
        return _tenths(node) if value else ()

    return changes


# what comes of them


def fate(mutant):
    """None for one that is rejected; else page, LaTeX, verdict and reason, as they are stored."""
    if not mutant.accepted():
        return None
    found = [("missed", f"seed {seed} finds it") for seed in SEEDS if not mutant.accepted(seed)]
    stored = json.loads(RESULTS.read_text())
    judged = {row[:2]: row[2:] for row in map(tuple, stored["rest"] + stored.get("judged", []))}
    own = mutant.page, mutant.latex
    return (*own, *(found[0] if found else judged.get(own, ("missed", ""))))


def of_equation(page, number):
    """Kind and fate of each mutant that counts."""
    return [(m.kind, fate(m)) for m in mutants_of(equations.book()[page][number]) if m.counts]


def checked(pages=()):
    """Page and number of every displayed equation that is checked."""
    return [
        (page, n)
        for page, found in equations.book().items()
        for n, equation in enumerate(found)
        if (not pages or page in pages) and equation.display and equation.state == "checked"
    ]


def measure(pages=()):
    """How many were made and rejected of each kind, and the rest, as it is stored."""
    places = checked(pages)
    with ProcessPoolExecutor(os.cpu_count(), initializer=equations.book) as pool:
        found = [pair for pairs in pool.map(of_equation, *zip(*places, strict=True))
                 for pair in pairs]  # fmt: skip
    made, rest = Counter(kind for kind, _ in found), [row for _, row in found if row]
    accepted = Counter(kind for kind, row in found if row)
    rejected = {kind: made[kind] - accepted[kind] for kind in KINDS}
    return {"made": {kind: made[kind] for kind in KINDS}, "rejected": rejected, "rest": rest}


def share(results):
    """The part that is rejected of those that are known to be false."""
    rejected = sum(results["rejected"].values())
    missed = sum(verdict == "missed" for _, _, verdict, _ in results["rest"])
    return rejected / (rejected + missed)


def written(results):
    """One line for each of the rest."""
    lines = [f' "{name}": {json.dumps(results[name])},' for name in ("made", "rejected")]
    rest = ",\n".join(f"  {json.dumps(row, ensure_ascii=False)}" for row in results["rest"])
    return "\n".join(["{", *lines, ' "rest": [', rest, " ]", "}"]) + "\n"


if __name__ == "__main__":
    results = measure(sys.argv[1:])
    if not sys.argv[1:]:
        RESULTS.write_text(written(results))
    for row in results["rest"]:
        print(*row, sep="\n  ")
    print(results["made"], results["rejected"], f"{share(results):.2%}", sep="\n")
    if unknown := [latex for _, latex, _, reason in results["rest"] if not reason]:
        sys.exit(f"{len(unknown)} accepted without a reason")
