"""Python functions made from text: what a call of a program runs instead of walking trees.

Invariant: no value is written into the text but numbers and string keys; everything else is a global of the function,
under a name that no parameter of the program has.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any


class Generated:
    """The text of one function while it is being written, and the values it refers to.

    Args:
        taken: names that the text may not use for its own: the parameters of the program.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._prefix = "_"
        taken = tuple(taken)
        while any(name.startswith(self._prefix) for name in taken):
            self._prefix += "_"
        self._lines: list[str] = []
        self._globals: dict[str, Any] = {}
        self._names: dict[int, str] = {}

    def constant(self, value: Any) -> str:
        """Return the name under which the text finds a value."""
        # The value is kept alive by the globals, so its id stays its own.
        name = self._names.setdefault(id(value), f"{self._prefix}k{len(self._globals)}")
        self._globals[name] = value
        return name

    def key(self, value: Any) -> str:
        """Return a key of a dict as text."""
        return repr(value) if type(value) in (str, int) else self.constant(value)

    def local(self, number: int) -> str:
        """Return the local name of a container."""
        return f"{self._prefix}{number}"

    def line(self, text: str, depth: int = 1) -> None:
        """Add a line."""
        self._lines.append("    " * depth + text)

    def compile(self, header: str, name: str, description: str) -> Callable[..., Any]:
        """Return the function.

        Args:
            header: its parameters.
            name: what Python calls it in its own errors.
            description: for the file name in tracebacks.
        """
        text = "\n".join([f"def {self._prefix}function({header}):", *self._lines, ""])
        exec(compile(text, f"<fullgraph {description}>", "exec"), self._globals)  # noqa: S102  (all of the text is ours)
        function = self._globals.pop(f"{self._prefix}function")
        function.__qualname__ = name
        function.__name__ = name.rpartition(".")[2]
        return function
