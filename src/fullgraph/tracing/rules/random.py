"""Draws from distributions other than elementwise ones (those are in `pointwise` and `factory`)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from fullgraph.symbolic import Scope
from fullgraph.tracing.rules.broadcast import broadcast, simplest
from fullgraph.tracing.rules.dims import Size
from fullgraph.tracing.rules.dtypes import Shaped
from fullgraph.tracing.rules.table import Out, rule


@rule("multinomial")
def multinomial(
    scope: Scope, self: Shaped, num_samples: Size, replacement: bool = False, *, generator: Any = None
) -> Out | None:
    """Indices drawn by weight, for each row."""
    if len(self.dims) not in (1, 2):
        return None
    return Out((*self.dims[:-1], num_samples), torch.int64, self.device)


@rule("normal.Tensor_float normal.float_Tensor normal.Tensor_Tensor")
def normal(scope: Scope, mean: Any, std: Any = 1.0, *, generator: Any = None) -> Out:
    """A draw for each mean and deviation."""
    tensors: list[Shaped] = [each for each in (mean, std) if not isinstance(each, (int, float))]
    dims = broadcast([tensor.dims for tensor in tensors], scope)
    return Out(dims, tensors[0].dtype, tensors[0].device)


@rule("normal.float_float")
def normal_sized(
    scope: Scope,
    mean: float,
    std: float,
    size: Sequence[Size],
    *,
    dtype: torch.dtype | None = None,
    device: Any = None,
    **options: Any,
) -> Out:
    """Draws of one distribution."""
    place = torch.device("cpu") if device is None else torch.device(device)
    return Out(simplest(tuple(size)), dtype or torch.get_default_dtype(), place)


@rule("normal_functional uniform exponential geometric cauchy log_normal random")
def drawn_over(scope: Scope, self: Shaped, *rest: Any, **options: Any) -> Out:
    """`x.normal_()` and its kind: draws in the place of each element."""
    return Out(self.dims, self.dtype, self.device)
