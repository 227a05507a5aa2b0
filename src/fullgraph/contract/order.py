"""In which order the lines of a contract are taken: a line that follows from those before it is dropped.

What the user stated comes first, then what the program checks, then what it merely relied on: a line that narrows a
dynamic dim is allowed where a check demands as much.

A check allows nothing of what it has not been made for. One on a single side of a branch says nothing of the other
side; and one that comes after the program took a value as fixed (`range(min(n, 2))`) may not be reached for others.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import Final

from fullgraph.contract.ledger import Assumption, AssumptionKind
from fullgraph.contract.specs import Specs
from fullgraph.symbolic import Bool, Contradiction, Expr

_ORDER: Final = {
    AssumptionKind.DECLARED: 0,
    AssumptionKind.BRANCH: 1,
    AssumptionKind.CHECK: 2,
    AssumptionKind.OPERATOR: 3,
    AssumptionKind.PROGRAM: 3,
}


def in_order(assumptions: Sequence[Assumption], specs: Specs) -> list[Assumption]:
    """Return the assumptions on sizes in the order in which they are to be taken.

    Args:
        assumptions: as the trace made them, one after the other.
        specs: what the user said about the inputs.
    """
    taken_first = _taken_before_any_check(assumptions, specs)

    def rank(assumption: Assumption) -> tuple[int, bool]:
        place = _ORDER[AssumptionKind.BRANCH if assumption.fact in taken_first else assumption.kind]
        return place, isinstance(assumption.fact, Bool) and assumption.fact.kind != "eq"

    return sorted(assumptions, key=rank)


def _taken_before_any_check(assumptions: Sequence[Assumption], specs: Specs) -> frozenset[Bool]:
    """Return what the program took as fixed of dynamic dims without having checked it before."""
    strict = {spec.symbol for spec in specs.symbols if spec.is_strict}
    if not any(_is_taken_as_fixed(assumption, strict) for assumption in assumptions):
        return frozenset()
    scope = specs.scope()
    found: set[Bool] = set()
    for assumption in sorted(assumptions, key=lambda each: each.kind is not AssumptionKind.DECLARED):
        fact = assumption.fact
        if not isinstance(fact, Bool):
            continue
        if _is_taken_as_fixed(assumption, strict):
            if scope.decide(fact) is not True and scope.decide_together(fact) is not True:
                found.add(fact)
        elif assumption.kind in (AssumptionKind.DECLARED, AssumptionKind.CHECK):
            try:
                scope.assume(fact)
            except Contradiction:  # which is said elsewhere, with all the lines that leave no room
                break
    return frozenset(found)


def _is_taken_as_fixed(assumption: Assumption, strict: AbstractSet[Expr]) -> bool:
    fact = assumption.fact
    return (
        assumption.kind is AssumptionKind.PROGRAM
        and isinstance(fact, Bool)
        and not strict.isdisjoint(fact.symbols)
    )
