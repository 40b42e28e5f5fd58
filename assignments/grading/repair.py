"""Whatever was handed in becomes a notebook with every cell of the release, and a list of notes.

Nothing that a student wrote is dropped: cells that belong to no question stay where they were,
and run in their place. Markdown loses what would run in the browser of whoever reads it.
"""

import ast
import copy
import difflib
import hashlib
import json
import re
from base64 import b64decode
from urllib.parse import unquote

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from .source import kind_of

__all__ = ["repair"]

ALIKE = 0.6  # from this similarity on two texts are the same cell, edited
NOTHING = "nothing of the assignment was found"
CELLS, CHARACTERS, WHOLE = 500, 1_000_000, "the whole file"
MAGIC = re.compile(r"^(\s*)((?:[%!?]|[\w.]+\s*=\s*[%!]|[\w.]+\?).*)$")
PICTURES = 10_000_000  # characters in base64, of all pictures of a cell
# as the text of a link names it, up to the bracket that closes the link
PICTURE = re.compile(r"attachment\\*:((?:\([^\s()<>]*\)|[^\s()<>])*+)(?=[\s)]|(.?))")
# tags, entities, what gives MathJax an address, and addresses that are code: browsers skip the
# blanks in them
ACTIVE = re.compile(
    r"<(?=[a-z/!?])|&(?=#|[a-z]\w*;)|\\(?=href|mmltoken)"
    r"|(?:j\s*a\s*v\s*a|v\s*b)\s*s\s*c\s*r\s*i\s*p\s*t(?=[\s\\]*:)",
    re.I,
)
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
    cells, notes = _read(raw)
    ours = {cell.source.strip() for cell in release.cells}
    owners = _owners(cells, release.cells, notes)
    found = [(cell, owner) for cell, owner in zip(cells, owners, strict=True) if owner]
    former = former or {}
    edited = [
        owner.id for cell, owner in found if _adopt(cell, owner, former.get(owner.id, ()), notes)
    ]
    if edited:
        notes.append(f"edited, so that the originals count: {', '.join(edited)}")
    _join(cells, owners, ours, notes)
    cells = _completed(cells, owners, release.cells, notes)
    for number, cell in enumerate(cells):
        if cell.cell_type == "code":
            cell.source = without_magics(cell.source, number, notes)
        elif cell.source.strip() not in ours:
            cell.source = inactive(cell.source)
        if "nbgrader" not in cell.metadata:
            cell.id = f"own-{number}"
    return new_notebook(cells=cells, metadata=release.metadata), notes


def _read(raw):
    """The cells of a file as plain new cells, with the names that they carried."""
    if not raw or not raw.strip():
        return [], ["no file" if raw is None else "the file is empty"]
    notes, text = [], raw.decode("utf-8-sig", errors="replace")
    try:
        data = json.loads(text)
        if isinstance(data, dict) and "worksheets" in data:
            data = nbformat.convert(nbformat.from_dict(data), 4)
            notes.append("the notebook has an old format")
        found = data["cells"]
    except Exception:
        found = _salvaged(text)
        if found:
            notes.append(f"the file is broken or cut off: {len(found)} cells were saved")
        else:
            kind = "code" if _parses(text) else "markdown"
            found = [{"cell_type": kind, "source": text[:CHARACTERS], "whole": True}]
            notes.append("not a notebook; its text was taken as one cell")
    found = found if isinstance(found, list) else []
    cells = [new for cell in found[:CELLS] if (new := _plain(cell, notes))]
    if len(cells) < len(found):
        notes.append(f"{len(found) - len(cells)} cells could not be read")
    return cells, notes


def _salvaged(text):
    """The cells that can be read in a broken file, the last one mended if it is cut off."""
    start = re.search(r'"cells"\s*:\s*\[', text)
    found, at, decoder = [], start.end() if start else len(text), json.JSONDecoder()
    while (at := text.find("{", at)) >= 0 and len(found) < CELLS:
        try:
            cell, at = decoder.raw_decode(text, at)
        except ValueError:
            for end in ('"]}', "]}", '""]}', '"}', "}"):
                try:
                    cell, at = json.loads(text[at:].rstrip().rstrip(",") + end), len(text)
                    break
                except ValueError:
                    continue
            else:
                at += 1
                continue
        if isinstance(cell, dict) and "cell_type" in cell:
            found.append(cell)
    return found


def _plain(cell, notes):
    """A fresh cell with the text and the names of a submitted one; None if it is none."""
    if not isinstance(cell, dict):
        return None
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    if not isinstance(source, str) or len(source) > CHARACTERS:
        return None
    new = new_code_cell if cell.get("cell_type") == "code" else new_markdown_cell
    fresh, metadata = new(source), cell.get("metadata")
    if fresh.cell_type == "markdown":
        _illustrate(fresh, cell.get("attachments"), notes)
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    name = marks.get("grade_id") if isinstance(marks, dict) else None
    fresh.metadata["names"] = [n for n in (name, cell.get("id")) if isinstance(n, str)]
    if cell.get("whole") is True:
        fresh.metadata["names"] = [WHOLE]
    return fresh


def _illustrate(cell, attachments, notes):
    """Keep the pictures pasted into a cell; a reference to one that is not there becomes text."""
    names, kept, size, missing = {}, {}, 0, []
    for name, kinds in attachments.items() if isinstance(attachments, dict) else ():
        for kind in ("image/png", "image/jpeg"):
            data = kinds.get(kind) if isinstance(kinds, dict) else None
            data = "".join(map(str, data)) if isinstance(data, list) else data
            if isinstance(data, str) and size + len(data) <= PICTURES and _is_base64(data):
                size += len(data)
                # nbconvert finds only names without spaces and the like
                names[name] = f"picture-{hashlib.sha256(data.encode()).hexdigest()[:12]}"
                kept[names[name]] = {kind: "".join(data.split())}

    def named(match):
        name = names.get(unquote(match[1]))
        if name and not match[2]:
            return f"attachment:{name}"
        missing.append(unquote(match[1])[:60])
        return match[0].replace(":", " :", 1)

    cell.source = PICTURE.sub(named, cell.source)
    if kept:
        cell.attachments = kept
    if missing:
        notes.append(f"pictures are missing: {', '.join(missing[:5])}")


def _is_base64(text):
    try:
        return bool(b64decode("".join(text.split()), validate=True))
    except ValueError:
        return False


def inactive(text):
    """Markdown in which a space breaks what a browser would run; formulas stay as they were."""
    return ACTIVE.sub(lambda match: f"{match[0]} ", text)


def _owners(cells, released, notes):
    """For each cell the cell of the release that it is, or None."""
    owners, carried = [None] * len(cells), [cell.metadata.pop("names") for cell in cells]
    graded = [cell for cell in released if kind_of(cell)]
    prose = {cell.source.strip() for cell in released if not kind_of(cell)}
    lost = []
    for owner in graded:
        name = owner.metadata.nbgrader.grade_id
        mine = [n for n, names in enumerate(carried) if name in names and owners[n] is None]
        if len(mine) > 1:
            changed = [n for n in mine if cells[n].source.strip() != owner.source.strip()]
            notes.append(
                f"{name} stands there {len(mine)} times: the last that was worked on counts"
            )
            mine = (changed or mine)[-1:]
        if mine:
            owners[mine[0]] = owner
        else:
            lost.append(owner)
    for owner in lost:
        free = [
            n for n, o in enumerate(owners)
            if o is None and WHOLE not in carried[n] and cells[n].source.strip() not in prose
        ]  # fmt: skip
        best = max(free, key=lambda n: _alike(cells[n], owner, owners, n, released), default=None)
        if best is not None and _alike(cells[best], owner, owners, best, released) >= ALIKE:
            owners[best] = owner
            notes.append(f"{owner.metadata.nbgrader.grade_id} had lost its name; found by its text")
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
    return difflib.SequenceMatcher(None, cell.source, owner.source, autojunk=False).ratio()


def _adopt(cell, owner, former, notes):
    """Give a cell what the release says of it; whether a text that is not theirs was edited."""
    name, ours = owner.metadata.nbgrader.grade_id, kind_of(owner) in ("tests", "given")
    edited = ours and cell.source.strip() not in map(str.strip, (owner.source, *former))
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
    """The cells with those of the release that are missing, each after the one before it."""
    cells, owners = list(cells), list(owners)
    before, missing = None, []
    for owner in released:
        if not kind_of(owner):
            continue
        at = next((n for n, o in enumerate(owners) if o is owner), None)
        if at is None:
            start = next((n for n, o in enumerate(owners) if o is before), -1) if before else -1
            cells.insert(start + 1, copy.deepcopy(owner))
            # an empty answer must not replace what was written in another cell
            cells[start + 1].metadata["put_back"] = kind_of(owner) == "answer"
            owners.insert(start + 1, owner)
            missing.append(owner.metadata.nbgrader.grade_id)
        before = owner
    if missing and len(missing) < sum(1 for c in released if kind_of(c)):
        notes.append(f"missing and put back as released: {', '.join(missing)}")
    elif missing:
        notes.append(NOTHING)
    return cells


def _parses(source):
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def without_magics(source, number, notes):
    """The cell as plain Python: lines that only Jupyter understands become comments."""
    lines, found = source.split("\n"), False
    while True:
        try:
            ast.parse("\n".join(lines))
        except SyntaxError as error:
            at = min(error.lineno or 0, len(lines)) - 1
            if at < 0 or not (magic := MAGIC.match(lines[at])):
                break
            lines[at], found = f"{magic[1]}pass  # {magic[2]}", True
            continue
        except (ValueError, RecursionError, MemoryError):
            break
        break
    if found:
        notes.append(f"magics or shell lines in cell {number + 1} were left out")
    return "\n".join(lines)
