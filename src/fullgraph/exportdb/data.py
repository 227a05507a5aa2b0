"""A case as plain data, for JSON and for whoever shows cases without running them."""

from __future__ import annotations

from typing import Any

from fullgraph.exportdb.case import ExportCase
from fullgraph.exportdb.survey import verdicts_of


def case_as_data(case: ExportCase) -> dict[str, Any]:
    """Return what is declared of a case, as values that JSON has.

    The result is the text of the golden file, `None` when there is none.
    """
    golden = case.golden_file
    return {
        "name": case.name,
        "support_level": str(case.support_level),
        "tags": sorted(case.tags),
        "summary": case.summary,
        "description": case.description,
        "file": None if case.file is None else str(case.file),
        "source": case.source,
        "dynamic_shapes": None if case.dynamic_shapes is None else repr(case.dynamic_shapes),
        "extra_inputs": len(case.extra),
        "rejected_inputs": len(case.rejected),
        "rewrite_of": case.rewrite_of,
        "raises": None if case.raises is None else case.raises.__name__,
        "result": golden.read_text(encoding="utf-8") if golden is not None and golden.exists() else None,
        "verdicts": [
            {
                "exporter": each.exporter,
                "verdict": str(each.verdict),
                "message": each.message,
                "torch": each.torch,
            }
            for each in verdicts_of(case.name)
        ],
    }
