"""What came of equations, kept from one build to the next: only what changed is evaluated again."""

import json
import sys
from dataclasses import fields
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile

import numpy as np

from ..report import Report, Step
from .equations import check_equation

__all__ = ["Verdicts"]

CODE = sorted(path.read_bytes() for path in Path(__file__).parents[1].rglob("*.py"))
CHECKER = sys.version, np.__version__, sha256(b"".join(CODE)).hexdigest()


class Verdicts:
    """A file of verdicts, each under a hash of all that it depends on.

    These are the equation, what is said of it, its vocabulary, the code of the checker, Python and
    NumPy. Of a report the steps are kept without their cases. What is wrong is evaluated anew.
    """

    def __init__(self, path):
        self.path, self.asked = path, {}
        self.known = json.loads(path.read_text()) if path.exists() else {}

    def check(self, equation, *said):
        """Do what `check_equation` does, unless it is known."""
        words = [getattr(equation.vocabulary, field.name) for field in fields(equation.vocabulary)]
        key = repr((CHECKER, equation.latex, equation.display, words, said))
        key = sha256(key.encode()).hexdigest()
        if key in self.known:
            equation.state, equation.reason, instances, steps = self.known[key]
            equation.instances = tuple(instances)
            equation.report = Report([Step(*step) for step in steps])
        else:
            check_equation(equation, *said)
        if equation.state != "wrong":
            steps = [(s.left, s.relation, s.right, s.tried, s.reason, s.definition)
                     for s in equation.report.steps]  # fmt: skip
            self.asked[key] = equation.state, equation.reason, equation.instances, steps

    def write(self):
        """Keep what was asked for; what is stopped, or writes beside others, leaves no half."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=self.path.parent, delete=False) as new:
            json.dump(self.asked, new)
        Path(new.name).replace(self.path)
