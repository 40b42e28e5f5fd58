"""Conditions, and what they make of the vocabulary: sizes that are fixed, names that are given."""

import itertools
from dataclasses import replace
from functools import reduce

from ..binder.bind import Binder
from ..binder.claims import terms
from ..evaluator.terms import ABOUT
from ..printer import latex_of
from ..reader.grammar import GIVING, NAMING
from ..sizes import NUMBER, ONE
from ..syntax import Bound, Node, whole
from .trials import Condition

__all__ = ["SIGNED", "all_but_one", "conditions_of", "edges", "inequalities", "named", "sized",
           "unfollowed", "within"]  # fmt: skip

SIGNED = {"prime": "transpose", "pinv": "pseudoinverse"}  # signs by which some mean a new value
INSIDE = {"<": "sub", "<=": "sub", ">": "add", ">=": "add"}  # what an order allows
TOUCHED = 1e-40  # what is left where both sides are equal
LEAST = "1e-28"  # how far inside of a strict one

# Two sides of which a relation holds, one of ones, one of zeros, or both of ones.
HELD = dict.fromkeys(("=", "<=", ">="), ("ones", "ones")) | {"<": ("zeros", "ones"),
        ">": ("ones", "zeros"), "!=": ("zeros", "ones")}  # fmt: skip


def conditions_of(binder, statement, latex):
    """The conditions of a statement, bound: one for each of its relations."""
    before, binder.latex = binder.latex, latex
    try:
        if not statement.relations:
            return [Condition("", binder.bind(statement.members[0]), None, latex)]
        links = zip(statement.members, statement.relations, statement.members[1:], strict=False)
        return [_condition(binder, statement, *link) for link in links]
    finally:
        binder.latex = before


def _condition(binder, statement, a, relation, b):
    """One relation as a condition."""
    if relation in ("~", "propto"):
        binder.fail("this relation is no condition", b)
    if relation == "in":
        of_set = b.op == "set" and all(item.op != "dots" for item in b.args)
        left = None if statement.every else binder.bind(a)
        if of_set and (left is None or not binder.is_whole(left)):
            gaps = (Node("sub", (a, item), b.at) for item in b.args)  # an equation can be solved
            a, b = reduce(lambda x, y: Node("mul", (x, y), b.at), gaps), Node("num", ("0",), b.at)
        elif statement.every:
            a, b = Node("indicator", (a, relation, b), b.at), Node("num", ("1",), b.at)
        else:
            return Condition("in", binder.inside(left, b, b), None, binder.latex)
        relation = "="
    if statement.every:
        left, right = for_all(binder, statement, a, relation, b)
    else:
        left, right = binder.zeros(binder.bind(a), binder.bind(b))
    if not binder.sizes.fits(left.shape, right.shape):
        text = f"{binder.text(left.shape)} and {binder.text(right.shape)}"
        for member in (a, b):
            if sign := SIGNED.get(member.op):
                text += f"; {latex_of(member)} is read as the {sign}"
        if len(statement.relations) > 1:
            text += r"; behind a condition a chain goes on after a comma or \quad"
        binder.fail(f"a condition compares {text}", b)
    return Condition(relation, left, right, binder.latex)


def for_all(binder, statement, a, relation, b):
    """Both sides of a relation for all values of the indices that its statement names, one below
    the other; beside what restricts an index are two numbers for which it holds."""
    names = [q.members[0] for q in statement.every]
    for name in names:
        if not (name.plain and name.args[0] in binder.vocabulary.indices):
            binder.fail("a condition holds for all values of an index, and of nothing else", name)
    tests = [Node("indicator", link) for q in statement.every
             for link in zip(q.members, q.relations, q.members[1:], strict=False)]  # fmt: skip
    letters = dict.fromkeys(name.args[0] for name in names)

    def read():
        return binder.zeros(binder.bind(a), binder.bind(b)), [*map(binder.bind, tests)]

    sides, tests = binder.within(letters, read)
    if not binder.sizes.fits(*(side.shape for side in sides)):
        return sides
    runs = {a: binder.over(a, (*sides, *tests), names[0]) for a in letters
            if any(a in part.letters for part in (*sides, *tests))}  # fmt: skip
    return [_stacked(binder, side, tests, HELD[relation][n], runs) for n, side in enumerate(sides)]


def _stacked(binder, side, tests, op, runs):
    """A side for all values of some indices below each other, or ones or zeros beside the tests."""
    if tests:
        test = reduce(lambda a, b: Bound("scale", (a, b)), tests)
        side = Bound("cases", ((side, test), (Bound(op, (), side.shape), None)), side.shape)
    for letter, run in runs.items():
        side = binder.stacked(letter, run, side)
    return side


def unfollowed(chain, binder):
    """(condition, text) where a condition says what c is and a ∂c/∂s_k stands: c would stay while
    s_k moves, so the text refuses the claim unless the condition holds in all cases."""
    trees = tuple(t for t in chain.bound if t is not None)
    slopes = [b for b in binder.reached(trees) if b.op in ("derivative", "differential")]
    equal = [c for c in (*chain.given, *chain.premises) if c.relation == "="]
    drawn = [s for s in chain.vocabulary.symbols if s.is_drawn]
    for condition, slope in itertools.product(equal, slopes):
        moved = [whole(slope.args[1])] if slope.op == "derivative" else drawn
        if tied := _constrained(binder, condition, slope, drawn):
            text = f"a condition ties {tied.latex} to what moves here, and a derivative or a"
            yield condition, text + " differential would not know it: put in what it is"
        every = [_bare(term) for tree in condition.trees for term in terms(tree)]
        for n, side in enumerate(every):
            symbol, other = whole(side), (*every[:n], *every[n + 1 :])
            if symbol is None or not _tied(binder, symbol, slope.args[0], other):
                continue
            for variable in filter(None, moved):
                if binder.mentions(other, variable.latex):
                    text = f"a condition says what {symbol.latex} is, and a derivative by"
                    text += f" {variable.latex} would not know it: put in what it is"
                    yield condition, text


def _constrained(binder, condition, slope, drawn):
    """A symbol that a condition ties to the variable of a derivative in which that does not stand;
    or one with a differential, of which a condition says more than what it is."""
    body, trees = slope.args[0], condition.trees
    stand = [s for s in drawn if any(binder.mentions(t, s.latex) for t in trees)]
    found = [s for s in stand if binder.mentions(body, s.latex)]
    if slope.op == "differential":
        alone = {whole(tree) for tree in trees}
        return next((s for s in found if s in binder.moving and s not in alone), None)
    variable = whole(slope.args[1])
    if variable is None or binder.mentions(body, variable.latex):
        return None
    ties = any(binder.mentions(tree, variable.latex) for tree in trees)
    return next((s for s in found if ties), None)


def _bare(term):
    """A term without its sign, and without a number before it."""
    while term.op == "neg" or (term.op == "scale" and term.args[0].op == "num"):
        term = term.args[-1]
    return term


def _tied(binder, symbol, body, other):
    """Whether something stands in terms of a symbol, for which a condition gives another value."""
    inside = binder.mentions(body, symbol.latex) and not binder.mentions(other, symbol.latex)
    return inside and not binder.of_labels(symbol)


def sized(vocabulary, conditions):
    """A vocabulary in which C has the value that a condition C = 3 gives it."""
    fixed = {}
    for statement in conditions:
        match statement.members, statement.relations:
            case (Node("name") as a, Node("num", (text,))), ("=",) if (
                a.plain and a.args[0] in vocabulary.sizes and text.isdecimal() and int(text) > 0
            ):
                fixed[a.args[0]] = int(text)
    return vocabulary.extend(sizes=fixed) if fixed else vocabulary


def named(vocabulary, conditions):
    """A vocabulary in which a drawn symbol is what `let` says, and the other conditions."""
    rest = []
    for s in conditions:
        found = _definition(s, vocabulary)
        if found is None:
            rest.append(s)
        else:
            vocabulary = vocabulary.extend(found)
    return vocabulary, rest


def _definition(statement, vocabulary):
    """The drawn symbol with what `let` says that it is, as a whole (c = …) or by its entries
    (v_k = …); None where it says something else."""
    binder, name = Binder(vocabulary), statement.members[0]
    if statement.said not in (*NAMING, *GIVING) or statement.relations != ("=",):
        return None
    bound = binder.tried(*statement.members)
    if bound is None:
        return None
    left, right = bound
    symbol = whole(left)
    if symbol not in vocabulary.symbols or symbol.definition or symbol.draw != "real":
        return None  # of a name that the text introduces it is a premise
    entries = [n.text for n in name.args[1]] if left.op == "entry" else []
    ranges = [vocabulary.range(a) for a in entries if a in vocabulary.indices]
    sizes = [last - first + ONE for first, last in ranges]
    wanted = [s for s in symbol.sizes() if s != ONE] if entries else []
    shape = NUMBER if entries else symbol.sizes()
    good = left.op in ("symbol", "entry") and set(binder.free) <= {*entries} and sizes == wanted
    good = good and binder.sizes.fits(right.shape, shape)
    if not good or binder.mentions(right, symbol.latex):
        return None
    return replace(symbol, definition=latex_of(statement.members[1]), entries=" ".join(entries))


def edges(condition, hair=None):
    """Equations that hold where a condition all but reaches what bounds it; without a hair, where
    it does, or is as near to it as decimals show if it is strict."""
    a, pairs = condition.a, []
    if condition.relation in INSIDE:
        pairs = [(condition.relation, a, condition.b)]
    elif condition.relation == "in" and a.op == "between":
        inner, low, high, opening, closing = a.args
        pairs = [(opening, inner, low), (closing, inner, high)]
    for relation, a, b in pairs:
        inside = hair or ("" if "=" in relation else LEAST)
        many = hair and a.shape != NUMBER  # of a family each for itself would be too many
        if b.op == "infinite" or many:
            continue
        if inside:
            size = Bound("num", ("1",)) if b.op == "num" and not float(b.args[0]) else b
            width = Bound("scale", (Bound("num", (inside,)), Bound("abs", (size,))))
            b = Bound(INSIDE[relation], (b, width))
        yield Condition("=", a, b, condition.latex)


def inequalities(chain, n, relation):
    """What a step claims, as (relation, trees): of a number in an interval two inequalities, of ≈
    that the sides are as near as `ABOUT` says."""
    left, right = pair = chain.bound[n : n + 2]
    pairs = [(relation, pair)]
    if relation == "~":
        apart = Bound("abs", (Bound("sub", (left, right)),))
        larger = Bound("max", (Bound("matrix", (-2, *(Bound("abs", (t,)) for t in pair))),))
        pairs = [("<=", (apart, Bound("scale", (Bound("num", (str(ABOUT),)), larger))))]
        pairs *= {left.shape, right.shape} == {NUMBER}
    if relation == "in":
        pairs = []
        if right.op == "between":
            left, low, high, opening, closing = right.args
            pairs = [(opening, (left, low)), (closing, (left, high))]
    return [(sign, trees) for sign, trees in pairs if all(t.op != "infinite" for t in trees)]


def within(condition, trial):
    """Where no entry is beyond what a condition allows, but for what was solved for."""
    a, b = (trial.values(t) for t in condition.trees)
    gap = b - a if "<" in condition.relation else a - b
    return (gap >= -TOUCHED).all((-1, -2))


def all_but_one(edge):
    """That both sides of a family meet, but for the first value of its index."""
    (_, letter, low, *_), sides = edge.a.args, []
    test = Bound("test", (Bound("index", (letter,)), "!=", low))
    for tree in edge.trees:
        body = Bound("scale", (test, tree.args[-1]), tree.args[-1].shape)
        sides.append(Bound("stack", (*tree.args[:-1], body), tree.shape))
    return Condition("=", *sides, edge.latex)
