"""Sphinx extension: docstrings are written for people, so `Dim`s is a word in them; reStructuredText wants a break."""

from __future__ import annotations

import re
from typing import Any

from sphinx.application import Sphinx


def setup(app: Sphinx) -> dict[str, Any]:
    """Look at each docstring before it is parsed."""
    app.setup_extension("sphinx.ext.autodoc")
    app.connect("autodoc-process-docstring", part_words_from_code)
    return {"parallel_read_safe": True, "parallel_write_safe": True}


def part_words_from_code(app: Sphinx, what: str, name: str, obj: Any, options: Any, lines: list[str]) -> None:
    r"""Write `Dim`s as `Dim`\ s, in place."""
    lines[:] = [re.sub(r"(`[^`]+`)(?=[A-Za-z])", r"\1\\ ", line) for line in lines]
