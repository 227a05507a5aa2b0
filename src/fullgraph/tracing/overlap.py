"""Whether two views of one storage may touch the same elements, or one view an element twice.

An operator that reads one part of a tensor while it writes another (`x[1:].copy_(x[:-1])`) does in eager what the
order of its loop makes of it, or is refused. A pure graph reads everything before it writes, so such a program is
refused unless the two parts are the same or provably apart: `x[0].copy_(x[1])`, `a.add_(b)` for two pieces of a split.

Each view is followed from the storage down, as a box: a range of indices for each dim of the root, for as long as
the views only cut (`select`, `slice`, `split`, ...). What comes after that can only look at a part of the box.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Any

from fullgraph.symbolic import le
from fullgraph.tracing.meta import values_in
from fullgraph.tracing.records import Records
from fullgraph.tracing.strides import offset_in_root, plus, strides_of, times
from fullgraph.tracing.traced import Size, Step, Value

_SAME = frozenset(
    f"aten::{name}"
    for name in "alias detach contiguous to type_as _to_copy float double half lift_fresh resolve_conj resolve_neg "
    "dropout alpha_dropout feature_dropout feature_alpha_dropout positive".split()
)
_PIECES = frozenset(
    f"aten::{name}" for name in "split split_with_sizes chunk tensor_split unsafe_split unsafe_chunk".split()
)


@dataclass(frozen=True)
class _Range:
    """The indices `start, start + step, ...` below `end`."""

    start: Size
    end: Size
    step: int = 1


def is_read_before_written(records: Records, written: str, bound: Mapping[str, Any]) -> bool:
    """Say whether it makes no difference that a pure operator reads all its arguments before it writes one.

    An operator on lists (`_foreach_add_`) goes from one place to the next: what it writes at one, it may read at the
    next.
    """
    targets = bound[written]
    operands = [value for name, value in bound.items() if name != written]
    if isinstance(targets, Value):
        return all(_is_apart(records, targets, each, or_same=True) for each in values_in(operands))
    if not isinstance(targets, list):
        return True
    for at, target in enumerate(targets):
        beside: list[Any] = []
        others: list[Any] = [*targets[:at], *targets[at + 1 :]]
        for each in operands:
            if isinstance(each, list) and len(each) == len(targets):
                beside.append(each[at])
                others += [*each[:at], *each[at + 1 :]]
            else:
                others.append(each)
        if not all(_is_apart(records, target, each, or_same=True) for each in values_in(beside)):
            return False
        if not all(_is_apart(records, target, each) for each in values_in(others)):
            return False
    return True


def _is_apart(records: Records, a: Value, b: Value, or_same: bool = False) -> bool:
    """Say whether two values are known to have no element in common, or else all at the same place."""
    if a.root is not b.root:
        return True
    first, second = _views(a), _views(b)
    dims = a.root.dims
    while first and second and first[0][1].step == second[0][1].step:
        dims = first[0][1].dims
        first, second = first[1:], second[1:]
    if (not first and not second) or _at_same_place(a, b):
        return or_same
    if first and second and _are_pieces(first[0][1].step, second[0][1].step):
        return True
    boxes = _box(len(dims), first), _box(len(dims), second)
    return any(dim in boxes[1] and _apart(records, cut, boxes[1][dim]) for dim, cut in boxes[0].items())


def may_repeat(records: Records, step: Step, view: Value) -> bool:
    """Say whether a view, taken by `step`, may have an element of its parent more than once."""
    name = step.op._schema.name
    if name == "aten::unfold":
        window, by = _argument(step, 1, "size"), _argument(step, 2, "step")
        return not _at_most(records, window, by)
    if name == "aten::as_strided":
        return not _are_distinct(records, view.dims, _argument(step, 1, "stride"))
    return False


def _are_distinct(records: Records, sizes: Sequence[Size], strides: Sequence[Size]) -> bool:
    """Say whether each dim, taken in some order, steps over all that the dims before it reach.

    That is enough for no two indices to be of one element. Where a size is 0 there are no elements at all.
    """
    dims = [(size, stride) for size, stride in zip(sizes, strides) if size != 1]
    return any(_steps_over(records, order) for order in permutations(dims))


def _steps_over(records: Records, dims: Sequence[tuple[Size, Size]]) -> bool:
    reach: Size = 0
    for size, stride in dims:
        if not _at_most(records, plus(reach, 1), stride):
            return False
        reach = plus(reach, times(plus(size, -1), stride))
    return True


def _at_same_place(a: Value, b: Value) -> bool:
    start, strides = offset_in_root(a), strides_of(a)
    known = start is not None and strides is not None
    return known and a.dims == b.dims and strides == strides_of(b) and start == offset_in_root(b)


def _views(value: Value) -> list[tuple[Value, Value]]:
    """Return how the view was taken, from the root down, as `(parent, view)`, without what changes nothing."""
    found: list[tuple[Value, Value]] = []
    while value.parent is not None and value.step is not None:
        if value.step.op._schema.name not in _SAME:
            found.append((value.parent, value))
        value = value.parent
    return found[::-1]


def _are_pieces(a: Step | None, b: Step | None) -> bool:
    """Say whether these are two results of one split."""
    if a is None or b is None or a.op._schema.name not in _PIECES:
        return False
    return a.op is b.op and a.args == b.args and a.kwargs == b.kwargs and a.index != b.index


def _box(rank: int, views: list[tuple[Value, Value]]) -> dict[int, _Range]:
    """Return the part of a tensor that a view of it lies in: a range for each dim that is cut."""
    dims = list(range(rank))  # the tensor's dim for each dim of the view
    box: dict[int, _Range] = {}
    for parent, view in views:
        assert view.step is not None
        cut = _cut(view.step, parent, view)
        if cut is None:
            break
        dim, indices = cut
        # A second cut of a dim is counted from the first one's start: the first is kept, as the larger.
        box.setdefault(dims[dim], indices)
        if len(view.dims) < len(parent.dims):
            del dims[dim]
    return box


def _cut(step: Step, parent: Value, view: Value) -> tuple[int, _Range] | None:
    """Return the dim that a view cuts and the indices it keeps; None for views that do something else."""
    name = step.op._schema.name.removeprefix("aten::")
    if name == "select":
        return _of_index(parent, _argument(step, 0, "dim", 0), _argument(step, 1, "index"))
    if name == "unbind":
        return _of_index(parent, _argument(step, 0, "dim", 0), step.index)
    if name in ("slice", "narrow"):
        dim = _argument(step, 0, "dim", 0) % len(parent.dims)
        start = _argument(step, 1, "start") or 0
        if name == "narrow":
            end, by = plus(start, view.dims[dim]) if not isinstance(start, Value) else None, 1
        else:
            end, by = _argument(step, 2, "end"), _argument(step, 3, "step", 1)
        start, end = _from_front(start, parent.dims[dim]), _from_front(end, parent.dims[dim])
        return (
            None if start is None or end is None or not isinstance(by, int) else (dim, _Range(start, end, by))
        )
    if (
        name == "split"
        and isinstance(size := _argument(step, 0, "split_size"), int)
        and step.index is not None
    ):
        return _argument(step, 1, "dim", 0) % len(parent.dims), _Range(
            size * step.index, size * (step.index + 1)
        )
    return None


def _of_index(parent: Value, dim: int, index: Any) -> tuple[int, _Range] | None:
    dim = dim % len(parent.dims)
    start = None if isinstance(index, Value) else _from_front(index, parent.dims[dim])
    return None if start is None else (dim, _Range(start, plus(start, 1)))


def _from_front(index: Any, size: Size) -> Size | None:
    """Return an index counted from the front: `None` is the end, a negative number counts from there."""
    if index is None or (isinstance(index, int) and index >= _FAR):
        return size
    if isinstance(index, int) and index < 0:
        return plus(size, index)
    return None if isinstance(index, Value) else index


def _apart(records: Records, a: _Range, b: _Range) -> bool:
    if (
        a.step == b.step
        and isinstance(a.start, int)
        and isinstance(b.start, int)
        and (a.start - b.start) % a.step
    ):
        return True
    return _at_most(records, a.end, b.start) or _at_most(records, b.end, a.start)


def _at_most(records: Records, a: Size, b: Size) -> bool:
    if isinstance(a, int) and isinstance(b, int):
        return a <= b
    return records.scope.decide(le(a, b)) is True


def _argument(step: Step, position: int, name: str, default: Any = None) -> Any:
    return step.args[position] if position < len(step.args) else step.kwargs.get(name, default)


_FAR = 2**62  # what Python's `x[a:]` gives as the end
