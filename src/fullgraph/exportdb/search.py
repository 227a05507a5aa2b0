"""Finding cases by words, tags and support level."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Final

from fullgraph.exportdb.case import ExportCase, SupportLevel
from fullgraph.exportdb.registry import all_cases
from fullgraph.exportdb.tags import TAGS

# Where a word may stand, and how much that says: a word of the name says more than one of the code.
_PLACES: Final[Sequence[tuple[int, Callable[[ExportCase], str]]]] = (
    (8, lambda case: case.name.replace("_", " ")),
    (4, lambda case: case.summary),
    (3, lambda case: " ".join([*case.tags, *(TAGS[tag].description for tag in case.tags)])),
    (2, lambda case: case.description),
    (1, lambda case: case.source),
)


def search(
    text: str = "",
    *,
    tags: Iterable[str] = (),
    support_level: SupportLevel | None = None,
    cases: Iterable[ExportCase] | None = None,
) -> tuple[ExportCase, ...]:
    """Find cases.

    Args:
        text: words; a case is found when each of them stands in its name, description, tags or code. Case does not
            matter, and `_`, `-` and blanks part words alike.
        tags: a case is found when it has all of them; `torch` stands for all tags of that family.
        support_level: whether the case is captured.
        cases: the cases to look through; all when not given.

    Returns:
        The cases, the best first: those with the words in the name before those with the words in the code.
    """
    words = text.lower().replace("_", " ").split()
    wanted = tuple(tags)
    ranked: list[tuple[int, str, ExportCase]] = []
    for case in all_cases() if cases is None else cases:
        if support_level not in (None, case.support_level) or not all(_has(case, tag) for tag in wanted):
            continue
        weights = [_weight(case, word) for word in words]
        if all(weights):
            ranked.append((-sum(weights), case.name, case))
    return tuple(case for _, _, case in sorted(ranked, key=lambda each: each[:2]))


def _has(case: ExportCase, tag: str) -> bool:
    return any(own == tag or own.startswith(f"{tag}.") for own in case.tags)


def _weight(case: ExportCase, word: str) -> int:
    return sum(weight for weight, text in _PLACES if word in text(case).lower().replace("_", " "))
