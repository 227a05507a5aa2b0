"""The command line: `fullgraph db ...`, and what else is worth a command.

What enters: one file for each group of commands, which reads options, calls the library and shows the result. What is
worth calling from Python is in the library.

Invariant: `import fullgraph` imports none of this; neither typer nor rich is needed to export a program.
"""

from fullgraph.cli.app import app, main

__all__ = ["app", "main"]
