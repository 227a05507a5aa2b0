"""THE MAIN PATH: a function goes in, a program comes out. Each line of `export` is one layer of this package."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fullgraph.contract import read_specs, simplify
from fullgraph.exported_program import ExportedProgram
from fullgraph.program import assemble, verify
from fullgraph.tracing import bind, trace


def export(
    fn: Callable[..., Any],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    dynamic_shapes: Any = None,
    constraints: Sequence[Any] | None = None,
    examples: Sequence[Sequence[Any]] | None = None,
    verify: bool = False,
) -> ExportedProgram:
    inputs = bind(fn, args, kwargs or {})
    more = [bind(fn, example, {}).leaves for example in examples or ()]
    specs = read_specs(inputs.leaves, dynamic_shapes, constraints, more, inputs.parameters)
    recorded = trace(fn, inputs, specs, {})
    contract = simplify(recorded.ledger, specs, recorded.scope)
    parts = assemble(recorded, contract)
    return ExportedProgram(parts)
