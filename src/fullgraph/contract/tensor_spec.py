"""`TensorSpec`: shape, dtype and device of a tensor, without data."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from fullgraph.contract.entries import words
from fullgraph.contract.sizes import whole
from fullgraph.errors import SpecError

if TYPE_CHECKING:
    from fullgraph.contract.dim import Dim, UnnamedDim

    Size = int | str | Dim | UnnamedDim


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Stands for a tensor argument, so that a program is exported from shapes alone.

    Args:
        shape: a size per dim (an integer, a `Dim`, or text as in `"2*h"`), or all of them as one text: `"batch 3 h w"`.
            An integer is the size of an example, a name is dynamic and has no example.
        dtype: its dtype, also as text: `"int64"`.
        device: its device.
        requires_grad: whether autograd is to follow it.

    Raises:
        SpecError: no tensor is like that.

    Example:
        >>> program = export(model, (TensorSpec("batch 3 224 224"),))
    """

    shape: tuple[Size, ...]
    dtype: torch.dtype
    device: torch.device
    requires_grad: bool

    def __init__(
        self,
        shape: str | Iterable[Size],
        dtype: torch.dtype | str = torch.float32,
        device: str | torch.device = "cpu",
        requires_grad: bool = False,
    ) -> None:
        if not isinstance(shape, Iterable) or isinstance(shape, (bytes, Mapping, AbstractSet)):
            raise SpecError(
                f"The shape of a TensorSpec is {shape!r}, which lists no sizes.", instead=_EXAMPLE
            )
        put = object.__setattr__  # frozen
        put(self, "shape", tuple(map(_size, words(shape) if isinstance(shape, str) else shape)))
        put(self, "dtype", _dtype(dtype))
        put(self, "device", _device(device))
        put(self, "requires_grad", bool(requires_grad))
        if requires_grad and not (self.dtype.is_floating_point or self.dtype.is_complex):
            raise SpecError(
                f"A TensorSpec with requires_grad has the dtype {self.dtype}.",
                why="Only tensors of floating point or complex numbers have gradients.",
                instead="a dtype such as torch.float32, or no requires_grad",
            )

    def __repr__(self) -> str:
        return f"TensorSpec([{', '.join(map(str, self.shape))}], {self.dtype}, {str(self.device)!r})"


_LARGEST = sys.maxsize
_EXAMPLE = 'TensorSpec("batch 3 h w"), or TensorSpec((2, 3))'


def _size(size: Any) -> Any:
    """Return an integer of any library as Python's own; what is none is read when the inputs are known."""
    if isinstance(size, str):
        return int(size) if size.isdecimal() else size
    number = whole(size)
    if isinstance(size, bool) or (number is not None and not 0 <= number <= _LARGEST):
        raise SpecError(f"The shape of a TensorSpec has the size {size!r}.", instead=_EXAMPLE)
    return size if number is None else number


def _dtype(dtype: Any) -> torch.dtype:
    found = getattr(torch, dtype.removeprefix("torch."), None) if isinstance(dtype, str) else dtype
    if not isinstance(found, torch.dtype):
        raise SpecError(f"The dtype of a TensorSpec is {dtype!r}.", instead="torch.float32, torch.int64")
    return found


def _device(device: Any) -> torch.device:
    try:
        return torch.device(device)
    except (RuntimeError, TypeError):
        raise SpecError(f"The device of a TensorSpec is {device!r}.", instead='"cpu", "cuda:0"') from None
