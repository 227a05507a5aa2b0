"""What is told to PyTorch's exporter, so that it has its best chance: our specs in its words, our functions as its own.

Our specs are read by the reader that `fullgraph.export` uses, which gives an expression for each size; an expression
that `torch.export.Dim` cannot say (`h // 2`, `h + w`) becomes `Dim.AUTO`. Constraints give the ranges of the dims.

Invariant: nothing is promised to the exporter that the user did not say.
"""

from __future__ import annotations

import functools
import inspect
import math
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

import torch
from torch.utils import _pytree as pytree

import fullgraph
from fullgraph import SpecError
from fullgraph.contract import DimKind, DimSpec, Specs, fresh_scope, read_specs
from fullgraph.exportdb.subjects import Subject
from fullgraph.exportdb.survey.judge import NotApplicable
from fullgraph.symbolic import Expr, Range, evaluate
from fullgraph.testing import Call
from fullgraph.tracing import TORCH_CONTROL_FLOW, bind

Dims = Mapping[Expr, Any]  # symbol -> what torch.export calls it

_COUNTERPARTS: Final[Mapping[str, Callable[..., Any]]] = {
    "cond": torch.cond,
    "check": torch._check,
    "constant": torch.compiler.assume_constant_result,
    **{
        name: getattr(TORCH_CONTROL_FLOW, name)
        for name in ("associative_scan", "map", "scan", "while_loop")
        if hasattr(TORCH_CONTROL_FLOW, name)
    },
}
# Functions of ours that a program calls while it runs, and PyTorch has none of the kind.
_WITHOUT_COUNTERPART: Final = ("switch",)


def dynamic_shapes_for_torch(subject: Subject, program: Callable[..., Any], call: Call, *, auto: bool) -> Any:
    """Return our specs as `torch.export` takes them: for each argument by name a nesting of `{dim: Dim}`.

    Args:
        subject: says what is dynamic.
        program: what is exported.
        call: the very arguments that the exporter is given.
        auto: whether each dynamic dim is to be `Dim.AUTO`.

    Raises:
        NotApplicable: the spec itself is refused by fullgraph.
    """
    inputs = bind(program, call.args, call.kwargs)
    try:
        specs = read_specs(
            inputs.leaves, subject.dynamic_shapes, subject.constraints_of(call), [], inputs.names
        )
    except SpecError as error:
        raise NotApplicable(f"Its specs are refused before anything is exported: {error}") from None
    if not specs.symbols:
        return None
    dims = {} if auto else _dims_of(specs)
    by_tensor: dict[int, Any] = {}
    for leaf, sizes in zip(specs.inputs, specs.dims):
        named = {axis: _said(size, dims) for axis, size in enumerate(sizes or ()) if isinstance(size, Expr)}
        if named:
            by_tensor[id(leaf.value)] = named
    numbers = {specs.inputs[index].keys for index in specs.scalars}

    def spec_of(keys: tuple[Any, ...], value: Any) -> Any:
        if isinstance(value, torch.Tensor):
            return by_tensor.get(id(value))
        return torch.export.Dim.DYNAMIC if keys in numbers else None

    called = program.forward if isinstance(program, torch.nn.Module) else program
    bound = inspect.signature(called).bind(*call.args, **call.kwargs).arguments
    return {
        name: pytree.tree_map_with_path(
            lambda path, value, name=name: spec_of((name, *map(_key, path)), value), argument
        )
        for name, argument in bound.items()
    }


def _key(entry: Any) -> Any:
    """Return a step of a pytree's path as our paths have it."""
    for attribute in ("key", "idx", "name"):
        if (found := getattr(entry, attribute, None)) is not None:
            return found
    return str(entry)


def _dims_of(specs: Specs) -> Dims:
    scope = fresh_scope(specs.symbols)
    for relation in specs.relations:
        scope.assume(relation.fact)
    return {each.symbol: _dim_of(each, scope.range_of(each.symbol)) for each in specs.symbols}


def _dim_of(spec: DimSpec, known: Range) -> Any:
    low = int(known.lo) if known.lo > 0 else None
    high = int(known.hi) if known.hi < math.inf else None
    if spec.kind is DimKind.NAMED:
        return torch.export.Dim(spec.text, min=low, max=high)
    hint = getattr(torch.export.Dim, spec.kind.value)
    return hint if low is None and high is None else hint(min=low, max=high)


def _said(size: Expr, dims: Dims) -> Any:
    """Return a size as `factor * dim + offset` of a named dim, which is all that `torch.export` has."""
    if size in dims:
        return dims[size]
    symbols = tuple(size.symbols)
    if len(symbols) != 1 or not isinstance(dims.get(symbols[0]), torch.export.Dim):
        return torch.export.Dim.AUTO
    offset, one, many = (int(evaluate(size, {symbols[0]: value})) for value in (0, 1, 1000))
    factor = one - offset
    if many != 1000 * factor + offset:
        return torch.export.Dim.AUTO
    scaled = dims[symbols[0]] if factor == 1 else factor * dims[symbols[0]]
    return scaled + offset if offset else scaled


def as_module(program: Callable[..., Any]) -> torch.nn.Module:
    """Return a module that does what the function does and has its signature; a module as it is."""
    if isinstance(program, torch.nn.Module):
        return program
    kind = type(
        getattr(program, "__name__", "Program"), (torch.nn.Module,), {"forward": staticmethod(program)}
    )
    module: torch.nn.Module = kind()
    return module


@contextmanager
def in_words_of_torch(program: Callable[..., Any]) -> Iterator[None]:
    """While inside, the module that the program is written in sees PyTorch's control flow in place of ours.

    Raises:
        NotApplicable: it uses a function of ours that PyTorch has no counterpart of.
    """
    written_in = program if inspect.isfunction(program) else type(program)
    names = vars(sys.modules[written_in.__module__])
    used = _names_used(names)
    for name in _WITHOUT_COUNTERPART:
        if name in used and names.get("fullgraph") is fullgraph:
            raise NotApplicable(f"It uses `fullgraph.{name}`, and PyTorch has no such function.")
    ours = {id(getattr(fullgraph, name)): function for name, function in _COUNTERPARTS.items()}
    found = {
        name: _stand_in() if value is fullgraph else ours[id(value)]
        for name, value in names.items()
        if value is fullgraph or id(value) in ours
    }
    before = {name: names[name] for name in found}
    names.update(found)
    try:
        yield
    finally:
        names.update(before)


def _names_used(names: Mapping[str, Any]) -> set[str]:
    """Return the names that the functions and methods of a module look up, those inside them too."""
    own = names.get("__name__")
    found: set[str] = set()
    waiting = [value for value in names.values() if getattr(value, "__module__", None) == own]
    while waiting:
        value = waiting.pop()
        if isinstance(value, types.CodeType):
            found.update(value.co_names)
            waiting += [each for each in value.co_consts if isinstance(each, types.CodeType)]
        elif isinstance(value, type):
            waiting += [each for each in vars(value).values() if inspect.isfunction(each)]
        elif inspect.isfunction(value):
            waiting.append(inspect.unwrap(value).__code__)
    return found


@functools.cache
def _stand_in() -> types.ModuleType:
    module = types.ModuleType("fullgraph")
    module.__dict__.update({name: getattr(fullgraph, name) for name in fullgraph.__all__})
    module.__dict__.update(_COUNTERPARTS)
    return module
