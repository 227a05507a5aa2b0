"""Attributes of the user's own on a tensor (`x.scale = 2`), which the program reads from an argument or looks for.

What the example has under a name is a constant of the program. That other calls have the same, as far as it is plain,
is a line of the contract, and so are the names that there are, which `hasattr(x, "scale")` and `vars(x)` ask for.
"""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from fullgraph.contract import AssumptionKind, Property
from fullgraph.source import Owner, origin_here, owner_of
from fullgraph.tracing.dispatch import plain_torch
from fullgraph.tracing.records import Records
from fullgraph.tracing.result import InputRole
from fullgraph.tracing.traced import Value


def attribute(recorder: Records, value: Value, name: str, asking: types.FrameType) -> Any:
    """Return what a tensor has under a name that tensors do not have."""
    given = _given(value)
    # What PyTorch itself looks for is nothing that users set.
    if name in given or owner_of(asking.f_code.co_filename) in (Owner.USER, Owner.PACKAGE):
        _rely_on_them(recorder, value)
    if name in given:
        return _constant(recorder, value, given, name)
    raise AttributeError(f"'Tensor' object has no attribute {name!r}", name=name)


def attributes(recorder: Records, value: Value, set_here: Mapping[str, Any]) -> Mapping[str, Any]:
    """Answer `vars(tensor)`.

    Args:
        recorder: the trace's.
        value: the tensor.
        set_here: the attributes that the program has given it.
    """
    given = _given(value)
    _rely_on_them(recorder, value)
    return MappingProxyType({**{name: _constant(recorder, value, given, name) for name in given}, **set_here})


def _given(value: Value) -> Mapping[str, Any]:
    source = value.source
    return {} if source is None or source.real is None else vars(source.real)


def _constant(recorder: Records, value: Value, given: Mapping[str, Any], name: str) -> Any:
    assert value.source is not None
    recorder.ledger.constant(f"{value.source.known_as}.{name}", given[name], origin_here())
    return given[name]


def _rely_on_them(recorder: Records, value: Value) -> None:
    source = value.source
    if source is None or source.role is not InputRole.USER:
        return
    with plain_torch():
        now = Property(source.known_as, "own_attributes", "")
        fact = now if source.real is None else replace(now, value=now.read(source.real))
    recorder.ledger.assume(fact, origin_here(), AssumptionKind.PROGRAM)
