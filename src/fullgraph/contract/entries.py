"""What the user says of one tensor, as one entry per dim: `"batch 3 2*h _"`, `{0: batch}`, `(batch, None, Dim.AUTO)`.

An entry is an `int` (static, and the example must have this size), a `Dim`, or an unnamed dim; `Dim.STATIC` is what
`None`, `_` and silence mean.
"""

from __future__ import annotations

import keyword
from collections.abc import Mapping, Sequence
from types import EllipsisType
from typing import Any

from fullgraph.contract.dim import Dim, DynamicDim, UnnamedDim, as_dim
from fullgraph.contract.sizes import whole
from fullgraph.errors import SpecError
from fullgraph.symbolic import Expr, parse

Entry = int | Dim | UnnamedDim

STATIC = Dim.STATIC
_EXAMPLE = '"batch 3 2*h _", or "batch ..."'


def entries_of(spec: object, rank: int, path: str) -> tuple[Entry, ...]:
    """Read the spec of one tensor.

    Args:
        spec: a string, a dict from dim to entry, a sequence of entries, or a dim without a name for all dims.
        rank: how many dims the example has.
        path: how errors call the input.

    Returns:
        One entry per dim.

    Raises:
        SpecError: the spec cannot be read, or does not fit the rank.
    """
    if spec is None:
        return (STATIC,) * rank
    if isinstance(spec, str):
        return _fitted([_word(word, path) for word in words(spec)], rank, path, spec)
    if isinstance(spec, Mapping):
        return _by_dim(spec, rank, path)
    if isinstance(spec, Sequence):
        return _fitted([_item(item, path) for item in spec], rank, path, spec)
    dim = as_dim(spec)
    if isinstance(dim, UnnamedDim):
        return (dim,) * rank
    if dim is not None:
        return _fitted([dim], rank, path, spec)
    raise SpecError(f"The spec of `{path}` is {spec!r}, which says nothing of its dims.", instead=_EXAMPLE)


def entry_of(value: object, path: str) -> Entry:
    """Read the spec of one dim."""
    if value is None:
        return STATIC
    entry: Entry | EllipsisType | None
    if isinstance(value, str):
        entry = _word(value.strip(), path)
    else:
        number = whole(value)
        entry = as_dim(value) if number is None else number
    if entry is None or isinstance(entry, (EllipsisType, DynamicDim)):
        raise SpecError(
            f"A dim of `{path}` is said to be {value!r}.",
            instead='a `Dim`, its name, an integer, "_" or None',
        )
    return entry


def scalar_entry_of(value: object, path: str, sort: type) -> Entry:
    """Read the spec of an argument that is a number or a truth value itself.

    An integer takes what a dim takes. Of a float or a truth value a spec says whether it is dynamic, and its name.
    """
    entry = entry_of(value, path)
    if sort is int:
        return entry
    bare = (
        entry == Dim.of(entry.expr) and entry.expr.kind == "symbol"
        if isinstance(entry, Dim)
        else isinstance(entry, UnnamedDim) and not entry.sizes.arguments
    )
    if not bare:
        raise SpecError(
            f"The spec of `{path}`, which is a {sort.__name__}, is {value!r}.",
            why="Sizes and integers have ranges, and are computed from each other; other arguments do not.",
            instead="Dim.DYNAMIC, Dim.AUTO or a name, and torch._check(...) in the program for what must hold",
        )
    return entry


def read_expression(text: str, path: str) -> Expr:
    """Read the text of one derived dim, as in `2*h`."""
    try:
        expr = parse(text)
    except SpecError as error:
        is_operator = bool(text) and all(character in "+-*/%()" for character in text)
        raise SpecError(
            f"{text!r} in the spec of `{path}` cannot be read as a size.",
            why="Blanks separate dims."
            if is_operator
            else f"`{text}` is a keyword of Python."
            if keyword.iskeyword(text)
            else error.why,
            instead="2*h, (h + 1)//2" if is_operator else _EXAMPLE,
        ) from None
    if not isinstance(expr, Expr) or expr.is_float:
        raise SpecError(f"{text!r} in the spec of `{path}` is no integer.", instead=_EXAMPLE)
    return expr


def words(text: str) -> list[str]:
    """Split a text at blanks and commas, but for those between parentheses: `"(b + 1)//2 max(h, 2)"` has two words."""
    found, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth > 0 or not (character.isspace() or character == ","):
            found[-1] += character
        elif found[-1]:
            found.append("")
    return [word for word in found if word]


def _item(value: object, path: str) -> Entry | EllipsisType:
    return value if isinstance(value, EllipsisType) else entry_of(value, path)


def _word(word: str, path: str) -> Entry | EllipsisType:
    if word == "_":
        return STATIC
    if word == "?":
        return Dim.AUTO
    if word == "...":
        return ...
    expr = read_expression(word, path)
    return expr.value if expr.is_const else Dim.of(expr)


def _fitted(items: Sequence[Entry | EllipsisType], rank: int, path: str, spec: object) -> tuple[Entry, ...]:
    """Replace `...` by as many static dims as are missing."""
    gaps = sum(isinstance(item, EllipsisType) for item in items)
    said = len(items) - gaps
    if gaps > 1:
        raise SpecError(f"The spec {spec!r} of `{path}` has `...` twice.", instead=_EXAMPLE)
    if said > rank or (said < rank and not gaps):
        raise SpecError(
            f"The spec {spec!r} of `{path}` has {said} dims, but the example has {rank}.",
            instead="one entry per dim; `_` for a static one, `...` for any number of static ones",
        )
    entries: list[Entry] = []
    for item in items:
        if isinstance(item, EllipsisType):
            entries += [STATIC] * (rank - said)
        else:
            entries.append(item)
    return tuple(entries)


def _by_dim(spec: Mapping[Any, object], rank: int, path: str) -> tuple[Entry, ...]:
    entries: list[Entry] = [STATIC] * rank
    said: set[int] = set()
    for key, value in spec.items():
        dim = whole(key)
        if dim is None:
            raise SpecError(
                f"The spec of `{path}` has the key {key!r}, but `{path}` is a tensor: its keys are dims.",
                instead='{0: "batch"}',
            )
        if not -rank <= dim < rank:
            raise SpecError(
                f"The spec of `{path}` names dim {dim}, but the example has {rank} dims.",
                instead=f"a dim from 0 to {rank - 1}" if rank else "no spec: the tensor has no dims",
            )
        if dim % rank in said:
            raise SpecError(f"The spec of `{path}` names dim {dim % rank} twice.", instead="one of the two")
        said.add(dim % rank)
        entries[dim % rank] = entry_of(value, path)
    return tuple(entries)
