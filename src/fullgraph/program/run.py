"""What a call of a program does: bind, check, run the graph, write back, rebuild the outputs.

One straight-line function is generated for each program, so that a call costs little more than its graph: nothing is
looked up, inspected or flattened that the export already knew. It takes the lifted tensors as an argument, because
the same function serves the program (the user's own tensors) and its trainable module (whatever its parameters are).

Two things stand between the graph and the write-backs:

* With gradients enabled the graph gets a copy of each tensor that is written back. Autograd may have kept the old
  value for the backward pass (batch norm keeps its running statistics), and writing to that very tensor would make
  the backward pass fail, where eager, which writes inside the operator, does not.
* A returned value that shares storage with a written tensor is copied before anything is written (see `aliasing`).

After the write-backs, a returned view of what was written (`x.add_(1); return x[0]`) is taken anew from the tensor it
was copied into, as in eager.

Invariant: when the graph raises, nothing has been written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch

from fullgraph.contract import Assumption, Contract, compile_check, share_memory
from fullgraph.program.aliasing import may_share_storage
from fullgraph.program.forward import forward_of
from fullgraph.program.lifted_check import LiftedCheck, compile_lifted_check, without_lifted
from fullgraph.program.parts import ProgramParts
from fullgraph.tracing import (
    Container,
    Given,
    GraphInput,
    InputRole,
    OutputLeaf,
    OutputRole,
    Tree,
    compile_bind,
    compile_output,
    compile_state,
)

Run = Callable[[Sequence[torch.Tensor], tuple[Any, ...], Mapping[str, Any]], Any]

_WRITTEN: Final = {
    OutputRole.PARAMETER: InputRole.PARAMETER,
    OutputRole.BUFFER: InputRole.BUFFER,
    OutputRole.CONSTANT: InputRole.CONSTANT,
    OutputRole.INPUT: InputRole.USER,
}


@dataclass(frozen=True)
class Steps:
    """The functions that a call is made of.

    Args:
        bind: a call's arguments to the flat leaves, or to those and the caller's containers (`needs_containers`).
        check: accepts the leaves, or raises `ContractError`.
        forward: the graph, on values for its placeholders.
        output: the values of the output leaves (and the containers) to what the caller gets.
        write_state: the values of the argument state into the caller's containers.
        check_lifted: the same for what the program relies on about its own tensors.
    """

    bind: Callable[..., list[Any]]
    check: Callable[[Sequence[Any]], None]
    forward: Callable[..., Sequence[Any]]
    output: Callable[..., Any]
    write_state: Callable[..., None] | None = None
    check_lifted: LiftedCheck | None = None


def compile_program(parts: ProgramParts) -> Run:
    """Return the function that does one call of a program; all of its code is generated here."""
    containers = needs_containers(parts)
    state = parts.argument_state
    contract, on_lifted = without_lifted(parts.contract, parts.graph_inputs)
    steps = Steps(
        bind=compile_bind(parts.arguments, containers=containers, distinct=containers),
        check=compile_check(contract),
        forward=forward_of(parts.graph_module),
        output=compile_output(parts.output_tree),
        write_state=compile_state(state.tree) if state is not None else None,
        check_lifted=_check_of_lifted(parts, contract, on_lifted),
    )
    return compile_run(parts, steps)


def _check_of_lifted(
    parts: ProgramParts, contract: Contract, on_lifted: tuple[Assumption, ...]
) -> LiftedCheck | None:
    specs = [
        node.meta["val"]
        for node, entry in zip(parts.graph.find_nodes(op="placeholder"), parts.graph_inputs)
        if entry.leaf is None
    ]
    return compile_lifted_check(contract, on_lifted, parts.graph_inputs, specs) if specs else None


def needs_containers(parts: ProgramParts) -> bool:
    """Say whether a call touches the caller's own lists, dicts or objects: it changes one, or gives one back."""
    return parts.argument_state is not None or _has_given(parts.output_tree)


def compile_run(parts: ProgramParts, steps: Steps) -> Run:
    """Return `run(lifted, args, kwargs)`, which does one call of the program.

    Args:
        parts: the program.
        steps: the functions to call.
    """
    writer = _Writer(parts)
    source = writer.source(checks_lifted=steps.check_lifted is not None)
    namespace: dict[str, Any] = {
        "bind": steps.bind,
        "check": steps.check,
        "check_lifted": steps.check_lifted,
        "forward": steps.forward,
        "build": steps.output,
        "write_state": steps.write_state,
        "constants": writer.constants,
        "is_grad_enabled": torch.is_grad_enabled,
        "no_grad": torch.no_grad,
        "detached": detached_from,
        "seen_through": seen_through,
    }
    exec(compile(source, "<fullgraph run>", "exec"), namespace)  # noqa: S102  (the text is ours, made just above)
    run: Run = namespace["run"]
    return run


def detached_from(value: Any, *targets: torch.Tensor) -> Any:
    """Return the value, copied if it shares storage with a tensor that is about to be written."""
    if not isinstance(value, torch.Tensor):
        return value
    if value.layout is not torch.strided:
        return value.clone() if any(share_memory(value, target) for target in targets) else value
    place = value.untyped_storage().data_ptr()
    shared = any(place == target.untyped_storage().data_ptr() for target in targets)
    return value.clone() if shared else value


def seen_through(value: Any, contents: torch.Tensor, target: torch.Tensor) -> Any:
    """Return the view of `target` that `value` is of `contents`, which was copied into `target`.

    Where the two are laid out differently there is no such view, and the value stays a tensor of its own.
    """
    if (
        not isinstance(value, torch.Tensor)
        or value.layout is not torch.strided
        or _steps(contents) != _steps(target)
        or value.untyped_storage().data_ptr() != contents.untyped_storage().data_ptr()
        or value.is_neg()
    ):
        return value
    if value.dtype != target.dtype:
        return _seen_as_other_dtype(value, contents, target)
    start = target.storage_offset() + value.storage_offset() - contents.storage_offset()
    view = target.as_strided(value.size(), value.stride(), start)
    if value.is_conj() != contents.is_conj():
        view = view.conj()
    return view if value.requires_grad == view.requires_grad else view.detach()


def _steps(tensor: torch.Tensor) -> list[int]:
    """Return the strides that matter: those of dims with several elements."""
    return [step for size, step in zip(tensor.shape, tensor.stride()) if size > 1]


def _seen_as_other_dtype(value: torch.Tensor, contents: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
    """The same for a view that takes the bytes for another kind of number."""
    if value.requires_grad or target.requires_grad or not value.numel():
        return value
    memory = target.untyped_storage()
    start = target.data_ptr() - memory.data_ptr() + value.data_ptr() - contents.data_ptr()
    view = value.new_empty(0)
    return view.set_(memory, start // value.element_size(), value.size(), value.stride())


class _Writer:
    """Writes the text of `run`."""

    def __init__(self, parts: ProgramParts) -> None:
        self.parts = parts
        self.constants: list[Any] = []
        self.places = _places(parts.graph_inputs)
        by_role = {(entry.role, entry.target): position for position, entry in enumerate(parts.graph_inputs)}
        # Position among the placeholders, and the returned value to copy there.
        self.writes = [
            (by_role[_WRITTEN[entry.role], entry.target or ""], index, entry.under_no_grad)
            for index, entry in enumerate(parts.graph_outputs)
            if entry.role in _WRITTEN
        ]
        names = [parts.graph_inputs[position].node for position, _, _ in self.writes]
        self.sharing = may_share_storage(parts.graph, names)
        unread = {node.name for node in parts.graph.find_nodes(op="placeholder") if not node.users}
        self.kept_old = {
            position for position, _, _ in self.writes if parts.graph_inputs[position].node not in unread
        }

    def source(self, checks_lifted: bool) -> str:
        containers = needs_containers(self.parts)
        bound, given = ("leaves, containers", ", containers") if containers else ("leaves", "")
        lines = [
            f"{bound} = bind(*args, **kwargs)",
            "check(leaves)",
            *(["check_lifted(leaves, lifted)"] if checks_lifted else []),
            *self._graph(),
            *self._protect(),
            *self._write(),
            *self._look_again(),
        ]
        if self.parts.argument_state is not None:
            lines.append(f"write_state({self._values(self.parts.argument_state.leaves)}{given})")
        lines.append(f"return build({self._values(self.parts.output_leaves)}{given})")
        return "def run(lifted, args, kwargs):\n" + "\n".join(f"    {line}" for line in lines) + "\n"

    def _graph(self) -> list[str]:
        lifted = sum(1 for entry in self.parts.graph_inputs if entry.leaf is None)
        user = [place for place in self.places if place.startswith("leaves")]
        if not self.writes:
            return [f"out = forward({', '.join([*(['*lifted'] if lifted else []), *user])})"]
        written = sorted({position for position, _, _ in self.writes})
        targets = [f"t{position} = {self.places[position]}" for position in written]
        values = f"values = [{', '.join(['*lifted', *user])}]"
        copies = [f"    values[{position}] = t{position}.clone()" for position in sorted(self.kept_old)]
        copying = ["if is_grad_enabled():", *copies] if copies else []
        return [*targets, values, *copying, "out = forward(*values)", "del values"]

    def _protect(self) -> list[str]:
        """Copy what is returned and shares storage with what is to be written."""
        outputs = self.parts.graph_outputs
        at_risk = [index for index in sorted(self._read()) if outputs[index].node in self.sharing]
        if not at_risk:
            return []
        targets = ", ".join(
            f"t{position}" for position in sorted({position for position, _, _ in self.writes})
        )
        return [
            "out = list(out)",
            *(f"out[{index}] = detached(out[{index}], {targets})" for index in at_risk),
        ]

    def _read(self) -> set[int]:
        """Return which returned values are used: not those of leaves that give back the caller's own object."""
        state = self.parts.argument_state
        leaves = [*self.parts.output_leaves, *(state.leaves if state is not None else ())]
        read = {leaf.index for leaf in leaves if leaf.index is not None and _is_made_by_graph(leaf)}
        return {index for _, index, _ in self.writes} | read

    def _write(self) -> list[str]:
        plain = [f"t{position}.copy_(out[{index}])" for position, index, quiet in self.writes if not quiet]
        quiet = [f"    t{position}.copy_(out[{index}])" for position, index, quiet in self.writes if quiet]
        return [*plain, *(["with no_grad():", *quiet] if quiet else [])]

    def _look_again(self) -> list[str]:
        """Take returned views of what was written from the tensors that it was copied into."""
        outputs = self.parts.graph_outputs
        inputs = {entry.node for entry in self.parts.graph_inputs}
        lines: list[str] = []
        returned = sorted(self._read() - {index for _, index, _ in self.writes})
        for position, index, _ in self.writes:
            contents = outputs[index].node
            if contents is not None and contents not in inputs and returned and not outputs[index].rebound:
                views = may_share_storage(self.parts.graph, [contents])
                found = [each for each in returned if outputs[each].node in views]
                lines += [
                    f"out[{each}] = seen_through(out[{each}], out[{index}], t{position})" for each in found
                ]
        return ["out = list(out)", *lines] if lines else []

    def _values(self, leaves: Sequence[OutputLeaf]) -> str:
        return "[" + ", ".join(map(self._value, leaves)) + "]"

    def _value(self, leaf: OutputLeaf) -> str:
        if leaf.input_leaf is not None:
            return f"leaves[{leaf.input_leaf}]"
        if leaf.lifted is not None:
            position = next(
                index
                for index, entry in enumerate(self.parts.graph_inputs)
                if entry.leaf is None and entry.target == leaf.lifted
            )
            return self.places[position]
        if leaf.index is not None and self.parts.graph_outputs[leaf.index].node is not None:
            return f"out[{leaf.index}]"
        # The graph returns plain constants only; the program gives back the very object.
        self.constants.append(leaf.constant)
        return f"constants[{len(self.constants) - 1}]"


def _has_given(tree: Tree) -> bool:
    return isinstance(tree, Given) or (isinstance(tree, Container) and any(map(_has_given, tree.children)))


def _is_made_by_graph(leaf: OutputLeaf) -> bool:
    return leaf.input_leaf is None and leaf.lifted is None


def _places(inputs: Sequence[GraphInput]) -> list[str]:
    """Say where `run` finds the value of each placeholder."""
    places = []
    lifted = 0
    for entry in inputs:
        if entry.leaf is None:
            places.append(f"lifted[{lifted}]")
            lifted += 1
        else:
            places.append(f"leaves[{entry.leaf}]")
    return places
