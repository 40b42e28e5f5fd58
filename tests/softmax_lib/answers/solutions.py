"""The chains of equalities in the solutions of the chapters."""

import re

from website import contents


def solution(label):
    """The chain of the exercise with this label."""
    pages = [entry.path.read_text() for entry in contents.entries()]
    text = "\n".join(pages).partition(f"{{solution-start}} {label}\n")[2]
    return re.search('solution = r"""(.*?)"""', text, re.DOTALL)[1]
