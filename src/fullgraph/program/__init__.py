"""A program as plain data, and what is made of it: assembled from a trace, verified, printed, run.

What may enter: everything that works on `ProgramParts` or on a finished graph. Nothing here traces or rewrites, and
nothing here knows a file format or another exporter.

Read in this order: `parts` (what a program is), `signature`, `assemble` (from a trace), `verify` (what a legal graph
is), `aliasing`, `forward`, `run` (one call), `against_eager`, `module`, `text`, `passes`.
"""

from __future__ import annotations

from fullgraph.program.against_eager import verify_against_eager
from fullgraph.program.assemble import assemble
from fullgraph.program.module import ProgramModule
from fullgraph.program.parts import ArgumentState, ProgramParts
from fullgraph.program.passes import add_runtime_assertions, eliminate_dead_code, group_grad_regions
from fullgraph.program.run import Run, compile_program
from fullgraph.program.signature import ExportGraphSignature, make_signature
from fullgraph.program.stack_traces import with_stack_traces
from fullgraph.program.text import RangeConstraint, range_constraints, render_code, render_program
from fullgraph.program.verify import verify, verify_graph

__all__ = [
    "ArgumentState",
    "ExportGraphSignature",
    "ProgramModule",
    "ProgramParts",
    "RangeConstraint",
    "Run",
    "add_runtime_assertions",
    "assemble",
    "compile_program",
    "eliminate_dead_code",
    "group_grad_regions",
    "make_signature",
    "range_constraints",
    "render_code",
    "render_program",
    "verify",
    "verify_against_eager",
    "verify_graph",
    "with_stack_traces",
]
