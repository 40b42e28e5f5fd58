"""The stylesheets of the theme and of the book as one, light, and right without a script."""

import os
import re
from hashlib import sha256
from itertools import groupby, pairwise
from pathlib import Path

import tinycss2
from fontTools import subset
from sphinx.errors import ExtensionError

DARK = re.compile(r"""\[data-theme=["']?dark["']?\]""")
LIGHT = re.compile(r"""\[data-theme=["']?light["']?\]""")
UNMARKED = ":not([data-theme])"


def join(static, pages, scripts, insides):
    """Join the stylesheets that all pages have, without the rules whose classes none of them knows.

    `insides` are parts of the pages that are not in their trees. Returned are the addresses of each
    page's sheets: the one, and what it alone has beside others.
    """
    known = {"data-theme"}
    for script in scripts:
        known.update(re.findall(r"[\w-]+", (static / script).read_text()))
    for inside in insides:
        known.update(*map(str.split, re.findall('class="([^"]*)"', inside)))
    for page in pages:
        known.update(name for tag in page(class_=True) for name in tag["class"])
        known.update(tag["id"] for tag in page(id=True))
    linked = [_linked(page) for page in pages]
    shared = [name for name in linked[0] if all(name in names for names in linked)]
    site = _write(static, "site.css", shared, known)
    few = set().union(*linked).difference(shared)
    few = {name: _write(static, name, [name], known) for name in few}
    return [[site, *(few[name] for name in names if name in few)] for names in linked]


def _linked(page):
    links = (tag["href"] for tag in page("link", rel="stylesheet"))
    names = (link.partition("?")[0].rpartition("_static/")[2] for link in links)
    return list(filter(None, dict.fromkeys(names)))


def _write(static, result, names, known):
    """Write some stylesheets as one; its address.

    Light is what holds without a script and in print; the dark rules stand at the end, on screens
    alone: for pages marked as dark, and without a script for who prefers it.
    """
    light, dark = "", ""
    for name in names:
        folder = (Path("/") / name).parent
        sheet = (static / name).read_text()
        for imported in re.findall(r'@import "([^"]*)";', sheet):
            sheet = (static / name).parent.joinpath(imported).read_text() + sheet
        sheet = re.sub(
            r"""url\(["']?(?!data:|#)([^)"']+)["']?\)""",
            lambda link, folder=folder: f"url({os.path.normpath(folder / link[1])[1:]})",
            sheet,
        )
        rules = tinycss2.parse_stylesheet(sheet, skip_comments=True, skip_whitespace=True)
        light += _pruned(rules, known, lambda selector: not DARK.search(selector))
        dark += _pruned(rules, known, DARK.search)
    if not dark:
        raise ExtensionError(f"pages.py found no rules for the dark scheme in {names}")
    light = LIGHT.sub(":root", light)
    css = f"{light}@media screen {{\n{dark}}}\n"
    css += f"@media screen and (prefers-color-scheme: dark) {{\n{DARK.sub(UNMARKED, dark)}}}\n"
    path = static / result
    path.write_text(_few_icons(static, css))
    return f"{result}?v={sha256(path.read_bytes()).hexdigest()[:8]}"  # none from an old cache


def _pruned(rules, known, wanted):
    """The rules as text, with the selectors that are wanted and name nothing that is not known."""
    text = ""
    for rule in rules:
        if rule.type == "qualified-rule":
            kept = [s for s in _selectors(rule.prelude) if _names_in(s) <= known]
            kept = [s for s in kept if wanted(tinycss2.serialize(s))]
            if kept:
                body = re.sub(
                    r"/\*.*?\*/|\s*\n\s*", "", tinycss2.serialize(rule.content), flags=re.DOTALL
                )
                chosen = ",".join(tinycss2.serialize(s).strip() for s in kept)
                if LIGHT.search(chosen):  # holds in the dark, too, where another rule may differ
                    body = body.replace("!important", "")
                text += f"{chosen}{{{body}}}\n"
        elif rule.type == "at-rule" and rule.lower_at_keyword in ("media", "supports"):
            inner = _pruned(tinycss2.parse_rule_list(rule.content, True, True), known, wanted)
            if inner:
                text += f"@{rule.at_keyword}{tinycss2.serialize(rule.prelude)}{{{inner}}}\n"
        elif rule.type == "at-rule" and rule.lower_at_keyword not in ("charset", "import"):
            text += rule.serialize() + "\n" if wanted("") else ""  # fonts and the like, once
    return text


def _selectors(tokens):
    """The selectors of a rule, cut at the commas between them."""
    return [list(part) for comma, part in groupby(tokens, lambda t: t == ",") if not comma]


def _names_in(selector):
    """The classes and ids that a selector asks for; what is inside :not() or :is() is no demand."""
    classes = {b.value for a, b in pairwise(selector) if a == "." and b.type == "ident"}
    return classes | {token.value for token in selector if token.type == "hash"}


def _few_icons(static, css):
    """The stylesheet with fonts of its own icons only, which have codes for private use."""
    shown = [ord(character) for character in set(css) if "\ue000" <= character <= "\uf8ff"]

    def smaller(match):
        name = Path(match[1]).name
        subset_font(static / match[1], static / name, shown)
        return name

    return re.sub(r"(?<=url\()([^)]*/fa-[^)]*woff2)(?=\))", smaller, css)


def subset_font(source, result, characters):
    """Write a font with some characters, by number, and what draws their larger forms alone."""
    options = subset.Options(layout_features=["*"], flavor="woff2")
    font, subsetter = subset.load_font(source, options), subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    subset.save_font(font, result, options)
