"""The page of one case: what it shows, its code, what it gives, what others make of it, what to write instead."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from fullgraph.exportdb.pages.entry import Entry
from fullgraph.exportdb.pages.markup import (
    HOME,
    admonition,
    case_link,
    code_block,
    fenced,
    front_matter,
    level_label,
    page,
    slug,
    tag_link,
    with_links,
)
from fullgraph.exportdb.pages.sections import laid_out, lines_named, sections_of
from fullgraph.exportdb.survey import SurveyRecord


def case_page(entry: Entry, names: Collection[str]) -> str:
    """Return the page of a case.

    Args:
        entry: the case.
        names: of all cases of the site; where the description has one, it is a link.
    """
    return page(
        front_matter(orphan="true"),
        f"# {entry.name}",
        f"[ExportDB]({HOME}){{.crumb}} {level_label(entry.level)} {' '.join(map(tag_link, entry.tags))}",
        with_links(entry.case.description, names),
        *_other_ways(entry),
        "## Original source code",
        original_source(entry),
        "## Result",
        *result_blocks(entry),
        *_verdicts(entry),
        "## At hand",
        code_block(f"fullgraph db show {entry.name}\nfullgraph db check {entry.name}", "console"),
    )


def original_source(entry: Entry) -> str:
    """Return the code of a case, with the lines highlighted that its error, or its contract, points at."""
    sections = sections_of(entry.result)
    pointing = sections.contract if entry.case.supported else entry.result
    count = len(entry.case.source.rstrip().splitlines())
    named = [line for line in lines_named(pointing, entry.name) if line <= count]
    return code_block(entry.case.source, emphasize=named, lines=True)


def result_blocks(entry: Entry) -> Iterator[str]:
    """Yield what a case gives: the program in its parts, or the error."""
    if not entry.case.supported:
        raised = entry.case.raises
        if raised is not None:
            yield f"The export is refused with [`{raised.__name__}`](/errors/{raised.__name__}.md)."
        yield code_block(entry.result, "text")
        return
    sections = sections_of(entry.result)
    yield code_block(sections.code)
    if sections.contract:
        yield "### Contract"
        yield "What a call has to satisfy, each line with the code that asked for it."
        yield code_block(sections.contract, "text")
    if sections.signature:
        yield "### Signature"
        ranges = f"\n\nSymbol to range: {sections.ranges}" if sections.ranges else ""
        yield code_block(laid_out(sections.signature) + ranges)


def _other_ways(entry: Entry) -> Iterator[str]:
    if entry.rewrites:
        ways = ", ".join(map(case_link, entry.rewrites))
        title = "Another way to write it" if entry.case.supported else "Write instead"
        yield admonition("tip", [ways], title)
    if entry.case.rewrite_of is not None:
        yield admonition(
            "note", [f"This case shows another way to write {case_link(entry.case.rewrite_of)}."]
        )


def _verdicts(entry: Entry) -> Iterator[str]:
    if not entry.verdicts:
        return
    yield "## Other exporters"
    remarks = [_remark(each) for each in entry.verdicts]
    rows = [["exporter", "verdict", "remark"], ["---"] * 3]
    for each, remark in zip(entry.verdicts, remarks):
        verdict = str(each.verdict)
        exporter = f"{each.exporter} (torch {each.torch})" if each.torch else each.exporter
        rows.append([exporter, f"[{verdict}]{{.verdict .{slug(verdict)}}}", remark])
    columns = 3 if any(remarks) else 2
    yield "\n".join(f"| {' | '.join(row[:columns])} |" for row in rows)
    for each in entry.verdicts:
        if each.message:
            yield fenced(f"{{dropdown}} What {each.exporter} says", ["", code_block(each.message, "text")])


def _remark(record: SurveyRecord) -> str:
    """Return at which input the verdict was found and how the exporter was helped, for a cell of a table."""
    found = f"Found at `{record.input}`." if record.input else ""
    return " ".join([found, *record.note.split()]).strip().replace("|", "\\|")
