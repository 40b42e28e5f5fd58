"""The gradebook as CSV: ours, and what Canvas and Moodle read.

`roster` is what the platform exports: Canvas's gradebook or Moodle's grading worksheet. With it the
file to upload has the platform's own rows and identifiers; without it, what the file names say.
"""

import csv
import re
from dataclasses import dataclass
from pathlib import Path

__all__ = ["Row", "rows", "write_canvas", "write_grades", "write_moodle"]

CANVAS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
MOODLE = ("Identifier", "Full name", "Grade", "Maximum Grade")


@dataclass
class Row:
    """A student's line."""

    record: object
    scores: dict
    maximum: float

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
        scores = course.scores(assignment, record.student)
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
        notes = [f"NOT GRADED: {record.failed}"] * bool(record.failed) + record.notes
        points = ["" if p is None else f"{p:g}" for p in row.scores.values()]
        lines.append([
            record.student, record.name, record.file, *points, f"{row.total:g}",
            f"{row.maximum:g}", " ".join(row.waiting), "; ".join(notes),
        ])  # fmt: skip
    _write(path, head, lines)


def write_canvas(path, table, title, roster=None):
    """Canvas's import; returns the students who are not in the roster."""
    head, people = _roster(roster, CANVAS)
    keep = [column for column in CANVAS if column in head]
    lines, lost = [], []
    for row in table:
        person = _found(row.record, people, "ID", "Student", "SIS Login ID")
        if people and person is None:
            lost.append(row.record.student)
            continue
        person = person or {"Student": row.record.name, "ID": row.record.number}
        lines.append([*(person.get(column, "") for column in keep), row.final])
    column = next((name for name in head if name.startswith(title)), title)
    possible = ["    Points Possible", *[""] * (len(keep) - 1), f"{table[0].maximum:g}"]
    _write(path, [*keep, column], [possible, *lines] if table else lines)
    return lost


def write_moodle(path, table, roster=None):
    """Moodle's grading worksheet; returns the students who are not in the roster."""
    head, people = _roster(roster, MOODLE)
    lines, lost = [], []
    for row in table:
        person = _found(row.record, people, "Identifier", "Full name", "Email address")
        if people and person is None:
            lost.append(row.record.student)
            continue
        number = row.record.number
        person = person or {
            "Identifier": f"Participant {number}" if number else "",
            "Full name": row.record.name,
        }
        person |= {"Grade": row.final, "Maximum Grade": f"{row.maximum:g}"}
        lines.append([person.get(column, "") for column in head])
    _write(path, list(head), lines)
    return lost


def _roster(path, usual):
    """The columns and people of a platform's export."""
    if not path:
        return usual, []
    with Path(path).expanduser().open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        people = [row for row in reader if (row.get("Student") or "x").strip() != "Points Possible"]
    if usual[0] not in (reader.fieldnames or ()):
        return usual, []  # the other platform's
    return tuple(reader.fieldnames), people


def _found(record, people, number, name, login):
    """The person of the roster who handed this in."""
    for person in people:
        if record.number and record.number == re.sub(r"\D", "", person.get(number) or ""):
            return person
    mine = {_letters(record.name), _letters(record.student)}
    for person in people:
        full = person.get(name) or ""
        turned = " ".join(reversed(full.split(",")))
        if mine & {_letters(full), _letters(turned), _letters(person.get(login))} - {""}:
            return person
    return None


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
