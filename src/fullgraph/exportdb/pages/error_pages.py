"""The page of each class of error: its docstring, with code that fails and the same code corrected, and its cases."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from fullgraph import errors
from fullgraph.errors import FullgraphError
from fullgraph.exportdb.pages.entry import Entry
from fullgraph.exportdb.pages.markup import fenced, page
from fullgraph.exportdb.pages.tag_pages import cases_table


def error_classes() -> list[type[FullgraphError]]:
    """Return the classes of errors that users meet, each after the class that it is a kind of."""
    return [FullgraphError, *_below(FullgraphError)]


def _below(cls: type[FullgraphError]) -> Iterator[type[FullgraphError]]:
    for each in cls.__subclasses__():
        if each.__module__ == errors.__name__:
            yield each
            yield from _below(each)


def error_page(cls: type[FullgraphError], entries: Sequence[Entry]) -> str:
    """Return the page of a class of errors.

    Args:
        cls: the class.
        entries: all cases; those that raise it, or a kind of it, are listed.
    """
    raising = [
        entry for entry in entries if entry.case.raises is not None and issubclass(entry.case.raises, cls)
    ]
    directive = fenced(
        "{eval-rst}",
        [f".. autoexception:: fullgraph.{cls.__name__}", "   :show-inheritance:", "   :no-undoc-members:"],
    )
    cases = ["## Cases that give it", cases_table(raising)] if raising else []
    return page(f"# {cls.__name__}", directive, *cases)


def errors_index(classes: Sequence[type[FullgraphError]]) -> str:
    """Return the page that lists the classes of errors."""
    rows = ["| error | what it means |", "|---|---|"]
    for cls in classes:
        summary = " ".join((cls.__doc__ or "").split("\n\n")[0].split())
        rows.append(f"| [`{cls.__name__}`]({cls.__name__}.md) | {summary} |")
    listed = fenced("{toctree}", [":hidden:", "", *(cls.__name__ for cls in classes)])
    return page(
        "# Errors",
        "Every error has the same five fields: the line (`where`), `what` could not be done, `why`, what to write "
        "`instead`, and the ExportDB `case` that shows it. [How to read one](/how_to/read_a_refusal.md).",
        "\n".join(rows),
        listed,
    )
