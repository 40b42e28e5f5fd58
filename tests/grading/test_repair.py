"""Cells come back to their places, magics become Python, and answers in words are read."""

import copy

import nbformat
import pytest
from classroom import released, source, train_it
from nbconvert import PythonExporter
from test_reading import REPORT, STUB, cell_of, complete, data, handed, notebook

from grading.cells import UNREAD
from grading.magics import without_magics
from grading.repair import ELSEWHERE, NOTHING, inactive, repair
from grading.source import kind_of

# In the order of the notebook


def test_scripts_and_what_lost_its_names_run_before_the_tests():
    book = notebook()
    script = "\n\n".join(c.source for c in book.cells if c.cell_type == "code").encode()
    fixed, _ = repair(script, train_it())
    kinds = [kind_of(cell) for cell in fixed.cells if cell.cell_type == "code"]
    last = max(n for n, kind in enumerate(kinds) if kind is None)
    assert last < kinds.index("tests")


@pytest.mark.parametrize("more", ["x = 1", "!pip install tqdm", "x = (1,"])
def test_what_is_no_python_in_a_script_costs_itself_alone(more):
    text = "\n\n".join(c.source for c in notebook().cells if c.cell_type == "code")
    fixed, notes = repair(f"import os\n\n{more}\n\n{text}".encode(), train_it())
    run = "\n".join(cell.source for cell in fixed.cells if cell.cell_type == "code")
    answers = [c.source for c in notebook().cells if kind_of(c) == "answer"]
    assert all(line in run for answer in answers for line in answer.split("\n"))
    assert "not a notebook; taken as a script" in notes
    fixed, notes = repair(f"{more}\n\nWhy I chose it.".encode(), train_it())
    assert f"not a notebook; {UNREAD}" in notes


def test_an_export_is_taken_cell_by_cell():
    for report, own in (("", []), (REPORT, ["report"])):
        text, _ = PythonExporter().from_notebook_node(notebook(report))
        fixed, [script, found] = repair(text.encode(), train_it())
        assert script == "not a notebook; taken as a script"
        assert found.startswith("without names, found by their text: set-up, data, objective")
        assert complete(fixed)
        assert [c.id for c in fixed.cells if c.cell_type != "code" and REPORT in c.source] == own


# What only Jupyter understands


@pytest.mark.parametrize(
    ("cell", "plain"),
    [
        ("!pip install a \\\n  b\nx = 1", "pass  # !pip install a \\\n#   b\nx = 1"),
        ("%time x = f(1)", "x = f(1)"),
        ("%%time\nx = 1", "# %%time\nx = 1"),
        ("%%bash\nls", "# %%bash\n# ls"),
        ("a = !ls\nf?", "a = []  # a = !ls\npass  # f?"),
        ("s = '''\n%x\n'''", "s = '''\n%x\n'''"),
        ("if x:\n    !ls", "if x:\n    pass  # !ls"),
        ("%%writefile -a a.py\nx = 1", "with open('a.py', 'a') as file:\n    file.write('x = 1')"),
    ],
)
def test_magics_become_plain_python(cell, plain):
    notes = []
    assert without_magics(cell, 0, notes) == plain
    assert bool(notes) == (cell != plain)


# Answers in words


AS_CODE = {
    "in a string": "report = '''{}'''",
    "in a comment": "# {}",
    "as code": "{}",
    "in a string with formulas": 'text = r"""{} $\\mathbf{{p}} - \\mathbf{{y}}$"""',
    "below a shell line": "!ls\n# {}",
    "in a cell of LaTeX": "%%latex\n{}",
}


def elsewhere(where, report=REPORT):
    """Train it with its report at another place than its cell."""
    book = copy.deepcopy(train_it())
    at = next(n for n, cell in enumerate(book.cells) if cell.id == "report")
    if where == "in the question":
        book.cells[at - 1].source += f"\n\n{report}"
    elif where in AS_CODE:
        book.cells.append(nbformat.v4.new_code_cell(AS_CODE[where].format(report)))
    elif where == "in a test":
        book.cells[at - 3].source += f"\n# {report}"
    else:
        place = {"above": at, "below": at + 1, "at the top": 0}[where]
        book.cells.insert(place, nbformat.v4.new_markdown_cell(report))
    return book


@pytest.mark.parametrize(
    "where",
    ["in the question", "above", "below", "at the top", *AS_CODE, "in a test"],
)  # fmt: skip
@pytest.mark.parametrize(
    "report", [REPORT, "证明:每个分数都增加相同的数,因此概率不变,损失也不变。"]
)
def test_a_report_is_read_wherever_it_stands(where, report):
    fixed, notes = repair(data(elsewhere(where, report)), train_it())
    assert report in cell_of(fixed, "report").source
    assert any("report" in note for note in notes)


def test_a_report_in_another_file_is_named_to_the_reader(tmp_path):
    _, book, notes = handed(tmp_path, a__ipynb=STUB, report__pdf=b"%PDF-1.7")
    assert notes[0] == "ann/a.ipynb was taken, not ann/report.pdf"
    assert "ann/report.pdf" in cell_of(book, "report").source
    _, book, _ = handed(tmp_path / "b", a__ipynb=data(notebook(REPORT)), plot__png=b"\x89PNG")
    assert cell_of(book, "report").source == REPORT


def test_a_picture_elsewhere_is_shown_to_the_reader():
    book = elsewhere("at the top", "![a](attachment:a.png)")
    book.cells[0].attachments = {"a.png": {"image/png": "iVBORw0KGgo="}}
    fixed, _ = repair(data(book), train_it())
    assert list(cell_of(fixed, "report").attachments) == list(fixed.cells[0].attachments)


def test_derivations_are_no_answer_in_words():
    fixed, _ = repair(data(notebook(name="derive-it")), released("derive-it"))
    assert ELSEWHERE not in cell_of(fixed, "proof").source


def test_a_long_text_is_cut_and_not_dropped():
    fixed, _ = repair(data(notebook(report="a word " * 200_000)), train_it())
    assert cell_of(fixed, "report").source.startswith("a word")


SHIFTED = "def shifted(S):\n    return S - S.max()"
TEST, GIVEN, UP = (
    cell_of(train_it(), name).source for name in ("objective-loss", "data", "set-up")
)
EXP = f"from numpy import exp\n{SHIFTED}"
AGAIN = "if not M:\n    " + next(line for line in GIVEN.split("\n") if line.startswith("X ="))
JOINED = "if M > 1: \\\n"  # its statement is the next line


@pytest.mark.parametrize(
    ("name", "text", "above", "below"),
    [
        *((n, f"{s}\n\n{EXP}", None, EXP) for n, s in (("set-up", UP), ("data", GIVEN))),
        ("objective-loss", f"{TEST}\n\n{EXP}", None, EXP),
        ("objective-loss", f"{SHIFTED}\n\n{TEST}", SHIFTED, None),
        ("objective-loss", f"{SHIFTED}\n\n{TEST}\n\nx = 1", SHIFTED, "x = 1"),
        ("objective-loss", SHIFTED, SHIFTED, None),
        ("data", f"import math\n{GIVEN}", "import math", None),
        ("data", f"{GIVEN}\n\n{SHIFTED}\n\n{AGAIN}", None, f"{SHIFTED}\n\n{AGAIN}"),
        ("data", f"{GIVEN}\n{GIVEN}", None, GIVEN),
        ("data", f"x = 1\n{JOINED}{GIVEN}", None, f"x = 1\n{JOINED}{GIVEN}"),
        ("objective-loss", f"x = 1\n{JOINED}{TEST}", f"x = 1\n{JOINED}{TEST}", None),
    ],
)
def test_what_was_added_to_a_cell_that_is_not_theirs_runs_around_it(name, text, above, below):
    book = notebook()
    cell_of(book, name).source = text
    fixed, notes = repair(data(book), train_it())
    assert notes == [f"edited, so that the originals count: {name}"]
    at = next(n for n, cell in enumerate(fixed.cells) if cell.id == name)
    assert fixed.cells[at].source == cell_of(train_it(), name).source
    around = (fixed.cells[at - 1], fixed.cells[at + 1])
    assert [None if kind_of(c) or c.cell_type != "code" else c.source for c in around] == [
        above, below,
    ]  # fmt: skip


def test_an_answer_in_its_place_is_left_alone():
    fixed, notes = repair(data(notebook(report=REPORT)), train_it())
    assert cell_of(fixed, "report").source == REPORT
    assert notes == []


def test_without_any_text_there_is_nothing_to_read():
    fixed, _ = repair(STUB, train_it())
    assert ELSEWHERE not in cell_of(fixed, "report").source


@pytest.mark.parametrize(
    "text",
    ["![a](http://h/p.png)", "![a [b]](//h/p.png)", "![a][b]\n\n[b]: http://h/p.png",
     "![b]\n\n> [b]:\n  //h/p", "$\\style{background:url(//h)}{x}$"],
)  # fmt: skip
def test_nothing_is_loaded_from_another_host(text):
    made = inactive(text)
    assert "![" not in made
    assert "\\style" not in made


def test_a_submission_of_another_assignment_says_so(tmp_path):
    other = data(source("scores-to-loss").notebook)
    assert NOTHING in handed(tmp_path, a__ipynb=other)[2]
