"""The table of functions that are recorded as operators with subgraphs; `export` hands it to the trace.

PyTorch's own functions are in it as well as ours, so that a program written for either is captured. Each is caught
under every name that holds it (see `tracing.functions`).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import torch._higher_order_ops as _torch

from fullgraph.control_flow.associative_scan import associative_scan
from fullgraph.control_flow.associative_scan import recorded as record_associative_scan
from fullgraph.control_flow.cond import cond
from fullgraph.control_flow.cond import recorded as record_cond
from fullgraph.tracing import FunctionTable


class _Ours:
    """The places of our own functions."""

    cond = staticmethod(cond)
    associative_scan = staticmethod(associative_scan)


FUNCTIONS: Final[FunctionTable] = MappingProxyType(
    {
        (_Ours, "cond"): record_cond,
        (_torch, "cond"): record_cond,
        (_Ours, "associative_scan"): record_associative_scan,
        (_torch, "associative_scan"): record_associative_scan,
    }
)
