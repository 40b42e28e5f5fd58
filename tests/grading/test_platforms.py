"""What Canvas and Moodle write is read, and what they read is written.

The fixtures follow the platforms' own exporters and importers: Canvas's gradebook_exporter.rb,
gradebook_importer.rb, content_zipper.rb and infer_comment_context_from_filename; Moodle's
gradingtable.php, downloader.php, importgradeslib.php and importziplib.php.
"""

import csv
import unicodedata
import zipfile

import pytest

from grading import roster as rosters
from grading import tables
from grading.collect import collect
from grading.course import Record
from grading.reading import students_in

# Who a student is


def students(folder, *names):
    folder.mkdir(exist_ok=True)
    for name in names:
        (folder / name).write_text("{}")
    return {one.files[0]: one for one in collect(folder)}


CANVAS_NAMES = {
    "leeann_20_5_train-it.ipynb": ("leeann", "20", ""),
    "leeann_LATE_20_5_train-it.ipynb": ("leeann", "20", "late"),
    "leeann_20_5_train_3_4_it.ipynb": ("leeann", "20", ""),
    "leeann_2043_99123_2_train-it.ipynb": ("leeann", "2043", ""),
    "smith_jonesal_101_900_x.ipynb": ("smith_jonesal", "101", ""),
    "group_1_102_901_x.ipynb": ("group_1", "102", ""),
    "leeann_2043_99123_20261205_train-it.ipynb": ("leeann", "2043", ""),
    "leeann_LATE_2043_99123_2026_12_05.ipynb": ("leeann", "2043", "late"),
    "leeann_20_5_train-it (1).ipynb": ("leeann", "20", ""),
    "doejohn_101_text.html": ("doejohn", "101", ""),
    "doejohn_101_text (1).html": ("doejohn", "101", ""),
    # titles that look like what a platform writes for others
    "leeann_2043_99123_doejohn_101_text.html": ("leeann", "2043", ""),
    "leeann_2043_99123_text.html": ("leeann", "2043", ""),
    "leeann_2043_99123_Bob Ray_42_assignsubmission_file_a.ipynb": ("leeann", "2043", ""),
    "group_1_102_text.html": ("group_1", "102", ""),
    # names of ones own, whose numbers are nobody's
    "hw_1_2026_ann.ipynb": ("hw_1_2026_ann", "", ""),
    "hw_10_2026_bob.ipynb": ("hw_10_2026_bob", "", ""),
    "hw_2026_12_05_bob.ipynb": ("hw_2026_12_05_bob", "", ""),
    "leeann_LATE_102_link.html": ("leeann", "102", "late"),
    "anon_aB3dE_900_train-it.ipynb": ("anon aB3dE", "aB3dE", ""),
    "LATE_anon_xYz12_901_train-it.ipynb": ("anon xYz12", "xYz12", "late"),
    "anon_aB3dE_text.html": ("anon aB3dE", "aB3dE", ""),
}
MOODLE_NAMES = {
    "Ann Lee_41_assignsubmission_file": ("Ann Lee", "41", ""),
    "Ann Lee_41_assignsubmission_file_": ("Ann Lee", "41", ""),
    "Ann Lee_41_assignsubmission_file_train-it.ipynb": ("Ann Lee", "41", ""),
    "Ann Lee_41_assignsubmission_file_Bob_42_assignsubmission_file_a.py": ("Ann Lee", "41", ""),
    "Ann Lee_41_assignsubmission_onlinetext": ("Ann Lee", "41", ""),
    "Ann Lee_41_assignsubmission_file (1)": ("Ann Lee", "41", ""),
    "Participant_41_assignsubmission_file": ("Participant", "41", ""),
    "Group A_7_assignsubmission_file": ("Group A", "7", ""),
}


@pytest.mark.parametrize("name", [*CANVAS_NAMES, *MOODLE_NAMES])
def test_the_names_that_platforms_give_are_taken_apart(tmp_path, name):
    one = students(tmp_path, name)[name]
    assert (one.name, one.number, one.late) == (CANVAS_NAMES | MOODLE_NAMES)[name]


@pytest.mark.parametrize(
    "names",
    [("Ann Lee_41_assignsubmission_file_a.py", "Ann Lee_41_assignsubmission_onlinetext_a.html"),
     ("lee_20_5_a.ipynb", "lee_20_5_a.zip"), ("lee_20_5_a.ipynb", "lee_20_5_a (1).ipynb"),
     ("lee_LATE_20_5_a.ipynb", "lee_LATE_20_text.html")],
)  # fmt: skip
def test_all_files_of_one_student_are_one_submission(tmp_path, names):
    [files] = {tuple(one.files) for one in students(tmp_path, *names).values()}
    assert sorted(files) == sorted(names)


def test_a_student_stays_the_same_when_a_namesake_hands_in(tmp_path):
    first = students(tmp_path, "leeann_20_5_train-it.ipynb")
    more = students(tmp_path, "leeann_10_6_train-it.ipynb")
    [name] = first
    assert more[name].student == first[name].student == "leeann-20"


def test_an_archive_of_a_whole_class_is_told_from_one_students(tmp_path):
    (tmp_path / "all").mkdir()
    with zipfile.ZipFile(tmp_path / "all" / "submissions.zip", "w") as archive:
        archive.writestr("leeann_20_5_train-it.ipynb", "{}")
        archive.writestr("rayb_21_6_train-it.ipynb", "{}")
    [one] = collect(tmp_path / "all")
    assert students_in(one) == 2
    with zipfile.ZipFile(tmp_path / "all" / "submissions.zip", "w") as archive:
        archive.writestr("train-it.ipynb", "{}")
        archive.writestr("work/scores.csv", "")
    assert students_in(one) == 0


def test_rows_of_one_number_are_named(tmp_path):
    roster = kept(tmp_path, CANVAS.replace('"Ray, Bob",13', '"Ray, Bob",12'))
    assert roster.notes == ["several rows of the roster have the number 12: Lee, Ann; Ray, Bob"]


def test_a_late_submission_is_noted(tmp_path):
    found = students(tmp_path, "leeann_LATE_20_5_train-it.ipynb", "rayb_21_6_train-it.ipynb")
    assert [one.notes for one in found.values()] == [["handed in late"], []]


@pytest.mark.parametrize("name", ["José Müller", "प्रिया शर्मा", "Đặng Thị Hà", "李安"])
def test_names_keep_their_letters_however_they_are_composed(tmp_path, name):
    composed, apart = (unicodedata.normalize(form, name) for form in ("NFC", "NFD"))
    [one] = students(tmp_path, f"{apart}.ipynb").values()
    assert one.student == composed.replace(" ", "-")
    assert rosters.letters(apart) == rosters.letters(composed)


# Canvas


def row_of(name, number, points, **more):
    student = "-".join(filter(None, [*name.split(), number]))
    return tables.Row(Record(student, name, number, **more), {"question": points}, 24)


def read_csv(path):
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


CANVAS = (
    "Student,ID,SIS User ID,SIS Login ID,Section,Notes,Train it (99),Other (1),Current Score\n"
    ",,,,,,Manual Posting,,\n"
    "    Points Possible,,,,,,24.00,1.00,(read only)\n"
    '"Lee, Ann",12,a1,ann@uni,A,,,,\n"Ray, Bob",13,b1,bob@uni,A,,N/A,,\n'
    '"Roe, Jo",14,c1,jo@uni,A,,EX,,\n"Student, Test",15,,,A,,,,\n'
    f'"Probe, Stud.",16,,{"0c1f" * 10},A,,,,\n'
)
SPLIT = (
    "LastName,FirstName,ID,SIS Login ID,Section,Train it (99)\n    Points Possible,,,,,24.00\n"
    "Lee,Ann,12,ann@uni,A,\nRay,Bob,13,bob@uni,A,\nStudent,Test,15,,A,\n"
)


def kept(folder, text, encoding="utf-8"):
    (folder / "export.csv").write_bytes(text.encode(encoding))
    return rosters.keep(folder / "export.csv", folder)


ROWS = [row_of("leeann", "12", 20), row_of("Bob Ray", "", 7.5), row_of("eve", "99", 1)]


@pytest.mark.parametrize(
    ("text", "lines"),
    [(CANVAS, ["Student,ID,SIS User ID,SIS Login ID,Section,Train it (99)",
               "    Points Possible,,,,,24", '"Lee, Ann",12,a1,ann@uni,A,20',
               '"Ray, Bob",13,b1,bob@uni,A,7.5']),
     (SPLIT, ["LastName,FirstName,ID,SIS Login ID,Section,Train it (99)",
              "    Points Possible,,,,,24", "Lee,Ann,12,ann@uni,A,20",
              "Ray,Bob,13,bob@uni,A,7.5"])],
)  # fmt: skip
def test_the_roster_of_canvas_gets_its_column(tmp_path, text, lines):
    roster, absent = kept(tmp_path, text), ["Roe, Jo"] * (text == CANVAS)
    assert tables.write_canvas(tmp_path / "canvas.csv", ROWS, "Train it", roster) == []
    assert tables.matched(ROWS, roster.people) == (["eve-99"], absent)
    assert (tmp_path / "canvas.csv").read_text().splitlines() == lines
    tables.write_grades(tmp_path / "g.csv", ROWS, roster.people)
    assert [row["name"] for row in read_csv(tmp_path / "g.csv")] == ["Lee, Ann", "Ray, Bob", "eve"]


@pytest.mark.parametrize("line", ["    Points Possible,,,,,", ",,    Points Possible,,,"])
def test_the_points_that_are_possible_are_nobody_wherever_it_says_so(tmp_path, line):
    roster = kept(tmp_path, SPLIT.replace("    Points Possible,,,,,24.00", f"{line}12.00"))
    assert [person.name for person in roster.people] == ["Lee, Ann", "Ray, Bob"]
    assert roster.possible("Train it (99)", 24) == 12


@pytest.mark.parametrize("other", ["Train it - draft (55)", "Train it 2 (54)", "Do Train it"])
def test_the_column_of_a_longer_title_is_another(tmp_path, other):
    roster = kept(tmp_path, CANVAS.replace("Other (1)", other))
    assert roster.column("Train it") == "Train it (99)"


@pytest.mark.parametrize("title", ["Lab 3", "Lab 3 (2026)", "Lab (2026-12-05)", "2026 - Lab 3 (a)"])
def test_a_title_with_a_number_or_a_date_is_matched_exactly(tmp_path, title):
    others = "Lab 3 (2026) (7),Lab 3 (8),Lab (2026-12-05) (9),2026 - Lab 3 (a) (10),lab 3 (11)"
    roster = kept(tmp_path, CANVAS.replace("Other (1)", others))
    assert roster.column(title).rpartition(" ")[0] == title
    assert roster.column(title.replace("3", "4").replace("05", "06")) is None


def test_two_columns_of_one_title_are_an_error_that_names_both(tmp_path):
    roster = kept(tmp_path, CANVAS.replace("Other (1)", "Train it (57)"))
    with pytest.raises(ValueError, match=r"Train it \(99\) and Train it \(57\)"):
        roster.column("Train it")


def test_without_its_column_a_new_one_is_said(tmp_path):
    roster = kept(tmp_path, CANVAS.replace("Train it (99)", "Third (7)"))
    [said] = tables.write_canvas(tmp_path / "canvas.csv", ROWS, "Train it", roster)
    assert said == 'no column of the Canvas export is "Train it": canvas.csv brings a new one'


@pytest.mark.parametrize("possible", ["100.00", "100,00", "100"])
def test_another_maximum_is_scaled_and_said(tmp_path, possible):
    text = CANVAS.replace("24.00", possible if "," not in possible else f'"{possible}"')
    [said] = tables.write_canvas(tmp_path / "c.csv", [ROWS[1]], "Train it", kept(tmp_path, text))
    assert said == "canvas.csv: 24 points here are 100 there, so they are scaled"
    lines = read_csv(tmp_path / "c.csv")
    assert [line["Train it (99)"] for line in lines] == ["100", "31.25"]


@pytest.mark.parametrize("possible", ["0.00", "(read only)"])
def test_a_maximum_that_says_nothing_is_refused(tmp_path, possible):
    roster = kept(tmp_path, CANVAS.replace("24.00", possible))
    with pytest.raises(ValueError, match="maximum"):
        tables.write_canvas(tmp_path / "canvas.csv", ROWS, "Train it", roster)


# Moodle

HEAD = ("Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
        "Last modified (submission),Last modified (grade),Feedback comments")  # fmt: skip
LATE = "Submitted for grading - 1 day 2 hours late"
MOODLE = (
    f"{HEAD}\n"
    f'Participant 41,Ann Lee,ann@uni,{LATE},,24.00,Yes,"Monday, 2 June 2025, 9:00 AM",-,\n'
    "Participant 42,Bob Ray,bob@uni,Submitted for grading,,24.00,Yes,-,-,\n"
)
BLIND = (
    "Identifier,Status,Grade,Maximum Grade,Grade can be changed,Last modified (submission),"
    "Last modified (grade)\n"
    "Participant 41,Submitted,,24.00,Yes,-,-\nParticipant 42,Submitted,,24.00,Yes,-,-\n"
)
GERMAN = (
    "ID,Vollständiger Name,E-Mail-Adresse,Status,Bewertung,Bestwertung,Bewertung kann geändert"
    " werden,Zuletzt geändert (Abgabe),Zuletzt geändert (Bewertung),Feedback als Kommentar\n"
    'Teilnehmer/in41,Ann Lee,ann@uni,Abgegeben,,"24,00",Ja,-,-,\n'
    'Teilnehmer/in42,Bob Ray,bob@uni,Abgegeben,,"24,00",Ja,-,-,\n'
)
MARKED = [row_of("Ann Lee", "41", 20), row_of("Bob Ray", "42", None)]


@pytest.mark.parametrize("text", [MOODLE, BLIND, GERMAN])
def test_the_worksheet_of_moodle_gets_its_grades(tmp_path, text):
    grade = "Bewertung" if text == GERMAN else "Grade"
    roster = kept(tmp_path, text)
    assert tables.write_moodle(tmp_path / "moodle.csv", MARKED, roster) == []
    lines = read_csv(tmp_path / "moodle.csv")
    assert list(lines[0]) == text.splitlines()[0].split(",")
    assert [line.pop(grade) for line in lines] == ["20", ""]  # the second waits for a mark by hand
    before = list(csv.DictReader(text.splitlines()))
    assert lines == [{k: v for k, v in line.items() if k != grade} for line in before]
    assert tables.matched(MARKED, roster.people) == ([], [])


def test_where_names_are_hidden_a_status_is_none(tmp_path):
    text = BLIND.replace("41,Submitted", "41,Submitted - 2 hours late").replace("42,S", "42,Not s")
    names = [person.name for person in kept(tmp_path, text + text.splitlines()[1]).people]
    assert names == ["Participant 41", "Participant 42", "Participant 41"]


def test_names_have_to_do_where_there_is_no_number(tmp_path):
    roster = kept(tmp_path, GERMAN)
    rows = [row_of("Ann Lee", "", 20)]
    assert tables.matched(rows, roster.people) == ([], ["Bob Ray"])


def test_what_moodle_would_refuse_is_not_written(tmp_path):
    text = MOODLE.replace(",Last modified (grade)", "").replace(",Last modified (submission)", "")
    [said] = tables.write_moodle(tmp_path / "moodle.csv", MARKED, kept(tmp_path, text))
    assert "lacks the column Last modified (grade)" in said
    assert not (tmp_path / "moodle.csv").exists()
    assert tables.write_moodle(tmp_path / "moodle.csv", MARKED, None) == []
    assert not (tmp_path / "moodle.csv").exists()


def test_moodles_maximum_is_scaled_and_said(tmp_path):
    roster = kept(tmp_path, MOODLE.replace("24.00", "100.00"))
    [said] = tables.write_moodle(tmp_path / "moodle.csv", MARKED, roster)
    assert "24 points here are 100 there" in said
    assert read_csv(tmp_path / "moodle.csv")[0]["Grade"] == "83.33"


@pytest.mark.parametrize(
    ("said", "late"),
    [(LATE, "26.0"), ("Abgegeben - 1 Tag 2 Stunden verspätet", "1 Tag 2 Stunden verspätet"),
     ("Odesláno - 3 hodin po termínu - Hodnoceno - Do: 2. 6. 2025", "3 hodin po termínu"),
     ("Submitted for grading - Graded - Extension granted until: 2 June 2025, 12:00 AM", "")],
)  # fmt: skip
def test_what_is_late_has_a_column(tmp_path, said, late):
    text = MOODLE.replace(LATE, f'"{said}"').replace(",\n", ",too - 3 days late\n")
    tables.write_grades(tmp_path / "g.csv", MARKED, kept(tmp_path, text).people)
    assert [line["late"] for line in read_csv(tmp_path / "g.csv")] == [late, ""]
    tables.write_grades(tmp_path / "g.csv", [row_of("ann", "1", 2, late="late")])
    assert read_csv(tmp_path / "g.csv")[0]["late"] == "late"


# Rosters as Excel leaves them

ODD = MOODLE.replace("Ann Lee", "Ann Dö")


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252"]
)
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
def test_a_roster_is_read_however_it_was_saved(tmp_path, encoding, delimiter):
    rows = list(csv.reader(ODD.splitlines()))
    with (tmp_path / "r.csv").open("w", encoding=encoding, newline="") as file:
        csv.writer(file, delimiter=delimiter).writerows(rows)
    roster = rosters.keep(tmp_path / "r.csv", tmp_path)
    assert [person.name for person in roster.people] == ["Ann Dö", "Bob Ray"]
    assert bool(roster.notes) == (encoding == "cp1252")
    assert rosters.keep(None, tmp_path) == roster


def test_commas_inside_titles_split_nothing(tmp_path):
    title = '"Hello, world, one, two, three, four, five (3)"'
    text = CANVAS.replace(",", ";").replace("Other (1)", title).replace("Lee; Ann", "Lee, Ann")
    assert kept(tmp_path, text).column("Train it") == "Train it (99)"


def test_a_new_roster_takes_the_place_of_the_other_platforms(tmp_path):
    kept(tmp_path, MOODLE)
    assert kept(tmp_path, CANVAS).platform == rosters.keep(None, tmp_path).platform == "canvas"


def test_a_roster_of_neither_platform_is_refused_by_its_columns(tmp_path):
    with pytest.raises(ValueError, match=r"export\.csv .*neither.*Canvas.*Moodle, got Name, Mark"):
        kept(tmp_path, "Name;Mark\nAnn;x\n")


@pytest.mark.parametrize("head", [b"PK\3\4\x14\0", b"\xd0\xcf\x11\xe0\xa1\xb1"])
def test_a_workbook_is_refused_as_what_it_is(tmp_path, head):
    (tmp_path / "r.xlsx").write_bytes(head + b"\0\1\x1b[2J" * 20)
    for reading in (rosters.read, rosters.groups):
        with pytest.raises(ValueError, match=r"r\.xlsx must be CSV, got a workbook"):
            reading(tmp_path / "r.xlsx")


@pytest.mark.parametrize(
    ("people", "handed"),
    [(["Ann Lee", "Ann Lee"], ["Ann Lee"]), (["Ann Lee"], ["Ann Lee", "annlee"])],
)
def test_namesakes_without_a_number_are_matched_with_nobody(tmp_path, people, handed):
    lines = [f"Participant {n},{name},,,,24,,,,\n" for n, name in enumerate(people)]
    roster = kept(tmp_path, f"{HEAD}\n" + "".join(lines))
    rows = [row_of(name, "", 20) for name in handed]
    assert tables.matched(rows, roster.people) == ([r.record.student for r in rows], people)


def test_a_number_tells_namesakes_apart(tmp_path):
    lines = [f"Participant {n},Ann Lee,,,,24,,,,\n" for n in (41, 42)]
    roster = kept(tmp_path, f"{HEAD}\n" + "".join(lines))
    rows = [row_of("Ann Lee", "42", 7), row_of("Ann Lee", "41", 20)]
    tables.write_moodle(tmp_path / "moodle.csv", rows, roster)
    grades = {line["Identifier"]: line["Grade"] for line in read_csv(tmp_path / "moodle.csv")}
    assert grades == {"Participant 41": "20", "Participant 42": "7"}


@pytest.mark.parametrize("name", ["=HYPERLINK(1)", "+1-x", "-x", "@x", "\tx", "\rx"])
def test_a_name_that_a_spreadsheet_would_run_is_quoted(tmp_path, name):
    tables.write_grades(tmp_path / "grades.csv", [row_of(name, "", 1)])
    assert read_csv(tmp_path / "grades.csv")[0]["name"] == f"'{name}"
