"""Decoder-only language models: batch and sequence length are dynamic.

Rotary models take any length. Those with a table of positions end where the table ends, which is a range
here and a line of the contract later. Attention in `transformers` branches in Python on a length of one (a
decode step), so most dynamic lengths here start at two; that branch has a row of its own.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.models.entry import (
    Fixed,
    Input,
    KeyValueCache,
    Mask,
    Model,
    Ranges,
    Sizes,
    Tokens,
    from_transformers,
)

_EXAMPLE: Sizes = {"batch": 2, "seq": 12}
_OTHERS: tuple[Sizes, ...] = (
    {"batch": 1, "seq": 7},
    {"batch": 3, "seq": 12},
    {"batch": 5, "seq": 2},
    {"batch": 2, "seq": 40},
)
_POSITIONS = 64
_SMALL: dict[str, Any] = {
    "vocab_size": 100,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}
_LLAMA_LIKE: dict[str, Any] = {
    **_SMALL,
    "intermediate_size": 48,
    "num_key_value_heads": 2,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
_NAMED_N: dict[str, Any] = {
    "vocab_size": 100,
    "n_embd": 32,
    "n_layer": 2,
    "n_head": 4,
    "n_positions": _POSITIONS,
}
_LENGTHS: Ranges = {"seq": (2, None)}
_POSITION_TABLE: Ranges = {"seq": (2, _POSITIONS)}


def decoder(
    name: str,
    prefix: str,
    *,
    head: str = "ForCausalLM",
    config: str = "Config",
    table: bool = False,
    mask: bool = False,
    **settings: Any,
) -> Model:
    """A causal language model called on token ids.

    Args:
        name: The entry's name.
        prefix: What its classes in `transformers` begin with.
        head: What the name of its module ends with.
        config: What the name of its configuration ends with.
        table: Whether its positions come from a table of `_POSITIONS` rows.
        mask: Whether it is called with an attention mask.
        **settings: The configuration.
    """
    inputs: dict[str, Input] = {"input_ids": Tokens("batch seq")}
    if mask:
        inputs["attention_mask"] = Mask("batch seq")
    ranges = _POSITION_TABLE if table else _LENGTHS
    build = from_transformers(f"{prefix}{config}", f"{prefix}{head}", **settings)
    return Model(name, build, inputs, _EXAMPLE, _OTHERS, ranges)


def _mixture(name: str, prefix: str, **settings: Any) -> Model:
    return decoder(name, prefix, num_experts_per_tok=2, **_LLAMA_LIKE, **settings)


_LLAMA = decoder("llama", "Llama", mask=True, **_LLAMA_LIKE)
_LLAMA_ANY_LENGTH = replace(
    _LLAMA,
    name="llama_any_length",
    others=(*_OTHERS[:3], {"batch": 2, "seq": 1}),
    ranges={},
    note="its Python asks whether the length is one (`q_length == 1`); either way the result is the same",
)

DECODERS: tuple[Model, ...] = (
    _LLAMA,
    _LLAMA_ANY_LENGTH,
    decoder("mistral", "Mistral", sliding_window=None, **_LLAMA_LIKE),
    decoder("mistral_window", "Mistral", sliding_window=8, **_LLAMA_LIKE),
    decoder("qwen2", "Qwen2", **_LLAMA_LIKE),
    decoder("qwen3", "Qwen3", head_dim=8, **_LLAMA_LIKE),
    decoder("gemma", "Gemma", head_dim=8, **_LLAMA_LIKE),
    decoder("gemma2", "Gemma2", head_dim=8, sliding_window=8, **_LLAMA_LIKE),
    decoder("gemma3", "Gemma3", config="TextConfig", head_dim=8, sliding_window=8, **_LLAMA_LIKE),
    decoder("phi", "Phi", **_LLAMA_LIKE),
    decoder("phi3", "Phi3", **_LLAMA_LIKE),
    decoder("starcoder2", "Starcoder2", **_LLAMA_LIKE),
    decoder("cohere", "Cohere", **_LLAMA_LIKE),
    decoder("olmo", "Olmo", **_LLAMA_LIKE),
    decoder("olmo2", "Olmo2", **_LLAMA_LIKE),
    decoder("stablelm", "StableLm", **_LLAMA_LIKE),
    decoder("granite", "Granite", **_LLAMA_LIKE),
    decoder("glm", "Glm", head_dim=8, **_LLAMA_LIKE),
    decoder("smollm3", "SmolLM3", **_LLAMA_LIKE),
    decoder("falcon", "Falcon", mask=True, **_SMALL),
    decoder("bloom", "Bloom", vocab_size=100, hidden_size=32, n_layer=2, n_head=4),
    decoder("gpt_neox", "GPTNeoX", intermediate_size=48, **_SMALL),
    decoder("gpt2", "GPT2", head="LMHeadModel", table=True, mask=True, **_NAMED_N),
    decoder(
        "gpt_neo",
        "GPTNeo",
        table=True,
        vocab_size=100,
        hidden_size=32,
        num_layers=2,
        num_heads=4,
        attention_types=[[["global", "local"], 1]],
        window_size=8,
        max_position_embeddings=_POSITIONS,
    ),
    decoder("gptj", "GPTJ", table=True, rotary_dim=4, **_NAMED_N),
    decoder("codegen", "CodeGen", table=True, rotary_dim=4, **_NAMED_N),
    decoder(
        "opt",
        "OPT",
        table=True,
        ffn_dim=48,
        word_embed_proj_dim=32,
        max_position_embeddings=_POSITIONS,
        **_SMALL,
    ),
    decoder(
        "biogpt", "BioGpt", table=True, intermediate_size=48, max_position_embeddings=_POSITIONS, **_SMALL
    ),
    _mixture("mixtral", "Mixtral", num_local_experts=4),
    _mixture(
        "qwen2_moe", "Qwen2Moe", num_experts=4, moe_intermediate_size=24, shared_expert_intermediate_size=48
    ),
    _mixture("qwen3_moe", "Qwen3Moe", num_experts=4, moe_intermediate_size=24, head_dim=8),
    _mixture("gpt_oss", "GptOss", num_local_experts=4, head_dim=8, sliding_window=8),
)


def decode_step(name: str, prefix: str, cache: KeyValueCache, **settings: Any) -> Model:
    """One step of generation: a single new token, and the keys and values of all earlier ones as an input."""
    return Model(
        name,
        from_transformers(f"{prefix}Config", f"{prefix}ForCausalLM", **settings),
        {
            "input_ids": Tokens("batch 1"),
            "past_key_values": cache,
            "use_cache": Fixed(True),
        },
        example={"batch": 2, "past": 6},
        others=(
            {"batch": 1, "past": 5},
            {"batch": 3, "past": 1},
            {"batch": 2, "past": 33},
            {"batch": 4, "past": 12},
        ),
        ranges={"batch": (1, None), "past": (1, None)},
        note="the cache is updated in place: its longer keys and values are outputs too",
    )


_LLAMA_CACHE = KeyValueCache(layers=2, heads=2, head_dim=8)
_LLAMA_DECODE = decode_step("llama_decode", "Llama", _LLAMA_CACHE, **_LLAMA_LIKE)
_LLAMA_DECODE_ANY_PAST = replace(
    _LLAMA_DECODE,
    name="llama_decode_any_past",
    others=(
        {"batch": 1, "past": 5},
        {"batch": 3, "past": 0},
        {"batch": 2, "past": 33},
        {"batch": 4, "past": 12},
    ),
    ranges={},
    note="the cache may be empty (`keys.numel() == 0`)",
)

DECODE_STEPS: tuple[Model, ...] = (
    _LLAMA_DECODE,
    _LLAMA_DECODE_ANY_PAST,
    decode_step("qwen3_decode", "Qwen3", _LLAMA_CACHE, head_dim=8, **_LLAMA_LIKE),
    decode_step("gpt_neox_decode", "GPTNeoX", KeyValueCache(2, 4, 8), intermediate_size=48, **_SMALL),
)
