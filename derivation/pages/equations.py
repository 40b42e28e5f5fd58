"""An equation of a page, and what comes of it: checked, a definition, a demand, wrong …"""

import re
from dataclasses import dataclass, field

from ..binder.claims import is_condition
from ..check.derivation import check_derivation
from ..report import Report
from ..syntax import DerivationError, walk
from ..vocabulary import Symbol

__all__ = ["STATES", "Equation", "check_equation", "definitions", "states_relation"]

STATES = ("checked", "instance", "definition", "demand", "condition", "false", "excused", "wrong")
RELATION = re.compile(
    r"[=<>≤≥≠≈∈∝≡⟹⟺]|"
    r"\\(?:leq?|geq?|neq?|lt|gt|approx|in|equiv|propto|implies|iff|sim)(?![A-Za-z])"
)
VALUES = re.compile(r"[A-Za-z] = [^=,(]+((?<!\\), *[^=,(]+)+")  # i = 1, \dots, M
APPLIED = re.compile(r"([\\A-Za-z][\w\\{}]*\([^()=]+\))\s*&?\s*=")  # a function and its arguments


@dataclass
class Equation:
    """A displayed equation, or a relation in the text, and what came of it.

    Attributes
    ----------
    page : str
    line : int
        Where it begins, from 1.
    latex : str
    display : bool
        Whether it stands by itself.
    label : str
    state : str
        "checked"; "instance", checked for one instance of what may be any; "definition", nothing
        but the meaning of a symbol; "demand", what is wanted; "condition", a case that the text
        looks at; "false", meant to fail, and does; "excused"; "wrong".
    reason : str
        Why it is wrong or excused.
    instances : tuple of str
        The instances on which it depends, as their notes give them.
    report : Report
    vocabulary : Vocabulary
        With what the page says up to here.
    """

    page: str
    line: int
    latex: str
    display: bool
    label: str = ""
    state: str = ""
    reason: str = ""
    instances: tuple = ()
    report: Report = field(default_factory=lambda: Report([]), repr=False)
    vocabulary: object = field(default=None, repr=False)

    @property
    def steps(self):
        """Those that are more than a definition."""
        return [step for step in self.report.steps if not step.definition]

    @property
    def squeezed(self):
        """Its LaTeX without any space, by which the built page knows it again."""
        return "".join(self.latex.split())


def check_equation(equation, kind="", text="", instances=()):
    """Check an equation, and say in `state` and `reason` what came of it.

    `kind` and `text` are of the note that speaks of it; `instances` maps symbols that stand for
    any of their kind to the words of their notes.
    """
    if kind == "excused":
        equation.state, equation.reason = ("excused", text) if text else ("wrong", "no reason")
        return
    if kind == "supposes" or (not equation.display and not kind and _lists(equation)):
        equation.state = "condition"
        return
    plain = not equation.display and not kind  # a formula in the text may only name a case
    try:
        if plain and _chooses(equation.latex, equation.vocabulary):
            equation.state = "condition"
            return
        equation.report = check_derivation(equation.latex, equation.vocabulary)
        if plain and not equation.report and _supposes(equation.latex, equation.vocabulary):
            equation.state = "condition"
            return
    except DerivationError as error:
        equation.state, equation.reason = "wrong", str(error)
        return
    used = {s for step in equation.report.steps for s in step.chain.symbols}
    equation.instances = tuple(text for s, text in dict(instances).items() if s in used)
    said = set(definitions(equation.latex, equation.vocabulary)) if kind == "defines" else ()
    for step in equation.report.steps:
        step.definition = step.definition or (step.left, step.right) in said
    equation.state, equation.reason = _verdict(equation, kind, instances)


def _verdict(equation, kind, instances):
    """State and reason of an equation that could be evaluated."""
    report = equation.report
    if kind == "false":
        return ("wrong", "it is said to be false and holds") if report else ("false", "")
    if kind == "demands":
        met = report or not equation.instances
        return ("demand", "") if met else ("wrong", f"the instance does not meet it\n{report}")
    if not report:
        return "wrong", str(report)
    if not equation.steps:
        named = [s for step in report.steps for s in _named(step.left, equation.vocabulary)]
        return ("condition" if any(s in instances for s in named) else "definition"), ""
    return ("instance" if equation.instances else "checked"), ""


def _lists(equation):
    """Whether it lists the values of an index, or repeats a condition under which it stands."""
    return VALUES.fullmatch(equation.latex) or equation.latex in equation.vocabulary.conditions


def states_relation(latex, vocabulary):
    """Whether a formula in the text states a relation; an indicator in it does not count."""
    if not RELATION.search(latex):
        return False
    try:
        return any(s.relations for s in vocabulary.read(latex))
    except DerivationError:
        return True  # to be reported


def definitions(latex, vocabulary):
    """The name and what follows the first sign of equality, of each statement."""
    new = (Symbol(name) for name in APPLIED.findall(latex))
    for statement in vocabulary.extend(*new).read(latex):
        if statement.relations[:1] != ("=",):
            raise ValueError(f"no definition: {latex}")
        yield statement.source[:2]


def _chooses(latex, vocabulary):
    """Whether every statement compares drawn symbols, indices and numbers, such as C = 3."""
    drawn = {s.latex for s in vocabulary.symbols if not s.definition}
    return all(
        is_condition(s, vocabulary) or all(m.op == "num" or m.text in drawn for m in s.members)
        for s in vocabulary.read(latex)
    )


def _supposes(latex, vocabulary):
    """Whether it gives a number to a symbol that is drawn, as W = 0 does."""
    drawn = {s.latex for s in vocabulary.symbols if not s.definition}
    known = {*vocabulary.indices, *vocabulary.sizes}
    for statement in vocabulary.read(latex):
        values = [m for m in statement.members if m.text not in drawn]
        names = {n.text for m in values for n in walk(m) if n.op == "name"}
        if len(values) == len(statement.members) or names - known:
            return False
    return True


def _named(latex, vocabulary):
    """The symbols that a name can mean: the one written so, or that of which it is an entry."""
    name = vocabulary.read(latex)[0].members[0]
    name = name.args[0] if name.op == "call" else name
    if name.op != "name":
        return []
    letters = " ".join(n.text for n in name.args[1])
    heads = name.args[0], rf"\mathbf{{{name.args[0]}}}"
    found = [s for s in vocabulary.symbols if letters and s.entries == letters and s.head in heads]
    return [*found, *filter(None, vocabulary.lookup(name)[:1])]
