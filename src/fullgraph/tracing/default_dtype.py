"""The default dtype, which PyTorch reads where nothing else says which floating dtype a result has.

`torch.ones(n)`, `torch.tensor(1.5)` and a quotient of integers are of the default dtype. The graph has the one that the
export found, so a program with such an operator takes no call under another.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from fullgraph.contract import Ambient, AssumptionKind
from fullgraph.source import origin_here
from fullgraph.tracing.meta import values_in
from fullgraph.tracing.operators import Operator
from fullgraph.tracing.records import Records
from fullgraph.tracing.traced import Value

_LIFT_FRESH = torch.ops.aten.lift_fresh.default
_TYPES = (list, tuple)


def noted(
    records: Records, info: Operator, args: tuple[Any, ...], kwargs: Mapping[str, Any], made: Any
) -> Any:
    """Write down the default dtype if an operator's result has it from there; return the result.

    It has when it is floating, no argument is, and no argument names the dtype. What is made of Python numbers
    (`lift_fresh`) is known only to who made it: `torch.tensor`, see functions.py, or PyTorch itself, which knows a
    dtype for the number in `x[i] = 1`.
    """
    if info.overload is _LIFT_FRESH:
        return made
    default = torch.get_default_dtype()
    for value in made if isinstance(made, _TYPES) else (made,):
        if not isinstance(value, Value) or value.dtype not in (default, default.to_complex()):
            continue
        named = (*args, *kwargs.values())
        if value.dtype not in _dtypes(named) and not any(map(_is_inexact, values_in(named))):
            default_dtype(records)
            break
    return made


def default_dtype(records: Records) -> torch.dtype:
    """Return the default dtype, and write into the contract that the line that is running relies on it."""
    records.ledger.assume(Ambient.now("default_dtype"), origin_here(), AssumptionKind.PROGRAM)
    return torch.get_default_dtype()


def _dtypes(arguments: tuple[Any, ...]) -> Iterator[torch.dtype]:
    return (each for each in arguments if isinstance(each, torch.dtype))


def _is_inexact(value: Value) -> bool:
    return value.dtype.is_floating_point or value.dtype.is_complex
