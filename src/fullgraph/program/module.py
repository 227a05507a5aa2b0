"""A program as an `nn.Module` whose parameters and buffers stand under the names that the traced module gave them.

Its state is the user's own: the same parameters, not copies, so training the module trains the program. A call finds
the current parameters by a generated function that walks the module tree by plain dict look-ups; so whatever replaces
a parameter or a submodule (`to`, `load_state_dict(assign=True)`, an assignment) is seen by the next call.

Invariant: the names in `state_dict()` are those of the traced module; tied tensors stay one tensor.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import nn

from fullgraph.errors import FullgraphError
from fullgraph.program.parts import ProgramParts
from fullgraph.program.run import Run

FindTensors = Callable[[nn.Module], tuple[torch.Tensor, ...]]
# How a module is pickled with these tensors, as `__reduce__` says it.
Pickled = Callable[[Mapping[str, torch.Tensor]], tuple[Any, ...]]


class ProgramModule(nn.Module):
    """What `ExportedProgram.module()` returns: call it, train it, put it into another module.

    Whether dropout drops and batch norm averages was fixed when the program was exported, so `train()` and `eval()`
    are refused where they would ask for the other mode.

    Args:
        parts: the program.
        run: makes one call of it.
        pickled: says how the module is pickled.
    """

    def __init__(self, parts: ProgramParts, run: Run, pickled: Pickled) -> None:
        super().__init__()
        persistent = parts.state.keys()
        for name, tensor in {**parts.state, **parts.constants}.items():
            _place(self, name, tensor, persistent=name in persistent)
        self._fullgraph_run = run
        self._fullgraph_pickled = pickled
        names = [entry.target for entry in parts.graph_inputs if entry.leaf is None]
        self._fullgraph_find = compile_find(self, names)
        self._fullgraph_training = parts.training
        for module in self.modules():
            module.training = parts.training is not False

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Run the program on these arguments, which are those of the traced function."""
        return self._fullgraph_run(self._fullgraph_find(self), args, kwargs)

    def __deepcopy__(self, memo: dict[int, Any]) -> ProgramModule:
        twin = type(self).__new__(type(self))
        memo[id(self)] = twin
        twin.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return twin

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as the program is saved, with the tensors that are here now."""
        tensors: dict[str, torch.Tensor] = dict(self.named_parameters(remove_duplicate=False))
        return self._fullgraph_pickled({**tensors, **dict(self.named_buffers(remove_duplicate=False))})

    def train(self, mode: bool = True) -> ProgramModule:
        """Do nothing if the program was exported in this mode; refuse otherwise."""
        traced = self._fullgraph_training
        if traced is None or traced is mode:
            return self
        wanted, had = ("train()", "eval()") if mode else ("eval()", "train()")
        raise FullgraphError(
            f"`{wanted}` was called on a program exported in {had} mode.",
            why="Dropout, batch norm and every `if self.training` took their way when the program was exported.",
            instead=f"model.{wanted}\nprogram = fullgraph.export(model, ...)",
        )


def compile_find(root: nn.Module, names: Iterable[str]) -> FindTensors:
    """Return a function from a module to its tensors of these names, in order.

    Args:
        root: a module that has them; tells parameters from buffers.
        names: qualified names.
    """
    lines = ["def find(root):"]
    known = {"": "root"}
    found = []
    for name in names:
        path, _, last = name.rpartition(".")
        owner = _walk(path, known, lines)
        table = "_parameters" if last in root.get_submodule(path)._parameters else "_buffers"
        found.append(f"{owner}.{table}[{last!r}]")
    lines.append(f"    return ({''.join(f'{each}, ' for each in found)})")
    namespace: dict[str, Any] = {}
    exec(compile("\n".join(lines), "<fullgraph find>", "exec"), namespace)  # noqa: S102  (the text is ours)
    find: FindTensors = namespace["find"]
    return find


def _walk(path: str, known: dict[str, str], lines: list[str]) -> str:
    """Return the local variable that holds the submodule at `path`, adding the lines that fetch it."""
    if path not in known:
        parent, _, last = path.rpartition(".")
        owner = _walk(parent, known, lines)
        known[path] = f"m{len(known)}"
        lines.append(f"    {known[path]} = {owner}._modules[{last!r}]")
    return known[path]


def _place(root: nn.Module, name: str, tensor: torch.Tensor, persistent: bool) -> None:
    """Register a tensor under its qualified name, making the modules on the way."""
    *path, last = name.split(".")
    owner = root
    for step in path:
        child = owner._modules.get(step)
        if child is None:
            child = nn.Module()
            owner.add_module(step, child)
        owner = child
    if isinstance(tensor, nn.Parameter):
        owner.register_parameter(last, tensor)
    else:
        owner.register_buffer(last, tensor, persistent=persistent)


def find_name_clash(tensors: Mapping[str, torch.Tensor]) -> str | None:
    """Return a name that is both a tensor and the path to another one, which no module tree can hold."""
    paths = {
        name[:position] for name in tensors for position, character in enumerate(name) if character == "."
    }
    return next((name for name in tensors if name in paths), None)
