"""fullgraph: a whole PyTorch program as one graph that is right for every input it accepts.

program = fullgraph.export(model, args, dynamic_shapes={"x": "batch 3 height width"})
program(other_args)
print(program)
"""

from __future__ import annotations

from fullgraph.contract import Dim, TensorSpec, dynamic_dim
from fullgraph.control_flow import associative_scan, cond, map, scan, switch, while_loop  # noqa: A004  (torch's name)
from fullgraph.errors import (
    ArtifactError,
    CaptureError,
    ContractError,
    DataDependent,
    FullgraphError,
    SpecError,
    Specialized,
    Unsupported,
)
from fullgraph.explain import explain
from fullgraph.export import export
from fullgraph.exported_program import ExportedProgram, load
from fullgraph.tracing import check, constant

__version__ = "0.1.0"

__all__ = [
    "ArtifactError",
    "CaptureError",
    "ContractError",
    "DataDependent",
    "Dim",
    "ExportedProgram",
    "FullgraphError",
    "SpecError",
    "Specialized",
    "TensorSpec",
    "Unsupported",
    "associative_scan",
    "check",
    "cond",
    "constant",
    "dynamic_dim",
    "explain",
    "export",
    "load",
    "map",
    "scan",
    "switch",
    "while_loop",
]
