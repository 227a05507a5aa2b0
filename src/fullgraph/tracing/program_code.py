"""Where the code of a program lives: the classes it is made of, the namespaces its functions look names up in.

Asked at the start of each trace, so nothing is imported, and no module is asked for an attribute that it would have to
compute.

Invariant: torch and the standard library are never in it.
"""

from __future__ import annotations

import functools
import sys
import types
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import torch

from fullgraph.source import Owner, owner_of
from fullgraph.symbolic import tests_for_identity
from fullgraph.tracing.owned import held_by


@dataclass(frozen=True)
class ProgramCode:
    """Where the code of one program lives.

    Args:
        classes: the classes of its modules and of the object it is bound to, with their bases.
        namespaces: the globals of its functions and classes, and of every module of the user's; once each.
        packages: the top-level names of the modules that define it.
    """

    classes: tuple[type, ...]
    namespaces: tuple[dict[str, Any], ...]
    packages: frozenset[str]

    def names_module(self, name: str) -> bool:
        """Say whether the program can reach an imported module: by a global name, or an import in a function."""
        module = sys.modules.get(name)
        if module is None:
            return False
        if any(value is module for namespace in self.namespaces for value in namespace.values()):
            return True
        functions = (
            value for scope in (*self.namespaces, *map(vars, self.classes)) for value in scope.values()
        )
        return any(
            name in each.__code__.co_names for each in functions if isinstance(each, types.FunctionType)
        )


def program_code(fn: Callable[..., Any]) -> ProgramCode:
    """Find where the code of a program lives."""
    held = [fn, getattr(fn, "__self__", fn), *(value for _, value in held_by(fn))]
    found = {
        type(module) for value in held if isinstance(value, torch.nn.Module) for module in all_modules(value)
    }
    found.update(type(value) for value in held[:2])
    bases = {base: None for cls in found for base in cls.__mro__}
    classes = tuple(base for base in bases if owner_of_class(base) in (Owner.USER, Owner.PACKAGE))
    defining = {id(namespace): namespace for namespace in _defining(held, classes)}
    packages = frozenset(package_of(namespace) for namespace in defining.values())
    for namespace in _namespaces_of_user(len(sys.modules), next(reversed(sys.modules))):
        defining[id(namespace)] = namespace
    return ProgramCode(classes, tuple(defining.values()), packages)


def compares_truths(fn: Callable[..., Any]) -> bool:
    """Say whether the program itself, or a method of its classes, compares something with `True` by identity."""
    functions = [getattr(fn, "__func__", fn)]
    functions += [value for cls in program_code(fn).classes for value in vars(cls).values()]
    codes = [each.__code__ for each in functions if isinstance(each, types.FunctionType)]
    for code in codes:  # and the functions in it
        codes += [constant for constant in code.co_consts if isinstance(constant, types.CodeType)]
    return any(map(tests_for_identity, codes))


def all_modules(root: torch.nn.Module) -> Iterator[torch.nn.Module]:
    """Yield each module of a tree, some perhaps twice; `Module.modules` takes ten times as long."""
    stack, seen = [root], set[int]()
    while stack:
        module = stack.pop()
        if id(module) in seen:
            continue
        seen.add(id(module))
        yield module
        stack.extend(child for child in module._modules.values() if child is not None)


@functools.cache
def owner_of_class(cls: type) -> Owner:
    """Say whose class it is."""
    filename = getattr(sys.modules.get(cls.__module__), "__file__", None)
    if filename is None:
        return Owner.USER if cls.__module__ == "__main__" else Owner.STANDARD_LIBRARY
    return owner_of(filename)


def package_of(namespace: dict[str, Any]) -> str:
    """Return the top-level name of the module that a namespace belongs to."""
    return str(namespace.get("__name__", "")).partition(".")[0]


def _defining(held: list[Any], classes: tuple[type, ...]) -> Iterator[dict[str, Any]]:
    for value in held:
        namespace = getattr(getattr(value, "__func__", value), "__globals__", None)
        if isinstance(value, (types.FunctionType, types.MethodType)) and isinstance(namespace, dict):
            yield namespace
    for cls in classes:
        module = sys.modules.get(cls.__module__)
        if module is not None:
            yield module.__dict__


@functools.lru_cache(maxsize=1)
def _namespaces_of_user(count: int, newest: str) -> tuple[dict[str, Any], ...]:
    """Return the namespaces of the user's modules; the arguments tell whether modules were imported since."""
    found: list[dict[str, Any]] = []
    for module in list(sys.modules.values()):
        # Not `module.__file__`: a module that imports lazily would go and do so.
        namespace = getattr(module, "__dict__", None)
        filename = namespace.get("__file__") if type(namespace) is dict else None
        if namespace is not None and isinstance(filename, str) and owner_of(filename) is Owner.USER:
            found.append(namespace)
    return tuple(found)
