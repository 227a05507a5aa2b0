"""Whether a value that was read is what a field takes: the annotations of our dataclasses, checked.

A damaged or forged file must not get a string where a size belongs: sizes are written into generated code.

Invariant: `Any` fields hold only what `decode` can make, which is plain data, tensors, and named classes.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Mapping
from typing import Any, Union, get_args, get_origin, get_type_hints

import torch
from torch import fx

from fullgraph.contract import Contract
from fullgraph.source import Origin
from fullgraph.symbolic import Bool, Expr, Scope
from fullgraph.tracing import Container, Given, Leaf, Seen

# Names that modules import for type checkers alone.
_NAMES = {
    "Bool": Bool,
    "Contract": Contract,
    "Expr": Expr,
    "Origin": Origin,
    "Scope": Scope,
    "Size": Any,
    "Tree": Leaf | Seen | Given | Container,
    "fx": fx,
    "torch": torch,
}


@functools.cache
def field_types(record: type) -> dict[str, Any]:
    """Return the type of each field of a record."""
    return get_type_hints(record, localns=_NAMES)


def conforms(value: Any, declared: Any) -> bool:
    """Say whether a value is of the type that a field declares."""
    if declared is Any or declared is object:
        return True
    origin, arguments = get_origin(declared), get_args(declared)
    if origin in (Union, types.UnionType):
        return any(conforms(value, option) for option in arguments)
    if isinstance(declared, str):  # `"int | Expr"` inside another type
        return conforms(value, eval(declared, dict(_NAMES)))  # noqa: S307  (our own annotations)
    if origin is tuple:
        if type(value) is not tuple:
            return False
        if len(arguments) == 2 and arguments[1] is ...:
            return all(conforms(item, arguments[0]) for item in value)
        return len(value) == len(arguments) and all(map(conforms, value, arguments))
    if origin in (list, frozenset):
        return isinstance(value, origin) and all(conforms(item, arguments[0]) for item in value)
    if origin in (dict, Mapping):
        key, item = arguments
        return isinstance(value, Mapping) and all(
            conforms(k, key) and conforms(v, item) for k, v in value.items()
        )
    if declared is None or declared is type(None):
        return value is None
    if declared is int:
        return type(value) is int
    if declared is float:
        return type(value) in (int, float)
    return isinstance(value, origin or declared)
