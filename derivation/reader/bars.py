"""Bars that meet, || as the bar of a norm or as two bars; and what stands in each bracket."""

from .tokens import BREAK, LINE, OPERATORS, RELATIONS, Token, nesting

__all__ = ["brackets", "paired"]


def paired(found):
    """Every || as the bar of a norm or as two bars, of which one closes where a value has ended."""
    out, open_, ends = [], [], False
    for n, token in enumerate(found):
        signs = [token.text]
        if token.text == "||":
            bar = open_[-1] if ends and open_ else _first_bar(found[n + 1 :])
            signs = ["|", "|"] if bar == "|" else [r"\|"]
        if token.text in RELATIONS or token.text in (LINE, BREAK):
            open_ = []
        for sign in signs:
            if sign not in ("|", r"\|"):
                ends = _ends_value(sign)
            elif ends and sign in open_[-1:]:
                open_.pop()
            else:
                open_.append(sign)
                ends = False
            out.append(Token(sign, token.at, token.end, token.inside))
    return out


def _first_bar(found):
    """The first bar in what follows, if a value has ended before it."""
    ends = False
    for token in found:
        if token.text in ("|", r"\|", "||") or token.text in RELATIONS:
            return token.text if ends else ""
        ends = _ends_value(token.text)
    return ""


def _ends_value(text):
    """Whether a value can end with this token, and one of its bars come next."""
    letter = text[:1] == "\\" and text[1:2].isalpha() and text not in {*OPERATORS, *APPLYING}
    return text[-1:].isalnum() * (text[:1] != "\\") or letter or text in (")", "]", "}", r"\}", "'")


APPLYING = (r"\frac", r"\sum", r"\prod", r"\max", r"\min", r"\log", r"\exp", r"\tanh", r"\sqrt",
            r"\partial", r"\nabla", r"\text", r"\dots")  # fmt: skip


def brackets(found):
    """What stands directly in each bracket, by the place of the one that opens; and the place of
    one without its other half, if there is one: of those that no interval turns round."""
    inside, open_, alone = {}, [], None
    for token in found:
        turn = nesting(token)
        if turn < 0 and open_:
            open_.pop()
        elif turn < 0 and token.text in (")", "}", r"\}"):
            alone = token.at if alone is None else alone
        if open_:
            inside[open_[-1].at].append(token.text)
        if turn > 0:
            open_.append(token)
            inside[token.at] = []
    rest = [token.at for token in open_ if token.text in ("(", "{", r"\{")]
    return inside, min(rest, default=alone)
