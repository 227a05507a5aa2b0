"""`tensor.data = other` on a real tensor, while a trace runs: refused before it happens.

The assignment gives the user's own tensor other memory. It is no operator, so nothing would be recorded; and it could
not be put back, as the memory it had is gone. On traced tensors `traced.py` refuses it.

Invariant: outside of the context `torch.Tensor` has exactly the attributes it had before.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch

from fullgraph.errors import Unsupported
from fullgraph.source import origin_here
from fullgraph.tracing.records import Records

_BUILT_IN: Any = torch.Tensor.data  # of the C base class; read through it


@contextmanager
def refusing_data_assignment(recorder: Records) -> Iterator[None]:
    """Refuse `.data = ` in this thread; reading `.data` stays as it is."""
    thread = threading.get_ident()

    def write(tensor: torch.Tensor, new: Any) -> None:
        if threading.get_ident() != thread:
            _BUILT_IN.__set__(tensor, new)
            return
        error = Unsupported(
            "The program assigns to the `.data` of a tensor that it holds.",
            why="That swaps the tensor's memory, which is no operator and cannot be part of a graph.",
            instead="Use `tensor.copy_(new)` on a buffer, which writes new contents into it.",
            where=origin_here(),
            case="data_assigned",
        )
        recorder.refused(error)
        raise error

    cls: Any = torch.Tensor
    cls.data = property(_BUILT_IN.__get__, write)
    try:
        yield
    finally:
        del cls.data
