"""The Python state that a program may write, found and copied shallowly before a trace.

What may outlive a call is in the attributes of the program's modules and objects, of their classes and functions, in
the globals of the program's modules, in closure variables, and in the lists, dicts and sets directly in those.

Invariant: each container is saved once, however many ways lead to it; nothing that is saved is changed by it.
"""

from __future__ import annotations

import functools
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from typing import Any, Final

import torch

from fullgraph.source import Owner
from fullgraph.tracing.module_state import PLAIN, ModuleState, ModuleTrees, own_attributes
from fullgraph.tracing.owned import held_by
from fullgraph.tracing.program_code import owner_of_class, program_code
from fullgraph.tracing.saved import REGISTRIES, Cell, Saved, contents_of, differs, was_empty
from fullgraph.tracing.watching import StateKind

_CONTAINERS: Final = frozenset({dict, OrderedDict, defaultdict, Counter, list, deque, set})
_GENERATORS: Final = ("Generator", "RandomState")  # of numpy.random
_LRU_CACHE: Final = type(functools.lru_cache(lambda: None))
_DEPTH: Final = 3  # how many containers and objects below a module or a namespace are followed


class CollectedState:
    """All of it, for one program.

    Args:
        fn: the program.
        trees: the trees of modules that are saved already.

    Attributes:
        modules: the attributes of its modules, tree by tree.
        saved: every other container with something in it.
        empty: containers with nothing in them.
        cells: closure variables.
        generators: numpy's generators, as `(path, generator, text of its state)`.
        caches: functions under `functools.lru_cache`, with how often each was computed.
    """

    def __init__(self, fn: Callable[..., Any], trees: ModuleTrees) -> None:
        self.modules: list[ModuleState] = []
        self.saved: list[Saved] = []
        self.empty: list[Any] = []
        self.cells: list[Cell] = []
        self.generators: list[tuple[str, Any, str]] = []
        self.caches: list[tuple[Any, int]] = []
        self._trees = trees
        self._seen: set[int] = set()
        self._collect(fn)

    def filled_hooks(self) -> list[tuple[str, Any]]:
        """Return the dicts of hooks that were empty and no longer are, with the path of their module."""
        return [found for modules in self.modules for found in modules.filled_hooks()]

    def filled(self) -> list[Saved]:
        """Return what stands for the containers that were empty and no longer are."""
        hooks = [
            Saved(StateKind.ITEM, f"{path}.hooks" if path else "hooks", live, live, type(live)())
            for path, live in self.filled_hooks()
        ]
        filled = {id(live) for live in self.empty if live}
        if not filled:
            return hooks
        places = [saved for saved in self.saved if isinstance(saved.copy, dict)]
        places += [
            Saved(StateKind.ATTRIBUTE, *entry[:2], *entry[3:])
            for modules in self.modules
            for entry in modules.saved()
        ]
        return hooks + [
            was_empty(saved, name, value)
            for saved in places
            for name, value in saved.copy.items()
            if id(value) in filled
        ]

    def differing(self) -> Iterator[Saved]:
        """Yield the containers that may have changed."""
        yield from filter(differs, self.saved)
        for modules in self.modules:
            if not modules.differs():
                continue
            for path, module, registry, live, copy in modules.saved():
                saved = Saved(REGISTRIES.get(registry, StateKind.ATTRIBUTE), path, module, live, copy)
                if differs(saved):
                    yield saved

    def _collect(self, fn: Callable[..., Any]) -> None:
        self._function("", getattr(fn, "__func__", fn))
        for path, held in held_by(fn):
            self._visit(path, held, 0)
        if not isinstance(fn, (torch.nn.Module, types.FunctionType, types.MethodType)):
            self._visit("self", fn, 0)
        if isinstance(fn, types.MethodType):
            self._visit("self" if not isinstance(fn.__self__, torch.nn.Module) else "", fn.__self__, 0)
        code = program_code(fn)
        for cls in code.classes:
            self._class(cls)
        for namespace in code.namespaces:
            self._namespace(namespace)

    def _function(self, path: str, function: Any) -> None:
        """Save what a function keeps from call to call: its attributes, its closure, and those of functions in it."""
        if isinstance(function, functools.partial):
            function = function.func
        if not isinstance(function, types.FunctionType) or id(function) in self._seen:
            return
        self._seen.add(id(function))
        path = path or function.__name__
        attributes = function.__dict__
        self.saved.append(Saved(StateKind.FUNCTION, path, function, attributes, attributes.copy()))
        for name, value in attributes.items():
            if name == "__wrapped__":
                self._function(name, value)
            else:
                self._visit(f"{path}.{name}", value, 1)
        for name, cell in zip(function.__code__.co_freevars, function.__closure__ or ()):
            if id(cell) not in self._seen:
                self._seen.add(id(cell))
                self.cells.append(Cell(name, cell, contents_of(cell)))
                self._visit(name, contents_of(cell), 0)

    def _visit(self, path: str, value: Any, depth: int) -> None:
        cls: type = type(value)
        if isinstance(value, torch.nn.Module):
            self._modules(path, value)
        elif cls in _CONTAINERS:
            self._container(path, value, value, depth)
        elif cls is types.FunctionType:
            self._function(path, value)
        elif cls is functools.partial:
            for held in (value.func, *value.args, *value.keywords.values()):
                self._visit(path, held, depth)
        elif cls is types.MethodType:
            self._function(path, value.__func__)
            self._visit(path, value.__self__, depth)
        elif cls is _LRU_CACHE:
            self._cache(value)
        elif _is_state_object(cls):
            self._mapping(path, value, value.__dict__, StateKind.ATTRIBUTE, depth)

    def _modules(self, path: str, root: torch.nn.Module) -> None:
        if id(root.__dict__) in self._seen:
            return
        tree = self._trees.tree(path, root, self._seen)
        self._seen |= tree.ids
        self.modules.append(tree.state)
        for place, module in tree.followed:
            self._follow(f"{place}." if place else "", module, own_attributes(module), 0)
        for place, module in tree.unusual:
            self._mapping(place, module, module.__dict__, StateKind.ATTRIBUTE, 0)

    def _mapping(self, path: str, owner: Any, live: dict[str, Any], kind: StateKind, depth: int) -> None:
        """Save a dict of attributes, and what is in it as far as it is worth following."""
        if id(live) in self._seen:
            return
        self._seen.add(id(live))
        self.saved.append(Saved(kind, path, owner, live, live.copy()))
        for cls in type(owner).__mro__:
            self._methods(cls)
        self._follow(f"{path}." if path else "", owner, live.items(), depth)

    def _follow(self, prefix: str, owner: Any, entries: Iterable[tuple[str, Any]], depth: int) -> None:
        for name, value in [entry for entry in entries if type(entry[1]) not in PLAIN]:
            if type(value) not in _CONTAINERS:
                self._other(prefix + name, value, depth + 1)
            elif value:
                self._container(prefix + name, owner, value, depth + 1, name)
            else:
                self.empty.append(value)

    def _other(self, path: str, value: Any, depth: int) -> None:
        cls: type = type(value)
        if cls is _LRU_CACHE:
            self._cache(value)
        elif cls.__name__ in _GENERATORS and cls.__module__.startswith("numpy.random"):
            self.generators.append((path, value, repr(generator_state(value))))
        elif isinstance(value, torch.nn.Module):
            self._modules(path, value)
        elif depth <= _DEPTH and _is_state_object(cls):
            self._mapping(path, value, value.__dict__, StateKind.ATTRIBUTE, depth)

    def _container(self, path: str, owner: Any, live: Any, depth: int, name: str = "") -> None:
        if id(live) in self._seen:
            return
        self._seen.add(id(live))
        is_module = isinstance(owner, torch.nn.Module)
        kind = REGISTRIES.get(name, StateKind.ITEM) if is_module else StateKind.ITEM
        if kind is not StateKind.ITEM:  # `_buffers`: its entries look like attributes of the module
            path = path.removesuffix(name).removesuffix(".")
            self.saved.append(Saved(kind, path, owner, live, live.copy()))
            return
        self.saved.append(Saved(kind, path, live, live, live.copy()))
        if depth > _DEPTH or isinstance(live, set):
            return
        for key, value in live.items() if isinstance(live, dict) else enumerate(live):
            if type(value) in _CONTAINERS:
                self._container(f"{path}[{key!r}]", live, value, depth + 1)
            elif type(value) not in PLAIN:
                self._other(f"{path}[{key!r}]", value, depth + 1)

    def _class(self, cls: type) -> None:
        self.saved.append(Saved(StateKind.CLASS, cls.__qualname__, cls, vars(cls), dict(vars(cls))))
        for name, value in vars(cls).items():
            if type(value) in _CONTAINERS and not name.startswith("__"):
                self._container(f"{cls.__qualname__}.{name}", cls, value, 1)
        self._methods(cls)

    def _methods(self, cls: type) -> None:
        """Save what the methods of a class keep from call to call, whoever's object they are called on."""
        if id(cls) in self._seen or owner_of_class(cls) not in (Owner.USER, Owner.PACKAGE):
            return
        self._seen.add(id(cls))
        for name, value in vars(cls).items():
            for part in _functions_of(value):
                if type(part) is _LRU_CACHE:
                    self._cache(part)
                elif type(part) is types.FunctionType:
                    self._function(f"{cls.__qualname__}.{name}", part)

    def _cache(self, cached: Any) -> None:
        if id(cached) not in self._seen:
            self._seen.add(id(cached))
            self.caches.append((cached, cached.cache_info().misses))
            self._function("", cached.__wrapped__)

    def _namespace(self, namespace: dict[str, Any]) -> None:
        if id(namespace) in self._seen:
            return
        self._seen.add(id(namespace))
        self.saved.append(Saved(StateKind.GLOBAL, "", namespace, namespace, namespace.copy()))
        for name, value in namespace.items():
            if name.startswith(
                "__"
            ):  # `__builtins__`, `__loader__`: Python's own, and importing changes them
                continue
            if type(value) in _CONTAINERS:
                self._container(name, namespace, value, 1)
            elif type(value) is types.FunctionType:
                if value.__globals__ is namespace:
                    self._function(name, value)
            elif type(value) not in PLAIN:
                self._other(name, value, 1)


def _functions_of(attribute: Any) -> tuple[Any, ...]:
    """Return the functions that an attribute of a class is, or calls."""
    if isinstance(attribute, (staticmethod, classmethod)):
        return (attribute.__func__,)
    if isinstance(attribute, property):
        return attribute.fget, attribute.fset, attribute.fdel
    return (attribute,)


def generator_state(generator: Any) -> Any:
    """Return the state of a generator of numpy."""
    return generator.get_state() if hasattr(generator, "get_state") else generator.bit_generator.state


@functools.cache
def _is_state_object(cls: type) -> bool:
    """Say whether objects of a class are kept by their attributes: the user's classes, and those of packages."""
    is_known_otherwise = issubclass(cls, (torch.nn.Module, torch.Tensor, type, types.ModuleType))
    if is_known_otherwise or cls.__dictoffset__ == 0:
        return False
    return owner_of_class(cls) in (Owner.USER, Owner.PACKAGE)
