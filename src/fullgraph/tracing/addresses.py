"""Where a traced tensor would lie in memory: for the checks of a program that is called by the one being traced.

A program that writes checks at each call that nothing else shares the memory it writes. Inside a trace there is no
memory, but the answer is known: tensors with one root share storage, others do not (two inputs that one of them is
written must be apart is in the contract by then). So each root is given a stand-in for an address, which only the
checks of fullgraph are told; to the program an address is refused.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass

from fullgraph.source import Owner, owner_of
from fullgraph.tracing.result import InputRole
from fullgraph.tracing.traced import Value

_BEYOND_MEMORY = 1 << 62


@dataclass(frozen=True)
class Storage:
    """What the checks ask of a storage."""

    address: int
    size: int

    def data_ptr(self) -> int:
        """Return where it begins."""
        return self.address

    def nbytes(self) -> int:
        """Return how many bytes it spans."""
        return self.size


def is_asked_by_a_check(depth: int) -> bool:
    """Say whether the function `depth` calls further out is our own."""
    return owner_of(sys._getframe(depth + 1).f_code.co_filename) is Owner.FULLGRAPH


def storage_of(value: Value) -> Storage:
    """Return the storage of a value: that of the program's own tensor, or a stand-in."""
    root = value.root
    source = root.source
    if source is not None and source.role is not InputRole.USER and source.real is not None:
        storage = source.real.untyped_storage()
        return Storage(storage.data_ptr(), storage.nbytes())
    return Storage(_BEYOND_MEMORY + id(root), 1)
