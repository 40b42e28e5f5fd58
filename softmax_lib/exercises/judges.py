"""The judges of the exercises: of values, programs, examples and derivations.

Each says what is right, what is not yet there, and for typical slips what to look at. None says
the answer. `...` stands for an answer that is not there yet.
"""

from copy import deepcopy
from functools import wraps
from inspect import signature

import numpy as np

from softmax_lib.notation import BOOK, check_derivation

EMPTY, RIGHT, WRONG = "nothing here yet", "right", "not yet"
CLOSE, NEAR = 5e-3, 5e-2  # to three digits an answer is right, to two it may have been rounded


class Verdict:
    """What a judge says, a line for each thing that was asked; true if all of it is right."""

    def __init__(self, lines):
        self.lines = lines

    def __bool__(self):
        return all(line == RIGHT for line in self.lines.values())

    def __repr__(self):
        return "\n".join(f"{name}: {line}" for name, line in self.lines.items())


def values(**asked):
    """Compare answers with what is wanted.

    Parameters
    ----------
    **asked : (given, wanted) or (given, wanted, {hint: wrong value})
        A number, an array, a word or a truth value each, a tuple of these, or a set of numbers,
        whose order does not count.
    """
    others = {f"that is the answer to {name}": entry[1] for name, entry in asked.items()}
    return Verdict({name: _of_value(*entry, others=others) for name, entry in asked.items()})


def _of_value(given, wanted, slips=None, *, others=None):
    slips = slips or {}
    if given is ...:
        return EMPTY
    if same(given, wanted):
        return RIGHT
    measured = isinstance(wanted, (float, np.ndarray))
    exchanged = {"rows and columns are exchanged": np.transpose(wanted), **(others or {})}
    for hint, wrong in [*slips.items(), *(exchanged.items() if measured else ())]:
        if same(given, wrong):
            return f"{WRONG}: {hint}"
    if isinstance(wanted, str):
        return f"{WRONG}: one of {', '.join(sorted({wanted, *slips.values()}))}"
    fault = _unfit(numbers(given), wanted)
    return f"{WRONG}: {fault}" if fault else WRONG


def _unfit(found, wanted):
    """What of an answer is not of the kind that is wanted, wrong by a factor, or not exact."""
    if isinstance(wanted, bool):
        return "True or False is wanted"
    if found is None:
        return "numbers are wanted"
    if isinstance(wanted, (tuple, set)) and found.size != len(wanted):
        return f"{len(wanted)} numbers are wanted"
    if not isinstance(wanted, (float, np.ndarray)):
        return (found != np.round(found)).any() and "whole numbers are wanted"
    if found.shape != np.shape(wanted):
        return f"the shape is {found.shape}, and {np.shape(wanted)} is wanted"
    if found.size > 1 and same(np.sort(found, axis=None), np.sort(wanted, axis=None)):
        return "the numbers are right, their order is not"
    near = np.allclose(found, wanted, rtol=NEAR, atol=CLOSE * np.max(np.abs(wanted)))
    return (near and "near; three digits are wanted") or _factor(found, wanted)


def _factor(found, wanted):
    """Which kind of factor an answer has too much; of a single number, only of the usual ones."""
    with np.errstate(all="ignore"):
        factor = float(np.sum(found * wanted) / np.sum(np.square(wanted)))
        if not factor or not same(found, factor * wanted):
            return None
    if same(factor, -1.0):
        return "the sign"
    if same(abs(factor), 1 / np.log(2)) or same(abs(factor), 1 / np.log(10)):
        return "natural logarithms are meant"
    usual = found.size > 1 or any(same(abs(factor), k) for k in (1 / 4, 1 / 2, 2.0, 4.0))
    return "a factor: is something doubled or halved, or summed where a mean is meant?" * usual


def same(given, wanted):
    """Whether two answers agree: words, whole numbers exactly, other numbers to three digits."""
    if wanted is None or given is None:
        return given is wanted
    if isinstance(wanted, str):
        return isinstance(given, str) and given.strip().lower() == wanted.lower()
    if isinstance(wanted, tuple) and isinstance(given, (tuple, list, np.ndarray)):
        given = [*getattr(given, "flat", given)]
        return len(given) == len(wanted) and all(map(same, given, wanted))
    found = numbers(given)
    if isinstance(wanted, set):
        return found is not None and set(found.flat) == wanted
    whole, wanted = isinstance(wanted, int), numbers(wanted)
    if found is None or wanted is None:
        return False
    if found.ndim > wanted.ndim and found.squeeze().shape == wanted.squeeze().shape:
        found = found.reshape(wanted.shape)  # a vector may be a column or a row
    if whole or found.shape != wanted.shape:
        return bool(found.shape == wanted.shape and found == wanted)
    small = 1e-9 * np.max(np.abs(wanted), initial=0, where=np.isfinite(wanted)) or 1e-9
    return bool(np.allclose(found, wanted, rtol=CLOSE, atol=small, equal_nan=True))


def numbers(thing):
    """An array of real numbers, or None where it is none."""
    try:
        found = np.asarray(list(thing) if isinstance(thing, set) else thing)
        found = found if np.iscomplexobj(found) and found.imag.any() else found.real
        lost = thing is None or np.iscomplexobj(found) or np.ma.is_masked(thing)
        return None if lost else found.astype(float)
    except (TypeError, ValueError, OverflowError):
        return None


def in_form(given, form):
    """An answer that may be written in several ways, in one of them; what is no number stays."""
    found = None if given is ... else numbers(given)
    usable = found is not None and found.size and np.isfinite(found).all()
    return form(found) if usable else given


def program(function, tests, right, slips):
    """Try a function on visible tests.

    Parameters
    ----------
    function : callable
        The reader's; it gets copies of the arguments.
    tests : dict of tuple
        What is shown of a test, and its arguments.
    right : callable
    slips : {hint: callable}
        Programs with a typical mistake. If the reader's gives the same in every test, it is told.
    """
    if function is ...:
        return Verdict(dict.fromkeys(tests, EMPTY))
    wanted = {shown: outcome(right, arguments) for shown, arguments in tests.items()}
    found = {shown: outcome(function, arguments) for shown, arguments in tests.items()}
    if all(result is ... for result in found.values()):
        return Verdict(dict.fromkeys(tests, EMPTY))
    lines = {s: RIGHT if same(found[s], wanted[s]) else _told(found[s], wanted[s]) for s in tests}
    for hint, slip in slips.items():
        if not Verdict(lines) and all(
            same(found[s], outcome(slip, tests[s])) or _failed(found[s], outcome(slip, tests[s]))
            for s in tests
        ):
            return Verdict(lines | {"look at": hint})
    return Verdict(lines)


def outcome(function, arguments):
    """What a function returns, or the error that it raises; numbers may overflow in silence."""
    try:
        with np.errstate(all="ignore"):
            return function(*deepcopy(arguments))
    except Exception as error:
        return error


def _failed(found, other):
    return isinstance(found, Exception) and type(found) is type(other)


def _told(found, wanted):
    if isinstance(found, Exception):
        return f"{WRONG}: {type(found).__name__}: {found}"
    if found is None:
        return f"{WRONG}: the function returns nothing"
    return f"{WRONG}: wanted {_short(wanted)}, got {_short(found)}"


def _short(thing):
    if isinstance(thing, tuple):
        return " and ".join(map(_short, thing))
    try:
        shown = np.array2string(np.asarray(thing), precision=4, separator=", ", threshold=24)
        return " ".join(shown.split())
    except (TypeError, ValueError):
        return str(thing)


def example(demands):
    """Make a check of an example that the reader has found, of which there are many.

    Parameters
    ----------
    demands : callable
        It takes what is given, numbers as arrays without axes of length 1, and yields pairs:
        whether a demand is met, and what to look at if not. Later demands may rely on earlier ones.
    """

    @wraps(demands)
    def check(*given, **named):
        asked = signature(demands).bind(*given, **named)
        asked.apply_defaults()
        answers = asked.arguments
        if any(answer is ... for answer in answers.values()):
            return Verdict({n: EMPTY if answer is ... else "here" for n, answer in answers.items()})
        name, tried = " and ".join(answers), []
        try:
            tried = list(map(_usable, answers.values()))
            with np.errstate(all="ignore"):
                for met, hint in demands(*tried):
                    if not met:
                        return Verdict({name: f"{WRONG}: {hint}"})
        except Exception as error:
            shapes = "".join(f", shape {found.shape}" for found in tried if np.ndim(found))
            return Verdict({name: f"{WRONG}: it cannot be tried{shapes}: {error}"})
        return Verdict({name: RIGHT})

    return check


def _usable(answer):
    """A function as it is, or an answer's numbers."""
    found = answer if callable(answer) else numbers(answer)
    if found is None:
        raise TypeError("numbers are wanted")
    return found if callable(answer) else found.squeeze()[()]


def derivation(chain, symbols=(), **demands):
    """Check a chain of equalities in LaTeX, with what `check_derivation` can demand of it."""
    if chain is ...:
        return Verdict({"derivation": EMPTY})
    return check_derivation(chain, BOOK.extend(*symbols), **demands)
