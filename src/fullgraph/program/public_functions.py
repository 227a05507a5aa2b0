"""PyTorch's own functions for the commonest operators: what a call runs where the two are the same.

`torch.add(x, y)` parses its arguments in code generated for it; the C function behind `aten.add.Tensor` matches them
against a schema, which takes half as long as a small addition does.

Invariant: an operator of the table, called with positional tensors and numbers of the kinds noted in the trace, is
reached by its function with the very same arguments. The test calls each entry and looks which operator arrives.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import torch
from torch import fx

_UNARY: Final = (
    "abs acos asin atan ceil cos cosh erf exp expm1 floor frac isinf isnan log log1p logical_not neg reciprocal relu "
    "round rsqrt sigmoid sign sin sinh sqrt tan tanh trunc"
)
_BINARY: Final = "atan2 bmm logical_and logical_or logical_xor matmul maximum minimum mm"
_WITH_NUMBER: Final = "add div mul sub"  # a number is taken where the schema says Tensor
_COMPARING: Final = "eq ge gt le lt ne"  # a number reaches an overload of its own


def _functions() -> dict[Any, Callable[..., Any]]:
    aten = torch.ops.aten
    table: dict[Any, Callable[..., Any]] = {}
    for name in f"{_UNARY} {_BINARY}".split():
        table[getattr(aten, name).default] = getattr(torch, name)
    for name in f"{_WITH_NUMBER} {_COMPARING}".split():
        table[getattr(aten, name).Tensor] = getattr(torch, name)
    for name in _COMPARING.split():
        table[getattr(aten, name).Scalar] = getattr(torch, name)
    return table


# Operator -> the function.
PUBLIC: Final[Mapping[Any, Callable[..., Any]]] = MappingProxyType(_functions())

_TAKE_NUMBERS: Final = frozenset(getattr(torch.ops.aten, name).Tensor for name in _WITH_NUMBER.split())


def same_as_public(graph: fx.Graph) -> set[Any]:
    """Return the operators for all of whose calls in a graph the public function does the same."""
    calls = [node for node in graph.nodes if node.op == "call_function" and node.target in PUBLIC]
    return {node.target for node in calls} - {node.target for node in calls if not _is_plain(node)}


def _is_plain(node: fx.Node) -> bool:
    """Whether a call has positional arguments only, of the kinds by which the function finds the operator."""
    schema: Iterable[Any] = node.target._schema.arguments  # type: ignore[union-attr]
    return not node.kwargs and all(
        _is_tensor(given)
        if str(taken.type) == "Tensor" and not _may_be_number(node, place)
        else _is_number(given)
        for place, (given, taken) in enumerate(zip(node.args, schema))
    )


def _may_be_number(node: fx.Node, place: int) -> bool:
    return place == 1 and node.target in _TAKE_NUMBERS and _is_number(node.args[1])


def _is_tensor(given: Any) -> bool:
    return isinstance(given, fx.Node) and hasattr(given.meta.get("val"), "dtype")


def _is_number(given: Any) -> bool:
    return isinstance(given, (bool, int, float, complex)) or (
        isinstance(given, fx.Node) and not _is_tensor(given)
    )
