"""`if not x.is_contiguous(): x = x.contiguous()`: a question whose answer makes no difference.

`contiguous()` gives the tensor itself where it is contiguous already. So where nothing else depends on the answer, "no"
is right for every layout, also for the unknown one of what an operator made. Whether that is so tells the source.
"""

from __future__ import annotations

import ast
import types

from fullgraph.tracing.syntax import nodes_at, parents_in


def only_makes_contiguous(frame: types.FrameType) -> bool:
    """Say whether the `x.is_contiguous()` that a frame evaluates only decides whether `x.contiguous()` is called."""
    nodes = nodes_at(frame, (ast.Call,))
    parents = parents_in(frame.f_code.co_filename)
    return bool(nodes) and all(_only_chooses(node, parents) for node in nodes)


def _only_chooses(asked: ast.expr, parents: dict[ast.AST, ast.AST]) -> bool:
    name = _called_on(asked, "is_contiguous")
    if name is None:
        return False
    test: ast.AST = asked
    choice = parents[asked]
    is_denied = isinstance(choice, ast.UnaryOp) and isinstance(choice.op, ast.Not)
    if is_denied:
        test, choice = choice, parents[choice]
    if isinstance(choice, ast.IfExp) and choice.test is test:
        made, kept = (choice.body, choice.orelse) if is_denied else (choice.orelse, choice.body)
        return isinstance(kept, ast.Name) and kept.id == name == _called_on(made, "contiguous")
    if not (is_denied and isinstance(choice, ast.If) and choice.test is test):
        return False
    return not choice.orelse and len(choice.body) == 1 and _is_made_contiguous(choice.body[0], name)


def _is_made_contiguous(statement: ast.stmt, name: str) -> bool:
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return False
    target = statement.targets[0]
    return isinstance(target, ast.Name) and target.id == name == _called_on(statement.value, "contiguous")


def _called_on(call: ast.expr, method: str) -> str | None:
    """Return the variable of which a method is called without arguments."""
    if (
        not isinstance(call, ast.Call)
        or call.args
        or call.keywords
        or not isinstance(call.func, ast.Attribute)
    ):
        return None
    owner = call.func.value
    return owner.id if call.func.attr == method and isinstance(owner, ast.Name) else None
