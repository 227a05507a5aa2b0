"""Sizes that satisfy a condition, found by trying: small ones, and those around the example's.

A search that sets one symbol after the other, and turns back as soon as a part of the condition fails of which all
symbols are set. So ten questions on four sizes cost no more than one. It gives up after a fixed number of steps: what
it does not find may exist.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from fullgraph.contract import DimSpec, Specs, determined
from fullgraph.symbolic import Bool, Expr, constants_in, numbers_in, render

_MOST_STEPS: Final = 20_000
Values = list[Any]  # by the place of the symbol; None where it has no value
Test = Callable[[Values], Any]


def sizes_for(condition: Bool, known: Sequence[Bool], specs: Specs) -> Mapping[Expr, Any] | None:
    """Find sizes in range for which the condition holds, and what is known; None if none were found.

    Symbols that the condition does not speak of have the example's values, unless an equality ties them to others.
    """
    search = _Search(condition, known, specs)
    values = search.first()
    if values is None:
        return None
    return {spec.symbol: value for spec, value in zip(specs.symbols, values) if value is not None}


@dataclass(frozen=True)
class _Tied:
    """A symbol that an equality determines: its place, its value, and whether its range has that value."""

    place: int
    value: Test
    spec: DimSpec


class _Search:
    def __init__(self, condition: Bool, known: Sequence[Bool], specs: Specs) -> None:
        place_of = {spec.symbol: place for place, spec in enumerate(specs.symbols)}
        self.names = {symbol: f"v[{place}]" for symbol, place in place_of.items()}
        example = specs.samples[0]
        asked = [spec for spec in specs.symbols if spec.symbol in condition.symbols]
        self.asked = asked
        self.places = [place_of[spec.symbol] for spec in asked]
        self.choices = [_candidates(s, example.get(s.symbol), condition, len(asked)) for s in asked]
        self.values: Values = [example.get(spec.symbol) for spec in specs.symbols]
        # What equalities tie to the sizes that change changes with them.
        tied = determined(known, condition.symbols)
        self.tied = [
            _Tied(place_of[symbol], self._compiled(value), specs.symbols[place_of[symbol]])
            for symbol, value in tied.items()
            if symbol in place_of and value.symbols <= place_of.keys()
        ]
        self.steps = 0
        self._schedule((condition, *known), tied.keys(), [spec.symbol for spec in asked])

    def _schedule(self, conditions: Sequence[Bool], tied: Collection[Expr], asked: Sequence[Expr]) -> None:
        """Put each part of the conditions where the last of its symbols is set; at the end if one is tied."""
        self.tests: list[list[Test]] = [[] for _ in range(len(asked) + 1)]
        known = {symbol for symbol, value in zip(self.names, self.values) if value is not None}
        for condition in conditions:
            for part in condition.args if condition.kind == "and" else (condition,):
                if not part.symbols <= known.union(asked, tied):
                    continue  # nobody knows
                at = max(
                    (depth for depth, symbol in enumerate(asked, 1) if symbol in part.symbols), default=0
                )
                if not part.symbols.isdisjoint(tied):
                    at = len(asked)
                self.tests[at].append(self._compiled(part))

    def _compiled(self, what: Expr | Bool) -> Test:
        made: Test = eval(f"lambda v: {render(what, self.names)}", {"math": math})  # noqa: S307  (our own text)
        return made

    def first(self) -> Values | None:
        """Return the first values that pass all tests."""
        return next(self._from(0), None)

    def _from(self, depth: int) -> Iterator[Values]:
        if depth == len(self.places):
            if self._set_tied() and all(_passes(test, self.values) for test in self.tests[depth]):
                yield list(self.values)
            return
        if not all(_passes(test, self.values) for test in self.tests[depth]):
            return
        for value in filter(self.asked[depth].allows, self.choices[depth]):
            if self.steps == _MOST_STEPS:
                return
            self.steps += 1
            self.values[self.places[depth]] = value
            yield from self._from(depth + 1)

    def _set_tied(self) -> bool:
        """Compute the tied symbols; say whether they are in range."""
        for each in self.tied:
            try:
                value = each.value(self.values)
            except (ArithmeticError, ValueError, TypeError):
                continue  # it keeps the example's value
            if not each.spec.allows(value):
                return False
            self.values[each.place] = value
        return True


def _passes(test: Test, values: Values) -> bool:
    try:
        return bool(test(values))
    except (ArithmeticError, ValueError, TypeError):
        return False


def _candidates(spec: DimSpec, example: Any, condition: Bool, symbols: int) -> Sequence[Any]:
    """Values to try, likely ones first; the more symbols there are together, the fewer for each."""
    if spec.sort is bool:
        return [example is not True, example is True]
    if spec.sort is float:
        mentioned = [float(c) for c in constants_in(condition)]
        near = [math.nextafter(c, to) for c in mentioned for to in (math.inf, -math.inf)]
        started = [] if example is None else [example, -example, 2 * example, example / 2]
        return list(dict.fromkeys([*started, *mentioned, *near, *_FLOATS]))
    tried = _integers(example, condition, symbols)
    if spec.range.lo < 0:
        tried = [*tried, *(-value for value in tried if value > 0)]
    return tried


def _integers(example: int | None, condition: Bool, symbols: int) -> Sequence[int]:
    around = [] if example is None else [example, example + 1, example - 1, 2 * example, example // 2]
    small = range(max(8, int(_MOST_STEPS ** (1 / max(symbols, 1))) - len(_LARGE) - len(around)))
    near = [abs(c) + step for c in constants_in(condition) if isinstance(c, int) for step in (0, 1, -1)]
    return list(dict.fromkeys([*around, *_multiples(condition), 1, *small, *near, *_LARGE]))


def _multiples(condition: Bool) -> list[int]:
    """Return sizes that numbers of the condition make: `(h // 14)*(w // 14) == 1024` holds for h = w = 14*32."""
    mentioned = {abs(int(c)) for c in numbers_in(condition) if math.isfinite(c) and abs(c) > 1}
    numbers = sorted(mentioned | {math.isqrt(c) for c in mentioned})[:_MOST_NUMBERS]
    return sorted({a * b for a, b in itertools.combinations_with_replacement(numbers, 2)} | set(numbers))


_MOST_NUMBERS: Final = 6
_FLOATS = (0.0, 1.0, -1.0, 0.5, 2.0, 3.0, -2.0, 10.0, 1e-3, 1e-12, 1e3, 1e12, math.inf, -math.inf, math.nan)
_LARGE = (16, 31, 32, 33, 64, 128, 512, 513, 1024, 4096, 100_000)
