"""Implementations of `Undecided` for tests."""

from dataclasses import dataclass, field
from typing import Any

from fullgraph.symbolic import Bool, Expr, Kind, Scope, render


class NobodyAsked:
    """Fails the test when it is asked."""

    def condition(self, question: Bool, kind: Kind) -> bool:
        raise AssertionError(f"asked ({kind}): {render(question)}")

    def value(self, expr: Expr) -> int:
        raise AssertionError(f"asked for the value of {render(expr)}")


@dataclass
class Recorded:
    """Says yes to everything, and keeps what was asked."""

    asked: list[Bool] = field(default_factory=list)

    def condition(self, question: Bool, kind: Kind) -> bool:
        self.asked.append(question)
        return True

    def value(self, expr: Expr) -> int:
        raise AssertionError(f"asked for the value of {render(expr)}")


@dataclass
class ByHint:
    """Answers as the example does, and keeps what was asked."""

    asked: list[tuple[str, str]] = field(default_factory=list)
    scope: Any = None

    def condition(self, question: Bool, kind: Kind) -> bool:
        self.asked.append((kind, render(question)))
        return kind == "check" or bool(self.scope.hint_of(question))

    def value(self, expr: Expr) -> int:
        self.asked.append(("value", render(expr)))
        return self.scope.hint_of(expr)


def scope_by_hint() -> tuple[Scope, ByHint]:
    """Return a scope that is answered by hints, and who answers."""
    asked = ByHint()
    asked.scope = Scope(asked)
    return asked.scope, asked
