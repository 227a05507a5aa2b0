"""Numbers that are an integer or a float (`symbolic.either`), met by operators.

For a tensor of floats it makes no difference which of the two a number is, so it is not asked. With a tensor of
integers the result has another dtype; then `Recorder.take` asks, as for every operator that is not in the table.
"""

from __future__ import annotations

from typing import Any, Final

import torch

from fullgraph.symbolic import as_float, is_either
from fullgraph.tracing.dispatch import OpOverload

_ALIKE: Final = frozenset(
    f"aten::{name}{suffix}"
    for name in (
        "add",
        "sub",
        "rsub",
        "mul",
        "div",
        "clamp",
        "clamp_min",
        "clamp_max",
        "fill",
        "masked_fill",
        "pow",
    )
    for suffix in ("", "_")
) | {f"aten::{name}" for name in ("lt", "le", "gt", "ge", "eq", "ne", "full_like", "where")}


def with_floats(op: OpOverload, args: tuple[Any, ...]) -> tuple[Any, ...]:
    """Return an operator's arguments with such numbers as floats, where the operator does the same with both."""
    if not any(map(is_either, args)) or op._schema.name not in _ALIKE:
        return args
    operands = args[1:] if op._schema.name == "aten::where" else args
    tensors = [operand for operand in operands if isinstance(operand, torch.Tensor)]
    is_floating = bool(tensors) and tensors[0].is_floating_point()
    return tuple(map(as_float, args)) if is_floating else args
