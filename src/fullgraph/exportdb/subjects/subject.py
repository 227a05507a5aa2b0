"""A subject: a program with the calls it is judged by, whoever wrote it. What a survey needs to know, and no more."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fullgraph.testing import Call


@dataclass(frozen=True, eq=False)
class Subject:
    """A program, how to export it, and what to call it with.

    Args:
        name: a case's own name, or `provider:name`.
        make: returns the program to run, with the same parameters at each call.
        example: the call to export with.
        extra: further calls inside the contract.
        rejected: calls outside the contract; what a program does with them must not differ from eager in silence.
        dynamic_shapes: as in `fullgraph.export`.
        constraints: as in `fullgraph.export`, or a function from the example's arguments to that.
    """

    name: str
    make: Callable[[], Callable[..., Any]]
    example: Call
    extra: tuple[Call, ...] = ()
    rejected: tuple[Call, ...] = ()
    dynamic_shapes: Any = None
    constraints: Any = None

    def constraints_of(self, example: Call) -> Any:
        """Return the constraints for this copy of the example."""
        given = self.constraints
        return given(*example.args, **example.kwargs) if callable(given) else given


class NoSubject(Exception):
    """The program cannot be made here, so no exporter is to blame."""


def fingerprint(text: str) -> str:
    """Return a short name for a text, which another text does not have."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]
