"""Indexing with a size: `x[i]` where `i` is a symbol selects, as with a plain integer; so does an integer tensor, which
may be a bound of a slice too.

torch's own indexing would ask the symbol for its value. Every other index is left to it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import nullcontext
from typing import Any

import torch

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
        rank = _rank(view, rest)
        if rank is None or not isinstance(value, torch.Tensor):
            return original(view, rest, value)
        value = _without_leading_ones(value, rank)
        with recorder.scope.hiding_hints() if value.ndim <= rank else nullcontext():
            return original(view, rest, value)

    return assigned


def _without_leading_ones(value: torch.Tensor, rank: int) -> torch.Tensor:
    """Take off dims of 1 that a value has too many, as torch does.

    It does so with all leading dims of 1, and asks the sizes for it. Once there are not too many, broadcasting does the
    same without the question.
    """
    extra = range(value.ndim - rank)
    return (
        value.squeeze(tuple(extra))
        if extra and all(type(value.shape[d]) is int and value.shape[d] == 1 for d in extra)
        else value
    )


def _rank(tensor: torch.Tensor, index: Any) -> int | None:
    """Return how many dims `tensor[index]` has; None for indices that are rare."""
    items = index if isinstance(index, tuple) else (index,)
    if not all(item is None or type(item) in _KNOWN or isinstance(item, torch.Tensor) for item in items):
        return None
    tensors = [item for item in items if isinstance(item, torch.Tensor)]
    taken = sum(_axes_taken(item) for item in items if not isinstance(item, slice))
    made = max((1 if item.dtype in _MASKS else item.ndim for item in tensors), default=0)
    return tensor.ndim - taken + items.count(None) + made


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
        return item.item()
    if isinstance(item, torch.SymBool):
        return bool(item)  # it is an axis of one element, or of none
    if isinstance(item, list) and holds_symbol(item) and all(type(each) in _NUMBERS for each in item):
        return torch.tensor(item)
    if isinstance(item, slice):
        return slice(_as_size(item.start), _as_size(item.stop), _as_size(item.step))
    return item


_KNOWN = (int, slice, type(Ellipsis))
_MASKS = (torch.bool, torch.uint8)
_NUMBERS = (int, torch.SymInt)  # nested lists, and truth values, are PyTorch's own matter
_SELECTING = (torch.int8, torch.int16, torch.int32, torch.int64)


def _axes_taken(item: Any) -> int:
    """How many axes of the tensor an item of an index consumes."""
    if item is None or item is Ellipsis or isinstance(item, bool):
        return 0
    if isinstance(item, torch.Tensor) and item.dtype in _MASKS:
        return item.ndim
    return 1
