"""Recurrent layers: `lstm`, `gru`, `rnn_tanh`, `rnn_relu` over a whole sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fullgraph.symbolic import Scope
from fullgraph.tracing.rules.dims import times
from fullgraph.tracing.rules.dtypes import Shaped
from fullgraph.tracing.rules.table import Out, rule


@rule("lstm.input")
def lstm(
    scope: Scope, input: Shaped, hx: Sequence[Shaped], params: Sequence[Shaped], *options: Any
) -> list[Out] | None:
    """Outputs of the last layer, and the last hidden and cell states of each."""
    if len(hx) != 2:
        return None
    hidden, cell = hx
    out = _sequence(input, hidden, options)
    return (
        None if out is None else [out, *(Out(each.dims, each.dtype, each.device) for each in (hidden, cell))]
    )


@rule("gru.input rnn_tanh.input rnn_relu.input")
def recurrent(
    scope: Scope, input: Shaped, hx: Shaped, params: Sequence[Shaped], *options: Any
) -> list[Out] | None:
    """Outputs of the last layer, and the last hidden states of each."""
    out = _sequence(input, hx, options)
    return None if out is None else [out, Out(hx.dims, hx.dtype, hx.device)]


def _sequence(input: Shaped, hidden: Shaped, options: Sequence[Any]) -> Out | None:
    if len(options) != 6 or not input.dims or input.dtype != hidden.dtype:
        return None
    _has_biases, _num_layers, _dropout, _train, bidirectional, _batch_first = options
    width = times(hidden.dims[-1], 2 if bidirectional else 1)
    return Out((*input.dims[:-1], width), input.dtype, input.device)
