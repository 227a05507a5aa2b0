"""What Python keeps of `__getitem__` in a class, and does not take back by itself.

A class written in C may be a mapping (`t[i]`) and no sequence: for `__getitem__` it has one slot and lacks the other.
As soon as a Python function is set under that name, Python fills both, and when the function is deleted again, it
leaves both filled. From then on, in all of the process, `torch.tensor([loss, 2.0])` would take the tensor `loss` for a
sequence, and raise. So the slot that was empty is emptied again, in the class and its subclasses.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator
from typing import Final

_WORD: Final = ctypes.sizeof(ctypes.c_void_p)
# In a class, after the head that all objects have and its length: the tenth field is `tp_as_sequence`.
_AS_SEQUENCE: Final = object.__basicsize__ + 11 * _WORD
# In that table, the third field is `sq_item`.
_ITEM: Final = 3 * _WORD


def _slot(cls: type) -> ctypes.c_void_p | None:
    table = ctypes.c_void_p.from_address(id(cls) + _AS_SEQUENCE).value
    return None if table is None else ctypes.c_void_p.from_address(table + _ITEM)


def is_sequence(cls: type) -> bool:
    """Say whether Python takes the objects of a class for sequences, which may be indexed by numbers."""
    slot = _slot(cls)
    return slot is not None and slot.value is not None


def be_no_sequence(cls: type) -> None:
    """Empty the slot in a class, and in its subclasses that have `__getitem__` from there."""
    for each in _with_subclasses(cls):
        slot = _slot(each)
        if slot is not None:
            slot.value = None


def _with_subclasses(cls: type) -> Iterator[type]:
    yield cls
    subclasses: list[type] = type.__subclasses__(cls)
    for each in subclasses:
        if "__getitem__" not in each.__dict__:
            yield from _with_subclasses(each)
