"""Workers that are replaced when they crash or take too long: either is a result, not the end of the survey.

Invariant: each task has exactly one answer, in the order in which they come; no process outlives the pool.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess
from pathlib import Path
from typing import Final

from fullgraph.exportdb.survey.judge import Judged
from fullgraph.exportdb.survey.record import SurveyVerdict
from fullgraph.exportdb.survey.worker import Task, serve

_TO_START: Final = 120.0  # seconds for a process to import torch, on a machine that does other things as well


@dataclass
class _Worker:
    """One process, and what it is at."""

    process: SpawnProcess
    pipe: Connection
    deadline: float
    task: Task | None = None
    ready: bool = False


class WorkersDoNotStart(RuntimeError):
    """A worker ended before it was given anything to do."""


def answers(
    tasks: Iterable[Task], *, workers: int, timeout: float, folders: tuple[Path, ...] = ()
) -> Iterator[tuple[Task, Judged]]:
    """Yield each task with its answer, as they come.

    Args:
        tasks: what is to be judged.
        workers: how many processes judge at a time.
        timeout: the seconds that one task may take.
        folders: where to look for cases too.
    """
    waiting = list(tasks)[::-1]
    running = [_started(folders) for _ in range(min(workers, len(waiting)))]
    try:
        while running:
            first = min(worker.deadline for worker in running)
            wait([worker.pipe for worker in running], timeout=max(0.0, first - time.monotonic()))
            for worker in list(running):
                answer = _answer_of(worker, timeout)
                if worker.task is not None and answer is not None:
                    yield worker.task, answer
                    worker.task = None
                if worker.ready and worker.task is None:
                    running.remove(worker)
                    if waiting:
                        again = worker if worker.process.is_alive() else _started(folders)
                        running.append(again)
                        if again is worker:
                            _hand_over(worker, waiting.pop(), timeout)
                    else:
                        _stop(worker)
    finally:
        for worker in running:
            worker.process.kill()
            worker.process.join()


def _started(folders: tuple[Path, ...]) -> _Worker:
    # Spawned, not forked: a worker inherits no state of ours, and no threads that it would wait for.
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=serve, args=(theirs, folders), daemon=True)
    process.start()
    theirs.close()
    return _Worker(process, ours, time.monotonic() + _TO_START)


def _hand_over(worker: _Worker, task: Task, timeout: float) -> None:
    worker.task, worker.deadline = task, time.monotonic() + timeout
    with suppress(BrokenPipeError):  # it ended after its last answer: what comes next is the end of the pipe
        worker.pipe.send(task)


def _answer_of(worker: _Worker, timeout: float) -> Judged | None:
    """Return the answer when there is one; a process that ended or is out of time has given its answer by that."""
    try:
        if worker.pipe.poll():
            received: Judged | None = worker.pipe.recv()
            worker.ready = True
            return received
    except (EOFError, OSError):
        worker.process.join()
        return _crashed(worker)
    if time.monotonic() < worker.deadline:
        return None
    worker.process.kill()
    worker.process.join()
    if worker.task is None:
        raise WorkersDoNotStart(f"A worker did not start within {_TO_START:.0f} seconds.")
    return Judged(SurveyVerdict.TIMED_OUT, message=f"No answer within {timeout:g} seconds.", seconds=timeout)


def _crashed(worker: _Worker) -> Judged:
    code = worker.process.exitcode or 0
    if worker.task is None:
        raise WorkersDoNotStart(f"A worker ended with exit code {code} before it was given anything to do.")
    name = signal.Signals(-code).name if code < 0 else f"exit code {code}"
    return Judged(SurveyVerdict.CRASHED, message=f"The process ended with {name}.")


def _stop(worker: _Worker) -> None:
    if worker.process.is_alive():
        worker.pipe.send(None)
        worker.process.join(timeout=10)
        worker.process.kill()
    worker.process.join()
