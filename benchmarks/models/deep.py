"""The models whose export is timed: the architectures of the table at a realistic number of layers.

Widths stay small, since no exporter's time depends on them. Images are large enough that no feature map
shrinks to a single pixel, which `torch.export` would take for a specialized size.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from benchmarks.models.entry import Model

_LARGE_IMAGE = {"h": (64, None), "w": (64, None)}


def deep_models(models: Mapping[str, Model]) -> dict[str, Model]:
    """The models to be timed, by name, made from the entries of the table."""
    bart_like = {"encoder_layers": 6, "decoder_layers": 6}
    deep = (
        models["llama"].resized("llama-12", num_hidden_layers=12, hidden_size=64),
        models["gpt2"].resized("gpt2-12", n_layer=12),
        models["qwen3"].resized("qwen3-12", num_hidden_layers=12),
        models["mixtral"].resized("mixtral-8", num_hidden_layers=8),
        models["bert"].resized("bert-12", num_hidden_layers=12),
        models["t5"].resized("t5-6+6", num_layers=6, num_decoder_layers=6),
        models["whisper"].resized("whisper-6+6", **bart_like),
        models["vit"].resized("vit-12", num_hidden_layers=12),
        replace(models["convnext"].resized("convnext-18", depths=[3, 3, 9, 3]), ranges=_LARGE_IMAGE),
        replace(models["detr"].resized("detr-6+6", **bart_like), ranges=_LARGE_IMAGE),
        models["mamba_fixed_length"].resized("mamba-4", num_hidden_layers=4),
        models["llama_decode"].resized("llama-2-decode"),
    )
    return {model.name: model for model in deep}
