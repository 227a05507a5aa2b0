"""The file itself: entries and a document, written at once or not at all, mapped and not read.

A file appears under its name only when all of it is on disk, so a reader never sees half of one, and a program that
was loaded from the old file of that name keeps what it has mapped.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file

from fullgraph.artifact.format import FORMAT_VERSION, METADATA_KEY, UPGRADES
from fullgraph.errors import ArtifactError

PathLike = str | os.PathLike[str]


def write_file(path: PathLike, document: Mapping[str, Any], entries: Mapping[str, torch.Tensor]) -> None:
    """Write a file, or leave what was there.

    Args:
        path: where to.
        document: everything but the entries, as JSON.
        entries: contiguous tensors that share no memory.

    Raises:
        OSError: the file cannot be written.
    """
    target = Path(path).absolute()
    handle, name = tempfile.mkstemp(prefix=f".{target.name}.", dir=target.parent)
    try:
        mode = _mode_of_new_files()
        os.close(handle)
        metadata = {METADATA_KEY: json.dumps(document, separators=(",", ":"), allow_nan=False)}
        save_file(dict(entries), name, metadata)
        with open(name, "rb") as written:
            os.fsync(written.fileno())
        os.chmod(name, mode)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise


def _mode_of_new_files() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return 0o666 & ~mask


def read_file(path: PathLike) -> tuple[dict[str, Any], Callable[[str], torch.Tensor]]:
    """Read the document of a file, in this reader's format version.

    Returns:
        The document, and a function that gives an entry, mapped into memory.

    Raises:
        ArtifactError: it is no file of ours, a newer one, or damaged.
        OSError: it cannot be read.
    """
    with open(path, "rb"):  # a file that is not there says so as usual
        pass
    try:
        opened: Any = safe_open(os.fspath(path), framework="pt")
        metadata = opened.metadata() or {}
    except SafetensorError as error:
        raise _not_ours(path, f"It is no complete safetensors file: {error}.") from None
    text = metadata.get(METADATA_KEY)
    if text is None:
        raise _not_ours(path, "It is a safetensors file, but no program is in it.")
    try:
        document = json.loads(text)
        version = document["format_version"]
    except (ValueError, KeyError, TypeError):
        raise damaged(path, "its document cannot be read") from None
    if not isinstance(version, int) or isinstance(version, bool) or version < 1:
        raise damaged(path, f"its format version is {version!r}")
    if version > FORMAT_VERSION:
        writer = document.get("written_by", {}).get("fullgraph", "a later version")
        raise ArtifactError(
            f"`{os.fspath(path)}` has format version {version}; this fullgraph reads up to {FORMAT_VERSION}.",
            why=f"It was written by fullgraph {writer}.",
            instead="pip install --upgrade fullgraph",
        )
    for old in range(version, FORMAT_VERSION):
        document = UPGRADES[old](document)
    return document, opened.get_tensor


def damaged(path: PathLike, why: str) -> ArtifactError:
    """Return the error for a file that was a program once."""
    return ArtifactError(
        f"`{os.fspath(path)}` is damaged: {why}.",
        why="What was written can be read; something changed the file since.",
        instead="Save the program again.",
    )


def _not_ours(path: PathLike, why: str) -> ArtifactError:
    return ArtifactError(
        f"`{os.fspath(path)}` is no saved program.",
        why=why,
        instead='A program is saved by `program.save("model.fgx")`.',
    )
