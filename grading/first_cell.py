# To hand in: Kernel > Restart and Run All, look at the last cell, save, and upload this file
# («name».ipynb) as it is.
TALLY = {}


def changes(function, *arguments):
    """Whether a call of a function changes what it is given."""
    import copy

    import numpy as np

    given = copy.deepcopy(arguments)
    function(*given)
    return not all(map(np.array_equal, given, arguments))


def told(name, of, points=None, what="", hidden=False):
    """Say what a test has looked at, and remember the points."""
    points = of if points is None else points * of if isinstance(points, bool) else points
    TALLY[name] = points
    more = "; hidden tests look at more when this is graded" if hidden else ""
    print(f"{'✓' if points == of else '…'} {points:g} of {of:g} points: {what or name}{more}")


def tally(tests, written):
    """The points so far, by what can be seen; which questions have hidden tests."""
    for name, (of, hidden) in tests.items():
        got = f"{TALLY[name]:g}" if name in TALLY else "no"
        print(f"{name:25} {got:>4} of {of:g}{'   more is tested when graded' * hidden}")
    print(f"{'so far':25} {sum(TALLY.values()):4g} of {sum(of for of, _ in tests.values()):g}")
    for name, of in written.items():
        print(f"{name:25} {of:g} points, given by a reader")
