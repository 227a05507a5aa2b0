"""Running a case: export it, compare the program with eager on every input, compare its text with the golden file.

A case that is not supported is run too: it has to raise exactly the error that it states.

Invariant: nothing is printed and nothing is written; the result says all that was found. Inputs are copied for each
use, modules are made anew for each use, so that a case that writes to either can be run again.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from torch.utils import _pytree as pytree

from fullgraph.contract import TensorSpec
from fullgraph.errors import FullgraphError
from fullgraph.export import export
from fullgraph.exportdb.case import ExportCase
from fullgraph.exportdb.golden import Golden, compare_golden, golden_diff, on_any_machine
from fullgraph.exported_program import ExportedProgram
from fullgraph.testing import Call, compare_call, compare_rejection, differences


@dataclass(frozen=True)
class CaseResult:
    """What came of running a case.

    Args:
        case: the case.
        text: the printed program, or the error; what the golden file should hold.
        golden: how the text relates to the golden file.
        faults: what is wrong, in words; empty when all is as the case states.
        seconds: how long the run took.
        program: the program, when there is one.
        error: the error of fullgraph that refused it, when there is one.
    """

    case: ExportCase
    text: str
    golden: Golden
    faults: tuple[str, ...]
    seconds: float
    program: ExportedProgram | None = None
    error: FullgraphError | None = None

    @property
    def behaves(self) -> bool:
        """Whether the program, or the error, is right, whatever the golden file says."""
        return not self.faults

    @property
    def passed(self) -> bool:
        """Whether all is as the case states, and the text is that of the golden file."""
        return self.behaves and self.golden in (Golden.SAME, Golden.NONE)

    def report(self) -> str:
        """Return what is wrong as text, with the difference from the golden file; empty when nothing is."""
        lines = list(self.faults)
        if self.golden is Golden.MISSING:
            lines.append(
                f"The golden file {self.case.name}.txt is missing: `fullgraph db check --update` writes it."
            )
        elif self.golden is Golden.CHANGED:
            lines += ["The text differs from the golden file:", golden_diff(self.case, self.text)]
        return "\n".join(lines)


def run_case(case: ExportCase) -> CaseResult:
    """Run a case.

    Args:
        case: the case.

    Returns:
        What came of it. Errors of fullgraph are part of the result.

    Raises:
        Exception: what the program of the case itself raises while it is traced.
    """
    start = time.perf_counter()
    exported, given = case.make(), case.example.copied()
    try:
        program = export(exported, given.args, given.kwargs or None, **case.options(given))
    except FullgraphError as error:
        text = on_any_machine(f"{type(error).__name__}\n{error}")
        faults = tuple(_faults_of_error(case, error))
        return CaseResult(
            case, text, compare_golden(case, text), faults, time.perf_counter() - start, error=error
        )
    text = on_any_machine(str(program))
    faults = tuple(_faults_of_program(case, program, given))
    return CaseResult(
        case, text, compare_golden(case, text), faults, time.perf_counter() - start, program=program
    )


def _faults_of_error(case: ExportCase, error: FullgraphError) -> Iterator[str]:
    if case.supported:
        yield f"It is SUPPORTED, and the export was refused:\n{type(error).__name__}: {error}"
    elif type(error) is not case.raises:
        stated = "nothing" if case.raises is None else case.raises.__name__
        yield f"It states {stated}, and the export raised {type(error).__name__}:\n{error}"


def _faults_of_program(case: ExportCase, program: ExportedProgram, given: Call) -> Iterator[str]:
    """Call the program and eager side by side; the calls follow one another."""
    if not case.supported:
        yield "It is NOT_SUPPORTED, and the export succeeded: it can be SUPPORTED."
        return
    eager = case.make()
    before = (case.example.args, case.example.kwargs)
    found = differences(before, (given.args, given.kwargs), "example after the export")
    if not _is_described(case.example):
        found += compare_call(eager, program, case.example, "the example")
    for index, call in enumerate(case.extra):
        found += compare_call(eager, program, call, f"extra_args[{index}]")
    for index, call in enumerate(case.rejected):
        found += compare_rejection(program, call, f"rejected_args[{index}]")
    yield from map(str, found)


def _is_described(call: Call) -> bool:
    """Whether a call has descriptions of tensors in the place of tensors, so that nobody can make it."""
    leaves = pytree.tree_leaves((call.args, call.kwargs), is_leaf=lambda each: isinstance(each, TensorSpec))
    return any(isinstance(leaf, TensorSpec) for leaf in leaves)
