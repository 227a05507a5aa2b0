"""A program as a file, `.fgx`, and back.

What may enter: `ProgramParts` and the values in them. Nothing here runs a program or knows how one is captured.

Read in this order: `format` (the layout and its versions), `names`, `schema`, `operators` (what a file may speak of),
`sizes`, `tensors`, `encode`, `decode`, `file`, `write`, `read`.
"""

from __future__ import annotations

from fullgraph.artifact.file import PathLike
from fullgraph.artifact.format import FORMAT_VERSION
from fullgraph.artifact.read import program_from_bytes, read_program
from fullgraph.artifact.write import program_as_bytes, write_program

__all__ = [
    "FORMAT_VERSION",
    "PathLike",
    "program_as_bytes",
    "program_from_bytes",
    "read_program",
    "write_program",
]
