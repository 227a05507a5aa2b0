"""What the benchmarks export, by name: `llama-12`, `straight-1000`, `llama-70b`.

The idea: a subject is data that any exporter takes (a module, keyword arguments, the dynamic sizes as
strings), and a name is enough to make it again in a fresh process.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import torch
from torch import nn

from benchmarks.models import DEEP, MODELS, FromTransformers, Model, Ranges, constraints_of

_WIDTH = 16


@dataclass(frozen=True)
class Subject:
    """A module and how to export it.

    Attributes:
        module: The module, in eval mode.
        inputs: The keyword arguments to export with.
        dynamic_shapes: Path or path pattern of an input to its shape string.
        ranges: The range of a dynamic size where it has one.
    """

    module: nn.Module
    inputs: dict[str, Any]
    dynamic_shapes: Mapping[str, str]
    ranges: Ranges = field(default_factory=dict[str, tuple[int, int | None]])

    @property
    def constraints(self) -> list[str]:
        """The ranges, as `fullgraph.export` takes them."""
        return constraints_of(self.ranges)


def make_subject(name: str) -> Subject:
    """The subject of this name.

    Args:
        name: A model of the table, one of the deeper models, `llama-70b`, or `straight-N`: a straight-line
            program of N operators.
    """
    if name.startswith("straight-"):
        return _straight(int(name.removeprefix("straight-")))
    if name == "llama-70b":
        return _llama_70b()
    return _of_model(DEEP[name] if name in DEEP else MODELS[name])


def _of_model(model: Model) -> Subject:
    return Subject(model.build(), model.example_inputs(), model.dynamic_shapes, model.ranges)


def _llama_70b() -> Subject:
    """Llama 3 70B on the meta device: 70.6 billion parameters, none of them in memory."""
    settings = {
        "vocab_size": 128_256,
        "hidden_size": 8192,
        "intermediate_size": 28_672,
        "num_hidden_layers": 80,
        "num_attention_heads": 64,
        "num_key_value_heads": 8,
        "max_position_embeddings": 8192,
    }
    build = FromTransformers("LlamaConfig", "LlamaForCausalLM", settings, device="meta")
    input_ids = torch.zeros(2, 16, dtype=torch.long, device="meta")
    return Subject(build(), {"input_ids": input_ids}, {"input_ids": "batch seq"}, {"seq": (2, None)})


class StraightLine(nn.Module):
    """A program of a given number of operators without control flow, of the kinds that models are made of."""

    def __init__(self, operators: int) -> None:
        super().__init__()
        self.operators = operators
        self.linear = nn.Linear(_WIDTH, _WIDTH)
        self.norm = nn.LayerNorm(_WIDTH)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Ten operators a block, two kinds of blocks in turn, on `x` of sizes batch, sequence and width."""
        blocks, rest = divmod(self.operators, 10)
        for block in range(blocks):
            x = self._gate(x) if block % 2 else self._mix(x)
        for _ in range(rest):
            x = x * 0.5
        return x

    def _mix(self, x: torch.Tensor) -> torch.Tensor:
        batch, seq, width = x.shape
        h: torch.Tensor = self.linear(self.norm(x))
        heads = h.view(batch, seq, 4, width // 4).transpose(1, 2)
        h = (heads @ heads.transpose(-1, -2)) @ heads
        return x + h.transpose(1, 2).reshape(batch, seq, width)

    def _gate(self, x: torch.Tensor) -> torch.Tensor:
        half = x.shape[-1] // 2
        gate, value = x[..., :half], x[..., half:]
        h = torch.cat([torch.nn.functional.silu(gate), value], dim=-1)
        mean = h.mean(dim=1, keepdim=True)
        h = torch.where(h > mean, h, mean)
        return x + h.clamp(-1.0, 1.0) * 0.5


def _straight(operators: int) -> Subject:
    module = StraightLine(operators).eval()
    return Subject(module, {"x": torch.randn(2, 6, _WIDTH)}, {"x": f"batch seq {_WIDTH}"})
