"""One exporter on one subject in a fresh process: seconds, operators, peak memory.

The idea: whoever measures starts `worker` in a process of its own and reads one line of JSON. So the first
export is a cold one, no exporter warms another's caches, and the peak memory is this export's.

Invariant: the clock runs over the call of the exporter and nothing else; imports, the model and its inputs
are made before.
"""

from __future__ import annotations

import argparse
import gc
import json
import resource
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parent.parent
_MARK = "MEASUREMENT "
_WORKER = "from benchmarks.measure import worker; worker()"
_KIB_PER_UNIT = 1 / 1024 if sys.platform == "darwin" else 1  # the unit of ru_maxrss: bytes there, KiB here


@dataclass(frozen=True)
class Measurement:
    """What one process found.

    Attributes:
        exporter: The exporter's name.
        subject: The subject's name.
        seconds: Of each export in that process, the cold one first; empty when it could not be exported.
        operators: The number of operators in the graph.
        peak_mib: Peak memory of the process.
        before_mib: Peak memory before the first export: the interpreter, torch, and the model.
        error: Kind and first line of what the exporter raised, or "".
    """

    exporter: str
    subject: str
    seconds: tuple[float, ...] = ()
    operators: int = 0
    peak_mib: float = 0.0
    before_mib: float = 0.0
    error: str = ""

    @property
    def cold(self) -> float | None:
        """Seconds of the first export in the process."""
        return self.seconds[0] if self.seconds else None

    @property
    def warm(self) -> float | None:
        """Median seconds of the later exports."""
        return median(self.seconds[1:]) if len(self.seconds) > 1 else None


def measure(
    exporter: str, subject: str, *, runs: int = 3, warm_up: str = "", timeout: float = 900.0
) -> Measurement:
    """Measures in a fresh process.

    Args:
        exporter: One of `benchmarks.exporters.EXPORTERS`.
        subject: A name that `benchmarks.subjects.make_subject` takes.
        runs: How many exports in that process.
        warm_up: A subject to export once before, off the clock ("" = none).
        timeout: Seconds after which the process is ended.
    """
    command = [sys.executable, "-c", _WORKER, exporter, subject, "--runs", str(runs)]
    if warm_up:
        command += ["--warm-up", warm_up]
    try:
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=timeout, check=False)
    except subprocess.TimeoutExpired:
        return Measurement(exporter, subject, error=f"Timeout: no result in {timeout:.0f} s")
    for line in done.stdout.splitlines():
        if line.startswith(_MARK):
            found = json.loads(line.removeprefix(_MARK))
            return Measurement(**{**found, "seconds": tuple(found["seconds"])})
    last = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
    return Measurement(exporter, subject, error=f"Crash: {last[0]}")


def measure_here(exporter: str, subject: str, runs: int, warm_up: str = "") -> Measurement:
    """Measures in this process."""
    import torch
    import transformers

    from benchmarks.exporters import EXPORTERS, prepare
    from benchmarks.subjects import make_subject

    torch.set_num_threads(1)
    transformers.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    made = make_subject(subject)
    prepare(exporter, made)
    before = _peak_mib()
    seconds: list[float] = []
    operators = 0
    try:
        if warm_up:
            EXPORTERS[exporter](make_subject(warm_up))
        for _ in range(runs):
            gc.collect()
            start = time.perf_counter()
            operators = EXPORTERS[exporter](made)
            seconds.append(time.perf_counter() - start)
    except Exception as error:  # noqa: BLE001  (whatever an exporter raises is the result to report)
        text = str(error).strip().splitlines() or [""]
        return Measurement(
            exporter, subject, before_mib=before, error=f"{type(error).__name__}: {text[0][:200]}"
        )
    return Measurement(exporter, subject, tuple(seconds), operators, _peak_mib(), before)


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KIB_PER_UNIT / 1024


def worker() -> None:
    """Prints one `Measurement` as a line of JSON."""
    parser = argparse.ArgumentParser(description=worker.__doc__)
    parser.add_argument("exporter")
    parser.add_argument("subject")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--warm-up", default="")
    asked = parser.parse_args()
    found = measure_here(asked.exporter, asked.subject, asked.runs, asked.warm_up)
    print(_MARK + json.dumps(asdict(found)))
