"""Signs that are no LaTeX, as they come from web pages, chats and computer algebra."""

import re
import unicodedata

__all__ = ["GREEK", "LOWERED", "RAISED", "UNSEEN", "level", "pasted"]

GREEK = (  # noqa: SIM905
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho"
    " varsigma sigma tau upsilon phi chi psi omega"
).split()
LOOKALIKES = {"−": "-", "–": "-", "·": r"\cdot", "⋅": r"\cdot", "∙": r"\cdot", "×": r"\times",
    "∗": "*", "÷": "/", "∕": "/", "⁄": "/", "≤": r"\le", "≥": r"\ge", "≠": r"\neq", "≈": r"\approx",
    "∝": r"\propto", "∈": r"\in", "≡": "=", "∂": r"\partial", "∇": r"\nabla", "∑": r"\sum",
    "∏": r"\prod", "∞": r"\infty", "⊤": r"\top", "′": "'", "’": "'", "…": r"\dots",
    "⋯": r"\dots", "⋮": r"\dots", "⊙": r"\odot", "∘": r"\odot", "⊘": r"\oslash", "⊗": r"\otimes",
    "‖": r"\|", "∥": r"\|", "⟨": r"\langle", "⟩": r"\rangle", "⟹": r"\implies", "⇒": r"\implies",
    "⟺": r"\iff", "⇔": r"\iff", "∀": r"\forall", "ℓ": r"\ell", "𝟙": r"\mathbb1", "∣": "|",
    "ε": r"\epsilon", "ϵ": r"\epsilon", "φ": r"\varphi", "ϕ": r"\phi",
    "\N{MICRO SIGN}": r"\mu"}  # fmt: skip
for n, letter in enumerate(GREEK):
    LOOKALIKES.setdefault(chr(0x3B1 + n), "\\" + letter)
    LOOKALIKES.setdefault(chr(0x391 + n), "\\" + letter.capitalize())
# Signs that no width shows, raised and lowered signs, and what some signs are made of.
UNSEEN = "\u00ad\u200b\u200c\u200d\u2060\ufeff"
RAISED, LOWERED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁼⁽⁾ⁱⁿᵀ", "₀₁₂₃₄₅₆₇₈₉₊₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ"
FRACTIONS = {"½": "12", "¼": "14", "¾": "34", "⅓": "13", "⅔": "23"}


def level(kind, text):
    """The tokens of raised or lowered signs: an exponent, or an index."""
    plain = unicodedata.normalize("NFKC", text.replace("ᵀ", "⊤")).replace("−", "-")
    inside = [LOOKALIKES.get(part, part) for part in re.findall(r"\d+|.", plain)]
    return [{"raised": "^", "lowered": "_"}[kind], "{", *inside, "}"]


def pasted(sign):
    """The tokens of a sign that is no LaTeX: 𝐩 is bold, 𝑝 and ｐ are p."""
    if sign in FRACTIONS:
        above, below = FRACTIONS[sign]
        return [r"\frac", "{", above, "}", "{", below, "}"]
    if sign in LOOKALIKES:
        return [LOOKALIKES[sign]]
    name = unicodedata.name(sign, "")
    plain = unicodedata.normalize("NFKC", sign)
    plain = LOOKALIKES.get(plain, plain)
    if name.startswith("DOUBLE-STRUCK"):
        return [r"\mathbb", "{", plain, "}"]
    if name.startswith("MATHEMATICAL BOLD") and "SCRIPT" not in name:
        return [r"\mathbf", "{", plain, "}"]
    return [plain if name.startswith(("MATHEMATICAL", "FULLWIDTH")) else sign]
