"""A tensor that becomes another one in place: `t_` and `squeeze_`, `resize_`, `set_`, an assignment to `.data`.

The program keeps its object, which from then on stands for another value: a view of what it was (`t_`), a view of
the storage with more or fewer elements (`resize_`), or an alias of another tensor (`set_`). What was taken of the
tensor before keeps the memory it had, as in eager: where `resize_` makes the storage larger, the larger one becomes
the root of all that shared the smaller one.

Only for tensors that the program made: what is written back to an input or a buffer are contents; its sizes stay.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from fullgraph.errors import Unsupported
from fullgraph.source import origin_here
from fullgraph.symbolic import le, max_, sub
from fullgraph.tracing.functionalize import settle
from fullgraph.tracing.operators import Operator
from fullgraph.tracing.records import Records
from fullgraph.tracing.strides import contiguous_strides, offset_in_root, strides_of, times
from fullgraph.tracing.traced import Size, Step, TracedTensor, Value

aten = torch.ops.aten


def reshape_in_place(
    recorder: Records, info: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Value:
    """`t_`, `squeeze_`: the tensor itself becomes a view of what it was."""
    target: Value = args[0]
    if info.overload._schema.name == "aten::detach_" and not target.requires_grad:
        return target  # torch.tensor(...) ends with this
    _refuse_outliving(recorder, info, target)
    return _become(target, recorder.call(info.pure_form, target, *args[1:], **kwargs))


def resize(
    recorder: Records, info: Operator, target: Value, sizes: Sequence[Size], memory_format: Any
) -> Value:
    """`resize_`: the same memory, read in order as a tensor of other sizes; what is added holds anything.

    Raises:
        RuntimeError: as in eager, where autograd needs the tensor.
        Unsupported: the tensor outlives the program, or its place in memory is not known.
    """
    if target.requires_grad:
        raise RuntimeError("cannot resize variables that require grad")
    if any(isinstance(size, int) and size < 0 for size in sizes):
        raise RuntimeError(f"Trying to create tensor with negative dimension: {list(sizes)}")
    wanted = tuple(sizes)
    if wanted == target.dims and memory_format is None:
        return target
    _refuse_outliving(recorder, info, target)
    if memory_format not in (None, torch.contiguous_format):
        _refuse_memory(info, f"the result is to be laid out in {memory_format}")
    settle(recorder, target.root)
    root = target.root
    recorder.before_write(root)
    if root.requires_grad or root.dtype != target.dtype:
        _refuse_memory(info, "it is a view of one of another dtype, or of one that requires grad")
    held, needed = _elements(root.dims), _elements(wanted)
    if held == 0:
        return _become(target, _uninitialised(recorder, root, wanted))
    _rely_on_order(recorder, info, target)
    memory = recorder.call(aten.view.default, root, [held])
    if recorder.scope.decide(le(needed, held)) is not True:
        memory = _enlarge(recorder, root, memory, needed)
    return _become(target, recorder.call(aten.view.default, _first(recorder, memory, needed), list(wanted)))


def replace(recorder: Records, info: Operator, target: Value, source: Value) -> Value:
    """`set_`, and an assignment to `.data`: the tensor becomes another name for the memory of `source`."""
    _refuse_outliving(recorder, info, target, "gives other memory to")
    is_data = info.overload is aten.set_data.default
    if target.requires_grad or (source.requires_grad and not is_data):
        _refuse_memory(info, "autograd would have to follow")
    if (source.dtype, source.device) != (target.dtype, target.device):
        _refuse_memory(info, "the tensor would be of another dtype, or on another device")
    return _become(target, recorder.call(aten.detach.default, source))


def _become(target: Value, value: Value) -> Value:
    """Let the program's object stand for another value; views taken of it before keep their parent."""
    holder = target.tensor
    if isinstance(holder, TracedTensor):
        holder.value, value.tensor, target.tensor = value, holder, None
    return value


def _refuse_outliving(
    recorder: Records, info: Operator, target: Value, act: str = "changes the sizes of"
) -> None:
    # `x.contiguous()` is x itself or a copy, as the layout decides; turned, the other one would turn too, or not.
    is_contiguous = target.step is not None and target.step.op is aten.contiguous.default
    may_be_another = is_contiguous or target in recorder.asked_contiguous
    is_outside = recorder.frame is not None and recorder.frame.is_outer(target)
    if target.source is not None or may_be_another or is_outside:
        raise Unsupported(
            f"`{info.overload}` {act} a tensor that outlives the {'branch' if is_outside else 'program'}"
            f"{', or may be one that does' if may_be_another else ''}.",
            why="What is written back to an input or a buffer are contents; its sizes and its memory stay.",
            instead="Use an operator that returns a new tensor or a view (`x.t()` for `x.t_()`).",
            where=origin_here(),
            case="transpose_in_place",
        )


def _refuse_memory(info: Operator, why: str) -> None:
    raise Unsupported(
        f"`{info.overload}` looks at the memory of a tensor in a way that a graph cannot follow.",
        why=f"Here {why}.",
        instead="Make a new tensor of the size that is needed, and `copy_` into it.",
        where=origin_here(),
        case="address_of_tensor",
    )


def _elements(dims: tuple[Size, ...]) -> Size:
    product: Size = 1
    for size in dims:
        product = times(product, size)
    return product


def _rely_on_order(recorder: Records, info: Operator, target: Value) -> None:
    """The elements of the root lie in order, and the tensor begins with the first of them."""
    root = target.root
    if root.source is not None:
        _refuse_memory(info, "the tensor shares memory with one that outlives the program")
    if strides_of(root) != contiguous_strides(root.dims) or offset_in_root(target) != 0:
        _refuse_memory(info, "it is not known in which order its elements lie there")
    if root.node.all_input_nodes:
        recorder.give(root).stride()  # follows from the layout of inputs, which gets into the contract


def _uninitialised(recorder: Records, like: Value, sizes: Sequence[Size]) -> Value:
    return recorder.call(aten.empty.memory_format, list(sizes), dtype=like.dtype, device=like.device)


def _first(recorder: Records, memory: Value, count: Size) -> Value:
    return memory if memory.dims == (count,) else recorder.call(aten.slice.Tensor, memory, 0, 0, count)


def _enlarge(recorder: Records, root: Value, memory: Value, needed: Size) -> Value:
    """Return memory with the contents of this and room for more, and make it the root of all that shares this."""
    held = memory.dims[0]
    more = sub(needed, held)
    if recorder.scope.decide(le(held, needed)) is not True:
        more = max_(more, 0)
    added = _uninitialised(recorder, root, [more.value if more.is_const else more])
    larger = recorder.call(aten.cat.default, [memory, added])
    larger.contiguous = True
    recorder.touch(root)
    root.parent = _first(recorder, larger, held)
    root.step = Step(aten.view.default, (list(root.dims),), {})
    larger.maybe_shared, root.maybe_shared = root.maybe_shared, None
    return larger
