"""What can go wrong, as data.

Every error of fullgraph has the same five fields: `where` (the user's line), `what` (could not be done),
`why`, `instead` (what to write), `case` (the ExportDB case that shows it). The one function `render` turns
them into text, so that the exception, the command line and the site say the same words.

The docstring of a class is its page: what it means, code that fails, and the same code corrected.

Invariant: whatever fullgraph raises on purpose is a `FullgraphError`; what the user's own program raises
while it is traced passes through unchanged.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from fullgraph.source import Origin


class FullgraphError(Exception):
    """Anything that fullgraph refuses, at export or at a call.

    Catch the subclass for the moment you care about: `SpecError` and `CaptureError` come out of `export`,
    `ContractError` out of a call, `ArtifactError` out of `save` and `load`.

    Args:
        what: what could not be done, in the user's words; one sentence.
        why: the reason.
        instead: what to write instead, as code where possible.
        where: the user's line, when one caused it.
        case: the name of the ExportDB case that shows the situation.
    """

    def __init__(
        self,
        what: str,
        *,
        why: str = "",
        instead: str = "",
        where: Origin | None = None,
        case: str | None = None,
    ) -> None:
        super().__init__(what)
        self.what = what
        self.why = why
        self.instead = instead
        self.where = where if where is not None and where.known else None
        self.case = case

    def render(self) -> str:
        """Return the error as text: the line, what, why, instead, and the case."""
        return render(self.what, self.why, self.instead, self.where, self.case)

    def __str__(self) -> str:
        return self.render()

    def __reduce__(self) -> tuple[Callable[..., FullgraphError], tuple[object, ...]]:
        # Exceptions are pickled by their positional arguments; ours are keywords.
        return _rebuild, (type(self), self.what, self.why, self.instead, self.where, self.case)


class SpecError(FullgraphError, ValueError):
    """The arguments of `export` contradict the function, its example inputs or each other.

    It is raised before anything is traced.

    Fails, because `x` has no axis 2:
        >>> import fullgraph, torch
        >>> def double(x):
        ...     return x * 2
        >>> n = fullgraph.Dim("n")
        >>> fullgraph.export(double, (torch.ones(3, 4),), dynamic_shapes={"x": {2: n}})
        Traceback (most recent call last):
        fullgraph.errors.SpecError: ...

    Write instead:
        >>> program = fullgraph.export(double, (torch.ones(3, 4),), dynamic_shapes={"x": {1: n}})
    """


class CaptureError(FullgraphError):
    """The program cannot be captured as one graph that is right for every input.

    It always is one of `Unsupported`, `DataDependent` and `Specialized`.

    Attributes:
        parts: the single refusals, when one error stands for several.
    """

    parts: tuple[CaptureError, ...] = ()


class Unsupported(CaptureError):
    """The program does something that no graph can hold, or that would be silently fixed at export.

    Fails, because the time of the export would become a part of the program:
        >>> import time, fullgraph, torch
        >>> def stamp(x):
        ...     return x + time.time()
        >>> fullgraph.export(stamp, (torch.ones(3),))
        Traceback (most recent call last):
        fullgraph.errors.Unsupported: ...

    Write instead, if that is what you want:
        >>> def stamp(x):
        ...     return x + fullgraph.constant(time.time)
        >>> program = fullgraph.export(stamp, (torch.ones(3),))
    """


class DataDependent(CaptureError):
    """Python needs a concrete value that is known only when the program runs.

    Fails, because the index into a Python list would be fixed at export:
        >>> import fullgraph, torch
        >>> SCALES = [0.5, 1.0, 2.0]
        >>> def scale(x, level):
        ...     return x * SCALES[int(level)]
        >>> fullgraph.export(scale, (torch.ones(3), torch.tensor(1)))
        Traceback (most recent call last):
        fullgraph.errors.DataDependent: ...

    Write instead, with the list as a tensor:
        >>> def scale(x, level):
        ...     return x * torch.tensor(SCALES)[level]
        >>> program = fullgraph.export(scale, (torch.ones(3), torch.tensor(1)))
    """


@dataclass(frozen=True)
class Advice:
    """Arguments of `export` to write instead.

    Args:
        dynamic_shapes: a spec for each input with dynamic sizes, by path.
        constraints: relations between the sizes.
    """

    dynamic_shapes: Mapping[str, str | None]
    constraints: tuple[str, ...] = ()

    def __str__(self) -> str:
        text = f"dynamic_shapes={dict(self.dynamic_shapes)}"
        return f"{text}, constraints={list(self.constraints)}" if self.constraints else text


class Specialized(CaptureError):
    """A dim that was declared dynamic would have become a constant, or its range smaller.

    Fails, because the sum only exists for a batch of 4:
        >>> import fullgraph, torch
        >>> def shift(x):
        ...     return x + torch.arange(4)
        >>> fullgraph.export(shift, (torch.ones(4),), dynamic_shapes={"x": "batch"})
        Traceback (most recent call last):
        fullgraph.errors.Specialized: ...

    Write instead:
        >>> def shift(x):
        ...     return x + torch.arange(x.shape[0])
        >>> program = fullgraph.export(shift, (torch.ones(4),), dynamic_shapes={"x": "batch"})

    Attributes:
        advices: specs under which the program is captured, the one that leaves most sizes dynamic first; empty if
            there is none.
    """

    advices: tuple[Advice, ...] = ()


class ContractError(FullgraphError, ValueError):
    """A program was called with inputs outside its contract.

    Nothing was computed and nothing was changed. `program.contract` lists what the program accepts, each line
    with the source line that asked for it.

    Fails, because a dim that is not named is static:
        >>> import fullgraph, torch
        >>> def double(x):
        ...     return x * 2
        >>> program = fullgraph.export(double, (torch.ones(3),))
        >>> program(torch.ones(4))
        Traceback (most recent call last):
        fullgraph.errors.ContractError: ...

    Write instead:
        >>> program = fullgraph.export(double, (torch.ones(3),), dynamic_shapes={"x": "n"})
        >>> program(torch.ones(4))
        tensor([2., 2., 2., 2.])
    """


class ArtifactError(FullgraphError):
    """A program cannot be written to a file, or a file cannot be read as a program.

    Fails, because the program returns an object of a class that no other process can find:
        >>> import os, tempfile, fullgraph, torch
        >>> from dataclasses import dataclass
        >>> path = os.path.join(tempfile.mkdtemp(), "double.fgx")
        >>> def make_double():
        ...     @dataclass
        ...     class Output:
        ...         value: torch.Tensor
        ...     return lambda x: Output(x * 2)
        >>> fullgraph.export(make_double(), (torch.ones(3),)).save(path)
        Traceback (most recent call last):
        fullgraph.errors.ArtifactError: ...

    Write instead, with a class at the top of a module, or without a class:
        >>> def double(x):
        ...     return {"value": x * 2}
        >>> fullgraph.export(double, (torch.ones(3),)).save(path)
        >>> fullgraph.load(path)(torch.ones(3))
        {'value': tensor([2., 2., 2.])}
    """


def render(
    what: str, why: str = "", instead: str = "", where: Origin | None = None, case: str | None = None
) -> str:
    """Return the five fields of an error as text.

    Example:
        >>> print(render("`int(level)` needs a concrete value.", why="It is known only at the call."))
        what: `int(level)` needs a concrete value.
        why: It is known only at the call.
    """
    lines = [] if where is None or not where.known else _quote(where)
    for label, text in (("what", what), ("why", why), ("instead", instead)):
        if text:
            lines.append(_labelled(label, text))
    if case:
        lines.append(f"see: fullgraph db show {case}")
    return "\n".join(lines)


def _quote(where: Origin) -> list[str]:
    """Return the user's line with carets, and the library line it led to, if it led to one."""
    lines = [f"{where.path} in {where.function}", *_indented(where)]
    inner = where.innermost
    if inner is not None:
        lines += [f"  through {inner.path} in {inner.function}", *_indented(inner)]
    return lines


def _indented(where: Origin) -> list[str]:
    text = [*where.text.split("\n"), where.carets]
    return [f"    {line}" for line in text if line]


def _labelled(label: str, text: str) -> str:
    """Return `label: text`; further lines of the text (a spec to paste, a list) are indented below it."""
    first, *rest = text.split("\n")
    return "\n".join([f"{label}: {first}", *(f"    {line}" if line else "" for line in rest)])


def _rebuild(
    kind: type[FullgraphError], what: str, why: str, instead: str, where: Origin | None, case: str | None
) -> FullgraphError:
    return kind(what, why=why, instead=instead, where=where, case=case)
