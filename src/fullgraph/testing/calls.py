"""The arguments of one call, which can be copied so that a call that writes to them can be made again.

Invariant: a copy shares nothing with what it was copied from; tensors that share storage here share it there.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Call:
    """The arguments of one call.

    Args:
        args: positional arguments.
        kwargs: keyword arguments.
    """

    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)

    def copied(self) -> Call:
        """Return a copy that shares nothing with this one."""
        return Call(*copy.deepcopy((self.args, self.kwargs)))


def as_call(given: Any, example: Call) -> Call:
    """Read an entry of `extra_args`.

    Args:
        given: a `Call`, a tuple of positional arguments (keyword arguments are the example's), or a dict of keyword
            arguments (positional ones are the example's).
        example: the call that the program was exported with.

    Raises:
        TypeError: it is something else.
    """
    if isinstance(given, Call):
        return given
    if isinstance(given, tuple):
        return Call(given, example.kwargs)
    if isinstance(given, Mapping):
        return Call(example.args, dict(given))
    raise TypeError(f"an input is a tuple, a dict or a Call, not {type(given).__name__}")
