"""Losses of whole rows: one number for each of the batch, or one for all.

Among them is `ctc_loss`, whose parts have sizes that only data tell. What these operators check by themselves (as many
targets as rows) is not asked.
"""

from __future__ import annotations

from typing import Any

from fullgraph.symbolic import Scope
from fullgraph.tracing.rules.broadcast import broadcast
from fullgraph.tracing.rules.dims import Dims
from fullgraph.tracing.rules.dtypes import Shaped
from fullgraph.tracing.rules.table import Out, dims_rule, rule

_NO_REDUCTION = 0  # at::Reduction::None


@rule("ctc_loss.Tensor ctc_loss.IntList")
def ctc_loss(
    scope: Scope,
    log_probs: Shaped,
    targets: Shaped,
    input_lengths: Any,
    target_lengths: Any,
    blank: int = 0,
    reduction: int = 1,
    zero_infinity: bool = False,
) -> Out | None:
    """One number for each sequence of the batch, or one for all."""
    if len(log_probs.dims) not in (2, 3):
        return None
    each = log_probs.dims[1:2] if len(log_probs.dims) == 3 and reduction == _NO_REDUCTION else ()
    return Out(each, log_probs.dtype, log_probs.device)


@rule("multi_margin_loss")
def multi_margin_loss(
    scope: Scope,
    self: Shaped,
    target: Shaped,
    p: Any = 1,
    margin: Any = 1,
    weight: Shaped | None = None,
    reduction: int = 1,
) -> Out | None:
    """How far each row's right class is from being ahead of the others."""
    if not self.dtype.is_floating_point or len(self.dims) > 2 or len(target.dims) > 1:
        return None
    return Out(target.dims if reduction == _NO_REDUCTION else (), self.dtype, self.device)


@rule("multilabel_margin_loss")
def multilabel_margin_loss(scope: Scope, self: Shaped, target: Shaped, reduction: int = 1) -> Out | None:
    """The same for rows with several right classes."""
    if not self.dtype.is_floating_point or len(self.dims) > 2:
        return None
    return Out(self.dims[:-1] if reduction == _NO_REDUCTION else (), self.dtype, self.device)


@dims_rule("cosine_embedding_loss")
def cosine_embedding_loss(
    scope: Scope, input1: Shaped, input2: Shaped, target: Shaped, margin: float = 0.0, reduction: int = 1
) -> Dims | None:
    """How far the angle of each pair of rows is from what its target says."""
    if (
        len(target.dims) > 1
        or len(input1.dims) != len(target.dims) + 1
        or len(input2.dims) != len(input1.dims)
    ):
        return None
    if reduction != _NO_REDUCTION:
        return ()
    return broadcast([broadcast([input1.dims, input2.dims], scope)[:-1], target.dims], scope)
