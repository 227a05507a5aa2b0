"""The Python state that a program may write: saved before a trace, compared after it, put back exactly.

What may outlive a call is copied shallowly before the trace (`collecting.py`). Afterwards each place holds the very
object it held before, in the same containers (`saved.py`), so a traced tensor never stays behind.

A change is one of three things. A buffer that holds another tensor is a mutation like any other. State that is only
written (`self.last = x`) is put back and listed. State that is also *read before it is written* (`self.n += 1`) would
be fixed at export, so it is refused. Which of the two it is shows a second run, with the places that changed being
watched (`watching.py`); programs that change no Python state run once.

Invariant: after the `with`, every saved container is the same object with the same contents in the same order.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias, TypeVar

import torch

from fullgraph.errors import CaptureError, Unsupported
from fullgraph.tracing.collecting import CollectedState, generator_state
from fullgraph.tracing.inputs import is_same_value
from fullgraph.tracing.module_state import ModuleTrees
from fullgraph.tracing.result import WrittenState
from fullgraph.tracing.saved import Saved, changes_in, contents_of, fill_cell, put_back
from fullgraph.tracing.watching import Change, StateKind, Watching

Result = TypeVar("Result")
Again: TypeAlias = Callable[[Result, list[Change]], Callable[[Result], bool]]
Anew: TypeAlias = Callable[[Result, list[Change]], bool]


def with_state_put_back(
    fn: Callable[..., Any], run: Callable[[PythonState], Result], again: Again[Result], anew: Anew[Result]
) -> Result:
    """Run a trace, and once more when it takes that to tell whether state that changed is also read.

    State that is read and changed is still harmless when it only makes the first call prepare something: then a
    second call, in the state that the first one left, does the same and changes nothing more.

    Args:
        fn: the program.
        run: does one complete trace; what it gets knows the changes once the program has run.
        again: makes what a run has left ready for a second one; says of that whether it recorded the same.
        anew: says of what a run has left whether each call makes it anew where it needs another.

    Raises:
        Unsupported: the program reads Python state of an earlier call.
    """
    try:
        return _run_watched(fn, run)
    except StateRead as refusal:
        settled = _run_twice(fn, run, again)
        if settled is None:
            settled = _run_for_state(fn, run, anew)
        if settled is None:
            raise refusal.error from None
        return settled


class StateRead(Exception):
    """State is read and changed; `error` is the refusal, unless a second call turns out to do the same."""

    def __init__(self, error: Unsupported) -> None:
        super().__init__()
        self.error = error


def _run_twice(
    fn: Callable[..., Any], run: Callable[[PythonState], Result], again: Again[Result]
) -> Result | None:
    with PythonState(fn) as before:
        try:
            first = run(before)
            is_same = again(first, before.plain_changes())
            with PythonState(fn) as between:
                second = run(between)
                if between.changes():
                    return None
        except CaptureError:  # it met a traced tensor that the first run left behind
            return None
        return first if is_same(second) else None


def _run_for_state(
    fn: Callable[..., Any], run: Callable[[PythonState], Result], anew: Anew[Result]
) -> Result | None:
    with PythonState(fn) as before:
        result = run(before)
        return result if anew(result, before.plain_changes()) else None


def _run_watched(fn: Callable[..., Any], run: Callable[[PythonState], Result]) -> Result:
    changes: tuple[Change, ...] = ()
    while True:
        with PythonState(fn, changes) as state:
            try:
                result = state.watching.run(lambda: run(state))
                state.refuse_what_was_read()
            except Unsupported as error:
                if not changes:
                    raise
                # The first run went well: what is refused in a watched one is what it reads.
                raise StateRead(error) from None
            further = [
                change for change in state.plain_changes() if change.place not in {c.place for c in changes}
            ]
        if not further:
            return result
        changes = (*changes, *further)


class PythonState:
    """The Python state around one run of a program.

    Args:
        fn: the program.
        watched: changes known from an earlier run; whether these places are read before they are written is watched.
        trees: the trees of modules that are saved already, for a run inside of another.
    """

    def __init__(
        self, fn: Callable[..., Any], watched: tuple[Change, ...] = (), trees: ModuleTrees | None = None
    ) -> None:
        self.watching = Watching(watched)
        self._all = CollectedState(fn, ModuleTrees() if trees is None else trees)
        self._changes: list[Change] | None = None
        self._found: list[Saved] | None = None

    def __enter__(self) -> PythonState:  # noqa: PYI034  (`Self` is of Python 3.11, and nobody derives from this)
        self.watching.begin()
        return self

    def __exit__(self, *error: object) -> None:
        self.watching.end()
        self.restore()

    @property
    def written(self) -> tuple[WrittenState, ...]:
        """The places that the program wrote, other than buffers it gave new tensors."""
        return tuple(WrittenState(change.path, change.kind.value) for change in self.plain_changes())

    def rebound_buffers(self) -> list[tuple[torch.Tensor, torch.Tensor]]:
        """Return the buffers that hold another tensor now, and that tensor."""
        return [(change.old, change.new) for change in self.changes() if change.is_rebound_buffer]

    def plain_changes(self) -> list[Change]:
        """Return the changes of Python state proper."""
        return [change for change in self.changes() if not change.is_rebound_buffer]

    def changes(self) -> list[Change]:
        """Return every place that holds something else than before the run. The program has run by now."""
        if self._changes is None:
            self._changes = self._find_changes()
        return self._changes

    def _find_changes(self) -> list[Change]:
        self.watching.end()  # what watched stood in the places themselves
        self._found = list(self._all.differing())
        found = [change for saved in self._found for change in changes_in(saved)]
        found += [change for saved in self._all.filled() for change in changes_in(saved)]
        for closed in self._all.cells:
            new = contents_of(closed.cell)
            if not is_same_value(closed.old, new):
                found.append(Change(closed.name, StateKind.CELL, closed.cell, closed.name, closed.old, new))
        return found

    def refuse_what_was_read(self) -> None:
        """Refuse the program if it read a piece of state that it also changes, or drew from a generator of its own."""
        self.watching.refuse()
        for path, generator, before in self._all.generators:
            if repr(generator_state(generator)) != before:
                raise Unsupported(
                    f"The program draws random numbers from `{path}`.",
                    why="They come from outside the graph, which would give the export's own numbers in every call.",
                    instead="Use torch.rand, torch.randn or torch.randint, which are operators.",
                    case="random_number_of_python",
                )

    def restore(self) -> None:
        """Put everything back that changed."""
        for saved in self._all.differing() if self._found is None else self._found:
            put_back(saved)
        for live in [*self._all.empty, *(hooks for _, hooks in self._all.filled_hooks())]:
            if live:
                live.clear()
        for closed in self._all.cells:
            if contents_of(closed.cell) is not closed.old:
                fill_cell(closed.cell, closed.old)
        for cached, misses in self._all.caches:
            if cached.cache_info().misses != misses:
                cached.cache_clear()  # it holds results of the trace; what a cache holds is no part of its meaning
