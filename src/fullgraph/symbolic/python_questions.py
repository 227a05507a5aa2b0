"""What PyTorch's Python code asks of `node.shape_env`.

`torch.fx.experimental.symbolic_shapes.guard_or_false`, `statically_known_true` and their kin don't call the node, as
C++ does, but two methods of the object they find there. This object has those two, and puts them to the scope.
"""

from __future__ import annotations

from typing import Any

from fullgraph.symbolic.boolean import Bool
from fullgraph.symbolic.expr import Expr
from fullgraph.symbolic.scope import Scope


class PythonQuestions:
    """The two questions that PyTorch's Python helpers put to `node.shape_env`."""

    __slots__ = ("scope",)

    def __init__(self, scope: Scope) -> None:
        self.scope = scope

    def evaluate_sym_node(
        self, node: Any, size_oblivious: bool = False, fallback_value: bool | None = None
    ) -> Any:
        if not node.is_bool():
            return self.scope.value_of(node.expr)
        if fallback_value is None:
            return self.scope.ask(node.expr, "size_oblivious" if size_oblivious else "guard")
        return self.scope.ask(node.expr, "or_true" if fallback_value else "or_false")

    def _maybe_evaluate_static(self, expr: Expr | Bool, **_: Any) -> Any:
        if isinstance(expr, Bool):
            return self.scope.decide(expr)
        expr = self.scope.simplify(expr)
        return expr.value if expr.is_const else None
