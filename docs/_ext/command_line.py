"""Sphinx extension: the directive `command-line`, which shows all commands of a Typer application.

Their names, arguments and options are read from the application itself, so the page cannot differ from `--help`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import click
import typer.main
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directive."""
    app.add_directive("command-line", CommandLine)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class CommandLine(SphinxDirective):
    """A section for each command, and a table of its options."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        module, _, name = self.arguments[0].partition(":")
        command: Any = typer.main.get_command(getattr(import_module(module), name))
        text = "\n\n".join(blocks_of(command, command.name or module))
        return self.parse_text_to_nodes(text, allow_section_headings=True)


def blocks_of(command: Any, path: str) -> Iterator[str]:
    """Yield the text of a command and of those below it, in Markdown."""
    yield f"## {path}"
    yield tidy(command.help or "")
    with click.Context(click.Command(path), info_name=path) as context:
        usage = " ".join(command.collect_usage_pieces(context))
    yield f"```console\n$ {path} {usage}\n```"
    rows = [row for parameter in command.params for row in row_of(parameter)]
    if rows:
        yield "\n".join(["| | |", "|---|---|", *rows])
    for name, below in getattr(command, "commands", {}).items():
        yield from blocks_of(below, f"{path} {name}")


def row_of(parameter: Any) -> Iterator[str]:
    """Yield the row of an option or argument that is documented."""
    text = tidy(getattr(parameter, "help", None) or "").replace("|", "\\|")
    if text and not getattr(parameter, "hidden", False):
        names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
        is_option = names.startswith("`-")
        yield f"| {names if is_option else f'`{parameter.name.upper()}`'} | {text} |"


def tidy(text: str) -> str:
    """Return help as one paragraph each, without the marks of Rich."""
    return "\n\n".join(" ".join(part.split()) for part in re.sub(r"\[/?\w*\]", "", text).split("\n\n"))
