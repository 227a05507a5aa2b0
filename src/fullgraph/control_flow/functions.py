"""The table of functions that are recorded as operators with subgraphs; `export` hands it to the trace.

PyTorch's own functions are in it as well as ours, so that a program written for either is captured. Each is caught
under every name that holds it (see `tracing.functions`).
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from fullgraph.control_flow.associative_scan import associative_scan
from fullgraph.control_flow.associative_scan import recorded as record_associative_scan
from fullgraph.control_flow.cond import cond
from fullgraph.control_flow.cond import recorded as record_cond
from fullgraph.control_flow.map import map  # noqa: A004
from fullgraph.control_flow.map import recorded as record_map
from fullgraph.control_flow.map import recorded_as_torch as record_torch_map
from fullgraph.control_flow.nodes import node_functions
from fullgraph.control_flow.scan import recorded as record_scan
from fullgraph.control_flow.scan import recorded_as_torch as record_torch_scan
from fullgraph.control_flow.scan import scan
from fullgraph.control_flow.while_loop import recorded as record_while_loop
from fullgraph.control_flow.while_loop import while_loop
from fullgraph.tracing import TORCH_CONTROL_FLOW, FunctionTable


class _Ours:
    """The places of our own functions."""

    cond = staticmethod(cond)
    while_loop = staticmethod(while_loop)
    scan = staticmethod(scan)
    map = staticmethod(map)
    associative_scan = staticmethod(associative_scan)


FUNCTIONS: Final[FunctionTable] = MappingProxyType(
    {
        **node_functions(),
        (_Ours, "cond"): record_cond,
        (TORCH_CONTROL_FLOW, "cond"): record_cond,
        (_Ours, "while_loop"): record_while_loop,
        (TORCH_CONTROL_FLOW, "while_loop"): record_while_loop,
        (_Ours, "scan"): record_scan,
        (TORCH_CONTROL_FLOW, "scan"): record_torch_scan,
        (_Ours, "map"): record_map,
        (TORCH_CONTROL_FLOW, "map"): record_torch_map,
        (_Ours, "associative_scan"): record_associative_scan,
        (TORCH_CONTROL_FLOW, "associative_scan"): record_associative_scan,
    }
)
