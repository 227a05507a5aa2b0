"""`fullgraph db docs`: the pages of ExportDB, for a documentation site in Sphinx with MyST."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from fullgraph import exportdb
from fullgraph.cli.output import Exit, JsonOption, print_json

_MOST_NAMES = 20  # of pages that are alike; --json has them all


def write_docs(
    folder: Annotated[
        Path, typer.Option("--out", "-o", help="The folder of the site; the pages come into folders of it.")
    ] = Path("docs"),
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; the exit code is 1 when a page is out of date.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Write the pages of all cases, tags, support levels and errors, as Markdown for Sphinx."""
    made = exportdb.site_pages(exportdb.entries_of(exportdb.all_cases()))
    changes = (exportdb.compare_pages if check else exportdb.write_pages)(made, folder)
    if as_json:
        print_json({"folder": str(folder), "pages": len(made), **asdict(changes)})
    else:
        words = ("MISSING", "CHANGED", "OBSOLETE") if check else ("WRITTEN", "WRITTEN", "DELETED")
        for word, names in zip(words, (changes.missing, changes.changed, changes.obsolete)):
            for name in names[:_MOST_NAMES]:
                typer.echo(f"{word} {folder / name}")
            if len(names) > _MOST_NAMES:
                typer.echo(f"{word} {len(names) - _MOST_NAMES} more")
        typer.echo(f"{len(made)} pages, {'out of date' if check and changes else 'up to date'}")
    raise typer.Exit(Exit.NO if check and changes else Exit.YES)
