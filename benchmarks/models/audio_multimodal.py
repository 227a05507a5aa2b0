"""Models of sound, and of text together with images."""

from __future__ import annotations

from typing import Any

from benchmarks.models.entry import Floats, Input, Mask, Model, Sizes, Tokens, from_transformers

_WAVE_EXAMPLE: Sizes = {"batch": 2, "samples": 1600}
_WAVE_OTHERS: tuple[Sizes, ...] = (
    {"batch": 1, "samples": 1600},
    {"batch": 3, "samples": 1000},
    {"batch": 2, "samples": 4321},
    {"batch": 4, "samples": 3200},
)
_WAVE_LIKE: dict[str, Any] = {
    "vocab_size": 32,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "conv_dim": (16, 16, 16),
    "conv_stride": (5, 4, 2),
    "conv_kernel": (10, 8, 4),
    "num_conv_pos_embeddings": 16,
    "num_conv_pos_embedding_groups": 4,
    "num_feat_extract_layers": 3,
}


def _wave(name: str, prefix: str, **settings: Any) -> Model:
    build = from_transformers(f"{prefix}Config", f"{prefix}ForCTC", **{**_WAVE_LIKE, **settings})
    inputs = {"input_values": Floats("batch samples")}
    return Model(name, build, inputs, _WAVE_EXAMPLE, _WAVE_OTHERS, {"samples": (400, None)})


_WHISPER = Model(
    "whisper",
    from_transformers(
        "WhisperConfig",
        "WhisperForConditionalGeneration",
        vocab_size=100,
        d_model=32,
        encoder_layers=2,
        decoder_layers=2,
        encoder_attention_heads=4,
        decoder_attention_heads=4,
        encoder_ffn_dim=48,
        decoder_ffn_dim=48,
        num_mel_bins=16,
        max_source_positions=20,
        max_target_positions=64,
        pad_token_id=1,
        bos_token_id=1,
        eos_token_id=2,
        decoder_start_token_id=1,
        suppress_tokens=None,
        begin_suppress_tokens=None,
    ),
    {"input_features": Floats("batch 16 40"), "decoder_input_ids": Tokens("batch tgt")},
    example={"batch": 2, "tgt": 6},
    others=({"batch": 1, "tgt": 6}, {"batch": 3, "tgt": 2}, {"batch": 2, "tgt": 50}, {"batch": 4, "tgt": 13}),
    ranges={"batch": (1, None), "tgt": (2, 64)},
    note="Whisper refuses any but the configured number of mel frames",
)

_SPECTROGRAM = Model(
    "audio_spectrogram",
    from_transformers(
        "ASTConfig",
        "ASTForAudioClassification",
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=48,
        patch_size=4,
        max_length=24,
        num_mel_bins=16,
        frequency_stride=4,
        time_stride=4,
    ),
    {"input_values": Floats("batch 24 16")},
    example={"batch": 2},
    others=({"batch": 1}, {"batch": 3}, {"batch": 5}, {"batch": 8}),
    note="its table of positions is added whole",
)

_TOWER: dict[str, Any] = {
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
}
_IMAGE_TOWER: dict[str, Any] = {**_TOWER, "image_size": 32, "patch_size": 8}
_PAIR_OTHERS: tuple[Sizes, ...] = (
    {"texts": 1, "images": 1, "seq": 9},
    {"texts": 4, "images": 1, "seq": 2},
    {"texts": 1, "images": 5, "seq": 16},
    {"texts": 2, "images": 3, "seq": 30},
)


def _contrastive(
    name: str, prefix: str, text: dict[str, Any], image: dict[str, Any], **settings: Any
) -> Model:
    """A tower for text and one for images: two batches, and their similarity."""
    build = from_transformers(
        f"{prefix}Config", f"{prefix}Model", text_config=text, vision_config=image, **settings
    )
    inputs: dict[str, Input] = {
        "input_ids": Tokens("texts seq", high=98),
        "attention_mask": Mask("texts seq"),
        "pixel_values": Floats("images 3 32 32"),
    }
    example = {"texts": 3, "images": 2, "seq": 9}
    note = "without `interpolate_pos_encoding` the image tower insists on its image size"
    return Model(name, build, inputs, example, _PAIR_OTHERS, {"seq": (2, 32)}, note=note)


_TEXT_TOWER: dict[str, Any] = {
    **_TOWER,
    "vocab_size": 100,
    "max_position_embeddings": 32,
    "eos_token_id": 99,
    "bos_token_id": 98,
}

AUDIO_MULTIMODAL: tuple[Model, ...] = (
    _WHISPER,
    _wave("wav2vec2", "Wav2Vec2"),
    _wave("wav2vec2_stable", "Wav2Vec2", do_stable_layer_norm=True, feat_extract_norm="layer"),
    _wave("hubert", "Hubert"),
    _wave("wavlm", "WavLM", num_buckets=16, max_bucket_distance=32),
    _SPECTROGRAM,
    _contrastive(
        "clip",
        "CLIP",
        {**_TEXT_TOWER, "projection_dim": 16},
        {**_IMAGE_TOWER, "projection_dim": 16},
        projection_dim=16,
    ),
    _contrastive("siglip", "Siglip", _TEXT_TOWER, _IMAGE_TOWER),
)
