"""Tensors made of sizes: `torch.tensor(x.shape[0])` stays dynamic, and so do nested lists of sizes and scalars.

PyTorch reads the numbers itself, and would ask each for its value. So the tensor is put together of its elements, with
the dtype and the errors that PyTorch has for them.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Any

import torch

from fullgraph.tracing.default_dtype import default_dtype
from fullgraph.tracing.records import Records
from fullgraph.tracing.traced import TracedTensor

_SYMBOLIC = (torch.SymInt, torch.SymFloat, torch.SymBool)


def tensor_of_sizes(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    """What stands for `torch.tensor` and its kin."""

    @functools.wraps(original)
    def tensor(data: Any, *args: Any, **kwargs: Any) -> Any:
        if not holds_symbol(data, (*_SYMBOLIC, TracedTensor)):
            if kwargs.get("dtype", args[0] if args else None) is None and _holds_fraction(data):
                default_dtype(recorder)
            return original(data, *args, **kwargs)
        if isinstance(data, TracedTensor) and not args and not kwargs:
            return data if original.__name__ != "tensor" else data.detach().clone()
        dtype = kwargs.get("dtype", args[0] if args else None)
        if dtype is None:
            dtype = functools.reduce(
                torch.promote_types, (_dtype_of(item, recorder) for item in _leaves(data))
            )
        made = _built(data, dtype, kwargs.get("device"))
        return made.requires_grad_() if kwargs.get("requires_grad") else made

    return tensor


def new_tensor_of_sizes(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    """What stands for `torch.Tensor.new_tensor`: what is not said is as in the tensor."""

    @functools.wraps(original)
    def new_tensor(tensor: torch.Tensor, data: Any, **kwargs: Any) -> Any:
        if isinstance(data, torch.Tensor) or not holds_symbol(data):
            return original(tensor, data, **kwargs)
        dtype, device = (
            getattr(tensor, name) if kwargs.get(name) is None else kwargs[name]
            for name in ("dtype", "device")
        )
        made = _built(data, dtype, device)
        return made.requires_grad_() if kwargs.get("requires_grad") else made

    return new_tensor


def holds_symbol(data: Any, classes: tuple[type, ...] = _SYMBOLIC) -> bool:
    """Say whether a number, or a nested list of numbers, has a symbolic one in it."""
    if isinstance(data, (list, tuple)):
        return any(holds_symbol(item, classes) for item in data)
    return isinstance(data, classes)


def _built(data: Any, dtype: torch.dtype | None, device: Any) -> Any:
    if isinstance(data, (list, tuple)):
        _require_same_lengths(data)
    return _made_of(data, dtype, device)


def _require_same_lengths(data: Any) -> None:
    """Raise what PyTorch raises for a list whose items differ in length; of tensors it takes the elements."""
    level, dim = [data], 0
    while level and isinstance(level[0], (list, tuple)) and level[0]:
        length = len(level[0])
        for each in level:
            if isinstance(each, torch.Tensor):
                return
            if not isinstance(each, (list, tuple)):
                raise TypeError("not a sequence")
            if len(each) != length:
                raise ValueError(f"expected sequence of length {length} at dim {dim} (got {len(each)})")
        level, dim = [item for each in level for item in each], dim + 1
    for each in level[1:]:
        if isinstance(each, (list, tuple)) and not isinstance(level[0], (list, tuple, torch.Tensor)):
            raise TypeError(f"{type(each).__name__!r} object cannot be interpreted as an integer")


def _made_of(data: Any, dtype: torch.dtype | None, device: Any) -> Any:
    if isinstance(data, TracedTensor):
        return data if dtype is None and device is None else data.to(device=device, dtype=dtype)
    if isinstance(data, (list, tuple)):
        return torch.stack([_made_of(item, dtype, device) for item in data])
    number: Any = data  # torch's stubs do not know symbolic numbers
    if isinstance(data, torch.SymFloat) and dtype is not None and dtype.is_floating_point:
        # The operator refuses what a float32 cannot hold; torch.tensor makes it infinite.
        return torch.scalar_tensor(number, dtype=torch.float64, device=device).to(dtype)
    return torch.scalar_tensor(number, dtype=dtype, device=device)


def _holds_fraction(data: Any) -> bool:
    is_empty = isinstance(data, list) and not data
    return is_empty or any(isinstance(item, (float, complex)) for item in _leaves(data))


def _leaves(data: Any) -> Iterator[Any]:
    if isinstance(data, (list, tuple)):
        for item in data:
            yield from _leaves(item)
    else:
        yield data


def _dtype_of(data: Any, recorder: Records) -> torch.dtype:
    if isinstance(data, torch.Tensor):
        return data.dtype
    if isinstance(data, (bool, torch.SymBool)):
        return torch.bool
    if isinstance(data, complex):
        return default_dtype(recorder).to_complex()
    return torch.int64 if isinstance(data, (int, torch.SymInt)) else default_dtype(recorder)
