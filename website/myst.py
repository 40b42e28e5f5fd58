"""A page of the book in its parts, by the tokens of the parser that Sphinx uses for it."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from myst_parser.config.main import MdParserConfig
from myst_parser.mdit_to_docutils.base import DocutilsRenderer
from myst_parser.parsers.mdit import create_md_parser

from derivation.pages.page import CODE, EXTENSIONS, Directive

__all__ = ["Part", "parts", "walk"]

PARSER = create_md_parser(MdParserConfig(enable_extensions=EXTENSIONS), DocutilsRenderer)
KINDS = {
    "fence": "directive", "colon_fence": "directive", "front_matter": "front matter",
    "heading_open": "heading", "math_block": "equation", "math_block_label": "equation",
    "myst_line_comment": "comment", "myst_target": "target",
}  # fmt: skip
HEADING = re.compile(r"#+ +")


@dataclass
class Part:
    """Lines of a page that are no prose, from `first` up to `end`.

    The kind is front matter, heading, target, comment, equation, code or directive. A directive has
    all of its fields; a gated one, ``{name-start}`` to ``{name-end}``, is one part with what stands
    between as its body. The name of a target or an equation is its label, and of a heading it is
    h1 to h6, with the text as its body.
    """

    kind: str
    first: int
    end: int
    name: str = ""
    argument: str = ""
    options: dict = field(default_factory=dict)
    body: str = ""


def parts(text) -> Iterator[Part]:
    """The parts of a page, or of a directive's body, in their order.

    Raises
    ------
    ValueError
        For a gate without its end.
    """
    lines = text.splitlines()
    found = (_part(token, lines) for token in PARSER.parse(text) if token.type in KINDS)
    for part in found:
        if part.kind == "directive" and part.name.endswith("-start"):
            name = part.name.removesuffix("-start")
            end = next((p for p in found if p.name == f"{name}-end"), None)
            if end is None:
                raise ValueError(f"{{{part.name}}} in line {part.first + 1} has no {{{name}-end}}")
            part = replace(
                part, name=name, end=end.end, body="\n".join(lines[part.end : end.first])
            )
        yield part


def walk(text) -> Iterator[Part]:
    """The parts of a page, each followed by those in its body."""
    for part in parts(text):
        yield part
        if part.kind == "directive" and part.name not in CODE:
            yield from walk(part.body)


def _part(token, lines):
    kind, (first, end) = KINDS[token.type], token.map
    if kind == "directive":
        found = Directive(token)
        if not found.name:
            return Part("code", first, end, body=token.content)
        return Part(kind, first, end, found.name, found.argument, found.options, found.body)
    if kind == "heading":
        return Part(kind, first, end, token.tag, body=HEADING.sub("", lines[first]))
    name = {"math_block_label": token.info, "myst_target": token.content}.get(token.type, "")
    return Part(kind, first, end, name)
