"""State-space and recurrent language models.

The plain PyTorch path of RWKV steps through the sequence in Python (`for index in range(seq_len)`). So does
that of Mamba in eager; when it is being captured it is one associative scan, and the length may be dynamic.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.models.entry import Model, Sizes, Tokens, from_transformers

_EXAMPLE: Sizes = {"batch": 2, "seq": 12}
_OTHERS: tuple[Sizes, ...] = (
    {"batch": 1, "seq": 12},
    {"batch": 3, "seq": 5},
    {"batch": 4, "seq": 2},
    {"batch": 2, "seq": 29},
)
_MAMBA_LIKE: dict[str, Any] = {
    "vocab_size": 100,
    "hidden_size": 32,
    "state_size": 4,
    "num_hidden_layers": 2,
    "pad_token_id": 0,
}


def _recurrent(name: str, prefix: str, asks: str = "", **settings: Any) -> Model:
    """A causal language model without a cache in its outputs: the state is not what is compared here."""
    build = from_transformers(f"{prefix}Config", f"{prefix}ForCausalLM", use_cache=False, **settings)
    return Model(name, build, {"input_ids": Tokens("batch seq")}, _EXAMPLE, _OTHERS, asks=asks)


_MAMBA = _recurrent("mamba", "Mamba", **_MAMBA_LIKE)
_MAMBA_FIXED = replace(
    _MAMBA,
    name="mamba_fixed_length",
    inputs={"input_ids": Tokens("batch 8")},
    example={"batch": 2},
    others=({"batch": 1}, {"batch": 3}, {"batch": 4}, {"batch": 7}),
    note="a length that `torch.export` can unroll",
)
_MAMBA2 = _recurrent("mamba2", "Mamba2", num_heads=8, head_dim=8, n_groups=2, chunk_size=8, **_MAMBA_LIKE)
_MAMBA2_CHUNKS = replace(
    _MAMBA2,
    inputs={"input_ids": Tokens("batch 8*chunks")},
    example={"batch": 2, "chunks": 3},
    others=(
        {"batch": 1, "chunks": 3},
        {"batch": 3, "chunks": 2},
        {"batch": 4, "chunks": 1},
        {"batch": 2, "chunks": 6},
    ),
    ranges={"chunks": (1, None)},
    note="sequences of whole chunks",
)

_MAMBA2_ANY_LENGTH = replace(
    _MAMBA2,
    name="mamba2_any_length",
    ranges={"seq": (1, None)},
    note="the last chunk is padded, and cut again if it was (`pad_size > 0`)",
)
_RWKV = _recurrent(
    "rwkv",
    "Rwkv",
    "how many steps its loop over the sequence takes (`range(seq_len)`)",
    vocab_size=100,
    hidden_size=32,
    num_hidden_layers=2,
    context_length=64,
)

RECURRENT: tuple[Model, ...] = (
    _MAMBA,
    _MAMBA_FIXED,
    _recurrent("falcon_mamba", "FalconMamba", **_MAMBA_LIKE),
    _MAMBA2_CHUNKS,
    _MAMBA2_ANY_LENGTH,
    _RWKV,
)
