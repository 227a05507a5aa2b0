"""Pooling, resizing and rearranging images: sizes shrink by windows, grow by factors, or are given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from fullgraph.symbolic import Expr, Scope, mul, to_float, to_integer
from fullgraph.tracing.dispatch import OpOverload
from fullgraph.tracing.rules.conv import Numbers, listed, windows
from fullgraph.tracing.rules.dims import (
    Dims,
    Size,
    minus,
    plain,
    plus,
    product,
    quotient,
    quotient_up,
    remainder,
    require_same,
    smaller,
    times,
)
from fullgraph.tracing.rules.dtypes import Shaped
from fullgraph.tracing.rules.table import Out, Result, generic_rule, rule


def _pooled(
    scope: Scope,
    dims: Dims,
    rank: int,
    window: Numbers,
    stride: Numbers,
    padding: Numbers,
    dilation: Numbers,
    ceil_mode: bool,
) -> Dims | None:
    if len(dims) not in (rank + 1, rank + 2):
        return None
    extents = listed(window, rank)
    strides = listed(stride, rank) if isinstance(stride, int) or stride else extents
    sizes: list[Size] = []
    each = zip(dims[-rank:], extents, strides, listed(padding, rank), listed(dilation, rank))
    for size, k, s, p, d in each:
        if not ceil_mode:
            sizes.append(windows(size, k, s, p, d))
            continue
        # Round up, but leave out a window that would begin in the padding at the far end.
        reach = plus(times(d, minus(k, 1)), 1)
        rounded_up = plus(quotient_up(minus(plus(size, times(p, 2)), reach), s), 1)
        sizes.append(smaller(rounded_up, quotient_up(plus(size, p), s), scope))
    if any(isinstance(size, int) and size <= 0 for size in sizes):
        return None  # the operator's own check says what is wrong
    return (*dims[:-rank], *sizes)


@generic_rule(
    "max_pool1d max_pool2d max_pool3d max_pool1d_with_indices max_pool2d_with_indices max_pool3d_with_indices"
)
def max_pool(op: OpOverload, args: Sequence[Any], kwargs: Any, scope: Scope) -> Result:
    """The largest element of each window, and for some where it is."""
    self, window, stride, padding, dilation, ceil_mode = (*args, *_MAX_POOL_DEFAULTS[len(args) - 2 :])
    name = op.name()
    rank = int(name[name.index("pool") + 4])
    dims = _pooled(scope, self.dims, rank, window, stride, padding, dilation, ceil_mode)
    if dims is None:
        return None
    out = Out(dims, self.dtype, self.device)
    return [out, Out(dims, torch.int64, self.device)] if name.endswith("_with_indices") else out


_MAX_POOL_DEFAULTS: tuple[Any, ...] = ((), 0, 1, False)


@generic_rule("avg_pool1d avg_pool2d avg_pool3d")
def avg_pool(op: OpOverload, args: Sequence[Any], kwargs: Any, scope: Scope) -> Result:
    """The mean of each window."""
    self, window, stride, padding, ceil_mode = (*args[:5], *_AVG_POOL_DEFAULTS[len(args) - 2 :])
    rank = int(op.name()[-2])
    dims = _pooled(scope, self.dims, rank, window, stride, padding, 1, ceil_mode)
    return None if dims is None else Out(dims, self.dtype, self.device)


_AVG_POOL_DEFAULTS: tuple[Any, ...] = ((), 0, False)


@generic_rule(
    """
    adaptive_avg_pool1d adaptive_avg_pool2d adaptive_avg_pool3d _adaptive_avg_pool2d _adaptive_avg_pool3d
    adaptive_max_pool1d adaptive_max_pool2d adaptive_max_pool3d
    """
)
def adaptive_pool(op: OpOverload, args: Sequence[Any], kwargs: Any, scope: Scope) -> Result:
    """Windows of whatever size gives the size asked for."""
    self, size = args
    name = op.name()
    rank = int(name[-2])
    if len(self.dims) not in (rank + 1, rank + 2):
        return None
    dims = (*self.dims[:-rank], *listed(size, rank))
    out = Out(dims, self.dtype, self.device)
    return [out, Out(dims, torch.int64, self.device)] if "max" in name else out


@generic_rule(
    """
    upsample_nearest1d.vec upsample_nearest2d.vec upsample_nearest3d.vec
    _upsample_nearest_exact1d.vec _upsample_nearest_exact2d.vec _upsample_nearest_exact3d.vec
    upsample_linear1d.vec upsample_bilinear2d.vec upsample_trilinear3d.vec upsample_bicubic2d.vec
    _upsample_bilinear2d_aa.vec _upsample_bicubic2d_aa.vec
    """
)
def upsample(op: OpOverload, args: Sequence[Any], kwargs: Any, scope: Scope) -> Result:
    """Resize to sizes or by factors."""
    self, output_size = args[:2]
    factors = args[-1] if output_size is None else None
    spatial = self.dims[2:]
    if output_size is not None:
        sizes = tuple(output_size)
    elif factors is not None and len(factors) == len(spatial):
        sizes = tuple(_scaled(size, factor) for size, factor in zip(spatial, factors))
    else:
        return None
    if len(sizes) != len(spatial):
        return None
    return Out((*self.dims[:2], *sizes), self.dtype, self.device)


@generic_rule(
    """
    upsample_nearest1d upsample_nearest2d upsample_nearest3d _upsample_nearest_exact1d _upsample_nearest_exact2d
    _upsample_nearest_exact3d upsample_linear1d upsample_bilinear2d upsample_trilinear3d upsample_bicubic2d
    _upsample_bilinear2d_aa _upsample_bicubic2d_aa
    """
)
def upsample_to(op: OpOverload, args: Sequence[Any], kwargs: Any, scope: Scope) -> Result:
    """Resize to sizes."""
    self, output_size = args[:2]
    if len(output_size) != len(self.dims) - 2:
        return None
    return Out((*self.dims[:2], *output_size), self.dtype, self.device)


def _scaled(size: Size, factor: Any) -> Size:
    """Return `int(size * factor)`, computed in floating point unless the factor is a whole number."""
    if isinstance(factor, float) and factor.is_integer():
        return times(size, int(factor))
    if isinstance(size, int) and isinstance(factor, float):
        return int(size * factor)
    product_ = mul(to_float(size), factor if isinstance(factor, Expr) else to_float(factor))
    return plain(to_integer("trunc", product_))


@rule("grid_sampler grid_sampler_2d grid_sampler_3d")
def grid_sampler(scope: Scope, input: Shaped, grid: Shaped, *rest: Any) -> Out | None:
    """An element for each point of the grid."""
    if len(input.dims) != len(grid.dims) or input.dtype != grid.dtype or len(grid.dims) < 3:
        return None
    return Out((grid.dims[0], input.dims[1], *grid.dims[1:-1]), input.dtype, input.device)


@rule("affine_grid_generator")
def affine_grid_generator(scope: Scope, theta: Shaped, size: Sequence[Size], *rest: Any) -> Out | None:
    """A point for each pixel of an image of this size."""
    if len(size) not in (4, 5):
        return None
    return Out((size[0], *size[2:], len(size) - 2), theta.dtype, theta.device)


@rule("im2col")
def im2col(
    scope: Scope, self: Shaped, window_size: Numbers, dilation: Numbers, padding: Numbers, stride: Numbers
) -> Out | None:
    """The windows of an image as columns."""
    if len(self.dims) not in (3, 4):
        return None
    window = listed(window_size, 2)
    each = zip(self.dims[-2:], window, listed(stride, 2), listed(padding, 2), listed(dilation, 2))
    places = product(windows(*options) for options in each)
    channels = product((self.dims[-3], *window))
    return Out((*self.dims[:-3], channels, places), self.dtype, self.device)


@rule("col2im")
def col2im(
    scope: Scope,
    self: Shaped,
    output_size: Sequence[Size],
    window_size: Numbers,
    dilation: Numbers,
    padding: Numbers,
    stride: Numbers,
) -> Out | None:
    """Columns put back as an image."""
    if len(self.dims) not in (2, 3):
        return None
    channels = quotient(self.dims[-2], product(listed(window_size, 2)))
    return Out((*self.dims[:-2], channels, *output_size), self.dtype, self.device)


@rule("channel_shuffle native_channel_shuffle")
def channel_shuffle(scope: Scope, self: Shaped, groups: int) -> Out:
    """Channels in another order."""
    return Out(self.dims, self.dtype, self.device)


@rule("pixel_shuffle")
def pixel_shuffle(scope: Scope, self: Shaped, upscale_factor: int) -> Out | None:
    """Channels become pixels."""
    if len(self.dims) < 3:
        return None
    *batch, channels, height, width = self.dims
    square = upscale_factor * upscale_factor
    if not require_same(remainder(channels, square), 0, scope):
        return None
    grown = times(height, upscale_factor), times(width, upscale_factor)
    return Out((*batch, quotient(channels, square), *grown), self.dtype, self.device)


@rule("pixel_unshuffle")
def pixel_unshuffle(scope: Scope, self: Shaped, downscale_factor: int) -> Out | None:
    """Pixels become channels."""
    if len(self.dims) < 3:
        return None
    *batch, channels, height, width = self.dims
    for size in (height, width):
        if not require_same(remainder(size, downscale_factor), 0, scope):
            return None
    shrunk = quotient(height, downscale_factor), quotient(width, downscale_factor)
    return Out((*batch, times(channels, downscale_factor**2), *shrunk), self.dtype, self.device)


@rule("max_unpool2d max_unpool3d")
def max_unpool(
    scope: Scope, self: Shaped, indices: Shaped, output_size: Sequence[Size], *rest: Any
) -> Out | None:
    """Elements put back where they were the largest of their windows."""
    if len(self.dims) not in (len(output_size) + 1, len(output_size) + 2):
        return None
    return Out((*self.dims[: -len(output_size)], *output_size), self.dtype, self.device)


@rule("fractional_max_pool2d fractional_max_pool3d")
def fractional_max_pool(
    scope: Scope,
    self: Shaped,
    window: Sequence[Size],
    output_size: Sequence[Size],
    random_samples: Shaped,
) -> list[Out] | None:
    """The largest element of windows at random places, and where it is."""
    if len(self.dims) not in (len(output_size) + 1, len(output_size) + 2):
        return None
    dims = (*self.dims[: -len(output_size)], *output_size)
    return [Out(dims, self.dtype, self.device), Out(dims, torch.int64, self.device)]
