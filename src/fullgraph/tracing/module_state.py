"""The attributes of all modules of a program, saved and compared as a few long lists.

A model has thousands of modules with thirty attributes each, and a trace hardly ever changes one. So the keys and
values of all their dicts are kept end to end in two lists, and comparing them again is one loop in C. Only when that
says that something differs is it worth finding out what.

A branch of `cond` is compared on its own, and mostly reaches the same modules as the branch before it. So a tree of
modules is saved once for all of them, for as long as it does not differ.

Invariant: `differs()` is False exactly when every attribute of every module is the object that it was.
"""

from __future__ import annotations

import operator
import types
from collections.abc import Collection, Iterator
from itertools import chain, islice
from typing import Any, Final

import torch

_NEW: Final = vars(torch.nn.Module())
_STANDARD: Final = list(_NEW)
_REGISTRIES: Final = ("_parameters", "_buffers", "_modules")
# Attributes that hold no state below them; asked of each attribute of each module, so by exact type.
PLAIN: Final = frozenset(
    {int, float, bool, str, type(None), type, types.FunctionType, types.ModuleType, torch.Tensor, tuple}
)
_registries = operator.itemgetter(*_REGISTRIES)
# What is left of the standard attributes is empty in nearly every module: the dicts of hooks.
_hooks = operator.itemgetter(
    *(name for name, value in _NEW.items() if isinstance(value, (dict, set)) and name not in _REGISTRIES)
)


class ModuleState:
    """The attributes of modules as they were when each was added."""

    def __init__(self) -> None:
        self.places: list[tuple[str, torch.nn.Module]] = []
        self._dicts: list[dict[str, Any]] = []  # four for each module: its `__dict__`, and the registries
        self._sizes: list[int] = []
        self._keys: list[str] = []
        self._values: list[Any] = []
        self._hooks: list[Any] = []  # empty ones

    def add(self, path: str, module: torch.nn.Module) -> bool:
        """Save a module's attributes; False, and nothing is saved, when it is not made as modules are."""
        attributes = module.__dict__
        try:
            registries, hooks = _registries(attributes), _hooks(attributes)
        except KeyError:  # `Module.__init__` was not run, or by another version of torch
            return False
        if any(hooks):
            return False
        self.places.append((path, module))
        for live in (attributes, *registries):
            self._dicts.append(live)
            self._sizes.append(len(live))
            self._keys.extend(live)
            self._values.extend(live.values())
        self._hooks.extend(hooks)
        return True

    def differs(self) -> bool:
        """Say whether anything changed."""
        if any(self._hooks):
            return True
        if list(chain.from_iterable(self._dicts)) != self._keys:
            return True
        values = chain.from_iterable(map(dict.values, self._dicts))
        return not all(map(operator.is_, values, self._values))

    def saved(self) -> Iterator[tuple[str, torch.nn.Module, str, Any, Any]]:
        """Yield each dict as `(path, module, name of the registry or "", the dict, what was in it)`."""
        start = 0
        for index, (live, size) in enumerate(zip(self._dicts, self._sizes)):
            path, module = self.places[index // 4]
            entries = slice(start, start + size)
            name = ("", *_REGISTRIES)[index % 4]
            yield path, module, name, live, dict(zip(self._keys[entries], self._values[entries]))
            start += size

    def filled_hooks(self) -> list[tuple[str, Any]]:
        """Return the dicts of hooks that were empty and no longer are, with the path of their module."""
        if not any(self._hooks):
            return []
        width = len(self._hooks) // len(self.places)
        return [(self.places[index // width][0], live) for index, live in enumerate(self._hooks) if live]


class ModuleTree:
    """A module with all modules below it.

    Args:
        path: how the user reaches it.
        root: the module.
        seen: the ids of dicts of attributes that are saved elsewhere.

    Attributes:
        state: the attributes of its modules.
        ids: the ids of their dicts.
        followed: modules whose own attributes hold more state, with their paths.
        unusual: modules that are not made as modules are, with their paths; their attributes are not in `state`.
    """

    def __init__(self, path: str, root: torch.nn.Module, seen: Collection[int] = ()) -> None:
        self.state = ModuleState()
        self.ids: set[int] = set()
        self.followed: list[tuple[str, torch.nn.Module]] = []
        self.unusual: list[tuple[str, torch.nn.Module]] = []
        met: set[int] = set()
        stack = [(path, root)]
        while stack:
            path, module = stack.pop()
            attributes = module.__dict__
            if id(attributes) in met or id(attributes) in seen:
                continue
            met.add(id(attributes))
            if not self.state.add(path, module):
                self.unusual.append((path, module))
            else:
                self.ids.add(id(attributes))
                if any(type(value) not in PLAIN for _, value in own_attributes(module)):
                    self.followed.append((path, module))
            prefix = f"{path}." if path else ""
            stack.extend(
                (prefix + name, child) for name, child in module._modules.items() if child is not None
            )


class ModuleTrees:
    """The trees of modules saved in one trace."""

    def __init__(self) -> None:
        self._known: dict[tuple[int, str], ModuleTree] = {}

    def tree(self, path: str, root: torch.nn.Module, seen: Collection[int]) -> ModuleTree:
        """Return a module and what is below it as they are now, without the modules that are saved elsewhere.

        Args:
            path: how the user reaches it.
            root: the module.
            seen: the ids of the dicts of attributes that are saved elsewhere.
        """
        key = (id(root), path)
        known = self._known.get(key)
        if known is None or known.unusual or known.state.differs():
            # What it held may hold traced tensors, and is not kept beyond the trace either.
            known = self._known[key] = ModuleTree(path, root)
        return known if known.ids.isdisjoint(seen) else ModuleTree(path, root, seen)


def own_attributes(module: torch.nn.Module) -> Iterator[tuple[str, Any]]:
    """Return the attributes that a module has besides those of every module."""
    attributes = module.__dict__
    if list(islice(attributes, len(_STANDARD))) == _STANDARD:
        return islice(attributes.items(), len(_STANDARD), None)
    return ((name, value) for name, value in attributes.items() if name not in _NEW)
