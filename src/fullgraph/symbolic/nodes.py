"""The object inside a `torch.SymInt`, `torch.SymFloat` or `torch.SymBool`.

PyTorch forwards every operation on a symbolic number to the node in it, from Python (`a + b` is
`a.node.add(b.node)`) and from C++ (shape code calls the same methods). Our nodes pair an expression with the
scope that answers questions about it: arithmetic makes a new expression, a question goes to `Scope.ask`. The
method names are PyTorch's.

Where Python would raise for some values of the operands (a divisor that may be 0, a negative shift, the root
of a negative number), the node asks with kind "check" that they don't occur, so that the contract excludes
what eager refuses.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import Any

from fullgraph.symbolic import arithmetic, boolean, domains, floats, layout
from fullgraph.symbolic.and_or import is_only_tested, is_operand_of_and_or
from fullgraph.symbolic.boolean import Bool, as_bool, false, true
from fullgraph.symbolic.expr import Expr, floating, integer, minus, plus, times
from fullgraph.symbolic.operations import MATH_FUNCTIONS
from fullgraph.symbolic.python_questions import PythonQuestions
from fullgraph.symbolic.remembered import remembered
from fullgraph.symbolic.scope import Scope
from fullgraph.symbolic.singletons import gives_a_condition, is_tested_for_identity
from fullgraph.symbolic.text import render

# Between a node and who compared: PyTorch's method, and what stands in for it while a trace runs.
_BETWEEN = ("torch.fx.experimental.sym_node", "fullgraph.symbolic.", "fullgraph.tracing.standing_in")
_new = object.__new__


class Node:
    """What the three kinds of node share. `expr` is an `Expr`, or a `Bool` in a `BoolNode`."""

    __slots__ = ("__weakref__", "expr", "scope")

    # PyTorch reads these of any node. None: the example's value plays no part in what is statically known.
    _hint = None
    constant = None

    def __init__(self, expr: Any, scope: Scope) -> None:
        self.expr = expr
        self.scope = scope

    def is_int(self) -> bool:
        return False

    def is_float(self) -> bool:
        return False

    def is_bool(self) -> bool:
        return False

    def is_symbolic(self) -> bool:
        return True

    def is_nested_int(self) -> bool:
        return False

    def nested_int(self) -> None:
        return None

    def is_constant(self) -> bool:
        return False

    def clone(self) -> Node:
        return self

    __copy__ = clone

    def __deepcopy__(self, memo: object) -> Node:
        return self

    def wrap_int(self, num: int) -> IntNode:
        results = self.scope.results
        found: IntNode | None = results.get(num)
        if found is None:
            found = results[num] = IntNode(integer(num), self.scope)
        return found

    def wrap_float(self, num: float) -> FloatNode:
        return FloatNode(floating(num), self.scope)

    def wrap_bool(self, num: bool) -> BoolNode:
        results = self.scope.results
        expr = true if num else false
        found: BoolNode | None = results.get(expr)
        if found is None:
            found = results[expr] = BoolNode(expr, self.scope)
        return found

    @property
    def hint(self) -> Any:
        return self.scope.hint_of(self.expr)

    def has_hint(self) -> bool:
        # Where it has a hint, PyTorch's C++ side drops leading sizes of 1: right for the hint only.
        return False

    @property
    def shape_env(self) -> PythonQuestions:
        """What `torch.fx.experimental.symbolic_shapes.guard_or_false` and its kin ask."""
        return PythonQuestions(self.scope)

    def __str__(self) -> str:
        return render(self.expr)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({render(self.expr)})"

    _graph_repr = __str__
    str = __str__

    def _compared(self, compare: Callable[[Any, Any], Bool], other: Node) -> BoolNode:
        """Compare. What follows from the facts is known at once, and again."""
        results = self.scope.results
        key = compare, self.expr, other.expr
        found: BoolNode | None = results.get(key)
        if found is None:
            answer = self.scope.decide_by_ranges(compare, self.expr, other.expr)
            if answer is None:
                question = compare(self.expr, other.expr)
                answer = self.scope.decide_comparison(question)
                if answer is None:
                    return BoolNode(self._asked_now(question), self.scope)
            found = results[key] = self.wrap_bool(answer)
        return found

    def _asked_now(self, question: Bool) -> Bool:
        if self.scope.at_once:
            return as_bool(self.scope.ask(question, "guard"))
        # The frames below are the two above and PyTorch's operator method; then comes who compared.
        caller = sys._getframe(3)
        while str(caller.f_globals.get("__name__")).startswith(_BETWEEN) and caller.f_back is not None:
            caller = caller.f_back
        is_now = is_operand_of_and_or(caller) or (
            gives_a_condition(caller) and not is_only_tested(caller) and is_tested_for_identity(caller)
        )
        return as_bool(self.scope.ask(question, "guard")) if is_now else question

    # Comparisons are the same for integers and floats, and for one with the other: as they are, without rounding.
    def eq(self, other: Node) -> BoolNode:
        return self._compared(boolean.eq, other)

    def ne(self, other: Node) -> BoolNode:
        return self._compared(boolean.ne, other)

    def lt(self, other: Node) -> BoolNode:
        return self._compared(boolean.lt, other)

    def le(self, other: Node) -> BoolNode:
        return self._compared(boolean.le, other)

    def gt(self, other: Node) -> BoolNode:
        return self._compared(boolean.gt, other)

    def ge(self, other: Node) -> BoolNode:
        return self._compared(boolean.ge, other)


class BoolNode(Node):
    """Inside `torch.SymBool`."""

    __slots__ = ()

    def is_bool(self) -> bool:
        return True

    def is_constant(self) -> bool:
        return self.expr.is_const

    def guard_bool(self, file: str = "", line: int = 0) -> bool:
        return self.scope.ask(self.expr, "guard")

    bool_ = guard_bool

    def guard_size_oblivious(self, file: str, line: int) -> bool:
        return self.scope.ask(self.expr, "size_oblivious")

    def guard_or_false(self, file: str, line: int) -> bool:
        return self.scope.ask(self.expr, "or_false")

    def guard_or_true(self, file: str, line: int) -> bool:
        return self.scope.ask(self.expr, "or_true")

    def expect_true(self, file: str, line: int) -> bool:
        return self.scope.ask(self.expr, "check")

    def statically_known_true(self, file: str, line: int) -> bool:
        return self.scope.decide(self.expr) is True

    def maybe_as_bool(self) -> bool | None:
        return self.scope.decide(self.expr)

    def sym_not(self) -> BoolNode:
        return BoolNode(boolean.not_(self.expr), self.scope)

    def sym_and(self, other: Node) -> BoolNode:
        return BoolNode(boolean.and_(self.expr, other.expr), self.scope)

    def sym_or(self, other: Node) -> BoolNode:
        return BoolNode(boolean.or_(self.expr, other.expr), self.scope)

    and_ = sym_and
    or_ = sym_or

    def eq(self, other: Node) -> BoolNode:
        if not isinstance(other, BoolNode):
            return BoolNode(boolean.eq(boolean.if_else(self.expr, 1, 0), other.expr), self.scope)
        same = boolean.or_(
            boolean.and_(self.expr, other.expr),
            boolean.and_(boolean.not_(self.expr), boolean.not_(other.expr)),
        )
        return BoolNode(same, self.scope)

    def ne(self, other: Node) -> BoolNode:
        return self.eq(other).sym_not()

    def sym_ite(self, yes: Node, no: Node) -> Node:
        if isinstance(yes, BoolNode):
            chosen = boolean.or_(
                boolean.and_(self.expr, yes.expr), boolean.and_(boolean.not_(self.expr), no.expr)
            )
            return BoolNode(chosen, self.scope)
        return type(yes)(boolean.if_else(self.expr, yes.expr, no.expr), self.scope)

    def sym_float(self) -> FloatNode:
        return FloatNode(boolean.if_else(self.expr, 1.0, 0.0), self.scope)

    def sym_int(self) -> IntNode:
        return IntNode(boolean.if_else(self.expr, 1, 0), self.scope)


def _arithmetic(kind: str, of_integers: Callable[[Expr, Expr], Expr]) -> Callable[[Any, Any], NumberNode]:
    """An operation that asks nothing; of floats if one of its operands is, and remembered (as by `remembered`)."""

    def looked_up(self: Any, other: Any) -> NumberNode:
        a, b, scope = self.expr, other.expr, self.scope
        results = scope.results
        key = kind, a, b
        found: NumberNode | None = results.get(key)
        if found is None:
            expr = floats.binary(kind, a, b) if a.is_float or b.is_float else of_integers(a, b)
            if expr is a and type(self) is IntNode:
                found = self  # slices begin at `a - 0`
            else:
                # As IntNode(expr, scope), which Python 3.11 takes twice as long for.
                found = _new(FloatNode if expr.is_float else IntNode)
                found.expr, found.scope = expr, scope
            results[key] = found
        return found

    return looked_up


class NumberNode(Node):
    """What nodes of integers and of floats share."""

    __slots__ = ()

    add = _arithmetic("add", plus)
    sub = _arithmetic("sub", minus)
    mul = _arithmetic("mul", times)

    def neg(self) -> NumberNode:
        return self._same(arithmetic.neg(self.expr))

    def pos(self) -> NumberNode:
        return self

    def abs(self) -> NumberNode:
        return self._same(self.scope.simplify(arithmetic.abs_(self.expr)))

    @remembered
    def mod(self, other: Node) -> NumberNode:
        return self._same(self.scope.simplify(arithmetic.mod(self.expr, self._divisor(other))))

    @remembered
    def floordiv(self, other: Node) -> NumberNode:
        return self._same(self.scope.simplify(arithmetic.floordiv(self.expr, self._divisor(other))))

    int_floordiv = floordiv

    def truediv(self, other: Node) -> FloatNode:
        return FloatNode(arithmetic.truediv(self.expr, self._divisor(other)), self.scope)

    int_truediv = truediv
    float_truediv = truediv

    def pow(self, other: Node) -> NumberNode:
        if self.expr.is_float or other.expr.is_float:
            return FloatNode(arithmetic.pow_(self.expr, other.expr), self.scope)
        # Of integers, Python's result is an integer only for a non-negative exponent; the caller has asked.
        return IntNode(arithmetic.pow_(self.expr, other.expr), self.scope)

    float_pow = pow
    pow_by_natural = pow

    @remembered
    def sym_min(self, other: Node) -> NumberNode:
        return self._same(self.scope.extreme("min", self.expr, other.expr))

    @remembered
    def sym_max(self, other: Node) -> NumberNode:
        return self._same(self.scope.extreme("max", self.expr, other.expr))

    def sym_float(self) -> FloatNode:
        return self if isinstance(self, FloatNode) else FloatNode(floats.to_float(self.expr), self.scope)

    def trunc(self) -> IntNode:
        return self._rounded("trunc")

    sym_int = trunc

    def floor(self) -> IntNode:
        return self._rounded("floor")

    def ceil(self) -> IntNode:
        return self._rounded("ceil")

    def round(self, ndigits: int | None = None) -> NumberNode:
        if ndigits is None:
            return self._rounded("round")
        return self._same(floats.round_digits(self.expr, ndigits))

    def is_integer(self) -> BoolNode:
        if not self.expr.is_float:
            return BoolNode(as_bool(True), self.scope)
        # Of a finite float the remainder is a number, of an infinite one nan.
        return BoolNode(boolean.eq(arithmetic.mod(self.expr, floating(1.0)), 0.0), self.scope)

    def guard_float(self, file: str, line: int) -> float:
        return float(self.scope.value_of(self.expr))

    def _rounded(self, rounding: str) -> IntNode:
        return IntNode(self.scope.simplify(domains.rounded(rounding, self.expr, self.scope)), self.scope)

    def _same(self, expr: Expr) -> NumberNode:
        node: NumberNode = _new(FloatNode if expr.is_float else IntNode)
        node.expr, node.scope = expr, self.scope
        return node

    def _divisor(self, other: Node) -> Expr:
        divisor: Expr = other.expr
        if not divisor.is_const:
            domains.require_nonzero(self.scope, divisor)
        return divisor

    def _function(self, name: str) -> FloatNode:
        return FloatNode(domains.function(name, self.expr, self.scope), self.scope)


for _name in MATH_FUNCTIONS:
    setattr(NumberNode, f"sym_{_name}", lambda self, name=_name: self._function(name))


class IntNode(NumberNode):
    """Inside `torch.SymInt`."""

    __slots__ = ()

    def is_int(self) -> bool:
        return True

    def is_constant(self) -> bool:
        return self.expr.is_const

    def guard_int(self, file: str = "", line: int = 0) -> int:
        return int(self.scope.value_of(self.expr))

    int_ = guard_int

    def maybe_as_int(self) -> int | None:
        expr = self.scope.simplify(self.expr)
        return expr.value if expr.is_const else None

    constant_int = maybe_as_int

    def bool_(self) -> bool:
        return self.scope.ask(boolean.truth(self.expr), "guard")

    def expect_size(self, file: str, line: int) -> bool:
        return self.scope.ask(boolean.ge(self.expr, 0), "check")

    def sym_sum(self, args: Sequence[Node]) -> IntNode:
        return IntNode(arithmetic.sum_([a.expr for a in args]), self.scope)

    def lshift(self, other: Node) -> IntNode:
        return IntNode(arithmetic.lshift(self.expr, self._shift(other)), self.scope)

    def rshift(self, other: Node) -> IntNode:
        return IntNode(arithmetic.rshift(self.expr, self._shift(other)), self.scope)

    def _shift(self, other: Node) -> Expr:
        domains.require(self.scope, boolean.ge(other.expr, 0), ValueError("negative shift count"))
        return other.expr

    def bitwise_and(self, other: Node) -> IntNode:
        return IntNode(arithmetic.bitand(self.expr, other.expr), self.scope)

    def bitwise_or(self, other: Node) -> IntNode:
        return IntNode(arithmetic.bitor(self.expr, other.expr), self.scope)

    def bitwise_xor(self, other: Node) -> IntNode:
        return IntNode(arithmetic.bitxor(self.expr, other.expr), self.scope)

    # Questions about a whole layout. C++ passes every size and stride as a node.
    def is_contiguous(self, sizes: Sequence[Node], strides: Sequence[Node]) -> BoolNode:
        return self._layout(layout.is_contiguous, sizes, strides)

    def is_channels_last_contiguous_2d(self, sizes: Sequence[Node], strides: Sequence[Node]) -> BoolNode:
        return self._layout(layout.is_channels_last_contiguous_2d, sizes, strides)

    def is_channels_last_contiguous_3d(self, sizes: Sequence[Node], strides: Sequence[Node]) -> BoolNode:
        return self._layout(layout.is_channels_last_contiguous_3d, sizes, strides)

    def is_channels_last_strides_2d(self, sizes: Sequence[Node], strides: Sequence[Node]) -> BoolNode:
        return self._layout(layout.is_channels_last_strides_2d, sizes, strides)

    def is_channels_last_strides_3d(self, sizes: Sequence[Node], strides: Sequence[Node]) -> BoolNode:
        return self._layout(layout.is_channels_last_strides_3d, sizes, strides)

    def is_non_overlapping_and_dense(self, sizes: Sequence[Node], strides: Sequence[Node]) -> BoolNode:
        def smaller(a: Expr, b: Expr) -> bool:
            return self.scope.ask(boolean.le(a, b), "size_oblivious")

        return self._layout(lambda s, t: layout.is_dense(s, t, smaller), sizes, strides)

    def is_non_overlapping_and_dense_indicator(
        self, sizes: Sequence[Node], strides: Sequence[Node]
    ) -> IntNode:
        return self.is_non_overlapping_and_dense(sizes, strides).sym_int()

    def _layout(self, rule: layout.Rule, sizes: Sequence[Node], strides: Sequence[Node]) -> BoolNode:
        return BoolNode(rule([s.expr for s in sizes], [s.expr for s in strides]), self.scope)


class FloatNode(NumberNode):
    """Inside `torch.SymFloat`."""

    __slots__ = ()

    def is_float(self) -> bool:
        return True

    def bool_(self) -> bool:
        return self.scope.ask(boolean.truth(self.expr), "guard")
