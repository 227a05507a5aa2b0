"""Attention as one operator: `scaled_dot_product_attention`."""

from __future__ import annotations

from typing import Any

from fullgraph.symbolic import Scope
from fullgraph.tracing.rules.broadcast import broadcast
from fullgraph.tracing.rules.dims import require_same, same, shown
from fullgraph.tracing.rules.dtypes import Shaped
from fullgraph.tracing.rules.table import Out, rule


@rule("scaled_dot_product_attention")
def attention(
    scope: Scope,
    query: Shaped,
    key: Shaped,
    value: Shaped,
    attn_mask: Shaped | None = None,
    dropout_p: float = 0.0,
    is_causal: bool = False,
    *,
    scale: Any = None,
    enable_gqa: bool = False,
) -> Out | None:
    """A row of `value` for each row of `query`, weighted by how well `key` fits.

    Batch dims are broadcast. With `enable_gqa`, heads of key and value (dim -3) are shared by several of the query.
    """
    q, k, v = query.dims, key.dims, value.dims
    if min(len(q), len(k), len(v)) < 2 or not query.dtype == key.dtype == value.dtype:
        return None
    if not (require_same(q[-1], k[-1], scope) and require_same(k[-2], v[-2], scope)):
        raise RuntimeError(
            f"scaled_dot_product_attention: sizes do not fit: query {shown(q)}, key {shown(k)}, value {shown(v)}"
        )
    if enable_gqa:
        heads = q[-3:-2]
        batch = (*broadcast([q[:-3], k[:-3], v[:-3]], scope), *heads)
    else:
        batch = broadcast([q[:-2], k[:-2], v[:-2]], scope)
    weights = (*batch, q[-2], k[-2])
    masked = weights if attn_mask is None else broadcast([weights, attn_mask.dims], scope)
    if len(masked) != len(weights) or not all(same(a, b, scope) for a, b in zip(masked, weights)):
        return None  # a mask with larger batch dims: some of PyTorch's ways to compute this accept it, others raise
    return Out((*batch, q[-2], v[-1]), query.dtype, query.device)
