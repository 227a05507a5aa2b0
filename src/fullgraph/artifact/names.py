"""Classes, functions and enum members by name: `transformers.cache_utils:DynamicCache`.

Writing makes sure that the name leads back to the very object. Reading imports nothing: whoever names a module in a
file could otherwise have it run. The program that loads must have imported the modules whose classes it uses, which
a program that makes the inputs for it has done anyway.
"""

from __future__ import annotations

import sys
from enum import Enum
from typing import Any, Final

from fullgraph.errors import ArtifactError

_NOTHING: Final = object()
_TORCH_MODULES: Final = ("torch", "torch.nn.functional", "torch.special", "torch.linalg", "torch.fft")


def name_of(value: Any) -> str | None:
    """Return the name by which a class, function or enum member is found again; None when there is none."""
    if isinstance(value, Enum):
        owner = name_of(type(value))
        return None if owner is None else f"{owner}.{value.name}"
    module, name = getattr(value, "__module__", None), getattr(value, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(name, str):
        return _name_in_torch(value)
    if _look_up(module, name) is value:
        return f"{module}:{name}"
    return _name_in_torch(value)


def find(name: str) -> Any:
    """Return the object of this name.

    Raises:
        ArtifactError: its module is not imported, or has no such thing.
    """
    module, _, inner = name.partition(":")
    found = _look_up(module, inner)
    if found is not _NOTHING:
        return found
    if module in sys.modules:
        raise ArtifactError(
            f"`{inner}`, which the program uses, is not in the module `{module}`.",
            why="The module has changed since the program was saved, or another one has its name.",
            instead="Load with the version of the module that it was saved with, or export again.",
        )
    raise ArtifactError(
        f"The program uses `{inner}` of the module `{module}`, which is not imported.",
        why="Loading imports nothing by itself, so that a file cannot make a process run a module.",
        instead=f"import {module}\nprogram = fullgraph.load(path)",
    )


def _name_in_torch(value: Any) -> str | None:
    """Return the public name of one of torch's functions in C, which do not know theirs."""
    name = getattr(value, "__name__", None)
    for module in _TORCH_MODULES if isinstance(name, str) else ():
        if _look_up(module, str(name)) is value:
            return f"{module}:{name}"
    return None


def _look_up(module: str, name: str) -> Any:
    found: Any = sys.modules.get(module, _NOTHING)
    for part in name.split("."):
        if found is _NOTHING:
            break
        # Past `__getattr__`, which may import.
        found = vars(found).get(part, _NOTHING) if hasattr(found, "__dict__") else _NOTHING
        if isinstance(found, (staticmethod, classmethod)):
            found = found.__func__
    return found
