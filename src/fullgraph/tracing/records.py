"""What the parts of a trace need of the recorder, so that they can be read, and tested, without it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

import torch
from torch import fx

from fullgraph.contract import Ledger
from fullgraph.errors import CaptureError
from fullgraph.symbolic import Bool, Expr, Scope
from fullgraph.tracing.dispatch import Interceptor, OpOverload
from fullgraph.tracing.lifting import Lifting
from fullgraph.tracing.module_state import ModuleTrees
from fullgraph.tracing.sizes import SizeNodes
from fullgraph.tracing.traced import Value


class InnerGraph(Protocol):
    """A subgraph while it is recorded; `subgraph.Frame` is the one implementation."""

    def reach(self, node: fx.Node) -> fx.Node:
        """Return the node of this graph that holds the value of a node of a graph around it."""
        ...

    def remember(self, value: Value) -> None:
        """Note what a value is before it changes for the first time inside the subgraph."""
        ...

    def is_outer(self, value: Value) -> bool:
        """Whether a value was there before the subgraph."""
        ...


class Records(Protocol):
    """The recorder, as the other files see it; `recorder.Recorder` is the one implementation."""

    clock: int
    placed: list[tuple[fx.Node, Value | str]]  # each input: its value, or a scalar's path
    roots: list[Value]  # inputs and lifted tensors, in order of their appearance
    graph: fx.Graph  # being recorded now, with what belongs to it: its sizes, its subgraphs, its grad mode
    frame: InnerGraph | None  # the subgraph being recorded, if any
    modules: dict[str, torch.nn.Module]
    module_trees: ModuleTrees  # the program's modules as they were when a branch or a body began
    grad_mode: bool  # whether gradients are on where the graph being recorded is called
    callers_grad_mode: bool  # whether gradients are on around the program
    grad_region: bool | None  # the grad mode that the program itself has set, if any
    scope: Scope
    ledger: Ledger
    sizes: SizeNodes
    lifting: Lifting
    interceptor: Interceptor
    module_stack: Mapping[str, Any]
    constant_nodes: dict[fx.Node, Any]
    refusal: CaptureError | None  # the first one; raised at the end even if the program caught it
    unwritable: dict[Value, str]  # roots that may share memory with what the text names
    asked_contiguous: set[Value]  # those of which `contiguous()` or `expand` gave what may be the very object
    met_sparse: bool  # whether a sparse tensor was met in this trace
    asserted: set[Bool]  # assumptions that a subgraph asserts, because only it knows their symbols

    def asked_by(self, op: OpOverload, /) -> AbstractContextManager[None]:
        """Take what is asked in the meantime for questions of an operator."""
        ...

    def node(self, target: Callable[..., Any], args: Any, kwargs: Any = None) -> fx.Node:
        """Add a node with the user's line and the module path."""
        ...

    def make_size(
        self, graph: fx.Graph, function: Callable[..., Any], args: tuple[Any, ...], expr: Any
    ) -> fx.Node:
        """Add a node that computes a size to a graph: the one being recorded, or one around it."""
        ...

    def as_arguments(self, tree: Any) -> Any:
        """Turn values and sizes into the nodes that compute them."""
        ...

    def reach(self, node: fx.Node) -> fx.Node:
        """Return the node that holds this value in the graph being recorded."""
        ...

    def touch(self, value: Value) -> None:
        """To be called before a value changes."""
        ...

    def call(self, op: OpOverload, /, *args: Any, **kwargs: Any) -> Any:
        """Record a pure operator or a view on values; return its value, or a list of values."""
        ...

    def shape(self, op: OpOverload, args: Any, kwargs: Any) -> Any:
        """Return an `Out` for each tensor the operator returns, without recording it."""
        ...

    def results(self, op: OpOverload, args: Any, kwargs: Any, outs: Any) -> Any:
        """Record an operator whose results are known; return their values."""
        ...

    def higher_order(self, op: Any, args: Any, kwargs: Any, outs: Any) -> Any:
        """Record a higher-order operator whose results are known."""
        ...

    def on_operator(self, op: OpOverload, args: Any, kwargs: Any) -> Any:
        """Record an operator in the program's terms."""
        ...

    def below(self, op: OpOverload, args: Any, kwargs: Any) -> Any:
        """Record an operator that torch's C++ side performs below our level."""
        ...

    def take(self, argument: Any) -> Any:
        """Bring an argument into the trace's terms."""
        ...

    def give(self, result: Any) -> Any:
        """Bring a result into the program's terms."""
        ...

    def before_write(self, root: Value) -> None:
        """Refuse what cannot be written."""
        ...

    def inputs_behind(self, value: Value) -> Iterator[Value]:
        """Yield the graph inputs that a property of `value` may follow from."""
        ...

    def new_size(self, upper: Any) -> Expr:
        """Return a symbol for a size that only tensor contents tell."""
        ...

    def new_symbol(self, lo: int = 0, hi: int | None = None, sort: type = int) -> Expr:
        """Return a symbol for a number that only the run of the program tells."""
        ...

    def refused(self, error: CaptureError) -> None:
        """Keep a refusal that the program might catch."""
        ...

    def written_shape(self, value: Value) -> Any:
        """Return the sizes of a value as the program sees them."""
        ...
