"""Operators that write: each becomes its pure form and a write of the result.

In-place operators keep the dtype and sizes of what they write, as eager does (`half.add_(float)` stays half, a result
that would not fit is eager's error). `out=` is the same with the target named. Operators that hide a write in their
schema (batch norm's running statistics) have their pure form here. A custom operator that mutates its arguments goes
through torch's own `auto_functionalized`.
"""

from __future__ import annotations

from typing import Any, NoReturn

import torch

from fullgraph.contract import AssumptionKind, Disjoint
from fullgraph.errors import Unsupported
from fullgraph.source import origin_here
from fullgraph.symbolic import Expr, eq, gt
from fullgraph.tracing.dispatch import OpOverload, grad_enabled
from fullgraph.tracing.functionalize import settle, write
from fullgraph.tracing.grad_mode import allowed_without_gradients
from fullgraph.tracing.lifting import share_memory
from fullgraph.tracing.meta import values_in
from fullgraph.tracing.operators import Kind, Operator, operator_of, returns_new_tensor
from fullgraph.tracing.overlap import is_read_before_written
from fullgraph.tracing.records import Records
from fullgraph.tracing.resizing import replace, reshape_in_place, resize
from fullgraph.tracing.result import InputRole
from fullgraph.tracing.rules import Out
from fullgraph.tracing.strided import as_strided
from fullgraph.tracing.strides import contiguous_strides, strides_of
from fullgraph.tracing.traced import Source, Value
from fullgraph.tracing.views import is_cut

aten = torch.ops.aten


def perform(recorder: Records, info: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Record an operator that writes, and return what the program gets for it."""
    if info.kind is Kind.HIDDEN:
        return _hidden(recorder, info, args, kwargs)
    if info.kind is Kind.TRANSPARENT:
        return _transparent(recorder, info, args, kwargs)
    if info.kind is Kind.STRIDED:
        return as_strided(recorder, **info.bind(args, kwargs))
    if info.kind is Kind.RESHAPING:
        return reshape_in_place(recorder, info, args, kwargs)
    if info.overload._schema.name in _OTHER_MEMORY:
        return _give_other_memory(recorder, info, info.bind(args, kwargs))
    if info.pure is None:
        if info.overload is aten.fill_diagonal_.default and len(args[0].dims) == 2 and len(args) == 2:
            view = recorder.call(aten.diagonal.default, args[0])
            perform(recorder, operator_of(aten.fill_.Scalar), (view, args[1]), {})
            return args[0]
        if info.composite:
            return _decomposed(recorder, info, args, kwargs)
        return _functionalized(recorder, info, args, kwargs)
    bound = info.bind(args, kwargs)
    _refuse_overlap(recorder, info, bound)
    if info.kind is Kind.IN_PLACE:
        needed = {name: value for name, value in info.defaults.items() if name not in bound}
        return _in_place(recorder, info, bound[info.written[0]], args, {**kwargs, **needed})
    return _into_outputs(recorder, info, bound)


def _in_place(
    recorder: Records, info: Operator, target: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    if isinstance(target, list):  # _foreach_add_
        results = recorder.call(info.pure_form, *args, **kwargs)
        for item, result in zip(target, results):
            _store(recorder, info, item, result)
        return target if info.returns else None
    _check_leaf(recorder, target)
    if info.overload is aten.copy_.default:
        _set(recorder, target, _copied(recorder, target, args[1] if len(args) > 1 else kwargs["src"]))
        return target
    if info.pure_form._schema.arguments[0].name in info.argument_names[1:]:  # polygamma(n, self)
        result = _by_position(recorder, info.pure_form, info.bind(args, kwargs))
    else:
        result = recorder.call(info.pure_form, *args, **kwargs)
    if result is target:  # dropout that drops nothing
        return target
    _store(recorder, info, target, result)
    return target


def _copied(recorder: Records, target: Value, source: Value) -> Value:
    """Return `source` as contents for `target`, by operators that autograd knows (`aten.copy` is none of them)."""
    contents = source
    if source.device != target.device:
        contents = recorder.call(aten.to.device, contents, target.device, target.dtype)
    elif source.dtype != target.dtype:
        contents = recorder.call(aten.to.dtype, contents, target.dtype)
    if source.dims != target.dims:
        contents = recorder.call(aten.expand.default, contents, list(target.dims))
    if contents.root is not source.root or (target.step is not None and is_cut(target.step)):
        return contents  # new already, or to be put into a larger tensor, which copies it
    in_order = strides_of(target) == contiguous_strides(target.dims)
    layout = torch.contiguous_format if in_order else torch.preserve_format
    return recorder.call(aten.clone.default, contents, memory_format=layout)


def _refuse_overlap(recorder: Records, info: Operator, bound: dict[str, Any]) -> None:
    """Refuse to read one part of a tensor while another part that may overlap it is written."""
    for target in values_in([bound[name] for name in info.written]):
        settle(recorder, target.root)
    if not all(is_read_before_written(recorder, name, bound) for name in info.written):
        raise Unsupported(
            f"`{info.overload}` writes one part of a tensor and reads another that may overlap it.",
            why="What eager does then depends on the order in which its loop meets the elements.",
            instead="Read from a copy: `x[1:] = x[:-1].clone()`.",
            where=origin_here(),
            case="overlapping_write_in_place",
        )


def _transparent(recorder: Records, info: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A composite operator whose result may be an argument: its parts say which it is this time."""
    if returns_new_tensor(info, info.bind(args, kwargs)):
        return recorder.call(info.overload, *args, **kwargs)
    if info.overload is aten.broadcast_tensors.default:
        return _broadcast(recorder, info, info.bind(args, kwargs)["tensors"])
    return _decomposed(recorder, info, args, kwargs)


def _broadcast(recorder: Records, info: Operator, tensors: list[Value]) -> list[Value]:
    """`broadcast_tensors`: those that have the sizes of all already are handed back, the others are expanded.

    Where sizes are not known to be equal, a view that may be the very tensor has the same elements and memory.
    """
    outs = recorder.shape(info.overload, (tensors,), {})
    results: list[Value] = []
    for tensor, out in zip(tensors, outs):
        same = len(tensor.dims) == len(out.dims) and all(
            a == b or recorder.scope.decide(eq(a, b)) is True for a, b in zip(tensor.dims, out.dims)
        )
        result = tensor if same else recorder.call(aten.expand.default, tensor, list(out.dims))
        if not same and len(tensor.dims) == len(out.dims):
            recorder.asked_contiguous.update((tensor, result))
        results.append(result)
    return results


def _into_outputs(recorder: Records, info: Operator, bound: dict[str, Any]) -> Any:
    drop = info.written if info.kind is Kind.OUT else ()
    given = {name: value for name, value in bound.items() if name not in drop}
    results = _by_position(recorder, info.pure_form, given)
    several = isinstance(results, (list, tuple))
    if info.kind is Kind.MUTATING:
        # A functional overload returns the plain results first, then one new value for each argument it wrote.
        plain = len(results) - len(info.written) if several else 0
        for name, new in zip(info.written, results[plain:] if several else [results]):
            _store(recorder, info, bound[name], new)
        return results[:plain] if plain != 1 else results[0]
    targets = [bound[name] for name in info.written]
    each = targets[0] if isinstance(targets[0], list) else targets  # `unbind_copy(x, out=[a, b])`
    for target, result in zip(each, results if several else [results]):
        _store_out(recorder, info, target, result)
    if not info.returns:
        return None
    return targets if len(targets) > 1 else targets[0]


def _by_position(recorder: Records, op: OpOverload, given: dict[str, Any]) -> Any:
    """Call an operator as a program does: the arguments that have a place in their places."""
    places: list[Any] = []
    for argument in op._schema.arguments:
        if argument.kwarg_only or argument.name not in given:
            break
        places.append(given[argument.name])
    named = {argument.name for argument in op._schema.arguments[: len(places)]}
    return recorder.call(op, *places, **{name: value for name, value in given.items() if name not in named})


def _store(recorder: Records, info: Operator, target: Value, result: Value) -> None:
    """Write an in-place operator's result, with the target's dtype and sizes."""
    if not _same_sizes(recorder, target.dims, result.dims):
        shown = [recorder.written_shape(v) for v in (target, result)]
        raise RuntimeError(
            f"output with shape {list(shown[0])} doesn't match the broadcast shape {list(shown[1])}"
        )
    if result.dtype != target.dtype:
        if not torch.can_cast(result.dtype, target.dtype):
            raise RuntimeError(
                f"result type {result.dtype} can't be cast to the desired output type {target.dtype}"
            )
        result = recorder.call(aten.to.dtype, result, target.dtype)
    _set(recorder, target, result)


def _store_out(recorder: Records, info: Operator, target: Value, result: Value) -> None:
    if not _same_sizes(recorder, target.dims, result.dims):
        if not _is_empty_and_new(target):
            raise Unsupported(
                f"`out=` of `{info.overload}` has to be resized.",
                why="PyTorch resizes it in place, with a warning; a graph cannot resize what others may hold.",
                instead="Give an `out=` of the right size, or use the result.",
                where=origin_here(),
                case="out_of_wrong_size",
            )
        above: Value | None = target
        while above is not None:
            recorder.touch(above)
            above.dims, above = result.dims, above.parent
    _store(recorder, info, target, result)


def _is_empty_and_new(target: Value) -> bool:
    """`torch.empty(0)`, which the program made to be resized, and which nothing else looks at."""
    above: Value = target
    while above.parent is not None and above.step is not None and above.step.op is aten.alias.default:
        above = above.parent
    return above.parent is None and above.source is None and target.dims == (0,)


def _same_sizes(recorder: Records, wanted: tuple[Any, ...], found: tuple[Any, ...]) -> bool:
    if len(wanted) != len(found):
        return False
    for a, b in zip(wanted, found):
        if a is b or a == b:
            continue
        if not (isinstance(a, Expr) or isinstance(b, Expr)) or not recorder.scope.ask(eq(a, b)):
            return False
    return True


def _set(recorder: Records, target: Value, contents: Value) -> None:
    grad_on = grad_enabled()
    root = target.root
    unseen = recorder.grad_mode and (not grad_on or _is_detached(target))
    if unseen and root.requires_grad and not allowed_without_gradients(recorder, recorder.grad_region):
        raise Unsupported(
            "A tensor that requires grad is written where autograd does not see it: under torch.no_grad(), or through "
            "`.data` or `.detach()`.",
            why="Autograd is to keep the history the tensor had before the write, which a pure graph cannot express.",
            instead="Write to `tensor.detach().clone()`, or compute a new tensor instead of writing in place.",
            where=origin_here(),
            case="write_unseen_by_autograd",
        )
    write(recorder, target, contents)
    if grad_on and contents.requires_grad:
        target.requires_grad = root.requires_grad = True
    root.wrote_under_no_grad = root.wrote_under_no_grad or not grad_on


def _is_detached(value: Value) -> bool:
    """Whether the value shares storage with its root by way of `.detach()` or `.data`."""
    while value.parent is not None and value.step is not None:
        if value.step.op is aten.detach.default:
            return True
        value = value.parent
    return False


def _check_leaf(recorder: Records, target: Value) -> None:
    root = target.root
    is_detached = not target.requires_grad  # `.data`, `.detach()`
    if root.source is None or not grad_enabled() or root.written_at or is_detached:
        return
    real = root.source.real
    is_leaf = real is None or real.is_leaf
    if (
        root.source.requires_grad
        and is_leaf
        and not allowed_without_gradients(recorder, recorder.grad_region)
    ):
        kind = "a leaf Variable" if target is root else "a view of a leaf Variable"
        raise RuntimeError(f"{kind} that requires grad is being used in an in-place operation.")


def _decomposed(recorder: Records, info: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """A composite operator without a pure form: its parts write, and each is met again."""
    given = tuple(recorder.give(argument) for argument in args)
    named = {name: recorder.give(argument) for name, argument in kwargs.items()}
    return recorder.take(recorder.interceptor.decompose(info.overload, given, named))


def _functionalized(recorder: Records, info: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """An operator that mutates its arguments and has no pure form: torch's auto_functionalized makes one."""
    if any(r.alias_info is not None for r in info.overload._schema.returns):
        _refuse(info)
    bound = info.bind(args, kwargs)
    for argument in info.overload._schema.arguments:
        if argument.name not in bound:
            bound[argument.name] = argument.default_value
    written = [bound[name] for name in info.written]
    plain = recorder.shape(info.overload, args, kwargs)
    several = isinstance(plain, (list, tuple)) and not isinstance(plain, Out)
    returned = list(plain) if several else [plain]  # of nothing, a None comes first
    flat = [
        value
        for target in written
        for value in (target if isinstance(target, list) else [target])
        if value is not None
    ]
    outs = [*returned, *(Out(value.dims, value.dtype, value.device) for value in flat)]
    results = recorder.higher_order(torch.ops.higher_order.auto_functionalized, (info.overload,), bound, outs)
    for value, new in zip(flat, results[len(returned) :]):
        _set(recorder, value, new)
    own = results[: len(returned)]
    return None if not own else own[0] if len(own) == 1 else own


def _give_other_memory(recorder: Records, info: Operator, bound: dict[str, Any]) -> Any:
    """`resize_` and `set_`: the tensor gets another size, or the memory of another one."""
    target: Value = bound["self"]
    if info.overload is aten.resize_.default:
        return resize(recorder, info, target, bound["size"], bound.get("memory_format"))
    if info.overload is aten.resize_as_.default:
        return resize(recorder, info, target, bound["the_template"].dims, bound.get("memory_format"))
    if info.overload is aten.set_.source_Tensor:
        return replace(recorder, info, target, bound["source"])
    if info.overload is aten.set_data.default:
        replace(recorder, info, target, bound["new_data"])
        return None
    return _refuse(info)


def _hidden(recorder: Records, info: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Batch and instance norm: in training they update running statistics that the schema shows as read."""
    bound = info.bind(args, kwargs)
    training = bound.get("training", bound.get("use_input_stats"))
    mean, var = bound.get("running_mean"), bound.get("running_var")
    if not training or mean is None or var is None:
        return recorder.call(info.overload, *args, **kwargs)
    if info.overload is not aten.batch_norm.default:
        if not info.composite:
            _refuse(info)
        return _decomposed(recorder, info, args, kwargs)
    if _is_empty(recorder, bound["input"]):
        return recorder.call(info.overload, *args, **kwargs)  # nothing is learnt from nothing
    results = recorder.call(
        aten._native_batch_norm_legit_functional.default,
        *(
            bound[name]
            for name in (
                "input",
                "weight",
                "bias",
                "running_mean",
                "running_var",
                "training",
                "momentum",
                "eps",
            )
        ),
    )
    for target, new in zip((mean, var), results[3:]):
        with torch.no_grad():
            _set(recorder, target, new)
    return results[0]


def _is_empty(recorder: Records, value: Value) -> bool:
    """Whether the tensor has no elements: in the example, and by the contract in every call."""
    if 0 in value.dims:
        return True
    some = [gt(size, 0) for size in value.dims if isinstance(size, Expr)]
    for question in some:
        if recorder.scope.hint_of(question) is False:
            return not recorder.scope.ask(question)
    # Checks, not answers: a batch that is dynamic stays so, and an empty one is refused.
    return not all(recorder.scope.ask(question, "check") for question in some)


def rely_on_write(recorder: Records, root: Value) -> None:
    """Write down that nothing else shares the storage that is written."""
    source = root.source
    if source is None or root.written_at:
        return
    if recorder.lifting.overlapping(root):
        _refuse_windows(source)
    for other in recorder.roots:
        theirs = other.source
        if other is root or theirs is None or InputRole.USER not in (source.role, theirs.role):
            continue
        # What is passed twice, the trace sees to.
        one_argument = source.real is theirs.real and source.role is theirs.role
        if not one_argument and share_memory(source.real, theirs.real):
            _refuse_windows(source)
        fact = Disjoint(source.known_as, theirs.known_as)
        recorder.ledger.assume(fact, origin_here(), AssumptionKind.PROGRAM)


def rely_on_lift(recorder: Records, root: Value) -> None:
    """Refuse a tensor that the program meets after it wrote another one with the same memory."""
    source = root.source
    if source is None:
        return
    for other in recorder.roots:
        theirs = other.source
        if (
            other is not root
            and other.written_at
            and theirs is not None
            and share_memory(source.real, theirs.real)
        ):
            _refuse_windows(source)


def rely_on_rebinding(recorder: Records, buffer: Value, new: Value) -> None:
    """Refuse to put a tensor of another size or dtype in the place of a buffer: what is written back are contents."""
    if buffer.dtype == new.dtype and _same_sizes(recorder, buffer.dims, new.dims):
        return
    name = buffer.source.target if buffer.source is not None else ""
    raise Unsupported(
        f"The buffer `{name}` is replaced by a tensor of another size or dtype.",
        why=f"A program writes new contents into its buffers; this one is {buffer.dtype} of {list(buffer.dims)}, "
        f"the tensor {new.dtype} of {list(new.dims)}.",
        instead="Register the buffer with the size and dtype that it has later, or return the tensor and pass it in.",
        where=new.node.meta.get("origin"),
        case="buffer_that_grows",
    )


def _refuse_windows(source: Source) -> None:
    raise Unsupported(
        f"`{source.target}` shares memory with another argument or tensor of the program, which is a different view of "
        "it, and one of the two is written.",
        why="A graph cannot say how two windows onto one memory change together.",
        instead="Take the view from the tensor inside the program, or pass or register a clone of it.",
        where=origin_here(),
        case="buffers_that_overlap",
    )


def _refuse(info: Operator) -> NoReturn:
    raise Unsupported(
        f"The operator `{info.overload}` cannot be captured.",
        why="It writes its arguments in a way that has no pure form.",
        instead="Use an operator that returns its result; for a custom operator, declare `mutates_args` and return no "
        "tensor that it also writes.",
        where=origin_here(),
        case="custom_operator",
    )


# They give a tensor other memory or another size.
_OTHER_MEMORY = frozenset(
    {
        "aten::set_",
        "aten::resize_",
        "aten::resize_as_",
        "aten::set_data",
        "aten::resize_output_",
        "aten::_resize_output_",
    }
)
