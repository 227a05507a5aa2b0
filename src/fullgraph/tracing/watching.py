"""Whether a program reads a piece of Python state before it writes it: watched in a second run of a trace.

The first run told which places change. In the second, each of them is watched by what it is:

* an attribute, by a data descriptor on the object's class, which sees each `getattr` before the object's own dict does;
* a list, dict or set, by a stand-in that passes writes on and notes everything else as a read;
* a global, a closure variable, an attribute of a class or a function, by the functions that ran: one of them has an
  instruction that loads that name. This cannot tell a load before a store from one after it, and counts both.

Each of these errs towards "read", and then the program is refused; none can miss a read except through `vars(obj)`.

Invariant: `end` takes away all that `begin` put in place, in the reverse order.
"""

from __future__ import annotations

import dis
import gc
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, Final, TypeVar

import torch

from fullgraph.errors import FullgraphError, Unsupported
from fullgraph.source import Origin, Owner, origin_here, owner_of
from fullgraph.tracing.write_only import WriteOnly

Result = TypeVar("Result")


class _Missing:
    def __repr__(self) -> str:
        return "(nothing)"


Missing: Final = _Missing()


class StateKind(Enum):
    """What kind of place holds a piece of state."""

    ATTRIBUTE = "attribute"
    BUFFER = "buffer"
    PARAMETER = "parameter"
    MODULE = "submodule"
    ITEM = "contents"
    GLOBAL = "global"
    CLASS = "class attribute"
    FUNCTION = "function attribute"
    CELL = "closure variable"


@dataclass(frozen=True, eq=False)
class Change:
    """A place that holds something else after the run than before it.

    Args:
        path: how the user reaches it.
        kind: what kind of place it is.
        owner: the object, class, namespace, cell or container.
        name: the attribute or variable; empty for the contents of a container.
        old: what was there.
        new: what is there now.
    """

    path: str
    kind: StateKind
    owner: Any
    name: str
    old: Any
    new: Any

    @property
    def place(self) -> tuple[int, str]:
        """What tells one place from another."""
        return id(self.owner), self.name

    @property
    def is_rebound_buffer(self) -> bool:
        """Whether a tensor took the place of a buffer: a mutation like `buffer.copy_(new)`."""
        is_tensor = isinstance(self.old, torch.Tensor) and isinstance(self.new, torch.Tensor)
        return self.kind is StateKind.BUFFER and is_tensor


class Watching:
    """Watches places during one run.

    Args:
        changes: the places, by what happened to them in an earlier run.
    """

    def __init__(self, changes: tuple[Change, ...]) -> None:
        self._changes = changes
        self._reads: dict[tuple[int, str], Origin] = {}
        self._undo: list[Callable[[], None]] = []
        self._ran: dict[int, types.CodeType] = {}

    def begin(self) -> None:
        """Put everything in place that sees a read."""
        for change in self._changes:
            if change.kind is StateKind.ITEM:
                self._watch_container(change)
            elif change.kind not in _BY_CODE:
                self._watch_attribute(change)

    def end(self) -> None:
        """Take it away again; more than once does no harm."""
        while self._undo:
            self._undo.pop()()

    def run(self, program: Callable[[], Result]) -> Result:
        """Run the program and note which functions ran, when that is needed."""
        if not self._changes:
            return program()
        try:
            return self._noting_functions(program)
        except Exception as error:
            self.refuse()
            # The first run went well, so what failed is what a stand-in cannot do: be given to C++ as a list, a read.
            watched = [change for change in self._changes if change.kind is StateKind.ITEM]
            if watched and not isinstance(error, FullgraphError):
                raise _read_and_changed(watched[0], _origin_of(error)) from error
            raise

    def refuse(self) -> None:
        """Refuse the program if it read one of the places before writing it.

        Raises:
            Unsupported: it did.
        """
        for change in self._changes:
            where = self._reads.get(change.place)
            if where is None and change.kind in _BY_CODE:
                where = self._loaded_at(change)
            if where is not None:
                raise _read_and_changed(change, where)

    def _noting_functions(self, program: Callable[[], Result]) -> Result:
        if not any(change.kind in _BY_CODE for change in self._changes):
            return program()
        ran = self._ran
        before = sys.getprofile()

        def note(frame: types.FrameType, event: str, argument: Any) -> None:
            ran[id(frame.f_code)] = frame.f_code

        sys.setprofile(note)
        try:
            return program()
        finally:
            sys.setprofile(before)

    def _loaded_at(self, change: Change) -> Origin | None:
        for code in self._ran.values():
            for instruction in dis.get_instructions(code):
                if instruction.argval == change.name and instruction.opname.startswith(_LOADS[change.kind]):
                    return Origin(((code, instruction.offset),))
        return None

    def _note_read(self, change: Change) -> None:
        self._reads.setdefault(change.place, origin_here())

    def _watch_attribute(self, change: Change) -> None:
        cls, name = type(change.owner), change.name
        before = vars(cls).get(name, Missing)
        if isinstance(before, _Watched):
            before.watch(change, self._note_read)
            return
        watched = _Watched(cls, name, before)
        watched.watch(change, self._note_read)
        setattr(cls, name, watched)

        def undo() -> None:
            if before is Missing:
                delattr(cls, name)
            else:
                setattr(cls, name, before)

        self._undo.append(undo)

    def _watch_container(self, change: Change) -> None:
        stand_in = WriteOnly(change.owner, lambda: self._note_read(change))
        ours = {id(self.__dict__), id(change), id(getattr(change, "__dict__", None))}
        for holder in gc.get_referrers(change.owner):
            if isinstance(holder, types.FrameType) or id(holder) in ours or _is_ours(holder):
                continue
            if not self._replace_in(holder, change.owner, stand_in):
                # Something that cannot be watched holds it too (a tuple, a bound method): it may be read through that.
                self._reads.setdefault(change.place, Origin())

    def _replace_in(self, holder: Any, container: Any, stand_in: Any) -> bool:
        if isinstance(holder, types.CellType):
            holder.cell_contents = stand_in
            self._undo.append(lambda: setattr(holder, "cell_contents", container))
            return True
        if not isinstance(holder, (dict, list)):
            holder = getattr(
                holder, "__dict__", None
            )  # from Python 3.13 on an object stands for its own dict
            if not isinstance(holder, dict):
                return False
        entries = list(holder.items()) if isinstance(holder, dict) else list(enumerate(holder))
        keys = [key for key, value in entries if value is container]
        for key in keys:
            holder[key] = stand_in

        def undo() -> None:
            for key in keys:
                if _item(holder, key) is stand_in:
                    holder[key] = container

        self._undo.append(undo)
        return bool(keys)


class _Watched:
    """A data descriptor that tells when an attribute of certain objects is read while it holds its old value."""

    def __init__(self, cls: type, name: str, before: Any) -> None:
        self._name = name
        self._before = before if before is not Missing else _inherited(cls, name)
        self._changes: dict[int, tuple[Change, Callable[[Change], None]]] = {}

    def watch(self, change: Change, on_read: Callable[[Change], None]) -> None:
        """Watch one more object."""
        self._changes[id(change.owner)] = (change, on_read)

    def __get__(self, instance: Any, owner: type | None = None) -> Any:
        if instance is None:
            return self._before
        watched = self._changes.get(id(instance))
        if watched is not None:
            change, on_read = watched
            if _now(change) is change.old:
                on_read(change)
        return self._plain(instance, owner)

    def __set__(self, instance: Any, value: Any) -> None:
        setter = getattr(type(self._before), "__set__", None)
        self._changes.pop(id(instance), None)  # what is read from here on was written in this run
        if setter is not None:
            setter(self._before, instance, value)
        else:
            instance.__dict__[self._name] = value

    def __delete__(self, instance: Any) -> None:
        deleter = getattr(type(self._before), "__delete__", None)
        self._changes.pop(id(instance), None)
        if deleter is not None:
            deleter(self._before, instance)
        elif self._name in instance.__dict__:
            del instance.__dict__[self._name]
        else:
            raise AttributeError(self._name)

    def _plain(self, instance: Any, owner: type | None) -> Any:
        """Look the attribute up as Python would without the descriptor."""
        before, getter = self._before, getattr(type(self._before), "__get__", None)
        if hasattr(type(before), "__set__") and getter is not None:
            return getter(before, instance, owner)
        if self._name in instance.__dict__:
            return instance.__dict__[self._name]
        if before is Missing:
            # `Module.__getattr__` goes on from here, to parameters, buffers and submodules.
            raise AttributeError(f"'{type(instance).__name__}' object has no attribute '{self._name}'")
        return before if getter is None else getter(before, instance, owner)


_BY_CODE: Final = frozenset({StateKind.GLOBAL, StateKind.CLASS, StateKind.FUNCTION, StateKind.CELL})
_LOADS: Final = {
    StateKind.GLOBAL: ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_ATTR", "LOAD_METHOD"),
    StateKind.CLASS: ("LOAD_ATTR", "LOAD_METHOD"),
    StateKind.FUNCTION: ("LOAD_ATTR", "LOAD_METHOD"),
    StateKind.CELL: ("LOAD_DEREF", "LOAD_CLASSDEREF", "LOAD_FROM_DICT_OR_DEREF"),
}
REGISTRY_OF: Final = {
    StateKind.BUFFER: "_buffers",
    StateKind.PARAMETER: "_parameters",
    StateKind.MODULE: "_modules",
}


def _now(change: Change) -> Any:
    registry = REGISTRY_OF.get(change.kind)
    holder = change.owner.__dict__ if registry is None else change.owner.__dict__[registry]
    return holder.get(change.name, Missing)


def _inherited(cls: type, name: str) -> Any:
    return next((vars(base)[name] for base in cls.__mro__[1:] if name in vars(base)), Missing)


def _item(holder: Any, key: Any) -> Any:
    if isinstance(holder, dict):
        return holder.get(key)
    return holder[key] if key < len(holder) else None


def _is_ours(holder: Any) -> bool:
    """Say whether a holder belongs to the watching itself, or to the copies made before the run."""
    return type(holder).__module__.startswith(__package__) or isinstance(holder, WriteOnly)


def _read_and_changed(change: Change, where: Origin) -> Unsupported:
    what = (
        f"The {change.kind.value} `{change.path}`"
        if change.kind is not StateKind.ITEM
        else f"`{change.path}`"
    )
    return Unsupported(
        f"{what} is Python state that the program reads and changes.",
        why="What it reads was left by the call before; in the graph it would always be the value of the export.",
        instead=_advice(change),
        where=where,
        case=_case(change),
    )


def _origin_of(error: Exception) -> Origin:
    places: list[tuple[types.CodeType, int]] = []
    step = error.__traceback__
    while step is not None:
        if owner_of(step.tb_frame.f_code.co_filename) in (Owner.USER, Owner.PACKAGE):
            places.append((step.tb_frame.f_code, step.tb_lasti))
        step = step.tb_next
    return Origin(tuple(places))


def _case(change: Change) -> str:
    if change.kind is StateKind.ITEM:
        return "list_in_global"
    if isinstance(change.owner, torch.nn.Module):
        is_tensor = isinstance(change.old, torch.Tensor) or isinstance(change.new, torch.Tensor)
        return "attribute_read_from_last_call" if is_tensor else "attribute_counter"
    return "global_counter"


def _advice(change: Change) -> str:
    if change.kind in (StateKind.ATTRIBUTE, StateKind.BUFFER) and isinstance(change.owner, torch.nn.Module):
        return (
            f"Make it a buffer, in __init__: self.register_buffer({change.name!r}, torch.tensor(...)), and update it "
            f"as a tensor: self.{change.name}.add_(1)."
        )
    return "Pass it as an argument and return the new value, or keep it as a buffer of a module."
