"""Of everything that a student handed in, the notebook with most work of this assignment.

Archives are opened, each file that may hold work is repaired, and the one with most of it counts:
by what it says, and not by its name, its date or its place. All of it runs apart from the grader.
"""

import hashlib
import io
import lzma
import re
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

import nbformat

from .apart import apart
from .cells import plain_lines
from .collect import HIDDEN
from .repair import DEFINED, NOTHING, repair
from .source import kind_of

__all__ = ["digest", "read"]

BYTES, MEMBERS, DEPTH, CANDIDATES = 300_000_000, 2000, 3, 30
DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError,
           RuntimeError, NotImplementedError, ValueError)  # fmt: skip
# what may hold work; of other files only one that came alone is looked at
READ = {".ipynb", ".py", ".txt", ".md", ".json", ".html", ".htm", ""}
NAMED = 5  # files that a note names
TEXT = re.compile(r"_text(-\d+)?\.html$|onlinetext")
LINK = re.compile(r"_link(-\d+)?\.html$")


def read(submission, release, former, here=False):
    """What counts of a submission, as a notebook that can be graded.

    Parameters
    ----------
    submission : Submission
    release : NotebookNode
    former : dict of str to list of str
        Texts that cells had in earlier releases.
    here : bool
        Read it in this process: for one that is a child already.

    Returns
    -------
    file : str
        Which one was taken, as it lies in the folder; empty if there is none.
    notebook : NotebookNode
    notes : list of str

    Raises
    ------
    RuntimeError
        If it cannot be read within the limits.
    """
    arguments = submission.folder, submission.files, release, former
    file, notebook, notes = _read(*arguments) if here else apart(_read, *arguments)
    return file, nbformat.from_dict(notebook), notes


def digest(submission):
    """What changes when anything that was handed in does."""
    return apart(_digest, submission.folder, submission.files)


def _digest(folder, files):
    digest = hashlib.sha256()
    for name in files:
        with open(Path(folder, name), "rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _read(folder, files, release, former):
    """In the child: every candidate repaired, and the best of them."""
    notes, found, budget = [], [], _Budget()
    for name in files:
        with open(Path(folder, name), "rb") as file:
            data = file.read(BYTES + 1)
        found += _unpacked(plain_lines(name), data, budget, notes)
    if len(found) > 1:
        found = [one for one in found if _suffix(one[0]) in READ] or found[:1]
    repaired = [(label, *repair(data, release, former)) for label, data in found[:CANDIDATES]]
    if not repaired:
        notebook, none = repair(None, release, former)
        return "", notebook, notes + none
    best = max(repaired, key=lambda one: _work(*one[1:], release))
    others = [label for label, _ in found if label != best[0]]
    if others:
        more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
        notes.append(f"{best[0]} was taken, not {', '.join(others[:NAMED])}{more}")
    notes += ["a text was typed in, no file"] * bool(TEXT.search(best[0]))
    notes += ["a link was handed in, no file"] * bool(LINK.search(best[0]))
    return best[0], best[1], notes + best[2]


def _suffix(label):
    return PurePosixPath(label).suffix.lower()


def _work(notebook, notes, release):
    """How much of this assignment a repaired notebook holds: to be compared."""
    given = {cell.id: cell.source.strip() for cell in release.cells}
    ours = {line.strip() for cell in release.cells for line in cell.source.split("\n")}
    wanted = {name for cell in release.cells if kind_of(cell) == "answer"
              for name in DEFINED.findall(cell.source)}  # fmt: skip
    own = [cell for cell in notebook.cells if kind_of(cell) not in ("tests", "given")]
    changed = {c.id for c in own if kind_of(c) and c.source.strip() != given.get(c.id)}
    changed |= {name for c in own if not kind_of(c) for name in DEFINED.findall(c.source)} & wanted
    new = {line.strip() for cell in own for line in cell.source.split("\n")} - ours
    return len(changed), NOTHING not in notes, len(new)


class _Budget:
    """What may still be unpacked of one submission."""

    def __init__(self):
        self.bytes, self.members = BYTES, MEMBERS

    def take(self, size):
        self.bytes, self.members = self.bytes - size, self.members - 1
        if self.bytes < 0 or self.members < 0:
            raise ValueError(f"more than {BYTES // 10**6} MB or {MEMBERS} files")


def _unpacked(label, data, budget, notes, depth=DEPTH):
    """The files in a file: itself, or what is in it if it is an archive."""
    if len(data) > BYTES:
        notes.append(f"{label} has more than {BYTES // 10**6} MB, and was not read")
        return
    members = _members(data)
    if members is None:
        try:
            budget.take(len(data))
            yield label, data
        except ValueError as error:
            notes.append(f"{label}: {error}")
        return
    if depth == 0:
        notes.append(f"{label} is an archive in archives in archives, and was not opened")
        return
    try:
        for name, content in members:
            parts = PurePosixPath(name.replace("\\", "/")).parts
            if any(HIDDEN.search(part) for part in parts if part != ".."):
                continue
            try:
                inside = content()
            except DAMAGED as error:
                notes.append(f"{label}/{name} cannot be read: {_line(error)}")
                continue
            yield from _unpacked(f"{label}/{name}", inside, budget, notes, depth - 1)
    except DAMAGED as error:
        notes.append(f"{label} cannot be opened: {_line(error)}")


def _line(error):
    return re.sub(r"<ZipInfo.*?> ?", "it ", " ".join(str(error).split()))[:100]


def _members(data):
    """The names in an archive, each with how to get its content; None if it is none."""
    if data.startswith((b"PK\3\4", b"PK\5\6")):
        return _zipped(data)
    if data.startswith((b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0")) or data[257:262] == b"ustar":
        return _tarred(data)
    return None


def _zipped(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                yield info.filename, lambda info=info: _limited(archive.open(info))


def _tarred(data):
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
        for info in archive:
            if info.isfile():
                yield info.name, lambda info=info: _limited(archive.extractfile(info))


def _limited(file):
    """What a member holds, up to more than is allowed."""
    with file:
        return file.read(BYTES + 1)
