"""Sphinx extension: the directive `news`, which shows the fragments in `changelog.d` as they will be released."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

FRAGMENTS = Path(__file__).parents[2] / "changelog.d"
KINDS = {"added": "Added", "changed": "Changed", "fixed": "Fixed", "removed": "Removed"}


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directive."""
    app.add_directive("news", News)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


class News(SphinxDirective):
    """A section for each kind of news, and an item for each fragment."""

    def run(self) -> list[nodes.Node]:
        """Return the sections."""
        found: list[nodes.Node] = []
        for kind, title in KINDS.items():
            files = sorted(FRAGMENTS.glob(f"*.{kind}.md"))
            if files:
                found += self.parse_text_to_nodes(
                    f"## {title}\n\n" + "\n".join(map(self._item, files)), allow_section_headings=True
                )
        return found

    def _item(self, file: Path) -> str:
        self.env.note_dependency(str(file))
        return "* " + " ".join(file.read_text(encoding="utf-8").split())
