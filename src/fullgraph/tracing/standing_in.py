"""How a Python function is met above the dispatcher, before it reaches an operator.

A *function table* maps a place (an owner and an attribute name) to what stands there while a trace runs:
`(original, recorder) -> replacement`. `standing_in` puts a table in place for the length of a trace and puts the
originals back. Replacements act in the tracing thread only; elsewhere the original runs. A function written in Python
is caught under every name that holds it, because it is its code that is swapped; a builtin only at its place.

Tables are passed in by the caller (`control_flow` and `rewriting` bring their own); nothing is registered by import.
"""

from __future__ import annotations

import builtins
import functools
import sys
import threading
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from typing import Any

from fullgraph.tracing.item_slots import be_no_sequence, is_sequence
from fullgraph.tracing.messages import nothing_watched_after
from fullgraph.tracing.number_classes import class_questions
from fullgraph.tracing.records import Records

Replacement = Callable[[Callable[..., Any], Records], Callable[..., Any]]
FunctionTable = Mapping[tuple[Any, str], Replacement]

_STAND_IN = "<fullgraph stand-in>"  # the file name of code that passes a call on


@contextmanager
def standing_in(table: FunctionTable, recorder: Records) -> Iterator[None]:
    """Put the replacements of a table in place, for this thread, and the originals back."""
    thread = threading.get_ident()
    with ExitStack() as undo:
        undo.enter_context(nothing_watched_after())
        for (owner, name), replacement in table.items():
            if isinstance(owner, type) and name not in owner.__dict__:
                inherited = getattr(owner, name, not_there)
                if name == "__getitem__" and not is_sequence(owner):
                    undo.callback(be_no_sequence, owner)
                undo.callback(delattr, owner, name)
                setattr(owner, name, _for_thread(inherited, replacement(inherited, recorder), thread))
                if name == "__getitem__":
                    be_no_sequence(owner)
                continue
            if isinstance(owner, types.ModuleType) and name not in owner.__dict__:
                inherited = getattr(builtins, name)
                undo.callback(delattr, owner, name)
                setattr(owner, name, _for_thread(inherited, replacement(inherited, recorder), thread))
                continue
            found = owner.__dict__[name] if isinstance(owner, type) else getattr(owner, name)
            plain = found.__func__ if isinstance(found, (staticmethod, classmethod)) else found
            if isinstance(found, types.ClassMethodDescriptorType):
                original = _taking_the_class(found)
                undo.callback(setattr, owner, name, found)
                setattr(
                    owner, name, classmethod(_for_thread(original, replacement(original, recorder), thread))
                )
            elif isinstance(plain, types.FunctionType):
                original = _copy_of(plain)
                undo.callback(setattr, plain, "__code__", plain.__code__)
                plain.__code__ = _code_that_calls(
                    _for_thread(original, replacement(original, recorder), thread), plain
                )
            else:
                undo.callback(setattr, owner, name, found)
                setattr(owner, name, _for_thread(plain, replacement(plain, recorder), thread))
        yield


def under_other_names(table: FunctionTable, namespaces: Iterable[dict[str, Any]]) -> FunctionTable:
    """Return a table and the places where the program's modules hold its functions by name.

    A Python function is caught wherever it is held, since its code is swapped; one of C (`from torch import
    is_grad_enabled`, `from numpy import ceil`) has no code to swap, nor has a class method of C (`exp = Exp.apply` on
    newer PyTorch).
    """
    in_c = {
        id(getattr(owner, name)): replacement
        for (owner, name), replacement in table.items()
        if isinstance(owner, types.ModuleType)
        and not isinstance(getattr(owner, name), (types.FunctionType, type))
    }
    found = dict(table)
    for namespace in namespaces:
        module = sys.modules.get(str(namespace.get("__name__")))
        if module is not None and module.__dict__ is namespace:
            for name, value in namespace.items():
                replacement = in_c.get(id(value)) or _for_class_method(value, table)
                if replacement is not None:
                    found.setdefault((module, name), replacement)
    return {**class_questions(namespaces), **found}


def _for_class_method(value: Any, table: FunctionTable) -> Replacement | None:
    """Return what stands in for a class method of C that was taken from a class and is held by a name."""
    if not (isinstance(value, types.BuiltinFunctionType) and isinstance(value.__self__, type)):
        return None
    for owner in value.__self__.__mro__:
        if isinstance(owner.__dict__.get(value.__name__), types.ClassMethodDescriptorType):
            for_any = table.get((owner, value.__name__))
            return for_any and functools.partial(_of_class, value.__self__, for_any)
    return None


def _of_class(
    cls: type, replacement: Replacement, original: Callable[..., Any], recorder: Records
) -> Callable[..., Any]:
    return functools.partial(replacement(original, recorder), cls)


def not_there(*args: Any, **kwargs: Any) -> Any:
    """What an operator method that a class does not have amounts to."""
    return NotImplemented


def _taking_the_class(method: types.ClassMethodDescriptorType) -> Callable[..., Any]:
    """Return a class method of C as a function of the class and its arguments, as one of Python is written."""

    @functools.wraps(method, updated=())
    def on_class(cls: type, *args: Any, **kwargs: Any) -> Any:
        return method.__get__(None, cls)(*args, **kwargs)

    return on_class


def _for_thread(
    original: Callable[..., Any], replacement: Callable[..., Any], thread: int
) -> Callable[..., Any]:
    if isinstance(replacement, (type, property)):
        return replacement  # it answers for every thread; a class is asked for by `isinstance` as well

    @functools.wraps(original, updated=())
    def either(*args: Any, **kwargs: Any) -> Any:
        return (replacement if threading.get_ident() == thread else original)(*args, **kwargs)

    return either


def asking_frame() -> types.FrameType:
    """Return the frame that called what a replacement stands for; asked by the replacement, or what it calls.

    Where that is another replacement (`max(tensors, key=len)` has one for `max`), it is who called that.
    """
    frame = sys._getframe(1)
    while not _is_stand_in(frame.f_code):
        frame = _below(frame)
    while _is_stand_in(frame.f_code) or frame.f_code.co_filename == _STAND_IN:
        frame = _below(frame)
        if frame.f_back is not None and _is_stand_in(frame.f_back.f_code):
            frame = frame.f_back
    return frame


def _is_stand_in(code: types.CodeType) -> bool:
    return code.co_name == "either" and code.co_filename == __file__  # see `_for_thread`


def _below(frame: types.FrameType) -> types.FrameType:
    assert frame.f_back is not None, "replacements are called by stand-ins, and those by the program"
    return frame.f_back


def _copy_of(function: types.FunctionType) -> types.FunctionType:
    """Return a function that goes on doing what `function` does now."""
    copy = types.FunctionType(
        function.__code__,
        function.__globals__,
        function.__name__,
        function.__defaults__,
        function.__closure__,
    )
    copy.__kwdefaults__ = function.__kwdefaults__
    return copy


def _code_that_calls(target: Callable[..., Any], function: types.FunctionType) -> types.CodeType:
    """Return code for `function` that passes everything to `target`.

    Swapping the code of a function catches it under whatever name the program holds it: `from m import f`, a method
    bound long ago (`relu = MyReLU.apply`).
    """
    return _with_target(_template(function.__code__.co_freevars), target)


@functools.cache
def _template(cells: tuple[str, ...]) -> types.CodeType:
    """Return code with these cells: new code must have as many as the closure of its function."""
    lines = [
        f"def outer({', '.join(cells)}):",
        " def call(*args, **kwargs):",
        f"  if 0: {', '.join(cells) or 0}",
        "  target = '<target>'",
        "  return target(*args, **kwargs)",
        " return call",
    ]
    return compile("\n".join(lines), _STAND_IN, "exec")


def _with_target(code: types.CodeType, target: Callable[..., Any]) -> types.CodeType:
    """Return the innermost function's code, with `target` where the text has its placeholder."""
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            return _with_target(constant, target)
    constants = tuple(target if constant == "<target>" else constant for constant in code.co_consts)
    return code.replace(co_consts=constants)
