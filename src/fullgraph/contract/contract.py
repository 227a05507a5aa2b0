"""`Contract`: everything a program relies on, as plain data.

What is in it is exactly what the compiled check tests. The sizes are kept twice: as the spec declared them, which is
how a call gives each symbol its value, and with all equalities applied, which is what the graph and the reader see.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from fullgraph.contract.dim import DimKind
from fullgraph.contract.facts import Fact
from fullgraph.contract.ledger import Assumption, AssumptionKind, Constant
from fullgraph.contract.symbols import DimSpec, texts
from fullgraph.contract.text import constant_text, fact_text, input_text, range_text, size_text, with_reason
from fullgraph.symbolic import Bool, Expr, Range, eq, sort_of

if TYPE_CHECKING:
    import torch

Dims = tuple["int | Expr", ...]


@dataclass(frozen=True)
class InputContract:
    """What the contract says of one flattened argument.

    Args:
        path: the input's path.
        value: of what is no tensor, the value it must have (None if it is a dynamic number).
        dims: a tensor's sizes, all equalities applied; None for what is no tensor.
        declared: the same as the spec declared them.
        dtype: a tensor's dtype.
        device: its device.
        layout: its layout.
        scalar: the expression of a number that is dynamic itself, all equalities applied; of a truth value the
            expression that is 1 where it is true.
        sort: the type of such a number.
    """

    path: str
    value: Any = None
    dims: Dims | None = None
    declared: Dims = ()
    dtype: torch.dtype | None = None
    device: torch.device | None = None
    layout: torch.layout | None = None
    scalar: Expr | None = None
    sort: type = int

    @property
    def is_tensor(self) -> bool:
        """Whether the input is a tensor."""
        return self.dims is not None

    @property
    def rank(self) -> int | None:
        """How many dims a tensor has."""
        return None if self.dims is None else len(self.dims)


@dataclass(frozen=True)
class Contract:
    """All that a program relies on.

    Args:
        inputs: what each flattened argument must be.
        symbols: the symbols of the inputs, in the order in which a call gives them values.
        assumptions: what else must hold, each line with its origin; none follows from the others.
        solutions: the symbols that equalities among the assumptions determine, by the others.
        ranges: the range of each remaining symbol, those known only during a run included.
        deferred: facts on values known only during a run, which the graph itself asserts.
        constants: Python values that were read and are fixed.
    """

    inputs: tuple[InputContract, ...]
    symbols: Mapping[Expr, DimSpec]
    assumptions: tuple[Assumption, ...]
    solutions: Mapping[Expr, Expr]
    ranges: Mapping[Expr, Range]
    deferred: tuple[Assumption, ...] = ()
    constants: tuple[Constant, ...] = ()

    @cached_property
    def names(self) -> dict[Expr, str]:
        """What messages call each symbol: the user's name, or `x.shape[0]`."""
        return texts(self.symbols.values())

    @cached_property
    def _solved(self) -> dict[Fact, Expr]:
        return {eq(symbol, value): symbol for symbol, value in self.solutions.items()}

    def fact_text(self, fact: Fact) -> str:
        """Return a fact in the user's names; an equality begins with the size that it gives up."""
        solved = self._solved.get(fact)
        if solved is None or sort_of(solved) is bool:
            return fact_text(fact, self.names)
        return f"{self.names[solved]} == {size_text(self.solutions[solved], self.names)}"

    def text_of(self, line: Assumption) -> str:
        """Return an assumption without its reason; what the user stated stands as written, unless it was restated."""
        stated = line.kind is AssumptionKind.DECLARED and line.note and line.fact not in self._solved
        return line.note if stated else self.fact_text(line.fact)

    def line_text(self, line: Assumption) -> str:
        """Return an assumption in the user's names, with its reason."""
        return with_reason(self.text_of(line), line)

    @property
    def given_up(self) -> tuple[tuple[DimSpec, Assumption], ...]:
        """The dims that `Dim.AUTO` gave up, each with the line that pins it."""
        return tuple(
            (spec, line)
            for spec in self.symbols.values()
            if spec.kind is DimKind.AUTO and spec.symbol in self.solutions
            for line in self.assumptions
            if isinstance(line.fact, Bool) and spec.symbol in line.fact.symbols
        )

    @property
    def values_asked_for(self) -> int:
        """How many dims `Dim.AUTO` gave up because the program asked for their values (`range(n)`)."""
        return sum(line.kind is AssumptionKind.PROGRAM for _, line in self.given_up)

    def lines(self) -> tuple[str, ...]:
        """Return the contract as text: inputs, then ranges, then a line per assumption with its source line."""
        inputs = (
            input_text(i.path, i.dtype, i.dims, i.device, i.value, i.scalar, i.sort) for i in self.inputs
        )
        ranges = (range_text(s.text, s.sizes) for s in self.symbols.values() if s.sizes.arguments)
        facts = map(self.line_text, (*self.assumptions, *self.deferred))
        constants = (constant_text(c.path, c.value, c.origin) for c in self.constants)
        return (*inputs, *ranges, *facts, *constants)

    def __len__(self) -> int:
        bounded = sum(bool(s.sizes.arguments) for s in self.symbols.values())
        return len(self.inputs) + bounded + len(self.assumptions) + len(self.deferred) + len(self.constants)

    def __bool__(self) -> bool:
        return True  # a program without inputs has a contract too

    def __str__(self) -> str:
        return "\n".join(self.lines())


def render_contract(contract: Contract) -> str:
    """Return the contract as text, a line per fact."""
    return str(contract)
