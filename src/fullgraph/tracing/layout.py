"""Which arguments decide how a tensor lies in memory: those that reach it without passing an operator that settles it.

Invariant: whatever layout the other arguments of a call have, the tensor has the strides that `strides.py` gives it.
"""

from __future__ import annotations

from torch import fx

from fullgraph.tracing.records import Records
from fullgraph.tracing.result import InputRole
from fullgraph.tracing.strides import is_always_contiguous
from fullgraph.tracing.traced import Value


def layout_follows_from(records: Records, value: Value) -> list[Value]:
    """Return the program's arguments whose layout decides that of `value`, in the order of the arguments."""
    arguments = [root for root in records.roots if root.source and root.source.role is InputRole.USER]
    roots = {root.node for root in records.roots}
    reached: set[fx.Node] = set()
    left = [value.root.node]
    while left:
        node = left.pop()
        if node in reached or is_always_contiguous(node.target, node.kwargs):
            continue
        reached.add(node)
        if node.op == "placeholder" and node not in roots:
            return arguments  # an operand of a subgraph: what it stands for is not followed
        left.extend(node.all_input_nodes)
    return [root for root in arguments if root.node in reached]
