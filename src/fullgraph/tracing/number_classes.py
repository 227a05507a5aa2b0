"""`isinstance(x.shape[0], int)` is true in eager, and so it is while a trace runs.

A size that is not known yet is a `torch.SymInt`, which is no subclass of `int`; a program that tells a number from a
pair of numbers (`(n, n) if isinstance(n, int) else n`) would take another way than in eager. So the modules of the
program, and those of `torch.nn`, which are Python programs as well, find another `isinstance` among their globals
while a trace runs. A symbolic number is for it what it is by its type, and Python's number as well.

`type(n) is int` and `case int():` are answered by the interpreter itself, which asks nobody.
"""

from __future__ import annotations

import builtins
import functools
import sys
import types
from collections.abc import Callable, Iterable
from typing import Any

import torch

from fullgraph.tracing.records import Records

_LIKE_IT: dict[type, Any] = {torch.SymInt: 0, torch.SymFloat: 0.0, torch.SymBool: False}


def class_questions(namespaces: Iterable[dict[str, Any]]) -> dict[tuple[Any, str], Any]:
    """Return a function table with `isinstance` in each of these modules, and in those of `torch.nn`."""
    modules = [sys.modules.get(str(namespace.get("__name__"))) for namespace in namespaces]
    found = [module for module in (*modules, *_torch_nn(len(sys.modules))) if module is not None]
    return {(module, "isinstance"): _isinstance for module in found if _is_builtin_there(module)}


def _is_builtin_there(module: types.ModuleType) -> bool:
    return vars(module).get("isinstance", builtins.isinstance) is builtins.isinstance


@functools.lru_cache(maxsize=1)
def _torch_nn(count: int) -> tuple[types.ModuleType, ...]:
    """Return the modules of `torch.nn`; the argument tells whether modules were imported since."""
    return tuple(module for name, module in list(sys.modules.items()) if name.startswith("torch.nn."))


def _isinstance(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    def isinstance_(value: Any, kind: Any, /) -> bool:
        if original(value, kind):
            return True
        like_it = _LIKE_IT.get(type(value))
        return like_it is not None and original(like_it, kind)

    return isinstance_
