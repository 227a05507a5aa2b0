"""Elementwise operators: one rule for all of them.

PyTorch tags them (`torch.Tag.pointwise`), and the table takes every operator with the tag; those that behave alike
without carrying it are named here. The sizes are those the tensors broadcast to, the dtype is PyTorch's own answer.
Casts (`to`), operators that keep the sizes of their first argument, and draws from a distribution follow.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import torch

from fullgraph.symbolic import Scope
from fullgraph.tracing.dispatch import OpOverload
from fullgraph.tracing.rules.broadcast import broadcast
from fullgraph.tracing.rules.dims import Dims, axis, quotient, remainder, replaced, require_same
from fullgraph.tracing.rules.dtypes import Shaped, dtypes_of, tensors_in
from fullgraph.tracing.rules.table import Out, Result, device_of, dims_rule, generic_rule, rule

_SYNONYMS = """
    absolute arccos arccosh arcsin arcsinh arctan arctan2 arctanh negative fix square exp2 expm1 erf erfc log1p
    special_digamma special_erf special_erfc special_erfinv special_exp2 special_expit special_expm1 special_gammainc
    special_gammaincc special_gammaln special_i0 special_log1p special_logit special_ndtr special_psi special_round
    special_sinc special_xlogy special_xlogy.self_scalar special_xlogy.other_scalar special_polygamma
    special_multigammaln
    divide.Tensor divide.Scalar divide.Tensor_mode divide.Scalar_mode true_divide.Scalar multiply.Tensor
    multiply.Scalar subtract.Tensor subtract.Scalar floor_divide floor_divide.Scalar rsub.Tensor
    greater.Tensor greater.Scalar greater_equal.Tensor greater_equal.Scalar less.Tensor less.Scalar
    less_equal.Tensor less_equal.Scalar not_equal.Tensor not_equal.Scalar
    __and__.Tensor __and__.Scalar __or__.Tensor __or__.Scalar __xor__.Tensor __xor__.Scalar
    __lshift__.Tensor __lshift__.Scalar __rshift__.Tensor __rshift__.Scalar
"""
_ALIKE = """
    where.ScalarSelf where.ScalarOther where.Scalar isclose isreal log_sigmoid hardswish hardswish_backward
    hardsigmoid_backward hardtanh_backward mish_backward elu_backward leaky_relu_backward softplus_backward
    softshrink_backward hardshrink_backward real imag polar complex masked_fill.Tensor conj resolve_conj resolve_neg
"""


@generic_rule(_SYNONYMS + " " + _ALIKE, tag=torch.Tag.pointwise)
def pointwise(op: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any], scope: Scope) -> Result:
    """Return what the tensors among the arguments broadcast to, in the dtype PyTorch promotes them to."""
    dtypes = dtypes_of(op, args, kwargs, ranks=False)
    tensors = tensors_in((*args, *kwargs.values()) if kwargs else args)
    device = device_of(tensors)
    if dtypes is None or device is None:
        return None
    dims = broadcast([tensor.dims for tensor in tensors], scope)
    if isinstance(dtypes, list):
        return [Out(dims, dtype, device) for dtype in dtypes]
    return Out(dims, dtypes, device)


@rule("equal")
def answered_in_python(scope: Scope, *args: Any) -> None:
    """`equal` carries the tag of elementwise operators, but its answer is a Python value."""


@generic_rule(
    """
    softmax.int _softmax log_softmax.int _log_softmax special_softmax special_log_softmax _safe_softmax
    cumsum cumprod logcumsumexp cummax cummin tril triu flip fliplr flipud roll renorm prelu _prelu_kernel
    index_fill.int_Scalar index_fill.int_Tensor index_add index_copy index_reduce
    scatter.src scatter.value scatter.reduce scatter.value_reduce scatter_add scatter_reduce.two
    fill.Scalar fill.Tensor zero copy sort sort.stable argsort argsort.stable msort
    dropout alpha_dropout feature_dropout feature_alpha_dropout native_dropout bernoulli poisson
    """
)
def like_first(op: OpOverload, args: Sequence[Any], kwargs: Mapping[str, Any], scope: Scope) -> Result:
    """Operators whose results all have the sizes of the first argument."""
    dtypes = dtypes_of(op, args, kwargs, ranks=True)
    device = device_of(tensors_in(args[:1]))
    if dtypes is None or device is None:
        return None
    dims = args[0].dims
    if isinstance(dtypes, list):
        return [Out(dims, dtype, device) for dtype in dtypes]
    return Out(dims, dtypes, device)


@rule("bernoulli.p")
def bernoulli(scope: Scope, self: Shaped, p: float = 0.5, *, generator: Any = None) -> Out:
    """Draw elements of the same sizes and dtype."""
    return Out(self.dims, self.dtype, self.device)


@rule("contiguous clone alias detach lift lift_fresh lift_fresh_copy detach_copy alias_copy")
def unchanged(scope: Scope, self: Shaped, *, memory_format: Any = None) -> Out:
    """Return the same tensor, or a copy of it."""
    return Out(self.dims, self.dtype, self.device)


@rule("fake_quantize_per_tensor_affine fake_quantize_per_tensor_affine.tensor_qparams")
def fake_quantize(scope: Scope, self: Shaped, *rest: Any, **options: Any) -> Out:
    """Round to what few bits can say."""
    return Out(self.dims, self.dtype, self.device)


@rule("fake_quantize_per_channel_affine")
def fake_quantize_channels(
    scope: Scope, self: Shaped, scale: Shaped, zero_point: Shaped, dim: int, *rest: Any, **options: Any
) -> Out:
    """Round each slice of a dim with a scale of its own."""
    for given in (scale, zero_point):
        if len(given.dims) != 1 or not require_same(
            given.dims[0], self.dims[axis(dim, len(self.dims))], scope
        ):
            raise RuntimeError("dimensions of scale and zero-point are not consistent with input tensor")
    return Out(self.dims, self.dtype, self.device)


@rule("to.dtype")
def to_dtype(scope: Scope, self: Shaped, dtype: torch.dtype, *rest: Any, **options: Any) -> Out:
    """Cast to a dtype."""
    return Out(self.dims, dtype, self.device)


@rule("chalf")
def to_half_complex(scope: Scope, self: Shaped, *, memory_format: Any = None) -> Out:
    """Cast to complex numbers of half precision."""
    return Out(self.dims, torch.complex32, self.device)


@rule("to.device")
def to_device(
    scope: Scope, self: Shaped, device: torch.device, dtype: torch.dtype, *rest: Any, **options: Any
) -> Out:
    """Move to a device and cast."""
    return Out(self.dims, dtype, torch.device(device))


@rule("to.other")
def to_other(scope: Scope, self: Shaped, other: Shaped, *rest: Any, **options: Any) -> Out:
    """Cast and move to where another tensor is."""
    return Out(self.dims, other.dtype, other.device)


@rule("type_as")
def type_as(scope: Scope, self: Shaped, other: Shaped) -> Out:
    """Cast and move to where another tensor is."""
    return Out(self.dims, other.dtype, other.device)


@rule("to.dtype_layout _to_copy")
def to_options(
    scope: Scope,
    self: Shaped,
    *rest: Any,
    dtype: torch.dtype | None = None,
    layout: torch.layout | None = None,
    device: torch.device | None = None,
    **options: Any,
) -> Out | None:
    """Cast and move, each if asked for."""
    if layout not in (None, torch.strided):
        return None
    return Out(self.dims, dtype or self.dtype, self.device if device is None else torch.device(device))


@dims_rule("masked_scatter")
def masked_scatter(scope: Scope, self: Shaped, mask: Shaped, source: Shaped) -> Dims:
    """Replace masked elements by those of `source`, in order."""
    return broadcast([self.dims, mask.dims], scope)


@rule("glu")
def glu(scope: Scope, self: Shaped, dim: int = -1) -> Out | None:
    """Gate one half of a dim by the other."""
    if not self.dims or not self.dtype.is_floating_point:
        return None
    at = axis(dim, len(self.dims))
    size = self.dims[at]
    if not require_same(remainder(size, 2), 0, scope):
        raise RuntimeError(f"Halving dimension must be even, but dimension {at} is size {size}")
    return Out(replaced(self.dims, at, quotient(size, 2)), self.dtype, self.device)
