"""`TensorSpec`: shape, dtype and device of a tensor, without data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from fullgraph.contract.dim import Dim, UnnamedDim

    Size = int | str | Dim | UnnamedDim


@dataclass(frozen=True, slots=True)
class TensorSpec:
    """Stands for a tensor argument, so that a program is exported from shapes alone.

    Args:
        shape: a size per dim (an integer, a `Dim`, or text as in `"2*h"`), or all of them as one text: `"batch 3 h w"`.
            An integer is the size of an example, a name is dynamic and has no example.
        dtype: its dtype.
        device: its device.
        requires_grad: whether autograd is to follow it.

    Example:
        >>> program = export(model, (TensorSpec("batch 3 224 224"),))
    """

    shape: tuple[Size, ...]
    dtype: torch.dtype
    device: torch.device
    requires_grad: bool

    def __init__(
        self,
        shape: str | Sequence[Size],
        dtype: torch.dtype = torch.float32,
        device: str | torch.device = "cpu",
        requires_grad: bool = False,
    ) -> None:
        sizes: Any = shape.replace(",", " ").split() if isinstance(shape, str) else shape
        put = object.__setattr__  # frozen
        put(self, "shape", tuple(int(s) if isinstance(s, str) and s.isdecimal() else s for s in sizes))
        put(self, "dtype", dtype)
        put(self, "device", torch.device(device))
        put(self, "requires_grad", requires_grad)

    def __repr__(self) -> str:
        return f"TensorSpec([{', '.join(map(str, self.shape))}], {self.dtype}, {str(self.device)!r})"
