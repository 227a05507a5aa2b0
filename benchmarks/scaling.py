"""What an operator costs as programs grow: seconds per operator and peak memory, from 10 to 10,000 operators.

The program is a generated straight line of the operators models are made of, with two dynamic sizes. Each length is
exported in a fresh process, after a short program that loads what is loaded once. A linear exporter shows a
flat line.

Run it: `python -m benchmarks.scaling [--operators 10 100 ...] [--torch-limit 1000]`
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.measure import Measurement, measure

OURS, THEIRS = "fullgraph", "torch non-strict"
LENGTHS = (10, 30, 100, 300, 1000, 3000, 10_000)


def plan(lengths: Sequence[int], torch_limit: int) -> list[tuple[str, int]]:
    """Which exporter is measured at which lengths."""
    return [(OURS, length) for length in lengths] + [
        (THEIRS, length) for length in lengths if length <= torch_limit
    ]


def run(steps: Sequence[tuple[str, int]], console: Console) -> list[Measurement]:
    """Measures each step in its own process."""
    found: list[Measurement] = []
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("", total=sum(length for _, length in steps))
        for exporter, length in steps:
            progress.update(task, description=f"{exporter}, {length} operators")
            runs = 3 if length <= 1000 else 1
            found.append(measure(exporter, f"straight-{length}", runs=runs, warm_up="straight-20"))
            progress.advance(task, length)
    return found


def table_of(found: Sequence[Measurement]) -> Table:
    """A row for each measurement."""
    table = Table(title="A straight-line program with dynamic sizes")
    for column in (
        "exporter",
        "operators",
        "seconds",
        "microseconds per operator",
        "peak MiB",
        "of it by the export",
    ):
        table.add_column(column, justify="left" if column == "exporter" else "right")
    for item in found:
        if item.error:
            table.add_row(item.exporter, item.subject, item.error)
            continue
        seconds = min(item.seconds)
        cost = f"{seconds / item.operators * 1e6:.0f}"
        memory = f"{item.peak_mib:.0f}", f"{item.peak_mib - item.before_mib:.0f}"
        table.add_row(item.exporter, f"{item.operators:,}", f"{seconds:.4f}", cost, *memory)
    return table


def growth(found: Sequence[Measurement], exporter: str) -> str:
    """How much more an operator costs in the longest program than in the one of a hundred operators or so."""
    costs = {
        item.operators: min(item.seconds) / item.operators
        for item in found
        if item.exporter == exporter and item.seconds
    }
    start = min((length for length in costs if length >= 100), default=None)
    if start is None or start == max(costs):
        return f"{exporter}: too few lengths to compare"
    longest = max(costs)
    times = costs[longest] / costs[start]
    return f"{exporter}: an operator costs {times:.2f} times as much at {longest:,} as at {start:,}"


def main() -> None:
    """Reads the command line, measures, prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--operators", nargs="+", type=int, default=list(LENGTHS), metavar="N")
    parser.add_argument(
        "--torch-limit", type=int, default=1000, help="longest program for torch.export (0: none)"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every measurement to this file too")
    asked = parser.parse_args()
    console = Console()
    found = run(plan(asked.operators, asked.torch_limit), console)
    console.print(table_of(found))
    for exporter in dict.fromkeys(item.exporter for item in found):
        console.print(growth(found, exporter), highlight=False)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(item) for item in found], indent=1) + "\n")


if __name__ == "__main__":
    main()
