"""Operators that are recorded in a way of their own: those with sizes that contents tell, and constructors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import torch

from fullgraph.tracing.data_dependent import DATA_DEPENDENT, record_data_dependent
from fullgraph.tracing.records import Records
from fullgraph.tracing.traced import Value

aten = torch.ops.aten


def record_special(recorder: Records, op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Record an operator of this kind and return its result; None when it is recorded like others after all."""
    record = _CONSTRUCTORS.get(op, record_data_dependent)
    return record(recorder, op, args, kwargs)


def _full(number: int) -> Callable[..., Any]:
    """`ones` and `zeros` are `full` in the graph, of the dtype that was the default at the export.

    PyTorch's own exporter writes them so too: a runtime need know one constructor.
    """

    def record(recorder: Records, op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        given = {name: option for name, option in kwargs.items() if option is not None}
        options = {"dtype": torch.get_default_dtype(), "layout": torch.strided, **given}
        return recorder.call(aten.full.default, args[0], number, **options)

    return record


def _tensor_of_number(recorder: Records, op: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Under vmap `row * 2` is converted as tensors are, where a row has no dims: the number becomes a tensor."""
    if len(args) < 2 or isinstance(args[0], Value):
        return None
    return recorder.call(aten.scalar_tensor.default, args[0], dtype=args[1])


_CONSTRUCTORS: Final = {
    aten.ones.default: _full(1),
    aten.zeros.default: _full(0),
    aten.to.dtype: _tensor_of_number,
}

SPECIAL: Final = DATA_DEPENDENT | {op._schema.name for op in _CONSTRUCTORS}
"""The names of the operators that `record_special` is to be asked about."""
