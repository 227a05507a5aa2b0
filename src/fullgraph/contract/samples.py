"""The examples: what differs between them, and whether they satisfy the specs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import torch

from fullgraph.contract.inputs import Input
from fullgraph.contract.relations import Statement
from fullgraph.contract.symbols import Binding, Declared, DimSpec, Source, evaluated, holds, solve
from fullgraph.contract.tensor_spec import TensorSpec
from fullgraph.contract.values import same_value
from fullgraph.errors import SpecError
from fullgraph.symbolic import Expr, render


def sizes_of(value: object) -> tuple[int | None, ...] | None:
    """Return the sizes of an example; None for a size that a `TensorSpec` leaves open, and for what is no tensor."""
    if isinstance(value, TensorSpec):
        return tuple(size if isinstance(size, int) else None for size in value.shape)
    return tuple(value.shape) if isinstance(value, torch.Tensor) else None


def differing(samples: Sequence[Sequence[Input]]) -> Iterator[Source]:
    """Yield the sizes (and numbers) that are not the same in all examples.

    Raises:
        SpecError: the examples differ in something else.
    """
    first = samples[0]
    for number, sample in enumerate(samples[1:], start=2):
        if [leaf.path for leaf in sample] != [leaf.path for leaf in first]:
            paths = sorted({leaf.path for leaf in sample} ^ {leaf.path for leaf in first})
            raise SpecError(
                f"Example {number} does not have the inputs of the first: {', '.join(paths)}.",
                why="One program has one structure of arguments.",
                instead="one export for each structure",
            )
        for index, (a, b) in enumerate(zip(first, sample, strict=True)):
            yield from _differing_leaf(index, a, b, number)


def _differing_leaf(index: int, a: Input, b: Input, number: int) -> Iterator[Source]:
    left, right = sizes_of(a.value), sizes_of(b.value)
    if left is None and right is None:
        if same_value(a.value, b.value):
            return
        if type(a.value) is type(b.value) and type(a.value) in (int, float, bool):
            yield Source(index, None, a.path)
            return
    elif left is not None and right is not None and _kind(a.value) == _kind(b.value):
        yield from (
            Source(index, dim, a.path) for dim, (x, y) in enumerate(zip(left, right, strict=True)) if x != y
        )
        return
    raise SpecError(
        f"`{a.path}` is {_described(b.value)} in example {number}, but {_described(a.value)} in the first.",
        why="Only sizes, numbers and truth values may differ; anything else is fixed by the contract.",
        instead="one export for each",
    )


def _kind(value: torch.Tensor | TensorSpec) -> tuple[torch.dtype, torch.device, int]:
    return value.dtype, value.device, len(value.shape)


def _described(value: object) -> str:
    if isinstance(value, (torch.Tensor, TensorSpec)):
        return f"a {value.dtype} tensor with {len(value.shape)} dims on {value.device}"
    return repr(value)


def check_samples(
    samples: Sequence[Sequence[Input]],
    declared: Sequence[Declared],
    symbols: Sequence[DimSpec],
    relations: Sequence[Statement],
) -> tuple[Mapping[Expr, int], ...]:
    """Compute the symbols in each example, and see that everything said of them holds there.

    Returns:
        The values of the symbols, for each example.

    Raises:
        SpecError: an example contradicts the specs.
    """
    bindings = {spec.symbol: spec.binding for spec in symbols}
    return tuple(
        _values(number, sample, bindings, declared, symbols, relations)
        for number, sample in enumerate(samples)
    )


def _values(
    number: int,
    sample: Sequence[Input],
    bindings: Mapping[Expr, Binding],
    declared: Sequence[Declared],
    symbols: Sequence[DimSpec],
    relations: Sequence[Statement],
) -> Mapping[Expr, int]:
    example = "the example" if number == 0 else f"example {number + 1}"
    sizes = {d.source: _size_at(d.source, sample) for d in declared}
    values = solve(bindings, sizes, example)
    for item in declared:
        size = sizes[item.source]
        if size is None or not item.expr.symbols <= values.keys():
            continue
        if not same_value(evaluated(item.expr, values), size):
            raise SpecError(
                f"`{item.source}` is {size} in {example}, but the spec says {render(item.expr)}.",
                why=_where_from(item.expr, symbols, values),
                instead="an example that agrees, or another name for this dim",
            )
    for spec in symbols:
        value = values.get(spec.symbol)
        if value is not None and not spec.allows(value):
            raise SpecError(
                f"`{spec.text}` is {value} in {example}, which is outside its own range {spec.sizes}.",
                why=""
                if spec.text == str(spec.binding.source)
                else f"It is read from `{spec.binding.source}`.",
                instead="an example inside the range, or another range",
            )
    for relation in relations:
        if relation.fact.symbols <= values.keys() and not holds(relation.fact, values):
            raise SpecError(
                f"The constraint {relation.text!r} does not hold in {example}.",
                why=_where_from(relation.fact, symbols, values),
                instead="an example that satisfies it, or another constraint",
            )
    return values


def _size_at(source: Source, sample: Sequence[Input]) -> int | None:
    value = sample[source.leaf].value
    sizes = sizes_of(value)
    return value if sizes is None or source.dim is None else sizes[source.dim]


def _where_from(what: object, symbols: Sequence[DimSpec], values: Mapping[Expr, int]) -> str:
    used = [s for s in symbols if s.symbol in what.symbols]  # type: ignore[attr-defined]
    return ", ".join(
        f"{s.text} = {values[s.symbol]}"
        + ("" if s.text == str(s.binding.source) else f" from `{s.binding.source}`")
        for s in used
    )
