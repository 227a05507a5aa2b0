"""Checking cases by name, one after the other, whatever is wrong with some of them.

A case that cannot be loaded, or whose program raises, is a result like any other, so that one broken file does not hide
what is wrong with the rest.

Invariant: a golden file is written only when the case behaves as it states.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from fullgraph.errors import FullgraphError
from fullgraph.exportdb.case import ExportCase
from fullgraph.exportdb.golden import write_golden
from fullgraph.exportdb.registry import REGISTRY, faults_between
from fullgraph.exportdb.run import CaseResult, run_case


@dataclass(frozen=True)
class Checked:
    """What came of checking one case.

    Args:
        name: the case.
        passed: whether all is as the case states and as the golden file has it.
        report: what is wrong, in words and with the difference from the golden file.
        seconds: how long the run took.
        written: whether the golden file was written.
    """

    name: str
    passed: bool
    report: str = ""
    seconds: float = 0.0
    written: bool = False


def check_case(name: str, *, update: bool = False) -> Checked:
    """Load and run one case.

    Args:
        name: the case.
        update: write the golden file when the case behaves and its text is another.

    Returns:
        What came of it; errors are part of the result.
    """
    try:
        result = run_case(REGISTRY.get(name))
    except FullgraphError as error:
        return Checked(name, passed=False, report=str(error))
    except Exception as error:  # noqa: BLE001  (the program of a case may raise anything; that is what is wrong with it)
        return Checked(name, passed=False, report=f"The case raised {type(error).__name__}: {error}")
    return _updated(result) if update and result.behaves else _as_checked(result)


def check_all_together() -> Iterator[str]:
    """Yield what is wrong between the cases: missing rewrites, rewrites of nothing, golden files without a case."""
    cases: list[ExportCase] = []
    for name in REGISTRY.names():
        try:
            cases.append(REGISTRY.get(name))
        except FullgraphError as error:
            yield str(error)
    yield from faults_between(cases)
    for collection in REGISTRY.collections():
        stems = {path.stem for path in collection.folder.glob("*.txt")}
        yield from (
            f"{collection.folder / stem}.txt is a golden file without a case."
            for stem in sorted(stems - set(collection.names()))
        )


def _as_checked(result: CaseResult) -> Checked:
    return Checked(result.case.name, result.passed, result.report(), result.seconds)


def _updated(result: CaseResult) -> Checked:
    written = write_golden(result.case, result.text)
    return Checked(result.case.name, passed=True, seconds=result.seconds, written=written)
