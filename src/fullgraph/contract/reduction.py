"""Assumptions are learnt one after the other: what follows is no line, what may not be narrowed is refused.

Each is put in terms of what is known so far. If it follows, it is no line; otherwise it narrows something. Narrowing
only dims that were declared dynamic is refused, unless it is what the program itself demands.
"""

from __future__ import annotations

import math
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

from fullgraph.contract.ledger import Assumption, AssumptionKind
from fullgraph.contract.monotone import said_of_size
from fullgraph.contract.readable import readable
from fullgraph.contract.refusal import Refused, contradictory
from fullgraph.contract.specs import Specs
from fullgraph.contract.symbols import (
    DimSpec,
    add_solution,
    applied,
    fresh_scope,
    hand_on,
    holds,
    solved_for,
    without_symbol,
)
from fullgraph.symbolic import (
    Bool,
    Contradiction,
    Expr,
    Range,
    Scope,
    and_,
    ge,
    le,
    ne,
    not_,
    or_,
    true,
)

_MOST_COMBINED = 64
_RELIED_ON = (AssumptionKind.OPERATOR, AssumptionKind.PROGRAM, AssumptionKind.BRANCH)


@dataclass(frozen=True)
class Line:
    """A line that stays for now; `solved` is the symbol that an equality determines."""

    assumption: Assumption
    solved: Expr | None

    @property
    def fact(self) -> Bool:
        """What it says of sizes."""
        assert isinstance(self.assumption.fact, Bool)
        return self.assumption.fact


class Reduction:
    """What is known so far, and the lines it took to know it.

    A solved symbol is replaced in everything that comes later, so the scope need not know it: it is told the range
    that the symbol hands on to its solution. Only a symbol of which something was learnt before is solved in the
    scope as well. That keeps hundreds of equalities between the sizes of hundreds of inputs linear.
    """

    def __init__(self, specs: Specs, symbols: dict[Expr, DimSpec]) -> None:
        self._specs = specs
        self.symbols = symbols
        # Symbols without a name are solved for first, and of those the last one: the user's names stay.
        self._preference = {
            spec.symbol: (spec.is_strict, spec.is_named, -place)
            for place, spec in enumerate(symbols.values())
        }
        self._scope = specs.scope()
        self._learnt_of = {symbol for fact in specs.implied for symbol in fact.symbols}
        # The ranges of strict dims before the first assumption that nobody asked for.
        self._wanted: dict[Expr, Range] | None = None
        self.lines: list[Line] = []
        self.solutions: dict[Expr, Expr] = {}
        self.refused: list[Refused] = []

    def take(self, assumption: Assumption) -> None:
        """Learn an assumption; keep it as a line unless it follows, refuse it if it may not narrow what it narrows."""
        assert isinstance(assumption.fact, Bool)
        fact = applied(assumption.fact, self.solutions)
        if assumption.kind is AssumptionKind.DECLARED:
            fact = self._readable(fact)
        else:
            fact = self._in_other_words(fact)
        if fact.kind == "or" and len(fact.symbols) == 1 and self._sort_of(fact) is int:
            fact = self._all_but_one(fact)
        if fact.kind == "and":
            for part in fact.args:
                self.take(restated(assumption, part))
            return
        if fact.kind == "ne":
            fact = self._beyond(fact)
        answer = self._scope.decide(fact)
        if answer is True:
            return
        if answer is False:
            self._contradicted(assumption, fact)
            return
        if assumption.kind in _RELIED_ON:
            if self._wanted is None:
                self._wanted = self._ranges_of_strict()
            sample = self._violated_sample(fact)
            if sample is not None or all(self.symbols[s].is_strict for s in fact.symbols):
                if self._follows_from_all(fact):
                    return
                self.refused.append(Refused(replace(assumption, fact=fact), sample))
        solved = self._solve(fact)
        try:
            if solved is None or solved in self._learnt_of:
                self._scope.assume(fact)
                self._learnt_of |= fact.symbols
            else:
                hand_on(self.symbols[solved], self.solutions[solved], self._scope)
        except Contradiction:
            self._contradicted(assumption, fact)
            return
        self.lines.append(Line(restated(assumption, fact), solved))

    def _follows_from_all(self, fact: Bool) -> bool:
        """Whether a fact follows from the lines together; what would be refused is looked at more closely."""
        known = self._specs.scope()
        return known.together(line.fact for line in self.lines).implies(fact)

    def _in_other_words(self, fact: Bool) -> Bool:
        """Return a fact as a person would write it, or `true`: what was stated may be it in any of these words."""
        for say in (self._scope.simplify_question, self._readable) * 2:
            if self._scope.decide(fact) is True:
                return true
            fact = say(fact)
        return self.of_sizes(fact)

    def of_sizes(self, fact: Bool) -> Bool:
        """Say what is computed from one size of that size, which is below 2**63."""
        if len(fact.symbols) != 1:
            return fact
        (symbol,) = fact.symbols
        spec = self.symbols[symbol]
        return said_of_size(fact, int(spec.range.lo)) if spec.sort is int and spec.is_size else fact

    def _readable(self, fact: Bool) -> Bool:
        return readable(without_known_parts(fact, self._scope))

    def _sort_of(self, fact: Bool) -> type:
        (symbol,) = fact.symbols
        return self.symbols[symbol].sort

    def _all_but_one(self, fact: Bool) -> Bool:
        """Say `n == 0 or n >= 2` of a size as `n != 1`, and nothing of `n == 0 or n >= 1`."""
        (symbol,) = fact.symbols
        scope = fresh_scope([self.symbols[symbol]])
        try:
            for part in fact.args:
                scope.assume(not_(part))
        except Contradiction:
            return true
        left = scope.range_of(symbol)
        if left.lo != left.hi or holds(fact, {symbol: int(left.lo)}):
            return fact
        return ne(symbol, int(left.lo))

    def _beyond(self, fact: Bool) -> Bool:
        """Say `n != 1` as `n >= 2` of a size that is known to be 1 or more."""
        for symbol in fact.symbols if len(fact.symbols) == 1 else ():
            excluded = solved_for(not_(fact), symbol) if self.symbols[symbol].sort is int else None
            if excluded is not None and excluded.value == self._scope.range_of(symbol).lo:
                return ge(symbol, excluded.value + 1)
        return fact

    def all_refused(self) -> list[Refused]:
        """Return what narrows dims that were declared dynamic, one by one or together."""
        # What operators relied on is what a reader looks for first.
        refused = sorted(self.refused, key=lambda item: item.assumption.kind is AssumptionKind.BRANCH)
        return [*refused, *self.narrowed()]

    def narrowed(self) -> list[Refused]:
        """Return what several accepted lines together take away from strict dims (`b <= s0` and `s0 <= 8`)."""
        spoken_of = {symbol for item in self.refused for symbol in item.assumption.fact.symbols}  # type: ignore[union-attr]
        found: list[Refused] = []
        relied_on = [line for line in self.lines if line.assumption.kind in _RELIED_ON]
        if not relied_on:
            return found
        known = self._specs.scope()
        all_say = known.together(line.fact for line in self.lines)
        is_wanted = known.together(line.fact for line in self.lines if line not in relied_on)
        for symbol, now in self._ranges_of_strict().items():
            cause = None if symbol in spoken_of else self._cause_of_narrowing(symbol)
            if cause is None or spoken_of & cause.fact.symbols:  # type: ignore[union-attr]
                continue
            value = self._specs.samples[0].get(symbol)
            now = all_say.range_of(symbol, now, value)
            before = (self._wanted or {}).get(symbol, now)
            if now != before:
                before = is_wanted.range_of(symbol, before, value)
            fact = and_(
                ge(symbol, now.lo) if now.lo > before.lo else true,
                le(symbol, now.hi) if now.hi < before.hi else true,
            )
            if fact is not true:
                found.append(Refused(replace(cause, fact=fact), None))
        for fact in self._between_strict():
            cause = self._cause_of_narrowing(min(fact.symbols, key=self._preference.__getitem__))
            if cause is not None and spoken_of.isdisjoint(fact.symbols) and not is_wanted.implies(fact):
                found.append(Refused(replace(cause, fact=fact), None))
        return found

    def _between_strict(self) -> list[Bool]:
        """Return what lines say of strict dims by way of others (`b <= s0` and `s0 <= c`).

        The others are eliminated one by one, as Fourier and Motzkin do it.
        """
        said = (applied(line.fact, self.solutions) for line in self.lines if line.solved is None)
        facts = [fact for fact in said if fact.kind == "le"]
        for symbol, value in self.solutions.items():
            if not self.symbols[symbol].is_strict and self.symbols[symbol].sort is int:
                facts += _within(value, self.symbols[symbol].range)
        others = dict.fromkeys(s for fact in facts for s in fact.symbols if not self.symbols[s].is_strict)
        for other in others:
            facts = list(dict.fromkeys(without_symbol(facts, other)))[:_MOST_COMBINED]
        return [fact for fact in facts if len(fact.symbols) > 1]

    def _cause_of_narrowing(self, symbol: Expr) -> Assumption | None:
        """Return what the trace relied on that says something of a symbol, or of one that lines tie to it."""
        tied = {symbol}
        while True:
            cause = next((line.assumption for line in self.lines if _relies_on(line.assumption, tied)), None)
            further = {s for line in self.lines for s in symbols_tied(line.assumption, tied)}
            if cause is not None or further <= tied:
                return cause
            tied |= further

    def _ranges_of_strict(self) -> dict[Expr, Range]:
        unsolved = (s for s, spec in self.symbols.items() if spec.is_strict and s not in self.solutions)
        return {symbol: self._scope.range_of(symbol) for symbol in unsolved}

    def equate(self, line: Line, equality: Bool) -> None:
        """Say by a line that something is equal, which follows from it together with others."""
        place = self.lines.index(line)
        self.lines[place] = Line(restated(line.assumption, equality), self._solve(equality))

    def _solve(self, fact: Bool) -> Expr | None:
        """Use an equality to express one symbol by the others. Returns that symbol."""
        if fact.kind != "eq":
            return None
        for symbol in sorted(fact.symbols, key=self._preference.__getitem__):
            value = solved_for(fact, symbol)
            if value is not None:
                add_solution(symbol, value, self.solutions)
                return symbol
        return None

    def _violated_sample(self, fact: Bool) -> int | None:
        """Return the number of the first further example that the fact would exclude."""
        for number, values in enumerate(self._specs.samples[1:], start=2):
            if fact.symbols <= values.keys() and not holds(fact, values):
                return number
        return None

    def refuse_contradictions(self) -> None:
        """Refuse lines that no sizes satisfy together. Where the example satisfies all of them, there are some.

        Raises:
            Unsupported: it names the first line for which the earlier ones leave no room, and those.
        """
        example = self._specs.samples[0]
        if all(holds(line.fact, example) for line in self.lines):
            return
        known = self._specs.scope()
        if known.together(line.fact for line in self.lines).is_possible():
            return
        together = known.together()
        for place, line in enumerate(self.lines):
            if together.is_contradiction(line.fact):
                earlier = [each.assumption for each in self.lines[:place]]
                raise contradictory(line.assumption, earlier, self._specs.symbols)
            together.add(line.fact)

    def _contradicted(self, assumption: Assumption, fact: Bool) -> None:
        if assumption.kind is AssumptionKind.CHECK or not self.refused:
            raise contradictory(assumption, [line.assumption for line in self.lines], self._specs.symbols)
        self.refused.append(Refused(replace(assumption, fact=fact), None))


def _within(value: Expr, allowed: Range) -> list[Bool]:
    """Say that a value is in a range."""
    lower = [ge(value, allowed.lo)] if allowed.lo > -math.inf else []
    upper = [le(value, allowed.hi)] if allowed.hi < math.inf else []
    return [bound for bound in (*lower, *upper) if not bound.is_const]


def without_known_parts(fact: Bool, scope: Scope) -> Bool:
    """Drop what cannot hold from an `or`, and what holds from an `and`: the rest says the same."""
    if fact.kind == "or":
        return or_(
            *_without_special_cases([part for part in fact.args if scope.decide(part) is not False], scope)
        )
    if fact.kind == "and":
        return and_(*(part for part in fact.args if scope.decide(part) is not True))
    return fact


def _without_special_cases(parts: list[Bool], scope: Scope) -> list[Bool]:
    """Drop the parts of an `or` that another part follows from: `n <= 3 or n <= 4` is `n <= 4`."""
    kept = list(parts)
    for part in parts:
        if (
            len(kept) > 1
            and part in kept
            and _implies_one_of(part, [p for p in kept if p is not part], scope)
        ):
            kept.remove(part)
    return kept


def _implies_one_of(fact: Bool, others: list[Bool], scope: Scope) -> bool:
    before = scope.mark()
    try:
        scope.assume(fact)
        return any(scope.decide(other) is True for other in others)
    except Contradiction:
        return True
    finally:
        scope.undo(before)


def restated(assumption: Assumption, fact: Bool) -> Assumption:
    """Return the assumption with its fact in other terms; then the user's own words for it are words for another."""
    if fact is assumption.fact:
        return assumption
    note = "" if assumption.kind is AssumptionKind.DECLARED else assumption.note
    return replace(assumption, fact=fact, note=note)


def _relies_on(assumption: Assumption, symbols: AbstractSet[Expr]) -> bool:
    return assumption.kind in _RELIED_ON and bool(symbols_tied(assumption, symbols))


def symbols_tied(assumption: Assumption, symbols: AbstractSet[Expr]) -> AbstractSet[Expr]:
    """Return the symbols of a line that speaks of any of these."""
    spoken_of = assumption.fact.symbols if isinstance(assumption.fact, Bool) else frozenset[Expr]()
    return spoken_of if spoken_of & symbols else frozenset()
