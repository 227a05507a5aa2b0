"""How long an export takes: fullgraph and `torch.export`, non-strict and strict, on the same dynamic models.

Each exporter meets each model in a fresh process: the first export there is the cold one, the median of the
later ones the warm one. A ratio is torch's seconds divided by ours for one model; a model that either of
the two cannot export has no ratio, and is named below the table with what the exporter said.

Run it: `python -m benchmarks.export_time [--models llama-12 ...] [--exporters ...] [--json FILE]`
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from statistics import geometric_mean
from typing import Literal

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from benchmarks.measure import Measurement, measure
from benchmarks.models import DEEP

OURS = "fullgraph"
THEIRS = ("torch non-strict", "torch strict")
TARGETS = {"torch non-strict": 10, "torch strict": 20}
Phase = Literal["cold", "warm"]


def ratios(found: Iterable[Measurement], theirs: str, phase: Phase) -> dict[str, float]:
    """Torch's seconds over ours, for each model that both exported."""
    seconds = {(item.exporter, item.subject): getattr(item, phase) for item in found}
    both = {
        subject: (seconds.get((theirs, subject)), mine)
        for (exporter, subject), mine in seconds.items()
        if exporter == OURS
    }
    return {subject: their / mine for subject, (their, mine) in both.items() if their and mine}


def table_of(found: Sequence[Measurement], exporters: Sequence[str]) -> Table:
    """A row for each model: seconds cold and warm of each exporter, and the warm ratios."""
    table = Table(
        title="Seconds to export (cold / warm)", box=SIMPLE_HEAD, collapse_padding=True, pad_edge=False
    )
    table.add_column("model", no_wrap=True)
    table.add_column("operators", justify="right")
    for exporter in exporters:
        table.add_column(exporter, justify="right", no_wrap=True)
    compared = [theirs for theirs in THEIRS if theirs in exporters and OURS in exporters]
    for theirs in compared:
        table.add_column("ratio to\n" + theirs.removeprefix("torch "), justify="right")
    by_key = {(item.exporter, item.subject): item for item in found}
    for subject in dict.fromkeys(item.subject for item in found):
        row = [by_key[exporter, subject] for exporter in exporters]
        warm = [ratios(found, theirs, "warm").get(subject) for theirs in compared]
        cells = [_seconds(item) for item in row] + [
            "-" if ratio is None else f"{ratio:.1f}" for ratio in warm
        ]
        table.add_row(subject, str(next((item.operators for item in row if item.operators), "-")), *cells)
    return table


def summary_of(found: Sequence[Measurement], exporters: Sequence[str]) -> list[str]:
    """The geometric means, and what was left out of them and why."""
    lines: list[str] = []
    for theirs in (name for name in THEIRS if name in exporters and OURS in exporters):
        for phase in ("cold", "warm"):
            each = ratios(found, theirs, phase)
            if each:
                mean = geometric_mean(each.values())
                lines.append(
                    f"{theirs} over {OURS}, {phase}: {mean:.1f} times (geometric mean of {len(each)} models, "
                    f"from {min(each.values()):.1f} to {max(each.values()):.1f}; to reach: {TARGETS[theirs]})"
                )
    failed = [item for item in found if item.error]
    if failed:
        lines.append("Left out of the ratios, because the exporter could not export the model:")
        lines += [f"  {item.exporter} on {item.subject}: {item.error}" for item in failed]
    return lines


def _seconds(item: Measurement) -> str:
    if item.error:
        return f"({item.error.split(':')[0]})"
    warm = "" if item.warm is None else f" / {item.warm:.3f}"
    return f"{item.cold:.3f}{warm}"


def run(models: Sequence[str], exporters: Sequence[str], runs: int, console: Console) -> list[Measurement]:
    """Measures every exporter on every model, one process at a time, model by model."""
    found: list[Measurement] = []
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("", total=len(models) * len(exporters))
        for model in models:
            for exporter in exporters:
                progress.update(task, description=f"{model}, {exporter}")
                found.append(measure(exporter, model, runs=runs))
                progress.advance(task)
            latest = ", ".join(f"{item.exporter} {_seconds(item)}" for item in found[-len(exporters) :])
            progress.console.print(f"{model}: {latest}", highlight=False, soft_wrap=True)
    return found


def main() -> None:
    """Reads the command line, measures, prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--models", nargs="+", default=list(DEEP), metavar="MODEL", help=f"of {', '.join(DEEP)}"
    )
    parser.add_argument("--exporters", nargs="+", default=[OURS, *THEIRS], choices=[OURS, *THEIRS])
    parser.add_argument("--runs", type=int, default=3, help="exports in each process, the cold one included")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every measurement to this file too")
    asked = parser.parse_args()
    console = Console()
    found = run(asked.models, asked.exporters, asked.runs, console)
    console.print(table_of(found, asked.exporters))
    for line in summary_of(found, asked.exporters):
        console.print(line, highlight=False, markup=False, soft_wrap=True)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(item) for item in found], indent=1) + "\n")


if __name__ == "__main__":
    main()
