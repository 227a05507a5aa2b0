"""A worker: a process that judges one subject after another, until it is told to stop, crashes or is killed.

Invariant: what a program prints goes nowhere, and nothing but answers goes through the pipe.
"""

from __future__ import annotations

import os
import warnings
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path

import torch

from fullgraph.errors import FullgraphError
from fullgraph.exportdb.registry import add_folder
from fullgraph.exportdb.subjects import NoSubject, get_subject
from fullgraph.exportdb.survey.exporters import find_exporter
from fullgraph.exportdb.survey.judge import Judged, judge
from fullgraph.exportdb.survey.record import SurveyVerdict, trimmed


@dataclass(frozen=True)
class Task:
    """What is to be judged: a subject and an exporter, by their names."""

    subject: str
    exporter: str


def serve(pipe: Connection, folders: tuple[Path, ...]) -> None:
    """Judge what comes through the pipe, in this process; `None` ends it.

    Args:
        pipe: tasks come through it, and answers go back.
        folders: where to look for cases too.
    """
    nowhere = os.open(os.devnull, os.O_RDWR)
    for stream in (0, 1, 2):
        os.dup2(nowhere, stream)
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    for folder in folders:
        add_folder(folder)
    pipe.send(None)  # ready: what was imported so far is not on the clock of the first task
    while (task := pipe.recv()) is not None:
        pipe.send(answer_to(task))


def answer_to(task: Task) -> Judged:
    """Judge one subject. What forbids to make it is an answer too."""
    try:
        subject = get_subject(task.subject)
    except (NoSubject, FullgraphError) as error:
        return Judged(SurveyVerdict.NOT_APPLICABLE, message=trimmed(str(error)))
    torch.compiler.reset()  # what strict mode remembers of the last subject is not to change the next
    exporter = find_exporter(task.exporter)
    try:
        return judge(subject, exporter)
    except Exception as error:  # noqa: BLE001  (what the comparison cannot do is not held against the exporter)
        return Judged(SurveyVerdict.NOT_APPLICABLE, message=trimmed(f"It cannot be judged: {error!r}"))
