"""What two branches return, made one: the same structure, and for each place one kind of result.

A tensor keeps the sizes on which the branches agree; where they differ the result has a new symbol, whose range holds
both. Sizes and integers that differ become a new symbol too. A tensor from outside that both return as it is, and a
Python value on which they agree, need no result at all. Everything else is refused, with both lines.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, NoReturn

import torch

from fullgraph.control_flow.recording import Body, at, line_of, refuse, show, structure_text
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
        names: the places of Python's state that leaves were left in.
    """

    recorder: Records
    bodies: list[Body]
    returned: list[int] = field(default_factory=list)
    outs: list[Out | Expr] = field(default_factory=list)
    grads: list[bool] = field(default_factory=list)
    names: dict[int, str] = field(default_factory=dict)

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

    def leaves(self, results: list[Value | Expr]) -> list[Any]:
        """Return what the program gets, flat."""
        made = dict(zip(self.returned, results))
        leaves: list[Any] = []
        for position, leaf in enumerate(self.bodies[0].leaves):
            found: Any = made.get(position, leaf)
            if position in made and isinstance(leaf, (bool, Bool)):
                found = eq(found, 1)  # a symbol that is 0 or 1
            leaves.append(self.recorder.give(found) if isinstance(found, (Value, Expr, Bool)) else found)
        return leaves


def check_structures(recorder: Records, bodies: Sequence[Body]) -> None:
    """Refuse branches that return different structures."""
    first, second = bodies
    if first.spec != second.spec:
        refuse(
            recorder,
            "The branches return different structures:\n"
            f"`{first.name}` returns {structure_text(first.spec)}{at(first.where)}\n"
            f"`{second.name}` returns {structure_text(second.spec)}{at(second.where)}",
            "Whichever of them a call takes, the program goes on with one kind of result.",
            "Return the same nesting of tuples, lists and dicts from both.",
            case="cond_branches_of_two_structures",
        )


def merge(
    recorder: Records, bodies: list[Body], known: frozenset[Expr], names: dict[int, str] | None = None
) -> Merged:
    """Make the results of two branches one.

    Args:
        recorder: the recorder of the trace.
        bodies: both branches.
        known: the symbols that mean something outside of the branches.
        names: the places of Python's state that leaves were left in.
    """
    first, second = bodies
    merged = Merged(recorder, bodies, names=names or {})
    for position, (a, b) in enumerate(zip(first.leaves, second.leaves)):
        out = _merge_leaf(merged, position, a, b, known)
        if out is not None:
            merged.returned.append(position)
            merged.outs.append(out)
            merged.grads.append(any(isinstance(leaf, Value) and leaf.requires_grad for leaf in (a, b)))
    return merged


def _merge_leaf(merged: Merged, position: int, a: Any, b: Any, known: frozenset[Expr]) -> Out | Expr | None:
    """Return what the operator returns for a leaf; None when it need not return it."""
    if isinstance(a, Value) and isinstance(b, Value):
        if a is b:
            return None
        if a.dtype != b.dtype or a.device != b.device or len(a.dims) != len(b.dims):
            _refuse_pair(merged, position)
        return _merge_tensors(merged.recorder, a, b, known)
    if is_number(a) and is_number(b) and _sort(a) is _sort(b):
        return None if _agree(merged.recorder, a, b, known) else _joint(merged.recorder, a, b)
    if a is b or (type(a) is type(b) and type(a) in _COMPARED and a == b):
        return None
    return _refuse_pair(merged, position)


def _merge_tensors(recorder: Records, a: Value, b: Value, known: frozenset[Expr]) -> Out:
    dims = tuple(
        x if _agree(recorder, x, y, known) else _joint(recorder, x, y) for x, y in zip(a.dims, b.dims)
    )
    return Out(dims, a.dtype, a.device)


_COMPARED = frozenset({str, bytes, torch.dtype, torch.device, torch.Size})


def is_number(leaf: Any) -> bool:
    """Whether a leaf is a Python number, or stands for one."""
    return isinstance(leaf, (int, float, Expr, Bool))


def _sort(number: Any) -> type:
    if isinstance(number, (bool, Bool)):
        return bool
    return float if isinstance(number, float) or (isinstance(number, Expr) and number.is_float) else int


def _agree(recorder: Records, a: Any, b: Any, known: frozenset[Expr]) -> bool:
    """Whether two sizes are one, which means something outside of the branches."""
    if any(isinstance(x, (Expr, Bool)) and not x.symbols <= known for x in (a, b)):
        return False
    if a is b or (type(a) is type(b) and not isinstance(a, float) and a == b):
        return True
    if _sort(a) is not int:
        return (
            isinstance(a, float) and isinstance(b, float) and repr(a) == repr(b)
        )  # nan is nan, -0.0 is not 0.0
    return recorder.scope.decide(eq(a, b)) is True


def _joint(recorder: Records, a: Any, b: Any) -> Expr:
    """Return a new symbol that may be either."""
    if isinstance(a, (bool, Bool)):
        return recorder.new_symbol(0, 1)
    if _sort(a) is float:
        return recorder.new_symbol(sort=float)
    ranges = [recorder.scope.range_of(x) for x in (a, b)]
    lo, hi = min(r.lo for r in ranges), max(r.hi for r in ranges)
    least = torch.iinfo(torch.int64).min
    return recorder.new_symbol(least if lo == -math.inf else int(lo), None if hi == math.inf else int(hi))


def _refuse_pair(merged: Merged, position: int) -> NoReturn:
    first, second = merged.bodies
    a, b = first.leaves[position], second.leaves[position]
    left = merged.names.get(position)
    what = "return results" if left is None else f"leave values in `{left}`"
    if isinstance(a, Value) and isinstance(b, Value):
        why = "dtype, device and number of dims of a tensor are fixed in a graph."
        instead = "Return tensors of the same dtype, device and number of dims: `.to(...)`, `.reshape(...)`."
    elif is_number(a) and is_number(b):
        why = "The type of a number is fixed in a graph: an int, a float and a bool compute differently."
        instead = "Return the same type from both: `1.0` instead of `1`."
    else:
        why = "Whichever branch a call takes, the program goes on with one kind of value."
        instead = (
            "Return a tensor or a number of one kind from both, and a value that is neither (a string, None) only "
            "where both return the same; decide on what follows inside the branches."
        )
    refuse(
        merged.recorder,
        f"The branches {what} that cannot be made one:\n"
        f"`{first.name}`: {show(a)}{line_of(a, first)}\n`{second.name}`: {show(b)}{line_of(b, second)}",
        why,
        instead,
        case="cond_branches_of_two_dtypes",
    )
