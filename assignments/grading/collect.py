"""A folder of downloads: which file is whose.

One folder per student or all files in one; names as Canvas or Moodle write them are taken apart,
other names are taken as they are. A number that the platform gives is a part of who a student is:
what else lies in the folder never decides that.
"""

import re
import zipfile
import zlib
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["Submission", "collect"]

CANVAS = re.compile(r"^(?P<name>[^_]+)_(?P<late>LATE_)?(?P<number>\d+)_\d+_.+$")
MOODLE = re.compile(r"^(?P<name>.+)_(?P<number>\d+)_assignsubmission_[a-z]+(?:_.*)?$")
BYTES = 50_000_000
IGNORED = re.compile(r"^\.|^__MACOSX$|-checkpoint\.")


@dataclass
class Submission:
    """A student, and what they handed in.

    Attributes
    ----------
    student : str
        The name in the gradebook and of folders: letters, digits, dots, dashes.
    name, number : str
        As the learning platform writes them, the number if it gives one.
    file : str
        Relative to the folder of submissions; empty if there is none.
    raw : bytes or None
    notes : list of str
    """

    student: str
    name: str
    number: str = ""
    file: str = ""
    raw: bytes | None = None
    notes: list = field(default_factory=list)


def collect(folder, assignment):
    """The submissions in a folder, one for each student, in the order of their names.

    Raises
    ------
    ValueError
        If the folder does not exist or is empty.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise ValueError(f"SUBMISSIONS must be a folder, got {folder}")
    handed = {}
    for path in sorted(folder.iterdir()):
        if IGNORED.search(path.name):
            continue
        match = CANVAS.match(path.name) or MOODLE.match(path.name)
        name = match["name"] if match else path.stem if path.is_file() else path.name
        number = match["number"] if match else ""
        files = [path] if not path.is_dir() else [
            p for p in sorted(path.rglob("*")) if not p.is_dir() and not IGNORED.search(p.name)
        ]  # fmt: skip
        handed.setdefault((name, number), []).extend(files)
    if not handed:
        raise ValueError(f"no submission in {folder}")
    taken, found = set(), []
    for (name, number), files in handed.items():
        student = re.sub(r"[^\w.-]+", "-", name).strip("-.") or "student"
        student = f"{student}-{number}" if number else student
        if student in taken:
            student = f"{student}-{zlib.crc32(name.encode()):08x}"
        taken.add(student)
        found.append(_chosen(Submission(student, name, number), files, folder, assignment))
    return sorted(found, key=lambda submission: submission.student)


def _chosen(submission, files, folder, assignment):
    """The submission with the file that is most likely meant."""
    links = [path for path in files if path.is_symlink()]
    files = [path for path in files if not path.is_symlink()]
    if links:
        submission.notes.append("links were not followed")

    def rank(path):
        return path.suffix == ".ipynb", assignment in path.name, path.stat().st_mtime, path.name

    if not files:
        return submission
    best = max(files, key=rank)
    others = [path.name for path in files if path != best]
    if others:
        submission.notes.append(f"{best.name} was taken, not {', '.join(others[:5])}")
    if best.stem != assignment and len(files) == 1 and best.parent != folder:
        submission.notes.append(f"the file was named {best.name}")
    submission.file = str(best.relative_to(folder))
    if (match := CANVAS.match(submission.file)) and match["late"]:
        submission.notes.append("handed in late")
    if best.stat().st_size > BYTES:
        submission.notes.append(f"the file has more than {BYTES // 1_000_000} MB")
        submission.raw = b""
    else:
        submission.raw = _content(best)
    return submission


def _content(path):
    """The bytes of a file; of an archive, those of the last notebook in it."""
    if zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for member in reversed(archive.infolist()):
                if member.filename.endswith(".ipynb") and member.file_size <= BYTES:
                    return archive.read(member)
    return path.read_bytes()
