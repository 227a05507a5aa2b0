"""The class of a size is `int`, as in eager, and so it is while a trace runs.

A size that is not known yet is a `torch.SymInt`, which is no subclass of `int`; a program that tells a number from a
pair of numbers (`(n, n) if isinstance(n, int) else n`) would take another way than in eager. There are two questions:

* What an object says of itself, `n.__class__`, which is also what `isinstance`, `case int():` and abstract base classes
  go by. While a trace runs, the classes of symbolic numbers have a property of that name, as a mock has that passes for
  another class. It answers PyTorch itself with the true class, which its own code must know, and everyone else with
  Python's.
* What it is, `type(n)`. The modules of the program find another `type` among their globals: it answers with Python's
  class for a symbolic number, for a traced tensor with `torch.Tensor`.
"""

from __future__ import annotations

import builtins
import gc
import sys
import types
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any, Final

import torch

from fullgraph.source import Owner, owner_of
from fullgraph.symbolic import is_either, scope_of, settled
from fullgraph.tracing.records import Records
from fullgraph.tracing.traced import TracedTensor

_LIKE_IT: Final[dict[type, type]] = {torch.SymInt: int, torch.SymFloat: float, torch.SymBool: bool}
# Modules of Python that ask for somebody else.
_FORWARDING: Final = frozenset({"abc", "typing"})


@contextmanager
def classes_as_in_python() -> Iterator[None]:
    """Let symbolic numbers say that they are of Python's classes."""
    with ExitStack() as undo:
        for kind in _LIKE_IT:
            undo.callback(_set_class_property, kind, _names_of(kind).get("__class__"))
            _set_class_property(kind, property(_class_for_asker(kind)))
        yield


def _class_for_asker(kind: type) -> Callable[[Any], type]:
    def class_for_asker(number: Any) -> type:
        frame = sys._getframe(1)
        while frame.f_globals.get("__name__") in _FORWARDING and frame.f_back is not None:
            frame = frame.f_back
        asker = owner_of(frame.f_code.co_filename)
        if asker is Owner.TORCH or asker is Owner.FULLGRAPH or scope_of(number) is None:
            return kind
        found = type(settled(number)) if is_either(number) else kind
        return _LIKE_IT.get(found, found)

    return class_for_asker


def _set_class_property(kind: type, found: property | None) -> None:
    """Set or delete `__class__` among a class's own names.

    `setattr(kind, "__class__", ...)` would change what the class itself is an instance of. So it is done in the dict
    behind the class; deleting an attribute the usual way then tells Python that what it remembers of the class is old.
    """
    names = _names_of(kind)
    if found is None:
        names.pop("__class__", None)
    else:
        names["__class__"] = found
    names["_changed"] = True
    delattr(kind, "_changed")


def _names_of(kind: type) -> dict[str, Any]:
    """Return the dict behind a class: `vars` gives a view that cannot be written to."""
    (names,) = gc.get_referents(vars(kind))
    found: dict[str, Any] = names
    return found


def class_questions(namespaces: Iterable[dict[str, Any]]) -> dict[tuple[Any, str], Any]:
    """Return a function table with `type` in these modules, where the name is that of the builtin."""
    modules = [sys.modules.get(str(namespace.get("__name__"))) for namespace in namespaces]
    return {
        (module, "type"): _type for module in modules if module is not None and "type" not in vars(module)
    }


class _AnswersForNumbers(type):
    """What `type` is while a trace runs: itself, but for the classes of symbolic numbers and traced tensors."""

    def __call__(cls, *args: Any, **kwargs: Any) -> Any:
        if cls is not TypeOfNumbers:
            return super().__call__(*args, **kwargs)  # a metaclass that the program derives from `type`
        if len(args) != 1:
            return builtins.type(*args, **kwargs)
        kind = builtins.type(settled(args[0]))
        if kind is builtins.type:
            return TypeOfNumbers  # `type(cls) is type` has the program's name on the right
        if kind is TracedTensor:
            return torch.nn.Parameter if isinstance(args[0], torch.nn.Parameter) else torch.Tensor
        return _LIKE_IT.get(kind, kind)

    def __instancecheck__(cls, value: Any) -> bool:
        return isinstance(value, builtins.type)

    def __subclasscheck__(cls, kind: Any) -> bool:
        return issubclass(kind, builtins.type)


class TypeOfNumbers(type, metaclass=_AnswersForNumbers):
    """`type`, as the modules of a program find it while a trace runs."""

    __class_getitem__: Any = classmethod(types.GenericAlias)


def _type(original: Callable[..., Any], recorder: Records) -> type:
    return TypeOfNumbers
