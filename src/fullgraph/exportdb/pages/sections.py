"""The golden text of a case in its parts, as `str(program)` and an error's text have them.

Invariant: nothing is left out; what is in none of the named parts stays with the code.
"""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from typing import Final

_SIGNATURE: Final = "Graph signature: "
_RANGES: Final = "Symbol to range: "
_CONTRACT: Final = "Contract:"
# `ExportGraphSignature(parameters=[], user_inputs=['x'])`: a comma before the name of the next field.
_FIELD: Final = re.compile(r", (?=\w+=)")


@dataclass(frozen=True)
class Sections:
    """What a golden text says.

    Args:
        code: the graph, or all of the text when it is an error's.
        signature: what each input and output means.
        ranges: the range of each symbol.
        contract: what a call must satisfy, line by line.
    """

    code: str
    signature: str = ""
    ranges: str = ""
    contract: str = ""


def sections_of(text: str) -> Sections:
    """Part the printed form of a program. A text of another form is all code."""
    head, found, tail = text.partition(f"\n{_SIGNATURE}")
    if not found:
        return Sections(text.strip("\n"))
    signature, _, rest = tail.partition(f"\n{_RANGES}")
    ranges, _, contract = rest.partition(f"\n{_CONTRACT}")
    code = textwrap.dedent(head.removeprefix("ExportedProgram:\n").strip("\n"))
    return Sections(code, signature.strip(), ranges.strip(), textwrap.dedent(contract.strip("\n")))


def laid_out(call: str) -> str:
    """Return `Name(a=[], b=['x'])` with a field a line, so that it can be read on a narrow page."""
    name, parenthesis, rest = call.partition("(")
    if not parenthesis or not rest.endswith(")"):
        return call
    fields = _FIELD.split(rest[:-1])
    return "\n".join([f"{name}(", *(f"    {field}," for field in fields), ")"])


def lines_named(text: str, case_name: str) -> list[int]:
    """Return the numbers of the lines of a case's file that a text points at, in order."""
    return sorted({int(found) for found in re.findall(rf"\b{re.escape(case_name)}\.py:(\d+)", text)})
