"""The gradebook as CSV: ours, and what Canvas and Moodle read back.

`roster.py` reads what a platform exports. With it the file to upload has the platform's own rows
and identifiers. Without it Canvas's file says what file names say; Moodle takes back nothing but
its own worksheet, so there is no file for it.
"""

import csv
import dataclasses
import re
from dataclasses import dataclass

from .roster import letters, names_of

__all__ = ["Row", "idle", "matched", "pairs", "rows", "with_groups", "write", "write_canvas",
           "write_grades", "write_moodle"]  # fmt: skip

POSSIBLE = "    Points Possible"


@dataclass
class Row:
    """A student's line."""

    record: object
    scores: dict
    maximum: float
    by: str = ""  # who has handed in, if it was another member of the group

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

    def final(self, possible=None):
        """The total, or nothing while answers wait for a mark; on a platform's own scale."""
        scale = (possible or self.maximum) / self.maximum
        return "" if self.waiting else f"{round(self.total * scale, 2):g}"


def rows(course, assignment):
    """A row for every student who was ever graded in this assignment."""
    points = course.source(assignment).points
    found = []
    for record in course.records(assignment):
        scores = {} if record.failed else course.scores(assignment, record.student)
        scores = {name: scores.get(name, 0.0) for name in points}
        found.append(Row(record, scores, sum(points.values())))
    return found


def with_groups(table, groups):
    """The rows, with one for each member of a group of which somebody has handed in.

    If several have, the row with most points counts for those who have not.
    """
    more = []
    for group in groups:
        found = {member: _of(member, table) for member in group}
        there = [row for row in found.values() if row]
        best = max(there, key=lambda row: row.total, default=None)
        for member, row in found.items():
            if best and not row:
                number = member if member.isdecimal() else ""
                record = dataclasses.replace(
                    best.record, student=member, name=member, number=number,
                    notes=[*best.record.notes, f"handed in by {best.record.student}"],
                )  # fmt: skip
                more.append(dataclasses.replace(best, record=record, by=best.record.student))
    return table + more


def idle(table, groups):
    """The groups of which nobody has handed in, or is called so."""
    return [group for group in groups if not any(_of(member, table) for member in group)]


def _of(member, table):
    """The row of a member, who is named by a name or by the platform's number."""
    for row in table:
        record = row.record
        if member == record.number or letters(member) in names_of(record.name, record.student):
            return row
    return None


def write_grades(path, table, people=()):
    """One line per student: points by question, total, what waits for a mark, what was odd."""
    if not table:
        return
    head = ["student", "name", "file", *table[0].scores, "total", "maximum", "to mark", "late",
            "notes"]  # fmt: skip
    known = {row.record.student: person for row, person in pairs(table, people) if person}
    lines = []
    for row in table:
        record, person = row.record, known.get(row.record.student)
        group = person is None or letters(record.name) in person.teams
        name = record.name if group else person.name
        points = ["" if p is None else f"{p:g}" for p in row.scores.values()]
        lines.append([
            record.student, name, record.file, *points, f"{row.total:g}", f"{row.maximum:g}",
            " ".join(row.waiting), (person and person.late) or record.late,
            "; ".join(row.notes),
        ])  # fmt: skip
    write(path, head, lines)


def write_canvas(path, table, title, roster=None):
    """Canvas's import; what there is to say of it.

    Raises
    ------
    ValueError
        If two columns of the export may be the assignment's.
    """
    if not roster:
        lines = [[row.record.name, row.record.number, "", row.final()] for row in table]
        most = f"{table[0].maximum:g}" if table else ""
        write(path, ["Student", "ID", "Section", title], [[POSSIBLE, "", "", most], *lines])
        return []
    column, said = roster.column(title), []
    maximum = table[0].maximum if table else 0
    possible = roster.possible(column, maximum)
    if column is None:
        said.append(f'no column of the Canvas export is "{title}": canvas.csv brings a new one')
    elif possible != maximum:
        said.append(_scaled("canvas.csv", maximum, possible))
    keep = roster.identity
    lines = [
        [*(person.cells.get(name, "") for name in keep), row.final(possible)]
        for row, person in pairs(table, roster.people) if person
    ]  # fmt: skip
    first = [POSSIBLE, *[""] * (len(keep) - 1), f"{possible:g}"]
    write(path, [*keep, column or title], [first, *lines])
    return said


def write_moodle(path, table, roster=None):
    """Moodle's grading worksheet, if there is one to fill in; what there is to say of it."""
    if not roster:
        return []
    if not roster.modified:
        return ["no moodle.csv: the worksheet lacks the column Last modified (grade), without which"
                " Moodle takes nothing; download it again with that column"]  # fmt: skip
    maximum = table[0].maximum if table else 0
    possible, said = roster.possible(roster.grade, maximum), []
    if possible != maximum:
        said.append(_scaled("moodle.csv", maximum, possible))
    lines = []
    for row, person in pairs(table, roster.people):
        if person:
            cells = {**person.cells, roster.grade: row.final(possible)}
            lines.append([cells.get(name, "") for name in roster.head])
    write(path, list(roster.head), lines)
    return said


def _scaled(name, ours, theirs):
    return f"{name}: {ours:g} points here are {theirs:g} there, so they are scaled"


def matched(table, people):
    """The students who are not in a roster, and the names in it of which there is no row."""
    both = pairs(table, people)
    found = {id(person) for _, person in both}
    lost = [row.record.student for row, person in both if not person] if people else []
    return lost, [person.name for person in people if id(person) not in found]


def pairs(table, people):
    """Each row with its person of the roster, or None; a group's row once for each member.

    The platform's number decides, then the name of a group, then the name, if nobody else in the
    roster or in the table has the same.
    """
    teams, numbered = {}, {person.number: person for person in people if person.number}
    for person in people:
        for team in person.teams:
            teams.setdefault(team, []).append(person)
    for person in people:  # a marker may have a student's name
        for name in names_of(person.name):
            teams.pop(name, None)
    found, unsure = [], []
    for row in table:
        team = teams.get(letters(row.record.name))
        person = numbered.get(row.record.number)
        if team:
            found += [(row, member) for member in team]
        elif person:
            found.append((row, person))
        else:
            unsure.append(row)
    taken = {id(person) for _, person in found}
    free = [person for person in people if id(person) not in taken]
    fits = [
        (row, person) for row in unsure for person in free
        if names_of(row.record.name, row.record.student) & names_of(person.name, person.login)
    ]  # fmt: skip
    for row in unsure:
        mine = [
            person for r, person in fits
            if r is row and sum(r is s or person is p for s, p in fits) == 1
        ]  # fmt: skip
        found.append((row, mine[0] if mine else None))
    return found


def write(path, head, lines):
    """A table as CSV that spreadsheets open without harm."""
    with open(path, "w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(head)
        writer.writerows([[_harmless(cell) for cell in line] for line in lines])


def _harmless(cell):
    """A text that no spreadsheet takes for a formula; Moodle writes a dash where nothing is."""
    number = re.fullmatch(r"[+-]?\d+([.,]\d+)?", str(cell))
    return f"'{cell}" if re.match(r"[=+@\t\r-](?!$)", str(cell)) and not number else cell
