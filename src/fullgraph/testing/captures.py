"""`assert_captures`: one line in a user's own test suite, so that what is captured today is captured tomorrow."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fullgraph.errors import CaptureError
from fullgraph.export import export
from fullgraph.exported_program import ExportedProgram
from fullgraph.testing.calls import Call, as_call
from fullgraph.testing.compare import Difference, Tolerance, differences
from fullgraph.testing.side_by_side import compare_call, compare_rejection, state_of


def assert_captures(
    fn: Callable[..., Any],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    dynamic_shapes: Any = None,
    extra_args: Sequence[Any] = (),
    rejected_args: Sequence[Any] = (),
    rtol: float | None = None,
    atol: float | None = None,
    **options: Any,
) -> ExportedProgram:
    """Export a function, and compare its program with the function itself: outputs, mutated inputs, mutated state.

    Args:
        fn: a function, bound method or module. Modules are copied, once for eager and once for the export.
        args: the example's positional arguments; used as copies, like all others here.
        kwargs: the example's keyword arguments.
        dynamic_shapes: as in `fullgraph.export`.
        extra_args: further inputs to compare on, at other sizes, or such that take the other branch. Each is a tuple
            of positional arguments, a dict of keyword arguments, or a `Call` with both.
        rejected_args: inputs, written in the same way, that the contract must reject.
        rtol: as in `torch.testing.assert_close`.
        atol: as in `torch.testing.assert_close`.
        options: further arguments of `fullgraph.export`.

    Returns:
        The program, for whatever else a test wants to know.

    Raises:
        AssertionError: the export was refused, or the program differs from the function; it says where and how.

    Example:
        >>> import torch
        >>> from fullgraph.testing import assert_captures
        >>> double = lambda x: x * 2
        >>> program = assert_captures(
        ...     double, (torch.ones(3),), dynamic_shapes={"x": "n"}, extra_args=[(torch.ones(7),)]
        ... )
    """
    __tracebackhide__ = True
    example = Call(tuple(args), dict(kwargs or {}))
    eager, exported = copy.deepcopy(fn), copy.deepcopy(fn)
    given = example.copied()
    try:
        program = export(exported, given.args, given.kwargs or None, dynamic_shapes=dynamic_shapes, **options)
    except CaptureError as refusal:
        raise AssertionError(f"{_name(fn)} is not captured:\n{refusal}") from refusal
    tolerance = Tolerance(rtol, atol)
    found = [
        *differences((example.args, example.kwargs), (given.args, given.kwargs), "example after the export"),
        *differences(state_of(eager), state_of(exported), "state after the export"),
        *compare_call(eager, program, example, "the example", tolerance),
    ]
    for number, each in enumerate(extra_args):
        found += compare_call(eager, program, as_call(each, example), f"extra_args[{number}]", tolerance)
    for number, each in enumerate(rejected_args):
        found += compare_rejection(program, as_call(each, example), f"rejected_args[{number}]")
    if found:
        raise AssertionError(_report(_name(fn), found))
    return program


def _report(name: str, found: Sequence[Difference]) -> str:
    places = "in 1 place" if len(found) == 1 else f"in {len(found)} places"
    return "\n".join([f"The program of {name} differs from eager {places}.", *map(str, found)])


def _name(fn: Callable[..., Any]) -> str:
    return getattr(fn, "__qualname__", type(fn).__qualname__)
