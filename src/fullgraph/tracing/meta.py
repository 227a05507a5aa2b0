"""Shapes of operators without a rule: PyTorch's own meta kernels, run on tensors that have sizes and no data.

Static sizes go to the C++ kernels. Symbolic sizes go to the Python ones, which compute with `torch.SymInt`; the
questions they ask are answered as any other (decided from facts, or an assumption with its origin).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from fullgraph.symbolic import Bool, Expr, Scope, expr_of, to_python
from fullgraph.tracing.dispatch import OpOverload, plain_torch, symbolic_torch
from fullgraph.tracing.rules import Out
from fullgraph.tracing.strides import contiguous_strides, strides_of
from fullgraph.tracing.traced import Size, Value

_META = torch.device("meta")


def shape_by_meta(op: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any], scope: Scope) -> Any:
    """Return what the operator returns, with an `Out` for each tensor.

    Args:
        op: a pure operator or a view.
        args: values, sizes and Python values, as recorded.
        kwargs: likewise.
        scope: answers questions on sizes.
    """
    values = list(values_in((args, kwargs)))
    device = _device_of(op, args, kwargs, values)
    symbolic = any(isinstance(size, Expr) for size in _sizes_in((args, kwargs), values))
    with symbolic_torch() if symbolic else plain_torch():
        made: dict[int, torch.Tensor] = {}
        result = op(*_to_meta(args, scope, made), **_to_meta(kwargs, scope, made))
    return _outs(result, device)


def values_in(tree: Any) -> Iterator[Value]:
    """Yield the values in arguments, in order."""
    if isinstance(tree, Value):
        yield tree
    elif isinstance(tree, (list, tuple)):
        for item in tree:
            yield from values_in(item)
    elif isinstance(tree, dict):
        for item in tree.values():
            yield from values_in(item)


def _sizes_in(tree: Any, values: list[Value]) -> Iterator[Any]:
    for value in values:
        yield from value.dims
    stack = [tree]
    while stack:
        item = stack.pop()
        if isinstance(item, (Expr, Bool)):
            yield item
        elif isinstance(item, dict):
            stack.extend(item.values())
        elif isinstance(item, (list, tuple)):
            stack.extend(item)


def _device_of(op: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any], values: list[Value]) -> torch.device:
    named = kwargs.get("device")
    if named is None:
        named = next((a for a in args if isinstance(a, torch.device)), None)
    if named is not None:
        return torch.device(named)
    on_devices = [value.device for value in values if value.dims] or [value.device for value in values]
    return on_devices[0] if on_devices else torch.get_default_device()


def _to_meta(tree: Any, scope: Scope, made: dict[int, torch.Tensor]) -> Any:
    if isinstance(tree, Value):
        if id(tree) not in made:
            made[id(tree)] = meta_tensor(tree, scope)
        return made[id(tree)]
    if isinstance(tree, (Expr, Bool)):
        return to_python(tree, scope)
    if isinstance(tree, (list, tuple)):
        return type(tree)(_to_meta(item, scope, made) for item in tree)
    if isinstance(tree, dict):
        return {k: _META if k == "device" and v is not None else _to_meta(v, scope, made) for k, v in tree.items()}
    return _META if isinstance(tree, torch.device) else tree


def meta_tensor(value: Value, scope: Scope) -> torch.Tensor:
    """Return a tensor on the meta device with the value's sizes, strides (where known) and dtype."""
    strides = strides_of(value)
    sizes = [_plain(size, scope) for size in value.dims]
    steps = [_plain(stride, scope) for stride in (contiguous_strides(value.dims) if strides is None else strides)]
    return torch.empty_strided(sizes, steps, dtype=value.dtype, device=_META)


def _plain(size: Size, scope: Scope) -> Any:
    return size if isinstance(size, int) else to_python(size, scope)


def _outs(result: Any, device: torch.device) -> Any:
    if isinstance(result, torch.Tensor):
        dims = tuple(size if type(size) is int else _size(size) for size in result.shape)
        return Out(dims, result.dtype, device)
    if isinstance(result, (list, tuple)):
        return [_outs(item, device) for item in result]
    return result


def _size(size: Any) -> Size:
    expr = expr_of(size)
    return expr.value if expr.is_const else expr
