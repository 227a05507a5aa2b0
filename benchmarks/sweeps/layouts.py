"""A sample with its tensors laid out otherwise in memory: strides of results, and what is a view, follow from that."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch

from benchmarks.sweeps.samples import Subject


def _turned(tensor: torch.Tensor) -> torch.Tensor:
    """The last dim is the slowest in memory."""
    order = list(reversed(range(tensor.dim())))
    return tensor.permute(order).contiguous().permute(order)


def _channels_last(tensor: torch.Tensor) -> torch.Tensor:
    formats = {4: torch.channels_last, 5: torch.channels_last_3d}
    wanted = formats.get(tensor.dim())
    return tensor if wanted is None else tensor.contiguous(memory_format=wanted)


def _spread(tensor: torch.Tensor) -> torch.Tensor:
    """Every other element of memory is another's."""
    if tensor.dim() == 0:
        return tensor
    return tensor.repeat_interleave(2, dim=-1)[..., ::2]


LAYOUTS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "turned": _turned,
    "channels last": _channels_last,
    "spread": _spread,
}
"""How a tensor can lie in memory, other than in order."""


def laid_out(subject: Subject, layout: str) -> Subject | None:
    """Return the sample with another layout; None where that changes no tensor."""
    tensors = [t if t.layout is not torch.strided else LAYOUTS[layout](t) for t in subject.tensors]
    if [t.stride() for t in tensors if t.layout is torch.strided] == [
        t.stride() for t in subject.tensors if t.layout is torch.strided
    ]:
        return None
    return replace(subject, name=f"{subject.name} {layout}", tensors=tensors)
