"""Pieces of MyST Markdown: fences that their contents cannot close, links, and labels that the style sheet colours."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import Final

# Folders and files of the pages, from the folder of the whole site.
HOME: Final = "/exportdb/index.md"
CASES: Final = "/exportdb/cases"
TAGS_INDEX: Final = "/exportdb/tags/index.md"
LEVELS: Final = "/exportdb/levels.md"

_INLINE_CODE: Final = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")


def code_block(
    text: str, language: str = "python", *, emphasize: Sequence[int] = (), lines: bool = False
) -> str:
    """Return a block of code.

    Args:
        text: the code.
        language: how it is coloured; `text` for not at all.
        emphasize: the numbers of the lines to highlight.
        lines: whether lines are numbered.
    """
    options = []
    if lines:
        options.append(":linenos:")
    if emphasize:
        options.append(f":emphasize-lines: {','.join(map(str, sorted(set(emphasize))))}")
    return fenced(f"{{code-block}} {language}", [*options, "", text.rstrip()] if options else [text.rstrip()])


def fenced(opening: str, lines: Iterable[str]) -> str:
    """Return lines between backticks, with more of them than stand together in any line."""
    body = "\n".join(lines)
    longest = max((len(found) for found in re.findall(r"`{3,}", body)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{opening}\n{body}\n{fence}"


def admonition(kind: str, lines: Iterable[str], title: str = "") -> str:
    """Return a box: `note`, `tip`, `warning`, or, with a title, one of that kind with the title."""
    if not title:
        return "\n".join([f":::{{{kind}}}", *lines, ":::"])
    return "\n".join([f":::{{admonition}} {title}", f":class: {kind}", "", *lines, ":::"])


def case_link(name: str) -> str:
    """Return a link to the page of a case."""
    return f"[`{name}`]({CASES}/{name}.md)"


def tag_link(name: str) -> str:
    """Return a link to the page of a tag."""
    return f"[{name}](/exportdb/tags/{name}.md){{.tag}}"


def level_label(level: str) -> str:
    """Return a support level, coloured."""
    return f"[{level}]({LEVELS}){{.level .{slug(level)}}}"


def slug(text: str) -> str:
    """Return a text as the name of a class of the style sheet: `captured right` is `captured-right`."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def with_links(description: str, names: Collection[str]) -> str:
    """Return a docstring in which names of cases are links to their pages."""
    return _INLINE_CODE.sub(lambda found: case_link(found[1]) if found[1] in names else found[0], description)


def front_matter(**values: str) -> str:
    """Return the head of a page; `orphan` pages are in no table of contents."""
    return "\n".join(["---", *(f"{key}: {value}" for key, value in values.items()), "---", ""])


def page(*blocks: str) -> str:
    """Return blocks as the text of a page, an empty line between them."""
    return "\n\n".join(block.strip("\n") for block in blocks if block) + "\n"
