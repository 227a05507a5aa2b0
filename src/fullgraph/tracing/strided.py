"""`as_strided`: a view that looks at the storage itself, past the tensor it is called on.

What it gives depends on the layout of the storage, which a graph does not carry from one value to the next. So it is
recorded as a view of the root of the storage, which must be contiguous, at a place counted from the root's first
element: the same elements as in eager, wherever the tensor lies and whatever was written to it before. For an input
the layout becomes a line of the contract.
"""

from __future__ import annotations

from typing import Any

import torch

from fullgraph.contract import AssumptionKind, Property
from fullgraph.errors import Unsupported
from fullgraph.source import origin_here
from fullgraph.symbolic import and_, ge, le, sub
from fullgraph.tracing.records import Records
from fullgraph.tracing.rules import product, require
from fullgraph.tracing.strides import contiguous_strides, offset_in_root, strides_of
from fullgraph.tracing.traced import Size, Value

aten = torch.ops.aten


def as_strided(
    recorder: Records, self: Value, size: list[Size], stride: list[Size], storage_offset: Size | None = None
) -> Value:
    """Record `self.as_strided(size, stride, storage_offset)`."""
    root = self.root
    if root.dtype != self.dtype:
        _refuse("its elements are counted in another dtype there.")
    if strides_of(root) != contiguous_strides(root.dims):
        _refuse("its storage is not laid out in order.")
    first = _rely_on_layout(recorder, root, storage_offset is not None)
    if storage_offset is None:
        start = offset_in_root(self)
    else:
        start = storage_offset - first if isinstance(storage_offset, int) else _minus(storage_offset, first)
        # A slice counts from the end below 0, and ends where the tensor does, but its storage may go on.
        inside = and_(ge(start, 0), le(start, product(root.dims)))
        with recorder.asked_by(aten.as_strided.default):
            is_inside = require(inside, recorder.scope)
        if not is_inside:
            _refuse("it begins outside of the tensor that the storage was made for.")
    if start is None or (isinstance(start, int) and start < 0):
        _refuse("where in the storage the tensor begins is not known.")
    base = recorder.call(aten.contiguous.default, root)
    if start != 0:
        flat = recorder.call(aten.reshape.default, base, [-1])
        base = recorder.call(aten.slice.Tensor, flat, 0, start)
    return recorder.call(aten.as_strided.default, base, size, stride)


def _rely_on_layout(recorder: Records, root: Value, absolute: bool) -> int:
    """Write the layout of an input into the contract; return where in its storage it begins."""
    source = root.source
    if source is None:
        return 0
    recorder.ledger.assume(
        Property(source.known_as, "is_contiguous", True), origin_here(), AssumptionKind.PROGRAM
    )
    offset = 0 if source.real is None else int(source.real.storage_offset())
    if absolute:
        recorder.ledger.assume(
            Property(source.known_as, "storage_offset", offset), origin_here(), AssumptionKind.PROGRAM
        )
    return offset


def _minus(a: Any, b: int) -> Size:
    difference = sub(a, b)
    return difference.value if difference.is_const else difference


def _refuse(why: str) -> None:
    raise Unsupported(
        "The program calls `as_strided` on a tensor whose place in memory is not known here.",
        why=f"`as_strided` looks at the storage itself, and {why}",
        instead="Use `view`, `unfold`, `diagonal` or slices; or call it on `tensor.contiguous()`.",
        where=origin_here(),
        case="as_strided_of_transposed",
    )
