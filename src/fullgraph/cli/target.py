"""What commands on a program are given: `pkg.mod:attr`, and its inputs as `x=f32[batch,3,224,224]`.

An input is one argument of the program. A tensor is given by dtype and sizes: a number is a static size, a name a
dynamic one, `?` one that is dynamic unless the program pins it; ranges follow after a colon. Any other value is written
as in JSON.

    x=f32[batch,3,224,224]      x=i64[batch,seq]:batch=1..64,seq=..512      n=3      flag=true      mode="sum"
"""

from __future__ import annotations

import importlib
import inspect
import json
import math
import os
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import torch
import typer

from fullgraph.contract import Dim, Sizes
from fullgraph.errors import SpecError
from fullgraph.symbolic import Expr, evaluate, parse, render

DTYPES: Final = {
    "f64": torch.float64,
    "f32": torch.float32,
    "f16": torch.float16,
    "bf16": torch.bfloat16,
    "c128": torch.complex128,
    "c64": torch.complex64,
    "i64": torch.int64,
    "i32": torch.int32,
    "i16": torch.int16,
    "i8": torch.int8,
    "u8": torch.uint8,
    "bool": torch.bool,
}
_TENSOR: Final = re.compile(r"(\w+)\[(.*?)\](?::(.*))?")
_RANGE: Final = re.compile(r"(\w+)=(\d*)\.\.(\d*)")
_FORM: Final = (
    'NAME=DTYPE[SIZE,...], as in x=f32[batch,3,224,224], or NAME=VALUE, as in n=3, flag=true, mode="sum"'
)
ANY_SIZE: Final = Sizes()
# The first dynamic size is this in the example, the next one more: neither 0 nor 1, and no two the same.
_FIRST_SIZE: Final = 6


@dataclass
class Inputs:
    """The arguments of a program.

    Args:
        kwargs: the example, by name: tensors with contents from a fixed seed, and Python values.
        dynamic_shapes: the spec of each tensor with a dynamic size.
    """

    kwargs: dict[str, Any] = field(default_factory=dict)
    dynamic_shapes: dict[str, Any] = field(default_factory=dict)


def read_inputs(texts: Sequence[str]) -> Inputs:
    """Read what was given for `--input`.

    Raises:
        typer.BadParameter: a text is of another form; it is named, and so is the form.
    """
    inputs, ranges = Inputs(), _ranges(texts)
    sizes: dict[Expr, int] = {}
    for text in texts:
        name, separator, value = (part.strip() for part in text.partition("="))
        if not separator or not name.isidentifier():
            raise _bad(text, f"it is not of the form {_FORM}")
        if name in inputs.kwargs:
            raise _bad(text, f"`{name}` is given twice")
        tensor = _TENSOR.fullmatch(value)
        if tensor is None:
            inputs.kwargs[name] = _value(text, value)
            continue
        dtype, written, _ = tensor.groups()
        if dtype not in DTYPES:
            raise _bad(text, f"`{dtype}` is no dtype; there are {', '.join(DTYPES)}")
        dims = [_read_size(text, size, ranges) for size in _parts(written)]
        if any(dim is not None and not isinstance(dim, int) for dim in dims):
            inputs.dynamic_shapes[name] = tuple(None if isinstance(dim, int) else dim for dim in dims)
        inputs.kwargs[name] = _example(tuple(_example_size(text, dim, sizes) for dim in dims), DTYPES[dtype])
    return inputs


def _ranges(texts: Sequence[str]) -> dict[str, Sizes]:
    """Return the range of each name, wherever it is stated."""
    found: dict[str, Sizes] = {}
    for text in texts:
        tensor = _TENSOR.fullmatch(text.partition("=")[2].strip())
        for written in _parts((tensor[3] if tensor is not None else None) or ""):
            match = _RANGE.fullmatch(written)
            if match is None:
                raise _bad(text, f"`{written}` is no range; write batch=1..64, batch=2.. or batch=..64")
            name, low, high = match.groups()
            try:
                dim = Dim(name, min=int(low) if low else None, max=int(high) if high else None)
            except SpecError as error:
                raise _bad(text, error.what) from None
            found.update(dim.sizes)
    return found


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _read_size(text: str, size: str, ranges: Mapping[str, Sizes]) -> Any:
    if size.isdecimal():
        return int(size)
    if size == "?":
        return Dim.AUTO
    try:
        found = parse(size)
    except SpecError as error:
        raise _bad(text, f"`{size}` is no size: {error.why}") from None
    if not isinstance(found, Expr):
        raise _bad(text, f"`{size}` is no size")
    return Dim.of(found, {render(name): ranges.get(render(name), ANY_SIZE) for name in found.symbols})


def _example_size(text: str, dim: Any, sizes: dict[Expr, int]) -> int:
    """Return the size of a dim in the example."""
    if isinstance(dim, int):
        return dim
    if dim is Dim.AUTO:
        return _FIRST_SIZE
    for name in sorted(dim.expr.symbols, key=render):
        if name not in sizes:
            allowed = dim.sizes[render(name)]
            least = allowed.min or 0
            most = math.inf if allowed.max is None else allowed.max
            sizes[name] = int(min(max(least, _FIRST_SIZE + len(sizes)), most))
    size = evaluate(dim.expr, sizes)
    if size < 0:
        raise _bad(text, f"`{render(dim.expr)}` is negative for sizes such as {_FIRST_SIZE}")
    return int(size)


def _example(shape: tuple[int, ...], dtype: torch.dtype) -> torch.Tensor:
    random = torch.Generator().manual_seed(0)
    if dtype.is_floating_point or dtype.is_complex:
        return torch.randn(shape, generator=random).to(dtype)
    return torch.randint(0, 2, shape, generator=random).to(dtype)


def _value(text: str, value: str) -> Any:
    try:
        return json.loads(value)
    except ValueError:
        raise _bad(text, f"`{value}` is neither a tensor nor JSON; the form is {_FORM}") from None


def _bad(text: str, why: str) -> typer.BadParameter:
    return typer.BadParameter(f"cannot read {text!r}: {why}.", param_hint="--input")


def find(target: str) -> Any:
    """Return what `pkg.mod:attr` names: a module, function, or what a class or factory without arguments makes.

    Raises:
        typer.BadParameter: there is no such thing.
    """
    module_name, separator, path = target.partition(":")
    if not separator or not module_name or not path:
        raise _no_target(target, "it is not of the form package.module:name")
    if os.getcwd() not in sys.path:
        sys.path.insert(0, os.getcwd())  # as `python -m` does
    try:
        found: Any = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        raise _no_target(target, f"there is no module `{error.name}`") from None
    for part in path.split("."):
        if not hasattr(found, part):
            names = sorted(name for name, value in vars(found).items() if callable(value) and name[0] != "_")
            raise _no_target(
                target, f"`{module_name}` has no `{part}`; it has {', '.join(names[:20]) or 'no callables'}"
            )
        found = getattr(found, part)
    if inspect.isclass(found):
        return _made(target, found)
    if not callable(found):
        raise _no_target(target, f"it is a `{type(found).__name__}`, which cannot be called")
    return found


def _made(target: str, cls: type) -> Any:
    try:
        made: Any = cls()
    except TypeError as error:
        raise _no_target(target, f"`{cls.__name__}()` cannot be made without arguments: {error}") from None
    if not callable(made):
        raise _no_target(target, f"a `{cls.__name__}` cannot be called")
    return made


def _no_target(target: str, why: str) -> typer.BadParameter:
    return typer.BadParameter(f"cannot use {target!r}: {why}.", param_hint="TARGET")
