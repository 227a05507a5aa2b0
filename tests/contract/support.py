"""Specs, scopes and contracts made by hand, as a trace would make them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import torch

from fullgraph.contract import (
    AssumptionKind,
    Contract,
    Input,
    Ledger,
    Parameters,
    Specs,
    TensorSpec,
    compile_check,
    read_specs,
    simplify,
)
from fullgraph.symbolic import Scope, parse, render
from tests.symbolic.support import NobodyAsked

OPERATOR, PROGRAM, CHECK = AssumptionKind.OPERATOR, AssumptionKind.PROGRAM, AssumptionKind.CHECK


def inputs_of(**arguments: Any) -> tuple[Input, ...]:
    """Return the flattened arguments; dicts, lists and tuples are containers."""
    return tuple(leaf for name, value in arguments.items() for leaf in _leaves((name,), value))


def _leaves(keys: tuple[str | int, ...], value: Any) -> list[Input]:
    if isinstance(value, dict):
        return [leaf for key, part in value.items() for leaf in _leaves((*keys, key), part)]
    if isinstance(value, (list, tuple)) and not isinstance(value, torch.Size):
        return [leaf for key, part in enumerate(value) for leaf in _leaves((*keys, key), part)]
    return [Input(".".join(map(str, keys)), keys, value)]


def specs_of(
    dynamic_shapes: Any = None, constraints: Any = None, examples: Any = None, **arguments: Any
) -> Specs:
    """Read specs for these arguments; an example is a dict of arguments."""
    more = [inputs_of(**example) for example in examples or ()]
    return read_specs(
        inputs_of(**arguments),
        dynamic_shapes,
        constraints,
        more,
        Parameters(tuple(arguments), tuple(arguments)),
    )


def dims_of(specs: Specs) -> list[str]:
    """Return each tensor's sizes as text."""
    return [
        " ".join(str(d) if isinstance(d, int) else render(d) for d in dims)
        for dims in specs.dims
        if dims is not None
    ]


@dataclass
class Traced:
    """What a trace leaves: specs, a scope and a ledger."""

    specs: Specs
    scope: Scope
    ledger: Ledger

    def assume(
        self, fact: Any, kind: AssumptionKind = OPERATOR, origin: Any = None, note: str = ""
    ) -> "Traced":
        """Record a fact, given as text or as it is."""
        self.ledger.assume(parse(fact) if isinstance(fact, str) else fact, origin, kind, note)
        return self

    def contract(self) -> Contract:
        """Simplify what was assumed."""
        return simplify(self.ledger, self.specs, self.scope)


def traced(specs: Specs) -> Traced:
    """Declare the symbols of the specs."""
    scope, ledger = Scope(NobodyAsked()), Ledger()
    specs.declare(scope, ledger)
    return Traced(specs, scope, ledger)


def facts(contract: Contract) -> list[str]:
    """Return the lines that are neither inputs nor ranges."""
    count = len(contract.assumptions) + len(contract.deferred)
    lines = contract.lines()
    return list(lines[len(lines) - count - len(contract.constants) :])


def accepts(contract: Contract, leaves: Sequence[Any]) -> bool:
    """Whether the compiled check lets a call through."""
    try:
        compile_check(contract)(leaves)
    except ValueError:
        return False
    return True


def zeros(*shape: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    """Return an example tensor."""
    return torch.zeros(shape, dtype=dtype)


__all__ = [
    "CHECK", "OPERATOR", "PROGRAM", "TensorSpec", "Traced", "accepts", "dims_of", "facts", "inputs_of", "specs_of",
    "traced", "zeros",
]  # fmt: skip
