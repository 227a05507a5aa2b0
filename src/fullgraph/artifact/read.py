"""From a file to a program."""

from __future__ import annotations

import struct
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from safetensors import SafetensorError

from fullgraph.artifact.decode import Decoder
from fullgraph.artifact.file import PathLike, damaged, read_file
from fullgraph.artifact.operators import find_operators
from fullgraph.artifact.tensors import read_tensors
from fullgraph.errors import ArtifactError, CaptureError, SpecError
from fullgraph.program import ProgramParts, make_signature, verify

# What reading raises when something is where it does not belong.
_DAMAGE = (
    *(ArithmeticError, AssertionError, AttributeError, LookupError, RecursionError, RuntimeError),
    *(SafetensorError, SpecError, SyntaxError, TypeError, ValueError, struct.error),
)


def read_program(path: PathLike) -> ProgramParts:
    """Read a program from a file. Its weights are mapped into memory, not read.

    Args:
        path: a file that `write_program` wrote.

    Raises:
        ArtifactError: it is no such file, a newer one, or damaged; an operator or class that it uses is not there.
        OSError: it cannot be read.
    """
    document, entry = read_file(path)
    try:
        operators = find_operators(document["operators"])
        tensors = read_tensors(document["storages"], document["tensors"], entry)
        decoder = Decoder(operators, tensors, document["places"], document["origins"], document["stacks"])
        parts = _parts(decoder, document["program"]["ProgramParts"])
        verify(parts)
    except ArtifactError:
        raise
    except CaptureError as error:
        raise damaged(path, error.what) from None
    except _DAMAGE as error:
        raise damaged(path, f"{type(error).__name__}: {error}") from error
    return parts


def program_from_bytes(content: bytes) -> ProgramParts:
    """Read what `program_as_bytes` returned.

    Raises:
        ArtifactError: as `read_program`.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "program.fgx")
        path.write_bytes(content)
        return read_program(path)  # what is mapped of a file stays when its name goes


def _parts(decoder: Decoder, content: Mapping[str, Any]) -> ProgramParts:
    parts: ProgramParts = decoder.record(ProgramParts, content, signature=None)
    nodes = {node.name: node for node in parts.graph.nodes}
    return replace(parts, signature=make_signature(parts.graph_inputs, parts.graph_outputs, nodes))
