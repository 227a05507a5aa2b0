"""The table of commands. A new command is a function in a file of its own, and a line here."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

import fullgraph
from fullgraph.cli import db, programs
from fullgraph.cli.output import Exit
from fullgraph.errors import FullgraphError

_EXIT_CODES = """\
Exit codes: 0 all is well; 1 the answer is no (a case fails, a program is refused, a generated file is out of date);
2 the command was used wrongly (an unknown option, case or tag).

Every command takes --json, and NO_COLOR, PAGER and LESS are respected.
"""

app = typer.Typer(
    name="fullgraph",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog=_EXIT_CODES,
)
app.command("export", epilog=_EXIT_CODES)(programs.export)
app.command("show", epilog=_EXIT_CODES)(programs.show)
app.command("explain", epilog=_EXIT_CODES)(programs.explain)
app.add_typer(db.app, name="db", epilog=_EXIT_CODES)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"fullgraph {fullgraph.__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Capture whole PyTorch programs as one graph, and look up what can be captured."""


def main() -> None:
    """Run the command line; an error of fullgraph is shown as text, without a traceback."""
    try:
        app()
    except FullgraphError as error:
        typer.echo(str(error), err=True)
        sys.exit(Exit.NO)
