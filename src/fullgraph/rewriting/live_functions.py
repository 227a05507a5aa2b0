"""The functions that are alive, by the file they are written in.

Python's collector knows them, among everything else that it knows: in a large program looking through that takes a
tenth of a second. So it is done once, and afterwards only what was made since is looked at.

Invariant: `of(file)` has every function of the file that something refers to, whenever it is asked.
"""

from __future__ import annotations

import gc
import sys
from dataclasses import dataclass
from types import FunctionType
from typing import Any, Final

# Before Python 3.14, what survives a collection of the youngest generation is in the next one.
_THREE_GENERATIONS: Final = sys.version_info < (3, 14)


@dataclass(frozen=True)
class _Known:
    """The functions that were found in a file, and how often each generation had been collected by then."""

    functions: dict[int, FunctionType]
    collections: list[int]


class LiveFunctions:
    """Finds them; those that it found stay alive as long as it."""

    def __init__(self) -> None:
        self._known: dict[str, _Known] = {}

    def of(self, filename: str) -> list[FunctionType]:
        """Return the functions whose code says that it is from this file."""
        known = self._known.get(filename)
        collections = _collections()
        found = {
            id(each): each
            for each in _objects_since(None if known is None else known.collections)
            if type(each) is FunctionType and each.__code__.co_filename == filename
        }
        if known is not None:
            found = known.functions | found
        self._known[filename] = _Known(found, collections)
        return list(found.values())


def _collections() -> list[int]:
    return [each["collections"] for each in gc.get_stats()]


def _objects_since(before: list[int] | None) -> list[Any]:
    """Return all objects made since generations had been collected so often, and others."""
    if before is not None:
        # Looked at first and judged after it: looking may itself start a collection, which moves them.
        young = [gc.get_objects(generation=0)]
        if _THREE_GENERATIONS:
            young.append(gc.get_objects(generation=1))
        if _collections()[len(young) - 1 :] == before[len(young) - 1 :]:
            return [each for objects in young for each in objects]
    return gc.get_objects()
