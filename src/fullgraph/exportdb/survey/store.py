"""The file of a survey: lines of JSON, appended as results come, sorted when all are there.

Invariant: whatever moment the process is stopped at, the file holds every result that was reported, and a line that was
torn then is not read. Of two records of one subject, exporter and version of PyTorch the later one counts.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import BinaryIO, Final

from fullgraph.exportdb.survey.record import SurveyRecord, SurveyVerdict

DATA: Final = Path(__file__).parents[1] / "survey.jsonl"
"""The survey of all cases that ships with fullgraph."""

OURS: Final = "fullgraph"
"""The name of our own exporter."""


class SurveyFile:
    """Records in a file.

    Args:
        path: the file; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path

    def records(self) -> list[SurveyRecord]:
        """Return the records that count, in the order of subject, exporter and version."""
        if not self.path.exists():
            return []
        lines = self.path.read_text(encoding="utf-8", errors="replace").split("\n")
        found: dict[tuple[str, str, str], SurveyRecord] = {}
        for line in lines:
            try:
                record = SurveyRecord.from_line(line)
            except ValueError:
                continue  # torn when a survey was stopped: what it was about is surveyed again
            found[_key(record)] = record
        return [found[key] for key in sorted(found)]

    def append(self, record: SurveyRecord) -> None:
        """Add a record at the end. The line of a survey that was stopped while writing is ended first."""
        with self.path.open("a+b") as file:
            if file.tell() and not _ends_a_line(file):
                file.write(b"\n")
            file.write(f"{record.as_line()}\n".encode())

    def tidy(self, drop: Iterable[SurveyRecord] = ()) -> None:
        """Write the file anew: sorted, without superseded records and without these."""
        dropped = {_key(record) for record in drop}
        kept = [record.as_line() for record in self.records() if _key(record) not in dropped]
        new = self.path.with_suffix(".new")
        new.write_text("".join(f"{line}\n" for line in kept), encoding="utf-8")
        new.replace(self.path)


def _ends_a_line(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"


def _key(record: SurveyRecord) -> tuple[str, str, str]:
    return record.subject, record.exporter, record.torch


@cache
def _shipped() -> Mapping[str, tuple[SurveyRecord, ...]]:
    found: dict[str, tuple[SurveyRecord, ...]] = {}
    for record in SurveyFile(DATA).records():
        found[record.subject] = (*found.get(record.subject, ()), record)
    return found


def verdicts_of(case_name: str) -> tuple[SurveyRecord, ...]:
    """Return what exporters made of a case when it was last surveyed, fullgraph first; empty when it was not.

    The data ships with fullgraph; `fullgraph db survey` makes it.

    Example:
        >>> [str(record.verdict) for record in verdicts_of("no_such_case")]
        []
    """
    return _shipped().get(case_name, ())


def peers_that_fail(case_name: str) -> tuple[SurveyRecord, ...]:
    """Return what other exporters made of a case that fullgraph captured right, where they did not."""
    records = verdicts_of(case_name)
    if not any(each.exporter == OURS and each.verdict is SurveyVerdict.RIGHT for each in records):
        return ()
    passing = (SurveyVerdict.RIGHT, SurveyVerdict.NOT_APPLICABLE)
    return tuple(each for each in records if each.exporter != OURS and each.verdict not in passing)
