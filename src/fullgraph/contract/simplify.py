"""From the assumptions of a trace to a contract: drop what follows from the rest, refuse what must be refused.

The facts are taken in this order: what the spec states, branches whose other side is another program, what the program
checks, then what the trace relied on, equalities first. Each is put in terms of what is known so far; if it follows, it
is no line. Otherwise it narrows something. Narrowing only dims that were declared dynamic is refused, and the refusals
are raised together at the end.

Why dropping is right: a line is dropped only if `Scope.decide` derives it from lines that stay and from ranges that the
check tests. `decide` is sound, so whatever passes the check satisfies the dropped lines as well.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import torch

from fullgraph.contract.contract import Contract, InputContract
from fullgraph.contract.inputs import Input
from fullgraph.contract.ledger import Assumption, AssumptionKind, Ledger
from fullgraph.contract.order import in_order
from fullgraph.contract.readable import readable
from fullgraph.contract.refusal import Refused, contradictory, rejects_example, specialized
from fullgraph.contract.specs import Specs
from fullgraph.contract.symbols import DimSpec, add_solution, applied, fresh_scope, hand_on, holds, solved_for
from fullgraph.errors import CaptureError
from fullgraph.symbolic import (
    Bool,
    Contradiction,
    Expr,
    Range,
    Scope,
    and_,
    eq,
    ge,
    integer,
    le,
    ne,
    not_,
    or_,
    true,
)

_RELIED_ON = (AssumptionKind.OPERATOR, AssumptionKind.PROGRAM, AssumptionKind.BRANCH)
# A refusal is followed by what is refused next; each round finds all that the lines together then narrow.
_MOST_ROUNDS = 4


def simplify(ledger: Ledger, specs: Specs, scope: Scope) -> Contract:
    """Make the contract of a trace.

    Args:
        ledger: the assumptions of the trace.
        specs: what the user said about the inputs.
        scope: the scope of the trace; it knows the ranges of values that appear only during a run.

    Raises:
        Specialized: the trace relied on something that narrows dims declared dynamic.
        Unsupported: what the program checks can never hold.
    """
    symbols = {spec.symbol: spec for spec in specs.symbols}
    on_sizes: list[Assumption] = []
    on_inputs: list[Assumption] = []
    deferred: list[Assumption] = []
    for assumption in ledger.assumptions:
        if not isinstance(assumption.fact, Bool):
            on_inputs.append(assumption)
        elif assumption.fact.symbols <= symbols.keys():
            on_sizes.append(assumption)
        else:
            deferred.append(assumption)
    reduction = _reduced(specs, symbols, on_sizes)
    refused = reduction.all_refused()
    if refused:
        refused = [*refused, *_refused_next(specs, symbols, on_sizes, refused)]
        raise specialized(_without_implied(refused, specs), specs)
    reduction.pin()
    lines, known = reduction.minimal()
    for line in lines:
        _refuse_if_example_fails(line, specs)
    solutions = reduction.solutions
    return Contract(
        inputs=tuple(_input(index, leaf, specs, solutions) for index, leaf in enumerate(specs.inputs)),
        symbols=symbols,
        assumptions=(*lines, *on_inputs),
        solutions=solutions,
        ranges=_ranges(symbols, solutions, known, scope),
        deferred=tuple(deferred),
        constants=ledger.constants,
    )


def _reduced(specs: Specs, symbols: dict[Expr, DimSpec], assumptions: Sequence[Assumption]) -> _Reduction:
    reduction = _Reduction(specs, symbols)
    for assumption in in_order(assumptions, specs):
        reduction.take(assumption)
    return reduction


def _refused_next(
    specs: Specs, symbols: dict[Expr, DimSpec], assumptions: Sequence[Assumption], refused: Sequence[Refused]
) -> list[Refused]:
    """Return what would be refused once the user has stated what is refused now, so that all is named at once."""
    found: list[Refused] = []
    for _ in range(_MOST_ROUNDS):
        stated = [replace(r.assumption, kind=AssumptionKind.DECLARED) for r in (*refused, *found)]
        try:
            more = _reduced(specs, symbols, [*stated, *assumptions]).all_refused()
        except CaptureError:  # no spec would be accepted; what is refused now is said now
            break
        if not more:
            break
        found += more
    return found


def _without_implied(refused: Sequence[Refused], specs: Specs) -> list[Refused]:
    """Drop what follows from the rest: `s == min(64, p + s) - p` beside `p + s <= 64`."""
    kept = list(refused)
    for each in reversed(refused):
        others = [other for other in kept if other is not each]
        scope = specs.scope()
        try:
            for other in others:
                scope.assume(other.assumption.fact)  # type: ignore[arg-type]
        except Contradiction:
            return kept
        if scope.decide(each.assumption.fact) is True:  # type: ignore[arg-type]
            kept = others
    return kept


@dataclass(frozen=True)
class _Line:
    """A line that stays for now; `solved` is the symbol that an equality determines."""

    assumption: Assumption
    solved: Expr | None


class _Reduction:
    """What is known so far, and the lines it took to know it.

    A solved symbol is replaced in everything that comes later, so the scope need not know it: it is told the range
    that the symbol hands on to its solution. Only a symbol of which something was learnt before is solved in the
    scope as well. That keeps hundreds of equalities between the sizes of hundreds of inputs linear.
    """

    def __init__(self, specs: Specs, symbols: dict[Expr, DimSpec]) -> None:
        self._specs = specs
        self._symbols = symbols
        # Symbols without a name are solved for first, and of those the last one: the user's names stay.
        self._preference = {
            spec.symbol: (spec.is_strict, spec.is_named, -place)
            for place, spec in enumerate(symbols.values())
        }
        self._scope = specs.scope()
        self._learnt_of = {symbol for fact in specs.implied for symbol in fact.symbols}
        # The ranges of strict dims before the first assumption that nobody asked for.
        self._wanted: dict[Expr, Range] | None = None
        self._lines: list[_Line] = []
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
                self.take(_restated(assumption, part))
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
            if sample is not None or all(self._symbols[s].is_strict for s in fact.symbols):
                self.refused.append(Refused(replace(assumption, fact=fact), sample))
        solved = self._solve(fact)
        try:
            if solved is None or solved in self._learnt_of:
                self._scope.assume(fact)
                self._learnt_of |= fact.symbols
            else:
                hand_on(self._symbols[solved], self.solutions[solved], self._scope)
        except Contradiction:
            self._contradicted(assumption, fact)
            return
        self._lines.append(_Line(_restated(assumption, fact), solved))

    def _in_other_words(self, fact: Bool) -> Bool:
        """Return a fact as a person would write it, or `true`: what was stated may be it in any of these words."""
        for say in (self._scope.simplify_question, self._readable) * 2:
            if self._scope.decide(fact) is True:
                return true
            fact = say(fact)
        return fact

    def _readable(self, fact: Bool) -> Bool:
        return readable(_without_known_parts(fact, self._scope))

    def pin(self) -> None:
        """Say that a symbol is its one value, where several lines leave no other (`n >= 5` and `n <= 5`)."""
        for symbol, spec in self._symbols.items():
            if symbol in self.solutions or spec.sort is not int or spec.range.is_point:
                continue
            left = self._scope.range_of(symbol)
            cause = next((x.assumption for x in reversed(self._lines) if _speaks_of(x, symbol)), None)
            if not left.is_point or cause is None:
                continue
            add_solution(symbol, integer(int(left.lo)), self.solutions)
            self._lines.append(_Line(_restated(cause, eq(symbol, int(left.lo))), symbol))

    def _sort_of(self, fact: Bool) -> type:
        (symbol,) = fact.symbols
        return self._symbols[symbol].sort

    def _all_but_one(self, fact: Bool) -> Bool:
        """Say `n == 0 or n >= 2` of a size as `n != 1`, and nothing of `n == 0 or n >= 1`."""
        (symbol,) = fact.symbols
        scope = fresh_scope([self._symbols[symbol]])
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
            excluded = solved_for(not_(fact), symbol) if self._symbols[symbol].sort is int else None
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
        for symbol, now in self._ranges_of_strict().items():
            before = (self._wanted or {}).get(symbol, now)
            fact = and_(
                ge(symbol, now.lo) if now.lo > before.lo else true,
                le(symbol, now.hi) if now.hi < before.hi else true,
            )
            if fact is true or symbol in spoken_of:
                continue
            cause = self._cause_of_narrowing(symbol)
            if cause is not None and not spoken_of & cause.fact.symbols:  # type: ignore[union-attr]
                found.append(Refused(replace(cause, fact=fact), None))
        return found

    def _cause_of_narrowing(self, symbol: Expr) -> Assumption | None:
        """Return what the trace relied on that says something of a symbol, or of one that lines tie to it."""
        tied = {symbol}
        while True:
            cause = next((line.assumption for line in self._lines if _relies_on(line.assumption, tied)), None)
            further = {s for line in self._lines for s in _symbols_tied(line.assumption, tied)}
            if cause is not None or further <= tied:
                return cause
            tied |= further

    def _ranges_of_strict(self) -> dict[Expr, Range]:
        unsolved = (s for s, spec in self._symbols.items() if spec.is_strict and s not in self.solutions)
        return {symbol: self._scope.range_of(symbol) for symbol in unsolved}

    def minimal(self) -> tuple[list[Assumption], Scope]:
        """Return the lines that do not follow from later ones either, in order, and what is known with them."""
        scope = self._specs.scope(self.solutions)
        kept: list[Assumption] = []
        for line in reversed(self._lines):
            if line.solved is not None:
                kept.append(replace(line.assumption, fact=eq(line.solved, self.solutions[line.solved])))
                continue
            assert isinstance(line.assumption.fact, Bool)
            fact = _without_known_parts(applied(line.assumption.fact, self.solutions), scope)
            if scope.decide(fact) is not True:
                scope.assume(fact)
                kept.append(_restated(line.assumption, fact))
        kept.reverse()
        return kept, scope

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

    def _contradicted(self, assumption: Assumption, fact: Bool) -> None:
        if assumption.kind is AssumptionKind.CHECK or not self.refused:
            raise contradictory(assumption, [line.assumption for line in self._lines], self._specs.symbols)
        self.refused.append(Refused(replace(assumption, fact=fact), None))


def _refuse_if_example_fails(line: Assumption, specs: Specs) -> None:
    """A program that rejects the very example would be one that nobody ran."""
    values = specs.samples[0]
    assert isinstance(line.fact, Bool)
    if (
        line.kind is AssumptionKind.CHECK
        and line.fact.symbols <= values.keys()
        and not holds(line.fact, values)
    ):
        raise rejects_example(line, specs)


def _without_known_parts(fact: Bool, scope: Scope) -> Bool:
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


def _restated(assumption: Assumption, fact: Bool) -> Assumption:
    """Return the assumption with its fact in other terms; then the user's own words for it are words for another."""
    if fact is assumption.fact:
        return assumption
    note = "" if assumption.kind is AssumptionKind.DECLARED else assumption.note
    return replace(assumption, fact=fact, note=note)


def _speaks_of(line: _Line, symbol: Expr) -> bool:
    return bool(_symbols_tied(line.assumption, {symbol}))


def _relies_on(assumption: Assumption, symbols: AbstractSet[Expr]) -> bool:
    return assumption.kind in _RELIED_ON and bool(_symbols_tied(assumption, symbols))


def _symbols_tied(assumption: Assumption, symbols: AbstractSet[Expr]) -> AbstractSet[Expr]:
    """Return the symbols of a line that speaks of any of these."""
    spoken_of = assumption.fact.symbols if isinstance(assumption.fact, Bool) else frozenset[Expr]()
    return spoken_of if spoken_of & symbols else frozenset()


def _input(index: int, leaf: Input, specs: Specs, solutions: dict[Expr, Expr]) -> InputContract:
    declared = specs.dims[index]
    if declared is None:
        scalar = specs.scalars.get(index)
        if scalar is None:
            return InputContract(leaf.path, value=leaf.value)
        return InputContract(leaf.path, scalar=applied(scalar, solutions), sort=type(leaf.value))
    return InputContract(
        path=leaf.path,
        dims=tuple(_known(size, solutions) for size in declared),
        declared=declared,
        dtype=leaf.value.dtype,
        device=leaf.value.device,
        layout=getattr(leaf.value, "layout", torch.strided),  # that of a TensorSpec
    )


def _known(size: int | Expr, solutions: dict[Expr, Expr]) -> int | Expr:
    if isinstance(size, int):
        return size
    found = applied(size, solutions)
    return found.value if found.is_const else found


def _ranges(
    symbols: dict[Expr, DimSpec], solutions: dict[Expr, Expr], known: Scope, scope: Scope
) -> dict[Expr, Range]:
    ranges = {symbol: known.range_of(symbol) for symbol in symbols if symbol not in solutions}
    ranges.update((symbol, scope.range_of(symbol)) for symbol in scope.symbols if symbol not in symbols)
    return ranges
