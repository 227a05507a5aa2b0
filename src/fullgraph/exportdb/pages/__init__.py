"""ExportDB as pages: a case becomes text in MyST Markdown, and the table of all cases HTML that is searched in place.

What enters: pure functions from cases to text, and the styles and the script that the pages use. Nothing here knows of
Sphinx, and nothing but `write_pages` touches a file.

Read in this order: `markup` (pieces of text), `sections` (a golden file in its parts), `entry` (what the pages need of
a case), `case_page`, `tag_pages`, `error_pages`, `matrix` (the table), `site` (all pages together, and their files).
"""

from pathlib import Path
from typing import Final

from fullgraph.exportdb.pages.entry import Entry, entries_of
from fullgraph.exportdb.pages.site import PageChanges, compare_pages, site_pages, write_pages

PAGE_ASSETS: Final = Path(__file__).parent / "assets"
"""The folder of `exportdb.css` and `matrix.js`."""

__all__ = [
    "PAGE_ASSETS",
    "Entry",
    "PageChanges",
    "compare_pages",
    "entries_of",
    "site_pages",
    "write_pages",
]
