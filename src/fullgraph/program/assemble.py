"""From a trace and its contract to the parts of a program.

The trace lists what it happened to return; a program's graph returns exactly: the write-backs, then one value for
each leaf of the user's output, then one for each leaf of the argument state. So an output that *is* an input (or a
parameter) is returned by the graph too: the program itself gives the caller's own object back, but whoever runs the
bare graph finds the value at its place.

Invariant: the graph of the trace is completed in place (its output node), never copied.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import torch
from torch import fx

from fullgraph.errors import Unsupported
from fullgraph.program.parts import ArgumentState, ProgramParts
from fullgraph.program.signature import make_signature
from fullgraph.tracing import GraphInput, GraphOutput, Inputs, InputRole, OutputLeaf, OutputRole, Trace

if TYPE_CHECKING:
    from fullgraph.contract import Contract


def assemble(
    trace: Trace,
    contract: Contract,
    arguments: Inputs,
    further_state: Mapping[str, torch.Tensor] | None = None,
    training: bool | None = None,
) -> ProgramParts:
    """Return the parts of a program.

    Args:
        trace: the recorded run.
        contract: its assumptions, simplified.
        arguments: how the program is called.
        further_state: parameters and persistent buffers of the traced module under all their names: those that the
            graph does not use, and second names of tied ones, so that `state_dict` has the module's own keys.
        training: the `training` flag of the traced module, None for a function.
    """
    returned = _Returned(trace)
    output_leaves = tuple(returned.add(leaf, OutputRole.USER, None) for leaf in trace.output_leaves)
    state = None
    if trace.argument_state is not None:
        tree, leaves = trace.argument_state
        paths = _state_paths(trace, len(leaves))
        state = ArgumentState(tree, tuple(map(returned.add_state, leaves, paths)))
    nodes = {node.name: node for node in trace.graph.nodes}
    _set_output(trace.graph, returned.outputs, nodes)
    tensors = {entry.target: entry for entry in trace.inputs if entry.value is not None}
    kept = {name: entry.value for name, entry in tensors.items() if _is_state(entry) and entry.value is not None}
    other = {name: entry.value for name, entry in tensors.items() if not _is_state(entry) and entry.value is not None}
    return ProgramParts(
        graph=trace.graph,
        modules=dict(trace.modules),
        graph_inputs=tuple(dataclasses.replace(entry, value=None) for entry in trace.inputs),
        graph_outputs=tuple(returned.outputs),
        signature=make_signature(trace.inputs, returned.outputs, nodes),
        contract=contract,
        arguments=arguments,
        output_tree=trace.output_tree,
        output_leaves=output_leaves,
        argument_state=state,
        state={**(further_state or {}), **kept},
        constants=other,
        written=trace.written,
        training=training,
    )


class _Returned:
    """The list of values that the graph is to return, as it grows."""

    def __init__(self, trace: Trace) -> None:
        self._traced = trace.outputs
        self.outputs = [entry for entry in trace.outputs if entry.role not in _PER_LEAF]
        self._by_leaf = {entry.leaf: entry for entry in trace.inputs if entry.leaf is not None}
        self._by_name = {entry.target: entry for entry in trace.inputs if entry.leaf is None}
        self._written = {(entry.role, entry.target): entry.node for entry in self.outputs}

    def add(self, leaf: OutputLeaf, role: OutputRole, target: str | None) -> OutputLeaf:
        """Return the leaf with `index` at its own element of the returned tuple."""
        index = len(self.outputs)
        if leaf.index is not None:
            traced = self._traced[leaf.index]
            self.outputs.append(dataclasses.replace(traced, role=role, target=target))
        elif leaf.input_leaf in self._by_leaf:
            self.outputs.append(GraphOutput(self._value_of(self._by_leaf[leaf.input_leaf]), role, target))
        elif leaf.lifted is not None:
            self.outputs.append(GraphOutput(self._value_of(self._by_name[leaf.lifted]), role, target))
        else:
            # A constant, or a Python value of the caller's that the contract fixes: only plain ones print in a graph.
            plain = leaf.constant if isinstance(leaf.constant, (int, float, bool, str)) else None
            self.outputs.append(GraphOutput(None, role, target, constant=plain))
        return dataclasses.replace(leaf, index=index)

    def add_state(self, leaf: OutputLeaf, path: str) -> OutputLeaf:
        """Return the leaf of the argument state with `index` at its own element of the returned tuple."""
        return self.add(leaf, OutputRole.ARGUMENT_STATE, path)

    def _value_of(self, entry: GraphInput) -> str:
        """Return the node that holds what a graph input is worth once the program has run."""
        written = self._written.get((_WRITTEN_AS[entry.role], entry.target))
        return entry.node if written is None else written


_PER_LEAF = (OutputRole.USER, OutputRole.ARGUMENT_STATE)
_WRITTEN_AS = {
    InputRole.PARAMETER: OutputRole.PARAMETER,
    InputRole.BUFFER: OutputRole.BUFFER,
    InputRole.CONSTANT: OutputRole.CONSTANT,
    InputRole.USER: OutputRole.INPUT,
}


def _is_state(entry: GraphInput) -> bool:
    return entry.role is InputRole.PARAMETER or (entry.role is InputRole.BUFFER and entry.persistent)


def _state_paths(trace: Trace, count: int) -> list[str]:
    """Return a name for each leaf of the argument state: the trace's own where it gave one."""
    given = [entry.target for entry in trace.outputs if entry.role is OutputRole.ARGUMENT_STATE]
    if len(given) == count and all(given):
        return [path or "" for path in given]
    return [f"arguments[{index}]" for index in range(count)]


def _set_output(graph: fx.Graph, outputs: Sequence[GraphOutput], nodes: dict[str, fx.Node]) -> None:
    """Make the graph return these values."""
    values = []
    for entry in outputs:
        if entry.node is not None and entry.node not in nodes:
            raise Unsupported(
                f"The program returns a value, {entry.node!r}, that its graph does not compute.",
                why="A tensor came out of the program that no recorded operator made.",
                instead="Report this with the program: the trace lost a tensor.",
            )
        values.append(entry.constant if entry.node is None else nodes[entry.node])
    for node in reversed(graph.nodes):
        if node.op == "output":
            graph.erase_node(node)
            nodes.pop(node.name, None)
            break
    output = graph.output(tuple(values))
    nodes[output.name] = output
