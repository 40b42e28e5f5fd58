"""What only Jupyter understands becomes plain Python: the rest of the cell runs as it would there.

Lines of magic and shell are comments here, `%time` and `%%time` run what they time, `%%writefile`
writes its file, and an empty list takes the place of what a shell would have printed.
"""

import ast
import re

__all__ = ["without_magics", "writing"]

MAGIC = re.compile(r"^(\s*)((?:[%!?]|[\w.]+\s*=\s*[%!]|[\w.]+\?).*)$")
WHOLE_CELL = re.compile(r"\s*%%(\w+).*\n?")
WRITTEN = re.compile(r"\s*%%(?:writefile|file)\s+(-a\s+)?[\"']?([^\"'\n]+?)[\"']?\s*?\n")
TIMED = re.compile(r"%(?:time|prun)\s+(?!-)(.*)")
RUN = {"time", "timeit", "capture", "prun", "python", "python3"}  # their cells run here too
ROUNDS = 100  # corrections of one cell


def without_magics(source, number, notes):
    """The cell as plain Python; lines that only Jupyter understands become comments."""
    lines = source.split("\n")
    if match := WRITTEN.match(source):
        lines = writing(match[2], source[match.end() :], "aw"[not match[1]])
    elif match := WHOLE_CELL.match(source):
        run = match[1] in RUN
        at = next(n for n, line in enumerate(lines) if line.strip())
        lines = [f"# {line}" if n <= at or not run else line for n, line in enumerate(lines)]
    for _ in range(ROUNDS):
        at = _unread(lines)
        if at is None or not MAGIC.match(lines[at]):
            break
        while at < len(lines) and (magic := MAGIC.match(lines[at])):
            end = at + 1
            while lines[end - 1].endswith("\\") and end < len(lines):
                end += 1
            lines[at:end] = [_comment(*magic.groups()), *(f"# {x}" for x in lines[at + 1 : end])]
            at = end
    if lines != source.split("\n"):
        notes.append(f"magics or shell lines in cell {number + 1} were left out")
    return "\n".join(lines)


def writing(path, text, mode="w"):
    """The lines of a cell that writes a file of text, or of bytes."""
    mode += "b" * isinstance(text, bytes)
    return [f"with open({path!r}, {mode!r}) as file:", f"    file.write({text!r})"]


def _unread(lines):
    """The line at which Python stops reading, or None."""
    try:
        ast.parse("\n".join(lines))
    except SyntaxError as error:
        return max(0, min(error.lineno or 1, len(lines)) - 1)
    except (ValueError, RecursionError, MemoryError):
        pass
    return None


def _comment(indent, magic):
    """A line in the place of a magic one, with a value for the name that it sets."""
    if timed := TIMED.match(magic):
        return f"{indent}{timed[1]}"
    name, sign, _ = magic.partition("=")
    if sign and re.fullmatch(r"[\w.]+\s*", name):
        return f"{indent}{name}= []  # {magic}"
    return f"{indent}pass  # {magic}"
