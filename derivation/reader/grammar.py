"""The words of the grammar in `read`, and what it has to know of a vocabulary."""

import re
import string
from dataclasses import dataclass

from ..syntax import REDUCTIONS, Node
from .tokens import BREAK, LINE, RELATIONS

MAX_DEPTH = 60
SUMS = {"+": "add", "-": "sub", r"\pm": "add"}
ENTRYWISE = {r"\odot": "odot", r"\oslash": "oslash", r"\otimes": "kron"}
PRODUCTS = {r"\cdot": "dot", "*": "mul", "/": "div", r"\times": "times", ".": "mul"}
SEPARATORS = (",", ";", ".", BREAK, LINE)
BRACKETS = {"(": ")", "[": "]", r"\{": r"\}", "{": "}", r"\langle": r"\rangle", "|": "|",
            r"\|": r"\|"}  # fmt: skip
STOPS = {*RELATIONS, *SUMS, *ENTRYWISE, *PRODUCTS, *SEPARATORS, *BRACKETS.values(), r"\dots", r"\\",
         r"\end", "&", r"\implies", r"\iff", r"\forall", r"\over", r"\text", r"\rightarrow",
         r"\leftarrow", r"\setminus", r"\mid", r"\therefore",  # and relations that are not known
         r"\preceq", r"\succeq", r"\prec", r"\succ", r"\subset", r"\subseteq", r"\cong",
         r"\mapsto", r"\gets", r"\perp", r"\parallel"}  # fmt: skip
STARS, DIFFERENTIALS = ("*", r"\star"), (r"\partial", "d", r"\differential")
STYLES = {r"\mathbf", r"\tilde", r"\hat", r"\bar", r"\mathcal"}
OPEN_TABLES = ("cases", "array", "matrix")  # without brackets: conditions can stand in them
MATRICES = ("bmatrix", "pmatrix", "matrix", "array", "Bmatrix", "smallmatrix")
EIGENVALUES = (r"\lambda_{\max}", r"\lambda_{\min}")
READERS = {word: reader for reader, words in {
    "bracket": r"( [ { \{", "bars": r"| \|", "inner": r"\langle", "fraction": r"\frac",
    "slashed": r"\partial \differential", "nabla": r"\nabla", "indicator": r"\mathbb1",
    "reduction": r"\sum \prod \max \min", "function": r"\exp \log \tanh", "root": r"\sqrt",
    "underbrace": r"\underbrace \boxed", "binomial": r"\binom",
    "arg": r"\arg \operatorname{argmax} \operatorname{argmin}",
}.items() for word in words.split()}  # fmt: skip
# What is read nowhere, or not there, and what to write.
UNREAD = {word: what for words, what in (
    (r"\leftarrow \gets \mapsto",
     "an assignment claims nothing: give the new value a name of its own, and write ="),
    (r"\preceq \succeq \prec \succ",
     r"an order of matrices is not read here: write \lambda_{\min}(A - B) \ge 0"),
    ("'", r"what has this prime? A derivative is written \frac{\partial \ell}{\partial s_k}"),
    (r"\\", "something is missing before this end of a line; a condition of a case is written as"
     " k = y"),
    (r"\infty", "infinity is no number: it stands alone behind < or >, and in intervals"),
    (r"\lim \sup \inf", "limits are not read: write the value at the place, or an inequality"),
    (r"\int", "integrals are not read: write a sum, or the value"),
    (r"\mathbb E \operatorname{E} \operatorname{Var}",
     r"expectations are not read: write the sum, such as \sum_k p_k s_k; a name E of your own has"
     r" \text{let} before it"),
    (r"\fbox \colorbox \cancelto \underline",
     r"this command is not read: a frame is \boxed{…}, what cancels \cancel{…}"),
    (r"\llbracket \delta",
     r"an indicator is written \mathbb{1}\{j = k\}, [j = k] or \delta_{jk}, and a derivative"
     r" \frac{\partial \ell}{\partial s_k}"),
    (r"\pdv \dv \pd \diffp", r"a derivative is written \frac{\partial \ell}{\partial s_k}"),
    (r"\Sigma", r"this is a letter: a sum is \sum, with its index below"),
    (r"\dots", "dots stand here for what nobody wrote: write one line with an index, such as p_k"),
    (r"\exists", "that something exists is not read: give it, as in: with c = …"),
    (r"\operatorname{const}",
     r"a constant without a name is not read: write a difference, as \log p_k - \log p_j"),
) for word in words.split()}  # fmt: skip
CONSTANT = ("const", "constant")
DIVERGENCES = (r"\operatorname{KL}", r"D_{\operatorname{KL}}")
BARS = r"two bars between arguments are not read: write the divergence out, as \sum_k p_k \log(…)"
ORDERS, ARROWS = (r"\preceq", r"\succeq"), (r"\implies", r"\iff")
ENDS = (r"\blacksquare", r"\square", r"\Box", r"\qed", r"\checkmark")
ENDED = "does the case before hold here, too? Write it again, or `for all`"

# Words. What stands before a condition; which of it supposes (the rest claims), and supposes for
# all that follows; which stands before what was shown.
# What has a definition is not supposed behind these, but checked.
NAMING = ("let", "set", "define", "denote", "write", "put")
GIVING = ("with", "given", "suppose", "assume", "assuming", "consider", "fix")  # another one
HEADINGS = ("case", *GIVING[2:], *NAMING)
USING = ("using", "by", "from")  # before a formula
REASONS = ("where", "since", "because", "as", *USING)
SUPPOSES = ("if", "for", "at", "when", "whenever", "provided", "case", *GIVING, *NAMING)
CONDITION = re.compile(
    r"\W*\b(?:(?:first|second(?:ly)?|now|next|finally|in the|the(?!\W+set)|we|let us|"
    r"(?-i:(?<![,;] )(?:Hence|Thus|Therefore|Similarly|Likewise)))\W+)*"
    rf"({'|'.join((*SUPPOSES, *REASONS[:4]))}|(?:setting|{'|'.join(USING)})(?=\W*(?:\$|$)))\b"
    r"(?:(?<=where)\W+we (?:have )?used?\b(?: the fact)?(?: that)?)?"
    r"(?:(?<=denote)\W+by\b)?"
    r"(?:(?<=case)\s*\(?(?:\d+|[ivx]+)[).:]*(?=\W|$))?",
    re.IGNORECASE,
)
BEGINS = ".;" + string.ascii_uppercase  # a sentence, which is a line of its own
PLACES = r"(?:first|second|third|last)(?:ly)?|finally|next|now|indeed"
CONNECTIVE = re.compile(
    rf"\W*(?:\b(?:and|so|hence|thus|therefore|then|{PLACES}|recall|note|that|we|it|know|have|get|"
    r"obtain|find|gives|yields|follows|shows?|want|to|prove|this|"
    r"(?:by|using|from|applying|setting|taking|putting|differentiating|"
    r"substituting|rearranging|expanding|simplifying|dividing)\b[^$\\=<>]*|"
    r"(?:the|its|this|our) (?:(?!(?:for|if|at|when|where|on|in|with|from|true|right|correct|"
    r"diagonal|off|first|last|remaining)\b)[\w-]+ )*?(?:is|are|becomes?|equals?|reads?))\b\W*)+$",
    re.IGNORECASE,
)
OTHERWISE = re.compile(
    r"\W*(?:and |but )?(?:otherwise|else|(?:in|for) all (?:the )?other (?:cases|classes|k|j))"
    r"(?:\W+we (?:have|get))?\W*",
    re.IGNORECASE,
)
MARK = re.compile(r"\s*(?:\(?(?:[a-z]|\d{1,2}|[ivx]+)[).]:?|step \d+\s*[.:])\s*", re.I)  # (a), 2.
RESULT = re.compile(
    r"\b(?:so|hence|thus|therefore|then|have|get|obtain|find|gives|yields|follows|shows?|prove)\b",
    re.IGNORECASE,
)
FOLLOWS = re.compile(
    rf"{RESULT.pattern}|\b(?:note|recall|know|{PLACES}|by|using|from|applying)\b", re.IGNORECASE
)
# Words that claim nothing; others are shown as a remark.
NEUTRAL = re.compile(
    r"\W*(?:the )?(?:\w+ )?(?:rules?|definitions?|lemma|theorem|identity|linearity|symmetry)\W*",
    re.I,
)
# Behind an inequality: when its sides are equal. If only one direction is claimed, by which word.
EQUALITY = re.compile(
    r"\W*(?:(?:with|and|where) )?(?:the )?equality(?: (?:holds|occurs|is attained))?\s*"
    r"(?:iff\b|if and only if\b|(?:exactly|precisely|just) (?:if|when|for|at)\b|"
    r"(?P<only>only (?:if|when|for|at)\b)|(?P<under>(?:if|when|for|at)\b)|$)"
    r"\s*(?:\$(?P<formula>[^$]+)\$)?[\s.]*",
    re.I,
)
# What may be said of a symbol that `Let` takes from a set: all else would be one more condition.
TAKEN = re.compile(r"\s*be (?:an? |the )?(?:fixed|arbitrary|given|any)(?: \w+)?\W*", re.I)
THEN = re.compile(r"\bthen\b(?: we (?:have|get))?\W*$", re.I)
# All that may stand around a condition.
ONLY = re.compile(
    r"\s*(?:that|all|every|each|any|the case)?\s*§(?:\s*(?:,|and)\s*§)*\s*[.,)]*\s*"
    rf"(?:{THEN.pattern})?",
    re.I,
)
PLAIN = re.compile(
    r"\s*(?:that|all|every|each|any|the case(?: of| that| where| when)?)?"
    r"\s*(?:(?:the (?:true|correct|right) )?class(?:es)?|example|index|indices|row|column|feature"
    r")?\s*"
)
EXAMPLE = re.compile(r"\bfor example\b", re.IGNORECASE)  # but: for example i
EVERY = re.compile(r"(?:all|every|each|any)\b")
TEST = re.compile(r"[A-Za-z](?:_\w|\^\w)?\s*(?:=|<|>|≠|≤|≥)\s*\w+$")
# What cannot be shown by itself: pieces of environments, comments, signs around a formula.
UNCLEAR = re.compile(
    r"%|\$|\\[\[\]()]|\\substack|\\(?:begin|end)\{(?!cases|[bpvB]?matrix|array)|\\label|\\tag"
)


@dataclass(frozen=True)
class Dialect:
    """What the reader has to know of a vocabulary: sets of names."""

    functions: frozenset = frozenset()  # brackets apply these: L(W) is not L times W
    words: frozenset = frozenset()  # of several plain letters
    # As an exponent or, if a prime, behind a name.
    transposes: frozenset = frozenset({"T", r"\top", r"\operatorname{t}"})
    symbols: frozenset = frozenset()  # all, so that one with a prime or a star of its own is found
    differential: bool = True  # whether d, before a name or a bracket, is the differential
    conditional: frozenset = frozenset()  # functions with a bar in their brackets, no comma
    scalars: frozenset = frozenset()  # names of numbers
    indices: frozenset = frozenset()  # letters; with a prime they are other indices
    constants: frozenset = frozenset()  # drawn numbers and sizes, which depend on nothing else


def named(head, at, subscripts=(), example=None):
    return Node("name", (head, subscripts, example), at)


def is_name(text):
    """Whether a token is a letter or a command that could name something."""
    return text.isalpha() or (text[:1] == "\\" and text[1:2].isalpha() and text not in STOPS)


def is_number(text):
    return text[:1].isdecimal() or (text[:1] == "." and text[1:2].isdecimal())


def shown(text):
    """A token in a message."""
    return {LINE: "a new line", BREAK: "a wide space", "": "the end"}.get(text, text)


def worded(latex, at):
    """What to say of letters that stand beside each other as in a word."""
    word = re.match(r"\s*[A-Za-z]{2,}", latex[at:])
    return r"; words go into \text{}, and not between formulas" if word else ""


def is_test(node):
    """Whether a cell is a condition."""
    if node.op == "mul":
        return all(map(is_test, node.args))
    return node.op in ("indicator", "otherwise")


def bounds_of(node):
    """What stands below a sum."""
    return node.args[0] if node.op in REDUCTIONS else ()


def over(node):
    """The letters over which a sum runs."""
    return {b[0].args[0] for b in bounds_of(node) if b[0] is not None}


def is_factor(name, tree):
    """Whether a name stands in sums and products."""
    parts = tree.args if tree.op in ("add", "sub", "mul", "dot", "neg", "div", "pow") else ()
    return tree == name or any(is_factor(name, part) for part in parts)
