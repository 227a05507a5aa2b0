"""Recurrent layers: `lstm`, `gru`, `rnn_tanh`, `rnn_relu` over a whole sequence, and their cells for one step."""

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


@rule("gru_cell rnn_tanh_cell rnn_relu_cell")
def cell(scope: Scope, input: Shaped, hx: Shaped, w_ih: Shaped, *weights: Shaped | None) -> Out | None:
    """The next hidden state."""
    return _next_state(input, hx, w_ih)


@rule("lstm_cell")
def lstm_cell(
    scope: Scope, input: Shaped, hx: Sequence[Shaped], w_ih: Shaped, *weights: Shaped | None
) -> list[Out] | None:
    """The next hidden and cell states."""
    states = [_next_state(input, each, w_ih) for each in hx]
    return None if None in states or len(states) != 2 else [each for each in states if each is not None]


def _next_state(input: Shaped, state: Shaped, w_ih: Shaped) -> Out | None:
    fits = input.dims[:-1] == state.dims[:-1] and input.dims[-1:] == w_ih.dims[-1:]
    return Out(state.dims, state.dtype, state.device) if fits and input.dtype == state.dtype else None


def _sequence(input: Shaped, hidden: Shaped, options: Sequence[Any]) -> Out | None:
    if len(options) != 6 or not input.dims or input.dtype != hidden.dtype:
        return None
    _has_biases, _num_layers, _dropout, _train, bidirectional, _batch_first = options
    width = times(hidden.dims[-1], 2 if bidirectional else 1)
    return Out((*input.dims[:-1], width), input.dtype, input.device)
