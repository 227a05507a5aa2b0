"""`torch.autograd.Function` in a program: forward and backward are both recorded, so that gradients stay the user's.

A call of `apply` becomes PyTorch's own `autograd_function_apply(forward, backward, *tensors)`. The forward subgraph
returns `(outputs, saved)`; the backward subgraph takes `(*gradients, *saved)`. What is saved is not what the user
passed to `save_for_backward` but whatever the backward turns out to use: it is recorded inside the frame of the
forward, so that every value it takes from there, or from further out, becomes an operand of it by itself.

The backward is recorded for all gradients, and for materialized ones. A program may be trained later, with other
tensors requiring grad; autograd drops what is not wanted, and gives zeros where there is no gradient.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

import torch
import torch.utils.checkpoint
from torch import fx
from torch.autograd.function import BackwardCFunction, FunctionCtx, once_differentiable
from torch.utils import _pytree as pytree

from fullgraph.contract import AssumptionKind, Property
from fullgraph.errors import CaptureError, FullgraphError, Unsupported
from fullgraph.source import origin_here
from fullgraph.symbolic import Expr
from fullgraph.tracing.dispatch import grad_enabled, innermost, inside_functorch, only_under_vmap
from fullgraph.tracing.failures import is_of_the_program
from fullgraph.tracing.grad_mode import allowed_without_gradients
from fullgraph.tracing.records import Records
from fullgraph.tracing.result import InputRole
from fullgraph.tracing.rules import Out
from fullgraph.tracing.standing_in import FunctionTable
from fullgraph.tracing.subgraph import Frame, attach
from fullgraph.tracing.traced import DIFFERENTIABLE, Value

Function = type[torch.autograd.Function]
_OPERATOR: Any = torch.ops.higher_order.autograd_function_apply


def autograd_functions() -> FunctionTable:
    """Return what stands in for `torch.autograd.Function.apply` and for checkpointing."""
    return {
        (torch.autograd.Function, "apply"): _apply,
        (BackwardCFunction, "__init__"): _not_met,
        (torch.utils.checkpoint, "checkpoint"): _checkpoint,
    }


class Context(FunctionCtx):
    """The `ctx` of one call: what forward and backward get, and what they leave there."""

    def __init__(self, needs_input_grad: tuple[bool, ...]) -> None:
        self.needs_input_grad = needs_input_grad
        self.to_save: Any = ()
        self.non_differentiable: Any = ()
        self.dirty_tensors: Any = ()

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What the forward saved."""
        return tuple(self.to_save)


def _apply(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    def apply(cls: Function, *args: Any, **kwargs: Any) -> Any:
        if kwargs or _has_setup_context(cls):
            bound = inspect.signature(cls.forward).bind(*args, **kwargs)
            bound.apply_defaults()
            args = bound.args
        if _is_forward_alone(cls, args):
            with torch.no_grad():
                return cls.forward(*args)
        return _Call(recorder, cls, args).record()

    return apply


def _is_forward_alone(cls: Function, args: tuple[Any, ...]) -> bool:
    """Whether a function under `vmap` lets it do its work, and has no use for its backward.

    Then `vmap` runs `forward` on the rows at once, as it does any function.
    """
    is_mapped = inside_functorch() and only_under_vmap() and _has_setup_context(cls)
    if not (is_mapped and getattr(cls, "generate_vmap_rule", False)):
        return False
    tensors = [leaf for leaf in pytree.tree_leaves(args) if isinstance(leaf, torch.Tensor)]
    return not any(innermost(each).requires_grad for each in tensors if each.dtype in DIFFERENTIABLE)


def _not_met(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    """Refuse a call that got past `apply`: newer PyTorch has it in C, and what was taken from a class stays that."""

    def refusing(node: Any, *args: Any) -> NoReturn:
        name = type(node).__name__.removesuffix("Backward")
        _refuse(
            recorder,
            f"`{name}.apply`, taken from its class before the export, is called",
            why="The call is PyTorch's own: its backward would not be recorded.",
            instead=f"Write `{name}.apply(...)` where it is called, or hold it under a name of a Python module: "
            f"`f = {name}.apply`.",
        )

    return refusing


class _Call:
    """One call of `apply`: records it as one operator with two subgraphs."""

    def __init__(self, recorder: Records, cls: Function, args: tuple[Any, ...]) -> None:
        self.recorder = recorder
        self.cls = cls
        self.args = args
        if inside_functorch():
            self._refuse(
                "is called inside a torch.func transform.", "How it behaves under one is not recorded."
            )
        self.tensors: list[Value] = [recorder.take(a) for a in args if isinstance(a, torch.Tensor)]
        self.grad, self.region = grad_enabled(), recorder.grad_region

    def record(self) -> Any:
        """Record the call and return what the program gets for it."""
        recorder, frame = self.recorder, Frame(self.recorder, grad=False)
        nodes = recorder.as_arguments(self.tensors)
        refusal = recorder.refusal
        with frame, torch.no_grad():
            for node in nodes:
                frame.operand(node)
            context, results, single = self._forward()
            values = [recorder.take(result) for result in results if isinstance(result, torch.Tensor)]
            returned = recorder.as_arguments(values)
            shared = {root for root in (value.root for value in values) if frame.is_outer(root)}
            saved_by_user = recorder.as_arguments(
                [recorder.take(s) for s in context.to_save if s is not None]
            )
            self._refuse_writes(context, values, frame)
            try:
                backward, gradients = self._backward(context, results)
            except Exception as error:
                if not (isinstance(error, FullgraphError) or is_of_the_program(error)):
                    raise
                self._require_no_gradients(error)
                recorder.refusal = refusal
                backward, gradients = None, []
        if backward is None:
            return self._forward_alone()
        # What the forward uses besides its arguments gets no gradient, as in eager.
        bodies = (
            frame.close((tuple(returned), backward.operands)),
            backward.close((*gradients, *[None] * len(frame.operands))),
        )
        options: dict[str, Any] = {
            "non_differentiable_idx": _positions(context.non_differentiable, results),
            "saved_for_backward_idx": [
                i for i, node in enumerate(backward.operands) if node in saved_by_user
            ],
        }
        if _is_once_differentiable(self.cls):
            options["once_differentiable"] = True
        made = self._call(bodies, [*nodes, *frame.operands], values, options)
        self._share(made, shared)
        given = iter(made)
        leaves = [recorder.give(next(given)) if isinstance(r, torch.Tensor) else r for r in results]
        return leaves[0] if single else tuple(leaves)

    # Forward

    def _forward(self) -> tuple[Context, tuple[Any, ...], bool]:
        """Run the user's forward; return its context, its results, and whether it returned them bare."""
        # Whoever runs the program decides what needs a gradient, so the answer here is: whatever may.
        context = Context(tuple(isinstance(a, torch.Tensor) and a.dtype in DIFFERENTIABLE for a in self.args))
        if _has_setup_context(self.cls):
            returned = self.cls.forward(*self.args)
            self.cls.setup_context(context, self.args, returned)
        else:
            returned = self.cls.forward(context, *self.args)
        single = not isinstance(returned, tuple)
        results: tuple[Any, ...] = (returned,) if single else returned
        if single and not isinstance(returned, torch.Tensor):
            raise TypeError(f"{self.cls.__name__}.forward: expected to get a tensor or a tuple of them")
        return context, results, single

    def _refuse_writes(self, context: Context, values: list[Value], frame: Frame) -> None:
        written = any(
            value.root.written_at and frame.is_outer(value.root) for value in [*self.tensors, *values]
        )
        if context.dirty_tensors or written:
            self._refuse(
                "writes one of its inputs in place.", "Autograd would have to follow the write through it."
            )

    def _forward_alone(self) -> Any:
        """Record the forward without a backward, as for operators under no_grad."""
        with torch.no_grad():
            _, results, single = self._forward()
        leaves = [
            result.detach() if any(result is argument for argument in self.args) else result
            for result in results
        ]
        return leaves[0] if single else tuple(leaves)

    # Backward

    def _backward(self, context: Context, results: tuple[Any, ...]) -> tuple[Frame, list[Any]]:
        """Record the user's backward inside the forward; return its frame and a gradient for each tensor argument."""
        recorder = self.recorder
        frame = Frame(recorder, grad=False)
        with frame:
            gradients = [
                recorder.give(frame.argument(_out(recorder.take(r)))) if isinstance(r, torch.Tensor) else None
                for r in results
            ]
            returned = _backward_of(self.cls)(context, *gradients)
            wanted = self._one_for_each_argument(returned if isinstance(returned, tuple) else (returned,))
            nodes = [None if g is None else recorder.as_arguments(recorder.take(g)) for g in wanted]
        if frame.written:
            self._refuse(
                "writes a tensor in its backward.", "The write would happen whenever autograd runs it."
            )
        return frame, nodes

    def _one_for_each_argument(self, gradients: tuple[Any, ...]) -> list[torch.Tensor | None]:
        count = len(self.args)
        if len(gradients) < count or any(extra is not None for extra in gradients[count:]):
            raise RuntimeError(
                f"function {self.cls.__name__}Backward returned an incorrect number of gradients "
                f"(expected {count}, got {len(gradients)})"
            )
        return [gradient for gradient, a in zip(gradients, self.args) if isinstance(a, torch.Tensor)]

    def _require_no_gradients(self, error: Exception) -> None:
        """Allow a backward that cannot be recorded where no gradient is needed; write that down."""
        ledger = self.recorder.ledger
        if not self.grad or allowed_without_gradients(self.recorder, self.region):
            return
        for value in self.tensors:
            for root in self.recorder.inputs_behind(value):
                source = root.source
                if source is None:
                    continue
                if source.requires_grad:
                    if value.requires_grad:
                        raise self._refusal_of(error) from error
                elif source.role is InputRole.USER:
                    fact = Property(source.known_as, "requires_grad", False)
                    ledger.assume(fact, origin_here(), AssumptionKind.OPERATOR)

    def _refusal_of(self, error: Exception) -> CaptureError:
        if isinstance(error, CaptureError):
            return error
        return Unsupported(
            f"The backward of `{self.cls.__name__}`, a torch.autograd.Function, cannot be recorded: {error}",
            why="It is recorded at export, so that gradients through the program are the ones it defines.",
            instead="Write it with tensor operators; or export under torch.no_grad() if no gradients are wanted.",
            where=origin_here(),
            case="autograd_function_with_gradient",
        )

    # The operator

    def _call(
        self,
        bodies: tuple[fx.GraphModule, fx.GraphModule],
        operands: list[fx.Node],
        values: list[Value],
        options: dict[str, Any],
    ) -> list[Value]:
        recorder, name = self.recorder, self.cls.__name__
        subgraphs = (
            attach(recorder, f"{name}_forward", bodies[0]),
            attach(recorder, f"{name}_backward", bodies[1]),
        )
        made = recorder.higher_order(
            _OPERATOR, (*subgraphs, *operands), options, [_out(value) for value in values]
        )
        grad = self.grad and any(tensor.requires_grad for tensor in self.tensors)
        for index, value in enumerate(made):
            value.requires_grad = (
                grad and value.dtype in DIFFERENTIABLE and index not in options["non_differentiable_idx"]
            )
            for dim, size in enumerate(value.dims):
                if isinstance(size, Expr) and size.kind == "symbol":
                    recorder.sizes.read_from(size, value.node, dim)
        return made

    def _share(self, made: list[Value], shared: set[Value]) -> None:
        """An output may be a view of an input: nobody may write to either from now on."""
        if shared:
            for root in (*shared, *made):
                self.recorder.unwritable[root] = f"an output of `{self.cls.__name__}`"

    def _refuse(self, what: str, why: str) -> NoReturn:
        _refuse(
            self.recorder,
            f"`{self.cls.__name__}`, a torch.autograd.Function, {what}",
            why=why,
            instead="Return a new tensor from `forward`, and call the function outside of transforms.",
        )


def _refuse(recorder: Records, what: str, *, why: str, instead: str) -> NoReturn:
    case = "autograd_function_that_writes"
    error = Unsupported(what, why=why, instead=instead, where=origin_here(), case=case)
    recorder.refused(error)
    raise error


def _has_setup_context(cls: Function) -> bool:
    return cls.setup_context is not torch.autograd.Function.setup_context


def _out(value: Value) -> Out:
    return Out(value.dims, value.dtype, value.device)


def _positions(wanted: Sequence[Any], results: tuple[Any, ...]) -> list[int]:
    tensors = [result for result in results if isinstance(result, torch.Tensor)]
    return [index for index, tensor in enumerate(tensors) if any(tensor is one for one in wanted)]


def _backward_of(cls: Function) -> Callable[..., Any]:
    """Return the user's backward, under whichever of its two names."""
    named_vjp = cls.vjp is not torch.autograd.Function.vjp
    return cls.vjp if named_vjp else cls.backward


def _is_once_differentiable(cls: Function) -> bool:
    return getattr(_backward_of(cls), "__code__", None) is _ONCE_DIFFERENTIABLE


_ONCE_DIFFERENTIABLE = once_differentiable(lambda ctx: None).__code__


def _checkpoint(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    """Checkpointing trades memory for time and changes no value: what it runs is recorded straight."""

    def checkpoint(
        function: Callable[..., Any],
        *args: Any,
        use_reentrant: bool | None = None,
        context_fn: Callable[[], Any] | None = None,
        **kwargs: Any,
    ) -> Any:
        for option in ("preserve_rng_state", "determinism_check", "debug", "early_stop"):
            kwargs.pop(option, None)
        if context_fn is not None:
            with context_fn()[0]:
                return function(*args, **kwargs)
        reentrant = use_reentrant is None or use_reentrant
        if reentrant and torch.is_grad_enabled():
            # This kind gives gradients only if a tensor among the arguments requires one.
            with torch.set_grad_enabled(any(isinstance(a, torch.Tensor) and a.requires_grad for a in args)):
                return function(*args)
        return function(*args, **kwargs)

    return checkpoint
