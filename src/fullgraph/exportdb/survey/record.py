"""What a survey finds: one record for each subject and exporter, one line of JSON each."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any, Final

from fullgraph.exportdb.golden import on_any_machine

_LONGEST: Final = 600
_ADDRESS: Final = re.compile(r"\b0x[0-9a-f]{6,}\b")
_FOLDERS: Final = re.compile(r"(?<![\w.:/])(?:/[\w.~+@-]+)+/(?=[\w.-])")
_COLOURS: Final = re.compile(r"\x1b\[[0-9;]*m")


class SurveyVerdict(str, Enum):
    """What an exporter made of a subject."""

    RIGHT = "captured right"
    TOO_NARROW = "too narrow"  # captured, and an input that eager takes is rejected
    SILENTLY_WRONG = (
        "silently wrong"  # captured, and an input gives another result than eager, without an error
    )
    REFUSED = "refused"
    CRASHED = "crashed"  # the process ended
    TIMED_OUT = "timed out"
    NOT_APPLICABLE = "not applicable"  # the subject cannot be made, or eager does not take its own example

    def __str__(self) -> str:
        return self.value


@dataclass(frozen=True)
class SurveyRecord:
    """What one exporter made of one subject, and with which versions.

    Args:
        subject: the name of the subject.
        exporter: the name of the exporter.
        verdict: what came of it.
        input: the input that decided the verdict: `example`, `extra_args[0]`; empty when none did.
        message: what the exporter, the program or the comparison said, trimmed.
        note: how the exporter was helped.
        seconds: how long the export took.
        torch: the version of PyTorch.
        fullgraph: the version of fullgraph.
        python: the version of Python.
        source: what changes with the subject's source.
    """

    subject: str
    exporter: str
    verdict: SurveyVerdict
    input: str = ""
    message: str = ""
    note: str = ""
    seconds: float = 0.0
    torch: str = ""
    fullgraph: str = ""
    python: str = ""
    source: str = ""

    def as_line(self) -> str:
        """Return the record as one line of JSON."""
        return json.dumps({**asdict(self), "verdict": str(self.verdict)}, ensure_ascii=False)

    @classmethod
    def from_line(cls, line: str) -> SurveyRecord:
        """Read a record.

        Raises:
            ValueError: the line is no record.
        """
        try:
            data: Any = json.loads(line)
            return cls(**{**data, "verdict": SurveyVerdict(data["verdict"])})
        except (TypeError, KeyError, ValueError) as error:
            raise ValueError(f"no record: {error}") from None


def trimmed(text: str) -> str:
    """Return a message without colours, folders and addresses, and not too long."""
    text = _ADDRESS.sub("0x...", _FOLDERS.sub("", on_any_machine(_COLOURS.sub("", text)))).strip()
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST].rstrip()} ..."


def rounded(seconds: float) -> float:
    """Return a time with two digits, which is all that a single run says."""
    return float(f"{seconds:.2g}")
