"""Does the program do what the function does? Both are run on copies of the examples and compared.

Compared are what is returned, what became of the arguments, and what became of the program's own tensors. Random
numbers start from one seed for both.

Invariant: afterwards the user's tensors, Python state and random generators are as they were.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch

from fullgraph.contract import TensorSpec
from fullgraph.errors import Unsupported
from fullgraph.program.parts import ProgramParts
from fullgraph.tracing import Inputs, PythonState, flatten

Leaves = dict[str, Any]


def verify_against_eager(
    fn: Callable[..., Any],
    program: Callable[..., Any],
    parts: ProgramParts,
    calls: Sequence[Inputs],
) -> None:
    """Run the function and the program side by side.

    Args:
        fn: the function that was exported.
        program: its program.
        parts: the program as data, with the tensors that the two have in common.
        calls: the examples; those with a `TensorSpec` among them have no data and are left out.

    Raises:
        Unsupported: the two differ; the error names the first place.
    """
    held = {id(tensor): tensor for tensor in (*parts.state.values(), *parts.constants.values())}
    tensors = tuple(held.values())
    for number, call in enumerate(calls):
        if any(isinstance(leaf.value, TensorSpec) for leaf in call.leaves):
            continue
        expected, actual = (_run(each, fn, tensors, call) for each in (fn, program))
        place = _first_difference(expected, actual)
        if place is not None:
            raise Unsupported(
                f"The program differs from `{call.name}` on example {number}, at {place}.",
                why="Something that the trace could not see takes part: state outside of torch and of the function's "
                "own objects, or a value that changes from call to call.",
                instead="Pass what changes as an argument, or keep it in a buffer.",
            )


def _run(
    each: Callable[..., Any], fn: Callable[..., Any], tensors: Sequence[torch.Tensor], call: Inputs
) -> Leaves:
    """Call on copies, and return by place what came of it."""
    copies: dict[int, Any] = {}
    rebuilt = call.rebuild([copies.setdefault(id(leaf.value), _copy(leaf.value)) for leaf in call.leaves])
    with _as_before(fn, tensors):
        result = each(*rebuilt.args, **rebuilt.kwargs)
        found = {"output": result, "arguments": rebuilt.args, "keyword arguments": rebuilt.kwargs}
        places = {what: _leaves(what, value) for what, value in found.items()}
        state = {f"the program's tensor {i}": tensor.detach().clone() for i, tensor in enumerate(tensors)}
        return {**places["output"], **places["arguments"], **places["keyword arguments"], **state}


@contextmanager
def _as_before(fn: Callable[..., Any], tensors: Sequence[torch.Tensor]) -> Iterator[None]:
    """Put tensors, Python state and random generators back."""
    contents = [tensor.detach().clone() for tensor in tensors]
    try:
        with PythonState(fn), torch.random.fork_rng():
            torch.manual_seed(0)
            yield
    finally:
        with torch.no_grad():
            for tensor, before in zip(tensors, contents):
                if not tensor.is_inference() and not _same_tensor(tensor, before):
                    tensor.copy_(before)


def _copy(value: Any) -> Any:
    if not isinstance(value, torch.Tensor):
        return value
    return value.detach().clone().requires_grad_(value.requires_grad)


def _leaves(what: str, value: Any) -> Leaves:
    flat = flatten(value)
    return {
        f"{what}{''.join(f'[{key!r}]' for key in keys)}": leaf for keys, leaf in zip(flat.keys, flat.leaves)
    }


def _first_difference(expected: Leaves, actual: Leaves) -> str | None:
    if list(expected) != list(actual):
        return next(
            (place for place in [*expected, *actual] if place not in actual or place not in expected),
            "output",
        )
    return next((place for place, value in expected.items() if not _same(value, actual[place])), None)


def _same(expected: Any, actual: Any) -> bool:
    if isinstance(expected, torch.Tensor):
        return isinstance(actual, torch.Tensor) and _close(expected, actual)
    equality: Any = type(expected).__eq__
    if equality is object.__eq__:  # an object of its own in each call
        return type(actual) is type(expected)
    both_nan = (
        isinstance(expected, float)
        and math.isnan(expected)
        and isinstance(actual, float)
        and math.isnan(actual)
    )
    return both_nan or bool(expected == actual)


def _close(expected: torch.Tensor, actual: torch.Tensor) -> bool:
    if expected.shape != actual.shape or expected.dtype != actual.dtype or expected.device != actual.device:
        return False
    try:
        torch.testing.assert_close(actual, expected, equal_nan=True)
    except AssertionError:
        return False
    return True


def _same_tensor(a: torch.Tensor, b: torch.Tensor) -> bool:
    return not a.is_meta and torch.equal(a, b)
