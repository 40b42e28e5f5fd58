"""What words say by themselves: otherwise, with equality iff, and what `and` joins."""

from dataclasses import replace

from ..syntax import SUPPOSED, Role, Statement
from . import grammar
from .grammar import ARROWS, CONDITION, SEPARATORS
from .tokens import RELATIONS

__all__ = ["OPPOSITE", "Words"]

OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<"}


class Words:
    """The part of the reader that makes statements of words."""

    def stating(self, words):
        """What reads words that are a statement by themselves, or stand before half of one."""
        if grammar.OTHERWISE.fullmatch(words):
            return self.otherwise
        return self.equality if grammar.EQUALITY.fullmatch(words) else None

    def otherwise(self, found, token):
        """Suppose the opposite of the one condition that was supposed before."""
        supposed = [s for s in found if (s.role in SUPPOSED or self.restricts(s))
                    and s.said not in (*grammar.NAMING, *grammar.GIVING)]  # fmt: skip
        relations = [OPPOSITE.get(relation) for s in supposed for relation in s.relations]
        if len(supposed) != 1 or len(relations) != 1 or supposed[0].every or None in relations:
            self.fail("otherwise than what? Write the condition itself", token.at)
        self.line, self.sentence = self.line + 1, self.sentence + 1
        found.append(replace(supposed[0], relations=tuple(relations), role=Role.CONDITION,
                             line=self.line, until=self.line, sentence=self.sentence))  # fmt: skip

    def equality(self, found, token):
        """What `with equality iff` adds to an inequality, on a line of its own: both sides, equal;
        the role of what follows."""
        words = grammar.EQUALITY.fullmatch(token.inside)
        given = [s for s in found if s.until == self.line
                 and (s.role in SUPPOSED or self.restricts(s))]  # fmt: skip
        last = next((s for s in found[::-1] if s not in given), Statement())
        places = [n for n, relation in enumerate(last.relations) if relation in ("<=", ">=")]
        if len(places) != 1 or last.until != self.line:
            self.fail("of which inequality? This stands behind one a ≤ b or a ≥ b", token.at)
        self.line, self.sentence, n = self.line + 1, self.sentence + 1, places[0]
        new = {"line": self.line, "until": self.line, "sentence": self.sentence}
        found += [replace(s, **new, role=Role.CONDITION) for s in given if not s.heads]
        found.append(self.statement(last.members[n : n + 2], ("=",), last.source[n : n + 2]))
        role = Role.IMPLIES if words["only"] else Role.CONDITION if words["under"] else Role.IFF
        if words["formula"]:
            found += self.sub(words["formula"], token, role)
        elif self.peek() in ("", *SEPARATORS, *RELATIONS, r"\text"):
            self.fail("when is there equality? Write it behind these words", token.at)
        return None if words["formula"] or self.peek() in ARROWS else role

    def joined(self, found):
        """The role of what `and` joins to a statement."""
        last = found[-1]
        self.said = last.said
        if last.role in SUPPOSED:
            ahead = last.heads or all(s.role in SUPPOSED for s in found)
            chooses = self.restricts(last) and last.members[-1].op != "domain"
            return Role.EITHER if chooses and not ahead else Role.CONDITION
        if last.said in grammar.REASONS:  # where g = p_k and k = y: each as its form says
            return Role.CHAIN
        alike = last.role in (Role.CHAIN, Role.AND) and self.restricts(last)
        return Role.AND if alike else Role.ALSO

    def told_apart(self, statement):
        """What `and` joins to a condition behind a claim: one more condition, or a claim."""
        if statement.role != Role.EITHER:
            return statement
        role = Role.CONDITION if self.restricts(statement) else Role.ALSO
        words = self.tokens[self.n].inside if self.peek() == r"\text" else ""
        behind = role == Role.CONDITION and CONDITION.match(words)
        if behind and not grammar.EVERY.match(words[behind.end() :].strip()):
            self.fail("is what stands before this a condition or a claim? Write two statements")
        return replace(statement, role=role)
