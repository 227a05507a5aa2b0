"""Whether inputs are one object, and whether they share memory.

Both are asked of many pairs at once, and usually the answer is no for all of them. So each first looks at the inputs
one by one, which costs n steps, and at the pairs only if that leaves a doubt.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import torch


def overlapping(
    leaves: Sequence[Any], indices: Sequence[int], pairs: Sequence[tuple[int, int]]
) -> int | None:
    """Return which of the pairs shares memory, or None.

    Args:
        leaves: the flattened arguments.
        indices: those that occur in a pair.
        pairs: the pairs that must not overlap, by index into the leaves.

    Memory is compared by address, because two storages may be views of the same memory of another library. Tensors
    whose extents overlap count as sharing memory even if their elements interleave without touching.
    """
    # Usually no two storages overlap at all: sort them, and compare neighbours.
    storages = sorted(_storage_extent(part) for index in indices for part in parts_in_memory(leaves[index]))
    if all(before[1] <= after[0] for before, after in pairwise(storages)):
        return None
    for number, (a, b) in enumerate(pairs):
        if share_memory(leaves[a], leaves[b]):
            return number
    return None


def identical(leaves: Sequence[Any], indices: Sequence[int], pairs: Sequence[tuple[int, int]]) -> int | None:
    """Return which of the pairs is one object, or None; the arguments are those of `overlapping`."""
    if len({id(leaves[index]) for index in indices}) == len(indices):
        return None
    return next((number for number, (a, b) in enumerate(pairs) if leaves[a] is leaves[b]), None)


def parts_in_memory(tensor: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Return the tensors that hold a tensor's contents: itself, or the indices and the values of a sparse one."""
    layout = tensor.layout
    if layout is torch.strided:
        return (tensor,)
    if layout is torch.sparse_coo:
        return tensor._indices(), tensor._values()
    if layout in (torch.sparse_csr, torch.sparse_bsr):
        return tensor.crow_indices(), tensor.col_indices(), tensor.values()
    return tensor.ccol_indices(), tensor.row_indices(), tensor.values()


def _storage_extent(tensor: torch.Tensor) -> tuple[int, int]:
    storage = tensor.untyped_storage()
    start = storage.data_ptr()
    return start, start + storage.nbytes()


def share_memory(a: torch.Tensor, b: torch.Tensor) -> bool:
    """Say whether the memory that two tensors span overlaps; a tensor without data shares none."""
    if a is b:
        return a.numel() > 0
    if a.device != b.device or a.is_meta:
        return False
    return any(
        a_start < b_end and b_start < a_end
        for a_start, a_end in map(_extent, parts_in_memory(a))
        for b_start, b_end in map(_extent, parts_in_memory(b))
    )


def _extent(tensor: torch.Tensor) -> tuple[int, int]:
    start = tensor.data_ptr()
    if tensor.numel() == 0:
        return start, start
    last = sum((size - 1) * stride for size, stride in zip(tensor.shape, tensor.stride(), strict=True))
    return start, start + (last + 1) * tensor.element_size()
