"""From the assumptions of a trace to a contract: drop what follows from the rest, refuse what must be refused.

The facts are taken in this order: what the spec states, branches whose other side is another program, what the program
checks, then what the trace relied on, equalities first. Each is put in terms of what is known so far; if it follows, it
is no line. Otherwise it narrows something. Narrowing only dims that were declared dynamic is refused, and the refusals
are raised together at the end.

Why dropping is right: a line is dropped only if `Scope.decide` derives it from lines that stay and from ranges that the
check tests. `decide` is sound, so whatever passes the check satisfies the dropped lines as well.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import torch

from fullgraph.contract.contract import Contract, InputContract
from fullgraph.contract.inputs import Input
from fullgraph.contract.ledger import Assumption, AssumptionKind, Ledger
from fullgraph.contract.minimal import minimal
from fullgraph.contract.order import in_order
from fullgraph.contract.reduction import Reduction
from fullgraph.contract.refusal import Refused, rejects_example, specialized
from fullgraph.contract.specs import Specs
from fullgraph.contract.symbols import DimSpec, applied, holds
from fullgraph.errors import CaptureError
from fullgraph.symbolic import (
    Bool,
    Contradiction,
    Expr,
    Range,
    Scope,
)

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
    lines, ranges = minimal(reduction, specs)
    for line in lines:
        _refuse_if_example_fails(line, specs)
    solutions = reduction.solutions
    return Contract(
        inputs=tuple(_input(index, leaf, specs, solutions) for index, leaf in enumerate(specs.inputs)),
        symbols=symbols,
        assumptions=(*lines, *on_inputs),
        solutions=solutions,
        ranges={**ranges, **_ranges_of_later_values(symbols, scope)},
        deferred=tuple(deferred),
        constants=ledger.constants,
    )


def _reduced(specs: Specs, symbols: dict[Expr, DimSpec], assumptions: Sequence[Assumption]) -> Reduction:
    reduction = Reduction(specs, symbols)
    for assumption in in_order(assumptions, specs):
        reduction.take(assumption)
    reduction.refuse_contradictions()
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


def _ranges_of_later_values(symbols: Mapping[Expr, DimSpec], scope: Scope) -> dict[Expr, Range]:
    return {symbol: scope.range_of(symbol) for symbol in scope.symbols if symbol not in symbols}
