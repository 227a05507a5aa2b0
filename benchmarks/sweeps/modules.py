"""PyTorch's own samples of `torch.nn` modules: how each is constructed and what it is called with."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import torch
from torch.utils import _pytree as pytree

from benchmarks.sweeps.samples import OPERATORS, Subject  # it makes torch.testing._internal importable

assert OPERATORS
from torch.testing._internal import common_modules  # noqa: E402


@dataclass(frozen=True)
class ModuleSample:
    """A module and the arguments it is called with.

    Args:
        name: the class, the mode and the number of the sample.
        module: in that mode.
        args: positional arguments.
        kwargs: keyword arguments.
    """

    name: str
    module: torch.nn.Module
    args: tuple[Any, ...]
    kwargs: dict[str, Any]


# Read-only like `OPERATORS`.
MODULES: Mapping[str, Any] = MappingProxyType({info.name: info for info in common_modules.module_db})
"""PyTorch's descriptions of its modules, by name."""


def module_samples(name: str, training: bool, count: int) -> Iterator[ModuleSample]:
    """Yield the first samples of a module; each is a module of its own."""
    info = MODULES[name]
    torch.default_generator.manual_seed(0)
    inputs = info.module_inputs_func(info, "cpu", torch.float32, requires_grad=False, training=training)
    for number, sample in enumerate(itertools.islice(inputs, count)):
        if sample.forward_input is None:
            continue
        given = sample.constructor_input
        module = info.module_cls(*given.args, **given.kwargs).train(training)
        mode = "train" if training else "eval"
        args, kwargs = sample.forward_input.args, sample.forward_input.kwargs
        yield ModuleSample(f"{name} {mode} #{number}", module, tuple(args), dict(kwargs))


def as_subject(sample: ModuleSample) -> Subject:
    """Return a call of a module as a function of the tensors among its arguments."""
    leaves, tree = pytree.tree_flatten((sample.args, sample.kwargs))
    places = [place for place, leaf in enumerate(leaves) if isinstance(leaf, torch.Tensor)]

    def call(tensors: list[torch.Tensor]) -> Any:
        filled = list(leaves)
        for place, tensor in zip(places, tensors, strict=True):
            filled[place] = tensor
        args, kwargs = pytree.tree_unflatten(filled, tree)
        return sample.module(*args, **kwargs)

    return Subject(sample.name, call, [leaves[place] for place in places])
