"""One object for one value: the table of living expressions and conditions.

Everything interned carries a fingerprint that identifies it; the table maps a fingerprint to the object. It holds
weak references, so an expression lives as long as somebody uses it, and nothing leaks. Threads may race to make
the same object: whoever comes first wins. Entries are added in one step, and replaced or dropped under a lock.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from typing import Any, NoReturn, TypeVar

# Fingerprints are integers modulo this prime. A coefficient that grows beyond it, step by step, would be taken for its
# remainder; sizes are below 2**63, so coefficients of products of two and of three sizes are far from that.
PRIME = 2**191 - 19


class _Reference(weakref.ref["Interned"]):
    """A weak reference that knows its key, so that the table can drop the entry."""

    __slots__ = ("key",)
    key: int


_table: dict[int, _Reference] = {}
# Reentrant, because the garbage collector may call `_forget` while this thread is inside `intern`.
_lock = threading.RLock()


def _forget(reference: weakref.ref[Any]) -> None:
    key = reference.key  # type: ignore[attr-defined]
    with _lock:
        if _table.get(key) is reference:
            del _table[key]


class Interned:
    """What expressions and conditions share: a kind, arguments, and a fingerprint that identifies them."""

    __slots__ = ("__weakref__", "_symbols", "args", "fingerprint", "kind")

    kind: str
    args: tuple[Any, ...]
    fingerprint: int
    _symbols: frozenset[Any] | None

    @property
    def symbols(self) -> frozenset[Any]:
        """The symbols (each an `Expr`) this depends on."""
        found = self._symbols
        if found is None:
            found = self._symbols = _symbols_of(self)
        return found

    @property
    def free_symbols(self) -> frozenset[Any]:
        """The same as sympy's symbols: PyTorch's Python code tells by their names which are data-dependent."""
        import sympy  # type: ignore[import-untyped]

        return frozenset(sympy.Symbol(symbol.name, integer=True) for symbol in self.symbols)

    def __bool__(self) -> NoReturn:
        # `if eq(a, b):` would always be taken.
        raise TypeError("an expression or condition has no truth value of its own: ask a Scope to decide it")

    def __copy__(self) -> Interned:
        return self

    def __deepcopy__(self, memo: object) -> Interned:
        return self

    def __reduce__(self) -> NoReturn:
        # A pickled copy would be a second object for the same value, and `==` would be wrong from then on.
        raise TypeError(
            f"{type(self).__name__} is interned and cannot be pickled: write render(x), read parse(text)"
        )


Kept = TypeVar("Kept", bound=Interned)


def interned(fingerprint: int) -> Any:
    """Return the living object with this fingerprint, or None."""
    reference = _table.get(fingerprint)
    return reference() if reference is not None else None


def intern(new: Kept) -> Kept:
    """Return the one object with `new`'s fingerprint: `new`, or the one that was there first."""
    key = new.fingerprint
    reference = _Reference(new, _forget)
    reference.key = key
    kept = _table.setdefault(key, reference)  # one step for all threads
    if kept is reference:
        return new
    with _lock:
        found = interned(key)
        if found is None:
            found = new
            _table[key] = reference
        return found


def digest(kind: str, parts: tuple[Any, ...]) -> int:
    """Return the pseudo-random field element that stands for an atom: of names, or of interned operands."""
    written = [str(p.fingerprint) if isinstance(p, Interned) else repr(p) for p in parts]
    text = f"{kind}({','.join(written)})"
    return int.from_bytes(blake2b(text.encode(), digest_size=24).digest(), "big") % PRIME


def _symbols_of(root: Interned) -> frozenset[Any]:
    return frozenset(node for node in parts_of(root) if node.kind == "symbol")


def contains(root: Interned, part: Interned) -> bool:
    """Say whether `part`, an atom, occurs anywhere in `root`."""
    return part.symbols <= root.symbols and any(node is part for node in parts_of(root))


def parts_of(root: Interned) -> Iterator[Interned]:
    """Yield root and all it is made of, once each, without recursion."""
    seen: set[Interned] = {root}
    stack: list[Interned] = [root]
    while stack:
        node = stack.pop()
        yield node
        for part in _parts(node):
            if part not in seen:
                seen.add(part)
                stack.append(part)


def _parts(node: Any) -> Iterable[Interned]:
    """Return the atoms of a polynomial, or the operands of anything else."""
    if node.kind == "polynomial":
        return (atom for monomial in node.terms for atom in monomial)
    return (a for a in node.args if isinstance(a, Interned))
