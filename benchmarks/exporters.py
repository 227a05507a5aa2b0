"""The exporters that are compared, each a function from a subject to its number of operators.

`torch.export` is given all the help there is: the classes of caches are registered as pytrees, by the
function that `transformers` ships for this, and a shape string becomes the `torch.export.Dim` objects that
say the same. fullgraph gets the module as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fnmatch import fnmatchcase
from typing import Any

import torch
import torch.export
from torch.fx import Graph
from torch.utils import _pytree as pytree

from benchmarks.models import evaluate, names_in
from benchmarks.subjects import Subject

Exporter = Callable[[Subject], int]


def export_with_fullgraph(subject: Subject) -> int:
    """Exports with `fullgraph.export`."""
    import fullgraph

    program = fullgraph.export(
        subject.module,
        kwargs=subject.inputs,
        dynamic_shapes=subject.dynamic_shapes,
        constraints=subject.constraints or None,
    )
    return _operators(program.graph)


def export_with_torch(subject: Subject) -> int:
    """Exports with `torch.export.export(strict=False)`."""
    return _export_with_torch(subject, strict=False)


def export_with_torch_strict(subject: Subject) -> int:
    """Exports with `torch.export.export(strict=True)`."""
    return _export_with_torch(subject, strict=True)


EXPORTERS: Mapping[str, Exporter] = {
    "fullgraph": export_with_fullgraph,
    "torch non-strict": export_with_torch,
    "torch strict": export_with_torch_strict,
}
"""The exporters by the name under which they are reported."""


def prepare(exporter: str, subject: Subject) -> None:
    """Does, off the clock, what users of an exporter do once: import it, register their classes."""
    if exporter == "fullgraph":
        import fullgraph  # noqa: F401  (the import is the point)

        return
    from transformers import PreTrainedModel
    from transformers.exporters.exporter_dynamo import register_cache_pytrees_for_model

    if isinstance(subject.module, PreTrainedModel):
        register_cache_pytrees_for_model(subject.module)


def torch_dynamic_shapes(subject: Subject) -> dict[str, Any]:
    """The subject's shape strings as `torch.export` takes them: a tree of `Dim` objects per argument."""
    names = sorted({name for shape in subject.dynamic_shapes.values() for name in names_in(shape)})
    ranges = {name: subject.ranges.get(name, (0, None)) for name in names}
    dims = {name: torch.export.Dim(name, min=low, max=high) for name, (low, high) in ranges.items()}
    return {name: _spec(name, value, subject.dynamic_shapes, dims) for name, value in subject.inputs.items()}


def _spec(name: str, value: Any, shapes: Mapping[str, str], dims: Mapping[str, Any]) -> Any:
    matching = [
        shape for pattern, shape in shapes.items() if name == pattern or fnmatchcase(f"{name}.x", pattern)
    ]
    if not matching:
        return None
    parts = [evaluate(dim, dims) for dim in matching[0].split()]
    spec = {axis: dim for axis, dim in enumerate(parts) if not isinstance(dim, int)}
    if isinstance(value, torch.Tensor):
        return spec
    children, _ = pytree.SUPPORTED_NODES[type(value)].flatten_fn(value)
    return [dict(spec) for _ in children]


def _export_with_torch(subject: Subject, *, strict: bool) -> int:
    shapes = torch_dynamic_shapes(subject)
    program = torch.export.export(subject.module, (), subject.inputs, dynamic_shapes=shapes, strict=strict)
    return _operators(program.graph)


def _operators(graph: Graph) -> int:
    return sum(node.op == "call_function" for node in graph.nodes)
