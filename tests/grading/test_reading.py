"""Whatever students hand in is read apart from the grader; the notebook with most work counts."""

import bz2
import copy
import gzip
import io
import itertools
import json
import re
import tarfile
import zipfile

import jupytext
import nbformat
import numpy as np
import pytest
from classroom import edited, nameless, released, solved, train_it
from nbconvert import HTMLExporter, MarkdownExporter

from grading.collect import collect
from grading.reading import read
from grading.repair import repair
from grading.sandbox import Sandbox
from grading.source import kind_of

REPORT = (
    "I chose the step from the bound on the curvature, and ten times more made the loss oscillate."
)


def notebook(report="", name="train-it"):
    """A right solution."""
    right = solved(name, released(name))
    if report:
        cell_of(right, "report").source = report
    return right


def cell_of(book, name):
    return next(cell for cell in book.cells if cell.get("id") == name)


def data(book):
    return json.dumps(book).encode()


def handed(tmp_path, **files):
    """The only submission in a folder with these files, read: file, notebook, notes."""
    folder = tmp_path / "handed" / "ann"
    for name, content in files.items():
        path = folder / name.replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    [one] = collect(tmp_path / "handed")
    return read(one, train_it(), {})


def zipped(**members):
    with io.BytesIO() as file:
        with zipfile.ZipFile(file, "w") as archive:
            for name, content in members.items():
                archive.writestr(name.replace("__", "."), content)
        return file.getvalue()


def packed(**members):
    return {"hw__zip": zipped(**members)}


def tarred(encoding="utf-8", mode="w:gz", **members):
    with io.BytesIO() as file:
        options = {"format": tarfile.GNU_FORMAT, "encoding": encoding}
        with tarfile.open(fileobj=file, mode=mode, **options) as archive:
            for name, content in members.items():
                info = tarfile.TarInfo(name.replace("__", "."))
                info.size = len(content)
                archive.addfile(info, io.BytesIO(content))
        return file.getvalue()


def complete(book):
    """Whether the answers of the right solution are in the notebook."""
    return all(
        cell_of(book, cell.id).source.removeprefix(TITLE).strip() == cell.source.strip()
        for cell in notebook().cells if kind_of(cell) == "answer"
    )  # fmt: skip


def exported(to, **settings):
    """A right solution, run, as nbconvert writes it."""
    book = notebook()
    for cell in (cell for cell in book.cells if kind_of(cell) == "tests"):
        cell.outputs = [nbformat.v4.new_output("stream", text="✓ 2 of 2 points: def of = 2\n")]
    return to(**settings).from_notebook_node(book)[0].encode()


def saved(change, minor=5, **more):
    """A right solution as another program saves it: without ids before format 4.5."""
    book = dict(notebook(), nbformat_minor=minor)
    for cell in book["cells"]:
        change(cell)
        if minor < 5:
            cell.pop("id")
    return data({**book, "metadata": {**book["metadata"], **more}})


def without(*kinds):
    book = notebook()
    return data(dict(book, cells=[cell for cell in book.cells if kind_of(cell) not in kinds]))


def doubled():
    book, empty = notebook(), train_it()
    book.cells[9:9] = [cell for cell in empty.cells if kind_of(cell) == "answer"]
    return data(book)


TITLE = '#@title A title { display-mode: "form" }\n'


def conflicting(*bases):
    """A right solution in which git has left conflicts, some with what both sides had before."""
    text = nbformat.writes(notebook())
    for line, base in zip(("S = S - S.max", '"nbformat": 4'), bases, strict=True):
        [whole] = re.findall(rf"^.*{re.escape(line)}.*\n", text, re.M)
        text = text.replace(whole, f"<<<<<<< HEAD\n{whole}{base}=======\n  3\n>>>>>>> theirs\n")
    return text.encode()


def by_colab(cell):
    colab = {"id": "x3Fz", "cellView": "form", "outputId": "1", "colab": {"base_uri": "a"}}
    cell["metadata"] |= colab
    if cell["cell_type"] == "code":
        bar = {"application/vnd.jupyter.widget-view+json": {"model_id": "gone"}}
        cell["source"] = [TITLE, cell["source"]]
        cell["outputs"] = [{"output_type": "display_data", "data": bar, "metadata": {}}]


def by_vs_code(cell):
    cell["metadata"]["vscode"] = {"languageId": "python"}
    if cell["cell_type"] == "code":
        cell["outputs"] = [{"output_type": "stream", "text": None}, {"output_type": "jet"}, "x"]
        del cell["execution_count"]


RIGHT = data(notebook())
OLD = tarred(mode="w", work__ipynb=RIGHT)
STUB = data(train_it())
RMD, PERCENT = (jupytext.writes(notebook(), fmt=fmt) for fmt in ("Rmd", "py:percent"))
DATA = {f"a{n}__txt": b"1" for n in range(2100)}
SENT = {
    "a zip": packed(work__ipynb=RIGHT),
    "a zip made on a Mac": packed(**{"w__ipynb": RIGHT, "__MACOSX/._w.ipynb": b"\0\5\x16\7" * 30}),
    "a checkpoint behind it": packed(
        **{"a__ipynb": RIGHT, ".ipynb_checkpoints/a-checkpoint.ipynb": STUB, "z__ipynb": STUB}
    ),
    "a zip in a zip": packed(inner__zip=zipped(work__ipynb=RIGHT), z__ipynb=STUB),
    "a tar": {"hw__tar__gz": tarred(work__ipynb=RIGHT, z__ipynb=STUB)},
    "a notebook that a browser has packed": {"a__ipynb": gzip.compress(RIGHT)},
    "a packed tar, packed again": {"a__tgz": bz2.compress(tarred(work__ipynb=RIGHT))},
    "a plain tar of thousands of files": {"hw__tar": tarred(mode="w", **DATA, b__ipynb=RIGHT)},
    "a tar that is cut off": {"hw__tar": tarred(mode="w", a__ipynb=RIGHT, z__ipynb=STUB)[:-20000]},
    "a tar of the oldest kind": {"hw": OLD.replace(b"ustar  ", bytes(7))},
    "HTML": {"a__html": exported(HTMLExporter)},
    "HTML of the classic notebook": {"a__html": exported(HTMLExporter, template_name="classic")},
    "Markdown": {"a__md": exported(MarkdownExporter)},
    "R Markdown": {"a__Rmd": RMD.encode()},
    "Quarto": {"a__qmd": RMD.replace("```{python", "```{python}\n#| echo: false #").encode()},
    "MyST": {"a__md": jupytext.writes(notebook(), fmt="md:myst").encode()},
    "Colab": {"Copy of train-it__ipynb": saved(by_colab, 0, widgets={"a": {}}, colab={"name": 1})},
    "VS Code": {"a__ipynb": saved(by_vs_code, 2, language_info={"name": "python", "version": 3})},
    "VS Code, format 4.5": {"a__ipynb": saved(by_vs_code)},
    "names stripped": {"a__ipynb": data(nameless(notebook()))},
    "tests deleted": {"a__ipynb": without("tests")},
    "given cells deleted": {"a__ipynb": without("given")},
    "tests and given cells edited": {"a__ipynb": data(edited(notebook()))},
    "empty answers beside them": {"a__ipynb": doubled()},
    "an old format": {"a__ipynb": data(nbformat.convert(notebook(), 3))},
    "cut off in the last cell": {"a__ipynb": RIGHT[: RIGHT.rindex(b"tally({") + 20]},
    "cells without a notebook": {"a__ipynb": data(notebook()["cells"])},
    "conflicts of a merge": {"a__ipynb": conflicting("", "||||||| a\n 1\n")},
    "a bracket too few": {"a__ipynb": RIGHT.rstrip(b"}")},
    "a scratch file": {"a__ipynb": RIGHT, "train-it__ipynb": STUB, "z__ipynb": b'{"cells": []}'},
    "a picture beside it": packed(a__png=b"\x89PNG\0", work__ipynb=RIGHT),
    "forty notebooks before it": packed(
        **{f"a{n}__ipynb": b'{"cells": []}' for n in range(40)}, b__ipynb=RIGHT
    ),
    "a folder of data before it": packed(**DATA, b__ipynb=RIGHT),
    "an unpacked folder of data before it": {**DATA, "b__ipynb": RIGHT},
    "a checkpoint and nothing else": {"train-it-checkpoint__ipynb": RIGHT},
    "a folder of checkpoints": packed(**{"a-checkpoint__ipynb": RIGHT}),
    "UTF-16": {"a__ipynb": json.dumps(notebook()).encode("utf-16")},
    "a script in UTF-16 without a mark": {"a__py": PERCENT.encode("utf-16-le")},
    "UTF-16 without a mark": {"a__ipynb": json.dumps(notebook()).encode("utf-16-le")},
    "a mark": {"a__ipynb": b"\xef\xbb\xbf" + RIGHT},
    "two in one file": {"a__ipynb": RIGHT + b"\n" + STUB},
    "an empty one before it, in one file": {"a__ipynb": STUB + RIGHT},
}


@pytest.mark.parametrize("sent", SENT)
def test_the_notebook_with_most_work_counts(tmp_path, sent):
    _, book, _ = handed(tmp_path, **SENT[sent])
    assert complete(book)
    assert not any("2 points: def" in cell.source for cell in book.cells)  # what was printed


def importing(line, **files):
    """A right solution whose objective stands in a file beside it, as do these others."""
    book = notebook()
    text = "import numpy as np\n" + cell_of(book, "objective").source
    cell_of(book, "objective").source = line
    return {name: data(book) if name.endswith("ipynb") else content or text.encode()
            for name, content in {"a__ipynb": None, **files}.items()}  # fmt: skip


IMPORTS = importing("from mine.own import objective", **{"mine/own__py": b"", "other__py": b"1"})
MODULES = {
    "in a zip": packed(**importing("from own import objective", own__py=b"")),
    "in a package": packed(**IMPORTS),
    "imported by another": importing(
        "import two\nobjective = two.objective", two__py=b"from own import *", own__py=b""
    ),
    "as data": importing("exec(open('in/own.txt').read())", **{"in/own__txt": b""}),
    "as Canvas names them": importing("from own import *", **{"lee_20_7_own-1__py": b""}),
}


@pytest.mark.parametrize("kind", MODULES)
def test_a_file_beside_the_notebook_can_be_imported_or_opened(tmp_path, kind):
    file, book, notes = handed(tmp_path, **MODULES[kind])
    assert file.endswith("/a.ipynb")
    assert "own" in notes[0]
    cells = itertools.takewhile(lambda cell: cell.id != "objective-loss", book.cells)
    W, X, y = np.zeros((2, 3)), np.ones((4, 3)), np.zeros(4, dtype=int)
    with Sandbox([cell.source for cell in cells if cell.cell_type == "code"]) as box:
        assert [result["error"] for result in box.results if result["error"]] == []
        assert box.call("objective", W, X, y, 0.0)[0] > 0


def test_what_was_not_taken_or_is_cut_off_is_named(tmp_path):
    file, _, notes = handed(tmp_path, **SENT["a checkpoint behind it"])
    assert file == "ann/hw.zip/a.ipynb"
    assert notes == ["ann/hw.zip/a.ipynb was taken, not ann/hw.zip/z.ipynb"]
    cut, told = RIGHT[: RIGHT.index(b"losses = []")], "Look into:* ann/hw.zip"
    assert told in cell_of(handed(tmp_path, hw__zip=cut)[1], "report").source


def added(source, kind="code", count=1):
    """A right solution behind cells that carry no names."""
    book = notebook()
    new = nbformat.v4.new_code_cell if kind == "code" else nbformat.v4.new_markdown_cell
    book.cells[:0] = [new(source) for _ in range(count)]
    return book


@pytest.mark.parametrize("count", [10, 700])
def test_scratch_cells_before_the_answers_cost_nothing(count):
    fixed, notes = repair(data(added("y = 1  # " + "abc " * 2000, count=count)), train_it())
    assert complete(fixed)
    assert bool(notes) == (count > 500)


def test_a_scratch_copy_of_a_test_is_not_the_test():
    book = notebook()
    copied = copy.deepcopy(cell_of(book, "objective-loss"))
    copied.source += "\nprint(L)"
    book.cells.insert(1, copied)
    fixed, _ = repair(data(book), train_it())
    names = [cell.id for cell in fixed.cells]
    assert names.index("objective") < names.index("objective-loss")


def test_line_ends_blanks_at_ends_and_what_windows_has_not_are_no_edit():
    book = notebook("Größer – “ten times” – é")
    for cell in book.cells:
        cell.source = cell.source.replace("\n", " \r\n").replace("    ", "\t")
    for raw in data(book), json.dumps(book, ensure_ascii=False).encode("cp1252", "replace"):
        fixed, notes = repair(raw, train_it())
        assert notes == []
        assert cell_of(fixed, "report").source == "Größer – “ten times” – é"


def test_half_of_a_surrogate_pair_can_be_written():
    book = added("# \ud83d", "markdown")
    fixed, _ = repair(json.dumps(book).encode(), train_it())
    assert json.dumps(fixed, ensure_ascii=False).encode()
