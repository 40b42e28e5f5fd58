"""Words around formulas, where a text is prose and its formulas stand in dollars."""

import re

__all__ = ["prose"]

DOLLARS = re.compile(
    r"\\\\|\\(?:text\w*|[mh]box)\s*\{(?:[^{}]|\{[^{}]*\})*\}|(?<!\\)\$\$?|\\[()\[\]]"
)
OPENING = "$", "$$", r"\(", r"\["
SENTENCE = re.compile(r"[\s,;.:()]*|(?=.*[A-Za-z]{2})[\w\s,;.:!?()'’\"-]*", re.DOTALL)


def prose(latex):
    r"""Of words that stand outside of formulas in $…$, \(…\), $$…$$ or \[…\]: by the place where
    they begin, where they end, and the words; nothing if all of the text is one formula."""
    signs = [m for m in DOLLARS.finditer(latex) if m[0] in (*OPENING, r"\)", r"\]")]
    pairs = list(zip(signs[::2], signs[1::2], strict=False))
    if not pairs or len(signs) % 2 or any(a[0] not in OPENING for a, _ in pairs):
        return {}
    before = [(0, 0), *(closed.span() for _, closed in pairs)]
    behind = [*(opened.span() for opened, _ in pairs), (len(latex), len(latex))]
    spans = list(zip(before, behind, strict=True))
    words = [latex[a[1] : b[0]] for a, b in spans]
    if not all(map(SENTENCE.fullmatch, words)) or not any(map(str.strip, words)):
        return {}
    return {a[0]: (b[1], said) for (a, b), said in zip(spans, words, strict=True) if a[0] < b[1]}
