"""A function recorded as a graph of its own, inside the graph of the trace: a branch, a loop body, a backward.

While a `Frame` is entered, operators are recorded into its graph. Whatever the function uses of the graph around it
(a closed-over tensor, a parameter lifted on the way, a dynamic size) becomes an operand by itself, at any depth: the
first use of a node of an outer graph makes a placeholder here, and `reach` finds it from then on.

What the function writes to a value of the outer graph is put back when the frame is left, and listed in `written`:
whoever recorded the subgraph decides whether the new contents become outputs of it, or the program is refused.

Invariant: when a frame has been left, every value that existed before it is exactly as it was.
"""

from __future__ import annotations

import operator
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NoReturn

import torch
from torch import fx

from fullgraph.contract import Assumption, TensorSpec
from fullgraph.errors import Unsupported
from fullgraph.source import origin_here
from fullgraph.symbolic import Bool, Expr, render
from fullgraph.tracing.dispatch import grad_enabled
from fullgraph.tracing.functionalize import write
from fullgraph.tracing.records import InnerGraph, Records
from fullgraph.tracing.rules import Out
from fullgraph.tracing.sizes import SizeNodes
from fullgraph.tracing.traced import DIFFERENTIABLE, Value
from fullgraph.tracing.tree import identifier

# What of a value may change, and the list among it, which grows in place.
_CHANGES = tuple(name for name in Value.__slots__ if name not in ("dtype", "device", "source", "tensor"))
_LIST = _CHANGES.index("maybe_shared")
_NODE = _CHANGES.index("node")
_WRITTEN_AT = _CHANGES.index("written_at")


@dataclass(frozen=True)
class Written:
    """A tensor from outside of a subgraph that the subgraph wrote.

    Args:
        root: the value, which has its old contents again.
        contents: its new contents, a value of the subgraph.
        under_no_grad: whether it was written under no_grad.
    """

    root: Value
    contents: Value
    under_no_grad: bool


class Frame(InnerGraph):
    """One subgraph, while it is being recorded (`with frame: ...`) and until it is closed.

    Args:
        recorder: the recorder of the trace.
        grad: whether gradients are on where the subgraph will run; by default as where it is called.
    """

    def __init__(self, recorder: Records, grad: bool | None = None) -> None:
        self.graph = fx.Graph()
        self.written: tuple[Written, ...] = ()
        self._recorder = recorder
        self._outer = recorder.frame
        self._outer_graph = recorder.graph
        self._outer_sizes = recorder.sizes
        self._modules: dict[str, torch.nn.Module] = {}
        self._sizes = SizeNodes(partial(recorder.make_size, self.graph), self._size)
        self._grad = grad_enabled() if grad is None else grad
        self._anchor = self.graph.call_function(_first)
        self._leading: list[fx.Node] = []
        self._operands: dict[fx.Node, fx.Node] = {}
        self._before: dict[Value, tuple[Any, ...]] = {}
        self._entered: tuple[Any, ...] = ()
        self._around: list[SizeNodes] = [
            recorder.sizes,
            *(self._outer._around if isinstance(self._outer, Frame) else ()),
        ]
        self._assumed = len(recorder.ledger.assumptions)

    def __enter__(self) -> Frame:  # noqa: PYI034  (Self is not in Python 3.10)
        recorder = self._recorder
        self._entered = recorder.graph, recorder.sizes, recorder.modules, recorder.frame, recorder.grad_mode
        self._switch((self.graph, self._sizes, self._modules, self, self._grad))
        return self

    def __exit__(self, kind: type[BaseException] | None, *error: object) -> None:
        self._assert_assumptions(record=kind is None)
        self._put_back()
        self._switch(self._entered)

    def _switch(self, state: tuple[Any, ...]) -> None:
        recorder = self._recorder
        recorder.graph, recorder.sizes, recorder.modules, recorder.frame, recorder.grad_mode = state

    def _assert_assumptions(self, record: bool) -> None:
        """What was assumed of sizes that only this subgraph knows is asserted in it, each time it runs."""
        recorder = self._recorder
        for assumption in recorder.ledger.assumptions[self._assumed :]:
            fact = assumption.fact
            if (
                not isinstance(fact, Bool)
                or fact in recorder.asserted
                or all(map(self._is_known_outside, fact.symbols))
            ):
                continue
            recorder.asserted.add(fact)
            if record:
                record_assertion(recorder, assumption)

    def _is_known_outside(self, symbol: Expr) -> bool:
        is_input = self._recorder.ledger.spec_of(symbol) is not None
        return is_input or any(sizes.knows(symbol) for sizes in self._around)

    # Operands

    def argument(self, out: Out, requires_grad: bool = False) -> Value:
        """Add an argument that the operator itself gives to the subgraph: a slice, a carried value, a gradient."""
        node = placeholder(self._anchor, f"arg_{len(self._leading)}", _val(out))
        self._leading.append(node)
        value = Value(out.dims, out.dtype, out.device, node, self._recorder.clock)
        value.requires_grad = requires_grad
        for dim, size in enumerate(out.dims):
            if isinstance(size, Expr) and size.kind == "symbol":
                self._sizes.read_from(size, node, dim)
        return value

    def size_argument(self, symbol: Expr) -> None:
        """Add an argument that is an integer: what `symbol` stands for inside the subgraph."""
        node = placeholder(self._anchor, f"arg_{len(self._leading)}", symbol)
        self._leading.append(node)
        self._sizes.computed_by(symbol, node)

    def operand(self, node: fx.Node, name: str | None = None) -> fx.Node:
        """Add a value of the outer graph as the next argument of the subgraph."""
        placed = placeholder(self._anchor, name or node.name, node.meta.get("val"))
        self._leading.append(placed)
        self._operands.setdefault(node, placed)
        return placed

    def carry(self, root: Value) -> Value:
        """Make a tensor from outside, which the subgraph writes, an argument that differs from step to step."""
        recorder = self._recorder
        self.remember(root)
        node = placeholder(self._anchor, root.node.name, _val(Out(root.dims, root.dtype, root.device)))
        self._leading.append(node)
        recorder.clock += 1  # the views of it are stale: they are taken anew from what is carried
        root.node, root.fresh_at, root.written_at = node, recorder.clock, recorder.clock
        root.constant = None
        return root

    @property
    def operands(self) -> list[fx.Node]:
        """The nodes of the outer graph that the subgraph turned out to use, in order of their first use."""
        leading = set(self._leading)
        return [node for node, placed in self._operands.items() if placed not in leading]

    def reach(self, node: fx.Node) -> fx.Node:
        """Return the node of this graph that holds the value of a node of a graph around it."""
        if node.graph is self.graph:
            return node
        node = self._outer_node(node)
        placed = self._operands.get(node)
        if placed is None:
            placed = self._operands[node] = placeholder(self._anchor, node.name, node.meta.get("val"))
            constants = self._recorder.constant_nodes
            if node in constants:
                constants[placed] = constants[node]
        return placed

    def _outer_node(self, node: fx.Node) -> fx.Node:
        """Return the node of the graph right around this one that holds a value of it or of a graph further out."""
        if node.graph is self._outer_graph:
            return node
        return refuse_leak(self._recorder, node) if self._outer is None else self._outer.reach(node)

    def _size(self, symbol: Expr) -> fx.Node:
        return self.reach(self._outer_sizes.node(symbol))

    # Writes

    def remember(self, value: Value) -> None:
        """Note what a value is before it changes for the first time inside the subgraph."""
        if value not in self._before:
            known = [getattr(value, name) for name in _CHANGES]
            known[_LIST] = None if known[_LIST] is None else list(known[_LIST])
            self._before[value] = tuple(known)

    def is_outer(self, value: Value) -> bool:
        """Whether a value was there before the subgraph."""
        before = self._before.get(value)
        node: fx.Node = value.node if before is None else before[_NODE]
        return node.graph is not self.graph

    def is_as_it_came(self, written: Written) -> bool:
        """Whether a carried tensor has the contents it had when the subgraph began."""
        return written.contents.node in self._leading

    def _put_back(self) -> None:
        written: list[Written] = []
        for value, before in self._before.items():
            if not self.is_outer(value):
                continue
            if value.parent is None and value.written_at != before[_WRITTEN_AT]:
                contents = Value(value.dims, value.dtype, value.device, value.node, self._recorder.clock)
                contents.requires_grad = value.requires_grad
                written.append(Written(value, contents, value.wrote_under_no_grad))
        self.written = tuple(written)
        for value, before in self._before.items():
            if self.is_outer(value):
                for name, known in zip(_CHANGES, before):
                    setattr(value, name, known)

    # The end

    def close(self, outputs: Any, operands: Sequence[fx.Node] | None = None) -> fx.GraphModule:
        """Finish the graph.

        Args:
            outputs: what it returns: nodes of it, and constants.
            operands: nodes of the outer graph, in the order in which they are passed after the arguments; those that
                the subgraph does not use are passed all the same. By default `self.operands`.
        """
        rest: list[fx.Node] = []
        for node in self.operands if operands is None else operands:
            placed = self._operands.get(node)
            rest.append(
                placeholder(self._anchor, node.name, node.meta.get("val")) if placed is None else placed
            )
        for placed in [*self._leading, *rest]:
            self._anchor.prepend(placed)
        self.graph.erase_node(self._anchor)
        self.graph.output(outputs)
        return fx.GraphModule(self._modules, self.graph)


def attach(recorder: Records, name: str, module: fx.GraphModule) -> fx.Node:
    """Make a subgraph an attribute of the graph being recorded; return the node that refers to it."""
    number, unique = 0, name
    while unique in recorder.modules:
        number, unique = number + 1, f"{name}_{number + 1}"
    recorder.modules[unique] = module
    node = recorder.graph.get_attr(unique)
    node.meta["origin"] = origin_here()
    node.meta["nn_module_stack"] = recorder.module_stack
    return node


def all_operands(frames: Iterable[Frame]) -> list[fx.Node]:
    """Return what several subgraphs use of the outer graph, each once: they are called with the same operands."""
    return list(dict.fromkeys(node for frame in frames for node in frame.operands))


def call_subgraphs(
    recorder: Records, op: Any, args: tuple[Any, ...], outs: Sequence[Out | Expr], grads: Sequence[bool]
) -> list[Value | Expr]:
    """Record an operator that calls subgraphs and returns a tuple.

    Args:
        recorder: the recorder of the trace.
        op: the operator.
        args: nodes and constants.
        outs: what it returns: tensors, and integers as the symbols that stand for them from now on.
        grads: whether they require gradients, as far as their dtype and the grad mode allow.
    """
    call = recorder.node(op, args)
    call.meta["val"] = tuple(_val(out) for out in outs)
    results: list[Value | Expr] = []
    for index, out in enumerate(outs):
        item = recorder.node(operator.getitem, (call, index))
        item.meta["val"] = _val(out)
        if isinstance(out, Expr):
            recorder.sizes.computed_by(out, item)
            results.append(out)
            continue
        value = Value(out.dims, out.dtype, out.device, item, recorder.clock)
        value.requires_grad = grads[index] and grad_enabled() and out.dtype in DIFFERENTIABLE
        for dim, size in enumerate(out.dims):
            if isinstance(size, Expr) and size.kind == "symbol":
                recorder.sizes.read_from(size, item, dim)
        results.append(value)
    return results


def _val(out: Out | Expr) -> TensorSpec | Expr:
    if isinstance(out, Expr):
        return out
    sizes: Any = out.dims
    return TensorSpec(sizes, out.dtype, out.device)


def write_back(recorder: Records, written: Written, contents: Value) -> None:
    """Do outside of a subgraph what it did to a tensor from outside; the operator returned its `contents`."""
    root = written.root
    write(recorder, root, contents)
    root.requires_grad = root.requires_grad or (contents.requires_grad and not written.under_no_grad)
    root.wrote_under_no_grad = root.wrote_under_no_grad or written.under_no_grad


def record_assertion(recorder: Records, assumption: Assumption) -> None:
    """Let the graph assert a fact that nobody can check before it runs."""
    fact, where = assumption.fact, "" if assumption.origin is None else f" ({assumption.origin})"
    assert isinstance(fact, Bool)
    message = f"The program relies on {render(fact)}{where}."
    recorder.node(torch.ops.aten._assert_scalar.default, (recorder.sizes.node(fact), message))


def placeholder(anchor: fx.Node, name: str, val: Any) -> fx.Node:
    """Add an input to a graph, before the node `anchor`; it may be called anything."""
    with anchor.graph.inserting_before(anchor):
        node = anchor.graph.placeholder(identifier(name))
    node.target = node.name  # the parameter of the generated code; two inputs may have one name
    node.meta["val"] = val
    return node


def refuse_leak(recorder: Records, node: fx.Node) -> NoReturn:
    """Refuse a tensor that was made inside a subgraph and kept by the program for use outside of it."""
    error = Unsupported(
        "A tensor that was computed inside a branch, a loop body or a custom function is used outside of it.",
        why="Only what such a function returns leaves it: in another call it may not run, or run several times.",
        instead="Return the tensor from the function instead of keeping it in a variable, a list or an attribute.",
        where=node.meta.get("origin") or origin_here(),
        case="tensor_kept_from_branch",
    )
    recorder.refused(error)
    raise error


def refuse_unwritable(recorder: Records, root: Value) -> None:
    """Refuse to write what a subgraph may have returned, or may have returned a part of."""
    if root in recorder.unwritable:
        raise Unsupported(
            f"A tensor is written that may share memory with {recorder.unwritable[root]}.",
            why="Whether it does is known only when the program runs, and a graph is pure.",
            instead="Write to a copy: `tensor.clone()`; or let the function return a copy.",
            where=origin_here(),
            case="write_to_result_of_branch",
        )


def size_out_of_reach(symbol: Expr) -> NoReturn:
    """Refuse a size that is known only inside a subgraph that has ended."""
    raise Unsupported(
        f"The size {symbol} is used where it is not known.",
        why="It depends on the contents of a tensor inside a branch, a loop body or a custom function that has ended.",
        instead="Return the tensor whose size it is, and ask for its size outside.",
        where=origin_here(),
        case="tensor_kept_from_branch",
    )


def _first() -> None:
    """The first node of a subgraph while it is recorded: operands are placed before it."""
