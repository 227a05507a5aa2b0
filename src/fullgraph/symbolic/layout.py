"""When strides describe a certain layout, as conditions on sizes and strides.

These are the definitions of PyTorch's C++ (c10/core/Contiguity.h, c10/core/MemoryFormat.h), written over
expressions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cmp_to_key

from fullgraph.symbolic.arithmetic import max_, mul
from fullgraph.symbolic.boolean import Bool, and_, eq, false, ge, le, ne, or_, true
from fullgraph.symbolic.expr import Expr, integer

Sizes = Sequence[Expr]
Rule = Callable[[Sizes, Sizes], Bool]


def _packed(sizes: Sizes, strides: Sizes, innermost_first: Sequence[int]) -> Bool:
    """Say when the axes, taken in this order, lie without gaps; axes of size 1 may have any stride."""
    if len(sizes) != len(innermost_first):
        return false
    conditions, expected = [true], integer(1)
    for axis in innermost_first:
        conditions.append(or_(eq(sizes[axis], 1), eq(strides[axis], expected)))
        expected = mul(expected, sizes[axis])
    return and_(*conditions)


def is_contiguous(sizes: Sizes, strides: Sizes) -> Bool:
    """Say when the last axis is innermost and nothing is left out, or there are no elements."""
    packed = _packed(sizes, strides, range(len(sizes) - 1, -1, -1))
    return or_(packed, *(eq(size, 0) for size in sizes))


def is_channels_last_contiguous_2d(sizes: Sizes, strides: Sizes) -> Bool:
    """Say when an image batch is stored as N, H, W, C."""
    return _packed(sizes, strides, (1, 3, 2, 0))


def is_channels_last_contiguous_3d(sizes: Sizes, strides: Sizes) -> Bool:
    """Say when a volume batch is stored as N, D, H, W, C."""
    return _packed(sizes, strides, (1, 4, 3, 2, 0))


def is_channels_last_strides_2d(sizes: Sizes, strides: Sizes) -> Bool:
    """Say when the strides of an image batch are ordered as N, H, W, C."""
    return _ordered(sizes, strides, (1, 3, 2, 0))


def is_channels_last_strides_3d(sizes: Sizes, strides: Sizes) -> Bool:
    """Say when the strides of a volume batch are ordered as N, D, H, W, C."""
    return _ordered(sizes, strides, (1, 4, 3, 2, 0))


def _ordered(sizes: Sizes, strides: Sizes, innermost_first: Sequence[int]) -> Bool:
    if len(sizes) != len(innermost_first):
        return false
    least: Expr = integer(0)
    conditions = [ne(strides[1], 0)]
    for axis in innermost_first:
        conditions += [ne(sizes[axis], 0), ge(strides[axis], least)]
        if axis == 0:
            # N111 tensors and N11W slices are ambiguous; PyTorch takes them for N, C, H, W.
            conditions.append(ne(least, strides[1]))
        least = mul(strides[axis], max_(sizes[axis], 1))
    return and_(*conditions)


def is_dense(sizes: Sizes, strides: Sizes, smaller: Callable[[Expr, Expr], bool]) -> Bool:
    """Say when the elements fill a block of memory, each once, in whatever order of the axes.

    Args:
        sizes: of each axis.
        strides: of each axis.
        smaller: decides `a <= b` between two strides, to find the order.
    """
    contiguous = is_contiguous(sizes, strides)
    if contiguous.is_const and contiguous.value:
        return contiguous

    def compare(a: int, b: int) -> int:
        if strides[a] is strides[b]:
            return 0
        return -1 if smaller(strides[a], strides[b]) else 1

    conditions, expected = [true], integer(1)
    for axis in sorted(range(len(sizes)), key=cmp_to_key(compare)):
        # Axes of size 0 and 1 may have any stride, and don't count.
        conditions.append(or_(le(sizes[axis], 1), eq(strides[axis], expected)))
        expected = mul(expected, max_(sizes[axis], 1))
    return or_(contiguous, and_(*conditions))
