"""The course folder in nbgrader's layout: sources, releases, submissions, gradebook, feedback.

nbgrader makes the releases, keeps the gradebook and writes the feedback pages. Its step that runs
a notebook is replaced by `Run`, here and (through nbgrader_config.py in the folder) in nbgrader's
own commands and in its formgrader.
"""

import copy
import hashlib
import html
import json
import logging
import os
import re
import shutil
import sys
import warnings
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

import nbformat
from nbconvert.preprocessors import CSSHTMLHeaderPreprocessor
from nbformat.v4 import new_output
from nbgrader.api import Gradebook, MissingEntry
from nbgrader.converters import Autograde, GenerateAssignment, GenerateFeedback
from nbgrader.coursedir import CourseDirectory
from nbgrader.preprocessors import (
    CheckCellMetadata,
    ClearHiddenTests,
    ClearOutput,
    ClearSolutions,
    GetGrades,
    LimitOutput,
    NbGraderPreprocessor,
    OverwriteCells,
    OverwriteKernelspec,
    SaveAutoGrades,
)
from sqlalchemy.exc import SAWarning
from traitlets.config import Config

from .repair import repair
from .score import score, verify
from .source import Assignment, kind_of, read

__all__ = ["Course", "Record", "Run", "configure"]

warnings.filterwarnings("ignore", category=SAWarning, module="nbgrader")  # its own business

VOID = "marked before the answer changed or its points were lowered: "
WAITS = "not marked yet, so the points below are not final: "
HOME = Path(__file__).resolve().parents[2]
CONFIG = f"""\
# nbgrader's own commands and its formgrader run students' code as `make grade` does.
import sys

sys.path.insert(0, {str(HOME)!r})
from assignments.grading.course import configure

configure(get_config())
"""


def configure(c):
    """nbgrader's settings for a course: what is shown, what is hidden, and who runs the code."""
    c.ClearSolutions.code_stub = {"python": "# your work"}
    c.ClearSolutions.text_stub = "*Your answer.*"
    c.Autograde.sanitize_preprocessors = [
        ClearOutput, OverwriteKernelspec, OverwriteCells, CheckCellMetadata
    ]  # fmt: skip
    c.Autograde.autograde_preprocessors = [Run, LimitOutput, SaveAutoGrades, CheckCellMetadata]
    c.GenerateFeedback.preprocessors = [GetGrades, ClearHiddenTests, CSSHTMLHeaderPreprocessor]
    c.HTMLExporter.sanitize_html = True
    return c


class Run(NbGraderPreprocessor):
    """Runs a submission in the sandbox, and writes what nbgrader reads scores from."""

    def preprocess(self, nb, resources):
        name = resources["nbgrader"]["assignment"]
        source = nbformat.read(Path("source") / name / f"{name}.ipynb", as_version=4)
        code = [cell for cell in nb.cells if cell.cell_type == "code"]
        theirs = [cell for cell in code if kind_of(cell) != "tests"]
        scores, results, notes = score(
            Assignment(name, name, source),
            ["" if cell.metadata.get("put_back") else cell.source for cell in theirs],
            self.limits(),
        )
        for cell, result in zip(theirs, results, strict=True):
            figures = ({"image/png": figure} for figure in result["figures"])
            cell.outputs = [_text(result["text"])] if result["text"] else []
            cell.outputs += [new_output("display_data", data) for data in figures]
            if result["error"]:
                kind, text, lines = result["error"]
                cell.outputs.append(_error(kind, text, lines or f"{kind}: {text}"))
        for cell in code:
            if kind_of(cell) == "tests":
                cell.outputs = _shown(scores[cell.metadata.nbgrader.grade_id], cell)
        nb.metadata["notes"] = notes + _not_there(results)
        return nb, resources

    @staticmethod
    def limits():
        return None  # the usual ones


def _not_there(results):
    """A note on the modules that the cells could not import."""
    errors = [result["error"][:2] for result in results if result["error"]]
    words = [text for kind, text in errors if kind == "ModuleNotFoundError"]
    names = dict.fromkeys(name[:40] for text in words for name in re.findall(r"'(.+?)'", text))
    return [f"imports what is not there: {', '.join(names)}"] if names else []


def _text(text):
    return new_output("stream", name="stdout", text=text)


def _error(kind, text, lines):
    return new_output("error", ename=kind, evalue=text, traceback=lines.splitlines())


def _shown(score, cell):
    """Outputs that nbgrader counts as this score."""
    if score.points >= cell.metadata.nbgrader.points:
        return []
    if score.points == 0:
        return [_error("failed", score.words, score.words)]
    data = {"text/plain": f"{score.points:g}"}
    return [_text(score.words), new_output("execute_result", data, execution_count=1)]


@dataclass
class Record:
    """What became of one submission; written when it is finished, so that a run can be resumed."""

    student: str
    name: str = ""
    number: str = ""
    file: str = ""
    digest: str = ""
    failed: str = ""
    notes: list = field(default_factory=list)
    scores: dict = field(default_factory=dict)
    texts: dict = field(default_factory=dict)  # what a mark by hand was given for, as digests
    void: dict = field(default_factory=dict)  # marks by hand that no longer count

    @property
    def waiting(self):
        """The answers that nobody had marked when this was written."""
        return [name for name, points in self.scores.items() if points is None]


class Course:
    """A folder: source/, release/, submitted/, autograded/, feedback/, gradebook.db, records/."""

    def __init__(self, folder):
        self.folder = Path(folder).expanduser().resolve()
        self.database = f"sqlite:///{self.folder / 'gradebook.db'}"

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

    def release(self, sources, seed, check=verify):
        """Draw the assignments anew, and make the students' notebooks; their names.

        Raises
        ------
        ValueError
            If submissions were graded that have answered another seed's questions, or if the
            solution of an assignment or its empty notebook does not earn what it should.
        """
        kept = self.seed()
        if kept not in (None, seed) and any(self.folder.glob("records/*/*.json")):
            raise ValueError(
                f"{self.folder} is drawn from seed {kept} and has graded submissions, got seed"
                f" {seed}; for another class name another folder: COURSE=folder"
            )
        self.folder.mkdir(parents=True, exist_ok=True)
        # nbgrader calls alembic by its bare name when it makes the gradebook
        os.environ["PATH"] = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
        (self.folder / "nbgrader_config.py").write_text(CONFIG)
        (self.folder / "seed").write_text(f"{seed}\n")
        names = []
        for path in sorted(Path(sources).expanduser().glob("*.md")):
            assignment = read(path, seed)
            stub = copy.deepcopy(assignment.notebook)
            check(assignment, ClearSolutions(config=configure(Config())).preprocess(stub, {})[0])
            self._remember(path.stem)
            target = self.folder / "source" / path.stem / f"{path.stem}.ipynb"
            target.parent.mkdir(parents=True, exist_ok=True)
            nbformat.write(assignment.notebook, target)
            self._convert(GenerateAssignment, path.stem, ".")
            names.append(path.stem)
        return names

    def seed(self):
        """The seed that the course is drawn from, or None before its first release."""
        path = self.folder / "seed"
        return int(path.read_text()) if path.exists() else None

    def names(self):
        return sorted(path.name for path in (self.folder / "release").glob("*") if path.is_dir())

    def _remember(self, assignment):
        """Keep the texts that students may not change, before another release replaces them."""
        if self._notebook("release", assignment).exists():
            former = self._former(assignment)
            for cell in self.released(assignment).cells:
                if kind_of(cell) in ("tests", "given"):
                    former[cell.id] = sorted({cell.source, *former.get(cell.id, ())})
            path = self.folder / "former" / f"{assignment}.json"
            path.parent.mkdir(exist_ok=True)
            path.write_text(json.dumps(former, indent=1, ensure_ascii=False))

    def _former(self, assignment):
        """The texts of earlier releases, by the names of their cells."""
        path = self.folder / "former" / f"{assignment}.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def released(self, assignment):
        return nbformat.read(self._notebook("release", assignment), as_version=4)

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
        source = self._notebook("source", assignment).read_bytes()
        digest = hashlib.sha256(source + b"\0" + (submission.raw or b"")).hexdigest()
        before = self.record(assignment, submission.student)
        same = before and not before.failed and before.digest == digest
        if same and before.scores == self.scores(assignment, submission.student):
            return before
        record = Record(submission.student, submission.name, submission.number, submission.file)
        record.digest = digest
        try:
            if before:
                record.texts, record.void = before.texts, before.void
            if same:  # marked by hand since: only the feedback is new
                record.notes = [note for note in before.notes if not note.startswith(VOID)]
            else:
                self._autograde(assignment, submission, record)
            record.scores = self.scores(assignment, submission.student)
            record.void = {n: mark for n, mark in record.void.items() if n in record.waiting}
            if record.void:
                marks = (f"{name} ({mark:g})" for name, mark in record.void.items())
                record.notes.append(VOID + ", ".join(marks))
            self._convert(GenerateFeedback, assignment, submission.student)
            self._sign(assignment, record)
        except Exception as error:
            reason = " ".join(str(error).split())[-300:]
            return self.give_up(assignment, submission, reason, record.void)
        self._write(assignment, record)
        return record

    def give_up(self, assignment, submission, reason, void=None):
        """Record that a submission could not be graded: 0 points and the reason."""
        record = Record(submission.student, submission.name, submission.number, submission.file)
        record.notes, record.failed = list(submission.notes), reason
        if before := self.record(assignment, submission.student):
            record.texts, record.void = before.texts, void or before.void
        self._forget(assignment, submission.student)
        self._write(assignment, record)
        return record

    def _autograde(self, assignment, submission, record):
        """Grade anew; a mark by hand stays where its answer does, unless it exceeds the points."""
        released, texts = self.released(assignment), record.texts
        notebook, notes = repair(submission.raw, released, self._former(assignment))
        target = self._notebook("submitted", assignment, submission.student)
        target.parent.mkdir(parents=True, exist_ok=True)
        nbformat.write(notebook, target)
        record.texts = _texts(notebook)
        marks = self._marks(assignment, submission.student).items()
        part = {name: name if name in record.texts else "" for name, _ in marks}
        valid = [
            name for name, waits in marks
            if not waits and texts.get(part[name]) == record.texts[part[name]]
        ]  # fmt: skip
        self._forget(assignment, submission.student)
        self._convert(Autograde, assignment, submission.student)
        with self._grades(assignment, submission.student) as grades:
            for grade in grades:
                if grade.name in valid and grade.manual_score <= grade.max_score:
                    grade.needs_manual_grade = False
                elif grade.manual_score is not None:
                    record.void[grade.name], grade.manual_score = grade.manual_score, None
                elif grade.name in record.void:
                    grade.needs_manual_grade = True
        graded = self._notebook("autograded", assignment, submission.student)
        notes += nbformat.read(graded, as_version=4).metadata.get("notes", [])
        record.notes = submission.notes + notes

    @contextmanager
    def _grades(self, assignment, student):
        """A student's grades in the gradebook, if there are any; changes of them are kept."""
        with Gradebook(self.database) as book:
            try:
                grades = book.find_submission_notebook(assignment, assignment, student).grades
            except MissingEntry:
                grades = []
            yield grades
            book.db.commit()

    def _marks(self, assignment, student):
        """The cells marked by hand, and whether they wait for a new mark."""
        with self._grades(assignment, student) as grades:
            return {g.name: g.needs_manual_grade for g in grades if g.manual_score is not None}

    def _sign(self, assignment, record):
        """Put the student's name and what was odd on top of the feedback page."""
        path = self._notebook("feedback", assignment, record.student).with_suffix(".html")
        odd = [*record.notes, *([WAITS + ", ".join(record.waiting)] if record.waiting else [])]
        notes = "".join(f"<li>{html.escape(note)}</li>" for note in odd)
        head = f"<h3>{html.escape(record.name)}</h3>" + (f"<ul>{notes}</ul>" if notes else "")
        top = '<a name="top"></a>'  # nbgrader's own; MathJax leaves the class alone
        page = path.read_text(encoding="utf-8")
        page = page.replace(top, f'{top}<div class="container tex2jax_ignore">{head}</div>', 1)
        path.write_text(page, encoding="utf-8")

    def _forget(self, assignment, student):
        """Drop the automatic scores of an earlier try, and its pages; marks by hand stay."""
        for step in ("autograded", "feedback"):
            shutil.rmtree(self.folder / step / student / assignment, ignore_errors=True)
        with self._grades(assignment, student) as grades:
            for grade in grades:
                grade.auto_score = 0

    def scores(self, assignment, student):
        """Points by graded cell, as the gradebook has them; None for what waits for a mark."""
        with self._grades(assignment, student) as grades:
            return {g.name: None if g.needs_manual_grade else g.score for g in grades}


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
