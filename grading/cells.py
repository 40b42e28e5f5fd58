"""The cells of whatever a student wrote into: a notebook, a broken one, a script, a text."""

import ast
import codecs
import hashlib
import json
import re
from base64 import b64decode
from urllib.parse import unquote

import nbformat
from bs4 import BeautifulSoup
from markdown_it import MarkdownIt
from nbformat.v4 import new_code_cell, new_markdown_cell

__all__ = ["BROKEN", "UNREAD", "WHOLE", "cells_of", "encoding_of", "parses", "plain_lines"]

CELLS, CHARACTERS, WHOLE = 500, 1_000_000, "the whole file"
BROKEN = "the file is broken or cut off"
UNREAD = "nothing in it can be tested: ask for the notebook (.ipynb), or mark it by hand"
SHARE = 50  # a text has fewer than one in so many characters that are none
CONTROL = re.compile("[\0-\x08\x0e-\x1f\x7f-\x9f\ufffd]")
TOTAL = 5 * CHARACTERS  # of all cells together
TRIES = 500  # places in a broken file from which a cell may begin
PICTURES = 10_000_000  # characters in base64, of all pictures of a cell
# as the text of a link names it, up to the bracket that closes the link
PICTURE = re.compile(r"attachment\\*:((?:\([^\s()<>]*\)|[^\s()<>])*+)(?=[\s)]|(.?))")
# pictures that lie in the text itself, as Colab writes them, and tags that give them a width
EMBEDDED = re.compile(r"data:image/(png|jpe?g);base64,([A-Za-z0-9+/=]+)")
TAG = re.compile(
    r"<img\b[^<>]{0,300}?\bsrc\s*=\s*[\"']?((?:attachment|data):[^\"'<>\s]+)[^<>]{0,300}>", re.I
)
FENCED = re.compile(r"\{?(?:ipython3?|py(?:thon)?3?|code-cell)\b|$")  # languages of a fenced cell
# what stands at the head of a text, and of a cell of MyST or Quarto
OPTIONS = re.compile(r"\A(?:---\n(?:.*\n)*?(?:---|\.{3})\n|(?:(?::\w[\w-]*:|#\|).*\n)+)")
PAGE = re.compile(r"\s*<(?:!doctype|html|p|div|span|body)\b", re.I)
HEAD = re.compile(r"(?is)<(style|script)\b.*?</\1>")
OTHERS = r"(?:(?![<|=>]{7}).*\n)*"  # lines up to a mark of git
CONFLICT = re.compile(
    rf"^<{{7}} .*\n({OTHERS})(?:\|{{7}}.*\n{OTHERS})?={{7}}\r?\n{OTHERS}>{{7}} .*\n", re.M
)
PREAMBLE = re.compile(r"\A(?:#!.*\n)?(?:#.*coding[:=].*\n)?")  # of a script
EXPORTED = re.compile(r"^# (?:In\s?\[[ \d]*\]:|%%.*)$", re.M)  # by nbconvert and by jupytext


def cells_of(raw):
    """The cells of a file as plain new cells, with the names that they carried, and notes.

    Whatever was printed is dropped here; line ends are those of Unix, and half of a surrogate
    pair becomes a question mark.
    """
    if not raw.strip():
        return [], ["the file is empty"]
    notes, text = [], _decoded(raw)
    text, conflicts = CONFLICT.subn(r"\1", text)
    notes += [f"conflicts of a merge: {conflicts}, their first side counts"] * bool(conflicts)
    try:
        data, more = _notebooks(text)
        notes += [f"{more + 1} notebooks in one file, their cells count together"] * bool(more)
        if isinstance(data, dict) and "worksheets" in data:
            data = nbformat.convert(nbformat.from_dict(data), 4)
            notes.append("the notebook has an old format")
        found = data["cells"]
    except Exception:
        found = _salvaged(text)
        if found:
            notes.append(f"{BROKEN}: {len(found)} cells were saved")
        else:
            found, word = _of_text(text)
            notes.append(f"not a notebook; {word}")
    found = found if isinstance(found, list) else []
    kept, left = {}, TOTAL
    # if there are too many, what bears a name comes before what was scribbled
    for n in sorted(range(len(found)), key=lambda n: not _graded(found[n]))[:CELLS]:
        new = _plain(found[n], notes)
        if new and len(new.source) <= left:
            left -= len(new.source)
            kept[n] = new
    if len(kept) < len(found):
        notes.append(f"{len(found) - len(kept)} cells could not be read")
    return [kept[n] for n in sorted(kept)], notes


def encoding_of(raw):
    """The encoding of a text in UTF-8, UTF-16 or UTF-32, with or without a mark in front."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff", b"{\x00", b"\x00{")):
        return json.detect_encoding(raw)
    # in UTF-16 half of each blank and line end is zero, on one side; in other texts nothing is
    even, odd = raw[::2].count(0), raw[1::2].count(0)
    wide = len(raw) / 20 < max(even, odd) > 10 * min(even, odd)
    return ("utf-16-be" if even > odd else "utf-16-le") if wide else "utf-8-sig"


def _decoded(raw):
    """The text of bytes; what is no UTF-8 is taken letter by letter as Windows-1252."""
    encoding = encoding_of(raw)
    errors = "windows" if encoding == "utf-8-sig" else "replace"
    return raw.decode(encoding, errors).lstrip("\ufeff")


def _windows(error):
    """Bytes that are no UTF-8 as the letters that Windows-1252 has for them."""
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error("windows", _windows)


def _notebooks(text):
    """A notebook; several that were written one behind the other are one, with all their cells."""
    decoder, found = json.JSONDecoder(), []
    while text := text.lstrip():
        data, end = decoder.raw_decode(text)
        found, text = [*found, data], text[end:]
    first, *more = found
    for other in more:
        first["cells"] += other["cells"]
    return first, len(more)


def plain_lines(text):
    """Text that can be written as UTF-8, with line ends of Unix."""
    text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _salvaged(text):
    """The cells that can be read in a broken file, the last one mended if it is cut off."""
    start = re.search(r'"cells"\s*:\s*\[', text)
    last, found, decoder, tries = text.rfind('"cell_type"'), [], json.JSONDecoder(), 0
    at = start.end() if start else 0
    while 0 <= (at := text.find("{", at)) <= last and len(found) < CELLS and tries < TRIES:
        try:
            cell, at = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            tries += 1
            cell = _mended(text[at:]) if text.find('"cell_type"', at) == last else None
            at = at + 1 if cell is None else len(text)
        if isinstance(cell, dict) and "cell_type" in cell:
            found.append(cell)
    return found


def _mended(text):
    """A cell that is cut off, or None."""
    text = text.rstrip().rstrip(",")
    for end in ('"]}', "]}", '""]}', '"}', "}"):
        try:
            return json.loads(text + end)
        except (ValueError, RecursionError):
            continue
    return None


def _of_text(text):
    """The cells of a text that is no notebook, and what was done with it."""
    if PAGE.match(text):
        return _of_page(text)
    text = PREAMBLE.sub("", plain_lines(text[:CHARACTERS]))
    if len(EXPORTED.findall(text)) > 1:
        marks = ["", *EXPORTED.findall(text)]
        parts = zip(marks, EXPORTED.split(text), strict=True)
        cells = (cell for mark, part in parts for cell in _exported(mark, part))
        return [cell for cell in cells if cell["source"]], "taken as a script"
    if parses(text):
        return [_whole("code", part) for part in _statements(text)], "taken as a script"
    cells = _fenced(OPTIONS.sub("", text))
    if any(cell["cell_type"] == "code" for cell in cells):
        return cells, "its cells were taken out of Markdown"
    if parts := _paragraphs(text):
        return [_whole("code", part) for part in parts], "taken as a script"
    printable = len(CONTROL.findall(text)) <= len(text) / SHARE
    return [_whole("markdown", text)] * printable, UNREAD


def _of_page(text):
    """The cells of an HTML page as nbconvert writes it, by the classes of its templates."""
    page = BeautifulSoup(HEAD.sub("", text)[:TOTAL], "html.parser")
    for picture in page("img"):
        picture.replace_with(f"![]({picture.get('src', '')})")
    cells = []
    for part in page.select(".jp-Cell, div.cell"):
        code = part.select_one(".jp-CodeMirrorEditor, .input_area")
        shown = code or part.select_one(".jp-MarkdownOutput, .rendered_html")
        if shown:
            source, kind = shown.get_text().strip("\n"), "code" if code else "markdown"
            name = part.get("id", "").removeprefix("cell-id=")
            cells.append({"cell_type": kind, "source": plain_lines(source), "id": name})
    if cells:
        return cells, "its cells were taken out of a page of HTML"
    text = plain_lines(page.get_text(" "))[:CHARACTERS]
    return [_whole("markdown", text)], UNREAD


def _fenced(text):
    """The cells of Markdown, R Markdown, Quarto or MyST; indented blocks are what was printed."""
    lines, cells, at = text.split("\n"), [], 0

    def words(until):
        source = "\n".join(lines[at:until]).strip("\n")
        return [{"cell_type": "markdown", "source": source}] * bool(source)

    for token in MarkdownIt().disable("inline").parse(text):  # blocks alone: links take long
        printed = token.type == "code_block"
        if not token.level and (printed or (token.type == "fence" and FENCED.match(token.info))):
            cells += words(token.map[0])
            source = OPTIONS.sub("", token.content)
            cells += [{"cell_type": "code", "source": source.strip("\n")}] * (not printed)
            at = token.map[1]
    return cells + words(len(lines))


def _whole(kind, text):
    return {"cell_type": kind, "source": text, "whole": True}


def _exported(mark, part):
    """A cell of a script that jupytext has written; nbconvert marks none of the text behind it."""
    if "[markdown]" in mark:
        code, text = "", [part]
    else:
        code, text = (part, []) if "%%" in mark else _split(part)
    yield {"cell_type": "code", "source": code.strip("\n")}
    for words in text:
        plain = re.sub(r"^# ?", "", words.strip("\n"), flags=re.M)
        yield {"cell_type": "markdown", "source": OPTIONS.sub("", plain + "\n").strip("\n")}


def _split(part):
    """Code, and the comments at its end, each a cell of text: two empty lines stand in between."""
    behind = re.search(r"(?:\A|\n\n\n)((?:#.*\n|\n)*)\Z", part.rstrip("\n") + "\n")
    return (part[: behind.start()], re.split(r"\n{2,}", behind[1])) if behind else (part, [])


def _statements(text):
    """A script in pieces that fail each on its own, as cells do."""
    lines, starts = text.split("\n"), []
    for node in ast.parse(text).body:
        first = min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", ()))])
        starts.append(first - 1)
    starts = sorted({0, *starts[1 : CELLS - 1]})
    pieces = ["\n".join(lines[a:b]) for a, b in zip(starts, [*starts[1:], len(lines)], strict=True)]
    return [piece for piece in pieces if piece.strip()]


def _paragraphs(text):
    """A script that is no Python as a whole in pieces, of which some are; nothing of a mere text.

    A piece begins behind an empty line, at the margin.
    """
    pieces = [piece for piece in re.split(r"\n{2,}(?=[^\s)\]}])", text) if piece.strip()][:CELLS]
    defines = (re.match(r"(?:def|import|from) ", piece) and parses(piece) for piece in pieces)
    return pieces if any(defines) else []


def _plain(cell, notes):
    """A fresh cell with the text and the names of a submitted one; None if it is none."""
    if not isinstance(cell, dict):
        return None
    source = cell.get("source", "")
    if isinstance(source, list):
        source = "".join(line for line in source if isinstance(line, str))
    code, attachments = cell.get("cell_type") == "code", cell.get("attachments")
    if isinstance(source, str) and not code:
        source, attachments = _extracted(source, attachments)
        source = source[:CHARACTERS]
    if not isinstance(source, str) or len(source) > CHARACTERS:
        return None
    fresh = (new_code_cell if code else new_markdown_cell)(plain_lines(source))
    if not code:
        _illustrate(fresh, attachments, notes)
    names = [plain_lines(n) for n in (_graded(cell), cell.get("id")) if isinstance(n, str)]
    fresh.metadata["names"] = [WHOLE] if cell.get("whole") is True else names
    return fresh


def _graded(cell):
    """The name that nbgrader's metadata give a cell, or None."""
    metadata = cell.get("metadata") if isinstance(cell, dict) else None
    marks = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    return marks.get("grade_id") if isinstance(marks, dict) else None


def _extracted(source, attachments):
    """A text whose pictures are attachments, all of them, and these."""
    pictures = dict(attachments) if isinstance(attachments, dict) else {}

    def named(match):
        name = f"embedded-{len(pictures)}"
        pictures[name] = {f"image/{match[1].replace('jpg', 'jpeg')}": match[2]}
        return f"attachment:{name}"

    return EMBEDDED.sub(named, TAG.sub(r"![](\1)", source)), pictures


def _illustrate(cell, attachments, notes):
    """Keep the pictures pasted into a cell; a reference to one that is not there becomes text."""
    names, kept, size, missing = {}, {}, 0, []
    for name, kinds in attachments.items():
        for kind in ("image/png", "image/jpeg"):
            data = kinds.get(kind) if isinstance(kinds, dict) else None
            data = "".join(map(str, data)) if isinstance(data, list) else data
            if isinstance(data, str) and size + len(data) <= PICTURES and _is_base64(data):
                size += len(data)
                # nbconvert finds only names without spaces and the like
                names[name] = f"picture-{hashlib.sha256(data.encode()).hexdigest()[:12]}"
                kept[names[name]] = {kind: "".join(data.split())}

    def named(match):
        name = names.get(unquote(match[1]))
        if name and not match[2]:
            return f"attachment:{name}"
        missing.append(unquote(match[1])[:60])
        return match[0].replace(":", " :", 1)

    cell.source = PICTURE.sub(named, cell.source)
    if kept:
        cell.attachments = kept
    if missing:
        notes.append(f"pictures are missing: {', '.join(missing[:5])}")


def _is_base64(text):
    try:
        return bool(b64decode("".join(text.split()), validate=True))
    except ValueError:
        return False


def parses(source):
    """Whether this is Python."""
    try:
        ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True
