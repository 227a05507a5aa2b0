"""Losses that look at the contents of their arguments: `ctc_loss`, whose parts have sizes that only data tell."""

from __future__ import annotations

from typing import Any

from fullgraph.symbolic import Scope
from fullgraph.tracing.rules.dtypes import Shaped
from fullgraph.tracing.rules.table import Out, rule

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
