r"""What an exercise asks of a chain, said apart from what is wrong with it.

A leg leads from one named member to the next. A member of one's own goes on from where its leg
begins: it has no more left to differentiate, so that a derivative which comes back, or is taken of
more than before, never counts (`goes_back`). And it differs from every named member and from the
others, also once each part of it that equals a number or one of its own parts is replaced by that
(`reduced`), and brackets, order and like terms are settled (`fingerprint`). So 2X − X, X + Z − Z,
X \sum_j p_j and \max(X, 0) do not count, wherever in a member they stand. What so becomes a named
member may still be a step: another named member worked out by algebra alone, or with the value of
a derivative put in.
"""

import functools
import itertools
from contextlib import suppress

from ..binder.bind import Binder
from ..cases.premises import named, sized
from ..cases.samples import equal, unit_row
from ..evaluator.terms import COMPARE, compare
from ..printer import latex_of
from ..syntax import (
    Bound,
    DerivationError,
    Node,
    ShapeError,
    Statement,
    flat,
    renamed,
    rewritten,
    walk,
)
from .dresses import Dresses, derived, goes_back, picked
from .fingerprint import ONE, Fingerprints

__all__ = ["defines", "demand"]

TRY = (
    "carry out a derivative there, or put in what a symbol stands for; to write a member that is"
    " asked for in another way is not enough"
)
OWN = "…"  # in `through`: a member of one's own is wanted here
DRESS = "it is ${}$ in another dress"
AGAIN = "one of yours stands there already"
UNSEEN = "its shape is not told, or it has too many terms to be compared"


def demand(report, claims, checked, vocabulary, starts, ends, through, when, definitions):
    """Fill in what a derivation lacks of what an exercise asks, and its legs.

    Parameters
    ----------
    report : Report
        Gets `missing` and, if both `starts` and `ends` are asked for, `legs`.
    claims : list of Claim
    checked : list of list of Step
        The steps of each claim.
    starts, ends : str or None
    through, when : tuple of str
    definitions : bool
        Whether to put in a definition makes a member one's own.

    Raises
    ------
    DerivationError
        If a member that is asked for cannot be read; it is named.
    """
    asked = [text for text in through if text != OWN]
    if len(asked) < len(through) and None in (starts, ends):
        raise DerivationError(f"{OWN} in through stands between members: give starts and ends")
    wanted = _wanted(vocabulary, starts, ends, asked)
    holds = all(step.holds for steps in checked for step in steps)
    count = len(asked) + 1 if starts is not None and ends is not None else 0
    lacking, report.legs = [], [None] * count
    longest = max(range(len(claims)), key=lambda n: len(claims[n].chain.relations))
    claim, steps = claims[longest], checked[longest]
    others = (step.holds for other in checked if other is not steps for step in other)
    if not all(others) or {*claim.chain.relations} != {"="} or any(c.premise for c in claims):
        lacking.append("one chain of equalities")
    else:
        tried = steps[0].chain
        wanted = [(name, text, renamed(node, tried.other)) for name, text, node in wanted]
        chain = _spelled_out(tried, vocabulary)
        members = _Members(chain, tried.vocabulary, wanted, definitions)
        cases = _narrower(claim, members, when, vocabulary)
        lacking += [f"all cases, and only the case ${latex}$ is shown" for latex in cases]
        lacking += members.lacking()
        where = [n - k for k, n in enumerate(n for n, text in enumerate(through) if text == OWN)]
        lacking += members.lacking_own(steps, where)
        if count and not cases:
            report.legs = members.legs(steps)
    said = "every step is right; this exercise wants" if holds else "this exercise wants"
    report.missing = [f"{said} {what}" for what in lacking]


def _spelled_out(tried, vocabulary):
    """The chain with what it calls something, as in `let c = 1`, in place of its name."""
    new = {*tried.vocabulary.symbols} - {*vocabulary.symbols}
    said = {s.latex: tried.vocabulary.read(s.definition)[0].members[0]
            for s in new if s.definition and not (s.entries or s.view)}  # fmt: skip
    return tried.chain.with_members(tuple(renamed(m, said) for m in tried.chain.members))


def _wanted(vocabulary, starts, ends, through):
    """(name of the argument, LaTeX, tree) of each member that is asked for, in order."""
    named = [("starts", starts), *((f"through[{n}]", text) for n, text in enumerate(through)),
             ("ends", ends)]  # fmt: skip
    found = []
    for name, text in named:
        if text is None:
            continue
        try:
            statements = vocabulary.read(text)
        except DerivationError as error:
            raise DerivationError(f"{name}: {error}") from None
        if len(statements) != 1 or statements[0].relations:
            raise DerivationError(f"{name} is one member, without a relation, got {text}")
        found.append((name, text, statements[0].members[0]))
    return found


class _Members:
    """The members of a chain and those that are asked for, as fingerprints.

    A member that does not fit the others, or is too large, has the form None.
    """

    def __init__(self, chain, vocabulary, wanted, definitions=True):
        self.vocabulary, self.wanted, self.binder = vocabulary, wanted, Binder(vocabulary)
        self.nodes, self.definitions = chain.members, definitions
        bound = [self.bound(node) for node in chain.members]
        asked = []
        for name, text, node in wanted:
            self.binder.latex = text
            try:
                asked.append(self.binder.bind(node))
            except DerivationError as error:
                raise DerivationError(f"{name}: {error}") from None
        self.fit([*bound, *asked])
        self.prints = Fingerprints(vocabulary, self.binder)
        self.dresses = Dresses(self.prints, vocabulary)
        self.trees = list(map(self.settled, bound))
        self.forms = [tree and self.prints.form(tree) for tree in self.trees]
        self.asked = list(map(self.settled, asked))
        self.named = list(map(self.prints.form, self.asked))
        for (name, text, _), form in zip(wanted, self.named, strict=True):
            if form is None:
                raise DerivationError(f"{name} is too large to be compared: {text[:60]}")

    def bound(self, node):
        try:
            return self.binder.bind(node)
        except ShapeError:
            return None

    def fit(self, trees):
        """Neighbours have one shape, which tells sizes such as that of a column of ones."""
        trees = [tree for tree in trees if tree is not None]
        for _ in "12":
            for a, b in itertools.pairwise(trees):
                self.binder.sizes.fits(a.shape, b.shape)

    def settled(self, tree):
        with suppress(ShapeError):  # nothing tells a size
            tree = tree and self.binder.settled(tree)
        return rewritten(tree, picked) if tree and any(map(unit_row, walk(tree))) else tree

    def places(self):
        """Where each member that is asked for stands, those in between in their order, or None; of
        equal ones in a row the one that is written as it was asked for, or the first."""
        last = len(self.forms) - 1
        ends = {"starts": 0, "ends": last}
        inner = last + (self.asks("ends") and self.forms[last] != self.named[-1])
        found, after = [], 0
        for (name, _, node), form in zip(self.wanted, self.named, strict=True):
            among = [ends[name]] if name in ends else range(after, inner)
            alike = [n for n in among if self.forms[n] == form]
            row = [n for n in alike if {*range(alike[0], n)} <= {*alike}]
            place = next((n for n in row if self.nodes[n] == node), next(iter(row), None))
            found.append(place)
            after = after if place is None else place + 1
        return found

    def asks(self, name):
        return any(own == name for own, *_ in self.wanted)

    def lacking(self):
        """What the exercise wants and is not there."""
        places, last, found = self.places(), len(self.forms) - 1, []
        for (name, latex, _), place, form in zip(self.wanted, places, self.named, strict=True):
            if place is None and name in ("starts", "ends"):
                found.append(f"it to {name.removesuffix('s')} with ${latex}$")
            elif place is None:
                late = " after the members asked for earlier" * (form in self.forms[1:last])
                found.append(f"it to go through ${latex}${late}")
        return found

    def lacking_own(self, steps, where):
        """In which legs a member of one's own is wanted and not there, though each step holds; if
        none is named, between start and end."""
        places, last = self.places(), len(self.forms) - 1
        told = [f"${text}$" for _, text, _ in self.wanted]
        spans = [(*places[n : n + 2], " and ".join(told[n : n + 2])) for n in where]
        beyond = self.asks("ends") and places[-1] is None  # then the last may be one's own
        for a, b, ends in spans or [(0, last + beyond, "start and end")]:
            if None in (a, b) or not all(step.holds for step in steps[a:b]):
                continue
            faults = self.faults[a + 1 : b]
            if "" not in faults:
                seen = zip(self.nodes[a + 1 : b], faults, strict=True)
                but = "".join(f"; ${latex_of(m)}$ is none: {f}" for m, f in seen if f)
                yield f"a member of your own between {ends}: {TRY}{but}"

    @functools.cached_property
    def known(self):
        """The trees of the named members, and of the ends that are not asked for, by how they are
        written; and how, by forms."""
        ends = [0] if self.asks("ends") else [0, -1]
        told = [(latex_of(self.nodes[n]), self.trees[n], self.forms[n]) for n in ends]
        told += zip((x for _, x, _ in self.wanted), self.asked, self.named, strict=True)
        trees = {latex: tree for latex, tree, _ in told if tree}
        return trees, {form: latex for latex, _, form in told if form is not None}

    @functools.cached_property
    def faults(self):
        """Why each member is none of one's own: "" for one that is, None for one that is named."""
        given, known = self.known
        found, seen, told, bare = [], set(), {}, self.dresses.bare
        named = {form: latex for latex, tree in given.items() for form in bare(tree)}
        for n, form in enumerate(self.forms):
            if form in known:
                found.append(None if n in self.places() else DRESS.format(known[form]))
                continue
            start = max((p for p in self.places() if p is not None and p < n), default=0)
            if (start, self.trees[n]) not in told:
                told[start, self.trees[n]] = self.fault(n, start, named)
            fault, forms = told[start, self.trees[n]]
            found.append(AGAIN if not fault and forms & seen else fault)
            seen |= forms
        own = [n for n, fault in enumerate(found) if fault == ""]
        put_in = {*self.put_in(own)}
        return ["" if n in put_in else fault for n, fault in enumerate(found)]

    def fault(self, n, at, named):
        """Why a member of the leg that begins at a place is none of one's own, whatever the others
        are; if it is, its forms."""
        tree, form, (given, known) = self.trees[n], self.forms[n], self.known
        dresses, definitions = self.dresses, self.prints.definitions
        if form is None or dresses.reduced.too_long(tree):
            return UNSEEN, set()
        start = self.trees[at]
        if start and goes_back(tree, start, definitions):
            return f"it has more below its derivatives than ${latex_of(self.nodes[at])}$", set()
        trees = given.values()
        tree = tree if self.definitions else dresses.folded(tree, trees)
        plain, alike = dresses.plain(tree, start, trees), dresses.alike(tree, trees)
        bare = dresses.bare(plain)
        if alike:
            bare |= dresses.bare(dresses.reduced.singled(tree))
        worked = any(dresses.worked_out(plain, t) for t in alike)
        of = [named[form] for form in bare & {*named} if not worked]
        of += [known[form] for form in dresses.swapped(tree) & {*known}]
        of += [latex for latex in given if given[latex] in dresses.inflated(tree, trees)]
        if of:
            return DRESS.format(of[0]), set()
        return "", {form} if bare & {*named} else bare

    def put_in(self, own):
        """The places of members in which only the value of a derivative was put into the member
        before, if that is one of one's own or is asked for as it stands; what cancels stays."""
        asked = [factors(node) for *_, node in self.wanted]
        last = len(self.nodes) - (not self.asks("ends") or self.forms[-1] == self.named[-1])
        for n in range(1, last):
            before, here = (factors(node) for node in self.nodes[n - 1 : n + 1])
            kept = [f for f in here if f in before]
            rests = [[*before[:k], *before[k + 1 :]]
                     for k, part in enumerate(before) if part.op == "derivative"]  # fmt: skip
            new = tuple(f for f in here if f not in before)
            begins = n - 1 in own or before in asked
            if begins and kept and kept in rests and not derived(new):
                yield n

    def fixed_by(self, statement, vocabulary):
        """Whether a condition fixes a size, or says what a symbol is of which those that are asked
        for are made."""
        size, (name, rest) = sized(vocabulary, [statement]), named(vocabulary, [statement])
        drawn = set() if rest else {*name.symbols} - {*vocabulary.symbols}
        asked = self.asked or [tree for tree in self.trees if tree is not None]
        mentioned = any(self.binder.mentions(tree, s.latex) for s in drawn for tree in asked)
        return size is not vocabulary or mentioned

    def always(self, statement):
        """Whether equations, or what is said of a sign, hold in every case: no case is chosen."""
        links = _links(statement)
        told = all(r == "=" or (r in COMPARE and "0" in (a.text, b.text)) for a, r, b in links)
        return bool(links) and told and all(itertools.starmap(self.holds, links))

    def holds(self, a, relation, b):
        """Whether two members compare so in all of a few cases."""
        a, b = self.binder.zeros(self.binder.bind(a), self.binder.bind(b))
        self.binder.sizes.fits(a.shape, b.shape)
        sides = [self.prints.samples.values(self.settled(tree)) for tree in (a, b)]
        if None in sides or relation == "=":
            return equal(*sides)
        return all(compare(relation, x, y).all() for x, y in zip(*sides, strict=True))

    def legs(self, steps):
        """How many members of one's own each leg has; None where it fails."""
        return [
            self.faults[a + 1 : b].count("")
            if None not in (a, b) and a < b and all(step.holds for step in steps[a:b])
            else None
            for a, b in itertools.pairwise(self.places())
        ]


def _narrower(claim, members, when, original):
    """The conditions of a derivation that the exercise does not allow, as LaTeX.

    One that fixes a size, or what a drawn symbol is that the exercise speaks of, holds in all cases
    of the chain; it is looked at with the symbols of the exercise, the `original` ones.
    """
    if not claim.conditions:
        return []
    vocabulary, before = members.vocabulary, _Members(Statement(), original, ())
    given = [s for text in (*when, *vocabulary.conditions) for s in vocabulary.read(text)]
    found = []
    for statement in claim.conditions:
        own = before if members.fixed_by(statement, original) else members
        test = _test(own, statement)
        allowed = [_test(own, other) for other in given]
        if test and test not in allowed and not own.always(statement):
            found.append(latex_of(statement))
    return found


def _test(members, statement):
    """A condition: the forms of its indicators."""
    tests = [Node("indicator", link, link[0].at) for link in _links(statement)]
    try:
        trees = [members.binder.bind(test) for test in tests or statement.members]
    except ShapeError:  # of vectors there is no indicator
        trees = [members.binder.bind(side) for a, _, b in _links(statement) for side in (a, b)]
    return {members.prints.form(tree) for tree in trees} - {ONE}


def _links(statement):
    """Each relation of a statement, with what stands before and after it."""
    return list(zip(statement.members, statement.relations, statement.members[1:], strict=False))


def factors(node):
    """The factors of a product, a sign of its own without its minus."""
    node = node.args[0] if node.op == "neg" else node
    return flat(node, ("mul", "dot", "times"))


# for other passes


def defines(left, right, vocabulary):
    """Whether `right` is just what the vocabulary gives as the definition of `left`."""
    binder = Binder(vocabulary)
    prints = Fingerprints(vocabulary, binder)
    try:
        name, tree = binder.bind(left), binder.bind(right)
        meant = _definition(name, prints)
    except DerivationError:
        return False
    fits = meant is not None and binder.sizes.fits(name.shape, tree.shape)
    return fits and prints.form(tree) == meant


def _definition(name, prints):
    """The form of the definition of a symbol, or of an entry of one."""
    base, across = (name.args[0], name.args[1::2]) if name.op == "entry" else (name, ())
    if base.op != "symbol" or not base.args[0].definition:
        return None
    symbol, indices, _ = base.args
    tree = prints.definitions(symbol)[0]
    env = {letter: prints.factor_of(at, {}) for letter, at in indices}
    if symbol.entries:
        if name.op == "symbol":
            return None
        at = [prints.factor_of(a, {}) for a in across if a is not None]
        return prints.form(tree, env | dict(zip(symbol.entries.split(), at, strict=True)))
    if name.op == "entry":
        tree = Bound("entry", (tree, *name.args[1:]), name.shape)
    return prints.form(tree, env)
