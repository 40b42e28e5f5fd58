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

from . import contents, exercises
from .notebooks import NOTE, OPENING, Directive

WORDS, STEP, CELL = 150, 1, 0.5  # words a minute; minutes for each of the others
LEFT_OUT = ("exercise", "exercise-start", "solution", "solution-start")
FOLDED = re.compile(r"\b(dropdown|toggle)\b")
RELATION = re.compile(r"(?<![<>=:!])=|\\(le|ge|leq|geq|ne|neq|approx|propto|in|Rightarrow)\b|[<>]")
TARGET = re.compile(r"^\(([\w-]+)\)=$")
HEADING = re.compile(r"^(#+) ")


@dataclass
class Section:
    """What stands below a heading and above the next one: its level and its minutes."""

    labels: list
    level: int
    minutes: float = 0.0


def sections(text):
    """The sections of a page in their order."""
    lines = (text.partition("\n---\n")[2] if text.startswith("---") else text).splitlines()
    found, labels, n = [Section([], 0)], [], 0
    while n < len(lines):
        line = lines[n]
        if target := TARGET.match(line):
            labels.append(target[1])
        elif heading := HEADING.match(line):
            found.append(Section(labels, len(heading[1])))
            labels = []
            found[-1].minutes += len(line.split()[1:]) / WORDS
        elif OPENING.match(line):
            n = _directive(lines, n, found[-1])
        elif line == "$$":
            n = _display(lines, n, found[-1])
        elif not NOTE.match(line):
            found[-1].minutes += len(line.split()) / WORDS
        n += 1
    return found


def _directive(lines, n, section):
    """Count a directive; where it ends, a gated one with what stands between its two gates."""
    directive = Directive(lines, n)
    name, options = directive.name, directive.options.get("class", "")
    if name == "code-cell":
        section.minutes += 0 if "remove-input" in "\n".join(directive.body) else CELL
    elif name not in LEFT_OUT and not FOLDED.search(options):
        section.minutes += sum(part.minutes for part in sections("\n".join(directive.body)))
    if name in ("exercise-start", "solution-start"):
        end = "{" + name.replace("start", "end") + "}"
        return Directive(lines, next(k for k in range(n, len(lines)) if end in lines[k])).end
    return directive.end


def _display(lines, n, section):
    end = next(k for k in range(n + 1, len(lines)) if lines[k].startswith("$$"))
    section.minutes += STEP * max(1, sum(bool(RELATION.search(line)) for line in lines[n:end]))
    return end


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
