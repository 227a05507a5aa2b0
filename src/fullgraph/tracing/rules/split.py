"""Cutting one tensor into several along a dim: `split`, `chunk`, `unbind`.

Python gets a list, so the number of pieces must be the same for every size in the contract. Where it follows from
the sizes (`x.chunk(3)` of `3*s0`) nothing is asked; where it does not, the rule asks for the condition that gives
this many pieces, or declines.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from fullgraph.symbolic import Scope, eq, gt, or_
from fullgraph.tracing.rules.dims import (
    Size,
    ask,
    axis,
    decide,
    minus,
    plus,
    quotient,
    quotient_up,
    remainder,
    replaced,
    require_same,
    same,
    shown,
    times,
    total,
)
from fullgraph.tracing.rules.dtypes import Shaped
from fullgraph.tracing.rules.table import Out, rule
from fullgraph.tracing.rules.view import sliced


def _pieces(self: Shaped, at: int, sizes: Sequence[Size]) -> list[Out]:
    return [Out(replaced(self.dims, at, size), self.dtype, self.device) for size in sizes]


@rule("split.Tensor split_copy.Tensor unsafe_split.Tensor")
def split(scope: Scope, self: Shaped, split_size: Size, dim: int = 0) -> list[Out] | None:
    """Pieces of `split_size`, the last one what remains."""
    if not self.dims:
        return None
    at = axis(dim, len(self.dims))
    length = self.dims[at]
    if isinstance(split_size, int) and split_size <= 0:
        return None  # legal only for an empty dim
    if not isinstance(split_size, int) and not ask(gt(split_size, 0), scope):
        return None
    count = quotient_up(length, split_size)
    if not isinstance(count, int):
        # Never more than one piece is the one answer that ranges alone can give.
        if not decide(gt(plus(split_size, 1), length), scope):
            return None
        count = 1
    count = max(count, 1)
    last = minus(length, times(split_size, count - 1))
    return _pieces(self, at, [*[split_size] * (count - 1), last])


@rule("split_with_sizes split_with_sizes_copy unsafe_split_with_sizes split.sizes")
def split_with_sizes(
    scope: Scope, self: Shaped, split_sizes: Sequence[Size], dim: int = 0
) -> list[Out] | None:
    """Pieces of the sizes given."""
    if not self.dims:
        return None
    at = axis(dim, len(self.dims))
    if not require_same(total(split_sizes), self.dims[at], scope):
        raise RuntimeError(
            f"split_with_sizes expects split_sizes to sum exactly to {self.dims[at]} (input tensor's size at "
            f"dimension {at}), but got split_sizes={shown(split_sizes)}"
        )
    return _pieces(self, at, list(split_sizes))


@rule("chunk unsafe_chunk")
def chunk(scope: Scope, self: Shaped, chunks: int, dim: int = 0) -> list[Out] | None:
    """At most `chunks` pieces of the same size, the last one smaller."""
    if not self.dims or chunks <= 0:
        return None
    at = axis(dim, len(self.dims))
    length = self.dims[at]
    if isinstance(length, int):
        return _pieces(self, at, _static_chunks(length, chunks))
    if same(remainder(length, chunks), 0, scope):
        return _pieces(self, at, [quotient(length, chunks)] * chunks)
    size = quotient_up(length, chunks)
    before_last = times(size, chunks - 1)
    if not ask(or_(gt(length, before_last), eq(length, 0)), scope):
        return None
    return _pieces(self, at, [*[size] * (chunks - 1), minus(length, before_last)])


def _static_chunks(length: int, chunks: int) -> list[int]:
    if length == 0:
        return [0] * chunks
    size = -(-length // chunks)
    return [min(size, length - start) for start in range(0, length, size)]


@rule("tensor_split.sections")
def tensor_split(scope: Scope, self: Shaped, sections: int, dim: int = 0) -> list[Out] | None:
    """Exactly `sections` pieces, the first ones larger by one."""
    if not self.dims or not isinstance(sections, int) or sections <= 0:
        return None
    at = axis(dim, len(self.dims))
    # Piece i is larger when i < length % sections.
    sizes = [quotient(plus(self.dims[at], sections - 1 - i), sections) for i in range(sections)]
    return _pieces(self, at, sizes)


@rule("tensor_split.indices")
def tensor_split_at(scope: Scope, self: Shaped, indices: Sequence[Size], dim: int = 0) -> list[Out] | None:
    """Cut before each index."""
    if not self.dims:
        return None
    at = axis(dim, len(self.dims))
    bounds = [0, *indices, None]
    sizes = [sliced(self.dims[at], start, end, 1, scope) for start, end in pairwise(bounds)]
    return _pieces(self, at, sizes)


@rule("hsplit.int")
def hsplit(scope: Scope, self: Shaped, sections: int) -> list[Out] | None:
    """Split columns evenly; of a vector, its elements."""
    return _evenly(scope, self, sections, 1 if len(self.dims) > 1 else 0)


@rule("vsplit.int")
def vsplit(scope: Scope, self: Shaped, sections: int) -> list[Out] | None:
    """Split rows evenly."""
    return _evenly(scope, self, sections, 0) if len(self.dims) > 1 else None


@rule("dsplit.int")
def dsplit(scope: Scope, self: Shaped, sections: int) -> list[Out] | None:
    """Split the third dim evenly."""
    return _evenly(scope, self, sections, 2) if len(self.dims) > 2 else None


@rule("hsplit.array")
def hsplit_at(scope: Scope, self: Shaped, indices: Sequence[Size]) -> list[Out] | None:
    """Cut columns, of a vector its elements, before each index."""
    return tensor_split_at(scope, self, indices, 1 if len(self.dims) > 1 else 0)


@rule("vsplit.array")
def vsplit_at(scope: Scope, self: Shaped, indices: Sequence[Size]) -> list[Out] | None:
    """Cut rows before each index."""
    return tensor_split_at(scope, self, indices) if len(self.dims) > 1 else None


@rule("dsplit.array")
def dsplit_at(scope: Scope, self: Shaped, indices: Sequence[Size]) -> list[Out] | None:
    """Cut the third dim before each index."""
    return tensor_split_at(scope, self, indices, 2) if len(self.dims) > 2 else None


def _evenly(scope: Scope, self: Shaped, sections: int, at: int) -> list[Out] | None:
    if not self.dims or sections <= 0 or not require_same(remainder(self.dims[at], sections), 0, scope):
        return None
    return _pieces(self, at, [quotient(self.dims[at], sections)] * sections)


@rule("unbind.int unbind_copy.int")
def unbind(scope: Scope, self: Shaped, dim: int = 0) -> list[Out] | None:
    """One piece for each element, without the dim."""
    if not self.dims:
        return None
    at = axis(dim, len(self.dims))
    count = self.dims[at]
    if not isinstance(count, int):
        return None
    piece = Out((*self.dims[:at], *self.dims[at + 1 :]), self.dtype, self.device)
    return [piece] * count
