"""What a trace may rely on besides sizes: properties of an input, identity, overlap, and the state around a call.

A fact about sizes is a `symbolic.Bool`. The others are the frozen classes here. Each says the source text of a Python
expression that is true when the fact holds, so that the compiled check and the message after it agree.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import torch

from fullgraph.symbolic import Bool, Expr

# What can be asked of a tensor input, as Python source over `x`.
PROPERTIES: dict[str, str] = {
    "requires_grad": "x.requires_grad",
    "is_leaf": "x.is_leaf",
    "has_grad": "x.grad is not None",
    "is_contiguous": "x.is_contiguous()",
    "is_channels_last": "x.is_contiguous(memory_format=torch.channels_last)",
    "is_channels_last_3d": "x.is_contiguous(memory_format=torch.channels_last_3d)",
    "stride": "x.stride()",
    "storage_offset": "x.storage_offset()",
    "layout": "x.layout",
    "is_conj": "x.is_conj()",
    "is_neg": "x.is_neg()",
    "is_inference": "x.is_inference()",
    "is_pinned": "x.is_pinned()",
    "is_parameter": "isinstance(x, torch.nn.Parameter)",
    "is_buffer": "isinstance(x, torch.nn.Buffer)",
    "class": "type(x)",
    # Their names, and values as far as these are plain.
    "own_attributes": "', '.join(sorted(k if isinstance(v, (torch.Tensor, list, dict)) or hasattr(v, '__dict__') "
    "else f'{k}={v!r}' for k, v in vars(x).items()))",
}


def _autocast() -> tuple[torch.dtype | None, torch.dtype | None]:
    """What autocast turns tensors on the CPU and on CUDA devices into; None where it is off."""
    return (
        torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else None,
        torch.get_autocast_dtype("cuda") if torch.is_autocast_enabled("cuda") else None,
    )


# State around a call that changes what it computes.
AMBIENT: dict[str, Callable[[], Any]] = {
    "grad_enabled": torch.is_grad_enabled,
    "inference_mode": torch.is_inference_mode_enabled,
    "default_dtype": torch.get_default_dtype,
    "default_device": torch.get_default_device,
    "autocast": _autocast,
    "deterministic": torch.are_deterministic_algorithms_enabled,
}


@dataclass(frozen=True)
class Property:
    """A property of the tensor input at `path` has this value.

    Args:
        path: the input's path.
        name: one of `PROPERTIES`.
        value: what it was in the trace; of `stride` a tuple, whose elements may be expressions.
    """

    path: str
    name: str
    value: Any

    def __post_init__(self) -> None:
        if self.name not in PROPERTIES:
            raise ValueError(f"no such property of a tensor: {self.name!r}")

    def read(self, tensor: torch.Tensor) -> Any:
        """Return the property of a tensor as it is now."""
        return eval(PROPERTIES[self.name], {"torch": torch, "x": tensor})  # noqa: S307  (our own text)

    @property
    def symbols(self) -> frozenset[Expr]:
        """The symbols that the value depends on."""
        parts = self.value if isinstance(self.value, tuple) else (self.value,)
        return frozenset(s for part in parts if isinstance(part, Expr) for s in part.symbols)


@dataclass(frozen=True)
class SameObject:
    """The inputs at two paths are one object (`same`), or they are two."""

    path_a: str
    path_b: str
    same: bool


@dataclass(frozen=True)
class Disjoint:
    """The tensor inputs at two paths share no memory; relied on when one of them is mutated."""

    path_a: str
    path_b: str


@dataclass(frozen=True)
class Ambient:
    """A piece of PyTorch's state around the call, one of `AMBIENT`, has this value."""

    name: str
    value: Any

    def __post_init__(self) -> None:
        if self.name not in AMBIENT:
            raise ValueError(f"no such state: {self.name!r}")
        if type(self.value) is not type(AMBIENT[self.name]()):
            raise ValueError(f"{self.name} is never {self.value!r}")

    @classmethod
    def now(cls, name: str) -> Ambient:
        """Return the fact that `name` is as it is now."""
        return cls(name, AMBIENT[name]())


InputFact = Property | SameObject | Disjoint | Ambient
Fact = Bool | InputFact
