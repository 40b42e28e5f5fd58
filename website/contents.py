"""What _config.yml and _toc.yml say: the settings, and the pages with their numbers."""

from dataclasses import dataclass
from pathlib import Path

import yaml
from sphinx_external_toc.parsing import parse_toc_yaml

HOME = Path(__file__).absolute().parent.parent  # a link to this package has a book of its own
CONFIG = yaml.safe_load((HOME / "_config.yml").read_text())


@dataclass(frozen=True)
class Entry:
    """A page of the book: its source, the caption of its part, its number if it has one."""

    path: Path
    part: str = ""
    number: int | None = None

    @property
    def name(self):
        return self.path.stem


def entries():
    """The pages of the book in their order, the front page first."""
    toc, number = parse_toc_yaml(HOME / "_toc.yml"), 0
    found = [Entry(_source(toc.root.docname))]
    for part in toc.root.subtrees:
        for chapter in part.items:
            number += bool(part.numbered)
            found.append(Entry(_source(chapter), part.caption, number if part.numbered else None))
            sections = (page for tree in toc[chapter].subtrees for page in tree.items)
            found += [Entry(_source(page), part.caption) for page in sections]
    return found


def _source(name):
    return HOME / f"{name}.md"
