"""Answers that are much alike, by what students wrote themselves."""

import io
import tokenize

import numpy as np
from rapidfuzz import fuzz, process

from .source import kind_of
from .tables import write

__all__ = ["write_alike"]

SHORT, LONG, ALIKE = 120, 20_000, 92  # characters of an answer that are compared; percent


def write_alike(path, notebooks, release):
    """Pairs of students whose answers are much alike, most alike first; how many.

    Parameters
    ----------
    path : Path
    notebooks : dict of str to NotebookNode
    release : NotebookNode
        Whose lines do not count.
    """
    known = {line.strip() for cell in release.cells for line in cell.source.split("\n")}
    students, found = list(notebooks), []
    for name in (cell.id for cell in release.cells if kind_of(cell) in ("answer", "written")):
        texts = [_own(notebooks[student], name, known)[:LONG] for student in students]
        scores = process.cdist(texts, texts, scorer=fuzz.ratio, score_cutoff=ALIKE)
        long = np.array([len(text) >= SHORT for text in texts])
        for a, b in np.argwhere(np.triu(scores, 1) * long * long[:, None]):
            found.append((round(float(scores[a, b])), name, students[a], students[b]))
    write(path, ["percent", "answer", "student", "student"], sorted(found, reverse=True))
    return len(found)


def _own(notebook, name, known):
    """A student's lines of an answer: of code without comments and blanks."""
    cell = next((cell for cell in notebook.cells if cell.id == name), None)
    if cell is None:
        return ""
    own = "\n".join(line for line in cell.source.split("\n") if line.strip() not in known)
    return own if cell.cell_type != "code" else _bare(own)


def _bare(source):
    """Code without comments and blanks."""
    passed = (tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT)
    try:
        tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    except (tokenize.TokenError, SyntaxError):
        return source
    return " ".join(token.string for token in tokens if token.type not in passed)
