"""What is met above the dispatcher for its own sake: functions that make tensors of sizes, or ask for their values.

The replacements of `function_table` stand where `standing_in` puts them for the length of a trace.
"""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable, Iterator
from types import MappingProxyType
from typing import Any

import torch

from fullgraph.errors import Unsupported
from fullgraph.source import Owner, origin_here, owner_of
from fullgraph.symbolic import PYTHON_METHODS, Bool, expr_of
from fullgraph.tracing import indexing
from fullgraph.tracing.default_dtype import default_dtype
from fullgraph.tracing.explaining import refuse
from fullgraph.tracing.records import Records
from fullgraph.tracing.standing_in import FunctionTable, Replacement, asking_frame, not_there
from fullgraph.tracing.traced import TracedTensor

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


def _holds_symbol(data: Any) -> bool:
    if isinstance(data, (list, tuple)):
        return any(_holds_symbol(item) for item in data)
    return isinstance(data, (*_SYMBOLIC, TracedTensor))


def _holds_fraction(data: Any) -> bool:
    return any(isinstance(item, (float, complex)) for item in _leaves(data)) or (
        isinstance(data, list) and not data
    )


def _tensor_of_sizes(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    """`torch.tensor(x.shape[0])` stays dynamic: numbers and nested lists of sizes and scalars are put together."""

    def build(data: Any, dtype: torch.dtype | None, device: Any) -> Any:
        if isinstance(data, TracedTensor):
            return data if dtype is None and device is None else data.to(device=device, dtype=dtype)
        if isinstance(data, (list, tuple)):
            return torch.stack([build(item, dtype, device) for item in data])
        if dtype is None:
            dtype = _dtype_of(data, recorder)
        if isinstance(data, torch.SymFloat) and dtype.is_floating_point:
            # The operator refuses what a float32 cannot hold; torch.tensor makes it infinite.
            number: Any = data  # torch's stubs do not know symbolic numbers
            return torch.scalar_tensor(number, dtype=torch.float64, device=device).to(dtype)
        return torch.scalar_tensor(data, dtype=dtype, device=device)

    @functools.wraps(original)
    def tensor(data: Any, *args: Any, **kwargs: Any) -> Any:
        if not _holds_symbol(data):
            if kwargs.get("dtype", args[0] if args else None) is None and _holds_fraction(data):
                default_dtype(recorder)
            return original(data, *args, **kwargs)
        if isinstance(data, TracedTensor) and not args and not kwargs:
            return data if original.__name__ != "tensor" else data.detach().clone()
        dtype = kwargs.get("dtype", args[0] if args else None)
        if dtype is None:
            dtype = functools.reduce(
                torch.promote_types, (_dtype_of(item, recorder) for item in _leaves(data))
            )
        made = build(data, dtype, kwargs.get("device"))
        return made.requires_grad_() if kwargs.get("requires_grad") else made

    return tensor


def _leaves(data: Any) -> Iterator[Any]:
    if isinstance(data, (list, tuple)):
        for item in data:
            yield from _leaves(item)
    else:
        yield data


def _dtype_of(data: Any, recorder: Records) -> torch.dtype:
    if isinstance(data, torch.Tensor):
        return data.dtype
    if isinstance(data, (bool, torch.SymBool)):
        return torch.bool
    return torch.int64 if isinstance(data, (int, torch.SymInt)) else default_dtype(recorder)


def _as_in_python(method: Callable[[Any], Callable[..., Any]]) -> Replacement:
    def replacement(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
        return method(None if original is not_there else original)

    return replacement


def _text_of_size(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    """The program's own `str(size)` and f-strings need the value; a library that writes a message does not."""

    def text(size: Any, *spec: str) -> str:
        asker = owner_of(asking_frame().f_code.co_filename)
        if asker not in (Owner.USER, Owner.PACKAGE):
            return format(str(size.node), *spec)
        with recorder.ledger.shown_by("f_string_of_size"):
            return format(_value_of(size, recorder), *spec)

    return text


def _value_of(size: Any, recorder: Records) -> int | float | bool:
    found = expr_of(size)
    return bool(size) if isinstance(found, Bool) else recorder.scope.value_of(found)


def hash_of_size(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    """The program's own dicts and sets need the value; torch's own code knows that a size may have no hash."""

    def value_hash(size: Any) -> int:
        if owner_of(asking_frame().f_code.co_filename) in (Owner.TORCH, Owner.FULLGRAPH):
            return int(original(size))
        with recorder.ledger.shown_by("dict_keyed_by_size"):
            return hash(_value_of(size, recorder))

    return value_hash


def _index(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    """`operator.index(size)` is the size, which goes wherever an integer does."""
    return lambda value: value if isinstance(value, torch.SymInt) else original(value)


def _refused(what: str, instead: str, case: str) -> Replacement:
    def replacement(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
        def refusing(*args: Any, **kwargs: Any) -> Any:
            error = Unsupported(
                f"The program calls {what}.",
                why="It works on, or changes, state that is outside the graph.",
                instead=instead,
                where=origin_here(),
                case=case,
            )
            refuse(error, recorder)

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
        (torch, "tensor"): _tensor_of_sizes,
        (torch, "as_tensor"): _tensor_of_sizes,
        (torch, "asarray"): _tensor_of_sizes,
        (torch.Tensor, "__getitem__"): indexing.get_item,
        (torch.Tensor, "__setitem__"): indexing.set_item,
        (torch.autograd.profiler.record_function, "__enter__"): _unrecorded(enter=True),
        (torch.autograd.profiler.record_function, "__exit__"): _unrecorded(enter=False),
        (torch.autograd, "backward"): _refused(
            "torch.autograd.backward", _GRADIENTS, case="gradient_in_forward"
        ),
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
        (operator, "index"): _index,
    }
