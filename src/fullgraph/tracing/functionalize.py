"""Writes, made pure: an in-place operator becomes its pure form, and its result replaces the contents written.

Values that share storage form a tree (traced.py). `write` gives a value new contents and carries them up to the
root, where each view on the way is undone by `put_back`; `current` brings a stale value up to date by taking the
views from the root again. The graph sees only pure operators; what is written to an input or a lifted tensor is
found at the end of the trace (`root.written_at > 0`) and becomes a write-back of the signature.

An operator that shares storage or not, as strides decide (`reshape`), is recorded as a new value with a note; the
question is settled only if one of the two is written later (`settle`). Where even then nobody can tell, the other
one is *lost*: nobody knows its contents any more. If the program uses it again, a question on sizes (`x.t()` has
another layout than `x` unless a size is 1) is asked like any other; the program is refused where it is none.
"""

from __future__ import annotations

from typing import NoReturn

import torch
from torch import fx

from fullgraph.contract import AssumptionKind, Property
from fullgraph.errors import Unsupported
from fullgraph.source import origin_here
from fullgraph.symbolic import Bool, Expr, and_, eq, floordiv, mul, or_, sub
from fullgraph.tracing.dispatch import plain_torch
from fullgraph.tracing.handed_back import asked_format
from fullgraph.tracing.layout import layout_follows_from
from fullgraph.tracing.operators import MAYBE_ITSELF
from fullgraph.tracing.overlap import may_repeat
from fullgraph.tracing.records import Records
from fullgraph.tracing.strides import contiguous_strides, strides_of
from fullgraph.tracing.traced import Lost, Size, Step, Value
from fullgraph.tracing.views import put_back


def current(records: Records, value: Value) -> fx.Node:
    """Return the node that computes the value's present contents."""
    root = value.root
    if root.lost is not None:
        _find_again(records, root, root.lost)
    if value.parent is None or value.fresh_at >= root.written_at:
        return value.node
    return _refresh(records, value).node


def _refresh(records: Records, value: Value) -> Value:
    parent, step = value.parent, value.step
    if parent is None or step is None or value.fresh_at >= value.root.written_at:
        return value
    _refresh(records, parent)
    records.touch(value)
    _take_again(records, value, parent, step)
    return value


def _take_again(records: Records, value: Value, parent: Value, step: Step) -> None:
    again = records.call(step.op, parent, *step.args, **step.kwargs)
    taken = again if step.index is None else again[step.index]
    value.node, value.fresh_at, value.requires_grad = taken.node, records.clock, taken.requires_grad


def renew(records: Records, value: Value) -> None:
    """Take a view of a written tensor anew, before the program gives it back.

    A view that was itself written has a node of its own; taken anew from the root it shares storage with whatever
    else of that tensor is returned or written back, as in eager.
    """
    parent, step = value.parent, value.step
    if parent is None or step is None or not value.root.written_at:
        return
    renew(records, parent)
    records.touch(value)
    _take_again(records, value, parent, step)


def write(records: Records, value: Value, contents: Value) -> None:
    """Replace a value's contents, and those of everything it shares storage with."""
    settle(records, value.root)
    root = value.root
    records.before_write(root)
    records.touch(root)
    records.clock += 1
    _carry_up(records, value, contents)
    root.written_at = records.clock
    root.constant = None


def _carry_up(records: Records, value: Value, contents: Value) -> None:
    parent, step = value.parent, value.step
    if parent is not None and step is not None:
        if step.op._schema.name in _EXPANDING and _repeats(parent.dims, value.dims):
            raise RuntimeError(
                "unsupported operation: more than one element of the written-to tensor refers to a single memory "
                "location. Please clone() the tensor before performing the operation."
            )
        if may_repeat(records, step, value):
            _refuse_repeated(step)
        _refresh(records, parent)
        _carry_up(records, parent, put_back(records, step, parent, value, contents))
    elif value.contiguous and not contents.contiguous:
        # A write leaves the layout as it is, and views taken later rely on that. Mostly this does nothing.
        contents = records.call(torch.ops.aten.contiguous.default, contents)
    records.touch(value)
    value.node = contents.node
    value.fresh_at = records.clock


def _refuse_repeated(step: Step) -> NoReturn:
    raise Unsupported(
        f"A view is written, the result of `{step.op._schema.name.removeprefix('aten::')}`, that may have an element "
        "more than once.",
        why="What eager leaves in such an element depends on the order in which its loop meets it.",
        instead="Write to a copy (`x.unfold(0, 3, 1).clone()`), or to windows that do not overlap.",
        where=origin_here(),
        case="overlapping_write_in_place",
    )


_EXPANDING = frozenset({"aten::expand", "aten::expand_as", "aten::broadcast_to"})


def _repeats(before: tuple[Size, ...], after: tuple[Size, ...]) -> bool:
    """Whether an expanded tensor has an element of the other one more than once."""
    added = len(after) - len(before)
    return after[added:] != before or any(size != 1 for size in after[:added])


def note_maybe_shared(source: Value, result: Value, step: Step) -> None:
    """Remember that `result` may share the storage of `source`."""
    note = (source, result, step)
    for root in (source.root, result.root):
        if root.maybe_shared is None:
            root.maybe_shared = []
        root.maybe_shared.append(note)


def settle(records: Records, root: Value) -> None:
    """Decide, before a write, whether what may share this storage does."""
    if root.maybe_shared:
        records.touch(root)
    while root.maybe_shared:
        source, result, step = root.maybe_shared.pop()
        if result.parent is source:
            _rely_on_layout(records, source.root)
        if result.parent is not None or result.root is source.root:
            continue
        other = source.root if result.root is root else result.root
        shares = _whether_shared(records, other, source, result, step)
        if shares is None or isinstance(shares, Bool):
            _lose(records, other, root, Lost(_cannot_tell(step), shares))
        _rely_on_layout(records, source.root)
        if shares is True:
            records.touch(result)
            records.touch(source.root)
            result.parent, result.step = source, step
            noted = result.maybe_shared
            result.maybe_shared = None
            top = source.root
            if noted:
                top.maybe_shared = [*(top.maybe_shared or ()), *noted]
            if top is not root:
                settle(records, top)


def _cannot_tell(step: Step) -> Unsupported:
    return Unsupported(
        "A tensor was written that may or may not share memory with another one that is used later, the argument or "
        f"the result of `{step.op._schema.name.removeprefix('aten::')}`.",
        why="Whether it does depends on the strides of a tensor, which the operator that made it chooses.",
        instead="Use `.view(...)` where memory must be shared, or `.clone()` where it must not.",
        where=origin_here(),
        case="write_to_result_of_branch",
    )


def _lose(records: Records, other: Value, written: Value, lost: Lost) -> None:
    """Nobody can tell whether a write changed `other`: its contents, and those of what may share them, are lost."""
    waiting, met = [other], {written}
    while waiting:
        root = waiting.pop()
        if root in met:
            continue
        met.add(root)
        if root.source is not None:
            raise lost.error
        records.touch(root)
        root.lost = lost if root.lost is None else _either(root.lost, lost)
        for source, result, _ in root.maybe_shared or ():
            waiting += [source.root, result.root]


def _either(a: Lost, b: Lost) -> Lost:
    return Lost(a.error, None if a.shares is None or b.shares is None else or_(a.shares, b.shares))


def _find_again(records: Records, root: Value, lost: Lost) -> None:
    """The program uses what was lost: if the sizes say that nothing was shared, nothing was lost."""
    if lost.shares is None or records.scope.ask(lost.shares):
        raise lost.error
    records.touch(root)
    root.lost = None


def _rely_on_layout(records: Records, root: Value) -> None:
    """Write down what the layout of a tensor follows from: whether a view or a copy was taken of it hangs on that."""
    for argument in layout_follows_from(records, root):
        source = argument.source
        assert source is not None, "arguments have a source"
        if argument.contiguous:
            fact = Property(source.known_as, "is_contiguous", True)
        else:
            assert source.real is not None, "a TensorSpec is contiguous"
            strides = strides_of(argument) or tuple(source.real.stride())
            fact = Property(source.known_as, "stride", strides)
        records.ledger.assume(fact, origin_here(), AssumptionKind.PROGRAM)


def _whether_shared(
    records: Records, other: Value, source: Value, result: Value, step: Step
) -> Bool | bool | None:
    """Say whether a write to one is a write to the other; None if nobody can tell, a question if sizes tell."""
    shares = _shares(source, result, step)
    if not isinstance(shares, Bool):
        return shares
    known = records.scope.decide(shares)
    if step.op not in _SIZES_TELL:
        return known or None  # another layout may do as well
    if known is None and other.source is not None:
        return records.scope.ask(shares)  # what outlives the program is written back or not
    return shares if known is None else known


_COPY_UNLESS_IN_ORDER = (torch.ops.aten.contiguous.default, torch.ops.aten.ravel.default)
_SIZES_TELL = (*_COPY_UNLESS_IN_ORDER, torch.ops.aten.sum_to_size.default)


def _shares(source: Value, result: Value, step: Step) -> Bool | bool | None:
    """Say whether the result of an operator is a view; None if nobody can tell, else as the sizes tell."""
    if step.op._schema.name in MAYBE_ITSELF:
        if len(source.dims) != len(result.dims) or not result.dims:
            return False  # a single element is a sum in any case
        return source.dims == result.dims or and_(*map(eq, source.dims, result.dims))
    strides = strides_of(source)
    if strides is None:
        return None
    static = not any(isinstance(size, Expr) for size in (*source.dims, *result.dims, *strides))
    if asked_format(step.op, step.args, step.kwargs) is not None:
        return _shares_in_format(source, strides, step) if static else None
    if step.op in _COPY_UNLESS_IN_ORDER:
        return _in_order(source.dims, strides)
    if source.dims == result.dims:
        return True
    if not static:
        return _in_order(source.dims, strides)
    with plain_torch():
        window = torch.empty_strided(_integers(source.dims), _integers(strides), device="meta")
        try:
            window.view(_integers(result.dims))
        except RuntimeError:
            return False
    return True


def _in_order(sizes: tuple[Size, ...], strides: tuple[Size, ...]) -> Bool:
    """Say when a tensor with elements lies in order without gaps; a dim of size 1 may have any stride.

    One without elements may be called either way: there is nothing to share. So sizes count as not 0, and a
    difference of strides that is a multiple of one is divided by it.
    """
    conditions: list[Bool] = []
    for size, stride, expected in zip(sizes, strides, contiguous_strides(sizes)):
        difference = sub(stride, expected)
        for factor in sizes:
            quotient = None if isinstance(factor, int) else floordiv(difference, factor)
            while quotient is not None and quotient is not difference and mul(quotient, factor) is difference:
                difference, quotient = quotient, floordiv(quotient, factor)
        conditions.append(or_(eq(size, 1), eq(difference, 0)))
    return and_(*conditions)


def _shares_in_format(source: Value, strides: tuple[Size, ...], step: Step) -> bool:
    """Whether a tensor that is asked for in a memory format has it already: tried on one without data."""
    sizes = _integers(source.dims)
    with plain_torch():
        trial = torch.empty_strided(sizes, _integers(strides), dtype=source.dtype, device="meta")
        wanted = asked_format(step.op, step.args, step.kwargs) or torch.preserve_format
        if step.op is torch.ops.aten.contiguous.default:
            return trial.is_contiguous(memory_format=wanted)
        return trial.to(memory_format=wanted) is trial


def _integers(sizes: tuple[Size, ...]) -> list[int]:
    return [size for size in sizes if isinstance(size, int)]
