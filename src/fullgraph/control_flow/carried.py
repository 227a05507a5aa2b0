"""What is carried from step to step of a loop, found by induction.

A body is recorded once and runs any number of times, so what is assumed of the carried values when it is recorded must
hold before every step. It starts as what is known of the initial values. If the body, recorded under that hypothesis,
returns something it does not cover (a size that grows, an integer below its least value, a tensor from outside that the
body writes), the hypothesis is weakened by just that, and the body is recorded again.

Invariant: a hypothesis that `weaken` returns unchanged holds before every step: it holds of the initial values, and
the body keeps it. Each weakening removes something of finitely many things, so the end is reached.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, TypeGuard

import torch

from fullgraph.control_flow.recording import Body, at, line_of, refuse, refuse_writing, refuse_written, show
from fullgraph.source import origin_here
from fullgraph.symbolic import Bool, Expr, eq, ge, to_python
from fullgraph.tracing import Frame, Out, Records, Value

LEAST = torch.iinfo(torch.int64).min


@dataclass(frozen=True)
class Tensor:
    """A carried tensor: its sizes as far as they stay, a symbol for each size that changes."""

    out: Out
    requires_grad: bool


@dataclass(frozen=True)
class Integer:
    """A carried integer: a symbol, and its least value."""

    symbol: Expr
    least: int


@dataclass(frozen=True)
class Float:
    """A carried Python float that changes."""

    symbol: Expr


@dataclass(frozen=True)
class Boolean:
    """A carried Python truth value that changes: a symbol that is 0 or 1."""

    symbol: Expr


@dataclass(frozen=True)
class Fixed:
    """A carried Python value that stays the same."""

    value: Any


@dataclass(frozen=True)
class HandedOn:
    """A carried tensor that the body writes in place and returns: the initial tensor itself, in every step."""

    value: Value


def refuse_shared(recorder: Records, hypothesis: Hypothesis, body: Body, given: Sequence[Any]) -> None:
    """Refuse a body that writes a tensor which it is also given, whole or row by row, or returns."""
    parts = hypothesis.parts
    is_handed_on = [isinstance(part, HandedOn) for part in parts]
    count = len(parts)
    for position, leaf in enumerate(body.returned):
        if (
            isinstance(leaf, Value)
            and leaf.root in hypothesis.roots
            and not (position < count and is_handed_on[position])
        ):
            refuse(
                recorder,
                f"`{body.name}` returns a tensor that it also writes in place{line_of(leaf, body)}.",
                "The next step would write to what this one returned.",
                "Return a copy: `x.clone()`.",
                case="loop_body_writes_its_argument",
            )
    others = (value for i, value in enumerate(given) if not (i < count and is_handed_on[i]))
    roots = {value.root for value in others if isinstance(value, Value)}
    if not roots.isdisjoint(hypothesis.roots):
        refuse(
            recorder,
            f"`{body.name}`{at(body.where)} writes a tensor from outside that it is also given as an argument.",
            "In its first step the argument would change with the tensor, in later steps it would not.",
            "Give the loop a copy: `x.clone()`.",
            case="loop_body_writes_its_argument",
        )


Part = Tensor | Integer | Float | Boolean | Fixed | HandedOn
NUMBERS: Final = (Integer, Float, Boolean)


@dataclass(frozen=True)
class Hypothesis:
    """What holds before every step.

    Args:
        parts: what is known of each carried leaf.
        roots: the tensors from outside that the body writes; they are carried too.
        changing: the symbols that stand for what differs from step to step.
    """

    parts: tuple[Part, ...]
    roots: tuple[Value, ...] = ()
    changing: frozenset[Expr] = frozenset()

    @property
    def carried(self) -> list[int]:
        """Which leaves the operator carries; the others stay what they were."""
        return [i for i, part in enumerate(self.parts) if isinstance(part, (Tensor, *NUMBERS))]

    def arguments(self, recorder: Records, frame: Frame) -> list[Any]:
        """Add the carried values to a subgraph's arguments; return them as the program gets them."""
        given: list[Any] = []
        for part in self.parts:
            if isinstance(part, Tensor):
                given.append(recorder.give(frame.argument(part.out, part.requires_grad)))
            elif isinstance(part, (Integer, Float)):
                frame.size_argument(part.symbol)
                given.append(to_python(part.symbol, recorder.scope))
            elif isinstance(part, Boolean):
                frame.size_argument(part.symbol)
                given.append(to_python(eq(part.symbol, 1), recorder.scope))
            elif isinstance(part, HandedOn):
                given.append(recorder.give(part.value))
            else:
                given.append(part.value)
        for root in self.roots:
            frame.carry(root)
        return given


def first_hypothesis(recorder: Records, leaves: Sequence[Any]) -> Hypothesis:
    """Return what is known of the initial values."""
    parts: list[Part] = []
    for leaf in leaves:
        if isinstance(leaf, Value):
            parts.append(Tensor(Out(leaf.dims, leaf.dtype, leaf.device), leaf.requires_grad))
        elif is_integer(leaf):
            least = recorder.scope.range_of(leaf).lo
            least = LEAST if least < LEAST else int(least)
            parts.append(Integer(recorder.new_symbol(least), least))
        else:
            parts.append(Fixed(leaf))
    return Hypothesis(tuple(parts), changing=frozenset(p.symbol for p in parts if isinstance(p, Integer)))


def is_integer(leaf: Any) -> TypeGuard[int | Expr]:
    """Whether a leaf is an integer that may differ from step to step."""
    return (isinstance(leaf, int) and not isinstance(leaf, bool)) or (
        isinstance(leaf, Expr) and not leaf.is_float
    )


def _is_same(value: Any, leaf: Any) -> bool:
    """Whether a Python value stays what it is; -0.0 is not 0.0."""
    if leaf is value:
        return True
    return type(leaf) is type(value) and (
        repr(leaf) == repr(value) if isinstance(leaf, float) else leaf == value
    )


def _is_float(leaf: Any) -> bool:
    return isinstance(leaf, float) or (isinstance(leaf, Expr) and leaf.is_float)


def _is_boolean(leaf: Any) -> bool:
    return isinstance(leaf, (bool, Bool))


def weaken(
    recorder: Records, hypothesis: Hypothesis, body: Body, fact: Bool | None, initial: Sequence[Any]
) -> Hypothesis:
    """Return the hypothesis without what the body does not keep; the same object if it keeps all of it.

    Args:
        recorder: the recorder of the trace.
        hypothesis: what the body was recorded under.
        body: the body; its first leaves are the carried ones.
        fact: what else holds when the body runs (the condition of the loop).
        initial: the initial values.
    """
    handed_on = [i for i in body.written_arguments if i < len(initial) and body.returned[i] is body.given[i]]
    refuse_written(recorder, body, but=handed_on)
    if handed_on:
        return replace(
            hypothesis,
            parts=tuple(
                HandedOn(initial[i]) if i in handed_on else part for i, part in enumerate(hypothesis.parts)
            ),
        )
    mark = recorder.scope.mark()
    try:
        if fact is not None:
            recorder.scope.assume(fact)
        sizes = _Sizes(recorder, hypothesis.changing)
        parts = tuple(
            _weaken(recorder, part, leaf, body, sizes)
            for part, leaf in zip(hypothesis.parts, _as_handed_on(hypothesis, body))
        )
    finally:
        recorder.scope.undo(mark)
    written = (change.root for change in body.frame.written)
    roots = (*hypothesis.roots, *(root for root in written if root not in hypothesis.roots))
    if parts == hypothesis.parts and roots == hypothesis.roots:
        return hypothesis
    new = {symbol for part in parts for symbol in _symbols(part)} - {
        s for p in hypothesis.parts for s in _symbols(p)
    }
    return replace(hypothesis, parts=parts, roots=roots, changing=hypothesis.changing | new)


def _as_handed_on(hypothesis: Hypothesis, body: Body) -> list[Any]:
    """Return what the body returned; what it hands on as the tensor itself, not the copy of it."""
    return [
        body.returned[i] if isinstance(part, HandedOn) else body.leaves[i]
        for i, part in enumerate(hypothesis.parts)
    ]


def _symbols(part: Part) -> set[Expr]:
    if isinstance(part, NUMBERS):
        return {part.symbol}
    return {s for s in part.out.dims if isinstance(s, Expr)} if isinstance(part, Tensor) else set()


def _weaken(recorder: Records, part: Part, leaf: Any, body: Body, sizes: _Sizes) -> Part:
    if isinstance(part, Tensor) and isinstance(leaf, Value):
        same = part.out.dtype == leaf.dtype and part.out.device == leaf.device
        if same and len(part.out.dims) == len(leaf.dims):
            dims = tuple(sizes.weaken(a, b) for a, b in zip(part.out.dims, leaf.dims))
            out = part.out if dims == part.out.dims else Out(dims, leaf.dtype, leaf.device)
            return Tensor(out, part.requires_grad or leaf.requires_grad)
    if isinstance(part, Integer) and is_integer(leaf):
        if part.least == LEAST or recorder.scope.decide(ge(leaf, part.least)) is True:
            return part
        return Integer(recorder.new_symbol(LEAST), LEAST)
    if isinstance(part, Fixed) and _is_same(part.value, leaf):
        return part
    if isinstance(part, Float) and _is_float(leaf):
        return part
    if isinstance(part, Fixed) and _is_float(part.value) and _is_float(leaf):
        return Float(recorder.new_symbol(sort=float))
    if isinstance(part, Boolean) and _is_boolean(leaf):
        return part
    if isinstance(part, Fixed) and _is_boolean(part.value) and _is_boolean(leaf):
        return Boolean(recorder.new_symbol(0, 1))
    if isinstance(part, HandedOn):
        if leaf is part.value:
            return part
        return refuse_writing(recorder, body)
    before = part.value if isinstance(part, Fixed) else part.out if isinstance(part, Tensor) else part.symbol
    return refuse(
        recorder,
        f"`{body.name}` is given one kind of value and returns another for the next step:\n"
        f"given: {_show(before)}{at(origin_here())}\nreturned: {show(leaf)}{line_of(leaf, body)}",
        "All steps run the same graph, so dtype, device and number of dims of a carried value, and a carried Python "
        "value that is no number or truth value, must stay the same.",
        "Convert the result (`.to(dtype)`, `.reshape(...)`), or carry a tensor instead of the Python value.",
        case="loop_that_changes_dtype",
    )


def _show(before: Any) -> str:
    if not isinstance(before, Out):
        return show(before)
    return (
        f"{str(before.dtype).removeprefix('torch.')}[{', '.join(map(str, before.dims))}] on {before.device}"
    )


class _Sizes:
    """Finds the sizes that change, and which of them stay one: those that were one before and are one after a step."""

    def __init__(self, recorder: Records, changing: frozenset[Expr]) -> None:
        self.recorder = recorder
        self.changing = changing
        self.found: dict[
            Any, list[tuple[Any, Any]]
        ] = {}  # before -> what it becomes, and what stands for it then

    def weaken(self, before: Any, after: Any) -> Any:
        """Return what stands for a size before every step."""
        if before not in self.changing and self._same(before, after):
            return before
        known = self.found.setdefault(before, [])
        for other, symbol in known:
            if self._same(other, after):
                return symbol
        symbol = before if before in self.changing and not known else self.recorder.new_symbol()
        known.append((after, symbol))
        return symbol

    def _same(self, a: Any, b: Any) -> bool:
        return a is b or a == b or self.recorder.scope.decide(eq(a, b)) is True


def copies(recorder: Records, hypothesis: Hypothesis, leaves: Sequence[Any]) -> dict[int, Value]:
    """Return the results for tensors handed on, whose last contents have been written by now."""
    clone = torch.ops.aten.clone.default
    return {
        i: recorder.call(clone, leaves[i])
        for i, part in enumerate(hypothesis.parts)
        if isinstance(part, HandedOn)
    }


def as_carried(hypothesis: Hypothesis, made: Sequence[Any]) -> dict[int, Any]:
    """Return what an operator made for each carried leaf, as the kind of value that it is."""
    places = zip(hypothesis.carried, made)
    return {i: eq(x, 1) if isinstance(hypothesis.parts[i], Boolean) else x for i, x in places}


def results(
    recorder: Records, hypothesis: Hypothesis
) -> tuple[list[Out | Expr], list[bool], dict[Expr, Expr]]:
    """Return what an operator returns for the carried values, after the last step.

    Returns:
        What they are; whether they require gradients; and the symbols of the steps with those that stand for their
        last values.
    """
    last: dict[Expr, Expr] = {}
    outs: list[Out | Expr] = []
    grads: list[bool] = []
    for part in hypothesis.parts:
        if isinstance(part, Integer):
            last[part.symbol] = recorder.new_symbol(part.least)
            outs.append(last[part.symbol])
            grads.append(False)
        elif isinstance(part, Float):
            last[part.symbol] = recorder.new_symbol(sort=float)
            outs.append(last[part.symbol])
            grads.append(False)
        elif isinstance(part, Boolean):
            last[part.symbol] = recorder.new_symbol(0, 1)
            outs.append(last[part.symbol])
            grads.append(False)
        elif isinstance(part, Tensor):
            dims = tuple(_last_size(recorder, size, hypothesis.changing, last) for size in part.out.dims)
            outs.append(Out(dims, part.out.dtype, part.out.device))
            grads.append(part.requires_grad)
    for root in hypothesis.roots:
        outs.append(Out(root.dims, root.dtype, root.device))
        grads.append(root.requires_grad)
    return outs, grads, last


def _last_size(recorder: Records, size: Any, changing: frozenset[Expr], last: dict[Expr, Expr]) -> Any:
    if size not in changing:
        return size
    if size not in last:
        last[size] = recorder.new_symbol()
    return last[size]
