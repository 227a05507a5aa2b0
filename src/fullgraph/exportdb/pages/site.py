"""All pages of ExportDB: which there are, what is in each, and how they come into a folder.

Invariant: the pages depend on the cases only. `write_pages` leaves a file alone whose text is right already, so that a
documentation tool rebuilds only what has changed, and takes away pages of cases that are no more.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from fullgraph.exportdb.pages.case_page import case_page
from fullgraph.exportdb.pages.entry import Entry
from fullgraph.exportdb.pages.error_pages import error_classes, error_page, errors_index
from fullgraph.exportdb.pages.markup import fenced, page
from fullgraph.exportdb.pages.matrix import matrix
from fullgraph.exportdb.pages.tag_pages import group_by_tag, levels_page, tag_page, tags_index
from fullgraph.exportdb.tags import TAGS

# The folders that are ours below the folder of a site: what else is in them is taken away.
FOLDERS: Final = ("exportdb", "errors")

_INTRODUCTION: Final = (
    "Small programs that show one thing each: what can be captured, what cannot, and how to write it instead. "
    "Every case is exported and compared with eager in the test suite, at the sizes it was exported with and at "
    "others; the errors of `fullgraph` name the case that shows them."
)


def site_pages(entries: Sequence[Entry]) -> dict[str, str]:
    """Return all pages.

    Args:
        entries: the cases, as `entries_of` gives them.

    Returns:
        The text of each page, in MyST Markdown, by its path in the folder of the site.
    """
    names = {entry.name for entry in entries}
    by_tag = group_by_tag(entries)
    classes = error_classes()
    pages = {"exportdb/index.md": _index(entries, len(by_tag)), "exportdb/levels.md": levels_page(entries)}
    pages |= {f"exportdb/cases/{entry.name}.md": case_page(entry, names) for entry in entries}
    pages["exportdb/tags/index.md"] = tags_index(by_tag)
    pages |= {f"exportdb/tags/{name}.md": tag_page(TAGS[name], found) for name, found in by_tag.items()}
    pages["errors/index.md"] = errors_index(classes)
    pages |= {f"errors/{cls.__name__}.md": error_page(cls, entries) for cls in classes}
    return pages


def _index(entries: Sequence[Entry], tags: int) -> str:
    refused = sum(not entry.case.supported for entry in entries)
    counts = (
        f"**{len(entries)} cases** under [{tags} tags](tags/index.md), "
        f"[{len(entries) - refused} captured and {refused} refused](levels.md)."
    )
    return page(
        "# ExportDB",
        _INTRODUCTION,
        counts,
        fenced("{raw} html", [matrix(entries)]),
        fenced("{toctree}", [":hidden:", "", "tags/index", "levels"]),
    )


@dataclass(frozen=True)
class PageChanges:
    """How the pages in a folder differ from those that there should be.

    Args:
        missing: pages that are not there.
        changed: pages with another text.
        obsolete: files that are no pages any more.
    """

    missing: tuple[str, ...]
    changed: tuple[str, ...]
    obsolete: tuple[str, ...]

    def __bool__(self) -> bool:
        return bool(self.missing or self.changed or self.obsolete)


def compare_pages(pages: dict[str, str], folder: Path) -> PageChanges:
    """Compare the pages with those in a folder, and write nothing.

    Args:
        pages: as `site_pages` gives them.
        folder: the folder of the site.
    """
    there = {path.relative_to(folder).as_posix() for own in FOLDERS for path in (folder / own).rglob("*.md")}
    changed = [
        name for name in pages if name in there and (folder / name).read_text(encoding="utf-8") != pages[name]
    ]
    return PageChanges(
        tuple(sorted(pages.keys() - there)), tuple(sorted(changed)), tuple(sorted(there - pages.keys()))
    )


def write_pages(pages: dict[str, str], folder: Path) -> PageChanges:
    """Write the pages into a folder, where they are not as they should be.

    Args:
        pages: as `site_pages` gives them.
        folder: the folder of the site. Markdown files in its folders `exportdb` and `errors` that are no pages are
            deleted.

    Returns:
        What was done.
    """
    changes = compare_pages(pages, folder)
    for name in (*changes.missing, *changes.changed):
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(pages[name], encoding="utf-8")
    for name in changes.obsolete:
        (folder / name).unlink()
    return changes
