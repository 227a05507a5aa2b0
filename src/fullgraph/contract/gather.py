"""All that was said of each size, brought together: one entry per dynamic size, however it was said.

`dynamic_shapes`, the shape of a `TensorSpec`, `dynamic_dim` and the differences between examples may speak of the same
size. They must agree; silence agrees with anything.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fullgraph.contract.dim import Dim, UnnamedDim
from fullgraph.contract.entries import STATIC, Entry, entries_of, entry_of
from fullgraph.contract.inputs import Input
from fullgraph.contract.matching import Match, matches
from fullgraph.contract.samples import differing, sizes_of
from fullgraph.contract.symbols import Source
from fullgraph.contract.tensor_spec import TensorSpec
from fullgraph.errors import SpecError
from fullgraph.symbolic import Expr


def gather(
    inputs: Sequence[Input],
    dynamic_shapes: object,
    dynamic: Mapping[Expr, Source],
    samples: Sequence[Sequence[Input]],
    parameters: Sequence[str],
) -> dict[Source, Entry]:
    """Return what was said of each size that is not plainly static, in the order of the inputs.

    Args:
        inputs: the flattened arguments.
        dynamic_shapes: as given to `export`.
        dynamic: the dims that constraints name with `dynamic_dim`.
        samples: the examples, `inputs` first.
        parameters: the names of the program's parameters.

    Raises:
        SpecError: two things that were said contradict each other, or the example.
    """
    said: dict[Source, Entry] = {}
    for index, leaf in enumerate(inputs):
        if isinstance(leaf.value, TensorSpec):
            for dim, size in enumerate(leaf.value.shape):
                if not isinstance(size, int):
                    said[Source(index, dim, leaf.path)] = entry_of(size, leaf.path)
    for match in matches(dynamic_shapes, inputs, parameters):
        for source, entry in _entries(match, inputs[match.index]):
            said[source] = _agreed(source, said.get(source, STATIC), entry)
    for source in dynamic.values():
        if said.get(source, STATIC) == STATIC:
            said[source] = Dim.DYNAMIC
    for source in differing(samples):
        if said.get(source, STATIC) == STATIC:
            said[source] = Dim.AUTO
    kept = {source: entry for source, entry in said.items() if _is_needed(source, entry, inputs)}
    return dict(sorted(kept.items(), key=lambda item: (item[0].leaf, item[0].dim or 0)))


def _entries(match: Match, leaf: Input) -> list[tuple[Source, Entry]]:
    sizes = sizes_of(leaf.value)
    if sizes is None:
        return _scalar_entry(match, leaf)
    entries = entries_of(match.spec, len(sizes), leaf.path)
    return [(Source(match.index, dim, leaf.path), entry) for dim, entry in enumerate(entries)]


def _scalar_entry(match: Match, leaf: Input) -> list[tuple[Source, Entry]]:
    value = leaf.value
    if isinstance(value, int) and not isinstance(value, bool):
        return [(Source(match.index, None, leaf.path), entry_of(match.spec, leaf.path))]
    kind = "None" if value is None else f"a {type(value).__name__}"
    advice = "torch.tensor(...) as the argument: a tensor's value is always dynamic"
    raise SpecError(
        f"dynamic_shapes has a spec for `{leaf.path}`, which is {kind} in the example.",
        why="Tensors have sizes, and integers may be dynamic themselves; any other value is fixed by the contract.",
        instead=advice if isinstance(value, (bool, float)) else f"no spec for `{leaf.path}`, or a tensor as the example",
    )


def _agreed(source: Source, a: Entry, b: Entry) -> Entry:
    if a == b or b == STATIC:
        return a
    if a == STATIC:
        return b
    raise SpecError(f"Two specs contradict each other: `{source}` is said to be {_shown(a)} and {_shown(b)}.")


def _shown(entry: Entry) -> str:
    return entry.name if isinstance(entry, Dim) else str(entry)


def _is_needed(source: Source, entry: Entry, inputs: Sequence[Input]) -> bool:
    """Whether the entry makes its size dynamic; a static one is only checked against the example."""
    if isinstance(entry, int) or (isinstance(entry, Dim) and entry.expr.is_const):
        expected = entry if isinstance(entry, int) else entry.expr.value
        value = inputs[source.leaf].value
        sizes = sizes_of(value)
        size = value if sizes is None else sizes[source.dim or 0]
        if size is not None and size != expected:
            raise SpecError(
                f"`{source}` is {size} in the example, but the spec says {expected}.",
                instead="an example of that size, or `_` for whatever size the example has",
            )
        return size is None
    if not isinstance(entry, UnnamedDim) or entry != STATIC:
        return not isinstance(entry, UnnamedDim) or _is_dynamic(source, entry, inputs)
    return False


def _is_dynamic(source: Source, entry: UnnamedDim, inputs: Sequence[Input]) -> bool:
    if entry.kind is not Dim.STATIC.kind:
        return True
    sizes = sizes_of(inputs[source.leaf].value) or ()
    size = sizes[source.dim or 0] if sizes else None
    if size is not None and size not in entry.sizes:
        raise SpecError(f"`{source}` is {size} in the example, but the spec says {entry}.")
    return False
