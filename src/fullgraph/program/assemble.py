"""From a trace and its contract to the parts of a program.

The trace lists what it happened to return; a program's graph returns exactly: the write-backs, then one value for
each leaf of the user's output, then one for each leaf of the argument state. So an output that *is* an input (or a
parameter) is returned by the graph too: the program itself gives the caller's own object back, but whoever runs the
bare graph finds the value at its place.

Invariant: the graph of the trace is finished in place (its output, its `no_grad` regions), never copied.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import fx

from fullgraph.contract import TensorSpec
from fullgraph.errors import Unsupported
from fullgraph.program.parts import ArgumentState, ProgramParts
from fullgraph.program.passes import eliminate_dead_code, group_grad_regions
from fullgraph.program.signature import make_signature
from fullgraph.symbolic import Bool, Expr, substitute
from fullgraph.tracing import (
    Container,
    GraphInput,
    GraphOutput,
    InputRole,
    Inputs,
    Leaf,
    OutputLeaf,
    OutputRole,
    Trace,
    Tree,
)

if TYPE_CHECKING:
    from fullgraph.contract import Contract


def assemble(
    trace: Trace,
    contract: Contract,
    arguments: Inputs,
    modules: Sequence[tuple[str, torch.nn.Module]] = (),
) -> ProgramParts:
    """Return the parts of a program.

    Args:
        trace: the recorded run.
        contract: its assumptions, simplified.
        arguments: how the program is called.
        modules: the modules that the program is or holds, by name ("" when it is one): `state_dict` has all of their
            keys, those of tied and of unused tensors too, and their mode is the program's.
    """
    returned = _Returned(trace)
    output_leaves = tuple(returned.add(leaf, OutputRole.USER, None) for leaf in trace.output_leaves)
    state = None
    if trace.argument_state is not None:
        tree, leaves = trace.argument_state
        assert isinstance(tree, Container)  # a tuple with the contents of each changed container
        paths = _state_paths(tree, arguments)
        state = ArgumentState(
            tree, tuple(returned.add_state(leaf, paths[i]) for i, leaf in enumerate(leaves))
        )
    subgraphs = dict(trace.modules)
    outputs = _finish_graph(trace.graph, subgraphs, returned.outputs)
    _apply_equalities(trace.graph, subgraphs, contract.solutions)
    nodes = {node.name: node for node in trace.graph.nodes}
    lifted = [entry for entry in trace.inputs if entry.value is not None]
    return ProgramParts(
        graph=trace.graph,
        modules=subgraphs,
        graph_inputs=tuple(dataclasses.replace(entry, value=None) for entry in trace.inputs),
        graph_outputs=outputs,
        signature=make_signature(trace.inputs, outputs, nodes),
        contract=contract,
        arguments=arguments,
        output_tree=trace.output_tree,
        output_leaves=output_leaves,
        argument_state=state,
        state={**_state_of(modules), **_tensors(entry for entry in lifted if _is_state(entry))},
        constants=_tensors(entry for entry in lifted if not _is_state(entry)),
        written=trace.written,
        training=any(module.training for _, module in modules) if modules else None,
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
            self.outputs.append(GraphOutput(traced.node, role, target, plain_or_none(traced.constant)))
        elif leaf.input_leaf in self._by_leaf:
            self.outputs.append(GraphOutput(self._value_of(self._by_leaf[leaf.input_leaf]), role, target))
        elif leaf.lifted is not None:
            self.outputs.append(GraphOutput(self._value_of(self._by_name[leaf.lifted]), role, target))
        else:
            self.outputs.append(GraphOutput(None, role, target, plain_or_none(leaf.constant)))
        return dataclasses.replace(leaf, index=index)

    def add_state(self, leaf: OutputLeaf, path: str) -> OutputLeaf:
        """Return the leaf of a changed container; only what the graph computes is returned by it."""
        if leaf.index is None or leaf.input_leaf is not None or leaf.lifted is not None:
            return dataclasses.replace(leaf, index=None)
        return self.add(leaf, OutputRole.ARGUMENT_STATE, path)

    def _value_of(self, entry: GraphInput) -> str:
        """Return the node that holds what a graph input is worth once the program has run."""
        written = self._written.get((_WRITTEN_AS[entry.role], entry.target))
        return entry.node if written is None else written


def plain_or_none(constant: Any) -> Any:
    """Return a constant as the graph returns it: what a graph cannot print, the program alone gives back."""
    return constant if type(constant) in (int, float, bool, str) else None


_PER_LEAF = (OutputRole.USER, OutputRole.ARGUMENT_STATE)
_WRITTEN_AS = {
    InputRole.PARAMETER: OutputRole.PARAMETER,
    InputRole.BUFFER: OutputRole.BUFFER,
    InputRole.CONSTANT: OutputRole.CONSTANT,
    InputRole.USER: OutputRole.INPUT,
}


def _is_state(entry: GraphInput) -> bool:
    return entry.role is InputRole.PARAMETER or (entry.role is InputRole.BUFFER and entry.persistent)


def _state_paths(tree: Container, arguments: Inputs) -> dict[int, str]:
    """Return the way to each leaf of the argument state, through the arguments: `past_key_values.layers.0.keys`."""
    paths: dict[int, str] = {}

    def visit(node: Tree, path: tuple[Any, ...]) -> None:
        if isinstance(node, Leaf):
            paths[node.index] = ".".join(map(str, path))
        elif isinstance(node, Container):
            for key, child in zip(node.keys, node.children):
                visit(child, (*path, key))

    for number, contents in zip(tree.keys, tree.children):
        _, keys = arguments.containers[number]
        visit(contents, keys)
    return paths


def _state_of(modules: Sequence[tuple[str, torch.nn.Module]]) -> dict[str, torch.Tensor]:
    """Return the parameters and persistent buffers of modules, by every name they have."""
    found: dict[str, torch.Tensor] = {}
    for path, root in modules:
        for name, module in root.named_modules(prefix=path, remove_duplicate=False):
            state = {**module._parameters, **module._buffers}
            for key, tensor in state.items():
                if tensor is not None and key not in module._non_persistent_buffers_set:
                    found[f"{name}.{key}" if name else key] = tensor
    return found


def _tensors(entries: Iterable[GraphInput]) -> dict[str, torch.Tensor]:
    return {entry.target: entry.value for entry in entries if entry.value is not None}


def _finish_graph(
    graph: fx.Graph, modules: dict[str, torch.nn.Module], outputs: Sequence[GraphOutput]
) -> tuple[GraphOutput, ...]:
    """Make the graph return these values and bring it into its final form.

    Returns:
        The outputs with the names that their nodes have then: a value computed under `no_grad` comes out of a region.
    """
    _set_output(graph, outputs)
    eliminate_dead_code(graph)
    _finish_subgraphs(modules)
    group_grad_regions(graph, modules)
    returned: Any = graph.output_node().args[0]
    names = (value.name if isinstance(value, fx.Node) else None for value in returned)
    return tuple(dataclasses.replace(entry, node=name) for entry, name in zip(outputs, names))


def _finish_subgraphs(modules: dict[str, torch.nn.Module]) -> None:
    """Bring the subgraphs of a graph, and theirs, into their final form."""
    for name, module in modules.items():
        if isinstance(module, fx.GraphModule):
            children: dict[str, Any] = dict(module.named_children())
            module.graph.owning_module = None  # it gets a new one below
            eliminate_dead_code(module.graph)
            _finish_subgraphs(children)
            group_grad_regions(module.graph, children)
            modules[name] = fx.GraphModule(children, module.graph)


def _apply_equalities(
    graph: fx.Graph, modules: Mapping[str, torch.nn.Module], solutions: Mapping[Expr, Expr]
) -> None:
    """Replace the symbols that turned out to be others in the sizes that the nodes were recorded with."""
    if not solutions:
        return
    for node in graph.nodes:
        if "val" in node.meta:
            node.meta["val"] = _with_equalities(node.meta["val"], solutions)
    for module in modules.values():
        if isinstance(module, fx.GraphModule):
            _apply_equalities(module.graph, dict(module.named_children()), solutions)


def _with_equalities(value: Any, solutions: Mapping[Expr, Expr]) -> Any:
    if isinstance(value, Expr):
        return substitute(value, solutions)
    if isinstance(value, Bool):
        return substitute(value, solutions)
    if isinstance(value, (tuple, list)):
        return type(value)(_with_equalities(item, solutions) for item in value)
    if isinstance(value, TensorSpec):
        new = [_with_equalities(size, solutions) for size in value.shape]
        sizes: Any = tuple(size.value if isinstance(size, Expr) and size.is_const else size for size in new)
        return TensorSpec(sizes, value.dtype, value.device, value.requires_grad)
    return value


def _set_output(graph: fx.Graph, outputs: Sequence[GraphOutput]) -> None:
    nodes: dict[str, fx.Node] = {}
    for node in graph.nodes:
        if node.op == "output":
            graph.erase_node(node)
        else:
            nodes[node.name] = node
    missing = next(
        (entry.node for entry in outputs if entry.node is not None and entry.node not in nodes), None
    )
    if missing is not None:
        raise Unsupported(
            f"The program returns a value, `{missing}`, that its graph does not compute.",
            why="A tensor came out of the program that no recorded operator made.",
            instead="Look for a hook, a tensor subclass or a mode in the program, and take it out.",
            case="custom_operator",
        )
    graph.output(tuple(entry.constant if entry.node is None else nodes[entry.node] for entry in outputs))
