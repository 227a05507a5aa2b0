"""The recorder: every operator of a trace becomes a node, with its sizes, its dtype and the user's line.

`on_operator` is what the interceptor calls. Arguments are brought into the trace's own terms (values for tensors,
expressions for sizes; real tensors are lifted), the operator is treated after its kind (operators.py), and the
result is handed back as the program knows it. `call` is the pure core: one operator, recorded.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from functools import partial
from itertools import count
from typing import Any

import torch
from torch import fx

from fullgraph.contract import Ledger, TensorSpec
from fullgraph.errors import CaptureError, Unsupported
from fullgraph.source import origin_here
from fullgraph.symbolic import Bool, Expr, Scope, expr_of, integer, le, to_python
from fullgraph.tracing import default_dtype, writes
from fullgraph.tracing.ask import Answers
from fullgraph.tracing.dispatch import (
    Interceptor,
    OpOverload,
    grad_enabled,
    inside_functorch,
    left_by_functorch,
)
from fullgraph.tracing.either_numbers import with_floats
from fullgraph.tracing.functionalize import current, note_maybe_shared
from fullgraph.tracing.handed_back import COPIES_OR_HANDS_BACK, in_format, is_handed_back
from fullgraph.tracing.lifting import Lifting, Owned
from fullgraph.tracing.meta import NoShape, by_parts, shape_by_meta, values_in
from fullgraph.tracing.module_state import ModuleTrees
from fullgraph.tracing.operators import MAYBE_ITSELF, Kind, Operator, operator_of
from fullgraph.tracing.own_leaves import value_of
from fullgraph.tracing.questions import Questions
from fullgraph.tracing.records import InnerGraph
from fullgraph.tracing.result import InputRole
from fullgraph.tracing.rules import Out, shape_of
from fullgraph.tracing.sizes import SizeNodes
from fullgraph.tracing.sparse import is_about_sparse, note_sparse, record_sparse
from fullgraph.tracing.special import SPECIAL, record_special
from fullgraph.tracing.strides import layout_of_example, result_is_contiguous, view_is_contiguous
from fullgraph.tracing.subgraph import placeholder, refuse_leak, refuse_unwritable, size_out_of_reach
from fullgraph.tracing.traced import DIFFERENTIABLE, Source, Step, TracedTensor, Value


class Recorder:
    """Records one trace.

    Args:
        scope: the facts about the symbols of this trace.
        ledger: where assumptions are written down.
        owned: the tensors that the program's owner names, by `id`.
        answers: answers the scope's questions; told which operator is asking.
    """

    def __init__(self, scope: Scope, ledger: Ledger, owned: Mapping[int, Owned], answers: Answers) -> None:
        self.scope = scope
        self.ledger = ledger
        self.graph = fx.Graph()
        self.clock = 1
        self.roots: list[Value] = []  # inputs and lifted tensors, in order of their appearance
        self.placed: list[tuple[fx.Node, Value | str]] = []  # each input: its value, or a scalar's path
        self.constant_nodes: dict[fx.Node, Any] = {}
        self.module_stack: Mapping[str, Any] = {}
        self.modules: dict[str, torch.nn.Module] = {}  # subgraphs of the graph being recorded
        self.module_trees = ModuleTrees()
        self.frame: InnerGraph | None = None  # the subgraph being recorded, if any
        self.questions = Questions(self)
        self.sizes = SizeNodes(partial(self.make_size, self.graph), size_out_of_reach)
        self.lifting = Lifting(owned, self._place_lifted, self._alias)
        self.interceptor = Interceptor(self.on_operator)
        self._answers = answers
        # The inputs of the program stand before it, whatever graph is being recorded.
        self._anchor = self.graph.call_function(_anchor)
        self.refusal: CaptureError | None = None
        self.unwritable: dict[Value, str] = {}
        self.asked_contiguous: set[Value] = set()
        self.asserted: set[Bool] = set()
        self.met_sparse = False
        self.grad_mode = True  # where the program, or the subgraph being recorded, is called
        self.callers_grad_mode = grad_enabled()
        self.grad_region: bool | None = None
        self._inference_mode = torch.is_inference_mode_enabled()
        self._unknown = map("u{}".format, count())  # the names of what only the run of the program tells

    # Inputs

    def place(self, source: Source, dims: tuple[Any, ...], dtype: torch.dtype, device: torch.device) -> Value:
        """Add a graph input and return its value."""
        node = self.place_bare(_PREFIXES[source.role] + source.target, TensorSpec(dims, dtype, device))
        value = Value(dims, dtype, device, node, self.clock)
        value.source = source
        real = source.real
        value.requires_grad = source.requires_grad
        value.contiguous, value.in_order = layout_of_example(real)
        if real is not None and real.layout is not torch.strided:
            note_sparse(self, value, real)
        self.roots.append(value)
        self.placed.append((node, value))
        return value

    def place_bare(self, name: str, val: Any) -> fx.Node:
        """Add a graph input that nobody gives."""
        return placeholder(self._anchor, name, val)

    def place_scalar(self, path: str, expr: Expr | Bool) -> None:
        """Add a graph input for a dynamic scalar."""
        node = self.place_bare(path, expr)
        self.placed.append((node, path))
        self.sizes.computed_by(expr, node)

    def arrange(self, inputs: list[fx.Node]) -> None:
        """Put the graph inputs in this order."""
        for node in inputs:
            self._anchor.prepend(node)

    def _place_lifted(self, source: Source) -> Value:
        real = source.real
        assert real is not None
        value = self.place(source, tuple(real.shape), real.dtype, real.device)
        value.tensor = real
        writes.rely_on_lift(self, value)
        return value

    def _alias(self, base: Value, tensor: torch.Tensor) -> Value:
        value = self._view(_DETACH, base, (), {}, base.node, None, Out(base.dims, base.dtype, base.device))
        value.tensor = tensor
        return value

    def finish(self) -> None:
        """End the recording: what the program caught and hid is raised after all."""
        self.graph.erase_node(self._anchor)
        if self.refusal is not None:
            raise self.refusal

    def refused(self, error: CaptureError) -> None:
        """Keep a refusal that the program might catch."""
        self.refusal = self.refusal or error

    # Operators

    def asked_by(self, op: OpOverload) -> AbstractContextManager[None]:
        """Take what is asked in the meantime for questions of an operator."""
        return self._answers.asked_by(op)

    def on_operator(self, op: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Record an operator that the program performed, and return what the program gets for it."""
        info = operator_of(op)
        taken = tuple(self.take(argument) for argument in with_floats(op, args))
        named = {name: self.take(argument) for name, argument in kwargs.items()} if kwargs else kwargs
        return self.give(default_dtype.noted(self, info, taken, named, self._treat(info, taken, named)))

    def below(self, op: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Record an operator that torch's C++ side performs below our level."""
        if op is _DETACH and not args[0].value.requires_grad:
            # torch does this to every tensor that a factory made; it says nothing.
            base: Value = args[0].value
            out = Out(base.dims, base.dtype, base.device)
            return self.give(self._view(_ALIAS, base, (), {}, current(self, base), None, out))
        return self.on_operator(op, args, kwargs)

    def _treat(self, info: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        kind = info.kind
        if is_about_sparse(self, info, args, kwargs):
            return record_sparse(self, info, args, kwargs)
        if info.overload is _LIFT_FRESH:
            return self._constant(args[0])
        if kind is Kind.PURE or kind is Kind.VIEW or kind is Kind.MAYBE_VIEW:
            return self.call(info.overload, *args, **kwargs)
        if kind is Kind.QUESTION:
            return self._question(info, args, kwargs)
        return writes.perform(self, info, args, kwargs)

    def call(self, op: OpOverload, /, *args: Any, **kwargs: Any) -> Any:
        """Record a pure operator or a view on values, some of which are named `self`; return its value or values."""
        if op._schema.name in SPECIAL:
            found = record_special(self, op, args, kwargs)
            if found is not None:
                return found
        try:
            outs = self.shape(op, args, kwargs)
        except NoShape as failure:
            return by_parts(self, op, args, kwargs, failure)
        return self.results(op, args, kwargs, outs)

    def results(self, op: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any], outs: Any) -> Any:
        """Record an operator whose results are known; return their values."""
        node = self.node(op, self.as_arguments(args), self.as_arguments(kwargs))
        info = operator_of(op)
        if info.kind not in (Kind.VIEW, Kind.MAYBE_VIEW, Kind.STRIDED):
            operands = list(values_in((args, kwargs)))
            grad = info.differentiable and any(value.requires_grad for value in operands) and grad_enabled()
            contiguous = result_is_contiguous(op, operands, kwargs)
            return self._wrap(node, outs, lambda n, out, index: self._fresh(n, out, grad, contiguous))
        base, rest = args[0], args[1:]
        if info.kind is Kind.MAYBE_VIEW:
            node.meta["val"] = _spec(outs)
            return self._maybe_view(op, base, rest, kwargs, node, outs)
        return self._wrap(node, outs, lambda n, out, index: self._view(op, base, rest, kwargs, n, index, out))

    def shape(self, op: OpOverload, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        with self._answers.asked_by(op):
            outs = shape_of(op, args, kwargs, self.scope)
            return shape_by_meta(op, args, kwargs, self.scope, self.ledger) if outs is None else outs

    def higher_order(
        self, op: Any, args: tuple[Any, ...], kwargs: dict[str, Any], outs: list[Out]
    ) -> list[Value]:
        """Record a higher-order operator whose results are known."""
        node = self.node(op, self.as_arguments(args), self.as_arguments(kwargs))
        grad = any(value.requires_grad for value in values_in((args, kwargs))) and grad_enabled()
        return self._wrap(node, outs, lambda n, out, index: self._fresh(n, out, grad, False))

    def node(self, target: Callable[..., Any], args: Any, kwargs: Any = None) -> fx.Node:
        """Add a node with the user's line and the module path."""
        node = self.graph.call_function(target, args, kwargs or {})
        meta = node.meta
        meta["origin"] = origin_here()
        meta["nn_module_stack"] = self.module_stack
        grad_mode = grad_enabled()
        if grad_mode != self.grad_mode or self._is_in_own_region():
            meta["grad_enabled"] = grad_mode
        if torch.is_inference_mode_enabled() != self._inference_mode:
            self._refuse_inference_mode()
        return node

    def _is_in_own_region(self) -> bool:
        return self.grad_region is not None and self.frame is None and not inside_functorch()

    def make_size(
        self, graph: fx.Graph, function: Callable[..., Any], args: tuple[Any, ...], expr: Any
    ) -> fx.Node:
        """Add a node that computes a size to a graph: the one being recorded, or one around it."""
        node = self.node(function, args) if graph is self.graph else graph.call_function(function, args)
        node.meta.setdefault("origin", origin_here())
        node.meta.setdefault("nn_module_stack", self.module_stack)
        node.meta["val"] = expr
        return node

    def _wrap(self, node: fx.Node, outs: Any, make: Callable[[fx.Node, Out, int | None], Value]) -> Any:
        """Make the values for what a node returns: one tensor, or a `getitem` for each."""
        if isinstance(outs, Out):
            node.meta["val"] = _spec(outs)
            return make(node, outs, None)
        if not isinstance(outs, (list, tuple)):
            return outs
        node.meta["val"] = tuple(_spec(out) if isinstance(out, Out) else out for out in outs)
        made: list[Any] = []
        for index, out in enumerate(outs):
            if not isinstance(out, Out):
                made.append(out)
                continue
            item = self.node(operator.getitem, (node, index))
            item.meta["val"] = node.meta["val"][index]
            made.append(make(item, out, index))
        return made

    def _fresh(self, node: fx.Node, out: Out, grad: bool, contiguous: bool) -> Value:
        value = Value(out.dims, out.dtype, out.device, node, self.clock)
        value.requires_grad = grad and out.dtype in DIFFERENTIABLE
        value.contiguous = contiguous
        return value

    def _view(
        self, op: OpOverload, base: Value, args: Any, kwargs: Any, node: fx.Node, index: int | None, out: Out
    ) -> Value:
        value = Value(out.dims, out.dtype, out.device, node, self.clock)
        value.parent = base
        value.step = Step(op, tuple(args), kwargs, index)
        value.requires_grad = base.requires_grad and op is not _DETACH
        value.contiguous = view_is_contiguous(op, base)
        return value

    def _maybe_view(
        self, op: OpOverload, base: Value, args: Any, kwargs: Any, node: fx.Node, out: Out
    ) -> Value:
        """`to` shares storage when it changes nothing, `contiguous` and `reshape` when strides allow."""
        name = op._schema.name
        asked = in_format(op, base, args, kwargs, out)
        if asked is not None:
            copy = self._fresh(node, out, base.requires_grad, contiguous=asked[1])
            if asked[0]:
                self.asked_contiguous.add(base)
                note_maybe_shared(base, copy, Step(op, tuple(args), kwargs))
            return copy
        if name in COPIES_OR_HANDS_BACK or (name in MAYBE_ITSELF and out.dims == base.dims != ()):
            if is_handed_back(op, base, args, kwargs, out):
                self.graph.erase_node(node)
                return base
            return self._fresh(node, out, base.requires_grad and grad_enabled(), base.contiguous)
        if name == "aten::contiguous" or name in MAYBE_ITSELF:
            self.asked_contiguous.add(base)
        if base.contiguous and name not in MAYBE_ITSELF:
            view = self._view(op, base, args, kwargs, node, None, out)
            source = base.root.source
            if source is None or source.role is InputRole.USER:
                note_maybe_shared(base, view, Step(op, tuple(args), kwargs))  # while inputs are contiguous
            return view
        value = self._fresh(node, out, base.requires_grad, base.contiguous or name == "aten::contiguous")
        note_maybe_shared(base, value, Step(op, tuple(args), kwargs))
        return value

    def _constant(self, value: Value) -> Value:
        """`torch.tensor([1, 2])`: a constant of the program, and a fresh tensor made of it."""
        source = value.source
        if source is not None and source.real is not None and source.role is InputRole.CONSTANT:
            self.constant_nodes[value.node] = source.real
        return self.call(torch.ops.aten.lift_fresh_copy.default, value)

    def _question(self, info: Operator, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        name = info.overload._schema.name
        if name in ("aten::item", "aten::_local_scalar_dense"):
            return self.questions.item(args[0])
        if name == "aten::is_nonzero":
            return self.questions.truth(args[0])
        if name in ("aten::equal", "aten::allclose"):
            return self.questions.refuse_concrete(name.removeprefix("aten::") + "()")
        if name == "aten::_has_same_storage_numel":
            return True
        answer = self.shape(info.overload, args, kwargs)
        return answer if info.returns else None

    def new_size(self, upper: Any) -> Expr:
        """Return a symbol for a size that only tensor contents tell (`nonzero`), between 0 and `upper`."""
        expr = self.new_symbol()
        self.scope.assume(le(expr, upper if isinstance(upper, Expr) else integer(upper)))
        return expr

    def new_symbol(self, lo: int = 0, hi: int | None = None, sort: type = int) -> Expr:
        """Return a symbol for a number (see `Scope.declare`) that only the run of the program tells."""
        taken = {spec.symbol.name for spec in self.ledger.symbols}
        name = next(name for name in self._unknown if name not in taken)
        return self.scope.declare(name, lo=lo, hi=hi, sort=sort)

    # Between the program's terms and the trace's

    def take(self, argument: Any) -> Any:
        """Bring an argument into the trace's terms."""
        kind = type(argument)
        if kind is TracedTensor:
            if argument.asked is not self.questions:
                self._refuse_stranger()
            return value_of(argument)
        if kind in _PLAIN:
            return argument
        if kind is list or kind is tuple or kind is torch.Size:
            return [self.take(item) for item in argument]
        if isinstance(argument, torch.Tensor):
            inner = left_by_functorch(argument)
            return self.lifting.lift(argument) if inner is argument else self.take(inner)
        if kind in _SYMBOLIC:
            found = expr_of(argument)
            return self._plain(self.scope.simplify(found)) if isinstance(found, Expr) else found
        return argument

    @staticmethod
    def _plain(expr: Expr) -> Any:
        return expr.value if expr.is_const else expr

    def give(self, result: Any) -> Any:
        """Bring a result into the program's terms."""
        if isinstance(result, Value):
            return result.tensor if result.tensor is not None else TracedTensor.of(result, self.questions)
        if isinstance(result, (list, tuple)):
            return type(result)(self.give(item) for item in result)
        return to_python(result, self.scope) if isinstance(result, (Expr, Bool)) else result

    def as_arguments(self, tree: Any) -> Any:
        """Turn values and sizes into the nodes that compute them."""
        if isinstance(tree, Value):
            return self.reach(current(self, tree))
        if isinstance(tree, (Expr, Bool)):
            return self.sizes.node(tree)
        if isinstance(tree, (list, tuple)):
            return type(tree)([self.as_arguments(item) for item in tree])
        if isinstance(tree, dict):
            return {name: self.as_arguments(item) for name, item in tree.items()}
        return tree

    def reach(self, node: fx.Node) -> fx.Node:
        """Return the node that holds this value in the graph being recorded; it becomes an operand if need be."""
        if node.graph is self.graph:
            return node
        return refuse_leak(self, node) if self.frame is None else self.frame.reach(node)

    # What writes and questions rely on

    def touch(self, value: Value) -> None:
        """To be called before a value changes: what a subgraph changes outside of it is put back at its end."""
        if self.frame is not None:
            self.frame.remember(value)

    def before_write(self, root: Value) -> None:
        """Write down what a write to this root relies on; refuse what cannot be written."""
        refuse_unwritable(self, root)
        writes.rely_on_write(self, root)

    def written_shape(self, value: Value) -> Any:
        """Return the sizes of a value as the program sees them."""
        return self.questions.shape(value)

    def inputs_behind(self, value: Value) -> Iterator[Value]:
        """Yield the graph inputs that a property of `value` may follow from."""
        yield from [value.root] if value.root.source else [r for r in self.roots if r.source]

    def _refuse_stranger(self) -> None:
        self._refuse(
            "The program uses a traced tensor of another trace.",
            "An earlier export left it where the program found it; it has no contents and no place in this graph.",
            "Make the object that holds it anew before the export.",
            case="tensor_kept_in_global",
        )

    def _refuse_inference_mode(self) -> None:
        self._refuse(
            "The program switches torch.inference_mode.",
            "Tensors made in it cannot be used by autograd later, which a graph cannot say.",
            "Use `with torch.no_grad():` inside the program.",
            case="inference_mode_block",
        )

    def _refuse(self, what: str, why: str, instead: str, case: str) -> None:
        self.refused(error := Unsupported(what, why=why, instead=instead, where=origin_here(), case=case))
        raise error


def _spec(out: Out) -> TensorSpec:
    sizes: Any = out.dims
    return TensorSpec(sizes, out.dtype, out.device)


def _anchor() -> None:
    """The first node of a graph while it is recorded: inputs are placed before it."""


_PREFIXES = {InputRole.PARAMETER: "p_", InputRole.BUFFER: "b_", InputRole.CONSTANT: "c_", InputRole.USER: ""}
_ALIAS = torch.ops.aten.alias.default
_DETACH = torch.ops.aten.detach.default
_LIFT_FRESH = torch.ops.aten.lift_fresh.default
_PLAIN = frozenset(
    {int, float, bool, str, type(None), torch.dtype, torch.device, torch.layout, torch.memory_format}
)
_SYMBOLIC = frozenset({torch.SymInt, torch.SymFloat, torch.SymBool})
