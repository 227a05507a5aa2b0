"""The cases of ExportDB as subjects, under their own names."""

from __future__ import annotations

from collections.abc import Sequence

from fullgraph.exportdb.case import ExportCase
from fullgraph.exportdb.registry import REGISTRY, case_names, get_case
from fullgraph.exportdb.subjects.subject import Subject, fingerprint


class Cases:
    """The provider whose names stand without a prefix."""

    prefix = ""

    def names(self) -> Sequence[str]:
        """Return the names of all cases."""
        return case_names()

    def fingerprint(self, name: str) -> str:
        """Return what changes with the source of the case; no case is imported for it."""
        for collection in REGISTRY.collections():
            if collection.has(name):
                return fingerprint((collection.folder / f"{name}.py").read_text(encoding="utf-8"))
        return fingerprint(get_case(name).source)

    def get(self, name: str) -> Subject:
        """Return a case as a subject."""
        return _subject_of(get_case(name))


def _subject_of(case: ExportCase) -> Subject:
    return Subject(
        name=case.name,
        make=case.make,
        example=case.example,
        extra=case.extra,
        rejected=case.rejected,
        dynamic_shapes=case.dynamic_shapes,
        constraints=case.constraints,
    )
