"""What one trace leaves behind, as plain data: the pure graph and the meaning of each of its inputs and outputs.

Nothing here holds a traced tensor. `program/assemble.py` turns a `Trace` and a simplified contract into
`ProgramParts`; the signature is made there, so that tracing never hears of it.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch
    from torch import fx

    from fullgraph.contract import Ledger
    from fullgraph.source import Origin
    from fullgraph.symbolic import Bool, Scope
    from fullgraph.tracing.tree import Tree


class InputRole(Enum):
    """What a placeholder of the graph stands for."""

    PARAMETER = auto()
    BUFFER = auto()
    CONSTANT = auto()
    USER = auto()


class OutputRole(Enum):
    """What becomes of a value that the graph returns."""

    USER = auto()  # a leaf of what the caller gets back
    BUFFER = auto()  # copied into the buffer `target` after the graph ran
    PARAMETER = auto()  # copied into the parameter `target`
    CONSTANT = auto()  # copied into the lifted constant `target`
    INPUT = auto()  # copied into the tensor input whose path is `target`
    ARGUMENT_STATE = auto()  # a leaf of an argument container (list, dict, object) that the program changed


@dataclass(frozen=True)
class GraphInput:
    """One placeholder, in graph order. `target` is a qualified name, or an input's path for USER."""

    node: str
    role: InputRole
    target: str
    value: torch.Tensor | None = None  # the real tensor of a lifted input, shared and never copied
    persistent: bool = True
    leaf: int | None = None  # USER: index into the flattened arguments


def name_in_facts(target: str, role: InputRole, arguments: Collection[str]) -> str:
    """Return what the contract calls a lifted tensor: its name, unless one of the arguments has it as well."""
    return f"{role.name.lower()} {target}" if target in arguments else target


@dataclass(frozen=True)
class GraphOutput:
    """One element of the tuple that the graph returns, in order."""

    node: str | None  # None for a Python constant
    role: OutputRole
    target: str | None = None
    constant: Any = None
    under_no_grad: bool = False  # for write-backs: the program wrote under no_grad, so the copy must too
    rebound: bool = (
        False  # for buffers: the program gave the attribute another tensor, which is not the buffer
    )


@dataclass(frozen=True)
class OutputLeaf:
    """A leaf of the output tree: the graph output at `index`, an input given back as it came, or a constant."""

    index: int | None = None
    input_leaf: int | None = None  # the caller's own tensor or value at this leaf of the flattened arguments
    lifted: str | None = None  # a parameter, buffer or constant of the program itself, by qualified name
    constant: Any = None


@dataclass(frozen=True)
class Branch:
    """A question on dynamic sizes that the program's Python asked, and the side it was sent to."""

    question: Bool
    answer: bool
    origin: Origin
    note: str = ""  # what it asked about, where no line did


class Raised(Exception):
    """The program raised on the way down given branches, as it would in eager for the same sizes.

    Args:
        ledger: what the trace had relied on by then.
        branches: the branches that it had taken by then.
    """

    def __init__(self, ledger: Ledger, branches: tuple[Branch, ...]) -> None:
        super().__init__()
        self.ledger = ledger
        self.branches = branches


@dataclass(frozen=True)
class WrittenState:
    """A Python attribute that the program wrote and that was put back after the trace."""

    path: str  # "model.layers.0.last_output"
    kind: str  # "attribute", "list", "dict"


@dataclass(frozen=True)
class Trace:
    """One recorded run of the program."""

    graph: fx.Graph
    inputs: tuple[GraphInput, ...]
    outputs: tuple[GraphOutput, ...]
    output_tree: Tree  # leaves index `output_leaves`
    output_leaves: tuple[OutputLeaf, ...]
    argument_tree: Tree  # of the bound arguments, leaves index the flattened arguments
    argument_state: (
        tuple[Tree, tuple[OutputLeaf, ...]] | None
    )  # the arguments as the program left them, when it changed a container
    ledger: Ledger
    scope: Scope  # the facts learnt on the way
    modules: dict[str, torch.nn.Module]  # subgraphs of higher-order operators, by attribute name
    written: tuple[WrittenState, ...] = ()
    branches: tuple[Branch, ...] = ()  # in the order in which they were asked
