"""The symbols of a program's inputs: what the user said of each, and how a call gives it a value.

A symbol is *bound* by one size in which it appears linearly: `batch` by a size `batch`, `h` by a size `2*h + 1`, `w`
by a size `h + w` once `h` is bound. A symbol that no size binds (`d` in `d // 2` alone) has no value at a call, and
the spec is refused.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, TypeVar

from fullgraph.contract.dim import DimKind
from fullgraph.contract.sizes import Sizes
from fullgraph.errors import SpecError
from fullgraph.symbolic import (
    Bool,
    Expr,
    Range,
    Scope,
    add,
    eq,
    evaluate,
    ge,
    integer,
    le,
    mul,
    neg,
    or_,
    render,
    sort_of,
    sub,
    substitute,
)

T = TypeVar("T", Expr, Bool)


@dataclass(frozen=True)
class Source:
    """Where a value is read at a call: a dim of an input, or (`dim` is None) an integer that is passed itself."""

    leaf: int
    dim: int | None
    path: str

    def __str__(self) -> str:
        return self.path if self.dim is None else f"{self.path}.shape[{self.dim}]"


@dataclass(frozen=True)
class Binding:
    """`value at source == factor * symbol + rest`; `rest` has only symbols that are bound earlier."""

    source: Source
    factor: int
    rest: Expr

    @property
    def is_plain(self) -> bool:
        """Whether the symbol is the value itself."""
        return self.factor == 1 and self.rest.is_const and self.rest.value == 0

    def solve(self, size: int, values: Mapping[Expr, int]) -> int | None:
        """Return the symbol's value for this size, or None when there is none."""
        if self.is_plain:
            return size  # a float or a truth value is only read as it is
        rest = evaluated(self.rest, values)
        if rest is None:
            return None
        whole, left = divmod(size - int(rest), self.factor)
        return None if left else whole


@dataclass(frozen=True)
class DimSpec:
    """One symbol as the user declared it.

    Args:
        symbol: the symbol.
        text: what messages call it: the user's name, or `x.shape[0]` for a dim without one.
        kind: how strictly it is dynamic.
        sizes: the range as the user gave it.
        range: the same with its defaults: sizes start at 0, integers that are passed themselves anywhere.
        binding: how a call gives it a value.
    """

    symbol: Expr
    text: str
    kind: DimKind
    sizes: Sizes
    range: Range
    binding: Binding

    @property
    def sort(self) -> type:
        """The type of its values: `int` for sizes, and what an argument that is passed itself is."""
        return sort_of(self.symbol)

    @property
    def is_strict(self) -> bool:
        """Whether narrowing it is refused."""
        return self.kind is not DimKind.AUTO

    @property
    def is_size(self) -> bool:
        """Whether a call has it as the size of a dim, so that it is not negative."""
        binding = self.binding
        return binding.source.dim is not None and binding.is_plain

    @property
    def is_named(self) -> bool:
        """Whether the user gave it a name."""
        return self.kind is DimKind.NAMED

    def allows(self, value: int) -> bool:
        """Whether the user's range has this value. Floats and truth values have no range but all of them."""
        if self.sort is not int:
            return type(value) is self.sort
        return value in self.range and (self.sizes.values is None or value in self.sizes.values)


@dataclass(frozen=True)
class Declared:
    """A size as the spec states it: an expression over symbols, read at `source`."""

    source: Source
    expr: Expr


def bind(declared: Sequence[Declared]) -> dict[Expr, Binding]:
    """Find the binding of each symbol, in an order in which they can be computed.

    Raises:
        SpecError: no size determines a symbol.
    """
    bindings: dict[Expr, Binding] = {}
    # Plain sizes first: `batch` is better read from `batch` than from `2*batch`.
    waiting = sorted(declared, key=lambda d: d.expr.kind != "symbol")
    while waiting:
        later = [d for d in waiting if not _bind_one(d, bindings)]
        if len(later) == len(waiting):
            break
        waiting = later
    for left in waiting:
        for symbol in sorted(left.expr.symbols - bindings.keys(), key=render):
            name, text = render(symbol), render(left.expr)
            raise SpecError(
                f"Dim {name!r} cannot be computed from `{left.source}`, which is {text}.",
                why=f"Several values of `{name}` can give the same size, and no other dim says which it is.",
                instead=f"a name for the size itself, or `{name}` as a dim of some input",
            )
    return bindings


def _bind_one(declared: Declared, bindings: dict[Expr, Binding]) -> bool:
    """Bind the last unknown symbol of a size. Returns whether nothing is left to do for this size."""
    unknown = declared.expr.symbols - bindings.keys()
    if len(unknown) != 1:
        return not unknown
    (symbol,) = unknown
    split = linear_in(declared.expr, symbol)
    if split is None:
        return False
    bindings[symbol] = Binding(declared.source, *split)
    return True


def linear_in(expr: Expr, symbol: Expr) -> tuple[int, Expr] | None:
    """Return (k, rest) with `expr == k*symbol + rest`, k an integer other than 0; None if it has no such form."""
    if expr is symbol:
        return 1, integer(0)
    try:
        rest = substitute(expr, {symbol: 0})
        slope = sub(substitute(expr, {symbol: 1}), rest)
    except ZeroDivisionError:
        return None
    if slope.is_const and slope.value and add(mul(slope, symbol), rest) is expr:
        return slope.value, rest
    return None


def solved_for(equality: Bool, symbol: Expr) -> Expr | None:
    """Return what an equality says that a symbol is, or None if it does not say so for every value of the others."""
    split = linear_in(equality.args[0], symbol)
    if split is None or abs(split[0]) != 1:
        return None
    slope, rest = split
    return neg(rest) if slope == 1 else rest


def without_symbol(inequalities: Iterable[Bool], symbol: Expr) -> list[Bool]:
    """Return what inequalities say of other symbols than this one, as far as they are linear in it.

    Each upper bound is at least each lower one (Fourier and Motzkin; Dantzig, "Linear Programming and Extensions",
    1963, section 4-4).
    """
    kept: list[Bool] = []
    upper: list[tuple[int, Expr]] = []  # slope*symbol + rest <= 0
    lower: list[tuple[int, Expr]] = []
    for fact in inequalities:
        split = linear_in(fact.args[0], symbol) if symbol in fact.symbols else None
        if symbol not in fact.symbols:
            kept.append(fact)
        elif split is not None:
            (upper if split[0] > 0 else lower).append(split)
    kept += [le(add(mul(-q, rest), mul(p, other)), 0) for p, rest in upper for q, other in lower]
    return kept


def determined(facts: Iterable[Bool], free: AbstractSet[Expr] = frozenset()) -> dict[Expr, Expr]:
    """Return the symbols that equalities among the facts determine, by the others; none of those in `free`."""
    solutions: dict[Expr, Expr] = {}
    for stated in facts:
        fact = applied(stated, solutions)
        if fact.kind != "eq":
            continue
        for symbol in sorted(fact.symbols - free, key=render, reverse=True):
            value = solved_for(fact, symbol)
            if value is not None:
                add_solution(symbol, value, solutions)
                break
    return solutions


def add_solution(symbol: Expr, value: Expr, solutions: dict[Expr, Expr]) -> None:
    """Add what a symbol is, and put it into the other solutions."""
    for other, old in solutions.items():
        if symbol in old.symbols:
            solutions[other] = substitute(old, {symbol: value})
    solutions[symbol] = value


def applied(what: T, solutions: Mapping[Expr, Expr]) -> T:
    """Return `what` with each solved symbol replaced by its solution."""
    relevant = {symbol: solutions[symbol] for symbol in what.symbols if symbol in solutions}
    return substitute(what, relevant) if relevant else what


def solve(
    bindings: Mapping[Expr, Binding], sizes: Mapping[Source, int | None], example: str
) -> dict[Expr, int]:
    """Compute the symbols from the sizes of one example.

    Args:
        bindings: in order of computation.
        sizes: the size at each source; None where the example has none (a `TensorSpec` with a name).
        example: what messages call it.

    Returns:
        The values of those symbols that have one.

    Raises:
        SpecError: a size is not of the form that the spec gives it.
    """
    values: dict[Expr, int] = {}
    for symbol, binding in bindings.items():
        size = sizes[binding.source]
        if size is None or not binding.rest.symbols <= values.keys():
            continue
        value = binding.solve(size, values)
        if value is None:
            form = render(add(mul(binding.factor, symbol), binding.rest))
            raise SpecError(
                f"`{binding.source}` is {size} in {example}, but the spec says it is {form}.",
                why=f"No integer {render(symbol)} gives {size}.",
                instead=f"an example whose size is {form}, or another spec",
            )
        values[symbol] = value
    return values


def range_of_sizes(name: str, sizes: Sizes, is_size: bool) -> Range:
    """Return the range that the sizes of `name` lie in; `is_size` if they are sizes of tensors.

    Raises:
        SpecError: a tensor's size would be negative; an integer that is passed itself may be.
    """
    stated = sizes.values if sizes.values is not None else (sizes.min or 0, sizes.max or 0)
    if is_size and min(stated) < 0:
        raise SpecError(
            f"The range {sizes} of `{name}` has negative numbers, and is that of a tensor's size.",
            instead="a range from 0 upwards; integer arguments may have any",
        )
    if sizes.values is not None:
        return Range(sizes.values[0], sizes.values[-1])
    lowest = sizes.min if sizes.min is not None else 0 if is_size else -math.inf
    return Range(lowest, math.inf if sizes.max is None else sizes.max)


def declare(specs: Iterable[DimSpec], scope: Scope, hints: Mapping[Expr, int]) -> None:
    """Introduce symbols to a scope, named ones first: where sizes turn out to be equal, the earlier one stays."""
    for spec in sorted(specs, key=lambda s: (not s.is_named, not s.is_strict)):
        # A scope takes any lower bound, minus infinity for an integer that is passed itself.
        lowest: Any = spec.range.lo
        highest = None if spec.range.hi == math.inf else int(spec.range.hi)
        scope.declare(spec.symbol.name, lowest, highest, hints.get(spec.symbol), spec.sizes.values, spec.sort)


class _NeverAsked:
    """A scope of the contract only decides; what does not follow is kept as a line instead of being asked."""

    def condition(self, question: Bool, kind: str) -> bool:
        raise AssertionError(f"the contract asked {render(question)} ({kind})")

    def value(self, expr: Expr) -> int | float:
        raise AssertionError(f"the contract asked for the value of {render(expr)}")


def fresh_scope(symbols: Iterable[DimSpec], facts: Iterable[Bool] = ()) -> Scope:
    """Return a scope that knows the declared ranges, these facts, and nothing else."""
    scope = Scope(_NeverAsked())
    declare(symbols, scope, {})
    for fact in facts:
        scope.assume(fact)
    return scope


def hand_on(spec: DimSpec, value: Expr, scope: Scope) -> None:
    """Tell the scope that `value` lies in the range of the symbol that it replaces."""
    if spec.range.lo > -math.inf:
        scope.assume(ge(value, int(spec.range.lo)))
    if spec.range.hi < math.inf:
        scope.assume(le(value, int(spec.range.hi)))
    if spec.sizes.values is not None:
        scope.assume(or_(*(eq(value, size) for size in spec.sizes.values)))


def evaluated(what: Expr | Bool, values: Mapping[Expr, int]) -> Any:
    """Return the value of an expression; None where a value is missing or Python cannot compute it (`4 // 0`)."""
    if not what.symbols <= values.keys():
        return None
    try:
        return evaluate(what, values)
    except (ArithmeticError, ValueError, TypeError):
        return None  # TypeError: a negative number to a fractional power is complex


def holds(fact: Bool, values: Mapping[Expr, int]) -> bool:
    """Whether a fact holds for these values; one that Python cannot compute does not."""
    return bool(evaluated(fact, values))


def texts(specs: Iterable[DimSpec]) -> dict[Expr, str]:
    """Return what messages call each symbol."""
    return {spec.symbol: spec.text for spec in specs}
