"""The function that runs a graph: the code that `torch.fx` generated, on the functions behind the operators.

`GraphModule.__call__` looks for hooks; an operator called by its Python object costs half as much again as the same
operator called by its C function; and PyTorch's own implementations of operators with subgraphs trace or compile them
at every call. None of it is wanted in a call that is to cost microseconds. So the generated text is run with other
names in it: PyTorch's public functions for the commonest operators, the C functions behind the others, and for
operators with subgraphs the plain functions of `control_flow.RUNNERS`. What is shown or saved never changes.

`torch.compile` knows the operators and not the functions behind them: for it the graph runs as it is.
"""

from __future__ import annotations

import re
import types
from collections.abc import Callable
from functools import partial
from typing import Any, Final

import torch
from torch import fx

from fullgraph.control_flow import RUNNERS
from fullgraph.program.public_functions import PUBLIC, same_as_public
from fullgraph.tracing import OpOverload, function_behind

SET_GRAD: Final = torch.ops.higher_order.wrap_with_set_grad_enabled

_OPERATOR: Final = re.compile(r"\btorch\.ops\.(\w+)\.(\w+)(?:\.(\w+))?\(")


def forward_of(module: fx.GraphModule) -> Callable[..., Any]:
    """Return the function that runs the module's graph on values for its placeholders."""
    direct = _direct(module)
    generated = partial(type(module).forward, module)

    def forward(*values: Any) -> Any:
        return generated(*values) if torch.compiler.is_dynamo_compiling() else direct(*values)

    return forward


def _direct(module: fx.GraphModule) -> Callable[..., Any]:
    """Return the generated function with its subgraphs bound, all of them calling functions instead of operators."""
    bodies = types.SimpleNamespace()
    for name, child in module.named_children():
        setattr(bodies, name, _direct(child) if isinstance(child, fx.GraphModule) else child)
    generated: Any = type(module).forward
    functions: dict[str, Any] = {}
    text = _OPERATOR.sub(partial(_called, functions, same_as_public(module.graph)), module.code)
    scope: dict[str, Any] = {**generated.__globals__, **functions}
    # Under the name of the original, whose lines are the same, so that tracebacks show them.
    exec(compile(text, generated.__code__.co_filename, "exec"), scope)  # noqa: S102  (torch.fx made it)
    return partial(scope["forward"], bodies)


def _called(functions: dict[str, Any], public: set[Any], match: re.Match[str]) -> str:
    """Return the text of a call; what it calls is added to the functions."""
    operator: Any = torch.ops
    for part in match.groups():
        operator = operator if part is None else getattr(operator, part)
    function: Callable[..., Any] | None
    if operator in public:
        function = PUBLIC[operator]
    else:
        function = function_behind(operator) if isinstance(operator, OpOverload) else RUNNERS.get(operator)
    if function is None:
        return match.group()
    name = "_".join(("_call", *(part for part in match.groups() if part is not None)))
    functions[name] = function
    return f"{name}("
