"""Encoders of text: batch and sequence length are dynamic, and padding is masked."""

from __future__ import annotations

from typing import Any

from benchmarks.models.entry import Input, Mask, Model, Ranges, Sizes, Tokens, from_transformers

_EXAMPLE: Sizes = {"batch": 2, "seq": 12}
_OTHERS: tuple[Sizes, ...] = (
    {"batch": 1, "seq": 12},
    {"batch": 3, "seq": 5},
    {"batch": 4, "seq": 2},
    {"batch": 2, "seq": 60},
)
_FUNNEL_OTHERS: tuple[Sizes, ...] = (*_OTHERS[:2], {"batch": 4, "seq": 9}, {"batch": 2, "seq": 60})
_POSITIONS = 64
_LENGTHS: Ranges = {"seq": (2, None)}
_TABLE: Ranges = {"seq": (2, _POSITIONS)}
_BERT_LIKE: dict[str, Any] = {
    "vocab_size": 100,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "max_position_embeddings": _POSITIONS,
}
_AFTER_PADDING: dict[str, Any] = {**_BERT_LIKE, "max_position_embeddings": _POSITIONS + 2, "pad_token_id": 1}
"""RoBERTa's kind: positions start after the padding id, so the table has that many rows more."""


def encoder(
    name: str,
    prefix: str,
    head: str = "ForMaskedLM",
    *,
    ranges: Ranges = _TABLE,
    others: tuple[Sizes, ...] = _OTHERS,
    note: str = "",
    asks: str = "",
    **settings: Any,
) -> Model:
    """An encoder called on token ids and an attention mask."""
    inputs: dict[str, Input] = {"input_ids": Tokens("batch seq"), "attention_mask": Mask("batch seq")}
    build = from_transformers(f"{prefix}Config", f"{prefix}{head}", **settings)
    return Model(name, build, inputs, _EXAMPLE, others, ranges, note=note, asks=asks)


_LONGFORMER = Model(
    "longformer",
    from_transformers(
        "LongformerConfig",
        "LongformerForMaskedLM",
        **{**_AFTER_PADDING, "max_position_embeddings": 130},
        attention_window=8,
    ),
    {"input_ids": Tokens("batch 8*s"), "attention_mask": Mask("batch 8*s")},
    example={"batch": 2, "s": 3},
    others=({"batch": 1, "s": 2}, {"batch": 3, "s": 3}, {"batch": 2, "s": 5}, {"batch": 4, "s": 8}),
    ranges={"s": (2, 16)},
    note="sequences of whole windows; other lengths are padded by the model itself",
    asks="whether any token attends globally (`.any().item()`)",
)

ENCODERS: tuple[Model, ...] = (
    encoder("bert", "Bert", **_BERT_LIKE),
    encoder("roberta", "Roberta", **_AFTER_PADDING),
    encoder("xlm_roberta", "XLMRoberta", **_AFTER_PADDING),
    encoder("camembert", "Camembert", **_AFTER_PADDING),
    encoder(
        "distilbert",
        "DistilBert",
        vocab_size=100,
        dim=32,
        n_layers=2,
        n_heads=4,
        hidden_dim=48,
        max_position_embeddings=_POSITIONS,
    ),
    encoder("albert", "Albert", embedding_size=16, **_BERT_LIKE),
    encoder("electra", "Electra", embedding_size=16, **_BERT_LIKE),
    encoder(
        "deberta_v2",
        "DebertaV2",
        relative_attention=True,
        position_buckets=8,
        pos_att_type=["p2c", "c2p"],
        norm_rel_ebd="layer_norm",
        share_att_key=True,
        **_BERT_LIKE,
    ),
    encoder(
        "deberta",
        "Deberta",
        relative_attention=True,
        max_relative_positions=_POSITIONS,
        pos_att_type=["p2c", "c2p"],
        **_BERT_LIKE,
    ),
    encoder("mpnet", "MPNet", **_AFTER_PADDING),
    encoder("convbert", "ConvBert", embedding_size=32, head_ratio=2, conv_kernel_size=3, **_BERT_LIKE),
    encoder("mobilebert", "MobileBert", embedding_size=32, intra_bottleneck_size=32, **_BERT_LIKE),
    encoder(
        "squeezebert", "SqueezeBert", embedding_size=32, q_groups=2, k_groups=2, v_groups=2, **_BERT_LIKE
    ),
    encoder(
        "modernbert",
        "ModernBert",
        pad_token_id=0,
        bos_token_id=1,
        cls_token_id=1,
        eos_token_id=2,
        sep_token_id=2,
        local_attention=8,
        **_BERT_LIKE,
    ),
    encoder(
        "esm", "Esm", mask_token_id=4, position_embedding_type="rotary", ranges=_LENGTHS, **_AFTER_PADDING
    ),
    encoder(
        "funnel",
        "Funnel",
        ranges={"seq": (4, None)},
        others=_FUNNEL_OTHERS,
        note="each block halves the sequence",
        asks="a list with a number for each position (`list(range(seq_len))`)",
        vocab_size=100,
        d_model=32,
        n_head=4,
        d_head=8,
        d_inner=48,
        block_sizes=[1, 1],
        num_decoder_layers=1,
    ),
    encoder(
        "xlnet",
        "XLNet",
        "LMHeadModel",
        ranges=_LENGTHS,
        vocab_size=100,
        d_model=32,
        n_layer=2,
        n_head=4,
        d_inner=48,
    ),
    _LONGFORMER,
)
