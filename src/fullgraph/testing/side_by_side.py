"""A program and eager, called side by side on copies of the same arguments.

Compared are what is returned, what became of the arguments, and what became of the module's parameters and buffers.
Calls follow one another: the next one reads what the last one wrote. Random numbers start from one seed for both.

Invariant: the arguments given are not changed, nor is the state of the random generators.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import torch

from fullgraph.errors import ContractError
from fullgraph.testing.calls import Call
from fullgraph.testing.compare import Difference, Tolerance, differences


class Program(Protocol):
    """What is compared with eager: ours, or that of another exporter."""

    @property
    def state_dict(self) -> Mapping[str, torch.Tensor]:
        """Its parameters and buffers by qualified name."""
        ...

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it."""
        ...


@dataclass(frozen=True)
class SideBySide:
    """What came of calling both with the same arguments.

    Args:
        eager_error: what eager raised.
        program_error: what the program raised.
        differences: the places that differ when neither raised.
        outcomes: in words, what eager did and what the program did.
    """

    eager_error: Exception | None
    program_error: Exception | None
    differences: tuple[Difference, ...]
    outcomes: tuple[str, str]


def call_both(
    eager: Callable[..., Any], program: Program, call: Call, name: str, tolerance: Tolerance | None = None
) -> SideBySide:
    """Call both with the same arguments.

    Args:
        eager: the function, which shares no state with the program.
        program: the program.
        call: the arguments.
        name: names the call in the differences.
        tolerance: how far floating-point numbers may be apart.
    """
    for_eager, for_program = call.copied(), call.copied()
    expected, raised = _result(eager, for_eager)
    actual, refused = _result(program, for_program)
    outcomes = (_outcome(expected, raised), _outcome(actual, refused))
    if raised is not None or refused is not None:
        return SideBySide(raised, refused, (), outcomes)
    state = state_of(eager)
    held = {key: tensor.detach() for key, tensor in program.state_dict.items() if key in state}
    found = (
        *differences(expected, actual, f"{name}: output", tolerance),
        *differences(for_eager.args, for_program.args, f"{name}: args after the call", tolerance),
        *differences(for_eager.kwargs, for_program.kwargs, f"{name}: kwargs after the call", tolerance),
        *differences({key: state[key] for key in held}, held, f"{name}: state after the call", tolerance),
    )
    return SideBySide(None, None, found, outcomes)


def compare_call(
    eager: Callable[..., Any],
    program: Program,
    call: Call,
    name: str,
    tolerance: Tolerance | None = None,
) -> list[Difference]:
    """Call both with the same arguments, none of which may make one of them raise.

    Args:
        eager: the function, which shares no state with the program.
        program: the program.
        call: the arguments.
        name: names the call in the differences.
        tolerance: how far floating-point numbers may be apart.

    Returns:
        The places that differ. That one of the two raises is a difference of the output.
    """
    found = call_both(eager, program, call, name, tolerance)
    if found.eager_error is not None or found.program_error is not None:
        return [Difference(f"{name}: outcome", *found.outcomes)]
    return list(found.differences)


def compare_rejection(program: Program, call: Call, name: str) -> list[Difference]:
    """Call a program with arguments outside its contract: it must raise `ContractError` and change nothing.

    Args:
        program: the program.
        call: the arguments.
        name: names the call in the differences.
    """
    given, state = call.copied(), copy.deepcopy(program.state_dict)
    actual, refused = _result(program, given)
    if not isinstance(refused, ContractError):
        return [Difference(f"{name}: outcome", "to be rejected by the contract", _outcome(actual, refused))]
    return [
        *differences(call.args, given.args, f"{name}: args of a rejected call"),
        *differences(call.kwargs, given.kwargs, f"{name}: kwargs of a rejected call"),
        *differences(state, program.state_dict, f"{name}: state after a rejected call"),
    ]


def state_of(fn: Callable[..., Any]) -> dict[str, torch.Tensor]:
    """Return parameters and buffers by qualified name, tied ones under each of their names."""
    module = fn if isinstance(fn, torch.nn.Module) else getattr(fn, "__self__", None)
    if not isinstance(module, torch.nn.Module):
        return {}
    found: dict[str, torch.Tensor] = dict(module.named_parameters(remove_duplicate=False))
    found |= dict(module.named_buffers(remove_duplicate=False))
    return {name: tensor.detach() for name, tensor in found.items()}


def _result(fn: Callable[..., Any], call: Call) -> tuple[Any, Exception | None]:
    """Call, and return what is returned or what is raised."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(0)
        try:
            return fn(*call.args, **call.kwargs), None
        except Exception as error:  # noqa: BLE001  (what the user's program raises is a result like any other)
            return None, error


def _outcome(value: Any, error: Exception | None) -> str:
    return f"returned {type(value).__name__}" if error is None else f"raised {type(error).__name__}: {error}"
