"""How commands speak: tables and coloured code for people at a terminal, plain lines for pipes, JSON for programs."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import IntEnum
from typing import Annotated, Any, TypeVar

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.syntax import Syntax
from rich.table import Table

Item = TypeVar("Item")
Result = TypeVar("Result")

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs to read.")]


class Exit(IntEnum):
    """What a command's exit code says."""

    YES = 0
    NO = 1
    MISUSED = 2


def print_json(value: Any) -> None:
    """Print a value as JSON."""
    typer.echo(json.dumps(value, indent=2, ensure_ascii=False, default=str))


def print_table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print rows: a table at a terminal, lines with tabs into a pipe."""
    console = Console()
    if not console.is_terminal:
        for row in rows:
            typer.echo("\t".join(row))
        return
    table = Table(*columns, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*row)
    with paged() as pages:
        pages.print(table)


def code(text: str, lexer: str = "python") -> Syntax | str:
    """Return code in colours for a terminal, and as it is for a pipe."""
    if not Console().is_terminal:
        return text.rstrip()
    return Syntax(text.rstrip(), lexer, theme="ansi_dark", background_color="default", word_wrap=True)


@contextmanager
def paged() -> Iterator[Console]:
    """Yield a console whose output is paged at a terminal, as git does: a short one is printed right away."""
    console = Console(highlight=False, soft_wrap=not Console().is_terminal)
    if not console.is_terminal:
        yield console
        return
    # less: quit when it fits on one screen, keep colours, leave the text on the screen.
    os.environ.setdefault("LESS", "FRX")
    with console.pager(styles=console.color_system is not None):
        yield console


@dataclass(frozen=True)
class Progressing:
    """A bar that is running.

    Args:
        start: told how many items there are.
        advance: told what was done, after each.
    """

    start: Callable[[int], None]
    advance: Callable[[str], None]


@contextmanager
def progressing(what: str) -> Iterator[Progressing]:
    """Yield a bar at a terminal, nothing otherwise; it goes to stderr, and away when all is done."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=None)
        yield Progressing(
            start=lambda total: progress.update(task, total=total),
            advance=lambda done: progress.update(task, description=f"{what} {done}", advance=1),
        )


def each_with_progress(what: str, items: Sequence[Item], work: Callable[[Item], Result]) -> list[Result]:
    """Do something with each item, under a bar at a terminal; the bar goes to stderr and away when all is done."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task(what, total=len(items))
        results = []
        for item in items:
            progress.update(task, description=f"{what} {item}")
            results.append(work(item))
            progress.advance(task)
        return results
