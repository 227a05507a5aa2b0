"""What rewritten code calls: `select(f)` is what stands for `f` where it is called.

For the few functions that insist on a concrete value that is a function with the same result, which leaves traced
values symbolic. Everything else is itself.

Invariant: for arguments that are not traced, what is returned does exactly what `f` does.
"""

from __future__ import annotations

import builtins
import functools
import itertools
import math
import types
from typing import Any, Final

import torch

from fullgraph.tracing import TracedTensor

_SYMBOLIC: Final = (torch.SymInt, torch.SymFloat, torch.SymBool)
_CACHED: Final = type(functools.lru_cache(lambda: None))


def select(function: Any) -> Any:
    """Return what stands for `function` where it is called."""
    found = _STANDS_FOR.get(id(function))
    if found is not None:
        return found
    if _takes_function(function):
        return functools.partial(_with_functions_selected, function)
    if type(function) is types.BuiltinMethodType and type(function.__self__) is torch.Size:
        return functools.partial(math.prod, function.__self__) if function.__name__ == "numel" else function
    if isinstance(function.__func__ if type(function) is types.MethodType else function, _CACHED):
        return functools.partial(_past_its_cache, function)
    return function


def as_int(*args: Any, **options: Any) -> Any:
    """Return `int(value)`: an expression for an expression, truncated towards zero when it is a float."""
    if len(args) == 1 and not options:
        value = args[0]
        kind = type(value)
        if kind is torch.SymInt:
            return value
        if kind is torch.SymFloat:
            return math.trunc(value)
        if kind is torch.SymBool:
            return torch.sym_ite(value, 1, 0)
        if _has_one_number(value):
            return as_int(value.item())
    return int(*args, **options)


def as_float(*args: Any) -> Any:
    """Return `float(value)`."""
    if len(args) == 1:
        value = args[0]
        if isinstance(value, _SYMBOLIC):
            return torch.sym_float(torch.sym_ite(value, 1, 0) if isinstance(value, torch.SymBool) else value)
        if _has_one_number(value):
            return as_float(value.item())
    return float(*args)


def _has_one_number(value: Any) -> bool:
    """Whether a value is a tensor whose `item()` is a number in the program: a traced one, or one it will lift."""
    if not isinstance(value, torch.Tensor) or value.dtype.is_complex:
        return False
    return isinstance(value, TracedTensor) or value.numel() == 1


def as_len(*args: Any) -> Any:
    """Return `len(value)`; a class's own `__len__` may return a size."""
    if len(args) == 1:
        value = args[0]
        if isinstance(value, torch.Tensor):  # a traced one, or the wrapper that `vmap` puts around it
            return value.shape[0] if value.dim() else len(value)
        method = getattr(type(value), "__len__", None)
        if isinstance(method, types.FunctionType):
            found = method(value)
            return found if isinstance(found, torch.SymInt) else len(_Length(found))
    return len(*args)


class _Length:
    """Has a length that is known already, to be judged by `len`."""

    def __init__(self, length: Any) -> None:
        self._length = length

    def __len__(self) -> Any:
        return self._length


_STANDS_FOR: Final = {id(int): as_int, id(float): as_float, id(len): as_len}


def _takes_function(function: Any) -> bool:
    """Say whether this is one of Python's functions that call another: `map(int, x.shape)`, `max(ts, key=len)`.

    They are looked up anew: some are stood in for while a trace runs.
    """
    return any(
        function is each
        for each in (
            map,
            filter,
            itertools.starmap,
            functools.reduce,
            builtins.max,
            builtins.min,
            builtins.sorted,
        )
    )


def _with_functions_selected(function: Any, *args: Any, **options: Any) -> Any:
    return function(
        *(_STANDS_FOR.get(id(each), each) for each in args),
        **{name: _STANDS_FOR.get(id(each), each) for name, each in options.items()},
    )


def _past_its_cache(function: Any, *args: Any, **options: Any) -> Any:
    """Call a function under `functools.lru_cache`: a size has no one value under which its result could be kept."""
    if not any(map(_holds_symbol, (*args, *options.values()))):
        return function(*args, **options)
    if type(function) is types.MethodType:
        wrapped: Any = function.__func__
        return wrapped.__wrapped__(function.__self__, *args, **options)
    return function.__wrapped__(*args, **options)


def _holds_symbol(value: Any) -> bool:
    return isinstance(value, _SYMBOLIC) or (isinstance(value, tuple) and any(map(_holds_symbol, value)))
