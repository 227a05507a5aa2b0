"""What branches leave in Python's own state, made one: added to what they return, and put into its places afterwards.

A branch that does not change a place leaves there what was there before, as it is at the end of that branch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from torch.utils import _pytree as pytree

from fullgraph.control_flow.python_state import flatten_left
from fullgraph.control_flow.recording import TRACED, Body, at, refuse, structure_text
from fullgraph.symbolic import Bool, Expr
from fullgraph.tracing import Change, Missing, Records, Value


def merge_places(
    recorder: Records, bodies: Sequence[Body]
) -> tuple[list[Body], list[tuple[Change, pytree.TreeSpec]]]:
    """Add what the branches leave behind to what they return.

    Returns:
        The branches with more leaves; and the places that these leaves belong to, in order.
    """
    changes: dict[tuple[int, str], Change] = {}
    for body in bodies:
        for left in body.left:
            changes.setdefault(left.change.place, left.change)
    more: list[list[_Flat]] = [
        [_flat(recorder, body, change) for change in changes.values()] for body in bodies
    ]
    for change, (one, other) in zip(changes.values(), zip(*more)):
        if one.spec != other.spec or any(
            (a is Missing) != (b is Missing) for a, b in zip(one.leaves, other.leaves)
        ):
            first, second = bodies
            refuse(
                recorder,
                f"The branches leave `{change.path}` with different structures:\n"
                f"    `{first.name}`: {one.text}{at(first.where)}\n    `{second.name}`: {other.text}{at(second.where)}",
                "It is Python state; the program goes on with one kind of it, whichever branch a call takes.",
                "Return the value from both branches, or give it the same structure in both.",
                case="tensor_kept_from_branch",
            )
    extended = [_extended(body, parts) for body, parts in zip(bodies, more)]
    return extended, [(change, part.spec) for change, part in zip(changes.values(), more[0])]


@dataclass(frozen=True)
class _Flat:
    """What a branch leaves in a place."""

    leaves: list[Any]
    nodes: list[Any]
    spec: pytree.TreeSpec

    @property
    def text(self) -> str:
        return "nothing" if self.leaves == [Missing] else structure_text(self.spec)


def _flat(recorder: Records, body: Body, change: Change) -> _Flat:
    for left in body.left:
        if left.change.place == change.place:
            return _Flat(left.leaves, left.nodes, left.spec)
    flat, spec = flatten_left(change, change.old)
    leaves = [recorder.take(leaf) if isinstance(leaf, TRACED) else leaf for leaf in flat]
    return _Flat(leaves, [_old_node(recorder, body, change, leaf) for leaf in leaves], spec)


def _old_node(recorder: Records, body: Body, change: Change, leaf: Any) -> Any:
    """Return the node of a branch that holds, at its end, what was in a place before."""
    if not isinstance(leaf, (Value, Expr, Bool)):
        return leaf
    for written in body.frame.written:
        if isinstance(leaf, Value) and written.root is leaf:
            return body.frame.reach(written.contents.node)
        if isinstance(leaf, Value) and written.root is leaf.root:
            refuse(
                recorder,
                f"`{change.path}` is a view of a tensor that `{body.name}` ({body.where}) writes, and the other branch "
                "puts another tensor there.",
                "Whether the two share memory afterwards is known only when the program runs, and a graph is pure.",
                "Write to the tensor in both branches, or put a new one there in both.",
                case="write_to_result_of_branch",
            )
    return body.frame.reach(recorder.as_arguments(leaf))


def _extended(body: Body, parts: Sequence[_Flat]) -> Body:
    leaves, nodes = list(body.leaves), list(body.nodes)
    for part in parts:
        leaves += part.leaves
        nodes += part.nodes
    count = len(body.leaves)
    shared = {
        count + i: leaf.root
        for i, leaf in enumerate(leaves[count:])
        if isinstance(leaf, Value) and body.frame.is_outer(leaf.root)
    }
    return replace(body, leaves=leaves, nodes=nodes, shared=body.shared | shared)
