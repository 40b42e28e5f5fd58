"""Of everything that a student handed in, the notebook with most work of this assignment.

Archives are opened, each file that may hold work is repaired, and the one with most of it counts:
by what it says, and not by its name, its date or its place. All of it runs apart from the grader.
"""

import bz2
import gzip
import hashlib
import io
import itertools
import lzma
import re
import tarfile
import zipfile
import zlib
from pathlib import Path, PurePosixPath

import nbformat
from nbformat.v4 import new_code_cell

from .cells import BROKEN, UNREAD, plain_lines
from .child import apart
from .collect import HIDDEN, numbers_in, shown
from .magics import writing
from .repair import DEFINED, NOTHING, repair
from .source import kind_of

__all__ = ["digest", "read", "students_in"]

BYTES, MEMBERS, DEPTH, CANDIDATES = 300_000_000, 2000, 3, 30
HEADERS = 100_000  # of a tar, which has no table of what is in it
DAMAGED = (zipfile.BadZipFile, tarfile.TarError, zlib.error, lzma.LZMAError, EOFError, OSError,
           RuntimeError, NotImplementedError, ValueError)  # fmt: skip
# what may hold work; of other files only one that came alone is looked at
READ = {".ipynb", ".py", ".txt", ".md", ".rmd", ".qmd", ".json", ".html", ".htm", ""}
DOCUMENTS = {".docx", ".odt", ".pages", ".pptx", ".xlsx"}  # archives to programs alone
SEALED = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07")  # 7-Zip and RAR
PACKED = {b"\x1f\x8b": gzip, b"BZh": bz2, b"\xfd7zXZ\0": lzma}
NAMED = 5  # files that a note names
DATA = 2_000_000  # bytes of a file beside a notebook that the notebook may open
IMPORT, QUOTED = r"^\s*(?:from|import)\b.*\b%s\b", r"[\"'](?:\./)?%s[\"']"
TEXT = re.compile(r"_text(-\d+)?\.html$|onlinetext")
# what the platforms put in front of a title, and they and browsers behind it
TITLE = re.compile(r"^.*_(?:\d+_\d+|assignsubmission_file)_|(?:-\d+| ?\(\d+\))(?=\.py$)")
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


def students_in(submission):
    """How many students have files in what was handed in, if it is one archive; else none."""
    try:
        return apart(_students_in, submission.folder, submission.files)
    except RuntimeError:
        return 0


def _students_in(folder, files):
    if len(files) != 1 or not zipfile.is_zipfile(Path(folder, files[0])):
        return 0
    with zipfile.ZipFile(Path(folder, files[0])) as archive:
        return len(numbers_in(archive.namelist()))


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
    for name in sorted(files, key=_last):
        with open(Path(folder, name), "rb") as file:
            data = file.read(BYTES + 1)
        found += _unpacked(shown(name), data, budget, notes)
    if budget.left_out:
        notes.append(f"not read, beyond {BYTES // 10**6} MB or {MEMBERS} files: {budget.left_out}")
    names = [cell.id.encode() for cell in release.cells if kind_of(cell)]
    found.sort(
        key=lambda one: (
            _suffix(one[0]) not in READ, -sum(name in one[1] for name in names), _last(one[0])
        )
    )  # fmt: skip
    tried = [one for one in found[:CANDIDATES] if _suffix(one[0]) in READ] or found[:1]
    repaired = [(label, *repair(data, release, former)) for label, data in tried]
    if not repaired:
        notebook, none = repair(None, release, former)
        return "", notebook, notes + none
    beside = {label: _beside(label, notebook, found) for label, notebook, _ in repaired}
    used = {one for several in beside.values() for one in several}
    works = [one for one in repaired if one[0] not in used] or repaired
    best = max(works, key=lambda one: _work(*one[1:], release))
    own = beside[best[0]]
    best[1].cells[:0] = own.values()
    notes += [f"{best[0]} uses {', '.join(own)}"] * bool(own)
    others = [label for label, _ in found if label != best[0] and label not in own]
    more = f" and {len(others) - NAMED} more" if len(others) > NAMED else ""
    rest = f"{', '.join(others[:NAMED])}{more}"
    notes += [f"{best[0]} was taken, not {rest}"] * bool(others)
    if others or any(word in note for note in best[2] for word in (BROKEN, UNREAD)):
        rest = rest or best[0]
        given = {cell.id: cell.source for cell in release.cells if kind_of(cell) == "written"}
        for cell in best[1].cells:  # a proof may have been written by hand, and scanned
            if cell.source == given.get(cell.id):
                cell.source = f"*Nothing stands in the place of this answer. Look into:* {rest}"
    notes += ["a text was typed in, no file"] * bool(TEXT.search(best[0]))
    notes += ["a link was handed in, no file"] * bool(LINK.search(best[0]))
    return best[0], best[1], notes + best[2]


def _beside(label, notebook, found):
    """The student's files that a notebook imports or names: of each the cell that writes it."""
    here, beside, own = PurePosixPath(label).parent, {}, {}
    for other, data in found if _suffix(label) == ".ipynb" else ():
        path = PurePosixPath(other)
        if _suffix(other) != ".ipynb" and here in path.parents and len(data) <= DATA:
            path = path.with_name(TITLE.sub("", path.name)).relative_to(here)
            module = _suffix(other) == ".py"
            beside[other] = path, plain_lines(data.decode("utf-8", "replace")) if module else data
    texts = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    for text in texts:  # and of each module that one imports
        for other, (path, content) in beside.items():
            module = isinstance(content, str)
            name = path.with_suffix("").parts[0] if module else str(path)
            used = (IMPORT if module else QUOTED) % re.escape(name)
            if name in text and other not in own and re.search(used, text, re.M):
                texts += [content] * module
                folder = ["import os", f"os.makedirs({str(path.parent)!r}, exist_ok=True)"]
                lines = folder * (len(path.parts) > 1) + writing(str(path), content)
                own[other] = new_code_cell("\n".join(lines), id=f"beside-{len(own)}")
    return own


def _last(label):
    """Whether what bears this name may wait until all notebooks were read."""
    return _suffix(label) != ".ipynb"


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
    """What may still be unpacked of one submission, and how many files were left out."""

    def __init__(self):
        self.bytes, self.members, self.left_out = BYTES, MEMBERS, 0

    def takes(self, size):
        """Whether so many bytes more may be unpacked."""
        fits = size <= self.bytes and self.members > 0
        if fits:
            self.bytes, self.members = self.bytes - size, self.members - 1
        self.left_out += not fits
        return fits


def _unpacked(label, data, budget, notes, depth=DEPTH):
    """The files in a file: itself, or what is in it if it is an archive, notebooks first."""
    if data.startswith(SEALED):
        notes.append(f"{label} is an archive of a kind that cannot be opened")
        return
    closed = len(data) > BYTES or _suffix(label) in DOCUMENTS
    members = None if closed else _members(data)
    if members is None:
        if budget.takes(len(data)):
            yield label, data
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
    packed = next((way for head, way in PACKED.items() if data.startswith(head)), None)
    # also the oldest tars, which begin with a name and nothing else
    if data[:1] not in b"\0{[<# " and tarfile.is_tarfile(io.BytesIO(data)):
        return _tarred(data)
    return packed and [("content", lambda: _limited(packed.open(io.BytesIO(data))))]


def _zipped(data):
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        for info in sorted(archive.infolist(), key=lambda info: _last(info.filename)):
            if not info.is_dir():
                yield info.filename, lambda info=info: _limited(archive.open(info))


def _tarred(data):
    found, cut = [], None
    with tarfile.open(fileobj=io.BytesIO(data), mode="r:*") as archive:
        try:
            found += filter(tarfile.TarInfo.isfile, itertools.islice(archive, HEADERS))
        except DAMAGED as error:
            cut = error  # what lies before that can be read
        for info in sorted(found, key=lambda info: _last(info.name)):
            yield shown(info.name), lambda info=info: _limited(archive.extractfile(info))
    if cut:
        raise cut


def _limited(file):
    """What a member holds, up to more than is allowed."""
    with file:
        return file.read(BYTES + 1)
