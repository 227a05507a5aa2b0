"""Exports nine real architectures, calls each program at sizes it was not exported with, and compares with
eager.

The models are those of `transformers`, small and with random weights, as they are: no patches, nothing
registered. Each has a dynamic batch, and a dynamic sequence length or image size where the architecture
allows one.

Run it: `make demo`, or `python -m examples.demo --models llama bert`. Its exit status is 1 if any result
differs from eager or any model is refused.
"""

from __future__ import annotations

import argparse
import sys
import time
import warnings
from collections.abc import Sequence
from dataclasses import dataclass

import torch
import transformers
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from torch import nn

import fullgraph
from benchmarks.models import MODELS, Model, compare

NINE = ("llama", "bert", "t5", "whisper", "vit", "convnext", "mixtral", "mamba", "detr")
TOLERANCE = 1e-4
"""Largest difference of an output element that float32 in another order of operators explains."""


@dataclass(frozen=True)
class Shown:
    """One row of the table.

    Attributes:
        model: What was exported.
        operators: Operators in the graph.
        seconds: Of the export.
        largest: Largest difference from eager over all calls.
        contract: Lines of the contract.
        wrong: What is not as in eager, or why the model was refused; empty if all is well.
    """

    model: Model
    operators: int = 0
    seconds: float = 0.0
    largest: float = 0.0
    contract: int = 0
    wrong: tuple[str, ...] = ()


def show(model: Model) -> Shown:
    """Exports one model and compares it with eager at its four other sizes."""
    module = model.build()
    start = time.perf_counter()
    try:
        program = fullgraph.export(module, kwargs=model.example_inputs(), **model.specs)
    except fullgraph.CaptureError as error:
        return Shown(model, wrong=(f"refused: {error}",))
    seconds = time.perf_counter() - start
    largest, wrong = _against_eager(module, program, model)
    operators = sum(node.op == "call_function" for node in program.graph.nodes)
    return Shown(model, operators, seconds, largest, len(str(program.contract).splitlines()), tuple(wrong))


def _against_eager(
    module: nn.Module, program: fullgraph.ExportedProgram, model: Model
) -> tuple[float, list[str]]:
    """The largest difference over the calls at other sizes, and what differs in kind or too much."""
    largest, wrong = 0.0, list[str]()
    for sizes in model.others:
        with torch.no_grad():
            expected = module(**model.at(sizes))
            try:
                actual = program(**model.at(sizes))
            except fullgraph.FullgraphError as error:
                wrong.append(f"at {dict(sizes)}: {error}")
                continue
        found = compare(expected, actual)
        largest = max(largest, found.largest)
        wrong += [f"at {dict(sizes)}: {line}" for line in found.broken]
        if found.largest > TOLERANCE:
            wrong.append(f"at {dict(sizes)}: off by {found.largest:.1e}")
    return largest, wrong


def table_of(rows: Sequence[Shown]) -> Table:
    """The table that `make demo` prints."""
    title = "Exported with dynamic sizes, compared with eager at four other sizes each"
    table = Table(title=title, box=SIMPLE_HEAD, collapse_padding=True, pad_edge=False)
    table.add_column("model", style="bold", no_wrap=True)
    for column in ("operators", "seconds", "off by\nat most"):
        table.add_column(column, justify="right")
    table.add_column("dynamic", no_wrap=True)
    table.add_column("contract\nlines", justify="right")
    table.add_column("as\neager")
    for row in rows:
        verdict = "[red]no[/red]" if row.wrong else "[green]yes[/green]"
        numbers = (
            [f"{row.operators:,}", f"{row.seconds:.2f}", f"{row.largest:.1e}"] if row.operators else ["-"] * 3
        )
        table.add_row(row.model.name, *numbers, ", ".join(row.model.dynamic), str(row.contract), verdict)
    return table


def run(names: Sequence[str], console: Console) -> list[Shown]:
    """Shows each model, with a bar that says how far it is."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    rows: list[Shown] = []
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("", total=len(names))
        for name in names:
            progress.update(task, description=name)
            rows.append(show(MODELS[name]))
            progress.advance(task)
    return rows


def main() -> int:
    """Reads the command line, runs, prints; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    known = ", ".join(MODELS)
    parser.add_argument(
        "--models",
        nargs="+",
        default=list(NINE),
        choices=[*MODELS, "all"],
        metavar="MODEL",
        help=f"all, or of {known}",
    )
    asked = parser.parse_args()
    warnings.simplefilter("ignore")
    transformers.logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    console = Console()
    rows = run(list(MODELS) if "all" in asked.models else asked.models, console)
    console.print(table_of(rows))
    for row in rows:
        for line in row.wrong:
            console.print(f"{row.model.name}: {line}", markup=False, highlight=False, soft_wrap=True)
    return int(any(row.wrong for row in rows))


if __name__ == "__main__":
    sys.exit(main())
