"""How shape rules are tested: ask a rule about stand-ins for tensors, and compare with what eager returns.

`check` takes one call of an operator with real tensors. It predicts the result with plain sizes, then with each
distinct size replaced by a symbol, and then performs the operator at other sizes: wherever eager succeeds and the
assumptions that the rule recorded hold, its prediction must be what eager returned.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from fullgraph.symbolic import Bool, Expr, Scope, evaluate, not_, render
from fullgraph.tracing.rules import Out, shape_of

Size = int | Expr


@dataclass(frozen=True)
class StandIn:
    """What a rule may know of a tensor."""

    dims: tuple[Size, ...]
    dtype: torch.dtype = torch.float32
    device: torch.device = torch.device("cpu")


class Examples:
    """Answers what is undecided by the example, and keeps the assumptions."""

    def __init__(self) -> None:
        self.assumptions: list[Bool] = []
        self.scope = Scope(self)

    def condition(self, question: Bool, kind: str) -> bool:
        hint = self.scope.hint_of(question)
        if hint is None and kind in ("check", "required"):
            self.assumptions.append(question)
            return True
        assert hint is not None, f"{question} has no hint"
        self.assumptions.append(question if hint else not_(question))
        return bool(hint)

    def value(self, expr: Expr) -> int | float:
        raise AssertionError(f"a rule asked for the value of {expr}")

    def hold(self, sizes: Mapping[Expr, int]) -> bool:
        """Say whether all that was assumed is true of these sizes."""
        try:
            return all(evaluate(assumption, sizes) for assumption in self.assumptions)
        except ZeroDivisionError:
            return False


def predict(op: Any, args: Sequence[Any], kwargs: Mapping[str, Any], scope: Scope | None = None) -> Any:
    """Return what the rule says."""
    return shape_of(op, args, kwargs, scope if scope is not None else Examples().scope)


def seen(result: Any) -> Any:
    """Return what a rule should have said about a real result."""
    if isinstance(result, torch.Tensor):
        return Out(tuple(result.shape), result.dtype, result.device)
    if isinstance(result, (list, tuple)):
        return [seen(item) for item in result]
    return result


def concrete(predicted: Any, sizes: Mapping[Expr, int]) -> Any:
    """Return a prediction with each symbol replaced by a size."""
    if isinstance(predicted, Out):
        dims = tuple(evaluate(size, sizes) if isinstance(size, Expr) else size for size in predicted.dims)
        return predicted._replace(dims=dims)
    return [concrete(item, sizes) for item in predicted] if isinstance(predicted, list) else predicted


def mapped(tree: Any, function: Callable[[Any], Any]) -> Any:
    """Apply a function to each leaf of an operator's arguments."""
    if isinstance(tree, (list, tuple)):
        return [mapped(item, function) for item in tree]
    if isinstance(tree, dict):
        return {name: mapped(item, function) for name, item in tree.items()}
    return function(tree)


def stand_in(leaf: Any) -> Any:
    """Replace a tensor."""
    return StandIn(tuple(leaf.shape), leaf.dtype, leaf.device) if isinstance(leaf, torch.Tensor) else leaf


def check(op: Any, args: Sequence[Any], kwargs: Mapping[str, Any], expected: Any, others: bool = True) -> str:
    """Compare the rule with eager at the sizes of this call and at others.

    Returns:
        How far it got: "no rule", "declined", "static" or "symbolic".
    """
    kwargs = dict(kwargs)
    predicted = predict(op, mapped(list(args), stand_in), mapped(kwargs, stand_in))
    if predicted is None:
        return "declined"
    assert predicted == seen(expected), f"{op}: {predicted}, but eager: {seen(expected)}"
    if not others:
        return "static"
    return "symbolic" if _check_symbolic(op, list(args), kwargs, expected) else "static"


def _check_symbolic(op: Any, args: Any, kwargs: Any, expected: Any) -> bool:
    """Check with every distinct size of a tensor as one symbol; equal sizes are the same symbol."""
    examples = Examples()
    symbols: dict[int, Expr] = {}

    def symbolic(leaf: Any) -> Any:
        if not isinstance(leaf, torch.Tensor):
            return leaf
        for size in leaf.shape:
            if size not in symbols:
                symbols[size] = examples.scope.declare(f"s{len(symbols)}", hint=size)
        return StandIn(tuple(symbols[size] for size in leaf.shape), leaf.dtype, leaf.device)

    given, named = mapped(args, symbolic), mapped(kwargs, symbolic)
    if not symbols:
        return False
    predicted = predict(op, given, named, examples.scope)
    if predicted is None:
        return False
    hints = {symbol: size for size, symbol in symbols.items()}
    assert examples.hold(hints), f"{op}: an assumption is false of the example"
    assert concrete(predicted, hints) == seen(expected), (
        f"{op}: {predicted} at {hints}, but eager: {seen(expected)}"
    )
    for sizes in _other_sizes(hints):
        if not examples.hold(sizes):
            continue
        back = {hints[symbol]: size for symbol, size in sizes.items()}
        resize = lambda leaf, back=back: _resized(leaf, back) if isinstance(leaf, torch.Tensor) else leaf  # noqa: E731
        try:
            result = op(*mapped(args, resize), **mapped(kwargs, resize))
        except Exception:  # noqa: BLE001, S112  (eager refuses these sizes, so the rule may say anything)
            continue
        found = concrete(predicted, sizes)
        assert found == seen(result), f"{op}: {predicted} at {sizes} is {found}, but eager: {seen(result)}"
    return True


def _other_sizes(hints: Mapping[Expr, int]) -> Iterator[dict[Expr, int]]:
    yield {symbol: size + 1 for symbol, size in hints.items()}
    yield {symbol: 2 * size for symbol, size in hints.items()}
    yield dict.fromkeys(hints, 7)
    for changed in hints:
        for size in (0, 1, 2, 6):
            yield {symbol: size if symbol is changed else hint for symbol, hint in hints.items()}


def _resized(leaf: torch.Tensor, sizes: Mapping[int, int]) -> torch.Tensor:
    shape = [sizes[size] for size in leaf.shape]
    if leaf.dtype.is_floating_point or leaf.dtype.is_complex:
        return torch.rand(shape).to(leaf.dtype)
    return torch.zeros(shape, dtype=leaf.dtype)


Call = Callable[..., tuple[Any, Sequence[Any]]]


def agree(call: Call, /, *, largest: int = 5, **hints: int) -> tuple[Any, list[str]]:
    """Compare a rule with eager at every assignment of small sizes that its assumptions allow.

    Args:
        call: given a maker of tensors and the sizes, returns the operator and its arguments.
        largest: sizes from 0 to this are tried.
        hints: the sizes, and their values in the example.

    Returns:
        What the rule predicted, and the text of what it assumed.
    """
    examples = Examples()
    symbols = {name: examples.scope.declare(name, hint=hint) for name, hint in hints.items()}
    op, args = call(lambda *dims, dtype=torch.float32: StandIn(dims, dtype), **symbols)
    predicted = predict(op, args, {}, examples.scope)
    assert predicted is not None, f"{op} declined"
    compared = 0
    for values in itertools.product(range(largest + 1), repeat=len(symbols)):
        sizes = dict(zip(symbols.values(), values, strict=True))
        if not examples.hold(sizes):
            continue
        try:
            op, args = call(_real, **dict(zip(hints, values, strict=True)))
            result = op(*args)
        except (RuntimeError, IndexError):
            continue
        found = concrete(predicted, sizes)
        assert found == seen(result), f"{op}: {predicted} at {sizes} is {found}, but eager: {seen(result)}"
        compared += 1
    assert compared, f"{op}: eager refused every assignment"
    return predicted, [render(assumption) for assumption in examples.assumptions]


def _real(*dims: int, dtype: torch.dtype = torch.float32) -> torch.Tensor:
    return torch.zeros(dims, dtype=dtype)
