"""The sources of assignments: what is refused, and what each must hold."""

import ast
import re

import pytest
from classroom import NAMES, source
from test_grading import automatic

from grading.course import Course
from grading.score import score
from grading.source import read

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SAWarning")  # nbgrader's own


def written(tmp_path, cell):
    """An assignment with one question and this test cell."""
    path = tmp_path / "own.md"
    path.write_text(
        '# Own\n\n```{code-cell}\n:answer: f\ndef f(x):\n    "Twice x."\n    ### BEGIN SOLUTION\n'
        "    return 2 * x\n    ### END SOLUTION\n```\n\n"
        f"```{{code-cell}}\n{cell}\n```\n"
    )
    return path


WRITTEN = '1\n```\n\n+++ {"written": %s}\n\n%s```{code-cell}\n1'
BEGIN = "### BEGIN SOLUTION\ng = "


@pytest.mark.parametrize(
    ("cell", "words"),
    [(":tests: a b\n:points: 1\nassert f(1)", r"cell 3: a name has letters.* got 'a b'"),
     (":test: a\n:points: 1\nassert f(1)", r"cell 3: unknown: test$"),
     (":answer: g\ng = 1", r"cell 3: g needs one solution, got 0"),
     (f":answer: g\n{BEGIN}1", r"cell 3: each ### BEGIN SOLUTION needs"),
     (":tests: a\n:points: 1\n### BEGIN HIDDEN TESTS\nassert f(1)", r"cell 3: each ### BEGIN"),
     (":tests: a\n:points: 1\n# BEGIN HIDDEN TESTS\nassert f(1)\n# END HIDDEN TESTS", "each"),
     (f":answer: g\n{BEGIN}(\n### END SOLUTION", r"cell 3: .*\(g, line 2\)"),
     (WRITTEN % ('"w", "points": 3', "Why?\n\n"), "cell 4: w needs one solution, got 0"),
     (WRITTEN % ('"w", "points": 3', ""), "no text below"), (WRITTEN % ("w", "Why?\n\n"), "")],
)  # fmt: skip
def test_a_slip_in_a_source_is_named_with_its_cell(tmp_path, cell, words):
    with pytest.raises(ValueError, match=rf"^own\.md[,:] .*{words}"):
        read(written(tmp_path, cell))


@pytest.mark.parametrize(
    ("test", "words"),
    [("assert f(1) == 3, 'not 3'", r"^own\.md, a: the solution earns 0 of 2 points: .*not 3"),
     ("f(1) == 3", r"the solution earns 0 of 2 points: f\(1\) == 3"),
     ("1 * (f(1) == 2) + 2 * (f(2) == 4)", r"the solution earns 3 of 2 points"),
     ("f(1)", r"the notebook as released earns 2 points")],
)  # fmt: skip
def test_a_test_that_judges_wrongly_is_not_released(tmp_path, test, words):
    course = Course(tmp_path / "course")
    written(tmp_path, f":tests: a\n:points: 2\n{test}")
    with pytest.raises(ValueError, match=f"(?s){words}"):
        course.release(tmp_path, 0)
    assert course.names() == []


@pytest.mark.parametrize("seed", [1, 2, 24])
@pytest.mark.parametrize("name", NAMES)
def test_the_solution_earns_everything_from_any_seed(name, seed):
    drawn = source(name, seed)
    scores, _, _ = score(drawn, [c for c in drawn.notebook.cells if c.cell_type == "code"])
    assert {key: s.points for key, s in scores.items()} == automatic(name)


@pytest.mark.parametrize("name", NAMES)
def test_the_points_in_the_headings_are_those_of_the_cells(name):
    said, given = [], []
    for cell in source(name).notebook.cells:
        for points in re.findall(r"^## .*\((\d+) points\)", cell.source, flags=re.M):
            said.append(int(points))
            given.append(0)
        if points := cell.metadata.get("nbgrader", {}).get("points"):
            given[-1] += points
    assert given == said
    total = re.search(r"\*\*(\d+) points\*\*", source(name).notebook.cells[0].source)[1]
    assert sum(said) == int(total)


@pytest.mark.parametrize("name", NAMES)
def test_messages_of_hidden_tests_say_nothing_about_their_data(name):
    for cell in source(name).cells("tests").values():
        for node in ast.walk(ast.parse(cell.source)):
            if isinstance(node, ast.Assert) and node.msg:
                assert isinstance(node.msg, ast.Constant)
