"""The course folder in nbgrader's layout: sources, releases, submissions, gradebook, feedback.

nbgrader makes the releases, keeps the gradebook and writes the feedback pages; what it runs is set
in `run.py`.
"""

import hashlib
import json
import logging
import os
import secrets
import shutil
import warnings
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import nbformat
from alembic.script import ScriptDirectory
from nbgrader import api
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde, GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.dbutil import ALEMBIC_DIR
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from . import reading
from .cells import UNREAD
from .collect import shown
from .page import feedback_page
from .roster import read as read_roster
from .roster import whose
from .run import CONFIG, as_released, configure
from .score import verify
from .source import PACKAGE, Assignment, kind_of, read

__all__ = ["Course", "Record"]

warnings.filterwarnings("ignore", category=SAWarning, module="nbgrader")  # its own business
# which a new gradebook asks of a process of its own, for three seconds
api.get_alembic_version = lambda: ScriptDirectory(ALEMBIC_DIR).get_current_head()

VOID = "marked before the answer changed or its points were lowered: "
WAITS = "not marked yet, so the points below are not final: "


@dataclass
class Record:
    """What became of one submission; written when it is finished, so that a run can be resumed."""

    student: str
    name: str = ""
    number: str = ""
    file: str = ""
    entry: str = ""  # the name, in the folder of submissions, of what was handed in
    late: str = ""
    digest: str = ""
    failed: str = ""
    notes: list = field(default_factory=list)
    scores: dict = field(default_factory=dict)
    texts: dict = field(default_factory=dict)  # what a mark by hand was given for, as digests
    void: dict = field(default_factory=dict)  # marks by hand that no longer count
    comments: dict = field(default_factory=dict)  # what the marker wrote

    @property
    def waiting(self):
        """The answers that nobody had marked when this was written."""
        return [name for name, points in self.scores.items() if points is None]


class Course:
    """A folder: source/, release/, submitted/, autograded/, feedback/, gradebook.db, records/."""

    def __init__(self, folder):
        self.folder = Path(folder).expanduser().resolve()
        # a writer waits for the others, also on a busy machine
        self.database = f"sqlite:///{self.folder / 'gradebook.db'}?timeout=600"

    def _convert(self, converter, assignment, student="*"):
        """Run one of nbgrader's converters, and raise what it has only logged."""
        config = configure(Config())
        config.CourseDirectory.root = str(self.folder)
        config.CourseDirectory.db_url = self.database
        config.CourseDirectory.assignment_id = assignment
        config.CourseDirectory.student_id = student
        errors = _Errors()
        log = logging.getLogger("nbgrader")
        log.handlers, log.propagate = [errors], False
        directory = CourseDirectory(config=config, log=log)
        try:
            converter(coursedir=directory, config=config, force=True, log=log).start()
        except Exception as error:
            raise RuntimeError(errors.last or str(error)) from error

    def release(self, sources, seed=None, check=verify, package=PACKAGE):
        """Draw the assignments anew, and make the students' notebooks; their names.

        Without a seed the course's own is used, a long secret that the first release draws.

        Raises
        ------
        ValueError
            If submissions were graded that have answered another seed's questions, or if the
            solution of an assignment or its empty notebook does not earn what it should.
        """
        kept = self.seed()
        seed = kept or secrets.token_hex(32) if seed is None else seed
        if str(kept) not in ("None", str(seed)) and any(self.folder.glob("records/*/*.json")):
            raise ValueError(
                f"{self.folder} has graded submissions that were drawn from the secret in"
                f" {self.folder / 'seed'}, which is another; for another class name another folder:"
                " COURSE=folder"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / "nbgrader_config.py").write_text(CONFIG)
        (self.folder / "seed").touch(0o600)
        (self.folder / "seed").write_text(f"{seed}\n")
        names = []
        for path in sorted(Path(sources).expanduser().glob("*.md")):
            assignment = read(path, self.seed(), package=package)
            check(assignment, as_released(assignment.notebook))
            self._remember(path.stem)
            target = self._notebook("source", path.stem)
            target.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(assignment.notebook, target)
            self._convert(GenerateAssignment, path.stem, ".")
            (self.folder / "drawn").mkdir(exist_ok=True)
            shutil.copyfile(path, self.folder / "drawn" / path.name)
            names.append(path.stem)
        return names

    def release_to(self, assignment, people, check=verify, package=PACKAGE):
        """Draw an assignment for each person of a roster; their notebooks, in the same order."""
        made = []
        for number in (person.number for person in people):
            drawn = self.drawn(assignment, number, package)
            given = as_released(drawn.notebook)
            check(drawn, given)
            self._remember(assignment, number)
            made.append(self._given(assignment, number))
            made[-1].parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(given, made[-1])
        return made

    def drawn(self, assignment, number, package=PACKAGE):
        """An assignment as it is drawn for the student of a number."""
        return read(self.folder / "drawn" / f"{assignment}.md", self.seed(), number, package)

    def _given(self, assignment, number=""):
        """The notebook that the student of a number was given, or everybody."""
        if number:
            return self.folder / "drawn" / assignment / number / f"{assignment}.ipynb"
        return self._notebook("release", assignment)

    def _drawn_for(self, assignment, submission):
        """The number that a submission was drawn for, and a note if it was for nobody."""
        if not (self.folder / "drawn" / assignment).exists():
            return "", []
        people = read_roster(self.folder / "roster.csv").people
        number = whose(submission.name, submission.number, people)
        if number and self._given(assignment, number).exists():
            return number, []
        return "", ["drawn for nobody in the roster, so graded by the draw for everybody"]

    def seed(self):
        """What the course is drawn from: a secret, a number in a sample, None before a release."""
        path = self.folder / "seed"
        text = path.read_text().strip() if path.exists() else None
        return int(text) if text and text.isdecimal() and len(text) < 12 else text

    def names(self):
        return sorted(path.name for path in (self.folder / "release").glob("*") if path.is_dir())

    def _remember(self, assignment, number=""):
        """Keep the texts that students may not change, before another release replaces them."""
        if self._given(assignment, number).exists():
            former = self._former(assignment, number)
            for cell in self.released(assignment, number).cells:
                if kind_of(cell) in ("tests", "given"):
                    former[cell.id] = sorted({cell.source, *former.get(cell.id, ())})
            path = self._former_file(assignment, number)
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(former, indent=1, ensure_ascii=False))

    def _former_file(self, assignment, number):
        return self.folder / "former" / f"{'-'.join(filter(None, (assignment, number)))}.json"

    def _former(self, assignment, number=""):
        """The texts of earlier releases, by the names of their cells."""
        path = self._former_file(assignment, number)
        return json.loads(path.read_text()) if path.exists() else {}

    def released(self, assignment, number=""):
        return nbformat.read(self._given(assignment, number), as_version=4)

    def source(self, assignment):
        notebook = nbformat.read(self._notebook("source", assignment), as_version=4)
        title = next(c.source for c in notebook.cells if c.source.startswith("# "))
        return Assignment(assignment, title.splitlines()[0][2:], notebook)

    def _notebook(self, step, assignment, student=""):
        return self.folder / step / student / assignment / f"{assignment}.ipynb"

    def record(self, assignment, student):
        path = self.folder / "records" / assignment / f"{student}.json"
        return Record(**json.loads(path.read_text())) if path.exists() else None

    def records(self, assignment):
        paths = sorted((self.folder / "records" / assignment).glob("*.json"))
        return [Record(**json.loads(path.read_text())) for path in paths]

    def _write(self, assignment, record):
        path = self.folder / "records" / assignment / f"{record.student}.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_suffix(".new")
        new.write_text(json.dumps(asdict(record), indent=1, ensure_ascii=False))
        os.replace(new, path)

    def grade(self, assignment, submission):
        """Grade one submission, unless neither it nor the assignment has changed since.

        Whatever goes wrong is recorded: a submission that cannot be graded has 0 points and the
        reason, never the score of an earlier try.
        """
        before, record = self.record(assignment, submission.student), _begun(submission)
        try:
            number, notes = self._drawn_for(assignment, submission)
            source = self._notebook("source", assignment).read_bytes()
            source += self._given(assignment, number).read_bytes()
            record.digest = hashlib.sha256(source + reading.digest(submission).encode()).hexdigest()
            same = before and not before.failed and before.digest == record.digest
            marked = self._marked(assignment, submission.student)
            if same and (before.scores, before.comments) == marked:
                return before
            if before:
                record.texts, record.void = before.texts, before.void
            if same:  # marked by hand since: only the feedback is new
                record.notes = [note for note in before.notes if not note.startswith(VOID)]
                record.file = before.file
            else:
                self._autograde(assignment, submission, record, number)
                record.notes += notes
            record.scores, record.comments = self._marked(assignment, record.student)
            record.void = {n: mark for n, mark in record.void.items() if n in record.waiting}
            if record.void:
                marks = (f"{name} ({mark:g})" for name, mark in record.void.items())
                record.notes.append(VOID + ", ".join(marks))
            self._write_page(assignment, record, number)
            self._write(assignment, record)
        except Exception as error:
            reason = " ".join(str(error).split())[:300]
            return self.give_up(assignment, submission, reason, record.void)
        return record

    def give_up(self, assignment, submission, reason, void=None):
        """Record that a submission could not be graded: 0 points and the reason."""
        record = _begun(submission)
        record.notes, record.failed = list(submission.notes), reason
        if before := self.record(assignment, submission.student):
            record.texts, record.void = before.texts, void or before.void
        self._forget(assignment, submission.student)
        self._write(assignment, record)
        return record

    def _autograde(self, assignment, submission, record, number):
        """Grade anew; a mark by hand stays where its answer does, unless it exceeds the points."""
        released, texts = self.released(assignment, number), record.texts
        former = self._former(assignment, number)
        record.file, notebook, notes = reading.read(submission, released, former)
        notebook.metadata["drawn"] = number
        target = self._notebook("submitted", assignment, submission.student)
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, target)
        record.texts = _texts(notebook)
        same = {name for name, text in record.texts.items() if texts.get(name) == text}
        with self._kept(assignment, submission.student) as (grades, _):
            valid = [
                g.name for g in grades if g.manual_score is not None and not g.needs_manual_grade
                and (g.name if g.name in record.texts else "") in same
            ]  # fmt: skip
        unread = any(UNREAD in note for note in notes)  # what came waits for a reader, all of it
        self._forget(assignment, submission.student)
        self._convert(Autograde, assignment, submission.student)
        with self._kept(assignment, submission.student) as (grades, _):
            for grade in grades:
                if grade.name in valid and grade.manual_score <= grade.max_score:
                    grade.needs_manual_grade = False
                elif grade.manual_score is not None:
                    record.void[grade.name], grade.manual_score = grade.manual_score, None
                elif grade.name in record.void or unread:
                    grade.needs_manual_grade = True
        graded = self._notebook("autograded", assignment, submission.student)
        notes += nbformat.read(graded, as_version=4).metadata.get("notes", [])
        record.notes = submission.notes + notes

    @contextmanager
    def _kept(self, assignment, student):
        """A student's grades and comments in the gradebook; changes of them are kept."""
        with Gradebook(self.database) as book:
            found = [], []
            with suppress(MissingEntry):
                notebook = book.find_submission_notebook(assignment, assignment, student)
                found = notebook.grades, notebook.comments
            yield found
            book.db.commit()

    def _marked(self, assignment, student):
        """Points by graded cell, None for what waits for a mark, and what the marker wrote."""
        with self._kept(assignment, student) as (grades, comments):
            scores = {g.name: None if g.needs_manual_grade else g.score for g in grades}
            return scores, {one.name: one.comment for one in comments if one.comment}

    def _write_page(self, assignment, record, number):
        """Write the feedback page anew."""
        asked = self.drawn(assignment, number) if number else self.source(assignment)
        graded = self._notebook("autograded", assignment, record.student)
        notebook = nbformat.read(graded, as_version=4)
        path = self.page(assignment, record.student)
        path.parent.mkdir(parents=True, exist_ok=True)
        odd = [*record.notes, *([WAITS + ", ".join(record.waiting)] if record.waiting else [])]
        page = feedback_page(asked, notebook, replace(record, notes=odd))
        path.write_text(page, encoding="utf-8")

    def page(self, assignment, student):
        """Where a student's feedback page lies."""
        return self._notebook("feedback", assignment, student).with_suffix(".html")

    def submitted(self, assignment):
        """The repaired notebook of each student who has handed something in."""
        students = (record.student for record in self.records(assignment))
        paths = (self._notebook("submitted", assignment, student) for student in students)
        return {p.parts[-3]: nbformat.read(p, as_version=4) for p in paths if p.exists()}

    def forget(self, student):
        """Take a student out of all assignments; the names of those they were in."""
        found = []
        for name in self.names():
            path = self.folder / "records" / name / f"{student}.json"
            if path.exists():
                self._forget(name, student)
                shutil.rmtree(self.folder / "submitted" / student / name, ignore_errors=True)
                with Gradebook(self.database) as book, suppress(MissingEntry):
                    book.remove_submission(name, student)
                path.unlink()
                found.append(name)
        return found

    def _forget(self, assignment, student):
        """Drop the automatic scores of an earlier try, and its pages; marks by hand stay."""
        for step in ("autograded", "feedback"):
            shutil.rmtree(self.folder / step / student / assignment, ignore_errors=True)
        with self._kept(assignment, student) as (grades, _):
            for grade in grades:
                grade.auto_score = 0

    def scores(self, assignment, student):
        """Points by graded cell, as the gradebook has them; None for what waits for a mark."""
        return self._marked(assignment, student)[0]


def _begun(submission):
    """The record of a submission of which nothing is known yet."""
    entry = shown(Path(submission.files[0]).parts[0]) if submission.files else ""
    who = submission.student, submission.name, submission.number
    return Record(*who, entry=entry, late=submission.late)


def _texts(notebook):
    """Digests of the answers in words by name, and under "" of all that a student could write."""
    theirs = [cell for cell in notebook.cells if kind_of(cell) not in ("tests", "given")]
    texts = {cell.id: cell.source for cell in theirs if kind_of(cell) == "written"}
    texts[""] = "\0".join(cell.source for cell in theirs)
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in texts.items()}


class _Errors(logging.Handler):
    """The last line of the last error that nbgrader has logged."""

    last = ""

    def emit(self, record):
        if record.levelno >= logging.ERROR and "Traceback" in record.getMessage():
            self.last = record.getMessage().strip().splitlines()[-1]
