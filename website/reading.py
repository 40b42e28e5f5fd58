"""How long the book takes, counted from its pages and never typed.

usage: python -m website.reading

A first reading leaves out exercises and what is folded. It takes a minute for 150 words, a minute
for a displayed step, and half a minute for a cell with its output. Exercises say in their classes
how long they take. In a page the role ``{time}`reading softmax` `` stands for such a time, with the
name of a page, the label of a section, or `course` for the numbered parts without their appendix,
and with `exercises` in the place of `reading`. The directive ``{reading-path}`` is a list of
sections with their minutes.
"""

import re
from dataclasses import dataclass
from functools import cache

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.errors import ExtensionError
from sphinx.util.docutils import SphinxDirective

from . import contents, exercises, myst

WORDS, STEP, CELL = 150, 1, 0.5  # words a minute; minutes for each of the others
LEFT_OUT = ("exercise", "solution")
FOLDED = re.compile(r"\b(dropdown|toggle)\b")
RELATION = re.compile(r"(?<![<>=:!])=|\\(le|ge|leq|geq|ne|neq|approx|propto|in|Rightarrow)\b|[<>]")


@dataclass
class Section:
    """What stands below a heading and above the next one: its level and its minutes."""

    labels: list
    level: int
    minutes: float = 0.0


def sections(text):
    """The sections of a page in their order."""
    lines, at, found, labels = text.splitlines(), 0, [Section([], 0)], []
    for part in myst.parts(text):
        found[-1].minutes += words(lines[at : part.first])
        at = part.end
        if part.kind == "target":
            labels.append(part.name)
        elif part.kind == "heading":
            found.append(Section(labels, int(part.name[1]), words([part.body])))
            labels = []
        elif part.kind == "equation":
            relations = (bool(RELATION.search(line)) for line in lines[part.first : part.end])
            found[-1].minutes += STEP * max(1, sum(relations))
        elif part.kind == "directive":
            found[-1].minutes += _directive(part)
        elif part.kind == "code":
            found[-1].minutes += words(part.body.splitlines())
    found[-1].minutes += words(lines[at:])
    return found


def words(lines):
    """Minutes for lines of prose."""
    return sum(len(line.split()) for line in lines) / WORDS


def _directive(part):
    """Minutes for a directive, if a first reading sees it."""
    if part.name == "code-cell":
        return 0 if "remove-input" in str(part.options) else CELL
    if part.name in LEFT_OUT or FOLDED.search(str(part.options.get("class", ""))):
        return 0
    if part.name == "quiz":  # a choice, and not what unfolds below it
        return words([part.argument, *re.findall(r"^(?!:).+", part.body, re.MULTILINE)])
    return sum(inside.minutes for inside in sections(part.body))


@cache
def page(name):
    """The sections of the page of this name."""
    return sections(_text(name))


def _text(name):
    return (contents.HOME / "book" / f"{name}.md").read_text()


@cache
def places():
    """The page of every label that stands above a heading, and its minutes with subsections."""
    found = {}
    for entry in contents.entries():
        parts = page(entry.name)
        for n, part in enumerate(parts):
            below = (k for k in range(n + 1, len(parts)) if parts[k].level <= part.level)
            minutes = sum(p.minutes for p in parts[n : next(below, len(parts))])
            found |= dict.fromkeys(part.labels, (entry.name, minutes))
    return found


def total(kind, name):
    """Minutes of `reading` or `exercises`: of a page, a section by its label, or the `course`."""
    if name in places():
        return places()[name][1]
    names = [name]
    if name == "course":
        names = [e.name for e in contents.entries() if e.number and e.part != "Appendix"]
    if kind == "exercises":
        return sum(e.minutes for name in names for e in exercises.exercises(_text(name)))
    return sum(part.minutes for name in names for part in page(name))


def shown(minutes):
    """Minutes as words: to five minutes below an hour and a half, then to half an hour."""
    if not minutes:
        return "–"
    if minutes < 90:
        return f"{max(5, 5 * round(minutes / 5))} min"
    halves = round(minutes / 30)
    return f"{halves // 2}{'½' * (halves % 2)} h"


def path(labels):
    """Lines of Markdown: the sections of these labels, each with its minutes, and their sum."""
    if missing := [label for label in labels if label not in places()]:
        raise ExtensionError(f"reading-path: no section has the label {missing[0]}")
    minutes = [places()[label][1] for label in labels]
    for n, (label, each) in enumerate(zip(labels, minutes, strict=True), 1):
        yield f"{n}. {{ref}}`{label}`, in {{doc}}`{places()[label][0]}`: {round(each)} min"
    yield from ("", f"Together {round(sum(minutes))} minutes.")


class Path(SphinxDirective):
    """The list of `path`; a label on each line."""

    has_content = True

    def run(self):
        self.env.note_reread()
        node = nodes.container()
        lines = StringList(list(path([line.strip() for line in self.content])))
        self.state.nested_parse(lines, self.content_offset, node)
        return node.children


def _time(name, rawtext, text, lineno, inliner, options=None, content=()):
    kind, name = text.split()
    inliner.document.settings.env.note_reread()
    return [nodes.Text(shown(total(kind, name)))], []


def setup(app):
    app.add_directive("reading-path", Path)
    app.add_role("time", _time)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


if __name__ == "__main__":
    for entry in contents.entries():
        times = [shown(total(kind, entry.name)) for kind in ("reading", "exercises")]
        print(f"{entry.name:18} reading {times[0]:>7}  exercises {times[1]:>7}")
    print("course", *(shown(total(kind, "course")) for kind in ("reading", "exercises")))
