"""One row of the table of models: how to build it, what to feed it, and which sizes are dynamic.

The idea: the shape of each input is written once, as the string that `fullgraph.export` takes
(`"batch 3 8*h 8*w"`). The example, the inputs at other sizes, and the specs for both exporters all follow
from that string and a mapping of names to sizes, so they cannot disagree.

Invariant: building a model or an input never touches the network and gives the same numbers each time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol

import torch
from torch import nn

Sizes = Mapping[str, int]
Ranges = Mapping[str, tuple[int, int | None]]

_DIM = re.compile(r"(?:(?P<factor>\d+)\*)?(?P<name>[a-z]\w*)(?:\+(?P<offset>\d+))?|(?P<size>\d+)")


def evaluate(dim: str, values: Mapping[str, Any]) -> Any:
    """The value of one dim of a shape string (`"batch"`, `"3"`, `"8*h"`, `"past+1"`).

    Args:
        dim: The text of the dim.
        values: What each name stands for: a size, or anything else with arithmetic (a `torch.export.Dim`).
    """
    match = _DIM.fullmatch(dim)
    if match is None:
        raise ValueError(f"cannot read the dim {dim!r}")
    if match["size"]:
        return int(match["size"])
    value = values[match["name"]]
    if match["factor"]:
        value = int(match["factor"]) * value
    return value + int(match["offset"]) if match["offset"] else value


def names_in(shape: str) -> frozenset[str]:
    """The names of the dynamic sizes in a shape string."""
    return frozenset(match["name"] for match in map(_DIM.fullmatch, shape.split()) if match and match["name"])


def constraints_of(ranges: Ranges) -> list[str]:
    """Ranges of sizes as `fullgraph.export` takes them in `constraints`."""
    lower = [f"{name} >= {low}" for name, (low, _) in ranges.items() if low > 0]
    upper = [f"{name} <= {high}" for name, (_, high) in ranges.items() if high is not None]
    return lower + upper


class Input(Protocol):
    """A keyword argument of a model, known up to its sizes."""

    def value(self, sizes: Sizes, generator: torch.Generator) -> Any:
        """The argument itself, at these sizes."""
        ...

    def spec(self, name: str) -> dict[str, str]:
        """Its part of `dynamic_shapes`: path or path pattern to shape string."""
        ...


@dataclass(frozen=True)
class _Tensor:
    shape: str

    def spec(self, name: str) -> dict[str, str]:
        return {name: self.shape}

    def at(self, sizes: Sizes) -> list[int]:
        return [evaluate(dim, sizes) for dim in self.shape.split()]


@dataclass(frozen=True)
class Tokens(_Tensor):
    """Random token ids. `low` keeps the special ids (padding, end) out of the text."""

    high: int = 100
    low: int = 3

    def value(self, sizes: Sizes, generator: torch.Generator) -> torch.Tensor:
        return torch.randint(self.low, self.high, self.at(sizes), generator=generator)


@dataclass(frozen=True)
class Floats(_Tensor):
    """Normal random numbers: pixels, audio samples, mel features."""

    def value(self, sizes: Sizes, generator: torch.Generator) -> torch.Tensor:
        return torch.randn(self.at(sizes), generator=generator)


@dataclass(frozen=True)
class Mask(_Tensor):
    """An attention mask of ones in which the first sequence ends in a little padding."""

    def value(self, sizes: Sizes, generator: torch.Generator) -> torch.Tensor:
        mask = torch.ones(self.at(sizes), dtype=torch.long)
        if mask.shape[-1] > 2:
            mask[0, -2:] = 0
        return mask


@dataclass(frozen=True)
class KeyValueCache:
    """A `DynamicCache` that already holds `past` positions, as in a decode step."""

    layers: int
    heads: int
    head_dim: int
    batch: str = "batch"
    past: str = "past"

    def value(self, sizes: Sizes, generator: torch.Generator) -> Any:
        from transformers import DynamicCache

        cache = DynamicCache()
        shape = (sizes[self.batch], self.heads, sizes[self.past], self.head_dim)
        for layer in range(self.layers):
            keys, values = (torch.randn(shape, generator=generator) for _ in range(2))
            cache.update(keys, values, layer)
        return cache

    def spec(self, name: str) -> dict[str, str]:
        return {f"{name}.*": f"{self.batch} {self.heads} {self.past} {self.head_dim}"}


@dataclass(frozen=True)
class Fixed:
    """A Python value, the same in every call."""

    python_value: Any

    def value(self, sizes: Sizes, generator: torch.Generator) -> Any:
        return self.python_value

    def spec(self, name: str) -> dict[str, str]:
        return {}


@dataclass(frozen=True)
class FromTransformers:
    """Builds a module of `transformers`; classes by name, so that only the models in use are imported.

    Attributes:
        config: The name of the configuration class.
        module: The name of the module class.
        settings: The configuration's arguments.
        device: Where the parameters are; `"meta"` for a model too large to have any.
    """

    config: str
    module: str
    settings: Mapping[str, Any]
    device: str = "cpu"

    def __call__(self) -> nn.Module:
        """The module in eval mode, with the same parameters each time."""
        import transformers

        torch.manual_seed(0)
        with torch.device(self.device):
            built: nn.Module = getattr(transformers, self.module)(
                getattr(transformers, self.config)(**self.settings)
            )
        return built.eval()


def from_transformers(config: str, module: str, **settings: Any) -> FromTransformers:
    """Says which classes of `transformers` make a model, and with which configuration."""
    return FromTransformers(config, module, settings)


@dataclass(frozen=True)
class Model:
    """An architecture of `transformers`, small, with random numbers for weights.

    Attributes:
        name: The name used on command lines and in reports.
        build: Makes the module, in eval mode, with the same parameters each time.
        inputs: The keyword arguments of a call, known up to their sizes.
        example: The sizes to export with.
        others: Four other mappings of sizes to call the program with; `batch` is 1 in one of them.
        ranges: The range of a dynamic size, where the architecture itself has one: `{"seq": (1, 128)}`. A
            size that is not listed is free.
        note: Why a size is static here, or what the architecture does that is out of the ordinary.
        asks: What its Python asks of traced values ("" = nothing): such a program needs control
            flow captured.
    """

    name: str
    build: FromTransformers
    inputs: Mapping[str, Input]
    example: Sizes
    others: tuple[Sizes, ...]
    ranges: Ranges = field(default_factory=dict[str, tuple[int, int | None]])
    note: str = ""
    asks: str = ""

    def at(self, sizes: Sizes) -> dict[str, Any]:
        """The keyword arguments of a call at these sizes; the same numbers for the same sizes."""
        generator = torch.Generator().manual_seed(sum(sizes.values()))
        return {name: entry.value(sizes, generator) for name, entry in self.inputs.items()}

    def example_inputs(self) -> dict[str, Any]:
        """The keyword arguments to export with."""
        return self.at(self.example)

    @property
    def dynamic_shapes(self) -> dict[str, str]:
        """What `fullgraph.export` takes as `dynamic_shapes`."""
        return {
            path: shape for name, entry in self.inputs.items() for path, shape in entry.spec(name).items()
        }

    @property
    def constraints(self) -> list[str]:
        """What `fullgraph.export` takes as `constraints`: the ranges, `["h >= 5", "seq <= 128"]`."""
        return constraints_of(self.ranges)

    @property
    def specs(self) -> dict[str, Any]:
        """All that says what is dynamic, as keyword arguments of `fullgraph.export`."""
        return {"dynamic_shapes": self.dynamic_shapes, "constraints": self.constraints or None}

    @property
    def dynamic(self) -> tuple[str, ...]:
        """The names of its dynamic sizes, in the order in which the inputs mention them."""
        mentioned = [
            name for shape in self.dynamic_shapes.values() for name in self.example if name in names_in(shape)
        ]
        return tuple(dict.fromkeys(mentioned))

    def resized(self, name: str, **settings: Any) -> Model:
        """The same architecture under another name, with some of its configuration changed."""
        return replace(
            self, name=name, build=replace(self.build, settings={**self.build.settings, **settings})
        )
