"""Operators that hand back their very argument when there is nothing to do: `x.to(x.dtype)`, dropout in evaluation.

In eager `x.float() is x` for a float tensor. A trace gives back the same traced tensor too and records nothing, so
that whatever is done to one of them (a write, `t_()`) is done to the other.
"""

from __future__ import annotations

from typing import Any

import torch

from fullgraph.tracing.dispatch import OpOverload
from fullgraph.tracing.operators import DROPOUTS, operator_of
from fullgraph.tracing.rules import Out
from fullgraph.tracing.traced import Value

_CASTS = frozenset(f"aten::{name}" for name in "to type_as float double half bfloat16 cpu cuda".split())
_RESOLVES = frozenset({"aten::resolve_conj", "aten::resolve_neg"})
_FLIPS = frozenset(f"aten::{name}" for name in "conj _conj adjoint mH matrix_H _neg_view".split())

_CONTIGUOUS = torch.ops.aten.contiguous.default

COPIES_OR_HANDS_BACK = _CASTS | _RESOLVES | DROPOUTS


def is_handed_back(
    op: OpOverload, base: Value, args: tuple[Any, ...], kwargs: dict[str, Any], out: Out
) -> bool:
    """Say whether the operator returns its first argument, `base`, rather than a copy."""
    name = op._schema.name
    bound = operator_of(op).bind((None, *args), kwargs)
    if name in DROPOUTS:
        return not bound["train"] or bound["p"] == 0
    if name in _RESOLVES:
        return not _may_be_flipped(base)
    asks_copy = bool(bound.get("copy")) or asked_format(op, args, kwargs) is not None
    return out.dtype == base.dtype and out.device == base.device and not asks_copy


def asked_format(op: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any]) -> torch.memory_format | None:
    """Return the memory format that a copy is asked for, so that the layout decides whether there is one.

    None where any layout will do, and for `contiguous()` as it is mostly called.
    """
    wanted = operator_of(op).bind((None, *args), kwargs).get("memory_format")
    if wanted is torch.preserve_format or (wanted is torch.contiguous_format and op is _CONTIGUOUS):
        return None
    return wanted


def in_format(
    op: OpOverload, base: Value, args: tuple[Any, ...], kwargs: dict[str, Any], out: Out
) -> tuple[bool, bool] | None:
    """Say of a copy in a memory format whether it may be the argument itself, and whether it is contiguous.

    None where no format is asked for.
    """
    wanted = asked_format(op, args, kwargs)
    if wanted is None:
        return None
    bound = operator_of(op).bind((None, *args), kwargs)
    may_be_itself = not bound.get("copy") and out.dtype == base.dtype and out.device == base.device
    return may_be_itself, wanted is torch.contiguous_format and (base.contiguous or not may_be_itself)


def is_flipped_view(value: Value) -> bool:
    """Whether a view is the conjugate or the negative of what it was taken from."""
    while value.parent is not None and value.step is not None:
        if value.step.op._schema.name in _FLIPS:
            return True
        value = value.parent
    return False


def _may_be_flipped(value: Value) -> bool:
    """Whether torch may hold the value as the conjugate or the negative of what is in memory."""
    if is_flipped_view(value):
        return True
    source = value.root.source
    real = None if source is None else source.real
    return real is not None and (real.is_conj() or real.is_neg())
