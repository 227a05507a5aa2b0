"""The exporters that a survey asks: ours, PyTorch's in both of its modes, and any other by the name of its function."""

from __future__ import annotations

import importlib
from collections.abc import Mapping
from functools import partial
from typing import Final

import torch

import fullgraph
from fullgraph.errors import FullgraphError
from fullgraph.exportdb.subjects import Subject
from fullgraph.exportdb.survey.judge import Captured, Exporter, ModuleProgram, NotApplicable
from fullgraph.exportdb.survey.peers import as_module, dynamic_shapes_for_torch, in_words_of_torch
from fullgraph.testing import Call


def export_with_fullgraph(subject: Subject, example: Call) -> Captured:
    """Export with `fullgraph.export`."""
    program = fullgraph.export(
        subject.make(),
        example.args,
        example.kwargs or None,
        dynamic_shapes=subject.dynamic_shapes,
        constraints=subject.constraints_of(example),
    )
    return Captured(program)


def export_with_torch(subject: Subject, example: Call, *, strict: bool) -> Captured:
    """Export with `torch.export.export`; when that is refused, once more with `Dim.AUTO` for each dim."""
    first, again = (
        _Peer(subject, call, auto=auto) for call, auto in ((example, False), (subject.example, True))
    )
    try:
        return first.captured(strict=strict)
    except Exception as refusal:
        if first.dynamic_shapes is None:
            raise
        try:
            captured = again.captured(strict=strict)
        except Exception:  # noqa: BLE001  (the first refusal says more: it is of the dims that were named)
            raise refusal from None
        return Captured(
            captured.program, "Refused with the dims as they are named; captured with Dim.AUTO for each."
        )


class _Peer:
    """A subject in the words of `torch.export`, made before it is called: a mistake in here is no refusal of its."""

    def __init__(self, subject: Subject, example: Call, *, auto: bool) -> None:
        self.program = subject.make()
        self.example = example.copied() if auto else example
        try:
            self.dynamic_shapes = dynamic_shapes_for_torch(subject, self.program, self.example, auto=auto)
            self.module = as_module(self.program)
        except NotApplicable:
            raise
        except Exception as error:
            raise NotApplicable(f"It cannot be put in the words of torch.export: {error!r}") from error

    def captured(self, *, strict: bool) -> Captured:
        with in_words_of_torch(self.program):
            exported = torch.export.export(
                self.module,
                self.example.args,
                self.example.kwargs or None,
                dynamic_shapes=self.dynamic_shapes,
                strict=strict,
            )
        return Captured(ModuleProgram(exported.module()))


EXPORTERS: Final[Mapping[str, Exporter]] = {
    "fullgraph": export_with_fullgraph,
    "torch.export non-strict": partial(export_with_torch, strict=False),
    "torch.export strict": partial(export_with_torch, strict=True),
}
"""The exporters that are known, by the names in the data."""


def find_exporter(name: str) -> Exporter:
    """Return the exporter of a name: one of `EXPORTERS`, or `module:function` for another.

    Raises:
        FullgraphError: there is none.
    """
    if name in EXPORTERS:
        return EXPORTERS[name]
    module, colon, attribute = name.partition(":")
    try:
        found: Exporter = getattr(importlib.import_module(module), attribute)
    except (ImportError, AttributeError, ValueError, TypeError) as error:
        raise FullgraphError(
            f"There is no exporter `{name}`.",
            why=str(error) if colon else "",
            instead=f"{', '.join(f'`{each}`' for each in EXPORTERS)}, or `module:function`",
        ) from None
    return found
