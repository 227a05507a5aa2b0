"""Rewritten code in place of the user's, for the length of an export.

The code that asked may be that of an inner function, a comprehension or a lambda, which lives among the constants of
the function around it and becomes a function anew each time that one runs. So every live function is given rewritten
code whose own code is, or contains, the code that asked.

Invariant: after `put_back`, no function that anything refers to has rewritten code: neither those that were swapped,
nor those that rewritten code made.
"""

from __future__ import annotations

from types import CodeType

from fullgraph.rewriting.ast_tools import contains, twins
from fullgraph.rewriting.live_functions import LiveFunctions
from fullgraph.rewriting.pipeline import rewritten


class Swap:
    """The functions that have rewritten code now."""

    def __init__(self) -> None:
        self._originals: dict[
            int, tuple[CodeType, CodeType]
        ] = {}  # by the id of the rewritten code, kept beside
        self._live = LiveFunctions()

    def is_rewritten(self, code: CodeType) -> bool:
        """Say whether this is code that was put in place here."""
        return id(code) in self._originals

    def put(self, asked: CodeType) -> None:
        """Rewrite the function with this code, and those around it."""
        new: dict[int, CodeType | None] = {}
        for function in self._live.of(asked.co_filename):
            code = function.__code__
            if not contains(code, asked):
                continue
            if id(code) not in new:
                new[id(code)] = rewritten(code)
                self._remember(code, new[id(code)])
            changed = new[id(code)]
            if changed is not None:
                function.__code__ = changed

    def put_back(self) -> None:
        """Give every function the code of its user."""
        for filename in {original.co_filename for original, _ in self._originals.values()}:
            for function in self._live.of(filename):
                found = self._originals.get(id(function.__code__))
                if found is not None:
                    function.__code__ = found[0]

    def _remember(self, code: CodeType, changed: CodeType | None) -> None:
        if changed is not None:
            self._originals.update({id(new): (old, new) for old, new in twins(code, changed)})
