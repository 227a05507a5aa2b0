"""Writing through a view: for each way of taking a view, the pure operator that puts new contents back.

`put_back(step, parent, contents)` answers: what is the parent after the view taken by `step` was overwritten with
`contents`? Most views have an operator for it (`slice` / `slice_scatter`); the rest goes through positions: the
same view of `arange(numel)` says where each element of the view lies, and `scatter` writes there. This is the
construction of Functorch's functionalization (https://dev-discuss.pytorch.org/t/functionalization-in-pytorch),
with positions as the general case instead of a list of inverses.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from fullgraph.tracing.records import Records
from fullgraph.tracing.strides import plus, times
from fullgraph.tracing.traced import Size, Step, Value

aten = torch.ops.aten


PutBack = Callable[[Records, Step, Value, Value, Value], Value]


def put_back(records: Records, step: Step, parent: Value, view: Value, contents: Value) -> Value:
    """Return the parent's contents after `view`, taken of it by `step`, became `contents`."""
    rule = _other_dtype if step.op is aten.view.dtype else _RULES.get(step.op._schema.name)
    return (rule or _by_position)(records, step, parent, view, contents)


def is_cut(step: Step) -> bool:
    """Whether the view is a part of its parent, so that new contents are copied when they are put back."""
    return _RULES.get(step.op._schema.name) in (
        _slice,
        _select,
        _diagonal,
        _narrow,
        _one_of_several,
        _unbound,
    )


def _argument(step: Step, position: int, name: str, default: Any = None) -> Any:
    """An argument of the view operator, counted without the viewed tensor."""
    if position < len(step.args):
        return step.args[position]
    return step.kwargs.get(name, default)


def _same_elements(records: Records, step: Step, parent: Value, view: Value, contents: Value) -> Value:
    """The view has the parent's elements in the parent's order."""
    return records.call(aten.reshape.default, contents, list(parent.dims))


def _same_tensor(records: Records, step: Step, parent: Value, view: Value, contents: Value) -> Value:
    return contents


def _slice(records: Records, step: Step, parent: Value, view: Value, contents: Value) -> Value:
    return records.call(aten.slice_scatter.default, parent, contents, *step.args, **step.kwargs)


def _select(records: Records, step: Step, parent: Value, view: Value, contents: Value) -> Value:
    return records.call(aten.select_scatter.default, parent, contents, *step.args, **step.kwargs)


def _diagonal(records: Records, step: Step, parent: Value, view: Value, contents: Value) -> Value:
    return records.call(aten.diagonal_scatter.default, parent, contents, *step.args, **step.kwargs)


def _narrow(records: Records, step: Step, parent: Value, view: Value, contents: Value) -> Value:
    dim, start, length = (_argument(step, i, n) for i, n in enumerate(("dim", "start", "length")))
    if isinstance(start, Value):
        return _by_position(records, step, parent, view, contents)
    return records.call(aten.slice_scatter.default, parent, contents, dim, start, plus(start, length))


def _transposed(records: Records, step: Step, parent: Value, view: Value, contents: Value) -> Value:
    first, second = _argument(step, 0, "dim0"), _argument(step, 1, "dim1")
    if first is None:  # t(), mT, numpy_T: their own inverse
        return records.call(step.op, contents)
    return records.call(aten.transpose.int, contents, first, second)


def _permuted(records: Records, step: Step, parent: Value, view: Value, contents: Value) -> Value:
    dims = [d % len(parent.dims) for d in _argument(step, 0, "dims")]
    inverse = [dims.index(d) for d in range(len(dims))]
    return records.call(aten.permute.default, contents, inverse)


def _one_of_several(records: Records, step: Step, parent: Value, view: Value, contents: Value) -> Value:
    """`split`, `chunk`, `tensor_split`: the piece begins where the pieces before it end."""
    dim = _argument(step, 1, "dim", 0) % len(parent.dims)
    pieces = records.call(step.op, parent, *step.args, **step.kwargs)
    start: Size = 0
    for piece in pieces[: step.index]:
        start = plus(start, piece.dims[dim])
    return records.call(aten.slice_scatter.default, parent, contents, dim, start, plus(start, view.dims[dim]))


def _unbound(records: Records, step: Step, parent: Value, view: Value, contents: Value) -> Value:
    return records.call(
        aten.select_scatter.default, parent, contents, _argument(step, 0, "dim", 0), step.index
    )


def _real_of_complex(records: Records, step: Step, parent: Value, view: Value, contents: Value) -> Value:
    if not parent.dtype.is_complex:  # the real part of a real tensor is the tensor
        return contents
    parts = records.call(aten.view_as_real.default, parent)
    which = 0 if step.op._schema.name.endswith("real") else 1
    return records.call(
        aten.view_as_complex.default, records.call(aten.select_scatter.default, parts, contents, -1, which)
    )


def _as_complex(records: Records, step: Step, parent: Value, view: Value, contents: Value) -> Value:
    return records.call(aten.view_as_complex.default, contents)


def _as_real(records: Records, step: Step, parent: Value, view: Value, contents: Value) -> Value:
    return records.call(aten.view_as_real.default, contents)


def _conjugated(records: Records, step: Step, parent: Value, view: Value, contents: Value) -> Value:
    """`conj`, `adjoint` and their kind are their own inverses."""
    return records.call(step.op, contents)


def _other_dtype(records: Records, step: Step, parent: Value, view: Value, contents: Value) -> Value:
    return records.call(aten.view.dtype, contents, parent.dtype)


def _by_position(records: Records, step: Step, parent: Value, view: Value, contents: Value) -> Value:
    """Any view: the same view of `arange(numel)` holds the position of each of its elements."""
    numel: Size = 1
    for size in parent.dims:
        numel = size if numel == 1 else times(numel, size)
    flat = records.call(aten.arange.default, numel, device=parent.device)
    positions = records.call(
        step.op, records.call(aten.reshape.default, flat, list(parent.dims)), *step.args, **step.kwargs
    )
    if step.index is not None:
        positions = positions[step.index]
    written = records.call(
        aten.scatter.src,
        records.call(aten.reshape.default, parent, [-1]),
        0,
        records.call(aten.reshape.default, positions, [-1]),
        records.call(aten.reshape.default, contents, [-1]),
    )
    return records.call(aten.reshape.default, written, list(parent.dims))


def _table() -> dict[str, PutBack]:
    names: dict[PutBack, str] = {
        _same_elements: "expand expand_as broadcast_to view _unsafe_view reshape view_as reshape_as flatten "
        "unflatten squeeze unsqueeze ravel _reshape_alias sum_to_size",
        _same_tensor: "alias detach contiguous to type_as _to_copy float double half resolve_conj resolve_neg "
        "lift_fresh positive dropout alpha_dropout feature_dropout feature_alpha_dropout",
        _slice: "slice",
        _select: "select",
        _diagonal: "diagonal",
        _narrow: "narrow",
        _transposed: "transpose t swapaxes swapdims numpy_T mT",
        _permuted: "permute",
        _one_of_several: "split split_with_sizes chunk tensor_split unsafe_split unsafe_chunk unsafe_split_with_sizes",
        _conjugated: "conj _conj adjoint mH matrix_H _neg_view",
        _unbound: "unbind",
        _real_of_complex: "real imag",
        _as_complex: "view_as_real",
        _as_real: "view_as_complex",
    }
    return {f"aten::{name}": rule for rule, text in names.items() for name in text.split()}


_RULES = _table()
