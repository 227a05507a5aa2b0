"""Integer tensors whose contents are sizes: `torch.tensor(x.shape[0])`, and arithmetic on such tensors.

Libraries make a tensor of a size, compute with it, and then ask for its value (`t.item()`, a slice bound). The graph is
pure, so its nodes tell what that value is: an expression over the sizes, with no new symbol and no wait for the run.

Only arithmetic that cannot leave the range of int64 for sizes that exist is followed (no products of sizes).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import torch
from torch import fx

from fullgraph.contract import TensorSpec
from fullgraph.symbolic import Expr, add, integer, max_, min_, mul, neg, sort_of, sub
from fullgraph.tracing.constants import constant_at
from fullgraph.tracing.dispatch import plain_torch
from fullgraph.tracing.records import Records

aten = torch.ops.aten


def contents_of(recorder: Records, node: fx.Node) -> Expr | None:
    """Return the one element of an int64 tensor as an expression over sizes; None when it is data."""
    spec = node.meta.get("val")
    if not isinstance(spec, TensorSpec) or spec.dtype != torch.int64 or spec.shape:
        return None
    target = node.target
    if target in _MADE_OF:
        return _number(recorder, node.args[_MADE_OF[target]])
    if target in _SAME:
        return _number(recorder, node.args[0])
    if target is aten.select.int:
        return _selected(recorder, *node.args)
    rule = _ARITHMETIC.get(target)
    if rule is None or node.kwargs or len(node.args) > 2:  # a third argument is `alpha`
        return None
    operands = [_number(recorder, argument) for argument in node.args]
    return None if None in operands else rule(*operands)


def _number(recorder: Records, argument: Any) -> Expr | None:
    """Return what an argument is: a number, a node that computes a size, or a tensor made of one."""
    if type(argument) is int:
        return integer(argument)
    if not isinstance(argument, fx.Node):
        return None
    value = argument.meta.get("val")
    if isinstance(value, Expr):
        return value if sort_of(value) is int else None
    constant = constant_at(recorder, argument)
    return contents_of(recorder, argument) if constant is None else _plain(constant)


def _plain(constant: torch.Tensor) -> Expr | None:
    if constant.dtype != torch.int64 or constant.ndim:
        return None
    with plain_torch():
        return integer(int(constant))


def _selected(recorder: Records, stacked: Any, dim: Any, index: Any) -> Expr | None:
    """`torch.tensor([h, w])[1]` is `w`."""
    if not isinstance(stacked, fx.Node) or stacked.target is not aten.stack.default or type(index) is not int:
        return None
    items, *axis = stacked.args
    if any(axis) or not isinstance(items, (list, tuple)):
        return None
    return _number(recorder, items[index])


def _reversed_difference(a: Expr, b: Expr) -> Expr:
    return sub(b, a)


def _scaled(a: Expr, b: Expr) -> Expr | None:
    factor = a if a.is_const else b
    return mul(a, b) if factor.is_const and abs(factor.value) <= _LARGEST_FACTOR else None


_LARGEST_FACTOR: Final = 1 << 16
# The argument that is the contents.
_MADE_OF: Final = {aten.scalar_tensor.default: 0, aten.full.default: 1}
# Int64 stays int64 and its contents: what else these operators change is seen in the dtype and the rank.
_SAME: Final = {
    aten.alias.default,
    aten.clone.default,
    aten.detach.default,
    aten.lift_fresh_copy.default,
    aten.to.dtype,
    aten.to.device,
    aten.to.dtype_layout,
    aten._to_copy.default,
}
_ARITHMETIC: Final[dict[Any, Callable[..., Expr | None]]] = {
    aten.add.Tensor: add,
    aten.add.Scalar: add,
    aten.sub.Tensor: sub,
    aten.sub.Scalar: sub,
    aten.rsub.Scalar: _reversed_difference,
    aten.rsub.Tensor: _reversed_difference,
    aten.mul.Tensor: _scaled,
    aten.mul.Scalar: _scaled,
    aten.neg.default: neg,
    aten.minimum.default: min_,
    aten.maximum.default: max_,
}
