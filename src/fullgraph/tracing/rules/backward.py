"""Gradients as operators: what `torch.func.grad` inside a program records.

A gradient has the sizes of what it is the gradient of. That is one of the arguments, or its sizes are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from fullgraph.symbolic import Scope
from fullgraph.tracing.dispatch import OpOverload
from fullgraph.tracing.rules.broadcast import broadcast, simplest
from fullgraph.tracing.rules.dims import Size
from fullgraph.tracing.rules.dtypes import Shaped
from fullgraph.tracing.rules.table import Out, Result, generic_rule, rule

_OF_SECOND = """
    max_pool2d_with_indices_backward max_pool3d_with_indices_backward avg_pool2d_backward avg_pool3d_backward
    _adaptive_avg_pool2d_backward _adaptive_avg_pool3d_backward adaptive_max_pool2d_backward nll_loss_backward
    nll_loss2d_backward cumprod_backward reflection_pad1d_backward reflection_pad2d_backward
    reflection_pad3d_backward replication_pad1d_backward replication_pad2d_backward replication_pad3d_backward
    glu_backward
"""
_SIZES_SECOND = """
    slice_backward select_backward index_select_backward diagonal_backward unfold_backward trace_backward
"""


@generic_rule(_OF_SECOND)
def of_second(op: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any], scope: Scope) -> Result:
    """The gradient of the second argument."""
    return Out(args[1].dims, args[0].dtype, args[1].device)


@generic_rule(_SIZES_SECOND)
def of_sizes(op: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any], scope: Scope) -> Result:
    """The gradient of a tensor whose sizes are the second argument."""
    return Out(simplest(tuple(args[1])), args[0].dtype, args[0].device)


@rule("_softmax_backward_data _log_softmax_backward_data")
def softmax_backward(
    scope: Scope, grad_output: Shaped, output: Shaped, dim: int, input_dtype: torch.dtype
) -> Out:
    """The gradient of the input of a softmax."""
    return Out(output.dims, input_dtype, output.device)


@rule("mse_loss_backward smooth_l1_loss_backward huber_loss_backward")
def loss_backward(scope: Scope, grad_output: Shaped, self: Shaped, target: Shaped, *rest: Any) -> Out | None:
    """The gradient of what is compared with the target."""
    if not grad_output.dtype == self.dtype == target.dtype:
        return None
    return Out(broadcast([self.dims, target.dims], scope), self.dtype, self.device)


@rule("embedding_dense_backward")
def embedding_backward(
    scope: Scope, grad_output: Shaped, indices: Shaped, num_weights: Size, *rest: Any
) -> Out | None:
    """The gradient of the rows of an embedding."""
    if not grad_output.dims:
        return None
    return Out((num_weights, grad_output.dims[-1]), grad_output.dtype, grad_output.device)


def _where_wanted(wanted: Sequence[bool], tensors: Sequence[Shaped | None]) -> list[Out | None] | None:
    """Return an `Out` for each gradient that is wanted; None where the recorder must see what PyTorch does."""
    if not all(wanted) or any(tensor is None for tensor in tensors):
        return None
    return [Out(tensor.dims, tensor.dtype, tensor.device) for tensor in tensors if tensor is not None]


@rule("native_layer_norm_backward")
def layer_norm_backward(
    scope: Scope,
    grad_out: Shaped,
    input: Shaped,
    normalized_shape: Sequence[Size],
    mean: Shaped,
    rstd: Shaped,
    weight: Shaped | None,
    bias: Shaped | None,
    output_mask: Sequence[bool],
) -> list[Out | None] | None:
    """The gradients of a layer norm's input, weight and bias."""
    return _where_wanted(output_mask, (input, weight, bias))


@rule("convolution_backward")
def convolution_backward(
    scope: Scope,
    grad_output: Shaped,
    input: Shaped,
    weight: Shaped,
    bias_sizes: Sequence[Size] | None,
    *rest: Any,
) -> list[Out] | None:
    """The gradients of a convolution's input, weight and bias."""
    if bias_sizes is None or not all(rest[-1]):
        return None
    return [
        Out(input.dims, grad_output.dtype, input.device),
        Out(weight.dims, grad_output.dtype, input.device),
        Out(simplest(tuple(bias_sizes)), grad_output.dtype, input.device),
    ]
