"""The gradebook as CSV: ours, and what Canvas and Moodle read.

`roster` is what the platform exports: Canvas's gradebook or Moodle's grading worksheet. With it the
file to upload has the platform's own rows and identifiers; without it, what the file names say.
"""

import csv
import io
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

__all__ = [
    "Row", "canvas_column", "columns", "keep_roster", "rows", "write_canvas", "write_grades",
    "write_moodle",
]  # fmt: skip

CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MOODLE = ("Identifier", "Full name", "Grade", "Maximum Grade")


@dataclass
class Row:
    """A student's line."""

    record: object
    scores: dict
    maximum: float

    @property
    def notes(self):
        """What was odd; first, if it could not be graded, why."""
        return [f"NOT GRADED: {self.record.failed}"] * bool(self.record.failed) + self.record.notes

    @property
    def waiting(self):
        """The answers that nobody has marked yet."""
        return [name for name, points in self.scores.items() if points is None]

    @property
    def total(self):
        return sum(points or 0 for points in self.scores.values())

    @property
    def final(self):
        """The total, or nothing while answers wait for a mark."""
        return "" if self.waiting else f"{self.total:g}"


def rows(course, assignment):
    """A row for every student who was ever graded in this assignment."""
    points = course.source(assignment).points
    found = []
    for record in course.records(assignment):
        scores = {} if record.failed else course.scores(assignment, record.student)
        scores = {name: scores.get(name, 0.0) for name in points}
        found.append(Row(record, scores, sum(points.values())))
    return found


def write_grades(path, table):
    """One line per student: points by question, total, what waits for a mark, what was odd."""
    if not table:
        return
    head = ["student", "name", "file", *table[0].scores, "total", "maximum", "to mark", "notes"]
    lines = []
    for row in table:
        record = row.record
        points = ["" if p is None else f"{p:g}" for p in row.scores.values()]
        lines.append([
            record.student, record.name, record.file, *points, f"{row.total:g}",
            f"{row.maximum:g}", " ".join(row.waiting), "; ".join(row.notes),
        ])  # fmt: skip
    _write(path, head, lines)


def write_canvas(path, table, title, roster=None):
    """Canvas's import; returns who is not in the roster, and who in it handed nothing in."""
    head, people = _roster(roster, CANVAS)
    keep = [column for column in CANVAS if column in head]
    pairs, lost, absent = _matched(table, people, "ID", "Student", "SIS Login ID")
    lines = []
    for row, person in pairs:
        person = person or {"Student": row.record.name, "ID": row.record.number}
        lines.append([*(person.get(column, "") for column in keep), row.final])
    column = canvas_column(head, title) or title
    possible = ["    Points Possible", *[""] * (len(keep) - 1), f"{table[0].maximum:g}"]
    _write(path, [*keep, column], [possible, *lines] if table else lines)
    return lost, absent


def canvas_column(head, title):
    """The column of Canvas's export that belongs to the assignment of this title, or None."""
    return next((name for name in head if name.startswith(title)), None)


def write_moodle(path, table, roster=None):
    """Moodle's grading worksheet; returns the same as `write_canvas`."""
    head, people = _roster(roster, MOODLE)
    pairs, lost, absent = _matched(table, people, "Identifier", "Full name", "Email address")
    lines = []
    for row, person in pairs:
        number = row.record.number and f"Participant {row.record.number}"
        person = person or {"Identifier": number, "Full name": row.record.name}
        person = {**person, "Grade": row.final, "Maximum Grade": f"{row.maximum:g}"}
        lines.append([person.get(column, "") for column in head])
    _write(path, list(head), lines)
    return lost, absent


def keep_roster(path, folder):
    """Keep a platform's export in a folder, in the place of any other; for each of the two
    writers its roster, or None.

    Raises
    ------
    ValueError
        If the file is neither Canvas's export nor Moodle's.
    """
    kept = [folder / f"roster-{name}.csv" for name in ("canvas", "moodle")]
    if path:
        head = columns(path)
        found = [place for place, usual in zip(kept, (CANVAS, MOODLE), strict=True)
                 if set(usual[:2]) <= set(head)]  # fmt: skip
        if not found:
            wanted = " nor ".join(", ".join(usual[:2]) for usual in (CANVAS, MOODLE))
            raise ValueError(f"{path} has neither the columns {wanted}, got {', '.join(head)}")
        new = found[0].with_suffix(".new")
        shutil.copyfile(Path(path).expanduser(), new)
        for place in kept:
            place.unlink(missing_ok=True)
        new.rename(found[0])
    return [place if place.exists() else None for place in kept]


def _roster(path, usual):
    """The columns and people of a platform's export; the usual columns and nobody without one."""
    return _read(path) if path else (usual, [])


def columns(path):
    """The names of the columns of a platform's export."""
    return _read(path)[0]


def _read(path):
    try:
        text = Path(path).expanduser().read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError(f"{path} is not a CSV file in UTF-8") from error
    first = text.partition("\n")[0]
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=max(",;\t", key=first.count))
    special = ("", "Points Possible", "Student, Test")  # Canvas's own lines
    people = [row for row in reader if (row.get("Student", "-") or "").strip() not in special]
    return tuple(reader.fieldnames or ()), people


def _matched(table, people, number, name, login):
    """Each row with its person of the roster, the students without one, the people without a row.

    The platform's number decides, then the name, if nobody else in the roster or in the table has
    the same.
    """
    if not people:
        return [(row, None) for row in table], [], []
    numbered = {re.sub(r"\D", "", person.get(number) or ""): person for person in people}
    found = {row.record.student: numbered.get(row.record.number or None) for row in table}
    taken = {id(person) for person in found.values()}
    free = [person for person in people if id(person) not in taken]
    own = {row.record.student: _names(row.record.name, row.record.student) for row in table}
    fits = [
        (student, person) for student, taken in found.items() if not taken for person in free
        if own[student] & _names(person.get(name) or "", person.get(login))
    ]  # fmt: skip
    for student, person in fits:
        if sum(student == s or person is p for s, p in fits) == 1:
            found[student] = person
    pairs = [(row, found[row.record.student]) for row in table if found[row.record.student]]
    lost = [student for student, person in found.items() if not person]
    taken = {id(person) for person in found.values()}
    return pairs, lost, [p.get(name) or "" for p in people if id(p) not in taken]


def _names(full, login=""):
    """What a person may be called, by letters only."""
    return {_letters(full), _letters(" ".join(reversed(full.split(",")))), _letters(login)} - {""}


def _letters(text):
    return re.sub(r"[\W_]", "", text or "").casefold()


def _write(path, head, lines):
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows([[_harmless(cell) for cell in line] for line in lines])


def _harmless(cell):
    """A text that no spreadsheet takes for a formula."""
    return f"'{cell}" if re.match(r"[=+@\t\r]|-\D", str(cell)) else cell
