"""Implementations of `Undecided` for tests, and what a trace puts in place."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from fullgraph.symbolic import PYTHON_METHODS, Bool, Expr, Kind, Scope, render


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


@contextlib.contextmanager
def methods_in_place() -> Iterator[None]:
    """Put the methods where they belong, and what was there back."""
    before = {place: place[0].__dict__.get(place[1]) for place in PYTHON_METHODS}
    for (owner, name), replacement in PYTHON_METHODS.items():
        setattr(owner, name, replacement(before[owner, name]))
    try:
        yield
    finally:
        for (owner, name), original in before.items():
            if original is None:
                delattr(owner, name)
            else:
                setattr(owner, name, original)
