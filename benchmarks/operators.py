"""Which of PyTorch's operators are captured: every operator's own samples, with static and with dynamic sizes.

Each sample is exported twice and called at other sizes (0 and 1 among them); the result is compared with eager.
An operator's row is its worst sample. With `--torch-export` the same samples go through `torch.export`.

Run it: `python -m benchmarks.operators [--ops add linalg ...] [--samples 3] [--torch-export] [--page FILE]`
"""

from __future__ import annotations

import argparse
import logging
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import torch
from rich.console import Console
from rich.progress import Progress

from benchmarks.sweeps import (
    OPERATORS,
    Finding,
    Subject,
    judge,
    judge_gradients,
    judge_torch_export,
    report,
    samples_of,
    worst,
)
from benchmarks.sweeps.report import Row

DTYPES = (torch.float32, torch.int64, torch.complex64, torch.bool)


def chosen(filters: Sequence[str]) -> list[str]:
    """Return the operators whose name contains one of the filters; all without filters."""
    return sorted(name for name in OPERATORS if not filters or any(part in name for part in filters))


def examine(operator: str, samples: int, gradients: bool, peer: bool) -> Row | None:
    """Judge the samples of an operator; None if eager runs none of them on this machine."""
    began = time.perf_counter()
    ours: list[Finding] = []
    theirs: list[Finding] = []
    behind = ""
    for subject in _subjects(operator, samples):
        verdict = judge_gradients if gradients and subject.dtype is torch.float32 else judge
        mine, other = verdict(subject), judge_torch_export(subject) if peer else None
        ours += [mine] if mine else []
        theirs += [other] if other else []
        if mine and other and other.verdict < mine.verdict:
            behind = behind or f"{mine.name}: {mine.reason}"
    found = worst(ours)
    if found is None:
        return None
    return Row(operator, len(ours), time.perf_counter() - began, found, worst(theirs), behind)


def _subjects(operator: str, samples: int) -> list[Subject]:
    # Most of an operator shows in floats; of other kinds one sample finds what is different there.
    counts = {dtype: samples if dtype is torch.float32 else 1 for dtype in DTYPES}
    return [subject for dtype, count in counts.items() for subject in samples_of(operator, dtype, count)]


def examine_all(options: argparse.Namespace, console: Console) -> list[Row]:
    """Judge operators one after the other, with a progress bar; write each row down as it is found."""
    rows: list[Row] = []
    operators = chosen(options.ops)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("", total=len(operators))
        for operator in operators:
            progress.update(task, description=operator)
            row = examine(operator, options.samples, options.gradients, options.torch_export)
            rows += [row] if row else []
            if row and options.json:
                with options.json.open("a") as file:
                    file.write(report.json_lines([row]))
            progress.advance(task)
    return rows


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--ops", nargs="*", default=[], help="parts of operators' names")
    parser.add_argument("--samples", type=int, default=3, help="float32 samples of each operator")
    parser.add_argument("--gradients", action="store_true", help="compare gradients through programs instead")
    parser.add_argument("--torch-export", action="store_true", help="ask torch.export the same")
    parser.add_argument("--json", type=Path, help="write the rows to this file, a line each")
    parser.add_argument("--rows", type=Path, help="read the rows from such a file instead of finding them")
    parser.add_argument("--page", type=Path, help="write the page docs/operators.md")
    parser.add_argument("--check", type=Path, help="fail if this page states other numbers")
    return parser.parse_args()


def main() -> int:
    """Read the command line, examine, print."""
    options = _options()
    console = Console()
    logging.getLogger("torch").setLevel(logging.CRITICAL)  # torch.export says much of each sample
    if options.rows:
        rows = report.rows_of(options.rows.read_text())
    else:
        if options.json:
            options.json.write_text("")
        rows = examine_all(options, console)
    console.print(report.details(rows))
    console.print(report.summary(rows))
    if options.page:
        options.page.write_text(report.page(rows))
    if options.check:
        stated = options.check.read_text().partition("\n")[0]
        if stated != report.header(rows):
            console.print(f"{options.check} states {stated}, found was {report.header(rows)}", markup=False)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
