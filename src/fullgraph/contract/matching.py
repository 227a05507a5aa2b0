"""Which spec is meant for which input.

`dynamic_shapes` names inputs in four ways: by parameter (a dict by name or a sequence by position), by the structure of
the argument below it, by a prefix of that structure (then the spec holds for every tensor below), and by a pattern
over the paths of the inputs (`"past_key_values.*"`). All of them end here as one list: (index of the input, its spec).

Invariant: every spec that says something reaches at least one input, or is refused.
"""

from __future__ import annotations

import copy
import difflib
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeGuard

import torch

from fullgraph.contract.dim import as_dim
from fullgraph.contract.inputs import Input, Parameters
from fullgraph.contract.tensor_spec import TensorSpec
from fullgraph.errors import SpecError

# `layers[0]` and `d["keys"]` in a pattern, which are `layers.0` and `d.keys` in the paths.
_INDEX = re.compile(r"""\[(['"]?)([^\[\]'"*]+)\1\]""")


@dataclass(frozen=True)
class Match:
    """A spec that holds for one input. `where` is how the user addressed it."""

    index: int
    spec: Any
    where: str


def is_tensor(value: object) -> bool:
    """Whether this input has dims."""
    return isinstance(value, (torch.Tensor, TensorSpec))


def matches(dynamic_shapes: object, inputs: Sequence[Input], parameters: Parameters) -> Iterator[Match]:
    """Say which input each part of `dynamic_shapes` is meant for.

    Args:
        dynamic_shapes: as given to `export`.
        inputs: the flattened arguments.
        parameters: the names by which specs speak of the arguments.

    Raises:
        SpecError: a part is meant for no input.
    """
    everything = list(range(len(inputs)))
    if dynamic_shapes is None or _is_theirs("AdditionalInputs", dynamic_shapes):
        return  # those are examples, and read with the others
    if _is_theirs("ShapesCollection", dynamic_shapes):
        yield from _by_tensor(dynamic_shapes, inputs)
    elif isinstance(dynamic_shapes, Mapping) and not _keyed_by_dims(dynamic_shapes):
        for key, spec in dynamic_shapes.items():
            yield from _by_name(key, spec, inputs, parameters)
    elif _is_sequence(dynamic_shapes):
        # As in torch.export, one entry for each argument that is given; or one for each parameter.
        names = parameters.names
        if len(dynamic_shapes) == len(parameters.given):
            names = parameters.given
        if len(dynamic_shapes) > len(names):
            raise SpecError(
                f"dynamic_shapes has {len(dynamic_shapes)} entries, but the program has {len(names)} parameters.",
                instead=f"a dict by name: {_example_by_name(parameters)}",
            )
        for name, spec in zip(names, dynamic_shapes, strict=False):
            yield from _by_name(name, spec, inputs, parameters)
    else:
        yield from _below(dynamic_shapes, everything, 0, "dynamic_shapes", inputs)


def _by_name(key: object, spec: object, inputs: Sequence[Input], parameters: Parameters) -> Iterator[Match]:
    if not isinstance(key, str):
        raise SpecError(
            f"dynamic_shapes has the key {key!r}, which names no parameter.",
            instead=_example_by_name(parameters),
        )
    below = [i for i, leaf in enumerate(inputs) if leaf.keys and leaf.keys[0] == key]
    caught = parameters.caught.get(key, ())
    if below:
        yield from _below(spec, below, 1, key, inputs)
    elif len(caught) == 1 and _is_sequence(spec):
        yield from _by_name(caught[0], spec, inputs, parameters)
    elif caught:
        indices = [i for i, leaf in enumerate(inputs) if leaf.keys[0] in caught]
        yield from _below(spec, indices, 0, key, inputs)
    elif key not in (*parameters.names, *parameters.caught):
        yield from _by_pattern(key, spec, inputs, parameters)
    elif not _says_nothing(spec) and key in parameters.given:
        raise SpecError(
            f"dynamic_shapes has a spec for `{key}`, which is empty in the example.",
            instead=f"no spec for `{key}`, or an example with a tensor there",
        )
    elif not _says_nothing(spec):
        raise SpecError(
            f"dynamic_shapes has a spec for `{key}`, which is not given in the example.",
            instead=f"pass `{key}` to export, or leave its spec out",
        )


def _is_theirs(kind: str, value: object) -> bool:
    """Whether this is an object of `torch.export`, of this class."""
    theirs = sys.modules.get("torch.export")  # importing it for this costs a second; see `as_dim`
    return theirs is not None and isinstance(value, getattr(theirs, kind))


def _by_tensor(given: Any, inputs: Sequence[Input]) -> Iterator[Match]:
    collection = copy.deepcopy(given)  # it writes down what it is asked for
    unused = len(collection)
    for index, leaf in enumerate(inputs):
        if isinstance(leaf.value, torch.Tensor):
            size = len(collection)
            spec = collection[leaf.value]  # what is not there is put there, and empty
            if len(collection) == size:
                unused -= 1
                yield Match(index, spec, leaf.path)
    if unused > 0:
        raise SpecError(
            f"The ShapesCollection has specs for {unused} tensors that are no arguments of the program.",
            instead="the very tensors that are passed to export",
        )


def _by_pattern(
    pattern: str, spec: object, inputs: Sequence[Input], parameters: Parameters
) -> Iterator[Match]:
    found = _matching(pattern, inputs) or _matching(_INDEX.sub(r".\2", pattern), inputs)
    if not found:
        paths = [*parameters.names, *(leaf.path for leaf in inputs)]
        raise SpecError(
            f"dynamic_shapes has a spec for {pattern!r}, which matches no input.",
            why=f"The inputs are {_listed(leaf.path for leaf in inputs)}.",
            instead=_did_you_mean(pattern, paths),
        )
    if isinstance(spec, Mapping) and not _keyed_by_dims(spec):
        raise SpecError(
            f"dynamic_shapes[{pattern!r}] is a dict by name, but a pattern takes the spec of a tensor.",
            instead=f'{{"{pattern}.{next(iter(spec), "name")}": ...}}',
        )
    yield from _to_tensors(spec, found, repr(pattern), inputs)


def _matching(pattern: str, inputs: Sequence[Input]) -> list[int]:
    """`*` stands for anything, dots included; what matches a container holds for all below it."""
    regex = re.compile(".*".join(map(re.escape, pattern.split("*"))) + r"(?=$|\.|\[)")
    return [i for i, leaf in enumerate(inputs) if regex.match(leaf.path)]


def _below(
    spec: object, indices: list[int], depth: int, where: str, inputs: Sequence[Input]
) -> Iterator[Match]:
    """Match a spec with the inputs that share their first `depth` keys, which `where` spells."""
    if spec is None or (isinstance(spec, (Mapping, list, tuple)) and not spec):
        return
    if len(indices) == 1 and len(inputs[indices[0]].keys) == depth:
        yield Match(indices[0], spec, where)
        return
    children = _children(indices, depth, inputs)
    if isinstance(spec, Mapping) and not _meant_for_each_tensor(spec, children, where):
        for name, part in spec.items():
            key = name if type(name) in (str, int) else str(name)  # as in the paths of the inputs
            if key in children:
                yield from _below(part, children[key], depth + 1, f"{where}.{key}", inputs)
            elif not _says_nothing(part):
                raise SpecError(
                    f"dynamic_shapes has a spec for `{where}.{key}`, but `{where}` has no {name!r} in the example.",
                    instead=_did_you_mean(str(key), children),
                )
    elif _is_sequence(spec):
        yield from _in_order(spec, children, depth, where, inputs)
    else:
        yield from _to_tensors(spec, indices, where, inputs)


def _in_order(
    spec: Sequence[object],
    children: dict[str | int, list[int]],
    depth: int,
    where: str,
    inputs: Sequence[Input],
) -> Iterator[Match]:
    # A child without tensors or values (an empty list) has no key here, so integer keys may have gaps.
    positions = all(isinstance(key, int) for key in children)
    keys: Iterable[Any] = range(len(spec)) if positions else children
    expected = (
        1 + max((key for key in children if isinstance(key, int)), default=-1) if positions else len(children)
    )
    if len(spec) < expected or (len(spec) > expected and not all(map(_says_nothing, spec[expected:]))):
        raise SpecError(
            f"The spec of `{where}` has {len(spec)} elements, but `{where}` has {expected} in the example.",
            instead=f'one spec per element, or one for all of them as a text: "{where}": "batch ..."',
        )
    for key, part in zip(keys, spec, strict=False):
        if key in children:
            yield from _below(part, children[key], depth + 1, f"{where}.{key}", inputs)


def _to_tensors(spec: object, indices: list[int], where: str, inputs: Sequence[Input]) -> Iterator[Match]:
    """A prefix: the spec holds for every tensor below it; other values stay as they are."""
    if _says_nothing(spec):
        return
    found = [i for i in indices if is_tensor(inputs[i].value)]
    if not found and len(indices) == 1:
        found = indices  # a number that is to be dynamic; anything else is refused with its own words
    if not found:
        raise SpecError(
            f"dynamic_shapes has a spec for `{where}`, where the example has no tensor.",
            instead=f"no spec for `{where}`, or an example with a tensor there",
        )
    for index in found:
        yield Match(index, spec, where)


def _children(indices: list[int], depth: int, inputs: Sequence[Input]) -> dict[str | int, list[int]]:
    children: dict[str | int, list[int]] = {}
    for index in indices:
        children.setdefault(inputs[index].keys[depth], []).append(index)
    return children


def _meant_for_each_tensor(
    spec: Mapping[Any, object], children: dict[str | int, list[int]], where: str
) -> bool:
    """Whether a dict on a container is the spec of its tensors (`{0: batch}`) instead of mirroring the container."""
    if not _keyed_by_dims(spec):
        return False
    if any(isinstance(part, (Mapping, list, tuple)) for part in spec.values()):
        return False
    if not any(isinstance(key, int) for key in children):
        return True
    raise SpecError(
        f"The spec {spec!r} of `{where}` could mean elements of `{where}`, or dims of each tensor in it.",
        instead='a list with a spec per element, or a text that holds for each tensor: "batch ..."',
    )


def _keyed_by_dims(spec: Mapping[Any, object]) -> bool:
    return bool(spec) and all(isinstance(key, int) and not isinstance(key, bool) for key in spec)


def _is_sequence(spec: object) -> TypeGuard[Sequence[object]]:
    return isinstance(spec, Sequence) and not isinstance(spec, str) and as_dim(spec) is None


def _says_nothing(spec: object) -> bool:
    if isinstance(spec, Mapping):
        return all(map(_says_nothing, spec.values()))
    return spec is None or (_is_sequence(spec) and all(map(_says_nothing, spec)))


def _example_by_name(parameters: Parameters) -> str:
    name = parameters.names[0] if parameters.names else "x"
    return f'dynamic_shapes={{"{name}": "batch ..."}}'


def _listed(names: Iterable[str], most: int = 8) -> str:
    quoted = [f"`{name}`" for name in names]
    if not quoted:
        return "none"
    return ", ".join(quoted[:most]) + (f" and {len(quoted) - most} more" if len(quoted) > most else "")


def _did_you_mean(name: str, candidates: Iterable[str | int]) -> str:
    known = {str(candidate): candidate for candidate in candidates}
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
    return (
        f"did you mean {' or '.join(repr(known[text]) for text in close)}?"
        if close
        else f"one of {_listed(known)}"
    )
