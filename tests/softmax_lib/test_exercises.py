"""The exercises: what they say of themselves, and that each check tells right from wrong."""

import ast
import importlib
import inspect
import pkgutil
import re
from fractions import Fraction

import numpy as np
import pytest
from answers import ANSWERS
from answers.bug_clinic import penalised_gradient, penalised_loss
from bs4 import BeautifulSoup
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace

from softmax_lib import exercises as package
from softmax_lib.exercises import judges
from website import contents, exercises, myst, notebooks

TEXTS = {entry.name: entry.path.read_text() for entry in contents.entries()}
FOUND = {name: exercises.exercises(text) for name, text in TEXTS.items()}
EACH = {exercise.label: exercise for found in FOUND.values() for exercise in found}
CHECKS = {
    f"{module.name}.{name}": check
    for module in pkgutil.iter_modules(package.__path__)
    if module.name != "judges"
    for name, check in inspect.getmembers(
        importlib.import_module(f"softmax_lib.exercises.{module.name}"), inspect.isfunction
    )
    if check.__module__.endswith(f".exercises.{module.name}") and not name.startswith("_")
}


def said(check, answer):
    verdict = CHECKS[check](**answer)
    return bool(verdict), str(verdict)


# The checks


def test_each_check_has_its_answers():
    assert set(ANSWERS) == set(CHECKS)


@pytest.mark.parametrize("check", CHECKS)
def test_a_stub_is_told_that_nothing_is_there(check):
    right, text = said(check, {})
    assert not right
    assert re.findall(r": (.*)$", text, re.MULTILINE) == [judges.EMPTY] * len(text.splitlines())


@pytest.mark.parametrize("check", ANSWERS)
def test_a_right_answer_passes(check):
    right, text = said(check, ANSWERS[check][0])
    assert right, text


@pytest.mark.parametrize("check", CHECKS)
def test_a_typical_wrong_answer_meets_its_hint(check, monkeypatch):
    """Those that the check knows of, each its own, and those of the answers."""
    asked = []

    def keep(*given, **named):
        asked.append((given, named))
        return judges.Verdict({})

    monkeypatch.setattr(judges, "values", keep)
    monkeypatch.setattr(judges, "program", keep)
    CHECKS[check]()
    monkeypatch.undo()
    slips = 0
    for given, named in asked:
        for hint, slip in given[3].items() if given else ():
            assert judges.program(slip, *given[1:]).lines.get("look at") == hint
            slips += 1
        for wanted, hints in (entry[1:] for entry in named.values() if len(entry) == 3):
            for hint, slip in hints.items():
                told = judges.values(answer=(slip, wanted, hints)).lines
                assert told == {"answer": f"{judges.WRONG}: {hint}"}
                slips += 1
    for wrong, hint in ANSWERS[check][1]:
        right, text = said(check, wrong)
        assert not right
        assert hint in text
    assert slips or ANSWERS[check][1]


def test_a_program_that_fails_or_returns_nothing_is_told_so():
    right, text = said("at_scale.mean_of_means", {"repaired": lambda means, rows: means / 0})
    assert not right
    assert "TypeError: unsupported operand" in text
    assert "returns nothing" in said("at_scale.in_blocks", {"share": lambda *a: None})[1]


@pytest.mark.parametrize(
    ("check", "answer", "told"),
    [("quotient_rule.by_hand", {"p": [0.5, 0.5]}, "p: not yet: the shape is (2,), and (3,)"),
     ("softmax.one_maximum", {"S": "two rows"}, "it cannot be tried: numbers are wanted"),
     ("softmax.by_hand", {"odds": "two"}, "odds: not yet: numbers are wanted"),
     ("softmax.by_hand", {"odds": np.array(2 + 1j)}, "odds: not yet: numbers are wanted"),
     ("softmax.by_hand", {"odds": np.ma.masked_array(2.0, True)}, "numbers are wanted"),
     ("quotient_rule.hurts_the_neighbour", {"first": 1, "second": 1.1, "step": [1, 2]},
      "cannot be tried, shape (2,)"),
     ("bug_clinic.everybody", {"error": np.zeros((177, 177))}, "shape is (177, 177), and (177,)"),
     ("bug_clinic.alarms", {"penalised": [[0], [1]]}, "rows and columns are exchanged"),
     ("bug_clinic.alarms", {"penalised": [0, 1, 1]}, "the shape is (3,), and (2, 2) is wanted"),
     ("implementation.own_mistake", {"wrong": lambda W, X, y: np.nan * W}, "are finite"),
     ("five_sources.note_001", {"fail": "2, 6"}, "not yet: numbers are wanted"),
     ("digits.all_right", {"M": 380.5}, "not yet: whole numbers are wanted"),
     ("softmax.probit", {"three_classes": "no"}, "not yet: True or False is wanted"),
     ("gradient_descent.one_example", {"changes": [-0.8, -0.7]}, "not yet: the sign"),
     ("softmax.by_hand", {"p": [0.1, 0.2, 0.3, 0.4]}, "right, their order is not"),
     ("likelihood.asymmetry", {"q_p": 2.762 / np.log(10)}, "natural logarithms"),
     ("jacobian.by_hand", {"jacobian": [[4, -2, -2], [-2, 3, -1], [-2, -1, 3]]}, "a factor"),
     ("implementation.one_sided", {"least": 0.015}, "that is the answer to most"),
     ("notation.shapes", {"Y": 150}, "2 numbers are wanted"),
     ("notation.shapes", {"X": np.array([150.4, 5])}, "whole numbers are wanted"),
     ("log_sum_exp.rounded_away", {"true": 4.2e-18}, "near; three digits are wanted"),
     ("softmax.under_noise", {"density": 0.37}, "near; three digits are wanted"),
     ("log_sum_exp.sharper", {"gradient": [0.88, 0.12, 0]}, "near; three digits are wanted"),
     ("softmax.under_noise", {"density": 0.4}, "density: not yet\n"),
     ("quotient_rule.two_classes", {"gradient": [[-0.75, 0.75], [-1.5, 1.5]]}, "are exchanged")],
)  # fmt: skip
def test_an_answer_of_another_shape_kind_size_or_precision_is_told_so(check, answer, told):
    assert told in said(check, answer)[1]


def test_a_matrix_is_shown_by_its_corners():
    assert len(said("bug_clinic.all_at_once", {"gradient": lambda W: 0 * W})[1]) < 1500


@pytest.mark.parametrize(
    ("check", "members"),
    [("quotient_rule.three_links",
      [r"\frac{\partial \ell}{\partial \mathbf{w}_k}",
       r"\frac{\partial \ell}{\partial p_y} \frac{\partial p_y}{\partial s_k}"
       r" \frac{\partial s_k}{\partial \mathbf{w}_k}",
       r"-\frac{1}{p_y} p_y (\mathbb{1}\{k = y\} - p_k) \mathbf{x}",
       r"-(\mathbb{1}\{k = y\} - p_k) \mathbf{x}", r"(p_k - y_k) \mathbf{x}"]),
     ("jacobian.product",
      [r"J^\top (-\mathbf{y} \oslash \mathbf{p})",
       r"-\operatorname{diag}(\mathbf{p}) (\mathbf{y} \oslash \mathbf{p})"
       r" + \mathbf{p} \mathbf{p}^\top (\mathbf{y} \oslash \mathbf{p})",
       r"-\mathbf{y} + \mathbf{p} (\mathbf{1}^\top \mathbf{y})", r"\mathbf{p} - \mathbf{y}"]),
     ("jacobian.variance",
      [r"\mathbf{v}^\top J \mathbf{v}", r"\sum_k p_k v_k^2 - (\mathbf{p}^\top \mathbf{v})^2",
       r"\sum_k p_k v_k (v_k - \mathbf{p}^\top \mathbf{v})",
       r"\sum_k p_k (v_k - \mathbf{p}^\top \mathbf{v})^2"])],
)  # fmt: skip
def test_what_most_would_write_is_accepted(check, members):
    right, text = said(check, {"chain": " = ".join(members)})
    assert right, text


@pytest.mark.parametrize(
    ("check", "answer"),
    [("softmax.one_maximum", {"S": [[745, 745], [0, 1]]}),  # not nan, and wrong
     ("quotient_rule.hurts_the_neighbour", {"second": Fraction(11, 10), "step": Fraction(1)}),
     ("likelihood.better_and_worse", {"A": [1, 1, 0.001], "B": [0.9, 0.45, 0.45]}),
     ("likelihood.copies", {"likelihood": "Changes "}),
     ("jacobian.by_hand", {"direction": [0.5, -0.25, -0.25], "eigenvalues": [0.375, 0.25, 0]}),
     ("bug_clinic.alarms", {"penalised": [0, 1]}),
     ("bug_clinic.no_minimum",
      {"objective": penalised_loss(1),
       "gradient": lambda W: penalised_gradient(W) + 0.1 * W * (np.arange(65) > 0)}),
     ("bug_clinic.two_claims", {"shape_of_first": np.array([4, 2])}),
     ("five_sources.sixth_note", {"slips": {4, 3}}),
     ("five_sources.note_004", {"fail": {14, 13, 12, 6}})],
)  # fmt: skip
def test_other_forms_of_a_right_answer_pass(check, answer):
    right, text = said(check, ANSWERS[check][0] | answer)
    assert right, text


FORMS = {"list": np.ndarray.tolist, "complex": lambda found: found + 0j,
         "row": lambda found: found[None], "column": lambda found: found[..., None]}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_numbers_may_come_as_a_list_a_row_a_column_or_complex_without_imaginary_part(form):
    for check, (right, _) in ANSWERS.items():
        for name, answer in right.items():
            found = None if callable(answer) else judges.numbers(answer)
            if found is not None:
                told = CHECKS[check](**right | {name: FORMS[form](found)})
                assert told, (check, told)


JUNK = (None, "x", [], [1, "a"], [[1], [2, 3]], 10**400, np.inf, lambda *a: "x", np.ones((3, 2)))


@pytest.mark.parametrize("check", [name for name in ANSWERS if "chain" not in ANSWERS[name][0]])
def test_what_is_no_answer_raises_no_error(check):
    right = ANSWERS[check][0]
    for name in right:
        passes = [bool(CHECKS[check](**right | {name: junk})) for junk in JUNK]
        assert sum(passes) <= (right[name] is None) + (name == "both_fail"), name  # inf: it is one


def test_a_program_gets_copies_of_the_arguments():
    def in_place(W):
        W -= W[-1].copy()
        return W

    assert said("softmax.reference", {"reference_form": in_place})[0]


# The exercises of the chapters


@pytest.mark.parametrize("name", [name for name, found in FOUND.items() if found])
def test_levels_never_fall_within_a_section(name):
    for section in re.split(r"^## ", TEXTS[name], flags=re.MULTILINE):
        levels = [exercise.level for exercise in exercises.exercises(section)]
        assert levels == sorted(levels)


def test_every_exercise_says_its_kind_level_and_minutes():
    opened = sum(len(re.findall(r"^`+\{exercise(?:-start)?\}", t, re.M)) for t in TEXTS.values())
    assert opened == len(EACH) == sum(map(len, FOUND.values()))


@pytest.mark.parametrize(
    "classes",
    ["prove level-1", "prove level-4 minutes-5", "guess level-1 minutes-5", "level-1 minutes-5",
     "prove level-1 minutes-5 long"],
)  # fmt: skip
def test_other_classes_are_refused(classes):
    with pytest.raises(ValueError, match="got '"):
        exercises.described(classes)


def test_the_line_under_a_title():
    words = "find the mistake · level 2 of 3 · about 20 minutes"
    assert exercises.described("mistake level-2 minutes-20") == words


def test_each_check_is_called_by_one_exercise_of_its_chapter():
    called = [(name, call) for name, found in FOUND.items() for e in found for call in e.checks]
    own = [(n, c.removeprefix("exercises.")) for n, c in called if c != "check_derivation"]
    assert sorted(call for _, call in own) == sorted(CHECKS)
    rooms = {name: "five_sources" if name.startswith("note-") else name for name, _ in own}
    rooms = {name: room.replace("-", "_") for name, room in rooms.items()}
    assert all(rooms[name].startswith(call.split(".")[0]) for name, call in own)


def test_a_check_is_called_with_all_that_it_asks_for():
    for name, check in CHECKS.items():
        call = re.search(rf"^exercises\.{name}\((.*?)\)", "\n".join(TEXTS.values()), re.M | re.S)
        asked = list(inspect.signature(check).parameters)
        assert re.findall(r"(\w+)=", call[1]) in (asked, []), name


def named(body, kind):
    """Names in the cells of an exercise or a solution: what checks take, or what is assigned."""
    trees = [ast.parse(c.body) for c in myst.parts(body) if c.name == "code-cell"]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    if kind == "solution":
        stored = {n.id for n in nodes if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)}
        return stored | {n.name for n in nodes if isinstance(n, ast.FunctionDef)}
    taken = [a for n in nodes if isinstance(n, ast.Call) and "exercises." in ast.unparse(n.func)
             for a in [*n.args, *(keyword.value for keyword in n.keywords)]]  # fmt: skip
    return {a.id for a in taken if isinstance(a, ast.Name)}


@pytest.mark.parametrize("name", [name for name, found in FOUND.items() if found])
def test_run_all_leaves_the_names_of_the_reader_alone(name):
    readers = {}
    for part in myst.parts(TEXTS[name]):
        if part.name == "exercise":
            readers[part.options["label"]] = named(part.body, "exercise")
        elif part.name == "solution":
            assert not readers[part.argument] & named(part.body, "solution"), part.argument


def test_every_exercise_is_checked_before_its_solution():
    assert len(EACH) >= 110
    assert all(exercise.checks for exercise in EACH.values())
    assert f"{len(EACH)} of them are checked" in exercises.counts()[1]


# The quizzes

ASKED = {e.name: exercises.quizzes(TEXTS[e.name]) for e in contents.entries() if e.number}


def test_every_numbered_chapter_asks_five_questions_before_its_exercises():
    for name in (name for name in ASKED if FOUND[name]):
        headings = re.findall(r"^## (.+)$", TEXTS[name], re.MULTILINE)
        assert headings[headings.index("Exercises") - 1] == "Quiz", name
        assert len(ASKED[name]) == 5, name
        assert len(ASKED[name]) == len(re.findall(r"^\S+\{quiz\}", TEXTS[name], re.MULTILINE))
    assert sum(map(len, ASKED.values())) >= 60


@pytest.mark.parametrize("name", [name for name, asked in ASKED.items() if asked])
def test_a_question_has_one_right_choice_and_a_sentence_for_each(name):
    for question, choices in ASKED[name]:
        assert question.endswith("?")
        assert len(choices) >= 3
        assert [right for _, right, _ in choices].count(True) == 1, question
        assert all(why.endswith(".") and len(why.split()) >= 3 for _, _, why in choices), question


def test_the_right_choice_has_no_usual_place():
    places = [
        [right for _, right, _ in choices].index(True)
        for asked in ASKED.values()
        for _, choices in asked
    ]
    assert max(places.count(place) for place in range(3)) < 0.7 * len(places)


def test_a_choice_without_its_sentence_is_refused():
    with pytest.raises(ValueError, match="a choice is a line and below it"):
        exercises.choices("They stay.\n: Yes. So it is.\n\nThey grow.")


# In a page and in a notebook

PAGE = """# A page

```{exercise-start} One
:label: ex-one
OPTION:class: predict level-1 minutes-5
```

What happens?

```python
exercises.softmax.by_hand(odds=...)
```

```{exercise-end}
```

```{admonition} A hint
:class: dropdown

Look twice.
```

:::{quiz} Does `exp` grow?
It does.
: Yes. Always.

It falls.
: No. Look again.
:::
"""


@pytest.mark.parametrize(
    ("option", "title"), [("", "Exercise 1.1 (One)"), (":nonumber:\n", "Exercise (One)")]
)
def test_a_page_says_what_an_exercise_is_and_folds_the_choices(tmp_path, option, title):
    extensions = ["myst_parser", "sphinx_exercise", "website.exercises"]
    (tmp_path / "conf.py").write_text(
        f"extensions = {extensions}\nmyst_enable_extensions = ['colon_fence', 'deflist']\n"
        "numfig = True\n"
    )
    (tmp_path / "page.md").write_text(PAGE.replace("OPTION", option))
    (tmp_path / "index.md").write_text("# Book\n\n```{toctree}\n:numbered:\npage\n```\n")
    with docutils_namespace():  # what is registered here is not left to other tests
        out = tmp_path / "out"
        Sphinx(tmp_path, tmp_path, out, out, "html", status=None).build()
    page = BeautifulSoup((tmp_path / "out" / "page.html").read_text(), "html.parser")
    assert " ".join(page.select_one("div.exercise .admonition-title").get_text().split()) == title
    content = page.select_one("div.exercise section")
    assert content.p.get_text() == "predict · level 1 of 3 · about 5 minutes"
    assert "by_hand" in content.get_text()
    choices = [box.get_text().split() for box in page.select(".quiz .dropdown.choice")]
    assert choices == [
        ["It", "does.", "Yes.", "Always."],
        ["It", "falls.", "No.", "Look", "again."],
    ]
    assert page.select_one(".quiz > p").get_text() == "Does exp grow?"


def test_a_notebook_says_what_an_exercise_is_and_folds_hints_and_choices():
    cells = [cell.source for cell in notebooks.convert(notebooks.BOOK / "softmax.md").cells]
    text = "\n".join(cells)
    assert "\n\n*compute · level 1 of 3 · about 5 minutes*\n\n" in text
    assert text.count("<details><summary>A hint</summary>\n\n") >= 3
    for question, choices in ASKED["softmax"]:
        assert f"**{question}**" in text
        for choice, right, why in choices:
            folded = f"<summary>{choice}</summary>\n\n{'Yes' if right else 'No'}. {why}\n"
            assert folded in text
    assert cells.count("# your work") == sum(not e.checks for e in FOUND["softmax"])
