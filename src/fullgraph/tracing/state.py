"""The Python state that a program may write: saved before a trace, compared after it, put back exactly.

What may outlive a call is in the attributes of the program's modules and objects, of their classes, in the globals of
the program's modules, in closure cells, and in the lists, dicts and sets directly in those. All of it is copied
shallowly before the trace. Afterwards each place holds the very object it held before, in the same containers, so a
traced tensor never stays behind.

A change is one of three things. A buffer that holds another tensor is a mutation like any other. State that is only
written (`self.last = x`) is put back and listed. State that is also *read before it is written* (`self.n += 1`) would
be fixed at export, so it is refused. Which of the two it is shows a second run, with the places that changed being
watched (`watching.py`); programs that change no Python state run once.

Invariant: after the `with`, every saved container is the same object with the same contents in the same order.
"""

from __future__ import annotations

import functools
import operator
import types
from collections import Counter, OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

import torch

from fullgraph.errors import CaptureError, Unsupported
from fullgraph.source import Owner
from fullgraph.tracing.inputs import is_same_value
from fullgraph.tracing.module_state import ModuleState, own_attributes
from fullgraph.tracing.owned import held_by
from fullgraph.tracing.program_code import owner_of_class, program_code
from fullgraph.tracing.result import WrittenState
from fullgraph.tracing.watching import Change, Missing, StateKind, Watching

Result = TypeVar("Result")

_MAPPINGS: Final = (dict, OrderedDict, defaultdict, Counter)
_CONTAINERS: Final = frozenset({*_MAPPINGS, list, deque, set})
_GENERATORS: Final = ("Generator", "RandomState")  # of numpy.random
_LRU_CACHE: Final = type(functools.lru_cache(lambda: None))
_DEPTH: Final = 3  # how many containers and objects below a module or a namespace are followed


@dataclass(slots=True)
class _Saved:
    """One container as it was.

    Args:
        kind: what its entries are.
        path: how the user reaches it.
        owner: the object, class or module that the entries are attributes of; the container itself if they are items.
        live: the container.
        copy: what was in it.
    """

    kind: StateKind
    path: str
    owner: Any
    live: Any
    copy: Any


@dataclass(slots=True)
class _Cell:
    """A variable of an enclosing function as it was."""

    name: str
    cell: types.CellType
    old: Any


def with_state_put_back(
    fn: Callable[..., Any], run: Callable[[PythonState], Result], same: Callable[[Result, Result], bool]
) -> Result:
    """Run a trace, and once more when it takes that to tell whether state that changed is also read.

    State that is read and changed is still harmless when it only makes the first call prepare something: then a
    second call, in the state that the first one left, does the same and changes nothing more.

    Args:
        fn: the program.
        run: does one complete trace; what it gets knows the changes once the program has run.
        same: says whether two traces recorded the same.

    Raises:
        Unsupported: the program reads Python state of an earlier call.
    """
    try:
        return _run_watched(fn, run)
    except StateRead as refusal:
        settled = _run_twice(fn, run, same)
        if settled is None:
            raise refusal.error from None
        return settled


class StateRead(Exception):
    """State is read and changed; `error` is the refusal, unless a second call turns out to do the same."""

    def __init__(self, error: Unsupported) -> None:
        super().__init__()
        self.error = error


def _run_twice(
    fn: Callable[..., Any], run: Callable[[PythonState], Result], same: Callable[[Result, Result], bool]
) -> Result | None:
    with PythonState(fn) as before:
        try:
            first = run(before)
            with PythonState(fn) as between:
                second = run(between)
                if between.changes():
                    return None
        except CaptureError:  # it met a traced tensor that the first run left behind
            return None
        return first if same(first, second) else None


def _run_watched(fn: Callable[..., Any], run: Callable[[PythonState], Result]) -> Result:
    changes: tuple[Change, ...] = ()
    while True:
        with PythonState(fn, changes) as state:
            try:
                result = state.watching.run(lambda: run(state))
                state.refuse_what_was_read()
            except Unsupported as error:
                if not changes:
                    raise
                # The first run went well: what is refused in a watched one is what it reads.
                raise StateRead(error) from None
            further = [
                change for change in state.plain_changes() if change.place not in {c.place for c in changes}
            ]
        if not further:
            return result
        changes = (*changes, *further)


class PythonState:
    """The Python state around one run of a program.

    Args:
        fn: the program.
        watched: changes known from an earlier run; whether these places are read before they are written is watched.
    """

    def __init__(self, fn: Callable[..., Any], watched: tuple[Change, ...] = ()) -> None:
        self.watching = Watching(watched)
        self._module_state = ModuleState()
        self._saved: list[_Saved] = []
        self._empty: list[Any] = []  # containers with nothing in them, most of all: the hooks of modules
        self._cells: list[_Cell] = []
        self._generators: list[tuple[str, Any, str]] = []
        self._caches: list[tuple[Any, int]] = []
        self._changes: list[Change] | None = None
        self._found: list[_Saved] | None = None
        self._seen: set[int] = set()
        self._collect(fn)

    def __enter__(self) -> PythonState:  # noqa: PYI034  (`Self` is of Python 3.11, and nobody derives from this)
        self.watching.begin()
        return self

    def __exit__(self, *error: object) -> None:
        self.watching.end()
        self.restore()

    @property
    def written(self) -> tuple[WrittenState, ...]:
        """The places that the program wrote, other than buffers it gave new tensors."""
        return tuple(WrittenState(change.path, change.kind.value) for change in self.plain_changes())

    def rebound_buffers(self) -> list[tuple[str, torch.Tensor]]:
        """Return the buffers that hold another tensor now, and that tensor."""
        return [(change.path, change.new) for change in self.changes() if change.is_rebound_buffer]

    def plain_changes(self) -> list[Change]:
        """Return the changes of Python state proper."""
        return [change for change in self.changes() if not change.is_rebound_buffer]

    def changes(self) -> list[Change]:
        """Return every place that holds something else than before the run. The program has run by now."""
        if self._changes is None:
            self._changes = self._find_changes()
        return self._changes

    def _find_changes(self) -> list[Change]:
        self.watching.end()  # what watched stood in the places themselves
        self._found = list(self._differing())
        found = [change for saved in self._found for change in _changes_in(saved)]
        found += [change for saved in self._filled() for change in _changes_in(saved)]
        for closed in self._cells:
            new = _contents(closed.cell)
            if not is_same_value(closed.old, new):
                found.append(Change(closed.name, StateKind.CELL, closed.cell, closed.name, closed.old, new))
        return found

    def refuse_what_was_read(self) -> None:
        """Refuse the program if it read a piece of state that it also changes, or drew from a generator of its own."""
        self.watching.refuse()
        for path, generator, before in self._generators:
            if repr(_generator_state(generator)) != before:
                raise Unsupported(
                    f"The program draws random numbers from `{path}`.",
                    why="They come from outside the graph, which would give the export's own numbers in every call.",
                    instead="Use torch.rand, torch.randn or torch.randint, which are operators.",
                )

    def restore(self) -> None:
        """Put everything back that changed."""
        for saved in self._differing() if self._found is None else self._found:
            _put_back(saved)
        for live in [*self._empty, *(hooks for _, hooks in self._module_state.filled_hooks())]:
            if live:
                live.clear()
        for closed in self._cells:
            if _contents(closed.cell) is not closed.old:
                _fill(closed.cell, closed.old)
        for cached, misses in self._caches:
            if cached.cache_info().misses != misses:
                cached.cache_clear()  # it holds results of the trace; what a cache holds is no part of its meaning

    def _differing(self) -> Iterator[_Saved]:
        yield from filter(_differs, self._saved)
        if not self._module_state.differs():
            return
        for path, module, registry, live, copy in self._module_state.saved():
            saved = _Saved(_REGISTRIES.get(registry, StateKind.ATTRIBUTE), path, module, live, copy)
            if _differs(saved):
                yield saved

    def _filled(self) -> list[_Saved]:
        """Return what stands for the containers that were empty and no longer are."""
        hooks = [
            _Saved(StateKind.ITEM, f"{path}.hooks" if path else "hooks", live, live, type(live)())
            for path, live in self._module_state.filled_hooks()
        ]
        filled = {id(live) for live in self._empty if live}
        if not filled:
            return hooks
        places = [saved for saved in self._saved if isinstance(saved.copy, dict)]
        places += [
            _Saved(StateKind.ATTRIBUTE, *entry[:2], *entry[3:]) for entry in self._module_state.saved()
        ]
        return hooks + [
            _was_empty(saved, name, value)
            for saved in places
            for name, value in saved.copy.items()
            if id(value) in filled
        ]

    def _collect(self, fn: Callable[..., Any]) -> None:
        inner = getattr(fn, "__func__", fn)
        if isinstance(inner, types.FunctionType):
            for name, cell in zip(inner.__code__.co_freevars, inner.__closure__ or ()):
                self._cells.append(_Cell(name, cell, _contents(cell)))
                self._visit(name, _contents(cell), 0)
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

    def _visit(self, path: str, value: Any, depth: int) -> None:
        cls: type = type(value)
        if isinstance(value, torch.nn.Module):
            self._modules(path, value)
        elif cls in _CONTAINERS:
            self._container(path, value, value, depth)
        elif _is_state_object(cls):
            self._mapping(path, value, value.__dict__, StateKind.ATTRIBUTE, depth)

    def _modules(self, path: str, root: torch.nn.Module) -> None:
        stack = [(path, root)]
        while stack:
            path, module = stack.pop()
            if id(module.__dict__) in self._seen:
                continue
            prefix = f"{path}." if path else ""
            if self._module_state.add(path, module):
                self._seen.add(id(module.__dict__))
                self._follow(prefix, module, own_attributes(module), 0)
            else:
                self._mapping(path, module, module.__dict__, StateKind.ATTRIBUTE, 0)
            stack.extend(
                (prefix + name, child) for name, child in module._modules.items() if child is not None
            )

    def _mapping(self, path: str, owner: Any, live: dict[str, Any], kind: StateKind, depth: int) -> None:
        """Save a dict of attributes, and what is in it as far as it is worth following."""
        if id(live) in self._seen:
            return
        self._seen.add(id(live))
        self._saved.append(_Saved(kind, path, owner, live, live.copy()))
        self._follow(f"{path}." if path else "", owner, live.items(), depth)

    def _follow(self, prefix: str, owner: Any, entries: Iterable[tuple[str, Any]], depth: int) -> None:
        for name, value in [entry for entry in entries if type(entry[1]) not in _PLAIN]:
            if type(value) not in _CONTAINERS:
                self._other(prefix + name, value, depth + 1)
            elif value:
                self._container(prefix + name, owner, value, depth + 1, name)
            else:
                self._empty.append(value)

    def _other(self, path: str, value: Any, depth: int) -> None:
        cls: type = type(value)
        if cls is _LRU_CACHE:
            self._caches.append((value, value.cache_info().misses))
        elif cls.__name__ in _GENERATORS and cls.__module__.startswith("numpy.random"):
            self._generators.append((path, value, repr(_generator_state(value))))
        elif depth <= _DEPTH and _is_state_object(cls):
            self._mapping(path, value, value.__dict__, StateKind.ATTRIBUTE, depth)

    def _container(self, path: str, owner: Any, live: Any, depth: int, name: str = "") -> None:
        if id(live) in self._seen:
            return
        self._seen.add(id(live))
        is_module = isinstance(owner, torch.nn.Module)
        kind = _REGISTRIES.get(name, StateKind.ITEM) if is_module else StateKind.ITEM
        if kind is not StateKind.ITEM:  # `_buffers`: its entries look like attributes of the module
            path = path.removesuffix(name).removesuffix(".")
            self._saved.append(_Saved(kind, path, owner, live, live.copy()))
            return
        self._saved.append(_Saved(kind, path, live, live, live.copy()))
        if depth > _DEPTH or isinstance(live, set):
            return
        for key, value in live.items() if isinstance(live, dict) else enumerate(live):
            if type(value) in _CONTAINERS:
                self._container(f"{path}[{key!r}]", live, value, depth + 1)
            elif type(value) not in _PLAIN:
                self._other(f"{path}[{key!r}]", value, depth + 1)

    def _class(self, cls: type) -> None:
        self._saved.append(_Saved(StateKind.CLASS, cls.__qualname__, cls, vars(cls), dict(vars(cls))))
        for name, value in vars(cls).items():
            if type(value) in _CONTAINERS and not name.startswith("__"):
                self._container(f"{cls.__qualname__}.{name}", cls, value, 1)
            elif type(value) is _LRU_CACHE:
                self._caches.append((value, value.cache_info().misses))

    def _namespace(self, namespace: dict[str, Any]) -> None:
        if id(namespace) in self._seen:
            return
        self._seen.add(id(namespace))
        self._saved.append(_Saved(StateKind.GLOBAL, "", namespace, namespace, namespace.copy()))
        for name, value in namespace.items():
            if type(value) in _CONTAINERS:
                if not name.startswith("__"):  # not `__builtins__`
                    self._container(name, namespace, value, 1)
            elif type(value) not in _PLAIN:
                self._other(name, value, 1)


# Asked of each attribute of each module, so by exact type.
_PLAIN: Final = frozenset(
    {int, float, bool, str, type(None), type, types.FunctionType, types.ModuleType, torch.Tensor, tuple}
)
_REGISTRIES: Final = {
    "_buffers": StateKind.BUFFER,
    "_parameters": StateKind.PARAMETER,
    "_modules": StateKind.MODULE,
}


@functools.cache
def _is_state_object(cls: type) -> bool:
    """Say whether objects of a class are kept by their attributes: the user's classes, and those of packages."""
    is_known_otherwise = issubclass(cls, (torch.nn.Module, torch.Tensor, type, types.ModuleType))
    if is_known_otherwise or cls.__dictoffset__ == 0:
        return False
    return owner_of_class(cls) in (Owner.USER, Owner.PACKAGE)


def _was_empty(place: _Saved, name: str, live: Any) -> _Saved:
    """Return what `_container` would have saved for a container with nothing in it."""
    nothing = type(live)()
    if isinstance(place.owner, torch.nn.Module) and name in _REGISTRIES:
        return _Saved(_REGISTRIES[name], place.path, place.owner, live, nothing)
    return _Saved(StateKind.ITEM, f"{place.path}.{name}" if place.path else name, live, live, nothing)


def _differs(saved: _Saved) -> bool:
    """Say whether a container may have changed; cheap, as nearly none has."""
    live, copy = saved.live, saved.copy
    if len(live) != len(copy):
        return True
    if isinstance(live, set):
        return bool(live != copy)
    if isinstance(live, (list, deque)):
        return not all(map(operator.is_, live, copy))
    return not (all(map(operator.is_, live.values(), copy.values())) and all(map(operator.eq, live, copy)))


def _changes_in(saved: _Saved) -> Iterator[Change]:
    live, copy = saved.live, saved.copy
    if saved.kind is StateKind.ITEM:
        if isinstance(live, dict) or not _same_items(live, copy):
            yield Change(saved.path, StateKind.ITEM, live, "", copy, live)
        return
    for name in [*copy, *(name for name in live if name not in copy)]:
        old, new = copy.get(name, Missing), live.get(name, Missing)
        if is_same_value(old, new) or _is_no_state(saved, name, old, new):
            continue
        path = f"{saved.path}.{name}" if saved.path else name
        yield Change(path, saved.kind, saved.owner, name, old, new)


def _same_items(live: Any, copy: Any) -> bool:
    return len(live) == len(copy) and not isinstance(live, set) and all(map(is_same_value, live, copy))


def _is_no_state(saved: _Saved, name: str, old: Any, new: Any) -> bool:
    """Say whether a change means nothing: an import, a dunder, a value that is only cached."""
    if old is Missing and isinstance(new, types.ModuleType):
        return True
    if name.startswith("__") and name.endswith("__"):
        return True
    is_attribute = saved.kind is StateKind.ATTRIBUTE
    return is_attribute and isinstance(getattr(type(saved.owner), name, None), functools.cached_property)


def _put_back(saved: _Saved) -> None:
    live, copy = saved.live, saved.copy
    if saved.kind is StateKind.CLASS:
        for change in _changes_in(saved):
            _set_or_delete(saved.owner, change.name, change.old)
    elif saved.kind is StateKind.GLOBAL:  # in place: other threads may be reading it
        for change in _changes_in(saved):
            if change.old is Missing:
                del live[change.name]
            else:
                live[change.name] = change.old
    elif isinstance(live, list):
        live[:] = copy
    elif isinstance(live, deque):
        live.clear()
        live.extend(copy)
    else:
        live.clear()
        live.update(copy)


def _set_or_delete(owner: Any, name: str, value: Any) -> None:
    if value is Missing:
        delattr(owner, name)
    else:
        setattr(owner, name, value)


def _contents(cell: types.CellType) -> Any:
    try:
        return cell.cell_contents
    except ValueError:
        return Missing


def _fill(cell: types.CellType, value: Any) -> None:
    if value is Missing:
        del cell.cell_contents
    else:
        cell.cell_contents = value


def _generator_state(generator: Any) -> Any:
    return generator.get_state() if hasattr(generator, "get_state") else generator.bit_generator.state
