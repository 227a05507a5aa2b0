"""Lifting: a real tensor met on the way becomes an input of the graph, once, under the name its owner gives it.

A parameter, a buffer, a tensor in a closure or a global: each is known by the identity of its object, so a tied
weight is one input however many names it has, and nothing is ever copied. Two objects over the same memory
(`weight.data`, a view kept in an attribute) are told apart by their storage: the same elements in the same order
are a view of the tensor lifted first; another window onto its memory may be read, and a write to either is refused.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import torch

from fullgraph.contract import share_memory as share_addresses
from fullgraph.tracing.dispatch import storage_key
from fullgraph.tracing.result import InputRole
from fullgraph.tracing.traced import Source, Value


@dataclass(frozen=True)
class Owned:
    """What the program's owner calls a tensor."""

    role: InputRole
    name: str
    tensor: torch.Tensor
    persistent: bool = True
    alias: str = ""  # what the contract calls it, where an argument has its name


Place = Callable[[Source], Value]
Alias = Callable[[Value, torch.Tensor], Value]


class Lifting:
    """The tensors lifted in one trace.

    Args:
        owned: the named tensors of the program, by `id`.
        place: makes the graph input for a source and returns its value.
        alias: makes a value that shares the memory of another (for `tensor.data`).
    """

    def __init__(self, owned: Mapping[int, Owned], place: Place, alias: Alias) -> None:
        self._owned = owned
        self._place = place
        self._alias = alias
        self._lifted: dict[int, Value] = {}
        self._keep: list[torch.Tensor] = []  # an id is only an identity while its object lives
        self._by_storage: dict[int, list[Value]] = {}
        self._owned_by_storage: dict[int, Owned] | None = None
        self._unnamed = 0
        self._positions: dict[str, int] | None = None

    def lift(self, tensor: torch.Tensor) -> Value:
        """Return the value that stands for a real tensor."""
        known = self._lifted.get(id(tensor))
        if known is not None:
            return known
        owned = self._owned.get(id(tensor))
        value = self._named(tensor, owned) if owned is not None else self._found(tensor)
        self._lifted[id(tensor)] = value
        self._keep.append(tensor)
        return value

    def overlapping(self, value: Value) -> list[Value]:
        """Return the other lifted roots that share memory with this one."""
        source = value.source
        if source is None or source.real is None:
            return []
        others = [other for other in self._by_storage.get(storage_key(source.real), ()) if other is not value]
        return [
            other for other in others if other.source is None or share_memory(source.real, other.source.real)
        ]

    def position(self, source: Source) -> int:
        """Return where the owner lists this tensor; those without a name come last, as they were met."""
        if self._positions is None:
            self._positions = {owned.name: index for index, owned in enumerate(self._owned.values())}
        return self._positions.get(source.target, len(self._positions))

    def is_lifted(self, tensor: torch.Tensor) -> bool:
        """Whether this object is an input of the graph already."""
        return id(tensor) in self._lifted

    def _named(self, tensor: torch.Tensor, owned: Owned) -> Value:
        return self._register(
            tensor, Source(owned.role, owned.name, tensor, None, owned.persistent, owned.alias)
        )

    def _found(self, tensor: torch.Tensor) -> Value:
        """A tensor without a name: another face of one with a name, or a constant of the program."""
        twin = self._twin(tensor)
        if twin is not None:
            return self._alias(self.lift(twin), tensor)
        name = f"_tensor_constant{self._unnamed}"
        self._unnamed += 1
        return self._register(tensor, Source(InputRole.CONSTANT, name, tensor, None, False))

    def _register(self, tensor: torch.Tensor, source: Source) -> Value:
        value = self._place(source)
        self._by_storage.setdefault(storage_key(tensor), []).append(value)
        return value

    def _twin(self, tensor: torch.Tensor) -> torch.Tensor | None:
        key = storage_key(tensor)
        if self._owned_by_storage is None:
            self._owned_by_storage = {storage_key(o.tensor): o for o in self._owned.values()}
        candidates = [v.source.real for v in self._by_storage.get(key, ()) if v.source is not None]
        owned = self._owned_by_storage.get(key)
        if owned is not None:
            candidates.append(owned.tensor)
        for candidate in candidates:
            if candidate is not None and candidate is not tensor and _same_elements(candidate, tensor):
                return candidate
        return None


def _same_elements(a: torch.Tensor, b: torch.Tensor) -> bool:
    return (
        a.layout is b.layout is torch.strided
        and a.dtype == b.dtype
        and a.storage_offset() == b.storage_offset()
        and a.shape == b.shape
        and a.stride() == b.stride()
    )


def share_memory(a: torch.Tensor | None, b: torch.Tensor | None) -> bool:
    """Say whether the stretches of memory from first to last element of two tensors overlap."""
    if a is None or b is None or not a.numel() or not b.numel():
        return False
    if a.layout is not torch.strided or b.layout is not torch.strided:
        return share_addresses(a, b)
    if storage_key(a) != storage_key(b):
        return False
    (a_start, a_end), (b_start, b_end) = _span(a), _span(b)
    return a_start < b_end and b_start < a_end


def _span(tensor: torch.Tensor) -> tuple[int, int]:
    start = int(tensor.storage_offset())
    end = start + 1 + sum(int((size - 1) * stride) for size, stride in zip(tensor.shape, tensor.stride()))
    return start * tensor.element_size(), end * tensor.element_size()
