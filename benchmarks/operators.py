"""Which of PyTorch's operators are captured: every operator's own samples, with static and with dynamic sizes.

Each sample is exported twice and called at other sizes (0 and 1 among them); the result is compared with eager.
An operator's row is its worst sample.

Run it: `python -m benchmarks.operators [--ops add linalg ...] [--samples 3] [--gradients] [--json report.json]`
"""

from __future__ import annotations

import argparse
import collections
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.sweeps import OPERATORS, Finding, Verdict, judge, judge_gradients, samples_of, worst

DTYPES = (torch.float32, torch.int64, torch.complex64, torch.bool)


@dataclass(frozen=True)
class Row:
    """What was found of one operator."""

    operator: str
    samples: int
    seconds: float
    worst: Finding


def chosen(filters: Sequence[str]) -> list[str]:
    """Return the operators whose name contains one of the filters; all without filters."""
    return sorted(name for name in OPERATORS if not filters or any(part in name for part in filters))


def examine(operator: str, samples: int, gradients: bool) -> Row | None:
    """Judge the samples of an operator; None if eager runs none of them on this machine."""
    began = time.perf_counter()
    findings: list[Finding] = []
    for dtype in DTYPES:
        # Most of an operator shows in floats; of other kinds one sample finds what is different there.
        count = samples if dtype is torch.float32 else 1
        verdict = judge_gradients if gradients and dtype is torch.float32 else judge
        findings += [found for subject in samples_of(operator, dtype, count) if (found := verdict(subject))]
    found = worst(findings)
    return None if found is None else Row(operator, len(findings), time.perf_counter() - began, found)


def examine_all(operators: Sequence[str], samples: int, gradients: bool, console: Console) -> list[Row]:
    """Judge operators one after the other, with a progress bar."""
    rows: list[Row] = []
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("", total=len(operators))
        for operator in operators:
            progress.update(task, description=operator)
            row = examine(operator, samples, gradients)
            rows += [row] if row else []
            progress.advance(task)
    return rows


def summary(rows: Sequence[Row]) -> Table:
    """How many operators there are of each verdict."""
    counts = collections.Counter(row.worst.verdict for row in rows)
    table = Table(title=f"{len(rows)} operators, {sum(row.samples for row in rows)} samples")
    for verdict in Verdict:
        table.add_column(verdict.name.lower(), justify="right")
    table.add_row(*(str(counts[verdict]) for verdict in Verdict))
    return table


def details(rows: Sequence[Row]) -> Table:
    """A row for each operator that is not captured for all sizes, the worst first."""
    table = Table(title="not captured for all sizes")
    for column in ("operator", "verdict", "sample and reason"):
        table.add_column(column, overflow="fold")
    for row in sorted(rows, key=lambda row: (-row.worst.verdict, row.operator)):
        if row.worst.verdict is not Verdict.DYNAMIC:
            table.add_row(
                row.operator, row.worst.verdict.name.lower(), f"{row.worst.name}: {row.worst.reason}"
            )
    return table


def main() -> None:
    """Read the command line, examine, print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--ops", nargs="*", default=[], help="parts of operators' names")
    parser.add_argument("--samples", type=int, default=3, help="float32 samples of each operator")
    parser.add_argument(
        "--gradients", action="store_true", help="compare gradients through the programs instead"
    )
    parser.add_argument("--json", type=Path, help="write the rows to this file")
    options = parser.parse_args()
    console = Console()
    rows = examine_all(chosen(options.ops), options.samples, options.gradients, console)
    console.print(details(rows))
    console.print(summary(rows))
    if options.json:
        plain = [
            {"operator": row.operator, "samples": row.samples, "seconds": row.seconds}
            | {"verdict": row.worst.verdict.name, "sample": row.worst.name, "reason": row.worst.reason}
            for row in rows
        ]
        options.json.write_text(json.dumps(plain, indent=1))


if __name__ == "__main__":
    main()
