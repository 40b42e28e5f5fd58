"""The book in one file: what the PDF and the EPUB hold."""

import re
import subprocess
import sys
import unicodedata
from functools import cache
from urllib.parse import unquote, urldefrag
from xml.etree import ElementTree
from zipfile import ZIP_STORED, ZipFile

import pytest
from pypdf import PdfReader
from pypdfium2 import PdfDocument

from website import articles, contents, equations, pdf

PDF, EPUB = (articles.BUILD / f"softmax-regression.{kind}" for kind in ("pdf", "epub"))
NAMES = articles.NAMES
XHTML, MATHML = "{http://www.w3.org/1999/xhtml}", "{http://www.w3.org/1998/Math/MathML}"
OPF = "{http://www.idpf.org/2007/opf}"


@cache
def article(name):
    return articles.article(name)


def squeezed(text):
    """A text without spaces, and with letters in the place of ligatures."""
    return "".join(unicodedata.normalize("NFKC", text).split())


@pytest.fixture(scope="session")
def book():
    return PdfReader(PDF)


@pytest.fixture(scope="session")
def printed():
    """The text of each sheet of the PDF."""
    return [sheet.get_textpage().get_text_range() for sheet in PdfDocument(PDF)]


@pytest.fixture(scope="session")
def sheets(printed):
    """The same without spaces."""
    return list(map(squeezed, printed))


def test_the_pdf_is_tagged_and_says_what_it_is(book):
    assert book.trailer["/Root"]["/MarkInfo"]["/Marked"]
    assert book.trailer["/Root"]["/StructTreeRoot"]["/K"]
    assert book.trailer["/Root"]["/Lang"] == "en"
    assert book.metadata.title == contents.CONFIG["title"]
    assert book.metadata.author == contents.CONFIG["author"]


def test_the_outline_of_the_pdf_leads_to_every_chapter(book, sheets):
    leads = dict(flat(book, book.outline))
    for name in NAMES:
        words = articles.title(article(name))
        assert squeezed(words) in sheets[leads[words]]


def test_the_contents_of_the_pdf_say_on_which_sheet_each_chapter_begins(book, sheets):
    leads = dict(flat(book, book.outline))
    begins = [leads[articles.title(article(name))] + 1 for name in NAMES[1:]]
    assert "".join(map(str, begins)) in sheets[leads["Contents"]]


def flat(book, outline):
    """The titles of an outline, each with the sheet that it leads to."""
    for entry in outline:
        if isinstance(entry, list):
            yield from flat(book, entry)
        else:
            yield entry.title, book.get_destination_page_number(entry)


def test_the_pdf_embeds_its_fonts_and_no_other(book):
    names = set()
    for sheet in book.pages:
        for font in sheet["/Resources"].get("/Font", {}).values():
            font = font.get_object()
            assert font["/Subtype"] != "/Type3"  # pictures of letters, heavier than the text
            assert "/FontFile2" in font["/DescendantFonts"][0]["/FontDescriptor"]
            names.add(font["/BaseFont"].partition("+")[2].partition("-")[0])
    faces = {family.replace(" ", "") for family, _, _ in pdf.FACES}
    assert names == {*faces, "LatinModernMath"}


def test_a_full_line_of_the_pdf_has_at_most_ninety_characters(printed):
    lines = "\n".join(printed).splitlines()
    lines = [len(line) for line in lines if re.match("[a-z ,]{40}", line)]
    assert 75 < sorted(lines)[int(0.9 * len(lines))] <= 90


def test_no_sheet_within_a_chapter_is_nearly_empty(book, sheets):
    """Less than a fifth of a full one: what goes over to the next sheet is small."""
    leads = dict(flat(book, book.outline))
    ends = {leads[articles.title(article(name))] - 1 for name in NAMES} | {len(sheets) - 1}
    drawn = {n for n, sheet in enumerate(book.pages) if "/XObject" in sheet["/Resources"]}
    within = set(range(len(sheets))) - ends - drawn
    assert not {n + 1: len(sheets[n]) for n in within if len(sheets[n]) < 400}
    assert min(map(len, sheets)) > 40  # of a blank one: the running title and the number


@pytest.mark.parametrize("name", NAMES)
def test_the_pdf_holds_the_text_of_every_page(name, sheets):
    plain = [p.get_text() for p in article(name)("p") if not p.find(["math", "code"])]
    lines = [squeezed(text) for text in plain if 40 < len(text) < 300]
    book = "".join(sheets)
    found = sum(line in book for line in lines)  # some go over the edge of a sheet
    assert found > 0.8 * len(lines) > 0


def test_the_links_in_the_pdf_lead_where_those_of_the_site_do(book):
    notes = [note.get_object() for sheet in book.pages for note in sheet.get("/Annots", [])]
    places = {note["/Dest"] for note in notes if "/Dest" in note}
    assert places <= set(book.named_destinations)
    wanted = {articles.target(link, name) for name in NAMES for link in article(name)("a")}
    assert {"/" + "--".join(filter(None, place)) for place in wanted if place[0]} <= places


def test_every_figure_is_in_the_pdf(book):
    drawn = [
        thing
        for sheet in book.pages
        for thing in sheet["/Resources"].get("/XObject", {}).values()
        if thing["/Subtype"] == "/Image"
    ]
    assert len(drawn) == sum(len(article(name)("img")) for name in NAMES)


@pytest.fixture(scope="session")
def archive():
    with ZipFile(EPUB) as archive:
        yield archive


@pytest.fixture(scope="session")
def pages(archive):
    """The pages of the EPUB, parsed as XML: what is not well-formed stops here."""
    names = [name for name in archive.namelist() if name.endswith(".xhtml")]
    return {name: ElementTree.fromstring(archive.read(name)) for name in names}


def test_the_epub_lists_what_it_holds_in_the_order_of_the_book(archive):
    package = ElementTree.fromstring(archive.read("book/package.opf"))
    items = {item.get("id"): f"book/{item.get('href')}" for item in package.iter(f"{OPF}item")}
    held = archive.namelist()
    assert held[:3] == ["mimetype", "META-INF/container.xml", "book/package.opf"]
    assert archive.getinfo("mimetype").compress_type == ZIP_STORED
    assert sorted(items.values()) == sorted(held[3:])
    spine = [items[item.get("idref")] for item in package.iter(f"{OPF}itemref")]
    assert spine == [f"book/{name}.xhtml" for name in ("nav", *NAMES)]
    assert {"book/latinmodern-math.woff2", "book/GUST-FONT-LICENSE.txt"} < set(held)


@pytest.mark.parametrize("name", NAMES)
def test_every_formula_of_a_page_is_mathml_in_the_epub(name, pages):
    page, source = pages[f"book/{name}.xhtml"], (articles.SITE / f"{name}.html").read_text()
    quizzes = articles.fragment(source).select(".quiz")  # a question is repeated with its answers
    asked = sum(len(quiz("math")) for quiz in quizzes)
    said = sum(len(quiz.select("details > :not(summary) math")) for quiz in quizzes)
    here = source.count("<math") + asked - said
    assert len(list(page.iter(f"{MATHML}math"))) == here
    assert not list(page.iter(f"{XHTML}math"))
    assert "\\(" not in "".join(page.itertext())


def test_links_and_images_of_the_epub_lead_somewhere(archive, pages):
    ids = {name: {element.get("id") for element in page.iter()} for name, page in pages.items()}
    for name, page in pages.items():
        for element in page.iter():
            url, place = urldefrag(element.get("href") or element.get("src") or "")
            if ":" not in url:
                there = f"book/{url}" if url else name
                assert there in archive.namelist(), url
                assert not place or unquote(place) in ids[there], (name, url, place)


def test_no_page_of_the_epub_needs_a_script_or_folds_its_solutions(pages):
    for page in pages.values():
        assert not [e for e in page.iter() if e.tag in (f"{XHTML}script", f"{XHTML}details")]
        assert "Show code cell" not in "".join(page.itertext())  # nor the words of a fold


@pytest.mark.parametrize("name", NAMES)
def test_solutions_and_answers_stand_after_all_that_is_asked(name):
    text, source = article(name), (articles.SITE / f"{name}.html").read_text()
    solved = ["solution" in box["class"] for box in text.select(".exercise, .solution")]
    said = [bool(box.select(".choice > p:not(.admonition-title)")) for box in text.select(".quiz")]
    assert (solved, said) == (sorted(solved), sorted(said))
    assert solved.count(True) == source.count('<details class="solution')
    assert said.count(True) == said.count(False) == source.count('<div class="quiz')


def test_a_mark_and_a_formula_have_words_for_those_who_do_not_see_them(pages):
    page = pages["book/jacobian.xhtml"]
    marks = [a for a in page.iter(f"{XHTML}a") if "derivation-mark" in a.get("class", "")]
    assert marks
    assert all(
        len(mark.get("aria-label")) > 20 and "".join(mark.itertext()) in "✓✗" for mark in marks
    )
    assert all(math.get("alttext") for math in page.iter(f"{MATHML}math"))
    assert not list(page.iter(f"{MATHML}annotation"))


def test_the_styles_of_the_epub_ask_nothing_of_older_readers(archive):
    sheets = [archive.read(name).decode() for name in archive.namelist() if name.endswith(".css")]
    assert len(sheets) == 2
    assert not [sheet for sheet in sheets if re.search(r":has\(|:is\(|::details", sheet)]


def test_latex_in_programs_breaks_between_words_alone():
    words = article("log-sum-exp").select("pre .word")
    assert words
    assert not [word for word in words if re.search(r"\s", word.get_text())]


@pytest.mark.parametrize("name", NAMES)
def test_no_page_shows_a_note_to_the_checker(name):
    text = re.sub(r"(?s)<pre>.*?</pre>", "", str(article(name)))
    comments = [line.partition("% ")[2] for line in text.splitlines()]
    shown = [comment for comment in comments if equations.NOTE.match(comment)]
    assert not shown, "a note cannot be the first line of a proof; put it above"


def test_libraries_say_nothing_while_the_editions_are_made():
    command = [sys.executable, "-c", "import website.editions"]
    run = subprocess.run(command, cwd=articles.HOME, capture_output=True, text=True, check=True)
    assert run.stderr == ""


def test_the_front_page_offers_both():
    front = articles.fragment((articles.SITE / "index.html").read_text())
    links = [link["href"] for link in front.select(".editions a")]
    assert links == [f"../{path.name}" for path in (PDF, EPUB)]
