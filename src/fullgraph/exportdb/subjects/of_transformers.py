"""The models of an installed transformers as subjects, small and with random weights: `transformers:bert`.

A model is made from its own configuration, whose sizes are replaced by small ones wherever it has a field of a known
name; it is called with what its `main_input_name` asks for, at several sizes. Nothing here knows a single model.

Invariant: nothing is downloaded, and a model is the same in every process.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Final

import torch

from fullgraph import Dim
from fullgraph.errors import FullgraphError
from fullgraph.exportdb.subjects.subject import NoSubject, Subject
from fullgraph.testing import Call

_TOKENS: Final = 100
_LARGEST: Final = 20_000_000  # parameters; what is larger after all has sizes that are not known here

# Fields of configurations, and a size that is as small as can be while heads and groups still divide widths.
_SMALL: Final = {
    **dict.fromkeys(("hidden_size", "d_model", "n_embd", "embed_dim", "dim", "embedding_size"), 32),
    **dict.fromkeys(
        ("intermediate_size", "ffn_dim", "encoder_ffn_dim", "decoder_ffn_dim", "d_ff", "n_inner"), 48
    ),
    **dict.fromkeys(("num_hidden_layers", "n_layer", "n_layers", "num_layers", "encoder_layers"), 2),
    **dict.fromkeys(("decoder_layers", "num_decoder_layers", "num_encoder_layers"), 2),
    **dict.fromkeys(("num_attention_heads", "n_head", "n_heads", "num_heads"), 4),
    **dict.fromkeys(("encoder_attention_heads", "decoder_attention_heads"), 4),
    **dict.fromkeys(("num_key_value_heads", "num_experts_per_tok"), 2),
    **dict.fromkeys(("num_local_experts", "num_experts", "n_routed_experts"), 4),
    **dict.fromkeys(("max_position_embeddings", "n_positions", "max_target_positions"), 64),
    **dict.fromkeys(("head_dim", "d_kv"), 8),
    **dict.fromkeys(("pad_token_id",), 0),
    **dict.fromkeys(("bos_token_id", "decoder_start_token_id"), 1),
    **dict.fromkeys(("eos_token_id",), 2),
    "image_size": 32,
    "patch_size": 8,
    "vocab_size": _TOKENS,
    "word_embed_proj_dim": 32,
}


class TransformersModels:
    """The provider of the names that begin with `transformers:`."""

    prefix = "transformers"

    def names(self) -> Sequence[str]:
        """Return the types of models that transformers has a base model of."""
        return sorted(set(_mapping().MODEL_MAPPING_NAMES))

    def fingerprint(self, name: str) -> str:
        """Return the version of transformers: models change with it."""
        return f"transformers-{_version()}"

    def get(self, name: str) -> Subject:
        """Make a small model.

        Raises:
            NoSubject: it cannot be made of a small configuration, or not be called in one of the known ways.
        """
        make = _maker(name)
        model = make()
        kind = str(getattr(model, "main_input_name", "input_ids"))
        if kind not in _INPUTS:
            raise NoSubject(f"its main input is `{kind}`; known are {', '.join(_INPUTS)}")
        shape, value, sizes = _INPUTS[kind]
        config: Any = model.config
        channels = int(getattr(config, "num_channels", 3) or 3)
        calls = [Call((), {kind: value(channels, *each)}) for each in sizes]
        shapes = {kind: _automatic(shape)}
        if config.is_encoder_decoder and kind == "input_ids":
            for call, (batch, length) in zip(calls, sizes):
                call.kwargs["decoder_input_ids"] = _tokens(0, batch, length + 1)
            shapes["decoder_input_ids"] = _automatic("a a")
        return Subject(f"transformers:{name}", make, calls[0], tuple(calls[1:]), dynamic_shapes=shapes)


def _automatic(shape: str) -> dict[int, Any]:
    """Return a spec: dims marked `a` are dynamic unless the model pins them, which most do beyond some length."""
    return {axis: Dim.AUTO for axis, mark in enumerate(shape.split()) if mark == "a"}


def _tokens(_: int, batch: int, length: int) -> torch.Tensor:
    return torch.randint(3, _TOKENS, (batch, length), generator=torch.Generator().manual_seed(batch + length))


def _image(channels: int, batch: int) -> torch.Tensor:
    return torch.randn(batch, channels, 32, 32, generator=torch.Generator().manual_seed(batch))


def _wave(_: int, batch: int, samples: int) -> torch.Tensor:
    return torch.randn(batch, samples, generator=torch.Generator().manual_seed(batch + samples))


_Value = Callable[..., torch.Tensor]
# What a model takes first -> its spec, what makes it, and the sizes of the example and of further calls.
_INPUTS: Final[dict[str, tuple[str, _Value, list[tuple[int, ...]]]]] = {
    "input_ids": ("a a", _tokens, [(2, 12), (1, 7), (3, 30)]),
    "pixel_values": ("a _ _ _", _image, [(2,), (1,), (4,)]),
    "input_values": ("a a", _wave, [(2, 1600), (1, 1000), (3, 3200)]),
}


def _maker(name: str) -> Callable[[], torch.nn.Module]:
    """Return a function that makes the model, with the same weights each time."""
    import transformers

    names = _mapping().MODEL_MAPPING_NAMES
    if name not in names:
        raise FullgraphError(f"transformers {_version()} has no model `{name}`.")
    named = names[name]
    cls = getattr(transformers, named if isinstance(named, str) else named[0])

    def make() -> torch.nn.Module:
        config = cls.config_class()
        _shrink(config)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(0)
            model: torch.nn.Module = cls(config).eval()
        return model

    try:
        config = cls.config_class()
        _shrink(config)
        with torch.device("meta"):
            parameters = sum(each.numel() for each in cls(config).parameters())
    except Exception as error:  # whatever a library raises for sizes that do not fit one another
        raise NoSubject(f"it cannot be made small: {type(error).__name__}: {error}") from error
    if parameters > _LARGEST:
        raise NoSubject(f"made small, it still has {parameters:,} parameters")
    return make


def _shrink(config: Any) -> None:
    """Replace the sizes of a configuration, and of those inside it, by small ones."""
    for field, value in list(vars(config).items()):
        if field in _SMALL and isinstance(value, int) and not isinstance(value, bool):
            setattr(config, field, _SMALL[field])
        elif field == "layer_types" and isinstance(value, list):
            config.layer_types = value[: _SMALL["num_hidden_layers"]]
        elif hasattr(type(value), "model_type"):
            _shrink(value)


def _mapping() -> Any:
    try:
        from transformers.models.auto import modeling_auto
    except ImportError as error:
        raise FullgraphError(
            "The models of transformers are surveyed where it is installed.", why=str(error)
        ) from None
    return modeling_auto


def _version() -> str:
    try:
        return version("transformers")
    except PackageNotFoundError:
        return "none"
