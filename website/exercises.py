"""What an exercise is, in words under its title; the questions of a quiz; and how many there are.

usage: python -m website.exercises     prints the counts

An exercise carries three classes, `KIND level-N minutes-N`. It is checked before its solution if a
cell between the two calls a check. A quiz is a definition list: each choice is a term, and its
definition begins with Yes or No and says why.
"""

import re
from collections import Counter
from dataclasses import dataclass

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util.docutils import SphinxDirective
from sphinx_exercise.nodes import exercise_enumerable_node, exercise_node

from . import contents, myst

KINDS = {
    "prove": "prove", "derive": "derive", "compute": "compute", "program": "program",
    "predict": "predict", "mistake": "find the mistake",
}  # fmt: skip
LEVELS = (1, 2, 3)
CLASSES = re.compile(r"(?P<kind>[a-z]+) level-(?P<level>\d) minutes-(?P<minutes>\d+)")
CHECK = re.compile(r"^(exercises\.[\w.]+|check_derivation)\(", re.MULTILINE)
COMMENT = re.compile(r"^% .*\n?", re.MULTILINE)
CHOICE = re.compile(r"(?P<choice>\S.*)\n: (?P<verdict>Yes|No)\. (?P<why>.+)(?:\n\n|\n\Z)")


@dataclass
class Exercise:
    """An exercise as its chapter has it."""

    title: str
    label: str
    kind: str
    level: int
    minutes: int
    checks: list[str]  # the calls that tell right from wrong before the solution


def classified(classes):
    """The kind, the level and the minutes that the classes of an exercise name.

    Raises
    ------
    ValueError
        If they are not one kind, one level and one number of minutes.
    """
    found = CLASSES.fullmatch(classes)
    if not found or found["kind"] not in KINDS or int(found["level"]) not in LEVELS:
        kinds = ", ".join(KINDS)
        raise ValueError(
            f"an exercise's class is KIND level-N minutes-N, with KIND one of {kinds} "
            f"and level 1 to {LEVELS[-1]}; got {classes!r}"
        )
    return found["kind"], int(found["level"]), int(found["minutes"])


def described(classes):
    """The classes of an exercise in words."""
    kind, level, minutes = classified(classes)
    return f"{KINDS[kind]} · level {level} of {LEVELS[-1]} · about {minutes} minutes"


def exercises(text):
    """The exercises of a page, in their order."""
    return [
        Exercise(
            part.argument,
            part.options["label"],
            *classified(part.options["class"]),
            list(checks(part.body)),
        )
        for part in myst.parts(text)
        if part.name == "exercise"
    ]


def checks(body):
    """The calls in an exercise's cells that tell right from wrong."""
    for cell in myst.parts(body):
        if cell.name == "code-cell":
            yield from CHECK.findall(cell.body)


def quizzes(text):
    """The questions of a page, each with its choices: (choice, whether it is right, why)."""
    found = (part for part in myst.parts(text) if part.name == "quiz")
    return [(part.argument, choices(part.body)) for part in found]


def choices(body):
    """The choices of one question.

    Raises
    ------
    ValueError
        If a line is no part of a choice.
    """
    body = COMMENT.sub("", body).strip() + "\n"
    found = CHOICE.findall(body)
    rest = CHOICE.sub("", body).strip()
    if rest:
        raise ValueError(f"a choice is a line and below it ': Yes. …' or ': No. …'; got {rest!r}")
    return [(choice, verdict == "Yes", why) for choice, verdict, why in found]


class Describe(SphinxTransform):
    """A line under the title of each exercise says what its classes mean."""

    default_priority = 20  # sphinx_exercise has then put its parts together

    def apply(self):
        kinds = exercise_node, exercise_enumerable_node
        for node in self.document.findall(lambda node: isinstance(node, kinds)):
            classes = [name for name in node["classes"] if name != "exercise"]
            line = nodes.paragraph("", described(" ".join(classes)), classes=["exercise-kind"])
            node.children[-1].insert(0, line)


class Quiz(SphinxDirective):
    """A question whose choices unfold, each to a sentence on it."""

    required_arguments, final_argument_whitespace, has_content = 1, True, True

    def run(self):
        choices("\n".join(self.content))
        quiz, question = nodes.container(classes=["quiz"]), nodes.paragraph()
        parsed, messages = self.parse_inline(self.arguments[0])
        question += [*parsed, *messages]
        listed = nodes.Element()
        self.state.nested_parse(self.content, self.content_offset, listed)
        quiz += question
        for item in listed.findall(nodes.definition_list_item):
            quiz += _choice(item)
        return [quiz]


def _choice(item):
    term, definition = item.children
    box = nodes.admonition(classes=["dropdown", "choice"])
    box += nodes.title("", "", *term.children)
    box += definition.children
    return box


def counts():
    """Lines with the numbers of exercises by kind, of those that are checked, and of the rest."""
    from . import notebooks, reading  # which read exercises, too

    texts = [entry.path.read_text() for entry in contents.entries()]
    found = [exercise for text in texts for exercise in exercises(text)]
    kinds = Counter(exercise.kind for exercise in found)
    checked = sum(bool(exercise.checks) for exercise in found)
    asked = sum(len(quizzes(text)) for text in texts)
    chapters = [entry.name for entry in contents.entries() if entry.number]
    read = sum(reading.total("reading", name) for name in chapters)
    lines = notebooks.printed()
    booleans = sum(bool(re.search(r"\b(True|False)\b", line)) for line in lines)
    return [
        f"{len(found)} exercises: " + ", ".join(f"{kinds[kind]} {kind}" for kind in KINDS),
        f"{checked} of them are checked before their solution",
        f"{sum(exercise.minutes for exercise in found) / 60:.0f} hours for all of them",
        f"{asked} questions in quizzes",
        f"{sum(text.count('  figure:') for text in texts)} figures",
        f"{read / 60:.1f} hours to read the chapters",
        f"{len(lines)} lines printed by cells, {booleans} of them with True or False",
    ]


def setup(app):
    app.add_transform(Describe)
    app.add_directive("quiz", Quiz)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    print("\n".join(counts()))
