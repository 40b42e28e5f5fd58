"""Feedback pages packed as the platforms take them back.

Moodle's *Upload multiple feedback files in a zip* finds a student by the second of the parts that
underscores make of a folder's name, so the name in front must have none; before 4.1 it wanted a
fifth part, which may be empty. Canvas's *Upload Submissions* finds student and attachment by the
two numbers in the name of the file that was handed in, so that name has to come back.
"""

import zipfile
from pathlib import Path, PurePosixPath

from .collect import by_moodle, uploaded

__all__ = ["pack", "pack_notebooks"]


def pack(folder, pages, table, people=()):
    """Write a zip for each platform that can take feedback back; what could not be packed.

    Parameters
    ----------
    folder : Path
        Where the archives are written.
    pages : dict of str to Path
        The feedback page of each student.
    table : list of (Row, Person or None)
        With the person of Moodle's worksheet, if there is one.
    people : str
        Which platform the roster is from; without one, file names tell.
    """
    moodle, canvas, left = {}, {}, []
    for row, person in table:
        record = row.record
        page = pages.get(row.by or record.student)
        if page is None or not page.exists():
            continue
        name = PurePosixPath(record.entry).name
        if by_moodle(name) or (person and people == "moodle"):
            moodle[_place(person or record, page.name)] = page
        elif uploaded(name) or name.startswith(("anon_", "LATE_anon_")):
            canvas[f"{Path(name).stem}.html"] = page
        elif record.number:
            left.append(record.student)
    for platform, files in (("moodle", moodle), ("canvas", canvas)):
        if files:
            _write(folder / f"{platform}-feedback.zip", files)
    return left


def pack_notebooks(folder, name, people, notebooks):
    """A zip with the notebook of each person, as Moodle hands out feedback files; its path."""
    target = folder / f"{name}-for-each.zip"
    places = (_place(person, f"{name}.ipynb") for person in people)
    _write(target, dict(zip(places, notebooks, strict=True)))
    return target


def _place(person, name):
    who = person.name.replace("_", " ").replace("/", " ")
    return f"{who}_{person.number}_assignsubmission_file_/{name}"


def _write(target, files):
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, path in files.items():
            archive.write(path, name)
