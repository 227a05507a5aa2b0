"""The verdict on one exporter and one subject: export, then call program and eager side by side on every input.

The comparison is that of the runner, so that an exporter is asked exactly what fullgraph is asked. Beyond the inputs of
the subject, the example is called a second time: what counts its calls, or reads a clock, shows then.

Invariant: the worst verdict of all calls is the verdict; silence is worse than a rejection.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from fullgraph.exportdb.subjects import Subject
from fullgraph.exportdb.survey.record import SurveyVerdict, rounded, trimmed
from fullgraph.testing import Call, Program, call_both, differences


@dataclass(frozen=True)
class Captured:
    """What an exporter made.

    Args:
        program: the program.
        note: how the exporter was helped.
    """

    program: Program
    note: str = ""


class NotApplicable(Exception):
    """The subject cannot be said in the words of this exporter."""


Exporter = Callable[[Subject, Call], Captured]
"""Takes a subject and a copy of its example; what it raises is its refusal."""


@dataclass(frozen=True)
class Judged:
    """A verdict, and what led to it; the fields are those of a record."""

    verdict: SurveyVerdict
    input: str = ""
    message: str = ""
    note: str = ""
    seconds: float = 0.0


def judge(subject: Subject, exporter: Exporter) -> Judged:
    """Export a subject and compare the program with eager."""
    try:
        subject.make()(*(given := subject.example.copied()).args, **given.kwargs)
    except Exception as error:  # noqa: BLE001  (whatever the user's program raises)
        return Judged(SurveyVerdict.NOT_APPLICABLE, "example", f"eager raises {_said(error)}")
    given, start = subject.example.copied(), time.perf_counter()
    try:
        captured = exporter(subject, given)
    except NotApplicable as error:
        return Judged(SurveyVerdict.NOT_APPLICABLE, message=trimmed(str(error)))
    except Exception as error:  # noqa: BLE001  (a refusal, whatever its class)
        seconds = rounded(time.perf_counter() - start)
        return Judged(SurveyVerdict.REFUSED, message=_said(error), seconds=seconds)
    seconds = rounded(time.perf_counter() - start)
    faults = [*_changed_by_export(subject, given), *_faults(subject, captured.program)]
    # `min` keeps the first of several, and the order of _SEVERITY is from the worst on.
    worst = min(faults, key=lambda fault: _SEVERITY.index(fault.verdict), default=Judged(SurveyVerdict.RIGHT))
    return Judged(worst.verdict, worst.input, worst.message, captured.note, seconds)


_SEVERITY: Sequence[SurveyVerdict] = (
    SurveyVerdict.SILENTLY_WRONG,
    SurveyVerdict.TOO_NARROW,
    SurveyVerdict.RIGHT,
)


def _changed_by_export(subject: Subject, given: Call) -> Iterator[Judged]:
    found = differences(
        (subject.example.args, subject.example.kwargs), (given.args, given.kwargs), "example after the export"
    )
    if found:
        yield Judged(SurveyVerdict.SILENTLY_WRONG, "export", trimmed(str(found[0])))


def _calls(subject: Subject) -> Iterator[tuple[str, Call]]:
    yield "example", subject.example
    yield from ((f"extra_args[{index}]", call) for index, call in enumerate(subject.extra))
    yield from ((f"rejected_args[{index}]", call) for index, call in enumerate(subject.rejected))
    yield "example again", subject.example


def _faults(subject: Subject, program: Program) -> Iterator[Judged]:
    """Make the calls one after another. A call that the program rejects has not happened, for eager neither."""
    eager = subject.make()
    made: list[Call] = []
    for name, call in _calls(subject):
        found = call_both(eager, program, call, name)
        if found.program_error is not None:
            eager = _after(subject, made)
            if found.eager_error is None and not any(call is each for each in subject.rejected):
                yield Judged(SurveyVerdict.TOO_NARROW, name, _said(found.program_error))
        elif found.eager_error is not None:
            said = f"eager raises {_said(found.eager_error)}; the program returns a result"
            yield Judged(SurveyVerdict.SILENTLY_WRONG, name, trimmed(said))
            return  # how far eager came before it raised is not known, so neither is its state
        elif found.differences:
            yield Judged(SurveyVerdict.SILENTLY_WRONG, name, trimmed(str(found.differences[0])))
        if found.program_error is None:
            made.append(call)


def _after(subject: Subject, made: Sequence[Call]) -> Callable[..., Any]:
    """Return eager after these calls. It is made anew: not everything that a program keeps can be copied."""
    eager = subject.make()
    with torch.random.fork_rng(devices=[]):
        for call in made:
            again = call.copied()
            torch.manual_seed(0)
            eager(*again.args, **again.kwargs)
    return eager


def _said(error: BaseException) -> str:
    return trimmed(f"{type(error).__name__}: {error}")


class ModuleProgram:
    """A module that an exporter returned, as a program.

    Args:
        module: the module.
    """

    def __init__(self, module: torch.nn.Module) -> None:
        self._module = module

    @property
    def state_dict(self) -> Mapping[str, torch.Tensor]:
        """Its parameters and buffers by qualified name."""
        found: dict[str, torch.Tensor] = dict(self._module.named_parameters(remove_duplicate=False))
        return found | dict(self._module.named_buffers(remove_duplicate=False))

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it."""
        return self._module(*args, **kwargs)
