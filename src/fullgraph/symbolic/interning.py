"""One object for one value: the table of living expressions and conditions.

Everything interned carries a fingerprint that identifies it; the table maps a fingerprint to the object. It holds
weak references, so an expression lives as long as somebody uses it. What is left of others is swept out whenever the
table has doubled, so nothing leaks. Threads may race to make the same object: whoever comes first wins. Entries are
added in one step, and replaced or dropped under a lock.
"""

from __future__ import annotations

import threading
import weakref
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from itertools import chain
from operator import attrgetter
from typing import Any, NoReturn, TypeVar

# Fingerprints are integers modulo this prime. A coefficient that grows beyond it, step by step, would be taken for its
# remainder; sizes are below 2**63, so coefficients of products of two and of three sizes are far from that.
PRIME = 2**191 - 19

_table: dict[int, weakref.ref[Interned]] = {}
# Reentrant, because the garbage collector may run somebody's finalizer in between, which may compute with sizes.
_lock = threading.RLock()
_FEWEST = 4096
_full = _FEWEST  # the table is swept when it has more entries

# What is made of names and numbers.
_LEAVES = ("symbol", "constant")


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


# What operands are sorted by where their order makes no difference.
fingerprint_of = attrgetter("fingerprint")

Kept = TypeVar("Kept", bound=Interned)


def interned(fingerprint: int) -> Any:
    """Return the living object with this fingerprint, or None."""
    reference = _table.get(fingerprint)
    return reference() if reference is not None else None


def intern(new: Kept) -> Kept:
    """Return the one object with `new`'s fingerprint: `new`, or the one that was there first."""
    reference: weakref.ref[Interned] = weakref.ref(new)
    if _table.setdefault(new.fingerprint, reference) is not reference:  # one step for all threads
        return _replaced(new, reference)
    if len(_table) > _full:
        sweep()
    return new


def _replaced(new: Kept, reference: weakref.ref[Interned]) -> Kept:
    with _lock:
        found = interned(new.fingerprint)
        if found is None:
            found = new
            _table[new.fingerprint] = reference
        return found


def sweep() -> None:
    """Drop the entries of objects that nobody holds any more."""
    global _full
    with _lock:
        for fingerprint, reference in list(_table.items()):
            if reference() is None:
                del _table[fingerprint]
        _full = max(2 * len(_table), _FEWEST)


_hash = blake2b(digest_size=24)


def digest(text: bytes) -> int:
    """Return the pseudo-random field element that stands for what this text says."""
    written = _hash.copy()
    written.update(text)
    return int.from_bytes(written.digest(), "big") % PRIME


def digest_of(kind: str, operands: tuple[Interned, ...]) -> int:
    """Return the pseudo-random field element that stands for `kind(*operands)`."""
    if len(operands) == 2:
        a, b = operands
        return digest(f"{kind}({a.fingerprint},{b.fingerprint})".encode())
    return digest(f"{kind}({','.join([str(each.fingerprint) for each in operands])})".encode())


def _symbols_of(root: Interned) -> frozenset[Any]:
    return frozenset([node for node in parts_of(root) if node.kind == "symbol"])


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
        return chain.from_iterable(node.terms)
    return () if node.kind in _LEAVES else node.args
