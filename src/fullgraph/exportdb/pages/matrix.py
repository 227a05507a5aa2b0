"""The table of all cases, as HTML that says everything by itself; the script only hides the rows nobody asked for.

The data of a row is in its attributes, so the page works from a folder on disk, without network and without the
script. Roles are stated because a narrow screen shows rows as cards, which takes their meaning from table elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import Final

from fullgraph.exportdb.case import SupportLevel
from fullgraph.exportdb.pages.entry import Entry, exporters_of
from fullgraph.exportdb.pages.markup import slug
from fullgraph.exportdb.tags import TAGS

_NO_VERDICT: Final = "not surveyed"
_NONE: Final = (
    '<p class="matrix-none" hidden>No case is like that. Ask for less, or '
    '<button type="button" class="matrix-reset">show all cases</button>.</p>'
)


def matrix(entries: Sequence[Entry]) -> str:
    """Return the controls and the table, for a page in the folder above `cases/` and `tags/`.

    Args:
        entries: the cases, in order.
    """
    exporters = exporters_of(entries)
    return "\n".join(
        [
            '<div class="matrix" id="matrix">',
            *_controls(entries, exporters),
            f'<p class="matrix-count" role="status" aria-live="polite">{len(entries)} cases</p>',
            '<table role="table" aria-label="All cases of ExportDB">',
            *_head(exporters),
            '<tbody role="rowgroup">',
            *(row for entry in entries for row in _row(entry, exporters)),
            "</tbody>",
            "</table>",
            _NONE,
            "</div>",
        ]
    )


def _controls(entries: Sequence[Entry], exporters: Sequence[str]) -> Iterator[str]:
    # Hidden until the script runs: without it they would do nothing.
    yield '<form class="matrix-controls" role="search" aria-label="Filter the cases" hidden>'
    yield (
        '<label class="matrix-search">Search <input type="search" name="q" autocomplete="off" spellcheck="false" '
        'placeholder="name, words, code" aria-keyshortcuts="/"></label>'
    )
    yield _select("tag", "Tag", "all tags", _tag_options(entries))
    levels = [_option(str(level), str(level)) for level in SupportLevel]
    yield _select("level", "Support level", "any", levels)
    for number, exporter in enumerate(exporters):
        found = dict.fromkeys(sorted(_verdict_of(entry, exporter) for entry in entries))
        yield _select(f"exporter{number}", exporter, "any", [_option(each, each) for each in found])
    yield '<button type="button" class="matrix-reset">Clear</button>'
    yield "</form>"


def _select(name: str, label: str, any_label: str, options: Iterable[str]) -> str:
    return f'<label>{escape(label)} <select name="{name}">{_option("", any_label)}{"".join(options)}</select></label>'


def _option(value: str, label: str) -> str:
    return f'<option value="{escape(value)}">{escape(label)}</option>'


def _tag_options(entries: Sequence[Entry]) -> Iterator[str]:
    counts = {name: sum(name in entry.case.tags for entry in entries) for name in TAGS}
    for family in dict.fromkeys(tag.family for tag in TAGS.values()):
        own = [name for name in TAGS if counts[name] and TAGS[name].family == family]
        options = "".join(_option(name, f"{name} ({counts[name]})") for name in own)
        if options:
            yield f'<optgroup label="{family}">{options}</optgroup>'


def _head(exporters: Sequence[str]) -> Iterator[str]:
    yield '<thead role="rowgroup"><tr role="row">'
    for title in ("case", "fullgraph", *exporters, "tags"):
        yield f'<th role="columnheader" scope="col">{escape(title)}</th>'
    yield "</tr></thead>"


def _row(entry: Entry, exporters: Sequence[str]) -> Iterator[str]:
    verdicts = [_verdict_of(entry, exporter) for exporter in exporters]
    data = {"words": words_of(entry), "tags": " ".join(entry.tags), "level": entry.level}
    data.update({f"exporter{number}": verdict for number, verdict in enumerate(verdicts)})
    attributes = " ".join(f'data-{key}="{escape(value)}"' for key, value in data.items())
    yield f'<tr role="row" {attributes}>'
    yield (
        f'<th role="rowheader" scope="row"><a href="cases/{entry.name}.html">{_breakable(entry.name)}</a>'
        f'<span class="shows">{_inline(entry.case.summary)}</span></th>'
    )
    yield f'<td role="cell" data-label="fullgraph"><span class="level {slug(entry.level)}">{entry.level}</span></td>'
    for exporter, verdict in zip(exporters, verdicts):
        yield (
            f'<td role="cell" data-label="{escape(exporter)}">'
            f'<span class="verdict {slug(verdict)}">{escape(verdict)}</span></td>'
        )
    links = " ".join(f'<a class="tag" href="tags/{tag}.html">{tag}</a>' for tag in entry.tags)
    yield f'<td role="cell" data-label="tags" class="tags">{links}</td>'
    yield "</tr>"


def words_of(entry: Entry) -> str:
    """Return the words that a case is found by, each once: of its name, description, tags and code."""
    case = entry.case
    text = " ".join([case.name, case.description, *entry.tags, case.source]).lower()
    found = re.findall(r"[^\s()\[\]{},;:`'\"=]+", f"{case.name} {text} {text.replace('_', ' ')}")
    return " ".join(dict.fromkeys(found))


def _verdict_of(entry: Entry, exporter: str) -> str:
    found = entry.verdict_of(exporter)
    return _NO_VERDICT if found is None else str(found.verdict)


def _breakable(name: str) -> str:
    return escape(name).replace("_", "_<wbr>")


def _inline(text: str) -> str:
    """Return a sentence with its `code` as HTML."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", escape(text))
