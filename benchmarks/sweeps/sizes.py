"""Other sizes for a sample: equal sizes stay equal, so that what eager accepts is likely to be accepted again.

A drawing maps each distinct size of the sample to another one. Contents are taken from the sample, turned by one
place and repeated: indices stay in range, probabilities stay probabilities, and no value keeps its place.

Then single sizes of single tensors are changed, where eager mostly raises: a program that returns something there has
relied on sizes to be equal and did not say so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

import torch

Drawing = Mapping[int, int]


def drawn_sizes(tensors: Sequence[torch.Tensor]) -> Iterator[Drawing]:
    """Yield the drawings for a sample: all sizes changed together, then each alone made 1, 0 and larger."""
    present = sorted({size for tensor in tensors for size in tensor.shape}, reverse=True)
    seen: set[tuple[int, ...]] = {tuple(present)}
    for drawing in _candidates(present):
        key = tuple(drawing[size] for size in present)
        if key not in seen:
            seen.add(key)
            yield drawing


def _candidates(present: Sequence[int]) -> Iterator[Drawing]:
    changes: tuple[Callable[[int], int], ...] = (lambda s: 2 * s, lambda s: s + 1, lambda s: 1, lambda s: 0)
    for change in changes:
        # A size of one is broadcast more often than it is a size like the others.
        yield {size: size if size == 1 else change(size) for size in present}
    yield {size: 2 * size for size in present}
    yield {size: size + 1 for size in present}
    for one in present[:3]:
        for value in (1, 0, 2 * one, one + 1):
            yield {size: value if size == one else size for size in present}


def with_one_size_changed(tensors: Sequence[torch.Tensor]) -> Iterator[list[torch.Tensor]]:
    """Yield the tensors with the first dim of one of them larger, and with the last dim of one of them 1."""
    for place, tensor in enumerate(tensors[:3]):
        for dim, wanted in ((0, tensor.shape[0] + 1), (tensor.dim() - 1, 1)) if tensor.dim() else ():
            size = tensor.shape[dim]
            if size not in (0, wanted):
                places = (torch.arange(wanted) + 1) % size
                yield [*tensors[:place], tensor.detach().index_select(dim, places), *tensors[place + 1 :]]


def resized(tensor: torch.Tensor, drawing: Drawing) -> torch.Tensor:
    """Return a tensor of other sizes with the contents of this one, turned and repeated, its dims in the same order."""
    source = tensor.detach()
    for dim, size in enumerate(tensor.shape):
        wanted = drawing[size]
        if size == 0 and wanted:
            source = source.new_zeros([*source.shape[:dim], wanted, *source.shape[dim + 1 :]])
            continue
        places = (torch.arange(wanted) + 1) % max(size, 1)
        source = source.index_select(dim, places)
    order = sorted(range(tensor.dim()), key=lambda d: (-tensor.stride(d), d))
    back = [order.index(d) for d in range(tensor.dim())]
    return source.permute(order).clone(memory_format=torch.contiguous_format).permute(back)
