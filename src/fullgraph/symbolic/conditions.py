"""Facts in the words of `linear`: each monomial is an unknown, and what it means is said by further conditions.

Of a monomial it is said in which range it lies; of `q = x // k` that `k*q <= x < k*q + k`; of a minimum that it is at
most each of its operands, and one of them; of a product `x*y` of sizes within bounds that `(x - lo)*(y - lo) >= 0`, and
its like. A comparison of floats is an unknown too, 1 where it holds. All of this holds for every value of the symbols
for which Python has a result.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeAlias

from fullgraph.symbolic import linear, ranges
from fullgraph.symbolic.boolean import Bool, and_, eq, not_, or_
from fullgraph.symbolic.decide import meaning
from fullgraph.symbolic.expr import Expr, Monomial, integer, multiply_monomials, polynomial, times
from fullgraph.symbolic.facts import Facts
from fullgraph.symbolic.linear import ONE, Numbers, Row
from fullgraph.symbolic.ranges import Range

Unknown: TypeAlias = "Monomial | Bool"
_DIVISIONS: Final = ("floordiv", "mod")


@dataclass(frozen=True)
class Conditions:
    """Linear conditions that hold together; of each of `either`, one part does."""

    equal: tuple[Row, ...] = ()
    at_most: tuple[Row, ...] = ()
    either: tuple[tuple[Conditions, ...], ...] = ()

    def hold(self, numbers: Numbers) -> bool:
        """Whether these numbers satisfy them; an unknown without a number is 0."""
        return (
            all(linear.value_of(row, numbers) == 0 for row in self.equal)
            and all(linear.value_of(row, numbers) <= 0 for row in self.at_most)
            and all(any(part.hold(numbers) for part in parts) for parts in self.either)
        )

    @cached_property
    def unknowns(self) -> frozenset[int]:
        """The unknowns that occur."""
        rows = {x for row in (*self.equal, *self.at_most) for x in row if x != ONE}
        return frozenset(rows.union(*(part.unknowns for parts in self.either for part in parts)))


def joined(several: Iterable[Conditions]) -> Conditions:
    """Return the conditions of all."""
    found = list(several)
    return Conditions(
        tuple(row for each in found for row in each.equal),
        tuple(row for each in found for row in each.at_most),
        tuple(parts for each in found for parts in each.either),
    )


class Translation:
    """Facts as conditions on numbered unknowns.

    Args:
        known: the ranges of the symbols; nothing else of what is known is used.
    """

    def __init__(self, known: Facts) -> None:
        self._known = known
        self._numbers: dict[Unknown, int] = {}
        self._unknowns: list[Unknown] = []
        self._said: dict[Bool, Conditions] = {}
        self._meanings: dict[int, Conditions] = {}

    def __len__(self) -> int:
        return len(self._unknowns)

    def number(self, unknown: Unknown) -> int:
        """Return the number of an unknown."""
        found = self._numbers.get(unknown)
        if found is None:
            found = self._numbers[unknown] = len(self._unknowns)
            self._unknowns.append(unknown)
        return found

    def row(self, e: Expr) -> Row:
        """Return an integer expression as a row."""
        return {self.number(m) if m else ONE: c for m, c in e.terms.items()}

    def said(self, fact: Bool) -> Conditions:
        """Return what a fact says."""
        found = self._said.get(fact)
        if found is None:
            found = self._said[fact] = self._say(fact)
        return found

    def _say(self, fact: Bool) -> Conditions:
        match fact.kind:
            case "eq":
                return Conditions(equal=(self.row(fact.args[0]),))
            case "le":
                return Conditions(at_most=(self.row(fact.args[0]),))
            case "ne":
                row = self.row(fact.args[0])
                return Conditions(either=((_at_most(row, -1), _at_least(row, 1)),))
            case "and":
                return joined(map(self.said, fact.args))
            case "or":
                return Conditions(either=(tuple(map(self.said, fact.args)),))
            case "true" | "false":
                return Conditions(at_most=() if fact.value else ({ONE: 1},))
            case "not":
                return Conditions(at_most=({self.number(fact.args[0]): 1},))
            case _:
                return Conditions(at_most=({self.number(fact): -1, ONE: 1},))

    def with_meaning(self, said: Iterable[Conditions]) -> Conditions:
        """Return conditions with the meaning of all unknowns in them, and what that means in turn."""
        found = list(said)
        waiting = [x for each in found for x in each.unknowns]
        seen: set[int] = set()
        while waiting:
            x = waiting.pop()
            if x in seen:
                continue
            seen.add(x)
            meaning_of_x = self._meanings.get(x)
            if meaning_of_x is None:
                meaning_of_x = self._meanings[x] = self._meaning(x)
            found.append(meaning_of_x)
            waiting += meaning_of_x.unknowns
            waiting += self._factors(self._unknowns[x])
        together = joined(found)
        products = self._about_products(together, seen)
        return joined([together, products])

    def _factors(self, unknown: Unknown) -> list[int]:
        """Return what a product is made of: each of its factors, and what is left without it."""
        if isinstance(unknown, Bool) or len(unknown) < 2:
            return []
        return [self.number(part) for pair in _splits(unknown) for part in pair]

    def _meaning(self, x: int) -> Conditions:
        unknown = self._unknowns[x]
        if isinstance(unknown, Bool):
            return Conditions(at_most=({x: 1, ONE: -1}, {x: -1}))
        e = polynomial({unknown: 1})
        of_atom = self._meaning_of_atom(e) if len(unknown) == 1 else ()
        return joined([self._within(e, self._known.integer_range(e)), *of_atom])

    def _meaning_of_atom(self, atom: Expr) -> Iterator[Conditions]:
        if atom.kind == "ite":
            test, yes, no = atom.args
            yield self.said(or_(and_(test, eq(atom, yes)), and_(not_(test), eq(atom, no))))
        if atom.kind in _DIVISIONS and self._known.integer_range(atom.args[1]).lo <= 0:
            return
        for form, allowed in meaning(self._known, atom):
            yield self._within(form, allowed)
        if atom.kind in ("min", "max"):
            yield self.said(or_(*(eq(atom, x) for x in atom.args)))
        elif atom.kind == "abs":
            yield self.said(or_(*(eq(atom, x) for x in (atom.args[0], times(integer(-1), atom.args[0])))))

    def _within(self, e: Expr, allowed: Range) -> Conditions:
        row = self.row(e)
        if allowed.is_point:
            return Conditions(equal=(_less(row, int(allowed.lo)),))
        bounds = []
        if allowed.lo > -math.inf:
            bounds.append(_at_least(row, int(allowed.lo)))
        if allowed.hi < math.inf:
            bounds.append(_at_most(row, int(allowed.hi)))
        return joined(bounds)

    def _about_products(self, said: Conditions, unknowns: Iterable[int]) -> Conditions:
        """Say of products what follows from the bounds of their factors, and from rows multiplied by a factor."""
        products = [
            m for m in (self._unknowns[x] for x in unknowns) if not isinstance(m, Bool) and len(m) > 1
        ]
        if not products:
            return Conditions()
        bounds = self._bounds(said)
        rows: list[Row] = []
        either: list[tuple[Conditions, ...]] = []
        for product in sorted(products, key=len):
            z = self.number(product)
            for pair in _splits(product):
                x, y = map(self.number, pair)
                first, second = bounds.get(x, ranges.ANY), bounds.get(y, ranges.ANY)
                bounds[z] = bounds.get(z, ranges.ANY) & ranges.mul(first, second)
                rows += _rectangle(x, y, z, first, second)
                if x == y:  # an integer is no larger than its square, nor is its opposite
                    rows += ({x: 1, z: -1}, {x: -1, z: -1})
                elif min(first.lo, second.lo) == 0:
                    either.append(_zero_or_more(x, y, z))
        factors = dict.fromkeys(atom for product in products for atom in product)
        signs = {a: bounds.get(self.number((a,)), ranges.ANY).lo >= 0 for a in factors}
        more = [new for a in factors if signs[a] for row in said.at_most for new in self._multiplied(row, a)]
        equal = [new for a in factors for row in said.equal for new in self._multiplied(row, a)]
        return Conditions(tuple(equal), (*rows, *more), tuple(either))

    def _bounds(self, said: Conditions) -> dict[int, Range]:
        bounds: dict[int, Range] = {}
        both = [*said.at_most, *said.equal, *({x: -c for x, c in row.items()} for row in said.equal)]
        for row in both:
            unknowns = [x for x in row if x != ONE]
            if len(unknowns) == 1:
                (x,) = unknowns
                c, rest = row[x], row.get(ONE, 0)
                allowed = Range(hi=-rest // c) if c > 0 else Range(lo=-(-rest // -c))
                bounds[x] = bounds.get(x, ranges.ANY) & allowed
        return bounds

    def _multiplied(self, row: Row, factor: Expr) -> list[Row]:
        """Return a row times a factor, if that has only unknowns that are there anyway."""
        found: Row = {}
        for x, c in row.items():
            monomial = () if x == ONE else self._unknowns[x]
            if isinstance(monomial, Bool):
                return []
            product = self._numbers.get(multiply_monomials(monomial, (factor,)))
            if product is None:
                return []
            found[product] = c
        return [found] if len(found) > 1 else []


def _at_most(row: Row, most: int) -> Conditions:
    return Conditions(at_most=(_less(row, most),))


def _at_least(row: Row, least: int) -> Conditions:
    return Conditions(at_most=(_less({x: -c for x, c in row.items()}, -least),))


def _less(row: Row, amount: int) -> Row:
    return {x: c for x, c in {**row, ONE: row.get(ONE, 0) - amount}.items() if c}


def _splits(product: Monomial) -> Iterator[tuple[Monomial, Monomial]]:
    for atom in dict.fromkeys(product):
        place = product.index(atom)
        yield (atom,), product[:place] + product[place + 1 :]


def _rectangle(x: int, y: int, z: int, first: Range, second: Range) -> Iterator[Row]:
    """Say of z = x*y what its factors, each within its bounds, let it be."""
    for a, at_least_a in ((first.lo, True), (first.hi, False)):
        for b, at_least_b in ((second.lo, True), (second.hi, False)):
            if math.isinf(a) or math.isinf(b):
                continue
            # (x - a)*(y - b) is at least 0 if both are on the same side of their bound, and at most 0 otherwise.
            sign = -1 if at_least_a == at_least_b else 1
            row: Row = {}
            for unknown, c in ((z, 1), (x, -int(b)), (y, -int(a)), (ONE, int(a) * int(b))):
                row[unknown] = row.get(unknown, 0) + sign * c
            yield {unknown: c for unknown, c in row.items() if c}


def _zero_or_more(x: int, y: int, z: int) -> tuple[Conditions, ...]:
    """Say of z = x*y, none of them negative, that a factor is 0, or none is and z is at least x + y - 1."""
    positive = ({x: -1, ONE: 1}, {y: -1, ONE: 1}, {x: 1, y: 1, z: -1, ONE: -1})
    return (
        Conditions(equal=({x: 1}, {z: 1})),
        Conditions(equal=({y: 1}, {z: 1})),
        Conditions(at_most=positive),
    )
