"""usage: python -m grading package | release | grade SUBMISSIONS | forget STUDENT"""

import argparse
import contextlib
import resource
import shutil
import signal
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from tqdm import tqdm

from . import roster as rosters
from . import tables
from .child import apart
from .collect import collect
from .course import Course
from .feedback import pack, pack_notebooks
from .jail import IsolationError, require_isolation, room
from .reading import read, students_in
from .repair import NOTHING
from .score import verify
from .similarity import write_alike
from .source import PACKAGE
from .students import build

WORKERS = 2
MEMORY = 2**31  # bytes of a worker
SECRET = 20  # letters of a seed that nobody finds
SHOWN = 5  # students whom a note names
SAMPLE = 20  # submissions that tell which assignment is meant


def main():
    parser = argparse.ArgumentParser(prog="grading", description="Release and grade assignments.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    release = verbs.add_parser("release", help="make the students' notebooks")
    release.add_argument("--sources", default="assignments", help="the folder of the sources")
    release.add_argument("--seed", help="a secret to draw from; by default a new one, kept")
    release.add_argument(
        "--package", default=PACKAGE, help="what students install: a file, an address"
    )
    package = verbs.add_parser("package", help="build what students install")
    package.add_argument("--package", default=PACKAGE, help="from where they install it")
    grade = verbs.add_parser("grade", help="grade a folder of submissions")
    grade.add_argument("submissions")
    grade.add_argument("--assignment", help="which; by default what the submissions hold")
    grade.add_argument("--groups", help="a file with a group in each line: one hand-in counts")
    forget = verbs.add_parser("forget", help="take a student out")
    forget.add_argument("student", help="as the tables name them")
    for verb in (release, grade):
        verb.add_argument("--roster", help="Canvas's gradebook export or Moodle's worksheet")
    for verb in (release, package, grade, forget):
        verb.add_argument("--course", default="course", help="the course's folder")
    given = parser.parse_args()
    try:
        course = Course(given.course)
        if given.verb == "release":
            print_release(course, given.sources, given.seed, given.roster, given.package)
        elif given.verb == "package":
            print(*build(course.folder / "package", given.package), sep="\n")
        elif given.verb == "forget":
            print_forgotten(course, given.student)
        else:
            print_grades(course, given.submissions, given.assignment, given.roster, given.groups)
    except (RuntimeError, ValueError, OSError) as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit("stopped; what is graded is kept, the same command goes on from here")


def print_release(course, sources, seed=None, roster=None, package=PACKAGE):
    try:
        require_isolation()
        check = verify
    except IsolationError:
        print("assignments: no sandbox here, so solutions and tests were not tried out")
        check = _unchecked
    if seed and len(seed) < SECRET:
        print(f"assignments: {len(seed)} letters are soon found; without SEED a secret is drawn")
    names = course.release(sources, seed, check, package)
    if not names:
        raise ValueError(f"no assignment (*.md) in {sources}")
    print(f"assignments: drawn from the secret in {course.folder / 'seed'}; for the students:")
    for name in names:
        points = sum(course.source(name).points.values())
        print(f"  {course.folder / 'release' / name / name}.ipynb   {points:g} points")
    kept = rosters.keep(roster, course.folder)  # the one of before, if none is named
    people = kept.people if kept else []
    for name in names if people else ():
        shown = tqdm(people, desc=name, unit="student", disable=None)
        made = course.release_to(name, shown, check, package)
        print(f"  {pack_notebooks(course.folder / 'drawn', name, people, made)}   one for each")


def _unchecked(*_):
    pass


def print_forgotten(course, student):
    names = course.forget(student)
    if not names:
        raise ValueError(f"nobody is called {student} in {course.folder}; see grades.csv")
    print(f"{student} is taken out of {', '.join(names)}; grade again to write the tables anew")


def print_grades(course, folder, assignment=None, roster=None, groups=None):
    require_isolation()
    if not course.names():
        raise ValueError(f"no assignment in {course.folder}; run: make assignments")
    submissions = collect(folder)
    if len(submissions) == 1 and (count := students_in(submissions[0])) > 1:
        raise ValueError(
            f"{submissions[0].files[0]} holds what {count} students handed in: unpack it, and name"
            " the folder of what was in it"
        )
    assignment = assignment or _meant(course, folder)
    if assignment not in course.names():
        raise ValueError(f"ASSIGNMENT must be one of {', '.join(course.names())}, got {assignment}")
    target = course.folder / "grades" / assignment
    target.mkdir(parents=True, exist_ok=True)
    kept, teams = rosters.keep(roster, target), _groups(groups, target)
    records = grade_all(course, assignment, submissions)
    table = tables.with_groups(tables.rows(course, assignment), teams)
    said = _write_all(course, assignment, target, table, kept)
    idle = ["; ".join(group) for group in tables.idle(table, teams)]
    said += [f"groups of which nobody has handed in: {' / '.join(idle)}"] * bool(idle)
    earlier = len(course.records(assignment)) - len(records)
    said += [f"{earlier} of them were graded earlier, not in this folder"] * (earlier > 0)
    _print_summary(course, assignment, table, said, target)


def _groups(path, target):
    """The groups in a file, or in the one that was named before."""
    place = target / "groups.csv"
    if path:
        rosters.groups(path)
        shutil.copyfile(Path(path).expanduser(), place)
    return rosters.groups(place) if place.exists() else []


def _write_all(course, assignment, target, table, roster):
    """All tables and archives; what there is to say of them."""
    people = roster.people if roster else []
    canvas, moodle = (
        roster if roster and roster.platform == name else None for name in ("canvas", "moodle")
    )
    for old in (*target.glob("canvas*"), *target.glob("moodle*")):
        old.unlink()  # first of all: what cannot be written now must not stand as it was
    tables.write_grades(target / "grades.csv", table, people)
    said = list(roster.notes) if roster else []
    if not moodle:
        title = course.source(assignment).title
        said += tables.write_canvas(target / "canvas.csv", table, title, canvas)
    said += tables.write_moodle(target / "moodle.csv", table, moodle)
    pages = {row.record.student: course.page(assignment, row.record.student) for row in table}
    left = pack(target, pages, tables.pairs(table, people), roster.platform if roster else "")
    if left:
        said.append(f"Canvas takes no file for what was typed or linked: {', '.join(left)}")
    answers = course.submitted(assignment), course.released(assignment)
    alike = write_alike(target / "alike.csv", *answers)
    said += [f"{alike} pairs of answers are much alike: {target / 'alike.csv'}"] * bool(alike)
    lost, absent = tables.matched(table, people)
    said += [f"not in the roster, so not in its file: {', '.join(lost)}"] * bool(lost)
    said += [f"in the roster, nothing handed in: {'; '.join(absent)}"] * bool(absent)
    return said


def grade_all(course, assignment, submissions, workers=WORKERS):
    """Grade two at a time; a submission that kills its worker is tried alone, then given up."""
    room()  # once, for all workers
    records, lost = [], []
    with ProcessPoolExecutor(workers, initializer=_confine) as pool:
        tasks = {pool.submit(course.grade, assignment, one): one for one in submissions}
        try:
            done, shown = as_completed(tasks), {"unit": "notebook", "disable": None}
            for task in tqdm(done, total=len(tasks), desc=assignment, **shown):
                try:
                    records.append(task.result())
                except BrokenProcessPool:
                    lost.append(tasks[task])
        except KeyboardInterrupt:
            print("\nstopping; what is under way is finished first", file=sys.stderr)
            pool.shutdown(wait=True, cancel_futures=True)
            raise
    for one in lost:
        try:
            with ProcessPoolExecutor(1, initializer=_confine) as pool:
                records.append(pool.submit(course.grade, assignment, one).result())
        except BrokenProcessPool:
            records.append(course.give_up(assignment, one, "it ended the grader's own process"))
    return records


def _confine():
    """In a worker: a large value of a student costs its test, and not the machine's memory."""
    # Ctrl+C stops the first process alone: its workers finish what they have begun
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))


def _meant(course, folder):
    """The assignment whose cells most of the files hold."""
    names = course.names()
    if len(names) == 1:
        return names[0]
    count = Counter()
    for submission in collect(folder)[:SAMPLE]:
        with contextlib.suppress(RuntimeError):
            count.update(apart(_named, submission, {n: course.released(n) for n in names}))
    best = [name for name in names if count[name] == max(count.values(), default=None)]
    if len(best) != 1:
        raise ValueError(f"say which assignment this is: ASSIGNMENT={' or '.join(names)}")
    return best[0]


def _named(submission, releases):
    """The assignments of which a student's notebook holds something."""
    return [
        name for name, release in releases.items()
        if NOTHING not in read(submission, release, {}, here=True)[2]
    ]  # fmt: skip


def _print_summary(course, assignment, table, said, target):
    failed = [row for row in table if row.record.failed]
    waiting = sum(len(row.waiting) for row in table)
    nothing = sum(NOTHING in row.record.notes for row in table)
    print(
        f"\n{len(table)} submissions of {assignment}, {len(failed)} could not be graded"
        + f", {nothing} hold nothing of it" * bool(nothing)
    )
    for line in _gathered(table) + said:
        print(f"  {line}")
    if 2 * nothing > len(table):
        print(f"most hold nothing of {assignment}: is it the right one? ASSIGNMENT=name")
    if waiting:
        print(f"{waiting} answers wait for a mark by hand: make mark; then grade again")
    print(f"tables and feedback to upload: {target}")
    print(f"feedback pages: {course.folder / 'feedback'}")


def _gathered(table):
    """What was odd: by student, and what is the same for several said once."""
    notes = {}
    for row in table:
        for note in row.notes:
            notes.setdefault(note, []).append(row.record.student)
    shared = [note for note, who in notes.items() if len(who) > 1]
    lines = []
    for row in table:
        own = [note for note in row.notes if note not in shared]
        lines += [f"{row.record.student}: {'; '.join(own)}"] * bool(own)
    for note in shared:
        who = notes[note]
        more = f" and {len(who) - SHOWN} more" if len(who) > SHOWN else ""
        lines.append(f"{len(who)} students: {note} ({', '.join(who[:SHOWN])}{more})")
    return lines


if __name__ == "__main__":
    main()
