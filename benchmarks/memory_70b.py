"""Exporting a model of 70 billion parameters, which are on the meta device: seconds and peak memory.

What it shows: no parameter is copied or looked into, and the memory of an export is that of the graph.

Run it: `python -m benchmarks.memory_70b [--exporters fullgraph "torch non-strict"]`
"""

from __future__ import annotations

import argparse

from rich.console import Console
from rich.table import Table

from benchmarks.measure import measure

SUBJECT = "llama-70b"
MOST_MIB = 4096


def main() -> None:
    """Reads the command line, measures, prints."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--exporters", nargs="+", default=["fullgraph", "torch non-strict"], metavar="EXPORTER"
    )
    asked = parser.parse_args()
    console = Console()
    table = Table(
        title=f"Llama 70B on the meta device, dynamic batch and length (to stay under {MOST_MIB} MiB)"
    )
    for column in ("exporter", "operators", "seconds", "peak MiB", "of it by the export"):
        table.add_column(column, justify="left" if column == "exporter" else "right")
    for exporter in asked.exporters:
        with console.status(f"exporting with {exporter}"):
            found = measure(exporter, SUBJECT, runs=1)
        if found.error:
            table.add_row(exporter, found.error)
            continue
        memory = f"{found.peak_mib:,.0f}", f"{found.peak_mib - found.before_mib:,.0f}"
        table.add_row(exporter, f"{found.operators:,}", f"{found.seconds[0]:.2f}", *memory)
    console.print(table)


if __name__ == "__main__":
    main()
