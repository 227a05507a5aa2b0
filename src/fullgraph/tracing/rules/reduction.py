"""Sums, means, extrema, norms: dims disappear, or become 1 with `keepdim`.

The rules say which dims; PyTorch decides the dtype (`dims_rule`). Reducing an empty dim is legal for some operators
and raises for others, which they check themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from fullgraph.symbolic import Scope
from fullgraph.tracing.rules.broadcast import broadcast, expand, simplest
from fullgraph.tracing.rules.dims import (
    Dims,
    Size,
    axes,
    axis,
    minus,
    quotient,
    times,
    without,
)
from fullgraph.tracing.rules.dtypes import Shaped
from fullgraph.tracing.rules.table import Out, dims_rule, rule

DimArgument = int | Sequence[int] | None


def reduced(dims: Dims, chosen: DimArgument, keepdim: bool) -> Dims:
    """Return `dims` without the chosen ones, or with 1 in their place. None or no dims means all."""
    gone = axes(chosen, len(dims))
    if keepdim:
        return tuple(1 if at in gone else size for at, size in enumerate(dims))
    return tuple(size for at, size in enumerate(dims) if at not in gone)


@dims_rule(
    "sum mean prod nansum nanmean max min median nanmedian any all _is_any_true _is_all_true std var count_nonzero "
    "trace dist"
)
def everything(scope: Scope, self: Shaped, *rest: Any, **options: Any) -> Dims | None:
    """Reduce to a scalar; some of these operators take dims too."""
    chosen = rest[0] if rest else options.get("dim")
    if chosen is None or isinstance(chosen, bool) or not isinstance(chosen, (int, list, tuple)):
        return ()
    return reduced(self.dims, chosen, bool(rest[1]) if len(rest) > 1 else bool(options.get("keepdim", False)))


@dims_rule(
    """
    sum.dim_IntList mean.dim amax amin any.dim all.dim any.dims all.dims prod.dim_int
    logsumexp special_logsumexp argmax argmin count_nonzero.dim_IntList
    """
)
def over_dims(
    scope: Scope, self: Shaped, dim: DimArgument = None, keepdim: bool = False, **options: Any
) -> Dims:
    """Reduce the dims given; none means all."""
    return reduced(self.dims, dim, keepdim)


@dims_rule("max.dim min.dim median.dim nanmedian.dim mode")
def with_indices(scope: Scope, self: Shaped, dim: int = -1, keepdim: bool = False) -> list[Dims]:
    """Reduce a dim to an element and its index."""
    dims = reduced(self.dims, dim, keepdim)
    return [dims, dims]


@rule("kthvalue")
def kthvalue(scope: Scope, self: Shaped, k: Size, dim: int = -1, keepdim: bool = False) -> list[Out]:
    """Reduce a dim to its k-th smallest element and the index."""
    dims = reduced(self.dims, dim, keepdim)
    return [Out(dims, self.dtype, self.device), Out(dims, torch.int64, self.device)]


@dims_rule("var.dim std.dim")
def spread(
    scope: Scope, self: Shaped, dim: DimArgument, unbiased: bool = True, keepdim: bool = False
) -> Dims:
    """Variance over dims."""
    return reduced(self.dims, dim, keepdim)


@dims_rule("var.correction std.correction")
def spread_corrected(
    scope: Scope, self: Shaped, dim: DimArgument = None, *, correction: Any = None, keepdim: bool = False
) -> Dims:
    """Variance over dims."""
    return reduced(self.dims, dim, keepdim)


@dims_rule("var_mean std_mean")
def spread_and_mean_of_all(scope: Scope, self: Shaped, unbiased: bool = True) -> list[Dims]:
    """Variance and mean of all elements."""
    return [(), ()]


@dims_rule("var_mean.dim std_mean.dim")
def spread_and_mean(
    scope: Scope, self: Shaped, dim: DimArgument, unbiased: bool = True, keepdim: bool = False
) -> list[Dims]:
    """Variance and mean over dims."""
    return [reduced(self.dims, dim, keepdim)] * 2


@dims_rule("var_mean.correction std_mean.correction")
def spread_and_mean_corrected(
    scope: Scope, self: Shaped, dim: DimArgument = None, *, correction: Any = None, keepdim: bool = False
) -> list[Dims]:
    """Variance and mean over dims."""
    return [reduced(self.dims, dim, keepdim)] * 2


@dims_rule("aminmax")
def aminmax(scope: Scope, self: Shaped, *, dim: int | None = None, keepdim: bool = False) -> list[Dims]:
    """Minimum and maximum."""
    return [reduced(self.dims, dim, keepdim)] * 2


@dims_rule("linalg_vector_norm")
def vector_norm(
    scope: Scope, self: Shaped, ord: Any = 2, dim: DimArgument = None, keepdim: bool = False, **options: Any
) -> Dims:
    """Norm over dims."""
    return reduced(self.dims, dim, keepdim)


@dims_rule("norm.Scalar norm.ScalarOpt_dim norm.ScalarOpt_dim_dtype norm.ScalarOpt_dtype")
def norm(
    scope: Scope, self: Shaped, p: Any = 2, dim: DimArgument = None, keepdim: bool = False, **options: Any
) -> Dims:
    """Norm over dims."""
    return reduced(self.dims, dim, keepdim)


@dims_rule("frobenius_norm.dim nuclear_norm.dim")
def matrix_norm(scope: Scope, self: Shaped, dim: DimArgument, keepdim: bool = False) -> Dims:
    """Norm over dims."""
    return reduced(self.dims, dim, keepdim)


@dims_rule("cosine_similarity")
def cosine_similarity(scope: Scope, x1: Shaped, x2: Shaped, dim: int = 1, eps: float = 1e-8) -> Dims:
    """Similarity along a dim, the others broadcast."""
    dims = broadcast([x1.dims, x2.dims], scope)
    return without(dims, axis(dim, len(dims)))


@dims_rule("pairwise_distance")
def pairwise_distance(
    scope: Scope, x1: Shaped, x2: Shaped, p: float = 2, eps: float = 1e-6, keepdim: bool = False
) -> Dims:
    """Distance along the last dim."""
    dims = broadcast([x1.dims, x2.dims], scope)
    return reduced(dims, -1, keepdim)


@rule("pdist")
def pdist(scope: Scope, self: Shaped, p: float = 2) -> Out | None:
    """Distances between each two rows."""
    if len(self.dims) != 2:
        return None
    rows = self.dims[0]
    return Out((quotient(times(rows, minus(rows, 1)), 2),), self.dtype, self.device)


@dims_rule("cdist")
def cdist(scope: Scope, x1: Shaped, x2: Shaped, *rest: Any, **options: Any) -> Dims:
    """Distances between all rows of two batches of matrices."""
    batch = broadcast([x1.dims[:-2], x2.dims[:-2]], scope)
    return (*batch, x1.dims[-2], x2.dims[-2])


@rule("cross linalg_cross")
def cross(scope: Scope, self: Shaped, other: Shaped, dim: int | None = None) -> Out | None:
    """Cross product, broadcast."""
    if self.dtype != other.dtype:
        return None
    return Out(broadcast([self.dims, other.dims], scope), self.dtype, self.device)


@rule("histc")
def histc(scope: Scope, self: Shaped, bins: Size = 100, *rest: Any, **options: Any) -> Out:
    """How many elements fall into each bin."""
    return Out((bins,), self.dtype, self.device)


_NONE = 0  # `reduction` of a loss: 0 none, 1 mean, 2 sum


def _loss(dims: Dims, reduction: int) -> Dims:
    return dims if reduction == _NONE else ()


@dims_rule("mse_loss l1_loss soft_margin_loss")
def elementwise_loss(scope: Scope, self: Shaped, target: Shaped, reduction: int = 1) -> Dims:
    """A loss for each element."""
    return _loss(broadcast([self.dims, target.dims], scope), reduction)


@dims_rule("smooth_l1_loss huber_loss")
def smooth_loss(scope: Scope, self: Shaped, target: Shaped, reduction: int = 1, delta: float = 1.0) -> Dims:
    """A loss for each element."""
    return _loss(broadcast([self.dims, target.dims], scope), reduction)


@dims_rule("hinge_embedding_loss")
def hinge_embedding_loss(
    scope: Scope, self: Shaped, target: Shaped, margin: float = 1.0, reduction: int = 1
) -> Dims:
    """A loss for each element."""
    return _loss(broadcast([self.dims, target.dims], scope), reduction)


@dims_rule("triplet_margin_loss")
def triplet_margin_loss(
    scope: Scope, anchor: Shaped, positive: Shaped, negative: Shaped, *rest: Any, **options: Any
) -> Dims | None:
    """A loss for each triplet of rows."""
    options |= dict(zip(("margin", "p", "eps", "swap", "reduction"), rest))
    dims = broadcast([anchor.dims, positive.dims, negative.dims], scope)
    return _loss(dims[:-1], options.get("reduction", 1)) if dims else None


@dims_rule("poisson_nll_loss")
def poisson_nll_loss(
    scope: Scope, input: Shaped, target: Shaped, log_input: bool, full: bool, eps: float, reduction: int
) -> Dims:
    """A loss for each element."""
    return _loss(broadcast([input.dims, target.dims], scope), reduction)


@dims_rule("margin_ranking_loss")
def margin_ranking_loss(
    scope: Scope, input1: Shaped, input2: Shaped, target: Shaped, margin: float = 0.0, reduction: int = 1
) -> Dims:
    """A loss for each element."""
    return _loss(broadcast([input1.dims, input2.dims, target.dims], scope), reduction)


@dims_rule("quantile.scalar nanquantile.scalar")
def quantile(
    scope: Scope, self: Shaped, q: float, dim: int | None = None, keepdim: bool = False, **options: Any
) -> Dims:
    """Reduce to the element at a fraction of the sorted dim."""
    return reduced(self.dims, dim, keepdim)


@rule("sum_to_size")
def sum_to_size(scope: Scope, self: Shaped, size: Sequence[Size]) -> Out | None:
    """Sum so that the result could be expanded to `self` again."""
    if not (self.dtype.is_floating_point or self.dtype.is_complex or self.dtype == torch.int64):
        return None  # what is summed is widened, what is not stays
    dims = simplest(tuple(size))
    expand(dims, self.dims, scope)
    return Out(dims, self.dtype, self.device)


@dims_rule("quantile nanquantile")
def quantiles(
    scope: Scope, self: Shaped, q: Shaped, dim: int | None = None, keepdim: bool = False, **options: Any
) -> Dims:
    """The same for several fractions, which come first."""
    return (*q.dims, *reduced(self.dims, dim, keepdim))


@dims_rule("kl_div")
def kl_div(
    scope: Scope, self: Shaped, target: Shaped, reduction: int = 1, *, log_target: bool = False
) -> Dims:
    """A loss for each element."""
    return _loss(broadcast([self.dims, target.dims], scope), reduction)


@dims_rule("binary_cross_entropy")
def binary_cross_entropy(
    scope: Scope, self: Shaped, target: Shaped, weight: Shaped | None = None, reduction: int = 1
) -> Dims:
    """A loss for each element."""
    return _loss(self.dims, reduction)


@dims_rule("binary_cross_entropy_with_logits")
def binary_cross_entropy_with_logits(
    scope: Scope,
    self: Shaped,
    target: Shaped,
    weight: Shaped | None = None,
    pos_weight: Shaped | None = None,
    reduction: int = 1,
) -> Dims:
    """A loss for each element."""
    shapes = [each.dims for each in (self, target, weight, pos_weight) if each is not None]
    return _loss(broadcast(shapes, scope), reduction)


@rule("cross_entropy_loss nll_loss_nd nll_loss nll_loss2d")
def class_loss(
    scope: Scope,
    self: Shaped,
    target: Shaped,
    weight: Shaped | None = None,
    reduction: int = 1,
    *rest: Any,
    **options: Any,
) -> Out | None:
    """A loss for each target; classes are dim 1, or dim 0 of a vector."""
    if not self.dims:
        return None
    classes = 1 if len(self.dims) > 1 else 0
    return Out(_loss(without(self.dims, classes), reduction), self.dtype, self.device)
