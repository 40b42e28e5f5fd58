"""A derivation, step by step: every member evaluated, neighbours compared, a report made."""

from collections.abc import Sequence

import numpy as np

from ..binder.claims import conditions_of, grouped
from ..cases.solve import solved, vanishing
from ..cases.trials import lanes_of, trials
from ..demands.demand import defines, demand
from ..evaluator import numbers
from ..report import Report
from ..sizes import NUMBER
from ..syntax import DerivationError
from ..vocabulary import Vocabulary, texts
from .attack import uphill
from .chain import Chain
from .endless import endless
from .judge import DIGITS, JUDGES, MAX_EXACT, MORE_DIGITS, STRICT, Exact, gap
from .special import far_apart, special_trials, touching_trials, unseen

__all__ = ["check_derivation"]

MAX_MEMBERS = 300
ENOUGH, ENOUGH_SIZES = 8, 3  # cases in which both sides are defined, and sizes among them
ATTACKED = ("<", "<=", ">", ">=", "!=", "in", "~")
FACTOR = "there is no one factor for all indices and labels: write it, as in a_{ik} = c_i b_{ik}"
TURNS = 6  # of more and more draws, if conditions leave few cases


def check_derivation(
    latex: str,
    vocabulary: Vocabulary,
    *,
    starts: str | None = None,
    ends: str | None = None,
    through: Sequence[str] = (),
    when: Sequence[str] = (),
    definitions: bool = True,
    seed: int = 0,
) -> Report:
    r"""Evaluate every step of a derivation on many cases.

    A chain is split at its relations; each member is read, its names and shapes are found, and it
    is evaluated for several sizes, data, labels, and all values of the free indices; neighbours are
    compared. Derivatives are exact (dual numbers), taken through the vocabulary's definitions. What
    is close is decided with sixty digits or more.

    A step holds if in every case both sides are defined and agree, or neither is defined; where one
    side alone is defined it fails. It counts only if both sides were defined in at least eight
    cases, of three different sizes where there are as many. That a ∝ b claims one factor, which is
    not 0: both sides are 0 in the same places. It is no proof: a step that holds agreed in all
    cases that were tried.

    Parameters
    ----------
    latex : str
        An equation, a chain, or an aligned block. Several statements may follow each other; a
        condition such as k \neq y restricts the one before it.
    vocabulary : Vocabulary
        What the symbols mean.
    starts, ends : str, optional
        The first and the last member that the chain must have, up to what a reader would not call
        a step. With them the chain must also have a step of its own in between.
    through : sequence of str
        Members that it must contain, in this order, each as a member of its own. Where an entry is
        "…", one that is not named is wanted.
    when : sequence of str
        Conditions such as k \neq y, to which the claim is restricted. With `starts`, `ends` or
        `through` the derivation may not restrict it to others.
    definitions : bool
        Whether a member in which only a definition is put in is one of its own.
    seed : int
        Chooses the cases; not negative.

    Returns
    -------
    Report

    Raises
    ------
    DerivationError
        For LaTeX that cannot be read, an unknown symbol, an expression without a relation, or an
        argument of the wrong kind.
    """
    if not isinstance(vocabulary, Vocabulary):
        raise DerivationError(f"vocabulary is a Vocabulary, got {type(vocabulary).__name__}")
    if not isinstance(seed, (int, np.integer)) or isinstance(seed, bool) or seed < 0:
        raise DerivationError(f"seed is a whole number that is not negative, got {seed!r}")
    through, when = texts(through, "through"), texts(when, "when")
    if not isinstance(definitions, bool):
        raise DerivationError(f"definitions is True or False, got {definitions!r}")
    try:
        return _report(latex, vocabulary, (starts, ends, through, when, definitions), int(seed))
    except RecursionError:
        raise DerivationError("this is too long, or a definition never ends", latex, 0) from None


def _report(latex, vocabulary, asked, seed):
    """The report, of arguments that are of the right kind."""
    claims = grouped(vocabulary.read(latex), vocabulary, latex)
    count = sum(len(claim.chain.members) for claim in claims)
    if count > MAX_MEMBERS:
        raise DerivationError(f"at most {MAX_MEMBERS} members are checked at once, got {count}")
    starts, ends, through, when, _ = asked
    outer = [(s, text) for text in (*vocabulary.conditions, *when)
             for s in conditions_of(text, vocabulary)]  # fmt: skip
    checked = [_checked(claim, outer, latex, vocabulary, seed) for claim in claims]
    report = Report([step for steps in checked for step in steps])
    if starts is not None or ends is not None or through:
        demand(report, claims, checked, vocabulary, *asked)
    return report


def _checked(claim, outer, latex, vocabulary, seed):
    """The steps of a claim; a premise that does not hold in every case is only supposed."""
    chain = Chain(claim, outer, latex, vocabulary, seed)
    with np.errstate(all="ignore"):
        for condition, text in chain.unfollowed:
            if condition not in chain.conditions:  # it restricts nothing
                continue
            if not all(step.holds for step in Run(chain.alone(condition)).steps()):
                raise DerivationError(text, latex, chain.chain.members[0].at)
            chain.without(condition)
        steps = Run(chain).steps()
    failed = [step for step in steps if not step.holds]
    doubt = claim.doubt
    if any(step.relation == "propto" for step in failed) and several(chain):
        doubt = doubt or FACTOR
    if doubt and failed:
        raise DerivationError(doubt, latex, chain.chain.members[0].at)
    for n, step in enumerate(steps):
        step.chain, step.number = chain, n
        pair = chain.chain.members[n : n + 2]
        step.definition = step.relation == "=" and step.holds and defines(*pair, chain.vocabulary)
    return [] if claim.supposed and failed else steps


def several(chain):
    """Whether a factor may depend on one index and not on another, or not on a label alone."""
    number = all(t is not None and t.shape == NUMBER for t in chain.bound) and not chain.letters
    return len(chain.letters) > 1 or (number and any(s.is_label for s in chain.symbols))


def entry_text(chain, step, at):
    """The indices of an entry as the vocabulary counts them, columns from 0 perhaps."""
    n = chain.steps.index(step)
    first = map(chain.vocabulary.first_along, chain.bound[n].shape)
    return "({}, {})".format(*(a + int(k) for a, k in zip(first, at, strict=True)))


class Run:
    """A bound chain, tried on one case after another."""

    def __init__(self, chain):
        self.chain, self.possible, self.cases = chain, set(), 0
        chain.vanishing = vanishing(chain)

    def steps(self):
        """The steps, each tried until it fails."""
        steps = self.chain.steps
        for turn in range(TURNS if self.chain.conditions else 1):
            for trial in trials(self.chain, turn):
                self.bear(trial)
                if all(step.reason for step in steps):
                    return steps
            if all(step.reason or self.enough(step) for step in steps):
                break
        self.seek(special_trials(self.chain))
        self.conclude(steps)
        self.seek(touching_trials(self.chain))
        for n, step in enumerate(steps):
            if not step.reason:
                step.reason = far_apart(self.chain, n, step.relation)
                step.undecided = bool(step.reason)
        return steps

    def seek(self, trials_):
        """Compare where a step may fail, which counts for none that does not."""
        for trial in trials_:
            if trial.mask.any():
                self.vary(trial)
                self.compare(trial, counts=False)

    def conclude(self, steps):
        """Say of each step what is not decided, or attack it."""
        for n, step in enumerate(steps):
            if step.reason:
                continue
            attacked = self.chain.drawn and step.relation in ATTACKED
            if self.forced(n, step) or not self.enough(step):
                step.reason = self.too_few(step)
            elif self.chain.sampled[n] and not self.chain.decided[n]:
                step.reason = "no case was decided with all digits that it needs"
            elif self.chain.drawn and not attacked:
                step.reason = unseen(self.chain, n)
            step.undecided = bool(step.reason)
            if attacked and not step.reason:
                self.attack(n, step)

    def bear(self, trial):
        """Try the cases of one trial; sizes that the vocabulary does not name may be too large."""
        try:
            self.meet(trial)
        except DerivationError:
            if not trial.beyond:
                raise
            self.possible.discard(tuple(trial.case.sizes.items()))

    def meet(self, trial):
        """Try the cases of one trial in which the conditions hold, and some that are made to."""
        for one in (trial, solved(trial, self.chain)):
            if one is not None and one.mask.any():
                self.vary(one)
                if not one.vast:
                    self.possible.add(tuple(one.case.sizes.items()))
                    self.cases += int(one.mask.sum())
                self.compare(one, counts=not one.vast)

    def vary(self, trial):
        """Note which of the symbols that premises may force to 0 are something else here."""
        draws = trial.mask.any(1)
        self.chain.vanishing = [s for s in self.chain.vanishing
                                if not trial.case.drawn[s.latex][draws].any()]  # fmt: skip

    def forced(self, n, step):
        """Whether premises were met by zeros alone, and it is not this that the step claims."""
        pair = self.chain.bound[n : n + 2]
        zeros = step.relation == "=" and any(t.op == "zeros" for t in pair)
        claimed = {t.args[0].latex for t in pair if zeros and t.op == "symbol"}
        return [s for s in self.chain.vanishing if s.latex not in claimed]

    def enough(self, step):
        enough = ENOUGH if self.chain.drawn else min(ENOUGH, max(self.cases, 1))
        return step.tried >= enough and len(step.sizes) >= min(
            ENOUGH_SIZES, len(self.possible) or 1
        )

    def too_few(self, step):
        if not self.possible:
            what = "premise" if self.chain.premises else "condition"
            return f"no case was found that meets its {what}"
        if self.chain.vanishing:
            return f"its premise was met only where {self.chain.vanishing[0].latex} is 0"
        if not step.tried:
            return "no case was decided in which both sides are defined"
        return f"only {step.tried} cases were decided in which both sides are defined: too few"

    def compare(self, trial, counts=True):
        """Compare all neighbours in the cases of one trial."""
        chain = self.chain
        values = [None if t is None else trial.values(t, chain.latex) for t in chain.bound]
        exact = Exact(chain, trial)
        for n, step in enumerate(chain.steps):
            if not step.reason:
                self.step(n, step, values, trial, exact, counts)

    def step(self, n, step, values, trial, exact, counts):
        a, b = np.broadcast_arrays(*values[n : n + 2])
        if step.relation == "propto" and not counts:  # no factor can be told, but that there is one
            lane = lone(exact, n, a, b)
            return self.fails(step, trial, lane, a, b) if lane else None
        if step.relation == "propto":
            exact.places[n] = references(a, b, trial.mask)
            a, b = factors(a, b, exact.places[n])
        if step.relation == "in":
            sure = b == 1
            defined = np.isfinite(b)
        else:
            sure = JUDGES[step.relation](a, b)
            defined = np.isfinite(a) & np.isfinite(b)
        if trial.solved and (step.relation in STRICT or (self.chain.jumps(n) and not counts)):
            sure = sure & False  # floats may be what cancelled
        sure = (sure & defined).all((-1, -2))
        apart = gap(step.relation, a, b).max((-1, -2))
        known, holds, bad = exact.verdicts(n, step.relation, sure, apart, self.enough(step))
        ok = trial.mask & np.where(known, holds, sure)
        count = int(ok.sum()) if counts else 0
        step.tried += count
        if count:
            step.sizes.add(tuple(trial.case.sizes.items()))
        if bad.any():
            self.fails(step, trial, tuple(map(int, np.argwhere(bad)[0])), a, b)

    def fails(self, step, trial, lane, a, b):
        """Name the case in which a step fails."""
        step.lane = trial, lane
        case = ", ".join(f"{n} = {v}" for n, v in trial.named(lane, self.chain.symbols).items())
        case += ": " if case else ""
        x, y = a[lane], b[lane]
        if (x == y).all() or not np.isfinite([x, y]).all():  # floats do not tell
            n = self.chain.steps.index(step)
            exact = Exact(self.chain, trial)
            x, y, *_ = exact.pair(n, lane, exact.digits)
            x, y = (v.astype(float) for v in np.broadcast_arrays(x, y))
        if step.relation == "in":
            at = tuple(np.argwhere(y != 1)[0]) if (y != 1).any() else (0, 0)
            step.reason = f"{case}{x[at]:.5g} does not belong to it"
            return
        both = ~np.isfinite(x) & ~np.isfinite(y)
        size = np.where(np.isfinite(x) & np.isfinite(y), gap(step.relation, x, y), np.inf)
        at = np.unravel_index(np.argmax(np.where(both, -np.inf, size)), x.shape)
        entry = f"entry {entry_text(self.chain, step, at)}, " if x.shape != (1, 1) else ""
        left, right = (f"{v[at]:.5g}" if np.isfinite(v[at]) else "not defined" for v in (x, y))
        step.reason = f"{case}{entry}left {left}, right {right}"

    def attack(self, n, step):
        """Go uphill to where an inequality is nearest to failing."""
        found = uphill(self.chain, n, step.relation)
        if found is None:
            step.reason = endless(self.chain, n, step.relation)
            return
        trial, lane = found
        values = [trial.values(t, self.chain.latex) for t in self.chain.bound[n : n + 2]]
        a, b = np.broadcast_arrays(*values)
        same = np.abs(a - b) <= 1e-12 * (1 + np.abs(b))  # a place of equality, up to rounding
        self.fails(step, trial, lane, np.where(same, b, a), b)


def references(a, b, mask):
    """∝: for each draw the place of its largest entry, whose factor all its others have; of several
    draws if each has one number only. None where there is nothing to compare with."""
    usable = np.isfinite(a) & np.isfinite(b) & mask[..., None, None]
    single = usable.sum((1, 2, 3)).max() <= 1
    if single and (a[0].size > 1 or len({*zip(a[usable], b[usable], strict=True)}) < 2):
        return [None] * len(a)
    size = np.where(usable, np.abs(b), -1.0)
    groups = size.reshape(1 if single else len(a), -1)
    at = groups.argmax(1) + np.arange(len(groups)) * groups.shape[1]
    places = [tuple(map(int, np.unravel_index(n, a.shape))) for n in at]
    return places * (len(a) // len(places))


def factors(a, b, places):
    """Both sides with the factor of each draw put in."""
    pairs = [(np.nan, 1.0) if p is None or a[p] == 0 else (a[p], b[p]) for p in places]
    top, bottom = (np.reshape(x, (-1, 1, 1, 1)) for x in zip(*pairs, strict=True))
    return a, b * (top / bottom)


def lone(exact, n, a, b):
    """∝: a case in which one side alone is 0, and decimals agree; or None."""
    seems = exact.trial.solved | ((a == 0) != (b == 0)).any((-1, -2))
    seems = seems & (np.isfinite(a) & np.isfinite(b)).all((-1, -2)) & exact.trial.mask
    for lane in lanes_of(seems)[:MAX_EXACT]:
        *pair, spread, most = exact.pair(n, lane, MORE_DIGITS)
        tiny = numbers.cancelled(most, DIGITS)
        zero = [(np.abs(x) <= tiny).astype(bool) for x in np.broadcast_arrays(*pair)]
        if spread < DIGITS // 2 and (zero[0] != zero[1]).any() and exact.meets(lane, MORE_DIGITS):
            return None if exact.outside(lane, MORE_DIGITS) else lane
    return None
