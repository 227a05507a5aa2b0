"""`ExportedProgram`: the object that users hold. Each method is one delegation to the layer that does the work."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

import torch
from torch import fx

from fullgraph import artifact, program

if TYPE_CHECKING:
    from fullgraph.contract import Contract


class ExportedProgram:
    """A captured program: one graph, right for every input that its contract accepts.

    Call it as the function it was made from. `print(program)` shows the graph with the shape of each value, the
    signature, the range of each symbol and the contract with the source line of each of its lines.

    Args:
        parts: the program as plain data; `fullgraph.export` and `fullgraph.load` make it.

    Example:
        >>> import fullgraph, torch
        >>> exported = fullgraph.export(torch.sin, (torch.zeros(3),), dynamic_shapes=("n",))
        >>> exported(torch.zeros(5))
        tensor([0., 0., 0., 0., 0.])
    """

    def __init__(self, parts: program.ProgramParts) -> None:
        self._parts = parts

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run the program, after checking that its contract accepts the arguments.

        Raises:
            ContractError: an argument is outside the contract; nothing was computed or changed.
        """
        return self._run(self._lifted, args, kwargs)

    @cached_property
    def _run(self) -> program.Run:
        return program.compile_program(self._parts)

    @cached_property
    def _lifted(self) -> tuple[torch.Tensor, ...]:
        return self._parts.lifted

    def module(self) -> torch.nn.Module:
        """Return the program as a trainable module on the same parameters, under the traced module's names."""
        parts = self._parts

        def pickled(tensors: Mapping[str, torch.Tensor]) -> tuple[Any, ...]:
            return _module_from_bytes, (artifact.program_as_bytes(parts.with_tensors(tensors)),)

        return program.ProgramModule(parts, self._run, pickled)

    @property
    def parts(self) -> program.ProgramParts:
        """The program as plain data."""
        return self._parts

    @cached_property
    def graph_module(self) -> fx.GraphModule:
        """The graph with its generated code; placeholders are the lifted tensors, then the user's inputs."""
        return program.with_stack_traces(self._parts.graph_module)

    @property
    def graph(self) -> fx.Graph:
        """The graph: a `torch.fx.Graph` over `torch.ops.aten` and higher-order operators."""
        return self.graph_module.graph

    @property
    def graph_signature(self) -> program.ExportGraphSignature:
        """Which inputs and outputs of the graph mean what, as in `torch.export`."""
        return self._parts.signature

    @property
    def contract(self) -> Contract:
        """What a call must satisfy, a line for each assumption, with the source line that asked for it."""
        return self._parts.contract

    @property
    def range_constraints(self) -> dict[str, program.RangeConstraint]:
        """The range of each symbol, `oo` for no bound."""
        return program.range_constraints(self._parts.contract)

    @property
    def state_dict(self) -> dict[str, torch.Tensor]:
        """Parameters and persistent buffers by qualified name: the user's own tensors."""
        return dict(self._parts.state)

    @property
    def constants(self) -> dict[str, torch.Tensor]:
        """The other tensors that the program holds: non-persistent buffers and closed-over tensors."""
        return dict(self._parts.constants)

    @property
    def example_inputs(self) -> tuple[tuple[Any, ...], dict[str, Any]]:
        """The arguments that the program was exported with, as `(args, kwargs)`."""
        arguments = self._parts.arguments
        rebuilt = arguments.rebuild([leaf.value for leaf in arguments.leaves])
        return rebuilt.args, rebuilt.kwargs

    def named_parameters(self) -> Iterator[tuple[str, torch.nn.Parameter]]:
        """Yield the parameters that the graph uses, by qualified name."""
        return self._parts.named(self.graph_signature.parameters)

    def parameters(self) -> Iterator[torch.nn.Parameter]:
        """Yield the parameters that the graph uses."""
        return (parameter for _, parameter in self.named_parameters())

    def named_buffers(self) -> Iterator[tuple[str, torch.Tensor]]:
        """Yield the buffers that the graph uses, by qualified name."""
        return self._parts.named(self.graph_signature.buffers)

    def buffers(self) -> Iterator[torch.Tensor]:
        """Yield the buffers that the graph uses."""
        return (buffer for _, buffer in self.named_buffers())

    def with_runtime_assertions(self) -> ExportedProgram:
        """Return the program with its contract as operators inside the graph, for runtimes that take only a graph."""
        return ExportedProgram(program.add_runtime_assertions(self._parts))

    def verify(self) -> None:
        """Check that the graph is a legal one: pure, connected, of known operators, with nothing of the trace in it.

        Raises:
            CaptureError: it is not; the error names the line that the node came from.
        """
        program.verify(self._parts)

    def save(self, path: artifact.PathLike, *, examples: bool = True) -> None:
        """Write the program to a file, which `fullgraph.load` reads; by custom its name ends in `.fgx`.

        The file is a safetensors file. It appears at once, when all of it is written. There is no code in it: classes
        of inputs and outputs are known by name, and have to be at the top level of a module.

        Args:
            path: where to.
            examples: whether to keep the tensors that the program was exported with; else only their shapes.

        Raises:
            ArtifactError: something in the program cannot be written; it is named.
        """
        artifact.write_program(self._parts, path, examples=examples)

    def __deepcopy__(self, memo: dict[int, Any]) -> ExportedProgram:
        twin = type(self).__new__(type(self))
        memo[id(self)] = twin
        twin.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as `save` writes it."""
        return _from_bytes, (artifact.program_as_bytes(self._parts),)

    def __str__(self) -> str:
        return program.render_program(self._parts)

    def __repr__(self) -> str:
        return str(self)


def _from_bytes(content: bytes) -> ExportedProgram:
    return ExportedProgram(artifact.program_from_bytes(content))


def _module_from_bytes(content: bytes) -> torch.nn.Module:
    return _from_bytes(content).module()


def load(path: artifact.PathLike) -> ExportedProgram:
    """Read a program from a file that `ExportedProgram.save` wrote.

    Weights are mapped into memory, not read: loading takes the time to read the graph. Nothing in the file is run, and
    nothing is imported: import the modules whose classes and operators the program uses before.

    Args:
        path: the file.

    Raises:
        ArtifactError: it is no saved program, or one from a later version; it is damaged; an operator or a class
            that the program uses is not there.

    Example:
        >>> import os, tempfile, fullgraph, torch
        >>> path = os.path.join(tempfile.mkdtemp(), "sin.fgx")
        >>> fullgraph.export(torch.sin, (torch.zeros(3),), dynamic_shapes=("n",)).save(path)
        >>> fullgraph.load(path)(torch.zeros(5))
        tensor([0., 0., 0., 0., 0.])
    """
    return ExportedProgram(artifact.read_program(path))
