"""Whom to ask when no answer follows from the facts.

The symbolic layer never guesses and never looks at hints by itself. A question without an answer goes to the
object the `Scope` was built with; `tracing` implements it: it writes an assumption into the contract, or
interrupts the trace.
"""

from __future__ import annotations

from typing import Literal, Protocol

from fullgraph.symbolic.boolean import Bool
from fullgraph.symbolic.expr import Expr

# guard           Python must know: `if`, `while`, `bool()`, or C++ that takes one way or the other
# size_oblivious  a shape rule asks, and either answer gives a right result if it is then kept to
# required        an operator's own condition: as size_oblivious, but where no example can tell, it must hold
# expected        as size_oblivious, but where only contents tell it is to hold, and each run makes sure of it
# or_false        as guard, but the asker has a way that is right for both outcomes and takes it on False
# or_true         the same, with True
# check           it must hold, or the program raises: it becomes a fact
Kind = Literal["guard", "size_oblivious", "required", "expected", "or_false", "or_true", "check"]


class Undecided(Protocol):
    """Answers what does not follow from the facts."""

    def condition(self, question: Bool, kind: Kind) -> bool:
        """Say whether `question` is to hold from now on.

        The scope remembers an answer as a fact. One to "or_false" and "or_true" is remembered only if it isn't the
        default: the default relies on nothing.
        """
        ...

    def value(self, expr: Expr) -> int | float:
        """Return the one value `expr` is to have from now on; the scope remembers it as a fact."""
        ...
