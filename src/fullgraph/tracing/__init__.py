"""One run of a program, recorded: from bound arguments to a `Trace` of plain data.

What may enter: what a running program meets (traced tensors, the dispatcher, patched functions) and what records it.
Read in this order: `trace` (the life of a run), `settled` (all sides of its branches), `recorder`, `traced`,
`functionalize`, `dispatch`. What the program looks like afterwards (signature, printed form, calls) is the business
of `program`; control flow on traced values is that of `control_flow` and `rewriting`, which hand their functions in
as a table.
"""

from __future__ import annotations

from fullgraph.tracing.advising import tried
from fullgraph.tracing.calling import compile_bind
from fullgraph.tracing.checking import check
from fullgraph.tracing.containers import Kind as ContainerKind
from fullgraph.tracing.containers import can_be_made, overwrite
from fullgraph.tracing.dispatch import (
    TORCH_CONTROL_FLOW,
    HigherOrderOperator,
    OpOverload,
    function_behind,
    has_contents,
    inside_functorch,
    without_contents,
)
from fullgraph.tracing.effects import constant
from fullgraph.tracing.examples import bind_examples
from fullgraph.tracing.explaining import explaining
from fullgraph.tracing.failures import is_of_the_program
from fullgraph.tracing.functions import hash_of_size
from fullgraph.tracing.inputs import Inputs, Rebuilt, bind
from fullgraph.tracing.operators import Kind, Operator, operator_of
from fullgraph.tracing.owned import root_modules
from fullgraph.tracing.questions import MARKER
from fullgraph.tracing.recorder import Recorder
from fullgraph.tracing.records import Records
from fullgraph.tracing.result import (
    GraphInput,
    GraphOutput,
    InputRole,
    OutputLeaf,
    OutputRole,
    Trace,
    WrittenState,
    name_in_facts,
)
from fullgraph.tracing.returning import compile_output, compile_state
from fullgraph.tracing.rules import Out
from fullgraph.tracing.saved import fill_cell
from fullgraph.tracing.settled import settled_trace
from fullgraph.tracing.standing_in import FunctionTable, Replacement, asking_frame
from fullgraph.tracing.state import PythonState
from fullgraph.tracing.subgraph import Frame, Written, all_operands, attach, call_subgraphs, write_back
from fullgraph.tracing.trace import trace
from fullgraph.tracing.traced import TracedTensor, Value
from fullgraph.tracing.tree import Container, Given, Leaf, Seen, Tree, flatten, unflatten
from fullgraph.tracing.watching import Change, Missing, StateKind

__all__ = [
    "MARKER",
    "TORCH_CONTROL_FLOW",
    "Change",
    "Container",
    "ContainerKind",
    "Frame",
    "FunctionTable",
    "Given",
    "GraphInput",
    "GraphOutput",
    "HigherOrderOperator",
    "InputRole",
    "Inputs",
    "Kind",
    "Leaf",
    "OpOverload",
    "Missing",
    "Operator",
    "Out",
    "OutputLeaf",
    "OutputRole",
    "Rebuilt",
    "PythonState",
    "Recorder",
    "Records",
    "Replacement",
    "Seen",
    "StateKind",
    "Trace",
    "TracedTensor",
    "Tree",
    "Value",
    "Written",
    "WrittenState",
    "all_operands",
    "asking_frame",
    "attach",
    "bind",
    "bind_examples",
    "call_subgraphs",
    "can_be_made",
    "check",
    "compile_bind",
    "compile_output",
    "compile_state",
    "constant",
    "fill_cell",
    "explaining",
    "flatten",
    "function_behind",
    "has_contents",
    "hash_of_size",
    "inside_functorch",
    "is_of_the_program",
    "name_in_facts",
    "operator_of",
    "overwrite",
    "root_modules",
    "settled_trace",
    "trace",
    "tried",
    "unflatten",
    "without_contents",
    "write_back",
]
