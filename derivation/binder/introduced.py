"""Names that a text introduces with `let`, `where` or :=, each of which gives way to its value; and
those of anything in a set, as \\mathbf{v} \\in \\mathbb{R}^C, for which it is drawn."""

import itertools
import re
from dataclasses import replace
from functools import reduce

from ..reader.grammar import NAMING, SUPPOSES, over
from ..sizes import ONE
from ..syntax import SUPPOSED, DerivationError, Node, Role, loose, rewritten, walk
from ..vocabulary import Symbol, form, indices_of
from .bind import Binder
from .functions import BY_WORD

__all__ = ["introduced"]

MAX_NODES = 10_000  # of what a name stands for
WORDS = (r"\max", r"\min", r"\text", r"\operatorname")  # in a subscript
TRANSPOSED = re.compile(r"\^\s*\{?\s*T\b")


def introduced(statements, vocabulary, latex):
    """The statements without those in which `let` or `where` introduces a name that is not known:
    what it stands for is put in for it."""
    names, binder, new = _Names(), Binder(vocabulary), []
    first = {s.members[0] for s in statements if s.said in (*NAMING, "where", "defines")}
    worded = {
        n: Node("name", (n.text, (), None), n.at)
        for n in first
        if n.op == "name"
        and any(a.text.startswith(WORDS) for a in n.args[1])
        and not vocabulary.lookup(n)[0]
    }
    statements = [
        s.with_members(rewritten(s.members, lambda n: worded.get(n, n))) for s in statements
    ]  # s_{\max} is no entry of s
    statements = _applied(_drawn(_aliased(statements, binder), binder), binder, latex)
    for s in statements:
        beside = s.role == Role.CHAIN and new and new[-1].line == s.line
        said = s.said in (*NAMING, "with", "where", "defines") or beside or _supposes(s, statements)
        new_name = s.relations == ("=",) and (_is_new(s.members[0], binder) or (
            s.said in (*NAMING, "with") and _shadows(s, statements, binder, latex)))  # fmt: skip
        if said and new_name:
            if s.members[0].text in vocabulary.dialect.transposes and TRANSPOSED.search(latex):
                text = r"T is a name here, and what transposes: write ^\top for that"
                raise DerivationError(text, latex, s.members[0].at)
            new.append(s)
            names[form(s.members[0])] = indices_of(s.members[0]), _known(s.members[1], vocabulary)
            _of_all(s, statements, latex)
    if len(names) < len(new) or any(_entries(s.members[0]) in names for s in new):
        return statements  # one of them twice
    for kind in (*names, *reversed(names)):  # each may stand in one before or behind it
        letters, value = names[kind][0], rewritten(names[kind][1], names.put_in)
        names[kind] = letters, value
        if len([*itertools.islice(walk(value), MAX_NODES)]) == MAX_NODES:
            raise DerivationError(f"what {kind[0]} stands for is too long", latex, 0)
    for _, value in names.values():  # also of a name that is not used
        Binder(vocabulary, latex).bind(value)
    rest, after = [], False
    for s in statements:
        name = any(s is n for n in new)
        if not name:  # `then` behind a name that is introduced follows from nothing
            rest.append(replace(s, role=Role.CHAIN) if s.role == Role.CLAIM and after else s)
        after = name
    for node in walk(tuple(s.members for s in rest)):
        names.uncaught(node)
    return [s.with_members(rewritten(s.members, names.put_in)) for s in rest]


def _known(value, vocabulary):
    """The symbol whose definition a value is, so that a derivative by it can be taken; or the
    value itself."""
    same = (s for s in vocabulary.symbols if s.definition and not (s.view or s.entries)
            and not s.is_function and vocabulary.definition(s) == value)  # fmt: skip
    return next((vocabulary.read(s.latex)[0].members[0] for s in same), value)


def _supposes(statement, statements):
    """Whether `if v = …` or the like gives a name its value: all that has the name stands behind it
    on its line, or is one claim."""
    name = statement.members[0]
    has = [s for s in statements if name in {*walk(s.members)}]
    behind, here = has[0] is statement, all(s.line == statement.line for s in has)
    here = here and (behind or len(has) == 2)
    return statement.said in SUPPOSES and (here or (behind and statement.heads))


def _shadows(statement, statements, binder, latex):
    """Whether `let m = …` makes the letter of a size or an index that of a value in all the text;
    not if a sum runs over it."""
    name, value = statement.members
    known = name.plain and name.args[0] in (*binder.vocabulary.sizes, *binder.vocabulary.indices)
    if not known or binder.is_whole(Binder(binder.vocabulary, latex).bind(value)):
        return False
    if any(name.args[0] in over(n) for n in walk(tuple(s.members for s in statements))):
        raise DerivationError(f"{name.text} is an index here: take another letter", latex, name.at)
    return True


def _aliased(statements, binder):
    r"""The statements with softmax for \sigma, where \sigma = \operatorname{softmax} stands."""
    same = {s.members[0]: s.members[1] for s in statements if s.said in (*NAMING, "where")
            and s.relations == ("=",) and (s.members[1].text in BY_WORD
                                           or _is_function(s.members[1], binder))}  # fmt: skip
    same = {name: word for name, word in same.items() if name.plain and binder.is_unknown(name)}
    rest = [s for s in statements if s.members[0] not in same or s.relations != ("=",)]
    return [s.with_members(rewritten(s.members, lambda n: same.get(n, n))) for s in rest]


def _is_function(name, binder):
    """Whether a bare name is that of a function of the vocabulary."""
    symbol = binder.vocabulary.lookup(name)[0]
    return symbol is not None and symbol.is_function


def _drawn(statements, binder):
    """The statements without those that name anything in a set of numbers, vectors or matrices."""
    names, follows = _Names(), any(s.role in (Role.IMPLIES, Role.IFF) for s in statements)

    def names_any(s, supposed=False):
        name, whole = (*s.members, None)[:2]
        every = s.role == Role.EVERY and (follows or supposed)  # of the premise alone, perhaps
        if s.relations != ("in",) or every or not name.plain or whole.args[:1] != ("R",):
            return False
        if form(name) not in names and not _is_new(name, binder):
            return False
        rows, columns = map(binder.as_size, whole.args[1:])
        value = [], _any(name, f"{rows} × {columns}")
        return names.setdefault(form(name), value) == value

    def put_in(s):
        every = [e for e in s.every if not names_any(e, s.role == Role.CONDITION)]
        members = rewritten(s.members, names.put_in)
        return replace(s, members=members, every=tuple(map(put_in, every)))

    for s in statements:  # first what is named, as it may stand behind
        names_any(s)
        [names_any(e, s.role == Role.CONDITION) for e in s.every]
    for s in statements:
        names |= {name: value for name, value in _ranging(s, binder).items() if name not in names}
    return [put_in(s) for s in statements if not names_any(s)]


def _ranging(statement, binder):
    """The new numbers of `let τ > 0`, `if α ∈ [0, 1]`: any, and the statement restricts them."""
    limits = {*statement.relations} <= {"<", "<=", ">", ">=", "!="}
    limits = limits or statement.members[-1].op == "interval"
    limits = limits and statement.role in SUPPOSED
    new = (n for n in statement.members if limits and n.plain)
    new = (n for n in new if binder.is_unknown(n) and binder.letter(n) is None)
    return {form(n): ([], _any(n)) for n in new}


def _any(name, shape="1 × 1"):
    """Anything of a shape, of this name."""
    return Node("drawn", (Symbol(name.text, shape=shape.replace("1 × 1", "1")),), name.at)


def _applied(statements, binder, latex):
    """The statements with f for f(u), and f at u = a for f(a), where `let f(u) = …` introduces a
    function; u is a symbol that is known, or else any number."""
    defined = [s for s in statements if s.said in (*NAMING, "where") and s.relations == ("=",)]
    defined = [s for s in defined if s.members[0].op == "call"]
    defined = [s for s in defined if binder.is_unknown(s.members[0].args[0])]
    calls = tuple(s.members[0] for s in defined)
    formals = {a for call in calls for a in call.args[1:] if a.op != "drawn"}
    formals = {a for a in formals if not binder.vocabulary.lookup(a)[0]}
    twice = any(len({*call.args}) < len(call.args) for call in calls)
    if twice or not all(a.plain and _is_new(a, binder) for a in formals):
        text = "the arguments of a new function are names of their own, and no index"
        raise DerivationError(text, latex, calls[0].at)
    names = _Names()
    for a in formals:
        names[form(a)] = [], _any(a, _shape(a, defined, statements, binder, latex))
    statements = [s.with_members(rewritten(s.members, names.put_in)) for s in statements]
    calls = rewritten(calls, names.put_in)

    def rule(node):
        for head, *own in (call.args for call in calls):
            if node.op == "gradient" and node.args[:2] == (head, *own):
                return Node("derivative", (head, node.args[2]), node.at)
            by = node.args[1] if node.op == "slope" else ()
            given = node.args[1 + bool(by) :]
            if node.op in ("call", "slope") and node.args[0] == head:
                if len(given) != len(own):
                    text = f"{head.text} is a function of {len(own)}, got {len(given)}"
                    raise DerivationError(text, latex, node.at)
                by = own * len(by) if len(own) == 1 else by
                if not {*by} <= {*own}:
                    text = f"{head.text} has several arguments: by which, as in \\frac{{∂f}}{{∂t}}?"
                    raise DerivationError(text, latex, node.at)
                slope = reduce(lambda a, b: Node("derivative", (a, b), node.at), by, head)
                pairs = tuple((a, b) for a, b in zip(own, given, strict=True) if a != b)
                return Node("at", (slope, pairs), node.at) if pairs else slope
        return node

    return [s.with_members(rewritten(s.members, rule)) for s in statements]


def _shape(formal, defined, statements, binder, latex):
    """That of the argument of a new function: a number, or the only column of which it can be the
    function that it is, and with which it is called."""
    letter = formal.text.removeprefix(r"\mathbf{").removesuffix("}")
    calls = [s for s in defined if formal in s.members[0].args]
    bodies = tuple(s.members[1] for s in calls)
    entries = {n.args[1] for n in walk(bodies) if n.op == "name" and n.args[0] == letter}
    if letter == formal.text and not any(entries):
        return "1 × 1"
    counted = {binder.size_along(n.text) for entry in entries for n in entry}
    columns = {str(rows) for rows, one in (s.sizes() for s in binder.vocabulary.symbols)
               if one == ONE != rows}  # fmt: skip
    heads = {s.members[0].args[0] for s in calls}
    given = [n.args[1] for n in walk(tuple(s.members for s in statements))
             if n.op == "call" and len(n.args) == 2 and n.args[0] in heads]  # fmt: skip
    bound = (Binder(binder.vocabulary).tried(n) for n in given)
    given = {str(b[0].shape[0]) for b in bound if b}

    def fits(size):
        names = _Names({form(formal): ([], _any(formal, f"{size} × 1"))})
        return Binder(binder.vocabulary).tried(*rewritten(bodies, names.put_in)) is not None

    sizes = {size for size in (counted & columns or columns) if fits(size)}
    sizes = sizes & given or sizes
    if len(sizes) != 1:
        text = rf"of what size is {formal.text}? Write {formal.text} \in \mathbb{{R}}^C, say"
        raise DerivationError(text, latex, formal.at)
    return f"{min(sizes)} × 1"


def _of_all(statement, statements, latex):
    """Refuse a condition beside it on an index of a name that is introduced, and a sum over it."""
    letters = {n.text for n in indices_of(statement.members[0])}
    around = (s for s in statements if s.line == statement.line and letters & {*loose(s.members)}
              and (s.said in ("for", "if", "when") or _lists(s)))  # fmt: skip
    every = [s for s in statement.every if s.relations and (s.relations != ("in",) or _lists(s))]
    beside = every or [*around]
    if beside or any(letters & over(node) for node in walk(statement.members[1])):
        text = (
            "a name is for all values of its index, and no sum runs over it: write \\begin{cases}"
        )
        raise DerivationError(text, latex, statement.members[0].at)


def _lists(statement):
    """Whether it says of some values only that an index is one of them."""
    sets = (m for m in statement.members[1:] if m.op == "set")
    return any(all(item.op != "dots" for item in m.args) for m in sets)


class _Names(dict):
    """What names stand for, by their form: their indices, and a tree."""

    def valued(self, kind, indices, at):
        """The value of a name with these indices: z_j, where z_k is given."""
        letters, value = self[kind]
        pairs = tuple((a, b) for a, b in zip(letters, indices, strict=True) if a != b)
        return Node("at", (value, pairs), at) if pairs else value

    def put_in(self, node):
        """A node, or what it stands for."""
        if node.op != "name":
            return node
        head, subscripts, example = node.args
        above = [example] * (example is not None)
        wholes = (form(Node("name", (h, (), example))) for h in (rf"\mathbf{{{head}}}", head))
        whole, entry = next((kind for kind in wholes if kind in self), None), _entries(node)
        if form(node) in self:
            return self.valued(form(node), indices_of(node), node.at)
        if subscripts and whole:
            return Node("entry", (self.valued(whole, above, node.at), subscripts))
        if entry in self:
            index = Node("name", (self[entry][0][-1].text + "'", (), None), node.at)
            return Node("column", (self.valued(entry, [*above, index], node.at), index), node.at)
        return node

    def uncaught(self, node):
        """Refuse a sum over a letter on which a name below it depends, or over the name itself."""
        letters_below = over(node)
        for name in walk(node.args if letters_below else ()):
            kinds = (form(name), _entries(name)) if name.op == "name" else ()
            for letters, value in (self[kind] for kind in kinds if kind in self):
                caught = {*loose(value), name.args[0]} - {n.args[0] for n in letters}
                if letters_below & caught:
                    text = f"{name.text} depends on a letter over which a sum runs here:"
                    raise DerivationError(f"{text} name it with its index, such as u_k")


def _entries(name):
    r"""The form of a vector's entries: of u_k for \mathbf{u}."""
    bold = name.args[0].startswith(r"\mathbf{") and not name.args[1]
    return bold and (name.args[0][len(r"\mathbf{") : -1], 1, name.args[2] is not None)


def _is_new(name, binder):
    """Whether nothing is known of a name, or of one with letters of indices: u, z_k."""
    if name.plain:
        meaning = binder.letter(name)
        return binder.is_unknown(name) and (meaning is None or meaning.op == "const")
    indices = indices_of(name) if name.op == "name" else ()
    if not indices or not all(n.text in binder.vocabulary.indices for n in indices):
        return False
    try:
        return not binder.bind(name)
    except DerivationError:
        return True
