"""What the parts of a trace need of the recorder, so that they can be read, and tested, without it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from torch import fx

from fullgraph.contract import Ledger
from fullgraph.errors import CaptureError
from fullgraph.symbolic import Expr, Scope
from fullgraph.tracing.dispatch import Interceptor, OpOverload
from fullgraph.tracing.lifting import Lifting
from fullgraph.tracing.sizes import SizeNodes
from fullgraph.tracing.traced import Value


class Records(Protocol):
    """The recorder, as the other files see it; `recorder.Recorder` is the one implementation."""

    clock: int
    scope: Scope
    ledger: Ledger
    sizes: SizeNodes
    lifting: Lifting
    interceptor: Interceptor
    module_stack: Mapping[str, Any]
    constant_nodes: dict[fx.Node, Any]

    @property
    def grad_mode(self) -> bool:
        """Whether gradients were on where the program was called."""
        ...

    def call(self, op: OpOverload, *args: Any, **kwargs: Any) -> Any:
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

    def data_dependent_size(self, value: Value) -> Any:
        """Return a symbol for an integer that only the tensor's contents tell."""
        ...

    def new_size(self, upper: Any) -> Expr:
        """Return a symbol for a size that only tensor contents tell."""
        ...

    def refused(self, error: CaptureError) -> None:
        """Keep a refusal that the program might catch."""
        ...

    def written_shape(self, value: Value) -> Any:
        """Return the sizes of a value as the program sees them."""
        ...
