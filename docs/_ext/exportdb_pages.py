"""Sphinx extension: writes the pages of ExportDB into the source folder before Sphinx looks there.

Files whose text is right are left alone, so that a second build is quick. Style and script come from the package.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from fullgraph import exportdb

MATRIX_PAGE = "exportdb/index"


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the moments of a build."""
    app.connect("builder-inited", write_pages)
    app.connect("html-page-context", add_script)
    app.add_css_file("exportdb.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def write_pages(app: Sphinx) -> None:
    """Write the pages, and say where their style and script are."""
    cases = [case for case in exportdb.all_cases() if case.file and case.file.parent == exportdb.OWN_CASES]
    exportdb.write_pages(exportdb.site_pages(exportdb.entries_of(cases)), Path(app.srcdir))
    app.config.html_static_path.append(str(exportdb.PAGE_ASSETS))


def add_script(app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any) -> None:
    """Add the script to the one page that needs it."""
    if pagename == MATRIX_PAGE:
        app.add_js_file("matrix.js", loading_method="defer")
