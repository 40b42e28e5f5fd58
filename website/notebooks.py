"""Make notebooks/ from the chapters: plain Markdown that any Jupyter shows, executed.

usage: python -m website.notebooks [CHAPTER ...]     default: all chapters of _toc.yml

A chapter is MyST text with directives that only Sphinx understands. Here each becomes plain
Markdown with the number that it has on the site, a solution becomes a folded section, and an
exercise without a cell gets an empty one to work in. The first cell of code installs the library
where a notebook is opened alone. Text outputs are kept, images are not, so that running
this twice gives the same bytes.
"""

import json
import re
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path

import jupytext
import nbclient
import nbformat
import yaml
from pybtex.database import parse_file

from . import contents, equations, exercises
from .install import install_cell

HOME = Path(__file__).resolve().parent.parent
BOOK, NOTEBOOKS = HOME / "book", HOME / "notebooks"

OPENING = re.compile(r"^(?P<fence>`{3,}|:{3,})\{(?P<name>[\w:-]+)\} *(?P<argument>.*)$")
OPTION = re.compile(r"^:([\w-]+): *(.*)$")
EQUATION_END = re.compile(r"^\$\$ *\((?P<label>[\w-]+)\)$")
NOTE = re.compile(r"^\s*% ")  # for website/equations.py
TARGET = re.compile(r"^\([\w-]+\)=$")
ROLE = re.compile(r"\{(?P<name>[\w:]+)\}`(?:(?P<text>[^`<]+?) *<(?P<to>[^`>]+)>|(?P<label>[^`]+))`")
BOXES = ("admonition", "note", "tip", "warning", "important")
STATEMENTS = ("theorem", "lemma", "corollary", "proposition", "definition")
FOLDED = '+++ {"jp-MarkdownHeadingCollapsed": true}'


def chapters():
    """The paths of the book's pages, and the numbers of those that have one."""
    return {entry.path: entry.number for entry in contents.entries()[1:]}


def is_notebook(path):
    return "\nkernelspec:" in path.read_text()


class Directive:
    """One fenced directive: its name, argument, options, and the lines of its body."""

    def __init__(self, lines, start):
        opening = OPENING.match(lines[start])
        self.name, self.argument = opening["name"], opening["argument"].strip()
        fence = opening["fence"]
        end = next((n for n in range(start + 1, len(lines)) if lines[n].strip() == fence), None)
        if end is None:
            raise ValueError(f"{{{self.name}}} is opened with {fence} and never closed")
        self.end, body, self.options = end, lines[start + 1 : end], {}
        if self.name != "code-cell":
            while body and (option := OPTION.match(body[0])):
                self.options[option[1]] = option[2]
                body = body[1:]
            while body and not body[0]:
                body = body[1:]
        self.body = body

    @property
    def kind(self):
        """What its number counts: theorem, exercise, …; None without a number."""
        kind = self.name.removeprefix("prf:").removesuffix("-start")
        return kind if kind == "exercise" or kind in STATEMENTS else None


@cache
def labels():
    """Every label of the book with the words that a reference to it shows: 'Exercise 3.1'."""
    found, unnumbered = {}, Counter()  # Sphinx counts on through all pages without a number
    for path, number in chapters().items():
        count = Counter() if number else unnumbered

        def show(kind, number=number, count=count):
            count[kind] += 1
            return f"{number}.{count[kind]}" if number else f"{count[kind]}"

        lines, n = path.read_text().splitlines(), 0
        while n < len(lines):
            line = lines[n]
            if equation := EQUATION_END.match(line):
                found[equation["label"]] = f"({show('equation')})"
            elif OPENING.match(line):
                directive = Directive(lines, n)
                if directive.kind:
                    found[directive.options["label"]] = (
                        f"{directive.kind.title()} {show(directive.kind)}"
                    )
                elif figure := _figure(directive):
                    found[figure["name"]] = f"Fig. {show('figure')}"
                if directive.name == "code-cell":  # nothing in it is Markdown
                    n = directive.end
            n += 1
    return found


def _figure(directive):
    """Name and caption of the figure that a code cell draws, or None."""
    if directive.name != "code-cell" or not directive.body or directive.body[0] != "---":
        return None
    header = directive.body[1 : directive.body.index("---", 1)]
    return yaml.safe_load("\n".join(header)).get("mystnb", {}).get("figure")


@cache
def _citations():
    entries = parse_file(BOOK / "references.bib").entries
    return {key: (_authors(entry), entry.fields["year"]) for key, entry in entries.items()}


def _authors(entry):
    names = [" ".join(p.prelast_names + p.last_names) for p in entry.persons["author"]]
    if len(names) > 2:
        return f"{names[0]} et al."
    return " and ".join(names)


def _role(match):
    name, text, label = match["name"], match["text"], match["to"] or match["label"]
    if name in ("eq", "ref", "numref", "prf:ref"):
        return text or labels()[label]
    if name == "doc":
        target = BOOK / f"{label}.md"
        link = f"{label}.ipynb" if is_notebook(target) else f"../book/{label}.md"
        return f"[{text or equations.title(label)}]({link})"
    if name == "term":
        return text or label
    if name in ("cite:t", "cite:p"):
        cited = [_citations()[key.strip()] for key in label.split(",")]
        if name == "cite:t":
            return ", ".join(f"{who} ({year})" for who, year in cited)
        return f"({'; '.join(f'{who}, {year}' for who, year in cited)})"
    raise ValueError(f"no plain form for the role {{{name}}}")


def plain(lines):
    """The lines of a chapter, or of a directive's body, without what only Sphinx understands."""
    out, n, has_cell = [], 0, False
    while n < len(lines):
        line = lines[n]
        if OPENING.match(line):
            directive = Directive(lines, n)
            if not (directive.name == "exercise-end" and has_cell):  # it brought its own
                out += _plain_directive(directive, lines[n : directive.end + 1])
            has_cell = directive.name == "code-cell" and bool(
                exercises.CHECK.search("\n".join(directive.body))
            )
            n = directive.end
        elif equation := EQUATION_END.match(line):
            out += [rf"\tag{{{labels()[equation['label']].strip('()')}}}", "$$"]
        elif not TARGET.match(line) and not NOTE.match(line):
            out.append(ROLE.sub(_role, line))
        n += 1
    return out


def _plain_directive(directive, source):
    name, argument = directive.name, ROLE.sub(_role, directive.argument)
    label = labels().get(directive.options.get("label"))
    if name == "code-cell":
        return source + _plain_caption(directive)
    if name == "quiz":
        return _plain_quiz(argument, directive.body)
    if name in BOXES and directive.options.get("class") == "dropdown":
        return _details(argument, plain(directive.body))
    if name in BOXES:
        return _quoted([f"**{argument or name.title()}**", "", *plain(directive.body)])
    if name.removeprefix("prf:") in STATEMENTS:
        title = f" ({argument})" if argument else ""
        return _quoted([f"**{label}**{title}", "", *plain(directive.body)])
    if name == "prf:proof":
        return ["*Proof.*", *plain(directive.body), "", "∎"]
    if name in ("exercise", "exercise-start"):
        heading = f"#### {label}" + (f" ({argument})" if argument else "")
        kind = f"*{exercises.described(directive.options['class'])}*"
        return ["+++", "", heading, "", kind, "", *plain(directive.body)]
    if name == "exercise-end":
        return _answer_cell()
    if name in ("solution", "solution-start"):
        # the heading has a cell of its own: what folds is the cells below it
        heading = [FOLDED, "", f"#### Solution to {labels()[argument]}", "", "+++", ""]
        return [*heading, *plain(directive.body), *(["", "+++"] if name == "solution" else [])]
    if name == "solution-end":
        return ["+++"]
    if name.startswith("derivation-"):
        return getattr(equations, name.removeprefix("derivation-"))()
    raise ValueError(f"no plain form for the directive {{{name}}}")


def _plain_caption(directive):
    figure = _figure(directive)
    if not figure:
        return []
    caption = ROLE.sub(_role, " ".join(figure["caption"].split()))
    return ["", f"*{labels()[figure['name']]}.* {caption}", ""]


def _plain_quiz(question, body):
    lines = [f"**{question}**", ""]
    for choice, right, why in exercises.choices([ROLE.sub(_role, line) for line in body]):
        lines += _details(choice, [f"{'Yes' if right else 'No'}. {why}"])
    return lines


def _details(title, body):
    """What Jupyter folds inside a cell; between blank lines it reads Markdown."""
    return [f"<details><summary>{title}</summary>", "", *body, "", "</details>", ""]


def _answer_cell():
    return ["", "```{code-cell} ipython3", "# your work", "```", ""]


def _quoted(lines):
    return [f"> {line}".rstrip() for line in lines]


def address():
    """What a notebook installs: the repository that _config.yml names, or the folder above it."""
    url = yaml.safe_load((HOME / "_config.yml").read_text())["repository"]["url"]
    return f"softmax_lib[distributed] @ git+{url}" if url else "..[distributed]"


def convert(path):
    """The notebook of a chapter, not yet executed.

    Raises
    ------
    ValueError
        With the chapter's name, for a directive or role without a plain form.
    """
    try:
        text = "\n".join(plain(path.read_text().splitlines())) + "\n"
    except (ValueError, KeyError) as error:
        raise ValueError(f"{path.name}: {error}") from error
    notebook = jupytext.reads(text, fmt="md:myst")
    cells = [c for c in notebook.cells if c.source.strip()]
    for n, cell in enumerate(cells):
        cell.source = re.sub(r"\n{3,}", "\n\n", cell.source.strip())
        cell.id = f"{path.stem}-{n:03d}"
        cell.metadata = {k: v for k, v in cell.metadata.items() if k != "mystnb"}
    first = next(n for n, cell in enumerate(cells) if cell.cell_type == "code")
    text = install_cell(address()).rstrip()
    cells.insert(first, nbformat.v4.new_code_cell(text, id=f"{path.stem}-install"))
    notebook.cells = cells
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    return notebook


def execute(notebook):
    """Run all cells and keep the text of what they show; images are left to the reader's run."""
    where = {"metadata": {"path": NOTEBOOKS}}
    nbclient.NotebookClient(notebook, timeout=120, resources=where).execute()
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.metadata.pop("execution", None)  # times of day
        cell.outputs = list(_merged(cell.outputs))
        for output in cell.outputs:
            for kind in [k for k in output.get("data", {}) if k.startswith("image/")]:
                del output.data[kind]
    return notebook


def _merged(outputs):
    """Outputs in which one stream is one output, however it was cut on its way."""
    before = None
    for output in outputs:
        if before and "text" in before and output.get("name") == before.get("name"):
            before.text += output.text
        else:
            if before:
                yield before
            before = output
    if before:
        yield before


def write(path):
    notebook = execute(convert(path))
    nbformat.validate(notebook)
    target = NOTEBOOKS / f"{path.stem}.ipynb"
    target.write_text(json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n")
    return target


def main(names):
    paths = [p for p in chapters() if is_notebook(p)]
    unknown = set(names) - {p.stem for p in paths}
    if unknown:
        raise SystemExit(f"no such chapter: {', '.join(sorted(unknown))}")
    wanted = [p for p in paths if not names or p.stem in names]
    NOTEBOOKS.mkdir(exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        for n, target in enumerate(pool.map(write, wanted), 1):
            print(f"{n}/{len(wanted)} {target.relative_to(HOME)}", flush=True)
    if not names:
        for stray in set(NOTEBOOKS.glob("*.ipynb")) - {
            NOTEBOOKS / f"{p.stem}.ipynb" for p in paths
        }:
            stray.unlink()


if __name__ == "__main__":
    main(sys.argv[1:])
