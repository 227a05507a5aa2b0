"""`Report`: what stands between a program and its capture, and what a capture relies on, as plain data.

Invariant: an obstacle that is no estimate is one that `export` would raise. An estimate was found on the way that the
example takes after an earlier obstacle; another example, or a mended program, may go another way.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from typing import Any

from fullgraph.errors import CaptureError, render
from fullgraph.source import Origin


@dataclass(frozen=True)
class Obstacle:
    """One reason for refusal.

    Args:
        kind: the error that `export` raises: `Unsupported`, `DataDependent` or `Specialized`.
        what: what could not be done.
        why: the reason.
        instead: what to write instead.
        case: the ExportDB case that shows it.
        where: the user's line, if one caused it.
        estimate: whether it was found on the example's way past an earlier obstacle.
    """

    kind: str
    what: str
    why: str
    instead: str
    case: str | None
    where: Origin | None
    estimate: bool

    @classmethod
    def of(cls, error: CaptureError, *, estimate: bool) -> Obstacle:
        """Return the obstacle that an error names."""
        kind = type(error).__name__
        return cls(kind, error.what, error.why, error.instead, error.case, error.where, estimate)

    @property
    def file(self) -> str | None:
        """The file of the user's line."""
        return None if self.where is None else self.where.file

    @property
    def line(self) -> int | None:
        """The number of the user's line."""
        return None if self.where is None else self.where.line

    def __str__(self) -> str:
        return render(self.what, self.why, self.instead, self.where, self.case)


@dataclass(frozen=True)
class Fact:
    """A line of the contract: an assumption with its reason, or a Python value that is fixed."""

    text: str
    file: str | None = None
    line: int | None = None


@dataclass(frozen=True)
class GivenUp:
    """A dim that `Dim.AUTO` left static or tied to another one, and the assumption that did it."""

    dim: str
    because: str


@dataclass(frozen=True)
class Report:
    """What `explain` found.

    Args:
        name: the program.
        obstacles: why it is not captured, in the order in which the program meets them; empty when it is.
        complete: whether the program ran to its end; otherwise there may be more behind the last obstacle.
        assumptions: what a capture relies on.
        constants: the Python values that it fixes.
        given_up: the dims that `Dim.AUTO` gave up.
        written: Python state that the program writes, and that is put back after the export.

    Example:
        >>> import torch
        >>> from fullgraph import explain
        >>> report = explain(torch.sin, (torch.ones(3),))
        >>> report.ok
        True
    """

    name: str
    obstacles: tuple[Obstacle, ...]
    complete: bool = True
    assumptions: tuple[Fact, ...] = ()
    constants: tuple[Fact, ...] = ()
    given_up: tuple[GivenUp, ...] = ()
    written: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        """Whether the program is captured."""
        return not self.obstacles

    def as_data(self) -> dict[str, Any]:
        """Return the report as JSON has it."""
        obstacles = [
            {
                **{f.name: getattr(each, f.name) for f in dataclasses.fields(each) if f.name != "where"},
                "file": each.file,
                "line": each.line,
                "text": each.where.text if each.where is not None else None,
            }
            for each in self.obstacles
        ]
        rest = {
            name: [dataclasses.asdict(each) for each in getattr(self, name)]
            for name in ("assumptions", "constants", "given_up")
        }
        return {
            "name": self.name,
            "ok": self.ok,
            "complete": self.complete,
            "obstacles": obstacles,
            **rest,
            "written": list(self.written),
        }

    def to_json(self) -> str:
        """Return the report as JSON text."""
        return json.dumps(self.as_data(), indent=2)

    def __str__(self) -> str:
        return "\n\n".join(
            [self._headline(), *map(self._numbered, range(len(self.obstacles))), *self._lists()]
        )

    def _headline(self) -> str:
        if self.ok:
            return f"{self.name} is captured."
        count = len(self.obstacles)
        several = f"{count} obstacles" if count > 1 else "one obstacle"
        text = f"{self.name} is not captured: {several}."
        if any(each.estimate for each in self.obstacles):
            text += (
                "\nThose marked ~ were found past another one, by going on with what the example gives there;"
                " other inputs may meet others."
            )
        if not self.complete:
            text += "\nThe last one ended the run: there may be more behind it."
        return text

    def _numbered(self, index: int) -> str:
        obstacle = self.obstacles[index]
        mark = "~" if obstacle.estimate else " "
        first, *rest = f"{obstacle.kind}\n{obstacle}".split("\n")
        return "\n".join([f"{mark}{index + 1}. {first}", *(f"    {line}" for line in rest)])

    def _lists(self) -> list[str]:
        lists = {
            "It relies on": [each.text for each in self.assumptions],
            "It fixes": [each.text for each in self.constants],
            "Dim.AUTO gave up": [f"{each.dim}: {each.because}" for each in self.given_up],
            "It writes, and an export puts back": list(self.written),
        }
        return [
            "\n".join([f"{title}:", *(f"    {line}" for line in lines)])
            for title, lines in lists.items()
            if lines
        ]
