r"""Indices and cases that words or signs name: for all k, k = 1, \\dots, C, |_{j \\neq k}."""

from dataclasses import replace

from ..printer import latex_of
from ..syntax import SUPPOSED, Node, Role, walk
from .grammar import ARROWS, READERS, SEPARATORS, bounds_of, is_name
from .tokens import RELATIONS

__all__ = ["Quantifiers"]


class Quantifiers:
    """The part of the reader that reads over what an index runs."""

    def ranges(self, statement):
        r"""Whether it says over what an index runs: k \in \{1, \dots, C\}, which heads nothing."""
        index, *sets = statement.members
        dots = any(n.op == "dots" for s in sets if s.op == "set" for n in s.args)
        plain = index.text in self.dialect.indices and statement.relations == ("in",)
        return dots and plain and not statement.heads and statement.role in (
            Role.CHAIN, Role.CONDITION)  # fmt: skip

    def quantify(self, found, before, apart=False):
        """What `for all k` names belongs to what it stands behind on its line; with a colon behind
        it, or a point before it, to what follows."""
        on = [n for n, s in enumerate(found[:before]) if s.until == self.line
              and s.role != Role.EVERY and not self.restricts(s)]  # fmt: skip
        if on and not apart and self.peek() != ":":
            made = tuple(found[before:])
            found[before:] = []
            found[on[-1]] = replace(found[on[-1]], every=(*found[on[-1]].every, *made))

    def restricts(self, statement):
        """Whether a statement is a condition in its form: k = y, and the like."""
        return bool(statement.relations) and all(m.plain or m.op in ("num", "set", "domain")
                                                 for m in statement.members)  # fmt: skip

    def in_force(self, found):
        """Whether a case may be in force: a condition that heads what follows, or begins a line."""
        lines = [-1, *(s.until for s in found)]
        return any(s.heads or (s.line > line and (s.role in SUPPOSED or self.restricts(s)))
                   for s, line in zip(found, lines, strict=False))  # fmt: skip

    def listed(self, found, role):
        r"""j, k = 1, \dots, C or \mathbf{s}, \mathbf{p} \in \mathbb{R}^C: a statement for each."""
        start, names = self.n, []
        while is_name(first := self.peek(self.peek() == "{")) and first not in READERS:
            names.append(self.bare_name() if self.peek() == "{" else self.name())
            if not names[-1] or not self.skip(","):
                break
        at, relation, ahead = self.at(), self.peek(), [self.peek(n) for n in range(2, 6)]
        names = names if all(names) else []
        letters = all(n.plain and n.text.rstrip("'").isalpha() for n in names)
        run = relation == "=" and letters and [",", r"\dots"] in (ahead[:2], ahead[2:])
        sign, several = RELATIONS.get(relation), len(names) > 1
        limits = role == Role.CONDITION and sign in ("<", "<=", ">", ">=", "!=")  # let a, b > 0
        if not names or not (run or (several and (sign == "in" or limits))):
            self.n = start
            return False
        self.take()
        values = self.run_of_values(at) if run else self.sum() if limits else self.domain()
        role, sign = (Role.EVERY, "in") if run else (role, sign)
        for member in names:
            source = latex_of(member), latex_of(values)
            found.append(self.statement((member, values), (sign,), source, role=role))
        return True

    def run_of_values(self, at):
        r"""1, \dots, M: what stands behind the dots ends it."""
        self.colons = False
        items, dots = [self.item()], False
        while not dots and self.skip(","):
            items.append(self.item())
            if items[-1].op == "dots":
                dots = True
                if self.skip(","):
                    items.append(self.item())
        return Node("set", tuple(items), at)

    def quantified(self, strict=True):
        r"""What follows \forall, or `for all`: an index, or a condition."""
        found = []
        if self.listed(found, Role.EVERY):
            return found
        while True:
            if not is_name(self.peek()):
                self.fail("an index is expected behind `for all`")
            start, index = self.n, self.name()
            if self.peek() not in RELATIONS:
                found.append(self.statement((index,), role=Role.EVERY))
            else:  # behind the first index this may be the claim itself
                self.n = start
                found.append(self.chain(role=Role.EVERY))
                if strict and not self.restricts(found[-1]):
                    self.fail("an index or a condition on one is expected behind \\forall")
            if not (self.peek() == "," and self.peek(1).isalpha() and self.restricted(2)):
                return found
            self.take()

    def restricted(self, ahead):
        """Whether an index ends here, or a relation to a letter, a number or a set follows."""
        text, after = self.peek(ahead), self.peek(ahead + 2)
        ends = ("", ")", ":", *SEPARATORS, *ARROWS, r"\text")
        return text in ends or (text in RELATIONS and (after in ends or text == r"\in"))

    # bars

    def restricting(self):
        r"""Whether a bar restricts to a case: |_{j \neq k}, or |_{j = k} at a member's end."""
        inside = self.inside(2)
        if ({*RELATIONS} - {"="}) & {*inside}:
            return True
        ends = self.peek(len(inside) + 4) in ("", *SEPARATORS, *RELATIONS, *ARROWS, r"\text")
        return ends and len(inside) == 3 and inside[1] == "=" and (
            inside[0] in self.dialect.indices and is_name(inside[2]))  # fmt: skip

    def bar_behind(self, member):
        """The case to which a bar restricts a member, by letters that no sum in it runs over."""
        if not self.skip("|", "_"):
            return ()
        case = self.braced(lambda: self.chain(role=Role.EVERY))
        bound = {b[0] for node in walk(member) for b in bounds_of(node)}
        if bound & {*walk(case.members)}:
            self.fail("to a sum over its own index this bar says nothing", member.at)
        return (case,)
