"""What came of a derivation: its steps, and how a report shows itself."""

import functools
import re
from dataclasses import dataclass, field
from html import escape
from typing import Any

from .explanation.explain import explain
from .printer import SIGNS

__all__ = ["Report", "Step", "typeset"]

LONG = 90  # characters of a step shown in one line
PLAIN = {"!=": "≠", "<=": "≤", ">=": "≥", "~": "≈", "in": "∈", "propto": "∝"}  # without LaTeX


@dataclass
class Step:
    """Two neighbours in a chain.

    Attributes
    ----------
    left, relation, right : str
        LaTeX of the members, and "=", "<=", … between them.
    tried : int
        In how many cases both sides were defined.
    reason : str
        Empty if it holds; else a counterexample, or what does not fit.
    definition : bool
        Whether it only says what the vocabulary says: such a step cannot fail.
    read_as : tuple of str
        How left and right were read, where their LaTeX leaves it open; else empty.
    given : str
        The premise, where the step only follows from one.
    undecided : bool
        Whether it does not count although no counterexample is known.
    """

    left: str
    relation: str
    right: str
    tried: int = 0
    reason: str = ""
    definition: bool = False
    read_as: tuple[str, str] = ("", "")
    given: str = ""
    undecided: bool = False
    sizes: set[Any] = field(default_factory=set, repr=False)  # those among the cases
    chain: Any = field(default=None, repr=False)  # what it is the number-th step of
    number: int = field(default=0, repr=False)
    lane: tuple[Any, ...] = field(default=(), repr=False)  # the case in which it fails

    @property
    def holds(self) -> bool:
        return not self.reason and self.tried > 0

    @property
    def verdict(self) -> str:
        """A mark and words."""
        return "✓ holds" if self.holds else "? not decided" if self.undecided else "✗ fails"

    @functools.cached_property
    def explanation(self) -> Any:
        """What kind of slip it is, if the step fails: see `explain`; None where nothing is said."""
        if self.holds or self.chain is None:
            return None
        return explain(self.chain, self.number)


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

    steps: list[Step]
    missing: list[str] = field(default_factory=list)
    legs: list[int | None] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.steps) and all(step.holds for step in self.steps) and not self.missing

    def __str__(self) -> str:
        lines: list[str] = []
        known: set[str] = set()
        for step in self.steps:
            sign = PLAIN.get(step.relation, step.relation)
            lines.append(f"{step.verdict[0]}  {step.left}  {sign}  {step.right}")
            lines += [f"      {note.replace('$', '')}" for note in _notes(step, known)]
        return "\n".join([*lines, *(f"✗  {demand}" for demand in self.missing)])

    __repr__ = __str__

    def _repr_html_(self):
        known = set()
        rows = [
            _row(s.verdict, _displayed(s.left, SIGNS[s.relation], s.right), _notes(s, known))
            for s in self.steps
        ]
        rows += [_row("✗ missing", "", [demand]) for demand in self.missing]
        return f'<ol class="derivation">{"".join(rows)}</ol>'


def _notes(step, known):
    """What stands below a step, without the signs that tell letters apart: see `bind.fitted`."""
    return [note.replace("\N{WORD JOINER}", "") for note in _told(step, known)]


def _told(step, known):
    """How a step was read, if it is not known from one before, and if it fails, why."""
    notes = [f"if ${step.given}$"] if step.given else []
    readings = [text for text in step.read_as if text not in known]
    notes += [f"read as ${text}$" for text in readings if text]
    known.update(readings)
    if not step.reason:
        return notes
    told = step.explanation
    said = (told.kind, told.fact, told.case, told.right_again) if told else ()
    return [*notes, *filter(None, said if told and told.case else (step.reason, *said))]


def _displayed(left, sign, right):
    """A step, in two lines if it is long."""
    if len(left) + len(right) < LONG:
        return f"{left} {sign} {right}"
    return rf"\begin{{aligned}} & {left} \\ & \quad {sign} {right} \end{{aligned}}"


def _row(mark, latex, notes):
    step = rf'<span class="math">\(\displaystyle {escape(latex)}\)</span>' if latex else ""
    below = "".join(f'<div class="reason">{typeset(note)}</div>' for note in notes)
    return f"<li>{mark} {step}{below}</li>"


def typeset(note: str) -> str:
    """A text in HTML, with what stands between dollars as formulas."""
    return re.sub(r"\$(.*?)\$", r'<span class="math">\\(\1\\)</span>', escape(note))
