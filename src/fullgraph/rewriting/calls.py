"""Calls: `f(x)` becomes `select(f)(x)`, where `select` is the runtime's.

`int`, `float` and `len` insist on a concrete value. They cannot be stood in for under their names: `isinstance(n, int)`
and `dtype=int` mean the types. In a call, what is called may be another function that does the same, and which one it
is, the runtime tells by identity, whatever name it goes by.

What is called is replaced, not the call: it is still made by the user's frame, which `super()`, `locals()` and
`warnings.warn` look at, and the arguments are evaluated where and when they were.
"""

from __future__ import annotations

import ast


class Calls(ast.NodeTransformer):
    """Put what each call calls through a function, which stands in the tree as a constant.

    Args:
        select: the constant.
    """

    def __init__(self, select: str) -> None:
        self._select = select

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """Rewrite one call, and those in its arguments."""
        self.generic_visit(node)
        select = ast.copy_location(ast.Constant(self._select), node.func)
        node.func = ast.copy_location(ast.Call(select, [node.func], []), node.func)
        return node
