"""Checking a derivation: every step on random instances, with a counterexample where it fails."""

import itertools
import re
from dataclasses import dataclass, field
from html import escape

import numpy as np

from .dual import real
from .evaluator import (
    FILLERS,
    Instance,
    Scope,
    ShapeError,
    compare,
    defines,
    free_indices,
    heads,
    is_label,
)
from .parser import DerivationError, Node, canonical, parse
from .vocabulary import BOOK

__all__ = ["Report", "Step", "check_derivation"]

SEEDS, MANY = 2, 20  # instances of each size; of inequalities, which may fail in few places
ENOUGH, MAX_FILLS = 10_000, 400
SCALES = (1.0, 1.0, 0.2, 2.0)
TOLERANCE = {"~": 1e-2}  # relative; all other relations:
EXACT = 1e-9
SIGNS = {"=": "=", "!=": r"\neq", "<": "<", "<=": r"\le", ">": ">", ">=": r"\ge", "~": r"\approx",
         "in": r"\in", "propto": r"\propto"}  # fmt: skip


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
    """

    steps: list
    missing: list = field(default_factory=list)

    def __bool__(self):
        return bool(self.steps) and all(step.holds for step in self.steps) and not self.missing

    def __str__(self):
        lines = []
        for step in self.steps:
            lines.append(
                f"{'✓' if step.holds else '✗'}  {step.left}  {step.relation}  {step.right}"
            )
            if step.reason:
                lines.append(f"      {step.reason}")
        lines += [f"✗  {demand}" for demand in self.missing]
        return "\n".join(lines)

    __repr__ = __str__

    def _repr_html_(self):
        rows = [
            _row(step.holds, rf"{step.left} {SIGNS[step.relation]} {step.right}", step.reason)
            for step in self.steps
        ]
        rows += [_row(False, "", demand) for demand in self.missing]
        return f'<table class="derivation"><tbody>{"".join(rows)}</tbody></table>'


def _row(holds, latex, reason):
    step = rf'<span class="math">\(\displaystyle {escape(latex)}\)</span>' if latex else ""
    below = "<br>" if latex and reason else ""
    mark = "✓ holds" if holds else "✗ fails"
    demanded = re.sub(r"\$(.*?)\$", r'<span class="math">\\(\1\\)</span>', escape(reason))
    return (
        f'<tr><td style="white-space: nowrap; padding-right: 1em">{mark}</td>'
        f'<td style="text-align: left">{step}{below}{demanded}</td></tr>'
    )


def check_derivation(
    latex, vocabulary=BOOK, *, starts=None, ends=None, through=(), when=(), seed=0
):
    r"""Evaluate every step of a derivation on random instances.

    A chain is split at its relations; each member is evaluated from its LaTeX for several sizes,
    data, labels, and all values of the free indices; neighbours are compared. Derivatives are
    exact (dual numbers), taken through the definitions of the vocabulary.

    What it proves: a step that fails is wrong, the counterexample shows it. A step that holds
    agrees on a few dozen random instances to nine digits, which a false identity between such
    expressions practically never does; it is no proof, and it says nothing about what happens
    outside the domain from which the instances are drawn (positive λ, γ; any real scores).

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
          M = 3, m = 3, C = 2, k = 1: left 0.036306, right 0.039153
    """
    functions = heads(vocabulary.symbols)
    latex = re.sub(r"^\s*\$+|\$+\s*$", lambda m: " " * len(m[0]), latex)
    statements = parse(latex, functions)
    conditions = [s for s in statements if is_condition(s, vocabulary)]
    chains = [s for s in statements if s not in conditions] or conditions
    conditions = conditions if chains != conditions else []
    own = [s for s in conditions if not _among(s, when, functions)]
    given = (*vocabulary.conditions, *when)
    conditions += [s for text in given for s in parse(text, functions)]
    steps = []
    for chain in chains:
        if not chain.relations:
            at = chain.members[0].at
            raise DerivationError("an expression without a relation", latex, at)
        found = [
            Step(left, relation, right)
            for left, relation, right in zip(
                chain.source, chain.relations, chain.source[1:], strict=False
            )
        ]
        for step, left, right in zip(found, chain.members, chain.members[1:], strict=False):
            step.definition = step.relation == "=" and defines(left, right, vocabulary)
        _try_all(chain, found, conditions, latex, vocabulary, seed)
        steps += found
    missing = []
    if starts is not None or ends is not None or through:
        missing = [f"only the case ${' '.join(s.source)}$ is shown" for s in own]
        missing += _missing(chains, starts, ends, through, functions)
    return Report(steps, missing)


def _among(condition, when, functions):
    """Whether a condition is one of those that are allowed."""
    allowed = [s for text in when for s in parse(text, functions)]
    return any(
        s.relations == condition.relations
        and set(map(canonical, s.members)) == set(map(canonical, condition.members))
        for s in allowed
    )


def _missing(chains, starts, ends, through, functions):
    """What was demanded of a student's chain and is not there."""
    if len(chains) != 1 or set(chains[0].relations) != {"="}:
        return ["the derivation must be one chain of equalities"]
    forms = [form for form, _ in itertools.groupby(map(canonical, chains[0].members))]
    missing = []
    for name, latex, form in (("start", starts, forms[0]), ("end", ends, forms[-1])):
        if latex is not None and form != _form(latex, functions):
            missing.append(f"the derivation must {name} with ${latex}$")
    between = forms[1:] if ends is not None and forms[-1] != _form(ends, functions) else forms[1:-1]
    inner = iter(between)
    for latex in through:
        if _form(latex, functions) not in inner:  # `in` also moves past what it has seen
            missing.append(f"the derivation must go through ${latex}$, after what came before")
    given = {_form(latex, functions) for latex in (starts, ends, *through) if latex is not None}
    if not set(between) - given - {forms[0]}:
        missing.append("between start and end there must be a member of your own")
    return missing


def _form(latex, functions):
    return canonical(parse(latex, functions)[0].members[0])


def is_condition(statement, vocabulary):
    """A relation between indices, labels, sizes and integers: it says for which cases."""
    names = [m for m in statement.members if m.op == "name"]
    free = [m for m in names if m.args[1:] == ((), None)]
    chosen = [m for m in free if m.args[0] in {*vocabulary.indices, *vocabulary.sizes}]
    known = len(chosen) + sum(is_label(m, vocabulary) for m in names)
    numbers = sum(m.op == "num" for m in statement.members)
    return bool(statement.relations and chosen) and known + numbers == len(statement.members)


def _try_all(chain, steps, conditions, latex, vocabulary, seed):
    members = [*chain.members, *(m for c in conditions for m in c.members)]
    letters = free_indices(members, vocabulary)
    fills = list(_fills(chain, vocabulary))
    few = not conditions and not set(chain.relations) & {"<", "<=", ">", ">="}
    with np.errstate(all="ignore"):  # a case outside the domain shows as nan
        for instance in _instances(vocabulary, seed, SEEDS if few else MANY):
            scope = Scope(instance)
            for values in itertools.product(*(instance.range(letter) for letter in letters)):
                indices = dict(zip(letters, values, strict=True))
                here = scope.at(**indices)
                if not all(_true(c, here) for c in conditions):
                    continue
                fill, found = _best_fill(chain, fills, here, latex)
                fills = [fill]
                for step, a, b, right in zip(
                    steps, found, found[1:], chain.members[1:], strict=False
                ):
                    if not step.reason:
                        _compare(step, a, b, right, here, {**instance.sizes, **indices})
            if all(step.reason for step in steps):
                return
    for step in steps:
        if not step.tried and not step.reason:
            step.reason = "no instance on which both sides are defined"


def _instances(vocabulary, seed, most):
    """One of each size, and up to `most` while they are quick to evaluate."""
    work = 0
    for turn in range(most):
        for n, sizes in enumerate(_sizes(vocabulary)):
            instance = Instance(vocabulary, sizes, (seed, turn, n), SCALES[turn % len(SCALES)])
            yield instance
            work += instance.work
        if work > ENOUGH:
            return


def _sizes(vocabulary):
    for values in zip(*vocabulary.sizes.values(), strict=True):
        yield dict(zip(vocabulary.sizes, values, strict=True))


def _true(condition, scope):
    values = [real(scope.value(member))[0, 0] for member in condition.members]
    pairs = zip(values, condition.relations, values[1:], strict=False)
    return all(compare(a, relation, b) for a, relation, b in pairs)


def _fills(chain, vocabulary):
    """Ways to size the ones, zeros and identities that stand in a chain."""
    nodes = (n for m in chain.members for n in m.walk())
    places = [
        n.at
        for n in nodes
        if n.op == "dots" or (n.op == "name" and n.args[0] in FILLERS and not n.args[1])
    ]
    named = [d for s in vocabulary.symbols for d in s.dimensions if d != "1"]
    sizes = sorted(dict.fromkeys(named), key=named.count, reverse=True)
    yield from (tuple((at, size) for at in places) for size in sizes)
    for chosen in itertools.islice(itertools.product(sizes, repeat=len(places)), MAX_FILLS):
        yield tuple(zip(places, chosen, strict=True))


def _best_fill(chain, fills, scope, latex):
    """The first sizes with which everything fits, and the values of the members."""
    first = None
    for fill in fills:
        found = _values(chain, scope.but(fill=dict(fill), latex=latex))
        shapes = {v.shape for v in found if isinstance(v, np.ndarray)}
        if len(shapes) <= 1 and not any(isinstance(v, ShapeError) for v in found):
            return fill, found
        first = first or (fill, found)
    return first


def _values(chain, scope):
    found = []
    for n, member in enumerate(chain.members):
        if n and chain.relations[n - 1] == "in":
            found.append(found[-1])  # a shape claim; the chain goes on with what it is about
            continue
        try:
            found.append(real(scope.value(member)))
        except ShapeError as error:
            found.append(error)
    return found


def _compare(step, a, b, right, scope, case):
    for value in (a, b):
        if isinstance(value, ShapeError):
            step.reason = str(value).splitlines()[0]
            return
    if step.relation == "in" and right.op != "shape":
        _belongs(step, a, right, scope, case)
        return
    if step.relation == "in":
        wanted = tuple(int(scope.value(size)[0, 0]) for size in right.args)
        step.tried += 1
        if a.shape != wanted:
            step.reason = f"shapes differ: {_shape(a.shape)} and {_shape(wanted)}"
        return
    if a.shape != b.shape:
        step.reason = f"shapes differ: {_shape(a.shape)} and {_shape(b.shape)}"
        return
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        return
    step.tried += 1
    wrong = ~_agree(a, step.relation, b)
    if wrong.any():
        at = tuple(np.argwhere(wrong)[0])
        where = ", ".join(f"{name} = {value}" for name, value in case.items())
        entry = "" if a.shape == (1, 1) else f", entry ({at[0] + 1}, {at[1] + 1})"
        step.reason = f"{where}{entry}: left {a[at]:.5g}, right {b[at]:.5g}"


def _belongs(step, a, domain, scope, case):
    """Whether every entry lies in an interval or is in a set."""
    step.tried += 1
    if domain.op == "interval":
        low, high, ends = domain.args
        low, high = (float(real(scope.value(end))[0, 0]) for end in (low, high))
        inside = (a >= low if ends[0] == "[" else a > low) & (
            a <= high if ends[1] == "]" else a < high
        )
    else:
        column = Node("matrix", tuple((item,) for item in domain.args), domain.at)
        inside = np.isin(a, real(scope.value(column)))
    if not inside.all():
        where = ", ".join(f"{name} = {value}" for name, value in case.items())
        step.reason = f"{where}: {a[~inside][0]:.5g} does not belong to it"


def _agree(a, relation, b):
    slack = TOLERANCE.get(relation, EXACT) * max(1e-3, np.abs(a).max(), np.abs(b).max())
    if relation in ("=", "~"):
        return np.abs(a - b) <= slack
    if relation == "<=":
        return a <= b + slack
    if relation == ">=":
        return a >= b - slack
    if relation == "propto":
        factor = np.sum(a * b) / np.sum(b * b)
        return np.abs(a - factor * b) <= slack
    return compare(a, relation, b)


def _shape(shape):
    return "×".join(map(str, shape))
