"""What two branches return, made one: the same structure, and for each place one kind of result.

A tensor keeps the sizes on which the branches agree; where they differ the result has a new symbol, whose range holds
both. Sizes and integers that differ become a new symbol too. A tensor from outside that both return as it is, and a
Python value on which they agree, need no result at all. Everything else is refused, with both lines.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any, NoReturn

import torch
from torch.utils import _pytree as pytree

from fullgraph.control_flow.recording import Body, refuse, show
from fullgraph.symbolic import Bool, Expr, eq
from fullgraph.tracing import Out, Records, Value


@dataclass
class Merged:
    """The results of an operator, and how to make of them what the program gets.

    Args:
        recorder: the recorder of the trace.
        bodies: the branches.
        returned: which leaves the operator returns.
        outs: what they are.
        grads: whether they require gradients.
    """

    recorder: Records
    bodies: list[Body]
    returned: list[int] = field(default_factory=list)
    outs: list[Out | Expr] = field(default_factory=list)
    grads: list[bool] = field(default_factory=list)

    def node(self, body: Body, position: int) -> Any:
        """Return the node of a branch that holds a leaf."""
        return body.nodes[position]

    def forbid_writes(self, results: list[Value | Expr]) -> None:
        """A result may share memory with a tensor from outside; nobody may write to either from now on."""
        made = dict(zip(self.returned, results))
        for body in self.bodies:
            for position, root in body.shared.items():
                result = made.get(position)
                if isinstance(result, Value):
                    for value in (root, result):
                        self.recorder.unwritable[value] = f"what `{body.name}` returns"

    def rebuild(self, results: list[Value | Expr]) -> Any:
        """Return what the program gets."""
        made = dict(zip(self.returned, results))
        leaves: list[Any] = []
        for position, leaf in enumerate(self.bodies[0].leaves):
            found: Any = made.get(position, leaf)
            if position in made and isinstance(leaf, (bool, Bool)):
                found = eq(found, 1)  # a symbol that is 0 or 1
            leaves.append(self.recorder.give(found) if isinstance(found, (Value, Expr, Bool)) else found)
        return pytree.tree_unflatten(leaves, self.bodies[0].spec)


def merge(recorder: Records, bodies: list[Body], known: frozenset[Expr]) -> Merged:
    """Make the results of two branches one.

    Args:
        recorder: the recorder of the trace.
        bodies: both branches.
        known: the symbols that mean something outside of the branches.
    """
    first, second = bodies
    if first.spec != second.spec:
        refuse(
            recorder,
            f"`{first.name}` and `{second.name}` return different structures: "
            f"{_structure(first)} and {_structure(second)}.",
            "Whichever of them a call takes, the program goes on with one kind of result.",
            "Return the same nesting of tuples, lists and dicts from both.",
        )
    merged = Merged(recorder, bodies)
    for position, (a, b) in enumerate(zip(first.leaves, second.leaves)):
        out = _merge_leaf(merged, a, b, known)
        if out is not None:
            merged.returned.append(position)
            merged.outs.append(out)
            merged.grads.append(any(isinstance(leaf, Value) and leaf.requires_grad for leaf in (a, b)))
    return merged


def _merge_leaf(merged: Merged, a: Any, b: Any, known: frozenset[Expr]) -> Out | Expr | None:
    """Return what the operator returns for a leaf; None when it need not return it."""
    if isinstance(a, Value) and isinstance(b, Value):
        if a is b:
            return None
        return _merge_tensors(merged, a, b, known)
    if _is_integer(a) and _is_integer(b) and isinstance(a, (bool, Bool)) == isinstance(b, (bool, Bool)):
        return None if _agree(merged.recorder, a, b, known) else _joint(merged.recorder, a, b)
    if a is b or (type(a) is type(b) and type(a) in _COMPARED and a == b):
        return None
    return _refuse_pair(
        merged, a, b, "They are of different kinds." if type(a) is not type(b) else "Only one can go on."
    )


def _merge_tensors(merged: Merged, a: Value, b: Value, known: frozenset[Expr]) -> Out:
    if a.dtype != b.dtype or a.device != b.device or len(a.dims) != len(b.dims):
        _refuse_pair(merged, a, b, "dtype, device and number of dims of a tensor are fixed in a graph.")
    dims = tuple(
        x if _agree(merged.recorder, x, y, known) else _joint(merged.recorder, x, y)
        for x, y in zip(a.dims, b.dims)
    )
    return Out(dims, a.dtype, a.device)


_COMPARED = frozenset({float, complex, str, bytes, torch.dtype, torch.device, torch.Size})


def _is_integer(leaf: Any) -> bool:
    return isinstance(leaf, (int, Bool)) or (isinstance(leaf, Expr) and not leaf.is_float)


def _agree(recorder: Records, a: Any, b: Any, known: frozenset[Expr]) -> bool:
    """Whether two sizes are one, which means something outside of the branches."""
    if any(isinstance(x, (Expr, Bool)) and not x.symbols <= known for x in (a, b)):
        return False
    if a is b or (type(a) is type(b) and a == b):
        return True
    if isinstance(a, (bool, Bool)):
        return False
    return recorder.scope.decide(eq(a, b)) is True


def _joint(recorder: Records, a: Any, b: Any) -> Expr:
    """Return a new symbol that may be either."""
    if isinstance(a, (bool, Bool)):
        return recorder.new_symbol(0, 1)
    ranges = [recorder.scope.range_of(x) for x in (a, b)]
    lo, hi = min(r.lo for r in ranges), max(r.hi for r in ranges)
    least = torch.iinfo(torch.int64).min
    return recorder.new_symbol(least if lo == -math.inf else int(lo), None if hi == math.inf else int(hi))


def _structure(body: Body) -> str:
    return str(pytree.tree_unflatten(["*"] * len(body.leaves), body.spec))


def _refuse_pair(merged: Merged, a: Any, b: Any, why: str) -> NoReturn:
    first, second = merged.bodies
    refuse(
        merged.recorder,
        f"The branches return results that cannot be made one:\n`{first.name}`: {show(a)}\n`{second.name}`: {show(b)}",
        why,
        "Return tensors of the same dtype, device and number of dims; make a tensor of a Python number that differs.",
    )
