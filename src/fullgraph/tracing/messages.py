"""Whether text of a traced value is only a message to somebody: `print(x)`, `raise ValueError(f"got {n}")`.

Nothing that the program computes depends on a message, so that it may show what stands for the value. Which text is one
tells the source: it is made inside of an argument of `print`, a logger, a warning, a check, or of what is raised.

A function of the program's own may take it too (`require(condition, f"got {n}")`). That it does nothing with the text
is seen while it runs: none of the instructions that are executed loads the parameter.

Invariant: what is no message, or not known to be one, is text for the program.
"""

from __future__ import annotations

import ast
import builtins
import dis
import functools
import inspect
import logging
import pprint
import sys
import types
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

import torch

from fullgraph.source import Owner, owner_of
from fullgraph.tracing.catching import is_caught_here
from fullgraph.tracing.syntax import nodes_at, parents_in

_SHOWING: Final[tuple[Callable[..., Any], ...]] = (print, pprint.pprint, pprint.pp, warnings.warn)
_CHECKING: Final[tuple[Callable[..., Any], ...]] = tuple(
    vars(torch)[name] for name in vars(torch) if name.startswith("_check") and callable(vars(torch)[name])
)
_MESSAGES: Final = frozenset({"logging", "traceback", "warnings"})
_MAKING_TEXT: Final = (str, repr, format)
_RUN_LATER: Final = inspect.CO_GENERATOR | inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR
_READS_ALL: Final = frozenset({"locals", "vars", "eval", "exec", "_getframe"})


def is_for_program(frame: types.FrameType, on_read: Callable[[], object]) -> bool:
    """Say whether text is for the program, and no message to somebody.

    Args:
        frame: where it is made; Python's own library may do that for others (`pprint`).
        on_read: called should a function of the program's own turn out to read what was taken for a message.
    """
    while owner_of(frame.f_code.co_filename) is Owner.STANDARD_LIBRARY and frame.f_back is not None:
        if str(frame.f_globals.get("__name__")).partition(".")[0] in _MESSAGES:
            return False
        frame = frame.f_back
    if owner_of(frame.f_code.co_filename) not in (Owner.USER, Owner.PACKAGE):
        return False
    nodes = nodes_at(frame, _MAY_MAKE_TEXT)
    return not nodes or not all(_goes_to_somebody(node, frame, on_read) for node in nodes)


@contextmanager
def nothing_watched_after() -> Iterator[None]:
    """Put Python's trace function back, should a function that is watched never have been called."""
    before = sys.gettrace()
    try:
        yield
    finally:
        if isinstance(getattr(sys.gettrace(), "__self__", None), _Watch):
            sys.settrace(before)


def _goes_to_somebody(node: ast.AST, frame: types.FrameType, on_read: Callable[[], object]) -> bool:
    parents = parents_in(frame.f_code.co_filename)
    if isinstance(node, ast.Call) and _is_shown_by(node, frame):
        return True  # `print(x)` itself makes the text
    parent = parents.get(node)
    while parent is not None:
        if isinstance(parent, ast.Raise) or (isinstance(parent, ast.Assert) and node is parent.msg):
            return not is_caught_here()
        if isinstance(parent, ast.Call) and node is not parent.func and not _makes_text(parent, frame):
            callee = _resolved(parent.func, frame)
            if isinstance(parents.get(parent), ast.Raise):
                return isinstance(callee, type) and not is_caught_here()
            if isinstance(node, ast.Lambda):
                return any(callee is known for known in _CHECKING)
            return _is_shown_by(parent, frame) or _is_left_alone_by(callee, parent, node, on_read)
        if not isinstance(parent, (ast.Call, ast.expr, ast.keyword)) or isinstance(parent, _KEEPING):
            return False
        node, parent = parent, parents.get(parent)
    return False


# Expressions whose value is not the text that they hold, or that keep it.
_KEEPING: Final = (
    ast.NamedExpr, ast.Compare, ast.Subscript, ast.Attribute, ast.BoolOp, ast.UnaryOp, ast.Dict, ast.Set,
    ast.List, ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.Await, ast.Yield, ast.YieldFrom,
)  # fmt: skip


_MAY_MAKE_TEXT: Final = (ast.FormattedValue, ast.Call, ast.BinOp)


def _makes_text(call: ast.Call, frame: types.FrameType) -> bool:
    """Whether a call makes longer text of text: `str(text)`, `"{}".format(text)`."""
    function = call.func
    if isinstance(function, ast.Attribute):
        is_fixed = isinstance(function.value, ast.Constant) and isinstance(function.value.value, str)
        return is_fixed and function.attr == "format"
    maker = _resolved(function, frame)
    return any(maker is known for known in _MAKING_TEXT)


def _is_shown_by(call: ast.Call, frame: types.FrameType) -> bool:
    callee = _resolved(call.func, frame)
    owner = getattr(callee, "__self__", None)
    is_method = isinstance(callee, types.MethodType)
    is_logger = is_method and isinstance(owner, (logging.Logger, logging.LoggerAdapter))
    is_of_logging = isinstance(callee, types.FunctionType) and callee.__module__ == logging.__name__
    # What is printed to a file of the program's own may be read again.
    files = [each.value for each in call.keywords if each.arg in ("file", "stream", None)]
    is_kept = not all(_resolved(file, frame) in (sys.stdout, sys.stderr) for file in files)
    return is_logger or is_of_logging or (not is_kept and any(callee is known for known in _SHOWING))


def _resolved(expression: ast.expr, frame: types.FrameType) -> Any:
    """Return the function that an expression names, without running code of the program; None if that takes more."""
    if isinstance(expression, ast.Name):
        for scope in (frame.f_locals, frame.f_globals, vars(builtins)):
            if expression.id in scope:
                return scope[expression.id]
    if not isinstance(expression, ast.Attribute):
        return None
    owner = _resolved(expression.value, frame)
    if isinstance(owner, types.ModuleType):
        return vars(owner).get(expression.attr)
    if isinstance(owner, (logging.Logger, logging.LoggerAdapter)):
        return getattr(owner, expression.attr, None)
    found = None if owner is None else inspect.getattr_static(type(owner), expression.attr, None)
    return types.MethodType(found, owner) if isinstance(found, types.FunctionType) else None


def _is_left_alone_by(callee: Any, call: ast.Call, node: ast.AST, on_read: Callable[[], object]) -> bool:
    """Whether text is given to a function of the program's own, which is watched from here on until it returns."""
    is_method = isinstance(callee, types.MethodType)
    function = callee.__func__ if is_method else callee
    if not isinstance(function, types.FunctionType):
        return False
    code = function.__code__
    name = _parameter(code, call, node, int(is_method))
    if name is None or code.co_flags & _RUN_LATER or not _READS_ALL.isdisjoint(code.co_names):
        return False
    _watch(code, name, on_read)
    return True


def _parameter(code: types.CodeType, call: ast.Call, node: ast.AST, bound: int) -> str | None:
    """Return the name under which a function gets an argument of a call."""
    if any(isinstance(argument, ast.Starred) for argument in call.args):
        return None
    named = code.co_argcount + code.co_kwonlyargcount
    if isinstance(node, ast.keyword):
        if node.arg in code.co_varnames[:named]:
            return node.arg
        is_gathered = node.arg is not None and code.co_flags & inspect.CO_VARKEYWORDS
        return code.co_varnames[named + bool(code.co_flags & inspect.CO_VARARGS)] if is_gathered else None
    if node not in call.args:
        return None
    index = call.args.index(node) + bound
    if index < code.co_argcount:
        return code.co_varnames[index]
    return code.co_varnames[named] if code.co_flags & inspect.CO_VARARGS else None


class _Watch:
    """Python's trace function while a function runs that was given a message."""

    def __init__(self, code: types.CodeType) -> None:
        self.code = code
        self.before = sys.gettrace()
        self.on_read: dict[str, list[Callable[[], object]]] = {}

    def called(self, frame: types.FrameType, event: str, argument: Any) -> Any:
        if frame.f_code is not self.code:
            return None
        frame.f_trace_opcodes = True
        return self.stepped

    def stepped(self, frame: types.FrameType, event: str, argument: Any) -> Any:
        if event == "opcode":
            for name in _loads(self.code).get(frame.f_lasti, ()):
                for on_read in self.on_read.pop(name, ()):
                    on_read()
        if event == "return":
            sys.settrace(self.before)
        return self.stepped


def _watch(code: types.CodeType, name: str, on_read: Callable[[], object]) -> None:
    watching = getattr(sys.gettrace(), "__self__", None)
    if not (isinstance(watching, _Watch) and watching.code is code):
        watching = _Watch(code)
        sys.settrace(watching.called)
    watching.on_read.setdefault(name, []).append(on_read)


@functools.lru_cache(maxsize=256)
def _loads(code: types.CodeType) -> dict[int, tuple[str, ...]]:
    """Return the names of the variables that each instruction loads, or hands on to a function that it makes."""
    found: dict[int, tuple[str, ...]] = {}
    for instruction in dis.get_instructions(code):
        if "LOAD" in instruction.opname:
            names = instruction.argval if isinstance(instruction.argval, tuple) else (instruction.argval,)
            found[instruction.offset] = tuple(name for name in names if isinstance(name, str))
    return found
