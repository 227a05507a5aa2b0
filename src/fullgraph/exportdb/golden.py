"""Golden files: what a case gives, as text beside the case, so that a change of it is read in the commit.

For a supported case it is the printed program, for another the error. Texts are the same on every machine: paths in
them keep their last part only.
"""

from __future__ import annotations

import difflib
import re
from enum import Enum
from typing import Final

from fullgraph.exportdb.case import ExportCase

# `/home/me/cases/round.py:7` and `cases/round.py:7` both are `round.py:7`.
_PATH: Final = re.compile(r"(?:[A-Za-z]:)?[\w.~+@-]*[\\/](?:[\w.~+@-]+[\\/])*([\w.-]+\.py(?::\d+)?)")


class Golden(str, Enum):
    """How a text relates to the golden file."""

    SAME = "same"
    CHANGED = "changed"
    MISSING = "missing"
    NONE = "none"  # the case has no file, so there is none beside it

    def __str__(self) -> str:
        return self.value


def on_any_machine(text: str) -> str:
    """Return a text without what differs from machine to machine: the folders of paths, trailing blanks."""
    lines = [_PATH.sub(r"\1", line).rstrip() for line in text.rstrip().splitlines()]
    return "\n".join(lines) + "\n"


def compare_golden(case: ExportCase, text: str) -> Golden:
    """Compare a text with the golden file of a case."""
    file = case.golden_file
    if file is None:
        return Golden.NONE
    if not file.exists():
        return Golden.MISSING
    return Golden.SAME if file.read_text(encoding="utf-8") == text else Golden.CHANGED


def golden_diff(case: ExportCase, text: str) -> str:
    """Return how a text differs from the golden file, as a unified diff."""
    file = case.golden_file
    before = file.read_text(encoding="utf-8") if file is not None and file.exists() else ""
    name = f"{case.name}.txt"
    lines = difflib.unified_diff(before.splitlines(), text.splitlines(), name, f"{name} now", lineterm="")
    return "\n".join(lines)


def write_golden(case: ExportCase, text: str) -> bool:
    """Write the golden file of a case. Returns whether there was anything to write."""
    file = case.golden_file
    if file is None or compare_golden(case, text) is Golden.SAME:
        return False
    file.write_text(text, encoding="utf-8")
    return True
