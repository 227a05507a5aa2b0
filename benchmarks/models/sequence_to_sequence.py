"""Encoder-decoder language models: batch, source length and target length are dynamic."""

from __future__ import annotations

from typing import Any

from benchmarks.models.entry import Model, Ranges, Sizes, Tokens, from_transformers

_EXAMPLE: Sizes = {"batch": 2, "src": 12, "tgt": 6}
_OTHERS: tuple[Sizes, ...] = (
    {"batch": 1, "src": 12, "tgt": 6},
    {"batch": 3, "src": 5, "tgt": 2},
    {"batch": 4, "src": 2, "tgt": 9},
    {"batch": 2, "src": 50, "tgt": 33},
)
_POSITIONS = 64
_LENGTHS: Ranges = {"batch": (1, None), "src": (2, None), "tgt": (2, None)}
_TABLES: Ranges = {"batch": (1, None), "src": (2, _POSITIONS), "tgt": (2, _POSITIONS)}
_T5_LIKE: dict[str, Any] = {
    "vocab_size": 100,
    "d_model": 32,
    "d_kv": 8,
    "d_ff": 48,
    "num_layers": 2,
    "num_heads": 4,
}
_BART_LIKE: dict[str, Any] = {
    "vocab_size": 100,
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "max_position_embeddings": _POSITIONS,
    "pad_token_id": 1,
    "decoder_start_token_id": 2,
}


def pair(
    name: str,
    prefix: str,
    head: str = "ForConditionalGeneration",
    ranges: Ranges = _TABLES,
    **settings: Any,
) -> Model:
    """A model called on source and target token ids."""
    inputs = {"input_ids": Tokens("batch src"), "decoder_input_ids": Tokens("batch tgt")}
    build = from_transformers(f"{prefix}Config", f"{prefix}{head}", **settings)
    return Model(name, build, inputs, _EXAMPLE, _OTHERS, ranges)


SEQUENCE_TO_SEQUENCE: tuple[Model, ...] = (
    pair("t5", "T5", ranges=_LENGTHS, decoder_start_token_id=0, **_T5_LIKE),
    pair("mt5", "MT5", ranges=_LENGTHS, decoder_start_token_id=0, **_T5_LIKE),
    pair("bart", "Bart", **_BART_LIKE),
    pair("mbart", "MBart", **_BART_LIKE),
    pair("marian", "Marian", "MTModel", **_BART_LIKE),
    pair("pegasus", "Pegasus", **_BART_LIKE),
    pair("blenderbot", "Blenderbot", **_BART_LIKE),
    pair("m2m_100", "M2M100", **_BART_LIKE),
)
