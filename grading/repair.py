"""Whatever was handed in becomes a notebook with every cell of the release, and a list of notes.

Nothing that a student wrote is dropped: cells that belong to no question stay where they were,
and run in their place. Markdown loses what would run in the browser of whoever reads it.
"""

import ast
import copy
import difflib
import io
import re
import textwrap
import tokenize

from nbformat.v4 import new_code_cell, new_notebook

from .cells import WHOLE, cells_of, parses
from .magics import without_magics
from .source import FIRST, LAST, kind_of

__all__ = ["DEFINED", "NOTHING", "inactive", "repair"]

ALIKE = 0.6  # from this similarity on two texts are the same cell, edited
WORDS = 8  # from so many different words on a string or a comment may be an answer
WORD = re.compile(r"[^\W\d_a-zA-Z]|[a-zA-Z]{2,}")  # a letter of other scripts may be a word
COMMAND = re.compile(r"\\[a-zA-Z]+")  # of LaTeX: a derivation alone is no answer in words
NOTHING = "nothing of the assignment was found"
ELSEWHERE = "*Nothing stands in the place of this answer. Elsewhere in the notebook:*\n\n"
# tags, entities, what gives MathJax an address, and addresses that are code: browsers skip the
# blanks in them
ACTIVE = re.compile(
    r"<(?=[a-z/!?])|&(?=#|[a-z]\w*;)|\\(?=href|mmltoken|style|csname|html)"
    r"|(?:j\s*a\s*v\s*a|v\s*b)\s*s\s*c\s*r\s*i\s*p\s*t(?=[\s\\]*:)",
    re.I,
)
# a picture is shown if it lies in the cell; one on another host would tell that host who reads
INLINE = re.compile(r"!\[[^\[\]]*\]\(\s*<?attachment:")
REFERENCE = re.compile(r"!\[[^\[\]]*\](?!\()")
DEFINITION = re.compile(r"\]:\s*(?!attachment:)\S")
DEFINED = re.compile(r"^(?:def\s+)?(\w+)\s*(?:\(|=(?!=))", re.M)


def repair(raw, release, former=None):
    """The notebook that can be graded, and what was done to get there.

    Parameters
    ----------
    raw : bytes or None
        The file as it was handed in; None for no file.
    release : NotebookNode
        What the student was given.
    former : dict of str to list of str, optional
        Texts that cells had in earlier releases: whoever has one of these has edited nothing.

    Returns
    -------
    notebook : NotebookNode
    notes : list of str
    """
    cells, notes = cells_of(raw) if raw is not None else ([], ["no file"])
    ours = {cell.source.strip() for cell in release.cells}
    owners = _owners(cells, release.cells, notes)
    found = [(cell, owner) for cell, owner in zip(cells, owners, strict=True) if owner]
    former, texts = former or {}, [cell.source for cell in cells]
    edited = [
        owner.id for cell, owner in found if _adopt(cell, owner, former.get(owner.id, ()), notes)
    ]
    if edited:
        notes.append(f"edited, so that the originals count: {', '.join(edited)}")
        _set_apart(cells, owners, texts, edited)
    _join(cells, owners, ours, notes)
    cells = _completed(cells, owners, release.cells, notes)
    for number, cell in enumerate(cells):
        if cell.cell_type == "code":
            cell.source = without_magics(cell.source, number, notes)
    _gather(cells, release.cells, notes)
    for number, cell in enumerate(cells):
        if cell.cell_type != "code" and cell.source.strip() not in ours:
            cell.source = inactive(cell.source)
        if "nbgrader" not in cell.metadata:
            cell.id = f"own-{number}"
    return new_notebook(cells=cells, metadata=release.metadata), notes


def inactive(text):
    """Markdown in which a space breaks what a browser would run or load from another host.

    Formulas stay as they were.
    """
    local = not DEFINITION.search(text)

    def broken(match):
        shown = INLINE.match(text, match.start()) or (
            local and REFERENCE.match(text, match.start())
        )
        return "!" if shown else "! "

    return ACTIVE.sub(lambda match: f"{match[0]} ", re.sub(r"!(?=\[)", broken, text))


def _owners(cells, released, notes):
    """For each cell the cell of the release that it is, or None."""
    owners, carried = [None] * len(cells), [cell.metadata.pop("names") for cell in cells]
    graded = [cell for cell in released if kind_of(cell)]
    prose = {cell.source.strip() for cell in released if not kind_of(cell)}
    lost, named, several = [], [], {}
    for owner in graded:
        name = owner.metadata.nbgrader.grade_id
        mine = [n for n, names in enumerate(carried) if name in names and owners[n] is None]
        if len(mine) > 1:
            ours = kind_of(owner) in ("tests", "given")  # then a copy is the one that was changed
            same = [n for n in mine if _trimmed(cells[n].source) == _trimmed(owner.source)]
            best = same if ours else [n for n in mine if n not in same]
            which = "that is as released" if ours else "that was worked on"
            several.setdefault(which, []).append(name)
            mine = (best or mine)[-1:]
        if mine:
            owners[mine[0]] = owner
        else:
            lost.append(owner)
    for which, doubled in several.items():
        notes.append(f"there more than once, the last {which} counts: {', '.join(doubled)}")
    for owner in lost:
        free = [
            n for n, o in enumerate(owners)
            if o is None and WHOLE not in carried[n] and cells[n].source.strip() not in prose
        ]  # fmt: skip
        best = max(free, key=lambda n: _alike(cells[n], owner, owners, n, released), default=None)
        if best is not None and _alike(cells[best], owner, owners, best, released) >= ALIKE:
            owners[best] = owner
            named.append(owner.metadata.nbgrader.grade_id)
    if named:
        notes.append(f"without names, found by their text: {', '.join(named)}")
    return owners


def _alike(cell, owner, owners, at, released):
    """How sure it is that a cell without a name is this cell of the release, 0 to 1."""
    if cell.cell_type != owner.cell_type:
        return 0.0
    if kind_of(owner) == "answer":
        wanted = set(DEFINED.findall(owner.source))
        return len(wanted & set(DEFINED.findall(cell.source))) / max(1, len(wanted))
    if kind_of(owner) == "written":  # it has the student's text: only its place is left
        before = released[: next(n for n, c in enumerate(released) if c is owner)]
        last = next((c for c in reversed(before) if kind_of(c)), None)
        return ALIKE * any(o is last for o in owners[:at][::-1] if o is not None)
    compared = difflib.SequenceMatcher(None, cell.source, owner.source, autojunk=False)
    cheap = compared.real_quick_ratio, compared.quick_ratio  # and never less than the true one
    return compared.ratio() if all(ratio() >= ALIKE for ratio in cheap) else 0.0


def _adopt(cell, owner, former, notes):
    """Give a cell what the release says of it; whether a text that is not theirs was edited."""
    name, ours = owner.metadata.nbgrader.grade_id, kind_of(owner) in ("tests", "given")
    edited = ours and _trimmed(cell.source) not in map(_trimmed, (owner.source, *former))
    if ours:
        cell.source = owner.source
    if cell.cell_type != owner.cell_type:
        notes.append(f"{name} had become a {cell.cell_type} cell")
        cell.cell_type = owner.cell_type
        cell.pop("attachments", None)
        if owner.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
        else:
            cell.pop("outputs", None), cell.pop("execution_count", None)
    cell.metadata, cell.id = copy.deepcopy(owner.metadata), owner.id
    return edited


def _set_apart(cells, owners, texts, edited):
    """What a student added to a given cell or a test runs in cells of its own around that."""
    for n in reversed(range(len(cells))):
        if owners[n] is not None and owners[n].id in edited:
            above, below = _added(texts[n], owners[n])
            for at, text in ((n + 1, below), (n, above)):
                if text.strip():
                    cells.insert(at, new_code_cell(text))
                    owners.insert(at, None)


def _added(text, owner):
    """What stands in a text beyond the lines of a cell: above the first of them, and below."""
    test, lines = kind_of(owner) == "tests", text.split("\n")
    theirs = [k for k, line in enumerate(lines) if line.strip()]  # empty lines are all alike
    ours = [line.rstrip() for line in owner.source.split("\n") if line.strip()]
    found = [lines[k].rstrip() for k in theirs]
    blocks = difflib.SequenceMatcher(None, ours, found, autojunk=False)
    same = {k for _, at, size in blocks.get_matching_blocks() for k in theirs[at : at + size]}
    first = min(same, default=len(lines) * test)  # an answer may stand in the place of a test
    parts = lines[:first], [line for k, line in enumerate(lines) if k >= first and k not in same]
    above, below = (textwrap.dedent("\n".join(part)).strip("\n") for part in parts)
    if parses(text) and not (parses(above) and parses(below)):  # they need lines of the cell
        return (text, "") if test and above.strip() else ("", text)
    return above, below


def _trimmed(text):
    """A text without the blanks that editors take away or make of tabs, and without the letters
    that Windows-1252 has not."""
    kept = text.encode("cp1252", "replace").decode("cp1252")
    return "\n".join(map(str.rstrip, kept.expandtabs(4).strip().split("\n")))


def _join(cells, owners, ours, notes):
    """Text in new cells directly below an untouched answer in words becomes the answer."""
    for n, owner in enumerate(owners):
        if owner is None or kind_of(owner) != "written" or cells[n].source.strip() not in ours:
            continue
        below, texts = n + 1, []
        while below < len(cells) and owners[below] is None and cells[below].cell_type == "markdown":
            if cells[below].source.strip() in ours:
                break
            texts.append(cells[below].source)
            if pictures := cells[below].get("attachments"):
                cells[n].attachments = {**cells[n].get("attachments", {}), **pictures}
            del cells[below], owners[below]
        if any(text.strip() for text in texts):
            cells[n].source = "\n\n".join(texts)
            notes.append(f"{owner.id} stood in a new cell below its place")


def _completed(cells, owners, released, notes):
    """The cells with those of the release that are missing.

    Given cells come back as early as they may, so that what follows can use them; tests as late,
    because the cells of the student before them may hold the answer.
    """
    cells, owners = list(cells), list(owners)
    at, missing = 0, []
    for owner in filter(kind_of, released):
        here = next((n for n, o in enumerate(owners) if o is owner), None)
        if here is None:
            if kind_of(owner) != "given":
                at = next((n for n in range(at, len(owners)) if owners[n]), len(owners))
            cells.insert(at, copy.deepcopy(owner))
            # an empty answer must not replace what was written in another cell
            cells[at].metadata["put_back"] = kind_of(owner) == "answer"
            owners.insert(at, owner)
            missing += [owner.id] * (owner.id not in (FIRST, LAST))
            here = at
        at = here + 1
    # tests and given cells of other assignments may read alike: answers tell what a notebook is
    work = {c.id for c in released if kind_of(c) in ("answer", "written")}
    if missing and not work <= set(missing):
        notes.append(f"missing and put back as released: {', '.join(missing)}")
    elif missing:
        names = {n for c in released if kind_of(c) == "answer" for n in DEFINED.findall(c.source)}
        there = names & {n for c in cells if not kind_of(c) for n in DEFINED.findall(c.source)}
        notes.append("no cell bears its name, so what it defines tells" if there else NOTHING)
    return cells


def _gather(cells, released, notes):
    """For an answer in words that is untouched, what the student wrote anywhere else."""
    ours = {_trimmed(cell.source) for cell in released}
    empty = [c for c in cells if kind_of(c) == "written" and _trimmed(c.source) in ours]
    if not empty:
        return
    known = {line.strip() for cell in released for text in (cell.source, *_texts(cell))
             for line in text.split("\n")}  # fmt: skip
    theirs = [c for c in cells if kind_of(c) not in ("tests", "given", "written")]
    texts = list(filter(None, (_words(cell, known) for cell in theirs)))
    pictures = {k: v for c in theirs for k, v in c.get("attachments", {}).items()}
    for cell in empty if texts else ():
        cell.source = ELSEWHERE + "\n\n".join(texts)
        cell.attachments = {**cell.get("attachments", {}), **pictures}
        notes.append(f"{cell.id} was left empty; its reader sees what is written elsewhere")


def _words(cell, known):
    """What a cell says in words beyond the lines that the student was given."""
    found = []
    for text in _texts(cell):
        new = "\n".join(line for line in text.split("\n") if line.strip() not in known).strip()
        if cell.cell_type != "code" or len(set(WORD.findall(COMMAND.sub("", new)))) >= WORDS:
            found.append(new)
    return "\n\n".join(filter(None, found))


def _texts(cell):
    """A cell of text; of a cell of code the strings and comments, or all of it if it is none."""
    if cell.cell_type != "code" or not parses(cell.source):
        return [cell.source]
    constants = (n.value for n in ast.walk(ast.parse(cell.source)) if isinstance(n, ast.Constant))
    tokens = tokenize.generate_tokens(io.StringIO(cell.source).readline)
    comments = (t.string.lstrip("# ") for t in tokens if t.type == tokenize.COMMENT)
    words = (text for text in comments if not text.startswith(("!", "%", "?")))
    return [*(value for value in constants if isinstance(value, str)), "\n".join(words)]
