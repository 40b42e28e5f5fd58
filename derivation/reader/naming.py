r"""Names that words introduce: f: \mathbb{R} \to \mathbb{R}, and what goes on with `let`."""

import re
from dataclasses import replace

from ..printer import latex_of
from ..syntax import Node, Role
from .grammar import EIGENVALUES, NAMING, READERS, is_name, named
from .tokens import LINE, RELATIONS, WORDS, nesting

__all__ = ["Naming"]

COMPARED = {"<", "<=", ">", ">=", "!="}
TO = (r"\to", r"\rightarrow", r"\longrightarrow")
WHERE = re.compile(r"\bwhere\W*$")
BE = re.compile(r"\s*(?:be|denotes?|stands? for|be (?:given|defined) (?:by|as))\s*")
SYMMETRIC = re.compile(r"\s*be (?:an? )?symmetric(?: matrix)?[\s.,:]*(?:then\b[\s,]*)?", re.I)
RATIO = re.compile(r"\s*the \w+(?: \w+)*\s*")  # denote by q_k the ratio …
CALLED = re.compile(r"\s*(?:be|denotes?) the (?P<name>\w+)(?: function)?(?P<rest>\W.*|)", re.DOTALL)


class Naming:
    """The part of the reader that reads what a text names."""

    def head(self, found, before):
        """What `suppose`, `let` or `case` stands before is a condition of all that follows."""
        found[before:] = [replace(s, heads=s.heads or self.heading, said=self.said or s.said)
                          for s in found[before:]]  # fmt: skip
        found[before:] = [t for s in found[before:] for t in self.going_on(s, found[:before])]
        self.heading, self.said = False, ""
        for name in (n for s in found[before:] for n in self.functions_of(s)):
            self.knows(name)

    def knows(self, function):
        """From here on this name is that of a function."""
        functions = self.dialect.functions | {function.text}
        self.dialect = replace(self.dialect, functions=functions)

    def functions_of(self, statement):
        r"""The function that a statement defines: f(u) = …, or \sigma = \operatorname{softmax}."""
        left, right = (*statement.members, None)[:2]
        if statement.said not in (*NAMING, "where"):
            return []
        if left.op == "call":
            return [left.args[0]]
        same = right and right.plain and right.text.startswith(r"\operatorname")
        return [left] if same and left.op == "name" else []

    def going_on(self, statement, before):
        """A statement as it is meant behind `let` in the same sentence: f(t) = … defines, and t > 0
        says more of a name that this sentence introduces."""
        left, lets = statement.members[0], [s for s in before if s.until == statement.line]
        defines = statement.relations == ("=",) and left.op == "call"
        defines = defines and all(a.plain for a in left.args[1:])
        let = replace(statement, said="let", role=Role.CONDITION, heads=True)
        if defines and left.args[0] in self.signatures:
            return [*self.taken_from(left, self.signatures.pop(left.args[0])), let]
        if not lets or lets[0].said not in NAMING or not all(s.heads for s in lets):
            return [statement]
        if defines and self.is_new(left.args[0]):
            return [let]
        heads = {left.args[0], rf"\mathbf{{{left.args[0]}}}"} if left.op == "name" else ()
        known = self.dialect.symbols | self.dialect.indices | self.dialect.constants
        if heads and statement.relations == ("=",) and not heads & known:
            return [let]
        names = {m.text for m in statement.members if m.plain}
        drawn = {m.text for s in lets if {*s.relations} <= {*COMPARED, "in"} for m in s.members}
        bare = all(m.plain or m.op == "num" for m in statement.members)
        if not bare or not {*statement.relations} <= COMPARED:
            return [statement]
        if names & drawn:
            return [replace(statement, role=Role.CONDITION, heads=True)]
        known = known | {s.members[0].text for s in lets if s.relations == ("=",)}
        return [statement if names & known else let]

    def is_new(self, function):
        """Whether nothing has this name yet."""
        known = {*self.dialect.symbols, *self.dialect.functions, *READERS, *EIGENVALUES}
        return function.text not in known and not function.text.startswith(r"\operatorname")

    def taken_from(self, call, domain):
        """What f: (0, 1) → … says of u in f(u); every number needs no words."""
        if len(call.args) != 2 or domain.args[1:] == (named("1", 0),) * 2:
            return []
        members, source = (call.args[1], domain), (call.args[1].text, latex_of(domain))
        stated = self.statement(members, ("in",), source, role=Role.CONDITION)
        return [replace(stated, said="let", heads=True)]

    def signature(self, found):
        r"""f: \mathbb{R}^C \to \mathbb{R}, and u \mapsto … behind it; whether it stands here."""
        if self.peek(1) != ":" or not is_name(self.peek()) or not self.arrow_comes():
            return False
        function = self.name()
        self.take()
        self.signatures[function] = self.domain()
        self.take()
        self.domain()
        self.knows(function)
        self.heading, self.said = False, ""
        behind = self.n
        self.skip(",")
        formal = self.bare_name()
        if formal and self.skip(r"\mapsto"):
            call, body = Node("call", (function, formal), formal.at), self.sum()
            found.append(self.statement((call, body), ("=",), (latex_of(call), latex_of(body))))
            self.head(found, len(found) - 1)
        else:
            self.n = behind
        return True

    def arrow_comes(self):
        """Whether an arrow stands before the next comma or word that is in no bracket."""
        depth = 0
        for token in self.tokens[self.n + 2 :]:
            depth += nesting(token)
            if depth == 0 and token.text in (",", LINE, r"\text", *TO, *RELATIONS):
                return token.text in TO
        return False

    def being(self, found, words):
        """Whether these words say what the name before them is: let u be …, let σ be the …"""
        if self.signatures and (BE.fullmatch(words) or words.strip() == "by"):
            return True
        last = found[-1] if found else None
        if last is None or last.said not in NAMING:
            return False
        if SYMMETRIC.fullmatch(words) and last.relations in ((), ("in",)):
            found[len(found) - (not last.relations) :] = [self.symmetric(last.members[0])]
            return True
        if last.relations:
            return False
        called = CALLED.fullmatch(words)
        if called and (called["name"] in (*WORDS, *self.dialect.words)):
            right = named(rf"\operatorname{{{called['name']}}}", self.at())
        elif BE.fullmatch(words) or (last.said == "denote" and RATIO.fullmatch(words)):
            right = self.sum()
        else:
            return False
        source = (*last.source, latex_of(right))
        found[-1] = replace(last, members=(*last.members, right), relations=("=",), source=source,
                            assumed=(*last.assumed, False))  # fmt: skip
        for name in self.functions_of(found[-1]):
            self.knows(name)
        return True

    def symmetric(self, name):
        """What `let A be symmetric` supposes."""
        members = name, Node("transpose", (name,), name.at)
        supposed = self.statement(members, ("=",), [*map(latex_of, members)], role=Role.CONDITION)
        return replace(supposed, said="suppose", heads=True)

    def named_behind(self):
        """The functions that `where` introduces, which stand before it, too."""
        for n, token in enumerate(self.tokens[:-2]):
            name, self.n = self.tokens[n + 1].text, n + 2
            new = is_name(name) and name not in self.dialect.symbols
            if token.text == r"\text" and new and WHERE.search(token.inside):
                end = self.ending() + 1 if self.peek() == "(" else 0
                same = self.peek() == "=" and self.peek(1).startswith(r"\operatorname")
                if same or (end and [t.text for t in self.tokens[end : end + 1]] == ["="]):
                    self.knows(named(name, token.end))
        self.n = 0
