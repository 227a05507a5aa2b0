"""Rewriting on demand: who asks for a concrete value, and what becomes of the question.

When a traced value is asked for what only a concrete one has (`__int__`, `__float__`, `__len__`), or a condition for
its answer because of `and`, `or` or `not`, the trace is given up by raising `Asked`, the function whose frame asked is
rewritten, and the trace begins anew. Rewritten code does not ask where an expression will do. What it asks all the
same, and what cannot be rewritten asks, is answered as if there were no rewriting: by an assumption, or a refusal.

Invariant: a function is rewritten at most once, so the traces come to an end.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from types import CodeType, FrameType
from typing import Any, Final, TypeVar

import torch

from fullgraph.rewriting.pipeline import rewritten
from fullgraph.rewriting.swap import Swap
from fullgraph.source import Owner, owner_of
from fullgraph.symbolic import Operands, is_negated
from fullgraph.tracing import FunctionTable, Records, Replacement, TracedTensor, asking_frame, hash_of_size

Result = TypeVar("Result")

# So far a function is from where it is called for the program that handed it to a library.
_MOST_CALLERS: Final = 16

# Swapped functions are the process's: exports in several threads take turns.
_one_at_a_time = threading.RLock()


class Asked(BaseException):
    """A trace is given up because a function is to be rewritten; no `except Exception` of the user's may stop it.

    Args:
        codes: the code of the frame that asked, or of those that called it.
    """

    def __init__(self, codes: tuple[CodeType, ...]) -> None:
        super().__init__(*(code.co_name for code in codes))
        self.codes = codes


def _as_before(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    return original


def _by_its_integer(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
    """`torch.SymInt` has no `__float__`: Python goes by its integer value."""
    return lambda value: float(int(value))


@dataclass(frozen=True)
class _Question:
    """A method by which a value is asked.

    Args:
        answer: what stands there when rewriting does not help.
        needed: names of which a function must use one if rewriting it is to help; None when many ways lead here.
    """

    answer: Replacement = _as_before
    needed: frozenset[str] | None = None


_QUESTIONS: Final[Mapping[tuple[Any, str], _Question]] = {
    (torch.SymInt, "__int__"): _Question(),
    (torch.SymInt, "__float__"): _Question(_by_its_integer),
    # `len(obj)` where `obj.__len__` returns a size, `x.shape.numel()`; all others are `range`, slices and the like
    (torch.SymInt, "__index__"): _Question(needed=frozenset({"len", "numel"})),
    (torch.SymInt, "__hash__"): _Question(hash_of_size),  # what is kept by `functools.lru_cache`
    (torch.SymFloat, "__int__"): _Question(),
    (torch.SymFloat, "__float__"): _Question(),
    (torch.SymBool, "__int__"): _Question(),
    (torch.SymBool, "__float__"): _Question(_by_its_integer),
    (TracedTensor, "__int__"): _Question(),
    (TracedTensor, "__float__"): _Question(),
    (TracedTensor, "__len__"): _Question(),
    # of a parameter or buffer, which becomes an input of the graph
    (torch.Tensor, "__int__"): _Question(),
    (torch.Tensor, "__float__"): _Question(),
}


class Rewrites:
    """The functions rewritten for one export, and how the next one is found."""

    def __init__(self, swap: Swap) -> None:
        self._swap = swap
        self._tried: dict[int, CodeType] = {}
        self._asked: tuple[CodeType, ...] = ()
        self.functions: FunctionTable = {
            **{place: self._asks(question) for place, question in _QUESTIONS.items()},
            (Operands, "before_asking"): self._asks_operand,
            (torch.SymBool, "__bool__"): self._asks_truth,
        }

    def settled(self, record: Callable[[], Result]) -> Result:
        """Return what `record` returns, run until no function has to be rewritten any more."""
        while True:
            try:
                result = record()
            except (Asked, Exception):
                asked = self._take_asked()
                if not asked:
                    raise
            else:
                asked = self._take_asked()  # the program may have caught everything, and gone on
                if not asked:
                    return result
            for code in asked:
                self._swap.put(code)

    def _take_asked(self) -> tuple[CodeType, ...]:
        asked, self._asked = self._asked, ()
        return asked

    def _asks(self, question: _Question) -> Replacement:
        """Stand for a method by which a value is asked for another that is concrete."""

        def replacement(original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
            answer = question.answer(original, recorder)

            def ask(value: Any) -> Any:
                self._interrupt(asking_frame(), question.needed)
                return answer(value)

            return ask

        return replacement

    def _asks_operand(self, original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
        return self._interrupt_user

    def _asks_truth(self, original: Callable[..., Any], recorder: Records) -> Callable[..., Any]:
        def ask(value: Any) -> Any:
            frame = asking_frame()
            if is_negated(frame):
                self._interrupt_user(frame)
            return original(value)

        return ask

    def _interrupt_user(self, frame: FrameType) -> None:
        """Rewrite the user's own conditions; those of libraries mostly become options, which are plain booleans."""
        if owner_of(frame.f_code.co_filename) is Owner.USER:
            self._interrupt(frame, None)

    def _interrupt(self, frame: FrameType, needed: frozenset[str] | None) -> None:
        """Raise `Asked` when rewriting the function may answer the question, or those that called it for the user.

        A library may be handed the function that asks, and call it elsewhere: `tree_map(int, x.shape)` makes a `map`,
        which another function of the library runs through.
        """
        found = self._rewritable(frame.f_code, needed)
        if not found:
            for caller in _callers_in_libraries(frame):
                found += self._rewritable(caller.f_code, needed)
        if found:
            self._asked = found
            raise Asked(found)

    def _rewritable(self, code: CodeType, needed: frozenset[str] | None) -> tuple[CodeType, ...]:
        """Return the code itself if it is worth rewriting now, else nothing."""
        if id(code) in self._tried or self._swap.is_rewritten(code):
            return ()
        if needed is not None and needed.isdisjoint(code.co_names):
            return ()
        # What torch's methods ask of one another, and we, is not asked by the program.
        if code.co_filename == torch.__file__ or owner_of(code.co_filename) is Owner.FULLGRAPH:
            return ()
        self._tried[id(code)] = code
        return () if rewritten(code) is None else (code,)


def _callers_in_libraries(frame: FrameType) -> Iterator[FrameType]:
    """Yield who called a function of PyTorch's or Python's, up to the program's own function."""
    for _ in range(_MOST_CALLERS):
        if frame.f_back is None or owner_of(frame.f_code.co_filename) in (Owner.USER, Owner.PACKAGE):
            break
        frame = frame.f_back
        yield frame


@contextmanager
def rewrites() -> Iterator[Rewrites]:
    """Allow functions to be rewritten; on exit all of them have their own code again."""
    with _one_at_a_time:
        swap = Swap()
        try:
            yield Rewrites(swap)
        finally:
            swap.put_back()
