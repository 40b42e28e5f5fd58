"""From LaTeX to tokens, in which a thing has one spelling.

What only aligns, sizes, numbers or colours is passed over here, and nothing else is: what is not
known comes out as a token that no rule of the grammar takes.
"""

import re
from dataclasses import dataclass, replace

from ..syntax import DerivationError
from .layout import HELD, closing_brace, evened
from .pasted import LOWERED, RAISED, UNSEEN, level, pasted
from .prose import prose

__all__ = ["BREAK", "LINE", "NEGATIVE", "OPERATORS", "RELATIONS", "WORDS", "Token", "nesting",
           "tokens"]  # fmt: skip

MAX_LENGTH = 20_000
LINE, BREAK = "\n", "\t"  # a new line, and a wide space on a line or in cases
CASES = r"\begin{cases}"

SAME = {other: first for first, *others in map(str.split, (
    r"= := \equiv \coloneqq \triangleq", r"\le \leq \leqslant", r"\ge \geq \geqslant",
    r"< \lt", r"> \gt", r"\neq \ne", r"\implies \Longrightarrow \Rightarrow",
    r"\approx \simeq", r"\iff \Longleftrightarrow \Leftrightarrow",
    r"\binom \dbinom \tbinom", r"\operatorname{argmax} \operatorname{arg\,max}",
    r"\operatorname{argmin} \operatorname{arg\,min}",
    r"\operatorname{sign} \operatorname{sgn}",
    r"\frac \dfrac \tfrac \cfrac \nicefrac \sfrac",
    r"\log \ln \operatorname{log} \operatorname{ln}", r"\exp \operatorname{exp}",
    r"\sqrt \operatorname{sqrt}", r"\tanh \operatorname{tanh}",
    r"\odot \circ", r": \colon", r"\underbrace \overbrace",
    r"\dots ... \ldots \cdots \vdots \ddots \dotsc \dotsb", r"\{ \lbrace", r"\} \rbrace",
    r"[ \lbrack", r"] \rbrack", r"\star \ast",
    r"\mathbf \boldsymbol \vec \overrightarrow \bm \symbf \pmb \bf", r"\tilde \widetilde",
    r"\hat \widehat", r"\bar \overline",
    r"\top \intercal \operatorname{T} \operatorname{\top} \mathsfT",
    r"\operatorname{det} \det", r"\operatorname{tr} \operatorname{trace} \operatorname{Tr}",
    r"\max \operatorname{max}", r"\min \operatorname{min}", r"\varnothing \emptyset",
    r"\Pr \operatorname{Pr} \operatorname{P}", r"\sum \operatorname{sum}",
    r"\operatorname{diag} \operatorname{Diag}", r"\mathbb1 \operatorname{1}",
    r"\epsilon \varepsilon", r"\varphi \phi", r"\begin{cases} \begin{dcases}",
)) for other in others}  # fmt: skip
del SAME[r"\varepsilon"], SAME[r"\phi"]  # other letters than these
SAME[r"\lvert"] = SAME[r"\rvert"] = SAME[r"\vert"] = "|"
SAME[r"\lVert"] = SAME[r"\rVert"] = SAME[r"\Vert"] = r"\|"

RELATIONS = {"=": "=", r"\le": "<=", r"\ge": ">=", "<": "<", ">": ">", r"\neq": "!=",
             r"\approx": "~", r"\in": "in", r"\propto": "propto"}  # fmt: skip
# Plain words of several letters that are functions, whatever the vocabulary says.
WORDS = ("softmax", "lse", "LSE", "logsumexp", "diag", "vec", "rank", "det", "trace", "exp", "log",
         "sqrt", "tanh", "max", "min", "sum")  # fmt: skip

SIZES = r"\\(?:left|right|middle|[bB]igg?[lrm]?)(?![A-Za-z])"
STYLES = ("displaystyle|textstyle|scriptstyle|scriptscriptstyle|tiny|Tiny|scriptsize|footnotesize"
          "|small|normalsize|large|Large|limits|nolimits|mathopen|mathclose|mathstrut|nonumber"
          "|notag|hfill|centering|noindent")  # fmt: skip
BRACED = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"  # braces up to three deep
ALIGNING = (r"(?:aligned|align|alignedat|alignat|flalign|split|gathered|gather|equation|eqnarray"
            r"|multline|displaymath|subequations)")  # fmt: skip
NAMING = r"operatorname\*?|math(?:rm|tt|it|sf|normal)"
TEXT = r"\\(?:text(?:rm|it|bf|normal|sf)?|[mh]box|intertext|shortintertext)(?![A-Za-z])\s*(?=\{)"
UPRIGHT_T = (
    r"\^\s*\\text(?:rm|sf|bf)?\s*\{\s*T\s*\}|"
    r"\^\s*\{\s*(?:\\text(?:rm|sf|it|bf)?\s*\{\s*T\s*\}|\\math(?:bf|tt)\s*\{?\s*T\s*\}?"
    r"|\\(?:sf|bf|tt|it)\s*T)\s*\}"
)
MARKED = r"\\(?:overset|stackrel|underset)\s*(?:\{(?P<note>(?:[^{}]|\{[^{}]*\})*)\}|(?P<sign>\w))"
TOKEN = re.compile(
    rf"""
    (?P<line> \\\\\*?(?:\[\s*-?[\d.]+\s*(?:pt|em|ex|mm|cm|in|mu|bp)\s*\])?
        | \\newline(?![A-Za-z]) | \$+ | \\[\[\]()] | \n[ \t]*\n )
    | (?P<silent> [~\s{UNSEEN}]
        | \\[,;:!>\ /] | \\(?:{STYLES})(?![A-Za-z]) | {SIZES}\s*\.(?=\s|\\|$)
        | {SIZES} | \\(?:color|label)\s*{BRACED} | \\textcolor\s*{BRACED} | \\hline(?![A-Za-z])
        | \\end\s*\{{{ALIGNING}\*?\}} | \\(?:b?cancel|mathop)(?=\s*\{{(?!\s*[=<>]))
        | [_^]\s*\{{\s*\}}
        | \\[hv]?phantom\s*{BRACED}
        | %[^\n]*(?:\n|$) | (?<![_^\\A-Za-z}}])\{{\s*\}} | \{{\s*\}}(?=\s*(?:&|=|$)) )
    | (?P<display> \\begin\s*\{{{ALIGNING}\*?\}}(?:\s*\{{\d+\}}|\s*\[[tbc]\])? )
    | (?P<wide> \\q?quad(?![A-Za-z]) | \\hspace\*?\s*{BRACED} | \\(?:enspace|enskip)(?![A-Za-z])
        | &\s*& )
    | (?P<align> & )
    | (?P<text> {TEXT} ) | (?P<because> \\because(?![A-Za-z]))
    | {MARKED}\s*(?P<relation>\{{[^{{}}]*\}}|=)
    | (?P<not> \\not\s*= ) | (?P<transposed> {UPRIGHT_T} )
    | (?P<raised> [{RAISED}]+ ) | (?P<lowered> [{LOWERED}]+ )
    | (?P<limits> Σ(?=\s*_\s*\{{[^{{}}=]*=) )
    | \\tag\*?\s*(?P<tag>{BRACED})
    | (?P<primes> \^\s*(?:\{{\s*(?:\\prime\s*)+\}}|\\prime(?![A-Za-z])) )
    | \{{\s*\\rm\s+(?P<roman>[A-Za-z]+)\s*\}} | \{{\s*\\bf\s+(?P<bold>[A-Za-z])\s*\}}
    | \\(?:{NAMING})\s*(?:\{{\s*(?P<operator>[^{{}}]*?)\s*\}}|(?P<upright>[A-Za-z]))
    | (?P<probability> \\mathbb\s*(?:\{{\s*P\s*\}}|P))
    | (?P<indicator> \\mathbb\s*(?:\{{\s*[1I]\s*\}}|[1I]) | \\math(?:ds|bbm)\s*\{{\s*1\s*\}}
        | \\(?:mathbf|boldsymbol|bm)\s*(?:\{{\s*[1I]\s*\}}|[1I])
            (?=\s*(?:{SIZES})?\s*(?:\\\{{|\[|\([^()]*(?:=|\\neq?(?![A-Za-z])|[<>])|_\s*\{{\s*(?:\\\{{)?[^{{}}]*(?:=|\\ne|\\leq?|\\geq?|<|>)))
        | (?<![\w.])[1I](?=\s*_\s*\{{\s*(?:\\\{{)?[^{{}}]*(?:=|\\neq?(?![A-Za-z])|<|>)) )
    | (?P<end> \\end\s*\{{[^{{}}]*\}} ) | (?P<begin> \\begin\s*\{{[^{{}}]*\}} )
    | (?P<bars> \|\| )
    | \d+(?:(?:\\,|\{{,\}})\d{{3}})*(?:\.\d+)? | \.\d+
    | \\[A-Za-z]+ | \\. | := | \.\.\. | [^\s]
    """,
    re.VERBOSE,
)
# Words that turn round or widen what they stand at.
NEGATIVE = re.compile(
    r"\b(no[tnr]?|cannot|\w+n['’]t|impossible|incorrect\w*|invalid|disprov\w*|contra\w+|refut\w+|mistake\w*|absurd|untrue|"
    r"equality when|never|unless|except\w*|but|fails?|exclud\w*|without|regardless|whether|even|"
    r"also|only|twice|half|particular|other|minus|plus|times|squared|wrong|false|otherwise|else|iff|"
    r"exactly|as well|up to|say|in general|generally|always|or(?!,? equivalently))\b",
    re.IGNORECASE,
)
# What stands above a relation and leaves it as it is: a mark such as (1), or a reason.
REASON = re.compile(
    r"\(?(?:\w|\d+(?:\.\d+)*|[ivx]+|\*|\\(?:ast|star|dagger|triangle|Delta|(?:eq)?ref.*))\)?"
    r"|(?:by|from|using|via|since|as|because|see|cf|with|def|eq|(?:\w+ )*(?:\w*tion|\w*ity|rules?|"
    r"chain|product|quotient|lemma|theorem|law|step|trick|sum|log|lse|softmax|one-hot))\b[^=<>≠≤≥≈]*",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Token:
    """A word or sign, its place, and for \\text what stands in it."""

    text: str
    at: int
    end: int
    inside: str = ""


def tokens(latex, words=()):
    """The tokens of a text; `words` are names of several letters that a vocabulary has."""
    if not isinstance(latex, str):
        raise DerivationError(f"LaTeX is a string, got {type(latex).__name__}")
    if len(latex) > MAX_LENGTH:
        raise DerivationError(f"at most {MAX_LENGTH} characters are read, got {len(latex)}")
    if found := re.search(r"[\a\b\v\f]", latex):
        text = "Python has taken a backslash for something else: put r before the quotation marks"
        raise DerivationError(text, latex, found.start())
    names = sorted({*words, *WORDS}, key=len, reverse=True)
    word = re.compile(rf"(?<![A-Za-z\\])(?:{'|'.join(map(re.escape, names))})(?![A-Za-z])")
    latex = evened(latex)
    found, at, open_ = [], 0, []  # matrices around a place
    said = prose(latex)
    while at < len(latex):
        if at in said:
            found += _said(at, *said.pop(at))
            at = found[-1].end
            continue
        match = word.match(latex, at) or TOKEN.match(latex, at)
        made = _made(match, latex, open_[-1] if open_ else "")
        if made and found and found[-1].text in ("_", "^") and re.match(r"\d.", made[0].text):
            text = "without braces, this is one digit above or below"
            raise DerivationError(text, latex, made[0].at)
        for token in made:
            if token.text[:6] == r"\begin":
                open_.append(token.text)
            elif token.text == r"\end" and open_:
                open_.pop()
        at = made[-1].end if made else match.end()
        found += made
    return _joined(_over(found), latex)


def _said(at, end, words):
    """The tokens of words between two formulas, which are set apart from the one before."""
    sign = words.strip() or LINE
    text = Token(sign, at, end) if sign in ",;.:" else Token(r"\text", at, end, words)
    return [Token(BREAK, at, at + 1), text] if sign != LINE else [Token(LINE, at, end)]


def _ends(found):
    """Of each brace that opens, where it is closed."""
    open_, ends = [], {}
    for n, token in enumerate(found):
        if token.text == "{":
            open_.append(n)
        elif token.text == "}" and open_:
            ends[open_.pop()] = n
    return ends


def _over(found):
    r"""The same with \frac{a}{b} for {a \over b}."""
    for n, token in enumerate(found):
        if token.text == r"\over":
            around = [first for first, end in _ends(found).items() if first < n < end]
            if around:
                found[n : n + 1] = [replace(token, text=sign) for sign in "}{"]
                found.insert(max(around), replace(found[max(around)], text=r"\frac"))
                return _over(found)
    return found


def _made(match, latex, around):
    """What one match of the pattern stands for, in a matrix that begins with `around`."""
    kind, text, (start, end) = match.lastgroup, match[0], match.span()
    if kind == "tag" and (HELD.search(text) or "$" in text):
        raise DerivationError(r"a formula in \tag is not read: write \quad", latex, start)
    if not match.groupdict():  # a word
        texts = [rf"\operatorname{{{text}}}"]
    elif kind in ("line", "wide", "align", "display"):
        return _layout(kind, text, start, around)
    elif kind == "text":
        closing = closing_brace(latex, latex.index("{", match.end()) + 1)
        inside = latex[latex.index("{", start) + 1 : closing - 1]
        return [Token(r"\text", start, closing, inside)]
    elif kind == "because":
        return [Token(r"\text", start, end, "because")]
    elif kind == "relation":
        texts = [_relation(match, latex)]
    elif kind in ("operator", "upright", "roman"):
        inside = (match[kind] or "").strip()
        text = {"d": r"\differential", "e": r"\Euler"}.get(inside, rf"\operatorname{{{inside}}}")
        texts = [text.replace(" ", "")]
    elif kind == "bold":
        texts = [r"\mathbf", "{", match["bold"], "}"]
    elif kind == "primes":
        texts = ["'"] * text.count("prime")
    elif kind in ("raised", "lowered"):
        texts = level(kind, text)
    elif kind is None and len(text) == 1 and ord(text) > 127:
        texts = pasted(text)
    else:
        texts = MEANT.get(kind, [re.sub(r"\s", "", text)])
    same = SAME.get if kind in (None, "operator", "upright", "roman", "begin") else lambda a, _: a
    return [Token(same(text, text), start, end) for text in texts]


MEANT = {"silent": [], "not": [r"\neq"], "end": [r"\end"], "indicator": [r"\mathbb1"],
         "bars": ["||"], "transposed": ["^", r"\top"], "limits": [r"\sum"], "tag": [],
         "probability": [r"\Pr"]}  # fmt: skip


def _layout(kind, text, start, around):
    """A new line, a wide space or an alignment; in a matrix they tell rows and cells."""
    if not around or (around == CASES and "&" not in text and kind == "wide"):
        sign = {"wide": BREAK, "align": "&"}.get(kind, LINE)
        return [Token(sign, start, start + len(text))]
    if kind == "line":
        return [Token(r"\\", start, start + len(text))] * bool(text.strip())
    places = [start + n for n, sign in enumerate(text) if sign == "&"]
    return [Token("&", at, at + 1) for at in places]  # elsewhere a wide space is none


def _relation(match, latex):
    """A relation with a note above it that leaves it as it is."""
    note = match["note"] or match["sign"] or ""
    note = re.sub(r"\\(?:text|math)\w*(?![A-Za-z])|[{}$]", "", note).strip()
    if NEGATIVE.search(note) or not REASON.fullmatch(note):
        text = "a sign above a relation that may change it: write a mark such as (1), or a reason"
        raise DerivationError(text, latex, match.start())
    sign = match["relation"].strip("{} ")
    if SAME.get(sign, sign) not in {*RELATIONS, r"\implies", r"\iff"}:
        text = r"\overset and the like stand only at relations"
        raise DerivationError(text, latex, match.start())
    return SAME.get(sign, sign)


OPERATORS = {*RELATIONS, "+", "-", r"\odot", r"\oslash", r"\otimes", r"\cdot", "*", "/",
             r"\times"}  # fmt: skip


def _joined(found, latex):
    """Without the breaks within an expression, and without what only aligns.

    A line that begins with an operator goes on with the line before. A sign may also begin a
    statement: it does where the line has a relation and no & stands before the sign.
    """
    out, depth, columns = [], 0, 0
    for n, token in enumerate(found):
        depth += (token.text[:6] == r"\begin") - (token.text == r"\end")
        if token.text in (LINE, BREAK):  # && at the start of a line
            columns = int(latex[token.at] == "&" and bool(out) and out[-1].text == LINE)
        if depth == 0 and token.text == "&":
            columns += 1
            around = {found[n - 1].text, found[n + 1].text if n + 1 < len(found) else ""}
            if columns % 2 or around & {*RELATIONS, "&"}:
                continue
            token = Token(BREAK, token.at, token.end)  # another equation on the line
        before = out[-1].text if out else LINE
        if token.text in RELATIONS and before == LINE and columns > 1:
            raise DerivationError("which equation goes on here? Write its left side once more",
                                  latex, token.at)  # fmt: skip
        if token.text in (LINE, BREAK) and not depth:
            if before in (LINE, BREAK):
                if token.text == LINE and out:
                    out[-1] = token
                continue
            if before in OPERATORS or before in ("(", "["):  # what is open goes on
                continue
        signs = token.text in OPERATORS and token.text not in RELATIONS
        if before in (LINE, BREAK) and out and signs and not depth:
            begins = token.text in ("+", "-") and before == LINE and _states(found, n)
            if not begins:
                out.pop()
        out.append(token)
    return out


def nesting(token):
    """1 for what opens, -1 for what closes, 0 for the rest."""
    opens = token.text in ("{", "(", "[", r"\{") or token.text[:6] == r"\begin"
    return opens - (token.text in ("}", ")", "]", r"\}", r"\end"))


def _states(found, n):
    """Whether the sign at n begins a statement of its own: its line has a relation."""
    depth = 0
    for token in found[n:]:
        depth += nesting(token)
        if depth < 0 or found[n - 1].text == "&" or (not depth and token.text in (LINE, BREAK)):
            return False
        if not depth and token.text in RELATIONS:
            return True
    return False
