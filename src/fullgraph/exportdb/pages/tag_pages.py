"""Pages that list cases by what they are about and by whether they are captured.

The page of a tag has all of its cases one below the other, each with its tags, support level, source and result, as the
pages of PyTorch's ExportDB have them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from fullgraph.exportdb.case import SupportLevel
from fullgraph.exportdb.pages.entry import Entry
from fullgraph.exportdb.pages.markup import (
    admonition,
    case_link,
    code_block,
    fenced,
    level_label,
    page,
    tag_link,
)
from fullgraph.exportdb.tags import TAGS, Tag

_LEVELS = {
    SupportLevel.SUPPORTED: "The export gives a program that equals eager on every input of the case.",
    SupportLevel.NOT_SUPPORTED: "The export is refused, and the error says what to write instead.",
}


def tag_page(tag: Tag, entries: Sequence[Entry]) -> str:
    """Return the page of a tag.

    Args:
        tag: the tag.
        entries: its cases, in order.
    """
    count = f"{len(entries)} case{'' if len(entries) == 1 else 's'}"
    blocks = [block for entry in entries for block in _case_blocks(entry)]
    return page(f"# {tag.name}", f"{tag.description} {count}.", *blocks)


def _case_blocks(entry: Entry) -> Iterator[str]:
    yield f"## {entry.name}"
    tags = ", ".join(map(tag_link, entry.tags))
    yield admonition("note", [f"Tags: {tags}", "", f"Support Level: {level_label(entry.level)}"])
    ways = ", ".join(map(case_link, entry.rewrites))
    yield entry.case.description
    yield f"Its page: {case_link(entry.name)}." + (f" Write instead: {ways}." if ways else "")
    yield "Original source code:"
    yield code_block(entry.case.source)
    yield "Result:"
    yield code_block(entry.result, "python" if entry.case.supported else "text")


def tags_index(by_tag: Mapping[str, Sequence[Entry]]) -> str:
    """Return the page of all tags that have cases, a family after the other."""
    blocks = [
        "# Tags",
        "What cases are about: `torch` for what one writes with PyTorch, `python` for the language.",
    ]
    families: dict[str, list[Tag]] = {}
    for name in by_tag:
        families.setdefault(TAGS[name].family, []).append(TAGS[name])
    for family, tags in families.items():
        rows = [f"| {tag_link(tag.name)} | {len(by_tag[tag.name])} | {tag.description} |" for tag in tags]
        blocks += [f"## {family}", "\n".join(["| tag | cases | about |", "|---|---|---|", *rows])]
    listed = fenced("{toctree}", [":hidden:", "", *by_tag])
    return page(*blocks, listed)


def levels_page(entries: Sequence[Entry]) -> str:
    """Return the page of all cases by support level."""
    blocks = ["# Support levels"]
    for level, meaning in _LEVELS.items():
        found = [entry for entry in entries if entry.case.support_level is level]
        blocks += [f"## {level}", f"{meaning} {len(found)} of {len(entries)} cases.", cases_table(found)]
    return page(*blocks)


def cases_table(entries: Sequence[Entry]) -> str:
    """Return a table of cases: name, what it shows, and what to write instead where that is known."""
    if not entries:
        return "None."
    instead = any(entry.rewrites for entry in entries)
    rows = (
        ["| case | shows | write instead |", "|---|---|---|"]
        if instead
        else ["| case | shows |", "|---|---|"]
    )
    for entry in entries:
        cells = [case_link(entry.name), _cell(entry.case.summary)]
        cells += [", ".join(map(case_link, entry.rewrites))] if instead else []
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows)


def group_by_tag(entries: Iterable[Entry]) -> dict[str, list[Entry]]:
    """Return the cases of each tag that has any, in the order of the tags."""
    found: dict[str, list[Entry]] = {name: [] for name in TAGS}
    for entry in entries:
        for tag in entry.tags:
            found[tag].append(entry)
    return {name: cases for name, cases in found.items() if cases}


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
