"""How obstacles are found: the export runs once as always, and if it is refused, once more past its refusals.

In the second run each refusal is noted and the program goes on with what the example gives at that place
(`tracing.explaining`). So the first obstacle is exactly the one that `export` raises, and all later ones are what it
would raise next if the program were mended there without another effect. Some refusals cannot be passed: an
exception of the program's own that follows, a structure that no branch can return. They end the run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from fullgraph.contract import constant_text
from fullgraph.errors import CaptureError, Specialized
from fullgraph.explain.report import Fact, GivenUp, Obstacle, Report
from fullgraph.export import export
from fullgraph.exported_program import ExportedProgram
from fullgraph.tracing import explaining


def explain(
    fn: Callable[..., Any],
    args: Sequence[Any] = (),
    kwargs: Mapping[str, Any] | None = None,
    *,
    dynamic_shapes: Any = None,
    constraints: Sequence[Any] | None = None,
    examples: Sequence[Sequence[Any] | Mapping[str, Any]] | None = None,
) -> Report:
    """Say all that stands between a program and its capture, and what a capture relies on.

    Args:
        fn: the program.
        args: example positional arguments. With tensors, obstacles behind a question on their contents are found
            too; a `TensorSpec` has none.
        kwargs: example keyword arguments.
        dynamic_shapes: as in `export`.
        constraints: as in `export`.
        examples: as in `export`.

    Returns:
        The report; `report.ok` says whether the program is captured.

    Raises:
        SpecError: the arguments contradict the function or each other.

    Example:
        >>> import time, torch
        >>> from fullgraph import explain
        >>> def stamped(x):
        ...     scale = float(x.numpy()[0])
        ...     return x * scale + time.time()
        >>> [obstacle.what for obstacle in explain(stamped, (torch.ones(3),)).obstacles]
        ['Python asked a traced tensor for its contents: numpy().', 'The program calls `time.time` while it is traced.']
    """
    options: dict[str, Any] = {
        "dynamic_shapes": dynamic_shapes,
        "constraints": constraints,
        "examples": examples,
    }
    name = getattr(fn, "__qualname__", type(fn).__qualname__)
    try:
        return _relied_on(export(fn, args, kwargs, **options), name, ())
    except CaptureError as error:
        first = error
    found = _Obstacles()
    # What `export` raises comes first, unless the second run meets it as well.
    try:
        with explaining(found.note):
            program = export(fn, args, kwargs, **options)
    except CaptureError as error:
        found.note(error)
        # What narrows a dim is refused when the run is over.
        return Report(name, found.listed(first), complete=isinstance(error, Specialized))
    except Exception:  # noqa: BLE001  (the program's own, on the way past its refusals)
        return Report(name, found.listed(first), complete=False)
    return _relied_on(program, name, found.listed(first))


class _Obstacles:
    """Refusals in the order of the run, each once: a run may be repeated, a line run many times."""

    def __init__(self) -> None:
        self._found: dict[Any, CaptureError] = {}

    def note(self, error: CaptureError) -> None:
        """Take a refusal, or the several that one stands for."""
        for each in error.parts or (error,):
            self._found.setdefault(_key(each), each)

    def listed(self, first: CaptureError) -> tuple[Obstacle, ...]:
        """Return the obstacles; `first` is what an ordinary export raises."""
        certain = {_key(each): each for each in first.parts or (first,)}
        found = self._found if self._found.keys() & certain.keys() else {**certain, **self._found}
        return tuple(
            Obstacle.of(certain.get(key, error), estimate=key not in certain) for key, error in found.items()
        )


def _key(error: CaptureError) -> Any:
    where = error.where
    return error.what, None if where is None else (where.file, where.line, where.carets)


def _relied_on(program: ExportedProgram, name: str, obstacles: tuple[Obstacle, ...]) -> Report:
    """Return the report of a run that came to its end."""
    contract = program.contract
    lines = (*contract.assumptions, *contract.deferred)
    return Report(
        name=name,
        obstacles=obstacles,
        assumptions=tuple(Fact(contract.line_text(line), *_place(line.origin)) for line in lines),
        constants=tuple(
            Fact(constant_text(each.path, each.value, each.origin), *_place(each.origin))
            for each in contract.constants
        ),
        given_up=tuple(GivenUp(spec.text, contract.line_text(line)) for spec, line in contract.given_up),
        written=tuple(each.path for each in program.parts.written),
    )


def _place(origin: Any) -> tuple[str | None, int | None]:
    return (None, None) if origin is None or not origin.known else (origin.file, origin.line)
