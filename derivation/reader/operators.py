"""Functions, sums with their bounds, and derivatives."""

import functools

from ..syntax import Node, flat, walk
from .expressions import ONE, ZERO
from .grammar import DIFFERENTIALS, DIVERGENCES, PRODUCTS, READERS, is_name, is_number, named
from .tokens import BREAK, LINE, RELATIONS

__all__ = ["Operators"]


APPLYING = ("function", "reduction")  # which end a function's argument without brackets


class Operators:
    """The part of the reader that reads what applies to what follows."""

    def function(self, at, command):
        power = self.argument() if self.skip("^") else None
        base = self.argument() if command == r"\log" and self.skip("_") else None
        if self.skip("_") or (base and base.text != "e" and base.op != "num"):
            self.fail(f"{command} with this subscript is not read", at)
        if power is not None and power.op == "neg":
            self.fail(f"{command}^{{-1}} could be the inverse function or a power", at)
        if READERS.get(self.peek()) == "bracket" and self.peek() != "{":
            argument = self.atom()
            if self.peek() == "^":
                self.assume()
        else:
            argument = self.primary()
            while self.starts_factor() and READERS.get(self.peek()) not in APPLYING:
                self.assume()
                argument = Node("mul", (argument, self.primary()), at)
            if READERS.get(self.peek()) in APPLYING:  # log Z ∑ … is (log Z) ∑ …
                self.assume()
            if READERS.get(self.peek()) == "reduction" and argument.op == "div":
                self.fail(f"whether the sum belongs to {command} is not clear: write brackets")
            if self.peek() in ("/", r"\cdot", "*", r"\times"):
                self.assume()
        node = Node("call", (named(command, at), argument), at)
        if base and base.op == "num":
            node = Node("div", (node, Node("call", (named(command, at), base), at)), at)
        return Node("pow", (node, power), at) if power else node

    def written_out(self, function, arguments):
        """What some functions say that the table of operations does not have: the sign of a number,
        the divergence of two columns; else None."""
        at = function.at
        if function.text == r"\operatorname{sign}":
            tests = (Node("indicator", (arguments[0], sign, ZERO), at) for sign in "><")
            return Node("sub", tuple(tests), at)
        if function.text not in DIVERGENCES or len(arguments) != 2:
            return None
        self.assume()
        a, b = arguments
        log = Node("call", (named(r"\log", at), Node("oslash", (a, b), at)), at)
        return Node("mul", (Node("transpose", (a,), at), log), at)

    def binomial(self, at, _):
        """n over 2 as n (n - 1) / 2."""
        n, k = self.argument(), self.argument()
        if k.op != "num" or k.args[0] not in "0123456":
            self.fail("of a binomial coefficient the lower number is written as a digit", at)
        found = ONE
        for turn in range(int(k.args[0])):
            less = Node("sub", (n, Node("num", (str(turn),))), at) if turn else n
            more = Node("mul", (found, less), at) if turn else less
            found = Node("div", (more, Node("num", (str(turn + 1),))), at) if turn else more
        return found

    def root(self, at, _):
        if self.skip("["):
            degree = self.sum()
            self.expect("]")
            return Node("root", (self.argument(), degree), at)
        return Node("call", (named(r"\sqrt", at), self.argument()), at)

    # sums, products, extremes

    def reduction(self, at, command):
        bounds, high = (), None
        while self.peek() in ("_", "^"):
            if self.take() == "_":
                bounds = self.bounds()
            else:
                high = self.argument()
        if not bounds:
            self.assume()
            if command in (r"\max", r"\min"):
                return self.extreme(at, command)
        start, body, after = self.at(), self.product(), []
        if command == r"\prod" and bounds:
            body, after = self.peeled(body, start, {b[0].text for b in bounds if b[0] is not None})
        node = Node(command[1:], (bounds, high, body), at)
        return functools.reduce(lambda a, b: Node(b[0], (a, b[1]), at), reversed(after), node)

    def of_all(self, at, command):
        r"""\max\{p_k : k \neq y\}: the same as with the condition below; None if there is none."""
        sign = next((text for text in self.inside() if text in (":", "|", r"\mid")), "")
        if not sign or self.inside().count(sign) > 1:
            return None
        self.take()
        colons, self.colons, bars, self.open_bars = self.colons, False, self.open_bars, (sign,)
        body, bounds = self.sum(), []
        self.colons, self.open_bars = colons, bars
        self.expect(sign)
        while not self.skip(r"\}"):
            if [self.peek(n) for n in (1, 3, 4)] == ["=", ",", r"\dots"]:
                index = self.name()
                self.take()
                bounds.append((index, "in", self.run_of_values(index.at)))
            else:
                bounds += self.bound(bounds)
            self.skip(",")
        if not any(index for index, *_ in bounds):
            self.fail(f"over which index? Write {command}_{{k}}, with the condition below", at)
        return Node(command[1:], (tuple(bounds), None, body), at)

    def extreme(self, at, command):
        r"""\max(a, b), \max\{a, b\}, \max \mathbf{s}, \max\{s_k\} of all."""
        if self.peek() == r"\{":
            if (found := self.of_all(at, command)) is not None:
                return found
            self.expect(r"\{")
            items = self.items()
            inside = Node("matrix", tuple((item,) for item in items), at) if items[1:] else items[0]
            self.expect(r"\}")
        else:
            inside = self.atom() if self.peek() == "(" else self.primary()
        if inside.op == "matrix":
            return Node("call", (named(command, at), inside), at)
        return Node(command[1:], ((), None, inside), at)

    def arg(self, at, command):
        r"""\arg\max_k a_k: the last index where a_k is largest."""
        command = self.take() if command == r"\arg" else "\\" + command[-4:-1]
        if command not in (r"\max", r"\min") or self.peek() != "_":
            self.fail(r"the index is written below, as \arg\max_k", at)
        extreme = self.reduction(at, command)
        ((index, *condition), *more), high, body = extreme.args
        if any(condition) or more or high or not index.plain:
            self.fail(r"only the index stands below \arg\max", at)
        test = Node("indicator", (body, "=", extreme), at)
        return Node("max", (((index, None, None), (None, "where", test)), None, index), at)

    def peeled(self, body, start, letters):
        """A product without the last factors that have none of its indices, which stand behind
        unless brackets hold them."""
        after = []
        while body.op in ("mul", "dot") and body.at == start:
            if [_mentions(part, letters) for part in body.args] != [True, False]:
                break
            self.assume()
            after.append((body.op, body.args[1]))
            body = body.args[0]
        return body, after

    def bounds(self):
        r"""What stands below a sum: j; j=1; j \neq y; j, k; j: p_j > 0; j \in \{…\}; lines."""
        if self.peek() != "{":
            return ((self.name(), None, None),)
        self.expect("{")
        stacked = self.skip(r"\substack", "{")
        found = []
        while not self.skip("}"):
            if self.peek() in (",", r"\\", ";", LINE, BREAK):
                self.take()
            else:
                at, new = self.at(), self.bound(found)
                if found and found[-1][1] and not any(relation for _, relation, _ in new):
                    self.fail("one more index, or one more value? Write an index before the"
                              " relations, or j \\neq k, j \\neq l for two", at)  # fmt: skip
                found += new
        if stacked:
            self.expect("}")
        if self.peek() == "^" and found and found[-1][1] == "=":  # j, k = 2 up to C: both
            found = [(b[0], *found[-1][1:]) if b[1] is None else b for b in found]
        return tuple(found)

    def bound(self, before):
        """An index with its first value or its condition, or conditions of those before.

        In 1 \\le j < k \\le C the letters between are indices.
        """
        at, primes = self.at(), self.peek(1) == "'"
        if is_name(self.peek()) and self.peek(1 + primes) in (":", "|", r"\mid"):
            index = self.name()
            self.take()
            return [(index, "where", self.test(self.sum(), at))]
        members, relations = [self.sum()], []
        while self.peek() in RELATIONS:
            relations.append(RELATIONS[self.take()])
            members.append(self.domain() if relations[-1] == "in" else self.sum())
        letters = {b[0].args[0] for b in before if b[0] is not None}
        first, beside = members[0], flat(members[0], ("mul",))
        if len(beside) > 1 and not relations and all(n.plain for n in beside):  # \sum_{jk}
            return [(n, None, None) for n in beside]
        if len(members) < 3 and first.plain and first.args[0] not in letters:
            return [(first, *relations, *members[1:])] if relations else [(first, None, None)]
        if not relations:
            self.fail("expected an index", at)
        found = [(m, None, None) for m in members[1:-1] if m.plain and m.args[0] not in letters]
        tests = zip(members, relations, members[1:], strict=False)
        return found + [(None, "where", Node("indicator", test, at)) for test in tests]

    # derivatives

    def fraction(self, at, _):
        if not self.is_derivative():
            return Node("div", (self.argument(), self.argument()), at)
        self.expect("{")
        self.take()
        order, target = self.order(), None
        if self.peek() != "}":
            target = self.product()
        self.expect("}")
        variables = self.braced(lambda: self.variables(order, at))
        if target is None:
            return _derivative(self.operand(), variables, at)
        return self.there(target, variables, at)

    def there(self, target, variables, at):
        """A derivative, at what stands in brackets behind it: no product puts one sign there."""
        if self.peek() in ("(", "[") and self.adjacent():
            names, inside = self.names_only(variables), self.inside()
            values = names or all(a == "," or is_number(a) for a in inside)
            if len(names) == 1 and {*names} == {*variables}:  # \frac{∂L}{∂W}(W)
                self.n = self.ending() + 1
            elif self.peek() == "(" and target.plain and target.text in self.dialect.functions:
                return self.slope(target, variables, at)
            elif values:
                self.fail("the derivative there, or a product? Write \\big|_{c = 0}, or \\cdot", at)
        return _derivative(target, variables, at)

    def slope(self, function, by, at):
        r"""f'(a), \frac{df}{dt}(a), \frac{∂f}{∂t}(a, b): a derivative of a function, by its only
        variable for each prime, or by what is named, at what stands in the brackets."""
        self.expect("(")
        places = self.items()
        self.expect(")")
        by = tuple(by) if places[1:] else ("'",) * len(by)
        return Node("slope", (function, by, *places), at)

    def operand(self):
        r"""What \frac{∂}{∂ s} applies to: the factors side by side, up to another derivative."""
        self.skip(r"\cdot")
        at, bracket = self.at(), self.peek() in ("(", "[", r"\{")
        with self.barring():
            target = self.signed() if self.peek() in ("-", "+") else self.primary()
            while True:
                sign = not bracket and self.peek() in PRODUCTS and self.peek() != "."
                factor = sign or self.starts_factor()
                if self.peek() in ("+", "-") and not bracket:
                    self.assume()
                if not factor or self.derivative_comes(int(sign)):
                    return target
                self.assume()
                op = PRODUCTS[self.take()] if sign else "mul"
                target = Node(op, (target, self.primary()), at)

    def derivative_comes(self, ahead):
        """Whether the next factor is a derivative itself."""
        if self.peek(ahead) == r"\frac":
            return self.is_derivative(ahead + 1)
        return self.peek(ahead) in (r"\nabla", r"\partial")

    def is_derivative(self, ahead=0):
        """Whether ∂ or d stands first in both parts of the fraction."""
        n = self.n
        self.n += ahead
        above, below = self.peek(1), ""
        if self.peek() == "{":
            self.words()
            below = self.peek(1) if self.peek() == "{" else ""
        self.n = n
        return above == below == r"\partial" or {above, below} <= {"d", r"\differential"}

    def slashed(self, at, sign):
        """∂a/∂b on one line, or ∂_b a; d a is a differential where nothing stands below it."""
        if sign == r"\partial" and self.skip("_"):
            return self.subscripted(at)
        order = self.order()
        if self.skip("/"):
            variables = self.variables(order, at)
            return _derivative(self.operand(), variables, at)
        target = self.primary()
        if sign == r"\partial" or (self.peek() == "/" and self.peek(1) in DIFFERENTIALS):
            self.expect("/")
            return _derivative(target, self.variables(order, at), at)
        if order > 1:
            self.fail("differentials are of first order", at)
        return Node("differential", (target,), at)

    def divides(self):
        """Whether d/db, d^2/db^2 or d^2 a/db^2 comes."""
        ahead = [self.peek(n) for n in range(1, 9)]
        power = ahead[0] == "^"
        rest = ahead[(4 if ahead[1] == "{" else 2) * power :]
        return rest[power and is_name(rest[0]) :][:2] == ["/", "d"]

    def nabla(self, at, _):
        """∇_b a; ∇f(b) is by b."""
        order = self.order()
        if self.skip("_"):
            return self.subscripted(at, order)
        with self.barring():
            target = self.primary()
        called = target.op == "call" and target.args[0].text in self.dialect.functions
        if called and len(target.args) == 2 and target.args[1].op != "name":  # ∇f(0)
            return Node("slope", (target.args[0], ("'",) * order, target.args[1]), at)
        if target.op != "call" or len(target.args) != 2 or target.args[1].op != "name":
            self.fail(r"\nabla needs a subscript, or an argument: \nabla f(a)", at)
        return _derivative(target, [target.args[1]] * order, at)

    def subscripted(self, at, order=1):
        """∇_b a, ∂_b a: the next factor alone."""
        variable = self.argument()
        order = max(order, self.order())
        if self.peek() in ("-", "+"):
            self.assume()
            return _derivative(self.operand(), [variable] * order, at)
        with self.barring():
            target = self.primary()
        if self.starts_factor() or self.peek() in PRODUCTS:
            self.assume()
            goes_on = self.starts_factor() or self.peek() == r"\cdot"
            if goes_on and (target.op == "transpose" or self.constant(target, variable)):
                target = Node("mul", (target, self.operand()), at)  # none of 1/2, or of a row
            elif target.op == "div" and self.starts_factor():
                self.fail("put into brackets what the derivative applies to: it is not clear where"
                          " it ends", at)  # fmt: skip
        if target.op == "call" and len(target.args) == 2 and order == 1:
            return Node("gradient", (*target.args, variable), at)
        return _derivative(target, [variable] * order, at)

    def constant(self, factor, variable):
        """Whether a first factor does not depend on what is differentiated by: made of numbers,
        sizes, and what is drawn beside the variable."""
        names = {n for n in walk(factor) if n.op == "name"}
        return variable not in names and {n.text for n in names} <= self.dialect.constants

    def variables(self, order, at):
        """By what ∂ of this order differentiates: names, perhaps squared or transposed. Of first
        order and by σ², the square is the variable."""
        found, signs = [], 0
        while self.peek() in DIFFERENTIALS:
            self.take()
            signs += 1
            variable, exponent = self.primary(), ONE
            if variable.op == "pow":
                variable, exponent = variable.args
            found += [variable] * self.times(exponent)
        if order == signs == 1 < len(found):
            self.assume()
            return [Node("pow", (variable, exponent), at)]
        if len(found) != order:
            self.fail(f"∂ of order {order} by {len(found)} variables", at)
        return found

    def order(self):
        """^2 behind ∂ or ∇; 1 if nothing stands there."""
        if self.peek() == "^" and self.peek(1 + (self.peek(1) == "{")) in self.dialect.transposes:
            self.fail(r"a transposed derivative is not read: a Hessian is \nabla_a^2 f")
        return self.times(self.argument()) if self.skip("^") else 1

    def times(self, exponent):
        if exponent.args not in (("1",), ("2",), ("3",)):
            self.fail("a derivative is at most of third order", exponent.at)
        return int(exponent.args[0])


def _mentions(tree, letters):
    return any(n.plain and n.args[0] in letters for n in walk(tree))


def _derivative(target, variables, at):
    for variable in reversed(variables):
        if variable.op == "pow":  # by the chain rule
            base, n = variable.args
            less = Node("pow", (base, Node("num", ("2",)))) if n.text == "3" else base
            inner = Node("mul", (n, less), at)
            target = Node("div", (Node("derivative", (target, base), at), inner), at)
        else:
            target = Node("derivative", (target, variable), at)
    return target
