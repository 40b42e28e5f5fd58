"""Shapes in terms of the sizes: m + 1 and C, not 3, so that a misfit is found by thinking."""

import itertools
import re
from collections import Counter

__all__ = ["NUMBER", "ONE", "Size", "Unifier", "shape_text"]

UNKNOWN = "?"
FACTOR = r"#\d+|[A-Za-z]\w*|\\[A-Za-z]+|[0-9]+"
PRODUCT = re.compile(rf"\s*(?:{FACTOR})(?:\s*[*·]?\s*(?:{FACTOR}))*\s*")


class Size:
    """A polynomial in the letters of sizes with integer coefficients.

    `terms` maps a monomial, a sorted tuple of letters, to its coefficient. A letter that begins
    with a question mark is a size that is not known yet, such as that of the identity in A I.
    """

    __slots__ = ("terms",)

    def __init__(self, terms):
        self.terms = {letters: n for letters, n in terms.items() if n}

    @classmethod
    def of(cls, what):
        """That of a number or a letter."""
        return cls({(): what} if isinstance(what, int) else {(what,): 1})

    @classmethod
    def read(cls, text):
        """That of a text such as ``C (m + 1)``."""
        held = []  # what stands in brackets, the innermost first

        def total(plain):
            found, signs = Size({}), re.split(r"([+−-])", "+" + plain)
            for sign, product in zip(signs[1::2], signs[2::2], strict=True):
                if not PRODUCT.fullmatch(product):
                    raise ValueError(
                        f"a size is a sum or product of letters and numbers, got {text!r}"
                    )
                term = cls.of(1 if sign == "+" else -1)
                for factor in re.findall(FACTOR, product):
                    size = cls.of(int(factor) if factor.isdecimal() else factor)
                    term = term * (held[int(factor[1:])] if factor[0] == "#" else size)
                found = found + term
            return found

        def hold(match):
            held.append(total(match[1]))
            return f"#{len(held) - 1} "

        plain, before = text.replace("#", "?"), ""
        while plain != before:
            plain, before = re.sub(r"\(([^()]*)\)", hold, plain), plain
        return total(plain)

    def __add__(self, other):
        terms = Counter(self.terms)
        terms.update(other.terms)
        return Size(terms)

    def __sub__(self, other):
        return self + other * Size.of(-1)

    def __mul__(self, other):
        terms = Counter()
        for (a, n), (b, k) in itertools.product(self.terms.items(), other.terms.items()):
            terms[tuple(sorted(a + b))] += n * k
        return Size(terms)

    def __eq__(self, other):
        return isinstance(other, Size) and self.terms == other.terms

    def __hash__(self):
        return hash(frozenset(self.terms.items()))

    @property
    def letters(self):
        return {letter for letters in self.terms for letter in letters}

    @property
    def number(self):
        """Its value if it has no letters, else None."""
        return self.terms.get((), 0) if not self.letters else None

    def value(self, sizes):
        """The number, for given values of the letters."""
        total = 0
        for letters, n in self.terms.items():
            for letter in letters:
                n *= sizes[letter]
            total += n
        return total

    def __str__(self):
        common = _common(self)
        if common and len(self.terms) > 1:
            return " ".join(common) + f" ({_divided(self, common)})"
        parts = []
        order = sorted(self.terms.items(), key=lambda term: (-len(term[0]), term[0]))
        for letters, n in order:
            name = " ".join("?" if a.startswith(UNKNOWN) else a for a in letters)
            size = name if name and abs(n) == 1 else f"{abs(n)} {name}".strip()
            parts.append(f"{'-' if n < 0 else '+'} {size}")
        return " ".join(parts).removeprefix("+ ").replace("- ", "−", 1) if parts else "0"


def _common(size):
    """The letters that every term has."""
    terms = [Counter(letters) for letters in size.terms]
    common = terms[0] if terms else Counter()
    for other in terms[1:]:
        common = common & other
    return tuple(sorted(common.elements()))


def _divided(size, letters):
    """The same without some letters that every term has."""
    lefts = ((Counter(own) - Counter(letters), n) for own, n in size.terms.items())
    return Size({tuple(sorted(left.elements())): n for left, n in lefts})


def _replaced(size, values):
    """The same with sizes in place of some letters."""
    total = Size({})
    for letters, n in size.terms.items():
        term = Size.of(n)
        for a in letters:
            term = term * values.get(a, Size.of(a))
        total = total + term
    return total


def _quotient(size, by):
    """The polynomial that times `by` is `size`; None without one."""
    leading = max(by.terms, key=lambda letters: (len(letters), letters))
    found = Size({})
    while size.terms:
        top = max(size.terms, key=lambda letters: (len(letters), letters))
        left = Counter(top)
        left.subtract(leading)
        n, rest = divmod(size.terms[top], by.terms[leading])
        if rest or min(left.values(), default=0) < 0:
            return None
        term = Size({tuple(sorted(left.elements())): n})
        found, size = found + term, size - term * by
    return found


ONE = Size.of(1)
NUMBER = (ONE, ONE)


def shape_text(shape):
    """C × (m + 1), as it is written."""
    if shape == (ONE, ONE):
        return "a number"
    return " × ".join(f"({s})" if len(s.terms) > 1 and not _common(s) else str(s) for s in shape)


class Unifier:
    """Finds sizes that are not known yet from what must be equal.

    Letters that take one value are equal to it; but they stay letters, so that what is counted
    along C is told from what is counted along m + 1 where both are 2.
    """

    def __init__(self, fixed=()):
        self.known, self.count = {}, 0
        self.fixed = {letter: Size.of(n) for letter, n in dict(fixed).items()}

    def unknown(self):
        self.count += 1
        return Size.of(f"{UNKNOWN}{self.count}")

    def resolved(self, size):
        """A size with all that is known by now."""
        while not size.letters.isdisjoint(self.known):
            size = _replaced(size, self.known)
        return size

    def equal(self, a, b):
        """Whether two sizes are equal, or can be made so by what is not known yet."""
        rest = self.resolved(a) - self.resolved(b)
        return self.vanishes(rest) or self.vanishes(self.counted(rest))

    def counted(self, size):
        """A size with the values of letters that take one."""
        return _replaced(size, self.fixed)

    def vanishes(self, rest):
        """Whether a difference is zero, or can be made so."""
        if not rest.terms:
            return True
        for unknown in sorted(a for a in rest.letters if a.startswith(UNKNOWN)):
            having = Size({letters: n for letters, n in rest.terms.items() if unknown in letters})
            times, others = _divided(having, (unknown,)), having - rest
            found = None if unknown in times.letters else _quotient(others, times)
            if found is not None:
                self.known[unknown] = found
                return True
        return False

    def fits(self, shape, other):
        """Whether two shapes are equal, or can be made so; nothing is assumed if not."""
        before = dict(self.known)
        if all(self.equal(a, b) for a, b in zip(shape, other, strict=True)):
            return True
        self.known = before
        return False
