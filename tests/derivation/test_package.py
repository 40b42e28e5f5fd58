"""What the package needs and knows, and what the book's page says of it."""

import dataclasses
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from tables import TABLES

import derivation
from derivation import Symbol, check_derivation, symbol
from derivation.cases import plans, pool, trials
from derivation.check import attack, judge
from derivation.check.derivation import ENOUGH, ENOUGH_SIZES, TURNS
from derivation.reader import grammar
from website import contents

BOOK = TABLES["book"]

NUMPY_ALONE = """
import sys
class Others:
    def find_spec(self, name, path=None, target=None):
        first = name.split(".")[0]
        if first not in {"numpy", "derivation"} | sys.stdlib_module_names:
            raise ImportError(name)
sys.meta_path.insert(0, Others())
import importlib, pathlib, derivation
home = pathlib.Path(derivation.__file__).parent
for path in sorted(home.rglob("*.py")):
    if path.stem not in ("sphinx", "page"):
        names = path.with_suffix("").relative_to(home).parts
        importlib.import_module(".".join(["derivation", *names]))
v = derivation.Vocabulary({"n": (2, 3)}, {"k": (1, "n")}, (derivation.Symbol("a"),))
assert derivation.check_derivation("a + a = 2 a", v)
assert not derivation.check_derivation("a + a = 3 a", v).steps[0].explanation is None
"""


def test_it_needs_nothing_but_numpy():
    run = subprocess.run([sys.executable, "-W", "error", "-c", NUMPY_ALONE], check=False,
                         cwd=contents.HOME, capture_output=True, text=True)  # fmt: skip
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("path", sorted(Path(derivation.__file__).parent.rglob("*.py")),
                         ids=lambda path: path.stem)  # fmt: skip
def test_it_knows_nothing_of_this_book(path):
    source = path.read_text(encoding="utf-8")
    assert "softmax_lib" not in source
    assert "BOOK" not in source
    assert source.lstrip("r").startswith('"""')


def test_a_misfit_below_an_evaluation_bar_leaves_the_steps_after_it_alone():
    latex = r"\left. p_k \mathbf{x}^\top \mathbf{s} \right|_{k = y} = p_k = p_k"
    assert [step.holds for step in check_derivation(latex, BOOK).steps] == [False, True]


def test_the_ones_of_every_example_stay_where_a_condition_moves_the_rest():
    u = Symbol(r"\mathbf{u}^{(i)}", "", "(m + 1) × 1", draw="design")
    v = Symbol(r"\mathbf{v}", "", "(m + 1) × 1")
    when = [r"\mathbf{v}^\top \mathbf{u}^{(i)} = 2"]
    assert check_derivation(r"u_0^{(i)} = 1", BOOK.extend(u, v), when=when)


def test_threads_share_a_vocabulary():
    latex = r"\nabla_W L = \frac{1}{M} (P - Y)^\top X"
    for _ in range(5):
        vocabulary = BOOK.extend(Symbol("a", "a number"))
        with ThreadPoolExecutor(4) as pool:
            assert all(pool.map(check_derivation, [latex] * 4, [vocabulary] * 4))


WORDS = {1: "one", 2: "two", 3: "three", 5: "five", 7: "Seven", 8: "eight", 9: "nine",
         36: "thirty-six", 56: "fifty-six", 60: "sixty", 80: "eighty"}  # fmt: skip
STATED = (
    ("{} sets of sizes", plans.SIZE_PLANS),
    ("That makes {} draws", plans.SIZE_PLANS * trials.DRAWS),
    ("at most {} combinations", trials.MAX_INDICES),
    ("in at least {} of them", ENOUGH),
    ("of {} different sizes", ENOUGH_SIZES),
    ("doubled, up to {} times", TURNS - 1),
    ("about {} cases are computed once more", judge.SAMPLE),
    ("once more with {} digits", judge.DIGITS),
    ("{} cases at a time", pool.POOL),
    ("the best {} kept and changed", attack.KEPT),
    ("for {} rounds", attack.ROUNDS),
    ("at the smallest sizes, at the largest and at {} other", attack.CLIMBS),
)


@pytest.mark.parametrize(("words", "number"), STATED)
def test_the_page_on_the_check_gives_the_numbers_that_it_uses(words, number):
    text = (contents.HOME / "book" / "how-checked.md").read_text()
    assert words.format(WORDS[number]) in text
    scales = sorted(map(abs, trials.SCALES))
    assert f"scales from {scales[0]} to {scales[-1]:.0f}" in text
    assert f"from {plans.WRITTEN[0]} to {plans.WRITTEN[-1]} that the claim writes" in text
    assert judge.ABOUT == 0.01, "one part in a hundred"
    assert 1e-13 < judge.CLOSE < 1e-12, "twelve digits"


def test_the_page_on_the_check_lists_the_words_and_the_draws_that_are_known():
    text = (contents.HOME / "book" / "how-checked.md").read_text()
    giving, using = ", ".join(grammar.GIVING), ", ".join(grammar.USING)
    named = {*grammar.GIVING, *grammar.NAMING}
    supposes = ", ".join(w for w in grammar.SUPPOSES if w not in named)
    assert f"| *{supposes}* | a condition" in text
    assert f"| *{giving}* | likewise" in text
    assert f"| *{', '.join(grammar.NAMING)}* | a name" in text
    assert f"*{using}* directly before a formula" in text
    draws = re.search(r"\| `draw` \|.*", text)[0]
    assert {*re.findall(r"`(\w+)[^`]*`", draws)} == {"draw", *symbol.DRAWS, "label"}
    for field in dataclasses.fields(Symbol):
        assert f"| `{field.name}` |" in text
