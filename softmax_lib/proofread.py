"""A derivation as somebody has written it down: its lines as printed, and a verdict on each."""

import re
from dataclasses import dataclass, replace
from html import escape

from derivation import Vocabulary
from derivation.report import typeset
from softmax_lib.notation import DerivationError, check_derivation

__all__ = ["Passage", "Remark"]

LINE = re.compile(r"(?P<latex>[^%]*)% (?P<number>\d+)\b *(?P<words>[^\n]*)")
RELATION = re.compile(r"=|\\(?:in|leq?|geq?|Rightarrow)(?![A-Za-z])")
HOLDS, SLIP, SILENT = "✓ holds", "✗ slip", "–"


@dataclass(frozen=True)
class Remark:
    """What a proofreader writes beside a line.

    Attributes
    ----------
    why : str
        In words, with formulas between dollars.
    meant : str
        LaTeX of the line as it should be, if it is a slip.
    claim : str or None
        LaTeX of what the line says, if that is not the formula as it stands; None if it claims
        nothing that can be tested.
    follows : str
        LaTeX of what the line goes on from, if that is not the start of its chain.
    vocabulary : Vocabulary, optional
        What symbols mean in this line, if not what they mean in the others.
    """

    why: str
    meant: str = ""
    claim: str | None = ""
    follows: str = ""
    vocabulary: Vocabulary | None = None


@dataclass(frozen=True)
class Line:
    """A numbered line, the words beside it, where its chain starts; and what is said of it."""

    latex: str
    number: str
    words: str
    start: str
    verdict: str = ""
    notes: tuple[str, ...] = ()

    def __str__(self):
        printed = "  ".join(filter(None, (" ".join(self.latex.split()), self.words)))
        first = f"{self.number:>2}  {f'{self.verdict:7}  ' if self.verdict else ''}{printed}"
        return "\n".join([first, *(f"      {note}" for note in self.notes)]).replace("$", "")

    def item(self):
        """The line as an item of a list."""
        kind = {HOLDS: "holds", SLIP: "slip"}.get(self.verdict, "silent")
        formula = rf"\(\displaystyle {escape(self.latex)}\)"
        shown = f'<span class="math">{formula}</span>' if self.latex else ""
        words = filter(None, (self.words, *self.notes))
        below = "".join(f'<div class="reason">{_shown(note)}</div>' for note in words)
        mark = f"<span><b>{self.number}</b> {self.verdict}</span>"
        return f'<li class="{kind}">{mark} {shown}{below}</li>'


class Passage:
    r"""Lines of a derivation; it shows them with their numbers, as they are printed.

    Parameters
    ----------
    latex : str
        Each line ends with a percent sign and its number, after which may stand words. A line that
        begins with a relation goes on from the last one that does not.
    vocabulary : Vocabulary
        What the symbols mean.

    Examples
    --------
    >>> from softmax_lib.notation import BOOK
    >>> lines = Passage(r'''
    ... \nabla_{\mathbf{s}} \ell = \mathbf{y} - \mathbf{p} % 1
    ... = \mathbf{p} - \mathbf{y} % 2 as above
    ... ''', BOOK)
    >>> lines
     1  \nabla_{\mathbf{s}} \ell = \mathbf{y} - \mathbf{p}
     2  = \mathbf{p} - \mathbf{y}  as above
    >>> judged = lines.judged({1: Remark("the sign", meant=r"= \mathbf{p} - \mathbf{y}")})
    >>> [(line.number, line.verdict) for line in judged.lines]
    [('1', '✗ slip'), ('2', '✓ holds')]
    """

    def __init__(self, latex, vocabulary):
        self.vocabulary = vocabulary
        self.lines, start = [], ""
        for line in LINE.finditer(latex):
            text = line["latex"].strip()
            if relation := _relation(text):
                start = text[:relation]
            elif relation is None:
                start = text
            self.lines.append(Line(text, line["number"], line["words"], start))

    def __repr__(self):
        return "\n".join(map(str, self.lines))

    def _repr_html_(self):
        items = "".join(line.item() for line in self.lines)
        return f'<ol class="derivation passage">{items}</ol>'

    def judged(self, remarks):
        """The same lines, each with its verdict and what is remarked.

        Parameters
        ----------
        remarks : dict
            For the number of a line a `Remark`, or its words alone.

        Raises
        ------
        ValueError
            If a line fails and no remark says why, or if what is meant does not hold.
        """
        copy = Passage("", self.vocabulary)
        copy.lines = [self._judge(line, remarks.get(int(line.number), "")) for line in self.lines]
        return copy

    def _judge(self, line, remark):
        remark = Remark(remark) if isinstance(remark, str) else remark
        vocabulary = remark.vocabulary or self.vocabulary
        line = replace(line, start=remark.follows or line.start)
        claim = _claim(line, line.latex) if remark.claim == "" else remark.claim
        if not claim:
            return replace(line, verdict=SILENT, notes=(remark.why,) if remark.why else ())
        fault = _fault(claim, vocabulary)
        notes = [note for note in (remark.why, fault) if note]
        if fault and not remark.why:
            raise ValueError(f"line {line.number} fails, and no remark says why: {fault}")
        if remark.meant:
            if not fault:
                raise ValueError(f"line {line.number} holds; nothing else can be meant")
            if wrong := _fault(_claim(line, remark.meant), vocabulary):
                raise ValueError(f"what is meant in line {line.number} does not hold: {wrong}")
            notes.append(f"meant is ${remark.meant}$, which holds")
        return replace(line, verdict=SLIP if fault else HOLDS, notes=tuple(notes))


def _claim(line, latex):
    """What a line says, with the start of its chain; empty if it has no relation."""
    relation = _relation(latex)
    return "" if relation is None else f"{line.start} {latex}" if relation == 0 else latex


def _fault(claim, vocabulary):
    """Why a claim fails: a counterexample, or what does not fit; None if it holds.

    What an error says of LaTeX stands between backquotes.
    """
    try:
        steps = check_derivation(claim, vocabulary).steps
    except DerivationError as error:
        return f"`{str(error).splitlines()[0]}`"
    wrong = next((step for step in steps if not step.holds), None)
    return wrong and (wrong.reason or "it could not be tried often enough")


def _relation(latex):
    """Where the first relation stands that is not inside brackets, or None."""
    depth = 0
    for n, letter in enumerate(latex):
        depth += (letter in "([{") - (letter in ")]}")
        if depth == 0 and RELATION.match(latex, n):
            return n
    return None


def _shown(words):
    return re.sub("`(.*?)`", r"<code>\1</code>", typeset(words))
