"""A case with short numbers in which a step fails, to be recomputed by hand."""

import contextlib
import itertools
from dataclasses import replace

import numpy as np

from ..binder.bind import Binder
from ..cases.draws import Case
from ..cases.premises import conditions_of
from ..cases.trials import Definitions, Trial, index_grid, lanes_of
from ..evaluator import numbers
from ..evaluator.dual import real
from ..sizes import Size
from ..syntax import Bound, DerivationError, below, walk

__all__ = ["example", "failing"]

LONG = 60  # numbers of a case that is no small one
SHOWN, NOISE = 12, 1e-12  # entries of a symbol that a case shows; what rounding could have left
DIGITS_SHOWN = 3, 6, 9, 12, 15
DIGITS, LOST = 200, 160  # where a value could be, and how small what is left of a zero is then


def failing(claim, n):
    """The case in which the check saw the step fail, to three digits."""
    pair = claim.bound[n : n + 2]
    trial, lane = claim.steps[n].lane
    if sum(v.size for v in mentioned(trial, lane, pair)[0].values()) > LONG:
        return ""
    values = np.broadcast_arrays(*(trial.values(t).astype(float) for t in pair))
    return told(trial, lane, pair, values, claim.symbols)


class _Short(Case):
    """Draws numbers with one decimal, and none that is 0."""

    def drawing(self, symbol, letters):
        value = super().drawing(symbol, letters)
        if symbol.is_label:
            return value
        if symbol.draw == "probability":  # tenths that add up to one
            count = value.shape[-1] * value.shape[-2]
            some = self.rng.multinomial(max(10 - count, 0), [1 / count] * count, value.shape[:-2])
            tenths = some + 1
            return (tenths / tenths.sum(-1, keepdims=True)).reshape(value.shape)
        value = np.round(np.clip(value, -3, 3), 1)
        return np.where(value == 0, 0.3, value)


def example(claim, n):
    """The smallest sizes and the clearest draw with short numbers in which the step fails."""
    vocabulary = lightened(claim, n)
    definitions = Definitions(vocabulary)
    binder, pair, given = _bound(claim, n, vocabulary)
    binder.sizes.fits(pair[0].shape, pair[1].shape)
    pair = [binder.settled(t) for t in pair]
    for condition in given:
        condition.settle(binder)
    symbols = definitions.symbols(*pair, *(t for c in given for t in c.trees))
    for sizes in small(vocabulary, binder.free, symbols):
        case = _Short(vocabulary, sizes, 8, np.random.default_rng(claim.seed), np.ones(8))
        trial = Trial(case, index_grid(case, binder.free, case.rng), definitions)
        trial.restrict(given)
        values = np.broadcast_arrays(*(trial.values(t).astype(float) for t in pair))
        lane = clearest(trial, values, symbols)
        if lane is not None:
            return told(trial, lane, pair, values, symbols)
    return ""


def lightened(claim, n):
    """The vocabulary, in which what is a product of drawn matrices is drawn itself, if nothing else
    in the step asks for them: the scores, say, instead of weights and features."""
    vocabulary, trees = claim.vocabulary, claim.bound[n : n + 2]
    conditions = [t for c in claim.conditions for t in c.trees]
    needed = claim.definitions.symbols(*trees, *conditions)
    for symbol in needed:
        if not symbol.definition or symbol.view or symbol.entries or symbol.is_function:
            continue
        tree = claim.definitions(symbol)[0]
        parts = {s.latex for s in claim.definitions.symbols(tree)}
        ops = {b.op for b in walk(tree)} - {"symbol", "view", "transpose"}
        light = vocabulary.extend(replace(symbol, definition=""))
        with contextlib.suppress(DerivationError):  # a derivative may go through it
            if ops == {"matmul"} and not parts & {s.latex for s in _remaining(claim, n, light)}:
                vocabulary = light
    return vocabulary


def _remaining(claim, n, vocabulary):
    _, pair, given = _bound(claim, n, vocabulary)
    return Definitions(vocabulary).symbols(*pair, *(t for c in given for t in c.trees))


def _bound(claim, n, vocabulary):
    """A binder, and what it makes of both sides, the conditions and the premise of a claim."""
    binder = Binder(vocabulary, claim.latex)
    pair = [binder.bind(m) for m in claim.chain.members[n : n + 2]]
    stated = [*claim.supposed, *((s, claim.latex) for s in claim.claim.premise or ())]
    return binder, pair, [c for s, text in stated for c in conditions_of(binder, s, text)]


def small(vocabulary, letters, symbols):
    """Sizes, small ones first; over what an index or a label runs has three values at least, and a
    matrix or a vector is no number if that can be."""
    labels = {s.draw.partition(" ")[2] or next(iter(vocabulary.indices))
              for s in vocabulary.symbols if s.is_label}  # fmt: skip
    counted = {a for letter in (*letters, *labels) for a in vocabulary.range(letter)[1].letters}
    choices = []
    for size, values in vocabulary.sizes.items():
        values = sorted({*values})
        large = [v for v in values if v >= 3 and size in counted]
        choices.append((large or values)[:2])
    sides = [side for s in symbols for side in vocabulary.shape(s) if side.letters]
    every = [dict(zip(vocabulary.sizes, c, strict=True)) for c in itertools.product(*choices)]
    return sorted(every, key=lambda sizes: (any(side.value(sizes) == 1 for side in sides),
                                            sum(sizes.values())))  # fmt: skip


def clearest(trial, values, symbols):
    """The case in which both sides differ visibly, and the indices and labels from each other."""
    a, b = values
    good = trial.mask & np.isfinite(a).all((-1, -2)) & np.isfinite(b).all((-1, -2))
    gap = np.where(good, np.abs(a - b).max((-1, -2)), 0)
    size = np.maximum(np.abs(a), np.abs(b)).max((-1, -2))
    best = None
    for lane in lanes_of(gap > 1e-6 * np.maximum(size, 1e-3)):
        case = trial.named(lane, symbols)
        marks = [v for k, v in case.items() if k not in trial.case.sizes]
        dull = bool(gap[lane] < 0.02 * size[lane]), bool(size[lane] > 100)
        score = -len({*marks}), *dull, sum(marks)
        if best is None or score < best[0]:
            best = score, lane
    return best and best[1]


def told(trial, lane, pair, values, symbols):
    """A case in words: sizes, indices, labels, the symbols that are mentioned, both values."""
    a, b = (v[lane] for v in values)
    at = np.unravel_index(np.argmax(np.nan_to_num(np.abs(a - b), nan=np.inf)), a.shape)
    if not NOISE <= min(abs(a[at]), abs(b[at])) <= max(abs(a[at]), abs(b[at])) < np.inf:
        a, b = exactly(trial, lane, pair)
    values_shown, opened = mentioned(trial, lane, pair)
    needed = {a for size in walked(opened) for a in size.letters}
    parts = [f"${k} = {v}$" for k, v in trial.named(lane, symbols).items()
             if k in needed or k not in trial.case.sizes]  # fmt: skip
    parts += [f"${k}$ = {written(v)}" for k, v in values_shown.items()]
    first = [trial.case.vocabulary.first_along(size) for size in pair[0].shape]
    where = ", ".join(str(f + int(k)) for f, k in zip(first, at, strict=True))
    entry = "" if a.shape == (1, 1) else f" of entry ({where})"
    sides = [[written(v[at], digits) for v in (a, b)] for digits in DIGITS_SHOWN]
    left, right = next((pair for pair in sides if pair[0] != pair[1]), sides[0])
    case = f"{', '.join(parts)}: " if parts else ""
    return f"{case}the left side{entry} is {left}, the right side {right}"


def exactly(trial, lane, pair):
    """Both sides in one case with digits enough for what rounding leaves of a zero to be none, and
    for numbers that are too large for a float."""
    with numbers.digits(DIGITS):
        scope = trial.exact([lane])
        sides = np.broadcast_arrays(*(real(scope.value(tree))[0, 0] for tree in pair))
    sizes = [np.abs(side.astype(float)) for side in sides]
    most = max(np.nan_to_num(size, posinf=0).max() for size in sizes)
    least = max(most * NOISE * trial.solved, 10.0**-LOST)
    return [np.where(size <= least, 0.0, side) for size, side in zip(sizes, sides, strict=True)]


def mentioned(trial, lane, pair):
    """Values that suffice to recompute both sides: of the symbols that they name, and of what is
    drawn for those that are not shown, as far as it is short; and the trees in which they stand."""
    found, seen, opened = {}, set(), [*pair]
    parts = [part for tree in pair for part in named(tree)][::-1]
    while parts:
        node, inside, local = parts.pop()
        if node.op == "differential":
            found.update({} if node in pair else change(trial, lane, node.args[0]))
            continue
        latex = node.args[0] if node.op == "view" else node.args[0].latex
        if latex in local or latex in found or (latex, inside, local) in seen:
            continue
        seen.add((latex, inside, local))
        value = None if inside else shown(trial, lane, node)
        value = drawn(trial, lane, node) if value is None else value
        if value is not None and value.size <= SHOWN:
            found[latex] = value
        elif node.op == "view" or node.args[0].definition:
            inner = node.args[1] if node.op == "view" else trial.definitions(node.args[0])[0]
            parts += [*named(inner, inside, local)][::-1]
            opened.append(inner)
    return found, opened


def walked(trees):
    """The sizes that stand in trees, and of all shapes in them."""
    for node in walk(tuple(trees)):
        yield from node.shape
        yield from (part for part in node.args if isinstance(part, Size))


def named(node, inside=False, local=()):
    """Every symbol and differential of a tree, whether it stands inside a derivative, where its
    value does not suffice, and the names that are arguments of a function there."""
    match node.op, node.args:
        case (("symbol" | "view"), _):
            yield node, inside, local
        case "differential", (body,):
            yield node, inside, local
            yield from named(body, inside, local)
        case "derivative", (body, by, _):  # at the value of its variable
            yield from named(by, inside, local)
            yield from named(body, True, local)
        case "map", (name, value, body):
            yield from named(value, inside, local)
            yield from named(body, inside, (*local, name))
        case "lets", (lets, body):
            for value in below(lets):
                yield from named(value, inside, local)
            yield from named(body, inside, (*local, *(name for _, name, _ in lets)))
        case _:
            for part in below(node.args):
                yield from named(part, inside, local)


def change(trial, lane, body):
    """The differential of the symbol that something is, or of which it is an entry."""
    while body.op in ("entry", "transpose"):
        body = body.args[0]
    if body.op != "symbol" or not _under_own_name(body):
        return {}
    value = trial.values(Bound("differential", (body,), body.shape))[lane].astype(float)
    return {f"d{body.args[0].latex}": value} if value.size <= SHOWN else {}


def drawn(trial, lane, bound):
    """All values of a symbol that is drawn, or None."""
    if bound.op == "view" or bound.args[0].definition:
        return None
    symbol, letters = bound.args[0], [a for a, _ in bound.args[1]]
    if symbol.is_label and not letters:  # it is named with the indices
        return None
    return trial.case.draw(symbol, letters)[lane[0]].astype(float)


def shown(trial, lane, bound):
    """The value of a symbol under its own name, or None."""
    if (bound.op == "symbol" and bound.args[0].is_label) or not _under_own_name(bound):
        return None
    try:
        return trial.values(bound)[lane].astype(float)
    except LookupError:  # it has the index of a sum
        return None


def _under_own_name(bound):
    """Whether a symbol stands with the index letters that its row of the table has."""
    if bound.op == "symbol":
        return all(at.op == "index" and at.args == (a,) for a, at in bound.args[1])
    letters = {n.args[0] for n in walk(bound.args[1]) if n.op == "index"}
    return all(a in bound.args[0] for a in letters) and not any(
        n.op in ("num", "size", "add", "sub") for n in walk(bound.args[1])
    )


def written(value, digits=3):
    """Numbers to three digits: (0.3, −1.2) for a column, ((1, 2), (3, 4)) for rows."""
    value = np.squeeze(value)
    if value.ndim:
        return f"({', '.join(map(written, value))})"
    value = value.item()
    defined = value == value and abs(value) != np.inf
    return f"{value + 0:.{digits}g}".lower().replace("-", "−") if defined else "not defined"
