"""usage: python -m assignments.grading release | grade SUBMISSIONS      (see --help)"""

import argparse
import json
import signal
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

from tqdm import tqdm

from . import tables
from .collect import collect
from .course import Course
from .jail import IsolationError, require_isolation, room
from .repair import NOTHING
from .score import verify

WORKERS = 2


def main():
    parser = argparse.ArgumentParser(prog="grading", description="Release and grade assignments.")
    verbs = parser.add_subparsers(dest="verb", required=True)
    release = verbs.add_parser("release", help="make the students' notebooks")
    release.add_argument("--sources", default="assignments", help="the folder of the sources")
    release.add_argument("--seed", type=int, help="draws data and questions anew; kept")
    grade = verbs.add_parser("grade", help="grade a folder of submissions")
    grade.add_argument("submissions")
    grade.add_argument("--assignment", help="which; by default what the submissions hold")
    grade.add_argument("--roster", help="Canvas's gradebook export or Moodle's grading worksheet")
    for verb in (release, grade):
        verb.add_argument("--course", default="course", help="the course's folder")
    given = parser.parse_args()
    try:
        course = Course(given.course)
        if given.verb == "release":
            return print_release(course, given.sources, given.seed)
        return print_grades(course, given.submissions, given.assignment, given.roster)
    except (RuntimeError, ValueError, OSError) as error:
        sys.exit(f"{error}")
    except KeyboardInterrupt:
        sys.exit("stopped; what is graded is kept, the same command goes on from here")


def print_release(course, sources, seed):
    seed = (course.seed() or 0) if seed is None else seed
    try:
        require_isolation()
        check = verify
    except IsolationError:
        print("assignments: no sandbox here, so solutions and tests were not tried out")
        check = _unchecked
    names = course.release(sources, seed, check)
    if not names:
        raise ValueError(f"no assignment (*.md) in {sources}")
    print(f"assignments: drawn from seed {seed}; for the students:")
    for name in names:
        points = course.source(name).points
        print(
            f"  {course.folder / 'release' / name / name}.ipynb   {sum(points.values()):g} points"
        )


def _unchecked(*_):
    pass


def print_grades(course, folder, assignment, roster):
    require_isolation()
    if not course.names():
        raise ValueError(f"no assignment in {course.folder}; run: make assignments")
    assignment = assignment or _meant(course, folder)
    if assignment not in course.names():
        raise ValueError(f"ASSIGNMENT must be one of {', '.join(course.names())}, got {assignment}")
    submissions = collect(folder, assignment)
    target = course.folder / "grades" / assignment
    target.mkdir(parents=True, exist_ok=True)
    kept = tables.keep_roster(roster, target)
    records = grade_all(course, assignment, submissions)
    table = tables.rows(course, assignment)
    here = {record.student for record in records}
    for row in table:
        if row.record.student not in here:
            row.record.notes.append("not in this folder of submissions")
    tables.write_grades(target / "grades.csv", table)
    title = course.source(assignment).title
    canvas = tables.write_canvas(target / "canvas.csv", table, title, kept[0])
    moodle = tables.write_moodle(target / "moodle.csv", table, kept[1])
    lost, absent = (sorted({*a, *b}) for a, b in zip(canvas, moodle, strict=True))
    _print_summary(course, assignment, table, lost, absent, target)
    if kept[0] and not tables.canvas_column(tables.columns(kept[0]), title):
        print(f'no column of the Canvas export begins with "{title}": canvas.csv brings a new one')


def grade_all(course, assignment, submissions, workers=WORKERS):
    """Grade two at a time; a submission that kills its worker is tried alone, then given up."""
    room()  # once, for all workers
    records, lost = [], []
    # Ctrl+C stops this process alone: its workers finish what they have begun
    ignore = {"initializer": signal.signal, "initargs": (signal.SIGINT, signal.SIG_IGN)}
    with ProcessPoolExecutor(workers, **ignore) as pool:
        tasks = {pool.submit(course.grade, assignment, one): one for one in submissions}
        try:
            for task in tqdm(
                as_completed(tasks),
                total=len(tasks),
                desc=assignment,
                unit="notebook",
                disable=None,
            ):
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
            with ProcessPoolExecutor(1, **ignore) as pool:
                records.append(pool.submit(course.grade, assignment, one).result())
        except BrokenProcessPool:
            records.append(course.give_up(assignment, one, "it ended the grader's own process"))
    return records


def _meant(course, folder):
    """The assignment whose cells most of the files hold."""
    names = course.names()
    if len(names) == 1:
        return names[0]
    count = Counter()
    for submission in collect(folder, ""):
        for name in names:
            marks = (json.dumps(mark).encode() for mark in course.source(name).points)
            count[name] += any(mark in (submission.raw or b"") for mark in marks)
    best = count.most_common(2)
    if not best or best[0][1] == 0 or best[0][1] == best[1][1]:
        raise ValueError(f"say which assignment this is: ASSIGNMENT={' or '.join(names)}")
    return best[0][0]


def _print_summary(course, assignment, table, lost, absent, target):
    failed = [row for row in table if row.record.failed]
    waiting = sum(len(row.waiting) for row in table)
    nothing = sum(NOTHING in row.record.notes for row in table)
    print(
        f"\n{len(table)} submissions of {assignment}, {len(failed)} could not be graded"
        + f", {nothing} hold nothing of it" * bool(nothing)
    )
    for row in table:
        if row.notes:
            print(f"  {row.record.student}: {'; '.join(row.notes)}")
    if 2 * nothing > len(table):
        print(f"most hold nothing of {assignment}: is it the right one? ASSIGNMENT=name")
    if lost:
        print(f"not in the roster, so not in its file: {', '.join(lost)}")
    if absent:
        print(f"in the roster, nothing handed in: {'; '.join(absent)}")
    if waiting:
        print(f"{waiting} answers wait for a mark by hand: make mark; then grade again")
    print(f"grades, canvas and moodle: {target}")
    print(f"feedback pages: {course.folder / 'feedback'}")


if __name__ == "__main__":
    main()
