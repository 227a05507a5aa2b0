"""What the pages need of a case: what it declares and gives, what other exporters make of it, what it goes with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from fullgraph.exportdb.case import ExportCase
from fullgraph.exportdb.run import run_case
from fullgraph.exportdb.survey import SurveyRecord, verdicts_of

OURS: Final = "fullgraph"


@dataclass(frozen=True)
class Entry:
    """A case with all that its page shows.

    Args:
        case: the case.
        result: the printed program, or the error.
        verdicts: of other exporters, in the order of their columns; empty when the case was not surveyed.
        rewrites: the cases that show another way to write it.
    """

    case: ExportCase
    result: str
    verdicts: tuple[SurveyRecord, ...] = ()
    rewrites: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the case."""
        return self.case.name

    @property
    def tags(self) -> list[str]:
        """The tags of the case in order."""
        return sorted(self.case.tags)

    @property
    def level(self) -> str:
        """The support level of the case."""
        return str(self.case.support_level)

    @property
    def file_name(self) -> str:
        """The name of the case's file; the code of a case without a file is shown under the same name."""
        return f"{self.name}.py"

    def verdict_of(self, exporter: str) -> SurveyRecord | None:
        """Return what an exporter makes of the case, if that was looked into."""
        return next((each for each in self.verdicts if each.exporter == exporter), None)


def entries_of(
    cases: Iterable[ExportCase], verdicts: Callable[[str], Sequence[SurveyRecord]] = verdicts_of
) -> tuple[Entry, ...]:
    """Gather what the pages show of cases.

    Args:
        cases: all cases of the site: rewrites are looked for among them.
        verdicts: what exporters made of a case, from its name. Ours is left out: the support level says it.

    Returns:
        An entry for each, in the order of the names. A case without a golden file is run.
    """
    ordered = sorted(cases, key=lambda case: case.name)
    rewrites: dict[str, list[str]] = {}
    for case in ordered:
        if case.rewrite_of is not None:
            rewrites.setdefault(case.rewrite_of, []).append(case.name)
    return tuple(
        Entry(
            case,
            result_of(case),
            tuple(each for each in verdicts(case.name) if each.exporter != OURS),
            tuple(rewrites.get(case.name, ())),
        )
        for case in ordered
    )


def result_of(case: ExportCase) -> str:
    """Return the text of the golden file; of a case without one, what it gives now."""
    golden = case.golden_file
    if golden is not None and golden.exists():
        return golden.read_text(encoding="utf-8")
    return run_case(case).text


def exporters_of(entries: Iterable[Entry]) -> list[str]:
    """Return the names of the exporters that there are verdicts of, in order."""
    return list(dict.fromkeys(each.exporter for entry in entries for each in entry.verdicts))
