"""The graph signature: which inputs and outputs of the graph mean what, in the words of `torch.export`.

The classes are `torch.export`'s own, so whatever reads its signatures reads ours; only the printed form and the
argument state (see `USER_OUTPUT` with a target) are added.

Invariant: one spec for each placeholder and one for each returned value, in the graph's order: parameters, buffers
and constants before user inputs; write-backs before user outputs before argument state.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from torch import fx
from torch.export import graph_signature as torch_signature
from torch.export.graph_signature import (
    ConstantArgument,
    InputKind,
    InputSpec,
    OutputKind,
    OutputSpec,
    SymBoolArgument,
    SymFloatArgument,
    SymIntArgument,
    TensorArgument,
)

from fullgraph.symbolic import Bool, Expr
from fullgraph.tracing import GraphInput, GraphOutput, InputRole, OutputRole

Argument = TensorArgument | SymIntArgument | SymFloatArgument | SymBoolArgument | ConstantArgument

# The fields that the printed form shows, and those it shows only when they say something.
_SHOWN: Final = (
    "parameters",
    "buffers",
    "user_inputs",
    "user_outputs",
    "inputs_to_parameters",
    "inputs_to_buffers",
    "buffers_to_mutate",
    "parameters_to_mutate",
    "user_inputs_to_mutate",
    "inputs_to_lifted_tensor_constants",
    "argument_state",
    "backward_signature",
    "assertion_dep_token",
)
_SHOWN_WHEN_FILLED: Final = frozenset(
    ("parameters_to_mutate", "user_inputs_to_mutate", "inputs_to_lifted_tensor_constants", "argument_state")
)

_INPUT_KINDS: Final = {
    InputRole.PARAMETER: InputKind.PARAMETER,
    InputRole.BUFFER: InputKind.BUFFER,
    InputRole.CONSTANT: InputKind.CONSTANT_TENSOR,
    InputRole.USER: InputKind.USER_INPUT,
}
_OUTPUT_KINDS: Final = {
    OutputRole.USER: OutputKind.USER_OUTPUT,
    OutputRole.BUFFER: OutputKind.BUFFER_MUTATION,
    OutputRole.PARAMETER: OutputKind.PARAMETER_MUTATION,
    # torch.export has no word for a constant that is written: it is state, so it is called a buffer.
    OutputRole.CONSTANT: OutputKind.BUFFER_MUTATION,
    OutputRole.INPUT: OutputKind.USER_INPUT_MUTATION,
    OutputRole.ARGUMENT_STATE: OutputKind.USER_OUTPUT,
}


class ExportGraphSignature(torch_signature.ExportGraphSignature):
    """`torch.export.ExportGraphSignature` with a readable printed form and the argument state.

    A program may change a list, dict or object that it was given (a cache, most often). The tensors that it left
    there are returned by the graph after the user outputs; their specs are `USER_OUTPUT` with a target, the path
    inside the arguments, and are listed by `argument_state` instead of `user_outputs`.
    """

    @property
    def user_outputs(self) -> tuple[int | float | bool | str | None, ...]:
        """Names of the returned values that make up what the caller gets; constants by value."""
        specs = (
            spec for spec in self.output_specs if spec.kind is OutputKind.USER_OUTPUT and spec.target is None
        )
        return tuple(_name_or_value(spec.arg) for spec in specs)

    @property
    def argument_state(self) -> Mapping[str, str]:
        """Path inside the arguments, by the name of the returned value that belongs there."""
        return MappingProxyType(
            {
                spec.arg.name: spec.target
                for spec in self.output_specs
                if spec.kind is OutputKind.USER_OUTPUT and spec.target is not None
            }
        )

    def __repr__(self) -> str:
        fields = ((name, _plain(getattr(self, name))) for name in _SHOWN)
        shown = (f"{name}={value!r}" for name, value in fields if value or name not in _SHOWN_WHEN_FILLED)
        return f"ExportGraphSignature({', '.join(shown)})"

    __str__ = __repr__


def make_signature(
    inputs: Sequence[GraphInput], outputs: Sequence[GraphOutput], nodes: Mapping[str, fx.Node]
) -> ExportGraphSignature:
    """Return the signature of a graph.

    Args:
        inputs: its placeholders, in order.
        outputs: the values it returns, in order.
        nodes: its nodes by name.
    """
    placeholders = {entry.target: entry.node for entry in inputs if entry.role is InputRole.USER}
    return ExportGraphSignature(
        input_specs=[_input_spec(entry, nodes[entry.node]) for entry in inputs],
        output_specs=[_output_spec(entry, nodes, placeholders) for entry in outputs],
    )


def _input_spec(entry: GraphInput, node: fx.Node) -> InputSpec:
    lifted = entry.role is not InputRole.USER
    return InputSpec(
        kind=_INPUT_KINDS[entry.role],
        arg=argument_of(node),
        target=entry.target if lifted else None,
        persistent=entry.persistent if entry.role is InputRole.BUFFER else None,
    )


def _output_spec(
    entry: GraphOutput, nodes: Mapping[str, fx.Node], placeholders: Mapping[str, str]
) -> OutputSpec:
    target = entry.target
    if entry.role is OutputRole.INPUT:
        target = placeholders[target or ""]  # torch.export names the graph's input, not the user's path
    elif entry.role is OutputRole.USER:
        target = None
    if entry.node is None:
        return OutputSpec(_OUTPUT_KINDS[entry.role], ConstantArgument(name="", value=entry.constant), target)
    return OutputSpec(_OUTPUT_KINDS[entry.role], argument_of(nodes[entry.node]), target)


def argument_of(node: fx.Node) -> Argument:
    """Say what a node's value is: a tensor, or a size (an integer, float or truth value known at the call)."""
    value = node.meta.get("val")
    if isinstance(value, Bool):
        return SymBoolArgument(node.name)
    if isinstance(value, Expr):
        return SymFloatArgument(node.name) if value.is_float else SymIntArgument(node.name)
    return TensorArgument(node.name)


def _name_or_value(argument: Any) -> int | float | bool | str | None:
    return argument.value if isinstance(argument, ConstantArgument) else argument.name


def _plain(value: Any) -> Any:
    """Return the value in the form it prints in: lists and dicts, not tuples and mapping proxies."""
    if isinstance(value, Mapping):
        return dict(value)
    return list(value) if isinstance(value, tuple) else value
