"""Numbers that are an integer for some sizes and a float for others: `max(n / 8, 1)`.

Python's `min` and `max` return one of their operands as it is, so the result may be of either class. Most of what is
computed from it is the same whichever it is (`x / max(n / 8, 1)`, `int(...)`, `math.sqrt(...)`, `2.0 * ...`); the rest
is computed for both, and is again one of the two. Only where the class itself matters (it is returned, it meets a
tensor of integers) is it asked which it is: that is a branch on the sizes.

To PyTorch such a number is a `torch.SymFloat`. Invariant: whoever reads `expr` of its node, as all do who know nothing
of this file, gets one of the two operands, after the question has been asked.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from fullgraph.symbolic import boolean, domains, floats
from fullgraph.symbolic.boolean import Bool
from fullgraph.symbolic.expr import Expr, integer
from fullgraph.symbolic.nodes import BoolNode, FloatNode, IntNode, Node
from fullgraph.symbolic.scope import Scope
from fullgraph.symbolic.symint import SYMBOLIC_CLASSES, expr_of, to_python
from fullgraph.symbolic.text import render


@dataclass(frozen=True)
class Parts:
    """An integer where `is_whole` holds, and a float elsewhere; None is what it never is."""

    is_whole: Bool
    whole: Expr | None
    real: Expr | None


class EitherNode(FloatNode):
    """The node of such a number."""

    __slots__ = ("parts",)

    def __init__(self, parts: Parts, scope: Scope) -> None:
        self.parts = parts
        self.scope = scope

    @property
    def expr(self) -> Any:
        """The operand that it is, asked for."""
        return self.parts.whole if self.scope.ask(self.parts.is_whole, "guard") else self.parts.real

    @property
    def as_float(self) -> Expr:
        """What Python's `float` makes of it."""
        whole, real = _both(self.parts)
        return boolean.if_else(self.parts.is_whole, floats.to_float(whole), real)

    def bool_(self) -> bool:
        return self.scope.ask(compared(boolean.ne, self.parts, _one(integer(0))), "guard")

    def sym_float(self) -> FloatNode:
        return FloatNode(self.as_float, self.scope)

    def _rounded(self, rounding: str) -> IntNode:
        whole, real = _both(self.parts)
        if any(symbol.is_float for symbol in real.symbols):  # it need not be finite where it is not taken
            return IntNode(domains.rounded(rounding, self.expr, self.scope), self.scope)
        found = boolean.if_else(self.parts.is_whole, whole, floats.to_integer(rounding, real))
        return IntNode(self.scope.simplify(found), self.scope)

    def _compared(self, compare: Callable[[Any, Any], Bool], other: Node) -> BoolNode:
        return BoolNode(self._asked_now(compared(compare, self.parts, _parts_of_node(other))), self.scope)

    def __str__(self) -> str:
        return render(self.as_float)


def _both(parts: Parts) -> tuple[Expr, Expr]:
    assert parts.whole is not None
    assert parts.real is not None
    return parts.whole, parts.real


def _parts_of_node(node: Node) -> Parts:
    if isinstance(node, EitherNode):
        return node.parts
    return _one(node.expr)


def _one(expr: Expr) -> Parts:
    return Parts(boolean.false, None, expr) if expr.is_float else Parts(boolean.true, expr, None)


def parts_of(number: Any) -> Parts:
    """Return the parts of any number."""
    return number.node.parts if is_either(number) else _one(expr_of(number))


def is_either(number: Any) -> bool:
    """Whether it may be an integer or a float."""
    return type(number) is SYMBOLIC_CLASSES[1] and isinstance(number.node, EitherNode)


def as_float(number: Any) -> Any:
    """Return such a number as a float; any other as it is."""
    return to_python(number.node.as_float, number.node.scope) if is_either(number) else number


def settled(number: Any) -> Any:
    """Return such a number as what it is, asked for; any other as it is."""
    return to_python(number.node.expr, number.node.scope) if is_either(number) else number


def to_either(parts: Parts, scope: Scope) -> Any:
    """Return a number with these parts: a plain or symbolic one if its class is known."""
    is_whole = scope.decide(parts.is_whole)
    if is_whole is not None and parts.whole is not None and parts.real is not None:
        return to_python(parts.whole if is_whole else parts.real, scope)
    if parts.whole is None or parts.real is None:
        return to_python(parts.whole if parts.real is None else parts.real, scope)  # type: ignore[arg-type]
    return SYMBOLIC_CLASSES[1](EitherNode(parts, scope))


def compared(compare: Callable[[Any, Any], Bool], a: Parts, b: Parts) -> Bool:
    """Compare two numbers, each as the one that it is."""
    ways = [
        boolean.and_(is_a, is_b, compare(x, y))
        for is_a, x in ((a.is_whole, a.whole), (boolean.not_(a.is_whole), a.real))
        for is_b, y in ((b.is_whole, b.whole), (boolean.not_(b.is_whole), b.real))
        if x is not None and y is not None
    ]
    return boolean.or_(*ways)


def chosen(test: Bool, yes: Parts, no: Parts) -> Parts:
    """Return one number where a condition holds, and another elsewhere."""

    def either(a: Expr | None, b: Expr | None) -> Expr | None:
        return boolean.if_else(test, a, b) if a is not None and b is not None else b if a is None else a

    is_whole = boolean.or_(boolean.and_(test, yes.is_whole), boolean.and_(boolean.not_(test), no.is_whole))
    return Parts(is_whole, either(yes.whole, no.whole), either(yes.real, no.real))


# What has a result for all operands, and may be computed for both.
_TOTAL: Final = ("add", "sub", "mul")
_FUNCTIONS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    **{name: getattr(operator, name) for name in (*_TOTAL, "truediv", "floordiv", "mod", "pow")},
    "divmod": divmod,
}


def operated(name: str, a: Any, b: Any) -> Any:
    """Return `a <name> b`, where one of the two is an integer or a float.

    Args:
        name: of the operation, as in `operator`.
        a: a number.
        b: a number.
    """
    function = _FUNCTIONS[name]
    if is_either(a) and is_either(b):
        return function(settled(a), settled(b))
    if name == "pow":
        return _powered(a, b)
    if is_either(a):
        return for_both(a, lambda part: function(part, b))
    if name in _TOTAL:
        return for_both(b, lambda part: function(a, part))
    # A divisor must not be 0, which is asked of what it is alone.
    is_float = name == "truediv" or isinstance(a, (float, SYMBOLIC_CLASSES[1]))
    return function(a, as_float(b) if is_float else settled(b))


def _powered(a: Any, b: Any) -> Any:
    if isinstance(b, float):
        return as_float(a) ** b
    if isinstance(b, int) and b >= 0:
        return for_both(a, lambda part: part**b)
    return settled(a) ** settled(b)


def for_both(number: Any, compute: Callable[[Any], Any]) -> Any:
    """Compute something that has a result for all numbers from an integer or a float."""
    node: EitherNode = number.node
    results = [compute(to_python(part, node.scope)) for part in _both(node.parts)]
    if isinstance(results[0], tuple):
        return tuple(_joined(node, *each) for each in zip(*results))
    return _joined(node, *results)


def _joined(node: EitherNode, of_whole: Any, of_real: Any) -> Any:
    return to_either(chosen(node.parts.is_whole, parts_of(of_whole), parts_of(of_real)), node.scope)
