"""`ProgramParts`: a program as plain data, all that a pass, the printed form or an artifact needs to know of it.

Everything that runs (the generated code of the graph, of the check, of the call) is made from these parts when it is
first wanted, so that a pass which makes parts from parts never compiles what nobody will call.

Invariant: `state` and `constants` hold the user's own tensors. Nothing here is ever copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch
from torch import fx

from fullgraph.program.signature import ExportGraphSignature
from fullgraph.tracing import Container, GraphInput, GraphOutput, Inputs, OutputLeaf, Tree, WrittenState

if TYPE_CHECKING:
    from fullgraph.contract import Contract


@dataclass(frozen=True)
class ArgumentState:
    """The arguments as the program left them, when it changed a list, dict or object among them."""

    tree: Container
    leaves: tuple[OutputLeaf, ...]


@dataclass(frozen=True)
class ProgramParts:
    """A program as plain data.

    Args:
        graph: the pure graph, with an output node.
        modules: the subgraphs that its `get_attr` nodes name.
        graph_inputs: what each placeholder stands for, in order; without the tensors (see `state`, `constants`).
        graph_outputs: what becomes of each returned value, in order.
        signature: the same in the words of `torch.export`.
        contract: what a call must satisfy.
        arguments: how a call's arguments become the flat leaves.
        output_tree: the structure of what the caller gets.
        output_leaves: what stands at each of its leaves.
        argument_state: what to write into the caller's containers.
        state: parameters and persistent buffers, by every qualified name they have.
        constants: the other lifted tensors: non-persistent buffers and closed-over tensors.
        written: Python state that the traced function wrote, and that was put back.
        training: the `training` flag of the traced module; None when the program was not a module.
    """

    graph: fx.Graph
    modules: Mapping[str, torch.nn.Module]
    graph_inputs: tuple[GraphInput, ...]
    graph_outputs: tuple[GraphOutput, ...]
    signature: ExportGraphSignature
    contract: Contract
    arguments: Inputs
    output_tree: Tree
    output_leaves: tuple[OutputLeaf, ...]
    argument_state: ArgumentState | None
    state: Mapping[str, torch.Tensor]
    constants: Mapping[str, torch.Tensor]
    written: tuple[WrittenState, ...] = ()
    training: bool | None = None

    @cached_property
    def graph_module(self) -> fx.GraphModule:
        """The graph with its subgraphs and its generated code."""
        root = torch.nn.Module()
        for name, module in self.modules.items():
            root.add_module(name, module)
        return fx.GraphModule(root, self.graph, "GraphModule")

    @property
    def lifted(self) -> tuple[torch.Tensor, ...]:
        """The tensors for the placeholders that no caller gives, in order."""
        names = [entry.target for entry in self.graph_inputs if entry.leaf is None]
        return tuple(tensor for _, tensor in self.named(names))

    def named(self, names: Iterable[str]) -> Iterator[tuple[str, Any]]:
        """Yield the lifted tensors of these names."""
        for name in names:
            yield name, self.state[name] if name in self.state else self.constants[name]

    def with_tensors(self, tensors: Mapping[str, torch.Tensor]) -> ProgramParts:
        """Return the program on other parameters, buffers and constants, by qualified name."""
        return replace(
            self,
            state={name: tensors[name] for name in self.state},
            constants={name: tensors[name] for name in self.constants},
        )
