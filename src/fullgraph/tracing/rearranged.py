"""What operators that only rearrange elements come to together, for `same_trace`.

Two reshapes one after the other are the second one; two permutations are one; the parts that a dim was cut into, put
together again in their order, are the whole. So a value is described by where its elements come from and how, and one
that has all of them where they were is the value it was made of. Position embeddings that are taken apart, laid out as
an image, resampled to the size they have and put together again are what they were.

A value stands here as its number; sizes are compared as far as the facts go.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import torch
from torch import fx

from fullgraph.contract import TensorSpec
from fullgraph.symbolic import Bool, Expr, add, eq, ge

Number = int
Size = int | Expr
_aten: Final = torch.ops.aten
_RESHAPES: Final = frozenset(
    {
        _aten.view.default,
        _aten.reshape.default,
        _aten._unsafe_view.default,
        _aten.flatten.using_ints,
        _aten.unsqueeze.default,
        _aten.squeeze.default,
        _aten.squeeze.dim,
        _aten.squeeze.dims,
    }
)


@dataclass(frozen=True)
class _Part:
    """A part of a dim."""

    whole: Number
    dim: int
    start: Size
    length: Size


class Rearranged:
    """Describes values of the graphs that are compared.

    Args:
        holds: whether a relation of two sizes follows from the facts.
        same_size: what stands for all sizes that are equal to one.
        number_of: gives the number of the value that a key describes.
    """

    def __init__(
        self,
        holds: Callable[[Callable[[Any, Any], Bool], Any, Any], bool],
        same_size: Callable[[Size], Any],
        number_of: Callable[[tuple[Any, ...]], Number],
    ) -> None:
        self._holds = holds
        self._same_size = same_size
        self._number_of = number_of
        self._sizes: dict[Number, tuple[Size, ...]] = {}
        self._reshaped: dict[Number, Number] = {}
        self._permuted: dict[Number, tuple[Number, tuple[int, ...]]] = {}
        self._parts: dict[Number, _Part] = {}

    def key(self, node: fx.Node, number: dict[fx.Node, Number]) -> tuple[Any, ...] | None:
        """Return what describes a value, or ("same as", its number) for one that is known; None for other operators."""
        target, after = node.target, _sizes(node)
        if after is None or node.kwargs:
            return None
        if target is _aten.cat.default:
            return self._joined(node, number, after)
        if not node.args or not isinstance(node.args[0], fx.Node):
            return None
        operand = number[node.args[0]]
        if target in _RESHAPES:
            return self._reshape(self._reshaped.get(operand, operand), after)
        if target is _aten.select.int:
            one = self._one(node, operand, after)
            return None if one is None else self._reshape(one, after)
        if target is _aten.permute.default or target is _aten.transpose.int:
            base, order = self._permuted.get(operand, (operand, tuple(range(len(after)))))
            order = tuple(order[axis] for axis in _order(node, len(after)))
            return ("same as", base) if order == tuple(range(len(after))) else ("permuted", base, order)
        if target is _aten.slice.Tensor:
            part = self._part(node, operand, after)
            if part is not None:
                return (
                    "part",
                    part.whole,
                    part.dim,
                    self._same_size(part.start),
                    self._same_size(part.length),
                )
        return None

    def note(self, node: fx.Node, found: Number, key: tuple[Any, ...], number: dict[fx.Node, Number]) -> None:
        """Remember how the value with this number came about."""
        sizes = _sizes(node)
        if sizes is None or found in self._sizes:
            return
        self._sizes[found] = sizes
        if key[0] == "reshaped":
            self._reshaped[found] = key[1]
        elif key[0] == "permuted":
            self._permuted[found] = key[1], key[2]
        elif key[0] == "part":
            operand: Any = node.args[0]
            part = self._part(node, number[operand], sizes)
            if part is not None:
                self._parts[found] = part

    def _reshape(self, base: Number, after: tuple[Size, ...]) -> tuple[Any, ...]:
        known = self._sizes.get(base)
        if known is not None and self._equal(known, after):
            return ("same as", base)
        return ("reshaped", base, tuple(map(self._same_size, after)))

    def _one(self, node: fx.Node, operand: Number, after: tuple[Size, ...]) -> Number | None:
        """Return the part of one element of a dim that `select` takes, without that dim."""
        dim, start = node.args[1:]
        start = start.meta.get("val") if isinstance(start, fx.Node) else start
        if not isinstance(dim, int) or not isinstance(start, (int, Expr)) or not self._holds(ge, start, 0):
            return None
        axis = dim % (len(after) + 1)
        part = _Part(operand, axis, start, 1)
        found = self._number_of(self._key_of(part))
        self._sizes.setdefault(found, (*after[:axis], 1, *after[axis:]))
        self._parts.setdefault(found, part)
        return found

    def _key_of(self, part: _Part) -> tuple[Any, ...]:
        return "part", part.whole, part.dim, self._same_size(part.start), self._same_size(part.length)

    def _part(self, node: fx.Node, operand: Number, after: tuple[Size, ...]) -> _Part | None:
        given: list[Any] = [*node.args[1:], *(0, None, None, 1)[len(node.args) - 1 :]]
        dim, start, _, step = given
        start = 0 if start is None else start.meta.get("val") if isinstance(start, fx.Node) else start
        if step != 1 or not isinstance(start, (int, Expr)) or not self._holds(ge, start, 0):
            return None
        axis = dim % len(after)
        return _Part(operand, axis, start, after[axis])

    def _joined(
        self, node: fx.Node, number: dict[fx.Node, Number], after: tuple[Size, ...]
    ) -> tuple[Any, ...] | None:
        operands: Any = node.args[0]
        dim: Any = node.args[1] if len(node.args) > 1 else 0
        parts = [self._parts.get(number[operand]) for operand in operands]
        first = parts[0] if parts else None
        if first is None or first.dim != dim % len(after) or not self._equal(self._sizes[first.whole], after):
            return None
        end: Size = 0
        for part in parts:
            if part is None or (part.whole, part.dim) != (first.whole, first.dim):
                return None
            if not self._holds(eq, part.start, end):
                return None
            end = add(end, part.length)
        return ("same as", first.whole)

    def _equal(self, a: Sequence[Size], b: Sequence[Size]) -> bool:
        return len(a) == len(b) and all(self._holds(eq, x, y) for x, y in zip(a, b))


def _order(node: fx.Node, rank: int) -> list[int]:
    order = list(range(rank))
    if node.target is _aten.permute.default:
        dims: Any = node.args[1]
        return [dim % rank for dim in dims]
    one, other = (axis % rank for axis in node.args[1:] if isinstance(axis, int))
    order[one], order[other] = order[other], order[one]
    return order


def _sizes(node: fx.Node) -> tuple[Size, ...] | None:
    """Return the sizes of a recorded tensor that autograd follows."""
    value = node.meta.get("val")
    if not isinstance(value, TensorSpec) or node.meta.get("grad_enabled") is False:
        return None
    sizes: Any = value.shape
    return tuple(size.value if isinstance(size, Expr) and size.is_const else size for size in sizes)
