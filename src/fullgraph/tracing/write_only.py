"""A stand-in for a list, dict or set that passes writes on and tells when its old contents are read.

What the program itself put there in this run may be read: the last items that were appended, the keys that were set,
and everything after a `clear`.

Invariant: whatever is done to the stand-in is done to the container.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final

_WRITES: Final = frozenset("append appendleft extend extendleft add update clear".split())


class WriteOnly:
    """Stands for `container`; calls `on_read` when something is read that was there before."""

    __slots__ = ("_appended", "_container", "_is_new", "_keys", "_on_read")

    def __init__(self, container: Any, on_read: Callable[[], None]) -> None:
        self._container = container
        self._on_read = on_read
        self._appended = 0  # how many items at the end are of this run
        self._keys: set[Any] = set()  # set in this run
        self._is_new = False  # cleared in this run

    @property  # type: ignore[misc]  # declared as a plain attribute of `object`
    def __class__(self) -> Any:  # `isinstance(x, list)` is asked by programs, and answered as before
        return type(self._container)

    def __getattr__(self, name: str) -> Any:
        # Not for the slots above: those are found without it.
        found = getattr(self._container, name)
        if name not in _WRITES:
            self._read()
            return found

        def write(*args: Any, **kwargs: Any) -> Any:
            before = len(self._container)
            result = found(*args, **kwargs)
            if name == "clear":
                self._is_new = True
            elif name in ("append", "extend"):
                self._appended += len(self._container) - before
            elif name == "update":
                self._keys.update(*(dict(argument) for argument in args), kwargs)
            return result

        return write

    def __setitem__(self, key: Any, value: Any) -> None:
        if isinstance(self._container, dict):
            self._keys.add(key)
        else:
            self._read()  # which item that is depends on how many there are
        self._container[key] = value

    def __getitem__(self, key: Any) -> Any:
        is_own = key in self._keys if isinstance(self._container, dict) else self._is_appended(key)
        if not is_own:
            self._read()
        return self._container[key]

    def __delitem__(self, key: Any) -> None:
        self._read()
        del self._container[key]

    def __iadd__(self, other: Any) -> Any:
        self.extend(other)
        return self

    def __ior__(self, other: Any) -> Any:
        self.update(other)
        return self

    def __iter__(self) -> Iterator[Any]:
        self._read()
        return iter(self._container)

    def __len__(self) -> int:
        self._read()
        return len(self._container)

    def __bool__(self) -> bool:
        self._read()
        return bool(self._container)

    def __contains__(self, key: Any) -> bool:
        if not (isinstance(self._container, dict) and key in self._keys):
            self._read()
        return key in self._container

    def __eq__(self, other: object) -> bool:
        self._read()
        return bool(self._container == other)

    def __add__(self, other: Any) -> Any:
        self._read()
        return self._container + other

    def __radd__(self, other: Any) -> Any:
        self._read()
        return other + self._container

    def __mul__(self, times: Any) -> Any:
        self._read()
        return self._container * times

    def __or__(self, other: Any) -> Any:
        self._read()
        return self._container | other

    def __reversed__(self) -> Iterator[Any]:
        self._read()
        return reversed(self._container)

    def __repr__(self) -> str:
        self._read()
        return repr(self._container)

    __hash__ = None  # type: ignore[assignment]  # as for lists, dicts and sets

    def _is_appended(self, key: Any) -> bool:
        return type(key) is int and -self._appended <= key < 0

    def _read(self) -> None:
        if not self._is_new:
            self._on_read()


def behind(value: Any) -> Any:
    """Return the container that a stand-in stands for, any other value as it is; for reads of our own."""
    return value._container if type(value) is WriteOnly else value
