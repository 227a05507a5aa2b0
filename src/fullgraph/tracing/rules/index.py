"""Indexing by tensors, gathering and scattering, embeddings.

Indices are contents, so only how many there are decides a size. A boolean index takes as many elements as it has
true ones: data-dependent, and left to the recorder.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from fullgraph.symbolic import Expr, Scope, ge
from fullgraph.tracing.rules.broadcast import broadcast
from fullgraph.tracing.rules.dims import Dims, Size, axis, product, replaced, times, without
from fullgraph.tracing.rules.dtypes import Shaped
from fullgraph.tracing.rules.table import Out, rule

_MASKS = (torch.bool, torch.uint8)


@rule("index.Tensor _unsafe_index.Tensor")
def index(scope: Scope, self: Shaped, indices: Sequence[Shaped | None]) -> Out | None:
    """`x[i, :, j]`: the indices are broadcast, and their dims stand where the first of them stood.

    If a dim that is kept lies between indexed ones, the dims of the indices come first instead.
    """
    if len(indices) > len(self.dims):
        raise IndexError(f"too many indices for tensor of dimension {len(self.dims)}")
    at = [place for place, each in enumerate(indices) if each is not None]
    given = [each for each in indices if each is not None]
    if not at or any(each.dtype in _MASKS for each in given):
        return None
    taken = broadcast([each.dims for each in given], scope)
    kept = tuple(size for place, size in enumerate(self.dims) if place not in at)
    front = at[0] if at[-1] - at[0] + 1 == len(at) else 0
    return Out((*kept[:front], *taken, *kept[front:]), self.dtype, self.device)


@rule("_unsafe_masked_index")
def masked_index(
    scope: Scope, self: Shaped, mask: Shaped, indices: Sequence[Shaped | None], fill: Any
) -> Out | None:
    """`x[i]` where the mask holds, elsewhere a number."""
    taken = index(scope, self, indices)
    return None if taken is None else taken._replace(dims=broadcast([taken.dims, mask.dims], scope))


@rule("put")
def put(scope: Scope, self: Shaped, *rest: Any, **options: Any) -> Out:
    """A copy with some elements replaced."""
    return Out(self.dims, self.dtype, self.device)


@rule("index_put _unsafe_index_put _unsafe_masked_index_put_accumulate")
def index_put(scope: Scope, self: Shaped, *rest: Any, **options: Any) -> Out:
    """`x[i] = values`."""
    return Out(self.dims, self.dtype, self.device)


@rule("slice_scatter select_scatter diagonal_scatter as_strided_scatter")
def view_scatter(scope: Scope, self: Shaped, src: Shaped, *rest: Any, **options: Any) -> Out:
    """A copy of `self`, a view of which was overwritten by `src`."""
    return Out(self.dims, self.dtype, self.device)


@rule("index_select")
def index_select(scope: Scope, self: Shaped, dim: int, index: Shaped) -> Out | None:
    """Take some elements of a dim."""
    if len(index.dims) > 1:
        raise IndexError("index_select(): Index is supposed to be a vector")
    at = axis(dim, len(self.dims))
    count = index.dims[0] if index.dims else 1
    dims = replaced(self.dims, at, count) if self.dims else ()
    return Out(dims, self.dtype, self.device)


@rule("gather")
def gather(scope: Scope, self: Shaped, dim: int, index: Shaped, *, sparse_grad: bool = False) -> Out:
    """One element for each index."""
    axis(dim, len(self.dims))
    return Out(index.dims, self.dtype, self.device)


@rule("take")
def take(scope: Scope, self: Shaped, index: Shaped) -> Out:
    """One element for each index into the flattened tensor."""
    return Out(index.dims, self.dtype, self.device)


@rule("take_along_dim")
def take_along_dim(scope: Scope, self: Shaped, indices: Shaped, dim: int | None = None) -> Out | None:
    """As `gather`, with the other dims broadcast."""
    if dim is None:
        return Out((product(indices.dims),), self.dtype, self.device)
    if len(self.dims) != len(indices.dims) or not self.dims:
        return None
    at = axis(dim, len(self.dims))
    others = broadcast([without(self.dims, at), without(indices.dims, at)], scope)
    return Out((*others[:at], indices.dims[at], *others[at:]), self.dtype, self.device)


@rule("embedding")
def embedding(scope: Scope, weight: Shaped, indices: Shaped, *rest: Any, **options: Any) -> Out | None:
    """A row of the weight for each index."""
    if len(weight.dims) != 2:
        return None
    return Out((*indices.dims, weight.dims[1]), weight.dtype, weight.device)


@rule("one_hot")
def one_hot(scope: Scope, self: Shaped, num_classes: Size = -1) -> Out | None:
    """A dim of 0s with one 1. The default number of classes depends on the data."""
    if isinstance(num_classes, int) and num_classes <= 0:
        return None
    if isinstance(num_classes, Expr) and scope.decide(ge(num_classes, 0)) is not True:
        return None
    return Out((*self.dims, num_classes), torch.int64, self.device)


@rule("isin.Tensor_Tensor isin.Tensor_Scalar")
def isin(scope: Scope, elements: Shaped, test_elements: Any, **options: Any) -> Out:
    """Whether each element is among others."""
    return Out(elements.dims, torch.bool, elements.device)


@rule("bucketize.Tensor")
def bucketize(
    scope: Scope, self: Shaped, boundaries: Shaped, *, out_int32: bool = False, right: bool = False
) -> Out:
    """An index for each element."""
    return Out(self.dims, torch.int32 if out_int32 else torch.int64, self.device)


@rule("searchsorted.Tensor")
def searchsorted(
    scope: Scope, sorted_sequence: Shaped, self: Shaped, *, out_int32: bool = False, **options: Any
) -> Out:
    """An index for each element."""
    return Out(self.dims, torch.int32 if out_int32 else torch.int64, sorted_sequence.device)


@rule("topk")
def topk(
    scope: Scope, self: Shaped, k: Size, dim: int = -1, largest: bool = True, sorted: bool = True
) -> list[Out]:
    """The k largest elements of a dim and where they are."""
    at = axis(dim, len(self.dims))
    size = self.dims[at] if self.dims else 1
    if isinstance(k, int) and isinstance(size, int) and not 0 <= k <= size:
        raise RuntimeError("selected index k out of range")
    dims: Dims = replaced(self.dims, at, k) if self.dims else ()
    return [Out(dims, self.dtype, self.device), Out(dims, torch.int64, self.device)]


@rule("repeat_interleave.self_int")
def repeat_interleave(
    scope: Scope, self: Shaped, repeats: Size, dim: int | None = None, *, output_size: Size | None = None
) -> Out:
    """Each element several times."""
    dims = self.dims if dim is not None and self.dims else (product(self.dims),)
    at = 0 if dim is None else axis(dim, len(dims))
    return Out(replaced(dims, at, times(dims[at], repeats)), self.dtype, self.device)
