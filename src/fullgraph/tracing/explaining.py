"""Going on after a refusal, to find the next one.

`export` stops at the first thing that it cannot capture. While a program is *explained*, a refusal is handed to whoever
explains instead of being raised, and the program goes on with what the example would give: the contents of the
tensor that it asked about, the result of the operator that could not be recorded, the time. From there on the trace
is about the example and no longer about every call, so it never becomes a program.

Invariant: outside of `explaining` every refusal is raised, and nothing here costs more than one look-up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import fx

from fullgraph.errors import CaptureError
from fullgraph.symbolic import Bool, Expr
from fullgraph.tracing.dispatch import HigherOrderOperator, Interceptor, OpOverload, plain_torch
from fullgraph.tracing.functionalize import current
from fullgraph.tracing.records import Records
from fullgraph.tracing.traced import Value

Note = Callable[[CaptureError], None]


class _Explaining(threading.local):
    note: Note | None = None
    known: dict[fx.Node, Any]  # the example's contents, by node of the present trace


_explaining = _Explaining()


@contextmanager
def explaining(note: Note | None) -> Iterator[None]:
    """Hand refusals to `note` and go on after them; with None, raise them again."""
    before, _explaining.note = _explaining.note, note
    _explaining.known = {}
    try:
        yield
    finally:
        _explaining.note = before
        _explaining.known = {}


def is_explaining() -> bool:
    """Whether refusals are handed to somebody who explains."""
    return _explaining.note is not None


def refuse(error: CaptureError, recorder: Records | None = None) -> None:
    """Raise a refusal; while a program is explained, note it and return.

    Args:
        error: the refusal.
        recorder: keeps it, so that a program that catches every exception cannot hide it.
    """
    if _explaining.note is not None:
        _explaining.note(error)
        return
    if recorder is not None:
        recorder.refused(error)
    raise error


def refuse_contents(recorder: Records, value: Value, error: CaptureError) -> torch.Tensor:
    """Raise a refusal to tell a tensor's contents; while a program is explained, note it and return the example's."""
    contents = None if _explaining.note is None else example_of(recorder, current(recorder, value))
    if contents is None:
        recorder.refused(error)
        raise error
    refuse(error)
    return contents


def refuse_size(recorder: Records, size: Expr | Bool, error: CaptureError) -> Any:
    """Raise a refusal to tell a size; while a program is explained, note it and return the example's."""
    if _explaining.note is not None:
        node = recorder.sizes.node(size)
        found = _value_of(recorder, node)
        if found is not None:
            refuse(error)
            return found
    recorder.refused(error)
    raise error


def go_on_after_refusals(recorder: Records) -> None:
    """While a program is explained, let an operator that cannot be recorded give its result for the example."""
    if _explaining.note is not None:
        recorder.interceptor = Interceptor(_GoesOn(recorder))


class _GoesOn:
    """Records operators; one that is refused is run on the example, and its results are constants from then on."""

    def __init__(self, recorder: Records) -> None:
        self._recorder = recorder

    def __call__(self, op: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        recorder, before = self._recorder, self._recorder.refusal
        try:
            return recorder.on_operator(op, args, kwargs)
        except CaptureError as error:
            if _explaining.note is None or recorder.frame is not None:
                raise
            try:
                result = self._run(op, args, kwargs)
            except Exception:  # noqa: BLE001  (the example does not get past it either: then it ends here)
                raise error from None
            recorder.refusal = before
            refuse(error)
            return result

    def _run(self, op: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        taken = fx.node.map_aggregate((args, kwargs), self._example)
        with plain_torch(), torch.no_grad(), _random_numbers_put_back():
            results = op(*taken[0], **taken[1])
        recorder = self._recorder
        return torch.utils._pytree.tree_map_only(
            torch.Tensor, lambda tensor: recorder.give(recorder.take(tensor.detach())), results
        )

    def _example(self, argument: Any) -> Any:
        taken = self._recorder.take(argument)
        if isinstance(taken, (Expr, Bool)):
            return self._recorder.scope.hint_of(taken)
        if not isinstance(taken, Value):
            return taken
        found = example_of(self._recorder, current(self._recorder, taken))
        if found is None:
            raise LookupError("the example does not tell")
        return found.clone()  # the operator may write to it


def example_of(recorder: Records, node: fx.Node) -> torch.Tensor | None:
    """Return the contents that a node has for the example; None when the example does not tell.

    It does not where an input was given as a `TensorSpec`, and inside the subgraph of a branch or loop.
    """
    found = _value_of(recorder, node)
    return found if isinstance(found, torch.Tensor) and found.device.type != "meta" else None


def _value_of(recorder: Records, node: fx.Node) -> Any:
    known = _explaining.known
    with plain_torch(), torch.no_grad(), _random_numbers_put_back():
        for each in _not_known(node, known):
            contents = _placed(recorder, each) if each.op == "placeholder" else _computed(each, known)
            if contents is None:
                return None
            known[each] = contents
    return known[node]


@contextmanager
def _random_numbers_put_back() -> Iterator[None]:
    # Not `torch.random.fork_rng`: it calls functions that are refused to the program.
    state = torch.default_generator.get_state()
    try:
        yield
    finally:
        torch.default_generator.set_state(state)


def _not_known(node: fx.Node, known: dict[fx.Node, Any]) -> list[fx.Node]:
    """Return a node and those it is computed from, in order, without those whose contents are known."""
    order: dict[fx.Node, None] = {}
    stack = [(node, False)]
    while stack:
        at, done = stack.pop()
        if done:
            order[at] = None
        elif at not in known and at not in order:
            stack.append((at, True))
            stack.extend((argument, False) for argument in at.all_input_nodes)
    return list(order)


def _placed(recorder: Records, node: fx.Node) -> Any:
    for placed, value in recorder.placed:
        if placed is node and isinstance(value, Value) and value.source is not None:
            return value.source.real
    size = node.meta.get("val")
    return recorder.scope.hint_of(size) if isinstance(size, (Expr, Bool)) else None


def _computed(node: fx.Node, known: dict[fx.Node, Any]) -> Any:
    target: Any = node.target
    if node.op != "call_function" or isinstance(target, HigherOrderOperator):
        return None
    arguments = fx.map_arg((node.args, node.kwargs), lambda n: known[n])
    return target(*arguments[0], **arguments[1])
