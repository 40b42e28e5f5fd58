"""Lines that others have written, their verdicts, and the five notes that are read so."""

import re

import pytest

from softmax_lib.exercises import five_sources
from softmax_lib.notation import BOOK
from softmax_lib.proofread import HOLDS, SILENT, SLIP, Passage, Remark
from website import notebooks

PAGES = [path for path in notebooks.chapters() if path.stem.startswith("note-")]
RIGHT, WRONG = r"= \mathbf{p} - \mathbf{y}", r"= \mathbf{p} + \mathbf{y}"


def passage(*lines):
    return Passage("".join(f"{line} % {n}\n" for n, line in enumerate(lines, 1)), BOOK)


def verdicts(judged):
    return [line.verdict for line in judged.lines]


def test_a_line_is_compared_with_the_start_of_its_chain():
    lines = passage(r"\nabla_{\mathbf{s}} \ell" + RIGHT, WRONG, RIGHT)
    assert verdicts(lines.judged({2: "the sign"})) == [HOLDS, SLIP, HOLDS]


def test_a_start_may_stand_alone_and_claims_nothing():
    lines = passage(r"\nabla_{\mathbf{s}} \ell", RIGHT, "")
    assert verdicts(lines.judged({})) == [SILENT, HOLDS, SILENT]


def test_words_are_judged_by_their_claim_and_a_formula_may_claim_nothing():
    lines = passage("", r"p_k = y_k")
    remarks = {1: Remark("so it is", claim=r"\sum_{k=1}^C p_k = 1"), 2: Remark("words", claim=None)}
    assert verdicts(lines.judged(remarks)) == [HOLDS, SILENT]


def test_a_line_that_cannot_be_read_is_a_slip():
    judged = passage(r"p_k = \zeta").judged({1: "an unknown letter"})
    assert verdicts(judged) == [SLIP]
    assert "unknown symbol" in str(judged)


@pytest.mark.parametrize(
    ("line", "remark", "told"),
    [
        ("p_k = y_k", "", "no remark says why"),
        (r"\sum_{k=1}^C p_k = 1", Remark("why", meant="p_k = p_k"), "nothing else can be meant"),
        ("p_k = y_k", Remark("why", meant="p_k = 1"), "what is meant"),
    ],
)
def test_a_proofreader_who_is_wrong_is_told(line, remark, told):
    with pytest.raises(ValueError, match=told):
        passage(line).judged({1: remark})


def test_a_verdict_is_told_by_words_and_a_class():
    html = passage("p_k = y_k", r"\sum_{k=1}^C p_k = 1").judged({1: "a $k$"})._repr_html_()
    rows = re.findall(r'<li class="(\w+)"><span><b>(\d)</b> (\S+ \w+)</span>', html)
    assert rows == [("slip", "1", SLIP), ("holds", "2", HOLDS)]
    assert r'a <span class="math">\(k\)</span>' in html


@pytest.fixture(scope="module", params=PAGES, ids=lambda path: path.stem)
def page(request):
    """A note's page, what it shows before the solution, and all lines that it judges."""
    shown = []
    with pytest.MonkeyPatch.context() as patch:
        judge = Passage.judged
        patch.setattr(Passage, "judged", lambda *of: shown.append(judge(*of)) or shown[-1])
        names = {}
        for cell in notebooks.convert(request.param).cells[1:]:
            if cell.cell_type == "code" and not cell.id.endswith("install"):
                exec(cell.source, names)
    return request.param.stem, [line for judged in shown for line in judged.lines]


def test_a_note_is_judged_whole_and_its_slips_are_those_that_readers_look_for(page):
    name, lines = page
    numbers = [int(line.number) for line in lines]
    assert numbers == sorted(set(numbers))
    slips = tuple(int(line.number) for line in lines if line.verdict == SLIP)
    if name == "note-000":  # taken apart as an example
        assert len(slips) == 10
    else:
        assert getattr(five_sources, name.replace("-", "_"))(fail=slips)


def test_no_page_shows_the_name_of_a_file():
    texts = [path.read_text() for path in notebooks.chapters()]
    assert not [text for text in texts if re.search(r"\b\d{3}_[0-9a-f]{16}", text)]
