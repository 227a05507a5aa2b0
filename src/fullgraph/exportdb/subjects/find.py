"""Finding subjects by name and by pattern, whichever provider has them."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Final, Protocol

from fullgraph.errors import FullgraphError
from fullgraph.exportdb.subjects.of_cases import Cases
from fullgraph.exportdb.subjects.of_transformers import TransformersModels
from fullgraph.exportdb.subjects.subject import Subject


class Provider(Protocol):
    """Knows subjects by name. Its names stand behind its prefix: `transformers:bert`."""

    @property
    def prefix(self) -> str:
        """What stands before the colon; empty for none."""
        ...

    def names(self) -> Sequence[str]:
        """Return all names, without the prefix, without making any of the subjects."""
        ...

    def fingerprint(self, name: str) -> str:
        """Return a text that changes when the subject does."""
        ...

    def get(self, name: str) -> Subject:
        """Return a subject."""
        ...


CASES: Final[Provider] = Cases()
PROVIDERS: Final[Sequence[Provider]] = (CASES, TransformersModels())


def subject_names(pattern: str) -> list[str]:
    """Return the names that a pattern matches: `cond_*`, `transformers:*bert*`.

    Raises:
        FullgraphError: no subject has such a name.
    """
    provider, wanted = _provider(pattern)
    found = [name for name in provider.names() if fnmatchcase(name, wanted)]
    if not found:
        raise FullgraphError(
            f"No subject is named `{pattern}`.",
            instead="`fullgraph db list` names the cases; `transformers:*` are those of an installed library.",
        )
    return [f"{provider.prefix}:{name}" if provider.prefix else name for name in sorted(found)]


def subject_fingerprint(name: str) -> str:
    """Return a text that changes when the subject does."""
    provider, own = _provider(name)
    return provider.fingerprint(own)


def get_subject(name: str) -> Subject:
    """Return the subject of a name.

    Raises:
        FullgraphError: there is none.
        NoSubject: it cannot be made here.
    """
    provider, own = _provider(name)
    return provider.get(own)


def _provider(name: str) -> tuple[Provider, str]:
    prefix, colon, own = name.rpartition(":")
    for provider in PROVIDERS:
        if provider.prefix == prefix:
            return provider, own
    known = ", ".join(f"`{each.prefix}:`" for each in PROVIDERS if each.prefix)
    raise FullgraphError(
        f"`{prefix}{colon}` is no provider of subjects.", instead=f"a case's name, or {known}"
    )
