"""Checking a derivation: every step on random instances, with a counterexample where it fails."""

import itertools
import re
from dataclasses import dataclass, field
from html import escape

import numpy as np

from .dual import real
from .evaluator import (
    COMPARE,
    FILLERS,
    Instance,
    Scope,
    ShapeError,
    defines,
    free_indices,
    heads,
    is_label,
    shape_text,
)
from .parser import DerivationError, Node, canonical, parse
from .vocabulary import BOOK

__all__ = ["Report", "Step", "check_derivation"]

SEEDS, MANY = 2, 20  # instances of each size; of inequalities, which may fail in few places
ENOUGH, MAX_FILLS = 10_000, 400
SCALES = (1.0, 1.0, 0.2, 2.0)
EXACT, TOLERANCE = 1e-9, {"~": 1e-2}  # relative
LONG = 110  # characters of LaTeX, from which on a step is shown in two lines
SIGNS = {"=": "=", "!=": r"\neq", "<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "~": r"\approx",
         "in": r"\in", "propto": r"\propto"}  # fmt: skip
AGREE = {  # up to what rounding may do
    "=": lambda a, b, slack: np.abs(a - b) <= slack,
    "~": lambda a, b, slack: np.abs(a - b) <= slack,
    "<=": lambda a, b, slack: a <= b + slack,
    ">=": lambda a, b, slack: a >= b - slack,
    "<": lambda a, b, slack: a < b,
    ">": lambda a, b, slack: a > b,
    "!=": lambda a, b, slack: a != b,
    "propto": lambda a, b, slack: np.abs(a - b * np.sum(a * b) / np.sum(b * b)) <= slack,
}


@dataclass
class Step:
    """One relation between neighbours of a chain.

    Attributes
    ----------
    left, relation, right : str
        LaTeX; the relation is one of = != < <= > >= ~ in propto.
    tried : int
        On how many cases (instances and values of the free indices) it was evaluated.
    reason : str
        Empty if it holds; else the smallest counterexample found, or what does not fit.
    definition : bool
        Whether it only says what the vocabulary says: such a step cannot fail.
    """

    left: str
    relation: str
    right: str
    tried: int = 0
    reason: str = ""
    definition: bool = False

    @property
    def holds(self):
        return not self.reason and self.tried > 0


@dataclass
class Report:
    """The steps of a derivation. True if every one holds and nothing is missing.

    Attributes
    ----------
    steps : list of Step
    missing : list of str
        What `starts`, `ends` and `through` asked for and the derivation has not.
    legs : list of int or None
        From each demanded member to the next: how many members of its own the derivation has
        there; None where one of the two is missing or a step between them fails.
    """

    steps: list
    missing: list = field(default_factory=list)
    legs: list = field(default_factory=list)

    def __bool__(self):
        return bool(self.steps) and all(step.holds for step in self.steps) and not self.missing

    def __str__(self):
        lines = []
        for step in self.steps:
            mark = "✓" if step.holds else "✗"
            lines.append(f"{mark}  {step.left}  {step.relation}  {step.right}")
            lines += [f"      {step.reason}"] if step.reason else []
        return "\n".join([*lines, *(f"✗  {demand}" for demand in self.missing)])

    __repr__ = __str__

    def _repr_html_(self):
        rows = [
            _row(step.holds, _displayed(step.left, SIGNS[step.relation], step.right), step.reason)
            for step in self.steps
        ]
        rows += [_row(False, "", demand) for demand in self.missing]
        return f'<table class="derivation"><tbody>{"".join(rows)}</tbody></table>'


def _displayed(left, sign, right):
    """A step, in two lines if it is long."""
    if len(left) + len(right) < LONG:
        return f"{left} {sign} {right}"
    return rf"\begin{{aligned}} & {left} \\ & \quad {sign} {right} \end{{aligned}}"


def _row(holds, latex, reason):
    step = rf'<span class="math">\(\displaystyle {escape(latex)}\)</span>' if latex else ""
    mark = "✓ holds" if holds else "✗ fails" if latex else "✗ missing"
    demanded = re.sub(r"\$(.*?)\$", r'<span class="math">\\(\1\\)</span>', escape(reason))
    below = f'<div class="reason">{demanded}</div>' if reason else ""
    return (
        f'<tr><td style="white-space: nowrap; padding-right: 1em">{mark}</td>'
        f'<td style="text-align: left">{step}{below}</td></tr>'
    )


def check_derivation(
    latex, vocabulary=BOOK, *, starts=None, ends=None, through=(), when=(), seed=0
):
    r"""Evaluate every step of a derivation on random instances.

    A chain is split at its relations; each member is evaluated from its LaTeX for several sizes,
    data, labels, and all values of the free indices; neighbours are compared. Derivatives are
    exact (dual numbers), taken through the definitions of the vocabulary.

    What it proves: a step that fails is wrong in the case that the counterexample names. A step
    that holds agrees to nine digits of its largest entry (≈: two) on at least three random
    instances, usually on dozens; a false identity of such expressions practically never does.
    It is no proof. It says nothing of sizes, labels and values that are not drawn (λ and γ are
    positive), and cases in which a side is not defined are passed over.

    Parameters
    ----------
    latex : str
        An equation, a chain, or an aligned block, without the dollar signs. Several statements
        may follow each other; one such as k \neq y restricts the indices of the others.
    vocabulary : Vocabulary
        What the symbols mean.
    starts, ends : str, optional
        The first and the last member that the chain must have, up to brackets, order, factors 1
        and terms 0. With them the chain must also have a step of its own in between.
    through : sequence of str
        Members that it must contain, in this order, each as a member of its own.
    when : sequence of str
        Conditions such as k \neq y, to which the claim is restricted. With `starts`, `ends` or
        `through` the derivation may not restrict it to others.
    seed : int
        Chooses the instances.

    Returns
    -------
    Report

    Raises
    ------
    DerivationError
        For LaTeX that cannot be read, an unknown symbol, or an expression without a relation.

    Examples
    --------
    >>> print(check_derivation(r"\frac{\partial p_k}{\partial s_k} = p_k - p_k^2 = p_k (1 + p_k)"))
    ✓  \frac{\partial p_k}{\partial s_k}  =  p_k - p_k^2
    ✗  p_k - p_k^2  =  p_k (1 + p_k)
          M = 5, m = 3, C = 2, k = 1: left 0.025701, right 1.9215
    """
    functions = heads(vocabulary.symbols)
    latex = re.sub(r"^\s*\$+|\$+\s*$", lambda m: " " * len(m[0]), latex)
    statements = parse(latex, functions)
    own = [s for s in statements if is_condition(s, vocabulary)]
    chains = [s for s in statements if s not in own] or own
    own = own if chains != own else []
    allowed = [s for text in when for s in parse(text, functions)]
    given = [s for text in vocabulary.conditions for s in parse(text, functions)]
    steps = []
    for chain in chains:
        if not chain.relations:
            at = chain.members[0].at
            raise DerivationError("an expression without a relation", latex, at)
        steps += _checked(chain, [*own, *given, *allowed], latex, vocabulary, seed)
    missing, legs = [], []
    if starts is not None or ends is not None or through:
        cases = [s for s in own if _case(s) not in map(_case, allowed)]
        texts = (f"{s.source[0]} {SIGNS[s.relations[0]]} {s.source[-1]}" for s in cases)
        missing = [f"only the case ${text}$ is shown" for text in texts]
        missing += _missing(chains, starts, ends, through, functions)
    if starts is not None and ends is not None:
        legs = _legs(chains, steps, [starts, *through, ends], functions)
        legs = [None] * len(legs) if cases else legs
    return Report(steps, missing, legs)


def _case(condition):
    """What two conditions that say the same have in common."""
    return condition.relations, set(map(canonical, condition.members))


def _missing(chains, starts, ends, through, functions):
    """What was demanded of a student's chain and is not there."""
    if len(chains) != 1 or set(chains[0].relations) != {"="}:
        return ["the derivation must be one chain of equalities"]
    forms = [form for form, _ in itertools.groupby(map(canonical, chains[0].members))]
    given = [latex for latex in (starts, ends, *through) if latex is not None]
    wanted = {latex: canonical(parse(latex, functions)[0].members[0]) for latex in given}
    missing = [
        f"the derivation must {name} with ${latex}$"
        for name, latex, form in (("start", starts, forms[0]), ("end", ends, forms[-1]))
        if latex is not None and form != wanted[latex]
    ]
    between = forms[1:-1] if ends is None or forms[-1] == wanted[ends] else forms[1:]
    at = 0
    for latex in through:
        if wanted[latex] in between[at:]:
            at = between.index(wanted[latex], at) + 1
        else:
            late = " after the members asked for earlier" if wanted[latex] in between else ""
            missing.append(f"the derivation must go through ${latex}${late}")
    if not set(between) - {forms[0], *wanted.values()}:
        missing.append(
            "between start and end there must be a member of your own;"
            " none there says more than those asked for"
        )
    return missing


def _legs(chains, steps, demanded, functions):
    """The own members between each demanded member and the next, None where that fails."""
    if len(chains) != 1 or set(chains[0].relations) != {"="}:
        return [None] * (len(demanded) - 1)
    forms = list(map(canonical, chains[0].members))
    wanted = [canonical(parse(latex, functions)[0].members[0]) for latex in demanded]
    places = [0 if forms[0] == wanted[0] else None]
    for form in wanted[1:-1]:
        after = max((place for place in places if place is not None), default=-1) + 1
        places.append(next((n for n in range(after, len(forms)) if forms[n] == form), None))
    places.append(len(forms) - 1 if forms[-1] == wanted[-1] else None)
    return [
        len(set(forms[a + 1 : b]) - set(wanted))
        if None not in (a, b) and a < b and all(step.holds for step in steps[a:b])
        else None
        for a, b in itertools.pairwise(places)
    ]


def is_condition(statement, vocabulary):
    """A relation between indices, labels, sizes and integers: it says for which cases."""

    def chooses(member):
        return member.op == "name" and member.text in {*vocabulary.indices, *vocabulary.sizes}

    def fixed(member):
        return member.op == "num" or (member.op == "name" and is_label(member, vocabulary))

    members = statement.members
    known = all(chooses(m) or fixed(m) for m in members)
    return bool(statement.relations) and known and any(map(chooses, members))


def _checked(chain, conditions, latex, vocabulary, seed):
    """The steps of a chain, each tried until it fails."""
    steps = [Step(*link) for link in _links(chain.source, chain.relations)]
    links = _links(chain.members, chain.relations)
    for step, (left, relation, right) in zip(steps, links, strict=True):
        step.definition = relation == "=" and defines(left, right, vocabulary)
    fills = list(_fills(chain, vocabulary))
    few = not conditions and not set(chain.relations) & {"<", "<=", ">", ">="}
    cases = _cases([chain, *conditions], vocabulary, seed, SEEDS if few else MANY, steps)
    with np.errstate(all="ignore"):  # a case outside the domain shows as nan
        for scope in cases:
            if not all(_true(condition, scope) for condition in conditions):
                continue
            fill, found = _best_fill(chain, fills, scope.but(latex=latex))
            fills = [fill]
            for step, a, b, right in zip(steps, found, found[1:], chain.members[1:], strict=False):
                step.reason = step.reason or _compared(step, a, b, right, scope)
    for step in steps:
        if not step.tried and not step.reason:
            step.reason = "no instance on which both sides are defined"
    return steps


def _links(members, relations):
    """Neighbours in a chain, with the relation between them."""
    return list(zip(members, relations, members[1:], strict=False))


def _cases(statements, vocabulary, seed, most, steps):
    """All values of the free indices on an instance of each size, and on up to `most` while they
    are quick to evaluate; until every step has failed."""
    letters = free_indices([m for s in statements for m in s.members], vocabulary)
    work = 0
    for turn in range(most):
        for n, values in enumerate(zip(*vocabulary.sizes.values(), strict=True)):
            sizes = dict(zip(vocabulary.sizes, values, strict=True))
            instance = Instance(vocabulary, sizes, (seed, turn, n), SCALES[turn % len(SCALES)])
            scope = Scope(instance)
            for indices in itertools.product(*map(instance.range, letters)):
                yield scope.at(**dict(zip(letters, indices, strict=True)))
            if all(step.reason for step in steps):
                return
            work += instance.work
        if work > ENOUGH:
            return


def _true(condition, scope):
    links = _links(condition.members, condition.relations)
    return all(scope.number(Node("indicator", link)) for link in links)


def _fills(chain, vocabulary):
    """Ways to size the ones, zeros and dots that stand in a chain: first all alike."""
    nodes = (n for member in chain.members for n in member.walk())
    places = [n.at for n in nodes if n.op == "dots" or (n.op == "name" and n.text in FILLERS)]
    named = [d for s in vocabulary.symbols for d in s.dimensions if d != "1"]
    sizes = sorted(dict.fromkeys(named), key=named.count, reverse=True)
    yield from (dict.fromkeys(places, size) for size in sizes)
    for chosen in itertools.islice(itertools.product(sizes, repeat=len(places)), MAX_FILLS):
        yield dict(zip(places, chosen, strict=True))


def _best_fill(chain, fills, scope):
    """The first sizes with which everything fits, and the values of the members."""
    first = None
    for fill in fills:
        found = _values(chain, scope.but(fill=fill))
        shapes = {getattr(value, "shape", None) for value in found}
        if len(shapes) == 1 and None not in shapes:
            return fill, found
        first = first or (fill, found)
    return first


def _values(chain, scope):
    """The values of the members, or why they have none; a set has that of what is in it."""
    found = []
    for relation, member in zip(("", *chain.relations), chain.members, strict=True):
        try:
            found.append(found[-1] if relation == "in" else real(scope.value(member)))
        except ShapeError as error:
            found.append(error)
    return found


def _compared(step, a, b, right, scope):
    """Why a step fails on this case; empty if it does not."""
    for value in (a, b):
        if isinstance(value, ShapeError):
            return str(value).splitlines()[0]
    wanted = b.shape
    if right.op == "shape":
        wanted = tuple(int(scope.number(size)) for size in right.args)
    if a.shape != wanted:
        return f"shapes differ: {shape_text(a.shape)} and {shape_text(wanted)}"
    if step.relation != "in" and not np.isfinite([a, b]).all():
        return ""
    step.tried += 1
    if step.relation == "in":
        agree = _inside(a, right, scope)
    else:
        slack = TOLERANCE.get(step.relation, EXACT) * max(1e-3, np.abs([a, b]).max())
        agree = AGREE[step.relation](a, b, slack)
    if agree.all():
        return ""
    case = ", ".join(f"{n} = {v}" for n, v in scope.case().items())
    at = tuple(np.argwhere(~agree)[0])
    if step.relation == "in":
        return f"{case}: {a[at]:.5g} does not belong to it"
    entry = "" if a.shape == (1, 1) else f", entry ({at[0] + 1}, {at[1] + 1})"
    return f"{case}{entry}: left {a[at]:.5g}, right {b[at]:.5g}"


def _inside(a, domain, scope):
    """Which entries lie in an interval or are in a set; all, if only the shape is claimed."""
    if domain.op == "shape":
        return np.full(a.shape, True)
    if domain.op == "set":
        column = Node("matrix", tuple((item,) for item in domain.args), domain.at)
        return np.isin(a, real(scope.value(column)))
    low, high, (opening, closing) = domain.args
    above = COMPARE[">=" if opening == "[" else ">"](a, scope.number(low))
    return above & COMPARE["<=" if closing == "]" else "<"](a, scope.number(high))
