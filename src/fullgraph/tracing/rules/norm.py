"""Normalization: the sizes are those of the input.

The `native_` forms also return statistics, over the dims that were normalized or of the channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from fullgraph.symbolic import Scope
from fullgraph.tracing.rules.broadcast import simplest
from fullgraph.tracing.rules.dims import Size, require_same, shown
from fullgraph.tracing.rules.dtypes import Shaped, tensors_in
from fullgraph.tracing.rules.table import Out, rule


def _check_trailing(self: Shaped, normalized_shape: Sequence[Size], scope: Scope) -> None:
    rank = len(normalized_shape)
    trailing = self.dims[len(self.dims) - rank :]
    fits = rank <= len(self.dims) and all(
        has == wanted or require_same(has, wanted, scope) for has, wanted in zip(trailing, normalized_shape)
    )
    if not fits:
        raise RuntimeError(
            f"Given normalized_shape={shown(normalized_shape)}, expected input with shape "
            f"[*, {shown(normalized_shape)[1:]}, but got input of size{shown(self.dims)}"
        )


@rule("layer_norm")
def layer_norm(
    scope: Scope, input: Shaped, normalized_shape: Sequence[Size], *rest: Any, **options: Any
) -> Out | None:
    """Normalize over the last dims."""
    if not input.dtype.is_floating_point:
        return None
    _check_trailing(input, normalized_shape, scope)
    return Out(input.dims, input.dtype, input.device)


@rule("rms_norm")
def rms_norm(
    scope: Scope,
    input: Shaped,
    normalized_shape: Sequence[Size],
    weight: Shaped | None = None,
    eps: Any = None,
) -> Out | None:
    """Scale by the root of the mean square over the last dims."""
    if not input.dtype.is_floating_point or (weight is not None and weight.dtype != input.dtype):
        return None
    _check_trailing(input, normalized_shape, scope)
    return Out(input.dims, input.dtype, input.device)


@rule("native_layer_norm")
def native_layer_norm(
    scope: Scope, input: Shaped, normalized_shape: Sequence[Size], weight: Any, bias: Any, eps: float
) -> list[Out] | None:
    """Normalize over the last dims; also the mean and the inverse deviation."""
    if input.dtype not in (torch.float32, torch.float64):
        return None
    _check_trailing(input, normalized_shape, scope)
    kept = len(input.dims) - len(normalized_shape)
    statistic = Out((*input.dims[:kept], *(1,) * len(normalized_shape)), input.dtype, input.device)
    return [Out(input.dims, input.dtype, input.device), statistic, statistic]


@rule("_weight_norm")
def weight_norm(scope: Scope, v: Shaped, g: Shaped, dim: int = 0) -> Out | None:
    """A weight of the direction `v` and the lengths `g`."""
    return Out(v.dims, v.dtype, v.device) if v.dtype == g.dtype else None


@rule("group_norm")
def group_norm(scope: Scope, input: Shaped, num_groups: int, *rest: Any, **options: Any) -> Out | None:
    """Normalize over groups of channels."""
    if len(input.dims) < 2 or not input.dtype.is_floating_point:
        return None
    return Out(input.dims, input.dtype, input.device)


@rule("native_group_norm")
def native_group_norm(
    scope: Scope,
    input: Shaped,
    weight: Any,
    bias: Any,
    batch: Size,
    channels: Size,
    rest: Size,
    group: int,
    eps: float,
) -> list[Out] | None:
    """Normalize over groups of channels; also the mean and the inverse deviation of each group."""
    if input.dtype not in (torch.float32, torch.float64):
        return None
    statistic = Out(simplest((batch, group)), input.dtype, input.device)
    return [Out(input.dims, input.dtype, input.device), statistic, statistic]


@rule("native_batch_norm _native_batch_norm_legit.no_stats")
def native_batch_norm(scope: Scope, input: Shaped, *rest: Any) -> list[Out] | None:
    """Normalize over the batch; also its mean and inverse deviation, in training."""
    dtypes = {each.dtype for each in tensors_in((input, *rest))}
    training = rest[-3]
    if len(input.dims) < 2 or len(dtypes) != 1 or not input.dtype.is_floating_point:
        return None
    statistic = Out((input.dims[1],) if training else (0,), input.dtype, input.device)
    return [Out(input.dims, input.dtype, input.device), statistic, statistic]


@rule("_native_batch_norm_legit_functional")
def batch_norm_with_statistics(
    scope: Scope,
    input: Shaped,
    weight: Shaped | None,
    bias: Shaped | None,
    running_mean: Shaped,
    running_var: Shaped,
    training: bool,
    *rest: Any,
) -> list[Out] | None:
    """Normalize over the batch; also its mean and inverse deviation, and the running statistics as they are then.

    It stands for `batch_norm`, whose checks it lacks: with statistics of other sizes it would write beyond them.
    """
    _check_channels(input, (weight, bias, running_mean, running_var), scope)
    dtypes = {each.dtype for each in (input, weight, bias, running_mean, running_var) if each is not None}
    if len(input.dims) < 2 or len(dtypes) != 1 or not input.dtype.is_floating_point:
        return None
    statistic = Out((input.dims[1],) if training else (0,), input.dtype, input.device)
    after = [Out(each.dims, each.dtype, each.device) for each in (running_mean, running_var)]
    return [Out(input.dims, input.dtype, input.device), statistic, statistic, *after]


@rule("batch_norm instance_norm")
def batch_norm(
    scope: Scope, input: Shaped, weight: Shaped | None, bias: Shaped | None, *rest: Any, **options: Any
) -> Out | None:
    """Normalize over the batch, for each channel."""
    if len(input.dims) < 2 or not input.dtype.is_floating_point:
        return None
    _check_channels(input, (weight, bias), scope)
    return Out(input.dims, input.dtype, input.device)


def _check_channels(input: Shaped, given: Sequence[Shaped | None], scope: Scope) -> None:
    for each in given:
        if each is not None and not (
            len(each.dims) == 1 and require_same(each.dims[0], input.dims[1], scope)
        ):
            raise RuntimeError(f"weight should contain {input.dims[1]} elements not {shown(each.dims)}")


@rule("_native_batch_norm_legit_no_training")
def batch_norm_inference(scope: Scope, input: Shaped, *rest: Any, **options: Any) -> list[Out] | None:
    """Normalize by given statistics; returns none of its own."""
    if input.dtype not in (torch.float32, torch.float64):
        return None
    empty = Out((0,), input.dtype, input.device)
    return [Out(input.dims, input.dtype, input.device), empty, empty]
