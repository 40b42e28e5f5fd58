"""A folder of downloads: whose is what. Only names are looked at here; `reading` opens the files.

One folder per student or all files in one; names as Canvas or Moodle write them are taken apart,
other names are taken as they are. A number that the platform gives is a part of who a student is:
what else lies in the folder never decides that.
"""

import os
import re
import stat
import unicodedata
import zlib
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["HIDDEN", "Submission", "by_moodle", "collect", "numbers_in", "shown", "uploaded"]

HIDDEN = re.compile(r"^[.~]|^__MACOSX$")
# what a browser and a desktop write behind the name of a file that is there already
COPY = re.compile(r" ?\(\d+\)(?=(\.\w+)?$)")
# Canvas (its content_zipper.rb): name_LATE_user_file_title, name_LATE_user_text.html, and where
# names are hidden LATE_anon_id_file_title; its numbers begin with no zero
ANONYMOUS = re.compile(r"^(?P<late>LATE_)?anon_(?P<number>[A-Za-z0-9]+)_(?:\d+_|text|link)")
ENTRY = re.compile(r"^(?P<name>.+?)_(?P<late>LATE_)?(?P<number>\d+)_(?:text|link)(?:-\d+)?\.html$")
UPLOAD = re.compile(r"^(?P<name>.+?)_(?P<late>LATE_)?(?P<run>\d+(?:_\d+)+)_")
# the numbers of a user and of a file, where it is no year that a student wrote
NUMBERS = re.compile(r"(?!20\d\d_\d\d?$)[1-9]\d*_(?!20\d\d$)[1-9]\d*")
# Moodle: name_participant_assignsubmission_plugin_title, or a folder of the first four
MOODLE = re.compile(r"^(?P<name>.+?)(?P<late>)_(?P<number>\d+)_assignsubmission_[a-z]+(?:_.*)?$")
LENGTH = 60  # letters of a name; a folder's name has at most 255 bytes


@dataclass
class Submission:
    """A student, and what they handed in.

    Attributes
    ----------
    student : str
        The name in the gradebook and of folders: letters, digits, dots, dashes.
    name, number : str
        As the learning platform writes them, the number if it gives one.
    folder : str
        Where the submissions lie.
    files : list of str
        Regular files, relative to that folder.
    late : str
        "late" if the platform says so in a file's name.
    notes : list of str
    """

    student: str
    name: str
    number: str = ""
    folder: str = ""
    files: list = field(default_factory=list)
    late: str = ""
    notes: list = field(default_factory=list)


def collect(folder):
    """The submissions in a folder, one for each student, in the order of their names.

    Raises
    ------
    ValueError
        If the folder does not exist or is empty.
    """
    folder = Path(folder).expanduser()
    if not folder.is_dir():
        raise ValueError(f"SUBMISSIONS must be a folder, got {folder}")
    handed, paths = {}, [p for p in sorted(folder.iterdir()) if not HIDDEN.search(p.name)]
    for path in paths:
        name, number, late = _whose(path)
        one = handed.setdefault((name, number), Submission("", name, number, str(folder)))
        one.late = one.late or late
        files, odd = _files(path)
        one.files += [str(file.relative_to(folder)) for file in files]
        one.notes += [f"{what} {shown(file.name)} was not read" for what, file in odd]
    if not handed:
        raise ValueError(f"no submission in {folder}")
    taken = set()
    for one in handed.values():
        one.student = _identifier(one.name, one.number, taken)
        taken.add(one.student)
        if one.late:
            one.notes.append("handed in late")
    return sorted(handed.values(), key=lambda submission: submission.student)


def uploaded(text):
    """The name, the student's number and whether it was late, of a file of Canvas; or None."""
    if not (match := UPLOAD.match(text)):
        return None
    # in front of the two numbers stand those of a name, as of group_1, and these are short;
    # behind them those of the title, as a date
    run = match["run"].split("_")
    found = [n for n in range(len(run) - 1) if NUMBERS.fullmatch(f"{run[n]}_{run[n + 1]}")]
    if not found:
        return None
    at = next((n for n in found if len(run[n]) > 2), found[0])
    return "_".join([match["name"], *run[:at]]), run[at], "late" * bool(match["late"])


def _whose(path):
    """The name, the platform's number and whether it was late, from a file's or folder's name."""
    whole = unicodedata.normalize("NFC", shown(path.name))
    text = COPY.sub("", whole)
    if match := ANONYMOUS.match(text):
        return f"anon {match['number']}", match["number"], "late" * bool(match["late"])
    if match := _first(MOODLE, text) or _first(ENTRY, text):
        return match["name"], match["number"], "late" * bool(match["late"])
    return uploaded(text) or (whole if path.is_dir() else Path(whole).stem, "", "")


def _first(pattern, text):
    """The match of what a platform writes, unless it stands in a title of Canvas: a title is the
    student's own, and may look like that."""
    file, match = uploaded(text), pattern.match(text)
    in_title = match and file and len(file[1]) > 2 and len(file[0]) < len(match["name"])
    return None if in_title or ANONYMOUS.match(text) else match


def by_moodle(name):
    """Whether Moodle has named what was handed in."""
    return bool(_first(MOODLE, name))


def numbers_in(names):
    """The platform's numbers of the students whose files an archive holds."""
    return {_whose(Path(Path(name).parts[0]))[1] for name in names if Path(name).parts} - {""}


def shown(name):
    """A file's name as text that can be written; what is no UTF-8 is taken as Latin-1."""
    raw = name.encode("utf-8", "surrogateescape")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _files(path):
    """The regular files at a place, and what else is there with a word for it."""
    if path.is_dir() and not path.is_symlink():
        below = [
            Path(where, name)
            for where, folders, names in os.walk(path)
            for name in [*names, *(f for f in folders if os.path.islink(Path(where, f)))]
        ]
    else:
        below = [path]
    files, odd = [], []
    for file in sorted(below):
        if set(filter(HIDDEN.search, file.relative_to(path.parent).parts)):
            continue
        try:
            mode = file.lstat().st_mode
        except OSError:  # a path that is too long
            odd.append(("what cannot be reached,", file))
            continue
        if stat.S_ISREG(mode):
            files.append(file)
        else:
            odd.append(("the link" if stat.S_ISLNK(mode) else "the pipe or device", file))
    return files, odd


def _identifier(name, number, taken):
    """Letters, their marks, digits, dots and dashes, short enough for a folder and not taken."""
    kept = (
        c if c.isalnum() or c in "._-" or unicodedata.category(c)[0] == "M" else "-" for c in name
    )
    short = re.sub("-+", "-", "".join(kept))[:LENGTH].strip("-.") or "student"
    student = f"{short}-{number}" if number else short
    if student in taken or (len(name) > LENGTH and not number):
        student = f"{student}-{zlib.crc32(name.encode()):08x}"
    return student
