"""Operators whose result has a size that only the tensors' contents tell: `nonzero`, `masked_select`, `unique`.

Each such size is a new symbol, between 0 and the most there can be; the graph reads it from the result. Indexing with
a mask is indexing with the positions of its true elements, as eager does it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from fullgraph.symbolic import Bool, Expr, and_, le, scalar_of
from fullgraph.tracing.known_contents import contents_of
from fullgraph.tracing.records import Records
from fullgraph.tracing.rules import Out, require_same, shown
from fullgraph.tracing.strides import times
from fullgraph.tracing.traced import Size, Value

aten = torch.ops.aten


def record_data_dependent(recorder: Records, op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Record an operator of this kind and return its result; None when it is not one."""
    name = op._schema.name.removeprefix("aten::")
    if name == "index" and any(_is_mask(index) for index in args[1]):
        return recorder.call(op, args[0], _without_masks(recorder, args[0], args[1]))
    rule = _RULES.get(name)
    return None if rule is None else rule(recorder, op, args, kwargs)


def scalar_of_item(recorder: Records, value: Value) -> Expr | Bool:
    """Return what stands for a tensor's one element: the same each time the same contents are asked for."""
    source = recorder.as_arguments(value)
    made_of_sizes = contents_of(recorder, source)
    if made_of_sizes is not None:
        _require_int64(recorder, made_of_sizes)
        return made_of_sizes
    for user in source.users:
        if user.target is aten.item.default:
            known: Expr | Bool = user.meta["val"]
            return known
    if value.dtype == torch.bool:
        expr = scalar_of(recorder.new_symbol(sort=bool))
    elif value.dtype.is_floating_point:
        expr = recorder.new_symbol(sort=float)
    else:
        bounds = torch.iinfo(value.dtype)
        expr = recorder.new_symbol(bounds.min, bounds.max)
    node = recorder.node(aten.item.default, (source,))
    node.meta["val"] = expr
    recorder.sizes.computed_by(expr, node)
    return expr


def _is_mask(index: Any) -> bool:
    return isinstance(index, Value) and index.dtype in (torch.bool, torch.uint8)


def _require_int64(recorder: Records, contents: Expr) -> None:
    """A tensor cannot be made of a number that is larger; sizes that exist never are, other inputs may be."""
    specs = map(recorder.ledger.spec_of, contents.symbols)
    if all(spec is not None and spec.binding.source.dim is not None for spec in specs):
        return
    bounds = torch.iinfo(torch.int64)
    if not recorder.scope.ask(and_(le(bounds.min, contents), le(contents, bounds.max)), "check"):
        raise ValueError("Overflow when unpacking long long")


def _without_masks(recorder: Records, value: Value, indices: list[Any]) -> list[Any]:
    """Replace masks by positions, which say nothing of the mask's sizes: that they fit must be known before."""
    plain: list[Any] = []
    for index in indices:
        if not _is_mask(index):
            plain.append(index)
            continue
        indexed = value.dims[len(plain) : len(plain) + len(index.dims)]
        if len(indexed) < len(index.dims):
            raise IndexError(f"too many indices for tensor of dimension {len(value.dims)}")
        for axis, (size, wanted) in enumerate(zip(index.dims, indexed)):
            if not require_same(size, wanted, recorder.scope):
                raise IndexError(
                    f"The shape of the mask {shown(index.dims)} at index {axis} does not match the shape of the "
                    f"indexed tensor {shown(value.dims)} at index {len(plain) + axis}"
                )
        positions = recorder.call(aten.nonzero.default, index)
        plain.extend(recorder.call(aten.select.int, positions, 1, axis) for axis in range(len(index.dims)))
    return plain


def _numel(value: Value) -> Size:
    numel: Size = 1
    for size in value.dims:
        numel = times(numel, size)
    return numel


def _node(
    recorder: Records, op: Any, args: Any, kwargs: Any, outs: Callable[[Expr], Any], upper: Size, dim: int = 0
) -> Any:
    """Record the operator; its results have `count` elements, read from a dim of the first result."""
    count = recorder.new_size(upper)
    made = recorder.results(op, args, kwargs, outs(count))
    first = made[0] if isinstance(made, list) else made
    recorder.sizes.read_from(count, first.node, dim)
    return made


def _nonzero(recorder: Records, op: Any, args: Any, kwargs: Any) -> Any:
    value: Value = args[0]
    rank = len(value.dims)
    return _node(
        recorder,
        op,
        args,
        kwargs,
        lambda n: Out((n, rank), torch.int64, value.device),
        _numel(value) if rank else 1,
    )


def _nonzero_numpy(recorder: Records, op: Any, args: Any, kwargs: Any) -> Any:
    value = args[0] if args[0].dims else recorder.call(aten.unsqueeze.default, args[0], 0)
    positions = recorder.call(aten.nonzero.default, value)
    return [recorder.call(aten.select.int, positions, 1, axis) for axis in range(len(value.dims))]


def _argwhere(recorder: Records, op: Any, args: Any, kwargs: Any) -> Any:
    return recorder.call(aten.nonzero.default, args[0])


def _masked_select(recorder: Records, op: Any, args: Any, kwargs: Any) -> Any:
    value, mask = args[0], args[1]
    both = recorder.shape(aten.where.self, (mask, value, value), {}).dims
    whole = Value(both, value.dtype, value.device, value.node, 0)
    return _node(recorder, op, args, kwargs, lambda n: Out((n,), value.dtype, value.device), _numel(whole))


def _bound(op: Any, args: Any, kwargs: Any) -> dict[str, Any]:
    return {**dict(zip([a.name for a in op._schema.arguments], args)), **kwargs}


def _unique(recorder: Records, op: Any, args: Any, kwargs: Any) -> Any:
    value: Value = args[0]
    bound = _bound(op, args, kwargs)
    inverse, counts = bound.get("return_inverse", False), bound.get("return_counts", False)

    def outs(n: Expr) -> list[Out]:
        return [
            Out((n,), value.dtype, value.device),
            Out(value.dims if inverse or counts else (0,), torch.int64, value.device),
            Out((n,) if counts else (0,), torch.int64, value.device),
        ]

    return _node(recorder, op, args, kwargs, outs, _numel(value))


def _unique_consecutive(recorder: Records, op: Any, args: Any, kwargs: Any) -> Any:
    value: Value = args[0]
    bound = _bound(op, args, kwargs)
    if bound.get("dim") is not None:
        return _unique_along(recorder, op, args, kwargs)

    def outs(n: Expr) -> list[Out]:
        return [
            Out((n,), value.dtype, value.device),
            Out(value.dims if bound.get("return_inverse") else (0,), torch.int64, value.device),
            Out((n,) if bound.get("return_counts") else (0,), torch.int64, value.device),
        ]

    return _node(recorder, op, args, kwargs, outs, _numel(value))


def _unique_along(recorder: Records, op: Any, args: Any, kwargs: Any) -> Any:
    """Unique slices along a dim; what is asked for or not, all three results are made."""
    value: Value = args[0]
    dim = range(len(value.dims))[_bound(op, args, kwargs)["dim"]]

    def outs(n: Expr) -> list[Out]:
        return [
            Out((*value.dims[:dim], n, *value.dims[dim + 1 :]), value.dtype, value.device),
            Out((value.dims[dim],), torch.int64, value.device),
            Out((n,), torch.int64, value.device),
        ]

    return _node(recorder, op, args, kwargs, outs, value.dims[dim], dim)


def _bincount(recorder: Records, op: Any, args: Any, kwargs: Any) -> Any:
    weights = _bound(op, args, kwargs).get("weights")
    plain = torch.int64 if weights is None else torch.float64
    dtype = torch.float32 if weights is not None and weights.dtype == torch.float32 else plain
    most = torch.iinfo(torch.int64).max
    return _node(recorder, op, args, kwargs, lambda n: Out((n,), dtype, args[0].device), most)


def _repeat_interleave(recorder: Records, op: Any, args: Any, kwargs: Any) -> Any:
    """The positions to repeat: as many as the counts add up to, unless the program says how many."""
    if op is not aten.repeat_interleave.Tensor or _bound(op, args, kwargs).get("output_size") is not None:
        return None
    most = torch.iinfo(torch.int64).max
    return _node(recorder, op, args, kwargs, lambda n: Out((n,), args[0].dtype, args[0].device), most)


def _where(recorder: Records, op: Any, args: Any, kwargs: Any) -> Any:
    return _nonzero_numpy(recorder, op, args, kwargs) if op is aten.where.default else None


_RULES = {
    "nonzero": _nonzero,
    "nonzero_numpy": _nonzero_numpy,
    "argwhere": _argwhere,
    "masked_select": _masked_select,
    "_unique2": _unique,
    "unique_consecutive": _unique_consecutive,
    "unique_dim": _unique_along,
    "bincount": _bincount,
    "repeat_interleave": _repeat_interleave,
    "where": _where,
}

DATA_DEPENDENT = frozenset(f"aten::{name}" for name in (*_RULES, "index"))
