"""The built pages as text, and what can be said of them without a browser."""

import json
import re
import subprocess
from functools import cache, cached_property
from pathlib import Path
from urllib.parse import unquote, urldefrag

from bs4 import BeautifulSoup, NavigableString
from fontTools.ttLib import TTFont

from website import audit
from website.pages import PAGE_FONT

HERE, NAMES = Path(__file__).parent, audit.names()
FONT = TTFont(audit.SITE / "_static" / PAGE_FONT).getBestCmap()
TEX = re.compile(r"\\[a-zA-Z]{2,}|\\[()\[\]]|\$[^$]+\$|[\^_]\{")
PROGRAM = re.compile(r"(?s)<(script|style|code|pre|math)\b.*?</\1>")
# the titles and authors of other works included
NOT_PROSE = ".math, .eqno, .headerlink, .citation-list, a[href*='references.html#']"
CHILDREN = {"mfrac": 2, "msub": 2, "msup": 2, "mover": 2, "munder": 2}
CHILDREN |= {"msubsup": 3, "munderover": 3, "mroot": 2}
FILE_NAME = re.compile(r"\S+\.(png|svg|jpe?g|webp)$")


class Page:
    """One page of the site; `name` is its path from the root of the site."""

    def __init__(self, name, text):
        self.name, self.text = name, text

    @cached_property
    def soup(self):
        return BeautifulSoup(self.text, "html.parser")

    @cached_property
    def bare(self):
        """The page without its programs and formulas, in which most of its elements stand."""
        return BeautifulSoup(PROGRAM.sub(" ", self.text), "html.parser")

    @cached_property
    def ids(self):
        return {element["id"] for element in self.soup(id=True)}

    def select(self, selector, attribute):
        return [element.get(attribute) for element in self.bare.select(selector)]

    def broken_links(self):
        """Links, images, scripts and styles of this site that are not there."""
        here = audit.SITE / self.name
        addresses = [link["href"] for link in self.soup(["a", "link"], href=True)]
        addresses += [element["src"] for element in self.soup(src=True)]
        for address in addresses:
            if re.match(r"[a-z]+:|//", address):
                continue
            url, anchor = urldefrag(address)
            target = (here.parent / unquote(url.split("?")[0])).resolve() if url else here
            if not target.is_file():
                yield address
            elif anchor and target.suffix == ".html":
                ids = self.ids if target == here else page(target.relative_to(audit.SITE)).ids
                if unquote(anchor) not in ids:
                    yield address

    def images_without_text(self):
        """Images whose alternative text is missing, short, or the name of a file."""
        for image in self.soup("img"):
            words = image.get("alt", "")
            if len(words) < 20 or FILE_NAME.match(words):
                yield f"{image['src']}: {words!r}"

    def description_faults(self):
        """What is wrong with the sentence that search engines show."""
        found = self.select('meta[name="description"]', "content")
        if len(found) != 1:
            yield f"{len(found)} descriptions"
        for words in found:
            if TEX.search(words) or not 50 <= len(words) <= 300:
                yield f"{len(words)} characters: {words}"

    def formulas_without_mathml(self):
        """Formulas left as TeX, in an element for mathematics or in the text."""
        for formula in self.soup(class_="math"):
            if not formula.find("math"):
                yield formula.get_text()
        yield from TEX.findall(self.prose(".math"))

    def formulas_malformed(self):
        """Elements of formulas with too many or too few others in them."""
        for element in self.soup(list(CHILDREN)):
            if len(element.find_all(recursive=False)) != CHILDREN[element.name]:
                yield str(element)

    def inline_programs(self):
        """What a strict policy of a server refuses: scripts and styles, also in attributes."""
        yield from map(str, self.soup("script", src=None) + self.soup("style"))
        for element in self.soup.find_all(True):
            refused = (name for name in element.attrs if name[:2] == "on" or name == "style")
            yield from (f"{name} of {element.name}" for name in refused)

    def doubled(self):
        """What a page should have once."""
        sheet = "link[rel=stylesheet]:not([href*='figures.css'])"  # of pages that have figures
        for what in ("meta[name=viewport]", "h1", "main", sheet):
            if len(found := self.bare.select(what)) != 1:
                yield f"{len(found)} times {what}"

    def exercises_named_twice(self):
        """Solutions whose title repeats more of the exercise's than its number, or is another's."""
        titles = [title.get_text() for title in self.bare.select(".solution > summary")]
        yield from (title for title in titles if "(" in title or titles.count(title) > 1)

    def torn(self):
        """Texts where a line may end between a number and its unit, or beside a formula's sign."""
        return re.findall(r".*\d (?:min|h|GB|%)\b|.*\w [−×=] [\w(]", self.bare.main.get_text())

    def characters_without_font(self):
        """Characters in formulas that the font of the pages has not; roots have one, too."""
        texts = (text for math in self.soup("math") for text in math.find_all(string=True))
        formulas = "".join(text for text in texts if text.parent.name != "annotation")
        formulas += "√" if self.soup(["msqrt", "mroot"]) else ""
        return sorted(character for character in set(formulas) if ord(character) not in FONT)

    def prose(self, without=NOT_PROSE):
        """The text that a reader reads, alternative texts and description included."""
        left_out = {id(element) for element in self.bare.select(without)}
        texts = [
            text
            for text in self.bare.find_all(string=True)
            if type(text) is NavigableString  # no comment, no document type
            and not any(id(parent) in left_out for parent in text.parents)
        ]
        texts += self.select("img", "alt") + self.select('meta[name="description"]', "content")
        return " ".join(filter(None, texts)).replace("’", "'")


@cache
def page(name):
    return Page(str(name), (audit.SITE / name).read_text())


def doctored(addition, name="book/index.html"):
    """A page of the site with something added at the end of its text."""
    text = page(name).text
    assert "</article>" in text
    return Page(name, text.replace("</article>", f"{addition}</article>", 1))


def html_errors(pages, folder):
    """Breaches of the HTML standard, by page."""
    names, report = _write(pages, folder, "html", lambda page: page.text), folder / "report.json"
    _node("html-validate/bin/html-validate.mjs", folder, f"--formatter=json={report}", *names)
    found = {file["filePath"]: file["messages"] for file in json.loads(report.read_text())}
    return {
        page.name: [f"line {m['line']}: {m['message']}" for m in found.get(str(folder / name), [])]
        for name, page in names.items()
    }


def misspelt(pages, folder):
    """Words that neither the dictionaries nor cspell.json know, by page."""
    names = _write(pages, folder, "txt", Page.prose)
    said = _node(
        "cspell/bin.mjs", folder, "--no-progress", "--no-summary", "--no-gitignore", *names
    )
    found = {page.name: [] for page in pages}
    for line in said.splitlines():
        name, word = re.match(r"(.*?):\d+:\d+ - Unknown word \((.*?)\)", line).groups()
        found[names[name].name].append(word)
    return found


def _write(pages, folder, suffix, text):
    """Write the pages into a folder; the names of the files, each with its page."""
    names = {f"{page.name.replace('/', '-')}.{suffix}": page for page in pages}
    for name, page in names.items():
        (folder / name).write_text(text(page))
    return names


def _node(program, folder, *arguments):
    """What a program of node_modules says of files in a folder: nothing (exit 0), or faults (1)."""
    config = HERE / f"{program.split('/')[0]}.json"
    command = [audit.NODE, audit.MODULES / program, f"--config={config}", *arguments]
    run = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if run.returncode not in (0, 1) or run.stderr:
        raise RuntimeError(f"{program}: {run.stderr or run.stdout}")
    return run.stdout
