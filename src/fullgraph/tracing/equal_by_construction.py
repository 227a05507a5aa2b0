"""`(mask == other).all()` of two tensors that are made in the same way: true, whatever their sizes.

`nn.Transformer` asks so whether the mask it was given is the causal one. Two nodes of the graph compute the same if
their operators and operands are the same, down to sizes that are equal. Elements are equal to themselves unless they
are nan, so what they are made by must make none.
"""

from __future__ import annotations

import math
from typing import Any, Final

import torch
from torch import fx

from fullgraph.contract import TensorSpec
from fullgraph.symbolic import Bool, Expr, eq
from fullgraph.tracing.dispatch import OpOverload
from fullgraph.tracing.operators import operator_of
from fullgraph.tracing.records import Records

aten = torch.ops.aten
# Where a graph input says which node of an earlier run made it, of the sizes of this one.
MADE_BY: Final = "made_by"
# Of numbers that are not nan these make none.
_WITHOUT_NAN: Final = frozenset(
    "full zeros ones arange eye full_like zeros_like ones_like triu tril view reshape expand unsqueeze squeeze "
    "transpose permute t clone contiguous alias detach to _to_copy slice select eq ne lt le gt ge masked_fill where "
    "logical_not logical_and logical_or bitwise_not".split()
)


def is_true_by_construction(recorder: Records, node: fx.Node) -> bool:
    """Say whether a tensor is true because it compares a tensor with one that is made in the same way."""
    compared = node.args[0] if node.target is aten.all.default else None
    if not isinstance(compared, fx.Node) or compared.target is not aten.eq.Tensor:
        return False
    a, b = compared.args[:2]
    return isinstance(a, fx.Node) and _same(recorder, a, b) and _has_no_nan(a)


def _same(recorder: Records, a: Any, b: Any) -> bool:
    if isinstance(a, fx.Node) and isinstance(b, fx.Node):
        a, b = (node.meta.get(MADE_BY, node) for node in (a, b))
        return a is b or _same_size(recorder, a, b) or _same_call(recorder, a, b)
    if isinstance(a, (list, tuple)):
        return (
            isinstance(b, (list, tuple))
            and len(a) == len(b)
            and all(_same(recorder, x, y) for x, y in zip(a, b))
        )
    return type(a) is type(b) and bool(a == b)


def _same_size(recorder: Records, a: fx.Node, b: fx.Node) -> bool:
    size, other = a.meta.get("val"), b.meta.get("val")
    return (
        isinstance(size, Expr) and isinstance(other, Expr) and recorder.scope.decide(eq(size, other)) is True
    )


def _same_call(recorder: Records, a: fx.Node, b: fx.Node) -> bool:
    if a.target is not b.target or not isinstance(a.target, OpOverload) or operator_of(a.target).random:
        return False
    made, like = a.meta.get("val"), b.meta.get("val")
    if not (isinstance(made, TensorSpec) and isinstance(like, TensorSpec)):
        return False
    if (made.dtype, made.device) != (like.dtype, like.device):
        return False
    given, other = _arguments(a), _arguments(b)
    return given.keys() == other.keys() and all(_same(recorder, given[name], other[name]) for name in given)


def _arguments(node: fx.Node) -> dict[str, Any]:
    target: Any = node.target
    found = {argument.name: argument.default_value for argument in target._schema.arguments}
    found.update((argument.name, value) for argument, value in zip(target._schema.arguments, node.args))
    found.update(node.kwargs)
    return {name: value for name, value in found.items() if name not in _KIND}


# What says of what kind a tensor is, which the result says as well, and where it is that of the time.
_KIND: Final = frozenset({"dtype", "layout", "device", "pin_memory"})


def _has_no_nan(node: fx.Node) -> bool:
    waiting, seen = [node], {node}
    while waiting:
        at = waiting.pop()
        at = at.meta.get(MADE_BY, at)
        number = at.meta.get("val")
        if isinstance(number, Expr) and number.is_float:
            return False
        if isinstance(number, (Expr, Bool)):
            continue
        name = at.target._schema.name.partition("::")[2] if isinstance(at.target, OpOverload) else ""
        numbers = [value for value in _arguments(at).values() if isinstance(value, float)] if name else []
        if name not in _WITHOUT_NAN or any(map(math.isnan, numbers)):
            return False
        further = [each for each in at.all_input_nodes if each not in seen]
        seen.update(further)
        waiting.extend(further)
    return True
