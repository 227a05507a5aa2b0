"""What the operators have in common while they are recorded: a body, its results, and what it did to the outside."""

from __future__ import annotations

import re
import types
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, NoReturn

import torch
from torch.utils import _pytree as pytree

from fullgraph.control_flow.python_state import Left, flatten_left, left_by, state_around
from fullgraph.errors import Unsupported
from fullgraph.source import Origin, origin_here
from fullgraph.symbolic import Bool, Expr
from fullgraph.tracing import Change, Frame, Out, Records, Value, inside_functorch

TRACED = (torch.Tensor, torch.SymInt, torch.SymFloat, torch.SymBool)


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
        where: the line of the function.
        left: what it left in Python's state, which has been put back.
        given: what it was given, flat; None for what is no tensor.
        returned: what it returned before results were copied to be memory of their own.
    """

    name: str
    frame: Frame
    leaves: list[Any]
    nodes: list[Any]
    spec: pytree.TreeSpec
    shared: dict[int, Value]
    where: Origin
    left: tuple[LeftBehind, ...]
    given: list[Value | None]
    returned: list[Any]

    @property
    def written_arguments(self) -> list[int]:
        """Which of its own arguments it wrote in place."""
        return [
            i
            for i, value in enumerate(self.given)
            if value and value.written_at and not self.frame.is_outer(value)
        ]


@dataclass(frozen=True)
class LeftBehind:
    """What a function left in a place of Python's state.

    Args:
        change: the place.
        leaves: what is there now, flat.
        nodes: the nodes of the subgraph that hold it.
        spec: its structure.
    """

    change: Change
    leaves: list[Any]
    nodes: list[Any]
    spec: pytree.TreeSpec


def record_body(
    recorder: Records,
    fn: Callable[..., Any],
    arguments: Callable[[Frame], Sequence[Any]],
    *,
    fact: Bool | None = None,
    fresh: bool = False,
    once: bool = False,
) -> Body:
    """Run a function with its operators recorded into a subgraph.

    Args:
        recorder: the recorder of the trace.
        fn: the user's function.
        arguments: makes the arguments, once the frame is entered.
        fact: what holds when the subgraph runs, and is forgotten afterwards.
        fresh: whether each result must be memory of its own; it is copied if it may not be.
        once: whether it runs once at most, so that it may change Python's state.

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
            arrived = [
                recorder.take(leaf) if isinstance(leaf, torch.Tensor) else None
                for leaf in pytree.tree_leaves(given)
            ]
            with state_around(recorder, _users(fn), fn, *given) as state:
                flat, spec = pytree.tree_flatten(fn(*given))
                leaves = not_sparse(
                    recorder.take(leaf) if isinstance(leaf, TRACED) else leaf for leaf in flat
                )
                left = tuple(_left_behind(recorder, each) for each in left_by(state))
            if left and not once:
                _refuse_state(recorder, fn, left[0].change)
            returned = leaves
            if fresh:
                leaves = _with_own_memory(recorder, frame, leaves, {value for value in arrived if value})
            nodes = [recorder.as_arguments(leaf) for leaf in leaves]
            shared = {
                i: v.root for i, v in enumerate(leaves) if isinstance(v, Value) and frame.is_outer(v.root)
            }
    finally:
        if mark is not None:
            recorder.scope.undo(mark)
    return Body(name_of(fn), frame, leaves, nodes, spec, shared, where_of(fn), left, arrived, returned)


def not_sparse(leaves: Iterable[Any]) -> list[Any]:
    """Return what goes from step to step, or out of a branch; refuse sparse tensors, which only operands may be.

    What a branch or a loop gives has the sizes and the dtype that were recorded; no layout is recorded with them.
    """
    found = list(leaves)
    for leaf in found:
        if isinstance(leaf, Value) and leaf.example is not None:
            raise Unsupported(
                "A sparse tensor is the result of a branch or of a loop's body, or is carried or mapped over.",
                why="What comes out of them is recorded with its sizes and its dtype, but not with its layout.",
                instead="Call `.to_dense()` on it first, and `.to_sparse()` on the result.",
                where=origin_here(),
                case="sparse_tensor_made_dense",
            )
    return found


def _left_behind(recorder: Records, left: Left) -> LeftBehind:
    flat, spec = flatten_left(left.change, left.value)
    leaves = not_sparse(recorder.take(leaf) if isinstance(leaf, TRACED) else leaf for leaf in flat)
    return LeftBehind(left.change, leaves, [recorder.as_arguments(leaf) for leaf in leaves], spec)


def _refuse_state(recorder: Records, fn: Callable[..., Any], change: Change) -> NoReturn:
    instead = "Carry it from step to step, as an argument and a result of the function."
    if change.is_rebound_buffer:
        instead = f"Write to the tensor in place: `self.{change.name}.copy_(...)`."
    refuse(
        recorder,
        f"`{name_of(fn)}` ({where_of(fn)}) changes `{change.path}`, which is Python state.",
        "All steps run the same graph, and a graph does not change Python objects.",
        instead,
        case="loop_body_changes_attribute",
    )


def refuse_written(recorder: Records, body: Body, but: Collection[int] = ()) -> None:
    """Refuse a body that writes one of its own arguments, but for the given ones."""
    if set(body.written_arguments) - set(but):
        refuse_writing(recorder, body)


def refuse_writing(recorder: Records, body: Body) -> NoReturn:
    """Refuse a body that writes one of its own arguments."""
    refuse(
        recorder,
        f"`{body.name}` writes one of its arguments in place{at(body.where)}.",
        "What it is given is a part of another tensor or was returned by the step before; whether a write to it is "
        "seen elsewhere would depend on the step.",
        "Compute a new tensor (`x = x + 1` instead of `x += 1`), write to `x.clone()`, or return the very tensor that "
        "the loop carries in the place where it was given.",
        case="loop_body_writes_its_argument",
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


def stands_for(fn: Callable[..., Any], wrapper: Any) -> None:
    """Let a function of ours pass for the user's function that it calls: in names, lines and what it can reach."""
    wrapper.__wrapped__ = fn


def _users(fn: Any) -> Any:
    """Return the user's function behind wrappers and `functools.partial`."""
    while True:
        inner = getattr(fn, "__wrapped__", None) or getattr(fn, "func", None)
        if not callable(inner):
            return fn
        fn = inner


def name_of(fn: Callable[..., Any]) -> str:
    """Return a name for a function that can be part of an identifier."""
    inner = _users(fn)
    name = getattr(inner, "__name__", None) or type(inner).__name__
    return re.sub(r"\W", "_", name.strip("<>"))


def where_of(fn: Callable[..., Any]) -> Origin:
    """Return the line where a function begins; an unknown one for functions of C."""
    fn = _users(fn)
    if not hasattr(fn, "__code__") and not hasattr(fn, "__func__"):
        fn = getattr(type(fn), "forward", fn)
    code = getattr(getattr(fn, "__func__", fn), "__code__", None)
    return Origin(((code, 0),)) if isinstance(code, types.CodeType) else Origin(())


def structure_text(spec: pytree.TreeSpec) -> str:
    """Return a structure as it would be written: `(*, [*, *])`."""
    text = repr(pytree.tree_unflatten([_STAR] * spec.num_leaves, spec))
    return text if len(text) < 200 else f"{text[:200]}..."


class _Star:
    def __repr__(self) -> str:
        return "*"


_STAR = _Star()


def show(leaf: Any) -> str:
    """Return what a leaf is as text, for an error."""
    if isinstance(leaf, Value):
        return f"{str(leaf.dtype).removeprefix('torch.')}[{', '.join(map(str, leaf.dims))}] on {leaf.device}"
    return f"the number {leaf}" if isinstance(leaf, (Expr, Bool)) else f"{type(leaf).__name__} {leaf!r}"


def line_of(leaf: Any, body: Body) -> str:
    """Return the line that made a leaf as text, for an error: of the operator, or of the function that returned it."""
    origin = leaf.node.meta.get("origin") if isinstance(leaf, Value) else None
    return at(origin if origin is not None and origin.known else body.where)


def at(origin: Origin) -> str:
    """Return a line as text."""
    return f", at {origin.path}: `{' '.join(origin.text.split())}`" if origin.known else ""


def made_at(value: Value) -> str:
    """Return the line that made a value as text; nothing for an input."""
    origin = value.node.meta.get("origin")
    return at(origin) if isinstance(origin, Origin) else ""


def refuse_in_transform(recorder: Records, operator: str) -> None:
    """Refuse an operator inside a `torch.func` transform, which would have to transform its bodies, too."""
    if inside_functorch():
        refuse(
            recorder,
            f"`{operator}` is called inside a torch.func transform.",
            "A body is recorded as it is; under vmap, grad or jvp it would have to do something else.",
            f"Call the transform inside the function that `{operator}` is given, or write the batch dim out.",
            case="cond_inside_vmap",
        )


def refuse(recorder: Records, what: str, why: str, instead: str, *, case: str) -> NoReturn:
    """Refuse the operator; `case` is the case of ExportDB that shows it."""
    error = Unsupported(what, why=why, instead=instead, where=origin_here(), case=case)
    recorder.refused(error)
    raise error
