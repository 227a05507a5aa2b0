"""`isinstance(x.shape[0], int)` is true in eager, and so it is while a trace runs.

A size that is not known yet is a `torch.SymInt`, which is no subclass of `int`; a program that tells a number from a
pair of numbers (`(n, n) if isinstance(n, int) else n`) would take another way than in eager. So the modules of the
program, and those of `torch.nn`, which are Python programs as well, find another `isinstance` among their globals
while a trace runs. A symbolic number is for it what it is by its type, and Python's number as well. The modules of the
program find another `type` too: it answers with Python's class for a symbolic number, for a traced tensor with
`torch.Tensor`.

`n.__class__` and `case int():` are answered by the interpreter itself, which asks nobody.
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
from fullgraph.tracing.traced import TracedTensor

_LIKE_IT: dict[type, Any] = {torch.SymInt: 0, torch.SymFloat: 0.0, torch.SymBool: False}


def class_questions(namespaces: Iterable[dict[str, Any]]) -> dict[tuple[Any, str], Any]:
    """Return a function table with `type` and `isinstance` in these modules; `isinstance` in `torch.nn` as well."""
    programs = [sys.modules.get(str(namespace.get("__name__"))) for namespace in namespaces]
    return {
        **_where_builtin("isinstance", (*programs, *_torch_nn(len(sys.modules))), _isinstance),
        **_where_builtin("type", programs, _type),
    }


def _where_builtin(
    name: str, modules: Iterable[types.ModuleType | None], replacement: Callable[..., Any]
) -> dict[tuple[Any, str], Any]:
    """Return a table for the modules in which the name is that of the builtin, and not given by the module."""
    return {
        (module, name): replacement for module in modules if module is not None and name not in vars(module)
    }


@functools.lru_cache(maxsize=1)
def _torch_nn(count: int) -> tuple[types.ModuleType, ...]:
    """Return the modules of `torch.nn`; the argument tells whether modules were imported since."""
    return tuple(module for name, module in list(sys.modules.items()) if name.startswith("torch.nn."))


class _AnswersForNumbers(type):
    """What `type` is while a trace runs: itself, but for the classes of symbolic numbers and traced tensors."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is not TypeOfNumbers:
            return super().__call__(*args, **kwargs)  # a metaclass that the program derives from `type`
        if len(args) != 1:
            return builtins.type(*args, **kwargs)
        kind = builtins.type(args[0])
        if kind is builtins.type:
            return TypeOfNumbers  # `type(cls) is type` has the program's name on the right
        if kind is TracedTensor:
            return torch.nn.Parameter if isinstance(args[0], torch.nn.Parameter) else torch.Tensor
        return builtins.type(_LIKE_IT[kind]) if kind in _LIKE_IT else kind

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, builtins.type)

    def __subclasscheck__(cls, kind: Any) -> bool:
        return issubclass(kind, builtins.type)


class TypeOfNumbers(type, metaclass=_AnswersForNumbers):
    """`type`, as the modules of a program find it while a trace runs."""

    __class_getitem__: Any = classmethod(types.GenericAlias)


def _type(original: Callable[..., Any], recorder: Records) -> type:
    return TypeOfNumbers


def _isinstance(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    def isinstance_(value: Any, kind: Any, /) -> bool:
        if original(value, kind):
            return True
        like_it = _LIKE_IT.get(type(value))
        return like_it is not None and original(like_it, kind)

    return isinstance_
