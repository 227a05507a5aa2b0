"""All that was said of each size, brought together: one entry per dynamic size, however it was said.

`dynamic_shapes`, the shape of a `TensorSpec`, `dynamic_dim` and the differences between examples may speak of the same
size. They must agree; silence agrees with anything.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from fullgraph.contract.dim import Dim, DimKind, UnnamedDim, joined
from fullgraph.contract.entries import STATIC, Entry, entries_of, entry_of, scalar_entry_of
from fullgraph.contract.inputs import Input, Parameters
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
    parameters: Parameters,
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
            said.update(_of_tensor_spec(index, leaf, leaf.value))
    for match in matches(dynamic_shapes, inputs, parameters):
        for source, entry in _entries(match, inputs[match.index]):
            said[source] = _agreed(source, said.get(source, STATIC), entry)
    for source in dynamic.values():
        entry = said.get(source, STATIC)
        if entry == STATIC:
            said[source] = Dim.DYNAMIC
        elif _is_static(entry):
            raise _contradiction(source, _shown(entry), "dynamic in the constraints")
    for source in differing(samples):
        entry = said.get(source, STATIC)
        if entry == STATIC:
            said[source] = Dim.AUTO
        elif _is_static(entry):
            raise _contradiction(source, _shown(entry), "different sizes in the examples")
    kept = {source: entry for source, entry in said.items() if _is_dynamic(source, entry, inputs)}
    return dict(sorted(kept.items(), key=lambda item: (item[0].leaf, item[0].dim or 0)))


def _of_tensor_spec(index: int, leaf: Input, spec: TensorSpec) -> Iterator[tuple[Source, Entry]]:
    for dim, size in enumerate(spec.shape):
        if not isinstance(size, int):
            entry = STATIC if size == "..." else entry_of(size, leaf.path)
            if _is_static(entry):
                raise SpecError(
                    f"The shape of the TensorSpec for `{leaf.path}` says {size!r} for dim {dim}, which is no size.",
                    instead="an integer for a static dim, a name for a dynamic one",
                )
            yield Source(index, dim, leaf.path), entry


def _entries(match: Match, leaf: Input) -> list[tuple[Source, Entry]]:
    sizes = sizes_of(leaf.value)
    if sizes is None:
        return _scalar_entry(match, leaf)
    entries = entries_of(match.spec, len(sizes), leaf.path)
    return [(Source(match.index, dim, leaf.path), entry) for dim, entry in enumerate(entries)]


def _scalar_entry(match: Match, leaf: Input) -> list[tuple[Source, Entry]]:
    value = leaf.value
    if type(value) in (int, float, bool):
        return [(Source(match.index, None, leaf.path), scalar_entry_of(match.spec, leaf.path, type(value)))]
    kind = "None" if value is None else f"a {type(value).__name__}"
    raise SpecError(
        f"dynamic_shapes has a spec for `{leaf.path}`, which is {kind} in the example.",
        why="Tensors have sizes, and a number or a truth value may be dynamic itself; any other value is fixed by "
        "the contract.",
        instead=f"no spec for `{leaf.path}`, or a tensor as the example",
    )


def _agreed(source: Source, a: Entry, b: Entry) -> Entry:
    less, more = sorted((a, b), key=_strength)
    if less in (more, STATIC, Dim.AUTO) or (less == Dim.DYNAMIC and not _is_static(more)):
        return more
    if isinstance(a, Dim) and isinstance(b, Dim) and a.expr is b.expr:
        return Dim.of(a.expr, joined(a, b)[0])
    raise _contradiction(source, _shown(a), _shown(b))


def _strength(entry: Entry) -> int:
    """How much an entry says: silence less than AUTO, that less than DYNAMIC, and a name, a size or a range most."""
    says_little = (STATIC, Dim.AUTO, Dim.DYNAMIC)
    return says_little.index(entry) if entry in says_little else len(says_little)


def _contradiction(source: Source, a: str, b: str) -> SpecError:
    return SpecError(
        f"Two specs contradict each other: `{source}` is said to be {a} and {b}.",
        instead=f"one spec for `{source}`",
    )


def _shown(entry: Entry) -> str:
    return entry.name if isinstance(entry, Dim) else str(entry)


def _is_static(entry: Entry) -> bool:
    if isinstance(entry, UnnamedDim):
        return entry.kind is DimKind.STATIC
    return isinstance(entry, int) or entry.expr.is_const


def _is_dynamic(source: Source, entry: Entry, inputs: Sequence[Input]) -> bool:
    """Whether the entry makes its size dynamic; what it says of a static one is checked here and then done with."""
    if not _is_static(entry):
        return True
    value = inputs[source.leaf].value
    sizes = sizes_of(value)
    size = value if sizes is None or source.dim is None else sizes[source.dim]
    assert size is not None, "a TensorSpec has no static dim without a size"
    if isinstance(entry, UnnamedDim):
        fits = size in entry.sizes
    else:
        fits = size == (entry if isinstance(entry, int) else entry.expr.value)
    if not fits:
        raise SpecError(
            f"`{source}` is {size} in the example, but the spec says {_shown(entry)}.",
            instead="an example of that size, or `_` for whatever size the example has",
        )
    return False
