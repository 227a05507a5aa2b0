"""Putting tensors together and repeating them: `cat`, `stack`, `pad`, `repeat`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from fullgraph.symbolic import Scope, eq
from fullgraph.tracing.dispatch import OpOverload
from fullgraph.tracing.rules.broadcast import broadcast
from fullgraph.tracing.rules.dims import (
    Dims,
    Size,
    axis,
    decide,
    in_example,
    larger,
    plus,
    replaced,
    require_same,
    shown,
    times,
    total,
)
from fullgraph.tracing.rules.dtypes import Shaped, dtypes_of
from fullgraph.tracing.rules.table import Out, Result, generic_rule, rule


def _joined(tensors: Sequence[Shaped], dims: Dims) -> Out:
    dtype = tensors[0].dtype
    for tensor in tensors[1:]:
        if tensor.dtype != dtype:
            dtype = torch.promote_types(dtype, tensor.dtype)
    return Out(dims, dtype, tensors[0].device)


@rule("cat concat concatenate")
def cat(scope: Scope, tensors: Sequence[Shaped], dim: int = 0) -> Out | None:
    """Join along a dim; the other sizes must agree.

    A vector that is empty is left out whatever the others are: a relic that is decided where it can be.
    """
    kept = tensors
    ranks = {len(tensor.dims) for tensor in tensors}
    if len(ranks) > 1:
        if any(len(each.dims) == 1 and _may_be_empty(each.dims[0], scope) is None for each in tensors):
            return None
        kept = [each for each in tensors if len(each.dims) != 1 or not _may_be_empty(each.dims[0], scope)]
    if not kept or not kept[0].dims:
        return None
    first = kept[0].dims
    at = axis(dim, len(first))
    for place, tensor in enumerate(kept[1:], 1):
        if tensor.dims != first:
            _agree(first, tensor.dims, at, place, scope)
    dims = replaced(first, at, total(tensor.dims[at] for tensor in kept))
    return _joined(tensors, dims)


def _may_be_empty(size: Size, scope: Scope) -> bool | None:
    return size == 0 if isinstance(size, int) else decide(eq(size, 0), scope)


def _agree(first: Dims, dims: Dims, at: int, place: int, scope: Scope) -> None:
    if len(dims) != len(first):
        raise RuntimeError(f"Tensors must have same number of dimensions: got {len(first)} and {len(dims)}")
    for dim, (a, b) in enumerate(zip(first, dims)):
        if dim != at and a != b and not require_same(a, b, scope):
            raise RuntimeError(
                f"Sizes of tensors must match except in dimension {at}. Expected size {in_example(a, scope)} "
                f"but got size {in_example(b, scope)} for tensor number {place} in the list."
            )


@rule("stack")
def stack(scope: Scope, tensors: Sequence[Shaped], dim: int = 0) -> Out | None:
    """Join along a new dim; all sizes must agree."""
    if not tensors:
        return None
    first = tensors[0].dims
    at = axis(dim, len(first) + 1)
    for place, tensor in enumerate(tensors[1:], 1):
        dims = tensor.dims
        if dims == first:
            continue
        if len(dims) != len(first) or not all(require_same(a, b, scope) for a, b in zip(first, dims)):
            raise RuntimeError(
                f"stack expects each tensor to be equal size, but got {shown(first)} at entry 0 and {shown(dims)} at "
                f"entry {place}"
            )
    return _joined(tensors, (*first[:at], len(tensors), *first[at:]))


@rule("pad_sequence")
def pad_sequence(
    scope: Scope,
    sequences: Sequence[Shaped],
    batch_first: bool = False,
    padding_value: float = 0.0,
    padding_side: str = "right",
) -> Out | None:
    """Stack sequences of several lengths, each padded to the longest."""
    if not sequences or not all(each.dims for each in sequences):
        return None
    length, *rest = sequences[0].dims
    for place, each in enumerate(sequences[1:], 1):
        _agree(sequences[0].dims, each.dims, 0, place, scope)
        length = larger(length, each.dims[0], scope)
    front = (len(sequences), length) if batch_first else (length, len(sequences))
    return Out((*front, *rest), sequences[0].dtype, sequences[0].device)


@generic_rule("hstack vstack dstack column_stack row_stack")
def stack_by_name(op: OpOverload, args: Sequence[Any], kwargs: Any, scope: Scope) -> Result:
    """As `cat`, after tensors with few dims got more, in the operator's own way."""
    tensors: Sequence[Shaped] = args[0]
    grown = _GROWN[op.name().partition("::")[2]]
    shapes = [grown[0](tensor.dims) for tensor in tensors]
    if not shapes or len({len(dims) for dims in shapes}) > 1:
        return None
    at = 0 if len(shapes[0]) == 1 else grown[1]
    for place, dims in enumerate(shapes[1:], 1):
        _agree(shapes[0], dims, at, place, scope)
    dtype = dtypes_of(op, args, kwargs, ranks=True)
    return Out(replaced(shapes[0], at, total(dims[at] for dims in shapes)), dtype, tensors[0].device)


def _to_vector(dims: Dims) -> Dims:
    return dims or (1,)


def _to_row(dims: Dims) -> Dims:
    return (1, *_to_vector(dims)) if len(dims) < 2 else dims


def _to_column(dims: Dims) -> Dims:
    return (*_to_vector(dims), 1) if len(dims) < 2 else dims


def _to_depth(dims: Dims) -> Dims:
    return (*_to_row(dims), 1) if len(dims) < 3 else dims


_GROWN = {
    "hstack": (_to_vector, 1),
    "vstack": (_to_row, 0),
    "row_stack": (_to_row, 0),
    "dstack": (_to_depth, 2),
    "column_stack": (_to_column, 1),
}


@rule("constant_pad_nd")
def constant_pad(scope: Scope, self: Shaped, pad: Sequence[Size], value: Any = 0) -> Out | None:
    """Add elements before and after, last dim first; negative padding takes away."""
    return padded(scope, self, pad)


@rule("pad")
def pad(
    scope: Scope, self: Shaped, pad: Sequence[Size], mode: str = "constant", value: Any = None
) -> Out | None:
    """Pad in any mode: the sizes are the same."""
    return padded(scope, self, pad)


@rule(
    """
    reflection_pad1d reflection_pad2d reflection_pad3d replication_pad1d replication_pad2d replication_pad3d
    _pad_circular
    """
)
def padded(scope: Scope, self: Shaped, pad: Sequence[Size]) -> Out | None:
    """Return the padded sizes."""
    dims = list(self.dims)
    if len(pad) % 2 or len(pad) > 2 * len(dims):
        return None
    for i in range(len(pad) // 2):
        before, after = pad[2 * i], pad[2 * i + 1]
        at = len(dims) - 1 - i
        size = plus(plus(dims[at], before), after)
        if isinstance(size, int) and size < 0:
            raise RuntimeError(
                f"The input size {dims[at]}, plus negative padding {before} and {after}, resulted in a negative output "
                f"size, which is invalid. Check dimension {at} of your input."
            )
        dims[at] = size
    return Out(tuple(dims), self.dtype, self.device)


@rule("repeat")
def repeat(scope: Scope, self: Shaped, repeats: Sequence[Size]) -> Out:
    """Copies along each dim; there may be more dims than the tensor has."""
    lead = len(repeats) - len(self.dims)
    if lead < 0:
        raise RuntimeError(
            "Number of dimensions of repeat dims can not be smaller than number of dimensions of tensor"
        )
    dims = (*(1,) * lead, *self.dims)
    return Out(tuple(times(size, count) for size, count in zip(dims, repeats)), self.dtype, self.device)


@rule("tile")
def tile(scope: Scope, self: Shaped, dims: Sequence[Size]) -> Out:
    """As `repeat`; missing counts are 1."""
    return repeat(scope, self, (*(1,) * (len(self.dims) - len(dims)), *dims))


@rule("meshgrid meshgrid.indexing")
def meshgrid(scope: Scope, tensors: Sequence[Shaped], *, indexing: str = "ij") -> list[Out] | None:
    """A grid over all vectors."""
    if any(len(tensor.dims) > 1 for tensor in tensors):
        return None
    dims = [tensor.dims[0] if tensor.dims else 1 for tensor in tensors]
    if indexing == "xy" and len(dims) > 1:
        dims[0], dims[1] = dims[1], dims[0]
    return [Out(tuple(dims), tensor.dtype, tensor.device) for tensor in tensors]


@rule("broadcast_tensors")
def broadcast_tensors(scope: Scope, tensors: Sequence[Shaped]) -> list[Out]:
    """Expand all to common sizes."""
    dims = broadcast([tensor.dims for tensor in tensors], scope)
    return [Out(dims, tensor.dtype, tensor.device) for tensor in tensors]


@rule("rot90")
def rot90(scope: Scope, self: Shaped, k: int = 1, dims: Sequence[int] = (0, 1)) -> Out | None:
    """Turn by quarter turns."""
    if len(dims) != 2 or len(self.dims) < 2:
        return None
    first, second = (axis(dim, len(self.dims)) for dim in dims)
    sizes = list(self.dims)
    if k % 2:
        sizes[first], sizes[second] = sizes[second], sizes[first]
    return Out(tuple(sizes), self.dtype, self.device)


@rule("diag_embed")
def diag_embed(scope: Scope, self: Shaped, offset: int = 0, dim1: int = -2, dim2: int = -1) -> Out:
    """The last dim becomes the diagonal of two."""
    rank = len(self.dims) + 1
    first, second = axis(dim1, rank), axis(dim2, rank)
    side = plus(self.dims[-1], abs(offset))
    rest = iter(self.dims[:-1])
    sizes = tuple(side if at in (first, second) else next(rest) for at in range(rank))
    return Out(sizes, self.dtype, self.device)


@rule("block_diag")
def block_diag(scope: Scope, tensors: Sequence[Shaped]) -> Out | None:
    """Matrices along the diagonal of one; a vector is a row."""
    shapes = [_to_row(each.dims) for each in tensors]
    if not shapes or any(len(dims) != 2 for dims in shapes):
        return None
    rows, columns = (total(dims[at] for dims in shapes) for at in (0, 1))
    return _joined(tensors, (rows, columns))


@rule("cartesian_prod")
def cartesian_prod(scope: Scope, tensors: Sequence[Shaped]) -> Out | None:
    """All combinations of elements."""
    if len(tensors) < 2:
        return None
    count: Size = 1
    for tensor in tensors:
        count = times(count, tensor.dims[0])
    return _joined(tensors, (count, len(tensors)))
