"""The eager loops' own check of what a step writes: the same is refused as in a trace, instead of being surprising.

A step that writes in place to what it is given, and does not hand on that very tensor, changes the caller's tensor in
its first call only. A result that a later step writes is not what the step returned. PyTorch counts the writes to each
tensor, so both are seen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import torch

from fullgraph.control_flow.recording import name_of
from fullgraph.tracing import inside_functorch

Noted = list[tuple[Any, int]]


def note(values: Iterable[Any]) -> Noted:
    """Return the values with the number of writes to each so far."""
    transformed = inside_functorch()  # what functorch wraps has no count
    return [
        (value, value._version)
        if isinstance(value, torch.Tensor) and not transformed and not value.is_inference()
        else (None, 0)
        for value in values
    ]


def refuse_written_arguments(given: Noted, handed_on: Sequence[Any], name: str) -> None:
    """Raise if a step wrote to what it was given; it may hand on the very tensor in the same place.

    Args:
        given: what was noted of the arguments.
        handed_on: what the step returned for the next one.
        name: of the function.
    """
    for place, (value, version) in enumerate(given):
        is_handed_on = place < len(handed_on) and handed_on[place] is value
        if value is not None and value._version != version and not is_handed_on:
            raise RuntimeError(
                f"`{name}` writes one of its arguments in place; compute a new tensor, write to a clone, or return "
                "the very tensor that the loop carries in the place where it was given"
            )


class CheckedStep:
    """A step of a scan or map that checks what it writes.

    Args:
        fn: the user's function, for its name.
        step: takes what is carried, and a row; returns what is carried next, and results.
        count: how much is carried.
    """

    def __init__(self, fn: Any, step: Callable[..., Sequence[Any]], count: int) -> None:
        self._name = name_of(fn)
        self._step = step
        self._count = count
        self._results: Noted = []

    def __call__(self, *given: Any) -> Sequence[Any]:
        """Do a step."""
        noted = note(given)
        returned = self._step(*given)
        refuse_written_arguments(noted, returned[: self._count], self._name)
        self._results += note(returned[self._count :])
        return returned

    def refuse_written_results(self) -> None:
        """Raise if something was written after a step returned it; all steps have been done."""
        if any(value is not None and value._version != version for value, version in self._results):
            raise RuntimeError(
                f"`{self._name}` returns a tensor that a later step writes in place; return a copy: x.clone()"
            )
