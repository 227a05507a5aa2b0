"""What is met above the dispatcher for its own sake: functions that make tensors of sizes, or ask for their values.

The replacements of `function_table` stand where `standing_in` puts them for the length of a trace.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable
from types import MappingProxyType
from typing import Any

import torch

from fullgraph.contract import TEXT_OF_SIZE
from fullgraph.errors import Unsupported
from fullgraph.source import Owner, origin_here, owner_of
from fullgraph.symbolic import PYTHON_METHODS, Bool, expr_of
from fullgraph.tracing import indexing
from fullgraph.tracing.constants import constant_of
from fullgraph.tracing.default_dtype import default_dtype
from fullgraph.tracing.dispatch import OpOverload, text_of_contents
from fullgraph.tracing.explaining import refuse, refuse_contents
from fullgraph.tracing.messages import is_for_program
from fullgraph.tracing.plain_numbers import plain_number_table
from fullgraph.tracing.questions import depends_on_data
from fullgraph.tracing.records import Records
from fullgraph.tracing.standing_in import FunctionTable, Replacement, asking_frame, not_there
from fullgraph.tracing.tensors_of_sizes import new_tensor_of_sizes, tensor_of_sizes

_SYMBOLIC = (torch.SymInt, torch.SymFloat, torch.SymBool)


def module_paths(roots: list[tuple[str, torch.nn.Module]]) -> FunctionTable:
    """Return the table that keeps track of the module being called, for `nn_module_stack`."""
    paths: dict[int, str] = {}
    for prefix, root in roots:
        for name, module in root.named_modules():
            paths.setdefault(id(module), ".".join(part for part in (prefix, name) if part))

    def called(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
        def call(module: torch.nn.Module, *args: Any, **kwargs: Any) -> Any:
            path = paths.get(id(module))
            if path is None:
                return original(module, *args, **kwargs)
            before = recorder.module_stack
            kind = type(module)
            entry = (path, f"{kind.__module__}.{kind.__qualname__}")
            recorder.module_stack = MappingProxyType({**before, path or "<root>": entry})
            try:
                return original(module, *args, **kwargs)
            finally:
                recorder.module_stack = before

        return call

    return {(torch.nn.Module, "__call__"): called}


def _spaced(op: OpOverload) -> Replacement:
    """The operator's schema says a plain number of steps; PyTorch would ask a size for its value before we see it.

    It is recorded as it is, and not by its parts: what its kernel rounds depends on vector widths and on threads.
    """

    def replacement(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
        def spaced(start: Any, end: Any, steps: Any, *base: Any, **options: Any) -> Any:
            ends = start, end
            plain = not isinstance(steps, torch.SymInt) or any(isinstance(each, complex) for each in ends)
            if plain or options.get("out") is not None or not recorder.interceptor.receives(op):
                return original(start, end, steps, *base, **options)
            if options.get("dtype") is None:
                options["dtype"] = default_dtype(recorder)
            options.pop("out", None)
            requires_grad = options.pop("requires_grad", False)
            numbers = [each.item() if isinstance(each, torch.Tensor) else each for each in ends]
            made = recorder.on_operator(op, (*numbers, steps, *base), options)
            return made.requires_grad_() if requires_grad else made

        return spaced

    return replacement


def _as_in_python(method: Callable[[Any], Callable[..., Any]]) -> Replacement:
    def replacement(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
        return method(None if original is not_there else original)

    return replacement


def _text_of_size(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    """The program's own `str(size)` and f-strings need the value; a library that writes a message does not."""

    def text(size: Any, *spec: str) -> str:
        def value() -> int | float | bool:
            return _value_for_text(size, recorder)

        if is_for_program(asking_frame(), value):
            return format(value(), *spec)
        hint = recorder.scope.hint_of(expr_of(size))  # so that the text is right should it be read after all
        return format(str(size.node) if hint is None else hint, *spec)

    return text


def _text_of_tensor(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    """Text of a parameter, say, which other calls find with other contents."""

    def text(tensor: torch.Tensor, **options: Any) -> str:
        if not is_for_program(
            asking_frame(), lambda: None
        ):  # (what is watched is given the text of the export)
            return str(original(tensor, **options))
        value = recorder.take(tensor)
        known = constant_of(recorder, value)
        if known is None:
            known = refuse_contents(recorder, value, depends_on_data("formatting as text", value))
        return str(text_of_contents(known))

    return text


def _for_json(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    """What `json` does with an object that it does not know; a number it would write down."""

    def default(encoder: Any, value: Any) -> Any:
        if not isinstance(value, _SYMBOLIC):
            return original(encoder, value)
        return _value_for_text(value, recorder)

    return default


def _value_for_text(size: Any, recorder: Records) -> int | float | bool:
    """Return a value to write down.

    Of a size that may not be narrowed nothing is learnt: a text seldom decides anything, and mostly is the message of
    an error. So a run that raises tells of all sizes that raise as it does (branching.py).
    """
    found = expr_of(size)
    with recorder.ledger.shown_by(TEXT_OF_SIZE):
        if isinstance(found, Bool):
            return bool(size)
        remember = not any(map(recorder.ledger.is_dynamic, found.symbols))
        return recorder.scope.value_of(found, remember=remember)


def hash_of_size(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    """The program's own dicts and sets need the value; torch's own code knows that a size may have no hash."""

    def value_hash(size: Any) -> int:
        if owner_of(asking_frame().f_code.co_filename) in (Owner.TORCH, Owner.FULLGRAPH):
            return int(original(size))
        with recorder.ledger.shown_by("dict_keyed_by_size"):
            found = expr_of(size)
            return hash(bool(size) if isinstance(found, Bool) else recorder.scope.value_of(found))

    return value_hash


def _index(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    """`operator.index(size)` is the size, which goes wherever an integer does."""
    return lambda value: value if isinstance(value, torch.SymInt) else original(value)


def _refused(what: str, instead: str, case: str) -> Replacement:
    def replacement(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
        def refusing(*args: Any, **kwargs: Any) -> Any:
            if owner_of(asking_frame().f_code.co_filename) is Owner.TORCH:  # torch.func, which is recorded
                return original(*args, **kwargs)
            error = Unsupported(
                f"The program calls {what}.",
                why="It works on, or changes, state that is outside the graph.",
                instead=instead,
                where=origin_here(),
                case=case,
            )
            return refuse(error, recorder)

        return refusing

    return replacement


def _unrecorded(enter: bool) -> Replacement:
    """A region named for the profiler computes nothing."""
    return lambda original, recorder: lambda region, *error: region if enter else None


_GRADIENTS = "Use torch.func.grad, torch.func.vjp or torch.func.jvp for gradients inside a program."
_SEEDING = "Set the seed before calling the program."


def function_table() -> FunctionTable:
    """Return what every trace meets above the dispatcher."""
    return {
        (torch, "tensor"): tensor_of_sizes,
        (torch, "as_tensor"): tensor_of_sizes,
        (torch, "asarray"): tensor_of_sizes,
        (torch.Tensor, "new_tensor"): new_tensor_of_sizes,
        (torch, "linspace"): _spaced(torch.ops.aten.linspace.default),
        (torch, "logspace"): _spaced(torch.ops.aten.logspace.default),
        **plain_number_table(),
        (torch.Tensor, "__getitem__"): indexing.get_item,
        (torch.Tensor, "__setitem__"): indexing.set_item,
        (torch.autograd.profiler.record_function, "__enter__"): _unrecorded(enter=True),
        (torch.autograd.profiler.record_function, "__exit__"): _unrecorded(enter=False),
        **{
            (torch.autograd, name): _refused(f"torch.autograd.{name}", _GRADIENTS, case="gradient_in_forward")
            for name in ("backward", "grad")
        },
        (torch, "manual_seed"): _refused("torch.manual_seed", _SEEDING, case="seed_set_in_forward"),
        (torch, "set_rng_state"): _refused("torch.set_rng_state", _SEEDING, case="seed_set_in_forward"),
        (torch, "seed"): _refused("torch.seed", _SEEDING, case="seed_set_in_forward"),
        **{place: _as_in_python(method) for place, method in PYTHON_METHODS.items()},
        **{
            (kind, name): _text_of_size
            for kind in _SYMBOLIC
            for name in ("__str__", "__repr__", "__format__")
        },
        **{(kind, "__hash__"): hash_of_size for kind in _SYMBOLIC},
        (torch.Tensor, "__repr__"): _text_of_tensor,
        (torch.nn.Parameter, "__repr__"): _text_of_tensor,
        (operator, "index"): _index,
        (json.JSONEncoder, "default"): _for_json,
    }
