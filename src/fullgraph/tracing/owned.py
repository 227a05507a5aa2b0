"""The names of a program's own tensors: parameters and buffers of the modules it is or holds, tensors it closes over.

For a module these are its `named_parameters` and `named_buffers`. For a function, a bound method or another callable
they are found where Python keeps what a callable holds: `__self__`, closure cells, defaults, `functools.partial`
arguments, the attributes of a callable object, and the globals its code names.
"""

from __future__ import annotations

import functools
import types
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import replace
from typing import Any

import torch

from fullgraph.tracing.lifting import Owned
from fullgraph.tracing.result import InputRole, name_in_facts
from fullgraph.tracing.write_only import behind


def owned_tensors(fn: Callable[..., Any]) -> dict[int, Owned]:
    """Return the named tensors that `fn` holds, by `id`; the first name found is kept."""
    owned: dict[int, Owned] = {}
    for path, holder in held_by(fn):
        if isinstance(holder, torch.nn.Module):
            _of_module(path, holder, owned)
        elif isinstance(holder, torch.Tensor):
            parameter = isinstance(holder, torch.nn.Parameter)
            role = InputRole.PARAMETER if parameter else InputRole.CONSTANT
            owned.setdefault(id(holder), Owned(role, path or "_tensor_constant", holder, parameter))
    return owned


def told_apart(owned: Mapping[int, Owned], arguments: Collection[str]) -> dict[int, Owned]:
    """Give each tensor that has the name of an argument another one for the contract."""
    return {
        key: replace(each, alias=name_in_facts(each.name, each.role, arguments))
        if each.name in arguments
        else each
        for key, each in owned.items()
    }


def root_modules(fn: Callable[..., Any]) -> list[tuple[str, torch.nn.Module]]:
    """Return the modules that `fn` is or holds, with the names it knows them by ("" for `fn` itself)."""
    return [(path, holder) for path, holder in held_by(fn) if isinstance(holder, torch.nn.Module)]


def held_by(fn: Any) -> Iterator[tuple[str, Any]]:
    """Yield what a callable holds, as `(name, object)`."""
    if isinstance(fn, torch.nn.Module):
        yield "", fn
        return
    if isinstance(fn, functools.partial):
        yield from held_by(fn.func)
        yield from _items(fn.keywords.items())
        yield from _items((f"arg{i}", value) for i, value in enumerate(fn.args))
        return
    if isinstance(fn, types.MethodType):
        owner = fn.__self__
        if isinstance(owner, torch.nn.Module):
            yield "", owner
        else:
            yield from _items(_attributes(owner))
        yield from _of_function(fn.__func__)
        return
    if isinstance(fn, types.FunctionType):
        yield from _of_function(fn)
        return
    if not isinstance(fn, type) and not isinstance(fn, types.BuiltinFunctionType):
        yield from _items(_attributes(fn))
        call = vars(type(fn)).get("__call__")
        if isinstance(call, types.FunctionType):
            yield from _of_function(call)


def _of_function(fn: Any) -> Iterator[tuple[str, Any]]:
    if not isinstance(fn, types.FunctionType):
        return
    inner = getattr(fn, "__wrapped__", None)
    if inner is not None:
        yield from held_by(inner)
    code = fn.__code__
    for name, cell in zip(code.co_freevars, fn.__closure__ or ()):
        try:
            content = cell.cell_contents
        except ValueError:  # a cell that is filled later
            continue
        yield from _items([(name, content)])
    yield from _items((fn.__kwdefaults__ or {}).items())
    for name in _global_names(code):
        if name in fn.__globals__:
            yield from _items([(name, fn.__globals__[name])])


def _global_names(code: types.CodeType) -> Iterator[str]:
    yield from code.co_names
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            yield from _global_names(constant)


def _attributes(owner: Any) -> Iterator[tuple[str, Any]]:
    yield from getattr(owner, "__dict__", {}).items()


def _items(items: Any) -> Iterator[tuple[str, Any]]:
    """Yield modules and tensors, also one level down in lists, tuples and dicts, and in plain functions."""
    for name, held in items:
        value = behind(held)
        if isinstance(value, (torch.Tensor, torch.nn.Module)):
            yield name, value
        elif isinstance(value, dict):
            yield from (
                (f"{name}.{k}", v) for k, v in value.items() if isinstance(v, (torch.Tensor, torch.nn.Module))
            )
        elif isinstance(value, (list, tuple)):
            yield from (
                (f"{name}.{i}", v)
                for i, v in enumerate(value)
                if isinstance(v, (torch.Tensor, torch.nn.Module))
            )
        elif isinstance(value, types.MethodType) and isinstance(value.__self__, torch.nn.Module):
            yield name, value.__self__


def _of_module(path: str, module: torch.nn.Module, owned: dict[int, Owned]) -> None:
    prefix = path + "." if path else ""
    for name, parameter in module.named_parameters():
        owned.setdefault(id(parameter), Owned(InputRole.PARAMETER, prefix + name, parameter))
    for owner_name, owner in module.named_modules():
        inner = f"{prefix}{owner_name}." if owner_name else prefix
        for name, buffer in owner._buffers.items():
            if buffer is not None:
                keep = name not in owner._non_persistent_buffers_set
                owned.setdefault(id(buffer), Owned(InputRole.BUFFER, inner + name, buffer, keep))
        for name, value in owner.__dict__.items():
            if isinstance(value, torch.Tensor):
                owned.setdefault(id(value), Owned(InputRole.CONSTANT, inner + name, value, False))
