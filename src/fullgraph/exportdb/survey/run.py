"""A survey from start to end: what is to be judged, minus what is known already, judged and written as it comes.

Invariant: a result is not asked for again as long as the subject, the exporter and its version are the same; what was
found before a survey was stopped is in the file.
"""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path

import torch

from fullgraph.exportdb.registry import REGISTRY
from fullgraph.exportdb.subjects import subject_fingerprint, subject_names
from fullgraph.exportdb.survey.exporters import EXPORTERS, find_exporter
from fullgraph.exportdb.survey.judge import Judged
from fullgraph.exportdb.survey.pool import answers
from fullgraph.exportdb.survey.record import SurveyRecord
from fullgraph.exportdb.survey.store import SurveyFile
from fullgraph.exportdb.survey.worker import Task


@dataclass(frozen=True)
class Survey:
    """What is surveyed, and where the results are.

    Args:
        subjects: the names of the subjects.
        exporters: the names of the exporters.
        file: holds the results.
    """

    subjects: tuple[str, ...]
    exporters: tuple[str, ...]
    file: SurveyFile

    @property
    def tasks(self) -> list[Task]:
        """All that there is to judge."""
        return [Task(subject, exporter) for subject in self.subjects for exporter in self.exporters]

    def known(self) -> set[Task]:
        """Return the tasks whose results hold: of this source, and this version of PyTorch."""
        sources = {name: subject_fingerprint(name) for name in self.subjects}
        return {
            Task(each.subject, each.exporter)
            for each in self.file.records()
            if each.torch == torch.__version__ and each.source == sources.get(each.subject)
        }

    def out_of_date(self) -> list[str]:
        """Return in words which results are missing, of another source, or of a case that there is no more."""
        sources = {name: subject_fingerprint(name) for name in self.subjects}
        records = {(each.subject, each.exporter): each.source for each in self.file.records()}
        found = []
        for task in self.tasks:
            source = records.get((task.subject, task.exporter))
            if source is None:
                found.append(f"MISSING {task.subject}: {task.exporter}")
            elif source != sources[task.subject]:
                found.append(f"CHANGED {task.subject}: {task.exporter}")
        return found


def read_survey(patterns: Iterable[str], exporters: Sequence[str], out: Path) -> Survey:
    """Find the subjects and exporters of a survey.

    Args:
        patterns: of subjects: `cond_*`, `transformers:*bert*`.
        exporters: their names; all that are known when there is none.
        out: the file of results.

    Raises:
        FullgraphError: there is no such subject or exporter.
    """
    for name in exporters:
        find_exporter(name)
    names = dict.fromkeys(name for pattern in patterns for name in subject_names(pattern))
    return Survey(tuple(names), tuple(exporters or EXPORTERS), SurveyFile(out))


def run_survey(
    survey: Survey,
    *,
    workers: int = 1,
    timeout: float = 120.0,
    fresh: bool = False,
    on_start: Callable[[int], None] = lambda _: None,
    on_record: Callable[[SurveyRecord], None] = lambda _: None,
) -> list[SurveyRecord]:
    """Judge what is not known yet, and write it into the file of the survey.

    Args:
        survey: what is surveyed.
        workers: how many processes judge at a time.
        timeout: the seconds that one export, with its comparisons, may take.
        fresh: judge anew what is known, too.
        on_start: told how many results will come.
        on_record: told each result.

    Returns:
        The new results.
    """
    known = set() if fresh else survey.known()
    tasks = [task for task in survey.tasks if task not in known]
    on_start(len(tasks))
    folders = tuple(each.folder for each in REGISTRY.collections() if each.package is None)
    sources = {name: subject_fingerprint(name) for name in survey.subjects}
    found = []
    for task, judged in answers(tasks, workers=workers, timeout=timeout, folders=folders):
        record = _record(task, judged, sources[task.subject])
        survey.file.append(record)
        found.append(record)
        on_record(record)
    survey.file.tidy()
    return found


def drop_obsolete(survey: Survey) -> list[SurveyRecord]:
    """Take the results of cases that there are no more out of the file, and return them."""
    cases = set(REGISTRY.names())
    gone = [each for each in survey.file.records() if ":" not in each.subject and each.subject not in cases]
    if gone:
        survey.file.tidy(drop=gone)
    return gone


def _record(task: Task, judged: Judged, source: str) -> SurveyRecord:
    return SurveyRecord(
        **asdict(task),
        **asdict(judged),
        torch=torch.__version__,
        fullgraph=version("fullgraph"),
        python=platform.python_version(),
        source=source,
    )
