"""Take out what nobody uses: pure operators without users, sizes that were asked for and not needed.

Random operators stay: each draw moves the generator, so what is drawn afterwards would change. So do assertions and
whatever else returns nothing, and operators that PyTorch does not know to be pure.
"""

from __future__ import annotations

import torch
from torch import fx

from fullgraph.program.verify import computes_sizes
from fullgraph.tracing import OpOverload


def eliminate_dead_code(graph: fx.Graph) -> int:
    """Remove the dead nodes of a graph in place; placeholders are kept.

    Returns:
        How many nodes went.
    """
    removed = 0
    for node in reversed(graph.nodes):
        if not node.users and may_be_removed(node):
            graph.erase_node(node)
            removed += 1
    return removed


def may_be_removed(node: fx.Node) -> bool:
    """Say whether a node does nothing but return a value."""
    if node.op == "get_attr":
        return True
    if node.op != "call_function":
        return False
    target = node.target
    if not isinstance(target, OpOverload):
        return computes_sizes(target)
    if target.namespace != "aten" or target._schema.is_mutable or not target._schema.returns:
        return False  # an operator of the user's may print, count or write a file
    return torch.Tag.nondeterministic_seeded not in target.tags
