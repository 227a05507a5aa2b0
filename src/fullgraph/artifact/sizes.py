"""Expressions and conditions as text, with the sorts of their symbols.

Most symbols are integers and are known by name alone. A symbol for a float or a truth value needs its sort, and that
of a truth value occurs as a number (`flag + 1`) or as the condition that it holds (`flag and n > 2`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from fullgraph.errors import ArtifactError, FullgraphError
from fullgraph.symbolic import Bool, Expr, parse, render, scalar_of, scalar_symbol, sort_of, symbol

_SORTS: Final[Mapping[str, type]] = {"float": float, "bool": bool, "truth": bool}


def write_size(what: Expr | Bool) -> Any:
    """Return an expression or condition as JSON: its text, or `[text, sorts]`.

    Raises:
        ArtifactError: it would not be the same when it is read.
    """
    text = render(what)
    plain = {s.name: sort_of(s).__name__ for s in what.symbols if sort_of(s) is not int}
    as_conditions = {name: "truth" if sort == "bool" else sort for name, sort in plain.items()}
    for sorts in (plain, as_conditions):
        content = [text, dict(sorted(sorts.items()))] if sorts else text
        try:
            if read_size(content) is what:
                return content
        except (FullgraphError, TypeError, AttributeError):
            continue
    raise ArtifactError(
        f"The size `{text}` cannot be written to a file.",
        why="Its text does not read back as the same size; often a dim is called like a Python keyword.",
        instead="Give the dims other names.",
    )


def read_size(content: Any) -> Any:
    """Return what `write_size` wrote."""
    if isinstance(content, str):
        return parse(content)
    text, sorts = content

    def named(name: str) -> Any:
        if name not in sorts:
            return symbol(name)
        found = scalar_symbol(name, _SORTS[sorts[name]])
        return scalar_of(found) if sorts[name] == "truth" else found

    return parse(text, named)
