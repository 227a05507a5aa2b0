"""Tensors that the program makes and asks gradients for: `torch.zeros(n, requires_grad=True)`, `h.requires_grad_()`.

Nobody outside can have these gradients, as nobody has the tensor; `backward` inside of a program is refused. So nothing
is computed otherwise because of them. What is left of the request is that results require grad. Mostly they do so
anyway, for the sake of parameters or inputs; a program of which one does not is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

import torch
from torch import fx

from fullgraph.contract import TensorSpec
from fullgraph.errors import Unsupported
from fullgraph.source import origin_here

TracedTensor = Any  # traced.py stands above this file, as the tensor asks here; so does what it stands for
Value = Any

_OWN: Final = "own_leaf"
# PyTorch's own note on the object, which its functions make after an operator has returned.
_is_noted: Any = vars(torch.Tensor.__base__)["requires_grad"].__get__


def value_of(tensor: TracedTensor) -> Value:
    """Return the value of a traced tensor, for which its maker may have asked for gradients since."""
    value = tensor.value
    if not value.requires_grad and _is_noted(tensor):
        become_leaf(value)
    return value


def may_become_leaf(value: Value) -> bool:
    """Say whether a tensor is one that the program has made itself."""
    return value.root.source is None and _may_require(value.dtype)


def become_leaf(value: Value) -> None:
    """Let a tensor that the program made require grad."""
    value.requires_grad = True
    value.node.meta[_OWN] = origin_here()


def is_own_leaf(value: Value) -> bool:
    """Say whether the program asked for gradients of this tensor."""
    return bool(value.requires_grad) and _OWN in value.node.meta


def require_other_leaves(graph: fx.Graph, inputs: Mapping[fx.Node, bool], results: Iterable[Value]) -> None:
    """Refuse a program of which a result requires grad for the sake of such tensors alone.

    Args:
        graph: the graph of the trace.
        inputs: whether each of its inputs requires grad.
        results: what the program returns.
    """
    own = [node for node in graph.nodes if _OWN in node.meta]
    if not own:
        return
    requires: dict[fx.Node, bool] = {}
    for node in graph.nodes:
        requires[node] = inputs.get(node, False) or (
            node.op == "call_function"
            and node.target is not torch.ops.aten.detach.default
            and node.meta.get("grad_enabled") is not False
            and (not isinstance(node.meta.get("val"), TensorSpec) or _may_require(node.meta["val"].dtype))
            and any(requires[each] for each in node.all_input_nodes)
        )
    for value in results:
        if value.requires_grad and not requires[value.node]:
            raise Unsupported(
                "A result requires grad for the sake of a tensor that the program makes itself.",
                why="Whoever calls the program never sees that tensor, and has no use for its gradient.",
                instead="Leave out `requires_grad`, return `result.detach()`, or make the tensor an argument.",
                where=own[0].meta[_OWN],
                case="gradient_in_forward",
            )


def _may_require(dtype: torch.dtype) -> bool:
    return dtype.is_floating_point or dtype.is_complex
