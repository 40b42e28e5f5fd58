"""What a learning platform exports: Canvas's gradebook or Moodle's grading worksheet.

Canvas writes the columns Student, or LastName and FirstName, then ID, …, Section, and one for each
assignment with its number behind the title. Moodle writes what the lecturer's language calls
Identifier, Full name, …, Grade, Maximum Grade, …, Last modified (grade); with blind marking there
are no names. So Canvas's columns are told by their names, and Moodle's by what stands in them.
"""

import csv
import io
import itertools
import re
import shutil
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

from .cells import encoding_of

__all__ = ["Person", "Roster", "groups", "keep", "letters", "names_of", "read", "whose"]

CANVAS = ("Student", "LastName", "FirstName", "ID", "SIS User ID", "SIS Login ID",
          "Integration ID", "Root Account", "Section")  # fmt: skip
WORKBOOK = (b"PK\3\4", b"\xd0\xcf\x11\xe0")  # .xlsx and .ods, .xls
NUMBERED = re.compile(r"\D+\s?(\d+)")  # Participant 41
AMOUNT = re.compile(r"\d+(?:[.,]\d+)?")
LATE = re.compile(r"(?:\d+ (?:year|day|hour|min|sec)s? )+late")
HOURS = {"year": 8760, "day": 24, "hour": 1, "min": 1 / 60, "sec": 1 / 3600}
NOBODY = re.compile(r"[0-9a-f]{40}")  # the login of the student as whom a teacher looks at Canvas
EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass
class Person:
    """A line of a roster."""

    cells: dict
    name: str = ""
    number: str = ""
    login: str = ""
    teams: frozenset = frozenset()  # what may be the name of a group, by letters only
    late: str = ""


@dataclass
class Roster:
    """What a platform has exported.

    Attributes
    ----------
    platform : str
        canvas or moodle.
    head : tuple of str
    people : list of Person
    notes : list of str
        What an instructor should know of how it was read.
    identity : list of str
        Canvas's columns that say who somebody is.
    grade, maximum, modified : str or None
        Moodle's columns.
    points : dict of str to str
        Canvas's line Points Possible.
    """

    platform: str
    head: tuple
    people: list
    notes: list = field(default_factory=list)
    identity: list = field(default_factory=list)
    grade: str | None = None
    maximum: str | None = None
    modified: str | None = None
    points: dict = field(default_factory=dict)

    def column(self, title):
        """The column of Canvas's export that belongs to the assignment of this title, or None."""
        numbered = [name for name in self.head if re.sub(r" \(\d+\)$", "", name) == title]
        found = numbered or [name for name in self.head if name == title]
        if len(found) > 1:
            raise ValueError(
                f'two columns of the export may be "{title}": {" and ".join(found)}; take one out'
            )
        return found[0] if found else None

    def possible(self, column, ours):
        """The points that are possible on the platform; ours where it does not say."""
        theirs = {person.cells.get(self.maximum) for person in self.people}
        texts = (theirs if self.platform == "moodle" else {self.points.get(column)}) - {None, ""}
        if not texts:
            return ours
        amounts = {_amount(text) for text in texts}
        if len(amounts) > 1 or not min(amounts) > 0:
            raise ValueError(
                f"the maximum of {column} in the roster must be one number above 0, got"
                f" {', '.join(sorted(texts))}"
            )
        return amounts.pop()


def read(path):
    """A roster, of whichever platform.

    Raises
    ------
    ValueError
        If the file is no CSV, or neither Canvas's export nor Moodle's.
    """
    text, notes = _decoded(path)
    head, lines = _parsed(text)
    if "ID" in head and ("Student" in head or {"LastName", "FirstName"} <= set(head)):
        return _named_twice(_canvas(head, lines, notes))
    roster = _moodle(head, lines, notes)
    if roster is None:
        raise ValueError(
            f"{path} has neither the columns Student (or LastName, FirstName) and ID of Canvas nor"
            f" a column of numbered participants beside a grade of Moodle, got {', '.join(head)}"
        )
    return _named_twice(roster)


def _named_twice(roster):
    """With a note on each number that several people have: it does not tell whose a grade is."""
    who = {}
    for person in roster.people:
        who.setdefault(person.number, []).append(person.name)
    roster.notes += [f"several rows of the roster have the number {number}: {'; '.join(names)}"
                     for number, names in who.items() if number and len(names) > 1]  # fmt: skip
    return roster


def keep(path, folder):
    """Keep a platform's export in a folder, in the place of any other; the roster, or None."""
    place = folder / "roster.csv"
    if path:
        read(path)
        new = place.with_suffix(".new")
        shutil.copyfile(Path(path).expanduser(), new)
        new.replace(place)
    return read(place) if place.exists() else None


def groups(path):
    """Groups from a file with a group in each line: names or numbers of its members, as in CSV.

    Raises
    ------
    ValueError
        If a line has fewer than two members.
    """
    text, _ = _decoded(path)
    found = []
    for number, line in enumerate(text.splitlines(), 1):
        mark = next((m for m in ";\t" if m in line), ",")
        [cells] = csv.reader([line], delimiter=mark, skipinitialspace=True)
        members = [cell.strip() for cell in cells if cell.strip()]
        if len(members) == 1:
            raise ValueError(f"{path}, line {number}: a group has two members at least, got {line}")
        found += [members] * bool(members)
    return found


def _decoded(path):
    """The text of a file as Excel and the platforms write it, and a note if that was a guess."""
    raw = Path(path).expanduser().read_bytes()
    if raw.startswith(WORKBOOK):
        raise ValueError(f"{path} must be CSV, got a workbook: save its sheet as CSV UTF-8")
    try:
        return raw.decode(encoding_of(raw)), []
    except UnicodeDecodeError:
        note = "the roster is not in UTF-8; it was read as Windows-1252, so look at the names"
        return raw.decode("cp1252", "replace"), [note]


def _parsed(text):
    """The names of the columns and the lines, with the delimiter that splits the head best."""
    tables = [list(csv.reader(io.StringIO(text, newline=""), delimiter=d)) for d in ",;\t"]

    def fits(table):
        head = table[0] if table else []
        return len(set(head) & {*CANVAS, "Identifier"}), len(table) > 1 and len(head)

    table = max(tables, key=fits)
    head = tuple(name.strip() for name in table[0]) if table else ()
    return head, [dict(zip(head, line, strict=False)) for line in table[1:] if any(line)]


def _canvas(head, lines, notes):
    identity = [name for name in head if name in CANVAS]
    people, points = [], {}
    for line in lines:
        name = line.get("Student", "").strip()
        if "LastName" in head:
            name = ", ".join(filter(None, map(str.strip, (line["LastName"], line["FirstName"]))))
        number, login = _at(line, "ID"), _at(line, "SIS Login ID")
        if any("Points Possible" in _at(line, column) for column in identity):
            points = line
        elif number and name != "Student, Test" and not NOBODY.fullmatch(login):
            people.append(Person(line, name, number, login))
    return Roster("canvas", head, people, notes, identity, points=points)


def _moodle(head, lines, notes):
    """A worksheet in any language: a column of participants, and a grade before its maximum."""
    ids = "Identifier" if "Identifier" in head else None
    for name in head if lines else ():
        if all(NUMBERED.fullmatch(_at(line, name)) for line in lines):
            ids = ids or name
    grade, maximum = _graded(head, lines)
    if ids is None or grade is None:
        return None
    bracketed = [name for name in head if re.search(r"\(.+\)$", name)]
    mine = [name for name in bracketed if f"({grade.casefold()})" in name.casefold()]
    modified = mine[0] if mine else bracketed[-1] if len(bracketed) > 1 else None
    # status, group and marker stand in front of the grade; behind the numbers names, unless hidden
    between = head[head.index(ids) + 1 : head.index(grade)]
    mail = next((n for n in head if any(EMAIL.fullmatch(_at(line, n)) for line in lines)), None)
    name = between[0] if _are_names(between, lines) else None
    people = []
    for line in lines:
        number = re.sub(r"\D", "", _at(line, ids))
        others = [_at(line, other) for other in between if other not in (name, mail)]
        late = next(filter(None, map(_hours, others)), "")
        who, teams = _at(line, name) or _at(line, ids), frozenset(map(letters, others))
        people.append(Person(line, who, number, _at(line, mail), teams - {""}, late))
    return Roster("moodle", head, people, notes, [], grade, maximum, modified)


def _graded(head, lines):
    """The columns of the grade and of its maximum, which stands behind it and is one number."""
    if "Grade" in head:
        return "Grade", "Maximum Grade" if "Maximum Grade" in head else None
    for before, name in itertools.pairwise(head):
        values = {_at(line, name) for line in lines}
        earned = {_at(line, before) for line in lines} - {"", "-"}
        if len(values) == 1 and all(map(AMOUNT.fullmatch, values | earned)):
            return before, name
    return None, None


def _are_names(columns, lines):
    """Whether the first of these columns holds names, of which few are the same; the status, which
    is the first where names are hidden, begins with few words, and a dash stands behind them."""
    values = [_at(line, columns[0]) for line in lines] if columns else []
    kinds = len({value.partition(" - ")[0] for value in values})
    many = kinds * min(2, len(columns)) >= len(values) > 0
    return many and not any("@" in value or "\n" in value for value in values)


def _at(line, name):
    return (line.get(name) or "").strip()


def _amount(text):
    if not AMOUNT.fullmatch(text.strip()):
        raise ValueError(f"a maximum in the roster is a number, got {text!r}")
    return float(text.strip().replace(",", "."))


def _hours(text):
    """The hours late that a status says, as in: Submitted for grading - 1 day 2 hours late; the
    words themselves in other languages than English.

    Its other parts have no numbers, or a year.
    """
    parts = (part for part in text.split(" - ")[1:] if re.search(r"\d", part))
    said = next((part for part in parts if not re.search(r"\d{4}", part)), "")
    if not LATE.fullmatch(said):
        return said
    times = re.findall(r"(\d+) ([a-z]+?)s?\b", said)
    return f"{sum(int(count) * HOURS[unit] for count, unit in times):.1f}"


def whose(name, number, people):
    """The number in a roster of who handed something in; empty if it is nobody, or not clear.

    Moodle numbers participants anew in each assignment, so that a number alone is not enough where
    both sides have a name.
    """
    for person in people:
        same = letters(person.name).startswith(letters(name)) or letters(name) in names_of(
            person.name, person.login
        )
        if number and person.number == number and same:
            return number
    found = [p.number for p in people if letters(name) in names_of(p.name, p.login)]
    return found[0] if len(found) == 1 else ""


def names_of(full, login=""):
    """What a person may be called, by letters only."""
    turned = " ".join(reversed(full.split(",")))
    return {letters(full), letters(turned), letters(login), letters(login.partition("@")[0])} - {""}


def letters(text):
    """The letters and digits of a name, with their marks, however they were composed."""
    text = unicodedata.normalize("NFC", text or "").casefold()
    return "".join(c for c in text if c.isalnum() or unicodedata.category(c)[0] == "M")
