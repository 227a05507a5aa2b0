"""Expressions as `torch.SymInt`, `torch.SymFloat`, `torch.SymBool`, and back; the only file to import torch.

`torch.SymInt(node)` takes any object with the methods that `nodes` defines. To PyTorch, from Python and from
C++, it is then an integer whose value is not known yet.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from typing import Any

import torch

from fullgraph.symbolic.boolean import Bool, as_bool
from fullgraph.symbolic.expr import Expr, floating, integer
from fullgraph.symbolic.lowering import lowered
from fullgraph.symbolic.nodes import BoolNode, FloatNode, IntNode, Node
from fullgraph.symbolic.operations import MATH_FUNCTIONS, PYTHON
from fullgraph.symbolic.scope import Scope
from fullgraph.symbolic.singletons import is_only_checked, is_tested_for_identity

# `torch.SymInt`, `torch.SymFloat`, `torch.SymBool`, for whoever must not import torch.
SYMBOLIC_CLASSES: tuple[Any, Any, Any] = (torch.SymInt, torch.SymFloat, torch.SymBool)

# Where `torch.sym_min` and its kin are found.
PYTORCH: Any = torch


def to_python(what: Expr | Bool, scope: Scope) -> Any:
    """Return `what` as Python and PyTorch take it.

    Args:
        what: an expression or a condition.
        scope: answers the questions that will be asked of it.

    Returns:
        An `int`, `float` or `bool` if it is constant, else a `torch.SymInt`, `SymFloat` or `SymBool`.
    """
    if isinstance(what, Bool):
        asking = sys._getframe(1)
        if not what.is_const and is_tested_for_identity(asking) and not is_only_checked(asking):
            return scope.ask(what, "guard")
        return what.value if what.is_const else torch.SymBool(BoolNode(what, scope))
    what = scope.simplify(what)
    if what.is_const:
        return what.value
    return torch.SymFloat(FloatNode(what, scope)) if what.is_float else torch.SymInt(IntNode(what, scope))


def expr_of(value: Any) -> Any:
    """Return the expression (or condition) that a scalar stands for.

    Args:
        value: a Python number, or what `to_python` returned, or what arithmetic made of it.

    Returns:
        An `Expr`; for `bool` and `torch.SymBool` a `Bool`.

    Raises:
        TypeError: it is something else, or a `torch.SymInt` that isn't ours.
    """
    kind = type(value)
    if kind is int:
        return integer(value)
    if kind is torch.SymInt or kind is torch.SymFloat or kind is torch.SymBool:
        node = value.node
        if isinstance(node, Node):
            return node.expr
        raise TypeError(f"a {kind.__name__} that belongs to another trace or tool: {value}")
    if isinstance(value, bool):
        return as_bool(value)
    if isinstance(value, int):
        return integer(int(value))
    if isinstance(value, float):
        return floating(float(value))
    raise TypeError(f"expected a number or a symbolic number, not {kind.__name__}")


# The function that a graph calls for each operation: Python's, but where PyTorch's symbolic numbers need another.
CALLABLES: dict[str, Callable[..., Any]] = {
    **PYTHON,
    "and": operator.and_,
    "or": operator.or_,
    "eq": operator.eq,
    "ne": operator.ne,
    "lt": operator.lt,
    "le": operator.le,
    "gt": operator.gt,
    "ge": operator.ge,
    "not": torch.sym_not,
    "min": torch.sym_min,
    "max": torch.sym_max,
    "ite": torch.sym_ite,
    "to_float": torch.sym_float,
    **{name: getattr(torch, f"_sym_{name}") for name in MATH_FUNCTIONS},
}


def lower(what: Expr | Bool) -> tuple[Callable[..., Any], tuple[Any, ...]]:
    """Return one step of how a graph computes `what`: the function to call, and its operands.

    Args:
        what: an expression or a condition that is neither a constant nor a symbol.

    Returns:
        A function that graphs call (`operator.add`, `torch.sym_max`, `math.floor` ...) and its operands:
        expressions and conditions to be lowered in turn, and Python numbers.

    Example:
        >>> from fullgraph.symbolic import parse
        >>> lower(parse("s0*2 + 1"))
        (<built-in function add>, (2*s0, 1))
    """
    operation, operands = lowered(what)
    return CALLABLES[operation], operands
