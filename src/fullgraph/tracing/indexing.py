"""Indexing with a size: `x[i]` where `i` is a symbol selects, as with a plain integer; so does an integer tensor, which
may be a bound of a slice too.

torch's own indexing would ask the symbol for its value. Every other index is left to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from fullgraph.tracing.dispatch import is_functorch_tensor
from fullgraph.tracing.tensors_of_sizes import holds_symbol


def get_item(original: Callable[..., Any], recorder: Any) -> Callable[..., Any]:
    """What stands for `torch.Tensor.__getitem__` in a trace, for traced tensors and for real ones (parameters)."""

    def indexed(tensor: torch.Tensor, index: Any) -> Any:
        view, rest = _without_sizes(tensor, index)
        return view if view is not tensor and rest is ... else original(view, rest)

    return indexed


def set_item(original: Callable[..., Any], recorder: Any) -> Callable[..., Any]:
    """The same for `torch.Tensor.__setitem__`."""

    def assigned(tensor: torch.Tensor, index: Any, value: Any) -> None:
        view, rest = _without_sizes(tensor, index)
        if not (_begins_with_a_size(value) and _assign(view, rest, value)):
            original(view, rest, value)

    return assigned


def _begins_with_a_size(value: Any) -> bool:
    """Whether torch's own assignment, which drops leading dims of size 1, would ask a symbol if it is one."""
    sizes: tuple[Any, ...] = tuple(value.shape) if isinstance(value, torch.Tensor) else ()
    first = next((size for size in sizes if isinstance(size, torch.SymInt) or size != 1), None)
    return isinstance(first, torch.SymInt)


def _assign(tensor: torch.Tensor, index: Any, value: torch.Tensor) -> bool:
    """Assign without that question, if the value has no more dims than what it is assigned to; say whether it was."""
    parts = index if isinstance(index, tuple) else (index,)
    if all(map(_selects_a_view, parts)):
        return _copy(tensor[index], value)
    return _put(tensor, [torch.tensor(part) if _is_list_of_integers(part) else part for part in parts], value)


def _copy(part: torch.Tensor, value: torch.Tensor) -> bool:
    while value.ndim > part.ndim and value.shape[0] == 1:
        value = value[0]
    if value.ndim > part.ndim:
        return False
    part.copy_(value)
    return True


def _put(tensor: torch.Tensor, parts: list[Any], value: torch.Tensor) -> bool:
    chosen = [part for part in parts if isinstance(part, torch.Tensor)]
    if any(not isinstance(part, torch.Tensor | slice) for part in parts):
        return False
    if any(part != slice(None) for part in parts if isinstance(part, slice)):
        return False
    left = tensor.ndim - sum(map(_axes_taken, chosen))
    if value.ndim > left + max(1 if _is_mask(part) else part.ndim for part in chosen):
        return False
    places = [part if isinstance(part, torch.Tensor) else None for part in parts]
    torch.ops.aten.index_put_.default(tensor, places, value)
    return True


def _is_list_of_integers(part: Any) -> bool:
    return isinstance(part, list) and all(type(item) is int for item in part)


def _selects_a_view(part: Any) -> bool:
    """Whether a part of an index is an integer, a slice, `None` or `...`."""
    return part is None or part is ... or (isinstance(part, (int, slice)) and not isinstance(part, bool))


def _is_mask(part: torch.Tensor) -> bool:
    return part.dtype in (torch.bool, torch.uint8)


def _without_sizes(tensor: torch.Tensor, index: Any) -> tuple[torch.Tensor, Any]:
    """Take the sizes out of an index: `tensor[index]` is `view[rest]` for what is returned."""
    index = tuple(map(_as_size, index)) if isinstance(index, tuple) else _as_size(index)
    if isinstance(index, torch.SymInt):
        return tensor.select(0, index), ...
    if not isinstance(index, tuple) or not any(isinstance(item, torch.SymInt) for item in index):
        return tensor, index
    missing = tensor.ndim - sum(map(_axes_taken, index))
    axis, axes = 0, list[int]()
    for item in index:
        axes.append(axis)
        axis += missing if item is Ellipsis else _axes_taken(item)
    for item, at in reversed(
        list(zip(index, axes))
    ):  # from the end, so that the axes before stay where they are
        if isinstance(item, torch.SymInt):
            tensor = tensor.select(at, item)
    return tensor, tuple(item for item in index if not isinstance(item, torch.SymInt)) or ...


def _as_size(item: Any) -> Any:
    """Return an item of an index as it is without a list of sizes, or a number in a tensor.

    An integer tensor without dims selects like a number; its value is a size that is known at run time.
    """
    if isinstance(item, torch.Tensor) and item.ndim == 0 and item.dtype in _SELECTING:
        return item if is_functorch_tensor(item) else item.item()  # under vmap it is one number for each row
    if isinstance(item, torch.SymBool):
        return bool(item)  # it is an axis of one element, or of none
    if isinstance(item, list) and holds_symbol(item) and all(type(each) in _NUMBERS for each in item):
        return torch.tensor(item)
    if isinstance(item, slice):
        return slice(_as_size(item.start), _as_size(item.stop), _as_size(item.step))
    return item


_NUMBERS = (int, torch.SymInt)  # nested lists, and truth values, are PyTorch's own matter
_SELECTING = (torch.int8, torch.int16, torch.int32, torch.int64)


def _axes_taken(item: Any) -> int:
    """How many axes of the tensor an item of an index consumes."""
    if item is None or item is Ellipsis or isinstance(item, bool):
        return 0
    if isinstance(item, torch.Tensor) and _is_mask(item):
        return item.ndim
    return 1
