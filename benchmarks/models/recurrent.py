"""State-space and recurrent language models.

The plain PyTorch paths of Mamba and RWKV step through the sequence in Python (`for index in
range(seq_len)`): with a dynamic length that loop is itself part of the program.
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
_LOOP = "how many steps its loop over the sequence takes (`range(seq_len)`)"


def _recurrent(
    name: str, prefix: str, asks: str = "", fixed_length: int | None = None, **settings: Any
) -> Model:
    """A causal language model without a cache in its outputs: the state is not what is compared here."""
    build = from_transformers(f"{prefix}Config", f"{prefix}ForCausalLM", use_cache=False, **settings)
    if fixed_length is None:
        return Model(name, build, {"input_ids": Tokens("batch seq")}, _EXAMPLE, _OTHERS, asks=asks)
    others: tuple[Sizes, ...] = ({"batch": 1}, {"batch": 3}, {"batch": 4}, {"batch": 7})
    inputs = {"input_ids": Tokens(f"batch {fixed_length}")}
    return Model(name, build, inputs, {"batch": 2}, others, note="the loop over the sequence is unrolled")


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

RECURRENT: tuple[Model, ...] = (
    _recurrent("mamba", "Mamba", _LOOP, **_MAMBA_LIKE),
    _recurrent("mamba_unrolled", "Mamba", fixed_length=8, **_MAMBA_LIKE),
    _recurrent("falcon_mamba", "FalconMamba", _LOOP, **_MAMBA_LIKE),
    _MAMBA2_CHUNKS,
    replace(
        _MAMBA2, name="mamba2_any_length", asks="whether the last chunk has to be padded (`pad_size > 0`)"
    ),
    _recurrent("rwkv", "Rwkv", _LOOP, vocab_size=100, hidden_size=32, num_hidden_layers=2, context_length=64),
)
