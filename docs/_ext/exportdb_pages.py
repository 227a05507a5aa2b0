"""Sphinx extension: writes the pages of ExportDB into the source folder before Sphinx looks there.

Files whose text is right are left alone, so that a second build is quick. Style and script come from the package.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from fullgraph import exportdb

MATRIX_PAGE = "exportdb/index"


def setup(app: Sphinx) -> dict[str, Any]:
    """Connect to the moments of a build."""
    app.connect("builder-inited", write_pages)
    app.connect("html-page-context", add_script)
    app.connect("html-page-context", _TreeOfFolders(), priority=100)  # before the theme asks for it
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


class _TreeOfFolders:
    """Makes the tree of pages at the side once for all pages of a folder that stand in no table of contents.

    None of them is the current page of the tree, so theirs are the same. That is all pages of cases; the tree is
    what takes Sphinx longest.
    """

    def __init__(self) -> None:
        self._made: dict[tuple[object, ...], str] = {}

    def __call__(
        self, app: Sphinx, pagename: str, templatename: str, context: dict[str, Any], doctree: Any
    ) -> None:
        make: Callable[..., str] | None = context.get("toctree")
        if make is None or "orphan" not in app.env.metadata.get(pagename, ()):
            return
        folder = pagename.rpartition("/")[0]

        def once(**options: object) -> str:
            key = (folder, *sorted(options.items()))
            if key not in self._made:
                self._made[key] = make(**options)
            return self._made[key]

        context["toctree"] = once
