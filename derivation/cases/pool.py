"""The cases from which a climb starts, ties and extremes among them, and their children."""

import numpy as np

from .draws import FORMS, LINE, restore, specialise
from .trials import Trial, drawn_in, trial_of

__all__ = ["POOL", "children", "formed", "fresh", "paired", "scattered", "started"]

POOL = 36  # cases at once
KINDS = 11  # a prime: the special forms, and two times none
SPREADS = (1.0, 0.3, 0.1, 0.03, 3.0)  # how far a change goes
FAR = -64, -16, -4, 0, 1.5, 2, 2.5, 3, 8, 16, 24, 40, 64  # powers of ten: a prime number
SCALES, SCALES_APART = (1.0, 0.1, 3.0, 0.5, 8.0), (0.01, 0.1, 1.0, 10.0, 100.0)


def started(chain, plan, rng):
    """Drawn cases. The first ones are special: zeros, ones, equal entries, two values, diagonals of
    all that is drawn, others of each symbol by chance; half have the first label; in a third every
    symbol has a scale of its own."""
    trial = trial_of(chain, plan, POOL, rng, SCALES)
    every = drawn_in(trial.case, chain)
    for symbol, values in every:
        if symbol.is_label:
            values[::2] = values.min()
        elif symbol.draw in LINE:
            by_chance = rng.integers(0, 2 * FORMS, POOL - FORMS)
            specialise(values, symbol.draw, np.array([*range(FORMS), *by_chance]))
    for symbol, values in every:
        if symbol.draw in LINE:
            some = values[-(POOL // 3) :]
            some *= rng.choice(SCALES_APART, (len(some), *[1] * (values.ndim - 1)))
            restore(values, symbol.draw)
    return fresh(chain, trial)


def paired(chain, plan, rng):
    """Drawn cases in which every two symbols have every pair of special forms, or none."""
    trial = trial_of(chain, plan, KINDS**2, rng, SCALES)
    first, second = np.divmod(np.arange(KINDS**2), KINDS)
    for n, (symbol, values) in enumerate(drawn_in(trial.case, chain)):
        if symbol.draw in LINE:
            specialise(values, symbol.draw, (first + n * second) % KINDS)
    return fresh(chain, trial)


def formed(chain, plan, rng, apart=(1.0,)):
    """A case of each special form, which is that of all that is drawn; numbers may be far apart
    from it, each a multiple of 1 then."""
    kinds, count = np.tile(np.arange(FORMS), len(apart)), FORMS * len(apart)
    trial = trial_of(chain, plan, count, rng, SCALES)
    for symbol, values in drawn_in(trial.case, chain):
        if symbol.draw in LINE:
            specialise(values, symbol.draw, kinds)
            if values[0].size == 1:
                values[FORMS:] = np.repeat(apart[1:], FORMS).reshape(-1, *[1] * (values.ndim - 1))
                values[:] = np.abs(values) if symbol.draw == "positive" else values
                restore(values, symbol.draw)
        elif symbol.is_label:
            values[:] = trial.case.range(symbol.draw.partition(" ")[2])[0]
        else:
            values[:] = 1 / np.prod(values.shape[-2:])
    return fresh(chain, trial)


def scattered(chain, plan, rng):
    """Cases with numbers of every size: every two symbols have every two, or each entry its own."""
    trial = trial_of(chain, plan, 2 * len(FAR) ** 2, rng, (1.0,))
    first, second = np.divmod(np.arange(len(FAR) ** 2), len(FAR))
    for n, (symbol, values) in enumerate(drawn_in(trial.case, chain)):
        if symbol.draw in LINE:
            powers = rng.choice(FAR, values.shape)
            powers.T[..., : len(first)] = np.array(FAR)[(first + n * second) % len(FAR)]
            values *= 10.0**powers
            restore(values, symbol.draw)
    return fresh(chain, trial)


def fresh(chain, trial, drawn=None):
    """The same trial evaluated anew, perhaps for draws that were changed."""
    drawn = trial.case.drawn if drawn is None else drawn
    count = len(next(iter(drawn.values()), range(trial.case.count)))
    case = trial.case.chosen(np.resize(np.arange(trial.case.count), count))
    case.drawn = drawn
    new = Trial(case, trial.indices, chain.definitions)
    new.restrict(chain.conditions)
    return new


def children(case, best, chain, rng, count):
    """The best cases, and changed copies of them: so many together."""
    drawn = {}
    kinds = {s.latex: s.draw for s in chain.symbols}
    changed = [name for name in case.drawn if name in kinds]
    for name, values in case.drawn.items():
        parents = np.concatenate([best, rng.choice(best, count - len(best))])  # each has several
        new = values[parents].copy()
        shape = (count, *[1] * (new.ndim - 1))
        spread = rng.choice(SPREADS, shape)
        moved = (np.arange(count) >= len(best)).reshape(shape)
        moved = moved & (rng.random(shape) < max(0.4, 1 / max(len(changed), 1)))
        other = _changed(new, kinds.get(name, "real"), spread, case, rng)
        drawn[name] = np.where(moved, other, new)
    return drawn


def _changed(values, draw, spread, case, rng):
    """Other values near these, drawn in their way."""
    noise = rng.standard_normal(values.shape)
    if draw.startswith("label"):
        labels = case.range(draw.partition(" ")[2])
        other = rng.integers(labels[0], labels[-1], values.shape, endpoint=True)
        return np.where(noise > 0, other, values)
    if draw == "positive":
        return np.clip(values * np.exp(2 * spread * noise), 1e-30, 1e30)
    if draw == "probability":
        new = np.maximum(values * np.exp(2 * spread * noise), 1e-9)
        return new / new.sum((-1, -2), keepdims=True)
    kind = rng.integers(0, 5)
    if kind < 2:  # all entries by one factor, or each by its own
        factors = rng.standard_normal((spread, values)[kind].shape)
        new = values * np.exp(spread * factors)
    elif kind == 2:  # some entries become those of others
        new = np.where(
            rng.random(values.shape) < 0.4,
            np.roll(values, 1, -1 if values.shape[-1] > 1 else -2),
            values,
        )
    else:
        new = values + spread * noise * np.maximum(1.0, np.abs(values))
    restore(new, draw)
    return new
