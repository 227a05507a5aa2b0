"""Indexing with a size: `x[i]` where `i` is a symbol selects, as with a plain integer; so does an integer tensor, which
may be a bound of a slice too.

torch's own indexing would ask the symbol for its value. Every other index is left to it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from fullgraph.tracing.dispatch import is_functorch_tensor


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
        original(view, rest, value)

    return assigned


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
    """An integer tensor without dims selects like a number; its value is a size that is known at run time."""
    if isinstance(item, torch.Tensor) and item.ndim == 0 and item.dtype in _SELECTING:
        return item if is_functorch_tensor(item) else item.item()  # under vmap it is one number for each row
    if isinstance(item, slice):
        return slice(_as_size(item.start), _as_size(item.stop), _as_size(item.step))
    return item


_SELECTING = (torch.int8, torch.int16, torch.int32, torch.int64)


def _axes_taken(item: Any) -> int:
    """How many axes of the tensor an item of an index consumes."""
    if item is None or item is Ellipsis or isinstance(item, bool):
        return 0
    if isinstance(item, torch.Tensor) and item.dtype in (torch.bool, torch.uint8):
        return item.ndim
    return 1
