"""From a program to a file."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import torch

from fullgraph.artifact.encode import Encoder
from fullgraph.artifact.file import PathLike, write_file
from fullgraph.artifact.format import FORMAT_VERSION
from fullgraph.artifact.tensors import TensorsToWrite
from fullgraph.contract import TensorSpec
from fullgraph.program import ProgramParts


def write_program(parts: ProgramParts, path: PathLike, *, examples: bool = True) -> None:
    """Write a program to a file.

    Args:
        parts: the program.
        path: the file, `.fgx` by custom.
        examples: whether to keep the tensors it was exported with; else only their shapes, dtypes and devices.

    Raises:
        ArtifactError: something in the program cannot be written; it is named.
    """
    if not examples:
        parts = _without_examples(parts)
    # The longest name last, so that a tied tensor is known by its first.
    tensors = TensorsToWrite({id(tensor): name for name, tensor in reversed(list(_named(parts)))})
    encoder = Encoder(tensors)
    program = encoder.encode(parts, "the program")
    storages, windows, entries = tensors.document()
    document: dict[str, Any] = {
        "format_version": FORMAT_VERSION,
        "written_by": {"fullgraph": _version(), "torch": torch.__version__},
        "operators": encoder.operators,
        "storages": storages,
        "tensors": windows,
        "places": encoder.places,
        "origins": encoder.origins,
        "stacks": encoder.stacks,
        "program": program,
    }
    write_file(path, document, entries)


def program_as_bytes(parts: ProgramParts) -> bytes:
    """Return what `write_program` writes.

    Raises:
        ArtifactError: something in the program cannot be written; it is named.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "program.fgx")
        write_program(parts, path)
        return path.read_bytes()


def _named(parts: ProgramParts) -> Iterator[tuple[str, torch.Tensor]]:
    yield from parts.state.items()
    yield from parts.constants.items()
    for leaf in parts.arguments.leaves:
        if isinstance(leaf.value, torch.Tensor):
            yield f"example.{leaf.path}", leaf.value


def _without_examples(parts: ProgramParts) -> ProgramParts:
    leaves = tuple(
        replace(leaf, value=_spec(leaf.value)) if isinstance(leaf.value, torch.Tensor) else leaf
        for leaf in parts.arguments.leaves
    )
    return replace(parts, arguments=replace(parts.arguments, leaves=leaves))


def _spec(tensor: torch.Tensor) -> TensorSpec:
    return TensorSpec(tuple(tensor.shape), tensor.dtype, tensor.device, tensor.requires_grad)


def _version() -> str:
    try:
        return version("fullgraph")
    except PackageNotFoundError:  # run from its sources
        return "unknown"
