"""What the operators have in common while they are recorded: a body, its results, and what it did to the outside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import torch
from torch.utils import _pytree as pytree

from fullgraph.errors import Unsupported
from fullgraph.source import Origin, origin_here
from fullgraph.symbolic import Bool, Expr
from fullgraph.tracing import Frame, Out, Records, Value, inside_functorch

_TRACED = (torch.Tensor, torch.SymInt, torch.SymFloat, torch.SymBool)


@dataclass(frozen=True)
class Body:
    """A function recorded as a subgraph that is not closed yet.

    Args:
        name: the name of the function.
        frame: its frame, which has been left.
        leaves: what it returned, flat: values, expressions, Python values.
        nodes: the nodes of the subgraph that hold them; a Python value stands for itself.
        spec: the structure of what it returned.
        shared: the tensors from outside that a result may share memory with, each with the position of the result.
    """

    name: str
    frame: Frame
    leaves: list[Any]
    nodes: list[Any]
    spec: pytree.TreeSpec
    shared: dict[int, Value]


def record_body(
    recorder: Records,
    fn: Callable[..., Any],
    arguments: Callable[[Frame], Sequence[Any]],
    *,
    fact: Bool | None = None,
    fresh: bool = False,
) -> Body:
    """Run a function with its operators recorded into a subgraph.

    Args:
        recorder: the recorder of the trace.
        fn: the user's function.
        arguments: makes the arguments, once the frame is entered.
        fact: what holds when the subgraph runs, and is forgotten afterwards.
        fresh: whether each result must be memory of its own; it is copied if it may not be.

    Raises:
        Contradiction: `fact` can never hold.
    """
    frame = Frame(recorder)
    mark = recorder.scope.mark() if fact is not None else None
    try:
        with frame:
            if fact is not None:
                recorder.scope.assume(fact)
            given = arguments(frame)
            arrived = {
                recorder.take(leaf) for leaf in pytree.tree_leaves(given) if isinstance(leaf, torch.Tensor)
            }
            flat, spec = pytree.tree_flatten(fn(*given))
            leaves = [recorder.take(leaf) if isinstance(leaf, _TRACED) else leaf for leaf in flat]
            _refuse_written(recorder, fn, arrived, frame)
            if fresh:
                leaves = _with_own_memory(recorder, frame, leaves, arrived)
            nodes = [recorder.as_arguments(leaf) for leaf in leaves]
            shared = {
                i: v.root for i, v in enumerate(leaves) if isinstance(v, Value) and frame.is_outer(v.root)
            }
    finally:
        if mark is not None:
            recorder.scope.undo(mark)
    return Body(name_of(fn), frame, leaves, nodes, spec, shared)


def _refuse_written(recorder: Records, fn: Callable[..., Any], arguments: set[Value], frame: Frame) -> None:
    if any(value.written_at and not frame.is_outer(value) for value in arguments):
        refuse(
            recorder,
            f"`{name_of(fn)}` writes one of its arguments in place.",
            "What it is given is a part of another tensor or was returned by the step before; whether a write to it is "
            "seen elsewhere would depend on the step.",
            "Compute a new tensor (`x = x + 1` instead of `x += 1`), or write to `x.clone()`.",
        )


def _with_own_memory(recorder: Records, frame: Frame, leaves: list[Any], arguments: set[Value]) -> list[Any]:
    """Copy the results that may share memory with an argument, a tensor from outside or another result."""
    taken = set(arguments)
    own: list[Any] = []
    for leaf in leaves:
        if isinstance(leaf, Value):
            if leaf.root in taken or frame.is_outer(leaf.root):
                leaf = recorder.call(torch.ops.aten.clone.default, leaf)
            taken.add(leaf.root)
        own.append(leaf)
    return own


def out_of(value: Value) -> Out:
    """Return what is known of a value's size and kind."""
    return Out(value.dims, value.dtype, value.device)


def name_of(fn: Callable[..., Any]) -> str:
    """Return a name for a function that can be part of an identifier."""
    inner = getattr(fn, "func", fn)
    name = getattr(inner, "__name__", None) or type(inner).__name__
    return "lambda" if name == "<lambda>" else name


def show(leaf: Any) -> str:
    """Return a leaf as text, with the line that made it, for an error."""
    if not isinstance(leaf, Value):
        return f"{type(leaf).__name__} {leaf}" if not isinstance(leaf, Expr | Bool) else f"the size {leaf}"
    origin: Origin | None = leaf.node.meta.get("origin")
    kind = f"{str(leaf.dtype).removeprefix('torch.')}[{', '.join(map(str, leaf.dims))}] on {leaf.device}"
    return (
        kind if origin is None or not origin.known else f"{kind}, at {origin.path}: `{origin.text.strip()}`"
    )


def refuse_in_transform(recorder: Records, operator: str) -> None:
    """Refuse an operator inside a `torch.func` transform, which would have to transform its bodies, too."""
    if inside_functorch():
        refuse(
            recorder,
            f"`{operator}` is called inside a torch.func transform.",
            "A body is recorded as it is; under vmap, grad or jvp it would have to do something else.",
            f"Call the transform inside the function that `{operator}` is given, or write the batch dim out.",
        )


def refuse(recorder: Records, what: str, why: str, instead: str) -> NoReturn:
    """Refuse the operator."""
    error = Unsupported(what, why=why, instead=instead, where=origin_here())
    recorder.refused(error)
    raise error
