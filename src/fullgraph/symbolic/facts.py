"""What is known of the symbols of one trace: ranges, equalities, divisibility, and what else was learnt.

A fact is stored in the form in which it is used:

* bounds on *forms* (forms.py). `s0 - s1 <= 3` is the range [-oo, 3] of the form `s0 - s1`; a symbol is a form
  itself. So all that was learnt of `a*x + c` answers questions about `b*x + d`.
* replacements. An equality that can be solved for an atom replaces the atom, everywhere and for good, by
  something already known. `s0 % 8 == 0` replaces the atom `s0 % 8`. Replacements are kept resolved: none
  mentions a replaced atom.
* divisors of atoms, and conditions known to hold as they are (`s0 != s1`, disjunctions, comparisons of
  floats).

Facts only grow. `version` changes with every growth, and everything derived is cached until then.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import reduce
from typing import Any

from fullgraph.symbolic import ranges
from fullgraph.symbolic.boolean import Bool, eq, le, not_
from fullgraph.symbolic.division import content, floordiv_integers, mod_integers
from fullgraph.symbolic.evaluation import T, substitute
from fullgraph.symbolic.expr import Expr, Monomial, integer, minus, plus, polynomial, times
from fullgraph.symbolic.forms import form_of
from fullgraph.symbolic.interning import Interned, contains
from fullgraph.symbolic.ranges import ANY, Range

# Ranges with fewer values than this can be gone through one by one.
WIDEST = 64
# Rounds of deriving bounds of single atoms from bounds of forms; each round is linear in the number of facts.
_ROUNDS = 3
_ONE = ranges.point(1)
# Where an expression lies of which a comparison with 0 holds. What is asked with "ne" is not negative.
_LEARNT_BOUNDS = {"le": Range(-math.inf, 0), "eq": ranges.point(0), "ne": Range(1, math.inf)}


class Contradiction(ValueError):
    """A fact that cannot hold together with what is already known."""


@dataclass
class Facts:
    """The store. Use it through `Scope`."""

    bounds: dict[Expr, Range] = field(default_factory=dict[Expr, Range])
    replacements: dict[Expr, Expr] = field(default_factory=dict[Expr, Expr])
    divisors: dict[Expr, int] = field(default_factory=dict[Expr, int])
    values: dict[Expr, tuple[int, ...]] = field(default_factory=dict[Expr, tuple[int, ...]])
    learnt: dict[Bool, bool] = field(default_factory=dict[Bool, bool])
    # The bounded forms in which a product stands, for `decide`.
    linked: dict[Monomial, tuple[Expr, ...]] = field(default_factory=dict[Monomial, tuple[Expr, ...]])
    order: dict[Expr, int] = field(default_factory=dict[Expr, int])
    # Whether any form has so few values that questions on it can be answered one by one.
    few_values: bool = False
    version: int = 0
    _ranges: dict[Expr, Range | None] = field(default_factory=dict[Expr, "Range | None"], repr=False)
    _rewritten: dict[Interned, Any] = field(default_factory=dict[Interned, Any], repr=False)

    def copy(self) -> Facts:
        """Return an independent copy; what is learnt by one is not known to the other."""
        return Facts(
            dict(self.bounds),
            dict(self.replacements),
            dict(self.divisors),
            dict(self.values),
            dict(self.learnt),
            dict(self.linked),
            dict(self.order),
            self.few_values,
            self.version,
        )

    def _grew(self) -> None:
        self.version += 1
        self._ranges.clear()
        self._rewritten.clear()

    def rewrite(self, what: T) -> T:
        """Apply the replacements. What would be divided by zero with them has no value, and stays as it is."""
        if not self.replacements:
            return what
        done: T | None = self._rewritten.get(what)
        if done is None:
            try:
                done = substitute(what, self.replacements)
            except ZeroDivisionError:
                done = what
            self._rewritten[what] = done
        return done

    def range_of(self, e: Expr) -> Range | None:
        """Return a range that holds every value of `e`; None for a float that might be nan."""
        if not e.is_float:
            return self.integer_range(e)
        if e not in self._ranges:
            self._ranges[e] = self._range_by_structure(e)
        return self._ranges[e]

    def integer_range(self, e: Expr) -> Range:
        """Return the range of an integer expression."""
        if e.kind == "symbol":
            return self.bounds.get(e, ANY)
        found = self._ranges.get(e)
        if found is None and e.is_float:
            return self.range_of(e) or ANY
        if found is None:
            found = self._ranges[e] = (self._range_by_structure(e) or ANY) & self._range_by_form(e)
        return found

    def _range_by_form(self, e: Expr) -> Range:
        if e.kind != "polynomial":
            return self.bounds.get(e, ANY)
        if not self.linked or self.linked.keys().isdisjoint(e.terms):
            return ANY
        form = form_of(e)
        if form.form is None or form.form not in self.bounds:
            return ANY
        known = ranges.scale(self.bounds[form.form], form.factor)
        return ranges.add(known, ranges.point(form.constant))

    def is_positive(self, e: Expr) -> bool:
        """Say whether an integer expression is known to be greater than 0."""
        return self.integer_range(e).lo > 0

    def _range_by_structure(self, e: Expr) -> Range | None:
        if e.kind == "symbol":
            return None  # a float that may be any
        if e.is_const:
            return None if e.value != e.value else Range(e.value, e.value)
        if e.kind == "polynomial":
            return ranges.total([(c, self._range_of_product(m)) for m, c in e.terms.items()])
        if e.kind == "ite":
            yes, no = self.range_of(e.args[1]), self.range_of(e.args[2])
            return ranges.hull(yes, no) if yes is not None and no is not None else None
        if e.kind == "mod" and not e.is_float and e.args[1].is_const:
            return self._range_of_remainder(*e.args)
        rule = (ranges.FLOATS if e.is_float else ranges.INTEGERS).get(e.kind)
        operands = [self.range_of(a) for a in e.args] if rule is not None else []
        if rule is None or None in operands:
            return None if e.is_float else ANY
        return reduce(rule, operands) if len(operands) > 2 else rule(*operands)

    def _range_of_remainder(self, x: Expr, k: Expr) -> Range:
        rest = self.without_multiples(x, k.value)
        return ranges.mod(self.integer_range(rest), ranges.point(k.value))

    def without_multiples(self, x: Expr, k: int) -> Expr:
        """Drop the terms of `x` that are known to be multiples of `k`; `x % k` stays the same."""
        if not self.divisors:
            return x
        kept = {m: c for m, c in x.terms.items() if self.divisor_of_term(m, c) % k}
        return x if len(kept) == len(x.terms) else polynomial(kept)

    def _range_of_product(self, monomial: tuple[Expr, ...]) -> Range:
        if not monomial:
            return _ONE
        if len(monomial) == 1:
            return self.integer_range(monomial[0])
        result = _ONE
        for atom in dict.fromkeys(monomial):
            found = self.integer_range(atom)
            times_in = monomial.count(atom)
            for _ in range(times_in // 2):
                result = ranges.mul(result, ranges.square(found))
            if times_in % 2:
                result = found if result is _ONE else ranges.mul(result, found)
        return result

    def divisor_of(self, e: Expr) -> int:
        """Return a number known to divide the integer `e`; 0 if `e` is known to be 0."""
        return reduce(math.gcd, (self.divisor_of_term(m, c) for m, c in e.terms.items()), 0)

    def divisor_of_term(self, monomial: tuple[Expr, ...], coefficient: int) -> int:
        """Return a number known to divide `coefficient * monomial`."""
        return reduce(lambda n, atom: n * self.divisors.get(atom, 1), monomial, abs(coefficient))

    def divides(self, k: int, x: Expr) -> bool:
        """Say whether a number is known to divide an integer expression."""
        return self.divisor_of(x) % k == 0 or self.rewrite(mod_integers(x, integer(k))) is integer(0)

    # Learning. Each method returns having made the fact usable; the caller has rewritten the fact.

    def declare(self, atom: Expr, known: Range, values: Iterable[int] | None) -> None:
        """Introduce a symbol with its range, or its set of values; that of a float may have any value, nan too."""
        if atom.is_float:
            self.order.setdefault(atom, len(self.order))
            self._grew()
            return
        if values is not None:
            kept = tuple(sorted(v for v in set(values) if v in known))
            if not kept:
                raise Contradiction(f"{atom.name} has no possible value")
            self.values[atom] = kept
            self.few_values = True
            known = Range(kept[0], kept[-1])
        if known.is_empty:
            raise Contradiction(f"{atom.name} has no possible value: its range is {known}")
        self._set_bound(atom, known)
        self.order.setdefault(atom, len(self.order))
        self._grew()

    def learn(self, fact: Bool) -> None:
        """Make a fact usable.

        Raises:
            Contradiction: it cannot hold together with the others.
        """
        if fact.kind == "and":
            for part in fact.args:
                self.learn(self.rewrite(part))
            return
        if fact.is_const:
            if not fact.value:
                raise Contradiction("this can never hold")
            return
        if fact in self.learnt:
            return
        self.learnt[fact] = True
        self.learnt[not_(fact)] = False
        match fact.kind:
            case "le":
                e = self.without_factors(fact.args[0], lambda found: found.lo > 0)
                self._bound(e, Range(-math.inf, 0))
            case "eq":
                self._equate(self.without_factors(fact.args[0], lambda found: 0 not in found))
            case "ne":
                self._exclude(fact.args[0])
        if fact.kind in ("le", "ne"):
            self._note_remainder(fact.args[0])
        self._propagate()
        self._grew()

    def without_factors(self, e: Expr, irrelevant: Callable[[Range], bool]) -> Expr:
        """Divide e by those of its common atoms whose ranges make them irrelevant to the question."""
        _, atoms = content(e)
        for atom in atoms:
            if irrelevant(self.integer_range(atom)):
                e = floordiv_integers(e, atom)
        return e

    def _bound(self, e: Expr, allowed: Range) -> bool:
        """Learn that e lies in `allowed`; return whether that is news."""
        form = form_of(e)
        if form.form is None:
            if form.constant not in allowed:
                raise Contradiction("this can never hold")
            return False
        lo, hi = allowed.lo - form.constant, allowed.hi - form.constant
        if form.factor < 0:
            lo, hi = -hi, -lo
        k = abs(form.factor)
        limits = Range(lo if math.isinf(lo) else -(-lo // k), hi if math.isinf(hi) else hi // k)
        before = self.bounds.get(form.form, ANY)
        after = self._listed(form.form, self._multiples_in(form.form, before & limits))
        if after == before:
            return False
        if after.is_empty or (after & self.integer_range(form.form)).is_empty:
            raise Contradiction("this can never hold together with what is known")
        self._set_bound(form.form, after)
        self._ranges.clear()
        return True

    def _multiples_in(self, form: Expr, allowed: Range) -> Range:
        """Narrow a range to what lies from the first to the last multiple of what is known to divide the form."""
        k = self.divisors.get(form, 1)
        lo, hi = allowed
        return Range(lo if math.isinf(lo) else -(-lo // k) * k, hi if math.isinf(hi) else hi // k * k)

    def _listed(self, form: Expr, allowed: Range) -> Range:
        """Narrow a range to the listed values in it, if the form is a symbol with a list of them."""
        listed = self.values.get(form)
        if listed is None or allowed.is_empty:
            return allowed
        kept = tuple(v for v in listed if v in allowed)
        if not kept:
            raise Contradiction("none of the listed values is left")
        self.values[form] = kept
        return Range(kept[0], kept[-1])

    def _set_bound(self, form: Expr, known: Range) -> None:
        self.few_values |= known.hi - known.lo < WIDEST
        if form.kind == "polynomial" and form not in self.bounds:
            for monomial in form.terms:
                self.linked[monomial] = (*self.linked.get(monomial, ()), form)
        self.bounds[form] = known

    def _exclude(self, e: Expr) -> None:
        """Learn that e is not 0: a bound that was 0 moves. What leaves a remainder is not 0 either."""
        if e.kind == "mod":
            self._exclude(e.args[0])
        found = self.integer_range(e)
        if found.lo == 0:
            self._bound(e, Range(1, math.inf))
        elif found.hi == 0:
            self._bound(e, Range(-math.inf, -1))

    def _equate(self, e: Expr) -> None:
        """Learn that e is 0: solve for an atom if one stands alone, else keep it as a bound."""
        self._bound(e, Range(0, 0))
        atom = self._solvable(e)
        if atom is None:
            return
        self._note_divisor(atom, e)
        coefficient = e.terms[(atom,)]
        value = plus(atom, times(integer(-coefficient), e))
        before = self.replacements
        self.replacements = {old: substitute(new, {atom: value}) for old, new in before.items()}
        self.replacements[atom] = value
        self._rewritten.clear()
        self._ranges.clear()
        self._restate(atom)
        for old in before:
            if contains(old, atom):  # `s1 % 8` was replaced, and now s1 is
                self.learn(eq(substitute(old, self.replacements), self.replacements[old]))

    def _note_remainder(self, e: Expr) -> None:
        """`s0 % 2` that is not 1 is 0: then 2 divides s0, which its range alone does not say."""
        atom = form_of(e).form
        if atom is not None and atom.kind == "mod" and self.integer_range(atom).is_point:
            self._equate(plus(atom, integer(-int(self.integer_range(atom).lo))))

    def _note_divisor(self, atom: Expr, e: Expr) -> None:
        if atom.kind == "mod" and len(e.terms) == 1:
            x, k = atom.args
            if k.is_const and x.kind != "polynomial":
                self.divisors[x] = math.lcm(self.divisors.get(x, 1), k.value)
                self._bound(x, ANY)

    def _restate(self, atom: Expr) -> None:
        """Say again, without `atom`, what was known with it."""
        old_bounds, self.bounds, self.linked = self.bounds, {}, {}
        for form, known in old_bounds.items():
            new = substitute(form, self.replacements)
            if new is form:
                self._set_bound(form, known & self.bounds.get(form, ANY))
            else:
                self._bound(new, known)
        for held in [f for f, holds in self.learnt.items() if holds and f.kind not in ("le", "eq")]:
            try:
                without = substitute(held, self.replacements)
            except ZeroDivisionError:
                if held.kind == "or":
                    continue  # the part that has no value now is not the one that holds
                raise
            if without is not held:
                self.learn(without)
        if atom in self.values:
            allowed = self.values.pop(atom)
            value = self.replacements[atom]
            if value.kind == "symbol":
                kept = tuple(v for v in self.values.get(value, allowed) if v in allowed)
                self.declare(value, self.integer_range(value), kept)
            # A set of values of anything else is kept as its hull, which `_bound` has done above.

    def _propagate(self) -> None:
        """Tighten the ranges of atoms by the bounds of the forms they stand in."""
        for _ in range(_ROUNDS):
            news = False
            for form, known in list(self.bounds.items()):
                if form.kind == "polynomial":
                    news |= self._propagate_form(form, known)
            if not news:
                return

    def _propagate_form(self, form: Expr, known: Range) -> bool:
        news = self._propagate_sign(form, known)
        for monomial, coefficient in form.terms.items():
            if not monomial:
                continue
            part = polynomial({monomial: coefficient})
            others = ranges.scale(self.integer_range(minus(form, part)), -1)
            allowed = ranges.add(known, others)
            if len(monomial) == 1:
                news |= self._bound(part, allowed)
            elif coefficient > 0:
                if not math.isinf(allowed.lo):
                    news |= self._bound_root(monomial, -(-int(allowed.lo) // coefficient))
                if not math.isinf(allowed.hi):
                    news |= self._bound_factors(monomial, int(allowed.hi) // coefficient)
        return news

    def _bound_factors(self, factors: Monomial, most: int) -> bool:
        """Each of several positive factors is at most their product, divided by the least that the others can be."""
        least = [self.integer_range(factor).lo for factor in factors]
        if min(least) < 1:
            return False
        if _is_square(factors) and most >= 0:
            return self._at_most(factors[0], integer(math.isqrt(most)))
        news = False
        for factor, lo in zip(factors, least):
            news |= self._at_most(factor, integer(most * int(lo) // int(math.prod(least))))
        return news

    def _bound_root(self, factors: Monomial, least: int) -> bool:
        """A number that is not negative is at least the root of what its square is at least."""
        if not _is_square(factors) or least < 1 or self.integer_range(factors[0]).lo < 0:
            return False
        return self._at_most(integer(math.isqrt(least - 1) + 1), factors[0])

    def _at_most(self, a: Expr, b: Expr) -> bool:
        fact = le(a, b)  # of a quotient, this speaks of the dividend; of a remainder, of whether it is 0
        return not fact.is_const and self._bound(fact.args[0], _LEARNT_BOUNDS[fact.kind])

    def _propagate_sign(self, form: Expr, known: Range) -> bool:
        """Divide `s0*(s1 - 4) == 0` by s0 once s0 is known not to be 0; and `<=` by positive factors."""
        if known == Range(0, 0):
            rest = self.without_factors(form, lambda found: 0 not in found)
            if rest is form or self.integer_range(rest) == known:
                return False
            self._equate(rest)
            return True
        if 0 not in (known.lo, known.hi):
            return False
        rest = self.without_factors(form, lambda found: found.lo > 0)
        return rest is not form and self._bound(rest, known)

    def holds(self, question: Bool) -> bool | None:
        """Say whether the question, or its negation, was learnt word for word."""
        return self.learnt.get(question)

    def _solvable(self, e: Expr) -> Expr | None:
        """Return the atom that e == 0 is best solved for, or None.

        It must stand alone with coefficient 1 or -1 and nowhere else in e. Symbols are preferred, the one
        declared last before the others, so that what is said later is expressed by what was said earlier.
        """
        alone = [m[0] for m, c in e.terms.items() if len(m) == 1 and abs(c) == 1]
        rests = [polynomial({m: c for m, c in e.terms.items() if m != (atom,)}) for atom in alone]
        candidates = [atom for atom, rest in zip(alone, rests, strict=True) if not contains(rest, atom)]
        if sum(1 for m in e.terms if m) == 1:
            return candidates[0] if candidates else None
        return max((a for a in candidates if a.kind == "symbol"), key=self._age, default=None)

    def _age(self, atom: Expr) -> tuple[int, str]:
        return self.order.get(atom, len(self.order)), atom.name


def _is_square(factors: Monomial) -> bool:
    return len(factors) == 2 and factors[0] is factors[1]
