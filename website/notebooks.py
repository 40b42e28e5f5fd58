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

import jupytext
import nbclient
import nbformat
from pybtex.database import parse_file

from . import contents, equations, exercises, myst
from .install import install_cell

HOME = contents.HOME
BOOK, NOTEBOOKS = HOME / "book", HOME / "notebooks"

ROLE = re.compile(r"\{(?P<name>[\w:]+)\}`(?:(?P<text>[^`<]+?) *<(?P<to>[^`>]+)>|(?P<label>[^`]+))`")
BOXES = ("admonition", "note", "tip", "warning", "important")
STATEMENTS = ("theorem", "lemma", "corollary", "proposition", "definition")
FOLDED = '+++ {"jp-MarkdownHeadingCollapsed": true}'


def chapters():
    """The paths of the book's pages, and the numbers of those that have one."""
    return {entry.path: entry.number for entry in contents.entries()[1:]}


def is_notebook(path):
    return "\nkernelspec:" in path.read_text()


def printed():
    """The lines that the cells of all notebooks print, as they are stored."""
    stored = (NOTEBOOKS / f"{path.stem}.ipynb" for path in chapters() if is_notebook(path))
    cells = [cell for path in stored for cell in json.loads(path.read_text())["cells"]]
    texts = ("".join(o["text"]) for c in cells for o in c.get("outputs", []) if "text" in o)
    return [line for text in texts for line in text.splitlines()]


def kind(part):
    """What the number of a directive counts: theorem, exercise, …; None without a number."""
    name = part.name.removeprefix("prf:")
    return name if name in ("exercise", *STATEMENTS) else None


@cache
def labels():
    """Every label of the book with the words that a reference to it shows: 'Exercise 3.1'."""
    found, unnumbered = {}, Counter()  # Sphinx counts on through all pages without a number
    for path, number in chapters().items():
        count = Counter() if number else unnumbered

        def show(what, number=number, count=count):
            count[what] += 1
            return f"{number}.{count[what]}" if number else f"{count[what]}"

        for part in myst.walk(path.read_text()):
            if part.kind == "equation" and part.name:
                found[part.name] = f"({show('equation')})"
            elif what := kind(part):
                named = f"({part.argument})" if "nonumber" in part.options else show(what)
                found[part.options["label"]] = f"{what.title()} {named}"
            elif figure := _figure(part):
                found[figure["name"]] = f"Fig. {show('figure')}"
    return found


def _figure(part):
    """Name and caption of the figure that a code cell draws, or None."""
    return part.options.get("mystnb", {}).get("figure") if part.name == "code-cell" else None


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


def plain(text):
    """The lines of a chapter, or of a directive's body, without what only Sphinx understands."""
    lines, out, at = text.splitlines(), [], 0
    for part in myst.parts(text):
        out += map(_prose, lines[at : part.first])
        out += _plain_part(part, lines[part.first : part.end])
        at = part.end
    return out + list(map(_prose, lines[at:]))


def _prose(line):
    return ROLE.sub(_role, line)


def _plain_part(part, source):
    if part.kind in ("target", "comment"):
        return []
    if part.kind == "code":
        return source
    if part.kind == "directive":
        return _plain_directive(part, source)
    if part.kind == "equation" and part.name:
        tag = rf"\tag{{{labels()[part.name].strip('()')}}}"
        return [*source[:-1], *source[-1].replace(f"$$ ({part.name})", f"{tag}\n$$").split("\n")]
    return list(map(_prose, source))


def _plain_directive(part, source):
    name, argument = part.name, _prose(part.argument)
    label = labels().get(part.options.get("label"))
    if name == "code-cell":
        return source + _plain_caption(part)
    if name == "quiz":
        return _plain_quiz(argument, _prose(part.body))
    if name in BOXES and part.options.get("class") == "dropdown":
        return _details(argument, plain(part.body))
    if name in BOXES:
        return _quoted([f"**{argument or name.title()}**", "", *plain(part.body)])
    if kind(part) in STATEMENTS:
        title = f" ({argument})" if argument else ""
        return _quoted([f"**{label}**{title}", "", *plain(part.body)])
    if name == "prf:proof":
        return ["*Proof.*", *plain(part.body), "", "∎"]
    if name == "exercise":
        return [*_plain_exercise(part, label, argument), *plain(part.body), *_answer_cell(part)]
    if name == "solution":
        # the heading has a cell of its own: what folds is the cells below it
        heading = [FOLDED, "", f"#### Solution to {labels()[argument]}", "", "+++", ""]
        return [*heading, *plain(part.body), "", "+++"]
    if name.startswith("derivation-"):
        return getattr(equations, name.removeprefix("derivation-"))()
    raise ValueError(f"no plain form for the directive {{{name}}}")


def _plain_exercise(part, label, title):
    heading = f"#### {label}" + (f" ({title})" if title and title not in label else "")
    return ["+++", "", heading, "", f"*{exercises.described(part.options['class'])}*", ""]


def _plain_caption(part):
    figure = _figure(part)
    if not figure:
        return []
    caption = _prose(" ".join(figure["caption"].split()))
    return ["", f"*{labels()[figure['name']]}.* {caption}", ""]


def _plain_quiz(question, body):
    lines = [f"**{question}**", ""]
    for choice, right, why in exercises.choices(body):
        lines += _details(choice, [f"{'Yes' if right else 'No'}. {why}"])
    return lines


def _details(title, body):
    """What Jupyter folds inside a cell; between blank lines it reads Markdown."""
    return [f"<details><summary>{title}</summary>", "", *body, "", "</details>", ""]


def _answer_cell(part):
    """A cell to work in, for an exercise that does not end with its check."""
    cells = [inside for inside in myst.parts(part.body) if inside.name == "code-cell"]
    if cells and exercises.CHECK.search(cells[-1].body):
        return []
    return ["", "```{code-cell} ipython3", "# your work", "```", ""]


def _quoted(lines):
    return [f"> {line}".rstrip() for line in lines]


def address():
    """What a notebook installs: the repository that _config.yml names, or the folder above it."""
    url = contents.CONFIG["repository"]["url"]
    return f"softmax_lib[distributed] @ git+{url}" if url else "..[distributed]"


def convert(path):
    """The notebook of a chapter, not yet executed.

    Raises
    ------
    ValueError
        With the chapter's name, for a directive or role without a plain form.
    """
    try:
        text = "\n".join(plain(path.read_text())) + "\n"
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


def is_current(path):
    """Whether the chapter's notebook has the cells that the chapter generates."""
    stored = nbformat.read(NOTEBOOKS / f"{path.stem}.ipynb", nbformat.NO_CONVERT)
    cells, fresh = (
        [(c.cell_type, c.id, c.metadata, c.source) for c in notebook.cells]
        for notebook in (stored, convert(path))
    )
    return cells == fresh


def execute(notebook):
    """Run all cells and keep the text of what they show; images are left to the reader's run."""
    where = {"metadata": {"path": NOTEBOOKS}}
    options = {"timeout": 120, "resources": where, "coalesce_streams": True}
    nbclient.NotebookClient(notebook, **options).execute()
    for cell in notebook.cells:
        if cell.cell_type != "code":
            continue
        cell.metadata.pop("execution", None)  # times of day
        for output in cell.outputs:
            for kind in [k for k in output.get("data", {}) if k.startswith("image/")]:
                del output.data[kind]
    return notebook


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
