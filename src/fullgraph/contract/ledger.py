"""The assumptions of one trace, as they are made.

The ledger only collects. What of it becomes a line of the contract, and what is refused, is decided once, at the end
of the trace, in `simplify`: only then are all of them known, and all that must be refused can be named together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from enum import Enum
from typing import TYPE_CHECKING, Any, Final

from fullgraph.contract.facts import Fact

if TYPE_CHECKING:
    from fullgraph.contract.symbols import DimSpec
    from fullgraph.source import Origin
    from fullgraph.symbolic import Expr

TEXT_OF_SIZE: Final = "f_string_of_size"  # the case of ExportDB


class AssumptionKind(Enum):
    """Why a fact is in the ledger."""

    DECLARED = "declared"  # the user's spec states it
    CHECK = "check"  # the program demands it: torch._check, an assertion
    OPERATOR = "operator"  # a shape rule relied on it
    PROGRAM = "program"  # the user's Python took a way because of it
    BRANCH = "branch"  # the same, and what the program does for other sizes is known to be something else


@dataclass(frozen=True)
class Assumption:
    """A fact the program relies on.

    Args:
        fact: what holds.
        origin: the user's line that caused it; None if the spec did.
        kind: why it is here.
        note: the operator that relied on it, or the message of a check.
        case: the case of ExportDB that shows how it came about, where that is known.
    """

    fact: Fact
    origin: Origin | None
    kind: AssumptionKind
    note: str = ""
    case: str | None = None

    @property
    def is_for_text(self) -> bool:
        """Whether the value of a size was asked for to be written as text, as into the message of an error."""
        return self.case == TEXT_OF_SIZE


@dataclass(frozen=True)
class Constant:
    """A Python value that the program read and that is fixed from now on, by its qualified name."""

    path: str
    value: Any
    origin: Origin | None = None


class Ledger:
    """Collects the assumptions of one trace.

    Example:
        >>> ledger = Ledger()
        >>> sizes = specs.declare(scope, ledger)
        >>> ledger.assume(le(seq, 512), origin_here(), AssumptionKind.OPERATOR, note="aten.slice")
    """

    def __init__(self) -> None:
        self._specs: dict[Expr, DimSpec] = {}
        self._assumptions: dict[Fact, Assumption] = {}
        self._constants: dict[str, Constant] = {}
        self._case: str | None = None

    def declare(self, specs: Iterable[DimSpec]) -> None:
        """Introduce the symbols of the inputs."""
        self._specs.update((spec.symbol, spec) for spec in specs)

    def assume(self, fact: Fact, origin: Origin | None, kind: AssumptionKind, note: str = "") -> None:
        """Record that the program relies on a fact.

        The first origin of a fact is kept, unless it was no more than a text. A fact that is also demanded by a check
        is one that the user wants; but what is checked on one side of a branch is not what decides about the branch.
        """
        new = Assumption(fact, origin, kind, note, self._case)
        first = self._assumptions.setdefault(fact, new)
        if first.is_for_text:
            self._assumptions[fact] = first = new
        if kind is AssumptionKind.CHECK and first.kind in (AssumptionKind.OPERATOR, AssumptionKind.PROGRAM):
            self._assumptions[fact] = replace(first, kind=kind, origin=origin, note=note)
        if kind is AssumptionKind.BRANCH and first.kind is not AssumptionKind.DECLARED:
            self._assumptions[fact] = replace(first, kind=kind, origin=origin, note=note)

    @contextmanager
    def shown_by(self, case: str) -> Iterator[None]:
        """Say which case of ExportDB shows what is assumed in the meantime."""
        before, self._case = self._case, case
        try:
            yield
        finally:
            self._case = before

    def constant(self, path: str, value: Any, origin: Origin | None = None) -> None:
        """Record that a Python value was read and is fixed from now on."""
        self._constants.setdefault(path, Constant(path, value, origin))

    def spec_of(self, symbol: Expr) -> DimSpec | None:
        """Return what the user said of a symbol; None if it is no symbol of an input."""
        return self._specs.get(symbol)

    def is_dynamic(self, symbol: Expr) -> bool:
        """Whether the user declared the symbol dynamic, so that narrowing it will be refused."""
        spec = self._specs.get(symbol)
        return spec is not None and spec.is_strict

    @property
    def symbols(self) -> tuple[DimSpec, ...]:
        """The symbols of the inputs, in order."""
        return tuple(self._specs.values())

    @property
    def assumptions(self) -> tuple[Assumption, ...]:
        """What was assumed, in order, each fact once."""
        return tuple(self._assumptions.values())

    @property
    def constants(self) -> tuple[Constant, ...]:
        """The Python values that were read."""
        return tuple(self._constants.values())

    def mark(self) -> int:
        """Return the present length, to come back to with `undo`."""
        return len(self._assumptions)

    def undo(self, mark: int) -> None:
        """Forget the assumptions made since `mark`."""
        for fact in list(self._assumptions)[mark:]:
            del self._assumptions[fact]
