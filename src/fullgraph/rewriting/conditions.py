"""Truth values that are kept: `a and b`, `a or b`, `not a` and `1 < n < 9`, where Python looks at an operand.

Python gives the operand that decides, so it asks the first one. In `if a and b:` the way that the program goes depends
on the answer; in `flag = a and b` only a value does, which is the conjunction of both if both are truth values:

    a and b     becomes     both(first(a, True, 7) and b, 7)
    not a       becomes     negated(a)
    1 < n < 9   becomes     1 < n and n < 9, and then the same

`first` notes an undecided condition and lets Python go on, `both` joins it with what comes out. What stands to the
right is evaluated for all sizes then, so it is rewritten only if that has no effect and raises for no size: names,
sizes of what they name, sums and products, and comparisons of these.
"""

from __future__ import annotations

import ast
import copy
from typing import Final, TypeVar

Test = TypeVar("Test", ast.If, ast.While, ast.Assert, ast.IfExp)
_EXACT: Final = (ast.Add, ast.Sub, ast.Mult)


class Conditions(ast.NodeTransformer):
    """Rewrite conditions whose value is kept; what is only tested stays as it is.

    Args:
        first: the constant that stands for the runtime's function of this name, and so on.
    """

    def __init__(self, first: str, both: str, negated: str) -> None:
        self._first = first
        self._both = both
        self._negated = negated
        self._places = 0

    def visit_If(self, node: ast.If) -> ast.If:
        return self._with_test(node)

    def visit_While(self, node: ast.While) -> ast.While:
        return self._with_test(node)

    def visit_Assert(self, node: ast.Assert) -> ast.Assert:
        return self._with_test(node)

    def visit_IfExp(self, node: ast.IfExp) -> ast.IfExp:
        return self._with_test(node)

    def visit_comprehension(self, node: ast.comprehension) -> ast.comprehension:
        tests, node.ifs = [self._tested(each) for each in node.ifs], []
        self.generic_visit(node)
        node.ifs = tests
        return node

    def visit_BoolOp(self, node: ast.BoolOp) -> ast.expr:
        """Rewrite `a and b and c` as `a and (b and c)`."""
        kept = all(map(_may_be_evaluated, node.values[1:]))
        self.generic_visit(node)
        if not kept:
            return node
        *before, joined = node.values
        for value in reversed(before):
            joined = self._joined(node, value, joined)
        return joined

    def visit_Compare(self, node: ast.Compare) -> ast.expr:
        """Rewrite a chain."""
        if len(node.ops) == 1 or not all(map(_may_be_evaluated, node.comparators)):
            self.generic_visit(node)
            return node
        lefts = [node.left, *map(copy.deepcopy, node.comparators[:-1])]
        links: list[ast.expr] = [
            ast.copy_location(ast.Compare(left, [op], [right]), node)
            for left, op, right in zip(lefts, node.ops, node.comparators)
        ]
        return self.visit_BoolOp(ast.copy_location(ast.BoolOp(ast.And(), links), node))

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        return self._call(node, self._negated, node.operand) if isinstance(node.op, ast.Not) else node

    def _with_test(self, node: Test) -> Test:
        test = self._tested(node.test)
        node.test = ast.copy_location(ast.Constant(True), test)
        self.generic_visit(node)
        node.test = test
        return node

    def _tested(self, node: ast.expr) -> ast.expr:
        """Rewrite within what is only tested."""
        if isinstance(node, ast.BoolOp):
            node.values = [self._tested(each) for each in node.values]
            return node
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            node.operand = self._tested(node.operand)
            return node
        if isinstance(node, ast.Compare):
            self.generic_visit(node)
            return node
        tested: ast.expr = self.visit(node)
        return tested

    def _joined(self, node: ast.BoolOp, value: ast.expr, rest: ast.expr) -> ast.expr:
        self._places += 1
        place = ast.Constant(self._places)
        first = self._call(value, self._first, value, ast.Constant(isinstance(node.op, ast.And)), place)
        return self._call(
            node, self._both, ast.copy_location(ast.BoolOp(node.op, [first, rest]), node), place
        )

    @staticmethod
    def _call(at: ast.expr, function: str, *arguments: ast.expr) -> ast.expr:
        call = ast.copy_location(ast.Call(ast.Constant(function), list(arguments), []), at)
        return ast.fix_missing_locations(call)


def _may_be_evaluated(node: ast.expr) -> bool:
    """Whether evaluating an expression has no effect and raises for no size."""
    match node:
        case ast.Name() | ast.Constant():
            return True
        case ast.Attribute(ast.Name(), "ndim" | "shape") | ast.Subscript(ast.Attribute(ast.Name(), "shape")):
            return True  # other attributes may be properties, which run code
        case ast.UnaryOp(operand=operand):
            return _may_be_evaluated(operand)
        case ast.BinOp(left=left, op=op, right=right):
            return isinstance(op, _EXACT) and _may_be_evaluated(left) and _may_be_evaluated(right)
        case ast.BoolOp(values=values):
            return all(map(_may_be_evaluated, values))
        case ast.Compare(left=left, comparators=comparators):
            return all(map(_may_be_evaluated, (left, *comparators)))
        case _:
            return False
