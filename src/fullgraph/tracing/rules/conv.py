"""Convolutions: `conv1d` to `conv3d`, transposed, and the general form.

That a window is no larger than the padded input is left to the operator, which raises otherwise.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from fullgraph.symbolic import Scope, gt
from fullgraph.tracing.dispatch import OpOverload
from fullgraph.tracing.rules.dims import (
    Dims,
    Size,
    ask,
    minus,
    plus,
    quotient,
    remainder,
    require_same,
    shown,
    times,
)
from fullgraph.tracing.rules.dtypes import Shaped
from fullgraph.tracing.rules.table import Out, generic_rule, rule

Numbers = Sequence[Size] | int


def listed(numbers: Numbers, count: int) -> list[Size]:
    """Return one number for each spatial dim: a single one is meant for all."""
    found: list[Size] = [numbers] if isinstance(numbers, int) else list(numbers)
    return found * count if len(found) == 1 else found


def windows(size: Size, window: Size, stride: Size, padding: Size, dilation: Size) -> Size:
    """Return at how many places a window fits a padded dim."""
    reach = plus(times(dilation, minus(window, 1)), 1)
    return plus(quotient(minus(plus(size, times(padding, 2)), reach), stride), 1)


def _convolved(
    scope: Scope,
    input: Shaped,
    weight: Shaped,
    rank: int,
    stride: Numbers,
    padding: Numbers | str,
    dilation: Numbers,
    groups: Size,
) -> Out | None:
    dims, filters = input.dims, weight.dims
    batched = len(dims) == rank + 2
    if (not batched and len(dims) != rank + 1) or len(filters) != rank + 2 or input.dtype != weight.dtype:
        return None
    spatial = dims[len(dims) - rank :]
    channels = dims[-rank - 1]
    if _without_channels(filters[1], scope):
        return None  # then PyTorch returns no channels either, whatever the weight says
    if not require_same(channels, times(filters[1], groups), scope):
        raise RuntimeError(
            f"Given groups={groups}, weight of size {shown(filters)}, expected input{shown(dims)} to have "
            f"{times(filters[1], groups)} channels, but got {channels} channels instead"
        )
    strides, dilations = listed(stride, rank), listed(dilation, rank)
    if padding == "same":
        sizes = list(spatial)  # PyTorch accepts it with stride 1 only
    else:
        paddings = listed(0 if isinstance(padding, str) else padding, rank)
        sizes = [windows(*each) for each in zip(spatial, filters[2:], strides, paddings, dilations)]
    _refuse_negative(sizes, spatial, filters)
    return Out((*dims[: len(dims) - rank - 1], filters[0], *sizes), input.dtype, input.device)


def _without_channels(channels: Size, scope: Scope) -> bool:
    return channels == 0 if isinstance(channels, int) else not ask(gt(channels, 0), scope)


def _refuse_negative(sizes: Sequence[Size], spatial: Dims, filters: Dims) -> None:
    if any(isinstance(size, int) and size <= 0 and length != 0 for size, length in zip(sizes, spatial)):
        raise RuntimeError(
            f"Calculated padded input size per channel: {shown(spatial)}. Kernel size: {shown(filters[2:])}. "
            "Kernel size can't be greater than actual input size"
        )


@generic_rule("conv1d conv1d.padding conv2d conv2d.padding conv3d conv3d.padding")
def conv(op: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any], scope: Scope) -> Out | None:
    """Convolution over as many dims as the operator's name says."""
    return _conv(scope, _RANKS[op._schema.name], *args, **kwargs)


def _conv(
    scope: Scope,
    rank: int,
    input: Shaped,
    weight: Shaped,
    bias: Shaped | None = None,
    stride: Numbers = 1,
    padding: Numbers | str = 0,
    dilation: Numbers = 1,
    groups: Size = 1,
) -> Out | None:
    return _convolved(scope, input, weight, rank, stride, padding, dilation, groups)


@rule("convolution")
def convolution(
    scope: Scope,
    input: Shaped,
    weight: Shaped,
    bias: Shaped | None,
    stride: Numbers,
    padding: Numbers,
    dilation: Numbers,
    transposed: bool,
    output_padding: Numbers,
    groups: Size,
) -> Out | None:
    """Any of the convolutions, by its flags."""
    rank = len(weight.dims) - 2
    if transposed:
        return _transposed(scope, input, weight, rank, stride, padding, output_padding, groups, dilation)
    return _convolved(scope, input, weight, rank, stride, padding, dilation, groups)


def _transposed(
    scope: Scope,
    input: Shaped,
    weight: Shaped,
    rank: int,
    stride: Numbers,
    padding: Numbers,
    output_padding: Numbers,
    groups: Size,
    dilation: Numbers,
) -> Out | None:
    dims, filters = input.dims, weight.dims
    if len(dims) not in (rank + 1, rank + 2) or len(filters) != rank + 2 or input.dtype != weight.dtype:
        return None
    spatial = dims[len(dims) - rank :]
    if not require_same(dims[-rank - 1], filters[0], scope) or not require_same(
        remainder(filters[0], groups), 0, scope
    ):
        raise RuntimeError(
            f"Given transposed=1, weight of size {shown(filters)}, expected input{shown(dims)} to have {filters[0]} "
            f"channels, but got {dims[-rank - 1]} channels instead"
        )
    options = zip(
        listed(stride, rank), listed(padding, rank), listed(output_padding, rank), listed(dilation, rank)
    )
    sizes = [_grown(size, k, *each) for size, k, each in zip(spatial, filters[2:], options)]
    channels = times(filters[1], groups)
    return Out((*dims[: len(dims) - rank - 1], channels, *sizes), input.dtype, input.device)


def _grown(
    size: Size, window: Size, stride: Size, padding: Size, output_padding: Size, dilation: Size
) -> Size:
    """Return the size a convolution with these options would have come from."""
    spread = plus(times(minus(size, 1), stride), times(dilation, minus(window, 1)))
    return plus(plus(minus(spread, times(padding, 2)), output_padding), 1)


@generic_rule("conv_transpose1d conv_transpose2d.input conv_transpose3d.input")
def conv_transpose(
    op: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any], scope: Scope
) -> Out | None:
    """Transposed convolution over as many dims as the operator's name says."""
    return _conv_transpose(scope, _RANKS[op._schema.name], *args, **kwargs)


def _conv_transpose(
    scope: Scope,
    rank: int,
    input: Shaped,
    weight: Shaped,
    bias: Shaped | None = None,
    stride: Numbers = 1,
    padding: Numbers = 0,
    output_padding: Numbers = 0,
    groups: Size = 1,
    dilation: Numbers = 1,
) -> Out | None:
    return _transposed(scope, input, weight, rank, stride, padding, output_padding, groups, dilation)


_RANKS = {f"aten::{name}{rank}d": rank for name in ("conv", "conv_transpose") for rank in (1, 2, 3)}


@rule("conv_tbc")
def conv_tbc(scope: Scope, self: Shaped, weight: Shaped, bias: Shaped, pad: Size = 0) -> Out | None:
    """Convolve sequences of batches of channels."""
    if len(self.dims) != 3 or len(weight.dims) != 3 or self.dtype != weight.dtype:
        return None
    length = windows(self.dims[0], weight.dims[0], 1, pad, 1)
    return Out((length, self.dims[1], weight.dims[2]), self.dtype, self.device)
